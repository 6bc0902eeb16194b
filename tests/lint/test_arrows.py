#!/usr/bin/env python3
"""arrows.py fires on what it must refuse, and only on that."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import arrows  # noqa: E402

HEADERS = ("core/base/cq_base.h", "core/io/cq_space.h", "core/types/cq_types.h", "core/model/cq_cursor.h", "core/schema/cq_schema.h",
           "core/sst/cq_scan.h", "core/merge/cq_merge.h", "core/check/cq_check.h", "core/query/cq_query.h", "core/include/cqlite/cqlite.h",
           "plugins/shared/row.inc.h", "plugins/oa/oa.h", "plugins/na/na.h", "cli/cli.h", "tui/tui_canvas.h")


class Arrows(unittest.TestCase):
    def wrong(self, **files):
        """What arrows.py says of a tree of all HEADERS and one more file: path=line (with / as __, . as _dot_)."""
        with tempfile.TemporaryDirectory() as root:
            tree = dict.fromkeys(HEADERS, "")
            tree.update((p.replace("__", "/").replace("_dot_", "."), line) for p, line in files.items())
            for path, line in tree.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w") as f:
                    f.write("/* x */\n%s\n" % line)
            return arrows.wrong_includes(root)

    def refused(self, **files):
        said = self.wrong(**files)
        self.assertEqual(len(said), 1, said)

    def taken(self, **files):
        self.assertEqual(self.wrong(**files), [])

    def test_downwards_is_taken(self):
        self.taken(core__sst__a_dot_c='#include "cq_base.h"\n#include "cq_schema.h"\n#include <stdio.h>')
        self.taken(plugins__oa__a_dot_c='#include "oa.h"\n#include "cq_scan.h"\n#include "../shared/row.inc.h"')
        self.taken(cli__a_dot_c='#include "cq_check.h"\n#include "cq_scan.h"\n#include "cli.h"')
        self.taken(tests__unit__a_dot_c='#include "row.inc.h"\n#include "cq_query.h"')

    def test_upwards_is_refused(self):
        self.refused(core__base__a_dot_c='#include "cq_space.h"')
        self.refused(core__sst__a_dot_c='#include "cq_merge.h"')
        self.refused(core__query__a_dot_c='#include "../../cli/cli.h"')
        self.refused(core__base__a_dot_c='#include "cqlite.h"')

    def test_sideways_is_refused(self):
        self.refused(core__io__a_dot_c='#include "cq_types.h"')
        self.refused(core__check__a_dot_c='#include "cq_query.h"')
        self.refused(plugins__oa__a_dot_c='#include "na.h"')
        self.refused(tui__a_dot_c='#include "cli.h"')

    def test_core_and_the_programs_include_no_plugin(self):
        self.refused(core__sst__a_dot_c='#include "oa.h"')
        self.refused(core__query__a_dot_c='#include "row.inc.h"')
        self.refused(cli__a_dot_c='#include "oa.h"')

    def test_plugins_know_nothing_above_sst(self):
        self.refused(plugins__oa__a_dot_c='#include "cq_check.h"')
        self.refused(plugins__oa__b_dot_c='  #  include <cq_query.h>')

    def test_bindings_see_the_public_headers_alone(self):
        self.taken(bindings__python__a_dot_c='#include "cqlite/cqlite.h"')
        self.refused(bindings__python__a_dot_c='#include "cq_base.h"')

    def test_one_file_includes_curses_and_it_is_in_tui(self):
        self.taken(tui__a_dot_c="#include <curses.h>")
        self.refused(tui__a_dot_c="#include <curses.h>", tui__b_dot_c="#include <ncurses.h>")
        self.refused(core__base__a_dot_c="#include <curses.h>")

    def test_a_header_of_nobody_is_refused(self):
        self.refused(core__base__a_dot_c='#include "cq_nowhere.h"')

    def test_the_line_is_named(self):
        self.assertIn("core/io/a.c:2: ", self.wrong(core__io__a_dot_c='#include "cq_scan.h"')[0])


if __name__ == "__main__":
    unittest.main()

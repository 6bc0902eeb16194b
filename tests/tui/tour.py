#!/usr/bin/env python3
"""tour.py --cqlite EXE [--check]: docs/tui-tour.md, made of screens of the real workbench in tmux. --check: is it what would be made now?
Speaks TAP then, and skips with 77 where there is no tmux."""
import argparse
import difflib
import os
import subprocess
import sys
import tempfile

from screen import Screen, tmux_is_there

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "corpus/5.0-nb/small/wide_small/nb-1-big-Data.db")
TOUR = os.path.join(ROOT, "docs/tui-tour.md")
# words, keys, and what must be on the screen before it is captured
SCREENS = [
    ("An SSTable at a glance: its files, key figures, histograms of Statistics.db.", [], ["partition sizes"]),
    ("`F` runs the detector. Of the finding under the cursor: what was expected and what was found, the keys it touches, what it means, what "
     "to do.", ["F"], [" 2 findings", "means "]),
    ("`Enter` goes to the byte: objects, bytes and their meaning over one selection. One turned bit explains the damage, so the cursor stands "
     "on the very byte.", ["Enter"], ["finding 1 of 2", "perhaps "]),
    ("`C` shows the whole file, a sign a chunk.", ["C"], ["! damaged", "chunk 6: "]),
    ("`q` closes the map; `K` goes to a partition by its key; `r` shows its bytes on both sides of compression.",
     ["q", "K", "just two blocks", "Enter", "r"], ["as stored: the chunk", "partitions[14]"]),
]


def make(exe):
    out = ["# A tour of the workbench\n\n", "Screens of 110x32 cells, captured from the real program by `tests/tui/tour.py --cqlite build/cli/cqlite`, "
           "which needs tmux and writes this file\nanew. The table is a copy of one in `corpus/` with one bit turned:\n\n",
           "    $ cqlite inject nb-1-big-Data.db -o demo/readings --fault bit-flip --offset 50000 --bit 4\n    $ cqlite tui demo/readings\n"]
    with tempfile.TemporaryDirectory(prefix="cqlite-tour-") as folder:
        table = os.path.join(folder, "demo", "readings")
        os.mkdir(os.path.join(folder, "demo"))
        subprocess.run([exe, "inject", SOURCE, "-o", table, "--fault", "bit-flip", "--offset", "50000", "--bit", "4"], check=True,
                       capture_output=True, timeout=300)
        s = Screen(exe, table, folder, 110, 32)
        try:
            for words, keys, wanted in SCREENS:
                for k in keys:
                    if len(k) > 1 and k != "Enter":
                        s.type(k)
                    else:
                        s.keys(k)
                text = s.wait(*wanted)
                if text is None:
                    sys.exit("a screen did not come")
                out.append("\n%s\n\n```text\n%s```\n" % (words, "".join(line.rstrip() + "\n" for line in text.rstrip().splitlines())))
            s.keys("Q")
        finally:
            s.close()
    return "".join(out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--cqlite", required=True)
    p.add_argument("--check", action="store_true")
    args = p.parse_args()
    if not tmux_is_there():
        print("1..0 # SKIP no tmux here")
        return 77
    made = make(os.path.abspath(args.cqlite))
    if not args.check:
        with open(TOUR, "w", encoding="utf-8") as f:
            f.write(made)
        return 0
    with open(TOUR, encoding="utf-8") as f:
        there = f.read()
    for line in difflib.unified_diff(there.splitlines(), made.splitlines(), "docs/tui-tour.md", "as it is now", lineterm="", n=0):
        print("# " + line)
    print("%sok 1 - docs/tui-tour.md is what tests/tui/tour.py makes\n1..1" % ("" if there == made else "not "))
    return there != made


if __name__ == "__main__":
    sys.exit(main())

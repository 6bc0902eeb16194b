#!/usr/bin/env python3
"""count.py counts what happened, and never takes a bad end for a good one."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

COUNT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "count.py")
TAP = "1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no Java\n"


class Count(unittest.TestCase):
    def last(self, tests, *args):
        """(closing line, exit status) for a log of (name, result, stdout)"""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
            for name, result, out in tests:
                log.write(json.dumps({"name": name, "result": result, "stdout": out}) + "\n")
            log.flush()
            done = subprocess.run([sys.executable, COUNT, log.name, *args], stdout=subprocess.PIPE, text=True)
        return done.stdout.strip().split("\n")[-1], done.returncode

    def test_a_program_counts_once(self):
        self.assertEqual(self.last([("x", "OK", ""), ("y", "FAIL", "text")]), ("1 passed, 1 failed, 0 skipped", 1))

    def test_points_count_each(self):
        self.assertEqual(self.last([("x", "FAIL", TAP)]), ("1 passed, 1 failed, 1 skipped", 1))

    def test_a_bad_end_counts_although_all_points_are_good(self):
        self.assertEqual(self.last([("x", "ERROR", "1..2\nok 1 - a\n")]), ("1 passed, 1 failed, 0 skipped", 1))
        self.assertEqual(self.last([("x", "TIMEOUT", "1..1\nok 1 - a\n")]), ("1 passed, 1 failed, 0 skipped", 1))

    def test_a_skipped_program_is_skipped(self):
        self.assertEqual(self.last([("x", "OK", ""), ("y", "SKIP", "skipped: no Maven")]), ("1 passed, 0 failed, 1 skipped", 0))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.last([])[1], 1)
        self.assertEqual(self.last([("y", "SKIP", "why")])[1], 1)

    def test_a_status_that_the_log_does_not_explain_is_a_failure(self):
        self.assertEqual(self.last([("x", "OK", "")], "--status", "1"), ("1 passed, 1 failed, 0 skipped", 1))
        self.assertEqual(self.last([("x", "FAIL", "")], "--status", "1"), ("0 passed, 1 failed, 0 skipped", 1))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""progress.py --cqlite EXE: the line of progress, on a pseudo-terminal. Speaks TAP.

Where standard error is a terminal and the work is long (here: longer than CQLITE_PROGRESS_AFTER=0), a line says how much was
read, how fast, and how long it will take, is drawn over itself, and is gone at the end. Otherwise there is none.
"""
import argparse
import os
import pty
import re
import select
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "corpus")
BIG = os.path.join(CORPUS, "5.0-nb/small/wide_small/nb-1-big-Data.db")
BTI = os.path.join(CORPUS, "5.0-da/small/wide_small/da-1-bti-Data.db")
LINE = re.compile(rb"\r\x1b\[K([^\r\n:]+): (\d+\.\d) MB, (\d+\.\d) MB/s, (\d+) %, (?:\d+ h \d\d min|\d+ min \d\d s|\d+ s) left")
CLEARED = b"\r\x1b[K"

WORKS = [
    ("count", ["count", "-j", "1", BIG], b"nb-1-big-Data.db"),
    ("count by several threads", ["count", "-j", "3", BIG], b"nb-1-big-Data.db"),
    ("dump", ["dump", "-j", "1", BIG], b"dump"),
    ("dump of the trie format", ["dump", "-j", "1", BTI], b"dump"),
    ("dump -d", ["dump", "-d", BIG], b"dump"),
    ("info --scan", ["info", "--scan", BIG], b"scan"),
]


class Bad(Exception):
    pass


def on_terminal(command, env, stdout_too=False):
    """Standard error, as a terminal gets it, and the exit status."""
    parent, child = pty.openpty()
    done = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=child if stdout_too else subprocess.DEVNULL, stderr=child, env=env)
    os.close(child)
    got = b""
    while True:
        if not select.select([parent], [], [], 60)[0]:
            done.kill()
            raise Bad("%s: nothing for 60 s" % command)
        try:
            some = os.read(parent, 65536)
        except OSError:        # the other end is closed
            break
        if not some:
            break
        got += some
    os.close(parent)
    return got, done.wait()


class Tests:
    def __init__(self, exe):
        self.exe = exe
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("CQLITE")}
        self.env.update(TERM="dumb", NO_COLOR="1", CQLITE_PROGRESS_AFTER="0")

    def work(self, args, what):
        got, status = on_terminal([self.exe] + args, self.env)
        lines = LINE.findall(got)
        if status or not lines:
            raise Bad("status %d, no line of progress in %r" % (status, got[:500]))
        if any(name != what or int(percent) > 100 for name, _, _, percent in lines):
            raise Bad("lines: %s" % lines[:3])
        if not got.endswith(CLEARED) or LINE.sub(b"", got) != CLEARED:
            raise Bad("the line is not taken away, or something else is there: %r" % got[-300:])

    def silent(self, command, env, **kw):
        got, status = on_terminal(command, env, **kw)
        if status or CLEARED in got or b"MB/s" in got:
            raise Bad("status %d, and %r" % (status, got[:300]))

    def none_where_standard_error_is_no_terminal(self):
        for _, args, _ in WORKS:
            done = subprocess.run([self.exe] + args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  env=self.env, timeout=60)
            if done.returncode or done.stderr:
                raise Bad("%s: status %d, and %r" % (args, done.returncode, done.stderr[:300]))

    def none_with_quiet(self):
        self.silent([self.exe, "-q", "count", "-j", "1", BIG], self.env)

    def none_of_a_dump_that_goes_to_the_same_terminal(self):
        self.silent([self.exe, "dump", "-j", "1", BIG], self.env, stdout_too=True)

    def none_while_the_work_is_short(self):
        env = {k: v for k, v in self.env.items() if k != "CQLITE_PROGRESS_AFTER"}
        for value in (None, "", "600"):
            self.silent([self.exe, "count", "-j", "1", BIG], env if value is None else dict(env, CQLITE_PROGRESS_AFTER=value))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cqlite", required=True)
    suite = Tests(os.path.abspath(ap.parse_args().cqlite))
    points = [("progress of %s" % name, lambda a=args, w=what: suite.work(a, w)) for name, args, what in WORKS]
    points += [(n.replace("_", " "), getattr(suite, n)) for n in vars(Tests) if n.startswith("none")]
    print("1..%d" % len(points), flush=True)
    failed = 0
    for k, (name, check) in enumerate(points, 1):
        try:
            check()
            print("ok %d - %s" % (k, name), flush=True)
        except (Bad, OSError, subprocess.TimeoutExpired) as e:
            failed += 1
            print("not ok %d - %s" % (k, name))
            print("".join("# %s\n" % line for line in str(e).split("\n")), end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

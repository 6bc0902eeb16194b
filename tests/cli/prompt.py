#!/usr/bin/env python3
"""prompt.py --cqlite EXE: the Lua prompt, piped into and on a pseudo-terminal. Speaks TAP."""
import argparse
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "corpus", "5.0-oa/main/scalars")


def piped(exe, text):
    done = subprocess.run([exe, "lua", "-i", TABLE], input=text.encode(), capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Terminal:
    def __init__(self, exe, home):
        env = dict(os.environ, HOME=home, TERM="xterm", XDG_STATE_HOME=home)
        self.parent, child = pty.openpty()
        self.done = subprocess.Popen([exe, "lua", "-i", TABLE], stdin=child, stdout=child, stderr=child, env=env, start_new_session=True,
                                     preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0))
        os.close(child)
        self.seen = b""

    def expect(self, what, seconds=60):
        end = time.monotonic() + seconds
        while what not in self.seen:
            ready, _, _ = select.select([self.parent], [], [], max(0, end - time.monotonic()))
            if not ready:
                return False
            try:
                self.seen += os.read(self.parent, 4096)
            except OSError:
                return what in self.seen
        self.seen = self.seen[self.seen.index(what) + len(what):]
        return True

    def send(self, text):
        os.write(self.parent, text)


def on_terminal(exe, home):
    t = Terminal(exe, home)
    yield "the prompt comes", t.expect(b"> ")
    t.send(b"sst.bas\t\n")
    yield "Tab completes, and the value is printed", t.expect(b"oa-1-big")
    t.send(b"for i = 41, 42 do\nprint('n' .. i)\nend\n")
    yield "statements of several lines", t.expect(b"n42\r\n")
    t.send(b"while true do end\n")
    time.sleep(0.5)
    t.send(b"\x03")
    yield "Ctrl-C ends a statement", t.expect(b"stopped")
    t.send(b"'half a line")
    time.sleep(0.3)
    t.send(b"\x03")
    time.sleep(0.3)
    t.send(b"6 * 7\n")
    yield "and gives up a line, not the prompt", t.expect(b"42\r\n")
    t.send(b"\x04")
    yield "Ctrl-D ends it", t.done.wait(timeout=60) == 0
    with open(os.path.join(home, "cqlite", "lua_history"), encoding="utf-8") as f:
        yield "the history is kept", "while" in f.read()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--cqlite", required=True)
    exe = p.parse_args().cqlite
    results = []
    code, out, err = piped(exe, "sst.base\nfor i = 1, 2 do\nprint(i)\nend\n1 + 1\nexit\nprint('behind')\n")
    results.append(("statements from a pipe", (code, out, err) == (0, "oa-1-big\n1\n2\n2\n", "")))
    code, out, err = piped(exe, "x x\n1 + 1\n")
    results.append(("one that fails: the next runs, the exit code tells", code == 3 and out == "2\n" and "syntax error" in err))
    with tempfile.TemporaryDirectory() as home:
        results += list(on_terminal(exe, home))
    print("1..%d" % len(results))
    for i, (name, good) in enumerate(results, 1):
        print("%s %d - %s" % ("ok" if good else "not ok", i, name))
    sys.exit(0 if all(good for _, good in results) else 1)


main()

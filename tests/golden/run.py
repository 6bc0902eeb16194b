#!/usr/bin/env python3
"""Runs golden cases: x.cmd is a shell script, x.out what it prints (standard error too), x.code its exit status if not 0.

    run.py --cqlite EXE [--update] [CASE...]    all cases, or those named; --update writes what they print now: read the diff
    run.py --list                               the names of all cases
    run.py --registered [CASE...]               fails when a case lies here that is not among those named

A script runs in corpus/ with $CQLITE (the command) and $TMP (a fresh folder, shown as $TMP in the output). The terminal
is none, colour is off, the time zone is UTC.
"""
import argparse
import difflib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "corpus")


def all_cases():
    return sorted(f[:-4] for f in os.listdir(HERE) if f.endswith(".cmd"))


def read(path, default):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return default


def run(case, cqlite):
    """What the case prints and its exit status."""
    with tempfile.TemporaryDirectory() as tmp:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CQLITE", "LC_", "LANG"))}
        env.update(CQLITE=cqlite, TMP=tmp, TMPDIR=tmp, TZ="UTC", LC_ALL="C.UTF-8", NO_COLOR="1", TERM="dumb", COLUMNS="80")
        try:
            done = subprocess.run(["sh", "-u", os.path.join(HERE, case + ".cmd")], cwd=CORPUS, env=env, timeout=120,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired as e:
            return (e.stdout or b"") + b"\n(stopped after 120 s)\n", 124
        text = done.stdout.replace(cqlite.encode(), b"cqlite").replace(tmp.encode(), b"$TMP").replace(CORPUS.encode(), b"$CORPUS")
        return text, done.returncode


def show(name, want, got):
    text = [b.decode("utf-8", "backslashreplace").splitlines(keepends=True) for b in (want, got)]
    for line in difflib.unified_diff(text[0], text[1], name + ".out", "what it prints now"):
        sys.stdout.write(line if line.endswith("\n") else line + "\n\\ no newline at the end\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite")
    ap.add_argument("--update", action="store_true")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--registered", action="store_true")
    ap.add_argument("cases", nargs="*")
    args = ap.parse_args()
    if args.list:
        print("\n".join(all_cases()))
        return 0
    if args.registered:
        lost = sorted(set(all_cases()) ^ set(args.cases))
        for case in lost:
            print("%s: the build does not know it (or it is gone): meson setup --reconfigure" % case)
        return 1 if lost else 0
    if not args.cqlite:
        ap.error("--cqlite is missing")
    cqlite, bad = os.path.abspath(args.cqlite), 0
    for case in args.cases or all_cases():
        out, code = os.path.join(HERE, case + ".out"), os.path.join(HERE, case + ".code")
        text, status = run(case, cqlite)
        if args.update:
            if status >= 124:
                print("%s: not written, status %d:\n%s" % (case, status, text.decode("utf-8", "replace")))
                bad += 1
                continue
            with open(out, "wb") as f:
                f.write(text)
            if status:
                with open(code, "w") as f:
                    f.write("%d\n" % status)
            elif os.path.exists(code):
                os.unlink(code)
            continue
        want, want_status = read(out, None), int(read(code, b"0"))
        if want is None:
            print("%s: no %s.out; make it with --update and read it" % (case, case))
        elif want != text:
            show(case, want, text)
        if status != want_status:
            print("%s: exit status %d, expected %d" % (case, status, want_status))
        bad += want != text or status != want_status
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

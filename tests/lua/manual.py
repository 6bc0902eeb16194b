#!/usr/bin/env python3
"""manual.py --cqlite PROGRAM [--write]: docs/lua.md and scripts/lib/cqlite.d.lua are what the program says.

The reference in docs/lua.md is `cqlite lua --manual`, scripts/lib/cqlite.d.lua is `cqlite lua --annotations`, and each example between them
prints what stands below it. --write brings both files up to date; read the difference.
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DOC, STUBS = os.path.join(ROOT, "docs", "lua.md"), os.path.join(ROOT, "scripts", "lib", "cqlite.d.lua")
HEAD = re.compile(r"\A.*?^<!-- From here on made by .*? -->\n\n", re.S | re.M)
EXAMPLE = re.compile(r"^<!-- run: (.*?) -->\n```lua\n(.*?)^```\n```text\n(.*?)^```\n", re.S | re.M)


def said(*args):
    done = subprocess.run(args, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    if done.returncode or done.stderr:
        sys.exit("%s: exit code %d\n%s" % (" ".join(args), done.returncode, done.stderr.decode("utf-8", "replace")))
    return done.stdout.decode("utf-8")


def example(cqlite, words, code):
    paths, _, args = words.partition(" -- ")
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as f:
        f.write(code)
        f.flush()
        return said(cqlite, "lua", "-q", f.name, *[os.path.join(ROOT, "corpus", p) for p in paths.split()], "--", *args.split())


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read()


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] != "--cqlite" or sys.argv[3:] not in ([], ["--write"]):
        sys.exit(__doc__)
    cqlite, write, wrong = sys.argv[2], len(sys.argv) == 4, 0
    head = HEAD.match(read(DOC))
    if not head:
        sys.exit("docs/lua.md: the line above the reference is gone")
    count = len(EXAMPLE.findall(head.group(0)))
    new = EXAMPLE.sub(lambda m: "<!-- run: %s -->\n```lua\n%s```\n```text\n%s```\n" % (m.group(1), m.group(2), example(cqlite, m.group(1), m.group(2))),
                      head.group(0))
    for path, text in ((DOC, new + said(cqlite, "lua", "--manual").rstrip("\n") + "\n"), (STUBS, said(cqlite, "lua", "--annotations").rstrip("\n") + "\n")):
        old, name = read(path), os.path.relpath(path, ROOT)
        if old != text and write:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            print("written: " + name)
        elif old != text:
            wrong += 1
            print("%s is not up to date; python3 tests/lua/manual.py --cqlite build/cli/cqlite --write" % name)
            print("\n".join(list(difflib.unified_diff(old.splitlines(), text.splitlines(), name, "what cqlite says", lineterm=""))[:40]))
    if count < 5:
        print("docs/lua.md has %d examples" % count)
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

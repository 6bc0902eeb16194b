#!/usr/bin/env python3
"""formats.py --cqlite PROGRAM: scripts/formats/compressioninfo.lua makes the same tree as the C reader, for every CompressionInfo.db of
the corpora: labels, ids, offsets, lengths, values, notes, links, whole lists. And what explain says of every 7th byte."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FORMAT = os.path.join(ROOT, "scripts", "formats", "compressioninfo.lua")


def files():
    folders = [os.path.join(ROOT, "corpus"), os.environ.get("CQLITE_CORPUS") or os.path.join(ROOT, "..", "shared", "corpus")]
    for folder in folders:
        for path, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith("-CompressionInfo.db"):
                    yield os.path.join(path, name)


def ask(command):
    done = subprocess.run(command, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--cqlite":
        sys.exit(__doc__)
    cqlite = sys.argv[2]
    wrong = count = nodes = explained = 0
    for path in files():
        tree = ["tree", "--json", "--max-children", "0", "--depth", "10", path]
        c, lua = ask([cqlite, "-q"] + tree), ask([cqlite, "-q", "--lua", FORMAT] + tree)
        count += 1
        nodes += c[1].count(b'"path":')
        if c[0] != lua[0] or c[1] != lua[1] or lua[2]:
            wrong += 1
            print("%s: trees differ (%d and %d)\n%s\n%s\n%s" % (path, c[0], lua[0], c[1][:600].decode(), lua[1][:600].decode(), lua[2].decode()))
            continue
        json.loads(lua[1])
        size = os.path.getsize(path)
        for off in range(0, min(size, 100), 7) if count % 10 == 0 else ():
            c, lua = ask([cqlite, "explain", "--json", path, str(off)]), ask([cqlite, "--lua", FORMAT, "explain", "--json", path, str(off)])
            a, b = json.loads(c[1]), json.loads(lua[1])
            a.pop("linked_with", None)                   # what a file alone cannot know
            explained += 1
            if a != b:
                wrong += 1
                print("%s at %d: explain differs\n%s\n%s" % (path, off, a, b))
    # damage: both stop at the same field, and show the same before it
    source = os.path.join(ROOT, "corpus", "5.0-oa", "main", "scalars", "oa-1-big-CompressionInfo.db")
    with open(source, "rb") as f:
        good = f.read()
    length = int.from_bytes(good[:2], "big")
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, os.path.basename(source))
        for what, bad in (("cut in the compressor", good[:10]), ("cut before the count", good[:2 + length + 10]), ("empty", b""),
                          ("chunk length 3", None), ("options without end", good[:2 + length] + b"\xff\xff\xff\xff" + good[6 + length:])):
            if bad is None:
                at = 2 + length + 4
                bad = good[:at] + b"\0\0\0\3" + good[at + 4:]
            with open(path, "wb") as f:
                f.write(bad)
            done = ask([cqlite, "--lua", FORMAT, "tree", "--json", path])
            count += 1
            if done[0] != 1 or b'"damaged": true' not in done[1]:
                wrong += 1
                print("%s: exit code %d\n%s\n%s" % (what, done[0], done[1].decode(), done[2].decode()))
    print("%d files, %d nodes, %d bytes explained" % (count, nodes, explained))
    sys.exit(1 if wrong or count < 20 or not explained else 0)


if __name__ == "__main__":
    main()

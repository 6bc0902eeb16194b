#!/usr/bin/env python3
"""Dumps by several threads, compared with dumps by one: output, messages and status, to the byte.

    dump_threads.py --cqlite EXE [--corpus DIR]... [--tap]

Every SSTable of the corpora as it is; and tables of many partitions with a byte flipped somewhere in Data.db (the dump has
to end where it would have ended) or in the index (which says where to cut, and must not be believed). What is flipped
comes from a fixed seed. Exits 0 all equal, 1 not.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FLIPS = 12              # a damaged component
DAMAGED = 24            # tables


def tables(corpora):
    for corpus in corpora:
        for where, folders, names in os.walk(corpus):
            folders[:] = sorted(f for f in folders if f not in ("expected", "damaged", "statements"))
            for n in sorted(names):
                if n.endswith("-Data.db"):
                    yield os.path.join(where, n)


def run(exe, *words):
    done = subprocess.run([exe, "dump", "--now", "1700000000", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=300)
    return done.returncode, done.stdout, done.stderr


def differs(exe, data, jobs, *words):
    """Text of the difference; None when there is none."""
    one, many = run(exe, "-j", "1", *words, data), run(exe, "-j", str(jobs), *words, data)
    if one == many:
        return None
    for what, a, b in zip(("status", "output", "messages"), one, many):
        if a != b:
            return "%s of %s %s with %d threads differs: %.200r, with one %.200r" % (what, data, " ".join(words), jobs, b[-200:] if b != a and
                                                                                    what == "output" else b, a[-200:] if what == "output" else a)
    return None


def flipped(data, component, at, bit, folder):
    """A copy of the table with one bit changed."""
    base = data[:-len("Data.db")]
    for f in os.listdir(os.path.dirname(data)):
        path = os.path.join(os.path.dirname(data), f)
        if path.startswith(base) or f == "schema.cql":
            shutil.copy(path, folder)
    victim = os.path.join(folder, os.path.basename(base) + component)
    with open(victim, "r+b") as f:
        f.seek(at)
        was = f.read(1)[0]
        f.seek(at)
        f.write(bytes([was ^ bit]))
    return os.path.join(folder, os.path.basename(data))


def damaged(exe, data, rnd):
    """(copies compared, differences)"""
    count, said = 0, []
    for component in ("Data.db", "Index.db", "Partitions.db"):
        path = data[:-len("Data.db")] + component
        size = os.path.getsize(path) if os.path.exists(path) else 0
        for _ in range(FLIPS if size else 0):
            with tempfile.TemporaryDirectory() as folder:
                copy = flipped(data, component, rnd.randrange(size), 1 << rnd.randrange(8), folder)
                d = differs(exe, copy, 3)
            count += 1
            if d:
                said.append(d)
    return count, said


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--corpus", action="append", default=[])
    ap.add_argument("--tap", action="store_true")
    args = ap.parse_args()
    corpora = [os.path.join(ROOT, "corpus")] + args.corpus
    larger = os.environ.get("CQLITE_CORPUS") or os.path.join(ROOT, "..", "shared", "corpus")
    if os.path.isdir(larger):
        corpora.append(larger)
    bad, n, many = 0, 0, []

    def point(name, said):
        nonlocal bad, n
        n += 1
        bad += bool(said)
        if args.tap:
            print("%s %d - %s" % ("not ok" if said else "ok", n, name))
        for s in said:
            print(("# " if args.tap else "DIFFERENT ") + s)
        sys.stdout.flush()

    same, said = 0, []
    for data in tables(corpora):
        rel = os.path.relpath(data, ROOT)
        keys = run(args.cqlite, "-e", data)[1].count(b'"') // 2
        if keys < 3:
            continue                    # nothing to cut
        if keys >= 50 and not rel.startswith(".."):
            many.append(data)
        for words, jobs in (((), 2), (("-l", "-t"), 4)):
            d = differs(args.cqlite, data, jobs, *words)
            same += not d
            if d:
                said.append(d)
    point("%d dumps of tables with three partitions or more print the same with threads" % (same + len(said)), said if same else ["no tables"])
    rnd, count, said = random.Random(7), 0, []
    for data in rnd.sample(many, min(len(many), DAMAGED)):
        c, s = damaged(args.cqlite, data, rnd)
        count += c
        said += s
    point("%d damaged copies print the same with threads" % count, said if count else ["no table of the checkout has 50 partitions"])
    if args.tap:
        print("1..%d" % n)
    else:
        print("%d of %d points failed" % (bad, n))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

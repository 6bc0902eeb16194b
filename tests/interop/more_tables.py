#!/usr/bin/env python3
"""Random tables of another generator than ours, where the scripts that made the large corpus are at hand.

    more_tables.py --cqlite EXE --oracle DIR [--seeds 901,902] [--sets me,nb,oa,da] [--keep DIR]

DIR holds randtables.py (random tables with what Cassandra says of them) and dump50.py (what 5.0's sstabledump says of SSTables
that older ones wrote). For each seed and set twelve tables are made; then tests/corpus/dump_corpus.py compares every dump with
sstabledump's. Ends with the plain line of counts: one for each comparison made. Exit 77 when DIR is
not there.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS_TESTS = os.path.join(os.path.dirname(HERE), "corpus")

# set -> (name as the corpus tests expect it, arguments of randtables.py)
SETS = {
    "me": ("3.11-me", ["--version", "3.11"]),
    "nb": ("5.0-nb", ["--version", "5.0", "--format", "big", "--compat", "CASSANDRA_4"]),
    "oa": ("5.0-oa", ["--version", "5.0", "--format", "big", "--compat", "NONE"]),
    "da": ("5.0-da", ["--version", "5.0", "--format", "bti", "--compat", "NONE"]),
}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--oracle", required=True)
    ap.add_argument("--seeds", default="901")
    ap.add_argument("--sets", default="me,nb,oa,da")
    ap.add_argument("--keep")
    args = ap.parse_args()
    make, dump50 = os.path.join(args.oracle, "randtables.py"), os.path.join(args.oracle, "dump50.py")
    if not os.path.exists(make):
        print("skipped: no randtables.py in %s" % args.oracle)
        return 77
    temporary = None if args.keep else tempfile.TemporaryDirectory()
    out = args.keep or temporary.name
    failed, unmade = 0, 0
    for seed in args.seeds.split(","):
        for name in args.sets.split(","):
            label, words = SETS[name]
            folder = os.path.join(out, "%s-%s" % (label, seed))
            if os.path.isdir(folder):
                continue
            said = subprocess.run([sys.executable, make, *words, "--seed", seed, "--out", folder], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # it exits 1 when Cassandra could not read something that it had written: its MANIFEST says which
            if not os.path.exists(os.path.join(folder, "MANIFEST.json")):
                unmade += 1
                print("FAILED - %s was not made: %s" % (folder, said.stdout.decode("utf-8", "replace")[-300:]))
                continue
            if name == "me":
                subprocess.run([sys.executable, dump50, folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            print("made %s" % os.path.basename(folder), flush=True)
    done = subprocess.run([sys.executable, os.path.join(CORPUS_TESTS, "dump_corpus.py"), "--cqlite", args.cqlite, "--corpus", out],
                          stdout=subprocess.PIPE)
    text = done.stdout.decode("utf-8", "replace")
    sys.stdout.write(text)
    m = re.search(r"(\d+) equal, (\d+) different", text)
    equal, different = (int(m.group(1)), int(m.group(2))) if m else (0, 1)
    failed = different + unmade + (equal == 0)
    print("%d passed, %d failed, 0 skipped" % (equal, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

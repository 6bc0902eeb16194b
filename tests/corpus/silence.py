#!/usr/bin/env python3
"""cqlite check on every SSTable of the corpora: nothing above a note, and every row read.

    silence.py --cqlite EXE [--corpus DIR]... [--level LEVEL]... [--tap]

A set (what one node wrote) is a test point at each level. SSTables that an operation left behind are not read by the
detector, which says so. Exits 0 when all is silent, 1 when not.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def check(exe, level, folder):
    """What is wrong, as lines; and how many SSTables there are."""
    done = subprocess.run([exe, "check", "-q", "--json", "--level", level, folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=500)
    if not done.stdout:
        return ["status %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace").strip())], 0
    report = json.loads(done.stdout)
    wrong = []
    tables = [t for t in report["tables"] if t["file"]]
    for t in report["tables"]:
        where = os.path.relpath(t["file"], ROOT) if t["file"] else folder
        wrong += ["%s: %s %s at %s %s: %s" % (where, f["severity"], f["rule"], f["file"], f["offset"], f["message"])
                  for f in t["findings"] if f["severity"] != "info"]
        if t["file"] and not t["opened"] and not t["verdict"].startswith("NOT CHECKED"):
            wrong.append("%s: was not opened" % where)
        if t["opened"] and level != "quick" and (not t["scanned"] or t["skipped_bytes"] or not t["partitions"] and t["stream_bytes"]):
            wrong.append("%s: was not read to its end" % where)
    if done.returncode != (1 if report["errors"] + report["warnings"] else 0):
        wrong.append("status %d" % done.returncode)
    return wrong, len(tables)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--corpus", action="append")
    ap.add_argument("--level", action="append", choices=("quick", "full", "deep"))
    ap.add_argument("--tap", action="store_true")
    args = ap.parse_args()
    corpora = args.corpus or [os.path.join(ROOT, "corpus")]
    other = os.environ.get("CQLITE_CORPUS") or os.path.join(ROOT, "..", "shared", "corpus")
    if not args.corpus and os.path.isdir(other):
        corpora.append(os.path.abspath(other))
    n = bad = 0
    for corpus in corpora:
        for name in sorted(os.listdir(corpus)):
            folder = os.path.join(corpus, name)
            if not os.path.isdir(folder) or not any(f.endswith("-Data.db") for _, _, names in os.walk(folder) for f in names):
                continue
            for level in args.level or ("quick", "full", "deep"):
                wrong, tables = check(args.cqlite, level, folder)
                n += 1
                bad += bool(wrong)
                print("%s %s %s: %d SSTables of %s" % ("ok %d -" % n if args.tap and not wrong else "not ok %d -" % n if args.tap else
                                                     "WRONG" if wrong else "ok", level, "silent" if not wrong else "NOT silent", tables,
                                                     os.path.relpath(folder, ROOT)))
                for w in wrong:
                    print(("# " if args.tap else "    ") + w)
                sys.stdout.flush()
    if args.tap:
        print("1..%d" % n)
    return 1 if bad or not n else 0


if __name__ == "__main__":
    sys.exit(main())

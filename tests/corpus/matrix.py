#!/usr/bin/env python3
"""The damage matrix: every fault of cqlite inject on every version, compressed and not, held against cqlite check.

    matrix.py --cqlite EXE [--corpus DIR]... [--fault KIND]... [--write FILE.md] [--tap]

A cell of the matrix is a fault, a version and whether the table is compressed. Its table is the first of the corpora (small
ones first) that the fault finds its place in. Then the manifest's word is held against the report: each expected finding has
to be there, of its severity or worse, in its component, at its place; a table that lost keys has to say so, and the keys
that are lost must be among those that findings name or that the report counts; nothing else may be called an error, unless
it says what it follows from or the manifest allows it. --write makes docs/damage-matrix.md. Exits 0 when all holds, 1 when
not.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VERSIONS = ("md", "me", "na", "nb", "oa", "da")
SEVERITY = {"info": 0, "warning": 1, "error": 2}
TRIES = 60              # tables of a kind in which a fault may look for its place

# Faults that some tables bear without a sign: a healthy file could have these very bytes. Other tables of the kind are then tried;
# where none shows it, the reason stands in the matrix.
UNSEEN = {
    "summary-interval": "a summary of few samples fits other intervals, too",
    "summary-level": "a summary of few samples fits other levels, too",
    "max-compressed": "no payload is between the limits",
    "filter-order": "`na` was written in both orders, and is read in both",
}


def tables(corpora):
    """(version, compressed) -> Data.db files, small ones first; hidden index tables last."""
    found = collections.defaultdict(list)
    for corpus in corpora:
        for where, folders, names in os.walk(corpus):
            folders[:] = sorted(f for f in folders if f not in ("expected", "damaged", "statements", "5.0-txnlog", "5.0-commitlog"))
            for n in sorted(names):
                if n.endswith("-Data.db") and n[:2] in VERSIONS:
                    path = os.path.join(where, n)
                    packed = n.replace("Data.db", "CompressionInfo.db") in names
                    found[n[:2], packed].append(("/." in where, os.path.getsize(path) > 300000, -min(os.path.getsize(path), 20000), path))
    return {k: [t[-1] for t in sorted(v)] for k, v in found.items()}


def run(exe, *words):
    done = subprocess.run([exe, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")


def rules_of(want):
    return want.get("any_of") or [want["rule"]]


# What is allowed beyond the manifest's word. Each of these is needed by some cell; what is not goes.

# Rules that hold two components against each other, and speak of the one where the fault is not: which is wrong they cannot know.
EITHER = {
    "index-data": "a key in Index.db and one in Data.db",
    "bti-leafset": "a leaf of Partitions.db and a key in Data.db",
    "crcdb": "a checksum in CRC.db and a block of Data.db",
    "chunk-length": "a length in CompressionInfo.db and a chunk of Data.db",
    "stats-drop-times": "a bin in Statistics.db and the deletions in Data.db",
    "toc-set": "a line of TOC.txt and a file",
    "txnlog": "a log, which is no component, and the files that it names",
}
# Rules of a whole section of Statistics.db: the place is that of the number that does not fit, not of the one that was changed.
SECTION = {
    "stats-drop-times": "all deletion times are differences to the header's base",
}
# What else is rightly called an error after a fault: the same lie seen from another side.
FOLLOWS = {
    "truncate": {"bti-leafset"},                    # the trie names partitions that the file has no more
    "deletion-time": {"rt-block-edge"},             # a row index has the range tombstone's deletion time, too
}
# Faults whose damage shows first behind their place: the bytes before it can be read as something else.
LATER = {
    "no-header": "a partition's rows are read on as the rows of the partition before",
}
# Faults after which any other error is right, too.
ANY = {
    "swap-component": "another table's metadata contradicts the rows in as many ways as they differ",
}
# Fields that stand beside each other contradict each other: the finding may be at the other one. The farthest is 12 bytes away, in the
# header of a promoted index.
NEAR = 12
# Faults that make a whole row index wrong: the finding is at the first block where that shows, in the index of the same partition.
WHOLE = {
    "promoted-count": 1024,                         # all pointers are sought elsewhere
    "rows-pointer": 256,
    "rows-root": 256,                               # another node is taken for the root
    "rows-separator": 512,                          # blocks are met in another order
}


def placed(fault, finding, want, manifest):
    """Is the finding about the place that the manifest names: its bytes, bytes that it damaged, or its keys?"""
    same = finding["component"] == want["component"]
    if not same and finding["rule"] not in EITHER:
        return False
    if want.get("offset") is None or finding["offset"] is None:
        return True
    ends = finding["offset"] + max(finding["length"], 1)
    away = abs(finding["offset"] - want["offset"])
    if finding["space"] == want.get("space", finding["space"]) and (finding["offset"] <= want["offset"] < ends or away <= NEAR):
        return True
    for d in manifest["damaged"]:
        if d["space"] == finding["space"] and finding["offset"] < d["offset"] + max(d["length"], 1) and d["offset"] < ends:
            return True
    if not same or (finding["rule"] in SECTION and finding["component"] == "Statistics.db"):
        return True
    if away <= WHOLE.get(fault, 0):
        return True
    touched = {k["text"] for part in ("lost", "changed", "hidden") for k in manifest[part]}
    return finding.get("keys", {}).get("first") in touched


def judge(fault, manifest, report):
    """What is wrong with the report, and which rules found the fault."""
    findings = [f for t in report["tables"] for f in t["findings"]]
    table = report["tables"][0]
    wrong, found = [], []
    errors = [f for f in findings if f["severity"] == "error"]
    allowed = {r for a in manifest["also"] or [] for r in rules_of(a)} | FOLLOWS.get(fault, set())
    for want in manifest["expected"]:
        rules = rules_of(want)
        allowed.update(rules)
        hits = [f for f in findings if f["rule"] in rules and SEVERITY[f["severity"]] >= SEVERITY["warning"]]
        good = [f for f in hits if fault in LATER or placed(fault, f, want, manifest)]
        found += sorted({f["rule"] for f in good or hits})
        if not hits:
            wrong.append("nothing from %s" % "|".join(rules))
        elif not good:
            wrong.append("%s at %s %s, not at %s %s" % (hits[0]["rule"], hits[0]["component"], hits[0]["offset"], want["component"],
                                                      want.get("offset")))
    lost = [k for k in manifest["lost"] if k["certain"]]
    named = sum(f.get("keys", {}).get("count", 0) for f in findings)
    if lost and table["opened"] and not named and table["keys_lost"] + table["keys_perhaps"] == 0:
        wrong.append("%d keys are lost and none is named" % len(lost))
    other = sorted({f["rule"] for f in errors if not f["because"] and f["rule"] not in allowed})
    if other and table["opened"] and fault not in ANY:
        wrong.append("and errors of %s" % ", ".join(other))
    return wrong, found


def attempt(exe, fault, source, work, extra):
    """(manifest, report) of the fault in a copy of the table; None when it has no place there; text when check failed."""
    folder = tempfile.mkdtemp(dir=work)
    try:
        rc, out, err = run(exe, "inject", source, "-o", folder, "--fault", fault, "--json", "-q", *extra)
        if rc != 0:
            return None
        manifest = json.loads(out)
        rc, out, err = run(exe, "check", "-q", "--json", "--max-findings", "50", os.path.join(folder, os.path.basename(source)))
        return (manifest, json.loads(out), rc) if out else "check said nothing: status %d, %s" % (rc, err[-200:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cell(exe, fault, candidates, work):
    """(table or None, wrong, found) of one fault on the tables of one kind."""
    unseen = None
    for source in candidates[:TRIES]:
        extra = []
        if fault == "swap-component":
            others = [c for c in candidates if os.path.dirname(c) != os.path.dirname(source)]
            if not others:
                return None, [], []
            extra = ["--from", others[-1].replace("Data.db", "Statistics.db"), "--component", "Statistics.db"]
        tried = attempt(exe, fault, source, work, extra)
        if tried is None:
            continue
        if isinstance(tried, str):
            return source, [tried], []
        manifest, report, rc = tried
        wrong, found = judge(fault, manifest, report)
        if rc == 0 and fault in UNSEEN:
            unseen = unseen or source
            continue
        if rc != 1 and manifest["expected"]:
            wrong.append("status %d" % rc)
        return source, wrong, found
    return (unseen, [], ["*unseen*"]) if unseen else (None, [], [])


def markdown(faults, cells, kinds):
    lines = ["# The damage matrix", "", "Made by `tests/corpus/matrix.py --write`, which `./dev test` repeats. A row is a fault of `cqlite inject`, a column a",
             "version with compression (`+`) or without (`-`); a cell names the rules that found it. `.` means that the fault",
             "has no place there: the version has no such structure, or no table of the corpus has one.", "",
             "| fault | " + " | ".join("%s%s" % (v, "+" if c else "-") for v, c in kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    for f in faults:
        row = []
        for k in kinds:
            source, wrong, found = cells.get((f, k), (None, [], []))
            row.append("." if not source else "**missed**" if wrong else ", ".join(found) or "nothing to find")
        lines.append("| `%s` | %s |" % (f, " | ".join(row)))
    seen = {f for f in faults for k in kinds if "*unseen*" in cells.get((f, k), (None, [], []))[2]}
    if seen:
        lines += ["", "*unseen*: no table of the corpus shows it, because a healthy file could have these bytes:", ""]
        lines += ["- `%s`: %s" % (f, UNSEEN[f]) for f in faults if f in seen]
    return "\n".join(lines) + "\n"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--corpus", action="append")
    ap.add_argument("--fault", action="append")
    ap.add_argument("--write")
    ap.add_argument("--tap", action="store_true")
    args = ap.parse_args()
    corpora = args.corpus or [os.path.join(ROOT, "corpus")]
    known = [f["kind"] for f in json.loads(run(args.cqlite, "inject", "--list", "--json")[1])["faults"]]
    faults = args.fault or [f for f in known if f not in ("set", "random")]
    have = tables(corpora)
    kinds = [(v, c) for v in VERSIONS for c in (True, False) if (v, c) in have]
    cells, bad, n = {}, 0, 0
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {(f, k): pool.submit(cell, args.cqlite, f, have[k], work) for f in faults for k in kinds}
        for (f, k), job in jobs.items():
            cells[f, k] = job.result()
        for f in faults:
            wrong = ["%s%s %s: %s" % (k[0], "+" if k[1] else "-", os.path.relpath(cells[f, k][0], ROOT), "; ".join(cells[f, k][1]))
                     for k in kinds if cells[f, k][1]]
            tried = sum(1 for k in kinds if cells[f, k][0])
            n += 1
            bad += bool(wrong) or not tried
            print("%sok %d - %s on %d kinds of table" % ("" if tried and not wrong else "not ", n, f, tried) if args.tap else
                  "%-6s %s on %d kinds of table" % ("ok" if tried and not wrong else "WRONG", f, tried))
            for w in wrong:
                print("%s%s" % ("# " if args.tap else "       ", w))
            sys.stdout.flush()
    if args.tap:
        print("1..%d" % n)
    if args.write:
        with open(args.write, "w", encoding="utf-8") as out:
            out.write(markdown(faults, cells, kinds))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

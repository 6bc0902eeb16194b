#!/usr/bin/env python3
"""Compares values of `cqlite dump -l` with what SELECT said on the node that wrote the SSTables.

    select_corpus.py --cqlite EXE [--corpus DIR]... [--tap]

sstabledump prints some values wrongly (counters) and dies on others (empty booleans, short tuples, composites); SELECT does
neither. For every table with one SSTable whose dump shows no deletion, no expiry and no multi-cell column of that name, the values of
each simple regular column, over all rows, must be those that expected/select.jsonl has: the same values, as often. Numbers compare
by value, texts by their characters. Multi-cell and static columns, durations (other spelling) and composites (SELECT gives their bytes)
are left out; what was compared is counted and printed.
"""
import argparse
import collections
import decimal
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
decimal.getcontext().prec = 100000
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN


class Number(str):
    """A number as it stood."""


def text_of(path):
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            return f.read()
    if os.path.exists(path + ".zst"):
        return subprocess.run(["zstd", "-dcq", path + ".zst"], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "surrogateescape")
    return None


def loads(line):
    return json.loads(line, parse_int=Number, parse_float=Number, parse_constant=Number, strict=False)


def canon(v):
    """One form for both sides."""
    if v is None or isinstance(v, bool):
        return str(v)
    if isinstance(v, list):
        if v and all(isinstance(e, list) and len(e) == 2 for e in v):      # a map in SELECT's form
            return canon(dict((e[0] if isinstance(e[0], str) else json.dumps(e[0]), e[1]) for e in v)) + "|" + "[" + ",".join(map(canon, v)) + "]"
        return "[" + ",".join(map(canon, v)) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(sorted("%s:%s" % (canon(str(k)), canon(e)) for k, e in v.items())) + "}"
    try:
        d = decimal.Decimal(v)
        return str(d.normalize()) if d.is_finite() and abs(d.adjusted()) < 400 else str(v)
    except (decimal.InvalidOperation, ValueError):
        return str(v)


def float_columns(ddl):
    return set(re.findall(r"^\s+\"?([\w ]+?)\"? (?:float|double)\b", ddl, re.M))


def skipped_types(ddl):
    """Columns whose type one of the two spells in another way: durations, custom classes, and what contains a map, float or UDT."""
    return set(m[0] for m in re.findall(r"^\s+\"?([^\"\n]+?)\"? ((?:.*(?:duration|'org|map<|list<|set<|vector<|frozen<).*)),$", ddl, re.M))


def compare(cqlite, data, ddl, select):
    """(column -> values compared) or a sentence about the difference."""
    said = subprocess.run([cqlite, "dump", "-l", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if said.returncode not in (0, 1):
        return said.stderr.decode("utf-8", "replace")
    ours = collections.defaultdict(collections.Counter)
    for line in said.stdout.decode("utf-8", "surrogateescape").splitlines():
        part = loads(line)
        if '"deletion_info"' in line or '"ttl"' in line:
            return {}
        for row in part["rows"]:
            for cell in row.get("cells", ()) if row["type"] == "row" else ():
                name = cell["name"]
                name = name[1:-1].replace('""', '"') if name.startswith('"') else name
                ours[name]["(multi-cell)" if "path" in cell else canon(cell["value"])] += 1
    theirs = collections.defaultdict(collections.Counter)
    for line in select.splitlines():
        for name, v in loads(line)["row"].items():
            if v is not None:
                theirs[name][canon(v)] += 1
    floats, left_out = float_columns(ddl), skipped_types(ddl)
    done = {}
    for name, values in ours.items():
        if "(multi-cell)" in values or name in left_out or name not in theirs:
            continue
        want = theirs[name]
        if name in floats:                 # NaN and infinities are null in a dump; digits of Java and Python may differ
            as_float = lambda c: collections.Counter({float(k): n for k, n in c.items() if k not in ("None", "NaN", "Infinity", "-Infinity")})
            values, want = as_float(values), as_float(want)
        if values != want:
            return "column %s: ours only %s, SELECT's only %s" % (name, list((values - want).items())[:3], list((want - values).items())[:3])
        done[name] = sum(values.values())
    return done


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--corpus", action="append")
    ap.add_argument("--tap", action="store_true")
    args = ap.parse_args()
    corpora = args.corpus or [os.path.join(ROOT, "corpus")] + [
        d for d in (os.environ.get("CQLITE_CORPUS") or os.path.join(ROOT, "..", "shared", "corpus"),) if os.path.isdir(d)]
    tables = columns = values = bad = n = 0
    seen = set()
    for corpus in corpora:
        for folder, _, files in sorted(os.walk(corpus)):
            datas = [f for f in files if f.endswith("-Data.db")]
            key = os.path.relpath(folder, corpus)
            if len(datas) != 1 or key in seen or "/snapshots/" in folder:
                continue
            select, ddl = text_of(os.path.join(folder, "expected", "select.jsonl")), text_of(os.path.join(folder, "expected", "schema.cql"))
            if select is None or ddl is None:
                continue
            seen.add(key)
            got = compare(args.cqlite, os.path.join(folder, datas[0]), ddl, select)
            n += 1
            if isinstance(got, str):
                bad += 1
                print("%s%s: %s" % ("not ok %d - " % n if args.tap else "", key, got.replace("\n", " ")[:600]))
                continue
            tables += bool(got)
            columns += len(got)
            values += sum(got.values())
            if args.tap:
                print("ok %d - %s: %d columns" % (n, key, len(got)))
    print("%s%d values in %d columns of %d tables equal SELECT's, %d tables differ" % ("# " if args.tap else "", values, columns, tables, bad))
    if args.tap:
        print("1..%d" % n)
    return 1 if bad or not values else 0


sys.exit(main())

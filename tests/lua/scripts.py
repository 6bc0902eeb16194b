#!/usr/bin/env python3
"""scripts.py --cqlite PROGRAM: every script that ships, over tables of several versions, against what other commands say.

`cqlite dump` and `cqlite count` know nothing of Lua; what a script prints is worked out again here from their output. Also: wrong
arguments are told with exit code 2, damage with the file's name and an exit code that is not 0, --help and --list show every script.
"""
import collections
import csv
import glob
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(ROOT, "corpus")
VERSIONS = ["3.11-me", "4.1-nb", "5.0-oa", "5.0-da", "5.0-random"]
NOW = 1900000000
CQLITE = None
wrong = []


def check(good, what):
    if not good:
        wrong.append(what)
        print("WRONG: " + what)


def run(*args):
    done = subprocess.run([CQLITE, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def script(name, paths, *args, code=0, options=()):
    rc, out, err = run("lua", "-q", *options, name, *paths, "--", *args)
    check(rc == code, "%s %s: exit code %d, expected %d: %s" % (name, " ".join(args), rc, code, err[:500]))
    check("stack traceback" not in err, "%s %s: %s" % (name, " ".join(args), err[:800]))
    return out, err


def lines(name, paths, *args, **more):
    out, _ = script(name, paths, *args, "format=jsonl", **more)
    return [json.loads(line) for line in out.splitlines()]


_dumped = {}


def dump(path):
    if path not in _dumped:
        rc, out, err = run("dump", "-t", path)
        if rc:
            sys.exit("dump %s: %s" % (path, err))
        _dumped[path] = json.loads(out)
        for p in _dumped[path]:                           # names as CQL writes them; here as they are
            for r in p["rows"]:
                for c in r.get("cells", []):
                    if c["name"].startswith('"'):
                        c["name"] = c["name"][1:-1].replace('""', '"')
    return _dumped[path]


def key_text(parts):
    """As cqlite joins them."""
    if len(parts) == 1:
        return parts[0]
    return ":".join(p.replace(":", "\\:") + ("!" if p[-1:] in ("!", "\\") else "") for p in parts)


def base(path):
    return os.path.basename(path)[:-len("-Data.db")]


def events(path):
    """(key, row, cell) of everything in the table: row and cell None for a partition, cell None for a row."""
    for p in dump(path):
        key = key_text(p["partition"]["key"])
        yield key, p["partition"], None
        for r in p["rows"]:
            yield key, r, None
            for c in r.get("cells", []):
                yield key, r, c


def is_cell(c):
    return c is not None and ("value" in c or "local_delete_time" in c.get("deletion_info", {}) and "marked_deleted" not in c["deletion_info"])


def timestamp(r, c):
    return int(c.get("tstamp") or r["liveness_info"]["tstamp"])


# ---- one function a script; path: one Data.db ----

def largest(path):
    want = collections.Counter()
    starts = [p["partition"]["position"] for p in dump(path)]
    cells = collections.Counter(k for k, r, c in events(path) if is_cell(c))
    rows = collections.Counter(k for k, r, c in events(path) if c is None and r.get("type") in ("row", "static_block"))
    got = lines("largest", [path], "top=100000")
    check(len(got) == len(starts), "%s: %d partitions, dump %d" % (path, len(got), len(starts)))
    ends = dict(zip(starts, starts[1:]))
    for p in dump(path):
        if p["partition"]["position"] in ends:
            want[key_text(p["partition"]["key"])] = ends[p["partition"]["position"]] - p["partition"]["position"]
    for g in got:
        check(g["bytes"] == want.get(g["key"], g["bytes"]), "%s: largest: %s, dump %s" % (path, g, want.get(g["key"])))
        check(g["cells"] == cells[g["key"]] and g["rows"] == rows[g["key"]], "%s: largest: %s, dump %d %d" % (path, g, cells[g["key"]], rows[g["key"]]))
    check([g["bytes"] for g in got] == sorted((g["bytes"] for g in got), reverse=True), "largest is not in order")
    check(lines("largest", [path], "top=3") == got[:3], "%s: largest top=3" % path)
    for by in ("rows", "cells", "tombstones"):
        order = [g[by] for g in lines("largest", [path], "by=" + by, "top=5")]
        check(order == sorted((g[by] for g in got), reverse=True)[:5], "%s: largest by=%s: %s" % (path, by, order))


def tombstones(path):
    total = json.loads(run("count", "--json", path)[1])["total"]
    got = lines("tombstones", [path], "top=100000", "now=%d" % NOW)
    everything = got.pop()
    want = {"partition": total["partition_tombstones"], "row": total["row_tombstones"], "collection": total["column_tombstones"],
            "cell": total["cell_tombstones"]}
    check({k: everything[k] for k in want} == want, "%s: tombstones: %s, count %s" % (path, everything, want))
    for kind in list(want) + ["range", "total", "purgeable"]:
        check(sum(g[kind] for g in got) == everything[kind], "%s: tombstones: sum of %s" % (path, kind))
    opens = sum("start" in r or r["type"] == "range_tombstone_boundary" for _, r, c in events(path) if c is None and r.get("type", "").startswith("range_"))
    check(everything["range"] == opens, "%s: tombstones: %d ranges, dump %d" % (path, everything["range"], opens))
    check(everything["purgeable"] == everything["total"], "%s: tombstones: all are purgeable in 2030" % path)
    check(lines("tombstones", [path], "top=0", "now=1500000000")[-1]["purgeable"] == 0, "%s: tombstones: none were purgeable in 2017" % path)


def ttl(path):
    got = lines("ttl", [path], "unit=year", "now=%d" % NOW)
    total = json.loads(run("count", "--json", path)[1])["total"]
    live = sum(is_cell(c) and "value" in c for _, r, c in events(path))
    by = {g["bucket"]: g for g in got}
    check(by["(all)"]["cells"] == total["expiring_cells"], "%s: ttl: %s, count %d" % (path, by["(all)"], total["expiring_cells"]))
    check(by["(all)"]["cells"] + by["(never)"]["cells"] == live, "%s: ttl: %s of %d live cells" % (path, by, live))
    check(sum(g["cells"] for b, g in by.items() if b[0] != "(") == by["(all)"]["cells"], "%s: ttl: buckets" % path)
    rows = collections.Counter(time.strftime("%Y", time.gmtime(int(r["liveness_info"]["expires_at"]))) for _, r, c in events(path)
                               if c is None and r.get("type") == "row" and "expires_at" in r.get("liveness_info", {}))
    check({b: g["rows"] for b, g in by.items() if b[0] != "(" and g["rows"]} == dict(rows), "%s: ttl: rows %s, dump %s" % (path, by, rows))


def writes(path):
    got = lines("writes", [path], "unit=year")
    live = sum(is_cell(c) and "value" in c for _, r, c in events(path))
    rows = sum(c is None and "liveness_info" in r for _, r, c in events(path))
    check((got[-1]["cells"], got[-1]["rows"]) == (live, rows), "%s: writes: %s, dump %d cells %d rows" % (path, got[-1], live, rows))
    check(sum(g["deletions"] for g in got[:-1]) == got[-1]["deletions"], "%s: writes: sums" % path)


def large_cells(path):
    got = lines("large-cells", [path], "min=100", "top=100000")
    want = collections.Counter()
    for k, r, c in events(path):
        if is_cell(c) and isinstance(c.get("value"), str) and re.match(r"[ -~]{100,}$", c["value"]) and not c["value"].startswith("0x"):
            want[k, c["name"], len(c["value"])] += 1
    have = collections.Counter((g["key"], g["column"], g["bytes"]) for g in got)
    check(all(have[k] >= n for k, n in want.items()), "%s: large-cells lacks %s" % (path, want - have))
    check(all(g["bytes"] >= 100 for g in got) and got == sorted(got, key=lambda g: -g["bytes"]), "%s: large-cells: order" % path)


def timestamps(path):
    cells = [timestamp(r, c) for _, r, c in events(path) if is_cell(c)]
    rows = [int(r["liveness_info"]["tstamp"]) for _, r, c in events(path) if c is None and "liveness_info" in r]
    marks = [int(m) for _, r, c in events(path) for m in [(r if c is None else c).get("deletion_info", {}).get("marked_deleted")] if m]
    bounds = []
    for _, r, c in events(path):
        if c is None and r.get("type") == "range_tombstone_bound" and "start" in r:
            bounds.append(int(r["start"]["deletion_info"]["marked_deleted"]))
        elif c is None and r.get("type") == "range_tombstone_boundary":
            bounds.append(int(r["start"]["deletion_info"]["marked_deleted"]))
    every = cells + rows + marks + bounds
    want = {"future": sum(t // 1000000 > NOW for t in every), "negative": sum(t < 0 for t in every)}
    rc, out, err = run("lua", "-q", "timestamps", path, "--", "top=0", "slack=0", "now=%d" % NOW, "format=jsonl")
    got = {g["kind"]: g["count"] for g in map(json.loads, out.splitlines())}
    check({k: got.get(k, 0) for k in want} == want, "%s: timestamps: %s, dump %s" % (path, got, want))
    check(rc == (1 if got else 0), "%s: timestamps: exit code %d with %s" % (path, rc, got))


def rows(path):
    count = sum(c is None and r.get("type") == "row" and ("liveness_info" in r or any("value" in x for x in r["cells"])) for _, r, c in events(path))
    got = lines("rows", [path])
    check(len(got) == count, "%s: rows: %d, dump %d" % (path, len(got), count))
    out, _ = script("rows", [path], "format=csv")
    table = list(csv.reader(io.StringIO(out)))
    check(len(table) == count + 1 and (not got or table[0] == list(got[0])), "%s: rows as CSV: %d lines" % (path, len(table)))
    name = next((n for n in (got[0] if got else {}) if sum(isinstance(g[n], int) and not isinstance(g[n], bool) for g in got) > 0), None)
    if name:
        some = lines("rows", [path], "where=math.type(col[%s]) == 'integer' and col[%s] > 1" % (json.dumps(name), json.dumps(name)))
        check(some == [g for g in got if isinstance(g[name], int) and g[name] > 1], "%s: rows where %s > 1: %d" % (path, name, len(some)))
        check(lines("rows", [path], "limit=2") == got[:2], "%s: rows limit=2" % path)
        check(lines("rows", [path], "columns=" + name) == [{name: g[name]} for g in got], "%s: rows columns=" % path)


def columns(path):
    got = {g["column"]: g for g in lines("columns", [path]) if g["kind"] in ("regular", "static")}
    cells = collections.Counter(c["name"] for _, r, c in events(path) if is_cell(c))
    dead = collections.Counter(c["name"] for _, r, c in events(path) if is_cell(c) and "value" not in c)
    check({n: (g["cells"], g["tombstones"]) for n, g in got.items() if g["cells"]} == {n: (k, dead[n]) for n, k in cells.items()},
          "%s: columns: %s, dump %s" % (path, got, cells))
    check(abs(sum(g["percent"] for g in lines("columns", [path])) - 100) < 1.5 or not dump(path), "%s: columns: percent" % path)


def keys_of(path):
    return [key_text(p["partition"]["key"]) for p in dump(path)]


EACH = [largest, tombstones, ttl, writes, large_cells, timestamps, rows, columns]


# ---- scripts over several tables ----

def folders(version):
    by = collections.defaultdict(list)
    for path in glob.glob(os.path.join(CORPUS, version, "**", "*-Data.db"), recursive=True):
        if "snapshots/" not in path and "backups" not in path and "." not in os.path.basename(os.path.dirname(path)):
            by[os.path.dirname(path)].append(path)
    return {f: sorted(paths) for f, paths in by.items()}


def duplicates(folder, paths):
    got = [g for g in lines("duplicates", paths) if g["folder"] == folder]
    held = collections.defaultdict(list)
    for path in paths:
        for key in keys_of(path):
            held[key].append(base(path))
    want = {k: sorted(n) for k, n in held.items() if len(n) > 1}
    check({g["key"]: sorted(g["sstables"].split()) for g in got} == want, "%s: duplicates: %s, dump %s" % (folder, got[:3], list(want.items())[:3]))
    return len(want)


def compare(a, b):
    ka, kb = set(keys_of(a)), set(keys_of(b))
    got = lines("compare-keys", [a, b], "show=all", code=0 if ka == kb else 1)
    by = collections.defaultdict(set)
    for g in got:
        by[g["in"]].add(g["key"])
    check((by["a"], by["b"], by["both"]) == (ka - kb, kb - ka, ka & kb), "%s: compare-keys" % a)
    check(not lines("compare-keys", [a, a]), "%s: compare-keys with itself" % a)


def undelete():
    """By hand, from the statements of the tables: what a deletion hides and the files still hold."""
    counted = 0
    for version in ("3.11-me", "4.1-nb", "5.0-oa", "5.0-da"):
        for folder, paths in folders(version).items():
            got = lines("undelete", paths)
            partition = {}
            for path in paths:
                for key, r, c in events(path):
                    if c is None and "key" in r and "deletion_info" in r:
                        partition[key] = max(partition.get(key, -1 << 63), int(r["deletion_info"]["marked_deleted"]))
            want = collections.Counter()
            for path in paths:
                for key, r, c in events(path):
                    if key in partition and is_cell(c) and "value" in c and timestamp(r, c) <= partition[key]:
                        want[key, c["name"], base(path)] += 1
            have = collections.Counter((g["key"], g["column"], g["sstable"]) for g in got if g["column"])
            check(all(have[k] >= n for k, n in want.items()), "%s: undelete lacks %s" % (folder, list((want - have).items())[:3]))
            check(all(g["timestamp"] <= g["deletion_timestamp"] for g in got), "%s: undelete: newer than what deletes it" % folder)
            counted += len(got)
    check(counted > 20, "undelete: %d candidates in all" % counted)
    # Row and cell tombstones of one SSTable over another's data.
    got = lines("undelete", folders("5.0-oa")[os.path.join(CORPUS, "5.0-oa/main/collections")])
    check({"collection", "cell"} <= {g["deleted_by"] for g in got}, "undelete: %s" % {g["deleted_by"] for g in got})


def find():
    path = os.path.join(CORPUS, "5.0-oa/main/bloom_off")
    tables = glob.glob(path + "/*-Data.db")
    seen = 0
    for table in tables:
        for key, r, c in list(events(table))[:60]:
            if is_cell(c) and isinstance(c.get("value"), str) and re.match(r"[a-z0-9]{3,20}$", c["value"]):
                got = lines("find", [table], "value=" + c["value"])
                check(any(g["key"] == key and g["column"] == c["name"] for g in got), "find %s: %s" % (c["value"], got))
                part = lines("find", [table], "value=" + c["value"][1:], "how=contains", "in=cells")
                check(len(part) >= len([g for g in got if g["where"] == "cell"]) > 0, "find contains %s" % c["value"])
                raw = lines("find", [table], "value=" + c["value"].encode().hex(), "how=bytes", "in=cells")
                check(any(g["key"] == key for g in raw), "find bytes %s" % c["value"])
                seen += 1
    check(seen > 0, "find: no text in bloom_off")
    folder = os.path.join(CORPUS, "5.0-da/main/scalars")
    for table in glob.glob(folder + "/*-Data.db"):
        for key in keys_of(table)[:3]:
            check(any(g["where"] == "key" and g["key"] == key for g in lines("find", [table], "value=" + key, "in=keys")), "find key %s" % key)
    check(lines("find", [path], "value=no such value anywhere") == [], "find finds nothing")
    check(len(lines("find", [os.path.join(CORPUS, "5.0-oa/main")], "value=1", "limit=3")) == 3, "find limit=3")
    # In collections: elements, and the map keys of cell paths.
    check({g["where"] for g in lines("find", [os.path.join(CORPUS, "5.0-oa/main/collections")], "value=minus")} == {"cell"}, "find in a frozen map")


def uuid():
    one = "50554d6e-29bb-11e5-b345-feff819cdc9f"
    for version in ("3.11-me", "5.0-oa", "5.0-da"):
        got = lines("uuid", [os.path.join(CORPUS, version)], "id=" + one)
        want = set()
        for paths in folders(version).values():
            for path in paths:
                for key, r, c in events(path):
                    if one in json.dumps((r if c is None else c), ensure_ascii=False):
                        want.add((base(path), key))
        have = {(g["sstable"], g["key"]) for g in got}
        check(want and want <= have, "%s: uuid lacks %s" % (version, list(want - have)[:3]))
    _, err = script("uuid", [os.path.join(CORPUS, "5.0-oa/main/single")], "id=00000000-dead-beef-0000-000000000000")
    check("occurs in none" in err, "uuid: %s" % err)


def ddl():
    for version in VERSIONS:
        for folder, paths in folders(version).items():
            out, _ = script("ddl", paths[:1])
            check(out.count("CREATE TABLE") == 1 and "PRIMARY KEY" in out, "%s: ddl: %s" % (folder, out))
            names = {c["name"] for _, r, c in events(paths[0]) if c is not None}
            for n in names:
                check(re.search(r"^ +(%s|\"%s\") " % (re.escape(n), re.escape(n.replace('"', '""'))), out, re.M), "%s: ddl lacks %s" % (folder, n))
    # What it prints is a schema that cqlite takes.
    path = os.path.join(CORPUS, "5.0-oa/main/udts/oa-1-big-Data.db")
    with tempfile.NamedTemporaryFile("w", suffix=".cql") as f:
        f.write(script("ddl", [path])[0])
        f.flush()
        rc, out, err = run("dump", "--schema", f.name, path)
        check(rc == 0 and not err, "ddl is no schema: %s" % err)


def orphans():
    folder = os.path.join(CORPUS, "5.0-oa/main/dropped_columns")
    schema = open(os.path.join(folder, "expected/schema.cql"), encoding="utf-8").read()
    dropped = set(re.findall(r"^ALTER TABLE main\.dropped_columns DROP (\w+)", schema, re.M))
    check(len(dropped) >= 3, "orphans: the schema drops %s" % dropped)
    options = ("--schema", os.path.join(folder, "expected/schema.cql"))
    got = lines("orphans", [folder], code=1, options=options)
    paths = sorted(glob.glob(folder + "/*-Data.db"))
    for path in paths:
        cells = collections.Counter(c["name"] for _, r, c in events(path) if is_cell(c))
        gone = {n: k for n, k in cells.items() if n in dropped}
        have = {g["column"]: g["cells"] for g in got if g["sstable"] == base(path)}
        check(have == gone if path == paths[0] else set(have) <= set(gone), "orphans: %s, dump %s" % (have, gone))
    script("orphans", [folder], code=3)
    single = os.path.join(CORPUS, "5.0-oa/main/single")
    check(lines("orphans", [single], options=("--schema", os.path.join(single, "expected/schema.cql"))) == [], "orphans in single")


# ---- all scripts ----

def usage(names):
    table = os.path.join(CORPUS, "5.0-oa/main/single")
    for name in names:
        for args, words in ((["nonsense"], "name=value"), (["nonsense=1"], "there is no argument nonsense"), (["format=xml"], None)):
            rc, out, err = run("lua", name, table, table, "--", *args)
            check(rc == 2 and "stack traceback" not in err, "%s %s: exit code %d: %s" % (name, args, rc, err))
            check(words is None or words in err, "%s %s: %s" % (name, args, err))
        rc, out, err = run("lua", name)
        check(rc == 2 and err, "%s without a path: exit code %d: %s" % (name, rc, err))
        rc, out, err = run("lua", name, "--help")
        check(rc == 0 and "cqlite lua" in out and "Output:" in out, "%s --help: %s" % (name, out))
    rc, out, err = run("lua", "--list")
    listed = {line.split()[0] for line in out.splitlines()}
    check(rc == 0 and listed == set(names), "--list: %s" % (listed ^ set(names)))
    for name, args in (("find", []), ("uuid", []), ("uuid", ["id=12"]), ("find", ["value=zz", "how=bytes"]), ("largest", ["top=0"]), ("largest", ["by=age"]),
                       ("ttl", ["unit=week"]), ("rows", ["where=v >"]), ("large-cells", ["min=-1"]), ("tombstones", ["gc_grace=x"])):
        rc, out, err = run("lua", name, table, "--", *args)
        check(rc == 2, "%s %s: exit code %d" % (name, args, rc))
    check(run("lua", "compare-keys", table)[0] == 2, "compare-keys with one table")
    rc, out, err = run("lua", "rows", table, "--", "where=nosuch == 5")
    check(rc == 1 and "nosuch" in err, "rows where of a column that is not there: %d %s" % (rc, err))


def damage(names):
    """A flipped byte in one SSTable: its name is said, the other one is read, the exit code is not 0."""
    need = {"find": ["value=1"], "uuid": ["id=50554d6e-29bb-11e5-b345-feff819cdc9f"]}
    with tempfile.TemporaryDirectory() as tmp:
        for where in ("a", "b"):
            shutil.copytree(os.path.join(CORPUS, "5.0-oa/main/bloom_off"), os.path.join(tmp, where))
        bad = glob.glob(os.path.join(tmp, "a", "*-Data.db"))[0]
        with open(bad, "r+b") as f:
            f.seek(os.path.getsize(bad) // 2)
            byte = f.read(1)[0]
            f.seek(-1, 1)
            f.write(bytes([byte ^ 0x55]))
        for name in names:
            if name == "ddl":
                continue                                  # reads no rows
            rc, out, err = run("lua", "-q", name, os.path.join(tmp, "a"), os.path.join(tmp, "b"), "--", *need.get(name, []))
            check(rc == 3 and bad in err, "%s over damage: exit code %d: %s" % (name, rc, err))
            if name in ("largest", "rows", "columns", "find", "tombstones", "writes", "ttl", "large-cells", "timestamps"):
                rc, out, err = run("lua", "-q", name, os.path.join(tmp, "a"), os.path.join(tmp, "b"), "--", "lenient=yes", *need.get(name, []))
                check(rc == 1 and "skipped" in err and bad in err, "%s lenient over damage: exit code %d: %s" % (name, rc, err))
        shutil.copy(os.path.join(tmp, "b", os.path.basename(bad)), bad)
        for name in ("largest", "rows"):
            check(run("lua", "-q", name, os.path.join(tmp, "a"))[0] == 0, "%s: repaired" % name)


def main():
    global CQLITE
    if len(sys.argv) != 3 or sys.argv[1] != "--cqlite":
        sys.exit(__doc__)
    CQLITE = os.path.abspath(sys.argv[2])
    os.environ["CQLITE_SCRIPTS"] = os.path.join(ROOT, "scripts")
    names = sorted(os.path.basename(p)[:-4] for p in glob.glob(os.path.join(ROOT, "scripts", "*.lua")))
    check(len(names) >= 14, "%d scripts" % len(names))
    tables = shared = 0
    for version in VERSIONS:
        for folder, paths in folders(version).items():
            for path in paths:
                if os.path.getsize(path) > 300000:
                    continue
                tables += 1
                for f in EACH:
                    f(path)
            shared += duplicates(folder, paths)
            if len(paths) > 1:
                compare(paths[0], paths[1])
    for f in (undelete, find, uuid, ddl, orphans):
        f()
    usage(names)
    damage(names)
    check(tables > 60 and shared > 20, "%d tables, %d shared partitions" % (tables, shared))
    print("%d scripts over %d tables, %d things wrong" % (len(names), tables, len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

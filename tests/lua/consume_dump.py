#!/usr/bin/env python3
"""consume_dump.py --cqlite PROGRAM: scylla's high-level JSON writer over every table of the corpus, against `cqlite dump`.

The two print the same tables in different words: the same partitions by key, rows, cells, values and timestamps must come out.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "corpus")
SCRIPT = """
local w = Scylla.new_json_writer()
function consume_stream_start() w:start_stream() end
function consume_sstable_start(sst) w:start_sstable(sst) end
function consume_partition_start(ps) w:start_partition(ps) end
function consume_static_row(sr) w:static_row(sr) end
function consume_clustering_row(cr) w:clustering_row(cr) end
function consume_range_tombstone_change(rtc) w:range_tombstone_change(rtc) end
function consume_partition_end() w:end_partition() end
function consume_sstable_end() w:end_sstable() end
function consume_stream_end() w:end_stream() end
"""


def run(*command):
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        sys.exit("%s: exit code %d\n%s" % (" ".join(command), done.returncode, done.stderr.decode()))
    return done.stdout


def cells(columns):
    n = dead = 0
    for c in columns.values():
        for one in [v["value"] for v in c["cells"]] if "cells" in c else [c]:
            n += 1
            dead += not one["is_live"]
    return n, dead


def scylla(sst):
    out = []
    for p in sst:
        rows = [e for e in p.get("clustering_elements", []) if e["type"] == "clustering-row"]
        some = [e["columns"] for e in rows] + ([p["static_row"]] if "static_row" in p else [])
        out.append({"rows": len(rows), "static": "static_row" in p, "deleted": "tombstone" in p,
                    "changes": len(p.get("clustering_elements", [])) - len(rows),
                    "row_deletions": sum("tombstone" in e for e in rows),
                    "liveness": [e.get("marker", {}).get("timestamp") for e in rows],
                    "cells": sum(cells(c)[0] for c in some), "dead": sum(cells(c)[1] for c in some)})
    return out


def ours(document):
    out = []
    for p in document:
        rows = [r for r in p["rows"] if r["type"] == "row"]
        statics = [r for r in p["rows"] if r["type"] == "static_block"]
        every = [c for r in rows + statics for c in r["cells"]]
        one = [c for c in every if "value" in c or ("deletion_info" in c and "marked_deleted" not in c["deletion_info"])]
        bounds = [r for r in p["rows"] if r["type"].startswith("range_tombstone")]
        out.append({"rows": len(rows), "static": bool(statics), "deleted": "deletion_info" in p["partition"],
                    "changes": len(bounds),
                    "row_deletions": sum("deletion_info" in r for r in rows),
                    "liveness": [int(r["liveness_info"]["tstamp"]) if "liveness_info" in r else None for r in rows],
                    "cells": len(one), "dead": sum("value" not in c for c in one)})
    return out


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--cqlite":
        sys.exit(__doc__)
    cqlite, tables, wrong, rows = sys.argv[2], 0, 0, 0
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:
        f.write(SCRIPT)
        f.flush()
        for version in ("3.11-md", "3.11-me", "4.0-na", "4.1-nb", "5.0-oa", "5.0-da"):
            both = json.loads(run(cqlite, "lua", "-q", f.name, os.path.join(CORPUS, version)))["sstables"]
            for path, sst in both.items():
                tables += 1
                a, b = scylla(sst), ours(json.loads(run(cqlite, "dump", "-t", path)))
                rows += sum(p["rows"] for p in a)
                if a != b:
                    wrong += 1
                    first = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
                    print("%s: partition %d: %s, dump: %s" % (path, first, a[first:first + 1], b[first:first + 1]))
    print("%d tables, %d rows compared, %d differ" % (tables, rows, wrong))
    return 1 if wrong or tables < 50 or rows < 10000 else 0


if __name__ == "__main__":
    sys.exit(main())

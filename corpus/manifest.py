#!/usr/bin/env python3
"""Keeps corpus/MANIFEST.json true.

    manifest.py --check     every file is listed with its size and SHA-256, and the other way round (exit 1 if not)
    manifest.py --update    lists what lies there; what a table exercises is kept, and must be written for a new one

A table is SET/KEYSPACE/TABLE, a set is what one node of one Cassandra version wrote.
"""
import hashlib
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = os.path.join(HERE, "MANIFEST.json")


def tables(root=HERE):
    for name in sorted(os.listdir(root)):
        if not os.path.isdir(os.path.join(root, name)) or name in ("statements", "damaged", "__pycache__"):
            continue
        for keyspace in sorted(os.listdir(os.path.join(root, name))):
            for table in sorted(os.listdir(os.path.join(root, name, keyspace))):
                yield name, keyspace + "/" + table


def files(folder):
    for where, folders, names in os.walk(folder):
        folders.sort()
        for n in sorted(names):
            path = os.path.join(where, n)
            with open(path, "rb") as f:
                data = f.read()
            yield {"path": os.path.relpath(path, HERE), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def load():
    try:
        with open(MANIFEST, encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return {"note": "", "sets": []}


def one_file_a_line(manifest):
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    return re.sub(r'\{\s+"path": (.*),\s+"size": (.*),\s+"sha256": (.*)\s+\}', r'{"path": \1, "size": \2, "sha256": \3}', text) + "\n"


def update():
    old = load()
    sets = {s["set"]: s for s in old["sets"]}
    told = {(s["set"], t["table"]): t["exercises"] for s in old["sets"] for t in s["tables"]}
    new, missing = {}, []
    for name, table in tables():
        s = new.setdefault(name, dict(sets.get(name, {"set": name, "cassandra": "", "oddities": []}), tables=[]))
        if not told.get((name, table)):
            missing.append("%s/%s: say in MANIFEST.json what it exercises" % (name, table))
        if not s["cassandra"]:
            missing.append("%s: say in MANIFEST.json which Cassandra wrote it" % name)
        s["tables"].append({"table": table, "exercises": told.get((name, table), ""),
                            "files": list(files(os.path.join(HERE, name, table)))})
    for s in new.values():
        s["bytes"] = sum(f["size"] for t in s["tables"] for f in t["files"])
    with open(MANIFEST, "w", encoding="utf-8") as f:
        f.write(one_file_a_line({"note": old["note"], "sets": [new[n] for n in sorted(new)]}))
    print("\n".join(missing) or "MANIFEST.json is complete")
    return 1 if missing else 0


def check():
    listed = {f["path"]: f for s in load()["sets"] for t in s["tables"] for f in t["files"]}
    wrong = []
    for name, table in tables():
        for f in files(os.path.join(HERE, name, table)):
            if f != listed.pop(f["path"], None):
                wrong.append("%s: not as MANIFEST.json says" % f["path"])
    wrong += ["%s: listed but not there" % p for p in sorted(listed)]
    wrong += ["%s/%s: nothing says what it exercises" % (s["set"], t["table"])
              for s in load()["sets"] for t in s["tables"] if not t["exercises"]]
    print("\n".join(wrong) or "MANIFEST.json is true")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["--check"], ["--update"]):
        sys.exit(__doc__)
    sys.exit(check() if sys.argv[1] == "--check" else update())

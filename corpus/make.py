#!/usr/bin/env python3
"""make.py [--out DIR] [FORMAT...]: makes a corpus with real Cassandra from statements/*.cql (README.md beside this file).

FORMAT is oa, da, nb (default: all). Each becomes a set DIR/5.0-FORMAT; DIR/MANIFEST.json lists what each table exercises.
In a file of statements, comments at a line's start say more:

    -- exercises: TEXT      first line: what the table is for
    -- not: FORMAT...       not made in these formats
    -- flush                an SSTable of what was written so far; there is one at the end anyway
    -- compact              one SSTable out of all
    -- repeat N             the next statement N times; {i} is the number, {expression of i} is computed
    -- columns N            {columns}, {names}, {values} become N columns c0, c1, ...

Exits 3, saying why, where Maven or Java are missing.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "tests", "interop"))
sys.dont_write_bytecode = True
import cassandra  # noqa: E402

VARIANTS = {"": ".dump.json", "-d": ".dump-d.txt", "-e": ".dump-e.json", "-t": ".dump-t.json", "-l": ".dump-l.jsonl"}


class Recipe:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-4]
        with open(path, encoding="utf-8") as f:
            self.items = list(cassandra.statements(f.read()))
        notes = [i[2:].strip() for i in self.items if i.startswith("--")]
        self.exercises = next(n[len("exercises:"):].strip() for n in notes if n.startswith("exercises:"))
        self.refused = next((n[len("not:"):].split() for n in notes if n.startswith("not:")), [])
        self.schema = []

    def steps(self):
        """("cql", statement), ("flush", ""), ("compact", "")"""
        times, columns = 1, 0
        for item in self.items:
            if item.startswith("--"):
                word, _, rest = item[2:].strip().partition(" ")
                if word in ("flush", "compact"):
                    yield word, ""
                times = int(rest) if word == "repeat" else times
                columns = int(rest) if word == "columns" else columns
                continue
            names = ["c%d" % i for i in range(columns)]
            item = item.replace("{columns}", ", ".join(n + " int" for n in names)).replace("{names}", ", ".join(names)) \
                .replace("{values}", ", ".join(str(i) for i in range(columns)))
            for i in range(times):
                yield "cql", item if times == 1 else re.sub(
                    r"\{([\d +*i]+)\}", lambda m: str(eval(m.group(1), {"__builtins__": {}}, {"i": i})), item)
            times = 1

    def make(self, node):
        self.schema = ["CREATE KEYSPACE IF NOT EXISTS main WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};"]
        for what, text in self.steps():
            if what == "cql":
                node.cql(text)
                if text.split()[0].upper() in ("CREATE", "ALTER", "DROP"):
                    self.schema.append(text + ";")
            else:
                getattr(node, what)("main", self.name)
        node.flush("main", self.name)


def expect(node, tools, recipe, to):
    """What Cassandra says of the table, beside it."""
    expected = os.path.join(to, "expected")
    os.makedirs(expected)
    with open(os.path.join(expected, "schema.cql"), "w", encoding="utf-8") as f:
        f.write("\n\n".join(recipe.schema) + "\n")
    with open(os.path.join(expected, "select.jsonl"), "w", encoding="utf-8") as f:
        for row in node.cql("SELECT JSON * FROM main.%s" % recipe.name):
            f.write(row + "\n")
    odd = []
    for where, folders, files in os.walk(to):
        folders[:] = [d for d in folders if d != "expected"]
        for n in sorted(files):
            if not n.endswith("-Data.db"):
                continue
            hidden = os.path.relpath(where, to).lstrip(".")
            base = os.path.join(expected, (hidden + "." if hidden else "") + n[:-len("-Data.db")])
            todo = [("sstablemetadata", "", ".metadata.txt")]
            todo += [("sstabledump", o, s) for o, s in VARIANTS.items() if not hidden or not o]
            for tool, option, suffix in todo:
                data = os.path.join(where, n)
                status, said = tools.run(base + suffix, tool, [data] + ([option] if option else []))
                if status or "Exception" in said:
                    odd.append({"file": "main/%s/%s" % (recipe.name, os.path.relpath(data, to)), "tool": (tool + " " + option).strip(),
                                "status": status, "said": said[:160]})
                with open(base + suffix, encoding="utf-8", errors="surrogateescape") as f:
                    text = f.read()
                with open(base + suffix, "w", encoding="utf-8", errors="surrogateescape") as f:
                    f.write(text.replace(os.path.dirname(os.path.dirname(to)) + "/", ""))
    return odd


def make_set(release, fmt, out, recipes):
    name = "5.0-" + fmt
    to = os.path.join(out, name)
    shutil.rmtree(to, ignore_errors=True)
    tables, odd = [], []
    with tempfile.TemporaryDirectory(prefix="cqlite-corpus-") as scratch, release.node(scratch, fmt, column_index_size="1KiB") as node:
        node.cql("CREATE KEYSPACE main WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1} AND durable_writes = true")
        for recipe in recipes:
            if fmt in recipe.refused:
                continue
            recipe.make(node)
            table = os.path.join(to, "main", recipe.name)
            # without empty folders (backups)
            shutil.copytree(node.table_folder("main", recipe.name), table, ignore=lambda d, names: [n for n in names if n == "backups"])
            odd += expect(node, release.tools(), recipe, table)
            files = []
            for where, _, names in sorted(os.walk(table)):
                for n in sorted(names):
                    with open(os.path.join(where, n), "rb") as f:
                        data = f.read()
                    files.append({"path": os.path.relpath(os.path.join(where, n), out), "size": len(data),
                                  "sha256": hashlib.sha256(data).hexdigest()})
            tables.append({"table": "main/" + recipe.name, "exercises": recipe.exercises, "files": files})
            print("%s main/%s: %d SSTables" % (name, recipe.name, sum(f["path"].endswith("-Data.db") for f in files)), flush=True)
    return {"set": name, "cassandra": release.version, "oddities": odd, "tables": tables}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", default=os.path.join(ROOT, "build", "corpus"))
    ap.add_argument("formats", nargs="*", metavar="FORMAT")
    args = ap.parse_args()
    for fmt in args.formats:
        if fmt not in cassandra.FORMATS:
            ap.error("no format %s (there are %s)" % (fmt, ", ".join(cassandra.FORMATS)))
    recipes = [Recipe(os.path.join(HERE, "statements", f)) for f in sorted(os.listdir(os.path.join(HERE, "statements"))) if f.endswith(".cql")]
    out = os.path.abspath(args.out)
    os.makedirs(out, exist_ok=True)
    with cassandra.Release() as release:
        sets = [make_set(release, fmt, out, recipes) for fmt in args.formats or cassandra.FORMATS]
    with open(os.path.join(out, "MANIFEST.json"), "w", encoding="utf-8") as f:
        json.dump({"note": "made by corpus/make.py", "sets": sets}, f, indent=1, ensure_ascii=False)
    print("%d tables in %s" % (sum(len(s["tables"]) for s in sets), out))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (cassandra.Missing, cassandra.Failed) as e:
        print("make.py: %s" % e, file=sys.stderr)
        sys.exit(3)

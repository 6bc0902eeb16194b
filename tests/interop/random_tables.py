#!/usr/bin/env python3
"""Makes random tables with real Cassandra and compares what its tools say of them with what cqlite says.

    random_tables.py --cqlite EXE [--tables N] [--seed S] [--formats oa,da,nb] [--keep DIR]

Of every SSTable (some flushes, then all of them compacted into one):
  - `dump --as-sstabledump` equals sstabledump byte for byte: plain, -t, -l, -d, -e
  - `dump -k KEY` is that key's partition of the whole dump, for every key in it
  - `info --as-sstablemetadata` equals sstablemetadata
  - `check` finds nothing wrong (where the command exists)
Prints the seed and the counts; what differs lies in --keep (default: build/interop/), with the statements that made it.
Exit 0 all equal, 1 something differs, 77 skipped (it says why: no Maven, no Java, nothing to be fetched).
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import cassandra  # noqa: E402
import generate  # noqa: E402

KEYSPACE = "interop"
FORMS = {"": "json", "-t": "json", "-l": "jsonl", "-d": "txt", "-e": "json"}


def escaped(part):
    """A part of a composite key as Cassandra writes it where ':' divides the parts."""
    part = part.replace(":", "\\:")
    return part + "!" if part.endswith(("\\", "!")) else part


class Comparer:
    def __init__(self, cqlite, tools, scratch, keep):
        self.cqlite, self.tools, self.scratch, self.keep = cqlite, tools, scratch, keep
        self.counts = collections.Counter()
        self.commands = self.run("help")[1] + self.run("--help")[1]

    def run(self, *words):
        done = subprocess.run([self.cqlite, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip()

    def differs(self, what, data, want, got, said=""):
        """Counts it, keeps both texts and the SSTable."""
        self.counts["different"] += 1
        name = "%s-%s" % (os.path.basename(os.path.dirname(data)).rsplit("-", 1)[0], os.path.basename(data)[:-len("-Data.db")])
        folder = os.path.join(self.keep, name)
        os.makedirs(folder, exist_ok=True)
        base = os.path.basename(data)[:-len("Data.db")]
        for f in os.listdir(os.path.dirname(data)):
            if f.startswith(base):
                shutil.copy(os.path.join(os.path.dirname(data), f), folder)
        word = re.sub(r"\W+", "_", what).strip("_")
        for suffix, text in (("theirs", want), ("ours", got)):
            with open(os.path.join(folder, "%s.%s" % (word, suffix)), "wb") as f:
                f.write(text)
        at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
        print("DIFFERENT %s %s at byte %d of %d (ours has %d), kept in %s %s" % (name, what, at, len(want), len(got), folder, said))
        print("    theirs: %r\n    ours:   %r" % (want[max(at - 60, 0):at + 60], got[max(at - 60, 0):at + 60]))

    def dump(self, data, form):
        """sstabledump and ours. The second that decides on `expired` is that of theirs: any from before to after will do."""
        out = os.path.join(self.scratch, "dump")
        before = int(time.time())
        status, said = self.tools.run(out, "sstabledump", [data] + ([form] if form else []))
        after = int(time.time())
        with open(out, "rb") as f:
            want = f.read()
        if status or "Exception" in said:
            self.counts["oracle unable"] += 1
            print("sstabledump %s of %s: status %d, %s" % (form, os.path.basename(os.path.dirname(data)), status, said[:200]))
            return None
        for now in range(before, after + 1):
            rc, got, err = self.run("dump", "--as-sstabledump", "--now", str(now), data, *([form] if form else []))
            if got == want and rc == 0:
                self.counts["equal"] += 1
                return want
        self.differs("dump %s" % form, data, want, got, "status %d %s" % (rc, err[:200]))
        return want

    def keys(self, data, dump):
        """Every partition of the dump, looked up by its key."""
        try:
            partitions = json.loads(dump)
        except ValueError:
            return          # NaN and the like are not JSON that Python takes? they are; so this is a real difference
        text = dump.decode("utf-8", "surrogatepass")
        starts = [m.start() for m in re.finditer(r'(?m)^  \{$', text)] + [len(text) - 2]
        ends = [m.end() for m in re.finditer(r'(?m)^  \}', text)]
        now = str(int(time.time()))
        ours = self.run("dump", "--as-sstabledump", "--now", now, data)[1].decode("utf-8", "surrogatepass")
        if len(ours) != len(text) or len(starts) - 1 != len(partitions) or len(ends) != len(partitions):
            self.counts["keys not looked up"] += len(partitions)
            return

        def look(i):
            parts = partitions[i]["partition"]["key"]
            key = parts[0] if len(parts) == 1 else ":".join(escaped(p) for p in parts)
            # no argument holds a NUL; a part "_" or "!" is a mark of composites there: sstabledump -k dies of it
            if "\0" in key or (len(parts) > 1 and {"_", "!"} & set(parts)):
                return i, None, None, ""
            rc, got, err = self.run("dump", "--as-sstabledump", "--now", now, data, "-k", key)
            return i, "[\n%s\n]" % ours[starts[i]:ends[i]], got.decode("utf-8", "surrogatepass"), "status %d, key %r %s" % (rc, key, err)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for i, want, got, said in pool.map(look, range(len(partitions))):
                if want is None:
                    self.counts["keys not looked up"] += 1
                elif want == got:
                    self.counts["keys equal"] += 1
                else:
                    self.differs("key %d" % i, data, want.encode("utf-8", "surrogatepass"), got.encode("utf-8", "surrogatepass"), said)

    def metadata(self, data):
        """sstablemetadata and ours; how much is droppable depends on the second, like `expired`."""
        out = os.path.join(self.scratch, "metadata")
        before = int(time.time())
        status, _ = self.tools.run(out, "sstablemetadata", [data])
        after = int(time.time())
        with open(out, "rb") as f:
            want = f.read()
        if status:
            self.counts["oracle unable"] += 1
            return
        for now in range(before, after + 1):
            rc, got, err = self.run("info", "--as-sstablemetadata", "--now", str(now), data)
            if got == want and rc == 0:
                self.counts["metadata equal"] += 1
                return
        self.differs("info", data, want, got, "status %d: %s" % (rc, err))

    def check(self, data):
        if not re.search(rb"(?m)^\s+check\b", self.commands):
            return
        rc, got, err = self.run("check", data)
        if rc:
            self.differs("check", data, b"", got, "status %d: %s" % (rc, err))
        else:
            self.counts["checked well"] += 1

    def all(self, data, table):
        self.counts["SSTables"] += 1
        dump = None
        for form in FORMS:
            if form not in table.unprintable:
                text = self.dump(data, form)
                dump = text if form == "" else dump
        if dump:
            self.keys(data, dump)
        self.metadata(data)
        self.check(data)


def make(node, r, name, fmt):
    """One table with a few SSTables; returns it, its files and the statements."""
    table, done = generate.Table(r, KEYSPACE, name, fmt), []

    def say(statement):
        done.append(statement + ";")
        node.cql(statement)

    for statement in table.ddl():
        say(statement)
    for _ in range(r.choice([1, 2, 3])):
        for _ in range(r.choice([5, 60, 200])):
            say(table.write())
        node.flush(KEYSPACE, name)
    return table, node.sstables(KEYSPACE, name), done


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--tables", type=int, default=12)
    ap.add_argument("--seed", type=int, default=int(os.environ.get("CQLITE_SEED") or random.SystemRandom().randrange(10 ** 6)))
    ap.add_argument("--formats", default="oa,da,nb")
    ap.add_argument("--keep", default=os.path.join(ROOT, "build", "interop"))
    args = ap.parse_args()
    formats = args.formats.split(",")
    shutil.rmtree(args.keep, ignore_errors=True)
    try:
        release = cassandra.Release()
    except cassandra.Missing as e:
        print("skipped: %s" % e)
        return 77
    print("seed %d" % args.seed, flush=True)
    started, counts = time.time(), collections.Counter()
    with release, tempfile.TemporaryDirectory(prefix="cqlite-interop-") as scratch:
        comparer = Comparer(os.path.abspath(args.cqlite), release.tools(), scratch, args.keep)
        for f, fmt in enumerate(formats):
            mine = range(f, args.tables, len(formats))
            if not mine:
                continue
            with release.node(os.path.join(scratch, fmt), fmt) as node:
                node.cql("CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}" % KEYSPACE)
                made = []
                for i in mine:
                    name = "t%d" % i
                    table, files, done = make(node, random.Random("%d %d" % (args.seed, i)), name, fmt)
                    # a compaction removes its inputs: they are compared from a copy
                    copies = os.path.join(scratch, "copies", os.path.basename(os.path.dirname(files[0]))) if files else ""
                    if files:
                        shutil.copytree(os.path.dirname(files[0]), copies)
                        node.compact(KEYSPACE, name)
                        files = [os.path.join(copies, os.path.basename(p)) for p in files] + node.sstables(KEYSPACE, name)
                    made.append((table, list(dict.fromkeys(files)), done))
                time.sleep(2)               # what expires after a second has by then
                for table, files, done in made:
                    before = comparer.counts["different"]
                    for data in files:
                        comparer.all(data, table)
                    if comparer.counts["different"] > before:
                        os.makedirs(args.keep, exist_ok=True)
                        with open(os.path.join(args.keep, "%s-%s.cql" % (fmt, table.name)), "w", encoding="utf-8") as out:
                            out.write("\n".join(done) + "\n")
                counts["tables"] += len(made)
                counts["statements"] += sum(len(d) for _, _, d in made)
        counts.update(comparer.counts)
    print("%d tables in %s, %d statements, %s; %.0f s" % (
        counts.pop("tables"), ", ".join(formats), counts.pop("statements"),
        ", ".join("%d %s" % (counts[k], k) for k in counts), time.time() - started))
    compared = counts["equal"] + counts["keys equal"] + counts["metadata equal"]
    return 1 if counts["different"] or not compared else 0


if __name__ == "__main__":
    sys.exit(main())

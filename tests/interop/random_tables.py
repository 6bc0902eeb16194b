#!/usr/bin/env python3
"""Makes random tables with real Cassandra and compares what its tools say of them with what cqlite says.

    random_tables.py --cqlite EXE [--tables N] [--seed S] [--formats oa,da,nb,me] [--only I,...] [--seconds T] [--keep DIR]

Cassandra 5.0 writes oa, da and nb, 3.11 writes me; the tools are 5.0's for all. Table I of a seed is the same whatever N is
(but for the times that the clock gives); --only makes just some again. Of every SSTable (some flushes, then all of them
compacted into one):
  - `dump --as-sstabledump` equals sstabledump byte for byte: plain, -t, -l, -d, -e, and -k and -x of a key that is there,
    -k of one that is only in another SSTable of the table
  - `dump -k` finds every key of the whole dump and prints its partition: all in one call, and a few each in its own
  - `info --as-sstablemetadata` equals sstablemetadata
  - `check` finds nothing wrong (where the command exists)
and of every table without a TTL: the live rows of the compacted SSTable have the clusterings and values that SELECT gave.
Prints the seed and the counts; what differs lies in --keep (default: build/interop/), with the statements that made it. The
last line counts tables: passed when everything of a table was equal; skipped when its Cassandra is not to be had, or after T
seconds (it says which). Exit 0 all equal, 1 something differs, 77 nothing could be compared.
"""
import argparse
import collections
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import cassandra  # noqa: E402
import generate  # noqa: E402
import selected  # noqa: E402

KEYSPACE = "interop"
FORMS = ["", "-t", "-l", "-d", "-e"]


def escaped(part):
    """A part of a composite key as Cassandra writes it where ':' divides the parts."""
    part = part.replace(":", "\\:")
    return part + "!" if part.endswith(("\\", "!")) else part


def key_words(parts):
    """A key as a command's argument; None when none can be: no argument holds a NUL, and a part "_" or "!" is a mark of
    composites there (sstabledump -k dies of it)."""
    if any("\0" in p for p in parts) or (len(parts) > 1 and {"_", "!"} & set(parts)):
        return None
    return parts[0] if len(parts) == 1 else ":".join(map(escaped, parts))


class Dump:
    """The partitions of a plain dump: .keys[i] for .texts[i]; .parts their order."""

    def __init__(self, text):
        text = text.decode("utf-8", "surrogatepass")
        starts = [m.start() for m in re.finditer(r"(?m)^  \{$", text)] + [len(text)]
        ends = [m.end() for m in re.finditer(r"(?m)^  \}", text)]
        parsed = selected.loads(text)
        if len(starts) - 1 != len(parsed) or len(ends) != len(parsed):
            raise ValueError("partitions are not where they were expected")
        self.texts = [text[s:e] for s, e in zip(starts, ends)]
        self.keys = [key_words(p["partition"]["key"]) for p in parsed]


def joined(texts):
    return ("[\n%s\n]" % ",\n".join(texts)).encode("utf-8", "surrogatepass")


class Asked:
    """What a tool of Cassandra said, and the seconds in which it did: some of it depends on them."""

    def __init__(self, tools, scratch, tool, words):
        out = os.path.join(scratch, "theirs")
        self.name = " ".join([tool] + [w for w in words[1:] if w.startswith("-")])
        self.before = int(time.time())
        self.status, self.said = tools.run(out, tool, words)
        self.after = int(time.time())
        with open(out, "rb") as f:
            self.text = f.read()
        self.well = not self.status and "Exception" not in self.said


class Comparer:
    """Asks Cassandra's tools, one after the other, while what they said before is compared."""

    def __init__(self, cqlite, tools, scratch, keep):
        self.cqlite, self.tools, self.scratch, self.keep = cqlite, tools, scratch, keep
        self.counts, self.lock = collections.Counter(), threading.Lock()
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.can_check = re.search(rb"(?m)^\s+check\b", self.run("help")[1])

    def run(self, *words):
        try:
            done = subprocess.run([self.cqlite, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        except subprocess.TimeoutExpired:
            return 124, b"", "more than 120 s"
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip()

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] += n

    def differs(self, made, what, data, want, got, said=""):
        """Counts it, keeps both texts and the SSTable."""
        base = os.path.basename(data)[:-len("Data.db")]
        name = "%s-%s" % (made.label, base[:-1])
        folder = os.path.join(self.keep, name)
        with self.lock:
            self.counts["different"] += 1
            made.wrong.append(what)
            os.makedirs(folder, exist_ok=True)
            for f in os.listdir(os.path.dirname(data)):
                if f.startswith(base):
                    shutil.copy(os.path.join(os.path.dirname(data), f), folder)
        word = re.sub(r"\W+", "_", what).strip("_")
        for suffix, text in (("theirs", want), ("ours", got)):
            with open(os.path.join(folder, "%s.%s" % (word, suffix)), "wb") as f:
                f.write(text)
        at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
        print("DIFFERENT %s %s at byte %d of %d (ours has %d), kept in %s %s\n    theirs: %r\n    ours:   %r" % (
            name, what, at, len(want), len(got), folder, said[:300], want[max(at - 60, 0):at + 60], got[max(at - 60, 0):at + 60]), flush=True)

    def same(self, made, asked, data, count, *words):
        """Ours of any second from before theirs to after."""
        for now in range(asked.before, asked.after + 1):
            rc, got, err = self.run(*words[:1], "--now", str(now), *words[1:])
            if got == asked.text and rc == 0:
                return self.count(count)
        self.differs(made, asked.name, data, asked.text, got, "status %d %s" % (rc, err))

    def refuse(self, made, asked, data, *words):
        """A key of which Cassandra says that it is none."""
        rc, got, err = self.run(*words)
        if rc == 2 and "MarshalException" in asked.said:
            self.count("keys lost by both")
        else:
            self.differs(made, asked.name, data, asked.said.encode(), got, "status %d, %s %s" % (rc, words[-1], err))

    def ask(self, made, data, count, ours, tool, *words):
        """Starts one comparison; what the tool said, or None when it could not."""
        asked = Asked(self.tools, self.scratch, tool, [data] + list(words))
        if not asked.well and {"-k", "-x"} & set(words):
            made.waiting.append(self.pool.submit(self.refuse, made, asked, data, *ours, data, *words))
            return None
        if not asked.well:
            self.count("oracle unable")
            print("%s: %s of %s: status %d, %s" % (made.label, asked.name, os.path.basename(data), asked.status, asked.said[:200]), flush=True)
            return None
        made.waiting.append(self.pool.submit(self.same, made, asked, data, count, *ours, data, *words))
        return asked

    def keys(self, made, data, dump):
        """Every partition of the dump, looked up by its key."""
        said = [i for i, key in enumerate(dump.keys) if key is not None]
        self.count("keys that no argument holds", len(dump.keys) - len(said))
        # what has expired depends on the second: here it is always the same
        now = str(int(time.time()))
        rc, text, err = self.run("dump", "--as-sstabledump", "--now", now, data)
        whole = Dump(text)

        def look(some):
            """True when these keys, asked for in one call, are found."""
            # before the file every -k takes one word, also one that looks like an option
            rc, got, err = self.run("dump", "--as-sstabledump", "--now", now, *sum((["-k", dump.keys[i]] for i in some), []), data)
            want = joined([whole.texts[i] for i in some])
            if rc == 0 and got == want:
                return True
            if len(some) == 1:
                made.lost.append((data, dump.keys[some[0]], want, rc, got, err))
            return False

        if said and look(said):
            self.count("keys found", len(said))
            said = random.Random(made.label).sample(said, min(3, len(said)))
        elif said:
            self.count("keys found", sum(look([i]) for i in said))
            if not made.lost:
                self.differs(made, "keys together", data, joined([whole.texts[i] for i in said]), b"", "though each alone is found")
            return
        for i in said:
            look([i])

    def lost_keys(self, made):
        """Keys that were not found. Some texts of composites and tuples stand for several keys, and Cassandra takes them for another too."""
        for data, key, want, rc, got, err in made.lost:
            # so written, also one that begins with - is no option
            theirs = Asked(self.tools, self.scratch, "sstabledump", [data, "-k" + key])
            if rc == 2 and "MarshalException" in theirs.said or rc == 0 and theirs.well and theirs.text == got:
                self.count("keys lost by both")
            else:
                self.differs(made, "key", data, want, got, "status %d, key %r, %s" % (rc, key, err))

    def check(self, made, data):
        rc, got, err = self.run("check", data)
        if rc:
            self.differs(made, "check", data, b"", got, "status %d: %s" % (rc, err))
        else:
            self.count("checked well")

    def select(self, made):
        """The live rows of the compacted SSTable against those of SELECT."""
        rc, got, err = self.run("dump", "-l", made.compacted)
        ours, theirs = selected.rows_of_dump(made.table, got), selected.rows_of_select(made.table, made.selected)
        if rc or ours != theirs:
            show = lambda rows: ("\n".join(sorted(map(repr, rows.elements()))) + "\n").encode("utf-8", "surrogatepass")
            self.differs(made, "select", made.compacted, show(theirs - ours), show(ours - theirs), "status %d: %s" % (rc, err))
        else:
            self.count("rows as selected", sum(ours.values()))

    def all(self, made):
        """Starts all comparisons of a table."""
        self.count("SSTables", len(made.files))
        later, dumps = lambda f, *a: made.waiting.append(self.pool.submit(f, made, *a)), {}
        for data in made.files:
            for form in FORMS:
                if form not in made.table.unprintable:
                    asked = self.ask(made, data, "dumps", ["dump", "--as-sstabledump"], "sstabledump", *filter(None, [form]))
                    if form == "" and asked:
                        dumps[data] = Dump(asked.text)
            self.ask(made, data, "metadata", ["info", "--as-sstablemetadata"], "sstablemetadata")
            if self.can_check:
                later(self.check, data)
        r = random.Random(made.label)
        # sstabledump takes what begins with - for an option, and takes quotes off both ends
        sayable = {data: [k for k in d.keys if k and not k.startswith(("-", '"')) and not k.endswith('"')] for data, d in dumps.items()}
        for data, dump in dumps.items():
            later(self.keys, data, dump)
            ours = ["dump", "--as-sstabledump"]
            if sayable[data]:
                self.ask(made, data, "dumps of a key", ours, "sstabledump", "-k", r.choice(sayable[data]))
                self.ask(made, data, "dumps but a key", ours, "sstabledump", "-x", r.choice(sayable[data]))
            absent = sorted({k for d in sayable for k in sayable[d]} - set(dump.keys))
            if absent:
                self.ask(made, data, "dumps of no key", ours, "sstabledump", "-k", r.choice(absent))
        if made.compacted and selected.comparable(made.table):
            later(self.select)


class Made:
    """A table with a few SSTables, made by `node`."""

    def __init__(self, node, seed, i, fmt, copies):
        self.label, self.statements, self.refused = "%s-t%d" % (fmt, i), [], []
        self.wrong, self.lost, self.waiting, self.files, self.compacted, self.selected, self.node = [], [], [], [], None, [], node
        r = random.Random("%d %d" % (seed, i))
        name = "t%d" % i
        self.table = table = generate.Table(r, KEYSPACE, name, fmt)
        for statement in table.ddl():
            self.say(statement)
        for flush in range(r.choice([1, 2, 3])):
            for statement in table.alter() if flush and r.random() < 0.2 else ():
                self.say(statement)
            for _ in range(r.choice([3, 30, 120])):
                try:
                    self.say(table.write())
                except cassandra.Refused as e:
                    self.refused.append(str(e))
            node.flush(KEYSPACE, name)
        files = node.sstables(KEYSPACE, name)
        if files:
            # a compaction removes its inputs: links to them stay
            folder = os.path.join(copies, os.path.basename(os.path.dirname(files[0])))
            shutil.copytree(os.path.dirname(files[0]), folder, copy_function=os.link)
            self.files = [os.path.join(folder, os.path.basename(p)) for p in files]
            if selected.comparable(table):
                self.selected = node.cql("SELECT JSON * FROM %s.%s" % (KEYSPACE, name))
            node.compact(KEYSPACE, name)
            last = node.sstables(KEYSPACE, name)
            self.compacted = last[0] if len(last) == 1 else None
            self.files += [p for p in last if os.path.basename(p) not in map(os.path.basename, files)]

    def say(self, statement):
        self.statements.append(statement + ";")
        self.node.cql(statement)


def settings(seed, fmt):
    """What a node of the format is set to: small blocks of the row index, so that few rows make many; names of both kinds."""
    r = random.Random("%d %s" % (seed, fmt))
    size = r.choice([1, 4, 64])
    if fmt == "me":
        return {"column_index_size_in_kb": size}
    return {"column_index_size": "%dKiB" % size, "uuid_sstable_identifiers_enabled": fmt != "nb" and r.random() < 0.5}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--tables", type=int, default=200)
    ap.add_argument("--seed", type=int, default=int(os.environ.get("CQLITE_SEED") or random.SystemRandom().randrange(10 ** 6)))
    ap.add_argument("--formats", default=",".join(cassandra.WRITERS))
    ap.add_argument("--only", help="the numbers of tables to make instead of all")
    ap.add_argument("--seconds", type=int, help="begin no table later than this")
    ap.add_argument("--keep", default=os.path.join(ROOT, "build", "interop"))
    args = ap.parse_args()
    formats, started = args.formats.split(","), time.time()
    only = set(map(int, args.only.split(","))) if args.only else None
    numbers = {fmt: [i for i in range(f, args.tables, len(formats)) if not only or i in only] for f, fmt in enumerate(formats)}
    shutil.rmtree(args.keep, ignore_errors=True)
    print("seed %d (CQLITE_SEED=%d makes the same tables again)" % (args.seed, args.seed), flush=True)
    releases, reasons = {}, []
    passed = failed = skipped = statements = 0

    def leave_out(n, reason):
        nonlocal skipped
        skipped += n
        reasons.append("%d tables: %s" % (n, reason))

    try:
        releases[cassandra.DEFAULT] = cassandra.Release()
    except cassandra.Missing as e:
        leave_out(sum(map(len, numbers.values())), str(e))
        print("skipped: %s\n0 passed, 0 failed, %d skipped" % (e, skipped))
        return 77
    refused, done = collections.Counter(), collections.Counter()
    with releases[cassandra.DEFAULT], tempfile.TemporaryDirectory(prefix="cqlite-interop-") as scratch:
        comparer = Comparer(os.path.abspath(args.cqlite), releases[cassandra.DEFAULT].tools(), scratch, args.keep)

        def lost(label, words, why):
            nonlocal failed
            failed += 1
            os.makedirs(args.keep, exist_ok=True)
            with open(os.path.join(args.keep, label + ".cql"), "w", encoding="utf-8") as out:
                out.write("\n".join(words) + "\n")
            print("FAILED %s: %s" % (label, why), flush=True)

        for fmt in formats:
            if not numbers[fmt]:
                continue
            version = cassandra.WRITERS[fmt]
            try:
                releases[version] = releases.get(version) or cassandra.Release(version)
            except cassandra.Missing as e:
                leave_out(len(numbers[fmt]), "%s: %s" % (fmt, e))
                continue
            at, tables = time.time(), []
            folder = os.path.join(scratch, fmt)
            node = releases[version].node(folder, fmt, more=cassandra.HASTY, **settings(args.seed, fmt))
            up, until = time.time(), float("inf")
            if args.seconds:            # each format that is left has a share of what is left; comparing takes as long as making
                until = up + (started + args.seconds - at) / (len(formats) - formats.index(fmt)) * 0.5 - (up - at) * 0.5
            try:
                node.cql("CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}" % KEYSPACE)
                for n, i in enumerate(numbers[fmt]):
                    if tables and time.time() > until:
                        leave_out(len(numbers[fmt]) - n, "%s: no time left (%d s)" % (fmt, args.seconds))
                        break
                    try:
                        tables.append(Made(node, args.seed, i, fmt, os.path.join(folder, "copies")))
                    except cassandra.Refused as e:
                        lost("%s-t%d" % (fmt, i), [str(e)], "Cassandra refused: %s" % str(e)[:500])
            finally:
                node.end()
            written = time.time()
            time.sleep(1.1)             # what expires after a second has by then
            for made in tables:
                comparer.all(made)
            for made in tables:
                for w in made.waiting:
                    w.result()
                comparer.lost_keys(made)
                if made.wrong:
                    lost(made.label, made.statements, "%d comparisons (%s)" % (len(made.wrong), ", ".join(sorted(set(made.wrong)))))
                else:
                    passed += 1
                statements += len(made.statements)
                refused.update(re.sub(r"\W*[\"'(\[<].*", " ...", e)[:100] for e in made.refused)
            done[fmt] += len(tables)
            print("%s: Cassandra %s, %d tables; start %.0f s, writes %.0f s, comparisons %.0f s" % (
                fmt, version, len(tables), up - at, written - up, time.time() - written), flush=True)
            shutil.rmtree(folder, ignore_errors=True)
    counts = comparer.counts
    for why, n in refused.most_common():
        print("Cassandra refused %d statements: %s" % (n, why))
    for reason in reasons:
        print("skipped: " + reason)
    print("%d tables (%s), %d statements, %s; %.0f s" % (
        sum(done.values()), ", ".join("%s %d" % d for d in done.items()), statements,
        ", ".join("%d %s" % (n, what) for what, n in sorted(counts.items())), time.time() - started))
    # a generator that Cassandra does not understand, or tools that say nothing, would test nothing
    if sum(refused.values()) * 50 > statements:
        failed += 1
        print("FAILED: Cassandra refused more than 2 % of the statements")
    if counts["oracle unable"] > max(2, counts["dumps"] / 50):
        failed += 1
        print("FAILED: sstabledump could not print %d of %d" % (counts["oracle unable"], counts["dumps"]))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0 if passed else 77


if __name__ == "__main__":
    sys.exit(main())

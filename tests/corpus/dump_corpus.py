#!/usr/bin/env python3
"""Compares `cqlite dump --as-sstabledump` with what sstabledump printed, byte for byte, for every SSTable of the corpora.

    dump_corpus.py --cqlite EXE [--corpus DIR]... [--tap] [--jobs N] [--all] [PART-OF-PATH...]

Without --corpus: corpus/ of this checkout, and $CQLITE_CORPUS or ../shared/corpus where there is one. What lies in both is
done once. PART-OF-PATH restricts it. --all shows whole differences instead of their beginning.

The oracle is 5.0's sstabledump: BASE.dump-5.0.json, or BASE.dump.json where 5.0 wrote the SSTable; -d -e -k -t -l likewise.
A snapshot's SSTable that is the same as the table's has the same dump. Where 5.0 cannot dump an older
SSTable at all, the version that wrote it is asked: its dump lacks "table kind", its partitions have other positions, and 3.11
prints times before 1583 and after 9999 by another calendar; these three are left out of the comparison.
`expired` in a dump depends on the second it was made in: that second is worked out of the dump's own flags and given to us
with --now. Where sstabledump died on a real file (it does on some legal values), what it had printed until then must be
how ours begins; where it printed nothing, or is not there, there is no oracle, which is said and counted as skipped.
"""
import argparse
import calendar
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VARIANTS = {"": ".dump.json", "-d": ".dump-d.txt", "-e": ".dump-e.json", "-k": ".dump-k.json", "-t": ".dump-t.json",
            "-l": ".dump-l.jsonl"}

EXPIRY = re.compile(rb'(?P<live>"liveness_info"\s*:\s*\{\s*"tstamp"\s*:\s*"[^"]*"\s*,\s*)?"ttl"\s*:\s*\d+\s*,\s*'
                    rb'"expires_at"\s*:\s*"(?P<at>[^"]*)"\s*,\s*"expired"\s*:\s*(?P<gone>true|false)')


def seconds(text):
    """"2023-11-14T22:13:20Z", or the raw number that -t prints."""
    text = text.decode()
    if text.lstrip("-").isdigit():
        return int(text)
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def second_of(dump):
    """A second in which sstabledump must say what this dump says. A cell is expired from the second of its expiry on, a
    row's liveness after it."""
    low, high = None, None
    for m in EXPIRY.finditer(dump):
        at = seconds(m.group("at"))
        if m.group("gone") == b"true":
            at += m.group("live") is not None
            low = at if low is None else max(low, at)
        else:
            at -= m.group("live") is None
            high = at if high is None else min(high, at)
    if low is None and high is None:
        return 1_700_000_000
    if low is None or high is None:
        return high if low is None else low
    if low > high:
        raise ValueError("no second explains the flags of the dump (from %d, up to %d)" % (low, high))
    return (low + high) // 2


def read(path):
    """The file, or its .zst; None where there is neither."""
    if os.path.exists(path):
        with open(path, "rb") as f:
            return f.read()
    if os.path.exists(path + ".zst"):
        return subprocess.run(["zstd", "-dcq", path + ".zst"], stdout=subprocess.PIPE, check=True).stdout
    return None


class Comparison:
    """One SSTable and one way of dumping it."""

    def __init__(self, corpus, data, option, expected, died):
        self.corpus, self.data, self.option, self.expected, self.died = corpus, data, option, expected, died
        self.older = False          # what an older sstabledump said
        self.name = os.path.relpath(data, corpus) + (" " + option if option else "")


def set_facts(corpus):
    """SET -> (Cassandra version, {file: [tools that died on it]})"""
    facts = {}
    try:
        with open(os.path.join(corpus, "MANIFEST.json"), encoding="utf-8") as f:
            manifest = json.load(f)
    except FileNotFoundError:
        return facts
    for s in manifest["sets"]:
        died = {}
        for odd in s["oddities"]:
            if isinstance(odd, dict):
                died.setdefault(odd["file"], []).append(odd["tool"])
        facts[s["set"]] = s["cassandra"], died
    return facts


def same(a, b):
    """Are both there, with the same bytes?"""
    try:
        with open(a, "rb") as f, open(b, "rb") as g:
            return f.read() == g.read()
    except FileNotFoundError:
        return False


def comparisons(corpus, seen):
    facts = set_facts(corpus)
    for where, folders, names in os.walk(corpus):
        folders[:] = sorted(f for f in folders if f not in ("expected", "damaged", "statements"))
        for n in sorted(names):
            if not n.endswith("-Data.db"):
                continue
            data = os.path.join(where, n)
            rel = os.path.relpath(data, corpus).split(os.sep)
            if tuple(rel) in seen:
                continue
            seen.add(tuple(rel))
            version, died = facts.get(rel[0], (rel[0].split("-")[0], {}))
            sub = "-".join(rel[3:-1])
            if sub.startswith("snapshots-") and same(data, os.path.join(corpus, *rel[:3], n)):
                sub = ""
            base = os.path.join(corpus, *rel[:3], "expected", (sub.lstrip(".") + "." if sub else "") + n[:-len("-Data.db")])
            dead = [t.split()[1:2] or [""] for t in died.get("/".join(rel[1:]), []) if t.split()[0] == "sstabledump"]
            dead = [d[0] for d in dead]
            if version.startswith("5."):
                for option, suffix in VARIANTS.items():
                    if option == "" or os.path.exists(base + suffix) or os.path.exists(base + suffix + ".zst"):
                        yield Comparison(corpus, data, option, base + suffix, option in dead)
            else:
                own = not any(os.path.exists(base + ".dump-5.0.json" + z) for z in ("", ".zst"))
                c = Comparison(corpus, data, "", base + (".dump.json" if own else ".dump-5.0.json"), own and "" in dead)
                c.older = own
                yield c


def first_key(dump):
    return ":".join(json.loads(dump)[0]["partition"]["key"])


def difference(want, got, everything):
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
    if everything:
        return "differs at byte %d\nexpected:\n%s\ngot:\n%s" % (at, want.decode("utf-8", "replace"), got.decode("utf-8", "replace"))
    line = want.count(b"\n", 0, at) + 1
    start = max(want.rfind(b"\n", 0, at) + 1, at - 100)

    def around(b):
        return b[start:at + 100].split(b"\n")[0].decode("utf-8", "backslashreplace")
    return "line %d, byte %d of %d (ours has %d)\nexpected: %s\n     got: %s" % (line, at, len(want), len(got), around(want), around(got))


OLDER = ((re.compile(rb'(?m)^    "table kind" : "[A-Z]+",\n'), b""),
         (re.compile(rb'("partition" : \{\s+"key" : \[[^\n]*\],\s+"position" : )-?\d+'), rb"\1..."),
         (re.compile(rb'"(0\d\d\d|1[0-4]\d\d|15[0-7]\d|158[0-2]|\+?[1-9]\d{4,})-\d\d-\d\d '), b'"... '))


def like_older(dump):
    for pattern, text in OLDER:
        dump = pattern.sub(text, dump)
    return dump


def compare(c, cqlite, everything):
    """("equal", "") or ("different", how) or ("unable", why)"""
    want = read(c.expected)
    if want is None:
        return "unable", "no sstabledump has anything to say of it"
    if c.older:
        want = like_older(want)
    begun = re.sub(rb"[\s\]}]+\Z", b"", want)
    if c.died and len(begun) < 3:
        return "unable", "sstabledump died of it before it printed anything"
    try:
        now = second_of(want)
    except ValueError as e:
        return "different", str(e)
    cmd = [cqlite, "dump", "--as-sstabledump", "--now", str(now), c.data]
    if c.option == "-k":
        cmd += ["-k", first_key(want)]
    elif c.option:
        cmd.append(c.option)
    try:
        done = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    except subprocess.TimeoutExpired:
        return "different", "no end after 300 s: %s" % " ".join(cmd)
    got = like_older(done.stdout) if c.older else done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    if c.died:
        if got.startswith(begun):
            return "equal", ""
        return "different", "sstabledump died on it, and until then:\n%s" % difference(begun, got[:len(begun)], everything)
    if got != want:
        return "different", difference(want, got, everything) + ("\nstandard error: " + said if said else "")
    if done.returncode:
        return "different", "the text is equal, but the exit status is %d: %s" % (done.returncode, said)
    return "equal", ""


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--corpus", action="append")
    ap.add_argument("--tap", action="store_true")
    ap.add_argument("--all", action="store_true")
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    ap.add_argument("only", nargs="*")
    args = ap.parse_args()
    corpora = args.corpus
    if not corpora:
        more = os.environ.get("CQLITE_CORPUS") or os.path.join(os.path.dirname(ROOT), "shared", "corpus")
        corpora = [os.path.join(ROOT, "corpus")] + ([more] if os.path.isdir(more) else [])
    seen, todo = set(), []
    for corpus in corpora:
        if not os.path.isdir(corpus):
            sys.exit("dump_corpus: no folder %s" % corpus)
        todo += [c for c in comparisons(os.path.abspath(corpus), seen) if not args.only or any(o in c.name for o in args.only)]
    if not todo:
        sys.exit("dump_corpus: no SSTable to compare")
    if args.tap:
        print("1..%d" % len(todo), flush=True)
    counts, cqlite = {"equal": 0, "different": 0, "unable": 0}, os.path.abspath(args.cqlite)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for i, (c, (verdict, text)) in enumerate(zip(todo, pool.map(lambda c: compare(c, cqlite, args.all), todo)), 1):
            counts[verdict] += 1
            if args.tap:
                name = c.name.replace("#", "no. ")
                print("%sok %d - %s%s" % ("not " if verdict == "different" else "", i, name,
                                          " # SKIP " + text if verdict == "unable" else ""))
            if verdict == "different":
                head = "" if args.tap else "%s: different\n" % c.name
                print(head + "".join("%s%s\n" % ("# " if args.tap else "  ", line) for line in text.split("\n")), end="")
            elif verdict == "unable" and not args.tap:
                print("%s: %s" % (c.name, text))
    print("%s%d equal, %d different, %d the oracle unable, over %d SSTables of %s" % (
        "# " if args.tap else "", counts["equal"], counts["different"], counts["unable"], len({c.data for c in todo}),
        ", ".join(corpora)))
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares `cqlite info --json` with what sstablemetadata printed, field by field, for every SSTable of the corpora.

    info_corpus.py --cqlite EXE [--corpus DIR]... [--tap] [--jobs N] [PART-OF-PATH...]

Without --corpus: corpus/ of this checkout, and $CQLITE_CORPUS or ../shared/corpus where there is one. What lies in both is
done once. PART-OF-PATH restricts it.

The oracles are BASE.metadata.txt, printed by the Cassandra that wrote the SSTable (3.11, 4.0, 4.1 and 5.0 print differently),
and BASE.metadata-5.0.txt where the older tool died on the way. Where 5.0 printed it, `cqlite info --as-sstablemetadata` is
compared as well, as a whole text. At the end comes a table: for each field how often it was compared, and was equal.

"Estimated droppable tombstones" depends on the second the tool ran in. For SSTables whose drop times lie around it that
second is searched for, so that the value must come out exactly for one second of the days around the corpus's making.
"""
import argparse
import datetime
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dump_corpus import ROOT, read, same, set_facts  # noqa: E402

NONE = 9223372036854775807

# In the order of the output; * matches digits.
LABELS = [
    "SSTable", "Partitioner", "Bloom Filter FP chance", "Minimum timestamp", "Maximum timestamp", "Duration",
    "SSTable min local deletion time", "SSTable max local deletion time", "Compressor", "Compression ratio", "TTL min", "TTL max",
    "First token", "Last token", "minClustringValues", "maxClustringValues", "minClusteringValues", "maxClusteringValues",
    "Covered clusterings", "Estimated droppable tombstones", "SSTable Level", "Repaired at", "Originating host id",
    "Pending repair", "Replay positions covered", "totalColumnsSet", "totalRows", "Estimated tombstone drop times",
    "Partition Size", "Column Count", "Local token space coverage", "Estimated cardinality", "EncodingStats minTTL",
    "EncodingStats minLocalDeletionTime", "EncodingStats minTimestamp", "KeyType", "ClusteringTypes", "StaticColumns",
    "RegularColumns", "IsTransient",
]


def sections(text):
    """label -> value, over several lines where keys hold line ends. Labels come in order, which tells them from values."""
    found, at = [], 0
    for label in LABELS:
        if text.startswith(label + ":", at):
            i = at
        else:
            i = text.find("\n" + label + ":", at)
            if i < 0:
                continue
            i += 1
        found.append((i, label))
        at = i + len(label)
    out = {}
    for (i, label), (end, _) in zip(found, found[1:] + [(len(text), None)]):
        value = text[i + len(label) + 1:end]
        out[label] = value[1:] if value.startswith(" ") else value
        out[label] = out[label][:-1] if out[label].endswith("\n") else out[label]
    return out


# ---- how a value was printed -> what it says -------------------------------------------------------------------------

def dated(value):
    """"11/14/2023 22:13:20 (1700000000004313)" of 5.0, "1700000000004313 (11/14/2023 22:13:20)" of 4.x, "1700000000004313"
    -> (number, text or None)"""
    m = re.fullmatch(r"(-?\d+)(?: \((.*)\))?", value)
    if m:
        return int(m.group(1)), m.group(2)
    m = re.fullmatch(r"(.*) \((-?\d+)\)", value)
    return int(m.group(2)), m.group(1)


def tool_date(instant):
    """Our "2023-11-14T22:13:20.123Z" as the tools print it; None for years that they print by another calendar."""
    m = re.fullmatch(r"\+?(\d{4,9})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z", instant)
    if not m or int(m.group(1)) < 1583:
        return None
    return "%s/%s/%s %s" % (m.group(2), m.group(3), m.group(1), m.group(4))


def rows(block):
    """The lines of a drawn histogram: [(value, count, percent, bar)], {percentile: value}"""
    bars, percentiles = [], {}
    for line in block.split("\n"):
        m = re.fullmatch(r"   (\d+)(?: \(.*\))? *\| *(\d+) \( *(\d+)\) (\S*)", line)
        if m:
            bars.append((int(m.group(1)), int(m.group(2)), int(m.group(3)), m.group(4)))
        m = re.fullmatch(r"   (50th|75th|95th|98th|99th|Min|Max) +(\d+)(?: (\(.*\))?)?", line)
        if m:
            percentiles[m.group(1).lower()] = int(m.group(2))
    return bars, percentiles


def old_table(block):
    """3.11's `Count  Row Size  Cell Count`: {bound: count} of both, zeros included. The last line with a cell count is that of
    the overflow bucket, beside a bound that is not its own."""
    sizes, cells = {}, {}
    for line in block.split("\n"):
        m = re.fullmatch(r"(\d+) +(\d+)(?: +(\d+))? *", line)
        if m:
            sizes[int(m.group(1))] = int(m.group(2))
            if m.group(3) is not None:
                cells[int(m.group(1))] = int(m.group(3))
    return sizes, cells


def is_list_of(text, parts):
    """Is text these parts, in some order, with ", " between?"""
    if not parts:
        return text == ""
    left = collections.Counter(parts)

    def rest(at):
        if at == len(text):
            return not any(left.values())
        for p in [p for p, n in left.items() if n]:
            if text.startswith(p, at) and (at + len(p) == len(text) or text.startswith(", ", at + len(p))):
                left[p] -= 1
                end = at + len(p)
                if rest(end if end == len(text) else end + 2):
                    return True
                left[p] += 1
        return False
    return rest(0)


def droppable(ours, now):
    """The estimate at a second, by the rule that the field is documented with."""
    bins = [(b["point"], b["count"]) for b in ours["tombstone_drop_times"]["bins"]]
    h = ours["cells_per_partition"]
    cells, total = h["mean"] * (h["total"] - h["overflow"]), 0.0
    for k, (point, count) in enumerate(bins):
        if point > now:
            if k == 0:
                total = 0.0
            else:
                p0, n0 = bins[k - 1]
                weight = (now - p0) / float(point - p0)
                at = n0 + (count - n0) * weight
                total -= n0
                total += (n0 + at) * weight / 2
                total += n0 / 2.0
            break
        total += count
    return total / cells if cells > 0 else 0.0


# From the first node of the corpus to well after the last.
FIRST_SECOND, LAST_SECOND = 1_795_300_000, 1_797_000_000


def second_of(ours, value):
    """A second in which the estimate is value; None when there is none."""
    low, high = FIRST_SECOND, LAST_SECOND
    if droppable(ours, high) == value:
        return high
    while low < high:                                                # it never falls as time goes on
        middle = (low + high) // 2
        if droppable(ours, middle) < value:
            low = middle + 1
        else:
            high = middle
    return low if droppable(ours, low) == value else None


# ---- one SSTable ------------------------------------------------------------------------------------------------------

class Verdict:
    def __init__(self):
        self.counts = collections.Counter()                          # (field, "equal" | "different")
        self.problems, self.skips = [], []

    def field(self, name, want, got):
        equal = want == got
        self.counts[name, "equal" if equal else "different"] += 1
        if not equal:
            self.problems.append("%s: expected %r, got %r" % (name, want, got))

    def skip(self, name, why):
        self.counts[name, "skipped"] += 1
        self.skips.append("%s: %s" % (name, why))


def date_field(v, name, value, ours, none=None):
    raw, text = dated(value)
    v.field(name, raw, ours["raw"])
    if text is None:
        return
    if none and (ours["raw"] in (0, NONE)):
        v.field(name + ", text", none, text)
        return
    if ours["raw"] == 0:
        v.field(name + ", text", "--", text)
        return
    mine = tool_date(ours["text"])
    if mine is not None and "timestamp" in name.lower() and -10 ** 16 < raw < 0 and raw % 1000:
        # the tools cut microseconds to milliseconds towards zero
        millis = -(-raw // 1000)
        mine = (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=millis)).strftime("%m/%d/%Y %H:%M:%S")
    if mine is None:
        v.skip(name + ", text", "a year of another calendar (%s)" % text)
    else:
        v.field(name + ", text", text, mine)


def deletion_field(v, name, value, ours, five):
    raw, text = dated(value)
    # up to 4.1 "none" is the largest int; 5.0 widens it
    raw = NONE if not five and raw == 2147483647 else raw
    v.field(name, raw, ours["raw"])
    if text is not None:
        want = "no tombstones" if ours["raw"] in (0, NONE) else tool_date(ours["text"])
        if want is None:
            v.skip(name + ", text", "a year of another calendar (%s)" % text)
        else:
            v.field(name + ", text", text, want)


def ttl_field(v, name, value, ours):
    raw, text = dated(value)
    v.field(name, raw, ours["raw"])
    if text is not None:
        v.field(name + ", text", text, ours["text"])


def histogram_field(v, name, value, ours):
    bars, percentiles = rows(value)
    v.field(name, [(b[0], b[1]) for b in bars], [(b["up_to"], b["count"]) for b in ours["buckets"]])
    v.field(name + ", percentiles", percentiles, ours["percentiles"])


def older_instants(text, tool):
    """Timestamps among clustering values, as older tools print them: 3.11 to the minute, it and 4.0 before its release
    without a plus sign."""
    if tool.startswith("3."):
        return re.sub(r"\+?(\d{4,9}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z", r"\1 \2Z", text)
    if not re.match(r"4\.0-", tool):
        return text
    return re.sub(r"\+(\d{5,9}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", r"\1", text)


def compare_fields(v, said, ours, tool):
    """said: sections of a metadata text; ours: the JSON object; tool: the version that printed it"""
    five, old = tool.startswith("5."), tool.startswith("3.")
    for label, value in said.items():
        if label == "SSTable":
            v.field(label, value.split("/")[-1], ours["base"])
        elif label == "Partitioner":
            v.field(label, value, ours["partitioner"])
        elif label == "Bloom Filter FP chance":
            fp = ours["bloom_filter_fp_chance"]
            v.field(label, value, "%f" % fp["raw"] if re.fullmatch(r"\d+\.\d{6}", value) else fp["text"])
        elif label in ("Minimum timestamp", "Maximum timestamp"):
            date_field(v, label, value, ours["min_timestamp" if label[1] == "i" else "max_timestamp"])
        elif label == "Duration":
            d, h, m, s = [int(x) for x in re.findall(r"-?\d+", value)]
            v.field(label, ((d * 24 + h) * 60 + m) * 60 + s, ours["duration_seconds"])
        elif label.startswith("SSTable m"):
            deletion_field(v, label, value, ours["min_local_deletion_time" if " min " in label else "max_local_deletion_time"], five)
        elif label == "Compressor":
            v.field(label, None if value == "-" else value, ours["compressor"])
        elif label == "Compression ratio":
            v.field(label, value, ours["compression_ratio"]["text"])
        elif label in ("TTL min", "TTL max"):
            ttl_field(v, label, value, ours["min_ttl" if label == "TTL min" else "max_ttl"])
        elif label in ("First token", "Last token"):
            which = label.split()[0].lower()
            key, token = ours[which + "_key"], ours[which + "_token"]
            v.field(label, value, ("%s (key=%s)" if old else "%s (%s)") % (token, key["text"]))
        elif label in ("minClustringValues", "minClusteringValues", "maxClustringValues", "maxClusteringValues"):
            texts = [x["text"] for x in ours[label[:3] + "_clustering_values"]]
            if any("TimestampType" in t["class"] for t in ours["clustering_types"]):
                texts = [older_instants(x, tool) for x in texts]
            v.field(label, value, "[%s]" % ", ".join(texts))
        elif label == "Covered clusterings":
            v.field(label, value, ours["covered_clusterings"]["text"])
        elif label == "SSTable Level":
            v.field(label, int(value), ours["level"])
        elif label == "Repaired at":
            date_field(v, label, value, ours["repaired_at"])
        elif label in ("Originating host id", "Pending repair"):
            got = ours[label.lower().replace(" ", "_")]
            v.field(label, None if value in ("--", "null") else value, got)
        elif label == "Replay positions covered":
            text = ", ".join("%s=%s" % tuple("CommitLogPosition(segmentId=%d, position=%d)" % (p["segment"], p["position"])
                                             for p in (x["start"], x["end"])) for x in ours["commit_log_intervals"])
            v.field(label, value, "{%s}" % text)
        elif label in ("totalColumnsSet", "totalRows"):
            v.field(label, int(value), ours["total_columns_set" if "Columns" in label else "total_rows"])
        elif label == "Estimated tombstone drop times":
            if old:
                value, _, table = value.partition("Count               Row Size        Cell Count")
                drops = [(int(a), int(b)) for a, b in re.findall(r"^(\d+): +(\d+)$", value, re.M)]
                v.field(label, drops, [(int(b["point"]), b["count"]) for b in ours["tombstone_drop_times"]["bins"]])
                sizes, cells = old_table(table)
                if not sizes:
                    continue                                         # it died before
                v.field("Column Count, overflow", cells.pop(max(cells)), ours["cells_per_partition"]["overflow"])
                for name, want, got in (("Partition Size", sizes, ours["partition_sizes"]),
                                        ("Column Count", cells, ours["cells_per_partition"])):
                    v.field(name, [(b, n) for b, n in sorted(want.items()) if n], [(b["up_to"], b["count"]) for b in got["buckets"]])
                    v.field(name + ", number of buckets", len(want), got["bucket_count"] - 1)
                continue
            bars, percentiles = rows(value)
            v.field(label, [(b[0], b[1]) for b in bars], [(b["point"], b["count"]) for b in ours["tombstone_drop_times"]["bins"]])
            v.field(label + ", percentiles", percentiles, ours["tombstone_drop_times"]["percentiles"])
        elif label in ("Partition Size", "Column Count"):
            histogram_field(v, label, value, ours["partition_sizes" if label[0] == "P" else "cells_per_partition"])
        elif label == "Local token space coverage":
            got = ours["token_space_coverage"]
            v.field(label, value, got["text"] if got else "NaN")       # 5.0 prints NaN of older versions too
        elif label == "Estimated cardinality":
            v.field(label, int(value), ours["estimated_cardinality"])
        elif label == "EncodingStats minTTL":
            ttl_field(v, label, value, ours["encoding_stats"]["min_ttl"])
        elif label == "EncodingStats minLocalDeletionTime":
            date_field(v, label, value, ours["encoding_stats"]["min_local_deletion_time"])
        elif label == "EncodingStats minTimestamp":
            date_field(v, label, value, ours["encoding_stats"]["min_timestamp"])
        elif label == "KeyType":
            v.field(label, value, ours["key_type"]["class"])
        elif label == "ClusteringTypes":
            v.field(label, value, "[%s]" % ", ".join(t["class"] for t in ours["clustering_types"]))
        elif label in ("StaticColumns", "RegularColumns"):
            value = value[1:-1] if old and value.startswith("{") and value.endswith("}") else value
            parts = ["%s:%s" % (c["name"], c["type"]["class"]) for c in ours[label.replace("C", "_c").lower()]]
            v.field(label, (value, True), (value, is_list_of(value, parts)))
            if not is_list_of(value, parts):
                v.problems.append("%s: ours are %r" % (label, parts))
        elif label == "IsTransient":
            v.field(label, value == "true", bool(ours["is_transient"]))
        elif label == "Estimated droppable tombstones":
            pass                                                     # by itself, below
        else:
            raise AssertionError("no rule for %s" % label)


class Table:
    def __init__(self, corpus, data, base, facts):
        self.corpus, self.data, self.base = corpus, data, base
        self.name = os.path.relpath(data, corpus)
        self.version = facts


def tables(corpus, seen):
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
            sub = "-".join(rel[3:-1])
            if sub.startswith("snapshots-") and same(os.path.join(where, n.replace("-Data.", "-Statistics.")),
                                                     os.path.join(corpus, *rel[:3], n.replace("-Data.", "-Statistics."))):
                sub = ""                                             # the same SSTable once more
            base = os.path.join(corpus, *rel[:3], "expected", (sub.lstrip(".") + "." if sub else "") + n[:-len("-Data.db")])
            yield Table(corpus, data, base, facts.get(rel[0], (rel[0].split("-")[0], {}))[0])


def run(cqlite, args, cwd):
    done = subprocess.run([cqlite, "info"] + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300, cwd=cwd)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip()


def first_difference(want, got):
    for n, (a, b) in enumerate(zip(want.split("\n") + ["(end)"], got.split("\n") + ["(end)"]), 1):
        if a != b:
            return "line %d: expected %r, got %r" % (n, a, b)
    return "one is longer"


def compare(t, cqlite):
    v = Verdict()
    top = os.path.join(t.corpus, t.name.split(os.sep)[0])
    inner = os.path.relpath(t.data, top)                             # as the tool was called: the name line says so
    oracles = [(p, read(t.base + p)) for p in (".metadata.txt", ".metadata-5.0.txt")]
    oracles = [(p, o.decode("utf-8", "surrogateescape")) for p, o in oracles if o is not None]
    if not oracles:
        return v, "sstablemetadata has nothing to say of it"
    rc, out, said = run(cqlite, ["--json", "--now", str(LAST_SECOND), inner], top)
    if rc or not out:
        v.problems.append("exit status %d: %s" % (rc, said))
        return v, None
    ours = json.loads(out)
    for suffix, text in oracles:
        tool = "5.0" if suffix == ".metadata-5.0.txt" else t.version
        parts = sections(text)
        if "First token" not in parts and "Covered clusterings" in parts and ours["first_token"] is not None:
            v.skip("First token", "the tool ran while Summary.db was gone: the sstabledump before it had removed it")
            v.skip("Last token", "the same")
        try:
            compare_fields(v, parts, ours, tool)
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            v.problems.append("%s: %s: %s" % (suffix, type(e).__name__, e))
            continue
        now, name = LAST_SECOND, "Estimated droppable tombstones"
        if name in parts:
            now = second_of(ours, float(parts[name]))
            if now is None:
                v.field(name, parts[name], "%r at the latest" % droppable(ours, LAST_SECOND))
                now = LAST_SECOND
            else:
                there = ours if now == LAST_SECOND else json.loads(run(cqlite, ["--json", "--now", str(now), inner], top)[1])
                v.field(name, parts[name], there["estimated_droppable_tombstones"]["text"])
        if tool.startswith("5."):
            rc, out, said = run(cqlite, ["--as-sstablemetadata", "--now", str(now), inner], top)
            got = out.decode("utf-8", "surrogateescape")
            if "snapshots" in inner.split(os.sep):                   # the oracle is of the table's own files
                got, text = got.partition("\n")[2], text.partition("\n")[2]
            if "First token" not in parts and "Covered clusterings" in parts:
                got = re.sub(r"^(First|Last) token: .*\n", "", got, flags=re.M)
            v.counts["(whole text)", "equal" if got == text else "different"] += 1
            if got != text:
                v.problems.append("--as-sstablemetadata: " + first_difference(text, got))
            if rc:
                v.problems.append("--as-sstablemetadata: exit status %d: %s" % (rc, said))
    return v, None


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--corpus", action="append")
    ap.add_argument("--tap", action="store_true")
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
            sys.exit("info_corpus: no folder %s" % corpus)
        todo += [t for t in tables(os.path.abspath(corpus), seen) if not args.only or any(o in t.name for o in args.only)]
    if not todo:
        sys.exit("info_corpus: no SSTable to compare")
    if args.tap:
        print("1..%d" % len(todo), flush=True)
    totals, bad, unable, cqlite = collections.Counter(), 0, 0, os.path.abspath(args.cqlite)
    mark = "# " if args.tap else ""
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for i, (t, (v, why)) in enumerate(zip(todo, pool.map(lambda t: compare(t, cqlite), todo)), 1):
            totals.update(v.counts)
            bad += bool(v.problems)
            unable += why is not None
            if args.tap:
                print("%sok %d - %s%s" % ("not " if v.problems else "", i, t.name.replace("#", "no. "),
                                          " # SKIP " + why if why else ""))
            elif why or v.problems:
                print("%s: %s" % (t.name, why or "different"))
            for line in [line for p in v.problems for line in p[:2000].split("\n")]:
                print("%s%s" % (mark or "  ", line))
            for s in v.skips:
                print("%s%s%s: skipped: %s" % (mark or "  ", "" if args.tap else t.name + ": ", *s.split(": ", 1)))
    print("%sfield: compared, equal, different, skipped" % mark)
    for field in sorted({f for f, _ in totals}):
        e, d, s = (totals[field, k] for k in ("equal", "different", "skipped"))
        print("%s%-44s %5d %5d %5d %5d%s" % (mark, field, e + d, e, d, s, "  DIFFERENT" if d else ""))
    e, d, s = (sum(n for (f, k), n in totals.items() if k == what) for what in ("equal", "different", "skipped"))
    print("%s%d SSTables of %s: %d fields equal, %d different, %d skipped; %d SSTables different, %d without an oracle" % (
        mark, len(todo), ", ".join(corpora), e, d, s, bad, unable))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs the benches and prints one table: figure, budget, met or MISSED.

    run.py --cqlite EXE --programs DIR [--only NAME,...] [--runs N] [--callgrind] [--json FILE] [--no-make] [--ahead]

NAMES: scan count check dump lookup cold memory startup info instructions (the last only with --callgrind, or when named)

A ratio is the median of pairs that ran side by side, so that what else the machine does touches both sides. Times are CPU
times (user and system) unless the line says wall. A budget for a whole process is judged by wall time when the machine was idle
(a load below half its cores), by CPU time when it was busy: waiting for others is nothing that a change here could mend.
--ahead (root) runs the processes, sstabledump too, with a priority before all others, as on an idle machine, for as long as
they take; then wall time is what counts.
The tables come from make_tables.py, which is called when they are missing (not with --no-make); without Maven and Java the
benches that need them are "unmeasured". Exit 0 every budget met, 1 one missed or a bench failed, 77 none missed but
something unmeasured.
"""
import argparse
import contextlib
import filecmp
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import make_tables  # noqa: E402
from make_tables import cassandra  # noqa: E402


class Unmeasured(Exception):
    """str() says why."""


class Broken(Exception):
    """A command failed, or printed what it should not."""


class Bench:
    def __init__(self, args):
        self.cqlite, self.programs, self.runs = os.path.abspath(args.cqlite), os.path.abspath(args.programs), args.runs
        self.ahead = ["chrt", "--rr", "5"] if args.ahead else []
        self.figures, self.scratch, self.no_tables, self.quiet = [], None, None, args.json == "-"

    # ---- tables and processes ----

    def table(self, name):
        path = make_tables.data(name)
        if not path:
            raise Unmeasured("no tables" + (": %s" % self.no_tables if self.no_tables else ""))
        return path

    def child(self, *command, out="/dev/null", cold=None, status=0):
        """What a process cost: wall, cpu (seconds), rss_kib, and cached when cold."""
        words = [os.path.join(self.programs, "bench_child")] + (["--cold", cold] if cold else []) + [out] + self.ahead + list(command)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise Broken("bench_child: %s" % done.stderr.decode("utf-8", "replace").strip())
        cost = json.loads(done.stdout)
        if cost["status"] != status:
            raise Broken("%s ended with %d: %s" % (" ".join(command), cost["status"], done.stderr.decode("utf-8", "replace").strip()[:300]))
        return cost

    def program(self, name, *args):
        done = subprocess.run([os.path.join(self.programs, name), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if done.returncode:
            raise Broken("%s ended with %d: %s" % (name, done.returncode, done.stderr.decode("utf-8", "replace").strip()[:300]))
        return json.loads(done.stdout)

    def many(self, one):
        """Medians of every number of a cost, over the runs."""
        costs = [one() for _ in range(self.runs)]
        return {k: statistics.median(c[k] for c in costs) for k in costs[0]}

    # ---- figures ----

    def figure(self, bench, name, value, unit="", budget=None, met=None, note=""):
        """value: a number; met: None where there is no budget."""
        f = {"bench": bench, "name": name, "value": value, "unit": unit, "budget": budget, "note": note,
             "verdict": "" if met is None else "met" if met else "MISSED"}
        self.add(f)

    def unmeasured(self, bench, why):
        self.add({"bench": bench, "name": bench, "value": None, "unit": "", "budget": None, "note": why, "verdict": "unmeasured"})

    def add(self, f):
        self.figures.append(f)
        if self.quiet:
            return
        if f["verdict"] == "unmeasured":
            print("%-46s unmeasured: %s" % (f["name"], f["note"]))
        else:
            print("%-46s %16s  %-11s %-7s %s" % (f["name"], shown(f), f["budget"] or "", f["verdict"], f["note"]))
        sys.stdout.flush()


def shown(f):
    v = f["value"]
    text = "%d" % v if v == int(v) and abs(v) >= 100 else "%.0f" % v if abs(v) >= 1000 else "%.3g" % v
    if abs(v) >= 100000:
        text = "{:,.0f}".format(v).replace(",", " ")
    return (text + " " + f["unit"]).strip()


def ms(seconds):
    return seconds * 1e3


def process(b, bench, name, c, budget, note=""):
    """A figure for what a process took, against a budget in ms."""
    judged, other = ("wall", "cpu") if IDLE else ("cpu", "wall")
    names = {"wall": "wall", "cpu": "CPU"}
    b.figure(bench, "%s, %s" % (name, names[judged]), ms(c[judged]), "ms", "< %d ms" % budget if budget else None,
             ms(c[judged]) < budget if budget else None, "%s %.1f ms%s" % (names[other], ms(c[other]), note))


# ---- the benches ----

def bench_scan(b):
    for name in ("nb_wide", "nb_narrow", "oa_wide", "oa_narrow", "da_wide", "da_narrow"):
        r = b.program("bench_scan", "--json", b.table(name), str(b.runs))
        b.figure("scan", "scan / bare loop, %s" % name, r["ratio"] * 100, "%", ">= 50 %", r["ratio"] >= 0.5,
                 "%.1f M rows/s, %.0f MiB/s; bare %.0f MiB/s" % (r["rows"] / r["scan_s"] / 1e6, r["bytes"] / r["scan_s"] / 2 ** 20,
                                                               r["bytes"] / r["bare_s"] / 2 ** 20))


def bench_count(b):
    """As a process, start-up and opening included."""
    for name in ("nb_wide", "nb_narrow", "da_wide", "da_narrow"):
        path, ratios, costs = b.table(name), [], []
        for _ in range(b.runs):
            bare = b.child(os.path.join(b.programs, "bench_scan"), "--bare", path)
            costs.append(b.child(b.cqlite, "count", "-j", "1", path))
            ratios.append(bare["cpu"] / costs[-1]["cpu"])
        ratio = statistics.median(ratios)
        b.figure("count", "count / bare loop, processes, %s" % name, ratio * 100, "%", ">= 50 %", ratio >= 0.5,
                 "%.0f ms" % ms(statistics.median(c["cpu"] for c in costs)))
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        b.unmeasured("count", "two threads: one core here")
        return
    path, faster, more = b.table("nb_wide10"), [], []
    for _ in range(b.runs):
        one, two = (b.child(b.cqlite, "count", "-j", j, path) for j in "12")
        faster.append(one["wall"] / two["wall"])
        more.append(two["cpu"] / one["cpu"])
    b.figure("count", "count with 2 threads, wall, nb_wide10", statistics.median(faster), "x faster",
             note="CPU %+.0f %%; %s" % ((statistics.median(more) - 1) * 100, load()))


def bench_check(b):
    """The whole detector beside a count of the same table, both on one thread."""
    for name in ("nb_wide", "nb_narrow", "oa_wide", "da_wide", "da_narrow"):
        path, ratios, costs = b.table(name), [], []
        for _ in range(b.runs):
            scan = b.child(b.cqlite, "count", "-j", "1", path)
            costs.append(b.child(b.cqlite, "check", "-q", "-j", "1", path))
            ratios.append(costs[-1]["cpu"] / scan["cpu"])
        ratio = statistics.median(ratios)
        b.figure("check", "check --level full / count, processes, %s" % name, ratio, "x", "<= 2 x", ratio <= 2,
                 "%.0f ms" % ms(statistics.median(c["cpu"] for c in costs)))


def plain_java(release, folder, main):
    """The command as Cassandra's scripts start a tool: the good compiler, the default collector."""
    command = release.command(release.configure(folder, cassandra.FORMATS["oa"]), folder, main, "1g")
    return [w for w in command if w not in ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")]


def bench_dump(b):
    """Whole processes, into a file (where what they print must be equal) and into nothing: writing a file is work of the system
    that no dump can save. sstabledump runs once each, ours before and after it."""
    for name in ("nb_wide", "nb_narrow"):
        path = b.table(name)
        try:
            with cassandra.Release() as release:
                command = plain_java(release, b.scratch, "org.apache.cassandra.tools.SSTableExport")
        except (cassandra.Missing, cassandra.Failed) as e:
            b.unmeasured("dump", "no sstabledump: %s" % e)
            return
        ours_out, theirs_out = (os.path.join(b.scratch, n) for n in ("ours", "theirs"))
        for where, o, t in (("file", ours_out, theirs_out), ("null", "/dev/null", "/dev/null")):
            ours = [b.child(b.cqlite, "dump", "--as-sstabledump", path, out=o) for _ in range(3)]
            theirs = b.child(*command, path, out=t)
            ours += [b.child(b.cqlite, "dump", "--as-sstabledump", path, out=o) for _ in range(3)]
            cpu, wall = (statistics.median(o[k] for o in ours) for k in ("cpu", "wall"))
            judged = theirs["wall"] / wall if IDLE else theirs["cpu"] / cpu
            b.figure("dump", "dump / sstabledump, %s, %s" % ("into a file" if where == "file" else "not written", name), judged,
                     "x faster", ">= 30 x", judged >= 30, "CPU %.0f x (%.2f s, theirs %.1f s), wall %.0f x (%.2f s, theirs %.1f s)" % (
                         theirs["cpu"] / cpu, cpu, theirs["cpu"], theirs["wall"] / wall, wall, theirs["wall"]))
        if not filecmp.cmp(ours_out, theirs_out, shallow=False):
            raise Broken("dump and sstabledump print different things of " + name)
        os.unlink(ours_out)
        os.unlink(theirs_out)


def bench_lookup(b):
    for name in ("nb_wide", "nb_narrow", "oa_narrow", "da_wide", "da_narrow"):
        runs = [b.program("bench_lookup", "--json", b.table(name)) for _ in range(3)]
        for what, words in (("present", "key and first row"), ("absent", "absent key")):
            r = {k: statistics.median(x[what][k] for x in runs) for k in ("rate", "median_us", "p99_us")}
            b.figure("lookup", "look-up, warm, %s, %s" % (words, name), r["median_us"], "us", "< 20 us", r["median_us"] < 20,
                     "99 %% under %.0f us; %.0f a CPU second" % (r["p99_us"], r["rate"]))


def a_key(b, path):
    """A key somewhere in the middle, as text."""
    done = subprocess.run([b.cqlite, "dump", "-e", "--limit", "501", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    keys = re.findall(r'"([^"]+)"', done.stdout.decode())
    if done.returncode or len(keys) < 501:
        raise Broken("dump -e gives no keys of " + path)
    return keys[500]


def bench_cold(b):
    """Whole processes: cqlite dump -k KEY. Cold: none of the table's pages cached; the command itself is."""
    for name in ("nb_wide", "nb_narrow", "da_narrow"):
        path = b.table(name)
        key, folder = a_key(b, path), os.path.dirname(path)
        process(b, "cold", "dump -k, warm, %s" % name, b.many(lambda: b.child(b.cqlite, "dump", path, "-k", key)), 10)
        c = b.many(lambda: b.child(b.cqlite, "dump", path, "-k", key, cold=folder))
        if c["cached"]:
            b.unmeasured("cold", "cold %s: the system keeps %d bytes of it cached" % (name, c["cached"]))
        else:
            process(b, "cold", "dump -k, cold, %s" % name, c, 10, "; what the disk itself caches is still warm")


def bench_memory(b):
    """Flat is asked of one thread. How much text several have waiting depends on who runs when."""
    for command in ("count -j 1", "dump -j 1", "count -j 2", "dump -j 2"):
        peak = {}
        for name in ("nb_wide", "nb_wide10"):
            peak[name] = mib = b.child(b.cqlite, *command.split(), b.table(name))["rss_kib"] / 1024
            b.figure("memory", "peak memory, %s, %s" % (command, name), mib, "MiB", "< 32 MiB", mib < 32)
        if command.endswith(" 1"):
            grown = peak["nb_wide10"] - peak["nb_wide"]
            b.figure("memory", "  more of it for ten times the rows", grown, "MiB", "< 1 MiB", grown < 1)


def bench_startup(b):
    process(b, "startup", "cqlite --version", b.many(lambda: b.child(b.cqlite, "--version")), 5)
    path = b.table("nb_narrow")
    process(b, "startup", "opening a table, printing a key", b.many(lambda: b.child(b.cqlite, "dump", path, "-e", "--limit", "1")), 5)
    key = a_key(b, path)
    process(b, "startup", "dump -k, a row", b.many(lambda: b.child(b.cqlite, "dump", path, "-k", key)), 5)


def bench_info(b):
    for name in ("nb_wide", "nb_wide10"):
        folder = os.path.dirname(b.table(name))
        c = b.many(lambda: b.child(b.cqlite, "info", folder))
        process(b, "info", "info of a folder, %s" % name, c, None, ", peak %.1f MiB" % (c["rss_kib"] / 1024))


def bench_instructions(b):
    if not shutil.which("valgrind"):
        raise Unmeasured("no valgrind")
    for name in ("nb_wide", "nb_narrow", "da_wide", "da_narrow"):
        path, count, rows = b.table(name), {}, 0
        for mode in ("--bare", "--scan"):
            done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", os.path.join(b.programs, "bench_scan"),
                                   mode, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            said = re.search(r"Collected\s*:\s*(\d+)", done.stderr.decode("utf-8", "replace"))
            if done.returncode or not said:
                raise Broken("valgrind: " + done.stderr.decode("utf-8", "replace")[-300:])
            count[mode], rows = int(said.group(1)), json.loads(done.stdout)["rows"] or rows
        b.figure("instructions", "instructions a row, decoding, %s" % name, (count["--scan"] - count["--bare"]) / rows,
                 note="whole scan %.0f, bare loop %.0f" % (count["--scan"] / rows, count["--bare"] / rows))


LUA = {
    "rows' cells, row.ncells": "n = n + row.ncells",
    "every cell in its hands": "for _ in row:cells() do n = n + 1 end",
    "a value of every row": "n = n + (row:value('%s') and 1 or 0)",
}


def bench_lua(b):
    """The same count in C and in Lua, as processes. The budget is the scripts' alone: a million rows a second."""
    for name in ("nb_wide", "nb_narrow"):
        path = b.table(name)
        head = json.loads(subprocess.run([b.cqlite, "count", "--json", "-j", "1", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         check=True).stdout)["total"]
        ours = statistics.median(b.child(b.cqlite, "count", "-j", "1", path)["cpu"] for _ in range(3))
        for what, code in LUA.items():
            if "%s" in code:
                code = code % a_text_column(b, path)
            script = ("local n = 0 for sst in cq.tables() do for part in sst:partitions() do for row in part:rows() do %s end end end"
                      " assert(n == %d, n)" % (code, head["rows"] if "value" in code else head["cells"]))
            c = b.many(lambda: b.child(b.cqlite, "lua", "-e", script, path))
            rate = head["rows"] / c["cpu"] / 1e6
            b.figure("lua", "lua, %s, %s" % (what, name), rate, "M rows/s", ">= 1 M rows/s" if "cell" in what else None,
                     rate >= 1 if "cell" in what else None, "%.0f ms; count in C %.0f ms; peak %.1f MiB" % (
                         ms(c["cpu"]), ms(ours), c["rss_kib"] / 1024))


def a_text_column(b, path):
    done = subprocess.run([b.cqlite, "lua", "-e", "for sst in cq.tables() do for _, c in ipairs(cq.consume.columns(sst)) do"
                           " if c.kind == 'regular_column' and c.type == 'text' then cq.write(c.name) return end end end", path],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if done.returncode or not done.stdout.strip():
        raise Broken("no text column in " + path)
    return done.stdout.decode().strip()


BENCHES = {"scan": bench_scan, "count": bench_count, "check": bench_check, "dump": bench_dump, "lookup": bench_lookup, "cold": bench_cold,
           "memory": bench_memory, "startup": bench_startup, "info": bench_info, "lua": bench_lua, "instructions": bench_instructions}


# ---- the machine ----

IDLE = os.getloadavg()[0] < len(os.sched_getaffinity(0)) / 2


def load():
    return "load %.1f on %d cores" % (os.getloadavg()[0], len(os.sched_getaffinity(0)))


def machine():
    model = "unknown processor"
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), model)
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "load_before": round(os.getloadavg()[0], 1)}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cqlite", required=True)
    ap.add_argument("--programs", required=True, help="where bench_scan, bench_lookup and bench_child are")
    ap.add_argument("--only", default="", help="some of: " + " ".join(BENCHES))
    ap.add_argument("--runs", type=int, default=7, help="pairs and repetitions; default 7")
    ap.add_argument("--callgrind", action="store_true", help="count instructions too (minutes)")
    ap.add_argument("--json", help="write the figures there as JSON; - for standard output instead of the table")
    ap.add_argument("--ahead", action="store_true", help="run processes before all others (chrt; root), and judge them by wall time")
    ap.add_argument("--no-make", action="store_true", help="do not make tables that are missing")
    args = ap.parse_args()
    if args.ahead:
        global IDLE
        IDLE = True
        if subprocess.run(["chrt", "--rr", "5", "true"], stdin=subprocess.DEVNULL).returncode:
            ap.error("--ahead: no priority to be had here")
    names = [n for n in re.split("[, ]+", args.only) if n] or [n for n in BENCHES if n != "instructions" or args.callgrind]
    for n in names:
        if n not in BENCHES:
            ap.error("no bench %s; there are %s" % (n, " ".join(BENCHES)))
    if not 1 <= args.runs <= 64:
        ap.error("--runs: 1 to 64")
    b, m, broken = Bench(args), machine(), False
    if not args.no_make:
        try:
            make_tables.make(list(make_tables.TABLES))
        except (cassandra.Missing, cassandra.Failed) as e:
            b.no_tables = str(e).split("\n")[0]
    if not b.quiet:
        print("%s, %d cores, load %.1f\n" % (m["processor"], m["cores"], m["load_before"]))
    with tempfile.TemporaryDirectory(prefix="cqlite-bench-") as b.scratch:
        for n in names:
            try:
                BENCHES[n](b)
            except Unmeasured as e:
                b.unmeasured(n, str(e))
            except Broken as e:
                broken = True
                b.add({"bench": n, "name": n, "value": None, "unit": "", "budget": None, "note": "FAILED: %s" % e, "verdict": "unmeasured"})
    m["load_after"] = round(os.getloadavg()[0], 1)
    verdicts = [f["verdict"] for f in b.figures]
    if args.json:
        text = json.dumps({"schema": 1, "machine": m, "figures": b.figures}, indent=1) + "\n"
        if args.json == "-":
            sys.stdout.write(text)
        else:
            with open(args.json, "w") as f:
                f.write(text)
    if not b.quiet:
        print("\n%d budgets met, %d missed, %d unmeasured; load %.1f before, %.1f after%s" % (
            verdicts.count("met"), verdicts.count("MISSED"), verdicts.count("unmeasured"), m["load_before"], m["load_after"],
            "; processes ran ahead of all others" if args.ahead else "" if m["load_before"] < m["cores"] else " (busy: trust ratios and CPU times, not wall times)"))
    if broken or "MISSED" in verdicts:
        return 1
    return 77 if "unmeasured" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())

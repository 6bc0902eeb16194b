#!/usr/bin/env python3
"""Runs the fuzz targets, each for a while, over seeds from the corpus.

    run.py [--build DIR] [--seconds N] [--list] [TARGET...]

A target's first comment says which seeds it starts from:

    seeds: NAME...     every component of the corpora with such a name (Partitions.db, TOC.txt ...)
    seeds: MAKER       what seeds.py makes under that name (types, data, table ...; none)

and beside them whatever lies in fuzz/seeds/TARGET/ and in tests/fuzz-regressions/TARGET/, where inputs that once failed
belong: `./dev test` replays them. fuzz/TARGET.dict is its dictionary, unless it says "words: OTHER".
Prints one line a target; what failed stays in DIR/fuzz/TARGET/. Exit 1 when one failed, or none ran.
"""
import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys

import seeds

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def comment(target, what, default=None):
    """What a target's source says behind "what:"."""
    with open(os.path.join(HERE, "fuzz_%s.c" % target), encoding="utf-8") as f:
        m = re.search(what + r": ([^*\n;]*)", f.read())
    if not m and default is None:
        raise SystemExit("fuzz_%s.c does not say its %s" % (target, what))
    return m.group(1).strip() if m else default


def make_seeds(target, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for s in seeds.make(comment(target, "seeds").split()):
        with open(os.path.join(folder, hashlib.sha1(s).hexdigest()), "wb") as f:
            f.write(s)
    for own in (os.path.join(HERE, "seeds", target), os.path.join(ROOT, "tests", "fuzz-regressions", target)):
        for n in sorted(os.listdir(own)) if os.path.isdir(own) else []:
            shutil.copy(os.path.join(own, n), os.path.join(folder, "own-" + n))
    return len(os.listdir(folder))


def run(target, build, seconds):
    work = os.path.join(build, "fuzz-work", target)
    start, found, failed = (os.path.join(work, d) for d in ("seeds", "found", "failed"))
    count = make_seeds(target, start)
    os.makedirs(found, exist_ok=True)
    shutil.rmtree(failed, ignore_errors=True)
    os.makedirs(failed)
    cmd = [os.path.join(build, "fuzz", "fuzz_" + target), "-max_total_time=%d" % seconds, "-timeout=10", "-rss_limit_mb=512",
           "-max_len=%d" % seeds.SEED_MAX, "-seed=%s" % (os.environ.get("CQLITE_SEED") or 0), "-print_final_stats=1", "-artifact_prefix=" + failed + os.sep]
    words = os.path.join(HERE, comment(target, "words", target) + ".dict")
    if os.path.exists(words):
        cmd.append("-dict=" + words)
    env = dict(os.environ, ASAN_OPTIONS="allocator_may_return_null=1:detect_leaks=1", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    try:
        done = subprocess.run(cmd + [found, start], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=env, timeout=seconds + 300)
        said, status = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as e:
        said, status = (e.stdout or b"").decode("utf-8", "replace") + "\nit did not end by itself", 124
    with open(os.path.join(work, "log"), "w") as f:
        f.write(said)
    units = re.search(r"number_of_executed_units: (\d+)", said)
    units = int(units.group(1)) if units else 0
    cover = re.findall(r"cov: (\d+)", said)
    well = status == 0 and units > 0
    print("%s - %s: %d seeds, %d runs in %d s, %s edges" % ("ok" if well else "FAILED", target, count, units, seconds,
                                                          cover[-1] if cover else "?"), flush=True)
    if not well:
        lines = [line for line in said.split("\n") if not re.match(r"#\d+\s", line)]
        print("    status %d, inputs in %s" % (status, failed))
        print("".join("    %s\n" % line for line in lines[-60:]))
    return well


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default=os.path.join(ROOT, "build-fuzz"))
    ap.add_argument("--seconds", type=int, default=60)
    ap.add_argument("--list", action="store_true")
    ap.add_argument("targets", nargs="*")
    args = ap.parse_args()
    there = sorted(f[len("fuzz_"):-2] for f in os.listdir(HERE) if re.fullmatch(r"fuzz_\w+\.c", f))
    if args.list:
        print("\n".join(there))
        return 0
    for t in args.targets:
        if t not in there:
            raise SystemExit("no fuzz target %s (there are %s)" % (t, " ".join(there)))
    results = [run(t, os.path.abspath(args.build), args.seconds) for t in args.targets or there]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

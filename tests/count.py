#!/usr/bin/env python3
"""count.py TESTLOG.JSON [--status N]: prints what failed and was skipped, and last `N passed, N failed, N skipped`.

A test that speaks TAP counts once a test point, any other counts once. A test that ended badly counts as failed at least
once, whatever its points say. Without a log, or with a status of the runner that the log does not explain, that is a failure.
Exits 1 when something failed or nothing ran.
"""
import argparse
import json
import re
import sys

POINT = re.compile(r"^(not )?ok\b[ ]*\d*[ -]*([^#]*)(?:#\s*(skip|todo)\b\s*(.*))?", re.I)


def points(stdout):
    """(passed, failed names, skipped (name, why)) of a TAP output, None when it is not one."""
    lines = [line for line in stdout.split("\n") if line and not line.startswith("#")]
    if not any(re.match(r"1\.\.\d+", line) for line in lines):
        return None
    passed, failed, skipped = 0, [], []
    for line in lines:
        m = POINT.match(line)
        if not m:
            continue
        name, directive = m.group(2).strip(), (m.group(3) or "").lower()
        if directive == "skip":
            skipped.append((name, m.group(4).strip()))
        elif m.group(1) and directive != "todo":
            failed.append(name)
        else:
            passed += 1
    for line in lines:
        m = re.match(r"1\.\.0\s*#\s*skip\S*\s*(.*)", line, re.I)
        if m:
            skipped.append(("all of it", m.group(1)))
    return passed, failed, skipped


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("log")
    ap.add_argument("--status", type=int, default=0)
    args = ap.parse_args()
    passed, failed, skipped = 0, [], []
    try:
        with open(args.log, encoding="utf-8", errors="replace") as f:
            tests = [json.loads(line) for line in f if line.strip()]
    except (OSError, ValueError) as e:
        tests = []
        failed.append("no test log: %s" % e)
    for t in tests:
        name, result = t["name"], t["result"]
        good, skip = result in ("OK", "EXPECTEDFAIL"), result == "SKIP"
        said = points(t.get("stdout") or "")
        if said:
            passed += said[0]
            failed += ["%s: %s" % (name, p) for p in said[1]]
            skipped += [("%s: %s" % (name, p), why) for p, why in said[2]]
            if not (good or skip) and not said[1]:
                failed.append("%s: %s" % (name, result))
        elif good:
            passed += 1
        elif skip:
            why = [line for line in (t.get("stdout") or "").strip().split("\n") if line]
            skipped.append((name, why[-1] if why else "it did not say why"))
        else:
            failed.append("%s: %s" % (name, result))
    if args.status and not failed:
        failed.append("the runner ended with status %d" % args.status)
    reasons = {}
    for name, why in skipped:
        reasons.setdefault(why, []).append(name)
    for why, names in sorted(reasons.items(), key=lambda r: -len(r[1])):
        print("skipped: %s (%s)" % (names[0] if len(names) == 1 else "%d tests" % len(names), why))
    for name in failed:
        print("FAILED: %s" % name)
    print("%d passed, %d failed, %d skipped" % (passed, len(failed), len(skipped)))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

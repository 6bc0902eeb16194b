#!/usr/bin/env python3
"""scenario.py --cqlite EXE: a damaged table is opened in the real workbench, in tmux; its finding is looked at, the byte, the keys it
touches, and a report is written. For five faults. Speaks TAP; skips with 77 where there is no tmux."""
import argparse
import json
import os
import pty
import re
import subprocess
import sys
import tempfile

from screen import Screen, tmux_is_there

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "corpus")
FAULTS = [
    ("one bit turned", "5.0-nb/small/wide_small/nb-1-big-Data.db", ["--fault", "bit-flip", "--offset", "50000", "--bit", "4"]),
    ("a page of zeros", "3.11-me/small/wide_small/me-1-big-Data.db", ["--fault", "zero-page", "--seed", "3"]),
    ("half a page written", "5.0-oa/small/wide_small/oa-1-big-Data.db", ["--fault", "torn-write", "--seed", "5"]),
    ("two chunks swapped", "5.0-da/small/wide_small/da-1-bti-Data.db", ["--fault", "cross-chunks", "--seed", "2"]),
    ("the end cut off", "5.0-nb/small/wide_small/nb-1-big-Data.db", ["--fault", "truncate", "--length", "20000"]),
]


def hex_rows(text):
    """Of the bytes pane: {offset: its bytes, sixteen but in the last row}."""
    rows = {}
    for m in re.finditer(r"([0-9a-f]{8})  ((?:[0-9a-f?]{2} {1,2}){1,16})", text):
        rows[int(m.group(1), 16)] = m.group(2).split()
    return rows


def scenario(exe, source, args, folder):
    bad = os.path.join(folder, "bad")
    subprocess.run([exe, "inject", os.path.join(CORPUS, source), "-o", bad] + args, check=True, capture_output=True, timeout=300)
    base = os.path.basename(source)[:-len("-Data.db")]
    with open(os.path.join(bad, "inject-%s.json" % base), encoding="utf-8") as f:
        manifest = json.load(f)
    rules = [e.get("rule") or "|".join(e["any_of"]) for e in manifest["expected"]]
    lost = {k["text"] for k in manifest["lost"]}
    s = Screen(exe, bad, folder)
    try:
        yield "it opens", bool(s.wait("overview", "Data.db"))
        s.keys("F")
        text = s.wait(lambda t: re.search(r"^\d+ found", t, re.M), "means ")
        yield "the detector finds something", bool(text)
        if not text:
            return
        m = re.search(r"^! \S+ 0x([0-9a-f]+) ", text, re.M)
        yield "with its place", bool(m)
        keys = re.search(r"^keys +(.*?)(?:\n\w|$)", text, re.M | re.S)
        yield "the keys it touches are among those that were lost", bool(keys) and any(k in keys.group(1) for k in lost)
        rule = re.search(r"^rule +(\S+)", text, re.M)
        yield "by a rule that must find it", bool(rule) and any(rule.group(1) in r for r in rules)
        s.keys("Enter")
        text = s.wait("browse", "finding 1 of ", "bytes of Data.db")
        place = re.search(r"byte (0x[0-9a-f]+): [0-9a-f]{2} would be", text or "")
        at = int(place.group(1), 16) if place else int(m.group(1), 16)
        if at >= os.path.getsize(os.path.join(bad, base + "-Data.db")) and "as stored" in (text or ""):
            at = os.path.getsize(os.path.join(bad, base + "-Data.db")) - 1      # what lacks lacks behind the last byte
        row = hex_rows(text or "").get(at // 16 * 16)
        yield "its byte is shown", bool(row)
        if "as stored" in (text or "") and row and at % 16 < len(row):
            with open(os.path.join(bad, base + "-Data.db"), "rb") as f:
                f.seek(at)
                yield "as the file has it", row[at % 16] == "%02x" % f.read(1)[0]
        if place:
            change = manifest["faults"][0]["changes"][0]
            yield "and it is the one that was changed", at == change["offset"]
        yield "expected stands beside found, and the keys", all(w in (text or "") for w in ("expected ", "found ", "keys "))
        s.keys("R")
        s.wait("report to: report.md")
        s.keys("Enter")
        yield "the report is written", bool(s.wait("written to report.md"))
        with open(os.path.join(folder, "report.md"), encoding="utf-8") as f:
            report = f.read()
        yield "with the finding, its rule and its bytes", rule.group(1) in report and "expected: " in report and "```" in report
        s.keys("R")
        s.wait("report to: report.md")
        s.keys("C-u")
        s.type("report.json")
        s.keys("Enter")
        s.wait("written to report.json")
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as f:
            findings = json.load(f)["findings"]
        yield "and as JSON", any(x["rule"] == rule.group(1) and x["keys"] for x in findings)
        s.keys("Q")
        yield "it ends well", bool(s.wait("ended with 0"))
    finally:
        s.close()


def outlives_no_terminal(exe, folder):
    """A terminal that goes without a signal (its other end is closed) ends the program: it must not go round for ever."""
    ours, theirs = pty.openpty()
    env = dict(os.environ, TERM="xterm", HOME=folder, XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder)
    p = subprocess.Popen([exe, "tui", os.path.join(CORPUS, "5.0-nb")], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=env,
                         start_new_session=True)
    os.close(theirs)
    seen = b""
    while b"SSTables" not in seen:
        seen += os.read(ours, 4096)
    os.close(ours)
    try:
        p.wait(60)
        return True
    except subprocess.TimeoutExpired:
        p.kill()
        return False


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--cqlite", required=True)
    exe = os.path.abspath(p.parse_args().cqlite)
    if not tmux_is_there():
        print("1..0 # SKIP no tmux here")
        return 77
    n = bad = 0
    for name, source, args in FAULTS:
        with tempfile.TemporaryDirectory(prefix="cqlite-tui-") as folder:
            for what, ok in scenario(exe, source, args, folder):
                n += 1
                bad += not ok
                print("%sok %d - %s: %s" % ("" if ok else "not ", n, name, what), flush=True)
    with tempfile.TemporaryDirectory(prefix="cqlite-tui-") as folder:
        n += 1
        ok = outlives_no_terminal(exe, folder)
        bad += not ok
        print("%sok %d - it ends when its terminal is gone" % ("" if ok else "not ", n), flush=True)
    print("1..%d" % n)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

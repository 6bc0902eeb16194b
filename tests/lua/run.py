#!/usr/bin/env python3
"""run.py --cqlite PROGRAM CASE.lua | --examples: a script that tests, or every example of the API's manual.

The comment at a test script's head says what it needs, one item a line:

    -- paths: 5.0-oa/main/scalars 5.0-da/small      SSTables of corpus/ that it sees; default: the whole corpus
    -- inject: bit-flip 5.0-oa/small --bit 99        also damaged copies of SSTables, made by cqlite inject; may be said several times
    -- options: --trust                             more options of `cqlite lua`
    -- args: 10 x                                   its "..."
    -- status: 3                                    exit code that must come out (default 0)
    -- error: took longer                           what standard error must hold (and may only hold when this is said)
    -- output: 5 rows                               a line that standard output must hold; may be said several times
    -- seconds: 5                                   how long it may take at most
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PRELUDE = """local sst = cq.tables()()
local part, row, cell, doc, node
for p in sst:partitions() do
	for r in p:rows() do
		for c in r:cells() do part, row, cell = p, r, c break end
		if cell then break end
	end
	if cell then break end
end
if pcall(function() return sst.doc end) then doc = sst:doc(); node = doc.root end
"""


def said(text, key):
    return re.findall(r"^-- %s: (.*)$" % key, text, re.M)


def damaged(cqlite, text, folder):
    """Folders with the copies that the script asks for."""
    made = []
    for n, line in enumerate(said(text, "inject")):
        fault, path, *options = line.split()
        made.append(os.path.join(folder, str(n)))
        data = sorted(glob.glob(os.path.join(ROOT, "corpus", path, "*-Data.db")))[0]
        done = subprocess.run([cqlite, "inject", "-q", data, "-o", made[-1], "--fault", fault] + options, capture_output=True, timeout=300)
        if done.returncode:
            sys.exit("cannot make a copy with %s: %s" % (line, done.stderr.decode()))
    return made


def run_case(cqlite, path):
    with tempfile.TemporaryDirectory() as folder:
        return run_in(cqlite, path, folder)


def run_in(cqlite, path, folder):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    paths = [os.path.join(ROOT, "corpus", p) for p in " ".join(said(text, "paths") or ["."]).split()]
    paths += damaged(cqlite, text, folder)
    options = " ".join(said(text, "options")).split()
    args = " ".join(said(text, "args")).split()
    status = int((said(text, "status") or ["0"])[0])
    seconds = float((said(text, "seconds") or ["120"])[0])
    command = [cqlite, "lua", "-q"] + options + [path] + paths + (["--"] + args if args else [])
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds * (8 if "asan" in os.environ.get("CQLITE_SLOW", "") else 1))
    except subprocess.TimeoutExpired:
        print("%s: did not end in %g s" % (path, seconds))
        return 1
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    wrong = []
    if done.returncode != status:
        wrong.append("exit code %d, expected %d" % (done.returncode, status))
    for want in said(text, "error"):
        if want not in err:
            wrong.append("standard error lacks: %s" % want)
    noise = "\n".join(l for l in err.splitlines() if "left out" not in l)
    if not said(text, "error") and noise:
        wrong.append("standard error is not empty")
    for want in said(text, "output"):
        if want not in out.splitlines():
            wrong.append("standard output lacks the line: %s" % want)
    if wrong:
        print("%s: %s\n--- output\n%s\n--- error\n%s" % (path, "; ".join(wrong), out[-4000:], err[-4000:]))
    return 1 if wrong else 0


def run_examples(cqlite):
    manual = subprocess.run([cqlite, "lua", "--manual"], capture_output=True, check=True).stdout.decode()
    examples = re.findall(r"^#### `(.*?)`$.*?(?=^#### |\Z)", manual, re.M | re.S)
    failed = count = 0
    for block in re.split(r"^(?=#{3,4} )", manual, flags=re.M):
        code = re.search(r"^```lua\n(.*?)^```", block, re.M | re.S)
        if not code:
            continue
        count += 1
        for where in ("5.0-oa/main/scalars", "5.0-da/main/scalars"):
            path = os.path.join(ROOT, "corpus", where)
            if not os.path.isdir(path):
                print("no corpus at %s" % path)
                return 1
            script = PRELUDE + code.group(1)
            done = subprocess.run([cqlite, "lua", "-q", "--trust", "-e", script, path], capture_output=True, timeout=120)
            if done.returncode != 0 or done.stderr:
                failed += 1
                print("%s over %s: exit code %d\n%s\n%s" % (block.splitlines()[0], where, done.returncode, code.group(1), done.stderr.decode()))
    print("%d examples of %d entries ran" % (count, len(examples)))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "--cqlite":
        sys.exit(__doc__)
    sys.exit(run_examples(sys.argv[2]) if sys.argv[3] == "--examples" else run_case(sys.argv[2], os.path.join(HERE, sys.argv[3])))

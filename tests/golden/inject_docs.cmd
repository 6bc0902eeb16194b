# the table of docs/inject.md is the one that the command prints
$CQLITE inject --list --json > "$TMP/list.json"
python3 - "$TMP/list.json" ../docs/inject.md <<'PY'
import json, sys
want = []
for f in json.load(open(sys.argv[1]))["faults"]:
    want.append("| `%s` | %s | %s | %s | %s |" % (f["kind"], f["summary"], f["versions"],
        "follow" if f["checksums"] == "fix" else "stay", (f["rules"] or "nothing certain").replace("|", " or ").replace(" or ...", ", ...")))
have = [l for l in open(sys.argv[2]).read().splitlines() if l.startswith("| `") and l.count("|") == 6]
for l in want:
    if l not in have:
        print("missing: " + l)
for l in have:
    if l not in want:
        print("too much: " + l)
print("as many as there are faults" if len(have) == len(want) and len(want) > 90 else "%d lines, %d faults" % (len(have), len(want)))
PY

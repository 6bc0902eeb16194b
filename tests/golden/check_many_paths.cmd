# several paths: one document, whatever fails on the way; text one after the other
mkdir "$TMP/a b"
cp 5.0-oa/main/scalars/oa-1-big-* "$TMP/a b"
printf '\001' | dd of="$TMP/a b/oa-1-big-Data.db" bs=1 seek=700 conv=notrunc 2>/dev/null
"$CQLITE" check --json "$TMP/a b" nowhere 4.0-na/main/statics > "$TMP/json"; echo "status $?"
python3 - "$TMP/json" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
print(d["schema"], d["errors"], d["warnings"], d["not_checked"])
for t in d["tables"]:
    print(t["path"], "|", t["file"], "|", t["verdict"], "|", [f["rule"] for f in t["findings"]])
assert d["errors"] == sum(t["errors"] for t in d["tables"])
assert d["unmeasured"] == sum(len(t["unmeasured"]) for t in d["tables"])
PY
"$CQLITE" check --sarif "$TMP/a b" nowhere 4.0-na/main/statics > "$TMP/sarif"; echo "status $?"
python3 - "$TMP/sarif" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
run, = d["runs"]
print(d["version"], run["invocations"][0]["executionSuccessful"])
for n in run["invocations"][0]["toolExecutionNotifications"]:
    print(n["level"], n.get("associatedRule"), n["message"]["text"])
for r in run["results"]:
    print(r["ruleId"], r["level"], r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
PY
"$CQLITE" check --json nowhere | python3 -m json.tool; "$CQLITE" check --sarif nowhere | python3 -m json.tool >/dev/null && echo well-formed
"$CQLITE" check --summary "$TMP/a b" 4.0-na/main/statics; echo "status $?"
"$CQLITE" check 5.0-oa/main/scalars 4.0-na/main/statics; echo "status $?"

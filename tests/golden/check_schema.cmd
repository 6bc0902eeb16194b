# --schema: without one a line says what is not measured; the right one is silent; a wrong one is found to be wrong
mkdir -p "$TMP/main/one" "$TMP/main/two"
cp 5.0-oa/main/dropped_columns/oa-1-big-* "$TMP/main/one"
cp 5.0-oa/main/dropped_columns/oa-1-big-* "$TMP/main/two"
found() {
	python3 -c 'import json,sys; d=json.load(sys.stdin)
for t in d["tables"]:
	for f in t["findings"]: print(t["file"][len(sys.argv[1]):], f["severity"], f["rule"], f["message"], "|", f["found"])
	for u in t["unmeasured"]: print("not measured", u["rule"], u["cause"])' "$TMP"
}
echo "-- none"; "$CQLITE" check "$TMP/main/one"; echo "status $?"
echo "-- right, of one table"; "$CQLITE" check --schema 5.0-oa/main/dropped_columns/expected/schema.cql "$TMP/main/one"; echo "status $?"
cat > "$TMP/ks.cql" <<'CQL'
CREATE TABLE main.one (k int, c int, a int, b text, d map<int, text>, e text static, PRIMARY KEY (k, c));
CREATE TABLE main.two (k int, c int, a int, b text, d map<int, text>, e text static, f int, PRIMARY KEY (k, c));
ALTER TABLE main.two DROP a USING TIMESTAMP 1;
CQL
echo "-- column f is another table's, and a is newer than its drop"
"$CQLITE" check --schema "$TMP/ks.cql" --json "$TMP/main" > "$TMP/json"; echo "status $?"; found < "$TMP/json"
echo "-- has only one of the two tables"
sed 1d "$TMP/ks.cql" > "$TMP/two.cql"
"$CQLITE" check --schema "$TMP/two.cql" --json "$TMP/main" > "$TMP/json"; echo "status $?"; found < "$TMP/json"
echo "-- not this table's, not there, no CQL"
"$CQLITE" check --schema "$TMP/ks.cql" 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" check --schema "$TMP/nowhere" "$TMP/main/one"; echo "status $?"
echo 'CREATE TABLE x (' > "$TMP/bad.cql"
"$CQLITE" check --schema "$TMP/bad.cql" "$TMP/main/one"; echo "status $?"

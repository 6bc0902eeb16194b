# Around damage: what can be read is printed as valid JSON, what not is said, the status is 1.
cp 5.0-nb/main/comp_deflate/nb-1-big-* "$TMP"
cp 5.0-da/small/wide_small/da-1-bti-* "$TMP"
cp 5.0-oa/main/range_tombstones/oa-1-big-* "$TMP"
cd "$TMP"
chmod u+w *
mkdir healthy; cp * healthy 2>/dev/null
valid() {
	python3 -c 'import json, sys
d = json.load(sys.stdin)
print(len(d), "partitions and", sum(len(p["rows"]) for p in d), "rows, valid JSON")'
}
flip() {
	python3 -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2])); b = f.read(1); f.seek(int(sys.argv[2])); f.write(bytes([b[0] ^ 64]))' "$@"
}
echo '$ a healthy table'
"$CQLITE" dump --lenient nb-1-big-Data.db | valid
"$CQLITE" dump nb-1-big-Data.db >strict; "$CQLITE" dump --lenient nb-1-big-Data.db | cmp - strict
echo '$ two bytes, far from each other'
flip nb-1-big-Data.db 8000
flip nb-1-big-Data.db 20000
"$CQLITE" dump --lenient nb-1-big-Data.db >out || echo "(status $?)"
valid <out
"$CQLITE" dump --lenient -e nb-1-big-Data.db 2>/dev/null; echo
"$CQLITE" dump --lenient -l -x 5 --limit 3 nb-1-big-Data.db 2>/dev/null | cut -c 1-60
"$CQLITE" count --lenient nb-1-big-Data.db 2>/dev/null | head -3
echo '$ without an index'
rm nb-1-big-Index.db nb-1-big-Summary.db
"$CQLITE" dump --lenient nb-1-big-Data.db >out || echo "(status $?)"
valid <out
echo '$ a wide partition'
flip da-1-bti-Data.db 8000
"$CQLITE" dump --lenient da-1-bti-Data.db >out || echo "(status $?)"
valid <out
flip da-1-bti-Data.db 1000
"$CQLITE" dump --lenient da-1-bti-Data.db >out || echo "(status $?)"
valid <out
echo '$ cut short'
head -c 20000 healthy/da-1-bti-Data.db >da-1-bti-Data.db
"$CQLITE" dump --lenient da-1-bti-Data.db >out || echo "(status $?)"
valid <out
echo '$ not with -k'
"$CQLITE" dump --lenient da-1-bti-Data.db -k 1 || echo "(status $?)"

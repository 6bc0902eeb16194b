# Damage: the output stays JSON up to where it is, the message says where, the status is 1.
cp 5.0-da/main/comp_lz4_4/da-1-bti-* "$TMP"
cd "$TMP"
chmod u+w *
cp da-1-bti-Data.db whole
valid() {
	python3 -c 'import json, sys
d = json.load(sys.stdin)
print(len(d), "partitions and", sum(len(p["rows"]) for p in d), "rows, valid JSON")'
}
echo '$ a byte in the middle of the file'
python3 -c 'f = open("da-1-bti-Data.db", "r+b"); f.seek(40000); b = f.read(1); f.seek(40000); f.write(bytes([b[0] ^ 64]))'
"$CQLITE" dump da-1-bti-Data.db >out || echo "(status $?)"
valid <out
"$CQLITE" dump -l da-1-bti-Data.db 2>/dev/null | python3 -c 'import json, sys
print(len([json.loads(line) for line in sys.stdin]), "lines")'
"$CQLITE" count da-1-bti-Data.db || echo "(status $?)"
echo '$ a file cut short'
head -c 30000 whole >da-1-bti-Data.db
"$CQLITE" dump --as-sstabledump da-1-bti-Data.db >out || echo "(status $?)"
valid <out
echo '$ no index'
cp whole da-1-bti-Data.db
rm da-1-bti-Partitions.db
key=$("$CQLITE" dump -d --limit 1 da-1-bti-Data.db 2>/dev/null | sed -n '1s/^\[\(.*\)\]@.*/\1/p')
"$CQLITE" dump -l da-1-bti-Data.db -k "$key" >out || echo "(status $?)"
cut -c 1-60 out; echo
"$CQLITE" dump -e da-1-bti-Data.db || echo "(status $?)"
echo '$ nowhere to write to'
"$CQLITE" dump -q da-1-bti-Data.db >/dev/full || echo "(status $?)"

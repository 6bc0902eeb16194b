# a column of a class that nobody knows, printed by scripts; the class's name is put into a copy's Statistics.db (me: no checksum there)
make() {
	mkdir -p "$TMP/$1"
	cp 3.11-me/main/scalars/me-* "$TMP/$1"
	python3 - "$TMP/$1" "$1" <<'PY'
import glob, sys
path, = glob.glob(sys.argv[1] + "/*-Statistics.db")
data = open(path, "rb").read()
old = b"org.apache.cassandra.db.marshal.BytesType"
new = b"org.example.tests." + sys.argv[2].encode()
assert data.count(old) == 1 and len(new) + 2 <= len(old)
new += b"(" + b" " * (len(old) - len(new) - 2) + b")"
open(path, "wb").write(data.replace(old, new))
PY
}
for class in Other Good Text Json Fails Loops Long Deep; do
	make $class
	echo "== $class"
	"$CQLITE" --lua ../tests/lua/add/printers.lua --lua-seconds 1 dump "$TMP/$class" --jobs 2 >"$TMP/out"; echo "status $?"
	python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$TMP/out"
	grep -o '"c_blob", *"value" *: [^}]*}' "$TMP/out" | sort | uniq -c | sort -k1nr -k2 | head -2
done
"$CQLITE" --lua ../tests/lua/add/printers.lua dump -d "$TMP/Good" | grep -o "c_blob=[^ ]* [0-9]*" | sort | uniq -c | sort -k1nr -k2 | head -2

# a format described in Lua over a file made here: 300 entries, so that their list has pages
F="--lua ../tests/lua/add/formats.lua"
python3 - "$TMP" <<'PY'
import struct, sys
out = b"TOY\x01" + struct.pack("<Q", 77) + struct.pack(">bq", -3, 1700000000123) + bytes([0x81, 0x2c]) + struct.pack(">d?", 0.5, True)
for i in range(300):
    body = bytes([i % 100]) + (b"w%d" % i if i % 2 else b"")
    out += struct.pack(">H", len(body)) + body
out += bytes([1, 2]) + bytes(range(16)) + b"\0\5hello\0\0"
open(sys.argv[1] + "/a.toy", "wb").write(out)
open(sys.argv[1] + "/cut.toy", "wb").write(out[:200])
open(sys.argv[1] + "/line.toy", "wb").write(out + b"\0\7cut")
open(sys.argv[1] + "/b.toy", "wb").write(b"tOY" + out)
for name in "raise-length nil-length no-name negative endless huge no-bytes many many-lazy memory check probe-ok".split():
    open(sys.argv[1] + "/" + name, "wb").write(b"0123456789")
PY
"$CQLITE" $F tree --max-children 4 "$TMP/a.toy"; echo "status $?"
"$CQLITE" $F tree "$TMP/a.toy" --path 'entries/entry[299]'
"$CQLITE" $F explain "$TMP/a.toy" 0x30
"$CQLITE" $F explain "$TMP/a.toy" head/written --json
"$CQLITE" $F tree --max-children 2 --depth 3 "$TMP/cut.toy"; echo "status $?"
"$CQLITE" $F tree --depth 3 --path lines "$TMP/line.toy"; echo "status $?"
# not of the format, by its first bytes
"$CQLITE" $F tree "$TMP/b.toy"; echo "status $?"
# formats that raise, loop, ask for too much
for name in raise-length nil-length no-name negative endless huge no-bytes many many-lazy memory check probe-ok; do
	echo "$name"
	"$CQLITE" --lua ../tests/lua/add/formats_bad.lua --lua-seconds 1 tree --max-children 3 "$TMP/$name"; echo "status $?"
done
"$CQLITE" $F plugins | tail -2; "$CQLITE" $F plugins --json | tail -4

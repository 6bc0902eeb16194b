# A value that is not of its type does not end the dump: its bytes are printed, a message says where, the status is 1.
cp 5.0-oa/main/comp_none/oa-1-big-* "$TMP"
cd "$TMP"
chmod u+w *
rm oa-1-big-CRC.db
python3 -c '
data = open("oa-1-big-Data.db", "rb").read()
at = [i for i in range(len(data)) if data.startswith(b"delta", i)]
data = bytearray(data)
for i in at[:14]:
    data[i + 1] = 0xff
open("oa-1-big-Data.db", "wb").write(data)'
"$CQLITE" dump oa-1-big-Data.db >out || echo "(status $?)"
python3 -c 'import json; d = json.load(open("out")); print(len(d), "partitions, valid JSON")'
grep -c '"0x' out
grep -o '"name" : "[a-z]*", "value" : "0x.\{40\}' out | head -n 2
"$CQLITE" dump -d oa-1-big-Data.db 2>&1 >/dev/null | tail -n 1

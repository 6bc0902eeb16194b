# a healthy table, a flipped bit in it, its page, JSON; nothing is written
T="$TMP/t"; mkdir "$T"
cp 5.0-oa/main/scalars/oa-1-big-* "$T"
"$CQLITE" check "$T/oa-1-big-Data.db"
printf '\001' | dd of="$T/oa-1-big-Data.db" bs=1 seek=700 conv=notrunc 2>/dev/null
(cd "$T" && sha256sum *) > "$TMP/before"
"$CQLITE" check "$T/oa-1-big-Data.db"; echo "status $?"
"$CQLITE" check --rule chunk-crc --json "$T" | python3 -c 'import json,sys; d=json.load(sys.stdin); f=d["tables"][0]["findings"][0]; print(d["schema"], f["rule"], f["component"], f["space"], f["offset"], f["suspect"])'
(cd "$T" && sha256sum *) | cmp - "$TMP/before" && echo "nothing was written"

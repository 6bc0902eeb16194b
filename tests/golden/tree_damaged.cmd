cp 5.0-nb/small/wide_small/nb-1-big-* "$TMP"
# one byte of chunk 1: the partitions before and behind are still there
printf '\377' | dd of="$TMP/nb-1-big-Data.db" bs=1 seek=8000 conv=notrunc 2>/dev/null
"$CQLITE" tree "$TMP/nb-1-big-Data.db" -n 15 --depth 1 --no-hex
echo "status $?"
"$CQLITE" tree "$TMP/nb-1-big-Data.db" --path "partitions[13]/rows[183]"
echo "status $?"
# Statistics.db cut short: it can be looked at, though nothing can be decoded with it
head -c 3000 5.0-nb/small/wide_small/nb-1-big-Statistics.db > "$TMP/nb-1-big-Statistics.db"
"$CQLITE" tree "$TMP/nb-1-big-Statistics.db" --depth 2 -n 6 --no-hex
echo "status $?"

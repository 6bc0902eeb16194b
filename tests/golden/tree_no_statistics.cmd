cp 5.0-nb/small/wide_small/nb-1-big-* "$TMP"
rm "$TMP/nb-1-big-Statistics.db"
# what needs no types opens in full; a Data.db is chunks of bytes
for f in Index.db Data.db; do
	"$CQLITE" tree "$TMP/nb-1-big-$f" -n 2 --no-hex
	echo "status $?"
done
"$CQLITE" tree "$TMP/nb-1-big-Index.db" --path "entries[13]/promoted index" --no-hex -n 5 2>/dev/null
"$CQLITE" explain "$TMP/nb-1-big-Data.db" 0x5000 --space decompressed
echo "status $?"
# the same without a chunk table: where the rows are nobody knows, though their types are known
cp 5.0-nb/small/wide_small/nb-1-big-Statistics.db "$TMP"
rm "$TMP/nb-1-big-CompressionInfo.db"
"$CQLITE" tree "$TMP/nb-1-big-Data.db" -n 2 --no-hex
echo "status $?"

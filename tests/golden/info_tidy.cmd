# no line ends in blanks, whatever is printed of whatever version (what --as-sstablemetadata prints is Cassandra's business)
for what in 5.0-nb/main 5.0-nb/small/wide_small 5.0-oa/main/comp_none 5.0-da/main/composite_pk 3.11-me/small 4.0-na/main 5.0-txnlog .; do
	for how in "" --verbose --scan --histograms; do
		"$CQLITE" info $how $what >"$TMP/out" 2>/dev/null
		test -s "$TMP/out" || echo "$what $how: nothing"
		grep -n ' $' "$TMP/out" && echo "$what $how"
	done
done
mkdir "$TMP/broken" && cp 5.0-nb/small/wide_small/nb-1-big-* "$TMP/broken"
head -c 100 5.0-nb/small/wide_small/nb-1-big-Statistics.db >"$TMP/broken/nb-1-big-Statistics.db"
cp 5.0-oa/main/comp_none/oa-1-big-* "$TMP/broken"
rm "$TMP/broken/oa-1-big-Filter.db" "$TMP/broken/oa-1-big-Data.db"
for how in "" --verbose; do "$CQLITE" info $how "$TMP/broken" 2>/dev/null | grep -n ' $'; done
echo "nothing else"

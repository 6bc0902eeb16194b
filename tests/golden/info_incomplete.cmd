# components that are missing, that TOC.txt does not list, that nobody knows; a first token out of the index
mkdir "$TMP/ks" && cp -r 4.1-nb/main/comp_zstd_level "$TMP/ks/t" && chmod -R u+w "$TMP/ks/t" && rm "$TMP/ks/t/nb-1-big-Summary.db" "$TMP/ks/t/nb-1-big-Filter.db" &&
	echo x > "$TMP/ks/t/nb-1-big-Strange.db"
$CQLITE info --now 1795400000 "$TMP/ks/t/nb-1-big-Data.db" | sed -n '/^Components/,/^Content/p; /^Bloom/,$p'
$CQLITE info --json "$TMP/ks/t/nb-1-big-Data.db" > "$TMP/json"
echo "status $?"
$CQLITE info --as-sstablemetadata "$TMP/ks/t/nb-1-big-Data.db" | grep -c token:

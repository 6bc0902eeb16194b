# a damaged copy, what is said of it, and its manifest
$CQLITE inject 5.0-oa/main/single/oa-1-big-Data.db -o "$TMP/a" --fault row-timestamp,stats-rows --seed 3
echo "status $?"
ls "$TMP/a"
cat "$TMP/a/inject-oa-1-big.json"
# the same as bytes, with a checksum that tells
$CQLITE inject 5.0-oa/main/single/oa-1-big-Data.db -o "$TMP/b" --fault bit-flip --offset 12 --bit 3 --json
echo "status $?"
$CQLITE dump "$TMP/b/oa-1-big-Data.db"
echo " status $?"
# a bit of a filter: nothing but a look-up can tell
$CQLITE inject 5.0-da/small/wide_small/da-1-bti-Data.db -o "$TMP/c" --fault filter-clear-bit --key plain
# a field by its path
$CQLITE inject 5.0-oa/small/wide_small/oa-1-big-Index.db -o "$TMP/d" --fault set --at 'Index.db/entries[3]/position' --value 99
$CQLITE tree "$TMP/d/oa-1-big-Index.db" --path 'entries[3]/position'
# the manifest beside it is not taken for a file that TOC.txt should list
$CQLITE check --rule toc-set "$TMP/d"
echo "status $?"

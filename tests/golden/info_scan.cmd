# what only reading every row can tell, and histograms as bars
$CQLITE info --scan --histograms --now 1795400000 --gc-grace 864000 5.0-da/main/range_tombstones/da-1-bti-Data.db |
	sed -n '/^Times/,/^Repair/p; /^Histograms/,$p'
$CQLITE info --json --as-sstablemetadata 5.0-da/main/single
echo "status $?"

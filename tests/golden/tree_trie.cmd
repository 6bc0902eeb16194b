"$CQLITE" tree 5.0-da/small/wide_small/da-1-bti-Partitions.db -n 0
echo
"$CQLITE" tree 5.0-da/small/wide_small/da-1-bti-Rows.db -n 3
echo
"$CQLITE" tree 5.0-da/small/wide_small/da-1-bti-Partitions.db --path trie/children[0] --depth 1 -n 4

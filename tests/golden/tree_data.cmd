"$CQLITE" tree 5.0-nb/small/wide_small/nb-1-big-Data.db -n 2
echo
"$CQLITE" tree 5.0-nb/small/wide_small/nb-1-big-Data.db --path "partitions[13]/rows[300]"

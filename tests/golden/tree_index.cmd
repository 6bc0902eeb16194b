"$CQLITE" tree 5.0-nb/small/wide_small/nb-1-big-Index.db --depth 2 -n 3
echo
"$CQLITE" tree 5.0-nb/small/wide_small/nb-1-big-Index.db --path "entries[13]" --depth 6 -n 4 --no-hex

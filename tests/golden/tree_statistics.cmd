for v in 3.11-me/main/collections/me-1-big 5.0-oa/small/wide_small/oa-1-big; do
	"$CQLITE" tree $v-Statistics.db --no-hex -d 2 -n 0 --path stats
	echo
done
"$CQLITE" tree 5.0-oa/small/wide_small/oa-1-big-Statistics.db --path header -n 30 -d 4
"$CQLITE" tree 5.0-oa/small/wide_small/oa-1-big-Statistics.db -n 3 --raw-values

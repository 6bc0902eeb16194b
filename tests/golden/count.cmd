# Counts of one table, of several, as JSON; threads make no difference.
"$CQLITE" count 5.0-oa/main/statics/oa-2-big-Data.db
"$CQLITE" count 5.0-oa/main/statics 5.0-da/main/ttls | sed "s|$PWD/||"
"$CQLITE" count --json 5.0-da/main/deletions 5.0-nb/main/ttls 2>&1 | sed "s|$PWD/||"
echo '$ 1.4 MB read by one thread and by eight'
for jobs in 1 8; do
	for table in 5.0-txnlog/main/*/oa-2-big-Data.db 5.0-oa/main/comp_none/oa-1-big-Data.db 5.0-da/main/odd_keys/da-1-bti-Data.db; do
		"$CQLITE" count -j $jobs $table | head -n 4 | tr -s ' \n' ' '
		echo
	done
done

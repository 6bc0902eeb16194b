# Each way of dumping, over one small table: the truth, not sstabledump's positions and counters.
T=5.0-oa/main/counters/oa-2-big-Data.db
for how in "" -t -l -d -e -o "-l -o" "-d -o"; do
	echo "\$ cqlite dump $how"
	"$CQLITE" dump $how $T
	echo
done
echo '$ cqlite dump --as-sstabledump -l --limit 1'
"$CQLITE" dump --as-sstabledump -l --limit 1 $T

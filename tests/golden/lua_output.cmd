# outputs in Lua: the shipped one, one that counts, over several SSTables, some partitions, around damage
O="--lua ../tests/lua/add/outputs.lua --lua-seconds 1"
"$CQLITE" --lua ../scripts/outputs/tsv.lua dump --format tsv 5.0-oa/main/counters; echo "status $?"
"$CQLITE" $O dump --format count 5.0-oa/main/range_tombstones; echo "status $?"
"$CQLITE" $O dump --format count --limit 3 5.0-da/main/range_tombstones; echo "status $?"
"$CQLITE" $O dump --format count --lenient 5.0-nb/main/statics 2>&1; echo "status $?"
"$CQLITE" $O dump --format keep 5.0-oa/main | tail -3; echo "status $?"
for name in bad-begin bad-table bad-row bad-finish bad-loop; do
	"$CQLITE" $O dump --format $name 5.0-oa/main/counters; echo "status $?"
done
"$CQLITE" $O dump --format coumt 5.0-oa/main/counters; echo "status $?"
"$CQLITE" dump --format xml 5.0-oa/main/counters; echo "status $?"
"$CQLITE" $O dump --format count -l 5.0-oa/main/counters; echo "status $?"
"$CQLITE" dump --format json 5.0-oa/main/scalars | head -2

# views in Lua as aligned tables
V="--lua ../tests/lua/add/views.lua --lua-seconds 1"
"$CQLITE" $V lua --view partitions 5.0-oa/main/counters 5.0-da/main/range_tombstones; echo "status $?"
"$CQLITE" $V lua --view odd 5.0-oa/main/scalars | sed -n '1,5p;999,1004p;$p'
for name in bad-raise bad-row bad-iterator bad-endless od nothing; do
	"$CQLITE" $V lua --view $name 5.0-oa/main/scalars; echo "status $?"
done
"$CQLITE" $V lua --view odd; echo "status $?"

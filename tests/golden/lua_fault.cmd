# faults in Lua: done, found by check, listed; and those that raise or find nothing
F="--lua ../tests/lua/add/faults.lua --lua-seconds 1"
"$CQLITE" $F inject 5.0-oa/main/scalars/oa-1-big-Data.db -o "$TMP/a" --fault lua-late; echo "status $?"
"$CQLITE" check "$TMP/a" | grep -A4 "^error"
"$CQLITE" $F inject 5.0-da/main/scalars/da-1-bti-Data.db -o "$TMP/b" --fault lua-bytes,lua-late --seed 3; echo "status $?"
grep -c "Dada.db" "$TMP/b/da-1-bti-TOC.txt"
"$CQLITE" $F inject --list | grep -A2 lua-
for name in bad-raise bad-nothing bad-unchanged bad-field bad-component bad-fits bad-beyond bad-read bad-number bad-loop lua-late,bad-old; do
	echo "== $name"
	"$CQLITE" $F inject 5.0-oa/main/scalars/oa-1-big-Data.db -o "$TMP/c" --fault $name; echo "status $?"
done

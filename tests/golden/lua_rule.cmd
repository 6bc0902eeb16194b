# rules that a script adds: their findings, the list, the page, JSON, one by itself, none of a name
R="--lua ../tests/lua/add/rules.lua"
"$CQLITE" $R check 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" $R check --list | tail -2
"$CQLITE" $R check --explain lua-int-max
"$CQLITE" $R check --rule lua-int-max --json 5.0-da/main/scalars | grep -A3 '"rule"'
"$CQLITE" $R check --rule lua-int-maxn 5.0-da/main/scalars; echo "status $?"
"$CQLITE" check --rule lua-int-max 5.0-da/main/scalars; echo "status $?"

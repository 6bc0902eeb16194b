# rules in Lua that raise, loop, eat memory, keep what they were lent: unmeasured, never passed, never a crash
"$CQLITE" --lua ../tests/lua/add/rules_bad.lua --lua-seconds 3 check 5.0-oa/main/scalars 5.0-da/main/scalars; echo "status $?"
"$CQLITE" --lua ../tests/lua/add/rules_bad.lua check --rule bad-event 5.0-nb/main/scalars; echo "status $?"
# scripts that do not load
"$CQLITE" --lua nowhere.lua check 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" --lua README.md check 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" --lua ../tests/lua/add/rules.lua --lua ../tests/lua/add/rules.lua check --list; echo "status $?"

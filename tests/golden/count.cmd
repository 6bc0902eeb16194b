# Counts of one table, of several, as JSON; threads make no difference.
"$CQLITE" count 5.0-oa/main/statics/oa-2-big-Data.db
"$CQLITE" count 5.0-oa/main/statics 5.0-da/main/ttls | sed "s|$PWD/||"
"$CQLITE" count --json 5.0-da/main/deletions 5.0-nb/main/ttls 2>&1 | sed "s|$PWD/||"

"$CQLITE" tree 5.0-oa/main/comp_none/oa-1-big-Data.db -n 2
"$CQLITE" tree 5.0-oa/main/comp_none/oa-1-big-CRC.db

# all that is known of one SSTable
$CQLITE info --now 1795400000 5.0-oa/main/single/oa-1-big-Data.db

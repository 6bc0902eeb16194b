# the smallest table, in both formats: the same rows at other positions
$CQLITE dump 5.0-oa/main/single/oa-1-big-Data.db
echo
$CQLITE dump 5.0-da/main/single/da-1-bti-Data.db

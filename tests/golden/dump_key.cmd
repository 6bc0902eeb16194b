# keys of one part and of several; one that is not there; one that is no key
$CQLITE dump 5.0-oa/main/ttl_default/oa-1-big-Data.db -k 101
echo " status $?"
$CQLITE dump 5.0-da/main/composite_pk/da-1-bti-Data.db -e -k 13:g7n4:550e8400-e29b-41d4-a716-446655440012:e1b2
echo " status $?"
$CQLITE dump -l 5.0-da/main/composite_pk/da-1-bti-Data.db -k 13:g7n4:550e8400-e29b-41d4-a716-446655440012:e1b2
echo " status $?"
$CQLITE dump 5.0-oa/main/ttl_default/oa-1-big-Data.db -k 987654
echo " status $?"
$CQLITE dump 5.0-oa/main/ttl_default/oa-1-big-Data.db -k nosuch
echo " status $?"

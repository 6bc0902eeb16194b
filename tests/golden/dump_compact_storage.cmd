# a clustering shorter than its type, where Cassandra's own tool dies
$CQLITE dump 5.0-oa/main/compact_composite/oa-1-big-Data.db

# a table that only Thrift could make
$CQLITE dump 3.11-thrift/main/super_columns/me-1-big-Data.db

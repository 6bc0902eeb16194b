# a folder of many SSTables: a line each
$CQLITE info 5.0-oa/main/udts 3.11-me/main/counters

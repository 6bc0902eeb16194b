# what is not there, what is no SSTable, what is not said: a message that names it, and a status
$CQLITE dump nowhere/nb-1-big-Data.db
echo "status $?"
$CQLITE dump README.md
echo "status $?"
$CQLITE dump
echo "status $?"
$CQLITE dump --nosuch 5.0-oa/main/single/oa-1-big-Data.db
echo "status $?"
$CQLITE nosuch
echo "status $?"

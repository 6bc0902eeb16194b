# what is built in
$CQLITE plugins

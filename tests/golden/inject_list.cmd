# the table of faults
$CQLITE inject --list

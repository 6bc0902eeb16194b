# rules that do not exist, levels that do not, nothing to check
"$CQLITE" check; echo "status $?"
"$CQLITE" check --rule chunk-crd 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" check --ignore nonsense 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" check --level deepest 5.0-oa/main/scalars; echo "status $?"
"$CQLITE" check nowhere; echo "status $?"
"$CQLITE" check --explain row-dup; echo "status $?"
"$CQLITE" check --level quick --summary 5.0-oa/main/scalars 4.0-na/main; echo "status $?"

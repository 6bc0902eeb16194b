"$CQLITE" tree 5.0-da/small/wide_small --no-hex

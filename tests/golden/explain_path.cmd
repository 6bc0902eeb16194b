F=5.0-da/small/wide_small/da-1-bti
"$CQLITE" explain $F-Data.db "partitions[13]/rows[2]/cells.v"
echo
"$CQLITE" explain $F-Data.db Partitions.db/trie/children[0]/children[0]
echo
"$CQLITE" explain $F-Rows.db "entries[0]/position"
echo
"$CQLITE" explain $F-Statistics.db stats/max_localDeletionTime

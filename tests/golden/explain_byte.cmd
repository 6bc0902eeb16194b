F=5.0-nb/small/wide_small/nb-1-big
"$CQLITE" explain $F-Data.db 0x64 --space decompressed
echo
"$CQLITE" explain $F-Data.db 20000
echo
"$CQLITE" explain $F-Index.db 0x18
echo
"$CQLITE" explain $F-Statistics.db 0x28
echo
"$CQLITE" explain 5.0-oa/main/comp_none/oa-1-big-Data.db 70000

"$CQLITE" explain 5.0-nb/small/wide_small/nb-1-big-Data.db 0x64 --space decompressed --json > "$TMP/a"
python3 -c "import json, sys; json.load(open(sys.argv[1]))" "$TMP/a"
cat "$TMP/a"

"$CQLITE" tree 5.0-da/small/wide_small/da-1-bti-Data.db --json --depth 3 -n 2 > "$TMP/a" || echo "status $?"
python3 -c "import json, sys; json.load(open(sys.argv[1]))" "$TMP/a"
cat "$TMP/a"

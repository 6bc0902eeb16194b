# a compressed Data.db that ends in the middle: what came before, as valid JSON, a message, status 1
cp -r 5.0-oa/small/wide_small "$TMP"
head -c 9000 5.0-oa/small/wide_small/oa-1-big-Data.db >"$TMP/wide_small/oa-1-big-Data.db"
$CQLITE dump "$TMP/wide_small/oa-1-big-Data.db" >"$TMP/out"
echo "status $?"
python3 -c "
import json, sys
print(sum(len(p['rows']) for p in json.load(open(sys.argv[1]))), 'rows')" "$TMP/out"

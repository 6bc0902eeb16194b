# what cannot be read is unmeasured, with the cause: a cut sketch, a filter of the wrong length, no header at all
mkdir "$TMP/ks" && cp -r 3.11-md/main/single "$TMP/ks/t" && chmod -R u+w "$TMP/ks/t"
printf '\000\000\000\003' | dd of="$TMP/ks/t/md-1-big-Statistics.db" bs=1 seek=93 conv=notrunc 2> /dev/null
truncate -s 20 "$TMP/ks/t/md-1-big-Filter.db"
$CQLITE info --now 1795400000 "$TMP/ks/t"
echo "status $?"
truncate -s 100 "$TMP/ks/t/md-1-big-Statistics.db"
$CQLITE info "$TMP/ks/t/md-1-big-Data.db"
echo "status $?"
$CQLITE info --json "$TMP/ks/t" | python3 -c "
import json, sys
o = json.load(sys.stdin)
print(o['opened'], json.dumps(o['unmeasured'], indent=1))"
$CQLITE info --as-sstablemetadata "$TMP/ks/t"
echo "status $?"

# machines read this: one object, with the schema's version; its keys
$CQLITE info --json --now 1795400000 4.0-nb/main/single/nb-1-big-Data.db | python3 -c "
import json, sys
o = json.load(sys.stdin)
print(o['schema'], o['base'], o['version'], o['total_rows'], o['partitioner'])
print(' '.join(o))"

# one bit of a compressed chunk: its checksum tells
mkdir "$TMP/t"
cp 5.0-oa/main/single/oa-1-big-* "$TMP/t"
python3 -c "
import sys
b = bytearray(open(sys.argv[1], 'rb').read())
b[5] ^= 0x10
open(sys.argv[1], 'wb').write(b)" "$TMP/t/oa-1-big-Data.db"
$CQLITE dump "$TMP/t/oa-1-big-Data.db"
echo " status $?"

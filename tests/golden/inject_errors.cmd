# what is missing, unknown, not applicable or in the way: a message that names it, and nothing written
one=5.0-oa/main/single/oa-1-big-Data.db
try() { $CQLITE inject "$@"; echo "status $?"; }
try
try $one --fault bit-flip
try $one -o "$TMP/x"
try $one -o "$TMP/x" --fault bit-flop
try $one -o "$TMP/x" --fault trie-root
try $one -o "$TMP/x" --fault counter-context
try $one -o "$TMP/x" --fault set
try $one -o "$TMP/x" --fault set --at 'Data.db/partitions[99]'
try $one -o "$TMP/x" --fault bit-flip --offset 0x100000
try $one -o "$TMP/x" --fault bit-flip --offset ten
try $one -o "$TMP/x" --fault bit-flip --component Rows.db
try $one -o "$TMP/x" --fault swap-component
try $one -o "$TMP/x" --fault row-timestamp --key nobody
try $one -o "$TMP/x" --fault stats-crc --fix-checksums
try $one -o "$TMP/x" --fault bit-flip --fix-checksums --keep-checksums
try $one -o 5.0-oa/main/single --fault bit-flip
try nowhere/nb-1-big-Data.db -o "$TMP/x" --fault bit-flip
try $one -o "$TMP/no/such/folder" --fault bit-flip
try $one -o "$TMP/y" --fault bit-flip --quiet >/dev/null
try $one -o "$TMP/y" --fault bit-flip
try --list $one
ls -A "$TMP"

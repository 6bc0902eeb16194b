# hints that Cassandra 5.0.6 has written, by scripts/formats/hints.lua; and the same with a byte of the size turned round
H=../tests/lua/files/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee-1700000000000-2.hints
"$CQLITE" --lua ../scripts/formats/hints.lua tree "$H"; echo "status $?"
"$CQLITE" --lua ../scripts/formats/hints.lua explain "$H" hints/hint[2]/body/key
python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); b[0x71] ^= 1; open(sys.argv[2], "wb").write(b)' "$H" "$TMP/bad.hints"
"$CQLITE" --lua ../scripts/formats/hints.lua tree --path hints --no-hex "$TMP/bad.hints"; echo "status $?"

for f in Summary.db Filter.db CompressionInfo.db TOC.txt Digest.crc32; do
	"$CQLITE" tree 5.0-nb/small/wide_small/nb-1-big-$f -n 3
	echo
done

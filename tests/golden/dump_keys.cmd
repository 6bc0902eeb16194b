# Keys: asked for, left out, absent, composite, by token; -k takes all words when it stands behind the file.
T=5.0-da/main/composite_pk/da-1-bti-Data.db
C=5.0-oa/main/counters/oa-1-big-Data.db
try() {
	echo "\$ cqlite dump -l $*"
	"$CQLITE" dump -l "$@" | cut -c 1-120
}
try $C -k a b
try $C -k b a a
try -k a $C
try --key=b $C -x b
try $C -x a c
try $C -k zzz
echo '$ absent, not as lines:'
"$CQLITE" dump $C -k zzz
echo
echo '$ keys of a composite key:'
"$CQLITE" dump -e --limit 3 $T
echo
key=$("$CQLITE" dump -d --limit 1 $T | sed -n '1s/^\[\(.*\)\]@.*/\1/p')
echo "\$ $key"
"$CQLITE" dump -l $T -k "$key" | cut -c 1-120
echo '$ by token, each key once:'
for range in :-3000000000000000000 -3000000000000000000:4000000000000000000 4000000000000000000:; do
	echo "$range"
	"$CQLITE" dump -l --tokens $range $C | cut -c 1-60
done

# What the parser of options says to mistakes, and its exit status.
try() {
	echo "\$ cqlite $*"
	"$CQLITE" "$@" || echo "(status $?)"
}
try
try dmup x
try dump
try dump --limt 3 x
try dump --limit x x
try dump --limit=-1 x
try dump --limit
try dump --debug=yes x
try dump -y x
try dump one two
try dump --color sometimes x
try help nothing
try help --complete tcsh
try count --jobs 0 x
try dump /nowhere/nb-1-big-Data.db
try dump --tokens 5 5.0-oa/main/counters/oa-1-big-Data.db
try dump --tokens 5:x 5.0-oa/main/counters/oa-1-big-Data.db
try dump --tokens 5:4 5.0-oa/main/counters/oa-1-big-Data.db
try dump 5.0-oa/main/counters -k a --tokens 1:2
try dump 5.0-oa/main/counters
try dump 5.0-oa/main/collections/oa-1-big-Data.db -k nosuch
try --plugin /nowhere.so plugins

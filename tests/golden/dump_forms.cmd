# each form of a dump of one table
for form in -e -d -l -t; do
	echo "== $form"
	$CQLITE dump --now 1795400000 5.0-oa/main/ttl_default/oa-1-big-Data.db $form
	echo
done

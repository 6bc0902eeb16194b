# keys left out, by their text or by another way of writing it; one that is no key of the table leaves out nothing
F=5.0-da/main/composite_pk/da-1-bti-Data.db
K=13:g7n4:550e8400-e29b-41d4-a716-446655440012:e1b2
for x in $K 13:g7n4!:550e8400-e29b-41d4-a716-446655440012:e1b2 nonsense; do
	"$CQLITE" dump -l $F -x $x | grep -c '"13"'
done

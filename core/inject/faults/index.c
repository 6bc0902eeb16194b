/* Faults of Index.db: entries, and the promoted index of wide partitions. */
#include "faults.h"

static bool has_next_entry(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	cq_nid next = cq_doc_next(in->doc, id);
	struct cq_node b;

	(void)arg;
	return !(n->flags & CQ_N_PAGE) && n->len != CQ_NO_OFFSET && next && cq_doc_node(in->doc, next, &b) && b.field == CQ_F_INDEX_ENTRY &&
		!(b.flags & CQ_N_PAGE) && b.len != CQ_NO_OFFSET && b.off == n->off + n->len;
}

static bool is_entry(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return !(n->flags & CQ_N_PAGE) && n->len != CQ_NO_OFFSET;
}

static const unsigned entries[] = { CQ_F_INDEX_ENTRY, CQ_F_NONE };

static int entry_dropped(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct cq_inject_want want = { .component = CQ_C_INDEX, .fields = entries, .fits = is_entry, .what = "entry in Index.db" };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	(void)f;
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_INDEX, CQ_SPACE_RAW, n.off, n.len, (cq_slice){0}, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s (of %.*s) is not there; what stands behind it has moved", fault_name(in, id, &name), (int)n.name.len,
			(const char *)n.name.p);
	cq_buf_finish(&name);
	return rc;
}

static int entry_swap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct cq_inject_want want = { .component = CQ_C_INDEX, .fields = entries, .fits = has_next_entry,
		.what = "pair of entries in Index.db, one behind the other" };
	struct cq_buf name = {0};
	struct cq_node a, b;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &a, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	cq_doc_node(in->doc, cq_doc_next(in->doc, id), &b);
	rc = fault_exchange(in, CQ_C_INDEX, CQ_SPACE_RAW, a.off, a.len, b.len, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s and the entry behind it have changed places", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static bool in_name(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)arg;
	return n->len && (cq_inject_above(in, id, CQ_F_FIRST_NAME) || cq_inject_above(in, id, CQ_F_LAST_NAME));
}

#define INDEX(...) .apply = fault_field, .arg = &(const struct fault_field){ CQ_C_INDEX, __VA_ARGS__ }
#define BIG .severity = CQ_ERROR, .flags = CQ_FAULT_BIG

static const struct cq_fault index_faults[] = {
	{ .id = "index-position", .family = "index", .summary = "an entry of Index.db points one byte beside its partition",
	  .rules = "index-data|index-cover", .also = "index-data index-cover", BIG, INDEX({ CQ_F_DATA_POSITION }, .how = FAULT_PLUS, .what = "entry in Index.db") },
	{ .id = "index-key", .family = "index", .summary = "an entry of Index.db has another key", .rules = "index-data",
	  .also = "part-order summary-index filter-fn stats-keys", BIG,
	  INDEX({ CQ_F_KEY }, .how = FAULT_LAST_BYTE, .what = "entry in Index.db") },
	{ .id = "index-drop", .family = "index", .summary = "a partition has no entry in Index.db", .rules = "index-data|index-cover",
	  .also = "index-data index-cover summary-index stats-keys", BIG, .apply = entry_dropped },
	{ .id = "index-swap", .family = "index", .summary = "two entries of Index.db in each other's place", .rules = "index-data|index-cover",
	  .also = "index-data index-cover part-order summary-index", BIG, .apply = entry_swap },
	{ .id = "promoted-size", .family = "index", .summary = "the length of a promoted index is another one", .rules = "promoted-span|index-data",
	  .also = "promoted-span index-data index-cover promoted-rows summary-index", BIG,
	  INDEX({ CQ_F_PROMOTED_LENGTH }, .how = FAULT_PLUS, .what = "entry in Index.db") },
	{ .id = "promoted-header", .family = "index", .summary = "a promoted index is wrong about where the rows begin",
	  .rules = "promoted-rows|promoted-span", BIG, INDEX({ CQ_F_HEADER_LENGTH }, .how = FAULT_PLUS, .what = "wide partition") },
	{ .id = "promoted-deletion", .family = "index", .summary = "a promoted index has another partition deletion",
	  .rules = "promoted-rows|promoted-span", .also = "index-data", BIG,
	  INDEX({ CQ_F_MARKED_FOR_DELETE_AT, CQ_F_LOCAL_DELETION_TIME, CQ_F_DELETION_FLAGS }, CQ_F_PARTITION_DELETION, .how = FAULT_MINUS,
		.what = "wide partition") },
	{ .id = "promoted-count", .family = "index", .summary = "a promoted index claims another number of blocks",
	  .rules = "promoted-span|promoted-rows", BIG, INDEX({ CQ_F_BLOCK_COUNT }, .how = FAULT_MINUS, .what = "wide partition") },
	{ .id = "promoted-offset", .family = "index", .summary = "a block of a promoted index begins elsewhere", .rules = "promoted-rows|promoted-span",
	  BIG, INDEX({ CQ_F_BLOCK_OFFSET }, .how = FAULT_PLUS, .what = "wide partition") },
	{ .id = "promoted-width", .family = "index", .summary = "a block of a promoted index has another width", .rules = "promoted-rows|promoted-span",
	  BIG, INDEX({ CQ_F_BLOCK_WIDTH }, .how = FAULT_PLUS, .what = "wide partition") },
	{ .id = "promoted-clustering", .family = "index", .summary = "a block of a promoted index has another first or last clustering",
	  .rules = "promoted-rows", .also = "promoted-span value-utf8", BIG,
	  INDEX({ CQ_F_CLUSTERING_VALUE }, .how = FAULT_LAST_BYTE, .fits = in_name, .what = "wide partition with clustering values") },
	{ .id = "promoted-open", .family = "index", .summary = "a block of a promoted index is wrong about the range tombstone open at its end",
	  .rules = "promoted-rows|rt-block-edge|promoted-span", BIG,
	  INDEX({ CQ_F_MARKED_FOR_DELETE_AT }, CQ_F_END_OPEN_MARKER, .how = FAULT_MINUS, .what = "block with a range tombstone open at its end") },
	{ .id = "promoted-pointer", .family = "index", .summary = "a pointer to a block of a promoted index is another one",
	  .rules = "promoted-span|promoted-rows", BIG, INDEX({ CQ_F_BLOCK_POINTER }, .how = FAULT_PLUS, .what = "wide partition") },
};

FAMILY(index);

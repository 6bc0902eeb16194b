/* Faults of the tries of BTI: Partitions.db and Rows.db. */
#include "faults.h"

/* A pointer that is a leaf of its own: the nibble distances of small nodes share a byte with the type. */
static bool has_pointer(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	/* Type 1: distance in the low half of the head; all others have leaves for it. */
	return n->field != CQ_F_TRIE_HEAD || n->number >> 4 == 1;
}

static int pointer(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct fault_field *a = f->arg;
	const struct cq_inject_want want = { .component = a->component, .fields = a->fields, .fits = has_pointer, .what = a->what };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	if (n.field == CQ_F_TRIE_HEAD && !in->opt->value && !in->opt->xor) {
		rc = cq_inject_set_number(in, id, n.number ^ 1, err);
		if (rc == CQ_OK)
			cq_inject_say(in, "%s: the child is said to start %u bytes before the node, not %u", fault_name(in, id, &name),
				(unsigned)(n.number & 15) ^ 1u, (unsigned)n.number & 15);
		cq_buf_finish(&name);
		return rc;
	}
	return fault_lie(in, id, &n, FAULT_PLUS, err);
}

#define P_(...) &(const struct fault_field){ CQ_C_PARTITIONS, __VA_ARGS__ }
#define R_(...) &(const struct fault_field){ CQ_C_ROWS, __VA_ARGS__ }
#define BTI .severity = CQ_ERROR, .flags = CQ_FAULT_BTI
#define POINTERS { CQ_F_TRIE_DISTANCE, CQ_F_TRIE_DISTANCES, CQ_F_TRIE_DISTANCE_LOW, CQ_F_TRIE_HEAD }
#define TRANSITIONS { CQ_F_TRIE_TRANSITION, CQ_F_TRIE_TRANSITIONS, CQ_F_TRIE_FIRST }

static const struct cq_fault trie_faults[] = {
	{ .id = "trie-pointer", .family = "trie", .summary = "a pointer of Partitions.db leads elsewhere", .rules = "bti-leafset|bti-root",
	  .also = "bti-leafset index-data", BTI, .apply = pointer, .arg = P_(POINTERS, .what = "node with a child in Partitions.db") },
	{ .id = "trie-transition", .family = "trie", .summary = "a key byte of Partitions.db is another one", .rules = "bti-leafset|bti-root",
	  .also = "bti-leafset index-data", BTI, .apply = fault_field, .arg = P_(TRANSITIONS, .how = FAULT_PLUS, .what = "transition in Partitions.db") },
	{ .id = "trie-hash", .family = "trie", .summary = "the hash byte of a leaf is another one: its key cannot be found", .rules = "bti-leafset",
	  .also = "index-data", BTI, .apply = fault_field, .arg = P_({ CQ_F_TRIE_HASH }, .what = "leaf in Partitions.db") },
	{ .id = "trie-position", .family = "trie", .summary = "a leaf of Partitions.db points beside its partition", .rules = "bti-leafset|index-data",
	  .also = "bti-leafset index-data bti-rows", BTI, .apply = fault_field,
	  .arg = P_({ CQ_F_TRIE_POSITION }, .how = FAULT_MINUS, .what = "leaf in Partitions.db") },
	{ .id = "trie-root", .family = "trie", .summary = "the root of Partitions.db is elsewhere", .rules = "bti-root|bti-leafset",
	  .also = "bti-leafset index-data", BTI, .apply = fault_field, .arg = P_({ CQ_F_ROOT_POSITION }, .how = FAULT_MINUS, .what = "footer") },
	{ .id = "trie-count", .family = "trie", .summary = "the number of partitions in Partitions.db is another one", .rules = "bti-root|bti-leafset",
	  BTI, .apply = fault_field, .arg = P_({ CQ_F_PARTITION_COUNT }, .how = FAULT_PLUS, .what = "footer") },
	{ .id = "trie-keys", .family = "trie", .summary = "the place of the first and last key is elsewhere", .rules = "bti-root",
	  .also = "bti-leafset stats-keys", BTI, .apply = fault_field, .arg = P_({ CQ_F_KEYS_POSITION }, .how = FAULT_PLUS, .what = "footer") },
	{ .id = "trie-first-key", .family = "trie", .summary = "the first key of Partitions.db is another one", .rules = "bti-root|stats-keys|bti-leafset",
	  .also = "stats-keys", BTI, .apply = fault_field, .arg = P_({ CQ_F_FIRST_KEY }, .how = FAULT_LAST_BYTE, .what = "first key") },
	{ .id = "trie-last-key", .family = "trie", .summary = "the last key of Partitions.db is another one", .rules = "bti-root|stats-keys|bti-leafset",
	  .also = "stats-keys", BTI, .apply = fault_field, .arg = P_({ CQ_F_LAST_KEY }, .how = FAULT_LAST_BYTE, .what = "last key") },
	{ .id = "rows-pointer", .family = "trie", .summary = "a pointer of a row trie leads elsewhere", .rules = "bti-rows", BTI,
	  .apply = pointer, .arg = R_(POINTERS, .what = "node with a child in Rows.db") },
	{ .id = "rows-separator", .family = "trie", .summary = "a separator of a row trie is another one", .rules = "bti-rows", BTI,
	  .apply = fault_field, .arg = R_(TRANSITIONS, .how = FAULT_PLUS, .what = "transition in Rows.db") },
	{ .id = "rows-offset", .family = "trie", .summary = "a block of a row trie begins elsewhere", .rules = "bti-rows", BTI,
	  .apply = fault_field, .arg = R_({ CQ_F_TRIE_BLOCK_OFFSET }, .how = FAULT_PLUS, .what = "block in Rows.db") },
	{ .id = "rows-open", .family = "trie", .summary = "a block of a row trie is wrong about the range tombstone open before it",
	  .rules = "bti-rows|rt-block-edge", .also = "rt-block-edge", BTI, .apply = fault_field,
	  .arg = R_({ CQ_F_MARKED_FOR_DELETE_AT }, CQ_F_TRIE_OPEN_DELETION, .how = FAULT_MINUS, .what = "block with a range tombstone open before it") },
	{ .id = "rows-root", .family = "trie", .summary = "the root of a row trie is elsewhere", .rules = "bti-rows|bti-root", .also = "bti-leafset",
	  BTI, .apply = fault_field, .arg = R_({ CQ_F_ROWS_ROOT }, .how = FAULT_MINUS, .what = "entry in Rows.db") },
	{ .id = "rows-count", .family = "trie", .summary = "the number of blocks of a row trie is another one", .rules = "bti-rows", BTI,
	  .apply = fault_field, .arg = R_({ CQ_F_BLOCK_COUNT }, .how = FAULT_PLUS, .what = "entry in Rows.db") },
	{ .id = "rows-deletion", .family = "trie", .summary = "an entry of Rows.db has another partition deletion", .rules = "bti-rows|bti-leafset",
	  .also = "bti-leafset", BTI, .apply = fault_field,
	  .arg = R_({ CQ_F_MARKED_FOR_DELETE_AT, CQ_F_LOCAL_DELETION_TIME, CQ_F_DELETION_FLAGS }, CQ_F_PARTITION_DELETION, .how = FAULT_MINUS,
		.what = "entry in Rows.db") },
	{ .id = "rows-key", .family = "trie", .summary = "an entry of Rows.db has another key", .rules = "bti-rows|bti-leafset",
	  .also = "bti-leafset index-data", BTI, .apply = fault_field, .arg = R_({ CQ_F_KEY }, .how = FAULT_LAST_BYTE, .what = "entry in Rows.db") },
	{ .id = "rows-position", .family = "trie", .summary = "an entry of Rows.db points beside its partition", .rules = "bti-rows|bti-leafset|index-data",
	  .also = "bti-leafset index-data", BTI, .apply = fault_field,
	  .arg = R_({ CQ_F_DATA_POSITION }, .how = FAULT_PLUS, .what = "entry in Rows.db") },
};

FAMILY(trie);

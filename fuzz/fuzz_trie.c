/* A Partitions.db, hostile to its last byte; the same bytes serve as Rows.db and Data.db. seeds: Partitions.db
 *
 * Reading and tracing a node agree: same status, same byte, and the leaves tile what was consumed. Children stand before
 * their parents. Look-ups, iteration, block searches and the explanation end, and what iteration gives is found again. */
#include <stdlib.h>
#include <string.h>

#include "bti_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what) do { if (!(what)) abort(); } while (0)

enum { UNITS = 64 };                          /* explained in one run */

struct sink {
	uint64_t at;                           /* where the next leaf must begin */
	bool tiling;
	int depth;
	size_t n;
	struct cq_unit unit[UNITS];
	uint64_t parent;                       /* a trie node: its children must be before this */
};

static void on_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	(void)field, (void)off, (void)index, (void)name;
	((struct sink *)arg)->depth++;
}

static void on_end(void *arg, uint64_t off, int status)
{
	(void)off, (void)status;
	((struct sink *)arg)->depth--;
}

static void on_leaf(struct sink *s, uint64_t off, size_t len)
{
	MUST(!s->tiling || off == s->at);
	s->at = off + len;
}

static void on_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	(void)field, (void)value;
	on_leaf(arg, off, len);
}

static void on_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	(void)field, (void)type;
	on_leaf(arg, off, value.len);
}

static void on_child(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	struct sink *s = arg;

	(void)index, (void)name;
	if (s->parent != CQ_NO_OFFSET)
		MUST(unit->kind == CQ_U_TRIE_NODE && unit->off < s->parent);
	if (s->n < UNITS)
		s->unit[s->n++] = *unit;
}

static const struct cq_sink sink = { .begin = on_begin, .end = on_end, .number = on_number, .bytes = on_bytes,
	.child = on_child };

/* One unit read twice: quietly and with a trace. */
static void node_twice(const uint8_t *data, size_t size, size_t off, enum trie_which which)
{
	struct sink s = { .at = off, .tiling = true, .parent = CQ_NO_OFFSET };
	cq_trace tr = { &sink, &s };
	cq_cur a = cq_cur_over(data + off, size - off, off), b = a;
	struct trie_payload p = {0}, q = {0};
	struct trie_node n, m;

	trie_node_body(&a, &n, NULL);
	trie_payload_body(&a, which, n.flags, &p, NULL);
	trie_node_body(&b, &m, &tr);
	trie_payload_body(&b, which, m.flags, &q, &tr);
	MUST(a.status == b.status && a.p == b.p && a.field == b.field && s.depth == 0);
	MUST(n.slots == m.slots && n.flags == m.flags && p.position == q.position);
	MUST(a.status || s.at == cq_cur_off(&b));
	for (unsigned i = 0; i < n.slots; i++) {
		uint64_t child;

		MUST(trie_child(&n, i, 0, &child) != CQ_OK || child < off);
		MUST(trie_slot_from(&n, trie_transition(&n, i)) == i);
	}
}

static void entry_twice(const uint8_t *data, size_t size, size_t off)
{
	struct sink s = { .at = off, .tiling = true, .parent = CQ_NO_OFFSET };
	cq_cur a = cq_cur_over(data + off, size - off, off), b = a;
	struct rows_entry e, f;

	rows_entry_body(&a, NULL, &e, NULL);
	rows_entry_body(&b, NULL, &f, &(cq_trace){ &sink, &s });
	MUST(a.status == b.status && a.p == b.p && s.depth == 0);
	MUST(a.status || (s.at == cq_cur_off(&b) && e.root == f.root && e.root < e.off));
}

static void explain_all(const struct cq_table *t, struct sink *s, enum cq_component component)
{
	*s = (struct sink){ .n = 1 };
	s->unit[0] = (struct cq_unit){ .kind = CQ_U_COMPONENT, .component = (int)component };
	for (size_t i = 0; i < s->n; i++) {
		struct cq_unit u = s->unit[i];

		if (u.kind == CQ_U_BYTES)
			continue;
		s->tiling = false;
		s->depth = 0;
		s->parent = u.kind == CQ_U_TRIE_NODE ? u.off : CQ_NO_OFFSET;
		bti_explain(t, &u, &(cq_trace){ &sink, s }, NULL);
		MUST(s->depth == 0);
	}
}

static void blocks(struct cq_lookup *l, const struct cq_position *pos, cq_slice value)
{
	struct cq_prefix bound = { .kind = CQ_CLUSTERING, .n = 1, .values = &value };
	struct cq_block b;
	size_t n = 0;
	int rc = l->table->format->block_floor(l, pos, &bound, &b, NULL);

	while (rc == CQ_OK && n++ < 50)
		rc = l->table->format->block_before(l, pos, &b, NULL);
	rc = l->table->format->block_floor(l, pos, NULL, &b, NULL);
	if (rc == CQ_OK) {
		b.start ^= n & 1;              /* sometimes a block that is not there */
		l->table->format->block_before(l, pos, &b, NULL);
	}
}

/* Every leaf and every block as it stands, and whether the trie is tidy: ends on any bytes. */
static void as_it_stands(const struct cq_table *t, size_t size)
{
	struct cq_index_entry e;
	struct cq_index_ends ends;
	struct cq_error err = {0};
	struct cq_index *x;
	size_t n = 0;
	int rc = cq_index_open(&x, t, &err);

	if (rc != CQ_OK)
		return;
	while ((rc = cq_index_next(x, &e, &err)) != CQ_END) {
		struct cq_index_rows rows;
		struct cq_index_block b;

		MUST(n++ <= 2 * size + 2);
		if (rc != CQ_OK && rc != CQ_DAMAGED)
			break;
		if (rc != CQ_OK)
			continue;
		MUST(e.off + e.len <= size && e.hash_at + e.has_hash <= e.off + e.len);
		if (!e.wide || n > 32 || cq_index_rows(x, &e, &rows, NULL) != CQ_OK)
			continue;
		for (int i = 0; i < 64 && cq_index_block(x, &b, NULL) == CQ_OK; i++)
			MUST(b.off + b.len <= size && b.end == (b.index == rows.blocks));
		cq_index_tidy(x, 0, rows.root, rows.trie_end, true, NULL);
	}
	if (cq_index_ends(x, &ends, &err) == CQ_OK) {
		MUST(ends.trie_end <= size && ends.behind <= size);
		rc = cq_index_tidy(x, 0, ends.root, ends.trie_end, false, &err);
		MUST(rc == CQ_OK || (rc == CQ_DAMAGED && err.off < size));
	}
	cq_index_close(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const partitioners[] = { "Murmur3Partitioner", "ByteOrderedPartitioner", "RandomPartitioner" };
	const struct cq_format format = { .block_floor = bti_block_floor, .block_before = bti_block_before,
		.lookup_close = bti_lookup_close, .index = &bti_index_ops };
	const struct cq_type *text = cq_type_simple(CQ_T_TEXT);
	struct cq_table t = { .format = &format };
	struct cq_space *space;
	struct cq_lookup *l;
	struct cq_position pos;
	struct cq_token token;
	struct sink *s;
	uint64_t at = 0;
	size_t steps = 0;
	int rc;

	for (size_t off = 0; off < size && off < 96; off++) {
		node_twice(data, size, off, TRIE_PARTITIONS);
		node_twice(data, size, off, TRIE_ROWS);
		entry_twice(data, size, off);
	}
	if (cq_space_open_memory(&space, cq_slice_of(data, size), "Partitions.db", NULL) != CQ_OK)
		return 0;
	t.component[CQ_C_PARTITIONS] = t.component[CQ_C_ROWS] = t.component[CQ_C_DATA] = space;
	t.stream = (struct cq_stream){ .raw = space, .len = size };
	t.stats.key_type = text;
	t.ctx.nclustering = 1;
	t.ctx.clustering = &text;
	cq_partitioner_init(&t.partitioner, cq_slice_str(partitioners[size % 3]), text);
	MUST(cq_lookup_open(&l, &t, NULL) == CQ_OK);
	for (;;) {
		uint64_t before = at, resumed;
		struct cq_position again;

		rc = bti_next(l, &at, &pos, NULL);
		MUST(steps++ <= 2 * size + 2);
		if (rc == CQ_END || (rc < 0 && (rc != CQ_DAMAGED || at == before)))
			break;
		if (rc != CQ_OK || steps > 64)
			continue;
		/* The same place again, by another look-up: the same leaf (or an error, in a trie that is not one). */
		if (steps < 8) {
			struct cq_lookup *other;

			MUST(cq_lookup_open(&other, &t, NULL) == CQ_OK);
			resumed = before;
			if (before == 0) {
				MUST(bti_next(other, &resumed, &again, NULL) == CQ_OK && again.index_off == pos.index_off);
				MUST(cq_slice_eq(again.key, pos.key) && again.data_off == pos.data_off);
			} else {
				bti_next(other, &resumed, &again, NULL);
			}
			cq_lookup_close(other);
		}
		if (pos.rows_off != CQ_NO_OFFSET)
			blocks(l, &pos, pos.key);
		cq_token(&t.partitioner, pos.key, &token);
		if (bti_find(l, pos.key, &token, &again, NULL) == CQ_OK)
			MUST(cq_slice_eq(again.key, pos.key));
	}
	for (size_t n = 0; n < 8 && n < size; n++) {
		cq_slice key = cq_slice_of(data + n, size - n < 40 ? size - n : n);

		cq_token(&t.partitioner, key, &token);
		if (bti_find(l, key, &token, &pos, NULL) == CQ_OK)
			MUST(cq_slice_eq(pos.key, key));
		bti_find_token(l, &token, n & 1, &pos, NULL);
	}
	cq_lookup_close(l);
	as_it_stands(&t, size);
	s = malloc(sizeof *s);
	if (s) {
		explain_all(&t, s, CQ_C_PARTITIONS);
		explain_all(&t, s, CQ_C_ROWS);
	}
	free(s);
	cq_space_close(space);
	return 0;
}

/* Faults of cells in Data.db: their order, their values, which columns a row has. */
#include <stdlib.h>

#include "faults.h"

static bool has_next_cell(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	cq_nid next = cq_doc_next(in->doc, id);
	struct cq_node b;

	(void)arg;
	return n->index != CQ_NO_INDEX && cq_inject_above(in, cq_doc_parent(in->doc, id), CQ_F_COLUMN) && next &&
		cq_doc_node(in->doc, next, &b) && b.field == CQ_F_CELL && b.off == n->off + n->len;
}

static int cell_swap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_CELL, CQ_F_NONE };
	struct cq_node a, b;
	struct cq_buf name = {0};
	cq_nid id;
	int rc = fault_pick(in, fields, has_next_cell, "collection with two cells", &id, &a, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	cq_doc_node(in->doc, cq_doc_next(in->doc, id), &b);
	rc = fault_exchange(in, CQ_C_DATA, a.space, a.off, a.len, b.len, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s and the cell behind it have changed places", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* ---- frozen collections ---- */

/* Spans of the first two elements (keys with their values) of a frozen set or map; false: it has none. */
static bool elements(struct cq_inject *in, const struct cq_node *n, uint64_t *first, uint64_t *la, uint64_t *lb, uint8_t **bytes)
{
	unsigned each = !n->type ? 0 : n->type->kind == CQ_T_SET ? 1 : n->type->kind == CQ_T_MAP ? 2 : 0;
	uint64_t at = 4, len[2];
	uint8_t *p;

	*bytes = NULL;
	if (!each || n->type->multicell || n->len < 16 || n->len > 1 << 20)
		return false;
	p = malloc((size_t)n->len);
	if (!p || cq_inject_read(in, n->component, n->space, n->off, p, (size_t)n->len, NULL) != CQ_OK || cq_be32(p) < 2) {
		free(p);
		return false;
	}
	for (int e = 0; e < 2; e++) {
		uint64_t start = at;

		for (unsigned i = 0; i < each; i++) {
			uint64_t l;

			if (n->len - at < 4 || (l = cq_be32(p + at)) > n->len - at - 4) {
				free(p);
				return false;
			}
			at += 4 + l;
		}
		len[e] = at - start;
	}
	*first = 4;
	*la = len[0];
	*lb = len[1];
	*bytes = p;
	return true;
}

static bool is_collection(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	uint64_t first, la, lb;
	uint8_t *p;
	bool good = n->flags & CQ_N_BYTES && elements(in, n, &first, &la, &lb, &p);

	(void)id, (void)arg;
	if (good)
		free(p);
	return good;
}

static int collection_order(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_CELL_VALUE, CQ_F_CELL_PATH, CQ_F_NONE };
	struct cq_buf name = {0};
	uint64_t first, la, lb;
	struct cq_node n;
	uint8_t *p;
	cq_nid id;
	int rc = fault_pick(in, fields, is_collection, "frozen set or map with two elements", &id, &n, err);

	(void)f;
	if (rc != CQ_OK || !elements(in, &n, &first, &la, &lb, &p))
		return rc;
	free(p);
	rc = fault_exchange(in, CQ_C_DATA, n.space, n.off + first, la, lb, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: its first two elements have changed places", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* ---- values ---- */

static bool is_text(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return n->type && (n->type->kind == CQ_T_TEXT || n->type->kind == CQ_T_ASCII) && n->len;
}

static int text_byte(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned cells[] = { CQ_F_CELL_VALUE, CQ_F_NONE }, others[] = { CQ_F_CLUSTERING_VALUE, CQ_F_CELL_PATH, CQ_F_NONE };
	const uint8_t bad = 0xff;
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = fault_pick(in, cells, is_text, "text", &id, &n, err);
	uint64_t off;

	(void)f;
	if (rc == CQ_NOT_FOUND)
		rc = fault_pick(in, others, is_text, "text", &id, &n, err);
	if (rc != CQ_OK)
		return rc;
	off = n.off + n.len - 1;                       /* the last byte: order changes least */
	rc = fault_write(in, off, 1, cq_slice_of(&bad, 1), id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: its last byte is 0xff, which no text has", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* The cell of a list or map of values of one length: its path has a byte less, its value one more. */
static bool is_fixed_cell(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	struct cq_node path_len, path, value_len, value;

	(void)arg;
	return n->index != CQ_NO_INDEX && cq_inject_below(in, id, CQ_F_PATH_LENGTH, &path_len) && cq_inject_below(in, id, CQ_F_CELL_PATH, &path) &&
		cq_inject_below(in, id, CQ_F_VALUE_LENGTH, &value_len) && cq_inject_below(in, id, CQ_F_CELL_VALUE, &value) &&
		path_len.len == 1 && value_len.len == 1 && path.len > 1 && value.len < 127 && path.type && value.type &&
		(path.type->fixed_len > 0 || value.type->fixed_len > 0) && value_len.off == path.off + path.len;
}

static int value_length(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_CELL, CQ_F_NONE };
	struct cq_node n, path_len, path, value_len, value;
	struct cq_buf name = {0};
	uint8_t bytes[256];
	cq_nid id;
	int rc = fault_pick(in, fields, is_fixed_cell, "cell of a collection with values of a fixed length", &id, &n, err);
	size_t len;

	(void)f;
	if (rc != CQ_OK)
		return rc;
	cq_inject_below(in, id, CQ_F_PATH_LENGTH, &path_len);
	cq_inject_below(in, id, CQ_F_CELL_PATH, &path);
	cq_inject_below(in, id, CQ_F_VALUE_LENGTH, &value_len);
	cq_inject_below(in, id, CQ_F_CELL_VALUE, &value);
	/*  10 path*16 | 04 value*4   ->   0f path*15 | 05 value*5 */
	len = (size_t)(value_len.off + 1 - path_len.off);
	if (len > sizeof bytes)
		return cq_fail(err, CQ_NOT_FOUND, n.off, "the cell's path is too long");
	rc = fault_read(in, path_len.off, bytes, len, err);
	bytes[0]--;
	bytes[len - 1] = bytes[len - 2];
	bytes[len - 2] = (uint8_t)(value.len + 1);
	if (rc == CQ_OK)
		rc = fault_write(in, path_len.off, len, cq_slice_of(bytes, len), id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: the path has a byte less, the value one more", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static bool is_counter(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return n->type && n->type->kind == CQ_T_COUNTER && n->len >= 34;
}

static int counter_context(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_CELL_VALUE, CQ_F_NONE };
	struct cq_buf name = {0};
	uint8_t count[2];
	struct cq_node n;
	cq_nid id;
	int rc = fault_pick(in, fields, is_counter, "counter", &id, &n, err);

	(void)f;
	if (rc == CQ_OK)
		rc = fault_read(in, n.off, count, 2, err);
	if (rc != CQ_OK)
		return rc;
	/* More marks than there are shards. */
	cq_put_be16(count, (uint16_t)(n.len / 32 + 1 + cq_be16(count)));
	rc = fault_write(in, n.off, 2, cq_slice_of(count, 2), id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: the context has marks for more shards than it holds", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static const struct cq_kind_columns *columns_of(struct cq_inject *in, cq_nid id)
{
	return cq_inject_above(in, id, CQ_F_STATIC_ROW) ? &in->t->ctx.statics : &in->t->ctx.regulars;
}

/* A bitmap whose bytes have room for a bit that no column has. */
static bool has_spare_bit(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	const struct cq_kind_columns *k = columns_of(in, id);

	(void)arg;
	return n->field == CQ_F_SUBSET_BITMAP ? k->n < 7 * n->len && k->n < 63 : k->n < (n->len >= 9 ? UINT64_MAX : UINT64_C(1) << 7 * n->len);
}

static int columns_subset(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_SUBSET_BITMAP, CQ_F_SUBSET_INDEX, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	uint64_t to;
	cq_nid id;
	int rc = fault_pick(in, fields, has_spare_bit, "row that lacks columns, with room for one more", &id, &n, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	to = n.field == CQ_F_SUBSET_BITMAP ? n.number | UINT64_C(1) << columns_of(in, id)->n : columns_of(in, id)->n;
	rc = cq_inject_set_number(in, id, to, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: speaks of column %u, the header has %u", fault_name(in, id, &name), columns_of(in, id)->n,
			columns_of(in, id)->n);
	cq_buf_finish(&name);
	return rc;
}

static const struct cq_fault cells_faults[] = {
	{ .id = "cell-swap", .family = "data", .summary = "two cells of a collection in each other's place", .rules = "cell-order",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = cell_swap },
	{ .id = "collection-order", .family = "data", .summary = "two elements of a frozen set or map in each other's place",
	  .rules = "coll-order", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = collection_order },
	{ .id = "text-byte", .family = "data", .summary = "a text that is not UTF-8", .rules = "value-utf8", .also = "row-order cell-order "
	  "stats-clustering promoted-rows bti-rows", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = text_byte },
	{ .id = "value-length", .family = "data", .summary = "a value of a fixed-length type has another length", .rules = "value-len",
	  .also = "cell-order value-utf8", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = value_length },
	{ .id = "counter-context", .family = "data", .summary = "a counter's context claims shards that it has not", .rules = "counter-ctx",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = counter_context },
	{ .id = "columns-subset", .family = "data", .summary = "a row speaks of a column that the header does not have",
	  .rules = "columns-subset", .also = "decode " FAULT_MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = columns_subset },
};

FAMILY(cells);

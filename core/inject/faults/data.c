/* Faults of what Data.db says: partitions, rows, cells, markers. Most keep every length; those that do not aim the indexes anew. */
#include <stdlib.h>

#include "faults.h"

static int space_of_data(const struct cq_inject *in)
{
	return cq_stream_space(&in->t->stream);
}

static int read_data(struct cq_inject *in, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	return cq_inject_read(in, CQ_C_DATA, space_of_data(in), off, buf, n, err);
}

static int write_data(struct cq_inject *in, uint64_t off, uint64_t len, cq_slice with, cq_nid id, struct cq_error *err)
{
	return cq_inject_replace(in, CQ_C_DATA, space_of_data(in), off, len, with, id, err);
}

static int pick(struct cq_inject *in, const unsigned *fields, bool (*fits)(struct cq_inject *, cq_nid, const struct cq_node *, const void *),
	const char *what, cq_nid *id, struct cq_node *n, struct cq_error *err)
{
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = fields, .fits = fits, .what = what };

	return cq_inject_pick(in, &want, id, n, err);
}

/* ---- any field of any component ---- */

/* What the faults that are about a field expect. Which value it has got decides whether they are right: of Data.db's content
 * nothing is certain. */
static int expect_of_field(struct cq_inject *in, cq_nid id, const struct cq_node *n, struct cq_error *err)
{
	const struct inject_file *file = inject_file_of(in, n->component);
	bool data = n->component == CQ_C_DATA, keep = !in->now->fix;
	const struct cq_fault *f;
	int rc = CQ_OK;

	if (data && keep)
		return cq_inject_expect(in, in->t->stream.chunks ? "chunk-crc" : "crcdb|digest", CQ_ERROR, file->name, n->space, n->off, false,
			err);
	if (n->component == CQ_C_STATISTICS && keep && in->t->features & CQ_FEAT_METADATA_CHECKSUM)
		return cq_inject_expect(in, "stats-crc", CQ_ERROR, file->name, n->space, n->off, false, err);
	for (size_t i = 0; rc == CQ_OK && (f = cq_fault_nth(i)); i++) {
		const struct fault_field *a = f->arg;
		bool about = false;

		if (f->apply != fault_field || a->component != n->component || !f->rules || cq_fault_applies(f, in->t, NULL) != CQ_OK)
			continue;
		for (const unsigned *k = a->fields; *k; k++)
			about |= *k == n->field;
		if (about && (!a->under || cq_inject_above(in, id, a->under)) && (!a->fits || a->fits(in, id, n, a)))
			rc = cq_inject_expect(in, f->rules, f->severity, file->name, n->space, n->off, data, err);
	}
	return rc;
}

/* Leaves below a node, when --at names a group. */
static int set_field(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t found = 0;
	struct cq_node n;
	cq_nid id = 0, best = 0;
	int rc = CQ_OK;

	if (!in->opt->at && !in->opt->has_offset)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s needs --at (or --offset, with --component)", f->id);
	if (in->opt->at) {
		rc = cq_doc_get(in->doc, in->opt->at, &id, err);
	} else {
		const struct inject_file *c = inject_file_named(in, in->opt->component ? in->opt->component : "Data.db");

		if (!c)
			return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no %s", in->opt->component);
		rc = cq_doc_at(in->doc, c->component, c->component == CQ_C_DATA ? space_of_data(in) : CQ_SPACE_RAW, in->opt->offset, &id, err);
	}
	if (rc != CQ_OK)
		return rc == CQ_NOT_FOUND ? CQ_EUSAGE : rc;
	for (cq_nid at = id; at; at = cq_doc_walk(in->doc, at, id, true)) {
		if (cq_doc_expand(in->doc, at, NULL) == CQ_ENOMEM)
			return inject_nomem(err);
		if (cq_doc_node(in->doc, at, &n) && n.flags & (CQ_N_NUMBER | CQ_N_BYTES) && n.len && n.component >= 0 &&
		    cq_inject_random(in, ++found) == 0)
			best = at;
		if (found && at == id)
			break;
	}
	if (!best)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s: no field with bytes is there", in->opt->at ? in->opt->at : "--offset");
	cq_doc_node(in->doc, best, &n);
	rc = fault_lie(in, best, &n, FAULT_ANY, err);
	if (rc == CQ_OK)
		rc = expect_of_field(in, best, &n, err);
	return rc == CQ_NOT_FOUND ? CQ_EUSAGE : rc;
}

/* ---- times ---- */

/* A timestamp that can be made later than anything Statistics.db knows of. */
static bool can_be_latest(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	int64_t lo, hi;

	(void)arg;
	return in->t->stats.has & CQ_HAS_STATS && (int64_t)n->number != CQ_NO_TIMESTAMP && cq_inject_number_range(in, id, &lo, &hi) &&
		hi > in->t->stats.max_timestamp && hi != (int64_t)n->number;
}

/* One that fits a negative number: local deletion times of four signed bytes. */
static bool fits_negative(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	int64_t lo, hi;

	(void)arg;
	return cq_inject_number_range(in, id, &lo, &hi) && lo < 0 && n->len == 4;
}

static bool is_some_time(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	int64_t lo, hi;

	(void)arg;
	/* Far enough to fall into another bin of the tombstone histogram, which rounds to 60 s. */
	return (int64_t)n->number != CQ_NO_LDT && cq_inject_number_range(in, id, &lo, &hi) &&
		((int64_t)n->number - lo > 60 || hi - (int64_t)n->number > 60);
}

static int deletion_time(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct fault_field *a = f->arg;
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = a->fields, .fits = is_some_time, .what = a->what };
	struct cq_node n;
	int64_t lo, hi;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	cq_inject_number_range(in, id, &lo, &hi);
	return fault_lie(in, id, &n, hi - (int64_t)n.number > 60 && hi < UINT32_MAX ? FAULT_HIGHEST : FAULT_LOWEST, err);
}

/* 5.0 tells LIVE from a deletion by the first bit of the timestamp. */
static int negative_deletion(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_DELETION_FLAGS, CQ_F_MARKED_FOR_DELETE_AT, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = fields, .under = CQ_F_PARTITION_HEADER,
		.what = "partition deletion" };
	static const uint8_t minus_one[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	(void)f;
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_DATA, n.space, n.off, n.len, cq_slice_of(minus_one, (size_t)n.len), id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: the deletion begins with 0xff, as a negative timestamp does", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* ---- order ---- */

/* The row behind one, when it is a row too and of the same list. */
static cq_nid next_row(struct cq_inject *in, cq_nid id, struct cq_node *n)
{
	cq_nid next = cq_doc_next(in->doc, id);

	return next && cq_doc_node(in->doc, next, n) && n->field == CQ_F_ROWS && !(n->flags & CQ_N_PAGE) && !cq_slice_is(n->name, "marker") ?
		next : 0;
}

static bool is_row(const struct cq_node *n)
{
	return n->field == CQ_F_ROWS && !(n->flags & CQ_N_PAGE) && n->len != CQ_NO_OFFSET && !cq_slice_is(n->name, "marker");
}

static bool has_next_row(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	struct cq_node next, clustering;

	(void)arg;
	return is_row(n) && next_row(in, id, &next) && next.len != CQ_NO_OFFSET && next.off == n->off + n->len &&
		cq_inject_below(in, id, CQ_F_CLUSTERING, &clustering);
}

static int row_swap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_node a, b, pa, pb;
	struct cq_buf name = {0};
	uint8_t prev_a[9], prev_b[9];
	cq_nid id, next, ia, ib;
	int rc = pick(in, fields, has_next_row, "two rows, one behind the other", &id, &a, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	next = next_row(in, id, &b);
	ia = cq_inject_below(in, id, CQ_F_PREVIOUS_SIZE, &pa);
	ib = cq_inject_below(in, next, CQ_F_PREVIOUS_SIZE, &pb);
	if (ia && ib && pa.len == pb.len && pa.len <= sizeof prev_a) {
		/* What the rows say of the row before them stays where it was. */
		rc = read_data(in, pa.off, prev_a, (size_t)pa.len, err);
		if (rc == CQ_OK)
			rc = read_data(in, pb.off, prev_b, (size_t)pb.len, err);
	}
	if (rc == CQ_OK)
		rc = fault_exchange(in, CQ_C_DATA, a.space, a.off, a.len, b.len, id, err);
	if (rc == CQ_OK && ia && ib && pa.len == pb.len && pa.len <= sizeof prev_a) {
		uint64_t to_a = a.off + (pb.off - b.off), to_b = a.off + b.len + (pa.off - a.off);
		struct cq_inject_change *c = &in->now->change[in->now->nchanges - 1];

		in->image->follows = true;
		rc = write_data(in, to_a, pa.len, cq_slice_of(prev_a, (size_t)pa.len), 0, err);
		/* The second's: the length of the first, which now is b's. */
		if (rc == CQ_OK && a.len == b.len)
			rc = write_data(in, to_b, pb.len, cq_slice_of(prev_b, (size_t)pb.len), 0, err);
		in->image->follows = false;
		if (rc == CQ_OK && c->after.len)
			rc = read_data(in, a.off, (uint8_t *)(uintptr_t)c->after.p, c->after.len, err);
	}
	if (rc == CQ_OK)
		cq_inject_say(in, "%s and the row behind it have changed places", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static bool has_next_partition(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	cq_nid next = cq_doc_next(in->doc, id);
	struct cq_node p;

	(void)arg;
	return n->field == CQ_F_PARTITION && !(n->flags & CQ_N_PAGE) && n->len != CQ_NO_OFFSET && next && cq_doc_node(in->doc, next, &p) &&
		p.field == CQ_F_PARTITION && !(p.flags & CQ_N_PAGE) && p.len != CQ_NO_OFFSET && p.off == n->off + n->len && n->len + p.len < 1 << 20;
}

static int partition_swap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_PARTITION, CQ_F_NONE };
	struct cq_node a, b;
	struct cq_buf name = {0};
	cq_nid id;
	int rc = pick(in, fields, has_next_partition, "two partitions, one behind the other", &id, &a, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	cq_doc_node(in->doc, cq_doc_next(in->doc, id), &b);
	rc = fault_exchange(in, CQ_C_DATA, a.space, a.off, a.len, b.len, id, err);
	inject_moved(in, a.off, a.off + b.len);
	inject_moved(in, b.off, a.off);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s and the partition behind it have changed places", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

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
	int rc = pick(in, fields, has_next_cell, "collection with two cells", &id, &a, err);

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
	int rc = pick(in, fields, is_collection, "frozen set or map with two elements", &id, &n, err);

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
	int rc = pick(in, cells, is_text, "text", &id, &n, err);
	uint64_t off;

	(void)f;
	if (rc == CQ_NOT_FOUND)
		rc = pick(in, others, is_text, "text", &id, &n, err);
	if (rc != CQ_OK)
		return rc;
	off = n.off + n.len - 1;                       /* the last byte: order changes least */
	rc = write_data(in, off, 1, cq_slice_of(&bad, 1), id, err);
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
	int rc = pick(in, fields, is_fixed_cell, "cell of a collection with values of a fixed length", &id, &n, err);
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
	rc = read_data(in, path_len.off, bytes, len, err);
	bytes[0]--;
	bytes[len - 1] = bytes[len - 2];
	bytes[len - 2] = (uint8_t)(value.len + 1);
	if (rc == CQ_OK)
		rc = write_data(in, path_len.off, len, cq_slice_of(bytes, len), id, err);
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
	int rc = pick(in, fields, is_counter, "counter", &id, &n, err);

	(void)f;
	if (rc == CQ_OK)
		rc = read_data(in, n.off, count, 2, err);
	if (rc != CQ_OK)
		return rc;
	/* More marks than there are shards. */
	cq_put_be16(count, (uint16_t)(n.len / 32 + 1 + cq_be16(count)));
	rc = write_data(in, n.off, 2, cq_slice_of(count, 2), id, err);
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
	int rc = pick(in, fields, has_spare_bit, "row that lacks columns, with room for one more", &id, &n, err);

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

/* ---- bytes that come or go ---- */

static int remove_bytes(struct cq_inject *in, const struct cq_fault *f, uint64_t off, uint64_t len, cq_nid id, struct cq_error *err)
{
	int rc = write_data(in, off, len, (cq_slice){0}, id, err);

	return rc == CQ_OK ? fault_shifted(in, f, off, -(int64_t)len, err) : rc;
}

static bool is_last_row(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return is_row(n) && n->len < 1 << 20;
}

static int row_twice(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	uint8_t *p;
	cq_nid id;
	int rc = pick(in, fields, is_last_row, "row", &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	p = malloc((size_t)n.len);
	rc = p ? read_data(in, n.off, p, (size_t)n.len, err) : inject_nomem(err);
	if (rc == CQ_OK)
		rc = write_data(in, n.off + n.len, 0, cq_slice_of(p, (size_t)n.len), id, err);
	free(p);
	if (rc == CQ_OK)
		rc = fault_shifted(in, f, n.off + n.len, (int64_t)n.len, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s stands there twice", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static int no_end(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_END_OF_PARTITION, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = pick(in, fields, NULL, "end of a partition", &id, &n, err);

	if (rc == CQ_OK)
		rc = remove_bytes(in, f, n.off, 1, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s is not there", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static int no_header(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_PARTITION_HEADER, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = pick(in, fields, NULL, "partition", &id, &n, err);

	if (rc == CQ_OK)
		rc = remove_bytes(in, f, n.off, n.len, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s is not there: the partition begins with its rows", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* A row whose first clustering value has bytes, and whose second is there too. */
static bool has_two_clusterings(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	struct cq_node header;

	(void)arg;
	return is_row(n) && in->t->ctx.nclustering >= 2 && cq_inject_below(in, id, CQ_F_CLUSTERING_HEADER, &header) && !(header.number & 3) &&
		header.number >> 2 < UINT64_C(1) << 60 && (header.number >> 2 & 3) != 2;
}

static int null_gap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_node n, header, value;
	struct cq_buf name = {0};
	uint64_t from;
	cq_nid id, h;
	int rc = pick(in, fields, has_two_clusterings, "row with two clustering values", &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	h = cq_inject_below(in, id, CQ_F_CLUSTERING_HEADER, &header);
	rc = cq_inject_set_number(in, h, header.number | 2, err);
	from = header.off + header.len;
	/* Its length, where it has one, stands between. */
	if (rc == CQ_OK && cq_inject_below(in, id, CQ_F_CLUSTERING_VALUE, &value) && value.off + value.len > from)
		rc = remove_bytes(in, f, from, value.off + value.len - from, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: its first clustering value is null, the next is not", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* ---- range tombstones ---- */

static bool marker_kind(struct cq_inject *in, cq_nid id, const struct cq_node *n, enum cq_bound_kind *kind)
{
	struct cq_node k;

	if (n->field != CQ_F_ROWS || !cq_slice_is(n->name, "marker") || n->len == CQ_NO_OFFSET || !cq_inject_below(in, id, CQ_F_BOUND_KIND, &k))
		return false;
	*kind = (enum cq_bound_kind)k.number;
	return true;
}

static bool is_end_marker(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	enum cq_bound_kind k;

	(void)arg;
	return marker_kind(in, id, n, &k) && cq_bound_closes(k) && !cq_bound_opens(k);
}

static int marker_removed(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = pick(in, fields, is_end_marker, "end of a range tombstone", &id, &n, err);

	if (rc == CQ_OK)
		rc = remove_bytes(in, f, n.off, n.len, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s, the end of a range tombstone, is not there", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static int marker_turned(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n, k;
	cq_nid id, kind;
	int rc = pick(in, fields, is_end_marker, "end of a range tombstone", &id, &n, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	kind = cq_inject_below(in, id, CQ_F_BOUND_KIND, &k);
	rc = cq_inject_set_number(in, kind, k.number == CQ_INCL_END ? CQ_EXCL_START : CQ_INCL_START, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s ended a range tombstone; it opens another now", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* A start marker with an end right behind it, whose bounds take the same bytes. */
static bool is_closed_marker(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	cq_nid next = cq_doc_next(in->doc, id);
	enum cq_bound_kind a, b;
	struct cq_node m, ca, cb;

	(void)arg;
	return marker_kind(in, id, n, &a) && cq_bound_opens(a) && !cq_bound_closes(a) && next && cq_doc_node(in->doc, next, &m) &&
		marker_kind(in, next, &m, &b) && cq_bound_closes(b) && !cq_bound_opens(b) && cq_inject_below(in, id, CQ_F_CLUSTERING, &ca) &&
		cq_inject_below(in, next, CQ_F_CLUSTERING, &cb) && ca.len == cb.len && ca.len < 1 << 20;
}

static int marker_empty(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n, ca, cb;
	uint8_t *p;
	cq_nid id, next, bound;
	int rc = pick(in, fields, is_closed_marker, "range tombstone of two markers with bounds of one length", &id, &n, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	next = cq_doc_next(in->doc, id);
	cq_inject_below(in, id, CQ_F_CLUSTERING, &ca);
	bound = cq_inject_below(in, next, CQ_F_CLUSTERING, &cb);
	p = malloc((size_t)ca.len);
	rc = p ? read_data(in, ca.off, p, (size_t)ca.len, err) : inject_nomem(err);
	if (rc == CQ_OK) {
		/* [x, x) or (x, x] */
		p[0] = p[0] == CQ_INCL_START ? CQ_EXCL_END : CQ_INCL_END;
		rc = write_data(in, cb.off, cb.len, cq_slice_of(p, (size_t)cb.len), bound, err);
	}
	free(p);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s begins and ends at the same clustering: it covers nothing", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

#define DATA(...) .arg = &(const struct fault_field){ CQ_C_DATA, __VA_ARGS__ }
#define MOVES "stats-hist stats-counts stats-ts stats-ldt stats-ttl stats-drop-times stats-clustering stats-ratio promoted-rows promoted-span " \
	"bti-rows rt-block-edge"

static const struct cq_fault data_faults[] = {
	{ .id = "set", .family = "data", .summary = "a field of any component (--at) becomes --value, or --xor over its bytes", .rules = NULL,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX | CQ_FAULT_NOT_RANDOM, .apply = set_field },
	{ .id = "row-timestamp", .family = "data", .summary = "a timestamp of a row or cell is later than all that Statistics.db knows",
	  .rules = "stats-ts", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_ROW_TIMESTAMP, CQ_F_CELL_TIMESTAMP }, .how = FAULT_HIGHEST, .fits = can_be_latest, .what = "timestamp with room for a later one") },
	{ .id = "deletion-time", .family = "data", .summary = "a local deletion time is another one", .rules = "stats-drop-times|stats-ldt",
	  .severity = CQ_WARNING, .flags = CQ_FAULT_FIX, .apply = deletion_time,
	  DATA({ CQ_F_CELL_LDT, CQ_F_LOCAL_DELETION_TIME, CQ_F_ROW_EXPIRATION }, .what = "deletion time with room for another") },
	{ .id = "negative-ldt", .family = "data", .summary = "the local deletion time of a partition is negative", .rules = "ldt-range",
	  .also = "stats-ldt stats-drop-times", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .lacks = CQ_FEAT_UINT_DELETION_TIME,
	  .versions = "ma to nc", .apply = fault_field,
	  DATA({ CQ_F_LOCAL_DELETION_TIME }, CQ_F_PARTITION_HEADER, .how = FAULT_NEGATIVE, .fits = fits_negative, .what = "partition") },
	{ .id = "negative-deletion", .family = "data", .summary = "a partition deletion that begins like one with a negative timestamp",
	  .rules = "neg-deletion", .also = "decode index-data stats-counts", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX,
	  .needs = CQ_FEAT_UINT_DELETION_TIME, .versions = "oa, da", .apply = negative_deletion },
	{ .id = "partition-key", .family = "data", .summary = "a byte of a partition's key is another one", .rules = "index-data|bti-leafset",
	  .also = "part-order filter-fn stats-keys stats-cardinality summary-index value-utf8 value-len bti-rows", .severity = CQ_ERROR,
	  .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_KEY }, CQ_F_PARTITION_HEADER, .how = FAULT_LAST_BYTE, .what = "partition with a key") },
	{ .id = "partition-swap", .family = "data", .summary = "two partitions in each other's place", .rules = "part-order",
	  .also = "index-data bti-leafset bti-rows", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = partition_swap },
	{ .id = "row-swap", .family = "data", .summary = "two rows in each other's place", .rules = "row-order",
	  .also = "promoted-rows bti-rows rt-balance", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = row_swap },
	{ .id = "row-twice", .family = "data", .summary = "a row that stands there twice", .rules = "row-dup", .also = MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = row_twice },
	{ .id = "cell-swap", .family = "data", .summary = "two cells of a collection in each other's place", .rules = "cell-order",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = cell_swap },
	{ .id = "collection-order", .family = "data", .summary = "two elements of a frozen set or map in each other's place",
	  .rules = "coll-order", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = collection_order },
	{ .id = "no-end", .family = "data", .summary = "the end-of-partition marker is not there", .rules = "no-eop",
	  .also = "decode stats-keys stats-cardinality index-data bti-leafset index-cover part-order columns-subset row-order " MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = no_end },
	{ .id = "end-marker", .family = "data", .summary = "the end-of-partition marker is another byte", .rules = "no-eop|decode",
	  .also = "stats-keys stats-cardinality index-data bti-leafset index-cover part-order columns-subset row-order " MOVES, .severity = CQ_ERROR,
	  .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_END_OF_PARTITION }, .how = FAULT_HIGHEST, .what = "end of a partition") },
	{ .id = "no-header", .family = "data", .summary = "a partition without key and deletion", .rules = "no-header",
	  .also = "decode no-eop index-data bti-leafset index-cover stats-keys stats-cardinality filter-fp " MOVES, .severity = CQ_ERROR,
	  .flags = CQ_FAULT_FIX, .apply = no_header },
	{ .id = "row-size", .family = "data", .summary = "a row's size is another one", .rules = "decode", .also = "no-eop " MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = fault_field, DATA({ CQ_F_ROW_SIZE }, .how = FAULT_PLUS, .what = "row") },
	{ .id = "row-flags", .family = "data", .summary = "a row's flags have another bit", .rules = "decode|no-eop|columns-subset|stats-counts",
	  .also = "value-len value-utf8 stats-ts stats-ldt stats-ttl " MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_ROW_FLAGS }, .how = FAULT_ANY, .what = "row") },
	{ .id = "null-gap", .family = "data", .summary = "a null clustering value before one that is not", .rules = "ck-null-gap",
	  .also = "row-order stats-clustering " MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = null_gap },
	{ .id = "marker-removed", .family = "data", .summary = "the end of a range tombstone is not there", .rules = "rt-balance", .also = MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = marker_removed },
	{ .id = "marker-turned", .family = "data", .summary = "the end of a range tombstone opens another one", .rules = "rt-balance",
	  .also = "row-order " MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = marker_turned },
	{ .id = "marker-empty", .family = "data", .summary = "a range tombstone that ends where it begins", .rules = "rt-empty",
	  .also = "row-order stats-clustering " MOVES, .severity = CQ_WARNING, .flags = CQ_FAULT_FIX, .apply = marker_empty },
	{ .id = "text-byte", .family = "data", .summary = "a text that is not UTF-8", .rules = "value-utf8", .also = "row-order cell-order "
	  "stats-clustering promoted-rows bti-rows", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = text_byte },
	{ .id = "value-length", .family = "data", .summary = "a value of a fixed-length type has another length", .rules = "value-len",
	  .also = "cell-order value-utf8", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = value_length },
	{ .id = "counter-context", .family = "data", .summary = "a counter's context claims shards that it has not", .rules = "counter-ctx",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = counter_context },
	{ .id = "columns-subset", .family = "data", .summary = "a row speaks of a column that the header does not have",
	  .rules = "columns-subset", .also = "decode " MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = columns_subset },
};

FAMILY(data);

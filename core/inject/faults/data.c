/* Faults of what Data.db says of partitions and rows: times, order, ends and heads. Most keep every length; those that do not aim
 * the indexes anew. */
#include <stdlib.h>

#include "faults.h"

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
		rc = cq_doc_at(in->doc, c->component, c->component == CQ_C_DATA ? fault_space(in) : CQ_SPACE_RAW, in->opt->offset, &id, err);
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
	/* Of a partition that is deleted: without a timestamp the time means nothing. */
	return cq_inject_number_range(in, id, &lo, &hi) && lo < 0 && n->len == 4 && n->number != INT32_MAX;
}

static bool is_some_time(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	int64_t lo, hi;

	(void)arg;
	/* Far enough to fall into another bin of the tombstone histogram, which rounds to 60 s. */
	return (int64_t)n->number != CQ_NO_LDT && !(n->len == 4 && (n->number == INT32_MAX || n->number == UINT32_MAX)) &&
		cq_inject_number_range(in, id, &lo, &hi) &&
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

/* What the first row or marker of a header's partition says of its own distance from the partition's start; 0: it has none. */
static cq_nid first_previous_size(struct cq_inject *in, cq_nid id, struct cq_node *n)
{
	cq_nid partition = cq_inject_above(in, id, CQ_F_PARTITION);
	cq_nid row = partition ? cq_inject_below(in, partition, CQ_F_ROWS, n) : 0;

	return row ? cq_inject_below(in, row, CQ_F_PREVIOUS_SIZE, n) : 0;
}

/* A deletion that may become eleven bytes longer. */
static bool can_grow(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	struct cq_node size;
	int64_t lo, hi;
	cq_nid prev = n->len == 1 ? first_previous_size(in, id, &size) : 0;

	(void)arg;
	return !prev || (cq_inject_number_range(in, prev, &lo, &hi) && (int64_t)size.number + 11 <= hi);
}

/* 5.0 tells LIVE from a deletion by the first bit of the timestamp, and writes negative timestamps all the same. Everything else is as
 * 5.0 would have written it. */
static int negative_deletion(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_DELETION_FLAGS, CQ_F_MARKED_FOR_DELETE_AT, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = fields, .under = CQ_F_PARTITION_HEADER,
		.fits = can_grow, .what = "partition deletion" };
	/* -1 us, and a day in 2023 */
	static const uint8_t deletion[12] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x65, 0x53, 0xf1, 0x00 };
	struct cq_buf name = {0};
	struct cq_node n, size;
	bool live;
	cq_nid id, prev;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	live = n.len == 1;
	rc = fault_write(in, n.off, n.len, cq_slice_of(deletion, live ? 12 : 8), id, err);
	prev = live ? first_previous_size(in, id, &size) : 0;
	if (rc == CQ_OK && prev)
		rc = cq_inject_set_number(in, prev, size.number + 11, err);
	if (rc == CQ_OK && live)
		rc = fault_shifted(in, f, n.off, 11, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: a deletion with the timestamp -1", fault_name(in, id, &name));
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

static bool has_next_row(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	struct cq_node next, clustering;

	(void)arg;
	return fault_is_row(n) && next_row(in, id, &next) && next.len != CQ_NO_OFFSET && next.off == n->off + n->len &&
		cq_inject_below(in, id, CQ_F_CLUSTERING, &clustering);
}

static int row_swap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_node a, b, pa, pb;
	struct cq_buf name = {0};
	uint8_t prev_a[9], prev_b[9];
	cq_nid id, next, ia, ib;
	int rc = fault_pick(in, fields, has_next_row, "pair of rows, one behind the other", &id, &a, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	next = next_row(in, id, &b);
	ia = cq_inject_below(in, id, CQ_F_PREVIOUS_SIZE, &pa);
	ib = cq_inject_below(in, next, CQ_F_PREVIOUS_SIZE, &pb);
	if (ia && ib && pa.len == pb.len && pa.len <= sizeof prev_a) {
		/* What the rows say of the row before them stays where it was. */
		rc = fault_read(in, pa.off, prev_a, (size_t)pa.len, err);
		if (rc == CQ_OK)
			rc = fault_read(in, pb.off, prev_b, (size_t)pb.len, err);
	}
	if (rc == CQ_OK)
		rc = fault_exchange(in, CQ_C_DATA, a.space, a.off, a.len, b.len, id, err);
	if (rc == CQ_OK && ia && ib && pa.len == pb.len && pa.len <= sizeof prev_a) {
		uint64_t to_a = a.off + (pb.off - b.off), to_b = a.off + b.len + (pa.off - a.off);
		struct cq_inject_change *c = &in->now->change[in->now->nchanges - 1];

		in->image->follows = true;
		rc = fault_write(in, to_a, pa.len, cq_slice_of(prev_a, (size_t)pa.len), 0, err);
		/* The second's: the length of the first, which now is b's. */
		if (rc == CQ_OK && a.len == b.len)
			rc = fault_write(in, to_b, pb.len, cq_slice_of(prev_b, (size_t)pb.len), 0, err);
		in->image->follows = false;
		if (rc == CQ_OK && c->after.len)
			rc = fault_read(in, a.off, (uint8_t *)(uintptr_t)c->after.p, c->after.len, err);
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
	int rc = fault_pick(in, fields, has_next_partition, "pair of partitions, one behind the other", &id, &a, err);

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

/* ---- bytes that come or go ---- */

static bool is_row_flags(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return !(n->number & 2);                       /* not a marker's */
}

/* HAS_TIMESTAMP turned round: every field behind it is read where it is not. */
static int row_flags(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROW_FLAGS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = fault_pick(in, fields, is_row_flags, "row", &id, &n, err);

	(void)f;
	if (rc == CQ_OK && (in->opt->value || in->opt->xor))
		return fault_lie(in, id, &n, FAULT_ANY, err);
	if (rc == CQ_OK)
		rc = cq_inject_set_number(in, id, n.number ^ 4, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: HAS_TIMESTAMP is %s now", fault_name(in, id, &name), n.number & 4 ? "not set" : "set");
	cq_buf_finish(&name);
	return rc;
}

static bool is_short_row(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return fault_is_row(n) && n->len < 1 << 20;
}

static int row_twice(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	uint8_t *p;
	cq_nid id;
	int rc = fault_pick(in, fields, is_short_row, "row", &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	p = malloc((size_t)n.len);
	rc = p ? fault_read(in, n.off, p, (size_t)n.len, err) : inject_nomem(err);
	if (rc == CQ_OK)
		rc = fault_write(in, n.off + n.len, 0, cq_slice_of(p, (size_t)n.len), id, err);
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
	int rc = fault_pick(in, fields, NULL, "end of a partition", &id, &n, err);

	if (rc == CQ_OK)
		rc = fault_remove(in, f, n.off, 1, id, err);
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
	int rc = fault_pick(in, fields, NULL, "partition", &id, &n, err);

	if (rc == CQ_OK)
		rc = fault_remove(in, f, n.off, n.len, id, err);
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
	return fault_is_row(n) && in->t->ctx.nclustering >= 2 && cq_inject_below(in, id, CQ_F_CLUSTERING_HEADER, &header) && !(header.number & 3) &&
		header.number >> 2 < UINT64_C(1) << 60 && (header.number >> 2 & 3) != 2;
}

static int null_gap(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_node n, header, value;
	struct cq_buf name = {0};
	uint64_t from;
	cq_nid id, h;
	int rc = fault_pick(in, fields, has_two_clusterings, "row with two clustering values", &id, &n, err);

	if (rc != CQ_OK)
		return rc;
	h = cq_inject_below(in, id, CQ_F_CLUSTERING_HEADER, &header);
	rc = cq_inject_set_number(in, h, header.number | 2, err);
	from = header.off + header.len;
	/* Its length, where it has one, stands between. */
	if (rc == CQ_OK && cq_inject_below(in, id, CQ_F_CLUSTERING_VALUE, &value) && value.off + value.len > from)
		rc = fault_remove(in, f, from, value.off + value.len - from, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: its first clustering value is null, the next is not", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

#define DATA(...) .arg = &(const struct fault_field){ CQ_C_DATA, __VA_ARGS__ }

static const struct cq_fault data_faults[] = {
	{ .id = "set", .family = "data", .summary = "a field of any component (--at) becomes --value, or --xor over its bytes", .rules = NULL,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX | CQ_FAULT_NOT_RANDOM, .apply = set_field },
	{ .id = "row-timestamp", .family = "data", .summary = "a timestamp of a row or cell is later than all that Statistics.db knows",
	  .rules = "stats-ts", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_ROW_TIMESTAMP, CQ_F_CELL_TIMESTAMP }, .how = FAULT_HIGHEST, .fits = can_be_latest, .what = "timestamp with room for a later one") },
	{ .id = "deletion-time", .family = "data", .summary = "a local deletion time is another one", .rules = "stats-drop-times|stats-ldt",
	  .also = "rt-balance complex-live stats-ldt stats-drop-times",
	  .severity = CQ_WARNING, .flags = CQ_FAULT_FIX, .apply = deletion_time,
	  DATA({ CQ_F_CELL_LDT, CQ_F_LOCAL_DELETION_TIME, CQ_F_ROW_EXPIRATION }, .what = "deletion time with room for another") },
	{ .id = "negative-ldt", .family = "data", .summary = "the local deletion time of a partition is negative", .rules = "ldt-range",
	  .also = "stats-ldt stats-drop-times promoted-rows", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .lacks = CQ_FEAT_UINT_DELETION_TIME,
	  .versions = "ma to nc", .apply = fault_field,
	  DATA({ CQ_F_LOCAL_DELETION_TIME }, CQ_F_PARTITION_HEADER, .how = FAULT_NEGATIVE, .fits = fits_negative, .what = "deleted partition") },
	{ .id = "negative-deletion", .family = "data", .summary = "a partition deletion with a negative timestamp, whose first byte reads as flags",
	  .rules = "neg-deletion", .also = "index-data " FAULT_MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX,
	  .needs = CQ_FEAT_UINT_DELETION_TIME, .versions = "oa, da", .apply = negative_deletion },
	{ .id = "partition-key", .family = "data", .summary = "a byte of a partition's key is another one", .rules = "index-data|bti-leafset",
	  .also = "part-order filter-fn filter-fp bti-root stats-keys stats-cardinality summary-index value-utf8 value-len bti-rows", .severity = CQ_ERROR,
	  .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_KEY }, CQ_F_PARTITION_HEADER, .how = FAULT_LAST_BYTE, .what = "partition with a key") },
	{ .id = "partition-swap", .family = "data", .summary = "two partitions in each other's place", .rules = "part-order",
	  .also = "index-data index-cover bti-leafset bti-root bti-rows stats-keys", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = partition_swap },
	{ .id = "row-swap", .family = "data", .summary = "two rows in each other's place", .rules = "row-order",
	  .also = "promoted-rows bti-rows rt-balance stats-clustering", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = row_swap },
	{ .id = "row-twice", .family = "data", .summary = "a row that stands there twice", .rules = "row-dup", .also = FAULT_MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = row_twice },
	{ .id = "no-end", .family = "data", .summary = "the end-of-partition marker is not there", .rules = "no-eop|decode",
	  .also = "decode stats-keys stats-cardinality index-data bti-leafset index-cover part-order columns-subset row-order " FAULT_MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = no_end },
	{ .id = "end-marker", .family = "data", .summary = "the end-of-partition marker is another byte", .rules = "no-eop|decode",
	  .also = "stats-keys stats-cardinality index-data bti-leafset index-cover part-order columns-subset row-order " FAULT_MOVES, .severity = CQ_ERROR,
	  .flags = CQ_FAULT_FIX, .apply = fault_field,
	  DATA({ CQ_F_END_OF_PARTITION }, .how = FAULT_HIGHEST, .what = "end of a partition") },
	{ .id = "no-header", .family = "data", .summary = "a partition without key and deletion", .rules = "no-header|decode|no-eop",
	  .also = "decode no-eop no-header part-order filter-fn value-len value-utf8 index-data bti-leafset index-cover stats-keys stats-cardinality filter-fp " FAULT_MOVES, .severity = CQ_ERROR,
	  .flags = CQ_FAULT_FIX, .apply = no_header },
	{ .id = "row-size", .family = "data", .summary = "a row's size is another one", .rules = "decode", .also = "no-eop " FAULT_MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = fault_field, DATA({ CQ_F_ROW_SIZE }, .how = FAULT_PLUS, .what = "row") },
	{ .id = "row-flags", .family = "data", .summary = "a row's flags are wrong about whether it has a timestamp",
	  .rules = "decode|no-eop|columns-subset|stats-counts", .also = "value-len value-utf8 stats-ts stats-ldt stats-ttl complex-live " FAULT_MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = row_flags },
	{ .id = "null-gap", .family = "data", .summary = "a null clustering value before one that is not", .rules = "ck-null-gap",
	  .also = "row-order stats-clustering " FAULT_MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = null_gap },
};

FAMILY(data);

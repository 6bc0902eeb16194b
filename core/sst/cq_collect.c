/* One thing, though long: every figure is taken from the same pass over an event, and put together, merged and given out in the same
 * order. The two that have algorithms of their own are cq_drops.c and cq_sketch.c. */
#include "cq_collect.h"

#include <stdlib.h>

#include "cq_format.h"
#include "cq_hash.h"
#include "cq_sketch.h"

enum { BUCKETS_MAX = 256, SMALL = 4096, KEY_MAX = UINT16_MAX };

/* A prefix of which we own the bytes. */
struct kept {
	bool set;
	enum cq_bound_kind kind;
	uint32_t n;
	cq_slice *values;              /* nclustering */
	uint8_t *bytes;
	size_t cap;
};

struct histogram {
	size_t n;
	int64_t upper[BUCKETS_MAX];    /* of all buckets but the last */
	int64_t count[BUCKETS_MAX];
};

struct cq_collect {
	struct cq_collect_options opt;
	/* hot */
	int64_t min_ts, max_ts, min_ldt, max_ldt, last_ldt;
	uint64_t pending;              /* times that last_ldt came in a row and that drops has not heard of */
	int32_t min_ttl, max_ttl;
	uint64_t partition_cells, partition_off;
	struct cq_collect_facts facts;
	int64_t columns_set;
	bool legacy_shards, nomem;
	bool first_unfiltered;         /* none of the partition was seen yet */
	struct kept min, max, last;    /* last: the largest of the partition so far */
	struct kept *each_min, *each_max;      /* CQ_COLLECT_3_0: a value a component */
	struct cq_buf first_key;
	uint8_t *last_key;             /* KEY_MAX + 1 */
	size_t last_len;
	struct cq_drops *drops;
	struct cq_sketch *sketch;
	struct histogram sizes, cells;
	uint8_t small[SMALL];          /* the bucket of small values, alike in both */
};

/* ---- options ---- */

void cq_collect_options_of(const struct cq_table *t, struct cq_collect_options *out)
{
	const struct cq_statistics *s = &t->stats;
	const unsigned f = t->features;
	bool five = f & (CQ_FEAT_COVERED_MINMAX | CQ_FEAT_COVERED_AT_END) || s->partition_sizes.n == 156;

	*out = (struct cq_collect_options){ .features = f, .nclustering = t->ctx.nclustering, .clustering = t->ctx.clustering };
	out->rules = five ? CQ_COLLECT_5_0 : f & CQ_FEAT_METADATA_CHECKSUM ? CQ_COLLECT_4_0 :
		f & CQ_FEAT_ACCURATE_MINMAX ? CQ_COLLECT_3_11 : CQ_COLLECT_3_0;
	/* 114 boundaries of cells became 118 with 3.0.23, 3.11.9 and 4.0-beta3: what is stored tells which. */
	out->cell_buckets = s->cells_per_partition.n == 115 ? 115 : 119;
	out->size_buckets = five ? 156 : 151;
	for (size_t i = 0; i < s->nstatic; i++)
		out->counters |= s->statics[i].counter;
	for (size_t i = 0; i < s->nregular; i++)
		out->counters |= s->regulars[i].counter;
}

static enum cq_drops_rules drops_rules(enum cq_collect_rules r)
{
	return r == CQ_COLLECT_5_0 ? CQ_DROPS_5 : r == CQ_COLLECT_4_0 ? CQ_DROPS_4 : CQ_DROPS_3;
}

/* ---- histograms ---- */

/* 1, then a fifth more each, at least one. */
static void boundaries(int64_t *upper, size_t n)
{
	int64_t v = 1;

	for (size_t i = 0; i < n; i++) {
		int64_t next = v >= INT64_MAX / 2 ? v : (int64_t)((double)v * 1.2 + 0.5);

		upper[i] = v;
		v = next == v ? v + (v < INT64_MAX) : next;
	}
}

void cq_histogram_offsets(int64_t *offsets, size_t n)
{
	if (!n)
		return;
	boundaries(offsets + 1, n - 1);
	offsets[0] = 1;
}

static void histogram_init(struct histogram *h, size_t buckets)
{
	h->n = buckets < 2 ? 2 : buckets > BUCKETS_MAX ? BUCKETS_MAX : buckets;
	boundaries(h->upper, h->n - 1);
}

static size_t bucket(const struct histogram *h, int64_t v)
{
	size_t lo = 0, n = h->n - 1;

	while (n) {
		size_t half = n / 2;

		if (h->upper[lo + half] < v) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

static void count(struct cq_collect *c, struct histogram *h, uint64_t v)
{
	size_t i = v < SMALL ? c->small[v] : bucket(h, v > INT64_MAX ? INT64_MAX : (int64_t)v);

	h->count[i < h->n ? i : h->n - 1]++;
}

static struct cq_histogram stored(struct cq_arena *arena, const struct histogram *h)
{
	int64_t *offsets = cq_arena_zalloc(arena, h->n, sizeof *offsets), *counts = cq_arena_zalloc(arena, h->n, sizeof *counts);

	if (!offsets || !counts)
		return (struct cq_histogram){0};
	cq_histogram_offsets(offsets, h->n);
	memcpy(counts, h->count, h->n * sizeof *counts);
	return (struct cq_histogram){ .n = h->n, .offsets = offsets, .counts = counts };
}

/* ---- opening, closing ---- */

static void kept_finish(struct kept *k)
{
	free(k->values);
	free(k->bytes);
}

void cq_collect_close(struct cq_collect *c)
{
	if (!c)
		return;
	kept_finish(&c->min);
	kept_finish(&c->max);
	kept_finish(&c->last);
	for (uint32_t i = 0; i < c->opt.nclustering; i++) {
		if (c->each_min)
			kept_finish(&c->each_min[i]);
		if (c->each_max)
			kept_finish(&c->each_max[i]);
	}
	free(c->each_min);
	free(c->each_max);
	cq_buf_finish(&c->first_key);
	free(c->last_key);
	cq_drops_close(c->drops);
	cq_sketch_close(c->sketch);
	free(c);
}

static bool kept_init(struct kept *k, uint32_t n)
{
	k->values = calloc((size_t)n + 1, sizeof *k->values);
	return k->values;
}

static bool each_init(struct kept **out, uint32_t n)
{
	*out = calloc((size_t)n + 1, sizeof **out);
	for (uint32_t i = 0; *out && i < n; i++)
		if (!kept_init(&(*out)[i], 1))
			return false;
	return *out;
}

int cq_collect_open(struct cq_collect **out, const struct cq_collect_options *opt, struct cq_error *err)
{
	struct cq_collect *c = calloc(1, sizeof *c);
	int rc;

	if (!c)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for statistics");
	c->opt = *opt;
	c->min_ts = c->min_ldt = INT64_MAX;
	c->max_ts = c->max_ldt = INT64_MIN;
	c->last_ldt = CQ_NO_LDT;
	c->min_ttl = c->facts.min_expiring_ttl = INT32_MAX;
	c->max_ttl = INT32_MIN;
	histogram_init(&c->sizes, opt->size_buckets ? opt->size_buckets : opt->rules == CQ_COLLECT_5_0 ? 156 : 151);
	histogram_init(&c->cells, opt->cell_buckets ? opt->cell_buckets : 119);
	for (size_t v = 0, i = 0; v < SMALL; v++) {
		while (i < c->sizes.n - 1 && c->sizes.upper[i] < (int64_t)v)
			i++;
		c->small[v] = (uint8_t)i;
	}
	rc = cq_drops_open(&c->drops, drops_rules(opt->rules), err);
	if (rc == CQ_OK)
		rc = cq_sketch_open(&c->sketch, err);
	c->last_key = malloc(KEY_MAX + 1);
	if (rc == CQ_OK && (!c->last_key || !kept_init(&c->min, opt->nclustering) || !kept_init(&c->max, opt->nclustering) ||
	    !kept_init(&c->last, opt->nclustering) || (opt->rules == CQ_COLLECT_3_0 &&
	    (!each_init(&c->each_min, opt->nclustering) || !each_init(&c->each_max, opt->nclustering)))))
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for statistics");
	if (rc < 0) {
		cq_collect_close(c);
		return rc;
	}
	*out = c;
	return CQ_OK;
}

/* ---- clusterings ---- */

static void keep(struct cq_collect *c, struct kept *k, const struct cq_prefix *p)
{
	uint32_t n = p->n < c->opt.nclustering ? p->n : c->opt.nclustering;
	size_t len = 1;
	uint8_t *to;

	if (n == 1 && p->values[0].len < k->cap) {
		const cq_slice v = p->values[0];

		k->set = true;
		k->kind = p->kind;
		k->n = 1;
		k->values[0] = (cq_slice){ .p = v.p ? k->bytes : NULL, .len = v.len };
		if (v.len)
			memcpy(k->bytes, v.p, v.len);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		len += p->values[i].len;
	if (CQ_UNLIKELY(len > k->cap)) {
		uint8_t *bytes = realloc(k->bytes, 2 * len);

		if (!bytes) {
			c->nomem = true;
			return;
		}
		k->bytes = bytes;
		k->cap = 2 * len;
	}
	k->set = true;
	k->kind = p->kind;
	k->n = n;
	to = k->bytes;
	for (uint32_t i = 0; i < n; i++) {
		const cq_slice v = p->values[i];

		k->values[i] = (cq_slice){ .p = v.p ? to : NULL, .len = v.len };
		if (v.len)
			memcpy(to, v.p, v.len);
		to += v.len;
	}
}

static struct cq_prefix prefix_of(const struct kept *k)
{
	return (struct cq_prefix){ .kind = k->kind, .n = k->n, .values = k->values };
}

/* Equal ones leave what came first. */
static void lower(struct cq_collect *c, const struct cq_prefix *p)
{
	struct cq_prefix old = prefix_of(&c->min);

	if (!c->min.set || cq_prefix_compare(c->opt.clustering, p, &old) < 0)
		keep(c, &c->min, p);
}

static void raise(struct cq_collect *c, const struct cq_prefix *p)
{
	struct cq_prefix old = prefix_of(&c->max);

	if (!c->max.set || cq_prefix_compare(c->opt.clustering, p, &old) > 0)
		keep(c, &c->max, p);
}

static void each_value(struct cq_collect *c, uint32_t i, cq_slice v)
{
	const struct cq_type *type = c->opt.clustering[i];
	const struct cq_prefix p = { .kind = CQ_CLUSTERING, .n = 1, .values = &v };
	struct kept *lo = &c->each_min[i], *hi = &c->each_max[i];

	if (!v.p)
		return;
	if (!lo->set || cq_value_compare(type, v, lo->values[0]) < 0)
		keep(c, lo, &p);
	if (!hi->set || cq_value_compare(type, v, hi->values[0]) > 0)
		keep(c, hi, &p);
}

/* Rows come in order: of a partition the first may be the smallest of all and the last the largest. */
static CQ_NOINLINE void one_of_many(struct cq_collect *c, const struct cq_prefix *p)
{
	bool low = true, high = true;

	if (CQ_UNLIKELY(c->opt.rules == CQ_COLLECT_3_0)) {
		for (uint32_t i = 0; i < p->n && i < c->opt.nclustering; i++)
			each_value(c, i, p->values[i]);
		return;
	}
	if (p->kind != CQ_CLUSTERING && c->opt.rules == CQ_COLLECT_5_0) {
		low = p->kind == CQ_INCL_START || p->kind == CQ_EXCL_START;
		high = p->kind == CQ_INCL_END || p->kind == CQ_EXCL_END;
	}
	if (c->first_unfiltered && low) {
		lower(c, p);
		c->first_unfiltered = false;
	}
	if (high)
		keep(c, &c->last, p);
}

static inline void clustering(struct cq_collect *c, const struct cq_prefix *p)
{
	/* All rows of a table without clustering columns are alike. */
	if (c->opt.nclustering || !c->min.set)
		one_of_many(c, p);
}

static void clusterings_end(struct cq_collect *c)
{
	if (c->last.set) {
		struct cq_prefix p = prefix_of(&c->last);

		raise(c, &p);
		c->last.set = false;
	}
}

/* ---- values ---- */

CQ_ALWAYS_INLINE void timestamp(struct cq_collect *c, int64_t ts)
{
	c->min_ts = ts < c->min_ts ? ts : c->min_ts;
	c->max_ts = ts > c->max_ts ? ts : c->max_ts;
}

CQ_ALWAYS_INLINE void local_time(struct cq_collect *c, int64_t ldt)
{
	c->min_ldt = ldt < c->min_ldt ? ldt : c->min_ldt;
	c->max_ldt = ldt > c->max_ldt ? ldt : c->max_ldt;
	if (ldt == CQ_NO_LDT)
		return;
	c->facts.ldts++;
	if (ldt != c->last_ldt) {
		if (c->pending)
			cq_drops_add(c->drops, c->last_ldt, c->pending);
		c->last_ldt = ldt;
		c->pending = 0;
	}
	c->pending++;
}

CQ_ALWAYS_INLINE void time_to_live(struct cq_collect *c, int32_t ttl)
{
	c->min_ttl = ttl < c->min_ttl ? ttl : c->min_ttl;
	c->max_ttl = ttl > c->max_ttl ? ttl : c->max_ttl;
	if (ttl == 0)
		return;
	c->facts.ttls++;
	if (ttl < c->facts.min_expiring_ttl)
		c->facts.min_expiring_ttl = ttl;
}

CQ_ALWAYS_INLINE void deletion(struct cq_collect *c, const struct cq_deletion *d)
{
	if (cq_deletion_live(*d))
		return;
	c->facts.timestamps++;
	timestamp(c, d->timestamp);
	local_time(c, d->ldt);
}

/* Shards that no 2.1 or later writes: local or remote ones. */
static bool legacy_shards(cq_slice context)
{
	struct cq_shard shard;

	for (size_t i = 0; cq_counter_shard(context, i, &shard, NULL) == CQ_OK; i++)
		if (shard.kind != CQ_SHARD_GLOBAL)
			return true;
	return false;
}

static void counters(struct cq_collect *c, const struct cq_row *r)
{
	for (uint32_t i = 0; i < r->ncells && !c->legacy_shards; i++)
		if (r->cells[i].column->counter && !(r->cells[i].flags & CQ_CELL_DELETED))
			c->legacy_shards = legacy_shards(r->cells[i].value);
}

/* Were there cells with nothing of their own: the row's timestamp, no time to live? It was seen; "none" and 0 are for all of them together. */
CQ_ALWAYS_INLINE bool cells(struct cq_collect *c, const struct cq_cell *cell, uint32_t first, uint32_t n)
{
	const unsigned own = CQ_CELL_DELETED | CQ_CELL_EXPIRING | CQ_CELL_ROW_TIMESTAMP | CQ_CELL_ROW_TTL;
	bool plain = false;

	for (uint32_t i = first; i < first + n; i++) {
		if ((cell[i].flags & own) == CQ_CELL_ROW_TIMESTAMP) {
			plain = true;
			continue;
		}
		timestamp(c, cell[i].timestamp);
		time_to_live(c, cell[i].ttl);
		local_time(c, cell[i].ldt);
	}
	return plain;
}

static void row(struct cq_collect *c, const struct cq_row *r, unsigned any, unsigned all)
{
	bool plain;
	int64_t columns = r->nsimple;

	if (r->has_liveness && r->timestamp != CQ_NO_TIMESTAMP) {
		c->facts.timestamps++;
		timestamp(c, r->timestamp);
		time_to_live(c, r->ttl);
		local_time(c, r->ldt);
	}
	deletion(c, &r->deletion);
	if (CQ_UNLIKELY(r->extended))
		deletion(c, &r->scylla_shadowable);
	/* Columns in order: their deletions come before their cells. That matters to drop times alone, and then only beyond a
	 * hundred minutes. */
	if (CQ_LIKELY(!(any & (CQ_CELL_DELETED | CQ_CELL_EXPIRING | CQ_CELL_ROW_TTL)) && all & CQ_CELL_ROW_TIMESTAMP && !r->ncomplex))
		plain = r->ncells;
	else
		plain = cells(c, r->cells, 0, r->nsimple);
	for (uint32_t k = 0; k < r->ncomplex; k++) {
		const struct cq_complex *x = &r->complex[k];

		deletion(c, &x->deletion);
		columns += x->count > 0;
		plain |= cells(c, r->cells, x->first, x->count);
	}
	if (plain) {
		time_to_live(c, 0);
		local_time(c, CQ_NO_LDT);
	}
	c->facts.timestamps += r->ncells;
	c->facts.cells += r->ncells;
	c->partition_cells += r->ncells;
	c->columns_set += columns;
	if (CQ_UNLIKELY(c->opt.counters) && !c->legacy_shards)
		counters(c, r);
}

/* ---- events ---- */

static void set_last_key(struct cq_collect *c, cq_slice key)
{
	c->last_len = key.len < KEY_MAX ? key.len : KEY_MAX;
	if (key.len)
		memcpy(c->last_key, key.p, c->last_len);
}

static void set_first_key(struct cq_collect *c, cq_slice key)
{
	cq_buf_clear(&c->first_key);
	cq_buf_slice(&c->first_key, key);
	c->nomem |= c->first_key.failed;
}

void cq_collect_row(struct cq_collect *c, const struct cq_event *ev, unsigned any, unsigned all)
{
	if (ev->kind == CQ_EV_ROW) {
		c->facts.rows++;
		clustering(c, &ev->row->clustering);
	} else {
		c->facts.statics++;
	}
	row(c, ev->row, any, all);
}

void cq_collect_event(struct cq_collect *c, const struct cq_event *ev)
{
	switch (ev->kind) {
	case CQ_EV_PARTITION:
		c->partition_off = ev->off;
		c->partition_cells = 0;
		c->first_unfiltered = true;
		if (!cq_deletion_live(ev->partition->deletion))
			c->facts.partition_deletions++;
		deletion(c, &ev->partition->deletion);
		if (!c->facts.partitions++)
			set_first_key(c, ev->partition->key);
		set_last_key(c, ev->partition->key);
		cq_sketch_offer(c->sketch, cq_murmur2(ev->partition->key));
		break;
	case CQ_EV_STATIC:
	case CQ_EV_ROW:
		cq_collect_row(c, ev, 0, 0);
		break;
	case CQ_EV_MARKER:
		c->facts.markers++;
		clustering(c, &ev->marker->bound);
		deletion(c, &ev->marker->close);
		deletion(c, &ev->marker->open);
		break;
	case CQ_EV_PARTITION_END:
		clusterings_end(c);
		count(c, &c->sizes, ev->off + ev->len - c->partition_off);
		count(c, &c->cells, c->partition_cells);
		break;
	}
}

static void settle(struct cq_collect *c)
{
	if (c->pending)
		cq_drops_add(c->drops, c->last_ldt, c->pending);
	c->pending = 0;
	c->last_ldt = CQ_NO_LDT;
	c->facts.drop_times_exact = cq_drops_exact(c->drops);
}

/* ---- merging ---- */

static void merge_facts(struct cq_collect_facts *a, const struct cq_collect_facts *b)
{
	a->partitions += b->partitions;
	a->rows += b->rows;
	a->statics += b->statics;
	a->markers += b->markers;
	a->cells += b->cells;
	a->timestamps += b->timestamps;
	a->ldts += b->ldts;
	a->ttls += b->ttls;
	a->partition_deletions += b->partition_deletions;
	if (b->min_expiring_ttl < a->min_expiring_ttl)
		a->min_expiring_ttl = b->min_expiring_ttl;
}

int cq_collect_merge(struct cq_collect *into, struct cq_collect *next, struct cq_error *err)
{
	int rc;

	settle(into);
	settle(next);
	if (next->max_ts > into->max_ts)
		into->max_ts = next->max_ts;
	if (next->min_ts < into->min_ts)
		into->min_ts = next->min_ts;
	if (next->min_ldt < into->min_ldt)
		into->min_ldt = next->min_ldt;
	if (next->max_ldt > into->max_ldt)
		into->max_ldt = next->max_ldt;
	if (next->min_ttl < into->min_ttl)
		into->min_ttl = next->min_ttl;
	if (next->max_ttl > into->max_ttl)
		into->max_ttl = next->max_ttl;
	into->columns_set += next->columns_set;
	into->legacy_shards |= next->legacy_shards;
	if (next->min.set) {
		struct cq_prefix p = prefix_of(&next->min);

		lower(into, &p);
	}
	if (next->max.set) {
		struct cq_prefix p = prefix_of(&next->max);

		raise(into, &p);
	}
	for (uint32_t i = 0; into->each_min && i < into->opt.nclustering; i++) {
		if (next->each_min[i].set)
			each_value(into, i, next->each_min[i].values[0]);
		if (next->each_max[i].set)
			each_value(into, i, next->each_max[i].values[0]);
	}
	if (!into->facts.partitions && next->facts.partitions)
		set_first_key(into, cq_buf_bytes(&next->first_key));
	if (next->facts.partitions)
		set_last_key(into, cq_slice_of(next->last_key, next->last_len));
	merge_facts(&into->facts, &next->facts);
	for (size_t i = 0; i < into->sizes.n; i++)
		into->sizes.count[i] += next->sizes.count[i];
	for (size_t i = 0; i < into->cells.n; i++)
		into->cells.count[i] += next->cells.count[i];
	cq_drops_merge(into->drops, next->drops);
	into->facts.drop_times_exact = cq_drops_exact(into->drops);
	into->nomem |= next->nomem;
	rc = cq_sketch_merge(into->sketch, next->sketch, err);
	return rc == CQ_OK && into->nomem ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for statistics") : rc;
}

/* ---- results ---- */

/* Values up to the first null. */
static bool list_of(struct cq_arena *arena, const struct kept *k, const cq_slice **out, size_t *nout)
{
	cq_slice *v = cq_arena_zalloc(arena, k->n + 1u, sizeof *v);
	size_t n = 0;

	if (!v)
		return false;
	for (; k->set && n < k->n && k->values[n].p; n++) {
		v[n] = cq_slice_of(cq_arena_dup(arena, k->values[n].p, k->values[n].len), k->values[n].len);
		if (!v[n].p)
			return false;
	}
	*out = v;
	*nout = n;
	return true;
}

static bool each_list(struct cq_arena *arena, const struct kept *each, uint32_t n, const cq_slice **out, size_t *nout)
{
	cq_slice *v = cq_arena_zalloc(arena, n + 1u, sizeof *v);
	size_t i = 0;

	if (!v)
		return false;
	for (; i < n && each[i].set; i++) {
		v[i] = cq_slice_of(cq_arena_dup(arena, each[i].values[0].p, each[i].values[0].len), each[i].values[0].len);
		if (!v[i].p)
			return false;
	}
	*out = v;
	*nout = i;
	return true;
}

static bool bound_of(struct cq_arena *arena, const struct kept *k, enum cq_bound_kind row, enum cq_bound_kind none,
	struct cq_prefix *out)
{
	cq_slice *v = cq_arena_zalloc(arena, k->n + 1u, sizeof *v);

	if (!v)
		return false;
	*out = (struct cq_prefix){ .kind = !k->set ? none : k->kind == CQ_CLUSTERING ? row : k->kind, .n = k->set ? k->n : 0,
		.values = v };
	for (uint32_t i = 0; i < out->n; i++) {
		if (!k->values[i].p)
			continue;
		v[i] = cq_slice_of(cq_arena_dup(arena, k->values[i].p, k->values[i].len), k->values[i].len);
		if (!v[i].p)
			return false;
	}
	return true;
}

static bool covered_types(const struct cq_collect *c, struct cq_arena *arena, struct cq_statistics *out)
{
	cq_slice *v = cq_arena_zalloc(arena, c->opt.nclustering + 1u, sizeof *v);
	struct cq_buf b = {0};
	bool ok = v;

	for (uint32_t i = 0; ok && i < c->opt.nclustering; i++) {
		cq_buf_clear(&b);
		cq_type_class(c->opt.clustering[i], &b);
		v[i] = cq_slice_of(cq_arena_dup(arena, b.p, b.len), b.len);
		ok = v[i].p && !b.failed;
	}
	cq_buf_finish(&b);
	out->covered_types = v;
	out->ncovered_types = c->opt.nclustering;
	return ok;
}

static bool clusterings_out(const struct cq_collect *c, struct cq_arena *arena, struct cq_statistics *out)
{
	const unsigned f = c->opt.features;
	bool ok = true;

	if (f & CQ_FEAT_LEGACY_MINMAX) {
		out->has |= CQ_HAS_LEGACY_MINMAX;
		if (c->opt.rules == CQ_COLLECT_3_0)
			ok = each_list(arena, c->each_min, c->opt.nclustering, &out->min_clustering, &out->nmin) &&
				each_list(arena, c->each_max, c->opt.nclustering, &out->max_clustering, &out->nmax);
		else
			ok = list_of(arena, &c->min, &out->min_clustering, &out->nmin) &&
				list_of(arena, &c->max, &out->max_clustering, &out->nmax);
	}
	if (ok && f & (CQ_FEAT_COVERED_MINMAX | CQ_FEAT_COVERED_AT_END)) {
		out->has |= CQ_HAS_COVERED;
		ok = covered_types(c, arena, out) && bound_of(arena, &c->min, CQ_INCL_START, CQ_EXCL_START, &out->covered_start) &&
			bound_of(arena, &c->max, CQ_INCL_END, CQ_EXCL_END, &out->covered_end);
	}
	return ok;
}

int cq_collect_finish(struct cq_collect *c, struct cq_arena *arena, struct cq_statistics *out, struct cq_error *err)
{
	const unsigned f = c->opt.features;
	struct cq_buf sketch = {0};
	bool ok;
	int rc;

	settle(c);
	out->has |= CQ_HAS_STATS | CQ_HAS_COMPACTION;
	out->partition_sizes = stored(arena, &c->sizes);
	out->cells_per_partition = stored(arena, &c->cells);
	out->min_timestamp = c->facts.timestamps ? c->min_ts : INT64_MIN;
	out->max_timestamp = c->facts.timestamps ? c->max_ts : INT64_MAX;
	out->min_ldt = c->min_ldt;
	out->max_ldt = c->max_ldt == INT64_MIN ? CQ_NO_LDT : c->max_ldt;
	out->min_ttl = c->max_ttl == INT32_MIN ? 0 : c->min_ttl;
	out->max_ttl = c->max_ttl == INT32_MIN ? 0 : c->max_ttl;
	out->legacy_counter_shards = c->legacy_shards;
	out->total_columns_set = c->columns_set;
	out->total_rows = (int64_t)(c->facts.rows + c->facts.statics);
	ok = out->partition_sizes.n && out->cells_per_partition.n && clusterings_out(c, arena, out);
	if (f & CQ_FEAT_PARTITION_DELETIONS) {
		out->has |= CQ_HAS_PARTITION_DELETIONS;
		out->has_partition_deletions = c->facts.partition_deletions;
	}
	out->first_key = cq_slice_of(cq_arena_dup(arena, c->first_key.p, c->first_key.len), c->first_key.len);
	out->last_key = cq_slice_of(cq_arena_dup(arena, c->last_key, c->last_len), c->last_len);
	if (f & CQ_FEAT_KEY_RANGE)
		out->has |= CQ_HAS_KEY_RANGE;
	rc = cq_sketch_bytes(c->sketch, &sketch, err);
	if (rc == CQ_OK)
		rc = cq_drops_finish(c->drops, arena, &out->drop_times, &out->ndrop_times, err);
	/* "Maximum bins" is a constant that 4.0 replaced by the number of them. */
	out->drop_time_bins = c->opt.rules < CQ_COLLECT_4_0 ? 100 : (int32_t)out->ndrop_times;
	out->cardinality = cq_slice_of(cq_arena_dup(arena, sketch.p, sketch.len), sketch.len);
	cq_buf_finish(&sketch);
	if (rc == CQ_OK && (!ok || c->nomem || !out->first_key.p || !out->last_key.p || !out->cardinality.p))
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for statistics");
	return rc;
}

const struct cq_collect_facts *cq_collect_facts(const struct cq_collect *c)
{
	return &c->facts;
}

double cq_collect_ratio(const struct cq_table *t)
{
	const struct cq_space *raw = t->component[CQ_C_DATA];

	if (!t->stream.chunks || !raw)
		return -1;
	if (raw->size < 4 * (uint64_t)t->chunks.count)
		return 0;                              /* cut */
	return (double)(raw->size - 4 * (uint64_t)t->chunks.count) / (double)t->chunks.data_len;
}

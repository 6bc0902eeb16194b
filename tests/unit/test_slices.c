/* Slices of partitions against a filter of the whole partition, done naively here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_format.h"
#include "tables.h"

enum { WHOLE_UP_TO = 6, RANDOM_SLICES = 24, EVENTS_A_TABLE = 400000 };

static struct tables tables;

static int each_table_listed(void **state)
{
	(void)state;
	tables = tables_of_corpus();
	return 0;
}

static int list_finished(void **state)
{
	(void)state;
	tables_finish(&tables);
	return 0;
}

/* ---- the naive way ---- */

/* A bound is a place between rows: n values, before (-1) or behind (1) everything that begins with them. A row is at (0) its
 * values. Written without cq_prefix_compare on purpose. */
static int place(const struct cq_prefix *p)
{
	switch (p->kind) {
	case CQ_INCL_START: case CQ_EXCL_END: case CQ_EXCL_END_INCL_START: return -1;
	case CQ_EXCL_START: case CQ_INCL_END: case CQ_INCL_END_EXCL_START: return 1;
	default: return 0;
	}
}

static int order(const struct cq_type *const *types, const struct cq_prefix *a, const struct cq_prefix *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;
	int c = cq_values_compare(types, a->values, b->values, n);

	if (c)
		return c;
	if (a->n == b->n)
		return place(a) - place(b);
	return a->n < b->n ? place(a) : -place(b);
}

struct expected {
	struct ev *v;
	size_t n;
};

static struct ev made_up(const struct cq_prefix *bound, struct cq_deletion open, struct cq_deletion close)
{
	struct cq_marker m = { .bound = *bound, .open = open, .close = close };
	struct cq_event e = { .kind = CQ_EV_MARKER, .marker = &m };

	return ev_of(&e);
}

/* What cq_scan.h promises of the partition's events. */
static void filter(const struct cq_type *const *types, const struct events *es, const struct part *p,
	const struct cq_prefix *start, const struct cq_prefix *end, bool reversed, struct expected *out)
{
	struct cq_deletion open = CQ_LIVE;
	size_t k = 0, lead, last;
	bool begun = !start, empty = start && end && order(types, start, end) >= 0;

	out->n = 0;
	out->v[out->n++] = es->v[p->first];
	if (es->v[p->first + 1].kind == CQ_EV_STATIC)
		out->v[out->n++] = es->v[p->first + 1];
	lead = out->n;
	for (k = lead; k < p->n - 1 && !empty; k++) {
		const struct ev *e = &es->v[p->first + k];

		if (start && order(types, &e->prefix, start) <= 0) {
			if (e->kind == CQ_EV_MARKER)
				open = e->open;
			continue;
		}
		if (!begun && !cq_deletion_live(open))
			out->v[out->n++] = made_up(start, open, CQ_LIVE);
		begun = true;
		if (end && order(types, &e->prefix, end) >= 0)
			break;
		if (e->kind == CQ_EV_MARKER)
			open = e->open;
		out->v[out->n++] = *e;
	}
	if (!empty && begun && end && !cq_deletion_live(open))
		out->v[out->n++] = made_up(end, CQ_LIVE, open);
	last = out->n;
	for (size_t i = 0; reversed && i < (last - lead) / 2; i++) {
		struct ev e = out->v[lead + i];

		out->v[lead + i] = out->v[last - 1 - i];
		out->v[last - 1 - i] = e;
	}
	out->v[out->n++] = es->v[p->first + p->n - 1];
}

/* ---- the comparison ---- */

struct counts {
	size_t slices, events, rows, made_up, partitions, indexed, blocks;
};

struct run {
	const char *path;
	const struct cq_table *t;
	const struct events *es;
	const struct part *p;
	struct cq_scan *s;
	struct cq_lookup *l;
	struct cq_position pos;
	struct expected want;
	struct counts *count;
};

static void describe(const struct cq_table *t, const struct cq_prefix *p, struct cq_buf *out)
{
	if (!p) {
		cq_buf_str(out, "none");
		return;
	}
	cq_buf_str(out, cq_bound_kind_name(p->kind));
	for (uint32_t i = 0; i < p->n; i++) {
		cq_buf_byte(out, ' ');
		if (cq_value_text(t->ctx.clustering[i], p->values[i], out, NULL) != CQ_OK)
			cq_buf_hex(out, p->values[i]);
	}
}

static void differs(const struct run *r, const struct cq_slice_options *o, bool indexed, size_t i, const struct ev *got, int rc,
	const struct cq_error *err)
{
	const struct ev *want = i < r->want.n ? &r->want.v[i] : NULL;
	struct cq_buf b = {0};

	cq_buf_printf(&b, "%s: partition at 0x%" PRIx64 ", slice from ", r->path, r->p->off);
	describe(r->t, o->start, &b);
	cq_buf_str(&b, " to ");
	describe(r->t, o->end, &b);
	cq_buf_printf(&b, "%s, %s: event %zu: ", o->reversed ? ", reversed" : "", indexed ? "with a look-up" : "without", i);
	if (got)
		cq_buf_printf(&b, "kind %d at 0x%" PRIx64 " open %" PRId64 " close %" PRId64, got->kind, got->off, got->open.timestamp,
			got->close.timestamp);
	else
		cq_buf_printf(&b, "status %d %s", rc, rc < 0 ? err->msg : "");
	if (want)
		cq_buf_printf(&b, ", expected kind %d at 0x%" PRIx64 " open %" PRId64 " close %" PRId64, want->kind, want->off,
			want->open.timestamp, want->close.timestamp);
	fail_msg("%s", cq_buf_cstr(&b));
}

static void slice_is_the_filter(struct run *r, const struct cq_slice_options *o, bool indexed)
{
	struct cq_position pos = r->pos;
	struct cq_error err = {0};
	struct cq_event e;
	size_t i = 0;
	int rc;

	filter(r->t->ctx.clustering, r->es, r->p, o->start, o->end, o->reversed, &r->want);
	if (!indexed)
		pos.index_off = pos.rows_off = CQ_NO_OFFSET;
	rc = cq_scan_slice(r->s, indexed ? r->l : NULL, &pos, o, &err);
	while (rc == CQ_OK && (rc = cq_scan_next(r->s, &e, &err)) == CQ_OK) {
		struct ev v = ev_of(&e);

		if (i >= r->want.n || v.kind != r->want.v[i].kind || v.deep != r->want.v[i].deep)
			differs(r, o, indexed, i, &v, rc, &err);
		/* Offsets are those of the whole, but for what was made up and the end. */
		if (v.kind != CQ_EV_PARTITION_END && r->want.v[i].len && v.off != r->want.v[i].off)
			differs(r, o, indexed, i, &v, rc, &err);
		if (!cq_slice_eq(e.partition->key, r->p->key))
			differs(r, o, indexed, i, &v, rc, &err);
		r->count->rows += v.kind == CQ_EV_ROW;
		r->count->made_up += !r->want.v[i].len;
		i++;
	}
	if (rc != CQ_END || i != r->want.n)
		differs(r, o, indexed, i, NULL, rc, &err);
	r->count->events += i;
	r->count->slices++;
}

/* Both directions, with and without the index. */
static void slice_every_way(struct run *r, const struct cq_prefix *start, const struct cq_prefix *end)
{
	struct cq_slice_options o = { .start = start, .end = end };

	slice_is_the_filter(r, &o, true);
	slice_is_the_filter(r, &o, false);
	o.reversed = true;
	slice_is_the_filter(r, &o, true);
	slice_is_the_filter(r, &o, false);
}

/* ---- bounds ---- */

/* The kind-th of the four: kind 0, 1 starts, 2, 3 ends. */
static const enum cq_bound_kind kinds[4] = { CQ_INCL_START, CQ_EXCL_START, CQ_INCL_END, CQ_EXCL_END };

/* Do the two stand to each other in the tries of bti as the type says? Not so NaNs of unusual bits: equal to the type, first
 * or last by their bytes. Cassandra cannot find those either. */
static bool same_in_tries(const struct cq_type *type, cq_slice a, cq_slice b)
{
	struct cq_buf fa = {0}, fb = {0};
	bool na, nb, same = false;
	int c = cq_value_compare(type, a, b), f;

	if (cq_value_comparable(type, a, &fa, &na, NULL) == CQ_OK && cq_value_comparable(type, b, &fb, &nb, NULL) == CQ_OK && !na && !nb) {
		f = cq_slice_cmp(cq_buf_bytes(&fa), cq_buf_bytes(&fb));
		same = (c > 0) == (f > 0) && (c < 0) == (f < 0);
	}
	cq_buf_finish(&fa);
	cq_buf_finish(&fb);
	return same;
}

/* A bound made from some unfiltered's clustering, cut to some of its values, at times with a value altered so that it lies
 * between rows. values and bytes are the caller's room. */
static struct cq_prefix some_bound(const struct run *r, unsigned kind, cq_slice *values, uint8_t *bytes, size_t room)
{
	const struct ev *e = &r->es->v[r->p->first + 1 + rnd((uint32_t)r->p->n - 2)];
	struct cq_prefix b = { .kind = kinds[kind], .values = values };

	if (e->kind != CQ_EV_ROW && e->kind != CQ_EV_MARKER)
		return b;                      /* the static row: a bound of no values, before or behind all */
	b.n = rnd(4) ? e->prefix.n : rnd(e->prefix.n + 1);
	for (uint32_t i = 0; i < b.n; i++)
		values[i] = e->prefix.values[i];
	if (b.n && rnd(3) == 0) {
		cq_slice *v = &values[b.n - 1];
		const struct cq_type *type = r->t->ctx.clustering[b.n - 1];

		if (v->p && v->len && v->len <= room) {
			memcpy(bytes, v->p, v->len);
			bytes[rnd((uint32_t)v->len)] ^= (uint8_t)(1u << rnd(8));
			if (cq_value_check(type, cq_slice_of(bytes, v->len), NULL) == CQ_OK &&
			    same_in_tries(type, cq_slice_of(bytes, v->len), *v))
				v->p = bytes;
		}
	}
	return b;
}

static void slices_of_partition(struct run *r)
{
	const uint32_t most = r->t->ctx.nclustering;
	cq_slice *values = calloc(2 * most, sizeof *values);
	uint8_t bytes[2][64];
	size_t n = r->p->n - 2;

	slice_every_way(r, NULL, NULL);
	if (!n)
		goto out;
	if (n <= WHOLE_UP_TO) {
		/* Every pair of bounds made from the events that are there, each end missing too. */
		for (size_t a = 0; a <= 2 * n; a++) {
			for (size_t b = 0; b <= 2 * n; b++) {
				const struct ev *ea = &r->es->v[r->p->first + 1 + a / 2], *eb = &r->es->v[r->p->first + 1 + b / 2];
				struct cq_prefix start = ea->prefix, end = eb->prefix;

				if (ea->kind == CQ_EV_STATIC || eb->kind == CQ_EV_STATIC)
					continue;
				start.kind = kinds[a % 2];
				end.kind = kinds[2 + b % 2];
				slice_every_way(r, a == 2 * n ? NULL : &start, b == 2 * n ? NULL : &end);
			}
		}
	}
	for (size_t i = 0; i < RANDOM_SLICES; i++) {
		struct cq_prefix start = some_bound(r, rnd(2), values, bytes[0], sizeof bytes[0]);
		struct cq_prefix end = some_bound(r, 2 + rnd(2), values + most, bytes[1], sizeof bytes[1]);

		/* Most pairs the right way round, some not: those slices are empty. */
		if (order(r->t->ctx.clustering, &start, &end) >= 0 && rnd(8)) {
			struct cq_prefix x = start;

			start = end;
			end = x;
			start.kind = kinds[rnd(2)];
			end.kind = kinds[2 + rnd(2)];
		}
		slice_every_way(r, rnd(8) ? &start : NULL, rnd(8) ? &end : NULL);
	}
out:
	free(values);
}

/* Blocks of the row index, last to first: what is known of the counts. */
static size_t blocks_of(const struct run *r)
{
	struct cq_block b;
	size_t n = 0;
	int rc = r->t->format->block_floor ? r->t->format->block_floor(r->l, &r->pos, NULL, &b, NULL) : CQ_NOT_FOUND;

	for (; rc == CQ_OK; n++) {
		uint64_t at = b.start;

		rc = r->t->format->block_before(r->l, &r->pos, &b, NULL);
		assert_true(rc == CQ_OK || rc == CQ_END);
		assert_true(rc != CQ_OK || b.start < at);
	}
	return n;
}

static void slices_of_table(const char *path, struct counts *count)
{
	struct cq_table *t = table_of(path);
	struct run r = { .path = path, .t = t, .count = count };
	struct events es;
	size_t limit = count->events + EVENTS_A_TABLE;

	if (t->ctx.nclustering) {
		events_read(&es, t, NULL);
		r.es = &es;
		assert_int_equal(cq_scan_open(&r.s, t, NULL, NULL), CQ_OK);
		assert_int_equal(cq_lookup_open(&r.l, t, NULL), CQ_OK);
		/* The largest partitions of a table come first where there are too many for all. */
		for (size_t wide = 0; wide < 2; wide++) {
			for (size_t i = 0; i < es.nparts && count->events < limit; i++) {
				size_t blocks;

				r.p = &es.part[i];
				if ((r.p->n > 200) == wide)
					continue;
				assert_int_equal(cq_lookup_key(r.l, r.p->key, &r.pos, NULL), CQ_OK);
				r.pos.key = r.p->key;
				r.want.v = calloc(r.p->n + 3, sizeof *r.want.v);
				blocks = blocks_of(&r);
				count->indexed += blocks > 0;
				count->blocks += blocks;
				count->partitions++;
				slices_of_partition(&r);
				free(r.want.v);
			}
		}
		assert_int_equal(cq_lookup_findings(r.l)->n, 0);
		cq_scan_close(r.s);
		cq_lookup_close(r.l);
		events_finish(&es);
	}
	cq_table_close(t);
}

static void slices_both_ways_with_and_without_an_index_are_what_a_filter_gives(void **state)
{
	struct counts count = {0};

	(void)state;
	for (size_t i = 0; i < tables.n; i++) {
		seed = 77 + i;
		slices_of_table(tables.path[i], &count);
	}
	print_message("# %zu slices of %zu partitions (%zu with a row index, %zu blocks): %zu events, %zu rows, %zu markers made up\n",
		count.slices, count.partitions, count.indexed, count.blocks, count.events, count.rows, count.made_up);
	assert_true(count.indexed > 10 && count.made_up > 1000);
}

/* The row index of a damaged file. */
static int the_same_block_again(struct cq_lookup *l, const struct cq_position *pos, struct cq_block *inout, struct cq_error *err)
{
	(void)l, (void)pos, (void)inout, (void)err;
	return CQ_OK;
}

static void a_row_index_whose_blocks_do_not_descend_is_damage(void **state)
{
	static const char *const paths[] = { "/5.0-nb/small/wide_small/nb-1-big-Data.db", "/5.0-da/small/wide_small/da-1-bti-Data.db" };
	size_t met = 0;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(paths); i++) {
		const struct cq_slice_options o = { .reversed = true };
		char path[512];
		struct cq_format odd;
		struct cq_lookup *l;
		struct cq_table *t;
		struct cq_scan *s;
		struct events es;

		snprintf(path, sizeof path, "%s%s", CQ_TEST_CORPUS, paths[i]);
		t = table_of(path);
		events_read(&es, t, NULL);
		odd = *t->format;
		odd.block_before = the_same_block_again;
		t->format = &odd;
		assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
		assert_int_equal(cq_scan_open(&s, t, NULL, NULL), CQ_OK);
		for (size_t k = 0; k < es.nparts; k++) {
			struct cq_position pos;
			struct cq_block b;
			struct cq_error err = {0};
			struct cq_event e;
			size_t n = 0;
			int rc;

			assert_int_equal(cq_lookup_key(l, es.part[k].key, &pos, NULL), CQ_OK);
			if (odd.block_floor(l, &pos, NULL, &b, NULL) != CQ_OK)
				continue;
			assert_int_equal(cq_scan_slice(s, l, &pos, &o, NULL), CQ_OK);
			while ((rc = cq_scan_next(s, &e, &err)) == CQ_OK)
				n++;
			/* The last block's rows are given all the same. */
			assert_int_equal(rc, CQ_DAMAGED);
			assert_true(n > 1 && n < es.part[k].n);
			assert_non_null(strstr(err.msg, "row index"));
			assert_int_equal(err.off, es.part[k].off);
			met++;
		}
		cq_scan_close(s);
		cq_lookup_close(l);
		events_finish(&es);
		cq_table_close(t);
	}
	assert_true(met > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_both_ways_with_and_without_an_index_are_what_a_filter_gives),
		cmocka_unit_test(a_row_index_whose_blocks_do_not_descend_is_damage),
	};

	return cmocka_run_group_tests(tests, each_table_listed, list_finished);
}

/* What Statistics.db holds, recomputed: equal to the file for every table of the corpora, read in one piece or in several; the histogram of
 * drop times bin for bin what Cassandra's own classes make of the same numbers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cq_collect.h"
#include "cq_format.h"
#include "cq_sketch.h"
#include "tables.h"

/* ---- against what is stored ---- */

static struct cq_collect *collect(const struct cq_table *t, uint64_t start, uint64_t end)
{
	const struct cq_scan_options o = { .start = start, .end = end };
	struct cq_collect_options opt;
	struct cq_error err = {0};
	struct cq_collect *c;
	struct cq_event ev;
	struct cq_scan *s;
	int rc;

	cq_collect_options_of(t, &opt);
	assert_int_equal(cq_collect_open(&c, &opt, &err), CQ_OK);
	assert_int_equal(cq_scan_open(&s, t, &o, &err), CQ_OK);
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK)
		cq_collect_event(c, &ev);
	if (rc != CQ_END)
		fail_msg("%.*s: %s", (int)t->desc.file.len, (const char *)t->desc.file.p, err.msg);
	cq_scan_close(s);
	return c;
}

static bool same_histogram(const struct cq_histogram *a, const struct cq_histogram *b, int64_t factor)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->offsets[i] != b->offsets[i] || a->counts[i] != factor * b->counts[i])
			return false;
	return true;
}

static bool same_list(const cq_slice *a, size_t na, const cq_slice *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!a[i].p != !b[i].p || !cq_slice_eq(a[i], b[i]))
			return false;
	return true;
}

static bool same_prefix(const struct cq_prefix *a, const struct cq_prefix *b)
{
	return a->kind == b->kind && same_list(a->values, a->n, b->values, b->n);
}

/* The first field that differs, NULL when none does. */
static const char *differs(const struct cq_table *t, const struct cq_statistics *g)
{
	const struct cq_statistics *s = &t->stats;

	if (!same_histogram(&s->partition_sizes, &g->partition_sizes, 1))
		return "partition sizes";
	/* na of 4.0-beta counts each partition twice. */
	if (!same_histogram(&s->cells_per_partition, &g->cells_per_partition, 1) &&
	    ((t->features & CQ_FEAT_HOST_ID) || !same_histogram(&s->cells_per_partition, &g->cells_per_partition, 2)))
		return "cells";
	if (s->min_timestamp != g->min_timestamp || s->max_timestamp != g->max_timestamp)
		return "timestamps";
	if (s->min_ldt != g->min_ldt || s->max_ldt != g->max_ldt)
		return "local deletion times";
	if (s->min_ttl != g->min_ttl || s->max_ttl != g->max_ttl)
		return "ttls";
	if (s->drop_time_bins != g->drop_time_bins || s->ndrop_times != g->ndrop_times)
		return "number of drop times";
	for (size_t i = 0; i < s->ndrop_times; i++)
		if (s->drop_times[i].point != g->drop_times[i].point || s->drop_times[i].count != g->drop_times[i].count)
			return "drop times";
	if (s->legacy_counter_shards != g->legacy_counter_shards)
		return "legacy counter shards";
	if (s->total_rows != g->total_rows || s->total_columns_set != g->total_columns_set)
		return "totals";
	if ((s->has ^ g->has) & (CQ_HAS_LEGACY_MINMAX | CQ_HAS_COVERED | CQ_HAS_KEY_RANGE | CQ_HAS_PARTITION_DELETIONS))
		return "which fields there are";
	if (s->has & CQ_HAS_LEGACY_MINMAX && (!same_list(s->min_clustering, s->nmin, g->min_clustering, g->nmin) ||
	    !same_list(s->max_clustering, s->nmax, g->max_clustering, g->nmax)))
		return "clusterings";
	if (s->has & CQ_HAS_COVERED && (!same_prefix(&s->covered_start, &g->covered_start) || !same_prefix(&s->covered_end, &g->covered_end) ||
	    !same_list(s->covered_types, s->ncovered_types, g->covered_types, g->ncovered_types)))
		return "covered clusterings";
	if (s->has & CQ_HAS_KEY_RANGE && (!cq_slice_eq(s->first_key, g->first_key) || !cq_slice_eq(s->last_key, g->last_key)))
		return "keys";
	if (s->has & CQ_HAS_PARTITION_DELETIONS && s->has_partition_deletions != g->has_partition_deletions)
		return "partition deletions";
	if (!cq_slice_eq(s->cardinality, g->cardinality))
		return "sketch";
	if (s->compression_ratio != cq_collect_ratio(t))
		return "compression ratio";
	return NULL;
}

static void expect_stored(const struct cq_table *t, struct cq_collect *c, const char *path, const char *how)
{
	struct cq_statistics got = {0};
	struct cq_arena arena = {0};
	struct cq_error err = {0};
	const char *what;

	assert_int_equal(cq_collect_finish(c, &arena, &got, &err), CQ_OK);
	assert_true(cq_collect_facts(c)->drop_times_exact);
	what = differs(t, &got);
	if (what)
		fail_msg("%s, %s: %s", path, how, what);
	cq_arena_finish(&arena);
}

static void every_stored_figure_comes_out_of_the_rows(void **state)
{
	struct tables t = tables_of_corpus();
	size_t versions[6] = {0};
	static const char *const names[] = { "md", "me", "na", "nb", "oa", "da" };

	(void)state;
	for (size_t i = 0; i < t.n; i++) {
		struct cq_table *table = table_of(t.path[i]);
		struct cq_collect *c = collect(table, 0, 0);

		expect_stored(table, c, t.path[i], "in one piece");
		for (size_t k = 0; k < CQ_COUNTOF(names); k++)
			versions[k] += cq_slice_is(table->desc.version, names[k]);
		cq_collect_close(c);
		cq_table_close(table);
	}
	for (size_t k = 0; k < CQ_COUNTOF(names); k++)
		assert_true(versions[k] > 10);
	tables_finish(&t);
}

/* Where partitions begin. */
static size_t starts(const struct cq_table *t, uint64_t **out)
{
	const struct cq_scan_options o = { .no_cells = true };
	size_t n = 0, cap = 0;
	struct cq_event ev;
	struct cq_scan *s;

	*out = NULL;
	assert_int_equal(cq_scan_open(&s, t, &o, NULL), CQ_OK);
	while (cq_scan_next(s, &ev, NULL) == CQ_OK) {
		if (ev.kind != CQ_EV_PARTITION)
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 64;
			*out = realloc(*out, cap * sizeof **out);
		}
		(*out)[n++] = ev.off;
	}
	cq_scan_close(s);
	return n;
}

static void pieces_put_together_give_the_same(void **state)
{
	struct tables t = tables_of_corpus();
	size_t merged = 0;

	(void)state;
	for (size_t i = 0; i < t.n; i++) {
		struct cq_table *table = table_of(t.path[i]);
		uint64_t *at;
		size_t n = starts(table, &at), pieces = n < 7 ? n : 7;
		struct cq_collect *all = NULL;

		for (size_t k = 0; k < pieces; k++) {
			size_t from = k * n / pieces, to = (k + 1) * n / pieces;
			struct cq_collect *c = collect(table, at[from], to < n ? at[to] : table->stream.len + 1);

			if (!all) {
				all = c;
				continue;
			}
			assert_int_equal(cq_collect_merge(all, c, NULL), CQ_OK);
			cq_collect_close(c);
			merged++;
		}
		if (all)
			expect_stored(table, all, t.path[i], "in pieces");
		cq_collect_close(all);
		cq_table_close(table);
		free(at);
	}
	assert_true(merged > 500);
	tables_finish(&t);
}

/* ---- drop times ---- */

/* Series of local deletion times. 0: fewer than a hundred minutes; 1: some five hundred; 2: as many as the spool of 3.11 holds; 3: more than
 * any spool holds; 4: minutes that all want the same few places of the hash table. */
static void series(unsigned which, struct cq_drops *d)
{
	static const uint32_t n[] = { 5000, 60000, 120000, 400000 }, span[] = { 60 * 90, 60 * 500, 60 * 100000, 60 * 300000 };

	seed = 42;
	for (uint32_t i = 0; which < 4 && i < n[which]; i++)
		cq_drops_add(d, 1700000000 + (int64_t)rnd(span[which]), 1);
	for (int i = -800; which == 4 && i < 200; i++)
		for (int j = 0; j < 3; j++)
			cq_drops_add(d, 1700000000 + INT64_C(60) * 32768 * i + (int64_t)rnd(2) * 60, 1);
}

static uint64_t bins_hash(struct cq_drops *d, size_t *n)
{
	const struct cq_drop_time *v;
	struct cq_arena arena = {0};
	uint64_t h = 0xcbf29ce484222325u;

	assert_int_equal(cq_drops_finish(d, &arena, &v, n, NULL), CQ_OK);
	for (size_t i = 0; i < *n; i++) {
		h = mix(h, &v[i].point, sizeof v[i].point);
		h = mix(h, &v[i].count, sizeof v[i].count);
	}
	cq_arena_finish(&arena);
	return h;
}

/* The hashes are of what StreamingHistogram of 3.11.19 and StreamingTombstoneHistogramBuilder of 4.0.18 and 5.0.6 made of these numbers. */
static void drop_times_are_folded_as_each_line_of_cassandra_folds_them(void **state)
{
	static const struct {
		unsigned series;
		enum cq_drops_rules rules;
		size_t n;
		uint64_t hash;
	} known[] = {
		{ 0, CQ_DROPS_3, 91, 0x3db057a6909e7987 }, { 0, CQ_DROPS_4, 91, 0x3db057a6909e7987 }, { 0, CQ_DROPS_5, 91, 0x3db057a6909e7987 },
		{ 1, CQ_DROPS_3, 100, 0xe1cf4ff446328e8b }, { 1, CQ_DROPS_4, 100, 0xabac4bafdab844c7 }, { 1, CQ_DROPS_5, 100, 0xabac4bafdab844c7 },
		{ 2, CQ_DROPS_3, 100, 0xb2177dbf0faa2d57 }, { 2, CQ_DROPS_4, 100, 0x40ec14834ce2d0a0 }, { 2, CQ_DROPS_5, 100, 0x08a58ddb68ee9799 },
		{ 3, CQ_DROPS_3, 100, 0xa84f1146844340ee }, { 3, CQ_DROPS_4, 100, 0x1d2a059df054fa74 }, { 3, CQ_DROPS_5, 100, 0xb47019e58fffb4db },
		{ 4, CQ_DROPS_3, 100, 0xb7c1ced089e1ed56 }, { 4, CQ_DROPS_4, 100, 0xe68197fdc15e3678 }, { 4, CQ_DROPS_5, 100, 0xe68197fdc15e3678 },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(known); i++) {
		struct cq_drops *d;
		uint64_t h;
		size_t n;

		assert_int_equal(cq_drops_open(&d, known[i].rules, NULL), CQ_OK);
		series(known[i].series, d);
		assert_true(cq_drops_exact(d));
		h = bins_hash(d, &n);
		if (n != known[i].n || h != known[i].hash)
			fail_msg("series %u by the rules of %d: %zu bins, hash 0x%016" PRIx64, known[i].series, known[i].rules + 3, n, h);
		cq_drops_close(d);
	}
}

static void equal_times_may_be_added_together(void **state)
{
	struct cq_drops *one, *many;
	size_t n, m;

	(void)state;
	for (int rules = CQ_DROPS_3; rules <= CQ_DROPS_5; rules++) {
		assert_int_equal(cq_drops_open(&one, rules, NULL), CQ_OK);
		assert_int_equal(cq_drops_open(&many, rules, NULL), CQ_OK);
		for (int64_t i = 0; i < 140000; i++) {                 /* the spool fills while there are some left of a kind */
			for (int k = 0; k < 3; k++)
				cq_drops_add(one, 1000000 + 60 * i, 1);
			cq_drops_add(many, 1000000 + 60 * i, 3);
		}
		assert_true(bins_hash(one, &n) == bins_hash(many, &m));
		assert_int_equal(n, m);
		cq_drops_close(one);
		cq_drops_close(many);
	}
}

static void a_merge_says_when_it_cannot_be_exact(void **state)
{
	struct cq_drops *a, *b;

	(void)state;
	assert_int_equal(cq_drops_open(&a, CQ_DROPS_5, NULL), CQ_OK);
	assert_int_equal(cq_drops_open(&b, CQ_DROPS_5, NULL), CQ_OK);
	series(1, a);
	series(2, b);
	cq_drops_merge(a, b);
	assert_true(cq_drops_exact(a));
	assert_int_equal(cq_drops_total(a), 60000 + 120000);
	cq_drops_close(b);
	assert_int_equal(cq_drops_open(&b, CQ_DROPS_5, NULL), CQ_OK);
	series(3, b);                                              /* more minutes than a spool holds */
	cq_drops_merge(a, b);
	assert_false(cq_drops_exact(a));
	assert_int_equal(cq_drops_total(a), 60000 + 120000 + 400000);
	cq_drops_close(a);
	cq_drops_close(b);
}

static void times_before_1970_and_after_2038_are_rounded_by_their_line(void **state)
{
	static const struct {
		enum cq_drops_rules rules;
		int64_t ldt;
		double point;
	} known[] = {
		{ CQ_DROPS_3, -1, -1 }, { CQ_DROPS_3, 61, 120 }, { CQ_DROPS_3, 2147483646, 2147483700 },
		{ CQ_DROPS_4, -1, 60 }, { CQ_DROPS_4, -125, 2147483646 }, { CQ_DROPS_4, 2147483646, 2147483646 },
		{ CQ_DROPS_5, 2147483646, 2147483700 }, { CQ_DROPS_5, 4294967293, 4294967293 }, { CQ_DROPS_5, 120, 120 },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(known); i++) {
		const struct cq_drop_time *v;
		struct cq_arena arena = {0};
		struct cq_drops *d;
		size_t n;

		assert_int_equal(cq_drops_open(&d, known[i].rules, NULL), CQ_OK);
		cq_drops_add(d, known[i].ldt, 1);
		assert_int_equal(cq_drops_finish(d, &arena, &v, &n, NULL), CQ_OK);
		assert_int_equal(n, 1);
		if (v[0].point != known[i].point)
			fail_msg("%" PRId64 " by the rules of %d: %g", known[i].ldt, known[i].rules + 3, v[0].point);
		cq_drops_close(d);
		cq_arena_finish(&arena);
	}
}

/* ---- the sketch ---- */

static void a_sketch_of_nothing_and_merged_sketches(void **state)
{
	static const uint8_t nothing[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 1, 0 };

	(void)state;
	for (size_t n = 0; n <= 30000; n = n ? n * 3 : 10) {
		struct cq_sketch *whole, *a, *b;
		struct cq_buf x = {0}, y = {0};
		uint64_t h = 1;
		int64_t keys;

		assert_int_equal(cq_sketch_open(&whole, NULL), CQ_OK);
		assert_int_equal(cq_sketch_open(&a, NULL), CQ_OK);
		assert_int_equal(cq_sketch_open(&b, NULL), CQ_OK);
		for (size_t i = 0; i < n; i++) {
			h = h * 6364136223846793005u + 1442695040888963407u;
			cq_sketch_offer(whole, h ^ h >> 29);
			cq_sketch_offer(i < n / 3 ? a : b, h ^ h >> 29);
		}
		assert_int_equal(cq_sketch_merge(a, b, NULL), CQ_OK);
		assert_int_equal(cq_sketch_bytes(whole, &x, NULL), CQ_OK);
		assert_int_equal(cq_sketch_bytes(a, &y, NULL), CQ_OK);
		assert_true(cq_slice_eq(cq_buf_bytes(&x), cq_buf_bytes(&y)));
		if (!n)
			assert_true(cq_slice_eq(cq_buf_bytes(&x), cq_slice_of(nothing, sizeof nothing)));
		assert_int_equal(cq_cardinality(cq_buf_bytes(&x), &keys, NULL), CQ_OK);
		assert_true(keys * 20 >= (int64_t)n * 19 && keys * 20 <= (int64_t)n * 21);
		cq_buf_finish(&x);
		cq_buf_finish(&y);
		cq_sketch_close(whole);
		cq_sketch_close(a);
		cq_sketch_close(b);
	}
}

/* ---- rules of versions that no corpus has ---- */

static void before_md_each_component_has_its_own_extremes(void **state)
{
	const struct cq_type *types[] = { cq_type_simple(CQ_T_TEXT), cq_type_simple(CQ_T_TEXT) };
	const struct cq_collect_options opt = { .rules = CQ_COLLECT_3_0, .features = CQ_FEAT_LEGACY_MINMAX, .nclustering = 2, .clustering = types };
	static const char *const rows[][2] = { { "b", "z" }, { "c", "a" }, { "d", "m" } };
	const struct cq_partition p = { .key = { (const uint8_t *)"k", 1 }, .deletion = CQ_LIVE, .header_len = 3 };
	struct cq_event ev = { .kind = CQ_EV_PARTITION, .partition = &p, .len = 3 };
	struct cq_statistics s = {0};
	struct cq_arena arena = {0};
	struct cq_collect *c;

	(void)state;
	assert_int_equal(cq_collect_open(&c, &opt, NULL), CQ_OK);
	cq_collect_event(c, &ev);
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++) {
		const cq_slice values[] = { cq_slice_str(rows[i][0]), cq_slice_str(rows[i][1]) };
		struct cq_row row = { .clustering = { .kind = CQ_CLUSTERING, .n = 2, .values = values }, .has_liveness = true, .timestamp = 5,
			.ldt = CQ_NO_LDT, .deletion = CQ_LIVE, .scylla_shadowable = CQ_LIVE };

		ev.kind = CQ_EV_ROW;
		ev.row = &row;
		cq_collect_event(c, &ev);
	}
	ev.kind = CQ_EV_PARTITION_END;
	ev.off = 40;
	ev.len = 1;
	cq_collect_event(c, &ev);
	assert_int_equal(cq_collect_finish(c, &arena, &s, NULL), CQ_OK);
	assert_int_equal(s.nmin, 2);
	assert_true(cq_slice_is(s.min_clustering[0], "b") && cq_slice_is(s.min_clustering[1], "a"));
	assert_true(cq_slice_is(s.max_clustering[0], "d") && cq_slice_is(s.max_clustering[1], "z"));
	assert_int_equal(s.total_rows, 3);
	assert_int_equal(s.min_timestamp, 5);
	cq_arena_finish(&arena);
	cq_collect_close(c);
}

static void a_table_of_nothing_has_the_values_that_mean_none(void **state)
{
	const struct cq_collect_options opt = { .rules = CQ_COLLECT_5_0, .features = CQ_FEAT_COVERED_MINMAX };
	struct cq_statistics s = {0};
	struct cq_arena arena = {0};
	struct cq_collect *c;

	(void)state;
	assert_int_equal(cq_collect_open(&c, &opt, NULL), CQ_OK);
	assert_int_equal(cq_collect_finish(c, &arena, &s, NULL), CQ_OK);
	assert_true(s.min_timestamp == INT64_MIN && s.max_timestamp == INT64_MAX);
	assert_true(s.min_ldt == CQ_NO_LDT && s.max_ldt == CQ_NO_LDT);
	assert_true(s.min_ttl == 0 && s.max_ttl == 0);
	assert_int_equal(s.covered_start.kind, CQ_EXCL_START);
	assert_int_equal(s.covered_end.kind, CQ_EXCL_END);
	assert_int_equal(s.partition_sizes.n, 156);
	assert_int_equal(s.partition_sizes.offsets[155], 3520571548412);
	cq_arena_finish(&arena);
	cq_collect_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stored_figure_comes_out_of_the_rows),
		cmocka_unit_test(pieces_put_together_give_the_same),
		cmocka_unit_test(drop_times_are_folded_as_each_line_of_cassandra_folds_them),
		cmocka_unit_test(equal_times_may_be_added_together),
		cmocka_unit_test(a_merge_says_when_it_cannot_be_exact),
		cmocka_unit_test(times_before_1970_and_after_2038_are_rounded_by_their_line),
		cmocka_unit_test(a_sketch_of_nothing_and_merged_sketches),
		cmocka_unit_test(before_md_each_component_has_its_own_extremes),
		cmocka_unit_test(a_table_of_nothing_has_the_values_that_mean_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

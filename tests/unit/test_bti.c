/* The tables of format bti as a whole: what the tries say against what Data.db holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trie_fixture.h"

struct part {
	uint8_t *key;
	size_t len;
	struct cq_token token;
	uint64_t off, end;
};

struct parts {
	struct part *v;
	size_t n, cap;
};

static cq_slice key_of(const struct part *p)
{
	return cq_slice_of(p->key, p->len);
}

static void scan_parts(const struct cq_table *t, struct parts *out)
{
	struct cq_scan_options opt = { .no_cells = true };
	struct cq_error err = {0};
	struct cq_event ev;
	struct cq_scan *s;
	int rc;

	*out = (struct parts){0};
	assert_int_equal(cq_scan_open(&s, t, &opt, NULL), CQ_OK);
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK) {
		struct part *p;

		if (ev.kind == CQ_EV_PARTITION_END)
			out->v[out->n - 1].end = ev.off;
		if (ev.kind != CQ_EV_PARTITION)
			continue;
		if (out->n == out->cap) {
			out->cap = out->cap ? 2 * out->cap : 64;
			out->v = realloc(out->v, out->cap * sizeof *out->v);
		}
		p = &out->v[out->n++];
		*p = (struct part){ .key = malloc(ev.partition->key.len + 8), .len = ev.partition->key.len,
			.off = ev.partition->off };
		if (p->len)
			memcpy(p->key, ev.partition->key.p, p->len);
		cq_token(&t->partitioner, key_of(p), &p->token);
	}
	if (rc != CQ_END)
		fail_msg("%s", err.msg);
	cq_scan_close(s);
}

static void parts_finish(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].key);
	free(p->v);
}

/* Calls what(table, partitions) for every table, and says how much that was. */
static void each_table(void (*what)(struct cq_table *t, const struct parts *p))
{
	char **paths;
	size_t n = corpus(&paths), partitions = 0;

	for (size_t i = 0; i < n; i++) {
		struct cq_error err = {0};
		struct cq_table *t;
		struct parts p;

		if (cq_table_open(&t, paths[i], NULL, &err) != CQ_OK)
			fail_msg("%s: %s", paths[i], err.msg);
		assert_string_equal(t->format->name, "bti");
		scan_parts(t, &p);
		what(t, &p);
		partitions += p.n;
		parts_finish(&p);
		cq_table_close(t);
		free(paths[i]);
	}
	free(paths);
	print_message("# %zu partitions\n", partitions);
}

/* ---- keys ---- */

static void find_all(struct cq_table *t, const struct parts *p)
{
	size_t step = p->n > 5000 ? 7 : 1;
	struct cq_position pos;
	struct cq_lookup *l;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (size_t i = 0; i < p->n; i += step) {
		struct part *q = &p->v[i];
		struct cq_token token;
		uint8_t other[16];

		assert_int_equal(t->format->find(l, key_of(q), &q->token, &pos, NULL), CQ_OK);
		assert_int_equal(pos.data_off, q->off);
		assert_true(cq_slice_eq(pos.key, key_of(q)));
		/* Longer by a byte: another key, for every corpus table (none holds both). */
		q->key[q->len] = 0x01;
		cq_token(&t->partitioner, cq_slice_of(q->key, q->len + 1), &token);
		assert_int_equal(t->format->find(l, cq_slice_of(q->key, q->len + 1), &token, &pos, NULL), CQ_NOT_FOUND);
		for (size_t b = 0; b < sizeof other; b++)
			other[b] = (uint8_t)rnd(256);
		cq_token(&t->partitioner, cq_slice_of(other, sizeof other), &token);
		assert_int_equal(t->format->find(l, cq_slice_of(other, sizeof other), &token, &pos, NULL), CQ_NOT_FOUND);
	}
	assert_int_equal(cq_lookup_findings(l)->n, 0);
	cq_lookup_close(l);
}

static void every_key_is_found_where_the_scan_met_it_and_no_other(void **state)
{
	(void)state;
	each_table(find_all);
}

/* ---- tokens ---- */

static void find_tokens(struct cq_table *t, const struct parts *p)
{
	size_t step = p->n > 1000 ? p->n / 500 : 1;
	struct cq_position pos;
	struct cq_lookup *l;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (size_t i = 0; i < 2 * p->n + 100; i += step) {
		bool inclusive = i % 2;
		size_t want = 0;
		struct cq_token token;
		uint8_t key[8];
		int rc;

		if (i < 2 * p->n) {
			token = p->v[i / 2].token;
		} else {
			for (size_t b = 0; b < sizeof key; b++)
				key[b] = (uint8_t)rnd(256);
			cq_token(&t->partitioner, cq_slice_of(key, sizeof key), &token);
			if (t->partitioner.kind == CQ_P_LOCAL)
				continue;              /* random bytes are no value of most types */
		}
		for (; want < p->n; want++) {
			int c = cq_token_compare(&t->partitioner, &p->v[want].token, &token);

			if (c > 0 || (c == 0 && inclusive))
				break;
		}
		rc = t->format->find_token(l, &token, inclusive, &pos, NULL);
		assert_int_equal(rc, want == p->n ? CQ_END : CQ_OK);
		if (rc == CQ_OK)
			assert_int_equal(pos.data_off, p->v[want].off);
	}
	cq_lookup_close(l);
}

static void every_token_leads_to_the_first_partition_behind_it(void **state)
{
	(void)state;
	each_table(find_tokens);
}

/* ---- iteration ---- */

static void iterate(struct cq_table *t, const struct parts *p)
{
	uint64_t at = 0, *places = malloc((p->n + 1) * sizeof *places);
	struct cq_position pos;
	struct cq_lookup *l;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (size_t i = 0; i < p->n; i++) {
		places[i] = at;
		assert_int_equal(cq_lookup_next(l, &at, &pos, NULL), CQ_OK);
		assert_int_equal(pos.data_off, p->v[i].off);
		assert_true(cq_slice_eq(pos.key, key_of(&p->v[i])));
	}
	assert_int_equal(cq_lookup_next(l, &at, &pos, NULL), CQ_END);
	for (int i = 0; i < 20; i++) {
		size_t k = rnd((unsigned)p->n);

		if (i % 4 == 0) {
			cq_lookup_close(l);
			assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
		}
		at = places[k];
		assert_int_equal(cq_lookup_next(l, &at, &pos, NULL), CQ_OK);
		assert_int_equal(pos.data_off, p->v[k].off);
	}
	cq_lookup_close(l);
	free(places);
}

static void iteration_gives_the_partitions_of_the_scan_from_anywhere(void **state)
{
	(void)state;
	each_table(iterate);
}

/* ---- rows ---- */

static size_t nrows, nblocks, nopen, nwide;

/* A partition through its row index: the list of blocks, then for every row and marker the block it lies in. */
static void blocks_of(struct cq_table *t, struct cq_lookup *l, const struct part *p, const struct cq_position *pos)
{
	struct cq_deletion open = CQ_LIVE;
	struct cq_block b, list[512];
	size_t n = 0, at = 0;
	struct cq_scan *s;
	struct cq_event ev;
	struct cq_error err = {0};
	int rc;

	for (rc = t->format->block_floor(l, pos, NULL, &b, &err); rc == CQ_OK; rc = t->format->block_before(l, pos, &b, &err)) {
		assert_true(n < CQ_COUNTOF(list));
		list[n++] = b;
	}
	if (rc != CQ_END)
		fail_msg("%s", err.msg);
	assert_true(n >= 2);
	for (size_t i = 0; i < n / 2; i++) {
		b = list[i];
		list[i] = list[n - 1 - i];
		list[n - 1 - i] = b;
	}
	nblocks += n;
	nwide++;
	assert_int_equal(cq_scan_open(&s, t, NULL, NULL), CQ_OK);
	cq_scan_to(s, p->off);
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK && ev.kind != CQ_EV_PARTITION_END) {
		const struct cq_prefix *bound = ev.kind == CQ_EV_MARKER ? &ev.marker->bound : ev.row ? &ev.row->clustering : NULL;
		uint64_t off = ev.off - p->off;

		if (ev.kind != CQ_EV_ROW && ev.kind != CQ_EV_MARKER)
			continue;
		if (at < n && off == list[at].start) {
			assert_true(open.timestamp == list[at].open.timestamp && open.ldt == list[at].open.ldt);
			nopen += !cq_deletion_live(open);
			at++;
		}
		assert_true(at > 0 && (at == n || off < list[at].start));
		assert_int_equal(t->format->block_floor(l, pos, bound, &b, &err), CQ_OK);
		assert_int_equal(b.start, list[at - 1].start);
		if (at > 1) {
			assert_int_equal(t->format->block_before(l, pos, &b, &err), CQ_OK);
			assert_int_equal(b.start, list[at - 2].start);
		}
		if (ev.kind == CQ_EV_MARKER)
			open = ev.marker->open;
		nrows++;
	}
	assert_int_equal(rc, CQ_OK);
	assert_int_equal(at, n);
	cq_scan_close(s);
}

static void all_blocks(struct cq_table *t, const struct parts *p)
{
	struct cq_position pos;
	struct cq_lookup *l;
	uint64_t at = 0;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (size_t i = 0; i < p->n; i++) {
		struct cq_block b;

		assert_int_equal(cq_lookup_next(l, &at, &pos, NULL), CQ_OK);
		if (pos.rows_off == CQ_NO_OFFSET)
			assert_int_equal(t->format->block_floor(l, &pos, NULL, &b, NULL), CQ_NOT_FOUND);
		else
			blocks_of(t, l, &p->v[i], &pos);
	}
	cq_lookup_close(l);
}

static void every_row_and_marker_lies_in_the_block_that_its_clustering_finds(void **state)
{
	(void)state;
	each_table(all_blocks);
	print_message("# %zu wide partitions, %zu blocks, %zu with an open deletion, %zu rows and markers\n", nwide, nblocks, nopen,
		nrows);
	assert_true(nwide > 3 && nblocks > 10 && nrows > 100);
}

/* ---- every byte ---- */

static size_t nbytes;

static void cover_all(struct cq_table *t, const struct parts *p)
{
	(void)p;
	for (int i = 0; i < 2; i++) {
		enum cq_component component = i ? CQ_C_ROWS : CQ_C_PARTITIONS;
		const struct cq_space *space = t->component[component];
		uint8_t *cover;

		assert_non_null(space);
		cover = calloc(space->size + 1, 1);
		assert_int_equal(expand(t, component, cover, space->size, SIZE_MAX), CQ_OK);
		for (uint64_t b = 0; b < space->size; b++)
			if (cover[b] != 1)
				fail_msg("%s: byte %" PRIu64 " has %u leaves", space->name, b, cover[b]);
		nbytes += space->size;
		free(cover);
	}
}

static void every_byte_of_the_tries_has_exactly_one_leaf(void **state)
{
	(void)state;
	each_table(cover_all);
	print_message("# %zu bytes\n", nbytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found_where_the_scan_met_it_and_no_other),
		cmocka_unit_test(every_token_leads_to_the_first_partition_behind_it),
		cmocka_unit_test(iteration_gives_the_partitions_of_the_scan_from_anywhere),
		cmocka_unit_test(every_row_and_marker_lies_in_the_block_that_its_clustering_finds),
		cmocka_unit_test(every_byte_of_the_tries_has_exactly_one_leaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

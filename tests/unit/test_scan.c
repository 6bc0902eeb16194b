/* Scans and look-ups over every table there is: what must hold whatever the table, and what must agree with what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tables.h"

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

/* Calls what(path, table, all its events) for every table; what counts into the number that the last line says. */
static void each(const char *of, void (*what)(const char *path, const struct cq_table *t, const struct events *es, size_t *count))
{
	size_t count = 0;

	for (size_t i = 0; i < tables.n; i++) {
		struct cq_table *t = table_of(tables.path[i]);
		struct events es;

		seed = 1 + i;
		events_read(&es, t, NULL);
		what(tables.path[i], t, &es, &count);
		events_finish(&es);
		cq_table_close(t);
	}
	print_message("# %zu %s\n", count, of);
	assert_true(count > 0);
}

/* ---- order ---- */

static void order_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	const struct cq_type *const *types = t->ctx.clustering;
	uint64_t at = 0;

	for (size_t i = 0; i < es->nparts; i++) {
		const struct part *p = &es->part[i], *before = p - 1;
		struct cq_deletion open = CQ_LIVE;
		const struct ev *last = NULL;

		if (i && cq_key_compare(&t->partitioner, &before->token, before->key, &p->token, p->key) >= 0)
			fail_msg("%s: partition %zu does not stand behind the one before it", path, i);
		assert_true(es->v[p->first].kind == CQ_EV_PARTITION);
		assert_true(es->v[p->first + p->n - 1].kind == CQ_EV_PARTITION_END);
		for (size_t k = 0; k < p->n; k++) {
			const struct ev *e = &es->v[p->first + k];

			/* Events stand one behind another; only an empty static row is none. */
			if (e->off != at && !(k == 1 && t->ctx.statics.n && e->kind != CQ_EV_STATIC && e->off > at))
				fail_msg("%s: an event at 0x%" PRIx64 ", expected 0x%" PRIx64, path, e->off, at);
			at = e->off + e->len;
			assert_true(e->len > 0);
			assert_true((k == 0) == (e->kind == CQ_EV_PARTITION));
			assert_true((k == p->n - 1) == (e->kind == CQ_EV_PARTITION_END));
			assert_true(e->kind != CQ_EV_STATIC || k == 1);
			++*count;
			if (e->kind != CQ_EV_ROW && e->kind != CQ_EV_MARKER)
				continue;
			if (last && cq_prefix_compare(types, &last->prefix, &e->prefix) >= 0)
				fail_msg("%s: the unfiltered at 0x%" PRIx64 " does not stand behind the one before it", path, e->off);
			last = e;
			if (e->kind == CQ_EV_ROW) {
				assert_int_equal(e->prefix.n, t->ctx.nclustering);
				continue;
			}
			if (cq_bound_closes(e->prefix.kind) ? cq_deletion_live(open) || open.timestamp != e->close.timestamp ||
			    open.ldt != e->close.ldt : !cq_deletion_live(open))
				fail_msg("%s: the marker at 0x%" PRIx64 " does not fit what is open before it", path, e->off);
			assert_true(cq_bound_opens(e->prefix.kind) != cq_deletion_live(e->open));
			open = e->open;
		}
		assert_true(cq_deletion_live(open));
	}
	assert_int_equal(at, t->stream.len);
}

static void partitions_rows_and_markers_stand_in_order_and_fill_the_stream(void **state)
{
	(void)state;
	each("events", order_of);
}

/* ---- keys ---- */

static bool has_key(const struct events *es, cq_slice key)
{
	for (size_t i = 0; i < es->nparts; i++)
		if (cq_slice_eq(es->part[i].key, key))
			return true;
	return false;
}

static void key_found(const char *path, struct cq_lookup *l, const struct part *p)
{
	struct cq_position pos;
	struct cq_error err = {0};
	int rc = cq_lookup_key(l, p->key, &pos, &err);

	if (rc != CQ_OK || pos.data_off != p->off || !cq_slice_eq(pos.key, p->key))
		fail_msg("%s: key of partition at 0x%" PRIx64 ": status %d, found at 0x%" PRIx64 " %s", path, p->off, rc,
			rc == CQ_OK ? pos.data_off : 0, rc < 0 ? err.msg : "");
}

static void key_absent(const char *path, struct cq_lookup *l, const struct events *es, cq_slice key, const char *how, size_t *count)
{
	struct cq_position pos;
	struct cq_error err = {0};
	int rc;

	if (has_key(es, key))
		return;
	rc = cq_lookup_key(l, key, &pos, &err);
	++*count;
	if (rc != CQ_NOT_FOUND)
		fail_msg("%s: a key that is not there (%s): status %d %s", path, how, rc, rc < 0 ? err.msg : "");
}

static void altered(const char *path, struct cq_lookup *l, const struct events *es, cq_slice key, size_t *count)
{
	uint8_t *b = malloc(key.len + 4);

	if (key.len)
		memcpy(b, key.p, key.len);
	for (int i = 0; i < 4 && key.len; i++) {
		size_t at = rnd((uint32_t)key.len);
		uint8_t bit = (uint8_t)(1u << rnd(8));

		b[at] ^= bit;
		key_absent(path, l, es, cq_slice_of(b, key.len), "a bit flipped", count);
		b[at] ^= bit;
	}
	for (size_t cut = 0; cut < key.len; cut += 1 + key.len / 4)
		key_absent(path, l, es, cq_slice_of(b, cut), "cut short", count);
	b[key.len] = 0;
	key_absent(path, l, es, cq_slice_of(b, key.len + 1), "a zero behind", count);
	b[key.len] = 0xff;
	key_absent(path, l, es, cq_slice_of(b, key.len + 1), "0xff behind", count);
	for (size_t i = 0; i < key.len; i++)
		b[i] = (uint8_t)rnd(256);
	key_absent(path, l, es, cq_slice_of(b, key.len), "random", count);
	free(b);
}

static void keys_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	size_t step = 1 + es->nparts / 500;
	struct cq_lookup *l;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (size_t i = 0; i < es->nparts; i++) {
		key_found(path, l, &es->part[i]);
		if (i % step == 0)
			altered(path, l, es, es->part[i].key, count);
	}
	for (size_t i = es->nparts; i-- > 0;)
		key_found(path, l, &es->part[i]);
	/* The filter agrees with the index, and nothing had to be read the slow way. */
	if (cq_lookup_findings(l)->n)
		fail_msg("%s: %s", path, cq_lookup_findings(l)->first->message);
	cq_lookup_close(l);
}

static void every_key_is_found_where_it_is_and_altered_ones_are_not(void **state)
{
	(void)state;
	each("keys that are not there", keys_of);
}

/* ---- tokens ---- */

static size_t first_beyond(const struct cq_table *t, const struct events *es, const struct cq_token *token, bool inclusive)
{
	size_t i = 0;

	for (; i < es->nparts; i++) {
		int c = cq_token_compare(&t->partitioner, &es->part[i].token, token);

		if (c > 0 || (c == 0 && inclusive))
			break;
	}
	return i;
}

static void token_as_linear(const char *path, const struct cq_table *t, struct cq_lookup *l, const struct events *es,
	const struct cq_token *token, size_t *count)
{
	for (int inclusive = 0; inclusive < 2; inclusive++) {
		size_t want = first_beyond(t, es, token, inclusive);
		struct cq_position pos;
		struct cq_error err = {0};
		int rc = cq_lookup_token(l, token, inclusive, &pos, &err);

		if (want == es->nparts ? rc != CQ_END : rc != CQ_OK || pos.data_off != es->part[want].off)
			fail_msg("%s: first partition %s a token: partition %zu of %zu expected, status %d, at 0x%" PRIx64 " %s", path,
				inclusive ? "at or beyond" : "beyond", want, es->nparts, rc, rc == CQ_OK ? pos.data_off : 0,
				rc < 0 ? err.msg : "");
		++*count;
	}
}

static void tokens_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	size_t step = 1 + es->nparts / 300;
	struct cq_lookup *l;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (size_t i = 0; i < es->nparts; i += step) {
		struct cq_token k = es->part[i].token;
		uint8_t b[40];
		size_t n = rnd(sizeof b);

		token_as_linear(path, t, l, es, &k, count);
		k.lo++;
		token_as_linear(path, t, l, es, &k, count);
		k.lo -= 2;
		token_as_linear(path, t, l, es, &k, count);
		/* The token of some key: of random bytes, and of an altered key where tokens are keys. A LocalPartitioner's
		 * tokens are values of its type, which random bytes are not. */
		if (t->partitioner.kind == CQ_P_LOCAL || t->partitioner.kind == CQ_P_ORDER_PRESERVING)
			continue;
		for (size_t x = 0; x < n; x++)
			b[x] = (uint8_t)rnd(256);
		cq_token(&t->partitioner, cq_slice_of(b, n), &k);
		token_as_linear(path, t, l, es, &k, count);
		n = es->part[i].key.len < sizeof b ? es->part[i].key.len : sizeof b;
		memcpy(b, es->part[i].key.p, n);
		if (n)
			b[rnd((uint32_t)n)] ^= (uint8_t)(1u << rnd(8));
		cq_token(&t->partitioner, cq_slice_of(b, n), &k);
		token_as_linear(path, t, l, es, &k, count);
	}
	if (cq_lookup_findings(l)->n)
		fail_msg("%s: %s", path, cq_lookup_findings(l)->first->message);
	cq_lookup_close(l);
}

static void the_first_partition_beyond_a_token_is_what_a_linear_search_finds(void **state)
{
	(void)state;
	each("searches by token", tokens_of);
}

static void listing_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	struct cq_position pos;
	struct cq_error err = {0};
	struct cq_lookup *l;
	uint64_t at = 0;
	size_t i = 0;
	int rc;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	for (; (rc = cq_lookup_next(l, &at, &pos, &err)) == CQ_OK; i++, ++*count) {
		if (i >= es->nparts || pos.data_off != es->part[i].off || !cq_slice_eq(pos.key, es->part[i].key))
			fail_msg("%s: entry %zu of the index is not partition %zu", path, i, i);
	}
	if (rc != CQ_END || i != es->nparts)
		fail_msg("%s: the index lists %zu of %zu partitions: status %d %s", path, i, es->nparts, rc, err.msg);
	assert_int_equal(cq_lookup_next(l, &at, &pos, &err), CQ_END);
	cq_lookup_close(l);
}

static void the_index_lists_exactly_the_partitions_of_the_data(void **state)
{
	(void)state;
	each("index entries", listing_of);
}

/* ---- parts of a scan ---- */

/* Scan with opt and compare with the events [*i .. ) of the whole; *i moves on. */
static void scan_is_next(const char *path, const struct cq_table *t, const struct events *es, const struct cq_scan_options *opt,
	size_t *i)
{
	struct cq_error err = {0};
	struct cq_event e;
	struct cq_scan *s;
	int rc;

	assert_int_equal(cq_scan_open(&s, t, opt, &err), CQ_OK);
	while ((rc = cq_scan_next(s, &e, &err)) == CQ_OK) {
		struct ev v = ev_of(&e);

		if (*i >= es->n || es->v[*i].kind != v.kind || es->v[*i].off != v.off || es->v[*i].len != v.len ||
		    (opt->no_cells ? es->v[*i].shallow != v.shallow : es->v[*i].deep != v.deep))
			fail_msg("%s: event %zu at 0x%" PRIx64 " of a partial scan is not that of the whole", path, *i, v.off);
		if (opt->no_cells && (v.kind == CQ_EV_ROW))
			assert_int_equal(e.row->ncells + e.row->ncomplex, 0);
		assert_int_equal(cq_scan_position(s), v.off + v.len);
		++*i;
	}
	if (rc != CQ_END)
		fail_msg("%s: %s", path, err.msg);
	/* The end stays the end. */
	assert_int_equal(cq_scan_next(s, &e, &err), CQ_END);
	cq_scan_close(s);
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Partition numbers that cut the table into pieces, ascending, duplicates possible. */
static void cuts(const struct events *es, size_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = rnd((uint32_t)es->nparts);
	qsort(at, n, sizeof *at, by_number);
}

static void token_ranges_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	for (size_t n = 1; n <= 5; n += 2) {
		struct cq_token_range r = {0};
		struct cq_scan_options opt = { .tokens = &r, .no_cells = n == 3 };
		size_t at[8], i = 0;

		cuts(es, at, n);
		for (size_t k = 0; k <= n; k++) {
			r = (struct cq_token_range){ .has_start = k > 0, .has_end = k < n };
			if (k > 0)
				r.start = es->part[at[k - 1]].token;
			if (k < n)
				r.end = es->part[at[k]].token;
			scan_is_next(path, t, es, &opt, &i);
			++*count;
		}
		assert_int_equal(i, es->n);
	}
}

static void token_ranges_together_are_the_whole_table(void **state)
{
	(void)state;
	each("token ranges", token_ranges_of);
}

static void offset_ranges_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	for (size_t n = 1; n <= 7; n += 3) {
		struct cq_scan_options opt = { .no_cells = n == 4 };
		size_t at[8], i = 0;

		cuts(es, at, n);
		for (size_t k = 0; k <= n; k++) {
			/* Where nothing lies before the first cut there is nothing to scan: an end of 0 would mean all. */
			opt.start = k ? es->part[at[k - 1]].off : 0;
			opt.end = k < n ? es->part[at[k]].off : 0;
			if (k < n && !opt.end)
				continue;
			/* Any offset inside the partition before ends the range as well as the next one's start. */
			if (k < n && at[k] && opt.end > opt.start && es->part[at[k] - 1].off + 1 < opt.end)
				opt.end -= rnd((uint32_t)(opt.end - es->part[at[k] - 1].off));
			scan_is_next(path, t, es, &opt, &i);
			++*count;
		}
		assert_int_equal(i, es->n);
	}
}

static void offset_ranges_together_are_the_whole_table(void **state)
{
	(void)state;
	each("offset ranges", offset_ranges_of);
}

static void no_cells_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	struct cq_scan_options opt = { .no_cells = true };
	size_t i = 0;

	scan_is_next(path, t, es, &opt, &i);
	assert_int_equal(i, es->n);
	*count += i;
}

static void a_scan_without_cells_gives_the_same_events(void **state)
{
	(void)state;
	each("events", no_cells_of);
}

/* Leave partition i after some of its events: the next event is the next partition. */
static void skips_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	struct cq_error err = {0};
	struct cq_event e;
	struct cq_scan *s;

	assert_int_equal(cq_scan_open(&s, t, NULL, &err), CQ_OK);
	for (size_t round = 0; round < 3; round++) {
		cq_scan_to(s, 0);
		for (size_t i = 0; i < es->nparts; i++) {
			const struct part *p = &es->part[i];
			size_t leave = round == 0 ? 1 : 1 + rnd((uint32_t)p->n);

			for (size_t k = 0; k < leave; k++) {
				assert_int_equal(cq_scan_next(s, &e, &err), CQ_OK);
				if (ev_of(&e).deep != es->v[p->first + k].deep || e.off != es->v[p->first + k].off)
					fail_msg("%s: partition %zu, event %zu: another than in a plain scan", path, i, k);
			}
			assert_int_equal(cq_scan_skip_partition(s, &err), CQ_OK);
			++*count;
		}
		assert_int_equal(cq_scan_next(s, &e, &err), CQ_END);
	}
	cq_scan_close(s);
}

static void a_skipped_partition_is_followed_by_the_next(void **state)
{
	(void)state;
	each("partitions left early", skips_of);
}

static void positions_of(const char *path, const struct cq_table *t, const struct events *es, size_t *count)
{
	struct cq_error err = {0};
	struct cq_lookup *l;
	struct cq_event e;
	struct cq_scan *s;

	assert_int_equal(cq_lookup_open(&l, t, &err), CQ_OK);
	assert_int_equal(cq_scan_open(&s, t, NULL, &err), CQ_OK);
	for (size_t n = 0; n < 30; n++) {
		const struct part *p = &es->part[rnd((uint32_t)es->nparts)], *other = &es->part[rnd((uint32_t)es->nparts)];
		struct cq_position pos;

		assert_int_equal(cq_lookup_key(l, p->key, &pos, &err), CQ_OK);
		assert_int_equal(cq_scan_to_position(s, &pos, &err), CQ_OK);
		for (size_t k = 0; k < p->n; k++) {
			assert_int_equal(cq_scan_next(s, &e, &err), CQ_OK);
			if (ev_of(&e).deep != es->v[p->first + k].deep)
				fail_msg("%s: event %zu of a partition found by key is another than in a plain scan", path, k);
		}
		++*count;
		if (cq_slice_eq(other->key, p->key))
			continue;
		/* An index that leads to another partition. */
		pos.data_off = other->off;
		assert_int_equal(cq_scan_to_position(s, &pos, &err), CQ_OK);
		assert_int_equal(cq_scan_next(s, &e, &err), CQ_DAMAGED);
		assert_int_equal(err.off, other->off);
		assert_int_equal(cq_scan_next(s, &e, &err), CQ_DAMAGED);
		cq_scan_to(s, other->off);
		assert_int_equal(cq_scan_next(s, &e, &err), CQ_OK);
	}
	cq_scan_close(s);
	cq_lookup_close(l);
}

static void a_scan_goes_where_a_look_up_says_and_notices_another_partition_there(void **state)
{
	(void)state;
	each("partitions by key", positions_of);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partitions_rows_and_markers_stand_in_order_and_fill_the_stream),
		cmocka_unit_test(every_key_is_found_where_it_is_and_altered_ones_are_not),
		cmocka_unit_test(the_first_partition_beyond_a_token_is_what_a_linear_search_finds),
		cmocka_unit_test(the_index_lists_exactly_the_partitions_of_the_data),
		cmocka_unit_test(token_ranges_together_are_the_whole_table),
		cmocka_unit_test(offset_ranges_together_are_the_whole_table),
		cmocka_unit_test(a_scan_without_cells_gives_the_same_events),
		cmocka_unit_test(a_skipped_partition_is_followed_by_the_next),
		cmocka_unit_test(a_scan_goes_where_a_look_up_says_and_notices_another_partition_there),
	};

	return cmocka_run_group_tests(tests, each_table_listed, list_finished);
}

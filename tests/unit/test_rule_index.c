/* The rules about Index.db, Summary.db, Filter.db, Partitions.db and Rows.db: each fires on its damage, at the right byte and with the
 * right key; no single bit of these files can be turned without a finding; healthy tables are passed over in silence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cq_index.h"
#include "copies.h"

static const char *const rules[] = { "index-data", "index-cover", "promoted-span", "promoted-rows", "rt-block-edge", "bti-root",
	"bti-leafset", "bti-rows", "summary-len", "summary-index", "filter-order", "filter-fn", "filter-fp", NULL };

static void check(struct copy *c)
{
	check_at(c, c->dir, rules, 0, CQ_CHECK_FULL);
	assert_int_equal(c->report.ntables, 2);
}

static size_t count(const struct copy *c, const char *rule)
{
	size_t n = 0;

	for (const struct cq_check_finding *f = c->t->first; f; f = f->next)
		n += !strcmp(f->rule->id, rule);
	return n;
}

/* ---- every bit ---- */

static size_t sweep(const char *from, const char *base, const char *name, size_t step)
{
	size_t n, missed = 0, tried = 0;
	struct copy c;
	uint8_t *p;

	copy_table(&c, from, base);
	check(&c);
	print(c.t);
	assert_null(c.t->first);
	p = component(&c, name, &n);
	for (size_t i = 0; i < 8 * n; i += step, tried++) {
		uint8_t b = (uint8_t)(p[i / 8] ^ 1u << i % 8);

		put(&c, name, i / 8, &b, 1);
		check(&c);
		if (!c.t->first && ++missed <= 10)
			print_message("# %s/%s-%s: bit %zu of byte 0x%zx can be turned without a finding\n", from, base, name, i % 8, i / 8);
		put(&c, name, i / 8, &p[i / 8], 1);
	}
	free(p);
	drop(&c);
	print_message("# %s/%s-%s: %zu bits turned, %zu without a finding\n", from, base, name, tried, missed);
	return missed;
}

static const struct swept {
	const char *from, *base, *name;
	size_t step;                           /* every so many bits, under test; each with CQLITE_SWEEP=1 */
} swept[] = {
	{ "3.11-me/small/wide_small", "me-1-big", "Index.db", 37 },
	{ "5.0-nb/small/wide_small", "nb-1-big", "Index.db", 37 },
	{ "5.0-oa/small/wide_small", "oa-1-big", "Index.db", 37 },
	{ "5.0-byteordered/main/composite_pk", "oa-1-big", "Summary.db", 1 },
	{ "5.0-oa/small/wide_small", "oa-1-big", "Summary.db", 1 },
	{ "3.11-me/small/wide_small", "me-1-big", "Filter.db", 1 },
	{ "5.0-nb/small/wide_small", "nb-1-big", "Filter.db", 1 },
	{ "5.0-da/small/wide_small", "da-1-bti", "Filter.db", 1 },
	{ "5.0-da/small/wide_small", "da-1-bti", "Partitions.db", 1 },
	{ "5.0-da/small/wide_small", "da-1-bti", "Rows.db", 17 },
	{ "5.0-da/small/ck_frozen", "da-1-bti", "Rows.db", 3 },
	{ "5.0-da/small/ck_text", "da-1-bti", "Rows.db", 13 },
	{ "5.0-da/main/single", "da-1-bti", "Partitions.db", 1 },
	{ "5.0-da/main/scalars", "da-1-bti", "Partitions.db", 7 },
	{ "5.0-da/main/odd_keys", "da-1-bti", "Partitions.db", 211 },
	{ "5.0-txnlog/main/t-855bafb0e6df11f19f263ba06936b4d7", "oa-1-big", "Summary.db", 1 },
	{ "5.0-txnlog/main/t-855bafb0e6df11f19f263ba06936b4d7", "oa-1-big", "Index.db", 311 },
};

static void no_bit_can_be_turned_unseen(void **state)
{
	const char *all = getenv("CQLITE_SWEEP");
	size_t missed = 0;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(swept); i++)
		missed += sweep(swept[i].from, swept[i].base, swept[i].name, all && *all ? 1 : swept[i].step);
	assert_int_equal(missed, 0);
}

/* ---- one by one ---- */

static struct cq_table *open_copy(const struct copy *c)
{
	char path[256];

	path_of(c, "Data.db", path);
	return table_of(path);
}

/* The n-th entry that does (or does not) have an index of its rows; key: its text. */
static struct cq_index_entry entry_of(const struct copy *c, size_t n, bool wide, char key[256], struct cq_index_rows *rows)
{
	struct cq_table *t = open_copy(c);
	struct cq_index_entry e, out = {0};
	struct cq_buf text = {0};
	struct cq_scan *s;
	struct cq_event ev;
	struct cq_index *x;
	struct cq_error err = {0};

	assert_int_equal(cq_index_open(&x, t, &err), CQ_OK);
	do {
		assert_int_equal(cq_index_next(x, &e, &err), CQ_OK);
	} while (e.wide != wide || n--);
	if (wide && rows)
		assert_int_equal(cq_index_rows(x, &e, rows, &err), CQ_OK);
	assert_int_equal(cq_scan_open(&s, t, NULL, &err), CQ_OK);
	cq_scan_to(s, e.data_off);
	assert_int_equal(cq_scan_next(s, &ev, &err), CQ_OK);
	cq_table_print_key(t, ev.partition->key, &text);
	snprintf(key, 256, "%s", cq_buf_cstr(&text));
	cq_buf_finish(&text);
	cq_scan_close(s);
	out = e;
	out.key = out.path = (cq_slice){0};
	cq_index_close(x);
	cq_table_close(t);
	return out;
}

/* Block k of the n-th wide partition. */
static struct cq_index_block block_of(const struct copy *c, size_t n, size_t k, struct cq_index_rows *rows)
{
	struct cq_table *t = open_copy(c);
	struct cq_index_block b;
	struct cq_index_entry e;
	struct cq_index *x;

	assert_int_equal(cq_index_open(&x, t, NULL), CQ_OK);
	do {
		assert_int_equal(cq_index_next(x, &e, NULL), CQ_OK);
	} while (!e.wide || n--);
	assert_int_equal(cq_index_rows(x, &e, rows, NULL), CQ_OK);
	do {
		assert_int_equal(cq_index_block(x, &b, NULL), CQ_OK);
	} while (k--);
	cq_index_close(x);
	cq_table_close(t);
	return b;
}

static void is_about(const struct cq_check_finding *f, uint64_t off, const char *key)
{
	assert_int_equal(f->off, off);
	assert_non_null(f->keys.first);
	assert_string_equal(f->keys.first, key);
	assert_non_null(f->keys.first_token);
}

#define ME "3.11-me/small/wide_small", "me-1-big"
#define NB "5.0-nb/small/wide_small", "nb-1-big"
#define OA "5.0-oa/small/wide_small", "oa-1-big"
#define DA "5.0-da/small/wide_small", "da-1-bti"
#define OA_TXN "5.0-txnlog/main/t-855bafb0e6df11f19f263ba06936b4d7", "oa-1-big"

static void a_wrong_position_is_found_with_its_key_and_both_numbers(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e;
	struct copy c;
	char key[256], text[64];

	(void)state;
	copy_table(&c, NB);
	e = entry_of(&c, 3, false, key, NULL);
	flip(&c, "Index.db", e.at.off + e.at.len - 1, 0);
	check(&c);
	f = found(&c, "index-data");
	is_about(f, e.at.off, key);
	snprintf(text, sizeof text, "position 0x%" PRIx64, e.data_off);
	assert_string_equal(f->expected, text);
	snprintf(text, sizeof text, "position 0x%" PRIx64, e.data_off ^ 1);
	assert_string_equal(f->found, text);
	assert_int_equal(f->severity, CQ_ERROR);
	assert_int_equal(count(&c, "index-data"), 1);
	assert_null(f->next);
	drop(&c);
}

static void a_wrong_key_is_found_with_the_right_one(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e;
	struct copy c;
	char key[256];

	(void)state;
	copy_table(&c, OA);
	e = entry_of(&c, 2, false, key, NULL);
	flip(&c, "Index.db", e.off + 2, 1);
	check(&c);
	f = found(&c, "index-data");
	is_about(f, e.off, key);
	assert_int_equal(count(&c, "index-data"), 1);
	drop(&c);
}

static void behind_a_wrong_length_the_next_entry_is_found_again(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e, next;
	struct copy c;
	char key[256], next_key[256];

	(void)state;
	copy_table(&c, OA_TXN);
	e = entry_of(&c, 400, false, key, NULL);
	next = entry_of(&c, 402, false, next_key, NULL);
	flip(&c, "Index.db", e.off + 1, 1);                    /* two bytes more or less of key */
	check(&c);
	f = found(&c, "index-data");
	is_about(f, e.off, key);
	assert_non_null(strstr(f->message, "wrong length"));
	/* One thing is wrong, and one is said: nothing of the summary, nothing of the entries that follow. */
	assert_ptr_equal(c.t->first, f);
	assert_null(f->next);
	(void)next;
	drop(&c);
}

static void an_entry_inside_of_the_one_before_is_found_and_the_bit_that_made_it_so(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e, next;
	struct copy c;
	char key[256], next_key[256];

	(void)state;
	copy_table(&c, OA_TXN);
	e = entry_of(&c, 400, false, key, NULL);
	next = entry_of(&c, 401, false, next_key, NULL);
	flip(&c, "Index.db", e.length_at.off, 3);              /* no promoted index, now one of 8 bytes */
	check(&c);
	f = found(&c, "promoted-span");
	is_about(f, e.length_at.off, key);
	assert_non_null(strstr(f->expected, "a length of 0 bytes"));
	assert_true(f->suspect.set);
	assert_int_equal(f->suspect.off, e.length_at.off);
	assert_int_equal(f->suspect.bit, 3);
	is_about(found(&c, "index-data"), next.off, next_key);
	assert_int_equal(count(&c, "index-data"), 1);
	assert_int_equal(count(&c, "index-cover"), 0);
	assert_int_equal(count(&c, "summary-index"), 0);
	drop(&c);
}

static void partitions_without_an_entry_are_named(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e;
	struct copy c;
	char key[256], last[256];
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, OA_TXN);
	e = entry_of(&c, 890, false, key, NULL);
	entry_of(&c, 899, false, last, NULL);
	p = component(&c, "Index.db", &n);
	replace(&c, "Index.db", p, (size_t)e.off);
	check(&c);
	f = found(&c, "index-cover");
	assert_string_equal(f->keys.first, key);
	assert_string_equal(f->keys.last, last);
	assert_int_equal(f->keys.n, 10);
	assert_int_equal(count(&c, "index-cover"), 1);
	/* And one in the middle. */
	e = entry_of(&c, 100, false, key, NULL);
	memmove(p + e.off, p + e.off + e.len, n - (size_t)(e.off + e.len));
	replace(&c, "Index.db", p, n - (size_t)e.len);
	check(&c);
	f = found(&c, "index-cover");
	is_about(f, e.off, key);
	assert_int_equal(f->keys.n, 1);
	assert_int_equal(count(&c, "index-cover"), 1);
	assert_int_equal(count(&c, "index-data"), 0);
	free(p);
	drop(&c);
}

static void entries_behind_the_last_partition_are_found(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e;
	struct copy c;
	char key[256];
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, OA_TXN);
	e = entry_of(&c, 5, false, key, NULL);
	p = component(&c, "Index.db", &n);
	p = realloc(p, n + (size_t)e.len);
	memcpy(p + n, p + e.off, (size_t)e.len);
	replace(&c, "Index.db", p, n + (size_t)e.len);
	check(&c);
	f = found(&c, "index-cover");
	is_about(f, n, key);
	assert_int_equal(f->len, e.len);
	free(p);
	drop(&c);
}

static void an_index_that_does_not_start_at_the_data_is_found(void **state)
{
	struct cq_index_entry e;
	struct copy c;
	char key[256];

	(void)state;
	copy_table(&c, OA_TXN);
	e = entry_of(&c, 0, false, key, NULL);
	flip(&c, "Index.db", e.at.off, 3);
	check(&c);
	is_about(found(&c, "index-cover"), e.at.off, key);
	assert_string_equal(found(&c, "index-cover")->because, "index-data");
	drop(&c);
}

static void lengths_and_pointers_of_promoted_indexes_are_held_to_the_byte(void **state)
{
	struct cq_index_rows rows;
	struct cq_index_block b;
	struct cq_index_entry e;
	struct copy c;
	char key[256];

	(void)state;
	copy_table(&c, NB);
	e = entry_of(&c, 1, true, key, NULL);
	b = block_of(&c, 1, 1, &rows);
	flip(&c, "Index.db", b.pointer_at.off + 3, 0);
	check(&c);
	is_about(found(&c, "promoted-span"), b.pointer_at.off, key);
	flip(&c, "Index.db", b.pointer_at.off + 3, 0);
	flip(&c, "Index.db", e.length_at.off + e.length_at.len - 1, 2);
	check(&c);
	assert_string_equal(found(&c, "promoted-span")->keys.first, key);
	drop(&c);
}

static void blocks_are_held_against_the_rows(void **state)
{
	static const char *const tables[][2] = { { ME }, { NB }, { OA } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		const struct cq_check_finding *f;
		struct cq_index_rows rows;
		struct cq_index_block b;
		struct copy c;
		char key[256];

		copy_table(&c, tables[i][0], tables[i][1]);
		entry_of(&c, 1, true, key, NULL);
		b = block_of(&c, 1, 1, &rows);
		flip(&c, "Index.db", b.first_at.off + b.first_at.len - 1, 0);
		check(&c);
		f = found(&c, "promoted-rows");
		is_about(f, b.first_at.off, key);
		assert_int_equal(f->len, b.first_at.len);
		assert_int_equal(f->expected[0], '(');
		flip(&c, "Index.db", b.first_at.off + b.first_at.len - 1, 0);
		flip(&c, "Index.db", b.last_at.off + b.last_at.len - 1, 0);
		check(&c);
		is_about(found(&c, "promoted-rows"), b.last_at.off, key);
		flip(&c, "Index.db", b.last_at.off + b.last_at.len - 1, 0);
		flip(&c, "Index.db", b.start_at.off + b.start_at.len - 1, 0);
		check(&c);
		is_about(found(&c, "promoted-rows"), b.start_at.off, key);
		flip(&c, "Index.db", b.start_at.off + b.start_at.len - 1, 0);
		flip(&c, "Index.db", b.width_at.off + b.width_at.len - 1, 3);
		check(&c);
		is_about(found(&c, "promoted-rows"), b.width_at.off, key);
		flip(&c, "Index.db", b.width_at.off + b.width_at.len - 1, 3);
		flip(&c, "Index.db", rows.header_at.off + rows.header_at.len - 1, 0);
		check(&c);
		is_about(found(&c, "promoted-rows"), rows.header_at.off, key);
		drop(&c);
	}
}

/* The first block with an open deletion of any partition. */
static struct cq_index_block open_block(const struct copy *c, char key[256])
{
	struct cq_table *t = open_copy(c);
	struct cq_index_block b = {0};
	struct cq_index_entry e;
	struct cq_index_rows rows;
	struct cq_index *x;
	size_t n = 0;

	assert_int_equal(cq_index_open(&x, t, NULL), CQ_OK);
	for (;; ) {
		bool found_one = false;

		assert_int_equal(cq_index_next(x, &e, NULL), CQ_OK);
		if (!e.wide)
			continue;
		assert_int_equal(cq_index_rows(x, &e, &rows, NULL), CQ_OK);
		while (cq_index_block(x, &b, NULL) == CQ_OK)
			if (!cq_deletion_live(b.open)) {
				found_one = true;
				break;
			}
		if (found_one)
			break;
		n++;
	}
	cq_index_close(x);
	cq_table_close(t);
	entry_of(c, n, true, key, NULL);
	return b;
}

static void open_deletions_at_block_edges_are_held_against_the_markers(void **state)
{
	static const char *const tables[][3] = { { ME, "Index.db" }, { NB, "Index.db" }, { OA, "Index.db" }, { DA, "Rows.db" } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		const struct cq_check_finding *f;
		struct cq_index_block b;
		struct copy c;
		char key[256];

		copy_table(&c, tables[i][0], tables[i][1]);
		b = open_block(&c, key);
		assert_int_equal(b.open_at.len, 12);
		flip(&c, tables[i][2], b.open_at.off + 11, 0);
		check(&c);
		f = found(&c, "rt-block-edge");
		is_about(f, b.open_at.off, key);
		assert_int_equal(count(&c, "rt-block-edge"), 1);
		assert_non_null(strstr(f->expected, "local deletion time"));
		drop(&c);
	}
}

static void samples_of_the_summary_are_held_against_the_index(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e;
	struct copy c;
	char key[256];
	uint8_t *p;
	size_t n, at;

	(void)state;
	copy_table(&c, OA_TXN);
	p = component(&c, "Summary.db", &n);
	assert_int_equal(cq_be32(p), 128);
	assert_int_equal(cq_be32(p + 4), 8);
	e = entry_of(&c, 256, false, key, NULL);
	at = 24 + cq_le32(p + 24 + 4 * 3) - 8;                 /* position of sample 2 */
	flip(&c, "Summary.db", at, 1);
	check(&c);
	f = found(&c, "summary-index");
	is_about(f, at, key);
	assert_int_equal(f->severity, CQ_ERROR);
	assert_int_equal(count(&c, "summary-index"), 1);
	flip(&c, "Summary.db", at, 1);
	flip(&c, "Summary.db", 24 + cq_le32(p + 24 + 4 * 2), 1);       /* its key */
	check(&c);
	is_about(found(&c, "summary-index"), 24 + cq_le32(p + 24 + 4 * 2), key);
	flip(&c, "Summary.db", 24 + cq_le32(p + 24 + 4 * 2), 1);
	flip(&c, "Summary.db", 3, 0);                          /* interval 129 */
	check(&c);
	assert_int_equal(found(&c, "summary-index")->severity, CQ_WARNING);
	flip(&c, "Summary.db", 3, 0);
	flip(&c, "Summary.db", 23, 0);                         /* size at full sampling */
	check(&c);
	assert_int_equal(found(&c, "summary-index")->off, 20);
	(void)e;
	free(p);
	drop(&c);
}

static void a_summary_that_was_thinned_out_by_the_rules_is_healthy(void **state)
{
	static const unsigned kept[] = { 0, 2, 4, 6 };         /* of 8, at level 64: every second */
	uint8_t *p, out[512] = {0};
	size_t n, at = 24 + 4 * 4, tail;
	struct copy c;

	(void)state;
	copy_table(&c, OA_TXN);
	p = component(&c, "Summary.db", &n);
	memcpy(out, p, 24);
	for (size_t i = 0; i < 4; i++) {
		size_t from = cq_le32(p + 24 + 4 * kept[i]), to = kept[i] == 7 ? (size_t)cq_be64(p + 8) : cq_le32(p + 24 + 4 * (kept[i] + 1));

		out[24 + 4 * i] = (uint8_t)(at - 24);
		memcpy(out + at, p + 24 + from, to - from);
		at += to - from;
	}
	cq_put_be32(out + 4, 4);
	cq_put_be64(out + 8, at - 24);
	cq_put_be32(out + 16, 64);
	tail = 24 + (size_t)cq_be64(p + 8);
	memcpy(out + at, p + tail, n - tail);
	replace(&c, "Summary.db", out, at + n - tail);
	check(&c);
	assert_int_equal(c.t->n[CQ_ERROR], 0);
	assert_int_equal(c.t->n[CQ_WARNING], 0);
	assert_non_null(strstr(found(&c, "summary-index")->message, "thinned out"));
	/* The same samples at another level are not. */
	out[19] = 32;
	replace(&c, "Summary.db", out, at + n - tail);
	check(&c);
	assert_int_not_equal(c.t->n[CQ_WARNING], 0);
	free(p);
	drop(&c);
}

static void lengths_in_the_summary_are_judged_before_they_are_used(void **state)
{
	struct copy c;
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, OA_TXN);
	p = component(&c, "Summary.db", &n);
	replace(&c, "Summary.db", p, n - 5);                   /* cut short */
	check(&c);
	assert_non_null(found(&c, "summary-len"));
	replace(&c, "Summary.db", p, n);
	flip(&c, "Summary.db", 24 + (size_t)cq_be64(p + 8), 6);        /* a first key of a gigabyte */
	check(&c);
	assert_int_equal(found(&c, "summary-len")->off, 24 + cq_be64(p + 8));
	replace(&c, "Summary.db", p, n);
	flip(&c, "Summary.db", 24 + 4 * 3 + 3, 7);             /* an offset far away */
	check(&c);
	assert_in_range(found(&c, "summary-len")->off, 24 + 4 * 2, 24 + 4 * 3);
	replace(&c, "Summary.db", p, 10);
	check(&c);
	assert_non_null(found(&c, "summary-len"));
	free(p);
	drop(&c);
}

static void a_bit_that_a_key_needs_and_one_that_none_needs(void **state)
{
	static const char *const tables[][2] = { { ME }, { NB }, { DA } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		bool cleared = false, set = false;
		struct copy c;
		uint8_t *p;
		size_t n;

		copy_table(&c, tables[i][0], tables[i][1]);
		p = component(&c, "Filter.db", &n);
		for (size_t bit = 64; bit < 8 * n && !(cleared && set); bit++) {
			bool is = p[bit / 8] >> bit % 8 & 1;
			const struct cq_check_finding *f;

			if (is ? cleared : set)
				continue;
			flip(&c, "Filter.db", bit / 8, bit % 8);
			check(&c);
			f = found(&c, is ? "filter-fn" : "filter-fp");
			assert_int_equal(f->off, bit / 8);
			assert_true(f->suspect.set);
			assert_int_equal(f->suspect.bit, bit % 8);
			assert_int_equal(f->suspect.expected, p[bit / 8]);
			assert_int_equal(f->suspect.found, p[bit / 8] ^ 1 << bit % 8);
			if (is) {
				assert_int_equal(f->severity, CQ_ERROR);
				assert_int_equal(f->keys.n, 1);
				assert_int_equal(count(&c, "filter-fp"), 0);
			} else {
				assert_int_equal(f->severity, CQ_WARNING);
				assert_int_equal(count(&c, "filter-fn"), 0);
			}
			flip(&c, "Filter.db", bit / 8, bit % 8);
			cleared |= is;
			set |= !is;
		}
		assert_true(cleared && set);
		free(p);
		drop(&c);
	}
}

static void a_filter_in_the_other_order_is_told_from_a_damaged_one(void **state)
{
	static const char *const tables[][2] = { { ME }, { NB }, { OA_TXN }, { DA } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		struct copy c;
		uint8_t *p;
		size_t n;

		copy_table(&c, tables[i][0], tables[i][1]);
		p = component(&c, "Filter.db", &n);
		for (size_t w = 8; w < n; w += 8) {
			uint64_t v = cq_le64(p + w);

			cq_put_be64(p + w, v);
		}
		replace(&c, "Filter.db", p, n);
		check(&c);
		assert_non_null(strstr(found(&c, "filter-order")->found, i ? "before 4.0" : "since 4.0"));
		assert_string_equal(found(&c, "filter-fn")->because, "filter-order");
		/* Zeros are no other order. */
		memset(p + 8, 0, n - 8);
		replace(&c, "Filter.db", p, n);
		check(&c);
		assert_int_equal(count(&c, "filter-order"), 0);
		assert_non_null(found(&c, "filter-fn"));
		free(p);
		drop(&c);
	}
}

static void the_number_of_hashes_is_held_against_the_target(void **state)
{
	struct copy c;

	(void)state;
	copy_table(&c, OA_TXN);
	flip(&c, "Filter.db", 3, 0);                           /* 5 hashes for 0.01, now 4 */
	check(&c);
	for (const struct cq_check_finding *f = c.t->first; f; f = f->next) {
		if (f->off)
			continue;
		assert_string_equal(f->rule->id, "filter-fp");
		assert_string_equal(f->expected, "5");
		assert_string_equal(f->found, "4");
		drop(&c);
		return;
	}
	fail_msg("no finding about the number of hashes");
}

static void the_end_of_partitions_db_is_held_to_the_byte(void **state)
{
	struct copy c;
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, DA);
	p = component(&c, "Partitions.db", &n);
	flip(&c, "Partitions.db", n - 1, 2);                   /* the root */
	check(&c);
	assert_non_null(found(&c, "bti-root"));
	flip(&c, "Partitions.db", n - 1, 2);
	flip(&c, "Partitions.db", n - 9, 0);                   /* the count */
	check(&c);
	assert_int_equal(found(&c, "bti-root")->off, n - 16);
	assert_string_equal(found(&c, "bti-root")->expected, "27");
	flip(&c, "Partitions.db", n - 9, 0);
	flip(&c, "Partitions.db", (size_t)cq_be64(p + n - 24) + 2, 0); /* the first key */
	check(&c);
	assert_int_equal(found(&c, "bti-root")->off, cq_be64(p + n - 24));
	replace(&c, "Partitions.db", p, n - 3);                /* cut short */
	check(&c);
	assert_non_null(found(&c, "bti-root"));
	replace(&c, "Partitions.db", p, 20);
	check(&c);
	assert_non_null(found(&c, "bti-root"));
	free(p);
	drop(&c);
}

static void padding_between_the_pages_of_a_trie_is_harmless(void **state)
{
	static const uint8_t zeros[4];
	struct copy c;
	uint8_t *p;
	size_t n, at;

	(void)state;
	copy_table(&c, "5.0-da/main/odd_keys", "da-1-bti");
	p = component(&c, "Partitions.db", &n);
	assert_true(n > 8192);
	for (at = 8192; at > 0 && !p[at - 1]; at--)
		;
	at += 2;
	assert_true(at < 8000 && !memcmp(p + at, zeros, sizeof zeros));
	flip(&c, "Partitions.db", at, 3);
	check(&c);
	assert_int_equal(found(&c, "bti-root")->off, at);
	assert_int_equal(found(&c, "bti-root")->severity, CQ_WARNING);
	assert_int_equal(found(&c, "bti-root")->effect, CQ_HARMLESS);
	assert_int_equal(c.t->n[CQ_ERROR], 0);
	free(p);
	drop(&c);
}

static void leaves_are_held_against_the_partitions(void **state)
{
	const struct cq_check_finding *f;
	struct cq_index_entry e;
	struct copy c;
	char key[256];

	(void)state;
	copy_table(&c, DA);
	e = entry_of(&c, 4, false, key, NULL);
	flip(&c, "Partitions.db", e.hash_at, 5);
	check(&c);
	f = found(&c, "bti-leafset");
	is_about(f, e.hash_at, key);
	assert_non_null(strstr(f->message, "hash byte"));
	assert_int_equal(count(&c, "bti-leafset"), 1);
	flip(&c, "Partitions.db", e.hash_at, 5);
	flip(&c, "Partitions.db", e.at.off + e.at.len - 1, 0);
	check(&c);
	is_about(found(&c, "bti-leafset"), e.at.off, key);
	drop(&c);
}

static void row_tries_are_held_against_the_rows(void **state)
{
	struct cq_index_rows rows;
	struct cq_index_block b;
	struct copy c;
	char key[256];

	(void)state;
	copy_table(&c, DA);
	entry_of(&c, 1, true, key, NULL);
	b = block_of(&c, 1, 1, &rows);
	flip(&c, "Rows.db", b.start_at.off + b.start_at.len - 1, 0);
	check(&c);
	is_about(found(&c, "bti-rows"), b.start_at.off, key);
	flip(&c, "Rows.db", b.start_at.off + b.start_at.len - 1, 0);
	flip(&c, "Rows.db", rows.blocks_at.off + rows.blocks_at.len - 1, 0);
	check(&c);
	is_about(found(&c, "bti-rows"), rows.blocks_at.off, key);
	flip(&c, "Rows.db", rows.blocks_at.off + rows.blocks_at.len - 1, 0);
	/* The last byte of a separator: the transition to its node stands in the root here. */
	flip(&c, "Rows.db", rows.root + 1, 0);
	check(&c);
	assert_true(count(&c, "bti-rows") > 0);
	flip(&c, "Rows.db", rows.root + 1, 0);
	check(&c);
	assert_null(c.t->first);
	drop(&c);
}

static void what_a_table_does_not_have_is_not_measured(void **state)
{
	char path[256];
	struct copy c;
	size_t n = 0;

	(void)state;
	copy_table(&c, NB);
	path_of(&c, "Filter.db", path);
	unlink(path);
	path_of(&c, "Index.db", path);
	unlink(path);
	check(&c);
	assert_null(c.t->first);
	for (const struct cq_unmeasured *u = c.t->unmeasured; u; u = u->next) {
		n++;
		assert_non_null(strstr(u->cause, "missing"));
	}
	assert_int_equal(n, 9);                                /* five of Index.db, three of Filter.db, summary-index */
	drop(&c);
}

/* ---- all tables ---- */

static void healthy_tables_are_passed_over_in_silence(void **state)
{
	struct tables all = tables_of_corpus();
	size_t findings = 0;

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		struct cq_check_options opt = { .level = CQ_CHECK_FULL, .rules = rules, .no_schema_file = true, .now = 1800000000, .jobs = 2 };
		struct cq_report report = {0};
		struct cq_desc_list list = {0};
		struct cq_error err = {0};
		struct copy c = {0};

		assert_int_equal(cq_desc_list(all.path[i], &list, &err), CQ_OK);
		if (cq_check_run(&list, &opt, &report, &err) != CQ_OK)
			fail_msg("%s: %s", all.path[i], err.msg);
		if (report.n[CQ_ERROR] + report.n[CQ_WARNING]) {
			findings++;
			print_message("# %s\n", all.path[i]);
			c.t = &report.tables[0];
			print(c.t);
		}
		cq_report_finish(&report);
		cq_desc_list_finish(&list);
	}
	tables_finish(&all);
	assert_int_equal(findings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_position_is_found_with_its_key_and_both_numbers),
		cmocka_unit_test(a_wrong_key_is_found_with_the_right_one),
		cmocka_unit_test(behind_a_wrong_length_the_next_entry_is_found_again),
		cmocka_unit_test(an_entry_inside_of_the_one_before_is_found_and_the_bit_that_made_it_so),
		cmocka_unit_test(partitions_without_an_entry_are_named),
		cmocka_unit_test(entries_behind_the_last_partition_are_found),
		cmocka_unit_test(an_index_that_does_not_start_at_the_data_is_found),
		cmocka_unit_test(lengths_and_pointers_of_promoted_indexes_are_held_to_the_byte),
		cmocka_unit_test(blocks_are_held_against_the_rows),
		cmocka_unit_test(open_deletions_at_block_edges_are_held_against_the_markers),
		cmocka_unit_test(samples_of_the_summary_are_held_against_the_index),
		cmocka_unit_test(a_summary_that_was_thinned_out_by_the_rules_is_healthy),
		cmocka_unit_test(lengths_in_the_summary_are_judged_before_they_are_used),
		cmocka_unit_test(a_bit_that_a_key_needs_and_one_that_none_needs),
		cmocka_unit_test(a_filter_in_the_other_order_is_told_from_a_damaged_one),
		cmocka_unit_test(the_number_of_hashes_is_held_against_the_target),
		cmocka_unit_test(the_end_of_partitions_db_is_held_to_the_byte),
		cmocka_unit_test(padding_between_the_pages_of_a_trie_is_harmless),
		cmocka_unit_test(leaves_are_held_against_the_partitions),
		cmocka_unit_test(row_tries_are_held_against_the_rows),
		cmocka_unit_test(what_a_table_does_not_have_is_not_measured),
		cmocka_unit_test(healthy_tables_are_passed_over_in_silence),
		cmocka_unit_test(no_bit_can_be_turned_unseen),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

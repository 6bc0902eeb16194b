/* Rules over the stream of rows, each given events that break it and events that do not. The events are made here, so that
 * faults are tried that no writer makes; a real table lends its types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_buf.h"
#include "cq_check_priv.h"

/* ---- a rule on a bench ---- */

struct bench {
	struct cq_table *t;
	struct cq_check check;
	struct cq_check_options options;
	struct cq_check_table result;
	struct cq_selection all;
	struct cq_pass pass;
	const struct cq_rule *rule;
	void *state;
	struct cq_partition partition;
	struct cq_row row;
	struct cq_marker marker;
	cq_slice values[2][4];
	struct cq_cell cells[4];
	struct cq_complex complex[1];
};

static void begin(struct bench *b, const char *id, const char *table)
{
	struct cq_error err = {0};
	char path[512];

	memset(b, 0, sizeof *b);
	snprintf(path, sizeof path, "%s/%s", CQ_TEST_CORPUS, table);
	assert_int_equal(cq_table_open(&b->t, path, NULL, &err), CQ_OK);
	b->rule = cq_rule_named(id);
	assert_non_null(b->rule);
	while (cq_rule_nth(b->all.n))
		b->all.n++;
	b->check = (struct cq_check){ .table = b->t, .partial = b->t, .options = &b->options, .result = &b->result, .now = 1700000000 };
	b->pass = (struct cq_pass){ .check = &b->check, .table = b->t, .npieces = 1 };
	assert_int_equal(cq_out_init(&b->pass.out, &b->all, &b->options, NULL), CQ_OK);
	assert_int_equal(cq_out_init(&b->check.out, &b->all, &b->options, NULL), CQ_OK);
	b->pass.out.table = b->check.out.table = b->t;
	b->pass.out.rule = b->check.out.rule = b->rule;
	b->pass.key = cq_slice_of("\0\0\0\1", 4);
	b->partition = (struct cq_partition){ .key = b->pass.key, .deletion = CQ_LIVE };
	if (b->rule->state_size)
		b->state = calloc(1, b->rule->state_size);
	if (b->rule->begin)
		b->rule->begin(&b->pass, b->state);
}

static void end(struct bench *b)
{
	if (b->state && b->rule->destroy)
		b->rule->destroy(b->state);
	free(b->state);
	cq_out_finish(&b->pass.out);
	cq_out_finish(&b->check.out);
	cq_table_close(b->t);
}

static void give(struct bench *b, enum cq_event_kind kind, uint64_t off)
{
	const struct cq_event ev = { .kind = kind, .off = off, .len = 10, .partition = &b->partition, .row = &b->row, .marker = &b->marker };

	if (b->rule->wants & CQ_WANTS(kind))
		b->rule->event(&b->pass, b->state, &ev);
}

/* An empty row with clustering values a (and b), NULL for null. */
static void row(struct bench *b, const char *a, const char *second)
{
	b->values[0][0] = a ? cq_slice_str(a) : (cq_slice){0};
	b->values[0][1] = second ? cq_slice_str(second) : (cq_slice){0};
	b->row = (struct cq_row){ .clustering = { .kind = CQ_CLUSTERING, .n = second || !a ? 2 : 1, .values = b->values[0] },
		.timestamp = CQ_NO_TIMESTAMP, .ldt = CQ_NO_LDT, .deletion = CQ_LIVE, .scylla_shadowable = CQ_LIVE, .cells = b->cells,
		.complex = b->complex };
}

/* What stands before it, as the pass tells rules: order is what a comparison would say. */
static void before(struct bench *b, enum cq_event_kind kind, enum cq_bound_kind bound, const char *value, int order, uint64_t off)
{
	b->values[1][0] = cq_slice_str(value);
	b->pass.before.is = true;
	b->pass.before.kind = kind;
	b->pass.before.prefix = (struct cq_prefix){ .kind = bound, .n = 1, .values = b->values[1] };
	b->pass.before.order = order;
	b->pass.before.off = off;
}

static void found(struct bench *b, size_t n, uint64_t off)
{
	const struct cq_check_finding *f = b->pass.out.first ? b->pass.out.first : b->check.out.first;
	size_t have = 0;

	for (const struct cq_check_finding *i = f; i; i = i->next)
		have++;
	assert_int_equal(have, n);
	if (!n)
		return;
	assert_ptr_equal(f->rule, b->rule);
	assert_int_equal(f->component, CQ_C_DATA);
	assert_int_equal(f->off, off);
	assert_true(f->message && *f->message);
}

#define SINGLE "5.0-oa/main/single/oa-1-big-Data.db"
#define COLLECTIONS "3.11-me/main/collections/me-1-big-Data.db"
#define COUNTERS "3.11-me/main/counters/me-1-big-Data.db"
#define TWO "5.0-oa/main/many_clusterings/oa-1-big-Data.db"

/* ---- order ---- */

static void a_row_that_stands_before_its_predecessor_is_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "row-order", TWO);
	row(&b, "a", NULL);
	give(&b, CQ_EV_ROW, 100);                        /* the first: nothing before */
	before(&b, CQ_EV_ROW, CQ_CLUSTERING, "a", -1, 100);
	give(&b, CQ_EV_ROW, 110);
	found(&b, 0, 0);
	before(&b, CQ_EV_ROW, CQ_CLUSTERING, "b", 1, 110);
	give(&b, CQ_EV_ROW, 120);
	found(&b, 1, 120);
	end(&b);
}

static void two_equal_rows_are_a_double_and_not_out_of_order(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "row-order", TWO);
	row(&b, "a", NULL);
	before(&b, CQ_EV_ROW, CQ_CLUSTERING, "a", 0, 100);
	give(&b, CQ_EV_ROW, 110);
	found(&b, 0, 0);
	end(&b);
	begin(&b, "row-dup", TWO);
	row(&b, "a", NULL);
	before(&b, CQ_EV_ROW, CQ_CLUSTERING, "a", 0, 100);
	give(&b, CQ_EV_ROW, 110);
	found(&b, 1, 110);
	end(&b);
}

static void partitions_out_of_token_order_and_twice_are_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "part-order", SINGLE);
	b.pass.token.lo = 5;
	give(&b, CQ_EV_PARTITION, 0);
	b.pass.token_before = b.pass.token;
	b.pass.key_before = b.pass.key;
	b.pass.token.lo = 7;
	give(&b, CQ_EV_PARTITION, 50);
	found(&b, 0, 0);
	b.pass.token_before.lo = 7;
	b.pass.token.lo = (uint64_t)-3;                  /* tokens are signed */
	give(&b, CQ_EV_PARTITION, 90);
	found(&b, 1, 90);
	b.pass.token_before = b.pass.token;
	give(&b, CQ_EV_PARTITION, 130);                  /* the same again */
	assert_int_equal(b.pass.out.n[CQ_ERROR], 2);
	end(&b);
}

static void order_is_compared_across_the_border_of_two_pieces(void **state)
{
	struct bench a, b;

	(void)state;
	begin(&a, "part-order", SINGLE);
	a.pass.token.lo = 9;
	give(&a, CQ_EV_PARTITION, 0);
	begin(&b, "part-order", SINGLE);
	b.pass.token.lo = 8;
	give(&b, CQ_EV_PARTITION, 400);
	a.rule->merge(&a.pass, a.state, b.state);
	found(&a, 1, 400);
	end(&b);
	end(&a);
}

static void elements_of_a_collection_that_do_not_ascend_are_found(void **state)
{
	struct bench b;
	const struct cq_column *set = NULL;

	(void)state;
	begin(&b, "cell-order", COLLECTIONS);
	assert_true(b.rule->concerns(b.t));
	for (uint32_t i = 0; i < b.t->ctx.regulars.n; i++)
		if (b.t->ctx.regulars.columns[i].complex && cq_type_path(b.t->ctx.regulars.columns[i].type)->kind == CQ_T_TEXT)
			set = &b.t->ctx.regulars.columns[i];
	assert_non_null(set);
	row(&b, "a", NULL);
	b.row.ncells = 2;
	b.row.ncomplex = 1;
	b.complex[0] = (struct cq_complex){ .column = set, .deletion = CQ_LIVE, .count = 2 };
	b.cells[0] = (struct cq_cell){ .column = set, .path = cq_slice_str("a"), .off = 3 };
	b.cells[1] = (struct cq_cell){ .column = set, .path = cq_slice_str("b"), .off = 6 };
	give(&b, CQ_EV_ROW, 100);
	found(&b, 0, 0);
	b.cells[0].path = cq_slice_str("c");
	give(&b, CQ_EV_ROW, 100);
	found(&b, 1, 106);
	end(&b);
}

/* ---- range tombstones ---- */

static void mark(struct bench *b, enum cq_bound_kind kind, const char *value, int64_t ts)
{
	b->values[0][0] = cq_slice_str(value);
	b->marker = (struct cq_marker){ .bound = { .kind = kind, .n = 1, .values = b->values[0] }, .close = CQ_LIVE, .open = CQ_LIVE };
	if (cq_bound_closes(kind))
		b->marker.close = (struct cq_deletion){ .timestamp = ts, .ldt = 1 };
	if (cq_bound_opens(kind))
		b->marker.open = (struct cq_deletion){ .timestamp = ts, .ldt = 1 };
}

static void range_tombstones_that_pair_are_silent(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "rt-balance", TWO);
	mark(&b, CQ_INCL_START, "a", 5);
	give(&b, CQ_EV_MARKER, 10);
	mark(&b, CQ_EXCL_END_INCL_START, "b", 5);
	give(&b, CQ_EV_MARKER, 20);
	mark(&b, CQ_INCL_END, "c", 5);
	give(&b, CQ_EV_MARKER, 30);
	give(&b, CQ_EV_PARTITION_END, 40);
	found(&b, 0, 0);
	end(&b);
}

static void range_tombstones_that_do_not_pair_are_found(void **state)
{
	static const struct {
		enum cq_bound_kind a, b;
		int64_t ts_a, ts_b;
		uint64_t off;
	} cases[] = {
		{ CQ_INCL_START, CQ_EXCL_START, 5, 5, 20 },      /* one begins inside another */
		{ CQ_INCL_START, CQ_INCL_END, 5, 6, 20 },        /* another one ends */
		{ CQ_INCL_END, CQ_INCL_START, 5, 5, 10 },        /* one ends that did not begin, and one does not end: two findings */
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(cases); i++) {
		struct bench b;

		begin(&b, "rt-balance", TWO);
		mark(&b, cases[i].a, "a", cases[i].ts_a);
		give(&b, CQ_EV_MARKER, 10);
		mark(&b, cases[i].b, "b", cases[i].ts_b);
		give(&b, CQ_EV_MARKER, 20);
		give(&b, CQ_EV_PARTITION_END, 30);
		assert_int_equal(b.pass.out.first->off, cases[i].off);
		assert_int_equal(b.pass.out.n[CQ_ERROR], i == 1 ? 1 : 2);
		end(&b);
	}
}

static void an_open_range_tombstone_does_not_reach_into_the_next_partition(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "rt-balance", TWO);
	mark(&b, CQ_INCL_START, "a", 5);
	give(&b, CQ_EV_MARKER, 10);
	give(&b, CQ_EV_PARTITION_END, 30);
	mark(&b, CQ_INCL_START, "a", 5);
	give(&b, CQ_EV_MARKER, 50);
	mark(&b, CQ_INCL_END, "b", 5);
	give(&b, CQ_EV_MARKER, 60);
	give(&b, CQ_EV_PARTITION_END, 70);
	found(&b, 1, 10);
	end(&b);
}

static void a_range_that_holds_nothing_is_found_and_a_single_value_is_not(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "rt-empty", TWO);
	before(&b, CQ_EV_MARKER, CQ_INCL_START, "a", -1, 10);
	mark(&b, CQ_INCL_END, "a", 5);
	give(&b, CQ_EV_MARKER, 20);                      /* [a, a] */
	found(&b, 0, 0);
	mark(&b, CQ_EXCL_END, "a", 5);
	give(&b, CQ_EV_MARKER, 20);                      /* [a, a) */
	found(&b, 1, 10);
	end(&b);
}

/* ---- clusterings, times, deletions ---- */

static void a_value_behind_a_missing_one_is_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "ck-null-gap", TWO);
	row(&b, "a", NULL);
	give(&b, CQ_EV_ROW, 10);                         /* short: healthy in old tables */
	row(&b, "a", "b");
	give(&b, CQ_EV_ROW, 20);
	b.values[0][1] = (cq_slice){0};
	give(&b, CQ_EV_ROW, 30);                         /* the last is missing */
	found(&b, 0, 0);
	row(&b, NULL, "b");
	give(&b, CQ_EV_ROW, 40);
	found(&b, 1, 40);
	end(&b);
}

static void overflowed_expirations_and_impossible_ttls_are_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "ldt-range", SINGLE);
	row(&b, "a", NULL);
	b.row.has_liveness = true;
	b.row.timestamp = 1000;
	b.row.ttl = 630720000;                           /* 20 years: the most that is taken */
	b.row.ldt = 2100000000;
	give(&b, CQ_EV_ROW, 10);
	b.row.ttl = CQ_EXPIRED_LIVENESS_TTL;             /* a view's mark */
	give(&b, CQ_EV_ROW, 10);
	found(&b, 0, 0);
	b.row.ttl = 630720001;
	give(&b, CQ_EV_ROW, 20);
	found(&b, 1, 20);
	b.row.ttl = 100;
	b.row.ldt = -5;
	give(&b, CQ_EV_ROW, 30);
	assert_int_equal(b.pass.out.n[CQ_ERROR], 2);
	row(&b, "a", NULL);
	b.row.ncells = 1;
	b.cells[0] = (struct cq_cell){ .flags = CQ_CELL_DELETED, .ldt = -1, .off = 4 };
	give(&b, CQ_EV_ROW, 40);
	assert_int_equal(b.pass.out.n[CQ_ERROR], 3);
	b.rule->finish(&b.check, b.state);
	assert_int_equal(b.check.out.n[CQ_ERROR], 1);    /* how many there are in all */
	assert_int_equal(b.check.out.first->off, 30);
	end(&b);
}

static void half_a_deletion_is_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "complex-live", COLLECTIONS);
	give(&b, CQ_EV_PARTITION, 0);
	row(&b, "a", NULL);
	b.row.ncomplex = 1;
	b.complex[0] = (struct cq_complex){ .column = &b.t->ctx.regulars.columns[0], .deletion = CQ_LIVE };
	give(&b, CQ_EV_ROW, 10);
	b.complex[0].deletion = (struct cq_deletion){ .timestamp = 5, .ldt = 6 };
	give(&b, CQ_EV_ROW, 20);
	found(&b, 0, 0);
	b.complex[0].deletion.timestamp = CQ_NO_TIMESTAMP;
	give(&b, CQ_EV_ROW, 30);
	found(&b, 1, 30);
	end(&b);
}

static void rows_that_hold_nothing_are_counted(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "legacy-liveness", SINGLE);
	row(&b, "a", NULL);
	b.row.has_liveness = true;
	give(&b, CQ_EV_ROW, 10);
	b.rule->finish(&b.check, b.state);
	found(&b, 0, 0);
	b.row.has_liveness = false;
	give(&b, CQ_EV_ROW, 20);
	give(&b, CQ_EV_ROW, 30);
	b.rule->finish(&b.check, b.state);
	found(&b, 1, 20);
	assert_non_null(strstr(b.check.out.first->message, "2 rows"));
	end(&b);
}

/* ---- values ---- */

static void value(struct bench *b, enum cq_value_where where, const struct cq_type *type, const char *bytes, size_t n)
{
	const struct cq_event ev = { .kind = CQ_EV_ROW, .off = 50, .len = 10 };
	const struct cq_value_at at = { .where = where, .ev = &ev, .off = 57, .column = &b->t->ctx.regulars.columns[0] };

	if (b->rule->wants_value(type, where))
		b->rule->value(&b->pass, b->state, &at, type, cq_slice_of(bytes, n));
}

static const struct cq_type *type_of(struct bench *b, const char *text)
{
	const struct cq_type *t;

	assert_int_equal(cq_type_parse(&b->t->arena, cq_slice_str(text), &t, NULL), CQ_OK);
	return t;
}

static void text_that_is_not_text_is_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "value-utf8", SINGLE);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_TEXT), "plain, and longer than eight bytes", 34);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_TEXT), "\xc3\xa9t\xc3\xa9", 5);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_BLOB), "\xff\xff", 2);
	found(&b, 0, 0);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_TEXT), "a\xff", 2);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_ASCII), "\xc3\xa9", 2);
	found(&b, 2, 57);
	end(&b);
}

static void values_of_another_form_than_their_type_has_are_found(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "value-len", SINGLE);
	value(&b, CQ_VALUE_ELEMENT, cq_type_simple(CQ_T_INT), "\0\0\0\1", 4);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_INET), "\177\0\0\1", 4);
	value(&b, CQ_VALUE_CELL, type_of(&b, "FrozenType(ListType(Int32Type))"), "\0\0\0\1\0\0\0\4\0\0\0\7", 12);
	found(&b, 0, 0);
	value(&b, CQ_VALUE_ELEMENT, cq_type_simple(CQ_T_INT), "\0\0\1", 3);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_INET), "\177\0\0\1\1", 5);
	value(&b, CQ_VALUE_CELL, cq_type_simple(CQ_T_SMALLINT), "", 0);
	value(&b, CQ_VALUE_CELL, type_of(&b, "FrozenType(ListType(Int32Type))"), "\0\0\0\2\0\0\0\4\0\0\0\7", 12);
	found(&b, 4, 57);
	end(&b);
}

static void frozen_collections_that_do_not_ascend_are_found_at_any_depth(void **state)
{
	static const char up[] = "\0\0\0\2\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\2", down[] = "\0\0\0\2\0\0\0\4\0\0\0\2\0\0\0\4\0\0\0\1";
	char nested[8 + sizeof down - 1];
	struct bench b;

	(void)state;
	memcpy(nested, "\0\0\0\1\0\0\0\24", 8);
	memcpy(nested + 8, down, sizeof down - 1);
	begin(&b, "coll-order", SINGLE);
	assert_false(b.rule->wants_value(type_of(&b, "FrozenType(ListType(Int32Type))"), CQ_VALUE_CELL));
	value(&b, CQ_VALUE_CELL, type_of(&b, "FrozenType(SetType(Int32Type))"), up, sizeof up - 1);
	found(&b, 0, 0);
	value(&b, CQ_VALUE_CELL, type_of(&b, "FrozenType(SetType(Int32Type))"), down, sizeof down - 1);
	value(&b, CQ_VALUE_CELL, type_of(&b, "FrozenType(ListType(FrozenType(SetType(Int32Type))))"), nested, sizeof nested);
	found(&b, 2, 57);
	end(&b);
}

static void counter_contexts_with_shards_twice_or_cut_are_found(void **state)
{
	uint8_t context[2 + 64] = { 0, 0 };
	struct bench b;

	(void)state;
	begin(&b, "counter-ctx", COUNTERS);
	assert_true(b.rule->concerns(b.t));
	row(&b, "a", NULL);
	b.row.ncells = 1;
	context[2] = 1;                                  /* ids 01... and 02... */
	context[2 + 32] = 2;
	b.cells[0] = (struct cq_cell){ .column = &b.t->ctx.regulars.columns[0], .value = cq_slice_of(context, sizeof context), .off = 3 };
	give(&b, CQ_EV_ROW, 10);
	found(&b, 0, 0);
	context[2 + 32] = 1;
	give(&b, CQ_EV_ROW, 10);
	found(&b, 1, 13);
	b.cells[0].value.len--;
	give(&b, CQ_EV_ROW, 20);
	assert_int_equal(b.pass.out.n[CQ_ERROR], 2);
	end(&b);
}

/* ---- every rule ---- */

static void every_rule_has_a_page_and_a_name_of_its_own(void **state)
{
	const struct cq_rule *r;

	(void)state;
	for (size_t i = 0; (r = cq_rule_nth(i)); i++) {
		assert_true(r->id && r->title && r->proves && r->means && r->action && r->kinds);
		assert_ptr_equal(cq_rule_named(r->id), r);
		assert_true(r->quick || r->event || r->value || r->skipped || r->finish || r->deep || r->many || r->adopts ||
			!strcmp(r->id, "structure"));
		assert_true(!r->event == !r->wants);
		assert_true(!r->value == !r->wants_value);
	}
	assert_true(r == NULL);
}

/* Each number of the catalogue of what goes wrong in the wild has a rule. 34 is a fault of a tool on healthy files: a test of ours
 * holds that such files are read. */
static void every_kind_of_the_catalogue_has_a_rule(void **state)
{
	bool has[56] = { [0] = true, [34] = true };
	const struct cq_rule *r;

	(void)state;
	for (size_t i = 0; (r = cq_rule_nth(i)); i++)
		for (const char *p = r->kinds; *p; p += strspn(p, ", ")) {
			unsigned long n = strtoul(p, (char **)(uintptr_t)&p, 10);

			assert_true(n > 0 && n < CQ_COUNTOF(has));
			has[n] = true;
		}
	for (size_t i = 0; i < CQ_COUNTOF(has); i++)
		if (!has[i])
			fail_msg("no rule names kind %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_that_stands_before_its_predecessor_is_found),
		cmocka_unit_test(two_equal_rows_are_a_double_and_not_out_of_order),
		cmocka_unit_test(partitions_out_of_token_order_and_twice_are_found),
		cmocka_unit_test(order_is_compared_across_the_border_of_two_pieces),
		cmocka_unit_test(elements_of_a_collection_that_do_not_ascend_are_found),
		cmocka_unit_test(range_tombstones_that_pair_are_silent),
		cmocka_unit_test(range_tombstones_that_do_not_pair_are_found),
		cmocka_unit_test(an_open_range_tombstone_does_not_reach_into_the_next_partition),
		cmocka_unit_test(a_range_that_holds_nothing_is_found_and_a_single_value_is_not),
		cmocka_unit_test(a_value_behind_a_missing_one_is_found),
		cmocka_unit_test(overflowed_expirations_and_impossible_ttls_are_found),
		cmocka_unit_test(half_a_deletion_is_found),
		cmocka_unit_test(rows_that_hold_nothing_are_counted),
		cmocka_unit_test(text_that_is_not_text_is_found),
		cmocka_unit_test(values_of_another_form_than_their_type_has_are_found),
		cmocka_unit_test(frozen_collections_that_do_not_ascend_are_found_at_any_depth),
		cmocka_unit_test(counter_contexts_with_shards_twice_or_cut_are_found),
		cmocka_unit_test(every_rule_has_a_page_and_a_name_of_its_own),
		cmocka_unit_test(every_kind_of_the_catalogue_has_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

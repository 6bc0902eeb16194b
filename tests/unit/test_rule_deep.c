/* The rules that read again or compare SSTables: lookup-all, rev-diff, resurrect; and mix where rows are missing. Each fires on copies with a fault that it is for, names the
 * key, and says nothing of the sound SSTables; where it cannot look it says that it did not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>

#include "cq_check.h"
#include "cq_inject.h"
#include "cq_rule.h"
#include "tables.h"

#define BIG "5.0-oa/small/wide_small/oa-1-big-Data.db"
#define BTI "5.0-da/small/wide_small/da-1-bti-Data.db"
/* The corpus' deletions are of November 23, 2026. */
#define THE_DAY_AFTER 1795500000
#define WEEKS_AFTER 1800000000

struct run {
	char dir[64];                      /* of the copy; "" without one */
	struct cq_desc_list list;
	struct cq_report report;
};

static void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		assert_int_equal(unlink(path), 0);
	}
	closedir(d);
	rmdir(dir);
}

static void drop(struct run *r)
{
	cq_report_finish(&r->report);
	cq_desc_list_finish(&r->list);
	if (*r->dir)
		remove_folder(r->dir);
}

static void check(struct run *r, const char *path, const char *rule, struct cq_check_options opt)
{
	const char *const one[] = { rule, NULL };
	struct cq_txn_logs logs = {0};
	struct cq_error err = {0};

	opt.rules = rule ? one : NULL;
	opt.txn = &logs;
	if (cq_desc_list(path, &r->list, &err) != CQ_OK || cq_txn_state(&r->list, &logs, &err) != CQ_OK ||
	    cq_check_run(&r->list, &opt, &r->report, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
}

static void check_deep(struct run *r, const char *path, const char *rule)
{
	check(r, path, rule, (struct cq_check_options){ .level = CQ_CHECK_DEEP, .no_schema_file = true });
}

/* A copy of a table of the corpus with one fault. key: NULL, the seed says which. from: a file of the corpus, for swap-component. */
static void damage_from(struct run *r, const char *file, const char *fault, const char *key, const char *component, const char *from)
{
	struct cq_inject_options opt = { .dir = r->dir, .kinds = &fault, .nkinds = 1, .seed = 3, .key = key, .component = component,
		.no_sync = true, .force = true };
	struct cq_inject *in;
	struct cq_error err = {0};
	char path[512], other[512];

	snprintf(other, sizeof other, "%s/%s", CQ_TEST_CORPUS, from ? from : "");
	opt.from = from ? other : NULL;
	*r = (struct run){0};
	snprintf(r->dir, sizeof r->dir, "/tmp/cqlite-rule-deep-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(path, sizeof path, "%s/%s", CQ_TEST_CORPUS, file);
	opt.path = path;
	if (cq_inject_run(&opt, &in, &err) != CQ_OK)
		fail_msg("%s in %s: %s", fault, file, err.msg);
	cq_inject_close(in);
}

static void damage(struct run *r, const char *file, const char *fault, const char *key, const char *component)
{
	damage_from(r, file, fault, key, component, NULL);
}

static size_t findings(const struct run *r)
{
	return r->report.n[CQ_INFO] + r->report.n[CQ_WARNING] + r->report.n[CQ_ERROR];
}

/* Sound tables: nothing found, and everything looked at. */
static void silent(const char *rule, const char *file)
{
	struct run r = {0};
	char path[512];

	snprintf(path, sizeof path, "%s/%s", CQ_TEST_CORPUS, file);
	check_deep(&r, path, rule);
	assert_int_equal(findings(&r), 0);
	assert_int_equal(r.report.unmeasured, 0);
	assert_int_equal(r.report.tables[0].nrun, 1);
	drop(&r);
}

/* The first finding; there must be n of them. */
static const struct cq_check_finding *found(const struct run *r, const char *rule, size_t n)
{
	const struct cq_check_finding *f = r->report.tables[0].first;

	assert_int_equal(r->report.n[CQ_ERROR], n);
	assert_non_null(f);
	assert_string_equal(f->rule->id, rule);
	assert_int_equal(f->keys.n, 1);
	return f;
}

/* ---- lookup-all ---- */

static void every_sound_key_is_found(void **arg)
{
	(void)arg;
	silent("lookup-all", BIG);
	silent("lookup-all", BTI);
	silent("lookup-all", "3.11-me/main/scalars");
	silent("lookup-all", "5.0-byteordered/main/composite_pk");
}

static void a_key_whose_entry_points_elsewhere_is_found_there(void **arg)
{
	const struct cq_check_finding *f;
	struct run r;

	(void)arg;
	damage(&r, BIG, "index-position", "narrow 8", NULL);
	check_deep(&r, r.dir, "lookup-all");
	f = found(&r, "lookup-all", 1);
	assert_string_equal(f->keys.first, "narrow 8");
	assert_int_equal(f->component, CQ_C_DATA);
	assert_int_equal(f->off, 0x57);
	assert_string_equal(f->expected, "0x57");
	assert_string_equal(f->found, "0x58");
	drop(&r);
}

static void a_key_without_an_entry_is_not_found(void **arg)
{
	static const struct { const char *file, *fault; } of[] = { { BIG, "index-drop" }, { BTI, "trie-hash" } };

	(void)arg;
	for (size_t i = 0; i < CQ_COUNTOF(of); i++) {
		const struct cq_check_finding *f;
		struct run r;

		damage(&r, of[i].file, of[i].fault, "deleted", NULL);
		check_deep(&r, r.dir, "lookup-all");
		f = found(&r, "lookup-all", 1);
		assert_string_equal(f->keys.first, "deleted");
		assert_int_equal(f->off, 0xb425);
		assert_string_equal(f->message, "looked up by its key, this partition is not found");
		drop(&r);
	}
}

static void without_an_index_nothing_is_looked_up(void **arg)
{
	struct run r;

	(void)arg;
	damage(&r, BIG, "delete-component", NULL, "Index.db");
	check_deep(&r, r.dir, "lookup-all");
	assert_int_equal(findings(&r), 0);
	assert_int_equal(r.report.unmeasured, 1);
	assert_int_equal(r.report.tables[0].nrun, 0);
	drop(&r);
}

/* ---- rev-diff ---- */

static void sound_partitions_are_the_same_backwards(void **arg)
{
	(void)arg;
	silent("rev-diff", BIG);
	silent("rev-diff", BTI);
	silent("rev-diff", "3.11-me/small/wide_small");
	silent("rev-diff", "5.0-oa/main/range_tombstones");
}

static void a_block_that_is_left_out_costs_rows_backwards(void **arg)
{
	const struct cq_check_finding *f;
	struct run r;

	(void)arg;
	damage(&r, BIG, "promoted-count", "deleted", NULL);
	check_deep(&r, r.dir, "rev-diff");
	f = found(&r, "rev-diff", 1);
	assert_string_equal(f->keys.first, "deleted");
	assert_int_equal(f->off, 0xb425);
	assert_string_equal(f->expected, "500 rows");
	assert_string_equal(f->found, "488 rows");
	drop(&r);
}

static void a_block_that_begins_elsewhere_cannot_be_read_backwards(void **arg)
{
	static const struct { const char *file, *fault; int component; } of[] = {
		{ BIG, "promoted-offset", CQ_C_DATA }, { BIG, "promoted-pointer", CQ_C_INDEX }, { BTI, "rows-offset", CQ_C_DATA },
		{ BTI, "rows-pointer", CQ_C_ROWS },
	};

	(void)arg;
	for (size_t i = 0; i < CQ_COUNTOF(of); i++) {
		const struct cq_check_finding *f;
		struct run r;

		damage(&r, of[i].file, of[i].fault, "plain", NULL);
		check_deep(&r, r.dir, "rev-diff");
		f = found(&r, "rev-diff", 1);
		assert_string_equal(f->keys.first, "plain");
		assert_int_equal(f->component, of[i].component);
		assert_non_null(strstr(f->message, "cannot be read: "));
		drop(&r);
	}
}

static void partitions_that_the_trie_does_not_give_are_unmeasured(void **arg)
{
	struct run r;

	(void)arg;
	damage(&r, BTI, "trie-root", NULL, NULL);
	check_deep(&r, r.dir, "rev-diff");
	assert_int_equal(findings(&r), 0);
	assert_int_equal(r.report.unmeasured, 1);
	assert_int_equal(r.report.tables[0].nrun, 0);
	drop(&r);
}

/* ---- resurrect ---- */

static void check_resurrect(struct run *r, const char *folder, int64_t now)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", CQ_TEST_CORPUS, folder);
	*r = (struct run){0};
	check(r, path, "resurrect", (struct cq_check_options){ .level = CQ_CHECK_FULL, .no_schema_file = true, .now = now });
	assert_int_equal(r->report.unmeasured, 0);
}

/* Partition deletions in the one SSTable of rows in the other, in both formats; and one of a row. */
static void an_old_deletion_apart_from_what_it_deletes_is_told(void **arg)
{
	static const struct { const char *folder, *key, *what, *file; } of[] = {
		{ "5.0-oa/main/statics", "p6", "a partition deletion here", "oa-1-big-Data.db" },
		{ "3.11-me/main/statics", "p6", "a partition deletion here", "me-1-big-Data.db" },
		{ "5.0-da/main/deletions", NULL, " deletion here", "da-1-bti-Data.db" },
		{ "5.0-nb/main/merge", NULL, "a row deletion here", "nb-1-big-Data.db" },
	};

	(void)arg;
	for (size_t i = 0; i < CQ_COUNTOF(of); i++) {
		const struct cq_check_finding *f;
		struct run r;

		check_resurrect(&r, of[i].folder, WEEKS_AFTER);
		assert_int_equal(r.report.n[CQ_ERROR] + r.report.n[CQ_WARNING], 0);
		assert_true(r.report.n[CQ_INFO] > 0);
		/* It is said of the SSTable with the deletion, not of the older one. */
		assert_null(r.report.tables[0].first);
		for (f = r.report.tables[1].first; f && !strstr(f->message, of[i].what);)
			f = f->next;
		assert_non_null(f);
		assert_string_equal(f->rule->id, "resurrect");
		assert_non_null(strstr(f->message, of[i].file));
		assert_int_equal(f->keys.n, 1);
		if (of[i].key)
			assert_string_equal(f->keys.first, of[i].key);
		drop(&r);
	}
}

static void a_young_deletion_is_not_told(void **arg)
{
	struct run r;

	(void)arg;
	check_resurrect(&r, "5.0-oa/main/statics", THE_DAY_AFTER);
	assert_int_equal(findings(&r), 0);
	drop(&r);
}

static int an_hour(void *arg, const char *data_path, const struct cq_schema **schema, struct cq_error *err)
{
	static const char text[] = "CREATE TABLE main.statics (k text, c int, s1 text static, v text, PRIMARY KEY (k, c)) WITH gc_grace_seconds = 3600;";
	struct cq_schema *s;
	int rc = cq_schema_parse(arg, cq_slice_str(text), NULL, &s, err);

	assert_non_null(data_path);
	*schema = s;
	return rc;
}

static void the_schema_says_how_old_is_old(void **arg)
{
	struct cq_arena arena = {0};
	struct run r = {0};
	char path[512];

	(void)arg;
	snprintf(path, sizeof path, "%s/5.0-oa/main/statics", CQ_TEST_CORPUS);
	check(&r, path, "resurrect", (struct cq_check_options){ .level = CQ_CHECK_FULL, .now = THE_DAY_AFTER, .schema_of = an_hour,
		.arg = &arena });
	assert_true(r.report.n[CQ_INFO] > 0);
	assert_true(r.report.tables[0].compared);
	drop(&r);
	cq_arena_finish(&arena);
}

static int no_schema(void *arg, const char *data_path, const struct cq_schema **schema, struct cq_error *err)
{
	(void)arg;
	(void)schema;
	return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "none for %s", data_path);
}

static void a_schema_that_fails_ends_the_run(void **arg)
{
	const struct cq_check_options opt = { .level = CQ_CHECK_QUICK, .schema_of = no_schema };
	struct run r = {0};
	struct cq_error err = {0};

	(void)arg;
	assert_int_equal(cq_desc_list(CQ_TEST_CORPUS "/" BIG, &r.list, &err), CQ_OK);
	assert_int_equal(cq_check_run(&r.list, &opt, &r.report, &err), CQ_NOT_FOUND);
	assert_int_equal(findings(&r), 0);
	drop(&r);
}

/* ---- mix ---- */

static void check_full(struct run *r)
{
	check(r, r->dir, NULL, (struct cq_check_options){ .level = CQ_CHECK_FULL, .no_schema_file = true, .max_findings = 3 });
}

/* mix says it first, and what is said about Data.db follows from it. */
static void is_mix(const struct run *r, enum cq_component component, enum cq_effect worst)
{
	const struct cq_check_table *t = &r->report.tables[0];
	const struct cq_check_finding *f = t->first;
	size_t others = 0;

	assert_non_null(f);
	assert_string_equal(f->rule->id, "mix");
	assert_int_equal(f->severity, CQ_ERROR);
	assert_int_equal(f->component, component);
	assert_int_equal(t->worst, worst);
	for (f = f->next; f; f = f->next) {
		if (f->severity != CQ_ERROR || f->component != CQ_C_DATA)
			continue;
		others++;
		assert_non_null(f->because);
		assert_string_equal(f->because, "mix");
	}
	assert_true(others > 0);
	for (const struct cq_unmeasured *u = t->unmeasured; u; u = u->next)
		assert_string_not_equal(u->rule->id, "mix");
}

static void rows_read_with_another_tables_types_are_whole(void **arg)
{
	struct run r;

	(void)arg;
	damage_from(&r, BIG, "swap-component", NULL, "Statistics.db", "5.0-oa/main/collections/oa-1-big-Statistics.db");
	check_full(&r);
	is_mix(&r, CQ_C_STATISTICS, CQ_REFUSED);
	drop(&r);
}

static void another_sstables_data_is_known_though_nothing_of_it_decodes(void **arg)
{
	struct run r;

	(void)arg;
	damage_from(&r, "5.0-oa/main/ttls/oa-1-big-Data.db", "swap-component", NULL, "Data.db", "5.0-oa/main/range_tombstones/oa-1-big-Data.db");
	check_full(&r);
	is_mix(&r, CQ_C_DATA, CQ_LOST);
	drop(&r);
}

/* Damage is no mix-up; and what mix could not look at is unmeasured. */
static void missing_rows_are_no_mix(void **arg)
{
	static const char *const faults[] = { "zero-page", "foreign-bytes", "truncate" };

	(void)arg;
	for (size_t i = 0; i < CQ_COUNTOF(faults); i++) {
		struct run r;

		damage(&r, BIG, faults[i], NULL, NULL);
		check_deep(&r, r.dir, "mix");
		/* That bytes could not be read is said whatever rules run. */
		assert_int_equal(findings(&r), 1);
		assert_string_equal(r.report.tables[0].first->rule->id, "structure");
		assert_int_equal(r.report.unmeasured, 1);
		assert_string_equal(r.report.tables[0].unmeasured->rule->id, "mix");
		drop(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sound_key_is_found),
		cmocka_unit_test(a_key_whose_entry_points_elsewhere_is_found_there),
		cmocka_unit_test(a_key_without_an_entry_is_not_found),
		cmocka_unit_test(without_an_index_nothing_is_looked_up),
		cmocka_unit_test(sound_partitions_are_the_same_backwards),
		cmocka_unit_test(a_block_that_is_left_out_costs_rows_backwards),
		cmocka_unit_test(a_block_that_begins_elsewhere_cannot_be_read_backwards),
		cmocka_unit_test(partitions_that_the_trie_does_not_give_are_unmeasured),
		cmocka_unit_test(an_old_deletion_apart_from_what_it_deletes_is_told),
		cmocka_unit_test(a_young_deletion_is_not_told),
		cmocka_unit_test(the_schema_says_how_old_is_old),
		cmocka_unit_test(a_schema_that_fails_ends_the_run),
		cmocka_unit_test(rows_read_with_another_tables_types_are_whole),
		cmocka_unit_test(another_sstables_data_is_known_though_nothing_of_it_decodes),
		cmocka_unit_test(missing_rows_are_no_mix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

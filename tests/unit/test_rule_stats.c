/* The rules about Statistics.db: each fires on each lie about its field, in every version; each is silent on healthy tables; of the single
 * bits of a Statistics.db without checksums those that nothing finds are known, and why. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_check.h"
#include "cq_inject.h"
#include "cq_proof.h"
#include "cq_rule.h"
#include "cq_table_doc.h"
#include "tables.h"

static const char *const ours[] = { "stats-crc", "stats-toc", "stats-sane", "hist-sane", "stats-ratio", "stats-partitioner", "stats-ts",
	"stats-ldt", "stats-ttl", "stats-counts", "stats-keys", "stats-clustering", "stats-hist", "stats-cardinality", "stats-drop-times",
	"header-type", "header-order", "header-dropped", "header-foreign", "mix", NULL };

/* ---- folders ---- */

struct folder {
	char path[128];
	struct cq_desc_list list;
	struct cq_report report;
	bool checked;
};

static void folder_make(struct folder *f)
{
	*f = (struct folder){0};
	snprintf(f->path, sizeof f->path, "/tmp/cqlite-rule-stats-XXXXXX");
	assert_non_null(mkdtemp(f->path));
}

static void folder_clear(struct folder *f)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(f->path);

	if (f->checked) {
		cq_report_finish(&f->report);
		cq_desc_list_finish(&f->list);
		f->checked = false;
	}
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof path, "%s/%s", f->path, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
}

static void folder_drop(struct folder *f)
{
	folder_clear(f);
	rmdir(f->path);
}

static void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	if (!in || !out)
		fail_msg("cannot copy %s to %s", from, to);
	while ((n = fread(bytes, 1, sizeof bytes, in)))
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* The files of one SSTable of the corpus, under another base name when as is not NULL. */
static void folder_copy(struct folder *f, const char *from, const char *base, const char *as)
{
	char path[1024], to[512];
	size_t n = 0, len = strlen(base);
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", CQ_TEST_CORPUS, from);
	d = opendir(path);
	if (!d)
		fail_msg("no folder %s", path);
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, base, len) || e->d_name[len] != '-')
			continue;
		snprintf(path, sizeof path, "%s/%s/%s", CQ_TEST_CORPUS, from, e->d_name);
		snprintf(to, sizeof to, "%s/%s%s", f->path, as ? as : base, e->d_name + len);
		copy_file(path, to);
		n++;
	}
	closedir(d);
	assert_true(n >= 6);
}

static void folder_write(struct folder *f, const char *name, const char *text)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s", f->path, name);
	out = fopen(path, "wb");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void folder_check(struct folder *f, unsigned jobs)
{
	struct cq_check_options opt = { .level = CQ_CHECK_FULL, .rules = ours, .now = 1900000000, .jobs = jobs };
	struct cq_txn_logs logs = {0};
	struct cq_error err = {0};

	if (f->checked) {
		cq_report_finish(&f->report);
		cq_desc_list_finish(&f->list);
	}
	f->list = (struct cq_desc_list){0};
	if (cq_desc_list(f->path, &f->list, &err) != CQ_OK || cq_txn_state(&f->list, &logs, &err) != CQ_OK ||
	    cq_check_run(&f->list, &opt, &f->report, &err) != CQ_OK)
		fail_msg("%s: %s", f->path, err.msg);
	f->checked = true;
}

/* ---- findings ---- */

/* any: ids with '|' between. */
static bool one_of(const char *any, const char *id)
{
	size_t len = strlen(id);

	for (const char *p = any; (p = strstr(p, id)); p++)
		if ((p == any || p[-1] == '|' || p[-1] == ' ') && (!p[len] || p[len] == '|' || p[len] == ' '))
			return true;
	return false;
}

static const struct cq_check_finding *finding(const struct folder *f, const char *any, enum cq_severity least)
{
	for (size_t i = 0; i < f->report.ntables; i++)
		for (const struct cq_check_finding *s = f->report.tables[i].first; s; s = s->next)
			if (s->severity >= least && one_of(any, s->rule->id))
				return s;
	return NULL;
}

static void print(const struct folder *f)
{
	for (size_t i = 0; i < f->report.ntables; i++)
		for (const struct cq_check_finding *s = f->report.tables[i].first; s; s = s->next)
			print_message("# %s %s at 0x%" PRIx64 "+%" PRIu64 " of %s: %s; expected %s, found %s\n", cq_severity_name(s->severity), s->rule->id, s->off,
				s->len, s->file, s->message, s->expected ? s->expected : "-", s->found ? s->found : "-");
}

static const struct cq_check_finding *expect(const struct folder *f, const char *rule, enum cq_severity least, const char *words)
{
	for (size_t i = 0; i < f->report.ntables; i++)
		for (const struct cq_check_finding *s = f->report.tables[i].first; s; s = s->next)
			if (s->severity >= least && !strcmp(s->rule->id, rule) && strstr(s->message, words))
				return s;
	print(f);
	fail_msg("nothing of \"%s\" from %s", words, rule);
	return NULL;
}

static void expect_silence(const struct folder *f)
{
	if (f->report.n[CQ_ERROR] + f->report.n[CQ_WARNING]) {
		print(f);
		fail_msg("findings in healthy files");
	}
}

/* ---- faults ---- */

/* A copy with one fault. False: it does not apply to this table. */
static bool inject(struct folder *f, const char *data, const char *kind, const char *at, const char *value, const char *xor)
{
	const char *kinds[] = { kind };
	const struct cq_open_options open = { .no_schema_file = true };
	struct cq_inject_options o = { .path = data, .dir = f->path, .kinds = kinds, .nkinds = 1, .at = at, .value = value, .xor = xor, .no_measure = true,
		.force = true, .open = &open };
	struct cq_inject *in = NULL;
	struct cq_error err = {0};
	int rc = cq_inject_run(&o, &in, &err);

	if (rc == CQ_NOT_FOUND)
		return false;
	if (rc != CQ_OK)
		fail_msg("%s on %s: %s", kind, data, err.msg);
	cq_inject_close(in);
	return true;
}

static const char *const tables[] = {
	"3.11-md/main/scalars/md-1-big", "3.11-md/main/statics/md-1-big", "3.11-md/main/comp_none/md-1-big",
	"3.11-me/main/range_tombstones/me-1-big", "3.11-me/main/counters/me-1-big", "3.11-me/main/udts/me-1-big",
	"4.0-na/main/range_tombstones/na-1-big", "4.0-na/main/statics/na-1-big",
	"5.0-nb/main/ttls/nb-1-big", "5.0-nb/main/range_tombstones/nb-1-big", "4.0-nb/main/expired/nb-1-big",
	"5.0-oa/main/range_tombstones/oa-1-big", "5.0-oa/main/ttls/oa-1-big", "5.0-oa/main/statics/oa-1-big",
	"5.0-da/main/deletions/da-1-bti", "5.0-da/main/ttls/da-1-bti", "5.0-da/main/collections/da-1-bti",
};

static void every_lie_about_a_field_is_told(void **state)
{
	size_t done = 0, kinds = 0;
	struct folder f;

	(void)state;
	folder_make(&f);
	for (size_t k = 0; cq_fault_nth(k); k++) {
		const struct cq_fault *fault = cq_fault_nth(k);
		size_t applied = 0;

		if (strcmp(fault->family, "statistics"))
			continue;
		kinds++;
		for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
			char data[512];
			/* A name is only wrong against a schema, a type too where the values fit both; when partitions are deleted
			 * a minimum of the header may lie by days before the rows show it. */
			bool may = !strncmp(fault->id, "header-name", 11) || !strcmp(fault->id, "header-type") || !strcmp(fault->id, "header-ldt");
			const struct cq_check_finding *s;

			snprintf(data, sizeof data, "%s/%s-Data.db", CQ_TEST_CORPUS, tables[i]);
			folder_clear(&f);
			if (!inject(&f, data, fault->id, NULL, NULL, NULL))
				continue;
			applied++;
			folder_check(&f, 1);
			s = finding(&f, fault->rules, fault->severity);
			if (!s && !may) {
				print(&f);
				fail_msg("%s on %s: nothing from %s", fault->id, tables[i], fault->rules);
			}
			done += s != NULL;
		}
		if (!applied)
			fail_msg("%s applies to none of the tables", fault->id);
	}
	print_message("# %zu kinds of faults, %zu findings\n", kinds, done);
	assert_true(kinds >= 30 && done >= 300);
	folder_drop(&f);
}

static void a_flipped_bit_is_named_where_it_is(void **state)
{
	const struct cq_check_finding *s;
	struct folder f;
	uint8_t b;
	char path[256];
	uint64_t off = 0;
	FILE *file;

	(void)state;
	folder_make(&f);
	folder_copy(&f, "3.11-md/main/statics", "md-1-big", NULL);
	folder_check(&f, 1);
	expect_silence(&f);
	assert_true(inject(&f, CQ_TEST_CORPUS "/3.11-md/main/statics/md-1-big-Data.db", "stats-max-timestamp", NULL, NULL, NULL));
	folder_check(&f, 1);
	s = expect(&f, "stats-ts", CQ_ERROR, "maximum timestamp");
	off = s->off;
	assert_int_equal(s->len, 8);
	folder_clear(&f);
	folder_copy(&f, "3.11-md/main/statics", "md-1-big", NULL);
	snprintf(path, sizeof path, "%s/md-1-big-Statistics.db", f.path);
	file = fopen(path, "r+b");
	fseek(file, (long)off + 4, SEEK_SET);
	b = (uint8_t)(fgetc(file) ^ 0x20);
	fseek(file, (long)off + 4, SEEK_SET);
	fputc(b, file);
	fclose(file);
	folder_check(&f, 1);
	s = expect(&f, "stats-ts", CQ_WARNING, "maximum timestamp");
	assert_true(s->suspect.set);
	assert_int_equal(s->suspect.off, off + 4);
	assert_int_equal(s->suspect.bit, 5);
	assert_int_equal(s->suspect.expected, b ^ 0x20);
	folder_drop(&f);
}

static void a_row_newer_than_the_maximum_is_shown_with_its_key(void **state)
{
	const struct cq_check_finding *s = NULL;
	struct folder f;

	(void)state;
	folder_make(&f);
	assert_true(inject(&f, CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db", "row-timestamp", NULL, NULL, NULL));
	folder_check(&f, 2);
	for (const struct cq_check_finding *x = f.report.tables[0].first; x; x = x->next)
		if (!strcmp(x->rule->id, "stats-ts") && x->component == CQ_C_DATA)
			s = x;
	assert_non_null(s);
	assert_int_equal(s->keys.n, 1);
	assert_non_null(s->keys.first);
	folder_drop(&f);
}

static void values_that_no_node_writes_are_named(void **state)
{
	static const struct {
		const char *at, *value, *xor, *words;
	} known[] = {
		{ "Statistics.db/stats/level", "9", NULL, "level 9" },
		{ "Statistics.db/stats/level", "-1", NULL, "level -1" },
		{ "Statistics.db/stats/repairedAt", "5000", NULL, "repairedAt" },
		{ "Statistics.db/stats/commit log upper bound/position", "7", NULL, "upper bound" },
		{ "Statistics.db/stats/commit log lower bound/segment", "7", NULL, "lower bound" },
		{ "Statistics.db/validation/bloom_filter_fp_chance", NULL, "01", "nobody types" },
		{ "Statistics.db/validation/bloom_filter_fp_chance", NULL, "007c7ae147ae147b", "1.5" },      /* from 0.01 */
	};
	static const char *const of[] = { "3.11-md/main/scalars/md-1-big", "4.0-na/main/scalars/na-1-big", "5.0-oa/main/scalars/oa-1-big" };
	struct folder f;

	(void)state;
	folder_make(&f);
	for (size_t i = 0; i < CQ_COUNTOF(known); i++) {
		for (size_t k = 0; k < CQ_COUNTOF(of); k++) {
			char data[512];

			snprintf(data, sizeof data, "%s/%s-Data.db", CQ_TEST_CORPUS, of[k]);
			folder_clear(&f);
			assert_true(inject(&f, data, "set", known[i].at, known[i].value, known[i].xor));
			folder_check(&f, 1);
			expect(&f, "stats-sane", CQ_WARNING, known[i].words);
			assert_null(finding(&f, "stats-crc", CQ_INFO));
		}
	}
	folder_drop(&f);
}

/* ---- several components, several tables ---- */

static void statistics_of_another_table_are_known_as_such(void **state)
{
	const struct cq_check_finding *s;
	char from[512], to[512];
	struct folder f;

	(void)state;
	folder_make(&f);
	folder_copy(&f, "3.11-md/main/statics", "md-1-big", NULL);
	snprintf(from, sizeof from, "%s/3.11-md/main/statics/md-2-big-Statistics.db", CQ_TEST_CORPUS);
	snprintf(to, sizeof to, "%s/md-1-big-Statistics.db", f.path);
	copy_file(from, to);
	folder_check(&f, 1);
	s = finding(&f, "mix", CQ_WARNING);
	/* Another generation's minima may make the rows unreadable as well; that it is another's is seen without them. */
	if (!s)
		print(&f);
	assert_non_null(s);
	folder_drop(&f);
}

/* Murmur3Partitioner becomes RandomPartitioner, a letter shorter: every section but the first moves by one. */
static void keys_in_the_order_of_another_partitioner_are_known(void **state)
{
	const struct cq_check_finding *s;
	uint8_t bytes[8192], *name;
	struct folder f;
	char path[256];
	size_t n, at;
	FILE *file;

	(void)state;
	folder_make(&f);
	folder_copy(&f, "3.11-md/main/scalars", "md-1-big", NULL);
	snprintf(path, sizeof path, "%s/md-1-big-Statistics.db", f.path);
	file = fopen(path, "rb");
	n = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	name = memmem(bytes, n, "Murmur3Partitioner", 18);
	assert_non_null(name);
	at = (size_t)(name - bytes);
	memmove(name + 17, name + 18, n - at - 18);
	memcpy(name, "RandomPartitioner", 17);
	bytes[37]--;                           /* the length of the class name */
	for (size_t i = 1; i < 4; i++)
		cq_put_be32(bytes + 8 + 8 * i, cq_be32(bytes + 8 + 8 * i) - 1);
	file = fopen(path, "wb");
	assert_int_equal(fwrite(bytes, 1, n - 1, file), n - 1);
	fclose(file);
	folder_check(&f, 2);
	s = expect(&f, "stats-partitioner", CQ_ERROR, "the order of another partitioner");
	assert_string_equal(s->expected, "org.apache.cassandra.dht.Murmur3Partitioner");
	assert_null(finding(&f, "stats-toc", CQ_INFO));
	folder_drop(&f);
}

static void tables_of_two_makers_in_one_folder_are_told_apart(void **state)
{
	struct folder f;

	(void)state;
	folder_make(&f);
	folder_copy(&f, "3.11-md/main/statics", "md-1-big", NULL);
	folder_copy(&f, "3.11-md/main/statics", "md-2-big", NULL);
	folder_check(&f, 1);
	expect_silence(&f);
	folder_copy(&f, "3.11-md/main/scalars", "md-1-big", "md-3-big");
	folder_check(&f, 1);
	expect(&f, "header-foreign", CQ_ERROR, "other key columns than md-1-big");
	assert_string_equal(finding(&f, "header-foreign", CQ_ERROR)->file, "md-3-big-Statistics.db");
	folder_drop(&f);
}

static void a_schema_tells_names_types_and_drops(void **state)
{
	static const char good[] = "CREATE TABLE main.statics (k text, c int, s1 text static, s2 int static, sf frozen<list<int>> static, "
		"sm map<text, int> static, v text, PRIMARY KEY (k, c));\n";
	static const char lacks[] = "CREATE TABLE main.statics (k text, c int, s2 int static, sf frozen<list<int>> static, "
		"sm map<text, int> static, v text, PRIMARY KEY (k, c));\n";
	static const char other[] = "CREATE TABLE main.statics (k text, c int, s1 text static, s2 bigint static, sf frozen<list<int>> static, "
		"sm map<text, int> static, v text, PRIMARY KEY (k, c));\n";
	static const char dropped[] = "CREATE TABLE main.statics (k text, c int, s1 text static, s2 int static, sf frozen<list<int>> static, "
		"sm map<text, int> static, v text, PRIMARY KEY (k, c));\nALTER TABLE main.statics DROP v USING TIMESTAMP 1000;\n";
	const struct cq_check_finding *s;
	struct folder f;

	(void)state;
	folder_make(&f);
	folder_copy(&f, "3.11-md/main/statics", "md-1-big", NULL);
	folder_write(&f, "schema.cql", good);
	folder_check(&f, 1);
	expect_silence(&f);
	assert_null(f.report.tables[f.report.ntables - 1].unmeasured);
	folder_write(&f, "schema.cql", lacks);
	folder_check(&f, 1);
	expect(&f, "header-dropped", CQ_WARNING, "s1");
	folder_write(&f, "schema.cql", other);
	folder_check(&f, 1);
	expect(&f, "header-type", CQ_WARNING, "s2");
	folder_write(&f, "schema.cql", dropped);
	folder_check(&f, 2);
	s = expect(&f, "header-dropped", CQ_WARNING, "cells are newer");
	assert_int_equal(s->component, CQ_C_DATA);
	assert_true(s->keys.n >= 1);
	folder_drop(&f);
}

/* Column l, the first one with many cells, gets a name of one byte above 0x7f, and stays the first. */
static void a_name_that_cassandra_sorts_wrongly_is_a_note(void **state)
{
	struct folder f;

	(void)state;
	folder_make(&f);
	assert_true(inject(&f, CQ_TEST_CORPUS "/5.0-oa/main/collections/oa-1-big-Data.db", "set", "Statistics.db/header/regular columns/column[5]/name",
		NULL, "80"));
	folder_check(&f, 1);
	expect(&f, "header-order", CQ_INFO, "begins outside ASCII");
	assert_null(finding(&f, "header-order", CQ_WARNING));
	folder_drop(&f);
}

/* ---- a range tombstone as the largest clustering ---- */

static void a_bound_with_fewer_values_is_a_healthy_maximum(void **state)
{
	struct tables t = tables_of_corpus();
	size_t shorter = 0;

	(void)state;
	for (size_t i = 0; i < t.n; i++) {
		struct cq_table *table = table_of(t.path[i]);
		const struct cq_statistics *s = &table->stats;

		shorter += (s->nmax && s->nmax < s->nclustering) || (s->nmin && s->nmin < s->nclustering) ||
			(s->has & CQ_HAS_COVERED && ((s->covered_end.n && s->covered_end.n < s->nclustering) ||
			(s->covered_start.n && s->covered_start.n < s->nclustering)));
		cq_table_close(table);
	}
	print_message("# %zu tables whose smallest or largest clustering is a bound of fewer values\n", shorter);
	assert_true(shorter > 0);              /* and they are among those of the silence below */
	tables_finish(&t);
}

/* ---- silence ---- */

static void healthy_tables_are_passed_over_in_silence(void **state)
{
	const char *roots[] = { CQ_TEST_CORPUS, getenv("CQLITE_CORPUS") };
	size_t n = 0;

	(void)state;
	if (!roots[1] || !*roots[1])
		roots[1] = CQ_TEST_CORPUS "/../../shared/corpus";
	for (size_t i = 0; i < CQ_COUNTOF(roots); i++) {
		struct folder f = {0};

		if (access(roots[i], R_OK) != 0)
			continue;
		snprintf(f.path, sizeof f.path, "%s", roots[i]);
		folder_check(&f, 2);
		expect_silence(&f);
		n += f.list.ntables;
		cq_report_finish(&f.report);
		cq_desc_list_finish(&f.list);
	}
	print_message("# %zu tables\n", n);
	assert_true(n >= 150);
}

/* ---- every bit ---- */

/* The bits of an md Statistics.db, every step-th; those that no rule finds must be of fields that cq_proof.def explains. */
static void what_no_rule_finds_of_the_bits_is_explained(void **state)
{
	enum { STEP = 11 };
	size_t flips = 0, found = 0, explained = 0;
	struct cq_error err = {0};
	struct cq_table *t;
	struct cq_doc *doc;
	struct folder f;
	uint8_t bytes[8192];
	char path[256];
	size_t n;
	FILE *file;

	(void)state;
	folder_make(&f);
	folder_copy(&f, "3.11-md/main/statics", "md-1-big", NULL);
	t = table_of(CQ_TEST_CORPUS "/3.11-md/main/statics/md-1-big-Data.db");
	assert_int_equal(cq_table_doc(t, &doc, &err), CQ_OK);
	snprintf(path, sizeof path, "%s/md-1-big-Statistics.db", f.path);
	file = fopen(path, "r+b");
	assert_non_null(file);
	n = fread(bytes, 1, sizeof bytes, file);
	assert_true(n > 4000 && n < sizeof bytes);
	for (size_t bit = 3; bit < 8 * n; bit += STEP) {
		struct cq_node node = {0};
		cq_nid id = 0;

		fseek(file, (long)(bit / 8), SEEK_SET);
		fputc(bytes[bit / 8] ^ 1 << bit % 8, file);
		fflush(file);
		folder_check(&f, 1);
		flips++;
		if (f.report.n[CQ_ERROR] + f.report.n[CQ_WARNING]) {
			found++;
		} else {
			const char *why = NULL;

			if (cq_doc_at(doc, CQ_C_STATISTICS, CQ_SPACE_RAW, bit / 8, &id, &err) == CQ_OK && cq_doc_node(doc, id, &node))
				why = cq_proof(CQ_C_STATISTICS, node.field, t->features);
			if (!why)
				fail_msg("byte 0x%zx bit %zu: nothing is found, and nothing says why", bit / 8, bit % 8);
			explained++;
		}
		fseek(file, (long)(bit / 8), SEEK_SET);
		fputc(bytes[bit / 8], file);
		fflush(file);
	}
	fclose(file);
	print_message("# %zu bits: %zu found, %zu explained\n", flips, found, explained);
	assert_true(found * 1000 >= flips * 995);
	cq_doc_close(doc);
	cq_table_close(t);
	folder_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_lie_about_a_field_is_told),
		cmocka_unit_test(a_flipped_bit_is_named_where_it_is),
		cmocka_unit_test(a_row_newer_than_the_maximum_is_shown_with_its_key),
		cmocka_unit_test(values_that_no_node_writes_are_named),
		cmocka_unit_test(statistics_of_another_table_are_known_as_such),
		cmocka_unit_test(keys_in_the_order_of_another_partitioner_are_known),
		cmocka_unit_test(tables_of_two_makers_in_one_folder_are_told_apart),
		cmocka_unit_test(a_schema_tells_names_types_and_drops),
		cmocka_unit_test(a_name_that_cassandra_sorts_wrongly_is_a_note),
		cmocka_unit_test(a_bound_with_fewer_values_is_a_healthy_maximum),
		cmocka_unit_test(healthy_tables_are_passed_over_in_silence),
		cmocka_unit_test(what_no_rule_finds_of_the_bits_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

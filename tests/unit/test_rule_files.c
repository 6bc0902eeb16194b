/* The rules about files: os, toc-set, digest, mutable, txnlog. Each fires on its damage; none of them, nor those about chunks
 * (test_rule_chunks.c), says anything of healthy tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "copies.h"

static const char *const rules[] = { "structure", "os", "toc-set", "chunk-map", "digest", "crcdb", "chunk-crc", "chunk-length", "zero-run",
	"truncated", "decode", "neg-deletion", "mutable", "txnlog", NULL };

static void check(struct copy *c)
{
	check_at(c, c->dir, rules, 0, CQ_CHECK_FULL);
	assert_int_equal(c->report.ntables, 2);
}

/* ---- healthy ---- */

static void healthy_tables_are_passed_over_in_silence(void **state)
{
	const char *roots[] = { CQ_TEST_CORPUS, getenv("CQLITE_CORPUS") };

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		struct copy c = {0};
		size_t opened = 0;

		if (!roots[r] || !*roots[r])
			continue;
		check_at(&c, roots[r], rules, CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS, CQ_CHECK_FULL);
		for (size_t i = 0; i < c.report.ntables; i++) {
			opened += c.report.tables[i].opened;
			if (faults(&c.report.tables[i])) {
				print(&c.report.tables[i]);
				fail_msg("a finding in %s", c.report.tables[i].entry ? c.report.tables[i].entry->data_path : "several tables");
			}
		}
		print_message("# %zu tables under %s\n", opened, roots[r]);
		assert_true(opened >= 150);
		forget(&c);
	}
}

/* ---- digest ---- */

static void a_wrong_digest_of_good_chunks_is_itself_the_suspect(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	replace(&c, "Digest.crc32", "123456789", 9);
	check(&c);
	f = only(&c, "digest");
	assert_int_equal(f->severity, CQ_WARNING);
	assert_non_null(strstr(f->message, "and not Data.db"));
	assert_string_equal(f->found, "123456789");
	replace(&c, "Digest.crc32", "12345678x", 9);
	check(&c);
	assert_non_null(strstr(only(&c, "digest")->message, "no decimal number"));
	fix_digest(&c);
	flip(&c, "Digest.crc32", 2, 1);
	check(&c);
	suspects(only(&c, "digest"), CQ_C_DIGEST, 2, 1);
	/* A line end is no fault. */
	fix_digest(&c);
	{
		size_t n;
		uint8_t *p = component(&c, "Digest.crc32", &n);

		p[n] = '\n';
		replace(&c, "Digest.crc32", p, n + 1);
		free(p);
	}
	check(&c);
	silent(&c);
	drop(&c);
}

/* ---- toc-set, os ---- */

static void missing_components_are_named_with_what_it_means(void **state)
{
	static const struct {
		const char *name;
		enum cq_component kind;
		enum cq_severity severity;
		enum cq_effect effect;
	} missing[] = {
		{ "Summary.db", CQ_C_SUMMARY, CQ_WARNING, CQ_SLOWER }, { "Filter.db", CQ_C_FILTER, CQ_WARNING, CQ_SLOWER },
		{ "Digest.crc32", CQ_C_DIGEST, CQ_WARNING, CQ_UNSURE }, { "TOC.txt", CQ_C_TOC, CQ_WARNING, CQ_REFUSED },
		{ "Index.db", CQ_C_INDEX, CQ_ERROR, CQ_REFUSED }, { "Statistics.db", CQ_C_STATISTICS, CQ_ERROR, CQ_REFUSED },
		{ "CompressionInfo.db", CQ_C_COMPRESSION_INFO, CQ_ERROR, CQ_LOST }, { "Data.db", CQ_C_DATA, CQ_ERROR, CQ_LOST },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(missing); i++) {
		const struct cq_check_finding *f;
		struct copy c;

		copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
		gone(&c, missing[i].name);
		check(&c);
		f = found(&c, "toc-set");
		assert_int_equal(f->component, missing[i].kind);
		assert_int_equal(f->severity, missing[i].severity);
		assert_int_equal(f->effect, missing[i].effect);
		assert_null(find(c.t, "structure"));
		if (missing[i].kind == CQ_C_SUMMARY)
			assert_non_null(strstr(f->bug, "up to 4.1 delete Summary.db"));
		drop(&c);
	}
}

static void toc_and_files_are_compared_both_ways(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	p = component(&c, "TOC.txt", &n);
	/* A wrong letter. */
	flip(&c, "TOC.txt", 1, 0);
	check(&c);
	suspects(only(&c, "toc-set"), CQ_C_TOC, 1, 0);
	/* A line less. */
	for (size_t i = 0; i + 9 < n; i++)
		if (!memcmp(p + i, "Index.db\n", 9)) {
			memmove(p + i, p + i + 9, n - i - 9);
			n -= 9;
			break;
		}
	replace(&c, "TOC.txt", p, n);
	check(&c);
	f = only(&c, "toc-set");
	assert_int_equal(f->component, CQ_C_INDEX);
	assert_int_equal(f->severity, CQ_WARNING);
	assert_non_null(strstr(f->message, "does not list it"));
	/* Not text. */
	replace(&c, "TOC.txt", "Data.db\n\0\0\0", 11);
	check(&c);
	assert_int_equal(only(&c, "toc-set")->off, 8);
	free(p);
	drop(&c);
}

static void empty_and_forbidden_files_are_the_systems_business(void **state)
{
	static const char *const names[] = { "Statistics.db", "Index.db", "Summary.db", "Filter.db", "CompressionInfo.db", "Data.db" };
	struct copy c;
	char path[256];

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(names); i++) {
		const struct cq_check_finding *f;

		copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
		replace(&c, names[i], "", 0);
		check(&c);
		f = found(&c, "os");
		assert_non_null(strstr(f->message, names[i]));
		assert_non_null(strstr(f->message, "is empty"));
		drop(&c);
	}
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	path_of(&c, "Filter.db", path);
	assert_int_equal(chmod(path, 0), 0);
	check(&c);
	assert_non_null(strstr(found(&c, "os")->message, geteuid() ? "Permission denied" : "may not be read by its owner"));
	drop(&c);
}

/* ---- txnlog, mutable ---- */

static void broken_lines_of_transaction_logs_are_named(void **state)
{
	static const char name[] = "nb_txn_compaction_921744d0-e6df-11f1-9f26-3ba06936b4d7.log";
	const struct cq_check_finding *f;
	char path[256], text[512];
	struct copy c;
	size_t n;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	snprintf(path, sizeof path, "%s/%s", c.dir, name);
	/* Good: nothing but an info. */
	n = (size_t)snprintf(text, sizeof text, "ADD:[%s/nb-9-big-,0,8][%u]\nREMOVE:[%s/nb-1-big-,1700000000123,8][%u]\n", c.dir, 0u, c.dir, 0u);
	{
		char add[128], remove_it[128];

		snprintf(add, sizeof add, "%s/nb-9-big-", c.dir);
		snprintf(remove_it, sizeof remove_it, "%s/nb-1-big-", c.dir);
		n = (size_t)snprintf(text, sizeof text, "ADD:[%s,0,8][%" PRIu32 "]\nREMOVE:[%s,1700000000123,8][%" PRIu32 "]\n", add,
			cq_txn_checksum(CQ_TXN_ADD, cq_slice_str(add), 0, 8), remove_it,
			cq_txn_checksum(CQ_TXN_REMOVE, cq_slice_str(remove_it), INT64_C(1700000000123), 8));
	}
	spill(path, text, n);
	check(&c);
	f = find(&c.report.tables[1], "txnlog");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_INFO);
	assert_non_null(strstr(f->message, "nb-1-big is live"));
	/* The last line cut: the ones before hold. */
	spill(path, text, n - 3);
	check(&c);
	f = find(&c.report.tables[1], "txnlog");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_WARNING);
	assert_int_equal(f->off, strchr(text, '\n') + 1 - text);
	/* A digit of the first line's checksum. */
	*(strchr(text, '\n') - 2) ^= 1;
	spill(path, text, n);
	check(&c);
	f = find(&c.report.tables[1], "txnlog");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_ERROR);
	assert_int_equal(f->off, 0);
	assert_string_equal(f->file, name);
	assert_non_null(strstr(f->expected, "checksum"));
	drop(&c);
}

/* The table in <dir>/ks/t-<id>/ and the same in its snapshot. */
static void copies_in_a_snapshot_may_differ_only_where_they_may(void **state)
{
	char home[200], snap[300], file[400];
	const struct cq_check_finding *f = NULL;
	const struct cq_check_table *t;
	struct copy c;
	uint8_t *p, *s;
	size_t n, at;

	(void)state;
	copy_table(&c, "3.11-me/main/comp_snappy", "me-1-big");
	snprintf(home, sizeof home, "%s/t-855bafb0e6df11f19f263ba06936b4d7", c.dir);
	assert_int_equal(mkdir(home, 0755), 0);
	copy_files("3.11-me/main/comp_snappy", "me-1-big", home);
	snprintf(snap, sizeof snap, "%s/snapshots", home);
	assert_int_equal(mkdir(snap, 0755), 0);
	snprintf(snap, sizeof snap, "%s/snapshots/before", home);
	assert_int_equal(mkdir(snap, 0755), 0);
	copy_files("3.11-me/main/comp_snappy", "me-1-big", snap);
	check_at(&c, home, rules, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
	assert_int_equal(c.report.ntables, 3);
	for (size_t i = 0; i < 3; i++)
		assert_null(c.report.tables[i].first);
	/* Index.db is written once. */
	snprintf(file, sizeof file, "%s/me-1-big-Index.db", snap);
	p = slurp(file, &n);
	p[n / 2] ^= 0x20;
	spill(file, p, n);
	check_at(&c, home, rules, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
	for (size_t i = 0; i < 3; i++) {
		t = &c.report.tables[i];
		if (find(t, "mutable"))
			f = find(t, "mutable");
	}
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_WARNING);
	assert_int_equal(f->component, CQ_C_INDEX);
	assert_int_equal(f->off, n / 2);
	p[n / 2] ^= 0x20;
	spill(file, p, n);
	free(p);
	/* A level in Statistics.db (3.11: no checksums) may change. It stands behind the histogram of tombstone drop times. */
	snprintf(file, sizeof file, "%s/me-1-big-Statistics.db", snap);
	s = slurp(file, &n);
	for (at = 0, f = NULL; at < n && !f; at++) {
		struct cq_table *x;
		char data[400];

		s[at] ^= 0x01;
		spill(file, s, n);
		snprintf(data, sizeof data, "%s/me-1-big-Data.db", snap);
		if (cq_table_open(&x, data, NULL, NULL) == CQ_OK) {
			if (x->stats.level == 1 && x->stats.repaired_at == 0) {
				check_at(&c, home, rules, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
				for (size_t i = 0; i < 3; i++)
					if (find(&c.report.tables[i], "mutable"))
						f = find(&c.report.tables[i], "mutable");
				assert_non_null(f);
			}
			cq_table_close(x);
		}
		s[at] ^= 0x01;
	}
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_INFO);
	assert_non_null(strstr(f->found, "level 0"));
	assert_non_null(strstr(f->found, "level 1"));
	spill(file, s, n);
	free(s);
	/* Other rows under the same name: an SSTable of another life. */
	snprintf(file, sizeof file, "%s/me-1-big-Digest.crc32", snap);
	spill(file, "1", 1);
	check_at(&c, home, rules, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
	f = NULL;
	for (size_t i = 0; i < 3; i++)
		if (find(&c.report.tables[i], "mutable"))
			f = find(&c.report.tables[i], "mutable");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_INFO);
	drop(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_tables_are_passed_over_in_silence),
		cmocka_unit_test(a_wrong_digest_of_good_chunks_is_itself_the_suspect),
		cmocka_unit_test(missing_components_are_named_with_what_it_means),
		cmocka_unit_test(toc_and_files_are_compared_both_ways),
		cmocka_unit_test(empty_and_forbidden_files_are_the_systems_business),
		cmocka_unit_test(broken_lines_of_transaction_logs_are_named),
		cmocka_unit_test(copies_in_a_snapshot_may_differ_only_where_they_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

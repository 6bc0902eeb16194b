/* Transaction logs: cq_txnlog.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cq_txnlog.h"

#ifndef CQ_TEST_CORPUS
#define CQ_TEST_CORPUS "corpus"
#endif
#define LOG "nb_txn_compaction_921744d0-e6df-11f1-9f26-3ba06936b4d7.log"

static void assert_slice(cq_slice s, const char *want)
{
	if (!cq_slice_is(s, want))
		fail_msg("found \"%.*s\", expected \"%s\"", (int)s.len, (const char *)s.p, want);
}

static void names_of_logs_are_taken_apart(void **state)
{
	struct cq_txnlog_name n;

	(void)state;
	assert_true(cq_txnlog_name_parse(LOG, &n));
	assert_slice(n.prefix, "nb");
	assert_slice(n.operation, "compaction");
	assert_slice(n.uuid, "921744d0-e6df-11f1-9f26-3ba06936b4d7");
	assert_true(cq_txnlog_name_parse("bti-da_txn_flush_1-2.log", &n));
	assert_slice(n.prefix, "bti-da");
	assert_true(cq_txnlog_name_parse("txn_write_stream_1-2.log", &n));
	assert_null(n.prefix.p);
	assert_slice(n.operation, "write_stream");
	assert_slice(n.uuid, "1-2");
}

static void other_names_are_no_logs(void **state)
{
	static const char *const bad[] = {
		"", ".log", "txn_.log", "txn_x.log", "nb_txn_x.log", "nb_txn_flush_1.lo", "n_txn_flush_1.log", "nbc_txn_flush_1.log",
		"CommitLog-7-1.log", "nb-1-big-Data.db", "bti-_txn_flush_1.log",
	};
	struct cq_txnlog_name n;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		if (cq_txnlog_name_parse(bad[i], &n))
			fail_msg("\"%s\" passed for a log's name", bad[i]);
	}
}

/* Checksums as java.util.zip.CRC32 gives them. */
static void checksums_are_cassandras(void **state)
{
	cq_slice path = cq_slice_str("/d/nb-1-big-");

	(void)state;
	assert_true(cq_txn_checksum(CQ_TXN_COMMIT, path, 0, 0) == 2613697770u);
	assert_true(cq_txn_checksum(CQ_TXN_ABORT, (cq_slice){0}, 5, 5) == 737437348u);
	assert_true(cq_txn_checksum(CQ_TXN_ADD, path, 0, 8) == 1437535380u);
	assert_true(cq_txn_checksum(CQ_TXN_REMOVE, path, INT64_C(1700000000123), 8) == 2465645945u);
}

static void a_committed_log_is_read(void **state)
{
	struct cq_arena arena = {0};
	struct cq_txnlog log;

	(void)state;
	assert_int_equal(cq_txnlog_parse(&arena, cq_slice_str("ADD:[/d/nb-1-big-,0,8][1437535380]\n"
		"remove:[/d/nb-1-big-,1700000000123,8][2465645945]\nCOMMIT:[,0,0][2613697770]\n"), &log, NULL), CQ_OK);
	assert_int_equal(log.nrecords, 3);
	assert_int_equal(log.ninvalid, 0);
	assert_true(log.committed);
	assert_false(log.aborted);
	assert_true(log.usable);
	assert_false(log.partial);
	assert_null(log.problem);
	assert_int_equal(log.record[1].type, CQ_TXN_REMOVE);
	assert_slice(log.record[1].path, "/d/nb-1-big-");
	assert_true(log.record[1].time == INT64_C(1700000000123));
	assert_int_equal(log.record[1].files, 8);
	assert_int_equal(log.record[1].off, 35);
	assert_int_equal(log.record[2].type, CQ_TXN_COMMIT);
	cq_arena_finish(&arena);
}

static void a_cut_last_line_leaves_the_others_in_force(void **state)
{
	struct cq_arena arena = {0};
	struct cq_txnlog log;

	(void)state;
	assert_int_equal(cq_txnlog_parse(&arena, cq_slice_str("ADD:[/d/nb-1-big-,0,8][1437535380]\nCOMM"), &log, NULL), CQ_OK);
	assert_int_equal(log.nrecords, 2);
	assert_true(log.partial);
	assert_true(log.usable);
	assert_false(log.committed);
	assert_non_null(log.problem);
	cq_arena_finish(&arena);
}

static void a_wrong_line_before_the_last_makes_the_log_unusable(void **state)
{
	struct cq_arena arena = {0};
	struct cq_txnlog log;

	(void)state;
	assert_int_equal(cq_txnlog_parse(&arena, cq_slice_str("ADD:[/d/nb-1-big-,0,8][1437535381]\nCOMMIT:[,0,0][2613697770]\n"), &log,
		NULL), CQ_OK);
	assert_false(log.usable);
	assert_false(log.committed);
	assert_int_equal(log.ninvalid, 1);
	assert_string_equal(log.record[0].problem, "has a wrong checksum");
	assert_true(log.record[0].computed == 1437535380u);
	cq_arena_finish(&arena);
}

static void lines_that_are_no_records_say_why(void **state)
{
	static const struct { const char *line, *says; } bad[] = {
		{ "ADDED:[/d/nb-1-big-,0,8][1]", "does not begin" }, { "ADD[/d,0,8][1]", "does not begin" },
		{ "ADD:[", "does not end" }, { "ADD:[]", "no checksum" }, { "ADD:[/d/nb-1-big-,0,8]", "no checksum" },
		{ "ADD:[/d/nb-1-big-,0,8][1", "does not end" }, { "ADD:[/d,x/nb-1-big-,0,8][1]", "more than two commas" },
		{ "ADD:[/d/nb-1-big-,8][1]", "fewer than three" }, { "ADD:[/d,,8][1]", "number" }, { "ADD:[/d,0,8][]", "number" },
		{ "ADD:[/d,0,2147483648][1]", "number" }, { "ADD:[/d,99999999999999999999,2][1]", "number" }, { "\n", "does not begin" },
		{ "COMMIT:[,0,0][99999999999]", "wrong checksum" }, { "ADD:[/d,-,1][1]", "number" },
	};
	struct cq_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		struct cq_txnlog log;

		assert_int_equal(cq_txnlog_parse(&arena, cq_slice_str(bad[i].line), &log, NULL), CQ_OK);
		assert_int_equal(log.nrecords, 1);
		assert_false(log.record[0].valid);
		if (!strstr(log.record[0].problem, bad[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].line, log.record[0].problem, bad[i].says);
	}
	cq_arena_finish(&arena);
}

static void a_path_may_hold_brackets(void **state)
{
	struct cq_arena arena = {0};
	struct cq_txnlog log;
	char line[100];
	cq_slice path = cq_slice_str("/a][1]/nb-1-big-");

	(void)state;
	snprintf(line, sizeof line, "ADD:[/a][1]/nb-1-big-,0,8][%u]\n", cq_txn_checksum(CQ_TXN_ADD, path, 0, 8));
	assert_int_equal(cq_txnlog_parse(&arena, cq_slice_str(line), &log, NULL), CQ_OK);
	assert_true(log.record[0].valid);
	assert_slice(log.record[0].path, "/a][1]/nb-1-big-");
	cq_arena_finish(&arena);
}

/* ---- what logs say of a list ---- */

static char tree[40];

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", tree, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_tree(void **state)
{
	char path[200];

	(void)state;
	snprintf(tree, sizeof tree, "/tmp/cqlite-txn-XXXXXX");
	if (!mkdtemp(tree))
		return -1;
	snprintf(path, sizeof path, "%s/a", tree);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/a/t", tree);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/b", tree);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/b/t", tree);
	mkdir(path, 0755);
	write_file("a/t/nb-1-big-Data.db", "1");
	write_file("a/t/nb-2-big-Data.db", "2");
	write_file("b/t/nb-3-big-Data.db", "3");
	return 0;
}

static int remove_tree(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", tree);
	return system(command);
}

/* A record with its checksum; "%" in path stands for the tree. */
static const char *record(char *out, size_t n, enum cq_txn_type type, const char *path, int64_t time, int files)
{
	static const char *const name[] = { "", "ADD", "REMOVE", "COMMIT", "ABORT" };
	char full[200];

	snprintf(full, sizeof full, "%s%s", *path == '%' ? tree : "", *path == '%' ? path + 1 : path);
	snprintf(out, n, "%s:[%s,%lld,%d][%u]\n", name[type], full, (long long)time, files,
		cq_txn_checksum(type, cq_slice_str(full), time, files));
	return out;
}

/* Fates of the tables in order: '.', 'i'ncomplete, 'o'bsolete. */
static void expect_fates(const char *path, const char *want, bool usable, size_t elsewhere)
{
	struct cq_desc_list list = {0};
	struct cq_txn_logs logs;
	struct cq_error err = {0};
	char full[200], got[20] = "";

	snprintf(full, sizeof full, "%s/%s", tree, path);
	assert_int_equal(cq_desc_list(full, &list, NULL), CQ_OK);
	if (cq_txn_state(&list, &logs, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < list.ntables && i < sizeof got - 1; i++) {
		got[i] = ".io"[list.tables[i].fate];
		assert_int_equal(list.tables[i].fate_log != NULL, list.tables[i].fate != CQ_TXN_NONE);
	}
	assert_string_equal(got, want);
	for (size_t i = 0; i < logs.n; i++) {
		assert_int_equal(logs.log[i].usable, usable);
		assert_int_equal(logs.log[i].problem != NULL, !usable);
	}
	assert_int_equal(logs.elsewhere, elsewhere);
	cq_desc_list_finish(&list);
}

static void without_commit_added_tables_are_incomplete(void **state)
{
	char add[300], remove[300], text[700];

	(void)state;
	record(add, sizeof add, CQ_TXN_ADD, "%/a/t/nb-2-big-", 0, 8);
	record(remove, sizeof remove, CQ_TXN_REMOVE, "%/a/t/nb-1-big-", 1700000000123, 1);
	snprintf(text, sizeof text, "%s%s", add, remove);
	write_file("a/t/" LOG, text);
	expect_fates("a/t", ".i", true, 0);
	expect_fates("a/t/nb-2-big-Data.db", "i", true, 1);
	snprintf(text, sizeof text, "%s%sABORT:[,0,0][737437348]\n", add, remove);
	write_file("a/t/" LOG, text);
	expect_fates("a/t", ".i", true, 0);
}

static void with_commit_removed_tables_are_obsolete(void **state)
{
	char add[300], remove[300], text[700];

	(void)state;
	record(add, sizeof add, CQ_TXN_ADD, "%/a/t/nb-2-big-", 0, 8);
	record(remove, sizeof remove, CQ_TXN_REMOVE, "%/a/t/nb-1-big-", 1700000000123, 1);
	snprintf(text, sizeof text, "%s%sCOMMIT:[,0,0][2613697770]\n", add, remove);
	write_file("a/t/" LOG, text);
	expect_fates("a/t", "o.", true, 0);
}

static void a_log_moved_with_its_directory_still_names_its_tables(void **state)
{
	char text[300];

	(void)state;
	write_file("a/t/" LOG, record(text, sizeof text, CQ_TXN_ADD, "/var/lib/data/ks/other-name/nb-2-big-", 0, 8));
	expect_fates("a/t", ".i", true, 0);
	write_file("a/t/" LOG, record(text, sizeof text, CQ_TXN_ADD, "/var/lib/data/ks/t/nb-7-big-", 0, 8));
	expect_fates("a/t", "..", true, 1);
}

static void replicas_on_two_disks_speak_for_both(void **state)
{
	char one[300], two[300], text[700];

	(void)state;
	record(one, sizeof one, CQ_TXN_ADD, "%/a/t/nb-2-big-", 0, 8);
	record(two, sizeof two, CQ_TXN_ADD, "%/b/t/nb-3-big-", 0, 8);
	snprintf(text, sizeof text, "%s%s", one, two);
	write_file("a/t/" LOG, text);
	write_file("b/t/" LOG, text);
	expect_fates("", ".ii", true, 0);
	write_file("b/t/" LOG, one);                               /* the second line did not reach this disk */
	expect_fates("", ".ii", true, 0);
}

static void replicas_that_disagree_are_not_used(void **state)
{
	char text[300];

	(void)state;
	write_file("a/t/" LOG, record(text, sizeof text, CQ_TXN_ADD, "%/a/t/nb-2-big-", 0, 8));
	write_file("b/t/" LOG, record(text, sizeof text, CQ_TXN_ADD, "%/b/t/nb-3-big-", 0, 8));
	expect_fates("", "...", false, 0);
}

/* A node of 5.0.6 killed in a compaction of tables 1 and 2 into 3. */
static void a_real_log_marks_the_unfinished_table(void **state)
{
	struct cq_desc_list list = {0};
	struct cq_txn_logs logs;
	struct cq_error err = {0};

	(void)state;
	if (cq_desc_list(CQ_TEST_CORPUS "/5.0-txnlog", &list, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(cq_txn_state(&list, &logs, &err), CQ_OK);
	assert_int_equal(logs.n, 1);
	assert_true(logs.log[0].usable);
	assert_int_equal(logs.log[0].nrecords, 1);
	assert_true(logs.log[0].record[0].valid);
	assert_slice(logs.log[0].name.operation, "compaction");
	assert_int_equal(list.ntables, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(list.tables[i].fate, list.tables[i].desc.id.number == 3 ? CQ_TXN_INCOMPLETE : CQ_TXN_NONE);
	assert_int_equal(logs.incomplete, 1);
	assert_int_equal(logs.elsewhere, 0);
	cq_desc_list_finish(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_logs_are_taken_apart),
		cmocka_unit_test(other_names_are_no_logs),
		cmocka_unit_test(checksums_are_cassandras),
		cmocka_unit_test(a_committed_log_is_read),
		cmocka_unit_test(a_cut_last_line_leaves_the_others_in_force),
		cmocka_unit_test(a_wrong_line_before_the_last_makes_the_log_unusable),
		cmocka_unit_test(lines_that_are_no_records_say_why),
		cmocka_unit_test(a_path_may_hold_brackets),
#define WITH_TREE(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)
		WITH_TREE(without_commit_added_tables_are_incomplete),
		WITH_TREE(with_commit_removed_tables_are_obsolete),
		WITH_TREE(a_log_moved_with_its_directory_still_names_its_tables),
		WITH_TREE(replicas_on_two_disks_speak_for_both),
		WITH_TREE(replicas_that_disagree_are_not_used),
		cmocka_unit_test(a_real_log_marks_the_unfinished_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

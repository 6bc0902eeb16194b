/* Names and places of SSTables, and lists of them: cq_desc.h, cq_desc_list.h, cq_toc.h, cq_manifest.h. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cq_buf.h"
#include "cq_desc.h"
#include "cq_desc_list.h"
#include "cq_manifest.h"
#include "cq_toc.h"

#ifndef CQ_TEST_CORPUS
#define CQ_TEST_CORPUS "corpus"
#endif
#define TABLE_ID "-5a1c395eb41f11e59f22ba0be0483c18"

static void assert_slice(cq_slice s, const char *want)
{
	if (!cq_slice_is(s, want))
		fail_msg("found \"%.*s\", expected \"%s\"", (int)s.len, (const char *)s.p, want);
}

static void a_whole_path_is_taken_apart(void **state)
{
	struct cq_desc d;
	const uint8_t id[16] = { 0x5a, 0x1c, 0x39, 0x5e, 0xb4, 0x1f, 0x11, 0xe5, 0x9f, 0x22, 0xba, 0x0b, 0xe0, 0x48, 0x3c, 0x18 };

	(void)state;
	assert_int_equal(cq_desc_parse("/data/ks/users-5a1c395eb41f11e59f22ba0be0483c18/nb-17-big-Data.db", &d, NULL), CQ_OK);
	assert_slice(d.dir, "/data/ks/users-5a1c395eb41f11e59f22ba0be0483c18");
	assert_slice(d.file, "nb-17-big-Data.db");
	assert_slice(d.base, "nb-17-big");
	assert_slice(d.version, "nb");
	assert_slice(d.id.text, "17");
	assert_false(d.id.is_uuid);
	assert_int_equal(d.id.number, 17);
	assert_int_equal(d.format, CQ_SST_BIG);
	assert_int_equal(d.component, CQ_C_DATA);
	assert_true(d.known);
	assert_slice(d.place.keyspace, "ks");
	assert_slice(d.place.table, "users");
	assert_true(d.place.has_table_id);
	assert_memory_equal(d.place.table_id, id, 16);
	assert_null(d.place.index.p);
	assert_null(d.place.snapshot.p);
	assert_false(d.place.backup);
}

static void a_bare_name_has_no_place(void **state)
{
	struct cq_desc d;

	(void)state;
	assert_int_equal(cq_desc_parse("da-1-bti-Partitions.db", &d, NULL), CQ_OK);
	assert_slice(d.dir, ".");
	assert_int_equal(d.format, CQ_SST_BTI);
	assert_int_equal(d.component, CQ_C_PARTITIONS);
	assert_null(d.place.keyspace.p);
	assert_null(d.place.table.p);
	assert_int_equal(cq_desc_parse("/da-1-bti-Rows.db", &d, NULL), CQ_OK);
	assert_slice(d.dir, "/");
	assert_null(d.place.table.p);
}

/* Times and UUIDs of two real files, one of Scylla and one of Cassandra 5.0.6. */
static void uuid_identifiers_give_their_uuid_and_time(void **state)
{
	struct cq_desc d;
	const uint8_t scylla[16] = { 0xdd, 0xc7, 0xbf, 0x50, 0x73, 0x62, 0x11, 0xf0, 0xbe, 0xaf, 0x38, 0x29, 0xdb, 0x28, 0x2c, 0x74 };

	(void)state;
	assert_int_equal(cq_desc_parse("me-3gsm_0lob_1zdg02we44my8dy25w-big-Data.db", &d, NULL), CQ_OK);
	assert_true(d.id.is_uuid);
	assert_true(d.id.ticks == 139738456913330000u);
	assert_memory_equal(d.id.uuid, scylla, 16);
	assert_true(cq_sst_id_micros(&d.id) == INT64_C(1754552891333000));
	assert_int_equal(cq_desc_parse("oa-3h5r_04oy_1cfu21yox4uk0m4zga-big-Data.db", &d, NULL), CQ_OK);
	assert_true(cq_sst_id_micros(&d.id) / 1000 == INT64_C(1795398082226));
	assert_int_equal(cq_desc_parse("oa-3H5R_04OY_1CFU21YOX4UK0M4ZGA-big-Data.db", &d, NULL), CQ_OK);
	assert_true(cq_sst_id_micros(&d.id) / 1000 == INT64_C(1795398082226));
}

static void identifiers_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "x", "1x", "2147483648", "99999999999", "-1", "3gsm-0lob-1zdg02we44my8dy25w", "3gsm_0lob_1zdg02we44my8dy25",
		"3gsm_0lob_1zdg02we44my8dy25w0", "3gsm_0lob_1zdg0zzzzzzzzzzzzz", "3gsm_0lob_1zdg02we44my8dy2_w",
	};
	struct cq_sst_id id;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		if (cq_sst_id_parse(cq_slice_str(bad[i]), &id))
			fail_msg("\"%s\" passed for an identifier", bad[i]);
	}
	assert_true(cq_sst_id_parse(cq_slice_str("2147483647"), &id));
	assert_true(cq_sst_id_parse(cq_slice_str("0"), &id));
}

static void numbers_come_before_uuids_and_uuids_in_order_of_time(void **state)
{
	static const char *const sorted[] = {
		"2", "10", "2147483647", "3gsm_0lob_1zdg02we44my8dy25w", "3gsm_0lob_1zdg12we44my8dy25w", "3h5r_04oy_1cfu21yox4uk0m4zga",
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(sorted); i++) {
		for (size_t j = 0; j < CQ_COUNTOF(sorted); j++) {
			struct cq_sst_id a, b;
			int c;

			assert_true(cq_sst_id_parse(cq_slice_str(sorted[i]), &a));
			assert_true(cq_sst_id_parse(cq_slice_str(sorted[j]), &b));
			c = cq_sst_id_cmp(&a, &b);
			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
	}
}

static void every_component_has_its_kind(void **state)
{
	static const struct { const char *name; enum cq_component kind; const char *suffix; } all[] = {
		{ "Data.db", CQ_C_DATA, NULL }, { "Index.db", CQ_C_INDEX, NULL }, { "Summary.db", CQ_C_SUMMARY, NULL },
		{ "Filter.db", CQ_C_FILTER, NULL }, { "Statistics.db", CQ_C_STATISTICS, NULL },
		{ "CompressionInfo.db", CQ_C_COMPRESSION_INFO, NULL }, { "CRC.db", CQ_C_CRC, NULL }, { "TOC.txt", CQ_C_TOC, NULL },
		{ "Digest.crc32", CQ_C_DIGEST, "crc32" }, { "Digest.adler32", CQ_C_DIGEST, "adler32" },
		{ "Digest.sha1", CQ_C_DIGEST, "sha1" }, { "Partitions.db", CQ_C_PARTITIONS, NULL }, { "Rows.db", CQ_C_ROWS, NULL },
		{ "SAI+aa+sai_v+TermsData.db", CQ_C_SAI, NULL }, { "SI_sasi_t.db", CQ_C_SASI, NULL }, { "Scylla.db", CQ_C_SCYLLA, NULL },
		{ "Statistics.db.tmp", CQ_C_TEMP, NULL }, { "Unheard.of", CQ_C_OTHER, NULL }, { "data.db", CQ_C_OTHER, NULL },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		char path[80];
		struct cq_desc d;

		snprintf(path, sizeof path, "nb-1-big-%s", all[i].name);
		assert_int_equal(cq_desc_parse(path, &d, NULL), CQ_OK);
		assert_slice(d.component_name, all[i].name);
		assert_int_equal(d.component, all[i].kind);
		if (all[i].suffix)
			assert_slice(d.suffix, all[i].suffix);
		else
			assert_null(d.suffix.p);
	}
}

static void directories_give_keyspace_table_index_and_snapshot(void **state)
{
#define ID "-5a1c395eb41f11e59f22ba0be0483c18"
	static const struct { const char *dir, *keyspace, *table, *index, *tag; bool id, backup; } all[] = {
		{ "/d/ks/t" ID, "ks", "t", NULL, NULL, true, false },
		{ "/d/ks/t" ID "/", "ks", "t", NULL, NULL, true, false },
		{ "/d/ks//t" ID "/./", "ks", "t", NULL, NULL, true, false },
		{ "/d/ks/t" ID "/.t_v_idx", "ks", "t", "t_v_idx", NULL, true, false },
		{ "/d/ks/t" ID "/snapshots/before-drop", "ks", "t", NULL, "before-drop", true, false },
		{ "/d/ks/t" ID "/snapshots/tag/.idx", "ks", "t", "idx", "tag", true, false },
		{ "/d/ks/t" ID "/backups", "ks", "t", NULL, NULL, true, true },
		{ "/d/ks/t" ID "/backups/.idx", "ks", "t", "idx", NULL, true, true },
		{ "main/snapshots", "main", "snapshots", NULL, NULL, false, false },
		{ "main/snapshots/snapshots/snap1", "main", "snapshots", NULL, "snap1", false, false },
		{ "/d/snapshots/t" ID, "snapshots", "t", NULL, NULL, true, false },
		{ "/d/ks/t" ID "/snapshots/t" ID, "ks", "t", NULL, "t" ID, true, false },
		{ "/d/backups/t" ID, "backups", "t", NULL, NULL, true, false },
		{ "ks/../t" ID, NULL, "t", NULL, NULL, true, false },
		{ "ks/..", NULL, NULL, NULL, NULL, false, false },
		{ "t" ID, NULL, "t", NULL, NULL, true, false },
		{ "/a.b/t-x", NULL, NULL, NULL, NULL, false, false },
		{ "/", NULL, NULL, NULL, NULL, false, false },
		{ "", NULL, NULL, NULL, NULL, false, false },
	};
#undef ID

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		const char *want[] = { all[i].keyspace, all[i].table, all[i].index, all[i].tag };
		cq_slice got[4];
		struct cq_place p;

		cq_place_parse(all[i].dir, &p);
		got[0] = p.keyspace;
		got[1] = p.table;
		got[2] = p.index;
		got[3] = p.snapshot;
		for (size_t j = 0; j < CQ_COUNTOF(got); j++) {
			if (want[j])
				assert_slice(got[j], want[j]);
			else if (got[j].p)
				fail_msg("%s: part %zu is \"%.*s\"", all[i].dir, j, (int)got[j].len, (const char *)got[j].p);
		}
		assert_int_equal(p.has_table_id, all[i].id);
		assert_int_equal(p.backup, all[i].backup);
	}
}

static void versions_that_are_not_read_are_named(void **state)
{
	static const struct { const char *name, *says; } all[] = {
		{ "ks-t-ka-1-Data.db", "written by Cassandra 2.1 (version ka); CQLite reads 3.0 to 5.0; upgrade" },
		{ "ks-t-tmp-jb-1-Data.db", "an unfinished table, written by Cassandra 2.0" },
		{ "ks-t-tmplink-ka-1-Index.db", "an unfinished table, written by Cassandra 2.1" },
		{ "ks-t-ib-1-Data.db", "Cassandra 1.2" },
		{ "ks-t.idx-ka-1-Data.db", "Cassandra 2.1" },
		{ "la-1-big-Data.db", "Cassandra 2.2" },
		{ "tmp-la-1-big-Data.db", "an unfinished table, written by Cassandra 2.2" },
		{ "ms-3gsm_0lob_1zdg02we44my8dy25w-big-Data.db", "ScyllaDB's trie-indexed format" },
		{ "mt-1-big-Data.db", "ScyllaDB's trie-indexed format" },
		{ "aa-1-bti-Data.db", "DataStax" },
		{ "cc-1-bti-Data.db", "DataStax" },
		{ "ob-1-big-Data.db", "version ob is newer than this build" },
		{ "db-1-bti-Data.db", "version db is newer than this build" },
		{ "nd-1-big-Data.db", "version nd is newer than this build" },
		{ "oa-1-bti-Data.db", "version oa is newer than this build" },
		{ "nb-1-fast-Data.db", "format \"fast\" is not known" },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		struct cq_error err = {0};
		struct cq_desc d;

		assert_int_equal(cq_desc_parse(all[i].name, &d, &err), CQ_EUNSUPPORTED);
		assert_false(d.known);
		assert_non_null(d.id.text.p);
		if (!strstr(err.msg, all[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", all[i].name, err.msg, all[i].says);
	}
}

static void every_version_of_3_0_to_5_0_is_known(void **state)
{
	static const char *const all[] = { "ma", "mb", "mc", "md", "me", "na", "nb", "nc", "oa" };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		char name[40];
		struct cq_desc d;

		snprintf(name, sizeof name, "%s-1-big-Data.db", all[i]);
		assert_int_equal(cq_desc_parse(name, &d, NULL), CQ_OK);
	}
}

static void other_names_are_not_components(void **state)
{
	static const char *const all[] = {
		"", "-", "----", "-----------", "manifest.json", "schema.cql", "CommitLog-8-1795399653642.log", "nb-1-big-", "nb-1-Data.db",
		"nb--big-Data.db", "Nb-1-big-Data.db", "n-1-big-Data.db", "nb-1--Data.db", "nb-1-big-Data-db", "nb-x-big-Data.db",
		"oa_txn_compaction_921744d0-e6df-11f1-9f26-3ba06936b4d7.log", "a-b-c-d-e-f-g", "ks-t-nb-1-Data.db",
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		struct cq_error err = {0};
		struct cq_desc d;

		if (cq_desc_parse(all[i], &d, &err) != CQ_NOT_FOUND)
			fail_msg("\"%s\" passed for a component", all[i]);
		assert_null(d.id.text.p);
		assert_true(strstr(err.msg, "is not the name of an SSTable's file") != NULL);
	}
}

/* ---- lists: a small data directory made for each test ---- */

static char tree[40];

static void make(const char *path)
{
	char full[300], *slash;
	FILE *f;

	snprintf(full, sizeof full, "%s/%s", tree, path);
	for (slash = strchr(full + strlen(tree) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(full, 0755);
		*slash = '/';
	}
	if (full[strlen(full) - 1] == '/')
		return;
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(path, f);
	fclose(f);
}

static void make_table(const char *base)
{
	static const char *const component[] = { "Data.db", "Index.db", "Statistics.db", "TOC.txt", "Digest.crc32" };
	char path[300];

	for (size_t i = 0; i < CQ_COUNTOF(component); i++) {
		snprintf(path, sizeof path, "%s-%s", base, component[i]);
		make(path);
	}
}

static int make_tree(void **state)
{
	(void)state;
	snprintf(tree, sizeof tree, "/tmp/cqlite-desc-XXXXXX");
	if (!mkdtemp(tree))
		return -1;
	make_table("data/ks/users" TABLE_ID "/nb-10-big");
	make_table("data/ks/users" TABLE_ID "/nb-9-big");
	make("data/ks/users" TABLE_ID "/nb-9-big-SAI+aa+GroupMeta.db");
	make("data/ks/users" TABLE_ID "/nb-9-big-Statistics.db.tmp");
	make("data/ks/users" TABLE_ID "/nb-11-big-Data.db.tmp");
	make("data/ks/users" TABLE_ID "/notes.txt");
	make_table("data/ks/users" TABLE_ID "/.by_age/nb-9-big");
	make_table("data/ks/users" TABLE_ID "/snapshots/tag1/nb-9-big");
	make_table("data/ks/users" TABLE_ID "/snapshots/tag1/.by_age/nb-9-big");
	make("data/ks/users" TABLE_ID "/snapshots/tag1/manifest.json");
	make("data/ks/users" TABLE_ID "/snapshots/tag1/schema.cql");
	make_table("data/ks/users" TABLE_ID "/backups/nb-1-big");
	make_table("data/ks/snapshots/oa-1-big");                          /* a table called so */
	make_table("data/backups/t/da-1-bti");                             /* a keyspace called so */
	make_table("old/ks/t/ks-t-ka-1");
	make("logs/CommitLog-7-1.log");
	make("empty/");
	return 0;
}

static int remove_tree(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof command, "chmod -R u+rwx %s && rm -rf %s", tree, tree);
	return system(command);
}

/* "ks.users.by_age@tag nb-9-big;" for each table. */
static const char *list_text(const struct cq_desc_list *list, struct cq_buf *b)
{
	cq_buf_clear(b);
	for (size_t i = 0; i < list->ntables; i++) {
		const struct cq_desc *d = &list->tables[i].desc;

		cq_buf_slice(b, d->place.keyspace);
		cq_buf_byte(b, '.');
		cq_buf_slice(b, d->place.table);
		if (d->place.index.p) {
			cq_buf_byte(b, '.');
			cq_buf_slice(b, d->place.index);
		}
		if (d->place.snapshot.p) {
			cq_buf_byte(b, '@');
			cq_buf_slice(b, d->place.snapshot);
		}
		if (d->place.backup)
			cq_buf_str(b, "@backup");
		cq_buf_byte(b, ' ');
		cq_buf_slice(b, d->base);
		cq_buf_byte(b, ';');
	}
	return cq_buf_cstr(b);
}

static void expect_list(const char *path, unsigned flags, const char *want, size_t snapshots, size_t backups)
{
	struct cq_desc_list list = { .flags = flags };
	struct cq_error err = {0};
	struct cq_buf text = {0};
	char full[300];

	snprintf(full, sizeof full, "%s/%s", tree, path);
	if (cq_desc_list(full, &list, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	assert_string_equal(list_text(&list, &text), want);
	assert_int_equal(list.snapshots_skipped, snapshots);
	assert_int_equal(list.backups_skipped, backups);
	cq_buf_finish(&text);
	cq_desc_list_finish(&list);
}

static void a_data_directory_lists_every_table_but_snapshots_and_backups(void **state)
{
	(void)state;
	expect_list("data", 0, "backups.t da-1-bti;ks.snapshots oa-1-big;ks.users nb-9-big;ks.users nb-10-big;"
		"ks.users.by_age nb-9-big;", 1, 1);
	expect_list("data/", CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS, "backups.t da-1-bti;ks.snapshots oa-1-big;"
		"ks.users nb-9-big;ks.users nb-10-big;ks.users@backup nb-1-big;ks.users@tag1 nb-9-big;"
		"ks.users.by_age nb-9-big;ks.users.by_age@tag1 nb-9-big;", 0, 0);
	expect_list("data/ks", 0, "ks.snapshots oa-1-big;ks.users nb-9-big;ks.users nb-10-big;ks.users.by_age nb-9-big;", 1, 1);
}

static void a_snapshot_or_backup_is_listed_when_it_is_the_path(void **state)
{
	(void)state;
	expect_list("data/ks/users" TABLE_ID "/snapshots/tag1", 0, "ks.users@tag1 nb-9-big;ks.users.by_age@tag1 nb-9-big;", 0, 0);
	expect_list("data/ks/users" TABLE_ID "/snapshots", 0, "ks.users@tag1 nb-9-big;ks.users.by_age@tag1 nb-9-big;", 0, 0);
	expect_list("data/ks/users" TABLE_ID "/backups", 0, "ks.users@backup nb-1-big;", 0, 0);
	expect_list("data/ks/snapshots", 0, "ks.snapshots oa-1-big;", 0, 0);
}

static void a_component_file_lists_its_own_table_and_the_other_files_beside(void **state)
{
	struct cq_desc_list list = {0};
	char path[300];
	const struct cq_sst_entry *e;

	(void)state;
	expect_list("data/ks/users" TABLE_ID "/nb-9-big-Digest.crc32", 0, "ks.users nb-9-big;", 0, 0);
	snprintf(path, sizeof path, "%s/data/ks/users" TABLE_ID "/nb-9-big-Index.db", tree);
	assert_int_equal(cq_desc_list(path, &list, NULL), CQ_OK);
	e = &list.tables[0];
	assert_int_equal(e->nfiles, 7);
	assert_int_equal(e->present, 1 << CQ_C_DATA | 1 << CQ_C_INDEX | 1 << CQ_C_STATISTICS | 1 << CQ_C_TOC | 1 << CQ_C_DIGEST
		| 1 << CQ_C_SAI | 1 << CQ_C_TEMP);
	assert_string_equal(cq_basename(e->data_path), "nb-9-big-Data.db");
	assert_int_equal(e->files[0].kind, CQ_C_DATA);
	assert_int_equal(e->files[0].bytes, strlen("data/ks/users" TABLE_ID "/nb-9-big-Data.db"));
	assert_string_equal(cq_basename(cq_sst_file(e, CQ_C_SAI)->path), "nb-9-big-SAI+aa+GroupMeta.db");
	assert_null(cq_sst_file(e, CQ_C_FILTER));
	assert_int_equal(list.nother[CQ_OTHER_STRAY], 1);
	cq_desc_list_finish(&list);
}

static void other_files_are_counted_by_kind(void **state)
{
	struct cq_desc_list list = { .flags = CQ_LIST_SNAPSHOTS };

	(void)state;
	assert_int_equal(cq_desc_list(tree, &list, NULL), CQ_OK);
	assert_int_equal(list.nother[CQ_OTHER_UNSUPPORTED], 5);
	assert_int_equal(list.nother[CQ_OTHER_MANIFEST], 1);
	assert_int_equal(list.nother[CQ_OTHER_SCHEMA], 1);
	assert_int_equal(list.nother[CQ_OTHER_COMMIT_LOG], 1);
	assert_int_equal(list.nother[CQ_OTHER_TEMP], 1);
	assert_int_equal(list.nother[CQ_OTHER_STRAY], 1);
	assert_int_equal(list.nothers, 10);
	cq_desc_list_finish(&list);
}

static void expect_no_list(const char *path, int code, const char *says)
{
	struct cq_desc_list list = {0};
	struct cq_error err = {0};
	char full[300];

	snprintf(full, sizeof full, "%s%s%s", tree, *path ? "/" : "", path);
	assert_int_equal(cq_desc_list(full, &list, &err), code);
	if (!strstr(err.msg, says))
		fail_msg("%s: \"%s\" does not say \"%s\"", path, err.msg, says);
	cq_desc_list_finish(&list);
}

static void paths_without_tables_say_what_is_there(void **state)
{
	(void)state;
	expect_no_list("empty", CQ_NOT_FOUND, "no SSTables in ");
	expect_no_list("logs", CQ_NOT_FOUND, "commit log segment 1");
	expect_no_list("logs/CommitLog-7-1.log", CQ_NOT_FOUND, "is a commit log segment, not a file of an SSTable");
	expect_no_list("data/ks/users" TABLE_ID "/notes.txt", CQ_NOT_FOUND, "is not the name of an SSTable's file");
	expect_no_list("old", CQ_EUNSUPPORTED, "written by Cassandra 2.1");
	expect_no_list("old/ks/t/ks-t-ka-1-Data.db", CQ_EUNSUPPORTED, "written by Cassandra 2.1");
	expect_no_list("nowhere", CQ_EIO, "No such file");
}

static void a_directory_that_cannot_be_read_is_an_error(void **state)
{
	char path[300];
	int here;

	(void)state;
	/* A user who may read everything does not see permissions; a path that is too long is refused to everyone. */
	if (geteuid() != 0) {
		make("data/ks/locked/x");
		snprintf(path, sizeof path, "%s/data/ks/locked", tree);
		assert_int_equal(chmod(path, 0), 0);
		expect_no_list("data", CQ_EIO, "Permission denied");
		assert_int_equal(chmod(path, 0755), 0);
		return;
	}
	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(here >= 0);
	snprintf(path, sizeof path, "%s/data", tree);
	assert_int_equal(chdir(path), 0);
	for (int i = 0; i < 40; i++) {
		char name[121] = "";

		memset(name, 'd', 120);
		assert_int_equal(mkdir(name, 0755), 0);
		assert_int_equal(chdir(name), 0);
	}
	assert_int_equal(fchdir(here), 0);
	close(here);
	expect_no_list("data", CQ_EIO, "File name too long");
}

static void loops_of_links_end_and_links_to_nothing_are_told(void **state)
{
	struct cq_desc_list list = {0};
	struct cq_buf text = {0};
	char to[300], from[300];

	(void)state;
	snprintf(to, sizeof to, "%s/data", tree);
	snprintf(from, sizeof from, "%s/data/ks/again", tree);
	assert_int_equal(symlink(to, from), 0);
	snprintf(from, sizeof from, "%s/data/ks/itself", tree);
	assert_int_equal(symlink("itself", from), 0);
	snprintf(from, sizeof from, "%s/data/ks/snapshots/oa-1-big-Filter.db", tree);
	assert_int_equal(symlink("gone", from), 0);
	assert_int_equal(cq_desc_list(to, &list, NULL), CQ_OK);
	assert_string_equal(list_text(&list, &text), "backups.t da-1-bti;ks.snapshots oa-1-big;ks.users nb-9-big;ks.users nb-10-big;"
		"ks.users.by_age nb-9-big;");
	assert_int_equal(list.nother[CQ_OTHER_UNREADABLE], 2);
	for (size_t i = 0; i < list.nothers; i++) {
		if (!strcmp(cq_basename(list.others[i].path), "oa-1-big-Filter.db"))
			assert_string_equal(list.others[i].why, "a symbolic link to nothing");
	}
	cq_buf_finish(&text);
	cq_desc_list_finish(&list);
}

static void versions_for_a_plugin_are_tables_when_asked_for(void **state)
{
	(void)state;
	make_table("new/ks/t/ob-1-big");
	make_table("new/ks/t/la-1-big");
	expect_no_list("new", CQ_EUNSUPPORTED, "Cassandra 2.2");
	expect_list("new", CQ_LIST_ANY_VERSION, "ks.t la-1-big;ks.t ob-1-big;", 0, 0);
	expect_list("new/ks/t/ob-1-big-Data.db", CQ_LIST_ANY_VERSION, "ks.t ob-1-big;", 0, 0);
}

/* Every Data.db of the corpus that comes with the sources is in the list, and nothing else is. */
static void the_corpus_is_listed_whole(void **state)
{
	struct cq_desc_list list = {0};
	struct cq_error err = {0};
	FILE *find = popen("find " CQ_TEST_CORPUS " -name '*-Data.db' | wc -l", "r");
	size_t files = 0, data = 0;

	(void)state;
	assert_non_null(find);
	assert_int_equal(fscanf(find, "%zu", &files), 1);
	pclose(find);
	list.flags = CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS;
	if (cq_desc_list(CQ_TEST_CORPUS, &list, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < list.ntables; i++) {
		const struct cq_sst_entry *e = &list.tables[i];

		data += e->present >> CQ_C_DATA & 1;
		assert_true(e->desc.place.table.p != NULL);
		assert_true(access(e->data_path, R_OK) == 0);
	}
	assert_true(files > 10);
	assert_int_equal(data, files);
	assert_int_equal(list.ntables, files);
	cq_desc_list_finish(&list);
}

/* ---- TOC.txt and manifest.json ---- */

static void a_toc_gives_its_names_and_kinds(void **state)
{
	struct cq_arena arena = {0};
	struct cq_toc toc;
	const char text[] = "Data.db\nDigest.crc32\r\n\nSI_x.db\nTOC.txt";

	(void)state;
	assert_int_equal(cq_toc_parse(&arena, cq_slice_str(text), &toc, NULL), CQ_OK);
	assert_int_equal(toc.n, 4);
	assert_slice(toc.entries[1].name, "Digest.crc32");
	assert_int_equal(toc.entries[2].off, 23);
	assert_int_equal(toc.listed, 1 << CQ_C_DATA | 1 << CQ_C_DIGEST | 1 << CQ_C_SASI | 1 << CQ_C_TOC);
	assert_true(toc.unterminated);
	assert_int_equal(cq_toc_parse(&arena, cq_slice_str("Data.db\n"), &toc, NULL), CQ_OK);
	assert_int_equal(toc.n, 1);
	assert_false(toc.unterminated);
	assert_int_equal(cq_toc_parse(&arena, cq_slice_str(""), &toc, NULL), CQ_OK);
	assert_int_equal(toc.n, 0);
	cq_arena_finish(&arena);
}

static void bytes_that_are_no_name_damage_a_toc(void **state)
{
	static const struct { const char *text; size_t len, off; } bad[] = {
		{ "Data.db\n\0x", 10, 8 }, { "../x", 4, 2 }, { "a\rb\n", 4, 1 }, { "a\r", 2, 1 }, { "\x7f", 1, 0 },
	};
	struct cq_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		struct cq_error err = {0};
		struct cq_toc toc;

		assert_int_equal(cq_toc_parse(&arena, cq_slice_of(bad[i].text, bad[i].len), &toc, &err), CQ_DAMAGED);
		assert_int_equal(err.off, bad[i].off);
	}
	cq_arena_finish(&arena);
}

static void manifests_of_every_version_are_read(void **state)
{
	struct cq_arena arena = {0};
	struct cq_manifest m;

	(void)state;
	assert_int_equal(cq_manifest_parse(&arena, cq_slice_str("{\"files\":[\"nb-1-big-Data.db\",\".i/nb-1-big-Data.db\"]}"), &m, NULL),
		CQ_OK);
	assert_int_equal(m.nfiles, 2);
	assert_slice(m.files[1], ".i/nb-1-big-Data.db");
	assert_null(m.created_at.p);
	assert_false(m.has_ephemeral);
	assert_int_equal(cq_manifest_parse(&arena, cq_slice_str("{\n  \"files\" : [ ],\n  \"created_at\" : \"2026-11-23T01:37:03.893Z\",\n"
		"  \"expires_at\" : null,\n  \"ephemeral\" : true, \"more\": {}\n}"), &m, NULL), CQ_OK);
	assert_int_equal(m.nfiles, 0);
	assert_slice(m.created_at, "2026-11-23T01:37:03.893Z");
	assert_null(m.expires_at.p);
	assert_true(m.has_ephemeral && m.ephemeral);
	assert_int_equal(m.unknown, 1);
	cq_arena_finish(&arena);
}

static void damaged_manifests_are_told(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "{}", "{\"files\":{}}", "{\"files\":[1]}", "{\"files\":[],\"created_at\":3}", "{\"files\":[],\"ephemeral\":null}",
		"{\"files\":[]} x", "{\"files\":[],\"files\":[]}", "{\"files\":[\"\\u0000\"]}",
	};
	struct cq_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		struct cq_error err = {0};
		struct cq_manifest m;

		if (cq_manifest_parse(&arena, cq_slice_str(bad[i]), &m, &err) != CQ_DAMAGED)
			fail_msg("%s passed for a manifest", bad[i]);
		assert_true(strstr(err.msg, "manifest.json") != NULL);
	}
	cq_arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_path_is_taken_apart),
		cmocka_unit_test(a_bare_name_has_no_place),
		cmocka_unit_test(uuid_identifiers_give_their_uuid_and_time),
		cmocka_unit_test(identifiers_that_are_none_are_refused),
		cmocka_unit_test(numbers_come_before_uuids_and_uuids_in_order_of_time),
		cmocka_unit_test(every_component_has_its_kind),
		cmocka_unit_test(directories_give_keyspace_table_index_and_snapshot),
		cmocka_unit_test(versions_that_are_not_read_are_named),
		cmocka_unit_test(every_version_of_3_0_to_5_0_is_known),
		cmocka_unit_test(other_names_are_not_components),
#define WITH_TREE(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)
		WITH_TREE(a_data_directory_lists_every_table_but_snapshots_and_backups),
		WITH_TREE(a_snapshot_or_backup_is_listed_when_it_is_the_path),
		WITH_TREE(a_component_file_lists_its_own_table_and_the_other_files_beside),
		WITH_TREE(other_files_are_counted_by_kind),
		WITH_TREE(paths_without_tables_say_what_is_there),
		WITH_TREE(a_directory_that_cannot_be_read_is_an_error),
		WITH_TREE(loops_of_links_end_and_links_to_nothing_are_told),
		WITH_TREE(versions_for_a_plugin_are_tables_when_asked_for),
		cmocka_unit_test(the_corpus_is_listed_whole),
		cmocka_unit_test(a_toc_gives_its_names_and_kinds),
		cmocka_unit_test(bytes_that_are_no_name_damage_a_toc),
		cmocka_unit_test(manifests_of_every_version_are_read),
		cmocka_unit_test(damaged_manifests_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

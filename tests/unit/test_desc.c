/* Names and places of SSTables: cq_desc.h. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cq_desc.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

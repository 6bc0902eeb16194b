/* The registry of fields: which versions have which, held against the features of the formats and against real tables.
 * That no table of the corpus shows a field outside its versions is tests/corpus/coverage's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "cq_format.h"
#include "cq_table_doc.h"

static void every_field_has_a_first_and_a_last_version(void **state)
{
	(void)state;
	for (unsigned f = CQ_F_NONE + 1; f < CQ_FIELD_COUNT; f++) {
		assert_int_equal(cq_field_in_version(f, cq_field_first_version(f)), 1);
		assert_int_equal(cq_field_in_version(f, cq_field_last_version(f)), 1);
	}
	assert_string_equal(cq_field_first_version(CQ_F_NONE), "");
	assert_string_equal(cq_field_last_version(CQ_F_NONE), "");
	assert_int_equal(cq_field_in_version(CQ_F_NONE, "nb"), 0);
}

static void versions_are_those_that_the_formats_read(void **state)
{
	const struct cq_version_info *info;
	size_t n = 0, known = 0;
	const char *origin, *v;
	const struct cq_format *f;

	(void)state;
	for (; (v = cq_field_version(n)); n++)
		assert_non_null(cq_format_for(v, &info));
	for (size_t i = 0; (f = cq_format_nth(i, &origin)); i++)
		known += f->nversions;
	assert_int_equal(n, known);
	assert_int_equal(cq_field_in_version(CQ_F_KEY, "zz"), -1);
	assert_int_equal(cq_field_in_version(CQ_F_KEY, ""), -1);
	assert_int_equal(cq_field_in_version(CQ_F_KEY, "nbb"), -1);
}

static void assert_words(unsigned field, const char *want)
{
	char out[64];

	assert_string_equal(cq_field_versions_text(field, out, sizeof out), want);
}

static void ranges_read_as_words(void **state)
{
	char small[8];

	(void)state;
	assert_words(CQ_F_KEY, "since ma");
	assert_words(CQ_F_BIN_POINT_DOUBLE, "ma to nc");
	assert_words(CQ_F_PROMOTED_INDEX, "ma to oa");
	assert_words(CQ_F_TRIE_HEAD, "da");
	assert_words(CQ_F_HOST_ID, "me, since nb");
	assert_words(CQ_F_NONE, "");
	assert_string_equal(cq_field_versions_text(CQ_F_HOST_ID, small, sizeof small), "me, sin");
}

/* Fields that stand and fall with a feature of the version: what bodies test is what the registry says. */
static const struct {
	unsigned field, feature;
	bool without;
} by_feature[] = {
	{ CQ_F_DELETION_FLAGS, CQ_FEAT_UINT_DELETION_TIME, false },
	{ CQ_F_BIN_POINT, CQ_FEAT_UINT_DELETION_TIME, false },
	{ CQ_F_BIN_POINT_DOUBLE, CQ_FEAT_UINT_DELETION_TIME, true },
	{ CQ_F_MAX_COMPRESSED_LENGTH, CQ_FEAT_MAX_COMPRESSED, false },
	{ CQ_F_COUNT_CRC, CQ_FEAT_METADATA_CHECKSUM, false },
	{ CQ_F_DIRECTORY_CRC, CQ_FEAT_METADATA_CHECKSUM, false },
	{ CQ_F_SECTION_CRC, CQ_FEAT_METADATA_CHECKSUM, false },
	{ CQ_F_COMMITLOG_LOWER, CQ_FEAT_COMMITLOG_LOWER, false },
	{ CQ_F_COMMITLOG_INTERVALS, CQ_FEAT_COMMITLOG_INTERVALS, false },
	{ CQ_F_INTERVAL_COUNT, CQ_FEAT_COMMITLOG_INTERVALS, false },
	{ CQ_F_INTERVAL_START, CQ_FEAT_COMMITLOG_INTERVALS, false },
	{ CQ_F_INTERVAL_END, CQ_FEAT_COMMITLOG_INTERVALS, false },
	{ CQ_F_MIN_CLUSTERING, CQ_FEAT_LEGACY_MINMAX, false },
	{ CQ_F_MAX_CLUSTERING, CQ_FEAT_LEGACY_MINMAX, false },
	{ CQ_F_VALUE_COUNT, CQ_FEAT_LEGACY_MINMAX, false },
	{ CQ_F_MINMAX_LENGTH, CQ_FEAT_LEGACY_MINMAX, false },
	{ CQ_F_MINMAX_VALUE, CQ_FEAT_LEGACY_MINMAX, false },
	{ CQ_F_COVERED, CQ_FEAT_COVERED_MINMAX | CQ_FEAT_COVERED_AT_END, false },
	{ CQ_F_COVERED_START, CQ_FEAT_COVERED_MINMAX | CQ_FEAT_COVERED_AT_END, false },
	{ CQ_F_COVERED_END, CQ_FEAT_COVERED_MINMAX | CQ_FEAT_COVERED_AT_END, false },
	{ CQ_F_PENDING_REPAIR_FLAG, CQ_FEAT_PENDING_REPAIR, false },
	{ CQ_F_PENDING_REPAIR, CQ_FEAT_PENDING_REPAIR, false },
	{ CQ_F_IS_TRANSIENT, CQ_FEAT_TRANSIENT, false },
	{ CQ_F_HOST_ID_FLAG, CQ_FEAT_HOST_ID, false },
	{ CQ_F_HOST_ID, CQ_FEAT_HOST_ID, false },
	{ CQ_F_HAS_PARTITION_DELETIONS, CQ_FEAT_PARTITION_DELETIONS, false },
	{ CQ_F_STATS_FIRST_KEY, CQ_FEAT_KEY_RANGE, false },
	{ CQ_F_STATS_LAST_KEY, CQ_FEAT_KEY_RANGE, false },
	{ CQ_F_KEY_VLENGTH, CQ_FEAT_KEY_RANGE, false },
	{ CQ_F_TOKEN_COVERAGE, CQ_FEAT_TOKEN_COVERAGE, false },
	{ CQ_F_PARTITIONS_DB, CQ_FEAT_BTI, false },
	{ CQ_F_ROWS_DB, CQ_FEAT_BTI, false },
	{ CQ_F_TRIE_ROOT, CQ_FEAT_BTI, false },
	{ CQ_F_ROWS_ENTRY, CQ_FEAT_BTI, false },
	{ CQ_F_INDEX_DB, CQ_FEAT_BTI, true },
	{ CQ_F_SUMMARY_DB, CQ_FEAT_BTI, true },
	{ CQ_F_INDEX_ENTRY, CQ_FEAT_BTI, true },
	{ CQ_F_PROMOTED_INDEX, CQ_FEAT_BTI, true },
	{ CQ_F_SUMMARY_ENTRY, CQ_FEAT_BTI, true },
};

static void the_features_of_every_version_agree(void **state)
{
	const struct cq_version_info *info;
	const char *v;

	(void)state;
	for (size_t k = 0; k < CQ_COUNTOF(by_feature); k++) {
		for (size_t i = 0; (v = cq_field_version(i)); i++) {
			bool has;

			assert_non_null(cq_format_for(v, &info));
			has = ((info->features & by_feature[k].feature) != 0) != by_feature[k].without;
			if (cq_field_in_version(by_feature[k].field, v) != has)
				fail_msg("%s in %s: the format says %d", cq_field_info(by_feature[k].field)->id, v, has);
		}
	}
}

/* ---- a tree of each version ---- */

static const char *const tables[] = { "3.11-md/main/statics/md-1-big", "3.11-me/small/wide_small/me-1-big", "4.0-na/main/range_tombstones/na-1-big",
	"5.0-nb/small/wide_small/nb-1-big", "5.0-oa/small/wide_small/oa-1-big", "5.0-da/small/wide_small/da-1-bti" };

/* Marks what the tree of a table shows; pages of lists left closed beyond their first. */
static void mark(const char *base, bool *shown)
{
	const struct cq_open_options opt = { .no_schema_file = true };
	struct cq_error err = {0};
	char path[512], version[8];
	struct cq_table *t;
	struct cq_doc *d;

	snprintf(path, sizeof path, CQ_TEST_CORPUS "/%s-Data.db", base);
	if (cq_table_open(&t, path, &opt, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	snprintf(version, sizeof version, "%.*s", (int)t->desc.version.len, (const char *)t->desc.version.p);
	assert_int_equal(cq_table_doc(t, &d, &err), CQ_OK);
	for (cq_nid at = cq_doc_first(d, cq_doc_root(d)); at; at = cq_doc_walk(d, at, cq_doc_root(d), true)) {
		struct cq_node n;

		assert_true(cq_doc_node(d, at, &n));
		if (!(n.flags & CQ_N_PAGE))
			assert_int_equal(cq_doc_expand(d, at, &err), CQ_OK);
		shown[n.field] = true;
		if (cq_field_in_version(n.field, version) != 1)
			fail_msg("%s shows %s, which is in %s", path, cq_field_info(n.field)->id, cq_field_info(n.field)->versions);
	}
	cq_doc_close(d);
	cq_table_close(t);
}

static void a_tree_shows_only_what_its_version_has(void **state)
{
	static const unsigned everywhere[] = { CQ_F_PARTITION, CQ_F_ROW_FLAGS, CQ_F_CELL_VALUE, CQ_F_HEADER, CQ_F_CHUNK_OFFSET,
		CQ_F_HASH_COUNT };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		bool shown[CQ_FIELD_COUNT] = {0};
		char version[3] = { strrchr(tables[i], '/')[1], strrchr(tables[i], '/')[2], 0 };

		mark(tables[i], shown);
		for (size_t k = 0; k < CQ_COUNTOF(everywhere); k++)
			assert_true(shown[everywhere[k]]);
		/* What no table is without, where its version has it. */
		for (size_t k = 0; k < CQ_COUNTOF(by_feature); k++) {
			const char *id = cq_field_info(by_feature[k].field)->id;
			bool always = strstr(id, "_CRC") || strstr(id, "_FLAG") || strstr(id, "COMMITLOG") || strstr(id, "_DB");

			if (always && !shown[by_feature[k].field] && cq_field_in_version(by_feature[k].field, version) == 1)
				fail_msg("%s does not show %s", tables[i], id);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_a_first_and_a_last_version),
		cmocka_unit_test(versions_are_those_that_the_formats_read),
		cmocka_unit_test(ranges_read_as_words),
		cmocka_unit_test(the_features_of_every_version_agree),
		cmocka_unit_test(a_tree_shows_only_what_its_version_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

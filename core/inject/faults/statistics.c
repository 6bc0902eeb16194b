/* Faults of Statistics.db: what it says of the rows, and the header that rows are decoded with. Sections have checksums since na;
 * they follow unless kept. */
#include <stdlib.h>

#include "faults.h"

/* ---- bounds of clusterings: two lists before oa, a slice since ---- */

static bool in_minimum(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)arg;
	return n->len && (cq_inject_above(in, id, CQ_F_MIN_CLUSTERING) || cq_inject_above(in, id, CQ_F_COVERED_START));
}

static bool in_maximum(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)arg;
	return n->len && (cq_inject_above(in, id, CQ_F_MAX_CLUSTERING) || cq_inject_above(in, id, CQ_F_COVERED_END));
}

/* ---- types ---- */

/* Pairs of class names of one length, whose values are laid out alike: rows still decode, and mean something else. */
static const char *const alike[][2] = {
	{ "Int32Type", "FloatType" }, { "AsciiType", "BytesType" }, { "IntegerType", "DecimalType" }, { "LongType", "DateType" },
	{ "UTF8Type", "ByteType" },
};

static bool find_type(struct cq_inject *in, const struct cq_node *n, uint64_t *at, const char **to)
{
	size_t len = n->len < 4096 ? (size_t)n->len : 4096;
	char text[4097];

	if (!len || cq_inject_read(in, n->component, n->space, n->off, text, len, NULL) != CQ_OK)
		return false;
	text[len] = 0;
	for (size_t i = 0; i < CQ_COUNTOF(alike); i++) {
		for (int k = 0; k < 2; k++) {
			const char *p = strstr(text, alike[i][k]);
			size_t l = strlen(alike[i][k]);

			if (l != strlen(alike[i][!k]) || !p || (p > text && p[-1] != '.') || (p[l] && p[l] != ')' && p[l] != ',' && p[l] != ' '))
				continue;
			*at = (uint64_t)(p - text);
			*to = alike[i][!k];
			return true;
		}
	}
	return false;
}

static bool is_known_type(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	const char *to;
	uint64_t at;

	(void)id, (void)arg;
	return find_type(in, n, &at, &to);
}

/* With a schema beside the table the header can be held against it; without one only values can contradict. */
static int expect_header(struct cq_inject *in, const struct cq_fault *f, uint64_t off, struct cq_error *err)
{
	bool seen = in->now->fix || !(in->t->features & CQ_FEAT_METADATA_CHECKSUM);
	int rc = seen ? CQ_OK : cq_inject_expect(in, "stats-crc", CQ_ERROR, "Statistics.db", CQ_SPACE_RAW, off, false, err);

	if (rc == CQ_OK)
		rc = cq_inject_expect(in, f->rules, f->severity, "Statistics.db", CQ_SPACE_RAW, off, !seen || !in->t->ddl, err);
	return rc == CQ_OK && f->also ? cq_inject_expect(in, f->also, CQ_ERROR, "Statistics.db", CQ_SPACE_RAW, CQ_NO_OFFSET, true, err) : rc;
}

static int header_type(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_TYPE_NAME, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_STATISTICS, .fields = fields, .under = CQ_F_HEADER_COLUMN,
		.fits = is_known_type, .what = "column with a type that another one resembles" };
	struct cq_buf name = {0};
	struct cq_node n;
	const char *to;
	uint64_t at;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	if (rc != CQ_OK || !find_type(in, &n, &at, &to))
		return rc;
	rc = cq_inject_replace(in, CQ_C_STATISTICS, CQ_SPACE_RAW, n.off + at, strlen(to), cq_slice_str(to), id, err);
	if (rc == CQ_OK)
		rc = expect_header(in, f, n.off + at, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: is %s now", fault_name(in, id, &name), to);
	cq_buf_finish(&name);
	return rc;
}

static int header_name(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	int rc = fault_field(in, f, err);

	return rc == CQ_OK ? expect_header(in, f, in->now->change[0].off, err) : rc;
}

static bool has_next_column(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	cq_nid next = cq_doc_next(in->doc, id);
	struct cq_node b;

	(void)arg;
	return next && cq_doc_node(in->doc, next, &b) && b.field == CQ_F_HEADER_COLUMN && b.off == n->off + n->len;
}

static int header_order(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_HEADER_COLUMN, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_STATISTICS, .fields = fields, .fits = has_next_column, .what = "pair of columns" };
	struct cq_buf name = {0};
	struct cq_node a, b;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &a, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	cq_doc_node(in->doc, cq_doc_next(in->doc, id), &b);
	rc = fault_exchange(in, CQ_C_STATISTICS, CQ_SPACE_RAW, a.off, a.len, b.len, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s and the column behind it have changed places", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* ---- checksums ---- */

static int section_crc(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	if (in->opt->checksums == CQ_INJECT_FIX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is about a checksum: it cannot be made right", f->id);
	in->now->fix = false;
	return fault_field(in, f, err);
}

/* A bucket that is not empty. */
static bool is_filled(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return n->number != 0;
}

/* A base that some row makes use of: otherwise nothing shows. */
static bool is_used(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	const struct cq_statistics *s = &in->t->stats;

	(void)id, (void)arg;
	if (!in->t->stream.len)
		return false;
	return n->field == CQ_F_HEADER_MIN_TTL ? s->max_ttl > 0 : n->field == CQ_F_HEADER_MIN_LDT ? s->min_ldt != CQ_NO_LDT :
		s->min_timestamp != INT64_MAX && s->max_timestamp != CQ_NO_TIMESTAMP && s->max_timestamp != INT64_MAX;
}

#define STATS(...) .flags = CQ_FAULT_FIX, .apply = fault_field, .arg = &(const struct fault_field){ CQ_C_STATISTICS, __VA_ARGS__ }
#define CHECKED .needs = CQ_FEAT_METADATA_CHECKSUM, .versions = "na and later"
#define ROWS "rt-block-edge promoted-rows bti-rows stats-ts stats-ldt stats-ttl decode columns-subset value-len value-utf8 stats-counts stats-drop-times complex-live"

static const struct cq_fault statistics_faults[] = {
	{ .id = "stats-min-timestamp", .family = "statistics", .summary = "the lowest timestamp is one more", .rules = "stats-ts",
	  .severity = CQ_ERROR, STATS({ CQ_F_MIN_TIMESTAMP }, .how = FAULT_PLUS, .what = "field") },
	{ .id = "stats-max-timestamp", .family = "statistics", .summary = "the highest timestamp is one less", .rules = "stats-ts",
	  .severity = CQ_ERROR, STATS({ CQ_F_MAX_TIMESTAMP }, .how = FAULT_MINUS, .what = "field") },
	{ .id = "stats-min-ldt", .family = "statistics", .summary = "the lowest local deletion time is another one", .rules = "stats-ldt",
	  .severity = CQ_WARNING, STATS({ CQ_F_MIN_LDT }, .what = "field") },
	{ .id = "stats-max-ldt", .family = "statistics", .summary = "the highest local deletion time is another one", .rules = "stats-ldt",
	  .severity = CQ_ERROR, STATS({ CQ_F_MAX_LDT }, .what = "field") },
	{ .id = "stats-min-ttl", .family = "statistics", .summary = "the lowest ttl is another one", .rules = "stats-ttl",
	  .severity = CQ_WARNING, STATS({ CQ_F_MIN_TTL }, CQ_F_STATS, .how = FAULT_PLUS, .what = "field") },
	{ .id = "stats-max-ttl", .family = "statistics", .summary = "the highest ttl is another one", .rules = "stats-ttl",
	  .severity = CQ_WARNING, STATS({ CQ_F_MAX_TTL }, .how = FAULT_PLUS, .what = "field") },
	{ .id = "stats-ratio", .family = "statistics", .summary = "the compression ratio is another one", .rules = "stats-ratio",
	  .severity = CQ_WARNING, STATS({ CQ_F_COMPRESSION_RATIO }, .what = "field") },
	{ .id = "stats-rows", .family = "statistics", .summary = "the number of rows is another one", .rules = "stats-counts",
	  .severity = CQ_WARNING, STATS({ CQ_F_TOTAL_ROWS }, .how = FAULT_PLUS, .what = "field") },
	{ .id = "stats-columns", .family = "statistics", .summary = "the number of columns set is another one", .rules = "stats-counts",
	  .severity = CQ_WARNING, STATS({ CQ_F_TOTAL_COLUMNS_SET }, .how = FAULT_PLUS, .what = "field") },
	{ .id = "stats-partition-sizes", .family = "statistics", .summary = "one more partition of some size", .rules = "stats-hist",
	  .also = "hist-sane mix", .severity = CQ_WARNING, STATS({ CQ_F_BUCKET_VALUE }, CQ_F_PARTITION_SIZES, .how = FAULT_PLUS, .what = "bucket") },
	{ .id = "stats-cells", .family = "statistics", .summary = "one more partition with some number of cells", .rules = "stats-hist",
	  .also = "hist-sane mix", .severity = CQ_WARNING, STATS({ CQ_F_BUCKET_VALUE }, CQ_F_CELLS_PER_PARTITION, .how = FAULT_PLUS, .what = "bucket") },
	{ .id = "stats-hist-negative", .family = "statistics", .summary = "a bucket of a histogram is beyond all counting",
	  .rules = "hist-sane", .also = "stats-hist mix", .severity = CQ_WARNING,
	  STATS({ CQ_F_BUCKET_VALUE }, .how = FAULT_HIGHEST, .fits = is_filled, .what = "bucket that is not empty") },
	{ .id = "stats-hist-offset", .family = "statistics", .summary = "the bound of a bucket is another one", .rules = "hist-sane|stats-hist",
	  .also = "stats-hist hist-sane", .severity = CQ_WARNING, STATS({ CQ_F_BUCKET_OFFSET }, .what = "bucket") },
	{ .id = "stats-drop-times", .family = "statistics", .summary = "a bin of the tombstone histogram counts another number",
	  .rules = "stats-drop-times", .severity = CQ_WARNING, STATS({ CQ_F_BIN_VALUE }, .how = FAULT_PLUS, .what = "tombstone or expiring cell") },
	{ .id = "stats-min-clustering", .family = "statistics", .summary = "the lowest clustering is another one", .rules = "stats-clustering",
	  .also = "value-utf8", .severity = CQ_WARNING,
	  STATS({ CQ_F_MINMAX_VALUE, CQ_F_CLUSTERING_VALUE }, .how = FAULT_LAST_BYTE, .fits = in_minimum, .what = "clustering value") },
	{ .id = "stats-max-clustering", .family = "statistics", .summary = "the highest clustering is another one", .rules = "stats-clustering",
	  .also = "value-utf8", .severity = CQ_WARNING,
	  STATS({ CQ_F_MINMAX_VALUE, CQ_F_CLUSTERING_VALUE }, .how = FAULT_LAST_BYTE, .fits = in_maximum, .what = "clustering value") },
	{ .id = "stats-partition-deletions", .family = "statistics", .summary = "whether any partition is deleted is the other way round",
	  .rules = "stats-counts", .severity = CQ_WARNING, .needs = CQ_FEAT_PARTITION_DELETIONS, .versions = "nc, oa, da",
	  STATS({ CQ_F_HAS_PARTITION_DELETIONS }, .how = FAULT_FLIP, .what = "field") },
	{ .id = "stats-first-key", .family = "statistics", .summary = "the first key is another one", .rules = "stats-keys", .severity = CQ_ERROR,
	  .needs = CQ_FEAT_KEY_RANGE, .versions = "oa, da", STATS({ CQ_F_STATS_FIRST_KEY }, .how = FAULT_LAST_BYTE, .what = "key") },
	{ .id = "stats-last-key", .family = "statistics", .summary = "the last key is another one", .rules = "stats-keys", .severity = CQ_ERROR,
	  .needs = CQ_FEAT_KEY_RANGE, .versions = "oa, da", STATS({ CQ_F_STATS_LAST_KEY }, .how = FAULT_LAST_BYTE, .what = "key") },
	{ .id = "stats-sketch", .family = "statistics", .summary = "a byte of the cardinality sketch is another one", .rules = "stats-cardinality",
	  .severity = CQ_WARNING, STATS({ CQ_F_SKETCH }, .how = FAULT_LAST_BYTE, .what = "sketch") },
	{ .id = "stats-partitioner", .family = "statistics", .summary = "the partitioner has a name that nobody knows", .rules = "stats-partitioner",
	  .also = "part-order stats-toc", .severity = CQ_ERROR, STATS({ CQ_F_PARTITIONER }, .how = FAULT_LAST_BYTE, .what = "field") },
	{ .id = "stats-section-offset", .family = "statistics", .summary = "a section is said to begin elsewhere", .rules = "stats-toc|stats-crc",
	  .also = "stats-crc stats-toc " ROWS, .severity = CQ_ERROR, STATS({ CQ_F_SECTION_OFFSET }, .how = FAULT_PLUS, .what = "section") },
	{ .id = "stats-section-type", .family = "statistics", .summary = "a section is of a kind that nobody knows", .rules = "stats-toc",
	  .also = "stats-crc", .severity = CQ_ERROR, STATS({ CQ_F_SECTION_TYPE }, .how = FAULT_HIGHEST, .what = "section") },
	{ .id = "stats-section-count", .family = "statistics", .summary = "a section fewer", .rules = "stats-toc", .also = "stats-crc",
	  .severity = CQ_ERROR, STATS({ CQ_F_SECTION_COUNT }, .how = FAULT_MINUS, .what = "count") },
	{ .id = "stats-crc", .family = "statistics", .summary = "the checksum of a section is wrong, the section is not", .rules = "stats-crc",
	  .severity = CQ_ERROR, CHECKED, .apply = section_crc,
	  .arg = &(const struct fault_field){ CQ_C_STATISTICS, { CQ_F_SECTION_CRC, CQ_F_COUNT_CRC, CQ_F_DIRECTORY_CRC }, .what = "checksum" } },
	{ .id = "header-timestamp", .family = "statistics", .summary = "the base of all timestamps is another one", .rules = "stats-ts",
	  .also = ROWS, .severity = CQ_ERROR, STATS({ CQ_F_HEADER_MIN_TIMESTAMP }, .how = FAULT_PLUS, .fits = is_used, .what = "field that is used") },
	{ .id = "header-ldt", .family = "statistics", .summary = "the base of all local deletion times is another one",
	  .rules = "stats-ldt|stats-drop-times|stats-ts", .also = ROWS, .severity = CQ_WARNING,
	  STATS({ CQ_F_HEADER_MIN_LDT }, .how = FAULT_FAR, .fits = is_used, .what = "field that is used") },
	{ .id = "header-ttl", .family = "statistics", .summary = "the base of all ttls is another one", .rules = "stats-ttl", .also = ROWS,
	  .severity = CQ_WARNING, STATS({ CQ_F_HEADER_MIN_TTL }, .how = FAULT_PLUS, .fits = is_used, .what = "field that is used") },
	{ .id = "header-type", .family = "statistics", .summary = "a column has another type of the same layout", .rules = "header-type",
	  .also = "header-foreign value-len value-utf8", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = header_type },
	{ .id = "header-name", .family = "statistics", .summary = "a column has another name", .rules = "header-dropped|header-foreign",
	  .also = "header-foreign header-order header-type", .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = header_name,
	  .arg = &(const struct fault_field){ CQ_C_STATISTICS, { CQ_F_COLUMN_NAME }, .how = FAULT_LAST_BYTE, .what = "column" } },
	{ .id = "header-order", .family = "statistics", .summary = "two columns of the header in each other's place", .rules = "header-order",
	  .also = ROWS, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = header_order },
};

FAMILY(statistics);

/* --as-sstablemetadata: line for line what sstablemetadata of Cassandra 5.0 prints, with dates in UTC.
 *
 * Differences: with --scan it prints no progress, of partitions with equal figures it may choose others, and it does not
 * scan BTI tables at all (it compares "da" with "ma"), which we do.
 *
 * Source: SSTableMetadataViewer.java of 5.0; the maps of columns come in the order of a java.util.HashMap. */
#include "info.h"

#include <inttypes.h>
#include <stdlib.h>

static void date_of(struct cq_buf *out, int64_t v, int64_t per_milli, int64_t millis_per)
{
	/* TimeUnit.toMillis: rounds towards zero, and stops at the ends of a long. */
	int64_t ms = v / per_milli;

	if (millis_per > 1)
		ms = v > INT64_MAX / millis_per ? INT64_MAX : v < INT64_MIN / millis_per ? INT64_MIN : v * millis_per;
	info_java_date(out, ms);
}

static void seconds_label(struct cq_buf *out, int64_t v)
{
	cq_buf_i64(out, v);
	cq_buf_byte(out, ' ');
	if (v) {
		cq_buf_byte(out, '(');
		date_of(out, v, 1, 1000);
		cq_buf_byte(out, ')');
	}
}

static void bytes_label(struct cq_buf *out, int64_t v)
{
	cq_buf_i64(out, v);
	cq_buf_byte(out, ' ');
	if (v) {
		cq_buf_byte(out, '(');
		info_java_bytes(out, v);
		cq_buf_byte(out, ')');
	}
}

static void plain_label(struct cq_buf *out, int64_t v)
{
	cq_buf_i64(out, v);
}

/* A date, with the number behind it: "--" stands for the date of 0. */
static void dated(struct cq_buf *out, const char *name, int64_t v, int64_t per_milli, int64_t millis_per)
{
	cq_buf_printf(out, "%s: ", name);
	if (v)
		date_of(out, v, per_milli, millis_per);
	else
		cq_buf_str(out, "--");
	cq_buf_printf(out, " (%" PRId64 ")\n", v);
}

static void deletion_time(struct cq_buf *out, const char *name, int64_t v)
{
	if (v == 0 || v == CQ_NO_LDT)
		cq_buf_printf(out, "%s: no tombstones (%" PRId64 ")\n", name, v);
	else
		dated(out, name, v, 1, 1000);
}

static void ttl(struct cq_buf *out, const char *name, int32_t v)
{
	cq_buf_printf(out, "%s: %" PRId32, name, v);
	if (v == INT32_MAX) {
		cq_buf_str(out, " (never)");
	} else if (v > 0) {
		cq_buf_str(out, " (");
		info_java_words(out, v);
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
}

static void number(struct cq_buf *out, const char *name, double v)
{
	cq_buf_printf(out, "%s: ", name);
	cq_print_double(out, v);
	cq_buf_byte(out, '\n');
}

static void uuid(struct cq_buf *out, const char *name, cq_slice v)
{
	cq_buf_printf(out, "%s: ", name);
	if (v.p && v.len == 16)
		cq_print_uuid(out, v.p);
	else
		cq_buf_str(out, "--");
	cq_buf_byte(out, '\n');
}

static void token(struct cq_buf *out, const char *name, const char *token, cq_slice key)
{
	cq_buf_printf(out, "%s: %s (", name, token ? token : "--");
	cq_buf_slice(out, key);
	cq_buf_str(out, ")\n");
}

static void leader(struct cq_buf *out, const struct info_leader *l)
{
	cq_buf_str(out, "  [");
	cq_buf_slice(out, l->key);
	cq_buf_printf(out, "] %" PRIu64, l->n);
}

static void position(struct cq_buf *out, struct cq_commitlog_position p)
{
	cq_buf_printf(out, "CommitLogPosition(segmentId=%" PRId64 ", position=%" PRId32 ")", p.segment, p.position);
}

static void replay_positions(struct cq_buf *out, const struct cq_statistics *s)
{
	cq_buf_str(out, "Replay positions covered: {");
	if (s->has & CQ_HAS_COMMITLOG_INTERVALS) {
		for (size_t i = 0; i < s->nintervals; i++) {
			cq_buf_str(out, i ? ", " : "");
			position(out, s->intervals[i].start);
			cq_buf_byte(out, '=');
			position(out, s->intervals[i].end);
		}
	} else {
		const struct cq_commitlog_position none = { .segment = -1 };

		position(out, s->has & CQ_HAS_COMMITLOG_LOWER ? s->commitlog_lower : none);
		cq_buf_byte(out, '=');
		position(out, s->commitlog_upper);
	}
	cq_buf_str(out, "}\n");
}

/* ---- columns in the order of a HashMap ---- */

/* String.hashCode of UTF-8 text: over its UTF-16 code units. */
static uint32_t java_hash(cq_slice s)
{
	uint32_t h = 0;

	for (size_t i = 0; i < s.len;) {
		uint32_t c = s.p[i];
		unsigned more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

		c &= more ? 0x3fu >> more : 0x7fu;
		for (i++; more && i < s.len; more--, i++)
			c = c << 6 | (s.p[i] & 0x3f);
		if (c >= 0x10000) {
			h = h * 31 + (0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		h = h * 31 + c;
	}
	return h;
}

struct place {
	uint32_t bucket, index;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static void columns(struct info *i, const char *name, const struct cq_column *c, size_t n)
{
	struct cq_buf *out = &i->cli->out;
	struct place *order = cq_arena_zalloc(&i->arena, n + 1, sizeof *order);
	uint64_t buckets = 16;

	cq_buf_printf(out, "%s: ", name);
	while (n > buckets / 4 * 3)
		buckets *= 2;
	for (size_t k = 0; order && k < n; k++) {
		uint32_t h = java_hash(c[k].name);

		order[k].bucket = (h ^ h >> 16) & (uint32_t)(buckets - 1);
		order[k].index = (uint32_t)k;
	}
	if (order)
		qsort(order, n, sizeof *order, by_place);
	for (size_t k = 0; order && k < n; k++) {
		const struct cq_column *x = &c[order[k].index];

		cq_buf_str(out, k ? ", " : "");
		cq_buf_slice(out, x->name);
		cq_buf_byte(out, ':');
		cq_type_class(x->type, out);
	}
	cq_buf_byte(out, '\n');
}

/* ---- scan ---- */

static void scan(struct info *i)
{
	const struct info_scan *s = &i->scan;
	struct cq_buf *out = &i->cli->out;
	size_t leaders = 0;

	cq_buf_printf(out, "\r%80s\r", " ");
	cq_buf_printf(out, "Size: %" PRIu64 "\nPartitions: %" PRIu64 "\nRows: %" PRIu64 "\n", s->bytes, s->partitions,
		s->rows + s->static_rows);
	cq_buf_printf(out, "Tombstones: %" PRIu64 "\nCells: %" PRIu64 "\n", s->partition_deletions + s->cell_tombstones + s->markers,
		s->cells);
	cq_buf_str(out, "Widest Partitions: \n");
	for (unsigned k = 0; k < s->nwidest; k++) {
		leader(out, &s->widest[k]);
		cq_buf_byte(out, '\n');
	}
	cq_buf_str(out, "Largest Partitions: \n");
	for (unsigned k = 0; k < s->nlargest; k++) {
		leader(out, &s->largest[k]);
		cq_buf_str(out, " (");
		/* It prints the word null for nothing. */
		if (s->largest[k].n)
			info_java_bytes(out, (int64_t)s->largest[k].n);
		else
			cq_buf_str(out, "null");
		cq_buf_str(out, ")\n");
	}
	for (unsigned k = 0; k < s->ntombstones; k++)
		leaders += s->most_tombstones[k].key.len + 7;
	if (leaders <= 10)         /* its own way of asking whether there are any */
		return;
	cq_buf_str(out, "Tombstone Leaders: \n");
	for (unsigned k = 0; k < s->ntombstones; k++) {
		leader(out, &s->most_tombstones[k]);
		cq_buf_byte(out, '\n');
	}
}

/* ---- the sections ---- */

static void stats(struct info *i)
{
	struct cq_buf *out = &i->cli->out;
	const struct cq_statistics *s = &i->t->stats;
	int64_t span = (int64_t)((uint64_t)s->max_timestamp - (uint64_t)s->min_timestamp), sec = span / 1000000;
	struct info_bar *bars;
	size_t n;

	dated(out, "Minimum timestamp", s->min_timestamp, 1000, 1);
	dated(out, "Maximum timestamp", s->max_timestamp, 1000, 1);
	cq_buf_printf(out, "Duration: Days: %" PRId64 " Hours: %" PRId64 " Minutes: %" PRId64 " Seconds: %" PRId64 "\n", sec / 86400,
		sec / 3600 - sec / 86400 * 24, sec / 60 - sec / 3600 * 60, sec - sec / 60 * 60);
	deletion_time(out, "SSTable min local deletion time", s->min_ldt);
	deletion_time(out, "SSTable max local deletion time", s->max_ldt);
	cq_buf_printf(out, "Compressor: %s\n", i->compression.class_name ? i->compression.class_name : "-");
	if (i->compression.class_name)
		number(out, "Compression ratio", s->compression_ratio);
	ttl(out, "TTL min", s->min_ttl);
	ttl(out, "TTL max", s->max_ttl);
	/* It knows them from Statistics.db or Summary.db, or leaves them out. */
	if (!i->keys.why && strcmp(i->keys.from, "Index.db") != 0) {
		token(out, "First token", i->keys.first_token, i->keys.first_text);
		token(out, "Last token", i->keys.last_token, i->keys.last_text);
	}
	if (!i->why_header) {
		cq_buf_str(out, "Covered clusterings: ");
		info_covered(out, i);
		cq_buf_byte(out, '\n');
	}
	number(out, "Estimated droppable tombstones", i->droppable);
	cq_buf_printf(out, "SSTable Level: %" PRId32 "\n", s->level);
	cq_buf_printf(out, "Repaired at: %" PRId64, s->repaired_at);
	if (s->repaired_at) {
		cq_buf_str(out, " (");
		info_java_date(out, s->repaired_at);
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
	uuid(out, "Originating host id", s->host_id);
	uuid(out, "Pending repair", s->pending_repair);
	replay_positions(out, s);
	cq_buf_printf(out, "totalColumnsSet: %" PRId64 "\ntotalRows: %" PRId64 "\n", s->total_columns_set, s->total_rows);
	cq_buf_str(out, "Estimated tombstone drop times: \n");
	bars = info_drop_bars(&i->arena, i, &n);
	info_bars(out, "Drop Time", bars, n, seconds_label, false, true);
	cq_buf_str(out, "Partition Size: \n");
	bars = info_buckets(&i->arena, &s->partition_sizes, &n);
	info_bars(out, "Size (bytes)", bars, n, bytes_label, false, true);
	cq_buf_str(out, "Column Count: \n");
	bars = info_buckets(&i->arena, &s->cells_per_partition, &n);
	info_bars(out, "Columns", bars, n, plain_label, false, true);
	number(out, "Local token space coverage", s->coverage);
}

static void header(struct info *i)
{
	struct cq_buf *out = &i->cli->out;
	const struct cq_statistics *s = &i->t->stats;

	ttl(out, "EncodingStats minTTL", s->header_min_ttl);
	dated(out, "EncodingStats minLocalDeletionTime", s->header_min_ldt, 1, 1000);
	dated(out, "EncodingStats minTimestamp", s->header_min_timestamp, 1000, 1);
	cq_buf_str(out, "KeyType: ");
	cq_type_class(s->key_type, out);
	cq_buf_str(out, "\nClusteringTypes: [");
	for (size_t k = 0; k < s->nclustering; k++) {
		cq_buf_str(out, k ? ", " : "");
		cq_type_class(s->clustering_types[k], out);
	}
	cq_buf_str(out, "]\n");
	columns(i, "StaticColumns", s->statics, s->nstatic);
	columns(i, "RegularColumns", s->regulars, s->nregular);
	if (!i->why_stats)
		cq_buf_printf(out, "IsTransient: %s\n", s->is_transient ? "true" : "false");
}

void info_sstablemetadata(struct info *i)
{
	struct cq_buf *out = &i->cli->out;
	const char *slash = strrchr(i->given, '/');
	int dir = slash ? (int)(slash - i->given) + 1 : 0;

	if (!i->t) {
		cli_error(i->cli, "%s", i->why_closed);
		return;
	}
	/* The path as it was given, without the component's name. */
	cq_buf_printf(out, "SSTable: %.*s%.*s\n", dir, i->given, (int)i->entry->desc.base.len, (const char *)i->entry->desc.base.p);
	if (i->scan.asked && !i->scan.why)
		scan(i);
	else if (i->scan.asked)
		cli_error(i->cli, "%.*s: scan: %s", (int)i->entry->desc.base.len, (const char *)i->entry->desc.base.p, i->scan.why);
	if (!i->why_validation) {
		cq_buf_str(out, "Partitioner: ");
		cq_buf_slice(out, i->t->stats.partitioner);
		cq_buf_byte(out, '\n');
		number(out, "Bloom Filter FP chance", i->t->stats.bloom_fp_chance);
	}
	if (!i->why_stats)
		stats(i);
	if (!i->cardinality_why)
		cq_buf_printf(out, "Estimated cardinality: %" PRId64 "\n", i->cardinality);
	if (!i->why_header)
		header(i);
	if (i->why_validation)
		cli_error(i->cli, "%s", i->why_validation);
	if (i->why_stats)
		cli_error(i->cli, "%s", i->why_stats);
	if (i->cardinality_why)
		cli_error(i->cli, "%s", i->cardinality_why);
}

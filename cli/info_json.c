/* info --json: one object an SSTable, one a line.
 *
 *     "schema": "cqlite-info-1"    names and meanings below change only with this
 *     numbers are exact: 64-bit integers are written in full, a reader must not put them into a double
 *     {"raw": ..., "text": ...}    what is stored, and what it means (UTC dates, words)
 *     null                         not measured, or nothing to say; "unmeasured" names the field with the cause, and
 *                                  "not_in_version" lists the fields that files of this version do not have
 *
 * Long because it is one list of facts, in the order they are printed; each function is a part of the object. */
#include "info.h"

#include <inttypes.h>
#include <math.h>

struct json {
	struct cq_buf *out;
	bool comma;                      /* something precedes in the innermost object or array */
};

static void name(struct json *j, const char *s)
{
	if (j->comma)
		cq_buf_str(j->out, ", ");
	j->comma = true;
	if (s) {
		cq_json_string(j->out, cq_slice_str(s));
		cq_buf_str(j->out, ": ");
	}
}

static void open_in(struct json *j, const char *s, char bracket)
{
	name(j, s);
	cq_buf_byte(j->out, (uint8_t)bracket);
	j->comma = false;
}

static void close_in(struct json *j, char bracket)
{
	cq_buf_byte(j->out, (uint8_t)bracket);
	j->comma = true;
}

static void i64(struct json *j, const char *s, int64_t v)
{
	name(j, s);
	cq_buf_i64(j->out, v);
}

static void u64(struct json *j, const char *s, uint64_t v)
{
	name(j, s);
	cq_buf_u64(j->out, v);
}

static void boolean(struct json *j, const char *s, bool v)
{
	name(j, s);
	cq_buf_str(j->out, v ? "true" : "false");
}

static void null(struct json *j, const char *s)
{
	name(j, s);
	cq_buf_str(j->out, "null");
}

static void slice(struct json *j, const char *s, cq_slice v)
{
	name(j, s);
	if (v.p)
		cq_json_string(j->out, v);
	else
		cq_buf_str(j->out, "null");
}

static void text(struct json *j, const char *s, const char *v)
{
	slice(j, s, v ? cq_slice_str(v) : (cq_slice){0});
}

static void hex(struct json *j, const char *s, cq_slice v)
{
	name(j, s);
	if (!v.p) {
		cq_buf_str(j->out, "null");
		return;
	}
	cq_buf_byte(j->out, '"');
	cq_buf_hex(j->out, v);
	cq_buf_byte(j->out, '"');
}

static void uuid(struct json *j, const char *s, const uint8_t *v)
{
	name(j, s);
	if (!v) {
		cq_buf_str(j->out, "null");
		return;
	}
	cq_buf_byte(j->out, '"');
	cq_print_uuid(j->out, v);
	cq_buf_byte(j->out, '"');
}

static void put_double(struct cq_buf *out, double v)
{
	if (isfinite(v))
		cq_print_double(out, v);
	else
		cq_buf_str(out, "null");
}

/* {"raw": number or null, "text": as Java prints it}: NaN and infinities survive in the text. */
static void number(struct json *j, const char *s, double v)
{
	name(j, s);
	cq_buf_str(j->out, "{\"raw\": ");
	put_double(j->out, v);
	cq_buf_str(j->out, ", \"text\": \"");
	cq_print_double(j->out, v);
	cq_buf_str(j->out, "\"}");
}

/* A printed text as a JSON string; the buffer is emptied. */
static void printed(struct json *j, const char *s, struct cq_buf *b)
{
	slice(j, s, cq_slice_of(b->p ? b->p : (const uint8_t *)"", b->len));
	cq_buf_clear(b);
}

static void instant(struct json *j, const char *s, int64_t raw, int64_t per_second, const char *none)
{
	int64_t rest = raw % per_second < 0 ? raw % per_second + per_second : raw % per_second;
	int64_t seconds = raw / per_second - (raw % per_second < 0);
	uint32_t nanos = (uint32_t)(rest * (1000000000 / per_second));

	open_in(j, s, '{');
	i64(j, "raw", raw);
	if (none) {
		text(j, "text", none);
	} else {
		name(j, "text");
		cq_buf_byte(j->out, '"');
		cq_print_instant(j->out, seconds, nanos);
		cq_buf_byte(j->out, '"');
	}
	close_in(j, '}');
}

static void deletion_time(struct json *j, const char *s, int64_t v)
{
	instant(j, s, v, 1, v == CQ_NO_LDT ? "none" : NULL);
}

static void ttl(struct json *j, const char *s, int32_t v)
{
	struct cq_buf b = {0};

	open_in(j, s, '{');
	i64(j, "raw", v);
	if (v == INT32_MAX)
		cq_buf_str(&b, "never");
	else if (v > 0)
		info_java_words(&b, v);
	else
		cq_buf_str(&b, "none");
	printed(j, "text", &b);
	close_in(j, '}');
	cq_buf_finish(&b);
}

/* ---- what and where ---- */

static void identity(struct json *j, const struct info *i)
{
	const struct cq_desc *d = &i->entry->desc;

	text(j, "schema", "cqlite-info-1");
	text(j, "path", i->entry->data_path);
	text(j, "given", i->given);
	text(j, "directory", i->entry->dir);
	slice(j, "base", d->base);
	slice(j, "keyspace", d->place.keyspace);
	slice(j, "table", d->place.table);
	uuid(j, "table_id", d->place.has_table_id ? d->place.table_id : NULL);
	slice(j, "index", d->place.index);
	slice(j, "snapshot", d->place.snapshot);
	boolean(j, "backup", d->place.backup);
	open_in(j, "identifier", '{');
	slice(j, "text", d->id.text);
	if (d->id.is_uuid) {
		uuid(j, "uuid", d->id.uuid);
		instant(j, "time", cq_sst_id_micros(&d->id), 1000000, NULL);
	} else {
		i64(j, "number", d->id.number);
	}
	close_in(j, '}');
	slice(j, "version", d->version);
	slice(j, "format", d->format_name);
	text(j, "format_summary", i->format ? i->format->summary : NULL);
	text(j, "written_since", i->version ? i->version->since : NULL);
	text(j, "written_by", i->writer);
	text(j, "transaction", i->entry->fate == CQ_TXN_OBSOLETE ? "obsolete"
		: i->entry->fate == CQ_TXN_INCOMPLETE ? "incomplete" : NULL);
	boolean(j, "opened", i->t != NULL);
}

static void components(struct json *j, const struct info *i)
{
	u64(j, "bytes", i->entry->bytes);
	boolean(j, "has_toc", i->has_toc);
	open_in(j, "components", '[');
	for (size_t n = 0; n < i->ncomponents; n++) {
		const struct info_component *c = &i->components[n];

		open_in(j, NULL, '{');
		slice(j, "name", c->name);
		boolean(j, "present", c->present);
		if (c->present)
			u64(j, "bytes", c->bytes);
		else
			null(j, "bytes");
		if (i->has_toc)
			boolean(j, "in_toc", c->listed);
		else
			null(j, "in_toc");
		boolean(j, "known", c->known);
		boolean(j, "needed_and_missing", c->needed);
		close_in(j, '}');
	}
	close_in(j, ']');
}

/* ---- Statistics.db ---- */

static void values(struct json *j, const struct info *i, const char *s, const cq_slice *v, size_t n)
{
	struct cq_buf b = {0};

	open_in(j, s, '[');
	for (size_t k = 0; k < n; k++) {
		open_in(j, NULL, '{');
		hex(j, "raw", v[k]);
		info_value(&b, k < i->t->stats.nclustering ? i->t->stats.clustering_types[k] : NULL, v[k]);
		printed(j, "text", &b);
		close_in(j, '}');
	}
	close_in(j, ']');
	cq_buf_finish(&b);
}

static void bound(struct json *j, const struct info *i, const char *s, const struct cq_prefix *p)
{
	open_in(j, s, '{');
	text(j, "kind", cq_bound_kind_name(p->kind));
	values(j, i, "values", p->values, p->n);
	close_in(j, '}');
}

static void covered(struct json *j, const struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_prefix start, end;
	struct cq_buf b = {0};

	open_in(j, "covered_clusterings", '{');
	info_covered(&b, i);
	printed(j, "text", &b);
	if (info_covered_bounds(i, &start, &end)) {
		bound(j, i, "start", &start);
		bound(j, i, "end", &end);
	}
	close_in(j, '}');
	if (s->has & CQ_HAS_LEGACY_MINMAX) {
		values(j, i, "min_clustering_values", s->min_clustering, s->nmin);
		values(j, i, "max_clustering_values", s->max_clustering, s->nmax);
	} else {
		null(j, "min_clustering_values");
		null(j, "max_clustering_values");
	}
	cq_buf_finish(&b);
}

static void position(struct json *j, const char *s, struct cq_commitlog_position p)
{
	open_in(j, s, '{');
	i64(j, "segment", p.segment);
	i64(j, "position", p.position);
	close_in(j, '}');
}

static void percentiles(struct json *j, const struct info_bar *bars, size_t n)
{
	struct info_percentiles p;

	info_bar_percentiles(bars, n, &p);
	open_in(j, "percentiles", '{');
	i64(j, "50th", p.p50);
	i64(j, "75th", p.p75);
	i64(j, "95th", p.p95);
	i64(j, "98th", p.p98);
	i64(j, "99th", p.p99);
	i64(j, "min", p.min);
	i64(j, "max", p.max);
	close_in(j, '}');
}

static void histogram(struct json *j, struct info *i, const char *s, const struct cq_histogram *h)
{
	size_t n;
	const struct info_bar *bars = info_buckets(&i->arena, h, &n);

	open_in(j, s, '{');
	u64(j, "bucket_count", h->n);
	i64(j, "total", cq_histogram_total(h));
	i64(j, "overflow", h->n ? h->counts[h->n - 1] : 0);
	i64(j, "mean", cq_histogram_mean(h));
	open_in(j, "buckets", '[');
	for (size_t k = 0; k < n; k++) {
		open_in(j, NULL, '{');
		i64(j, "up_to", bars[k].value);
		i64(j, "count", bars[k].count);
		close_in(j, '}');
	}
	close_in(j, ']');
	percentiles(j, bars, n);
	close_in(j, '}');
}

static void drop_times(struct json *j, struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	const struct info_bar *bars;
	size_t n;

	open_in(j, "tombstone_drop_times", '{');
	i64(j, "max_bins", s->drop_time_bins);
	open_in(j, "bins", '[');
	for (size_t k = 0; k < s->ndrop_times; k++) {
		double point = s->drop_times[k].point;

		open_in(j, NULL, '{');
		name(j, "point");
		if (point == floor(point) && fabs(point) < 0x1p53)
			cq_buf_i64(j->out, (int64_t)point);
		else
			put_double(j->out, point);
		i64(j, "count", s->drop_times[k].count);
		if (isfinite(point) && fabs(point) < 0x1p53) {
			name(j, "text");
			cq_buf_byte(j->out, '"');
			cq_print_instant(j->out, (int64_t)floor(point), 0);
			cq_buf_byte(j->out, '"');
		} else {
			null(j, "text");
		}
		close_in(j, '}');
	}
	close_in(j, ']');
	bars = info_drop_bars(&i->arena, i, &n);
	percentiles(j, bars, n);
	close_in(j, '}');
}

static void stats(struct json *j, struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	instant(j, "min_timestamp", s->min_timestamp, 1000000, NULL);
	instant(j, "max_timestamp", s->max_timestamp, 1000000, NULL);
	/* Whole seconds, of a difference that wraps as in Java. */
	i64(j, "duration_seconds", (int64_t)((uint64_t)s->max_timestamp - (uint64_t)s->min_timestamp) / 1000000);
	deletion_time(j, "min_local_deletion_time", s->min_ldt);
	deletion_time(j, "max_local_deletion_time", s->max_ldt);
	ttl(j, "min_ttl", s->min_ttl);
	ttl(j, "max_ttl", s->max_ttl);
	number(j, "compression_ratio", s->compression_ratio);
	open_in(j, "estimated_droppable_tombstones", '{');
	name(j, "raw");
	put_double(j->out, i->droppable);
	name(j, "text");
	cq_buf_byte(j->out, '"');
	cq_print_double(j->out, i->droppable);
	cq_buf_byte(j->out, '"');
	i64(j, "now", i->opt.now);
	i64(j, "gc_grace_seconds", i->opt.gc_grace);
	close_in(j, '}');
	i64(j, "level", s->level);
	instant(j, "repaired_at", s->repaired_at, 1000, s->repaired_at ? NULL : "never");
	uuid(j, "pending_repair", s->pending_repair.len == 16 ? s->pending_repair.p : NULL);
	if (s->has & CQ_HAS_TRANSIENT)
		boolean(j, "is_transient", s->is_transient);
	else
		null(j, "is_transient");
	uuid(j, "originating_host_id", s->host_id.len == 16 ? s->host_id.p : NULL);
	if (s->has & CQ_HAS_COMMITLOG_LOWER)
		position(j, "commit_log_lower", s->commitlog_lower);
	else
		null(j, "commit_log_lower");
	position(j, "commit_log_upper", s->commitlog_upper);
	if (s->has & CQ_HAS_COMMITLOG_INTERVALS) {
		open_in(j, "commit_log_intervals", '[');
		for (size_t k = 0; k < s->nintervals; k++) {
			open_in(j, NULL, '{');
			position(j, "start", s->intervals[k].start);
			position(j, "end", s->intervals[k].end);
			close_in(j, '}');
		}
		close_in(j, ']');
	} else {
		null(j, "commit_log_intervals");
	}
	i64(j, "total_columns_set", s->total_columns_set);
	i64(j, "total_rows", s->total_rows);
	boolean(j, "has_legacy_counter_shards", s->legacy_counter_shards);
	if (s->has & CQ_HAS_PARTITION_DELETIONS)
		boolean(j, "has_partition_deletions", s->has_partition_deletions);
	else
		null(j, "has_partition_deletions");
	if (s->has & CQ_HAS_COVERAGE)
		number(j, "token_space_coverage", s->coverage);
	else
		null(j, "token_space_coverage");
	covered(j, i);
	histogram(j, i, "partition_sizes", &s->partition_sizes);
	histogram(j, i, "cells_per_partition", &s->cells_per_partition);
	drop_times(j, i);
}

static void type(struct json *j, const char *s, const struct cq_type *t)
{
	struct cq_buf b = {0};

	open_in(j, s, '{');
	cq_type_class(t, &b);
	printed(j, "class", &b);
	cq_type_cql(t, &b);
	printed(j, "cql", &b);
	boolean(j, "descending", t->reversed);
	close_in(j, '}');
	cq_buf_finish(&b);
}

static void header_columns(struct json *j, const char *s, const struct cq_column *c, size_t n)
{
	open_in(j, s, '[');
	for (size_t k = 0; k < n; k++) {
		open_in(j, NULL, '{');
		slice(j, "name", c[k].name);
		hex(j, "name_raw", c[k].name);
		type(j, "type", c[k].type);
		close_in(j, '}');
	}
	close_in(j, ']');
}

static void header(struct json *j, const struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	open_in(j, "encoding_stats", '{');
	instant(j, "min_timestamp", s->header_min_timestamp, 1000000, NULL);
	deletion_time(j, "min_local_deletion_time", s->header_min_ldt);
	ttl(j, "min_ttl", s->header_min_ttl);
	close_in(j, '}');
	type(j, "key_type", s->key_type);
	open_in(j, "clustering_types", '[');
	for (size_t k = 0; k < s->nclustering; k++)
		type(j, NULL, s->clustering_types[k]);
	close_in(j, ']');
	header_columns(j, "static_columns", s->statics, s->nstatic);
	header_columns(j, "regular_columns", s->regulars, s->nregular);
	boolean(j, "columns_reordered", s->reordered);
}

/* ---- the other files ---- */

static void key_range(struct json *j, const struct info *i)
{
	const struct info_keys *k = &i->keys;
	const cq_slice keys[2] = { k->first, k->last }, texts[2] = { k->first_text, k->last_text };
	const char *const tokens[2] = { k->first_token, k->last_token };

	for (int n = 0; n < 2; n++) {
		if (k->why) {
			null(j, n ? "last_key" : "first_key");
			null(j, n ? "last_token" : "first_token");
			continue;
		}
		open_in(j, n ? "last_key" : "first_key", '{');
		hex(j, "raw", keys[n]);
		slice(j, "text", texts[n]);
		text(j, "from", k->from);
		close_in(j, '}');
		text(j, n ? "last_token" : "first_token", tokens[n]);
	}
}

static void compression(struct json *j, const struct info *i)
{
	const struct info_compression *c = &i->compression;

	if (c->none || c->why) {
		null(j, "compressor");
		null(j, "compression");
		return;
	}
	text(j, "compressor", c->class_name);
	open_in(j, "compression", '{');
	open_in(j, "options", '{');
	for (size_t k = 0; k < c->noptions; k++) {
		if (j->comma)
			cq_buf_str(j->out, ", ");
		j->comma = true;
		cq_json_string(j->out, c->options[k].key);
		cq_buf_str(j->out, ": ");
		cq_json_string(j->out, c->options[k].value);
	}
	close_in(j, '}');
	if (i->t->stream.chunks) {
		u64(j, "chunk_length", i->t->chunks.chunk_len);
		if (c->has_max_compressed)
			u64(j, "max_compressed_length", i->t->chunks.max_compressed);
		else
			null(j, "max_compressed_length");
		u64(j, "data_length", i->t->chunks.data_len);
		u64(j, "chunks", c->chunks);
	} else {
		null(j, "chunk_length");
		null(j, "max_compressed_length");
		null(j, "data_length");
		null(j, "chunks");
	}
	if (c->chunks_why) {
		null(j, "raw_chunks");
		null(j, "payload_bytes");
	} else {
		u64(j, "raw_chunks", c->raw_chunks);
		u64(j, "payload_bytes", c->payload_bytes);
	}
	close_in(j, '}');
}

static void filter(struct json *j, const struct info *i)
{
	const struct info_filter *f = &i->filter;

	if (f->why || f->none) {
		null(j, "filter");
		return;
	}
	open_in(j, "filter", '{');
	u64(j, "hashes", f->hashes);
	u64(j, "bits", f->words * 64);
	u64(j, "bits_set", f->set);
	name(j, "expected_fp");
	put_double(j->out, f->expected_fp);
	name(j, "bits_per_key");
	if (!i->cardinality_why && i->cardinality > 0)
		put_double(j->out, 64.0 * (double)f->words / (double)i->cardinality);
	else
		cq_buf_str(j->out, "null");
	close_in(j, '}');
}

static void index_files(struct json *j, const struct info *i)
{
	if (i->summary.none || i->summary.why) {
		null(j, "summary");
	} else {
		open_in(j, "summary", '{');
		u64(j, "min_index_interval", i->summary.interval);
		u64(j, "sampling_level", i->summary.level);
		u64(j, "entries", i->summary.entries);
		u64(j, "entries_at_full_sampling", i->summary.full_entries);
		u64(j, "bytes", i->summary.bytes);
		close_in(j, '}');
	}
	if (i->trie.none || i->trie.why) {
		null(j, "partition_index");
	} else {
		open_in(j, "partition_index", '{');
		u64(j, "keys", i->trie.keys);
		u64(j, "root", i->trie.root);
		hex(j, "first_key", i->trie.first);
		hex(j, "last_key", i->trie.last);
		close_in(j, '}');
	}
}

/* ---- schema, scan, findings ---- */

static void schema_columns(struct json *j, const char *kind, const struct cq_schema_column *c, size_t n, bool guessed)
{
	for (size_t k = 0; k < n; k++) {
		open_in(j, NULL, '{');
		slice(j, "name", c[k].name);
		text(j, "kind", kind);
		type(j, "type", c[k].type);
		boolean(j, "guessed_name", guessed);
		close_in(j, '}');
	}
}

static void schema(struct json *j, const struct info *i)
{
	const struct cq_schema *s = i->t->schema;

	open_in(j, "table_schema", '{');
	text(j, "from", i->schema_given ? "option" : i->t->ddl ? "schema.cql" : "header");
	slice(j, "keyspace", s->keyspace);
	slice(j, "table", s->table);
	uuid(j, "id", s->has_id ? s->id : NULL);
	boolean(j, "compact_storage", s->compact);
	boolean(j, "guessed_names", s->guessed_names);
	open_in(j, "columns", '[');
	schema_columns(j, "partition_key", s->partition, s->npartition, s->guessed_names);
	schema_columns(j, "clustering", s->clustering, s->nclustering, s->guessed_names);
	schema_columns(j, "static", s->statics, s->nstatic, false);
	schema_columns(j, "regular", s->regulars, s->nregular, false);
	close_in(j, ']');
	close_in(j, '}');
}

static void leaders(struct json *j, const char *s, const struct info_leader *list, unsigned n)
{
	open_in(j, s, '[');
	for (unsigned k = 0; k < n; k++) {
		open_in(j, NULL, '{');
		slice(j, "key", list[k].key);
		u64(j, "count", list[k].n);
		close_in(j, '}');
	}
	close_in(j, ']');
}

static void scanned(struct json *j, const struct info *i)
{
	const struct info_scan *s = &i->scan;

	if (s->why) {
		null(j, "scan");
		return;
	}
	open_in(j, "scan", '{');
	u64(j, "size", s->bytes);
	u64(j, "partitions", s->partitions);
	u64(j, "rows", s->rows);
	u64(j, "static_rows", s->static_rows);
	u64(j, "cells", s->cells);
	u64(j, "static_cells", s->static_cells);
	u64(j, "expiring_cells", s->expiring_cells);
	u64(j, "cell_tombstones", s->cell_tombstones);
	u64(j, "static_cell_tombstones", s->static_tombstones);
	u64(j, "partition_deletions", s->partition_deletions);
	u64(j, "range_markers", s->markers);
	u64(j, "row_deletions", s->row_deletions);
	u64(j, "complex_deletions", s->complex_deletions);
	leaders(j, "widest_partitions", s->widest, s->nwidest);
	leaders(j, "largest_partitions", s->largest, s->nlargest);
	leaders(j, "tombstone_leaders", s->most_tombstones, s->ntombstones);
	close_in(j, '}');
}

static void findings(struct json *j, const struct info *i)
{
	open_in(j, "findings", '[');
	for (const struct cq_finding *f = i->t ? i->t->findings.first : NULL; f; f = f->next) {
		open_in(j, NULL, '{');
		text(j, "id", f->id);
		text(j, "severity", cq_severity_name(f->severity));
		text(j, "file", f->file);
		text(j, "space", cq_space_kind_name(f->space));
		if (f->off != CQ_NO_OFFSET)
			u64(j, "offset", f->off);
		else
			null(j, "offset");
		u64(j, "length", f->len);
		text(j, "message", f->message);
		close_in(j, '}');
	}
	close_in(j, ']');
}

/* ---- what is missing, by name ---- */

static void because(struct json *j, const char *field, const char *why)
{
	if (why)
		text(j, field, why);
}

static void missing(struct json *j, const struct info *i)
{
	static const struct { unsigned has; const char *field; } optional[] = {
		{ CQ_HAS_COMMITLOG_LOWER, "commit_log_lower" }, { CQ_HAS_COMMITLOG_INTERVALS, "commit_log_intervals" },
		{ CQ_HAS_LEGACY_MINMAX, "min_clustering_values" }, { CQ_HAS_LEGACY_MINMAX, "max_clustering_values" },
		{ CQ_HAS_PENDING_REPAIR, "pending_repair" }, { CQ_HAS_TRANSIENT, "is_transient" },
		{ CQ_HAS_HOST_ID, "originating_host_id" }, { CQ_HAS_PARTITION_DELETIONS, "has_partition_deletions" },
		{ CQ_HAS_COVERAGE, "token_space_coverage" },
	};

	open_in(j, "unmeasured", '{');
	because(j, "toc", i->toc_why);
	if (i->why_closed) {
		because(j, "statistics", i->why_closed);
	} else {
		because(j, "validation", i->why_validation);
		because(j, "stats", i->why_stats);
		because(j, "header", i->why_header);
	}
	because(j, "estimated_cardinality", i->cardinality_why);
	because(j, "keys", i->keys.why);
	because(j, "compression", i->compression.why);
	because(j, "raw_chunks", i->compression.chunks_why);
	because(j, "filter", i->filter.why);
	because(j, "summary", i->summary.why);
	because(j, "partition_index", i->trie.why);
	because(j, "scan", i->scan.why);
	close_in(j, '}');
	open_in(j, "not_in_version", '[');
	for (size_t k = 0; i->t && !i->why_stats && k < CQ_COUNTOF(optional); k++)
		if (!(i->t->stats.has & optional[k].has))
			text(j, NULL, optional[k].field);
	close_in(j, ']');
}

void info_json(struct info *i)
{
	struct json j = { .out = &i->cli->out };

	open_in(&j, NULL, '{');
	identity(&j, i);
	components(&j, i);
	if (i->t) {
		if (!i->why_validation) {
			slice(&j, "partitioner", i->t->stats.partitioner);
			number(&j, "bloom_filter_fp_chance", i->t->stats.bloom_fp_chance);
		}
		key_range(&j, i);
		if (!i->why_stats)
			stats(&j, i);
		if (i->cardinality_why)
			null(&j, "estimated_cardinality");
		else
			i64(&j, "estimated_cardinality", i->cardinality);
		if (!i->why_header)
			header(&j, i);
		compression(&j, i);
		filter(&j, i);
		index_files(&j, i);
		schema(&j, i);
		scanned(&j, i);
	}
	findings(&j, i);
	missing(&j, i);
	close_in(&j, '}');
	cq_buf_byte(j.out, '\n');
}

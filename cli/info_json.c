/* info --json: one object an SSTable, one a line.
 *
 *     "schema": "cqlite-info-1"    names and meanings below change only with this
 *     numbers are exact: 64-bit integers are written in full, a reader must not put them into a double
 *     {"raw": ..., "text": ...}    what is stored, and what it means (UTC dates, words)
 *     null                         not measured, or nothing to say; "unmeasured" names the field with the cause, and
 *                                  "not_in_version" lists the fields that files of this version do not have */
#include "info_json_out.h"

/* ---- what and where ---- */

static void identity(struct json *j, const struct info *i)
{
	const struct cq_desc *d = &i->entry->desc;

	json_text(j, "schema", "cqlite-info-1");
	json_text(j, "path", i->entry->data_path);
	json_text(j, "given", i->given);
	json_text(j, "directory", i->entry->dir);
	json_slice(j, "base", d->base);
	json_slice(j, "keyspace", d->place.keyspace);
	json_slice(j, "table", d->place.table);
	json_uuid(j, "table_id", d->place.has_table_id ? d->place.table_id : NULL);
	json_slice(j, "index", d->place.index);
	json_slice(j, "snapshot", d->place.snapshot);
	json_bool(j, "backup", d->place.backup);
	json_open(j, "identifier", '{');
	json_slice(j, "text", d->id.text);
	if (d->id.is_uuid) {
		json_uuid(j, "uuid", d->id.uuid);
		json_instant(j, "time", cq_sst_id_micros(&d->id), 1000000, NULL);
	} else {
		json_i64(j, "number", d->id.number);
	}
	json_close(j, '}');
	json_slice(j, "version", d->version);
	json_slice(j, "format", d->format_name);
	json_text(j, "format_summary", i->format ? i->format->summary : NULL);
	json_text(j, "written_since", i->version ? i->version->since : NULL);
	json_text(j, "written_by", i->writer);
	json_text(j, "transaction", i->entry->fate == CQ_TXN_OBSOLETE ? "obsolete"
		: i->entry->fate == CQ_TXN_INCOMPLETE ? "incomplete" : NULL);
	json_bool(j, "opened", i->t != NULL);
}

static void components(struct json *j, const struct info *i)
{
	json_u64(j, "bytes", i->entry->bytes);
	json_bool(j, "has_toc", i->has_toc);
	json_open(j, "components", '[');
	for (size_t n = 0; n < i->ncomponents; n++) {
		const struct info_component *c = &i->components[n];

		json_open(j, NULL, '{');
		json_slice(j, "name", c->name);
		json_bool(j, "present", c->present);
		if (c->present)
			json_u64(j, "bytes", c->bytes);
		else
			json_null(j, "bytes");
		if (i->has_toc)
			json_bool(j, "in_toc", c->listed);
		else
			json_null(j, "in_toc");
		json_bool(j, "known", c->known);
		json_bool(j, "needed_and_missing", c->needed);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* ---- the other files ---- */

static void key_range(struct json *j, const struct info *i)
{
	const struct info_keys *k = &i->keys;
	const cq_slice keys[2] = { k->first, k->last }, texts[2] = { k->first_text, k->last_text };
	const char *const tokens[2] = { k->first_token, k->last_token };

	for (int n = 0; n < 2; n++) {
		if (k->why) {
			json_null(j, n ? "last_key" : "first_key");
			json_null(j, n ? "last_token" : "first_token");
			continue;
		}
		json_open(j, n ? "last_key" : "first_key", '{');
		json_hex(j, "raw", keys[n]);
		json_slice(j, "text", texts[n]);
		json_text(j, "from", k->from);
		json_close(j, '}');
		json_text(j, n ? "last_token" : "first_token", tokens[n]);
	}
}

static void compression(struct json *j, const struct info *i)
{
	const struct info_compression *c = &i->compression;

	if (c->none || c->why) {
		json_null(j, "compressor");
		json_null(j, "compression");
		return;
	}
	json_text(j, "compressor", c->class_name);
	json_open(j, "compression", '{');
	json_open(j, "options", '{');
	for (size_t k = 0; k < c->noptions; k++) {
		if (j->comma)
			cq_buf_str(j->out, ", ");
		j->comma = true;
		cq_json_string(j->out, c->options[k].key);
		cq_buf_str(j->out, ": ");
		cq_json_string(j->out, c->options[k].value);
	}
	json_close(j, '}');
	if (i->t->stream.chunks) {
		json_u64(j, "chunk_length", i->t->chunks.chunk_len);
		if (c->has_max_compressed)
			json_u64(j, "max_compressed_length", i->t->chunks.max_compressed);
		else
			json_null(j, "max_compressed_length");
		json_u64(j, "data_length", i->t->chunks.data_len);
		json_u64(j, "chunks", c->chunks);
	} else {
		json_null(j, "chunk_length");
		json_null(j, "max_compressed_length");
		json_null(j, "data_length");
		json_null(j, "chunks");
	}
	if (c->chunks_why) {
		json_null(j, "raw_chunks");
		json_null(j, "payload_bytes");
	} else {
		json_u64(j, "raw_chunks", c->raw_chunks);
		json_u64(j, "payload_bytes", c->payload_bytes);
	}
	json_close(j, '}');
}

static void filter(struct json *j, const struct info *i)
{
	const struct info_filter *f = &i->filter;

	if (f->why || f->none) {
		json_null(j, "filter");
		return;
	}
	json_open(j, "filter", '{');
	json_u64(j, "hashes", f->hashes);
	json_u64(j, "bits", f->words * 64);
	json_u64(j, "bits_set", f->set);
	json_name(j, "expected_fp");
	json_put_double(j->out, f->expected_fp);
	json_name(j, "bits_per_key");
	if (!i->cardinality_why && i->cardinality > 0)
		json_put_double(j->out, 64.0 * (double)f->words / (double)i->cardinality);
	else
		cq_buf_str(j->out, "null");
	json_close(j, '}');
}

static void index_files(struct json *j, const struct info *i)
{
	if (i->summary.none || i->summary.why) {
		json_null(j, "summary");
	} else {
		json_open(j, "summary", '{');
		json_u64(j, "min_index_interval", i->summary.interval);
		json_u64(j, "sampling_level", i->summary.level);
		json_u64(j, "entries", i->summary.entries);
		json_u64(j, "entries_at_full_sampling", i->summary.full_entries);
		json_u64(j, "bytes", i->summary.bytes);
		json_close(j, '}');
	}
	if (i->trie.none || i->trie.why) {
		json_null(j, "partition_index");
	} else {
		json_open(j, "partition_index", '{');
		json_u64(j, "keys", i->trie.keys);
		json_u64(j, "root", i->trie.root);
		json_hex(j, "first_key", i->trie.first);
		json_hex(j, "last_key", i->trie.last);
		json_close(j, '}');
	}
}

/* ---- schema, scan, findings ---- */

static void schema_columns(struct json *j, const char *kind, const struct cq_schema_column *c, size_t n, bool guessed)
{
	for (size_t k = 0; k < n; k++) {
		json_open(j, NULL, '{');
		json_slice(j, "name", c[k].name);
		json_text(j, "kind", kind);
		json_type(j, "type", c[k].type);
		json_bool(j, "guessed_name", guessed);
		json_close(j, '}');
	}
}

static void schema(struct json *j, const struct info *i)
{
	const struct cq_schema *s = i->t->schema;

	json_open(j, "table_schema", '{');
	json_text(j, "from", i->schema_given ? "option" : i->t->ddl ? "schema.cql" : "header");
	json_slice(j, "keyspace", s->keyspace);
	json_slice(j, "table", s->table);
	json_uuid(j, "id", s->has_id ? s->id : NULL);
	json_bool(j, "compact_storage", s->compact);
	json_bool(j, "guessed_names", s->guessed_names);
	json_open(j, "columns", '[');
	schema_columns(j, "partition_key", s->partition, s->npartition, s->guessed_names);
	schema_columns(j, "clustering", s->clustering, s->nclustering, s->guessed_names);
	schema_columns(j, "static", s->statics, s->nstatic, false);
	schema_columns(j, "regular", s->regulars, s->nregular, false);
	json_close(j, ']');
	json_close(j, '}');
}

static void leaders(struct json *j, const char *s, const struct info_leader *list, unsigned n)
{
	json_open(j, s, '[');
	for (unsigned k = 0; k < n; k++) {
		json_open(j, NULL, '{');
		json_slice(j, "key", list[k].key);
		json_u64(j, "count", list[k].n);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void scanned(struct json *j, const struct info *i)
{
	const struct info_scan *s = &i->scan;

	if (s->why) {
		json_null(j, "scan");
		return;
	}
	json_open(j, "scan", '{');
	json_u64(j, "size", s->bytes);
	json_u64(j, "partitions", s->partitions);
	json_u64(j, "rows", s->rows);
	json_u64(j, "static_rows", s->static_rows);
	json_u64(j, "cells", s->cells);
	json_u64(j, "static_cells", s->static_cells);
	json_u64(j, "expiring_cells", s->expiring_cells);
	json_u64(j, "cell_tombstones", s->cell_tombstones);
	json_u64(j, "static_cell_tombstones", s->static_tombstones);
	json_u64(j, "partition_deletions", s->partition_deletions);
	json_u64(j, "range_markers", s->markers);
	json_u64(j, "row_deletions", s->row_deletions);
	json_u64(j, "complex_deletions", s->complex_deletions);
	leaders(j, "widest_partitions", s->widest, s->nwidest);
	leaders(j, "largest_partitions", s->largest, s->nlargest);
	leaders(j, "tombstone_leaders", s->most_tombstones, s->ntombstones);
	json_close(j, '}');
}

static void findings(struct json *j, const struct info *i)
{
	json_open(j, "findings", '[');
	for (const struct cq_finding *f = i->t ? i->t->findings.first : NULL; f; f = f->next) {
		json_open(j, NULL, '{');
		json_text(j, "id", f->id);
		json_text(j, "severity", cq_severity_name(f->severity));
		json_text(j, "file", f->file);
		json_text(j, "space", cq_space_kind_name(f->space));
		if (f->off != CQ_NO_OFFSET)
			json_u64(j, "offset", f->off);
		else
			json_null(j, "offset");
		json_u64(j, "length", f->len);
		json_text(j, "message", f->message);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* ---- what is missing, by name ---- */

static void because(struct json *j, const char *field, const char *why)
{
	if (why)
		json_text(j, field, why);
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

	json_open(j, "unmeasured", '{');
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
	json_close(j, '}');
	json_open(j, "not_in_version", '[');
	for (size_t k = 0; i->t && !i->why_stats && k < CQ_COUNTOF(optional); k++)
		if (!(i->t->stats.has & optional[k].has))
			json_text(j, NULL, optional[k].field);
	json_close(j, ']');
}

void info_json(struct info *i)
{
	struct json j = { .out = &i->cli->out };

	json_open(&j, NULL, '{');
	identity(&j, i);
	components(&j, i);
	if (i->t) {
		if (!i->why_validation) {
			json_slice(&j, "partitioner", i->t->stats.partitioner);
			json_double(&j, "bloom_filter_fp_chance", i->t->stats.bloom_fp_chance);
		}
		key_range(&j, i);
		if (!i->why_stats)
			info_json_stats(&j, i);
		if (i->cardinality_why)
			json_null(&j, "estimated_cardinality");
		else
			json_i64(&j, "estimated_cardinality", i->cardinality);
		if (!i->why_header)
			info_json_header(&j, i);
		compression(&j, i);
		filter(&j, i);
		index_files(&j, i);
		schema(&j, i);
		scanned(&j, i);
	}
	findings(&j, i);
	missing(&j, i);
	json_close(&j, '}');
	cq_buf_byte(j.out, '\n');
}

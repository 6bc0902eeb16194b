/* info for people: sections of lines, one fact a line. What a version does not have is said; what could not be read is
 * "unmeasured", with the cause.
 *
 * Long because it is one list of facts, in the order they are printed; each function is a section. */
#include "info.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

enum { LABEL = 30 };

/* ---- lines ---- */

static struct cq_buf *section(struct info *i, const char *name)
{
	struct cq_buf *out = &i->cli->out;

	cq_buf_printf(out, "\n%s%s%s\n", cli_color(i->cli, CLI_BOLD), name, cli_color(i->cli, CLI_PLAIN));
	return out;
}

static struct cq_buf *label(struct info *i, const char *name)
{
	struct cq_buf *out = &i->cli->out;

	cq_buf_printf(out, "  %s%-*s%s ", cli_color(i->cli, CLI_NAME), LABEL, name, cli_color(i->cli, CLI_PLAIN));
	return out;
}

/* Text out of files: control characters must not reach a terminal. */
static void put_clean(struct cq_buf *out, const char *s, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		unsigned char c = (unsigned char)s[k];

		if (c < 0x20 || c == 0x7f)
			cq_buf_printf(out, "\\x%02x", c);
		else
			cq_buf_byte(out, c);
	}
}

static void line(struct info *i, const char *name, const char *fmt, ...) CQ_PRINTF(3, 4);

static void line(struct info *i, const char *name, const char *fmt, ...)
{
	struct cq_buf text = {0};
	char small[512];
	va_list ap;
	int n;

	label(i, name);
	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof small && cq_buf_reserve(&text, (size_t)n + 1)) {
		va_start(ap, fmt);
		vsnprintf((char *)text.p, (size_t)n + 1, fmt, ap);
		va_end(ap);
		put_clean(&i->cli->out, (const char *)text.p, (size_t)n);
	} else if (n > 0) {
		put_clean(&i->cli->out, small, strlen(small));
	}
	cq_buf_byte(&i->cli->out, '\n');
	cq_buf_finish(&text);
}

static void in_role(struct info *i, enum cli_role role, const char *name, const char *word, const char *why)
{
	struct cq_buf *out = label(i, name);

	cq_buf_printf(out, "%s%s%s%s", cli_color(i->cli, role), word, why ? ": " : "", why ? "" : cli_color(i->cli, CLI_PLAIN));
	if (why) {
		put_clean(out, why, strlen(why));
		cq_buf_str(out, cli_color(i->cli, CLI_PLAIN));
	}
	cq_buf_byte(out, '\n');
}

static void unmeasured(struct info *i, const char *name, const char *why)
{
	in_role(i, CLI_WARN, name, "unmeasured", why);
}

static void not_here(struct info *i, const char *name)
{
	in_role(i, CLI_DIM, name, "not in this version", NULL);
}

static void put_size(struct cq_buf *out, uint64_t n)
{
	static const char units[] = "KMGTPE";
	double v = (double)n;
	int u = -1;

	while (v >= 1024 && u < 5) {
		v /= 1024;
		u++;
	}
	if (u < 0)
		cq_buf_printf(out, "%" PRIu64 " B", n);
	else
		cq_buf_printf(out, "%.1f %ciB", v, units[u]);
}

/* Behind the bytes of a column: the same in larger units, when that says more. */
static void put_bytes(struct cq_buf *out, uint64_t n)
{
	if (n < 1024)
		return;
	cq_buf_str(out, "  ");
	put_size(out, n);
}

static void size_line(struct info *i, const char *name, uint64_t n)
{
	struct cq_buf *out = label(i, name);

	cq_buf_u64(out, n);
	if (n >= 1024) {
		cq_buf_str(out, " (");
		put_size(out, n);
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
}

static void put_micros(struct cq_buf *out, int64_t micros)
{
	int64_t rest = micros % 1000000;

	cq_print_instant(out, micros / 1000000 - (rest < 0), (uint32_t)(rest < 0 ? rest + 1000000 : rest) * 1000);
}

static void micros_line(struct info *i, const char *name, int64_t micros, const char *none)
{
	struct cq_buf *out = label(i, name);

	if (none) {
		cq_buf_printf(out, "%s (%" PRId64 ")\n", none, micros);
		return;
	}
	put_micros(out, micros);
	cq_buf_printf(out, " (%" PRId64 ")\n", micros);
}

static void seconds_line(struct info *i, const char *name, int64_t v, const char *none)
{
	struct cq_buf *out = label(i, name);

	if (v == CQ_NO_LDT) {
		cq_buf_printf(out, "%s\n", none);
		return;
	}
	cq_print_instant(out, v, 0);
	cq_buf_printf(out, " (%" PRId64 ")%s\n", v, v < 0 ? " negative: an overflow" : "");
}

static void ttl_line(struct info *i, const char *name, int32_t v)
{
	struct cq_buf *out = label(i, name);

	cq_buf_printf(out, "%" PRId32, v);
	if (v == INT32_MAX) {
		cq_buf_str(out, " (expired liveness of a view)");
	} else if (v > 0) {
		cq_buf_str(out, " (");
		info_java_words(out, v);
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
}

static void double_line(struct info *i, const char *name, double v, const char *unit)
{
	struct cq_buf *out = label(i, name);

	cq_print_double(out, v);
	cq_buf_printf(out, "%s\n", unit);
}

static void slice_line(struct info *i, const char *name, cq_slice s)
{
	struct cq_buf *out = label(i, name);

	put_clean(out, s.p ? (const char *)s.p : "", s.len);
	cq_buf_byte(out, '\n');
}

static void uuid_line(struct info *i, const char *name, cq_slice v, const char *none)
{
	struct cq_buf *out = label(i, name);

	if (v.p && v.len == 16)
		cq_print_uuid(out, v.p);
	else
		cq_buf_str(out, none);
	cq_buf_byte(out, '\n');
}

/* ---- what and where ---- */

static void identity(struct info *i)
{
	struct cq_buf *out = &i->cli->out;
	const struct cq_desc *d = &i->entry->desc;

	cq_buf_str(out, cli_color(i->cli, CLI_BOLD));
	put_clean(out, (const char *)d->base.p, d->base.len);
	cq_buf_printf(out, "%s\n", cli_color(i->cli, CLI_PLAIN));
	line(i, "Directory", "%s", i->entry->dir);
	if (d->place.keyspace.p)
		slice_line(i, "Keyspace", d->place.keyspace);
	else
		unmeasured(i, "Keyspace", "the path does not say");
	if (d->place.table.p) {
		out = label(i, "Table");
		put_clean(out, (const char *)d->place.table.p, d->place.table.len);
		if (d->place.has_table_id) {
			cq_buf_str(out, " (id ");
			cq_print_uuid(out, d->place.table_id);
			cq_buf_byte(out, ')');
		} else {
			cq_buf_str(out, " (the directory's name, without an id)");
		}
		cq_buf_byte(out, '\n');
	} else {
		unmeasured(i, "Table", "the path does not say");
	}
	if (d->place.index.p)
		slice_line(i, "Secondary index", d->place.index);
	if (d->place.snapshot.p)
		slice_line(i, "Snapshot", d->place.snapshot);
	if (d->place.backup)
		line(i, "Backup", "yes");
	out = label(i, "Identifier");
	cq_buf_slice(out, d->id.text);
	if (d->id.is_uuid) {
		cq_buf_str(out, " (");
		cq_print_uuid(out, d->id.uuid);
		cq_buf_str(out, ", made ");
		put_micros(out, cq_sst_id_micros(&d->id));
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
	line(i, "Version", "%.*s (%s)", (int)d->version.len, (const char *)d->version.p,
		i->format ? i->format->summary : "no format for it is built in or loaded");
	if (i->version)
		line(i, "Written since", "Cassandra %s", i->version->since);
	if (i->writer)
		line(i, "Written by", "%s", i->writer);
	if (i->entry->fate != CQ_TXN_NONE)
		line(i, "Transaction log", "%s (%s)", i->entry->fate == CQ_TXN_OBSOLETE ? "obsolete: replaced by another table"
			: "incomplete: its operation did not finish", i->entry->fate_log);
}

static void components(struct info *i)
{
	struct cq_buf *out = section(i, "Components");

	for (size_t n = 0; n < i->ncomponents; n++) {
		const struct info_component *c = &i->components[n];
		const char *role = !c->present ? cli_color(i->cli, c->needed ? CLI_BAD : CLI_WARN) : "";

		cq_buf_printf(out, "  %s", role);
		put_clean(out, (const char *)c->name.p, c->name.len);
		cq_buf_printf(out, "%*s", c->name.len < LABEL ? (int)(LABEL - c->name.len) : 0, "");
		if (c->present) {
			cq_buf_printf(out, " %14" PRIu64, c->bytes);
			put_bytes(out, c->bytes);
		} else {
			cq_buf_printf(out, " %14s  ", "missing");
			cq_buf_str(out, c->needed && c->listed ? "listed in TOC.txt and needed" : c->needed ? "needed" : "listed in TOC.txt");
		}
		if (c->present && i->has_toc && !c->listed)
			cq_buf_printf(out, "  %snot in TOC.txt%s", cli_color(i->cli, CLI_WARN), cli_color(i->cli, CLI_PLAIN));
		if (c->present && !c->known)
			cq_buf_printf(out, "  %sunknown%s", cli_color(i->cli, CLI_WARN), cli_color(i->cli, CLI_PLAIN));
		cq_buf_printf(out, "%s\n", *role ? cli_color(i->cli, CLI_PLAIN) : "");
	}
	if (i->toc_why)
		unmeasured(i, "TOC.txt", i->toc_why);
	else if (!i->has_toc)
		line(i, "TOC.txt", "none: what else belongs to the table is not known");
	cq_buf_printf(out, "  %-*s %14" PRIu64, LABEL, "total", i->entry->bytes);
	put_bytes(out, i->entry->bytes);
	cq_buf_byte(out, '\n');
}

/* ---- partitions ---- */

static void put_pair(struct info *i, const char *name, const char *token, cq_slice key)
{
	struct cq_buf *out = label(i, name);

	put_clean(out, token ? token : "(unknown partitioner)", strlen(token ? token : "(unknown partitioner)"));
	cq_buf_str(out, " (");
	put_clean(out, (const char *)key.p, key.len);
	cq_buf_str(out, ")\n");
}

static void keys(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out;

	section(i, "Partitions");
	if (i->why_validation)
		unmeasured(i, "Partitioner", i->why_validation);
	else
		slice_line(i, "Partitioner", s->partitioner);
	if (i->keys.why) {
		unmeasured(i, "First token", i->keys.why);
		unmeasured(i, "Last token", i->keys.why);
	} else {
		put_pair(i, "First token", i->keys.first_token, i->keys.first_text);
		put_pair(i, "Last token", i->keys.last_token, i->keys.last_text);
	}
	if (i->cardinality_why)
		unmeasured(i, "Estimated cardinality", i->cardinality_why);
	else
		line(i, "Estimated cardinality", "%" PRId64, i->cardinality);
	if (i->why_stats) {
		unmeasured(i, "Token space coverage", i->why_stats);
	} else {
		if (!(s->has & CQ_HAS_COVERAGE))
			not_here(i, "Token space coverage");
		else if (isnan(s->coverage))
			line(i, "Token space coverage", "not computed by the writer (NaN)");
		else
			double_line(i, "Token space coverage", s->coverage, "");
		if (!(s->has & CQ_HAS_PARTITION_DELETIONS))
			not_here(i, "Has partition deletions");
		else
			line(i, "Has partition deletions", "%s", s->has_partition_deletions ? "yes" : "no");
	}
	if (i->why_stats || i->why_header) {
		unmeasured(i, "Covered clusterings", i->why_stats ? i->why_stats : i->why_header);
		return;
	}
	if (s->has & CQ_HAS_LEGACY_MINMAX && !(i->t->features & CQ_FEAT_ACCURATE_MINMAX)) {
		/* Lowest and highest value of each column by itself: no slice. */
		const cq_slice *lists[2] = { s->min_clustering, s->max_clustering };
		const size_t n[2] = { s->nmin, s->nmax };

		for (int l = 0; l < 2; l++) {
			out = label(i, l ? "Max clustering, each column" : "Min clustering, each column");
			for (size_t k = 0; k < n[l]; k++) {
				struct cq_buf text = {0};

				info_value(&text, k < s->nclustering ? s->clustering_types[k] : NULL, lists[l][k]);
				cq_buf_str(out, k ? ", " : "");
				put_clean(out, text.p ? (const char *)text.p : "", text.len);
				cq_buf_finish(&text);
			}
			cq_buf_str(out, n[l] ? "\n" : "none\n");
		}
	} else {
		struct cq_buf text = {0};

		out = label(i, "Covered clusterings");
		info_covered(&text, i);
		put_clean(out, (const char *)text.p, text.len);
		cq_buf_byte(out, '\n');
		cq_buf_finish(&text);
	}
}

/* ---- times ---- */

static void times(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out;
	uint64_t span;

	section(i, "Times");
	if (i->why_stats) {
		unmeasured(i, "Timestamps", i->why_stats);
		return;
	}
	micros_line(i, "Minimum timestamp", s->min_timestamp, s->min_timestamp == INT64_MIN ? "none" : NULL);
	micros_line(i, "Maximum timestamp", s->max_timestamp, s->max_timestamp == INT64_MAX ? "none" : NULL);
	out = label(i, "Duration");
	span = (uint64_t)s->max_timestamp - (uint64_t)s->min_timestamp;
	if (s->max_timestamp < s->min_timestamp || s->min_timestamp == INT64_MIN || s->max_timestamp == INT64_MAX)
		cq_buf_str(out, "none\n");
	else if (span < 1000000)
		cq_buf_printf(out, "%" PRIu64 " us\n", span);
	else {
		info_java_words(out, (int64_t)(span / 1000000));
		cq_buf_byte(out, '\n');
	}
	seconds_line(i, "Min local deletion time", s->min_ldt, "none: nothing expires or is deleted");
	seconds_line(i, "Max local deletion time", s->max_ldt, "none: some data does not expire");
	ttl_line(i, "TTL min", s->min_ttl);
	ttl_line(i, "TTL max", s->max_ttl);
	if (i->opt.gc_grace_given)
		out = label(i, "Droppable tombstones");
	else
		out = label(i, "Droppable tombstones (gc 0)");
	cq_print_double(out, i->droppable);
	cq_buf_printf(out, " of all cells at ");
	cq_print_instant(out, i->opt.now, 0);
	cq_buf_printf(out, ", gc_grace %" PRId32 "\n", i->opt.gc_grace);
}

/* ---- rows, repair, log ---- */

static void content(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	section(i, "Content");
	if (i->why_stats) {
		unmeasured(i, "Rows", i->why_stats);
		return;
	}
	line(i, "Rows (totalRows)", "%" PRId64, s->total_rows);
	line(i, "Columns (totalColumnsSet)", "%" PRId64, s->total_columns_set);
	line(i, "Legacy counter shards", "%s", s->legacy_counter_shards ? "yes: counters written before 2.1" : "no");
	line(i, "SSTable level", "%" PRId32, s->level);
}

static void repair(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out;

	section(i, "Repair and origin");
	if (i->why_stats) {
		unmeasured(i, "Repaired at", i->why_stats);
		return;
	}
	out = label(i, "Repaired at");
	if (s->repaired_at) {
		int64_t rest = s->repaired_at % 1000;

		cq_print_instant(out, s->repaired_at / 1000 - (rest < 0), (uint32_t)(rest < 0 ? rest + 1000 : rest) * 1000000);
		cq_buf_printf(out, " (%" PRId64 ")\n", s->repaired_at);
	} else {
		cq_buf_str(out, "never (0)\n");
	}
	if (s->has & CQ_HAS_PENDING_REPAIR)
		uuid_line(i, "Pending repair", s->pending_repair, "none");
	else
		not_here(i, "Pending repair");
	if (s->has & CQ_HAS_TRANSIENT)
		line(i, "Transient", "%s", s->is_transient ? "yes" : "no");
	else
		not_here(i, "Transient");
	if (s->has & CQ_HAS_HOST_ID)
		uuid_line(i, "Originating host id", s->host_id, "none");
	else
		not_here(i, "Originating host id");
	if (s->has & CQ_HAS_COMMITLOG_LOWER)
		line(i, "Commit log from", "segment %" PRId64 " position %" PRId32, s->commitlog_lower.segment,
			s->commitlog_lower.position);
	else
		not_here(i, "Commit log from");
	line(i, "Commit log to", "segment %" PRId64 " position %" PRId32, s->commitlog_upper.segment, s->commitlog_upper.position);
	if (!(s->has & CQ_HAS_COMMITLOG_INTERVALS)) {
		not_here(i, "Commit log intervals");
		return;
	}
	if (s->nintervals == 0)
		line(i, "Commit log intervals", "none");
	for (size_t k = 0; k < s->nintervals; k++) {
		const struct cq_commitlog_interval *v = &s->intervals[k];

		line(i, k ? "" : "Commit log intervals", "%" PRId64 ":%" PRId32 " to %" PRId64 ":%" PRId32, v->start.segment,
			v->start.position, v->end.segment, v->end.position);
	}
}

/* ---- files beside Data.db ---- */

static void compression(struct info *i)
{
	const struct info_compression *c = &i->compression;
	const struct cq_chunks *ch = &i->t->chunks;
	struct cq_buf *out;

	section(i, "Compression");
	if (c->none) {
		line(i, "Compressor", "none");
		if (i->t->stream.crcs)
			line(i, "Checksums", "every %" PRIu32 " bytes (CRC.db)", i->t->stream.crc_block);
		else
			line(i, "Checksums", "none (no usable CRC.db)");
		return;
	}
	if (c->why) {
		unmeasured(i, "Compressor", c->why);
		return;
	}
	line(i, "Compressor", "%s", c->class_name);
	for (size_t k = 0; k < c->noptions; k++)
		line(i, k ? "" : "Options", "%.*s = %.*s", (int)c->options[k].key.len, (const char *)c->options[k].key.p,
			(int)c->options[k].value.len, (const char *)c->options[k].value.p);
	if (!i->t->stream.chunks) {
		unmeasured(i, "Chunks", c->chunks_why);
		return;
	}
	size_line(i, "Chunk length", ch->chunk_len);
	if (!c->has_max_compressed)
		not_here(i, "Max compressed length");
	else if (ch->max_compressed == INT32_MAX)
		line(i, "Max compressed length", "no limit (2147483647)");
	else
		size_line(i, "Max compressed length", ch->max_compressed);
	size_line(i, "Uncompressed length", ch->data_len);
	line(i, "Chunks", "%" PRIu64, c->chunks);
	if (c->chunks_why) {
		unmeasured(i, "Raw chunks", c->chunks_why);
	} else {
		line(i, "Raw chunks", "%" PRIu64, c->raw_chunks);
		out = label(i, "Compression ratio, measured");
		if (ch->data_len)
			cq_buf_printf(out, "%.6f (%" PRIu64 " / %" PRIu64 ")\n", (double)c->payload_bytes / (double)ch->data_len,
				c->payload_bytes, ch->data_len);
		else
			cq_buf_str(out, "none: no data\n");
	}
	if (i->why_stats)
		unmeasured(i, "Compression ratio, stated", i->why_stats);
	else
		double_line(i, "Compression ratio, stated", i->t->stats.compression_ratio, "");
}

static void filter(struct info *i)
{
	const struct info_filter *f = &i->filter;
	double bits = 64.0 * (double)f->words;

	section(i, "Bloom filter");
	if (i->why_validation)
		unmeasured(i, "FP chance, as set", i->why_validation);
	else
		double_line(i, "FP chance, as set", i->t->stats.bloom_fp_chance, "");
	if (f->none) {
		line(i, "Filter", "none%s: every key may be there",
			!i->why_validation && i->t->stats.bloom_fp_chance < 1 ? ", though the setting asks for one" : "");
		return;
	}
	if (f->why) {
		unmeasured(i, "Filter", f->why);
		return;
	}
	line(i, "Hashes", "%" PRIu64, f->hashes);
	line(i, "Bits", "%" PRIu64 " (%" PRIu64 " set, %.1f %%)", f->words * 64, f->set, 100.0 * (double)f->set / bits);
	if (!i->cardinality_why && i->cardinality > 0)
		line(i, "Bits per key, about", "%.2f", bits / (double)i->cardinality);
	line(i, "FP chance, from the bits", "%.6f", f->expected_fp);
}

static void index_files(struct info *i)
{
	const struct info_summary *s = &i->summary;
	const struct info_trie *t = &i->trie;
	struct cq_buf *out;

	if (!s->none) {
		section(i, "Index summary");
		if (s->why) {
			unmeasured(i, "Summary.db", s->why);
		} else {
			line(i, "Min index interval", "%" PRIu64, s->interval);
			line(i, "Sampling level", "%" PRIu64 " of 128", s->level);
			line(i, "Entries", "%" PRIu64 " (%" PRIu64 " at full sampling)", s->entries, s->full_entries);
			size_line(i, "Bytes", s->bytes);
		}
	}
	if (!t->none) {
		section(i, "Partition index");
		if (t->why) {
			unmeasured(i, "Partitions.db", t->why);
			return;
		}
		line(i, "Keys", "%" PRIu64, t->keys);
		line(i, "Root at", "0x%" PRIx64, t->root);
		if (t->first.p && t->last.p) {
			out = label(i, "Keys, first and last");
			info_value(out, i->t->stats.key_type, t->first);
			cq_buf_str(out, ", ");
			info_value(out, i->t->stats.key_type, t->last);
			cq_buf_byte(out, '\n');
		}
	}
}

/* ---- schema ---- */

static void put_columns(struct info *i, const char *kind, const struct cq_schema_column *c, size_t n, bool guessed)
{
	for (size_t k = 0; k < n; k++) {
		struct cq_buf *out = &i->cli->out, name = {0};

		cq_print_identifier(&name, c[k].name);
		cq_buf_str(out, "  ");
		put_clean(out, name.p ? (const char *)name.p : "", name.len);
		cq_buf_printf(out, "%*s ", name.len < LABEL ? (int)(LABEL - name.len) : 0, "");
		cq_buf_finish(&name);
		cq_type_cql(c[k].type, out);
		cq_buf_printf(out, "  %s%s%s%s%s\n", cli_color(i->cli, CLI_DIM), kind, c[k].type->reversed ? ", descending" : "",
			guessed ? ", name guessed" : "", cli_color(i->cli, CLI_PLAIN));
	}
}

static void schema(struct info *i)
{
	const struct cq_schema *s = i->t->schema;

	section(i, "Schema");
	line(i, "Names from", "%s", i->schema_given ? "--schema" : i->t->ddl ? "schema.cql beside the table"
		: "the SSTable's header; key columns have no names there");
	put_columns(i, "partition key", s->partition, s->npartition, s->guessed_names);
	put_columns(i, "clustering", s->clustering, s->nclustering, s->guessed_names);
	put_columns(i, "static", s->statics, s->nstatic, false);
	put_columns(i, "regular", s->regulars, s->nregular, false);
	if (s->compact)
		line(i, "Storage", "COMPACT STORAGE");
	if (s->ndropped)
		line(i, "Dropped columns", "%zu in the DDL", s->ndropped);
}

static void encoding(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	section(i, "Row encoding (differences are to these)");
	if (i->why_header) {
		unmeasured(i, "EncodingStats", i->why_header);
		return;
	}
	micros_line(i, "EncodingStats minTimestamp", s->header_min_timestamp, NULL);
	seconds_line(i, "EncodingStats minLocalDeletion", s->header_min_ldt, "none");
	ttl_line(i, "EncodingStats minTTL", s->header_min_ttl);
	if (s->reordered)
		line(i, "Column order", "the header lists columns in another order than rows use");
}

/* ---- histograms ---- */

static void bytes_value(struct cq_buf *out, int64_t v)
{
	cq_buf_i64(out, v);
	if (v >= 1024) {
		cq_buf_str(out, " (");
		put_size(out, (uint64_t)v);
		cq_buf_byte(out, ')');
	}
}

static void plain_value(struct cq_buf *out, int64_t v)
{
	cq_buf_i64(out, v);
}

static void time_value(struct cq_buf *out, int64_t v)
{
	if (v)
		cq_print_instant(out, v, 0);
	else
		cq_buf_byte(out, '0');
}

/* "8 values: over 179, p50 258, p75 258, p95 258, p99 258, max 258, mean 253": bounds of buckets, as in the file. */
static void compact(struct info *i, const char *name, const struct cq_histogram *h)
{
	static const struct { const char *name; double p; } parts[] = { { "p50", .5 }, { "p75", .75 }, { "p95", .95 }, { "p99", .99 } };
	struct cq_buf *out = label(i, name);
	int64_t n = cq_histogram_total(h), min = cq_histogram_min(h);

	if (n == 0) {
		cq_buf_str(out, "none\n");
		return;
	}
	cq_buf_printf(out, "%" PRId64 " value%s: ", n, n == 1 ? "" : "s");
	if (min > 0)
		cq_buf_printf(out, "over %" PRId64 ", ", min - 1);
	for (size_t k = 0; k < CQ_COUNTOF(parts); k++)
		cq_buf_printf(out, "%s %" PRId64 ", ", parts[k].name, cq_histogram_percentile(h, parts[k].p));
	if (cq_histogram_max(h) == INT64_MAX)
		cq_buf_printf(out, "%" PRId64 " beyond the last bucket\n", h->counts[h->n - 1]);
	else
		cq_buf_printf(out, "max %" PRId64 ", mean %" PRId64 "\n", cq_histogram_max(h), cq_histogram_mean(h));
}

static void histograms(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out = section(i, "Histograms");
	struct info_bar *bars;
	size_t n;

	if (i->why_stats) {
		unmeasured(i, "Histograms", i->why_stats);
		return;
	}
	if (i->opt.histograms) {
		cq_buf_str(out, "  Tombstone drop times\n");
		bars = info_drop_bars(&i->arena, i, &n);
		info_bars(out, "Drop time", bars, n, time_value, true, false);
		cq_buf_str(out, "  Partition sizes\n");
		bars = info_buckets(&i->arena, &s->partition_sizes, &n);
		info_bars(out, "Bytes", bars, n, bytes_value, true, true);
		cq_buf_str(out, "  Cells per partition\n");
		bars = info_buckets(&i->arena, &s->cells_per_partition, &n);
		info_bars(out, "Cells", bars, n, plain_value, true, true);
		return;
	}
	compact(i, "Partition sizes, bytes", &s->partition_sizes);
	compact(i, "Cells per partition", &s->cells_per_partition);
	if (s->ndrop_times == 0) {
		line(i, "Tombstone drop times", "none");
	} else {
		int64_t sum = 0;

		for (size_t k = 0; k < i->ndrops; k++)
			sum += i->drops[k].count;
		out = label(i, "Tombstone drop times");
		cq_buf_printf(out, "%" PRId64 " in %zu bins, ", sum, i->ndrops);
		time_value(out, i->drops[0].point);
		cq_buf_str(out, " to ");
		time_value(out, i->drops[i->ndrops - 1].point);
		cq_buf_byte(out, '\n');
	}
}

/* ---- scan, findings ---- */

static void leaders(struct info *i, const char *name, const struct info_leader *list, unsigned n, bool bytes)
{
	for (unsigned k = 0; k < n; k++) {
		struct cq_buf *out = label(i, k ? "" : name);

		cq_buf_printf(out, "%12" PRIu64 "  ", list[k].n);
		put_clean(out, (const char *)list[k].key.p, list[k].key.len);
		if (bytes) {
			cq_buf_str(out, "  (");
			put_size(out, list[k].n);
			cq_buf_byte(out, ')');
		}
		cq_buf_byte(out, '\n');
	}
	if (n == 0)
		line(i, name, "none");
}

static void scanned(struct info *i)
{
	const struct info_scan *s = &i->scan;

	section(i, "Scan");
	if (s->why) {
		unmeasured(i, "Scan", s->why);
		if (s->partitions)
			line(i, "Until then", "%" PRIu64 " partitions, %" PRIu64 " rows", s->partitions, s->rows);
		return;
	}
	size_line(i, "Size", s->bytes);
	line(i, "Partitions", "%" PRIu64, s->partitions);
	line(i, "Rows", "%" PRIu64 " (and %" PRIu64 " static)", s->rows, s->static_rows);
	line(i, "Cells", "%" PRIu64 " (and %" PRIu64 " static; %" PRIu64 " of all expire)", s->cells, s->static_cells,
		s->expiring_cells);
	line(i, "Tombstones", "%" PRIu64 " (cells, partitions, range markers)",
		s->cell_tombstones + s->static_tombstones + s->partition_deletions + s->markers);
	line(i, "  cell tombstones", "%" PRIu64 " (and %" PRIu64 " static)", s->cell_tombstones, s->static_tombstones);
	line(i, "  partition deletions", "%" PRIu64, s->partition_deletions);
	line(i, "  range markers", "%" PRIu64, s->markers);
	line(i, "  row deletions", "%" PRIu64 " (not in the sum)", s->row_deletions);
	line(i, "  collection deletions", "%" PRIu64 " (not in the sum)", s->complex_deletions);
	leaders(i, "Widest partitions, rows", s->widest, s->nwidest, false);
	leaders(i, "Largest partitions, bytes", s->largest, s->nlargest, true);
	leaders(i, "Tombstone leaders", s->most_tombstones, s->ntombstones, false);
}

static void findings(struct info *i)
{
	static const enum cli_role roles[] = { CLI_DIM, CLI_WARN, CLI_BAD };
	struct cq_buf *out;

	if (!i->t->findings.n)
		return;
	out = section(i, "Findings on opening");
	for (const struct cq_finding *f = i->t->findings.first; f; f = f->next) {
		cq_buf_printf(out, "  %s%s%s %s: %s", cli_color(i->cli, roles[f->severity]), cq_severity_name(f->severity),
			cli_color(i->cli, CLI_PLAIN), f->id, f->file);
		if (f->off != CQ_NO_OFFSET)
			cq_buf_printf(out, " at %s offset 0x%" PRIx64, cq_space_kind_name(f->space), f->off);
		cq_buf_str(out, ": ");
		put_clean(out, f->message, strlen(f->message));
		cq_buf_byte(out, '\n');
	}
}

void info_text(struct info *i)
{
	identity(i);
	if (!i->t)
		unmeasured(i, "Everything else", i->why_closed);
	components(i);
	if (!i->t)
		return;
	keys(i);
	content(i);
	times(i);
	repair(i);
	compression(i);
	filter(i);
	index_files(i);
	schema(i);
	encoding(i);
	histograms(i);
	if (i->scan.asked)
		scanned(i);
	findings(i);
}

/* info for people: sections of lines, one fact a line. What a version does not have is said; what could not be read is
 * "unmeasured", with the cause. */
#include "info_lines.h"

#include <inttypes.h>
#include <math.h>

/* ---- what and where ---- */

static void identity(struct info *i)
{
	struct cq_buf *out = &i->cli->out;
	const struct cq_desc *d = &i->entry->desc;

	cq_buf_str(out, cli_color(i->cli, CLI_BOLD));
	info_put_clean(out, (const char *)d->base.p, d->base.len);
	cq_buf_printf(out, "%s\n", cli_color(i->cli, CLI_PLAIN));
	info_line(i, "Directory", "%s", i->entry->dir);
	if (d->place.keyspace.p)
		info_slice_line(i, "Keyspace", d->place.keyspace);
	else
		info_unmeasured(i, "Keyspace", "the path does not say");
	if (d->place.table.p) {
		out = info_name(i, "Table");
		info_put_clean(out, (const char *)d->place.table.p, d->place.table.len);
		if (d->place.has_table_id) {
			cq_buf_str(out, " (id ");
			cq_print_uuid(out, d->place.table_id);
			cq_buf_byte(out, ')');
		} else {
			cq_buf_str(out, " (the directory's name, without an id)");
		}
		cq_buf_byte(out, '\n');
	} else {
		info_unmeasured(i, "Table", "the path does not say");
	}
	if (d->place.index.p)
		info_slice_line(i, "Secondary index", d->place.index);
	if (d->place.snapshot.p)
		info_slice_line(i, "Snapshot", d->place.snapshot);
	if (d->place.backup)
		info_line(i, "Backup", "yes");
	out = info_name(i, "Identifier");
	cq_buf_slice(out, d->id.text);
	if (d->id.is_uuid) {
		cq_buf_str(out, " (");
		cq_print_uuid(out, d->id.uuid);
		cq_buf_str(out, ", made ");
		info_put_micros(out, cq_sst_id_micros(&d->id));
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
	info_line(i, "Version", "%.*s (%s)", (int)d->version.len, (const char *)d->version.p,
		i->format ? i->format->summary : "no format for it is built in or loaded");
	if (i->version)
		info_line(i, "Written since", "Cassandra %s", i->version->since);
	if (i->writer)
		info_line(i, "Written by", "%s", i->writer);
	if (i->entry->fate != CQ_TXN_NONE)
		info_line(i, "Transaction log", "%s (%s)", i->entry->fate == CQ_TXN_OBSOLETE ? "obsolete: replaced by another table"
			: "incomplete: its operation did not finish", i->entry->fate_log);
}

static void components(struct info *i)
{
	struct cq_buf *out = info_section(i, "Components");

	for (size_t n = 0; n < i->ncomponents; n++) {
		const struct info_component *c = &i->components[n];
		const char *role = !c->present ? cli_color(i->cli, c->needed ? CLI_BAD : CLI_WARN) : "";

		cq_buf_printf(out, "  %s", role);
		info_put_clean(out, (const char *)c->name.p, c->name.len);
		cq_buf_printf(out, "%*s", c->name.len < INFO_NAME_WIDTH ? (int)(INFO_NAME_WIDTH - c->name.len) : 0, "");
		if (c->present) {
			cq_buf_printf(out, " %14" PRIu64, c->bytes);
			info_put_bytes(out, c->bytes);
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
		info_unmeasured(i, "TOC.txt", i->toc_why);
	else if (!i->has_toc)
		info_line(i, "TOC.txt", "none: what else belongs to the table is not known");
	cq_buf_printf(out, "  %-*s %14" PRIu64, INFO_NAME_WIDTH, "total", i->entry->bytes);
	info_put_bytes(out, i->entry->bytes);
	cq_buf_byte(out, '\n');
}

/* ---- partitions ---- */

static void put_pair(struct info *i, const char *name, const char *token, cq_slice key)
{
	struct cq_buf *out = info_name(i, name);

	info_put_clean(out, token ? token : "(unknown partitioner)", strlen(token ? token : "(unknown partitioner)"));
	cq_buf_str(out, " (");
	info_put_clean(out, (const char *)key.p, key.len);
	cq_buf_str(out, ")\n");
}

static void keys(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out;

	info_section(i, "Partitions");
	if (i->why_validation)
		info_unmeasured(i, "Partitioner", i->why_validation);
	else
		info_slice_line(i, "Partitioner", s->partitioner);
	if (i->keys.why) {
		info_unmeasured(i, "First token", i->keys.why);
		info_unmeasured(i, "Last token", i->keys.why);
	} else {
		put_pair(i, "First token", i->keys.first_token, i->keys.first_text);
		put_pair(i, "Last token", i->keys.last_token, i->keys.last_text);
	}
	if (i->cardinality_why)
		info_unmeasured(i, "Estimated cardinality", i->cardinality_why);
	else
		info_line(i, "Estimated cardinality", "%" PRId64, i->cardinality);
	if (i->why_stats) {
		info_unmeasured(i, "Token space coverage", i->why_stats);
	} else {
		if (!(s->has & CQ_HAS_COVERAGE))
			info_not_here(i, "Token space coverage");
		else if (isnan(s->coverage))
			info_line(i, "Token space coverage", "not computed by the writer (NaN)");
		else
			info_double_line(i, "Token space coverage", s->coverage, "");
		if (!(s->has & CQ_HAS_PARTITION_DELETIONS))
			info_not_here(i, "Has partition deletions");
		else
			info_line(i, "Has partition deletions", "%s", s->has_partition_deletions ? "yes" : "no");
	}
	if (i->why_stats || i->why_header) {
		info_unmeasured(i, "Covered clusterings", i->why_stats ? i->why_stats : i->why_header);
		return;
	}
	if (s->has & CQ_HAS_LEGACY_MINMAX && !(i->t->features & CQ_FEAT_ACCURATE_MINMAX)) {
		/* Lowest and highest value of each column by itself: no slice. */
		const cq_slice *lists[2] = { s->min_clustering, s->max_clustering };
		const size_t n[2] = { s->nmin, s->nmax };

		for (int l = 0; l < 2; l++) {
			out = info_name(i, l ? "Max clustering, each column" : "Min clustering, each column");
			for (size_t k = 0; k < n[l]; k++) {
				struct cq_buf text = {0};

				info_value(&text, k < s->nclustering ? s->clustering_types[k] : NULL, lists[l][k]);
				cq_buf_str(out, k ? ", " : "");
				info_put_clean(out, text.p ? (const char *)text.p : "", text.len);
				cq_buf_finish(&text);
			}
			cq_buf_str(out, n[l] ? "\n" : "none\n");
		}
	} else {
		struct cq_buf text = {0};

		out = info_name(i, "Covered clusterings");
		info_covered(&text, i);
		info_put_clean(out, (const char *)text.p, text.len);
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

	info_section(i, "Times");
	if (i->why_stats) {
		info_unmeasured(i, "Timestamps", i->why_stats);
		return;
	}
	info_micros_line(i, "Minimum timestamp", s->min_timestamp, s->min_timestamp == INT64_MIN ? "none" : NULL);
	info_micros_line(i, "Maximum timestamp", s->max_timestamp, s->max_timestamp == INT64_MAX ? "none" : NULL);
	out = info_name(i, "Duration");
	span = (uint64_t)s->max_timestamp - (uint64_t)s->min_timestamp;
	if (s->max_timestamp < s->min_timestamp || s->min_timestamp == INT64_MIN || s->max_timestamp == INT64_MAX)
		cq_buf_str(out, "none\n");
	else if (span < 1000000)
		cq_buf_printf(out, "%" PRIu64 " us\n", span);
	else {
		info_java_words(out, (int64_t)(span / 1000000));
		cq_buf_byte(out, '\n');
	}
	info_seconds_line(i, "Min local deletion time", s->min_ldt, "none: nothing expires or is deleted");
	info_seconds_line(i, "Max local deletion time", s->max_ldt, "none: some data does not expire");
	info_ttl_line(i, "TTL min", s->min_ttl);
	info_ttl_line(i, "TTL max", s->max_ttl);
	if (i->opt.gc_grace_given)
		out = info_name(i, "Droppable tombstones");
	else
		out = info_name(i, "Droppable tombstones (gc 0)");
	cq_print_double(out, i->droppable);
	cq_buf_printf(out, " of all cells at ");
	cq_print_instant(out, i->opt.now, 0);
	cq_buf_printf(out, ", gc_grace %" PRId32 "\n", i->opt.gc_grace);
}

/* ---- rows, repair, log ---- */

static void content(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	info_section(i, "Content");
	if (i->why_stats) {
		info_unmeasured(i, "Rows", i->why_stats);
		return;
	}
	info_line(i, "Rows (totalRows)", "%" PRId64, s->total_rows);
	info_line(i, "Columns (totalColumnsSet)", "%" PRId64, s->total_columns_set);
	info_line(i, "Legacy counter shards", "%s", s->legacy_counter_shards ? "yes: counters written before 2.1" : "no");
	info_line(i, "SSTable level", "%" PRId32, s->level);
}

static void repair(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out;

	info_section(i, "Repair and origin");
	if (i->why_stats) {
		info_unmeasured(i, "Repaired at", i->why_stats);
		return;
	}
	out = info_name(i, "Repaired at");
	if (s->repaired_at) {
		int64_t rest = s->repaired_at % 1000;

		cq_print_instant(out, s->repaired_at / 1000 - (rest < 0), (uint32_t)(rest < 0 ? rest + 1000 : rest) * 1000000);
		cq_buf_printf(out, " (%" PRId64 ")\n", s->repaired_at);
	} else {
		cq_buf_str(out, "never (0)\n");
	}
	if (s->has & CQ_HAS_PENDING_REPAIR)
		info_uuid_line(i, "Pending repair", s->pending_repair, "none");
	else
		info_not_here(i, "Pending repair");
	if (s->has & CQ_HAS_TRANSIENT)
		info_line(i, "Transient", "%s", s->is_transient ? "yes" : "no");
	else
		info_not_here(i, "Transient");
	if (s->has & CQ_HAS_HOST_ID)
		info_uuid_line(i, "Originating host id", s->host_id, "none");
	else
		info_not_here(i, "Originating host id");
	if (s->has & CQ_HAS_COMMITLOG_LOWER)
		info_line(i, "Commit log from", "segment %" PRId64 " position %" PRId32, s->commitlog_lower.segment,
			s->commitlog_lower.position);
	else
		info_not_here(i, "Commit log from");
	info_line(i, "Commit log to", "segment %" PRId64 " position %" PRId32, s->commitlog_upper.segment, s->commitlog_upper.position);
	if (!(s->has & CQ_HAS_COMMITLOG_INTERVALS)) {
		info_not_here(i, "Commit log intervals");
		return;
	}
	if (s->nintervals == 0)
		info_line(i, "Commit log intervals", "none");
	for (size_t k = 0; k < s->nintervals; k++) {
		const struct cq_commitlog_interval *v = &s->intervals[k];

		info_line(i, k ? "" : "Commit log intervals", "%" PRId64 ":%" PRId32 " to %" PRId64 ":%" PRId32, v->start.segment,
			v->start.position, v->end.segment, v->end.position);
	}
}

/* ---- schema ---- */

static void put_columns(struct info *i, const char *kind, const struct cq_schema_column *c, size_t n, bool guessed)
{
	for (size_t k = 0; k < n; k++) {
		struct cq_buf *out = &i->cli->out, name = {0};

		cq_print_identifier(&name, c[k].name);
		cq_buf_str(out, "  ");
		info_put_clean(out, name.p ? (const char *)name.p : "", name.len);
		cq_buf_printf(out, "%*s ", name.len < INFO_NAME_WIDTH ? (int)(INFO_NAME_WIDTH - name.len) : 0, "");
		cq_buf_finish(&name);
		cq_type_cql(c[k].type, out);
		cq_buf_printf(out, "  %s%s%s%s%s\n", cli_color(i->cli, CLI_DIM), kind, c[k].type->reversed ? ", descending" : "",
			guessed ? ", name guessed" : "", cli_color(i->cli, CLI_PLAIN));
	}
}

static void schema(struct info *i)
{
	const struct cq_schema *s = i->t->schema;

	info_section(i, "Schema");
	info_line(i, "Names from", "%s", i->schema_given ? "--schema" : i->t->ddl ? "schema.cql beside the table"
		: "the SSTable's header; key columns have no names there");
	put_columns(i, "partition key", s->partition, s->npartition, s->guessed_names);
	put_columns(i, "clustering", s->clustering, s->nclustering, s->guessed_names);
	put_columns(i, "static", s->statics, s->nstatic, false);
	put_columns(i, "regular", s->regulars, s->nregular, false);
	if (s->compact)
		info_line(i, "Storage", "COMPACT STORAGE");
	if (s->ndropped)
		info_line(i, "Dropped columns", "%zu in the DDL", s->ndropped);
}

static void encoding(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	info_section(i, "Row encoding (differences are to these)");
	if (i->why_header) {
		info_unmeasured(i, "EncodingStats", i->why_header);
		return;
	}
	info_micros_line(i, "EncodingStats minTimestamp", s->header_min_timestamp, NULL);
	info_seconds_line(i, "EncodingStats minLocalDeletion", s->header_min_ldt, "none");
	info_ttl_line(i, "EncodingStats minTTL", s->header_min_ttl);
	if (s->reordered)
		info_line(i, "Column order", "the header lists columns in another order than rows use");
}

/* ---- findings ---- */

static void findings(struct info *i)
{
	static const enum cli_role roles[] = { CLI_DIM, CLI_WARN, CLI_BAD };
	struct cq_buf *out;

	if (!i->t->findings.n)
		return;
	out = info_section(i, "Findings on opening");
	for (const struct cq_finding *f = i->t->findings.first; f; f = f->next) {
		cq_buf_printf(out, "  %s%s%s %s: %s", cli_color(i->cli, roles[f->severity]), cq_severity_name(f->severity),
			cli_color(i->cli, CLI_PLAIN), f->id, f->file);
		if (f->off != CQ_NO_OFFSET)
			cq_buf_printf(out, " at %s offset 0x%" PRIx64, cq_space_kind_name(f->space), f->off);
		cq_buf_str(out, ": ");
		info_put_clean(out, f->message, strlen(f->message));
		cq_buf_byte(out, '\n');
	}
}

void info_text(struct info *i)
{
	identity(i);
	if (!i->t)
		info_unmeasured(i, "Everything else", i->why_closed);
	components(i);
	if (!i->t)
		return;
	keys(i);
	content(i);
	times(i);
	repair(i);
	info_text_compression(i);
	info_text_filter(i);
	info_text_index(i);
	schema(i);
	encoding(i);
	info_text_histograms(i);
	if (i->scan.asked)
		info_text_scan(i);
	findings(i);
}

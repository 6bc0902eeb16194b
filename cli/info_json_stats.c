/* info --json: what Statistics.db says. */
#include "info_json_out.h"

#include <inttypes.h>
#include <math.h>

static void values(struct json *j, const struct info *i, const char *s, const cq_slice *v, size_t n)
{
	struct cq_buf b = {0};

	json_open(j, s, '[');
	for (size_t k = 0; k < n; k++) {
		json_open(j, NULL, '{');
		json_hex(j, "raw", v[k]);
		info_value(&b, k < i->t->stats.nclustering ? i->t->stats.clustering_types[k] : NULL, v[k]);
		json_printed(j, "text", &b);
		json_close(j, '}');
	}
	json_close(j, ']');
	cq_buf_finish(&b);
}

static void bound(struct json *j, const struct info *i, const char *s, const struct cq_prefix *p)
{
	json_open(j, s, '{');
	json_text(j, "kind", cq_bound_kind_name(p->kind));
	values(j, i, "values", p->values, p->n);
	json_close(j, '}');
}

static void covered(struct json *j, const struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_prefix start, end;
	struct cq_buf b = {0};

	json_open(j, "covered_clusterings", '{');
	info_covered(&b, i);
	json_printed(j, "text", &b);
	if (info_covered_bounds(i, &start, &end)) {
		bound(j, i, "start", &start);
		bound(j, i, "end", &end);
	}
	json_close(j, '}');
	if (s->has & CQ_HAS_LEGACY_MINMAX) {
		values(j, i, "min_clustering_values", s->min_clustering, s->nmin);
		values(j, i, "max_clustering_values", s->max_clustering, s->nmax);
	} else {
		json_null(j, "min_clustering_values");
		json_null(j, "max_clustering_values");
	}
	cq_buf_finish(&b);
}

static void position(struct json *j, const char *s, struct cq_commitlog_position p)
{
	json_open(j, s, '{');
	json_i64(j, "segment", p.segment);
	json_i64(j, "position", p.position);
	json_close(j, '}');
}

static void percentiles(struct json *j, const struct info_bar *bars, size_t n)
{
	struct info_percentiles p;

	info_bar_percentiles(bars, n, &p);
	json_open(j, "percentiles", '{');
	json_i64(j, "50th", p.p50);
	json_i64(j, "75th", p.p75);
	json_i64(j, "95th", p.p95);
	json_i64(j, "98th", p.p98);
	json_i64(j, "99th", p.p99);
	json_i64(j, "min", p.min);
	json_i64(j, "max", p.max);
	json_close(j, '}');
}

static void histogram(struct json *j, struct info *i, const char *s, const struct cq_histogram *h)
{
	size_t n;
	const struct info_bar *bars = info_buckets(&i->arena, h, &n);

	json_open(j, s, '{');
	json_u64(j, "bucket_count", h->n);
	json_i64(j, "total", cq_histogram_total(h));
	json_i64(j, "overflow", h->n ? h->counts[h->n - 1] : 0);
	json_i64(j, "mean", cq_histogram_mean(h));
	json_open(j, "buckets", '[');
	for (size_t k = 0; k < n; k++) {
		json_open(j, NULL, '{');
		json_i64(j, "up_to", bars[k].value);
		json_i64(j, "count", bars[k].count);
		json_close(j, '}');
	}
	json_close(j, ']');
	percentiles(j, bars, n);
	json_close(j, '}');
}

static void drop_times(struct json *j, struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	const struct info_bar *bars;
	size_t n;

	json_open(j, "tombstone_drop_times", '{');
	json_i64(j, "max_bins", s->drop_time_bins);
	json_open(j, "bins", '[');
	for (size_t k = 0; k < s->ndrop_times; k++) {
		double point = s->drop_times[k].point;

		json_open(j, NULL, '{');
		json_name(j, "point");
		if (point == floor(point) && fabs(point) < 0x1p53)
			cq_buf_i64(j->out, (int64_t)point);
		else
			json_put_double(j->out, point);
		json_i64(j, "count", s->drop_times[k].count);
		if (isfinite(point) && fabs(point) < 0x1p53) {
			json_name(j, "text");
			cq_buf_byte(j->out, '"');
			cq_print_instant(j->out, (int64_t)floor(point), 0);
			cq_buf_byte(j->out, '"');
		} else {
			json_null(j, "text");
		}
		json_close(j, '}');
	}
	json_close(j, ']');
	bars = info_drop_bars(&i->arena, i, &n);
	percentiles(j, bars, n);
	json_close(j, '}');
}

void info_json_stats(struct json *j, struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	json_instant(j, "min_timestamp", s->min_timestamp, 1000000, NULL);
	json_instant(j, "max_timestamp", s->max_timestamp, 1000000, NULL);
	/* Whole seconds, of a difference that wraps as in Java. */
	json_i64(j, "duration_seconds", (int64_t)((uint64_t)s->max_timestamp - (uint64_t)s->min_timestamp) / 1000000);
	json_ldt(j, "min_local_deletion_time", s->min_ldt);
	json_ldt(j, "max_local_deletion_time", s->max_ldt);
	json_ttl(j, "min_ttl", s->min_ttl);
	json_ttl(j, "max_ttl", s->max_ttl);
	json_double(j, "compression_ratio", s->compression_ratio);
	json_open(j, "estimated_droppable_tombstones", '{');
	json_name(j, "raw");
	json_put_double(j->out, i->droppable);
	json_name(j, "text");
	cq_buf_byte(j->out, '"');
	cq_print_double(j->out, i->droppable);
	cq_buf_byte(j->out, '"');
	json_i64(j, "now", i->opt.now);
	json_i64(j, "gc_grace_seconds", i->opt.gc_grace);
	json_close(j, '}');
	json_i64(j, "level", s->level);
	json_instant(j, "repaired_at", s->repaired_at, 1000, s->repaired_at ? NULL : "never");
	json_uuid(j, "pending_repair", s->pending_repair.len == 16 ? s->pending_repair.p : NULL);
	if (s->has & CQ_HAS_TRANSIENT)
		json_bool(j, "is_transient", s->is_transient);
	else
		json_null(j, "is_transient");
	json_uuid(j, "originating_host_id", s->host_id.len == 16 ? s->host_id.p : NULL);
	if (s->has & CQ_HAS_COMMITLOG_LOWER)
		position(j, "commit_log_lower", s->commitlog_lower);
	else
		json_null(j, "commit_log_lower");
	position(j, "commit_log_upper", s->commitlog_upper);
	if (s->has & CQ_HAS_COMMITLOG_INTERVALS) {
		json_open(j, "commit_log_intervals", '[');
		for (size_t k = 0; k < s->nintervals; k++) {
			json_open(j, NULL, '{');
			position(j, "start", s->intervals[k].start);
			position(j, "end", s->intervals[k].end);
			json_close(j, '}');
		}
		json_close(j, ']');
	} else {
		json_null(j, "commit_log_intervals");
	}
	json_i64(j, "total_columns_set", s->total_columns_set);
	json_i64(j, "total_rows", s->total_rows);
	json_bool(j, "has_legacy_counter_shards", s->legacy_counter_shards);
	if (s->has & CQ_HAS_PARTITION_DELETIONS)
		json_bool(j, "has_partition_deletions", s->has_partition_deletions);
	else
		json_null(j, "has_partition_deletions");
	if (s->has & CQ_HAS_COVERAGE)
		json_double(j, "token_space_coverage", s->coverage);
	else
		json_null(j, "token_space_coverage");
	covered(j, i);
	histogram(j, i, "partition_sizes", &s->partition_sizes);
	histogram(j, i, "cells_per_partition", &s->cells_per_partition);
	drop_times(j, i);
}

static void header_columns(struct json *j, const char *s, const struct cq_column *c, size_t n)
{
	json_open(j, s, '[');
	for (size_t k = 0; k < n; k++) {
		json_open(j, NULL, '{');
		json_slice(j, "name", c[k].name);
		json_hex(j, "name_raw", c[k].name);
		json_type(j, "type", c[k].type);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void info_json_header(struct json *j, const struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	json_open(j, "encoding_stats", '{');
	json_instant(j, "min_timestamp", s->header_min_timestamp, 1000000, NULL);
	json_ldt(j, "min_local_deletion_time", s->header_min_ldt);
	json_ttl(j, "min_ttl", s->header_min_ttl);
	json_close(j, '}');
	json_type(j, "key_type", s->key_type);
	json_open(j, "clustering_types", '[');
	for (size_t k = 0; k < s->nclustering; k++)
		json_type(j, NULL, s->clustering_types[k]);
	json_close(j, ']');
	header_columns(j, "static_columns", s->statics, s->nstatic);
	header_columns(j, "regular_columns", s->regulars, s->nregular);
	json_bool(j, "columns_reordered", s->reordered);
}

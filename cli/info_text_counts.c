/* info for people: histograms of Statistics.db, and what --scan counts. */
#include "info_lines.h"

#include <inttypes.h>

/* ---- histograms ---- */

static void bytes_value(struct cq_buf *out, int64_t v)
{
	cq_buf_i64(out, v);
	if (v >= 1024) {
		cq_buf_str(out, " (");
		info_put_size(out, (uint64_t)v);
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
	struct cq_buf *out = info_name(i, name);
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

void info_text_histograms(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	struct cq_buf *out = info_section(i, "Histograms");
	struct info_bar *bars;
	size_t n;

	if (i->why_stats) {
		info_unmeasured(i, "Histograms", i->why_stats);
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
		info_line(i, "Tombstone drop times", "none");
	} else {
		int64_t sum = 0;

		for (size_t k = 0; k < i->ndrops; k++)
			sum += i->drops[k].count;
		out = info_name(i, "Tombstone drop times");
		cq_buf_printf(out, "%" PRId64 " in %zu bins, ", sum, i->ndrops);
		time_value(out, i->drops[0].point);
		cq_buf_str(out, " to ");
		time_value(out, i->drops[i->ndrops - 1].point);
		cq_buf_byte(out, '\n');
	}
}

/* ---- scan ---- */

static void leaders(struct info *i, const char *name, const struct info_leader *list, unsigned n, bool bytes)
{
	for (unsigned k = 0; k < n; k++) {
		struct cq_buf *out = info_name(i, k ? "" : name);

		cq_buf_printf(out, "%12" PRIu64 "  ", list[k].n);
		info_put_clean(out, (const char *)list[k].key.p, list[k].key.len);
		if (bytes) {
			cq_buf_str(out, "  (");
			info_put_size(out, list[k].n);
			cq_buf_byte(out, ')');
		}
		cq_buf_byte(out, '\n');
	}
	if (n == 0)
		info_line(i, name, "none");
}

void info_text_scan(struct info *i)
{
	const struct info_scan *s = &i->scan;

	info_section(i, "Scan");
	if (s->why) {
		info_unmeasured(i, "Scan", s->why);
		if (s->partitions)
			info_line(i, "Until then", "%" PRIu64 " partitions, %" PRIu64 " rows", s->partitions, s->rows);
		return;
	}
	info_size_line(i, "Size", s->bytes);
	info_line(i, "Partitions", "%" PRIu64, s->partitions);
	info_line(i, "Rows", "%" PRIu64 " (and %" PRIu64 " static)", s->rows, s->static_rows);
	info_line(i, "Cells", "%" PRIu64 " (and %" PRIu64 " static; %" PRIu64 " of all expire)", s->cells, s->static_cells,
		s->expiring_cells);
	info_line(i, "Tombstones", "%" PRIu64 " (cells, partitions, range markers)",
		s->cell_tombstones + s->static_tombstones + s->partition_deletions + s->markers);
	info_line(i, "  cell tombstones", "%" PRIu64 " (and %" PRIu64 " static)", s->cell_tombstones, s->static_tombstones);
	info_line(i, "  partition deletions", "%" PRIu64, s->partition_deletions);
	info_line(i, "  range markers", "%" PRIu64, s->markers);
	info_line(i, "  row deletions", "%" PRIu64 " (not in the sum)", s->row_deletions);
	info_line(i, "  collection deletions", "%" PRIu64 " (not in the sum)", s->complex_deletions);
	leaders(i, "Widest partitions, rows", s->widest, s->nwidest, false);
	leaders(i, "Largest partitions, bytes", s->largest, s->nlargest, true);
	leaders(i, "Tombstone leaders", s->most_tombstones, s->ntombstones, false);
}

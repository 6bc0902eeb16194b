/* The table that info prints of many SSTables: one line each, totals below. */
#include "info.h"

#include <inttypes.h>
#include <unistd.h>

static void put_size(struct cq_buf *out, uint64_t n)
{
	static const char units[] = "KMGTPE";
	double v = (double)n;
	int u = -1;

	while (v >= 999.5 && u < 5) {
		v /= 1024;
		u++;
	}
	if (u < 0)
		cq_buf_printf(out, "%6" PRIu64 " B  ", n);
	else
		cq_buf_printf(out, "%6.*f %ciB", v < 99.95 ? 1 : 0, v, units[u]);
}

/* The end of a line whose last column may be empty or padded. */
static void end_line(struct cq_buf *out, const char *escape)
{
	while (out->len && out->p[out->len - 1] == ' ')
		out->len--;
	cq_buf_printf(out, "%s\n", escape);
}

/* Day and minute of a timestamp: what fits a line. */
static void put_minute(struct cq_buf *out, int64_t micros)
{
	struct cq_buf b = {0};
	int64_t seconds = micros / 1000000 - (micros % 1000000 < 0);
	const char *s;

	if (micros == INT64_MIN || micros == INT64_MAX) {
		cq_buf_printf(out, "%-16s", "-");
		return;
	}
	cq_print_instant(&b, seconds - (seconds % 60 + 60) % 60, 0);
	s = cq_buf_cstr(&b);
	/* 2023-11-14T22:13:00Z without its seconds; years of more digits are printed as they are. */
	if (strlen(s) == 20)
		cq_buf_printf(out, "%.10s %.5s", s, s + 11);
	else
		cq_buf_printf(out, "%-16s", s);
	cq_buf_finish(&b);
}

static void put_where(struct cq_buf *out, const struct cq_sst_entry *e)
{
	const struct cq_place *p = &e->desc.place;

	if (p->keyspace.p) {
		cq_buf_slice(out, p->keyspace);
		cq_buf_byte(out, '.');
	}
	if (p->table.p)
		cq_buf_slice(out, p->table);
	else
		cq_buf_byte(out, '?');
	if (p->index.p) {
		cq_buf_byte(out, '.');
		cq_buf_slice(out, p->index);
	}
	if (p->snapshot.p) {
		cq_buf_byte(out, '@');
		cq_buf_slice(out, p->snapshot);
	}
	if (p->backup)
		cq_buf_str(out, "@backups");
	cq_buf_byte(out, ' ');
	cq_buf_slice(out, e->desc.base);
	/* Names come from directories, and may hold anything. */
	for (size_t k = 0; k < out->len; k++)
		if (out->p[k] < 0x20 || out->p[k] == 0x7f)
			out->p[k] = '?';
}

void info_overview_head(struct cli *cli, struct info_totals *t, const struct cq_desc_list *list)
{
	struct cq_buf b = {0};

	for (size_t k = 0; k < list->ntables; k++) {
		cq_buf_clear(&b);
		put_where(&b, &list->tables[k]);
		t->name_width = b.len > t->name_width ? b.len : t->name_width;
	}
	cq_buf_finish(&b);
	if (t->name_width > 72)
		t->name_width = 72;
	t->min_timestamp = INT64_MAX;
	t->max_timestamp = INT64_MIN;
	cq_buf_printf(&cli->out, "%s%-*s %10s %10s %6s %12s %12s %-16s %-16s %2s%s\n", cli_color(cli, CLI_BOLD),
		(int)t->name_width, "SSTable", "on disk", "data", "ratio", "~partitions", "rows", "first written", "last written",
		"L", cli_color(cli, CLI_PLAIN));
}

void info_overview_line(struct info *i, struct info_totals *t)
{
	struct cq_buf *out = &i->cli->out, b = {0};
	const struct cq_statistics *s;
	uint64_t data = 0;
	const char *note = "";

	t->tables++;
	t->bytes += i->entry->bytes;
	put_where(&b, i->entry);
	cq_buf_printf(out, "%-*s ", (int)t->name_width, cq_buf_cstr(&b));
	cq_buf_finish(&b);
	put_size(out, i->entry->bytes);
	if (!i->t) {
		t->unreadable++;
		cq_buf_printf(out, "  %sunmeasured: %s%s\n", cli_color(i->cli, CLI_BAD), i->why_closed, cli_color(i->cli, CLI_PLAIN));
		return;
	}
	s = &i->t->stats;
	cq_buf_byte(out, ' ');
	if (i->t->component[CQ_C_DATA]) {
		data = i->t->stream.len;
		put_size(out, data);
		t->uncompressed_bytes += data;
		t->data_bytes += i->t->component[CQ_C_DATA]->size;
	} else {
		cq_buf_printf(out, "%10s", "missing");
	}
	if (i->why_stats) {
		t->unmeasured++;
		cq_buf_printf(out, "  %sunmeasured: %s%s\n", cli_color(i->cli, CLI_BAD), i->why_stats, cli_color(i->cli, CLI_PLAIN));
		return;
	}
	if (s->compression_ratio >= 0 && s->compression_ratio < 1000)
		cq_buf_printf(out, " %6.3f", s->compression_ratio);
	else
		cq_buf_printf(out, " %6s", "-");
	if (i->cardinality_why)
		cq_buf_printf(out, " %12s", "unmeasured");
	else
		cq_buf_printf(out, " %12" PRId64, i->cardinality);
	cq_buf_printf(out, " %12" PRId64 " ", s->total_rows);
	put_minute(out, s->min_timestamp);
	cq_buf_byte(out, ' ');
	put_minute(out, s->max_timestamp);
	if (info_exit_code(i) != CLI_WELL)
		note = "damaged or incomplete: see cqlite info on it alone";
	else if (s->repaired_at)
		note = "repaired";
	cq_buf_printf(out, " %2" PRId32 " %s%s", s->level, info_exit_code(i) ? cli_color(i->cli, CLI_BAD) : "", note);
	end_line(out, info_exit_code(i) ? cli_color(i->cli, CLI_PLAIN) : "");
	t->partitions += i->cardinality_why ? 0 : i->cardinality;
	t->rows = (int64_t)((uint64_t)t->rows + (uint64_t)s->total_rows);
	if (s->min_timestamp != INT64_MIN && s->min_timestamp < t->min_timestamp)
		t->min_timestamp = s->min_timestamp;
	if (s->max_timestamp != INT64_MAX && s->max_timestamp > t->max_timestamp)
		t->max_timestamp = s->max_timestamp;
}

void info_overview_totals(struct cli *cli, const struct info_totals *t)
{
	struct cq_buf *out = &cli->out;
	char tables[64];

	snprintf(tables, sizeof tables, "%zu SSTables", t->tables);
	cq_buf_printf(out, "%s%-*s ", cli_color(cli, CLI_BOLD), (int)t->name_width, tables);
	put_size(out, t->bytes);
	cq_buf_byte(out, ' ');
	put_size(out, t->uncompressed_bytes);
	if (t->uncompressed_bytes)
		cq_buf_printf(out, " %6.3f", (double)t->data_bytes / (double)t->uncompressed_bytes);
	else
		cq_buf_printf(out, " %6s", "-");
	cq_buf_printf(out, " %12" PRId64 " %12" PRId64 " ", t->partitions, t->rows);
	put_minute(out, t->min_timestamp);
	cq_buf_byte(out, ' ');
	put_minute(out, t->max_timestamp);
	end_line(out, cli_color(cli, CLI_PLAIN));
	if (t->unreadable + t->unmeasured)
		cq_buf_printf(out, "%sThe totals leave out figures of %zu SSTables that could not be measured.%s\n",
			cli_color(cli, CLI_WARN), t->unreadable + t->unmeasured, cli_color(cli, CLI_PLAIN));
}

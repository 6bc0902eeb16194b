#include "stats_field.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cq_format.h"

/* ---- places ---- */

struct finder {
	struct stats_field want;
	size_t seen;
	unsigned depth, group_depth, found_depth;      /* of begin calls; 0: not inside */
	bool found, open;
	uint64_t off, len, value;
	struct cq_unit sections[8];
	size_t nsections;
};

static bool takes(struct finder *f, unsigned field)
{
	return !f->found && field == f->want.field && (!f->want.group || f->group_depth) && f->seen++ == f->want.nth;
}

static void on_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	struct finder *f = arg;

	(void)index;
	(void)name;
	f->depth++;
	if (f->want.group && field == f->want.group && !f->group_depth)
		f->group_depth = f->depth;
	if (takes(f, field)) {
		f->found = f->open = true;
		f->found_depth = f->depth;
		f->off = off;
	}
}

static void on_end(void *arg, uint64_t off, int status)
{
	struct finder *f = arg;

	(void)status;
	if (f->open && f->depth == f->found_depth) {
		f->len = off - f->off;
		f->open = false;
	}
	/* Only the first group counts. */
	if (f->group_depth && f->depth == f->group_depth)
		f->group_depth = 0;
	f->depth--;
}

static void on_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	struct finder *f = arg;

	if (takes(f, field)) {
		f->found = true;
		f->off = off;
		f->len = len;
		f->value = value;
	}
}

static void on_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	struct finder *f = arg;

	(void)type;
	if (takes(f, field)) {
		f->found = true;
		f->off = off;
		f->len = value.len;
	}
}

static void on_child(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	struct finder *f = arg;

	(void)index;
	(void)name;
	if (unit->kind == CQ_U_STATISTICS_SECTION && f->nsections < CQ_COUNTOF(f->sections))
		f->sections[f->nsections++] = *unit;
}

static void on_note(void *arg, unsigned field, uint64_t off, const char *text)
{
	(void)arg;
	(void)field;
	(void)off;
	(void)text;
}

static void find(const struct cq_table *t, enum cq_component component, struct finder *f)
{
	static const struct cq_sink sink = { .begin = on_begin, .end = on_end, .number = on_number, .bytes = on_bytes, .child = on_child,
		.note = on_note };
	const cq_trace tr = { .sink = &sink, .arg = f };
	const struct cq_unit whole = { .kind = CQ_U_COMPONENT, .component = component, .space = CQ_SPACE_RAW, .len = CQ_NO_OFFSET };

	if (!t || !t->format || !t->format->explain || !t->component[component])
		return;
	t->format->explain(t, &whole, &tr, NULL);
	for (size_t i = 0; i < f->nsections && !f->found; i++) {
		f->depth = f->group_depth = 0;
		t->format->explain(t, &f->sections[i], &tr, NULL);
	}
}

bool stats_place(const struct cq_table *t, enum cq_component component, struct stats_field which, uint64_t *off, uint64_t *len)
{
	struct finder f = { .want = which };

	find(t, component, &f);
	*off = f.found ? f.off : CQ_NO_OFFSET;
	*len = f.found ? f.len : 0;
	return f.found;
}

bool stats_number(const struct cq_table *t, enum cq_component component, struct stats_field which, uint64_t *value)
{
	struct finder f = { .want = which };

	find(t, component, &f);
	*value = f.value;
	return f.found;
}

/* ---- findings ---- */

struct cq_check_finding *stats_say(struct cq_check *c, enum cq_severity severity, struct stats_field which, const char *fmt, ...)
{
	struct cq_check_finding *f;
	uint64_t off, len;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	stats_place(c->table, CQ_C_STATISTICS, which, &off, &len);
	f = cq_say(&c->out, severity, CQ_C_STATISTICS, off, len, "%s", text);
	stats_because(c, f);
	return f;
}

static void suspect(struct cq_check *c, struct cq_check_finding *f, uint64_t at, uint8_t found, uint8_t expected)
{
	uint8_t x = found ^ expected;

	(void)c;
	f->suspect = (struct cq_suspect){ .set = true, .component = CQ_C_STATISTICS, .space = CQ_SPACE_RAW, .off = at,
		.bit = (unsigned)__builtin_ctz(x), .found = found, .expected = expected };
}

void stats_suspect_bytes(struct cq_check *c, struct cq_check_finding *f, cq_slice stored, cq_slice belongs)
{
	size_t at = 0, differ = 0;

	if (f->off == CQ_NO_OFFSET || stored.len != belongs.len || f->len != stored.len)
		return;
	for (size_t i = 0; i < stored.len && differ < 2; i++) {
		if (stored.p[i] == belongs.p[i])
			continue;
		at = i;
		differ += (size_t)__builtin_popcount(stored.p[i] ^ belongs.p[i]);
	}
	if (differ == 1)
		suspect(c, f, f->off + at, stored.p[at], belongs.p[at]);
}

void stats_suspect(struct cq_check *c, struct cq_check_finding *f, uint64_t stored, uint64_t belongs)
{
	uint8_t a[8], b[8];
	size_t len = (size_t)f->len;

	if (f->off == CQ_NO_OFFSET || len == 0 || len > 8)
		return;
	cq_put_be64(a, stored);
	cq_put_be64(b, belongs);
	stats_suspect_bytes(c, f, cq_slice_of(a + 8 - len, len), cq_slice_of(b + 8 - len, len));
}

/* ---- rows outside ---- */

struct range {
	bool ldt;
	int64_t low, high;
};

static bool time_out(const struct range *r, int64_t timestamp, int64_t ldt)
{
	if (r->ldt)
		return ldt != CQ_NO_LDT && (ldt < r->low || ldt > r->high);
	return timestamp < r->low || timestamp > r->high;
}

static bool deletion_out(const struct range *r, const struct cq_deletion *d)
{
	return !cq_deletion_live(*d) && time_out(r, d->timestamp, d->ldt);
}

static bool row_out(const struct range *r, const struct cq_row *row)
{
	if ((row->has_liveness && row->timestamp != CQ_NO_TIMESTAMP && time_out(r, row->timestamp, row->ldt)) || deletion_out(r, &row->deletion))
		return true;
	for (uint32_t i = 0; i < row->ncomplex; i++)
		if (deletion_out(r, &row->complex[i].deletion))
			return true;
	for (uint32_t i = 0; i < row->ncells; i++)
		if (time_out(r, row->cells[i].timestamp, row->cells[i].ldt))
			return true;
	return false;
}

static bool event_out(const struct range *r, const struct cq_event *ev)
{
	switch (ev->kind) {
	case CQ_EV_PARTITION:
		return deletion_out(r, &ev->partition->deletion);
	case CQ_EV_STATIC:
	case CQ_EV_ROW:
		return row_out(r, ev->row);
	case CQ_EV_MARKER:
		return deletion_out(r, &ev->marker->close) || deletion_out(r, &ev->marker->open);
	default:
		return false;
	}
}

void stats_say_outside(struct cq_check *c, enum cq_severity severity, bool ldt, int64_t low, int64_t high)
{
	const struct range r = { .ldt = ldt, .low = low, .high = high };
	struct cq_buf first = {0}, last = {0};
	uint64_t n = 0, partitions = 0, off = 0, len = 0, in = UINT64_MAX;
	struct cq_check_finding *f;
	struct cq_event ev;
	struct cq_scan *s;

	if (cq_scan_open(&s, c->table, NULL, NULL) != CQ_OK)
		return;
	while (cq_scan_next(s, &ev, NULL) == CQ_OK) {
		if (!event_out(&r, &ev))
			continue;
		if (!n++) {
			off = ev.off;
			len = ev.len;
			cq_buf_slice(&first, ev.partition->key);
		}
		if (ev.partition->off == in)
			continue;
		in = ev.partition->off;
		partitions++;
		cq_buf_clear(&last);
		cq_buf_slice(&last, ev.partition->key);
	}
	cq_scan_close(s);
	if (n) {
		f = cq_say(&c->out, severity, CQ_C_DATA, off, len, "the first of %" PRIu64 " row%s or deletion%s with a %s outside of what STATS says", n, n == 1 ? "" : "s",
			n == 1 ? "" : "s", ldt ? "local deletion time" : "timestamp");
		cq_say_expected(&c->out, f, "%s to %s", ldt ? stats_seconds(&c->out, low) : stats_micros(&c->out, low),
			ldt ? stats_seconds(&c->out, high) : stats_micros(&c->out, high));
		cq_say_keys(&c->out, f, cq_buf_bytes(&first), cq_buf_bytes(&last), partitions, false);
		cq_say_means(&c->out, f, "Either STATS is wrong, or these times are: when they are few and lie far off, look at them first.");
		stats_because(c, f);
	}
	if (first.failed || last.failed)
		cq_say_nomem(&c->out);
	cq_buf_finish(&first);
	cq_buf_finish(&last);
}

/* ---- words ---- */

const char *stats_micros(struct cq_out *o, int64_t micros)
{
	struct cq_buf b = {0};
	const char *text;

	if (micros == INT64_MIN || micros == INT64_MAX)
		return cq_say_text(o, "none (%" PRId64 ")", micros);
	cq_print_timestamp_micros(&b, micros);
	text = cq_say_text(o, "%s (%" PRId64 ")", cq_buf_cstr(&b), micros);
	cq_buf_finish(&b);
	return text;
}

const char *stats_seconds(struct cq_out *o, int64_t ldt)
{
	struct cq_buf b = {0};
	const char *text;

	if (ldt == CQ_NO_LDT)
		return "none";
	cq_print_instant(&b, ldt, 0);
	text = cq_say_text(o, "%s (%" PRId64 ")", cq_buf_cstr(&b), ldt);
	cq_buf_finish(&b);
	return text;
}

/* ---- whose it is ---- */

bool stats_scylla(const struct cq_check *c)
{
	const struct cq_statistics *s = c->partial ? &c->partial->stats : NULL;

	if (!s)
		return false;
	if (c->partial->component[CQ_C_SCYLLA] || (c->entry && c->entry->present >> CQ_C_SCYLLA & 1))
		return true;
	/* Scylla.db came later. Without commit log intervals Cassandra says -1 for both bounds, Scylla 0. */
	return s->has & CQ_HAS_COMMITLOG_INTERVALS && !s->nintervals && s->commitlog_upper.segment == 0 && s->commitlog_upper.position == 0 &&
		s->commitlog_lower.segment == 0 && s->commitlog_lower.position == 0;
}

bool stats_of_others(const struct cq_check *c)
{
	const struct cq_statistics *s, *r = c->recomputed;
	int64_t n, m;
	unsigned differ = 0;

	if (!r || !c->table || !(c->table->stats.has & CQ_HAS_STATS))
		return false;
	s = &c->table->stats;
	n = cq_histogram_total(&s->partition_sizes);
	m = cq_histogram_total(&r->partition_sizes);
	differ += n != m;
	differ += s->total_rows != r->total_rows;
	differ += s->min_timestamp != r->min_timestamp;
	differ += s->max_timestamp != r->max_timestamp;
	differ += s->total_columns_set != r->total_columns_set;
	differ += s->has & CQ_HAS_COMPACTION && !cq_slice_eq(s->cardinality, r->cardinality);
	differ += s->partition_sizes.n != r->partition_sizes.n ||
		memcmp(s->partition_sizes.counts, r->partition_sizes.counts, r->partition_sizes.n * sizeof *r->partition_sizes.counts) != 0;
	return differ >= 4;
}

void stats_because(const struct cq_check *c, struct cq_check_finding *f)
{
	if (stats_of_others(c))
		f->because = "mix";
}

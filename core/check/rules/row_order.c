/* row-order - rows and markers of a partition ascend. */
#include "cq_rule.h"

#include "cq_buf.h"

static void print(const struct cq_table *t, const struct cq_prefix *p, struct cq_buf *out)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (i)
			cq_buf_str(out, ":");
		if (!p->values[i].p)
			cq_buf_str(out, "null");
		else if (cq_value_text(t->ctx.clustering[i], p->values[i], out, NULL) != CQ_OK)
			cq_buf_hex(out, p->values[i]);
	}
	if (p->kind != CQ_CLUSTERING)
		cq_buf_printf(out, "%s%s", p->n ? " " : "", cq_bound_kind_name(p->kind));
}

/* The first clustering column in which the two differ. */
static uint32_t column(const struct cq_table *t, const struct cq_prefix *a, const struct cq_prefix *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n, i = 0;

	while (i < n && cq_values_compare(t->ctx.clustering + i, a->values + i, b->values + i, 1) == 0)
		i++;
	return i;
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_prefix *now;
	struct cq_buf was = {0}, is = {0};
	struct cq_check_finding *f;
	bool row = ev->kind == CQ_EV_ROW;

	(void)state;
	/* Two equal rows are row-dup's. */
	if (CQ_LIKELY(!ev->len || !p->before.is || p->before.order < 0) ||
	    (p->before.order == 0 && row && p->before.kind == CQ_EV_ROW))
		return;
	now = row ? &ev->row->clustering : &ev->marker->bound;
	print(p->table, &p->before.prefix, &was);
	print(p->table, now, &is);
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "this %s does not stand behind the %s before it, at 0x%llx: they differ in "
		"clustering column %u", row ? "row" : "range tombstone marker", p->before.kind == CQ_EV_ROW ? "row" : "marker",
		(unsigned long long)p->before.off, column(p->table, &p->before.prefix, now));
	cq_say_expected(&p->out, f, "something behind %s", cq_buf_cstr(&was));
	cq_say_found(&p->out, f, "%s", cq_buf_cstr(&is));
	cq_say_partition(p, f);
	cq_buf_finish(&was);
	cq_buf_finish(&is);
}

static bool concerns(const struct cq_table *t)
{
	return t->ctx.nclustering;         /* without, a partition has one row: row-dup looks for more */
}

const struct cq_rule cq_rule_row_order = {
	.id = "row-order", .title = "rows and markers of a partition ascend", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_NEIGHBOURS, .wants = CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER), .event = event,
	.concerns = concerns, .kinds = "36",
	.proves = "Within each partition every row and range tombstone marker is above the one before it, by the types of the header.",
	.means = "Slices and merges rely on the order: a read may miss rows or show some twice, and compaction stops here.",
	.action = "nodetool scrub (or sstablescrub with the node down) sorts the rows anew; then repair the table. Compare the clustering types of the "
		"header with the schema first: a wrong type there makes good rows look unsorted.",
	.bug = "CASSANDRA-12127; CASSANDRA-17623 for frozen maps in clusterings.",
};

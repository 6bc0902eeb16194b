/* row-order - rows and markers of a partition ascend. */
#include "cq_rule.h"

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
	struct cq_check_finding *f;
	bool row = ev->kind == CQ_EV_ROW;

	(void)state;
	/* Two equal rows are row-dup's. */
	if (CQ_LIKELY(!ev->len || !p->before.is || p->before.order < 0) ||
	    (p->before.order == 0 && row && p->before.kind == CQ_EV_ROW))
		return;
	now = row ? &ev->row->clustering : &ev->marker->bound;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "this %s does not stand behind the %s before it, at 0x%llx: they differ in "
		"clustering column %u", row ? "row" : "range tombstone marker", p->before.kind == CQ_EV_ROW ? "row" : "marker",
		(unsigned long long)p->before.off, column(p->table, &p->before.prefix, now));
	cq_say_expected(&p->out, f, "something behind %s", cq_say_prefix(&p->out, &p->before.prefix));
	cq_say_found(&p->out, f, "%s", cq_say_prefix(&p->out, now));
	cq_say_partition(p, f);
}

static bool concerns(const struct cq_table *t)
{
	return t->ctx.nclustering;         /* without, a partition has one row: row-dup looks for more */
}

const struct cq_rule cq_rule_row_order = {
	.id = "row-order", .title = "rows and markers of a partition ascend", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_NEIGHBOURS, .wants = CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER),
	.odd = CQ_ODD_ORDER, .event = event,
	.concerns = concerns, .kinds = "36",
	.proves = "Within each partition every row and range tombstone marker is above the one before it, by the types of the header.",
	.means = "Slices and merges rely on the order: a read may miss rows or show some twice, and compaction stops here.",
	.action = "nodetool scrub (or sstablescrub with the node down) sorts the rows anew; then repair the table. Compare the clustering types of the "
		"header with the schema first: a wrong type there makes good rows look unsorted.",
	.bug = "CASSANDRA-12127; CASSANDRA-17623 for frozen maps in clusterings.",
};

/* ck-null-gap - no clustering value behind a missing one. */
#include "cq_rule.h"

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_prefix *c = ev->kind == CQ_EV_ROW ? &ev->row->clustering : &ev->marker->bound;
	struct cq_check_finding *f;
	uint32_t missing = 0;

	(void)state;
	while (missing < c->n && c->values[missing].p)
		missing++;
	if (CQ_LIKELY(missing >= c->n))
		return;
	for (uint32_t i = missing + 1; i < c->n; i++) {
		if (!c->values[i].p)
			continue;
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "clustering column %u has a value and column %u before it has none", i, missing);
		cq_say_partition(p, f);
		return;
	}
}

static bool concerns(const struct cq_table *t)
{
	return t->ctx.nclustering > 1;
}

const struct cq_rule cq_rule_ck_null_gap = {
	.id = "ck-null-gap", .title = "no clustering value stands behind a missing one", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER), .event = event, .concerns = concerns, .kinds = "46",
	.proves = "Where a row or marker leaves clustering columns out, it leaves out all that follow as well.",
	.means = "Such a row cannot be asked for by its key, and sorts differently in different versions.",
	.action = "Find the client that wrote it (Thrift, or a bulk load); write the row anew with all its key columns and delete this one, or scrub.",
	.bug = "Scylla issues 4009 and 7623.",
	.silent = "COMPACT STORAGE tables of Thrift days leave out the last columns: that is healthy.",
};

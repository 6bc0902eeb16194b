/* rt-empty - a range tombstone covers something. */
#include "cq_rule.h"

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_prefix *a = &p->before.prefix, *b = &ev->marker->bound;
	struct cq_check_finding *f;

	(void)state;
	if (!ev->len || !p->before.is || p->before.kind != CQ_EV_MARKER || !cq_bound_opens(a->kind) || !cq_bound_closes(b->kind) || a->n != b->n)
		return;
	/* Equal values: only [v, v] holds anything. */
	if (cq_values_compare(p->table->ctx.clustering, a->values, b->values, a->n) != 0 ||
	    ((a->kind == CQ_INCL_START || a->kind == CQ_EXCL_END_INCL_START) && (b->kind == CQ_INCL_END || b->kind == CQ_INCL_END_EXCL_START)))
		return;
	f = cq_say(&p->out, CQ_WARNING, CQ_C_DATA, p->before.off, p->before.len, "this range tombstone begins and ends at the same place: it covers nothing");
	cq_say_found(&p->out, f, "%s to %s", cq_bound_kind_name(a->kind), cq_bound_kind_name(b->kind));
	cq_say_partition(p, f);
}

const struct cq_rule cq_rule_rt_empty = {
	.id = "rt-empty", .title = "every range tombstone covers something", .severity = CQ_WARNING, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_NEIGHBOURS, .wants = CQ_WANTS(CQ_EV_MARKER), .event = event, .kinds = "38",
	.proves = "No range tombstone has the same clustering values at both ends, with one of them excluded.",
	.means = "It deletes nothing, but readers do not expect it: some versions fail with an assertion.",
	.action = "nodetool scrub or a compaction of the table removes it.",
	.bug = "CASSANDRA-14823, 13237.",
};

/* row-dup - no row stands twice in a partition. */
#include "cq_rule.h"

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct cq_check_finding *f;

	(void)state;
	if (CQ_LIKELY(!p->before.is || p->before.order != 0 || p->before.kind != CQ_EV_ROW))
		return;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "a row with this clustering stands twice; the first one is at 0x%llx (%llu bytes, "
		"this one %llu)", (unsigned long long)p->before.off, (unsigned long long)p->before.len, (unsigned long long)ev->len);
	if (ev->row->has_liveness)
		cq_say_found(&p->out, f, "%s, written at timestamp %lld", cq_say_prefix(&p->out, &ev->row->clustering), (long long)ev->row->timestamp);
	else
		cq_say_found(&p->out, f, "%s", cq_say_prefix(&p->out, &ev->row->clustering));
	cq_say_partition(p, f);
}

const struct cq_rule cq_rule_row_dup = {
	.id = "row-dup", .title = "no row stands twice in a partition", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_NEIGHBOURS, .wants = CQ_WANTS(CQ_EV_ROW), .odd = CQ_ODD_ORDER, .event = event, .kinds = "37",
	.proves = "No two neighbouring rows of a partition have the same clustering values.",
	.means = "A read can return the row twice, and deleting it may only remove one of the two.",
	.action = "nodetool scrub (or sstablescrub) merges them into one.",
	.bug = "Upgrades from 2.x wrote such rows: CASSANDRA-12144, 13125, 14008, 15789.",
};

/* rt-block-edge - the row index knows which range tombstone is open at the edge of a block. */
#include <inttypes.h>

#include "index_step.h"

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct index_step *s = ((struct index_rule *)state)->step;
	struct cq_check_finding *f;
	char want[96], have[96];
	struct cq_deletion open;

	if (!s || !s->x)
		return;
	if (CQ_LIKELY(!(s->bti ? s->starts : s->closes)) || ev->kind == CQ_EV_PARTITION)
		return;
	open = s->bti ? ev->kind == CQ_EV_PARTITION_END ? CQ_LIVE : s->open_before : s->open;
	if (deletion_eq(open, s->b.open))
		return;
	f = cq_say(&p->out, CQ_ERROR, s->bti ? CQ_C_ROWS : CQ_C_INDEX, s->b.open_at.off, s->b.open_at.len,
		"the row index has a wrong range deletion open %s block %" PRIu64, s->bti ? "before" : "at the end of", s->b.index);
	cq_say_expected(&p->out, f, "%s", deletion_text(open, want));
	cq_say_found(&p->out, f, "%s", deletion_text(s->b.open, have));
	cq_say_partition(p, f);
}

static void begin(struct cq_pass *p, void *state)
{
	struct index_rule *r = state;

	index_rule_begin(p, state);
	if (r->step && !r->step->x)
		cq_unmeasured(&p->out, "%s", r->step->err.msg);
}

const struct cq_rule cq_rule_rt_block_edge = {
	.id = "rt-block-edge", .title = "range tombstones that cross block edges are in the row index", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END), .odd = CQ_ODD_INDEX,
	.state_size = sizeof(struct index_rule), .begin = begin, .event = event, .concerns = index_rows, .skipped = index_rule_skipped, .merge = index_rule_merge,
	.proves = "At every edge between two blocks of a wide partition, the row index names the range deletion that the rows and markers "
		"before it leave open, and none where none is.",
	.means = "A read that begins in the middle of the partition takes the range as deleted when it is not, or shows rows that were "
		"deleted. A read of the whole partition is right.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.bug = "CASSANDRA-14823, 13340, 13341 (3.x) wrote or read range tombstones wrongly at the edges of index blocks.",
	.kinds = "38",
};

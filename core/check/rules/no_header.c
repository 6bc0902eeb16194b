/* no-header - every partition has a header where its index says that it begins. */
#include "cq_rule.h"

#include "cq_format.h"

/* Rows from off on, up to an end-of-partition mark: where it ends; 0: they are none. */
static uint64_t body_at(const struct cq_table *t, uint64_t off)
{
	struct cq_scan *s;
	struct cq_event ev;
	uint64_t end = 0;
	int rc;

	if (cq_scan_open(&s, t, NULL, NULL) != CQ_OK)
		return 0;
	cq_scan_to(s, off);
	s->state = CQ_SCAN_UNFILTERED;
	while ((rc = cq_scan_next(s, &ev, NULL)) == CQ_OK && ev.kind != CQ_EV_PARTITION_END)
		;
	if (rc == CQ_OK)
		end = ev.off + ev.len;
	cq_scan_close(s);
	return end;
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	const struct cq_table *t = p->table;
	struct cq_check_finding *f;
	struct cq_position pos;
	uint64_t at, end;

	(void)state;
	if (s->in_partition || s->why.code != CQ_DAMAGED || !p->lookup)
		return;
	if (!cq_walk_to(p->lookup, t, s->off, &at, &pos) || pos.data_off != s->off)
		return;
	end = body_at(t, s->off);
	if (!end)
		return;
	/* Read as a body it must end where something else begins, or chance has made it one. */
	if (end < t->stream.len && (cq_lookup_next(p->lookup, &at, &pos, NULL) != CQ_OK || pos.data_off != end))
		return;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, s->off, end - s->off, "rows begin where the index says that a partition does: its key and deletion are "
		"missing");
	cq_say_expected(&p->out, f, "a partition header");
	cq_say_found(&p->out, f, end - s->off == 1 ? "an end-of-partition mark" : "rows up to the next partition");
	cq_say_span(&p->out, f, s->off, 1);
}

const struct cq_rule cq_rule_no_header = {
	.id = "no-header", .title = "every partition begins with its header", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .skipped = skipped, .kinds = "42",
	.proves = "Wherever a partition could not be read, it was not because its rows stand there without a header.",
	.means = "The rows are there but nothing in Data.db says whose they are; the key in the finding is the index's word.",
	.action = "Take the partition from another replica: move the SSTable away with the node down and repair, or write it anew.",
	.bug = "Streaming an empty partition wrote only its end (a fork's issue 642).",
};

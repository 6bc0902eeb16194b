/* promoted-rows - the blocks of a promoted index are the rows' own. */
#include <inttypes.h>

#include "index_step.h"

static void say_prefix(struct cq_pass *p, const struct index_step *s, const struct cq_span_at *at, const char *which,
	const struct cq_prefix *want, const struct cq_prefix *have)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, at->off, at->len,
		"block %" PRIu64 " of a promoted index has a wrong %s clustering", s->b.index, which);

	cq_say_expected(&p->out, f, "%s", prefix_text(&p->out, want));
	cq_say_found(&p->out, f, "%s", prefix_text(&p->out, have));
	cq_say_partition(p, f);
}

static void say_fault(struct cq_pass *p, const struct index_step *s, bool end)
{
	struct cq_check_finding *f;

	switch (s->fault) {
	case INDEX_NO_BLOCK:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->rows.blocks_at.off, s->rows.blocks_at.len,
			"the promoted index of a partition ends before its rows do");
		cq_say_expected(&p->out, f, "a block that starts at byte %" PRIu64 " of the partition", s->at);
		cq_say_found(&p->out, f, "%" PRIu64 " blocks that end before it", s->rows.blocks);
		break;
	case INDEX_START:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.start_at.off, s->b.start_at.len,
			"block %" PRIu64 " of a promoted index does not start where its first row does", s->b.index);
		cq_say_expected(&p->out, f, "%" PRIu64 " bytes from the partition's start", s->at);
		cq_say_found(&p->out, f, "%" PRIu64, s->b.start);
		break;
	case INDEX_WIDTH:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.width_at.off, s->b.width_at.len,
			"block %" PRIu64 " of a promoted index does not end where a row ends", s->b.index);
		if (end)
			cq_say_expected(&p->out, f, "%" PRIu64 " bytes, to the partition's end", s->at + s->len - s->b.start);
		else
			cq_say_expected(&p->out, f, "%" PRIu64 " or %" PRIu64 " bytes: there a row ends", s->at - s->b.start,
				s->at + s->len - s->b.start);
		cq_say_found(&p->out, f, "%" PRIu64, s->b.width);
		break;
	case INDEX_LEFT:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.off, s->b.len,
			"block %" PRIu64 " of a promoted index lies behind the end of its partition", s->b.index);
		break;
	default:
		return;
	}
	cq_say_partition(p, f);
}

static void header(struct cq_pass *p, const struct index_step *s, const struct cq_event *ev)
{
	char want[96], have[96];
	struct cq_check_finding *f;

	if (deletion_eq(ev->partition->deletion, s->rows.deletion))
		return;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->rows.deletion_at.off, s->rows.deletion_at.len,
		"the promoted index and the partition differ in the partition's deletion");
	cq_say_expected(&p->out, f, "%s", deletion_text(ev->partition->deletion, want));
	cq_say_found(&p->out, f, "%s", deletion_text(s->rows.deletion, have));
	cq_say_partition(p, f);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct index_step *s = ((struct index_rule *)state)->step;
	const struct cq_prefix *here;
	struct cq_check_finding *f;

	if (!s || s->bti)
		return;
	index_step_event(p, s, ev);
	if (ev->kind == CQ_EV_PARTITION) {
		if (s->blocks)
			header(p, s, ev);
		return;
	}
	if (CQ_UNLIKELY(s->fault != INDEX_FITS))
		say_fault(p, s, ev->kind == CQ_EV_PARTITION_END);
	if (CQ_LIKELY(!s->starts && !s->closes))
		return;
	if (s->seen == 1 && s->rows.header_len != s->at) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->rows.header_at.off, s->rows.header_at.len,
			"the promoted index has a wrong length of the partition's header");
		cq_say_expected(&p->out, f, "%" PRIu64 " bytes: key, deletion and static row", s->at);
		cq_say_found(&p->out, f, "%" PRIu64, s->rows.header_len);
		cq_say_partition(p, f);
	}
	here = ev->kind == CQ_EV_MARKER ? &ev->marker->bound : &ev->row->clustering;
	if (s->starts && !prefix_eq(here, &s->b.first))
		say_prefix(p, s, &s->b.first_at, "first", here, &s->b.first);
	if (s->closes && !prefix_eq(here, &s->b.last))
		say_prefix(p, s, &s->b.last_at, "last", here, &s->b.last);
}

static void begin(struct cq_pass *p, void *state)
{
	index_rule_begin(p, state);
	index_usable(&p->out, ((struct index_rule *)state)->step, false);
}

const struct cq_rule cq_rule_promoted_rows = {
	.id = "promoted-rows", .title = "blocks of promoted indexes start, end and are named as the rows are", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END),
	.state_size = sizeof(struct index_rule), .begin = begin, .event = event, .skipped = index_rule_skipped, .merge = index_rule_merge,
	.proves = "The blocks of every promoted index cover the partition's rows without a gap; each starts and ends at a row, and its first "
		"and last clustering are those of these rows. Header length and partition deletion are the partition's.",
	.means = "Cassandra looks for rows of this wide partition in the wrong block: reads of slices and single rows miss rows that are "
		"there. A whole scan still shows them.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.bug = "CASSANDRA-18932 (5.0-beta1) skipped rows in the same way with a healthy index: there the reader was wrong.",
	.silent = "Partitions some of whose rows cannot be read are not compared.",
	.kinds = "15",
};

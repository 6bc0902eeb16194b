/* promoted-span - an entry of Index.db is as long as it says, and written as its writer writes it. */
#include <inttypes.h>

#include "index_step.h"

static void say_odd(struct cq_pass *p, uint64_t off, const char *what)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_WARNING, CQ_C_INDEX, off, 0,
		"%s of the index are not the bytes that a writer makes of their values", what);

	f->effect = CQ_HARMLESS;
	cq_say_means(&p->out, f, "The values can be read, but no Cassandra writes them so: bytes of the file have changed since.");
	cq_say_partition(p, f);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct index_step *s = ((struct index_rule *)state)->step;
	struct cq_check_finding *f;

	if (!s)
		return;
	index_step_event(p, s, ev);
	if (ev->kind == CQ_EV_PARTITION) {
		if (s->match != INDEX_MATCH && s->match != INDEX_WRONG_POSITION && s->match != INDEX_WRONG_KEY)
			return;
		if (CQ_UNLIKELY(s->e.odd != CQ_NO_OFFSET))
			say_odd(p, s->e.odd, "numbers of an entry");
		if (s->match != INDEX_WRONG_KEY && s->e.wide && s->fault != INDEX_UNREADABLE && s->rows.odd != CQ_NO_OFFSET)
			say_odd(p, s->rows.odd, "numbers of a promoted index");
	}
	if (s->fault == INDEX_UNREADABLE) {
		f = cq_say_error(&p->out, CQ_ERROR, &s->err);
		if (f->off == CQ_NO_OFFSET)
			f->off = s->e.length_at.off;
		cq_say_expected(&p->out, f, "a promoted index of %" PRIu64 " bytes, from 0x%" PRIx64 " on", s->e.rows_len, s->e.rows_off);
		cq_say_partition(p, f);
		return;
	}
	if (!s->starts)
		return;
	if (s->b.odd != CQ_NO_OFFSET)
		say_odd(p, s->b.odd, "fields of a block");
	if (s->b.pointer != s->b.pointer_wanted) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.pointer_at.off, 4, "the pointer to block %" PRIu64
			" of a promoted index does not lead to it", s->b.index);
		cq_say_expected(&p->out, f, "%" PRIu32, s->b.pointer_wanted);
		cq_say_found(&p->out, f, "%" PRIu32, s->b.pointer);
		cq_say_partition(p, f);
	}
}

static void begin(struct cq_pass *p, void *state)
{
	index_rule_begin(p, state);
	index_usable(&p->out, ((struct index_rule *)state)->step, false);
}

const struct cq_rule cq_rule_promoted_span = {
	.id = "promoted-span", .title = "promoted indexes of Index.db fill exactly the bytes that are theirs", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END),
	.state_size = sizeof(struct index_rule), .begin = begin, .event = event, .concerns = index_big, .skipped = index_rule_skipped, .merge = index_rule_merge,
	.proves = "Every promoted index takes the bytes that its length says, its pointers lead to its blocks, and every number is "
		"written in its one proper form.",
	.means = "Cassandra takes the wrong bytes for the row index of a wide partition, or for the next entry: reads of rows in it fail or "
		"miss rows.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.bug = "ScyllaDB issue 6486: a promoted index length that was wrong made every read of the index fail.",
	.kinds = "14",
};

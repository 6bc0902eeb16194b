/* index-cover - the entries of Index.db are as many as there are partitions, from the first to the last. */
#include <stdlib.h>

#include <inttypes.h>

#include "index_step.h"

struct cover {
	struct index_step *step;               /* of this piece; after merging, of the last one */
	uint64_t missing, first_off, behind;   /* a run of partitions without an entry; where the entries behind them start */
	bool ended;                            /* the index has no more entries */
	struct cq_buf first, last;
};

static void flush(struct cq_out *o, struct cover *c)
{
	struct cq_check_finding *f;

	if (!c->missing)
		return;
	if (c->missing == 1)
		f = cq_say(o, CQ_ERROR, CQ_C_INDEX, c->behind, 0, "%sthe partition at 0x%" PRIx64 " of Data.db has no entry",
			c->ended ? "the index ends before the data: " : "", c->first_off);
	else
		f = cq_say(o, CQ_ERROR, CQ_C_INDEX, c->behind, 0, "%s%" PRIu64 " partitions from 0x%" PRIx64 " of Data.db on have no entry",
			c->ended ? "the index ends before the data: " : "", c->missing, c->first_off);
	cq_say_keys(o, f, cq_buf_bytes(&c->first), cq_buf_bytes(&c->last), c->missing, false);
	c->missing = 0;
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct cover *c = state;
	struct index_step *s = c->step;

	(void)ev;
	if (!s)
		return;
	if (CQ_UNLIKELY(p->partitions == 1 && !p->piece && s->match == INDEX_WRONG_POSITION)) {
		struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->e.at.off, s->e.at.len,
			"the first entry of the index does not point to the start of the data");

		cq_say_expected(&p->out, f, "position 0x0");
		cq_say_found(&p->out, f, "position 0x%" PRIx64, s->e.data_off);
		cq_say_partition(p, f);
		f->because = cq_say_text(&p->out, "index-data");
	}
	if (CQ_LIKELY(s->match != INDEX_MISSING)) {
		if (CQ_UNLIKELY(c->missing))
			flush(&p->out, c);
		return;
	}
	if (!c->missing++) {
		c->first_off = p->partition_off;
		c->behind = s->e.off;
		cq_buf_clear(&c->first);
		cq_buf_slice(&c->first, p->key);
	}
	c->ended = s->ended;
	cq_buf_clear(&c->last);
	cq_buf_slice(&c->last, p->key);
	if (c->first.failed || c->last.failed)
		cq_say_nomem(&p->out);
}

static void left(struct cq_out *o, struct cover *c, uint64_t until)
{
	struct index_extra x = {0};
	struct cq_check_finding *f;

	if (!c->step || c->step->bti)
		return;
	index_step_drain(c->step, until, &x);
	if (x.n) {
		f = cq_say(o, CQ_ERROR, CQ_C_INDEX, x.off, x.len, until == CQ_NO_OFFSET ? "the index is longer than the data: %" PRIu64
			" entries behind the last partition's, the first for 0x%" PRIx64 : "%" PRIu64
			" entries that no partition belongs to, the first for 0x%" PRIx64, x.n, x.data_off);
		if (x.key.len && !x.key.failed)
			cq_say_keys(o, f, cq_buf_bytes(&x.key), (cq_slice){0}, 1, x.n > 1);
	}
	cq_buf_finish(&x.key);
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct cover *c = state, *n = next;

	flush(&p->out, c);
	if (n->step && n->step->first_off != CQ_NO_OFFSET)
		left(&p->out, c, n->step->first_off);
	*c = (struct cover){ .step = n->step, .missing = n->missing, .first_off = n->first_off, .behind = n->behind, .ended = n->ended,
		.first = n->first, .last = n->last };
	n->first = n->last = (struct cq_buf){0};
}

static void begin(struct cq_pass *p, void *state)
{
	struct cover *c = state;

	c->step = index_step_of(p);
	index_usable(&p->out, c->step, false);
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *k)
{
	(void)p;
	index_step_skipped(((struct cover *)state)->step, k);
}

static void finish(struct cq_check *c, void *state)
{
	struct cover *v = state;

	flush(&c->out, v);
	if (v->step && v->step->x && !v->step->lost && !c->whole && v->step->nspans == 0 && v->step->spans_full)
		cq_unmeasured(&c->out, "the end of Data.db could not be read");
	else
		left(&c->out, v, CQ_NO_OFFSET);
}

static void destroy(void *state)
{
	struct cover *c = state;

	cq_buf_finish(&c->first);
	cq_buf_finish(&c->last);
}

const struct cq_rule cq_rule_index_cover = {
	.id = "index-cover", .title = "Index.db covers Data.db from its first partition to its last", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_INDEX, .state_size = sizeof(struct cover),
	.begin = begin, .event = event, .concerns = index_big, .skipped = skipped, .merge = merge, .finish = finish, .destroy = destroy,
	.proves = "The first entry of Index.db points to the start of Data.db, there is one entry for every partition, and none is left "
		"behind the last.",
	.means = "Partitions without an entry are not found by their key and are left out by range reads through the index, although their "
		"rows are in Data.db. Entries without a partition send reads to bytes that are not theirs.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.bug = "Cassandra's own verifier asserts this and stops at the first difference.",
	.silent = "Entries of partitions that cannot be read in Data.db.",
	.kinds = "16",
};

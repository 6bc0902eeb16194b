/* legacy-liveness - rows that CQL does not show because nothing in them says that they live. */
#include "cq_rule.h"

#include "cq_format.h"

struct rows {
	uint64_t n, first_off;
};

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_row *r = ev->row;
	struct rows *w = state;

	(void)p;
	if (CQ_LIKELY(r->has_liveness || r->ncells || r->ncomplex || !cq_deletion_live(r->deletion)))
		return;
	if (!w->n++)
		w->first_off = ev->off;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct rows *w = state;
	const struct rows *n = next;

	(void)p;
	if (!w->n)
		w->first_off = n->first_off;
	w->n += n->n;
}

static void finish(struct cq_check *c, void *state)
{
	const struct rows *w = state;
	struct cq_check_finding *f;

	if (!w->n)
		return;
	f = cq_say(&c->out, CQ_WARNING, CQ_C_DATA, w->first_off, 0, "%llu rows hold nothing: no liveness, no cell, no deletion (this is the first)",
		(unsigned long long)w->n);
	cq_say_expected(&c->out, f, "at least one of them: writers leave out rows that are empty");
}

const struct cq_rule cq_rule_legacy_liveness = {
	.id = "legacy-liveness", .title = "every row holds something", .severity = CQ_WARNING, .effect = CQ_UNSURE,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_ROW), .odd = CQ_ODD_BARE, .state_size = sizeof(struct rows), .event = event, .merge = merge, .finish = finish,
	.kinds = "40",
	.proves = "No row is without liveness, cells and deletion at once.",
	.means = "CQL does not show such a row. Upgrades of COMPACT STORAGE tables and of dropped columns left some: what they once held is gone from "
		"this SSTable.",
	.action = "Look for the same keys in other SSTables and replicas (cqlite dump -k) before you compact or drop COMPACT STORAGE.",
	.bug = "CASSANDRA-13939, 14568, 14873, 14912, 16226.",
};

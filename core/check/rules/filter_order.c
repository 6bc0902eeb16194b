/* filter-order - the filter is made in the order of bytes and hashes that the version uses. */
#include <inttypes.h>

#include "filter_step.h"

_Static_assert((int)FILTER_SAMPLE <= (int)CQ_EARLY, "the first keys are shown");

extern const struct cq_rule cq_rule_filter_order;

struct order {
	struct filter_check *f;
	size_t n;
	uint64_t hash[FILTER_SAMPLE][2];       /* of the first keys */
};

static void begin(struct cq_pass *p, void *state)
{
	((struct order *)state)->f = filter_of(p->check, &p->out);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct order *s = state;

	(void)ev;
	if (s->n == FILTER_SAMPLE)
		return;
	s->hash[s->n][0] = p->hash[0];
	s->hash[s->n++][1] = p->hash[1];
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct order *s = state, *n = next;

	(void)p;
	for (size_t i = 0; i < n->n && s->n < FILTER_SAMPLE; i++, s->n++) {
		s->hash[s->n][0] = n->hash[i][0];
		s->hash[s->n][1] = n->hash[i][1];
	}
}

static size_t hits(const struct order *s, bool old, bool exchanged)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += filter_says(s->f, s->hash[i], old, exchanged);
	return n;
}

static void finish(struct cq_check *c, void *state)
{
	static const char *const names[] = { "big-endian words, as before 4.0", "bytes in order, as since 4.0" };
	struct order *s = state;
	struct cq_check_finding *f;
	size_t own;

	if (!s->f || !s->n)
		return;
	own = hits(s, false, false);
	if (2 * own >= s->n)
		return;
	for (int way = 1; way < 4; way++) {
		size_t n = hits(s, way & 1, way & 2);
		bool old = s->f->swapped != (bool)(way & 1);

		if (n < s->n)
			continue;
		f = cq_say(&c->out, CQ_ERROR, CQ_C_FILTER, s->f->info.at, 8 * (uint64_t)s->f->info.words,
			"the filter denies %zu of %zu keys that were tried; read in another order it knows all of them", s->n - own, s->n);
		cq_say_expected(&c->out, f, "%s", names[!s->f->swapped]);
		cq_say_found(&c->out, f, "%s%s", names[!old], way & 2 ? ", with the two halves of the hash exchanged, as before 3.0" : "");
		/* This rule comes last of the three: their findings are all there. */
		for (struct cq_check_finding *o = c->out.first; o; o = o->next)
			if (!strcmp(o->rule->id, "filter-fn") || !strcmp(o->rule->id, "filter-fp"))
				o->because = cq_rule_filter_order.id;
		return;
	}
}

const struct cq_rule cq_rule_filter_order = {
	.id = "filter-order", .title = "Filter.db is written in its version's order", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_EARLY, .state_size = sizeof(struct order), .begin = begin, .event = event,
	.merge = merge, .finish = finish,
	.proves = "The filter knows its keys in the order of bytes and hashes that the version prescribes.",
	.means = "Cassandra reads the bits in another order than they were written in: it takes most keys of this table for absent, and reads "
		"by partition key do not show their rows.",
	.action = "Stop the node, delete Filter.db of this table, start the node: Cassandra 4.0 and later make it anew. Look for what mixed "
		"files of two versions (a restore, a rename).",
	.bug = "CASSANDRA-9067 (4.0) changed the order of bytes; before 3.0 the halves of the hash were exchanged.",
	.silent = "Pre-releases of 4.0 that call themselves na and write the old order.",
	.kinds = "20",
};

/* filter-fn - the filter says maybe to every key of the table. */
#include <inttypes.h>

#include "filter_step.h"

struct fn {
	struct filter_check *f;
	struct filter_pass *k;
};

static void begin(struct cq_pass *p, void *state)
{
	struct fn *s = state;

	s->f = filter_of(p->check, &p->out);
	s->k = s->f ? filter_pass_of(p, s->f) : NULL;
}

/* The key of the partition at off, by reading it once more: this is rare. */
static void say_key(struct cq_out *o, struct cq_check_finding *f, uint64_t off)
{
	struct cq_event ev;
	struct cq_scan *s;

	if (cq_scan_open(&s, o->table, NULL, NULL) != CQ_OK)
		return;
	cq_scan_to(s, off);
	if (cq_scan_next(s, &ev, NULL) == CQ_OK && ev.kind == CQ_EV_PARTITION)
		cq_say_key(o, f, ev.partition->key);
	cq_scan_close(s);
}

/* What the last look said. */
static void judge(struct cq_out *o, const struct fn *s)
{
	struct cq_check_finding *f;
	uint64_t off;
	unsigned in;

	if (CQ_LIKELY(!s->k->missing))
		return;
	off = filter_place(s->f, s->k->bit, &in);
	f = cq_say(o, CQ_ERROR, CQ_C_FILTER, off, 1, "the filter denies a key that the table has: its bit %" PRIu64 " is not set", s->k->bit);
	if (f == &o->scratch)
		return;
	say_key(o, f, s->k->off);
	f->suspect = (struct cq_suspect){ .set = true, .component = CQ_C_FILTER, .space = CQ_SPACE_RAW, .off = off, .bit = in };
	f->suspect.found = (uint8_t)(s->f->pair[2 * (s->k->bit >> 6)] >> (s->k->bit & 56));
	f->suspect.expected = (uint8_t)(f->suspect.found | 1 << in);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct fn *s = state;

	(void)ev;
	if (s->k)
		judge(&p->out, s);
}

static void rest(struct cq_out *o, const struct fn *s)
{
	while (s->k && filter_rest(s->f, s->k))
		judge(o, s);
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	rest(&p->out, state);
	rest(&p->out, next);
}

static void finish(struct cq_check *c, void *state)
{
	struct fn *s = state;

	rest(&c->out, s);
	if (s->f && s->f->words < s->f->info.words)
		cq_unmeasured(&c->out, "of the %" PRIu32 " words of Filter.db only the first %" PRIu64 " were held against the keys: it is larger "
			"than 64 MiB", s->f->info.words, s->f->words);
}

static const char *const adopts[] = { "filter-header", "filter-misses-key", NULL };

const struct cq_rule cq_rule_filter_fn = {
	.id = "filter-fn", .title = "Filter.db knows every key", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_FILTER, .state_size = sizeof(struct fn), .begin = begin, .event = event, .merge = merge,
	.finish = finish, .adopts = adopts,
	.proves = "Every bit that a key of Data.db needs is set in Filter.db: the filter never denies a key that is there.",
	.means = "Cassandra asks the filter first: a read of this key by its partition key does not look into this table, and its rows are "
		"missing from the answer. Range scans still show them.",
	.action = "Stop the node, delete Filter.db of this table, start the node: Cassandra 4.0 and later make it anew. Before that, "
		"sstablescrub or nodetool upgradesstables -a rewrites the table with a new filter.",
	.bug = "CASSANDRA-9067 changed the byte order of the filter: see filter-order when most keys are denied. Filter.db has no checksum, "
		"and no Cassandra tool looks at it.",
	.kinds = "19",
};

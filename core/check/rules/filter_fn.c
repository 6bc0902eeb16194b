/* filter-fn - the filter says maybe to every key of the table. */
#include <inttypes.h>

#include "filter_step.h"

struct fn {
	struct filter_check *f;
	struct filter_pass *k;
	uint64_t keys, missed;
};

static void begin(struct cq_pass *p, void *state)
{
	struct fn *s = state;

	s->f = filter_of(p->check, &p->out);
	s->k = s->f ? filter_pass_of(p) : NULL;
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct fn *s = state;
	struct cq_check_finding *f;
	uint64_t off;
	unsigned in;

	if (!s->k)
		return;
	filter_key(p, s->f, s->k, ev);
	if (ev->kind == CQ_EV_PARTITION)
		return;
	s->keys++;
	if (CQ_LIKELY(!s->k->missing))
		return;
	s->missed++;
	off = filter_place(s->f, s->k->bit, &in);
	f = cq_say(&p->out, CQ_ERROR, CQ_C_FILTER, off, 1, "the filter denies a key that the table has: its bit %" PRIu64 " is not set",
		s->k->bit);
	cq_say_partition(p, f);
	f->suspect = (struct cq_suspect){ .set = true, .component = CQ_C_FILTER, .space = CQ_SPACE_RAW, .off = off, .bit = in };
	f->suspect.found = (uint8_t)(s->f->pair[2 * (s->k->bit >> 6)] >> (s->k->bit & 56));
	f->suspect.expected = (uint8_t)(f->suspect.found | 1 << in);
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct fn *s = state, *n = next;

	(void)p;
	s->keys += n->keys;
	s->missed += n->missed;
}

static void finish(struct cq_check *c, void *state)
{
	struct fn *s = state;

	if (s->f && s->f->words < s->f->info.words)
		cq_unmeasured(&c->out, "of the %" PRIu32 " words of Filter.db only the first %" PRIu64 " were held against the keys: it is larger "
			"than 64 MiB", s->f->info.words, s->f->words);
}

static const char *const adopts[] = { "filter-header", "filter-misses-key", NULL };

const struct cq_rule cq_rule_filter_fn = {
	.id = "filter-fn", .title = "Filter.db knows every key", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_PARTITION_END), .state_size = sizeof(struct fn), .begin = begin, .event = event, .merge = merge,
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

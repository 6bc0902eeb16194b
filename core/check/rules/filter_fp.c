/* filter-fp - the filter has no bits but those of its keys, and is as large as its target asks for. */
#include <inttypes.h>
#include <math.h>

#include "filter_step.h"

enum { NAMED_MAX = 8 };                        /* bits that are named one by one */

struct fp {
	struct filter_check *f;
	struct filter_pass *k;
	uint64_t keys;                         /* of the pieces behind the first */
};

static void begin(struct cq_pass *p, void *state)
{
	struct fp *s = state;

	s->f = filter_of(p->check, &p->out);
	s->k = s->f ? filter_pass_of(p, s->f) : NULL;
}

/* filter-fn comes first; without it what the keys that are left miss is nobody's. */
static void rest(const struct fp *s)
{
	while (s->k && filter_rest(s->f, s->k))
		;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct fp *s = state;
	const struct fp *n = next;

	(void)p;
	rest(s);
	rest(n);
	s->keys += n->k ? n->k->partition : 0;
}

static void say_bit(struct cq_out *o, const struct filter_check *f, uint64_t word, uint64_t mask)
{
	uint64_t bit = word * 64 + (uint64_t)__builtin_ctzll(mask), off;
	struct cq_check_finding *n;
	unsigned in;

	off = filter_place(f, bit, &in);
	n = cq_say(o, CQ_WARNING, CQ_C_FILTER, off, 1, "bit %" PRIu64 " of the filter is set, and no key of the table needs it", bit);
	n->suspect = (struct cq_suspect){ .set = true, .component = CQ_C_FILTER, .space = CQ_SPACE_RAW, .off = off, .bit = in,
		.found = (uint8_t)(f->pair[2 * word] >> (bit & 56)) };
	n->suspect.expected = (uint8_t)(n->suspect.found & ~(1u << in));
}

/* Bits too many. */
static void extra_bits(struct cq_check *c, const struct filter_check *f, uint64_t *set)
{
	uint64_t extra = 0, first = 0;
	struct cq_check_finding *n;

	*set = 0;
	for (uint64_t i = 0; i < f->words; i++) {
		uint64_t more = f->pair[2 * i] & ~f->pair[2 * i + 1];

		*set += (uint64_t)__builtin_popcountll(f->pair[2 * i]);
		if (CQ_LIKELY(!more))
			continue;
		if (!extra)
			first = i;
		extra += (uint64_t)__builtin_popcountll(more);
	}
	if (!extra || !c->whole)
		return;
	if (extra > NAMED_MAX) {
		unsigned in;

		n = cq_say(&c->out, CQ_WARNING, CQ_C_FILTER, filter_place(f, first * 64, &in) & ~7ull, 0, "%" PRIu64
			" bits of the filter are set, and no key of the table needs them", extra);
		cq_say_found(&c->out, n, "%" PRIu64 " bits set", *set);
		cq_say_expected(&c->out, n, "%" PRIu64, *set - extra);
		return;
	}
	for (uint64_t i = first; i < f->words; i++)
		for (uint64_t more = f->pair[2 * i] & ~f->pair[2 * i + 1]; more; more &= more - 1)
			say_bit(&c->out, f, i, more & (0 - more));
}

static void finish(struct cq_check *c, void *state)
{
	struct fp *s = state;
	const struct filter_check *f = s->f;
	double target = c->table->stats.bloom_fp_chance, rate;
	unsigned hashes, bits;
	uint64_t set;
	struct cq_check_finding *n;

	if (!f)
		return;
	rest(s);
	s->keys += s->k ? s->k->partition : 0;
	extra_bits(c, f, &set);
	if (!c->whole)
		cq_unmeasured(&c->out, "not every key could be read: bits that no key needs were not looked for");
	if (f->words < f->info.words)
		cq_unmeasured(&c->out, "of the %" PRIu32 " words of Filter.db only the first %" PRIu64 " were held against the keys: it is larger "
			"than 64 MiB", f->info.words, f->words);
	if (!(c->table->stats.has & CQ_HAS_VALIDATION) || !filter_spec(target, &hashes, &bits)) {
		cq_unmeasured(&c->out, "the rate of false positives that was asked for (%g) is none that a filter is made for", target);
		return;
	}
	if (f->info.hashes != hashes) {
		n = cq_say(&c->out, CQ_WARNING, CQ_C_FILTER, 0, 4, "the filter has another number of hashes than Cassandra takes for "
			"bloom_filter_fp_chance %g", target);
		cq_say_expected(&c->out, n, "%u", hashes);
		cq_say_found(&c->out, n, "%" PRIu32, f->info.hashes);
	}
	rate = pow((double)set / ((double)f->words * 64), f->info.hashes);
	if (rate > 2 * target && s->keys > 100) {
		n = cq_say(&c->out, CQ_INFO, CQ_C_FILTER, 0, 0, "the filter lets more absent keys pass than it was meant to");
		cq_say_expected(&c->out, n, "a rate of about %.3g (bloom_filter_fp_chance)", target);
		cq_say_found(&c->out, n, "%.3g, measured by the bits that are set", rate);
		cq_say_means(&c->out, n, "It was sized for fewer keys than it got, as compactions do when their estimate is low. Reads of absent keys "
			"look into the table more often.");
	}
}

const struct cq_rule cq_rule_filter_fp = {
	.id = "filter-fp", .title = "Filter.db has no bits but those of its keys", .severity = CQ_WARNING, .effect = CQ_SLOWER,
	.stage = CQ_STAGE_PASS, .state_size = sizeof(struct fp), .begin = begin, .merge = merge, .finish = finish,
	.proves = "Filter.db was made anew from all keys and has not a bit more; its number of hashes is the one that Cassandra takes for the "
		"table's bloom_filter_fp_chance, and its measured rate of false positives is near it.",
	.means = "The filter says maybe to a few more keys than it should: reads of absent keys look into this table for nothing. No answer "
		"becomes wrong, but bytes of the file have changed since it was written.",
	.action = "Nothing is lost. To make the filter anew, stop the node, delete Filter.db of this table and start the node (4.0 and later), or "
		"rewrite the table: nodetool upgradesstables -a.",
	.silent = "A filter that was sized for another number of keys, as compactions estimate it.",
	.kinds = "19",
};

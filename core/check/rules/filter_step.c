#include "filter_step.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_hash.h"

/* For a product of two words. */
__extension__ typedef unsigned __int128 wide;

static const char tag;

static void finish(void *arg)
{
	free(((struct filter_check *)arg)->pair);
}

CQ_ALWAYS_INLINE uint64_t bit_of(const struct filter_check *f, uint64_t sum)
{
	uint64_t v = sum >> 63 ? 0 - sum : sum;        /* the remainder of -v is that of v, with its sign */
	uint64_t q = (uint64_t)((wide)v * f->inverse >> 64), r = v - q * f->bits;

	/* v is at most 2^63: what the inverse lacks makes the quotient at most one too small. */
	return r >= f->bits ? r - f->bits : r;
}

uint64_t filter_bit(const struct filter_check *f, uint64_t sum)
{
	return bit_of(f, sum);
}

bool filter_says(const struct filter_check *f, const uint64_t h[2], bool old, bool exchanged)
{
	uint64_t sum = h[exchanged ? 0 : 1], step = h[exchanged ? 1 : 0];

	for (uint32_t i = 0; i < f->info.hashes; i++, sum += step) {
		uint64_t bit = filter_bit(f, sum), word;

		if (bit >> 6 >= f->words)
			continue;
		word = f->pair[2 * (bit >> 6)];
		if (old)
			word = __builtin_bswap64(word);
		if (!(word >> (bit & 63) & 1))
			return false;
	}
	return true;
}

static bool load(struct filter_check *f, const struct cq_table *t)
{
	const struct cq_space *space = t->component[CQ_C_FILTER];
	enum { STEP = 1 << 16 };
	struct cq_error err = {0};
	uint8_t *buf = malloc(STEP);

	f->words = f->info.words < FILTER_WORDS_MAX ? f->info.words : FILTER_WORDS_MAX;
	f->pair = buf ? calloc((size_t)f->words, 2 * sizeof *f->pair) : NULL;
	if (!f->pair) {
		free(buf);
		return false;
	}
	for (uint64_t at = 0; at < 8 * f->words; at += STEP) {
		size_t n = 8 * f->words - at < STEP ? (size_t)(8 * f->words - at) : STEP;

		if (cq_space_read(space, f->info.at + at, buf, n, &err) < 0) {
			snprintf(f->why, sizeof f->why, "%s", err.msg);
			break;
		}
		for (size_t i = 0; i < n; i += 8)
			f->pair[2 * ((at + i) / 8)] = f->swapped ? cq_be64(buf + i) : cq_le64(buf + i);
	}
	free(buf);
	f->bits = (uint64_t)f->info.words * 64;
	f->inverse = UINT64_MAX / f->bits;
	f->usable = !f->why[0];
	return true;
}

/* The pre-releases of a version wrote both orders: the one in which the first keys are. */
static void settle_order(struct filter_check *f, const struct cq_table *t)
{
	struct cq_position pos;
	struct cq_lookup *l;
	uint64_t at = 0;
	unsigned own = 0, other = 0;

	if (!f->info.maybe_old || cq_lookup_open(&l, t, NULL) != CQ_OK)
		return;
	for (unsigned i = 0; i < 32 && cq_lookup_next(l, &at, &pos, NULL) == CQ_OK; i++) {
		uint64_t h[2];

		cq_murmur3(pos.key, h);
		own += filter_says(f, h, false, false);
		other += filter_says(f, h, true, false);
	}
	cq_lookup_close(l);
	if (other <= own)
		return;
	f->swapped = true;
	for (uint64_t i = 0; i < f->words; i++)
		f->pair[2 * i] = __builtin_bswap64(f->pair[2 * i]);
}

struct filter_check *filter_of(struct cq_check *c, struct cq_out *o)
{
	const struct cq_table *t = c->table;
	struct filter_check *f = cq_keep(&c->kept, &tag, sizeof *f, finish);

	if (!f) {
		cq_say_nomem(o);
		return NULL;
	}
	if (!f->pair && !f->why[0]) {
		if (!t->component[CQ_C_FILTER])
			snprintf(f->why, sizeof f->why, "Filter.db is missing");
		else if (!t->component[CQ_C_FILTER]->size)
			snprintf(f->why, sizeof f->why, "Filter.db is empty: every key is a maybe");
		else if (!cq_filter_info(t, &f->info) || f->info.hashes > FILTER_HASHES_MAX)
			snprintf(f->why, sizeof f->why, "the header of Filter.db cannot be read");
		else {
			f->swapped = f->info.old_order;
			if (!load(f, t)) {
				cq_say_nomem(o);
				return NULL;
			}
			settle_order(f, t);
		}
	}
	if (!f->usable) {
		cq_unmeasured(o, "%s", f->why);
		return NULL;
	}
	return f;
}

static void look(struct filter_check *f, struct filter_pass *k, uint64_t n)
{
	const uint64_t *bits = k->ring[n % FILTER_RING].bits;
	const uint32_t hashes = k->hashes;
	uint64_t *pairs = f->pair, all = 1;

	if (CQ_LIKELY(!k->atomic && f->words == f->info.words)) {
		for (uint32_t i = 0; i < hashes; i++) {
			uint64_t *pair = &pairs[2 * (bits[i] >> 6)];

			all &= pair[0] >> (bits[i] & 63);
			pair[1] |= 1ull << (bits[i] & 63);
		}
		if (CQ_LIKELY(all))
			return;
	}
	for (uint32_t i = 0; i < f->info.hashes; i++) {
		uint64_t bit = bits[i], mask = 1ull << (bit & 63), *pair;

		if (CQ_UNLIKELY(bit >> 6 >= f->words))
			continue;
		pair = &f->pair[2 * (bit >> 6)];
		if (CQ_UNLIKELY(!(pair[0] & mask)) && !k->missing) {
			k->missing = true;
			k->bit = bit;
			k->off = k->ring[n % FILTER_RING].off;
		}
		if (!k->atomic)
			pair[1] |= mask;
		else if (!(__atomic_load_n(&pair[1], __ATOMIC_RELAXED) & mask))
			__atomic_fetch_or(&pair[1], mask, __ATOMIC_RELAXED);
	}
}

static unsigned key(struct cq_pass *p, void *arg, const struct cq_event *ev)
{
	struct filter_pass *k = arg;
	struct filter_check *f = k->f;
	const struct filter_check here = { .bits = f->bits, .inverse = f->inverse, .words = f->words, .pair = f->pair };
	const uint64_t step = p->hash[0];
	uint64_t sum = p->hash[1], *bits;

	(void)ev;
	k->missing = false;
	k->atomic = p->npieces > 1;
	if (CQ_LIKELY(k->rest == FILTER_RING))
		look(f, k, p->partitions);             /* the place that this one takes */
	else
		k->rest++;
	k->partition = p->partitions;
	k->ring[p->partitions % FILTER_RING].off = p->partition_off;
	bits = k->ring[p->partitions % FILTER_RING].bits;
	for (uint32_t i = 0, n = k->hashes; i < n; i++, sum += step) {
		uint64_t bit = bits[i] = bit_of(&here, sum);

		/* A filter may be longer than what is held of it. */
		if (CQ_LIKELY(bit >> 6 < here.words))
			__builtin_prefetch(&here.pair[2 * (bit >> 6)], 1);
	}
	return k->missing ? CQ_ODD_FILTER : 0;
}

static const char pass_tag;

struct filter_pass *filter_pass_of(struct cq_pass *p, struct filter_check *f)
{
	struct filter_pass *k = cq_keep(&p->kept, &pass_tag, sizeof *k, NULL);

	if (!k) {
		cq_say_nomem(&p->out);
	} else if (!k->f) {
		k->f = f;
		k->hashes = f->info.hashes;
		cq_pass_step(p, CQ_WANTS(CQ_EV_PARTITION), key, k);
	}
	return k;
}

bool filter_rest(struct filter_check *f, struct filter_pass *k)
{
	k->missing = false;
	if (!k->rest)
		return false;
	look(f, k, k->partition - --k->rest);
	return true;
}

uint64_t filter_place(const struct filter_check *f, uint64_t bit, unsigned *in_byte)
{
	*in_byte = bit & 7;
	return f->info.at + (f->swapped ? (bit >> 3) ^ 7 : bit >> 3);
}

/* Rates of false positives of Cassandra's BloomCalculations, by bits a key and hashes: rates[b - 2][k - 1]. */
static const double rates[19][14] = {
	{ .393, .400 },
	{ .283, .237, .253 },
	{ .221, .155, .147, .160 },
	{ .181, .109, .092, .092, .101 },
	{ .154, .0804, .0609, .0561, .0578, .0638 },
	{ .133, .0618, .0423, .0359, .0347, .0364 },
	{ .118, .0489, .0306, .024, .0217, .0216, .0229 },
	{ .105, .0397, .0228, .0166, .0141, .0133, .0135, .0145 },
	{ .0952, .0329, .0174, .0118, .00943, .00844, .00819, .00846 },
	{ .0869, .0276, .0136, .00864, .0065, .00552, .00513, .00509 },
	{ .08, .0236, .0108, .00646, .00459, .00371, .00329, .00314 },
	{ .074, .0203, .00875, .00492, .00332, .00255, .00217, .00199, .00194 },
	{ .0689, .0177, .00718, .00381, .00244, .00179, .00146, .00129, .00121, .0012 },
	{ .0645, .0156, .00596, .003, .00183, .00128, .001, .000852, .000775, .000744 },
	{ .0606, .0138, .005, .00239, .00139, .000935, .000702, .000574, .000505, .00047, .000459 },
	{ .0571, .0123, .00423, .00193, .00107, .000692, .000499, .000394, .000335, .000302, .000287, .000284 },
	{ .054, .0111, .00362, .00158, .000839, .000519, .00036, .000275, .000226, .000198, .000183, .000176 },
	{ .0513, .00998, .00312, .0013, .000663, .000394, .000264, .000194, .000155, .000132, .000118, .000111, .000109 },
	{ .0488, .00906, .0027, .00108, .00053, .000303, .000196, .00014, .000108, 8.89e-5, 7.77e-5, 7.12e-5, 6.79e-5, 6.71e-5 },
};
static const uint8_t best[19] = { 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10, 11, 12, 12, 13, 14 };

bool filter_spec(double chance, unsigned *hashes, unsigned *bits_a_key)
{
	unsigned b = 2, k;

	if (!(chance > 0) || chance >= 1)
		return false;
	if (chance >= rates[0][0]) {                   /* a slip in the source that stays */
		*hashes = 2;
		*bits_a_key = 1;
		return true;
	}
	k = best[0];
	while (rates[b - 2][k - 1] > chance) {
		if (++b > 20)
			return false;
		k = best[b - 2];
	}
	while (k > 1 && rates[b - 2][k - 2] <= chance)
		k--;
	*hashes = k;
	*bits_a_key = b;
	return true;
}

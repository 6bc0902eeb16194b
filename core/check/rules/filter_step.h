/* filter_step - Filter.db made anew from the keys as they pass, and held against the file; once for all rules about it.
 *
 *     struct filter_check *f = filter_of(p->check, &p->out);  in begin; NULL: there is no filter to check, and that was said
 *     struct filter_pass *k = filter_pass_of(p, f);           from here on every PARTITION is taken in; k->missing tells of one that
 *                                                             came some before, and makes the event CQ_ODD_FILTER
 *     while (filter_rest(f, k)) ...                           in merge and finish: those that are left
 *
 * The bits of the file and those made anew stand beside each other, a word and a word, so that a key costs one miss of the cache
 * a bit and not two; and these are asked for when a partition comes, and looked at some partitions later. Pieces set bits side by side. Of a filter beyond 64 MiB the first 64 MiB are held this way; the rest
 * is unmeasured, and said to be. */
#ifndef CQ_FILTER_STEP_H
#define CQ_FILTER_STEP_H
#include "cq_index.h"
#include "cq_rule.h"

enum { FILTER_WORDS_MAX = 8 << 20, FILTER_SAMPLE = 512, FILTER_HASHES_MAX = 64, FILTER_RING = 16 };

struct filter_check {
	struct cq_filter_info info;
	bool usable;
	char why[160];                         /* when not */
	bool swapped;                          /* read as big-endian words */
	uint64_t words;                        /* held here: the first ones */
	uint64_t bits, inverse;                /* of the whole filter; 2^64 / bits */
	uint64_t *pair;                        /* 2 * words: stored, made anew */
};

/* The last partitions of a piece: their bits are on the way from memory. */
struct filter_pass {
	struct filter_check *f;
	uint64_t partition, rest;              /* partitions taken in; of these, not looked at yet */
	uint32_t hashes;
	bool atomic;                           /* pieces run side by side */
	bool missing;                          /* of the one that was looked at: the filter denies its key */
	uint64_t bit;                          /* then: the first one that should be set, */
	uint64_t off;                          /* and where the partition is */
	struct {
		uint64_t off, bits[FILTER_HASHES_MAX];
	} ring[FILTER_RING];
};

struct filter_check *filter_of(struct cq_check *c, struct cq_out *o);
struct filter_pass *filter_pass_of(struct cq_pass *p, struct filter_check *f);
/* Look at one more of those that are left. False: none is. */
bool filter_rest(struct filter_check *f, struct filter_pass *k);
/* The byte of the file in which a bit is, and the bit's number in it. */
uint64_t filter_place(const struct filter_check *f, uint64_t bit, unsigned *in_byte);
/* The number of the i-th bit of a key: h[1] + i * h[0], as a signed number, modulo the bits, without its sign. */
uint64_t filter_bit(const struct filter_check *f, uint64_t sum);
/* Does a filter of these words say maybe? old: words of the other byte order; exchanged: the two halves of the hash swapped. */
bool filter_says(const struct filter_check *f, const uint64_t h[2], bool old, bool exchanged);

/* The number of hashes and bits a key that Cassandra takes for a false positive rate. False: none (no filter is made). */
bool filter_spec(double chance, unsigned *hashes, unsigned *bits_a_key);

#endif

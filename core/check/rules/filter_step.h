/* filter_step - Filter.db made anew from the keys as they pass, and held against the file; once for all rules about it.
 *
 *     struct filter_check *f = filter_of(p->check, &p->out);  in begin; NULL: there is no filter to check, and that was said
 *     struct filter_pass *k = filter_pass_of(p);
 *     filter_key(p, f, k, ev);                                every PARTITION and PARTITION_END; at the end k->missing, k->bit hold
 *
 * The bits of the file and those made anew stand beside each other, a word and a word, so that a key costs one miss of the cache
 * a bit and not two; and these are asked for when a partition begins, and looked at when it ends. Pieces set bits side by side. Of a filter beyond 64 MiB the first 64 MiB are held this way; the rest
 * is unmeasured, and said to be. */
#ifndef CQ_FILTER_STEP_H
#define CQ_FILTER_STEP_H
#include "cq_index.h"
#include "cq_rule.h"

enum { FILTER_WORDS_MAX = 8 << 20, FILTER_SAMPLE = 512, FILTER_HASHES_MAX = 64 };

struct filter_check {
	struct cq_filter_info info;
	bool usable;
	char why[160];                         /* when not */
	bool swapped;                          /* read as big-endian words */
	uint64_t words;                        /* held here: the first ones */
	uint64_t bits, inverse;                /* of the whole filter; 2^64 / bits */
	uint64_t *pair;                        /* 2 * words: stored, made anew */
};

/* The partition that the pass is in. */
struct filter_pass {
	uint64_t begun, ended;                 /* partitions */
	bool missing;                          /* the filter denies the key; bit: the first one that should be set */
	uint64_t bit;
	uint64_t bits[FILTER_HASHES_MAX];      /* of the key */
};

struct filter_check *filter_of(struct cq_check *c, struct cq_out *o);
struct filter_pass *filter_pass_of(struct cq_pass *p);
void filter_key(const struct cq_pass *p, struct filter_check *f, struct filter_pass *k, const struct cq_event *ev);
/* The byte of the file in which a bit is, and the bit's number in it. */
uint64_t filter_place(const struct filter_check *f, uint64_t bit, unsigned *in_byte);
/* The number of the i-th bit of a key: h[1] + i * h[0], as a signed number, modulo the bits, without its sign. */
uint64_t filter_bit(const struct filter_check *f, uint64_t sum);
/* Does a filter of these words say maybe? old: words of the other byte order; exchanged: the two halves of the hash swapped. */
bool filter_says(const struct filter_check *f, const uint64_t h[2], bool old, bool exchanged);

/* The number of hashes and bits a key that Cassandra takes for a false positive rate. False: none (no filter is made). */
bool filter_spec(double chance, unsigned *hashes, unsigned *bits_a_key);

#endif

#include "cq_sketch.h"

#include <stdlib.h>

enum {
	P = 13, SP = 25,
	REGISTERS = 1 << P,
	A_WORD = 6,                            /* registers in a word */
	WORDS = REGISTERS / A_WORD + 1,
	SPARSE_MAX = REGISTERS / 4 * 3,        /* a longer list becomes registers */
	TEMP_MAX = SPARSE_MAX / 4 + 1,         /* codes that are merged into it together */
	LIST_MAX = SPARSE_MAX + 2 * TEMP_MAX,
	LOG_MAX = 2 * SPARSE_MAX,              /* hashes remembered for a merge; by then registers are in use */
};

struct cq_sketch {
	uint32_t *words;                       /* NULL: sparse */
	uint32_t *sparse;                      /* LIST_MAX */
	uint32_t nsparse, ntemp, nlog;
	uint32_t temp[TEMP_MAX];
	uint64_t log[LOG_MAX];                 /* what was offered while sparse */
	bool nomem;
};

int cq_sketch_open(struct cq_sketch **out, struct cq_error *err)
{
	struct cq_sketch *s = malloc(sizeof *s);

	if (s) {
		s->words = NULL;
		s->nsparse = s->ntemp = s->nlog = 0;
		s->nomem = false;
		s->sparse = malloc(LIST_MAX * sizeof *s->sparse);
	}
	if (!s || !s->sparse) {
		free(s);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a cardinality sketch");
	}
	*out = s;
	return CQ_OK;
}

void cq_sketch_close(struct cq_sketch *s)
{
	if (!s)
		return;
	free(s->words);
	free(s->sparse);
	free(s);
}

/* ---- codes of the sparse form ---- */

static unsigned run_length(uint64_t x)
{
	return (unsigned)__builtin_clzll(x << P | 1u << (P - 1)) + 1;
}

/* 25 bits of the hash and a 0; where the lower 12 of them are zero the run's length cannot be seen in them and follows, inverted, before
 * a 1. */
static uint32_t code_of(uint64_t x)
{
	uint32_t index = (uint32_t)(x >> (64 - SP));

	if (index & ((1u << (SP - P)) - 1))
		return index << 1;
	return index << 7 | (run_length(x) ^ 63) << 1 | 1;
}

static uint32_t code_index(uint32_t code)
{
	return code & 1 ? code >> 7 : code >> 1;
}

static unsigned code_run(uint32_t code)
{
	return code & 1 ? ((code >> 1) & 63) ^ 63 : (unsigned)__builtin_clz(code << (P + 31 - SP)) + 1;
}

/* By index, then by what is below it, as a signed number. */
static int code_compare(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	uint32_t ia = code_index(a), ib = code_index(b);
	int32_t ha = (int32_t)(a << (P + 31 - SP)), hb = (int32_t)(b << (P + 31 - SP));

	return ia != ib ? (ia > ib) - (ia < ib) : (ha > hb) - (ha < hb);
}

static uint32_t past_index(const uint32_t *v, uint32_t at, uint32_t n, uint32_t index)
{
	while (at < n && code_index(v[at]) == index)
		at++;
	return at;
}

/* stream-lib's merge walks by code where it should walk by index, so that the list is not quite sorted later on and
 * an index may be in it twice. The bytes depend on it. */
static void merge_temp(struct cq_sketch *s)
{
	uint32_t old[LIST_MAX];
	uint32_t n = s->nsparse, i = 0, j = 0, at = 0;

	if (!s->ntemp)
		return;
	memcpy(old, s->sparse, n * sizeof *old);
	qsort(s->temp, s->ntemp, sizeof *s->temp, code_compare);
	while (i < n || j < s->ntemp) {
		uint32_t t;

		if (j == s->ntemp) {
			s->sparse[at++] = old[i++];
			continue;
		}
		t = s->temp[j];
		if (i < n && code_index(old[i]) == code_index(t)) {
			s->sparse[at++] = (int32_t)old[i] < (int32_t)t ? old[i] : t;
			i++;
		} else if (i < n && (int32_t)old[i] < (int32_t)t) {
			s->sparse[at++] = old[i++];
			continue;
		} else {
			s->sparse[at++] = t;
		}
		j = past_index(s->temp, j + 1, s->ntemp, code_index(t));
	}
	s->nsparse = at;
	s->ntemp = 0;
}

/* ---- registers ---- */

/* A run of 32 or more (one key in four billion) spills into the neighbour, as it does there. */
static void raise_register(uint32_t *words, uint32_t i, unsigned run)
{
	uint32_t *w = &words[i / A_WORD];
	unsigned shift = 5 * (i % A_WORD);
	uint32_t mask = 0x1fu << shift;

	if ((*w & mask) < (uint64_t)run << shift)
		*w = (*w & ~mask) | run << shift;
}

static bool to_registers(struct cq_sketch *s)
{
	s->words = calloc(WORDS, sizeof *s->words);
	if (!s->words) {
		s->nomem = true;
		return false;
	}
	for (uint32_t i = 0; i < s->nsparse; i++)
		raise_register(s->words, code_index(s->sparse[i]) >> (SP - P), code_run(s->sparse[i]));
	for (uint32_t i = 0; i < s->ntemp; i++)
		raise_register(s->words, code_index(s->temp[i]) >> (SP - P), code_run(s->temp[i]));
	s->nsparse = s->ntemp = s->nlog = 0;
	return true;
}

void cq_sketch_offer(struct cq_sketch *s, uint64_t x)
{
	if (s->words) {
		raise_register(s->words, (uint32_t)(x >> (64 - P)), run_length(x));
		return;
	}
	s->temp[s->ntemp++] = code_of(x);
	if (s->nlog < LOG_MAX)
		s->log[s->nlog++] = x;
	if (s->ntemp == TEMP_MAX || s->nsparse + s->ntemp == LIST_MAX) {
		merge_temp(s);
		if (s->nsparse > SPARSE_MAX && !to_registers(s))
			s->nsparse = 0;
	}
}

int cq_sketch_merge(struct cq_sketch *into, const struct cq_sketch *next, struct cq_error *err)
{
	if (!next->words) {
		for (uint32_t i = 0; i < next->nlog; i++)
			cq_sketch_offer(into, next->log[i]);
	} else if (into->words || to_registers(into)) {
		for (uint32_t i = 0; i < REGISTERS; i++)
			raise_register(into->words, i, next->words[i / A_WORD] >> (5 * (i % A_WORD)) & 0x1f);
	}
	into->nomem |= next->nomem;
	return into->nomem ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a cardinality sketch") : CQ_OK;
}

/* ---- stored form ---- */

static void leb128(struct cq_buf *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		cq_buf_byte(b, (uint8_t)(v | 0x80));
	cq_buf_byte(b, (uint8_t)v);
}

int cq_sketch_bytes(struct cq_sketch *s, struct cq_buf *out, struct cq_error *err)
{
	static const uint8_t head[] = { 0xff, 0xff, 0xff, 0xfe, P, SP };       /* version -2 */
	uint32_t last = 0;

	cq_buf_put(out, head, sizeof head);
	if (s->words) {
		cq_buf_byte(out, 0);
		leb128(out, WORDS * 4);
		for (uint32_t i = 0; i < WORDS; i++) {
			uint8_t word[4];

			cq_put_be32(word, s->words[i]);
			cq_buf_put(out, word, 4);
		}
	} else {
		merge_temp(s);
		cq_buf_byte(out, 1);
		leb128(out, s->nsparse);
		for (uint32_t i = 0; i < s->nsparse; i++) {
			leb128(out, s->sparse[i] - last);
			last = s->sparse[i];
		}
	}
	if (s->nomem || out->failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a cardinality sketch");
	return CQ_OK;
}

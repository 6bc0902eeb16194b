#include "cq_drops.h"

#include <stdlib.h>

enum {
	BINS = 100,
	ROUND = 60,
	SPOOL_3 = 100000,
	SPOOL = 1 << 17,               /* 100000 rounded up to a power of two */
	SLOTS = 2 * SPOOL,
	PROBES = 100,
	FEW = BINS,                    /* so few points fit any spool: no probing needs to be repeated */
	FEW_SLOTS = 256,
};

struct point {
	int64_t at;
	int64_t count;
};

struct bin {
	double at;                     /* 3.x: fractions; else whole, below 2^53 */
	int64_t count;
};

struct cq_drops {
	enum cq_drops_rules rules;
	bool nomem, flushed, inexact;
	uint64_t total;
	/* The spool: points in the order in which they came, and a hash table of their numbers + 1. */
	struct point *points;
	uint32_t npoints, cap;
	uint32_t *slots;               /* NULL: few, in few_slots */
	uint32_t few_slots[FEW_SLOTS];
	struct bin bins[BINS + 1];
	unsigned nbins;
};

int cq_drops_open(struct cq_drops **out, enum cq_drops_rules rules, struct cq_error *err)
{
	struct cq_drops *d = calloc(1, sizeof *d);

	if (!d)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a histogram of drop times");
	d->rules = rules;
	*out = d;
	return CQ_OK;
}

void cq_drops_close(struct cq_drops *d)
{
	if (!d)
		return;
	free(d->points);
	free(d->slots);
	free(d);
}

/* ---- rounding ---- */

static int64_t cap_of(const struct cq_drops *d)
{
	return d->rules == CQ_DROPS_4 ? INT32_MAX - 1 : (int64_t)UINT32_MAX - 2;
}

/* Up to a whole minute. Times below zero, and those that leave the range of deletion times, become the latest one; 3.x
 * leaves them alone. */
static int64_t rounded(const struct cq_drops *d, int64_t p)
{
	int64_t rest = p % ROUND;

	if (rest == 0 || (d->rules == CQ_DROPS_3 && rest < 0))
		return p;
	if (d->rules == CQ_DROPS_3)
		return p + ROUND - rest;
	p += ROUND - rest;
	return p < 0 || p > cap_of(d) ? cap_of(d) : p;
}

/* ---- bins ---- */

static int64_t saturated(const struct cq_drops *d, int64_t count)
{
	return d->rules != CQ_DROPS_3 && count > INT32_MAX ? INT32_MAX : count;
}

/* Where the two closest points meet. */
static double between(const struct cq_drops *d, const struct bin *a, const struct bin *b)
{
	int64_t pa, pb, m;
	uint64_t sum;

	if (d->rules == CQ_DROPS_3)
		return (a->at * (double)a->count + b->at * (double)b->count) / (double)(a->count + b->count);
	pa = (int64_t)a->at;
	pb = (int64_t)b->at;
	sum = (uint64_t)pa * (uint64_t)a->count + (uint64_t)pb * (uint64_t)b->count;
	if (sum > INT64_MAX)
		sum = INT64_MAX;
	m = (int64_t)sum / (a->count + b->count);
	if (d->rules == CQ_DROPS_5) {
		if (m <= pa)
			m = pa + 1;
		if (m > pb)
			m = pb;
	}
	return (double)rounded(d, m);
}

static void pour(struct cq_drops *d, const struct point *p)
{
	double at = (double)p->at;
	unsigned lo = 0, hi = d->nbins, best = 0;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (d->bins[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < d->nbins && d->bins[lo].at == at) {
		d->bins[lo].count = saturated(d, d->bins[lo].count + p->count);
		return;
	}
	memmove(&d->bins[lo + 1], &d->bins[lo], (d->nbins - lo) * sizeof *d->bins);
	d->bins[lo] = (struct bin){ at, saturated(d, p->count) };
	if (++d->nbins <= BINS)
		return;
	for (unsigned i = 1; i < BINS; i++)
		if (d->bins[i + 1].at - d->bins[i].at < d->bins[best + 1].at - d->bins[best].at)
			best = i;
	d->bins[best].at = between(d, &d->bins[best], &d->bins[best + 1]);
	d->bins[best].count = saturated(d, d->bins[best].count + d->bins[best + 1].count);
	d->nbins--;
	memmove(&d->bins[best + 1], &d->bins[best + 2], (d->nbins - best - 1) * sizeof *d->bins);
}

/* ---- the spool ---- */

static int point_compare(const void *pa, const void *pb)
{
	const struct point *a = pa, *b = pb;

	return (a->at > b->at) - (a->at < b->at);
}

static void flush(struct cq_drops *d)
{
	if (d->slots && d->rules != CQ_DROPS_3) {
		for (uint32_t i = 0; i < SLOTS; i++)
			if (d->slots[i])
				pour(d, &d->points[d->slots[i] - 1]);
	} else {
		/* Sorted; as good as any order for the few that fit without folding when nothing was poured before. */
		if (d->npoints)
			qsort(d->points, d->npoints, sizeof *d->points, point_compare);
		for (uint32_t i = 0; i < d->npoints; i++)
			pour(d, &d->points[i]);
	}
	d->npoints = 0;
	if (d->slots)
		memset(d->slots, 0, SLOTS * sizeof *d->slots);
	memset(d->few_slots, 0, sizeof d->few_slots);
}

static void flush_full(struct cq_drops *d)
{
	flush(d);
	d->flushed = true;
}

static uint32_t few_hash(int64_t at)
{
	return (uint32_t)((uint64_t)at * 0x9e3779b97f4a7c15u >> 56);
}

/* The slot where at is, or where it goes; NULL when the table has no place for it. */
static uint32_t *slot_of(struct cq_drops *d, int64_t at)
{
	uint32_t cell, probes = d->rules == CQ_DROPS_3 ? SLOTS : PROBES;

	if (!d->slots) {
		for (cell = few_hash(at); d->few_slots[cell] && d->points[d->few_slots[cell] - 1].at != at;)
			cell = (cell + 1) % FEW_SLOTS;
		return &d->few_slots[cell];
	}
	cell = (SPOOL - 1) & (uint32_t)((uint64_t)at * 948701839u);
	for (uint32_t i = 0; i < probes; i++) {
		uint32_t *slot = &d->slots[(cell + i) % SLOTS];

		if (!*slot || d->points[*slot - 1].at == at)
			return slot;
	}
	return NULL;
}

static bool grow(struct cq_drops *d)
{
	uint32_t cap = d->cap ? d->cap * 4 : 16;
	struct point *p = realloc(d->points, cap * sizeof *p);

	if (!p)
		return false;
	d->points = p;
	d->cap = cap;
	return true;
}

static bool many(struct cq_drops *d)
{
	d->slots = calloc(SLOTS, sizeof *d->slots);
	if (!d->slots)
		return false;
	for (uint32_t i = 0; i < d->npoints; i++) {
		uint32_t *slot = slot_of(d, d->points[i].at);

		*slot = i + 1;         /* there is a place: see FEW */
	}
	return true;
}

static void put(struct cq_drops *d, int64_t at, int64_t count)
{
	uint32_t *slot;

	if (d->rules != CQ_DROPS_3 && d->npoints > SPOOL)
		flush_full(d);
	slot = slot_of(d, at);
	if (!slot) {
		flush_full(d);
		slot = slot_of(d, at);
	}
	if (*slot) {
		struct point *p = &d->points[*slot - 1];

		p->count = saturated(d, p->count + count);
		return;
	}
	if ((!d->slots && d->npoints == FEW) || d->npoints == d->cap) {
		if ((!d->slots && d->npoints == FEW && !many(d)) || (d->npoints == d->cap && !grow(d))) {
			d->nomem = true;
			return;
		}
		slot = slot_of(d, at);
		if (!slot) {                           /* all of the few share one cell, and at is one too many */
			flush_full(d);
			slot = slot_of(d, at);
		}
	}
	d->points[d->npoints] = (struct point){ at, saturated(d, count) };
	*slot = ++d->npoints;
	if (d->rules == CQ_DROPS_3 && d->npoints > SPOOL_3)
		flush_full(d);
}

void cq_drops_add(struct cq_drops *d, int64_t ldt, uint64_t count)
{
	int64_t at = rounded(d, ldt), n = count > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)count;

	if (!count || d->nomem)
		return;
	d->total += count;
	/* The first of several may be the one that fills the spool: the others then come behind the pouring. */
	if (n > 1 && d->npoints >= (d->rules == CQ_DROPS_3 ? SPOOL_3 : SPOOL)) {
		put(d, at, 1);
		n--;
	}
	put(d, at, n);
}

void cq_drops_merge(struct cq_drops *into, const struct cq_drops *next)
{
	uint64_t total = into->total + next->total;
	bool flushed = into->flushed;

	into->flushed = false;
	for (unsigned i = 0; i < next->nbins; i++)
		put(into, (int64_t)next->bins[i].at, next->bins[i].count);
	for (uint32_t i = 0; i < next->npoints; i++)
		put(into, next->points[i].at, next->points[i].count);
	into->inexact |= next->inexact || next->flushed || into->flushed;
	into->flushed |= flushed;
	into->nomem |= next->nomem;
	into->total = total;
}

bool cq_drops_exact(const struct cq_drops *d)
{
	return !d->inexact && !d->nomem;
}

uint64_t cq_drops_total(const struct cq_drops *d)
{
	return d->total;
}

int cq_drops_finish(struct cq_drops *d, struct cq_arena *arena, const struct cq_drop_time **out, size_t *n, struct cq_error *err)
{
	struct cq_drop_time *v;

	flush(d);
	v = cq_arena_zalloc(arena, d->nbins + 1u, sizeof *v);
	if (d->nomem || !v)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a histogram of drop times");
	for (unsigned i = 0; i < d->nbins; i++)
		v[i] = (struct cq_drop_time){ .point = d->bins[i].at, .count = d->bins[i].count };
	*out = v;
	*n = d->nbins;
	return CQ_OK;
}

#include "cq_statistics.h"

#include <math.h>

/* Bucket i counts values up to upper(i); the last one has no bound, it counts what was too large for the others.
 *
 * Counts come from the file and may be anything: sums wrap as Java's do. */
static int64_t upper(const struct cq_histogram *h, size_t i)
{
	return h->offsets[i + 1];
}

static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* Values in the buckets that have a bound. Cassandra empties the last one when it reads a histogram, so that the rest
 * can still be summed up. */
static int64_t bounded(const struct cq_histogram *h)
{
	int64_t sum = 0;

	for (size_t i = 0; i + 1 < h->n; i++)
		sum = add(sum, h->counts[i]);
	return sum;
}

int64_t cq_histogram_total(const struct cq_histogram *h)
{
	return h->n ? add(bounded(h), h->counts[h->n - 1]) : 0;
}

int64_t cq_histogram_min(const struct cq_histogram *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->counts[i] > 0)
			return i == 0 ? 0 : add(upper(h, i - 1), 1);
	return 0;
}

int64_t cq_histogram_max(const struct cq_histogram *h)
{
	if (h->n && h->counts[h->n - 1] > 0)
		return INT64_MAX;
	for (size_t i = h->n; i-- > 1;)
		if (h->counts[i - 1] > 0)
			return upper(h, i - 1);
	return 0;
}

int64_t cq_histogram_percentile(const struct cq_histogram *h, double p)
{
	double wanted = ceil((double)bounded(h) * p);
	int64_t seen = 0;

	if (!(wanted > 0))
		return 0;
	for (size_t i = 0; i + 1 < h->n; i++) {
		seen = add(seen, h->counts[i]);
		if ((double)seen >= wanted)
			return upper(h, i);
	}
	return 0;
}

int64_t cq_histogram_mean(const struct cq_histogram *h)
{
	int64_t n = bounded(h);
	uint64_t sum = 0;
	double mean;

	if (n == 0)
		return 0;
	for (size_t i = 0; i + 1 < h->n; i++)
		sum += (uint64_t)h->counts[i] * (uint64_t)upper(h, i);
	mean = ceil((double)(int64_t)sum / (double)n);
	return mean >= 0x1p63 ? INT64_MAX : mean < -0x1p63 ? INT64_MIN : (int64_t)mean;
}

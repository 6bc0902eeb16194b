/* cq_histogram_*: percentile, mean and extremes of an EstimatedHistogram, against what sstablemetadata prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_statistics.h"

enum { MAX_BUCKETS = 200 };

struct box {
	struct cq_histogram h;
	int64_t offsets[MAX_BUCKETS], counts[MAX_BUCKETS];
};

/* An empty histogram with n buckets, its offsets as Cassandra stores them: 1 1 2 3 4 5 6 7 8 10 12 14 17 20 ... */
static struct box *empty(size_t n)
{
	struct box *b = calloc(1, sizeof *b);
	int64_t bound = 1;

	assert_true(n <= MAX_BUCKETS);
	for (size_t i = 0; i < n; i++) {
		b->offsets[i] = bound;
		if (i > 0)
			bound = (int64_t)((double)bound * 1.2 + 0.5) > bound ? (int64_t)((double)bound * 1.2 + 0.5) : bound + 1;
	}
	b->h = (struct cq_histogram){ .n = n, .offsets = b->offsets, .counts = b->counts };
	return b;
}

/* Put count into the bucket that holds values up to bound. */
static void put(struct box *b, int64_t bound, int64_t count)
{
	for (size_t i = 0; i + 1 < b->h.n; i++)
		if (b->offsets[i + 1] == bound) {
			b->counts[i] = count;
			return;
		}
	fail_msg("no bucket up to %lld", (long long)bound);
}

#define IS(b, p50, p75, p95, p98, p99, lowest, highest) do { \
	assert_int_equal(cq_histogram_percentile(&(b)->h, 0.5), p50); \
	assert_int_equal(cq_histogram_percentile(&(b)->h, 0.75), p75); \
	assert_int_equal(cq_histogram_percentile(&(b)->h, 0.95), p95); \
	assert_int_equal(cq_histogram_percentile(&(b)->h, 0.98), p98); \
	assert_int_equal(cq_histogram_percentile(&(b)->h, 0.99), p99); \
	assert_int_equal(cq_histogram_min(&(b)->h), lowest); \
	assert_int_equal(cq_histogram_max(&(b)->h), highest); \
} while (0)

/* corpus/5.0-oa/main/deletions/oa-2: "Partition Size" */
static void percentiles_are_bucket_bounds_as_sstablemetadata_prints_them(void **state)
{
	(void)state;
	struct box *b = empty(156);

	put(b, 17, 1);
	put(b, 24, 2);
	put(b, 29, 4);
	put(b, 42, 1);
	put(b, 50, 2);
	put(b, 60, 1);
	IS(b, 29, 50, 60, 60, 60, 15, 60);
	assert_int_equal(cq_histogram_total(&b->h), 11);
	/* (17 + 48 + 116 + 42 + 100 + 60) / 11 = 34.8, rounded up */
	assert_int_equal(cq_histogram_mean(&b->h), 35);
	free(b);
}

/* the same table: "Column Count"; the first bucket begins at 0 */
static void the_first_bucket_holds_zero_too(void **state)
{
	(void)state;
	struct box *b = empty(119);

	put(b, 1, 10);
	put(b, 2, 1);
	IS(b, 1, 1, 2, 2, 2, 0, 2);
	assert_int_equal(cq_histogram_mean(&b->h), 2);
	free(b);
}

static void the_bounds_reach_as_far_as_cassandras(void **state)
{
	(void)state;
	struct box *b = empty(151);

	assert_int_equal(b->offsets[150], 1414838745986);      /* the last line of 3.11's sstablemetadata */
	put(b, 1414838745986, 1);
	IS(b, 1414838745986, 1414838745986, 1414838745986, 1414838745986, 1414838745986, 1179032288323, 1414838745986);
	free(b);
}

static void an_empty_histogram_is_all_zero(void **state)
{
	(void)state;
	struct box *b = empty(119);
	const struct cq_histogram none = {0};

	IS(b, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(cq_histogram_total(&b->h), 0);
	assert_int_equal(cq_histogram_mean(&b->h), 0);
	assert_int_equal(cq_histogram_percentile(&none, 0.5), 0);
	assert_int_equal(cq_histogram_min(&none), 0);
	assert_int_equal(cq_histogram_max(&none), 0);
	assert_int_equal(cq_histogram_total(&none), 0);
	assert_int_equal(cq_histogram_mean(&none), 0);
	free(b);
}

static void what_overflowed_is_counted_but_not_summed(void **state)
{
	(void)state;
	struct box *b = empty(119);

	put(b, 10, 3);
	b->counts[118] = 5;
	assert_int_equal(cq_histogram_total(&b->h), 8);
	assert_int_equal(cq_histogram_max(&b->h), INT64_MAX);
	assert_int_equal(cq_histogram_min(&b->h), 9);
	assert_int_equal(cq_histogram_percentile(&b->h, 0.99), 10);
	assert_int_equal(cq_histogram_mean(&b->h), 10);
	free(b);
}

static void a_histogram_of_one_bucket_has_only_the_overflow(void **state)
{
	(void)state;
	const int64_t offset = 1, count = 4;
	const struct cq_histogram h = { .n = 1, .offsets = &offset, .counts = &count };

	assert_int_equal(cq_histogram_total(&h), 4);
	assert_int_equal(cq_histogram_max(&h), INT64_MAX);
	assert_int_equal(cq_histogram_min(&h), 0);
	assert_int_equal(cq_histogram_percentile(&h, 0.5), 0);
	assert_int_equal(cq_histogram_mean(&h), 0);
}

/* Numbers from a damaged file: any answer will do, but no undefined behaviour on the way to it. */
static void absurd_counts_and_bounds_stay_defined(void **state)
{
	(void)state;
	static const int64_t odd[] = { INT64_MIN, INT64_MAX, -1, 0, 1 };

	for (size_t i = 0; i < CQ_COUNTOF(odd); i++)
		for (size_t j = 0; j < CQ_COUNTOF(odd); j++)
			for (size_t k = 0; k < CQ_COUNTOF(odd); k++) {
				const int64_t offsets[] = { odd[i], odd[i], odd[j], odd[k] };
				const int64_t counts[] = { odd[k], odd[j], odd[i], odd[k] };
				const struct cq_histogram h = { .n = 4, .offsets = offsets, .counts = counts };
				uint64_t sum = 0;

				for (int n = 0; n < 4; n++)
					sum += (uint64_t)counts[n];
				assert_int_equal(cq_histogram_total(&h), (int64_t)sum);
				cq_histogram_mean(&h);
				cq_histogram_min(&h);
				cq_histogram_max(&h);
				cq_histogram_percentile(&h, 0);
				cq_histogram_percentile(&h, 1);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_bucket_bounds_as_sstablemetadata_prints_them),
		cmocka_unit_test(the_first_bucket_holds_zero_too),
		cmocka_unit_test(the_bounds_reach_as_far_as_cassandras),
		cmocka_unit_test(an_empty_histogram_is_all_zero),
		cmocka_unit_test(what_overflowed_is_counted_but_not_summed),
		cmocka_unit_test(a_histogram_of_one_bucket_has_only_the_overflow),
		cmocka_unit_test(absurd_counts_and_bounds_stay_defined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

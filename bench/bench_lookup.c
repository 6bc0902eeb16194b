/* bench_lookup [--json] TABLE [KEYS] - partitions found by key, warm: one look-up and one scan stay open.
 *
 * KEYS keys (default 20000) are taken evenly out of the index and shuffled (always in the same way). Of each, cq_lookup_key,
 * cq_scan_to_position and the reading of the partition and its first row are timed together. Then as many keys that are not
 * there, and cq_lookup_filter alone with them. The rate is by CPU time; the median and the 99th percentile by wall time, and
 * what else the machine does is in the latter. Budget: a median under 20 us. */
#include <inttypes.h>

#include "bench.h"

struct keys {
	uint8_t *bytes;                /* n of them, one behind the other */
	size_t *ends;
	size_t n;
};

struct timed {
	double rate, median, p99;      /* a second, us, us */
	uint64_t found;
};

static uint64_t random_bits(void)
{
	static uint64_t s = 0x9e3779b97f4a7c15u;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s;
}

static cq_slice key_at(const struct keys *k, size_t i)
{
	size_t start = i ? k->ends[i - 1] : 0;

	return cq_slice_of(k->bytes + start, k->ends[i] - start);
}

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "bench_lookup: no memory\n");
		exit(3);
	}
	return p;
}

static uint64_t count_partitions(const struct cq_table *t)
{
	struct cq_error err = {0};
	struct cq_position pos;
	struct cq_lookup *l;
	uint64_t n = 0, at = 0;
	int rc = cq_lookup_open(&l, t, &err);

	while (rc == CQ_OK && (rc = cq_lookup_next(l, &at, &pos, &err)) == CQ_OK)
		n++;
	if (rc < 0)
		bench_die("index", &err);
	cq_lookup_close(l);
	return n;
}

/* want keys evenly out of the index, over and over when it has fewer. */
static struct keys sample(const struct cq_table *t, size_t want)
{
	uint64_t all = count_partitions(t), i = 0, at = 0;
	struct keys k = { .ends = must(calloc(want, sizeof *k.ends)) };
	struct cq_error err = {0};
	struct cq_buf b = {0};
	struct cq_position pos;
	struct cq_lookup *l;
	int rc = cq_lookup_open(&l, t, &err);

	while (rc == CQ_OK && k.n < want) {
		rc = cq_lookup_next(l, &at, &pos, &err);
		if (rc == CQ_END && k.n) {
			i = at = 0;
			rc = CQ_OK;
			continue;
		}
		if (rc == CQ_OK && (all < want || i++ * want / all >= k.n)) {
			cq_buf_slice(&b, pos.key);
			k.ends[k.n++] = b.len;
		}
	}
	if (rc != CQ_OK || b.failed)
		bench_die("index", &err);
	cq_lookup_close(l);
	k.bytes = b.p;
	return k;
}

/* The order in which they are asked for. */
static size_t *shuffled(size_t n)
{
	size_t *order = must(calloc(n, sizeof *order));

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)(random_bits() % i), swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
	return order;
}

/* As long as those that are there, but of random bytes. */
static struct keys absent(const struct keys *k)
{
	struct keys a = { .bytes = must(malloc(k->ends[k->n - 1] + 1)), .ends = must(malloc(k->n * sizeof *a.ends)), .n = k->n };

	memcpy(a.ends, k->ends, k->n * sizeof *a.ends);
	for (size_t i = 0; i < k->ends[k->n - 1]; i++)
		a.bytes[i] = (uint8_t)(random_bits() >> 32);
	return a;
}

/* A key, and its partition's first row when it is there. */
static bool look(struct cq_lookup *l, struct cq_scan *s, cq_slice key)
{
	struct cq_error err = {0};
	struct cq_position pos;
	struct cq_event ev;
	int rc = cq_lookup_key(l, key, &pos, &err);

	if (rc == CQ_NOT_FOUND)
		return false;
	if (rc == CQ_OK)
		rc = cq_scan_to_position(s, &pos, &err);
	if (rc == CQ_OK)
		rc = cq_scan_next(s, &ev, &err);
	if (rc == CQ_OK)
		rc = cq_scan_next(s, &ev, &err);
	if (rc != CQ_OK)
		bench_die("look-up", &err);
	return true;
}

static bool ask_filter(struct cq_lookup *l, struct cq_scan *s, cq_slice key)
{
	struct cq_error err = {0};
	int rc = cq_lookup_filter(l, key, &err);

	(void)s;
	if (rc < 0)
		bench_die("filter", &err);
	return rc;
}

static struct timed run(const struct cq_table *t, const struct keys *k, const size_t *order,
	bool (*one)(struct cq_lookup *, struct cq_scan *, cq_slice))
{
	double *took = must(malloc(k->n * sizeof *took)), cpu;
	struct timed out = {0};
	struct cq_error err = {0};
	struct cq_lookup *l;
	struct cq_scan *s;

	if (cq_lookup_open(&l, t, &err) < 0 || cq_scan_open(&s, t, NULL, &err) < 0)
		bench_die("look-up", &err);
	for (size_t i = 0; i < k->n / 10; i++)
		one(l, s, key_at(k, order[i]));
	cpu = bench_cpu();
	for (size_t i = 0; i < k->n; i++) {
		double start = bench_wall();

		out.found += one(l, s, key_at(k, order[i]));
		took[i] = bench_wall() - start;
	}
	cpu = bench_cpu() - cpu;
	out.rate = (double)k->n / cpu;
	out.median = bench_median(took, k->n) * 1e6;
	out.p99 = took[k->n - 1 - k->n / 100] * 1e6;           /* bench_median has sorted them */
	cq_scan_close(s);
	cq_lookup_close(l);
	free(took);
	return out;
}

static void tell(bool json, const char *name, const char *what, const struct timed *r, double budget, const char *end)
{
	if (json) {
		printf("\"%s\":{\"rate\":%.0f,\"median_us\":%.3f,\"p99_us\":%.3f,\"found\":%" PRIu64 "}%s", name, r->rate, r->median,
			r->p99, r->found, end);
		return;
	}
	printf("  %-18s %9.0f a second   median %7.2f us   99 %% under %7.2f us", what, r->rate, r->median, r->p99);
	if (budget > 0)
		printf("   budget < %.0f us %s", budget, r->median < budget ? "met" : "MISSED");
	putchar('\n');
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	char **args = argv + 1 + json;
	size_t want = argc - json > 2 ? (size_t)atol(args[1]) : 20000;
	struct timed there, not_there, filter = {0};
	struct cq_error err = {0};
	struct cq_table *t;
	struct keys k, a;
	size_t *order;
	bool has_filter;

	if (argc - json < 2 || want < 100 || want > 10000000) {
		fprintf(stderr, "usage: bench_lookup [--json] X-Data.db [KEYS]\n");
		return 2;
	}
	if (cq_table_open(&t, args[0], NULL, &err) < 0)
		bench_die(args[0], &err);
	k = sample(t, want);
	a = absent(&k);
	order = shuffled(k.n);
	there = run(t, &k, order, look);
	if (there.found != k.n) {
		fprintf(stderr, "bench_lookup: %zu keys of the index, found %" PRIu64 "\n", k.n, there.found);
		return 1;
	}
	not_there = run(t, &a, order, look);
	has_filter = t->component[CQ_C_FILTER] != NULL;
	if (has_filter)
		filter = run(t, &a, order, ask_filter);
	if (json) {
		putchar('{');
		tell(true, "present", "", &there, 0, ",");
		tell(true, "absent", "", &not_there, 0, has_filter ? "," : "");
		if (has_filter)
			tell(true, "filter", "", &filter, 0, "");
		printf("}\n");
	} else {
		printf("%s: %zu keys, warm\n", cq_basename(args[0]), k.n);
		tell(false, "", "key and first row", &there, 20, "");
		tell(false, "", "absent key", &not_there, 20, "");
		if (has_filter)
			tell(false, "", "filter alone", &filter, 0, "");
	}
	cq_table_close(t);
	free(k.bytes);
	free(k.ends);
	free(a.bytes);
	free(a.ends);
	free(order);
	return 0;
}

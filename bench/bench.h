/* bench - clocks and lines for the benches: CPU time of this process, wall time, and a figure beside its budget. */
#ifndef CQ_BENCH_H
#define CQ_BENCH_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "cq_format.h"

static inline double bench_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double bench_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Peak resident memory of this process, in MiB. */
static inline double bench_peak(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

static inline int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, bench_order);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Stop with the words of err. */
static inline void bench_die(const char *what, const struct cq_error *err)
{
	char line[512];

	fprintf(stderr, "%s: %s\n", what, cq_error_text(err, line, sizeof line));
	exit(3);
}

#endif

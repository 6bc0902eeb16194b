/* What sstablemetadata prints of a histogram, of dates, durations and sizes: the rules of its printer. */
#include "info.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- dates ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Java's calendar is Julian before 1582-10-15, and years before 1 count backwards without a sign. */
static void java_day(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	enum { GREGORIAN = -141427 };          /* 1582-10-15 */

	if (days >= GREGORIAN) {
		cq_civil(days, year, month, day);
	} else {
		/* Days since 0000-03-01 of the Julian calendar; years begin in March, so that leap days end them. */
		int64_t d = days + 719470, cycle = floor_div(d, 1461);
		int64_t in_cycle = d - cycle * 1461, y = in_cycle / 365 - (in_cycle == 1460);
		int64_t in_year = in_cycle - y * 365, m = (5 * in_year + 2) / 153;

		*day = (unsigned)(in_year - (153 * m + 2) / 5 + 1);
		*month = (unsigned)(m < 10 ? m + 3 : m - 9);
		*year = cycle * 4 + y + (m >= 10);
	}
	if (*year <= 0)
		*year = 1 - *year;
}

void info_java_date(struct cq_buf *out, int64_t millis)
{
	int64_t seconds = floor_div(millis, 1000), days = floor_div(seconds, 86400), year;
	unsigned of_day = (unsigned)(seconds - days * 86400), month, day;

	java_day(days, &year, &month, &day);
	cq_buf_printf(out, "%02u/%02u/%04" PRId64 " %02u:%02u:%02u", month, day, year, of_day / 3600, of_day / 60 % 60,
		of_day % 60);
}

/* ---- durations ---- */

void info_java_words(struct cq_buf *out, int64_t seconds)
{
	static const char *const names[] = { "day", "hour", "minute", "second" };
	int64_t parts[4] = { seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60 };
	int first = 0, last = 3;

	while (first < 3 && parts[first] == 0)
		first++;
	while (last > first && parts[last] == 0)
		last--;
	for (int p = first; p <= last; p++)
		cq_buf_printf(out, "%s%" PRId64 " %s%s", p > first ? " " : "", parts[p], names[p], parts[p] == 1 ? "" : "s");
}

/* ---- sizes ---- */

/* "%.1f" of Java rounds the decimal digits that Double.toString gives half up; C's rounds the binary value. */
static void one_decimal(struct cq_buf *out, double v)
{
	struct cq_buf text = {0};
	const char *dot;
	int64_t tenths;

	cq_print_double(&text, v);             /* 1 to 1024: never with an exponent */
	dot = strchr(cq_buf_cstr(&text), '.');
	tenths = (int64_t)v * 10;
	if (dot) {
		tenths += dot[1] - '0';
		tenths += dot[1] && dot[2] >= '5';
	}
	cq_buf_printf(out, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
	cq_buf_finish(&text);
}

void info_java_bytes(struct cq_buf *out, int64_t bytes)
{
	int exp;

	if (bytes < 1024) {
		cq_buf_printf(out, "%" PRId64 " B", bytes);
		return;
	}
	exp = (int)(log((double)bytes) / log(1024));
	exp = exp > 5 ? 5 : exp;
	one_decimal(out, (double)bytes / pow(1024, exp));
	cq_buf_printf(out, " %cB", "kMGTP"[exp - 1]);
}

/* ---- bars ---- */

struct info_bar *info_buckets(struct cq_arena *a, const struct cq_histogram *h, size_t *n)
{
	struct info_bar *bars = cq_arena_zalloc(a, h->n + 1, sizeof *bars);

	*n = 0;
	for (size_t i = 0; bars && i + 1 < h->n; i++)
		if (h->counts[i] > 0)
			bars[(*n)++] = (struct info_bar){ .value = h->offsets[i + 1], .count = h->counts[i] };
	return bars;
}

struct info_bar *info_drop_bars(struct cq_arena *a, const struct info *i, size_t *n)
{
	struct info_bar *bars = cq_arena_zalloc(a, i->ndrops + 1, sizeof *bars);

	*n = bars ? i->ndrops : 0;
	for (size_t k = 0; k < *n; k++)
		bars[k] = (struct info_bar){ .value = i->drops[k].point, .count = i->drops[k].count };
	return bars;
}

/* The values once more, in a histogram of 165 buckets whatever the first one had. */
void info_bar_percentiles(const struct info_bar *bars, size_t n, struct info_percentiles *out)
{
	enum { BUCKETS = 166 };
	int64_t offsets[BUCKETS], counts[BUCKETS] = {0}, bound = 1;
	const struct cq_histogram h = { .n = BUCKETS, .offsets = offsets, .counts = counts };

	for (size_t i = 0; i < BUCKETS; i++) {
		int64_t next = (int64_t)floor((double)bound * 1.2 + 0.5);

		offsets[i] = bound;
		if (i > 0)
			bound = next > bound ? next : bound + 1;
	}
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = BUCKETS - 1;        /* the first bucket whose bound is not below the value */

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (offsets[middle + 1] < bars[i].value)
				low = middle + 1;
			else
				high = middle;
		}
		counts[low] = (int64_t)((uint64_t)counts[low] + (uint64_t)bars[i].count);
	}
	out->p50 = cq_histogram_percentile(&h, .5);
	out->p75 = cq_histogram_percentile(&h, .75);
	out->p95 = cq_histogram_percentile(&h, .95);
	out->p98 = cq_histogram_percentile(&h, .98);
	out->p99 = cq_histogram_percentile(&h, .99);
	out->min = cq_histogram_min(&h);
	out->max = cq_histogram_max(&h);
}

static void bar(struct cq_buf *out, int64_t count, int64_t max, bool unicode)
{
	static const struct { double from; const char *ascii, *block; } parts[] = {
		{ 7.0 / 8, "o", "\u2589" }, { 3.0 / 4, "o", "\u258a" }, { 5.0 / 8, ".", "\u258b" }, { 3.0 / 8, ".", "\u258d" },
		{ 0.3, ".", "\u258e" }, { 1.0 / 4, "", "\u258e" }, { 1.0 / 8, "", "\u258f" },
	};
	double width = max > 0 && count > 0 ? (double)count / (double)max * 30 : 0, rest = width - floor(width);

	for (int i = 0; i < (int)width; i++)
		cq_buf_str(out, unicode ? "\u2589" : "O");
	for (size_t i = 0; i < CQ_COUNTOF(parts); i++)
		if (rest >= parts[i].from) {
			cq_buf_str(out, unicode ? parts[i].block : parts[i].ascii);
			break;
		}
}

/* Columns on a screen of what is written: bytes that do not continue a character. */
static size_t width_of(const struct cq_buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += (b->p[i] & 0xc0) != 0x80;
	return n;
}

void info_bars(struct cq_buf *out, const char *title, const struct info_bar *bars, size_t n, info_label *label,
	bool for_people, bool percentiles)
{
	static const char *const names[] = { "50th", "75th", "95th", "98th", "99th", "Min", "Max" };
	struct info_percentiles p;
	struct cq_buf text = {0};
	size_t wide = strlen(title), count_wide = 5;
	int64_t max = 0;
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		size_t digits;

		cq_buf_clear(&text);
		label(&text, bars[i].value);
		wide = width_of(&text) > wide ? width_of(&text) : wide;
		cq_buf_clear(&text);
		cq_buf_i64(&text, bars[i].count);
		digits = text.len;
		count_wide = digits > count_wide ? digits : count_wide;
		max = bars[i].count > max ? bars[i].count : max;
		sum += (double)bars[i].count;
	}
	cq_buf_printf(out, "   %-*s | %-*s  (%%)  Histogram%s\n", (int)wide, title, (int)count_wide, "Count",
		for_people ? "" : " ");
	for (size_t i = 0; i < n; i++) {
		cq_buf_clear(&text);
		label(&text, bars[i].value);
		cq_buf_printf(out, "   %-*s | %*" PRId64 " (%3d) ", (int)wide, cq_buf_cstr(&text), (int)count_wide, bars[i].count,
			sum > 0 ? (int)(100 * ((double)bars[i].count / sum)) : 0);
		bar(out, bars[i].count, max, for_people);
		cq_buf_byte(out, '\n');
	}
	info_bar_percentiles(bars, n, &p);
	if (percentiles)
		cq_buf_str(out, "   Percentiles\n");
	for (size_t i = 0; percentiles && i < CQ_COUNTOF(names); i++) {
		const int64_t values[] = { p.p50, p.p75, p.p95, p.p98, p.p99, p.min, p.max };

		cq_buf_printf(out, "   %-10s", names[i]);
		label(out, values[i]);
		cq_buf_byte(out, '\n');
	}
	cq_buf_finish(&text);
}

/* Dates, times, addresses, uuids: how Cassandra writes them. */
#include "cq_types_priv.h"

#define DAY_SECONDS 86400
#define NANOS_PER_SECOND 1000000000

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
	return a % b < 0 ? a % b + b : a % b;
}

/* n decimal digits, zeros in front. */
static void padded(struct cq_buf *out, uint64_t v, unsigned n)
{
	char digits[20];
	unsigned at = sizeof digits;

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v || sizeof digits - at < n);
	cq_buf_put(out, digits + at, sizeof digits - at);
}

/* ---- calendar ---- */

/* 400 years of the Gregorian calendar are 146097 days; they are counted from 1 March 0000, so that leap days come last. */
void cq_civil(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t era = floor_div(days, 146097), in_era, years, in_year, from_march;

	in_era = floor_mod(days, 146097) + 719468 % 146097;    /* 719468: days from 0000-03-01 to 1970-01-01 */
	era += 719468 / 146097;
	if (in_era >= 146097) {
		in_era -= 146097;
		era++;
	}
	years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	in_year = in_era - (365 * years + years / 4 - years / 100);
	from_march = (5 * in_year + 2) / 153;
	*day = (unsigned)(in_year - (153 * from_march + 2) / 5) + 1;
	*month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
	*year = years + era * 400 + (*month <= 2);
}

int64_t cq_days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2), era = floor_div(y, 400), of_era = y - era * 400;
	int64_t from_march = month > 2 ? month - 3 : month + 9, of_year = (153 * from_march + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Four digits, + beyond 9999, - before 0. */
static void print_year(struct cq_buf *out, int64_t year)
{
	if (year < 0)
		cq_buf_byte(out, '-');
	else if (year > 9999)
		cq_buf_byte(out, '+');
	padded(out, year < 0 ? 0 - (uint64_t)year : (uint64_t)year, 4);
}

static void print_month_day(struct cq_buf *out, unsigned month, unsigned day)
{
	cq_buf_byte(out, '-');
	padded(out, month, 2);
	cq_buf_byte(out, '-');
	padded(out, day, 2);
}

static void print_clock(struct cq_buf *out, unsigned second_of_day)
{
	padded(out, second_of_day / 3600, 2);
	cq_buf_byte(out, ':');
	padded(out, second_of_day / 60 % 60, 2);
	cq_buf_byte(out, ':');
	padded(out, second_of_day % 60, 2);
}

void cq_print_date(struct cq_buf *out, uint32_t days)
{
	int64_t year;
	unsigned month, day;

	cq_civil((int64_t)days - INT64_C(0x80000000), &year, &month, &day);
	print_year(out, year);
	print_month_day(out, month, day);
}

void cq_print_time(struct cq_buf *out, uint64_t nanos)
{
	print_clock(out, (unsigned)(nanos / NANOS_PER_SECOND));
	cq_buf_byte(out, '.');
	padded(out, nanos % NANOS_PER_SECOND, 9);
}

/* Java's pattern letter y is the year of the era: 1 BC (the year 0) prints 0001, as AD 1 does. */
void cq_print_timestamp(struct cq_buf *out, int64_t millis, char separator)
{
	int64_t seconds = floor_div(millis, 1000), days = floor_div(seconds, DAY_SECONDS), year;
	unsigned month, day;

	cq_civil(days, &year, &month, &day);
	print_year(out, year > 0 ? year : 1 - year);
	print_month_day(out, month, day);
	cq_buf_byte(out, (uint8_t)separator);
	print_clock(out, (unsigned)floor_mod(seconds, DAY_SECONDS));
	cq_buf_byte(out, '.');
	padded(out, (uint64_t)floor_mod(millis, 1000), 3);
	cq_buf_byte(out, 'Z');
}

void cq_print_instant(struct cq_buf *out, int64_t seconds, uint32_t nanos)
{
	int64_t days = floor_div(seconds, DAY_SECONDS), year;
	unsigned month, day;

	cq_civil(days, &year, &month, &day);
	print_year(out, year);
	print_month_day(out, month, day);
	cq_buf_byte(out, 'T');
	print_clock(out, (unsigned)floor_mod(seconds, DAY_SECONDS));
	if (nanos) {
		cq_buf_byte(out, '.');
		if (nanos % 1000000 == 0)
			padded(out, nanos / 1000000, 3);
		else if (nanos % 1000 == 0)
			padded(out, nanos / 1000, 6);
		else
			padded(out, nanos, 9);
	}
	cq_buf_byte(out, 'Z');
}

/* sstabledump takes the whole seconds truncated towards zero, but the fraction of floored nanoseconds, and those from a
 * product that stops at the ends of a long. */
void cq_print_timestamp_micros(struct cq_buf *out, int64_t micros)
{
	int64_t nanos = micros > INT64_MAX / 1000 ? INT64_MAX : micros < INT64_MIN / 1000 ? INT64_MIN : micros * 1000;
	int64_t fraction = nanos % NANOS_PER_SECOND;

	cq_print_instant(out, micros / 1000000, (uint32_t)(fraction < 0 ? fraction + NANOS_PER_SECOND : fraction));
}

/* ---- uuid, address ---- */

void cq_print_uuid(struct cq_buf *out, const uint8_t id[16])
{
	static const uint8_t ends[] = { 4, 6, 8, 10, 16 };
	unsigned at = 0;

	for (unsigned i = 0; i < sizeof ends; i++) {
		if (i)
			cq_buf_byte(out, '-');
		cq_buf_hex(out, cq_slice_of(id + at, ends[i] - at));
		at = ends[i];
	}
}

void cq_print_inet(struct cq_buf *out, cq_slice v)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (v.len == 16 && memcmp(v.p, mapped, sizeof mapped) == 0)
		v = cq_slice_of(v.p + 12, 4);              /* Java makes an IPv4 address of it */
	if (v.len == 4)
		cq_buf_printf(out, "%u.%u.%u.%u", v.p[0], v.p[1], v.p[2], v.p[3]);
	else
		for (unsigned i = 0; i < 16; i += 2)
			cq_buf_printf(out, "%s%x", i ? ":" : "", cq_be16(v.p + i));
}

/* ---- duration ---- */

/* A vint whose first byte says by its leading ones how many follow, then zig-zag. */
static bool read_zigzag(cq_slice *in, int64_t *out)
{
	unsigned extra;
	uint64_t v;

	if (!in->len)
		return false;
	extra = in->p[0] == 0xff ? 8 : (unsigned)__builtin_clz((uint32_t)(uint8_t)~in->p[0] << 24);
	if (in->len <= extra)
		return false;
	v = extra >= 8 ? 0 : in->p[0] & (0xffu >> extra);
	for (unsigned i = 1; i <= extra; i++)
		v = v << 8 | in->p[i];
	*in = cq_slice_of(in->p + 1 + extra, in->len - 1 - extra);
	*out = (int64_t)(v >> 1 ^ (0 - (v & 1)));
	return true;
}

const char *cq_duration_read(cq_slice v, struct cq_duration *d)
{
	int64_t months, days, nanos;

	if (v.len < 3 || !read_zigzag(&v, &months) || !read_zigzag(&v, &days) || !read_zigzag(&v, &nanos))
		return "a duration that ends early";
	if (months != (int32_t)months || days != (int32_t)days)
		return "a duration whose months or days pass 32 bits";
	if ((months < 0 || days < 0 || nanos < 0) && (months > 0 || days > 0 || nanos > 0))
		return "a duration with both signs";
	*d = (struct cq_duration){ .months = (int32_t)months, .days = (int32_t)days, .nanos = nanos };
	return NULL;
}

static void unit(struct cq_buf *out, uint64_t *v, uint64_t size, const char *name)
{
	if (*v >= size) {
		cq_buf_u64(out, *v / size);
		cq_buf_str(out, name);
		*v %= size;
	}
}

void cq_print_duration(struct cq_buf *out, const struct cq_duration *d)
{
	bool minus = d->months < 0 || d->days < 0 || d->nanos < 0;
	uint64_t months = (uint64_t)(minus ? -(int64_t)d->months : d->months);
	uint64_t days = (uint64_t)(minus ? -(int64_t)d->days : d->days);
	uint64_t nanos = minus ? 0 - (uint64_t)d->nanos : (uint64_t)d->nanos;

	if (minus)
		cq_buf_byte(out, '-');
	unit(out, &months, 12, "y");
	unit(out, &months, 1, "mo");
	unit(out, &days, 1, "d");
	unit(out, &nanos, UINT64_C(3600000000000), "h");
	unit(out, &nanos, UINT64_C(60000000000), "m");
	unit(out, &nanos, NANOS_PER_SECOND, "s");
	unit(out, &nanos, 1000000, "ms");
	unit(out, &nanos, 1000, "us");
	unit(out, &nanos, 1, "ns");
}

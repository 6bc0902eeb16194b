/* Dates, times, uuids and addresses out of text, in the forms Cassandra's fromString takes. */
#include "cq_types_priv.h"

/* ---- scanning ---- */

static int peek(cq_slice s)
{
	return s.len ? s.p[0] : -1;
}

static bool take(cq_slice *s, int c)
{
	if (peek(*s) != c)
		return false;
	*s = cq_slice_of(s->p + 1, s->len - 1);
	return true;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* least to most digits, at most 18 so that they fit. Returns how many, 0 when too few. */
static unsigned number(cq_slice *s, unsigned least, unsigned most, int64_t *out)
{
	unsigned n = 0;
	int64_t v = 0;

	for (; n < most && is_digit(peek(*s)); n++) {
		v = v * 10 + (s->p[0] - '0');
		*s = cq_slice_of(s->p + 1, s->len - 1);
	}
	*out = v;
	return n >= least ? n : 0;
}

/* -?[0-9]+ and nothing else: the raw forms of dates, times and timestamps. */
static bool raw_number(cq_slice s)
{
	take(&s, '-');
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return false;
	return true;
}

static bool whole_number(cq_slice s, int64_t *out)
{
	bool minus = take(&s, '-');
	uint64_t v = 0, most = minus ? UINT64_C(1) << 63 : INT64_MAX;

	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (v > (most - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = (int64_t)(minus ? 0 - v : v);
	return true;
}

static bool word(cq_slice s, const char *lower)
{
	size_t n = strlen(lower);

	if (s.len != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]) != (uint8_t)lower[i])
			return false;
	return true;
}

/* ---- dates ---- */

static unsigned month_days(int64_t year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* [+-]YYYY-MM-DD, or with fewer digits where loose. Years of up to 9 digits: what fits into any of the types. */
static bool calendar_date(cq_slice *s, bool loose, int64_t *year, int64_t *days)
{
	bool minus = take(s, '-'), plus = !minus && take(s, '+');
	unsigned least = loose ? 1 : 2, n;
	int64_t month, day;

	n = number(s, loose ? 1 : 4, 9, year);
	if (!n || (!loose && n > 4 && !plus && !minus) || (!loose && n == 4 && plus))
		return false;
	if (!take(s, '-') || !number(s, least, 2, &month) || !take(s, '-') || !number(s, least, 2, &day))
		return false;
	*year = minus ? -*year : *year;
	if (month < 1 || month > 12 || day < 1 || day > month_days(*year, (unsigned)month))
		return false;
	*days = cq_days_from_civil(*year, (unsigned)month, (unsigned)day);
	return true;
}

bool cq_parse_date(cq_slice text, uint32_t *days)
{
	int64_t v, year;

	if (raw_number(text)) {                            /* the stored number, 2^31 being 1970-01-01 */
		if (!whole_number(text, &v) || v < 0 || v > UINT32_MAX)
			return false;
		*days = (uint32_t)v;
		return true;
	}
	if (!calendar_date(&text, false, &year, &v) || text.len || v < INT32_MIN || v > INT32_MAX)
		return false;
	*days = (uint32_t)(v + INT64_C(0x80000000));
	return true;
}

/* .f with 1 to 9 digits, as nanoseconds. */
static bool fraction(cq_slice *s, int64_t *nanos)
{
	unsigned n = number(s, 1, 9, nanos);

	for (unsigned i = n; n && i < 9; i++)
		*nanos *= 10;
	return n > 0;
}

bool cq_parse_time(cq_slice text, uint64_t *nanos)
{
	int64_t v, hour, minute, second, part = 0;

	if (raw_number(text)) {
		if (!whole_number(text, &v) || v < 0 || v >= INT64_C(86400000000000))
			return false;
		*nanos = (uint64_t)v;
		return true;
	}
	while (text.len && text.p[0] <= ' ')
		take(&text, text.p[0]);
	while (text.len && text.p[text.len - 1] <= ' ')
		text.len--;
	if (!number(&text, 1, 2, &hour) || !take(&text, ':') || !number(&text, 1, 2, &minute) || !take(&text, ':') ||
	    !number(&text, 1, 2, &second))
		return false;
	if (take(&text, '.') && !fraction(&text, &part))
		return false;
	if (text.len || hour > 23 || minute > 59 || second > 59)
		return false;
	*nanos = (uint64_t)((hour * 3600 + minute * 60 + second) * 1000000000 + part);
	return true;
}

/* [blank] Z, UTC, GMT, +HH, +HHMM, +HH:MM. None: UTC, where Cassandra takes the zone of the machine. */
static bool zone(cq_slice *s, int64_t *seconds)
{
	int64_t hour, minute = 0;
	bool minus;

	*seconds = 0;
	take(s, ' ');
	if (!s->len || word(*s, "z") || word(*s, "utc") || word(*s, "gmt")) {
		s->len = 0;
		return true;
	}
	minus = peek(*s) == '-';
	if (!take(s, '-') && !take(s, '+'))
		return false;
	if (!number(s, 2, 2, &hour) || hour > 18)
		return false;
	take(s, ':');
	if (s->len && !number(s, 2, 2, &minute))
		return false;
	*seconds = (hour * 3600 + minute * 60) * (minus ? -1 : 1);
	return minute < 60 && !s->len;
}

bool cq_parse_timestamp(cq_slice text, int64_t *millis)
{
	int64_t year, days, hour = 0, minute = 0, second = 0, nanos = 0, shift;

	if (raw_number(text))
		return whole_number(text, millis);
	if (!calendar_date(&text, true, &year, &days))
		return false;
	if ((peek(text) == 'T' || peek(text) == ' ') && text.len > 1 && is_digit(text.p[1])) {
		take(&text, text.p[0]);
		if (!number(&text, 1, 2, &hour) || !take(&text, ':') || !number(&text, 1, 2, &minute))
			return false;
		if (take(&text, ':') && !number(&text, 1, 2, &second))
			return false;
		if (take(&text, '.') && !fraction(&text, &nanos))
			return false;
	}
	if (!zone(&text, &shift) || hour > 23 || minute > 59 || second > 59 || year < -292275054 || year > 292278993)
		return false;
	*millis = (days * 86400 + hour * 3600 + minute * 60 + second - shift) * 1000 + nanos / 1000000;
	return true;
}

/* ---- uuid, address ---- */

static int hex_digit(int c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cq_parse_uuid(cq_slice text, uint8_t id[16])
{
	size_t at = 0;

	if (text.len != 36)
		return false;
	for (size_t i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && text.p[at++] != '-')
			return false;
		high = hex_digit(text.p[at]);
		low = hex_digit(text.p[at + 1]);
		if (high < 0 || low < 0)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	return true;
}

/* a.b.c.d, and as Java takes it a.b.c, a.b and a, where the last number fills what is left. */
static bool ipv4(cq_slice s, uint8_t out[4])
{
	int64_t part[4];
	unsigned n = 0;

	do {
		if (n == 4 || !number(&s, 1, 10, &part[n++]))
			return false;
	} while (take(&s, '.'));
	if (s.len || part[n - 1] >> (8 * (5 - n)))
		return false;
	for (unsigned i = 0; i + 1 < n; i++) {
		if (part[i] > 255)
			return false;
		out[i] = (uint8_t)part[i];
	}
	for (unsigned i = n - 1; i < 4; i++)
		out[i] = (uint8_t)(part[n - 1] >> (8 * (3 - i)));
	return true;
}

static bool ipv6(cq_slice s, uint8_t out[16])
{
	uint8_t bytes[16] = { 0 };
	size_t n = 0, gap = SIZE_MAX;

	if (s.len >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		gap = 0;
		s = cq_slice_of(s.p + 2, s.len - 2);
	}
	while (s.len) {
		cq_slice group = s;
		unsigned v = 0, digits = 0;

		for (; digits < 5 && s.len && hex_digit(s.p[0]) >= 0; digits++) {
			v = v << 4 | (unsigned)hex_digit(s.p[0]);
			take(&s, s.p[0]);
		}
		if (peek(s) == '.' && n <= 12 && ipv4(group, bytes + n)) {
			n += 4;
			s.len = 0;
			break;
		}
		if (!digits || digits > 4 || n > 14)
			return false;
		bytes[n++] = (uint8_t)(v >> 8);
		bytes[n++] = (uint8_t)v;
		if (!s.len)
			break;
		if (!take(&s, ':'))
			return false;
		if (take(&s, ':')) {
			if (gap != SIZE_MAX)
				return false;
			gap = n;
		} else if (!s.len) {
			return false;
		}
	}
	if (gap == SIZE_MAX ? n != 16 : n > 14)
		return false;
	memset(out, 0, 16);
	if (gap == SIZE_MAX)
		gap = n;
	memcpy(out, bytes, gap);
	memcpy(out + 16 - (n - gap), bytes + gap, n - gap);
	return true;
}

/* Literals only: a name would have to be looked up, and what it stands for is no property of a file. */
bool cq_parse_inet(cq_slice text, uint8_t out[16], size_t *len)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (text.len > 2 && text.p[0] == '[' && text.p[text.len - 1] == ']')
		text = cq_slice_of(text.p + 1, text.len - 2);
	*len = 4;
	if (text.len && !memchr(text.p, ':', text.len))
		return ipv4(text, out);
	*len = 16;
	if (!text.len || !ipv6(text, out))
		return false;
	if (memcmp(out, mapped, sizeof mapped) == 0) {
		memmove(out, out + 12, 4);
		*len = 4;
	}
	return true;
}

/* ---- duration ---- */

struct parts {
	uint64_t months, days, nanos;
	int last;                                  /* units come from large to small, each at most once */
};

static const struct unit {
	const char *name;
	int rank;
	uint64_t months, days, nanos;
} units[] = {
	{ "y", 1, 12, 0, 0 }, { "mo", 2, 1, 0, 0 }, { "w", 3, 0, 7, 0 }, { "d", 4, 0, 1, 0 },
	{ "h", 5, 0, 0, UINT64_C(3600000000000) }, { "m", 6, 0, 0, UINT64_C(60000000000) }, { "s", 7, 0, 0, 1000000000 },
	{ "ms", 8, 0, 0, 1000000 }, { "us", 9, 0, 0, 1000 }, { "\xc2\xb5s", 9, 0, 0, 1000 }, { "ns", 10, 0, 0, 1 },
};

static bool add_to(uint64_t *sum, uint64_t n, uint64_t each, uint64_t most)
{
	if (each && n > (most - *sum) / each)
		return false;
	*sum += n * each;
	return true;
}

static bool add(struct parts *d, int64_t n, const struct unit *u)
{
	if (u->rank <= d->last)
		return false;
	d->last = u->rank;
	return add_to(&d->months, (uint64_t)n, u->months, INT32_MAX) && add_to(&d->days, (uint64_t)n, u->days, INT32_MAX) &&
		add_to(&d->nanos, (uint64_t)n, u->nanos, INT64_MAX);
}

/* 1y2mo3w4d5h6m7s8ms9us10ns */
static bool standard_duration(cq_slice s, struct parts *d)
{
	do {
		const struct unit *unit = NULL;
		size_t longest = 0;
		int64_t n;

		if (!number(&s, 1, 18, &n))
			return false;
		for (size_t i = 0; i < CQ_COUNTOF(units); i++) {
			size_t len = strlen(units[i].name);

			if (len > longest && s.len >= len && word(cq_slice_of(s.p, len), units[i].name)) {
				unit = &units[i];
				longest = len;
			}
		}
		if (!unit || !add(d, n, unit))
			return false;
		s = cq_slice_of(s.p + longest, s.len - longest);
	} while (s.len);
	return true;
}

/* P1Y2M3DT4H5M6S, P3W, P0001-02-03T04:05:06, behind the P */
static bool iso_duration(cq_slice s, struct parts *d)
{
	static const char order[] = "YMWDHMS";
	static const uint8_t which[] = { 0, 1, 2, 3, 4, 5, 6 };
	bool time = false;
	size_t at = 0;

	if (s.len == 19 && s.p[4] == '-') {
		static const char between[] = "--T::";
		int64_t n;

		for (size_t i = 0; i < 6; i++)
			if (!number(&s, i ? 2 : 4, i ? 2 : 4, &n) || !add(d, n, &units[i < 2 ? i : i + 1]) ||
			    (i < 5 && !take(&s, between[i])))
				return false;
		return !s.len;
	}
	while (s.len) {
		int64_t n;

		if (!time && take(&s, 'T')) {
			time = true;
			at = 4;
			continue;
		}
		if (!number(&s, 1, 18, &n))
			return false;
		while (order[at] && (peek(s) != order[at] || (!time && at >= 4)))
			at++;
		if (!order[at] || !take(&s, order[at]) || !add(d, n, &units[which[at]]))
			return false;
		at++;
	}
	return true;
}

static void put_zigzag(struct cq_buf *out, int64_t v)
{
	uint64_t z = (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
	unsigned bits = z ? 64 - (unsigned)__builtin_clzll(z) : 1, extra = (bits - 1) / 7;

	if (extra > 8)
		extra = 8;
	for (unsigned i = 0; i <= extra; i++) {
		unsigned shift = 8 * (extra - i);
		uint8_t byte = shift < 64 ? (uint8_t)(z >> shift) : 0;

		cq_buf_byte(out, i ? byte : (uint8_t)(byte | 0xff00u >> extra));
	}
}

bool cq_parse_duration(cq_slice text, struct cq_buf *out)
{
	struct parts d = { 0 };
	bool minus = take(&text, '-');

	if (!(take(&text, 'P') ? iso_duration(text, &d) : standard_duration(text, &d)))
		return false;
	put_zigzag(out, minus ? -(int64_t)d.months : (int64_t)d.months);
	put_zigzag(out, minus ? -(int64_t)d.days : (int64_t)d.days);
	put_zigzag(out, minus ? -(int64_t)d.nanos : (int64_t)d.nanos);
	return true;
}

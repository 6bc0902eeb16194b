#include "dump_value.h"

#include <float.h>

const char dump_pairs[201] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

/* ---- times ---- */

enum { DAY = 86400, CLOCK_LEN = 19 };
static const int64_t year_10000 = INT64_C(253402300800);

/* The date of a day since 1970, up to the year 9999: cq_civil in 32 bits. Years begin in March; 719468 days lie between
 * 0000-03-01 and 1970. 2939745 is 2^32 over 1461, the days of four years, and 2141 is 2^16 over 30.6, those of a month. */
static inline void civil(uint32_t days, unsigned *year, unsigned *month, unsigned *day)
{
	uint32_t quarters = 4 * (days + 719468) + 3, century = quarters / 146097;
	uint64_t years = UINT64_C(2939745) * (quarters % 146097 | 3);
	uint32_t of_century = (uint32_t)(years >> 32), of_year = (uint32_t)years / 2939745 / 4;
	uint32_t months = 2141 * of_year + 197913;

	*day = (months & 0xffff) / 2141 + 1;
	*month = months >> 16;
	*year = 100 * century + of_century;
	if (of_year >= 306) {
		*month -= 12;
		++*year;
	}
}

/* The clock's text of a second from 1970 to the end of 9999. */
static inline const uint8_t *clock_text(struct dump_clock *c, int64_t second, uint8_t separator)
{
	unsigned of_day;

	if (second == c->second)
		return c->text;
	of_day = (unsigned)((uint64_t)second % DAY);
	if (second - of_day != c->day * DAY) {
		unsigned year, month, day;

		c->day = (int64_t)((uint64_t)second / DAY);
		civil((uint32_t)c->day, &year, &month, &day);
		dump_two(c->text, year / 100);
		dump_two(c->text + 2, year % 100);
		c->text[4] = '-';
		dump_two(c->text + 5, month);
		c->text[7] = '-';
		dump_two(c->text + 8, day);
		c->text[10] = separator;
		c->text[13] = c->text[16] = ':';
	}
	dump_two(c->text + 11, of_day / 3600);
	dump_two(c->text + 14, of_day / 60 % 60);
	dump_two(c->text + 17, of_day % 60);
	c->second = second;
	return c->text;
}

void dump_clock_micros(struct dump_clock *c, int64_t t)
{
	uint8_t *p = c->micros_text;
	unsigned fraction;

	memcpy(p, clock_text(c, t / 1000000, 'T'), CLOCK_LEN);
	p += CLOCK_LEN;
	fraction = (unsigned)(t % 1000000);
	if (fraction) {
		p[0] = '.';
		dump_two(p + 1, fraction / 10000);
		p[3] = (uint8_t)('0' + fraction / 1000 % 10);
		p += 4;
		if (fraction % 1000) {
			p[0] = (uint8_t)('0' + fraction / 100 % 10);
			dump_two(p + 1, fraction % 100);
			p += 3;
		}
	}
	*p++ = 'Z';
	c->micros_len = (uint8_t)(p - c->micros_text);
	c->micros = t;
}

static CQ_COLD void far_micros(struct cq_buf *b, int64_t t, bool as_sstabledump)
{
	int64_t fraction = t % 1000000;

	if (as_sstabledump)
		cq_print_timestamp_micros(b, t);
	else
		cq_print_instant(b, t / 1000000 - (fraction < 0), (uint32_t)(fraction < 0 ? fraction + 1000000 : fraction) * 1000);
}

void dump_micros(struct cq_buf *b, struct dump_clock *c, int64_t t, bool as_sstabledump)
{
	uint8_t *p;

	/* From 2262 on the nanoseconds of sstabledump overflow. */
	if (CQ_UNLIKELY(!dump_micros_usual(t)))
		far_micros(b, t, as_sstabledump);
	else if ((p = dump_room(b, DUMP_TIME)))
		b->len = (size_t)(dump_put_micros(p, c, t) - b->p);
}

void dump_seconds(struct cq_buf *b, struct dump_clock *c, int64_t t)
{
	uint8_t *p;

	if (CQ_UNLIKELY(t < 0 || t >= year_10000)) {
		cq_print_instant(b, t, 0);
		return;
	}
	p = dump_room(b, DUMP_TIME);
	if (!p)
		return;
	memcpy(p, clock_text(c, t, 'T'), CLOCK_LEN);
	p[CLOCK_LEN] = 'Z';
	b->len += CLOCK_LEN + 1;
}

static CQ_NOINLINE uint8_t *put_timestamp(uint8_t *p, struct dump_clock *c, uint64_t millis)
{
	unsigned fraction = (unsigned)(millis % 1000);

	*p++ = '"';
	memcpy(p, clock_text(c, (int64_t)(millis / 1000), ' '), CLOCK_LEN);
	p += CLOCK_LEN;
	p[0] = '.';
	p[1] = (uint8_t)('0' + fraction / 100);
	dump_two(p + 2, fraction % 100);
	p[4] = 'Z';
	p[5] = '"';
	return p + 6;
}

/* ---- bytes ---- */

/* Copies 16 bytes, and says for each whether it does not stand for itself in a JSON string: from 0x80 on (negative here), a
 * control character, a quote, a backslash. */
typedef int8_t bytes_16 __attribute__((vector_size(16)));

static inline bytes_16 copy_16(uint8_t *dst, const uint8_t *src)
{
	bytes_16 v;

	memcpy(&v, src, 16);
	memcpy(dst, &v, 16);
	return (bytes_16)((v < 0x20) | (v == '"') | (v == '\\'));
}

/* The same for eight: the top bit of some byte comes up where one does not (the subtraction borrows). A borrow can only
 * raise bits beside one that is rightly up. */
static inline uint64_t suspects(uint64_t v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';

	return (v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & ones * 0x80;
}

static inline uint64_t copy_8(uint8_t *dst, const uint8_t *src)
{
	uint64_t v;

	memcpy(&v, src, 8);
	memcpy(dst, &v, 8);
	return suspects(v);
}

/* Text whose every character stands for itself in JSON: printable ASCII without quotes and backslashes. Copies while it
 * looks, the last bytes of a longer text once more where they overlap; false when there is something else (then nothing
 * counts as written). */
static inline bool copy_plain(uint8_t *dst, const uint8_t *src, size_t len)
{
	if (len >= 16) {
		bytes_16 seen = copy_16(dst + len - 16, src + len - 16);
		uint64_t halves[2];

		for (size_t at = 0; at + 16 < len; at += 16)
			seen |= copy_16(dst + at, src + at);
		memcpy(halves, &seen, 16);
		return !(halves[0] | halves[1]);
	}
	if (len >= 8)
		return !(copy_8(dst, src) | copy_8(dst + len - 8, src + len - 8));
	if (len >= 4) {
		uint32_t first, last;

		memcpy(&first, src, 4);
		memcpy(&last, src + len - 4, 4);
		memcpy(dst, &first, 4);
		memcpy(dst + len - 4, &last, 4);
		return !suspects((uint64_t)first << 32 | last);
	}
	for (size_t i = 0; i < len; i++) {
		if (src[i] < 0x20 || src[i] >= 0x80 || src[i] == '"' || src[i] == '\\')
			return false;
		dst[i] = src[i];
	}
	return true;
}

/* Four bytes as eight digits, the first in the highest byte: each half byte gets a byte of its own, and those beyond 9 get
 * what lies between '9' and 'a' added. */
static inline uint64_t hex_8(const uint8_t *s)
{
	uint64_t v = cq_be32(s), above;

	v = (v | v << 16) & UINT64_C(0x0000ffff0000ffff);
	v = (v | v << 8) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v | v << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	above = (v + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	return v + DUMP_ZEROS + above * ('a' - '9' - 1);
}

static CQ_NOINLINE uint8_t *put_blob(uint8_t *p, const uint8_t *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	memcpy(p, "\"0x", 3);
	p += 3;
	for (; n >= 4; n -= 4, s += 4, p += 8)
		cq_put_be64(p, hex_8(s));
	for (; n; n--, s++) {
		*p++ = (uint8_t)digits[*s >> 4];
		*p++ = (uint8_t)digits[*s & 15];
	}
	*p = '"';
	return p + 1;
}

/* Eight digits at a time from left to right. Where a group has but four, the others are put over by what comes next. */
static CQ_NOINLINE uint8_t *put_uuid(uint8_t *p, const uint8_t *s)
{
	uint64_t second = hex_8(s + 4), third = hex_8(s + 8);

	cq_put_be64(p + 1, hex_8(s));
	cq_put_be64(p + 10, second);
	cq_put_be64(p + 15, second << 32 | third >> 32);
	cq_put_be64(p + 20, third);
	cq_put_be64(p + 25, third << 32);
	cq_put_be64(p + 29, hex_8(s + 12));
	p[9] = p[14] = p[19] = p[24] = '-';
	p[0] = p[37] = '"';
	return p + 38;
}

/* ---- doubles ---- */

/* A double between 0.001 and 10^7 that is written with few digits behind the point, which those are that people put into tables.
 * If m / 10^k, rounded, is the number again and m has 15 digits at most, then its digits are the shortest: two decimals of so
 * few digits are never the same double. Java's digits (cq_value_float.c) stop at the first that is within half a unit of the
 * last binary place, where those are; their other ways begin beyond that range. NULL: not such a number. */
static CQ_NOINLINE uint8_t *put_double(uint8_t *p, uint64_t bits)
{
	const uint64_t sign = UINT64_C(1) << 63, positive = bits & ~sign;
	uint32_t whole, part;
	uint64_t digits;
	double size;

	memcpy(&size, &positive, sizeof size);
	/* Elsewhere sums and quotients may be held in more bits than a double has. */
	if (FLT_EVAL_METHOD != 0 || !(size >= 1e-3 && size < 1e7))
		return NULL;
	for (unsigned k = 0;; k++) {
		static const struct { double power; uint32_t n; } step[] = { { 1e3, 1000 }, { 1e8, 100000000 } };
		int64_t m;

		if (k == CQ_COUNTOF(step))
			return NULL;
		m = (int64_t)(size * step[k].power + 0.5);
		if ((double)m / step[k].power != size)
			continue;
		whole = (uint32_t)(m / step[k].n);
		part = (uint32_t)(m % step[k].n) * (100000000 / step[k].n);
		break;
	}
	if (bits & sign)
		*p++ = '-';
	p = dump_put_8(p, whole);
	*p++ = '.';
	digits = dump_digits_8(part);
	cq_put_be64(p, digits + DUMP_ZEROS);
	return p + (8 - (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8);
}

/* ---- values ---- */

uint8_t *dump_put_value(uint8_t *p, struct dump_clock *c, const struct cq_type *t, cq_slice v)
{
	switch (t->kind) {
	case CQ_T_INT:
		return v.len == 4 ? dump_put_number(p, (int32_t)cq_be32(v.p)) : NULL;
	case CQ_T_BIGINT:
		return v.len == 8 ? dump_put_number(p, (int64_t)cq_be64(v.p)) : NULL;
	case CQ_T_TEXT:
	case CQ_T_ASCII:
		if (!v.p || !copy_plain(p + 1, v.p, v.len))
			return NULL;
		p[0] = p[v.len + 1] = '"';
		return p + v.len + 2;
	case CQ_T_BLOB:
		return v.p ? put_blob(p, v.p, v.len) : NULL;
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
		return v.len == 16 ? put_uuid(p, v.p) : NULL;
	case CQ_T_TIMESTAMP:
		return v.len == 8 && cq_be64(v.p) < (uint64_t)year_10000 * 1000 ? put_timestamp(p, c, cq_be64(v.p)) : NULL;
	case CQ_T_DOUBLE:
		return v.len == 8 ? put_double(p, cq_be64(v.p)) : NULL;
	default:
		return NULL;
	}
}

bool dump_value(struct cq_buf *b, struct dump_clock *c, const struct cq_type *t, cq_slice v)
{
	uint8_t *p = dump_room(b, dump_value_room(t, v.len));

	if (p)
		p = dump_put_value(p, c, t, v);
	if (!p)
		return false;
	b->len = (size_t)(p - b->p);
	return true;
}

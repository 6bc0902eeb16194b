#include "dump_value.h"

const char dump_pairs[201] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

/* ---- times ---- */

enum { DAY = 86400, CLOCK_LEN = 19, TIME_MAX = 48 };
static const int64_t year_10000 = INT64_C(253402300800);

/* The clock's text of a second from 1970 to the end of 9999. */
static inline const uint8_t *clock_text(struct dump_clock *c, int64_t second, uint8_t separator)
{
	unsigned of_day;

	if (second == c->second)
		return c->text;
	if (second / DAY != c->day) {
		int64_t year;
		unsigned month, day;

		c->day = second / DAY;
		cq_civil(c->day, &year, &month, &day);
		dump_two(c->text, (unsigned)(year / 100));
		dump_two(c->text + 2, (unsigned)(year % 100));
		c->text[4] = '-';
		dump_two(c->text + 5, month);
		c->text[7] = '-';
		dump_two(c->text + 8, day);
		c->text[10] = separator;
		c->text[13] = c->text[16] = ':';
	}
	of_day = (unsigned)(second % DAY);
	dump_two(c->text + 11, of_day / 3600);
	dump_two(c->text + 14, of_day / 60 % 60);
	dump_two(c->text + 17, of_day % 60);
	c->second = second;
	return c->text;
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
	unsigned fraction;

	/* From 2262 on the nanoseconds of sstabledump overflow. */
	if (CQ_UNLIKELY(t < 0 || t > INT64_MAX / 1000)) {
		far_micros(b, t, as_sstabledump);
		return;
	}
	p = dump_room(b, TIME_MAX);
	if (!p)
		return;
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
	b->len = (size_t)(p - b->p);
}

void dump_seconds(struct cq_buf *b, struct dump_clock *c, int64_t t)
{
	uint8_t *p;

	if (CQ_UNLIKELY(t < 0 || t >= year_10000)) {
		cq_print_instant(b, t, 0);
		return;
	}
	p = dump_room(b, TIME_MAX);
	if (!p)
		return;
	memcpy(p, clock_text(c, t, 'T'), CLOCK_LEN);
	p[CLOCK_LEN] = 'Z';
	b->len += CLOCK_LEN + 1;
}

static uint8_t *put_timestamp(uint8_t *p, struct dump_clock *c, uint64_t millis)
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

/* Copies eight bytes; the top bit of some byte comes up where one does not stand for itself in a JSON string: a control
 * character, a quote, a backslash (the subtraction borrows), or from 0x80 on (they show their own). A borrow can only raise bits
 * beside one that is rightly up. */
static inline uint64_t copy_8(uint8_t *dst, const uint8_t *src)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t v, quote, slash;

	memcpy(&v, src, 8);
	memcpy(dst, &v, 8);
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	return v | (v - ones * 0x20) | (quote - ones) | (slash - ones);
}

/* Text whose every character stands for itself in JSON: printable ASCII without quotes and backslashes. Copies while it
 * looks, the last eight bytes of a longer text once more where they overlap; false when there is something else (then
 * nothing counts as written). */
static inline bool copy_plain(uint8_t *dst, const uint8_t *src, size_t len)
{
	uint64_t seen = 0;

	if (len >= 8) {
		size_t at = 0;

		for (; at + 8 < len; at += 8)
			seen |= copy_8(dst + at, src + at);
		seen |= copy_8(dst + len - 8, src + len - 8);
	} else {
		for (; len; len--, src++) {
			seen |= *src < 0x20 || *src == '"' || *src == '\\' ? 0x80 : *src;
			*dst++ = *src;
		}
	}
	return !(seen & UINT64_C(0x8080808080808080));
}

/* Four bytes as eight digits, all at once: each half byte gets a byte of its own, and those beyond 9 get what lies between
 * '9' and 'a' added. */
static inline void put_hex4(uint8_t *p, const uint8_t *s)
{
	uint64_t v = cq_be32(s), above;

	v = (v | v << 16) & UINT64_C(0x0000ffff0000ffff);
	v = (v | v << 8) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v | v << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	above = (v + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	cq_put_be64(p, v + UINT64_C(0x3030303030303030) + above * ('a' - '9' - 1));
}

static inline uint8_t *put_hex(uint8_t *p, const uint8_t *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (; n >= 4; n -= 4, s += 4, p += 8)
		put_hex4(p, s);
	for (; n; n--, s++) {
		*p++ = (uint8_t)digits[*s >> 4];
		*p++ = (uint8_t)digits[*s & 15];
	}
	return p;
}

static uint8_t *put_uuid(uint8_t *p, const uint8_t *s)
{
	uint8_t digits[32];

	for (size_t i = 0; i < 16; i += 4)
		put_hex4(digits + 2 * i, s + i);
	p[0] = p[37] = '"';
	p[9] = p[14] = p[19] = p[24] = '-';
	memcpy(p + 1, digits, 8);
	memcpy(p + 10, digits + 8, 4);
	memcpy(p + 15, digits + 12, 4);
	memcpy(p + 20, digits + 16, 4);
	memcpy(p + 25, digits + 20, 12);
	return p + 38;
}

/* ---- values ---- */

bool dump_value(struct cq_buf *b, struct dump_clock *c, const struct cq_type *t, cq_slice v)
{
	uint8_t *p;

	switch (t->kind) {
	case CQ_T_INT:
		if (v.len != 4 || !(p = dump_room(b, DUMP_NUMBER)))
			return false;
		p = dump_put_number(p, (int32_t)cq_be32(v.p));
		break;
	case CQ_T_BIGINT:
		if (v.len != 8 || !(p = dump_room(b, DUMP_NUMBER)))
			return false;
		p = dump_put_number(p, (int64_t)cq_be64(v.p));
		break;
	case CQ_T_TEXT:
	case CQ_T_ASCII:
		if (!v.p || !(p = dump_room(b, v.len + 2)) || !copy_plain(p + 1, v.p, v.len))
			return false;
		p[0] = p[v.len + 1] = '"';
		p += v.len + 2;
		break;
	case CQ_T_BLOB:
		if (!v.p || v.len > SIZE_MAX / 4 || !(p = dump_room(b, 2 * v.len + 4)))
			return false;
		memcpy(p, "\"0x", 3);
		p = put_hex(p + 3, v.p, v.len);
		*p++ = '"';
		break;
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
		if (v.len != 16 || !(p = dump_room(b, 38)))
			return false;
		p = put_uuid(p, v.p);
		break;
	case CQ_T_TIMESTAMP:
		if (v.len != 8 || cq_be64(v.p) >= (uint64_t)year_10000 * 1000 || !(p = dump_room(b, TIME_MAX)))
			return false;
		p = put_timestamp(p, c, cq_be64(v.p));
		break;
	default:
		return false;
	}
	b->len = (size_t)(p - b->p);
	return true;
}

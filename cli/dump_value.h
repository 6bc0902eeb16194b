/* dump_value - the printers that a dump spends its time in: numbers, times, and the commonest values.
 *
 *     p = dump_put_number(p, 42);              where there is room behind p already; returns the end
 *     dump_number(&buf, 42);                   appends to a cq_buf
 *
 * What they print is what the types' own printers (cq_value_json, cq_print_instant ...) print, which do the rest:
 * tests/unit/test_cli_json.c compares the two. */
#ifndef DUMP_VALUE_H
#define DUMP_VALUE_H
#include "cq_buf.h"
#include "cq_types.h"

#define DUMP_LITERAL(s) s, sizeof(s) - 1

/* Room for n more bytes: where to put them, NULL when out of memory (sticky in b). */
static inline uint8_t *dump_room(struct cq_buf *b, size_t n)
{
	if (CQ_UNLIKELY(b->cap - b->len < n || b->failed) && !cq_buf_reserve(b, n))
		return NULL;
	return b->p + b->len;
}

static inline void dump_put(struct cq_buf *b, const void *s, size_t n)
{
	uint8_t *p = dump_room(b, n);

	if (p) {
		memcpy(p, s, n);
		b->len += n;
	}
}

/* ---- numbers ---- */

extern const char dump_pairs[201];             /* "000102...99" */

static inline void dump_two(uint8_t *p, unsigned v)
{
	memcpy(p, dump_pairs + v * 2, 2);
}

enum { DUMP_NUMBER = 28 };                     /* -9223372036854775808, and eight bytes that may be written behind it */

/* The eight digits of v < 10^8, the first in the highest byte: halves, quarters and eighths side by side. */
static inline uint64_t dump_digits_8(uint32_t v)
{
	uint64_t x = (uint64_t)(v / 10000) << 32 | v % 10000, y;

	y = (x * 10486 >> 20) & UINT64_C(0x0000007f0000007f);
	x = y << 16 | (x - y * 100);
	y = (x * 103 >> 10) & UINT64_C(0x000f000f000f000f);
	return y << 8 | (x - y * 10);
}

#define DUMP_ZEROS UINT64_C(0x3030303030303030)

/* v < 10^8, without leading zeros. Writes eight bytes. */
static inline uint8_t *dump_put_8(uint8_t *p, uint32_t v)
{
	uint64_t d = dump_digits_8(v);
	unsigned zeros = (unsigned)__builtin_clzll(d | 1) / 8;

	cq_put_be64(p, (d << 8 * zeros) + DUMP_ZEROS);
	return p + (8 - zeros);
}

static inline uint8_t *dump_put_number(uint8_t *p, int64_t value)
{
	uint64_t v = (uint64_t)value;

	if (value < 0) {
		*p++ = '-';
		v = 0 - v;
	}
	if (CQ_LIKELY(v < 100000000))
		return dump_put_8(p, (uint32_t)v);
	if (v < UINT64_C(10000000000000000)) {
		p = dump_put_8(p, (uint32_t)(v / 100000000));
	} else {
		p = dump_put_8(p, (uint32_t)(v / UINT64_C(10000000000000000)));
		cq_put_be64(p, dump_digits_8((uint32_t)(v / 100000000 % 100000000)) + DUMP_ZEROS);
		p += 8;
	}
	cq_put_be64(p, dump_digits_8((uint32_t)(v % 100000000)) + DUMP_ZEROS);
	return p + 8;
}

static inline void dump_number(struct cq_buf *b, int64_t v)
{
	uint8_t *p = dump_room(b, DUMP_NUMBER);

	if (p)
		b->len = (size_t)(dump_put_number(p, v) - b->p);
}

/* ---- times ---- */

enum { DUMP_TIME = 32 };                       /* 2023-11-14T22:13:20.123456Z, and what is copied with it */

/* The times that were printed last: rows written together share them. Start with dump_clock_init. */
struct dump_clock {
	int64_t second, day;
	uint8_t text[20];                      /* 2023-11-14T22:13:20, of second */
	int64_t micros;
	uint8_t micros_len, micros_text[DUMP_TIME];    /* of micros */
};

static inline void dump_clock_init(struct dump_clock *c)
{
	*c = (struct dump_clock){ .second = -1, .day = -1, .micros = -1 };
}

/* Write times that have a date as usual. Those before 1970 and after 2262 are wrong in sstabledump (tests say how). */
static inline bool dump_micros_usual(int64_t t)
{
	return (uint64_t)t <= INT64_MAX / 1000;
}

void dump_clock_micros(struct dump_clock *c, int64_t t);

/* A usual one, no quotes. */
static inline uint8_t *dump_put_micros(uint8_t *p, struct dump_clock *c, int64_t t)
{
	if (CQ_UNLIKELY(t != c->micros))
		dump_clock_micros(c, t);
	memcpy(p, c->micros_text, DUMP_TIME);
	return p + c->micros_len;
}

/* A write time in microseconds, and the time of a deletion or expiry in seconds; no quotes. as_sstabledump: unusual write
 * times as wrong as there. */
void dump_micros(struct cq_buf *b, struct dump_clock *c, int64_t t, bool as_sstabledump);
void dump_seconds(struct cq_buf *b, struct dump_clock *c, int64_t t);

/* ---- values ---- */

/* Bytes that dump_put_value wants for a value of len bytes. (A value that lies in memory is not so long that this is more than
 * a size_t: CQ_UNIT_MAX.) */
static inline size_t dump_value_room(const struct cq_type *t, size_t len)
{
	return (t->kind == CQ_T_BLOB ? 2 * len : len) + 64;
}

/* cq_value_json for what is common, by the same rules. NULL when v is something else: then nothing that counts was printed. c
 * is for timestamps as values, another than that of write times. */
uint8_t *dump_put_value(uint8_t *p, struct dump_clock *c, const struct cq_type *t, cq_slice v);
/* The same, appended; false when v is something else. */
bool dump_value(struct cq_buf *b, struct dump_clock *c, const struct cq_type *t, cq_slice v);

#endif

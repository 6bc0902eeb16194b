/* dump_value - the printers that a dump spends its time in: numbers, times, and the commonest values.
 *
 * All append to a cq_buf, in one bounds check each. What they print is what the types' own printers (cq_value_json,
 * cq_print_instant ...) print, which do the rest: tests/unit/test_cli_json.c compares the two. */
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

enum { DUMP_NUMBER = 20 };                     /* -9223372036854775808 */

/* Returns the end. */
static inline uint8_t *dump_put_number(uint8_t *p, int64_t value)
{
	uint64_t v = (uint64_t)value;
	uint8_t digits[DUMP_NUMBER];
	unsigned at = sizeof digits;

	if (value < 0) {
		*p++ = '-';
		v = 0 - v;
	}
	while (v >= 100) {
		at -= 2;
		dump_two(digits + at, (unsigned)(v % 100));
		v /= 100;
	}
	if (v >= 10) {
		at -= 2;
		dump_two(digits + at, (unsigned)v);
	} else {
		digits[--at] = (uint8_t)('0' + v);
	}
	memcpy(p, digits + at, sizeof digits - at);
	return p + (sizeof digits - at);
}

static inline void dump_number(struct cq_buf *b, int64_t v)
{
	uint8_t *p = dump_room(b, DUMP_NUMBER);

	if (p)
		b->len = (size_t)(dump_put_number(p, v) - b->p);
}

/* ---- times ---- */

/* The second and the day that were printed last: rows written together share them. Start with second and day -1. */
struct dump_clock {
	int64_t second, day;
	uint8_t text[20];                      /* 2023-11-14T22:13:20, of second */
};

/* A write time in microseconds, and the time of a deletion or expiry in seconds; no quotes. Write times before 1970 and
 * after 2262 are wrong in sstabledump (tests say how), and here when asked. */
void dump_micros(struct cq_buf *b, struct dump_clock *c, int64_t t, bool as_sstabledump);
void dump_seconds(struct cq_buf *b, struct dump_clock *c, int64_t t);

/* ---- values ---- */

/* cq_value_json for what is common, by the same rules. False when v is something else: then nothing was printed. c is for
 * timestamps as values, another than that of write times. */
bool dump_value(struct cq_buf *b, struct dump_clock *c, const struct cq_type *t, cq_slice v);

#endif

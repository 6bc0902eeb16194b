/* cq_cursor - reading fields, one at a time, for the fast reader and for the explaining one.
 *
 *     cq_cur c = cq_cur_over(bytes, len, offset_of_bytes);
 *     flags = cq_u8(&c, tr, CQ_F_ROW_FLAGS);
 *     ts = cq_delta(&c, tr, CQ_F_ROW_TIMESTAMP, x->min_timestamp);
 *     if (c.status) ...                                   one test for the whole unit
 *
 * A unit body hands tr on and never tests it. With tr == NULL (a constant) the compiler deletes every trace of
 * tracing; with a sink each read reports its field, its bytes and its value. After the first bad read the cursor is
 * empty: p stays at the field that failed, every further read yields zero, loops end because c.status is set. */
#ifndef CQ_CURSOR_H
#define CQ_CURSOR_H
#include "cq_base.h"
#include "cq_fields.h"
#include "cq_trace.h"

/* Why a read failed. SHORT at the end of a window may only mean that the window is too small. */
enum cq_cur_reason {
	CQ_R_NONE = 0,
	CQ_R_SHORT,          /* the bytes end inside the field */
	CQ_R_VALUE,          /* the field has a value that the format forbids */
};

typedef struct cq_cur {
	const uint8_t *p, *end;
	const uint8_t *base;       /* where offset off is */
	uint64_t off;              /* offset of base in its byte space */
	int status;                /* CQ_OK, or CQ_DAMAGED */
	uint8_t reason;            /* enum cq_cur_reason */
	uint16_t field;            /* enum cq_field that failed */
	uint64_t found;            /* the value found, or the bytes wanted when SHORT */
	const char *expected;      /* what was expected, static text */
} cq_cur;

static inline cq_cur cq_cur_over(const uint8_t *p, size_t n, uint64_t off)
{
	return (cq_cur){ .p = p, .end = p + n, .base = p, .off = off };
}

static inline uint64_t cq_cur_off(const cq_cur *c)
{
	return c->off + (uint64_t)(c->p - c->base);
}

static inline size_t cq_cur_left(const cq_cur *c)
{
	return (size_t)(c->end - c->p);
}

/* The error of a cursor that stopped: where, which field, what was expected and what was found. Returns c->status. */
CQ_API CQ_COLD int cq_cur_error(const cq_cur *c, struct cq_error *err);

/* Inline, and by plain assignments: a cursor whose address never leaves the decoder can live in registers. */
CQ_ALWAYS_INLINE void cq_cur_stop(cq_cur *c, const uint8_t *at, int reason, unsigned field, uint64_t found,
	const char *expected)
{
	c->status = CQ_DAMAGED;
	c->reason = (uint8_t)reason;
	c->field = (uint16_t)field;
	c->found = found;
	c->expected = expected;
	c->p = at;
	c->end = at;
}

/* A body found a value that cannot be. at: where the field began. */
CQ_ALWAYS_INLINE void cq_bad(cq_cur *c, const uint8_t *at, unsigned field, uint64_t found, const char *expected)
{
	if (CQ_LIKELY(!c->status))
		cq_cur_stop(c, at, CQ_R_VALUE, field, found, expected);
}

CQ_ALWAYS_INLINE bool cq_want(cq_cur *c, size_t n, unsigned field)
{
	if (CQ_LIKELY(n <= cq_cur_left(c)))
		return true;
	if (!c->status)
		cq_cur_stop(c, c->p, CQ_R_SHORT, field, n, NULL);
	return false;
}

/* ---- fixed width, big-endian ---- */

CQ_ALWAYS_INLINE uint8_t cq_u8(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint8_t v;

	if (!cq_want(c, 1, field))
		return 0;
	v = *c->p++;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 1, 1, v);
	return v;
}

CQ_ALWAYS_INLINE uint16_t cq_u16(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint16_t v;

	if (!cq_want(c, 2, field))
		return 0;
	v = cq_be16(c->p);
	c->p += 2;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 2, 2, v);
	return v;
}

CQ_ALWAYS_INLINE uint32_t cq_u32(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint32_t v;

	if (!cq_want(c, 4, field))
		return 0;
	v = cq_be32(c->p);
	c->p += 4;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 4, 4, v);
	return v;
}

/* Signed: the value is reported sign-extended. */
CQ_ALWAYS_INLINE int32_t cq_i32(cq_cur *c, const cq_trace *tr, unsigned field)
{
	int32_t v;

	if (!cq_want(c, 4, field))
		return 0;
	v = (int32_t)cq_be32(c->p);
	c->p += 4;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 4, 4, (uint64_t)(int64_t)v);
	return v;
}

CQ_ALWAYS_INLINE uint64_t cq_u64(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint64_t v;

	if (!cq_want(c, 8, field))
		return 0;
	v = cq_be64(c->p);
	c->p += 8;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 8, 8, v);
	return v;
}

CQ_ALWAYS_INLINE int64_t cq_i64(cq_cur *c, const cq_trace *tr, unsigned field)
{
	return (int64_t)cq_u64(c, tr, field);
}

CQ_ALWAYS_INLINE double cq_f64(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint64_t bits = cq_u64(c, tr, field);
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* ---- little-endian: only in Summary.db ---- */

CQ_ALWAYS_INLINE uint32_t cq_u32le(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint32_t v;

	if (!cq_want(c, 4, field))
		return 0;
	v = cq_le32(c->p);
	c->p += 4;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 4, 4, v);
	return v;
}

CQ_ALWAYS_INLINE uint64_t cq_u64le(cq_cur *c, const cq_trace *tr, unsigned field)
{
	uint64_t v;

	if (!cq_want(c, 8, field))
		return 0;
	v = cq_le64(c->p);
	c->p += 8;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - 8, 8, v);
	return v;
}

/* ---- variable length integers ----
 *
 *  The count of leading 1 bits of the first byte is the number of bytes that follow; the value is big-endian:
 *      0xxxxxxx | 10xxxxxx x | 110xxxxx x x | ... | 11111111 x x x x x x x x
 */
CQ_ALWAYS_INLINE uint64_t cq_vint_raw(cq_cur *c, unsigned field)
{
	const uint8_t *p = c->p;
	unsigned extra;
	uint64_t v;

	if (CQ_UNLIKELY(p >= c->end)) {
		cq_want(c, 1, field);
		return 0;
	}
	if (CQ_LIKELY(*p < 0x80)) {
		c->p = p + 1;
		return *p;
	}
	extra = (unsigned)__builtin_clz((uint32_t)(uint8_t)~*p << 24 | 0x00ffffff);
	if (!cq_want(c, extra + 1, field))
		return 0;
	if (CQ_LIKELY(c->end - p >= 9)) {
		/* One unaligned load: the bytes after the value are shifted away. */
		v = extra == 8 ? cq_be64(p + 1) : (cq_be64(p) & (UINT64_MAX >> extra)) >> (56 - 8 * extra);
	} else {
		v = extra == 8 ? 0 : *p & (0xffu >> extra);
		for (unsigned i = 1; i <= extra; i++)
			v = v << 8 | p[i];
	}
	c->p = p + extra + 1;
	return v;
}

CQ_ALWAYS_INLINE uint64_t cq_vint(cq_cur *c, const cq_trace *tr, unsigned field)
{
	const uint8_t *at = c->p;
	uint64_t v = cq_vint_raw(c, field);

	if (tr && !c->status)
		cq_trace_number(tr, field, c->off + (uint64_t)(at - c->base), (size_t)(c->p - at), v);
	return v;
}

/* base + vint, modulo 2^64: how timestamps are stored. The sum is what is reported. */
CQ_ALWAYS_INLINE int64_t cq_delta(cq_cur *c, const cq_trace *tr, unsigned field, int64_t base)
{
	const uint8_t *at = c->p;
	int64_t v = (int64_t)((uint64_t)base + cq_vint_raw(c, field));

	if (tr && !c->status)
		cq_trace_number(tr, field, c->off + (uint64_t)(at - c->base), (size_t)(c->p - at), (uint64_t)v);
	return v;
}

/* base + vint where both are int32 in Cassandra: the sum wraps at 32 bits. */
CQ_ALWAYS_INLINE int32_t cq_delta32(cq_cur *c, const cq_trace *tr, unsigned field, int32_t base)
{
	const uint8_t *at = c->p;
	int32_t v = (int32_t)((uint32_t)base + (uint32_t)cq_vint_raw(c, field));

	if (tr && !c->status)
		cq_trace_number(tr, field, c->off + (uint64_t)(at - c->base), (size_t)(c->p - at), (uint64_t)(int64_t)v);
	return v;
}

/* Zig-zag. */
CQ_ALWAYS_INLINE int64_t cq_svint(cq_cur *c, const cq_trace *tr, unsigned field, int64_t base)
{
	const uint8_t *at = c->p;
	uint64_t u = cq_vint_raw(c, field);
	int64_t v = (int64_t)((uint64_t)base + (u >> 1 ^ (0 - (u & 1))));

	if (tr && !c->status)
		cq_trace_number(tr, field, c->off + (uint64_t)(at - c->base), (size_t)(c->p - at), (uint64_t)v);
	return v;
}

/* ---- bytes ---- */

struct cq_type;

/* n bytes; type (may be NULL) is what they mean, for whoever explains. Borrowed from the window. */
CQ_ALWAYS_INLINE cq_slice cq_bytes(cq_cur *c, uint64_t n, const cq_trace *tr, unsigned field, const struct cq_type *type)
{
	cq_slice s;

	if (CQ_UNLIKELY(n > cq_cur_left(c))) {
		if (!c->status)
			cq_cur_stop(c, c->p, CQ_R_SHORT, field, n, NULL);
		return cq_slice_of(c->p, 0);
	}
	s = cq_slice_of(c->p, (size_t)n);
	c->p += n;
	if (tr && !c->status)                          /* none of no bytes behind what stopped the cursor */
		cq_trace_bytes(tr, field, cq_cur_off(c) - n, s, type);
	return s;
}

/* n bytes that only a trace looks at. */
CQ_ALWAYS_INLINE void cq_skip(cq_cur *c, uint64_t n, const cq_trace *tr, unsigned field)
{
	cq_bytes(c, n, tr, field, NULL);
}

/* ---- groups: the branches of the tree ---- */

CQ_ALWAYS_INLINE void cq_group(cq_cur *c, const cq_trace *tr, unsigned field)
{
	if (tr)
		cq_trace_begin(tr, field, cq_cur_off(c), CQ_NO_INDEX, (cq_slice){0});
}

/* A group that is one of several: its index, or the name of what it belongs to (a column). */
CQ_ALWAYS_INLINE void cq_group_nth(cq_cur *c, const cq_trace *tr, unsigned field, uint64_t index, cq_slice name)
{
	if (tr)
		cq_trace_begin(tr, field, cq_cur_off(c), index, name);
}

CQ_ALWAYS_INLINE void cq_group_end(cq_cur *c, const cq_trace *tr)
{
	if (tr)
		cq_trace_end(tr, cq_cur_off(c), c->status);
}

#endif

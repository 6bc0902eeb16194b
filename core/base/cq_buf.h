/* cq_buf - bytes that grow: every printer and encoder appends to one.
 *
 *     struct cq_buf b = {0};
 *     cq_buf_str(&b, "token ");
 *     cq_buf_i64(&b, token);
 *     if (b.failed) ... out of memory; nothing was appended after the failure ...
 *     cq_buf_finish(&b);
 *
 * Appending never fails visibly: b.failed is sticky, one test at the end is enough. The bytes are not
 * NUL-terminated until cq_buf_cstr. */
#ifndef CQ_BUF_H
#define CQ_BUF_H
#include "cq_base.h"

struct cq_buf {
	uint8_t *p;
	size_t len, cap;
	bool failed;
};

CQ_API bool cq_buf_reserve(struct cq_buf *b, size_t more);   /* room for more bytes; false sets failed */
CQ_API void cq_buf_put(struct cq_buf *b, const void *p, size_t n);
CQ_API void cq_buf_printf(struct cq_buf *b, const char *fmt, ...) CQ_PRINTF(2, 3);
CQ_API void cq_buf_i64(struct cq_buf *b, int64_t v);         /* decimal */
CQ_API void cq_buf_u64(struct cq_buf *b, uint64_t v);        /* decimal */
CQ_API void cq_buf_hex(struct cq_buf *b, cq_slice s);        /* lower case, no prefix */
CQ_API const char *cq_buf_cstr(struct cq_buf *b);            /* NUL-terminated; "" when failed. Borrowed */
CQ_API void cq_buf_finish(struct cq_buf *b);

static inline void cq_buf_byte(struct cq_buf *b, uint8_t c)
{
	if (CQ_LIKELY(b->len < b->cap) || cq_buf_reserve(b, 1))
		b->p[b->len++] = c;
}

static inline void cq_buf_slice(struct cq_buf *b, cq_slice s)
{
	cq_buf_put(b, s.p, s.len);
}

static inline void cq_buf_str(struct cq_buf *b, const char *s)
{
	cq_buf_put(b, s, strlen(s));
}

static inline cq_slice cq_buf_bytes(const struct cq_buf *b)
{
	return cq_slice_of(b->p, b->len);
}

/* Forget the content, keep the memory. */
static inline void cq_buf_clear(struct cq_buf *b)
{
	b->len = 0;
	b->failed = false;
}

#endif

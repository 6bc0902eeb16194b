#include "cq_buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool cq_buf_reserve(struct cq_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;
	uint8_t *p;

	if (b->failed)
		return false;
	if (more <= b->cap - b->len)
		return true;
	if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->failed = true;
		return false;
	}
	while (cap < b->len + more)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void cq_buf_put(struct cq_buf *b, const void *p, size_t n)
{
	if (!n || !cq_buf_reserve(b, n))
		return;
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

void cq_buf_printf(struct cq_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !cq_buf_reserve(b, (size_t)n + 1))
		return;
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void cq_buf_u64(struct cq_buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	cq_buf_put(b, digits + at, sizeof digits - at);
}

void cq_buf_i64(struct cq_buf *b, int64_t v)
{
	if (v < 0)
		cq_buf_byte(b, '-');
	cq_buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void cq_buf_hex(struct cq_buf *b, cq_slice s)
{
	static const char digit[] = "0123456789abcdef";

	if (s.len > SIZE_MAX / 8 || !cq_buf_reserve(b, s.len * 2))
		return;
	for (size_t i = 0; i < s.len; i++) {
		b->p[b->len++] = (uint8_t)digit[s.p[i] >> 4];
		b->p[b->len++] = (uint8_t)digit[s.p[i] & 15];
	}
}

const char *cq_buf_cstr(struct cq_buf *b)
{
	if (!cq_buf_reserve(b, 1))
		return "";
	b->p[b->len] = 0;
	return (const char *)b->p;
}

void cq_buf_finish(struct cq_buf *b)
{
	free(b->p);
	*b = (struct cq_buf){0};
}

#include "cq_arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct cq_arena_block {
	struct cq_arena_block *next;
	size_t cap, used;
	_Alignas(max_align_t) uint8_t bytes[];
};

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20 };

static struct cq_arena_block *grow(struct cq_arena *a, size_t n)
{
	size_t cap = a->blocks ? a->blocks->cap * 2 : FIRST_BLOCK;
	struct cq_arena_block *b;

	if (cap > LARGEST_STEP)
		cap = LARGEST_STEP;
	if (cap < n)
		cap = n;
	b = malloc(sizeof *b + cap);
	if (!b)
		return NULL;
	b->cap = cap;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *cq_arena_alloc(struct cq_arena *a, size_t n)
{
	const size_t align = _Alignof(max_align_t);
	struct cq_arena_block *b = a->blocks;
	size_t want;
	void *p;

	if (n > SIZE_MAX / 2 - align)
		return NULL;
	want = (n + align - 1) & ~(align - 1);
	if (a->limit && (want > a->limit || a->used > a->limit - want))
		return NULL;
	if (!b || b->cap - b->used < want)
		b = grow(a, want);
	if (!b)
		return NULL;
	p = b->bytes + b->used;
	b->used += want;
	a->used += want;
	return p;
}

void *cq_arena_zalloc(struct cq_arena *a, size_t count, size_t each)
{
	void *p;

	if (each && count > SIZE_MAX / each)
		return NULL;
	p = cq_arena_alloc(a, count * each);
	if (p)
		memset(p, 0, count * each);
	return p;
}

void *cq_arena_dup(struct cq_arena *a, const void *p, size_t n)
{
	uint8_t *copy = n < SIZE_MAX ? cq_arena_alloc(a, n + 1) : NULL;

	if (!copy)
		return NULL;
	if (n)
		memcpy(copy, p, n);
	copy[n] = 0;
	return copy;
}

char *cq_arena_printf(struct cq_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = n < 0 ? NULL : cq_arena_alloc(a, (size_t)n + 1);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void cq_arena_reset(struct cq_arena *a)
{
	struct cq_arena_block *keep = a->blocks;

	a->used = 0;
	if (!keep)
		return;
	for (struct cq_arena_block *b = keep->next; b;) {
		struct cq_arena_block *next = b->next;

		free(b);
		b = next;
	}
	keep->next = NULL;
	keep->used = 0;
}

void cq_arena_finish(struct cq_arena *a)
{
	for (struct cq_arena_block *b = a->blocks; b;) {
		struct cq_arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->blocks = NULL;
	a->used = 0;
}

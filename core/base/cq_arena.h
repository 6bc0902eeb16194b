/* cq_arena - memory that is freed all at once, with a name for how long it lives.
 *
 *     struct cq_arena a = {0};                     a zeroed arena is ready
 *     char *name = cq_arena_dup(&a, bytes, len);   NULL when out of memory or over a.limit
 *     cq_arena_reset(&a);                          everything gone, the largest block kept for the next round
 *     cq_arena_finish(&a);
 *
 * Scopes in CQLite: table (until cq_table_close), unit (until the next cq_scan_next), doc (until cq_doc_close),
 * scratch (inside one function). Allocations are aligned for any type and not zeroed unless said. */
#ifndef CQ_ARENA_H
#define CQ_ARENA_H
#include "cq_base.h"

struct cq_arena_block;

struct cq_arena {
	struct cq_arena_block *blocks;
	size_t used;      /* bytes handed out */
	size_t limit;     /* 0: none; otherwise used never passes it */
};

CQ_API void *cq_arena_alloc(struct cq_arena *a, size_t n);
CQ_API void *cq_arena_zalloc(struct cq_arena *a, size_t count, size_t each);   /* checks count * each */
CQ_API void *cq_arena_dup(struct cq_arena *a, const void *p, size_t n);        /* n bytes and a NUL behind */
CQ_API char *cq_arena_printf(struct cq_arena *a, const char *fmt, ...) CQ_PRINTF(2, 3);
CQ_API void cq_arena_reset(struct cq_arena *a);
CQ_API void cq_arena_finish(struct cq_arena *a);

#endif

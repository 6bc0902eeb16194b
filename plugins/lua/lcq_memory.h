/* lcq_memory - a world's allocator: counts what Lua has, and keeps what its finalizers were not called for. Handles of class files
 * charge what they hold through lcq_charge (lcq_priv.h). */
#ifndef LCQ_MEMORY_H
#define LCQ_MEMORY_H
#include "lcq_priv.h"

enum {
	LCQ_HEAVY = 1 << 20,               /* a piece so long makes single instructions slow (lcq_heavy) */
	LCQ_CHARGE_MIN = 64 << 20,         /* charged since the last collection before another one */
};

/* lua_Alloc and lua_WarnFunction of a world; arg is its struct lcq. */
void *lcq_allocate(void *arg, void *p, size_t before, size_t n);
void lcq_lua_warns(void *arg, const char *msg, int more);
/* After lua_close: what was lost is finalized and freed; the counts must be at nothing. */
void lcq_memory_finish(struct lcq *l);

/* Said by the allocator: the longest piece is n bytes now, so limits are looked at more often (lcq_state.c). */
void lcq_heavy(struct lcq *l, size_t n);

#endif

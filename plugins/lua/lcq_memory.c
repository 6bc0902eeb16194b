/* lcq_memory - what a world's memory is: Lua's, what handles hold beside it, and what Lua loses of both. */
#include <assert.h>
#include <stdlib.h>

#include "lcq_memory.h"

/* A finalizer of ours raises nothing: when it did not end well it was not called. */
void lcq_lua_warns(void *arg, const char *msg, int more)
{
	(void)msg, (void)more;
	((struct lcq *)arg)->lost = true;
}

/* Memory that is freed may hold a handle that never was finalized. */
static void save(struct lcq *l, const void *p, size_t len)
{
	for (struct lcq_held *h = l->held, *next; h; h = next) {
		const uint8_t *content = (const uint8_t *)h - h->len;
		struct lcq_orphan *o;

		next = h->next;
		if (content < (const uint8_t *)p || content >= (const uint8_t *)p + len)
			continue;
		*h->link = next;
		if (next)
			next->link = h->link;
		o = malloc(sizeof *o + h->len);
		if (o) {
			o->class = h->class;
			o->len = h->len;
			memcpy(o->content, content, h->len);
			o->next = l->orphans;
			l->orphans = o;
		}
		return;
	}
}

/* Lua's own buffers (luaL_Buffer) are freed by a finalizer, too, and lost like ours. What is long enough to be one is in a list, and so
 * freed at the end in any case. Lua says how long a piece was when it gives it back: that tells which have this in front. */
struct lcq_block {
	struct lcq_block *next, **link;
	size_t len;
	size_t unused;                                   /* 32 bytes: what follows is aligned as malloc does it */
};

enum { BLOCK_MIN = 1024 };

static void link_block(struct lcq *l, struct lcq_block *b)
{
	b->next = l->blocks;
	b->link = &l->blocks;
	if (b->next)
		b->next->link = &b->next;
	l->blocks = b;
}

static struct lcq_block *unlink_block(void *p)
{
	struct lcq_block *b = (struct lcq_block *)p - 1;

	*b->link = b->next;
	if (b->next)
		b->next->link = b->link;
	return b;
}

static void *resize(struct lcq *l, void *p, size_t before, size_t n)
{
	bool was = p && before >= BLOCK_MIN;
	struct lcq_block *b;

	if (!was && n < BLOCK_MIN)
		return realloc(p, n);
	if (was && n < BLOCK_MIN) {                      /* must not fail */
		b = unlink_block(p);
		memmove(b, p, n);
		p = realloc(b, n);
		return p ? p : b;
	}
	if (n > SIZE_MAX - sizeof *b)
		return NULL;
	if (was) {
		b = realloc((struct lcq_block *)p - 1, sizeof *b + n);
		if (!b && n > before)
			return NULL;
		if (!b)
			b = (struct lcq_block *)p - 1;
		*b->link = b;
		if (b->next)
			b->next->link = &b->next;
	} else {
		b = malloc(sizeof *b + n);
		if (!b)
			return NULL;
		if (p) {
			memcpy(b + 1, p, before);
			free(p);
		}
		link_block(l, b);
	}
	b->len = n;
	return b + 1;
}

void *lcq_allocate(void *arg, void *p, size_t before, size_t n)
{
	struct lcq *l = arg;
	void *q;

	if (!p)
		before = 0;                              /* then it is a kind of object */
	if (!n) {
		if (CQ_UNLIKELY(l->lost) && before >= sizeof(struct lcq_held))
			save(l, p, before);
		if (before >= BLOCK_MIN)
			free(unlink_block(p));
		else
			free(p);
		l->memory -= before;
		return NULL;
	}
	if (n > before && n - before > l->opt.max_memory - (l->memory < l->opt.max_memory ? l->memory : l->opt.max_memory))
		return NULL;
	q = resize(l, p, before, n);
	if (q) {
		l->memory += n - before;
		if (l->memory > l->peak)
			l->peak = l->memory;
		if (CQ_UNLIKELY(n > LCQ_HEAVY) && n > l->heavy)
			lcq_heavy(l, n);
	}
	return q;
}

/* Lua's collector does not see what handles hold; without a push of ours many could wait for it. */
void lcq_charge(lua_State *L, size_t n)
{
	struct lcq *l = lcq_of(L);
	bool fits = n <= l->opt.max_memory && l->memory <= l->opt.max_memory - n;

	if (CQ_UNLIKELY(l->orphans != NULL))
		lcq_adopt(L);
	if (!fits || n > l->charge_mark || l->charged > l->charge_mark - n) {
		size_t more;

		lua_gc(L, LUA_GCCOLLECT);
		if (n > l->opt.max_memory || l->memory > l->opt.max_memory - n)
			luaL_error(L, "not enough memory: the script may have %d MiB", (int)(l->opt.max_memory >> 20));
		more = l->memory - l->charged;           /* the dearer a collection is, the rarer */
		l->charge_mark = l->charged + n + (more > LCQ_CHARGE_MIN ? more : LCQ_CHARGE_MIN);
	}
	l->memory += n;
	l->charged += n;
	if (l->memory > l->peak)
		l->peak = l->memory;
}

void lcq_discharge(struct lcq *l, size_t n)
{
	assert(n <= l->charged);
	l->memory -= n;
	l->charged -= n;
}

void lcq_recharge(struct lcq *l, size_t before, size_t now)
{
	assert(before <= l->charged);
	l->memory += now - before;
	l->charged += now - before;
	if (l->memory > l->peak)
		l->peak = l->memory;
}

void lcq_charge_for_good(lua_State *L, size_t n)
{
	lcq_charge(L, n);
	lcq_of(L)->for_good += n;
}

/* ---- the end ---- */

static int adopt(lua_State *L)
{
	lcq_open_classes(L);
	lcq_adopt(L);
	return 0;
}

/* What was freed without its finalizer, until the end: in a world of its own. */
static void finalize_orphans(struct lcq *l)
{
	l->opt.max_memory = SIZE_MAX / 2;
	l->L = lua_newstate(lcq_allocate, l);
	if (!l->L)
		return;
	*(struct lcq **)lua_getextraspace(l->L) = l;
	lua_pushcfunction(l->L, adopt);
	if (lua_pcall(l->L, 0, 0, 0) != LUA_OK)
		lua_pop(l->L, 1);
	lua_close(l->L);
}

void lcq_memory_finish(struct lcq *l)
{
	if (l->orphans)
		finalize_orphans(l);
	while (l->lost && l->blocks) {
		l->memory -= l->blocks->len;
		free(unlink_block(l->blocks + 1));
	}
	assert(l->memory == l->for_good && l->charged == l->for_good);
}

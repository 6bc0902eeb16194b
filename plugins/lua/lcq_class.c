#include "lcq_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* What a name stands for in a class: a function for methods, the member as light userdata for fields. */
static int index_member(lua_State *L)
{
	const struct lcq_class *c;
	const struct lcq_member *m;

	lua_settop(L, 2);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TFUNCTION)
		return 1;
	m = lua_touserdata(L, -1);
	lua_settop(L, 2);
	if (m)
		return m->fn(L);
	c = lua_touserdata(L, lua_upvalueindex(2));
	if (c->index)
		return c->index(L);
	return luaL_error(L, "%s has no %s", c->name, lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

static int no_newindex(lua_State *L)
{
	return luaL_error(L, "%s cannot be changed", lua_tostring(L, lua_upvalueindex(1)));
}

static int to_string(lua_State *L)
{
	lua_pushfstring(L, "%s: %p", lua_tostring(L, lua_upvalueindex(1)), lua_topointer(L, 1));
	return 1;
}

static int finalize(lua_State *L);

static void open_class(lua_State *L, const struct lcq_class *c)
{
	lua_newtable(L);                                /* the metatable */
	lua_newtable(L);
	for (const struct lcq_member *m = c->members; m && m->name; m++) {
		if (m->sig[0] == '(')
			lua_pushcfunction(L, m->fn);
		else
			lua_pushlightuserdata(L, (void *)(uintptr_t)m);
		lua_setfield(L, -2, m->name);
	}
	lua_pushlightuserdata(L, (void *)(uintptr_t)c);
	lua_pushcclosure(L, index_member, 2);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, c->name);
	lua_pushcclosure(L, no_newindex, 1);
	lua_setfield(L, -2, "__newindex");
	lua_pushstring(L, c->name);
	lua_pushcclosure(L, to_string, 1);
	lua_setfield(L, -2, "__tostring");
	lua_pushstring(L, c->name);
	lua_setfield(L, -2, "__name");
	if (c->meta)
		luaL_setfuncs(L, c->meta, 0);
	if (lua_getfield(L, -1, "__gc") == LUA_TFUNCTION) {
		lua_pushcclosure(L, finalize, 1);
		lua_setfield(L, -2, "__gc");
	} else {
		lua_pop(L, 1);
	}
	/* Who holds a handle must not reach what makes it one. */
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, c);
}

/* "cq.bytes" -> the table, made where it is missing, on the stack. */
static void module_table(lua_State *L, const char *name)
{
	lua_pushglobaltable(L);
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, ".");

		lua_pushlstring(L, p, n);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, -3) != LUA_TTABLE) {
			lua_pop(L, 1);
			lua_newtable(L);
			lua_pushvalue(L, -2);
			lua_pushvalue(L, -2);
			lua_rawset(L, -5);
		}
		lua_replace(L, -3);
		lua_pop(L, 1);
		p += n + (p[n] == '.');
	}
}

void lcq_open_classes(lua_State *L)
{
	for (size_t i = 0; lcq_classes[i]; i++)
		open_class(L, lcq_classes[i]);
	for (size_t i = 0; lcq_modules[i]; i++) {
		module_table(L, lcq_modules[i]->name);
		for (const struct lcq_member *m = lcq_modules[i]->members; m->name; m++) {
			lua_pushcfunction(L, m->fn);
			if (m->sig[0] != '(')
				lua_call(L, 0, 1);
			lua_setfield(L, -2, m->name);
		}
		lua_pop(L, 1);
	}
}

/* A handle's last word says of which class it is: comparing metatables costs six calls into Lua, this costs two, and a scan checks
 * millions of handles. Userdata that is not ours is either shorter or ends in something else than the address of a class; of
 * light userdata the length is 0. */
enum { TAG = sizeof(const struct lcq_class *) };

static bool has_finalizer(const struct lcq_class *c)
{
	for (const luaL_Reg *r = c->meta; r && r->name; r++)
		if (r->name[2] == 'g' && strcmp(r->name, "__gc") == 0)
			return true;
	return false;
}

void *lcq_new(lua_State *L, const struct lcq_class *c, size_t len, int nuv)
{
	struct lcq *l = lcq_of(L);
	struct lcq_held *h;
	uint8_t *p;
	size_t all;

	len = (len + TAG - 1) / TAG * TAG;
	all = len + (has_finalizer(c) ? sizeof *h : 0);
	p = lua_newuserdatauv(L, all + TAG, nuv);
	memset(p, 0, all);
	memcpy(p + all, &c, TAG);
	lua_rawgetp(L, LUA_REGISTRYINDEX, c);
	lua_setmetatable(L, -2);
	if (all > len) {
		h = (struct lcq_held *)(void *)(p + len);
		h->class = c;
		h->len = len;
		h->next = l->held;
		h->link = &l->held;
		if (h->next)
			h->next->link = &h->next;
		l->held = h;
	}
	return p;
}

/* upvalue 1: the class's own. What it raises leaves the handle among those that are held. */
static int finalize(lua_State *L)
{
	uint8_t *p = lua_touserdata(L, 1);
	struct lcq_held *h = (struct lcq_held *)(void *)(p + lua_rawlen(L, 1) - TAG - sizeof *h);

	lua_tocfunction(L, lua_upvalueindex(1))(L);
	if (h->link) {
		*h->link = h->next;
		if (h->next)
			h->next->link = h->link;
		h->link = NULL;
	}
	return 0;
}

void lcq_adopt(lua_State *L)
{
	struct lcq *l = lcq_of(L);
	struct lcq_orphan *o;

	while ((o = l->orphans)) {
		void *p;

		luaL_checkstack(L, 4, NULL);
		p = lcq_new(L, o->class, o->len, 0);
		if (l->orphans == o) {                   /* no collection inside took it, or put one in front */
			memcpy(p, o->content, o->len);
			l->orphans = o->next;
			free(o);
		}
		lua_pop(L, 1);
	}
}

void *lcq_test(lua_State *L, int arg, const struct lcq_class *c)
{
	uint8_t *p = lua_touserdata(L, arg);
	size_t len = lua_rawlen(L, arg);

	return CQ_LIKELY(p && len >= TAG) && memcmp(p + len - TAG, &c, TAG) == 0 ? p : NULL;
}

void *lcq_check(lua_State *L, int arg, const struct lcq_class *c)
{
	void *p = lcq_test(L, arg, c);

	if (!p)
		luaL_typeerror(L, arg, c->name);
	return p;
}

/* ---- arguments ---- */

bool lcq_opt(lua_State *L, int arg, const char *name)
{
	if (lua_isnoneornil(L, arg)) {
		lua_pushnil(L);
		return false;
	}
	luaL_checktype(L, arg, LUA_TTABLE);
	lua_pushstring(L, name);
	return lua_rawget(L, arg) != LUA_TNIL;
}

void lcq_known(lua_State *L, int arg, const char *const *names)
{
	if (lua_isnoneornil(L, arg))
		return;
	luaL_checktype(L, arg, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
		size_t i = 0;

		while (key && names[i] && strcmp(names[i], key) != 0)
			i++;
		if (!key || !names[i])
			luaL_argerror(L, arg, lua_pushfstring(L, "no option %s here", key ? key : luaL_typename(L, -2)));
	}
}

cq_slice lcq_check_slice(lua_State *L, int arg)
{
	size_t n;
	const char *p = luaL_checklstring(L, arg, &n);

	return cq_slice_of(p, n);
}

/* ---- errors and texts ---- */

int lcq_raise(lua_State *L, const struct cq_error *err)
{
	char line[512];

	/* What the caller of the script wants to know of (a stop, no memory) stays that, whatever is caught on the way. */
	if (err->code == CQ_ESTOPPED) {
		lcq_of(L)->over = "stopped";
		lcq_of(L)->code = CQ_ESTOPPED;
	}
	return luaL_error(L, "%s", cq_error_text(err, line, sizeof line));
}

void lcq_push_slice(lua_State *L, cq_slice s)
{
	if (s.p)
		lua_pushlstring(L, (const char *)s.p, s.len);
	else
		lua_pushnil(L);
}

struct cq_buf *lcq_tmp(lua_State *L)
{
	struct cq_buf *b = &lcq_of(L)->tmp;

	if (b->cap > 1 << 20) {                          /* what one long value took is not kept for good */
		cq_buf_finish(b);
		*b = (struct cq_buf){0};
	}
	cq_buf_clear(b);
	return b;
}

void lcq_push_tmp(lua_State *L)
{
	struct cq_buf *b = &lcq_of(L)->tmp;

	if (b->failed)
		luaL_error(L, "out of memory");
	lua_pushlstring(L, b->len ? (const char *)b->p : "", b->len);
}

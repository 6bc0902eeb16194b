#include "lcq_sandbox.h"

#include <stdio.h>

#include "cq_space.h"
#include "lcq_bounded.h"

int lcq_read_text(const char *path, size_t max, struct cq_buf *out, struct cq_error *err)
{
	struct cq_space *s;
	int rc = cq_space_open_file(&s, path, err);

	if (rc != CQ_OK)
		return rc;
	if (s->size > max)
		rc = cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s has %llu bytes, more than a script may have", path,
			(unsigned long long)s->size);
	else if (!cq_buf_reserve(out, (size_t)s->size + 1))
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory for %s", path);
	else if (s->size && (rc = cq_space_read(s, 0, out->p, (size_t)s->size, err)) == CQ_OK)
		out->len = (size_t)s->size;
	cq_space_close(s);
	return rc;
}

/* ---- what every script has ---- */

static void put(lua_State *L, const char *p, size_t n)
{
	struct lcq *l = lcq_of(L);

	if (l->opt.write && l->opt.write(l->opt.arg, p, n) < 0) {
		l->over = "output cannot be written";
		l->code = CQ_EIO;
		luaL_error(L, "%s", l->over);
	}
}

static int l_print(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		size_t len;
		const char *s = luaL_tolstring(L, i, &len);

		if (i > 1)
			put(L, "\t", 1);
		put(L, s, len);
		lua_pop(L, 1);
	}
	put(L, "\n", 1);
	return 0;
}

int lcq_write_values(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		size_t len;
		const char *s = luaL_tolstring(L, i, &len);

		put(L, s, len);
		lua_pop(L, 1);
	}
	return 0;
}

int lcq_warn(lua_State *L)
{
	struct lcq *l = lcq_of(L);
	const char *text = luaL_checkstring(L, 1);

	if (l->opt.warn && *text)
		l->opt.warn(l->opt.arg, text);
	return 0;
}

static int usage_text(lua_State *L)
{
	lua_rawgeti(L, 1, 1);
	return 1;
}

/* An object with words, for no traceback is wanted; lcq_exit_code tells it from other errors. */
int lcq_usage(lua_State *L)
{
	luaL_checkstring(L, 1);
	lua_settop(L, 1);
	lua_createtable(L, 1, 0);
	lua_pushvalue(L, 1);
	lua_rawseti(L, 2, 1);
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, usage_text);
	lua_setfield(L, -2, "__tostring");
	lua_pushboolean(L, 1);
	lua_setfield(L, -2, "cq.usage");
	lua_setmetatable(L, 2);
	lcq_of(L)->exit_code = 2;
	return lua_error(L);
}

/* require "name": a Lua text from the folder of shipped modules, run once. Names are letters, digits, '_', and '.' between folders. */
static int l_require(lua_State *L)
{
	struct lcq *l = lcq_of(L);
	const char *name = luaL_checkstring(L, 1);
	struct cq_error err = {0};
	int rc;

	lua_settop(L, 1);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "lcq.loaded");
	lua_pushvalue(L, 1);
	if (lua_rawget(L, 2) != LUA_TNIL)
		return 1;
	for (const char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_'
			|| (*p == '.' && p > name && p[1] && p[-1] != '.')))
			return luaL_error(L, "module '%s': names are letters, digits and _", name);
	if (!l->opt.lib)
		return luaL_error(L, "module '%s': there is no folder of modules", name);
	luaL_gsub(L, name, ".", "/");
	lua_pushfstring(L, "%s/%s.lua", l->opt.lib, lua_tostring(L, -1));
	rc = lcq_read_text(lua_tostring(L, -1), 1 << 20, lcq_tmp(L), &err);
	if (rc != CQ_OK)
		return luaL_error(L, "module '%s': %s", name, err.msg);
	lcq_push_tmp(L);
	lua_pushfstring(L, "@%s", lua_tostring(L, -2));
	if (luaL_loadbufferx(L, lua_tostring(L, -2), lua_rawlen(L, -2), lua_tostring(L, -1), "t") != LUA_OK)
		return lua_error(L);
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_pushboolean(L, 1);
	}
	lua_pushvalue(L, 1);
	lua_pushvalue(L, -2);
	lua_rawset(L, 2);
	return 1;
}

void lcq_sandbox_both(lua_State *L)
{
	lcq_bounded_coroutines(L);
	lua_pushcfunction(L, l_print);
	lua_setglobal(L, "print");
	if (lcq_of(L)->opt.trust) {
		/* Lua's own require, which finds the shipped modules, too. */
		if (lcq_of(L)->opt.lib && lua_getglobal(L, LUA_LOADLIBNAME) == LUA_TTABLE) {
			lua_getfield(L, -1, "path");
			lua_pushfstring(L, "%s/?.lua;%s", lcq_of(L)->opt.lib, lua_tostring(L, -1));
			lua_setfield(L, -3, "path");
			lua_pop(L, 2);
		}
		return;
	}
	lua_pushcfunction(L, l_require);
	lua_setglobal(L, "require");
}

/* ---- what only a trusted one has otherwise ---- */

/* load of text only: made byte code can do anything to the process. */
static int l_load(lua_State *L)
{
	size_t n;
	const char *s = luaL_checklstring(L, 1, &n), *name = luaL_optstring(L, 2, s);
	bool env = !lua_isnone(L, 4);

	if (luaL_loadbufferx(L, s, n, name, "t") != LUA_OK) {
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	if (env) {
		lua_pushvalue(L, 4);
		if (!lua_setupvalue(L, -2, 1))
			lua_pop(L, 1);
	}
	return 1;
}

/* No __gc: finalizers run where no limit can stop them. */
static int l_setmetatable(lua_State *L)
{
	int t = lua_type(L, 2);

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, t == LUA_TNIL || t == LUA_TTABLE, 2, "nil or table");
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	if (t == LUA_TTABLE) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "no __gc here: only a trusted script may have finalizers");
	}
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

static int l_collectgarbage(lua_State *L)
{
	static const char *const what[] = { "collect", "count", "step", NULL };

	lcq_work(L, LCQ_WORK);                           /* it can take long */
	switch (luaL_checkoption(L, 1, "collect", what)) {
	case 1: lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024); return 1;
	case 2: lua_gc(L, LUA_GCSTEP, 0); break;
	default: lua_gc(L, LUA_GCCOLLECT); break;
	}
	lua_pushinteger(L, 0);
	return 1;
}

void lcq_sandbox(lua_State *L)
{
	static const luaL_Reg libs[] = { { LUA_GNAME, luaopen_base }, { LUA_COLIBNAME, luaopen_coroutine }, { LUA_TABLIBNAME, luaopen_table },
		{ LUA_STRLIBNAME, luaopen_string }, { LUA_MATHLIBNAME, luaopen_math }, { LUA_UTF8LIBNAME, luaopen_utf8 }, { NULL, NULL } };
	static const luaL_Reg own[] = { { "load", l_load }, { "setmetatable", l_setmetatable }, { "collectgarbage", l_collectgarbage }, { NULL, NULL } };
	static const char *const out[] = { "dofile", "loadfile", NULL };

	for (const luaL_Reg *r = libs; r->func; r++) {
		luaL_requiref(L, r->name, r->func, 1);
		lua_pop(L, 1);
	}
	lua_pushglobaltable(L);
	luaL_setfuncs(L, own, 0);
	for (size_t i = 0; out[i]; i++) {
		lua_pushnil(L);
		lua_setfield(L, -2, out[i]);
	}
	lua_pop(L, 1);
	lcq_bounded_tables(L);
	lcq_bounded_strings(L);
}

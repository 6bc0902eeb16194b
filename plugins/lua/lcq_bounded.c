#include "lcq_bounded.h"

#include <limits.h>

#include "lcq_pattern.h"

static void put(lua_State *L, const char *lib, const luaL_Reg *fns)
{
	lua_getglobal(L, lib);
	luaL_setfuncs(L, fns, 0);
	lua_pop(L, 1);
}

/* ---- tables ---- */

static bool has(lua_State *L, const char *event)
{
	bool is;

	lua_pushstring(L, event);
	is = lua_rawget(L, -2) != LUA_TNIL;
	lua_pop(L, 1);
	return is;
}

/* A table, or what has the metamethods to be used as one. */
static void check_list(lua_State *L, int arg, bool writes, bool length)
{
	if (lua_istable(L, arg))
		return;
	if (!lua_getmetatable(L, arg) || !has(L, "__index") || (writes && !has(L, "__newindex")) || (length && !has(L, "__len")))
		luaL_typeerror(L, arg, "table");
	lua_pop(L, 1);
}

static lua_Integer list_length(lua_State *L, int arg, bool writes)
{
	check_list(L, arg, writes, true);
	return luaL_len(L, arg);
}

static int t_insert(lua_State *L)
{
	lua_Integer n = (lua_Integer)((lua_Unsigned)list_length(L, 1, true) + 1), at = n;

	switch (lua_gettop(L)) {
	case 2:
		break;
	case 3:
		at = luaL_checkinteger(L, 2);
		luaL_argcheck(L, (lua_Unsigned)at - 1 < (lua_Unsigned)n, 2, "position out of bounds");
		for (lua_Integer i = n; i > at; i--) {
			lua_geti(L, 1, i - 1);
			lua_seti(L, 1, i);
			lcq_work(L, 1);
		}
		break;
	default:
		return luaL_error(L, "wrong number of arguments to 'insert'");
	}
	lua_seti(L, 1, at);
	return 0;
}

static int t_remove(lua_State *L)
{
	lua_Integer n = list_length(L, 1, true), at = luaL_optinteger(L, 2, n);

	luaL_argcheck(L, at == n || (lua_Unsigned)at - 1 <= (lua_Unsigned)n, 2, "position out of bounds");
	lua_geti(L, 1, at);
	for (; at < n; at++) {
		lua_geti(L, 1, at + 1);
		lua_seti(L, 1, at);
		lcq_work(L, 1);
	}
	lua_pushnil(L);
	lua_seti(L, 1, at);
	return 1;
}

static int t_move(lua_State *L)
{
	lua_Integer from, to, at, n;
	int out = lua_isnoneornil(L, 5) ? 1 : 5;

	check_list(L, 1, false, false);
	from = luaL_checkinteger(L, 2);
	to = luaL_checkinteger(L, 3);
	at = luaL_checkinteger(L, 4);
	check_list(L, out, true, false);
	if (to >= from) {
		luaL_argcheck(L, from > 0 || to < LUA_MAXINTEGER + from, 3, "too many elements to move");
		n = to - from + 1;
		luaL_argcheck(L, at <= LUA_MAXINTEGER - n + 1, 4, "destination wrap around");
		/* Behind where it comes from, in the same table: the last one first. */
		bool down = at > from && at <= to && (out == 1 || lua_compare(L, 1, out, LUA_OPEQ));

		for (lua_Integer k = 0; k < n; k++) {
			lua_Integer i = down ? n - 1 - k : k;

			lua_geti(L, 1, from + i);
			lua_seti(L, out, at + i);
			lcq_work(L, 1);
		}
	}
	lua_pushvalue(L, out);
	return 1;
}

static int t_concat(lua_State *L)
{
	lua_Integer n = list_length(L, 1, false), i, last;
	size_t nsep, len;
	const char *sep = luaL_optlstring(L, 2, "", &nsep);
	luaL_Buffer b;

	i = luaL_optinteger(L, 3, 1);
	last = luaL_optinteger(L, 4, n);
	luaL_buffinit(L, &b);
	while (i <= last) {
		lua_geti(L, 1, i);
		if (!lua_isstring(L, -1))
			return luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
		lua_tolstring(L, -1, &len);
		luaL_addvalue(&b);
		if (i == last)
			break;
		luaL_addlstring(&b, sep, nsep);
		lcq_work(L, 1 + (len + nsep) / 64);
		i++;
	}
	luaL_pushresult(&b);
	return 1;
}

/* Values at a and b of the stack: is a's before b's? Argument 2 says, or '<'. */
static bool before(lua_State *L, int a, int b)
{
	bool is;

	lcq_work(L, 1);
	if (lua_isnil(L, 2))
		return lua_compare(L, a, b, LUA_OPLT);
	a = lua_absindex(L, a);
	b = lua_absindex(L, b);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, a);
	lua_pushvalue(L, b);
	lua_call(L, 2, 1);
	is = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return is;
}

/* Put the value at the top in the heap of n, from place i down. */
static void sift(lua_State *L, lua_Integer i, lua_Integer n)
{
	while (i <= n / 2) {
		lua_Integer child = 2 * i;

		lua_geti(L, 1, child);
		if (child < n) {
			lua_geti(L, 1, child + 1);
			if (before(L, -2, -1)) {
				lua_remove(L, -2);
				child++;
			} else {
				lua_pop(L, 1);
			}
		}
		if (!before(L, -2, -1)) {
			lua_pop(L, 1);
			break;
		}
		lua_seti(L, 1, i);
		i = child;
	}
	lua_seti(L, 1, i);
}

/* By heap: in place, no order of the comparing function can make it run astray. */
static int t_sort(lua_State *L)
{
	lua_Integer n = list_length(L, 1, true);

	if (n < 2)
		return 0;
	luaL_argcheck(L, n < INT_MAX, 1, "array too big");
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	for (lua_Integer i = n / 2; i > 0; i--) {
		lua_geti(L, 1, i);
		sift(L, i, n);
	}
	for (lua_Integer end = n; end > 1; end--) {
		lua_geti(L, 1, end);
		lua_geti(L, 1, 1);
		lua_seti(L, 1, end);
		sift(L, 1, end - 1);
	}
	return 0;
}

void lcq_bounded_tables(lua_State *L)
{
	static const luaL_Reg fns[] = { { "insert", t_insert }, { "remove", t_remove }, { "move", t_move }, { "concat", t_concat },
		{ "sort", t_sort }, { NULL, NULL } };

	put(L, LUA_TABLIBNAME, fns);
}

/* ---- strings ---- */

/* Nothing many times is nothing; anything else soon meets the limit of memory. upvalue 1: Lua's own. */
static int s_rep(lua_State *L)
{
	size_t n, nsep;

	luaL_checklstring(L, 1, &n);
	luaL_checkinteger(L, 2);
	luaL_optlstring(L, 3, "", &nsep);
	if (n + nsep == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void lcq_bounded_strings(lua_State *L)
{
	static const luaL_Reg fns[] = { { "find", lcq_string_find }, { "match", lcq_string_match }, { "gmatch", lcq_string_gmatch },
		{ "gsub", lcq_string_gsub }, { NULL, NULL } };

	put(L, LUA_STRLIBNAME, fns);
	lua_getglobal(L, LUA_STRLIBNAME);
	lua_getfield(L, -1, "rep");
	lua_pushcclosure(L, s_rep, 1);
	lua_setfield(L, -2, "rep");
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	lua_pop(L, 1);
	/* The metatable of strings: what C takes for a string's text must not be a script's function. */
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

/* ---- coroutines ----
 *
 * Each thread counts its own instructions up to the next look at the limits. So a new one is counted as if it had run as many, and resuming is
 * looked at: else a script of many short-lived coroutines would never come to a look. */

static lua_State *coroutine(lua_State *L, int arg)
{
	lua_State *co = lua_tothread(L, arg);

	luaL_argexpected(L, co, arg, "coroutine");
	return co;
}

static int co_create(lua_State *L)
{
	lua_State *co;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	lcq_count_thread(L);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	return 1;
}

/* How many results came to L's top; -1: an error object did. */
static int resume(lua_State *L, lua_State *co, int nargs)
{
	int n, status;
	lua_State *was;

	if (!lua_checkstack(co, nargs)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, co, nargs);
	was = lcq_run_thread(L, co);
	status = lua_resume(co, L, nargs, &n);
	lcq_ran_thread(L, was);
	if (status != LUA_OK && status != LUA_YIELD) {
		/* Raised by a hook, and hooks of a thread stay off when it dies of one: nothing may run in it again. */
		if (lcq_of(L)->over)
			*(struct lcq **)lua_getextraspace(co) = NULL;
		lua_xmove(co, L, 1);
		return -1;
	}
	if (!lua_checkstack(L, n + 1)) {
		lua_pop(co, n);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(co, L, n);
	return n;
}

static int co_resume(lua_State *L)
{
	lua_State *co = coroutine(L, 1);
	int n = resume(L, co, lua_gettop(L) - 1);

	lua_pushboolean(L, n >= 0);
	lua_insert(L, n < 0 ? -2 : -(n + 1));
	return n < 0 ? 2 : n + 1;
}

static int close_thread(lua_State *L, lua_State *co)
{
	lua_State *was;
	int status;

	lcq_check_depth(L);
	if (!lcq_of(co))
		luaL_error(L, "a coroutine that a limit has ended is not closed");
	was = lcq_run_thread(L, co);
	status = lua_resetthread(co);
	lcq_ran_thread(L, was);
	return status;
}

static int wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));
	int n = resume(L, co, lua_gettop(L)), status;

	if (n >= 0)
		return n;
	status = lua_status(co);
	if (status != LUA_OK && status != LUA_YIELD) {   /* it died: what it was to close is closed, and may say something else */
		lua_xmove(L, co, 1);
		close_thread(L, co);
		lua_xmove(co, L, 1);
	}
	if (lua_type(L, -1) == LUA_TSTRING && status != LUA_ERRMEM) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int co_wrap(lua_State *L)
{
	co_create(L);
	lua_pushcclosure(L, wrapped, 1);
	return 1;
}

static int co_close(lua_State *L)
{
	lua_State *co = coroutine(L, 1);
	int status = lua_status(co);
	lua_Debug ar;

	if (co == L || (status == LUA_OK && lua_getstack(co, 0, &ar)))
		return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
	status = close_thread(L, co);
	lua_pushboolean(L, status == LUA_OK);
	if (status == LUA_OK)
		return 1;
	lua_xmove(co, L, 1);
	return 2;
}

/* ---- protected calls ----
 *
 * In a coroutine an error comes back through all of its calls' frames once a pcall, so pcalls within each other cost their square; hence a
 * bound.
 *
 * Lua calls the handler where the error is raised: for that of a limit inside the hook, where no hook runs. A handler of a script could
 * stay there for good, so it is not asked then. */

static int handle(lua_State *L)
{
	if (lcq_of(L)->over)
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int called(lua_State *L, int status, lua_KContext extra)
{
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L) - (int)extra;
	lua_pushboolean(L, 0);
	lua_insert(L, -2);
	return 2;
}

enum { CALLS_MAX = 20000 };

static void check_calls(lua_State *L)
{
	lua_Debug ar;

	if (lua_getstack(L, CALLS_MAX, &ar))             /* walks no farther than calls there are */
		luaL_error(L, "stack overflow: a protected call in more than %d calls", CALLS_MAX);
}

static int b_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	check_calls(L);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	return called(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, called), 0);
}

static int b_xpcall(lua_State *L)
{
	int n = lua_gettop(L);

	check_calls(L);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, handle, 1);
	lua_replace(L, 2);                               /* function, handler, arguments */
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2);                             /* function, handler, true, function, arguments */
	return called(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, called), 2);
}

void lcq_bounded_coroutines(lua_State *L)
{
	lua_pushcfunction(L, b_pcall);
	lua_setglobal(L, "pcall");
	lua_pushcfunction(L, b_xpcall);
	lua_setglobal(L, "xpcall");
	static const luaL_Reg fns[] = { { "create", co_create }, { "resume", co_resume }, { "wrap", co_wrap }, { "close", co_close }, { NULL, NULL } };

	put(L, LUA_COLIBNAME, fns);
}

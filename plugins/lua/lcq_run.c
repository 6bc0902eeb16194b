/* lcq_run - scripts and pieces of them: loaded, run, shown. */
#include "lcq_sandbox.h"

struct run {
	const char *name;                                /* for messages */
	cq_slice text;
	bool show;
	int argc;
	char *const *argv;
};

static void show_results(lua_State *L, int first)
{
	int n = lua_gettop(L);

	if (n < first)
		return;
	luaL_checkstack(L, n + LUA_MINSTACK, "too many results");
	lua_getglobal(L, "print");
	for (int i = first; i <= n; i++)
		lua_pushvalue(L, i);
	lua_call(L, n - first + 1, 0);
}

static int load(lua_State *L, const struct run *r)
{
	int rc;

	if (r->show) {                                   /* an expression prints its value */
		lua_pushfstring(L, "=%s", r->name);
		lua_pushliteral(L, "return ");
		lua_pushlstring(L, (const char *)r->text.p, r->text.len);
		lua_concat(L, 2);
		rc = luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), lua_tostring(L, -2), "t");
		if (rc == LUA_OK)
			return rc;
		lua_settop(L, 1);
	}
	lua_pushfstring(L, r->show ? "=%s" : "@%s", r->name);
	return luaL_loadbufferx(L, (const char *)r->text.p, r->text.len, lua_tostring(L, -1), "t");
}

static int run(lua_State *L)
{
	const struct run *r = lua_touserdata(L, 1);
	struct lcq *l = lcq_of(L);
	bool consume = !r->show && lcq_consume_mentioned(r->text);
	int base;

	l->exit_code = 0;
	if (consume)
		lcq_consume_begin(L);
	if (load(L, r) != LUA_OK)
		return lua_error(L);
	lua_replace(L, 1);
	lua_settop(L, 1);
	luaL_checkstack(L, r->argc + LUA_MINSTACK, "too many arguments");
	for (int i = 0; i < r->argc; i++)
		lua_pushstring(L, r->argv[i]);
	base = lua_gettop(L) - r->argc;
	lua_call(L, r->argc, LUA_MULTRET);
	l->exit_code = 0;                                /* a cq.usage that was caught */
	if (r->show) {
		show_results(L, base);
		return 0;
	}
	if (consume)
		lcq_consume_run(L, r->argc, r->argv);
	if (lua_gettop(L) < base || lua_isnil(L, base))
		return 0;
	if (lua_isboolean(L, base)) {
		l->exit_code = lua_toboolean(L, base) ? 0 : 1;
	} else {
		int is;
		lua_Integer n = lua_tointegerx(L, base, &is);

		if (!is || n < 0 || n > 125)
			return luaL_error(L, "a script returns an exit code (0 to 125), true, false or nothing, not a %s", luaL_typename(L, base));
		l->exit_code = (int)n;
	}
	return 0;
}

static int fail(struct lcq *l, int code, const char *fmt, const char *a, const char *b)
{
	cq_buf_clear(&l->error);
	cq_buf_printf(&l->error, fmt, a, b);
	return code;
}

int lcq_run_text(struct lcq *l, const char *name, cq_slice text, bool show, int argc, char *const *argv)
{
	struct run r = { name, text, show, argc, argv };

	if (!lua_checkstack(l->L, LUA_MINSTACK))
		return fail(l, CQ_ENOMEM, "out of memory%s%s", "", "");
	lua_pushcfunction(l->L, run);
	lua_pushlightuserdata(l->L, &r);
	return lcq_call(l, 1, 0);
}

enum { SCRIPT_MAX = 16 << 20 };

int lcq_run_file(struct lcq *l, const char *path, int argc, char *const *argv)
{
	struct cq_error err = {0};
	struct cq_buf text = {0};
	cq_slice s;
	int rc = lcq_read_text(path, SCRIPT_MAX, &text, &err);

	if (rc != CQ_OK) {
		fail(l, rc, "%s%s", err.msg, "");
	} else {
		s = cq_buf_bytes(&text);
		if (s.len && s.p[0] == '#')              /* #!/usr/bin/env cqlite lua; the line's end stays, for the numbers of lines */
			while (s.len && s.p[0] != '\n') {
				s.p++;
				s.len--;
			}
		if (!s.p)
			s.p = (const uint8_t *)"";
		rc = lcq_run_text(l, path, s, false, argc, argv);
	}
	cq_buf_finish(&text);
	return rc;
}

int lcq_exit_code(const struct lcq *l)
{
	return l->exit_code;
}

const char *lcq_error(const struct lcq *l)
{
	return cq_buf_cstr((struct cq_buf *)(uintptr_t)&l->error);
}

static int try_load(lua_State *L)
{
	const struct run *r = lua_touserdata(L, 1);

	if (load(L, r) != LUA_OK)
		return lua_error(L);
	return 0;
}

bool lcq_incomplete(struct lcq *l, cq_slice text)
{
	struct run r = { "stdin", text, true, 0, NULL };
	size_t n;

	if (!lua_checkstack(l->L, LUA_MINSTACK))
		return false;
	lua_pushcfunction(l->L, try_load);
	lua_pushlightuserdata(l->L, &r);
	if (lua_pcall(l->L, 1, 0, 0) == LUA_OK)
		return false;
	if (lua_type(l->L, -1) == LUA_TSTRING)
		cq_buf_str(&l->error, lua_tostring(l->L, -1));
	lua_pop(l->L, 1);
	n = l->error.len;
	n = n >= 5 && memcmp(l->error.p + n - 5, "<eof>", 5) == 0;
	cq_buf_clear(&l->error);
	return n;
}

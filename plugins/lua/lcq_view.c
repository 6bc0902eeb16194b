#include "lcq_view.h"

#include "lcq_ext.h"

enum { COLUMNS_MAX = 64 };

struct lcq_view {
	struct lcq_ext ext;
	const char *name, *title, **column;
	size_t ncolumns;
	struct lcq_view *next;
};

static struct lcq_view *first, **last = &first;

const struct lcq_view *lcq_view_nth(size_t index)
{
	const struct lcq_view *v = first;

	while (v && index--)
		v = v->next;
	return v;
}

const struct lcq_view *lcq_view_named(const char *name)
{
	const struct lcq_view *v = first;

	while (v && strcmp(v->name, name) != 0)
		v = v->next;
	return v;
}

const char *lcq_view_name(const struct lcq_view *v)
{
	return v->name;
}

const char *lcq_view_title(const struct lcq_view *v)
{
	return v->title;
}

size_t lcq_view_columns(const struct lcq_view *v)
{
	return v->ncolumns;
}

const char *lcq_view_column(const struct lcq_view *v, size_t index)
{
	return index < v->ncolumns ? v->column[index] : NULL;
}

struct call {
	const struct lcq_view *v;
	const char *path;
	lcq_view_row *row;
	void *arg;
	bool stopped;
};

static int rows_inside(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	size_t n = c->v->ncolumns;
	cq_slice *cells = lua_newuserdatauv(L, n * sizeof *cells, 0);
	int top;

	lcq_push_opened(L, c->path);
	lua_toclose(L, -1);
	lcq_ext_push(L, &c->v->ext, "rows");
	lua_pushvalue(L, -2);
	lua_call(L, 1, 3);                     /* iterator, state, control */
	luaL_checkstack(L, (int)(2 * n) + 16, "too many columns");
	top = lua_gettop(L);
	for (;;) {
		lua_pushvalue(L, top - 2);
		lua_pushvalue(L, top - 1);
		lua_pushvalue(L, top);
		lua_call(L, 2, 1);
		if (lua_isnil(L, -1))
			break;
		if (!lua_istable(L, -1))
			return luaL_error(L, "rows gave a %s, not a list of cells", luaL_typename(L, -1));
		lua_copy(L, -1, top);              /* the next control value */
		for (size_t i = 0; i < n; i++) {
			size_t len;
			const char *s;

			lua_rawgeti(L, top + 1, (lua_Integer)i + 1);
			if (lua_isnil(L, -1))
				lua_pushliteral(L, "");
			s = luaL_tolstring(L, -1, &len);
			cells[i] = cq_slice_of(s, len);
			lua_remove(L, -2);
		}
		if (c->row(c->arg, cells, n) < 0) {
			c->stopped = true;
			break;
		}
		lua_settop(L, top);
		lcq_tick(L);
	}
	return 0;
}

int lcq_view_rows(const struct lcq_view *v, const char *path, lcq_view_row *row, void *arg, struct cq_error *err)
{
	struct call c = { .v = v, .path = path, .row = row, .arg = arg };
	int rc = lcq_ext_call((struct lcq_ext *)(uintptr_t)&v->ext, rows_inside, &c, err);

	return rc == CQ_OK && c.stopped ? CQ_ESTOPPED : rc;
}

int lcq_view_add(lua_State *L)
{
	static const char *const keys[] = { "name", "title", "columns", "rows", NULL };
	struct lcq_view *v = lcq_ext_new(L, sizeof *v, keys);

	v->name = lcq_ext_text(L, &v->ext, "name", true);
	v->title = lcq_ext_text(L, &v->ext, "title", false);
	v->title = v->title ? v->title : v->name;
	luaL_argcheck(L, lcq_ext_has(L, "rows"), 1, "rows is missing");
	if (lcq_view_named(v->name))
		return luaL_error(L, "there is a view %s already", v->name);
	if (!lcq_opt(L, 1, "columns") || !lua_istable(L, -1) || !lua_rawlen(L, -1) || lua_rawlen(L, -1) > COLUMNS_MAX)
		return luaL_argerror(L, 1, "columns has to be a list of 1 to 64 names");
	v->ncolumns = lua_rawlen(L, -1);
	v->column = lcq_ext_alloc(L, &v->ext, v->ncolumns, sizeof *v->column);
	for (size_t i = 0; i < v->ncolumns; i++) {
		size_t len;
		const char *s;

		if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
			return luaL_argerror(L, 1, "columns has to be a list of 1 to 64 names");
		s = lua_tolstring(L, -1, &len);
		v->column[i] = memcpy(lcq_ext_alloc(L, &v->ext, len + 1, 1), s, len + 1);
		lua_pop(L, 1);
	}
	*last = v;
	last = &v->next;
	return 0;
}

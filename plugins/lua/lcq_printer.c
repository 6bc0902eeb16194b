/* lcq_printer - printers of custom types written in Lua. What they give for JSON is a Lua value, which is written here: so that a dump is
 * valid JSON whatever a script does. */
#include <math.h>
#include <stdlib.h>

#include "cq_printer.h"
#include "lcq_ext.h"

enum { DEPTH_MAX = 32, TEXT_FREE = 1 << 20, TEXT_PER_BYTE = 256 };

struct printer {
	struct lcq_ext ext;
	struct cq_printer c;
	bool text, json;
};

struct call {
	const struct printer *p;
	enum cq_printer_style style;
	cq_slice v;
	struct cq_buf *out;
	size_t limit;
};

static void room(lua_State *L, const struct call *c)
{
	if (c->out->len > c->limit)
		luaL_error(L, "its text grows out of all proportion to the value");
	if (c->out->failed)
		luaL_error(L, "out of memory");
}

static int compare(const void *a, const void *b)
{
	const cq_slice *x = a, *y = b;

	return cq_slice_cmp(*x, *y);
}

static void json(lua_State *L, const struct call *c, int at, int depth);

/* Keys in order, so that the same value is always the same text. */
static void object(lua_State *L, const struct call *c, int at, int depth)
{
	size_t n = 0, i = 0;
	cq_slice *keys;

	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1), n++)
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "a key of a JSON object is a %s, not a string", luaL_typename(L, -2));
	keys = lua_newuserdatauv(L, (n + 1) * sizeof *keys, 0);
	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1)) {
		size_t len;
		const char *s = lua_tolstring(L, -2, &len);

		keys[i++] = cq_slice_of(s, len);
	}
	qsort(keys, n, sizeof *keys, compare);
	cq_buf_byte(c->out, '{');
	for (i = 0; i < n; i++) {
		cq_buf_str(c->out, i ? ", " : "");
		cq_json_string(c->out, keys[i]);
		cq_buf_str(c->out, ": ");
		lua_pushlstring(L, (const char *)keys[i].p, keys[i].len);
		lua_rawget(L, at);
		json(L, c, lua_gettop(L), depth + 1);
		lua_pop(L, 1);
	}
	cq_buf_byte(c->out, '}');
	lua_pop(L, 1);
}

static void json(lua_State *L, const struct call *c, int at, int depth)
{
	size_t n;
	const char *s;

	luaL_checkstack(L, 16, "too deep");
	room(L, c);
	switch (lua_type(L, at)) {
	case LUA_TNIL:
		cq_buf_str(c->out, "null");
		break;
	case LUA_TBOOLEAN:
		cq_buf_str(c->out, lua_toboolean(L, at) ? "true" : "false");
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, at))
			cq_buf_i64(c->out, (int64_t)lua_tointeger(L, at));
		else if (isfinite(lua_tonumber(L, at)))
			cq_print_double(c->out, lua_tonumber(L, at));
		else
			cq_buf_str(c->out, "null");
		break;
	case LUA_TSTRING:
		s = lua_tolstring(L, at, &n);
		cq_json_string(c->out, cq_slice_of(s, n));
		break;
	case LUA_TTABLE:
		if (depth == DEPTH_MAX)
			luaL_error(L, "more than %d levels of JSON", DEPTH_MAX);
		n = lua_rawlen(L, at);
		lua_pushnil(L);
		if (!n && lua_next(L, at)) {
			lua_pop(L, 2);
			object(L, c, at, depth);
			break;
		}
		lua_settop(L, at);
		cq_buf_byte(c->out, '[');
		for (size_t i = 0; i < n; i++) {
			cq_buf_str(c->out, i ? ", " : "");
			lua_rawgeti(L, at, (lua_Integer)i + 1);
			json(L, c, lua_gettop(L), depth + 1);
			lua_pop(L, 1);
		}
		cq_buf_byte(c->out, ']');
		break;
	default:
		luaL_error(L, "a %s is no JSON", luaL_typename(L, at));
	}
}

static int print_inside(lua_State *L)
{
	const struct call *c = lua_touserdata(L, 1);
	bool as_json = c->style == CQ_PRINTER_JSON && c->p->json;

	lcq_ext_push(L, &c->p->ext, as_json || !c->p->text ? "json" : "text");
	lua_pushlstring(L, c->v.len ? (const char *)c->v.p : "", c->v.len);
	lua_call(L, 1, 1);
	lua_replace(L, 1);
	lua_settop(L, 1);
	if (!as_json && c->p->text && lua_type(L, 1) != LUA_TSTRING)
		return luaL_error(L, "text gave a %s, not a string", luaL_typename(L, 1));
	if (c->style == CQ_PRINTER_JSON || !c->p->text) {
		json(L, c, 1, 0);
	} else {
		size_t n;
		const char *s = lua_tolstring(L, 1, &n);

		cq_buf_put(c->out, s, n);
	}
	room(L, c);
	return 0;
}

static bool print(const struct cq_printer *p, enum cq_printer_style style, cq_slice v, struct cq_buf *out)
{
	struct printer *mine = p->arg;
	struct call c = { .p = mine, .style = style, .v = v, .out = out };

	c.limit = out->len + TEXT_FREE + v.len * TEXT_PER_BYTE;
	return lcq_ext_call(&mine->ext, print_inside, &c, NULL) == CQ_OK;
}

int lcq_printer_add(lua_State *L)
{
	static const char *const keys[] = { "class", "text", "json", NULL };
	struct printer *p = lcq_ext_new(L, sizeof *p, keys);
	struct cq_error err = {0};

	p->c.class_name = lcq_ext_text(L, &p->ext, "class", true);
	p->text = lcq_ext_has(L, "text");
	p->json = lcq_ext_has(L, "json");
	luaL_argcheck(L, p->text || p->json, 1, "a printer needs text or json");
	p->c.print = print;
	p->c.arg = p;
	if (cq_printer_add(&p->c, &err) != CQ_OK)
		return lcq_raise(L, &err);
	return 0;
}

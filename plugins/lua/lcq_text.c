/* lcq_text - values as JSON and CSV, times as text. */
#include "lcq_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DEPTH_MAX = 100, PIECE = 64 << 10 };

/* ---- strings ---- */

static void literal(struct lcq_out *o, const char *s)
{
	lcq_out_put(o, s, strlen(s));
}

/* Piece by piece, so that little is outside of Lua's memory; a piece ends where a character does. False: not UTF-8. */
static bool utf8_string(struct lcq_out *o, cq_slice s)
{
	bool good = true;

	literal(o, "\"");
	while (s.len && good) {
		size_t n = s.len < PIECE ? s.len : PIECE;
		struct cq_buf *b = lcq_tmp(o->L);

		for (int back = 0; n < s.len && back < 3 && (s.p[n] & 0xc0) == 0x80; back++)
			n--;
		lcq_work(o->L, n / 4);
		good = cq_json_string(b, cq_slice_of(s.p, n));
		if (b->failed)
			luaL_error(o->L, "out of memory");
		lcq_out_put(o, b->p + 1, b->len - 2);            /* without its quotes */
		s = cq_slice_of(s.p + n, s.len - n);
	}
	literal(o, "\"");
	return good;
}

static void hexadecimal(struct lcq_out *o, cq_slice s)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *p;

	literal(o, "0x");
	if (s.len > SIZE_MAX / 4)
		luaL_error(o->L, "out of memory");
	lcq_work(o->L, s.len / 2);
	p = lcq_out_room(o, s.len * 2);
	for (size_t i = 0; i < s.len; i++) {
		p[2 * i] = (uint8_t)digits[s.p[i] >> 4];
		p[2 * i + 1] = (uint8_t)digits[s.p[i] & 15];
	}
}

static void string(struct lcq_out *o, cq_slice s)
{
	size_t mark = o->len;

	if (utf8_string(o, s))
		return;
	o->len = mark;
	literal(o, "\"");
	hexadecimal(o, s);
	literal(o, "\"");
}

/* ---- JSON ---- */

static void json(struct lcq_out *o, int at, int depth);

static void bytes(struct lcq_out *o, int at, const struct lcq_bytes *v)
{
	lua_State *L = o->L;

	if (v->kind == LCQ_DAMAGED) {
		literal(o, "{\"damaged\": \"");
		hexadecimal(o, lcq_bytes_slice(v));
		literal(o, "\", \"why\": ");
		lua_getiuservalue(L, at, 1);
		if (lua_type(L, -1) == LUA_TSTRING)
			string(o, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)));
		else
			literal(o, "null");
		lua_pop(L, 1);
		literal(o, "}");
		return;
	}
	if (v->kind == CQ_T_VARINT || v->kind == CQ_T_DECIMAL) {
		luaL_tolstring(L, at, NULL);
		lcq_out_put(o, lua_tostring(L, -1), lua_rawlen(L, -1));
		lua_pop(L, 1);
		return;
	}
	cq_value_json(cq_type_simple((enum cq_kind)v->kind), lcq_bytes_slice(v), lcq_tmp(L), 0, NULL);
	lcq_out_tmp(o);
}

static void number(struct lcq_out *o, int at)
{
	struct cq_buf *b = lcq_tmp(o->L);
	double d;

	if (lua_isinteger(o->L, at)) {
		cq_buf_i64(b, lua_tointeger(o->L, at));
	} else {
		d = lua_tonumber(o->L, at);
		if (__builtin_isfinite(d))
			cq_print_double(b, d);
		else
			cq_buf_str(b, "null");
	}
	lcq_out_tmp(o);
}

/* JSON knows only strings as keys: whatever is none becomes one. */
static void key(struct lcq_out *o, int at, int depth)
{
	lua_State *L = o->L;
	size_t mark = o->len;

	json(o, at, depth);
	if (o->len > mark && o->p[mark] == '"')
		return;
	lua_pushlstring(L, o->len > mark ? (const char *)o->p + mark : "", o->len - mark);
	o->len = mark;
	string(o, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)));
	lua_pop(L, 1);
}

struct name {
	cq_slice s;
	lua_Integer i;
};

static int by_name(const void *a, const void *b)
{
	return cq_slice_cmp(((const struct name *)a)->s, ((const struct name *)b)->s);
}

/* Is it an array, and of how many? One with n says so itself; others have the keys 1 to #t and no more. */
static bool is_array(lua_State *L, int at, size_t *n)
{
	size_t keys = 0, len = lua_rawlen(L, at);
	bool said, is = true;

	lua_pushliteral(L, "n");
	said = lua_rawget(L, at) == LUA_TNUMBER && lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 0 && lua_tointeger(L, -1) <= INT32_MAX;
	*n = said ? (size_t)lua_tointeger(L, -1) : len;
	lua_pop(L, 1);
	for (lua_pushnil(L); is && lua_next(L, at); keys++) {
		is = lua_isinteger(L, -2) ? lua_tointeger(L, -2) >= 1 && (lua_Unsigned)lua_tointeger(L, -2) <= *n
			: said && lua_type(L, -2) == LUA_TSTRING && (strcmp(lua_tostring(L, -2), "n") == 0 || strcmp(lua_tostring(L, -2), "raw") == 0);
		lua_pop(L, 1);
		lcq_work(L, 10);
	}
	if (!is) {
		lua_pop(L, 1);
		return false;
	}
	/* n beside little else is a field of that name, no length */
	return said ? *n <= 2 * keys + 64 : keys == len;
}

static void object(struct lcq_out *o, int at, int depth)
{
	lua_State *L = o->L;
	lua_Integer n = 0, i;
	struct name *names;
	int texts, values;

	lua_newtable(L);
	texts = lua_gettop(L);
	lua_newtable(L);
	values = lua_gettop(L);
	for (lua_pushnil(L); lua_next(L, at);) {
		if (lua_type(L, -2) != LUA_TSTRING && lua_type(L, -2) != LUA_TNUMBER)
			luaL_error(L, "a %s as a key has no JSON", luaL_typename(L, -2));
		lua_rawseti(L, values, ++n);
		if (lua_type(L, -1) == LUA_TSTRING)              /* whose metatable the script may have changed */
			lua_pushvalue(L, -1);
		else
			luaL_tolstring(L, -1, NULL);
		lua_rawseti(L, texts, n);
		lcq_work(L, 10);
	}
	names = lua_newuserdatauv(L, (size_t)n * sizeof *names + 1, 0);
	for (i = 0; i < n; i++) {
		lua_rawgeti(L, texts, i + 1);                    /* the string stays in the table */
		names[i] = (struct name){ cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)), i + 1 };
		lua_pop(L, 1);
	}
	if (n)
		qsort(names, (size_t)n, sizeof *names, by_name);
	literal(o, "{");
	for (i = 0; i < n; i++) {
		if (i)
			literal(o, ", ");
		string(o, names[i].s);
		literal(o, ": ");
		lua_rawgeti(L, values, names[i].i);
		json(o, lua_gettop(L), depth);
		lua_pop(L, 1);
		lcq_work(L, 10);
	}
	literal(o, "}");
	lua_pop(L, 3);
}

static void table(struct lcq_out *o, int at, int depth)
{
	size_t n;

	if (!is_array(o->L, at, &n)) {
		object(o, at, depth);
		return;
	}
	literal(o, "[");
	for (size_t i = 1; i <= n; i++) {
		if (i > 1)
			literal(o, ", ");
		lua_rawgeti(o->L, at, (lua_Integer)i);
		json(o, lua_gettop(o->L), depth);
		lua_pop(o->L, 1);
		lcq_work(o->L, 10);
	}
	literal(o, "]");
}

static void ordered(struct lcq_out *o, int at, int depth, bool map)
{
	size_t n = map ? lcq_map_count(o->L, at) : lcq_udt_count(o->L, at, NULL);

	literal(o, "{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			literal(o, ", ");
		(map ? lcq_map_pair : lcq_udt_field)(o->L, at, i);
		key(o, lua_gettop(o->L) - 1, depth);
		literal(o, ": ");
		json(o, lua_gettop(o->L), depth);
		lua_pop(o->L, 2);
		lcq_work(o->L, 10);
	}
	literal(o, "}");
}

static void json(struct lcq_out *o, int at, int depth)
{
	lua_State *L = o->L;
	const struct lcq_bytes *v;

	if (depth > DEPTH_MAX)
		luaL_error(L, "nested deeper than %d, or in itself: no JSON", DEPTH_MAX);
	luaL_checkstack(L, 12, "nested too deep");
	switch (lua_type(L, at)) {
	case LUA_TNIL:
		literal(o, "null");
		return;
	case LUA_TBOOLEAN:
		literal(o, lua_toboolean(L, at) ? "true" : "false");
		return;
	case LUA_TNUMBER:
		number(o, at);
		return;
	case LUA_TSTRING:
		string(o, cq_slice_of(lua_tostring(L, at), lua_rawlen(L, at)));
		return;
	case LUA_TTABLE:
		table(o, at, depth + 1);
		return;
	default:
		break;
	}
	v = lcq_test_bytes(L, at);
	if (v) {
		bytes(o, at, v);
	} else if (lcq_test(L, at, &lcq_map_class)) {
		ordered(o, at, depth + 1, true);
	} else if (lcq_test(L, at, &lcq_udt_class)) {
		ordered(o, at, depth + 1, false);
	} else {
		if (luaL_getmetafield(L, at, "__name") != LUA_TSTRING)
			lua_pushstring(L, luaL_typename(L, at));
		luaL_error(L, "a %s has no JSON", lua_tostring(L, -1));
	}
}

void lcq_json(struct lcq_out *o, int at)
{
	json(o, lua_absindex(o->L, at), 0);
}

static int l_json(lua_State *L)
{
	struct lcq_out o;

	luaL_checkany(L, 1);
	lua_settop(L, 1);
	lcq_out_open(&o, L);
	lcq_json(&o, 1);
	lcq_out_push(&o);
	return 1;
}

int lcq_json_tostring(lua_State *L)
{
	return l_json(L);
}

/* ---- CSV ---- */

static void csv_field(struct lcq_out *o, cq_slice s)
{
	bool quote = s.len == 0 || s.p[0] == ' ' || s.p[s.len - 1] == ' ';
	size_t start = 0;

	lcq_work(o->L, s.len / 4);
	for (size_t i = 0; i < s.len && !quote; i++)
		quote = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quote) {
		lcq_out_put(o, s.p, s.len);
		return;
	}
	literal(o, "\"");
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '"') {                             /* once more with what follows */
			lcq_out_put(o, s.p + start, i + 1 - start);
			start = i;
		}
	lcq_out_put(o, s.p + start, s.len - start);
	literal(o, "\"");
}

/* Bytes that are no text, as in JSON. */
static void csv_string(struct lcq_out *o, cq_slice s)
{
	size_t mark = o->len;
	bool text = utf8_string(o, s);

	o->len = mark;
	if (text)
		csv_field(o, s);
	else
		hexadecimal(o, s);
}

static int l_csv(lua_State *L)
{
	int n = lua_gettop(L);
	struct lcq_out o;

	lcq_out_open(&o, L);
	for (int i = 1; i <= n; i++) {
		const struct lcq_bytes *v = lcq_test_bytes(L, i);

		if (i > 1)
			literal(&o, ",");
		switch (lua_type(L, i)) {
		case LUA_TNIL:
			continue;
		case LUA_TSTRING:
			lua_pushvalue(L, i);
			break;
		case LUA_TNUMBER:
		case LUA_TBOOLEAN:
			luaL_tolstring(L, i, NULL);
			break;
		default:
			if (v && v->kind != LCQ_DAMAGED) {
				luaL_tolstring(L, i, NULL);
			} else {
				struct lcq_out inner;

				lcq_out_open(&inner, L);
				lcq_json(&inner, i);
				lcq_out_push(&inner);
				lua_remove(L, inner.slot);
			}
		}
		csv_string(&o, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)));
		lua_pop(L, 1);
	}
	lcq_out_push(&o);
	return 1;
}

/* ---- times ---- */

static int64_t down(int64_t v, int64_t unit, uint32_t *rest)
{
	int64_t q = v / unit, r = v % unit;

	/* q * unit may be less than the least integer. */
	*rest = (uint32_t)(r < 0 ? r + unit : r);
	return q - (r < 0);
}

static int l_time(lua_State *L)
{
	uint32_t us;
	int64_t seconds = down(luaL_checkinteger(L, 1), 1000000, &us);
	struct cq_buf *b = lcq_tmp(L);

	cq_print_instant(b, seconds, 0);
	if (b->len)
		b->len--;                                        /* the Z */
	cq_buf_printf(b, ".%06uZ", (unsigned)us);
	lcq_push_tmp(L);
	return 1;
}

static int l_seconds(lua_State *L)
{
	int64_t seconds = luaL_checkinteger(L, 1);

	cq_print_instant(lcq_tmp(L), seconds, 0);
	lcq_push_tmp(L);
	return 1;
}

static int l_now(lua_State *L)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	lua_pushinteger(L, (lua_Integer)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	return 1;
}

static const struct lcq_member functions[] = {
	{ "json", l_json, "(value: any) -> string",
	  "JSON, in one line, of any value of a column and of tables of them. Maps and user-defined types keep their order, other tables are "
	  "ordered by name; a table is an array when its keys are 1 to #t, or when it says how many it has in n. nil, NaN and infinities are "
	  "null; a string that is no UTF-8 comes as \"0x\" and hexadecimal digits (a blob is a string like any other: where it has to "
	  "look the same each time give cq.bytes.hex of it). Tables nested deeper than 100 (or in themselves), functions and "
	  "handles are errors.",
	  "assert(cq.json{ 1, \"a\", { b = true } } == '[1, \"a\", {\"b\": true}]')" },
	{ "csv", l_csv, "(...: any) -> string",
	  "One line of CSV (RFC 4180) without its end. nil is an empty field, \"\" a quoted one; tables and maps come as their JSON, a "
	  "string that is no UTF-8 as 0x and hexadecimal digits.",
	  "assert(cq.csv(\"\\xff\") == \"0xff\")\nassert(cq.csv(1, nil, \"a,b\", 'say \"x\"') == '1,,\"a,b\",\"say \"\"x\"\"\"')" },
	{ "time", l_time, "(us: integer) -> string", "Microseconds since 1970 (row.timestamp, cell.timestamp) as text.",
	  "assert(cq.time(1704067200000001) == \"2024-01-01T00:00:00.000001Z\")" },
	{ "seconds", l_seconds, "(s: integer) -> string", "Seconds since 1970 (ldt) as text.", "assert(cq.seconds(1704067200) == \"2024-01-01T00:00:00Z\")" },
	{ "now", l_now, "() -> integer", "Now, in microseconds since 1970.", "print(cq.time(cq.now()))" },
	{ 0 },
};

const struct lcq_module lcq_module_text = { .name = "cq", .about = "Text.", .members = functions };

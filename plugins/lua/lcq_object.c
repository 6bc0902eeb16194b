/* lcq_object - maps and values of user-defined types: what Lua's tables would lose the order of. */
#include "lcq_value.h"

enum { SAME_DEPTH = 100, INDEX_FROM = 8 };

/* ---- the same ---- */

static const struct lcq_bytes *number_at(lua_State *L, int i)
{
	const struct lcq_bytes *b = lcq_test(L, i, &lcq_varint_class);

	return b ? b : lcq_test(L, i, &lcq_decimal_class);
}

const struct lcq_bytes *lcq_test_bytes(lua_State *L, int i)
{
	const struct lcq_bytes *b = lcq_test(L, i, &lcq_simple_class);

	return b ? b : number_at(L, i);
}

static bool same_simple(const struct lcq_bytes *a, const struct lcq_bytes *b)
{
	bool uuids = (a->kind == CQ_T_UUID || a->kind == CQ_T_TIMEUUID || a->kind == CQ_T_LEXICAL_UUID)
		&& (b->kind == CQ_T_UUID || b->kind == CQ_T_TIMEUUID || b->kind == CQ_T_LEXICAL_UUID);
	bool timestamps = (a->kind == CQ_T_TIMESTAMP || a->kind == CQ_T_LEGACY_DATE) && (b->kind == CQ_T_TIMESTAMP || b->kind == CQ_T_LEGACY_DATE);

	return (a->kind == b->kind || uuids || timestamps) && cq_slice_eq(lcq_bytes_slice(a), lcq_bytes_slice(b));
}

static bool same(lua_State *L, int a, int b, bool loose, int depth);

static bool same_tables(lua_State *L, int a, int b, bool loose, int depth)
{
	size_t na = 0, nb = 0;
	bool is = true;

	for (lua_pushnil(L); is && lua_next(L, a); na++) {
		lua_pushvalue(L, -2);
		lua_rawget(L, b);
		is = same(L, lua_gettop(L) - 1, lua_gettop(L), loose, depth);
		lua_pop(L, 2);
		lcq_work(L, 10);
	}
	if (!is) {
		lua_pop(L, 1);
		return false;
	}
	for (lua_pushnil(L); lua_next(L, b); lua_pop(L, 1))
		nb++;
	return na == nb;
}

static bool same_objects(lua_State *L, int a, int b, bool loose, int depth, bool maps)
{
	size_t n = maps ? lcq_map_count(L, a) : lcq_udt_count(L, a, NULL);
	int top = lua_gettop(L);
	bool is = n == (maps ? lcq_map_count(L, b) : lcq_udt_count(L, b, NULL));

	for (size_t i = 0; is && i < n; i++) {
		(maps ? lcq_map_pair : lcq_udt_field)(L, a, i);
		(maps ? lcq_map_pair : lcq_udt_field)(L, b, i);
		is = same(L, top + 1, top + 3, loose, depth) && same(L, top + 2, top + 4, loose, depth);
		lua_settop(L, top);
		lcq_work(L, 10);
	}
	return is;
}

static bool same(lua_State *L, int a, int b, bool loose, int depth)
{
	const struct lcq_bytes *va, *vb;
	uint8_t ra[12], rb[12];

	if (lua_rawequal(L, a, b))
		return true;
	if (depth > SAME_DEPTH)
		luaL_error(L, "values nested deeper than %d, or in themselves", SAME_DEPTH);
	luaL_checkstack(L, 10, "values nested too deep");
	if (number_at(L, a) || number_at(L, b)) {
		cq_slice sa = lcq_exact(L, a, ra), sb = lcq_exact(L, b, rb);

		return sa.p && sb.p && lcq_exact_compare(sa, sb) == 0;
	}
	va = lcq_test(L, a, &lcq_simple_class);
	vb = lcq_test(L, b, &lcq_simple_class);
	if (va && vb)
		return same_simple(va, vb);
	if (loose && (va || vb) && lua_type(L, va ? b : a) == LUA_TSTRING) {
		bool is;

		luaL_tolstring(L, va ? a : b, NULL);
		is = lua_rawequal(L, -1, va ? b : a);
		lua_pop(L, 1);
		return is;
	}
	if (lua_istable(L, a) && lua_istable(L, b))
		return same_tables(L, a, b, loose, depth + 1);
	if (lcq_test(L, a, &lcq_map_class) && lcq_test(L, b, &lcq_map_class))
		return same_objects(L, a, b, loose, depth + 1, true);
	if (lcq_test(L, a, &lcq_udt_class) && lcq_test(L, b, &lcq_udt_class))
		return same_objects(L, a, b, loose, depth + 1, false);
	return false;
}

bool lcq_same(lua_State *L, int a, int b, bool loose)
{
	return same(L, lua_absindex(L, a), lua_absindex(L, b), loose, 0);
}

static int o_eq(lua_State *L)
{
	lua_pushboolean(L, lcq_same(L, 1, 2, false));
	return 1;
}

/* ---- maps ---- */

/* User value 1: key, value, key, value; 2: key -> index, made by the first get when keys are plain. */
struct map {
	size_t n;
};

void lcq_push_map(lua_State *L, size_t n)
{
	lcq_new(L, &lcq_map_class, sizeof(struct map), 2);
	lua_createtable(L, n < INT32_MAX / 2 ? (int)n * 2 : INT32_MAX, 0);
	lua_setiuservalue(L, -2, 1);
}

void lcq_map_add(lua_State *L, int at)
{
	struct map *m = lua_touserdata(L, at);

	lua_getiuservalue(L, at, 1);
	lua_insert(L, -3);
	lua_rawseti(L, -3, (lua_Integer)(m->n * 2 + 2));
	lua_rawseti(L, -2, (lua_Integer)(m->n * 2 + 1));
	lua_pop(L, 1);
	m->n++;
}

size_t lcq_map_count(lua_State *L, int at)
{
	return ((struct map *)lua_touserdata(L, at))->n;
}

void lcq_map_pair(lua_State *L, int at, size_t i)
{
	lua_getiuservalue(L, at, 1);
	lua_rawgeti(L, -1, (lua_Integer)(i * 2 + 1));
	lua_rawgeti(L, -2, (lua_Integer)(i * 2 + 2));
	lua_remove(L, -3);
}

static bool plain(lua_State *L, int i)
{
	int t = lua_type(L, i);

	return t == LUA_TSTRING || t == LUA_TBOOLEAN || (t == LUA_TNUMBER && lua_rawequal(L, i, i));       /* no NaN */
}

/* The table key -> index of a map at 1, on the stack. */
static void map_index(lua_State *L, size_t n)
{
	if (lua_getiuservalue(L, 1, 2) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	for (size_t i = n; i-- > 0;) {                           /* of two equal keys the first */
		lcq_map_pair(L, 1, i);
		lua_pop(L, 1);
		if (plain(L, -1)) {
			lua_pushinteger(L, (lua_Integer)i);
			lua_rawset(L, -3);
		} else {
			lua_pop(L, 1);
		}
		lcq_work(L, 10);
	}
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, 2);
}

static int m_get(lua_State *L)
{
	const struct map *m = lcq_check(L, 1, &lcq_map_class);

	luaL_checkany(L, 2);
	lua_settop(L, 2);
	if (m->n >= INDEX_FROM && plain(L, 2)) {
		map_index(L, m->n);
		lua_pushvalue(L, 2);
		if (lua_rawget(L, -2) == LUA_TNUMBER) {
			lcq_map_pair(L, 1, (size_t)lua_tointeger(L, -1));
			return 1;
		}
		lua_settop(L, 2);
		if (m->n) {                                      /* keys of one type: plain ones were all looked at */
			lcq_map_pair(L, 1, 0);
			if (plain(L, 3))
				return 0;
			lua_settop(L, 2);
		}
	}
	for (size_t i = 0; i < m->n; i++) {
		lcq_map_pair(L, 1, i);
		if (same(L, 2, 3, true, 0))
			return 1;
		lua_settop(L, 2);
		lcq_work(L, 10);
	}
	return 0;
}

static int map_next(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	if ((size_t)i >= lcq_map_count(L, lua_upvalueindex(1)))
		return 0;
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(2));
	lcq_map_pair(L, lua_upvalueindex(1), (size_t)i);
	return 2;
}

static int m_pairs(lua_State *L)
{
	lcq_check(L, 1, &lcq_map_class);
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, map_next, 2);
	return 1;
}

static int column(lua_State *L, int which)
{
	const struct map *m = lcq_check(L, 1, &lcq_map_class);

	lua_createtable(L, m->n < INT32_MAX ? (int)m->n : 0, 0);
	lua_getiuservalue(L, 1, 1);
	for (size_t i = 0; i < m->n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i * 2 + 1 + which);
		lua_rawseti(L, -3, (lua_Integer)i + 1);
		lcq_work(L, 10);
	}
	lua_pop(L, 1);
	return 1;
}

static int m_keys(lua_State *L)
{
	return column(L, 0);
}

static int m_values(lua_State *L)
{
	return column(L, 1);
}

static int m_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)((struct map *)lcq_check(L, 1, &lcq_map_class))->n);
	return 1;
}

static int m_index(lua_State *L)
{
	lua_Integer i;

	if (!lua_isinteger(L, 2))
		return luaL_error(L, "cq.map has no %s: m:get(key) looks up, m[1] is the first {key, value}",
			lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
	i = lua_tointeger(L, 2);
	if (i < 1 || (lua_Unsigned)i > lcq_map_count(L, 1))
		return 0;
	lua_createtable(L, 0, 2);
	lcq_map_pair(L, 1, (size_t)i - 1);
	lua_setfield(L, -3, "value");
	lua_setfield(L, -2, "key");
	return 1;
}

static int l_map(lua_State *L)
{
	size_t n;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	n = lua_rawlen(L, 1);
	lcq_push_map(L, n);
	for (size_t i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, (lua_Integer)i);
		luaL_argcheck(L, lua_istable(L, 3), 1, "a sequence of {key =, value =} expected");
		lua_pushliteral(L, "key");
		if (lua_rawget(L, 3) == LUA_TNIL)
			luaL_argerror(L, 1, "a pair has no key");
		lua_pushliteral(L, "value");
		lua_rawget(L, 3);
		lua_remove(L, 3);
		lcq_map_add(L, 2);
		lcq_work(L, 10);
	}
	return 1;
}

#define MAP_EXAMPLE "local m = cq.decode(\"map<text, int>\", cq.encode(\"map<text, int>\", { a = 1, b = 2 }))\n"

static const struct lcq_member map_members[] = {
	{ "get", m_get, "(key: any) -> any", "The value of a key; nil when it is not there. Keys that are objects (a uuid, a varint) are found "
	  "by an equal object, or by their text or integer.",
	  MAP_EXAMPLE "assert(m:get(\"b\") == 2)" },
	{ "pairs", m_pairs, "() -> fun(): any, any", "Keys and values in order; pairs(m) does the same.",
	  MAP_EXAMPLE "for key, value in m:pairs() do\n\tprint(key, value)\nend" },
	{ "keys", m_keys, "() -> any[]", "The keys, in order.", MAP_EXAMPLE "assert(m:keys()[1] == \"a\")" },
	{ "values", m_values, "() -> any[]", "The values, in the order of their keys.", MAP_EXAMPLE "assert(m:values()[2] == 2)" },
	{ 0 },
};

static const luaL_Reg map_meta[] = { { "__len", m_len }, { "__pairs", m_pairs }, { "__eq", o_eq }, { "__tostring", lcq_json_tostring },
	{ NULL, NULL } };

const struct lcq_class lcq_map_class = { .name = "cq.map", .members = map_members, .meta = map_meta, .index = m_index,
	.about = "A map, in the order it is stored. #m pairs; m[i] is the i-th as {key =, value =}. It cannot be changed. tostring is its JSON." };

/* ---- user-defined types ---- */

/* User value 1: names; 2: values. */
struct udt {
	size_t n, given;
};

void lcq_push_udt(lua_State *L, const cq_slice *names, size_t n, size_t given)
{
	struct udt *u = lcq_new(L, &lcq_udt_class, sizeof *u, 2);

	lua_createtable(L, n < INT32_MAX ? (int)n : 0, 0);
	for (size_t i = 0; i < n; i++) {
		lua_pushlstring(L, (const char *)names[i].p, names[i].len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setiuservalue(L, -2, 1);
	lua_createtable(L, n < INT32_MAX ? (int)n : 0, 0);
	lua_setiuservalue(L, -2, 2);
	u->n = n;
	u->given = given;
}

void lcq_udt_set(lua_State *L, int at, size_t i)
{
	struct udt *u = lua_touserdata(L, at);

	lua_getiuservalue(L, at, 2);
	lua_insert(L, -2);
	lua_rawseti(L, -2, (lua_Integer)i + 1);
	lua_pop(L, 1);
	if (u->given < i + 1)
		u->given = i + 1;
}

size_t lcq_udt_count(lua_State *L, int at, size_t *given)
{
	const struct udt *u = lua_touserdata(L, at);

	if (given)
		*given = u->given;
	return u->n;
}

void lcq_udt_field(lua_State *L, int at, size_t i)
{
	lua_getiuservalue(L, at, 1);
	lua_rawgeti(L, -1, (lua_Integer)i + 1);
	lua_replace(L, -2);
	lua_getiuservalue(L, at, 2);
	lua_rawgeti(L, -1, (lua_Integer)i + 1);
	lua_replace(L, -2);
}

bool lcq_udt_get(lua_State *L, int at)
{
	size_t n = lcq_udt_count(L, at, NULL);
	bool is = false;

	lua_getiuservalue(L, at, 1);
	for (size_t i = 1; i <= n && !is; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i);
		is = lua_rawequal(L, -1, -3);
		lua_pop(L, 1);
		if (is) {
			lua_getiuservalue(L, at, 2);
			lua_rawgeti(L, -1, (lua_Integer)i);
			lua_replace(L, -4);
			lua_pop(L, 2);
		}
	}
	if (!is)
		lua_pop(L, 2);
	return is;
}

static int udt_field(lua_State *L, const char *name)
{
	lua_pushvalue(L, 2);
	if (!lcq_udt_get(L, 1))
		return luaL_error(L, "this value has no field %s", name);
	return 1;
}

static int u_index(lua_State *L)
{
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "fields have names, no %s", luaL_typename(L, 2));
	return udt_field(L, lua_tostring(L, 2));
}

static int u_get(lua_State *L)
{
	lcq_check(L, 1, &lcq_udt_class);
	return udt_field(L, luaL_checkstring(L, 2));
}

static int udt_next(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	if ((size_t)i >= lcq_udt_count(L, lua_upvalueindex(1), NULL))
		return 0;
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(2));
	lcq_udt_field(L, lua_upvalueindex(1), (size_t)i);
	return 2;
}

static int u_fields(lua_State *L)
{
	lcq_check(L, 1, &lcq_udt_class);
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, udt_next, 2);
	return 1;
}

static int u_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)((struct udt *)lcq_check(L, 1, &lcq_udt_class))->n);
	return 1;
}

static const struct lcq_member udt_members[] = {
	{ "fields", u_fields, "() -> fun(): string, any", "Names and values of all fields in the type's order, nil for null; pairs(u) does the same.",
	  NULL },
	{ "get", u_get, "(name: string) -> any", "A field by name, where a method has that name, too. One that the type does not have is an error.",
	  NULL },
	{ 0 },
};

static const luaL_Reg udt_meta[] = { { "__len", u_len }, { "__pairs", u_fields }, { "__eq", o_eq }, { "__tostring", lcq_json_tostring },
	{ NULL, NULL } };

const struct lcq_class lcq_udt_class = { .name = "cq.udt", .members = udt_members, .meta = udt_meta, .index = u_index,
	.about = "A value of a user-defined type: u.street is a field, #u how many the type has. It cannot be changed. tostring is its JSON." };

static const struct lcq_member functions[] = {
	{ "map", l_map, "(pairs: table[]) -> cq.map", "A map in this order, of {key =, value =}. cq.encode writes it in that order; a plain table it "
	  "orders by its keys.",
	  "local m = cq.map{ { key = 2, value = \"b\" }, { key = 1, value = \"a\" } }\nassert(m[1].value == \"b\" and m:get(1) == \"a\")" },
	{ 0 },
};

const struct lcq_module lcq_module_object = { .name = "cq", .about = "Maps.", .members = functions };

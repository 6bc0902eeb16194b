/* lcq_encode - Lua values as the bytes of CQL values. */
#include "lcq_value.h"

#include <stdlib.h>

/* ---- bytes that grow ---- */

void lcq_out_open(struct lcq_out *o, lua_State *L)
{
	*o = (struct lcq_out){ .L = L };
	luaL_checkstack(L, 8, "no room for bytes");
	lua_pushnil(L);
	o->slot = lua_gettop(L);
}

uint8_t *lcq_out_room(struct lcq_out *o, size_t n)
{
	uint8_t *p;

	if (n > o->cap - o->len) {
		size_t cap = o->cap ? o->cap : 64;

		if (n > SIZE_MAX / 4 - o->len)
			luaL_error(o->L, "out of memory");
		while (cap - o->len < n)
			cap *= 2;
		p = lua_newuserdatauv(o->L, cap, 0);
		if (o->len)
			memcpy(p, o->p, o->len);
		lua_replace(o->L, o->slot);
		o->p = p;
		o->cap = cap;
	}
	p = o->p + o->len;
	o->len += n;
	return p;
}

void lcq_out_put(struct lcq_out *o, const void *p, size_t n)
{
	if (n)
		memcpy(lcq_out_room(o, n), p, n);
}

void lcq_out_tmp(struct lcq_out *o)
{
	struct cq_buf *b = &lcq_of(o->L)->tmp;
	uint8_t *to;

	if (b->failed)
		luaL_error(o->L, "out of memory");
	if (!b->len)
		return;
	to = lcq_out_room(o, b->len);
	memcpy(to, b->p, b->len);
}

void lcq_out_push(const struct lcq_out *o)
{
	lua_pushlstring(o->L, o->len ? (const char *)o->p : "", o->len);
}

/* ---- scalars ---- */

static void encode(struct lcq_out *o, int at, const struct cq_type *type);

static int refuse(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	const struct lcq_bytes *b = lcq_test_bytes(L, at);

	cq_type_cql(type, lcq_tmp(L));
	lcq_push_tmp(L);
	if (lua_type(L, at) == LUA_TNUMBER || b)
		luaL_tolstring(L, at, NULL);
	else
		lua_pushfstring(L, "a %s", luaL_typename(L, at));
	if (lua_rawlen(L, -1) > 80) {
		lua_pushlstring(L, lua_tostring(L, -1), 80);
		lua_pushliteral(L, "...");
		lua_concat(L, 2);
	}
	return luaL_error(L, "%s is not a value of type %s", lua_tostring(L, -1), lua_tostring(L, -2));
}

static void from_text(struct lcq_out *o, int at, const struct cq_type *type)
{
	struct cq_error err = {0};

	if (lua_rawlen(o->L, at) > (size_t)LCQ_NUMBER_MAX / 5 * 12)      /* what a number may have; hexadecimal is as long as that */
		luaL_error(o->L, "a text of more than 2 MiB for a value");
	if (cq_value_parse(type, cq_slice_of(lua_tostring(o->L, at), lua_rawlen(o->L, at)), lcq_tmp(o->L), &err) != CQ_OK)
		luaL_error(o->L, "%s", err.msg);
	lcq_out_tmp(o);
}

static void big_endian(struct lcq_out *o, int64_t v, size_t len)
{
	uint8_t bytes[8];

	cq_put_be64(bytes, (uint64_t)v);
	lcq_out_put(o, bytes + 8 - len, len);
}

/* A Lua integer, a float that is one, a varint. */
static bool whole(lua_State *L, int at, int64_t *v)
{
	int is;
	uint8_t room[12];
	cq_slice s;

	if (lua_type(L, at) == LUA_TNUMBER) {
		*v = lua_tointegerx(L, at, &is);
		return is;
	}
	if (!lcq_test(L, at, &lcq_varint_class))
		return false;
	s = lcq_exact(L, at, room);
	while (s.len > 12 && (s.p[4] == 0 || s.p[4] == 0xff) && !((s.p[4] ^ s.p[5]) & 0x80)) {   /* bytes that repeat the sign */
		s.p++;
		s.len--;
	}
	if (s.len > 12)
		return false;
	*v = s.p[4] & 0x80 ? -1 : 0;
	for (size_t i = 4; i < s.len; i++)
		*v = (int64_t)((uint64_t)*v << 8 | s.p[i]);
	return true;
}

static void integer(struct lcq_out *o, int at, const struct cq_type *type, size_t len)
{
	int64_t v, most = (int64_t)((UINT64_C(1) << (8 * len - 1)) - 1);

	if (!whole(o->L, at, &v) || v > most || v < -most - 1)
		refuse(o, at, type);
	big_endian(o, v, len);
}

static void floating(struct lcq_out *o, int at, const struct cq_type *type)
{
	double d = lua_tonumber(o->L, at);
	uint64_t wide;
	uint32_t bits;
	float f;

	if (lua_type(o->L, at) != LUA_TNUMBER)
		refuse(o, at, type);
	memcpy(&wide, &d, sizeof wide);
	if (type->kind == CQ_T_DOUBLE) {
		big_endian(o, (int64_t)wide, 8);
		return;
	}
	if (d != d) {                                            /* the bits of a NaN, which conversion would quieten */
		bits = (uint32_t)(wide >> 63) << 31 | UINT32_C(0x7f800000) | (uint32_t)(wide >> 29 & UINT32_C(0x007fffff));
		if (!(bits & UINT32_C(0x007fffff)))
			bits |= UINT32_C(0x00400000);
	} else {
		f = __builtin_isinf(d) || (d <= 3.4028235677973366e38 && d >= -3.4028235677973366e38) ? (float)d : 0;
		if (!__builtin_isinf(d) && (__builtin_isinf(f) || (f == 0 && (d > 1 || d < -1))))
			refuse(o, at, type);
		memcpy(&bits, &f, sizeof bits);
	}
	big_endian(o, bits, 4);
}

static bool suits(const struct cq_type *type, const struct lcq_bytes *v)
{
	switch (type->kind) {
	case CQ_T_UUID:
	case CQ_T_LEXICAL_UUID:
		return v->kind == CQ_T_UUID || v->kind == CQ_T_TIMEUUID || v->kind == CQ_T_LEXICAL_UUID;
	case CQ_T_TIMEUUID:
		return v->kind == CQ_T_TIMEUUID || ((v->kind == CQ_T_UUID || v->kind == CQ_T_LEXICAL_UUID) && v->p[6] >> 4 == 1);
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
		return v->kind == CQ_T_TIMESTAMP || v->kind == CQ_T_LEGACY_DATE;
	default:
		return (int)type->kind == v->kind;
	}
}

static void scalar(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	const struct lcq_bytes *v = lcq_test(L, at, &lcq_simple_class);
	uint8_t room[12];
	cq_slice s;
	int64_t n;

	if (v && suits(type, v)) {
		lcq_out_put(o, v->p, v->len);
		return;
	}
	if (lua_type(L, at) == LUA_TSTRING) {
		from_text(o, at, type);
		return;
	}
	switch (type->kind) {
	case CQ_T_BOOLEAN:
		if (!lua_isboolean(L, at))
			refuse(o, at, type);
		*lcq_out_room(o, 1) = (uint8_t)lua_toboolean(L, at);
		return;
	case CQ_T_TINYINT:
		integer(o, at, type, 1);
		return;
	case CQ_T_SMALLINT:
		integer(o, at, type, 2);
		return;
	case CQ_T_INT:
		integer(o, at, type, 4);
		return;
	case CQ_T_BIGINT:
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
		integer(o, at, type, 8);
		return;
	case CQ_T_DATE:
		if (!whole(L, at, &n) || n < INT32_MIN || n > INT32_MAX)
			refuse(o, at, type);
		big_endian(o, (uint32_t)n ^ UINT32_C(0x80000000), 4);
		return;
	case CQ_T_TIME:
		if (!whole(L, at, &n) || n < 0 || n >= INT64_C(86400000000000))
			refuse(o, at, type);
		big_endian(o, n, 8);
		return;
	case CQ_T_FLOAT:
	case CQ_T_DOUBLE:
		floating(o, at, type);
		return;
	case CQ_T_VARINT:
	case CQ_T_DECIMAL:
		s = lcq_exact(L, at, room);
		if (!s.p || (type->kind == CQ_T_VARINT && lcq_test(L, at, &lcq_decimal_class)))
			refuse(o, at, type);
		if (type->kind == CQ_T_VARINT)
			s = cq_slice_of(s.p + 4, s.len - 4);
		lcq_out_put(o, s.p, s.len);
		return;
	case CQ_T_COUNTER:
		luaL_error(L, "a counter's bytes are made of its shards, no sum gives them back: keep cell.raw");
		return;
	default:
		refuse(o, at, type);
		return;
	}
}

/* ---- values of several ---- */

/* How many elements a table says that it has. */
static size_t count(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	lua_Integer n;

	if (!lua_istable(L, at))
		refuse(o, at, type);
	lua_pushliteral(L, "n");
	if (lua_rawget(L, at) == LUA_TNIL) {
		lua_pop(L, 1);
		return lua_rawlen(L, at);
	}
	n = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
	lua_pop(L, 1);
	if (n < 0 || n > INT32_MAX)
		luaL_error(L, "the n of a table has to be its number of elements");
	return (size_t)n;
}

/* The value on top with its length in front, popped. */
static void sized(struct lcq_out *o, const struct cq_type *type)
{
	lua_State *L = o->L;
	size_t mark = o->len;

	cq_put_be32(lcq_out_room(o, 4), UINT32_MAX);
	if (!lua_isnil(L, -1)) {
		encode(o, lua_gettop(L), type);
		if (o->len - mark - 4 > INT32_MAX)
			luaL_error(L, "an element of more than 2 GiB");
		cq_put_be32(o->p + mark, (uint32_t)(o->len - mark - 4));
	}
	lua_pop(L, 1);
}

static void counted(struct lcq_out *o, size_t n)
{
	if (n > INT32_MAX)
		luaL_error(o->L, "more elements than a collection may have");
	cq_put_be32(lcq_out_room(o, 4), (uint32_t)n);
}

static void sequence(struct lcq_out *o, int at, const struct cq_type *type)
{
	size_t n = count(o, at, type);

	counted(o, n);
	for (size_t i = 1; i <= n; i++) {
		lua_rawgeti(o->L, at, (lua_Integer)i);
		sized(o, type->arg[0]);
		lcq_work(o->L, 10);
	}
}

static void vector(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	const struct cq_type *of = type->arg[0];
	size_t n = count(o, at, type);

	if (n != type->dimension)
		luaL_error(L, "%d elements for a vector of %d", (int)(n < INT32_MAX ? n : INT32_MAX), (int)type->dimension);
	for (size_t i = 1; i <= n; i++) {
		size_t mark = o->len, len, head;

		lua_rawgeti(L, at, (lua_Integer)i);
		if (lua_isnil(L, -1))
			luaL_error(L, "a null inside a vector");
		encode(o, lua_gettop(L), of);
		lua_pop(L, 1);
		len = o->len - mark;
		if (of->fixed_len != CQ_VARIABLE) {
			if (len != (size_t)of->fixed_len)
				luaL_error(L, "element %d of a vector has %d bytes, not %d", (int)i, (int)len, of->fixed_len);
		} else {
			uint8_t vint[9];

			head = lcq_vint(vint, len);
			lcq_out_room(o, head);
			memmove(o->p + mark + head, o->p + mark, len);
			memcpy(o->p + mark, vint, head);
		}
		lcq_work(L, 10);
	}
}

struct key {
	const struct cq_type *type;
	cq_slice bytes;
	lua_Integer i;                                           /* of the key's value in the table of values */
};

static int by_key(const void *a, const void *b)
{
	const struct key *ka = a, *kb = b;

	return cq_value_compare(ka->type, ka->bytes, kb->bytes);
}

/* A plain table: in the order of its keys. */
static void unordered(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	lua_Integer n = 0, i = 0;
	struct key *keys;
	int bytes, values;

	if (!lua_istable(L, at))
		refuse(o, at, type);
	lua_newtable(L);
	bytes = lua_gettop(L);
	lua_newtable(L);
	values = lua_gettop(L);
	for (lua_pushnil(L); lua_next(L, at);) {
		size_t mark = o->len;

		lua_rawseti(L, values, ++n);
		encode(o, lua_gettop(L), type->arg[0]);
		lua_pushlstring(L, o->len > mark ? (const char *)o->p + mark : "", o->len - mark);
		o->len = mark;
		lua_rawseti(L, bytes, n);
		lcq_work(L, 10);
	}
	counted(o, (size_t)n);
	if (!n) {
		lua_pop(L, 2);
		return;
	}
	keys = lua_newuserdatauv(L, (size_t)n * sizeof *keys, 0);
	for (i = 0; i < n; i++) {
		lua_rawgeti(L, bytes, i + 1);                    /* the string stays in the table */
		keys[i] = (struct key){ type->arg[0], cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)), i + 1 };
		lua_pop(L, 1);
	}
	qsort(keys, (size_t)n, sizeof *keys, by_key);
	for (i = 0; i < n; i++) {
		if (i && cq_value_compare(type->arg[0], keys[i - 1].bytes, keys[i].bytes) == 0)
			luaL_error(L, "two keys of a map are the same value");
		cq_put_be32(lcq_out_room(o, 4), (uint32_t)keys[i].bytes.len);
		lcq_out_put(o, keys[i].bytes.p, keys[i].bytes.len);
		lua_rawgeti(L, values, keys[i].i);
		sized(o, type->arg[1]);
		lcq_work(L, 10);
	}
	lua_pop(L, 3);
}

static void map(struct lcq_out *o, int at, const struct cq_type *type)
{
	size_t n;

	if (!lcq_test(o->L, at, &lcq_map_class)) {
		unordered(o, at, type);
		return;
	}
	n = lcq_map_count(o->L, at);
	counted(o, n);
	for (size_t i = 0; i < n; i++) {
		lcq_map_pair(o->L, at, i);
		lua_insert(o->L, -2);
		if (lua_isnil(o->L, -1))
			luaL_error(o->L, "a null as the key of a map");
		sized(o, type->arg[0]);
		sized(o, type->arg[1]);
		lcq_work(o->L, 10);
	}
}

static void tuple(struct lcq_out *o, int at, const struct cq_type *type)
{
	size_t n;

	if (!lua_istable(o->L, at))
		refuse(o, at, type);
	lua_pushliteral(o->L, "n");
	n = lua_rawget(o->L, at) == LUA_TNIL ? type->narg : count(o, at, type);
	lua_pop(o->L, 1);
	if (n > type->narg || lua_rawlen(o->L, at) > type->narg)
		luaL_error(o->L, "more fields than the %d of the tuple", (int)type->narg);
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(o->L, at, (lua_Integer)i + 1);
		sized(o, type->arg[i]);
	}
}

static void udt(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	bool object = lcq_test(L, at, &lcq_udt_class) != NULL;
	size_t n = type->narg, found = 0, has = 0;

	if (!object && !lua_istable(L, at))
		refuse(o, at, type);
	if (object && lcq_udt_count(L, at, &n) != type->narg)
		luaL_error(L, "a value of another user-defined type");
	for (size_t i = 0; i < type->narg; i++) {
		lua_pushlstring(L, (const char *)type->field[i].p, type->field[i].len);
		if (object) {
			if (!lcq_udt_get(L, at))
				luaL_error(L, "a value of another user-defined type");
		} else {
			lua_rawget(L, at);
		}
		found += !lua_isnil(L, -1);
		if (i < n)
			sized(o, type->arg[i]);
		else
			lua_pop(L, 1);
	}
	if (object)
		return;
	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1))
		has++;
	if (has != found)
		luaL_error(L, "a field that the type does not have (it has %d, %d of them are given, in a table of %d)", (int)type->narg,
			(int)found, (int)has);
}

/* A composite keeps its bytes beside its components. */
static void composite(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;

	if (lua_type(L, at) == LUA_TSTRING) {
		from_text(o, at, type);
		return;
	}
	if (!lua_istable(L, at))
		refuse(o, at, type);
	lua_pushliteral(L, "raw");
	if (lua_rawget(L, at) != LUA_TSTRING)
		luaL_error(L, "a composite is given as text, or as the table that it was decoded to");
	lcq_out_put(o, lua_tostring(L, -1), lua_rawlen(L, -1));
	lua_pop(L, 1);
}

static void encode(struct lcq_out *o, int at, const struct cq_type *type)
{
	lua_State *L = o->L;
	const struct lcq_bytes *v = lcq_test(L, at, &lcq_simple_class);
	struct cq_error err = {0};

	luaL_checkstack(L, 12, "a value nested too deep");
	if (v && v->kind == LCQ_DAMAGED) {                       /* as it was */
		lcq_out_put(o, v->p, v->len);
		return;
	}
	if (v && v->kind == CQ_T_EMPTY) {
		if (cq_value_check(type, cq_slice_of("", 0), &err) != CQ_OK)
			luaL_error(L, "%s", err.msg);
		return;
	}
	switch (type->kind) {
	case CQ_T_ASCII:
	case CQ_T_TEXT:
	case CQ_T_BLOB:
	case CQ_T_CUSTOM:
	case CQ_T_PARTITIONER_ORDER:
		if (lua_type(L, at) != LUA_TSTRING)
			refuse(o, at, type);
		if (cq_value_check(type, cq_slice_of(lua_tostring(L, at), lua_rawlen(L, at)), &err) != CQ_OK)
			luaL_error(L, "%s at offset %d of a text", err.msg, (int)err.off);
		lcq_out_put(o, lua_tostring(L, at), lua_rawlen(L, at));
		return;
	case CQ_T_LIST:
	case CQ_T_SET:
		sequence(o, at, type);
		return;
	case CQ_T_VECTOR:
		vector(o, at, type);
		return;
	case CQ_T_MAP:
		map(o, at, type);
		return;
	case CQ_T_TUPLE:
		tuple(o, at, type);
		return;
	case CQ_T_UDT:
		udt(o, at, type);
		return;
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		composite(o, at, type);
		return;
	default:
		scalar(o, at, type);
		return;
	}
}

void lcq_push_encoded(lua_State *L, int index, const struct cq_type *type)
{
	struct lcq_out o;

	luaL_checkstack(L, 12, "no room for a value");
	index = lua_absindex(L, index);
	if (lua_isnil(L, index)) {
		lua_pushnil(L);
		return;
	}
	lcq_out_open(&o, L);
	encode(&o, index, type);
	lcq_out_push(&o);
	lua_remove(L, o.slot);
}

int lcq_encode(lua_State *L)
{
	const struct cq_type *type;

	luaL_checkany(L, 2);
	lua_settop(L, 2);
	type = lcq_check_type(L, 1);
	lcq_push_encoded(L, 2, type);
	return 1;
}

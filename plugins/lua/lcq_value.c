/* lcq_value - CQL values as Lua values. What the bytes hold is kept: encoding the value gives the same bytes again. */
#include "lcq_value.h"

enum { TYPE_TEXT_MAX = 4096, TYPES_KEPT = 64 };

static void push(lua_State *L, const struct cq_type *type, cq_slice v);

/* ---- scalars ---- */

static double widened(uint32_t bits)
{
	float f;
	double d;
	uint64_t wide;

	if ((bits & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000) || !(bits & UINT32_C(0x007fffff))) {
		memcpy(&f, &bits, sizeof f);
		return f;
	}
	/* a NaN keeps its bits: conversion would quieten some */
	wide = (uint64_t)(bits >> 31) << 63 | UINT64_C(0x7ff) << 52 | (uint64_t)(bits & UINT32_C(0x007fffff)) << 29;
	memcpy(&d, &wide, sizeof d);
	return d;
}

/* A cq.value, its bytes first brought where nothing can take them away: making objects may run a finalizer, which may move a scan. */
static void simple(lua_State *L, int kind, cq_slice v)
{
	uint8_t copy[16];

	if (v.len <= sizeof copy) {
		if (v.len)
			memcpy(copy, v.p, v.len);
		lcq_push_simple(L, kind, cq_slice_of(copy, v.len));
		return;
	}
	lua_pushlstring(L, (const char *)v.p, v.len);
	lcq_push_simple(L, kind, cq_slice_of(lua_tostring(L, -1), v.len));
	lua_remove(L, -2);
}

static void number(lua_State *L, const struct lcq_class *c, cq_slice v)
{
	lua_pushlstring(L, (const char *)v.p, v.len);
	lcq_push_number(L, c, cq_slice_of(lua_tostring(L, -1), v.len));
	lua_remove(L, -2);
}

/* NULL, or what is wrong with the bytes of a scalar. What can be printed is a value, as everywhere in CQLite; but what has a length
 * has that or, where Cassandra allows it, none. */
static const char *wrong(const struct cq_type *type, cq_slice v, struct cq_error *err)
{
	switch (type->kind) {
	case CQ_T_TIMEUUID:                                      /* of another version it can be printed */
		return v.len == 16 || v.len == 0 ? NULL : "a uuid is 0 or 16 bytes";
	case CQ_T_TIME:
		if (v.len == 8 && cq_be64(v.p) >= UINT64_C(86400000000000))
			return "a time of more than a day";
		break;
	case CQ_T_DECIMAL:
		if (v.len == 4)
			return "a decimal of a scale alone";
		break;
	default:
		break;
	}
	if ((type->kind == CQ_T_VARINT || type->kind == CQ_T_DECIMAL) && v.len > LCQ_NUMBER_MAX)
		return "a number of more than 1 MiB";
	return cq_value_check(type, v, err) == CQ_OK ? NULL : err->msg;
}

static void push_scalar(lua_State *L, const struct cq_type *type, cq_slice v)
{
	struct cq_error err = {0};
	const char *why = wrong(type, v, &err);
	int64_t total;
	uint64_t bits;
	double d;

	if (why) {
		lua_pushlstring(L, (const char *)v.p, v.len);
		lcq_push_damaged(L, cq_slice_of(lua_tostring(L, -1), v.len), why);
		lua_remove(L, -2);
		return;
	}
	switch (type->kind) {
	case CQ_T_ASCII:
	case CQ_T_TEXT:
		lua_pushlstring(L, (const char *)v.p, v.len);
		return;
	case CQ_T_COUNTER:
		cq_counter_total(v, &total, NULL);
		lua_pushinteger(L, total);
		return;
	default:
		break;
	}
	if (!v.len) {
		simple(L, CQ_T_EMPTY, v);
		return;
	}
	switch (type->kind) {
	case CQ_T_BOOLEAN:
		lua_pushboolean(L, v.p[0]);
		return;
	case CQ_T_TINYINT:
		lua_pushinteger(L, (int8_t)v.p[0]);
		return;
	case CQ_T_SMALLINT:
		lua_pushinteger(L, (int16_t)cq_be16(v.p));
		return;
	case CQ_T_INT:
		lua_pushinteger(L, (int32_t)cq_be32(v.p));
		return;
	case CQ_T_BIGINT:
		lua_pushinteger(L, (int64_t)cq_be64(v.p));
		return;
	case CQ_T_VARINT:
		number(L, &lcq_varint_class, v);
		return;
	case CQ_T_DECIMAL:
		number(L, &lcq_decimal_class, v);
		return;
	case CQ_T_FLOAT:
		lua_pushnumber(L, widened(cq_be32(v.p)));
		return;
	case CQ_T_DOUBLE:
		bits = cq_be64(v.p);
		memcpy(&d, &bits, sizeof d);
		lua_pushnumber(L, d);
		return;
	default:
		simple(L, type->kind, v);
		return;
	}
}

/* ---- values of several ---- */

/* The elements of a value whose bytes stay; the caller has looked that they can be taken apart. */
static void push_several(lua_State *L, const struct cq_type *type, cq_slice v)
{
	bool map = type->kind == CQ_T_MAP, udt = type->kind == CQ_T_UDT;
	bool composite = type->kind == CQ_T_COMPOSITE || type->kind == CQ_T_DYNAMIC_COMPOSITE;
	const struct cq_type *of;
	struct cq_elements it;
	cq_slice elem;
	size_t room, i = 0;
	bool holes = false;
	int at;

	luaL_checkstack(L, 12, "a value nested too deep");
	cq_elements_init(&it, type, v);
	room = type->kind == CQ_T_TUPLE || type->kind == CQ_T_VECTOR ? (size_t)it.count
		: v.len >= 4 && !udt && !composite ? cq_be32(v.p) : 0;      /* what was looked at: each has four bytes at least */
	if (map)
		lcq_push_map(L, room);
	else if (udt)
		lcq_push_udt(L, type->field, type->narg, 0);
	else
		lua_createtable(L, room < INT32_MAX ? (int)room : 0, type->kind == CQ_T_TUPLE || composite);
	at = lua_gettop(L);
	while (cq_elements_next(&it, &of, &elem, NULL) == CQ_OK) {
		push(L, of, elem);
		holes |= !elem.p;
		if (udt)
			lcq_udt_set(L, at, i);
		else if (!map)
			lua_rawseti(L, at, (lua_Integer)i + 1);
		else if (i & 1)
			lcq_map_add(L, at);
		i++;
		lcq_work(L, 10);
	}
	if (type->kind == CQ_T_TUPLE || composite || (holes && !udt && !map)) {
		lua_pushinteger(L, (lua_Integer)i);
		lua_setfield(L, at, "n");
	}
	if (composite) {
		lcq_push_slice(L, v);
		lua_setfield(L, at, "raw");
	}
}

/* Can it be taken apart? What is inside its elements is looked at when they are pushed. */
static int look_through(const struct cq_type *type, cq_slice v, struct cq_error *err)
{
	const struct cq_type *of;
	struct cq_elements it;
	cq_slice elem;
	int rc;

	cq_elements_init(&it, type, v);
	while ((rc = cq_elements_next(&it, &of, &elem, err)) == CQ_OK)
		if (!elem.p && type->kind == CQ_T_MAP && (it.at & 1))
			return cq_fail(err, CQ_DAMAGED, 0, "a null as the key of a map");
	return rc == CQ_END ? CQ_OK : rc;
}

static void push(lua_State *L, const struct cq_type *type, cq_slice v)
{
	struct cq_error err = {0};

	if (!v.p) {
		lua_pushnil(L);
		return;
	}
	switch (type->kind) {
	case CQ_T_BLOB:
	case CQ_T_CUSTOM:
	case CQ_T_PARTITIONER_ORDER:
		lua_pushlstring(L, (const char *)v.p, v.len);
		return;
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
	case CQ_T_TUPLE:
	case CQ_T_UDT:
	case CQ_T_VECTOR:
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		if (look_through(type, v, &err) == CQ_OK)
			push_several(L, type, v);
		else
			lcq_push_damaged(L, v, err.msg);
		return;
	default:
		push_scalar(L, type, v);
		return;
	}
}

void lcq_push_value(lua_State *L, const struct cq_type *type, cq_slice v)
{
	luaL_checkstack(L, 8, "no room for a value");
	if (!v.p || !type->narg) {
		push(L, type, v);
		return;
	}
	/* Elements make objects one after another, and any of that may run a finalizer, which may move the scan that v is of. */
	lua_pushlstring(L, (const char *)v.p, v.len);
	push(L, type, cq_slice_of(lua_tostring(L, -1), v.len));
	lua_remove(L, -2);
}

/* ---- multi-cell columns ---- */

void lcq_push_complex(lua_State *L, const struct cq_row *row, uint32_t first)
{
	const struct cq_column *column = row->cells[first].column;
	const struct cq_type *type = column->type, *path_type = cq_type_path(type);
	lua_Integer n = 0;
	int at;

	luaL_checkstack(L, 12, "no room for a value");
	if (type->kind == CQ_T_MAP)
		lcq_push_map(L, 0);
	else if (type->kind == CQ_T_UDT)
		lcq_push_udt(L, type->field, type->narg, type->narg);
	else
		lua_newtable(L);
	at = lua_gettop(L);
	for (uint32_t i = first; i < row->ncells && row->cells[i].column == column; i++) {
		const struct cq_cell *c = &row->cells[i];
		const struct cq_type *value_type = cq_type_cell_value(type, c->path);

		lcq_work(L, 10);
		if (c->flags & CQ_CELL_DELETED)
			continue;
		if (!value_type)
			value_type = cq_type_simple(CQ_T_BLOB);
		if (type->kind == CQ_T_MAP && path_type) {
			lcq_push_value(L, path_type, c->path);
			lcq_push_value(L, value_type, c->value);
			lcq_map_add(L, at);
		} else if (type->kind == CQ_T_UDT) {
			if (c->path.len != 2 || cq_be16(c->path.p) >= type->narg)
				continue;                        /* a field that the type has not: row:cells() shows it */
			lcq_push_value(L, value_type, c->value);
			lcq_udt_set(L, at, cq_be16(c->path.p));
		} else {
			if (type->kind == CQ_T_SET && path_type)
				lcq_push_value(L, path_type, c->path);
			else
				lcq_push_value(L, value_type, c->value);
			lua_rawseti(L, at, ++n);
		}
	}
}

/* ---- types by name ---- */

struct type {
	struct cq_arena arena;
	const struct cq_type *type;
	size_t charged;
};

static int type_gc(lua_State *L)
{
	struct type *t = lcq_check(L, 1, &lcq_type_class);

	cq_arena_finish(&t->arena);
	lcq_discharge(lcq_of(L), t->charged);
	*t = (struct type){0};
	return 0;
}

static const luaL_Reg type_meta[] = { { "__gc", type_gc }, { NULL, NULL } };

const struct lcq_class lcq_type_class = { .name = "cq.type", .meta = type_meta };

/* Read once: kept by name in the registry, until there are many. */
const struct cq_type *lcq_check_type(lua_State *L, int arg)
{
	static const char kept;
	static const char marshal[] = "org.apache.cassandra.db.marshal.";
	struct cq_error err = {0};
	cq_slice text = lcq_check_slice(L, arg);
	struct type *t;
	bool is_class;
	int rc;

	luaL_argcheck(L, text.len > 0 && text.len <= TYPE_TEXT_MAX, arg, "the name of a type has 1 to 4096 characters");
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kept) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &kept);
	}
	lua_pushvalue(L, arg);
	lua_rawget(L, -2);
	t = lcq_test(L, -1, &lcq_type_class);
	if (t && t->type) {
		lua_remove(L, -2);
		return t->type;
	}
	lua_pop(L, 1);
	t = lcq_new(L, &lcq_type_class, sizeof *t, 0);
	lcq_charge(L, text.len * 512 + 4096);
	t->charged = text.len * 512 + 4096;
	t->arena.limit = t->charged;
	is_class = text.len >= sizeof marshal - 1 && memcmp(text.p, marshal, sizeof marshal - 1) == 0;
	if (is_class)
		rc = cq_type_parse(&t->arena, text, &t->type, &err);
	else
		rc = cq_type_parse_cql(&t->arena, text, NULL, NULL, &t->type, &err);
	if (rc != CQ_OK) {
		t->type = NULL;
		luaL_argerror(L, arg, err.msg);
	}
	lua_pushnil(L);                                          /* how many are kept? */
	for (rc = 0; rc < TYPES_KEPT && lua_next(L, -3); rc++)
		lua_pop(L, 1);
	if (rc == TYPES_KEPT) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &kept);
		lua_replace(L, -3);
	}
	lua_pushvalue(L, arg);
	lua_pushvalue(L, -2);
	lua_rawset(L, -4);
	lua_remove(L, -2);
	return t->type;
}

static int l_decode(lua_State *L)
{
	const struct cq_type *type;

	lua_settop(L, 2);
	type = lcq_check_type(L, 1);
	if (lua_isnil(L, 2)) {
		lua_pushnil(L);
		return 1;
	}
	luaL_checktype(L, 2, LUA_TSTRING);
	lcq_push_value(L, type, lcq_check_slice(L, 2));
	return 1;
}

/* ---- counters ---- */

static int l_shards(lua_State *L)
{
	static const char *const kinds[] = { [CQ_SHARD_REMOTE] = "remote", [CQ_SHARD_LOCAL] = "local", [CQ_SHARD_GLOBAL] = "global" };
	struct cq_error err = {0};
	struct cq_shard shard;
	cq_slice context;
	size_t n = 0;
	int rc;

	luaL_checktype(L, 1, LUA_TSTRING);
	context = lcq_check_slice(L, 1);
	luaL_argcheck(L, context.len <= 1 << 20, 1, "more than 1 MiB");      /* each shard looks through the header */
	lua_newtable(L);
	for (; (rc = cq_counter_shard(context, n, &shard, &err)) == CQ_OK; n++) {
		lua_createtable(L, 0, 4);
		lcq_push_simple(L, shard.id.p[6] >> 4 == 1 ? CQ_T_TIMEUUID : CQ_T_UUID, shard.id);
		lua_setfield(L, -2, "id");
		lua_pushinteger(L, shard.clock);
		lua_setfield(L, -2, "clock");
		lua_pushinteger(L, shard.count);
		lua_setfield(L, -2, "count");
		lua_pushstring(L, kinds[shard.kind]);
		lua_setfield(L, -2, "kind");
		lua_rawseti(L, -2, (lua_Integer)n + 1);
		lcq_work(L, 20 + context.len / 32);
	}
	if (rc != CQ_END)
		return luaL_argerror(L, 1, err.msg);
	return 1;
}

static const struct lcq_member functions[] = {
	{ "decode", l_decode, "(type: string, bytes: string?) -> any",
	  "The Lua value of bytes. The type is one of CQL (without user-defined types) or a class as Cassandra writes it "
	  "(\"org.apache.cassandra.db.marshal.Int32Type\"). nil (null) stays nil. Numbers of up to 64 bits, text, blobs and booleans are Lua's own; "
	  "varint and decimal are exact objects; lists, sets and vectors are tables, tuples too, with their length in n; maps are cq.map, "
	  "user-defined types cq.udt; all others cq.value. Bytes that are no value of the type come as a cq.value of kind \"damaged\".",
	  "assert(cq.decode(\"list<int>\", cq.encode(\"list<int>\", { 1, 2 }))[2] == 2)" },
	{ "encode", lcq_encode, "(type: string, value: any) -> string?",
	  "The bytes of a value, the inverse of cq.decode. Integers may be given as varints, what is no text itself may be given as text, "
	  "timestamps as milliseconds, dates as days, times as nanoseconds, maps and user-defined types as tables. A value that is not of the "
	  "type is an error.",
	  "assert(cq.encode(\"int\", 258) == \"\\0\\0\\1\\2\" and cq.encode(\"inet\", \"127.0.0.1\") == \"\\127\\0\\0\\1\")" },
	{ "shards", l_shards, "(bytes: string) -> table[]",
	  "The shards of a counter's bytes (cell.raw): {id, clock, count, kind}, kind being \"global\", \"local\" or \"remote\".",
	  "if cell.counter and not cell.deleted then\n\tfor _, shard in ipairs(cq.shards(cell.raw)) do\n\t\tprint(shard.id, shard.clock, "
	  "shard.count)\n\tend\nend" },
	{ 0 },
};

const struct lcq_module lcq_module_value = { .name = "cq", .about = "Values and bytes.", .members = functions };

/* lcq_consume - what scripts/lib/consume.lua needs of C: keys and values with their types, in the shapes that scripts for scylla-sstable
 * expect, and the harmless part of Lua's os. Hooks, stop rules and the writer are Lua. */
#include "lcq_priv.h"

#include <stdlib.h>

/* ---- values with their type ---- */

struct typed {
	struct lcq_table *table;           /* reference: the type lives there */
	const struct cq_type *type;
	bool null;
	size_t len;
	uint8_t bytes[];
};

/* Push one; bytes are copied. */
static struct typed *push_typed(lua_State *L, struct lcq_table *table, const struct cq_type *type, cq_slice v)
{
	struct typed *h = lcq_new(L, &lcq_typed_class, sizeof *h + v.len, 0);

	h->type = type;
	h->null = !v.p;
	h->len = v.len;
	if (v.len)
		memcpy(h->bytes, v.p, v.len);
	if (table) {
		h->table = table;
		table->refs++;
	}
	return h;
}

static int typed_gc(lua_State *L)
{
	struct typed *h = lcq_check(L, 1, &lcq_typed_class);

	lcq_table_release(h->table);
	h->table = NULL;
	h->type = NULL;
	return 0;
}

static struct typed *check_typed(lua_State *L, int arg)
{
	struct typed *h = lcq_check(L, arg, &lcq_typed_class);

	luaL_argcheck(L, h->type, arg, "a value of a closed world");
	return h;
}

static cq_slice bytes_of(const struct typed *h)
{
	return h->null ? (cq_slice){0} : cq_slice_of(h->bytes, h->len);
}

static void push_plain(lua_State *L, const struct cq_type *type, cq_slice v);

/* A map as {key = value}, a set as {element = true}, a UDT as {name = value}, others as a list. False: the bytes are no such value. */
static bool push_elements(lua_State *L, const struct cq_type *type, cq_slice v)
{
	const struct cq_type *t;
	struct cq_elements it;
	lua_Integer n = 0;
	cq_slice e;
	int rc;

	luaL_checkstack(L, LUA_MINSTACK, "a value that is nested too deep");
	lua_newtable(L);
	cq_elements_init(&it, type, v);
	while ((rc = cq_elements_next(&it, &t, &e, NULL)) == CQ_OK) {
		if ((it.at & 1023) == 0)
			lcq_tick(L);
		switch (type->kind) {
		case CQ_T_SET:
			push_plain(L, t, e);
			lua_pushboolean(L, 1);
			break;
		case CQ_T_MAP:
			push_plain(L, t, e);
			if ((rc = cq_elements_next(&it, &t, &e, NULL)) != CQ_OK) {
				lua_pop(L, 2);
				return false;
			}
			push_plain(L, t, e);
			break;
		case CQ_T_UDT:
			lcq_push_slice(L, it.at <= type->narg && it.at > 0 ? type->field[it.at - 1] : (cq_slice){0});
			push_plain(L, t, e);
			break;
		default:
			lua_pushinteger(L, ++n);
			push_plain(L, t, e);
			break;
		}
		if (lua_isnil(L, -2) || (lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) != lua_tonumber(L, -2)))
			lua_pop(L, 2);                   /* nil and NaN are no keys of a table */
		else
			lua_rawset(L, -3);
	}
	if (rc != CQ_END)
		lua_pop(L, 1);
	return rc == CQ_END;
}

/* A signed vint of a checked value: the first byte's leading ones say how many bytes follow it. */
static int64_t next_vint(cq_slice *v)
{
	unsigned extra = 0;
	uint64_t u;

	if (!v->len)
		return 0;
	while (extra < 8 && v->p[0] & 0x80 >> extra)
		extra++;
	if (v->len <= extra)
		return 0;
	u = extra >= 7 ? 0 : v->p[0] & (0xffu >> (extra + 1));
	for (unsigned i = 1; i <= extra; i++)
		u = u << 8 | v->p[i];
	v->p += extra + 1;
	v->len -= extra + 1;
	return (int64_t)(u >> 1 ^ (0 - (u & 1)));
}

static void push_duration(lua_State *L, cq_slice v)
{
	static const char *const names[] = { "months", "days", "nanoseconds" };

	lua_createtable(L, 0, 3);
	for (size_t i = 0; i < 3; i++) {
		lua_pushinteger(L, (lua_Integer)next_vint(&v));
		lua_setfield(L, -2, names[i]);
	}
}

static void push_plain(lua_State *L, const struct cq_type *type, cq_slice v)
{
	cq_slice s = v;
	uint64_t bits = 0;
	double d;
	float f;

	if (!v.p || (v.len == 0 && type->fixed_len != CQ_VARIABLE)) {
		lua_pushnil(L);
		return;
	}
	if (cq_value_check(type, v, NULL) != CQ_OK) {
		lcq_push_slice(L, v);
		return;
	}
	for (size_t i = 0; i < v.len && i < 8; i++)
		bits = bits << 8 | v.p[i];
	switch (type->kind) {
	case CQ_T_BOOLEAN: lua_pushboolean(L, v.len && v.p[0] != 0); return;
	case CQ_T_TINYINT: lua_pushinteger(L, (int8_t)bits); return;
	case CQ_T_SMALLINT: lua_pushinteger(L, (int16_t)bits); return;
	case CQ_T_INT: if (v.len == 4) lua_pushinteger(L, (int32_t)bits); else lua_pushnil(L); return;
	case CQ_T_DATE: if (v.len == 4) lua_pushinteger(L, (uint32_t)bits); else lua_pushnil(L); return;
	case CQ_T_BIGINT: case CQ_T_TIME: case CQ_T_TIMESTAMP: case CQ_T_LEGACY_DATE:
		if (v.len == 8)
			lua_pushinteger(L, (lua_Integer)bits);
		else
			lua_pushnil(L);
		return;
	case CQ_T_FLOAT:
		if (v.len != 4) {
			lua_pushnil(L);
			return;
		}
		memcpy(&f, &(uint32_t){(uint32_t)bits}, 4);
		lua_pushnumber(L, (lua_Number)f);
		return;
	case CQ_T_DOUBLE:
		if (v.len != 8) {
			lua_pushnil(L);
			return;
		}
		memcpy(&d, &bits, 8);
		lua_pushnumber(L, d);
		return;
	case CQ_T_ASCII: case CQ_T_TEXT: case CQ_T_BLOB: case CQ_T_CUSTOM: lcq_push_slice(L, s); return;
	case CQ_T_VARINT: case CQ_T_DECIMAL: lcq_push_value(L, type, v); return;
	case CQ_T_DURATION: push_duration(L, v); return;
	case CQ_T_LIST: case CQ_T_SET: case CQ_T_MAP: case CQ_T_TUPLE: case CQ_T_UDT: case CQ_T_VECTOR:
		if (!push_elements(L, type, v))
			lcq_push_slice(L, v);
		return;
	default: break;
	}
	if (cq_value_text(type, v, lcq_tmp(L), NULL) == CQ_OK)
		lcq_push_tmp(L);
	else
		lcq_push_slice(L, v);
}

static int t_value(lua_State *L)
{
	const struct typed *h = check_typed(L, 1);

	push_plain(L, h->type, bytes_of(h));
	return 1;
}

static int t_decoded(lua_State *L)
{
	const struct typed *h = check_typed(L, 1);

	lcq_push_value(L, h->type, bytes_of(h));
	return 1;
}

static int t_text(lua_State *L)
{
	const struct typed *h = check_typed(L, 1);
	struct cq_buf *out = lcq_tmp(L);

	if (!h->null && cq_value_text(h->type, bytes_of(h), out, NULL) != CQ_OK)
		for (size_t i = 0; i < h->len; i++)
			cq_buf_printf(out, "%02x", h->bytes[i]);
	lcq_push_tmp(L);
	return 1;
}

static int t_raw(lua_State *L)
{
	lcq_push_slice(L, bytes_of(check_typed(L, 1)));
	return 1;
}

static int t_type(lua_State *L)
{
	cq_type_cql(check_typed(L, 1)->type, lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

static const struct lcq_member typed_members[] = {
	{ "value", t_value, "any", "As scylla's scripts know it: numbers, booleans and strings as themselves; a timestamp in milliseconds, a time in nanoseconds, "
	  "a date in days (1970-01-01 is 2^31); list, tuple and vector as lists, map as {key = value}, set as {element = true}, UDT as {name = value}.", NULL },
	{ "decoded", t_decoded, "any", "As row:value gives it.", NULL },
	{ "text", t_text, "string", "As cqlite prints it; bytes that are no value of the type in hexadecimal.", NULL },
	{ "raw", t_raw, "string?", "Its bytes; nil for null.", NULL },
	{ "type", t_type, "string", "The type in CQL.", NULL },
	{ 0 },
};

/* Operators see the value: scripts calculate with what they get. */
static void plain_operands(lua_State *L)
{
	lua_settop(L, 2);
	for (int i = 1; i <= 2; i++)
		if (lcq_test(L, i, &lcq_typed_class)) {
			const struct typed *h = check_typed(L, i);

			push_plain(L, h->type, bytes_of(h));
			lua_replace(L, i);
		}
}

static int t_concat(lua_State *L)
{
	lua_settop(L, 2);
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

static int t_len(lua_State *L)
{
	plain_operands(L);
	lua_pushinteger(L, luaL_len(L, 1));
	return 1;
}

#define T_COMPARE(name, op) static int name(lua_State *L) { plain_operands(L); lua_pushboolean(L, lua_compare(L, 1, 2, op)); return 1; }
#define T_ARITH(name, op) static int name(lua_State *L) { plain_operands(L); lua_arith(L, op); return 1; }

T_COMPARE(t_eq, LUA_OPEQ)
T_COMPARE(t_lt, LUA_OPLT)
T_COMPARE(t_le, LUA_OPLE)
T_ARITH(t_add, LUA_OPADD)
T_ARITH(t_sub, LUA_OPSUB)
T_ARITH(t_mul, LUA_OPMUL)
T_ARITH(t_div, LUA_OPDIV)
T_ARITH(t_idiv, LUA_OPIDIV)
T_ARITH(t_mod, LUA_OPMOD)

static const luaL_Reg typed_meta[] = { { "__gc", typed_gc }, { "__tostring", t_text }, { "__concat", t_concat }, { "__len", t_len },
	{ "__eq", t_eq }, { "__lt", t_lt }, { "__le", t_le }, { "__add", t_add }, { "__sub", t_sub }, { "__mul", t_mul }, { "__div", t_div },
	{ "__idiv", t_idiv }, { "__mod", t_mod }, { NULL, NULL } };

const struct lcq_class lcq_typed_class = { .name = "cq.typed", .members = typed_members, .meta = typed_meta,
	.about = "A value with its type, as scripts with scylla's hooks get it. It stays when the scan goes on." };

/* ---- keys ---- */

static int c_partition_key(lua_State *L)
{
	const struct lcq_source *s = lcq_check_partition(L, 1);
	const struct cq_type *type = s->t->stats.key_type, *part_type;
	cq_slice key = s->ev.partition->key, part;
	struct cq_elements it;
	lua_Integer n = 0;
	int rc;

	lua_settop(L, 1);
	lua_newtable(L);
	if (type->kind != CQ_T_COMPOSITE) {
		push_typed(L, s->table, type, key);
		lua_rawseti(L, 2, 1);
		return 1;
	}
	cq_elements_init(&it, type, key);
	while ((rc = cq_elements_next(&it, &part_type, &part, NULL)) == CQ_OK && n < (lua_Integer)type->narg) {
		push_typed(L, s->table, part_type, part);
		lua_rawseti(L, 2, ++n);
	}
	if (rc < 0)
		return luaL_error(L, "%s: the partition key at offset %I is no key of this table", s->table ? s->table->path : "?",
			(lua_Integer)s->ev.partition->off);
	return 1;
}

static int c_clustering(lua_State *L)
{
	const struct lcq_source *s = lcq_check_row(L, 1);
	const struct cq_prefix *p = s->ev.kind == CQ_EV_MARKER ? &s->ev.marker->bound : &s->ev.row->clustering;

	lua_settop(L, 1);
	lua_createtable(L, (int)p->n, 0);
	for (uint32_t i = 0; i < p->n; i++) {
		push_typed(L, s->table, s->t->ctx.clustering[i], p->values[i]);
		lua_rawseti(L, 2, (lua_Integer)i + 1);
	}
	return 1;
}

/* {length of 2 bytes, bytes}* for every column there is: what scylla calls the serialized key. */
static int c_key(lua_State *L)
{
	static const char *const kinds[] = { "partition", "clustering", NULL };
	struct lcq_table *table = lcq_check_table(L, 1);
	const struct cq_table *t = table->t;
	bool clustering = luaL_checkoption(L, 2, NULL, kinds) == 1;
	cq_slice raw = lcq_check_slice(L, 3);
	const struct cq_type *key = t->stats.key_type, *const *types = clustering ? t->ctx.clustering : &key;
	size_t n = clustering ? t->ctx.nclustering : 1, i = 0;

	if (!clustering && key->kind == CQ_T_COMPOSITE) {
		types = key->arg;
		n = key->narg;
	}
	lua_settop(L, 3);
	lua_newtable(L);
	while (raw.len) {
		size_t len = raw.len >= 2 ? (size_t)raw.p[0] << 8 | raw.p[1] : SIZE_MAX;

		if (len > raw.len - 2 || raw.len < 2)
			return luaL_error(L, "a serialized key is a length of 2 bytes and as many bytes for each column: %d bytes are left", (int)raw.len);
		if (i == n)
			return luaL_error(L, "the key has more than the table's %d columns", (int)n);
		if (cq_value_check(types[i], cq_slice_of(raw.p + 2, len), NULL) != CQ_OK)
			return luaL_error(L, "column %d of the key is no value of its type", (int)i + 1);
		push_typed(L, table, types[i], cq_slice_of(raw.p + 2, len));
		lua_rawseti(L, 4, (lua_Integer)++i);
		raw.p += 2 + len;
		raw.len -= 2 + len;
	}
	if (!clustering && i < n)
		return luaL_error(L, "the key has %d of the table's %d columns", (int)i, (int)n);
	return 1;
}

static int c_token(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	const struct cq_table *t = table->t;
	luaL_Buffer b;
	lua_Integer n;

	luaL_checktype(L, 2, LUA_TTABLE);
	n = (lua_Integer)lua_rawlen(L, 2);
	if (n == 1) {
		lua_rawgeti(L, 2, 1);
		lcq_push_token(L, t, bytes_of(check_typed(L, -1)));
		return 1;
	}
	luaL_buffinit(L, &b);
	for (lua_Integer i = 1; i <= n; i++) {
		const struct typed *h;
		char head[2];

		lua_rawgeti(L, 2, i);
		h = check_typed(L, -1);
		lua_pop(L, 1);                          /* the list keeps it */
		luaL_argcheck(L, h->len <= UINT16_MAX, 2, "a key has at most 65535 bytes");
		head[0] = (char)(h->len >> 8);
		head[1] = (char)h->len;
		luaL_addlstring(&b, head, 2);
		luaL_addlstring(&b, (const char *)h->bytes, h->len);
		luaL_addchar(&b, 0);
	}
	luaL_pushresult(&b);
	lcq_push_token(L, t, lcq_check_slice(L, -1));
	return 1;
}

static int c_compare(lua_State *L)
{
	const struct typed *a = check_typed(L, 1), *b = check_typed(L, 2);
	int c;

	luaL_argcheck(L, cq_type_eq(a->type, b->type), 2, "a value of the same type");
	if (a->null || b->null)
		c = b->null - a->null;
	else
		c = cq_value_compare(a->type, bytes_of(a), bytes_of(b));
	lua_pushinteger(L, (c > 0) - (c < 0));
	return 1;
}

/* ---- cells ---- */

static int c_cell(lua_State *L)
{
	const struct lcq_source *s;
	const struct cq_cell *c = lcq_check_cell(L, 1, &s);
	const struct cq_type *type = c->path.p ? cq_type_cell_value(c->column->type, c->path) : c->column->type;

	if (c->flags & CQ_CELL_DELETED)
		return 0;
	push_typed(L, s->table, type ? type : cq_type_simple(CQ_T_BLOB), c->value);
	return 1;
}

static int c_path(lua_State *L)
{
	const struct lcq_source *s;
	const struct cq_cell *c = lcq_check_cell(L, 1, &s);

	if (!c->path.p)
		return 0;
	push_typed(L, s->table, cq_type_path(c->column->type), c->path);
	return 1;
}

static int c_shards(lua_State *L)
{
	const struct lcq_source *s;
	const struct cq_cell *c = lcq_check_cell(L, 1, &s);
	struct cq_shard shard;
	lua_Integer n = 0;

	lua_settop(L, 1);
	luaL_argcheck(L, c->column->counter, 1, "a cell of a counter");
	lua_newtable(L);
	for (size_t i = 0; cq_counter_shard(c->value, i, &shard, NULL) == CQ_OK; i++) {
		lua_createtable(L, 0, 3);
		cq_print_uuid(lcq_tmp(L), shard.id.p);
		lcq_push_tmp(L);
		lua_setfield(L, -2, "id");
		lua_pushinteger(L, (lua_Integer)shard.count);
		lua_setfield(L, -2, "value");
		lua_pushinteger(L, (lua_Integer)shard.clock);
		lua_setfield(L, -2, "clock");
		lua_rawseti(L, 2, ++n);
	}
	return 1;
}

/* ---- columns ---- */

static void push_column(lua_State *L, const char *kind, lua_Integer id, cq_slice name, const struct cq_type *type, bool counter)
{
	lua_createtable(L, 0, 8);
	lua_pushinteger(L, id);
	lua_setfield(L, -2, "id");
	lcq_push_slice(L, name);
	lua_setfield(L, -2, "name");
	lua_pushstring(L, kind);
	lua_setfield(L, -2, "kind");
	cq_type_cql(type, lcq_tmp(L));
	lcq_push_tmp(L);
	lua_setfield(L, -2, "type");
	lua_pushboolean(L, counter);
	lua_setfield(L, -2, "counter");
	lua_pushboolean(L, type->kind == CQ_T_LIST || type->kind == CQ_T_SET || type->kind == CQ_T_MAP);
	lua_setfield(L, -2, "collection");
	lua_pushboolean(L, type->multicell);
	lua_setfield(L, -2, "multicell");
	lua_pushboolean(L, type->reversed);
	lua_setfield(L, -2, "reversed");
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static bool has_column(const struct cq_schema_column *c, size_t n, cq_slice name)
{
	for (size_t i = 0; i < n; i++)
		if (cq_slice_eq(c[i].name, name))
			return true;
	return false;
}

/* What the CREATE TABLE says of the columns in the list on top, when there is one that shows them as they are on disk. */
static void add_schema(lua_State *L, const struct cq_schema *ddl)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, -1);

	if (!ddl || ddl->compact || ddl->open_columns)
		return;
	for (lua_Integer i = 1; i <= n; i++) {
		cq_slice name;

		lua_rawgeti(L, -1, i);
		lua_getfield(L, -1, "name");
		name = cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1));
		lua_pushboolean(L, has_column(ddl->partition, ddl->npartition, name) || has_column(ddl->clustering, ddl->nclustering, name)
			|| has_column(ddl->statics, ddl->nstatic, name) || has_column(ddl->regulars, ddl->nregular, name));
		lua_setfield(L, -3, "in_schema");
		for (size_t k = 0; k < ddl->ndropped; k++)
			if (cq_slice_eq(ddl->dropped[k].name, name)) {
				lua_pushinteger(L, (lua_Integer)ddl->dropped[k].time);
				lua_setfield(L, -3, "dropped_at");
			}
		lua_pop(L, 2);
	}
}

static int c_columns(lua_State *L)
{
	const struct cq_table *t = lcq_check_table(L, 1)->t;
	const struct cq_schema *schema = t->schema;
	const struct cq_type *key = t->stats.key_type;

	lua_newtable(L);
	for (size_t i = 0; i < schema->npartition; i++)
		push_column(L, "partition_key", (lua_Integer)i, schema->partition[i].name, key->kind != CQ_T_COMPOSITE ? key :
			i < key->narg ? key->arg[i] : cq_type_simple(CQ_T_BLOB), false);
	for (size_t i = 0; i < schema->nclustering && i < t->ctx.nclustering; i++)
		push_column(L, "clustering_key", (lua_Integer)i, schema->clustering[i].name, t->ctx.clustering[i], false);
	for (uint32_t i = 0; i < t->ctx.statics.n; i++)
		push_column(L, "static_column", i, t->ctx.statics.columns[i].name, t->ctx.statics.columns[i].type, t->ctx.statics.columns[i].counter);
	for (uint32_t i = 0; i < t->ctx.regulars.n; i++)
		push_column(L, "regular_column", i, t->ctx.regulars.columns[i].name, t->ctx.regulars.columns[i].type,
			t->ctx.regulars.columns[i].counter);
	add_schema(L, t->ddl);
	return 1;
}

/* ---- os ---- */

/* Time and nothing else: what scripts for scylla-sstable take for granted. */
static int c_os(lua_State *L)
{
	static const char *const harmless[] = { "clock", "date", "difftime", "time", NULL };

	lua_settop(L, 0);
	lua_newtable(L);
	lua_pushcfunction(L, luaopen_os);
	lua_call(L, 0, 1);
	for (size_t i = 0; harmless[i]; i++) {
		lua_getfield(L, 2, harmless[i]);
		lua_setfield(L, 1, harmless[i]);
	}
	lua_settop(L, 1);
	return 1;
}

static const struct lcq_member members[] = {
	{ "partition_key", c_partition_key, "(part: cq.partition) -> cq.typed[]", "The columns of a partition's key.",
	  "print(cq.consume.partition_key(part)[1].text)" },
	{ "clustering", c_clustering, "(row: cq.row) -> cq.typed[]", "The clustering columns of a row, or those that a marker's bound has.",
	  "print(#cq.consume.clustering(row))" },
	{ "key", c_key, "(sst: cq.sst, kind: string, serialized: string) -> cq.typed[]",
	  "A key from its serialized form: for each column a length of 2 bytes and its bytes. kind: \"partition\" or \"clustering\" (which may lack columns at its end).",
	  "assert(#cq.consume.key(sst, \"clustering\", \"\") == 0)" },
	{ "token", c_token, "(sst: cq.sst, key: cq.typed[]) -> integer|string", "The token of a partition key, as a partition's token.",
	  "assert(cq.consume.token(sst, cq.consume.partition_key(part)) == part.token)" },
	{ "compare", c_compare, "(a: cq.typed, b: cq.typed) -> integer", "-1, 0 or 1, in the order of the column.", NULL },
	{ "cell", c_cell, "(cell: cq.cell) -> cq.typed?", "A cell's value; nil for a tombstone.", "print(cq.consume.cell(cell))" },
	{ "path", c_path, "(cell: cq.cell) -> cq.typed?", "What it is in its collection: map key, set element, a list's timeuuid; nil for a simple column.",
	  "print(cq.consume.path(cell))" },
	{ "shards", c_shards, "(cell: cq.cell) -> table[]", "The shards of a counter: {id, value, clock}.", NULL },
	{ "columns", c_columns, "(sst: cq.sst) -> table[]",
	  "Every column: {id, name, kind, type, counter, collection, multicell, reversed}; kind is \"partition_key\", \"clustering_key\", \"static_column\" or \"regular_column\". Where a CREATE TABLE is "
	  "known also in_schema (it has the column) and dropped_at (microseconds; when it was dropped).",
	  "for _, c in ipairs(cq.consume.columns(sst)) do\n\tprint(c.kind, c.name, c.type)\nend" },
	{ "os", c_os, "() -> table", "The part of Lua's os that tells the time: clock, date, difftime, time.", "print(cq.consume.os().date(\"!%Y\", 0))" },
	{ 0 },
};

const struct lcq_module lcq_module_consume = { .name = "cq.consume", .members = members,
	.about = "What scripts with scylla's hooks are built on; see docs/lua-consume.md. Others are better served by handles." };

/* ---- driving a script ---- */

static const char *const hooks[] = { "consume_stream_start", "consume_sstable_start", "consume_partition_start", "consume_static_row",
	"consume_clustering_row", "consume_range_tombstone_change", "consume_partition_end", "consume_sstable_end", "consume_stream_end" };

static bool is_word(uint8_t c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

bool lcq_consume_mentioned(cq_slice text)
{
	for (size_t at = 0; at + 8 <= text.len; at++) {
		if (text.p[at] != 'c' || memcmp(text.p + at, "consume_", 8) != 0 || (at && is_word(text.p[at - 1])))
			continue;
		for (size_t i = 0; i < CQ_COUNTOF(hooks); i++) {
			size_t n = strlen(hooks[i]);

			if (text.len - at >= n && memcmp(text.p + at, hooks[i], n) == 0 && (text.len - at == n || !is_word(text.p[at + n])))
				return true;
		}
	}
	return false;
}

void lcq_consume_begin(lua_State *L)
{
	lua_getglobal(L, "require");
	lua_pushliteral(L, "consume");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "begin");
	lua_call(L, 0, 0);
	lua_setfield(L, LUA_REGISTRYINDEX, "lcq.consume");
}

void lcq_consume_run(lua_State *L, int argc, char *const *argv)
{
	bool any = false;

	for (size_t i = 0; i < CQ_COUNTOF(hooks) && !any; i++) {
		lua_pushglobaltable(L);
		lua_pushstring(L, hooks[i]);
		any = lua_rawget(L, -2) != LUA_TNIL;
		lua_pop(L, 2);
	}
	if (!any)
		return;
	lua_getfield(L, LUA_REGISTRYINDEX, "lcq.consume");
	lua_getfield(L, -1, "drive");
	lua_createtable(L, argc, 0);
	for (int i = 0; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_call(L, 1, 0);
	lua_pop(L, 1);
}

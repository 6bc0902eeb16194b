/* lcq_event - what partitions, rows, markers and cells say. */
#include "lcq_priv.h"

/* ---- shared ---- */

static void push_time(lua_State *L, int64_t v, int64_t none)
{
	if (v == none)
		lua_pushnil(L);
	else
		lua_pushinteger(L, (lua_Integer)v);
}

void lcq_push_deletion(lua_State *L, struct cq_deletion d)
{
	if (cq_deletion_live(d)) {
		lua_pushnil(L);
		return;
	}
	lua_createtable(L, 0, 2);
	lua_pushinteger(L, (lua_Integer)d.timestamp);
	lua_setfield(L, -2, "timestamp");
	push_time(L, d.ldt, CQ_NO_LDT);
	lua_setfield(L, -2, "ldt");
}

void lcq_push_token(lua_State *L, const struct cq_table *t, cq_slice key)
{
	struct cq_token token;

	cq_token(&t->partitioner, key, &token);
	if (t->partitioner.kind == CQ_P_MURMUR3) {
		lua_pushinteger(L, (lua_Integer)token.lo);
		return;
	}
	cq_token_print(&t->partitioner, &token, lcq_tmp(L));
	lcq_push_tmp(L);
}

/* The index-th part of a partition key. False: there is no such part, or the key is no key. */
static bool key_part(const struct cq_table *t, cq_slice key, size_t index, const struct cq_type **type, cq_slice *part)
{
	struct cq_elements it;

	if (t->stats.key_type->kind != CQ_T_COMPOSITE) {
		*type = t->stats.key_type;
		*part = key;
		return index == 0;
	}
	cq_elements_init(&it, t->stats.key_type, key);
	for (size_t i = 0; cq_elements_next(&it, type, part, NULL) == CQ_OK; i++)
		if (i == index)
			return true;
	return false;
}

static bool is_name(cq_slice name, const char *s, size_t n)
{
	return name.len == n && memcmp(name.p, s, n) == 0;
}

/* ---- copies that stay ---- */

/* keep(): the same kind of handle over a copy of its own. stack 1: the handle. */
static int keep(lua_State *L, const struct lcq_source *from, const struct lcq_class *c)
{
	struct lcq_source *s;
	struct lcq_event *h;
	struct cq_event ev, partition;
	size_t len;

	h = lcq_new(L, c, sizeof *h, 1);
	s = lcq_push_source(L, from->t, from->table);
	h->s = s;
	h->generation = s->generation = s->partition_generation = 1;
	lua_setiuservalue(L, -2, 1);
	s->kept = true;
	s->over = CQ_END;
	if (c == &lcq_partition_class) {                 /* the scan may stand at a row of it by now */
		partition = (struct cq_event){ .kind = CQ_EV_PARTITION, .off = from->ev.partition->off, .len = from->ev.partition->header_len,
			.partition = from->ev.partition };
		ev = partition;
		len = ev.partition->key.len + 256;
	} else {
		ev = from->ev;
		len = (size_t)ev.len + 1024;
		if (ev.kind != CQ_EV_MARKER)
			len += ev.row->ncells * (sizeof(struct cq_cell) + 32);
	}
	len = 4096 + 2 * len;                            /* an arena's first block, and that blocks grow */
	lcq_charge(L, len);
	s->charged = len;
	if (cq_event_copy(&s->arena, &ev, &s->ev) != CQ_OK)
		return luaL_error(L, "out of memory");
	return 1;
}

/* ---- partitions ---- */

static const struct cq_partition *partition(lua_State *L, const struct cq_table **t)
{
	const struct lcq_source *s = lcq_check_partition(L, 1);

	*t = s->t;
	return s->ev.partition;
}

static int p_key(lua_State *L)
{
	const struct cq_table *t;
	const struct cq_partition *p = partition(L, &t);
	const struct cq_type *type;
	cq_slice part;
	size_t n = t->stats.key_type->kind == CQ_T_COMPOSITE ? t->stats.key_type->narg : 1;

	if (n == 1) {
		if (key_part(t, p->key, 0, &type, &part))
			lcq_push_value(L, type, part);
		else
			lcq_push_slice(L, p->key);
		return 1;
	}
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n && key_part(t, p->key, i, &type, &part); i++) {
		lcq_push_value(L, type, part);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static int p_key_text(lua_State *L)
{
	const struct cq_table *t;
	const struct cq_partition *p = partition(L, &t);

	cq_table_print_key(t, p->key, lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

static int p_raw_key(lua_State *L)
{
	const struct cq_table *t;

	lcq_push_slice(L, partition(L, &t)->key);
	return 1;
}

static int p_token(lua_State *L)
{
	const struct cq_table *t;
	const struct cq_partition *p = partition(L, &t);

	lcq_push_token(L, t, p->key);
	return 1;
}

static int p_off(lua_State *L)
{
	const struct cq_table *t;

	lua_pushinteger(L, (lua_Integer)partition(L, &t)->off);
	return 1;
}

static int p_header_length(lua_State *L)
{
	const struct cq_table *t;

	lua_pushinteger(L, (lua_Integer)partition(L, &t)->header_len);
	return 1;
}

static int p_deletion(lua_State *L)
{
	const struct cq_table *t;

	lcq_push_deletion(L, partition(L, &t)->deletion);
	return 1;
}

static int p_keep(lua_State *L)
{
	return keep(L, lcq_check_partition(L, 1), &lcq_partition_class);
}

static int p_eq(lua_State *L)
{
	const struct lcq_event *a = lcq_test(L, 1, &lcq_partition_class), *b = lcq_test(L, 2, &lcq_partition_class);

	lua_pushboolean(L, a && b && a->s == b->s && a->generation == b->generation);
	return 1;
}

static const struct lcq_member partition_members[] = {
	{ "key", p_key, "any", "The key: its value, or a list of values when it has several columns.", NULL },
	{ "key_text", p_key_text, "string", "The key as cqlite prints it and sst:partition takes it.", NULL },
	{ "raw_key", p_raw_key, "string", "The key's bytes.", NULL },
	{ "token", p_token, "integer|string", "Its token: a number with Murmur3, text with others.", NULL },
	{ "off", p_off, "integer", "Where it begins in Data.db, decompressed.", NULL },
	{ "header_length", p_header_length, "integer", "Bytes of key and deletion.", NULL },
	{ "deletion", p_deletion, "table?", "{timestamp, ldt} when all of it was deleted; nil otherwise. Microseconds, seconds.", NULL },
	{ "rows", lcq_partition_rows, "() -> fun(): cq.row", "Its rows in clustering order, without static row and markers.",
	  "for row in part:rows() do\n\tprint(row.timestamp)\n\tbreak\nend" },
	{ "unfiltereds", lcq_partition_unfiltereds, "() -> fun(): cq.row",
	  "All that is in it: static row, rows and range tombstone markers; row.kind tells them apart.", NULL },
	{ "static", lcq_partition_static, "() -> cq.row?", "The static row, before rows() is begun; nil when it has none.", NULL },
	{ "keep", p_keep, "() -> cq.partition", "A copy of key and deletion that stays when the scan goes on. It has no rows.", NULL },
	{ 0 },
};
static const luaL_Reg partition_meta[] = { { "__eq", p_eq }, { NULL, NULL } };

const struct lcq_class lcq_partition_class = { .name = "cq.partition", .members = partition_members, .meta = partition_meta,
	.about = "A partition of a scan. Good until the scan goes on to the next one; keep() makes one that stays." };

/* ---- rows and markers ---- */

static CQ_COLD void too_old(lua_State *L, int arg, const struct lcq_source *s)
{
	if (s->table && s->table->closed)
		luaL_argerror(L, arg, "this SSTable is closed");
	luaL_argerror(L, arg, "the scan has gone on; keep() makes a copy that stays");
}

const struct lcq_source *lcq_check_row(lua_State *L, int arg)
{
	const struct lcq_event *h = lcq_check(L, arg, &lcq_row_class);

	if (CQ_UNLIKELY(h->generation != h->s->generation || (h->s->table && h->s->table->closed)))
		too_old(L, arg, h->s);
	return h->s;
}

static const struct lcq_source *source(lua_State *L)
{
	return lcq_check_row(L, 1);
}

/* NULL for a marker. */
static const struct cq_row *row(lua_State *L)
{
	const struct lcq_source *s = source(L);

	return s->ev.kind == CQ_EV_MARKER ? NULL : s->ev.row;
}

static int r_kind(lua_State *L)
{
	switch (source(L)->ev.kind) {
	case CQ_EV_STATIC: lua_pushliteral(L, "static"); break;
	case CQ_EV_MARKER: lua_pushliteral(L, "marker"); break;
	default: lua_pushliteral(L, "row"); break;
	}
	return 1;
}

static int r_clustering(lua_State *L)
{
	const struct lcq_source *s = source(L);
	const struct cq_prefix *p = s->ev.kind == CQ_EV_MARKER ? &s->ev.marker->bound : &s->ev.row->clustering;

	lua_createtable(L, (int)p->n, 0);
	for (uint32_t i = 0; i < p->n; i++) {
		lcq_push_value(L, s->t->ctx.clustering[i], p->values[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static int r_timestamp(lua_State *L)
{
	const struct cq_row *r = row(L);

	if (r && r->has_liveness)
		push_time(L, r->timestamp, CQ_NO_TIMESTAMP);
	else
		lua_pushnil(L);
	return 1;
}

static int r_ttl(lua_State *L)
{
	const struct cq_row *r = row(L);

	lua_pushinteger(L, r ? r->ttl : 0);
	return 1;
}

static int r_ldt(lua_State *L)
{
	const struct cq_row *r = row(L);

	push_time(L, r && r->has_liveness ? r->ldt : CQ_NO_LDT, CQ_NO_LDT);
	return 1;
}

static int r_deletion(lua_State *L)
{
	const struct cq_row *r = row(L);

	lcq_push_deletion(L, r ? r->deletion : CQ_LIVE);
	return 1;
}

static int r_shadowable(lua_State *L)
{
	const struct cq_row *r = row(L);

	lua_pushboolean(L, r && r->shadowable);
	return 1;
}

static int r_off(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)source(L)->ev.off);
	return 1;
}

static int r_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)source(L)->ev.len);
	return 1;
}

static int r_ncells(lua_State *L)
{
	const struct cq_row *r = row(L);

	lua_pushinteger(L, r ? (lua_Integer)r->ncells : 0);
	return 1;
}

static int r_bound(lua_State *L)
{
	const struct lcq_source *s = source(L);

	if (s->ev.kind == CQ_EV_MARKER)
		lua_pushstring(L, cq_bound_kind_name(s->ev.marker->bound.kind));
	else
		lua_pushnil(L);
	return 1;
}

static int r_closes(lua_State *L)
{
	const struct lcq_source *s = source(L);

	lcq_push_deletion(L, s->ev.kind == CQ_EV_MARKER ? s->ev.marker->close : CQ_LIVE);
	return 1;
}

static int r_opens(lua_State *L)
{
	const struct lcq_source *s = source(L);

	lcq_push_deletion(L, s->ev.kind == CQ_EV_MARKER ? s->ev.marker->open : CQ_LIVE);
	return 1;
}

static void push_cell(lua_State *L, int row_at, const struct lcq_event *h, uint32_t index)
{
	struct lcq_cell *c = lcq_new(L, &lcq_cell_class, sizeof *c, 1);

	c->s = h->s;
	c->generation = h->generation;
	c->index = index;
	lua_getiuservalue(L, row_at, 1);
	lua_setiuservalue(L, -2, 1);
}

static int cells_next(lua_State *L)
{
	const struct lcq_event *h = lcq_check(L, 1, &lcq_row_class);
	const struct lcq_cell *before = lcq_test(L, 2, &lcq_cell_class);
	uint32_t next = 0;

	if (CQ_UNLIKELY(h->generation != h->s->generation || (h->s->table && h->s->table->closed)))
		too_old(L, 1, h->s);
	if (before) {
		luaL_argcheck(L, before->s == h->s && before->generation == h->generation, 2, "a cell of another row");
		next = before->index + 1;
	} else if (CQ_UNLIKELY(!lua_isnoneornil(L, 2))) {
		luaL_typeerror(L, 2, lcq_cell_class.name);
	}
	if (h->s->ev.kind == CQ_EV_MARKER || next >= h->s->ev.row->ncells)
		return 0;
	push_cell(L, 1, h, next);
	return 1;
}

static int r_cells(lua_State *L)
{
	source(L);
	lua_settop(L, 1);
	lua_pushcfunction(L, cells_next);
	lua_insert(L, 1);
	return 2;
}

static int r_cell(lua_State *L)
{
	const struct cq_row *r = row(L);
	size_t n;
	const char *name = luaL_checklstring(L, 2, &n);

	for (uint32_t i = 0; r && i < r->ncells; i++)
		if (is_name(r->cells[i].column->name, name, n)) {
			push_cell(L, 1, lua_touserdata(L, 1), i);
			return 1;
		}
	return 0;
}

static int r_complex(lua_State *L)
{
	const struct cq_row *r = row(L);

	lua_newtable(L);
	for (uint32_t i = 0; r && i < r->ncomplex; i++) {
		lua_createtable(L, 0, 3);
		lcq_push_slice(L, r->complex[i].column->name);
		lua_setfield(L, -2, "name");
		lcq_push_deletion(L, r->complex[i].deletion);
		lua_setfield(L, -2, "deletion");
		lua_pushinteger(L, r->complex[i].count);
		lua_setfield(L, -2, "count");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* A column of the row by name; then clustering and key columns. */
static int r_value(lua_State *L)
{
	const struct lcq_source *s = source(L);
	const struct cq_schema *schema = s->t->schema;
	const struct cq_row *r = row(L);
	size_t n;
	const char *name = luaL_checklstring(L, 2, &n);
	const struct cq_prefix *p = r ? &r->clustering : &s->ev.marker->bound;
	const struct cq_kind_columns *kinds[2] = { &s->t->ctx.regulars, &s->t->ctx.statics };

	lua_settop(L, 2);
	for (uint32_t i = 0; r && i < r->ncells; i++)
		if (is_name(r->cells[i].column->name, name, n)) {
			if (r->cells[i].column->complex)
				lcq_push_complex(L, r, i);
			else if (r->cells[i].flags & CQ_CELL_DELETED)
				lua_pushnil(L);
			else
				lcq_push_value(L, r->cells[i].column->type, r->cells[i].value);
			return 1;
		}
	for (size_t i = 0; i < schema->nclustering; i++)
		if (is_name(schema->clustering[i].name, name, n)) {
			if (i < p->n)
				lcq_push_value(L, s->t->ctx.clustering[i], p->values[i]);
			else
				lua_pushnil(L);
			return 1;
		}
	for (size_t i = 0; i < schema->npartition; i++)
		if (is_name(schema->partition[i].name, name, n)) {
			const struct cq_type *type;
			cq_slice part;

			if (key_part(s->t, s->ev.partition->key, i, &type, &part))
				lcq_push_value(L, type, part);
			else
				lua_pushnil(L);
			return 1;
		}
	for (size_t k = 0; k < CQ_COUNTOF(kinds); k++)
		for (uint32_t i = 0; i < kinds[k]->n; i++)
			if (is_name(kinds[k]->columns[i].name, name, n))
				return 0;
	return luaL_argerror(L, 2, lua_pushfstring(L, "this SSTable has no column %s", name));
}

static int r_keep(lua_State *L)
{
	return keep(L, source(L), &lcq_row_class);
}

static int r_partition(lua_State *L)
{
	const struct lcq_source *s = source(L);
	struct lcq_event *h = lcq_new(L, &lcq_partition_class, sizeof *h, 1);

	h->s = (struct lcq_source *)(uintptr_t)s;
	h->generation = s->partition_generation;
	lua_getiuservalue(L, 1, 1);
	lua_setiuservalue(L, -2, 1);
	return 1;
}

static const struct lcq_member row_members[] = {
	{ "kind", r_kind, "string", "\"row\", \"static\" or \"marker\" (a bound of a range tombstone).", NULL },
	{ "clustering", r_clustering, "any[]", "Values of the clustering columns; of a marker those its bound has.", NULL },
	{ "timestamp", r_timestamp, "integer?", "Of the row's liveness, microseconds since 1970; nil when it has none (only cells, or a deletion).", NULL },
	{ "ttl", r_ttl, "integer", "Of the liveness, seconds; 0 for none.", NULL },
	{ "ldt", r_ldt, "integer?", "When the liveness expires, seconds since 1970; nil when it does not.", NULL },
	{ "deletion", r_deletion, "table?", "{timestamp, ldt} when the row was deleted.", NULL },
	{ "shadowable", r_shadowable, "boolean", "The deletion is a view's shadowable one.", NULL },
	{ "off", r_off, "integer", "Where it begins in Data.db, decompressed.", NULL },
	{ "len", r_len, "integer", "Its bytes; 0 for what a lenient scan made up.", NULL },
	{ "ncells", r_ncells, "integer", "How many cells it has, those of collections counted one by one.", NULL },
	{ "cells", r_cells, "() -> fun(): cq.cell", "Its cells: simple columns first, each kind in column order.",
	  "for cell in row:cells() do\n\tprint(cell.name, cell.value)\nend" },
	{ "cell", r_cell, "(name: string) -> cq.cell?", "The first cell of a column; nil when the row has none.", NULL },
	{ "value", r_value, "(name: string) -> any",
	  "A column's value: of the row, its clustering or its partition key. A collection of many cells comes whole, as far as "
	  "the row holds it. nil when it is not there or deleted; a name that the SSTable does not have is an error.", NULL },
	{ "complex", r_complex, "table[]", "The multi-cell columns of the row: {name, deletion, count}.", NULL },
	{ "bound", r_bound, "string?", "Of a marker: \"INCL_START_BOUND\" and so on.", NULL },
	{ "closes", r_closes, "table?", "Of a marker: {timestamp, ldt} of the range that ends here.", NULL },
	{ "opens", r_opens, "table?", "Of a marker: {timestamp, ldt} of the range that begins here.", NULL },
	{ "partition", r_partition, "cq.partition", "The partition it is in.", NULL },
	{ "keep", r_keep, "() -> cq.row", "A copy that stays when the scan goes on.",
	  "local kept = row:keep()\nassert(kept.off == row.off)" },
	{ 0 },
};

const struct lcq_class lcq_row_class = { .name = "cq.row", .members = row_members,
	.about = "A row, static row or range tombstone marker. Good until the scan goes on; keep() makes one that stays." };

/* ---- cells ---- */

const struct cq_cell *lcq_check_cell(lua_State *L, int arg, const struct lcq_source **s)
{
	const struct lcq_cell *h = lcq_check(L, arg, &lcq_cell_class);

	if (CQ_UNLIKELY(h->generation != h->s->generation || (h->s->table && h->s->table->closed)))
		too_old(L, arg, h->s);
	*s = h->s;
	return &h->s->ev.row->cells[h->index];
}

static const struct cq_cell *cell(lua_State *L)
{
	const struct lcq_source *s;

	return lcq_check_cell(L, 1, &s);
}

static int c_name(lua_State *L)
{
	lcq_push_slice(L, cell(L)->column->name);
	return 1;
}

static const struct cq_type *value_type(const struct cq_cell *c)
{
	return c->path.p ? cq_type_cell_value(c->column->type, c->path) : c->column->type;
}

static int c_value(lua_State *L)
{
	const struct cq_cell *c = cell(L);
	const struct cq_type *type = value_type(c);

	if (c->flags & CQ_CELL_DELETED)
		lua_pushnil(L);
	else
		lcq_push_value(L, type ? type : cq_type_simple(CQ_T_BLOB), c->value);
	return 1;
}

static int c_raw(lua_State *L)
{
	lcq_push_slice(L, cell(L)->value);
	return 1;
}

static int c_length(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)cell(L)->value.len);
	return 1;
}

static int c_path(lua_State *L)
{
	const struct cq_cell *c = cell(L);
	const struct cq_type *type = c->path.p ? cq_type_path(c->column->type) : NULL;

	if (type)
		lcq_push_value(L, type, c->path);
	else
		lcq_push_slice(L, c->path);
	return 1;
}

static int c_raw_path(lua_State *L)
{
	lcq_push_slice(L, cell(L)->path);
	return 1;
}

static int c_type(lua_State *L)
{
	const struct cq_cell *c = cell(L);

	cq_type_cql(c->column->type, lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

static int c_class(lua_State *L)
{
	const struct cq_type *type = value_type(cell(L));

	cq_type_class(type ? type : cq_type_simple(CQ_T_BLOB), lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

static int c_timestamp(lua_State *L)
{
	push_time(L, cell(L)->timestamp, CQ_NO_TIMESTAMP);
	return 1;
}

static int c_ttl(lua_State *L)
{
	lua_pushinteger(L, cell(L)->ttl);
	return 1;
}

static int c_ldt(lua_State *L)
{
	push_time(L, cell(L)->ldt, CQ_NO_LDT);
	return 1;
}

static int c_deleted(lua_State *L)
{
	lua_pushboolean(L, cell(L)->flags & CQ_CELL_DELETED);
	return 1;
}

static int c_expiring(lua_State *L)
{
	lua_pushboolean(L, cell(L)->flags & CQ_CELL_EXPIRING);
	return 1;
}

static int c_off(lua_State *L)
{
	const struct cq_cell *c = cell(L);
	const struct lcq_cell *h = lua_touserdata(L, 1);

	lua_pushinteger(L, (lua_Integer)(h->s->ev.off + c->off));
	return 1;
}

static int c_counter(lua_State *L)
{
	lua_pushboolean(L, cell(L)->column->counter);
	return 1;
}

static int c_static(lua_State *L)
{
	lua_pushboolean(L, cell(L)->column->is_static);
	return 1;
}

static const struct lcq_member cell_members[] = {
	{ "name", c_name, "string", "The column.", NULL },
	{ "type", c_type, "string", "The column's type in CQL.", NULL },
	{ "class", c_class, "string",
	  "The class of the value's type (of a multi-cell column the element's) as Cassandra writes it: what cq.decode and cq.encode take.",
	  "assert(cell.deleted or cq.encode(cell.class, cell.value) == cell.raw)" },
	{ "value", c_value, "any", "Its value; nil for a tombstone. Of a multi-cell column the element's.", NULL },
	{ "raw", c_raw, "string", "The value's bytes; \"\" for a tombstone or an empty value.", NULL },
	{ "length", c_length, "integer", "Bytes of the value.", NULL },
	{ "path", c_path, "any", "Of a multi-cell column: map key, set element, a list's timeuuid, a field's number; nil otherwise.", NULL },
	{ "raw_path", c_raw_path, "string?", "The path's bytes.", NULL },
	{ "timestamp", c_timestamp, "integer", "When it was written, microseconds since 1970.", NULL },
	{ "ttl", c_ttl, "integer", "Seconds; 0 for none.", NULL },
	{ "ldt", c_ldt, "integer?", "When it expires, or was deleted: seconds since 1970; nil for neither.", NULL },
	{ "deleted", c_deleted, "boolean", "A tombstone.", NULL },
	{ "expiring", c_expiring, "boolean", "Has a TTL.", NULL },
	{ "counter", c_counter, "boolean", "Its value is a counter.", NULL },
	{ "static", c_static, "boolean", "Of a static column.", NULL },
	{ "off", c_off, "integer", "Where it begins in Data.db, decompressed.", NULL },
	{ 0 },
};

const struct lcq_class lcq_cell_class = { .name = "cq.cell", .members = cell_members, .about = "A cell of a row. Good as long as the row." };

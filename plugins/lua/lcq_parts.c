/* lcq_parts - what a table is made of beside its rows: chunks, index, filter, bytes. */
#include "lcq_priv.h"

#include "cq_hash.h"
#include "cq_index.h"
#include "cq_table_doc.h"
#include "cq_window.h"

enum {
	WALK_COST = 256 << 10,                 /* pages and windows of a look-up or an index */
	PIECE = 64 << 10,
};

/* What a function or an iteration holds of core; nothing of it is for scripts. */
struct walk {
	struct lcq_table *table;
	struct cq_lookup *lookup;
	struct cq_index *index;
	struct cq_window window;
	uint64_t at;                           /* of cq_lookup_next */
	bool has_window, over;
	struct cq_buf key, comparable;
	size_t charged;
};

static int walk_gc(lua_State *L)
{
	struct walk *w = lcq_check(L, 1, &lcq_walk_class);

	cq_lookup_close(w->lookup);
	cq_index_close(w->index);
	if (w->has_window)
		cq_window_finish(&w->window);
	cq_buf_finish(&w->key);
	cq_buf_finish(&w->comparable);
	lcq_table_release(w->table);
	lcq_discharge(lcq_of(L), w->charged);
	*w = (struct walk){ .over = true };
	return 0;
}

static const luaL_Reg walk_meta[] = { { "__gc", walk_gc }, { NULL, NULL } };

const struct lcq_class lcq_walk_class = { .name = "cq.walk",
	.about = "What an iteration over an index stands on. Nothing of it is for scripts.",
	.meta = walk_meta };

static struct walk *push_walk(lua_State *L, struct lcq_table *table, size_t cost)
{
	struct walk *w = lcq_new(L, &lcq_walk_class, sizeof *w, 0);

	w->table = table;
	table->refs++;
	lcq_charge(L, cost);
	w->charged = cost;
	return w;
}

static int raise_unless(lua_State *L, int rc, const struct cq_error *err)
{
	return rc < 0 ? lcq_raise(L, err) : rc;
}

static void open_lookup(lua_State *L, struct walk *w)
{
	struct cq_error err = {0};

	raise_unless(L, cq_lookup_open(&w->lookup, w->table->t, &err), &err);
}

/* The bytes of the key at arg; in w->key. */
static cq_slice key_arg(lua_State *L, int arg, struct walk *w)
{
	return lcq_check_key(L, arg, w->table->t, &w->key);
}

static void set_integer(lua_State *L, const char *name, uint64_t v)
{
	lua_pushinteger(L, (lua_Integer)v);
	lua_setfield(L, -2, name);
}

static void set_key(lua_State *L, const struct cq_table *t, cq_slice key)
{
	lcq_push_slice(L, key);
	lua_setfield(L, -2, "key");
	cq_table_print_key(t, key, lcq_tmp(L));
	lcq_push_tmp(L);
	lua_setfield(L, -2, "key_text");
}

/* ---- index ---- */

static int index_next(lua_State *L)
{
	struct walk *w = lcq_check(L, 1, &lcq_walk_class);
	struct cq_error err = {0};
	struct cq_position pos;
	int rc;

	if (w->over)
		return 0;
	luaL_argcheck(L, !w->table->closed, 1, "this SSTable is closed");
	lcq_tick(L);
	rc = cq_lookup_next(w->lookup, &w->at, &pos, &err);
	if (rc != CQ_OK) {
		w->over = true;
		raise_unless(L, rc, &err);
		return 0;
	}
	lua_createtable(L, 0, 5);
	set_key(L, w->table->t, pos.key);
	set_integer(L, "data_off", pos.data_off);
	set_integer(L, "index_off", pos.index_off);
	if (w->table->t->desc.format == CQ_SST_BTI && pos.rows_off != CQ_NO_OFFSET)
		set_integer(L, "rows_off", pos.rows_off);
	return 1;
}

int lcq_sst_index(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);

	lua_pushcfunction(L, index_next);
	open_lookup(L, push_walk(L, table, WALK_COST));
	return 2;
}

static void set_prefix(lua_State *L, const char *name, const struct cq_table *t, const struct cq_prefix *p)
{
	lua_createtable(L, (int)p->n, 1);
	for (uint32_t i = 0; i < p->n; i++) {
		if (i < t->ctx.nclustering)
			lcq_push_value(L, t->ctx.clustering[i], p->values[i]);
		else
			lcq_push_slice(L, p->values[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_pushstring(L, cq_bound_kind_name(p->kind));
	lua_setfield(L, -2, "kind");
	lua_setfield(L, -2, name);
}

static void push_block(lua_State *L, const struct walk *w, const struct cq_index_block *b, uint64_t partition)
{
	const struct cq_table *t = w->table->t;

	lua_createtable(L, 0, 10);
	set_integer(L, "index", b->index);
	set_integer(L, "off", b->off);
	set_integer(L, "len", b->len);
	set_integer(L, "start", b->start);
	set_integer(L, "data_off", partition + b->start);
	lcq_push_deletion(L, b->open);
	lua_setfield(L, -2, "open");
	if (t->desc.format == CQ_SST_BTI) {
		lcq_push_slice(L, b->separator);
		lua_setfield(L, -2, "separator");
	} else {
		set_integer(L, "width", b->width);
		set_prefix(L, "first", t, &b->first);
		set_prefix(L, "last", t, &b->last);
	}
}

int lcq_sst_blocks(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	struct walk *w = push_walk(L, table, 2 * WALK_COST);
	struct cq_index_entry e = {0};
	struct cq_index_rows rows;
	struct cq_index_block b;
	struct cq_error err = {0};
	struct cq_position pos;
	struct cq_token token;
	cq_slice key = key_arg(L, 2, w);
	int rc;

	open_lookup(L, w);
	rc = cq_lookup_key(w->lookup, key, &pos, &err);
	if (raise_unless(L, rc, &err) == CQ_NOT_FOUND)
		return 0;
	cq_token(&table->t->partitioner, key, &token);
	rc = cq_index_open(&w->index, table->t, &err);
	if (rc == CQ_OK && table->t->desc.format == CQ_SST_BTI)
		rc = cq_key_comparable(&table->t->partitioner, &token, key, 0x38, &w->comparable, &err);
	if (rc == CQ_OK)
		rc = cq_index_seek(w->index, pos.index_off, cq_buf_bytes(&w->comparable), &err);
	if (rc == CQ_OK)
		rc = cq_index_next(w->index, &e, &err);
	raise_unless(L, rc, &err);
	lua_newtable(L);
	if (rc != CQ_OK || !e.wide)
		return 1;
	raise_unless(L, cq_index_rows(w->index, &e, &rows, &err), &err);
	for (lua_Integer n = 0; (rc = cq_index_block(w->index, &b, &err)) == CQ_OK;) {
		lcq_tick(L);
		if (b.end)
			continue;
		push_block(L, w, &b, pos.data_off);
		lua_rawseti(L, -2, ++n);
	}
	raise_unless(L, rc, &err);
	return 1;
}

int lcq_sst_filter(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	struct walk *w = push_walk(L, table, WALK_COST);
	struct cq_error err = {0};
	cq_slice key = key_arg(L, 2, w);
	int rc;

	if (!table->t->component[CQ_C_FILTER])
		return 0;
	open_lookup(L, w);
	rc = cq_lookup_filter(w->lookup, key, &err);
	raise_unless(L, rc, &err);
	lua_pushboolean(L, rc);
	return 1;
}

int lcq_sst_token(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	struct walk *w = push_walk(L, table, 0);

	lcq_push_token(L, table->t, key_arg(L, 2, w));
	return 1;
}

/* ---- bytes ---- */

static uint64_t off_arg(lua_State *L, int arg)
{
	lua_Integer n = luaL_checkinteger(L, arg);

	luaL_argcheck(L, n >= 0, arg, "an offset, not a negative number");
	return (uint64_t)n;
}

/* How many bytes to give: what was asked for, as far as there are as many. Sets off to the end when it is behind it. */
static size_t clip(lua_State *L, int arg, uint64_t *off, uint64_t size)
{
	uint64_t left = *off < size ? size - *off : 0, n = lua_isnoneornil(L, arg) ? left : off_arg(L, arg);

	n = n < left ? n : left;
	luaL_argcheck(L, n < (uint64_t)1 << 47, arg, "too many bytes for a string");
	return (size_t)n;
}

static int push_raw(lua_State *L, struct lcq_table *table, const struct cq_space *s, uint64_t off, size_t n)
{
	struct cq_error err = {0};
	luaL_Buffer b;
	char *p = luaL_buffinitsize(L, &b, n);

	for (size_t at = 0; at < n;) {
		size_t k = n - at < PIECE ? n - at : PIECE;

		lcq_tick(L);
		if (table->closed)             /* by a trusted script's finalizer */
			return luaL_error(L, "this SSTable is closed");
		raise_unless(L, cq_space_read(s, off + at, p + at, k, &err), &err);
		at += k;
	}
	luaL_pushresultsize(&b, n);
	return 1;
}

int lcq_sst_raw(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	enum cq_component kind = cq_component_of(lcq_check_slice(L, 2));
	const struct cq_space *s = kind < CQ_C_KINDS ? table->t->component[kind] : NULL;
	uint64_t off = lua_isnoneornil(L, 3) ? 0 : off_arg(L, 3);

	luaL_argcheck(L, s != NULL, 2, "the table has no such component");
	return push_raw(L, table, s, off, clip(L, 4, &off, s->size));
}

int lcq_sst_stream(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	const struct cq_stream *s = &table->t->stream;
	uint64_t off = off_arg(L, 2);
	size_t n = clip(L, 3, &off, s->len);
	struct walk *w = push_walk(L, table, WALK_COST + (s->chunks ? 4 * (size_t)s->chunks->chunk_len : 0));
	struct cq_error err = {0};
	luaL_Buffer b;
	char *p;

	cq_window_init(&w->window, s, off + n);
	w->has_window = true;
	w->window.no_checksums = table->t->no_checksums;
	cq_window_seek(&w->window, off);
	p = luaL_buffinitsize(L, &b, n);
	for (size_t at = 0; at < n;) {
		int rc = cq_window_need(&w->window, 1, &err);
		size_t k = w->window.len < n - at ? w->window.len : n - at;

		lcq_tick(L);
		raise_unless(L, rc, &err);
		if (rc != CQ_OK)
			return luaL_error(L, "the data ends before it should");
		memcpy(p + at, w->window.bytes, k);
		cq_window_skip(&w->window, k);
		at += k;
	}
	luaL_pushresultsize(&b, n);
	return 1;
}

/* ---- chunks ---- */

struct chunk {
	struct lcq_table *table;
	uint64_t index;
};

static int chunk_gc(lua_State *L)
{
	struct chunk *c = lcq_check(L, 1, &lcq_chunk_class);

	lcq_table_release(c->table);
	c->table = NULL;
	return 0;
}

static const struct chunk *check_chunk(lua_State *L, int arg, struct cq_span *span)
{
	const struct chunk *c = lcq_check(L, arg, &lcq_chunk_class);
	struct cq_error err = {0};

	luaL_argcheck(L, c->table && !c->table->closed, arg, "this SSTable is closed");
	if (span)
		raise_unless(L, cq_chunk_at(&c->table->t->chunks, c->index, c->table->t->stream.raw->size, span, &err), &err);
	return c;
}

static void push_chunk(lua_State *L, struct lcq_table *table, uint64_t index)
{
	struct chunk *c = lcq_new(L, &lcq_chunk_class, sizeof *c, 0);

	c->table = table;
	table->refs++;
	c->index = index;
}

static int chunks_next(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	uint64_t next = lua_isnoneornil(L, 2) ? 0 : check_chunk(L, 2, NULL)->index + 1;

	if (!table->t->stream.chunks || next >= table->t->chunks.count)
		return 0;
	push_chunk(L, table, next);
	return 1;
}

int lcq_sst_chunks(lua_State *L)
{
	lcq_check_table(L, 1);
	lua_settop(L, 1);
	lua_pushcfunction(L, chunks_next);
	lua_insert(L, 1);
	return 2;
}

static int place(lua_State *L, bool to_raw)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	uint64_t off = off_arg(L, 2);
	struct cq_chunk_place p;
	struct cq_error err = {0};
	int rc = to_raw ? cq_table_to_raw(table->t, off, &p, &err) : cq_table_to_stream(table->t, off, &p, &err);

	if (raise_unless(L, rc, &err) != CQ_OK)
		return 0;
	push_chunk(L, table, p.index);
	if (p.stored_raw) {
		uint64_t from = to_raw ? p.off : p.raw.off, to = to_raw ? p.raw.off : p.off;

		if (to_raw || off - from < p.len) {
			lua_pushinteger(L, (lua_Integer)(to + (off - from)));
			return 2;
		}
	}
	return 1;
}

int lcq_sst_to_raw(lua_State *L)
{
	return place(L, true);
}

int lcq_sst_to_stream(lua_State *L)
{
	return place(L, false);
}

static int k_index(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check_chunk(L, 1, NULL)->index);
	return 1;
}

static int k_raw_off(lua_State *L)
{
	struct cq_span s;

	check_chunk(L, 1, &s);
	lua_pushinteger(L, (lua_Integer)s.off);
	return 1;
}

static int k_raw_len(lua_State *L)
{
	struct cq_span s;

	check_chunk(L, 1, &s);
	lua_pushinteger(L, (lua_Integer)s.len);
	return 1;
}

static int k_off(lua_State *L)
{
	const struct chunk *c = check_chunk(L, 1, NULL);

	lua_pushinteger(L, (lua_Integer)(c->index * c->table->t->chunks.chunk_len));
	return 1;
}

static int k_len(lua_State *L)
{
	const struct chunk *c = check_chunk(L, 1, NULL);

	lua_pushinteger(L, cq_chunk_data_len(&c->table->t->chunks, c->index));
	return 1;
}

static int k_stored_raw(lua_State *L)
{
	struct cq_span s;
	const struct chunk *c = check_chunk(L, 1, &s);

	lua_pushboolean(L, cq_chunk_is_raw(&c->table->t->chunks, s.len));
	return 1;
}

static int k_ok(lua_State *L)
{
	struct cq_span s;
	const struct chunk *c = check_chunk(L, 1, &s);
	const struct cq_space *raw = c->table->t->stream.raw;
	struct cq_error err = {0};
	uint8_t buf[4096];
	uint32_t crc = 0;

	for (uint64_t at = 0; at < s.len;) {
		size_t k = s.len - at < sizeof buf ? (size_t)(s.len - at) : sizeof buf;

		lcq_tick(L);
		raise_unless(L, cq_space_read(raw, s.off + at, buf, k, &err), &err);
		crc = cq_crc32(crc, buf, k);
		at += k;
	}
	raise_unless(L, cq_space_read(raw, s.off + s.len, buf, 4, &err), &err);
	lua_pushboolean(L, cq_be32(buf) == crc);
	lua_pushinteger(L, cq_be32(buf));
	lua_pushinteger(L, crc);
	return 3;
}

static int k_raw(lua_State *L)
{
	struct cq_span s;
	const struct chunk *c = check_chunk(L, 1, &s);

	return push_raw(L, c->table, c->table->t->stream.raw, s.off, (size_t)s.len);
}

static const struct lcq_member chunk_members[] = {
	{ "index", k_index, "integer", "Which one, from 0.", NULL },
	{ "raw_off", k_raw_off, "integer", "Where it begins in Data.db as stored.", NULL },
	{ "raw_len", k_raw_len, "integer", "Its stored bytes, without the 4 of the checksum behind them.", NULL },
	{ "off", k_off, "integer", "Of its first byte in the decompressed stream.", NULL },
	{ "len", k_len, "integer", "Its decompressed bytes.", NULL },
	{ "stored_raw", k_stored_raw, "boolean", "It is not compressed, because that gained too little.", NULL },
	{ "ok", k_ok, "() -> ok: boolean, stored: integer, computed: integer", "Compare its checksum, now.", NULL },
	{ "raw", k_raw, "() -> string", "Its stored bytes.", NULL },
	{ 0 },
};

static const luaL_Reg chunk_meta[] = { { "__gc", chunk_gc }, { NULL, NULL } };

const struct lcq_class lcq_chunk_class = { .name = "cq.chunk", .about = "A chunk of a compressed Data.db.", .members = chunk_members,
	.meta = chunk_meta };

/* ---- findings of opening ---- */

int lcq_sst_findings(lua_State *L)
{
	const struct cq_table *t = lcq_check_table(L, 1)->t;
	lua_Integer n = 0;

	lua_newtable(L);
	for (const struct cq_finding *f = t->findings.first; f; f = f->next) {
		lua_createtable(L, 0, 8);
		lua_pushstring(L, f->id);
		lua_setfield(L, -2, "id");
		lua_pushstring(L, cq_severity_name(f->severity));
		lua_setfield(L, -2, "severity");
		lua_pushstring(L, f->file);
		lua_setfield(L, -2, "file");
		lua_pushstring(L, f->message);
		lua_setfield(L, -2, "message");
		if (f->off != CQ_NO_OFFSET) {
			lua_pushstring(L, cq_space_kind_name(f->space));
			lua_setfield(L, -2, "space");
			set_integer(L, "off", f->off);
			set_integer(L, "len", f->len);
		}
		if (f->field) {
			lua_pushstring(L, cq_field_info(f->field)->id);
			lua_setfield(L, -2, "field");
		}
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

/* lcq_sst - an SSTable as a script sees it. */
#include "lcq_priv.h"

#include <stdlib.h>

void lcq_table_release(struct lcq_table *t)
{
	if (t && --t->refs == 0) {
		cq_table_close(t->t);
		free(t->path);
		free(t);
	}
}

struct lcq_table *lcq_check_table(lua_State *L, int arg)
{
	struct lcq_sst *s = lcq_check(L, arg, &lcq_sst_class);

	luaL_argcheck(L, s->table && !s->table->closed, arg, "this SSTable is closed");
	return s->table;
}

void lcq_push_sst(lua_State *L, struct lcq_table *t)
{
	struct lcq_sst *s = lcq_new(L, &lcq_sst_class, sizeof *s, 0);

	s->table = t;
}

static int sst_gc(lua_State *L)
{
	struct lcq_sst *s = lcq_check(L, 1, &lcq_sst_class);

	lcq_table_release(s->table);
	s->table = NULL;
	lcq_discharge(lcq_of(L), s->charged);
	s->charged = 0;
	return 0;
}

static int sst_close(lua_State *L)
{
	struct lcq_sst *s = lcq_check(L, 1, &lcq_sst_class);

	if (s->table)
		s->table->closed = true;
	return sst_gc(L);
}

static int sst_tostring(lua_State *L)
{
	struct lcq_sst *s = lcq_check(L, 1, &lcq_sst_class);

	if (!s->table || s->table->closed)
		lua_pushliteral(L, "cq.sst: closed");
	else
		lua_pushfstring(L, "cq.sst: %s", s->table->path);
	return 1;
}

enum { TABLE_COST = 64 << 10 };            /* of an open one, beside what it read: files, maps, what is allocated piecemeal */

static size_t table_cost(const struct cq_table *t)
{
	return TABLE_COST + t->arena.used + (t->component[CQ_C_COMPRESSION_INFO] ? (size_t)t->component[CQ_C_COMPRESSION_INFO]->size : 0);
}

/* Open one: the handle first, so that nothing is lost when something raises. */
static void open_sst(lua_State *L, const char *path)
{
	struct lcq_sst *s = lcq_new(L, &lcq_sst_class, sizeof *s, 0);
	struct lcq *l = lcq_of(L);
	struct cq_error err = {0};
	lua_State *before;
	int rc;

	s->table = calloc(1, sizeof *s->table);
	if (s->table) {
		s->table->refs = 1;
		s->table->path = strdup(path);
	}
	if (!s->table || !s->table->path)
		luaL_error(L, "out of memory for %s", path);
	lcq_charge(L, TABLE_COST);
	s->charged = TABLE_COST;
	lcq_tick(L);
	for (int round = 0;; round++) {
		before = lcq_begin(L);
		rc = l->opt.open ? l->opt.open(l->opt.arg, path, &s->table->t, &err) : cq_table_open(&s->table->t, path, NULL, &err);
		lcq_end(L, before);
		if (rc != CQ_EIO || round)
			break;
		lua_gc(L, LUA_GCCOLLECT);          /* those that nobody holds any more may have all the files that one may open */
	}
	if (rc == CQ_OK) {
		size_t cost = table_cost(s->table->t);

		lcq_charge(L, cost - TABLE_COST);
		s->charged = cost;
		return;
	}
	lcq_table_release(s->table);
	s->table = NULL;
	lcq_raise(L, &err);
}

void lcq_push_opened(lua_State *L, const char *path)
{
	open_sst(L, path);
}

/* ---- cq.tables, cq.open ---- */

static int tables_next(lua_State *L)
{
	struct lcq_given **at = lua_touserdata(L, lua_upvalueindex(1)), *g = *at;

	if (!g)
		return 0;
	*at = g->next;
	open_sst(L, g->path);
	return 1;
}

int lcq_tables(lua_State *L)
{
	struct lcq_given **at = lua_newuserdatauv(L, sizeof *at, 0);

	*at = lcq_of(L)->given;
	lua_pushcclosure(L, tables_next, 1);
	return 1;
}

int lcq_paths(lua_State *L)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (struct lcq_given *g = lcq_of(L)->given; g; g = g->next) {
		lua_pushstring(L, g->path);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

/* Only what was given, unless the script is trusted. */
int lcq_open_path(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	bool given = lcq_of(L)->opt.trust;

	for (struct lcq_given *g = lcq_of(L)->given; g && !given; g = g->next)
		given = strcmp(g->path, path) == 0;
	luaL_argcheck(L, given, 1, "not one of cq.paths(): only a trusted script opens others");
	open_sst(L, path);
	return 1;
}

/* ---- fields ---- */

static const struct cq_table *table(lua_State *L)
{
	return lcq_check_table(L, 1)->t;
}

static int l_path(lua_State *L)
{
	lua_pushstring(L, lcq_check_table(L, 1)->path);
	return 1;
}

static int l_base(lua_State *L)
{
	lcq_push_slice(L, table(L)->desc.base);
	return 1;
}

static int l_version(lua_State *L)
{
	lcq_push_slice(L, table(L)->desc.version);
	return 1;
}

static int l_format(lua_State *L)
{
	lua_pushstring(L, table(L)->desc.format == CQ_SST_BTI ? "bti" : "big");
	return 1;
}

static int l_keyspace(lua_State *L)
{
	const struct cq_table *t = table(L);

	lcq_push_slice(L, t->schema && t->schema->keyspace.p ? t->schema->keyspace : t->desc.place.keyspace);
	return 1;
}

static int l_table(lua_State *L)
{
	const struct cq_table *t = table(L);

	lcq_push_slice(L, t->schema && t->schema->table.p ? t->schema->table : t->desc.place.table);
	return 1;
}

static int l_partitioner(lua_State *L)
{
	lcq_push_slice(L, table(L)->partitioner.class_name);
	return 1;
}

static int l_data_length(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)table(L)->stream.len);
	return 1;
}

static const struct lcq_member members[] = {
	{ "path", l_path, "string", "The file it was opened by.", NULL },
	{ "base", l_base, "string", "What the names of its files begin with.", "assert(sst.path:find(sst.base, 1, true))" },
	{ "version", l_version, "string", "Version of the format: \"nb\".", NULL },
	{ "format", l_format, "string", "\"big\" or \"bti\".", NULL },
	{ "keyspace", l_keyspace, "string?", "Keyspace, from the schema or the folder's name; nil when neither says.", NULL },
	{ "table", l_table, "string?", "Table, as keyspace.", NULL },
	{ "partitioner", l_partitioner, "string", "Class name of the partitioner.", NULL },
	{ "data_length", l_data_length, "integer", "Bytes of Data.db, decompressed.", NULL },
	{ "partitions", lcq_sst_partitions, "(options?: table) -> fun(): cq.partition",
	  "Partitions in the order of the table. Options: tokens = {start, end} (start exclusive, end inclusive; numbers or text, nil for open), "
	  "lenient = true (read around damage; what was skipped goes to skipped(span), a function, with off, len, why, keys_lost), "
	  "cells = false (rows come without cells). Damage is an error that names file and offset, unless lenient.",
	  "for part in sst:partitions() do\n\tprint(part.key)\n\tbreak\nend" },
	{ "partition", lcq_sst_partition, "(key: string|table) -> cq.partition?",
	  "The partition with this key, through filter and index. The key is text as cqlite prints it, parts joined by ':', "
	  "or {raw = its bytes}. nil when there is none.",
	  "local first\nfor part in sst:partitions() do first = part.key_text break end\nassert(sst:partition(first).key_text == first)" },
	{ "doc", lcq_sst_doc, "() -> cq.doc", "The table as a tree of fields: every byte of every component.",
	  "print(sst:doc():get(\"Data.db/partitions[0]\").path)" },
	{ "slice", lcq_sst_slice, "(key: string|table, options?: table) -> cq.partition?",
	  "A partition between two clusterings, through its row index. Options: start, finish = {values}, as many as are known of the "
	  "clustering columns, in the table's order, both inclusive; start_exclusive, finish_exclusive = true; reversed = true (rows from "
	  "the last to the first). A range tombstone that reaches into the slice begins and ends with it.",
	  "for p in sst:partitions() do\n\tlocal all = sst:slice(p.key_text, { reversed = true })\n\t"
	  "for r in all:rows() do print(r.off) end\n\tbreak\nend" },
	{ "token", lcq_sst_token, "(key: string|table) -> integer|string", "The token of a key given as text, whether or not the table has it.", NULL },
	{ "stats", lcq_sst_stats, "table",
	  "Statistics.db as a new table: partitioner, bloom_filter_fp_chance, estimated_cardinality, min_timestamp, max_timestamp, "
	  "min_local_deletion_time, max_local_deletion_time, min_ttl, max_ttl, compression_ratio, tombstone_drop_times ({point, count}, "
	  "max_bins), level, repaired_at, pending_repair, is_transient, originating_host_id, commit_log_lower, commit_log_upper, "
	  "commit_log_intervals, total_columns_set, total_rows, has_legacy_counter_shards, has_partition_deletions, first_key, last_key, "
	  "token_space_coverage, min_clustering_values, max_clustering_values, covered_clusterings {start, finish, types}, header, and the "
	  "histograms partition_sizes and cells_per_partition. What the version does not have, or says is none, is nil.",
	  "local s = sst.stats\nprint(s.total_rows, s.partition_sizes.max)" },
	{ "schema", lcq_sst_schema, "table",
	  "What is known of the schema: keyspace, table, id, the columns partition, clustering, static, regular ({name, type, reversed}), "
	  "dropped ({name, type, time, static}), options; guessed_names when no schema.cql named the key columns.",
	  "for _, c in ipairs(sst.schema.regular) do print(c.name, c.type) end" },
	{ "schema_cql", lcq_sst_schema_cql, "string", "The same as CREATE TABLE.", NULL },
	{ "components", lcq_sst_components, "table[]", "Its files: {name, bytes, path}.",
	  "for _, c in ipairs(sst.components) do print(c.name, c.bytes) end" },
	{ "findings", lcq_sst_findings, "table[]",
	  "What was found wrong while opening it: {id, severity, file, message, space, off, len, field}. cq.check looks at everything.", NULL },
	{ "chunks", lcq_sst_chunks, "() -> fun(): cq.chunk", "The chunks of a compressed Data.db; none of one that is not.",
	  "for c in sst:chunks() do assert(c:ok()) end" },
	{ "index", lcq_sst_index, "() -> fun(): table", "Every partition by the index: {key, key_text, data_off, index_off, rows_off}.",
	  "for e in sst:index() do print(e.key_text, e.data_off) end" },
	{ "blocks", lcq_sst_blocks, "(key: string|table) -> table[]?",
	  "The row index of a partition: {index, off and len of its description, start from the partition's start, data_off, open (the "
	  "range deletion open at its end; in a trie before its start)}, and first, last, width or, in a trie, separator. Empty "
	  "when it has none, nil when there is no such partition.", NULL },
	{ "filter", lcq_sst_filter, "(key: string|table) -> boolean?", "What the Bloom filter says of a key: may be there, or not. nil without a filter.", NULL },
	{ "summary", lcq_sst_summary, "() -> table[]?", "The entries of Summary.db: {key, key_text, index_off}. nil when there is none.", NULL },
	{ "raw", lcq_sst_raw, "(component: string, off?: integer, len?: integer) -> string",
	  "Bytes of a file as stored, as far as there are any. Without len all to its end.", "assert(#sst:raw(\"Data.db\", 0, 4) == 4)" },
	{ "stream", lcq_sst_stream, "(off: integer, len?: integer) -> string", "Bytes of Data.db, decompressed.",
	  "assert(#sst:stream(0) == sst.data_length)" },
	{ "to_raw", lcq_sst_to_raw, "(off: integer) -> cq.chunk?, integer?",
	  "The chunk that holds a byte of the decompressed stream and, when it is stored as it is, where in Data.db. nil when Data.db is not "
	  "compressed or ends before.", NULL },
	{ "to_stream", lcq_sst_to_stream, "(raw_off: integer) -> cq.chunk?, integer?", "The inverse, for a byte of Data.db as stored.", NULL },
	{ "close", sst_close, "()", "Close it now instead of at collection. Everything got from it is closed, too.", NULL },
	{ 0 },
};

static const luaL_Reg meta[] = { { "__gc", sst_gc }, { "__close", sst_close }, { "__tostring", sst_tostring }, { NULL, NULL } };

const struct lcq_class lcq_sst_class = { .name = "cq.sst", .about = "An open SSTable.", .members = members, .meta = meta };

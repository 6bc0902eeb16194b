/* lcq_stats - Statistics.db and the schema as tables. */
#include "lcq_priv.h"

#include <math.h>

#include "cq_format.h"

/* ---- histograms ---- */

struct histogram {
	struct lcq_table *table;
	const struct cq_histogram *h;
};

static int histogram_gc(lua_State *L)
{
	struct histogram *p = lcq_check(L, 1, &lcq_histogram_class);

	lcq_table_release(p->table);
	p->table = NULL;
	return 0;
}

static const struct cq_histogram *check_histogram(lua_State *L)
{
	const struct histogram *p = lcq_check(L, 1, &lcq_histogram_class);

	luaL_argcheck(L, p->table && !p->table->closed, 1, "this SSTable is closed");
	return p->h;
}

static int h_percentile(lua_State *L)
{
	const struct cq_histogram *h = check_histogram(L);
	double p = luaL_checknumber(L, 2);

	luaL_argcheck(L, p >= 0 && p <= 1, 2, "a part of all, from 0 to 1");
	lua_pushinteger(L, cq_histogram_percentile(h, p));
	return 1;
}

static int h_mean(lua_State *L)
{
	lua_pushinteger(L, cq_histogram_mean(check_histogram(L)));
	return 1;
}

static int h_min(lua_State *L)
{
	lua_pushinteger(L, cq_histogram_min(check_histogram(L)));
	return 1;
}

static int h_max(lua_State *L)
{
	lua_pushinteger(L, cq_histogram_max(check_histogram(L)));
	return 1;
}

static int h_total(lua_State *L)
{
	lua_pushinteger(L, cq_histogram_total(check_histogram(L)));
	return 1;
}

static int h_overflow(lua_State *L)
{
	const struct cq_histogram *h = check_histogram(L);

	lua_pushinteger(L, h->n ? h->counts[h->n - 1] : 0);
	return 1;
}

static int h_buckets(lua_State *L)
{
	const struct cq_histogram *h = check_histogram(L);

	lua_newtable(L);
	for (size_t i = 0; i < h->n; i++) {
		lua_createtable(L, 0, 2);
		lua_pushinteger(L, h->offsets[i]);
		lua_setfield(L, -2, "above");
		lua_pushinteger(L, h->counts[i]);
		lua_setfield(L, -2, "count");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static const struct lcq_member histogram_members[] = {
	{ "percentile", h_percentile, "(p: number) -> integer", "A value that p of all (0 to 1) are not above: the bound of a bucket.",
	  "print(sst.stats.partition_sizes:percentile(0.99))" },
	{ "mean", h_mean, "integer", "Their mean, rounded up, by the bounds of buckets.", NULL },
	{ "min", h_min, "integer", "The lowest, by the bounds of buckets.", NULL },
	{ "max", h_max, "integer", "The highest; the largest integer when some are above every bucket.", NULL },
	{ "total", h_total, "integer", "How many values.", NULL },
	{ "overflow", h_overflow, "integer", "How many values are above every bucket.", NULL },
	{ "buckets", h_buckets, "table[]",
	  "{above, count} as stored: how many values are above one bound and not above the next. "
	  "The first begins where the second does, the last has no end.", NULL },
	{ 0 },
};

static const luaL_Reg histogram_meta[] = { { "__gc", histogram_gc }, { NULL, NULL } };

const struct lcq_class lcq_histogram_class = { .name = "cq.histogram", .members = histogram_members, .meta = histogram_meta,
	.about = "A histogram of Statistics.db. What it says follows Cassandra's own rules." };

static void set_histogram(lua_State *L, const char *name, struct lcq_table *table, const struct cq_histogram *h)
{
	struct histogram *p = lcq_new(L, &lcq_histogram_class, sizeof *p, 0);

	p->table = table;
	table->refs++;
	p->h = h;
	lua_setfield(L, -2, name);
}

/* ---- fields of a table on the stack's top ---- */

static void set_integer(lua_State *L, const char *name, int64_t v)
{
	lua_pushinteger(L, v);
	lua_setfield(L, -2, name);
}

static void set_integer_or_none(lua_State *L, const char *name, int64_t v, int64_t none)
{
	if (v != none)
		set_integer(L, name, v);
}

static void set_number(lua_State *L, const char *name, double v)
{
	lua_pushnumber(L, v);
	lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool v)
{
	lua_pushboolean(L, v);
	lua_setfield(L, -2, name);
}

static void set_slice(lua_State *L, const char *name, cq_slice s)
{
	lcq_push_slice(L, s);
	lua_setfield(L, -2, name);
}

static void set_uuid(lua_State *L, const char *name, cq_slice v)
{
	if (v.p)
		lcq_push_value(L, cq_type_simple(CQ_T_UUID), v);
	else
		lua_pushnil(L);
	lua_setfield(L, -2, name);
}

static void set_key(lua_State *L, const char *name, const struct cq_table *t, cq_slice key)
{
	cq_table_print_key(t, key, lcq_tmp(L));
	lcq_push_tmp(L);
	lua_setfield(L, -2, name);
}

static void push_values(lua_State *L, const struct cq_table *t, const cq_slice *v, size_t n)
{
	lua_newtable(L);
	for (size_t i = 0; i < n; i++) {
		if (i < t->stats.nclustering)
			lcq_push_value(L, t->stats.clustering_types[i], v[i]);
		else
			lcq_push_slice(L, v[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void set_bound(lua_State *L, const char *name, const struct cq_table *t, const struct cq_prefix *p)
{
	push_values(L, t, p->values, p->n);
	lua_pushstring(L, cq_bound_kind_name(p->kind));
	lua_setfield(L, -2, "kind");
	lua_setfield(L, -2, name);
}

static void push_position(lua_State *L, struct cq_commitlog_position p)
{
	lua_createtable(L, 0, 2);
	set_integer(L, "segment", p.segment);
	set_integer(L, "position", p.position);
}

static void set_commit_log(lua_State *L, const struct cq_statistics *s)
{
	push_position(L, s->commitlog_upper);
	lua_setfield(L, -2, "commit_log_upper");
	if (s->has & CQ_HAS_COMMITLOG_LOWER) {
		push_position(L, s->commitlog_lower);
		lua_setfield(L, -2, "commit_log_lower");
	}
	if (!(s->has & CQ_HAS_COMMITLOG_INTERVALS))
		return;
	lua_newtable(L);
	for (size_t i = 0; i < s->nintervals; i++) {
		lua_createtable(L, 0, 2);
		push_position(L, s->intervals[i].start);
		lua_setfield(L, -2, "start");
		push_position(L, s->intervals[i].end);
		lua_setfield(L, -2, "finish");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "commit_log_intervals");
}

static void set_drops(lua_State *L, const struct cq_statistics *s)
{
	lua_newtable(L);
	for (size_t i = 0; i < s->ndrop_times; i++) {
		double point = s->drop_times[i].point;

		lua_createtable(L, 0, 2);
		if (point == floor(point) && fabs(point) < 0x1p53)
			set_integer(L, "point", (int64_t)point);
		else
			set_number(L, "point", point);
		set_integer(L, "count", s->drop_times[i].count);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	set_integer(L, "max_bins", s->drop_time_bins);
	lua_setfield(L, -2, "tombstone_drop_times");
}

static void set_clusterings(lua_State *L, const struct cq_table *t)
{
	const struct cq_statistics *s = &t->stats;

	if (s->has & CQ_HAS_LEGACY_MINMAX) {
		push_values(L, t, s->min_clustering, s->nmin);
		lua_setfield(L, -2, "min_clustering_values");
		push_values(L, t, s->max_clustering, s->nmax);
		lua_setfield(L, -2, "max_clustering_values");
	}
	if (!(s->has & CQ_HAS_COVERED))
		return;
	lua_createtable(L, 0, 3);
	set_bound(L, "start", t, &s->covered_start);
	set_bound(L, "finish", t, &s->covered_end);
	lua_newtable(L);
	for (size_t i = 0; i < s->ncovered_types; i++) {
		lcq_push_slice(L, s->covered_types[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "types");
	lua_setfield(L, -2, "covered_clusterings");
}

static void set_header(lua_State *L, const struct cq_statistics *s)
{
	lua_createtable(L, 0, 4);
	set_integer(L, "min_timestamp", s->header_min_timestamp);
	set_integer(L, "min_local_deletion_time", s->header_min_ldt);
	set_integer(L, "min_ttl", s->header_min_ttl);
	if (s->key_type) {
		cq_type_cql(s->key_type, lcq_tmp(L));
		lcq_push_tmp(L);
		lua_setfield(L, -2, "key_type");
	}
	lua_setfield(L, -2, "header");
}

int lcq_sst_stats(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	const struct cq_table *t = table->t;
	const struct cq_statistics *s = &t->stats;
	int64_t keys;

	lua_createtable(L, 0, 40);
	if (s->has & CQ_HAS_VALIDATION) {
		set_slice(L, "partitioner", s->partitioner);
		set_number(L, "bloom_filter_fp_chance", s->bloom_fp_chance);
	}
	if (s->has & CQ_HAS_COMPACTION && cq_cardinality(s->cardinality, &keys, NULL) == CQ_OK)
		set_integer(L, "estimated_cardinality", keys);
	if (s->has & CQ_HAS_HEADER)
		set_header(L, s);
	if (!(s->has & CQ_HAS_STATS))
		return 1;
	set_histogram(L, "partition_sizes", table, &s->partition_sizes);
	set_histogram(L, "cells_per_partition", table, &s->cells_per_partition);
	set_commit_log(L, s);
	set_integer(L, "min_timestamp", s->min_timestamp);
	set_integer(L, "max_timestamp", s->max_timestamp);
	set_integer_or_none(L, "min_local_deletion_time", s->min_ldt, CQ_NO_LDT);
	set_integer_or_none(L, "max_local_deletion_time", s->max_ldt, CQ_NO_LDT);
	set_integer(L, "min_ttl", s->min_ttl);
	set_integer(L, "max_ttl", s->max_ttl);
	if (s->compression_ratio != -1)
		set_number(L, "compression_ratio", s->compression_ratio);
	set_drops(L, s);
	set_integer(L, "level", s->level);
	set_integer_or_none(L, "repaired_at", s->repaired_at, 0);
	set_clusterings(L, t);
	set_boolean(L, "has_legacy_counter_shards", s->legacy_counter_shards);
	set_integer(L, "total_columns_set", s->total_columns_set);
	set_integer(L, "total_rows", s->total_rows);
	set_uuid(L, "pending_repair", s->pending_repair);
	if (s->has & CQ_HAS_TRANSIENT)
		set_boolean(L, "is_transient", s->is_transient);
	set_uuid(L, "originating_host_id", s->host_id);
	if (s->has & CQ_HAS_PARTITION_DELETIONS)
		set_boolean(L, "has_partition_deletions", s->has_partition_deletions);
	if (s->has & CQ_HAS_KEY_RANGE) {
		set_key(L, "first_key", t, s->first_key);
		set_key(L, "last_key", t, s->last_key);
	}
	if (s->has & CQ_HAS_COVERAGE && s->coverage == s->coverage)
		set_number(L, "token_space_coverage", s->coverage);
	return 1;
}

/* ---- schema ---- */

static void push_type(lua_State *L, const struct cq_type *type)
{
	if (!type) {
		lua_pushnil(L);
		return;
	}
	cq_type_cql(type, lcq_tmp(L));
	lcq_push_tmp(L);
}

static void set_columns(lua_State *L, const char *name, const struct cq_schema_column *c, size_t n)
{
	lua_newtable(L);
	for (size_t i = 0; i < n; i++) {
		lua_createtable(L, 0, 3);
		set_slice(L, "name", c[i].name);
		push_type(L, c[i].type);
		lua_setfield(L, -2, "type");
		set_boolean(L, "reversed", c[i].type && c[i].type->reversed);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, name);
}

static void set_dropped(lua_State *L, const struct cq_schema *s)
{
	lua_newtable(L);
	for (size_t i = 0; i < s->ndropped; i++) {
		lua_createtable(L, 0, 4);
		set_slice(L, "name", s->dropped[i].name);
		push_type(L, s->dropped[i].type);
		lua_setfield(L, -2, "type");
		set_integer_or_none(L, "time", s->dropped[i].time, INT64_MIN);
		set_boolean(L, "static", s->dropped[i].is_static);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "dropped");
}

static const struct cq_schema *schema(lua_State *L)
{
	const struct cq_table *t = lcq_check_table(L, 1)->t;

	luaL_argcheck(L, t->schema != NULL, 1, "its metadata is too damaged for a schema");
	return t->schema;
}

int lcq_sst_schema(lua_State *L)
{
	const struct cq_schema *s = schema(L);

	lua_createtable(L, 0, 20);
	set_slice(L, "keyspace", s->keyspace);
	set_slice(L, "table", s->table);
	if (s->has_id)
		set_uuid(L, "id", cq_slice_of(s->id, sizeof s->id));
	set_columns(L, "partition", s->partition, s->npartition);
	set_columns(L, "clustering", s->clustering, s->nclustering);
	set_columns(L, "static", s->statics, s->nstatic);
	set_columns(L, "regular", s->regulars, s->nregular);
	set_dropped(L, s);
	set_boolean(L, "guessed_names", s->guessed_names);
	set_boolean(L, "compact", s->compact);
	set_boolean(L, "view", s->is_view);
	if (s->bloom_fp_chance >= 0)
		set_number(L, "bloom_filter_fp_chance", s->bloom_fp_chance);
	set_integer_or_none(L, "gc_grace_seconds", s->gc_grace_seconds, -1);
	set_integer_or_none(L, "min_index_interval", s->min_index_interval, -1);
	set_integer_or_none(L, "default_time_to_live", s->default_ttl, -1);
	return 1;
}

int lcq_sst_schema_cql(lua_State *L)
{
	cq_schema_print(schema(L), lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

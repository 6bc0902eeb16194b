/* lcq_scan - the event stream as iterators: partitions, their rows and markers. What rows and cells say is in lcq_event.c. */
#include "lcq_priv.h"

#include <stdlib.h>

#include "cq_lenient.h"

enum { SOURCE_COST = 512 << 10 };          /* bytes that a scan and a look-up hold beside what Lua sees: windows, pages */

struct lcq_span {
	struct cq_skipped s;
	struct lcq_span *next;
};

/* ---- sources ---- */

static void forget_spans(struct lcq_source *s)
{
	struct lcq_span *p;

	while ((p = s->skipped)) {
		s->skipped = p->next;
		free(p);
	}
	s->skipped_tail = &s->skipped;
}

static int source_gc(lua_State *L)
{
	struct lcq_source *s = lcq_check(L, 1, &lcq_source_class);

	cq_scan_close(s->scan);
	cq_lookup_close(s->lookup);
	cq_lenient_close(s->lenient);
	cq_arena_finish(&s->arena);
	forget_spans(s);
	lcq_table_release(s->table);
	lcq_discharge(lcq_of(L), s->charged);
	*s = (struct lcq_source){ .over = CQ_END };
	return 0;
}

struct lcq_source *lcq_push_source(lua_State *L, const struct cq_table *t, struct lcq_table *table)
{
	struct lcq_source *s = lcq_new(L, &lcq_source_class, sizeof *s, 1);

	s->t = t;
	s->skipped_tail = &s->skipped;
	if (table) {
		s->table = table;
		table->refs++;
	}
	return s;
}

void lcq_source_set(struct lcq_source *s, const struct cq_event *ev)
{
	s->generation++;
	if (!ev) {
		s->partition_generation = 0;
		s->ev = (struct cq_event){0};
		return;
	}
	if (!s->partition_generation || ev->kind == CQ_EV_PARTITION)
		s->partition_generation = s->generation;
	s->ev = *ev;
}

void lcq_push_event(lua_State *L, int source)
{
	struct lcq_source *s = lua_touserdata(L, source);
	bool partition = s->ev.kind == CQ_EV_PARTITION;
	struct lcq_event *h;

	source = lua_absindex(L, source);
	h = lcq_new(L, partition ? &lcq_partition_class : &lcq_row_class, sizeof *h, 1);
	h->s = s;
	h->generation = partition ? s->partition_generation : s->generation;
	lua_pushvalue(L, source);
	lua_setiuservalue(L, -2, 1);
}

/* The next event of a source's own scan: true, or false at its end. Raises for damage. */
static bool advance(lua_State *L, struct lcq_source *s)
{
	struct cq_error err = {0};
	struct cq_event ev;
	int rc;

	if (s->table && s->table->closed)
		luaL_error(L, "this SSTable is closed");
	if (s->over == CQ_END)
		return false;
	rc = s->lenient ? cq_lenient_next(s->lenient, &ev, &err) : cq_scan_next(s->scan, &ev, &err);
	if (CQ_LIKELY(rc == CQ_OK)) {
		lcq_source_set(s, &ev);
		if (s->one && ev.kind == CQ_EV_PARTITION_END)
			s->over = CQ_END;
		return true;
	}
	lcq_source_set(s, NULL);
	s->over = CQ_END;
	if (rc != CQ_END)
		lcq_raise(L, &err);
	return false;
}

static void note_skipped(void *arg, const struct cq_skipped *sk)
{
	struct lcq_source *s = arg;
	struct lcq_span *p = calloc(1, sizeof *p);

	if (!p) {
		s->over = CQ_ENOMEM;
		return;
	}
	p->s = *sk;
	p->s.key = (cq_slice){0};
	*s->skipped_tail = p;
	s->skipped_tail = &p->next;
}

/* Tell the function at user value 1 of the source what was skipped. */
static void tell_skipped(lua_State *L, int source, struct lcq_source *s)
{
	struct lcq_span *p;

	if (s->over == CQ_ENOMEM) {
		s->over = CQ_END;
		luaL_error(L, "out of memory");
	}
	while ((p = s->skipped)) {
		struct cq_skipped sk = p->s;
		char line[512];

		s->skipped = p->next;
		if (!s->skipped)
			s->skipped_tail = &s->skipped;
		free(p);
		if (lua_getiuservalue(L, source, 1) != LUA_TFUNCTION) {
			lua_pop(L, 1);
			continue;
		}
		lua_createtable(L, 0, 8);
		lua_pushinteger(L, (lua_Integer)sk.off);
		lua_setfield(L, -2, "off");
		lua_pushinteger(L, (lua_Integer)sk.len);
		lua_setfield(L, -2, "len");
		lua_pushstring(L, cq_error_text(&sk.why, line, sizeof line));
		lua_setfield(L, -2, "why");
		lua_pushinteger(L, (lua_Integer)sk.keys_lost);
		lua_setfield(L, -2, "keys_lost");
		lua_pushinteger(L, (lua_Integer)sk.keys_perhaps);
		lua_setfield(L, -2, "keys_perhaps");
		lua_pushboolean(L, sk.keys_known);
		lua_setfield(L, -2, "keys_known");
		lua_pushboolean(L, sk.resume == CQ_RESUME_GUESS);
		lua_setfield(L, -2, "guess");
		lua_call(L, 1, 0);
	}
}

/* ---- partitions ---- */

/* for part in ...: state is the source. */
static int partitions_next(lua_State *L)
{
	struct lcq_source *s = lcq_check(L, 1, &lcq_source_class);

	lua_settop(L, 1);
	for (;;) {
		struct cq_error err = {0};
		int rc = CQ_OK;

		/* Leaving rows nobody asked for is cheaper than reading them. */
		if (s->scan && !s->table->closed && s->partition_generation && s->ev.kind != CQ_EV_PARTITION_END && !s->one) {
			rc = cq_scan_skip_partition(s->scan, &err);
			if (rc < 0) {
				lcq_source_set(s, NULL);
				s->over = CQ_END;
				return lcq_raise(L, &err);
			}
		}
		s->pending = false;
		if (!advance(L, s)) {
			tell_skipped(L, 1, s);
			return 0;
		}
		if (s->skipped || s->over == CQ_ENOMEM)
			tell_skipped(L, 1, s);
		if (s->ev.kind == CQ_EV_PARTITION)
			break;
	}
	lcq_push_event(L, 1);
	return 1;
}

static bool token_at(lua_State *L, int range, int i, const struct cq_table *t, struct cq_buf *bytes, struct cq_token *out)
{
	struct cq_error err = {0};

	if (lua_rawgeti(L, range, i) == LUA_TNIL)
		return false;
	if (cq_token_parse(&t->partitioner, luaL_tolstring(L, -1, NULL), bytes, out, &err) != CQ_OK)
		lcq_raise(L, &err);
	return true;
}

/* The range in options.tokens; what its tokens borrow lies in the strings of the stack. */
static bool token_range(lua_State *L, const struct cq_table *t, struct cq_token_range *r)
{
	if (!lcq_opt(L, 2, "tokens"))
		return false;
	luaL_argexpected(L, lua_type(L, -1) == LUA_TTABLE, 2, "tokens = {start, end}");
	luaL_argcheck(L, t->partitioner.kind == CQ_P_MURMUR3 || t->partitioner.kind == CQ_P_RANDOM, 2,
		"tokens of this partitioner are keys: ranges of them are not read here");
	r->has_start = token_at(L, lua_gettop(L), 1, t, lcq_tmp(L), &r->start);
	r->has_end = token_at(L, lua_absindex(L, r->has_start ? -3 : -2), 2, t, lcq_tmp(L), &r->end);
	return true;
}

int lcq_sst_partitions(lua_State *L)
{
	static const char *const known[] = { "tokens", "lenient", "skipped", "cells", NULL };
	struct lcq_table *table = lcq_check_table(L, 1);
	const struct cq_table *t = table->t;
	struct cq_token_range range = {0};
	struct cq_scan_options so = {0};
	struct cq_error err = {0};
	struct lcq_source *s;
	bool lenient;
	int rc;

	lua_settop(L, 2);
	lcq_known(L, 2, known);
	if (token_range(L, t, &range))
		so.tokens = &range;
	so.no_cells = lcq_opt(L, 2, "cells") && !lua_toboolean(L, -1);
	lenient = lcq_opt(L, 2, "lenient") && lua_toboolean(L, -1);
	lua_pushcfunction(L, partitions_next);
	s = lcq_push_source(L, t, table);
	lcq_opt(L, 2, "skipped");
	luaL_argexpected(L, lua_isnil(L, -1) || lua_isfunction(L, -1), 2, "skipped = function");
	lua_setiuservalue(L, -2, 1);
	lcq_charge(L, SOURCE_COST);
	s->charged = SOURCE_COST;
	if (lenient) {
		const struct cq_lenient_options lo = { .scan = so, .skipped = note_skipped, .arg = s };

		rc = cq_lenient_open(&s->lenient, t, &lo, &err);
	} else {
		rc = cq_scan_open(&s->scan, t, &so, &err);
	}
	if (rc != CQ_OK)
		return lcq_raise(L, &err);
	return 2;
}

cq_slice lcq_check_key(lua_State *L, int arg, const struct cq_table *t, struct cq_buf *out)
{
	struct cq_error err = {0};
	const char *text;
	size_t len;

	cq_buf_clear(out);
	if (lua_type(L, arg) == LUA_TTABLE) {
		lua_pushliteral(L, "raw");
		luaL_argcheck(L, lua_rawget(L, arg) == LUA_TSTRING, arg, "{raw = the key's bytes}");
		text = lua_tolstring(L, -1, &len);
		cq_buf_put(out, text, len);
		lua_pop(L, 1);
	} else {
		text = luaL_checklstring(L, arg, &len);
		luaL_argcheck(L, strlen(text) == len, arg, "a key with a zero byte is given by its bytes: {raw = part.raw_key}");
		if (cq_table_parse_key(t, text, out, &err) != CQ_OK)
			lcq_raise(L, &err);
	}
	if (out->failed)
		luaL_error(L, "out of memory");
	return out->len ? cq_buf_bytes(out) : cq_slice_of("", 0);
}

/* A handle of the partition with the key at 2, or of a slice of it; nil when there is none. */
static int partition_at(lua_State *L, const struct cq_slice_options *slice)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	const struct cq_table *t = table->t;
	struct cq_position pos;
	struct cq_error err = {0};
	struct lcq_source *s;
	cq_slice key;
	int rc;

	s = lcq_push_source(L, t, table);
	lcq_charge(L, SOURCE_COST);
	s->charged = SOURCE_COST;
	key = lcq_check_key(L, 2, t, lcq_tmp(L));
	rc = cq_lookup_open(&s->lookup, t, &err);
	if (rc == CQ_OK)
		rc = cq_lookup_key(s->lookup, key, &pos, &err);
	if (rc == CQ_NOT_FOUND) {
		lua_pushnil(L);
		return 1;
	}
	if (rc == CQ_OK)
		rc = cq_scan_open(&s->scan, t, NULL, &err);
	if (rc == CQ_OK)
		rc = slice ? cq_scan_slice(s->scan, s->lookup, &pos, slice, &err) : cq_scan_to_position(s->scan, &pos, &err);
	if (rc != CQ_OK)
		return lcq_raise(L, &err);
	s->one = true;
	if (!advance(L, s))
		return 0;
	lcq_push_event(L, lua_gettop(L));
	return 1;
}

int lcq_sst_partition(lua_State *L)
{
	lua_settop(L, 2);
	return partition_at(L, NULL);
}

/* The bound in an option: a list of clustering values, fewer than all if need be. Its bytes stay on the stack. */
static bool bound(lua_State *L, const struct cq_table *t, const char *name, struct cq_prefix *p)
{
	cq_slice *v;
	int list;

	if (!lcq_opt(L, 3, name))
		return false;
	list = lua_gettop(L);
	if (lua_type(L, list) != LUA_TTABLE)
		luaL_argerror(L, 3, lua_pushfstring(L, "%s = {clustering values}", name));
	if (lua_rawlen(L, list) > t->ctx.nclustering)
		luaL_argerror(L, 3, lua_pushfstring(L, "%s: the table has %d clustering columns", name, (int)t->ctx.nclustering));
	p->n = (uint32_t)lua_rawlen(L, list);
	v = lua_newuserdatauv(L, (p->n + 1) * sizeof *v, 0);
	luaL_checkstack(L, (int)p->n + LUA_MINSTACK, name);
	for (uint32_t i = 0; i < p->n; i++) {
		lua_rawgeti(L, list, (lua_Integer)i + 1);
		lcq_push_encoded(L, lua_gettop(L), t->ctx.clustering[i]);
		lua_remove(L, -2);
		v[i] = lua_type(L, -1) == LUA_TSTRING ? lcq_check_slice(L, -1) : (cq_slice){0};
	}
	p->values = v;
	return true;
}

int lcq_sst_slice(lua_State *L)
{
	static const char *const known[] = { "start", "finish", "start_exclusive", "finish_exclusive", "reversed", NULL };
	const struct cq_table *t = lcq_check_table(L, 1)->t;
	struct cq_prefix start = { .kind = CQ_INCL_START }, end = { .kind = CQ_INCL_END };
	struct cq_slice_options o = {0};

	lua_settop(L, 3);
	lcq_known(L, 3, known);
	if (lcq_opt(L, 3, "start_exclusive") && lua_toboolean(L, -1))
		start.kind = CQ_EXCL_START;
	if (lcq_opt(L, 3, "finish_exclusive") && lua_toboolean(L, -1))
		end.kind = CQ_EXCL_END;
	o.reversed = lcq_opt(L, 3, "reversed") && lua_toboolean(L, -1);
	if (bound(L, t, "start", &start))
		o.start = &start;
	if (bound(L, t, "finish", &end))
		o.end = &end;
	return partition_at(L, &o);
}

/* ---- rows ---- */

/* Handles are checked here once: what a partition or row handle stands for now. */
static struct lcq_source *check_partition(lua_State *L, int arg)
{
	struct lcq_event *h = lcq_check(L, arg, &lcq_partition_class);

	if (h->s->table && h->s->table->closed)
		luaL_argerror(L, arg, "this SSTable is closed");
	if (h->generation != h->s->partition_generation)
		luaL_argerror(L, arg, "the scan has left this partition");
	return h->s;
}

/* for row in part:rows(): state is the partition. wants: a bit for each kind. */
static int next_wanted(lua_State *L, unsigned wants)
{
	struct lcq_source *s = check_partition(L, 1);

	lua_settop(L, 1);
	lua_getiuservalue(L, 1, 1);
	for (;;) {
		if (s->pending) {
			s->pending = false;
		} else {
			if (s->ev.kind == CQ_EV_PARTITION_END || s->kept)
				return 0;
			if (CQ_UNLIKELY(!advance(L, s)))
				return 0;
			if (CQ_UNLIKELY(s->skipped != NULL) || s->over == CQ_ENOMEM)
				tell_skipped(L, 2, s);
		}
		if (wants >> s->ev.kind & 1)
			break;
		if (s->ev.kind == CQ_EV_PARTITION_END)
			return 0;
	}
	lcq_push_event(L, 2);
	return 1;
}

static int rows_next(lua_State *L)
{
	return next_wanted(L, 1u << CQ_EV_ROW);
}

static int unfiltereds_next(lua_State *L)
{
	return next_wanted(L, 1u << CQ_EV_ROW | 1u << CQ_EV_STATIC | 1u << CQ_EV_MARKER);
}

/* No closure: a table may have as many partitions as rows. */
int lcq_partition_rows(lua_State *L)
{
	check_partition(L, 1);
	lua_pushcfunction(L, rows_next);
	lua_pushvalue(L, 1);
	return 2;
}

int lcq_partition_unfiltereds(lua_State *L)
{
	check_partition(L, 1);
	lua_pushcfunction(L, unfiltereds_next);
	lua_pushvalue(L, 1);
	return 2;
}

int lcq_partition_static(lua_State *L)
{
	struct lcq_source *s = check_partition(L, 1);

	if (s->ev.kind == CQ_EV_PARTITION && !s->kept && advance(L, s)) {
		s->pending = true;
		lua_getiuservalue(L, 1, 1);
		if (s->skipped)
			tell_skipped(L, lua_gettop(L), s);
	}
	lua_settop(L, 1);
	if (s->ev.kind != CQ_EV_STATIC)
		return 0;
	lua_getiuservalue(L, 1, 1);
	lcq_push_event(L, 2);
	return 1;
}

struct lcq_source *lcq_check_partition(lua_State *L, int arg)
{
	return check_partition(L, arg);
}

static const luaL_Reg meta[] = { { "__gc", source_gc }, { NULL, NULL } };

const struct lcq_class lcq_source_class = { .name = "cq.scan", .about = "What an iteration stands on. Nothing of it is for scripts.", .meta = meta };

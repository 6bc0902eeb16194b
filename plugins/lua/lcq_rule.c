/* lcq_rule - rules of the detector written in Lua.
 *
 * A rule's state of one table is a struct state: references to the script's own state, to the source that its events come through and to the
 * handle p. All three end with the table. A rule that has raised is not called again for that table, and is unmeasured in it. */
#include <stdlib.h>

#include "cq_rule.h"
#include "lcq_ext.h"

struct rule {
	struct lcq_ext ext;
	struct cq_rule rule;
	uint64_t serial;                   /* of the call that runs, or is next */
};

struct state {
	struct rule *r;
	int own, source, handle;           /* in Lua's registry */
	struct lcq_source *s;
	struct lcq_table *gate;            /* closed with the state: what was kept of the events says so */
	bool dead;
};

/* What p and c are: good while the call that got it lasts. */
struct handle {
	const struct rule *r;
	uint64_t serial;
	struct cq_out *out;
	struct cq_pass *pass;              /* NULL: not in the pass */
	struct cq_check *check;
	const struct cq_event *ev;         /* NULL: none */
};

/* One call from core. */
struct call {
	struct rule *r;
	struct state *st;
	struct cq_pass *pass;
	struct cq_check *check;
	struct cq_out *out;
	const struct cq_event *ev;
	const char *what;                  /* the function's name */
	const struct cq_skipped *skipped;
};

static struct handle *check_handle(lua_State *L)
{
	struct handle *h = lcq_check(L, 1, &lcq_check_class);

	luaL_argcheck(L, h->r && h->serial == h->r->serial, 1, "the call that it was given to is over");
	return h;
}

/* ---- calls ---- */

static void set_handle(struct handle *h, const struct call *c)
{
	h->r = c->r;
	h->serial = c->r->serial;
	h->out = c->out;
	h->pass = c->pass;
	h->check = c->check;
	h->ev = c->ev;
}

static int begin_state(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	struct state *st = c->st;
	struct lcq_source *s = lcq_push_source(L, c->pass->table, st->gate);
	struct handle *h;

	s->over = CQ_END;                      /* there is nothing to read on */
	st->source = luaL_ref(L, LUA_REGISTRYINDEX);
	st->s = s;
	h = lcq_new(L, &lcq_check_class, sizeof *h, 0);
	lua_pushvalue(L, -1);
	st->handle = luaL_ref(L, LUA_REGISTRYINDEX);
	set_handle(h, c);
	lcq_ext_push(L, &c->r->ext, "begin");
	if (lua_isnil(L, -1)) {
		lua_newtable(L);
	} else {
		lua_insert(L, -2);
		lua_call(L, 1, 1);
		if (lua_isnil(L, -1))
			lua_newtable(L);
	}
	st->own = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static int call_event(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	struct state *st = c->st;

	lcq_ext_push(L, &c->r->ext, "event");
	lua_rawgeti(L, LUA_REGISTRYINDEX, st->own);
	lua_rawgeti(L, LUA_REGISTRYINDEX, st->source);
	lcq_push_event(L, -1);
	lua_remove(L, -2);
	lua_rawgeti(L, LUA_REGISTRYINDEX, st->handle);
	set_handle(lua_touserdata(L, -1), c);
	lua_call(L, 3, 0);
	return 0;
}

static int call_skipped(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	const struct cq_skipped *s = c->skipped;
	char line[512];

	lcq_ext_push(L, &c->r->ext, "skipped");
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->st->own);
	lua_createtable(L, 0, 4);
	lua_pushinteger(L, (lua_Integer)s->off);
	lua_setfield(L, -2, "off");
	lua_pushinteger(L, (lua_Integer)s->len);
	lua_setfield(L, -2, "len");
	lua_pushinteger(L, (lua_Integer)s->keys_lost);
	lua_setfield(L, -2, "keys_lost");
	lua_pushstring(L, cq_error_text(&s->why, line, sizeof line));
	lua_setfield(L, -2, "why");
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->st->handle);
	set_handle(lua_touserdata(L, -1), c);
	lua_call(L, 3, 0);
	return 0;
}

/* finish(state, c), quick(c), deep(c) */
static int call_check(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	int n = 1;

	lcq_ext_push(L, &c->r->ext, c->what);
	if (c->st) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->st->own);
		n = 2;
	}
	set_handle(lcq_new(L, &lcq_check_class, sizeof(struct handle), 0), c);
	lua_call(L, n, 0);
	return 0;
}

static void run(struct call *c, lua_CFunction f)
{
	struct cq_error err = {0};
	int rc;

	if (c->st && c->st->dead)
		return;
	rc = lcq_ext_call(&c->r->ext, f, c, &err);
	c->r->serial++;
	if (rc == CQ_OK)
		return;
	if (c->st)
		c->st->dead = true;
	cq_unmeasured(c->out, "the script failed: %s", err.msg);
}

/* ---- the hooks ---- */

static void hook_begin(struct cq_pass *p, void *state)
{
	struct state *st = state;
	struct call c = { .r = p->out.rule->arg, .st = st, .pass = p, .check = p->check, .out = &p->out };

	st->r = c.r;
	st->own = st->source = st->handle = LUA_NOREF;
	st->gate = calloc(1, sizeof *st->gate);
	if (!st->gate) {
		st->dead = true;
		cq_say_nomem(&p->out);
		return;
	}
	st->gate->refs = 1;
	run(&c, begin_state);
}

static void hook_event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct state *st = state;
	struct call c = { .r = st->r, .st = st, .pass = p, .check = p->check, .out = &p->out, .ev = ev };

	if (st->dead)
		return;
	lcq_source_set(st->s, ev);
	run(&c, call_event);
	lcq_source_set(st->s, NULL);           /* what ev lends is gone before anybody else's Lua runs */
}

static void hook_skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	struct state *st = state;
	struct call c = { .r = st->r, .st = st, .pass = p, .check = p->check, .out = &p->out, .skipped = s };

	run(&c, call_skipped);
}

static void hook_finish(struct cq_check *k, void *state)
{
	struct state *st = state;
	struct call c = { .r = st->r, .st = st, .check = k, .out = &k->out, .what = "finish" };

	run(&c, call_check);
}

static void hook_quick(struct cq_check *k)
{
	struct call c = { .r = k->out.rule->arg, .check = k, .out = &k->out, .what = "quick" };

	run(&c, call_check);
}

static void hook_deep(struct cq_check *k)
{
	struct call c = { .r = k->out.rule->arg, .check = k, .out = &k->out, .what = "deep" };

	run(&c, call_check);
}

static int drop(lua_State *L)
{
	struct state *st = lua_touserdata(L, 1);

	luaL_unref(L, LUA_REGISTRYINDEX, st->own);
	luaL_unref(L, LUA_REGISTRYINDEX, st->source);
	luaL_unref(L, LUA_REGISTRYINDEX, st->handle);
	return 0;
}

static void hook_destroy(void *state)
{
	struct state *st = state;
	struct lcq *l = st->r ? st->r->ext.l : NULL;

	if (!st->gate)
		return;
	if (l)
		pthread_mutex_lock(&l->lock);  /* the gate's count is Lua's, too */
	st->gate->closed = true;
	lcq_table_release(st->gate);
	if (l) {
		lcq_protect(l, drop, st, NULL);
		pthread_mutex_unlock(&l->lock);
	}
}

/* ---- p and c ---- */

static enum cq_component component_at(lua_State *L, int arg, const struct handle *h)
{
	enum cq_component c = h->pass ? CQ_C_DATA : CQ_C_KINDS;

	if (lcq_opt(L, arg, "component")) {
		size_t n;
		const char *s = lua_tolstring(L, -1, &n);

		c = s ? cq_component_of(cq_slice_of(s, n)) : CQ_C_OTHER;
		if (c == CQ_C_OTHER)
			luaL_argerror(L, arg, lua_pushfstring(L, "no component %s", s ? s : luaL_typename(L, -1)));
	}
	lua_pop(L, 1);
	return c;
}

static bool number_at(lua_State *L, int arg, const char *key, uint64_t *out)
{
	bool is = lcq_opt(L, arg, key);
	int whole = 1;

	if (is) {
		lua_Integer v = lua_tointegerx(L, -1, &whole);

		if (!whole || v < 0)
			luaL_argerror(L, arg, lua_pushfstring(L, "%s has to be a number of bytes", key));
		*out = (uint64_t)v;
	}
	lua_pop(L, 1);
	return is;
}

/* The text of a key; it stays on the stack. NULL: none. */
static const char *text_at(lua_State *L, int arg, const char *key)
{
	if (!lcq_opt(L, arg, key)) {
		lua_pop(L, 1);
		return NULL;
	}
	if (lua_type(L, -1) == LUA_TNUMBER)
		lua_tostring(L, -1);
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_argerror(L, arg, lua_pushfstring(L, "%s has to be a text, not a %s", key, luaL_typename(L, -1)));
	return lua_tostring(L, -1);
}

/* key: text as cqlite prints it. False at the key's place: none, though the pass is in one. */
static void say_key(lua_State *L, const struct handle *h, struct cq_check_finding *f, const char *key, bool none)
{
	const struct cq_table *t = h->out->table;
	struct cq_error err = {0};

	if (key) {
		struct cq_buf *b = lcq_tmp(L);

		if (!t)
			luaL_error(L, "no key without an open table");
		if (cq_table_parse_key(t, key, b, &err) != CQ_OK)
			lcq_raise(L, &err);
		cq_say_key(h->out, f, cq_slice_of(b->len ? b->p : (const uint8_t *)"", b->len));
	} else if (!none && h->pass && h->pass->partitions) {
		cq_say_partition(h->pass, f);
	}
}

static int h_say(lua_State *L)
{
	static const char *const known[] = { "severity", "effect", "component", "off", "len", "raw", "message", "expected", "found", "means", "action",
		"key", NULL };
	struct handle *h = check_handle(L);
	const struct cq_rule *r = h->out->rule;
	uint64_t off = CQ_NO_OFFSET, len = 0;
	const char *message, *expected, *found, *means, *action, *key = NULL;
	struct cq_check_finding *f;
	enum cq_severity severity;
	enum cq_component c;
	enum cq_effect effect;
	bool raw, no_key, placed;
	struct cq_error err = {0};

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	lcq_known(L, 2, known);
	severity = (enum cq_severity)lcq_ext_choice(L, 2, "severity", lcq_severities, (int)r->severity);
	effect = (enum cq_effect)lcq_ext_choice(L, 2, "effect", lcq_effects, (int)r->effect);
	c = component_at(L, 2, h);
	placed = number_at(L, 2, "off", &off);
	number_at(L, 2, "len", &len);
	raw = lcq_opt(L, 2, "raw") && lua_toboolean(L, -1);
	lua_pop(L, 1);
	no_key = lcq_opt(L, 2, "key") && !lua_toboolean(L, -1);
	lua_pop(L, 1);
	if (!no_key)
		key = text_at(L, 2, "key");
	message = text_at(L, 2, "message");
	expected = text_at(L, 2, "expected");
	found = text_at(L, 2, "found");
	means = text_at(L, 2, "means");
	action = text_at(L, 2, "action");
	luaL_argcheck(L, message && *message, 2, "message is missing");
	if (key && h->out->table && cq_table_parse_key(h->out->table, key, lcq_tmp(L), &err) != CQ_OK)
		lcq_raise(L, &err);            /* before anything is said */
	if (!placed && h->ev && c == CQ_C_DATA) {
		off = h->ev->off;
		len = h->ev->len;
		raw = false;
	}
	f = raw ? cq_say_raw(h->out, severity, c, off, len, "%s", message) : cq_say(h->out, severity, c, off, len, "%s", message);
	f->effect = effect;
	if (expected)
		cq_say_expected(h->out, f, "%s", expected);
	if (found)
		cq_say_found(h->out, f, "%s", found);
	if (means)
		cq_say_means(h->out, f, "%s", means);
	if (action)
		cq_say_action(h->out, f, "%s", action);
	say_key(L, h, f, key, no_key);
	return 0;
}

static int h_unmeasured(lua_State *L)
{
	struct handle *h = check_handle(L);

	cq_unmeasured(h->out, "%s", luaL_checkstring(L, 2));
	return 0;
}

static int h_said(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)cq_said(check_handle(L)->out));
	return 1;
}

static int h_path(lua_State *L)
{
	const struct handle *h = check_handle(L);

	if (h->out->entry)
		lua_pushstring(L, h->out->entry->data_path);
	else
		lua_pushnil(L);
	return 1;
}

static int h_base(lua_State *L)
{
	const struct handle *h = check_handle(L);

	if (h->out->table)
		lcq_push_slice(L, h->out->table->desc.base);
	else
		lua_pushnil(L);
	return 1;
}

static int h_version(lua_State *L)
{
	const struct handle *h = check_handle(L);

	if (h->out->table)
		lcq_push_slice(L, h->out->table->desc.version);
	else
		lua_pushnil(L);
	return 1;
}

static int h_now(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check_handle(L)->check->now);
	return 1;
}

static int h_whole(lua_State *L)
{
	const struct handle *h = check_handle(L);

	lua_pushboolean(L, !h->pass && h->check->whole);
	return 1;
}

static int h_partition_key(lua_State *L)
{
	const struct handle *h = check_handle(L);

	if (h->pass && h->pass->partitions) {
		cq_table_print_key(h->pass->table, h->pass->key, lcq_tmp(L));
		lcq_push_tmp(L);
	} else {
		lua_pushnil(L);
	}
	return 1;
}

static int h_partitions(lua_State *L)
{
	const struct handle *h = check_handle(L);

	lua_pushinteger(L, (lua_Integer)(h->pass ? h->pass->partitions : h->check->result->partitions));
	return 1;
}

static int h_rows(lua_State *L)
{
	const struct handle *h = check_handle(L);

	lua_pushinteger(L, (lua_Integer)(h->pass ? h->pass->rows : h->check->result->rows));
	return 1;
}

static int h_cells(lua_State *L)
{
	const struct handle *h = check_handle(L);

	lua_pushinteger(L, (lua_Integer)(h->pass ? h->pass->cells : h->check->result->cells));
	return 1;
}

/* A table of the script's own, so that what it keeps of it stays good after the check. */
static int h_open(lua_State *L)
{
	const struct handle *h = check_handle(L);
	struct lcq_sst *s = lcq_new(L, &lcq_sst_class, sizeof *s, 0);
	struct cq_error err = {0};
	lua_State *before;
	int rc;

	s->table = calloc(1, sizeof *s->table);
	if (s->table) {
		s->table->refs = 1;
		s->table->path = strdup(h->check->entry->data_path);
	}
	if (!s->table || !s->table->path)
		return luaL_error(L, "out of memory");
	before = lcq_begin(L);
	rc = cq_check_open(h->check->options, h->check->result, (struct cq_open_options){0}, &s->table->t, &err);
	lcq_end(L, before);
	if (rc != CQ_OK) {
		lcq_table_release(s->table);
		s->table = NULL;
		return lcq_raise(L, &err);
	}
	return 1;
}

static const struct lcq_member members[] = {
	{ "say", h_say, "(finding: table)",
	  "A finding. message (one sentence) is needed; severity (\"error\", \"warning\", \"info\") and effect are the rule's own when not said; "
	  "component (\"Index.db\"), off and len in its bytes (of Data.db decompressed; raw = true: as stored), inside event() those of the event; "
	  "expected, found, means, action: texts; key: of a partition as cqlite prints it, inside event() the one at hand (false: none).", NULL },
	{ "unmeasured", h_unmeasured, "(cause: string)", "Why the rule could not look. A rule that says so never counts as passed.", NULL },
	{ "open", h_open, "() -> cq.sst", "The table, opened once more for the script itself: for look-ups and documents.", NULL },
	{ "said", h_said, "integer", "Findings that the rule has said of this table so far.", NULL },
	{ "path", h_path, "string?", "The table's Data.db.", NULL },
	{ "base", h_base, "string?", "What the names of its files begin with; nil when it could not be opened.", NULL },
	{ "version", h_version, "string?", "Version of the format.", NULL },
	{ "now", h_now, "integer", "Seconds since 1970, for what lies in the future.", NULL },
	{ "whole", h_whole, "boolean", "In finish: every byte of the rows was read.", NULL },
	{ "key", h_partition_key, "string?", "Key of the partition at hand, as cqlite prints it.", NULL },
	{ "partitions", h_partitions, "integer", "Partitions read so far.", NULL },
	{ "rows", h_rows, "integer", "Rows read so far.", NULL },
	{ "cells", h_cells, "integer", "Cells read so far.", NULL },
	{ 0 },
};

const struct lcq_class lcq_check_class = { .name = "cq.check", .members = members,
	.about = "What the functions of a rule get beside their state: the table that is checked, and where findings go. Good during the call." };

/* ---- registering ---- */

static unsigned wants(lua_State *L)
{
	static const struct { const char *name; unsigned kinds; } names[] = {
		{ "partition", CQ_WANTS(CQ_EV_PARTITION) }, { "static", CQ_WANTS(CQ_EV_STATIC) }, { "row", CQ_WANTS(CQ_EV_ROW) },
		{ "marker", CQ_WANTS(CQ_EV_MARKER) },
	};
	unsigned out = 0;

	if (!lcq_opt(L, 1, "wants")) {
		lua_pop(L, 1);
		return 0;
	}
	if (!lua_istable(L, -1))
		luaL_argerror(L, 1, "wants has to be a list of \"partition\", \"static\", \"row\", \"marker\"");
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
		size_t k = 0;

		while (k < CQ_COUNTOF(names) && strcmp(names[k].name, s) != 0)
			k++;
		if (k == CQ_COUNTOF(names))
			luaL_argerror(L, 1, lua_pushfstring(L, "wants: no event \"%s\"; there are partition, static, row, marker", s));
		out |= names[k].kinds;
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	return out;
}

int lcq_rule_add(lua_State *L)
{
	static const char *const keys[] = { "id", "title", "severity", "effect", "stage", "wants", "begin", "event", "skipped", "finish", "quick", "deep",
		"proves", "means", "action", "bug", "silent", "whole", NULL };
	static const char *const stages[] = { "quick", "pass", "deep", NULL };
	struct rule *r = lcq_ext_new(L, sizeof *r, keys);
	struct cq_rule *c = &r->rule;
	struct cq_error err = {0};
	bool pass;

	c->id = lcq_ext_text(L, &r->ext, "id", true);
	c->title = lcq_ext_text(L, &r->ext, "title", true);
	for (const char *s = c->id; *s; s++)
		luaL_argcheck(L, (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '-', 1, "id is made of a-z, 0-9 and -");
	c->severity = (enum cq_severity)lcq_ext_choice(L, 1, "severity", lcq_severities, CQ_WARNING);
	c->effect = (enum cq_effect)lcq_ext_choice(L, 1, "effect", lcq_effects, CQ_UNSURE);
	c->proves = lcq_ext_text(L, &r->ext, "proves", false);
	c->means = lcq_ext_text(L, &r->ext, "means", false);
	c->action = lcq_ext_text(L, &r->ext, "action", false);
	c->bug = lcq_ext_text(L, &r->ext, "bug", false);
	c->silent = lcq_ext_text(L, &r->ext, "silent", false);
	c->proves = c->proves ? c->proves : c->title;
	c->means = c->means ? c->means : "What the script that added the rule looks for is there.";
	c->action = c->action ? c->action : "See the script.";
	c->wants = wants(L);
	c->arg = r;
	pass = lcq_ext_has(L, "event") || lcq_ext_has(L, "skipped") || lcq_ext_has(L, "finish") || lcq_ext_has(L, "begin");
	luaL_argcheck(L, pass || lcq_ext_has(L, "quick") || lcq_ext_has(L, "deep"), 1, "a rule needs event, finish, quick or deep");
	luaL_argcheck(L, lcq_ext_has(L, "event") == (c->wants != 0), 1, "event and wants belong together");
	if (pass) {
		c->state_size = sizeof(struct state);
		c->flags |= CQ_RULE_ORDERED;
		c->begin = hook_begin;
		c->destroy = hook_destroy;
		c->event = c->wants ? hook_event : NULL;
		c->skipped = lcq_ext_has(L, "skipped") ? hook_skipped : NULL;
		c->finish = lcq_ext_has(L, "finish") ? hook_finish : NULL;
	}
	if (lcq_opt(L, 1, "whole") && lua_toboolean(L, -1))
		c->flags |= CQ_RULE_WHOLE;
	lua_pop(L, 1);
	c->quick = lcq_ext_has(L, "quick") ? hook_quick : NULL;
	c->deep = lcq_ext_has(L, "deep") ? hook_deep : NULL;
	c->stage = (enum cq_stage)lcq_ext_choice(L, 1, "stage", stages, c->quick ? CQ_STAGE_QUICK : pass ? CQ_STAGE_PASS : CQ_STAGE_DEEP);
	if (cq_rule_add(c, &err) != CQ_OK)
		return lcq_raise(L, &err);
	return 0;
}

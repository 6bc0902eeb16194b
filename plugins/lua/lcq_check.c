/* lcq_check - the corruption detector for scripts. */
#include "lcq_priv.h"

#include <stdlib.h>

#include "cq_check.h"
#include "cq_rule.h"
#include "cq_txnlog.h"

enum { CHECK_COST = 8 << 20, FINDINGS_MAX = 10000 };

/* A run: everything that core holds of it. */
struct report {
	struct cq_desc_list list;
	struct cq_report report;
	struct cq_txn_logs logs;
	struct lcq_table *table;               /* the one that is checked; NULL: those of a directory */
	struct lcq *l;
	size_t charged;
};

static int report_gc(lua_State *L)
{
	struct report *r = lcq_check(L, 1, &lcq_report_class);

	cq_report_finish(&r->report);
	cq_desc_list_finish(&r->list);
	lcq_table_release(r->table);
	lcq_discharge(lcq_of(L), r->charged);
	*r = (struct report){0};
	return 0;
}

static const luaL_Reg report_meta[] = { { "__gc", report_gc }, { NULL, NULL } };

const struct lcq_class lcq_report_class = { .name = "cq.report",
	.about = "What a check holds while it runs. Nothing of it is for scripts.",
	.meta = report_meta };

/* ---- findings as tables ---- */

static void set_text(lua_State *L, const char *name, const char *s)
{
	if (!s)
		return;
	lua_pushstring(L, s);
	lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, uint64_t v)
{
	lua_pushinteger(L, (lua_Integer)v);
	lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool v)
{
	lua_pushboolean(L, v);
	lua_setfield(L, -2, name);
}

static void set_keys(lua_State *L, const struct cq_keys *k)
{
	if (!k->n && !k->first_token && !k->first)
		return;
	lua_createtable(L, 0, 6);
	set_integer(L, "n", k->n);
	set_boolean(L, "at_least", k->at_least);
	set_text(L, "first", k->first);
	set_text(L, "last", k->last);
	set_text(L, "first_token", k->first_token);
	set_text(L, "last_token", k->last_token);
	lua_setfield(L, -2, "keys");
}

static void set_suspect(lua_State *L, const struct cq_suspect *s)
{
	if (!s->set)
		return;
	lua_createtable(L, 0, 6);
	set_text(L, "component", s->component < CQ_C_KINDS ? cq_component_name((enum cq_component)s->component) : NULL);
	set_text(L, "space", cq_space_kind_name(s->space));
	set_integer(L, "off", s->off);
	set_integer(L, "bit", s->bit);
	set_integer(L, "found", s->found);
	set_integer(L, "expected", s->expected);
	lua_setfield(L, -2, "suspect");
}

static void push_finding(lua_State *L, const struct cq_check_table *t, const struct cq_check_finding *f)
{
	const struct cq_rule *r = f->rule;

	lua_createtable(L, 0, 18);
	set_text(L, "rule", r->id);
	set_text(L, "severity", cq_severity_name(f->severity));
	set_text(L, "effect", cq_effect_name(f->effect));
	set_text(L, "path", t->entry ? t->entry->data_path : NULL);
	set_text(L, "component", f->component < CQ_C_KINDS ? cq_component_name((enum cq_component)f->component) : NULL);
	set_text(L, "file", f->file && f->file[0] ? f->file : NULL);
	if (f->off != CQ_NO_OFFSET) {
		set_text(L, "space", cq_space_kind_name(f->space));
		set_integer(L, "off", f->off);
		set_integer(L, "len", f->len);
	}
	set_text(L, "message", f->message ? f->message : "");
	set_text(L, "expected", f->expected);
	set_text(L, "found", f->found);
	set_text(L, "means", f->means ? f->means : r->means);
	set_text(L, "action", f->action ? f->action : r->action);
	set_text(L, "bug", f->bug ? f->bug : r->bug);
	set_text(L, "because", f->because);
	set_keys(L, &f->keys);
	set_suspect(L, &f->suspect);
}

static void append(lua_State *L, int list)
{
	lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

static void push_counts(lua_State *L, const struct cq_check_table *t)
{
	lua_createtable(L, 0, 16);
	set_text(L, "path", t->entry->data_path);
	set_boolean(L, "opened", t->opened);
	set_boolean(L, "scanned", t->scanned);
	set_boolean(L, "compared", t->compared);
	set_text(L, "worst", cq_effect_name(t->worst));
	set_integer(L, "partitions", t->partitions);
	set_integer(L, "rows", t->rows);
	set_integer(L, "cells", t->cells);
	set_integer(L, "markers", t->markers);
	set_integer(L, "bytes", t->stream_bytes);
	set_integer(L, "skipped_bytes", t->skipped_bytes);
	set_integer(L, "keys_lost", t->keys_lost);
	set_integer(L, "keys_perhaps", t->keys_perhaps);
	set_boolean(L, "keys_known", t->keys_known);
	set_integer(L, "dropped", t->dropped);
	set_integer(L, "rules", t->nrun);
}

/* Into the result at 3, its list of what was not measured at 4 and its tables at 5. */
static void give(lua_State *L, const struct cq_report *r)
{
	luaL_checkstack(L, 16, "a report");
	for (size_t i = 0; i < r->ntables; i++) {
		const struct cq_check_table *t = &r->tables[i];

		for (const struct cq_check_finding *f = t->first; f; f = f->next) {
			push_finding(L, t, f);
			append(L, 3);
		}
		for (const struct cq_unmeasured *u = t->unmeasured; u; u = u->next) {
			lua_createtable(L, 0, 3);
			set_text(L, "rule", u->rule ? u->rule->id : NULL);
			set_text(L, "cause", u->cause);
			set_text(L, "path", t->entry ? t->entry->data_path : NULL);
			append(L, 4);
		}
		if (t->entry) {
			push_counts(L, t);
			append(L, 5);
		}
	}
}

/* ---- running ---- */

static bool progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct report *r = arg;

	(void)what, (void)done, (void)total;
	return !lcq_is_over(r->l);
}

/* What an open table was opened with; tables of a directory only have what lies beside them. */
static int schema_of(void *arg, const char *data_path, const struct cq_schema **schema, struct cq_error *err)
{
	struct report *r = arg;

	(void)data_path, (void)err;
	*schema = r->table ? r->table->t->ddl : NULL;
	return CQ_OK;
}

/* The list of ids in an option, on the stack with the strings it points to; NULL: not said. */
static const char *const *ids(lua_State *L, const char *name)
{
	const char **v;
	lua_Integer n;

	if (!lcq_opt(L, 2, name))
		return NULL;
	if (lua_type(L, -1) != LUA_TTABLE)
		luaL_argerror(L, 2, lua_pushfstring(L, "%s = {ids of rules}", name));
	n = (lua_Integer)lua_rawlen(L, -1);
	luaL_argcheck(L, n < 10000, 2, "too many rules");
	lua_createtable(L, (int)n, 0);
	v = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *v, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		if (lua_rawgeti(L, -3, i) != LUA_TSTRING)
			luaL_argerror(L, 2, lua_pushfstring(L, "%s: ids of rules, not a %s", name, luaL_typename(L, -1)));
		v[i - 1] = lua_tostring(L, -1);
		lua_rawseti(L, -3, i);
	}
	v[n] = NULL;
	return v;
}

/* Keep of the list what the script was given; false when that is nothing. */
static bool only_given(struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->list.ntables; i++)
		for (const struct lcq_given *g = r->l->given; g; g = g->next)
			if (strcmp(r->list.tables[i].dir, r->list.root) == 0 &&
			    strcmp(cq_basename(g->path), cq_basename(r->list.tables[i].data_path)) == 0) {
				r->list.tables[n++] = r->list.tables[i];
				break;
			}
	r->list.ntables = n;
	return n > 0;
}

static void run(lua_State *L, const char *path, struct lcq_table *table, struct cq_check_options opt)
{
	struct report *r = lcq_new(L, &lcq_report_class, sizeof *r, 0);
	struct cq_error err = {0};
	uint64_t most = 0;
	lua_State *before;
	int rc;

	r->l = lcq_of(L);
	r->table = table;
	if (table)
		table->refs++;
	rc = cq_desc_list(path, &r->list, &err);
	if (rc == CQ_OK)
		rc = cq_txn_state(&r->list, &r->logs, &err);
	if (rc != CQ_OK)
		lcq_raise(L, &err);
	if (!table && !only_given(r))
		return;
	for (size_t i = 0; i < r->list.ntables; i++) {
		const struct cq_component_file *f = cq_sst_file(&r->list.tables[i], CQ_C_FILTER);

		most = f && f->bytes > most ? f->bytes : most;
	}
	lcq_charge(L, CHECK_COST + (most < SIZE_MAX / 4 ? (size_t)most : SIZE_MAX / 4));
	r->charged = CHECK_COST + (size_t)most;
	opt.txn = &r->logs;
	opt.arg = r;
	before = lcq_begin(L);
	r->l->checking = true;
	rc = cq_check_run(&r->list, &opt, &r->report, &err);
	r->l->checking = false;
	lcq_end(L, before);
	if (rc == CQ_ESTOPPED)
		lcq_tick(L);                   /* raises, and says why */
	if (rc != CQ_OK)
		lcq_raise(L, &err);
	give(L, &r->report);
	lua_pushcfunction(L, report_gc);       /* now, not when a collection comes by */
	lua_insert(L, -2);
	lua_call(L, 1, 0);
}

/* Each directory with tables that were given, once. */
static void run_given(lua_State *L, const struct cq_check_options *opt)
{
	struct lcq *l = lcq_of(L);

	for (const struct lcq_given *g = l->given; g; g = g->next) {
		size_t n = (size_t)(cq_basename(g->path) - g->path);
		const struct lcq_given *first = l->given;

		while (first != g && ((size_t)(cq_basename(first->path) - first->path) != n || memcmp(first->path, g->path, n) != 0))
			first = first->next;
		if (first != g)
			continue;
		lcq_tick(L);
		lua_pushlstring(L, n ? g->path : ".", n ? n : 1);
		run(L, lua_tostring(L, -1), NULL, *opt);
		lua_settop(L, 5);
	}
}

int lcq_check_tables(lua_State *L)
{
	static const char *const known[] = { "level", "rules", "ignore", "max_findings", "now", NULL };
	static const char *const levels[] = { "quick", "full", "deep", NULL };
	struct lcq_table *table = NULL;
	struct cq_check_options opt = { .level = CQ_CHECK_FULL, .jobs = 1, .progress = progress, .schema_of = schema_of };

	if (lcq_of(L)->checking)               /* each level would take as much of the C stack as a whole run */
		return luaL_error(L, "a rule cannot run another check");
	if (lua_type(L, 1) == LUA_TTABLE && lua_isnone(L, 2)) {        /* cq.check{...} */
		lua_pushnil(L);
		lua_insert(L, 1);
	}
	if (!lua_isnoneornil(L, 1))
		table = lcq_check_table(L, 1);
	lua_settop(L, 2);
	lcq_known(L, 2, known);
	lua_newtable(L);
	lua_newtable(L);
	lua_newtable(L);
	lua_pushvalue(L, 4);
	lua_setfield(L, 3, "unmeasured");
	lua_pushvalue(L, 5);
	lua_setfield(L, 3, "tables");
	/* What opt borrows of the options stays in a table of its own: a rule of the script's may change them while it runs. */
	lua_newtable(L);
	lua_pushvalue(L, 1);
	lua_rawseti(L, -2, 1);
	lua_replace(L, 1);
	if (lcq_opt(L, 2, "level"))
		opt.level = (enum cq_check_level)luaL_checkoption(L, -1, NULL, levels);
	if (lcq_opt(L, 2, "max_findings")) {
		lua_Integer n = luaL_checkinteger(L, -1);

		luaL_argcheck(L, n > 0 && n <= FINDINGS_MAX, 2, "max_findings from 1 to 10000");
		opt.max_findings = (size_t)n;
	}
	if (lcq_opt(L, 2, "now"))
		opt.now = luaL_checkinteger(L, -1);
	lua_settop(L, 5);
	opt.rules = ids(L, "rules");
	if (opt.rules) {
		lua_rawsetp(L, 1, "rules");
		lua_rawsetp(L, 1, "rules' strings");
	}
	lua_settop(L, 5);
	opt.ignore = ids(L, "ignore");
	if (opt.ignore) {
		lua_rawsetp(L, 1, "ignore");
		lua_rawsetp(L, 1, "ignore's strings");
	}
	lua_settop(L, 5);
	if (table)
		run(L, table->path, table, opt);
	else
		run_given(L, &opt);
	lua_settop(L, 3);
	return 1;
}

int lcq_list_rules(lua_State *L)
{
	static const char *const stages[] = { "quick", "full", "deep", "many" };
	const struct cq_rule *r;

	lua_newtable(L);
	for (size_t i = 0; (r = cq_rule_nth(i)); i++) {
		lua_createtable(L, 0, 10);
		set_text(L, "id", r->id);
		set_text(L, "title", r->title);
		set_text(L, "severity", cq_severity_name(r->severity));
		set_text(L, "effect", cq_effect_name(r->effect));
		set_text(L, "level", (size_t)r->stage < CQ_COUNTOF(stages) ? stages[r->stage] : NULL);
		set_text(L, "proves", r->proves);
		set_text(L, "means", r->means);
		set_text(L, "action", r->action);
		set_text(L, "bug", r->bug);
		set_text(L, "silent", r->silent);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

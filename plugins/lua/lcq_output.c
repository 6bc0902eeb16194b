#include "lcq_output.h"

#include <stdlib.h>

#include "lcq_ext.h"

struct output {
	struct lcq_ext ext;
	const char *name;
	bool table, partition, row;
	struct output *next;
};

static struct output *first, **last = &first;

struct lcq_dump {
	struct output *o;
	int handle, source;                /* in the registry */
	struct lcq_source *s;
	struct lcq_table *gate;            /* closed with the table at hand */
	const struct cq_table *t;
	const struct cq_event *ev;
	const char *what;
};

struct handle {
	struct lcq_dump *d;                /* NULL: over */
};

/* ---- calls ---- */

static int open_inside(lua_State *L)
{
	struct lcq_dump *d = lua_touserdata(L, 1);
	struct handle *h = lcq_new(L, &lcq_output_class, sizeof *h, 0);

	d->handle = luaL_ref(L, LUA_REGISTRYINDEX);
	h->d = d;
	return 0;
}

static int source_inside(lua_State *L)
{
	struct lcq_dump *d = lua_touserdata(L, 1);
	struct lcq_source *s = lcq_push_source(L, d->t, d->gate);

	s->over = CQ_END;
	d->source = luaL_ref(L, LUA_REGISTRYINDEX);
	d->s = s;
	return 0;
}

static int call_inside(lua_State *L)
{
	struct lcq_dump *d = lua_touserdata(L, 1);

	lcq_ext_push(L, &d->o->ext, d->what);
	if (lua_isnil(L, -1))
		return 0;
	lua_rawgeti(L, LUA_REGISTRYINDEX, d->handle);
	if (d->ev) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, d->source);
		lcq_push_event(L, -1);
		lua_remove(L, -2);
	}
	lua_call(L, d->ev ? 2 : 1, 0);
	return 0;
}

static int drop_source(lua_State *L)
{
	struct lcq_dump *d = lua_touserdata(L, 1);

	luaL_unref(L, LUA_REGISTRYINDEX, d->source);
	return 0;
}

static int drop(lua_State *L)
{
	struct lcq_dump *d = lua_touserdata(L, 1);
	struct handle *h;

	lua_rawgeti(L, LUA_REGISTRYINDEX, d->handle);
	h = lcq_test(L, -1, &lcq_output_class);
	if (h)
		h->d = NULL;
	luaL_unref(L, LUA_REGISTRYINDEX, d->handle);
	return 0;
}

static int call(struct lcq_dump *d, const char *what, const struct cq_event *ev, struct cq_error *err)
{
	d->what = what;
	d->ev = ev;
	return lcq_ext_call(&d->o->ext, call_inside, d, err);
}

/* ---- for a dump ---- */

const char *lcq_output_name(size_t index)
{
	const struct output *o = first;

	while (o && index--)
		o = o->next;
	return o ? o->name : NULL;
}

int lcq_output_open(struct lcq_dump **out, const char *name, struct cq_error *err)
{
	struct output *o = first;
	struct lcq_dump *d;
	int rc;

	while (o && strcmp(o->name, name) != 0)
		o = o->next;
	if (!o)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "no output %s", name);
	d = calloc(1, sizeof *d);
	if (!d)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	d->o = o;
	d->handle = d->source = LUA_NOREF;
	rc = lcq_ext_call(&o->ext, open_inside, d, err);
	if (rc == CQ_OK)
		rc = call(d, "begin", NULL, err);
	if (rc != CQ_OK) {
		lcq_output_close(d);
		return rc;
	}
	*out = d;
	return CQ_OK;
}

int lcq_output_table(struct lcq_dump *d, const struct cq_table *t, struct cq_error *err)
{
	int rc;

	if (d->gate) {
		d->gate->closed = true;
		lcq_table_release(d->gate);
		d->gate = NULL;
		d->t = NULL;
		d->s = NULL;
		if (d->o->ext.l)
			lcq_protect(d->o->ext.l, drop_source, d, NULL);
		d->source = LUA_NOREF;
	}
	if (!t)
		return CQ_OK;
	d->gate = calloc(1, sizeof *d->gate);
	if (!d->gate)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	d->gate->refs = 1;
	d->t = t;
	rc = lcq_ext_call(&d->o->ext, source_inside, d, err);
	return rc == CQ_OK && d->o->table ? call(d, "table", NULL, err) : rc;
}

int lcq_output_event(struct lcq_dump *d, const struct cq_event *ev, struct cq_error *err)
{
	bool partition = ev->kind == CQ_EV_PARTITION;
	int rc;

	if (ev->kind == CQ_EV_PARTITION_END || !(partition ? d->o->partition : d->o->row))
		return CQ_OK;
	lcq_source_set(d->s, ev);
	rc = call(d, partition ? "partition" : "row", ev, err);
	lcq_source_set(d->s, NULL);
	return rc;
}

int lcq_output_end(struct lcq_dump *d, struct cq_error *err)
{
	lcq_output_table(d, NULL, NULL);
	return call(d, "finish", NULL, err);
}

void lcq_output_close(struct lcq_dump *d)
{
	if (!d)
		return;
	lcq_output_table(d, NULL, NULL);
	if (d->o->ext.l)
		lcq_protect(d->o->ext.l, drop, d, NULL);
	free(d);
}

/* ---- w ---- */

static const struct lcq_dump *check(lua_State *L)
{
	const struct handle *h = lcq_check(L, 1, &lcq_output_class);

	luaL_argcheck(L, h->d, 1, "the dump is over");
	return h->d;
}

static int w_write(lua_State *L)
{
	check(L);
	lua_remove(L, 1);
	return lcq_write_values(L);
}

static int w_path(lua_State *L)
{
	const struct lcq_dump *d = check(L);

	if (d->t)
		lcq_push_slice(L, d->t->desc.file);
	else
		lua_pushnil(L);
	return 1;
}

static int w_base(lua_State *L)
{
	const struct lcq_dump *d = check(L);

	if (d->t)
		lcq_push_slice(L, d->t->desc.base);
	else
		lua_pushnil(L);
	return 1;
}

static void names(lua_State *L, const struct cq_column *c, size_t n, const char *key)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lcq_push_slice(L, c[i].name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, key);
}

static int w_columns(lua_State *L)
{
	const struct lcq_dump *d = check(L);

	if (!d->t) {
		lua_pushnil(L);
		return 1;
	}
	lua_newtable(L);
	lua_newtable(L);
	for (size_t i = 0; i < d->t->schema->npartition; i++) {
		lcq_push_slice(L, d->t->schema->partition[i].name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "partition");
	lua_newtable(L);
	for (size_t i = 0; i < d->t->schema->nclustering; i++) {
		lcq_push_slice(L, d->t->schema->clustering[i].name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "clustering");
	names(L, d->t->ctx.statics.columns, d->t->ctx.statics.n, "static");
	names(L, d->t->ctx.regulars.columns, d->t->ctx.regulars.n, "regular");
	return 1;
}

static const struct lcq_member members[] = {
	{ "write", w_write, "(...: any)", "To where the dump goes, without spaces or a line's end.", NULL },
	{ "file", w_path, "string?", "Name of the table's Data.db; nil before and after the tables.", NULL },
	{ "base", w_base, "string?", "What the names of its files begin with.", NULL },
	{ "columns", w_columns, "table?", "Names of the table's columns: {partition, clustering, static, regular}, each a list in the table's order.", NULL },
	{ 0 },
};

const struct lcq_class lcq_output_class = { .name = "cq.dump", .members = members, .about = "What the functions of an output get: where to write, and "
	"the table at hand." };

int lcq_output_add(lua_State *L)
{
	static const char *const keys[] = { "name", "begin", "table", "partition", "row", "finish", NULL };
	struct output *o = lcq_ext_new(L, sizeof *o, keys);

	o->name = lcq_ext_text(L, &o->ext, "name", true);
	o->table = lcq_ext_has(L, "table");
	o->partition = lcq_ext_has(L, "partition");
	o->row = lcq_ext_has(L, "row");
	lcq_ext_has(L, "begin");
	lcq_ext_has(L, "finish");
	luaL_argcheck(L, o->partition || o->row || o->table, 1, "an output needs table, partition or row");
	for (const struct output *p = first; p; p = p->next)
		if (strcmp(p->name, o->name) == 0)
			return luaL_error(L, "there is an output %s already", o->name);
	if (strcmp(o->name, "json") == 0)
		return luaL_error(L, "there is an output json already");
	*last = o;
	last = &o->next;
	return 0;
}

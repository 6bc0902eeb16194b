/* lcq_fault - faults of inject written in Lua. The handle that apply gets, and the targets that it picks, are good during the call. */
#include "cq_inject.h"
#include "lcq_ext.h"

enum { FIELDS_MAX = 32, READ_MAX = 16 << 20 };

struct fault {
	struct lcq_ext ext;
	struct cq_fault c;
	uint64_t serial;
};

struct handle {
	struct fault *f;                   /* NULL: never set */
	uint64_t serial;
	struct cq_inject *in;
};

struct target {
	struct handle h;
	cq_nid id;
};

struct call {
	struct fault *f;
	struct cq_inject *in;
	int status;
	struct cq_error err;
};

static struct cq_inject *check(lua_State *L)
{
	struct handle *h = lcq_check(L, 1, &lcq_inject_class);

	luaL_argcheck(L, h->f && h->serial == h->f->serial, 1, "the fault has been applied");
	return h->in;
}

static struct target *check_target(lua_State *L, int arg, struct cq_node *n)
{
	struct target *t = lcq_check(L, arg, &lcq_target_class);

	luaL_argcheck(L, t->h.f && t->h.serial == t->h.f->serial && cq_doc_node(t->h.in->doc, t->id, n), arg, "a target of another call");
	return t;
}

static void push_target(lua_State *L, const struct handle *h, cq_nid id)
{
	struct target *t = lcq_new(L, &lcq_target_class, sizeof *t, 0);

	t->h = *h;
	t->id = id;
}

/* ---- aiming ---- */

struct fits {
	lua_State *L;
	const struct handle *h;
	int fn;                            /* on L's stack */
	cq_nid id;
	bool yes;
	int status;
	struct cq_error err;
};

static int fits_inside(lua_State *L)
{
	struct fits *f = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, f->fn);
	push_target(L, f->h, f->id);
	lua_call(L, 1, 1);
	f->yes = lua_toboolean(L, -1);
	return 0;
}

static bool fits(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	struct fits *f = (struct fits *)(uintptr_t)arg;

	(void)in;
	(void)n;
	if (f->status != CQ_OK)
		return false;
	f->id = id;
	f->yes = false;
	f->status = lcq_protect(lcq_of(f->L), fits_inside, f, &f->err);
	return f->status == CQ_OK && f->yes;
}

static unsigned field_named(lua_State *L, int at)
{
	const char *id = lua_type(L, at) == LUA_TSTRING ? lua_tostring(L, at) : "?";
	unsigned field = cq_field_named(id);

	if (!field)
		luaL_error(L, "there is no field %s in the registry (cqlite explain --fields)", id);
	return field;
}

static int component_named(lua_State *L, int arg)
{
	cq_slice name = lcq_check_slice(L, arg);
	enum cq_component c = cq_component_of(name);

	luaL_argcheck(L, c < CQ_C_SAI, arg, "a component that SSTables have, as \"Data.db\"");
	return (int)c;
}

static int space_of(const struct cq_inject *in, int component)
{
	return component == CQ_C_DATA && in->t->stream.chunks ? CQ_SPACE_DECOMPRESSED : CQ_SPACE_RAW;
}

static int h_pick(lua_State *L)
{
	static const char *const known[] = { "component", "field", "under", "not_under", "fits", "what", NULL };
	struct cq_inject *in = check(L);
	unsigned fields[FIELDS_MAX + 1] = {0};
	struct fits f = { .L = L, .h = lua_touserdata(L, 1), .fn = LUA_NOREF };
	struct cq_inject_want want = { .fields = fields, .arg = &f, .what = "field that the script wants" };
	struct cq_error err = {0};
	struct cq_node n;
	lua_State *before;
	cq_nid id;
	int rc;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	lcq_known(L, 2, known);
	lcq_opt(L, 2, "component");
	want.component = component_named(L, 3);
	if (lcq_opt(L, 2, "field") && lua_istable(L, -1)) {
		size_t k = lua_rawlen(L, -1);

		luaL_argcheck(L, k && k <= FIELDS_MAX, 2, "field: 1 to 32 of them");
		for (size_t i = 0; i < k; i++) {
			lua_rawgeti(L, -1, (lua_Integer)i + 1);
			fields[i] = field_named(L, -1);
			lua_pop(L, 1);
		}
	} else {
		fields[0] = field_named(L, -1);
	}
	if (lcq_opt(L, 2, "under"))
		want.under = field_named(L, -1);
	if (lcq_opt(L, 2, "not_under"))
		want.not_under = field_named(L, -1);
	if (lcq_opt(L, 2, "what"))
		want.what = luaL_checkstring(L, lua_gettop(L));    /* stays on the stack */
	if (lcq_opt(L, 2, "fits")) {
		luaL_argexpected(L, lua_isfunction(L, -1), 2, "fits = function");
		f.fn = luaL_ref(L, LUA_REGISTRYINDEX);
		want.fits = fits;
	}
	before = lcq_begin(L);
	rc = cq_inject_pick(in, &want, &id, &n, &err);
	lcq_end(L, before);
	luaL_unref(L, LUA_REGISTRYINDEX, f.fn);
	if (f.status != CQ_OK) {
		lua_pushlstring(L, f.err.msg, strcspn(f.err.msg, "\n"));     /* its place is in it */
		return lua_error(L);
	}
	if (rc == CQ_NOT_FOUND) {
		lua_pushnil(L);
		lua_pushstring(L, err.msg);
		return 2;
	}
	if (rc != CQ_OK)
		return lcq_raise(L, &err);
	push_target(L, lua_touserdata(L, 1), id);
	return 1;
}

static int h_random(lua_State *L)
{
	struct cq_inject *in = check(L);
	lua_Integer n = luaL_optinteger(L, 2, 0);

	luaL_argcheck(L, n >= 0, 2, "not negative");
	lua_pushinteger(L, (lua_Integer)cq_inject_random(in, (uint64_t)n));
	return 1;
}

static int h_size(lua_State *L)
{
	struct cq_inject *in = check(L);
	int c = component_named(L, 2);

	lua_pushinteger(L, (lua_Integer)cq_inject_size(in, c, space_of(in, c)));
	return 1;
}

static int h_read(lua_State *L)
{
	struct cq_inject *in = check(L);
	int c = component_named(L, 2);
	lua_Integer off = luaL_checkinteger(L, 3), len = luaL_checkinteger(L, 4);
	struct cq_error err = {0};
	void *p;

	luaL_argcheck(L, off >= 0, 3, "not negative");
	luaL_argcheck(L, len >= 0 && len <= READ_MAX, 4, "0 to 16 MiB");
	p = lua_newuserdatauv(L, (size_t)len + 1, 0);
	if (cq_inject_read(in, c, space_of(in, c), (uint64_t)off, p, (size_t)len, &err) != CQ_OK)
		return lcq_raise(L, &err);
	lua_pushlstring(L, p, (size_t)len);
	return 1;
}

/* ---- changing ---- */

static int h_replace(lua_State *L)
{
	struct cq_inject *in = check(L);
	struct cq_error err = {0};
	struct cq_node n;
	cq_nid id = 0;
	int c, space, rc;
	lua_Integer off, len;
	cq_slice with;

	if (lcq_test(L, 2, &lcq_target_class)) {
		id = check_target(L, 2, &n)->id;
		luaL_argcheck(L, n.component >= 0 && n.len != CQ_NO_OFFSET, 2, "a target without bytes of its own");
		with = lcq_check_slice(L, 3);
		rc = cq_inject_replace(in, n.component, n.space, n.off, n.len, with, id, &err);
	} else {
		c = component_named(L, 2);
		space = space_of(in, c);
		off = luaL_checkinteger(L, 3);
		len = luaL_checkinteger(L, 4);
		with = lcq_check_slice(L, 5);
		luaL_argcheck(L, off >= 0, 3, "not negative");
		luaL_argcheck(L, len >= 0 && (uint64_t)len <= cq_inject_size(in, c, space), 4, "no longer than the component");
		rc = cq_inject_replace(in, c, space, (uint64_t)off, (uint64_t)len, with, 0, &err);
	}
	return rc == CQ_OK ? 0 : lcq_raise(L, &err);
}

static int h_set_number(lua_State *L)
{
	struct cq_inject *in = check(L);
	struct cq_error err = {0};
	struct cq_node n;
	cq_nid id = check_target(L, 2, &n)->id;

	luaL_argcheck(L, n.flags & CQ_N_NUMBER, 2, "a target that is a number");
	if (cq_inject_set_number(in, id, (uint64_t)luaL_checkinteger(L, 3), &err) != CQ_OK)
		return lcq_raise(L, &err);
	return 0;
}

static int h_say(lua_State *L)
{
	struct cq_inject *in = check(L);

	cq_inject_say(in, "%s", luaL_checkstring(L, 2));
	return 0;
}

static int h_expect(lua_State *L)
{
	static const char *const known[] = { "rules", "severity", "component", "off", "may", NULL };
	struct handle *h = lua_touserdata(L, 1);
	struct cq_inject *in = check(L);
	struct cq_error err = {0};
	enum cq_severity severity;
	const char *rules;
	uint64_t off = CQ_NO_OFFSET;
	int c, space;
	bool may;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	lcq_known(L, 2, known);
	severity = (enum cq_severity)lcq_ext_choice(L, 2, "severity", lcq_severities, (int)h->f->c.severity);
	lcq_opt(L, 2, "rules");
	rules = luaL_checkstring(L, 3);
	lcq_opt(L, 2, "component");
	c = component_named(L, 4);
	space = space_of(in, c);
	if (lcq_opt(L, 2, "off"))
		off = (uint64_t)luaL_checkinteger(L, 5);
	luaL_argcheck(L, off == CQ_NO_OFFSET || off <= INT64_MAX, 2, "off: not negative");
	may = lcq_opt(L, 2, "may") && lua_toboolean(L, -1);
	if (cq_inject_expect(in, rules, severity, cq_component_name((enum cq_component)c), space, off, may, &err) != CQ_OK)
		return lcq_raise(L, &err);
	return 0;
}

static const struct lcq_member inject_members[] = {
	{ "pick", h_pick, "(want: table) -> cq.target?, string?",
	  "A field to change: component, field (an id, or a list of ids), under and not_under (groups around it), fits(target), what (\"row with a timestamp\": "
	  "for when there is none). Where the options of inject point, or one of all by the seed. nil and why when there is none.", NULL },
	{ "random", h_random, "(below?: integer) -> integer", "By the seed: 0 to below - 1, or any number.", NULL },
	{ "size", h_size, "(component: string) -> integer", "Bytes of a component; of Data.db decompressed.", NULL },
	{ "read", h_read, "(component: string, off: integer, len: integer) -> string", "Bytes of a component, with the changes so far.", NULL },
	{ "replace", h_replace, "(target: cq.target|string, ...: any)",
	  "replace(target, bytes), or replace(component, off, len, bytes): other bytes in the place of those, as many or not.", NULL },
	{ "set_number", h_set_number, "(target: cq.target, number: integer)", "Another number, in as many bytes as it takes now.", NULL },
	{ "say", h_say, "(words: string)", "What was done, for the manifest.", NULL },
	{ "expect", h_expect, "(what: table)",
	  "What check has to say: rules (ids with ' ' between, '|' for either), component, severity, off; may = true: it may or may not. Without it: the "
	  "fault's rules, at its first change.", NULL },
	{ 0 },
};

const struct lcq_class lcq_inject_class = { .name = "cq.inject", .members = inject_members,
	.about = "What apply of a fault gets: it aims, and asks for changes. Good during the call." };

/* ---- targets ---- */

static int t_field(lua_State *L)
{
	struct cq_node n;

	check_target(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->id);
	return 1;
}

static int t_off(lua_State *L)
{
	struct cq_node n;

	check_target(L, 1, &n);
	lua_pushinteger(L, (lua_Integer)n.off);
	return 1;
}

static int t_len(lua_State *L)
{
	struct cq_node n;

	check_target(L, 1, &n);
	if (n.len == CQ_NO_OFFSET)
		lua_pushnil(L);
	else
		lua_pushinteger(L, (lua_Integer)n.len);
	return 1;
}

static int t_number(lua_State *L)
{
	struct cq_node n;

	check_target(L, 1, &n);
	if (n.flags & CQ_N_NUMBER)
		lua_pushinteger(L, (lua_Integer)n.number);
	else
		lua_pushnil(L);
	return 1;
}

static int t_range(lua_State *L)
{
	struct cq_node n;
	struct target *t = check_target(L, 1, &n);
	int64_t lo, hi;

	if (!cq_inject_number_range(t->h.in, t->id, &lo, &hi))
		return 0;
	lua_pushinteger(L, (lua_Integer)lo);
	lua_pushinteger(L, (lua_Integer)hi);
	return 2;
}

static int t_path(lua_State *L)
{
	struct cq_node n;
	struct target *t = check_target(L, 1, &n);

	cq_doc_path(t->h.in->doc, t->id, lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

static int t_above(lua_State *L)
{
	struct cq_node n;
	struct target *t = check_target(L, 1, &n);
	cq_nid id = cq_inject_above(t->h.in, t->id, field_named(L, 2));

	if (!id)
		return 0;
	push_target(L, &t->h, id);
	return 1;
}

static int t_below(lua_State *L)
{
	struct cq_node n;
	struct target *t = check_target(L, 1, &n);
	unsigned field = field_named(L, 2);
	lua_State *before = lcq_begin(L);
	cq_nid id = cq_inject_below(t->h.in, t->id, field, &n);

	lcq_end(L, before);
	if (!id)
		return 0;
	push_target(L, &t->h, id);
	return 1;
}

static const struct lcq_member target_members[] = {
	{ "field", t_field, "string", "Its id in the registry of fields.", NULL },
	{ "path", t_path, "string", "Its path in the document.", NULL },
	{ "off", t_off, "integer", "Where it is; of Data.db's content decompressed.", NULL },
	{ "len", t_len, "integer?", "Its bytes; nil when only decoding tells.", NULL },
	{ "number", t_number, "integer?", "Its value, of a number.", NULL },
	{ "range", t_range, "() -> integer?, integer?", "The smallest and the largest number that fit its bytes.", NULL },
	{ "above", t_above, "(field: string) -> cq.target?", "The nearest field of that id around it, or itself.", NULL },
	{ "below", t_below, "(field: string) -> cq.target?", "The first field of that id inside it.", NULL },
	{ 0 },
};

const struct lcq_class lcq_target_class = { .name = "cq.target", .members = target_members,
	.about = "A field of the source that a fault changes. Good during the call of apply." };

/* ---- registering ---- */

static int apply_inside(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	struct handle *h;

	lcq_ext_push(L, &c->f->ext, "apply");
	h = lcq_new(L, &lcq_inject_class, sizeof *h, 0);
	*h = (struct handle){ .f = c->f, .serial = c->f->serial, .in = c->in };
	lua_call(L, 1, 2);
	if (lua_isboolean(L, -2) && !lua_toboolean(L, -2))
		c->status = cq_fail(&c->err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%.200s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) :
			"there is nothing to do it to");
	return 0;
}

static int apply(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	struct call c = { .f = (struct fault *)(uintptr_t)f->arg, .in = in };
	struct cq_error why = {0};
	int rc = lcq_ext_call(&c.f->ext, apply_inside, &c, &why);

	c.f->serial++;
	if (rc == CQ_ESTOPPED)
		return cq_fail(err, rc, CQ_NO_OFFSET, "stopped");
	if (rc != CQ_OK)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "fault %s: %.200s", f->id, why.msg);
	if (c.status && err)
		*err = c.err;
	return c.status;
}

int lcq_fault_add(lua_State *L)
{
	static const char *const keys[] = { "id", "family", "summary", "rules", "also", "severity", "checksums", "format", "stored", "apply", NULL };
	static const char *const checksums[] = { "keep", "fix", NULL }, *const formats[] = { "all", "big", "bti", NULL },
		*const stored[] = { "all", "compressed", "plain", NULL };
	static const unsigned of_format[] = { 0, CQ_FAULT_BIG, CQ_FAULT_BTI }, of_stored[] = { 0, CQ_FAULT_COMPRESSED, CQ_FAULT_PLAIN };
	struct fault *f = lcq_ext_new(L, sizeof *f, keys);
	struct cq_error err = {0};

	f->c.id = lcq_ext_text(L, &f->ext, "id", true);
	for (const char *s = f->c.id; *s; s++)
		luaL_argcheck(L, (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '-', 1, "id is made of a-z, 0-9 and -");
	luaL_argcheck(L, *f->c.id, 1, "id is empty");
	f->c.summary = lcq_ext_text(L, &f->ext, "summary", true);
	f->c.family = lcq_ext_text(L, &f->ext, "family", false);
	f->c.family = f->c.family ? f->c.family : "scripts";
	f->c.rules = lcq_ext_text(L, &f->ext, "rules", false);
	f->c.rules = f->c.rules ? f->c.rules : "";
	f->c.also = lcq_ext_text(L, &f->ext, "also", false);
	f->c.severity = (enum cq_severity)lcq_ext_choice(L, 1, "severity", lcq_severities, CQ_ERROR);
	f->c.flags = CQ_FAULT_NOT_RANDOM | (lcq_ext_choice(L, 1, "checksums", checksums, 1) ? CQ_FAULT_FIX : 0) |
		of_format[lcq_ext_choice(L, 1, "format", formats, 0)] | of_stored[lcq_ext_choice(L, 1, "stored", stored, 0)];
	luaL_argcheck(L, lcq_ext_has(L, "apply"), 1, "apply is missing");
	f->c.apply = apply;
	f->c.arg = f;
	if (cq_inject_add_fault(&f->c, &err) != CQ_OK)
		return lcq_raise(L, &err);
	return 0;
}

#include "lcq_ext.h"

#include <stdlib.h>

const char *const lcq_severities[] = { "info", "warning", "error", NULL };
const char *const lcq_effects[] = { "harmless", "slower", "unsure", "refused", "wrong_answers", "lost", NULL };

/* Of all worlds. Registered from the thread that runs a script; closed when nobody uses them. */
static struct lcq_ext *all;

void *lcq_ext_new(lua_State *L, size_t len, const char *const *keys)
{
	struct lcq_ext *e;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lcq_known(L, 1, keys);
	lcq_charge_for_good(L, len + 256);
	e = calloc(1, len);
	if (!e)
		luaL_error(L, "out of memory");
	e->ref = LUA_NOREF;
	e->next = all;
	all = e;
	e->l = lcq_of(L);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 1);) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, 2);
	}
	e->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	return e;
}

void *lcq_ext_alloc(lua_State *L, struct lcq_ext *e, size_t count, size_t each)
{
	void *p;

	if (each && count > (64u << 20) / each)
		luaL_error(L, "too large");
	lcq_charge_for_good(L, count * each + 32);
	p = cq_arena_zalloc(&e->arena, count ? count : 1, each);
	if (!p)
		luaL_error(L, "out of memory");
	return p;
}

const char *lcq_ext_text(lua_State *L, struct lcq_ext *e, const char *key, bool needed)
{
	const char *s = NULL;
	size_t n;

	if (lcq_opt(L, 1, key)) {
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_argerror(L, 1, lua_pushfstring(L, "%s has to be a string, not a %s", key, luaL_typename(L, -1)));
		s = lua_tolstring(L, -1, &n);
		if (strlen(s) != n)
			luaL_argerror(L, 1, lua_pushfstring(L, "%s has a zero byte", key));
		s = memcpy(lcq_ext_alloc(L, e, n + 1, 1), s, n + 1);
	} else if (needed) {
		luaL_argerror(L, 1, lua_pushfstring(L, "%s is missing", key));
	}
	lua_pop(L, 1);
	return s;
}

bool lcq_ext_has(lua_State *L, const char *key)
{
	bool is = lcq_opt(L, 1, key);

	if (is && lua_type(L, -1) != LUA_TFUNCTION)
		luaL_argerror(L, 1, lua_pushfstring(L, "%s has to be a function, not a %s", key, luaL_typename(L, -1)));
	lua_pop(L, 1);
	return is;
}

int lcq_ext_choice(lua_State *L, int arg, const char *key, const char *const *names, int otherwise)
{
	const char *s;
	int i = 0;

	if (!lcq_opt(L, arg, key)) {
		lua_pop(L, 1);
		return otherwise;
	}
	s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
	while (names[i] && strcmp(names[i], s) != 0)
		i++;
	if (!names[i]) {
		luaL_Buffer b;

		luaL_buffinit(L, &b);
		for (i = 0; names[i]; i++) {
			luaL_addstring(&b, i ? ", " : "");
			luaL_addstring(&b, names[i]);
		}
		luaL_pushresult(&b);
		luaL_argerror(L, arg, lua_pushfstring(L, "%s has to be one of %s", key, lua_tostring(L, -1)));
	}
	lua_pop(L, 1);
	return i;
}

void lcq_ext_push(lua_State *L, const struct lcq_ext *e, const char *key)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, e->ref);
	lua_pushstring(L, key);
	lua_rawget(L, -2);
	lua_remove(L, -2);
}

int lcq_ext_call(struct lcq_ext *e, lua_CFunction f, void *ud, struct cq_error *err)
{
	struct lcq *l = e->l;
	struct cq_error own = {0};
	int rc;

	if (!err)
		err = &own;
	if (!l)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "its script is closed");
	pthread_mutex_lock(&l->lock);
	if (e->over) {
		pthread_mutex_unlock(&l->lock);
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s", e->over);
	}
	rc = lcq_protect(l, f, ud, err);
	if (rc != CQ_OK) {
		e->over = l->over;             /* took too long: not a second time */
		if (!e->said && rc != CQ_ESTOPPED && l->opt.warn) {
			e->said = true;
			l->opt.warn(l->opt.arg, cq_buf_cstr(&l->error));
		}
		err->msg[strcspn(err->msg, "\n")] = 0;
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

void lcq_ext_forget(struct lcq *l)
{
	for (struct lcq_ext *e = all; e; e = e->next)
		if (e->l == l)
			e->l = NULL;
}

/* ---- the functions ---- */

static const struct lcq_member members[] = {
	{ "rule", lcq_rule_add, "(rule: table)",
	  "Add a rule to the detector: id, title; severity (\"warning\"), effect (\"unsure\": harmless, slower, unsure, refused, wrong_answers, lost); "
	  "wants, a list of \"partition\", \"static\", \"row\", \"marker\", and event(state, ev, p), called with each; begin(p) makes the state; "
	  "skipped(state, span, p); finish(state, c); quick(c) before any row, deep(c) at that level; whole = true: finish only when every byte was "
	  "read; texts proves, means, action, bug, silent. Findings are said with p:say. An error ends the rule for the table, which is then unmeasured.",
	  "cq.rule{ id = \"wide-rows\", title = \"rows have no more than 1000 cells\", wants = { \"row\" }, event = function(state, row, p)\n"
	  "\tif row.ncells > 1000 then p:say{ message = \"a row of \" .. row.ncells .. \" cells\" } end\nend }" },
	{ "printer", lcq_printer_add, "(printer: table)",
	  "Print the values of a custom type: class, its Java class; text(bytes) gives a string, json(bytes) what JSON shows: nil, a boolean, number or "
	  "string, a list, or a table with names. Either may be left out. When it fails the value is printed in hexadecimal, and why is said once.",
	  "cq.printer{ class = \"org.example.Point\", text = function(bytes) return (\"%d:%d\"):format(bytes:byte(1, 2)) end }" },
	{ "output", lcq_output_add, "(output: table)",
	  "A format for cqlite dump --format NAME: name; begin(w) and finish(w), once; table(w) for each SSTable, partition(w, part), row(w, row) for rows, "
	  "static rows and markers (row.kind tells). They write with w:write.",
	  "cq.output{ name = \"keys\", partition = function(w, part) w:write(part.key_text, \"\\n\") end }" },
	{ "fault", lcq_fault_add, "(fault: table)",
	  "Add a fault to cqlite inject: id, family, summary; rules, also (what check has to say, what it may), severity (\"error\"); checksums = \"fix\" "
	  "(they follow, the default) or \"keep\"; format = \"big\" or \"bti\", stored = \"compressed\" or \"plain\" when it is only for those; "
	  "apply(inject), which picks and changes, or returns false and why there is nothing to do it to. Never picked by \"random\".",
	  "cq.fault{ id = \"zero-timestamp\", summary = \"a row was written in 1970\", apply = function(inject)\n"
	  "\tlocal target, why = inject:pick{ component = \"Data.db\", field = \"ROW_TIMESTAMP\" }\n"
	  "\tif not target then return false, why end\n\tinject:set_number(target, (target:range()))\nend }" },
	{ "view", lcq_view_add, "(view: table)",
	  "Add a table of rows about an SSTable: name, title, columns (names), rows(sst), which gives an iterator of lists of cells. cqlite lua --view NAME "
	  "prints it; the workbench can show it.",
	  "cq.view{ name = \"keys\", columns = { \"key\", \"at\" }, rows = function(sst)\n"
	  "\tlocal next_part, state = sst:partitions()\n\treturn function()\n\t\tlocal part = next_part(state)\n"
	  "\t\treturn part and { part.key_text, part.off }\n\tend\nend }" },
	{ "format", lcq_format_add, "(format: table)",
	  "Add a file format that tree and explain show: name, about; files, patterns of its files' names; field, what the file's node is (an id of "
	  "the registry of fields), probe(head) whether the first 64 bytes are of it; structure, a list of fields in the order of the bytes. A field: "
	  "name; kind (u8 u16 u32 u64 i8 i16 i32 i64 u16le u32le u64le f64 bool vint svint uuid utf, bytes and text with a length) or group, a list of "
	  "fields; field, an id of the registry, otherwise one is made, shown as = hex, flags, micros, millis, seconds, duration, offset, length, uuid, "
	  "text or padding, with unit and help; when(ctx), whether it is there; count or upto makes a list, list (or list_field) names the group "
	  "around it; check(value, ctx) gives nil or what was expected; note(value, ctx) a remark. length and count are numbers, names of fields "
	  "before, or functions of ctx; length also \"rest\", upto \"end\" or a function of ctx that says when it is over. ctx has the fields before by name, and off, size, file, index.",
	  "cq.format{ name = \"pairs\", about = \"numbers and texts\", files = { \"*.pairs\" }, structure = {\n"
	  "\t{ name = \"version\", kind = \"u32\" },\n"
	  "\t{ name = \"pair\", list = \"pairs\", upto = \"end\", group = { { name = \"number\", kind = \"vint\" }, { name = \"text\", kind = \"utf\" } } },\n} }" },
	{ 0 },
};

const struct lcq_module lcq_module_ext = { .name = "cq", .members = members,
	.about = "What a script may add to cqlite (`cqlite --lua FILE COMMAND`). It stays as long as the process." };

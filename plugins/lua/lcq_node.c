/* lcq_node - what the nodes of documents say, and where they lead. */
#include "lcq_doc.h"

/* ---- nodes: what they say ---- */

static int n_name(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->name);
	return 1;
}

static int print(lua_State *L, void (*f)(const struct cq_doc *, cq_nid, struct cq_buf *))
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);
	lua_State *before;

	cq_buf_clear(&p->h->buf);
	before = lcq_doc_enter(L, p->h);
	f(p->h->d, p->id, &p->h->buf);
	lcq_doc_leave(L, p->h, before);
	if (p->h->buf.failed)
		return luaL_error(L, "out of memory");
	lua_pushlstring(L, p->h->buf.len ? (const char *)p->h->buf.p : "", p->h->buf.len);
	return 1;
}

static int n_label(lua_State *L)
{
	return print(L, cq_doc_label);
}

static int n_path(lua_State *L)
{
	return print(L, cq_doc_path);
}

static int n_of(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lcq_push_slice(L, n.name);
	return 1;
}

static int n_field(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->id);
	return 1;
}

static int n_kind(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_kind_name(cq_field_info(n.field)->kind));
	return 1;
}

static int n_unit(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->unit);
	return 1;
}

static int n_help(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->help);
	return 1;
}

static int n_spec(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->spec);
	return 1;
}

static int n_versions(lua_State *L)
{
	struct cq_node n;
	char text[64];

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_field_versions_text(n.field, text, sizeof text));
	return 1;
}

static int n_off(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushinteger(L, (lua_Integer)n.off);
	return 1;
}

static int n_len(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	if (lcq_node_has_len(L, p->h, p->id, &n))
		lua_pushinteger(L, (lua_Integer)n.len);
	else
		lua_pushnil(L);
	return 1;
}

static int n_span(lua_State *L)
{
	n_off(L);
	n_len(L);
	return 2;
}

static int n_space(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushstring(L, cq_space_kind_name(n.space));
	return 1;
}

static int n_component(lua_State *L)
{
	struct cq_node n, c;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	if (n.component >= 0 && cq_doc_node(p->h->d, cq_doc_component(p->h->d, n.component), &c))
		lcq_push_slice(L, c.name);
	else
		lua_pushnil(L);
	return 1;
}

static int n_index(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	if (n.index == CQ_NO_INDEX)
		lua_pushnil(L);
	else
		lua_pushinteger(L, (lua_Integer)n.index);
	return 1;
}

static int n_nth(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushinteger(L, (lua_Integer)n.nth);
	return 1;
}

static int n_value(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);
	double d;

	if (n.flags & CQ_N_NUMBER) {
		switch (cq_field_info(n.field)->kind) {
		case CQ_K_BOOL:
			lua_pushboolean(L, n.number != 0);
			break;
		case CQ_K_DOUBLE:
			memcpy(&d, &n.number, sizeof d);
			lua_pushnumber(L, d);
			break;
		default:
			lua_pushinteger(L, (lua_Integer)n.number);
			break;
		}
	} else if (n.flags & CQ_N_BYTES) {
		lcq_push_node_bytes(L, p->h, &n, n.len);
		if (n.type && lcq_doc_usable(p->h))
			lcq_push_value(L, n.type, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)));
	} else {
		lua_pushnil(L);
	}
	return 1;
}

static int n_type(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	if (!n.type) {
		lua_pushnil(L);
		return 1;
	}
	cq_type_cql(n.type, lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

static void print_short(const struct cq_doc *d, cq_nid id, struct cq_buf *out)
{
	cq_doc_print((struct cq_doc *)(uintptr_t)d, id, out, 0);
}

static int n_text(lua_State *L)
{
	return print(L, print_short);
}

static int n_raw(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);
	lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER);

	luaL_argcheck(L, most >= 0, 2, "a number of bytes, not a negative one");
	if (n.flags & CQ_N_DERIVED && !(n.flags & (CQ_N_BYTES | CQ_N_NUMBER)) && n.component < 0)
		lua_pushliteral(L, "");
	else if (lcq_node_has_len(L, p->h, p->id, &n))
		lcq_push_node_bytes(L, p->h, &n, n.len < (uint64_t)most ? n.len : (uint64_t)most);
	else
		return luaL_error(L, "how many bytes it has is not known");
	return 1;
}

static int flag(lua_State *L, unsigned bit)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushboolean(L, n.flags & bit);
	return 1;
}

static int n_damaged(lua_State *L)
{
	return flag(L, CQ_N_DAMAGED);
}

static int n_damaged_below(lua_State *L)
{
	return flag(L, CQ_N_DAMAGE_BELOW);
}

static int n_gap(lua_State *L)
{
	return flag(L, CQ_N_GAP);
}

static int n_derived(lua_State *L)
{
	return flag(L, CQ_N_DERIVED);
}

static int n_page(lua_State *L)
{
	return flag(L, CQ_N_PAGE);
}

static int n_lazy(lua_State *L)
{
	return flag(L, CQ_N_LAZY);
}

static int n_damage(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	lcq_push_slice(L, cq_doc_damage(p->h->d, p->id));
	return 1;
}

static int n_notes(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);
	cq_slice note;

	lua_newtable(L);
	for (size_t k = 0; lcq_doc_usable(p->h) && (note = cq_doc_note(p->h->d, p->id, k)).p; k++) {
		lcq_push_slice(L, note);
		lua_rawseti(L, -2, (lua_Integer)k + 1);
	}
	return 1;
}

/* ---- nodes: where they lead ---- */

static int n_parent(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	lcq_push_node(L, 1, lcq_doc_parent(p->h, p->id));
	return 1;
}

static int n_next(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	lcq_push_node(L, 1, lcq_doc_step(L, p->h, p->id, 0, false, false));
	return 1;
}

/* for child in ...: state is the node above, control the child before. upvalue 1: forget what was passed. */
static int children_next(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *top = lcq_check_node(L, 1, &n), *c;
	bool forget = lua_toboolean(L, lua_upvalueindex(1));
	cq_nid next;

	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		next = lcq_doc_first(L, top->h, top->id, forget);
	} else {
		c = lcq_check_node(L, 2, &n);
		luaL_argcheck(L, c->h == top->h && (lcq_doc_parent(c->h, c->id) == top->id || lcq_doc_is_page(c->h, top->id)), 2,
			"a child of this node");
		if (forget)
			cq_doc_forget(c->h->d, c->id);
		next = lcq_doc_step(L, c->h, c->id, top->id, false, forget);
	}
	lcq_push_node(L, 1, next);
	return 1;
}

static int n_children(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_pushboolean(L, lua_toboolean(L, 2));
	lua_pushcclosure(L, children_next, 1);
	lua_pushvalue(L, 1);
	return 2;
}

/* upvalues: 1 depth of the node before, below the top; 2 how deep to go; 3 forget what was passed */
static int walk_next(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *top = lcq_check_node(L, 1, &n), *p;
	lua_Integer depth = lua_tointeger(L, lua_upvalueindex(1)), most = lua_tointeger(L, lua_upvalueindex(2));
	bool forget = lua_toboolean(L, lua_upvalueindex(3));
	cq_nid at, next = 0;

	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		depth = 0;
		at = top->id;
	} else {
		p = lcq_check_node(L, 2, &n);
		luaL_argcheck(L, p->h == top->h, 2, "a node of this document");
		at = p->id;
	}
	if (depth < most) {
		next = lcq_doc_first(L, top->h, at, forget);
		depth += next != 0;
	}
	while (!next && at && at != top->id) {
		cq_nid up = lcq_doc_parent(top->h, at);

		if (forget)
			cq_doc_forget(top->h->d, at);
		next = lcq_doc_step(L, top->h, at, top->id, false, forget);
		if (!next) {
			at = up;
			depth--;
		}
	}
	lua_pushinteger(L, depth);
	lua_replace(L, lua_upvalueindex(1));
	lcq_push_node(L, 1, next);
	return 1;
}

static int n_walk(lua_State *L)
{
	struct cq_node n;
	lua_Integer most = luaL_optinteger(L, 2, CQ_DOC_DEPTH_MAX);

	lcq_check_node(L, 1, &n);
	luaL_argcheck(L, most >= 0, 2, "a number of levels, not a negative one");
	lua_pushinteger(L, 0);
	lua_pushinteger(L, most);
	lua_pushboolean(L, lua_toboolean(L, 3));
	lua_pushcclosure(L, walk_next, 3);
	lua_pushvalue(L, 1);
	return 2;
}

static int n_get(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	return lcq_doc_get(L, p->h, p->id);
}

static int n_child(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n), *c;

	lcq_doc_get(L, p->h, p->id);
	c = lua_touserdata(L, -1);
	if (c && lcq_doc_parent(p->h, c->id) != p->id)
		lua_pushnil(L);
	return 1;
}

static int n_link(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);
	struct lcq_request r = { .what = LCQ_LINK, .id = p->id };

	lcq_doc_request(L, p->h, &r);
	lcq_push_node(L, 1, r.out);
	return 1;
}

static int n_gaps(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);
	struct lcq_request r = { .what = LCQ_GAPS, .id = p->id };

	lcq_doc_request(L, p->h, &r);
	lua_pushinteger(L, (lua_Integer)r.bytes);
	return 1;
}

static int n_close(lua_State *L)
{
	struct cq_node n;
	struct lcq_node *p = lcq_check_node(L, 1, &n);

	cq_doc_forget(p->h->d, p->id);
	return 0;
}

static int n_doc(lua_State *L)
{
	struct cq_node n;

	lcq_check_node(L, 1, &n);
	lua_getiuservalue(L, 1, 1);
	return 1;
}

static int n_eq(lua_State *L)
{
	const struct lcq_node *a = lcq_test(L, 1, &lcq_node_class), *b = lcq_test(L, 2, &lcq_node_class);

	lua_pushboolean(L, a && b && a->h == b->h && a->id == b->id);
	return 1;
}

static int n_tostring(lua_State *L)
{
	const struct lcq_node *p = lcq_check(L, 1, &lcq_node_class);
	struct cq_node n;

	if (!p->h || !lcq_doc_usable(p->h) || p->h->busy) {
		lua_pushstring(L, p->h && p->h->busy ? "cq.node: in use" : "cq.node: closed");
	} else if (!cq_doc_node(p->h->d, p->id, &n)) {
		lua_pushliteral(L, "cq.node: forgotten");
	} else {
		n_path(L);
		lua_pushfstring(L, "cq.node: %s", lua_tostring(L, -1));
	}
	return 1;
}

static const struct lcq_member node_members[] = {
	{ "name", n_name, "string", "What it is: its field's name, \"row size\".", NULL },
	{ "label", n_label, "string", "The last part of its path: \"rows[3]\", \"cells.name\".", NULL },
	{ "path", n_path, "string", "The way to it, as doc:get takes it.", "assert(doc:get(node.path) == node)" },
	{ "of", n_of, "string?", "What it belongs to: a column's name, a file's; nil when nothing.", NULL },
	{ "field", n_field, "string", "Its field in the registry: \"ROW_SIZE\".", NULL },
	{ "kind", n_kind, "string", "How its number or bytes are read.", NULL },
	{ "unit", n_unit, "string", "What its number counts: \"bytes\", \"us\"; \"\" for nothing.", NULL },
	{ "help", n_help, "string", "What the field is for, in a sentence.", "print(doc:get(\"Data.db/partitions[0]\").help)" },
	{ "spec", n_spec, "string", "Where it is specified.", NULL },
	{ "versions", n_versions, "string", "Versions of the format that have it.", NULL },
	{ "type", n_type, "string?", "The CQL type of its bytes; nil when they are no CQL value.", NULL },
	{ "off", n_off, "integer", "Where it begins, in its space.", NULL },
	{ "len", n_len, "integer?", "Its bytes; nil when that is not known. Opens what only decoding can tell.", NULL },
	{ "span", n_span, "() -> off: integer, len: integer?", "Both.", "local off, len = doc:component(\"Data.db\"):span()\nassert(off == 0)" },
	{ "space", n_space, "string", "\"raw\" for bytes as stored, \"decompressed\" for the stream in the chunks of Data.db.", NULL },
	{ "component", n_component, "string?", "The file it is in, \"Index.db\"; nil for the root.", NULL },
	{ "index", n_index, "integer?", "Its number in a list; nil outside of one.", NULL },
	{ "nth", n_nth, "integer", "Which one of the children of this name.", NULL },
	{ "value", n_value, "any", "A number's value; bytes: the CQL value when they have a type, a string otherwise. nil for other nodes.",
	  "local n = doc:get(\"Statistics.db\")\nfor c in n:walk() do\n\tif c.name == \"max timestamp\" then print(c.value) end\nend" },
	{ "text", n_text, "string", "Its value as text, on one line, as cqlite tree prints it; \"\" when it has none.", NULL },
	{ "raw", n_raw, "(max?: integer) -> string", "Its bytes, max of them at most.",
	  "assert(#doc:component(\"Data.db\"):raw(4) == 4)" },
	{ "damaged", n_damaged, "boolean", "Its bytes are wrong. A unit says so once it has been opened.", NULL },
	{ "damaged_below", n_damaged_below, "boolean", "Something in it, as far as it was opened, is damaged.", NULL },
	{ "damage", n_damage, "string?", "What is wrong with it, in words.", NULL },
	{ "gap", n_gap, "boolean", "Bytes that no field describes.", NULL },
	{ "derived", n_derived, "boolean", "It has no bytes of its own.", NULL },
	{ "page", n_page, "boolean", "It stands for the rest of a long list. children() sees through it.", NULL },
	{ "lazy", n_lazy, "boolean", "It was not opened yet.", NULL },
	{ "notes", n_notes, "string[]", "What is worth knowing of it.", NULL },
	{ "doc", n_doc, "cq.doc", "Its document.", NULL },
	{ "parent", n_parent, "cq.node?", "The node above it; nil for the root.", NULL },
	{ "next", n_next, "cq.node?", "The node behind it in the same list; nil for the last.", NULL },
	{ "children", n_children, "(forget?: boolean) -> fun(): cq.node",
	  "What it is made of, opened as needed, however long the list. forget: close each child, and what was read of the list, when the "
	  "next one comes; memory then does not grow with the list.",
	  "for entry in doc:component(\"Data.db\"):children(true) do\n\tprint(entry.label)\n\tbreak\nend" },
	{ "child", n_child, "(label: string) -> cq.node?", "The child with this label; nil when there is none.",
	  "assert(doc.root:child(\"Data.db\") == doc:component(\"Data.db\"))" },
	{ "get", n_get, "(path: string) -> cq.node?", "As doc:get, from here on.",
	  "assert(doc.root:get(\"Data.db\"):get(\"partitions[0]\") == doc:get(\"Data.db/partitions[0]\"))" },
	{ "walk", n_walk, "(depth?: integer, forget?: boolean) -> fun(): cq.node",
	  "All that is in it, a node before what is in it, depth levels at most. forget: close what was passed.",
	  "local n = 0\nfor _ in doc:component(\"Statistics.db\"):walk(2) do n = n + 1 end\nassert(n > 3)" },
	{ "link", n_link, "() -> cq.node?",
	  "What it points to in this or another file, or what points to it: an index entry's partition, a chunk offset's chunk, a "
	  "partition's index entry. nil when nothing.",
	  "local p = doc:get(\"Data.db/partitions[0]\")\nprint(p:link().path)" },
	{ "gaps", n_gaps, "() -> integer", "Open all of it, and count the bytes that no field describes; they become nodes.",
	  "assert(doc:component(\"Statistics.db\"):gaps() == 0)" },
	{ "close", n_close, "()", "Forget what was opened in it. Handles of nodes below are errors from then on; it opens again when asked.", NULL },
	{ 0 },
};

static const luaL_Reg node_meta[] = { { "__eq", n_eq }, { "__tostring", n_tostring }, { NULL, NULL } };

const struct lcq_class lcq_node_class = { .name = "cq.node", .members = node_members, .meta = node_meta,
	.about = "A field, a group of fields, or something that opens into them. Good until what it is part of is closed." };

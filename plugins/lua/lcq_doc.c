/* lcq_doc - documents: opening and closing, memory, steps through lists, bytes. */
#include "lcq_doc.h"

#include "cq_table_doc.h"

enum {
	DOC_COST = 512 << 10,                  /* what a document holds beside its tree: windows, names of files */
	PIECE = 64 << 10,                      /* bytes read at once */
};

/* ---- handles ---- */

static void close_doc(lua_State *L, struct lcq_doc *h)
{
	cq_doc_close(h->d);
	h->d = NULL;
	cq_buf_finish(&h->buf);
	h->buf = (struct cq_buf){0};
	lcq_table_release(h->table);
	h->table = NULL;
	lcq_discharge(lcq_of(L), h->charged);
	h->charged = 0;
}

static int doc_gc(lua_State *L)
{
	struct lcq_doc *h = lcq_check(L, 1, &lcq_doc_class);

	if (h->busy)                           /* only from a callback, while it is in use: another time */
		return luaL_error(L, "the document is in use");
	close_doc(L, h);
	return 0;
}

bool lcq_doc_usable(const struct lcq_doc *h)
{
	return h->d && !h->table->closed;
}

static void check_usable(lua_State *L, int arg, const struct lcq_doc *h, const char *closed)
{
	if (!lcq_doc_usable(h))
		luaL_argerror(L, arg, closed);
	if (h->busy)
		luaL_error(L, "the document is in use: it is being changed by what called this function");
}

static struct lcq_doc *check_doc(lua_State *L, int arg)
{
	struct lcq_doc *h = lcq_check(L, arg, &lcq_doc_class);

	check_usable(L, arg, h, "this document is closed");
	return h;
}

struct lcq_node *lcq_check_node(lua_State *L, int arg, struct cq_node *n)
{
	struct lcq_node *p = lcq_check(L, arg, &lcq_node_class);

	luaL_argcheck(L, p->h != NULL, arg, "node of a closed document");
	check_usable(L, arg, p->h, "node of a closed document");
	luaL_argcheck(L, cq_doc_node(p->h->d, p->id, n), arg, "this node was forgotten: what it was part of has been closed");
	return p;
}

void lcq_push_node(lua_State *L, int owner, cq_nid id)
{
	struct lcq_node *p;

	owner = lua_absindex(L, owner);
	if (!id) {
		lua_pushnil(L);
		return;
	}
	p = lcq_new(L, &lcq_node_class, sizeof *p, 1);
	if (lcq_test(L, owner, &lcq_doc_class))
		lua_pushvalue(L, owner);
	else
		lua_getiuservalue(L, owner, 1);
	p->h = lua_touserdata(L, -1);
	p->id = id;
	lua_setiuservalue(L, -2, 1);
}

/* ---- everything that may open units ---- */

static int ask(struct lcq_doc *h, struct lcq_request *r, struct cq_error *err)
{
	switch (r->what) {
	case LCQ_OPEN: return cq_doc_expand(h->d, r->id, err);
	case LCQ_GET: return cq_doc_get_from(h->d, r->id, r->path, &r->out, err);
	case LCQ_AT: return cq_doc_at(h->d, r->component, r->space, r->off, &r->out, err);
	case LCQ_LINK: return cq_table_link(h->table->t, h->d, r->id, &r->out, err);
	case LCQ_GAPS: return cq_doc_gaps(h->d, r->id, &r->bytes, err);
	}
	return CQ_OK;
}

lua_State *lcq_doc_enter(lua_State *L, struct lcq_doc *h)
{
	h->busy = true;
	return lcq_begin(L);
}

void lcq_doc_leave(lua_State *L, struct lcq_doc *h, lua_State *before)
{
	lcq_end(L, before);
	h->busy = false;
}

int lcq_doc_request(lua_State *L, struct lcq_doc *h, struct lcq_request *r)
{
	struct lcq *l = lcq_of(L);
	struct cq_error err = {0};
	lua_State *before;
	int rc;

	for (int round = 0;; round++) {
		size_t left, now;

		lcq_tick(L);
		if (!lcq_doc_usable(h))                /* a finalizer in the collection below may close it */
			return luaL_error(L, "node of a closed document");
		left = l->memory < l->opt.max_memory ? l->opt.max_memory - l->memory : 1;
		cq_doc_limit(h->d, h->charged - DOC_COST + left);
		r->out = 0;
		before = lcq_doc_enter(L, h);
		rc = ask(h, r, &err);
		lcq_doc_leave(L, h, before);
		now = cq_doc_memory(h->d) + DOC_COST;
		lcq_recharge(l, h->charged, now);
		h->charged = now;
		if (rc != CQ_ENOMEM || round)
			break;
		lua_gc(L, LUA_GCCOLLECT);
	}
	if (rc < 0)
		return lcq_raise(L, &err);
	if (rc != CQ_OK)
		r->out = 0;
	return rc;
}

void lcq_doc_open(lua_State *L, struct lcq_doc *h, cq_nid id)
{
	struct lcq_request r = { .what = LCQ_OPEN, .id = id };

	lcq_doc_request(L, h, &r);
}

/* ---- steps that see through pages ---- */

bool lcq_doc_is_page(const struct lcq_doc *h, cq_nid id)
{
	struct cq_node n;

	return cq_doc_node(h->d, id, &n) && n.flags & CQ_N_PAGE;
}

cq_nid lcq_doc_parent(const struct lcq_doc *h, cq_nid id)
{
	do
		id = cq_doc_parent(h->d, id);
	while (id && lcq_doc_is_page(h, id));
	return id;
}

cq_nid lcq_doc_step(lua_State *L, struct lcq_doc *h, cq_nid c, cq_nid top, bool settle, bool forget)
{
	while (c) {
		cq_nid next;

		if (settle && !lcq_doc_is_page(h, c))
			return c;
		if (settle) {
			lcq_doc_open(L, h, c);
			next = cq_doc_first(h->d, c);
			if (next) {
				c = next;
				continue;
			}
		}
		settle = true;
		next = cq_doc_next(h->d, c);
		while (!next) {
			c = cq_doc_parent(h->d, c);
			if (!c || c == top || !lcq_doc_is_page(h, c))
				return 0;
			next = cq_doc_next(h->d, c);
			if (forget)
				cq_doc_forget(h->d, c);
		}
		c = next;
	}
	return 0;
}

cq_nid lcq_doc_first(lua_State *L, struct lcq_doc *h, cq_nid top, bool forget)
{
	lcq_doc_open(L, h, top);
	return lcq_doc_step(L, h, cq_doc_first(h->d, top), top, true, forget);
}

/* ---- bytes ---- */

void lcq_push_node_bytes(lua_State *L, struct lcq_doc *h, const struct cq_node *n, uint64_t len)
{
	struct cq_error err = {0};
	luaL_Buffer b;
	char *p;

	if (n->flags & CQ_N_BYTES && n->preview.len == n->len && len >= n->len) {
		lcq_push_slice(L, n->preview);
		return;
	}
	luaL_argcheck(L, len < (uint64_t)1 << 47, 1, "too many bytes for a string");
	p = luaL_buffinitsize(L, &b, (size_t)len);
	for (uint64_t at = 0; at < len;) {
		size_t k = len - at < PIECE ? (size_t)(len - at) : PIECE;
		lua_State *before;
		int rc;

		lcq_tick(L);
		if (!lcq_doc_usable(h))                /* a trusted script's finalizer, in the allocation above */
			luaL_error(L, "node of a closed document");
		before = lcq_doc_enter(L, h);
		rc = cq_doc_bytes(h->d, n->component, n->space, n->off + at, p + at, k, &err);
		lcq_doc_leave(L, h, before);
		if (rc != CQ_OK)
			lcq_raise(L, &err);
		at += k;
	}
	luaL_pushresultsize(&b, (size_t)len);
}

bool lcq_node_has_len(lua_State *L, struct lcq_doc *h, cq_nid id, struct cq_node *n)
{
	if (n->len == CQ_NO_OFFSET && n->flags & CQ_N_LAZY) {
		lcq_doc_open(L, h, id);
		cq_doc_node(h->d, id, n);
	}
	return n->len != CQ_NO_OFFSET;
}

/* ---- documents ---- */

static int space_arg(lua_State *L, int arg, int otherwise)
{
	static const char *const names[] = { "raw", "decompressed", NULL };

	return lua_isnoneornil(L, arg) ? otherwise : luaL_checkoption(L, arg, NULL, names);
}

static cq_nid component_named(lua_State *L, struct lcq_doc *h, int arg, struct cq_node *n)
{
	cq_slice name = lcq_check_slice(L, arg);

	for (cq_nid c = cq_doc_first(h->d, cq_doc_root(h->d)); c; c = cq_doc_next(h->d, c))
		if (cq_doc_node(h->d, c, n) && cq_slice_eq(n->name, name))
			return c;
	return 0;
}

int lcq_sst_doc(lua_State *L)
{
	struct lcq_table *table = lcq_check_table(L, 1);
	struct cq_error err = {0};
	struct lcq_doc *h = lcq_new(L, &lcq_doc_class, sizeof *h, 0);
	int rc = CQ_OK;

	h->table = table;
	table->refs++;
	lcq_charge(L, DOC_COST);
	h->charged = DOC_COST;
	for (int round = 0; round < 2; round++) {
		lua_State *before = lcq_doc_enter(L, h);

		rc = cq_table_doc(table->t, &h->d, &err);
		lcq_doc_leave(L, h, before);
		/* Too many files may be open in documents that nobody uses any more. */
		if (rc != CQ_EIO || round)
			break;
		lua_gc(L, LUA_GCCOLLECT);
	}
	if (rc != CQ_OK)
		return lcq_raise(L, &err);
	return 1;
}

/* ---- lists that are read through a document ---- */

int lcq_sst_components(lua_State *L)
{
	const struct cq_desc *desc = &lcq_check_table(L, 1)->t->desc;
	lua_Integer k = 0;
	struct lcq_doc *h;
	struct cq_node n;

	lua_settop(L, 1);
	lcq_sst_doc(L);
	h = lua_touserdata(L, 2);
	lua_newtable(L);
	for (cq_nid c = cq_doc_first(h->d, cq_doc_root(h->d)); c; c = cq_doc_next(h->d, c)) {
		cq_doc_node(h->d, c, &n);
		lua_createtable(L, 0, 3);
		lcq_push_slice(L, n.name);
		lua_setfield(L, -2, "name");
		lua_pushinteger(L, (lua_Integer)n.len);
		lua_setfield(L, -2, "bytes");
		lcq_push_slice(L, desc->dir);
		lua_pushliteral(L, "/");
		lcq_push_slice(L, desc->base);
		lua_pushliteral(L, "-");
		lcq_push_slice(L, n.name);
		lua_concat(L, 5);
		lua_setfield(L, -2, "path");
		lua_rawseti(L, -2, ++k);
	}
	close_doc(L, h);
	return 1;
}

/* One of Summary.db as {key, key_text, index_off}, on the stack. */
static void push_summary_entry(lua_State *L, struct lcq_doc *h, cq_nid entry)
{
	struct cq_node n;

	lua_createtable(L, 0, 3);
	for (cq_nid c = cq_doc_first(h->d, entry); c; c = cq_doc_next(h->d, c)) {
		if (!cq_doc_node(h->d, c, &n))
			continue;
		if (n.field == CQ_F_SUMMARY_POSITION) {
			lua_pushinteger(L, (lua_Integer)n.number);
			lua_setfield(L, -2, "index_off");
		} else if (n.flags & CQ_N_BYTES && !(n.flags & CQ_N_GAP)) {
			lcq_push_node_bytes(L, h, &n, n.len);
			cq_table_print_key(h->table->t, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)), lcq_tmp(L));
			lua_setfield(L, -2, "key");
			lcq_push_tmp(L);
			lua_setfield(L, -2, "key_text");
		}
	}
}

int lcq_sst_summary(lua_State *L)
{
	struct lcq_request r = { .what = LCQ_GET, .path = "Summary.db/entries" };
	lua_Integer k = 0;
	struct lcq_doc *h;
	cq_nid top;

	lcq_check_table(L, 1);
	lua_settop(L, 1);
	lcq_sst_doc(L);
	h = lua_touserdata(L, 2);
	r.id = cq_doc_root(h->d);
	if (lcq_doc_request(L, h, &r) != CQ_OK)
		return 0;
	top = r.out;
	lua_newtable(L);
	for (cq_nid c = lcq_doc_first(L, h, top, true); c; c = lcq_doc_step(L, h, c, top, false, true)) {
		lcq_doc_open(L, h, c);
		push_summary_entry(L, h, c);
		lua_rawseti(L, -2, ++k);
	}
	close_doc(L, h);
	return 1;
}

static int d_root(lua_State *L)
{
	lcq_push_node(L, 1, cq_doc_root(check_doc(L, 1)->d));
	return 1;
}

int lcq_doc_get(lua_State *L, struct lcq_doc *h, cq_nid from)
{
	struct lcq_request r = { .what = LCQ_GET, .id = from, .path = luaL_checkstring(L, 2) };

	luaL_argcheck(L, strlen(r.path) == lua_rawlen(L, 2), 2, "a path without zero bytes (write \\x00 in quotes)");
	lcq_doc_request(L, h, &r);
	lcq_push_node(L, 1, r.out);
	return 1;
}

static int d_get(lua_State *L)
{
	struct lcq_doc *h = check_doc(L, 1);

	return lcq_doc_get(L, h, cq_doc_root(h->d));
}

static int d_at(lua_State *L)
{
	struct lcq_doc *h = check_doc(L, 1);
	struct cq_node n;
	struct lcq_request r = { .what = LCQ_AT };

	luaL_argcheck(L, component_named(L, h, 2, &n), 2, "the table has no such component");
	r.component = n.component;
	r.space = space_arg(L, 3, n.component == CQ_C_DATA ? cq_stream_space(&h->table->t->stream) : CQ_SPACE_RAW);
	r.off = (uint64_t)luaL_checkinteger(L, 4);
	lcq_doc_request(L, h, &r);
	lcq_push_node(L, 1, r.out);
	return 1;
}

static int d_component(lua_State *L)
{
	struct lcq_doc *h = check_doc(L, 1);
	struct cq_node n;

	lcq_push_node(L, 1, component_named(L, h, 2, &n));
	return 1;
}

static int d_nodes(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)cq_doc_nodes(check_doc(L, 1)->d));
	return 1;
}

static int d_memory(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)cq_doc_memory(check_doc(L, 1)->d));
	return 1;
}

static int d_close(lua_State *L)
{
	struct lcq_doc *h = lcq_check(L, 1, &lcq_doc_class);

	return h->d ? doc_gc(L) : 0;
}

static int d_tostring(lua_State *L)
{
	const struct lcq_doc *h = lcq_check(L, 1, &lcq_doc_class);

	if (lcq_doc_usable(h))
		lua_pushfstring(L, "cq.doc: %s", h->table->path);
	else
		lua_pushliteral(L, "cq.doc: closed");
	return 1;
}

static const struct lcq_member doc_members[] = {
	{ "root", d_root, "cq.node", "The node above all components.", "for c in doc.root:children() do\n\tprint(c.label, c.len)\nend" },
	{ "get", d_get, "(path: string) -> cq.node?",
	  "The node at a path, as node.path says it: components, fields, [N] for one of several, .NAME for a column's or key's. Opens what "
	  "is on the way. nil when there is none; what is no path is an error.",
	  "local p = doc:get(\"Data.db/partitions[0]\")\nassert(p.path == \"Data.db/partitions[0]\")" },
	{ "at", d_at, "(component: string, space?: string, off: integer) -> cq.node?",
	  "The deepest node that holds a byte of a component. space: \"raw\" or \"decompressed\"; nil for the decompressed stream of a "
	  "compressed Data.db and raw otherwise. nil when no node has the byte.",
	  "local n = doc:at(\"Data.db\", nil, 0)\nprint(n.path)" },
	{ "component", d_component, "(name: string) -> cq.node?", "The node of a whole file, \"Index.db\"; nil when the table has no such file.",
	  "assert(doc:component(\"Data.db\").len > 0)" },
	{ "nodes", d_nodes, "integer", "How many nodes there are now.", NULL },
	{ "memory", d_memory, "integer", "Bytes that the tree takes of the script's memory.", NULL },
	{ "close", d_close, "()", "Close it now instead of at collection; its nodes are closed, too.", NULL },
	{ 0 },
};

static const luaL_Reg doc_meta[] = { { "__gc", doc_gc }, { "__close", d_close }, { "__tostring", d_tostring }, { NULL, NULL } };

const struct lcq_class lcq_doc_class = { .name = "cq.doc", .members = doc_members, .meta = doc_meta,
	.about = "Every byte of every component as a tree that opens lazily. What is open takes memory; node:close() gives it back." };

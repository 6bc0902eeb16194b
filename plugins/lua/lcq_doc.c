/* lcq_doc - documents and their nodes: every byte of a table, field by field.
 *
 * A node handle is {document, id}. Whatever opens units goes through request(): it says how much memory the tree may take,
 * settles what it took with the script's account, tries once more after a collection, and keeps scripts that core calls back
 * (printers, formats) out of a document that is being changed. */
#include "lcq_priv.h"

#include "cq_table_doc.h"

enum {
	DOC_COST = 512 << 10,                  /* what a document holds beside its tree: windows, names of files */
	PIECE = 64 << 10,                      /* bytes read at once */
};

struct doc {
	struct lcq_table *table;
	struct cq_doc *d;                      /* NULL: closed */
	struct cq_buf buf;                     /* printed texts */
	size_t charged;                        /* DOC_COST and the tree */
	bool busy;
};

struct node {
	struct doc *h;                         /* user value 1 keeps it */
	cq_nid id;
};

/* ---- handles ---- */

static void close_doc(lua_State *L, struct doc *h)
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
	struct doc *h = lcq_check(L, 1, &lcq_doc_class);

	if (h->busy)                           /* only from a callback, while it is in use: another time */
		return luaL_error(L, "the document is in use");
	close_doc(L, h);
	return 0;
}

static bool usable(const struct doc *h)
{
	return h->d && !h->table->closed;
}

static void check_usable(lua_State *L, int arg, const struct doc *h, const char *closed)
{
	if (!usable(h))
		luaL_argerror(L, arg, closed);
	if (h->busy)
		luaL_error(L, "the document is in use: it is being changed by what called this function");
}

static struct doc *check_doc(lua_State *L, int arg)
{
	struct doc *h = lcq_check(L, arg, &lcq_doc_class);

	check_usable(L, arg, h, "this document is closed");
	return h;
}

static struct node *check_node(lua_State *L, int arg, struct cq_node *n)
{
	struct node *p = lcq_check(L, arg, &lcq_node_class);

	luaL_argcheck(L, p->h != NULL, arg, "node of a closed document");
	check_usable(L, arg, p->h, "node of a closed document");
	luaL_argcheck(L, cq_doc_node(p->h->d, p->id, n), arg, "this node was forgotten: what it was part of has been closed");
	return p;
}

/* Push a handle; owner: a document or a node of it on the stack. nil for 0. */
static void push_node(lua_State *L, int owner, cq_nid id)
{
	struct node *p;

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

struct request {
	enum { OPEN, GET, AT, LINK, GAPS } what;
	cq_nid id;                             /* from where */
	const char *path;                      /* GET */
	int component, space;                  /* AT */
	uint64_t off;
	cq_nid out;
	uint64_t bytes;                        /* GAPS */
};

static int ask(struct doc *h, struct request *r, struct cq_error *err)
{
	switch (r->what) {
	case OPEN: return cq_doc_expand(h->d, r->id, err);
	case GET: return cq_doc_get_from(h->d, r->id, r->path, &r->out, err);
	case AT: return cq_doc_at(h->d, r->component, r->space, r->off, &r->out, err);
	case LINK: return cq_table_link(h->table->t, h->d, r->id, &r->out, err);
	case GAPS: return cq_doc_gaps(h->d, r->id, &r->bytes, err);
	}
	return CQ_OK;
}

static lua_State *enter(lua_State *L, struct doc *h)
{
	h->busy = true;
	return lcq_begin(L);
}

static void leave(lua_State *L, struct doc *h, lua_State *before)
{
	lcq_end(L, before);
	h->busy = false;
}

/* CQ_OK or CQ_NOT_FOUND (r->out is 0); raises everything else. */
static int request(lua_State *L, struct doc *h, struct request *r)
{
	struct lcq *l = lcq_of(L);
	struct cq_error err = {0};
	lua_State *before;
	int rc;

	for (int round = 0;; round++) {
		size_t left, now;

		lcq_tick(L);
		if (!usable(h))                /* a finalizer in the collection below may close it */
			return luaL_error(L, "node of a closed document");
		left = l->memory < l->opt.max_memory ? l->opt.max_memory - l->memory : 1;
		cq_doc_limit(h->d, h->charged - DOC_COST + left);
		r->out = 0;
		before = enter(L, h);
		rc = ask(h, r, &err);
		leave(L, h, before);
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

static void open_unit(lua_State *L, struct doc *h, cq_nid id)
{
	struct request r = { .what = OPEN, .id = id };

	request(L, h, &r);
}

/* ---- steps that see through pages ---- */

static bool is_page(const struct doc *h, cq_nid id)
{
	struct cq_node n;

	return cq_doc_node(h->d, id, &n) && n.flags & CQ_N_PAGE;
}

static cq_nid parent_of(const struct doc *h, cq_nid id)
{
	do
		id = cq_doc_parent(h->d, id);
	while (id && is_page(h, id));
	return id;
}

/* The node behind c in the list of top; c itself may be meant (settle). 0 at the end. Pages that were passed are forgotten when asked. */
static cq_nid step(lua_State *L, struct doc *h, cq_nid c, cq_nid top, bool settle, bool forget)
{
	while (c) {
		cq_nid next;

		if (settle && !is_page(h, c))
			return c;
		if (settle) {
			open_unit(L, h, c);
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
			if (!c || c == top || !is_page(h, c))
				return 0;
			next = cq_doc_next(h->d, c);
			if (forget)
				cq_doc_forget(h->d, c);
		}
		c = next;
	}
	return 0;
}

static cq_nid first_of(lua_State *L, struct doc *h, cq_nid top, bool forget)
{
	open_unit(L, h, top);
	return step(L, h, cq_doc_first(h->d, top), top, true, forget);
}

/* ---- bytes ---- */

static void push_bytes(lua_State *L, struct doc *h, const struct cq_node *n, uint64_t len)
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
		if (!usable(h))                /* a trusted script's finalizer, in the allocation above */
			luaL_error(L, "node of a closed document");
		before = enter(L, h);
		rc = cq_doc_bytes(h->d, n->component, n->space, n->off + at, p + at, k, &err);
		leave(L, h, before);
		if (rc != CQ_OK)
			lcq_raise(L, &err);
		at += k;
	}
	luaL_pushresultsize(&b, (size_t)len);
}

/* Known length: units whose length only decoding tells are opened. */
static bool has_len(lua_State *L, struct doc *h, cq_nid id, struct cq_node *n)
{
	if (n->len == CQ_NO_OFFSET && n->flags & CQ_N_LAZY) {
		open_unit(L, h, id);
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

static cq_nid component_named(lua_State *L, struct doc *h, int arg, struct cq_node *n)
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
	struct doc *h = lcq_new(L, &lcq_doc_class, sizeof *h, 0);
	int rc = CQ_OK;

	h->table = table;
	table->refs++;
	lcq_charge(L, DOC_COST);
	h->charged = DOC_COST;
	for (int round = 0; round < 2; round++) {
		lua_State *before = enter(L, h);

		rc = cq_table_doc(table->t, &h->d, &err);
		leave(L, h, before);
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
	struct doc *h;
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
static void push_summary_entry(lua_State *L, struct doc *h, cq_nid entry)
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
			push_bytes(L, h, &n, n.len);
			cq_table_print_key(h->table->t, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)), lcq_tmp(L));
			lua_setfield(L, -2, "key");
			lcq_push_tmp(L);
			lua_setfield(L, -2, "key_text");
		}
	}
}

int lcq_sst_summary(lua_State *L)
{
	struct request r = { .what = GET, .path = "Summary.db/entries" };
	lua_Integer k = 0;
	struct doc *h;
	cq_nid top;

	lcq_check_table(L, 1);
	lua_settop(L, 1);
	lcq_sst_doc(L);
	h = lua_touserdata(L, 2);
	r.id = cq_doc_root(h->d);
	if (request(L, h, &r) != CQ_OK)
		return 0;
	top = r.out;
	lua_newtable(L);
	for (cq_nid c = first_of(L, h, top, true); c; c = step(L, h, c, top, false, true)) {
		open_unit(L, h, c);
		push_summary_entry(L, h, c);
		lua_rawseti(L, -2, ++k);
	}
	close_doc(L, h);
	return 1;
}

static int d_root(lua_State *L)
{
	push_node(L, 1, cq_doc_root(check_doc(L, 1)->d));
	return 1;
}

static int get(lua_State *L, struct doc *h, cq_nid from)
{
	struct request r = { .what = GET, .id = from, .path = luaL_checkstring(L, 2) };

	luaL_argcheck(L, strlen(r.path) == lua_rawlen(L, 2), 2, "a path without zero bytes (write \\x00 in quotes)");
	request(L, h, &r);
	push_node(L, 1, r.out);
	return 1;
}

static int d_get(lua_State *L)
{
	struct doc *h = check_doc(L, 1);

	return get(L, h, cq_doc_root(h->d));
}

static int d_at(lua_State *L)
{
	struct doc *h = check_doc(L, 1);
	struct cq_node n;
	struct request r = { .what = AT };

	luaL_argcheck(L, component_named(L, h, 2, &n), 2, "the table has no such component");
	r.component = n.component;
	r.space = space_arg(L, 3, n.component == CQ_C_DATA ? cq_stream_space(&h->table->t->stream) : CQ_SPACE_RAW);
	r.off = (uint64_t)luaL_checkinteger(L, 4);
	request(L, h, &r);
	push_node(L, 1, r.out);
	return 1;
}

static int d_component(lua_State *L)
{
	struct doc *h = check_doc(L, 1);
	struct cq_node n;

	push_node(L, 1, component_named(L, h, 2, &n));
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
	struct doc *h = lcq_check(L, 1, &lcq_doc_class);

	return h->d ? doc_gc(L) : 0;
}

static int d_tostring(lua_State *L)
{
	const struct doc *h = lcq_check(L, 1, &lcq_doc_class);

	if (usable(h))
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

/* ---- nodes: what they say ---- */

static int n_name(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->name);
	return 1;
}

static int print(lua_State *L, void (*f)(const struct cq_doc *, cq_nid, struct cq_buf *))
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);
	lua_State *before;

	cq_buf_clear(&p->h->buf);
	before = enter(L, p->h);
	f(p->h->d, p->id, &p->h->buf);
	leave(L, p->h, before);
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

	check_node(L, 1, &n);
	lcq_push_slice(L, n.name);
	return 1;
}

static int n_field(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->id);
	return 1;
}

static int n_kind(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_kind_name(cq_field_info(n.field)->kind));
	return 1;
}

static int n_unit(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->unit);
	return 1;
}

static int n_help(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->help);
	return 1;
}

static int n_spec(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_info(n.field)->spec);
	return 1;
}

static int n_versions(lua_State *L)
{
	struct cq_node n;
	char text[64];

	check_node(L, 1, &n);
	lua_pushstring(L, cq_field_versions_text(n.field, text, sizeof text));
	return 1;
}

static int n_off(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushinteger(L, (lua_Integer)n.off);
	return 1;
}

static int n_len(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);

	if (has_len(L, p->h, p->id, &n))
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

	check_node(L, 1, &n);
	lua_pushstring(L, cq_space_kind_name(n.space));
	return 1;
}

static int n_component(lua_State *L)
{
	struct cq_node n, c;
	struct node *p = check_node(L, 1, &n);

	if (n.component >= 0 && cq_doc_node(p->h->d, cq_doc_component(p->h->d, n.component), &c))
		lcq_push_slice(L, c.name);
	else
		lua_pushnil(L);
	return 1;
}

static int n_index(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	if (n.index == CQ_NO_INDEX)
		lua_pushnil(L);
	else
		lua_pushinteger(L, (lua_Integer)n.index);
	return 1;
}

static int n_nth(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushinteger(L, (lua_Integer)n.nth);
	return 1;
}

static int n_value(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);
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
		push_bytes(L, p->h, &n, n.len);
		if (n.type && usable(p->h))
			lcq_push_value(L, n.type, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)));
	} else {
		lua_pushnil(L);
	}
	return 1;
}

static int n_type(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
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
	struct node *p = check_node(L, 1, &n);
	lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER);

	luaL_argcheck(L, most >= 0, 2, "a number of bytes, not a negative one");
	if (n.flags & CQ_N_DERIVED && !(n.flags & (CQ_N_BYTES | CQ_N_NUMBER)) && n.component < 0)
		lua_pushliteral(L, "");
	else if (has_len(L, p->h, p->id, &n))
		push_bytes(L, p->h, &n, n.len < (uint64_t)most ? n.len : (uint64_t)most);
	else
		return luaL_error(L, "how many bytes it has is not known");
	return 1;
}

static int flag(lua_State *L, unsigned bit)
{
	struct cq_node n;

	check_node(L, 1, &n);
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
	struct node *p = check_node(L, 1, &n);

	lcq_push_slice(L, cq_doc_damage(p->h->d, p->id));
	return 1;
}

static int n_notes(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);
	cq_slice note;

	lua_newtable(L);
	for (size_t k = 0; usable(p->h) && (note = cq_doc_note(p->h->d, p->id, k)).p; k++) {
		lcq_push_slice(L, note);
		lua_rawseti(L, -2, (lua_Integer)k + 1);
	}
	return 1;
}

/* ---- nodes: where they lead ---- */

static int n_parent(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);

	push_node(L, 1, parent_of(p->h, p->id));
	return 1;
}

static int n_next(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);

	push_node(L, 1, step(L, p->h, p->id, 0, false, false));
	return 1;
}

/* for child in ...: state is the node above, control the child before. upvalue 1: forget what was passed. */
static int children_next(lua_State *L)
{
	struct cq_node n;
	struct node *top = check_node(L, 1, &n), *c;
	bool forget = lua_toboolean(L, lua_upvalueindex(1));
	cq_nid next;

	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		next = first_of(L, top->h, top->id, forget);
	} else {
		c = check_node(L, 2, &n);
		luaL_argcheck(L, c->h == top->h && (parent_of(c->h, c->id) == top->id || is_page(c->h, top->id)), 2, "a child of this node");
		if (forget)
			cq_doc_forget(c->h->d, c->id);
		next = step(L, c->h, c->id, top->id, false, forget);
	}
	push_node(L, 1, next);
	return 1;
}

static int n_children(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_pushboolean(L, lua_toboolean(L, 2));
	lua_pushcclosure(L, children_next, 1);
	lua_pushvalue(L, 1);
	return 2;
}

/* upvalues: 1 depth of the node before, below the top; 2 how deep to go; 3 forget what was passed */
static int walk_next(lua_State *L)
{
	struct cq_node n;
	struct node *top = check_node(L, 1, &n), *p;
	lua_Integer depth = lua_tointeger(L, lua_upvalueindex(1)), most = lua_tointeger(L, lua_upvalueindex(2));
	bool forget = lua_toboolean(L, lua_upvalueindex(3));
	cq_nid at, next = 0;

	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		depth = 0;
		at = top->id;
	} else {
		p = check_node(L, 2, &n);
		luaL_argcheck(L, p->h == top->h, 2, "a node of this document");
		at = p->id;
	}
	if (depth < most) {
		next = first_of(L, top->h, at, forget);
		depth += next != 0;
	}
	while (!next && at && at != top->id) {
		cq_nid up = parent_of(top->h, at);

		if (forget)
			cq_doc_forget(top->h->d, at);
		next = step(L, top->h, at, top->id, false, forget);
		if (!next) {
			at = up;
			depth--;
		}
	}
	lua_pushinteger(L, depth);
	lua_replace(L, lua_upvalueindex(1));
	push_node(L, 1, next);
	return 1;
}

static int n_walk(lua_State *L)
{
	struct cq_node n;
	lua_Integer most = luaL_optinteger(L, 2, CQ_DOC_DEPTH_MAX);

	check_node(L, 1, &n);
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
	struct node *p = check_node(L, 1, &n);

	return get(L, p->h, p->id);
}

static int n_child(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n), *c;

	get(L, p->h, p->id);
	c = lua_touserdata(L, -1);
	if (c && parent_of(p->h, c->id) != p->id)
		lua_pushnil(L);
	return 1;
}

static int n_link(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);
	struct request r = { .what = LINK, .id = p->id };

	request(L, p->h, &r);
	push_node(L, 1, r.out);
	return 1;
}

static int n_gaps(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);
	struct request r = { .what = GAPS, .id = p->id };

	request(L, p->h, &r);
	lua_pushinteger(L, (lua_Integer)r.bytes);
	return 1;
}

static int n_close(lua_State *L)
{
	struct cq_node n;
	struct node *p = check_node(L, 1, &n);

	cq_doc_forget(p->h->d, p->id);
	return 0;
}

static int n_doc(lua_State *L)
{
	struct cq_node n;

	check_node(L, 1, &n);
	lua_getiuservalue(L, 1, 1);
	return 1;
}

static int n_eq(lua_State *L)
{
	const struct node *a = lcq_test(L, 1, &lcq_node_class), *b = lcq_test(L, 2, &lcq_node_class);

	lua_pushboolean(L, a && b && a->h == b->h && a->id == b->id);
	return 1;
}

static int n_tostring(lua_State *L)
{
	const struct node *p = lcq_check(L, 1, &lcq_node_class);
	struct cq_node n;

	if (!p->h || !usable(p->h) || p->h->busy) {
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

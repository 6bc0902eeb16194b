/* lcq_format - whole file formats described in Lua: cq.format compiles the description into a tree of struct item, and explain walks that
 * over the bytes of a file, telling the sink what it reads. Functions of the description (when, length, count, upto, check, note) are the
 * only Lua that runs for a file.
 *
 * ctx, what they get, is a table of the fields read so far; a group has a ctx of its own that falls back to what is around it. The ctx
 * of the top stays with the open file, for the pages of its lists: a list at the top level that has a name is a unit, which is read when
 * somebody opens it, CQ_UNITS_A_PAGE elements at a time. Other lists are read at once and are bounded.
 *
 * What the description says wrong of a file is damage of the file; what raises in it is the script's failure, and the unit stays closed. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_file_format.h"
#include "lcq_ext.h"

enum { ITEMS_MAX = 1024, DEPTH_MAX = 16, BUFFER = 64 << 10, BYTES_MAX = 16 << 20, KEPT_MAX = 64 << 10, EAGER_MAX = 1 << 16 };

enum kind { U8, U16, U32, U64, I8, I16, I32, I64, U16LE, U32LE, U64LE, F64, BOOL, VINT, SVINT, BYTES, TEXT, UUID, UTF, GROUP };
static const char *const kinds[] = { "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "u16le", "u32le", "u64le", "f64", "bool", "vint", "svint",
	"bytes", "text", "uuid", "utf", "group", NULL };
static const unsigned char widths[] = { 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 1, 0, 0, 0, 0, 16, 0, 0 };

enum source { ABSENT, NUMBER, NAME, CALL, REST };
struct amount {
	enum source from;
	uint64_t n;
	const char *name;
};

struct item {
	const char *name;
	enum kind kind;
	unsigned field, list, length_field;        /* list: the group around a list; 0 none */
	int ref;                                   /* functions */
	unsigned index;                            /* in format.all */
	struct amount length, count;
	bool when, until, until_end, check, note;
	const struct item *item;                   /* of a group */
	size_t n;
};

struct format {
	struct lcq_ext ext;
	struct cq_file_format c;
	const struct item *item, **all;
	size_t n, nall;
};

struct open_file {
	int ctx;                                   /* in the registry */
};

/* ---- reading ---- */

struct reader {
	lua_State *L;
	const struct format *f;
	const struct cq_space *s;
	const cq_trace *tr;                        /* NULL: silently */
	const struct cq_unit *u;
	uint64_t off;
	int status;                                /* not CQ_OK: over */
	struct cq_error err;
	uint8_t *buf;
	uint64_t at;                               /* of buf[0] */
	size_t len;
	uint64_t eager;                            /* elements read at once in this unit */
	int big;                                   /* stack slot of a long value's buffer */
};

static void CQ_PRINTF(3, 4) damaged(struct reader *r, uint64_t off, const char *fmt, ...)
{
	va_list ap;

	if (r->status)
		return;
	r->status = CQ_DAMAGED;
	r->err = (struct cq_error){ .code = CQ_DAMAGED, .off = off };
	va_start(ap, fmt);
	vsnprintf(r->err.msg, sizeof r->err.msg, fmt, ap);
	va_end(ap);
	cq_error_at(&r->err, r->s->name, CQ_SPACE_RAW);
}

/* n bytes at r->off, none at or behind end. NULL: they are not there. */
static const uint8_t *need(struct reader *r, const struct item *it, uint64_t n, uint64_t end)
{
	uint8_t *to = r->buf;

	if (r->status)
		return NULL;
	if (n > end - r->off) {
		if (n == UINT64_MAX)
			damaged(r, r->off, "%s has a negative length", it->name);
		else
			damaged(r, r->off, "%s wants %" PRIu64 " bytes, %" PRIu64 " are left", it->name, n, end - r->off);
		return NULL;
	}
	if (r->off >= r->at && r->off - r->at <= r->len && n <= r->len - (r->off - r->at))
		return r->buf + (r->off - r->at);
	if (n > BYTES_MAX) {
		damaged(r, r->off, "%s of %" PRIu64 " bytes is longer than %d", it->name, n, BYTES_MAX);
		return NULL;
	}
	if (n > BUFFER) {
		to = lua_newuserdatauv(r->L, (size_t)n, 0);
		lua_replace(r->L, r->big);
		r->status = cq_space_read(r->s, r->off, to, (size_t)n, &r->err);
		return r->status ? NULL : to;
	}
	r->at = r->off;
	r->len = r->s->size - r->off < BUFFER ? (size_t)(r->s->size - r->off) : BUFFER;
	r->status = cq_space_read(r->s, r->at, r->buf, r->len, &r->err);
	if (r->status)
		r->len = 0;
	return r->status ? NULL : r->buf;
}

/* ---- the description's functions ---- */

/* Push item[key](value?, ctx): nargs of them are on the stack already, ctx comes last. One result. */
static void ask(struct reader *r, const struct item *it, const char *key, int ctx, bool value)
{
	lua_State *L = r->L;

	lua_pushinteger(L, (lua_Integer)r->off);
	lua_setfield(L, ctx, "off");
	lua_rawgeti(L, LUA_REGISTRYINDEX, it->ref);
	lua_pushstring(L, key);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	if (value)
		lua_insert(L, -2);
	lua_pushvalue(L, ctx);
	lua_call(L, value ? 2 : 1, 1);
}

/* UINT64_MAX for a negative one, which nothing can have. */
static uint64_t amount(struct reader *r, const struct item *it, const struct amount *a, const char *key, int ctx, uint64_t end)
{
	lua_State *L = r->L;
	lua_Integer v;
	int is;

	switch (a->from) {
	case NUMBER: return a->n;
	case REST: return end - r->off;
	case NAME: lua_getfield(L, ctx, a->name); break;
	default: ask(r, it, key, ctx, false); break;
	}
	v = lua_tointegerx(L, -1, &is);
	if (!is)
		luaL_error(L, "%s of %s is a %s, not a number", key, it->name, luaL_typename(L, -1));
	lua_pop(L, 1);
	return v < 0 ? UINT64_MAX : (uint64_t)v;
}

static bool wanted(struct reader *r, const struct item *it, int ctx)
{
	bool yes = true;

	if (it->when) {
		ask(r, it, "when", ctx, false);
		yes = lua_toboolean(r->L, -1);
		lua_pop(r->L, 1);
	}
	return yes;
}

/* The value is on the stack: check it, keep it in ctx, note it. */
static void settle(struct reader *r, const struct item *it, int ctx, uint64_t off, bool keep)
{
	lua_State *L = r->L;

	if (it->check) {
		lua_pushvalue(L, -1);
		ask(r, it, "check", ctx, true);
		if (lua_type(L, -1) == LUA_TSTRING) {
			lua_pushvalue(L, -2);
			damaged(r, off, "%s is %.64s; expected %.160s", it->name, lua_type(L, -1) == LUA_TNUMBER ? lua_tostring(L, -1) : "something else",
				lua_tostring(L, -2));
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	if (keep) {
		lua_pushvalue(L, -1);
		lua_setfield(L, ctx, it->name);
	}
	if (it->note && r->tr && !r->status) {
		lua_pushvalue(L, -1);
		ask(r, it, "note", ctx, true);
		if (lua_type(L, -1) == LUA_TSTRING)
			cq_trace_note(r->tr, it->field, off, "%s", lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* ---- fields ---- */

static void number(struct reader *r, const struct item *it, int ctx, uint64_t end, bool keep)
{
	uint64_t off = r->off, v = 0, n = widths[it->kind];
	const uint8_t *p;
	double d;

	if (it->kind == VINT || it->kind == SVINT) {
		p = need(r, it, 1, end);
		if (!p)
			return;
		for (n = 1; n < 9 && p[0] >> (8 - n) & 1; n++)
			;
	}
	p = need(r, it, n, end);
	if (!p)
		return;
	switch (it->kind) {
	case U8:
	case BOOL: v = p[0]; break;
	case I8: v = (uint64_t)(int64_t)(int8_t)p[0]; break;
	case U16: v = cq_be16(p); break;
	case I16: v = (uint64_t)(int64_t)(int16_t)cq_be16(p); break;
	case U32: v = cq_be32(p); break;
	case I32: v = (uint64_t)(int64_t)(int32_t)cq_be32(p); break;
	case U16LE: v = (uint64_t)p[0] | (uint64_t)p[1] << 8; break;
	case U32LE: v = cq_le32(p); break;
	case U64LE: v = cq_le64(p); break;
	case VINT:
	case SVINT:
		v = n == 9 ? 0 : p[0] & (0xffu >> n);
		for (uint64_t i = 1; i < n; i++)
			v = v << 8 | p[i];
		if (it->kind == SVINT)
			v = v >> 1 ^ (0 - (v & 1));
		break;
	default: v = cq_be64(p); break;
	}
	r->off += n;
	if (r->tr)
		cq_trace_number(r->tr, it->field, off, (size_t)n, v);
	if (!keep && !it->check && !it->note)
		return;
	if (it->kind == F64) {
		memcpy(&d, &v, sizeof d);
		lua_pushnumber(r->L, d);
	} else if (it->kind == BOOL) {
		lua_pushboolean(r->L, v != 0);
	} else {
		lua_pushinteger(r->L, (lua_Integer)v);
	}
	settle(r, it, ctx, off, keep);
}

static void bytes(struct reader *r, const struct item *it, int ctx, uint64_t end, bool keep)
{
	uint64_t n, off;
	const uint8_t *p;

	if (it->kind == UTF) {
		p = need(r, it, 2, end);
		if (!p)
			return;
		n = cq_be16(p);
		if (r->tr)
			cq_trace_number(r->tr, it->length_field, r->off, 2, n);
		r->off += 2;
	} else {
		n = it->kind == UUID ? 16 : amount(r, it, &it->length, "length", ctx, end);
	}
	off = r->off;
	p = need(r, it, n, end);
	if (!p)
		return;
	r->off += n;
	if (r->tr)
		cq_trace_bytes(r->tr, it->field, off, cq_slice_of(p, (size_t)n), NULL);
	if (!keep && !it->check && !it->note)
		return;
	if (n <= KEPT_MAX)
		lua_pushlstring(r->L, (const char *)p, (size_t)n);
	else
		lua_pushnil(r->L);
	settle(r, it, ctx, off, keep);
}

static void items(struct reader *r, const struct item *list, size_t n, int ctx, uint64_t end, bool top);

/* A ctx that falls back to the one at ctx; its slot. */
static int inner_ctx(lua_State *L, int ctx)
{
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, ctx);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	return lua_gettop(L);
}

static void group(struct reader *r, const struct item *it, int ctx, uint64_t end, uint64_t index)
{
	lua_State *L = r->L;
	uint64_t n;
	int inner;

	luaL_checkstack(L, 16, "a description too deep");
	if (r->tr)
		cq_trace_begin(r->tr, it->field, r->off, index, (cq_slice){0});
	inner = inner_ctx(L, ctx);
	if (index != CQ_NO_INDEX) {
		lua_pushinteger(L, (lua_Integer)index);
		lua_setfield(L, inner, "index");
	}
	if (it->length.from != ABSENT) {
		n = amount(r, it, &it->length, "length", ctx, end);
		if (n > end - r->off)
			damaged(r, r->off, "%s wants %" PRIu64 " bytes, %" PRIu64 " are left", it->name, n, end - r->off);
		else
			end = r->off + n;
	}
	items(r, it->item, it->n, inner, end, false);
	if (it->length.from != ABSENT && !r->status)
		r->off = end;                      /* what is left of it is a gap */
	if (r->tr)
		cq_trace_end(r->tr, r->off, r->status);
	lua_settop(L, inner);
	lua_setfield(L, ctx, it->name);
}

static void element(struct reader *r, const struct item *it, int ctx, uint64_t end, uint64_t index, bool keep)
{
	lcq_tick(r->L);
	if (it->kind == GROUP)
		group(r, it, ctx, end, index);
	else if (it->kind >= BYTES)
		bytes(r, it, ctx, end, keep);
	else
		number(r, it, ctx, end, keep);
}

/* Up to max elements. *left counts down. Ends at end, too, when nobody says how many there are. */
static uint64_t elements(struct reader *r, const struct item *it, int ctx, uint64_t end, uint64_t first, uint64_t max, uint64_t *left)
{
	uint64_t n = 0;

	for (; n < max && *left && !r->status; n++) {
		uint64_t off = r->off;

		if (*left == UINT64_MAX && r->off == end)
			*left = 0;
		if (*left && it->until && !it->until_end) {
			ask(r, it, "upto", ctx, false);
			if (lua_toboolean(r->L, -1))
				*left = 0;
			lua_pop(r->L, 1);
		}
		if (!*left)
			break;
		element(r, it, ctx, end, first + n, false);
		if (*left != UINT64_MAX)
			--*left;
		if (r->off == off && !r->status)
			damaged(r, off, "%s takes no bytes: the list would not end", it->name);
	}
	return n;
}

/* A list at the top level: a unit that is read when it is opened. */
static void lazy(struct reader *r, const struct item *it, int ctx, uint64_t end, uint64_t count, bool last)
{
	uint64_t start = r->off, width = widths[it->kind], n = count, left = count;
	struct cq_unit u = { .kind = CQ_U_FILE, .field = it->list, .component = r->u->component, .space = r->u->space, .off = start };
	const cq_trace *tr = r->tr;

	if (count == UINT64_MAX && width && !it->until)
		count = n = (end - start) / width;
	if (width && count != UINT64_MAX) {
		if (n > (end - start) / width)
			n = (end - start) / width;
		r->off += n * width;
		u.arg[2] = n;
	} else if (last && count == UINT64_MAX && it->until_end) {
		r->off = end;
		u.arg[2] = UINT64_MAX;
	} else {
		r->tr = NULL;                      /* only to see where it ends */
		elements(r, it, ctx, end, 0, UINT64_MAX, &left);
		r->tr = tr;
		u.arg[2] = count;
		if (r->status)                     /* opening it says what is wrong, and shows what is right */
			r->off = end;
	}
	u.len = r->off - start;
	u.arg[1] = it->index;
	u.arg[3] = r->off;
	if (u.len && r->tr)
		cq_trace_child(r->tr, &u, CQ_NO_INDEX, (cq_slice){0});
	if (n < count && !r->status)
		damaged(r, r->off, "%s: there is room for %" PRIu64 " of %" PRIu64, it->name, n, count);
}

static void list(struct reader *r, const struct item *it, int ctx, uint64_t end, bool top, bool last)
{
	uint64_t count = UINT64_MAX;

	if (it->count.from != ABSENT) {
		count = amount(r, it, &it->count, "count", ctx, end);
		if (count == UINT64_MAX) {
			damaged(r, r->off, "a negative number of %s", it->name);
			return;
		}
	}
	if (top && it->list) {
		lazy(r, it, ctx, end, count, last);
		return;
	}
	if (it->list && r->tr)
		cq_trace_begin(r->tr, it->list, r->off, CQ_NO_INDEX, (cq_slice){0});
	r->eager += elements(r, it, ctx, end, 0, EAGER_MAX - r->eager, &count);
	if (r->eager >= EAGER_MAX && count)
		damaged(r, r->off, "more than %d elements of lists that are not read page by page", EAGER_MAX);
	if (it->list && r->tr)
		cq_trace_end(r->tr, r->off, r->status);
}

static void items(struct reader *r, const struct item *it, size_t n, int ctx, uint64_t end, bool top)
{
	for (size_t i = 0; i < n && !r->status; i++, it++) {
		if (!wanted(r, it, ctx))
			continue;
		if (it->count.from != ABSENT || it->until)
			list(r, it, ctx, end, top, i + 1 == n);
		else
			element(r, it, ctx, end, CQ_NO_INDEX, true);
	}
}

/* ---- units ---- */

struct call {
	struct format *f;
	struct open_file *state;
	const struct cq_space *s;
	const struct cq_unit *u;
	const cq_trace *tr;
	int status;
	struct cq_error err;
	cq_slice head;
	bool yes;
};

static void tail(struct reader *r)
{
	struct cq_unit u = { .kind = CQ_U_BYTES, .field = CQ_F_UNKNOWN_BYTES, .component = r->u->component, .space = r->u->space,
		.off = r->off, .len = r->s->size - r->off };

	if (u.len)
		cq_trace_child(r->tr, &u, CQ_NO_INDEX, (cq_slice){0});
}

static void page(struct reader *r, const struct call *c, int ctx)
{
	const struct item *it = c->u->arg[1] < c->f->nall ? c->f->all[c->u->arg[1]] : NULL;
	struct cq_unit more = *c->u;
	uint64_t left = c->u->arg[2], n, end = c->u->arg[3];

	if (!it || end > r->s->size || c->u->off > end) {
		damaged(r, c->u->off, "no such list");
		return;
	}
	r->off = c->u->off;
	n = elements(r, it, ctx, end, c->u->arg[0], CQ_UNITS_A_PAGE, &left);
	if (r->status || !left || r->off >= end)
		return;
	more.field = CQ_F_MORE;
	more.off = r->off;
	more.len = end - r->off;
	more.arg[0] += n;
	more.arg[2] = left;
	cq_trace_child(r->tr, &more, more.arg[0], (cq_slice){0});
}

static int explain_inside(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	struct reader r = { .L = L, .f = c->f, .s = c->s, .tr = c->tr, .u = c->u };
	int ctx;

	lua_settop(L, 1);
	lua_pushnil(L);
	r.big = 2;
	r.buf = lua_newuserdatauv(L, BUFFER, 0);
	if (c->u->kind == CQ_U_COMPONENT) {
		lua_newtable(L);
		lua_pushinteger(L, (lua_Integer)c->s->size);
		lua_setfield(L, -2, "size");
		lua_pushstring(L, cq_basename(c->s->name));
		lua_setfield(L, -2, "file");
		luaL_unref(L, LUA_REGISTRYINDEX, c->state->ctx);
		c->state->ctx = LUA_NOREF;
		lua_pushvalue(L, -1);
		c->state->ctx = luaL_ref(L, LUA_REGISTRYINDEX);
	} else {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->state->ctx);
		if (!lua_istable(L, -1))
			return luaL_error(L, "a list before its file");
	}
	ctx = lua_gettop(L);
	if (c->u->kind == CQ_U_COMPONENT) {
		items(&r, c->f->item, c->f->n, ctx, c->s->size, true);
		if (!r.status)
			tail(&r);
	} else {
		/* Elements leave their own names in a ctx of the page's. */
		page(&r, c, inner_ctx(L, ctx));
	}
	c->status = r.status;
	c->err = r.err;
	return 0;
}

static int format_explain(const struct cq_file_format *f, void *state, const struct cq_space *s, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	struct call c = { .f = f->arg, .state = state, .s = s, .u = u, .tr = tr };
	struct cq_error why = {0};
	int rc = lcq_ext_call(&c.f->ext, explain_inside, &c, &why);

	if (rc == CQ_ESTOPPED)
		return cq_fail(err, rc, CQ_NO_OFFSET, "stopped");
	if (rc != CQ_OK)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "format %s: %.200s", f->name, why.msg);
	if (c.status && err)
		*err = c.err;
	return c.status;
}

static int format_open(const struct cq_file_format *f, const struct cq_space *s, void **state, struct cq_error *err)
{
	struct open_file *o = malloc(sizeof *o);

	(void)f;
	(void)s;
	if (!o)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	o->ctx = LUA_NOREF;
	*state = o;
	return CQ_OK;
}

static int drop(lua_State *L)
{
	struct open_file *o = lua_touserdata(L, 1);

	luaL_unref(L, LUA_REGISTRYINDEX, o->ctx);
	return 0;
}

static void format_close(const struct cq_file_format *f, void *state)
{
	struct format *mine = f->arg;

	if (state && mine->ext.l)
		lcq_protect(mine->ext.l, drop, state, NULL);
	free(state);
}

static int probe_inside(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);

	lcq_ext_push(L, &c->f->ext, "probe");
	lua_pushlstring(L, c->head.len ? (const char *)c->head.p : "", c->head.len);
	lua_call(L, 1, 1);
	c->yes = lua_toboolean(L, -1);
	return 0;
}

static bool format_probe(const struct cq_file_format *f, cq_slice head)
{
	struct call c = { .f = f->arg, .head = head };

	return lcq_ext_call(&c.f->ext, probe_inside, &c, NULL) == CQ_OK && c.yes;
}

/* ---- compiling ---- */

static const char *text_of(lua_State *L, struct format *f, int arg, const char *key)
{
	const char *s = NULL;

	if (lcq_opt(L, arg, key)) {
		size_t n;

		if (lua_type(L, -1) != LUA_TSTRING || strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1))
			luaL_error(L, "%s has to be a text", key);
		s = lua_tolstring(L, -1, &n);
		s = memcpy(lcq_ext_alloc(L, &f->ext, n + 1, 1), s, n + 1);
	}
	lua_pop(L, 1);
	return s;
}

static bool function_at(lua_State *L, int arg, const char *key, const char *of)
{
	bool is = lcq_opt(L, arg, key);

	if (is && lua_type(L, -1) != LUA_TFUNCTION)
		luaL_error(L, "%s of %s has to be a function", key, of);
	lua_pop(L, 1);
	return is;
}

static struct amount amount_at(lua_State *L, struct format *f, int arg, const char *key, const char *of, bool rest)
{
	struct amount a = {0};

	if (lcq_opt(L, arg, key)) {
		int is = 0;
		lua_Integer v = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &is) : 0;

		if (is && v >= 0) {
			a = (struct amount){ .from = NUMBER, .n = (uint64_t)v };
		} else if (lua_type(L, -1) == LUA_TSTRING) {
			a.from = rest && strcmp(lua_tostring(L, -1), "rest") == 0 ? REST : NAME;
			a.name = text_of(L, f, arg, key);
		} else if (lua_type(L, -1) == LUA_TFUNCTION) {
			a.from = CALL;
		} else {
			luaL_error(L, "%s of %s has to be a number, the name of a field or a function", key, of);
		}
	}
	lua_pop(L, 1);
	return a;
}

static unsigned registry_field(lua_State *L, const char *id)
{
	unsigned field = cq_field_named(id);

	if (!field)
		luaL_error(L, "there is no field %s in the registry", id);
	return field;
}

/* A field of the description's own: "HINTS_MUTATION_SIZE". */
static unsigned new_field(lua_State *L, struct format *f, const char *name, enum cq_field_kind kind, const char *unit, const char *help)
{
	struct cq_field_info *i = lcq_ext_alloc(L, &f->ext, 1, sizeof *i);
	size_t n = strlen(f->c.name) + strlen(name) + 8;
	char *id = lcq_ext_alloc(L, &f->ext, n, 1);
	struct cq_error err = {0};
	unsigned field;

	for (unsigned k = 1; k == 1 || cq_field_named(id); k++) {
		if (k == 1000)
			luaL_error(L, "too many fields called %s", name);
		snprintf(id, n, k == 1 ? "%s_%s" : "%s_%s_%u", f->c.name, name, k);
		for (char *p = id; *p; p++)
			*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	}
	*i = (struct cq_field_info){ .id = id, .name = name, .kind = kind, .unit = unit ? unit : "", .help = help ? help : "Described by a script.", .spec = f->c.name,
		.versions = "" };
	if (cq_field_add(i, &field, &err) != CQ_OK)
		lcq_raise(L, &err);
	return field;
}

static enum cq_field_kind shown_as(lua_State *L, int arg, enum kind kind)
{
	static const char *const names[] = { "hex", "flags", "micros", "millis", "seconds", "duration", "offset", "length", "uuid", "text", "padding", NULL };
	static const enum cq_field_kind as[] = { CQ_K_HEX, CQ_K_FLAGS, CQ_K_MICROS, CQ_K_MILLIS, CQ_K_SECONDS, CQ_K_DURATION, CQ_K_OFFSET, CQ_K_LENGTH,
		CQ_K_UUID, CQ_K_TEXT, CQ_K_PADDING };
	int i = lcq_ext_choice(L, arg, "as", names, -1);

	if (i >= 0)
		return as[i];
	switch (kind) {
	case I8:
	case I16:
	case I32:
	case I64:
	case SVINT: return CQ_K_INT;
	case F64: return CQ_K_DOUBLE;
	case BOOL: return CQ_K_BOOL;
	case BYTES: return CQ_K_BYTES;
	case TEXT:
	case UTF: return CQ_K_TEXT;
	case UUID: return CQ_K_UUID;
	case GROUP: return CQ_K_GROUP;
	default: return CQ_K_UINT;
	}
}

static struct item *compile(lua_State *L, struct format *f, int arg, size_t *n, int depth);

static void compile_one(lua_State *L, struct format *f, int arg, struct item *it, int depth)
{
	static const char *const known[] = { "name", "kind", "field", "list", "list_field", "length_field", "length", "count", "upto", "when", "check", "note",
		"as", "unit", "help", "group", NULL };
	const char *field, *list, *unit, *help;

	lcq_known(L, arg, known);
	it->name = text_of(L, f, arg, "name");
	if (!it->name || !*it->name)
		luaL_error(L, "a field without a name");
	it->kind = (enum kind)lcq_ext_choice(L, arg, "kind", kinds, lcq_opt(L, arg, "group") ? GROUP : -1);
	lua_pop(L, 1);
	if ((int)it->kind < 0)
		luaL_error(L, "%s has no kind", it->name);
	it->length = amount_at(L, f, arg, "length", it->name, true);
	it->count = amount_at(L, f, arg, "count", it->name, false);
	it->when = function_at(L, arg, "when", it->name);
	it->check = function_at(L, arg, "check", it->name);
	it->note = function_at(L, arg, "note", it->name);
	it->until_end = lcq_opt(L, arg, "upto") && lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "end") == 0;
	lua_pop(L, 1);
	it->until = it->until_end || function_at(L, arg, "upto", it->name);
	if ((it->kind == BYTES || it->kind == TEXT) != (it->length.from != ABSENT) && it->kind != GROUP)
		luaL_error(L, "length of %s: bytes and text need one, groups may have one, others have their own", it->name);
	if (it->kind == GROUP && (it->check || it->note))
		luaL_error(L, "check and note of %s: a group has none", it->name);
	if (f->nall == ITEMS_MAX)
		luaL_error(L, "more than %d fields in a format", ITEMS_MAX);
	it->index = (unsigned)f->nall;
	f->all[f->nall++] = it;
	field = text_of(L, f, arg, "field");
	list = text_of(L, f, arg, "list");
	unit = text_of(L, f, arg, "unit");
	help = text_of(L, f, arg, "help");
	it->field = field ? registry_field(L, field) : new_field(L, f, it->name, shown_as(L, arg, it->kind), unit, help);
	field = text_of(L, f, arg, "list_field");
	if (field || list)
		it->list = field ? registry_field(L, field) : new_field(L, f, list, CQ_K_GROUP, NULL, help);
	if (it->list && it->count.from == ABSENT && !it->until)
		luaL_error(L, "%s is no list: it has neither count nor upto", it->name);
	field = text_of(L, f, arg, "length_field");
	it->length_field = field ? registry_field(L, field) : CQ_F_TEXT_LENGTH;
	lua_newtable(L);
	for (const char *const *k = known; *k; k++) {
		if (lcq_opt(L, arg, *k))
			lua_setfield(L, -2, *k);
		else
			lua_pop(L, 1);
	}
	it->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	if (it->kind == GROUP) {
		lcq_opt(L, arg, "group");
		it->item = compile(L, f, lua_gettop(L), &it->n, depth + 1);
		lua_pop(L, 1);
	}
}

static struct item *compile(lua_State *L, struct format *f, int arg, size_t *n, int depth)
{
	struct item *it;

	luaL_checkstack(L, 32, "a description too deep");
	if (depth > DEPTH_MAX)
		luaL_error(L, "groups in groups more than %d deep", DEPTH_MAX);
	if (!lua_istable(L, arg) || !lua_rawlen(L, arg))
		luaL_error(L, "a structure has to be a list of fields");
	*n = lua_rawlen(L, arg);
	if (*n > ITEMS_MAX)
		luaL_error(L, "more than %d fields in a format", ITEMS_MAX);
	it = lcq_ext_alloc(L, &f->ext, *n, sizeof *it);
	for (size_t i = 0; i < *n; i++) {
		if (lua_rawgeti(L, arg, (lua_Integer)i + 1) != LUA_TTABLE)
			luaL_error(L, "field %d of a structure is no table", (int)i + 1);
		compile_one(L, f, lua_gettop(L), &it[i], depth);
		lua_pop(L, 1);
	}
	return it;
}

int lcq_format_add(lua_State *L)
{
	static const char *const keys[] = { "name", "about", "files", "field", "probe", "structure", NULL };
	struct format *f = lcq_ext_new(L, sizeof *f, keys);
	struct cq_error err = {0};
	const char **files, *field;
	size_t n;

	f->c.name = lcq_ext_text(L, &f->ext, "name", true);
	f->c.summary = lcq_ext_text(L, &f->ext, "about", true);
	for (size_t i = 0; cq_file_format_nth(i); i++)
		if (strcmp(cq_file_format_nth(i)->name, f->c.name) == 0)
			return luaL_error(L, "there is a format %s already", f->c.name);
	if (!lcq_opt(L, 1, "files") || !lua_istable(L, -1) || !(n = lua_rawlen(L, -1)) || n > 64)
		return luaL_argerror(L, 1, "files has to be a list of names with * and ?");
	files = lcq_ext_alloc(L, &f->ext, n + 1, sizeof *files);
	for (size_t i = 0; i < n; i++) {
		size_t len;
		const char *s;

		if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
			return luaL_argerror(L, 1, "files has to be a list of names with * and ?");
		s = lua_tolstring(L, -1, &len);
		files[i] = memcpy(lcq_ext_alloc(L, &f->ext, len + 1, 1), s, len + 1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	f->c.files = files;
	f->all = lcq_ext_alloc(L, &f->ext, ITEMS_MAX, sizeof *f->all);
	lcq_opt(L, 1, "structure");
	f->item = compile(L, f, lua_gettop(L), &f->n, 1);
	lua_pop(L, 1);
	field = lcq_ext_text(L, &f->ext, "field", false);
	f->c.field = field ? registry_field(L, field) : new_field(L, f, f->c.name, CQ_K_GROUP, NULL, f->c.summary);
	f->c.probe = lcq_ext_has(L, "probe") ? format_probe : NULL;
	f->c.open = format_open;
	f->c.close = format_close;
	f->c.explain = format_explain;
	f->c.arg = f;
	if (cq_file_format_add(&f->c, &err) != CQ_OK)
		return lcq_raise(L, &err);
	return 0;
}

#include "lcq_pattern.h"

#include <ctype.h>
#include <limits.h>

enum { CAPTURES_MAX = 32, SMALL = 24, STEPS_AT_ONCE = 2048 };

enum item_kind { I_CHAR, I_ANY, I_SET, I_FRONTIER, I_BALANCE, I_BACK, I_OPEN, I_CLOSE, I_POSITION, I_END };
enum item_rep { R_ONE, R_MANY, R_SOME, R_LAZY, R_PERHAPS };      /* "", *, +, -, ? */

struct item {
	uint8_t kind, rep;
	uint8_t a, b;                            /* a character; those of %b; a capture's number */
	uint8_t set[32];                         /* a bit a character */
};

/* A way back: the item that left it, and where it may go on. */
struct way {
	uint32_t item;
	size_t low, high;                        /* greedy: ends that are left, tried from high down; lazy: high is where it stands */
};

struct capture {
	const char *p;
	size_t len;
	bool position;
};

struct pattern {
	size_t nitems;
	unsigned ncaptures;
	bool anchored;
	struct item *items;
	struct way *ways;                        /* room for nitems */
	struct item small_items[SMALL];
	struct way small_ways[SMALL];
};

struct subject {
	lua_State *L;
	const char *s;
	size_t len;
	struct capture capture[CAPTURES_MAX];
	size_t steps;                            /* not counted yet */
};

/* ---- taking a pattern apart ---- */

static bool in_class(unsigned c, unsigned class)
{
	bool is;

	switch (class | 0x20) {
	case 'a': is = isalpha((int)c); break;
	case 'c': is = iscntrl((int)c); break;
	case 'd': is = isdigit((int)c); break;
	case 'g': is = isgraph((int)c); break;
	case 'l': is = islower((int)c); break;
	case 'p': is = ispunct((int)c); break;
	case 's': is = isspace((int)c); break;
	case 'u': is = isupper((int)c); break;
	case 'w': is = isalnum((int)c); break;
	case 'x': is = isxdigit((int)c); break;
	case 'z': is = c == 0; break;            /* no longer in the manual, but still in scripts */
	default: return c == class;
	}
	return is != (class >= 'A' && class <= 'Z');
}

static bool is_class(unsigned char c)
{
	return c && strchr("acdglpsuwxzACDGLPSUWXZ", c) != NULL;
}

static void set_add(uint8_t *set, unsigned c)
{
	set[c >> 3] |= (uint8_t)(1 << (c & 7));
}

/* Each class as a set, made once: the locale is the process's. */
static uint8_t class_sets[128][32];
static pthread_once_t class_once = PTHREAD_ONCE_INIT;

static void make_class_sets(void)
{
	for (unsigned class = 0; class < 128; class++)
		for (unsigned c = 0; c < 256; c++)
			if (in_class(c, class))
				set_add(class_sets[class], c);
}

static void set_add_class(uint8_t *set, unsigned class)
{
	if (class >= 128) {
		set_add(set, class);
		return;
	}
	pthread_once(&class_once, make_class_sets);
	for (int i = 0; i < 32; i++)
		set[i] |= class_sets[class][i];
}

static bool set_has(const uint8_t *set, unsigned char c)
{
	return set[c >> 3] >> (c & 7) & 1;
}

/* The set that begins at p ('['); returns what follows its ']'. */
static const char *take_set(lua_State *L, const char *p, const char *end, uint8_t *set)
{
	const char *stop;
	bool not = p + 1 < end && p[1] == '^';

	p += not ? 2 : 1;
	/* Its end first: a ']' in front, or behind '%', is none. */
	stop = p;
	do {
		if (stop >= end)
			luaL_error(L, "malformed pattern (missing ']')");
		if (*stop++ == '%' && stop < end)
			stop++;
	} while (stop >= end || *stop != ']');
	while (p < stop) {
		unsigned char c = (unsigned char)*p;

		if (c == '%' && p + 1 < stop) {
			set_add_class(set, (unsigned char)p[1]);
			p += 2;
		} else if (p + 2 < stop && p[1] == '-') {
			for (unsigned x = c; x <= (unsigned char)p[2]; x++)
				set_add(set, x);
			p += 3;
		} else {
			set_add(set, c);
			p++;
		}
	}
	if (not)
		for (int i = 0; i < 32; i++)
			set[i] = (uint8_t)~set[i];
	return stop + 1;
}

/* Items of p into out; NULL only counts. Mistakes raise. */
static size_t take(lua_State *L, struct pattern *pat, const char *p, const char *end, struct item *out)
{
	uint8_t open[CAPTURES_MAX], state[CAPTURES_MAX] = {0};   /* state: 1 when closed */
	unsigned nopen = 0;
	size_t n = 0;

	pat->ncaptures = 0;
	while (p < end) {
		struct item it = {0};

		switch (*p) {
		case '(':
			if (pat->ncaptures == CAPTURES_MAX)
				luaL_error(L, "too many captures");
			it.a = (uint8_t)pat->ncaptures++;
			if (p + 1 < end && p[1] == ')') {
				it.kind = I_POSITION;
				state[it.a] = 1;
				p += 2;
			} else {
				it.kind = I_OPEN;
				open[nopen++] = it.a;
				p++;
			}
			break;
		case ')':
			if (!nopen)
				luaL_error(L, "invalid pattern capture");
			it.kind = I_CLOSE;
			it.a = open[--nopen];
			state[it.a] = 1;
			p++;
			break;
		case '$':
			if (p + 1 == end) {
				it.kind = I_END;
				p++;
				break;
			}
			goto single;
		case '%':
			if (p + 1 == end)
				luaL_error(L, "malformed pattern (ends with '%%')");
			if (p[1] == 'b') {
				if (end - p < 4)
					luaL_error(L, "malformed pattern (missing arguments to '%%b')");
				it.kind = I_BALANCE;
				it.a = (uint8_t)p[2];
				it.b = (uint8_t)p[3];
				p += 4;
				break;
			}
			if (p[1] == 'f') {
				if (p + 2 == end || p[2] != '[')
					luaL_error(L, "missing '[' after '%%f' in pattern");
				it.kind = I_FRONTIER;
				p = take_set(L, p + 2, end, it.set);
				break;
			}
			if (p[1] >= '0' && p[1] <= '9') {
				unsigned k = (unsigned)(p[1] - '1');

				if (k >= pat->ncaptures || !state[k])
					luaL_error(L, "invalid capture index %%%d in pattern", (int)k + 1);
				it.kind = I_BACK;
				it.a = (uint8_t)k;
				p += 2;
				break;
			}
			goto single;
		default:
		single:
			if (*p == '[') {
				it.kind = I_SET;
				p = take_set(L, p, end, it.set);
			} else if (*p == '.') {
				it.kind = I_ANY;
				p++;
			} else if (*p == '%' && is_class((unsigned char)p[1])) {
				it.kind = I_SET;
				set_add_class(it.set, (unsigned char)p[1]);
				p += 2;
			} else {
				p += *p == '%';
				it.kind = I_CHAR;
				it.a = (uint8_t)*p++;
			}
			if (p < end) {
				const char *r = *p ? strchr("*+-?", *p) : NULL;

				if (r) {
					it.rep = (uint8_t)(*p == '*' ? R_MANY : *p == '+' ? R_SOME : *p == '-' ? R_LAZY : R_PERHAPS);
					p++;
				}
			}
			break;
		}
		if (out)
			out[n] = it;
		n++;
	}
	if (nopen)
		luaL_error(L, "unfinished capture");
	return n;
}

/* Into pat. What does not fit in it is put into userdata that stays on the stack (one value is pushed, always). An anchor counts when
 * anchors do. */
static void compile(lua_State *L, struct pattern *pat, const char *p, size_t n, bool anchors)
{
	const char *end = p + n;
	void *more;

	pat->anchored = anchors && n && *p == '^';
	p += pat->anchored;
	if ((size_t)(end - p) <= SMALL) {                /* an item has a character at least */
		lua_pushnil(L);
		pat->items = pat->small_items;
		pat->ways = pat->small_ways;
		pat->nitems = take(L, pat, p, end, pat->items);
		return;
	}
	lcq_work(L, n);
	pat->nitems = take(L, pat, p, end, NULL);
	if (pat->nitems > UINT32_MAX / 2)
		luaL_error(L, "pattern too long");
	more = lua_newuserdatauv(L, pat->nitems * (sizeof(struct way) + sizeof(struct item)), 0);
	pat->ways = more;
	pat->items = (struct item *)(void *)(pat->ways + pat->nitems);
	take(L, pat, p, end, pat->items);
}

/* ---- matching ---- */

static void count(struct subject *m)
{
	size_t n = m->steps;

	m->steps = 0;
	lcq_work(m->L, n);
}

static inline bool one(const struct item *it, unsigned char c)
{
	return it->kind == I_CHAR ? it->a == c : it->kind == I_ANY || set_has(it->set, c);
}

static const char *balance(struct subject *m, const struct item *it, const char *at, const char *end)
{
	size_t depth = 1;
	const char *from = at;

	if (at == end || (uint8_t)*at != it->a)
		return NULL;
	while (++at < end) {
		if ((uint8_t)*at == it->b) {
			if (--depth == 0)
				break;
		} else if ((uint8_t)*at == it->a) {
			depth++;
		}
	}
	m->steps += (size_t)(at - from) / 4;
	return at < end ? at + 1 : NULL;
}

/* Match at one place: where it ends, or NULL. */
static const char *match_at(struct subject *m, struct pattern *pat, const char *at)
{
	const char *const s = m->s, *const end = m->s + m->len;
	size_t nways = 0;
	uint32_t i = 0;

	for (;;) {
		const struct item *it = &pat->items[i];
		const char *next = at;
		struct capture *c;

		if (++m->steps >= STEPS_AT_ONCE)
			count(m);
		if (i == pat->nitems)
			return at;
		switch (it->kind) {
		case I_OPEN:
			m->capture[it->a].p = at;
			break;
		case I_CLOSE:
			c = &m->capture[it->a];
			c->len = (size_t)(at - c->p);
			c->position = false;
			break;
		case I_POSITION:
			c = &m->capture[it->a];
			c->p = at;
			c->position = true;
			break;
		case I_END:
			next = at == end ? at : NULL;
			break;
		case I_FRONTIER:
			if (set_has(it->set, at == s ? 0 : (unsigned char)at[-1]) || !set_has(it->set, at == end ? 0 : (unsigned char)*at))
				next = NULL;
			break;
		case I_BALANCE:
			next = balance(m, it, at, end);
			break;
		case I_BACK:
			c = &m->capture[it->a];
			m->steps += c->position ? 0 : c->len / 16;
			if (!c->position && c->len <= (size_t)(end - at) && memcmp(c->p, at, c->len) == 0)
				next = at + c->len;
			else
				next = NULL;
			break;
		default:
			switch (it->rep) {
			case R_ONE:
				next = at < end && one(it, (unsigned char)*at) ? at + 1 : NULL;
				break;
			case R_LAZY:
				pat->ways[nways++] = (struct way){ i, 0, (size_t)(at - s) };
				break;
			case R_PERHAPS:
				if (at < end && one(it, (unsigned char)*at)) {
					pat->ways[nways++] = (struct way){ i, (size_t)(at - s), (size_t)(at - s) };
					next = at + 1;
				}
				break;
			default:
				if (it->kind == I_ANY)
					next = end;
				else
					while (next < end && one(it, (unsigned char)*next))
						next++;
				m->steps += (size_t)(next - at) / 4;
				if (it->rep == R_SOME) {
					if (next == at) {
						next = NULL;
						break;
					}
					at++;
				}
				if (next > at)
					pat->ways[nways++] = (struct way){ i, (size_t)(at - s), (size_t)(next - s) - 1 };
				break;
			}
		}
		if (next) {
			at = next;
			i++;
			continue;
		}
		/* Back to the last choice that is left. */
		for (;;) {
			struct way *w;

			if (!nways)
				return NULL;
			w = &pat->ways[nways - 1];
			it = &pat->items[w->item];
			i = w->item + 1;
			if (it->rep != R_LAZY) {
				at = s + w->high;
				if (w->high == w->low)
					nways--;
				else
					w->high--;
				break;
			}
			if (w->high < m->len && one(it, (unsigned char)s[w->high])) {
				at = s + ++w->high;
				break;
			}
			nways--;
		}
	}
}

/* The first match from at on: where it begins, its end in *stop; or NULL. */
static const char *search(struct subject *m, struct pattern *pat, const char *at, const char **stop)
{
	const char *const end = m->s + m->len;
	const struct item *first = pat->nitems ? pat->items : NULL;
	bool skips = !pat->anchored && first && first->kind == I_CHAR && (first->rep == R_ONE || first->rep == R_SOME);

	for (;;) {
		if (skips) {
			const char *found = memchr(at, first->a, (size_t)(end - at));

			m->steps += (size_t)((found ? found : end) - at) / 64;
			if (!found)
				return NULL;
			at = found;
		}
		*stop = match_at(m, pat, at);
		if (*stop)
			return at;
		if (pat->anchored || at == end)
			return NULL;
		at++;
	}
}

/* ---- what Lua calls ---- */

static void push_capture(const struct subject *m, const struct pattern *pat, unsigned i, const char *from, const char *to)
{
	const struct capture *c = &m->capture[i];

	if (i >= pat->ncaptures) {
		if (i)
			luaL_error(m->L, "invalid capture index %%%d", (int)i + 1);
		lua_pushlstring(m->L, from, (size_t)(to - from));
	} else if (c->position) {
		lua_pushinteger(m->L, (lua_Integer)(c->p - m->s) + 1);
	} else {
		lua_pushlstring(m->L, c->p, c->len);
	}
}

/* All captures; the whole match when there are none and whole says so. */
static int push_captures(const struct subject *m, const struct pattern *pat, const char *from, const char *to, bool whole)
{
	unsigned n = pat->ncaptures ? pat->ncaptures : whole;

	luaL_checkstack(m->L, (int)n + 4, "too many captures");
	for (unsigned i = 0; i < n; i++)
		push_capture(m, pat, i, from, to);
	return (int)n;
}

/* Where argument arg says to begin, from 0; len + 1 for beyond the end. */
static size_t begin_at(lua_State *L, int arg, size_t len)
{
	lua_Integer at = luaL_optinteger(L, arg, 1);

	if (at > 0)
		return (lua_Unsigned)at - 1 > len ? len + 1 : (size_t)at - 1;
	return at == 0 || at < -(lua_Integer)len ? 0 : (size_t)((lua_Integer)len + at);
}

static int find(lua_State *L, bool positions)
{
	struct subject m;
	const char *p, *from, *to;
	struct pattern pat;
	size_t n, at;

	m.L = L;
	m.steps = 0;
	m.s = luaL_checklstring(L, 1, &m.len);
	p = luaL_checklstring(L, 2, &n);
	at = begin_at(L, 3, m.len);
	if (at > m.len) {
		lua_pushnil(L);
		return 1;
	}
	if (positions && (lua_toboolean(L, 4) || !n || (!memchr(p, 0, n) && strcspn(p, "^$*+?.([%-") == n))) {
		lcq_work(L, (m.len - at) / 16 + n / 16);
		from = n ? memmem(m.s + at, m.len - at, p, n) : m.s + at;
		to = from ? from + n : NULL;
		pat.ncaptures = 0;
	} else {
		compile(L, &pat, p, n, true);
		from = search(&m, &pat, m.s + at, &to);
		count(&m);
	}
	if (!from) {
		lua_pushnil(L);
		return 1;
	}
	if (!positions)
		return push_captures(&m, &pat, from, to, true);
	lua_pushinteger(L, (lua_Integer)(from - m.s) + 1);
	lua_pushinteger(L, (lua_Integer)(to - m.s));
	return 2 + push_captures(&m, &pat, from, to, false);
}

int lcq_string_find(lua_State *L)
{
	return find(L, true);
}

int lcq_string_match(lua_State *L)
{
	return find(L, false);
}

/* An iteration: upvalues are this, subject, pattern, and what compile pushed. */
struct matches {
	struct pattern pat;
	size_t at;                               /* where the next begins; len + 1 for the end */
	size_t last;                             /* where the last ended: an empty match there is none. SIZE_MAX: none yet */
};

static int matches_next(lua_State *L)
{
	struct matches *g = lua_touserdata(L, lua_upvalueindex(1));
	struct subject m;
	const char *from, *to;

	m.L = L;
	m.steps = 0;
	m.s = lua_tolstring(L, lua_upvalueindex(2), &m.len);
	while (g->at <= m.len) {
		from = search(&m, &g->pat, m.s + g->at, &to);
		if (!from)
			break;
		if ((size_t)(to - m.s) == g->last) {     /* only an empty one can */
			g->at = (size_t)(from - m.s) + 1;
			continue;
		}
		g->at = g->last = (size_t)(to - m.s);
		count(&m);
		return push_captures(&m, &g->pat, from, to, true);
	}
	g->at = m.len + 1;
	return 0;
}

int lcq_string_gmatch(lua_State *L)
{
	struct matches *g;
	size_t len, n, at;
	const char *p;

	luaL_checklstring(L, 1, &len);
	p = luaL_checklstring(L, 2, &n);
	at = begin_at(L, 3, len);
	lua_settop(L, 2);
	g = lua_newuserdatauv(L, sizeof *g, 0);
	lua_insert(L, 1);
	compile(L, &g->pat, p, n, false);
	g->at = at;
	g->last = SIZE_MAX;
	lua_pushcclosure(L, matches_next, 4);
	return 1;
}

/* Append what a string of replacement says. */
static void replace_text(const struct subject *m, const struct pattern *pat, luaL_Buffer *b, const char *r, size_t n, const char *from,
	const char *to)
{
	const char *end = r + n, *mark;

	while ((mark = memchr(r, '%', (size_t)(end - r)))) {
		luaL_addlstring(b, r, (size_t)(mark - r));
		r = mark + 2;
		if (mark + 1 < end && mark[1] == '%') {
			luaL_addchar(b, '%');
		} else if (mark + 1 < end && mark[1] == '0') {
			luaL_addlstring(b, from, (size_t)(to - from));
		} else if (mark + 1 < end && mark[1] >= '1' && mark[1] <= '9') {
			unsigned i = (unsigned)(mark[1] - '1');

			if (i && i >= pat->ncaptures)
				luaL_error(m->L, "invalid capture index %%%d in replacement string", (int)i + 1);
			push_capture(m, pat, i, from, to);
			luaL_addvalue(b);
		} else {
			luaL_error(m->L, "invalid use of '%%' in replacement string");
		}
		lcq_work(m->L, 4);
	}
	luaL_addlstring(b, r, (size_t)(end - r));
	lcq_work(m->L, n / 16);
}

/* True when something else came in the match's place. */
static bool replace(const struct subject *m, const struct pattern *pat, luaL_Buffer *b, const char *from, const char *to)
{
	lua_State *L = m->L;
	size_t n;
	const char *r;

	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(m, pat, from, to, true), 1);
		break;
	case LUA_TTABLE:
		push_capture(m, pat, 0, from, to);
		lua_gettable(L, 3);
		break;
	default:
		r = lua_tolstring(L, 3, &n);
		replace_text(m, pat, b, r, n, from, to);
		return true;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(b, from, (size_t)(to - from));
		return false;
	}
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	luaL_addvalue(b);
	return true;
}

int lcq_string_gsub(lua_State *L)
{
	struct subject m;
	const char *p, *at, *end, *copied, *last = NULL;
	struct pattern pat;
	lua_Integer max, times = 0;
	bool changed = false;
	luaL_Buffer b;
	size_t n;
	int type = lua_type(L, 3);

	m.L = L;
	m.steps = 0;
	m.s = luaL_checklstring(L, 1, &m.len);
	p = luaL_checklstring(L, 2, &n);
	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
		"string/function/table");
	max = luaL_optinteger(L, 4, (lua_Integer)m.len + 1);
	lua_settop(L, 3);
	if (type == LUA_TNUMBER)
		lua_tolstring(L, 3, NULL);               /* a string from here on */
	compile(L, &pat, p, n, true);
	luaL_buffinit(L, &b);
	copied = at = m.s;
	end = m.s + m.len;
	while (times < max) {
		const char *to, *from = search(&m, &pat, at, &to);

		count(&m);
		if (!from)
			break;
		if (to == last) {                        /* nothing, right behind the last match */
			if (pat.anchored || from == end)
				break;
			at = from + 1;
			continue;
		}
		times++;
		luaL_addlstring(&b, copied, (size_t)(from - copied));
		changed |= replace(&m, &pat, &b, from, to);
		copied = at = last = to;
		if (pat.anchored)
			break;
	}
	if (!changed) {
		lua_pushvalue(L, 1);
	} else {
		luaL_addlstring(&b, copied, (size_t)(end - copied));
		luaL_pushresult(&b);
	}
	lua_pushinteger(L, times);
	return 2;
}

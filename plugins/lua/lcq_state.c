/* lcq_state - a Lua world: its memory, its limits, how it is entered and left. */
#include "lcq_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lcq_ext.h"
#include "lcq_sandbox.h"

enum {
	HOOK_EVERY = 1000,
	HEAVY = 1 << 20,                                 /* with a value so long HOOK_EVERY instructions may take a while */
	CHARGE_MIN = 64 << 20,                           /* charged since the last collection before another one */
	STACK_MAX = 1 << 20,                             /* of the C stack, where a coroutine may still be closed */
	MEMORY_DEFAULT = 256 << 20
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- memory ---- */

static void hook(lua_State *L, lua_Debug *ar);

/* An instruction can take as long as the longest value: comparing it, joining it, asking for the next of a table. So the longer
 * the longest, the fewer instructions between two looks. Lua lets hooks be set at any time. */
static void heavy(struct lcq *l, size_t n)
{
	l->heavy = n;
	l->every = (int)((uint64_t)HOOK_EVERY * HEAVY / n);
	if (l->every < 2)
		l->every = 2;
	if (l->running && lua_gethook(l->running) == hook && lua_gethookcount(l->running) > l->every)
		lua_sethook(l->running, hook, LUA_MASKCOUNT, l->every);
}

/* A finalizer of ours raises nothing: when it did not end well it was not called. */
static void warn(void *arg, const char *msg, int more)
{
	(void)msg, (void)more;
	((struct lcq *)arg)->lost = true;
}

/* Memory that is freed may hold a handle that never was finalized. */
static void save(struct lcq *l, const void *p, size_t len)
{
	for (struct lcq_held *h = l->held, *next; h; h = next) {
		const uint8_t *content = (const uint8_t *)h - h->len;
		struct lcq_orphan *o;

		next = h->next;
		if (content < (const uint8_t *)p || content >= (const uint8_t *)p + len)
			continue;
		*h->link = next;
		if (next)
			next->link = h->link;
		o = malloc(sizeof *o + h->len);
		if (o) {
			o->class = h->class;
			o->len = h->len;
			memcpy(o->content, content, h->len);
			o->next = l->orphans;
			l->orphans = o;
		}
		return;
	}
}

/* Lua's own buffers (luaL_Buffer) are freed by a finalizer, too, and lost like ours. What is long enough to be one is in a list, and so
 * freed at the end in any case. Lua says how long a piece was when it gives it back: that tells which have this in front. */
struct lcq_block {
	struct lcq_block *next, **link;
	size_t len;
	size_t unused;                                   /* 32 bytes: what follows is aligned as malloc does it */
};

enum { BLOCK_MIN = 1024 };

static void link_block(struct lcq *l, struct lcq_block *b)
{
	b->next = l->blocks;
	b->link = &l->blocks;
	if (b->next)
		b->next->link = &b->next;
	l->blocks = b;
}

static struct lcq_block *unlink_block(void *p)
{
	struct lcq_block *b = (struct lcq_block *)p - 1;

	*b->link = b->next;
	if (b->next)
		b->next->link = b->link;
	return b;
}

static void *resize(struct lcq *l, void *p, size_t before, size_t n)
{
	bool was = p && before >= BLOCK_MIN;
	struct lcq_block *b;

	if (!was && n < BLOCK_MIN)
		return realloc(p, n);
	if (was && n < BLOCK_MIN) {                      /* must not fail */
		b = unlink_block(p);
		memmove(b, p, n);
		p = realloc(b, n);
		return p ? p : b;
	}
	if (n > SIZE_MAX - sizeof *b)
		return NULL;
	if (was) {
		b = realloc((struct lcq_block *)p - 1, sizeof *b + n);
		if (!b && n > before)
			return NULL;
		if (!b)
			b = (struct lcq_block *)p - 1;
		*b->link = b;
		if (b->next)
			b->next->link = &b->next;
	} else {
		b = malloc(sizeof *b + n);
		if (!b)
			return NULL;
		if (p) {
			memcpy(b + 1, p, before);
			free(p);
		}
		link_block(l, b);
	}
	b->len = n;
	return b + 1;
}

static void *allocate(void *arg, void *p, size_t before, size_t n)
{
	struct lcq *l = arg;
	void *q;

	if (!p)
		before = 0;                              /* then it is a kind of object */
	if (!n) {
		if (CQ_UNLIKELY(l->lost) && before >= sizeof(struct lcq_held))
			save(l, p, before);
		if (before >= BLOCK_MIN)
			free(unlink_block(p));
		else
			free(p);
		l->memory -= before;
		return NULL;
	}
	if (n > before && n - before > l->opt.max_memory - (l->memory < l->opt.max_memory ? l->memory : l->opt.max_memory))
		return NULL;
	q = resize(l, p, before, n);
	if (q) {
		l->memory += n - before;
		if (l->memory > l->peak)
			l->peak = l->memory;
		if (CQ_UNLIKELY(n > HEAVY) && n > l->heavy)
			heavy(l, n);
	}
	return q;
}

/* Lua's collector does not see what handles hold; without a push of ours many could wait for it. */
void lcq_charge(lua_State *L, size_t n)
{
	struct lcq *l = lcq_of(L);
	bool fits = n <= l->opt.max_memory && l->memory <= l->opt.max_memory - n;

	if (CQ_UNLIKELY(l->orphans != NULL))
		lcq_adopt(L);
	if (!fits || n > l->charge_mark || l->charged > l->charge_mark - n) {
		size_t more;

		lua_gc(L, LUA_GCCOLLECT);
		if (n > l->opt.max_memory || l->memory > l->opt.max_memory - n)
			luaL_error(L, "not enough memory: the script may have %d MiB", (int)(l->opt.max_memory >> 20));
		more = l->memory - l->charged;           /* the dearer a collection is, the rarer */
		l->charge_mark = l->charged + n + (more > CHARGE_MIN ? more : CHARGE_MIN);
	}
	l->memory += n;
	l->charged += n;
	if (l->memory > l->peak)
		l->peak = l->memory;
}

void lcq_discharge(struct lcq *l, size_t n)
{
	assert(n <= l->charged);
	l->memory -= n;
	l->charged -= n;
}

void lcq_recharge(struct lcq *l, size_t before, size_t now)
{
	assert(before <= l->charged);
	l->memory += now - before;
	l->charged += now - before;
	if (l->memory > l->peak)
		l->peak = l->memory;
}

void lcq_charge_for_good(lua_State *L, size_t n)
{
	lcq_charge(L, n);
	lcq_of(L)->for_good += n;
}

/* ---- limits ---- */

/* Has the script to end? */
bool lcq_is_over(struct lcq *l)
{
	if (!l->over && l->opt.stop && l->opt.stop(l->opt.arg)) {
		l->over = "stopped";
		l->code = CQ_ESTOPPED;
	}
	if (!l->over && l->deadline > 0 && seconds() > l->deadline)
		l->over = "the script took longer than it may";
	if (!l->over && l->opt.max_instructions && l->instructions > l->opt.max_instructions)
		l->over = "the script ran more instructions than it may";
	return l->over;
}

/* The looks of a thread, as often as they are due now. Once over, each instruction raises again, whatever was caught. */
static void set_hook(struct lcq *l, lua_State *L)
{
	int every = l->over ? 1 : l->every;
	lua_Hook has = lua_gethook(L);

	if (has == hook ? lua_gethookcount(L) != every : !has || !l->opt.trust)
		lua_sethook(L, hook, LUA_MASKCOUNT, every);
}

static void hook(lua_State *L, lua_Debug *ar)
{
	struct lcq *l = lcq_of(L);

	(void)ar;
	l->instructions += (uint64_t)lua_gethookcount(L);
	lcq_is_over(l);
	set_hook(l, L);
	if (l->over)
		luaL_error(L, "%s", l->over);
}

void lcq_tick(lua_State *L)
{
	struct lcq *l = lcq_of(L);

	if (lcq_is_over(l)) {
		set_hook(l, L);
		luaL_error(L, "%s", l->over);
	}
}

void lcq_worked(lua_State *L)
{
	struct lcq *l = lcq_of(L);

	l->instructions += l->work;
	l->work = 0;
	lcq_tick(L);
}

void lcq_count_thread(lua_State *L)
{
	struct lcq *l = lcq_of(L);

	l->instructions += (uint64_t)l->every;
	lcq_work(L, 200);
}

lua_State *lcq_run_thread(lua_State *L, lua_State *co)
{
	struct lcq *l = lcq_of(L);
	lua_State *was = l->running;

	lcq_work(L, 50);
	if (l->over)
		lcq_tick(L);
	set_hook(l, co);
	l->running = co;
	return was;
}

void lcq_ran_thread(lua_State *L, lua_State *was)
{
	struct lcq *l = lcq_of(L);

	l->running = was;
	if (l->over)
		set_hook(l, L);
}

void lcq_check_depth(lua_State *L)
{
	const char *here = __builtin_frame_address(0), *stack = lcq_of(L)->stack;
	size_t used = here < stack ? (size_t)(stack - here) : (size_t)(here - stack);

	if (stack && used > STACK_MAX)
		luaL_error(L, "C stack overflow");
}

/* ---- in and out ---- */

static int words(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	return 1;
}

/* The message with where it came from. What is no text says what it has to say; that it may not do so does no harm. */
static int traceback(lua_State *L)
{
	const char *msg = lua_tostring(L, 1);

	if (!msg) {
		if (luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
			lua_pushcfunction(L, words);
			lua_pushvalue(L, 1);
			if (lua_pcall(L, 1, 1, 0) == LUA_OK)
				msg = lua_tostring(L, -1);
		}
		if (!msg)
			msg = lua_pushfstring(L, "an error that is a %s", luaL_typename(L, 1));
		if (luaL_getmetafield(L, 1, "cq.usage") != LUA_TNIL) {       /* who called it wrongly need not see where that was noticed */
			lua_pushstring(L, msg);
			return 1;
		}
	}
	luaL_traceback(L, L, msg, 1);
	return 1;
}

/* What a call from outside, or from core, begins and ends with. */
struct entry {
	lua_State *running;
	const char *stack;
};

static struct entry enter(struct lcq *l, lua_State *L)
{
	struct entry e = { l->running, l->stack };

	if (l->depth++ == 0) {
		l->over = NULL;
		l->code = CQ_OK;
		l->instructions = 0;
		l->work = 0;
		l->deadline = l->opt.max_seconds > 0 ? seconds() + l->opt.max_seconds : 0;
		set_hook(l, L);
	}
	l->running = L;
	l->stack = __builtin_frame_address(0);
	return e;
}

static void leave(struct lcq *l, struct entry e)
{
	l->depth--;
	l->running = e.running;
	l->stack = e.stack;
}

/* The status of a failed pcall, and its words: borrowed from the stack's top. */
static int failed(struct lcq *l, lua_State *L, int rc, const char **msg)
{
	*msg = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error without words";
	return l->code < 0 ? l->code : rc == LUA_ERRMEM ? CQ_ENOMEM : CQ_EUSAGE;
}

/* Call what is on l->L (function, nargs). The words of a failure go to l->error. */
static int call(struct lcq *l, int nargs, int nresults)
{
	lua_State *L = l->L;
	int base = lua_gettop(L) - nargs, rc;
	struct entry e;
	const char *msg;

	pthread_mutex_lock(&l->lock);
	e = enter(l, L);
	cq_buf_clear(&l->error);
	lua_pushcfunction(L, traceback);
	lua_insert(L, base);
	rc = lua_pcall(L, nargs, nresults, base);
	lua_remove(L, base);
	if (rc != LUA_OK) {
		rc = failed(l, L, rc, &msg);
		cq_buf_str(&l->error, msg);
		lua_pop(L, 1);
	}
	leave(l, e);
	pthread_mutex_unlock(&l->lock);
	return rc;
}

int lcq_protect(struct lcq *l, lua_CFunction f, void *ud, struct cq_error *err)
{
	lua_State *L;
	int rc, top, status = CQ_OK;
	struct entry e;
	const char *msg;

	pthread_mutex_lock(&l->lock);
	L = l->running ? l->running : l->L;
	if (!lua_checkstack(L, LUA_MINSTACK)) {
		pthread_mutex_unlock(&l->lock);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory for a script");
	}
	l->callbacks++;
	e = enter(l, L);
	top = lua_gettop(L);
	lua_pushcfunction(L, traceback);
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, ud);
	rc = lua_pcall(L, 1, 0, top + 1);
	if (rc != LUA_OK) {
		status = failed(l, L, rc, &msg);
		cq_fail(err, status, CQ_NO_OFFSET, "%s", msg);
		cq_buf_clear(&l->error);                 /* err has room for its beginning only */
		cq_buf_str(&l->error, msg);
	}
	lua_settop(L, top);
	leave(l, e);
	l->callbacks--;
	pthread_mutex_unlock(&l->lock);
	return status;
}

/* Core may call back from threads of its own and wait for them: so the lock is let go, unless this is a callback itself, whose frames
 * on L's stack another one must not come between. */
lua_State *lcq_begin(lua_State *L)
{
	struct lcq *l = lcq_of(L);
	lua_State *before = l->running;

	l->running = L;
	if (!l->callbacks && l->depth)
		pthread_mutex_unlock(&l->lock);
	return before;
}

void lcq_end(lua_State *L, lua_State *before)
{
	struct lcq *l = lcq_of(L);

	if (!l->callbacks && l->depth)                   /* core's threads have ended */
		pthread_mutex_lock(&l->lock);
	l->running = before;
}

/* ---- opening ---- */

static int open_world(lua_State *L)
{
	struct lcq *l = lcq_of(L);

	if (l->opt.trust)
		luaL_openlibs(L);
	else
		lcq_sandbox(L);
	lcq_sandbox_both(L);
	lcq_open_classes(L);
	/* Handles live a moment, and the API's own tables would be walked through for every few thousand of them: a longer pause between
	 * collections is worth a fifth of the time. The limit on memory makes its own when it has to. */
	lua_gc(L, LUA_GCINC, 400, 0, 0);
	return 0;
}

int lcq_open(struct lcq **out, const struct lcq_options *opt, struct cq_error *err)
{
	struct lcq *l = calloc(1, sizeof *l);
	pthread_mutexattr_t a;
	int rc;

	if (!l)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory for Lua");
	l->opt = *opt;
	l->given_tail = &l->given;
	l->every = HOOK_EVERY;
	l->charge_mark = CHARGE_MIN;
	if (!l->opt.max_memory)
		l->opt.max_memory = opt->trust ? SIZE_MAX / 2 : MEMORY_DEFAULT;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&l->lock, &a);
	pthread_mutexattr_destroy(&a);
	l->L = lua_newstate(allocate, l);
	if (!l->L) {
		lcq_close(l);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory for Lua");
	}
	*(struct lcq **)lua_getextraspace(l->L) = l;
	lua_setwarnf(l->L, warn, l);
	lua_pushcfunction(l->L, open_world);
	rc = call(l, 0, 0);
	if (rc != CQ_OK) {
		cq_fail(err, rc, CQ_NO_OFFSET, "%s", cq_buf_cstr(&l->error));
		lcq_close(l);
		return rc;
	}
	*out = l;
	return CQ_OK;
}

static int adopt(lua_State *L)
{
	lcq_open_classes(L);
	lcq_adopt(L);
	return 0;
}

/* What was freed without its finalizer, until the end: in a world of its own. */
static void finalize_orphans(struct lcq *l)
{
	l->opt.max_memory = SIZE_MAX / 2;
	l->L = lua_newstate(allocate, l);
	if (!l->L)
		return;
	*(struct lcq **)lua_getextraspace(l->L) = l;
	lua_pushcfunction(l->L, adopt);
	if (lua_pcall(l->L, 0, 0, 0) != LUA_OK)
		lua_pop(l->L, 1);
	lua_close(l->L);
}

void lcq_close(struct lcq *l)
{
	struct lcq_given *g;

	if (!l)
		return;
	lcq_ext_forget(l);
	if (l->L)
		lua_close(l->L);
	if (l->orphans)
		finalize_orphans(l);
	while (l->lost && l->blocks) {
		l->memory -= l->blocks->len;
		free(unlink_block(l->blocks + 1));
	}
	assert(l->memory == l->for_good && l->charged == l->for_good);
	while ((g = l->given)) {
		l->given = g->next;
		free(g->path);
		free(g);
	}
	pthread_mutex_destroy(&l->lock);
	cq_buf_finish(&l->error);
	cq_buf_finish(&l->tmp);
	free(l);
}

int lcq_give(struct lcq *l, const char *path, struct cq_error *err)
{
	struct lcq_given *g = calloc(1, sizeof *g);

	if (g)
		g->path = strdup(path);
	if (!g || !g->path) {
		free(g);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	}
	*l->given_tail = g;
	l->given_tail = &g->next;
	return CQ_OK;
}

/* ---- running ---- */

struct run {
	const char *name;                                /* for messages */
	cq_slice text;
	bool show;
	int argc;
	char *const *argv;
};

static void show_results(lua_State *L, int first)
{
	int n = lua_gettop(L);

	if (n < first)
		return;
	luaL_checkstack(L, n + LUA_MINSTACK, "too many results");
	lua_getglobal(L, "print");
	for (int i = first; i <= n; i++)
		lua_pushvalue(L, i);
	lua_call(L, n - first + 1, 0);
}

static int load(lua_State *L, const struct run *r)
{
	int rc;

	if (r->show) {                                   /* an expression prints its value */
		lua_pushfstring(L, "=%s", r->name);
		lua_pushliteral(L, "return ");
		lua_pushlstring(L, (const char *)r->text.p, r->text.len);
		lua_concat(L, 2);
		rc = luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), lua_tostring(L, -2), "t");
		if (rc == LUA_OK)
			return rc;
		lua_settop(L, 1);
	}
	lua_pushfstring(L, r->show ? "=%s" : "@%s", r->name);
	return luaL_loadbufferx(L, (const char *)r->text.p, r->text.len, lua_tostring(L, -1), "t");
}

static int run(lua_State *L)
{
	const struct run *r = lua_touserdata(L, 1);
	struct lcq *l = lcq_of(L);
	bool consume = !r->show && lcq_consume_mentioned(r->text);
	int base;

	l->exit_code = 0;
	if (consume)
		lcq_consume_begin(L);
	if (load(L, r) != LUA_OK)
		return lua_error(L);
	lua_replace(L, 1);
	lua_settop(L, 1);
	luaL_checkstack(L, r->argc + LUA_MINSTACK, "too many arguments");
	for (int i = 0; i < r->argc; i++)
		lua_pushstring(L, r->argv[i]);
	base = lua_gettop(L) - r->argc;
	lua_call(L, r->argc, LUA_MULTRET);
	l->exit_code = 0;                                /* a cq.usage that was caught */
	if (r->show) {
		show_results(L, base);
		return 0;
	}
	if (consume)
		lcq_consume_run(L, r->argc, r->argv);
	if (lua_gettop(L) < base || lua_isnil(L, base))
		return 0;
	if (lua_isboolean(L, base)) {
		l->exit_code = lua_toboolean(L, base) ? 0 : 1;
	} else {
		int is;
		lua_Integer n = lua_tointegerx(L, base, &is);

		if (!is || n < 0 || n > 125)
			return luaL_error(L, "a script returns an exit code (0 to 125), true, false or nothing, not a %s", luaL_typename(L, base));
		l->exit_code = (int)n;
	}
	return 0;
}

static int fail(struct lcq *l, int code, const char *fmt, const char *a, const char *b)
{
	cq_buf_clear(&l->error);
	cq_buf_printf(&l->error, fmt, a, b);
	return code;
}

int lcq_run_text(struct lcq *l, const char *name, cq_slice text, bool show, int argc, char *const *argv)
{
	struct run r = { name, text, show, argc, argv };

	if (!lua_checkstack(l->L, LUA_MINSTACK))
		return fail(l, CQ_ENOMEM, "out of memory%s%s", "", "");
	lua_pushcfunction(l->L, run);
	lua_pushlightuserdata(l->L, &r);
	return call(l, 1, 0);
}

enum { SCRIPT_MAX = 16 << 20 };

int lcq_run_file(struct lcq *l, const char *path, int argc, char *const *argv)
{
	struct cq_error err = {0};
	struct cq_buf text = {0};
	cq_slice s;
	int rc = lcq_read_text(path, SCRIPT_MAX, &text, &err);

	if (rc != CQ_OK) {
		fail(l, rc, "%s%s", err.msg, "");
	} else {
		s = cq_buf_bytes(&text);
		if (s.len && s.p[0] == '#')              /* #!/usr/bin/env cqlite lua; the line's end stays, for the numbers of lines */
			while (s.len && s.p[0] != '\n') {
				s.p++;
				s.len--;
			}
		if (!s.p)
			s.p = (const uint8_t *)"";
		rc = lcq_run_text(l, path, s, false, argc, argv);
	}
	cq_buf_finish(&text);
	return rc;
}

int lcq_exit_code(const struct lcq *l)
{
	return l->exit_code;
}

const char *lcq_error(const struct lcq *l)
{
	return cq_buf_cstr((struct cq_buf *)(uintptr_t)&l->error);
}

static int try_load(lua_State *L)
{
	const struct run *r = lua_touserdata(L, 1);

	if (load(L, r) != LUA_OK)
		return lua_error(L);
	return 0;
}

bool lcq_incomplete(struct lcq *l, cq_slice text)
{
	struct run r = { "stdin", text, true, 0, NULL };
	size_t n;

	if (!lua_checkstack(l->L, LUA_MINSTACK))
		return false;
	lua_pushcfunction(l->L, try_load);
	lua_pushlightuserdata(l->L, &r);
	if (lua_pcall(l->L, 1, 0, 0) == LUA_OK)
		return false;
	if (lua_type(l->L, -1) == LUA_TSTRING)
		cq_buf_str(&l->error, lua_tostring(l->L, -1));
	lua_pop(l->L, 1);
	n = l->error.len;
	n = n >= 5 && memcmp(l->error.p + n - 5, "<eof>", 5) == 0;
	cq_buf_clear(&l->error);
	return n;
}

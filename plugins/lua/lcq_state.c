/* lcq_state - a Lua world: its limits, how it is opened, entered and left. Its memory is lcq_memory.c, scripts run in lcq_run.c. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lcq_ext.h"
#include "lcq_memory.h"
#include "lcq_sandbox.h"

enum {
	HOOK_EVERY = 1000,
	STACK_MAX = 1 << 20,                             /* of the C stack, where a coroutine may still be closed */
	MEMORY_DEFAULT = 256 << 20
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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

static void hook(lua_State *L, lua_Debug *ar);

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

/* An instruction can take as long as the longest value: comparing it, joining it, asking for the next of a table. So the longer
 * the longest, the fewer instructions between two looks. Lua lets hooks be set at any time. */
void lcq_heavy(struct lcq *l, size_t n)
{
	l->heavy = n;
	l->every = (int)((uint64_t)HOOK_EVERY * LCQ_HEAVY / n);
	if (l->every < 2)
		l->every = 2;
	if (l->running && lua_gethook(l->running) == hook && lua_gethookcount(l->running) > l->every)
		lua_sethook(l->running, hook, LUA_MASKCOUNT, l->every);
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

int lcq_call(struct lcq *l, int nargs, int nresults)
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
	l->charge_mark = LCQ_CHARGE_MIN;
	if (!l->opt.max_memory)
		l->opt.max_memory = opt->trust ? SIZE_MAX / 2 : MEMORY_DEFAULT;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&l->lock, &a);
	pthread_mutexattr_destroy(&a);
	l->L = lua_newstate(lcq_allocate, l);
	if (!l->L) {
		lcq_close(l);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory for Lua");
	}
	*(struct lcq **)lua_getextraspace(l->L) = l;
	lua_setwarnf(l->L, lcq_lua_warns, l);
	lua_pushcfunction(l->L, open_world);
	rc = lcq_call(l, 0, 0);
	if (rc != CQ_OK) {
		cq_fail(err, rc, CQ_NO_OFFSET, "%s", cq_buf_cstr(&l->error));
		lcq_close(l);
		return rc;
	}
	*out = l;
	return CQ_OK;
}

void lcq_close(struct lcq *l)
{
	struct lcq_given *g;

	if (!l)
		return;
	lcq_ext_forget(l);
	if (l->L)
		lua_close(l->L);
	lcq_memory_finish(l);
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

/* Scripts made of bytes, over a table of each format: whatever a script does with what it is given, it ends in time, within its memory, and
 * leaves nothing behind.
 *
 * seeds: none; words: none
 *
 * A byte says which statement, the next ones its parts. Functions, fields and methods come from the tables that the API is registered from,
 * so that what is new is tried, too. Sixteen variables (a table v) hold whatever came out of earlier statements. A script begins with a
 * table, a partition, a row, a cell, a document and a node at hand. Afterwards: the counts of memory are back at nothing (lcq_close
 * asserts it), the lock is free, no call is left open, and the world runs another script. */
#include <errno.h>
#include <glob.h>
#include <time.h>

#include "fuzz.h"
#include "lcq_priv.h"

enum { MEMORY = 24 << 20, INSTRUCTIONS = 300000, TEXT_MAX = 24 << 10 };

static const char *const tables[] = {
	"3.11-md/main/scalars", "3.11-me/main/collections", "4.0-na/main/scalars", "4.1-nb/main/compact_composite", "5.0-oa/main/scalars",
	"5.0-da/main/scalars", "5.0-oa/main/collections", "3.11-me/main/range_tombstones", "5.0-da/main/collections",
};
static char *paths[CQ_COUNTOF(tables)];
static size_t npaths;

struct names {
	const char *name[1200];
	size_t n;
};

static struct names members, functions;
static struct cq_buf names;                      /* Lua text: table N, members by class */

static void add(struct names *to, const char *name)
{
	for (size_t i = 0; i < to->n; i++)
		if (strcmp(to->name[i], name) == 0)
			return;
	MUST(to->n < CQ_COUNTOF(to->name));
	to->name[to->n++] = name;
}

/* What a script registers stays until the process ends: not here. */
static bool registers(const char *name)
{
	static const char *const some[] = { "rule", "fault", "printer", "format", "output", "view", "inject" };

	for (size_t i = 0; i < CQ_COUNTOF(some); i++)
		if (strcmp(name, some[i]) == 0)
			return true;
	return false;
}

static void find_path(const char *folder)
{
	char pattern[600];
	glob_t g;

	snprintf(pattern, sizeof pattern, "%s/%s/*-Data.db", CQ_TEST_CORPUS, folder);
	if (glob(pattern, 0, NULL, &g) == 0)
		paths[npaths++] = strdup(g.gl_pathv[0]);
	globfree(&g);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const lua[] = { "string.find", "string.gsub", "string.gmatch", "string.rep", "string.format", "string.pack", "string.unpack",
		"string.byte", "table.concat", "table.insert", "table.remove", "table.move", "table.sort", "table.unpack", "coroutine.create",
		"coroutine.wrap", "coroutine.resume", "coroutine.close", "coroutine.yield", "coroutine.status", "pcall", "xpcall", "error", "print",
		"tostring", "tonumber", "next", "pairs", "ipairs", "select", "rawget", "rawset", "rawlen", "rawequal", "setmetatable", "getmetatable",
		"load", "collectgarbage", "require", "utf8.len", "utf8.codes", "utf8.offset", "math.tointeger", "type" };

	(void)argc, (void)argv;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++)
		find_path(tables[i]);
	if (npaths != CQ_COUNTOF(tables)) {
		fprintf(stderr, "not all of its tables are in %s\n", CQ_TEST_CORPUS);
		exit(3);
	}
	cq_buf_str(&names, "local N, A = {}, {}\n");
	for (size_t i = 0; lcq_classes[i]; i++) {
		cq_buf_printf(&names, "N[\"%s\"] = {", lcq_classes[i]->name);
		for (const struct lcq_member *m = lcq_classes[i]->members; m && m->name; m++) {
			add(&members, m->name);
			cq_buf_printf(&names, "\"%s\",", m->name);
		}
		cq_buf_str(&names, "}\n");
	}
	cq_buf_str(&names, "for _, c in pairs(N) do for _, k in ipairs(c) do table.insert(A, k) end end\nN.all = A\n");
	for (size_t i = 0; lcq_modules[i]; i++)
		for (const struct lcq_member *m = lcq_modules[i]->members; m->name; m++) {
			char name[120];

			if (registers(m->name))
				continue;
			snprintf(name, sizeof name, "%s.%s", lcq_modules[i]->name, m->name);
			add(&functions, strdup(name));
		}
	for (size_t i = 0; i < CQ_COUNTOF(lua); i++)
		add(&functions, lua[i]);
	return 0;
}

/* ---- scripts of bytes ---- */

struct maker {
	const uint8_t *p, *end;
	struct cq_buf out;
	size_t room;                             /* bytes that out may have */
};

static unsigned byte(struct maker *m)
{
	return m->p < m->end ? *m->p++ : 0;
}

static unsigned among(struct maker *m, size_t n)
{
	unsigned x = byte(m);

	return (n > 256 ? x << 8 | byte(m) : x) % (unsigned)n;
}

static void variable(struct maker *m)
{
	cq_buf_printf(&m->out, "v[%u]", byte(m) % 16);
}

static void expression(struct maker *m, int depth)
{
	static const char *const plain[] = { "nil", "true", "false", "0", "1", "-1", "2", "255", "1e300", "0/0", "math.maxinteger", "math.mininteger", "\"\"",
		"\"\\0\"", "\"k\"", "\"0\"", "\"x:y\"", "\"Data.db\"", "\"Data.db/partitions[0]\"", "\"int\"", "\"list<text>\"", "(\"x\"):rep(70000)",
		"(\"%b()\"):rep(9)", "\".-\"", "\"%s%d\"", "print", "error", "cq", "P", "_G", "string", "coroutine.running()", "key",
		"function(...) return ... end", "function() error(v) end", "function() return v[1] end", "function() collectgarbage() end",
		"function() coroutine.yield(1) end", "function() pcall(function() v[1]:close() end) end", "function() while true do end end",
		"coroutine.create(function(...) while true do coroutine.yield(...) end end)",
		"setmetatable({}, {__tostring = function() pcall(function() v[1]:close() end) return \"t\" end, __len = function() return 1 << 40 end})",
		"setmetatable({}, {__index = function(_, k) return v[k] end, __newindex = print, __call = print, __eq = rawequal, __lt = rawequal, __name = \"n\"})",
		"setmetatable({}, {__mode = \"k\"})", "v" };
	unsigned what = byte(m);

	if (what < 96 || depth > 3) {
		variable(m);
	} else if (what < 200) {
		cq_buf_str(&m->out, plain[among(m, CQ_COUNTOF(plain))]);
	} else if (what < 220) {
		unsigned n = byte(m) % 4;

		cq_buf_byte(&m->out, '{');
		while (n--) {
			expression(m, depth + 1);
			cq_buf_str(&m->out, ", ");
		}
		cq_buf_byte(&m->out, '}');
	} else if (what < 240) {
		static const char *const options[] = { "lenient = true", "cells = false", "skipped = function(s) v[2] = s end", "skipped = function() v[1]:close() end",
			"tokens = {nil, 0}", "tokens = {math.mininteger, math.maxinteger}", "tokens = {v[3], v[4]}", "reversed = true", "from = {1}", "to = {5}",
			"quick = true", "deep = true", "jobs = 2", "component = \"Index.db\"", "space = \"file\"", "raw = true" };
		unsigned n = byte(m) % 3 + 1;

		cq_buf_byte(&m->out, '{');
		while (n--)
			cq_buf_printf(&m->out, "%s, ", options[among(m, CQ_COUNTOF(options))]);
		cq_buf_byte(&m->out, '}');
	} else if (what < 250) {
		cq_buf_printf(&m->out, "%d", (int)(int8_t)byte(m) * (int)(byte(m) + 1));
	} else {
		variable(m);
		cq_buf_printf(&m->out, ".%s", members.name[among(m, members.n)]);
	}
}

static void arguments(struct maker *m, const char *before)
{
	unsigned n = byte(m) % 4;

	for (unsigned i = 0; i < n; i++) {
		cq_buf_str(&m->out, i ? ", " : before);
		expression(m, 0);
	}
}

/* local o, f: a thing, and a member of its class. */
static void member(struct maker *m)
{
	cq_buf_str(&m->out, "local o = ");
	variable(m);
	cq_buf_printf(&m->out, " local f = o[M(o, %u)] ", byte(m));
}

static void statements(struct maker *m, unsigned n, int depth);

static void block(struct maker *m, const char *head, const char *tail, int depth)
{
	cq_buf_str(&m->out, head);
	statements(m, byte(m) % 5 + 1, depth + 1);
	cq_buf_str(&m->out, tail);
}

static void statement(struct maker *m, int depth)
{
	unsigned what = byte(m) % 32;

	if (depth > 4 && what >= 22)
		what %= 22;
	cq_buf_str(&m->out, "t(function() ");
	switch (what) {
	case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7: case 8: case 9:
		member(m);
		cq_buf_printf(&m->out, "if type(f) == \"function\" then s(%u, %u, f(o", byte(m) % 16, byte(m) % 16);
		arguments(m, ", ");
		cq_buf_printf(&m->out, ")) else s(%u, 0, f) end", byte(m) % 16);
		break;
	case 10: case 11:                        /* a method of one thing upon another */
		member(m);
		cq_buf_printf(&m->out, "s(%u, %u, f(", byte(m) % 16, byte(m) % 16);
		arguments(m, "");
		cq_buf_str(&m->out, "))");
		break;
	case 12: case 13: case 14: case 15:
		cq_buf_printf(&m->out, "s(%u, %u, %s(", byte(m) % 16, byte(m) % 16, functions.name[among(m, functions.n)]);
		arguments(m, "");
		cq_buf_str(&m->out, "))");
		break;
	case 16: case 17: case 18:               /* an iterator by hand */
		cq_buf_printf(&m->out, "s(%u, %u, v[%u](", byte(m) % 16, byte(m) % 16, byte(m) % 16);
		arguments(m, "");
		cq_buf_str(&m->out, "))");
		break;
	case 19:
		variable(m);
		cq_buf_str(&m->out, " = ");
		expression(m, 0);
		break;
	case 20:
		cq_buf_str(&m->out, "collectgarbage()");
		break;
	case 21:
		variable(m);
		cq_buf_printf(&m->out, " = cq.open(P[%u])", byte(m) % (unsigned)npaths + 1);
		break;
	case 22: case 23: case 24:
		member(m);
		cq_buf_str(&m->out, "local n = 0 for a, b in f(o");
		arguments(m, ", ");
		cq_buf_printf(&m->out, ") do s(%u, %u, a, b) ", byte(m) % 16, byte(m) % 16);
		block(m, "", " n = n + 1 if n > 4 then break end end", depth);
		break;
	case 25:
		variable(m);
		block(m, " = coroutine.wrap(function(...) ", " coroutine.yield(...) end)", depth);
		break;
	case 26:
		block(m, "coroutine.wrap(function() ", " end)()", depth);
		break;
	case 27:
		cq_buf_str(&m->out, "local c <close> = ");
		expression(m, 0);
		block(m, " ", " ", depth);
		break;
	case 28:
		cq_buf_str(&m->out, "local c <close> = setmetatable({}, {__close = function() ");
		block(m, "", " end}) error(1)", depth);
		break;
	case 29:
		block(m, "for i = 1, 20 do ", " end", depth);
		break;
	case 30:
		variable(m);
		block(m, " = function(...) v[7] = ... ", " return ... end", depth);
		break;
	default:
		cq_buf_str(&m->out, "setmetatable(v, {__index = v[");
		cq_buf_printf(&m->out, "%u], __mode = \"%s\"})", byte(m) % 16, byte(m) & 1 ? "v" : "k");
		break;
	}
	cq_buf_str(&m->out, " end)\n");
}

static void statements(struct maker *m, unsigned n, int depth)
{
	while (n-- && m->p < m->end && m->out.len < m->room)
		statement(m, depth);
}

static const char prelude[] = "local P, v, t, key = cq.paths(), {}, pcall\n"
	"v[1] = cq.open(P[tonumber((...))])\n"
	"for p in v[1]:partitions() do\n"
	"\tkey = p.key_text\n"
	"\tfor r in p:rows() do\n"
	"\t\tfor c in r:cells() do v[2], v[3], v[4] = p, r, c break end\n"
	"\t\tif v[4] then break end\n"
	"\tend\n"
	"\tif v[4] then break end\n"
	"end\n"
	"if v[3] then v[5] = v[3]:keep() end\n"
	"local function M(o, n)\n"
	"\tlocal list = type(o) == \"userdata\" and (N[tostring(o):match(\"^cq[%w_.]*\")] or N.all)\n"
	"\treturn list and list[n % #list + 1]\n"
	"end\n"
	"local function s(i, j, a, b)\n"
	"\tif a ~= nil then v[i] = a end\n"
	"\tif b ~= nil then v[j] = b end\n"
	"end\n"
	"t(function() v[6] = v[1]:doc() v[7] = v[6].root end)\n"
	"v[8], v[9] = v[1]:partitions()\n";

static int take(void *arg, const char *p, size_t n)
{
	(void)arg;
	fuzz_touch(cq_slice_of(p, n));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lcq_options opt = { .max_memory = MEMORY, .max_instructions = INSTRUCTIONS, .max_seconds = 4, .write = take };
	struct maker m = { .p = data, .end = data + size };
	struct cq_error err = {0};
	struct timespec from, to;
	char number[8], *argv[1] = { number };
	struct lcq *l;
	size_t room;
	int rc;

	if (size < 2)
		return 0;
	snprintf(number, sizeof number, "%u", byte(&m) % (unsigned)npaths + 1);
	cq_buf_slice(&m.out, cq_buf_bytes(&names));
	cq_buf_str(&m.out, prelude);
	room = m.out.len + TEXT_MAX;
	m.room = room;
	while (m.p < m.end && m.out.len < room)
		statement(&m, 0);
	MUST(!m.out.failed);
	if (getenv("FUZZ_SHOW"))
		printf("%s", cq_buf_cstr(&m.out));
	MUST(lcq_open(&l, &opt, &err) == CQ_OK);
	for (size_t i = 0; i < npaths; i++)
		MUST(lcq_give(l, paths[i], &err) == CQ_OK);
	clock_gettime(CLOCK_MONOTONIC, &from);
	rc = lcq_run_text(l, "fuzz", cq_buf_bytes(&m.out), false, 1, argv);
	clock_gettime(CLOCK_MONOTONIC, &to);
	MUST(rc == CQ_OK || lcq_error(l)[0]);
	MUST(rc == CQ_OK || rc == CQ_EUSAGE || rc == CQ_ENOMEM);
	if (getenv("FUZZ_SHOW"))
		printf("%d %s\n", rc, lcq_error(l));
	/* Sanitized and beside others: not the limit itself. */
	MUST(to.tv_sec - from.tv_sec < 9);
	for (int round = 0; round < 2; round++) {
		MUST(l->depth == 0 && l->callbacks == 0 && !l->running && lua_gettop(l->L) == 0);
		MUST(l->peak <= MEMORY + (1 << 20));
		MUST(pthread_mutex_unlock(&l->lock) == EPERM);
		if (round == 0) {
			rc = lcq_run_text(l, "after", cq_slice_str("return 7"), false, 0, NULL);
			MUST(rc == CQ_ENOMEM || (rc == CQ_OK && lcq_exit_code(l) == 7));
		}
	}
	lcq_close(l);
	cq_buf_finish(&m.out);
	return 0;
}

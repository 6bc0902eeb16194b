/* lcq_priv - what the files of plugins/lua share: the world, classes, handles, errors.
 *
 * How a class is made:
 *
 *     static int l_span(lua_State *L)
 *     {
 *             const struct node *h = lcq_check(L, 1, &lcq_node);
 *             ...
 *     }
 *
 *     static const struct lcq_member members[] = {
 *             { "span", l_span, "() -> off: integer, len: integer", "Bytes in the node's space.", "off, len = node:span()" },
 *             { "off", l_off, "integer", "Where it begins." },
 *             { 0 },
 *     };
 *     const struct lcq_class lcq_node = { .name = "cq.node", .about = "...", .members = members, .meta = meta };
 *
 * and a line in lcq_api.c. A member whose sig begins with '(' is a function (a method of a class), any other a field whose
 * function gets the handle at index 1 and pushes one value. Manual, annotations and completion come from these tables; examples are run by
 * the tests.
 *
 * Rules: handles are full userdata, created before anything can fail; each function checks its handle first; nothing that has to be
 * freed is held across a call that may raise; a callback of core never raises through core: it goes through lcq_protect. */
#ifndef LCQ_PRIV_H
#define LCQ_PRIV_H
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>

#include "cq_scan.h"
#include "lcq.h"

/* ---- the world ---- */

struct lcq_given {
	char *path;
	struct lcq_given *next;
};

struct lcq {
	lua_State *L;
	struct lcq_options opt;
	struct lcq_given *given, **given_tail;
	size_t memory, peak;               /* bytes now: Lua's, and what lcq_charge was told */
	uint64_t instructions;
	double deadline;                   /* of the call that runs; 0: none */
	const char *over;                  /* why the script has to end; once set every instruction raises it */
	int code;                          /* status that belongs to over; CQ_OK: an ordinary error */
	int depth;                         /* calls from outside that run now */
	int exit_code;
	bool checking;                     /* inside cq.check */
	struct cq_buf error, tmp;
	lua_State *running;                /* the thread (coroutine) that runs; NULL: none does */
	pthread_mutex_t lock;              /* recursive; held while a script runs, but not while core works for it (lcq_begin) */
	int callbacks;                     /* lcq_protect that run now */
	const char *stack;                 /* where the C stack of the call that runs begins */
	size_t charged, charge_mark;       /* part of memory that is charged; where a collection is due */
	size_t for_good;                   /* part of charged that stays */
	size_t heavy;                      /* the longest piece of memory so far: instructions may take as long as it is */
	int every;                         /* instructions between two looks at the limits; fewer when they are heavy */
	size_t work;                       /* of lcq_work, not looked at yet */
	struct lcq_held *held;
	struct lcq_orphan *orphans;
	struct lcq_block *blocks;          /* all long pieces of Lua's memory */
	bool lost;                         /* a finalizer could not be called */
};

/* A handle whose class has __gc, in its userdata. Lua loses a finalizer that it cannot call (at the end of the C stack, say): then the
 * handle's content is saved when its memory is freed, and given to another handle, whose finalizer gets its turn. */
struct lcq_held {
	struct lcq_held *next, **link;     /* link NULL: finalized */
	const struct lcq_class *class;
	size_t len;                        /* of the content, which lies in front of this */
};

struct lcq_orphan {
	struct lcq_orphan *next;
	const struct lcq_class *class;
	size_t len;
	uint8_t content[];
};

/* Give what was saved to new handles. May raise, and then goes on the next time. */
void lcq_adopt(lua_State *L);

static inline struct lcq *lcq_of(lua_State *L)
{
	return *(struct lcq **)lua_getextraspace(L);
}

/* Memory outside Lua that a handle holds counts as the script's. lcq_charge raises when it does not fit (after a collection); say
 * it before the memory is taken, and lcq_discharge when it is given back. */
void lcq_charge(lua_State *L, size_t n);
void lcq_discharge(struct lcq *l, size_t n);
/* What was charged as before is now bytes, which was seen to fit otherwise. Never raises. */
void lcq_recharge(struct lcq *l, size_t before, size_t now);
/* n more bytes that stay when the world is closed: of what a script registered. */
void lcq_charge_for_good(lua_State *L, size_t n);
/* For C that works long: raises when the script has to end. */
void lcq_tick(lua_State *L);
/* The same question without raising, for callbacks of core. */
bool lcq_is_over(struct lcq *l);
/* The same for loops: n steps (of some nanoseconds each) were done. They count as instructions; a look is taken now and then. */
void lcq_worked(lua_State *L);
enum { LCQ_WORK = 1 << 15 };

static inline void lcq_work(lua_State *L, size_t n)
{
	if (CQ_UNLIKELY((lcq_of(L)->work += n) >= LCQ_WORK))
		lcq_worked(L);
}

/* Of coroutines (lcq_bounded.c): a new one is counted; co runs, and has run. Raise before anything was done, or not at all. */
void lcq_count_thread(lua_State *L);
lua_State *lcq_run_thread(lua_State *L, lua_State *co);
void lcq_ran_thread(lua_State *L, lua_State *was);
/* Raises when the C stack is used up to where nothing more should be begun that Lua does not count. */
void lcq_check_depth(lua_State *L);

/* From outside: call what is on l->L (function, nargs). The words of a failure go to l->error. A status. */
int lcq_call(struct lcq *l, int nargs, int nresults);
/* From core into Lua, from any thread: f gets ud as light userdata at index 1, with the lock held, and may raise. Never raises
 * itself: CQ_OK, or a status and the words (with where it was raised) in err. f's results are dropped. */
int lcq_protect(struct lcq *l, lua_CFunction f, void *ud, struct cq_error *err);
/* A function of ours that calls core which may call back, from this thread or another: between lcq_begin and lcq_end, where nothing raises
 * and nothing of Lua is touched. What is called back from a callback's own core work must be on the same thread. */
lua_State *lcq_begin(lua_State *L);        /* gives what lcq_end wants */
void lcq_end(lua_State *L, lua_State *before);

/* ---- errors ---- */

/* A core error as a Lua error. Does not return. */
int lcq_raise(lua_State *L, const struct cq_error *err);
void lcq_push_slice(lua_State *L, cq_slice s);             /* nil for p NULL */
/* The world's scratch buffer, empty: print into it, then lcq_push_tmp makes it a string (raises when it had failed). Nothing of
 * Lua may run in between. */
struct cq_buf *lcq_tmp(lua_State *L);
void lcq_push_tmp(lua_State *L);

/* ---- classes ---- */

struct lcq_member {
	const char *name;
	lua_CFunction fn;
	const char *sig;                   /* "(key: string, reversed?: boolean) -> cq.row?"; a field: its type */
	const char *help;                  /* sentences */
	const char *example;               /* lines of Lua that run as they are, with sst, part, row, cell, doc, node at hand; or NULL */
};

struct lcq_class {
	const char *name, *about;
	const struct lcq_member *members;
	const luaL_Reg *meta;              /* metamethods; __index, __name and __metatable are made. May be NULL */
	lua_CFunction index;               /* what else handle[key] is; NULL: an error that lists the members */
};

/* A table of functions: "cq", "cq.bytes". */
struct lcq_module {
	const char *name, *about;
	const struct lcq_member *members;  /* fields are evaluated once, when the world opens */
};

extern const struct lcq_class *const lcq_classes[];        /* lcq_api.c; NULL at the end */
extern const struct lcq_module *const lcq_modules[];

void lcq_open_classes(lua_State *L);
/* A zeroed handle, nuv user values. */
void *lcq_new(lua_State *L, const struct lcq_class *c, size_t len, int nuv);
void *lcq_check(lua_State *L, int arg, const struct lcq_class *c);
void *lcq_test(lua_State *L, int arg, const struct lcq_class *c);          /* NULL when it is none */

/* Options in a table at arg (none or nil: all absent). lcq_opt pushes the field and says whether it is there. lcq_known raises for a key
 * that is not in names (NULL at the end). */
bool lcq_opt(lua_State *L, int arg, const char *name);
void lcq_known(lua_State *L, int arg, const char *const *names);
/* A string argument as a slice; bytes are borrowed while the value is on the stack. */
cq_slice lcq_check_slice(lua_State *L, int arg);

/* ---- tables ---- */

/* An open SSTable, counted: handles of scans, documents and rows keep it. */
struct lcq_table {
	struct cq_table *t;
	char *path;
	unsigned refs;
	bool closed;                       /* by the script: every handle says so from now on */
};

struct lcq_sst {
	struct lcq_table *table;
	size_t charged;
};

extern const struct lcq_class lcq_sst_class;
/* The table of an sst handle; raises when it is closed. */
struct lcq_table *lcq_check_table(lua_State *L, int arg);
void lcq_table_release(struct lcq_table *t);
/* Push a handle of a table; takes over one reference. */
void lcq_push_sst(lua_State *L, struct lcq_table *t);
/* Open one by the world's open, and push its handle; raises. */
void lcq_push_opened(lua_State *L, const char *path);

/* ---- events ----
 *
 * A source stands at one event of a stream: of a scan of its own, or of somebody else's (a rule's pass). Handles of partitions,
 * rows and cells are {source, generation}: when the source has gone on they are too old, and say so. */
struct lcq_source {
	const struct cq_table *t;
	struct lcq_table *table;           /* reference; NULL: somebody else keeps t open */
	struct cq_scan *scan;
	struct cq_lookup *lookup;
	struct cq_lenient *lenient;
	struct cq_event ev;
	uint64_t generation;               /* of ev */
	uint64_t partition_generation;     /* of the partition that ev is in; 0: none */
	bool pending;                      /* ev was read ahead and is still to be given */
	bool one;                          /* one partition, then the end */
	bool kept;                         /* a copy of one event: never too old */
	int over;                          /* CQ_END, or the status that ended it */
	size_t charged;
	struct cq_arena arena;             /* kept */
	struct lcq_span *skipped, **skipped_tail;  /* lenient: spans that no one has been told of yet */
};

/* Functions of an sst handle that live in lcq_scan.c, and of module cq in lcq_sst.c and lcq_sandbox.c. */
int lcq_sst_partitions(lua_State *L);
int lcq_sst_partition(lua_State *L);
int lcq_sst_slice(lua_State *L);
/* The bytes of a key, given as text or {raw = bytes}; in out. Raises. */
cq_slice lcq_check_key(lua_State *L, int arg, const struct cq_table *t, struct cq_buf *out);
int lcq_partition_rows(lua_State *L);
int lcq_partition_unfiltereds(lua_State *L);
int lcq_partition_static(lua_State *L);
struct lcq_source *lcq_check_partition(lua_State *L, int arg);     /* raises when the scan has left it */
int lcq_tables(lua_State *L);
int lcq_paths(lua_State *L);
int lcq_open_path(lua_State *L);
int lcq_write_values(lua_State *L);
int lcq_warn(lua_State *L);
int lcq_usage(lua_State *L);

struct lcq_event {                         /* partition, row, marker */
	struct lcq_source *s;
	uint64_t generation;
};

struct lcq_cell {
	struct lcq_source *s;
	uint64_t generation;
	uint32_t index;
};

extern const struct lcq_class lcq_source_class, lcq_partition_class, lcq_row_class, lcq_cell_class;

/* A number with Murmur3, text with others. */
void lcq_push_token(lua_State *L, const struct cq_table *t, cq_slice key);
/* What a row or marker handle, a cell handle stands for; they raise when the scan has gone on. */
const struct lcq_source *lcq_check_row(lua_State *L, int arg);
const struct cq_cell *lcq_check_cell(lua_State *L, int arg, const struct lcq_source **s);

/* A source that follows somebody else's events: push it once, call lcq_source_set for each event, and lcq_source_set(s, NULL) at
 * the end, after which its handles are too old. */
struct lcq_source *lcq_push_source(lua_State *L, const struct cq_table *t, struct lcq_table *table);
void lcq_source_set(struct lcq_source *s, const struct cq_event *ev);
/* The current event as a handle: cq.partition, or cq.row for rows, static rows and markers. source: its index on the stack. */
void lcq_push_event(lua_State *L, int source);
/* {timestamp =, ldt =}, nil for none; a key's token. */
void lcq_push_deletion(lua_State *L, struct cq_deletion d);

/* ---- scripts with scylla's hooks (lcq_consume.c, scripts/lib/consume.lua) ---- */

extern const struct lcq_class lcq_typed_class;
extern const struct lcq_module lcq_module_consume;
/* Does a script's text name one of the hooks? Then lcq_consume_begin before it runs, lcq_consume_run behind it. They raise. */
bool lcq_consume_mentioned(cq_slice text);
void lcq_consume_begin(lua_State *L);
void lcq_consume_run(lua_State *L, int argc, char *const *argv);

/* ---- documents (lcq_doc.c) ---- */

extern const struct lcq_class lcq_doc_class, lcq_node_class;
int lcq_sst_doc(lua_State *L);
int lcq_sst_components(lua_State *L);
int lcq_sst_summary(lua_State *L);

/* ---- parts (lcq_parts.c, lcq_stats.c), checks (lcq_check.c) ---- */

extern const struct lcq_class lcq_walk_class, lcq_chunk_class, lcq_histogram_class, lcq_report_class;
int lcq_sst_index(lua_State *L);
int lcq_sst_blocks(lua_State *L);
int lcq_sst_filter(lua_State *L);
int lcq_sst_token(lua_State *L);
int lcq_sst_raw(lua_State *L);
int lcq_sst_stream(lua_State *L);
int lcq_sst_chunks(lua_State *L);
int lcq_sst_to_raw(lua_State *L);
int lcq_sst_to_stream(lua_State *L);
int lcq_sst_findings(lua_State *L);
int lcq_sst_stats(lua_State *L);
int lcq_sst_schema(lua_State *L);
int lcq_sst_schema_cql(lua_State *L);
int lcq_check_tables(lua_State *L);
int lcq_list_rules(lua_State *L);

/* ---- values (lcq_value.c) ---- */

/* The Lua value of a CQL value; nil for null; bytes that are no value of the type come as a damaged value (cq.value), never as an error. */
void lcq_push_value(lua_State *L, const struct cq_type *type, cq_slice v);
/* A multi-cell column of a row as one value: from the cell at index first on, those of its column. Tombstones are left out. */
void lcq_push_complex(lua_State *L, const struct cq_row *row, uint32_t first);
/* The bytes of a CQL value made from a Lua value at index, or of text as cq_value_parse takes it; pushed as a string. Raises. */
void lcq_push_encoded(lua_State *L, int index, const struct cq_type *type);

#endif

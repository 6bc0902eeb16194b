/* cq_rule - how a rule of the detector is written.
 *
 * A rule is a file in rules/ with one struct cq_rule and the functions it needs, a line in rules.def and one in meson.build:
 *
 *     static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
 *     {
 *             struct mine *m = state;
 *             ...
 *             f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "partition stands before its predecessor");
 *             cq_say_expected(&p->out, f, "a token above %s", ...);
 *             cq_say_partition(f, p);
 *     }
 *
 *     const struct cq_rule cq_rule_part_order = {
 *             .id = "part-order", .title = "partitions stand in token order", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
 *             .stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .state_size = sizeof(struct mine),
 *             .event = event, .merge = merge, .proves = "...", .means = "...", .action = "...", .bug = "...",
 *     };
 *
 * The life of a rule over one table:
 *
 *     quick(c)                        once, before any row; also when the table cannot be opened, for CQ_RULE_UNOPENED
 *     begin(p, state)                 once a piece of the table, state zeroed
 *     value(p, state, at, type, v)    every value of a type that it wants
 *     event(p, state, ev)             every event of a kind in wants (of these, where odd is given, the odd ones), in order, within a piece
 *     skipped(p, state, s)            bytes that the lenient scan could not read (cq_lenient.h)
 *     merge(p, state, next)           the following piece's state into ours: what lies across the border is compared here
 *     finish(c, state)                once, all pieces in one state; c->whole says whether every byte was read
 *     deep(c)                         once, at level deep
 *     destroy(state)                  every state, always
 *     many(s)                         once a run, over all tables
 *
 * All may be NULL. A rule with state and without merge, or with CQ_RULE_ORDERED, makes the table be read in one piece. No hook
 * fails: what a rule cannot do it says with cq_unmeasured, out of memory with cq_say_nomem, which ends the run. Hooks of one
 * piece run on one thread; pieces run side by side and share only the table.
 *
 * Events with len 0 are not in the file: the lenient scan made them where it went on (cq_lenient.h).
 *
 * Exactness: a finding above info must be true. What healthy files of some version or writer do is no finding. What cannot be seen
 * because rows are missing is unmeasured. */
#ifndef CQ_RULE_H
#define CQ_RULE_H
#include "cq_check.h"
#include "cq_collect.h"
#include "cq_lenient.h"
#include "cq_scan.h"
#include "cq_txnlog.h"

enum cq_stage { CQ_STAGE_QUICK, CQ_STAGE_PASS, CQ_STAGE_DEEP, CQ_STAGE_MANY };

#define CQ_WANTS(kind) (1u << (kind))
#define CQ_WANTS_ALL 0x3eu

/* What sets an event apart from the plain ones; the runner works it out once for all rules. Most rules look for what hardly any event
 * has: they name it in .odd and are not called at the others. Called there all the same, they must say nothing. */
enum cq_odd {
	CQ_ODD_EARLY = 1 << 0,             /* PARTITION: one of the first CQ_EARLY of its piece */
	CQ_ODD_ORDER = 1 << 1,             /* ROW, MARKER: not behind the one before it; PARTITION: not behind it by its token alone */
	CQ_ODD_DELETION = 1 << 2,          /* PARTITION, STATIC, ROW: it has a deletion of its own, or half of one */
	CQ_ODD_TIMES = 1 << 3,             /* STATIC, ROW: a cell or the row itself expires or is deleted */
	CQ_ODD_COMPLEX = 1 << 4,           /* STATIC, ROW: collections, or the flag for a deleted one */
	CQ_ODD_BARE = 1 << 5,              /* STATIC, ROW: neither liveness nor cells */
	CQ_ODD_MARKERS = 1 << 6,           /* PARTITION_END: there were markers */
	CQ_ODD_INDEX = 1 << 7,             /* of steps (below): the index does not plainly fit, or says more than the position */
	CQ_ODD_FILTER = 1 << 8,            /* the filter denies a key */
	CQ_ODD_ALL = -1,                   /* every MARKER, and every event that is not in the file */
};
enum { CQ_EARLY = 512, CQ_STEPS_MAX = 4 };

/* Values that a rule with value does not need to be shown. */
enum cq_fine {
	CQ_FINE_ASCII = 1 << 0,            /* text and ascii: bytes below 80 only */
	CQ_FINE_LENGTH = 1 << 1,           /* as long as the type wants it, where any bytes of that length are a value */
};

enum cq_rule_flag {
	CQ_RULE_UNOPENED = 1 << 0,         /* quick works on c->entry alone: c->table may be NULL */
	CQ_RULE_WHOLE = 1 << 1,            /* finish makes sense only when every byte was read: else unmeasured */
	CQ_RULE_ORDERED = 1 << 2,          /* cannot be merged: the table is read in one piece when this rule runs */
	CQ_RULE_NEIGHBOURS = 1 << 3,       /* event reads p->before */
	CQ_RULE_RECOMPUTED = 1 << 4,       /* finish reads c->recomputed: a pass collects it; implies CQ_RULE_WHOLE */
	CQ_RULE_SCHEMA = 1 << 5,           /* what it holds against the schema is unmeasured without one: the runner says so */
	CQ_RULE_ANYWAY = 1 << 6,           /* with CQ_RULE_RECOMPUTED: finish also when rows are missing. c->recomputed is NULL then, and
	                                      the rule has to say what it could not do */
};

struct cq_check;
struct cq_pass;
struct cq_check_set;

/* Where a value stands, for rules that look into values. */
enum cq_value_where {
	CQ_VALUE_KEY,                      /* the whole partition key */
	CQ_VALUE_CLUSTERING,
	CQ_VALUE_CELL,                     /* of a simple column */
	CQ_VALUE_PATH,                     /* key, element or position that a multi-cell column's cell belongs to */
	CQ_VALUE_ELEMENT,                  /* that cell's value */
};

struct cq_value_at {
	enum cq_value_where where;
	const struct cq_event *ev;
	const struct cq_column *column;    /* NULL: key, clustering */
	uint32_t index;                    /* clustering column */
	uint64_t off;                      /* nearest known place at or before it in the stream */
};

struct cq_rule {
	const char *id, *title;            /* "chunk-crc"; what it holds to be true, in a line */
	enum cq_severity severity;         /* usual one of its findings */
	enum cq_effect effect;             /* usual one */
	enum cq_stage stage;               /* the first level at which it does something: what it costs */
	unsigned flags;
	unsigned wants;                    /* CQ_WANTS of event kinds */
	unsigned odd;                      /* enum cq_odd: only events with one of these; 0: all of wants */
	unsigned fine;                     /* enum cq_fine: values it need not see */
	size_t state_size;
	void (*quick)(struct cq_check *c);
	void (*begin)(struct cq_pass *p, void *state);
	void (*event)(struct cq_pass *p, void *state, const struct cq_event *ev);
	/* Values: asked once for each type of the table and place; then given every value of those it wants, before the event. */
	bool (*wants_value)(const struct cq_type *t, enum cq_value_where where);
	void (*value)(struct cq_pass *p, void *state, const struct cq_value_at *at, const struct cq_type *t, cq_slice v);
	/* False: no event of this table can concern it; event and value are then not called. NULL: true. */
	bool (*concerns)(const struct cq_table *t);
	void (*skipped)(struct cq_pass *p, void *state, const struct cq_skipped *s);
	void (*merge)(struct cq_pass *p, void *state, void *next);
	void (*finish)(struct cq_check *c, void *state);
	void (*deep)(struct cq_check *c);
	void (*destroy)(void *state);
	void (*many)(struct cq_check_set *s);
	const char *const *adopts;         /* ids of findings of tables and look-ups that are this rule's; NULL at the end */
	/* the page of help: sentences */
	const char *proves;                /* what is true when it finds nothing */
	const char *means;                 /* what a finding means to the user's data */
	const char *action;                /* what to do */
	const char *bug;                   /* known bugs that look like it, NULL: none */
	const char *silent;                /* what looks alike and is healthy, NULL: nothing */
	const char *kinds;                 /* of the catalogue in docs/corruption.md: "13", "5, 55" */
	void *arg;                         /* of rules added at run time */
};

/* ---- where findings go ---- */

/* One table, one piece of it, or a whole run: each has its own, merged in order. Set up by the runner. */
struct cq_out {
	const struct cq_rule *rule;        /* the one that is running */
	size_t rule_index;
	const struct cq_table *table;      /* NULL: not opened, or several */
	const struct cq_sst_entry *entry;  /* NULL: several */
	struct cq_arena arena;
	struct cq_check_finding *first, **tail, scratch;
	struct cq_unmeasured *unmeasured, **utail;
	size_t *count, max;                /* a rule: findings said; of which max are kept */
	size_t n[CQ_ERROR + 1], dropped;
	bool nomem;
};

/* One table while it is checked. */
struct cq_check {
	const struct cq_table *table;      /* NULL when it cannot be opened: open_error says why */
	const struct cq_table *partial;    /* what could be opened: the same as table; else with metadata_only and inspect (no schema,
	                                      no rows), or NULL. Only rules with CQ_RULE_UNOPENED see it without table */
	const struct cq_sst_entry *entry;
	const struct cq_check_options *options;
	struct cq_error open_error;
	struct cq_out out;
	struct cq_check_table *result;     /* counters, filled as the run goes */
	bool whole;                        /* after the pass: every byte was read by a healthy unit */
	bool scanned;                      /* the pass ran to the end of the table (with or without skipped bytes) */
	int64_t now;
	/* After the pass, when some rule has CQ_RULE_RECOMPUTED: what the rows say should be in Statistics.db, and what else was
	 * counted for it (cq_collect.h). NULL: not known, because not every byte was read. */
	const struct cq_statistics *recomputed;
	const struct cq_collect_facts *facts;
	struct cq_damage *damage;          /* made by the first rule that asks for it (cq_damage.h); lives in out's arena */
	struct cq_kept *kept;              /* see cq_keep */
};

/* One piece of a table while its rows are read. */
struct cq_pass {
	struct cq_check *check;
	const struct cq_table *table;
	struct cq_out out;
	uint64_t start, end;               /* partitions that begin in [start, end) of the stream; end 0: all */
	size_t piece, npieces;
	uint64_t index_at;                 /* where cq_lookup_next goes on to give the piece's first partition */
	struct cq_lookup *lookup;          /* shared by the rules of the piece: what it lends holds until the next call on it; NULL: none */
	/* of the partition we are in, from its PARTITION event on; the one before it during PARTITION (len 0 and off 0: none) */
	cq_slice key, key_before;
	struct cq_token token, token_before;
	uint64_t off_before;
	uint64_t hash[2];                  /* murmur3_x64_128 of the key, as filters use it */
	uint64_t partition_off;
	/* During ROW and MARKER, when a rule with CQ_RULE_NEIGHBOURS runs: the row or marker before it in the partition. */
	struct {
		bool is;                   /* false: this is the first */
		int order;                 /* of it against this one: < 0 as it must be, 0 equal, > 0 */
		struct cq_prefix prefix;   /* ours: stays until the event is over */
		uint64_t off, len;
		enum cq_event_kind kind;
	} before;
	uint64_t partitions, rows, cells, markers;
	/* What rules share and what has to go on with every event, before the rules hear of it: see cq_pass_step. */
	struct cq_step {
		unsigned wants;
		unsigned (*event)(struct cq_pass *p, void *arg, const struct cq_event *ev);
		void *arg;
	} step[CQ_STEPS_MAX];
	size_t nsteps;
	unsigned steps_want;               /* all of them together */
	struct cq_damage_span *skipped;    /* what is known of the span that is being skipped (cq_damage.h) */
	bool claimed;                      /* during skipped: set by a rule that says in finish what is wrong with the span */
	struct cq_kept *kept;              /* see cq_keep */
};

/* All tables of a run. */
struct cq_check_set {
	const struct cq_desc_list *list;
	const struct cq_check_options *options;
	struct cq_report *report;
	struct cq_out out;                 /* findings about no single table */
	struct cq_out *table_out;          /* one a table of the list: a finding about it */
	int64_t now;
};

/* ---- saying ---- */

/* A finding. Never NULL: when it is not kept (too many of the rule, no memory) a scratch one is returned. off counts in the
 * component's natural space: the decompressed stream for Data.db of a compressed table, else raw; cq_say_raw takes raw
 * offsets of Data.db. */
CQ_API struct cq_check_finding *cq_say(struct cq_out *o, enum cq_severity severity, enum cq_component component, uint64_t off,
	uint64_t len, const char *fmt, ...) CQ_PRINTF(6, 7);
CQ_API struct cq_check_finding *cq_say_raw(struct cq_out *o, enum cq_severity severity, enum cq_component component,
	uint64_t off, uint64_t len, const char *fmt, ...) CQ_PRINTF(6, 7);
/* From an error of a reader: its place and words. */
CQ_API struct cq_check_finding *cq_say_error(struct cq_out *o, enum cq_severity severity, const struct cq_error *err);
CQ_API void cq_say_expected(struct cq_out *o, struct cq_check_finding *f, const char *fmt, ...) CQ_PRINTF(3, 4);
CQ_API void cq_say_found(struct cq_out *o, struct cq_check_finding *f, const char *fmt, ...) CQ_PRINTF(3, 4);
CQ_API void cq_say_means(struct cq_out *o, struct cq_check_finding *f, const char *fmt, ...) CQ_PRINTF(3, 4);
CQ_API void cq_say_action(struct cq_out *o, struct cq_check_finding *f, const char *fmt, ...) CQ_PRINTF(3, 4);
/* A text in the report's memory, for finding->bug and the like. */
CQ_API const char *cq_say_text(struct cq_out *o, const char *fmt, ...) CQ_PRINTF(2, 3);
/* Values of a clustering by the table's types: "(a, 3)"; long ones are cut. With the kind of bound where it is one. */
CQ_API const char *cq_say_values(struct cq_out *o, const cq_slice *values, size_t n);
CQ_API const char *cq_say_prefix(struct cq_out *o, const struct cq_prefix *p);
/* The finding touches one key, or from first to last (n of them). */
CQ_API void cq_say_key(struct cq_out *o, struct cq_check_finding *f, cq_slice key);
CQ_API void cq_say_keys(struct cq_out *o, struct cq_check_finding *f, cq_slice first, cq_slice last, uint64_t n, bool at_least);
/* The partition that the pass is in. */
CQ_API void cq_say_partition(struct cq_pass *p, struct cq_check_finding *f);
/* The partitions whose bytes lie in [off, off + len) of the stream, by the index. */
CQ_API void cq_say_span(struct cq_out *o, struct cq_check_finding *f, uint64_t off, uint64_t len);
/* Where cq_lookup_next has to start to come by the last partition at or before a stream offset, without walking the whole index
 * where that can be helped. */
CQ_API uint64_t cq_walk_from(struct cq_lookup *l, const struct cq_table *t, uint64_t off);
/* The first partition at or behind a stream offset; *at: where cq_lookup_next goes on. False: none, or the index is not readable there. */
CQ_API bool cq_walk_to(struct cq_lookup *l, const struct cq_table *t, uint64_t off, uint64_t *at, struct cq_position *pos);
CQ_API void cq_unmeasured(struct cq_out *o, const char *fmt, ...) CQ_PRINTF(2, 3);
CQ_API void cq_say_nomem(struct cq_out *o);
/* Has this rule said something already? */
CQ_API size_t cq_said(const struct cq_out *o);

/* Open a table of the run once more, with the schema that it is checked with; how: everything else. */
CQ_API int cq_check_open(const struct cq_check_options *o, const struct cq_check_table *t, struct cq_open_options how,
	struct cq_table **out, struct cq_error *err);

/* The same bytes, not only equal ones. */
static inline bool cq_prefix_eq(const struct cq_prefix *a, const struct cq_prefix *b)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!a->values[i].p != !b->values[i].p || !cq_slice_eq(a->values[i], b->values[i]))
			return false;
	return true;
}

/* ---- what rules share ----
 *
 * Zeroed memory that lives as long as the table's check (&c->kept) or the piece (&p->kept): the same for every rule that asks with the
 * same tag, so that what several need is worked out once. finish (may be NULL) is called with it at the end. A check's list may
 * only grow where one thread runs: in quick, begin, merge, finish. NULL: no memory. */
struct cq_kept;
CQ_API void *cq_keep(struct cq_kept **list, const void *tag, size_t len, void (*finish)(void *));
CQ_API void cq_kept_finish(struct cq_kept **list);
/* In begin: from now on event is called with events of these kinds, once each, before the rules are. It gives what is odd about
 * the event, and may change what it wants. At most CQ_STEPS_MAX. */
CQ_API struct cq_step *cq_pass_step(struct cq_pass *p, unsigned wants, unsigned (*event)(struct cq_pass *p, void *arg,
	const struct cq_event *ev), void *arg);
CQ_API void cq_pass_step_wants(struct cq_pass *p, struct cq_step *step, unsigned wants);

/* ---- the list ---- */

CQ_API const struct cq_rule *cq_rule_nth(size_t index);            /* NULL past the last; those added at run time come last */
CQ_API const struct cq_rule *cq_rule_named(const char *id);        /* NULL: none */
/* A rule from elsewhere (a script). It must live as long as the process uses rules. Not thread safe. */
CQ_API int cq_rule_add(const struct cq_rule *r, struct cq_error *err);

#endif

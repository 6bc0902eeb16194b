/* tui_priv - what the files of the workbench share: its state, and what a view is. */
#ifndef TUI_PRIV_H
#define TUI_PRIV_H
#include "cq_check.h"
#include "cq_desc_list.h"
#include "cq_fields.h"
#include "cq_format.h"
#include "cq_scan.h"
#include "cq_table_doc.h"
#include "tui.h"

/* ---- what is looked at ---- */

/* One selection for all panes: a node, and a byte in it. */
struct tui_place {
	int component, space;              /* component < 0: the table itself */
	uint64_t off;                      /* the byte that the hex cursor is on */
	cq_nid id;                         /* the deepest node that has it, or what was selected; 0: none */
};

struct tui_trail {
	size_t table;                      /* which SSTable */
	struct tui_place at;
	char path[200];                    /* ids are forgotten; a path is not */
};

/* Ids of nodes shown open. */
struct tui_set {
	cq_nid *id;
	size_t n, cap;
};

bool tui_set_has(const struct tui_set *s, cq_nid id);
void tui_set_put(struct tui_set *s, cq_nid id, bool in);

/* ---- the detector in the background (tui_job.c) ---- */

enum tui_job_state { TUI_JOB_NONE, TUI_JOB_RUNNING, TUI_JOB_DONE, TUI_JOB_STOPPED, TUI_JOB_FAILED };

struct tui_finding {
	enum cq_severity severity;
	enum cq_effect effect;
	int component, space;
	uint64_t off, len;
	const char *rule, *file, *message, *expected, *found, *means, *action, *bug, *keys;        /* NULL: nothing */
	bool suspect;
	uint64_t suspect_off;
	unsigned suspect_bit;
	uint8_t suspect_found, suspect_expected;
	int suspect_space;
};

struct tui_findings {
	struct cq_arena arena;
	struct tui_finding *at;
	size_t n, cap, nunmeasured;
	const char **unmeasured;
};

struct tui_job;
int tui_job_start(struct tui_job **out, const char *data_path, const struct tui_options *opt, struct cq_error *err);
/* Copy what is new; false: nothing. */
bool tui_job_take(struct tui_job *j, struct tui_findings *into, enum tui_job_state *state, uint64_t *done, uint64_t *total, char *why,
	size_t why_len);
void tui_job_stop(struct tui_job *j);              /* asks; the state tells */
void tui_job_close(struct tui_job *j);             /* stops and waits; accepts NULL */

/* ---- an SSTable ---- */

struct tui_sst {
	const struct cq_sst_entry *entry;
	struct cq_table *t;                /* NULL: not opened, or it cannot be: why */
	struct cq_doc *d;
	char why[400];
	struct tui_set open;
	cq_nid top;                        /* first line of the tree */
	struct tui_findings findings;
	struct tui_job *job;
	enum tui_job_state state;
	uint64_t done, total;
	char job_why[200];
};

/* ---- views ---- */

enum tui_screen { TUI_SCREEN_TABLES, TUI_SCREEN_OVERVIEW, TUI_SCREEN_BROWSE, TUI_SCREEN_FINDINGS, TUI_SCREEN_CHUNKS, TUI_SCREEN_MARKS,
	TUI_SCREEN_HELP, TUI_SCREENS };

/* A list of lines with a cursor: what most views are. */
struct tui_list {
	size_t n, cursor, top;
	int rows;                          /* as drawn last */
};
/* Moves by an action; false: it is none of moving. */
bool tui_list_move(struct tui_list *l, enum tui_action a);
void tui_list_fit(struct tui_list *l, size_t n, int rows);      /* before drawing */

struct tui_view {
	const char *name;
	/* True: handled. */
	bool (*update)(struct tui *t, enum tui_action a, const char *arg);
	void (*draw)(struct tui *t, const struct tui_area *a);
	const enum tui_action *hints;      /* for the footer, TUI_NONE at the end */
};

extern const struct tui_view tui_view_tables, tui_view_overview, tui_view_browse, tui_view_findings, tui_view_chunks, tui_view_marks,
	tui_view_help;

enum tui_pane { TUI_PANE_TREE, TUI_PANE_HEX, TUI_PANE_WORDS, TUI_PANES };

struct tui_mark_entry {
	char table[1024], path[200], note[200];             /* table: its Data.db, from the root on */
	int component, space;
	uint64_t off;
};

enum { TUI_STACK = 16, TUI_TRAIL = 256, TUI_INPUT = 512, TUI_MARKS = 1000 };

struct tui {
	struct tui_options opt;
	struct tui_keymap keys;
	struct cq_desc_list *lists;        /* one a path */
	size_t nlists;
	struct tui_sst *sst;
	size_t nsst, now;                  /* which one is looked at */
	size_t *order;                     /* of the list */
	unsigned sorted;
	enum tui_screen stack[TUI_STACK];
	size_t depth;
	struct tui_list tables, findings, marks_list, help, overview;
	/* browse */
	enum tui_pane pane;
	struct tui_place sel;
	uint64_t hex_top;
	int hex_width, hex_rows, tree_rows, words_top, words_rows, words_all;
	bool beside;                       /* raw and decompressed bytes side by side */
	struct tui_trail trail[TUI_TRAIL];
	size_t trail_n, trail_at;
	/* chunks */
	uint64_t chunk;
	int chunk_cols, chunk_rows;
	/* bookmarks */
	struct tui_mark_entry *marks;
	size_t nmarks;
	/* search */
	char search[TUI_INPUT];
	/* the line at the bottom */
	bool typing;
	char prompt[24], input[TUI_INPUT];
	enum tui_action asked;             /* what the input is for */
	char message[400];
	enum tui_role message_role;
	char history[32][TUI_INPUT];
	size_t nhistory, history_at;
	bool done;
};

static inline struct tui_sst *tui_now(struct tui *t)
{
	return t->now < t->nsst ? &t->sst[t->now] : NULL;
}

/* ---- tui_app.c ---- */

void tui_say(struct tui *t, enum tui_role role, const char *fmt, ...) CQ_PRINTF(3, 4);
void tui_push(struct tui *t, enum tui_screen s);
/* Another SSTable is looked at: cursors of what is in it begin anew. */
void tui_turn(struct tui *t, size_t sst);
/* Ask for a line of text; it comes back as arg of the action. */
void tui_ask(struct tui *t, enum tui_action a, const char *prompt, const char *text);
/* Look at an SSTable: opens it. False: it cannot be, and why was said. */
bool tui_enter(struct tui *t, size_t sst);
struct tui_sst *tui_opened(struct tui *t);         /* the one looked at, opened; NULL (said) */

/* ---- selection (tui_select.c) ---- */

/* Select a node: its first byte; ancestors are shown open. remember: note where we were in the trail. */
void tui_select(struct tui *t, cq_nid id, bool remember);
/* Select a byte: the deepest node that has it. */
bool tui_select_byte(struct tui *t, int component, int space, uint64_t off, bool remember);
void tui_trail_go(struct tui *t, int by);
uint64_t tui_size(const struct tui_sst *s, int component, int space);
/* Bytes of the component, 0 where they cannot be read; false then. */
bool tui_bytes(struct tui *t, int component, int space, uint64_t off, uint8_t *out, size_t n);
enum tui_role tui_role_of(unsigned field, unsigned flags);
const char *tui_component_name(const struct tui_sst *s, int component, char *out, size_t n);

/* ---- panes (tui_tree.c, tui_hex.c, tui_words.c) ---- */

bool tui_tree_update(struct tui *t, enum tui_action a);
void tui_tree_draw(struct tui *t, const struct tui_area *a, bool focus);
void tui_tree_reveal(struct tui *t, cq_nid id);
bool tui_hex_update(struct tui *t, enum tui_action a);
void tui_hex_draw(struct tui *t, const struct tui_area *a, bool focus);
bool tui_words_update(struct tui *t, enum tui_action a);
void tui_words_draw(struct tui *t, const struct tui_area *a, bool focus);

/* ---- going places (tui_go.c) ---- */

bool tui_go(struct tui *t, enum tui_action a, const char *arg);        /* false: none of its actions */
/* The finding at index: its byte is selected. */
void tui_go_finding(struct tui *t, size_t index);

void tui_chunk_here(struct tui *t);                /* the map's cursor on the chunk of the selected byte (tui_chunks.c) */

/* ---- bookmarks and reports (tui_marks.c) ---- */

void tui_marks_load(struct tui *t);
void tui_marks_add(struct tui *t, const char *note);
void tui_report(struct tui *t, const char *path);

/* ---- configuration (tui_config.c) ---- */

int tui_config_load(struct tui *t, struct cq_error *err);

#endif

/* tui - the workbench: tables, trees, bytes and findings of SSTables on a terminal.
 *
 *     struct tui *t;
 *     tui_open(&t, "data/ks", &opt, &err);
 *     tui_run(t, &err);                            with a terminal (tui_curses.c)
 *     tui_close(t);
 *
 * or, as tests do, without one:
 *
 *     tui_key(t, "down");
 *     tui_draw(t, &canvas);
 *
 * State is changed by actions alone, drawing only reads it and decodes what fits on the screen. Work that takes long runs on
 * a thread of its own; tui_poll takes in what it found. Nothing on disk is changed but the file of bookmarks and reports
 * that are asked for. */
#ifndef TUI_H
#define TUI_H
#include "cq_table.h"
#include "tui_action.h"
#include "tui_canvas.h"

struct tui;

struct tui_options {
	const char *const *paths;          /* NULL at the end */
	/* The DDL of a table; NULL: the schema.cql beside it. */
	int (*schema_of)(void *arg, const char *data_path, const struct cq_schema **out, struct cq_error *err);
	const char *config;                /* file of keys and themes; NULL: the user's (XDG), none when there is none */
	const char *marks;                 /* file of bookmarks; NULL: the user's, by the table's path */
	bool mono;                         /* no colours */
	int64_t now;                       /* seconds since 1970 for what the detector calls the future; 0: the clock */
	bool (*stop)(void *arg);           /* asked when no key came: a signal did. May be NULL */
	void *arg;
};

/* CQ_NOT_FOUND and the like when there is no SSTable at the paths; one that cannot be opened is shown as such. */
int tui_open(struct tui **out, const struct tui_options *opt, struct cq_error *err);
void tui_close(struct tui *t);                     /* accepts NULL; stops what runs */

/* A key by its name (tui_action.h), or a character typed into the command line ("a", "\u00e9"). */
void tui_key(struct tui *t, const char *key);
/* An action as if its key had been pressed; arg: what a command was given, NULL or "" for none. */
void tui_do(struct tui *t, enum tui_action a, const char *arg);
void tui_draw(struct tui *t, struct tui_canvas *k);
bool tui_done(const struct tui *t);
/* Take in what work in the background has found. True: draw anew. */
bool tui_poll(struct tui *t);
/* Does something run (poll again soon)? */
bool tui_busy(const struct tui *t);
/* Wait until nothing runs: for tests. */
void tui_settle(struct tui *t);

/* The loop on a terminal, until the user ends it. CQ_EUNSUPPORTED: TERM is no terminal that curses knows. */
int tui_run(struct tui *t, struct cq_error *err);

#endif

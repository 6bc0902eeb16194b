/* lcq - Lua over everything that CQLite sees of SSTables.
 *
 *     struct lcq_options opt = { .write = write, .arg = me };
 *     struct lcq *l;
 *
 *     lcq_open(&l, &opt, &err);
 *     lcq_give(l, "nb-1-big-Data.db", &err);                  cq.tables() yields it
 *     rc = lcq_run_file(l, "largest.lua", argc, argv);        CQ_OK; else lcq_error(l) says why, with a traceback
 *     lcq_close(l);
 *
 * A script sees the tables that it was given and nothing else, unless it is trusted. Its memory, its instructions and its time
 * are bounded; what goes beyond ends in an error that the script cannot catch for good. No use of the API can crash the process: handles
 * of closed things, rows that have passed and wrong arguments are Lua errors.
 *
 * Scripts may also add to CQLite: rules of the detector, faults, printers of values, formats of a dump, whole file formats.
 * What they add stays registered until the process ends; the world must not be closed before the last use of it.
 *
 * One world belongs to one thread at a time. What core calls back from other threads (printers, rules) takes the world's lock. */
#ifndef LCQ_H
#define LCQ_H
#include "cq_base.h"
#include "cq_buf.h"
#include "cq_table.h"

struct lcq;

struct lcq_options {
	bool trust;                        /* all of Lua's libraries, modules from anywhere, no limits but those given here */
	size_t max_memory;                 /* bytes of Lua's and of what its handles hold; 0: 256 MiB, trusted: none */
	uint64_t max_instructions;         /* 0: none */
	double max_seconds;                /* of one call from outside; 0: none */
	const char *lib;                   /* folder that require looks in for shipped modules; NULL: none */
	/* Standard output of scripts. Negative: it cannot be written, which ends the script. */
	int (*write)(void *arg, const char *p, size_t n);
	/* Open a table; NULL: cq_table_open. For callers that know a schema. */
	int (*open)(void *arg, const char *path, struct cq_table **out, struct cq_error *err);
	bool (*stop)(void *arg);           /* asked now and then: true ends the script. May be NULL */
	/* What went wrong in a function that a script added, where nobody else says it (a printer, ...): message and traceback. From any
	 * thread, one at a time. May be NULL. */
	void (*warn)(void *arg, const char *text);
	void *arg;
};

CQ_API int lcq_open(struct lcq **out, const struct lcq_options *opt, struct cq_error *err);
CQ_API void lcq_close(struct lcq *l);                      /* accepts NULL */

/* A table (its Data.db, or any component) that scripts may see. Opened when a script comes to it. CQ_OK or CQ_ENOMEM. */
CQ_API int lcq_give(struct lcq *l, const char *path, struct cq_error *err);

/* Run a script. argv become its "...". returns CQ_OK; CQ_ESTOPPED: opt->stop said so; CQ_ENOMEM; CQ_EIO: the file cannot be read, or output
 * not be written; CQ_EUSAGE: an error of the script; lcq_error has the words. */
CQ_API int lcq_run_file(struct lcq *l, const char *path, int argc, char *const *argv);
/* The same for text. name: what messages call it. show: print what it returns, as an interpreter does; an expression will do. */
CQ_API int lcq_run_text(struct lcq *l, const char *name, cq_slice text, bool show, int argc, char *const *argv);
/* What the last script that ended well returned for an exit code: none or true 0, false 1, a number itself (0 to 125). Of one that
 * ended in an error: 2 when that was cq.usage, else 0. */
CQ_API int lcq_exit_code(const struct lcq *l);
/* Message and traceback of the last failure; "" for none. Borrowed until the next call. */
CQ_API const char *lcq_error(const struct lcq *l);
/* Is the text the beginning of something that goes on (a prompt asks for the next line)? */
CQ_API bool lcq_incomplete(struct lcq *l, cq_slice text);
/* Names that go on from text's last word ("row.time" -> "row.timestamp"), one a line. For completion. */
CQ_API void lcq_complete(struct lcq *l, const char *text, struct cq_buf *out);

/* The manual of the API, made of the tables it is registered from: Markdown, or LuaLS annotations. */
CQ_API void lcq_manual(struct cq_buf *out);
CQ_API void lcq_annotations(struct cq_buf *out);

#endif

/* cli - the frame of the command-line program: what every command gets, and what it has to give.
 *
 * A command is a struct cli_command in a file of its own, and a line in the table of main.c:
 *
 *     static const struct cli_option options[] = {
 *             { .letter = 'n', .name = "limit", .arg = "N", .kind = CLI_NUMBER, .help = "stop after N partitions" },
 *             { 0 },
 *     };
 *
 *     static int run(struct cli *cli, int argc, char **argv)         argv: the operands, options taken out
 *     {
 *             int64_t limit = cli_number(cli, "limit", INT64_MAX);
 *             ...
 *             if (rc < 0)
 *                     return cli_fail(cli, &err);                    says it, returns the exit code
 *             cq_buf_printf(&cli->out, "%d\n", n);                   standard output
 *             return cli_flush(cli);
 *     }
 *
 *     const struct cli_command cli_cmd_demo = {
 *             .name = "demo", .summary = "count to N", .usage = "[OPTION...] FILE", .options = options,
 *             .min_operands = 1, .max_operands = 1, .run = run,
 *     };
 *
 * From these tables come the option parser, --help, the man pages and the shells' completions.
 *
 * Standard output is written through cli->out and cli_flush only; a failed write is an error of the command. Standard
 * error is for messages: "cqlite: ...". */
#ifndef CLI_H
#define CLI_H
#include <signal.h>
#include <stdio.h>

#include "cq_arena.h"
#include "cq_base.h"
#include "cq_buf.h"
#include "cq_desc_list.h"
#include "cq_table.h"

/* ---- exit codes ---- */

enum {
	CLI_WELL = 0,            /* all well */
	CLI_FOUND = 1,           /* damage or other findings were reported */
	CLI_USAGE = 2,
	CLI_UNFINISHED = 3,      /* I/O, memory, a format this build does not read */
	CLI_INTERRUPTED = 128,   /* + the signal's number */
};

/* ---- options ---- */

enum cli_kind {
	CLI_SWITCH = 0,          /* takes no value; arg is NULL */
	CLI_TEXT,
	CLI_FILE, CLI_DIR,       /* text that shells complete as a file or folder */
	CLI_NUMBER,              /* 0 to INT64_MAX */
	CLI_INTEGER,             /* any int64 */
	CLI_CHOICE,              /* one of choices */
};

enum {
	CLI_REPEATS = 1 << 0,    /* may be given several times; all values count. Otherwise the last one wins */
	CLI_MANY = 1 << 1,       /* when an operand stands before it, it takes all words up to the next option */
};

struct cli_option {
	char letter;                     /* 0: none */
	const char *name;                /* long name, without dashes; NULL ends a table */
	const char *arg;                 /* what the value is called in help */
	enum cli_kind kind;
	unsigned flags;
	const char *const *choices;      /* CLI_CHOICE: NULL at the end */
	const char *help;                /* one sentence, lower case, no full stop */
};

/* ---- commands ---- */

struct cli;

struct cli_example {
	const char *command, *what;      /* "cqlite dump nb-1-big-Data.db", "what it does" */
};

struct cli_command {
	const char *name;
	const char *summary;             /* a few words, lower case */
	const char *usage;               /* what follows the name: "[OPTION...] FILE" */
	const struct cli_option *options;        /* may be NULL */
	const char *description;         /* paragraphs, an empty line between; lines are filled anew. May be NULL */
	const struct cli_example *examples;      /* command NULL at the end; may be NULL */
	const char *exit_status;         /* a paragraph, when there is more to say than what holds for all commands */
	int min_operands, max_operands;  /* max -1: any number */
	enum cli_kind operand;           /* for completion: CLI_FILE, CLI_DIR or CLI_TEXT (none) */
	int (*run)(struct cli *cli, int argc, char **argv);      /* returns the exit code */
	/* --help with operands: help of their own into cli->out. False: there is none. May be NULL. */
	bool (*help)(struct cli *cli, int argc, char **argv);
};

/* All commands, NULL at the end (main.c). */
extern const struct cli_command *const cli_commands[];
/* Options that every command takes. */
extern const struct cli_option cli_global_options[];

/* ---- what a command gets ---- */

struct cli_given {                       /* an option as it was given */
	const struct cli_option *option;
	const char *text;                /* NULL for a switch */
	int64_t number;                  /* CLI_NUMBER, CLI_INTEGER; CLI_CHOICE: which one */
};

struct lcq;

struct cli {
	const struct cli_command *command;       /* NULL before there is one */
	struct cq_buf out;               /* to standard output */
	int write_error;                 /* errno of the first failed write, 0 none */
	bool quiet;
	bool color_out, color_err;       /* escape sequences may go there */
	struct cli_given *given;
	size_t ngiven;
	char **operands;
	int noperands;
	int ndashes;                     /* operands before a "--"; -1: there was none */
	struct cq_arena arena;           /* lives as long as the process */
	cq_slice schema_text;            /* what --schema names, once it was read */
	struct lcq *lua;                 /* the world of --lua (lua_world.h); NULL: none */
};

/* Was it given? The name must be in the command's table or the global one. */
bool cli_has(const struct cli *cli, const char *option);
/* Value of the last time it was given; NULL when it was not. */
const char *cli_text(const struct cli *cli, const char *option);
int64_t cli_number(const struct cli *cli, const char *option, int64_t otherwise);
/* index-th time it was given, 0-based; NULL past the last. */
const char *cli_nth(const struct cli *cli, const char *option, size_t index);

/* ---- messages: all return the exit code that belongs to them ---- */

/* The exit code of a status. CQ_OK, CQ_END: well. CQ_NOT_FOUND: unfinished (there was nothing to work on). */
int cli_exit_code(int status);
/* "cqlite: FILE at decompressed offset 0x1f3: ...". Returns cli_exit_code(err->code). */
int cli_fail(struct cli *cli, const struct cq_error *err);
/* "cqlite dump: ..." and where to find help; CLI_USAGE. */
int cli_usage(struct cli *cli, const char *fmt, ...) CQ_PRINTF(2, 3);
/* "cqlite: note: ..."; nothing with -q. */
void cli_note(struct cli *cli, const char *fmt, ...) CQ_PRINTF(2, 3);
/* "cqlite: ..."; not silenced by -q. */
void cli_error(struct cli *cli, const char *fmt, ...) CQ_PRINTF(2, 3);
/* The worse of two exit codes. */
int cli_worse(int a, int b);

/* What of t->findings is worth a line on standard error: damage always, warnings unless -q. Returns CLI_FOUND when
 * there was damage, CLI_WELL otherwise. */
int cli_findings(struct cli *cli, const struct cq_findings *f);

/* ---- standard output ---- */

/* Write out what is in cli->out. CLI_WELL, or CLI_UNFINISHED after saying why. */
int cli_flush(struct cli *cli);
enum { CLI_OUT_HIGH = 512 * 1024 };
/* The same when enough has come together to be worth a write. */
static inline int cli_flush_some(struct cli *cli)
{
	return CQ_UNLIKELY(cli->out.len >= CLI_OUT_HIGH || cli->out.failed) ? cli_flush(cli) : CLI_WELL;
}

enum cli_role { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_NAME, CLI_GOOD, CLI_WARN, CLI_BAD };
/* The escape sequence for a role on standard output, "" without colour. CLI_PLAIN ends any other. */
const char *cli_color(const struct cli *cli, enum cli_role role);
const char *cli_color_err(const struct cli *cli, enum cli_role role);

/* ---- signals ---- */

/* The number of the SIGINT, SIGTERM or SIGHUP that asked us to stop, 0 none. Loops test it once a row or so. */
extern volatile sig_atomic_t cli_stop;

/* ---- progress ---- */

struct cli_progress {
	struct cli *cli;
	const char *what;                /* "dump", or a file's name */
	uint64_t total;                  /* bytes; 0 unknown */
	double began, shown;             /* seconds; shown 0: not yet */
	double after;                    /* seconds of work before the first line: 1, or CQLITE_PROGRESS_AFTER */
	unsigned calls;
	bool on, drawn;
};

/* When standard error is a terminal and the work takes more than a second: rate and time left. to_stdout: the work
 * prints all the time; then only when standard output is not the same terminal. */
void cli_progress_begin(struct cli_progress *p, struct cli *cli, const char *what, uint64_t total, bool to_stdout);
void cli_progress_draw(struct cli_progress *p, uint64_t done);
void cli_progress_end(struct cli_progress *p);
/* Cheap enough for once a row. */
static inline void cli_progress(struct cli_progress *p, uint64_t done)
{
	if (CQ_UNLIKELY(p->on && (++p->calls & 0x3ff) == 0))
		cli_progress_draw(p, done);
}
/* A clock that only goes forward. Seconds. */
double cli_clock(void);

/* ---- tables ---- */

/* All SSTables at a path (cq_desc_list), with what transaction logs say of them. On failure the message has been
 * printed and the exit code is returned. list: the caller sets flags, and finishes it in every case. What was left out (tables of
 * operations that did not finish, versions that are not read) is said, and makes the code CLI_UNFINISHED or CLI_WELL
 * as *left_out tells. */
int cli_list(struct cli *cli, const char *path, struct cq_desc_list *list, bool *left_out);

/* What --schema says of a table; *out NULL when it was not given. CQ_NOT_FOUND: its file has no such table. */
int cli_schema(struct cli *cli, const char *data_path, const struct cq_schema **out, struct cq_error *err);
/* Says why it failed; returns CLI_USAGE. */
int cli_schema_failed(struct cli *cli, const struct cq_error *err);

/* Open a table with --schema applied. On failure the message has been printed and the exit code is returned. */
int cli_open(struct cli *cli, const char *data_path, const struct cq_open_options *opt, struct cq_table **out);

/* ---- help (cli_help.c) ---- */

void cli_help(struct cli *cli, const struct cli_command *command);       /* NULL: of the program */
void cli_man(struct cli *cli, const struct cli_command *command);        /* roff */
void cli_complete(struct cli *cli, const char *shell);                   /* "bash" or "zsh" */
const struct cli_command *cli_command_named(const char *name);
/* The name in names (NULL at the end) that was probably meant, NULL when none is near. Borrowed from names. */
const char *cli_nearest(const char *word, const char *const *names);

/* ---- the parser (cli_options.c) ---- */

/* Take argv apart into cli->given and cli->operands. With command NULL it stops at the first operand, which *used then
 * counts up to. CLI_WELL or CLI_USAGE (said). */
int cli_parse(struct cli *cli, int argc, char **argv, int *used);

#endif

#include "lua_prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <editline/readline.h>

#include "cq_files.h"
#include "lua_say.h"

enum { HISTORY = 1000, STATEMENT_MAX = 1 << 20 };

/* libedit calls back without an argument. */
static struct lcq *completing;
static struct cq_buf offers;
static size_t offered;

static char *next_offer(const char *text, int state)
{
	const char *line;
	size_t n;

	if (state == 0) {
		cq_buf_clear(&offers);
		lcq_complete(completing, text, &offers);
		cq_buf_cstr(&offers);
		offered = 0;
	}
	if (offered >= offers.len)
		return NULL;
	line = (const char *)offers.p + offered;
	n = strcspn(line, "\n");
	offered += n + 1;
	return strndup(line, n);
}

static char **complete(const char *text, int start, int end)
{
	(void)start;
	(void)end;
	rl_attempted_completion_over = 1;                /* no file names */
	rl_completion_append_character = 0;
	return rl_completion_matches(text, next_offer);
}

static void on_interrupt(int number)
{
	cli_stop = number;
}

/* Here every Ctrl-C ends what runs now, and never the program. */
static void catch_interrupts(void)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
}

/* One line without its end; false at the end of input. */
static bool read_line(bool terminal, const char *prompt, struct cq_buf *out)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (terminal) {
		line = readline(prompt);
		if (!line)
			return false;
		cq_buf_str(out, line);
		free(line);
		return true;
	}
	n = getline(&line, &cap, stdin);
	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (n >= 0)
		cq_buf_put(out, line, (size_t)n);
	free(line);
	return n >= 0;
}

/* A statement of one or more lines; false at the end of input. */
static bool read_statement(struct lcq *l, bool terminal, struct cq_buf *out)
{
	cq_buf_clear(out);
	if (!read_line(terminal, "> ", out))
		return cli_stop == SIGINT;
	while (out->len < STATEMENT_MAX && lcq_incomplete(l, cq_buf_bytes(out))) {
		cq_buf_byte(out, '\n');
		if (!read_line(terminal, ">> ", out))
			break;
		if (cli_stop)
			break;
	}
	return true;
}

int lua_prompt(struct cli *cli, struct lcq *l)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char path[4096];
	const char *history = terminal && cq_user_path("XDG_STATE_HOME", ".local/state", "lua_history", path, sizeof path) ? path : NULL;
	struct cq_buf text = {0};
	int rc = CLI_WELL;
	bool failed = false;

	if (terminal) {
		catch_interrupts();
		completing = l;
		rl_readline_name = (char *)(uintptr_t)"cqlite";
		rl_attempted_completion_function = complete;
		rl_basic_word_break_characters = " \t\n\"\\'`@$><=;|&{(+-*/%,[]#~";
		using_history();
		stifle_history(HISTORY);
		if (history)
			read_history(history);
		printf("Lua over SSTables: cq is where it begins, sst the first table; Tab completes, Ctrl-D ends.\n");
	}
	while (rc == CLI_WELL && !cli_stop && read_statement(l, terminal, &text)) {
		int status;

		if (cli_stop == SIGINT) {                /* the line was given up */
			cli_stop = 0;
			printf("\n");
			continue;
		}
		if (!text.len || text.failed)
			continue;
		if (cq_slice_is(cq_buf_bytes(&text), "exit") || cq_slice_is(cq_buf_bytes(&text), "quit"))
			break;
		if (terminal)
			add_history(cq_buf_cstr(&text));
		status = lcq_run_text(l, "stdin", cq_buf_bytes(&text), true, 0, NULL);
		rc = cli_flush(cli);
		if (status != CQ_OK && rc == CLI_WELL) {
			lua_say(cli, lcq_error(l));
			failed = !terminal;              /* who pipes statements in sees no prompt, but the exit code */
		}
		if (cli_stop == SIGINT)
			cli_stop = 0;
	}
	if (history) {
		cq_make_folders(history);
		write_history(history);
	}
	if (terminal)
		printf("\n");
	cq_buf_finish(&offers);
	cq_buf_finish(&text);
	return failed ? cli_worse(rc, CLI_UNFINISHED) : rc;
}

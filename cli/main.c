/* main - the table of commands, options that all of them take, and what happens around a command. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmds.h"
#include "cq_format.h"
#include "lua_world.h"

#ifndef CQ_VERSION
#define CQ_VERSION "unknown"
#endif

const struct cli_command *const cli_commands[] = {
	&cli_cmd_dump, &cli_cmd_count, &cli_cmd_info, &cli_cmd_tree, &cli_cmd_explain, &cli_cmd_check, &cli_cmd_inject, &cli_cmd_lua, &cli_cmd_plugins, &cli_cmd_tui, &cli_cmd_help, NULL,
};

static const char *const when[] = { "auto", "always", "never", NULL };

const struct cli_option cli_global_options[] = {
	{ .letter = 'h', .name = "help", .help = "explain the command" },
	{ .name = "color", .arg = "WHEN", .kind = CLI_CHOICE, .choices = when,
	  .help = "use colour: auto (on a terminal, unless NO_COLOR is set), always or never" },
	{ .name = "plugin", .arg = "FILE", .kind = CLI_FILE, .flags = CLI_REPEATS, .help = "load a format from a shared object" },
	{ .name = "lua", .arg = "FILE", .kind = CLI_FILE, .flags = CLI_REPEATS,
	  .help = "run a Lua script first, sandboxed; the rules, faults, printers, outputs, views and formats that it adds are there for the command" },
	{ .name = "lua-seconds", .arg = "N", .kind = CLI_NUMBER, .help = "how long one call into what --lua added may take (default 60; 0: no limit)" },
	{ .name = "schema", .arg = "FILE", .kind = CLI_FILE,
	  .help = "take names from this file of CQL instead of the schema.cql beside the table" },
	{ .letter = 'q', .name = "quiet", .help = "no notes and no progress; errors and damage are still said" },
	{ .name = "version", .help = "print the version" },
	{ 0 },
};

volatile sig_atomic_t cli_stop;

static void on_signal(int number)
{
	cli_stop = number;
}

static void catch_signals(void)
{
	/* The first one asks the command to stop and to leave its output whole; a second one ends us at once. */
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	sigemptyset(&stop.sa_mask);
	sigemptyset(&ignore.sa_mask);
	for (size_t i = 0; i < CQ_COUNTOF(numbers); i++) {
		struct sigaction now;

		/* nohup and shells without job control start us with some ignored: leave those. */
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaction(numbers[i], &stop, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL);               /* a write then fails with EPIPE */
}

/* A file opened by us must not become standard output of somebody's making: fill closed places 0 to 2. */
static void fill_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(CLI_UNFINISHED);
}

static void choose_colors(struct cli *cli)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool plain = (no && *no) || (term && strcmp(term, "dumb") == 0);
	int64_t choice = cli_number(cli, "color", 0);

	cli->color_out = choice == 1 || (choice == 0 && !plain && isatty(STDOUT_FILENO));
	cli->color_err = choice == 1 || (choice == 0 && !plain && isatty(STDERR_FILENO));
}

static int load_plugins(struct cli *cli)
{
	const char *folders = getenv("CQLITE_PLUGIN_PATH"), *file;
	struct cq_error err = {0};

	if (folders && *folders && cq_format_load_path(folders, &err) != CQ_OK)
		return cli_fail(cli, &err);
	for (size_t i = 0; (file = cli_nth(cli, "plugin", i)); i++)
		if (cq_format_load(file, &err) != CQ_OK)
			return cli_fail(cli, &err);
	return CLI_WELL;
}

static int unknown_command(struct cli *cli, const char *word)
{
	const char *names[64], *near;
	size_t n = 0;

	for (; cli_commands[n] && n < CQ_COUNTOF(names) - 1; n++)
		names[n] = cli_commands[n]->name;
	names[n] = NULL;
	near = cli_nearest(word, names);
	if (near)
		return cli_usage(cli, "no command %s; did you mean %s?", word, near);
	return cli_usage(cli, "no command %s", word);
}

static int run_command(struct cli *cli)
{
	const struct cli_command *c = cli->command;
	int rc = load_plugins(cli);

	if (rc == CLI_WELL)
		rc = lua_world_load(cli);
	if (rc != CLI_WELL)
		return rc;
	if (cli->noperands < c->min_operands)
		return cli_usage(cli, "something is missing: cqlite %s %s", c->name, c->usage);
	if (c->max_operands >= 0 && cli->noperands > c->max_operands)
		return cli_usage(cli, "one word too many: %s", cli->operands[c->max_operands]);
	return c->run(cli, cli->noperands, cli->operands);
}

static int run(struct cli *cli, int argc, char **argv)
{
	int used, rc = cli_parse(cli, argc - 1, argv + 1, &used);

	if (rc != CLI_WELL)
		return rc;
	argc -= 1 + used;
	argv += 1 + used;
	if (argc && !cli_has(cli, "version") && !cli_has(cli, "help")) {
		bool path = false;

		cli->command = cli_command_named(argv[0]);
		/* "cqlite nb-1-big-Data.db" on a terminal: look at it */
		if (!cli->command && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && access(argv[0], F_OK) == 0) {
			cli->command = cli_command_named("tui");
			path = cli->command != NULL;
		}
		if (!cli->command)
			return unknown_command(cli, argv[0]);
		cli->operands = calloc((size_t)argc, sizeof *cli->operands);
		if (!cli->operands) {
			cli_error(cli, "out of memory");
			return CLI_UNFINISHED;
		}
		rc = cli_parse(cli, argc - !path, argv + !path, &used);
		if (rc != CLI_WELL)
			return rc;
	} else if (argc) {
		cli->command = cli_command_named(argv[0]);       /* cqlite --help dump */
	}
	cli->quiet = cli_has(cli, "quiet");
	choose_colors(cli);
	if (cli_has(cli, "version")) {
		cq_buf_str(&cli->out, "cqlite " CQ_VERSION "\n");
		return cli_flush(cli);
	}
	if (cli_has(cli, "help")) {
		if (!cli->command || !cli->command->help || !cli->command->help(cli, cli->noperands, cli->operands))
			cli_help(cli, cli->command);
		return cli_flush(cli);
	}
	if (!cli->command)
		return cli_usage(cli, "no command given");
	return run_command(cli);
}

int main(int argc, char **argv)
{
	struct cli cli = { .ndashes = -1 };
	int rc;

	fill_standard_files();
	catch_signals();
	rc = run(&cli, argc, argv);
	rc = cli_worse(rc, cli_flush(&cli));
	lua_world_close(&cli);
	/* Network file systems tell of a full disk only here. */
	if (close(STDOUT_FILENO) != 0 && errno != EBADF && !cli.write_error) {
		cli_error(&cli, "cannot write to standard output: %s", strerror(errno));
		rc = cli_worse(rc, CLI_UNFINISHED);
	}
	free(cli.given);
	free(cli.operands);
	cq_buf_finish(&cli.out);
	cq_arena_finish(&cli.arena);
	return rc;
}

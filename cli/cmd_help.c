#include "cli.h"

static const char *const shells[] = { "bash", "zsh", NULL };

static const struct cli_option options[] = {
	{ .name = "man", .help = "print the manual page in roff (man -l reads it)" },
	{ .name = "complete", .arg = "SHELL", .kind = CLI_CHOICE, .choices = shells,
	  .help = "print the completion script for a shell: bash or zsh" },
	{ 0 },
};

static int run(struct cli *cli, int argc, char **argv)
{
	const struct cli_command *about = NULL;

	if (argc) {
		about = cli_command_named(argv[0]);
		if (!about) {
			const char *names[64], *near;
			size_t n = 0;

			for (; cli_commands[n] && n < CQ_COUNTOF(names) - 1; n++)
				names[n] = cli_commands[n]->name;
			names[n] = NULL;
			near = cli_nearest(argv[0], names);
			if (near)
				return cli_usage(cli, "no command %s; did you mean %s?", argv[0], near);
			return cli_usage(cli, "no command %s", argv[0]);
		}
	}
	if (cli_has(cli, "complete"))
		cli_complete(cli, cli_text(cli, "complete"));
	else if (cli_has(cli, "man"))
		cli_man(cli, about);
	else
		cli_help(cli, about);
	return cli_flush(cli);
}

static const struct cli_example examples[] = {
	{ "cqlite help dump", "what dump does and takes" },
	{ "cqlite help --man dump | man -l -", "the same as a manual page" },
	{ "cqlite help --complete bash > ~/.local/share/bash-completion/completions/cqlite", "complete cqlite's words in bash" },
	{ 0 },
};

const struct cli_command cli_cmd_help = {
	.name = "help", .summary = "explain the program or a command", .usage = "[OPTION...] [COMMAND]",
	.options = options, .examples = examples, .max_operands = 1, .operand = CLI_TEXT, .run = run,
	.description = "Without a command: what commands there are. Manual pages and completions are made from the same tables as the "
		"parser of options, so they are never behind.",
};

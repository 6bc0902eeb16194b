/* cqlite tui: the workbench. */
#include <stdlib.h>
#include <unistd.h>

#include "cmds.h"
#include "tui.h"

static const struct cli_option options[] = {
	{ .name = "config", .arg = "FILE", .kind = CLI_FILE, .help = "keys of your own (default: ~/.config/cqlite/tui.conf)" },
	{ 0 },
};

static int schema_of(void *arg, const char *data_path, const struct cq_schema **out, struct cq_error *err)
{
	return cli_schema(arg, data_path, out, err);
}

static bool stop(void *arg)
{
	(void)arg;
	return cli_stop != 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct tui_options opt = { .schema_of = schema_of, .stop = stop, .arg = cli, .config = cli_text(cli, "config"), .mono = !cli->color_out };
	const char **paths = calloc((size_t)argc + 1, sizeof *paths);
	struct cq_error err = {0};
	struct tui *t = NULL;
	int rc;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		free(paths);
		return cli_usage(cli, "the workbench needs a terminal; cqlite check and cqlite tree do without");
	}
	if (!paths) {
		cli_error(cli, "out of memory");
		return CLI_UNFINISHED;
	}
	for (int i = 0; i < argc; i++)
		paths[i] = argv[i];
	opt.paths = paths;
	rc = tui_open(&t, &opt, &err);
	if (rc == CQ_OK)
		rc = tui_run(t, &err);
	tui_close(t);
	free(paths);
	if (rc == CQ_OK && cli_stop)
		return CLI_INTERRUPTED + cli_stop;
	return rc == CQ_OK ? CLI_WELL : cli_fail(cli, &err);
}

static const struct cli_example examples[] = {
	{ "cqlite tui /var/lib/cassandra/data/ks", "the SSTables of a keyspace" },
	{ "cqlite tui nb-1-big-Data.db", "one file, byte by byte" },
	{ 0 },
};

const struct cli_command cli_cmd_tui = {
	.name = "tui", .summary = "the workbench: see, follow and understand damage on a terminal", .usage = "[OPTION...] PATH...",
	.options = options, .examples = examples, .min_operands = 1, .max_operands = -1, .operand = CLI_FILE, .run = run,
	.description = "Lists the SSTables of every PATH; of one it shows files and key figures, its objects as a tree beside the bytes and what they "
		"mean, and what the detector finds. All panes share one selection. F runs the detector, Enter on a finding goes to the byte, f follows "
		"a link, ? lists all keys. On a terminal \"cqlite PATH\" is enough. Nothing but bookmarks and reports is ever written.",
};

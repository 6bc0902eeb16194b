/* cqlite lua: scripts over SSTables. */
#include <unistd.h>

#include "cmds.h"
#include "lua_prompt.h"
#include "lua_say.h"
#include "lua_scripts.h"
#include "lua_view.h"
#include "lua_world.h"

static const struct cli_option options[] = {
	{ .letter = 'e', .name = "execute", .arg = "CODE", .kind = CLI_TEXT, .help = "run CODE instead of a script, and print what it gives" },
	{ .letter = 'i', .name = "interactive", .help = "a prompt: every operand is a PATH, and statements are read from standard input" },
	{ .name = "view", .arg = "NAME", .kind = CLI_TEXT, .help = "print a view that a script of --lua has added, of every PATH; no script is run" },
	{ .name = "list", .help = "list the scripts that come with cqlite" },
	{ .name = "trust", .help = "give the script all of Lua, files included, without limits; only for scripts you would run as yourself" },
	{ .name = "memory", .arg = "MIB", .kind = CLI_NUMBER, .help = "memory that the script may have (default 256; 0: no limit)" },
	{ .name = "seconds", .arg = "N", .kind = CLI_NUMBER, .help = "how long it may run (default 3600; 0: no limit)" },
	{ .name = "instructions", .arg = "N", .kind = CLI_NUMBER, .help = "Lua instructions that it may run (default 10^12; 0: no limit)" },
	{ .name = "manual", .help = "print the manual of what scripts see, as Markdown" },
	{ .name = "annotations", .help = "print the same as annotations for editors that speak LuaLS" },
	{ 0 },
};

static struct lcq_options limits(struct cli *cli)
{
	struct lcq_options o = lua_world_options(cli);
	uint64_t mib;

	o.trust = cli_has(cli, "trust");
	mib = (uint64_t)cli_number(cli, "memory", o.trust ? 0 : 256);
	o.max_memory = mib == 0 || mib > SIZE_MAX >> 21 ? SIZE_MAX / 2 : (size_t)mib << 20;
	o.max_seconds = (double)cli_number(cli, "seconds", o.trust ? 0 : 3600);
	o.max_instructions = (uint64_t)cli_number(cli, "instructions", o.trust ? 0 : INT64_C(1000000000000));
	return o;
}

/* Every table of every path. */
static int give_all(struct cli *cli, struct lcq *l, int argc, char **argv)
{
	int worst = CLI_WELL;

	for (int i = 0; i < argc; i++) {
		struct cq_desc_list list = {0};
		struct cq_error err = {0};
		bool left_out = false;
		int rc = cli_list(cli, argv[i], &list, &left_out);

		for (size_t k = 0; rc == CLI_WELL && k < list.ntables; k++)
			if (lcq_give(l, list.tables[k].data_path, &err) != CQ_OK)
				rc = cli_fail(cli, &err);
		if (left_out)
			rc = cli_worse(rc, CLI_UNFINISHED);
		worst = cli_worse(worst, rc);
		cq_desc_list_finish(&list);
	}
	return worst;
}

static int finish(struct cli *cli, struct lcq *l, int rc)
{
	if (rc == CQ_OK)
		return lcq_exit_code(l);
	if (rc == CQ_ESTOPPED && cli_stop)
		return CLI_INTERRUPTED + cli_stop;
	if (!cli->write_error)
		lua_say(cli, lcq_error(l));
	return rc == CQ_EUSAGE && lcq_exit_code(l) == CLI_USAGE ? CLI_USAGE : CLI_UNFINISHED;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const char *code = cli_text(cli, "execute"), *script = NULL;
	int npaths = cli->ndashes >= 0 ? cli->ndashes : argc, rc;
	struct lcq_options opt = limits(cli);
	struct cq_error err = {0};
	struct lcq *l;
	bool prompt;

	if (cli_has(cli, "manual") || cli_has(cli, "annotations")) {
		if (cli_has(cli, "manual"))
			lcq_manual(&cli->out);
		else
			lcq_annotations(&cli->out);
		return cli_flush(cli);
	}
	if (cli_has(cli, "list"))
		return cli_worse(lua_scripts_list(cli), cli_flush(cli));
	if (cli_has(cli, "view"))
		return lua_view(cli, cli_text(cli, "view"), argc, argv);
	prompt = cli_has(cli, "interactive") || (!code && argc == 0 && isatty(STDIN_FILENO));
	if (!code && !prompt) {
		if (npaths == 0)
			return cli_usage(cli, "no script; cqlite lua --list shows those that ship");
		script = lua_scripts_find(cli, argv[0]);
		if (!script)
			return cli_usage(cli, "no script %s, neither a file nor one that ships (cqlite lua --list)", argv[0]);
		argv++;
		argc--;
		npaths--;
	}
	if (lcq_open(&l, &opt, &err) != CQ_OK)
		return cli_fail(cli, &err);
	rc = give_all(cli, l, npaths, argv);
	if (prompt && npaths)
		rc = cli_worse(rc, finish(cli, l, lcq_run_text(l, "-i", cq_slice_str("sst = cq.tables()()"), true, 0, NULL)));
	if (prompt)
		rc = cli_worse(rc, lua_prompt(cli, l));
	else if (rc == CLI_WELL || rc == CLI_FOUND)
		rc = finish(cli, l, code ? lcq_run_text(l, "-e", cq_slice_str(code), true, argc - npaths, argv + npaths)
			: lcq_run_file(l, script, argc - npaths, argv + npaths));
	lcq_close(l);
	return cli_worse(rc, cli_flush(cli));
}

/* A script's own help: the comment at its head. */
static bool help(struct cli *cli, int argc, char **argv)
{
	const char *script = argc ? lua_scripts_find(cli, argv[0]) : NULL;
	struct cq_error err = {0};

	if (!script)
		return false;
	if (lua_scripts_header(script, &cli->out, &err) != CQ_OK) {
		cli_fail(cli, &err);
		return false;
	}
	return cli->out.len > 0;
}

static const struct cli_example examples[] = {
	{ "cqlite lua --list", "what there is" },
	{ "cqlite lua -e 'for sst in cq.tables() do print(sst.base, sst.version) end' data/", "a line of Lua over many tables" },
	{ "cqlite lua -i nb-1-big-Data.db", "try things out: statements one after another" },
	{ "cqlite lua my.lua nb-1-big-Data.db -- 10", "a script of one's own, with an argument" },
	{ 0 },
};

const struct cli_command cli_cmd_lua = {
	.name = "lua", .summary = "run a Lua script over SSTables", .usage = "[OPTION...] SCRIPT PATH... [-- ARG...]",
	.options = options, .examples = examples, .max_operands = -1, .operand = CLI_FILE, .run = run, .help = help,
	.description = "SCRIPT is a file, or the name of one that ships with cqlite; --help behind it prints what it is for. It sees the SSTables of "
		"every PATH (cq.tables()) and the arguments behind -- (its \"...\"), and nothing else: no files, no programs, bounded memory and "
		"time. What it returns is the exit code: nothing or true for 0, false for 1, or a number.",
	.exit_status = "What the script returns; 3 when it ended in an error.",
};

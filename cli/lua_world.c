#include "lua_world.h"

#include "lua_say.h"
#include "lua_scripts.h"

static int write_out(void *arg, const char *p, size_t n)
{
	struct cli *cli = arg;

	cq_buf_put(&cli->out, p, n);
	return cli_flush_some(cli) == CLI_WELL ? 0 : -1;
}

static bool stop(void *arg)
{
	(void)arg;
	return cli_stop != 0;
}

static int open_table(void *arg, const char *path, struct cq_table **out, struct cq_error *err)
{
	struct cq_open_options o = {0};
	int rc = cli_schema(arg, path, &o.schema, err);

	return rc == CQ_OK ? cq_table_open(out, path, &o, err) : cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--schema: %s", err->msg);
}

static void warn(void *arg, const char *text)
{
	lua_say(arg, text);
}

struct lcq_options lua_world_options(struct cli *cli)
{
	return (struct lcq_options){ .write = write_out, .open = open_table, .stop = stop, .warn = warn, .arg = cli, .lib = lua_scripts_lib(cli) };
}

int lua_world_load(struct cli *cli)
{
	struct lcq_options opt = lua_world_options(cli);
	struct cq_error err = {0};
	const char *file;
	int rc;

	if (!cli_has(cli, "lua"))
		return CLI_WELL;
	/* A call is one event of a rule or one row of an output: a minute is a script that does not end. */
	opt.max_seconds = (double)cli_number(cli, "lua-seconds", 60);
	if (lcq_open(&cli->lua, &opt, &err) != CQ_OK)
		return cli_fail(cli, &err);
	for (size_t i = 0; (file = cli_nth(cli, "lua", i)); i++) {
		const char *found = lua_scripts_find(cli, file);

		rc = lcq_run_file(cli->lua, found ? found : file, 0, NULL);
		if (rc == CQ_ESTOPPED && cli_stop)
			return CLI_INTERRUPTED + cli_stop;
		if (rc != CQ_OK) {
			if (!cli->write_error)
				lua_say(cli, lcq_error(cli->lua));
			return CLI_UNFINISHED;
		}
	}
	return CLI_WELL;
}

void lua_world_close(struct cli *cli)
{
	lcq_close(cli->lua);
	cli->lua = NULL;
}

#include "cli.h"

#include "cq_file_format.h"
#include "cq_types.h"

static const struct cli_option options[] = {
	{ .name = "json", .help = "print JSON" },
	{ 0 },
};

static void as_json(struct cli *cli)
{
	const struct cq_file_format *file;
	const struct cq_format *f;
	const char *origin;
	struct cq_buf *out = &cli->out;

	cq_buf_str(out, "{\"schema\": \"cqlite-plugins-1\", \"abi\": ");
	cq_buf_u64(out, CQ_FORMAT_ABI);
	cq_buf_str(out, ", \"formats\": [");
	for (size_t i = 0; (f = cq_format_nth(i, &origin)); i++) {
		cq_buf_str(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
		cq_json_string(out, cq_slice_str(f->name));
		cq_buf_str(out, ", \"summary\": ");
		cq_json_string(out, cq_slice_str(f->summary));
		cq_buf_str(out, ", \"since\": ");
		cq_json_string(out, cq_slice_str(f->since));
		cq_buf_str(out, ", \"origin\": ");
		cq_json_string(out, cq_slice_str(origin));
		cq_buf_str(out, ", \"versions\": [");
		for (size_t v = 0; v < f->nversions; v++) {
			cq_buf_str(out, v ? ", {\"name\": " : "{\"name\": ");
			cq_json_string(out, cq_slice_str(f->versions[v].name));
			cq_buf_str(out, ", \"since\": ");
			cq_json_string(out, cq_slice_str(f->versions[v].since));
			cq_buf_str(out, "}");
		}
		cq_buf_str(out, "]}");
	}
	cq_buf_str(out, "\n]");
	for (size_t i = 0; (file = cq_file_format_nth(i)); i++) {
		cq_buf_str(out, i ? ",\n  {\"name\": " : ", \"files\": [\n  {\"name\": ");
		cq_json_string(out, cq_slice_str(file->name));
		cq_buf_str(out, ", \"summary\": ");
		cq_json_string(out, cq_slice_str(file->summary));
		cq_buf_str(out, ", \"names\": [");
		for (size_t k = 0; file->files[k]; k++) {
			cq_buf_str(out, k ? ", " : "");
			cq_json_string(out, cq_slice_str(file->files[k]));
		}
		cq_buf_str(out, "]}");
	}
	cq_buf_str(out, cq_file_format_nth(0) ? "\n]}\n" : "}\n");
}

static void as_text(struct cli *cli)
{
	const struct cq_file_format *file;
	const struct cq_format *f;
	const char *origin;
	struct cq_buf *out = &cli->out;

	for (size_t i = 0; (f = cq_format_nth(i, &origin)); i++) {
		cq_buf_printf(out, "%s%-6s%s %s\n", cli_color(cli, CLI_BOLD), f->name, cli_color(cli, CLI_PLAIN), f->summary);
		cq_buf_printf(out, "       origin    %s\n       since     %s\n       versions  ", origin, f->since);
		for (size_t v = 0; v < f->nversions; v++)
			cq_buf_printf(out, "%s%s (%s)", v ? ", " : "", f->versions[v].name, f->versions[v].since);
		cq_buf_str(out, "\n");
	}
	for (size_t i = 0; (file = cq_file_format_nth(i)); i++) {
		cq_buf_printf(out, "%s%-6s%s %s\n       files     ", cli_color(cli, CLI_BOLD), file->name, cli_color(cli, CLI_PLAIN), file->summary);
		for (size_t k = 0; file->files[k]; k++)
			cq_buf_printf(out, "%s%s", k ? ", " : "", file->files[k]);
		cq_buf_str(out, "\n");
	}
}

static int run(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (cli_has(cli, "json"))
		as_json(cli);
	else
		as_text(cli);
	return cli_flush(cli);
}

static const struct cli_example examples[] = {
	{ "cqlite plugins", "the formats that this cqlite reads" },
	{ "cqlite --plugin ./cq_xy.so plugins", "with one from a shared object" },
	{ 0 },
};

const struct cli_command cli_cmd_plugins = {
	.name = "plugins", .summary = "list the formats that can be read, and where each comes from", .usage = "[OPTION...]",
	.options = options, .examples = examples, .operand = CLI_TEXT, .run = run,
	.description = "A format is a plugin: most are built in, others are loaded with --plugin or from the folders of "
		"CQLITE_PLUGIN_PATH. A loaded one comes before a built-in one that reads the same version.",
};

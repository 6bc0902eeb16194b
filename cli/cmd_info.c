/* cqlite info: what an SSTable is, and all that its metadata says. */
#include "info.h"

#include <stdlib.h>
#include <time.h>

static const struct cli_option options[] = {
	{ .name = "json", .help = "one JSON object an SSTable and line; schema cqlite-info-1" },
	{ .name = "as-sstablemetadata", .help = "print what sstablemetadata of Cassandra 5.0 prints, with dates in UTC" },
	{ .name = "histograms", .help = "draw the histograms as bars instead of a line each" },
	{ .letter = 's', .name = "scan", .help = "read all rows: counts, widest and largest partitions, most tombstones" },
	{ .name = "gc-grace", .arg = "SECONDS", .kind = CLI_NUMBER, .help = "for the estimate of droppable tombstones (default 0)" },
	{ .name = "now", .arg = "SECONDS", .kind = CLI_INTEGER,
	  .help = "the same estimate as of this second since 1970 instead of now" },
	{ .letter = 'v', .name = "verbose", .help = "of several SSTables, all details instead of a line each" },
	{ .name = "snapshots", .help = "of directories, the SSTables in snapshots and backups too" },
	{ 0 },
};

static int one(struct cli *cli, const struct cq_sst_entry *e, const char *given, const struct info_options *opt,
	struct info_totals *totals)
{
	const struct cq_open_options o = { .metadata_only = true };
	struct cq_table *t = NULL;
	struct info i;
	int rc = CLI_WELL;

	/* Through the frame, which knows which table of the file is meant. A table that does not open is opened once more
	 * below, for the cause. */
	if (cli_has(cli, "schema") && (rc = cli_open(cli, e->data_path, &o, &t)) == CLI_USAGE)
		return rc;
	info_gather(&i, cli, e, given, opt, t);
	if (totals)
		info_overview_line(&i, totals);
	else if (cli_has(cli, "json"))
		info_json(&i);
	else if (cli_has(cli, "as-sstablemetadata"))
		info_sstablemetadata(&i);
	else
		info_text(&i);
	rc = cli_worse(rc, info_exit_code(&i));
	/* Said in the output already, but for the form that has no place for it. */
	if (i.t && cli_has(cli, "as-sstablemetadata"))
		rc = cli_worse(rc, cli_findings(cli, &i.t->findings));
	info_finish(&i);
	return rc;
}

static bool names_component(const char *path, const struct cq_sst_entry *e)
{
	const char *file = cq_basename(path);

	return strlen(file) > e->desc.base.len && memcmp(file, e->desc.base.p, e->desc.base.len) == 0;
}

static int of_path(struct cli *cli, const char *path, const struct info_options *opt, bool *any)
{
	struct cq_desc_list list = { .flags = cli_has(cli, "snapshots") ? CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS : 0 };
	struct info_totals totals = {0};
	struct info_options o = *opt;
	bool left_out = false, table;
	int rc = cli_list(cli, path, &list, &left_out);

	table = rc == CLI_WELL && list.ntables > 1 && !cli_has(cli, "verbose") && !cli_has(cli, "json")
		&& !cli_has(cli, "as-sstablemetadata");
	if (table) {
		if (*any)
			cq_buf_byte(&cli->out, '\n');
		if (o.scan || o.histograms)
			cli_note(cli, "%s holds %zu SSTables: --scan and --histograms need --verbose or --json there", path, list.ntables);
		o.scan = o.histograms = false;
		o.brief = true;
		info_overview_head(cli, &totals, &list);
	}
	for (size_t k = 0; rc < CLI_USAGE && k < list.ntables && !cli_stop; k++) {
		const struct cq_sst_entry *e = &list.tables[k];

		if (!table && (*any || k) && !cli_has(cli, "json") && !cli_has(cli, "as-sstablemetadata"))
			cq_buf_byte(&cli->out, '\n');
		/* A component's path is repeated as it was given; of a directory, the one found in it. */
		rc = cli_worse(rc, one(cli, e, names_component(path, e) ? path : e->data_path, &o, table ? &totals : NULL));
		*any = true;
		if (cli_flush_some(cli) != CLI_WELL)
			break;
	}
	if (table)
		info_overview_totals(cli, &totals);
	if (list.snapshots_skipped + list.backups_skipped)
		cli_note(cli, "%zu snapshots and %zu backups were not walked into (--snapshots)", list.snapshots_skipped,
			list.backups_skipped);
	if (left_out)
		rc = cli_worse(rc, CLI_UNFINISHED);
	cq_desc_list_finish(&list);
	return rc;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct info_options opt = {
		.now = cli_number(cli, "now", (int64_t)time(NULL)),
		.gc_grace_given = cli_has(cli, "gc-grace"), .scan = cli_has(cli, "scan"), .histograms = cli_has(cli, "histograms"),
	};
	int64_t gc_grace = cli_number(cli, "gc-grace", 0);
	bool any = false;
	int rc = CLI_WELL;

	if (gc_grace > INT32_MAX)
		return cli_usage(cli, "--gc-grace is at most 2147483647");
	if (cli_has(cli, "json") && cli_has(cli, "as-sstablemetadata"))
		return cli_usage(cli, "--json or --as-sstablemetadata, not both");
	opt.gc_grace = (int32_t)gc_grace;
	for (int k = 0; k < argc && !cli_stop; k++)
		rc = cli_worse(rc, of_path(cli, argv[k], &opt, &any));
	rc = cli_worse(rc, cli_flush(cli));
	return cli_stop ? CLI_INTERRUPTED + cli_stop : rc;
}

static const struct cli_example examples[] = {
	{ "cqlite info nb-1-big-Data.db", "all about one SSTable" },
	{ "cqlite info /var/lib/cassandra/data/ks", "a line for each SSTable of a keyspace, and totals" },
	{ "cqlite info --scan --histograms nb-1-big-Data.db", "with what only reading every row can tell" },
	{ "cqlite info --json data/ks/t-* | jq .estimated_droppable_tombstones.raw", "one figure of each" },
	{ "cqlite info --as-sstablemetadata --gc-grace 864000 nb-1-big-Data.db", "for scripts that read sstablemetadata" },
	{ 0 },
};

const struct cli_command cli_cmd_info = {
	.name = "info", .summary = "say what an SSTable is: components, metadata, schema", .usage = "[OPTION...] PATH...",
	.options = options, .examples = examples, .min_operands = 1, .max_operands = -1, .operand = CLI_FILE, .run = run,
	.description = "Prints everything that sstablemetadata prints and what it leaves out: components, filter, compression, "
		"index summary or trie, schema. PATH is any component, or a directory of any level; a directory with several "
		"SSTables gives a line for each, and totals.\n\n"
		"What a version of the format does not have is said so. What could not be read is \"unmeasured\", with the cause, "
		"and makes the exit status 1.",
};

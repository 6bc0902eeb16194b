/* cqlite inject: a damaged copy of an SSTable, with a manifest of what was done and what has to be found. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "cmds.h"
#include "cq_inject.h"

static const struct cli_option options[] = {
	{ .letter = 'o', .name = "output", .arg = "DIR", .kind = CLI_DIR, .help = "folder for the copy; made when it is not there" },
	{ .letter = 'f', .name = "fault", .arg = "KIND[,KIND...]", .kind = CLI_TEXT, .flags = CLI_REPEATS,
	  .help = "what to do, by its name in --list, or \"random\"" },
	{ .name = "list", .help = "print the table of faults" },
	{ .name = "at", .arg = "PATH", .kind = CLI_TEXT, .help = "the node to damage, as cqlite tree shows its path, or one above it" },
	{ .letter = 'k', .name = "key", .arg = "KEY", .kind = CLI_TEXT, .help = "damage what belongs to the partition with this key" },
	{ .name = "component", .arg = "NAME", .kind = CLI_TEXT, .help = "faults of bytes and files: which component; default Data.db" },
	{ .name = "offset", .arg = "N", .kind = CLI_TEXT, .help = "the byte to damage, decimal or with 0x; of Data.db's content its offset in the "
	  "decompressed data" },
	{ .name = "bit", .arg = "N", .kind = CLI_NUMBER, .help = "the bit to flip: of the component, or with --offset of that byte" },
	{ .name = "length", .arg = "N", .kind = CLI_NUMBER, .help = "how many bytes, where a fault takes any number" },
	{ .name = "value", .arg = "V", .kind = CLI_TEXT, .help = "what the field becomes: a number, a value of its type, or 0x and bytes" },
	{ .name = "xor", .arg = "HEX", .kind = CLI_TEXT, .help = "bits of the field to turn round, counted from its last byte" },
	{ .name = "from", .arg = "FILE", .kind = CLI_FILE, .help = "another SSTable's component, or a file whose bytes land inside" },
	{ .name = "fix-checksums", .help = "make every checksum over a damaged byte right again" },
	{ .name = "keep-checksums", .help = "leave checksums as they were, so that they tell" },
	{ .name = "seed", .arg = "N", .kind = CLI_NUMBER, .help = "chooses what is not said; the same seed gives the same bytes (default 0)" },
	{ .name = "force", .help = "replace an SSTable of the same name in DIR" },
	{ .name = "no-measure", .help = "do not read the copy: the manifest does not say which keys are lost" },
	{ .name = "json", .help = "print the manifest; with --list the table; schemas cqlite-inject-1, cqlite-inject-list-1" },
	{ 0 },
};

/* ---- the list ---- */

static void list_json(struct cq_buf *out)
{
	const struct cq_fault *f;
	struct cq_buf versions = {0};

	cq_buf_str(out, "{\"schema\": \"cqlite-inject-list-1\", \"faults\": [");
	for (size_t i = 0; (f = cq_fault_nth(i)); i++) {
		const char *const members[][2] = { { "kind", f->id }, { "family", f->family }, { "summary", f->summary }, { "rules", f->rules },
			{ "also", f->also } };

		cq_buf_str(out, i ? ",\n  {" : "\n  {");
		for (size_t k = 0; k < CQ_COUNTOF(members); k++) {
			cq_buf_printf(out, "\"%s\": ", members[k][0]);
			if (members[k][1])
				cq_json_string(out, cq_slice_str(members[k][1]));
			else
				cq_buf_str(out, "null");
			cq_buf_str(out, ", ");
		}
		cq_buf_clear(&versions);
		cq_fault_versions(f, &versions);
		cq_buf_printf(out, "\"versions\": \"%s\", \"checksums\": \"%s\"}", cq_buf_cstr(&versions), f->flags & CQ_FAULT_FIX ? "fix" : "keep");
	}
	cq_buf_str(out, "\n]}\n");
	cq_buf_finish(&versions);
}

static int list(struct cli *cli)
{
	struct cq_buf *out = &cli->out, versions = {0};
	const char *family = "";
	const struct cq_fault *f;

	if (cli_has(cli, "json")) {
		list_json(out);
		return cli_flush(cli);
	}
	for (size_t i = 0; (f = cq_fault_nth(i)); i++) {
		if (strcmp(family, f->family) != 0) {
			family = f->family;
			cq_buf_printf(out, "%s%s%s%s\n", i ? "\n" : "", cli_color(cli, CLI_BOLD), family, cli_color(cli, CLI_PLAIN));
		}
		cq_buf_clear(&versions);
		cq_fault_versions(f, &versions);
		cq_buf_printf(out, "  %s%-24s%s  %s\n", cli_color(cli, CLI_NAME), f->id, cli_color(cli, CLI_PLAIN), f->summary);
		cq_buf_printf(out, "  %-24s  %s%s; checksums %s; finds: %s%s\n", "", cli_color(cli, CLI_DIM), cq_buf_cstr(&versions),
			f->flags & CQ_FAULT_FIX ? "follow" : "stay", f->rules ? f->rules : "nothing certain", cli_color(cli, CLI_PLAIN));
	}
	cq_buf_finish(&versions);
	return cli_flush(cli);
}

/* ---- the report ---- */

static void key_line(struct cq_buf *out, const struct cq_inject *in, const struct cq_inject_key *k)
{
	struct cq_buf b = {0};
	static const char *const fates[] = { "not found by its key", "reads, with other content", "lost for certain",
		"out of reach, its bytes are whole" };

	cq_table_print_key(in->t, k->key, &b);
	cq_buf_printf(out, "  %s: %s%s", cq_buf_cstr(&b), fates[k->fate], k->hidden && k->fate ? ", and not found by its key" : "");
	if (k->fate >= CQ_INJECT_LOST)
		cq_buf_printf(out, " (%" PRIu64 " of %" PRIu64 " rows and markers before the damage)", k->kept, k->events);
	cq_buf_byte(out, '\n');
	cq_buf_finish(&b);
}

static void report(struct cli *cli, const struct cq_inject *in)
{
	enum { LINES = 10 };
	struct cq_buf *out = &cli->out;
	size_t n = 0;

	for (size_t i = 0; i < in->nfaults; i++)
		cq_buf_printf(out, "%s%s%s: %s\n", cli_color(cli, CLI_NAME), in->fault[i].kind->id, cli_color(cli, CLI_PLAIN), in->fault[i].words);
	for (size_t i = 0; i < in->nexpected; i++) {
		if (in->expected[i].may)
			continue;
		cq_buf_printf(out, "%s %s (%s, %s", n++ ? "," : "must be found:", in->expected[i].rule, in->expected[i].component,
			cq_severity_name(in->expected[i].severity));
		if (in->expected[i].off != CQ_NO_OFFSET)
			cq_buf_printf(out, ", %s offset 0x%" PRIx64, cq_space_kind_name(in->expected[i].space), in->expected[i].off);
		cq_buf_byte(out, ')');
	}
	cq_buf_str(out, n ? "\n" : "nothing must be found\n");
	if (in->unmeasured)
		cq_buf_printf(out, "unmeasured: %s\n", in->unmeasured);
	if (in->partitions)
		cq_buf_printf(out, "%" PRIu64 " partitions: %" PRIu64 " read as before, %" PRIu64 " with other content, %" PRIu64 " lost, %" PRIu64
			" out of reach; %" PRIu64 " not found by key\n", in->partitions, in->same, in->changed, in->lost, in->out_of_reach, in->hidden);
	for (size_t i = 0; i < in->nkeys && i < LINES; i++)
		key_line(out, in, &in->key[i]);
	if (in->nkeys > LINES)
		cq_buf_printf(out, "  ... more in the manifest\n");
	cq_buf_printf(out, "%s\n", in->manifest);
}

/* ---- the command ---- */

static bool stopped(void *arg)
{
	(void)arg;
	return cli_stop;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-';
}

/* The kinds given, taken apart at commas. */
static const char **kinds_of(struct cli *cli, size_t *n)
{
	const char **v = NULL, *text;
	size_t most = 0;

	*n = 0;
	for (size_t i = 0; (text = cli_nth(cli, "fault", i)); i++)
		most += strlen(text) / 2 + 1;
	v = cq_arena_zalloc(&cli->arena, most + 1, sizeof *v);
	for (size_t i = 0; v && (text = cli_nth(cli, "fault", i)); i++) {
		while (*text) {
			size_t len = strcspn(text, ",");

			if (len && !(v[(*n)++] = cq_arena_dup(&cli->arena, text, len)))
				return NULL;
			text += len + (text[len] == ',');
		}
	}
	return v;
}

static int unknown_kind(struct cli *cli, const char *kind)
{
	const struct cq_fault *f;
	const char **names, *near;
	size_t n = 0;

	while (cq_fault_nth(n))
		n++;
	names = cq_arena_zalloc(&cli->arena, n + 1, sizeof *names);
	for (size_t i = 0; names && (f = cq_fault_nth(i)); i++)
		names[i] = f->id;
	near = names ? cli_nearest(kind, names) : NULL;
	if (near)
		return cli_usage(cli, "no fault %s; did you mean %s?", kind, near);
	return cli_usage(cli, "no fault %s; --list shows them", kind);
}

static int run(struct cli *cli, int argc, char **argv)
{
	const struct cq_open_options open = {0};
	struct cq_inject_options opt = { .open = &open, .stop = stopped, .dir = cli_text(cli, "output"), .at = cli_text(cli, "at"),
		.key = cli_text(cli, "key"), .component = cli_text(cli, "component"), .value = cli_text(cli, "value"),
		.xor = cli_text(cli, "xor"), .from = cli_text(cli, "from"), .force = cli_has(cli, "force"),
		.no_measure = cli_has(cli, "no-measure"), .has_offset = cli_has(cli, "offset"), .has_bit = cli_has(cli, "bit"),
		.bit = (uint64_t)cli_number(cli, "bit", 0), .length = (uint64_t)cli_number(cli, "length", 0),
		.seed = (uint64_t)cli_number(cli, "seed", 0) };
	struct cq_error err = {0};
	struct cq_inject *in;
	int rc;

	if (cli_has(cli, "list"))
		return argc ? cli_usage(cli, "--list takes no file") : list(cli);
	if (!argc)
		return cli_usage(cli, "something is missing: cqlite %s %s", cli->command->name, cli->command->usage);
	if (!opt.dir)
		return cli_usage(cli, "--output is missing: a damaged copy needs a folder");
	if (opt.has_offset && !number(cli_text(cli, "offset"), &opt.offset))
		return cli_usage(cli, "--offset wants a number, not %s", cli_text(cli, "offset"));
	if (opt.value && opt.xor)
		return cli_usage(cli, "--value or --xor, not both");
	if (cli_has(cli, "fix-checksums") && cli_has(cli, "keep-checksums"))
		return cli_usage(cli, "--fix-checksums or --keep-checksums, not both");
	opt.checksums = cli_has(cli, "fix-checksums") ? CQ_INJECT_FIX : cli_has(cli, "keep-checksums") ? CQ_INJECT_KEEP : CQ_INJECT_BY_FAULT;
	opt.path = argv[0];
	opt.kinds = kinds_of(cli, &opt.nkinds);
	if (!opt.kinds) {
		cli_error(cli, "out of memory");
		return CLI_UNFINISHED;
	}
	if (!opt.nkinds)
		return cli_usage(cli, "--fault is missing; --list shows what there is");
	for (size_t i = 0; i < opt.nkinds; i++)
		if (strcmp(opt.kinds[i], "random") != 0 && !cq_fault_named(opt.kinds[i]))
			return unknown_kind(cli, opt.kinds[i]);
	rc = cq_inject_run(&opt, &in, &err);
	if (rc == CQ_NOT_FOUND || rc == CQ_EUSAGE) {
		cli_error(cli, "%s", err.msg);
		return rc == CQ_EUSAGE ? CLI_USAGE : CLI_UNFINISHED;
	}
	if (rc != CQ_OK)
		return cli_fail(cli, &err);
	if (cli_has(cli, "json"))
		cq_inject_manifest(in, &cli->out);
	else
		report(cli, in);
	cq_inject_close(in);
	return cli_flush(cli);
}

static const struct cli_example examples[] = {
	{ "cqlite inject nb-1-big-Data.db -o damaged --fault bit-flip --seed 7", "one bit of Data.db, which one the seed says" },
	{ "cqlite inject nb-1-big-Data.db -o damaged --fault filter-clear-bit --key alice", "hide a partition from every look-up" },
	{ "cqlite inject nb-1-big-Data.db -o damaged --fault row-timestamp --at 'Data.db/partitions[3]/rows[0]'",
	  "a row of the future; every checksum is right" },
	{ "cqlite inject nb-1-big-Data.db -o damaged --fault set --at 'Statistics.db/stats/max timestamp' --value 0", "any field at all" },
	{ 0 },
};

const struct cli_command cli_cmd_inject = {
	.name = "inject", .summary = "make a damaged copy of an SSTable, and say what is wrong with it",
	.usage = "[OPTION...] FILE -o DIR --fault KIND[,KIND...]", .options = options, .examples = examples, .min_operands = 0,
	.max_operands = 1, .operand = CLI_FILE, .run = run,
	.description =
		"Copies every component into DIR and damages the copy; the source is only read. Beside it lies a manifest, inject-NAME.json: "
		"which bytes are not what they were, which findings cqlite check has to report, which keys are lost, changed or hidden, and which "
		"must still be readable. The keys are not guessed: the copy is read again and compared with the source, partition by partition.\n\n"
		"Faults of bytes do what disks and half-done writes do. Faults of content lie about one thing (a timestamp, a pointer, a bit of the "
		"filter) and make every checksum right again, so that only the lie is left to be found; changed chunks are compressed anew. "
		"--fix-checksums and --keep-checksums choose the other way.\n\n"
		"Where is chosen by --at, --key, --offset or --bit, and by the seed where nothing is said. The same file, options and seed give the "
		"same bytes. All faults of one call aim at the source as it is; two that want the same bytes are refused.",
	.exit_status = "3 also when a fault does not apply to the SSTable: the message says why.",
};

#include "cmds.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "cq_txnlog.h"

static const char *const levels[] = { "quick", "full", "deep", NULL };

static const struct cli_option options[] = {
	{ .letter = 'l', .name = "level", .arg = "LEVEL", .kind = CLI_CHOICE, .choices = levels,
	  .help = "quick: metadata and structure, no rows; full: every row once (default); deep: every look-up and reversed reads, too" },
	{ .letter = 'r', .name = "rule", .arg = "RULE", .kind = CLI_TEXT, .flags = CLI_REPEATS, .help = "only this rule; may be given again" },
	{ .name = "ignore", .arg = "RULE", .kind = CLI_TEXT, .flags = CLI_REPEATS, .help = "not this rule; may be given again" },
	{ .name = "max-findings", .arg = "N", .kind = CLI_NUMBER, .help = "keep N findings of a rule in each SSTable (default 20)" },
	{ .letter = 'j', .name = "jobs", .arg = "N", .kind = CLI_NUMBER, .help = "read large tables with N threads; default: one a processor" },
	{ .letter = 's', .name = "summary", .help = "only the verdict of each SSTable" },
	{ .name = "json", .help = "print JSON (schema cqlite-check-1), one document for all paths" },
	{ .name = "sarif", .help = "print SARIF 2.1.0" },
	{ .name = "list", .help = "list the rules" },
	{ .name = "explain", .arg = "RULE", .kind = CLI_TEXT, .help = "print the page of a rule: what it proves, what a finding means, what to do" },
	{ .name = "explain-all", .help = "print the pages of all rules as Markdown" },
	{ 0 },
};

enum { JOBS_MAX = 256 };

/* One call of the command. */
struct work {
	struct check_view view;
	struct cq_check_options options;
	/* progress */
	struct cli_progress bar;
	const char *what;
	bool on;
	/* --schema: the path's SSTables lie in several directories; what the last one asked about was told */
	bool several, schema_failed;
	const char *dir;
	const struct cq_schema *schema;
};

static bool progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct work *w = arg;

	if (!w->on || w->what != what) {
		if (w->on)
			cli_progress_end(&w->bar);
		cli_progress_begin(&w->bar, w->view.cli, what, total, false);
		w->what = what;
		w->on = true;
	}
	cli_progress_draw(&w->bar, done);
	return !cli_stop;
}

/* Who checks several tables at once gives a file that has some of them; who checks one means its table, whatever it is called. */
static int schema_of(void *arg, const char *data_path, const struct cq_schema **schema, struct cq_error *err)
{
	struct work *w = arg;
	struct cq_desc d;
	int rc = CQ_OK;

	cq_desc_parse(data_path, &d, NULL);
	/* A secondary index's hidden table has no CREATE TABLE. */
	if (d.place.index.p) {
		*schema = NULL;
		return CQ_OK;
	}
	if (w->dir && cq_slice_eq(d.dir, cq_slice_str(w->dir))) {
		*schema = w->schema;
		return CQ_OK;
	}
	rc = cli_schema(w->view.cli, data_path, schema, err);
	if (w->several && (rc == CQ_NOT_FOUND || (rc == CQ_OK && *schema && d.place.table.p && !cq_slice_eq(d.place.table, (*schema)->table)))) {
		*schema = NULL;
		rc = CQ_OK;
	}
	w->schema_failed = rc != CQ_OK;
	w->schema = *schema;
	w->dir = cq_arena_dup(&w->view.cli->arena, d.dir.p, d.dir.len);
	return rc;
}

static const char **ids(struct cli *cli, const char *option)
{
	const char **v;
	size_t n = 0;

	while (cli_nth(cli, option, n))
		n++;
	if (!n)
		return NULL;
	v = cq_arena_zalloc(&cli->arena, n + 1, sizeof *v);
	for (size_t i = 0; v && i < n; i++)
		v[i] = cli_nth(cli, option, i);
	return v;
}

static int unknown_rule(struct cli *cli, const char *id)
{
	const char *names[256], *near;
	const struct cq_rule *r;
	size_t n = 0;

	for (; (r = cq_rule_nth(n)) && n < CQ_COUNTOF(names) - 1; n++)
		names[n] = r->id;
	names[n] = NULL;
	near = cli_nearest(id, names);
	return near ? cli_usage(cli, "no rule %s; did you mean %s?", id, near) : cli_usage(cli, "no rule %s; --list names them", id);
}

static int help_on_rules(struct cli *cli)
{
	const char *id = cli_text(cli, "explain");

	if (cli_has(cli, "list")) {
		check_rule_list(cli);
	} else if (cli_has(cli, "explain-all")) {
		check_rule_book(cli);
	} else {
		const struct cq_rule *r = cq_rule_named(id);

		if (!r)
			return unknown_rule(cli, id);
		check_rule_page(cli, r);
	}
	return cli_flush(cli);
}

static int check_path(struct work *w, struct check_path *p)
{
	struct cli *cli = w->view.cli;
	struct cq_txn_logs logs = {0};
	struct cq_error err = {0};
	int rc = cq_desc_list(p->path, &p->list, &err), code;

	if (rc == CQ_OK)
		rc = cq_txn_state(&p->list, &logs, &err);
	if (rc != CQ_OK) {
		cli_error(cli, "%s", err.msg);
		p->failed = cq_arena_dup(&cli->arena, err.msg, strlen(err.msg));
		return cli_exit_code(rc);
	}
	w->several = false;
	for (size_t i = 1; i < p->list.ntables; i++)
		w->several |= strcmp(p->list.tables[i].dir, p->list.tables[0].dir) != 0;
	w->dir = NULL;
	w->options.txn = &logs;
	rc = cq_check_run(&p->list, &w->options, &p->report, &err);
	if (w->on)
		cli_progress_end(&w->bar);
	w->on = false;
	code = p->report.n[CQ_ERROR] + p->report.n[CQ_WARNING] ? CLI_FOUND : CLI_WELL;
	for (size_t i = 0; i < p->report.ntables; i++) {
		const struct cq_check_table *t = &p->report.tables[i];

		if (t->entry && t->opened && t->unmeasured && !t->nrun)        /* nothing was looked at: that is no "well" */
			code = cli_worse(code, CLI_UNFINISHED);
	}
	if (rc == CQ_ESTOPPED)
		return cli_worse(code, cli_exit_code(rc));
	if (rc == CQ_OK)
		return code;
	p->failed = cq_arena_dup(&cli->arena, err.msg, strlen(err.msg));
	return w->schema_failed ? cli_schema_failed(cli, &err) : cli_fail(cli, &err);
}

static int check_paths(struct work *w)
{
	struct check_view *v = &w->view;
	struct cli *cli = v->cli;
	bool json = cli_has(cli, "json"), sarif = cli_has(cli, "sarif"), shown = false;
	size_t n = v->npaths;
	int rc = CLI_WELL;

	for (v->npaths = 0; v->npaths < n && rc < CLI_INTERRUPTED;) {
		struct check_path *p = &v->paths[v->npaths++];

		rc = cli_worse(rc, check_path(w, p));
		if (json || sarif || p->failed)
			continue;
		if (shown && !v->brief)
			cq_buf_str(&cli->out, "\n");
		check_text(v, &p->report);
		shown = true;
		rc = cli_worse(rc, cli_flush(cli));
	}
	if (json)
		check_json(v);
	else if (sarif)
		check_sarif(v);
	rc = cli_worse(rc, cli_flush(cli));
	for (size_t i = 0; i < v->npaths; i++) {
		cq_report_finish(&v->paths[i].report);
		cq_desc_list_finish(&v->paths[i].list);
	}
	return rc;
}

static int run(struct cli *cli, int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t jobs = cli_number(cli, "jobs", cpus < 1 ? 1 : cpus > JOBS_MAX ? JOBS_MAX : cpus);
	struct work w = {
		.view = { .cli = cli, .options = &w.options, .npaths = (size_t)argc, .brief = cli_has(cli, "summary") },
		.options = { .rules = ids(cli, "rule"), .ignore = ids(cli, "ignore"), .progress = progress, .arg = &w },
	};
	struct cq_check_options *o = &w.options;

	if (cli_has(cli, "list") || cli_has(cli, "explain") || cli_has(cli, "explain-all"))
		return help_on_rules(cli);
	if (!argc)
		return cli_usage(cli, "something is missing: cqlite check PATH...");
	if (jobs < 1 || jobs > JOBS_MAX)
		return cli_usage(cli, "--jobs wants a number from 1 to %d", JOBS_MAX);
	for (size_t i = 0; o->rules && o->rules[i]; i++)
		if (!cq_rule_named(o->rules[i]))
			return unknown_rule(cli, o->rules[i]);
	for (size_t i = 0; o->ignore && o->ignore[i]; i++)
		if (!cq_rule_named(o->ignore[i]))
			return unknown_rule(cli, o->ignore[i]);
	o->level = cli_has(cli, "level") ? (enum cq_check_level)cli_number(cli, "level", CQ_CHECK_FULL) : CQ_CHECK_FULL;
	o->max_findings = (size_t)cli_number(cli, "max-findings", 20);
	o->jobs = (unsigned)jobs;
	if (cli_has(cli, "schema"))
		o->schema_of = schema_of;
	w.view.paths = cq_arena_zalloc(&cli->arena, w.view.npaths, sizeof *w.view.paths);
	if (!w.view.paths)
		return cli_exit_code(CQ_ENOMEM);
	for (int i = 0; i < argc; i++)
		w.view.paths[i].path = argv[i];
	return check_paths(&w);
}

static const struct cli_example examples[] = {
	{ "cqlite check nb-17-big-Data.db", "what is wrong with one SSTable" },
	{ "cqlite check --level quick /var/lib/cassandra/data", "a quick look at all of them" },
	{ "cqlite check --rule filter-fn --json TABLE/", "one rule, for a program" },
	{ "cqlite check --explain chunk-crc", "what a rule proves and what to do about its findings" },
	{ 0 },
};

const struct cli_command cli_cmd_check = {
	.name = "check", .summary = "find what is wrong: the corruption detector", .usage = "[OPTION...] PATH...", .options = options,
	.examples = examples, .min_operands = 0, .max_operands = -1, .operand = CLI_FILE, .run = run,
	.description =
		"Everything that can be recomputed is recomputed and compared: checksums, the order of partitions and rows, every index entry, "
		"filter bit, summary sample and trie node, and what Statistics.db says of the rows. Rows are read around damage, so that one bad "
		"chunk does not hide the rest.\n\n"
		"A finding says where (component, byte space, offset), what was expected and found, which keys are touched, what it means and "
		"what to do. What could not be measured is listed with its cause and never counts as good. Nothing is ever written.\n\n"
		"The exit code is 0 when there is no finding above a note, 1 when there is, 2 for a wrong call, 3 when the work could not be done.",
};

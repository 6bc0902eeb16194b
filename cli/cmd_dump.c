#include "cli.h"

#include <stdlib.h>
#include <time.h>

#include "cmds.h"
#include "cq_scan.h"
#include "dump_json.h"
#include "dump_parallel.h"
#include "dump_text.h"
#include "lcq_output.h"
#include "lenient.h"

static const struct cli_option options[] = {
	{ .letter = 'd', .name = "debug", .help = "print a line for each row and marker, in Cassandra's internal text" },
	{ .letter = 'e', .name = "enumerate-keys", .help = "print the partition keys only" },
	{ .letter = 'k', .name = "key", .arg = "KEY", .kind = CLI_TEXT, .flags = CLI_REPEATS | CLI_MANY,
	  .help = "only these partitions, found through the index; the parts of a key are joined with ':'" },
	{ .letter = 'x', .name = "exclude-key", .arg = "KEY", .kind = CLI_TEXT, .flags = CLI_REPEATS | CLI_MANY,
	  .help = "all partitions but these" },
	{ .letter = 't', .name = "raw-timestamps", .help = "print times as numbers, not as dates" },
	{ .letter = 'l', .name = "partition-json-lines", .help = "print one JSON object a line for each partition" },
	{ .letter = 'o', .name = "only-tombstones", .help = "print only what deletes: partitions, rows, ranges, columns and cells" },
	{ .letter = 'j', .name = "jobs", .arg = "N", .kind = CLI_NUMBER,
	  .help = "format a whole large table with N threads; default: one a processor, up to 8. The output is the same" },
	{ .name = "format", .arg = "NAME", .kind = CLI_TEXT, .help = "json (the default), or an output that a script of --lua has added" },
	{ .name = "lenient", .help = "read around damage: print all that can be read, and say what was skipped, why, and which keys it had" },
	{ .name = "limit", .arg = "N", .kind = CLI_NUMBER, .help = "stop after N partitions" },
	{ .name = "tokens", .arg = "START:END", .kind = CLI_TEXT,
	  .help = "only partitions whose token is greater than START and not greater than END; either may be empty" },
	{ .name = "now", .arg = "SECONDS", .kind = CLI_INTEGER,
	  .help = "the time (seconds since 1970) that 'expired' compares with; default: now" },
	{ .name = "as-sstabledump", .help = "repeat what sstabledump 5.0 prints wrong: counters (the first 8 bytes of their context), "
	  "positions of partitions and static rows, write times before 1970 and after 2262" },
	{ 0 },
};

enum { BAD_SHOWN = 10 };

struct job {
	struct cli *cli;
	struct dump_options opt;
	bool text, keys_only;
	int64_t left;                          /* partitions still to print */
	const char **excluded;                 /* sorted */
	size_t nexcluded;
	cq_slice *excluded_keys;               /* the same as bytes of the table at hand, as far as they are keys of it */
	size_t nexcluded_keys;
	/* the table at hand */
	struct cq_table *table;
	struct dump_json *json;
	struct dump_text *lines;
	struct lcq_dump *output;               /* --format: instead of both */
	int output_status;                     /* of the first event that it failed at; its error */
	struct cq_error output_error;
	struct cq_scan *scan;
	struct cq_lookup *lookup;
	struct cq_buf scratch;
	uint64_t bad;
	struct cli_progress progress;
};

/* ---- what cannot be printed ---- */

static void on_bad(void *arg, const struct cq_event *ev, cq_slice what, uint64_t off, const struct cq_error *err)
{
	struct job *job = arg;
	struct cq_error at = { .code = CQ_DAMAGED, .off = off, .space = cq_stream_space(&job->table->stream) };

	if (job->bad++ >= BAD_SHOWN)
		return;
	cq_buf_clear(&job->scratch);
	cq_table_print_key(job->table, ev->partition->key, &job->scratch);
	snprintf(at.file, sizeof at.file, "%.*s", (int)job->table->desc.file.len, (const char *)job->table->desc.file.p);
	snprintf(at.msg, sizeof at.msg, "partition %.80s: %.*s: %.120s; its bytes are printed instead", cq_buf_cstr(&job->scratch),
		(int)(what.len < 64 ? what.len : 64), (const char *)what.p, err && err->msg[0] ? err->msg : "the path names no field");
	cli_fail(job->cli, &at);
}

/* ---- emitting ---- */

static void emit(struct job *job, const struct cq_event *ev)
{
	if (job->output) {
		if (job->output_status == CQ_OK)
			job->output_status = lcq_output_event(job->output, ev, &job->output_error);
	} else if (job->lines)
		dump_text_event(job->lines, ev);
	else
		dump_json_event(job->json, ev);
}

/* The script has said why already, with its traceback. */
static int output_failed(struct job *job, struct cq_error *err)
{
	if (job->output_status == CQ_ESTOPPED)
		return CQ_ESTOPPED;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "output %s: %.200s", cli_text(job->cli, "format"), job->output_error.msg);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_key(const void *a, const void *b)
{
	return cq_slice_cmp(*(const cq_slice *)a, *(const cq_slice *)b);
}

/* What is no key of this table excludes nothing. False: out of memory. */
static bool parse_excluded(struct job *job, struct cq_arena *arena)
{
	struct cq_buf b = {0};
	bool good;

	job->nexcluded_keys = 0;
	job->excluded_keys = cq_arena_zalloc(arena, job->nexcluded + 1, sizeof *job->excluded_keys);
	good = job->excluded_keys;
	for (size_t i = 0; good && i < job->nexcluded; i++) {
		cq_slice *k = &job->excluded_keys[job->nexcluded_keys];
		int rc;

		cq_buf_clear(&b);
		rc = cq_table_parse_key(job->table, job->excluded[i], &b, NULL);
		good = rc != CQ_ENOMEM;
		if (rc != CQ_OK)
			continue;
		*k = cq_slice_of(cq_arena_dup(arena, b.len ? b.p : (const uint8_t *)"", b.len), b.len);
		good = k->p && !b.failed;
		job->nexcluded_keys++;
	}
	cq_buf_finish(&b);
	if (good)
		qsort(job->excluded_keys, job->nexcluded_keys, sizeof *job->excluded_keys, compare_key);
	return good;
}

static bool is_excluded(struct job *job, cq_slice key)
{
	const char *text;

	if (!job->nexcluded)
		return false;
	cq_buf_clear(&job->scratch);
	cq_table_print_key(job->table, key, &job->scratch);
	text = cq_buf_cstr(&job->scratch);
	return bsearch(&text, job->excluded, job->nexcluded, sizeof *job->excluded, compare_text) ||
		bsearch(&key, job->excluded_keys, job->nexcluded_keys, sizeof key, compare_key);
}

/* From where the scan stands to the end of its range, or of one partition. A status. */
static int copy(struct job *job, bool one, struct cq_error *err)
{
	struct cq_event ev;
	int rc;

	while ((rc = cq_scan_next(job->scan, &ev, err)) == CQ_OK) {
		if (CQ_UNLIKELY(cli_stop))
			return CQ_ESTOPPED;
		if (ev.kind == CQ_EV_PARTITION) {
			if (!job->left)
				return CQ_OK;
			if (is_excluded(job, ev.partition->key)) {
				rc = cq_scan_skip_partition(job->scan, err);
				if (rc < 0)
					break;
				continue;
			}
			job->left--;
		}
		emit(job, &ev);
		if (CQ_UNLIKELY(job->output_status != CQ_OK))
			return output_failed(job, err);
		if (cli_flush_some(job->cli) != CLI_WELL)
			return CQ_ESTOPPED;
		cli_progress(&job->progress, cq_scan_position(job->scan));
		if (one && ev.kind == CQ_EV_PARTITION_END)
			break;
	}
	return rc;
}

/* --lenient: all that can be read. *found: an exit code, of what was skipped. A status. */
static int copy_leniently(struct job *job, const struct cq_scan_options *so, int *found, struct cq_error *err)
{
	struct lenient v = { .cli = job->cli, .table = job->table };
	struct cq_event ev;
	bool out = false;
	int rc = lenient_open(&v, so, err);

	while (rc == CQ_OK && (rc = cq_lenient_next(v.scan, &ev, err)) == CQ_OK) {
		if (CQ_UNLIKELY(cli_stop))
			rc = CQ_ESTOPPED;
		if (ev.kind == CQ_EV_PARTITION) {
			if (!job->left)
				break;
			out = !is_excluded(job, ev.partition->key);
			job->left -= out;
			if (out && job->keys_only)
				dump_json_key(job->json, ev.partition->key, ev.partition->off);
		}
		if (out && !job->keys_only)
			emit(job, &ev);
		if (job->output_status != CQ_OK)
			rc = output_failed(job, err);
		if (cli_flush_some(job->cli) != CLI_WELL)
			rc = CQ_ESTOPPED;
		cli_progress(&job->progress, cq_lenient_position(v.scan));
	}
	*found = lenient_end(&v);
	return rc;
}

/* ---- which partitions ---- */

struct wanted {
	struct cq_token token;
	cq_slice key;
	const struct cq_partitioner *partitioner;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return cq_key_compare(x->partitioner, &x->token, x->key, &y->token, y->key);
}

static int usage_key(struct job *job, const char *text, const struct cq_error *err)
{
	struct cq_buf type = {0};
	int rc;

	cq_type_cql(job->table->stats.key_type, &type);
	rc = cli_usage(job->cli, "'%s' is no partition key of this table (%s): %s", text, cq_buf_cstr(&type), err->msg);
	cq_buf_finish(&type);
	return rc;
}

/* The keys of -k as bytes, in the order of the table. Returns an exit code. */
static int wanted_keys(struct job *job, struct cq_arena *arena, struct wanted **out, size_t *n)
{
	struct cq_error err = {0};
	struct cq_buf b = {0};
	size_t count = 0, kept = 0;
	struct wanted *w;
	const char *text;
	int rc;

	while (cli_nth(job->cli, "key", count))
		count++;
	w = cq_arena_zalloc(arena, count + 1, sizeof *w);
	for (size_t i = 0; w && i < count; i++) {
		text = cli_nth(job->cli, "key", i);
		cq_buf_clear(&b);
		rc = cq_table_parse_key(job->table, text, &b, &err);
		if (rc != CQ_OK) {
			cq_buf_finish(&b);
			return rc == CQ_EUSAGE ? usage_key(job, text, &err) : cli_fail(job->cli, &err);
		}
		w[i].partitioner = &job->table->partitioner;
		w[i].key = cq_slice_of(cq_arena_dup(arena, b.len ? b.p : (const uint8_t *)"", b.len), b.len);
		if (!w[i].key.p)
			w = NULL;
		else
			cq_token(w[i].partitioner, w[i].key, &w[i].token);
	}
	cq_buf_finish(&b);
	if (!w) {
		cli_error(job->cli, "out of memory for the keys");
		return CLI_UNFINISHED;
	}
	qsort(w, count, sizeof *w, compare_wanted);
	for (size_t i = 0; i < count; i++)
		if (!i || !cq_slice_eq(w[kept - 1].key, w[i].key))
			w[kept++] = w[i];
	*out = w;
	*n = kept;
	return CLI_WELL;
}

static int copy_keys(struct job *job, const struct wanted *w, size_t n, struct cq_error *err)
{
	struct cq_position pos;
	int rc = cq_lookup_open(&job->lookup, job->table, err);

	for (size_t i = 0; rc >= 0 && i < n; i++) {
		rc = cq_lookup_key(job->lookup, w[i].key, &pos, err);
		if (rc == CQ_OK)
			rc = cq_scan_to_position(job->scan, &pos, err);
		if (rc == CQ_OK)
			rc = copy(job, true, err);
	}
	return rc;
}

/* -e: from the index, which has every key; from the data where there is none. */
static int copy_only_keys(struct job *job, struct cq_error *err)
{
	struct cq_position pos;
	struct cq_event ev;
	uint64_t at = 0;
	int rc = CQ_EUNSUPPORTED;

	if (!cli_has(job->cli, "tokens")) {
		rc = cq_lookup_open(&job->lookup, job->table, err);
		while (rc == CQ_OK && job->left && !cli_stop) {
			rc = cq_lookup_next(job->lookup, &at, &pos, err);
			if (rc != CQ_OK)
				break;
			dump_json_key(job->json, pos.key, pos.data_off);
			job->left--;
			if (cli_flush_some(job->cli) != CLI_WELL)
				return CQ_ESTOPPED;
			cli_progress(&job->progress, pos.data_off);
		}
		if (rc != CQ_EUNSUPPORTED || at)
			return cli_stop ? CQ_ESTOPPED : rc;
	}
	while (job->left && (rc = cq_scan_next(job->scan, &ev, err)) == CQ_OK) {
		if (cli_stop)
			return CQ_ESTOPPED;
		dump_json_key(job->json, ev.partition->key, ev.partition->off);
		job->left--;
		if (cli_flush_some(job->cli) != CLI_WELL)
			return CQ_ESTOPPED;
		cli_progress(&job->progress, cq_scan_position(job->scan));
		rc = cq_scan_skip_partition(job->scan, err);
		if (rc < 0)
			break;
	}
	return rc;
}

/* --tokens START:END. The buffers keep what the tokens borrow. Returns an exit code. */
static int token_range(struct job *job, struct cq_token_range *r, struct cq_buf bytes[2])
{
	const char *text = cli_text(job->cli, "tokens"), *colon = strchr(text, ':');
	const struct cq_partitioner *p = &job->table->partitioner;
	struct cq_error err = {0};
	char *start;
	int rc = CQ_OK;

	if (!colon)
		return cli_usage(job->cli, "--tokens wants START:END, not '%s'", text);
	start = cq_arena_dup(&job->cli->arena, text, (size_t)(colon - text));
	if (!start) {
		cli_error(job->cli, "out of memory");
		return CLI_UNFINISHED;
	}
	r->has_start = *start;
	r->has_end = colon[1];
	if (r->has_start)
		rc = cq_token_parse(p, start, &bytes[0], &r->start, &err);
	if (rc == CQ_OK && r->has_end)
		rc = cq_token_parse(p, colon + 1, &bytes[1], &r->end, &err);
	if (rc != CQ_OK)
		return cli_usage(job->cli, "--tokens: %s", err.msg);
	if (r->has_start && r->has_end && cq_token_compare(p, &r->start, &r->end) > 0)
		return cli_usage(job->cli, "--tokens: %s is greater than %s; give the two parts of a range that wraps one by one",
			start, colon + 1);
	return CLI_WELL;
}

/* How many threads: only for a whole table, where every partition is printed. */
static unsigned jobs(const struct job *job)
{
	bool whole = job->json && !job->keys_only && !job->nexcluded && !job->opt.only_tombstones && job->left == INT64_MAX
		&& !cli_has(job->cli, "tokens") && !cli_has(job->cli, "key");

	return whole ? dump_parallel_jobs(job->table, (unsigned)cli_number(job->cli, "jobs", 0)) : 1;
}

/* All of it, with several threads when that is worth it. A status. */
static int copy_all(struct job *job, bool *ended, struct cq_error *err)
{
	struct dump_parallel p = { .cli = job->cli, .table = job->table, .opt = &job->opt, .progress = &job->progress };
	int rc;

	p.jobs = jobs(job);
	if (p.jobs < 2)
		return copy(job, false, err);
	rc = dump_parallel(&p, err);
	*ended = p.ended;
	job->opt.continues |= p.any;
	if (p.any && job->json)
		dump_json_others(job->json);
	return rc;
}

/* Where the first partition of the range is, through the index; without one the scan passes over what comes before. */
static uint64_t first_of_range(struct job *job, const struct cq_token_range *r)
{
	struct cq_lookup *l;
	struct cq_position pos;
	uint64_t off = 0;

	if (!r->has_start || cq_lookup_open(&l, job->table, NULL) != CQ_OK)
		return 0;
	if (cq_lookup_token(l, &r->start, false, &pos, NULL) == CQ_OK)
		off = pos.data_off;
	cq_lookup_close(l);
	return off;
}

/* ---- one table ---- */

/* Returns an exit code; err is filled when a status was behind it. */
static int select_and_copy(struct job *job, int *status, struct cq_error *err)
{
	struct cq_token_range range = {0};
	struct cq_scan_options so = { .no_cells = job->keys_only };
	struct cq_arena arena = {0};
	struct cq_buf bytes[2] = {{0}};
	struct wanted *w = NULL;
	size_t n = 0;
	bool by_key = cli_has(job->cli, "key") && !job->keys_only, lenient = cli_has(job->cli, "lenient"), ended = false;
	int rc = CLI_WELL;

	if (!parse_excluded(job, &arena)) {
		cli_error(job->cli, "out of memory for the keys");
		rc = CLI_UNFINISHED;
	} else if (by_key) {
		rc = wanted_keys(job, &arena, &w, &n);
	} else if (cli_has(job->cli, "tokens")) {
		rc = token_range(job, &range, bytes);
	}
	if (rc == CLI_WELL) {
		if (range.has_start || range.has_end) {
			so.tokens = &range;
			/* The index may be wrong about where it is: leniently, everything before is passed over. */
			if (!lenient)
				so.start = first_of_range(job, &range);
		}
		if (lenient) {
			int found;

			if (job->json)
				dump_json_begin(job->json);
			*status = copy_leniently(job, &so, &found, err);
			rc = cli_worse(rc, found);
			if (job->json)
				dump_json_end(job->json);
		} else if ((*status = cq_scan_open(&job->scan, job->table, &so, err)) == CQ_OK) {
			if (job->json)
				dump_json_begin(job->json);
			*status = job->keys_only ? copy_only_keys(job, err) : by_key ? copy_keys(job, w, n, err)
				: copy_all(job, &ended, err);
			if (job->json && !ended)
				dump_json_end(job->json);
		}
	}
	cq_buf_finish(&bytes[0]);
	cq_buf_finish(&bytes[1]);
	cq_arena_finish(&arena);
	return rc;
}

static int report(struct job *job, int status, const struct cq_error *err)
{
	int rc = cli_flush(job->cli);

	/* Stopped: by a signal, or by a write that failed and has been reported. */
	if (status == CQ_ESTOPPED)
		rc = cli_worse(rc, cli_exit_code(status));
	else if (status < 0)
		rc = cli_worse(rc, cli_fail(job->cli, err));
	if (job->lookup)
		rc = cli_worse(rc, cli_findings(job->cli, cq_lookup_findings(job->lookup)));
	if (job->bad) {
		if (job->bad > BAD_SHOWN)
			cli_error(job->cli, "%llu more values could not be printed", (unsigned long long)(job->bad - BAD_SHOWN));
		rc = cli_worse(rc, CLI_FOUND);
	}
	return rc;
}

static int dump_table(struct job *job, const char *path)
{
	struct cq_error err = {0};
	int rc = cli_open(job->cli, path, NULL, &job->table), status = CQ_OK;

	if (rc != CLI_WELL)
		return rc;
	rc = cli_findings(job->cli, &job->table->findings);
	job->bad = 0;
	if (job->output)
		status = job->output_status = lcq_output_table(job->output, job->table, &job->output_error);
	else
		status = job->text ? dump_text_open(&job->lines, job->table, &job->cli->out, &job->opt)
		: dump_json_open(&job->json, job->table, &job->cli->out, &job->opt);
	if (status == CQ_OK) {
		cli_progress_begin(&job->progress, job->cli, "dump", job->table->stream.len, true);
		rc = cli_worse(rc, select_and_copy(job, &status, &err));
		cli_progress_end(&job->progress);
	} else if (job->output) {
		status = output_failed(job, &err);
	} else {
		cq_fail(&err, status, CQ_NO_OFFSET, "out of memory");
	}
	rc = cli_worse(rc, report(job, status, &err));
	job->opt.continues |= job->json && dump_json_any(job->json);
	cq_lookup_close(job->lookup);
	cq_scan_close(job->scan);
	dump_json_close(job->json);
	dump_text_close(job->lines);
	if (job->output)
		lcq_output_table(job->output, NULL, NULL);
	cq_table_close(job->table);
	job->lookup = NULL;
	job->scan = NULL;
	job->json = NULL;
	job->lines = NULL;
	job->table = NULL;
	return rc;
}

/* ---- the command ---- */

static bool set_up_excluded(struct job *job)
{
	while (cli_nth(job->cli, "exclude-key", job->nexcluded))
		job->nexcluded++;
	job->excluded = cq_arena_zalloc(&job->cli->arena, job->nexcluded + 1, sizeof *job->excluded);
	for (size_t i = 0; job->excluded && i < job->nexcluded; i++)
		job->excluded[i] = cli_nth(job->cli, "exclude-key", i);
	if (job->excluded)
		qsort(job->excluded, job->nexcluded, sizeof *job->excluded, compare_text);
	return job->excluded != NULL;
}

/* --format. CLI_WELL, or the exit code. */
static int open_output(struct job *job)
{
	const char *name = cli_text(job->cli, "format"), *names[64] = { "json" }, *near;
	struct cq_error err = {0};
	size_t n = 1;

	if (!name || strcmp(name, "json") == 0)
		return CLI_WELL;
	if (job->text || job->keys_only || job->opt.lines || job->opt.only_tombstones)
		return cli_usage(job->cli, "--format %s excludes -d, -e, -l and -o: what is printed is the script's", name);
	job->output_status = lcq_output_open(&job->output, name, &job->output_error);
	if (job->output_status == CQ_NOT_FOUND) {
		while (n < CQ_COUNTOF(names) - 1 && (names[n] = lcq_output_name(n - 1)))
			n++;
		names[n] = NULL;
		near = cli_nearest(name, names);
		return near ? cli_usage(job->cli, "no format %s; did you mean %s?", name, near)
			: cli_usage(job->cli, "no format %s; there is json, and what scripts add (--lua)", name);
	}
	if (job->output_status != CQ_OK) {
		output_failed(job, &err);
		return cli_fail(job->cli, &err);
	}
	return CLI_WELL;
}

static int close_output(struct job *job, int rc)
{
	struct cq_error err = {0};

	if (job->output && job->output_status == CQ_OK && rc <= CLI_FOUND) {
		job->output_status = lcq_output_end(job->output, &job->output_error);
		if (job->output_status != CQ_OK) {
			output_failed(job, &err);
			rc = cli_worse(rc, cli_fail(job->cli, &err));
		}
	}
	lcq_output_close(job->output);
	return cli_worse(rc, cli_flush(job->cli));
}

static int several(struct cli *cli, const struct cq_desc_list *list)
{
	int rc = cli_usage(cli, "%zu SSTables here; name one, or dump them all with -l", list->ntables);

	for (size_t i = 0; i < list->ntables && i < 20; i++)
		fprintf(stderr, "  %s\n", list->tables[i].data_path);
	if (list->ntables > 20)
		fprintf(stderr, "  and %zu more\n", list->ntables - 20);
	return rc;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct cq_desc_list list = { .flags = CQ_LIST_ANY_VERSION };
	bool left_out = false;
	int rc;
	struct job job = {
		.cli = cli,
		.text = cli_has(cli, "debug"),
		.keys_only = cli_has(cli, "enumerate-keys"),
		.left = cli_number(cli, "limit", INT64_MAX),
		.opt = {
			.lines = cli_has(cli, "partition-json-lines"),
			.raw_times = cli_has(cli, "raw-timestamps"),
			.as_sstabledump = cli_has(cli, "as-sstabledump"),
			.only_tombstones = cli_has(cli, "only-tombstones"),
			.now = cli_number(cli, "now", (int64_t)time(NULL)),
			.on_bad = on_bad,
		},
	};

	(void)argc;
	job.opt.arg = &job;
	if (cli_has(cli, "lenient") && cli_has(cli, "key"))
		return cli_usage(cli, "--lenient reads a table from its start to its end; -k finds keys through the index");
	if (cli_has(cli, "jobs") && (cli_number(cli, "jobs", 0) < 1 || cli_number(cli, "jobs", 0) > DUMP_JOBS_MAX))
		return cli_usage(cli, "--jobs wants a number from 1 to %d", DUMP_JOBS_MAX);
	if (cli_has(cli, "key") && cli_has(cli, "tokens"))
		return cli_usage(cli, "--key and --tokens exclude each other");
	if (job.keys_only) {
		/* As in sstabledump: keys, whatever else was asked. */
		job.text = job.opt.lines = false;
		if (cli_has(cli, "key") || cli_has(cli, "exclude-key"))
			cli_note(cli, "-e prints all keys: -k and -x are ignored");
	}
	if (!set_up_excluded(&job)) {
		cli_error(cli, "out of memory");
		return CLI_UNFINISHED;
	}
	rc = open_output(&job);
	if (rc == CLI_WELL)
		rc = cli_list(cli, argv[0], &list, &left_out);
	if (rc == CLI_WELL && list.ntables > 1 && !job.text && !job.opt.lines && !job.output)
		rc = several(cli, &list);
	else
		for (size_t i = 0; rc <= CLI_FOUND && i < list.ntables && !cli->write_error && (job.left || !i); i++)
			rc = cli_worse(rc, dump_table(&job, list.tables[i].data_path));
	rc = close_output(&job, rc);
	if (left_out)
		rc = cli_worse(rc, CLI_UNFINISHED);
	cq_desc_list_finish(&list);
	cq_buf_finish(&job.scratch);
	return rc;
}

static const struct cli_example examples[] = {
	{ "cqlite dump nb-1-big-Data.db", "the whole table as JSON" },
	{ "cqlite dump nb-1-big-Data.db -k alice bob:2", "two partitions" },
	{ "cqlite dump -l data/ks/users-5a1c395eb41f11e59f22ba0be0483c18 | jq .partition.key",
	  "a line of JSON a partition, of every SSTable of a table" },
	{ "cqlite dump --lenient nb-1-big-Data.db >rest.json 2>lost.txt", "what is left of a damaged table" },
	{ "cqlite dump -d nb-1-big-Data.db | grep tombstone", "Cassandra's own text, one row a line" },
	{ 0 },
};

const struct cli_command cli_cmd_dump = {
	.name = "dump", .summary = "print rows as JSON, as sstabledump does", .usage = "[OPTION...] FILE [-k KEY...] [-x KEY...]",
	.options = options, .examples = examples, .min_operands = 1, .max_operands = 1, .operand = CLI_FILE, .run = run,
	.description =
		"FILE is any file of an SSTable, or a directory with one SSTable in it; with -l or -d it may hold several, which are "
		"printed one after the other.\n\n"
		"The output is that of Cassandra 5.0's sstabledump, byte for byte, for every version of the format, but for what "
		"sstabledump prints wrong: counters are their totals here, a partition's position is where it starts, and write times before 1970 are not a second off. "
		"--as-sstabledump repeats those too.\n\n"
		"A value that is not of its type is printed as a string of its bytes (\"0x...\"), a message says where it lies, and the dump "
		"goes on. Where the file itself is damaged the dump ends, as valid JSON, and the message says what was expected and found. "
		"Nothing but the row at hand is kept in memory.\n\n"
		"With --lenient the dump does not end at damage: it goes on at the next row or partition that an index names and that stands "
		"there. Only where no index helps does it look for what can be a partition, and says that this is a guess. No row is taken from "
		"bytes whose checksum is wrong. A partition that broke off is closed; a range tombstone that was open is given an end behind the "
		"last row that came. What was skipped is said on standard error: where, how much and why, which partitions are lost, which have "
		"perhaps lost rows, and where the reading went on.\n\n"
		"-k and -x take all words up to the next option when they stand behind FILE, one word when they stand before it. A key is "
		"written as in the output; the parts of a composite key are joined with ':', a ':' inside a part is written '\\:', and a part that ends in '!' or '\\' has another '!' "
		"behind, as in sstabledump's own keys. A part that is nothing but '_' or '!' may be written so, for which sstabledump has no "
		"word: '_!' and '!!' are the same.",
	.exit_status = "0 all printed (a key that is not there prints nothing); 1 damage, or a value that is not of its type; 2 the command "
		"line is wrong, also a key that the type cannot have; 3 reading or writing failed; 128 + N ended by signal N, the output "
		"closed properly.",
};

#include "cli.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmds.h"
#include "cq_split.h"
#include "lenient.h"

static const struct cli_option options[] = {
	{ .letter = 'j', .name = "jobs", .arg = "N", .kind = CLI_NUMBER,
	  .help = "read large tables with N threads; default: one a processor" },
	{ .name = "json", .help = "print JSON" },
	{ .name = "lenient", .help = "read around damage: count all that can be read, and say what was skipped" },
	{ 0 },
};

/* A piece smaller than this is not worth a thread of its own; who asks for threads gets them for less. */
enum { PIECE_MIN = 4 << 20, PIECE_ASKED = 16 << 10, PIECES_A_THREAD = 8, JOBS_MAX = 256 };

/* ---- what is counted ---- */

#define COUNTS(X) \
	X(partitions, "partitions", "partitions") \
	X(rows, "rows", "rows") \
	X(static_rows, "static rows", "static") \
	X(cells, "cells", "cells") \
	X(partition_tombstones, "partition tombstones", "t:part") \
	X(row_tombstones, "row tombstones", "t:row") \
	X(range_markers, "range tombstone markers", "t:range") \
	X(column_tombstones, "collection tombstones", "t:coll") \
	X(cell_tombstones, "cell tombstones", "t:cell") \
	X(expiring_cells, "expiring cells", "expiring")

struct counts {
#define X(field, name, head) uint64_t field;
	COUNTS(X)
#undef X
};

static void add(struct counts *to, const struct counts *c)
{
#define X(field, name, head) to->field += c->field;
	COUNTS(X)
#undef X
}

static inline void count_row(struct counts *c, const struct cq_row *r)
{
	unsigned seen = 0;

	c->cells += r->ncells;
	c->row_tombstones += !cq_deletion_live(r->deletion);
	for (uint32_t i = 0; i < r->ncells; i++)
		seen |= r->cells[i].flags;
	/* Most rows have neither. */
	if (seen & (CQ_CELL_DELETED | CQ_CELL_EXPIRING)) {
		for (uint32_t i = 0; i < r->ncells; i++) {
			c->cell_tombstones += (r->cells[i].flags & CQ_CELL_DELETED) != 0;
			c->expiring_cells += (r->cells[i].flags & CQ_CELL_EXPIRING) != 0;
		}
	}
	for (uint32_t i = 0; i < r->ncomplex; i++)
		c->column_tombstones += !cq_deletion_live(r->complex[i].deletion);
}

static inline void count(struct counts *c, const struct cq_event *ev)
{
	switch (ev->kind) {
	case CQ_EV_ROW:
		c->rows++;
		count_row(c, ev->row);
		break;
	case CQ_EV_STATIC:
		c->static_rows++;
		count_row(c, ev->row);
		break;
	case CQ_EV_MARKER:
		c->range_markers++;
		break;
	case CQ_EV_PARTITION:
		c->partitions++;
		c->partition_tombstones += !cq_deletion_live(ev->partition->deletion);
		break;
	default:
		break;
	}
}

/* ---- pieces of a table ---- */

struct work {
	const struct cq_table *table;
	struct cq_piece *pieces;
	size_t n;
	atomic_size_t next;            /* piece to take */
	atomic_uint_least64_t done;    /* stream bytes */
	atomic_bool stop;
	/* under lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned running;
	struct counts counts;
	int status;
	struct cq_error err;
};

/* Count one piece. drawn: this thread draws the progress; NULL otherwise. */
static int count_piece(struct work *w, const struct cq_piece *p, struct counts *c, struct cli_progress *drawn, struct cq_error *err)
{
	const struct cq_scan_options so = { .start = p->start, .end = p->end };
	uint64_t at = p->start;
	struct cq_scan *s;
	struct cq_event ev;
	unsigned since = 0;
	int rc = cq_scan_open(&s, w->table, &so, err);

	if (rc != CQ_OK)
		return rc;
	while ((rc = cq_scan_next(s, &ev, err)) == CQ_OK) {
		count(c, &ev);
		if (CQ_UNLIKELY((++since & 0x3ff) == 0)) {
			uint64_t now = cq_scan_position(s);

			if (cli_stop || atomic_load(&w->stop)) {
				rc = CQ_ESTOPPED;
				break;
			}
			atomic_fetch_add(&w->done, now - at);
			at = now;
			if (drawn)
				cli_progress_draw(drawn, atomic_load(&w->done));
		}
	}
	atomic_fetch_add(&w->done, cq_scan_position(s) - at);
	cq_scan_close(s);
	return rc;
}

static void *thread(void *arg)
{
	struct work *w = arg;
	struct counts c = {0};
	struct cq_error err = {0};
	int rc = CQ_OK;
	size_t i;

	while (rc >= 0 && (i = atomic_fetch_add(&w->next, 1)) < w->n)
		rc = count_piece(w, &w->pieces[i], &c, NULL, &err);
	pthread_mutex_lock(&w->lock);
	add(&w->counts, &c);
	if (rc < 0) {
		atomic_store(&w->stop, true);
		/* The others stop because of us: ours is the cause. */
		if (w->status >= 0 || w->status == CQ_ESTOPPED) {
			w->status = rc;
			w->err = err;
		}
	}
	w->running--;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void wait_for_threads(struct work *w, struct cli_progress *progress)
{
	pthread_mutex_lock(&w->lock);
	while (w->running) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 200000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&w->changed, &w->lock, &until);
		pthread_mutex_unlock(&w->lock);
		cli_progress_draw(progress, atomic_load(&w->done));
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	cli_progress_draw(progress, atomic_load(&w->done));     /* they may have ended before the first look */
}

static unsigned start_threads(struct work *w, pthread_t *threads, unsigned want)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	for (n = 0; n < want; n++) {
		w->running++;
		if (pthread_create(&threads[n], NULL, thread, w) != 0) {
			w->running--;
			break;
		}
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}

static void run_pieces(struct work *w, unsigned jobs, struct cli_progress *progress)
{
	pthread_t threads[JOBS_MAX];
	unsigned n = 0;

	if (w->n > 1)
		n = start_threads(w, threads, jobs < w->n ? jobs : (unsigned)w->n);
	if (!n) {
		for (size_t i = 0; w->status >= 0 && i < w->n; i++)
			w->status = count_piece(w, &w->pieces[i], &w->counts, progress, &w->err);
		return;
	}
	wait_for_threads(w, progress);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

/* --lenient: around damage, and one thread. What the scan made up is not counted, but for partitions, whose rows are there.
 * Returns an exit code. */
static int count_leniently(struct work *w, struct cli *cli, struct cli_progress *progress, bool *all)
{
	struct lenient v = { .cli = cli, .table = w->table };
	struct cq_event ev;

	w->status = lenient_open(&v, NULL, &w->err);
	while (w->status == CQ_OK && (w->status = cq_lenient_next(v.scan, &ev, &w->err)) == CQ_OK) {
		if (ev.len || ev.kind == CQ_EV_PARTITION)
			count(&w->counts, &ev);
		if (CQ_UNLIKELY(cli_stop))
			w->status = CQ_ESTOPPED;
		cli_progress(progress, cq_lenient_position(v.scan));
	}
	*all = !v.spans;
	return lenient_end(&v);
}

/* ---- tables ---- */

struct result {
	const char *path;
	struct counts counts;
	bool complete;
};

static int count_table(struct cli *cli, const char *path, unsigned jobs, struct result *out)
{
	struct work w = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	struct cli_progress progress;
	struct cq_table *t;
	int rc = cli_open(cli, path, NULL, &t), around = CLI_WELL;
	bool all = true;
	bool stray = false;
	size_t want;

	if (rc != CLI_WELL)
		return rc;
	rc = cli_findings(cli, &t->findings);
	w.table = t;
	want = jobs > 1 ? t->stream.len / (cli_has(cli, "jobs") ? PIECE_ASKED : PIECE_MIN) : 1;
	if (want > (size_t)jobs * PIECES_A_THREAD)
		want = (size_t)jobs * PIECES_A_THREAD;
	w.pieces = calloc(want + 1, sizeof *w.pieces);
	if (!w.pieces) {
		cli_error(cli, "out of memory");
		cq_table_close(t);
		return CLI_UNFINISHED;
	}
	cli_progress_begin(&progress, cli, cq_basename(path), t->stream.len, false);
	if (cli_has(cli, "lenient")) {
		around = count_leniently(&w, cli, &progress, &all);
	} else {
		/* Which pieces come out even depends on the data, so there are more than threads. */
		w.n = cq_split(t, want, w.pieces, &stray);
		run_pieces(&w, jobs, &progress);
	}
	if (w.status == CQ_DAMAGED && w.n > 1) {
		/* An index may have sent us to a wrong place all the same. The rows alone know: once more, from the first to the last. */
		w.counts = (struct counts){0};
		w.n = 1;
		w.pieces[0] = (struct cq_piece){0};
		w.status = CQ_OK;
		atomic_store(&w.done, 0);
		atomic_store(&w.stop, false);
		run_pieces(&w, 1, &progress);
		stray = true;
	}
	if (stray && w.status >= 0) {
		cli_error(cli, "%s: the index points to places where no partition starts", path);
		rc = cli_worse(rc, CLI_FOUND);
	}
	cli_progress_end(&progress);
	if (w.status == CQ_ESTOPPED)
		rc = cli_worse(rc, cli_exit_code(CQ_ESTOPPED));
	else if (w.status < 0)
		rc = cli_worse(rc, cli_fail(cli, &w.err));
	out->counts = w.counts;
	out->complete = w.status >= 0 && all;
	rc = cli_worse(rc, around);
	free(w.pieces);
	cq_table_close(t);
	return rc;
}

/* ---- output ---- */

static void number(char *out, size_t n, uint64_t v, bool complete)
{
	snprintf(out, n, "%s%llu", complete ? "" : ">=", (unsigned long long)v);
}

static void print_one(struct cli *cli, const struct result *r)
{
	char text[32];

	if (!r->complete)
		cq_buf_printf(&cli->out, "%s%s%s\n", cli_color(cli, CLI_BAD),
			cli_has(cli, "lenient") ? "around the damage" : "until the damage", cli_color(cli, CLI_PLAIN));
#define X(field, name, head) \
	number(text, sizeof text, r->counts.field, r->complete); \
	cq_buf_printf(&cli->out, "%-24s %14s\n", name, text);
	COUNTS(X)
#undef X
}

static void print_heads(struct cli *cli)
{
	cq_buf_str(&cli->out, cli_color(cli, CLI_BOLD));
#define X(field, name, head) cq_buf_printf(&cli->out, "%*s ", (int)(sizeof(head) > 11 ? sizeof(head) - 1 : 10), head);
	COUNTS(X)
#undef X
	cq_buf_printf(&cli->out, "file%s\n", cli_color(cli, CLI_PLAIN));
}

static void print_line(struct cli *cli, const struct result *r)
{
	char text[32];

#define X(field, name, head) \
	number(text, sizeof text, r->counts.field, r->complete); \
	cq_buf_printf(&cli->out, "%10s ", text);
	COUNTS(X)
#undef X
	cq_buf_printf(&cli->out, "%s\n", r->path);
}

static void json_counts(struct cq_buf *out, const struct result *r)
{
	cq_buf_printf(out, "\"complete\": %s", r->complete ? "true" : "false");
#define X(field, name, head) cq_buf_printf(out, ", \"" #field "\": %llu", (unsigned long long)r->counts.field);
	COUNTS(X)
#undef X
}

/* ---- the command ---- */

static int print_results(struct cli *cli, const struct result *r, size_t n)
{
	struct result total = { .path = "total", .complete = true };

	for (size_t i = 0; i < n; i++) {
		add(&total.counts, &r[i].counts);
		total.complete &= r[i].complete;
	}
	if (cli_has(cli, "json")) {
		cq_buf_str(&cli->out, "{\"schema\": \"cqlite-count-1\", \"tables\": [");
		for (size_t i = 0; i < n; i++) {
			cq_buf_str(&cli->out, i ? ",\n  {\"file\": " : "\n  {\"file\": ");
			cq_json_string(&cli->out, cq_slice_str(r[i].path));
			cq_buf_str(&cli->out, ", ");
			json_counts(&cli->out, &r[i]);
			cq_buf_str(&cli->out, "}");
		}
		cq_buf_str(&cli->out, "\n], \"total\": {");
		json_counts(&cli->out, &total);
		cq_buf_str(&cli->out, "}}\n");
	} else if (n == 1) {
		print_one(cli, r);
	} else if (n) {
		print_heads(cli);
		for (size_t i = 0; i < n; i++)
			print_line(cli, &r[i]);
		print_line(cli, &total);
	}
	return cli_flush(cli);
}

static unsigned default_jobs(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (unsigned)n;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct cq_desc_list *lists = cq_arena_zalloc(&cli->arena, (size_t)argc, sizeof *lists);
	int64_t jobs = cli_number(cli, "jobs", default_jobs());
	struct result *results = NULL;
	bool left_out = false;
	size_t n = 0, done = 0;
	int rc = CLI_WELL;

	if (jobs < 1 || jobs > JOBS_MAX)
		return cli_usage(cli, "--jobs wants a number from 1 to %d", JOBS_MAX);
	for (int i = 0; lists && i < argc; i++) {
		lists[i].flags = CQ_LIST_ANY_VERSION;
		rc = cli_worse(rc, cli_list(cli, argv[i], &lists[i], &left_out));
		n += lists[i].ntables;
	}
	results = cq_arena_zalloc(&cli->arena, n + 1, sizeof *results);
	if (!lists || !results) {
		cli_error(cli, "out of memory");
		return CLI_UNFINISHED;
	}
	for (int i = 0; i < argc; i++) {
		for (size_t k = 0; k < lists[i].ntables && rc < CLI_INTERRUPTED; k++) {
			struct result *r = &results[done++];

			r->path = cq_arena_printf(&cli->arena, "%s", lists[i].tables[k].data_path);
			if (!r->path)
				r->path = "";
			rc = cli_worse(rc, count_table(cli, lists[i].tables[k].data_path, (unsigned)jobs, r));
		}
		cq_desc_list_finish(&lists[i]);
	}
	rc = cli_worse(rc, print_results(cli, results, done));
	return left_out ? cli_worse(rc, CLI_UNFINISHED) : rc;
}

static const struct cli_example examples[] = {
	{ "cqlite count nb-1-big-Data.db", "how much is in an SSTable" },
	{ "cqlite count --json /var/lib/cassandra/data/ks", "every table of a keyspace, for a program" },
	{ 0 },
};

const struct cli_command cli_cmd_count = {
	.name = "count", .summary = "count partitions, rows, cells and tombstones by reading all of them",
	.usage = "[OPTION...] PATH...", .options = options, .examples = examples, .min_operands = 1, .max_operands = -1,
	.operand = CLI_FILE, .run = run,
	.description =
		"Every row is read and every checksum compared: a count without a complaint says that the data can be read. Several SSTables "
		"give a line each and a total; nothing is merged, a row that lies in two of them counts twice.\n\n"
		"Rows are counted as they are stored, also those that only delete. A range tombstone has two markers at least, one where it "
		"begins and one where it ends. Where data is damaged, what comes before it is counted, and marked.",
};

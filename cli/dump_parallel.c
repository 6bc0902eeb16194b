#include "dump_parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "cq_scan.h"

enum {
	PIECE = 512 << 10,             /* stream bytes: a millisecond of work, and its text fits a buffer */
	PIECE_MIN = 1 << 10,
	PIECES_MIN = 16,               /* of a table that is too small for so many large ones */
	WALK = 64,                     /* data over index, in bytes, from which on the index is walked */
	WORTH_IT = 4 << 20,            /* smaller tables are done before threads have started */
	JOBS_DEFAULT = 8,              /* one thread writes; more than this would mostly wait for it */
	AHEAD = 12 << 20,              /* text that all threads together may have waiting */
};

struct piece {
	size_t index;
	uint64_t start, end;           /* partitions that begin there; end 0: to the end of the table */
};

struct work {
	struct dump_parallel *p;
	size_t ahead;                  /* text that one thread may have waiting */
	atomic_bool stop;              /* nobody but the one with the turn needs to go on */
	atomic_size_t turn;            /* the first unfinished piece; changed under lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;        /* stop or turn */
	/* cutting; under lock */
	struct cq_lookup *lookup;      /* NULL: nothing to cut with */
	uint64_t piece;                /* stream bytes wanted */
	uint64_t goal;                 /* tokens: how many of the evenly spaced ones were tried */
	uint64_t entry, walked;        /* Index.db: where the walk through it is, and where that leads */
	size_t given;                  /* pieces */
	uint64_t at;                   /* where the next one starts */
	bool all_given;
	/* belongs to the one with the turn */
	uint64_t reached;              /* where the last finished piece ended */
	int status;
	struct cq_error err;
};

struct worker {
	struct work *work;
	struct piece piece;
	struct dump_options opt;
	struct dump_json *json;
	struct cq_buf out;
	bool has_turn;
	bool lost;                     /* what is formatted is of no use: others stopped, or the piece starts where no partition does */
};

/* ---- cutting ----
 *
 * Not by cq_split: that makes a few pieces for every thread before the first starts, and reads where each begins. Text has to come
 * out in order and wait in memory until then, so here pieces are small and a large table has thousands; each is cut when a
 * thread takes it, by its size, and is compared with where the one before ended (wait_turn). */

/* Is it better to walk through the index than to look evenly spaced tokens up in it? It makes even pieces of uneven partitions,
 * but reads the whole index. Leaves of a trie are not small enough for that, nor are the entries of many small
 * partitions. Tokens without a summary would read it again and again, and those of other kinds are not so easily spaced. */
static bool walks(const struct cq_table *t)
{
	const struct cq_space *index = t->component[CQ_C_INDEX];

	if (t->partitioner.kind != CQ_P_MURMUR3)
		return true;
	return index && (!t->component[CQ_C_SUMMARY] || index->size < t->stream.len / WALK);
}

/* The first partition a piece's length or more behind the start of the one that is cut off. False: there is none to be had. */
static bool next_start(struct work *w, struct cq_position *pos)
{
	const struct cq_table *t = w->p->table;
	uint64_t goals = t->stream.len / w->piece;
	int rc = CQ_OK;

	if (walks(t)) {
		for (pos->data_off = w->walked; rc == CQ_OK && pos->data_off < w->at + w->piece; )
			rc = cq_lookup_next(w->lookup, &w->entry, pos, NULL);
		w->walked = pos->data_off;
		return rc == CQ_OK;
	}
	for (pos->data_off = w->at; rc == CQ_OK && pos->data_off == w->at && ++w->goal < goals; ) {
		struct cq_token token = { .lo = UINT64_MAX / goals * w->goal + (UINT64_C(1) << 63) };

		rc = cq_lookup_token(w->lookup, &token, true, pos, NULL);
		/* A finding: the look-up does without the trie, and would read the table anew for every goal. */
		if (cq_lookup_findings(w->lookup)->n)
			return false;
	}
	return rc == CQ_OK;
}

/* Where the piece that starts at w->at ends. 0: with the table. */
static uint64_t next_cut(struct work *w)
{
	struct cq_position pos = {0};

	if (!w->lookup || !next_start(w, &pos) || pos.data_off <= w->at || pos.data_off >= w->p->table->stream.len)
		return 0;
	return pos.data_off;
}

static bool take(struct worker *k)
{
	struct work *w = k->work;
	bool taken = false;

	pthread_mutex_lock(&w->lock);
	if (!w->all_given && !atomic_load(&w->stop)) {
		k->piece = (struct piece){ .index = w->given++, .start = w->at, .end = next_cut(w) };
		w->at = k->piece.end;
		w->all_given = !k->piece.end;
		taken = true;
	}
	pthread_mutex_unlock(&w->lock);
	return taken;
}

/* ---- turns ---- */

/* Wait until every piece before this one is written. False, and lost, when the dump has ended before, or when those pieces
 * did not end where this one starts. The piece with the turn is in some thread's hands, and that one waits for nobody. */
static bool wait_turn(struct worker *k)
{
	struct work *w = k->work;

	if (k->has_turn || k->lost)
		return !k->lost;
	pthread_mutex_lock(&w->lock);
	while (w->turn != k->piece.index && !atomic_load(&w->stop))
		pthread_cond_wait(&w->changed, &w->lock);
	k->has_turn = !atomic_load(&w->stop);
	k->lost = !k->has_turn || w->reached != k->piece.start;
	pthread_mutex_unlock(&w->lock);
	return !k->lost;
}

static void stop(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->stop, true);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void pass_turn(struct worker *k)
{
	struct work *w = k->work;

	k->has_turn = false;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->turn, k->piece.index + 1);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* Messages come in the order of the rows. */
static void bad_in_turn(void *arg, const struct cq_event *ev, cq_slice what, uint64_t off, const struct cq_error *err)
{
	struct worker *k = arg;
	const struct dump_options *o = k->work->p->opt;

	if (wait_turn(k) && o->on_bad)
		o->on_bad(o->arg, ev, what, off, err);
}

/* ---- formatting ---- */

/* Write what there is. Only with the turn. */
static int flush(struct worker *k)
{
	struct cli *cli = k->work->p->cli;
	struct cq_buf mine = k->out;
	int rc;

	if (cli->out.len && cli_flush(cli) != CLI_WELL)
		return CQ_ESTOPPED;
	k->out = cli->out;
	cli->out = mine;
	rc = cli_flush(cli);
	mine = cli->out;
	cli->out = k->out;
	k->out = mine;
	return rc == CLI_WELL ? CQ_OK : CQ_ESTOPPED;
}

/* Enough has come together: write it, or let it wait. */
static int flush_some(struct worker *k)
{
	struct work *w = k->work;

	if (!k->has_turn && k->out.len < w->ahead && !k->out.failed && atomic_load(&w->turn) != k->piece.index)
		return CQ_OK;
	return wait_turn(k) ? flush(k) : CQ_OK;
}

static int open_json(struct worker *k)
{
	k->opt = *k->work->p->opt;
	k->opt.continues |= k->piece.index > 0;
	k->opt.on_bad = bad_in_turn;
	k->opt.arg = k;
	return dump_json_open(&k->json, k->work->p->table, &k->out, &k->opt);
}

/* The piece's partitions. Unless lost: CQ_END, or what stopped it. *ended: where. */
static int format(struct worker *k, uint64_t *ended, struct cq_error *err)
{
	const struct cq_scan_options so = { .start = k->piece.start, .end = k->piece.end };
	struct work *w = k->work;
	struct cq_event ev;
	struct cq_scan *s;
	int rc;

	if (!k->json && open_json(k) != CQ_OK)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	rc = cq_scan_open(&s, w->p->table, &so, err);
	if (rc != CQ_OK)
		return rc;
	while ((rc = cq_scan_next(s, &ev, err)) == CQ_OK) {
		if (CQ_UNLIKELY(cli_stop)) {
			rc = CQ_ESTOPPED;
			break;
		}
		if (CQ_UNLIKELY(!k->has_turn && atomic_load_explicit(&w->stop, memory_order_relaxed)))
			k->lost = true;
		dump_json_event(k->json, &ev);
		if (CQ_UNLIKELY(k->out.len >= CLI_OUT_HIGH || k->out.failed) && (rc = flush_some(k)) != CQ_OK)
			break;
		if (CQ_UNLIKELY(k->lost))
			break;
		if (k->has_turn)
			cli_progress(w->p->progress, cq_scan_position(s));
	}
	*ended = cq_scan_position(s);
	cq_scan_close(s);
	return rc;
}

/* The pieces before ended elsewhere: the index is wrong here. From there on alone, to the end. */
static int format_rest(struct worker *k, uint64_t *ended, struct cq_error *err)
{
	stop(k->work);
	k->lost = false;
	k->piece.start = k->work->reached;
	k->piece.end = 0;
	dump_json_close(k->json);
	k->json = NULL;
	cq_buf_clear(&k->out);
	return format(k, ended, err);
}

static void one_piece(struct worker *k)
{
	struct work *w = k->work;
	struct cq_error err = {0};
	uint64_t ended = 0;
	int rc;

	k->has_turn = k->lost = false;
	rc = format(k, &ended, &err);
	wait_turn(k);
	if (k->lost && k->has_turn)
		rc = format_rest(k, &ended, &err);
	if (k->lost) {
		cq_buf_clear(&k->out);
		return;
	}
	if (rc < 0 && k->json)
		dump_json_end(k->json);
	w->p->any |= k->json && dump_json_any(k->json);
	if (flush(k) != CQ_OK && rc >= 0)
		rc = CQ_ESTOPPED;
	if (rc < 0) {
		w->p->ended = k->json != NULL;
		w->status = rc;
		w->err = err;
		stop(w);
	}
	w->reached = ended;
	pass_turn(k);
}

static void *run(void *arg)
{
	struct worker k = { .work = arg };

	while (take(&k))
		one_piece(&k);
	dump_json_close(k.json);
	cq_buf_finish(&k.out);
	return NULL;
}

/* ---- the whole ---- */

unsigned dump_parallel_jobs(const struct cq_table *t, unsigned asked)
{
	long n = asked ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

	if (!t->component[CQ_C_INDEX] && !t->component[CQ_C_PARTITIONS])
		return 1;
	if (!asked && (t->stream.len < WORTH_IT || n > JOBS_DEFAULT))
		n = t->stream.len < WORTH_IT ? 1 : JOBS_DEFAULT;
	return n < 1 ? 1 : (unsigned)n;
}

int dump_parallel(struct dump_parallel *p, struct cq_error *err)
{
	struct work w = { .p = p, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .status = CQ_END };
	pthread_t threads[DUMP_JOBS_MAX];
	unsigned n = 0;

	w.piece = p->table->stream.len / PIECES_MIN;
	w.piece = w.piece > PIECE ? PIECE : w.piece < PIECE_MIN ? PIECE_MIN : w.piece;
	w.ahead = AHEAD / p->jobs > CLI_OUT_HIGH ? AHEAD / p->jobs : CLI_OUT_HIGH;
	if (cq_lookup_open(&w.lookup, p->table, NULL) != CQ_OK)
		w.lookup = NULL;
	while (n < p->jobs && pthread_create(&threads[n], NULL, run, &w) == 0)
		n++;
	if (!n)
		run(&w);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	cq_lookup_close(w.lookup);
	pthread_mutex_destroy(&w.lock);
	pthread_cond_destroy(&w.changed);
	if (w.status < 0 && err)
		*err = w.err;
	return w.status;
}

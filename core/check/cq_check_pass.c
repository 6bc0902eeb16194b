/* The one pass over the rows of a table, for all rules together. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "cq_check_priv.h"
#include "cq_hash.h"
#include "cq_split.h"

/* A piece smaller than this is not worth a thread of its own. */
enum { PIECE_MIN = 2 << 20, PIECES_A_THREAD = 4, JOBS_MAX = 256, EVENT_KINDS = CQ_EV_PARTITION_END + 1 };

/* A rule that wants events of a kind, with its state in this piece. Of the lists, all has every one; plain those that want events with
 * nothing odd about them too, odd is what the others want. */
struct listener {
	const struct cq_rule *rule;
	size_t rule_index;
	void *state;
};

struct listeners {
	struct listener *v, *plain;
	size_t n, nplain;
	unsigned odd;
};

struct work;

struct piece {
	struct cq_pass pass;
	struct work *work;
	void **state;                      /* a rule; NULL: none */
	struct listeners heard[EVENT_KINDS], skipped;
	struct cq_collect *collect;        /* when a rule asks for what is recomputed; NULL: none does */
	struct cq_buf key[2];              /* of this partition and the one before, which change places */
	struct cq_values values;
	struct cq_buf before_bytes;
	cq_slice *before_values;           /* nclustering */
	bool neighbours;
	uint64_t markers;                  /* there were before this partition */
	const struct cq_type *const *types;
	uint64_t skipped_bytes, keys_lost, keys_perhaps;
	bool keys_known;
	int status;
	struct cq_error err;
};

struct work {
	struct cq_check *check;
	const struct cq_selection *rules;
	struct piece *piece;
	size_t n;
	atomic_size_t next;
	atomic_uint_least64_t done;
	atomic_bool stop;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned running;
};

/* ---- a piece ---- */

static int listen(struct listeners *l, struct piece *p, size_t rule, size_t nrules)
{
	const struct cq_rule *r = p->work->rules->rule[rule];

	if (!l->v && !(l->v = calloc(2 * nrules, sizeof *l->v)))
		return CQ_ENOMEM;
	l->plain = l->v + nrules;
	l->v[l->n++] = (struct listener){ .rule = r, .rule_index = rule, .state = p->state[rule] };
	if (!r->odd)
		l->plain[l->nplain++] = l->v[l->n - 1];
	l->odd |= r->odd;
	return CQ_OK;
}

static int piece_begin(struct piece *p, struct work *w, const struct cq_piece *where, size_t index, size_t n, struct cq_error *err)
{
	const struct cq_selection *s = w->rules;
	struct cq_check *c = w->check;
	int rc;

	p->work = w;
	p->keys_known = true;
	p->pass = (struct cq_pass){ .check = c, .table = c->table, .start = where->start, .end = where->end, .piece = index, .npieces = n,
		.index_at = where->index_at };
	p->state = calloc(s->n + 1, sizeof *p->state);
	p->types = c->table->ctx.clustering;
	p->before_values = calloc(c->table->ctx.nclustering + 1, sizeof *p->before_values);
	rc = p->state && p->before_values ? cq_out_init(&p->pass.out, s, c->options, err) : CQ_ENOMEM;
	p->pass.out.table = c->table;
	p->pass.out.entry = c->entry;
	if (rc == CQ_OK && (c->table->component[CQ_C_INDEX] || c->table->component[CQ_C_PARTITIONS]) &&
	    cq_lookup_open(&p->pass.lookup, c->table, NULL) != CQ_OK)
		p->pass.lookup = NULL;
	for (size_t i = 0; rc == CQ_OK && i < s->n; i++) {
		const struct cq_rule *r = s->rule[i];

		if (!s->on[i])
			continue;
		if (r->state_size && !(p->state[i] = calloc(1, r->state_size))) {
			rc = CQ_ENOMEM;
			break;
		}
		if (!r->concerns || r->concerns(c->table)) {
			for (int kind = 0; rc == CQ_OK && kind < EVENT_KINDS; kind++)
				if (r->event && r->wants & CQ_WANTS(kind))
					rc = listen(&p->heard[kind], p, i, s->n);
			if (rc == CQ_OK && r->value && !cq_values_add(&p->values, r, i, p->state[i]))
				rc = CQ_ENOMEM;
			p->neighbours |= r->flags & CQ_RULE_NEIGHBOURS;
		}
		if (rc == CQ_OK && r->flags & CQ_RULE_RECOMPUTED && !p->collect) {
			struct cq_collect_options o;

			cq_collect_options_of(c->table, &o);
			rc = cq_collect_open(&p->collect, &o, err);
		}
		if (rc == CQ_OK && r->skipped)
			rc = listen(&p->skipped, p, i, s->n);
		if (rc == CQ_OK && r->begin) {
			cq_out_rule(&p->pass.out, s, i);
			r->begin(&p->pass, p->state[i]);
		}
	}
	if (rc == CQ_OK && !cq_values_prepare(&p->values, c->table))
		rc = CQ_ENOMEM;
	return rc == CQ_OK ? rc : cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to check %s", c->entry->data_path);
}

static void piece_finish(struct piece *p, const struct cq_selection *s)
{
	cq_buf_finish(&p->before_bytes);
	free(p->before_values);
	cq_collect_close(p->collect);
	for (size_t i = 0; p->state && i < s->n; i++) {
		if (p->state[i] && s->rule[i]->destroy)
			s->rule[i]->destroy(p->state[i]);
		free(p->state[i]);
	}
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		free(p->heard[kind].v);
	free(p->skipped.v);
	free(p->state);
	cq_buf_finish(&p->key[0]);
	cq_buf_finish(&p->key[1]);
	cq_values_finish(&p->values);
	cq_kept_finish(&p->pass.kept);
	cq_lookup_close(p->pass.lookup);
	cq_out_finish(&p->pass.out);
}

/* What is odd about a partition, of what the runner knows. */
static inline unsigned odd_partition(const struct cq_pass *pass, const struct cq_event *ev)
{
	const struct cq_deletion d = ev->partition->deletion;
	unsigned odd = pass->partitions <= CQ_EARLY ? CQ_ODD_EARLY : 0;

	if (pass->table->partitioner.kind != CQ_P_MURMUR3 || (int64_t)pass->token_before.lo >= (int64_t)pass->token.lo)
		odd |= CQ_ODD_ORDER;
	if (d.timestamp != CQ_NO_TIMESTAMP || d.ldt != CQ_NO_LDT)
		odd |= CQ_ODD_DELETION;
	return odd;
}

/* any, all: flags of its cells, for the collector. */
static inline unsigned odd_row(const struct cq_row *r, unsigned *any, unsigned *all)
{
	unsigned odd = 0;

	*any = 0;
	*all = ~0u;
	for (uint32_t i = 0; i < r->ncells; i++) {
		*any |= r->cells[i].flags;
		*all &= r->cells[i].flags;
	}
	if (*any & (CQ_CELL_DELETED | CQ_CELL_EXPIRING) || r->ttl)
		odd |= CQ_ODD_TIMES;
	if (!cq_deletion_live(r->deletion) || r->extended)
		odd |= CQ_ODD_DELETION;
	if (r->ncomplex || r->flags & 0x40)
		odd |= CQ_ODD_COMPLEX;
	if (!r->has_liveness && !r->ncells)
		odd |= CQ_ODD_BARE;
	return odd;
}

/* Key, token and hash are worked out once for all rules. */
static inline int partition_begins(struct piece *p, const struct cq_event *ev)
{
	struct cq_pass *pass = &p->pass;
	const struct cq_partitioner *by = &pass->table->partitioner;
	const cq_slice key = ev->partition->key;
	struct cq_buf *b = &p->key[pass->partitions & 1];

	if (CQ_UNLIKELY(b->cap < key.len + 1 && (cq_buf_clear(b), !cq_buf_reserve(b, key.len + 1))))
		return CQ_ENOMEM;
	memcpy(b->p, key.p, key.len);
	b->len = key.len;
	pass->key_before = pass->key;
	pass->token_before = pass->token;
	pass->off_before = pass->partition_off;
	pass->key = cq_slice_of(b->p, key.len);
	pass->partition_off = ev->partition->off;
	cq_murmur3(pass->key, pass->hash);
	if (by->kind == CQ_P_MURMUR3 && pass->key.len)
		pass->token = (struct cq_token){ .key = pass->key, .lo = pass->hash[0] == 1ull << 63 ? INT64_MAX : pass->hash[0] };
	else
		cq_token(by, pass->key, &pass->token);
	pass->partitions++;
	p->markers = pass->markers;
	pass->before.is = false;
	return CQ_OK;
}

/* Compare with the row or marker before, whose bytes the scan does not keep. */
static void meet(struct piece *p, const struct cq_event *ev)
{
	struct cq_pass *pass = &p->pass;
	const struct cq_prefix *now = ev->kind == CQ_EV_ROW ? &ev->row->clustering : &ev->marker->bound;

	if (pass->before.is)
		pass->before.order = cq_prefix_compare(p->types, &pass->before.prefix, now);
}

static int remember(struct piece *p, const struct cq_event *ev)
{
	struct cq_pass *pass = &p->pass;
	const struct cq_prefix *now = ev->kind == CQ_EV_ROW ? &ev->row->clustering : &ev->marker->bound;
	struct cq_buf *b = &p->before_bytes;
	size_t len = 1;
	uint8_t *at;

	for (uint32_t i = 0; i < now->n; i++)
		len += now->values[i].len;
	if (CQ_UNLIKELY(b->cap < len && !cq_buf_reserve(b, len)))
		return CQ_ENOMEM;
	at = b->p;
	for (uint32_t i = 0; i < now->n; i++) {
		const cq_slice v = now->values[i];

		if (v.len)
			memcpy(at, v.p, v.len);
		p->before_values[i] = (cq_slice){ .p = v.p ? at : NULL, .len = v.len };
		at += v.len;
	}
	pass->before.is = true;
	pass->before.prefix = (struct cq_prefix){ .kind = now->kind, .n = now->n, .values = p->before_values };
	pass->before.off = ev->off;
	pass->before.len = ev->len;
	pass->before.kind = ev->kind;
	return CQ_OK;
}

static inline void tell_one(struct piece *p, const struct listener *l, const struct cq_event *ev)
{
	p->pass.out.rule = l->rule;
	p->pass.out.rule_index = l->rule_index;
	l->rule->event(&p->pass, l->state, ev);
}

static CQ_NOINLINE void tell_odd(struct piece *p, const struct listeners *l, const struct cq_event *ev, unsigned odd)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].rule->odd || l->v[i].rule->odd & odd)
			tell_one(p, &l->v[i], ev);
}

/* First the steps, then the rules. */
CQ_ALWAYS_INLINE void tell(struct piece *p, const struct cq_event *ev, enum cq_event_kind kind, unsigned odd)
{
	const struct listeners *l = &p->heard[kind];
	struct cq_pass *pass = &p->pass;

	if (CQ_UNLIKELY(!ev->len))
		odd = (unsigned)CQ_ODD_ALL;
	if (pass->steps_want & CQ_WANTS(kind))
		for (size_t i = 0; i < pass->nsteps; i++)
			if (pass->step[i].wants & CQ_WANTS(kind))
				odd |= pass->step[i].event(pass, pass->step[i].arg, ev);
	if (CQ_UNLIKELY(odd & l->odd)) {
		tell_odd(p, l, ev, odd);
		return;
	}
	for (size_t i = 0; i < l->nplain; i++)
		tell_one(p, &l->plain[i], ev);
}

/* ---- events ---- */

static inline int on_partition(struct piece *p, const struct cq_event *ev)
{
	if (CQ_UNLIKELY(partition_begins(p, ev) != CQ_OK))
		return CQ_ENOMEM;
	if (p->collect)
		cq_collect_event(p->collect, ev);
	if (p->values.key.n)
		cq_values_tell(&p->values, &p->pass, ev);
	tell(p, ev, CQ_EV_PARTITION, odd_partition(&p->pass, ev));
	return CQ_OK;
}

/* What static rows and others have in common. */
CQ_ALWAYS_INLINE unsigned row_begins(struct piece *p, const struct cq_event *ev, bool is_static)
{
	unsigned any, all, odd = odd_row(ev->row, &any, &all);

	p->pass.cells += ev->row->ncells;
	if (p->collect)
		cq_collect_row(p->collect, ev, any, all);
	if (p->values.cells[is_static] || (p->values.clusterings && !is_static))
		cq_values_tell(&p->values, &p->pass, ev);
	return odd;
}

static void on_static(struct piece *p, const struct cq_event *ev)
{
	tell(p, ev, CQ_EV_STATIC, row_begins(p, ev, true));
}

/* With the row or marker before it at hand, where that is known and somebody wants it. */
CQ_ALWAYS_INLINE int tell_neighbours(struct piece *p, const struct cq_event *ev, enum cq_event_kind kind, unsigned odd)
{
	if (!p->neighbours || !ev->len) {
		tell(p, ev, kind, odd);
		return CQ_OK;
	}
	meet(p, ev);
	if (p->pass.before.is && p->pass.before.order >= 0)
		odd |= CQ_ODD_ORDER;
	tell(p, ev, kind, odd);
	return remember(p, ev);
}

static inline int on_row(struct piece *p, const struct cq_event *ev)
{
	p->pass.rows++;
	return tell_neighbours(p, ev, CQ_EV_ROW, row_begins(p, ev, false));
}

static int on_marker(struct piece *p, const struct cq_event *ev)
{
	p->pass.markers++;
	if (p->collect)
		cq_collect_event(p->collect, ev);
	if (p->values.clusterings && ev->len)
		cq_values_tell(&p->values, &p->pass, ev);
	return tell_neighbours(p, ev, CQ_EV_MARKER, (unsigned)CQ_ODD_ALL);
}

static inline void on_end(struct piece *p, const struct cq_event *ev)
{
	if (p->collect)
		cq_collect_event(p->collect, ev);
	tell(p, ev, CQ_EV_PARTITION_END, p->pass.markers != p->markers ? CQ_ODD_MARKERS : 0);
}

static void on_skipped(void *arg, const struct cq_skipped *s)
{
	struct piece *p = arg;
	struct cq_out *out = &p->pass.out;
	size_t said = out->n[CQ_ERROR];

	p->pass.claimed = false;
	p->pass.skipped = NULL;
	p->skipped_bytes += s->len;
	p->keys_lost += s->keys_lost;
	p->keys_perhaps += s->keys_perhaps;
	p->keys_known &= s->keys_known;
	for (size_t i = 0; i < p->skipped.n; i++) {
		p->pass.out.rule = p->skipped.v[i].rule;
		p->pass.out.rule_index = p->skipped.v[i].rule_index;
		p->skipped.v[i].rule->skipped(&p->pass, p->skipped.v[i].state, s);
	}
	/* Bytes that cannot be read are never passed over in silence, whatever rules were asked for. */
	if (out->n[CQ_ERROR] == said && !p->pass.claimed) {
		cq_out_rule(out, p->work->rules, p->work->rules->fallback);
		cq_say_error(out, CQ_ERROR, &s->why)->effect = CQ_LOST;
	}
}

static bool go_on(struct work *w)
{
	const struct cq_check_options *o = w->check->options;

	if (!o->progress || o->progress(o->arg, cq_basename(w->check->entry->data_path), atomic_load(&w->done), w->check->table->stream.len))
		return true;
	atomic_store(&w->stop, true);
	return false;
}

/* main: on the caller's own thread, which may draw progress. */
static int piece_run(struct piece *p, bool main, struct cq_error *err)
{
	struct work *w = p->work;
	struct cq_pass *pass = &p->pass;
	const struct cq_lenient_options lo = { .scan = { .start = pass->start, .end = pass->end }, .skipped = on_skipped, .arg = p };
	struct cq_lenient *l;
	struct cq_event ev;
	uint64_t at = pass->start;
	unsigned since = 0;
	int rc = cq_lenient_open(&l, w->check->table, &lo, err);

	if (rc != CQ_OK)
		return rc;
	while ((rc = cq_lenient_next(l, &ev, err)) == CQ_OK) {
		switch (ev.kind) {
		case CQ_EV_PARTITION:
			rc = on_partition(p, &ev);
			break;
		case CQ_EV_STATIC:
			on_static(p, &ev);
			break;
		case CQ_EV_ROW:
			rc = on_row(p, &ev);
			break;
		case CQ_EV_MARKER:
			rc = on_marker(p, &ev);
			break;
		case CQ_EV_PARTITION_END:
			on_end(p, &ev);
			break;
		}
		if (CQ_UNLIKELY(rc != CQ_OK))
			break;
		if (CQ_UNLIKELY((++since & 0xfff) == 0)) {
			uint64_t now = cq_lenient_position(l);

			atomic_fetch_add(&w->done, now > at ? now - at : 0);
			at = now;
			if (atomic_load(&w->stop) || (main && !go_on(w))) {
				rc = CQ_ESTOPPED;
				break;
			}
			if (pass->out.nomem) {
				rc = CQ_ENOMEM;
				break;
			}
		}
	}
	cq_lenient_close(l);
	if (rc == CQ_ENOMEM)
		cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to check %s", w->check->entry->data_path);
	return rc == CQ_END ? CQ_OK : rc;
}

/* ---- threads ---- */

static void *thread(void *arg)
{
	struct work *w = arg;
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->n && !atomic_load(&w->stop)) {
		struct piece *p = &w->piece[i];

		p->status = piece_run(p, false, &p->err);
		if (p->status != CQ_OK)
			atomic_store(&w->stop, true);
	}
	pthread_mutex_lock(&w->lock);
	w->running--;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void wait_for_threads(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->running) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&w->changed, &w->lock, &until);
		pthread_mutex_unlock(&w->lock);
		go_on(w);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
}

static void run_pieces(struct work *w, unsigned jobs)
{
	pthread_t threads[JOBS_MAX];
	unsigned n = 0;

	if (jobs > w->n)
		jobs = (unsigned)w->n;
	if (jobs > 1) {
		pthread_mutex_lock(&w->lock);
		for (; n < jobs && n < JOBS_MAX; n++) {
			w->running++;
			if (pthread_create(&threads[n], NULL, thread, w) != 0) {
				w->running--;
				break;
			}
		}
		pthread_mutex_unlock(&w->lock);
	}
	if (n) {
		wait_for_threads(w);
		for (unsigned i = 0; i < n; i++)
			pthread_join(threads[i], NULL);
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		struct piece *p = &w->piece[i];

		p->status = piece_run(p, true, &p->err);
		if (p->status != CQ_OK)
			break;
	}
}

/* ---- the pass ---- */

/* One piece for rules whose states cannot be put together. */
static size_t pieces_wanted(const struct cq_check *c, const struct cq_selection *s, unsigned jobs)
{
	size_t want = jobs > 1 ? (size_t)(c->table->stream.len / PIECE_MIN) : 1;

	for (size_t i = 0; i < s->n; i++) {
		const struct cq_rule *r = s->rule[i];

		if (s->on[i] && (r->flags & CQ_RULE_ORDERED || (r->state_size && (r->event || r->skipped) && !r->merge)))
			return 1;
	}
	if (want > (size_t)jobs * PIECES_A_THREAD)
		want = (size_t)jobs * PIECES_A_THREAD;
	return want ? want : 1;
}

static void merge_all(struct work *w, struct cq_check *c)
{
	struct piece *first = &w->piece[0];

	for (size_t k = 0; k < w->n; k++) {
		struct piece *p = &w->piece[k];

		c->result->partitions += p->pass.partitions;
		c->result->rows += p->pass.rows;
		c->result->cells += p->pass.cells;
		c->result->markers += p->pass.markers;
		c->result->skipped_bytes += p->skipped_bytes;
		c->result->keys_lost += p->keys_lost;
		c->result->keys_perhaps += p->keys_perhaps;
		c->result->keys_known &= p->keys_known;
		for (size_t i = 0; k && i < w->rules->n; i++) {
			if (!first->state[i] || !w->rules->rule[i]->merge)
				continue;
			cq_out_rule(&first->pass.out, w->rules, i);
			w->rules->rule[i]->merge(&first->pass, first->state[i], p->state[i]);
		}
		if (k)
			cq_out_append(&first->pass.out, &p->pass.out);
	}
}

/* Statistics.db as the rows say it. Only of whole tables: of the others it would say too little. */
static int recompute(struct work *w, struct cq_check *c, struct cq_error *err)
{
	struct cq_collect *all = w->piece[0].collect;
	struct cq_statistics *s;
	struct cq_collect_facts *facts;
	int rc = CQ_OK;

	if (!all || !c->whole)
		return CQ_OK;
	for (size_t k = 1; rc == CQ_OK && k < w->n; k++)
		rc = cq_collect_merge(all, w->piece[k].collect, err);
	s = cq_arena_zalloc(&c->out.arena, 1, sizeof *s);
	facts = cq_arena_zalloc(&c->out.arena, 1, sizeof *facts);
	if (rc == CQ_OK && (!s || !facts))
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to check %s", c->entry->data_path);
	if (rc == CQ_OK)
		rc = cq_collect_finish(all, &c->out.arena, s, err);
	if (rc != CQ_OK)
		return rc;
	*facts = *cq_collect_facts(all);
	c->recomputed = s;
	c->facts = facts;
	return CQ_OK;
}

static void finish_all(struct work *w, struct cq_check *c)
{
	for (size_t i = 0; i < w->rules->n; i++) {
		const struct cq_rule *r = w->rules->rule[i];

		if (!w->rules->on[i] || !r->finish)
			continue;
		cq_out_rule(&c->out, w->rules, i);
		if (r->flags & (CQ_RULE_WHOLE | CQ_RULE_RECOMPUTED) && !(r->flags & CQ_RULE_ANYWAY) && !c->whole)
			cq_unmeasured(&c->out, "%llu bytes of the rows could not be read", (unsigned long long)c->result->skipped_bytes);
		else
			r->finish(c, w->piece[0].state[i]);
	}
}

int cq_check_rows(struct cq_check *c, const struct cq_selection *s, struct cq_error *err)
{
	struct work w = { .check = c, .rules = s, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	unsigned jobs = c->options->jobs ? c->options->jobs : 1;
	size_t want = pieces_wanted(c, s, jobs);
	struct cq_piece *where = calloc(want, sizeof *where);
	int rc = CQ_OK;

	if (where) {
		w.n = cq_split(c->table, want, where, NULL);
		w.piece = calloc(w.n, sizeof *w.piece);
	}
	if (!where || !w.piece) {
		free(where);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to check %s", c->entry->data_path);
	}
	for (size_t i = 0; rc == CQ_OK && i < w.n; i++)
		rc = piece_begin(&w.piece[i], &w, &where[i], i, w.n, err);
	if (rc == CQ_OK) {
		run_pieces(&w, jobs);
		/* The first that failed by itself is the cause; the others were stopped by it. */
		for (size_t i = 0; i < w.n; i++) {
			if (w.piece[i].status == CQ_OK || (rc != CQ_OK && rc != CQ_ESTOPPED))
				continue;
			rc = w.piece[i].status;
			if (err)
				*err = w.piece[i].err;
		}
		if (rc == CQ_OK && atomic_load(&w.stop))
			rc = CQ_ESTOPPED;
		c->result->keys_known = true;
		c->result->stream_bytes = c->table->stream.len;
		merge_all(&w, c);
		cq_out_append(&c->out, &w.piece[0].pass.out);
		c->scanned = rc == CQ_OK;
		c->whole = c->scanned && !c->result->skipped_bytes;
		if (c->scanned)
			rc = recompute(&w, c, err);
		if (c->scanned && rc == CQ_OK)
			finish_all(&w, c);
	}
	for (size_t i = 0; i < w.n; i++)
		piece_finish(&w.piece[i], s);
	free(w.piece);
	free(where);
	return rc;
}

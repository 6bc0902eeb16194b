/* A plain step costs what a step of the scan costs, and notes three numbers. All that is needed beyond them when something
 * is wrong - the key of the partition at hand, the clustering of the last row - is read once more from where it was read. */
#include "cq_lenient_priv.h"

#include <inttypes.h>
#include <stdlib.h>

/* Guesses may cost this many times the stream, and so much at least. */
enum { BUDGET_TIMES = 16, BUDGET_LEAST = 64 << 20 };

int cq_lenient_open(struct cq_lenient **out, const struct cq_table *t, const struct cq_lenient_options *opt, struct cq_error *err)
{
	struct cq_lenient *l = calloc(1, sizeof *l);
	struct cq_scan_options so = {0};
	int rc;

	if (!l)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a scan");
	if (opt)
		l->opt = *opt;
	l->table = t;
	if (l->opt.scan.tokens) {
		l->range = *l->opt.scan.tokens;
		l->ranged = l->special = true;
	}
	/* Ranges of tokens are kept here: behind damage they have to be looked at again. */
	so = l->opt.scan;
	so.tokens = NULL;
	l->partition = l->last = l->rows_of = l->negative_off = CQ_NO_OFFSET;
	l->open = CQ_LIVE;
	l->plain = t->stream;
	l->plain.crcs = NULL;
	l->end = so.end && so.end < t->stream.len ? so.end : t->stream.len;
	l->budget = BUDGET_LEAST;
	l->budget += t->stream.len < (UINT64_MAX - l->budget) / BUDGET_TIMES ? t->stream.len * BUDGET_TIMES : 0;
	rc = cq_scan_open(&l->s, t, &so, &l->why);
	if (rc == CQ_DAMAGED) {
		l->special = true;
	} else if (rc < 0) {
		if (err)
			*err = l->why;
		free(l);
		return rc;
	}
	*out = l;
	return CQ_OK;
}

static void entry_finish(struct lenient_entry *e)
{
	cq_buf_finish(&e->key);
	cq_buf_finish(&e->path);
}

void cq_lenient_close(struct cq_lenient *l)
{
	if (!l)
		return;
	cq_scan_close(l->s);
	cq_index_close(l->x);
	cq_lookup_close(l->ask);
	cq_arena_finish(&l->arena);
	cq_buf_finish(&l->broken.key);
	cq_buf_finish(&l->entered.key);
	cq_buf_finish(&l->negative.key);
	cq_buf_finish(&l->comparable);
	entry_finish(&l->cur);
	entry_finish(&l->ahead);
	entry_finish(&l->mine);
	free(l);
}

uint64_t cq_lenient_position(const struct cq_lenient *l)
{
	return !l->s || l->finished ? l->end : cq_scan_position(l->s);
}

uint64_t cq_lenient_skipped_bytes(const struct cq_lenient *l)
{
	return l->skipped;
}

/* ---- reading, and where that is not possible ---- */

void cq_lenient_go(struct cq_lenient *l, uint64_t off, enum cq_scan_state state)
{
	cq_window_seek(&l->s->w, off);
	l->s->state = state;
}

/* Data.db has more blocks than CRC.db has checksums (the table's findings say so): nothing speaks against what lies there. */
static bool beyond_checksums(struct cq_lenient *l, uint64_t at)
{
	const struct cq_stream *st = l->s->w.stream;

	return st->crcs && at / st->crc_block >= (st->crcs->size - 4) / 4;
}

bool cq_lenient_note_bad(struct cq_lenient *l)
{
	struct cq_window *w = &l->s->w;
	const struct cq_stream *st = w->stream;
	uint64_t at = w->off + w->len, step = st->chunks ? st->chunks->chunk_len : st->crcs ? st->crc_block : 0, index;

	if (!step || at >= st->len || w->len >= CQ_UNIT_MAX || cq_window_need(w, w->len + 1, NULL) != CQ_DAMAGED)
		return false;
	if (beyond_checksums(l, at)) {
		if (st == &l->near)
			l->near.crcs = NULL;
		else
			w->stream = &l->plain;
		return true;
	}
	index = at / step;
	l->bad_from = index * step;
	l->bad_to = l->table->stream.len;
	/* No chunk is behind the last one, whatever length the data is said to have. */
	if (!(st->chunks && index >= st->chunks->count) && l->bad_to - l->bad_from > step)
		l->bad_to = l->bad_from + step;
	return false;
}

int cq_lenient_step(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err)
{
	struct cq_error mine, *why = err ? err : &mine;
	int rc;

	do
		rc = l->s->format->scan_next(l->s, ev, why);
	while (rc == CQ_DAMAGED && cq_lenient_note_bad(l));
	if (CQ_UNLIKELY(rc == CQ_DAMAGED && l->s->state == CQ_SCAN_PARTITION && why->field == CQ_F_DELETION_FLAGS)) {
		uint64_t off = l->s->w.off;
		struct cq_error trouble;
		int is = cq_lenient_negative(l, ev, &trouble);

		if (is == CQ_OK) {
			l->negative_off = off;
			l->negative_why = *why;
		} else if (is < 0) {
			*why = trouble;
		}
		rc = is == CQ_NOT_FOUND ? rc : is;
	}
	return rc;
}

bool cq_lenient_keep_partition(struct lenient_partition *to, const struct cq_partition *p)
{
	if (p->key.p != to->key.p) {
		cq_buf_clear(&to->key);
		if (!cq_buf_reserve(&to->key, p->key.len + 1))
			return false;
		cq_buf_slice(&to->key, p->key);
	}
	to->p = *p;
	to->p.key = cq_slice_of(to->key.p, p->key.len);
	return true;
}

static int no_memory(struct cq_error *err)
{
	return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for going on behind damage");
}

/* The partition begun last, from where its header stands. */
static int recall_partition(struct cq_lenient *l, struct cq_error *err)
{
	struct cq_scan *s = l->s;
	uint64_t index = s->partition.index;
	struct cq_event ev;
	int rc;

	if (l->partition == CQ_NO_OFFSET)
		return CQ_OK;
	if (l->made)
		return cq_lenient_keep_partition(&l->broken, &l->entered.p) ? CQ_OK : no_memory(err);
	cq_lenient_go(l, l->partition, CQ_SCAN_PARTITION);
	rc = cq_lenient_step(l, &ev, err);
	s->partition.index = index;
	if (rc == CQ_OK && !cq_lenient_keep_partition(&l->broken, &s->partition))
		return no_memory(err);
	/* It was there before. */
	return rc == CQ_DAMAGED || rc == CQ_END ? cq_fail(err, CQ_EIO, l->partition, "the file changes while it is read") : rc;
}

/* The clustering of the last row or marker, from where it stands. */
static int recall_last(struct cq_lenient *l, struct cq_error *err)
{
	const struct cq_prefix *p;
	struct cq_event ev;
	cq_slice *values;
	int rc;

	l->has_before = false;
	if (l->last == CQ_NO_OFFSET)
		return CQ_OK;
	l->s->partition = l->broken.p;
	cq_lenient_go(l, l->last, CQ_SCAN_UNFILTERED);
	rc = cq_lenient_step(l, &ev, err);
	if (rc == CQ_DAMAGED || (rc == CQ_OK && ev.kind != CQ_EV_ROW && ev.kind != CQ_EV_MARKER))
		return cq_fail(err, CQ_EIO, l->last, "the file changes while it is read");
	if (rc != CQ_OK)
		return rc;
	p = cq_lenient_prefix(&ev);
	cq_arena_reset(&l->arena);
	values = cq_arena_zalloc(&l->arena, p->n + 1u, sizeof *values);
	for (uint32_t i = 0; values && i < p->n; i++) {
		values[i] = p->values[i];
		if (values[i].len && !(values[i].p = cq_arena_dup(&l->arena, values[i].p, values[i].len)))
			return no_memory(err);
	}
	if (!values)
		return no_memory(err);
	l->before = (struct cq_prefix){ .kind = p->kind, .n = p->n, .values = values };
	l->has_before = true;
	return CQ_OK;
}

/* ---- events that do not stand in the file ---- */

static void wait_for(struct cq_lenient *l, struct cq_event ev)
{
	l->waiting[l->nwaiting++] = ev;
	l->special = true;
}

/* A bound at the very place of p, which may be a row or another bound. Two bounds at one place have nothing between them. */
static enum cq_bound_kind bound_at(const struct cq_prefix *p, bool closes)
{
	switch (p->kind) {
	case CQ_CLUSTERING:                    /* a row is enclosed */
		return closes ? CQ_INCL_END : CQ_INCL_START;
	case CQ_EXCL_START:
	case CQ_INCL_END:
	case CQ_INCL_END_EXCL_START:           /* behind the values */
		return closes ? CQ_INCL_END : CQ_EXCL_START;
	default:                               /* before them */
		return closes ? CQ_EXCL_END : CQ_INCL_START;
	}
}

static struct cq_event closing(struct cq_lenient *l, const struct cq_prefix *at, const struct cq_partition *p, uint64_t off)
{
	l->closing = (struct cq_marker){ .bound = *at, .close = l->open, .open = CQ_LIVE };
	l->closing.bound.kind = bound_at(at, true);
	return (struct cq_event){ .kind = CQ_EV_MARKER, .off = off, .partition = p, .marker = &l->closing };
}

static struct cq_event opening(struct cq_lenient *l, const struct cq_prefix *at, struct cq_deletion open,
	const struct cq_partition *p, uint64_t off)
{
	l->opening = (struct cq_marker){ .bound = *at, .close = CQ_LIVE, .open = open };
	l->opening.bound.kind = bound_at(at, false);
	return (struct cq_event){ .kind = CQ_EV_MARKER, .off = off, .partition = p, .marker = &l->opening };
}

/* ---- spans ---- */

static void tell(struct cq_lenient *l, const struct cq_skipped *sp)
{
	l->skipped += sp->len;
	if (l->opt.skipped)
		l->opt.skipped(l->opt.arg, sp);
}

/* A partition is about to be given whose deletion no other reader can read. */
static void tell_negative(struct cq_lenient *l, const struct cq_event *ev)
{
	const struct cq_skipped sp = { .off = ev->off, .why = l->negative_why, .partition_off = ev->off, .key = ev->partition->key,
		.resume = CQ_RESUME_NEGATIVE, .resumed_at = ev->off, .keys_known = true, .deletion = ev->partition->deletion };

	tell(l, &sp);
}

/* The scan stands at a unit that cannot be read; l->why says why. Fills the queue. */
static int mend(struct cq_lenient *l, struct cq_error *err)
{
	struct cq_scan *s = l->s;
	struct cq_skipped sp = { .off = s->w.off, .in_partition = s->state != CQ_SCAN_PARTITION, .why = l->why };
	const struct cq_partition *broken = &l->broken.p;
	uint64_t started = s->partition.index, before = l->partition, begins;
	bool same, passing = l->passing;
	struct cq_event ev = {0};
	int rc;

	l->nwaiting = l->given = 0;
	s->end = l->table->stream.len;         /* what lies behind the range is looked at, never given */
	rc = recall_partition(l, err);
	if (rc == CQ_OK)
		rc = recall_last(l, err);
	if (rc == CQ_OK) {
		if (sp.in_partition) {
			sp.partition_off = before;
			sp.key = broken->key;
		}
		rc = cq_lenient_resume(l, &sp, &ev, err);
	}
	s->end = l->end;
	if (rc < 0)
		return rc;
	begins = rc == CQ_END || ev.kind == CQ_EV_PARTITION ? ev.off : s->partition.off;
	if (rc == CQ_END || begins >= l->end) {
		/* Partitions that begin behind the range are others' business. */
		sp.resumed_at = sp.off > l->end ? sp.off : l->end;
		if (rc == CQ_OK && begins > l->end)
			sp.resume = CQ_RESUME_NONE;
		l->finished = l->special = true;
	} else {
		sp.resumed_at = ev.off;
	}
	sp.len = sp.resumed_at - sp.off;
	tell(l, &sp);
	same = rc == CQ_OK && sp.resume == CQ_RESUME_BLOCK && sp.in_partition && s->partition.off == before;
	s->partition.index = started + !same;
	l->mended = false;
	if (sp.in_partition && !passing) {
		if (!cq_deletion_live(l->open) && l->has_before)
			wait_for(l, closing(l, &l->before, broken, sp.off));
		if (!same)
			wait_for(l, (struct cq_event){ .kind = CQ_EV_PARTITION_END, .off = sp.off, .partition = broken });
	}
	if (l->finished)
		return CQ_OK;
	if (sp.resume == CQ_RESUME_BLOCK) {
		if (!same)
			wait_for(l, (struct cq_event){ .kind = CQ_EV_PARTITION, .off = s->partition.off, .partition = &s->partition });
		/* A marker says itself what was open before it. */
		if (ev.kind == CQ_EV_MARKER)
			l->block_open = cq_bound_closes(ev.marker->bound.kind) ? ev.marker->close : CQ_LIVE;
		l->mended = ev.kind != CQ_EV_MARKER;
		if (!cq_deletion_live(l->block_open))
			wait_for(l, opening(l, cq_lenient_prefix(&ev), l->block_open, &s->partition, ev.off));
	}
	wait_for(l, ev);
	return CQ_OK;
}

/* Nothing of the data is left. Does the index have more? */
static int look_behind_the_end(struct cq_lenient *l, struct cq_error *err)
{
	struct cq_skipped sp = { .off = l->end, .resumed_at = l->end };
	int rc;

	l->finished = l->special = true;
	if (l->end != l->table->stream.len || l->opt.scan.start || l->ranged)
		return CQ_END;
	cq_fail(&sp.why, CQ_DAMAGED, l->end, "the index places more partitions behind the end of the data");
	cq_error_at(&sp.why, l->table->stream.raw->name, cq_stream_space(&l->table->stream));
	rc = recall_partition(l, err);
	if (rc == CQ_OK)
		rc = cq_lenient_rest(l, &sp, err);
	if (rc >= 0 && sp.keys_lost)
		tell(l, &sp);
	return rc < 0 ? rc : CQ_END;
}

static int empty(struct cq_lenient *l, struct cq_error *err)
{
	struct cq_skipped sp = { .why = l->why };
	int rc;

	l->finished = true;
	rc = cq_lenient_rest(l, &sp, err);
	if (rc >= 0)
		tell(l, &sp);
	return rc < 0 ? rc : CQ_END;
}

/* ---- events ---- */

static inline void note(struct cq_lenient *l, const struct cq_event *ev)
{
	switch (ev->kind) {
	case CQ_EV_ROW:
		l->last = ev->off;
		break;
	case CQ_EV_MARKER:
		l->last = ev->off;
		l->open = ev->marker->open;
		break;
	case CQ_EV_PARTITION:
		l->partition = ev->off;
		l->made = false;
		l->last = CQ_NO_OFFSET;
		l->open = CQ_LIVE;
		break;
	default:
		break;
	}
}

/* Events of a partition that was entered at a block: range deletions that do not fit what the row index said are made to. */
static int check_mended(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err)
{
	if (ev->kind == CQ_EV_MARKER) {
		const struct cq_marker *m = ev->marker;
		bool open = !cq_deletion_live(l->open), closes = cq_bound_closes(m->bound.kind);

		l->mended = false;
		if (open == closes)
			return CQ_OK;
		wait_for(l, closes ? opening(l, &m->bound, m->close, ev->partition, ev->off) :
			closing(l, &m->bound, ev->partition, ev->off));
		wait_for(l, *ev);
	} else if (ev->kind == CQ_EV_PARTITION_END) {
		int rc;

		l->mended = false;
		if (cq_deletion_live(l->open))
			return CQ_OK;
		/* The window is at the next partition: what came last is read again, and the window put back. */
		rc = recall_partition(l, err);
		if (rc == CQ_OK)
			rc = recall_last(l, err);
		if (rc < 0)
			return rc;
		ev->partition = &l->broken.p;
		cq_lenient_go(l, ev->off + ev->len, CQ_SCAN_PARTITION);
		if (!l->has_before)
			return CQ_OK;
		wait_for(l, closing(l, &l->before, ev->partition, ev->off));
		wait_for(l, *ev);
	} else {
		return CQ_OK;
	}
	*ev = l->waiting[l->given++];
	return CQ_OK;
}

/* Before the range of tokens, in it, behind it. */
static int side(const struct cq_lenient *l, cq_slice key)
{
	const struct cq_partitioner *p = &l->table->partitioner;
	struct cq_token t;

	cq_token(p, key, &t);
	if (l->range.has_start && cq_token_compare(p, &t, &l->range.start) <= 0)
		return -1;
	return l->range.has_end && cq_token_compare(p, &t, &l->range.end) > 0;
}

static CQ_NOINLINE int special_next(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err)
{
	int rc;

	for (;;) {
		if (l->given < l->nwaiting) {
			*ev = l->waiting[l->given++];
		} else if (l->finished) {
			return CQ_END;
		} else if (!l->s) {
			return empty(l, err);
		} else {
			l->nwaiting = l->given = 0;
			if (!l->mended && !l->ranged)
				l->special = false;
			rc = cq_lenient_step(l, ev, &l->why);
			if (rc == CQ_DAMAGED) {
				rc = mend(l, err);
				if (rc < 0)
					return rc;
				continue;
			}
			if (rc == CQ_END)
				return look_behind_the_end(l, err);
			if (rc != CQ_OK) {
				if (err)
					*err = l->why;
				return rc;
			}
			if (l->mended) {
				rc = check_mended(l, ev, err);
				if (rc < 0)
					return rc;
			}
		}
		if (ev->kind == CQ_EV_PARTITION) {
			note(l, ev);
			l->made = !ev->len;
			if (l->ranged) {
				int where = side(l, ev->partition->key);

				if (where > 0) {
					l->nwaiting = l->given = 0;
					l->finished = true;
					return CQ_END;
				}
				l->passing = where < 0;
				l->s->no_cells = l->passing || l->opt.scan.no_cells;
			}
			if (l->negative_off == ev->off && !l->passing)
				tell_negative(l, ev);
			l->negative_off = CQ_NO_OFFSET;
		} else if (ev->kind == CQ_EV_MARKER && !ev->len) {
			l->open = ev->marker->open;
		} else {
			note(l, ev);
		}
		if (!l->passing)
			return CQ_OK;
	}
}

int cq_lenient_next(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err)
{
	if (CQ_LIKELY(!l->special)) {
		int rc = l->s->format->scan_next(l->s, ev, &l->why);

		if (CQ_LIKELY(rc == CQ_OK)) {
			note(l, ev);
			return CQ_OK;
		}
	}
	return special_next(l, ev, err);
}

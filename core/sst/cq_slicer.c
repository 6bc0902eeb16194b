/* A slice is made of segments: runs of unfiltereds that the row index (or, without one, a first pass over the partition)
 * says how to enter: at which offset, under which open range deletion. Forward needs the segment where the slice starts and
 * reads on; reversed takes segments from the last to the first, reads each forward, keeps its events and hands them out
 * backwards. */
#include "cq_slicer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cq_format.h"

enum { CHECKPOINT_EVERY = 1 << 16 };

enum stage { BEGIN, AFTER_PARTITION, AFTER_STATIC, READING, FINISHED };

/* An event with everything it points to, in the segment's arena. */
struct kept {
	struct cq_event ev;
	struct cq_row row;
	struct cq_marker marker;
	struct kept *before;
};

struct segment {
	uint64_t start;                        /* from the partition's start */
	struct cq_deletion open;
};

struct cq_slicer {
	struct cq_lookup *lookup;
	struct cq_position where;
	struct cq_arena arena;                 /* of the options and the position */
	bool has_start, has_end, reversed;
	struct cq_prefix start, end;
	enum stage stage;
	uint64_t first;                        /* stream offset of the first unfiltered */
	struct cq_deletion open;               /* range deletion open where the scan stands */
	bool before;                           /* nothing of the slice met yet */
	struct cq_marker marker;               /* a made-up one */
	bool ending;                           /* its end is next */
	struct cq_event held;                  /* the event that waits behind a made-up start */
	bool holding;
	/* reversed */
	struct cq_arena events;
	struct kept *top;
	struct segment *segments;              /* made here when there is no row index */
	size_t nsegments, segment;
	struct cq_block block;
	bool indexed, last_segment;
	uint64_t segment_end;                  /* stream offset */
};

void cq_slicer_destroy(struct cq_slicer *sl)
{
	if (!sl)
		return;
	cq_arena_finish(&sl->arena);
	cq_arena_finish(&sl->events);
	free(sl->segments);
	free(sl);
}

static bool copy_slice(struct cq_arena *a, cq_slice *s)
{
	if (!s->p || !s->len)
		return true;
	s->p = cq_arena_dup(a, s->p, s->len);
	return s->p != NULL;
}

static bool copy_prefix(struct cq_arena *a, struct cq_prefix *p)
{
	cq_slice *v = cq_arena_zalloc(a, p->n + 1u, sizeof *v);

	if (!v)
		return false;
	for (uint32_t i = 0; i < p->n; i++) {
		v[i] = p->values[i];
		if (!copy_slice(a, &v[i]))
			return false;
	}
	p->values = v;
	return true;
}

static int no_memory(struct cq_error *err)
{
	return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a slice");
}

int cq_scan_slice(struct cq_scan *s, struct cq_lookup *l, const struct cq_position *where, const struct cq_slice_options *opt,
	struct cq_error *err)
{
	uint32_t most = s->table->ctx.nclustering;
	struct cq_slicer *sl;
	int rc;

	if (opt && ((opt->start && opt->start->n > most) || (opt->end && opt->end->n > most)))
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "a bound of more values than the table has clustering columns (%u)", most);
	sl = calloc(1, sizeof *sl);
	if (!sl)
		return no_memory(err);
	sl->lookup = l;
	sl->where = *where;
	if (opt) {
		sl->has_start = opt->start;
		sl->has_end = opt->end;
		sl->reversed = opt->reversed;
		if (opt->start)
			sl->start = *opt->start;
		if (opt->end)
			sl->end = *opt->end;
	}
	sl->open = CQ_LIVE;
	sl->before = sl->has_start;
	if (!copy_slice(&sl->arena, &sl->where.key) || !copy_prefix(&sl->arena, &sl->start) || !copy_prefix(&sl->arena, &sl->end)) {
		cq_slicer_destroy(sl);
		return no_memory(err);
	}
	rc = cq_scan_to_position(s, &sl->where, err);
	s->slicer = sl;                        /* after the move, which ends an older slice */
	s->special = true;
	return rc;
}

/* ---- what lies where ---- */

static const struct cq_prefix *prefix_of(const struct cq_event *ev)
{
	return ev->kind == CQ_EV_MARKER ? &ev->marker->bound : &ev->row->clustering;
}

/* Before the slice, in it, or behind it. A marker exactly at a bound only changes what is open there. */
static int side(const struct cq_scan *s, const struct cq_slicer *sl, const struct cq_event *ev)
{
	const struct cq_type *const *types = s->table->ctx.clustering;
	const struct cq_prefix *p = prefix_of(ev);
	bool marker = ev->kind == CQ_EV_MARKER;

	if (sl->has_start) {
		int c = cq_prefix_compare(types, p, &sl->start);

		if (c < 0 || (c == 0 && marker))
			return -1;
	}
	if (sl->has_end) {
		int c = cq_prefix_compare(types, p, &sl->end);

		if (c > 0 || (c == 0 && marker))
			return 1;
	}
	return 0;
}

static void made_up(struct cq_scan *s, struct cq_slicer *sl, bool start, struct cq_event *ev)
{
	sl->marker = (struct cq_marker){ .bound = start ? sl->start : sl->end, .open = start ? sl->open : CQ_LIVE,
		.close = start ? CQ_LIVE : sl->open };
	*ev = (struct cq_event){ .kind = CQ_EV_MARKER, .off = s->w.off, .partition = &s->partition, .marker = &sl->marker };
}

static void follow(struct cq_slicer *sl, const struct cq_event *ev)
{
	if (ev->kind == CQ_EV_MARKER)
		sl->open = ev->marker->open;           /* live after an end bound */
}

static void enter(struct cq_scan *s, struct cq_slicer *sl, uint64_t start, struct cq_deletion open)
{
	cq_window_seek(&s->w, sl->where.data_off + start);
	s->state = CQ_SCAN_UNFILTERED;
	sl->open = open;
}

static int finish(struct cq_scan *s, struct cq_slicer *sl, struct cq_event *ev)
{
	sl->stage = FINISHED;
	*ev = (struct cq_event){ .kind = CQ_EV_PARTITION_END, .off = s->w.off, .partition = &s->partition };
	return CQ_OK;
}

/* ---- forward ---- */

static int forward(struct cq_scan *s, struct cq_slicer *sl, struct cq_event *ev, struct cq_error *err)
{
	if (sl->holding) {
		*ev = sl->held;
		sl->holding = false;
		return CQ_OK;
	}
	if (sl->ending) {
		if (cq_deletion_live(sl->open))
			return finish(s, sl, ev);
		made_up(s, sl, false, ev);
		sl->open = CQ_LIVE;
		return CQ_OK;
	}
	for (;;) {
		struct cq_deletion open = sl->open;
		int rc = s->format->scan_next(s, ev, err), where;

		if (rc != CQ_OK)
			return rc;
		if (ev->kind == CQ_EV_PARTITION_END)
			return finish(s, sl, ev);
		where = side(s, sl, ev);
		if (where < 0) {
			follow(sl, ev);
			continue;
		}
		if (where == 0)
			follow(sl, ev);
		if (where > 0)
			sl->ending = true;
		if (sl->before && !cq_deletion_live(open)) {
			struct cq_deletion now = sl->open;

			sl->before = false;
			sl->holding = where == 0;
			sl->held = *ev;
			sl->open = open;
			made_up(s, sl, true, ev);
			sl->open = now;
			return CQ_OK;
		}
		sl->before = false;
		return where == 0 ? CQ_OK : forward(s, sl, ev, err);     /* ending is set: one level deep */
	}
}

static int begin_forward(struct cq_scan *s, struct cq_slicer *sl, struct cq_error *err)
{
	struct cq_block b;
	int rc = CQ_NOT_FOUND;

	if (sl->lookup && sl->has_start && s->format->block_floor)
		rc = s->format->block_floor(sl->lookup, &sl->where, &sl->start, &b, err);
	if (rc < 0)
		return rc;
	if (rc == CQ_OK)
		enter(s, sl, b.start, b.open);
	else
		enter(s, sl, sl->first - sl->where.data_off, CQ_LIVE);
	return CQ_OK;
}

/* ---- reversed ---- */

static int keep(struct cq_slicer *sl, const struct cq_event *ev, struct cq_error *err)
{
	struct cq_arena *a = &sl->events;
	struct kept *k = cq_arena_zalloc(a, 1, sizeof *k);
	bool ok = k != NULL;

	if (ok && ev->kind == CQ_EV_MARKER) {
		k->marker = *ev->marker;
		ok = copy_prefix(a, &k->marker.bound);
	} else if (ok) {
		struct cq_cell *cells = cq_arena_dup(a, ev->row->cells, ev->row->ncells * sizeof *cells);
		struct cq_complex *complex = cq_arena_dup(a, ev->row->complex, ev->row->ncomplex * sizeof *complex);

		k->row = *ev->row;
		k->row.cells = cells;
		k->row.complex = complex;
		ok = cells && complex && copy_prefix(a, &k->row.clustering);
		for (uint32_t i = 0; ok && i < k->row.ncells; i++)
			ok = copy_slice(a, &cells[i].value) && copy_slice(a, &cells[i].path);
	}
	if (!ok)
		return no_memory(err);
	k->ev = *ev;
	k->ev.row = &k->row;
	k->ev.marker = &k->marker;
	k->before = sl->top;
	sl->top = k;
	return CQ_OK;
}

/* Where a partition without a row index can be entered: a pass over it. */
static int checkpoints(struct cq_scan *s, struct cq_slicer *sl, struct cq_error *err)
{
	uint64_t last = 0;

	enter(s, sl, sl->first - sl->where.data_off, CQ_LIVE);
	for (size_t cap = 0;;) {
		uint64_t start = s->w.off - sl->where.data_off;
		struct cq_deletion open = sl->open;
		struct cq_event ev;
		int rc = s->format->scan_next(s, &ev, err);

		if (rc != CQ_OK)
			return rc;
		if (ev.kind == CQ_EV_PARTITION_END)
			return CQ_OK;
		follow(sl, &ev);
		if (sl->nsegments && start - last < CHECKPOINT_EVERY)
			continue;
		if (sl->nsegments && sl->has_end && side(s, sl, &ev) > 0)
			return CQ_OK;                  /* nothing of the slice from here on */
		if (sl->nsegments == cap) {
			struct segment *p;

			cap = cap ? cap * 2 : 16;
			p = realloc(sl->segments, cap * sizeof *p);
			if (!p)
				return no_memory(err);
			sl->segments = p;
		}
		sl->segments[sl->nsegments++] = (struct segment){ .start = start, .open = open };
		last = start;
	}
}

static int begin_reversed(struct cq_scan *s, struct cq_slicer *sl, struct cq_error *err)
{
	int rc = CQ_NOT_FOUND;

	sl->segment_end = UINT64_MAX;
	if (sl->lookup && s->format->block_floor && s->format->block_before)
		rc = s->format->block_floor(sl->lookup, &sl->where, sl->has_end ? &sl->end : NULL, &sl->block, err);
	if (rc < 0)
		return rc;
	sl->indexed = rc == CQ_OK;
	if (!sl->indexed) {
		rc = checkpoints(s, sl, err);
		sl->segment = sl->nsegments;
		sl->last_segment = !sl->nsegments;
		return rc < 0 ? rc : CQ_OK;
	}
	return CQ_OK;
}

/* Read one segment forward and keep what is of the slice. */
static int read_segment(struct cq_scan *s, struct cq_slicer *sl, uint64_t start, struct cq_deletion open, struct cq_error *err)
{
	bool first = true, before = false, tail = sl->segment_end == UINT64_MAX;
	struct cq_event ev;

	enter(s, sl, start, open);
	while (s->w.off < sl->segment_end) {
		int rc = s->format->scan_next(s, &ev, err), where;

		if (rc != CQ_OK)
			return rc;
		if (ev.kind == CQ_EV_PARTITION_END)
			break;
		where = side(s, sl, &ev);
		if (first)
			before = where < 0 && sl->has_start;
		first = false;
		if (where < 0) {
			sl->last_segment = true;
			follow(sl, &ev);
			continue;
		}
		if (before && !cq_deletion_live(sl->open)) {
			struct cq_event made;

			made_up(s, sl, true, &made);
			rc = keep(sl, &made, err);
			if (rc < 0)
				return rc;
		}
		before = false;
		if (where > 0)
			break;
		follow(sl, &ev);
		rc = keep(sl, &ev, err);
		if (rc < 0)
			return rc;
	}
	if (before && !cq_deletion_live(sl->open)) {
		made_up(s, sl, true, &ev);
		if (keep(sl, &ev, err) < 0)
			return CQ_ENOMEM;
	}
	if (tail && sl->has_end && !cq_deletion_live(sl->open)) {
		made_up(s, sl, false, &ev);
		if (keep(sl, &ev, err) < 0)
			return CQ_ENOMEM;
	}
	return CQ_OK;
}

static int unordered(const struct cq_scan *s, uint64_t start, uint64_t before, struct cq_error *err)
{
	cq_fail(err, CQ_DAMAGED, s->partition.off, "row index of the partition here: the block before the one at 0x%" PRIx64
		" of it starts at 0x%" PRIx64, start, before);
	cq_error_at(err, s->table->stream.raw->name, cq_stream_space(&s->table->stream));
	return CQ_DAMAGED;
}

static int reversed(struct cq_scan *s, struct cq_slicer *sl, struct cq_event *ev, struct cq_error *err)
{
	while (!sl->top) {
		struct segment seg;
		int rc;

		if (sl->last_segment)
			return finish(s, sl, ev);
		cq_arena_reset(&sl->events);
		if (sl->indexed) {
			seg = (struct segment){ .start = sl->block.start, .open = sl->block.open };
			/* Or rows would be given twice, and read as often as the index likes. */
			if (sl->segment_end != UINT64_MAX && sl->where.data_off + seg.start >= sl->segment_end)
				return unordered(s, sl->segment_end - sl->where.data_off, seg.start, err);
		} else {
			seg = sl->segments[--sl->segment];
			sl->last_segment = !sl->segment;
		}
		rc = read_segment(s, sl, seg.start, seg.open, err);
		if (rc < 0)
			return rc;
		sl->segment_end = sl->where.data_off + seg.start;
		if (sl->indexed && !sl->last_segment) {
			rc = s->format->block_before(sl->lookup, &sl->where, &sl->block, err);
			if (rc < 0)
				return rc;
			sl->last_segment = rc == CQ_END;
		}
	}
	*ev = sl->top->ev;
	sl->top = sl->top->before;
	return CQ_OK;
}

/* ---- both ---- */

int cq_slicer_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err)
{
	struct cq_slicer *sl = s->slicer;
	int rc;

	switch (sl->stage) {
	case BEGIN:
		rc = s->format->scan_next(s, ev, err);
		if (rc != CQ_OK)
			return rc;
		if (!cq_slice_eq(ev->partition->key, sl->where.key))
			return cq_fail(err, CQ_DAMAGED, ev->off, "another partition than the index says starts here");
		sl->stage = AFTER_PARTITION;
		return CQ_OK;
	case AFTER_PARTITION:
		sl->stage = AFTER_STATIC;
		sl->first = s->w.off;
		if (s->state == CQ_SCAN_STATIC) {
			rc = s->format->scan_next(s, ev, err);
			if (rc != CQ_OK)
				return rc;
			sl->first = ev->kind == CQ_EV_STATIC ? s->w.off : ev->off;
			if (ev->kind == CQ_EV_STATIC)
				return CQ_OK;
		}
		/* fall through */
	case AFTER_STATIC:
		/* Bounds the wrong way round, or nothing between them: not even a deletion covers that. */
		if (sl->has_start && sl->has_end && cq_prefix_compare(s->table->ctx.clustering, &sl->start, &sl->end) >= 0)
			return finish(s, sl, ev);
		rc = sl->reversed ? begin_reversed(s, sl, err) : begin_forward(s, sl, err);
		if (rc < 0)
			return rc;
		sl->stage = READING;
		/* fall through */
	case READING:
		return sl->reversed ? reversed(s, sl, ev, err) : forward(s, sl, ev, err);
	case FINISHED:
		break;
	}
	return CQ_END;
}

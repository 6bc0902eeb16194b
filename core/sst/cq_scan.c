#include <stdlib.h>

#include "cq_format.h"
#include "cq_slicer.h"

bool cq_scan_grow_cells(struct cq_scan *s, size_t n)
{
	size_t cap = s->cells_cap ? s->cells_cap : 16;
	struct cq_cell *p;

	if (n > SIZE_MAX / 2 / sizeof *p)
		return false;
	while (cap < n)
		cap *= 2;
	p = realloc(s->cells, cap * sizeof *p);
	if (!p)
		return false;
	s->cells = p;
	s->cells_cap = cap;
	return true;
}

int cq_scan_open(struct cq_scan **out, const struct cq_table *t, const struct cq_scan_options *opt, struct cq_error *err)
{
	const struct cq_ctx *x = &t->ctx;
	uint32_t n = x->regulars.n > x->statics.n ? x->regulars.n : x->statics.n;
	struct cq_scan *s;

	if (!t->stream.raw)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%.*s: Data.db is missing", (int)t->desc.base.len,
			(const char *)t->desc.base.p);
	if (t->no_rows)
		return cq_fail(err, CQ_DAMAGED, CQ_NO_OFFSET, "%s", t->no_rows);
	if (!t->stream.len) {
		cq_fail(err, CQ_DAMAGED, 0, "no data: an SSTable has one partition at least");
		cq_error_at(err, t->stream.raw->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	s = calloc(1, sizeof *s);
	if (!s)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a scan");
	s->table = t;
	s->format = t->format;
	s->end = opt && opt->end ? opt->end : t->stream.len;
	s->partition.index = UINT64_MAX;
	cq_window_init(&s->w, &t->stream, s->end);
	s->w.no_checksums = t->no_checksums;
	/* One more than needed of each, so that no array is empty. */
	s->values = calloc(x->nclustering + 1u, sizeof *s->values);
	s->complex = calloc(x->regulars.ncomplex + x->statics.ncomplex + 1u, sizeof *s->complex);
	s->present = calloc(n + 1u, 1);
	if (!s->values || !s->complex || !s->present || !cq_scan_grow_cells(s, n + 1u)) {
		cq_scan_close(s);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a scan");
	}
	if (opt) {
		s->no_cells = opt->no_cells;
		if (opt->tokens) {
			s->range = *opt->tokens;
			s->ranged = s->special = true;
		}
		if (opt->start)
			cq_scan_to(s, opt->start);
	}
	*out = s;
	return CQ_OK;
}

void cq_scan_close(struct cq_scan *s)
{
	if (!s)
		return;
	cq_slicer_destroy(s->slicer);
	cq_window_finish(&s->w);
	cq_buf_finish(&s->key);
	cq_buf_finish(&s->expected);
	free(s->values);
	free(s->cells);
	free(s->complex);
	free(s->present);
	free(s);
}

void cq_scan_to(struct cq_scan *s, uint64_t off)
{
	cq_slicer_destroy(s->slicer);
	s->slicer = NULL;
	s->state = CQ_SCAN_PARTITION;
	s->failed = 0;
	s->expecting = false;
	s->special = s->ranged;
	cq_window_seek(&s->w, off);
}

int cq_scan_to_position(struct cq_scan *s, const struct cq_position *where, struct cq_error *err)
{
	cq_scan_to(s, where->data_off);
	if (where->decoded) {
		int rc = cq_window_take(&s->w, where->decoded, err);

		if (rc < 0)
			return rc;
	}
	cq_buf_clear(&s->expected);
	cq_buf_slice(&s->expected, where->key);
	if (s->expected.failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key");
	s->expecting = s->special = true;
	return CQ_OK;
}

uint64_t cq_scan_position(const struct cq_scan *s)
{
	return s->w.off;
}

/* The index said that another partition starts here. */
static int unexpected(struct cq_scan *s, struct cq_error *err)
{
	struct cq_buf want = {0}, got = {0};

	cq_table_print_key(s->table, cq_buf_bytes(&s->expected), &want);
	cq_table_print_key(s->table, s->partition.key, &got);
	cq_fail(err, CQ_DAMAGED, s->partition.off, "the index says that partition %.80s starts here, found partition %.80s",
		cq_buf_cstr(&want), cq_buf_cstr(&got));
	cq_error_at(err, s->table->stream.raw->name, cq_stream_space(&s->table->stream));
	cq_buf_finish(&want);
	cq_buf_finish(&got);
	return CQ_DAMAGED;
}

/* Before the range (pass over), in it, or behind it. */
static int in_range(const struct cq_scan *s)
{
	const struct cq_partitioner *p = &s->table->partitioner;
	struct cq_token t;

	cq_token(p, s->partition.key, &t);
	if (s->range.has_start && cq_token_compare(p, &t, &s->range.start) <= 0)
		return -1;
	return s->range.has_end && cq_token_compare(p, &t, &s->range.end) > 0;
}

static int next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err)
{
	int rc = s->format->scan_next(s, ev, err);

	while (rc == CQ_OK && ev->kind == CQ_EV_PARTITION && (s->ranged || s->expecting)) {
		int side;

		if (s->expecting) {
			s->expecting = false;
			s->special = s->ranged;
			if (!cq_slice_eq(s->partition.key, cq_buf_bytes(&s->expected)))
				return unexpected(s, err);
		}
		side = s->ranged ? in_range(s) : 0;
		if (side == 0)
			break;
		if (side > 0) {
			s->state = CQ_SCAN_PARTITION;
			s->end = 0;
			return CQ_END;
		}
		rc = cq_scan_skip_partition(s, err);
		if (rc == CQ_OK)
			rc = s->format->scan_next(s, ev, err);
	}
	return rc;
}

/* What is not a plain step: a scan that failed, a slice, a range, a key to be met. */
static CQ_NOINLINE int special_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err)
{
	struct cq_error *e = err ? err : &s->error;
	int rc;

	if (s->failed) {
		if (err)
			*err = s->error;
		return s->failed;
	}
	rc = s->slicer ? cq_slicer_next(s, ev, e) : next(s, ev, e);
	if (rc < 0) {
		s->failed = rc;
		s->special = true;
		if (err)
			s->error = *err;
	}
	return rc;
}

int cq_scan_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err)
{
	/* A plain scan that failed has not moved: decoding the same bytes again gives the same answer. */
	return CQ_LIKELY(!s->special) ? s->format->scan_next(s, ev, err) : special_next(s, ev, err);
}

int cq_scan_skip_partition(struct cq_scan *s, struct cq_error *err)
{
	bool no_cells = s->no_cells;
	struct cq_event ev;
	int rc = CQ_OK;

	if (s->failed) {
		if (err)
			*err = s->error;
		return s->failed;
	}
	s->no_cells = true;
	while (s->state != CQ_SCAN_PARTITION && (rc = s->format->scan_next(s, &ev, &s->error)) == CQ_OK)
		;
	s->no_cells = no_cells;
	if (rc < 0) {
		s->failed = rc;
		s->special = true;
		if (err)
			*err = s->error;
	}
	return rc;
}

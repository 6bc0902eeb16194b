/* data.inc.h - unit bodies of Data.db: partition header, rows, markers. The same for BIG and BTI, ma to da; what differs is
 * a feature constant. See cq_cursor.h for how a body serves the fast reader and the explaining one. */
#ifndef CQ_DATA_INC_H
#define CQ_DATA_INC_H
#include "cq_format.h"

enum row_flag {
	ROW_END_OF_PARTITION = 0x01,
	ROW_IS_MARKER = 0x02,
	ROW_HAS_TIMESTAMP = 0x04,
	ROW_HAS_TTL = 0x08,
	ROW_HAS_DELETION = 0x10,
	ROW_HAS_ALL_COLUMNS = 0x20,
	ROW_HAS_COMPLEX_DELETION = 0x40,
	ROW_EXTENSION = 0x80,
	/* second byte */
	ROW_EXT_STATIC = 0x01,
	ROW_EXT_SHADOWABLE = 0x02,
	ROW_EXT_SCYLLA_SHADOWABLE = 0x80,
};

enum { LARGE_SUBSET = 64 };            /* from this many columns on a subset is a list, not a bitmap */

/* ---- times ---- */

/* A stored local deletion time, widened; the version's "none" becomes CQ_NO_LDT. */
CQ_ALWAYS_INLINE int64_t widen_ldt(int64_t v, unsigned feat)
{
	if (feat & CQ_FEAT_UINT_DELETION_TIME)
		return v == UINT32_MAX ? CQ_NO_LDT : v;
	return v == INT32_MAX ? CQ_NO_LDT : v;
}

CQ_ALWAYS_INLINE int64_t delta_ldt(cq_cur *c, const struct cq_ctx *x, unsigned feat, const cq_trace *tr, unsigned field)
{
	const uint8_t *at = c->p;
	uint64_t d = cq_vint_raw(c, field);
	int64_t v;

	if (feat & CQ_FEAT_UINT_DELETION_TIME) {
		if (CQ_UNLIKELY((int64_t)d != (int32_t)d))
			cq_bad(c, at, field, d, "a difference that fits 32 bits");
		v = x->min_ldt + (int32_t)d;
		if (v < 0)
			v &= UINT32_MAX;
	} else {
		v = (int32_t)((uint32_t)x->min_ldt + (uint32_t)d);      /* wraps, as in Java */
	}
	v = widen_ldt(v, feat);
	if (tr && !c->status)
		cq_trace_number(tr, field, c->off + (uint64_t)(at - c->base), (size_t)(c->p - at), (uint64_t)v);
	return v;
}

/* Partition header and promoted index: 12 bytes, or since 5.0 one for LIVE. */
CQ_ALWAYS_INLINE struct cq_deletion deletion_fixed(cq_cur *c, unsigned feat, const cq_trace *tr)
{
	struct cq_deletion d;

	if (feat & CQ_FEAT_UINT_DELETION_TIME) {
		/*  80                         LIVE
		 *  0....... x7 | ldt x4       timestamp, whose sign bit must be clear */
		if (CQ_LIKELY(c->p < c->end && *c->p & 0x80)) {
			const uint8_t *at = c->p;
			uint8_t flags = cq_u8(c, tr, CQ_F_DELETION_FLAGS);

			if (flags != 0x80)
				cq_bad(c, at, CQ_F_DELETION_FLAGS, flags, "0x80 (live) or a byte below 0x80");
			return CQ_LIVE;
		}
		d.timestamp = cq_i64(c, tr, CQ_F_MARKED_FOR_DELETE_AT);
		d.ldt = widen_ldt(cq_u32(c, tr, CQ_F_LOCAL_DELETION_TIME), feat);
		return d;
	}
	d.ldt = widen_ldt(cq_i32(c, tr, CQ_F_LOCAL_DELETION_TIME), feat);
	d.timestamp = cq_i64(c, tr, CQ_F_MARKED_FOR_DELETE_AT);
	return d;
}

/* Rows, markers, complex columns: differences to the header's minima. */
CQ_ALWAYS_INLINE struct cq_deletion deletion_delta(cq_cur *c, const struct cq_ctx *x, unsigned feat, const cq_trace *tr,
	unsigned field)
{
	struct cq_deletion d;

	cq_group(c, tr, field);
	d.timestamp = cq_delta(c, tr, CQ_F_MARKED_FOR_DELETE_AT, x->min_timestamp);
	d.ldt = delta_ldt(c, x, feat, tr, CQ_F_LOCAL_DELETION_TIME);
	if (CQ_UNLIKELY(cq_deletion_live(d)))
		d.ldt = CQ_NO_LDT;              /* 5.0 writes LIVE in two forms; the timestamp decides */
	cq_group_end(c, tr);
	return d;
}

/* ---- clustering ---- */

/* n values in blocks of up to 32: a header of two bits a value, then the values that are neither null nor empty. */
CQ_ALWAYS_INLINE void clustering_values(cq_cur *c, const struct cq_ctx *x, uint32_t n, cq_slice *out, const cq_trace *tr)
{
	uint64_t header = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (i % 32 == 0)
			header = cq_vint(c, tr, CQ_F_CLUSTERING_HEADER);
		switch (header >> 2 * (i % 32) & 3) {
		case 0: {
			int32_t fixed = x->clustering_len[i];
			uint64_t len = fixed >= 0 ? (uint64_t)fixed : cq_vint(c, tr, CQ_F_CLUSTERING_LENGTH);

			out[i] = cq_bytes(c, len, tr, CQ_F_CLUSTERING_VALUE, x->clustering[i]);
			break;
		}
		case 1:
			out[i] = cq_slice_of("", 0);
			break;
		case 2:
			out[i] = (cq_slice){0};
			break;
		default:
			cq_bad(c, c->p, CQ_F_CLUSTERING_HEADER, header, "a value that is not both null and empty");
		}
		if (CQ_UNLIKELY(c->status))
			return;
	}
}

/* A prefix with its kind in front: markers, the promoted index. */
CQ_ALWAYS_INLINE void clustering_prefix(cq_cur *c, const struct cq_ctx *x, struct cq_prefix *out, cq_slice *values,
	const cq_trace *tr)
{
	const uint8_t *at = c->p;
	uint32_t n = x->nclustering;

	out->kind = (enum cq_bound_kind)cq_u8(c, tr, CQ_F_BOUND_KIND);
	if (out->kind > CQ_EXCL_START || out->kind == CQ_STATIC_CLUSTERING)
		cq_bad(c, at, CQ_F_BOUND_KIND, out->kind, "a kind of bound or clustering (0, 1, 2, 4, 5, 6, 7)");
	if (out->kind != CQ_CLUSTERING) {
		at = c->p;
		n = cq_u16(c, tr, CQ_F_BOUND_SIZE);
		if (n > x->nclustering) {
			cq_bad(c, at, CQ_F_BOUND_SIZE, n, "no more values than the table has clustering columns");
			n = 0;
		}
	}
	clustering_values(c, x, n, values, tr);
	out->n = c->status ? 0 : n;
	out->values = values;
}

/* ---- partition header ---- */

CQ_ALWAYS_INLINE void partition_header_body(cq_cur *c, const struct cq_table *t, unsigned feat, struct cq_partition *p,
	const cq_trace *tr)
{
	uint16_t len;

	cq_group(c, tr, CQ_F_PARTITION_HEADER);
	len = cq_u16(c, tr, CQ_F_KEY_LENGTH);
	p->key = cq_bytes(c, len, tr, CQ_F_KEY, t->stats.key_type);
	cq_group(c, tr, CQ_F_PARTITION_DELETION);
	p->deletion = deletion_fixed(c, feat, tr);
	cq_group_end(c, tr);
	cq_group_end(c, tr);
}

/* ---- cells ---- */

/* The type of a cell's value, for whoever explains; nobody asks on the fast path. */
CQ_ALWAYS_INLINE const struct cq_type *cell_type(const struct cq_column *col, cq_slice path, const cq_trace *tr)
{
	return !tr ? NULL : col->complex ? cq_type_cell_value(col->type, path) : col->type;
}

CQ_ALWAYS_INLINE const struct cq_type *path_type(const struct cq_column *col, const cq_trace *tr)
{
	return tr ? cq_type_path(col->type) : NULL;
}

/* forbidden: flag bits that would refer to a liveness the row does not have. A live cell with the row's timestamp, which most
 * are, is told by one comparison: its flags are that one bit. */
CQ_ALWAYS_INLINE void cell_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, const struct cq_row *r,
	const uint8_t *row_start, unsigned forbidden, const struct cq_column *col, bool complex, uint64_t index,
	struct cq_cell *cell, const cq_trace *tr)
{
	const uint8_t *at = c->p;
	bool has_value = true;
	uint8_t flags;

	cq_group_nth(c, tr, CQ_F_CELL, index, col->name);
	flags = cq_u8(c, tr, CQ_F_CELL_FLAGS);
	cell->column = col;
	cell->flags = flags;
	cell->off = (uint32_t)(at - row_start);
	cell->ldt = CQ_NO_LDT;
	cell->ttl = 0;
	cell->timestamp = r->timestamp;
	if (CQ_UNLIKELY(flags != CQ_CELL_ROW_TIMESTAMP || forbidden & CQ_CELL_ROW_TIMESTAMP)) {
		if (flags & forbidden)
			cq_bad(c, at, CQ_F_CELL_FLAGS, flags, flags & 0xe0 ? "no bit above 0x10" :
				"no reference to a liveness that the row does not have");
		if (!(flags & CQ_CELL_ROW_TIMESTAMP))
			cell->timestamp = cq_delta(c, tr, CQ_F_CELL_TIMESTAMP, x->min_timestamp);
		if (flags & CQ_CELL_ROW_TTL) {
			cell->ldt = r->ldt;
			cell->ttl = r->ttl;
		} else if (flags & (CQ_CELL_DELETED | CQ_CELL_EXPIRING)) {
			cell->ldt = delta_ldt(c, x, feat, tr, CQ_F_CELL_LDT);
			if (flags & CQ_CELL_EXPIRING)
				cell->ttl = cq_delta32(c, tr, CQ_F_CELL_TTL, x->min_ttl);
		}
		has_value = !(flags & CQ_CELL_EMPTY_VALUE);
	}
	cell->path = (cq_slice){0};
	if (complex)
		cell->path = cq_bytes(c, cq_vint(c, tr, CQ_F_PATH_LENGTH), tr, CQ_F_CELL_PATH, path_type(col, tr));
	if (CQ_LIKELY(has_value)) {
		uint64_t len = !complex && col->fixed_len >= 0 ? (uint64_t)col->fixed_len :
			cq_vint(c, tr, CQ_F_VALUE_LENGTH);

		cell->value = cq_bytes(c, len, tr, CQ_F_CELL_VALUE, cell_type(col, cell->path, tr));
	} else {
		cell->value = cq_slice_of("", 0);
	}
	cq_group_end(c, tr);
}

/* ---- column subsets ---- */

/* Below 64 columns: a bitmap of the missing. From 64 on: the count of the missing, then the indexes of the present or of the
 * missing, whichever are fewer. Sets present[0 .. n). */
CQ_ALWAYS_INLINE void subset_body(cq_cur *c, uint32_t n, uint8_t *present, const cq_trace *tr)
{
	const uint8_t *at = c->p;
	uint64_t missing;
	uint32_t npresent, count;
	int64_t last = -1;

	cq_group(c, tr, CQ_F_COLUMN_SUBSET);
	if (n < LARGE_SUBSET) {
		uint64_t bits = cq_vint(c, tr, CQ_F_SUBSET_BITMAP);

		if (CQ_UNLIKELY(bits >> n))
			cq_bad(c, at, CQ_F_SUBSET_BITMAP, bits, "no bit for a column that the header does not list");
		for (uint32_t i = 0; i < n; i++)
			present[i] = !(bits >> i & 1);
		cq_group_end(c, tr);
		return;
	}
	missing = cq_vint(c, tr, CQ_F_SUBSET_COUNT);
	if (missing > n) {
		cq_bad(c, at, CQ_F_SUBSET_COUNT, missing, "no more than the header's columns");
		missing = 0;
	}
	npresent = n - (uint32_t)missing;
	memset(present, npresent >= n / 2, n);
	count = !missing ? 0 : npresent < n / 2 ? npresent : (uint32_t)missing;
	for (uint32_t i = 0; i < count && !c->status; i++) {
		const uint8_t *here = c->p;
		uint64_t index = cq_vint(c, tr, CQ_F_SUBSET_INDEX);

		if (index >= n || (int64_t)index <= last)
			cq_bad(c, here, CQ_F_SUBSET_INDEX, index, "indexes that ascend and stay below the column count");
		else
			present[index] = npresent < n / 2;
		last = (int64_t)index;
	}
	cq_group_end(c, tr);
}

/* ---- rows ---- */

CQ_ALWAYS_INLINE void complex_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, struct cq_scan *s, struct cq_row *r,
	const uint8_t *row_start, unsigned forbidden, const struct cq_column *col, const cq_trace *tr)
{
	struct cq_complex *k = &s->complex[r->ncomplex];
	const uint8_t *at;
	uint64_t n;

	cq_group_nth(c, tr, CQ_F_COLUMN, CQ_NO_INDEX, col->name);
	k->column = col;
	k->first = r->ncells;
	k->deletion = CQ_LIVE;
	if (r->flags & ROW_HAS_COMPLEX_DELETION)
		k->deletion = deletion_delta(c, x, feat, tr, CQ_F_COMPLEX_DELETION);
	at = c->p;
	n = cq_vint(c, tr, CQ_F_CELL_COUNT);
	/* A cell takes two bytes at least: flags and the length of its path. */
	if (n > cq_cur_left(c) / 2) {
		cq_bad(c, at, CQ_F_CELL_COUNT, n, "no more cells than the row has room for");
		n = 0;
	}
	if (CQ_UNLIKELY(r->ncells + n > s->cells_cap) && !cq_scan_grow_cells(s, r->ncells + (size_t)n)) {
		c->status = CQ_ENOMEM;
		c->end = c->p;
	}
	for (uint64_t i = 0; i < n && !c->status; i++)
		cell_body(c, x, feat, r, row_start, forbidden, col, true, i, &s->cells[r->ncells++], tr);
	k->count = r->ncells - k->first;
	r->ncomplex++;
	cq_group_end(c, tr);
}

/* flags byte read already, at row_start. Fills s->row; with no_cells the columns are passed over. */
CQ_ALWAYS_INLINE void row_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, struct cq_scan *s, const uint8_t *row_start,
	uint8_t flags, bool is_static, bool no_cells, const cq_trace *tr)
{
	struct cq_row *r = &s->row;
	const struct cq_kind_columns *cols = is_static ? &x->statics : &x->regulars;
	const uint32_t nsimple = cols->n - cols->ncomplex;
	const uint8_t *body, *body_end, *whole_end = c->end, *at;
	unsigned forbidden;
	bool all;

	r->flags = flags;
	r->extended = 0;
	if (CQ_UNLIKELY(flags & ROW_EXTENSION)) {
		at = c->p;
		r->extended = cq_u8(c, tr, CQ_F_ROW_EXTENDED_FLAGS);
		if (r->extended & ~(ROW_EXT_STATIC | ROW_EXT_SHADOWABLE | ROW_EXT_SCYLLA_SHADOWABLE) ||
		    !!(r->extended & ROW_EXT_STATIC) != is_static)
			cq_bad(c, at, CQ_F_ROW_EXTENDED_FLAGS, r->extended, is_static ? "the static flag and no unknown bit" :
				"no static flag here and no unknown bit");
	} else if (is_static) {
		cq_bad(c, row_start, CQ_F_ROW_FLAGS, flags, "a static row's flags (0x80 set)");
	}
	r->clustering = (struct cq_prefix){ .kind = is_static ? CQ_STATIC_CLUSTERING : CQ_CLUSTERING, .values = s->values };
	if (!is_static && x->nclustering) {
		cq_group(c, tr, CQ_F_CLUSTERING);
		clustering_values(c, x, x->nclustering, s->values, tr);
		cq_group_end(c, tr);
		r->clustering.n = x->nclustering;
	}
	at = c->p;
	r->body_size = cq_vint(c, tr, CQ_F_ROW_SIZE);
	body = c->p;
	if (CQ_UNLIKELY(r->body_size > cq_cur_left(c) || c->status)) {
		if (!c->status)
			cq_cur_stop(c, at, CQ_R_SHORT, CQ_F_ROW_SIZE, r->body_size + (uint64_t)(body - at), NULL);
		return;
	}
	/* Inside the row nothing may reach beyond its stated end: that is damage, not a window too small. */
	body_end = body + r->body_size;
	c->end = body_end;
	r->prev_size = cq_vint(c, tr, CQ_F_PREVIOUS_SIZE);
	r->has_liveness = flags & ROW_HAS_TIMESTAMP;
	r->timestamp = CQ_NO_TIMESTAMP;
	r->ttl = 0;
	r->ldt = CQ_NO_LDT;
	if (flags & ROW_HAS_TIMESTAMP) {
		r->timestamp = cq_delta(c, tr, CQ_F_ROW_TIMESTAMP, x->min_timestamp);
		if (CQ_UNLIKELY(flags & ROW_HAS_TTL)) {
			r->ttl = cq_delta32(c, tr, CQ_F_ROW_TTL, x->min_ttl);
			r->ldt = delta_ldt(c, x, feat, tr, CQ_F_ROW_EXPIRATION);
		}
	}
	r->deletion = CQ_LIVE;
	r->scylla_shadowable = CQ_LIVE;
	r->shadowable = r->extended & ROW_EXT_SHADOWABLE;
	if (CQ_UNLIKELY(flags & ROW_HAS_DELETION))
		r->deletion = deletion_delta(c, x, feat, tr, CQ_F_ROW_DELETION);
	if (CQ_UNLIKELY(r->extended & ROW_EXT_SCYLLA_SHADOWABLE))
		r->scylla_shadowable = deletion_delta(c, x, feat, tr, CQ_F_SCYLLA_SHADOWABLE);
	r->ncells = r->nsimple = r->ncomplex = 0;
	r->cells = s->cells;
	r->complex = s->complex;
	if (no_cells && !c->status) {
		c->p = body_end;
		c->end = whole_end;
		return;
	}
	all = flags & ROW_HAS_ALL_COLUMNS;
	if (!all)
		subset_body(c, cols->n, s->present, tr);
	forbidden = 0xe0u | (flags & ROW_HAS_TIMESTAMP ? 0 : CQ_CELL_ROW_TIMESTAMP) |
		(r->ttl ? 0 : CQ_CELL_ROW_TTL);
	/* No test of the status inside: a stopped cursor yields zeros, and the columns are bounded by the header. */
	if (CQ_LIKELY(all)) {
		const struct cq_column *col = cols->columns;

		for (struct cq_cell *cell = s->cells, *end = cell + nsimple; cell < end; cell++, col++)
			cell_body(c, x, feat, r, row_start, forbidden, col, false, CQ_NO_INDEX, cell, tr);
		r->ncells = nsimple;
	} else {
		for (uint32_t i = 0; i < nsimple; i++)
			if (s->present[i])
				cell_body(c, x, feat, r, row_start, forbidden, &cols->columns[i], false, CQ_NO_INDEX,
					&s->cells[r->ncells++], tr);
	}
	r->nsimple = r->ncells;
	for (uint32_t i = nsimple; i < cols->n && !c->status; i++) {
		if (all || s->present[i])
			complex_body(c, x, feat, s, r, row_start, forbidden, &cols->columns[i], tr);
	}
	r->cells = s->cells;                    /* may have moved when it grew */
	if (CQ_UNLIKELY(c->status)) {
		/* Short of the row's own end is damage whatever the window holds. */
		if (c->reason == CQ_R_SHORT)
			c->reason = CQ_R_VALUE, c->expected = "a field that ends inside its row";
		return;
	}
	if (CQ_UNLIKELY(c->p != body_end)) {
		cq_bad(c, at, CQ_F_ROW_SIZE, r->body_size, "the size that the row's fields add up to");
		return;
	}
	c->end = whole_end;
}

/* ---- markers ---- */

/* flags byte read already. The stated size is not enforced: some versions of Scylla and of Cassandra count it wrongly,
 * and the fields say where the marker ends. */
CQ_ALWAYS_INLINE void marker_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, struct cq_scan *s,
	const uint8_t *row_start, uint8_t flags, const cq_trace *tr)
{
	struct cq_marker *m = &s->marker;
	const uint8_t *at = c->p;

	if (CQ_UNLIKELY(flags != ROW_IS_MARKER))
		cq_bad(c, row_start, CQ_F_ROW_FLAGS, flags, "a marker's flags to be 0x02 alone");
	cq_group(c, tr, CQ_F_CLUSTERING);
	clustering_prefix(c, x, &m->bound, s->values, tr);
	if (m->bound.kind == CQ_CLUSTERING)
		cq_bad(c, at, CQ_F_BOUND_KIND, m->bound.kind, "a bound or a boundary (0, 1, 2, 5, 6, 7)");
	cq_group_end(c, tr);
	m->body_size = cq_vint(c, tr, CQ_F_MARKER_SIZE);
	m->prev_size = cq_vint(c, tr, CQ_F_PREVIOUS_SIZE);
	m->open = m->close = CQ_LIVE;
	if (cq_bound_opens(m->bound.kind) && cq_bound_closes(m->bound.kind)) {
		m->close = deletion_delta(c, x, feat, tr, CQ_F_CLOSE_DELETION);
		m->open = deletion_delta(c, x, feat, tr, CQ_F_OPEN_DELETION);
	} else if (cq_bound_opens(m->bound.kind)) {
		m->open = deletion_delta(c, x, feat, tr, CQ_F_MARKER_DELETION);
	} else {
		m->close = deletion_delta(c, x, feat, tr, CQ_F_MARKER_DELETION);
	}
}

/* Any unfiltered, its flags byte included. ev->kind says what it was. */
CQ_ALWAYS_INLINE void unfiltered_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, struct cq_scan *s, bool no_cells,
	struct cq_event *ev, const cq_trace *tr)
{
	const uint8_t *at = c->p;
	uint8_t flags = cq_u8(c, tr, CQ_F_ROW_FLAGS);

	if (CQ_LIKELY(!(flags & (ROW_END_OF_PARTITION | ROW_IS_MARKER)))) {
		ev->kind = CQ_EV_ROW;
		row_body(c, x, feat, s, at, flags, false, no_cells, tr);
	} else if (flags & ROW_END_OF_PARTITION) {
		ev->kind = CQ_EV_PARTITION_END;
		if (CQ_UNLIKELY(flags != ROW_END_OF_PARTITION))
			cq_bad(c, at, CQ_F_END_OF_PARTITION, flags, "the end of the partition to be 0x01 alone");
	} else {
		ev->kind = CQ_EV_MARKER;
		marker_body(c, x, feat, s, at, flags, tr);
	}
}

CQ_ALWAYS_INLINE void static_row_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, struct cq_scan *s, bool no_cells,
	const cq_trace *tr)
{
	const uint8_t *at = c->p;
	uint8_t flags = cq_u8(c, tr, CQ_F_ROW_FLAGS);

	if (flags & (ROW_END_OF_PARTITION | ROW_IS_MARKER))
		cq_bad(c, at, CQ_F_ROW_FLAGS, flags, "a static row (0x80 set, 0x01 and 0x02 clear)");
	row_body(c, x, feat, s, at, flags, true, no_cells, tr);
}

/* ---- the fast scan ---- */

/* The key stays in the window as long as the window stays; before it may move, it is copied. */
static CQ_COLD CQ_UNUSED int data_keep_key(struct cq_scan *s, struct cq_error *err)
{
	struct cq_partition *p = &s->partition;

	if (s->state == CQ_SCAN_PARTITION || p->key.p == s->key.p)
		return CQ_OK;
	cq_buf_clear(&s->key);
	if (!cq_buf_reserve(&s->key, p->key.len + 1))
		return cq_fail(err, CQ_ENOMEM, p->off, "no memory for a key");
	cq_buf_slice(&s->key, p->key);
	p->key = cq_slice_of(s->key.p, s->key.len);
	return CQ_OK;
}

/* Called when a unit did not decode: ask for more bytes and let the caller try again (CQ_OK), or make the error. */
static CQ_COLD CQ_UNUSED int data_more(struct cq_scan *s, const cq_cur *c, struct cq_error *err)
{
	struct cq_window *w = &s->w;
	uint64_t used = (uint64_t)(c->p - w->bytes), left = w->stream->len - w->off;
	size_t want;
	int rc;

	if (c->status == CQ_ENOMEM)
		return cq_fail(err, CQ_ENOMEM, cq_cur_off(c), "no memory for the cells of a row");
	if (c->reason != CQ_R_SHORT || w->len >= left || c->found > left - used) {
		rc = cq_cur_error(c, err);
		cq_error_at(err, w->stream->raw->name, cq_stream_space(w->stream));
		return rc;
	}
	rc = data_keep_key(s, err);
	if (rc < 0)
		return rc;
	want = (size_t)(used + c->found);
	if (want <= w->len)
		want = w->len + 1;
	return cq_window_need(w, want, err);
}

/* The window is empty: fill it. CQ_END only where a partition may end. */
static CQ_COLD CQ_UNUSED int data_fill(struct cq_scan *s, struct cq_error *err)
{
	int rc = data_keep_key(s, err);

	if (rc == CQ_OK)
		rc = cq_window_need(&s->w, 1, err);
	if (rc != CQ_END || s->state == CQ_SCAN_PARTITION)
		return rc;
	cq_fail(err, CQ_DAMAGED, s->w.off, "the data ends inside the partition that starts at 0x%llx",
		(unsigned long long)s->partition.off);
	cq_error_at(err, s->w.stream->raw->name, cq_stream_space(s->w.stream));
	return CQ_DAMAGED;
}

/* The header at c was read: make the event. */
CQ_ALWAYS_INLINE void data_start_partition(struct cq_scan *s, const uint8_t *after, struct cq_event *ev)
{
	struct cq_window *w = &s->w;
	size_t len = (size_t)(after - w->bytes);

	ev->kind = CQ_EV_PARTITION;
	ev->off = w->off;
	ev->len = len;
	ev->partition = &s->partition;
	s->partition.off = w->off;
	s->partition.header_len = (uint32_t)len;
	s->partition.index++;
	s->state = s->table->ctx.statics.n ? CQ_SCAN_STATIC : CQ_SCAN_UNFILTERED;
	cq_window_skip(w, len);
}

/* The next event, when it is one of the two that are not worth what decoding a row has to set up: the end of a partition, or a
 * header that the window has whole. False, and nothing has happened, otherwise. */
CQ_ALWAYS_INLINE bool data_scan_light(struct cq_scan *s, unsigned feat, struct cq_event *ev)
{
	struct cq_window *w = &s->w;

	if (s->state == CQ_SCAN_UNFILTERED) {
		if (CQ_LIKELY(!w->len || *w->bytes != ROW_END_OF_PARTITION))
			return false;
		ev->kind = CQ_EV_PARTITION_END;
		ev->off = w->off;
		ev->len = 1;
		ev->partition = &s->partition;
		cq_window_skip(w, 1);
		s->state = CQ_SCAN_PARTITION;
		return true;
	}
	if (s->state == CQ_SCAN_PARTITION && w->len && w->off < s->end) {
		cq_cur c = cq_cur_over(w->bytes, w->len, w->off);

		partition_header_body(&c, s->table, feat, &s->partition, NULL);
		if (CQ_UNLIKELY(c.status))
			return false;
		data_start_partition(s, c.p, ev);
		return true;
	}
	return false;
}

CQ_ALWAYS_INLINE int data_scan_whole(struct cq_scan *s, unsigned feat, struct cq_event *ev, struct cq_error *err)
{
	const struct cq_table *t = s->table;
	const struct cq_ctx *x = &t->ctx;
	struct cq_window *w = &s->w;
	int rc;

	for (;;) {
		enum cq_scan_state state = s->state;
		cq_cur c;

		if (state == CQ_SCAN_PARTITION && w->off >= s->end)
			return CQ_END;
		if (CQ_UNLIKELY(!w->len)) {
			rc = data_fill(s, err);
			if (rc != CQ_OK)
				return rc;
		}
		c = cq_cur_over(w->bytes, w->len, w->off);
		ev->off = w->off;
		ev->partition = &s->partition;
		if (CQ_LIKELY(state == CQ_SCAN_UNFILTERED)) {
			ev->row = &s->row;
			ev->marker = &s->marker;
			unfiltered_body(&c, x, feat, s, s->no_cells, ev, NULL);
			if (CQ_LIKELY(!c.status)) {
				ev->len = (uint64_t)(c.p - w->bytes);
				cq_window_skip(w, (size_t)ev->len);
				if (ev->kind == CQ_EV_PARTITION_END)
					s->state = CQ_SCAN_PARTITION;
				return CQ_OK;
			}
		} else if (state == CQ_SCAN_PARTITION) {
			partition_header_body(&c, t, feat, &s->partition, NULL);
			if (CQ_LIKELY(!c.status)) {
				data_start_partition(s, c.p, ev);
				return CQ_OK;
			}
		} else {
			static_row_body(&c, x, feat, s, false, NULL);
			if (CQ_LIKELY(!c.status)) {
				s->state = CQ_SCAN_UNFILTERED;
				ev->kind = CQ_EV_STATIC;
				ev->row = &s->row;
				ev->len = (uint64_t)(c.p - w->bytes);
				cq_window_skip(w, (size_t)ev->len);
				if (s->row.ncells || s->row.ncomplex || s->row.has_liveness || !cq_deletion_live(s->row.deletion))
					return CQ_OK;
				continue;                      /* an empty static row is no event */
			}
		}
		{
			cq_cur stopped = c;            /* a copy: the cursor itself must not have an address */

			rc = data_more(s, &stopped, err);
			if (rc != CQ_OK)
				return rc;
		}
	}
}

/* A version's scan: scan_next, compiled for its features. Rows have a function of their own, so that the light events need
 * not save the registers that a row wants. */
#define CQ_DATA_SCAN(scan_next, features) \
	static CQ_NOINLINE int scan_next##_whole(struct cq_scan *s, struct cq_event *ev, struct cq_error *err) \
	{ \
		return data_scan_whole(s, features, ev, err); \
	} \
	static int scan_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err) \
	{ \
		return data_scan_light(s, features, ev) ? CQ_OK : scan_next##_whole(s, ev, err); \
	}

#endif

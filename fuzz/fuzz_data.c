/* Rows, markers, partitions: an uncompressed Data.db, hostile, under a good header of the corpus. seeds: data
 *
 *     which header (1 byte, modulo their number), then Data.db
 *
 * A scan ends after at most as many events as there are bytes. Events stand one behind another, every slice lies in the
 * event's own bytes (or in the kept key). A scan without cells gives the same events. Explained, the same units have the
 * same extents, their leaves fill them, and damage is at the same byte in the same words. Slices, forward and reversed,
 * end. What a partition that scans well holds is found by a slice of it. */
#include "fuzz.h"

static struct fuzz_header headers[] = {
	{ .path = "3.11-md/main/statics/md-1-big-Statistics.db" },
	{ .path = "3.11-me/main/collections/me-1-big-Statistics.db" },
	{ .path = "3.11-me/main/range_tombstones/me-1-big-Statistics.db" },
	{ .path = "3.11-me/main/counters/me-1-big-Statistics.db" },
	{ .path = "3.11-thrift/main/composite/me-1-big-Statistics.db" },
	{ .path = "4.0-na/main/statics/na-1-big-Statistics.db" },
	{ .path = "4.1-nb/main/columns_64/nb-1-big-Statistics.db" },
	{ .path = "5.0-nb/main/statics/nb-1-big-Statistics.db" },
	{ .path = "5.0-nb/main/ttls/nb-1-big-Statistics.db" },
	{ .path = "5.0-nb/main/udts/nb-1-big-Statistics.db" },
	{ .path = "5.0-nb/main/range_tombstones/nb-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/collections/oa-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/statics/oa-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/range_tombstones/oa-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/columns_65/oa-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/many_clusterings/oa-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/ttls/oa-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/keys_only/oa-1-big-Statistics.db" },
	{ .path = "5.0-da/main/scalars/da-1-bti-Statistics.db" },
	{ .path = "5.0-da/main/deletions/da-1-bti-Statistics.db" },
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_load(headers, CQ_COUNTOF(headers));
	return 0;
}

struct unit {
	enum cq_event_kind kind;
	uint64_t off, len;
};

struct run {
	struct unit *v;
	size_t n, cap;
	int rc;
	struct cq_error err;
};

static bool inside(cq_slice s, const uint8_t *from, const uint8_t *to)
{
	return !s.len || (s.p >= from && s.p + s.len <= to);
}

static void slices_inside(const struct cq_scan *s, const struct cq_event *e)
{
	const uint8_t *to = s->w.bytes, *from = to - e->len;
	const struct cq_prefix *p;

	MUST(inside(e->partition->key, s->w.buf, s->w.bytes + s->w.len) || inside(e->partition->key, s->key.p, s->key.p + s->key.len));
	if (e->kind == CQ_EV_PARTITION || e->kind == CQ_EV_PARTITION_END)
		return;
	p = e->kind == CQ_EV_MARKER ? &e->marker->bound : &e->row->clustering;
	MUST(p->n <= s->table->ctx.nclustering);
	for (uint32_t i = 0; i < p->n; i++)
		MUST(inside(p->values[i], from, to));
	if (e->kind == CQ_EV_MARKER)
		return;
	for (uint32_t i = 0; i < e->row->ncells; i++)
		MUST(inside(e->row->cells[i].value, from, to) && inside(e->row->cells[i].path, from, to) && e->row->cells[i].off < e->len);
}

static void scan(const struct cq_table *t, bool no_cells, struct run *r)
{
	struct cq_scan_options opt = { .no_cells = no_cells };
	struct cq_event e;
	struct cq_scan *s;
	uint64_t at = 0;

	*r = (struct run){0};
	r->rc = cq_scan_open(&s, t, &opt, &r->err);
	if (r->rc < 0)
		return;
	while ((r->rc = cq_scan_next(s, &e, &r->err)) == CQ_OK) {
		MUST(e.len > 0 && e.off >= at && e.off + e.len <= t->stream.len);
		MUST(e.off == at || (t->ctx.statics.n && r->n && r->v[r->n - 1].kind == CQ_EV_PARTITION));
		MUST(r->n < t->stream.len);
		at = e.off + e.len;
		MUST(cq_scan_position(s) == at);
		slices_inside(s, &e);
		fuzz_touch_event(&e);
		if (r->n == r->cap) {
			r->cap = r->cap ? r->cap * 2 : 256;
			r->v = realloc(r->v, r->cap * sizeof *r->v);
		}
		r->v[r->n++] = (struct unit){ e.kind, e.off, e.len };
	}
	MUST(r->rc == CQ_END || r->rc == CQ_DAMAGED);
	fuzz_said(r->rc, &r->err);
	MUST(r->rc == CQ_END ? at == t->stream.len : r->err.off <= t->stream.len && r->err.off >= at);
	cq_scan_close(s);
}

/* One unit replayed: the leaves fill exactly its bytes. */
static void replay(const struct cq_table *t, const struct cq_unit *u, uint64_t len, struct fuzz_sink *s)
{
	struct cq_error err = {0};

	MUST(fuzz_explain(t, u, s, &err) == CQ_OK);
	MUST(s->jumps == 0 && s->at == u->off + len);
}

/* Partition i of the scan's, whose events begin at *k: explained, it has the same units. Returns whether it stopped. */
static bool same_partition(const struct cq_table *t, const struct run *r, size_t *k, size_t i, struct fuzz_sink *s, struct fuzz_sink *leaf)
{
	struct cq_unit u = { .kind = CQ_U_PARTITION, .field = CQ_F_PARTITION, .component = CQ_C_DATA, .space = CQ_SPACE_RAW,
		.off = r->v[*k].off, .len = CQ_NO_OFFSET, .arg = { i } };
	struct cq_error err = {0};
	bool first = true;
	int rc;

	for (++*k;; first = false) {
		bool more = false;

		rc = fuzz_explain(t, &u, s, &err);
		for (size_t c = 0; c < s->n; c++) {
			const struct cq_unit *x = &s->unit[c];

			if (x->kind == CQ_U_MORE_UNFILTEREDS) {
				MUST(c == s->n - 1 && rc == CQ_OK);
				u = *x;
				more = true;
				break;
			}
			/* The last child of a list that stopped is where it did. */
			if (rc != CQ_OK && c == s->n - 1) {
				MUST(x->len == CQ_NO_OFFSET);
				break;
			}
			MUST(x->len != CQ_NO_OFFSET && x->len > 0);
			if (x->kind == CQ_U_STATIC_ROW) {
				MUST(first && c == 0);
				if (*k < r->n && r->v[*k].kind == CQ_EV_STATIC) {
					MUST(r->v[*k].off == x->off && r->v[*k].len == x->len);
					++*k;
				}
			} else {
				MUST(*k < r->n && r->v[*k].off == x->off && r->v[*k].len == x->len);
				MUST(r->v[*k].kind == CQ_EV_ROW || r->v[*k].kind == CQ_EV_MARKER);
				++*k;
			}
			if (*k < 60)                           /* each takes a scan of its own */
				replay(t, x, x->len, leaf);
		}
		if (!more)
			break;
	}
	if (rc == CQ_OK) {
		MUST(*k < r->n && r->v[*k].kind == CQ_EV_PARTITION_END);
		++*k;
		return false;
	}
	/* It stopped where the scan did, and says the same. */
	if (*k != r->n || r->rc != rc || r->err.off != err.off || strcmp(r->err.msg, err.msg))
		fprintf(stderr, "event %zu of %zu; scanned: %d at 0x%llx %s; explained: %d at 0x%llx %s\n", *k, r->n, r->rc,
			(unsigned long long)r->err.off, r->err.msg, rc, (unsigned long long)err.off, err.msg);
	MUST(*k == r->n && r->rc == rc && r->err.off == err.off && !strcmp(r->err.msg, err.msg) && !strcmp(r->err.file, err.file));
	return true;
}

static void explained_as_scanned(const struct cq_table *t, const struct run *r)
{
	struct fuzz_sink s = {0}, leaf = {0};
	size_t k = 0;
	bool stopped = false;

	for (size_t i = 0; i < 40 && k < r->n && !stopped; i++) {
		MUST(r->v[k].kind == CQ_EV_PARTITION);
		stopped = same_partition(t, r, &k, i, &s, &leaf);
	}
	free(s.unit);
	free(leaf.unit);
	/* The list of partitions, as far as its first page. */
	if (r->n && r->v[0].kind == CQ_EV_PARTITION) {
		struct cq_unit u = { .kind = CQ_U_COMPONENT, .component = CQ_C_DATA, .len = t->stream.len };
		struct cq_error err = {0};
		size_t c = 0;
		int rc;

		s = (struct fuzz_sink){0};
		rc = fuzz_explain(t, &u, &s, &err);
		for (k = 0; k < r->n && c < s.n && s.unit[c].kind == CQ_U_PARTITION; c++) {
			MUST(s.unit[c].off == r->v[k].off);
			for (k++; k < r->n && r->v[k].kind != CQ_EV_PARTITION; k++)
				;
			/* Where the cells alone are bad, the list knows the extent and the scan does not. */
			if (k < r->n || r->rc == CQ_END)
				MUST(s.unit[c].len == (k < r->n ? r->v[k].off : t->stream.len) - s.unit[c].off);
		}
		MUST(r->rc == CQ_END ? rc == CQ_OK : true);
		free(s.unit);
	}
}

/* A partition from one event's clustering on, both ways. */
static void slices(const struct cq_table *t, const struct run *r, uint8_t pick)
{
	struct cq_position pos = { .index_off = CQ_NO_OFFSET, .rows_off = CQ_NO_OFFSET };
	cq_slice values[64] = {0};
	struct cq_buf copy = {0}, key = {0};
	struct cq_prefix bound = { .kind = CQ_INCL_START, .values = values };
	struct cq_error err = {0};
	struct cq_event e;
	struct cq_scan *s;
	size_t n = 0, target = r->n ? pick % r->n : 0;
	size_t ends[64] = {0};

	if (!r->n || t->ctx.nclustering > 64 || cq_scan_open(&s, t, NULL, &err) < 0)
		return;
	for (size_t i = 0; i <= target && cq_scan_next(s, &e, &err) == CQ_OK; i++) {
		if (e.kind == CQ_EV_PARTITION) {
			cq_buf_clear(&key);
			cq_buf_slice(&key, e.partition->key);
			pos.data_off = e.off;
			n = 0;
		}
		if (i == target && (e.kind == CQ_EV_ROW || e.kind == CQ_EV_MARKER)) {
			const struct cq_prefix *p = e.kind == CQ_EV_ROW ? &e.row->clustering : &e.marker->bound;

			for (n = 0; n < p->n; n++) {
				cq_buf_slice(&copy, p->values[n]);
				ends[n] = copy.len;
				values[n] = p->values[n];
			}
		}
	}
	for (size_t i = 0; i < n; i++)
		if (values[i].p)
			values[i] = cq_slice_of(copy.p ? copy.p + (i ? ends[i - 1] : 0) : (const uint8_t *)"", values[i].len);
	bound.n = (uint32_t)n;
	pos.key = cq_slice_of(key.p ? key.p : (const uint8_t *)"", key.len);
	for (int way = 0; way < 4; way++) {
		struct cq_slice_options o = { .reversed = way & 1 };
		struct cq_prefix end = bound;
		size_t count = 0;
		int rc;

		end.kind = CQ_INCL_END;
		if (way & 2)
			o.end = &end;
		else
			o.start = &bound;
		rc = cq_scan_slice(s, NULL, &pos, &o, &err);
		while (rc == CQ_OK && (rc = cq_scan_next(s, &e, &err)) == CQ_OK) {
			fuzz_touch_event(&e);
			MUST(++count <= t->stream.len + 4);
		}
		MUST(rc == CQ_END || rc == CQ_DAMAGED);
		fuzz_said(rc, &err);
	}
	cq_scan_close(s);
	cq_buf_finish(&copy);
	cq_buf_finish(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_archive a = {0};
	struct fuzz_header *h;
	struct cq_error err = {0};
	struct cq_table *t;
	struct run r, bare;

	if (size < 2)
		return 0;
	h = &headers[data[0] % CQ_COUNTOF(headers)];
	a.has[CQ_C_DATA] = a.has[CQ_C_STATISTICS] = true;
	a.file[CQ_C_DATA] = cq_slice_of(data + 1, size - 1);
	a.file[CQ_C_STATISTICS] = h->bytes;
	/* The header says "compressed": then opening wants CompressionInfo.db, and metadata_only does not. */
	MUST(fuzz_open(&a, h->version, false, true, &t, &err) == CQ_OK);
	scan(t, false, &r);
	scan(t, true, &bare);
	/* Without cells it gets at least as far. */
	MUST(bare.n >= r.n);
	for (size_t i = 0; i < r.n; i++)
		MUST(bare.v[i].kind == r.v[i].kind && bare.v[i].off == r.v[i].off && bare.v[i].len == r.v[i].len);
	explained_as_scanned(t, &r);
	slices(t, &r, data[size - 1]);
	free(r.v);
	free(bare.v);
	cq_table_close(t);
	return 0;
}

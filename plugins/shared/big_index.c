/* Index.db and Summary.db at work: look-ups, row index blocks, and their explanation. Compiled once for all BIG versions. */
#include <inttypes.h>
#include <stdlib.h>

#include "index.inc.h"
#include "shared.h"

/* ---- look-ups ---- */

struct big_lookup {
	struct cq_stream stream;               /* Index.db */
	struct cq_window w;
	struct cq_window promoted;             /* stays with the partition whose blocks are asked for */
	cq_slice *values;
	bool summary_bad;
};

void big_lookup_close(struct cq_lookup *l)
{
	struct big_lookup *b = l->state;

	cq_window_finish(&b->w);
	cq_window_finish(&b->promoted);
	free(b->values);
	free(b);
	l->state = NULL;
}

static int big_lookup_ready(struct cq_lookup *l, struct big_lookup **out, struct cq_error *err)
{
	const struct cq_space *space = l->table->component[CQ_C_INDEX];
	struct big_lookup *b = l->state;

	if (!b) {
		if (!space || !space->size)
			return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Index.db is %s", space ? "empty" : "missing");
		b = calloc(1, sizeof *b);
		if (!b || !(b->values = calloc(2 * l->table->ctx.nclustering + 1u, sizeof *b->values))) {
			free(b);
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a look-up");
		}
		b->stream = (struct cq_stream){ .raw = space, .len = space->size };
		cq_window_init(&b->w, &b->stream, 0);
		cq_window_init(&b->promoted, &b->stream, 0);
		l->state = b;
	}
	*out = b;
	return CQ_OK;
}

/* The entry at the window's position, without its promoted index. *len: bytes before that. */
static int big_entry(const struct cq_table *t, struct cq_window *w, struct index_entry *e, uint64_t *len, struct cq_error *err)
{
	for (size_t want = 1;;) {
		int rc = cq_window_need(w, want, err);
		cq_cur c;

		if (rc != CQ_OK)
			return rc;
		c = cq_cur_over(w->bytes, w->len, w->off);
		index_entry_body(&c, t, e, NULL);
		if (!c.status) {
			*len = (uint64_t)(c.p - w->bytes);
			if (e->promoted_len <= w->stream->len - w->off - *len)
				return CQ_OK;
			rc = cq_fail(err, CQ_DAMAGED, w->off, "promoted index length %" PRIu64 " passes the end of the file",
				e->promoted_len);
		} else if (c.reason == CQ_R_SHORT && w->off + w->len < w->stream->len) {
			want = (size_t)(c.p - w->bytes) + (size_t)c.found;
			want = want > w->len ? want : w->len + 1;
			continue;
		} else {
			rc = cq_cur_error(&c, err);
		}
		cq_error_at(err, w->stream->raw->name, CQ_SPACE_RAW);
		return rc;
	}
}

static void big_position(struct cq_lookup *l, const struct index_entry *e, uint64_t index_off, struct cq_position *out)
{
	cq_buf_clear(&l->key);
	cq_buf_slice(&l->key, e->key);
	*out = (struct cq_position){ .data_off = e->data_off, .index_off = index_off, .rows_off = CQ_NO_OFFSET,
		.key = cq_slice_of(l->key.p ? l->key.p : (const uint8_t *)"", l->key.len) };
}

/* Sample i of the summary. False when its bytes cannot be one. */
static bool summary_sample(struct cq_lookup *l, uint64_t i, cq_slice *key, uint64_t *position)
{
	const struct summary_header *h = &shared_of(l->table)->summary;
	const uint8_t *p;
	uint64_t off, next;
	cq_cur c;

	if (cq_pages_at(&l->summary, SUMMARY_HEADER + 4 * i, i + 1 < h->n ? 8 : 4, &p, NULL) < 0)
		return false;
	off = cq_le32(p);
	next = i + 1 < h->n ? cq_le32(p + 4) : h->size;
	if (off < 4 * (uint64_t)h->n || next > h->size || next < off + 8 || next - off > 65535 + 8)
		return false;
	if (cq_pages_at(&l->summary, SUMMARY_HEADER + off, (size_t)(next - off), &p, NULL) < 0)
		return false;
	c = cq_cur_over(p, (size_t)(next - off), SUMMARY_HEADER + off);
	summary_entry_body(&c, NULL, i, key, position, NULL);
	return !c.status;
}

/* Where in Index.db to start looking for something at (token, key): the position of the last sample at or before it, and
 * which sample that is. key NULL: before every key of the token. 0 when the summary cannot help. */
static uint64_t summary_floor(struct cq_lookup *l, struct big_lookup *b, const struct cq_token *token, const cq_slice *key,
	uint64_t *sample)
{
	const struct cq_table *t = l->table;
	const struct shared_state *st = shared_of(t);
	uint64_t lo = 0, hi = st->summary_ok && !b->summary_bad ? st->summary.n : 0, position = 0, best = 0;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct cq_token mt;
		cq_slice mk;
		int c = 0;

		if (!summary_sample(l, mid, &mk, &position)) {
			b->summary_bad = true;
			cq_finding_add(&l->findings, "summary-entry", CQ_ERROR, cq_basename(l->summary.space->name), CQ_SPACE_RAW,
				SUMMARY_HEADER + 4 * mid, "entry %" PRIu64 " is not inside the entries; the summary is not used", mid);
			return 0;
		}
		cq_token(&t->partitioner, mk, &mt);
		c = key ? cq_key_compare(&t->partitioner, &mt, mk, token, *key) : cq_token_compare(&t->partitioner, &mt, token);
		if (c < 0 || (c == 0 && key)) {
			best = position;
			*sample = mid;
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return best;
}

/* Is this entry the one that the sample was taken of? */
static bool is_sample(struct cq_lookup *l, uint64_t sample, const struct index_entry *e)
{
	uint64_t position;
	cq_slice key;

	return summary_sample(l, sample, &key, &position) && cq_slice_eq(key, e->key);
}

/* Find the first entry for which want() is not "before". The summary says where to begin; the first entry met there must
 * have the sample's key, or the summary lies and the index is read from its start. */
static int big_seek(struct cq_lookup *l, const struct cq_token *token, const cq_slice *key, bool inclusive,
	struct cq_position *out, struct cq_error *err)
{
	const struct cq_table *t = l->table;
	struct big_lookup *b;
	uint64_t start, len, sample = 0;
	int rc = big_lookup_ready(l, &b, err);

	if (rc < 0)
		return rc;
	start = summary_floor(l, b, token, key, &sample);
	if (start >= b->stream.len) {
		b->summary_bad = true;
		cq_finding_add(&l->findings, "summary-position", CQ_ERROR, cq_basename(l->summary.space->name), CQ_SPACE_RAW,
			CQ_NO_OFFSET, "an entry points to 0x%" PRIx64 ", behind the end of Index.db; the summary is not used", start);
		start = 0;
	}
again:
	cq_window_seek(&b->w, start);
	for (bool first = true;; first = false) {
		struct index_entry e;
		struct cq_token et;
		int c = 0;

		rc = big_entry(t, &b->w, &e, &len, err);
		if (start && first && (rc == CQ_END || rc == CQ_DAMAGED || (rc == CQ_OK && !is_sample(l, sample, &e)))) {
			b->summary_bad = true;
			cq_finding_add(&l->findings, "summary-position", CQ_ERROR, cq_basename(l->summary.space->name), CQ_SPACE_RAW,
				CQ_NO_OFFSET, "an entry points to 0x%" PRIx64 " of Index.db, where its key is not; the summary is not used",
				start);
			start = 0;
			goto again;
		}
		if (rc == CQ_END)
			return key ? CQ_NOT_FOUND : CQ_END;
		if (rc == CQ_OK) {
			/* Most entries differ from the key in length or first bytes; tokens decide the rest. */
			if (key && cq_slice_eq(e.key, *key)) {
				big_position(l, &e, b->w.off, out);
				return l->key.failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key") : CQ_OK;
			}
			cq_token(&t->partitioner, e.key, &et);
			c = key ? cq_key_compare(&t->partitioner, &et, e.key, token, *key) :
				cq_token_compare(&t->partitioner, &et, token);
		}
		if (rc < 0)
			return rc;
		if (key ? c > 0 : c > 0 || (c == 0 && inclusive)) {
			if (key)
				return CQ_NOT_FOUND;
			big_position(l, &e, b->w.off, out);
			return l->key.failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key") : CQ_OK;
		}
		cq_window_seek(&b->w, b->w.off + len + e.promoted_len);
	}
}

int big_find(struct cq_lookup *l, cq_slice key, const struct cq_token *token, struct cq_position *out,
	struct cq_error *err)
{
	return big_seek(l, token, &key, true, out, err);
}

int big_find_token(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
	struct cq_error *err)
{
	return big_seek(l, token, NULL, inclusive, out, err);
}

/* *at: offset of the entry in Index.db. */
int big_next(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err)
{
	struct index_entry e;
	struct big_lookup *b;
	uint64_t len;
	int rc = big_lookup_ready(l, &b, err);

	if (rc < 0)
		return rc;
	cq_window_seek(&b->w, *at);
	b->w.end = b->stream.len;              /* reading on is likely */
	rc = big_entry(l->table, &b->w, &e, &len, err);
	if (rc != CQ_OK)
		return rc;
	big_position(l, &e, *at, out);
	*at += len + e.promoted_len;
	return l->key.failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key") : CQ_OK;
}

/* ---- row index blocks ---- */

/* The promoted index of the partition at pos, whole in the window. *infos: cursor at the first block; *pointers: the table
 * of block pointers behind the last. CQ_NOT_FOUND when the partition has none. */
static int big_promoted(struct cq_lookup *l, const struct cq_position *pos, struct promoted_header *h,
	cq_cur *infos, const uint8_t **pointers, struct big_lookup **out, struct cq_error *err)
{
	struct cq_window *w;
	struct index_entry e;
	struct big_lookup *b;
	uint64_t len;
	int rc = big_lookup_ready(l, &b, err);

	if (rc < 0)
		return rc == CQ_EUNSUPPORTED ? CQ_NOT_FOUND : rc;
	if (pos->index_off == CQ_NO_OFFSET)
		return CQ_NOT_FOUND;
	w = &b->promoted;
	cq_window_seek(w, pos->index_off);
	rc = big_entry(l->table, w, &e, &len, err);
	if (rc == CQ_OK && !e.promoted_len)
		return CQ_NOT_FOUND;
	if (rc == CQ_OK)
		rc = cq_window_need(w, (size_t)(len + e.promoted_len), err);
	if (rc != CQ_OK)
		return rc == CQ_END ? CQ_NOT_FOUND : rc;
	*infos = cq_cur_over(w->bytes, (size_t)(len + e.promoted_len), w->off);
	infos->p += len;
	promoted_header_body(infos, l->table->features, h, NULL);
	if (infos->status) {
		rc = cq_cur_error(infos, err);
		cq_error_at(err, w->stream->raw->name, CQ_SPACE_RAW);
		return rc;
	}
	*pointers = infos->end - 4 * h->blocks;
	infos->end = *pointers;
	*out = b;
	return CQ_OK;
}

static int big_block_at(struct cq_lookup *l, struct big_lookup *b, const cq_cur *infos,
	const uint8_t *pointers, uint64_t k, struct index_block *out, struct cq_error *err)
{
	uint32_t rel = cq_be32(pointers + 4 * k);
	cq_cur c = *infos;
	int rc;

	if (rel > cq_cur_left(&c)) {
		rc = cq_fail(err, CQ_DAMAGED, infos->off + (uint64_t)(pointers + 4 * k - infos->base),
			"block pointer %" PRIu64 ": expected at most %zu, found %u", k, cq_cur_left(&c), rel);
	} else {
		c.p += rel;
		index_block_body(&c, &l->table->ctx, l->table->features, out, b->values, NULL);
		rc = cq_cur_error(&c, err);
	}
	cq_error_at(err, l->table->component[CQ_C_INDEX]->name, CQ_SPACE_RAW);
	return rc;
}

/* What a scan needs to begin at block k: its start, and the deletion open before it (at the end of block k - 1). */
static int big_block_start(struct cq_lookup *l, struct big_lookup *b, const cq_cur *infos,
	const uint8_t *pointers, uint64_t k, struct cq_block *out, struct cq_error *err)
{
	struct index_block blk;
	int rc;

	out->open = CQ_LIVE;
	if (k) {
		rc = big_block_at(l, b, infos, pointers, k - 1, &blk, err);
		if (rc < 0)
			return rc;
		out->open = blk.open;
	}
	rc = big_block_at(l, b, infos, pointers, k, &blk, err);
	out->start = blk.off;
	out->index = k;
	return rc;
}

int big_block_floor(struct cq_lookup *l, const struct cq_position *pos,
	const struct cq_prefix *bound, struct cq_block *out, struct cq_error *err)
{
	struct promoted_header h;
	const uint8_t *pointers;
	struct big_lookup *b;
	uint64_t lo = 0, hi;
	cq_cur infos;
	int rc = big_promoted(l, pos, &h, &infos, &pointers, &b, err);

	if (rc != CQ_OK)
		return rc;
	/* The last block whose first name is at or before the bound; the first one when none is. */
	for (hi = bound ? h.blocks : 0; lo < hi;) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct index_block blk;

		rc = big_block_at(l, b, &infos, pointers, mid, &blk, err);
		if (rc < 0)
			return rc;
		if (cq_prefix_compare(l->table->ctx.clustering, &blk.first, bound) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return big_block_start(l, b, &infos, pointers, bound ? lo ? lo - 1 : 0 : h.blocks - 1, out, err);
}

int big_block_before(struct cq_lookup *l, const struct cq_position *pos, struct cq_block *inout, struct cq_error *err)
{
	struct promoted_header h;
	const uint8_t *pointers;
	struct big_lookup *b;
	cq_cur infos;
	int rc;

	if (!inout->index)
		return CQ_END;
	rc = big_promoted(l, pos, &h, &infos, &pointers, &b, err);
	return rc != CQ_OK ? rc : big_block_start(l, b, &infos, pointers, inout->index - 1, inout, err);
}

/* ---- explaining ---- */

static int index_list(const struct cq_table *t, uint64_t off, uint64_t index, const cq_trace *tr, struct cq_error *err)
{
	struct cq_stream stream = { .raw = t->component[CQ_C_INDEX], .len = t->component[CQ_C_INDEX]->size };
	struct cq_buf name = {0};
	struct cq_window w;
	int rc = CQ_OK;

	cq_window_init(&w, &stream, 0);
	cq_window_seek(&w, off);
	for (size_t n = 0; w.off < stream.len; n++, index++) {
		struct cq_unit u = { .kind = CQ_U_INDEX_ENTRY, .field = CQ_F_INDEX_ENTRY, .component = CQ_C_INDEX, .off = w.off,
			.len = CQ_NO_OFFSET, .arg = { index } };
		struct index_entry e;
		uint64_t len;

		if (n == CQ_UNITS_A_PAGE) {
			u.kind = CQ_U_MORE_INDEX_ENTRIES;
			u.field = CQ_F_MORE;
			u.len = stream.len - w.off;
			cq_trace_child(tr, &u, index, (cq_slice){0});
			break;
		}
		rc = big_entry(t, &w, &e, &len, err);
		cq_buf_clear(&name);
		if (rc == CQ_OK) {
			cq_table_print_key(t, e.key, &name);
			u.len = len + e.promoted_len;
		}
		cq_trace_child(tr, &u, index, cq_buf_bytes(&name));
		if (rc != CQ_OK)
			break;
		cq_window_seek(&w, w.off + u.len);
	}
	cq_window_finish(&w);
	cq_buf_finish(&name);
	return rc;
}

static int index_explain_entry(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	struct cq_stream stream = { .raw = t->component[CQ_C_INDEX], .len = t->component[CQ_C_INDEX]->size };
	bool typed = t->stats.has & CQ_HAS_HEADER;
	cq_slice *values = calloc(2 * t->ctx.nclustering + 1u, sizeof *values);
	struct promoted_header h;
	struct index_entry e;
	struct cq_window w;
	uint64_t len;
	cq_cur c;
	int rc;

	if (!values)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for an index entry");
	cq_window_init(&w, &stream, 0);
	cq_window_seek(&w, u->off);
	rc = big_entry(t, &w, &e, &len, err);
	if (rc == CQ_OK)
		rc = cq_window_need(&w, (size_t)(len + e.promoted_len), err);
	c = cq_cur_over(w.bytes, rc == CQ_OK ? (size_t)(len + e.promoted_len) : w.len, w.off);
	index_entry_body(&c, t, &e, tr);
	if (!c.status && rc == CQ_OK && e.promoted_len) {
		cq_group(&c, tr, CQ_F_PROMOTED_INDEX);
		promoted_header_body(&c, t->features, &h, tr);
		/* Without types nobody knows where a block's clusterings end, but the pointers are the last thing there is. */
		if (!typed && !c.status) {
			const uint64_t at = cq_cur_off(&c);

			cq_skip(&c, cq_cur_left(&c) - 4 * h.blocks, tr, CQ_F_UNKNOWN_BYTES);
			cq_trace_note(tr, CQ_F_UNKNOWN_BYTES, at, "%" PRIu64 " blocks, whose clusterings need types", h.blocks);
		}
		for (uint64_t k = 0; typed && k < h.blocks && !c.status; k++) {
			struct index_block blk;

			cq_group_nth(&c, tr, CQ_F_INDEX_BLOCK, k, (cq_slice){0});
			index_block_body(&c, &t->ctx, t->features, &blk, values, tr);
			cq_group_end(&c, tr);
		}
		for (uint64_t k = 0; k < h.blocks && !c.status; k++)
			cq_i32(&c, tr, CQ_F_BLOCK_POINTER);
		if (!c.status && cq_cur_left(&c))
			cq_skip(&c, cq_cur_left(&c), tr, CQ_F_UNKNOWN_BYTES);
		cq_group_end(&c, tr);
	}
	if (rc == CQ_OK && c.status) {
		rc = cq_cur_error(&c, err);
		cq_error_at(err, stream.raw->name, CQ_SPACE_RAW);
	}
	cq_window_finish(&w);
	free(values);
	return rc;
}

int index_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	switch (u->kind) {
	case CQ_U_COMPONENT: return index_list(t, 0, 0, tr, err);
	case CQ_U_MORE_INDEX_ENTRIES: return index_list(t, u->off, u->arg[0], tr, err);
	case CQ_U_INDEX_ENTRY: return index_explain_entry(t, u, tr, err);
	default: return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no such unit in Index.db: %u", u->kind);
	}
}

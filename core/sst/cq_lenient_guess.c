/* Where a partition could begin, without an index that could say so. At every byte that can be read:
 *
 *     00 04 | .. key .. | 7f ff ff ff 80 00 00 00 00 00 00 00 | 24 ..      a key's length, the key, a deletion, an unfiltered
 *
 * The length must fit the key's type, the deletion be none or one within the times that Statistics.db knows, the key a value
 * of its type, behind the partition begun last in the order of tokens and not behind the last of all (where that is known), and
 * preferably one that Filter.db knows. Then the unfiltereds must decode, and say of each other where they stand: each stores its distance from
 * the one before, the first that from the partition's start. That alone leaves chance next to nothing. Up to UNITS of them
 * are looked at, so that damage further on does not take what comes before it; a partition that ends sooner must be followed
 * by what looks like another one, or by nothing. A key that Filter.db denies needs DENIED of them at least: the filter, too, may
 * be damaged.
 *
 * Cost: one pass over the gap, and what the candidates cost that fail; that is bounded by a budget for all guesses of a scan
 * together (16 times the stream, 64 MiB at least). When it is used up there are no more guesses. */
#include "cq_lenient_priv.h"

enum {
	UNITS = 32,
	DENIED = 4,
	UNIT_LEN = 32 << 20,                   /* a guess does not believe in larger ones */
	DECODING = 256,                        /* what decoding a unit costs, in bytes read */
};

struct guess {
	struct cq_lenient *l;
	bool has_last;
	struct cq_token after, last;           /* tokens: behind the one, not behind the other */
	cq_slice after_key;
	bool has_after;
	uint64_t chunk;                        /* bytes a chunk or block costs */
	uint64_t chunks_read;
};

/* Bytes at the window's position, n at least. CQ_NOT_FOUND: they cannot be had. */
static int have(struct guess *g, size_t n, struct cq_error *err)
{
	struct cq_lenient *l = g->l;
	struct cq_window *w = &l->s->w;
	int rc;

	if (w->len >= n)
		return CQ_OK;
	/* Known to be bad: not worth another checksum. */
	if (l->bad_to > w->off && w->off + n > l->bad_from)
		return CQ_NOT_FOUND;
	rc = cq_window_need(w, n, err);
	if (rc == CQ_DAMAGED && cq_lenient_note_bad(l))
		rc = cq_window_need(w, n, err);
	if (rc == CQ_DAMAGED || rc == CQ_END)
		return CQ_NOT_FOUND;
	return rc < 0 ? rc : w->len >= n ? CQ_OK : CQ_NOT_FOUND;
}

static bool may_be_deletion(const struct cq_statistics *st, int64_t ldt, int64_t timestamp)
{
	if (timestamp == CQ_NO_TIMESTAMP)
		return false;
	if (!(st->has & CQ_HAS_STATS))
		return timestamp >= 0 && ldt >= 0;
	return timestamp >= st->min_timestamp && timestamp <= st->max_timestamp && ldt >= st->min_ldt && ldt <= st->max_ldt;
}

struct header {
	bool live;                             /* no deletion */
	bool denied;                           /* by the filter */
};

/* Does what the window stands at look like a partition's header? CQ_OK, CQ_NOT_FOUND. */
static int looks_like_header(struct guess *g, struct header *h, struct cq_error *err)
{
	struct cq_lenient *l = g->l;
	const struct cq_table *t = l->table;
	const struct cq_partitioner *p = &t->partitioner;
	const struct cq_window *w = &l->s->w;
	const struct cq_type *type = t->stats.key_type;
	struct cq_token token;
	const uint8_t *d;
	cq_slice key;
	size_t len;
	int rc = have(g, 2, err);

	if (rc != CQ_OK)
		return rc;
	len = cq_be16(w->bytes);
	if (!len || (type->fixed_len >= 0 && len != (size_t)type->fixed_len))
		return CQ_NOT_FOUND;
	rc = have(g, 2 + len + 1, err);
	if (rc != CQ_OK)
		return rc;
	if (t->features & CQ_FEAT_UINT_DELETION_TIME) {
		h->live = w->bytes[2 + len] == 0x80;
		if (!h->live && w->bytes[2 + len] & 0x80)
			return CQ_NOT_FOUND;
	} else {
		h->live = false;
	}
	if (!h->live) {
		rc = have(g, 2 + len + 12, err);
		if (rc != CQ_OK)
			return rc;
		d = w->bytes + 2 + len;
		if (t->features & CQ_FEAT_UINT_DELETION_TIME) {
			if (!may_be_deletion(&t->stats, cq_be32(d + 8), (int64_t)cq_be64(d)))
				return CQ_NOT_FOUND;
		} else {
			h->live = cq_be32(d) == INT32_MAX && cq_be64(d + 4) == (uint64_t)INT64_MIN;
			if (!h->live && !may_be_deletion(&t->stats, (int32_t)cq_be32(d), (int64_t)cq_be64(d + 4)))
				return CQ_NOT_FOUND;
		}
	}
	key = cq_slice_of(w->bytes + 2, len);
	l->budget -= len < l->budget ? len : l->budget;
	if (cq_value_check(type, key, NULL) != CQ_OK)
		return CQ_NOT_FOUND;
	cq_token(p, key, &token);
	if (g->has_after && cq_key_compare(p, &token, key, &g->after, g->after_key) <= 0)
		return CQ_NOT_FOUND;
	if (g->has_last && cq_token_compare(p, &token, &g->last) > 0)
		return CQ_NOT_FOUND;
	h->denied = cq_lenient_filter(l, key) == 0;
	return CQ_OK;
}

/* How far units may reach; whole chunks, as the window wants it. */
static void keep_near(struct guess *g)
{
	struct cq_lenient *l = g->l;
	const uint64_t whole = l->table->stream.len, at = l->s->w.off;
	uint64_t end = whole - at > UNIT_LEN ? at + UNIT_LEN : whole;

	if (g->chunk && end < whole)
		end = whole - end < g->chunk ? whole : (end + g->chunk - 1) / g->chunk * g->chunk;
	l->near.len = end < whole ? end : whole;
}

/* Does it decode as a partition, and its unfiltereds agree on where they stand? */
static int looks_like_partition(struct guess *g, uint64_t off, struct header h, struct cq_error *err)
{
	struct cq_lenient *l = g->l;
	struct cq_scan *s = l->s;
	uint64_t before = off, units = 0, least = h.denied ? DENIED : 1;
	struct cq_event ev;
	int rc;

	cq_lenient_go(l, off, CQ_SCAN_PARTITION);
	for (;;) {
		keep_near(g);
		l->budget -= l->budget < DECODING ? l->budget : DECODING;
		rc = cq_lenient_step(l, &ev, err);
		if (rc == CQ_DAMAGED || rc == CQ_END)
			/* A unit that reaches into a bad chunk speaks for nothing, but neither against what came before. */
			return units >= least && l->bad_from > before && s->w.off < l->bad_from && s->w.off + s->w.len >= l->bad_from ? CQ_OK : CQ_NOT_FOUND;
		if (rc != CQ_OK)
			return rc;
		if (ev.kind == CQ_EV_STATIC)
			h.live = false;                /* something is there even without rows */
		if (ev.kind == CQ_EV_ROW || ev.kind == CQ_EV_MARKER) {
			if (cq_lenient_prev_size(&ev) != ev.off - before)
				return CQ_NOT_FOUND;
			before = ev.off;
			if (++units == UNITS)
				return CQ_OK;
		}
		if (ev.kind == CQ_EV_PARTITION_END) {
			struct guess behind = *g;
			struct cq_buf key = {0};
			struct header next;

			if (units < least && (h.denied || h.live))
				return CQ_NOT_FOUND;
			if (s->w.off >= l->table->stream.len || (units && cq_lenient_bad(l, s->w.off)))
				return CQ_OK;
			cq_buf_slice(&key, s->partition.key);
			cq_token(&l->table->partitioner, cq_buf_bytes(&key), &behind.after);
			behind.has_after = !key.failed;
			behind.after_key = cq_buf_bytes(&key);
			rc = looks_like_header(&behind, &next, err);
			if (rc == CQ_NOT_FOUND && units > 1 && l->bad_to > s->w.off && s->w.off + s->w.len >= l->bad_from)
				rc = CQ_OK;            /* it cannot be seen */
			cq_buf_finish(&key);
			return rc;
		}
	}
}

static int search(struct guess *g, uint64_t off, uint64_t end, struct cq_event *ev, struct cq_error *err)
{
	struct cq_lenient *l = g->l;
	struct cq_window *w = &l->s->w;

	while (off < end && l->budget) {
		struct header h;
		uint64_t cost;
		int rc;

		if (cq_lenient_bad(l, off)) {
			off = l->bad_to;
			continue;
		}
		cq_window_seek(w, off);
		keep_near(g);
		rc = looks_like_header(g, &h, err);
		if (rc == CQ_OK)
			rc = looks_like_partition(g, off, h, err);
		if (rc == CQ_OK) {
			cq_lenient_go(l, off, CQ_SCAN_PARTITION);
			return cq_lenient_step(l, ev, err);
		}
		if (rc != CQ_NOT_FOUND)
			return rc;
		off++;
		cost = (w->chunks_read - g->chunks_read) * (g->chunk ? g->chunk : 1 << 16);
		g->chunks_read = w->chunks_read;
		l->budget -= cost < l->budget ? cost : l->budget;
	}
	return CQ_END;
}

int cq_lenient_guess(struct cq_lenient *l, uint64_t off, uint64_t end, struct cq_event *ev, struct cq_error *err)
{
	const struct cq_table *t = l->table;
	const struct cq_stream *whole = l->s->w.stream;
	struct guess g = { .l = l, .chunks_read = l->s->w.chunks_read };
	int rc;

	g.chunk = t->stream.chunks ? t->stream.chunks->chunk_len : t->stream.crcs ? t->stream.crc_block : 0;
	g.has_after = l->partition != CQ_NO_OFFSET;
	g.after_key = l->broken.p.key;
	if (g.has_after)
		cq_token(&t->partitioner, g.after_key, &g.after);
	g.has_last = t->stats.has & CQ_HAS_KEY_RANGE && t->stats.last_key.len;
	if (g.has_last)
		cq_token(&t->partitioner, t->stats.last_key, &g.last);
	/* Only this far may a unit reach that a candidate claims to have. */
	l->near = *whole;
	l->s->w.stream = &l->near;
	rc = search(&g, off, end, ev, err);
	l->s->w.stream = l->near.crcs || !whole->crcs ? whole : &l->plain;
	return rc == CQ_DAMAGED || rc == CQ_NOT_FOUND ? CQ_END : rc;
}

/* Index.db read from front to back, with the places of its fields (cq_index.h), for all BIG versions. */
#include <inttypes.h>
#include <stdlib.h>

#include "index.inc.h"
#include "shared.h"

struct walk {
	struct cq_stream stream;               /* Index.db */
	struct cq_window w;                    /* at the entry that next gives */
	struct cq_window rows;                 /* at the entry whose blocks are given */
	uint64_t at, last;                     /* where the next entry starts, where the one given last does */
	uint64_t rest, before;                 /* where its promoted index starts, and that of the one before it */
	/* the blocks in use */
	cq_slice *values;
	cq_cur infos;                          /* at the next block; base: the first one */
	const uint8_t *first, *pointers;
	uint64_t blocks, given;
	uint64_t end;                          /* file offset behind the pointers */
	bool open;
};

static void big_walk_close(struct cq_index *x)
{
	struct walk *k = x->state;

	cq_window_finish(&k->w);
	cq_window_finish(&k->rows);
	free(k->values);
	free(k);
	x->state = NULL;
}

static int big_walk_open(struct cq_index *x, struct cq_error *err)
{
	const struct cq_space *space = x->table->component[CQ_C_INDEX];
	struct walk *k;

	if (!space || !space->size)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Index.db is %s", space ? "empty" : "missing");
	x->state = k = calloc(1, sizeof *k);
	if (!k || !(k->values = calloc(2 * x->table->ctx.nclustering + 1u, sizeof *k->values)))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for an index");
	k->stream = (struct cq_stream){ .raw = space, .len = space->size };
	cq_window_init(&k->w, &k->stream, space->size);
	cq_window_init(&k->rows, &k->stream, 0);
	return CQ_OK;
}

static int big_walk_seek(struct cq_index *x, uint64_t at, cq_slice comparable, struct cq_error *err)
{
	struct walk *k = x->state;

	(void)comparable;
	if (at > k->stream.len)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "0x%" PRIx64 " is behind the end of Index.db", at);
	k->at = k->rest = at;
	return CQ_OK;
}

/* ---- numbers as the writer writes them ---- */

static uint32_t vint_len(uint64_t v)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);

	return bits > 56 ? 9 : (bits + 6) / 7;
}

/* What a trace sees of a promoted index: where its fields stand, and the first that is not in its one proper form. */
struct places {
	uint64_t odd;
	uint64_t values;                       /* clustering values that are still to come */
	uint32_t nclustering;
	struct cq_span_at header, blocks, off, width, flag;
	struct cq_span_at names[2], deletion, open;
	unsigned in;                           /* field of the innermost group we keep */
};

static void odd(struct places *p, uint64_t off)
{
	if (p->odd == CQ_NO_OFFSET)
		p->odd = off;
}

static void on_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	struct places *p = arg;

	(void)index;
	(void)name;
	p->in = field;
	if (field == CQ_F_FIRST_NAME)
		p->names[0].off = off;
	else if (field == CQ_F_LAST_NAME)
		p->names[1].off = off;
	else if (field == CQ_F_PARTITION_DELETION)
		p->deletion.off = off;
	else if (field == CQ_F_END_OPEN_MARKER)
		p->open.off = off;
}

static void on_end(void *arg, uint64_t off, int status)
{
	struct places *p = arg;

	(void)status;
	if (p->in == CQ_F_FIRST_NAME)
		p->names[0].len = (uint32_t)(off - p->names[0].off);
	else if (p->in == CQ_F_LAST_NAME)
		p->names[1].len = (uint32_t)(off - p->names[1].off);
	else if (p->in == CQ_F_PARTITION_DELETION)
		p->deletion.len = (uint32_t)(off - p->deletion.off);
	else if (p->in == CQ_F_END_OPEN_MARKER)
		p->open.len = (uint32_t)(off - p->open.off);
	p->in = 0;
}

static void on_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	const struct cq_span_at here = { .off = off, .len = (uint32_t)len };
	struct places *p = arg;
	uint64_t v;

	switch (field) {
	case CQ_F_HEADER_LENGTH:
		p->header = here;
		break;
	case CQ_F_BLOCK_COUNT:
		p->blocks = here;
		break;
	case CQ_F_BLOCK_OFFSET:
		p->off = here;
		break;
	case CQ_F_BLOCK_WIDTH:
		p->width = here;
		v = value - 65536;
		value = v << 1 ^ (0 - (v >> 63));      /* as it was stored */
		break;
	case CQ_F_BOUND_KIND:
		p->values = value == CQ_CLUSTERING ? p->nclustering : 0;
		return;
	case CQ_F_BOUND_SIZE:
		p->values = value;
		return;
	case CQ_F_CLUSTERING_HEADER: {
		unsigned n = p->values < 32 ? (unsigned)p->values : 32;

		if (n < 32 && value >> 2 * n)
			odd(p, off);
		p->values -= n;
		break;
	}
	case CQ_F_CLUSTERING_LENGTH:
		break;
	case CQ_F_OPEN_MARKER_FLAG:
		p->flag = here;
		if (value > 1)
			odd(p, off);
		return;
	default:
		return;
	}
	if (len != vint_len(value))
		odd(p, off);
}

static const struct cq_sink places_sink = { .begin = on_begin, .end = on_end, .number = on_number };

/* ---- entries ---- */

static int damaged(const struct walk *k, const cq_cur *c, struct cq_error *err)
{
	int rc = cq_cur_error(c, err);

	cq_error_at(err, k->stream.raw->name, CQ_SPACE_RAW);
	return rc;
}

/* The entry at w, without its promoted index. *len: its bytes before that. */
static int entry_at(const struct cq_index *x, struct cq_window *w, struct index_entry *e, uint64_t *len, struct cq_error *err)
{
	struct walk *k = x->state;

	for (size_t want = 1;;) {
		int rc = cq_window_need(w, want, err);
		cq_cur c;

		if (rc != CQ_OK)
			return rc;
		c = cq_cur_over(w->bytes, w->len, w->off);
		index_entry_body(&c, x->table, e, NULL);
		if (CQ_LIKELY(!c.status)) {
			*len = (uint64_t)(c.p - w->bytes);
			if (e->promoted_len <= k->stream.len - w->off - *len)
				return CQ_OK;
			rc = cq_fail(err, CQ_DAMAGED, w->off, "promoted index length: expected at most the %" PRIu64
				" bytes that follow, found %" PRIu64, k->stream.len - w->off - *len, e->promoted_len);
			cq_error_at(err, k->stream.raw->name, CQ_SPACE_RAW);
			return rc;
		}
		if (c.reason != CQ_R_SHORT || w->off + w->len >= k->stream.len)
			return damaged(k, &c, err);
		want = (size_t)(c.p - w->bytes) + (size_t)c.found;
		want = want > w->len ? want : w->len + 1;
	}
}

/* What nearly all entries are: at hand with some bytes behind, no promoted index, and the position in its one proper form. False:
 * read it as any other. */
CQ_ALWAYS_INLINE bool plain_entry(struct walk *k, struct cq_index_entry *out)
{
	enum { POSITION_MAX = 8 };                     /* bytes looked at from there on */
	struct cq_window *w = &k->w;
	uint64_t ahead = k->at - w->off, position;
	size_t key;
	unsigned more;
	const uint8_t *p;

	if (k->at < w->off || ahead >= w->len || w->len - ahead < 2 + POSITION_MAX + 1)
		return false;
	p = w->bytes + ahead;
	key = cq_be16(p);
	if (w->len - ahead - 2 < key + POSITION_MAX + 1)
		return false;
	p += 2 + key;
	more = (unsigned)__builtin_clz(~((uint32_t)*p << 24));
	if (more >= POSITION_MAX || p[more + 1])
		return false;
	position = cq_be64(p) << (more + 1) >> (more + 1) >> (56 - 8 * more);
	if (more && !(position >> 7 * more))
		return false;
	cq_window_skip(w, (size_t)ahead);
	/* Every field by itself: this is called for every partition. */
	out->off = k->last = k->at;
	k->before = k->rest;
	out->len = 2 + key + more + 1 + 1;
	out->key = cq_slice_of(p - key, key);
	out->data_off = position;
	out->at = (struct cq_span_at){ .off = k->at + 2 + key, .len = more + 1 };
	out->length_at = (struct cq_span_at){ .off = out->at.off + more + 1, .len = 1 };
	k->at += out->len;
	out->rows_off = k->rest = k->at;
	out->rows_len = 0;
	out->odd = out->rows_start = CQ_NO_OFFSET;
	out->rows_db = out->has_hash = out->wide = false;
	out->path = (cq_slice){0};
	out->hash = 0;
	out->hash_at = 0;
	return true;
}

static CQ_NOINLINE int other_entry(struct cq_index *x, struct cq_index_entry *out, struct cq_error *err)
{
	struct walk *k = x->state;
	uint32_t position, length;
	struct index_entry e;
	uint64_t len = 0;
	int rc;

	cq_window_seek(&k->w, k->at);
	k->last = k->at;
	k->before = k->rest;
	rc = entry_at(x, &k->w, &e, &len, err);
	if (CQ_UNLIKELY(rc != CQ_OK)) {
		*out = (struct cq_index_entry){ .off = k->at, .odd = CQ_NO_OFFSET, .rows_start = CQ_NO_OFFSET };
		return rc;
	}
	out->off = k->at;
	out->odd = out->rows_start = CQ_NO_OFFSET;
	out->rows_db = out->has_hash = false;
	out->path = (cq_slice){0};
	out->hash = 0;
	out->hash_at = 0;
	position = vint_len(e.data_off);
	length = vint_len(e.promoted_len);
	if (CQ_UNLIKELY(len != 2 + e.key.len + position + length)) {
		/* One of the two is longer than it need be. */
		cq_cur c = cq_cur_over(k->w.bytes, k->w.len, k->at);

		c.p += 2 + e.key.len;
		out->odd = cq_cur_off(&c);
		cq_vint_raw(&c, CQ_F_DATA_POSITION);
		if (cq_cur_off(&c) - out->odd == position)
			out->odd = cq_cur_off(&c);
		position = (uint32_t)(cq_cur_off(&c) - k->at - 2 - e.key.len);
		length = (uint32_t)(len - 2 - e.key.len - position);
	}
	out->key = e.key;
	out->data_off = e.data_off;
	out->at = (struct cq_span_at){ .off = k->at + 2 + e.key.len, .len = position };
	out->length_at = (struct cq_span_at){ .off = out->at.off + position, .len = length };
	out->wide = e.promoted_len;
	out->rows_off = k->rest = k->at + len;
	out->rows_len = e.promoted_len;
	out->len = len + e.promoted_len;
	k->at += out->len;
	return CQ_OK;
}

static int big_walk_next(struct cq_index *x, struct cq_index_entry *out, struct cq_error *err)
{
	return CQ_LIKELY(plain_entry(x->state, out)) ? CQ_OK : other_entry(x, out, err);
}

static uint32_t put_vint(uint8_t *p, uint64_t v)
{
	uint32_t n = vint_len(v);

	for (uint32_t i = 0; i < n; i++)
		p[i] = (uint8_t)(n - 1 - i < 8 ? v >> 8 * (n - 1 - i) : 0);
	p[0] |= (uint8_t)(0xff00u >> (n - 1));
	return n;
}

/* The bytes of an entry up to the position are known: look for them. */
static int big_walk_find(struct cq_index *x, cq_slice key, uint64_t data_off, uint64_t limit, uint64_t *from,
	struct cq_error *err)
{
	struct walk *k = x->state;
	uint64_t start = k->before < k->last ? k->before : k->last, left;
	uint8_t head[2], tail[9];
	uint32_t tail_len = put_vint(tail, data_off);
	size_t n, need = 2 + key.len + tail_len;
	const uint8_t *p;
	int rc;

	if (key.len > UINT16_MAX)
		return CQ_NOT_FOUND;
	cq_put_be16(head, (uint16_t)key.len);
	left = k->stream.len - start;
	n = (size_t)(left < limit ? left : limit);
	if (n < need)
		return CQ_NOT_FOUND;
	cq_window_seek(&k->rows, start);
	k->open = false;
	rc = cq_window_need(&k->rows, n, err);
	if (rc != CQ_OK)
		return rc;
	for (p = k->rows.bytes; n >= need; p++, n--) {
		const uint8_t *hit = memchr(p, head[0], n - need + 1);

		if (!hit)
			break;
		n -= (size_t)(hit - p);
		p = hit;
		if (p[1] != head[1] || (key.len && memcmp(p + 2, key.p, key.len)) || memcmp(p + 2 + key.len, tail, tail_len))
			continue;
		*from = start;
		k->at = k->rest = start + (uint64_t)(p - k->rows.bytes);
		return CQ_OK;
	}
	return CQ_NOT_FOUND;
}

/* ---- rows ---- */

static int big_walk_rows(struct cq_index *x, const struct cq_index_entry *e, struct cq_index_rows *out, struct cq_error *err)
{
	struct places places = { .odd = CQ_NO_OFFSET, .nclustering = x->table->ctx.nclustering };
	const cq_trace tr = { .sink = &places_sink, .arg = &places };
	struct walk *k = x->state;
	struct promoted_header h;
	cq_cur c;
	int rc;

	k->open = false;
	*out = (struct cq_index_rows){ .odd = CQ_NO_OFFSET };
	cq_window_seek(&k->rows, e->rows_off);
	rc = cq_window_need(&k->rows, (size_t)e->rows_len, err);
	if (rc != CQ_OK)
		return rc == CQ_END ? CQ_DAMAGED : rc;
	c = cq_cur_over(k->rows.bytes, (size_t)e->rows_len, e->rows_off);
	promoted_header_body(&c, x->table->features, &h, &tr);
	*out = (struct cq_index_rows){ .header_len = h.header_len, .deletion = h.deletion, .blocks = h.blocks, .odd = places.odd,
		.header_at = places.header, .deletion_at = places.deletion, .blocks_at = places.blocks };
	if (c.status)
		return damaged(k, &c, err);
	k->infos = c;
	k->first = c.p;
	k->pointers = c.end - 4 * h.blocks;
	k->infos.end = k->pointers;
	k->blocks = h.blocks;
	k->given = 0;
	k->end = e->rows_off + e->rows_len;
	k->open = true;
	return CQ_OK;
}

static int big_walk_block(struct cq_index *x, struct cq_index_block *out, struct cq_error *err)
{
	struct places places = { .odd = CQ_NO_OFFSET, .nclustering = x->table->ctx.nclustering };
	const cq_trace tr = { .sink = &places_sink, .arg = &places };
	struct walk *k = x->state;
	struct index_block b;
	cq_cur *c = &k->infos;
	uint64_t at;
	int rc;

	*out = (struct cq_index_block){ .odd = CQ_NO_OFFSET };
	if (!k->open)
		return CQ_END;
	at = cq_cur_off(c);
	if (k->given == k->blocks) {
		k->open = false;
		if (!cq_cur_left(c))
			return CQ_END;
		rc = cq_fail(err, CQ_DAMAGED, at, "%zu bytes between the last block and the block pointers, expected none",
			cq_cur_left(c));
		cq_error_at(err, k->stream.raw->name, CQ_SPACE_RAW);
		return rc;
	}
	out->index = k->given;
	out->off = at;
	out->pointer_wanted = (uint32_t)(c->p - k->first);
	index_block_body(c, &x->table->ctx, x->table->features, &b, k->values, &tr);
	if (c->status) {
		k->open = false;
		return damaged(k, c, err);
	}
	out->len = cq_cur_off(c) - at;
	out->first = b.first;
	out->last = b.last;
	out->start = b.off;
	out->width = (uint64_t)b.width;
	out->open = b.open;
	out->odd = places.odd;
	out->start_at = places.off;
	out->width_at = places.width;
	out->open_at = places.open.len ? places.open : places.flag;
	out->first_at = places.names[0];
	out->last_at = places.names[1];
	out->pointer = cq_be32(k->pointers + 4 * k->given);
	out->pointer_at = (struct cq_span_at){ .off = k->end - 4 * (k->blocks - k->given), .len = 4 };
	k->given++;
	return CQ_OK;
}

/* ---- Summary.db, Filter.db ---- */

bool shared_summary_info(const struct cq_table *t, struct cq_summary_info *out)
{
	const struct shared_state *st = shared_of(t);

	if (!st || !st->summary_ok)
		return false;
	*out = (struct cq_summary_info){ .interval = st->summary.interval, .n = st->summary.n, .level = st->summary.level,
		.full = st->summary.full, .size = st->summary.size, .at = SUMMARY_HEADER };
	return true;
}

bool shared_filter_info(const struct cq_table *t, struct cq_filter_info *out)
{
	const struct shared_state *st = shared_of(t);

	if (!st || !st->filter_ok)
		return false;
	*out = (struct cq_filter_info){ .hashes = st->filter.hashes, .words = st->filter.words, .at = 8,
		.old_order = st->filter_old_order,
		.maybe_old = !st->filter_old_order && !strcmp(t->format->name, "na") && !(t->features & CQ_FEAT_HOST_ID) };
	return true;
}

const struct cq_index_ops big_index_ops = {
	.open = big_walk_open, .close = big_walk_close, .seek = big_walk_seek, .next = big_walk_next, .find = big_walk_find,
	.rows = big_walk_rows, .block = big_walk_block, .summary = shared_summary_info, .filter = shared_filter_info,
};

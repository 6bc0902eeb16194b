/* Chunks of a compressed Data.db whose content was changed: compressed anew, with what follows from that in CompressionInfo.db and in the
 * compression ratio of Statistics.db. */
#include "cq_inject_image.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_hash.h"

struct seal {
	struct cq_inject *in;
	struct inject_file *data;
	struct cq_codec_ctx *codec;
	uint8_t *plain, *payload;
	size_t cap;
	struct cq_buf out;                     /* chunks that stand one after another */
	uint64_t *offsets;                     /* of every chunk in the copy */
	uint64_t count;
};

/* Is a checksum of this chunk to stay? */
static bool kept(const struct inject_edits *e, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < e->n; i++)
		if (!e->v[i].fix && e->v[i].off < end && (e->v[i].off + e->v[i].len > start || (!e->v[i].len && e->v[i].off >= start)))
			return true;
	return false;
}

/* One chunk of n plain bytes, appended to out: payload and checksum. stale: the checksum to put instead of the right one. */
static int append_chunk(struct seal *s, size_t n, const uint32_t *stale, struct cq_error *err)
{
	const struct cq_chunks *c = &s->in->t->chunks;
	size_t used;
	uint8_t crc[4];
	int rc = cq_codec_encode(&s->codec, c->codec, 0, cq_slice_of(s->plain, n), s->payload, s->cap, &used, err);

	if (rc != CQ_OK)
		return rc;
	if (used >= c->max_compressed) {
		/* Stored as it is; a short one is filled up so that its length says so. */
		memcpy(s->payload, s->plain, n);
		for (used = n; used < c->max_compressed; used++)
			s->payload[used] = 0;
	}
	cq_put_be32(crc, stale ? *stale : cq_crc32(0, s->payload, used));
	cq_buf_put(&s->out, s->payload, used);
	cq_buf_put(&s->out, crc, 4);
	return s->out.failed || s->out.len > INJECT_MEMORY ? cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET,
		"the change moves more data than %" PRIu64 " MiB: choose a place nearer the end", INJECT_MEMORY >> 20) : CQ_OK;
}

static int source_crc(struct seal *s, uint64_t index, uint32_t *out, struct cq_error *err)
{
	struct cq_span span;
	uint8_t crc[4];
	int rc = cq_chunk_at(&s->in->t->chunks, index, s->in->t->stream.raw->size, &span, err);

	if (rc == CQ_OK)
		rc = cq_space_read(s->in->t->stream.raw, span.off + span.len, crc, 4, err);
	*out = cq_be32(crc);
	return rc;
}

/* Take what out holds into the place of raw bytes. all: it may be most of the file, and is not copied. */
static int put_sealed(struct seal *s, uint64_t off, uint64_t len, bool all, struct cq_error *err)
{
	struct inject_edits *e = &s->data->edits;
	struct inject_edit *v = inject_room(e->v, e->n, &e->cap, sizeof *v);
	size_t at = 0;

	if (!v)
		return inject_nomem(err);
	e->v = v;
	while (at < e->n && v[at].off + v[at].len <= off)
		at++;
	if (at < e->n && v[at].off < off + len)
		return cq_fail(err, CQ_EUSAGE, v[at].off, "two faults want the same chunk");
	memmove(v + at + 1, v + at, (e->n - at) * sizeof *v);
	s->data->followed = true;
	v[at] = (struct inject_edit){ .off = off, .len = len, .n = s->out.len, .fix = true, .sealed = true };
	if (all) {
		s->in->image->rest = s->out;
		s->out = (struct cq_buf){0};
		v[at].bytes = s->in->image->rest.p ? s->in->image->rest.p : (const uint8_t *)"";
	} else {
		v[at].bytes = cq_arena_dup(&s->in->arena, s->out.p, s->out.len);
		cq_buf_clear(&s->out);
	}
	e->n++;
	return v[at].bytes ? CQ_OK : inject_nomem(err);
}

/* A chunk in its place: nothing behind it in the stream moves. */
static int seal_chunk(struct seal *s, uint64_t index, int64_t *shift, struct cq_error *err)
{
	const struct cq_table *t = s->in->t;
	uint32_t n = cq_chunk_data_len(&t->chunks, index), stale;
	uint64_t start = index * t->chunks.chunk_len;
	bool keep = kept(&s->in->image->stream, start, start + n);
	struct cq_span span;
	uint64_t len;
	int rc = cq_chunk_at(&t->chunks, index, t->stream.raw->size, &span, err);

	if (rc == CQ_OK)
		rc = cq_inject_read(s->in, CQ_C_DATA, CQ_SPACE_DECOMPRESSED, start, s->plain, n, err);
	if (rc == CQ_OK && keep)
		rc = source_crc(s, index, &stale, err);
	if (rc == CQ_OK)
		rc = append_chunk(s, n, keep ? &stale : NULL, err);
	len = s->out.len;
	if (rc == CQ_OK)
		rc = put_sealed(s, span.off, span.len + 4, false, err);
	*shift += (int64_t)len - (int64_t)(span.len + 4);
	return rc;
}

/* Every chunk from index on: the stream has another length. *raw: where the first of them begins in the copy. */
static int seal_rest(struct seal *s, uint64_t index, uint64_t raw, uint64_t *data_len, struct cq_error *err)
{
	const struct cq_table *t = s->in->t;
	const struct cq_chunks *c = &t->chunks;
	const struct inject_edits *e = &s->in->image->stream;
	uint64_t start = index * c->chunk_len, at = start, needed, raw_off = t->stream.raw->size;
	bool trailing = c->count > (c->data_len + c->chunk_len - 1) / c->chunk_len;
	struct inject_reader r;
	struct cq_span span;
	size_t n;
	int rc = inject_reader_open(&r, s->in, s->data, CQ_SPACE_DECOMPRESSED, err);

	if (rc == CQ_OK && index < c->count && (rc = cq_chunk_at(c, index, t->stream.raw->size, &span, err)) == CQ_OK)
		raw_off = span.off;
	*data_len = c->data_len;
	for (size_t i = 0; i < e->n; i++)
		*data_len += e->v[i].n - e->v[i].len;
	needed = (*data_len + c->chunk_len - 1) / c->chunk_len;
	if (rc == CQ_OK) {
		uint64_t *p = realloc(s->offsets, (size_t)(needed + trailing + 1) * sizeof *p);

		if (p)
			s->offsets = p;
		else
			rc = inject_nomem(err);
	}
	r.at = start;                          /* edits before have another place's chunk: they are whole */
	while (r.next < e->n && e->v[r.next].off + e->v[r.next].len <= start && e->v[r.next].off < start)
		r.next++;
	if (rc == CQ_OK && r.next < e->n && e->v[r.next].off < start) {
		r.inside = (size_t)(start - e->v[r.next].off);       /* an edit of one length that begins in the chunk before */
		r.at = e->v[r.next].off;
	}
	for (s->count = index; rc == CQ_OK && at < *data_len; s->count++, at += n) {
		uint32_t stale;
		bool keep = kept(e, at, at + c->chunk_len) && s->count < c->count;

		rc = inject_reader_read(&r, s->plain, *data_len - at < c->chunk_len ? (size_t)(*data_len - at) : c->chunk_len, &n, err);
		if (rc == CQ_OK && !n)
			rc = cq_fail(err, CQ_EIO, at, "the stream ends early");
		if (rc == CQ_OK && keep)
			rc = source_crc(s, s->count, &stale, err);
		if (rc == CQ_OK) {
			s->offsets[s->count] = raw + s->out.len;
			rc = append_chunk(s, n, keep ? &stale : NULL, err);
		}
		if (rc == CQ_OK && inject_stopped(s->in))
			rc = cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
	}
	inject_reader_close(&r);
	if (rc == CQ_OK && trailing) {
		s->offsets[s->count++] = raw + s->out.len;
		rc = append_chunk(s, 0, NULL, err);
	}
	return rc == CQ_OK ? put_sealed(s, raw_off, t->stream.raw->size - raw_off, true, err) : rc;
}

/* CompressionInfo.db with new offsets, count and length. Where those numbers stand the document knows. */
static int new_table(struct seal *s, uint64_t data_len, struct cq_error *err)
{
	struct cq_inject *in = s->in;
	const size_t head = (size_t)in->t->chunks.offsets_at;
	struct inject_file *f = inject_file_of(in, CQ_C_COMPRESSION_INFO);
	cq_nid top = cq_doc_component(in->doc, CQ_C_COMPRESSION_INFO);
	struct cq_node len, count;
	uint8_t *old, *p;
	int rc;

	if (!f || inject_touched(f))
		return CQ_OK;
	rc = inject_remake(in, f, &old, err);
	if (rc != CQ_OK)
		return rc;
	if (!top || f->len < head || !cq_inject_below(in, top, CQ_F_DATA_LENGTH, &len) || !cq_inject_below(in, top, CQ_F_CHUNK_COUNT, &count) ||
	    len.len != 8 || count.len != 4 || len.off + 8 > head || count.off + 4 > head)
		return cq_fail(err, CQ_DAMAGED, 0, "CompressionInfo.db is too short");
	p = cq_arena_alloc(&in->arena, head + 8 * (size_t)s->count + 1);
	if (!p)
		return inject_nomem(err);
	memcpy(p, old, head);
	cq_put_be64(p + len.off, data_len);
	cq_put_be32(p + count.off, (uint32_t)s->count);
	for (uint64_t i = 0; i < s->count; i++)
		cq_put_be64(p + head + 8 * i, s->offsets[i]);
	f->bytes = p;
	f->len = head + 8 * s->count;
	return CQ_OK;
}

/* The compression ratio in Statistics.db: exact to the last bit in healthy files, so it follows where it was right. Sections are
 * opened, the leaf is searched in them. */
static int follow_ratio(struct cq_inject *in, uint64_t raw, uint64_t count, uint64_t data_len, struct cq_error *err)
{
	const struct cq_chunks *c = &in->t->chunks;
	const struct inject_file *f = inject_file_of(in, CQ_C_STATISTICS);
	double was = (double)(in->t->stream.raw->size - 4 * c->count) / (double)c->data_len, now = (double)(raw - 4 * count) / (double)data_len;
	cq_nid top = cq_doc_component(in->doc, CQ_C_STATISTICS);
	uint64_t old, new;
	struct cq_node n;

	if (!f || inject_touched(f) || !top || !c->data_len || !data_len || cq_doc_expand(in->doc, top, NULL) < 0)
		return CQ_OK;
	memcpy(&old, &was, 8);
	memcpy(&new, &now, 8);
	for (cq_nid id = cq_doc_first(in->doc, top); id; id = cq_doc_next(in->doc, id)) {
		cq_nid leaf = cq_inject_below(in, id, CQ_F_COMPRESSION_RATIO, &n);
		bool taken = false;

		if (!leaf)
			continue;
		for (size_t i = 0; i < f->edits.n; i++)
			taken |= f->edits.v[i].off < n.off + n.len && f->edits.v[i].off + f->edits.v[i].len > n.off;
		return n.number != old || old == new || taken ? CQ_OK : cq_inject_set_number(in, leaf, new, err);
	}
	return CQ_OK;
}

int inject_seal_stream(struct cq_inject *in, struct cq_error *err)
{
	const struct cq_table *t = in->t;
	const struct cq_chunks *c = &t->chunks;
	const struct inject_edits *e = &in->image->stream;
	struct seal s = { .in = in, .data = inject_file_of(in, CQ_C_DATA), .count = c->count };
	uint64_t from = UINT64_MAX, data_len = c->data_len, done = UINT64_MAX;
	int64_t shift = 0;
	bool moved = false;                    /* two that change by as much leave those between them elsewhere */
	int rc = CQ_OK;

	if (!e->n || !s.data || inject_touched(s.data))
		return CQ_OK;
	s.cap = (size_t)cq_codec_bound(c->codec, c->chunk_len) + c->chunk_len;
	if (c->max_compressed != INT32_MAX && s.cap < c->max_compressed)
		s.cap = c->max_compressed;
	s.plain = malloc(c->chunk_len);
	s.payload = malloc(s.cap);
	s.offsets = malloc((size_t)(c->count + 1) * sizeof *s.offsets);
	if (!s.plain || !s.payload || !s.offsets)
		rc = inject_nomem(err);
	for (uint64_t i = 0; rc == CQ_OK && i < c->count; i++) {
		struct cq_span span;

		rc = cq_chunk_at(c, i, t->stream.raw->size, &span, err);
		s.offsets[i] = span.off;
	}
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].n != e->v[i].len && from == UINT64_MAX)
			from = e->v[i].off / c->chunk_len;
	/* An edit right at the end of the last chunk. */
	for (size_t i = 0; rc == CQ_OK && i < e->n; i++) {
		uint64_t a = e->v[i].off / c->chunk_len, b = e->v[i].len ? (e->v[i].off + e->v[i].len - 1) / c->chunk_len : a;

		for (uint64_t k = a; rc == CQ_OK && k <= b && k < from; k++) {
			int64_t here = 0;

			if (k == done)
				continue;
			rc = seal_chunk(&s, k, &here, err);
			for (uint64_t m = k + 1; m < c->count; m++)
				s.offsets[m] += (uint64_t)here;
			shift += here;
			moved |= here != 0;
			done = k;
		}
	}
	if (rc == CQ_OK && from != UINT64_MAX) {
		uint64_t raw = from < c->count ? s.offsets[from] : t->stream.raw->size + (uint64_t)shift;

		rc = seal_rest(&s, from, raw, &data_len, err);
	}
	if (rc == CQ_OK && (moved || from != UINT64_MAX))
		rc = new_table(&s, data_len, err);
	if (rc == CQ_OK && inject_all_fixed(e)) {
		uint64_t raw = t->stream.raw->size;

		for (size_t i = 0; i < s.data->edits.n; i++)
			raw += s.data->edits.v[i].n - s.data->edits.v[i].len;
		rc = follow_ratio(in, raw, s.count, data_len, err);
	}
	cq_codec_ctx_destroy(s.codec);
	cq_buf_finish(&s.out);
	free(s.plain);
	free(s.payload);
	free(s.offsets);
	return rc;
}

int inject_fix_chunks(struct cq_inject *in, struct cq_error *err)
{
	const struct cq_table *t = in->t;
	struct inject_file *f = inject_file_of(in, CQ_C_DATA);
	int rc = CQ_OK;

	if (!f || inject_touched(f) || !t->stream.chunks || !f->edits.n)
		return CQ_OK;
	for (uint64_t k = 0; rc == CQ_OK && k < t->chunks.count; k++) {
		bool fix = false, bad = false;
		struct cq_span span;
		uint8_t *p, crc[4];

		rc = cq_chunk_at(&t->chunks, k, t->stream.raw->size, &span, err);
		for (size_t i = 0; rc == CQ_OK && i < f->edits.n; i++) {
			const struct inject_edit *e = &f->edits.v[i];

			if (e->sealed || e->off + e->len <= span.off || e->off >= span.off + span.len + 4)
				continue;
			fix |= e->fix;
			bad |= !e->fix || e->n != e->len || e->off + e->len > span.off + span.len;
		}
		if (rc != CQ_OK || !fix || bad)
			continue;
		p = malloc((size_t)span.len + 1);
		if (!p)
			return inject_nomem(err);
		rc = cq_inject_read(in, CQ_C_DATA, CQ_SPACE_RAW, span.off, p, (size_t)span.len, err);
		cq_put_be32(crc, cq_crc32(0, p, (size_t)span.len));
		free(p);
		if (rc == CQ_OK)
			rc = cq_inject_replace(in, CQ_C_DATA, CQ_SPACE_RAW, span.off + span.len, 4, cq_slice_of(crc, 4), 0, err);
	}
	return rc;
}

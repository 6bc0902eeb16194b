/* One buffer holds decoded bytes from buf to bytes + len. Filling appends whole chunks (or checksummed blocks); when
 * there is no room left, what is still unread moves to the front first. */
#include "cq_window.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cq_hash.h"

enum {
	BLOCK = 1 << 16,               /* bytes a step when there are neither chunks nor checksums, once reading on is likely */
	FIRST_BLOCK = 1 << 12,         /* the first after a seek: a look-up wants about this much of Index.db */
	BUFFER = 1 << 18,              /* fits the level 2 cache of what servers run on, with room for the raw side */
	AHEAD_MAX = 1 << 17,
	BATCH = 512,
};

void cq_window_init(struct cq_window *w, const struct cq_stream *stream, uint64_t end)
{
	*w = (struct cq_window){ .stream = stream, .end = end };
}

void cq_window_finish(struct cq_window *w)
{
	free(w->buf);
	free(w->raw);
	free(w->offsets);
	cq_codec_ctx_destroy(w->codec);
	*w = (struct cq_window){0};
}

void cq_window_seek(struct cq_window *w, uint64_t off)
{
	const uint8_t *first = w->buf;
	uint64_t start = w->bytes ? w->off - (uint64_t)(w->bytes - first) : 0;

	if (w->bytes && off >= start && off <= w->off + w->len) {
		size_t total = (size_t)(w->bytes - first) + w->len;

		w->bytes = first + (off - start);
		w->len = total - (size_t)(off - start);
		w->off = off;
		return;
	}
	w->bytes = NULL;
	w->len = 0;
	w->off = off;
	w->ahead = 0;
}

/* The index-th 8-byte (chunk offset) or 4-byte (checksum) number of a side file, read in batches. */
static int batch(struct cq_window *w, const struct cq_space *space, uint64_t at, unsigned width, uint64_t count,
	uint64_t index, uint64_t *out, struct cq_error *err)
{
	if (!w->batch_n || index < w->batch_at || index >= w->batch_at + w->batch_n) {
		/* A point read wants two numbers, a scan the lot. */
		size_t n = w->ahead ? BATCH : 2;
		uint8_t *bytes;
		int rc;

		if (n > count - index)
			n = (size_t)(count - index);
		if (!w->offsets && !(w->offsets = malloc(BATCH * sizeof *w->offsets)))
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for chunk offsets");
		bytes = (uint8_t *)w->offsets + (8 - width) * n;
		w->batch_n = 0;
		rc = cq_space_read(space, at + width * index, bytes, width * n, err);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < n; i++)
			w->offsets[i] = width == 8 ? cq_be64(bytes + 8 * i) : cq_be32(bytes + 4 * i);
		w->batch_at = index;
		w->batch_n = n;
	}
	*out = w->offsets[index - w->batch_at];
	return CQ_OK;
}

/* Bytes [off, off + n) of the raw file, reading ahead when the access is sequential. */
static int raw_bytes(struct cq_window *w, uint64_t off, size_t n, const uint8_t **out, struct cq_error *err)
{
	const struct cq_space *raw = w->stream->raw;
	size_t want = n;
	int rc;

	if (w->raw_len && off >= w->raw_off && off - w->raw_off <= w->raw_len && n <= w->raw_len - (off - w->raw_off)) {
		*out = w->raw + (off - w->raw_off);
		return CQ_OK;
	}
	if (want < w->ahead)
		want = w->ahead;
	if (want > raw->size - off)
		want = (size_t)(raw->size - off);
	if (want < n)
		want = n;
	if (w->raw_cap < want) {
		uint8_t *p = realloc(w->raw, want);

		if (!p)
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a chunk of %zu bytes", want);
		w->raw = p;
		w->raw_cap = want;
	}
	w->raw_len = 0;
	rc = cq_space_read(raw, off, w->raw, want, err);
	if (rc < 0)
		return rc;
	w->raw_off = off;
	w->raw_len = want;
	w->raw_bytes += want;
	w->ahead = w->ahead ? w->ahead * 2 : 2 * n;
	if (w->ahead > AHEAD_MAX)
		w->ahead = AHEAD_MAX;
	if (w->off + w->len >= w->end)
		w->ahead = 0;
	*out = w->raw;
	return CQ_OK;
}

static int checksum_differs(const struct cq_window *w, const char *what, uint64_t index, uint64_t off, uint64_t len,
	uint32_t stored, uint32_t computed, struct cq_error *err)
{
	cq_fail(err, CQ_DAMAGED, off, "checksum of %s %" PRIu64 " (%" PRIu64 " bytes) differs: stored %08x, computed %08x",
		what, index, len, stored, computed);
	cq_error_at(err, w->stream->raw->name, CQ_SPACE_RAW);
	return CQ_DAMAGED;
}

static int fill_chunk(struct cq_window *w, uint64_t index, uint8_t *dst, size_t *got, struct cq_error *err)
{
	const struct cq_chunks *c = w->stream->chunks;
	const uint64_t file_len = w->stream->raw->size;
	uint64_t off, next = file_len;
	const uint8_t *p = NULL;
	struct cq_span span = {0};
	int rc;

	if (index >= c->count) {
		cq_fail(err, CQ_DAMAGED, c->offsets_at, "%" PRIu64 " chunks of %u bytes cannot hold the %" PRIu64
			" bytes of data", c->count, c->chunk_len, c->data_len);
		cq_error_at(err, c->table->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	rc = batch(w, c->table, c->offsets_at, 8, c->count, index, &off, err);
	if (rc == CQ_OK && index + 1 < c->count)
		rc = batch(w, c->table, c->offsets_at, 8, c->count, index + 1, &next, err);
	if (rc == CQ_OK)
		rc = cq_chunk_span(c, index, off, next, file_len, &span, err);
	if (rc == CQ_OK)
		rc = raw_bytes(w, span.off, (size_t)span.len + 4, &p, err);
	if (rc < 0)
		return rc;
	w->chunks_read++;
	if (!w->no_checksums) {
		uint32_t crc = cq_crc32(0, p, (size_t)span.len);

		if (crc != cq_be32(p + span.len))
			return checksum_differs(w, "chunk", index, span.off, span.len, cq_be32(p + span.len), crc, err);
	}
	rc = cq_chunk_decode(c, index, cq_slice_of(p, (size_t)span.len), &w->codec, dst, err);
	if (rc < 0) {
		if (err && err->off != CQ_NO_OFFSET)
			err->off += span.off;
		cq_error_at(err, w->stream->raw->name, CQ_SPACE_RAW);
		return rc;
	}
	*got = cq_chunk_data_len(c, index);
	return CQ_OK;
}

static int fill_block(struct cq_window *w, uint64_t index, uint8_t *dst, size_t *got, struct cq_error *err)
{
	const struct cq_stream *s = w->stream;
	uint64_t off = index * s->crc_block, n = s->len - off < s->crc_block ? s->len - off : s->crc_block, stored;
	int rc = cq_space_read(s->raw, off, dst, (size_t)n, err);

	if (rc < 0)
		return rc;
	w->chunks_read++;
	w->raw_bytes += n;
	w->ahead = 1;
	if (!w->no_checksums) {
		uint64_t count = (s->crcs->size - 4) / 4;
		uint32_t crc = cq_crc32(0, dst, (size_t)n);

		if (index >= count)
			return cq_fail(err, CQ_DAMAGED, off, "CRC.db has %" PRIu64 " checksums, none for block %" PRIu64, count,
				index);
		rc = batch(w, s->crcs, 4, 4, count, index, &stored, err);
		if (rc < 0)
			return rc;
		if (crc != stored)
			return checksum_differs(w, "block", index, off, n, (uint32_t)stored, crc, err);
	}
	*got = (size_t)n;
	return CQ_OK;
}

/* Room for n more bytes behind what is there; the unread part moves to the front when that helps. */
static int make_room(struct cq_window *w, size_t n, struct cq_error *err)
{
	size_t tail = w->bytes ? (size_t)(w->bytes - w->buf) + w->len : 0;
	size_t cap = w->cap ? w->cap : BUFFER;
	uint8_t *p;

	if (!w->bytes)
		w->bytes = w->buf;
	if (w->cap && n <= w->cap - tail)
		return CQ_OK;
	if (w->bytes && w->len)
		memmove(w->buf, w->bytes, w->len);
	w->bytes = w->buf;
	if (w->cap && n <= w->cap - w->len)
		return CQ_OK;
	while (cap < w->len + n)
		cap *= 2;
	p = realloc(w->buf, cap);
	if (!p)
		return cq_fail(err, CQ_ENOMEM, w->off, "no memory for a window of %zu bytes", cap);
	w->buf = p;
	w->bytes = p;
	w->cap = cap;
	return CQ_OK;
}

/* Append bytes of a stream that is not cut into pieces: few after a seek, then more and more. */
static int fill_plain(struct cq_window *w, struct cq_error *err)
{
	const struct cq_stream *s = w->stream;
	uint64_t at = w->off + w->len, left = s->len - at;
	size_t n = w->ahead ? w->ahead : FIRST_BLOCK;
	int rc;

	if (n > left)
		n = (size_t)left;
	rc = make_room(w, n, err);
	if (rc == CQ_OK)
		rc = cq_space_read(s->raw, at, (uint8_t *)(uintptr_t)w->bytes + w->len, n, err);
	if (rc < 0)
		return rc;
	w->chunks_read++;
	w->raw_bytes += n;
	w->ahead = n < BLOCK / 2 ? 2 * n : BLOCK;
	w->len += n;
	return CQ_OK;
}

/* Append the next chunk or block. */
static int fill(struct cq_window *w, struct cq_error *err)
{
	const struct cq_stream *s = w->stream;
	uint32_t step = s->chunks ? s->chunks->chunk_len : s->crc_block;
	uint64_t at = w->off + w->len, index;
	size_t lead, got = 0;
	int rc;

	if (!s->chunks && !s->crcs)
		return fill_plain(w, err);
	index = at / step;
	lead = (size_t)(at % step);
	rc = make_room(w, s->len - index * step < step ? (size_t)(s->len - index * step) : step, err);
	if (rc < 0)
		return rc;
	/* Only the first piece after a seek begins before the position asked for. */
	rc = s->chunks ? fill_chunk(w, index, (uint8_t *)(uintptr_t)w->bytes + w->len, &got, err) :
		fill_block(w, index, (uint8_t *)(uintptr_t)w->bytes + w->len, &got, err);
	if (rc < 0)
		return rc;
	if (lead) {
		w->bytes += lead;
		got -= lead;
	}
	w->len += got;
	return CQ_OK;
}

int cq_window_take(struct cq_window *w, const struct cq_window *from, struct cq_error *err)
{
	uint64_t skip = w->off - from->off;
	size_t n;
	int rc;

	if (w->len || !from->bytes || w->stream != from->stream || w->off < from->off || skip >= from->len)
		return CQ_OK;
	/* A window that does not compare checksums must not vouch for one that does. */
	if (from->no_checksums && !w->no_checksums)
		return CQ_OK;
	n = from->len - (size_t)skip;
	if (n > BUFFER)
		return CQ_OK;
	w->bytes = NULL;
	rc = make_room(w, n, err);
	if (rc < 0)
		return rc;
	memcpy((uint8_t *)(uintptr_t)w->bytes, from->bytes + skip, n);
	w->len = n;
	return CQ_OK;
}

int cq_window_need(struct cq_window *w, size_t n, struct cq_error *err)
{
	const struct cq_stream *s = w->stream;

	if (CQ_LIKELY(w->len >= n && w->len))
		return CQ_OK;
	if (n > CQ_UNIT_MAX) {
		cq_fail(err, CQ_DAMAGED, w->off, "a unit of more than %zu MiB", CQ_UNIT_MAX >> 20);
		cq_error_at(err, s->raw->name, cq_stream_space(s));
		return CQ_DAMAGED;
	}
	while (w->len < n || !w->len) {
		int rc;

		if (w->off + w->len >= s->len)
			return w->len ? CQ_OK : CQ_END;
		rc = fill(w, err);
		if (rc < 0) {
			cq_error_at(err, s->raw->name, cq_stream_space(s));
			return rc;
		}
	}
	return CQ_OK;
}

#include "cq_stream.h"

#include <inttypes.h>

uint32_t cq_chunk_data_len(const struct cq_chunks *c, uint64_t index)
{
	uint64_t start = index * c->chunk_len;

	if (start >= c->data_len)
		return 0;
	return c->data_len - start < c->chunk_len ? (uint32_t)(c->data_len - start) : c->chunk_len;
}

int cq_chunk_span(const struct cq_chunks *c, uint64_t index, uint64_t off, uint64_t next, uint64_t file_len,
	struct cq_span *out, struct cq_error *err)
{
	uint64_t at = c->offsets_at + 8 * index;
	uint64_t bound = cq_codec_bound(c->codec, c->chunk_len);

	if (c->max_compressed != INT32_MAX && bound < c->max_compressed)
		bound = c->max_compressed;
	if (off > file_len || next > file_len || next < off || next - off < 4) {
		cq_fail(err, CQ_DAMAGED, at, "chunk %" PRIu64 " is said to lie at 0x%" PRIx64 " to 0x%" PRIx64
			" of a file of 0x%" PRIx64 " bytes", index, off, next, file_len);
		cq_error_at(err, c->table->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	if (next - off - 4 > bound) {
		cq_fail(err, CQ_DAMAGED, at, "chunk %" PRIu64 " is said to take %" PRIu64 " bytes, but %s makes at most %"
			PRIu64 " of %u", index, next - off - 4, cq_codec_name(c->codec), bound, c->chunk_len);
		cq_error_at(err, c->table->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	*out = (struct cq_span){ .off = off, .len = next - off - 4 };
	return CQ_OK;
}

int cq_chunk_at(const struct cq_chunks *c, uint64_t index, uint64_t file_len, struct cq_span *out, struct cq_error *err)
{
	uint8_t two[16];
	bool last = index + 1 == c->count;
	int rc;

	if (index >= c->count)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no chunk %" PRIu64 ": there are %" PRIu64, index, c->count);
	rc = cq_space_read(c->table, c->offsets_at + 8 * index, two, last ? 8 : 16, err);
	if (rc < 0)
		return rc;
	return cq_chunk_span(c, index, cq_be64(two), last ? file_len : cq_be64(two + 8), file_len, out, err);
}

int cq_chunk_decode(const struct cq_chunks *c, uint64_t index, cq_slice payload, struct cq_codec_ctx **ctx, uint8_t *dst,
	struct cq_error *err)
{
	uint32_t want = cq_chunk_data_len(c, index);

	if (!cq_chunk_is_raw(c, payload.len))
		return cq_codec_decode(ctx, c->codec, payload, dst, want, err);
	if (payload.len < want)
		return cq_fail(err, CQ_DAMAGED, 0, "chunk %" PRIu64 " is stored raw with %zu bytes, expected %u", index,
			payload.len, want);
	memcpy(dst, payload.p, want);    /* a short last chunk is padded to max_compressed */
	return CQ_OK;
}

/* cq_codec - the compressors of Cassandra, one block at a time.
 *
 *     struct cq_codec_ctx *ctx = NULL;                      made on first use, one a thread
 *     rc = cq_codec_decode(&ctx, CQ_CODEC_LZ4, payload, dst, want, &err);
 *     rc = cq_codec_encode(&ctx, CQ_CODEC_LZ4, 0, bytes, dst, cq_codec_bound(CQ_CODEC_LZ4, bytes.len), &used, &err);
 *     cq_codec_ctx_destroy(ctx);
 *
 * Framings: LZ4 has a little-endian u32 length in front, Deflate is one zlib stream, Snappy a raw block, Zstd one
 * frame, Noop the bytes themselves. A codec that this build lacks answers CQ_EUNSUPPORTED. */
#ifndef CQ_CODEC_H
#define CQ_CODEC_H
#include "cq_base.h"

enum cq_codec {
	CQ_CODEC_UNKNOWN = 0,
	CQ_CODEC_NOOP,
	CQ_CODEC_LZ4,
	CQ_CODEC_SNAPPY,
	CQ_CODEC_DEFLATE,
	CQ_CODEC_ZSTD,
};

struct cq_codec_ctx;

/* By the class name in CompressionInfo.db ("LZ4Compressor", or with its package). */
CQ_API enum cq_codec cq_codec_by_class(cq_slice class_name);
CQ_API const char *cq_codec_name(enum cq_codec codec);

/* Decode payload into dst, which must come out as exactly want bytes; anything else is CQ_DAMAGED (err->off is 0). */
CQ_API int cq_codec_decode(struct cq_codec_ctx **ctx, enum cq_codec codec, cq_slice payload, uint8_t *dst, size_t want,
	struct cq_error *err);

/* The inverse: bytes as one payload of *used bytes, which takes cap of at least cq_codec_bound. level: 0 for Cassandra's
 * default (Deflate's and Zstd's own scales otherwise; the rest have none). Whether the payload is short enough to be stored
 * instead of the bytes (max_compressed) is the caller's question. */
CQ_API int cq_codec_encode(struct cq_codec_ctx **ctx, enum cq_codec codec, int level, cq_slice bytes, uint8_t *dst, size_t cap,
	size_t *used, struct cq_error *err);

CQ_API void cq_codec_ctx_destroy(struct cq_codec_ctx *ctx);

/* The longest payload a writer can make of n bytes: bounds what a chunk table may claim. */
CQ_API uint64_t cq_codec_bound(enum cq_codec codec, uint64_t n);

#endif

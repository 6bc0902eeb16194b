/* cq_window - a stream seen through a window that never splits a unit.
 *
 *     struct cq_window w;
 *     cq_window_init(&w, &stream, stream.len);
 *     while ((rc = cq_window_need(&w, 64, &err)) == CQ_OK) { ... use w.bytes, w.len ...; cq_window_skip(&w, used); }
 *     cq_window_finish(&w);
 *
 * w.bytes is borrowed: valid until the next need, seek or finish on the same window. Chunks are checked (CRC32) and
 * decompressed ahead; decoders never see them. Not thread safe; any number of windows on one stream are fine. */
#ifndef CQ_WINDOW_H
#define CQ_WINDOW_H
#include "cq_stream.h"

/* A unit larger than this is reported as damage rather than given memory. Cassandra refuses mutations beyond 16 MiB by
 * default, but rows merged by compaction can be many times that. */
#define CQ_UNIT_MAX ((size_t)512 << 20)

struct cq_window {
	const struct cq_stream *stream;
	const uint8_t *bytes;          /* the byte at off */
	size_t len;                    /* bytes there now */
	uint64_t off;                  /* position in the stream */
	uint64_t end;                  /* nothing at or beyond is needed: bounds reading ahead, not need() */
	bool no_checksums;             /* set after init: CRCs are not compared */
	/* Counters since init. */
	uint64_t chunks_read, raw_bytes;
	/* private */
	uint8_t *buf;
	size_t cap;
	uint8_t *raw;                  /* stored bytes, a few chunks at a time */
	size_t raw_cap, raw_len, ahead;
	uint64_t raw_off;
	uint64_t *offsets;             /* a batch of chunk offsets (or block checksums) */
	uint64_t batch_at;
	size_t batch_n;
	struct cq_codec_ctx *codec;
};

/* end: where the caller means to stop; only a hint for reading ahead. */
CQ_API void cq_window_init(struct cq_window *w, const struct cq_stream *stream, uint64_t end);
CQ_API void cq_window_finish(struct cq_window *w);

/* Go to a position; cheap when it is inside the window already. Reading happens at the next need. */
CQ_API void cq_window_seek(struct cq_window *w, uint64_t off);

/* Right after a seek of w: start with what another window on the same stream holds of the bytes there, copied, instead of
 * decoding them again. Does nothing where that is none, or more than a window usually holds. CQ_OK or CQ_ENOMEM. */
CQ_API int cq_window_take(struct cq_window *w, const struct cq_window *from, struct cq_error *err);

/* Make at least n bytes available at w->bytes, fewer only where the stream ends. CQ_OK; CQ_END when the stream ends at
 * w->off (len is 0); CQ_DAMAGED when a chunk that is needed is bad (err: which, where, what was expected) or n is beyond
 * CQ_UNIT_MAX; CQ_EIO; CQ_ENOMEM. After a failure the bytes that were there are still there. */
CQ_API int cq_window_need(struct cq_window *w, size_t n, struct cq_error *err);

/* Move past n bytes, n <= w->len. */
static inline void cq_window_skip(struct cq_window *w, size_t n)
{
	w->bytes += n;
	w->off += n;
	w->len -= n;
}

#endif

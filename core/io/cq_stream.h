/* cq_stream - Data.db as one run of bytes, however it is stored: what a window looks at.
 *
 * A stream is an immutable description, shared by threads: the raw file, and either a chunk table (CompressionInfo.db),
 * or block checksums (CRC.db), or neither. Chunk offsets stay in their file and are read as needed, so that a table of
 * any size opens at once and in constant memory. */
#ifndef CQ_STREAM_H
#define CQ_STREAM_H
#include "cq_codec.h"
#include "cq_space.h"

/* Chunks longer than this are refused as damage; Cassandra's own limit is the memory of the node. */
#define CQ_CHUNK_MAX ((uint64_t)256 << 20)

struct cq_chunks {
	const struct cq_space *table;      /* where the offsets are: CompressionInfo.db */
	uint64_t offsets_at;               /* offset of the first big-endian i64 in table */
	uint64_t count;                    /* chunks; a legal table may have one more than the data needs */
	uint64_t data_len;                 /* decompressed bytes */
	uint32_t chunk_len;                /* decompressed bytes of every chunk but the last */
	uint32_t max_compressed;           /* a payload this long or longer is stored raw */
	enum cq_codec codec;
};

struct cq_stream {
	const struct cq_space *raw;        /* Data.db */
	const struct cq_chunks *chunks;    /* NULL: not compressed */
	const struct cq_space *crcs;       /* CRC.db when not compressed; NULL: no checksums */
	uint32_t crc_block;                /* bytes a checksum of CRC.db covers */
	uint64_t len;                      /* bytes of the decompressed stream */
};

struct cq_span {
	uint64_t off, len;                 /* payload in the raw file, without the 4-byte checksum that follows */
};

/* The kind of offsets that positions in this stream are. */
static inline int cq_stream_space(const struct cq_stream *s)
{
	return s->chunks ? CQ_SPACE_DECOMPRESSED : CQ_SPACE_RAW;
}

/* Bytes of chunk index when decompressed (0 for the trailing empty chunk that compactions leave). */
CQ_API uint32_t cq_chunk_data_len(const struct cq_chunks *c, uint64_t index);

/* Where chunk index lies in the raw file of file_len bytes; next is the following chunk's offset, or file_len for the
 * last. CQ_DAMAGED when the two do not leave room for a payload and its checksum or for more than the codec can need. */
CQ_API int cq_chunk_span(const struct cq_chunks *c, uint64_t index, uint64_t off, uint64_t next, uint64_t file_len,
	struct cq_span *out, struct cq_error *err);

/* Read one chunk's offset and span from the table. For sequential work a window does this in batches. */
CQ_API int cq_chunk_at(const struct cq_chunks *c, uint64_t index, uint64_t file_len, struct cq_span *out,
	struct cq_error *err);

/* Is a payload of len bytes stored as it is? Since 4.0, when compression gained too little. */
static inline bool cq_chunk_is_raw(const struct cq_chunks *c, uint64_t len)
{
	return len >= c->max_compressed;
}

/* Decompress one payload to exactly cq_chunk_data_len bytes. The checksum is the caller's business. */
CQ_API int cq_chunk_decode(const struct cq_chunks *c, uint64_t index, cq_slice payload, struct cq_codec_ctx **ctx,
	uint8_t *dst, struct cq_error *err);

#endif

/* small.inc.h - unit bodies of CompressionInfo.db, Filter.db, Summary.db and CRC.db: their headers. The long arrays behind
 * them are read in place (cq_pages, cq_window) and explained page by page. */
#ifndef CQ_SMALL_INC_H
#define CQ_SMALL_INC_H
#include "cq_format.h"

enum { COMPRESSION_OPTIONS_MAX = 1024 };

struct compression_info {
	cq_slice compressor;
	uint32_t noptions;
	uint32_t chunk_len;
	uint32_t max_compressed;
	uint64_t data_len;
	uint32_t count;
	uint64_t offsets_at;
};

CQ_ALWAYS_INLINE void compression_info_body(cq_cur *c, unsigned feat, struct compression_info *i, const cq_trace *tr)
{
	const uint8_t *at;

	i->compressor = cq_bytes(c, cq_u16(c, tr, CQ_F_TEXT_LENGTH), tr, CQ_F_COMPRESSOR, NULL);
	at = c->p;
	i->noptions = cq_u32(c, tr, CQ_F_OPTION_COUNT);
	if (i->noptions > COMPRESSION_OPTIONS_MAX)
		cq_bad(c, at, CQ_F_OPTION_COUNT, i->noptions, "a handful of options");
	for (uint32_t k = 0; k < i->noptions && !c->status; k++) {
		cq_group_nth(c, tr, CQ_F_OPTION, k, (cq_slice){0});
		cq_bytes(c, cq_u16(c, tr, CQ_F_TEXT_LENGTH), tr, CQ_F_OPTION_KEY, NULL);
		cq_bytes(c, cq_u16(c, tr, CQ_F_TEXT_LENGTH), tr, CQ_F_OPTION_VALUE, NULL);
		cq_group_end(c, tr);
	}
	at = c->p;
	i->chunk_len = cq_u32(c, tr, CQ_F_CHUNK_LENGTH);
	if (!i->chunk_len || i->chunk_len > CQ_CHUNK_MAX || i->chunk_len & (i->chunk_len - 1))
		cq_bad(c, at, CQ_F_CHUNK_LENGTH, i->chunk_len, "a power of two of at most 256 MiB");
	at = c->p;
	i->max_compressed = feat & CQ_FEAT_MAX_COMPRESSED ? cq_u32(c, tr, CQ_F_MAX_COMPRESSED_LENGTH) : INT32_MAX;
	if (i->max_compressed > INT32_MAX || (i->max_compressed != INT32_MAX && i->max_compressed > i->chunk_len))
		cq_bad(c, at, CQ_F_MAX_COMPRESSED_LENGTH, i->max_compressed, "2147483647, or at most the chunk length");
	at = c->p;
	i->data_len = cq_u64(c, tr, CQ_F_DATA_LENGTH);
	if (i->data_len > INT64_MAX)
		cq_bad(c, at, CQ_F_DATA_LENGTH, i->data_len, "a length that is not negative");
	at = c->p;
	i->count = cq_u32(c, tr, CQ_F_CHUNK_COUNT);
	i->offsets_at = cq_cur_off(c);
	if (!c->status && i->count < i->data_len / i->chunk_len)
		cq_bad(c, at, CQ_F_CHUNK_COUNT, i->count, "enough chunks for the data length");
}

struct filter_header {
	uint32_t hashes, words;
};

CQ_ALWAYS_INLINE void filter_header_body(cq_cur *c, struct filter_header *f, const cq_trace *tr)
{
	const uint8_t *at = c->p;

	f->hashes = cq_u32(c, tr, CQ_F_HASH_COUNT);
	/* 20 is the largest number the sizing rule can give. */
	if (!f->hashes || f->hashes > 64)
		cq_bad(c, at, CQ_F_HASH_COUNT, f->hashes, "1 to 64 hashes");
	at = c->p;
	f->words = cq_u32(c, tr, CQ_F_WORD_COUNT);
	if (!f->words || f->words > INT32_MAX)
		cq_bad(c, at, CQ_F_WORD_COUNT, f->words, "at least one word");
}

struct summary_header {
	uint32_t interval, n, level, full;
	uint64_t size;
};

CQ_ALWAYS_INLINE void summary_header_body(cq_cur *c, struct summary_header *h, const cq_trace *tr)
{
	const uint8_t *at;

	h->interval = cq_u32(c, tr, CQ_F_MIN_INDEX_INTERVAL);
	h->n = cq_u32(c, tr, CQ_F_SUMMARY_COUNT);
	at = c->p;
	h->size = cq_u64(c, tr, CQ_F_SUMMARY_SIZE);
	if (h->size > INT64_MAX || (uint64_t)h->n * 12 > h->size)
		cq_bad(c, at, CQ_F_SUMMARY_SIZE, h->size, "at least 12 bytes an entry");
	h->level = cq_u32(c, tr, CQ_F_SAMPLING_LEVEL);
	h->full = cq_u32(c, tr, CQ_F_FULL_SAMPLING_SIZE);
}

enum { SUMMARY_HEADER = 24 };

CQ_ALWAYS_INLINE cq_slice summary_key_body(cq_cur *c, unsigned length_field, unsigned field, const struct cq_type *type,
	const cq_trace *tr)
{
	return cq_bytes(c, cq_u32(c, tr, length_field), tr, field, type);
}

/* One entry: the key is what precedes the last 8 bytes. */
CQ_ALWAYS_INLINE void summary_entry_body(cq_cur *c, const struct cq_type *type, uint64_t index, cq_slice *key, uint64_t *position,
	const cq_trace *tr)
{
	uint64_t len = cq_cur_left(c) < 8 ? 0 : cq_cur_left(c) - 8;

	cq_group_nth(c, tr, CQ_F_SUMMARY_ENTRY, index, (cq_slice){0});
	*key = cq_bytes(c, len, tr, CQ_F_KEY, type);
	*position = cq_u64le(c, tr, CQ_F_SUMMARY_POSITION);
	cq_group_end(c, tr);
}

#endif

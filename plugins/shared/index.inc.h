/* index.inc.h - unit bodies of Index.db: entry, promoted index, block. Shared by the BIG versions; a deletion time inside
 * the promoted index is what differs. */
#ifndef CQ_INDEX_INC_H
#define CQ_INDEX_INC_H
#include "data.inc.h"

struct index_entry {
	cq_slice key;
	uint64_t data_off, promoted_len;
};

CQ_ALWAYS_INLINE void index_entry_body(cq_cur *c, const struct cq_table *t, struct index_entry *e, const cq_trace *tr)
{
	e->key = cq_bytes(c, cq_u16(c, tr, CQ_F_KEY_LENGTH), tr, CQ_F_KEY, t->stats.key_type);
	e->data_off = cq_vint(c, tr, CQ_F_DATA_POSITION);
	e->promoted_len = cq_vint(c, tr, CQ_F_PROMOTED_LENGTH);
}

struct promoted_header {
	uint64_t header_len, blocks;
	struct cq_deletion deletion;
};

CQ_ALWAYS_INLINE void promoted_header_body(cq_cur *c, unsigned feat, struct promoted_header *h, const cq_trace *tr)
{
	const uint8_t *at;

	h->header_len = cq_vint(c, tr, CQ_F_HEADER_LENGTH);
	cq_group(c, tr, CQ_F_PARTITION_DELETION);
	h->deletion = deletion_fixed(c, feat, tr);
	cq_group_end(c, tr);
	at = c->p;
	h->blocks = cq_vint(c, tr, CQ_F_BLOCK_COUNT);
	/* A block takes at least 7 bytes and its pointer 4. */
	if (!c->status && (h->blocks < 1 || h->blocks > cq_cur_left(c) / 11))
		cq_bad(c, at, CQ_F_BLOCK_COUNT, h->blocks, "at least one block, and room for all of them");
}

struct index_block {
	struct cq_prefix first, last;
	uint64_t off;
	int64_t width;
	struct cq_deletion open;               /* at its end */
};

/* values: room for twice the clustering columns. */
CQ_ALWAYS_INLINE void index_block_body(cq_cur *c, const struct cq_ctx *x, unsigned feat, struct index_block *b,
	cq_slice *values, const cq_trace *tr)
{
	cq_group(c, tr, CQ_F_FIRST_NAME);
	clustering_prefix(c, x, &b->first, values, tr);
	cq_group_end(c, tr);
	cq_group(c, tr, CQ_F_LAST_NAME);
	clustering_prefix(c, x, &b->last, values + x->nclustering, tr);
	cq_group_end(c, tr);
	b->off = cq_vint(c, tr, CQ_F_BLOCK_OFFSET);
	b->width = cq_svint(c, tr, CQ_F_BLOCK_WIDTH, 65536);     /* the base, whatever the granularity */
	b->open = CQ_LIVE;
	if (cq_u8(c, tr, CQ_F_OPEN_MARKER_FLAG)) {
		cq_group(c, tr, CQ_F_END_OPEN_MARKER);
		b->open = deletion_fixed(c, feat, tr);
		cq_group_end(c, tr);
	}
}

#endif

/* bti_index - the look-ups of cq_format.h through Partitions.db and Rows.db, and their explanation. */
#ifndef CQ_BTI_INDEX_H
#define CQ_BTI_INDEX_H
#include "cq_index.h"
#include "trie_walk.h"

int bti_find(struct cq_lookup *l, cq_slice key, const struct cq_token *token, struct cq_position *out,
	struct cq_error *err);
int bti_find_token(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
	struct cq_error *err);
/* *at: 0, the index_off of a position, or what an earlier call left there. After CQ_DAMAGED the next call goes on behind the damage, if *at has moved; if
 * not, nothing of the trie can be reached. */
int bti_next(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err);
int bti_block_floor(struct cq_lookup *l, const struct cq_position *pos, const struct cq_prefix *bound,
	struct cq_block *out, struct cq_error *err);
int bti_block_before(struct cq_lookup *l, const struct cq_position *pos, struct cq_block *inout, struct cq_error *err);
void bti_lookup_close(struct cq_lookup *l);

/* Units of Partitions.db and Rows.db. */
int bti_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);

/* The tries as they stand (cq_index.h). */
extern const struct cq_index_ops bti_index_ops;

/* ---- what the two halves share ---- */

/* bti_next without the key: the leaf and its payload. */
int bti_next_leaf(struct cq_lookup *l, uint64_t *at, uint64_t *node, struct trie_payload *p, struct cq_error *err);
/* The trie of Partitions.db, found by the file's end. */
int bti_partitions(struct cq_pages *pages, struct trie *t, struct partitions_end *end, struct cq_error *err);
/* The entry at off of Rows.db; bytes: all of it, for replaying. e->key and bytes are borrowed until the next read. */
int bti_rows_entry(struct cq_pages *pages, uint64_t off, struct rows_entry *e, cq_slice *bytes, struct cq_error *err);

#endif

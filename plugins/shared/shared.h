/* shared.h - what the version plugins have in common beside the bodies: opening, the filter, explaining the small files. */
#ifndef CQ_PLUGIN_SHARED_H
#define CQ_PLUGIN_SHARED_H
#include "cq_format.h"
#include "cq_index.h"
#include "small.inc.h"

/* t->state of every plugin built on this folder. */
struct shared_state {
	bool filter_ok, filter_old_order;
	struct filter_header filter;
	bool summary_ok;
	struct summary_header summary;
	struct compression_info compression;      /* compressor.p NULL: not compressed */
};

static inline struct shared_state *shared_of(const struct cq_table *t)
{
	return t->state;
}

/* Metadata of any version ma to da: Statistics.db, CompressionInfo.db, CRC.db, Filter.db. Sets t->stats, t->ctx, t->chunks,
 * t->stream, t->partitioner, t->state. Damage of what rows do not need becomes findings. */
int shared_open(struct cq_table *t, const struct cq_open_options *opt, struct cq_error *err);
void shared_close(struct cq_table *t);

/* Pieces of opening: put the header's columns into the order of rows (returns whether they were in another), make t->ctx of
 * t->stats, and decide what bare UDT columns are (ma to me; by trying the first rows). */
bool shared_sort_columns(struct cq_table *t);
int shared_make_ctx(struct cq_table *t, struct cq_error *err);
int shared_settle_udts(struct cq_table *t, struct cq_error *err);

/* Does the filter say maybe (1) or no (0)? Negative when there is no usable filter. */
int shared_filter(struct cq_lookup *l, cq_slice key, struct cq_error *err);

/* Explain Statistics.db, CompressionInfo.db, Filter.db, Summary.db, CRC.db, Digest, TOC.txt and files of other makers. */
int shared_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);

/* Explain Data.db. */
int data_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);

/* Index.db and Summary.db (BIG): what cq_format wants of a partition index. */
int big_find(struct cq_lookup *l, cq_slice key, const struct cq_token *token, struct cq_position *out, struct cq_error *err);
int big_find_token(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
	struct cq_error *err);
int big_next(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err);
int big_block_floor(struct cq_lookup *l, const struct cq_position *pos, const struct cq_prefix *bound, struct cq_block *out,
	struct cq_error *err);
int big_block_before(struct cq_lookup *l, const struct cq_position *pos, struct cq_block *inout, struct cq_error *err);
void big_lookup_close(struct cq_lookup *l);
extern const struct cq_index_ops big_index_ops;
bool shared_summary_info(const struct cq_table *t, struct cq_summary_info *out);
bool shared_filter_info(const struct cq_table *t, struct cq_filter_info *out);
int index_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);

/* A component read whole, for the small ones: borrowed from arena. CQ_DAMAGED beyond limit bytes. */
int shared_slurp(struct cq_arena *arena, const struct cq_space *space, size_t limit, cq_slice *out, struct cq_error *err);
enum { STATISTICS_MAX = 256 << 20 };

#endif

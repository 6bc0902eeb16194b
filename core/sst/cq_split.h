/* cq_split - a table cut into pieces that can be read side by side.
 *
 *     struct cq_piece *pieces = malloc(want * sizeof *pieces);
 *     size_t n = cq_split(t, want, pieces, NULL);
 *
 * Cuts are where the index says that a partition starts and where its key does stand. A table whose index is missing, damaged or
 * contradicts Data.db is one piece. */
#ifndef CQ_SPLIT_H
#define CQ_SPLIT_H
#include "cq_scan.h"

struct cq_piece {
	uint64_t start, end;               /* partitions that begin there in the stream; end 0: to the last */
	uint64_t index_at;                 /* of the first one's entry: where cq_lookup_next goes on; 0: the first entry */
};

/* Up to want pieces of about the same size. Returns how many, 1 at least. *stray (may be NULL): the index names a place where its
 * partition could not be read. */
CQ_API size_t cq_split(const struct cq_table *t, size_t want, struct cq_piece *pieces, bool *stray);

#endif

/* cq_sketch - the cardinality sketch of Statistics.db, as a writer makes it.
 *
 *     struct cq_sketch *s;
 *     cq_sketch_open(&s, &err);
 *     cq_sketch_offer(s, cq_murmur2(key));             every key of the table, in order
 *     cq_sketch_bytes(s, &buf);                        byte for byte what Cassandra stores
 *     cq_sketch_close(s);
 *
 * A HyperLogLog++ (p = 13, sp = 25) with the habits of the stream-lib 2.5.2 that Cassandra uses: up to about 6147 keys it
 * is a list of codes, which depends on the order in which they came; beyond, 8192 registers of five bits. To read a sketch is
 * cq_cardinality's business (cq_statistics.h).
 *
 * Out of memory is sticky and shows in cq_sketch_bytes and cq_sketch_merge. Memory: 140 KiB at most.
 *
 * source    HyperLogLogPlus.java and RegisterSet.java of stream-lib. */
#ifndef CQ_SKETCH_H
#define CQ_SKETCH_H
#include "cq_buf.h"

struct cq_sketch;

CQ_API int cq_sketch_open(struct cq_sketch **out, struct cq_error *err);
CQ_API void cq_sketch_offer(struct cq_sketch *s, uint64_t murmur2);
/* What into would be, had next's keys been offered to it after its own. Exact, unless next holds thousands of copies of
 * few keys (a table has each once). CQ_OK or CQ_ENOMEM. */
CQ_API int cq_sketch_merge(struct cq_sketch *into, const struct cq_sketch *next, struct cq_error *err);
/* Append the stored form. More keys may be offered afterwards, as Cassandra's openEarly does. CQ_OK or CQ_ENOMEM. */
CQ_API int cq_sketch_bytes(struct cq_sketch *s, struct cq_buf *out, struct cq_error *err);
CQ_API void cq_sketch_close(struct cq_sketch *s);

#endif

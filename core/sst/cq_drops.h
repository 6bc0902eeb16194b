/* cq_drops - the histogram of tombstone drop times in Statistics.db, as a writer makes it.
 *
 *     struct cq_drops *d;
 *     cq_drops_open(&d, CQ_DROPS_5, &err);
 *     cq_drops_add(d, ldt, 1);                 every local deletion time that is not "none", in the order of the table
 *     cq_drops_finish(d, &arena, &bins, &nbins, &err);
 *     cq_drops_close(d);
 *
 * Times are rounded up to a minute and counted. A hundred different minutes are kept as they are; more of them are folded:
 * the two that are closest become one, again and again. Which ones that are depends on the order, for times first go to a
 * spool that is poured into the bins when it is full and at the end, and each line of versions has its own:
 *
 *     CQ_DROPS_3    3.0.12 and 3.11: a sorted map of 100000, bins at fractions of a second
 *     CQ_DROPS_4    4.0, 4.1: an open hash table, in whose order it is poured; bins at whole minutes
 *     CQ_DROPS_5    5.0: the same with longer numbers, and a folded bin never stays where the earlier of the two was
 *
 * The spool is full beyond 131072 (3.x: 100000) different minutes, 91 days of them, or when a hundred slots in a row are taken.
 *
 * Merging: pieces of a table that are read side by side are merged exactly as long as no spool was full before the last
 * merge; cq_drops_exact tells. Otherwise only the total (cq_drops_total) and the ends are right, and whoever needs the bins
 * reads the table in one piece.
 *
 * Out of memory is sticky and shows in finish. Memory: 4 KiB for up to 100 different minutes, then up to 4 MiB.
 *
 * source    StreamingTombstoneHistogramBuilder.java of 4.0 and 5.0, StreamingHistogram.java of 3.11. */
#ifndef CQ_DROPS_H
#define CQ_DROPS_H
#include "cq_statistics.h"

enum cq_drops_rules { CQ_DROPS_3, CQ_DROPS_4, CQ_DROPS_5 };

struct cq_drops;

CQ_API int cq_drops_open(struct cq_drops **out, enum cq_drops_rules rules, struct cq_error *err);
CQ_API void cq_drops_add(struct cq_drops *d, int64_t ldt, uint64_t count);
/* next's times behind into's. */
CQ_API void cq_drops_merge(struct cq_drops *into, const struct cq_drops *next);
CQ_API bool cq_drops_exact(const struct cq_drops *d);
/* How many times were added. */
CQ_API uint64_t cq_drops_total(const struct cq_drops *d);
/* Ends the collecting. *out lives in the arena. */
CQ_API int cq_drops_finish(struct cq_drops *d, struct cq_arena *arena, const struct cq_drop_time **out, size_t *n,
	struct cq_error *err);
CQ_API void cq_drops_close(struct cq_drops *d);

#endif

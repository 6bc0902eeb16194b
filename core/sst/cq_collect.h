/* cq_collect - everything that Statistics.db says of the rows of a table, from the rows.
 *
 *     struct cq_collect_options opt;
 *     struct cq_collect *c;
 *     struct cq_statistics stats = {0};
 *
 *     cq_collect_options_of(table, &opt);                  the rules of the version and of the line that wrote the table
 *     cq_collect_open(&c, &opt, &err);
 *     while ((rc = cq_scan_next(scan, &ev, &err)) == CQ_OK)
 *             cq_collect_event(c, &ev);
 *     cq_collect_finish(c, &arena, &stats, &err);
 *     cq_collect_close(c);
 *
 * The same module serves whoever checks a Statistics.db and whoever writes one: Cassandra fills the file from the rows it
 * writes, in their order, and from nothing else (MetadataCollector.java), so what is stored is what these rows give, to the bit. Rows
 * that a compaction purged never reach it. The only known exception is a scrub that gave up a partition half way: what it had
 * counted of that partition stays counted.
 *
 * What comes out of the events, and how lines of versions differ (enum cq_collect_rules):
 *
 *     partition_sizes        length of each partition in the stream, first byte of the key's length to the end marker
 *     cells_per_partition    cells of all rows, static row included. Before 3.11.9 and 4.0-beta4 most partitions were counted twice
 *     min/max_timestamp      of liveness, deletions, cells. None: INT64_MIN and INT64_MAX
 *     min/max_ldt            CQ_NO_LDT of what neither expires nor is deleted takes part: it is the largest value
 *     min/max_ttl            0 of what does not expire takes part
 *     drop_times             cq_drops.h
 *     min/max_clustering     3.0.0 to 3.11.3 (ma, mb, mc): each component by itself. Since then the smallest and the largest prefix of rows,
 *                            bounds and boundaries, up to its first null; 5.0: the values of its covered clusterings
 *     covered_start/end      5.0: the smallest row or start bound, the largest row or end bound; rows make them inclusive. Without either
 *                            an exclusive start and end of no values: nothing
 *     has_partition_deletions, legacy_counter_shards, total_rows (static rows too), total_columns_set (a column with a cell)
 *     first_key, last_key, cardinality (cq_sketch.h)
 *
 * What does not and is left as it was in *out: partitioner, bloom_fp_chance, commit log positions, compression_ratio, level,
 * repaired_at, pending_repair, is_transient, host_id, coverage, and the HEADER.
 *
 * Pieces: a table read in pieces has one collector a piece, merged in order with cq_collect_merge. Every result survives
 * that exactly but drop_times, where more than 91 days of different minutes are involved: facts.drop_times_exact says so.
 *
 * Events must be those of a healthy scan: partitions in order, rows in order within one. Out of order within a partition,
 * clusterings come out as those of its first and last row. PARTITION and PARTITION_END must both be seen, whole.
 *
 * Cost, beside 73 ns of scanning: 13 ns for a row of two cells in a wide partition, 23 ns for a partition of one row with five
 * cells (1 M rows, one core). Memory: 250 KiB, and
 * up to 4 MiB with many different deletion times. Out of memory is sticky and shows in merge and finish.
 *
 * source    MetadataCollector.java, Rows.java (collectStats), SortedTableWriter.java (BigTableWriter.java before 5.0). */
#ifndef CQ_COLLECT_H
#define CQ_COLLECT_H
#include "cq_drops.h"
#include "cq_statistics.h"
#include "cq_table.h"

/* By whose rules. Files of one version may be written by several lines: 5.0 writes nb too. */
enum cq_collect_rules {
	CQ_COLLECT_3_0,                    /* ma, mb, mc */
	CQ_COLLECT_3_11,                   /* md, me */
	CQ_COLLECT_4_0,                    /* na; nb by 4.0 and 4.1 */
	CQ_COLLECT_5_0,                    /* nb by 5.0, nc, oa, da */
};

struct cq_collect_options {
	enum cq_collect_rules rules;
	unsigned features;                 /* enum cq_feature: which fields the version has */
	uint32_t nclustering;
	const struct cq_type *const *clustering;       /* borrowed until close */
	bool counters;                     /* any column holds counters */
	size_t size_buckets, cell_buckets; /* 0: as the rules have them; 156 and 119 in 5.0 */
};

/* From what an open table says of itself: rules by its version and, for nb, by the number of buckets of its histogram. */
CQ_API void cq_collect_options_of(const struct cq_table *t, struct cq_collect_options *out);

struct cq_collect;

/* What is not in a Statistics.db, but tells what in it could be derived. */
struct cq_collect_facts {
	uint64_t partitions, rows, statics, markers, cells;
	uint64_t timestamps;               /* how many there were */
	uint64_t ldts;                     /* that are not "none" */
	uint64_t ttls;                     /* that are not 0 */
	int32_t min_expiring_ttl;          /* of those; INT32_MAX: none */
	uint64_t partition_deletions;
	bool drop_times_exact;
};

CQ_API int cq_collect_open(struct cq_collect **out, const struct cq_collect_options *opt, struct cq_error *err);
CQ_API void cq_collect_event(struct cq_collect *c, const struct cq_event *ev);
/* The same for STATIC and ROW, by who has put its cells' flags together: what some cell has, what all have (of none: everything). */
CQ_API void cq_collect_row(struct cq_collect *c, const struct cq_event *ev, unsigned any, unsigned all);
/* next's partitions behind into's. CQ_OK or CQ_ENOMEM. next may only be closed afterwards. */
CQ_API int cq_collect_merge(struct cq_collect *into, struct cq_collect *next, struct cq_error *err);
/* Fill in what the events gave; bits of out->has that the version's fields stand for are set, CQ_HAS_STATS and CQ_HAS_COMPACTION
 * included. Arrays live in the arena. Ends the collecting. CQ_OK or CQ_ENOMEM. */
CQ_API int cq_collect_finish(struct cq_collect *c, struct cq_arena *arena, struct cq_statistics *out, struct cq_error *err);
/* Borrowed until close. */
CQ_API const struct cq_collect_facts *cq_collect_facts(const struct cq_collect *c);
CQ_API void cq_collect_close(struct cq_collect *c);

/* The ratio that a writer stores: bytes of the chunks' payloads by bytes of the stream. -1 without compression. */
CQ_API double cq_collect_ratio(const struct cq_table *t);

/* The boundaries of Cassandra's EstimatedHistogram with n buckets, as they are stored beside the counts. */
CQ_API void cq_histogram_offsets(int64_t *offsets, size_t n);

#endif

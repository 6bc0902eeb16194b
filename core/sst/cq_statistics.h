/* cq_statistics - what Statistics.db says, as plain data. All of it lives in the table's arena.
 *
 * Fields that a version does not have keep the value named beside them and their bit in `has` is clear. Numbers are as
 * stored; nothing is corrected. */
#ifndef CQ_STATISTICS_H
#define CQ_STATISTICS_H
#include "cq_event.h"

struct cq_histogram {              /* EstimatedHistogram: bucket i counts offsets[i-1] < v <= offsets[i] */
	size_t n;                  /* buckets; the last is the overflow */
	const int64_t *offsets;    /* as stored: the exclusive lower bound beside each count, the first two alike */
	const int64_t *counts;
};

struct cq_drop_time {
	double point;              /* seconds; whole numbers since 4.0 */
	int64_t count;
};

struct cq_commitlog_position {
	int64_t segment;
	int32_t position;
};

struct cq_commitlog_interval {
	struct cq_commitlog_position start, end;
};

enum cq_statistics_has {
	CQ_HAS_VALIDATION = 1 << 0,        /* sections that were read to their end */
	CQ_HAS_COMPACTION = 1 << 1,
	CQ_HAS_STATS = 1 << 2,
	CQ_HAS_HEADER = 1 << 3,
	CQ_HAS_COMMITLOG_LOWER = 1 << 4,
	CQ_HAS_COMMITLOG_INTERVALS = 1 << 5,
	CQ_HAS_LEGACY_MINMAX = 1 << 6,
	CQ_HAS_COVERED = 1 << 7,           /* covered clusterings: types, start and end bound */
	CQ_HAS_PENDING_REPAIR = 1 << 8,    /* the format has the field; pending_repair.p NULL when not set */
	CQ_HAS_TRANSIENT = 1 << 9,
	CQ_HAS_HOST_ID = 1 << 10,
	CQ_HAS_PARTITION_DELETIONS = 1 << 11,
	CQ_HAS_KEY_RANGE = 1 << 12,
	CQ_HAS_COVERAGE = 1 << 13,
};

struct cq_statistics {
	unsigned has;                      /* enum cq_statistics_has */

	/* VALIDATION */
	cq_slice partitioner;              /* class name */
	double bloom_fp_chance;

	/* COMPACTION */
	cq_slice cardinality;              /* the HyperLogLog++ sketch as stored */

	/* STATS */
	struct cq_histogram partition_sizes, cells_per_partition;
	struct cq_commitlog_position commitlog_upper, commitlog_lower;
	int64_t min_timestamp, max_timestamp;
	int64_t min_ldt, max_ldt;          /* CQ_NO_LDT for the version's "none" */
	int32_t min_ttl, max_ttl;
	double compression_ratio;          /* -1 when not compressed */
	int32_t drop_time_bins;
	size_t ndrop_times;
	const struct cq_drop_time *drop_times;
	int32_t level;
	int64_t repaired_at;               /* milliseconds, 0: never */
	size_t nmin, nmax;                 /* legacy min and max clustering values */
	const cq_slice *min_clustering, *max_clustering;
	size_t ncovered_types;
	const cq_slice *covered_types;     /* class strings */
	struct cq_prefix covered_start, covered_end;
	bool legacy_counter_shards;
	int64_t total_columns_set, total_rows;
	size_t nintervals;
	const struct cq_commitlog_interval *intervals;
	cq_slice pending_repair;           /* 16 bytes, p NULL: none */
	bool is_transient;
	cq_slice host_id;                  /* 16 bytes, p NULL: none */
	bool has_partition_deletions;
	cq_slice first_key, last_key;
	double coverage;                   /* token space coverage, NaN: not computed */

	/* HEADER */
	int64_t header_min_timestamp;
	int64_t header_min_ldt;
	int32_t header_min_ttl;
	const struct cq_type *key_type;
	size_t nclustering;
	const struct cq_type *const *clustering_types;
	size_t nstatic, nregular;
	const struct cq_column *statics, *regulars;    /* in the order rows use: simple first, then complex */
	bool reordered;                                /* the file listed them in another order (old Scylla does) */
};

/* The number of distinct keys a cardinality sketch estimates. CQ_DAMAGED when it is not a sketch. */
CQ_API int cq_cardinality(cq_slice sketch, int64_t *keys, struct cq_error *err);

/* An EstimatedHistogram's percentile (0 to 1), mean (rounded up) and extremes, by Cassandra's own rules: bucket bounds.
 * Percentile and mean leave the overflow bucket out, as Cassandra does with histograms from a file; max is INT64_MAX when
 * it holds anything, total counts it. All are 0 when there are no values. */
CQ_API int64_t cq_histogram_percentile(const struct cq_histogram *h, double p);
CQ_API int64_t cq_histogram_mean(const struct cq_histogram *h);
CQ_API int64_t cq_histogram_min(const struct cq_histogram *h);
CQ_API int64_t cq_histogram_max(const struct cq_histogram *h);
CQ_API int64_t cq_histogram_total(const struct cq_histogram *h);

#endif

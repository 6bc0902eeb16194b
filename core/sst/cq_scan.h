/* cq_scan - reading a table's events in order, from anywhere.
 *
 *     struct cq_scan *s;
 *     struct cq_event ev;
 *
 *     rc = cq_scan_open(&s, table, NULL, &err);                  the whole table
 *     while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK) ...
 *     rc is CQ_END at the end; CQ_DAMAGED when a unit is bad (err says which byte)
 *     cq_scan_close(s);
 *
 * After CQ_DAMAGED the scan stands still: every further next repeats the answer, until cq_scan_to moves it. One scan
 * belongs to one thread; a table may have many. */
#ifndef CQ_SCAN_H
#define CQ_SCAN_H
#include "cq_event.h"
#include "cq_table.h"
#include "cq_window.h"

struct cq_scan;

/* A range of tokens, both ends optional. */
struct cq_token_range {
	bool has_start, has_end;
	struct cq_token start, end;            /* start exclusive, end inclusive, as in Cassandra: (start, end] */
};

struct cq_scan_options {
	const struct cq_token_range *tokens;   /* NULL: all */
	uint64_t start, end;                   /* partitions that begin at stream offsets in [start, end); end 0: all */
	bool no_cells;                         /* rows come without cells: their bodies are skipped by size */
};

CQ_API int cq_scan_open(struct cq_scan **out, const struct cq_table *t, const struct cq_scan_options *opt,
	struct cq_error *err);
CQ_API int cq_scan_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err);
/* Leave the current partition: the next event is the next PARTITION. Rows are passed over by their sizes. */
CQ_API int cq_scan_skip_partition(struct cq_scan *s, struct cq_error *err);
/* Go to a place where a partition starts (a position that an index gave). */
CQ_API void cq_scan_to(struct cq_scan *s, uint64_t off);
/* Stream bytes behind us: for progress. */
CQ_API uint64_t cq_scan_position(const struct cq_scan *s);
CQ_API void cq_scan_close(struct cq_scan *s);

/* ---- looking up ----
 *
 *     struct cq_lookup *l;                                        one a thread; keeps pages warm
 *     cq_lookup_open(&l, table, &err);
 *     rc = cq_lookup_key(l, key, &pos, &err);                     CQ_OK, CQ_NOT_FOUND, or an error
 *     cq_scan_to_position(scan, &pos, &err);                      and read it
 */
struct cq_position {
	uint64_t data_off;                     /* of the partition, in the decompressed stream */
	uint64_t index_off;                    /* of its entry in Index.db, Partitions.db (leaf) */
	uint64_t rows_off;                     /* BTI: of its entry in Rows.db; CQ_NO_OFFSET: not wide */
	cq_slice key;                          /* borrowed until the next call on the look-up */
	const struct cq_window *decoded;       /* borrowed like key: what the look-up has decoded of Data.db; may be NULL */
};

/* Go to a place that a look-up gave. The partition that the scan finds there must have the look-up's key; another one is
 * CQ_DAMAGED at the next cq_scan_next. */
CQ_API int cq_scan_to_position(struct cq_scan *s, const struct cq_position *where, struct cq_error *err);

struct cq_lookup;

CQ_API int cq_lookup_open(struct cq_lookup **out, const struct cq_table *t, struct cq_error *err);
/* The partition with this key, through the filter and the index or trie. Both are asked: a filter that says no to a key
 * that the index has is a finding of the look-up (cq_lookup_findings), not an answer. A table whose index is missing is
 * scanned instead, with a finding that says so. */
CQ_API int cq_lookup_key(struct cq_lookup *l, cq_slice key, struct cq_position *out, struct cq_error *err);
/* The first partition whose token is > (or >=, when inclusive) token. CQ_END when there is none. */
CQ_API int cq_lookup_token(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
	struct cq_error *err);
/* Every partition in the index, in order: start with off = 0 in *at; CQ_END past the last. */
CQ_API int cq_lookup_next(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err);
/* What Filter.db says: 1 maybe, 0 no, negative: no filter or an error. */
CQ_API int cq_lookup_filter(struct cq_lookup *l, cq_slice key, struct cq_error *err);
CQ_API const struct cq_findings *cq_lookup_findings(const struct cq_lookup *l);
CQ_API void cq_lookup_close(struct cq_lookup *l);

/* ---- slices of one partition ----
 *
 * Rows and markers between two bounds, forward or reversed, through the promoted or row index when the partition has one.
 * Events: PARTITION, STATIC (when it has any), then what lies in the slice. A range tombstone that is open where the
 * slice starts is given as a start marker at the slice's start bound, and one still open where it ends is closed there, so
 * that the slice stands by itself. Reversed: rows in descending order, markers as they are met (an end bound before
 * its start). Between bounds the wrong way round (an end at or before the start) lies nothing. */
struct cq_slice_options {
	const struct cq_prefix *start;         /* kind INCL_START or EXCL_START; NULL: from the first */
	const struct cq_prefix *end;           /* kind INCL_END or EXCL_END; NULL: to the last */
	bool reversed;
};
CQ_API int cq_scan_slice(struct cq_scan *s, struct cq_lookup *l, const struct cq_position *where,
	const struct cq_slice_options *opt, struct cq_error *err);

#endif

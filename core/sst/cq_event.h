/* cq_event - the unfiltered event stream: the one currency above the formats.
 *
 * A table is a sequence of events:
 *
 *     PARTITION   key, token, partition deletion, position
 *     STATIC      the static row, when it holds anything
 *     ROW         clustering, liveness, row deletion, cells        } in clustering
 *     MARKER      a bound or boundary of a range tombstone          } order
 *     PARTITION_END
 *     ... the next PARTITION ...
 *
 * in partition order (token, then key bytes). Scan yields it; merge takes several and yields one; the writer eats it; dump
 * prints it; check watches it; query filters it.
 *
 * Ownership: everything an event points to is borrowed from the scan and stays put until the next cq_scan_next on it.
 * What must outlive that is copied by the consumer. The partition stays valid until the next PARTITION event.
 *
 * Times: timestamps in microseconds since 1970 (CQ_NO_TIMESTAMP: none). Local deletion times in seconds since 1970, widened
 * from the version's 32 bits (CQ_NO_LDT: none; negative: an overflowed time as old versions wrote it). TTLs in
 * seconds, 0 none. */
#ifndef CQ_EVENT_H
#define CQ_EVENT_H
#include "cq_base.h"
#include "cq_types.h"

#define CQ_NO_TIMESTAMP INT64_MIN
#define CQ_NO_LDT INT64_MAX
#define CQ_EXPIRED_LIVENESS_TTL INT32_MAX      /* the ttl that marks a view's expired liveness */

/* ---- columns ---- */

struct cq_column {
	cq_slice name;                     /* raw bytes, UTF-8 in healthy files */
	const struct cq_type *type;
	uint32_t index;                    /* in its kind's column order (simple first, then complex) */
	int32_t fixed_len;                 /* of a simple column's value, CQ_VARIABLE otherwise */
	bool complex;                      /* one cell per element: type->multicell */
	bool counter;                      /* its cells (or its element's) hold counter contexts */
	bool is_static;
};

/* ---- pieces ---- */

/* Deletes what has a timestamp <= timestamp. Live when timestamp is CQ_NO_TIMESTAMP. */
struct cq_deletion {
	int64_t timestamp;
	int64_t ldt;
};

static inline bool cq_deletion_live(struct cq_deletion d)
{
	return d.timestamp == CQ_NO_TIMESTAMP;
}

#define CQ_LIVE ((struct cq_deletion){ .timestamp = CQ_NO_TIMESTAMP, .ldt = CQ_NO_LDT })

enum cq_cell_flag {
	CQ_CELL_DELETED = 0x01,            /* a tombstone: ldt says when it was deleted, no value */
	CQ_CELL_EXPIRING = 0x02,           /* ttl and ldt (the second it expires) are set */
	CQ_CELL_EMPTY_VALUE = 0x04,
	CQ_CELL_ROW_TIMESTAMP = 0x08,      /* as stored: took its timestamp from the row's liveness */
	CQ_CELL_ROW_TTL = 0x10,            /* as stored: took ttl and ldt from it */
};

struct cq_cell {
	const struct cq_column *column;
	cq_slice value;                    /* len 0 for tombstones and empty values; p is never NULL */
	cq_slice path;                     /* complex columns; p NULL for simple ones */
	int64_t timestamp;
	int64_t ldt;                       /* CQ_NO_LDT for a live cell that does not expire */
	int32_t ttl;
	uint32_t off;                      /* of its flags byte, from the start of the row */
	uint8_t flags;                     /* enum cq_cell_flag */
};

/* The cells of one complex column: cells[first .. first + count) of the row, in path order. */
struct cq_complex {
	const struct cq_column *column;
	struct cq_deletion deletion;
	uint32_t first, count;
};

/* Kinds of clustering prefixes, numbered as stored. */
enum cq_bound_kind {
	CQ_EXCL_END = 0,
	CQ_INCL_START = 1,
	CQ_EXCL_END_INCL_START = 2,        /* boundary: closes and opens */
	CQ_STATIC_CLUSTERING = 3,
	CQ_CLUSTERING = 4,
	CQ_INCL_END_EXCL_START = 5,        /* boundary */
	CQ_INCL_END = 6,
	CQ_EXCL_START = 7,
};

/* n values, n <= the table's clustering columns. A value's p is NULL for null (old COMPACT STORAGE data), len 0 with
 * p set for empty. */
struct cq_prefix {
	enum cq_bound_kind kind;
	uint32_t n;
	const cq_slice *values;
};

static inline bool cq_bound_opens(enum cq_bound_kind k)
{
	return k == CQ_INCL_START || k == CQ_EXCL_START || k == CQ_EXCL_END_INCL_START || k == CQ_INCL_END_EXCL_START;
}

static inline bool cq_bound_closes(enum cq_bound_kind k)
{
	return k == CQ_INCL_END || k == CQ_EXCL_END || k == CQ_EXCL_END_INCL_START || k == CQ_INCL_END_EXCL_START;
}

/* "INCL_START_BOUND", as Cassandra prints it. Static. */
CQ_API const char *cq_bound_kind_name(enum cq_bound_kind k);

/* ---- events ---- */

enum cq_event_kind {
	CQ_EV_PARTITION = 1,
	CQ_EV_STATIC,
	CQ_EV_ROW,
	CQ_EV_MARKER,
	CQ_EV_PARTITION_END,
};

struct cq_partition {
	cq_slice key;                      /* raw: a composite for several key columns */
	struct cq_deletion deletion;
	uint64_t off;                      /* of the partition, in the decompressed stream */
	uint32_t header_len;               /* key and deletion; the static row is not in it */
	uint64_t index;                    /* how many partitions this scan has started before it */
};

/* A static or regular row as stored. */
struct cq_row {
	struct cq_prefix clustering;       /* STATIC: kind CQ_STATIC_CLUSTERING, n 0 */
	bool has_liveness;
	int64_t timestamp;                 /* liveness; CQ_NO_TIMESTAMP without */
	int32_t ttl;
	int64_t ldt;
	struct cq_deletion deletion;
	bool shadowable;                   /* the deletion is a view's shadowable one */
	struct cq_deletion scylla_shadowable;  /* Scylla writes a second one; live otherwise */
	const struct cq_cell *cells;       /* simple columns first, in column order */
	uint32_t ncells, nsimple;
	const struct cq_complex *complex;  /* every complex column present, in column order */
	uint32_t ncomplex;
	uint8_t flags, extended;           /* as stored */
	uint64_t prev_size;                /* as stored: bytes from the previous unfiltered's start to this one's */
	uint64_t body_size;                /* as stored: bytes after the size field */
};

struct cq_marker {
	struct cq_prefix bound;
	struct cq_deletion close;          /* of the range that ends here; live when none does */
	struct cq_deletion open;           /* of the range that begins here */
	uint64_t prev_size, body_size;
};

struct cq_event {
	enum cq_event_kind kind;
	uint64_t off, len;                 /* where it is in the decompressed stream; PARTITION: header; END: one byte */
	const struct cq_partition *partition;   /* every kind */
	const struct cq_row *row;               /* STATIC, ROW */
	const struct cq_marker *marker;         /* MARKER */
};

/* A copy of an event with all it points to in the arena; columns and types stay the table's. CQ_ENOMEM. */
struct cq_arena;
CQ_API int cq_event_copy(struct cq_arena *arena, const struct cq_event *ev, struct cq_event *out);

/* Order of two prefixes of a table with these clustering types: values, then kinds (types.md of the format: a prefix's
 * kind decides where it stands among what it begins). */
CQ_API int cq_prefix_compare(const struct cq_type *const *types, const struct cq_prefix *a, const struct cq_prefix *b);

/* Two prefixes as rows of one partition would compare by values only. */
CQ_API int cq_values_compare(const struct cq_type *const *types, const cq_slice *a, const cq_slice *b, uint32_t n);

#endif

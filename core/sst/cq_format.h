/* cq_format - the contract between the core and a format plugin.
 *
 *     const struct cq_format cq_format_oa = {
 *             .abi = CQ_FORMAT_ABI, .name = "oa", .summary = "big format of Cassandra 5.0", .since = "5.0",
 *             .versions = versions, .nversions = CQ_COUNTOF(versions),
 *             .components = components, .ncomponents = CQ_COUNTOF(components),
 *             .open = big_open, .scan_next = scan_next, .find = big_find, ... .explain = explain,
 *     };
 *
 * A plugin is one such struct. Those in plugins/ are listed in plugins/meson.build and linked in; a shared object exports
 * the same struct under the name cq_format_plugin and is loaded with --plugin FILE or CQLITE_PLUGIN_PATH, when its abi
 * number is this header's. NULL means "not supported"; the core says so to whoever asks.
 *
 * Functions get the open table, scan or look-up; they keep no state of their own elsewhere. */
#ifndef CQ_FORMAT_H
#define CQ_FORMAT_H
#include "cq_cursor.h"
#include "cq_pages.h"
#include "cq_scan.h"

#define CQ_FORMAT_ABI 1u
#define CQ_FORMAT_PLUGIN_SYMBOL "cq_format_plugin"

/* What differs between versions, as constants: bodies test them, the compiler folds them. */
enum cq_feature {
	CQ_FEAT_COMMITLOG_LOWER = 1 << 0,
	CQ_FEAT_COMMITLOG_INTERVALS = 1 << 1,
	CQ_FEAT_LEGACY_MINMAX = 1 << 2,
	CQ_FEAT_HOST_ID = 1 << 3,
	CQ_FEAT_MAX_COMPRESSED = 1 << 4,           /* CompressionInfo has the field, chunks may be raw */
	CQ_FEAT_PENDING_REPAIR = 1 << 5,
	CQ_FEAT_TRANSIENT = 1 << 6,
	CQ_FEAT_METADATA_CHECKSUM = 1 << 7,
	CQ_FEAT_OLD_BLOOM = 1 << 8,                /* filter words as big-endian longs */
	CQ_FEAT_COVERED_MINMAX = 1 << 9,           /* oa: covered clusterings where the legacy lists were */
	CQ_FEAT_COVERED_AT_END = 1 << 10,          /* nc: the same, behind everything else */
	CQ_FEAT_PARTITION_DELETIONS = 1 << 11,
	CQ_FEAT_KEY_RANGE = 1 << 12,
	CQ_FEAT_UINT_DELETION_TIME = 1 << 13,      /* unsigned local deletion times, one-byte LIVE */
	CQ_FEAT_TOKEN_COVERAGE = 1 << 14,
	CQ_FEAT_ACCURATE_MINMAX = 1 << 15,
	CQ_FEAT_BTI = 1 << 16,
};

struct cq_version_info {
	char name[3];
	unsigned features;
	const char *since;                         /* "3.0.8, 3.8" */
};

enum cq_component_flag {
	CQ_CF_REQUIRED = 1 << 0,
	CQ_CF_IF_COMPRESSED = 1 << 1,              /* needed exactly when the table is compressed */
	CQ_CF_CHECKSUMMED = 1 << 2,                /* carries a checksum over its own bytes */
};

struct cq_component_info {
	enum cq_component kind;
	unsigned flags;                            /* enum cq_component_flag */
	const char *summary;
};

/* ---- units: what explain can replay ----
 *
 * For each kind the meaning of arg[0..3]. A MORE unit stands for the rest of a long list: explaining it gives up to
 * CQ_UNITS_A_PAGE children and, when some are left, another MORE. */
enum cq_unit_kind {
	CQ_U_COMPONENT = 1,        /* a whole file */
	CQ_U_PARTITION,            /* arg0: index */
	CQ_U_MORE_PARTITIONS,      /* arg0: index of the first */
	CQ_U_STATIC_ROW,           /* arg0: offset of its partition */
	CQ_U_UNFILTERED,           /* a row or a marker. arg0: offset of its partition, arg1: index */
	CQ_U_MORE_UNFILTEREDS,     /* arg0: offset of the partition, arg1: index of the first */
	CQ_U_CHUNK,                /* raw. arg0: index */
	CQ_U_MORE_CHUNKS,          /* raw. arg0: index of the first */
	CQ_U_INDEX_ENTRY,          /* arg0: index */
	CQ_U_MORE_INDEX_ENTRIES,   /* arg0: index of the first */
	CQ_U_SUMMARY_ENTRIES,      /* arg0: index of the first; a page of them */
	CQ_U_SUMMARY_OFFSETS,      /* arg0: index of the first */
	CQ_U_FILTER_BITS,          /* arg0: index of the first 64-bit word; a page of them */
	CQ_U_CHUNK_OFFSETS,        /* arg0: index of the first */
	CQ_U_CHECKSUMS,            /* CRC.db. arg0: index of the first */
	CQ_U_STATISTICS_SECTION,   /* arg0: section type; len: without the checksum */
	CQ_U_TRIE_NODE,            /* arg0: 0 partitions, 1 rows; arg1: root; arg2, arg3: where the trie starts and ends */
	CQ_U_TRIE_PADDING,         /* args as of a node; off: a node to go on from, len: to the end of the trie */
	CQ_U_ROWS_ENTRIES,         /* Rows.db sections. arg0: where to go on in Partitions.db (cq_format.next), arg1: index;
	                              arg2: where the first section starts */
	CQ_U_ROWS_ENTRY,           /* one entry and the trie before it. arg0: index; arg1: where the trie starts */
	CQ_U_TEXT_LINES,           /* TOC.txt and other text. arg0: line number */
	CQ_U_BYTES,                /* bytes nobody describes (a component of another maker): a page of them */
	CQ_U_KINDS
};
enum { CQ_UNITS_A_PAGE = 256, CQ_BYTES_A_PAGE = 4096 };

/* ---- what plugins see of scans and look-ups ---- */

enum cq_scan_state { CQ_SCAN_PARTITION, CQ_SCAN_STATIC, CQ_SCAN_UNFILTERED };

struct cq_scan {
	const struct cq_table *table;
	const struct cq_format *format;
	struct cq_window w;
	enum cq_scan_state state;
	bool special;                      /* anything of: failed, ranged, expecting, a slicer: not a plain step */
	int failed;                        /* the damage status to repeat, and its error */
	struct cq_error error;
	uint64_t end;                      /* partitions start before this stream offset */
	bool no_cells;
	/* token range: partitions at or before start are passed over, one beyond end finishes the scan */
	struct cq_token_range range;
	bool ranged;
	/* the unit arena: arrays that grow and are reused for every event */
	struct cq_partition partition;
	struct cq_buf key;                 /* the current partition's key, kept while its rows move the window */
	struct cq_row row;
	struct cq_marker marker;
	cq_slice *values;                  /* nclustering */
	struct cq_cell *cells;
	size_t cells_cap;
	struct cq_complex *complex;        /* regulars.ncomplex or statics.ncomplex, the larger */
	uint8_t *present;                  /* a flag a column, for subsets */
	/* what an index said would be at the next partition */
	struct cq_buf expected;
	bool expecting;
	struct cq_slicer *slicer;          /* cq_slicer.c; NULL: a plain scan */
};

struct cq_lookup {
	const struct cq_table *table;
	struct cq_pages index, summary, filter, partitions, rows;
	struct cq_findings findings;
	struct cq_buf key, tmp, path;      /* key: what cq_position.key borrows; path: BTI, the current block's separator */
	const struct cq_window *data;      /* set by a format whose look-ups read Data.db: with what; else NULL */
	void *state;                       /* format's own */
};

/* A block of a wide partition, as its row index describes it. */
struct cq_block {
	uint64_t start;                    /* first unfiltered, from the partition's start */
	uint64_t index;                    /* BIG: which one */
	struct cq_deletion open;           /* range deletion open before its first unfiltered; live: none */
};

struct cq_index_ops;

struct cq_format {
	uint32_t abi;                      /* CQ_FORMAT_ABI */
	const char *name, *summary, *since;
	const struct cq_version_info *versions;
	size_t nversions;
	const struct cq_component_info *components;
	size_t ncomponents;
	/* Read metadata into the table, whose components are open; findings for what is damaged, a negative status
	 * only for what makes rows unreadable. With opt->inspect Statistics.db may be missing, and a table that open has
	 * called CQ_DAMAGED is still explained and closed: set t->no_rows and load what else there is. close frees what open put in t->state. */
	int (*open)(struct cq_table *t, const struct cq_open_options *opt, struct cq_error *err);
	void (*close)(struct cq_table *t);
	/* The next event; see cq_scan.h. The core handles ranges, repeated errors and slices around it. */
	int (*scan_next)(struct cq_scan *s, struct cq_event *ev, struct cq_error *err);
	/* Through the index only: CQ_OK, CQ_NOT_FOUND; CQ_EUNSUPPORTED when the index is missing. token is the key's. */
	int (*find)(struct cq_lookup *l, cq_slice key, const struct cq_token *token, struct cq_position *out,
		struct cq_error *err);
	int (*find_token)(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
		struct cq_error *err);
	void (*lookup_close)(struct cq_lookup *l);         /* frees l->state; called when it is set */
	int (*filter)(struct cq_lookup *l, cq_slice key, struct cq_error *err);      /* 1 maybe, 0 no, negative */
	int (*next)(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err);
	/* Row index of the partition at pos: the last block that starts at or before bound (NULL: the last block), and
	 * the one before a block. CQ_NOT_FOUND: the partition has no row index; CQ_END: no such block. */
	int (*block_floor)(struct cq_lookup *l, const struct cq_position *pos, const struct cq_prefix *bound,
		struct cq_block *out, struct cq_error *err);
	int (*block_before)(struct cq_lookup *l, const struct cq_position *pos, struct cq_block *inout, struct cq_error *err);
	/* The index as it stands in its files (cq_index.h). */
	const struct cq_index_ops *index;
	/* Replay a unit into a sink; when t->no_rows is set, as far as that goes. CQ_OK; CQ_DAMAGED when it stopped inside (the sink has what came before). */
	int (*explain)(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);
};

/* ---- registry ---- */

/* The built-in formats, NULL at the end. Defined by plugins/builtin.c. */
extern const struct cq_format *const cq_builtin_formats[];

/* The format that reads this version, with its entry; NULL when none does. Loaded plugins come before built-in ones. */
CQ_API const struct cq_format *cq_format_for(const char *version, const struct cq_version_info **info);
/* index-th known format, loaded ones first; NULL past the last. origin: "built in" or the file it came from. */
CQ_API const struct cq_format *cq_format_nth(size_t index, const char **origin);
/* Load a plugin from a shared object. CQ_EUNSUPPORTED when it is for another ABI. Stays until the process ends. Not
 * thread safe: load before opening tables. */
CQ_API int cq_format_load(const char *path, struct cq_error *err);
/* Every *.so in the folders of CQLITE_PLUGIN_PATH (':' between). */
CQ_API int cq_format_load_path(const char *folders, struct cq_error *err);

/* Room in the scan's arrays; false when out of memory. */
CQ_API bool cq_scan_grow_cells(struct cq_scan *s, size_t n);

#endif

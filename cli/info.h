/* info - what `cqlite info` knows of one SSTable, gathered once and printed in one of several forms.
 *
 *     struct info i;
 *     info_gather(&i, cli, entry, given, &options, NULL);    never fails as a whole: what could not be read says why
 *     info_text(&i);   info_json(&i);   info_sstablemetadata(&i);
 *     info_finish(&i);
 *
 * Every part has a `why`: NULL when it was measured, otherwise the cause why it was not, in a few words. Everything lives
 * in the arena of struct info, or in the open table, until info_finish. */
#ifndef INFO_H
#define INFO_H
#include "cli.h"
#include "cq_format.h"

struct info_options {
	int64_t now;                     /* seconds since 1970 */
	int32_t gc_grace;                /* seconds */
	bool gc_grace_given;
	bool scan;
	bool histograms;
	bool brief;                      /* for the overview: leave out what reads whole files */
};

struct info_component {
	cq_slice name;
	enum cq_component kind;
	uint64_t bytes;
	bool present, listed;            /* listed: in TOC.txt */
	bool needed;                     /* and missing: something cannot be read without it */
	bool known;                      /* the format describes it */
};

struct info_keys {
	const char *why;
	const char *from;                /* "Statistics.db", "Summary.db", "Index.db" */
	cq_slice first, last;
	cq_slice first_text, last_text;  /* may hold any character, zeros too */
	const char *first_token, *last_token;
};

struct info_filter {
	const char *why;
	bool none;                       /* there is no filter */
	uint64_t hashes, words, set;     /* set: bits that are 1 */
	double expected_fp;              /* chance that a key not in the table finds all its bits set */
};

struct info_option {
	cq_slice key, value;
};

struct info_compression {
	const char *why;
	bool none;
	const char *class_name;          /* with its package */
	size_t noptions;
	const struct info_option *options;
	bool has_max_compressed;
	uint64_t chunks, raw_chunks, payload_bytes;
	const char *chunks_why;          /* the last two were not measured */
};

struct info_summary {
	const char *why;
	bool none;
	uint64_t interval, entries, bytes, level, full_entries;
};

struct info_trie {
	const char *why;
	bool none;
	uint64_t keys, root;
	cq_slice first, last;
};

/* One of the longest lists of --scan. */
struct info_leader {
	cq_slice key;                    /* its text */
	uint64_t n;
};
enum { INFO_LEADERS = 5 };

struct info_scan {
	const char *why;                 /* also when it was not asked for */
	bool asked;
	uint64_t bytes, partitions;
	uint64_t rows, static_rows;
	uint64_t cells, static_cells;    /* cells: of rows */
	uint64_t markers, partition_deletions, row_deletions, complex_deletions, cell_tombstones, static_tombstones;
	uint64_t expiring_cells;
	struct info_leader widest[INFO_LEADERS], largest[INFO_LEADERS], most_tombstones[INFO_LEADERS];
	unsigned nwidest, nlargest, ntombstones;
};

/* Drop times as Cassandra takes them in: in its range, sorted, equal ones added up. */
struct info_drop {
	int64_t point;
	int32_t count;
};

struct info {
	struct cli *cli;
	struct info_options opt;
	const struct cq_sst_entry *entry;
	const char *given;               /* the path as it was given, for messages that repeat it */
	struct cq_arena arena;

	struct cq_table *t;              /* NULL: not readable, then why_closed says it */
	const char *why_closed;
	int open_status;
	const char *why_stats, *why_header, *why_validation, *why_compaction;   /* the sections of Statistics.db */
	const struct cq_version_info *version;
	const struct cq_format *format;
	const char *writer;              /* what wrote it, where the file shows more than its version; or NULL */

	bool has_toc;
	const char *toc_why;
	size_t ncomponents;
	struct info_component *components;

	struct info_keys keys;
	struct info_filter filter;
	struct info_compression compression;
	struct info_summary summary;
	struct info_trie trie;
	struct info_scan scan;

	const char *cardinality_why;
	int64_t cardinality;
	double droppable;                /* ratio, with why_stats */
	size_t ndrops;
	struct info_drop *drops;

	bool schema_given;               /* --schema */
};

/* entry is borrowed. opened: the table when it is open already (with --schema), or NULL; info_finish closes it. */
void info_gather(struct info *i, struct cli *cli, const struct cq_sst_entry *entry, const char *given,
	const struct info_options *opt, struct cq_table *opened);
void info_finish(struct info *i);
/* CLI_WELL, CLI_FOUND or CLI_UNFINISHED. */
int info_exit_code(const struct info *i);

/* Words in the arena of i; never NULL. */
const char *info_say(struct info *i, const char *fmt, ...) CQ_PRINTF(2, 3);
const char *info_say_error(struct info *i, const struct cq_error *err);
/* What was printed, moved into the arena with a NUL behind; b is emptied. */
cq_slice info_keep(struct info *i, struct cq_buf *b);

/* The --scan part (info_scan.c). */
void info_scan(struct info *i);

/* What the explaining reader says of a whole component: numbers and bytes by field. */
struct info_fields {
	struct cq_arena *arena;
	unsigned n;
	struct { unsigned field; uint64_t off, value; cq_slice bytes; } at[256];
};
/* Only top-level leaves and those of groups, no child units; the first 256. CQ_OK, or CQ_DAMAGED with what came before. */
int info_explain(const struct info *i, enum cq_component kind, struct info_fields *out, struct cq_error *err);
/* filter, compression, summary and trie (info_files.c). summary: what Summary.db told, n 0 when nothing. */
void info_files(struct info *i, struct info_fields *summary);
/* The first value of a field; false when it was not met. */
bool info_field(const struct info_fields *f, unsigned field, uint64_t *value);
bool info_field_bytes(const struct info_fields *f, unsigned field, cq_slice *value);

/* ---- printing, shared ---- */

/* A histogram as sstablemetadata draws it: bars of 30, percentiles of a second histogram of 165 buckets. */
struct info_bar {
	int64_t value, count;
};
struct info_percentiles {
	int64_t p50, p75, p95, p98, p99, min, max;
};
typedef void info_label(struct cq_buf *out, int64_t value);
/* for_people: block characters; and percentiles only where the buckets are fine enough for them to mean something. */
void info_bars(struct cq_buf *out, const char *title, const struct info_bar *bars, size_t n, info_label *label,
	bool for_people, bool percentiles);
void info_bar_percentiles(const struct info_bar *bars, size_t n, struct info_percentiles *out);
/* The buckets of a histogram that hold anything, without the overflow. NULL when out of memory. */
struct info_bar *info_buckets(struct cq_arena *a, const struct cq_histogram *h, size_t *n);
struct info_bar *info_drop_bars(struct cq_arena *a, const struct info *i, size_t *n);

/* Java's formats. */
void info_java_date(struct cq_buf *out, int64_t millis);                    /* MM/dd/yyyy HH:mm:ss, UTC */
void info_java_words(struct cq_buf *out, int64_t seconds);                  /* "1 minute 40 seconds" */
void info_java_bytes(struct cq_buf *out, int64_t bytes);                    /* "1.5 kB" */

/* A clustering value or key as Cassandra's getString; hexadecimal with 0x when it is not a value of its type. */
void info_value(struct cq_buf *out, const struct cq_type *type, cq_slice v);
/* "[a:b, c]" as Slice.toString. */
void info_covered(struct cq_buf *out, const struct info *i);
/* The bounds that info_covered prints, from whichever of the two forms the version has; false when there is neither. */
bool info_covered_bounds(const struct info *i, struct cq_prefix *start, struct cq_prefix *end);

void info_text(struct info *i);
void info_json(struct info *i);
void info_sstablemetadata(struct info *i);

/* The table of many SSTables: head, a line each, totals. */
struct info_totals {
	size_t tables, unreadable, unmeasured;
	uint64_t bytes, data_bytes, uncompressed_bytes;
	int64_t rows, partitions, min_timestamp, max_timestamp;
	size_t name_width;
};
void info_overview_head(struct cli *cli, struct info_totals *t, const struct cq_desc_list *list);
void info_overview_line(struct info *i, struct info_totals *t);
void info_overview_totals(struct cli *cli, const struct info_totals *t);

#endif

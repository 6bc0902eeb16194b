/* cq_table - one SSTable, opened: its components, metadata, schema, and what was found wrong on the way.
 *
 *     struct cq_table *t;
 *     if (cq_table_open(&t, "nb-1-big-Data.db", NULL, &err) != CQ_OK) ...
 *     printf("%zu regular columns\n", t->stats.nregular);
 *     cq_table_close(t);
 *
 * Data.db and Statistics.db are needed (Statistics.db holds the types; inspect does without). Any other component may be missing or damaged:
 * that is a finding in t->findings, and what depends on it says so when asked. A table is immutable once open; any number
 * of scans and look-ups, on any number of threads, may share it. Everything it points to lives until cq_table_close. */
#ifndef CQ_TABLE_H
#define CQ_TABLE_H
#include "cq_desc.h"
#include "cq_finding.h"
#include "cq_partitioner.h"
#include "cq_schema.h"
#include "cq_statistics.h"
#include "cq_stream.h"

struct cq_format;

struct cq_open_options {
	const struct cq_schema *schema;    /* DDL to take names from; NULL: look for schema.cql beside the table */
	bool no_schema_file;               /* do not look */
	bool no_checksums;                 /* do not compare chunk checksums while reading */
	bool metadata_only;                /* Data.db may be missing */
	bool inspect;                      /* open even when metadata is missing or so damaged that rows cannot be read: then
	                                      schema is NULL, a finding says why, and only a document (cq_table_doc) can be
	                                      made */
	/* Where the bytes come from; NULL: files. Opens one component by its path. */
	int (*open_space)(void *arg, const char *path, struct cq_space **out, struct cq_error *err);
	void *arg;
};

/* What decoding a row needs, in one place and hot. */
struct cq_kind_columns {
	uint32_t n;
	uint32_t ncomplex;
	const struct cq_column *columns;
};

struct cq_ctx {
	int64_t min_timestamp;
	int64_t min_ldt;
	int32_t min_ttl;
	uint32_t nclustering;
	const struct cq_type *const *clustering;       /* types */
	const int32_t *clustering_len;                 /* fixed lengths, or CQ_VARIABLE */
	struct cq_kind_columns statics, regulars;
};

struct cq_table {
	struct cq_arena arena;
	struct cq_desc desc;
	const struct cq_format *format;
	unsigned features;                             /* enum cq_feature of the version */
	struct cq_space *component[CQ_C_KINDS];        /* NULL: not there, or not readable (then there is a finding) */
	struct cq_chunks chunks;
	struct cq_stream stream;                       /* Data.db */
	struct cq_statistics stats;
	struct cq_ctx ctx;
	struct cq_partitioner partitioner;
	const struct cq_schema *schema;                /* never NULL (but see inspect): from the header, with the DDL's names when known */
	const struct cq_schema *ddl;                   /* what names came from; NULL: they are guesses */
	struct cq_findings findings;
	const char *no_rows;                           /* why no row can be read (inspect, metadata_only); NULL: they can */
	bool no_checksums;                             /* scans do not compare CRCs */
	/* format's own */
	void *state;
};

CQ_API int cq_table_open(struct cq_table **out, const char *path, const struct cq_open_options *opt, struct cq_error *err);

/* Accepts NULL. Every scan and look-up of the table must be finished before. */
CQ_API void cq_table_close(struct cq_table *t);

/* A partition key as its parts' text: joined with ':' when composite. Damage prints as hexadecimal. */
CQ_API void cq_table_print_key(const struct cq_table *t, cq_slice key, struct cq_buf *out);
/* The bytes of a key given as text ("b:2"): a ':' inside a part is written \: and a part that ends in '!' or '\' gets another
 * '!' behind, as cq_table_print_key does it. CQ_EUSAGE when it is not one. */
CQ_API int cq_table_parse_key(const struct cq_table *t, const char *text, struct cq_buf *out, struct cq_error *err);

#endif

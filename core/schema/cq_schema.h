/* cq_schema - what a table's columns are called and what they hold.
 *
 *     struct cq_schema *ddl;
 *     cq_schema_parse(&arena, text, "ks.table", &ddl, &err);     one table out of a file of CQL
 *     cq_schema_merge(&arena, header, ddl, &merged, report, arg);
 *
 * An SSTable's own header knows types and the names of its static and regular columns, but not the names of key
 * columns, nor keyspace and table: those are guesses (guessed_names set) until a DDL or the directory's name tells.
 * What a function makes lives in the arena passed in. */
#ifndef CQ_SCHEMA_H
#define CQ_SCHEMA_H
#include "cq_types.h"

struct cq_schema_column {
	cq_slice name;
	const struct cq_type *type;      /* clustering columns: reversed set for DESC. NULL only where open_columns says so */
};

/* A column that was dropped; when it was added again it is among the others too. */
struct cq_schema_dropped {
	cq_slice name;
	const struct cq_type *type;
	int64_t time;                    /* microseconds; data not newer than this is gone. INT64_MIN: when is not known */
	bool is_static;
};

struct cq_schema {
	cq_slice keyspace, table;        /* p == NULL: not known */
	uint8_t id[16];                  /* all zero: not known */
	bool has_id;
	bool guessed_names;              /* partition key and clustering names are made up */
	bool compact;                    /* WITH COMPACT STORAGE */
	bool is_view;
	bool open_columns;               /* a view whose base table the text does not have: columns without types, and with
	                                    SELECT * no regulars at all */
	cq_slice missing_type;           /* a user type that the text uses and does not create (p == NULL: none). Columns of
	                                    it have an empty UDT type: enough for names, not for writing */
	size_t npartition, nclustering, nstatic, nregular, ndropped;
	struct cq_schema_column *partition, *clustering;
	struct cq_schema_column *statics, *regulars;     /* in cq_schema_column_order */
	struct cq_schema_dropped *dropped;
	/* options that change how files are read or judged; defaults of Cassandra where the DDL is silent */
	double bloom_fp_chance;          /* -1: not said */
	int32_t gc_grace_seconds;        /* -1: not said */
	int32_t min_index_interval;      /* -1: not said */
	int32_t default_ttl;             /* -1: not said */
	cq_slice text;                   /* the CREATE statement, as it stood */
};

/* Find and parse one CREATE TABLE or CREATE MATERIALIZED VIEW (and the CREATE TYPEs, ALTERs and USE it needs) in text,
 * which may hold many other statements; those are passed over. The text may be a schema.cql of any version, cqlsh's
 * DESCRIBE, or written by hand; types and base tables may stand before or behind.
 *
 * want      "table", "keyspace.table" (as directories are called: case counts, quotes are taken off), or NULL: the only
 *           table, or when there is none the only view.
 * returns   CQ_OK; CQ_NOT_FOUND when no such table is created (err says what is); CQ_EUSAGE when want fits several;
 *           CQ_DAMAGED when text is no CQL where it matters: err->off is the byte in text, err->msg begins with line and
 *           column; CQ_ENOMEM.
 *
 * A table WITH COMPACT STORAGE is given as CQL shows it. On disk it looks different (cq_schema_merge knows how). */
CQ_API int cq_schema_parse(struct cq_arena *arena, cq_slice text, const char *want, struct cq_schema **out,
	struct cq_error *err);

/* Does the text say of a table that it is left out? Cassandra (3.0 to 4.x, in schema.cql) and cqlsh put a table made through
 * Thrift that CQL cannot make into a comment. What is in the comment is only nearly the table, and nothing here reads it. */
CQ_API bool cq_schema_leaves_out(cq_slice text);

/* One difference between a DDL and an SSTable's header, as a sentence. Borrowed for the call. */
typedef void cq_schema_report(void *arg, const char *sentence);

/* The header's columns and types (they rule decoding) with the DDL's names for key columns, keyspace, table and id, its
 * dropped columns and its options. Every contradiction is reported (report may be NULL): a type that differs, a column
 * of the header that the DDL neither has nor dropped, static against regular, another number of key columns, another
 * order of a clustering column, another table id. A key whose types contradict keeps the header's (guessed) names.
 *
 * No contradiction, because healthy files do it:
 *   - a column that the DDL has and the header does not: files list only what they hold;
 *   - user types with more fields in the DDL, with renamed fields, or of another keyspace (fields are told apart by
 *     position); a dropped column's user type as a tuple;
 *   - DateType for timestamp: CQL has one name for both;
 *   - COMPACT STORAGE: without clustering columns, the header has the named columns as statics, a clustering column1
 *     and a regular column value; without a value column, it has a regular "value" of EmptyType; a super column family
 *     has one map with an empty name.
 *
 * The result borrows names and types from both: keep header and ddl as long as it.
 *
 * Hidden index tables have no DDL of their own; merging one with its base table's would report nonsense. */
CQ_API int cq_schema_merge(struct cq_arena *arena, const struct cq_schema *header, const struct cq_schema *ddl,
	struct cq_schema **out, cq_schema_report *report, void *arg, struct cq_error *err);

/* CREATE TABLE as CQL (user types as CREATE TYPE before it, dropped columns as ALTER TABLE behind), for people and for
 * cq_schema_parse. What is not known is left out; a view is printed as a table, and a comment says so. */
CQ_API void cq_schema_print(const struct cq_schema *s, struct cq_buf *out);

/* The order of columns on disk: simple before multi-cell ones, then by name, of which the first byte is signed (a name that
 * begins with a non-ASCII letter comes first). For qsort over struct cq_schema_column.
 * source    ColumnMetadata.java, comparisonOrder. */
CQ_API int cq_schema_column_order(const void *a, const void *b);

#endif

/* cq_schema - what a table's columns are called and what they hold.
 *
 *     struct cq_schema *ddl;
 *     cq_schema_parse(&arena, text, "ks.table", &ddl, &err);     one table out of a file of CQL
 *     cq_schema_merge(&arena, header, ddl, &merged, report, arg);
 *
 * An SSTable's own header knows types and the names of its static and regular columns, but not the names of key
 * columns, nor keyspace and table: those are guesses (guessed_names set) until a DDL or the directory's name tells.
 * Everything lives in the arena passed in. */
#ifndef CQ_SCHEMA_H
#define CQ_SCHEMA_H
#include "cq_types.h"

struct cq_schema_column {
	cq_slice name;
	const struct cq_type *type;      /* clustering columns: reversed set for DESC */
};

struct cq_schema_dropped {
	cq_slice name;
	const struct cq_type *type;
	int64_t time;                    /* microseconds; data older than this is gone */
	bool is_static;
};

struct cq_schema {
	cq_slice keyspace, table;        /* p == NULL: not known */
	uint8_t id[16];                  /* all zero: not known */
	bool has_id;
	bool guessed_names;              /* partition key and clustering names are made up */
	bool compact;                    /* WITH COMPACT STORAGE */
	bool is_view;
	size_t npartition, nclustering, nstatic, nregular, ndropped;
	struct cq_schema_column *partition, *clustering, *statics, *regulars;
	struct cq_schema_dropped *dropped;
	/* options that change how files are read or judged; defaults of Cassandra where the DDL is silent */
	double bloom_fp_chance;          /* -1: not said */
	int32_t gc_grace_seconds;        /* -1: not said */
	int32_t min_index_interval;      /* -1: not said */
	int32_t default_ttl;             /* -1: not said */
	cq_slice text;                   /* the CREATE statement, as it stood */
};

/* Find and parse one CREATE TABLE or CREATE MATERIALIZED VIEW (and the CREATE TYPEs it needs) in text, which may hold
 * many other statements; those are passed over. want: "table", "keyspace.table" or NULL when there must be only one.
 * err->off is the byte in text. CQ_NOT_FOUND when no such table is there. */
CQ_API int cq_schema_parse(struct cq_arena *arena, cq_slice text, const char *want, struct cq_schema **out,
	struct cq_error *err);

/* One difference between a DDL and an SSTable's header, as a sentence. */
typedef void cq_schema_report(void *arg, const char *sentence);

/* The header's columns and types (they rule decoding) with the DDL's names for key columns, keyspace, table and id.
 * Every contradiction is reported: a type that differs, a column of the header that the DDL neither has nor dropped,
 * another number of key columns. A column the DDL has and the header does not is no contradiction (flushes list only what
 * they hold). A key whose types contradict keeps guessed names. */
CQ_API int cq_schema_merge(struct cq_arena *arena, const struct cq_schema *header, const struct cq_schema *ddl,
	struct cq_schema **out, cq_schema_report *report, void *arg, struct cq_error *err);

/* CREATE TABLE as CQL, types included (UDTs as CREATE TYPE before it), for people and for writing. */
CQ_API void cq_schema_print(const struct cq_schema *s, struct cq_buf *out);

/* An identifier as CQL writes it: quoted when it is not all lower case letters, digits and _ (or is a reserved word,
 * where reserved says so). sstabledump quotes by the same rule. */
CQ_API void cq_schema_identifier(cq_slice name, struct cq_buf *out);

#endif

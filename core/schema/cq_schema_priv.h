/* cq_schema_priv - what the files of core/schema share: a table and its types as the text says them, before types are
 * looked up and ALTERs are settled. All of it lives in one scratch arena, names included. */
#ifndef CQ_SCHEMA_PRIV_H
#define CQ_SCHEMA_PRIV_H
#include "cq_cql_lex.h"
#include "cq_schema.h"

/* ---- names to numbers: so that no text, however long, takes quadratic time ---- */

#define CQ_NO_NAME SIZE_MAX

struct cq_names {
	struct cq_name_slot { cq_slice name; size_t value; bool used; } *slot;
	size_t n, cap;
};

/* Set (or change) the number of a name, borrowed. False when out of memory. */
bool cq_names_put(struct cq_arena *arena, struct cq_names *names, cq_slice name, size_t value);
size_t cq_names_get(const struct cq_names *names, cq_slice name);      /* CQ_NO_NAME: not there */

/* Room for one more in an array of n elements in the arena; returns it (moved, perhaps), NULL when out of memory. */
void *cq_grow(struct cq_arena *arena, void *p, size_t n, size_t *cap, size_t each);

/* ---- what statements say ---- */

struct cq_raw_text {                 /* a type, as it stands in the text */
	size_t off, len;
};

struct cq_raw_column {
	cq_slice name;
	size_t off;                      /* of its name in the text */
	struct cq_raw_text type;
	bool is_static, live;            /* live false: dropped and not added again */
	bool dropped;                    /* what follows is set */
	bool dropped_static;
	struct cq_raw_text dropped_type;
	int64_t dropped_time;
};

struct cq_raw_key {
	cq_slice name;
	size_t off;
	bool descending;
};

struct cq_raw_name {                 /* [keyspace.]name */
	cq_slice keyspace, name;
};

struct cq_raw_table {
	struct cq_raw_name name;
	bool is_view, compact, select_all;
	struct cq_raw_name base;         /* of a view */
	struct cq_raw_column *column;    /* of a view: the selected ones, without types */
	size_t ncolumns, column_cap;
	struct cq_names by_name;
	struct cq_raw_key *partition, *clustering;
	size_t npartition, partition_cap, nclustering, clustering_cap;
	bool has_key;
	struct cq_schema options;        /* id and the numbers; nothing else of it is set */
	size_t end;                      /* byte behind the CREATE statement */
};

struct cq_raw_field {
	cq_slice name;
	struct cq_raw_text type;
};

struct cq_raw_type {
	struct cq_raw_name name;
	size_t off;
	struct cq_raw_field *field;
	size_t nfields, field_cap;
	struct cq_names by_name;
	enum { CQ_RAW_NEW, CQ_RAW_BUSY, CQ_RAW_DONE } state;
	const struct cq_type *type;
	size_t weight;                   /* of type: how many types it is when written out */
};

/* All of a text, while one table is looked for in it. */
struct cq_raw_source {
	cq_slice text;
	struct cq_arena *scratch, *out;
	struct cq_error *err;
	struct cq_raw_type *type;
	size_t ntypes, type_cap;
	struct cq_names types;           /* by "keyspace\0name", and by "\0name" whatever the keyspace */
	cq_slice keyspace;               /* where unqualified types of the table are */
	cq_slice missing;                /* first type that is used and not created */
	unsigned depth;
	int rc;
};

/* Make the schema of a table. base: of a view, NULL when the text has none; then, and for tables, pass NULL. */
int cq_schema_resolve(struct cq_raw_source *src, const struct cq_raw_table *t, const struct cq_raw_table *base,
	struct cq_schema **out);
/* The key that src->types knows a type by, in the scratch arena; p == NULL when out of memory. */
cq_slice cq_raw_type_key(struct cq_raw_source *src, cq_slice keyspace, cq_slice name);
int cq_raw_fail(struct cq_raw_source *src, int code, size_t off, const char *what);

/* [IF [NOT] EXISTS] [keyspace.]name; keyspace is use's when none stands there. *if_not_exists may be NULL. */
struct cq_raw_name cq_stmt_name(struct cq_lex *lx, struct cq_arena *arena, cq_slice use, bool *if_not_exists);

/* Statements, each from behind its name to its end; failures are in lx. */
void cq_stmt_create_table(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t);
void cq_stmt_create_view(struct cq_lex *lx, struct cq_arena *arena, cq_slice use, struct cq_raw_table *t);
void cq_stmt_alter_table(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t);
void cq_stmt_create_type(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t);
void cq_stmt_alter_type(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t);

/* Their parts. */
void cq_stmt_properties(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t);
void cq_stmt_put_column(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t, struct cq_raw_column c);
struct cq_raw_text cq_stmt_type_text(struct cq_lex *lx);
int64_t cq_stmt_timestamp(struct cq_lex *lx);
/* name TO name [AND name TO name]... ; calls back with each pair and the place of the first. */
typedef void cq_stmt_renamed(struct cq_lex *lx, struct cq_arena *arena, void *what, size_t off, cq_slice from, cq_slice to);
void cq_stmt_renames(struct cq_lex *lx, struct cq_arena *arena, cq_stmt_renamed *each, void *what);
void cq_stmt_no_memory(struct cq_lex *lx);
void cq_stmt_end(struct cq_lex *lx);             /* ';' or the end of the text, or fails */
/* To the ';' (taken) or the end of the text, brackets not minded. */
void cq_stmt_skip(struct cq_lex *lx);

#endif

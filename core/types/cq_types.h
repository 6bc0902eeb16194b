/* cq_types - CQL types: their class strings, the bytes of a value, its text, its order.
 *
 *     const struct cq_type *t;
 *     cq_type_parse(&arena, cq_slice_str("org.apache.cassandra.db.marshal.ListType(...)"), &t, &err);
 *     cq_value_json(t, bytes, &out, 0, &err);      [1, 2, 3]
 *     cq_value_compare(t, a, b);
 *
 * A struct cq_type is immutable and lives in the arena it was parsed into; so do its children and names.
 * Functions that print append to a cq_buf and return CQ_OK, or CQ_DAMAGED when the bytes are not a value of
 * the type (err says which rule they break, with the offset inside the value); what was appended before the
 * damage was met is taken back, so a caller may print something else in its place.
 *
 * Source: the class of that name in org.apache.cassandra.db.marshal. */
#ifndef CQ_TYPES_H
#define CQ_TYPES_H
#include "cq_arena.h"
#include "cq_base.h"
#include "cq_buf.h"

enum cq_kind {
	CQ_T_CUSTOM = 0,            /* a class this build does not know: bytes, with its name */
	CQ_T_ASCII, CQ_T_TEXT, CQ_T_BLOB, CQ_T_BOOLEAN,
	CQ_T_TINYINT, CQ_T_SMALLINT, CQ_T_INT, CQ_T_BIGINT, CQ_T_VARINT, CQ_T_DECIMAL,
	CQ_T_FLOAT, CQ_T_DOUBLE, CQ_T_DATE, CQ_T_TIME, CQ_T_TIMESTAMP,
	CQ_T_LEGACY_DATE,           /* DateType: a timestamp ordered by unsigned bytes */
	CQ_T_UUID, CQ_T_TIMEUUID, CQ_T_LEXICAL_UUID,
	CQ_T_INET, CQ_T_DURATION, CQ_T_COUNTER, CQ_T_EMPTY,
	CQ_T_LIST, CQ_T_SET, CQ_T_MAP, CQ_T_TUPLE, CQ_T_UDT, CQ_T_VECTOR,
	CQ_T_COMPOSITE, CQ_T_DYNAMIC_COMPOSITE,
	CQ_T_PARTITIONER_ORDER,     /* PartitionerDefinedOrder: clusterings of index tables */
	CQ_T_KINDS
};

#define CQ_VARIABLE (-1)

/* ReversedType and FrozenType do not appear as types of their own: they are the two flags. */
struct cq_type {
	enum cq_kind kind;
	bool reversed;                      /* declared ReversedType(...): order is inverted */
	bool frozen;                        /* under FrozenType (or inside something frozen) */
	bool multicell;                     /* list, set, map or UDT that is not frozen: one cell per element */
	uint8_t depth;                      /* levels of types, this one included: at most 64 */
	int fixed_len;                      /* bytes of every value, or CQ_VARIABLE */
	size_t narg;                        /* element types: list 1, set 1, map 2, tuple/UDT/composite n, vector 1 */
	const struct cq_type *const *arg;
	uint32_t dimension;                 /* vector */
	cq_slice keyspace, name;            /* UDT: keyspace and type name (decoded); custom: name = class name, with its
	                                       parameters; PARTITIONER_ORDER: name = partitioner class (arg[0] the type of
	                                       the keys, where it is said); simple kinds: empty, or the class where two
	                                       classes have one kind (LegacyTimeUUIDType) */
	const cq_slice *field;              /* UDT: narg field names; DYNAMIC_COMPOSITE: narg one-byte aliases */
};

/* ---- class strings ---- */

/* Parse a class string ("org.apache.cassandra.db.marshal.UTF8Type", "UTF8Type", with parameters). Depth and
 * element counts are bounded (a string nested deeper than 64 is CQ_DAMAGED). *out lives in arena. */
CQ_API int cq_type_parse(struct cq_arena *arena, cq_slice text, const struct cq_type **out, struct cq_error *err);

/* The class string as Cassandra writes it (FrozenType and the vector's " , " where it puts them). */
CQ_API void cq_type_class(const struct cq_type *t, struct cq_buf *out);

/* The CQL name: "frozen<list<text>>", "map<int, text>", "'org.example.Custom'". A reversed type prints as its base. */
CQ_API void cq_type_cql(const struct cq_type *t, struct cq_buf *out);

/* Parse a CQL type name ("map<int, frozen<address>>"); UDT names are looked up with find_udt (may be NULL),
 * which returns a UDT type (not frozen) or NULL; keyspace.p is NULL when the name has none. CQ_EUSAGE when the text is
 * no type, err->off the character. What is inside a collection, tuple or vector is frozen whether the text says so or not. */
typedef const struct cq_type *cq_find_udt(void *arg, cq_slice keyspace, cq_slice name);
CQ_API int cq_type_parse_cql(struct cq_arena *arena, cq_slice text, cq_find_udt *find_udt, void *arg,
	const struct cq_type **out, struct cq_error *err);

/* A copy of t with reversed set or cleared / everything frozen. In arena; NULL when out of memory. */
CQ_API const struct cq_type *cq_type_reversed(struct cq_arena *arena, const struct cq_type *t, bool reversed);
CQ_API const struct cq_type *cq_type_frozen(struct cq_arena *arena, const struct cq_type *t);

/* Same type, ignoring reversed? */
CQ_API bool cq_type_eq(const struct cq_type *a, const struct cq_type *b);

/* A ready-made type of a simple kind (no arguments). Static, never freed. NULL for kinds that take arguments. */
CQ_API const struct cq_type *cq_type_simple(enum cq_kind kind);

/* The types of a multi-cell column's cells. Path: list timeuuid, set element, map key, UDT smallint.
 * Value: list element, set EMPTY, map value; of a UDT the field that the path (2 bytes) names, NULL when the path
 * is not one of its fields. */
CQ_API const struct cq_type *cq_type_path(const struct cq_type *column);
CQ_API const struct cq_type *cq_type_cell_value(const struct cq_type *column, cq_slice path);

/* ---- values ---- */

/* Printing flags. */
enum {
	CQ_PRINT_SSTABLEDUMP = 1 << 0,     /* repeat sstabledump's known errors: a counter is the first 8 bytes of its
	                                      context; see docs/sstabledump-differences.md */
};

/* JSON as sstabledump prints it: numbers bare, text quoted, NaN and infinities null. Where sstabledump dies on a value
 * that says what it is, that is printed: "" for a value without bytes, null for fields a short tuple lacks and for null
 * elements, a composite's text as a string, a timeuuid of another version as it stands. */
CQ_API int cq_value_json(const struct cq_type *t, cq_slice v, struct cq_buf *out, unsigned flags, struct cq_error *err);
/* A CQL literal (toCQLLiteral): 'a''b', 0xcafe, {1: 'a'}. */
CQ_API int cq_value_cql(const struct cq_type *t, cq_slice v, struct cq_buf *out, struct cq_error *err);
/* Cassandra's getString: what sstabledump prints for keys and cell paths and takes after -k. */
CQ_API int cq_value_text(const struct cq_type *t, cq_slice v, struct cq_buf *out, struct cq_error *err);
/* The bytes of a value given as getString text (AbstractType.fromString): the inverse of cq_value_text for every
 * type that has one; composites are joined with ':' and escaped. CQ_EUSAGE when the text is not one. */
CQ_API int cq_value_parse(const struct cq_type *t, cq_slice text, struct cq_buf *out, struct cq_error *err);

/* A JSON string with its quotes; escapes as Jackson does (upper-case \u00XX below 0x20). Bytes that are not UTF-8
 * are replaced one by one by U+FFFD; returns false when there were some. */
CQ_API bool cq_json_string(struct cq_buf *out, cq_slice s);

/* Is v a value Cassandra accepts for t (AbstractType.validate)? CQ_OK or CQ_DAMAGED. Values of multi-cell types are
 * validated in their frozen form. */
CQ_API int cq_value_check(const struct cq_type *t, cq_slice v, struct cq_error *err);

/* Order as in Cassandra, reversed applied: <0, 0, >0. Values that are not of the type are ordered somehow, the same
 * way every time, and never read out of bounds. */
CQ_API int cq_value_compare(const struct cq_type *t, cq_slice a, cq_slice b);

/* The byte-comparable form (OSS50), reversed applied, without separators. *none set when the value has no form of its
 * own (an empty int): the caller writes its EMPTY separator. CQ_DAMAGED when v is not a value of t. */
CQ_API int cq_value_comparable(const struct cq_type *t, cq_slice v, struct cq_buf *out, bool *none, struct cq_error *err);

/* ---- pieces of values ---- */

/* Iterate the elements of a frozen collection, tuple, UDT, vector or composite.
 *
 *     struct cq_elements it;
 *     for (cq_elements_init(&it, t, v); (rc = cq_elements_next(&it, &type, &elem, &err)) == CQ_OK;) ...
 *     rc is CQ_END at the end; elem.p is NULL for a null element. Maps give key, value, key, value.
 * Missing trailing tuple fields are not given. Composite: it.eoc is the end-of-component byte. */
struct cq_elements {
	const struct cq_type *type;
	cq_slice rest;
	size_t len;                /* of the whole value */
	size_t at;                 /* index of the next element */
	uint64_t count;            /* how many there are to come in all: announced ones (a map's keys and values counted
	                              apart), else narg or dimension */
	int8_t eoc;
	bool started, is_static;   /* composite: the leading ffff mark was there */
};
CQ_API void cq_elements_init(struct cq_elements *it, const struct cq_type *t, cq_slice v);
CQ_API int cq_elements_next(struct cq_elements *it, const struct cq_type **type, cq_slice *elem, struct cq_error *err);

/* Counter contexts. */
enum cq_shard_kind { CQ_SHARD_REMOTE, CQ_SHARD_LOCAL, CQ_SHARD_GLOBAL };
struct cq_shard {
	cq_slice id;               /* 16 bytes */
	int64_t clock, count;
	enum cq_shard_kind kind;
};
/* The sum of all shards, wrapping. An empty context is 0. */
CQ_API int cq_counter_total(cq_slice context, int64_t *total, struct cq_error *err);
/* Shard index (0-based) of the context; CQ_END past the last. */
CQ_API int cq_counter_shard(cq_slice context, size_t index, struct cq_shard *out, struct cq_error *err);

/* ---- single printers, shared with the commands ---- */

/* Java's Float.toString / Double.toString, digits of JDK 8 to 18. */
CQ_API void cq_print_float(struct cq_buf *out, float v);
CQ_API void cq_print_double(struct cq_buf *out, double v);
/* A name as CQL writes it: bare when it is a lower case letter followed by such, digits and _, and no reserved word;
 * else in double quotes. */
CQ_API void cq_print_identifier(struct cq_buf *out, cq_slice name);
/* 8-4-4-4-12. */
CQ_API void cq_print_uuid(struct cq_buf *out, const uint8_t id[16]);
/* java.time.Instant.toString of whole seconds: 2023-11-14T22:13:20Z. Any int64 (years beyond 9999 with +). */
CQ_API void cq_print_instant(struct cq_buf *out, int64_t seconds, uint32_t nanos);
/* A write timestamp (microseconds) as sstabledump prints it, its rounding of negative and far values included. */
CQ_API void cq_print_timestamp_micros(struct cq_buf *out, int64_t micros);
/* Days since 1970-01-01 to a proleptic Gregorian date. Any int64 that fits the year into int64. */
CQ_API void cq_civil(int64_t days, int64_t *year, unsigned *month, unsigned *day);

#endif

/* cq_types_priv - what the files of core/types share. Nothing outside this folder includes it. */
#ifndef CQ_TYPES_PRIV_H
#define CQ_TYPES_PRIV_H
#include "cq_types.h"

/* Types nest no deeper than this, so every walk over a type or a value may recurse. Real ones reach 5 or 6. */
enum { CQ_TYPE_DEPTH = 64 };

#define CQ_MARSHAL "org.apache.cassandra.db.marshal."

/* "Int32Type", "int"; NULL for kinds without a class or a native CQL name. */
const char *cq_kind_class(enum cq_kind kind);
const char *cq_kind_cql(enum cq_kind kind);

/* The class without the package of Cassandra's types; its kind, CQ_T_CUSTOM when it is none of those. */
cq_slice cq_class_short(cq_slice class_name);
enum cq_kind cq_class_kind(cq_slice class_name);

/* A new type in arena, with depth and fixed_len computed. NULL: *why says what is wrong, or is NULL for no memory. */
struct cq_type *cq_type_make(struct cq_arena *arena, const struct cq_type *model, const struct cq_type *const *arg,
	size_t narg, const char **why);

/* The static type of a simple class, reversed or not; NULL when the class is not a simple one of Cassandra's.
 * Accepts short and long names, and ReversedType(simple). What names inside values resolve to: no memory needed. */
const struct cq_type *cq_type_static(cq_slice class_name);

/* Static kind CUSTOM with an empty name: bytes nobody can read. */
extern const struct cq_type cq_type_opaque;

/* Text of numbers. v: big-endian two's complement, not empty. */
void cq_print_varint(struct cq_buf *out, cq_slice v);
void cq_print_decimal(struct cq_buf *out, int32_t scale, cq_slice unscaled);
bool cq_parse_varint(cq_slice text, struct cq_buf *out);       /* false: not a number, nothing appended */
bool cq_parse_decimal(cq_slice text, struct cq_buf *out);
bool cq_parse_float(cq_slice text, bool is_double, double *out);
/* The decimal digits of the absolute value (no sign, no leading zero except "0"); *neg its sign. */
void cq_varint_digits(struct cq_buf *out, cq_slice v, bool *neg);
int cq_varint_compare(cq_slice a, cq_slice b);                 /* empty first */
int cq_decimal_compare(cq_slice a, cq_slice b);                /* empty first; any bytes */

/* Text of times. */
void cq_print_date(struct cq_buf *out, uint32_t days);         /* days: as stored */
void cq_print_time(struct cq_buf *out, uint64_t nanos);        /* below one day */
void cq_print_timestamp(struct cq_buf *out, int64_t millis, char separator);
void cq_print_inet(struct cq_buf *out, cq_slice v);            /* 4 or 16 bytes */
struct cq_duration { int32_t months, days; int64_t nanos; };
const char *cq_duration_read(cq_slice v, struct cq_duration *d);   /* NULL, or what is wrong */
void cq_print_duration(struct cq_buf *out, const struct cq_duration *d);

bool cq_parse_date(cq_slice text, uint32_t *days);
bool cq_parse_time(cq_slice text, uint64_t *nanos);
bool cq_parse_timestamp(cq_slice text, int64_t *millis);
bool cq_parse_uuid(cq_slice text, uint8_t id[16]);
bool cq_parse_inet(cq_slice text, uint8_t out[16], size_t *len);
bool cq_parse_duration(cq_slice text, struct cq_buf *out);
int64_t cq_days_from_civil(int64_t year, unsigned month, unsigned day);

/* Would Java's toLowerCase leave it as it is? */
bool cq_lower_case(cq_slice name);

/* Bytes before the first that is not well-formed UTF-8 (the standard's: no surrogates, nothing overlong). */
size_t cq_utf8_prefix(cq_slice s);

/* One component of a composite, read at it->rest. name: how the comparator is given (dynamic composites), else empty. */
int cq_composite_next(struct cq_elements *it, const struct cq_type **type, cq_slice *name, cq_slice *elem,
	struct cq_error *err);

/* What an error says when the length is wrong. NULL when v's length suits t, or t's values have no set length. */
const char *cq_length_rule(const struct cq_type *t, size_t len);

static inline uint64_t cq_off(const uint8_t *base, const uint8_t *p)
{
	return base && p >= base ? (uint64_t)(p - base) : 0;
}

#endif

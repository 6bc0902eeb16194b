/* cq_fields - the registry: every field of every structure, once.
 *
 * fields.def lists each with its name (the field's standard name in Cassandra's source or documentation), the versions that
 * have it, kind, unit, one sentence of help, and the section of the format book that specifies it. The enum here, the tree's labels, `cqlite
 * explain`, docs/fields.md and the fuzz dictionary all come from it. */
#ifndef CQ_FIELDS_H
#define CQ_FIELDS_H
#include "cq_base.h"

/* How to read a field's number or bytes. */
enum cq_field_kind {
	CQ_K_GROUP,        /* a branch */
	CQ_K_UINT,         /* unsigned number */
	CQ_K_INT,          /* signed number */
	CQ_K_HEX,          /* number best seen in hexadecimal (checksums) */
	CQ_K_FLAGS,        /* bits, named by the field's help */
	CQ_K_ENUM,         /* one of a few numbers (cq_field_enum_name) */
	CQ_K_BOOL,
	CQ_K_DOUBLE,       /* IEEE 754 in the number's bits */
	CQ_K_MICROS,       /* timestamp, microseconds since 1970 */
	CQ_K_MILLIS,       /* milliseconds since 1970, 0 none */
	CQ_K_SECONDS,      /* local deletion time: seconds since 1970, INT64_MAX (or the version's maximum) none */
	CQ_K_DURATION,     /* seconds */
	CQ_K_OFFSET,       /* position in a file */
	CQ_K_LENGTH,       /* bytes */
	CQ_K_BYTES,        /* opaque bytes */
	CQ_K_TEXT,         /* UTF-8 */
	CQ_K_UUID,
	CQ_K_VALUE,        /* a CQL value: the trace carries its type */
	CQ_K_PADDING,      /* bytes without meaning, known to be there */
};

enum cq_field {
#define CQ_FIELD(id, versions, name, kind, unit, help, spec) CQ_F_##id,
#include "cq_fields.def"
#undef CQ_FIELD
	CQ_FIELD_COUNT
};

struct cq_field_info {
	const char *id;        /* "ROW_FLAGS" */
	const char *name;      /* "flags" */
	enum cq_field_kind kind;
	const char *unit;      /* "bytes", "us", "" */
	const char *help;      /* one sentence */
	const char *spec;      /* where specified: chapter of the format book */
	const char *versions;  /* "na-": since na; "ma-nc": up to nc; "me nb-": in me, then since nb; "": none (CQ_F_NONE) */
};

/* More fields, of formats that are described at run time. Numbers follow CQ_FIELD_COUNT; the info must live as long as the process and its id
 * be new (CQ_EUSAGE). At most CQ_FIELDS_ADDED_MAX. Not thread safe. */
enum { CQ_FIELDS_ADDED_MAX = 8192 };
CQ_API int cq_field_add(const struct cq_field_info *info, unsigned *field, struct cq_error *err);
/* The number of an id, built in or added; CQ_F_NONE when there is none. */
CQ_API unsigned cq_field_named(const char *id);

/* Never NULL: an unknown number gives the entry of CQ_F_NONE. Static. */
CQ_API const struct cq_field_info *cq_field_info(unsigned field);
CQ_API const char *cq_field_kind_name(enum cq_field_kind kind);

/* Versions of the format, oldest first: "ma" ... "oa", "da"; NULL past the last. Static. BIG ends with oa, BTI is da. */
CQ_API const char *cq_field_version(size_t index);
/* Do tables of this version have the field (where there is something to say)? 1 yes, 0 no; -1: not one of the versions. */
CQ_API int cq_field_in_version(unsigned field, const char *version);
/* The first and the last version that have it: last "da" when the newest does. "" for CQ_F_NONE. Static. */
CQ_API const char *cq_field_first_version(unsigned field);
CQ_API const char *cq_field_last_version(unsigned field);
/* The same in words: "since na", "ma to nc", "me, since nb". Written to out, which is returned. */
CQ_API const char *cq_field_versions_text(unsigned field, char *out, size_t n);

/* The name of an ENUM's value or of the bits of a FLAGS value ("HAS_TIMESTAMP|HAS_ALL_COLUMNS"), written to out. Returns
 * out; "" when the field has no names or the value none. */
CQ_API const char *cq_field_value_name(unsigned field, uint64_t value, char *out, size_t n);

#endif

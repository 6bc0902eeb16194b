/* cq_base - bytes, big-endian numbers, statuses and errors: what every other header speaks.
 *
 *     struct cq_error err = {0};
 *     if (cq_table_open(&table, path, NULL, &err) != CQ_OK)
 *             fprintf(stderr, "%s\n", cq_error_text(&err, line, sizeof line));
 *
 * Three kinds of "wrong" are never mixed. Our own bugs are asserts. The world's (no file, no memory, a bad
 * argument) and the file's damage both come back as a negative status, with the words in the caller's struct
 * cq_error; damage that does not stop the work at hand is a finding (cq_finding.h) instead. */
#ifndef CQ_BASE_H
#define CQ_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cq_compiler.h"

/* ---- bytes ------------------------------------------------------------------------------------------------ */

/* Borrowed bytes. p == NULL means "no value" (null); p != NULL with len == 0 is an empty value. */
typedef struct cq_slice {
	const uint8_t *p;
	size_t len;
} cq_slice;

static inline cq_slice cq_slice_of(const void *p, size_t len)
{
	return (cq_slice){ .p = (const uint8_t *)p, .len = len };
}

/* The bytes of a NUL-terminated string, without the NUL. */
static inline cq_slice cq_slice_str(const char *s)
{
	return cq_slice_of(s, strlen(s));
}

static inline bool cq_slice_eq(cq_slice a, cq_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Unsigned bytes, a prefix before what it begins. Returns <0, 0, >0. */
static inline int cq_slice_cmp(cq_slice a, cq_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool cq_slice_is(cq_slice a, const char *s)
{
	return cq_slice_eq(a, cq_slice_str(s));
}

static inline uint16_t cq_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t cq_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t cq_be64(const uint8_t *p)
{
	return (uint64_t)cq_be32(p) << 32 | cq_be32(p + 4);
}

static inline uint32_t cq_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t cq_le64(const uint8_t *p)
{
	return (uint64_t)cq_le32(p + 4) << 32 | cq_le32(p);
}

static inline void cq_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void cq_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void cq_put_be64(uint8_t *p, uint64_t v)
{
	cq_put_be32(p, (uint32_t)(v >> 32));
	cq_put_be32(p + 4, (uint32_t)v);
}

/* ---- statuses and errors ---------------------------------------------------------------------------------- */

/* Zero and up: it worked. Negative: it did not, and a struct cq_error says why. */
enum cq_status {
	CQ_OK = 0,
	CQ_END = 1,             /* no more items: the ordinary end of an iteration */
	CQ_NOT_FOUND = 2,       /* a look-up that was answered: it is not there */
	CQ_DAMAGED = -1,        /* the file's bytes are wrong here; the caller may go on at another place */
	CQ_EIO = -2,            /* the operating system said no */
	CQ_ENOMEM = -3,
	CQ_EUSAGE = -4,         /* a bad argument: the caller's mistake */
	CQ_EUNSUPPORTED = -5,   /* a format, codec or feature that this build does not read */
	CQ_ESTOPPED = -6,       /* a callback or a signal asked to stop */
};

/* In which numbering an offset counts. */
enum cq_space_kind {
	CQ_SPACE_RAW = 0,          /* bytes of the file as stored */
	CQ_SPACE_DECOMPRESSED,     /* bytes of the stream that the chunks of a compressed file hold */
	CQ_SPACE_BUFFER,           /* bytes of a value or of a buffer made from it */
};

#define CQ_NO_OFFSET UINT64_MAX

/* Caller-owned, may be NULL wherever one is taken. Only valid after a negative status. */
struct cq_error {
	int code;                  /* enum cq_status */
	int space;                 /* enum cq_space_kind of off */
	uint64_t off;              /* CQ_NO_OFFSET when no place is meant */
	unsigned field;            /* enum cq_field (cq_fields.h), 0 when none */
	char file[96];             /* file name without its directory, "" when none */
	char msg[288];             /* one sentence: what was expected, what was found */
};

/* Fill err (when not NULL) and return code, so that failing is one statement. off CQ_NO_OFFSET: no place. errno stays. */
CQ_API int cq_fail(struct cq_error *err, int code, uint64_t off, const char *fmt, ...) CQ_PRINTF(4, 5);

/* The same, with the returned code in sight of the compiler: it sees that after a failure nothing was written. */
static inline int cq_failed_with(int returned, int code)
{
	(void)returned;
	return code;
}
#define cq_fail(err, code, ...) cq_failed_with(cq_fail(err, code, __VA_ARGS__), code)

/* Add the file and the byte space to an error made by a lower layer, unless it already names one. */
CQ_API void cq_error_at(struct cq_error *err, const char *file, int space);

/* One line for people: "nb-1-big-Data.db at decompressed offset 0x1f3 (row flags): ...".
 * Writes at most n bytes with the NUL to out and returns out. */
CQ_API const char *cq_error_text(const struct cq_error *err, char *out, size_t n);

/* "damaged", "I/O error", ... Static. */
CQ_API const char *cq_status_name(int status);
CQ_API const char *cq_space_kind_name(int kind);

/* The file name part of a path. Borrowed from path. */
CQ_API const char *cq_basename(const char *path);

#endif

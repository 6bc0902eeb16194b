/* info_json_out - JSON written as it is known: names, values, and where a comma belongs.
 *
 *     struct json j = { .out = &cli->out };
 *     json_open(&j, NULL, '{');
 *     json_i64(&j, "rows", n);
 *     json_close(&j, '}');
 *
 * s is the name in an object, NULL in an array. */
#ifndef INFO_JSON_OUT_H
#define INFO_JSON_OUT_H
#include "info.h"

struct json {
	struct cq_buf *out;
	bool comma;                      /* something precedes in the innermost object or array */
};

void json_name(struct json *j, const char *s);
void json_open(struct json *j, const char *s, char bracket);
void json_close(struct json *j, char bracket);

void json_i64(struct json *j, const char *s, int64_t v);
void json_u64(struct json *j, const char *s, uint64_t v);
void json_bool(struct json *j, const char *s, bool v);
void json_null(struct json *j, const char *s);
/* v.p or v NULL: null. */
void json_slice(struct json *j, const char *s, cq_slice v);
void json_text(struct json *j, const char *s, const char *v);
void json_hex(struct json *j, const char *s, cq_slice v);
void json_uuid(struct json *j, const char *s, const uint8_t *v);
/* A printed text as a JSON string; the buffer is emptied. */
void json_printed(struct json *j, const char *s, struct cq_buf *b);

/* A bare number, null where JSON has none for it. */
void json_put_double(struct cq_buf *out, double v);
/* {"raw": number or null, "text": as Java prints it}: NaN and infinities survive in the text. */
void json_double(struct json *j, const char *s, double v);
/* {"raw": ..., "text": UTC date or none} */
void json_instant(struct json *j, const char *s, int64_t raw, int64_t per_second, const char *none);
void json_ldt(struct json *j, const char *s, int64_t v);
void json_ttl(struct json *j, const char *s, int32_t v);
void json_type(struct json *j, const char *s, const struct cq_type *t);

/* The parts of info_json made of Statistics.db (info_json_stats.c). */
void info_json_stats(struct json *j, struct info *i);
void info_json_header(struct json *j, const struct info *i);

#endif

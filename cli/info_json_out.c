#include "info_json_out.h"

#include <math.h>

void json_name(struct json *j, const char *s)
{
	if (j->comma)
		cq_buf_str(j->out, ", ");
	j->comma = true;
	if (s) {
		cq_json_string(j->out, cq_slice_str(s));
		cq_buf_str(j->out, ": ");
	}
}

void json_open(struct json *j, const char *s, char bracket)
{
	json_name(j, s);
	cq_buf_byte(j->out, (uint8_t)bracket);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	cq_buf_byte(j->out, (uint8_t)bracket);
	j->comma = true;
}

void json_i64(struct json *j, const char *s, int64_t v)
{
	json_name(j, s);
	cq_buf_i64(j->out, v);
}

void json_u64(struct json *j, const char *s, uint64_t v)
{
	json_name(j, s);
	cq_buf_u64(j->out, v);
}

void json_bool(struct json *j, const char *s, bool v)
{
	json_name(j, s);
	cq_buf_str(j->out, v ? "true" : "false");
}

void json_null(struct json *j, const char *s)
{
	json_name(j, s);
	cq_buf_str(j->out, "null");
}

void json_slice(struct json *j, const char *s, cq_slice v)
{
	json_name(j, s);
	if (v.p)
		cq_json_string(j->out, v);
	else
		cq_buf_str(j->out, "null");
}

void json_text(struct json *j, const char *s, const char *v)
{
	json_slice(j, s, v ? cq_slice_str(v) : (cq_slice){0});
}

void json_hex(struct json *j, const char *s, cq_slice v)
{
	json_name(j, s);
	if (!v.p) {
		cq_buf_str(j->out, "null");
		return;
	}
	cq_buf_byte(j->out, '"');
	cq_buf_hex(j->out, v);
	cq_buf_byte(j->out, '"');
}

void json_uuid(struct json *j, const char *s, const uint8_t *v)
{
	json_name(j, s);
	if (!v) {
		cq_buf_str(j->out, "null");
		return;
	}
	cq_buf_byte(j->out, '"');
	cq_print_uuid(j->out, v);
	cq_buf_byte(j->out, '"');
}

void json_put_double(struct cq_buf *out, double v)
{
	if (isfinite(v))
		cq_print_double(out, v);
	else
		cq_buf_str(out, "null");
}

/* {"raw": number or null, "text": as Java prints it}: NaN and infinities survive in the text. */
void json_double(struct json *j, const char *s, double v)
{
	json_name(j, s);
	cq_buf_str(j->out, "{\"raw\": ");
	json_put_double(j->out, v);
	cq_buf_str(j->out, ", \"text\": \"");
	cq_print_double(j->out, v);
	cq_buf_str(j->out, "\"}");
}

/* A printed text as a JSON string; the buffer is emptied. */
void json_printed(struct json *j, const char *s, struct cq_buf *b)
{
	json_slice(j, s, cq_slice_of(b->p ? b->p : (const uint8_t *)"", b->len));
	cq_buf_clear(b);
}

void json_instant(struct json *j, const char *s, int64_t raw, int64_t per_second, const char *none)
{
	int64_t rest = raw % per_second < 0 ? raw % per_second + per_second : raw % per_second;
	int64_t seconds = raw / per_second - (raw % per_second < 0);
	uint32_t nanos = (uint32_t)(rest * (1000000000 / per_second));

	json_open(j, s, '{');
	json_i64(j, "raw", raw);
	if (none) {
		json_text(j, "text", none);
	} else {
		json_name(j, "text");
		cq_buf_byte(j->out, '"');
		cq_print_instant(j->out, seconds, nanos);
		cq_buf_byte(j->out, '"');
	}
	json_close(j, '}');
}

void json_ldt(struct json *j, const char *s, int64_t v)
{
	json_instant(j, s, v, 1, v == CQ_NO_LDT ? "none" : NULL);
}

void json_ttl(struct json *j, const char *s, int32_t v)
{
	struct cq_buf b = {0};

	json_open(j, s, '{');
	json_i64(j, "raw", v);
	if (v == INT32_MAX)
		cq_buf_str(&b, "never");
	else if (v > 0)
		info_java_words(&b, v);
	else
		cq_buf_str(&b, "none");
	json_printed(j, "text", &b);
	json_close(j, '}');
	cq_buf_finish(&b);
}

void json_type(struct json *j, const char *s, const struct cq_type *t)
{
	struct cq_buf b = {0};

	json_open(j, s, '{');
	cq_type_class(t, &b);
	json_printed(j, "class", &b);
	cq_type_cql(t, &b);
	json_printed(j, "cql", &b);
	json_bool(j, "descending", t->reversed);
	json_close(j, '}');
	cq_buf_finish(&b);
}

/* Values as JSON (sstabledump's cells), as CQL literals, and as text (its keys and paths): three styles of one walk. */
#include "cq_printer.h"
#include "cq_types_priv.h"

enum style { JSON, CQL, TEXT };

struct printer {
	struct cq_buf *out;
	enum style style;
	unsigned flags;
	const uint8_t *base;                       /* of the whole value, for offsets in errors */
	size_t limit;                              /* out->len may not pass it */
	struct cq_error *err;
};

/* A few bytes can ask for much text: every field of a UDT that is not there prints null, and a map as the key of a
 * map doubles its backslashes at each level. Past this a value is taken for damage. */
enum { TEXT_FREE = 16 << 20, TEXT_PER_BYTE = 256 };

static int bad(const struct printer *p, const uint8_t *at, const char *what)
{
	return cq_fail(p->err, CQ_DAMAGED, cq_off(p->base, at), "%s", what);
}

static int value(struct printer *p, const struct cq_type *t, cq_slice v);

/* ---- scalars ---- */

static void doubled(struct cq_buf *out, cq_slice s, uint8_t quote)
{
	cq_buf_byte(out, quote);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == quote)
			cq_buf_byte(out, quote);
		cq_buf_byte(out, s.p[i]);
	}
	cq_buf_byte(out, quote);
}

static int characters(struct printer *p, const struct cq_type *t, cq_slice v)
{
	size_t n = v.len;

	if (t->kind == CQ_T_ASCII)
		for (n = 0; n < v.len && v.p[n] < 0x80;)
			n++;
	else
		n = cq_utf8_prefix(v);
	if (n < v.len)
		return bad(p, v.p + n, t->kind == CQ_T_ASCII ? "not an ASCII character" : "not UTF-8");
	if (p->style == TEXT)
		cq_buf_slice(p->out, v);
	else if (p->style == JSON)
		cq_json_string(p->out, v);
	else
		doubled(p->out, v, '\'');
	return CQ_OK;
}

static void hexadecimal(struct printer *p, cq_slice v)
{
	if (p->style == JSON)
		cq_buf_byte(p->out, '"');
	if (p->style != TEXT)
		cq_buf_str(p->out, "0x");
	cq_buf_hex(p->out, v);
	if (p->style == JSON)
		cq_buf_byte(p->out, '"');
}

static int counter(struct printer *p, cq_slice v)
{
	struct cq_error inner;
	int64_t total;

	if (p->style == TEXT) {
		cq_buf_hex(p->out, v);
	} else if (p->style == JSON && (p->flags & CQ_PRINT_SSTABLEDUMP) && v.len >= 8) {
		cq_buf_i64(p->out, (int64_t)cq_be64(v.p));
	} else {
		if (cq_counter_total(v, &total, &inner) != CQ_OK)
			return cq_fail(p->err, CQ_DAMAGED, cq_off(p->base, v.p) + inner.off, "%s", inner.msg);
		cq_buf_i64(p->out, total);
	}
	return CQ_OK;
}

static void floating(struct printer *p, const struct cq_type *t, cq_slice v)
{
	double d;

	if (t->kind == CQ_T_FLOAT) {
		uint32_t bits = cq_be32(v.p);
		float f;

		memcpy(&f, &bits, sizeof f);
		d = f;
		if (p->style == JSON && !__builtin_isfinite(f))
			cq_buf_str(p->out, "null");
		else
			cq_print_float(p->out, f);
	} else {
		uint64_t bits = cq_be64(v.p);

		memcpy(&d, &bits, sizeof d);
		if (p->style == JSON && !__builtin_isfinite(d))
			cq_buf_str(p->out, "null");
		else
			cq_print_double(p->out, d);
	}
}

/* A value without bytes, of a type where that says nothing. */
static void nothing(struct printer *p, const struct cq_type *t)
{
	if (p->style == JSON)
		cq_buf_str(p->out, t->kind == CQ_T_TIME ? "\"null\"" : "\"\"");    /* sstabledump does print "null" there */
	else if (p->style == CQL)
		cq_buf_str(p->out, "null");
}

/* The quote around kinds whose text is no bare word in the style, or 0. */
static uint8_t quote_of(enum style style, enum cq_kind kind)
{
	switch (kind) {
	case CQ_T_DATE:
	case CQ_T_TIME:
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
	case CQ_T_INET:
		return style == JSON ? '"' : style == CQL ? '\'' : 0;
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
	case CQ_T_LEXICAL_UUID:
	case CQ_T_DURATION:
		return style == JSON ? '"' : 0;
	default:
		return 0;
	}
}

static int scalar(struct printer *p, const struct cq_type *t, cq_slice v)
{
	const char *wrong = v.len ? cq_length_rule(t, v.len) : NULL;
	uint8_t quote = quote_of(p->style, t->kind);
	struct cq_duration d;

	if (wrong)
		return bad(p, v.p, wrong);
	if (!v.len) {
		nothing(p, t);
		return CQ_OK;
	}
	if (t->kind == CQ_T_DECIMAL && v.len == 4)
		return bad(p, v.p, "a decimal of a scale alone");
	if (t->kind == CQ_T_TIME && cq_be64(v.p) >= UINT64_C(86400000000000))
		return bad(p, v.p, "a time of more than a day");
	if (t->kind == CQ_T_DURATION && (wrong = cq_duration_read(v, &d)))
		return bad(p, v.p, wrong);
	if (quote)
		cq_buf_byte(p->out, quote);
	switch (t->kind) {
	case CQ_T_BOOLEAN:
		cq_buf_str(p->out, v.p[0] ? "true" : "false");
		break;
	case CQ_T_TINYINT:
		cq_buf_i64(p->out, (int8_t)v.p[0]);
		break;
	case CQ_T_SMALLINT:
		cq_buf_i64(p->out, (int16_t)cq_be16(v.p));
		break;
	case CQ_T_INT:
		cq_buf_i64(p->out, (int32_t)cq_be32(v.p));
		break;
	case CQ_T_BIGINT:
		cq_buf_i64(p->out, (int64_t)cq_be64(v.p));
		break;
	case CQ_T_VARINT:
		cq_print_varint(p->out, v);
		break;
	case CQ_T_DECIMAL:
		cq_print_decimal(p->out, (int32_t)cq_be32(v.p), cq_slice_of(v.p + 4, v.len - 4));
		break;
	case CQ_T_FLOAT:
	case CQ_T_DOUBLE:
		floating(p, t, v);
		break;
	case CQ_T_DATE:
		cq_print_date(p->out, cq_be32(v.p));
		break;
	case CQ_T_TIME:
		cq_print_time(p->out, cq_be64(v.p));
		break;
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
		cq_print_timestamp(p->out, (int64_t)cq_be64(v.p), p->style == JSON ? ' ' : 'T');
		break;
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
	case CQ_T_LEXICAL_UUID:
		cq_print_uuid(p->out, v.p);
		break;
	case CQ_T_INET:
		cq_print_inet(p->out, v);
		break;
	case CQ_T_DURATION:
		cq_print_duration(p->out, &d);
		break;
	default:
		break;
	}
	if (quote)
		cq_buf_byte(p->out, quote);
	return CQ_OK;
}

/* ---- values of several ---- */

/* Print with another style or into another buffer, under what is left of the limit. */
static int aside(struct printer *p, enum style style, const struct cq_type *t, cq_slice v, struct cq_buf *buf)
{
	struct printer q = *p;
	int rc;

	q.out = buf;
	q.style = style;
	q.limit = p->limit > p->out->len ? p->limit - p->out->len : 0;
	rc = value(&q, t, v);
	p->out->failed |= buf->failed;
	return rc;
}

/* JSON knows only strings as keys: whatever is none becomes one, with its own quotes escaped. */
static int json_key(struct printer *p, const struct cq_type *t, cq_slice v)
{
	struct cq_buf key = { 0 };
	int rc = aside(p, JSON, t, v, &key);

	if (rc == CQ_OK && key.len && key.p[0] == '"')
		cq_buf_put(p->out, key.p, key.len);
	else if (rc == CQ_OK)
		cq_json_string(p->out, cq_buf_bytes(&key));
	cq_buf_finish(&key);
	return rc;
}

static void field_name(struct printer *p, cq_slice name)
{
	struct cq_buf quoted = { 0 };

	if (p->style == CQL) {
		cq_print_identifier(p->out, name);
		cq_buf_str(p->out, ": ");
		return;
	}
	if (!cq_lower_case(name)) {
		cq_buf_byte(&quoted, '"');
		cq_buf_slice(&quoted, name);
		cq_buf_byte(&quoted, '"');
		name = cq_buf_bytes(&quoted);
	}
	cq_json_string(p->out, name);
	cq_buf_str(p->out, ": ");
	p->out->failed |= quoted.failed;
	cq_buf_finish(&quoted);
}

static int brackets(struct printer *p, const struct cq_type *t, cq_slice v)
{
	static const char *const of[2][CQ_T_KINDS] = {
		{ [CQ_T_LIST] = "[]", [CQ_T_SET] = "[]", [CQ_T_MAP] = "{}", [CQ_T_TUPLE] = "[]", [CQ_T_UDT] = "{}", [CQ_T_VECTOR] = "[]" },
		{ [CQ_T_LIST] = "[]", [CQ_T_SET] = "{}", [CQ_T_MAP] = "{}", [CQ_T_TUPLE] = "()", [CQ_T_UDT] = "{}", [CQ_T_VECTOR] = "[]" },
	};
	const char *pair = of[p->style == CQL][t->kind];
	bool fields = t->kind == CQ_T_TUPLE || t->kind == CQ_T_UDT;
	const struct cq_type *type;
	struct cq_elements it;
	struct cq_error inner = { 0 };
	cq_slice elem;
	size_t i = 0;
	int rc;

	cq_buf_byte(p->out, (uint8_t)pair[0]);
	cq_elements_init(&it, t, v);
	for (;; i++) {
		bool key = t->kind == CQ_T_MAP && i % 2 == 0;

		rc = cq_elements_next(&it, &type, &elem, &inner);
		if (rc == CQ_END && fields && p->style == JSON && i < t->narg)
			elem = (cq_slice){ 0 };            /* sstabledump fails here on tuples; null is what it means */
		else if (rc == CQ_END)
			break;
		else if (rc != CQ_OK)
			return cq_fail(p->err, rc, cq_off(p->base, v.p) + inner.off, "%s", inner.msg);
		if (i)
			cq_buf_str(p->out, t->kind == CQ_T_MAP && !key ? ": " : ", ");
		if (t->kind == CQ_T_UDT)
			field_name(p, t->field[i]);
		rc = CQ_OK;
		if (!elem.p)
			cq_buf_str(p->out, key && p->style == JSON ? "\"null\"" : "null");
		else
			rc = key && p->style == JSON ? json_key(p, type, elem) : value(p, type, elem);
		if (rc != CQ_OK)
			return rc;
		if (p->out->len > p->limit)
			return bad(p, elem.p, "the text of this value grows out of all proportion to its bytes");
	}
	cq_buf_byte(p->out, (uint8_t)pair[1]);
	return CQ_OK;
}

/* The getString of tuples and UDTs: fields joined by ':', null is '@', both escaped inside fields. */
static int joined_fields(struct printer *p, const struct cq_type *t, cq_slice v)
{
	const struct cq_type *type;
	struct cq_elements it;
	struct cq_error inner = { 0 };
	cq_slice elem;
	int rc;

	cq_elements_init(&it, t, v);
	for (size_t i = 0; (rc = cq_elements_next(&it, &type, &elem, &inner)) == CQ_OK; i++) {
		struct cq_buf field = { 0 };

		if (i)
			cq_buf_byte(p->out, ':');
		if (!elem.p) {
			cq_buf_byte(p->out, '@');
			continue;
		}
		rc = aside(p, TEXT, type, elem, &field);
		for (size_t k = 0; rc == CQ_OK && k < field.len; k++) {
			if (field.p[k] == ':' || field.p[k] == '@')
				cq_buf_byte(p->out, '\\');
			cq_buf_byte(p->out, field.p[k]);
		}
		cq_buf_finish(&field);
		if (rc != CQ_OK)
			return rc;
		if (p->out->len > p->limit)
			return bad(p, elem.p, "the text of this value grows out of all proportion to its bytes");
	}
	if (rc != CQ_END)
		return cq_fail(p->err, rc, cq_off(p->base, v.p) + inner.off, "%s", inner.msg);
	return CQ_OK;
}

/* The getString of composites: ':' escaped inside components, and a '!' behind one that ends in '\' or '!'. */
static int joined_components(struct printer *p, const struct cq_type *t, cq_slice v)
{
	const struct cq_type *type;
	struct cq_elements it;
	struct cq_error inner = { 0 };
	cq_slice elem, name;
	int rc = CQ_OK;

	cq_elements_init(&it, t, v);
	while (it.rest.len && !it.eoc) {
		struct cq_buf part = { 0 };

		if (it.at)
			cq_buf_byte(p->out, ':');
		rc = cq_composite_next(&it, &type, &name, &elem, &inner);
		if (rc != CQ_OK)
			return cq_fail(p->err, rc, cq_off(p->base, v.p) + inner.off, "%s", inner.msg);
		if (t->kind == CQ_T_DYNAMIC_COMPOSITE) {
			cq_buf_slice(p->out, name);
			cq_buf_byte(p->out, '@');
		}
		rc = aside(p, TEXT, type, elem, &part);
		for (size_t k = 0; rc == CQ_OK && k < part.len; k++) {
			if (part.p[k] == ':')
				cq_buf_byte(p->out, '\\');
			cq_buf_byte(p->out, part.p[k]);
		}
		if (part.len && (part.p[part.len - 1] == '\\' || part.p[part.len - 1] == '!'))
			cq_buf_byte(p->out, '!');
		cq_buf_finish(&part);
		if (rc != CQ_OK)
			return rc;
	}
	if (it.eoc)
		cq_buf_str(p->out, it.eoc < 0 ? ":_" : ":!");
	if (it.rest.len)
		return bad(p, it.rest.p, "bytes behind the component that ends a bound");
	return CQ_OK;
}

/* What has no JSON of its own in Cassandra (sstabledump throws): its text, as a string. */
static int text_as_string(struct printer *p, const struct cq_type *t, cq_slice v)
{
	struct cq_buf text = { 0 };
	int rc = aside(p, TEXT, t, v, &text);

	if (rc == CQ_OK)
		cq_json_string(p->out, cq_buf_bytes(&text));
	cq_buf_finish(&text);
	return rc;
}

/* By a printer of the class. False: there is none, or it failed. */
static bool custom(struct printer *p, const struct cq_type *t, cq_slice v)
{
	const struct cq_printer *by = cq_printer_for(t);
	size_t start = p->out->len;
	struct cq_buf text = { 0 };
	bool good;

	if (!by)
		return false;
	if (p->style == CQL) {
		good = by->print(by, CQ_PRINTER_TEXT, v, &text) && !text.failed;
		if (good)
			doubled(p->out, cq_buf_bytes(&text), '\'');
		cq_buf_finish(&text);
	} else {
		good = by->print(by, p->style == JSON ? CQ_PRINTER_JSON : CQ_PRINTER_TEXT, v, p->out);
	}
	if (!good)
		p->out->len = start;
	return good;
}

static int value(struct printer *p, const struct cq_type *t, cq_slice v)
{
	switch (t->kind) {
	case CQ_T_ASCII:
	case CQ_T_TEXT:
		return characters(p, t, v);
	case CQ_T_CUSTOM:
		if (!custom(p, t, v))
			hexadecimal(p, v);
		return CQ_OK;
	case CQ_T_BLOB:
		hexadecimal(p, v);
		return CQ_OK;
	case CQ_T_COUNTER:
		return counter(p, v);
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
	case CQ_T_VECTOR:
		if (p->style == TEXT) {
			cq_buf_hex(p->out, v);
			return CQ_OK;
		}
		return brackets(p, t, v);
	case CQ_T_TUPLE:
	case CQ_T_UDT:
		return p->style == TEXT ? joined_fields(p, t, v) : brackets(p, t, v);
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		if (p->style == TEXT)
			return joined_components(p, t, v);
		if (p->style == JSON)
			return text_as_string(p, t, v);
		hexadecimal(p, v);
		return CQ_OK;
	case CQ_T_LEXICAL_UUID:
		if (p->style != CQL)
			return scalar(p, t, v);
		hexadecimal(p, v);                         /* not a type of CQL: only its bytes can be written there */
		return CQ_OK;
	case CQ_T_PARTITIONER_ORDER:
		if (p->style == JSON && t->narg)           /* 5.0 knows the type of the keys and prints them as that */
			return value(p, t->arg[0], v);
		if (p->style == JSON)
			return text_as_string(p, t, v);
		hexadecimal(p, v);
		return CQ_OK;
	default:
		return scalar(p, t, v);
	}
}

static int print(enum style style, const struct cq_type *t, cq_slice v, struct cq_buf *out, unsigned flags,
	struct cq_error *err)
{
	struct printer p = { .out = out, .style = style, .flags = flags, .base = v.p, .err = err };
	size_t start = out->len;
	int rc;

	p.limit = v.len > SIZE_MAX / 4 / TEXT_PER_BYTE ? SIZE_MAX : start + TEXT_FREE + v.len * TEXT_PER_BYTE;
	rc = value(&p, t, v);
	if (rc == CQ_OK && out->failed)
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for the text of a value of %zu bytes", v.len);
	if (rc != CQ_OK)
		out->len = start;
	return rc;
}

int cq_value_json(const struct cq_type *t, cq_slice v, struct cq_buf *out, unsigned flags, struct cq_error *err)
{
	return print(JSON, t, v, out, flags, err);
}

int cq_value_cql(const struct cq_type *t, cq_slice v, struct cq_buf *out, struct cq_error *err)
{
	return print(CQL, t, v, out, 0, err);
}

int cq_value_text(const struct cq_type *t, cq_slice v, struct cq_buf *out, struct cq_error *err)
{
	return print(TEXT, t, v, out, 0, err);
}

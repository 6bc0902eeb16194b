/* The bytes of a value given as text: AbstractType.fromString. What `dump -k` reads. */
#include "cq_types_priv.h"

static int parse(const struct cq_type *t, cq_slice text, struct cq_buf *out, struct cq_error *err);

static int refuse(const struct cq_type *t, cq_slice text, struct cq_error *err)
{
	struct cq_buf name = { 0 };
	int rc;

	cq_type_cql(t, &name);
	rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "\"%.*s\" is not a value of type %s", (int)(text.len < 80 ? text.len : 80),
		(const char *)text.p, cq_buf_cstr(&name));
	cq_buf_finish(&name);
	return rc;
}

static void integer(struct cq_buf *out, int64_t v, size_t len)
{
	uint8_t bytes[8];

	cq_put_be64(bytes, (uint64_t)v);
	cq_buf_put(out, bytes + 8 - len, len);
}

/* [+-] digits, of at most len bytes. */
static bool whole(cq_slice text, size_t len, struct cq_buf *out)
{
	int64_t most = (int64_t)((UINT64_C(1) << (8 * len - 1)) - 1), v;
	struct cq_buf big = { 0 };
	bool ok = text.len <= 64 && cq_parse_varint(text, &big) && big.len <= len;

	if (ok) {
		v = big.p[0] & 0x80 ? -1 : 0;
		for (size_t i = 0; i < big.len; i++)
			v = (int64_t)((uint64_t)v << 8 | big.p[i]);
		ok = v <= most && v >= -most - 1;
		if (ok)
			integer(out, v, len);
	}
	cq_buf_finish(&big);
	return ok;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hexadecimal(cq_slice text, struct cq_buf *out)
{
	if (text.len % 2)
		return false;
	for (size_t i = 0; i < text.len; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		cq_buf_byte(out, (uint8_t)(high << 4 | low));
	}
	return true;
}

static bool same_word(cq_slice text, const char *lower)
{
	size_t n = strlen(lower);

	if (text.len != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((text.p[i] | 0x20) != lower[i])
			return false;
	return true;
}

static bool scalar(const struct cq_type *t, cq_slice text, struct cq_buf *out)
{
	uint8_t bytes[16];
	uint64_t nanos;
	uint32_t days;
	int64_t millis;
	double d;
	float f;
	size_t len;

	switch (t->kind) {
	case CQ_T_BOOLEAN:
		if (!same_word(text, "true") && !same_word(text, "false") && text.len)
			return false;
		cq_buf_byte(out, same_word(text, "true"));     /* no text is false, not empty: so Cassandra reads it */
		return true;
	case CQ_T_TINYINT:
		return whole(text, 1, out);
	case CQ_T_SMALLINT:
		return whole(text, 2, out);
	case CQ_T_INT:
		return whole(text, 4, out);
	case CQ_T_BIGINT:
		return whole(text, 8, out);
	case CQ_T_VARINT:
		return cq_parse_varint(text, out);
	case CQ_T_DECIMAL:
		return cq_parse_decimal(text, out);
	case CQ_T_FLOAT:
		if (!cq_parse_float(text, false, &d))
			return false;
		f = (float)d;
		memcpy(&days, &f, sizeof days);
		integer(out, d != d ? 0x7fc00000 : (int64_t)days, 4);
		return true;
	case CQ_T_DOUBLE:
		if (!cq_parse_float(text, true, &d))
			return false;
		memcpy(&millis, &d, sizeof millis);
		integer(out, d != d ? INT64_C(0x7ff8) << 48 : millis, 8);
		return true;
	case CQ_T_DATE:
		if (!cq_parse_date(text, &days))
			return false;
		integer(out, days, 4);
		return true;
	case CQ_T_TIME:
		if (!cq_parse_time(text, &nanos))
			return false;
		integer(out, (int64_t)nanos, 8);
		return true;
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
		if (!cq_parse_timestamp(text, &millis))
			return false;
		integer(out, millis, 8);
		return true;
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
	case CQ_T_LEXICAL_UUID:
		if (!cq_parse_uuid(text, bytes) || (t->kind == CQ_T_TIMEUUID && bytes[6] >> 4 != 1))
			return false;
		cq_buf_put(out, bytes, sizeof bytes);
		return true;
	case CQ_T_INET:
		if (!cq_parse_inet(text, bytes, &len))
			return false;
		cq_buf_put(out, bytes, len);
		return true;
	case CQ_T_DURATION:
		return cq_parse_duration(text, out);
	default:
		return false;
	}
}

/* The text up to a ':' that no '\' stands before. Cassandra does not ask whether that '\' is escaped itself. */
static cq_slice split(cq_slice *text, bool *more)
{
	size_t i = 0;
	cq_slice part;

	while (i < text->len && (text->p[i] != ':' || (i > 0 && text->p[i - 1] == '\\')))
		i++;
	part = cq_slice_of(text->p, i);
	*more = i < text->len;
	*text = *more ? cq_slice_of(text->p + i + 1, text->len - i - 1) : cq_slice_of(text->p + i, 0);
	return part;
}

/* \: to :, and \@ to @ where at. */
static void unescape(cq_slice text, bool at, struct cq_buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\\' && i + 1 < text.len && (text.p[i + 1] == ':' || (at && text.p[i + 1] == '@')))
			i++;
		cq_buf_byte(out, text.p[i]);
	}
}

static int fields(const struct cq_type *t, cq_slice text, struct cq_buf *out, struct cq_error *err)
{
	cq_slice whole_text = text;
	bool more = text.len > 0;
	int rc = CQ_OK;

	for (size_t i = 0; more && rc == CQ_OK; i++) {
		cq_slice part = split(&text, &more);
		struct cq_buf plain = { 0 };
		size_t mark = out->len;

		if (i >= t->narg)
			return refuse(t, whole_text, err);
		integer(out, -1, 4);
		if (cq_slice_is(part, "@"))
			continue;
		unescape(part, true, &plain);
		rc = parse(t->arg[i], cq_buf_bytes(&plain), out, err);
		if (rc == CQ_OK && !out->failed)
			cq_put_be32(out->p + mark, (uint32_t)(out->len - mark - 4));
		cq_buf_finish(&plain);
	}
	return rc;
}

/* comparator@text of a dynamic composite: the comparator's bytes go to out, its type comes back. */
static const struct cq_type *comparator(const struct cq_type *t, cq_slice *part, struct cq_buf *out)
{
	const uint8_t *at = part->len ? memchr(part->p, '@', part->len) : NULL;
	const struct cq_type *type = NULL;
	cq_slice name;

	if (!at)
		return NULL;
	name = cq_slice_of(part->p, (size_t)(at - part->p));
	*part = cq_slice_of(at + 1, part->len - name.len - 1);
	for (size_t i = 0; name.len == 1 && i < t->narg; i++)
		if (t->field[i].p[0] == name.p[0])
			type = t->arg[i];
	if (type) {
		integer(out, 0x8000 | name.p[0], 2);
		return type;
	}
	type = cq_type_static(name);
	if (type) {
		integer(out, (int64_t)name.len, 2);
		cq_buf_slice(out, name);
	}
	return type;
}

static int components(const struct cq_type *t, cq_slice text, struct cq_buf *out, struct cq_error *err)
{
	cq_slice whole_text = text;
	size_t start = out->len;
	bool more = text.len > 0;
	int rc = CQ_OK;

	for (size_t i = 0; more && rc == CQ_OK; i++) {
		cq_slice part = split(&text, &more);
		const struct cq_type *type;
		struct cq_buf plain = { 0 };
		size_t mark;

		if (cq_slice_is(part, "!") || cq_slice_is(part, "_")) {
			if (out->len > start && !out->failed)
				out->p[out->len - 1] = part.p[0] == '!' ? 1 : 0xff;
			return CQ_OK;
		}
		if (t->kind == CQ_T_DYNAMIC_COMPOSITE)
			type = comparator(t, &part, out);
		else
			type = i < t->narg ? t->arg[i] : NULL;
		if (!type)
			return refuse(t, whole_text, err);
		unescape(part, false, &plain);
		if (plain.len && plain.p[plain.len - 1] == '!')
			plain.len--;
		mark = out->len;
		integer(out, 0, 2);
		rc = parse(type, cq_buf_bytes(&plain), out, err);
		cq_buf_finish(&plain);
		if (rc == CQ_OK && !out->failed) {
			if (out->len - mark - 2 > UINT16_MAX)
				return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "component %zu is longer than 65535 bytes", i);
			cq_put_be16(out->p + mark, (uint16_t)(out->len - mark - 2));
		}
		cq_buf_byte(out, 0);
	}
	return rc;
}

static int parse(const struct cq_type *t, cq_slice text, struct cq_buf *out, struct cq_error *err)
{
	size_t i = 0;

	switch (t->kind) {
	case CQ_T_ASCII:
		for (i = 0; i < text.len && text.p[i] < 0x80;)
			i++;
		if (i < text.len)
			return refuse(t, text, err);
		cq_buf_slice(out, text);
		return CQ_OK;
	case CQ_T_TEXT:
		cq_buf_slice(out, text);
		return CQ_OK;
	case CQ_T_BLOB:
	case CQ_T_CUSTOM:
	case CQ_T_COUNTER:
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
	case CQ_T_VECTOR:
	case CQ_T_PARTITIONER_ORDER:
		return hexadecimal(text, out) ? CQ_OK : refuse(t, text, err);
	case CQ_T_TUPLE:
	case CQ_T_UDT:
		return fields(t, text, out, err);
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		return components(t, text, out, err);
	case CQ_T_EMPTY:
		return text.len ? refuse(t, text, err) : CQ_OK;
	default:
		if (!text.len && t->kind != CQ_T_BOOLEAN)
			return CQ_OK;                      /* the empty value */
		return scalar(t, text, out) ? CQ_OK : refuse(t, text, err);
	}
}

int cq_value_parse(const struct cq_type *t, cq_slice text, struct cq_buf *out, struct cq_error *err)
{
	size_t start = out->len;
	int rc = parse(t, text, out, err);

	if (rc == CQ_OK && out->failed)
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a value of %zu characters", text.len);
	if (rc != CQ_OK)
		out->len = start;
	return rc;
}

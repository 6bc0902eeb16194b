/* The byte-comparable form OSS50: bytes that sort, unsigned, as the values do. Source: asComparableBytes of each type and
 * ByteSource. */
#include "cq_partitioner.h"
#include "cq_types_priv.h"

enum {
	NEXT = 0x40, NONE = 0x3e, TERMINATOR = 0x38,
	ESCAPE_END = 0xfe, ESCAPE_MORE = 0xff
};

struct encoder {
	struct cq_buf *out;
	const uint8_t *base;
	struct cq_error *err;
};

static int encode(struct encoder *e, const struct cq_type *t, cq_slice v, bool *none);

static int bad(const struct encoder *e, const uint8_t *at, const char *what)
{
	return cq_fail(e->err, CQ_DAMAGED, cq_off(e->base, at), "%s", what);
}

/* A run of n zeros is 00, then fe n-1 times, then ff if more follows; the end is 00, or fe behind a zero. */
static void escape(struct cq_buf *out, cq_slice v)
{
	bool zeros = false;
	size_t from = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] && !zeros)
			continue;
		if (v.p[i]) {
			cq_buf_byte(out, ESCAPE_MORE);
			zeros = false;
			from = i;
		} else {
			cq_buf_put(out, v.p + from, zeros ? 0 : i - from);
			cq_buf_byte(out, zeros ? ESCAPE_END : 0);
			zeros = true;
			from = i + 1;
		}
	}
	if (!zeros)
		cq_buf_put(out, v.p + from, v.len - from);
	cq_buf_byte(out, zeros ? ESCAPE_END : 0);
}

/* The first byte signed. */
static void flipped(struct cq_buf *out, cq_slice v)
{
	cq_buf_byte(out, v.p[0] ^ 0x80);
	cq_buf_put(out, v.p + 1, v.len - 1);
}

static unsigned bit_length(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* n bytes that start with n ones and a zero, then the value; from 56 bits on a byte of ones and 8 bytes with the top bit
 * set. All bits turned over for negative values. */
static void signed_number(struct cq_buf *out, int64_t value)
{
	uint64_t m = (uint64_t)(value < 0 ? ~value : value), sign = value < 0 ? UINT64_MAX : 0;
	unsigned n = bit_length(m) / 7 + 1;
	uint8_t bytes[8];

	if (n >= 9) {
		cq_buf_byte(out, 0xff ^ (uint8_t)sign);
		n = 8;
		m |= UINT64_C(1) << 63;
	} else {
		m |= (uint64_t)(0xff00u >> n & 0xff) << 8 * (n - 1);
	}
	cq_put_be64(bytes, m ^ sign);
	cq_buf_put(out, bytes + 8 - n, n);
}

/* k leading ones announce k more bytes; flip turns all bits over. */
static void unsigned_number(struct cq_buf *out, uint64_t v, uint8_t flip)
{
	unsigned bits = bit_length(v), extra = bits ? (bits - 1) / 7 : 0;

	if (extra > 8)
		extra = 8;
	for (unsigned i = 0; i <= extra; i++) {
		unsigned shift = 8 * (extra - i);
		uint8_t byte = shift < 64 ? (uint8_t)(v >> shift) : 0;

		if (i == 0)
			byte |= (uint8_t)(0xff00u >> extra);
		cq_buf_byte(out, byte ^ flip);
	}
}

static void varint(struct cq_buf *out, cq_slice v)
{
	uint8_t sign = v.p[0] & 0x80 ? 0xff : 0;
	uint64_t value = sign ? UINT64_MAX : 0;

	while (v.len > 1 && v.p[0] == sign)                /* even where the bit behind is not the sign's */
		v = cq_slice_of(v.p + 1, v.len - 1);
	if (v.len < 7) {
		for (size_t i = 0; i < v.len; i++)
			value = value << 8 | v.p[i];
		signed_number(out, (int64_t)value);
		return;
	}
	cq_buf_byte(out, (uint8_t)~sign);
	unsigned_number(out, v.len - 7, sign);
	cq_buf_slice(out, v);
}

/*  c1 | 01 | 81 8a | 00      1.1: head (sign, length of the exponent), exponent of 100, pairs of digits, end
 *
 * 0.DIGITS * 100^exponent; a negative number has every pair rounded down, so that its digits sort backwards. */
static void decimal(struct cq_buf *out, int32_t scale, cq_slice unscaled)
{
	struct cq_buf digits = { 0 };
	bool negative;
	size_t n, at = 0;
	int64_t exponent10, exponent, m;
	unsigned len;

	cq_varint_digits(&digits, unscaled, &negative);
	out->failed |= digits.failed;
	n = digits.len;
	if (!n || (n == 1 && digits.p[0] == '0')) {
		cq_buf_byte(out, 0x80);
		cq_buf_finish(&digits);
		return;
	}
	exponent10 = (int64_t)n - scale;
	exponent = exponent10 / 2 + (exponent10 > 0 && exponent10 % 2);    /* rounded up */
	while (digits.p[n - 1] == '0')
		n--;
	m = negative ? -exponent : exponent;
	len = (bit_length((uint64_t)(m < 0 ? -m : m)) + 7) / 8;
	cq_buf_byte(out, (uint8_t)((negative ? 0x40 : 0xc0) + (m < 0 ? -(int)len : (int)len)));
	for (unsigned i = len; i-- > 0;)
		cq_buf_byte(out, (uint8_t)((uint64_t)m >> 8 * i));
	for (bool odd = exponent10 % 2 != 0, first = true; at < n; first = false) {
		int high = odd && first ? 0 : digits.p[at++] - '0';
		int pair = high * 10 + (at < n ? digits.p[at] - '0' : 0);

		at++;
		if (negative)
			pair = at >= n ? (first ? -pair : 100 - pair) : first ? -pair - 1 : 99 - pair;
		cq_buf_byte(out, (uint8_t)(0x80 + pair));
	}
	cq_buf_byte(out, 0);
	cq_buf_finish(&digits);
}

static void floating(struct cq_buf *out, cq_slice v)
{
	if (!(v.p[0] & 0x80)) {
		flipped(out, v);
		return;
	}
	for (size_t i = 0; i < v.len; i++)
		cq_buf_byte(out, (uint8_t)~v.p[i]);
}

static uint64_t by_time(uint64_t high)
{
	return high << 48 | (high << 16 & UINT64_C(0xffff00000000)) | high >> 32;
}

static void uuid(struct cq_buf *out, enum cq_kind kind, cq_slice v)
{
	uint64_t high = cq_be64(v.p), low = cq_be64(v.p + 8);
	uint8_t bytes[16];

	if (kind == CQ_T_LEXICAL_UUID) {
		high ^= UINT64_C(1) << 63;
		low ^= UINT64_C(1) << 63;
	} else if (kind == CQ_T_TIMEUUID) {
		high = by_time(high);
		low ^= UINT64_C(0x8080808080808080);
	} else if ((high >> 12 & 15) == 1) {
		high = by_time(high);
	} else {
		high = (high >> 12 & 15) << 60 | (high >> 4 & UINT64_C(0x0ffffffffffff000)) | (high & 0xfff);
	}
	cq_put_be64(bytes, high);
	cq_put_be64(bytes + 8, low);
	cq_buf_put(out, bytes, sizeof bytes);
}

/* 40 or 3e before each element; nulls and elements that have no form of their own alike are 3e. */
static int element(struct encoder *e, const struct cq_type *t, cq_slice v)
{
	size_t mark = e->out->len;
	bool none = !v.p;
	int rc = CQ_OK;

	cq_buf_byte(e->out, NEXT);
	if (v.p)
		rc = encode(e, t, v, &none);
	if (rc == CQ_OK && none && !e->out->failed) {
		e->out->len = mark;
		cq_buf_byte(e->out, NONE);
	}
	return rc;
}

static int sequence(struct encoder *e, const struct cq_type *t, cq_slice v)
{
	bool tuple = t->kind == CQ_T_TUPLE || t->kind == CQ_T_UDT;
	const struct cq_type *type;
	struct cq_elements it;
	struct cq_error inner = { 0 };
	size_t keep = e->out->len;                         /* trailing nulls of a tuple are cut off again */
	cq_slice elem;
	int rc;

	cq_elements_init(&it, t, v);
	while ((rc = cq_elements_next(&it, &type, &elem, &inner)) == CQ_OK) {
		rc = element(e, type, elem);
		if (rc != CQ_OK)
			return rc;
		if (elem.p || !tuple)
			keep = e->out->len;
	}
	if (rc != CQ_END)
		return cq_fail(e->err, rc, cq_off(e->base, v.p) + inner.off, "%s", inner.msg);
	if (!e->out->failed)
		e->out->len = keep;
	cq_buf_byte(e->out, TERMINATOR);
	return CQ_OK;
}

static void name_part(struct cq_buf *out, const char *package, const char *class_name)
{
	cq_buf_byte(out, NEXT);
	cq_buf_str(out, package);
	escape(out, cq_slice_str(class_name));
}

/*  40 | 40 61 00 | 40 80 | 38      not static, then each component with its end-of-component byte, signed
 *
 * A dynamic composite puts the classes of the comparator before a component: ReversedType if it is, simple name, full
 * name. */
static int composite(struct encoder *e, const struct cq_type *t, cq_slice v)
{
	bool dynamic = t->kind == CQ_T_DYNAMIC_COMPOSITE;
	const struct cq_type *type;
	struct cq_elements it;
	struct cq_error inner = { 0 };
	cq_slice elem, name;
	int rc;

	cq_elements_init(&it, t, v);
	cq_buf_byte(e->out, it.is_static ? NONE : NEXT);
	while (it.rest.len) {
		rc = cq_composite_next(&it, &type, &name, &elem, &inner);
		if (rc != CQ_OK)
			return cq_fail(e->err, rc, cq_off(e->base, v.p) + inner.off, "%s", inner.msg);
		if (dynamic) {
			const char *class_name = cq_kind_class(type->kind);

			if (!class_name)
				return bad(e, elem.p, "a comparator that does not exist");
			if (type->reversed)
				name_part(e->out, "", "ReversedType");
			name_part(e->out, "", class_name);
			name_part(e->out, CQ_MARSHAL, class_name);
		}
		rc = element(e, type, elem);
		if (rc != CQ_OK)
			return rc;
		cq_buf_byte(e->out, NEXT);
		cq_buf_byte(e->out, (uint8_t)it.eoc ^ 0x80);
	}
	cq_buf_byte(e->out, TERMINATOR);
	return CQ_OK;
}

static int key(struct encoder *e, const struct cq_type *t, cq_slice v)
{
	struct cq_partitioner p;
	struct cq_token token;

	cq_partitioner_init(&p, t->name.len ? t->name : cq_slice_str("Murmur3Partitioner"), t->narg ? t->arg[0] : NULL);
	cq_token(&p, v, &token);
	return cq_key_comparable(&p, &token, v, TERMINATOR, e->out, e->err);
}

static int forward(struct encoder *e, const struct cq_type *t, cq_slice v, bool *none)
{
	const char *wrong = v.len ? cq_length_rule(t, v.len) : NULL;

	switch (t->kind) {
	case CQ_T_ASCII:
	case CQ_T_TEXT:
	case CQ_T_BLOB:
	case CQ_T_INET:
	case CQ_T_DURATION:
	case CQ_T_CUSTOM:
		if (wrong)
			return bad(e, v.p, wrong);
		escape(e->out, v);                         /* these have a form of the empty value, too */
		return CQ_OK;
	case CQ_T_COUNTER:
		return bad(e, v.p, "counters have no order");
	default:
		break;
	}
	*none = !v.len && t->kind != CQ_T_DYNAMIC_COMPOSITE;    /* that one alone has no such exception */
	if (*none)
		return CQ_OK;
	if (wrong)
		return bad(e, v.p, wrong);
	switch (t->kind) {
	case CQ_T_TINYINT:
	case CQ_T_SMALLINT:
	case CQ_T_INT:
	case CQ_T_TIMESTAMP:
		flipped(e->out, v);
		return CQ_OK;
	case CQ_T_DATE:
	case CQ_T_TIME:
	case CQ_T_LEGACY_DATE:
		cq_buf_slice(e->out, v);
		return CQ_OK;
	case CQ_T_BOOLEAN:
		cq_buf_byte(e->out, v.p[0] != 0);
		return CQ_OK;
	case CQ_T_BIGINT:
		signed_number(e->out, (int64_t)cq_be64(v.p));
		return CQ_OK;
	case CQ_T_VARINT:
		varint(e->out, v);
		return CQ_OK;
	case CQ_T_DECIMAL:
		if (v.len == 4)
			return bad(e, v.p, "a decimal of a scale alone");
		decimal(e->out, (int32_t)cq_be32(v.p), cq_slice_of(v.p + 4, v.len - 4));
		return CQ_OK;
	case CQ_T_FLOAT:
	case CQ_T_DOUBLE:
		floating(e->out, v);
		return CQ_OK;
	case CQ_T_TIMEUUID:
		if (v.p[6] >> 4 != 1)
			return bad(e, v.p + 6, "a timeuuid whose version is not 1");
		uuid(e->out, t->kind, v);
		return CQ_OK;
	case CQ_T_UUID:
	case CQ_T_LEXICAL_UUID:
		uuid(e->out, t->kind, v);
		return CQ_OK;
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		return composite(e, t, v);
	case CQ_T_PARTITIONER_ORDER:
		return key(e, t, v);
	case CQ_T_EMPTY:
		return CQ_OK;
	default:
		return sequence(e, t, v);
	}
}

static int encode(struct encoder *e, const struct cq_type *t, cq_slice v, bool *none)
{
	size_t start = e->out->len;
	int rc;

	*none = false;
	rc = forward(e, t, v, none);
	if (t->reversed && !e->out->failed)
		for (size_t i = start; i < e->out->len; i++)
			e->out->p[i] = (uint8_t)~e->out->p[i];
	return rc;
}

int cq_value_comparable(const struct cq_type *t, cq_slice v, struct cq_buf *out, bool *none, struct cq_error *err)
{
	struct encoder e = { .out = out, .base = v.p, .err = err };
	size_t start = out->len;
	int rc = encode(&e, t, v, none);

	if (rc == CQ_OK && out->failed)
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for the comparable form of %zu bytes", v.len);
	if (rc != CQ_OK)
		out->len = start;
	return rc;
}

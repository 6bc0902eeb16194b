#include "cq_partitioner.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cq_hash.h"

/* The framing bytes of byte-comparable forms (ByteSource.java). */
enum { BC_NULL = 0x3e, BC_NEXT = 0x40 };

void cq_partitioner_init(struct cq_partitioner *p, cq_slice class_name, const struct cq_type *key_type)
{
	static const struct {
		const char *name;
		enum cq_partitioner_kind kind;
	} known[] = {
		{ "Murmur3Partitioner", CQ_P_MURMUR3 },
		{ "RandomPartitioner", CQ_P_RANDOM },
		{ "ByteOrderedPartitioner", CQ_P_BYTE_ORDERED },
		{ "OrderPreservingPartitioner", CQ_P_ORDER_PRESERVING },
		{ "LocalPartitioner", CQ_P_LOCAL },
	};
	static const char package[] = "org.apache.cassandra.dht.";
	cq_slice bare = class_name;

	*p = (struct cq_partitioner){ .kind = CQ_P_UNKNOWN, .class_name = class_name, .key_type = key_type };
	if (bare.len > sizeof package - 1 && memcmp(bare.p, package, sizeof package - 1) == 0)
		bare = cq_slice_of(bare.p + sizeof package - 1, bare.len - (sizeof package - 1));
	for (size_t i = 0; i < CQ_COUNTOF(known); i++)
		if (cq_slice_is(bare, known[i].name))
			p->kind = known[i].kind;
}

/* What a LocalPartitioner compares by. The tables of indexes on collections name the whole collection as their key type
 * up to nb, although their keys are single elements; a key that is really a collection is frozen. A map's index may be on
 * keys, values or entries, and nothing in the table says which: NULL, plain bytes. */
static const struct cq_type *local_type(const struct cq_partitioner *p)
{
	const struct cq_type *t = p->key_type;

	if (t && t->multicell)
		return t->kind == CQ_T_LIST || t->kind == CQ_T_SET ? t->arg[0] : NULL;
	return t;
}

/* ---- the text of an OrderPreservingPartitioner's token ----
 *
 * The key read as UTF-8, or the hexadecimal digits of its bytes when it is not; compared as Java compares strings,
 * by UTF-16 code units. */

/* Code point at p, its length in *n; -1 when the bytes are not what a strict decoder takes. */
static int32_t utf8_at(const uint8_t *p, size_t left, size_t *n)
{
	static const int32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	size_t extra = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 : *p >= 0xe0 && *p < 0xf0 ? 2
		: *p >= 0xf0 && *p < 0xf5 ? 3 : 4;
	int32_t v;

	if (extra >= left || extra > 3)
		return -1;
	v = extra ? *p & (0x3f >> extra) : *p;
	for (size_t i = 1; i <= extra; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[extra] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return -1;
	*n = extra + 1;
	return v;
}

static bool utf8_valid(cq_slice s)
{
	for (size_t i = 0, n = 0; i < s.len; i += n)
		if (utf8_at(s.p + i, s.len - i, &n) < 0)
			return false;
	return true;
}

struct units {
	cq_slice s;
	size_t at;                 /* byte, or hexadecimal digit */
	bool text;
	int32_t low;               /* second half of a pair still to be given, 0 none */
};

/* The next UTF-16 unit, -1 at the end. */
static int32_t units_next(struct units *u)
{
	int32_t v;
	size_t n;

	if (!u->text) {
		if (u->at / 2 >= u->s.len)
			return -1;
		v = u->at % 2 ? u->s.p[u->at / 2] & 15 : u->s.p[u->at / 2] >> 4;
		u->at++;
		return "0123456789abcdef"[v];
	}
	if (u->low) {
		v = u->low;
		u->low = 0;
		return v;
	}
	if (u->at >= u->s.len)
		return -1;
	v = utf8_at(u->s.p + u->at, u->s.len - u->at, &n);
	u->at += n;
	if (v < 0x10000)
		return v;
	u->low = 0xdc00 | ((v - 0x10000) & 0x3ff);
	return 0xd800 | (v - 0x10000) >> 10;
}

static int text_compare(cq_slice a, cq_slice b)
{
	struct units x = { .s = a, .text = utf8_valid(a) }, y = { .s = b, .text = utf8_valid(b) };
	int32_t u, v;

	do {
		u = units_next(&x);
		v = units_next(&y);
	} while (u == v && u >= 0);
	return (u > v) - (u < v);
}

/* ---- tokens ---- */

void cq_token(const struct cq_partitioner *p, cq_slice key, struct cq_token *out)
{
	uint8_t digest[16];
	uint64_t h[2];

	*out = (struct cq_token){ .key = key };
	switch (p->kind) {
	case CQ_P_MURMUR3:
		if (key.len == 0) {
			out->lo = 1ull << 63;
			break;
		}
		cq_murmur3(key, h);
		out->lo = h[0] == 1ull << 63 ? INT64_MAX : h[0];        /* the minimum token belongs to the empty key */
		break;
	case CQ_P_RANDOM:
		if (key.len == 0) {
			out->minus_one = true;
			break;
		}
		cq_md5(key, digest);
		out->hi = cq_be64(digest);
		out->lo = cq_be64(digest + 8);
		if (out->hi >> 63) {                                    /* BigInteger.abs() of the signed digest */
			out->lo = 0 - out->lo;
			out->hi = ~out->hi + (out->lo == 0);
		}
		break;
	default:
		break;
	}
}

int cq_token_compare(const struct cq_partitioner *p, const struct cq_token *a, const struct cq_token *b)
{
	const struct cq_type *t;

	switch (p->kind) {
	case CQ_P_MURMUR3:
		return ((int64_t)a->lo > (int64_t)b->lo) - ((int64_t)a->lo < (int64_t)b->lo);
	case CQ_P_RANDOM:
		if (a->minus_one || b->minus_one)
			return b->minus_one - a->minus_one;
		if (a->hi != b->hi)
			return a->hi > b->hi ? 1 : -1;
		return (a->lo > b->lo) - (a->lo < b->lo);
	case CQ_P_ORDER_PRESERVING:
		return text_compare(a->key, b->key);
	case CQ_P_LOCAL:
		t = local_type(p);
		return t ? cq_value_compare(t, a->key, b->key) : cq_slice_cmp(a->key, b->key);
	case CQ_P_UNKNOWN:
	case CQ_P_BYTE_ORDERED:
		break;
	}
	return cq_slice_cmp(a->key, b->key);
}

int cq_key_compare(const struct cq_partitioner *p, const struct cq_token *ta, cq_slice a,
	const struct cq_token *tb, cq_slice b)
{
	int c = cq_token_compare(p, ta, tb);

	return c ? c : cq_slice_cmp(a, b);
}

/* ---- text ---- */

static void print_u128(struct cq_buf *out, uint64_t hi, uint64_t lo)
{
	/* 9 digits at a time, from the low end; 2^128 has 39. */
	uint32_t word[4] = { (uint32_t)(hi >> 32), (uint32_t)hi, (uint32_t)(lo >> 32), (uint32_t)lo };
	uint32_t part[5];
	int n = 0;

	while (n == 0 || word[0] || word[1] || word[2] || word[3]) {
		uint64_t rest = 0;

		for (int i = 0; i < 4; i++) {
			rest = rest << 32 | word[i];
			word[i] = (uint32_t)(rest / 1000000000u);
			rest %= 1000000000u;
		}
		part[n++] = (uint32_t)rest;
	}
	cq_buf_printf(out, "%" PRIu32, part[--n]);
	while (n)
		cq_buf_printf(out, "%09" PRIu32, part[--n]);
}

void cq_token_print(const struct cq_partitioner *p, const struct cq_token *t, struct cq_buf *out)
{
	const struct cq_type *type;

	switch (p->kind) {
	case CQ_P_MURMUR3:
		cq_buf_i64(out, (int64_t)t->lo);
		return;
	case CQ_P_RANDOM:
		if (t->minus_one)
			cq_buf_str(out, "-1");
		else
			print_u128(out, t->hi, t->lo);
		return;
	case CQ_P_ORDER_PRESERVING:
		if (!utf8_valid(t->key))
			break;
		cq_buf_slice(out, t->key);
		return;
	case CQ_P_LOCAL:
		type = local_type(p);
		if (type && cq_value_text(type, t->key, out, NULL) == CQ_OK)
			return;
		break;
	case CQ_P_UNKNOWN:
	case CQ_P_BYTE_ORDERED:
		break;
	}
	cq_buf_hex(out, t->key);
}

/* A decimal number of at most 128 bits without its sign; false when it is not one. */
static bool parse_u128(const char *s, uint64_t *hi, uint64_t *lo)
{
	*hi = *lo = 0;
	if (!*s)
		return false;
	for (; *s; s++) {
		uint32_t word[4] = { (uint32_t)*lo, (uint32_t)(*lo >> 32), (uint32_t)*hi, (uint32_t)(*hi >> 32) };
		uint64_t carry;

		if (*s < '0' || *s > '9')
			return false;
		carry = (uint64_t)(*s - '0');
		for (int i = 0; i < 4; i++) {
			carry += (uint64_t)word[i] * 10;
			word[i] = (uint32_t)carry;
			carry >>= 32;
		}
		if (carry)
			return false;
		*lo = (uint64_t)word[1] << 32 | word[0];
		*hi = (uint64_t)word[3] << 32 | word[2];
	}
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_hex(const char *s, struct cq_buf *out)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (; *s; s += 2) {
		int hi = hex_digit(s[0]), lo = hi < 0 ? -1 : hex_digit(s[1]);

		if (lo < 0)
			return false;
		cq_buf_byte(out, (uint8_t)(hi << 4 | lo));
	}
	return true;
}

int cq_token_parse(const struct cq_partitioner *p, const char *text, struct cq_buf *bytes, struct cq_token *out,
	struct cq_error *err)
{
	const char *digits = text + (*text == '-' || *text == '+');
	bool negative = *text == '-', good = false;
	struct cq_token t = {0};
	const struct cq_type *type;
	int rc;

	cq_buf_clear(bytes);
	switch (p->kind) {
	case CQ_P_MURMUR3:
		good = parse_u128(digits, &t.hi, &t.lo) && t.hi == 0
			&& (t.lo <= INT64_MAX || (negative && t.lo == 1ull << 63));
		if (negative)
			t.lo = 0 - t.lo;
		break;
	case CQ_P_RANDOM:
		good = parse_u128(digits, &t.hi, &t.lo);
		if (negative && (t.hi || t.lo)) {
			t.minus_one = t.hi == 0 && t.lo == 1;
			good = good && t.minus_one;
			t.lo = 0;
		}
		good = good && (t.hi <= INT64_MAX || (t.hi == 1ull << 63 && t.lo == 0));
		break;
	case CQ_P_ORDER_PRESERVING:
		good = true;
		cq_buf_str(bytes, text);
		break;
	case CQ_P_LOCAL:
		type = local_type(p);
		if (type) {
			rc = cq_value_parse(type, cq_slice_str(text), bytes, err);
			if (rc != CQ_OK)
				return rc;
			good = true;
			break;
		}
		good = parse_hex(text, bytes);
		break;
	case CQ_P_UNKNOWN:
	case CQ_P_BYTE_ORDERED:
		good = parse_hex(text, bytes);
		break;
	}
	if (!good)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "\"%.80s\" is not a token of %.*s", text,
			(int)(p->class_name.len < 120 ? p->class_name.len : 120), (const char *)p->class_name.p);
	if (bytes->failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a token");
	t.key = cq_slice_of(bytes->p ? bytes->p : (const uint8_t *)"", bytes->len);
	*out = t;
	return CQ_OK;
}

/* ---- byte-comparable forms (OSS50) ---- */

/* Zeros so that the end of the value sorts before everything that could follow: a run of n zero bytes is 00 FE*(n-1),
 * FF follows it inside the value; a 00 ends the value, FE in its place after a run. */
static void put_escaped(struct cq_buf *out, cq_slice s)
{
	bool zeros = false;
	uint8_t *p;

	/* At most one byte more for every run of zeros. */
	if (!cq_buf_reserve(out, 2 * s.len + 1))
		return;
	p = out->p + out->len;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == 0) {
			*p++ = zeros ? 0xfe : 0x00;
			zeros = true;
			continue;
		}
		if (zeros)
			*p++ = 0xff;
		zeros = false;
		*p++ = s.p[i];
	}
	*p++ = zeros ? 0xfe : 0x00;
	out->len = (size_t)(p - out->p);
}

/* The form of a varint that is a Random token: 0 to 2^127, or -1.
 *
 *     up to 6 bytes: 10xxxxxx | 110xxxxx x | ... (leading ones count the bytes, after the sign bit)
 *     more:          ff, bytes - 7, the bytes */
static void put_random(struct cq_buf *out, const struct cq_token *t)
{
	uint8_t raw[18] = { 0xff };
	size_t n = 16;

	if (t->minus_one) {
		cq_buf_byte(out, 0x7f);
		return;
	}
	cq_put_be64(raw + 2, t->hi);
	cq_put_be64(raw + 10, t->lo);
	while (n && raw[18 - n] == 0)
		n--;
	if (n < 7) {
		unsigned bits = t->lo ? 64 - (unsigned)__builtin_clzll(t->lo) : 0;
		unsigned len = bits / 7 + 1;
		uint8_t v[8];

		cq_put_be64(v, t->lo | (uint64_t)(0xff00u >> len & 0xff) << 8 * (len - 1));
		cq_buf_put(out, v + 8 - len, len);
		return;
	}
	cq_buf_byte(out, 0xff);
	cq_buf_byte(out, (uint8_t)(n - 7));
	cq_buf_put(out, raw + 18 - n, n);
}

int cq_token_comparable(const struct cq_partitioner *p, const struct cq_token *t, uint8_t final,
	struct cq_buf *out, struct cq_error *err)
{
	const struct cq_type *type = NULL;
	struct cq_buf hex = {0};
	uint8_t number[8];
	size_t at = out->len;
	bool none = false;
	int rc;

	cq_buf_byte(out, BC_NEXT);
	switch (p->kind) {
	case CQ_P_MURMUR3:
		cq_put_be64(number, t->lo ^ 1ull << 63);
		cq_buf_put(out, number, sizeof number);
		break;
	case CQ_P_RANDOM:
		put_random(out, t);
		break;
	case CQ_P_ORDER_PRESERVING:
		if (utf8_valid(t->key)) {
			put_escaped(out, t->key);
		} else {
			cq_buf_hex(&hex, t->key);
			out->failed = out->failed || hex.failed;
			put_escaped(out, cq_buf_bytes(&hex));
			cq_buf_finish(&hex);
		}
		break;
	case CQ_P_LOCAL:
		type = local_type(p);
		if (!type) {
			put_escaped(out, t->key);
			break;
		}
		rc = cq_value_comparable(type, t->key, out, &none, err);
		if (rc != CQ_OK) {
			out->len = at;
			return rc;
		}
		if (none && !out->failed)
			out->p[at] = BC_NULL;
		break;
	case CQ_P_UNKNOWN:
	case CQ_P_BYTE_ORDERED:
		put_escaped(out, t->key);
		break;
	}
	cq_buf_byte(out, final);
	if (out->failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a token");
	return CQ_OK;
}

int cq_key_comparable(const struct cq_partitioner *p, const struct cq_token *t, cq_slice key, uint8_t final,
	struct cq_buf *out, struct cq_error *err)
{
	int rc = cq_token_comparable(p, t, BC_NEXT, out, err);

	if (rc != CQ_OK)
		return rc;
	put_escaped(out, key);
	cq_buf_byte(out, final);
	if (out->failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key");
	return CQ_OK;
}

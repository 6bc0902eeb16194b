/* varint and decimal: text, order. Numbers of up to 16 bytes never touch the heap; longer ones go through GMP,
 * whose conversions to and from decimal are below quadratic time. */
#include "cq_types_priv.h"

#include <gmp.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 u128;

enum { INLINE_BYTES = 16, INLINE_DIGITS = 40 };

/* v without the leading bytes that only repeat its sign. */
static cq_slice minimal(cq_slice v)
{
	while (v.len > 1 && ((v.p[0] == 0x00 && !(v.p[1] & 0x80)) || (v.p[0] == 0xff && (v.p[1] & 0x80)))) {
		v.p++;
		v.len--;
	}
	return v;
}

static bool negative(cq_slice v)
{
	return v.len && (v.p[0] & 0x80);
}

/* |v| of at most 16 bytes. */
static u128 magnitude(cq_slice v)
{
	u128 m = negative(v) ? ~(u128)0 : 0;

	for (size_t i = 0; i < v.len; i++)
		m = m << 8 | v.p[i];
	return negative(v) ? -m : m;
}

static size_t small_digits(u128 m, char digits[INLINE_DIGITS])
{
	char *end = digits + INLINE_DIGITS, *p = end;

	while (m > UINT64_MAX) {
		*--p = (char)('0' + (unsigned)(m % 10));
		m /= 10;
	}
	for (uint64_t low = (uint64_t)m; low || p == end; low /= 10)
		*--p = (char)('0' + low % 10);
	memmove(digits, p, (size_t)(end - p));
	return (size_t)(end - p);
}

static void import(mpz_t z, cq_slice v)
{
	mpz_import(z, v.len, 1, 1, 1, 0, v.p);
	if (negative(v)) {
		mpz_t top;

		mpz_init(top);
		mpz_setbit(top, (mp_bitcnt_t)v.len * 8);
		mpz_sub(z, z, top);
		mpz_clear(top);
	}
}

void cq_varint_digits(struct cq_buf *out, cq_slice v, bool *neg)
{
	char digits[INLINE_DIGITS];
	mpz_t z;
	size_t room;

	v = minimal(v);
	*neg = negative(v);
	if (v.len <= INLINE_BYTES) {
		cq_buf_put(out, digits, small_digits(magnitude(v), digits));
		return;
	}
	mpz_init(z);
	import(z, v);
	mpz_abs(z, z);
	room = mpz_sizeinbase(z, 10) + 2;
	if (cq_buf_reserve(out, room)) {
		mpz_get_str((char *)out->p + out->len, 10, z);
		out->len += strlen((char *)out->p + out->len);
	}
	mpz_clear(z);
}

void cq_print_varint(struct cq_buf *out, cq_slice v)
{
	bool neg;

	if (negative(v))
		cq_buf_byte(out, '-');
	cq_varint_digits(out, v, &neg);
}

/* java.math.BigDecimal.toString: plain unless the scale is negative or more than five zeros would follow the point. */
void cq_print_decimal(struct cq_buf *out, int32_t scale, cq_slice unscaled)
{
	struct cq_buf digits = { 0 };
	bool neg;
	int64_t adjusted, n;

	cq_varint_digits(&digits, unscaled, &neg);
	out->failed |= digits.failed;
	n = (int64_t)digits.len;
	adjusted = n - 1 - scale;
	if (neg)
		cq_buf_byte(out, '-');
	if (n == 0 || scale == 0) {
		cq_buf_put(out, digits.p, digits.len);
	} else if (scale > 0 && adjusted >= -6) {
		int64_t before = n - scale;                /* digits before the point */

		if (before <= 0) {
			cq_buf_str(out, "0.");
			for (; before < 0; before++)
				cq_buf_byte(out, '0');
		} else {
			cq_buf_put(out, digits.p, (size_t)before);
			cq_buf_byte(out, '.');
		}
		cq_buf_put(out, digits.p + before, (size_t)(n - before));
	} else {
		cq_buf_byte(out, digits.p[0]);
		if (n > 1) {
			cq_buf_byte(out, '.');
			cq_buf_put(out, digits.p + 1, (size_t)n - 1);
		}
		if (adjusted) {
			cq_buf_str(out, adjusted < 0 ? "E" : "E+");
			cq_buf_i64(out, adjusted);
		}
	}
	cq_buf_finish(&digits);
}

/* ---- order ---- */

int cq_varint_compare(cq_slice a, cq_slice b)
{
	int c;

	if (!a.len || !b.len)
		return (a.len > 0) - (b.len > 0);
	if (negative(a) != negative(b))
		return negative(a) ? -1 : 1;
	a = minimal(a);
	b = minimal(b);
	if (a.len != b.len)
		return (a.len > b.len) != negative(a) ? 1 : -1;
	c = memcmp(a.p, b.p, a.len);                       /* two's complement of one length and sign sorts as bytes */
	return (c > 0) - (c < 0);
}

static bool is_zero(cq_slice v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i])
			return false;
	return true;
}

/* Exponents of ten with 10^least <= |v| * 10^-scale <= 10^most. */
static void bounds(cq_slice v, int32_t scale, int64_t *least, int64_t *most)
{
	uint8_t top;
	int64_t bits;

	v = minimal(v);
	top = negative(v) ? (uint8_t)~v.p[0] : v.p[0];
	bits = (int64_t)(v.len - 1) * 8 + (top ? 32 - __builtin_clz(top) : 0);
	/* 2^(bits-1) <= |v| <= 2^bits; log10(2) is 0.30102999566 */
	*least = (bits > 0 ? (bits - 1) * 30102 / 100000 : 0) - scale;
	*most = bits * 30103 / 100000 + 1 - scale;
}

static int compare_scaled(cq_slice ua, int32_t sa, cq_slice ub, int32_t sb)
{
	uint64_t shift = (uint64_t)((int64_t)sa - sb);     /* b must be multiplied by 10^shift; the caller made sa > sb */
	mpz_t za, zb, p;
	int c;

	if (ua.len <= INLINE_BYTES && ub.len <= 8 && shift <= 18) {
		u128 ma = magnitude(ua), mb = magnitude(ub);

		for (uint64_t i = 0; i < shift; i++)
			mb *= 10;                          /* below 2^63 * 10^18 < 2^123 */
		c = (ma > mb) - (ma < mb);
		return negative(ua) ? -c : c;
	}
	mpz_init(za);
	mpz_init(zb);
	mpz_init(p);
	import(za, ua);
	import(zb, ub);
	mpz_ui_pow_ui(p, 10, (unsigned long)shift);
	mpz_mul(zb, zb, p);
	c = mpz_cmp(za, zb);
	mpz_clear(za);
	mpz_clear(zb);
	mpz_clear(p);
	return (c > 0) - (c < 0);
}

int cq_decimal_compare(cq_slice a, cq_slice b)
{
	cq_slice ua, ub;
	int32_t sa, sb;
	int64_t least_a, most_a, least_b, most_b;
	bool zero_a, zero_b;

	if (a.len < 4 || b.len < 4) {                      /* empty, or no decimal: before all that are */
		if (a.len < 4 && b.len < 4)
			return cq_slice_cmp(a, b);
		return a.len < 4 ? -1 : 1;
	}
	sa = (int32_t)cq_be32(a.p);
	sb = (int32_t)cq_be32(b.p);
	ua = minimal(cq_slice_of(a.p + 4, a.len - 4));
	ub = minimal(cq_slice_of(b.p + 4, b.len - 4));
	zero_a = is_zero(ua);
	zero_b = is_zero(ub);
	if (zero_a || zero_b || negative(ua) != negative(ub)) {
		int sign_a = zero_a ? 0 : negative(ua) ? -1 : 1, sign_b = zero_b ? 0 : negative(ub) ? -1 : 1;

		return (sign_a > sign_b) - (sign_a < sign_b);
	}
	if (sa == sb)
		return cq_varint_compare(ua, ub);
	bounds(ua, sa, &least_a, &most_a);
	bounds(ub, sb, &least_b, &most_b);
	if (most_a < least_b || most_b < least_a)          /* far apart: no power of ten is ever made of the scales */
		return (most_a < least_b) != negative(ua) ? -1 : 1;
	/* what is left differs in scale by about as many digits as the numbers have */
	return sa > sb ? compare_scaled(ua, sa, ub, sb) : -compare_scaled(ub, sb, ua, sa);
}

/* ---- reading ---- */

static bool all_digits(cq_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0;
}

static cq_slice tail(cq_slice s, size_t n)
{
	return cq_slice_of(s.p + n, s.len - n);
}

static bool sign(cq_slice *s)
{
	bool minus = s->len && s->p[0] == '-';

	if (s->len && (s->p[0] == '-' || s->p[0] == '+'))
		*s = tail(*s, 1);
	return minus;
}

/* Two's complement in as few bytes as possible of a number given as decimal digits; minus not with 0. */
static bool put_digits(cq_slice digits, bool minus, struct cq_buf *out)
{
	char *text = malloc(digits.len + 1);
	size_t bytes;
	mpz_t z;
	bool ok;

	if (!text) {
		out->failed = true;
		return false;
	}
	memcpy(text, digits.p, digits.len);
	text[digits.len] = 0;
	mpz_init(z);
	mpz_set_str(z, text, 10);
	free(text);
	if (minus)
		mpz_sub_ui(z, z, 1);                       /* the complement of -n is n - 1; n is not 0 */
	bytes = mpz_sgn(z) ? mpz_sizeinbase(z, 2) / 8 + 1 : 1;
	ok = cq_buf_reserve(out, bytes);
	if (ok) {
		uint8_t *p = out->p + out->len;
		size_t used = mpz_sgn(z) ? (mpz_sizeinbase(z, 2) + 7) / 8 : 0;

		memset(p, 0, bytes);
		mpz_export(p + bytes - used, NULL, 1, 1, 1, 0, z);
		for (size_t i = 0; minus && i < bytes; i++)
			p[i] = (uint8_t)~p[i];
		out->len += bytes;
	}
	mpz_clear(z);
	return ok;
}

bool cq_parse_varint(cq_slice text, struct cq_buf *out)
{
	bool minus = sign(&text);

	while (text.len > 1 && text.p[0] == '0')
		text = tail(text, 1);
	return all_digits(text) && put_digits(text, minus && !cq_slice_is(text, "0"), out);
}

/* java.math.BigDecimal(String): [+-] digits [. digits] [e [+-] digits] */
bool cq_parse_decimal(cq_slice text, struct cq_buf *out)
{
	bool minus = sign(&text), dot = false, ok;
	struct cq_buf digits = { 0 };
	int64_t scale = 0, exponent = 0;
	size_t start = out->len, i;
	uint8_t head[4];

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c == '.' && !dot) {
			dot = true;
		} else if (c >= '0' && c <= '9') {
			cq_buf_byte(&digits, c);
			scale += dot;
		} else {
			break;
		}
	}
	ok = digits.len > 0 && !digits.failed;
	if (ok && i < text.len) {
		cq_slice e = tail(text, i + 1);
		bool down = sign(&e);

		ok = (text.p[i] | 0x20) == 'e' && all_digits(e) && e.len <= 10;
		for (size_t k = 0; ok && k < e.len; k++)
			exponent = exponent * 10 + (e.p[k] - '0');
		scale -= down ? -exponent : exponent;
	}
	if (ok && scale >= INT32_MIN && scale <= INT32_MAX) {
		size_t zeros = 0;

		while (zeros + 1 < digits.len && digits.p[zeros] == '0')
			zeros++;
		cq_put_be32(head, (uint32_t)(int32_t)scale);
		cq_buf_put(out, head, sizeof head);
		text = tail(cq_buf_bytes(&digits), zeros);
		ok = put_digits(text, minus && !cq_slice_is(text, "0"), out);
	} else {
		ok = false;
	}
	if (!ok)
		out->len = start;
	cq_buf_finish(&digits);
	return ok;
}

/* Float.parseFloat, Double.parseDouble: blanks around it, a suffix f or d, hexadecimal with p. Read as the wanted
 * type at once: through a double a float would be rounded twice. */
bool cq_parse_float(cq_slice text, bool is_double, double *out)
{
	char buf[1200], *end;
	cq_slice body;
	locale_t c_locale;
	bool minus, hex;

	while (text.len && text.p[0] <= ' ')
		text = tail(text, 1);
	while (text.len && text.p[text.len - 1] <= ' ')
		text.len--;
	body = text;
	minus = sign(&body);
	if (cq_slice_is(body, "NaN") || cq_slice_is(body, "Infinity")) {
		*out = body.p[0] == 'N' ? (double)NAN : minus ? -(double)INFINITY : (double)INFINITY;
		return true;
	}
	hex = body.len > 1 && (body.p[1] | 0x20) == 'x';
	if (text.len >= sizeof buf)
		return false;
	memcpy(buf, text.p, text.len);
	buf[text.len] = 0;
	if (text.len && strchr("fFdD", buf[text.len - 1]) && (!hex || strpbrk(buf, "pP")))
		buf[--text.len] = 0;
	if (!text.len || strspn(buf, "0123456789abcdefABCDEFxXpP+-.") != text.len || (hex && !strpbrk(buf, "pP")))
		return false;
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		return false;
	*out = is_double ? strtod_l(buf, &end, c_locale) : (double)strtof_l(buf, &end, c_locale);
	freelocale(c_locale);
	return end == buf + text.len;
}

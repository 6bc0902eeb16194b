/* Floats and doubles as Java 8 to 18 prints them.
 *
 * Those releases do not print the shortest digits that read back as the same number (JDK-4511638, mended in 19).
 * They produce digit after digit of v = B/S * 10^exp and stop as soon as what is left is within half a unit in the
 * last binary place, M; the half is taken as the same on both sides, also at powers of two, where it is not. What
 * comes out depends on three details, kept here because they show in the dumps of Cassandra:
 *
 *   - where B, S and M fit into 32 or 64 bits the sums wrap like Java's, and "above" is >, otherwise it is >=;
 *   - in E notation a second digit is always made, even when the first already is enough (2.0E-323, 4.9E-324);
 *   - whole numbers are printed exactly, but for digits that the power of two in them makes meaningless. */
#include "cq_types_priv.h"

#include <gmp.h>

enum {
	MANTISSA = 52,                             /* bits behind the leading one of a double */
	LIMBS = 1280 / GMP_NUMB_BITS + 2,          /* B, S and M stay below 2^1200 (5^324 is estimated as 2^972) */
	LONG_FIVES = 27,                           /* powers of 5 that fit into a long */
	MOST_DIGITS = 24
};

/* 0.d1 d2 ... * 10^exp */
struct digits {
	char d[MOST_DIGITS];
	int n, exp;
};

/* v = f * 2^(e - 52), f in [2^52, 2^53); sig of f's bits are known, fewer for subnormal numbers and for floats. */
struct binary {
	uint64_t f;
	int e, sig;
};

/* B = f * 5^b5 * 2^b2, S = 5^s5 * 2^s2, M = 5^b5 * 2^m2; f without its trailing zeros. */
struct scaled {
	uint64_t f;
	int b2, b5, s2, s5, m2;
};

struct outcome {
	bool low, high;
	int tie;                                   /* twice the rest against 10 S, when both low and high */
};

static uint64_t pow5(int n)
{
	uint64_t p = 1;

	while (n-- > 0)
		p *= 5;
	return p;
}

/* Bits of 5^n as Java estimates them: exact while 5^n fits a long, 3 each beyond. */
static int bits5(int n)
{
	return n >= LONG_FIVES ? 3 * n : n == 0 ? 0 : 64 - __builtin_clzll(pow5(n));
}

static bool plain(int exp10)
{
	return exp10 >= -3 && exp10 < 8;
}

/* Up to 19 digits of a whole number, the last `drop` of them rounded away and trailing zeros left out. */
static void whole(uint64_t v, int drop, struct digits *out)
{
	char buf[20];
	int n = 0, zeros = 0;
	uint64_t p = 1;

	for (int i = 0; i < drop; i++)
		p *= 10;
	v = v / p + (drop && v % p >= p / 2);
	while (v % 10 == 0) {
		v /= 10;
		zeros++;
	}
	for (; v; v /= 10)
		buf[n++] = (char)('0' + v % 10);
	out->n = n;
	out->exp = n + zeros + drop;
	for (int i = 0; i < n; i++)
		out->d[i] = buf[n - 1 - i];
}

static int64_t wrap(uint64_t v, bool narrow)
{
	return narrow ? (int32_t)(uint32_t)v : (int64_t)v;
}

static struct outcome develop_machine(const struct scaled *s, bool narrow, struct digits *out)
{
	uint64_t b = (s->f * pow5(s->b5)) << s->b2, S = pow5(s->s5) << s->s2, tens = S * 10;
	int64_t m = wrap(pow5(s->b5) << s->m2, narrow);
	struct outcome r = { 0 };
	bool first = true;

	do {
		uint64_t q = b / S;

		b = 10 * (b % S);
		m = wrap((uint64_t)m * 10, narrow);
		if (m > 0 || first) {
			r.low = (int64_t)b < m;
			r.high = wrap(b + (uint64_t)m, narrow) > (int64_t)tens;
		} else {
			r.low = r.high = true;             /* M has grown out of its type, so it is past B */
		}
		if (first && q == 0 && !r.high)
			out->exp--;                        /* the exponent was guessed one too high */
		else
			out->d[out->n++] = (char)('0' + q);
		if (first && !plain(out->exp))
			r.low = r.high = false;
		first = false;
	} while (!r.low && !r.high && out->n < MOST_DIGITS);
	if (r.low && r.high) {
		int64_t twice = wrap((b << 1) - tens, narrow);

		r.tie = (twice > 0) - (twice < 0);
	}
	return r;
}

__extension__ typedef unsigned __int128 u128;

/* The same in 128 bits, which are enough for numbers between about 1e-16 and 1e20. */
static struct outcome develop_wide(const struct scaled *s, struct digits *out)
{
	u128 b = (u128)s->f * pow5(s->b5) << s->b2, S = (u128)pow5(s->s5) << s->s2, tens = S * 10;
	u128 m = (u128)pow5(s->b5) << s->m2;
	struct outcome r = { 0 };
	bool first = true;

	do {
		unsigned q = 0;

		for (; b >= S; b -= S)                     /* at most 9 times; a division of 128 bits costs more */
			q++;
		b *= 10;
		m *= 10;
		r.low = b < m;
		r.high = b + m >= tens;
		if (first && q == 0 && !r.high)
			out->exp--;
		else
			out->d[out->n++] = (char)('0' + q);
		if (first && !plain(out->exp))
			r.low = r.high = false;
		first = false;
	} while (!r.low && !r.high && out->n < MOST_DIGITS);
	if (r.low && r.high)
		r.tie = (b * 2 > tens) - (b * 2 < tens);
	return r;
}

/* f * 5^fives * 2^twos in n limbs. */
static void big_set(mp_limb_t *v, mp_size_t n, uint64_t f, int fives, int twos)
{
	mp_size_t limbs = twos / GMP_NUMB_BITS;
	unsigned bits = (unsigned)twos % GMP_NUMB_BITS;

	mpn_zero(v, n);
	for (int i = 0; f; i++) {
		v[i] = (mp_limb_t)f & GMP_NUMB_MASK;
		f = GMP_NUMB_BITS < 64 ? f >> (GMP_NUMB_BITS % 64) : 0;
	}
	for (; fives >= 13; fives -= 13)
		mpn_mul_1(v, v, n, 1220703125);            /* 5^13 */
	mpn_mul_1(v, v, n, (mp_limb_t)pow5(fives));
	if (bits)
		mpn_lshift(v, v, n, bits);
	if (limbs) {
		memmove(v + limbs, v, (size_t)(n - limbs) * sizeof *v);
		mpn_zero(v, limbs);
	}
}

/* The same without bounds. bits: what B and 10 S fit into; M, the sums and 8 S need up to 5 more. */
static struct outcome develop_big(const struct scaled *s, int bits, struct digits *out)
{
	mp_limb_t b[LIMBS], m[LIMBS], tens[LIMBS], sum[LIMBS], S[4][LIMBS];
	mp_size_t n = (bits + 5) / GMP_NUMB_BITS + 1;
	struct outcome r = { 0 };
	bool first = true;

	if (n > LIMBS)
		n = LIMBS;
	big_set(b, n, s->f, s->b5, s->b2);
	big_set(S[0], n, 1, s->s5, s->s2);
	big_set(m, n, 1, s->b5, s->m2);
	mpn_mul_1(tens, S[0], n, 10);
	for (int i = 1; i < 4; i++)
		mpn_lshift(S[i], S[i - 1], n, 1);
	do {
		int q = 0;

		for (int i = 3; i >= 0; i--)
			if (mpn_cmp(b, S[i], n) >= 0) {
				mpn_sub_n(b, b, S[i], n);
				q |= 1 << i;
			}
		mpn_mul_1(b, b, n, 10);
		mpn_mul_1(m, m, n, 10);
		r.low = mpn_cmp(b, m, n) < 0;
		mpn_add_n(sum, b, m, n);
		r.high = mpn_cmp(sum, tens, n) >= 0;
		if (first && q == 0 && !r.high)
			out->exp--;
		else
			out->d[out->n++] = (char)('0' + q);
		if (first && !plain(out->exp))
			r.low = r.high = false;
		first = false;
	} while (!r.low && !r.high && out->n < MOST_DIGITS);
	if (r.low && r.high) {
		mpn_lshift(sum, b, n, 1);
		r.tie = mpn_cmp(sum, tens, n);
	}
	return r;
}

static void round_up(struct digits *out)
{
	int i = out->n - 1;

	for (; i > 0 && out->d[i] == '9'; i--)
		out->d[i] = '0';
	if (out->d[i] == '9') {
		out->d[i] = '1';
		out->exp++;
	} else {
		out->d[i]++;
	}
}

/* floor(log10 v), or one more where a straight line does not tell; the caller notices. */
static int guess_exp(const struct binary *v)
{
	double f = (double)v->f / 4503599627370496.0;      /* 1 <= f < 2 */
	double d = (f - 1.5) * 0.289529654 + 0.176091259 + (double)v->e * 0.301029995663981;
	int i = (int)d;

	return d < i ? i - 1 : i;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

static void develop(const struct binary *v, struct digits *out)
{
	int trailing = __builtin_ctzll(v->f), bits = MANTISSA + 1 - trailing;
	int tiny = most(0, bits - v->e - 1);               /* bits behind the binary point */
	struct scaled s = { .f = v->f >> trailing };
	int b_bits, ten_bits, shared;
	struct outcome r;

	out->n = 0;
	if (tiny == 0 && v->e <= 62 && bits < 64) {
		int drop = 0, excess = v->e - v->sig - 1;

		if (v->e > v->sig && excess > 1)           /* the digits of 2^excess, less one, mean nothing */
			drop = (int)(excess * 0.30102999566398);
		whole(v->e >= MANTISSA ? v->f << (v->e - MANTISSA) : v->f >> (MANTISSA - v->e), drop, out);
		return;
	}
	out->exp = guess_exp(v);
	s.b5 = most(0, -out->exp);
	s.b2 = s.b5 + tiny + v->e;
	s.s5 = most(0, out->exp);
	s.s2 = s.s5 + tiny;
	s.m2 = s.b2 - v->sig;
	s.b2 -= bits - 1;
	shared = s.b2 < s.s2 ? s.b2 : s.s2;
	s.b2 -= shared;
	s.s2 -= shared;
	s.m2 -= shared;
	if (bits == 1)
		s.m2--;                                    /* below a power of two the numbers are twice as dense */
	if (s.m2 < 0) {
		s.b2 -= s.m2;
		s.s2 -= s.m2;
		s.m2 = 0;
	}
	b_bits = bits + s.b2 + bits5(s.b5);
	ten_bits = s.s2 + 1 + bits5(s.s5 + 1);
	if (b_bits < 64 && ten_bits < 64)
		r = develop_machine(&s, b_bits < 32 && ten_bits < 32, out);
	else if (s.b5 < LONG_FIVES && s.s5 < LONG_FIVES && b_bits < 120 && ten_bits < 120)
		r = develop_wide(&s, out);
	else
		r = develop_big(&s, most(b_bits, ten_bits), out);
	out->exp++;
	if (r.high && (!r.low || r.tie > 0 || (r.tie == 0 && (out->d[out->n - 1] & 1))))
		round_up(out);
}

static void layout(struct cq_buf *out, bool negative, const struct digits *v)
{
	int i = 0;

	if (negative)
		cq_buf_byte(out, '-');
	if (v->exp > 0 && v->exp < 8) {
		for (; i < v->exp; i++)
			cq_buf_byte(out, i < v->n ? (uint8_t)v->d[i] : '0');
	} else if (v->exp <= 0 && v->exp > -3) {
		cq_buf_byte(out, '0');
	} else {
		cq_buf_byte(out, (uint8_t)v->d[i++]);
	}
	cq_buf_byte(out, '.');
	if (v->exp <= 0 && v->exp > -3)
		for (int zeros = v->exp; zeros < 0; zeros++)
			cq_buf_byte(out, '0');
	if (i < v->n)
		cq_buf_put(out, v->d + i, (size_t)(v->n - i));
	else
		cq_buf_byte(out, '0');
	if (v->exp >= 8 || v->exp <= -3) {
		cq_buf_byte(out, 'E');
		cq_buf_i64(out, v->exp - 1);
	}
}

/* bits: of the number; width: of its mantissa. Everything is brought to a double's 53 bits; sig remembers. */
static void print(struct cq_buf *out, bool negative, int exponent, int top, uint64_t mantissa, int width)
{
	struct binary v = { .f = mantissa << (MANTISSA - width), .sig = width + 1 };
	struct digits d = { .n = 0 };
	int bias = top / 2;

	if (exponent == top) {
		cq_buf_str(out, mantissa ? "NaN" : negative ? "-Infinity" : "Infinity");
		return;
	}
	if (exponent == 0 && mantissa == 0) {
		cq_buf_str(out, negative ? "-0.0" : "0.0");
		return;
	}
	if (exponent == 0) {
		int shift = __builtin_clzll(v.f) - (63 - MANTISSA);

		v.f <<= shift;
		v.sig = width + 1 - shift;
		exponent = 1 - shift;
	} else {
		v.f |= (uint64_t)1 << MANTISSA;
	}
	v.e = exponent - bias;
	develop(&v, &d);
	layout(out, negative, &d);
}

void cq_print_float(struct cq_buf *out, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof bits);
	print(out, bits >> 31, (int)(bits >> 23 & 0xff), 0xff, bits & 0x7fffff, 23);
}

void cq_print_double(struct cq_buf *out, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	print(out, bits >> 63, (int)(bits >> 52 & 0x7ff), 0x7ff, bits & 0xfffffffffffff, MANTISSA);
}

/* One decoder a codec, each with the same three ends: whole, wrong, cut. They exist here because the libraries' own say
 * "malformed" for the last two alike. Formats: lz4_Block_format.md, Snappy's format_description.txt, RFC 1951. */
#include "cq_cut.h"

#if CQ_HAVE_ZSTD
#include <zstd.h>
#endif

enum end { WHOLE, WRONG, CUT };

struct out {
	uint8_t *p;
	size_t len, want;
};

/* Copy from what has come out already, byte by byte: source and target may overlap. */
static bool repeat(struct out *o, size_t distance, size_t n)
{
	if (!distance || distance > o->len || n > o->want - o->len)
		return false;
	for (size_t i = 0; i < n; i++, o->len++)
		o->p[o->len] = o->p[o->len - distance];
	return true;
}

/* n bytes as they are; as many as there are. */
static enum end literals(struct out *o, cq_slice in, size_t *at, size_t n)
{
	size_t left = in.len - *at, take = n < left ? n : left;

	if (n > o->want - o->len)
		return WRONG;
	if (take)
		memcpy(o->p + o->len, in.p + *at, take);
	o->len += take;
	*at += take;
	return take < n ? CUT : WHOLE;
}

/* ---- LZ4 ---- */

/* 15 means: more bytes, as long as they are 255. */
static enum end lz4_length(cq_slice in, size_t *at, size_t *n)
{
	uint8_t b = 255;

	if (*n != 15)
		return WHOLE;
	while (b == 255) {
		if (*at == in.len)
			return CUT;
		b = in.p[(*at)++];
		*n += b;
	}
	return WHOLE;
}

static enum end lz4(cq_slice in, struct out *o)
{
	size_t at = 4;

	for (size_t i = 0; i < 4; i++) {
		if (i == in.len)
			return CUT;
		if (in.p[i] != (uint8_t)(o->want >> 8 * i))
			return WRONG;
	}
	for (;;) {
		size_t n, match, distance;
		enum end e;
		uint8_t token;

		if (at == in.len)
			return o->len == o->want ? WHOLE : CUT;
		token = in.p[at++];
		n = token >> 4;
		e = lz4_length(in, &at, &n);
		if (e == WHOLE)
			e = literals(o, in, &at, n);
		if (e != WHOLE)
			return e;
		if (o->len == o->want)
			return at == in.len ? WHOLE : WRONG;
		if (in.len - at < 2)
			return CUT;
		distance = (size_t)in.p[at] | (size_t)in.p[at + 1] << 8;
		at += 2;
		match = token & 15;
		e = lz4_length(in, &at, &match);
		if (e != WHOLE)
			return distance && distance <= o->len ? e : WRONG;
		if (!repeat(o, distance, match + 4))
			return WRONG;
	}
}

/* ---- Snappy ---- */

static enum end snappy(cq_slice in, struct out *o)
{
	size_t at = 0, total = 0;

	for (unsigned shift = 0;; shift += 7) {
		if (at == in.len)
			return CUT;
		if (shift > 28)
			return WRONG;
		total |= (size_t)(in.p[at] & 0x7f) << shift;
		if (!(in.p[at++] & 0x80))
			break;
	}
	if (total != o->want)
		return WRONG;
	while (o->len < o->want) {
		size_t n, distance = 0, extra;
		uint8_t tag;

		if (at == in.len)
			return CUT;
		tag = in.p[at++];
		n = (size_t)(tag >> 2) + 1;
		/* bytes behind the tag: a long literal's length, or a copy's distance */
		extra = (tag & 3) == 0 ? (n > 60 ? n - 60 : 0) : (tag & 3) == 3 ? 4 : tag & 3;
		if (in.len - at < extra)
			return CUT;
		for (size_t i = 0; i < extra; i++)
			distance |= (size_t)in.p[at + i] << 8 * i;
		at += extra;
		if ((tag & 3) == 0) {
			enum end e = literals(o, in, &at, extra ? distance + 1 : n);

			if (e != WHOLE)
				return e;
			continue;
		}
		if ((tag & 3) == 1) {
			n = (size_t)(tag >> 2 & 7) + 4;
			distance |= (size_t)(tag >> 5) << 8;
		}
		if (!repeat(o, distance, n))
			return WRONG;
	}
	return at == in.len ? WHOLE : WRONG;
}

/* ---- Deflate ---- */

struct bits {
	cq_slice in;
	size_t at;
	uint32_t hold;
	unsigned n;
	bool cut;
};

/* 0 once the input has ended; b->cut says so. */
static unsigned take(struct bits *b, unsigned n)
{
	unsigned v;

	while (b->n < n) {
		if (b->at == b->in.len) {
			b->cut = true;
			return 0;
		}
		b->hold |= (uint32_t)b->in.p[b->at++] << b->n;
		b->n += 8;
	}
	v = b->hold & ((UINT32_C(1) << n) - 1);
	b->hold >>= n;
	b->n -= n;
	return v;
}

enum { CODE_MAX = 15 };

/* A canonical code: how many codes of each length, and the symbols in their order. */
struct code {
	uint16_t count[CODE_MAX + 1], symbol[288];
};

static bool code_make(struct code *c, const uint8_t *lengths, size_t n)
{
	uint16_t at[CODE_MAX + 1] = {0};
	int left = 1;

	memset(c->count, 0, sizeof c->count);
	for (size_t i = 0; i < n; i++)
		c->count[lengths[i]]++;
	c->count[0] = 0;
	for (int k = 1; k <= CODE_MAX; k++) {
		left = (left << 1) - c->count[k];
		if (left < 0)
			return false;
		if (k < CODE_MAX)
			at[k + 1] = (uint16_t)(at[k] + c->count[k]);
	}
	for (size_t i = 0; i < n; i++)
		if (lengths[i])
			c->symbol[at[lengths[i]]++] = (uint16_t)i;
	return true;
}

/* -1: no such code, or the input has ended. */
static int code_next(struct bits *b, const struct code *c)
{
	int code = 0, first = 0, index = 0;

	for (int k = 1; k <= CODE_MAX; k++) {
		code |= (int)take(b, 1);
		if (b->cut)
			return -1;
		if (code - first < c->count[k])
			return c->symbol[index + (code - first)];
		index += c->count[k];
		first = (first + c->count[k]) << 1;
		code <<= 1;
	}
	return -1;
}

static enum end deflate_block(struct bits *b, struct out *o, const struct code *lit, const struct code *dist)
{
	static const uint16_t length_base[] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
		115, 131, 163, 195, 227, 258 };
	static const uint8_t length_bits[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
	static const uint16_t dist_base[] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
		2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };

	for (;;) {
		int s = code_next(b, lit), d;
		size_t n, distance;

		if (s < 0 || s >= 257 + (int)CQ_COUNTOF(length_base))
			return b->cut ? CUT : WRONG;
		if (s == 256)
			return WHOLE;
		if (s < 256) {
			if (o->len == o->want)
				return WRONG;
			o->p[o->len++] = (uint8_t)s;
			continue;
		}
		n = length_base[s - 257] + take(b, length_bits[s - 257]);
		d = code_next(b, dist);
		if (d < 0 || d >= (int)CQ_COUNTOF(dist_base))
			return b->cut ? CUT : WRONG;
		distance = dist_base[d] + take(b, d < 4 ? 0 : (unsigned)d / 2 - 1);
		if (b->cut)
			return CUT;
		if (!repeat(o, distance, n))
			return WRONG;
	}
}

static enum end deflate_dynamic(struct bits *b, struct out *o)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	unsigned nlit = take(b, 5) + 257, ndist = take(b, 5) + 1, ncode = take(b, 4) + 4;
	uint8_t lengths[286 + 30] = {0};
	struct code lit, dist;

	if (b->cut)
		return CUT;
	if (nlit > 286 || ndist > 30)
		return WRONG;
	for (unsigned i = 0; i < ncode; i++)
		lengths[order[i]] = (uint8_t)take(b, 3);
	if (b->cut)
		return CUT;
	if (!code_make(&lit, lengths, 19))
		return WRONG;
	memset(lengths, 0, sizeof lengths);
	for (unsigned i = 0; i < nlit + ndist;) {
		int s = code_next(b, &lit);
		unsigned n = 1;
		uint8_t v = 0;

		if (s < 0)
			return b->cut ? CUT : WRONG;
		if (s < 16) {
			v = (uint8_t)s;
		} else if (s == 16) {
			if (!i)
				return WRONG;
			v = lengths[i - 1];
			n = 3 + take(b, 2);
		} else {
			n = s == 17 ? 3 + take(b, 3) : 11 + take(b, 7);
		}
		if (b->cut)
			return CUT;
		if (n > nlit + ndist - i)
			return WRONG;
		while (n--)
			lengths[i++] = v;
	}
	if (!lengths[256] || !code_make(&lit, lengths, nlit) || !code_make(&dist, lengths + nlit, ndist))
		return WRONG;
	return deflate_block(b, o, &lit, &dist);
}

static enum end deflate_fixed(struct bits *b, struct out *o)
{
	struct code lit, dist;
	uint8_t lengths[288];

	for (unsigned i = 0; i < 288; i++)
		lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	code_make(&lit, lengths, 288);
	memset(lengths, 5, 30);
	code_make(&dist, lengths, 30);
	return deflate_block(b, o, &lit, &dist);
}

/* A zlib stream: two bytes of header, blocks, four bytes of checksum. */
static enum end deflate(cq_slice in, struct out *o)
{
	struct bits b = { .in = in, .at = 2 };
	bool last = false;

	if (in.len < 2)
		return !in.len || (in.p[0] & 0x0f) == 8 ? CUT : WRONG;
	if ((in.p[0] & 0x0f) != 8 || (in.p[0] << 8 | in.p[1]) % 31 || in.p[1] & 0x20)
		return WRONG;
	while (!last) {
		enum end e = WRONG;
		unsigned kind;

		last = take(&b, 1);
		kind = take(&b, 2);
		if (b.cut)
			return CUT;
		if (kind == 0) {
			unsigned n, not_n;

			b.hold = b.n = 0;
			n = take(&b, 16);
			not_n = take(&b, 16);
			if (b.cut)
				return CUT;
			if (n != (not_n ^ 0xffff))
				return WRONG;
			e = literals(o, in, &b.at, n);
		} else if (kind == 1) {
			e = deflate_fixed(&b, o);
		} else if (kind == 2) {
			e = deflate_dynamic(&b, o);
		}
		if (e != WHOLE)
			return e;
	}
	if (o->len != o->want)
		return WRONG;
	return in.len - b.at < 4 ? CUT : WHOLE;
}

/* ---- Zstd ---- */

static enum end zstd(cq_slice in, struct out *o)
{
#if CQ_HAVE_ZSTD
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_inBuffer from = { in.p, in.len, 0 };
	ZSTD_outBuffer to = { o->p, o->want, 0 };
	size_t left = 1;

	if (!d)
		return WRONG;
	while (from.pos < from.size || !in.len) {
		size_t before = from.pos + to.pos;

		left = ZSTD_decompressStream(d, &to, &from);
		if (ZSTD_isError(left) || !left || from.pos + to.pos == before)
			break;
	}
	ZSTD_freeDStream(d);
	o->len = to.pos;
	return ZSTD_isError(left) ? WRONG : left && from.pos == from.size ? CUT : WHOLE;
#else
	(void)in, (void)o;
	return WRONG;
#endif
}

bool cq_cut_decode(enum cq_codec codec, cq_slice payload, uint8_t *dst, size_t want, size_t *got)
{
	struct out o = { .p = dst, .want = want };
	enum end e = WRONG;

	switch (codec) {
	case CQ_CODEC_NOOP:
		e = payload.len < want ? literals(&o, payload, &(size_t){0}, want) : WRONG;
		break;
	case CQ_CODEC_LZ4: e = lz4(payload, &o); break;
	case CQ_CODEC_SNAPPY: e = snappy(payload, &o); break;
	case CQ_CODEC_DEFLATE: e = deflate(payload, &o); break;
	case CQ_CODEC_ZSTD: e = zstd(payload, &o); break;
	case CQ_CODEC_UNKNOWN: break;
	}
	*got = o.len;
	return e == CUT;
}

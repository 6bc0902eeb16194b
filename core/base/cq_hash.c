#include "cq_hash.h"

#include <md5.h>
#if CQ_HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

uint32_t cq_crc32(uint32_t crc, const void *p, size_t n)
{
#if CQ_HAVE_LIBDEFLATE
	return libdeflate_crc32(crc, p, n);
#else
	const uint8_t *b = p;

	while (n) {
		uInt part = n > 1u << 30 ? 1u << 30 : (uInt)n;

		crc = (uint32_t)crc32(crc, b, part);
		b += part;
		n -= part;
	}
	return crc;
#endif
}

static uint64_t rotl(uint64_t x, int r)
{
	return x << r | x >> (64 - r);
}

static uint64_t fmix(uint64_t k)
{
	k = (k ^ k >> 33) * 0xff51afd7ed558ccdu;
	k = (k ^ k >> 33) * 0xc4ceb9fe1a85ec53u;
	return k ^ k >> 33;
}

/* A tail byte as Java sees it: signed, widened to 64 bits. */
static uint64_t java_byte(uint8_t b)
{
	return (uint64_t)(int64_t)(int8_t)b;
}

void cq_murmur3(cq_slice key, uint64_t h[2])
{
	const uint64_t c1 = 0x87c37b91114253d5u, c2 = 0x4cf5ad432745937fu;
	const uint8_t *p = key.p;
	uint64_t h1 = 0, h2 = 0, k1 = 0, k2 = 0;
	size_t tail = key.len & 15;

	for (size_t n = key.len / 16; n; n--, p += 16) {
		h1 ^= rotl(cq_le64(p) * c1, 31) * c2;
		h1 = (rotl(h1, 27) + h2) * 5 + 0x52dce729;
		h2 ^= rotl(cq_le64(p + 8) * c2, 33) * c1;
		h2 = (rotl(h2, 31) + h1) * 5 + 0x38495ab5;
	}
	for (size_t i = tail; i-- > 8;)
		k2 ^= java_byte(p[i]) << 8 * (i - 8);
	for (size_t i = tail < 8 ? tail : 8; i-- > 0;)
		k1 ^= java_byte(p[i]) << 8 * i;
	h2 ^= rotl(k2 * c2, 33) * c1;
	h1 ^= rotl(k1 * c1, 31) * c2;
	h1 ^= key.len;
	h2 ^= key.len;
	h1 += h2;
	h2 += h1;
	h1 = fmix(h1);
	h2 = fmix(h2);
	h[0] = h1 + h2;
	h[1] = h2 + h[0];
}

uint64_t cq_murmur2(cq_slice key)
{
	const uint64_t m = 0xc6a4a7935bd1e995u;
	const uint8_t *p = key.p;
	uint64_t h = key.len * m;
	size_t tail = key.len & 7;

	for (size_t n = key.len / 8; n; n--, p += 8) {
		uint64_t k = cq_le64(p) * m;

		h = (h ^ (k ^ k >> 47) * m) * m;
	}
	for (size_t i = tail; i-- > 0;)
		h ^= java_byte(p[i]) << 8 * i;
	if (tail)
		h *= m;
	h = (h ^ h >> 47) * m;
	return h ^ h >> 47;
}

void cq_md5(cq_slice key, uint8_t out[16])
{
	MD5_CTX ctx;

	MD5Init(&ctx);
	MD5Update(&ctx, key.p, key.len);
	MD5Final(out, &ctx);
}

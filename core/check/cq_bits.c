#include "cq_bits.h"

static void crc_table(uint32_t t[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? UINT32_C(0xedb88320) : 0);
		t[i] = c;
	}
}

bool cq_single_bit(uint32_t stored, uint32_t computed, uint64_t len, struct cq_bit *out)
{
	uint32_t t[256], d = stored ^ computed;
	uint8_t index_of[256];                         /* by the top byte of its table entry: they all differ */

	if (!d || len > CQ_BIT_SEARCH_MAX)
		return false;
	/* The checksum itself was hit. No flip in the bytes can look so: those differences are x^32 and up. */
	if (!(d & (d - 1))) {
		unsigned n = 0;

		while (d >> n != 1)
			n++;
		*out = (struct cq_bit){ .off = 3 - n / 8, .bit = n % 8, .in_checksum = true };
		return true;
	}
	crc_table(t);
	for (unsigned i = 0; i < 256; i++)
		index_of[t[i] >> 24] = (uint8_t)i;
	/* Take back one zero byte after the other until what is left is the mark of one bit in one byte. */
	for (uint64_t back = 0; back < len; back++) {
		uint8_t i = index_of[d >> 24];

		if (t[i] == d && !(i & (i - 1))) {
			unsigned bit = 0;

			while (i >> bit != 1)
				bit++;
			*out = (struct cq_bit){ .off = len - 1 - back, .bit = bit };
			return true;
		}
		d = (d ^ t[i]) << 8 | i;
	}
	return false;
}

size_t cq_crc_boundary(const uint8_t *p, size_t max)
{
	uint32_t t[256], c = UINT32_MAX;

	crc_table(t);
	for (size_t n = 1; n <= max; n++) {
		c = c >> 8 ^ t[(c ^ p[n - 1]) & 0xff];
		if (CQ_UNLIKELY(cq_be32(p + n) == ~c))
			return n;
	}
	return 0;
}

size_t cq_crc_prefix(const uint8_t *p, size_t max, uint32_t crc)
{
	uint32_t t[256], c = UINT32_MAX;

	crc_table(t);
	for (size_t n = 1; n <= max; n++) {
		c = c >> 8 ^ t[(c ^ p[n - 1]) & 0xff];
		if (CQ_UNLIKELY(crc == ~c))
			return n;
	}
	return 0;
}

/* ---- joining ----
 *
 * A CRC is a remainder; bytes behind it multiply it by x to the power of their bits. Lowest power in the highest bit. */

static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t m = UINT32_C(1) << 31; m && a & (m | (m - 1)); m >>= 1) {
		if (a & m)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return product;
}

void cq_crc_powers_init(struct cq_crc_powers *p)
{
	p->x[0] = UINT32_C(1) << 30;
	for (size_t i = 1; i < 32; i++)
		p->x[i] = multiply(p->x[i - 1], p->x[i - 1]);
}

uint32_t cq_crc_join(const struct cq_crc_powers *p, uint32_t a, uint32_t b, uint64_t b_len)
{
	/* Powers come round after 2^32 - 1: those of 2^32 and up are the first ones again. */
	for (unsigned k = 3; b_len; b_len >>= 1, k++)
		if (b_len & 1)
			a = multiply(p->x[k & 31], a);
	return a ^ b;
}

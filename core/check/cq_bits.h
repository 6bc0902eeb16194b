/* cq_bits - which single flipped bit makes a CRC32 right again.
 *
 *     struct cq_bit b;
 *     if (cq_single_bit(stored, computed, n, &b))
 *             b.in_checksum ? byte b.off of the four of the stored checksum : byte b.off of the n bytes it covers
 *
 * CRC32 is linear: flipping one bit changes it by an amount that depends only on how far from the end the bit is. So the
 * difference of two checksums names the bit, if it was only one, without a look at the bytes. */
#ifndef CQ_BITS_H
#define CQ_BITS_H
#include "cq_base.h"

/* Longer spans are not searched: chance would find a bit in most of them. */
#define CQ_BIT_SEARCH_MAX ((uint64_t)64 << 20)

struct cq_bit {
	uint64_t off;              /* byte in the covered bytes, or in the checksum as four big-endian bytes */
	unsigned bit;              /* 0: the lowest */
	bool in_checksum;
};

/* len: bytes that the checksum covers. False when no single bit explains the difference (or there is none). A difference that is not
 * one flipped bit is taken for one with a chance of 8 * len / 2^32: whoever has more to check with should.
 * cost: a few nanoseconds a byte, no allocation. */
CQ_API bool cq_single_bit(uint32_t stored, uint32_t computed, uint64_t len, struct cq_bit *out);

/* Bytes whose CRC32 stands right behind them, big-endian: the smallest n in [1, max] such that p[n..n+4) is the checksum of
 * p[0..n). 0: none. p has max + 4 bytes. */
CQ_API size_t cq_crc_boundary(const uint8_t *p, size_t max);

/* The smallest n in [1, max] such that crc is the CRC32 of p[0..n). 0: none. */
CQ_API size_t cq_crc_prefix(const uint8_t *p, size_t max, uint32_t crc);

/* The CRC32 of two runs of bytes put together, from those of each: cq_crc_join(&p, crc of a, crc of b, length of b). */
struct cq_crc_powers {
	uint32_t x[32];            /* x to the power of 1, 2, 4, ... modulo the polynomial */
};

CQ_API void cq_crc_powers_init(struct cq_crc_powers *p);
CQ_API uint32_t cq_crc_join(const struct cq_crc_powers *p, uint32_t a, uint32_t b, uint64_t b_len);

#endif

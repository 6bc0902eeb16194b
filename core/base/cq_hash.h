/* cq_hash - the checksums and hashes of the formats.
 *
 * CRC32 is zlib's polynomial, by libdeflate where the build has it. The two murmur hashes are Cassandra's
 * variants, which sign-extend the bytes of the tail; they differ from the textbook ones. */
#ifndef CQ_HASH_H
#define CQ_HASH_H
#include "cq_base.h"

/* Continue a CRC32: start with 0; crc(crc(0, a), b) is the CRC of a followed by b. */
CQ_API uint32_t cq_crc32(uint32_t crc, const void *p, size_t n);

/* Murmur3 x64 128, seed 0: h[0] is the Murmur3Partitioner's token before its one exception, the low byte
 * of h[1] the hash byte of Partitions.db, both together drive the Bloom filter. */
CQ_API void cq_murmur3(cq_slice key, uint64_t h[2]);

/* MurmurHash2 64A, seed 0: what the cardinality sketch of Statistics.db is offered. */
CQ_API uint64_t cq_murmur2(cq_slice key);

/* MD5, for the RandomPartitioner's tokens. */
CQ_API void cq_md5(cq_slice key, uint8_t out[16]);

#endif

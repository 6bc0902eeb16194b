/* cq_partitioner - tokens: where a partition key stands in the order of a table.
 *
 *     struct cq_partitioner p;
 *     cq_partitioner_init(&p, class_name, key_type);
 *     cq_token(&p, key, &token);
 *     cq_token_compare(&p, &a, &b);
 *
 * Partitions are ordered by token, then by the unsigned bytes of the key (LocalPartitioner: by the key type's order). */
#ifndef CQ_PARTITIONER_H
#define CQ_PARTITIONER_H
#include "cq_types.h"

enum cq_partitioner_kind {
	CQ_P_UNKNOWN,
	CQ_P_MURMUR3,
	CQ_P_RANDOM,
	CQ_P_BYTE_ORDERED,
	CQ_P_ORDER_PRESERVING,
	CQ_P_LOCAL,
};

struct cq_partitioner {
	enum cq_partitioner_kind kind;
	cq_slice class_name;                  /* borrowed */
	const struct cq_type *key_type;       /* LOCAL compares by it */
};

/* 16 bytes hold the tokens of Murmur3 (signed 64 in lo) and Random (unsigned 128 as hi:lo; the empty key's -1 as
 * minus_one). The others compare the key itself, which is borrowed. */
struct cq_token {
	uint64_t hi, lo;
	bool minus_one;
	cq_slice key;
};

CQ_API void cq_partitioner_init(struct cq_partitioner *p, cq_slice class_name, const struct cq_type *key_type);
CQ_API void cq_token(const struct cq_partitioner *p, cq_slice key, struct cq_token *out);
CQ_API int cq_token_compare(const struct cq_partitioner *p, const struct cq_token *a, const struct cq_token *b);
/* Token, then key. */
CQ_API int cq_key_compare(const struct cq_partitioner *p, const struct cq_token *ta, cq_slice a,
	const struct cq_token *tb, cq_slice b);
/* As Cassandra prints it: a decimal number, or hexadecimal bytes. */
CQ_API void cq_token_print(const struct cq_partitioner *p, const struct cq_token *t, struct cq_buf *out);
/* The inverse, for ranges given by a user. CQ_EUSAGE when it is not a token of this partitioner. bytes receives what
 * out->key borrows. */
CQ_API int cq_token_parse(const struct cq_partitioner *p, const char *text, struct cq_buf *bytes, struct cq_token *out,
	struct cq_error *err);
/* The byte-comparable form of token and key, as in Partitions.db. final: 0x38 the key itself; 0x20 before it, 0x60 after
 * it. CQ_DAMAGED when a LocalPartitioner's key is not a value of its type. */
CQ_API int cq_key_comparable(const struct cq_partitioner *p, const struct cq_token *t, cq_slice key, uint8_t final,
	struct cq_buf *out, struct cq_error *err);
/* Only the token: 0x40 token final. */
CQ_API int cq_token_comparable(const struct cq_partitioner *p, const struct cq_token *t, uint8_t final,
	struct cq_buf *out, struct cq_error *err);

#endif

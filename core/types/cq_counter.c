/* Counter contexts:
 *
 *  00 01 | 80 00 | .. 16 bytes .. | 8 bytes | 8 bytes      header count, header element, then a shard:
 *                  counter id       clock     count
 *
 * A header element is the index of a shard that is not remote: as it is for a local one, minus 32768 for a global one. */
#include "cq_types_priv.h"

enum { SHARD = 32 };

/* Where the shards start. A negative header count says that local shards are to be cleared; it counts all the same. */
static int header(cq_slice context, size_t *elements, size_t *at, struct cq_error *err)
{
	int count;

	if (context.len < 2)
		return cq_fail(err, CQ_DAMAGED, 0, "a counter context of %zu bytes has no header", context.len);
	count = (int16_t)cq_be16(context.p);
	*elements = (size_t)(count < 0 ? -count : count);
	*at = 2 + 2 * *elements;
	if (*at > context.len)
		return cq_fail(err, CQ_DAMAGED, 0, "the header of a counter context announces %zu elements, %zu bytes follow",
			*elements, context.len - 2);
	if ((context.len - *at) % SHARD)
		return cq_fail(err, CQ_DAMAGED, *at, "%zu bytes of counter shards are not a multiple of 32", context.len - *at);
	return CQ_OK;
}

int cq_counter_total(cq_slice context, int64_t *total, struct cq_error *err)
{
	uint64_t sum = 0;
	size_t elements, at;
	int rc;

	if (context.len) {
		rc = header(context, &elements, &at, err);
		if (rc != CQ_OK)
			return rc;
		for (; at < context.len; at += SHARD)
			sum += cq_be64(context.p + at + 24);
	}
	*total = (int64_t)sum;
	return CQ_OK;
}

int cq_counter_shard(cq_slice context, size_t index, struct cq_shard *out, struct cq_error *err)
{
	size_t elements, at;
	int rc;

	if (!context.len)
		return CQ_END;
	rc = header(context, &elements, &at, err);
	if (rc != CQ_OK)
		return rc;
	if (index >= (context.len - at) / SHARD)
		return CQ_END;
	at += index * SHARD;
	*out = (struct cq_shard){ .id = cq_slice_of(context.p + at, 16), .clock = (int64_t)cq_be64(context.p + at + 16),
		.count = (int64_t)cq_be64(context.p + at + 24), .kind = CQ_SHARD_REMOTE };
	for (size_t i = 0; i < elements; i++) {
		int element = (int16_t)cq_be16(context.p + 2 + 2 * i);

		if (element >= 0 && (size_t)element == index)
			out->kind = CQ_SHARD_LOCAL;
		else if (element < 0 && (size_t)(element + 32768) == index)
			out->kind = CQ_SHARD_GLOBAL;
	}
	return CQ_OK;
}

/* Faults of Filter.db. It has no checksum: a bit that is not set hides a partition from every look-up, and nothing says so. */
#include <stdlib.h>

#include "cq_hash.h"
#include "faults.h"

enum { FILTER_HEADER = 8 };

struct filter {
	uint32_t hashes;
	uint64_t bits, bytes;
};

static int filter_of(struct cq_inject *in, struct filter *out, struct cq_error *err)
{
	uint64_t size = cq_inject_size(in, CQ_C_FILTER, CQ_SPACE_RAW);
	uint8_t head[FILTER_HEADER];
	int rc;

	if (size < FILTER_HEADER + 8)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no filter");
	rc = cq_inject_read(in, CQ_C_FILTER, CQ_SPACE_RAW, 0, head, sizeof head, err);
	out->hashes = cq_be32(head);
	out->bytes = 8 * (uint64_t)cq_be32(head + 4);
	if (rc == CQ_OK && (!out->hashes || out->hashes > 64 || out->bytes > size - FILTER_HEADER || out->bytes > INJECT_MEMORY))
		rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the filter is damaged already, or too large");
	out->bits = 8 * out->bytes;
	return rc;
}

/* Byte of the file that holds a bit; before 4.0 the words are written with their high byte first. */
static uint64_t byte_of(const struct cq_inject *in, uint64_t bit)
{
	uint64_t at = bit / 8;

	return FILTER_HEADER + (in->t->features & CQ_FEAT_OLD_BLOOM ? at ^ 7 : at);
}

/* i-th bit of a key: BloomFilter.indexes. */
static uint64_t bit_of(const struct filter *f, cq_slice key, unsigned i)
{
	uint64_t h[2];
	int64_t r;

	cq_murmur3(key, h);
	r = (int64_t)(h[1] + i * h[0]) % (int64_t)f->bits;
	return (uint64_t)(r < 0 ? -r : r);
}

static bool has_key(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)in, (void)id, (void)arg;
	return n->len && n->len <= UINT16_MAX;
}

static int clear_bit(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_KEY, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = fields, .under = CQ_F_PARTITION_HEADER, .fits = has_key,
		.what = "partition" };
	struct cq_buf text = {0};
	struct filter filter;
	struct cq_node n;
	uint8_t b, *key;
	uint64_t bit;
	cq_nid id;
	int rc = filter_of(in, &filter, err);

	(void)f;
	if (rc == CQ_OK)
		rc = cq_inject_pick(in, &want, &id, &n, err);
	if (rc != CQ_OK)
		return rc;
	key = malloc((size_t)n.len);
	rc = key ? cq_doc_bytes(in->doc, CQ_C_DATA, n.space, n.off, key, (size_t)n.len, err) : inject_nomem(err);
	if (rc == CQ_OK) {
		bit = bit_of(&filter, cq_slice_of(key, (size_t)n.len), (unsigned)cq_inject_random(in, filter.hashes));
		cq_table_print_key(in->t, cq_slice_of(key, (size_t)n.len), &text);
		rc = cq_inject_read(in, CQ_C_FILTER, CQ_SPACE_RAW, byte_of(in, bit), &b, 1, err);
		b &= (uint8_t)~(1u << bit % 8);
	}
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_FILTER, CQ_SPACE_RAW, byte_of(in, bit), 1, cq_slice_of(&b, 1), 0, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "bit %" PRIu64 " of the filter, one of the %u of key %s, is not set", bit, filter.hashes, cq_buf_cstr(&text));
	cq_buf_finish(&text);
	free(key);
	return rc;
}

static int set_bit(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	struct filter filter;
	uint8_t b = 0xff;
	uint64_t bit = 0;
	int rc = filter_of(in, &filter, err);

	(void)f;
	for (int i = 0; rc == CQ_OK && i < 4096 && b >> bit % 8 & 1; i++) {
		bit = cq_inject_random(in, filter.bits);
		rc = cq_inject_read(in, CQ_C_FILTER, CQ_SPACE_RAW, byte_of(in, bit), &b, 1, err);
	}
	if (rc == CQ_OK && b >> bit % 8 & 1)
		rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the filter has no bit left to set");
	b |= (uint8_t)(1u << bit % 8);
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_FILTER, CQ_SPACE_RAW, byte_of(in, bit), 1, cq_slice_of(&b, 1), 0, err);
	/* Harmless: a few more keys are looked for in vain. Only one who counts every bit can tell. */
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, "filter-fp", CQ_INFO, "Filter.db", CQ_SPACE_RAW, byte_of(in, bit), true, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "bit %" PRIu64 " of the filter is set for no key", bit);
	return rc;
}

enum whole { ZEROED, ALL_SET, OTHER_ORDER };

static int whole_filter(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	enum whole how = *(const enum whole *)f->arg;
	struct filter filter;
	uint8_t *p, *q;
	int rc = filter_of(in, &filter, err);

	if (rc != CQ_OK)
		return rc;
	p = malloc((size_t)filter.bytes);
	q = malloc((size_t)filter.bytes);
	rc = p && q ? cq_inject_read(in, CQ_C_FILTER, CQ_SPACE_RAW, FILTER_HEADER, q, (size_t)filter.bytes, err) : inject_nomem(err);
	if (rc == CQ_OK) {
		for (size_t i = 0; i < filter.bytes; i++)
			p[i] = how == ZEROED ? 0 : how == ALL_SET ? 0xff : q[i ^ 7];
		rc = memcmp(p, q, (size_t)filter.bytes) == 0 ? cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the filter is like that already") :
			cq_inject_replace(in, CQ_C_FILTER, CQ_SPACE_RAW, FILTER_HEADER, filter.bytes, cq_slice_of(p, (size_t)filter.bytes), 0, err);
	}
	free(p);
	free(q);
	/* Before its release, na had the old order: readers take the one that fits. */
	if (rc == CQ_OK && how == OTHER_ORDER && in->t->features & CQ_FEAT_METADATA_CHECKSUM && !(in->t->features & CQ_FEAT_HOST_ID))
		rc = cq_inject_expect(in, f->rules, f->severity, "Filter.db", CQ_SPACE_RAW, FILTER_HEADER, true, err);
	return rc;
}

#define FIELD(...) .apply = fault_field, .arg = &(const struct fault_field){ CQ_C_FILTER, __VA_ARGS__ }

static const struct cq_fault filter_faults[] = {
	{ .id = "filter-clear-bit", .family = "filter", .summary = "a bit of a key (--key) is not set: the key cannot be found",
	  .rules = "filter-fn", .severity = CQ_ERROR, .apply = clear_bit },
	{ .id = "filter-set-bit", .family = "filter", .summary = "a bit of no key is set: harmless", .rules = NULL, .severity = CQ_INFO,
	  .apply = set_bit },
	{ .id = "filter-hashes", .family = "filter", .summary = "the number of bits a key is another one", .rules = "filter-fn|filter-fp",
	  .also = "filter-order", .severity = CQ_ERROR, FIELD({ CQ_F_HASH_COUNT }, .how = FAULT_PLUS, .what = "filter") },
	{ .id = "filter-words", .family = "filter", .summary = "the length of the filter is another one", .rules = "filter-fn|filter-fp|truncated|os",
	  .also = "filter-order", .severity = CQ_ERROR, FIELD({ CQ_F_WORD_COUNT }, .how = FAULT_PLUS, .what = "filter") },
	{ .id = "filter-zeroed", .family = "filter", .summary = "no bit is set: no key can be found", .rules = "filter-fn", .also = "zero-run",
	  .severity = CQ_ERROR, .apply = whole_filter, .arg = &(const enum whole){ ZEROED } },
	{ .id = "filter-ones", .family = "filter", .summary = "every bit is set: the filter keeps nothing out", .rules = "filter-fp",
	  .severity = CQ_WARNING, .apply = whole_filter, .arg = &(const enum whole){ ALL_SET } },
	{ .id = "filter-order", .family = "filter", .summary = "the bytes are in the order of other versions", .rules = "filter-order|filter-fn",
	  .also = "filter-order filter-fn filter-fp", .severity = CQ_ERROR, .apply = whole_filter, .arg = &(const enum whole){ OTHER_ORDER } },
};

FAMILY(filter);

/* Faults of CompressionInfo.db, and of the head that a compressor puts before its bytes. */
#include "faults.h"

static int one_field(struct cq_inject *in, unsigned field, cq_nid *id, struct cq_node *n, struct cq_error *err)
{
	const unsigned fields[] = { field, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_COMPRESSION_INFO, .fields = fields, .what = "such field in CompressionInfo.db" };

	return cq_inject_pick(in, &want, id, n, err);
}

static int set_to(struct cq_inject *in, unsigned field, uint64_t (*to)(const struct cq_inject *, uint64_t), struct cq_error *err)
{
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = one_field(in, field, &id, &n, err);

	if (rc == CQ_OK && (in->opt->value || in->opt->xor))
		return fault_lie(in, id, &n, FAULT_ANY, err);
	if (rc == CQ_OK)
		rc = cq_inject_set_number(in, id, to(in, n.number), err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: %" PRIu64 " is now %" PRIu64, fault_name(in, id, &name), n.number, to(in, n.number));
	cq_buf_finish(&name);
	return rc;
}

/* A legal length: only what lies there can tell. Of a table with one chunk, what its data does not fit. */
static uint64_t other_power(const struct cq_inject *in, uint64_t was)
{
	uint64_t p = 1;

	if (in->t->chunks.data_len > was)
		return was <= 1 << 20 ? was * 2 : was / 2;
	while (p * 2 < in->t->chunks.data_len)
		p *= 2;
	return p;
}

static int chunk_length(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	(void)f;
	return set_to(in, CQ_F_CHUNK_LENGTH, other_power, err);
}

/* Chunks that are compressed are taken for raw ones. */
static uint64_t other_limit(const struct cq_inject *in, uint64_t was)
{
	(void)in;
	return was != 1 ? 1 : INT32_MAX;
}

static int max_compressed(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	(void)f;
	return set_to(in, CQ_F_MAX_COMPRESSED_LENGTH, other_limit, err);
}

static bool is_compressed(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	(void)id, (void)arg;
	return n->len >= 5 && n->len < in->t->chunks.max_compressed;
}

/* LZ4 and Snappy begin with the length that must come out. */
static int payload_length(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_CHUNK_PAYLOAD, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = fields, .fits = is_compressed, .what = "compressed chunk" };
	struct cq_buf name = {0};
	struct cq_node n;
	uint8_t b = 0;
	cq_nid id;
	int rc;

	(void)f;
	if (in->t->chunks.codec != CQ_CODEC_LZ4 && in->t->chunks.codec != CQ_CODEC_SNAPPY)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s has no length before its bytes", cq_codec_name(in->t->chunks.codec));
	rc = cq_inject_pick(in, &want, &id, &n, err);
	if (rc == CQ_OK)
		rc = cq_inject_read(in, CQ_C_DATA, CQ_SPACE_RAW, n.off, &b, 1, err);
	b ^= 1;
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_DATA, CQ_SPACE_RAW, n.off, 1, cq_slice_of(&b, 1), id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s: the length it begins with is another one", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

#define INFO(...) .flags = CQ_FAULT_COMPRESSED, .apply = fault_field, \
	.arg = &(const struct fault_field){ CQ_C_COMPRESSION_INFO, __VA_ARGS__ }

static const struct cq_fault compression_faults[] = {
	{ .id = "chunk-offset", .family = "compression", .summary = "a chunk begins one byte elsewhere", .rules = "chunk-map|chunk-crc",
	  .also = "chunk-map chunk-crc chunk-length truncated decode promoted-rows bti-rows", .severity = CQ_ERROR,
	  INFO({ CQ_F_CHUNK_OFFSET }, .how = FAULT_PLUS, .what = "chunk") },
	{ .id = "chunk-count", .family = "compression", .summary = "the number of chunks is another one", .rules = "chunk-map",
	  .also = "truncated", .severity = CQ_ERROR, INFO({ CQ_F_CHUNK_COUNT }, .how = FAULT_PLUS, .what = "count") },
	{ .id = "chunk-length", .family = "compression", .summary = "chunks are said to hold more or less than they do", .rules = "chunk-map|chunk-length|decode",
	  .also = "chunk-map chunk-length truncated decode", .severity = CQ_ERROR, .flags = CQ_FAULT_COMPRESSED, .apply = chunk_length },
	{ .id = "data-length", .family = "compression", .summary = "the uncompressed length is one byte more",
	  .rules = "chunk-map|truncated|chunk-length|decode", .also = "chunk-length truncated decode no-eop stats-ratio", .severity = CQ_ERROR,
	  INFO({ CQ_F_DATA_LENGTH }, .how = FAULT_PLUS, .what = "length") },
	{ .id = "max-compressed", .family = "compression", .summary = "the limit for storing a chunk raw is another one",
	  .rules = "chunk-map|chunk-length|decode", .also = "decode no-eop part-order index-data", .severity = CQ_ERROR,
	  .flags = CQ_FAULT_COMPRESSED, .needs = CQ_FEAT_MAX_COMPRESSED, .versions = "na and later", .apply = max_compressed },
	{ .id = "compressor", .family = "compression", .summary = "the compressor has a name that nobody knows", .rules = "chunk-map|decode",
	  .severity = CQ_ERROR, INFO({ CQ_F_COMPRESSOR }, .how = FAULT_LAST_BYTE, .what = "compressor") },
	{ .id = "payload-length", .family = "compression", .summary = "the length that a chunk's payload begins with is another one",
	  .rules = "chunk-length", .also = "decode promoted-rows bti-rows", .severity = CQ_ERROR, .flags = CQ_FAULT_COMPRESSED | CQ_FAULT_FIX,
	  .versions = "all, LZ4 and Snappy", .apply = payload_length },
};

FAMILY(compression);

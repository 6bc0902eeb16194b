/* bti - the trie-indexed format of Cassandra 5.0. See README.md. */
#include "bti_index.h"
#include "data.inc.h"
#include "shared.h"

enum {
	FEATURES = CQ_FEAT_UINT_DELETION_TIME, /* of Data.db: what the fast path is compiled for */
	DA = FEATURES | CQ_FEAT_COMMITLOG_LOWER | CQ_FEAT_COMMITLOG_INTERVALS | CQ_FEAT_HOST_ID | CQ_FEAT_MAX_COMPRESSED |
		CQ_FEAT_PENDING_REPAIR | CQ_FEAT_TRANSIENT | CQ_FEAT_METADATA_CHECKSUM | CQ_FEAT_COVERED_MINMAX |
		CQ_FEAT_PARTITION_DELETIONS | CQ_FEAT_KEY_RANGE | CQ_FEAT_TOKEN_COVERAGE | CQ_FEAT_BTI,
};

static const struct cq_version_info versions[] = {
	{ "da", DA, "5.0" },
};

static const struct cq_component_info components[] = {
	{ CQ_C_DATA, CQ_CF_REQUIRED | CQ_CF_CHECKSUMMED, "the rows" },
	{ CQ_C_PARTITIONS, CQ_CF_REQUIRED, "trie of the partition keys" },
	{ CQ_C_ROWS, CQ_CF_REQUIRED, "tries of the rows of wide partitions" },
	{ CQ_C_STATISTICS, CQ_CF_REQUIRED, "metadata" },
	{ CQ_C_COMPRESSION_INFO, CQ_CF_IF_COMPRESSED, "chunk offsets" },
	{ CQ_C_FILTER, 0, "Bloom filter" },
	{ CQ_C_DIGEST, 0, "checksum of Data.db" },
	{ CQ_C_CRC, 0, "checksums of an uncompressed Data.db" },
	{ CQ_C_TOC, 0, "list of components" },
};

CQ_DATA_SCAN(scan_next, FEATURES)

static int explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	if (u->component == CQ_C_DATA)
		return data_explain(t, u, tr, err);
	if ((u->component == CQ_C_PARTITIONS || u->component == CQ_C_ROWS) && u->kind != CQ_U_BYTES)
		return bti_explain(t, u, tr, err);
	return shared_explain(t, u, tr, err);
}

extern const struct cq_format cq_format_bti;
const struct cq_format cq_format_bti = {
	.abi = CQ_FORMAT_ABI, .name = "bti", .summary = "the trie-indexed format of Cassandra 5.0", .since = "5.0",
	.versions = versions, .nversions = CQ_COUNTOF(versions),
	.components = components, .ncomponents = CQ_COUNTOF(components),
	.open = shared_open, .close = shared_close, .scan_next = scan_next,
	.find = bti_find, .find_token = bti_find_token, .lookup_close = bti_lookup_close, .filter = shared_filter,
	.next = bti_next, .block_floor = bti_block_floor, .block_before = bti_block_before, .index = &bti_index_ops, .explain = explain,
};

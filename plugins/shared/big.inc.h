/* big.inc.h - a BIG version from its constants: FEATURES and versions[] are defined by the plugin that includes this. */
#ifndef CQ_BIG_INC_H
#define CQ_BIG_INC_H
#include "data.inc.h"
#include "shared.h"

static const struct cq_component_info big_components[] = {
	{ CQ_C_DATA, CQ_CF_REQUIRED | CQ_CF_CHECKSUMMED, "the rows" },
	{ CQ_C_INDEX, CQ_CF_REQUIRED, "partition keys, positions, promoted index" },
	{ CQ_C_STATISTICS, CQ_CF_REQUIRED, "metadata" },
	{ CQ_C_COMPRESSION_INFO, CQ_CF_IF_COMPRESSED, "chunk offsets" },
	{ CQ_C_FILTER, 0, "Bloom filter" },
	{ CQ_C_SUMMARY, 0, "sample of Index.db" },
	{ CQ_C_DIGEST, 0, "checksum of Data.db" },
	{ CQ_C_CRC, 0, "checksums of an uncompressed Data.db" },
	{ CQ_C_TOC, 0, "list of components" },
};

static int big_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	if (u->component == CQ_C_DATA)
		return data_explain(t, u, tr, err);
	if (u->component == CQ_C_INDEX && t->component[CQ_C_INDEX])
		return index_explain(t, u, tr, err);
	return shared_explain(t, u, tr, err);
}

/* The scan, compiled for FEATURES, and the struct. */
#define CQ_BIG_FORMAT(version, text, first) \
	CQ_DATA_SCAN(scan_next, FEATURES) \
	extern const struct cq_format cq_format_##version; \
	const struct cq_format cq_format_##version = { \
		.abi = CQ_FORMAT_ABI, .name = #version, .summary = text, .since = first, \
		.versions = versions, .nversions = CQ_COUNTOF(versions), \
		.components = big_components, .ncomponents = CQ_COUNTOF(big_components), \
		.open = shared_open, .close = shared_close, .scan_next = scan_next, \
		.find = big_find, .find_token = big_find_token, .lookup_close = big_lookup_close, .filter = shared_filter, \
		.next = big_next, .block_floor = big_block_floor, .block_before = big_block_before, .index = &big_index_ops, .explain = big_explain, \
	}

#endif

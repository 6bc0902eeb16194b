/* Faults of Summary.db. Cassandra makes a new one when it does not like what it finds; what it believes, it follows. */
#include "faults.h"

#define SUMMARY(...) .flags = CQ_FAULT_BIG, .apply = fault_field, .arg = &(const struct fault_field){ CQ_C_SUMMARY, __VA_ARGS__ }

static const struct cq_fault summary_faults[] = {
	{ .id = "summary-position", .family = "summary", .summary = "a sample points beside its entry of Index.db", .rules = "summary-index",
	  .severity = CQ_ERROR, SUMMARY({ CQ_F_SUMMARY_POSITION }, .how = FAULT_PLUS, .what = "sample") },
	{ .id = "summary-key", .family = "summary", .summary = "a sample has another key", .rules = "summary-index", .severity = CQ_ERROR,
	  SUMMARY({ CQ_F_KEY }, .how = FAULT_LAST_BYTE, .what = "sample with a key") },
	{ .id = "summary-offset", .family = "summary", .summary = "the place of a sample is another one", .rules = "summary-index|summary-len",
	  .severity = CQ_ERROR, SUMMARY({ CQ_F_SUMMARY_OFFSET }, .how = FAULT_PLUS, .what = "sample") },
	{ .id = "summary-interval", .family = "summary", .summary = "the index interval is another one; shows only where there are several samples", .rules = NULL,
	  .also = "summary-index toc-set summary-len", .severity = CQ_WARNING, SUMMARY({ CQ_F_MIN_INDEX_INTERVAL }, .how = FAULT_PLUS, .what = "summary") },
	{ .id = "summary-count", .family = "summary", .summary = "the number of samples is another one", .rules = "summary-len|summary-index",
	  .severity = CQ_ERROR, SUMMARY({ CQ_F_SUMMARY_COUNT }, .how = FAULT_PLUS, .what = "summary") },
	{ .id = "summary-size", .family = "summary", .summary = "the size of the samples is beyond all memory", .rules = "summary-len",
	  .also = "summary-index", .severity = CQ_ERROR, SUMMARY({ CQ_F_SUMMARY_SIZE }, .how = FAULT_HIGHEST, .what = "summary") },
	{ .id = "summary-level", .family = "summary", .summary = "the sampling level is another one; shows only where there are many samples", .rules = NULL,
	  .also = "summary-index summary-len", .severity = CQ_WARNING, SUMMARY({ CQ_F_SAMPLING_LEVEL }, .how = FAULT_MINUS, .what = "summary") },
	{ .id = "summary-full", .family = "summary", .summary = "the size at full sampling is another one", .rules = "summary-index",
	  .also = "summary-len mix", .severity = CQ_WARNING, SUMMARY({ CQ_F_FULL_SAMPLING_SIZE }, .how = FAULT_PLUS, .what = "summary") },
	{ .id = "summary-first-key", .family = "summary", .summary = "the first key is another one", .rules = "summary-index",
	  .also = "stats-keys summary-len", .severity = CQ_ERROR, SUMMARY({ CQ_F_FIRST_KEY }, .how = FAULT_LAST_BYTE, .what = "first key") },
	{ .id = "summary-last-key", .family = "summary", .summary = "the last key is another one", .rules = "summary-index",
	  .also = "stats-keys summary-len", .severity = CQ_ERROR, SUMMARY({ CQ_F_LAST_KEY }, .how = FAULT_LAST_BYTE, .what = "last key") },
};

FAMILY(summary);

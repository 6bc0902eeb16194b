/* dump_words - everything that stands between values in sstabledump's JSON, in its two layouts. */
#ifndef DUMP_WORDS_H
#define DUMP_WORDS_H
#include <stddef.h>

/* "next" words begin with the comma that is left out before the first of a list. */
struct dump_word {
	const char *s;
	size_t n;
};

struct dump_words {
	struct dump_word file_open, file_close_some, file_close_none;
	const char *partition_next;              /* with %s for the kind of table */
	struct dump_word position, partition_deletion, partition_close, rows_open;
	struct dump_word rows_close_some, rows_close_none, partition_end;
	struct dump_word row_next, static_next;
	struct dump_word clustering, list_comma, list_close;
	struct dump_word liveness, ttl, expires, expired_true, expired_false, object_close;
	struct dump_word row_deletion, marked, local, local_first;
	struct dump_word cells_open, cells_close_some, cells_close_none, row_end;
	struct dump_word cell_next, cell_value, cell_path, cell_deletion, path_value, path_deletion;
	struct dump_word tstamp, tstamp_after_deletion, cell_close, cell_close_after_deletion;
	struct dump_word bound_next, boundary_next, side_start, side_end, side_inclusive, side_exclusive, side_clustering;
	struct dump_word side_deletion, side_close, marker_end;
};

#define W(text) { text, sizeof(text) - 1 }

static const struct dump_words dump_pretty = {
	.file_open = W("["), .file_close_some = W("\n]"), .file_close_none = W(" ]"),
	.partition_next = ",\n  {\n    \"table kind\" : \"%s\",\n    \"partition\" : {\n      \"key\" : [ ",
	.position = W(" ],\n      \"position\" : "),
	.partition_deletion = W(",\n      \"deletion_info\" : { "),
	.partition_close = W("\n    },\n"), .rows_open = W("    \"rows\" : ["),
	.rows_close_some = W("\n    ]"), .rows_close_none = W(" ]"), .partition_end = W("\n  }"),
	.row_next = W(",\n      {\n        \"type\" : \"row\",\n        \"position\" : "),
	.static_next = W(",\n      {\n        \"type\" : \"static_block\",\n        \"position\" : "),
	.clustering = W(",\n        \"clustering\" : [ "), .list_comma = W(", "), .list_close = W(" ]"),
	.liveness = W(",\n        \"liveness_info\" : { \"tstamp\" : \""),
	.ttl = W(", \"ttl\" : "), .expires = W(", \"expires_at\" : \""), .expired_true = W("\", \"expired\" : true"),
	.expired_false = W("\", \"expired\" : false"), .object_close = W(" }"),
	.row_deletion = W(",\n        \"deletion_info\" : { "),
	.marked = W("\"marked_deleted\" : \""), .local = W(", \"local_delete_time\" : \""), .local_first = W("\"local_delete_time\" : \""),
	.cells_open = W(",\n        \"cells\" : ["), .cells_close_some = W("\n        ]"), .cells_close_none = W(" ]"),
	.row_end = W("\n      }"),
	.cell_next = W(",\n          { \"name\" : "), .cell_value = W(", \"value\" : "), .cell_path = W(", \"path\" : [ "),
	.cell_deletion = W(", \"deletion_info\" : { "), .path_value = W(" ], \"value\" : "),
	.path_deletion = W(" ], \"deletion_info\" : { "),
	.tstamp = W(", \"tstamp\" : \""), .tstamp_after_deletion = W(",\n            \"tstamp\" : \""),
	.cell_close = W(" }"), .cell_close_after_deletion = W("\n          }"),
	.bound_next = W(",\n      {\n        \"type\" : \"range_tombstone_bound\""),
	.boundary_next = W(",\n      {\n        \"type\" : \"range_tombstone_boundary\""),
	.side_start = W(",\n        \"start\" : {\n          \"type\" : "), .side_end = W(",\n        \"end\" : {\n          \"type\" : "),
	.side_inclusive = W("\"inclusive\""), .side_exclusive = W("\"exclusive\""),
	.side_clustering = W(",\n          \"clustering\" : [ "), .side_deletion = W(",\n          \"deletion_info\" : { "),
	.side_close = W("\n        }"), .marker_end = W("\n      }"),
};

static const struct dump_words dump_compact = {
	.file_open = W(""), .file_close_some = W(""), .file_close_none = W(""),
	.partition_next = "\n{\"table kind\":\"%s\",\"partition\":{\"key\":[",
	.position = W("],\"position\":"),
	.partition_deletion = W(",\"deletion_info\":{"),
	.partition_close = W("},"), .rows_open = W("\"rows\":["),
	.rows_close_some = W("]"), .rows_close_none = W("]"), .partition_end = W("}"),
	.row_next = W(",{\"type\":\"row\",\"position\":"), .static_next = W(",{\"type\":\"static_block\",\"position\":"),
	.clustering = W(",\"clustering\":["), .list_comma = W(","), .list_close = W("]"),
	.liveness = W(",\"liveness_info\":{\"tstamp\":\""),
	.ttl = W(",\"ttl\":"), .expires = W(",\"expires_at\":\""), .expired_true = W("\",\"expired\":true"),
	.expired_false = W("\",\"expired\":false"), .object_close = W("}"),
	.row_deletion = W(",\"deletion_info\":{"),
	.marked = W("\"marked_deleted\":\""), .local = W(",\"local_delete_time\":\""), .local_first = W("\"local_delete_time\":\""),
	.cells_open = W(",\"cells\":["), .cells_close_some = W("]"), .cells_close_none = W("]"), .row_end = W("}"),
	.cell_next = W(",{\"name\":"), .cell_value = W(",\"value\":"), .cell_path = W(",\"path\":["),
	.cell_deletion = W(",\"deletion_info\":{"), .path_value = W("],\"value\":"),
	.path_deletion = W("],\"deletion_info\":{"),
	.tstamp = W(",\"tstamp\":\""), .tstamp_after_deletion = W(",\"tstamp\":\""),
	.cell_close = W("}"), .cell_close_after_deletion = W("}"),
	.bound_next = W(",{\"type\":\"range_tombstone_bound\""), .boundary_next = W(",{\"type\":\"range_tombstone_boundary\""),
	.side_start = W(",\"start\":{\"type\":"), .side_end = W(",\"end\":{\"type\":"),
	.side_inclusive = W("\"inclusive\""), .side_exclusive = W("\"exclusive\""),
	.side_clustering = W(",\"clustering\":["), .side_deletion = W(",\"deletion_info\":{"),
	.side_close = W("}"), .marker_end = W("}"),
};

#undef W
#endif

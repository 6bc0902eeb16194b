/* dump_words - everything that stands between values in sstabledump's JSON, in its two layouts. */
#ifndef DUMP_WORDS_H
#define DUMP_WORDS_H
#include <stdint.h>
#include <string.h>

/* "next" words begin with the comma that is left out before the first of a list.
 *
 * Words are copied in blocks of a fixed size, which mostly are too long: the array has room for that behind the longest
 * word, and so must have what is written to (DUMP_BLOCK bytes). */
enum { DUMP_BLOCK = 64, DUMP_WORD_MAX = 90 };
struct dump_word {
	uint32_t n;
	char s[124];
};

/* Any number of bytes, with DUMP_BLOCK more that can be read behind them. */
static inline uint8_t *dump_put_blocks(uint8_t *p, const void *s, size_t n)
{
	memcpy(p, s, DUMP_BLOCK);
	for (size_t at = DUMP_BLOCK; at < n; at += DUMP_BLOCK)
		memcpy(p + at, (const char *)s + at, DUMP_BLOCK);
	return p + n;
}

static inline uint8_t *dump_put_word(uint8_t *p, const struct dump_word *w)
{
	memcpy(p, w->s, DUMP_BLOCK / 2);
	if (w->n > DUMP_BLOCK / 2)
		memcpy(p + DUMP_BLOCK / 2, w->s + DUMP_BLOCK / 2, DUMP_BLOCK);
	return p + w->n;
}

/* A word of 16 bytes at most. */
static inline uint8_t *dump_put_short(uint8_t *p, const struct dump_word *w)
{
	memcpy(p, w->s, 16);
	return p + w->n;
}

/* A word that begins with a comma; without it where skip is 1. */
static inline uint8_t *dump_put_next(uint8_t *p, const struct dump_word *w, unsigned skip)
{
	memcpy(p, w->s + skip, DUMP_BLOCK);
	if (w->n > DUMP_BLOCK)
		memcpy(p + DUMP_BLOCK, w->s + skip + DUMP_BLOCK, DUMP_BLOCK / 2);
	return p + (w->n - skip);
}

struct dump_words {
	struct dump_word file_open, file_close_some, file_close_none;
	const char *partition_next;              /* with %s for the kind of table */
	struct dump_word position, partition_deletion, rows_open;
	struct dump_word rows_close_some, rows_close_none;
	struct dump_word row_next, static_next;
	struct dump_word clustering, list_comma, list_close;
	struct dump_word liveness, ttl, expires, expired_true, expired_false, object_close;
	struct dump_word row_deletion, marked, local, local_first;
	struct dump_word cells_open, cells_close_some, cells_close_none;
	struct dump_word cell_next, cell_value, cell_path, cell_deletion, path_value, path_deletion;
	struct dump_word tstamp, tstamp_after_deletion, cell_close, cell_close_after_deletion;
	struct dump_word bound_next, boundary_next, side_start, side_end, side_inclusive, side_exclusive, side_clustering;
	struct dump_word side_deletion, side_close, marker_end;
};

#define W(text) { sizeof(text) - 1, text }

static const struct dump_words dump_pretty = {
	.file_open = W("["), .file_close_some = W("\n]"), .file_close_none = W(" ]"),
	.partition_next = ",\n  {\n    \"table kind\" : \"%s\",\n    \"partition\" : {\n      \"key\" : [ ",
	.position = W(" ],\n      \"position\" : "),
	.partition_deletion = W(",\n      \"deletion_info\" : { "),
	.rows_open = W("\n    },\n    \"rows\" : ["),
	.rows_close_some = W("\n    ]\n  }"), .rows_close_none = W(" ]\n  }"),
	.row_next = W(",\n      {\n        \"type\" : \"row\",\n        \"position\" : "),
	.static_next = W(",\n      {\n        \"type\" : \"static_block\",\n        \"position\" : "),
	.clustering = W(",\n        \"clustering\" : [ "), .list_comma = W(", "), .list_close = W(" ]"),
	.liveness = W(",\n        \"liveness_info\" : { \"tstamp\" : \""),
	.ttl = W(", \"ttl\" : "), .expires = W(", \"expires_at\" : \""), .expired_true = W("\", \"expired\" : true"),
	.expired_false = W("\", \"expired\" : false"), .object_close = W(" }"),
	.row_deletion = W(",\n        \"deletion_info\" : { "),
	.marked = W("\"marked_deleted\" : \""), .local = W(", \"local_delete_time\" : \""), .local_first = W("\"local_delete_time\" : \""),
	.cells_open = W(",\n        \"cells\" : ["), .cells_close_some = W("\n        ]\n      }"),
	.cells_close_none = W(" ]\n      }"),
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
	.rows_open = W("},\"rows\":["), .rows_close_some = W("]}"), .rows_close_none = W("]}"),
	.row_next = W(",{\"type\":\"row\",\"position\":"), .static_next = W(",{\"type\":\"static_block\",\"position\":"),
	.clustering = W(",\"clustering\":["), .list_comma = W(","), .list_close = W("]"),
	.liveness = W(",\"liveness_info\":{\"tstamp\":\""),
	.ttl = W(",\"ttl\":"), .expires = W(",\"expires_at\":\""), .expired_true = W("\",\"expired\":true"),
	.expired_false = W("\",\"expired\":false"), .object_close = W("}"),
	.row_deletion = W(",\"deletion_info\":{"),
	.marked = W("\"marked_deleted\":\""), .local = W(",\"local_delete_time\":\""), .local_first = W("\"local_delete_time\":\""),
	.cells_open = W(",\"cells\":["), .cells_close_some = W("]}"), .cells_close_none = W("]}"),
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

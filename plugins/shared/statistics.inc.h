/* statistics.inc.h - unit bodies of Statistics.db: the directory and the four sections. The same for BIG and BTI, ma to da.
 *
 * Arrays and types go to the arena of struct stats_in. A type string that does not parse stops the cursor at it and leaves
 * its own words in in->type_error. */
#ifndef CQ_STATISTICS_INC_H
#define CQ_STATISTICS_INC_H
#include "data.inc.h"

enum { STATS_SECTIONS_MAX = 16 };
enum stats_section { SECTION_VALIDATION, SECTION_COMPACTION, SECTION_STATS, SECTION_HEADER };

struct stats_directory {
	uint32_t n;
	struct { int32_t type; uint32_t off; } entry[STATS_SECTIONS_MAX];
};

struct stats_in {
	struct cq_arena *arena;
	unsigned feat;
	struct cq_error *type_error;
	/* Known to who explains; NULL while loading. Types in a trace must outlive it, those parsed here do not. */
	const struct cq_type *key_type;
	const struct cq_type *const *known;    /* of the clustering columns */
	size_t nknown;
};

/* Array of n things of which each takes at least min bytes of what is left: NULL (and a stopped cursor) otherwise. */
CQ_ALWAYS_INLINE void *stats_array(cq_cur *c, const struct stats_in *in, const uint8_t *at, unsigned field, uint64_t n,
	size_t min, size_t each)
{
	void *p;

	if (c->status)
		return NULL;
	if (n > cq_cur_left(c) / min) {
		cq_bad(c, at, field, n, "no more than the section has room for");
		return NULL;
	}
	p = cq_arena_zalloc(in->arena, (size_t)n + 1, each);
	if (!p) {
		c->status = CQ_ENOMEM;
		c->end = c->p;
	}
	return p;
}

CQ_ALWAYS_INLINE void stats_directory_body(cq_cur *c, unsigned feat, struct stats_directory *d, const cq_trace *tr)
{
	const uint8_t *at = c->p;

	d->n = cq_u32(c, tr, CQ_F_SECTION_COUNT);
	if (d->n > STATS_SECTIONS_MAX) {
		cq_bad(c, at, CQ_F_SECTION_COUNT, d->n, "4 sections (16 at most)");
		d->n = 0;
	}
	if (feat & CQ_FEAT_METADATA_CHECKSUM)
		cq_u32(c, tr, CQ_F_COUNT_CRC);
	cq_group(c, tr, CQ_F_DIRECTORY);
	for (uint32_t i = 0; i < d->n && !c->status; i++) {
		d->entry[i].type = cq_i32(c, tr, CQ_F_SECTION_TYPE);
		d->entry[i].off = cq_u32(c, tr, CQ_F_SECTION_OFFSET);
	}
	cq_group_end(c, tr);
	if (feat & CQ_FEAT_METADATA_CHECKSUM)
		cq_u32(c, tr, CQ_F_DIRECTORY_CRC);
}

/* ---- validation, compaction ---- */

CQ_ALWAYS_INLINE void stats_validation_body(cq_cur *c, const struct stats_in *in, struct cq_statistics *s, const cq_trace *tr)
{
	(void)in;
	s->partitioner = cq_bytes(c, cq_u16(c, tr, CQ_F_TEXT_LENGTH), tr, CQ_F_PARTITIONER, NULL);
	s->bloom_fp_chance = cq_f64(c, tr, CQ_F_BLOOM_FP_CHANCE);
}

CQ_ALWAYS_INLINE void stats_compaction_body(cq_cur *c, const struct stats_in *in, struct cq_statistics *s, const cq_trace *tr)
{
	(void)in;
	s->cardinality = cq_bytes(c, cq_u32(c, tr, CQ_F_SKETCH_LENGTH), tr, CQ_F_SKETCH, NULL);
}

/* ---- stats ---- */

CQ_ALWAYS_INLINE void stats_histogram(cq_cur *c, const struct stats_in *in, struct cq_histogram *h, unsigned field,
	const cq_trace *tr)
{
	const uint8_t *at = c->p;
	int64_t *offsets, *counts;
	uint32_t n;

	cq_group(c, tr, field);
	n = cq_u32(c, tr, CQ_F_BUCKET_COUNT);
	offsets = stats_array(c, in, at, CQ_F_BUCKET_COUNT, n, 16, sizeof *offsets);
	counts = stats_array(c, in, at, CQ_F_BUCKET_COUNT, n, 16, sizeof *counts);
	for (uint32_t i = 0; i < n && !c->status; i++) {
		offsets[i] = cq_i64(c, tr, CQ_F_BUCKET_OFFSET);
		counts[i] = cq_i64(c, tr, CQ_F_BUCKET_VALUE);
	}
	*h = (struct cq_histogram){ .n = c->status ? 0 : n, .offsets = offsets, .counts = counts };
	cq_group_end(c, tr);
}

CQ_ALWAYS_INLINE struct cq_commitlog_position stats_position(cq_cur *c, unsigned field, const cq_trace *tr)
{
	struct cq_commitlog_position p;

	cq_group(c, tr, field);
	p.segment = cq_i64(c, tr, CQ_F_COMMITLOG_SEGMENT);
	p.position = cq_i32(c, tr, CQ_F_COMMITLOG_POSITION);
	cq_group_end(c, tr);
	return p;
}

CQ_ALWAYS_INLINE void stats_drop_times(cq_cur *c, const struct stats_in *in, struct cq_statistics *s, const cq_trace *tr)
{
	bool narrow = in->feat & CQ_FEAT_UINT_DELETION_TIME;      /* i64 point, i32 count; before: f64, i64 */
	struct cq_drop_time *d;
	const uint8_t *at;
	uint32_t n;

	cq_group(c, tr, CQ_F_DROP_TIMES);
	s->drop_time_bins = cq_i32(c, tr, CQ_F_BIN_MAX);
	at = c->p;
	n = cq_u32(c, tr, CQ_F_BIN_COUNT);
	d = stats_array(c, in, at, CQ_F_BIN_COUNT, n, narrow ? 12 : 16, sizeof *d);
	for (uint32_t i = 0; i < n && !c->status; i++) {
		d[i].point = narrow ? (double)cq_i64(c, tr, CQ_F_BIN_POINT) : cq_f64(c, tr, CQ_F_BIN_POINT_DOUBLE);
		d[i].count = narrow ? cq_i32(c, tr, CQ_F_BIN_VALUE) : cq_i64(c, tr, CQ_F_BIN_VALUE);
	}
	s->drop_times = d;
	s->ndrop_times = c->status ? 0 : n;
	cq_group_end(c, tr);
}

CQ_ALWAYS_INLINE void stats_minmax(cq_cur *c, const struct stats_in *in, unsigned field, const cq_slice **out, size_t *nout,
	const cq_trace *tr)
{
	const uint8_t *at = c->p;
	cq_slice *v;
	uint32_t n;

	cq_group(c, tr, field);
	n = cq_u32(c, tr, CQ_F_VALUE_COUNT);
	v = stats_array(c, in, at, CQ_F_VALUE_COUNT, n, 2, sizeof *v);
	for (uint32_t i = 0; i < n && !c->status; i++)
		v[i] = cq_bytes(c, cq_u16(c, tr, CQ_F_MINMAX_LENGTH), tr, CQ_F_MINMAX_VALUE,
			in->known && i < in->nknown ? in->known[i] : NULL);
	*out = v;
	*nout = c->status ? 0 : n;
	cq_group_end(c, tr);
}

CQ_ALWAYS_INLINE const struct cq_type *stats_type(cq_cur *c, const struct stats_in *in, cq_slice *text,
	const cq_trace *tr)
{
	const struct cq_type *type = NULL;
	const uint8_t *at;

	at = c->p;
	*text = cq_bytes(c, cq_vint(c, tr, CQ_F_TYPE_LENGTH), tr, CQ_F_TYPE_NAME, NULL);
	if (!c->status && cq_type_parse(in->arena, *text, &type, in->type_error) < 0)
		cq_bad(c, at, CQ_F_TYPE_NAME, text->len, "the class string of a type");
	return type;
}

/* Types of its own, then two bounds over them. */
CQ_ALWAYS_INLINE void stats_covered(cq_cur *c, const struct stats_in *in, struct cq_statistics *s, const cq_trace *tr)
{
	struct cq_ctx x = {0};
	const uint8_t *at = c->p;
	const struct cq_type **types;
	cq_slice *texts, *values;
	int32_t *lens;
	uint64_t n;

	cq_group(c, tr, CQ_F_COVERED);
	n = cq_vint(c, tr, CQ_F_TYPE_COUNT);
	texts = stats_array(c, in, at, CQ_F_TYPE_COUNT, n, 1, sizeof *texts);
	types = stats_array(c, in, at, CQ_F_TYPE_COUNT, n, 1, sizeof *types);
	lens = stats_array(c, in, at, CQ_F_TYPE_COUNT, n, 1, sizeof *lens);
	values = stats_array(c, in, at, CQ_F_TYPE_COUNT, n, 1, 2 * sizeof *values);
	for (uint64_t i = 0; i < n && !c->status; i++) {
		types[i] = stats_type(c, in, &texts[i], tr);
		if (c->status)
			break;
		lens[i] = types[i]->fixed_len;
		if (in->known)
			types[i] = i < in->nknown && cq_type_eq(types[i], in->known[i]) ? in->known[i] : NULL;
	}
	if (!c->status) {
		x.nclustering = (uint32_t)n;
		x.clustering = types;
		x.clustering_len = lens;
		cq_group(c, tr, CQ_F_COVERED_START);
		clustering_prefix(c, &x, &s->covered_start, values, tr);
		cq_group_end(c, tr);
		cq_group(c, tr, CQ_F_COVERED_END);
		clustering_prefix(c, &x, &s->covered_end, values + n, tr);
		cq_group_end(c, tr);
		s->covered_types = texts;
		s->ncovered_types = (size_t)n;
		if (!c->status)
			s->has |= CQ_HAS_COVERED;
	}
	cq_group_end(c, tr);
}

CQ_ALWAYS_INLINE cq_slice stats_uuid(cq_cur *c, unsigned flag_field, unsigned field, const cq_trace *tr)
{
	cq_slice id = {0};

	if (cq_u8(c, tr, flag_field))
		id = cq_bytes(c, 16, tr, field, NULL);
	return c->status ? (cq_slice){0} : id;
}

/* The fields of this bit were there, and were read. */
CQ_ALWAYS_INLINE void stats_has(const cq_cur *c, struct cq_statistics *s, unsigned bit)
{
	if (!c->status)
		s->has |= bit;
}

CQ_ALWAYS_INLINE void stats_stats_body(cq_cur *c, const struct stats_in *in, struct cq_statistics *s, const cq_trace *tr)
{
	const unsigned feat = in->feat;

	stats_histogram(c, in, &s->partition_sizes, CQ_F_PARTITION_SIZES, tr);
	stats_histogram(c, in, &s->cells_per_partition, CQ_F_CELLS_PER_PARTITION, tr);
	s->commitlog_upper = stats_position(c, CQ_F_COMMITLOG_UPPER, tr);
	s->min_timestamp = cq_i64(c, tr, CQ_F_MIN_TIMESTAMP);
	s->max_timestamp = cq_i64(c, tr, CQ_F_MAX_TIMESTAMP);
	if (feat & CQ_FEAT_UINT_DELETION_TIME) {
		s->min_ldt = widen_ldt(cq_u32(c, tr, CQ_F_MIN_LDT), feat);
		s->max_ldt = widen_ldt(cq_u32(c, tr, CQ_F_MAX_LDT), feat);
	} else {
		s->min_ldt = widen_ldt(cq_i32(c, tr, CQ_F_MIN_LDT), feat);
		s->max_ldt = widen_ldt(cq_i32(c, tr, CQ_F_MAX_LDT), feat);
	}
	s->min_ttl = cq_i32(c, tr, CQ_F_MIN_TTL);
	s->max_ttl = cq_i32(c, tr, CQ_F_MAX_TTL);
	s->compression_ratio = cq_f64(c, tr, CQ_F_COMPRESSION_RATIO);
	stats_drop_times(c, in, s, tr);
	s->level = cq_i32(c, tr, CQ_F_LEVEL);
	s->repaired_at = cq_i64(c, tr, CQ_F_REPAIRED_AT);
	if (feat & CQ_FEAT_LEGACY_MINMAX) {
		stats_minmax(c, in, CQ_F_MIN_CLUSTERING, &s->min_clustering, &s->nmin, tr);
		stats_minmax(c, in, CQ_F_MAX_CLUSTERING, &s->max_clustering, &s->nmax, tr);
		stats_has(c, s, CQ_HAS_LEGACY_MINMAX);
	}
	if (feat & CQ_FEAT_COVERED_MINMAX)
		stats_covered(c, in, s, tr);
	s->legacy_counter_shards = cq_u8(c, tr, CQ_F_LEGACY_COUNTER_SHARDS);
	s->total_columns_set = cq_i64(c, tr, CQ_F_TOTAL_COLUMNS_SET);
	s->total_rows = cq_i64(c, tr, CQ_F_TOTAL_ROWS);
	if (feat & CQ_FEAT_COMMITLOG_LOWER) {
		s->commitlog_lower = stats_position(c, CQ_F_COMMITLOG_LOWER, tr);
		stats_has(c, s, CQ_HAS_COMMITLOG_LOWER);
	}
	if (feat & CQ_FEAT_COMMITLOG_INTERVALS) {
		struct cq_commitlog_interval *v;
		const uint8_t *at = c->p;
		uint32_t n;

		cq_group(c, tr, CQ_F_COMMITLOG_INTERVALS);
		n = cq_u32(c, tr, CQ_F_INTERVAL_COUNT);
		v = stats_array(c, in, at, CQ_F_INTERVAL_COUNT, n, 24, sizeof *v);
		for (uint32_t i = 0; i < n && !c->status; i++) {
			v[i].start = stats_position(c, CQ_F_INTERVAL_START, tr);
			v[i].end = stats_position(c, CQ_F_INTERVAL_END, tr);
		}
		s->intervals = v;
		s->nintervals = c->status ? 0 : n;
		stats_has(c, s, CQ_HAS_COMMITLOG_INTERVALS);
		cq_group_end(c, tr);
	}
	if (feat & CQ_FEAT_PENDING_REPAIR) {
		s->pending_repair = stats_uuid(c, CQ_F_PENDING_REPAIR_FLAG, CQ_F_PENDING_REPAIR, tr);
		stats_has(c, s, CQ_HAS_PENDING_REPAIR);
	}
	/* The pre-releases of 4.0 that began `na` end here; it is the only version with neither field. */
	if (feat & CQ_FEAT_TRANSIENT && (cq_cur_left(c) || feat & CQ_FEAT_HOST_ID)) {
		s->is_transient = cq_u8(c, tr, CQ_F_IS_TRANSIENT);
		stats_has(c, s, CQ_HAS_TRANSIENT);
	}
	if (feat & CQ_FEAT_HOST_ID) {
		s->host_id = stats_uuid(c, CQ_F_HOST_ID_FLAG, CQ_F_HOST_ID, tr);
		stats_has(c, s, CQ_HAS_HOST_ID);
	}
	if (feat & CQ_FEAT_PARTITION_DELETIONS) {
		s->has_partition_deletions = cq_u8(c, tr, CQ_F_HAS_PARTITION_DELETIONS);
		stats_has(c, s, CQ_HAS_PARTITION_DELETIONS);
	}
	if (feat & CQ_FEAT_COVERED_AT_END)
		stats_covered(c, in, s, tr);
	if (feat & CQ_FEAT_KEY_RANGE) {
		s->first_key = cq_bytes(c, cq_vint(c, tr, CQ_F_KEY_VLENGTH), tr, CQ_F_STATS_FIRST_KEY, in->key_type);
		s->last_key = cq_bytes(c, cq_vint(c, tr, CQ_F_KEY_VLENGTH), tr, CQ_F_STATS_LAST_KEY, in->key_type);
		stats_has(c, s, CQ_HAS_KEY_RANGE);
	}
	if (feat & CQ_FEAT_TOKEN_COVERAGE) {
		s->coverage = cq_f64(c, tr, CQ_F_TOKEN_COVERAGE);
		stats_has(c, s, CQ_HAS_COVERAGE);
	}
}

/* ---- header ---- */

CQ_ALWAYS_INLINE void stats_columns(cq_cur *c, const struct stats_in *in, unsigned field, bool is_static,
	const struct cq_column **out, size_t *nout, const cq_trace *tr)
{
	const uint8_t *at = c->p;
	struct cq_column *v;
	uint64_t n;

	cq_group(c, tr, field);
	n = cq_vint(c, tr, CQ_F_COLUMN_COUNT);
	v = stats_array(c, in, at, CQ_F_COLUMN_COUNT, n, 2, sizeof *v);
	for (uint64_t i = 0; i < n && !c->status; i++) {
		const struct cq_type *t, *value;
		cq_slice text;

		cq_group_nth(c, tr, CQ_F_HEADER_COLUMN, i, (cq_slice){0});
		v[i].name = cq_bytes(c, cq_vint(c, tr, CQ_F_COLUMN_NAME_LENGTH), tr, CQ_F_COLUMN_NAME, NULL);
		v[i].type = t = stats_type(c, in, &text, tr);
		cq_group_end(c, tr);
		if (c->status)
			break;
		v[i].complex = t->multicell;
		v[i].fixed_len = t->multicell ? CQ_VARIABLE : t->fixed_len;
		v[i].is_static = is_static;
		value = t->multicell && t->narg ? t->arg[t->narg - 1] : t;
		v[i].counter = value->kind == CQ_T_COUNTER;
	}
	*out = v;
	*nout = c->status ? 0 : (size_t)n;
	cq_group_end(c, tr);
}

CQ_ALWAYS_INLINE void stats_header_body(cq_cur *c, const struct stats_in *in, struct cq_statistics *s, const cq_trace *tr)
{
	/* 2015-09-22 00:00:00 UTC: what the minima are relative to. */
	const int64_t epoch_micros = 1442880000000000;
	const int32_t epoch_seconds = 1442880000;
	const struct cq_type **types;
	const uint8_t *at;
	cq_slice text;
	uint64_t n;

	s->header_min_timestamp = cq_delta(c, tr, CQ_F_HEADER_MIN_TIMESTAMP, epoch_micros);
	s->header_min_ldt = cq_delta32(c, tr, CQ_F_HEADER_MIN_LDT, epoch_seconds);
	if (in->feat & CQ_FEAT_UINT_DELETION_TIME && s->header_min_ldt < 0)
		s->header_min_ldt &= UINT32_MAX;
	s->header_min_ttl = cq_delta32(c, tr, CQ_F_HEADER_MIN_TTL, 0);
	cq_group(c, tr, CQ_F_KEY_TYPE);
	s->key_type = stats_type(c, in, &text, tr);
	cq_group_end(c, tr);
	cq_group(c, tr, CQ_F_CLUSTERING_TYPES);
	at = c->p;
	n = cq_vint(c, tr, CQ_F_TYPE_COUNT);
	types = stats_array(c, in, at, CQ_F_TYPE_COUNT, n, 1, sizeof *types);
	for (uint64_t i = 0; i < n && !c->status; i++)
		types[i] = stats_type(c, in, &text, tr);
	s->clustering_types = types;
	s->nclustering = c->status ? 0 : (size_t)n;
	cq_group_end(c, tr);
	stats_columns(c, in, CQ_F_STATIC_COLUMNS, true, &s->statics, &s->nstatic, tr);
	stats_columns(c, in, CQ_F_REGULAR_COLUMNS, false, &s->regulars, &s->nregular, tr);
}

CQ_ALWAYS_INLINE void stats_section_body(cq_cur *c, int type, const struct stats_in *in, struct cq_statistics *s,
	const cq_trace *tr)
{
	switch (type) {
	case SECTION_VALIDATION: stats_validation_body(c, in, s, tr); break;
	case SECTION_COMPACTION: stats_compaction_body(c, in, s, tr); break;
	case SECTION_STATS: stats_stats_body(c, in, s, tr); break;
	case SECTION_HEADER: stats_header_body(c, in, s, tr); break;
	default: break;
	}
}

/* Where the i-th section ends: at the next larger offset, or at the end of the file, less its checksum. Sections need not
 * stand in the directory's order (old Scylla). */
CQ_ALWAYS_INLINE uint64_t stats_section_end(const struct stats_directory *d, uint32_t i, uint64_t file_len, unsigned feat)
{
	uint64_t end = file_len, crc = feat & CQ_FEAT_METADATA_CHECKSUM ? 4 : 0;

	for (uint32_t k = 0; k < d->n; k++)
		if (d->entry[k].off > d->entry[i].off && d->entry[k].off < end)
			end = d->entry[k].off;
	return end < d->entry[i].off + crc ? d->entry[i].off : end - crc;
}

#endif

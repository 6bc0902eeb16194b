/* Opening a table: the metadata that decoding needs, and what can be said of the rest without reading rows. */
#include "shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_hash.h"
#include "statistics.inc.h"

int shared_slurp(struct cq_arena *arena, const struct cq_space *space, size_t limit, cq_slice *out, struct cq_error *err)
{
	uint8_t *p;
	int rc;

	if (space->size > limit) {
		cq_fail(err, CQ_DAMAGED, 0, "%" PRIu64 " bytes, expected at most %zu", space->size, limit);
		cq_error_at(err, space->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	p = cq_arena_alloc(arena, (size_t)space->size + 1);
	if (!p)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for %s", cq_basename(space->name));
	rc = cq_space_read(space, 0, p, (size_t)space->size, err);
	*out = cq_slice_of(p, (size_t)space->size);
	return rc;
}

/* ---- Statistics.db ---- */

/* Simple columns before complex ones, each by name with its first byte taken as signed: a name that begins outside ASCII
 * comes before all others. Exactly: the first six bytes, padded with zeros and with the top bit flipped, then all. */
static int column_order(const void *pa, const void *pb)
{
	const struct cq_column *a = pa, *b = pb;
	uint8_t ka[6] = {0}, kb[6] = {0};
	int c;

	if (a->complex != b->complex)
		return a->complex ? 1 : -1;
	if (a->name.len)
		memcpy(ka, a->name.p, a->name.len < 6 ? a->name.len : 6);
	if (b->name.len)
		memcpy(kb, b->name.p, b->name.len < 6 ? b->name.len : 6);
	ka[0] ^= 0x80;
	kb[0] ^= 0x80;
	c = memcmp(ka, kb, 6);
	return c ? c : cq_slice_cmp(a->name, b->name);
}

/* Returns whether the order had to be changed. */
static bool sort_columns(const struct cq_column *columns, size_t n)
{
	struct cq_column *v = (struct cq_column *)(uintptr_t)columns;     /* our own array, made by the body */
	bool changed = false;

	for (size_t i = 1; i < n && !changed; i++)
		changed = column_order(&v[i - 1], &v[i]) > 0;
	if (changed)
		qsort(v, n, sizeof *v, column_order);
	for (size_t i = 0; i < n; i++)
		v[i].index = (uint32_t)i;
	return changed;
}

bool shared_sort_columns(struct cq_table *t)
{
	bool statics = sort_columns(t->stats.statics, t->stats.nstatic);

	return sort_columns(t->stats.regulars, t->stats.nregular) || statics;
}

static void crc_finding(struct cq_table *t, const char *what, uint64_t off, uint32_t stored, uint32_t computed)
{
	cq_finding_add(&t->findings, "statistics-checksum", CQ_ERROR, cq_basename(t->component[CQ_C_STATISTICS]->name),
		CQ_SPACE_RAW, off, "checksum of %s differs: stored %08x, computed %08x", what, stored, computed);
}

static const char *section_name(int type)
{
	static const char *const names[] = { "VALIDATION", "COMPACTION", "STATS", "HEADER" };

	return type >= 0 && type <= SECTION_HEADER ? names[type] : "an unknown section";
}

static int load_statistics(struct cq_table *t, struct cq_error *err)
{
	const struct cq_space *space = t->component[CQ_C_STATISTICS];
	struct cq_statistics *s = &t->stats;
	struct stats_directory dir = {0};
	struct cq_error type_error = {0};
	struct stats_in in = { .arena = &t->arena, .feat = t->features, .type_error = &type_error };
	bool checksums = t->features & CQ_FEAT_METADATA_CHECKSUM;
	cq_slice b;
	cq_cur c;
	int rc = shared_slurp(&t->arena, space, STATISTICS_MAX, &b, err);

	if (rc < 0)
		return rc;
	c = cq_cur_over(b.p, b.len, 0);
	stats_directory_body(&c, t->features, &dir, NULL);
	if (c.status) {
		rc = cq_cur_error(&c, err);
		cq_error_at(err, space->name, CQ_SPACE_RAW);
		return rc;
	}
	if (checksums) {
		size_t pairs = 8 * (size_t)dir.n;
		uint32_t count_crc = cq_crc32(0, b.p, 4), dir_crc = cq_crc32(count_crc, b.p + 8, pairs);

		if (cq_be32(b.p + 4) != count_crc)
			crc_finding(t, "the section count", 4, cq_be32(b.p + 4), count_crc);
		if (cq_be32(b.p + 8 + pairs) != dir_crc)
			crc_finding(t, "the directory", 8 + pairs, cq_be32(b.p + 8 + pairs), dir_crc);
	}
	s->coverage = 0.0 / 0.0;
	for (uint32_t i = 0; i < dir.n; i++) {
		uint64_t off = dir.entry[i].off, end = stats_section_end(&dir, i, b.len, t->features);

		if (off > b.len || (checksums && b.len - end < 4)) {
			cq_finding_add(&t->findings, "statistics-directory", CQ_ERROR, cq_basename(space->name), CQ_SPACE_RAW,
				off, "section %s is said to start at 0x%" PRIx64 ", the file has 0x%zx bytes",
				section_name(dir.entry[i].type), off, b.len);
			continue;
		}
		c = cq_cur_over(b.p + off, (size_t)(end - off), off);
		if (checksums) {
			uint32_t crc = cq_crc32(0, b.p + off, (size_t)(end - off));

			if (cq_be32(b.p + end) != crc)
				crc_finding(t, section_name(dir.entry[i].type), end, cq_be32(b.p + end), crc);
		}
		stats_section_body(&c, dir.entry[i].type, &in, s, NULL);
		if (c.status == CQ_ENOMEM)
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for %s", cq_basename(space->name));
		if (!c.status) {
			if (dir.entry[i].type >= 0 && dir.entry[i].type <= SECTION_HEADER)
				s->has |= 1u << dir.entry[i].type;
		} else {
			struct cq_error bad = {0};

			cq_cur_error(&c, &bad);
			if (type_error.code)
				snprintf(bad.msg, sizeof bad.msg, "type: %.250s", type_error.msg);
			cq_error_at(&bad, space->name, CQ_SPACE_RAW);
			if (dir.entry[i].type == SECTION_HEADER) {
				if (err)
					*err = bad;
				return bad.code;
			}
			cq_finding_error(&t->findings, "statistics-section", CQ_ERROR, &bad);
		}
	}
	if (!(s->has & CQ_HAS_HEADER)) {
		cq_fail(err, CQ_DAMAGED, 0, "no HEADER section, which holds the types that rows are decoded with");
		cq_error_at(err, space->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	/* What an unread section leaves is "none", never zero. */
	if (!(s->has & CQ_HAS_STATS)) {
		s->min_ldt = s->max_ldt = CQ_NO_LDT;
		s->compression_ratio = -1;
	}
	s->reordered = shared_sort_columns(t);
	return CQ_OK;
}

/* ---- the context of rows ---- */

static void kind_columns(struct cq_kind_columns *k, const struct cq_column *columns, size_t n)
{
	k->columns = columns;
	k->n = (uint32_t)n;
	k->ncomplex = 0;
	for (size_t i = 0; i < n; i++)
		k->ncomplex += columns[i].complex;
}

int shared_make_ctx(struct cq_table *t, struct cq_error *err)
{
	const struct cq_statistics *s = &t->stats;
	struct cq_ctx *x = &t->ctx;
	int32_t *lens = cq_arena_zalloc(&t->arena, s->nclustering + 1, sizeof *lens);

	if (!lens)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a table");
	for (size_t i = 0; i < s->nclustering; i++)
		lens[i] = s->clustering_types[i]->fixed_len;
	x->min_timestamp = s->header_min_timestamp;
	x->min_ldt = s->header_min_ldt;
	x->min_ttl = s->header_min_ttl;
	x->nclustering = (uint32_t)s->nclustering;
	x->clustering = s->clustering_types;
	x->clustering_len = lens;
	kind_columns(&x->statics, s->statics, s->nstatic);
	kind_columns(&x->regulars, s->regulars, s->nregular);
	return CQ_OK;
}

/* ---- CompressionInfo.db, CRC.db ---- */

static int load_compression(struct cq_table *t, struct cq_error *err)
{
	const struct cq_space *space = t->component[CQ_C_COMPRESSION_INFO];
	struct compression_info *i = &shared_of(t)->compression;
	uint8_t *p;
	cq_cur c;
	size_t n = space->size < 1 << 16 ? (size_t)space->size : 1 << 16;
	int rc;

	p = cq_arena_alloc(&t->arena, n + 1);
	if (!p)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for %s", cq_basename(space->name));
	rc = cq_space_read(space, 0, p, n, err);
	if (rc < 0)
		return rc;
	c = cq_cur_over(p, n, 0);
	compression_info_body(&c, t->features, i, NULL);
	rc = cq_cur_error(&c, err);
	if (rc == CQ_OK && (space->size - i->offsets_at) / 8 < i->count)
		rc = cq_fail(err, CQ_DAMAGED, i->offsets_at, "%u chunk offsets expected, the file has room for %" PRIu64, i->count,
			(space->size - i->offsets_at) / 8);
	if (rc == CQ_OK && !i->count)
		rc = cq_fail(err, CQ_DAMAGED, i->offsets_at - 4, "no chunks: an SSTable has one at least");
	if (rc < 0) {
		cq_error_at(err, space->name, CQ_SPACE_RAW);
		return rc;
	}
	t->chunks = (struct cq_chunks){ .table = space, .offsets_at = i->offsets_at, .count = i->count, .data_len = i->data_len,
		.chunk_len = i->chunk_len, .max_compressed = i->max_compressed, .codec = cq_codec_by_class(i->compressor) };
	if (t->chunks.codec == CQ_CODEC_UNKNOWN) {
		cq_fail(err, CQ_EUNSUPPORTED, 0, "compressor %.*s is not one that this build knows", (int)i->compressor.len,
			(const char *)i->compressor.p);
		cq_error_at(err, space->name, CQ_SPACE_RAW);
		return CQ_EUNSUPPORTED;
	}
	if (space->size != i->offsets_at + 8 * (uint64_t)i->count)
		cq_finding_add(&t->findings, "compression-info-tail", CQ_WARNING, cq_basename(space->name), CQ_SPACE_RAW,
			i->offsets_at + 8 * (uint64_t)i->count, "%" PRIu64 " bytes behind the last chunk offset, expected none",
			space->size - i->offsets_at - 8 * (uint64_t)i->count);
	t->stream.chunks = &t->chunks;
	t->stream.len = i->data_len;
	return CQ_OK;
}

static void load_crc(struct cq_table *t)
{
	const struct cq_space *space = t->component[CQ_C_CRC];
	uint64_t blocks, have;
	uint8_t head[4];
	struct cq_error err = {0};

	if (cq_space_read(space, 0, head, 4, &err) < 0) {
		cq_finding_error(&t->findings, "crc-unreadable", CQ_ERROR, &err);
		return;
	}
	t->stream.crc_block = cq_be32(head);
	if (t->stream.crc_block < 512 || t->stream.crc_block > 64 << 20) {
		cq_finding_add(&t->findings, "crc-chunk-size", CQ_ERROR, cq_basename(space->name), CQ_SPACE_RAW, 0,
			"chunk size: expected 65536 (512 to 64 MiB), found %u; the checksums are not used", t->stream.crc_block);
		return;
	}
	t->stream.crcs = space;
	/* One checksum a block, and one of nothing behind them where a compaction wrote the file. */
	blocks = (t->stream.len + t->stream.crc_block - 1) / t->stream.crc_block;
	have = (space->size - 4) / 4;
	if (have == blocks + 1 && cq_space_read(space, space->size - 4, head, 4, &err) == CQ_OK && !cq_be32(head))
		have--;
	if (t->stream.raw && have != blocks)
		cq_finding_add(&t->findings, "crc-count", CQ_ERROR, cq_basename(space->name), CQ_SPACE_RAW, 4,
			"checksums of %" PRIu64 " blocks of %u bytes, expected %" PRIu64 " for a Data.db of %" PRIu64
			" bytes: one of the two was cut or belongs to another table", have, t->stream.crc_block, blocks, t->stream.len);
}

/* ---- Filter.db, Summary.db ---- */

static void load_filter(struct cq_table *t)
{
	const struct cq_space *space = t->component[CQ_C_FILTER];
	struct shared_state *st = shared_of(t);
	uint8_t head[8];
	struct cq_error err = {0};
	cq_cur c;

	if (!space->size)
		return;                                /* no filter: every look-up is a maybe */
	if (cq_space_read(space, 0, head, space->size < 8 ? (size_t)space->size : 8, &err) == CQ_OK) {
		c = cq_cur_over(head, space->size < 8 ? (size_t)space->size : 8, 0);
		filter_header_body(&c, &st->filter, NULL);
		if (cq_cur_error(&c, &err) == CQ_OK && space->size != 8 + 8 * (uint64_t)st->filter.words)
			cq_fail(&err, CQ_DAMAGED, 4, "%u words take %" PRIu64 " bytes, the file has %" PRIu64, st->filter.words,
				8 + 8 * (uint64_t)st->filter.words, space->size);
	}
	if (err.code) {
		cq_error_at(&err, space->name, CQ_SPACE_RAW);
		cq_finding_error(&t->findings, "filter-header", CQ_ERROR, &err);
		return;
	}
	st->filter_ok = true;
	st->filter_old_order = t->features & CQ_FEAT_OLD_BLOOM;
}

static void load_summary(struct cq_table *t)
{
	const struct cq_space *space = t->component[CQ_C_SUMMARY];
	struct shared_state *st = shared_of(t);
	uint8_t head[SUMMARY_HEADER];
	struct cq_error err = {0};
	cq_cur c;

	if (cq_space_read(space, 0, head, sizeof head, &err) == CQ_OK) {
		c = cq_cur_over(head, sizeof head, 0);
		summary_header_body(&c, &st->summary, NULL);
		if (cq_cur_error(&c, &err) == CQ_OK && st->summary.size > space->size - SUMMARY_HEADER)
			cq_fail(&err, CQ_DAMAGED, 8, "entries of %" PRIu64 " bytes do not fit a file of %" PRIu64, st->summary.size,
				space->size);
	}
	if (err.code) {
		cq_error_at(&err, space->name, CQ_SPACE_RAW);
		cq_finding_error(&t->findings, "summary-header", CQ_ERROR, &err);
		return;
	}
	st->summary_ok = true;
}

/* ---- all together ---- */

/* Rows cannot be read: remember why, for whoever asks for them. */
static void no_rows(struct cq_table *t, const struct cq_error *why)
{
	char text[512];

	if (t->no_rows)
		return;
	cq_error_text(why, text, sizeof text);
	t->no_rows = cq_arena_dup(&t->arena, text, strlen(text));
	if (!t->no_rows)
		t->no_rows = "the metadata cannot be read";
}

/* What rows are decoded with. CQ_DAMAGED: there is nothing that says it. */
static int load_types(struct cq_table *t, struct cq_error *err)
{
	char name[256];
	int rc;

	if (t->component[CQ_C_STATISTICS]) {
		rc = load_statistics(t, err);
		return rc == CQ_OK ? shared_make_ctx(t, err) : rc;
	}
	snprintf(name, sizeof name, "%.*s-Statistics.db", (int)t->desc.base.len, (const char *)t->desc.base.p);
	cq_fail(err, CQ_DAMAGED, CQ_NO_OFFSET, "missing: it holds the types that rows are decoded with");
	cq_error_at(err, name, CQ_SPACE_RAW);
	return CQ_DAMAGED;
}

/* Where the bytes of Data.db are. CQ_DAMAGED, CQ_EUNSUPPORTED: it is compressed, and nobody knows how. */
static int load_stream(struct cq_table *t, struct cq_error *err)
{
	t->stream.raw = t->component[CQ_C_DATA];
	t->stream.len = t->stream.raw ? t->stream.raw->size : 0;
	if (t->component[CQ_C_COMPRESSION_INFO])
		return load_compression(t, err);
	if (t->stats.has & CQ_HAS_STATS && t->stats.compression_ratio >= 0) {
		cq_fail(err, CQ_DAMAGED, CQ_NO_OFFSET, "CompressionInfo.db is missing, and Statistics.db says that Data.db is "
			"compressed (ratio %g): its chunks cannot be found", t->stats.compression_ratio);
		cq_error_at(err, t->component[CQ_C_STATISTICS]->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	if (t->component[CQ_C_CRC])
		load_crc(t);
	return CQ_OK;
}

int shared_open(struct cq_table *t, const struct cq_open_options *opt, struct cq_error *err)
{
	struct cq_error local, bad = {0};
	int types, rc;

	if (!err)
		err = &local;
	t->state = calloc(1, sizeof(struct shared_state));
	if (!t->state)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a table");
	types = load_types(t, err);
	if (types < 0 && !(types == CQ_DAMAGED && opt && opt->inspect))
		return types;
	if (types < 0)
		no_rows(t, err);
	rc = load_stream(t, &bad);
	if (rc < 0) {
		no_rows(t, &bad);
		if (!(opt && (opt->metadata_only || (opt->inspect && rc == CQ_DAMAGED)))) {
			*err = bad;
			return rc;
		}
		cq_finding_error(&t->findings, t->component[CQ_C_COMPRESSION_INFO] ? "compression-info" : "compression-info-missing",
			CQ_ERROR, &bad);
	}
	cq_partitioner_init(&t->partitioner, t->stats.partitioner, t->stats.key_type);
	if (t->component[CQ_C_FILTER])
		load_filter(t);
	if (t->component[CQ_C_SUMMARY])
		load_summary(t);
	if (types < 0 || t->no_rows || t->features & CQ_FEAT_METADATA_CHECKSUM)
		return types;
	return shared_settle_udts(t, err);
}

void shared_close(struct cq_table *t)
{
	free(t->state);
	t->state = NULL;
}

/* ---- the filter ---- */

static int filter_bit(struct cq_lookup *l, uint64_t bit, bool old_order, struct cq_error *err)
{
	/* Old order: the words of 8 bytes were written as big-endian numbers. */
	uint64_t byte = old_order ? (bit >> 3) ^ 7 : bit >> 3;
	const uint8_t *p;
	int rc = cq_pages_at(&l->filter, 8 + byte, 1, &p, err);

	return rc < 0 ? rc : *p >> (bit & 7) & 1;
}

static int filter_says(struct cq_lookup *l, cq_slice key, bool old_order, struct cq_error *err)
{
	const struct filter_header *f = &shared_of(l->table)->filter;
	const int64_t capacity = (int64_t)f->words * 64;
	uint64_t h[2], base;

	cq_murmur3(key, h);
	base = h[1];
	for (uint32_t i = 0; i < f->hashes; i++) {
		int64_t index = (int64_t)base % capacity;
		int bit = filter_bit(l, (uint64_t)(index < 0 ? -index : index), old_order, err);

		if (bit <= 0)
			return bit;
		base += h[0];
	}
	return 1;
}

int shared_filter(struct cq_lookup *l, cq_slice key, struct cq_error *err)
{
	const struct shared_state *st = shared_of(l->table);
	int says;

	if (!st->filter_ok)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "the table has no usable Filter.db");
	says = filter_says(l, key, st->filter_old_order, err);
	/* The pre-releases that began `na` still wrote the old order. */
	if (says == 0 && !st->filter_old_order && !strcmp(l->table->format->name, "na") &&
	    !(l->table->features & CQ_FEAT_HOST_ID))
		says = filter_says(l, key, true, err);
	return says;
}

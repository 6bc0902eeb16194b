/* The files beside Data.db and Statistics.db, asked through the explaining reader: filter, compression, summary, trie. */
#include "info.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static bool has_file(const struct info *i, enum cq_component kind)
{
	return i->entry->present & (uint32_t)1 << kind;
}

/* Why a component cannot be asked, NULL when it can. Sets *none when it is just not there. */
static const char *unasked(struct info *i, enum cq_component kind, bool *none)
{
	*none = false;
	if (!has_file(i, kind)) {
		*none = true;
		return NULL;
	}
	if (!i->t)
		return "the table could not be opened";
	if (!i->t->component[kind])
		return info_say(i, "%s could not be opened", cq_component_name(kind));
	return NULL;
}

/* ---- the explaining reader, asked for a few fields ---- */

static void on_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	(void)arg, (void)field, (void)off, (void)index, (void)name;
}

static void on_end(void *arg, uint64_t off, int status)
{
	(void)arg, (void)off, (void)status;
}

static void on_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	struct info_fields *f = arg;

	(void)len;
	if (f->n < CQ_COUNTOF(f->at)) {
		f->at[f->n].field = field;
		f->at[f->n].off = off;
		f->at[f->n].value = value;
		f->at[f->n++].bytes = (cq_slice){0};
	}
}

static void on_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	struct info_fields *f = arg;

	(void)type;
	if (f->n < CQ_COUNTOF(f->at)) {
		const void *copy = cq_arena_dup(f->arena, value.p ? value.p : (const uint8_t *)"", value.len);

		f->at[f->n].field = field;
		f->at[f->n].off = off;
		f->at[f->n].value = 0;
		f->at[f->n++].bytes = cq_slice_of(copy, copy ? value.len : 0);
	}
}

static void on_child(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	(void)arg, (void)unit, (void)index, (void)name;
}

static void on_note(void *arg, unsigned field, uint64_t off, const char *text)
{
	(void)arg, (void)field, (void)off, (void)text;
}

int info_explain(const struct info *i, enum cq_component kind, struct info_fields *out, struct cq_error *err)
{
	static const struct cq_sink sink = { on_begin, on_end, on_number, on_bytes, on_child, on_note };
	const struct cq_trace tr = { &sink, out };
	struct cq_unit u = { .kind = CQ_U_COMPONENT, .component = (int)kind, .space = CQ_SPACE_RAW,
		.len = i->t->component[kind]->size };

	out->arena = (struct cq_arena *)(uintptr_t)&i->arena;
	out->n = 0;
	if (!i->t->format->explain)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "the format %s does not explain its components", i->t->format->name);
	return i->t->format->explain(i->t, &u, &tr, err);
}

bool info_field(const struct info_fields *f, unsigned field, uint64_t *value)
{
	for (unsigned n = 0; n < f->n; n++)
		if (f->at[n].field == field) {
			*value = f->at[n].value;
			return true;
		}
	return false;
}

bool info_field_bytes(const struct info_fields *f, unsigned field, cq_slice *value)
{
	for (unsigned n = 0; n < f->n; n++)
		if (f->at[n].field == field && f->at[n].bytes.p) {
			*value = f->at[n].bytes;
			return true;
		}
	return false;
}

static const char *why_fields(struct info *i, enum cq_component kind, int rc, const struct cq_error *err)
{
	if (rc < 0)
		return info_say_error(i, err);
	return info_say(i, "%s did not tell all of its header", cq_component_name(kind));
}

/* ---- Filter.db ---- */

static int count_bits(const struct cq_space *s, uint64_t off, uint64_t len, uint64_t *set, struct cq_error *err)
{
	enum { PIECE = 256 * 1024 };
	uint8_t *buf = malloc(PIECE);
	int rc = buf ? CQ_OK : cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");

	*set = 0;
	while (rc == CQ_OK && len) {
		size_t n = len < PIECE ? (size_t)len : PIECE;

		rc = cq_space_read(s, off, buf, n, err);
		for (size_t b = 0; rc == CQ_OK && b < n; b += 8) {
			uint64_t w = 0;

			memcpy(&w, buf + b, n - b < 8 ? n - b : 8);
			*set += (unsigned)__builtin_popcountll(w);
		}
		off += n;
		len -= n;
	}
	free(buf);
	return rc;
}

static void gather_filter(struct info *i)
{
	struct info_filter *f = &i->filter;
	struct info_fields fields;
	struct cq_error err = {0};
	uint64_t left;
	int rc;

	f->why = unasked(i, CQ_C_FILTER, &f->none);
	if (f->why || f->none)
		return;
	if (i->t->component[CQ_C_FILTER]->size == 0) {
		f->none = true;
		return;
	}
	rc = info_explain(i, CQ_C_FILTER, &fields, &err);
	if (!info_field(&fields, CQ_F_HASH_COUNT, &f->hashes) || !info_field(&fields, CQ_F_WORD_COUNT, &f->words)) {
		f->why = why_fields(i, CQ_C_FILTER, rc, &err);
		return;
	}
	left = i->t->component[CQ_C_FILTER]->size - 8;
	if (f->words == 0 || f->words != left / 8 || left % 8) {
		f->why = info_say(i, "Filter.db says it has %" PRIu64 " words, and has %" PRIu64 " bytes behind its header", f->words, left);
		return;
	}
	if (i->opt.brief)
		return;
	if (count_bits(i->t->component[CQ_C_FILTER], 8, left, &f->set, &err) != CQ_OK) {
		f->why = info_say_error(i, &err);
		return;
	}
	f->expected_fp = pow((double)f->set / (64.0 * (double)f->words), (double)(int32_t)f->hashes);
}

/* ---- CompressionInfo.db ---- */

/* Which chunks are stored raw, and how many bytes all payloads have. */
static void gather_chunks(struct info *i)
{
	struct info_compression *c = &i->compression;
	const struct cq_chunks *ch = &i->t->chunks;
	enum { BATCH = 8192 };
	uint64_t file_len = i->t->component[CQ_C_DATA] ? i->t->component[CQ_C_DATA]->size : 0;
	uint8_t *buf;
	struct cq_error err = {0};

	if (!i->t->component[CQ_C_DATA]) {
		c->chunks_why = "there is no Data.db";
		return;
	}
	buf = malloc((BATCH + 1) * 8);
	if (!buf) {
		c->chunks_why = "out of memory";
		return;
	}
	for (uint64_t at = 0; at < ch->count && !c->chunks_why; at += BATCH) {
		uint64_t n = ch->count - at < BATCH ? ch->count - at : BATCH, more = at + n < ch->count;

		if (cq_space_read(ch->table, ch->offsets_at + at * 8, buf, (size_t)(n + more) * 8, &err) != CQ_OK) {
			c->chunks_why = info_say_error(i, &err);
			break;
		}
		for (uint64_t k = 0; k < n; k++) {
			uint64_t next = k + 1 < n + more ? cq_be64(buf + 8 * (k + 1)) : file_len;
			struct cq_span span;

			if (cq_chunk_span(ch, at + k, cq_be64(buf + 8 * k), next, file_len, &span, &err) != CQ_OK) {
				c->chunks_why = info_say_error(i, &err);
				break;
			}
			c->payload_bytes += span.len;
			c->raw_chunks += cq_chunk_is_raw(ch, span.len);
		}
	}
	free(buf);
}

static void gather_compression(struct info *i)
{
	struct info_compression *c = &i->compression;
	struct info_fields fields;
	struct info_option *options;
	struct cq_error err = {0};
	cq_slice name;
	size_t n = 0;
	int rc;

	c->why = unasked(i, CQ_C_COMPRESSION_INFO, &c->none);
	if (c->why || c->none)
		return;
	rc = info_explain(i, CQ_C_COMPRESSION_INFO, &fields, &err);
	if (!info_field_bytes(&fields, CQ_F_COMPRESSOR, &name)) {
		c->why = why_fields(i, CQ_C_COMPRESSION_INFO, rc, &err);
		return;
	}
	c->class_name = info_say(i, "%s%.*s", memchr(name.p, '.', name.len) ? "" : "org.apache.cassandra.io.compress.",
		(int)(name.len < 300 ? name.len : 300), (const char *)name.p);
	for (unsigned k = 0; k < fields.n; k++)
		n += fields.at[k].field == CQ_F_OPTION_KEY;
	options = cq_arena_zalloc(&i->arena, n + 1, sizeof *options);
	for (unsigned k = 0; options && k < fields.n; k++) {
		if (fields.at[k].field == CQ_F_OPTION_KEY)
			options[c->noptions++].key = fields.at[k].bytes;
		if (fields.at[k].field == CQ_F_OPTION_VALUE && c->noptions)
			options[c->noptions - 1].value = fields.at[k].bytes;
	}
	c->options = options;
	c->has_max_compressed = i->t->features & CQ_FEAT_MAX_COMPRESSED;
	if (!i->t->stream.chunks) {
		c->chunks_why = "CompressionInfo.db could not be used";
		return;
	}
	c->chunks = i->t->chunks.count;
	if (i->opt.brief)
		c->chunks_why = "not asked for";
	else
		gather_chunks(i);
}

/* ---- Summary.db, Partitions.db ---- */

static void gather_summary(struct info *i, struct info_fields *fields)
{
	struct info_summary *s = &i->summary;
	struct cq_error err = {0};
	int rc;

	fields->n = 0;
	s->why = unasked(i, CQ_C_SUMMARY, &s->none);
	if (s->why || s->none)
		return;
	rc = info_explain(i, CQ_C_SUMMARY, fields, &err);
	if (!info_field(fields, CQ_F_MIN_INDEX_INTERVAL, &s->interval) || !info_field(fields, CQ_F_SUMMARY_COUNT, &s->entries)
		|| !info_field(fields, CQ_F_SUMMARY_SIZE, &s->bytes) || !info_field(fields, CQ_F_SAMPLING_LEVEL, &s->level)
		|| !info_field(fields, CQ_F_FULL_SAMPLING_SIZE, &s->full_entries))
		s->why = why_fields(i, CQ_C_SUMMARY, rc, &err);
	else if (rc < 0)
		s->why = info_say_error(i, &err);
}

static void gather_trie(struct info *i)
{
	struct info_trie *t = &i->trie;
	struct info_fields fields;
	struct cq_error err = {0};
	int rc;

	t->why = unasked(i, CQ_C_PARTITIONS, &t->none);
	if (t->why || t->none)
		return;
	rc = info_explain(i, CQ_C_PARTITIONS, &fields, &err);
	if (!info_field(&fields, CQ_F_PARTITION_COUNT, &t->keys) || !info_field(&fields, CQ_F_ROOT_POSITION, &t->root))
		t->why = why_fields(i, CQ_C_PARTITIONS, rc, &err);
	else if (rc < 0)
		t->why = info_say_error(i, &err);
	info_field_bytes(&fields, CQ_F_FIRST_KEY, &t->first);
	info_field_bytes(&fields, CQ_F_LAST_KEY, &t->last);
}

void info_files(struct info *i, struct info_fields *summary)
{
	gather_filter(i);
	gather_compression(i);
	gather_summary(i, summary);
	gather_trie(i);
}

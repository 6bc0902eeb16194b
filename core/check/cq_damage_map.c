/* The head of CompressionInfo.db, and the block length of CRC.db: a few dozen bytes on which everything else depends. When chunks do not
 * fit what they say, every single bit of them is tried, and what then fits is the answer. */
#include <inttypes.h>
#include <stdlib.h>

#include "cq_damage_priv.h"

struct variant {
	const struct cq_sst_entry *e;
	cq_slice bytes;                /* of the component that is put in another's place */
	enum cq_component kind;
};

static bool is_file(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n > m && path[n - m - 1] == '-' && !strcmp(path + n - m, name);
}

/* Only what is needed to find chunks. */
static int variant_space(void *arg, const char *path, struct cq_space **out, struct cq_error *err)
{
	const struct variant *v = arg;

	if (is_file(path, cq_component_name(v->kind)))
		return cq_space_open_memory(out, v->bytes, cq_component_name(v->kind), err);
	return is_file(path, "Data.db") ? cq_space_open_file(out, path, err) : CQ_NOT_FOUND;
}

/* The first, the middle and the last chunks of a table (all when they are few) are good, and there are as many as the data needs. */
static bool fits(const struct cq_table *t)
{
	const struct cq_stream *s = &t->stream;
	struct cq_arena scratch = {0};
	struct cq_looker k;
	uint64_t need, step;
	bool good = true;

	if (!s->chunks && !s->crcs)
		return false;
	cq_looker_init(&k, t, false, &scratch, 0);
	need = s->chunks ? (s->len + s->chunks->chunk_len - 1) / s->chunks->chunk_len : k.units;
	good = k.units && (k.units == need || k.units == need + 1);
	if (s->chunks)
		good = good && s->chunks->table->size == s->chunks->offsets_at + 8 * s->chunks->count;
	step = k.units > 8 ? k.units / 8 : 1;
	for (uint64_t i = 0; good && i < k.units; i += step)
		good = cq_unit_look(&k, i, true, NULL, NULL) == 0;
	for (uint64_t i = k.units > 2 ? k.units - 2 : 0; good && i < k.units; i++)
		good = cq_unit_look(&k, i, true, NULL, NULL) == 0;
	cq_looker_finish(&k);
	cq_arena_finish(&scratch);
	return good;
}

static const char *difference(struct cq_arena *a, const struct cq_table *was, const struct cq_table *is, const struct cq_suspect *s)
{
	const struct cq_chunks *x = was->stream.chunks, *y = is->stream.chunks;

	if (s->component == CQ_C_CRC)
		return cq_arena_printf(a, "a block length of %u", is->stream.crc_block);
	if (x && y && x->data_len != y->data_len)
		return cq_arena_printf(a, "a data length of %" PRIu64 " instead of %" PRIu64, y->data_len, x->data_len);
	if (x && y && x->chunk_len != y->chunk_len)
		return cq_arena_printf(a, "a chunk length of %u instead of %u", y->chunk_len, x->chunk_len);
	if (x && y && x->max_compressed != y->max_compressed)
		return cq_arena_printf(a, "a longest compressed chunk of %u instead of %u", y->max_compressed, x->max_compressed);
	if (x && y && x->codec != y->codec)
		return cq_arena_printf(a, "%s instead of %s", cq_codec_name(y->codec), cq_codec_name(x->codec));
	if (x && y && x->count != y->count)
		return cq_arena_printf(a, "%" PRIu64 " chunks instead of %" PRIu64, y->count, x->count);
	return y ? cq_arena_printf(a, "%s, chunks of %u bytes, %" PRIu64 " bytes of data in %" PRIu64 " chunks", cq_codec_name(y->codec), y->chunk_len,
		y->data_len, y->count) : "";
}

void cq_look_map(struct cq_damage *d, const struct cq_table *t, const struct cq_sst_entry *e, struct cq_arena *a)
{
	const bool compressed = cq_sst_file(e, CQ_C_COMPRESSION_INFO);
	struct variant v = { .e = e, .kind = compressed ? CQ_C_COMPRESSION_INFO : CQ_C_CRC };
	const struct cq_component_file *f = cq_sst_file(e, v.kind);
	const struct cq_open_options opt = { .no_schema_file = true, .metadata_only = true, .inspect = true,
		.open_space = variant_space, .arg = &v };
	struct cq_reader r = {0};
	struct cq_space *space = NULL;
	uint64_t head = !compressed ? 4 : t->stream.chunks ? t->stream.chunks->offsets_at : 192;
	const uint8_t *p;
	uint8_t *copy = NULL;

	if (!f || f->bytes > 64 << 20 || cq_space_open_file(&space, f->path, NULL) != CQ_OK)
		return;
	r.space = space;
	/* Options may make it longer; one in ten thousand tables has any. */
	if (head > 192)
		head = 192;
	if (space->size && cq_reader_get(&r, 0, (size_t)space->size, &p, NULL) == CQ_OK && (copy = malloc((size_t)space->size)) != NULL)
		memcpy(copy, p, (size_t)space->size);
	v.bytes = cq_slice_of(copy, copy ? (size_t)space->size : 0);
	for (uint64_t i = 0; copy && i < head && i < space->size && !d->map_bit.set; i++) {
		for (unsigned bit = 0; bit < 8 && !d->map_bit.set; bit++) {
			struct cq_table *other;

			copy[i] ^= (uint8_t)(1u << bit);
			if (cq_table_open(&other, e->data_path, &opt, NULL) == CQ_OK) {
				if (fits(other)) {
					d->map_bit = (struct cq_suspect){ .set = true, .component = (int)v.kind, .space = CQ_SPACE_RAW,
						.off = i, .bit = bit, .found = copy[i] ^ (uint8_t)(1u << bit), .expected = copy[i] };
					d->map_text = difference(a, t, other, &d->map_bit);
				}
				cq_table_close(other);
			}
			copy[i] ^= (uint8_t)(1u << bit);
		}
	}
	free(copy);
	free(r.buf);
	cq_space_close(space);
}

/* What tests of reading around damage share: a table in memory, which may be damaged there, and what it was before. */
#ifndef CQ_TEST_IMAGES_H
#define CQ_TEST_IMAGES_H
#include "cq_format.h"
#include "cq_hash.h"
#include "cq_index.h"
#include "files.h"
#include "tables.h"

/* ---- a table in memory ---- */

struct image {
	cq_slice file[CQ_C_KINDS];
	bool has[CQ_C_KINDS];
	uint8_t *own[CQ_C_KINDS];              /* copies that may be changed */
};

static const int kinds[] = { CQ_C_DATA, CQ_C_INDEX, CQ_C_SUMMARY, CQ_C_FILTER, CQ_C_STATISTICS, CQ_C_COMPRESSION_INFO, CQ_C_CRC,
	CQ_C_PARTITIONS, CQ_C_ROWS };

static CQ_UNUSED void image_load(struct image *im, const char *path)
{
	size_t stem = strlen(path) - strlen("Data.db"), n;

	*im = (struct image){0};
	for (size_t i = 0; i < CQ_COUNTOF(kinds); i++) {
		char name[1024];

		snprintf(name, sizeof name, "%.*s%s", (int)stem, path, cq_component_name((enum cq_component)kinds[i]));
		im->own[kinds[i]] = slurp_if(name, &n);
		im->has[kinds[i]] = im->own[kinds[i]];
		im->file[kinds[i]] = cq_slice_of(im->own[kinds[i]], n);
	}
	assert_true(im->has[CQ_C_DATA] && im->has[CQ_C_STATISTICS]);
}

static CQ_UNUSED void image_finish(struct image *im)
{
	for (int k = 0; k < CQ_C_KINDS; k++)
		free(im->own[k]);
	*im = (struct image){0};
}

static CQ_UNUSED void image_copy(struct image *to, const struct image *from)
{
	*to = (struct image){0};
	for (int k = 0; k < CQ_C_KINDS; k++) {
		if (!from->has[k])
			continue;
		to->has[k] = true;
		to->own[k] = malloc(from->file[k].len + 1);
		memcpy(to->own[k], from->file[k].p, from->file[k].len);
		to->file[k] = cq_slice_of(to->own[k], from->file[k].len);
	}
}

static CQ_UNUSED int open_space(void *arg, const char *path, struct cq_space **out, struct cq_error *err)
{
	const struct image *im = arg;
	const char *name = strrchr(path, '-') + 1;

	for (int k = 0; k < CQ_C_KINDS; k++)
		if (im->has[k] && !strcmp(name, cq_component_name((enum cq_component)k)))
			return cq_space_open_memory(out, im->file[k], path, err);
	return CQ_NOT_FOUND;
}

static CQ_UNUSED int image_open(struct image *im, const char *path, struct cq_table **out, struct cq_error *err)
{
	const struct cq_open_options opt = { .no_schema_file = true, .open_space = open_space, .arg = im };

	return cq_table_open(out, path, &opt, err);
}

/* CRC.db anew, over blocks of this size: small ones make small tables interesting. */
static CQ_UNUSED void image_blocks(struct image *im, uint32_t block)
{
	cq_slice data = im->file[CQ_C_DATA];
	size_t n = (data.len + block - 1) / block;
	uint8_t *p = malloc(4 + 4 * n);

	cq_put_be32(p, block);
	for (size_t i = 0; i < n; i++) {
		size_t len = data.len - i * block < block ? data.len - i * block : block;

		cq_put_be32(p + 4 + 4 * i, cq_crc32(0, data.p + i * block, len));
	}
	free(im->own[CQ_C_CRC]);
	im->own[CQ_C_CRC] = p;
	im->file[CQ_C_CRC] = cq_slice_of(p, 4 + 4 * n);
	im->has[CQ_C_CRC] = true;
}

/* ---- the healthy table ---- */

struct span {
	uint64_t off, end;
};

struct spans {
	struct span *v;
	size_t n, cap;
};

static CQ_UNUSED void spans_add(struct spans *s, uint64_t off, uint64_t end)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->v = realloc(s->v, s->cap * sizeof *s->v);
	}
	s->v[s->n++] = (struct span){ off, end };
}

static CQ_UNUSED bool spans_touch(const struct spans *s, uint64_t off, uint64_t end)
{
	for (size_t i = 0; i < s->n; i++)
		if (off < s->v[i].end && end > s->v[i].off)
			return true;
	return false;
}

struct healthy {
	const char *path;
	struct image image;
	struct events events;
	uint64_t len;                          /* of the stream */
	uint32_t step;                         /* bytes a checksum covers, decompressed; 0: there are none */
	uint64_t *chunk;                       /* raw offsets of chunks, and the end; NULL: not compressed */
	size_t nchunks;
	uint64_t offsets_at;
	uint64_t *entry;                       /* for every event: the last place at or before it where a reader may begin */
	size_t *part;                          /* for every event: its partition */
};

/* Blocks of the partitions: places to begin at. */
static CQ_UNUSED void healthy_entries(struct healthy *h, const struct cq_table *t)
{
	struct spans blocks = {0};
	struct cq_index_entry e;
	struct cq_index *x = NULL;
	size_t b = 0;

	if (cq_index_open(&x, t, NULL) == CQ_OK) {
		while (cq_index_next(x, &e, NULL) == CQ_OK) {
			struct cq_index_rows rows;
			struct cq_index_block blk;

			if (e.wide && cq_index_rows(x, &e, &rows, NULL) == CQ_OK)
				while (cq_index_block(x, &blk, NULL) == CQ_OK && !blk.end)
					spans_add(&blocks, e.data_off + blk.start, 0);
		}
	}
	cq_index_close(x);
	h->entry = malloc((h->events.n + 1) * sizeof *h->entry);
	h->part = malloc((h->events.n + 1) * sizeof *h->part);
	for (size_t p = 0; p < h->events.nparts; p++) {
		const struct part *part = &h->events.part[p];
		uint64_t at = part->off;

		for (size_t i = part->first; i < part->first + part->n; i++) {
			while (b < blocks.n && blocks.v[b].off <= h->events.v[i].off)
				at = blocks.v[b].off > at ? blocks.v[b].off : at, b++;
			h->entry[i] = at;
			h->part[i] = p;
		}
	}
	free(blocks.v);
}

static CQ_UNUSED void healthy_load(struct healthy *h, const char *path, uint32_t block)
{
	struct cq_error err = {0};
	struct cq_table *t;

	*h = (struct healthy){ .path = path };
	image_load(&h->image, path);
	if (block && !h->image.has[CQ_C_COMPRESSION_INFO])
		image_blocks(&h->image, block);
	if (image_open(&h->image, path, &t, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	events_read(&h->events, t, NULL);
	h->len = t->stream.len;
	if (t->stream.chunks) {
		h->step = t->chunks.chunk_len;
		h->nchunks = (size_t)t->chunks.count;
		h->offsets_at = t->chunks.offsets_at;
		h->chunk = malloc((h->nchunks + 1) * sizeof *h->chunk);
		for (size_t i = 0; i < h->nchunks; i++)
			h->chunk[i] = cq_be64(h->image.file[CQ_C_COMPRESSION_INFO].p + h->offsets_at + 8 * i);
		h->chunk[h->nchunks] = h->image.file[CQ_C_DATA].len;
	} else if (t->stream.crcs) {
		h->step = t->stream.crc_block;
	}
	healthy_entries(h, t);
	cq_table_close(t);
}

static CQ_UNUSED void healthy_finish(struct healthy *h)
{
	image_finish(&h->image);
	events_finish(&h->events);
	free(h->chunk);
	free(h->entry);
	free(h->part);
}

#endif

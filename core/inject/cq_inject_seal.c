/* What follows from the edits before anything is written: chunks (cq_inject_chunks.c), then the checksums of files and sections. */
#include "cq_inject_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_hash.h"

/* ---- bytes that replace a file's ---- */

int inject_remake(struct cq_inject *in, struct inject_file *f, uint8_t **out, struct cq_error *err)
{
	struct cq_space *s;
	uint8_t *p;
	int rc;

	if (f->remade) {
		*out = (uint8_t *)(uintptr_t)f->bytes;
		return CQ_OK;
	}
	rc = cq_space_open_file(&s, f->path, err);
	if (rc != CQ_OK)
		return rc;
	p = s->size <= INJECT_MEMORY ? cq_arena_alloc(&in->arena, (size_t)s->size + 1) : NULL;
	rc = p ? (s->size ? cq_space_read(s, 0, p, (size_t)s->size, err) : CQ_OK) : inject_nomem(err);
	if (rc == CQ_OK) {
		f->bytes = p;
		f->len = s->size;
		f->remade = f->followed = true;
		*out = p;
	}
	cq_space_close(s);
	return rc;
}

bool inject_all_fixed(const struct inject_edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (!e->v[i].fix)
			return false;
	return true;
}

/* ---- checksums of whole files ---- */

static int seal_digest(struct cq_inject *in, const struct inject_file *data, struct cq_error *err)
{
	struct inject_file *f = inject_file_of(in, CQ_C_DIGEST);
	struct inject_reader r;
	uint8_t *page, *old;
	uint32_t crc = 0;
	char text[16];
	size_t got = 1;
	int rc;

	if (!f || inject_touched(f) || strcmp(f->name, "Digest.crc32") != 0)
		return CQ_OK;
	page = malloc(1 << 20);
	if (!page)
		return inject_nomem(err);
	rc = inject_reader_open(&r, in, data, CQ_SPACE_RAW, err);
	while (rc == CQ_OK && got) {
		rc = inject_reader_read(&r, page, 1 << 20, &got, err);
		if (rc == CQ_OK)
			crc = cq_crc32(crc, page, got);
		if (rc == CQ_OK && inject_stopped(in))
			rc = cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
	}
	inject_reader_close(&r);
	free(page);
	if (rc == CQ_OK)
		rc = inject_remake(in, f, &old, err);
	if (rc != CQ_OK)
		return rc;
	f->len = (uint64_t)snprintf(text, sizeof text, "%" PRIu32, crc);
	f->bytes = cq_arena_dup(&in->arena, text, (size_t)f->len);
	return f->bytes ? CQ_OK : inject_nomem(err);
}

/* CRC.db of a table that is not compressed. */
static int seal_blocks(struct cq_inject *in, const struct inject_file *data, struct cq_error *err)
{
	struct inject_file *f = inject_file_of(in, CQ_C_CRC);
	const uint64_t block = in->t->stream.crc_block;
	const struct inject_edits *e = &data->edits;
	uint64_t len = data->len, blocks, had, old_blocks, k = 0;
	struct inject_reader r;
	uint8_t *old, *p, *page;
	bool shifts = false;
	size_t got;
	int rc;

	if (!f || inject_touched(f) || !block || in->t->stream.chunks)
		return CQ_OK;
	rc = inject_remake(in, f, &old, err);
	if (rc != CQ_OK)
		return rc;
	for (size_t i = 0; i < e->n; i++) {
		len += e->v[i].n - e->v[i].len;
		shifts |= e->v[i].n != e->v[i].len;
	}
	had = f->len < 4 ? 0 : (f->len - 4) / 4;
	old_blocks = (data->len + block - 1) / block;
	blocks = (len + block - 1) / block;
	if (!shifts)
		blocks = had;                          /* whatever the source has */
	else if (had == old_blocks + 1)
		blocks++;                              /* the one of nothing at the end */
	p = cq_arena_zalloc(&in->arena, (size_t)blocks * 4 + 4, 1);
	page = malloc((size_t)block);
	if (!p || !page) {
		free(page);
		return inject_nomem(err);
	}
	memcpy(p, old, (size_t)(f->len < 4 + 4 * blocks ? f->len : 4 + 4 * blocks));
	rc = inject_reader_open(&r, in, data, CQ_SPACE_RAW, err);
	for (; rc == CQ_OK && k < blocks; k++) {
		bool dirty = false, keep = false, moved = false;

		rc = inject_reader_read(&r, page, (size_t)block, &got, err);
		for (size_t i = 0; i < e->n; i++) {
			const struct inject_edit *v = &e->v[i];
			bool here = v->off < (k + 1) * block && (v->off + v->len > k * block || (!v->len && v->off >= k * block));

			dirty |= here;
			keep |= here && !v->fix;
			moved |= v->n != v->len && v->off < (k + 1) * block;
		}
		if (rc == CQ_OK && (dirty || moved) && !keep)
			cq_put_be32(p + 4 + 4 * k, got ? cq_crc32(0, page, got) : 0);
	}
	inject_reader_close(&r);
	free(page);
	f->bytes = p;
	f->len = 4 + 4 * blocks;
	return rc;
}

/* Checksums of the sections of Statistics.db. */
static int seal_statistics(struct cq_inject *in, struct cq_error *err)
{
	struct inject_file *f = inject_file_of(in, CQ_C_STATISTICS);
	cq_nid top = cq_doc_component(in->doc, CQ_C_STATISTICS);
	uint64_t start = 0, len = 0;
	int rc;

	if (!f || inject_touched(f) || !f->edits.n || !(in->t->features & CQ_FEAT_METADATA_CHECKSUM) || !top)
		return CQ_OK;
	rc = cq_doc_expand(in->doc, top, err);
	for (cq_nid id = cq_doc_first(in->doc, top); rc == CQ_OK && id; id = cq_doc_next(in->doc, id)) {
		bool dirty = false, keep = false, directory;
		struct cq_node n;
		uint8_t *p, crc[4];

		if (!cq_doc_node(in->doc, id, &n))
			continue;
		if (n.field != CQ_F_SECTION_CRC && n.field != CQ_F_COUNT_CRC && n.field != CQ_F_DIRECTORY_CRC) {
			start = n.off;
			len = n.len;
			continue;
		}
		directory = n.field == CQ_F_DIRECTORY_CRC;       /* of the count and the directory, not of the checksum between */
		if (directory) {
			start = 0;
			len = n.off;
		}
		for (size_t i = 0; i < f->edits.n; i++) {
			const struct inject_edit *e = &f->edits.v[i];

			if (e->off + e->len <= start || e->off >= n.off + 4 || (directory && e->off >= 4 && e->off + e->len <= 8))
				continue;
			dirty |= e->off < start + len;
			keep |= !e->fix || e->n != e->len || e->off + e->len > n.off;
		}
		if (!dirty || keep)
			continue;
		p = malloc((size_t)len + 1);
		if (!p)
			return inject_nomem(err);
		rc = cq_inject_read(in, CQ_C_STATISTICS, CQ_SPACE_RAW, start, p, (size_t)len, err);
		cq_put_be32(crc, directory && len >= 8 ? cq_crc32(cq_crc32(0, p, 4), p + 8, (size_t)len - 8) :
			cq_crc32(0, p, (size_t)len));
		free(p);
		if (rc == CQ_OK)
			rc = cq_inject_replace(in, CQ_C_STATISTICS, CQ_SPACE_RAW, n.off, 4, cq_slice_of(crc, 4), 0, err);
	}
	return rc;
}

int inject_seal(struct cq_inject *in, struct cq_error *err)
{
	struct inject_file *data = inject_file_of(in, CQ_C_DATA);
	bool stream_changed = in->image->stream.n, fixed;
	struct cq_injected all = { .fix = true };
	int rc;

	if (!data)
		return CQ_OK;
	in->now = &all;
	in->image->follows = true;
	/* The digest stays as soon as any fault wants one of Data.db's checksums to stay. */
	fixed = inject_all_fixed(&in->image->stream) && inject_all_fixed(&data->edits) && !inject_touched(data);
	rc = inject_fix_chunks(in, err);
	if (rc == CQ_OK)
		rc = inject_seal_stream(in, err);
	if (rc == CQ_OK && data->edits.n && !inject_touched(data) && !in->t->stream.chunks && !stream_changed)
		rc = seal_blocks(in, data, err);
	if (rc == CQ_OK && data->edits.n && fixed)
		rc = seal_digest(in, data, err);
	if (rc == CQ_OK)
		rc = seal_statistics(in, err);
	return rc;
}

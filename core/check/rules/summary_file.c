#include "summary_file.h"

#include <inttypes.h>

enum { KEY_MAX = 65535 };

bool summary_open(struct summary_file *f, const struct cq_table *t)
{
	*f = (struct summary_file){0};
	if (!t->component[CQ_C_SUMMARY] || !cq_summary_info(t, &f->info))
		return false;
	cq_pages_init(&f->pages, t->component[CQ_C_SUMMARY]);
	return true;
}

void summary_close(struct summary_file *f)
{
	cq_pages_finish(&f->pages);
}

static int wrong(struct summary_file *f, uint64_t off, struct cq_error *err)
{
	cq_error_at(err, f->pages.space->name, CQ_SPACE_RAW);
	if (err && err->off == CQ_NO_OFFSET)
		err->off = off;
	return CQ_DAMAGED;
}

int summary_sample(struct summary_file *f, uint64_t i, struct summary_sample *out, struct cq_error *err)
{
	const struct cq_summary_info *h = &f->info;
	uint64_t off, next, at = h->at + 4 * i;
	const uint8_t *p;
	int rc = cq_pages_at(&f->pages, at, i + 1 < h->n ? 8 : 4, &p, err);

	if (rc != CQ_OK)
		return rc;
	off = cq_le32(p);
	next = i + 1 < h->n ? cq_le32(p + 4) : h->size;
	*out = (struct summary_sample){ .off = h->at + off, .len = next - off, .offset_at = at };
	if (off < 4 * (uint64_t)h->n || next > h->size || next < off || next - off < 8 || next - off > KEY_MAX + 8) {
		cq_fail(err, CQ_DAMAGED, at, "entry %" PRIu64 " of %u should lie inside the entries (%" PRIu64 " to %" PRIu64
			"), with 8 bytes behind its key; found %" PRIu64 " to %" PRIu64, i, h->n, 4 * (uint64_t)h->n, h->size, off, next);
		return wrong(f, at, err);
	}
	rc = cq_pages_at(&f->pages, out->off, (size_t)out->len, &p, err);
	if (rc != CQ_OK)
		return rc;
	out->key = cq_slice_of(p, (size_t)out->len - 8);
	out->position = cq_le64(p + out->len - 8);
	return CQ_OK;
}

static int end_key(struct summary_file *f, uint64_t at, struct cq_buf *out, uint64_t *end, struct cq_error *err)
{
	const uint64_t size = f->pages.space->size;
	const uint8_t *p;
	uint64_t len;
	int rc;

	if (at > size || size - at < 4) {
		cq_fail(err, CQ_DAMAGED, at, "expected the length of a key, found the end of the file");
		return wrong(f, at, err);
	}
	rc = cq_pages_at(&f->pages, at, 4, &p, err);
	if (rc != CQ_OK)
		return rc;
	len = cq_be32(p);
	if (len > size - at - 4 || len > KEY_MAX) {
		cq_fail(err, CQ_DAMAGED, at, "length of a key: expected at most the %" PRIu64 " bytes that follow, found %" PRIu64,
			size - at - 4, len);
		return wrong(f, at, err);
	}
	rc = cq_pages_at(&f->pages, at + 4, (size_t)len, &p, err);
	if (rc != CQ_OK)
		return rc;
	cq_buf_clear(out);
	cq_buf_put(out, p, (size_t)len);
	*end = at + 4 + len;
	return CQ_OK;
}

int summary_ends(struct summary_file *f, struct summary_ends *out, struct cq_error *err)
{
	int rc;

	out->first_at = f->info.at + f->info.size;
	rc = end_key(f, out->first_at, &out->first, &out->last_at, err);
	return rc == CQ_OK ? end_key(f, out->last_at, &out->last, &out->end, err) : rc;
}

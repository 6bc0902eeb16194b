#include "cq_pages.h"

#include <stdlib.h>

void cq_pages_init(struct cq_pages *g, const struct cq_space *space)
{
	*g = (struct cq_pages){ .space = space };
}

void cq_pages_finish(struct cq_pages *g)
{
	free(g->mem);
	free(g->scratch);
	*g = (struct cq_pages){0};
}

static int page(struct cq_pages *g, uint64_t number, const uint8_t **p, struct cq_error *err)
{
	size_t slot = number % CQ_PAGES_KEPT;
	uint64_t start = number * CQ_PAGE, n = g->space->size - start;

	*p = g->mem + slot * CQ_PAGE;
	if (g->tag[slot] == number + 1)
		return CQ_OK;
	g->tag[slot] = 0;
	if (cq_space_read(g->space, start, g->mem + slot * CQ_PAGE, n < CQ_PAGE ? (size_t)n : CQ_PAGE, err) < 0)
		return err ? err->code : CQ_EIO;
	g->tag[slot] = number + 1;
	return CQ_OK;
}

int cq_pages_at(struct cq_pages *g, uint64_t off, size_t n, const uint8_t **p, struct cq_error *err)
{
	uint64_t first = off / CQ_PAGE, in = off % CQ_PAGE;
	struct cq_error local;
	int rc;

	if (off > g->space->size || n > g->space->size - off)
		return cq_space_read(g->space, off, NULL, n, err);     /* says what is wrong; reads nothing */
	if (!g->mem && !(g->mem = malloc((size_t)CQ_PAGE * CQ_PAGES_KEPT)))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for pages");
	if (!err)
		err = &local;
	if (n == 0 || off == g->space->size) {
		*p = g->mem;
		return CQ_OK;
	}
	if (in + n <= CQ_PAGE) {
		rc = page(g, first, p, err);
		*p += in;
		return rc;
	}
	if (g->scratch_cap < n) {
		uint8_t *s = realloc(g->scratch, n);

		if (!s)
			return cq_fail(err, CQ_ENOMEM, off, "no memory for %zu bytes", n);
		g->scratch = s;
		g->scratch_cap = n;
	}
	*p = g->scratch;
	return cq_space_read(g->space, off, g->scratch, n, err);
}

int cq_pages_some(struct cq_pages *g, uint64_t off, size_t n, cq_slice *out, struct cq_error *err)
{
	const uint8_t *p = NULL;
	int rc;

	if (off >= g->space->size) {
		*out = cq_slice_of("", 0);
		return CQ_OK;
	}
	if (n > g->space->size - off)
		n = (size_t)(g->space->size - off);
	rc = cq_pages_at(g, off, n, &p, err);
	*out = cq_slice_of(p, n);
	return rc;
}

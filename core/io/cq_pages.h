/* cq_pages - small reads from anywhere in a file, through a few cached pages.
 *
 *     struct cq_pages g;
 *     cq_pages_init(&g, space);
 *     if (cq_pages_at(&g, off, 8, &p, &err) == CQ_OK) position = cq_le64(p);
 *     cq_pages_finish(&g);
 *
 * What look-ups read with: filters, summaries and tries stay in their files. The pointer is borrowed until the next call
 * on the same cache. Not thread safe. */
#ifndef CQ_PAGES_H
#define CQ_PAGES_H
#include "cq_space.h"

enum { CQ_PAGE = 4096, CQ_PAGES_KEPT = 64 };

struct cq_pages {
	const struct cq_space *space;
	uint8_t *mem;                          /* CQ_PAGES_KEPT pages, made at the first read */
	uint64_t tag[CQ_PAGES_KEPT];           /* page number + 1, 0: empty */
	uint8_t *scratch;                      /* for what crosses a page */
	size_t scratch_cap;
};

CQ_API void cq_pages_init(struct cq_pages *g, const struct cq_space *space);
CQ_API void cq_pages_finish(struct cq_pages *g);

/* n bytes at off. CQ_DAMAGED when they pass the end of the file. */
CQ_API int cq_pages_at(struct cq_pages *g, uint64_t off, size_t n, const uint8_t **p, struct cq_error *err);

/* As many as there are up to n: for decoding something whose length is not known yet. */
CQ_API int cq_pages_some(struct cq_pages *g, uint64_t off, size_t n, cq_slice *out, struct cq_error *err);

#endif

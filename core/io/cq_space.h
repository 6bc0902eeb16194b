/* cq_space - where bytes come from: a small table of functions, filled here for files and memory.
 *
 *     struct cq_space *s;
 *     if (cq_space_open_file(&s, "nb-1-big-Data.db", &err) == CQ_OK) {
 *             rc = cq_space_read(s, 0, buf, n, &err);
 *             cq_space_close(s);
 *     }
 *
 * Reads are positional, exact (all n bytes or an error) and thread safe. Files are read with pread, never mapped: one
 * that shrinks under us is an error, not a SIGBUS. A browser's Blob, an archive member or an object store is one
 * more struct cq_space_ops. */
#ifndef CQ_SPACE_H
#define CQ_SPACE_H
#include "cq_base.h"

struct cq_space;

struct cq_space_ops {
	/* off + n <= size has been checked. */
	int (*read)(const struct cq_space *s, uint64_t off, void *buf, size_t n, struct cq_error *err);
	void (*close)(struct cq_space *s);
};

/* Embed as the first member of a space of your own. */
struct cq_space {
	const struct cq_space_ops *ops;
	uint64_t size;             /* bytes, fixed when opened */
	const char *name;          /* for messages; owned by the space */
};

CQ_API int cq_space_open_file(struct cq_space **out, const char *path, struct cq_error *err);

/* A space over the caller's bytes, which must outlive it. name is copied. */
CQ_API int cq_space_open_memory(struct cq_space **out, cq_slice bytes, const char *name, struct cq_error *err);

/* Exactly n bytes from off. A range beyond size is CQ_DAMAGED: the file ends before what it was said to hold. */
CQ_API int cq_space_read(const struct cq_space *s, uint64_t off, void *buf, size_t n, struct cq_error *err);

/* Accepts NULL. */
CQ_API void cq_space_close(struct cq_space *s);

#endif

/* cq_textfile - a small text file as one piece of memory.
 *
 * For TOC.txt, manifest.json, schema.cql and transaction logs: they are read whole because they are small, and limit says
 * how small. What CQLite reads otherwise goes through byte spaces. */
#ifndef CQ_TEXTFILE_H
#define CQ_TEXTFILE_H
#include "cq_arena.h"
#include "cq_base.h"

/* Read the whole file into the arena; a NUL follows out->len bytes. CQ_EIO when it cannot be read, CQ_DAMAGED when it
 * is longer than limit bytes, CQ_NOT_FOUND when there is no such file (err is filled for that too), CQ_ENOMEM. */
CQ_API int cq_textfile_read(struct cq_arena *arena, const char *path, size_t limit, cq_slice *out, struct cq_error *err);

#endif

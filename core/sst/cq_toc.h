/* cq_toc - TOC.txt: the names of an SSTable's components, one a line, in no particular order.
 *
 * It is not to be trusted as the list of files: SASI tables up to 4.0 list only their index or all but it, 5.0 forgets
 * one SAI component, and offline tools delete a listed Summary.db. It does tell a compressed table whose
 * CompressionInfo.db is gone from an uncompressed one. */
#ifndef CQ_TOC_H
#define CQ_TOC_H
#include "cq_arena.h"
#include "cq_desc.h"

struct cq_toc_entry {
	cq_slice name;
	enum cq_component kind;
	uint64_t off;              /* byte in the file */
};

struct cq_toc {
	struct cq_toc_entry *entries;
	size_t n;
	uint32_t listed;           /* 1 << kind for each kind */
	bool unterminated;         /* the last line has no line end: the file may be cut */
};

/* Lines may end in \n or \r\n; empty ones are skipped. Names are borrowed from text. CQ_DAMAGED on a control character
 * or a '/' in a name (the offset is its byte): then it is not a TOC. CQ_ENOMEM. */
CQ_API int cq_toc_parse(struct cq_arena *arena, cq_slice text, struct cq_toc *out, struct cq_error *err);
/* The same from a file of at most 1 MiB, names in the arena. CQ_NOT_FOUND when there is no file. */
CQ_API int cq_toc_read(struct cq_arena *arena, const char *path, struct cq_toc *out, struct cq_error *err);

#endif

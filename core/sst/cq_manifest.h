/* cq_manifest - manifest.json of a snapshot: which Data.db files it holds, and since 4.1 when it was made.
 *
 *     3.0 to 4.0   {"files":["nb-1-big-Data.db",".idx/nb-1-big-Data.db"]}
 *     4.1          and "created_at":"2026-11-23T01:48:15.816Z","expires_at":null
 *     5.0          and "ephemeral" : false
 *
 * Source: SnapshotManifest.java of 5.0. */
#ifndef CQ_MANIFEST_H
#define CQ_MANIFEST_H
#include "cq_arena.h"
#include "cq_base.h"

struct cq_manifest {
	cq_slice *files;                 /* relative to the snapshot's directory */
	size_t nfiles;
	cq_slice created_at, expires_at; /* ISO instants as written; p == NULL: not said, or null */
	bool has_ephemeral, ephemeral;
	size_t unknown;                  /* members of the object with names not listed here */
};

/* CQ_DAMAGED when text is not JSON (err->off is the byte) or not of this shape. All of *out lives in the arena. */
CQ_API int cq_manifest_parse(struct cq_arena *arena, cq_slice text, struct cq_manifest *out, struct cq_error *err);
/* The same from a file of at most 64 MiB. CQ_NOT_FOUND when there is no file. */
CQ_API int cq_manifest_read(struct cq_arena *arena, const char *path, struct cq_manifest *out, struct cq_error *err);

#endif

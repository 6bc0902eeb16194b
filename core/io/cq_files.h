/* cq_files - files that we write, and where a user's own ones are.
 *
 *     cq_user_path("XDG_DATA_HOME", ".local/share", "bookmarks.tsv", path, sizeof path);
 *     cq_make_folders(path);
 *     cq_write_whole(path, bytes, false, &err);               there whole, or as it was
 *
 * Nothing here touches a file of Cassandra's. */
#ifndef CQ_FILES_H
#define CQ_FILES_H
#include "cq_base.h"

/* $variable/cqlite/name, or $HOME/otherwise/cqlite/name. False: neither is set to an absolute path, or it does not fit. */
CQ_API bool cq_user_path(const char *variable, const char *otherwise, const char *name, char *out, size_t n);
/* The folders above path that are missing, for the user alone. What cannot be made shows when the file is written. */
CQ_API void cq_make_folders(const char *path);

/* A file that appears whole or not at all: written beside, synced, renamed. fresh: one that is there already is left alone
 * (CQ_EIO), also one that came this moment. */
CQ_API int cq_write_whole(const char *path, cq_slice bytes, bool fresh, struct cq_error *err);

/* The steps of it, for who writes piece by piece. create fails when the file is there; finish syncs, closes, and gives rc or what
 * went wrong. */
CQ_API int cq_file_create(const char *path, int *fd, struct cq_error *err);
CQ_API int cq_file_put(int fd, const void *p, size_t n, const char *path, struct cq_error *err);
CQ_API int cq_file_finish(int fd, int rc, bool sync, const char *path, struct cq_error *err);

#endif

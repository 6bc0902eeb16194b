/* cq_inject_place - where the copy goes, and how it appears there whole or not at all. Internal to core/inject.
 *
 *     inject_place_open(&p, source_dir, dir, "nb-1-big", false, &err);
 *     ... write files into p.work ...
 *     rc = inject_place_commit(&p, &err);
 *     inject_place_close(&p);                        whatever is left of p.work is gone
 *
 * A dir that is not there yet appears by one rename. Into one that is there, files are renamed one after another; what fails
 * on the way is taken back. */
#ifndef CQ_INJECT_PLACE_H
#define CQ_INJECT_PLACE_H
#include "cq_base.h"
#include "cq_buf.h"

struct inject_place {
	char dir[4000];
	char work[4096];                       /* "": none */
	const char *base;
	bool existed, force;
	bool sync;                             /* set by the caller: wait for the disk */
};

/* CQ_EUSAGE: dir is the source's; CQ_EIO: it holds an SSTable called base (and not force), or cannot be used. */
int inject_place_open(struct inject_place *p, const char *source_dir, const char *dir, const char *base, bool force,
	struct cq_error *err);
int inject_place_commit(struct inject_place *p, struct cq_error *err);
void inject_place_close(struct inject_place *p);

/* Where the manifest of the copy of base lies in folder ("": its name alone). Its name does not begin with base: it is not to
 * be taken for a component that TOC.txt does not list. */
void inject_manifest_path(const char *folder, const char *base, char *path, size_t len);

int inject_write_text(const char *path, const struct cq_buf *text, bool sync, struct cq_error *err);

#endif

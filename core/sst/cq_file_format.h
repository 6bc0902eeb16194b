/* cq_file_format - files that are described by themselves, whether they belong to an SSTable or not: hints, caches, what others write.
 *
 *     const struct cq_file_format *f = cq_file_format_for("data/hints/1f2e-1700000000000-2.hints", &err);
 *     struct cq_doc *doc;
 *     if (f) cq_file_doc(f, path, &doc, &err);           one file, one component: the root's only child
 *
 * A format says which names it is for and explains units as cq_format.explain does: the file is a unit of kind CQ_U_COMPONENT, what is
 * below it are units of its own (kind CQ_U_FILE and up; the four arguments are its own) or CQ_U_BYTES, which are explained for it. What
 * it knows of one open file it keeps in its state. Component of all units: CQ_C_OTHER; space: raw.
 *
 * Formats are added by scripts (cq.format) or whoever links the library; a file's last added format wins. */
#ifndef CQ_FILE_FORMAT_H
#define CQ_FILE_FORMAT_H
#include "cq_doc.h"
#include "cq_format.h"
#include "cq_space.h"

enum { CQ_U_FILE = CQ_U_KINDS, CQ_FILE_HEAD = 64, CQ_FILE_FORMATS_MAX = 256 };

struct cq_file_format {
	const char *name, *summary;        /* "hints"; a sentence */
	const char *const *files;          /* patterns of names as the shell has them, without folder; NULL at the end */
	unsigned field;                    /* what the file's node is called */
	/* The first bytes, at most CQ_FILE_HEAD. False: not of this format. NULL: the name is enough. */
	bool (*probe)(const struct cq_file_format *f, cq_slice head);
	/* State of one open file, *state NULL before. explain and close get it; both of one file are called from one thread. May be NULL. */
	int (*open)(const struct cq_file_format *f, const struct cq_space *s, void **state, struct cq_error *err);
	void (*close)(const struct cq_file_format *f, void *state);
	int (*explain)(const struct cq_file_format *f, void *state, const struct cq_space *s, const struct cq_unit *u, const cq_trace *tr,
		struct cq_error *err);
	void *arg;
};

/* It must live as long as the process. CQ_EUSAGE: the name is taken, or too many. Not thread safe. */
CQ_API int cq_file_format_add(const struct cq_file_format *f, struct cq_error *err);
CQ_API const struct cq_file_format *cq_file_format_nth(size_t index);
/* The format of a file; NULL: none (or the file cannot be read, which whoever opens it will say). */
CQ_API const struct cq_file_format *cq_file_format_for(const char *path);
CQ_API int cq_file_doc(const struct cq_file_format *f, const char *path, struct cq_doc **out, struct cq_error *err);

#endif

/* cq_inject_image - what is to be written: the files of the source with changes on top. Internal to core/inject.
 *
 * A file is where its bytes come from (a path, or memory) and a sorted list of edits that do not overlap. Only what is
 * changed is held in memory. A compressed Data.db has two lists: of its stream, and of the file as stored; inject_seal turns
 * the first into the second before anything is written. Offsets of edits are the source's, whatever stands before them. */
#ifndef CQ_INJECT_IMAGE_H
#define CQ_INJECT_IMAGE_H
#include "cq_inject.h"

/* Most bytes that are compressed anew or made larger in memory: a change of length rewrites all chunks behind it. */
#define INJECT_MEMORY ((uint64_t)1 << 30)

struct inject_edit {
	uint64_t off, len;                     /* bytes of the source that go */
	const uint8_t *bytes;                  /* and what comes: n of them, in the arena */
	const uint8_t *before;                 /* len bytes of the source when n == len; NULL otherwise */
	size_t n;
	bool fix;                              /* checksums over it follow */
	bool sealed;                           /* made by inject_seal, not by a fault */
};

struct inject_edits {
	struct inject_edit *v;                 /* by off */
	size_t n, cap;
};

struct inject_file {
	const char *name;                      /* "Data.db"; whole: the file's whole name */
	const char *path;                      /* NULL: bytes */
	int component;                         /* as in the document; -1: none of the source's */
	bool whole, gone, emptied, taken;
	bool followed;                         /* has bytes that changed because others did */
	bool remade;                           /* bytes replaced what path has: edits are applied as differences */
	const uint8_t *bytes;
	uint64_t len;                          /* of the source */
	struct inject_edits edits;
};

/* Bytes of the source's stream whose values in the copy cannot be relied on. */
struct inject_span {
	uint64_t off, len;
};

struct inject_move {                           /* a partition that stands elsewhere by itself, not because of lengths */
	uint64_t from, to;
};

struct cq_inject_image {
	struct inject_file *file;
	size_t nfiles, cap;
	struct inject_edits stream;            /* of a compressed Data.db */
	struct cq_buf rest;                    /* all chunks behind a change of length */
	struct inject_span *span;
	size_t nspans, spans_cap;
	struct inject_move move[8];
	size_t nmoves;
	bool follows;                          /* what is replaced now is a consequence: marked in its file, not listed */
	bool data_gone;                        /* Data.db deleted, emptied, taken from elsewhere */
};

/* Room for one more element of an array in an arena-less place: realloc by doubling. NULL: out of memory. */
void *inject_room(void *array, size_t n, size_t *cap, size_t each);

int inject_image_open(struct cq_inject *in, const char *path, struct cq_error *err);
void inject_image_close(struct cq_inject_image *im);

/* By its name or by its number in the document; NULL when the source has none (or it is deleted: still there, gone). */
struct inject_file *inject_file_named(const struct cq_inject *in, const char *name);
struct inject_file *inject_file_of(const struct cq_inject *in, int component);

/* A partition that begins at from begins at to. */
void inject_moved(struct cq_inject *in, uint64_t from, uint64_t to);
/* Where in the stream of the copy the source's offset off is. */
uint64_t inject_new_offset(const struct cq_inject *in, uint64_t off);

/* Everything that follows from the edits: compressed chunks, CompressionInfo.db, checksums. Call once, after all faults. */
int inject_seal(struct cq_inject *in, struct cq_error *err);
/* Its parts that are about chunks: those whose bytes as stored were changed and are to have a right checksum; those whose content was. */
int inject_fix_chunks(struct cq_inject *in, struct cq_error *err);
int inject_seal_stream(struct cq_inject *in, struct cq_error *err);

/* The whole of a small file as it is in the source, in the arena, to be changed: edits on top stay differences. */
int inject_remake(struct cq_inject *in, struct inject_file *f, uint8_t **out, struct cq_error *err);
bool inject_all_fixed(const struct inject_edits *e);

/* Nothing is left of it that could be put right. */
static inline bool inject_touched(const struct inject_file *f)
{
	return f->gone || f->emptied || f->taken;
}

/* n bytes of the content behind edits (at new offsets), in order: for writing and for checksums. */
struct inject_reader {
	struct cq_inject *in;
	const struct inject_file *f;           /* what is read when space is raw */
	const struct inject_edits *edits;
	int space;
	uint64_t at, end;                      /* in the source */
	size_t next;                           /* edit */
	size_t inside;                         /* bytes of it given already */
	bool in_edit;
	struct cq_space *own;                  /* of a file that is not a component */
};
int inject_reader_open(struct inject_reader *r, struct cq_inject *in, const struct inject_file *f, int space, struct cq_error *err);
/* Up to n bytes; *got 0 at the end. */
int inject_reader_read(struct inject_reader *r, uint8_t *buf, size_t n, size_t *got, struct cq_error *err);
void inject_reader_close(struct inject_reader *r);

/* ---- writing, reading back ---- */

int inject_write(struct cq_inject *in, const char *folder, struct cq_error *err);
/* Compare the copy in folder with the source, partition by partition. */
int inject_measure(struct cq_inject *in, const char *folder, struct cq_error *err);

static inline bool inject_stopped(const struct cq_inject *in)
{
	return in->opt->stop && in->opt->stop(in->opt->arg);
}

static inline int inject_nomem(struct cq_error *err)
{
	return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a damaged copy");
}

#endif

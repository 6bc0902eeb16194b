/* cq_inject - faults on purpose: a damaged copy of an SSTable, and a manifest of what was done to it.
 *
 *     const char *kinds[] = { "row-timestamp" };
 *     struct cq_inject_options opt = { .path = "nb-1-big-Data.db", .dir = "damaged", .kinds = kinds, .nkinds = 1 };
 *     struct cq_inject *in;
 *     rc = cq_inject_run(&opt, &in, &err);           the copy lies in damaged/, with inject-nb-1-big.json beside it
 *     for (i = 0; i < in->nfaults; i++) printf("%s\n", in->fault[i].words);
 *     cq_inject_close(in);
 *
 * The source is only read. The copy appears whole or not at all: it is written into a folder beside, synced and renamed. The
 * same input, options and seed give the same bytes; the random numbers are splitmix64's, which is ours to keep.
 *
 * A fault is a struct cq_fault: an id, words, and a function that aims through the document of the source (cq_table_doc) and
 * asks for changes of bytes. All faults of a run aim at the source as it is, never at what another fault made of it. Changes
 * of the stream of a compressed Data.db go through the codec: the chunks they touch are compressed anew, chunks behind them
 * move, CompressionInfo.db follows. Which checksums follow is a question of its own:
 *
 *     fix    every checksum over a changed byte is made right again: the damage shows in the content alone
 *     keep   it stays what it was: the damage shows as a checksum that differs
 *
 * Faults of bytes (a flipped bit, a torn page) keep, faults of content fix, unless the options say otherwise.
 *
 * What the copy has lost is not guessed but measured: every partition of the source is read again from the copy, at the place
 * where it must be, and compared event by event. Nothing here knows the rules of the detector; their ids are words of the
 * manifest. */
#ifndef CQ_INJECT_H
#define CQ_INJECT_H
#include "cq_doc.h"
#include "cq_finding.h"
#include "cq_table.h"

struct cq_inject;
struct cq_fault;

/* ---- for callers ---- */

enum cq_inject_checksums { CQ_INJECT_BY_FAULT, CQ_INJECT_FIX, CQ_INJECT_KEEP };

struct cq_inject_options {
	const char *path;                      /* any component of the source */
	const char *dir;                       /* where the copy goes; made when it is not there */
	const char *const *kinds;              /* ids of faults, or "random" */
	size_t nkinds;
	uint64_t seed;
	/* Where, for faults that do not know better. NULL, and has_ false: the seed says. */
	const char *at;                        /* a path of the document: the node, or something above it */
	const char *key;                       /* a partition, as cq_table_parse_key takes it */
	const char *component;                 /* "Index.db": of faults of bytes; otherwise Data.db */
	bool has_offset, has_bit;
	uint64_t offset;                       /* in the component; of Data.db's content in its stream */
	uint64_t bit;                          /* of the component, from its first byte's lowest; with offset: 0 to 7 */
	uint64_t length;                       /* bytes, for faults that take any number; 0: their own */
	const char *value;                     /* what a number or text becomes */
	const char *xor;                       /* hexadecimal, over the bytes of a leaf */
	const char *from;                      /* another SSTable (swap-component) or file (foreign-bytes) */
	enum cq_inject_checksums checksums;
	bool force;                            /* replace an SSTable of the same name in dir */
	bool no_sync;                          /* do not wait for the disk: for who makes thousands */
	bool no_measure;                       /* do not read the copy: lost and readable stay unmeasured */
	const struct cq_open_options *open;    /* of the source; may be NULL */
	bool (*stop)(void *arg);               /* asked now and then; true: leave nothing behind, CQ_ESTOPPED. May be NULL */
	void *arg;
};

/* Bytes that are not what they were, in the numbering of the source. */
struct cq_inject_change {
	const char *component;                 /* "Data.db" */
	int space;                             /* enum cq_space_kind */
	uint64_t off, len;                     /* what was there */
	cq_slice before, after;                /* at most CQ_INJECT_SHOWN bytes of each */
	uint64_t after_len;
	const char *path;                      /* of the node in the document; NULL: bytes */
};

/* One fault as it was done. */
struct cq_injected {
	const struct cq_fault *kind;
	const char *words;                     /* "the timestamp of ... is now ..." */
	bool fix;
	struct cq_inject_change *change;
	size_t nchanges, cap;
};

/* What a detector has to say, by the ids of rules; of several with '|' between any one will do. */
struct cq_inject_expected {
	const char *rule, *component;
	enum cq_severity severity;
	int space;
	uint64_t off;                          /* CQ_NO_OFFSET: no place; in the numbering of the copy */
	bool may;                              /* a consequence that may be said, or not */
};

enum cq_inject_fate {
	CQ_INJECT_SAME,                        /* reads as in the source */
	CQ_INJECT_CHANGED,                     /* reads, with other content */
	CQ_INJECT_LOST,                        /* does not read, and its bytes are among the changed ones */
	CQ_INJECT_OUT_OF_REACH,                /* does not read though its own bytes are whole */
};

struct cq_inject_key {
	cq_slice key;
	enum cq_inject_fate fate;
	bool hidden;                           /* reads in a scan, but not by its key: filter or index deny it */
	uint64_t events, kept;                 /* rows, markers and the like it has, and how many come before the damage */
};

enum { CQ_INJECT_SHOWN = 64, CQ_INJECT_KEYS_MAX = 1000 };

struct cq_inject {
	/* what came out; borrowed until cq_inject_close */
	const char *base;                      /* "nb-1-big" */
	const char *manifest;                  /* path of the manifest */
	struct cq_injected *fault;
	size_t nfaults;
	struct cq_inject_expected *expected;
	size_t nexpected, expected_cap;
	const char *unmeasured;                /* why what follows is not known; NULL: it is */
	uint64_t partitions, same, changed, lost, out_of_reach, hidden;
	struct cq_inject_key *key;             /* those that are not CQ_INJECT_SAME and seen: the first CQ_INJECT_KEYS_MAX */
	size_t nkeys, keys_cap;
	struct cq_inject_key *same_key;        /* the readable ones, when they are no more than CQ_INJECT_KEYS_MAX */
	size_t nsame_keys, same_cap;
	uint32_t same_crc;                     /* CRC32 over them in order: two bytes of length, big-endian, then the key */

	/* for faults */
	const struct cq_inject_options *opt;
	struct cq_table *t;                    /* the source */
	struct cq_doc *doc;                    /* its document */
	struct cq_arena arena;                 /* lives as long as this */
	struct cq_injected *now;               /* the fault that is being applied */
	struct cq_inject_image *image;         /* what is to be written (cq_inject_image.h) */
	uint64_t random;
};

/* CQ_OK; CQ_EUSAGE: no such fault, or the options do not fit it; CQ_NOT_FOUND: the fault does not apply to this SSTable, err
 * says why; CQ_EIO when the copy cannot be written or would replace something. *out is set on CQ_OK only. */
CQ_API int cq_inject_run(const struct cq_inject_options *opt, struct cq_inject **out, struct cq_error *err);
CQ_API void cq_inject_close(struct cq_inject *in);               /* accepts NULL */
/* The manifest, schema cqlite-inject-1, as it was written. */
CQ_API void cq_inject_manifest(const struct cq_inject *in, struct cq_buf *out);

/* ---- faults ---- */

enum cq_fault_flag {
	CQ_FAULT_FIX = 1 << 0,                 /* checksums follow unless the options say otherwise */
	CQ_FAULT_BIG = 1 << 1,                 /* only these formats; neither: all */
	CQ_FAULT_BTI = 1 << 2,
	CQ_FAULT_COMPRESSED = 1 << 3,          /* only these tables; neither: all */
	CQ_FAULT_PLAIN = 1 << 4,
	CQ_FAULT_NOT_RANDOM = 1 << 5,          /* needs options: never picked by "random" */
};

struct cq_fault {
	const char *id;                        /* "promoted-width" */
	const char *family;                    /* "bytes", "data", "index", ...: groups of the list */
	const char *summary;                   /* what it does; one sentence, lower case, no full stop */
	const char *rules;                     /* what must fire when checksums follow: ids, ' ' between, '|' for either */
	const char *also;                      /* what may fire in consequence; may be NULL */
	enum cq_severity severity;             /* of rules */
	unsigned flags;                        /* enum cq_fault_flag */
	unsigned needs, lacks;                 /* enum cq_feature bits that the version must (not) have */
	const char *versions;                  /* words for the list when flags and needs do not say it all; NULL: made of them */
	/* Ask for changes. CQ_NOT_FOUND: there is nothing in this table to do it to. */
	int (*apply)(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err);
	const void *arg;                       /* for apply: what tells apart faults that share it */
};

/* index-th fault, added ones last; NULL past the last. */
CQ_API const struct cq_fault *cq_fault_nth(size_t index);
CQ_API const struct cq_fault *cq_fault_named(const char *id);
/* One more kind of fault; it must live as long as the process. CQ_EUSAGE when the id is taken. Not thread safe. */
CQ_API int cq_inject_add_fault(const struct cq_fault *f, struct cq_error *err);
/* Whether a table is of the kind a fault is for. CQ_NOT_FOUND: err says why not. */
CQ_API int cq_fault_applies(const struct cq_fault *f, const struct cq_table *t, struct cq_error *err);
/* "ma to oa, compressed": for lists. */
CQ_API void cq_fault_versions(const struct cq_fault *f, struct cq_buf *out);

/* ---- for faults: aiming ---- */

/* 0 to below - 1; any of 64 bits when below is 0. */
CQ_API uint64_t cq_inject_random(struct cq_inject *in, uint64_t below);

struct cq_inject_want {
	int component;                         /* enum cq_component */
	const unsigned *fields;                /* enum cq_field; CQ_F_NONE at the end */
	unsigned under;                        /* a group that must be above it, CQ_F_NONE: any */
	unsigned not_under;                    /* and one that must not */
	bool (*fits)(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg);     /* may be NULL */
	const void *arg;
	const char *what;                      /* for the error: "a row with a timestamp" */
};

/* A node that fits: what the options point at, or one of all by the seed (of the first CQ_INJECT_WALK nodes, in a large
 * component). CQ_NOT_FOUND: there is none. */
CQ_API int cq_inject_pick(struct cq_inject *in, const struct cq_inject_want *want, cq_nid *id, struct cq_node *n,
	struct cq_error *err);
enum { CQ_INJECT_WALK = 200000 };

/* The nearest node above id (or itself) with a field; 0: none. */
CQ_API cq_nid cq_inject_above(const struct cq_inject *in, cq_nid id, unsigned field);
/* The first node below id with a field, opening what is closed; 0: none. Not deeper than a unit and what is in it. */
CQ_API cq_nid cq_inject_below(struct cq_inject *in, cq_nid id, unsigned field, struct cq_node *n);

/* ---- for faults: changing ---- */

/* len bytes at off of a component, as they will be (changes that keep the length applied). */
CQ_API int cq_inject_read(struct cq_inject *in, int component, int space, uint64_t off, void *buf, size_t len, struct cq_error *err);
/* Size of a component in a space, as in the source. */
CQ_API uint64_t cq_inject_size(const struct cq_inject *in, int component, int space);

/* Put with in the place of len bytes at off. id: the node it is about, 0: bytes. A change of length must not touch other
 * changes (CQ_EUSAGE). Notes the change for the manifest. */
CQ_API int cq_inject_replace(struct cq_inject *in, int component, int space, uint64_t off, uint64_t len, cq_slice with, cq_nid id,
	struct cq_error *err);
/* A number leaf becomes v, in as many bytes as it takes now. CQ_EUSAGE when v does not fit them. */
CQ_API int cq_inject_set_number(struct cq_inject *in, cq_nid id, uint64_t v, struct cq_error *err);
/* The smallest and the largest number (as the document shows them) that fit a leaf's bytes. False: not a number leaf. */
CQ_API bool cq_inject_number_range(struct cq_inject *in, cq_nid id, int64_t *lo, int64_t *hi);

/* Indexes follow a change of length by delta at stream offset off: every position behind it, where it still fits its bytes.
 * *all false: some do not fit, none was changed. */
CQ_API int cq_inject_reaim(struct cq_inject *in, uint64_t off, int64_t delta, bool *all, struct cq_error *err);

/* Files: no longer there, without a byte, another file's bytes, one more of them. name: "Index.db" (of the table), or with
 * whole a name of its own. */
CQ_API int cq_inject_delete(struct cq_inject *in, const char *name, struct cq_error *err);
CQ_API int cq_inject_empty(struct cq_inject *in, const char *name, struct cq_error *err);
CQ_API int cq_inject_take(struct cq_inject *in, const char *name, const char *path, struct cq_error *err);
CQ_API int cq_inject_add_file(struct cq_inject *in, const char *name, cq_slice bytes, struct cq_error *err);

/* What was done, for the manifest. The last call of a fault counts. */
CQ_API void cq_inject_say(struct cq_inject *in, const char *fmt, ...) CQ_PRINTF(2, 3);
/* What must be found. A fault that calls neither gets its rules and also at its first change. */
CQ_API int cq_inject_expect(struct cq_inject *in, const char *rules, enum cq_severity severity, const char *component, int space,
	uint64_t off, bool may, struct cq_error *err);

#endif

/* cq_doc - the inspectable document: every byte of every component as a tree that opens lazily.
 *
 *     struct cq_doc *doc;
 *     cq_nid id;
 *     cq_table_doc(table, &doc, &err);                           (cq_table_doc.h binds a document to a table)
 *     cq_doc_get(doc, "Data.db/partitions[3]/rows[0]/cells.name", &id, &err);
 *     cq_doc_expand(doc, id, &err);
 *     for (c = cq_doc_first(doc, id); c; c = cq_doc_next(doc, c)) ...
 *     cq_doc_close(doc);
 *
 * The tree is a cache of replays: a node that is a unit (a partition, a row, an index entry, a file) is decoded when it is
 * opened and can be forgotten again; memory follows what is open. Nodes are named by ids. An id stays good until the node
 * is forgotten; after that it names nothing (functions answer as for a node without anything), never another node.
 *
 * A long list gives its first children, then a page: a node with CQ_N_PAGE that holds the rest. Opening a page puts the
 * next page behind it, beside it in the list, so that a list of any length is two levels deep. Paths see through pages.
 *
 * Leaves tile the bytes. What no field describes becomes a leaf with CQ_N_GAP as soon as its unit is opened; where a unit's
 * parts are scattered (tries) cq_doc_gaps looks for them. A unit whose decoding stopped has CQ_N_DAMAGED, the words of the
 * error (cq_doc_damage), and a gap for the rest of its bytes.
 *
 * Slices in a struct cq_node are borrowed until the unit above the node is forgotten or the document is closed. A document
 * belongs to one thread. */
#ifndef CQ_DOC_H
#define CQ_DOC_H
#include "cq_base.h"
#include "cq_buf.h"
#include "cq_fields.h"
#include "cq_trace.h"

struct cq_doc;
typedef uint64_t cq_nid;                       /* 0: no node. Below 2^48, so that a double holds it */

enum cq_node_flag {
	CQ_N_UNIT = 1 << 0,                    /* can be opened and forgotten */
	CQ_N_LAZY = 1 << 1,                    /* and is not open */
	CQ_N_DAMAGED = 1 << 2,
	CQ_N_DAMAGE_BELOW = 1 << 3,            /* something inside, as far as it was opened, is damaged */
	CQ_N_GAP = 1 << 4,                     /* bytes that no field describes */
	CQ_N_DERIVED = 1 << 5,                 /* takes no bytes of its own: a table */
	CQ_N_PAGE = 1 << 6,
	CQ_N_NUMBER = 1 << 7,                  /* a leaf with a number */
	CQ_N_BYTES = 1 << 8,                   /* a leaf with bytes */
	CQ_N_REPEATS = 1 << 9,                 /* siblings have the same name: nth tells them apart */
};

struct cq_node {
	unsigned field, flags;
	int component, space;
	uint64_t off, len;                     /* in space; len CQ_NO_OFFSET: not known before it is opened */
	uint64_t index;                        /* CQ_NO_INDEX: none */
	uint64_t nth;                          /* among siblings with the same name */
	uint64_t number;                       /* CQ_N_NUMBER; signed fields sign-extended */
	cq_slice name;                         /* what it belongs to; p NULL: nothing */
	cq_slice preview;                      /* CQ_N_BYTES: its first bytes; all of them when preview.len == len */
	const struct cq_type *type;            /* CQ_N_BYTES: of the value, may be NULL */
};

/* Which bytes a unit can take. Filled with the unit's own span and run = true before the callback sees it. */
struct cq_extent {
	uint64_t off, end;                     /* what it accounts for in its parent's list of bytes; off == end: nothing */
	uint64_t reach_off, reach_end;         /* where it and all below it may have bytes */
	bool run;                              /* its parts stand one behind the other and fill its span */
};

/* Where a document's bytes come from. All but explain, bytes and size may be NULL. */
struct cq_doc_ops {
	/* cq_format.explain. A type that comes with bytes must live as long as the document. */
	int (*explain)(void *arg, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);
	int (*bytes)(void *arg, int component, int space, uint64_t off, void *buf, size_t n, struct cq_error *err);
	/* Bytes of a component in a space; 0 when it has no such space. */
	uint64_t (*size)(void *arg, int component, int space);
	void (*extent)(void *arg, const struct cq_unit *u, struct cq_extent *e);
	/* A page that stands nearer to what is looked for than page does: at or before offset target of the page's space, or
	 * at or before element target of the list (by_index). CQ_NOT_FOUND: read on from page. */
	int (*skip)(void *arg, const struct cq_unit *page, bool by_index, uint64_t target, struct cq_unit *out, uint64_t *index);
	void (*close)(void *arg);
};

struct cq_doc_options {
	uint64_t no_ldt;                       /* a stored 4-byte local deletion time that means none */
	size_t max_nodes;                      /* 0: CQ_DOC_NODES_MAX */
};

enum {
	CQ_DOC_NODES_MAX = 1 << 22,            /* some 500 MB; a unit with more fields is not opened */
	CQ_DOC_DEPTH_MAX = 20000,              /* levels; tries of long keys have one a byte */
	CQ_DOC_PREVIEW = 64,                   /* bytes of a leaf that are kept */
};

/* ---- making one ---- */

CQ_API int cq_doc_open(struct cq_doc **out, const struct cq_doc_ops *ops, void *arg, const struct cq_doc_options *opt,
	struct cq_error *err);
/* A child of the root: a whole component, called name. */
CQ_API cq_nid cq_doc_add(struct cq_doc *d, const struct cq_unit *unit, cq_slice name);
CQ_API void cq_doc_close(struct cq_doc *d);                    /* accepts NULL; calls ops->close */

/* ---- looking ---- */

CQ_API cq_nid cq_doc_root(const struct cq_doc *d);
/* False (and *out zeroed) when id names nothing. */
CQ_API bool cq_doc_node(const struct cq_doc *d, cq_nid id, struct cq_node *out);
CQ_API cq_nid cq_doc_parent(const struct cq_doc *d, cq_nid id);
CQ_API cq_nid cq_doc_first(const struct cq_doc *d, cq_nid id);
CQ_API cq_nid cq_doc_next(const struct cq_doc *d, cq_nid id);
/* Preorder, without opening anything: the node after id inside top; 0 at the end. into: id's children too. */
CQ_API cq_nid cq_doc_walk(const struct cq_doc *d, cq_nid id, cq_nid top, bool into);
/* The unit that a node is or that it was decoded in. */
CQ_API cq_nid cq_doc_unit_of(const struct cq_doc *d, cq_nid id);
CQ_API bool cq_doc_unit(const struct cq_doc *d, cq_nid id, struct cq_unit *out);      /* of a CQ_N_UNIT */
/* The child of the root for a component; 0 when it is not there. */
CQ_API cq_nid cq_doc_component(const struct cq_doc *d, int component);
/* k-th note on a node; p NULL past the last. */
CQ_API cq_slice cq_doc_note(const struct cq_doc *d, cq_nid id, size_t k);
/* The error of a damaged node; p NULL when it has none of its own. */
CQ_API cq_slice cq_doc_damage(const struct cq_doc *d, cq_nid id);
CQ_API size_t cq_doc_nodes(const struct cq_doc *d);             /* how many there are now */
/* Bytes that the tree takes now; how many it may take at most from now on (0: no limit). What would take more is CQ_ENOMEM and
 * stays closed. */
CQ_API size_t cq_doc_memory(const struct cq_doc *d);
CQ_API void cq_doc_limit(struct cq_doc *d, size_t bytes);

/* ---- opening and forgetting ---- */

/* Open a unit. CQ_OK when its children are there, even if some or all of it is damaged: the flags say so. Negative (I/O,
 * memory, a unit of too many fields): it stays closed. Anything else than a closed unit: CQ_OK, nothing happens. */
CQ_API int cq_doc_expand(struct cq_doc *d, cq_nid id, struct cq_error *err);
/* Close a unit: all below it is gone. Next pages that opening a page has put beside it stay. */
CQ_API void cq_doc_forget(struct cq_doc *d, cq_nid id);

/* ---- finding ---- */

/* Paths are made of names with '/' between: the component, then fields. [N] picks one of several, .NAME the one that belongs
 * to a name (a column, a key), in double quotes when it has other characters than letters, digits, '_', '-', '+' and ':';
 * in quotes \ stands before " and \, \xNN is a byte. '_' may stand for ' '. Pages are seen through; so is a group whose
 * elements are asked for: "Data.db/chunks[5]". "" is the root.
 *
 * returns   CQ_OK; CQ_NOT_FOUND when there is no such node (err says how far the path leads); CQ_EUSAGE when it is no path;
 *           or what opening a unit on the way returned. */
CQ_API int cq_doc_get(struct cq_doc *d, const char *path, cq_nid *out, struct cq_error *err);
/* The same from a node on. */
CQ_API int cq_doc_get_from(struct cq_doc *d, cq_nid from, const char *path, cq_nid *out, struct cq_error *err);
/* The inverse: a path that leads to the node. */
CQ_API void cq_doc_path(const struct cq_doc *d, cq_nid id, struct cq_buf *out);
/* The last part of it: "rows[3]", "cells.name". */
CQ_API void cq_doc_label(const struct cq_doc *d, cq_nid id, struct cq_buf *out);

/* The deepest node that holds a byte. CQ_NOT_FOUND: the component has no such byte, or no node has it (a hole in a trie). */
CQ_API int cq_doc_at(struct cq_doc *d, int component, int space, uint64_t off, cq_nid *out, struct cq_error *err);

/* Open everything below id and count the bytes of its span that no leaf covers, or that are in a gap node; new gaps become
 * nodes, the last children of id. For whole components of ordinary size: everything is in memory at once. */
CQ_API int cq_doc_gaps(struct cq_doc *d, cq_nid id, uint64_t *bytes, struct cq_error *err);

/* ---- values ---- */

enum {
	CQ_DOC_RAW = 1 << 0,                   /* numbers as numbers, bytes as hexadecimal */
	CQ_DOC_WHOLE = 1 << 1,                 /* long values whole (up to 16 MiB); otherwise their beginning */
};
/* A leaf's value as text, by its field's kind; nothing for other nodes. One line, printable: control characters are
 * escaped. */
CQ_API void cq_doc_print(struct cq_doc *d, cq_nid id, struct cq_buf *out, unsigned flags);
/* n bytes of a component, as ops->bytes. */
CQ_API int cq_doc_bytes(struct cq_doc *d, int component, int space, uint64_t off, void *buf, size_t n, struct cq_error *err);

#endif

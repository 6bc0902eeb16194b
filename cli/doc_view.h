/* doc_view - what the commands that show a document share: opening one, and the words for a node. */
#ifndef DOC_VIEW_H
#define DOC_VIEW_H
#include "cli.h"
#include "cq_table_doc.h"

struct doc_view {
	struct cli *cli;
	struct cq_table *t;              /* of a file with a format of its own (cq_file_format.h): &none */
	struct cq_table none;
	struct cq_doc *d;
	cq_nid top;                      /* the component that was named; the root for a folder */
};

/* path: a file with a format of its own, any file of one SSTable, or a folder that holds one. CLI_WELL; otherwise the message has been printed and the exit
 * code is returned. Damaged metadata is said, and is no reason to show nothing. */
int doc_view_open(struct doc_view *v, struct cli *cli, const char *path);
void doc_view_close(struct doc_view *v);

/* A path from the component or, when it begins with a component's name, from the root. */
int doc_view_get(struct doc_view *v, const char *path, cq_nid *out, struct cq_error *err);

/* Up to max bytes of a node's own span as hexadecimal, a space between; ".." when there are more. Returns the columns. */
size_t doc_view_hex(struct doc_view *v, const struct cq_node *n, size_t max, struct cq_buf *out);

/* The first leaf of a field in a unit, its own bytes only. The unit must be open. */
bool doc_view_leaf(struct doc_view *v, cq_nid unit, unsigned field, cq_nid *id, struct cq_node *out);

/* Where a number that is a place leads, in words: "Data.db 0x1f3 (decompressed)". False: it is none. */
bool doc_view_arrow(struct doc_view *v, const struct cq_node *n, struct cq_buf *out);

/* Text from a file, made harmless, as JSON or for a terminal. */
void doc_view_safe(struct cq_buf *out, cq_slice s);
void doc_view_json(struct cq_buf *out, const char *key, cq_slice s);

/* What tree and explain say of a node in JSON, without its braces and children; the unit it is, is opened if need be. */
void doc_view_node_json(struct doc_view *v, cq_nid id, const struct cq_node *n, bool hex, unsigned print_flags, struct cq_buf *out);

#endif

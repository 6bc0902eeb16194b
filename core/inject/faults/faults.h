/* faults - the families of built-in faults, a file each. To add one: a row in the table at the end of the file that it belongs
 * to; a new file also needs a line here, one in families[] (cq_inject.c) and one in meson.build. */
#ifndef CQ_FAULTS_H
#define CQ_FAULTS_H
#include <inttypes.h>

#include "cq_format.h"
#include "cq_inject.h"
#include "cq_inject_image.h"
#include "cq_table_doc.h"

struct inject_family {
	const struct cq_fault *faults;
	size_t n;
};

#define FAMILY(name) const struct inject_family inject_##name = { name##_faults, CQ_COUNTOF(name##_faults) }

extern const struct inject_family inject_bytes, inject_files, inject_data, inject_cells, inject_markers, inject_index, inject_summary, inject_filter, inject_trie,
	inject_compression, inject_statistics;

/* ---- what families share (faults.c) ---- */

/* How a leaf is made to lie. */
enum fault_how {
	FAULT_ANY,                             /* any other value that fits */
	FAULT_PLUS,                            /* more by one (or by as little as fits), else less */
	FAULT_MINUS,
	FAULT_FAR,                             /* more by 2^20, of seconds twelve days, else less */
	FAULT_HIGHEST,                         /* the largest that fits */
	FAULT_LOWEST,
	FAULT_NEGATIVE,                        /* -1; only where it fits */
	FAULT_FLIP,                            /* 0 and 1 exchanged */
	FAULT_BYTE,                            /* bytes: one of them changed */
	FAULT_LAST_BYTE,                       /* the last one: what stays near where it was */
};

/* Argument of fault_field: which leaf, and how. */
struct fault_field {
	int component;                         /* enum cq_component */
	unsigned fields[5];                    /* CQ_F_NONE at the end */
	unsigned under, not_under;
	enum fault_how how;
	bool (*fits)(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg);
	const char *what;
};
int fault_field(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err);
/* The same for a node that was chosen already. */
int fault_lie(struct cq_inject *in, cq_nid id, const struct cq_node *n, enum fault_how how, struct cq_error *err);
/* "the timestamp of Data.db/partitions[3]/..." */
const char *fault_name(struct cq_inject *in, cq_nid id, struct cq_buf *tmp);
/* A leaf's value as text. */
const char *fault_value(struct cq_inject *in, cq_nid id, struct cq_buf *tmp);

/* ---- Data.db ---- */

/* What bytes that came or went may bring with them: sizes, counts and places are no longer what was written down. */
#define FAULT_MOVES "mix stats-hist stats-counts stats-ts stats-ldt stats-ttl stats-drop-times stats-clustering stats-ratio promoted-rows promoted-span " \
	"bti-rows rt-block-edge"

int fault_space(const struct cq_inject *in);   /* the space of Data.db's content */
int fault_read(struct cq_inject *in, uint64_t off, void *buf, size_t n, struct cq_error *err);
int fault_write(struct cq_inject *in, uint64_t off, uint64_t len, cq_slice with, cq_nid id, struct cq_error *err);
int fault_pick(struct cq_inject *in, const unsigned *fields,
	bool (*fits)(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg), const char *what, cq_nid *id,
	struct cq_node *n, struct cq_error *err);
/* A row, not a marker, of known length. */
bool fault_is_row(const struct cq_node *n);
/* Take bytes away, with all that follows from it (fault_shifted). */
int fault_remove(struct cq_inject *in, const struct cq_fault *f, uint64_t off, uint64_t len, cq_nid id, struct cq_error *err);

/* Two runs of bytes that touch, exchanged: [a, a + la) and [a + la, a + la + lb). */
int fault_exchange(struct cq_inject *in, int component, int space, uint64_t a, uint64_t la, uint64_t lb, cq_nid id, struct cq_error *err);
/* What follows from bytes that came (delta > 0) or went inside or before the partition at off: indexes are aimed anew, and what is
 * expected of them where that is not possible. */
int fault_shifted(struct cq_inject *in, const struct cq_fault *f, uint64_t off, int64_t delta, struct cq_error *err);
/* Is a unit's partition one with an index of rows? */
bool fault_is_wide(struct cq_inject *in, uint64_t partition_off);
/* Offset of the partition that holds a node of Data.db. */
bool fault_partition(struct cq_inject *in, cq_nid id, struct cq_node *partition);

#endif

/* cq_trace - what an explaining reader reports, and to whom.
 *
 * A sink is a struct of functions. Whoever explains a unit calls them in the order of the bytes: begin and end for
 * groups, number and bytes for leaves, child for a unit inside that is not decoded now (the reader of a tree may ask
 * for it later). Offsets are in the byte space of the unit (said by the caller that started the replay).
 *
 * Sinks in CQLite: the tree builder (cq_doc), text dump, byte coverage, field-level comparison. */
#ifndef CQ_TRACE_H
#define CQ_TRACE_H
#include "cq_base.h"

#define CQ_NO_INDEX UINT64_MAX

struct cq_type;
struct cq_unit;

struct cq_sink {
	/* A group starts at off. index: CQ_NO_INDEX when it is the only one of its kind; name: what it belongs to, p NULL
	 * when nothing. */
	void (*begin)(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name);
	/* The innermost group ends at off. status: CQ_DAMAGED when decoding stopped inside it. */
	void (*end)(void *arg, uint64_t off, int status);
	/* A leaf that is a number. Signed fields come sign-extended; the field's kind says how to read it. */
	void (*number)(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value);
	/* A leaf that is bytes; type NULL unless they are a CQL value. The type lives as long as the table. */
	void (*bytes)(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type);
	/* A unit that can be replayed by itself. unit is borrowed: copy it. */
	void (*child)(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name);
	/* Something worth saying that takes no bytes: a fact derived from the fields before. */
	void (*note)(void *arg, unsigned field, uint64_t off, const char *text);
};

typedef struct cq_trace {
	const struct cq_sink *sink;
	void *arg;
} cq_trace;

/* Out of line on purpose: the explaining path is not the fast one, and the reading half must link without it. */
CQ_API void cq_trace_begin(const cq_trace *tr, unsigned field, uint64_t off, uint64_t index, cq_slice name);
CQ_API void cq_trace_end(const cq_trace *tr, uint64_t off, int status);
CQ_API void cq_trace_number(const cq_trace *tr, unsigned field, uint64_t off, size_t len, uint64_t value);
CQ_API void cq_trace_bytes(const cq_trace *tr, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type);
CQ_API void cq_trace_child(const cq_trace *tr, const struct cq_unit *unit, uint64_t index, cq_slice name);
CQ_API void cq_trace_note(const cq_trace *tr, unsigned field, uint64_t off, const char *fmt, ...) CQ_PRINTF(4, 5);

/* ---- units ----
 *
 * A unit is something that can be decoded from its offset alone, given its table: a partition, a row, an index entry, a
 * trie node, a whole component. The four words after the place are what its decoder needs besides (said where each kind
 * of unit is listed, cq_format.h). */
struct cq_unit {
	unsigned kind;             /* enum cq_unit_kind (cq_format.h) */
	unsigned field;            /* enum cq_field: how the node is called */
	int component;             /* enum cq_component (cq_desc.h): in which file */
	int space;                 /* enum cq_space_kind of off */
	uint64_t off;
	uint64_t len;              /* bytes, CQ_NO_OFFSET when only decoding can tell */
	uint64_t arg[4];
};

#endif

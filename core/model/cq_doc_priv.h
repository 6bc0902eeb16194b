/* cq_doc_priv - what the files of cq_doc share. */
#ifndef CQ_DOC_PRIV_H
#define CQ_DOC_PRIV_H
#include "cq_doc.h"

enum { NONE = 0, ROOT = 1 };                   /* slots */

struct doc_node {
	uint64_t off, len, index, number;
	const struct cq_type *type;
	uint32_t parent, first, last, next;    /* slots; next: also of the free list */
	uint32_t owner;                        /* slot of the unit that it was decoded in */
	uint32_t unit;                         /* of CQ_N_UNIT: its record */
	uint32_t name_at, name_len, preview_at, preview_len;    /* in the owner's text */
	uint32_t nth, depth, stamp;
	uint16_t field, flags, generation;
	int16_t component;
	int8_t space;
	bool used, named;
};

struct doc_note {
	uint32_t node, at, len;
};

/* A unit and what opening it made beside nodes. */
struct doc_unit {
	struct cq_unit u;
	struct cq_buf text;
	struct doc_note *notes;
	uint32_t nnotes, notes_cap;
	uint32_t damage_at, damage_len;        /* in its own text */
	size_t counted;                        /* of text and notes, in cq_doc.texts */
	uint32_t next_free;
};

struct cq_doc {
	const struct cq_doc_ops *ops;
	void *arg;
	uint64_t no_ldt;
	struct doc_node *node;
	struct doc_unit *unit;
	uint32_t nnodes, nodes_cap, free_node, nunits, units_cap, free_unit;
	size_t used, max;
	size_t texts, limit;                   /* bytes of all texts and notes; of the whole tree at most, 0: no limit */
	bool refused;                          /* by limit, since the unit at hand began */
	uint32_t stamp;
};

static inline cq_nid doc_id(const struct cq_doc *d, uint32_t slot)
{
	return slot ? (cq_nid)d->node[slot].generation << 32 | slot : 0;
}

/* NONE when the id names nothing. */
static inline uint32_t doc_slot(const struct cq_doc *d, cq_nid id)
{
	uint32_t slot = (uint32_t)id;

	return slot && slot < d->nnodes && d->node[slot].used && d->node[slot].generation == id >> 32 ? slot : NONE;
}

/* End of a node's span; CQ_NO_OFFSET when it is not known. */
static inline uint64_t doc_end(const struct doc_node *n)
{
	return n->len > CQ_NO_OFFSET - n->off ? CQ_NO_OFFSET : n->off + n->len;
}

/* Nodes and records of units; NONE when out of memory or room. A node is the last child of parent, or behind a sibling. */
uint32_t doc_add_node(struct cq_doc *d, uint32_t parent, uint32_t behind, unsigned field);
uint32_t doc_new_unit(struct cq_doc *d, const struct cq_unit *u);
/* May the tree take more bytes? */
bool doc_room(struct cq_doc *d, size_t more);
/* After a unit's text or notes have grown: count them. False: they are more than there is room for. */
bool doc_count(struct cq_doc *d, struct doc_unit *u);
/* Flag a node, and all above it as having damage below. */
void doc_damaged(struct cq_doc *d, uint32_t slot);
/* The same for a unit, with the words. */
void doc_damage_text(struct cq_doc *d, uint32_t slot, const char *text);
cq_slice doc_name(const struct cq_doc *d, uint32_t slot);
void doc_extent(const struct cq_doc *d, const struct cq_unit *u, struct cq_extent *e);
/* A leaf of unknown bytes as the last child of parent; false when out of memory. */
bool doc_add_gap(struct cq_doc *d, uint32_t parent, int space, uint64_t off, uint64_t end);
/* A page behind another one in their list, up to end. NONE when out of memory. */
uint32_t doc_page_behind(struct cq_doc *d, uint32_t page, const struct cq_unit *u, uint64_t index, uint64_t end);
/* Put a page where ops->skip says, behind page in its list. The slot to go on from. */
uint32_t doc_skip(struct cq_doc *d, uint32_t page, bool by_index, uint64_t target);

#endif

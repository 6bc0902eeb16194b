/* The tree itself: nodes in one array, records of units in another, both with free lists. What opens units is in
 * cq_doc_expand.c. */
#include "cq_doc_priv.h"

#include <stdlib.h>

/* ---- memory ---- */

size_t cq_doc_memory(const struct cq_doc *d)
{
	return sizeof *d + d->nodes_cap * sizeof *d->node + d->units_cap * sizeof *d->unit + d->texts;
}

void cq_doc_limit(struct cq_doc *d, size_t bytes)
{
	d->limit = bytes;
}

bool doc_room(struct cq_doc *d, size_t more)
{
	size_t now = cq_doc_memory(d);

	if (!d->limit || (now <= d->limit && more <= d->limit - now))
		return true;
	d->refused = true;
	return false;
}

bool doc_count(struct cq_doc *d, struct doc_unit *u)
{
	size_t n = u->text.cap + u->notes_cap * sizeof *u->notes;

	d->texts += n - u->counted;
	u->counted = n;
	return doc_room(d, 0);
}

/* How many an array of cap elements has next: twice as many, fewer where that does not fit, 0 when none do. */
static uint32_t grown(struct cq_doc *d, uint32_t cap, uint32_t first, size_t each)
{
	uint32_t n = cap ? cap * 2 : first;

	if (n > UINT32_MAX / 4)
		return 0;
	if (doc_room(d, (n - cap) * each))
		return n;
	n = cap + cap / 8 + 16;
	return doc_room(d, (n - cap) * each) ? n : 0;
}

/* ---- nodes ---- */

static uint32_t new_slot(struct cq_doc *d)
{
	uint32_t slot = d->free_node;

	if (d->used >= d->max)
		return NONE;
	if (slot) {
		d->free_node = d->node[slot].next;
	} else {
		if (d->nnodes == d->nodes_cap) {
			uint32_t cap = grown(d, d->nodes_cap, 256, sizeof *d->node);
			struct doc_node *p = cap ? realloc(d->node, cap * sizeof *p) : NULL;

			if (!p)
				return NONE;
			d->node = p;
			d->nodes_cap = cap;
		}
		slot = d->nnodes++;
		d->node[slot].generation = 0;
	}
	d->node[slot] = (struct doc_node){ .used = true, .generation = d->node[slot].generation, .index = CQ_NO_INDEX };
	d->used++;
	return slot;
}

uint32_t doc_new_unit(struct cq_doc *d, const struct cq_unit *u)
{
	uint32_t k = d->free_unit;

	if (k) {
		d->free_unit = d->unit[k].next_free;
	} else {
		if (d->nunits == d->units_cap) {
			uint32_t cap = grown(d, d->units_cap, 64, sizeof *d->unit);
			struct doc_unit *p = cap ? realloc(d->unit, cap * sizeof *p) : NULL;

			if (!p)
				return NONE;
			d->unit = p;
			d->units_cap = cap;
		}
		k = d->nunits++;
	}
	d->unit[k] = (struct doc_unit){ .u = *u };
	return k;
}

static void drop_text(struct cq_doc *d, struct doc_unit *u)
{
	d->texts -= u->counted;
	cq_buf_finish(&u->text);
	free(u->notes);
	*u = (struct doc_unit){ .u = u->u };
}

static void free_slot(struct cq_doc *d, uint32_t slot)
{
	struct doc_node *n = &d->node[slot];

	if (n->unit) {
		drop_text(d, &d->unit[n->unit]);
		d->unit[n->unit].next_free = d->free_unit;
		d->free_unit = n->unit;
	}
	*n = (struct doc_node){ .generation = (uint16_t)(n->generation + 1), .next = d->free_node };
	d->free_node = slot;
	d->used--;
}

/* A node as the last child of parent, or behind a sibling. */
uint32_t doc_add_node(struct cq_doc *d, uint32_t parent, uint32_t behind, unsigned field)
{
	uint32_t slot = new_slot(d);
	struct doc_node *n, *p;

	if (!slot)
		return NONE;
	n = &d->node[slot];
	p = &d->node[parent];
	n->field = (uint16_t)field;
	n->parent = parent;
	n->depth = p->depth + 1;
	n->owner = p->unit ? parent : p->owner;
	n->component = p->component;
	n->space = p->space;
	if (behind) {
		n->next = d->node[behind].next;
		d->node[behind].next = slot;
		if (p->last == behind)
			p->last = slot;
	} else {
		if (p->last)
			d->node[p->last].next = slot;
		else
			p->first = slot;
		p->last = slot;
	}
	return slot;
}

bool doc_add_gap(struct cq_doc *d, uint32_t parent, int space, uint64_t off, uint64_t end)
{
	uint32_t slot = doc_add_node(d, parent, NONE, CQ_F_UNKNOWN_BYTES);

	if (!slot)
		return false;
	d->node[slot].space = (int8_t)space;
	d->node[slot].off = off;
	d->node[slot].len = end - off;
	d->node[slot].flags = CQ_N_GAP | CQ_N_BYTES;
	return true;
}

uint32_t doc_page_behind(struct cq_doc *d, uint32_t page, const struct cq_unit *u, uint64_t index, uint64_t end)
{
	uint32_t unit = doc_new_unit(d, u), slot = unit ? doc_add_node(d, d->node[page].parent, page, CQ_F_MORE) : NONE;
	struct doc_node *n;

	if (!slot)
		return NONE;
	n = &d->node[slot];
	n->unit = unit;
	n->space = (int8_t)u->space;
	n->off = u->off;
	n->len = end == CQ_NO_OFFSET || end < u->off ? u->len : end - u->off;
	n->index = index;
	n->flags = CQ_N_UNIT | CQ_N_LAZY | CQ_N_PAGE;
	return slot;
}

void doc_damaged(struct cq_doc *d, uint32_t slot)
{
	d->node[slot].flags |= CQ_N_DAMAGED;
	for (slot = d->node[slot].parent; slot && !(d->node[slot].flags & CQ_N_DAMAGE_BELOW); slot = d->node[slot].parent)
		d->node[slot].flags |= CQ_N_DAMAGE_BELOW;
}

void doc_damage_text(struct cq_doc *d, uint32_t slot, const char *text)
{
	struct doc_unit *u = &d->unit[d->node[slot].unit];

	doc_damaged(d, slot);
	u->damage_at = (uint32_t)u->text.len;
	cq_buf_str(&u->text, text);
	u->damage_len = (uint32_t)(u->text.len - u->damage_at);
	doc_count(d, u);
}

void doc_extent(const struct cq_doc *d, const struct cq_unit *u, struct cq_extent *e)
{
	uint64_t end = u->len > CQ_NO_OFFSET - u->off ? CQ_NO_OFFSET : u->off + u->len;

	*e = (struct cq_extent){ .off = u->off, .end = end, .reach_off = u->off, .reach_end = end, .run = true };
	if (d->ops->extent)
		d->ops->extent(d->arg, u, e);
}

/* ---- forgetting ---- */

void cq_doc_forget(struct cq_doc *d, cq_nid id)
{
	uint32_t top = doc_slot(d, id), slot;

	if (!top || !d->node[top].unit || (d->node[top].flags & CQ_N_LAZY))
		return;
	/* A unit that was refused when it was listed has nothing to open. */
	if (!d->node[top].first && d->node[top].flags & CQ_N_DAMAGED && !d->node[top].len)
		return;
	/* The first leaf again and again: no recursion, however deep. */
	for (slot = top; d->node[top].first;) {
		while (d->node[slot].first)
			slot = d->node[slot].first;
		d->node[d->node[slot].parent].first = d->node[slot].next;
		if (!d->node[slot].next)
			d->node[d->node[slot].parent].last = NONE;
		{
			uint32_t up = d->node[slot].parent;

			free_slot(d, slot);
			slot = up;
		}
	}
	drop_text(d, &d->unit[d->node[top].unit]);
	d->node[top].flags |= CQ_N_LAZY;       /* that it is damaged stays known */
}

/* ---- making one ---- */

int cq_doc_open(struct cq_doc **out, const struct cq_doc_ops *ops, void *arg, const struct cq_doc_options *opt,
	struct cq_error *err)
{
	const struct cq_unit nothing = {0};
	struct cq_doc *d = calloc(1, sizeof *d);

	if (d) {
		d->ops = ops;
		d->arg = arg;
		d->no_ldt = opt ? opt->no_ldt : INT32_MAX;
		d->max = opt && opt->max_nodes ? opt->max_nodes + 2 : CQ_DOC_NODES_MAX;
		new_slot(d);                   /* slots and records 0 are nobody */
		new_slot(d);
		doc_new_unit(d, &nothing);
	}
	if (!d || d->nnodes != 2 || d->nunits != 1) {
		if (d)
			d->arg = NULL, d->ops = NULL;
		cq_doc_close(d);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
	}
	d->node[ROOT].unit = doc_new_unit(d, &nothing);
	d->node[ROOT].component = -1;
	d->node[ROOT].space = CQ_SPACE_BUFFER;
	d->node[ROOT].flags = CQ_N_DERIVED;
	d->node[0].used = false;
	*out = d;
	return CQ_OK;
}

cq_nid cq_doc_add(struct cq_doc *d, const struct cq_unit *u, cq_slice name)
{
	uint32_t unit = doc_new_unit(d, u), slot = unit ? doc_add_node(d, ROOT, NONE, u->field) : NONE;
	struct cq_buf *text_of_root = &d->unit[d->node[ROOT].unit].text;
	struct doc_node *n;

	if (!slot || !d->node[ROOT].unit)
		return 0;
	n = &d->node[slot];
	n->unit = unit;
	n->component = (int16_t)u->component;
	n->space = (int8_t)u->space;
	n->off = u->off;
	n->len = u->len;
	n->flags = CQ_N_UNIT | CQ_N_LAZY;
	n->named = true;
	n->name_at = (uint32_t)text_of_root->len;
	n->name_len = (uint32_t)name.len;
	cq_buf_slice(text_of_root, name);
	return doc_id(d, slot);
}

void cq_doc_close(struct cq_doc *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < d->nunits; i++)
		drop_text(d, &d->unit[i]);
	if (d->ops && d->ops->close)
		d->ops->close(d->arg);
	free(d->node);
	free(d->unit);
	free(d);
}

/* ---- looking ---- */

cq_nid cq_doc_root(const struct cq_doc *d)
{
	return doc_id(d, ROOT);
}

cq_slice doc_name(const struct cq_doc *d, uint32_t slot)
{
	const struct doc_node *n = &d->node[slot];
	const struct cq_buf *t = &d->unit[d->node[n->owner].unit].text;

	return n->named && n->name_at + n->name_len <= t->len ? cq_slice_of(t->p + n->name_at, n->name_len) : (cq_slice){0};
}

bool cq_doc_node(const struct cq_doc *d, cq_nid id, struct cq_node *out)
{
	uint32_t slot = doc_slot(d, id);
	const struct doc_node *n = &d->node[slot];
	const struct cq_buf *t;

	*out = (struct cq_node){0};
	if (!slot)
		return false;
	t = &d->unit[d->node[n->owner].unit].text;
	*out = (struct cq_node){ .field = n->field, .flags = n->flags, .component = n->component, .space = n->space, .off = n->off,
		.len = n->len, .index = n->index, .nth = n->nth, .number = n->number, .type = n->type, .name = doc_name(d, slot) };
	if (n->flags & CQ_N_BYTES)
		out->preview = n->preview_len ? cq_slice_of(t->p + n->preview_at, n->preview_len) : cq_slice_of("", 0);
	return true;
}

cq_nid cq_doc_parent(const struct cq_doc *d, cq_nid id)
{
	return doc_id(d, d->node[doc_slot(d, id)].parent);
}

cq_nid cq_doc_first(const struct cq_doc *d, cq_nid id)
{
	return doc_id(d, d->node[doc_slot(d, id)].first);
}

cq_nid cq_doc_next(const struct cq_doc *d, cq_nid id)
{
	uint32_t slot = doc_slot(d, id);

	return slot ? doc_id(d, d->node[slot].next) : 0;
}

cq_nid cq_doc_walk(const struct cq_doc *d, cq_nid id, cq_nid top, bool into)
{
	uint32_t slot = doc_slot(d, id), last = doc_slot(d, top);

	if (!slot)
		return 0;
	if (into && d->node[slot].first)
		return doc_id(d, d->node[slot].first);
	for (; slot && slot != last; slot = d->node[slot].parent)
		if (d->node[slot].next)
			return doc_id(d, d->node[slot].next);
	return 0;
}

cq_nid cq_doc_unit_of(const struct cq_doc *d, cq_nid id)
{
	uint32_t slot = doc_slot(d, id);

	return doc_id(d, d->node[slot].unit ? slot : d->node[slot].owner);
}

bool cq_doc_unit(const struct cq_doc *d, cq_nid id, struct cq_unit *out)
{
	uint32_t slot = doc_slot(d, id);

	*out = (struct cq_unit){0};
	if (!slot || !(d->node[slot].flags & CQ_N_UNIT))
		return false;
	*out = d->unit[d->node[slot].unit].u;
	out->len = d->node[slot].len;
	return true;
}

cq_nid cq_doc_component(const struct cq_doc *d, int component)
{
	uint32_t slot = d->node[ROOT].first;

	while (slot && d->node[slot].component != component)
		slot = d->node[slot].next;
	return doc_id(d, slot);
}

cq_slice cq_doc_note(const struct cq_doc *d, cq_nid id, size_t k)
{
	uint32_t slot = doc_slot(d, id);

	/* A unit's notes are its own when it is about itself, its owner's otherwise. */
	for (int own = 1; slot && own >= 0; own--) {
		const struct doc_unit *u = &d->unit[d->node[own ? slot : d->node[slot].owner].unit];

		for (uint32_t i = 0; i < u->nnotes; i++)
			if (u->notes[i].node == slot && k-- == 0)
				return cq_slice_of(u->text.p + u->notes[i].at, u->notes[i].len);
	}
	return (cq_slice){0};
}

cq_slice cq_doc_damage(const struct cq_doc *d, cq_nid id)
{
	const struct doc_unit *u = &d->unit[d->node[doc_slot(d, id)].unit];

	return u->damage_len ? cq_slice_of(u->text.p + u->damage_at, u->damage_len) : (cq_slice){0};
}

size_t cq_doc_nodes(const struct cq_doc *d)
{
	return d->used;
}

int cq_doc_bytes(struct cq_doc *d, int component, int space, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	return d->ops->bytes(d->arg, component, space, off, buf, n, err);
}

/* The tree: nodes in one array, units opened by replaying them into the sink below. Longer than most files, because the
 * sink, its gaps and the list of nodes are one thing: what is true of a tree after each step. */
#include "cq_doc_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { GROUPS_MAX = 64, RECENT = 16, ANCESTORS = 64 };

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
			uint32_t cap = d->nodes_cap ? d->nodes_cap * 2 : 256;
			struct doc_node *p = cap > UINT32_MAX / 4 ? NULL : realloc(d->node, cap * sizeof *p);

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

static uint32_t new_unit(struct cq_doc *d, const struct cq_unit *u)
{
	uint32_t k = d->free_unit;

	if (k) {
		d->free_unit = d->unit[k].next_free;
	} else {
		if (d->nunits == d->units_cap) {
			uint32_t cap = d->units_cap ? d->units_cap * 2 : 64;
			struct doc_unit *p = cap > UINT32_MAX / 4 ? NULL : realloc(d->unit, cap * sizeof *p);

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

static void drop_text(struct doc_unit *u)
{
	cq_buf_finish(&u->text);
	free(u->notes);
	*u = (struct doc_unit){ .u = u->u };
}

static void free_slot(struct cq_doc *d, uint32_t slot)
{
	struct doc_node *n = &d->node[slot];

	if (n->unit) {
		drop_text(&d->unit[n->unit]);
		d->unit[n->unit].next_free = d->free_unit;
		d->free_unit = n->unit;
	}
	*n = (struct doc_node){ .generation = (uint16_t)(n->generation + 1), .next = d->free_node };
	d->free_node = slot;
	d->used--;
}

/* A node as the last child of parent, or behind a sibling. */
static uint32_t add_node(struct cq_doc *d, uint32_t parent, uint32_t behind, unsigned field)
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
	uint32_t slot = add_node(d, parent, NONE, CQ_F_UNKNOWN_BYTES);

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
	uint32_t unit = new_unit(d, u), slot = unit ? add_node(d, d->node[page].parent, page, CQ_F_MORE) : NONE;
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

static void damaged(struct cq_doc *d, uint32_t slot)
{
	d->node[slot].flags |= CQ_N_DAMAGED;
	for (slot = d->node[slot].parent; slot && !(d->node[slot].flags & CQ_N_DAMAGE_BELOW); slot = d->node[slot].parent)
		d->node[slot].flags |= CQ_N_DAMAGE_BELOW;
}

static void damage_text(struct cq_doc *d, uint32_t slot, const char *text)
{
	struct doc_unit *u = &d->unit[d->node[slot].unit];

	damaged(d, slot);
	u->damage_at = (uint32_t)u->text.len;
	cq_buf_str(&u->text, text);
	u->damage_len = (uint32_t)(u->text.len - u->damage_at);
}

void doc_extent(const struct cq_doc *d, const struct cq_unit *u, struct cq_extent *e)
{
	uint64_t end = u->len > CQ_NO_OFFSET - u->off ? CQ_NO_OFFSET : u->off + u->len;

	*e = (struct cq_extent){ .off = u->off, .end = end, .reach_off = u->off, .reach_end = end, .run = true };
	if (d->ops->extent)
		d->ops->extent(d->arg, u, e);
}

/* ---- the sink ---- */

struct counter {
	unsigned field;
	uint32_t n, first;                     /* how many so far; slot of the first */
};

struct build {
	struct cq_doc *d;
	uint32_t slot;                         /* the unit that is opened */
	struct cq_extent x;
	bool whole;                            /* it is a component: both spaces count */
	uint64_t cursor[2], size[2];
	uint32_t open[2];                      /* a child that ends where the next begins */
	uint32_t group[GROUPS_MAX];
	uint32_t base[GROUPS_MAX];             /* of its counters */
	unsigned depth, lost;                  /* lost: groups too deep to keep */
	struct counter *counters;
	uint32_t ncounters, counters_cap;
	uint32_t recent[RECENT];
	unsigned nrecent;
	bool failed;
};

static struct doc_unit *own_unit(const struct build *b)
{
	return &b->d->unit[b->d->node[b->slot].unit];
}

static uint32_t text(struct build *b, cq_slice s, uint32_t *len)
{
	struct cq_buf *t = &own_unit(b)->text;
	uint32_t at = (uint32_t)t->len;

	if (t->len + s.len > UINT32_MAX) {
		b->failed = true;
		return 0;
	}
	cq_buf_slice(t, s);
	b->failed |= t->failed;
	*len = (uint32_t)s.len;
	return at;
}

static void add_note(struct build *b, uint32_t slot, const char *words)
{
	struct doc_unit *u = own_unit(b);
	struct doc_note *p;
	uint32_t len, at = text(b, cq_slice_str(words), &len);

	if (u->nnotes == u->notes_cap) {
		uint32_t cap = u->notes_cap ? u->notes_cap * 2 : 4;

		p = realloc(u->notes, cap * sizeof *p);
		if (!p) {
			b->failed = true;
			return;
		}
		u->notes = p;
		u->notes_cap = cap;
	}
	u->notes[u->nnotes++] = (struct doc_note){ .node = slot, .at = at, .len = len };
}

/* Number those of a list that have neither index nor name. */
static void number_it(struct build *b, uint32_t slot)
{
	struct cq_doc *d = b->d;
	struct doc_node *n = &d->node[slot];
	const struct doc_node *unit = &d->node[b->slot];
	bool paged = b->depth == 1 && unit->flags & CQ_N_PAGE;
	struct counter *c;
	uint32_t k;

	if (n->index != CQ_NO_INDEX || n->named)
		return;
	for (k = b->base[b->depth - 1]; k < b->ncounters && b->counters[k].field != n->field; k++)
		;
	if (k == b->ncounters) {
		if (b->ncounters == b->counters_cap) {
			uint32_t cap = b->counters_cap ? b->counters_cap * 2 : 32;

			c = realloc(b->counters, cap * sizeof *c);
			if (!c) {
				b->failed = true;
				return;
			}
			b->counters = c;
			b->counters_cap = cap;
		}
		b->counters[b->ncounters++] = (struct counter){ .field = n->field, .first = slot };
	}
	c = &b->counters[k];
	if (c->n || paged) {
		n->flags |= CQ_N_REPEATS;
		d->node[c->first].flags |= CQ_N_REPEATS;
	}
	n->nth = c->n++ + (paged && unit->index != CQ_NO_INDEX ? (uint32_t)unit->index : 0);
}

static uint32_t add(struct build *b, unsigned field, int space, uint64_t off, uint64_t len, uint64_t index, cq_slice name)
{
	struct cq_doc *d = b->d;
	uint32_t slot;
	struct doc_node *n;

	if (b->failed)
		return NONE;
	slot = add_node(d, b->group[b->depth - 1], NONE, field);
	if (!slot) {
		b->failed = true;
		return NONE;
	}
	n = &d->node[slot];
	n->space = (int8_t)space;
	n->off = off;
	n->len = len;
	n->index = index;
	if (name.p && name.len) {
		n->named = true;
		n->name_at = text(b, name, &n->name_len);
	}
	number_it(b, slot);
	return slot;
}

/* Bytes [off, end) come next: what lies between is a gap. False when they were there already or belong to another unit. */
static bool place(struct build *b, int space, uint64_t off, uint64_t end)
{
	const struct doc_node *n = &b->d->node[b->slot];
	uint64_t *cursor;

	if (b->failed || (unsigned)space > 1 || (space != n->space && !b->whole))
		return true;
	cursor = &b->cursor[space];
	if (!b->x.run) {
		*cursor = end > *cursor ? end : *cursor;
		return true;
	}
	if (off < *cursor)
		return false;
	if (b->open[space]) {
		struct doc_node *o = &b->d->node[b->open[space]];

		o->len = off - o->off;
		b->open[space] = NONE;
	} else if (off > *cursor && !doc_add_gap(b->d, b->group[b->depth - 1], space, *cursor, off)) {
		b->failed = true;
	}
	*cursor = end;
	return true;
}

static void sink_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	struct build *b = arg;
	uint32_t slot;

	if (b->lost || b->depth == GROUPS_MAX) {
		b->lost++;
		return;
	}
	place(b, b->d->node[b->slot].space, off, off);         /* a gap before it is not in it */
	slot = add(b, field, b->d->node[b->slot].space, off, CQ_NO_OFFSET, index, name);
	b->base[b->depth] = b->ncounters;
	b->group[b->depth] = slot ? slot : b->group[b->depth - 1];
	b->depth++;
}

static void sink_end(void *arg, uint64_t off, int status)
{
	struct build *b = arg;
	struct doc_node *n;

	if (b->lost) {
		b->lost--;
		return;
	}
	if (b->depth < 2)
		return;
	n = &b->d->node[b->group[b->depth - 1]];
	if (!b->failed && off >= n->off)
		n->len = off - n->off;
	if (status < 0)
		damaged(b->d, b->group[b->depth - 1]);
	b->ncounters = b->base[--b->depth];
}

/* A leaf of one of both kinds. */
static uint32_t leaf(struct build *b, unsigned field, uint64_t off, uint64_t len)
{
	struct cq_doc *d = b->d;
	const struct doc_node *u = &d->node[b->slot];
	int space = u->space;
	uint64_t size = (unsigned)space <= 1 ? b->size[space] : UINT64_MAX;
	bool inside = off <= size && len <= size - off && (!b->x.run || u->len == CQ_NO_OFFSET ||
		(off >= u->off && off + len <= doc_end(u)));
	bool placed = inside && place(b, space, off, off + len);
	uint32_t slot = add(b, field, space, off, len, CQ_NO_INDEX, (cq_slice){0});

	if (!slot)
		return NONE;
	if (!placed) {
		damaged(d, slot);
		add_note(b, slot, inside ? "bytes that another field has already" : "bytes outside of what it belongs to");
	}
	b->recent[b->nrecent++ % RECENT] = slot;
	return slot;
}

static void sink_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	struct build *b = arg;
	uint32_t slot = leaf(b, field, off, len);

	if (slot) {
		b->d->node[slot].flags |= CQ_N_NUMBER;
		b->d->node[slot].number = value;
	}
}

static void sink_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	struct build *b = arg;
	uint32_t slot = leaf(b, field, off, value.len);

	if (slot) {
		uint32_t len = 0, at = text(b, cq_slice_of(value.p, value.len < CQ_DOC_PREVIEW ? value.len : CQ_DOC_PREVIEW), &len);
		struct doc_node *n = &b->d->node[slot];

		n->flags |= CQ_N_BYTES | (field == CQ_F_UNKNOWN_BYTES ? CQ_N_GAP : 0);
		n->type = type;
		n->preview_at = at;
		n->preview_len = len;
	}
}

static bool same_unit(const struct cq_unit *a, const struct cq_unit *b)
{
	return a->kind == b->kind && a->component == b->component && a->space == b->space && a->off == b->off &&
		memcmp(a->arg, b->arg, sizeof a->arg) == 0;
}

/* Is the unit one of those it would stand in? */
static bool inside_itself(const struct build *b, const struct cq_unit *u)
{
	const struct cq_doc *d = b->d;
	uint32_t slot = b->slot;

	for (int i = 0; i < ANCESTORS && slot; i++, slot = d->node[slot].owner)
		if (d->node[slot].unit && same_unit(&d->unit[d->node[slot].unit].u, u))
			return true;
	return false;
}

/* The page behind a page: beside it. */
static void next_page(struct build *b, const struct cq_unit *u, uint64_t index)
{
	struct cq_doc *d = b->d;
	struct doc_node *page = &d->node[b->slot];
	uint64_t end = doc_end(page);

	if (u->off < page->off || (u->off == page->off && (index == CQ_NO_INDEX || page->index == CQ_NO_INDEX || index <= page->index))) {
		damage_text(d, b->slot, "the list does not go on: its next page is where this one is");
		return;
	}
	if (page->space == u->space) {
		if (b->open[u->space & 1])
			place(b, u->space, u->off, u->off);
		page->len = u->off - page->off;
	}
	/* Its next one may be there, because a search went past this one or opened it before. */
	if (page->next && d->node[page->next].flags & CQ_N_PAGE && d->node[page->next].off <= u->off)
		return;
	if (!doc_page_behind(d, b->slot, u, index, end))
		b->failed = true;
}

static void sink_child(void *arg, const struct cq_unit *u, uint64_t index, cq_slice name)
{
	struct build *b = arg;
	struct cq_doc *d = b->d;
	struct cq_extent e;
	struct doc_node *n;
	const char *wrong = NULL;
	uint64_t size;
	uint32_t slot, unit;

	if (b->failed)
		return;
	if (u->field == CQ_F_MORE && d->node[b->slot].flags & CQ_N_PAGE && b->depth == 1) {
		next_page(b, u, index);
		return;
	}
	size = d->ops->size(d->arg, u->component, u->space);
	doc_extent(d, u, &e);
	if (u->component != d->node[b->slot].component || u->off > size || (u->len != CQ_NO_OFFSET && u->len > size - u->off))
		wrong = "it would lie outside of the file";
	else if (inside_itself(b, u))
		wrong = "it would lie inside itself";
	else if (d->node[b->slot].depth >= CQ_DOC_DEPTH_MAX)
		wrong = "too many levels";
	else if (e.run && e.end == CQ_NO_OFFSET && place(b, u->space, e.off, e.off))
		;
	else if (e.end > e.off && !place(b, u->space, e.off, e.end))
		wrong = "its bytes belong to something else already";
	slot = add(b, u->field, u->space, u->off, u->len, index, name);
	unit = slot ? new_unit(d, u) : NONE;
	if (!unit) {
		b->failed = true;
		return;
	}
	n = &d->node[slot];
	n->unit = unit;
	n->flags |= CQ_N_UNIT | (wrong ? 0 : CQ_N_LAZY) | (u->field == CQ_F_MORE ? CQ_N_PAGE : 0);
	if (wrong) {
		n->len = 0;
		damage_text(d, slot, wrong);
	} else if (u->len == CQ_NO_OFFSET && e.run && (unsigned)u->space <= 1) {
		b->open[u->space] = slot;
	}
}

static void sink_note(void *arg, unsigned field, uint64_t off, const char *words)
{
	struct build *b = arg;
	unsigned seen = b->nrecent < RECENT ? b->nrecent : RECENT;

	(void)off;
	if (b->failed)
		return;
	for (unsigned i = 1; i <= seen; i++) {
		uint32_t slot = b->recent[(b->nrecent - i) % RECENT];

		if (b->d->node[slot].field == field) {
			add_note(b, slot, words);
			return;
		}
	}
	add_note(b, b->slot, words);
}

static const struct cq_sink sink = { .begin = sink_begin, .end = sink_end, .number = sink_number, .bytes = sink_bytes,
	.child = sink_child, .note = sink_note };

/* ---- opening ---- */

/* Where a unit whose length nobody knows must end at the latest. */
static uint64_t limit_of(const struct cq_doc *d, uint32_t slot, uint64_t size)
{
	const struct doc_node *n = &d->node[slot];
	uint64_t off = n->off;
	int space = n->space;

	for (; slot; slot = d->node[slot].parent) {
		const struct doc_node *at = &d->node[slot];

		if (at->len != CQ_NO_OFFSET && at->space == space && at->off <= off && doc_end(at) > off && slot != ROOT)
			return doc_end(at);
		if (at->next && d->node[at->next].space == space && d->node[at->next].off > off)
			return d->node[at->next].off;
	}
	return size;
}

/* The unit's end is known now: what is left of its bytes is the last child's, or a gap. */
static void finish_span(struct build *b, int space, uint64_t end)
{
	struct doc_node *n;

	if (b->open[space]) {
		n = &b->d->node[b->open[space]];
		n->len = end > n->off ? end - n->off : 0;
	} else if (b->cursor[space] < end && !doc_add_gap(b->d, b->slot, space, b->cursor[space], end)) {
		b->failed = true;
	}
}

static void finish(struct build *b, int rc, const struct cq_error *err)
{
	struct cq_doc *d = b->d;
	struct doc_node *n = &d->node[b->slot];

	for (; b->depth > 1; b->depth--) {
		struct doc_node *g = &d->node[b->group[b->depth - 1]];

		if ((unsigned)g->space <= 1 && b->cursor[(unsigned)g->space] >= g->off)
			g->len = b->cursor[(unsigned)g->space] - g->off;
		damaged(d, b->group[b->depth - 1]);
	}
	if (rc < 0) {
		char words[512];

		damage_text(d, b->slot, cq_error_text(err, words, sizeof words));
	}
	if (b->whole) {
		for (int space = 0; space < 2; space++)
			finish_span(b, space, b->size[space]);
		return;
	}
	if ((unsigned)n->space > 1)
		return;
	if (n->len == CQ_NO_OFFSET) {
		uint64_t end = b->cursor[(unsigned)n->space];

		if (b->x.run && (rc < 0 || b->open[(unsigned)n->space]))
			end = limit_of(d, b->slot, b->size[(unsigned)n->space]);
		n->len = end > n->off ? end - n->off : 0;
	}
	if (b->x.run)
		finish_span(b, n->space, doc_end(n));
}

int cq_doc_expand(struct cq_doc *d, cq_nid id, struct cq_error *err)
{
	struct build b = { .d = d, .slot = doc_slot(d, id) };
	struct cq_trace tr = { .sink = &sink, .arg = &b };
	struct cq_error local = { .off = CQ_NO_OFFSET };
	struct doc_node *n;
	struct cq_unit u;
	int rc;

	if (!b.slot || !(d->node[b.slot].flags & CQ_N_LAZY))
		return CQ_OK;
	n = &d->node[b.slot];
	u = d->unit[n->unit].u;
	u.len = n->len;
	doc_extent(d, &u, &b.x);
	b.whole = n->parent == ROOT;
	for (int space = 0; space < 2; space++)
		b.size[space] = d->ops->size(d->arg, u.component, space);
	if (!b.whole && (unsigned)u.space <= 1)
		b.cursor[(unsigned)u.space] = u.off;
	b.group[b.depth++] = b.slot;
	n->flags &= (uint16_t)~CQ_N_LAZY;
	rc = d->ops->explain(d->arg, &u, &tr, &local);
	if (rc >= 0 || rc == CQ_DAMAGED)
		finish(&b, rc, &local);
	free(b.counters);
	if (b.failed || (rc < 0 && rc != CQ_DAMAGED)) {
		cq_doc_forget(d, id);
		if (b.failed && d->used + 1 >= d->max)
			rc = cq_fail(err, CQ_ENOMEM, u.off, "more fields than fit in %zu nodes", d->max);
		else if (b.failed)
			rc = cq_fail(err, CQ_ENOMEM, u.off, "no memory for the tree");
		else if (err)
			*err = local;
		return rc;
	}
	return CQ_OK;
}

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
	drop_text(&d->unit[d->node[top].unit]);
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
		new_unit(d, &nothing);
	}
	if (!d || d->nnodes != 2 || d->nunits != 1) {
		if (d)
			d->arg = NULL, d->ops = NULL;
		cq_doc_close(d);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
	}
	d->node[ROOT].unit = new_unit(d, &nothing);
	d->node[ROOT].component = -1;
	d->node[ROOT].space = CQ_SPACE_BUFFER;
	d->node[ROOT].flags = CQ_N_DERIVED;
	d->node[0].used = false;
	*out = d;
	return CQ_OK;
}

cq_nid cq_doc_add(struct cq_doc *d, const struct cq_unit *u, cq_slice name)
{
	uint32_t unit = new_unit(d, u), slot = unit ? add_node(d, ROOT, NONE, u->field) : NONE;
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
		drop_text(&d->unit[i]);
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

/* Opening a unit: it is replayed into the sink here, which makes nodes of what it is told, finds what is left out between
 * them, and does not believe what cannot be. */
#include "cq_doc_priv.h"

#include <stdlib.h>

enum { GROUPS_MAX = 64, RECENT = 16, ANCESTORS = 64 };

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
		*len = 0;
		return 0;
	}
	cq_buf_slice(t, s);
	b->failed |= t->failed || !doc_count(b->d, own_unit(b));
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
	doc_count(b->d, u);
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
	slot = doc_add_node(d, b->group[b->depth - 1], NONE, field);
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
		doc_damaged(b->d, b->group[b->depth - 1]);
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
		doc_damaged(d, slot);
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
		doc_damage_text(d, b->slot, "the list does not go on: its next page is where this one is");
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
	unit = slot ? doc_new_unit(d, u) : NONE;
	if (!unit) {
		b->failed = true;
		return;
	}
	n = &d->node[slot];
	n->unit = unit;
	n->flags |= CQ_N_UNIT | (wrong ? 0 : CQ_N_LAZY) | (u->field == CQ_F_MORE ? CQ_N_PAGE : 0);
	if (wrong) {
		n->len = 0;
		doc_damage_text(d, slot, wrong);
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
		doc_damaged(d, b->group[b->depth - 1]);
	}
	if (rc < 0) {
		char words[512];

		doc_damage_text(d, b->slot, cq_error_text(err, words, sizeof words));
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
	d->refused = false;
	rc = d->ops->explain(d->arg, &u, &tr, &local);
	if (rc >= 0 || rc == CQ_DAMAGED)
		finish(&b, rc, &local);
	free(b.counters);
	if (b.failed || (rc < 0 && rc != CQ_DAMAGED)) {
		cq_doc_forget(d, id);
		if (b.failed && d->used + 1 >= d->max)
			rc = cq_fail(err, CQ_ENOMEM, u.off, "more fields than fit in %zu nodes", d->max);
		else if (b.failed && d->refused)
			rc = cq_fail(err, CQ_ENOMEM, u.off, "the tree would take more than the %zu bytes that it may", d->limit);
		else if (b.failed)
			rc = cq_fail(err, CQ_ENOMEM, u.off, "no memory for the tree");
		else if (err)
			*err = local;
		return rc;
	}
	return CQ_OK;
}

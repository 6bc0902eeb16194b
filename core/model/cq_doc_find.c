/* Finding a node by its bytes, and bytes that no node has. */
#include <stdlib.h>

#include "cq_doc_priv.h"

enum { STEPS_MAX = 1 << 20 };

uint32_t doc_skip(struct cq_doc *d, uint32_t page, bool by_index, uint64_t target)
{
	struct doc_node *n = &d->node[page];
	struct cq_unit at, u;
	uint64_t index = CQ_NO_INDEX;
	uint64_t end;
	uint32_t slot;

	if (!d->ops->skip || !(n->flags & CQ_N_LAZY) || !(n->flags & CQ_N_PAGE))
		return page;
	at = d->unit[n->unit].u;
	at.len = n->len;
	u = at;
	if (d->ops->skip(d->arg, &at, by_index, target, &u, &index) != CQ_OK || u.off <= n->off || u.off >= doc_end(n))
		return page;
	end = doc_end(n);
	slot = doc_page_behind(d, page, &u, index, end);
	if (!slot)
		return page;
	d->node[page].len = u.off - d->node[page].off;
	return slot;
}

static bool has(const struct doc_node *n, int space, uint64_t off)
{
	return n->space == space && n->off <= off && n->len != CQ_NO_OFFSET && off - n->off < n->len;
}

/* Do a node's own bytes stand in one run? Then nothing outside of them is below it. */
static bool is_run(const struct cq_doc *d, const struct doc_node *n, struct cq_extent *e)
{
	*e = (struct cq_extent){ .run = true };
	if (n->flags & CQ_N_UNIT) {
		struct cq_unit u = d->unit[n->unit].u;

		u.len = n->len;
		doc_extent(d, &u, e);
	}
	return e->run;
}

/* The child to look into next; NONE when no (other) one can have the byte. */
static uint32_t candidate(struct cq_doc *d, uint32_t slot, int space, uint64_t off, uint32_t tried)
{
	uint64_t best_distance = UINT64_MAX;
	uint32_t best = NONE;

	for (uint32_t c = d->node[slot].first; c; c = d->node[c].next) {
		const struct doc_node *n = &d->node[c];
		struct cq_extent e;
		uint64_t distance;

		if (n->stamp == tried)
			continue;
		if (is_run(d, n, &e)) {
			if (has(n, space, off) || (n->len == CQ_NO_OFFSET && n->space == space && n->off <= off &&
			    (!n->next || d->node[n->next].off > off || d->node[n->next].space != space)))
				return c;
			continue;
		}
		if (n->space != space || off < e.reach_off || off >= e.reach_end)
			continue;
		/* A trie's children stand in the order of their keys, more or less: the nearest behind the byte first. */
		distance = n->off > off ? n->off - off : off - n->off;
		if (has(n, space, off))
			distance = 0;
		if (distance < best_distance) {
			best_distance = distance;
			best = c;
		}
	}
	return best;
}

int cq_doc_at(struct cq_doc *d, int component, int space, uint64_t off, cq_nid *out, struct cq_error *err)
{
	uint32_t top = doc_slot(d, cq_doc_component(d, component)), slot = top, opened, tried;
	int rc;

	if (!top)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "no such component");
	if (off >= d->ops->size(d->arg, component, space))
		return cq_fail(err, CQ_NOT_FOUND, off, "offset 0x%llx: the %s bytes end at 0x%llx", (unsigned long long)off,
			cq_space_kind_name(space), (unsigned long long)d->ops->size(d->arg, component, space));
	if (d->stamp > UINT32_MAX - 4) {
		for (uint32_t i = 0; i < d->nnodes; i++)
			d->node[i].stamp = 0;
		d->stamp = 0;
	}
	opened = ++d->stamp;
	tried = ++d->stamp;
	for (size_t steps = 0; steps < STEPS_MAX; steps++) {
		struct cq_extent e;
		uint32_t next;

		if (d->node[slot].flags & CQ_N_LAZY) {
			slot = doc_skip(d, slot, false, off);
			rc = cq_doc_expand(d, doc_id(d, slot), err);
			if (rc < 0)
				return rc;
			d->node[slot].stamp = opened;
		}
		next = candidate(d, slot, space, off, tried);
		if (next) {
			slot = next;
			continue;
		}
		if (has(&d->node[slot], space, off) && slot != top && (!d->node[slot].first || (is_run(d, &d->node[slot], &e) &&
		    !(d->node[slot].flags & CQ_N_PAGE)))) {
			*out = doc_id(d, slot);
			return CQ_OK;
		}
		if (slot == top)
			break;
		if (d->node[slot].stamp == opened)
			cq_doc_forget(d, doc_id(d, slot));
		d->node[slot].stamp = tried;
		slot = d->node[slot].parent;
	}
	return cq_fail(err, CQ_NOT_FOUND, off, "nothing that can be reached has the byte at 0x%llx", (unsigned long long)off);
}

/* ---- gaps ---- */

struct span {
	int space;
	uint64_t off, end;
};

static int by_place(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;

	if (a->space != b->space)
		return a->space - b->space;
	return (a->off > b->off) - (a->off < b->off);
}

/* What of [off, end) no span has, as gap nodes of parent. */
static bool fill(struct cq_doc *d, uint32_t parent, const struct span *s, size_t n, int space, uint64_t off, uint64_t end,
	uint64_t *bytes)
{
	for (size_t i = 0; i < n && off < end; i++) {
		if (s[i].space != space || s[i].end <= off)
			continue;
		if (s[i].off > off) {
			uint64_t to = s[i].off < end ? s[i].off : end;

			*bytes += to - off;
			if (!doc_add_gap(d, parent, space, off, to))
				return false;
		}
		off = s[i].end;
	}
	if (off >= end)
		return true;
	*bytes += end - off;
	return doc_add_gap(d, parent, space, off, end);
}

int cq_doc_gaps(struct cq_doc *d, cq_nid id, uint64_t *bytes, struct cq_error *err)
{
	uint32_t top = doc_slot(d, id);
	struct span *spans = NULL;
	size_t n = 0, cap = 0;
	struct cq_extent e;
	bool good = true;

	*bytes = 0;
	if (!top)
		return CQ_OK;
	for (cq_nid at = id; at; at = cq_doc_walk(d, at, id, true)) {
		const struct doc_node *p;
		int rc = cq_doc_expand(d, at, err);

		if (rc < 0) {
			free(spans);
			return rc;
		}
		p = &d->node[(uint32_t)at];
		if (p->first || !(p->flags & (CQ_N_NUMBER | CQ_N_BYTES)))
			continue;
		if (n == cap) {
			struct span *more = realloc(spans, (cap ? cap * 2 : 256) * sizeof *more);

			if (!more) {
				free(spans);
				return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a list of bytes");
			}
			spans = more;
			cap = cap ? cap * 2 : 256;
		}
		spans[n++] = (struct span){ .space = p->space, .off = p->off, .end = doc_end(p) };
		if (p->flags & CQ_N_GAP)
			*bytes += p->len;
	}
	if (n)
		qsort(spans, n, sizeof *spans, by_place);
	if (d->node[top].parent == ROOT) {
		for (int space = 0; space < 2; space++)
			good = good && fill(d, top, spans, n, space, 0, d->ops->size(d->arg, d->node[top].component, space), bytes);
	} else {
		is_run(d, &d->node[top], &e);
		if (!(d->node[top].flags & CQ_N_UNIT)) {
			e.off = d->node[top].off;
			e.end = doc_end(&d->node[top]);
		}
		if (e.end != CQ_NO_OFFSET)
			good = fill(d, top, spans, n, d->node[top].space, e.off, e.end, bytes);
	}
	free(spans);
	return good ? CQ_OK : cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no room for the gaps");
}

#include "cq_event.h"

#include "cq_arena.h"

const char *cq_bound_kind_name(enum cq_bound_kind k)
{
	static const char *const names[] = { "EXCL_END_BOUND", "INCL_START_BOUND", "EXCL_END_INCL_START_BOUNDARY",
		"STATIC_CLUSTERING", "CLUSTERING", "INCL_END_EXCL_START_BOUNDARY", "INCL_END_BOUND", "EXCL_START_BOUND" };

	return (unsigned)k < CQ_COUNTOF(names) ? names[k] : "unknown kind";
}

int cq_values_compare(const struct cq_type *const *types, const cq_slice *a, const cq_slice *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int c;

		/* Null (old COMPACT STORAGE data) sorts before everything, whatever the column's direction. */
		if (!a[i].p || !b[i].p)
			c = (a[i].p != NULL) - (b[i].p != NULL);
		else
			c = cq_value_compare(types[i], a[i], b[i]);
		if (c)
			return c;
	}
	return 0;
}

/* Where a prefix of this kind stands among what begins with its values: before it (-1), at it (0), behind it (1). */
static int side(enum cq_bound_kind k)
{
	switch (k) {
	case CQ_EXCL_END:
	case CQ_INCL_START:
	case CQ_EXCL_END_INCL_START:
	case CQ_STATIC_CLUSTERING:
		return -1;
	case CQ_CLUSTERING:
		return 0;
	default:
		return 1;
	}
}

static int weight(enum cq_bound_kind k)
{
	return k == CQ_STATIC_CLUSTERING ? 1 : k == CQ_CLUSTERING ? 2 : side(k) < 0 ? 0 : 3;
}

int cq_prefix_compare(const struct cq_type *const *types, const struct cq_prefix *a, const struct cq_prefix *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;
	int c;

	/* The static row stands before everything but nothing else has its kind: no values to compare. */
	if (a->kind == CQ_STATIC_CLUSTERING || b->kind == CQ_STATIC_CLUSTERING)
		return (b->kind == CQ_STATIC_CLUSTERING) - (a->kind == CQ_STATIC_CLUSTERING);
	c = cq_values_compare(types, a->values, b->values, n);
	if (c)
		return c;
	if (a->n != b->n)
		return a->n < b->n ? side(a->kind) : -side(b->kind);
	return weight(a->kind) - weight(b->kind);
}

/* ---- copies ---- */

static bool copy_slice(struct cq_arena *a, cq_slice *s)
{
	if (s->p)
		s->p = cq_arena_dup(a, s->p, s->len);
	return s->p || !s->len;
}

static bool copy_prefix(struct cq_arena *a, struct cq_prefix *p)
{
	cq_slice *values = cq_arena_alloc(a, (p->n ? p->n : 1) * sizeof *values);

	for (uint32_t i = 0; values && i < p->n; i++) {
		values[i] = p->values[i];
		if (values[i].p && !copy_slice(a, &values[i]))
			return false;
	}
	p->values = values;
	return values != NULL;
}

static void *copy_of(struct cq_arena *a, const void *p, size_t n, size_t each)
{
	void *q = cq_arena_zalloc(a, n ? n : 1, each);

	if (q && n)
		memcpy(q, p, n * each);
	return q;
}

static bool copy_row(struct cq_arena *a, struct cq_row *r)
{
	struct cq_cell *cells = copy_of(a, r->cells, r->ncells, sizeof *cells);

	if (!cells || !copy_prefix(a, &r->clustering) || !(r->complex = copy_of(a, r->complex, r->ncomplex, sizeof *r->complex)))
		return false;
	for (uint32_t i = 0; i < r->ncells; i++)
		if (!copy_slice(a, &cells[i].value) || !copy_slice(a, &cells[i].path))
			return false;
	r->cells = cells;
	return true;
}

int cq_event_copy(struct cq_arena *arena, const struct cq_event *ev, struct cq_event *out)
{
	struct cq_partition *p = copy_of(arena, ev->partition, 1, sizeof *p);

	*out = *ev;
	out->partition = p;
	out->row = NULL;
	out->marker = NULL;
	if (!p || !copy_slice(arena, &p->key))
		return CQ_ENOMEM;
	if (ev->kind == CQ_EV_ROW || ev->kind == CQ_EV_STATIC) {
		struct cq_row *r = copy_of(arena, ev->row, 1, sizeof *r);

		out->row = r;
		if (!r || !copy_row(arena, r))
			return CQ_ENOMEM;
	}
	if (ev->kind == CQ_EV_MARKER) {
		struct cq_marker *m = copy_of(arena, ev->marker, 1, sizeof *m);

		out->marker = m;
		if (!m || !copy_prefix(arena, &m->bound))
			return CQ_ENOMEM;
	}
	return CQ_OK;
}

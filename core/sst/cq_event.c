#include "cq_event.h"

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

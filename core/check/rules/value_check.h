/* value_check - each value of an event once, for the rules that look into values. */
#ifndef VALUE_CHECK_H
#define VALUE_CHECK_H
#include "cq_rule.h"

/* Where a value stands. */
struct value_place {
	const struct cq_event *ev;
	const char *what;                  /* "partition key", "clustering column", "cell of column", "element of column" */
	cq_slice name;                     /* of the column; p NULL: none */
	uint32_t index;                    /* clustering column */
	uint64_t off;                      /* nearest known offset at or before it in the stream */
};

typedef void value_fn(struct cq_pass *p, const struct value_place *at, const struct cq_type *type, cq_slice v);

/* Calls fn for the key, the clustering values and the cells (path and value) of an event whose type wants() picks. */
CQ_ALWAYS_INLINE void each_value(struct cq_pass *p, const struct cq_event *ev,
	bool (*wants)(const struct cq_type *t, cq_slice v), value_fn *fn)
{
	struct value_place at = { .ev = ev, .off = ev->off };

	if (ev->kind == CQ_EV_PARTITION) {
		/* The hidden table of an index on a map's or set's elements has the whole collection's type in its header (3.11). */
		at.what = "partition key";
		if (!p->table->desc.place.index.p && wants(p->table->stats.key_type, p->key))
			fn(p, &at, p->table->stats.key_type, p->key);
		return;
	}
	if (ev->kind != CQ_EV_STATIC) {
		const struct cq_prefix *c = ev->kind == CQ_EV_ROW ? &ev->row->clustering : &ev->marker->bound;

		at.what = "clustering column";
		for (at.index = 0; at.index < c->n; at.index++)
			if (c->values[at.index].p && wants(p->table->ctx.clustering[at.index], c->values[at.index]))
				fn(p, &at, p->table->ctx.clustering[at.index], c->values[at.index]);
		if (ev->kind == CQ_EV_MARKER)
			return;
	}
	for (uint32_t i = 0; i < ev->row->ncells; i++) {
		const struct cq_cell *c = &ev->row->cells[i];
		const struct cq_type *type = c->column->type;

		if (CQ_UNLIKELY(c->path.p != NULL)) {
			const struct cq_type *path = cq_type_path(type);

			at.what = "element of column";
			at.name = c->column->name;
			at.off = ev->off + c->off;
			if (path && wants(path, c->path))
				fn(p, &at, path, c->path);
			type = cq_type_cell_value(type, c->path);
			if (!type)
				continue;
		}
		if (c->flags & CQ_CELL_DELETED || c->column->counter || !wants(type, c->value))
			continue;
		at.what = c->path.p ? "element of column" : "cell of column";
		at.name = c->column->name;
		at.off = ev->off + c->off;
		fn(p, &at, type, c->value);
	}
}

/* A finding about the value. */
struct cq_check_finding *value_say(struct cq_pass *p, const struct value_place *at, const struct cq_type *type, cq_slice v,
	const struct cq_error *err);

#endif

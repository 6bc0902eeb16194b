/* Values of events to the rules that want them. What a type's values are held against is settled once a table, so that a row of
 * fixed-size columns costs nothing here. */
#include "cq_check_priv.h"

static bool hear(struct cq_values *v, struct cq_value_ears *ears, const struct cq_type *type, enum cq_value_where where)
{
	if (!type || !v->nall)
		return true;
	ears->v = cq_arena_zalloc(&v->arena, v->nall, sizeof *ears->v);
	for (size_t i = 0; ears->v && i < v->nall; i++)
		if (v->all[i].rule->wants_value(type, where))
			ears->v[ears->n++] = v->all[i];
	return ears->v;
}

bool cq_values_add(struct cq_values *v, const struct cq_rule *r, size_t rule_index, void *state)
{
	struct cq_value_listener *all = cq_arena_zalloc(&v->arena, v->nall + 1, sizeof *all);

	if (!all)
		return false;
	if (v->nall)
		memcpy(all, v->all, v->nall * sizeof *all);
	all[v->nall++] = (struct cq_value_listener){ .rule = r, .rule_index = rule_index, .state = state };
	v->all = all;
	return true;
}

static bool columns(struct cq_values *v, int kind, const struct cq_kind_columns *k)
{
	v->cell[kind] = cq_arena_zalloc(&v->arena, k->n + 1u, sizeof *v->cell[kind]);
	v->path[kind] = cq_arena_zalloc(&v->arena, k->n + 1u, sizeof *v->path[kind]);
	if (!v->cell[kind] || !v->path[kind])
		return false;
	for (uint32_t i = 0; i < k->n; i++) {
		const struct cq_column *c = &k->columns[i];

		if (c->counter)
			continue;
		if (!c->complex) {
			if (!hear(v, &v->cell[kind][i], c->type, CQ_VALUE_CELL))
				return false;
		} else {
			/* The value of a user type's cell has the type of the field that its path names: asked when it is met. */
			if (!hear(v, &v->path[kind][i], cq_type_path(c->type), CQ_VALUE_PATH) || (c->type->kind != CQ_T_UDT &&
			    !hear(v, &v->cell[kind][i], cq_type_cell_value(c->type, (cq_slice){0}), CQ_VALUE_ELEMENT)))
				return false;
			v->cells[kind] |= c->type->kind == CQ_T_UDT && v->nall;
		}
		v->cells[kind] |= v->cell[kind][i].n || v->path[kind][i].n;
	}
	return true;
}

bool cq_values_prepare(struct cq_values *v, const struct cq_table *t)
{
	const struct cq_ctx *x = &t->ctx;

	/* The hidden table of an index on the elements of a map or set has the whole collection's type in its header (3.11). */
	if (!t->desc.place.index.p && !hear(v, &v->key, t->stats.key_type, CQ_VALUE_KEY))
		return false;
	v->clustering = cq_arena_zalloc(&v->arena, x->nclustering + 1u, sizeof *v->clustering);
	for (uint32_t i = 0; v->clustering && i < x->nclustering; i++) {
		if (!hear(v, &v->clustering[i], x->clustering[i], CQ_VALUE_CLUSTERING))
			return false;
		v->clusterings |= v->clustering[i].n != 0;
	}
	return v->clustering && columns(v, 0, &x->regulars) && columns(v, 1, &x->statics);
}

static inline void tell(const struct cq_value_ears *ears, struct cq_pass *p, const struct cq_value_at *at, const struct cq_type *type,
	cq_slice value)
{
	for (size_t i = 0; i < ears->n; i++) {
		p->out.rule = ears->v[i].rule;
		p->out.rule_index = ears->v[i].rule_index;
		ears->v[i].rule->value(p, ears->v[i].state, at, type, value);
	}
}

static void field(const struct cq_values *v, struct cq_pass *p, const struct cq_value_at *at, const struct cq_cell *c)
{
	const struct cq_type *type = cq_type_cell_value(c->column->type, c->path);

	for (size_t i = 0; type && i < v->nall; i++) {
		if (!v->all[i].rule->wants_value(type, CQ_VALUE_ELEMENT))
			continue;
		p->out.rule = v->all[i].rule;
		p->out.rule_index = v->all[i].rule_index;
		v->all[i].rule->value(p, v->all[i].state, at, type, c->value);
	}
}

static void cells(const struct cq_values *v, struct cq_pass *p, const struct cq_event *ev)
{
	const int kind = ev->kind == CQ_EV_STATIC;
	struct cq_value_at at = { .ev = ev };

	for (uint32_t i = 0; i < ev->row->ncells; i++) {
		const struct cq_cell *c = &ev->row->cells[i];
		const struct cq_value_ears *cell = &v->cell[kind][c->column->index];

		if (CQ_LIKELY(!cell->n && !c->path.p))
			continue;
		at.column = c->column;
		at.off = ev->off + c->off;
		if (CQ_UNLIKELY(c->path.p != NULL)) {
			at.where = CQ_VALUE_PATH;
			tell(&v->path[kind][c->column->index], p, &at, cq_type_path(c->column->type), c->path);
			at.where = CQ_VALUE_ELEMENT;
			if (c->flags & CQ_CELL_DELETED)
				continue;
			if (c->column->type->kind == CQ_T_UDT)
				field(v, p, &at, c);
			else if (cell->n)
				tell(cell, p, &at, cq_type_cell_value(c->column->type, c->path), c->value);
		} else if (cell->n && !(c->flags & CQ_CELL_DELETED)) {
			at.where = CQ_VALUE_CELL;
			tell(cell, p, &at, c->column->type, c->value);
		}
	}
}

void cq_values_tell(const struct cq_values *v, struct cq_pass *p, const struct cq_event *ev)
{
	struct cq_value_at at = { .ev = ev, .off = ev->off };

	if (ev->kind == CQ_EV_PARTITION) {
		at.where = CQ_VALUE_KEY;
		tell(&v->key, p, &at, p->table->stats.key_type, p->key);
		return;
	}
	if (v->clusterings && ev->kind != CQ_EV_STATIC) {
		const struct cq_prefix *c = ev->kind == CQ_EV_ROW ? &ev->row->clustering : &ev->marker->bound;

		at.where = CQ_VALUE_CLUSTERING;
		for (at.index = 0; at.index < c->n; at.index++)
			if (v->clustering[at.index].n && c->values[at.index].p)
				tell(&v->clustering[at.index], p, &at, p->table->ctx.clustering[at.index], c->values[at.index]);
	}
	if (ev->kind != CQ_EV_MARKER && v->cells[ev->kind == CQ_EV_STATIC])
		cells(v, p, ev);
}

void cq_values_finish(struct cq_values *v)
{
	cq_arena_finish(&v->arena);
}

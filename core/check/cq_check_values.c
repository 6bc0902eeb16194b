/* Values of events to the rules that want them. What a type's values are held against is settled once a table, so that a row of
 * fixed-size columns costs nothing here. */
#include "cq_check_priv.h"

/* The length of which any bytes are a value of the type; SIZE_MAX: none, or not one alone. */
static size_t fine_length(const struct cq_type *t)
{
	switch (t->kind) {
	case CQ_T_BOOLEAN:
	case CQ_T_TINYINT:
	case CQ_T_SMALLINT:
	case CQ_T_INT:
	case CQ_T_BIGINT:
	case CQ_T_FLOAT:
	case CQ_T_DOUBLE:
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
	case CQ_T_DATE:
	case CQ_T_TIME:
	case CQ_T_UUID:
	case CQ_T_LEXICAL_UUID:
		return t->fixed_len > 0 ? (size_t)t->fixed_len : SIZE_MAX;
	default:
		return SIZE_MAX;
	}
}

/* What is fine with a value may depend on its type, but not on the rule: it is fine when it is with everyone. */
static void settle_fine(struct cq_value_ears *ears, const struct cq_type *type)
{
	unsigned fine = CQ_FINE_ASCII | CQ_FINE_LENGTH;

	for (size_t i = 0; i < ears->n; i++)
		fine &= ears->v[i].rule->fine;
	ears->fine_len = fine & CQ_FINE_LENGTH ? fine_length(type) : SIZE_MAX;
	ears->fine_ascii = fine & CQ_FINE_ASCII && (type->kind == CQ_T_TEXT || type->kind == CQ_T_ASCII);
}

static bool hear(struct cq_values *v, struct cq_value_ears *ears, const struct cq_type *type, enum cq_value_where where)
{
	if (!type || !v->nall)
		return true;
	ears->v = cq_arena_zalloc(&v->arena, v->nall, sizeof *ears->v);
	for (size_t i = 0; ears->v && i < v->nall; i++)
		if (v->all[i].rule->wants_value(type, where))
			ears->v[ears->n++] = v->all[i];
	if (ears->v)
		settle_fine(ears, type);
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
	v->heard[kind] = cq_arena_zalloc(&v->arena, k->n + 1u, sizeof *v->heard[kind]);
	if (!v->cell[kind] || !v->path[kind] || !v->heard[kind])
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
		if (v->cell[kind][i].n)
			v->heard[kind][v->nheard[kind]++] = i;
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

/* Nearly all text is ASCII: 32 bytes a step, then eight, of which the last may have been looked at before. */
static inline bool all_ascii(cq_slice v)
{
	uint64_t high = 0, word, four[4];
	size_t i = 0;

	if (CQ_UNLIKELY(v.len < 8)) {
		for (; i < v.len; i++)
			high |= v.p[i];
		return !(high & 0x80);
	}
	for (; i + 32 <= v.len; i += 32) {
		memcpy(four, v.p + i, 32);
		high |= (four[0] | four[1]) | (four[2] | four[3]);
	}
	for (; i + 8 <= v.len; i += 8) {
		memcpy(&word, v.p + i, 8);
		high |= word;
	}
	memcpy(&word, v.p + v.len - 8, 8);
	return !((high | word) & 0x8080808080808080u);
}

static inline bool is_fine(const struct cq_value_ears *ears, cq_slice v)
{
	return v.len == ears->fine_len || (ears->fine_ascii && all_ascii(v));
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

/* Of a row with a cell for each column of the table, whose places then are the columns': is there nothing to see? */
CQ_ALWAYS_INLINE bool all_fine(const struct cq_values *v, const struct cq_ctx *x, const struct cq_row *r, int kind)
{
	if (r->ncomplex || r->ncells != (kind ? x->statics : x->regulars).n)
		return false;
	for (uint32_t i = 0; i < v->nheard[kind]; i++) {
		const uint32_t at = v->heard[kind][i];

		if (!is_fine(&v->cell[kind][at], r->cells[at].value))
			return false;
	}
	return true;
}

static CQ_NOINLINE void cells(const struct cq_values *v, struct cq_pass *p, const struct cq_event *ev)
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
		} else if (cell->n && !is_fine(cell, c->value) && !(c->flags & CQ_CELL_DELETED)) {
			at.where = CQ_VALUE_CELL;
			tell(cell, p, &at, c->column->type, c->value);
		}
	}
}

void cq_values_tell(const struct cq_values *v, struct cq_pass *p, const struct cq_event *ev)
{
	if (ev->kind == CQ_EV_PARTITION) {
		if (CQ_UNLIKELY(!is_fine(&v->key, p->key)))
			tell(&v->key, p, &(struct cq_value_at){ .ev = ev, .off = ev->off, .where = CQ_VALUE_KEY }, p->table->stats.key_type,
				p->key);
		return;
	}
	if (v->clusterings && ev->kind != CQ_EV_STATIC) {
		const struct cq_prefix *c = ev->kind == CQ_EV_ROW ? &ev->row->clustering : &ev->marker->bound;

		struct cq_value_at at = { .ev = ev, .off = ev->off, .where = CQ_VALUE_CLUSTERING };

		for (at.index = 0; at.index < c->n; at.index++)
			if (v->clustering[at.index].n && c->values[at.index].p && !is_fine(&v->clustering[at.index], c->values[at.index]))
				tell(&v->clustering[at.index], p, &at, p->table->ctx.clustering[at.index], c->values[at.index]);
	}
	if (ev->kind != CQ_EV_MARKER && v->cells[ev->kind == CQ_EV_STATIC] && !all_fine(v, &p->table->ctx, ev->row, ev->kind == CQ_EV_STATIC))
		cells(v, p, ev);
}

void cq_values_finish(struct cq_values *v)
{
	cq_arena_finish(&v->arena);
}

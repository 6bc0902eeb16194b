/* cell-order - the cells of a collection ascend by their paths. */
#include "cq_rule.h"

#include "cq_buf.h"

static void say(struct cq_pass *p, const struct cq_event *ev, const struct cq_complex *x, const struct cq_cell *a,
	const struct cq_cell *b, int order)
{
	const struct cq_type *type = cq_type_path(x->column->type);
	struct cq_buf was = {0}, is = {0};
	struct cq_check_finding *f;

	if (cq_value_text(type, a->path, &was, NULL) != CQ_OK)
		cq_buf_hex(&was, a->path);
	if (cq_value_text(type, b->path, &is, NULL) != CQ_OK)
		cq_buf_hex(&is, b->path);
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off + b->off, 0, order ? "an element of column %.*s stands behind a greater one" :
		"an element of column %.*s stands twice", (int)x->column->name.len, (const char *)x->column->name.p);
	cq_say_expected(&p->out, f, "an element behind %s", cq_buf_cstr(&was));
	cq_say_found(&p->out, f, "%s", cq_buf_cstr(&is));
	cq_say_partition(p, f);
	cq_buf_finish(&was);
	cq_buf_finish(&is);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_row *r = ev->row;

	(void)state;
	for (uint32_t i = 0; i < r->ncomplex; i++) {
		const struct cq_complex *x = &r->complex[i];
		const struct cq_type *type = cq_type_path(x->column->type);
		const struct cq_cell *c = r->cells + x->first;

		for (uint32_t k = 1; k < x->count; k++) {
			int order = cq_value_compare(type, c[k - 1].path, c[k].path);

			if (CQ_UNLIKELY(order >= 0)) {
				say(p, ev, x, &c[k - 1], &c[k], order);
				break;
			}
		}
	}
}

static bool concerns(const struct cq_table *t)
{
	return t->ctx.regulars.ncomplex || t->ctx.statics.ncomplex;
}

const struct cq_rule cq_rule_cell_order = {
	.id = "cell-order", .title = "the cells of a collection ascend by their paths", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_STATIC), .odd = CQ_ODD_COMPLEX, .event = event, .concerns = concerns, .kinds = "36",
	.proves = "Within each multi-cell column the elements (keys of a map, of a set, positions of a list, fields of a type) ascend, none twice.",
	.means = "Merging this row with others can lose or double elements.",
	.action = "Compare the column's type in the header with the schema; then rewrite the row, or scrub the table.",
	.bug = "CASSANDRA-17623 when a frozen map is the element.",
};

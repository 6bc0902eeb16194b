/* coll-order - the elements of frozen sets and maps ascend. */
#include "value_check.h"

static bool holds(const struct cq_type *t)
{
	if (t->kind == CQ_T_SET || t->kind == CQ_T_MAP)
		return true;
	for (size_t i = 0; i < t->narg; i++)
		if (holds(t->arg[i]))
			return true;
	return false;
}

static bool wants(const struct cq_type *t, enum cq_value_where where)
{
	(void)where;
	return holds(t);
}

/* Depth is bounded by that of types. True: said. */
static bool look_into(struct cq_pass *p, const struct cq_value_at *at, const struct cq_type *whole, cq_slice all,
	const struct cq_type *t, cq_slice v)
{
	struct cq_elements it;
	const struct cq_type *type;
	cq_slice e, before = {0};
	size_t step = t->kind == CQ_T_MAP ? 2 : 1;
	struct cq_error err = {0};

	cq_elements_init(&it, t, v);
	for (size_t i = 0; cq_elements_next(&it, &type, &e, NULL) == CQ_OK; i++) {
		if ((t->kind == CQ_T_SET || t->kind == CQ_T_MAP) && i % step == 0 && e.p) {
			if (before.p && cq_value_compare(type, before, e) >= 0) {
				cq_fail(&err, CQ_DAMAGED, (uint64_t)(e.p - all.p), "element %zu of a %s does not stand behind the one before it", i / step,
					t->kind == CQ_T_MAP ? "map" : "set");
				value_say(p, at, whole, all, &err);
				return true;
			}
			before = e;
		}
		if (e.p && type->narg && look_into(p, at, whole, all, type, e))
			return true;
	}
	return false;
}

static void value(struct cq_pass *p, void *state, const struct cq_value_at *at, const struct cq_type *type, cq_slice v)
{
	(void)state;
	look_into(p, at, type, v, type, v);
}

const struct cq_rule cq_rule_coll_order = {
	.id = "coll-order", .title = "the elements of frozen sets and maps ascend", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants_value = wants, .value = value, .kinds = "47",
	.proves = "In every frozen set and map, at any depth, elements (keys) ascend by their type and none stands twice.",
	.means = "The same collection has two forms: comparisons and look-ups by it miss, as a key the row cannot be found.",
	.action = "Write the value anew; when it is part of a key, write the row anew under the sorted form and delete this one.",
	.bug = "CASSANDRA-17623 (4.1): bound values of frozen maps were stored as the driver sent them.",
};

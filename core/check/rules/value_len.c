/* value-len - every value has a form that its type allows. */
#include "value_check.h"

/* Text is value-utf8's; a value of its type's one length can hold anything. */
static inline bool wants(const struct cq_type *t, cq_slice v)
{
	if (t->kind == CQ_T_TEXT || t->kind == CQ_T_ASCII || t->kind == CQ_T_BLOB || t->kind == CQ_T_CUSTOM || t->kind == CQ_T_VARINT)
		return false;
	return t->fixed_len < 0 || v.len != (size_t)t->fixed_len || t->kind == CQ_T_TIMEUUID;
}

static void look(struct cq_pass *p, const struct value_place *at, const struct cq_type *type, cq_slice v)
{
	struct cq_error err = {0};

	if (CQ_UNLIKELY(cq_value_check(type, v, &err) != CQ_OK))
		value_say(p, at, type, v, &err);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	(void)state;
	each_value(p, ev, wants, look);
}

const struct cq_rule cq_rule_value_len = {
	.id = "value-len", .title = "every value has a form that its type allows", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_STATIC) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER),
	.event = event, .kinds = "45, 49",
	.proves = "Keys, clustering values, cells and elements pass the validation of their types: lengths of fixed types, the inner shape of "
		"collections, tuples, vectors, durations, decimals.",
	.means = "Reading this value fails with a MarshalException, or gives another value than was written. If many values of one column are "
		"concerned, the column's type in the header is probably not the one they were written with.",
	.action = "Compare the column's type in the header with the schema (header-type, header-dropped); write the value anew from another replica or "
		"from the application.",
	.bug = "CASSANDRA-14752, Scylla issue 4009.",
};

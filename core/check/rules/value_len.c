/* value-len - every value has a form that its type allows. */
#include "value_check.h"

/* Text is value-utf8's, blobs and varints can hold anything. Readers take fixed sizes from the type: there only an empty value can be
 * wrong, and only where the type has none. */
static bool wants(const struct cq_type *t, enum cq_value_where where)
{
	if (t->kind == CQ_T_TEXT || t->kind == CQ_T_ASCII || t->kind == CQ_T_BLOB || t->kind == CQ_T_CUSTOM || t->kind == CQ_T_VARINT)
		return false;
	return t->fixed_len < 0 || t->kind == CQ_T_TIMEUUID || (where != CQ_VALUE_CELL && where != CQ_VALUE_CLUSTERING) ||
		cq_value_check(t, cq_slice_of("", 0), NULL) != CQ_OK;
}

static void value(struct cq_pass *p, void *state, const struct cq_value_at *at, const struct cq_type *type, cq_slice v)
{
	struct cq_error err = {0};

	(void)state;
	if (CQ_UNLIKELY(cq_value_check(type, v, &err) != CQ_OK))
		value_say(p, at, type, v, &err);
}

const struct cq_rule cq_rule_value_len = {
	.id = "value-len", .title = "every value has a form that its type allows", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants_value = wants, .fine = CQ_FINE_LENGTH, .value = value, .kinds = "45, 49",
	.proves = "Keys, clustering values, cells and elements pass the validation of their types: lengths of fixed types, the inner shape of "
		"collections, tuples, vectors, durations, decimals.",
	.means = "Reading this value fails with a MarshalException, or gives another value than was written. If many values of one column are "
		"concerned, the column's type in the header is probably not the one they were written with.",
	.action = "Compare the column's type in the header with the schema (header-type, header-dropped); write the value anew from another replica or "
		"from the application.",
	.bug = "CASSANDRA-14752, Scylla issue 4009.",
};

/* value-utf8 - text is text. */
#include "value_check.h"

static bool wants(const struct cq_type *t, enum cq_value_where where)
{
	(void)where;
	return t->kind == CQ_T_TEXT || t->kind == CQ_T_ASCII;
}

static void value(struct cq_pass *p, void *state, const struct cq_value_at *at, const struct cq_type *type, cq_slice v)
{
	struct cq_error err = {0};

	(void)state;
	if (CQ_UNLIKELY(cq_value_check(type, v, &err) != CQ_OK))
		value_say(p, at, type, v, &err);
}

const struct cq_rule cq_rule_value_utf8 = {
	.id = "value-utf8", .title = "text is UTF-8, ascii is ASCII", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants_value = wants, .fine = CQ_FINE_ASCII, .value = value, .kinds = "45",
	.proves = "Every text value is UTF-8 as Cassandra validates it, every ascii value ASCII.",
	.means = "A client gets an error or a changed string. Text written through Cassandra is validated: such bytes were changed later, or came from a "
		"bulk writer that does not validate.",
	.action = "Write the value anew from another replica or from the application.",
	.bug = "Scylla issue 4009.",
	.silent = "Text inside collections, tuples and composites is looked at by value-len.",
};

/* value-utf8 - text is text. */
#include "value_check.h"

static bool wants(const struct cq_type *t, enum cq_value_where where)
{
	(void)where;
	return t->kind == CQ_T_TEXT || t->kind == CQ_T_ASCII;
}

/* Nearly all text is ASCII: 32 bytes a step, then eight. */
static inline bool all_ascii(cq_slice v)
{
	uint64_t high = 0, word, four[4];
	size_t i = 0;

	for (; i + 32 <= v.len; i += 32) {
		memcpy(four, v.p + i, 32);
		high |= (four[0] | four[1]) | (four[2] | four[3]);
	}
	for (; i + 8 <= v.len; i += 8) {
		memcpy(&word, v.p + i, 8);
		high |= word;
	}
	for (; i < v.len; i++)
		high |= v.p[i];
	return !(high & 0x8080808080808080u);
}

static void value(struct cq_pass *p, void *state, const struct cq_value_at *at, const struct cq_type *type, cq_slice v)
{
	struct cq_error err = {0};

	(void)state;
	if (CQ_UNLIKELY(!all_ascii(v) && cq_value_check(type, v, &err) != CQ_OK))
		value_say(p, at, type, v, &err);
}

const struct cq_rule cq_rule_value_utf8 = {
	.id = "value-utf8", .title = "text is UTF-8, ascii is ASCII", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants_value = wants, .value = value, .kinds = "45",
	.proves = "Every text value is UTF-8 as Cassandra validates it, every ascii value ASCII.",
	.means = "A client gets an error or a changed string. Text written through Cassandra is validated: such bytes were changed later, or came from a "
		"bulk writer that does not validate.",
	.action = "Write the value anew from another replica or from the application.",
	.bug = "Scylla issue 4009.",
	.silent = "Text inside collections, tuples and composites is looked at by value-len.",
};

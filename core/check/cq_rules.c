#include "cq_rule.h"

#include <string.h>

#define CQ_RULE(name) extern const struct cq_rule cq_rule_##name;
#include "rules.def"
#undef CQ_RULE

#define CQ_RULE(name) &cq_rule_##name,
static const struct cq_rule *const built_in[] = {
#include "rules.def"
	NULL,
};
#undef CQ_RULE

/* Added ones. A process with more scripts than this has other troubles. */
enum { ADDED_MAX = 256 };
static const struct cq_rule *added[ADDED_MAX];
static size_t nadded;

const struct cq_rule *cq_rule_nth(size_t index)
{
	const size_t n = CQ_COUNTOF(built_in) - 1;

	if (index < n)
		return built_in[index];
	return index - n < nadded ? added[index - n] : NULL;
}

const struct cq_rule *cq_rule_named(const char *id)
{
	const struct cq_rule *r;

	for (size_t i = 0; (r = cq_rule_nth(i)); i++)
		if (!strcmp(r->id, id))
			return r;
	return NULL;
}

int cq_rule_add(const struct cq_rule *r, struct cq_error *err)
{
	if (!r->id || !*r->id || !r->title)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "a rule needs an id and a title");
	if (cq_rule_named(r->id))
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is a rule %s already", r->id);
	if (nadded == ADDED_MAX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "more than %d rules added", ADDED_MAX);
	added[nadded++] = r;
	return CQ_OK;
}

const char *cq_effect_name(enum cq_effect e)
{
	static const char *const names[] = {
		[CQ_HARMLESS] = "harmless", [CQ_SLOWER] = "reads are slower", [CQ_UNSURE] = "to be looked at",
		[CQ_REFUSED] = "Cassandra may refuse it", [CQ_WRONG_ANSWERS] = "reads answer wrongly", [CQ_LOST] = "rows are lost",
	};

	return (size_t)e < CQ_COUNTOF(names) ? names[e] : "?";
}

const char *cq_check_level_name(enum cq_check_level l)
{
	static const char *const names[] = { [CQ_CHECK_QUICK] = "quick", [CQ_CHECK_FULL] = "full", [CQ_CHECK_DEEP] = "deep" };

	return (size_t)l < CQ_COUNTOF(names) ? names[l] : "?";
}

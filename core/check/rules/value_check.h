/* value_check - what the rules that look into values share. */
#ifndef VALUE_CHECK_H
#define VALUE_CHECK_H
#include "cq_rule.h"

/* A finding: v at a place is no value of type, err says why. */
struct cq_check_finding *value_say(struct cq_pass *p, const struct cq_value_at *at, const struct cq_type *type, cq_slice v,
	const struct cq_error *err);

#endif

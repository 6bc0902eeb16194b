/* cq_check_priv - what the parts of the runner share. */
#ifndef CQ_CHECK_PRIV_H
#define CQ_CHECK_PRIV_H
#include "cq_rule.h"

/* The rules of a run: those of the registry that the options ask for and that the level has work for. */
struct cq_selection {
	const struct cq_rule **rule;
	bool *on;                          /* chosen; the others are passed over without a word */
	size_t n;
	size_t fallback;                   /* "structure": takes what no other claims; on or not */
};

CQ_API int cq_out_init(struct cq_out *o, const struct cq_selection *s, const struct cq_check_options *opt, struct cq_error *err);
/* Behind what to has already; from is empty afterwards but keeps its memory. */
CQ_API void cq_out_append(struct cq_out *to, const struct cq_out *from);
CQ_API void cq_out_finish(struct cq_out *o);

/* The rows of c->table: pieces, threads, events to rules. Findings land in c->out. CQ_OK, CQ_ESTOPPED, CQ_ENOMEM, CQ_EIO. */
int cq_check_rows(struct cq_check *c, const struct cq_selection *s, struct cq_error *err);

static inline void cq_out_rule(struct cq_out *o, const struct cq_selection *s, size_t i)
{
	o->rule = s->rule[i];
	o->rule_index = i;
}

#endif

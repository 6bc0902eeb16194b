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
/* A copy with its texts. NULL: no memory. */
struct cq_check_finding *cq_finding_copy(struct cq_arena *a, const struct cq_check_finding *f);

/* The rows of c->table: pieces, threads, events to rules. Findings land in c->out. CQ_OK, CQ_ESTOPPED, CQ_ENOMEM, CQ_EIO. */
int cq_check_rows(struct cq_check *c, const struct cq_selection *s, struct cq_error *err);

/* ---- values (cq_check_values.c) ---- */

struct cq_value_listener {
	const struct cq_rule *rule;
	size_t rule_index;
	void *state;
};

/* Who wants the values of a place: n of them. None of them needs to see one of fine_len bytes (SIZE_MAX: no such length), nor one
 * that is ASCII. */
struct cq_value_ears {
	struct cq_value_listener *v;
	size_t n, fine_len;
	bool fine_ascii;
};

struct cq_values {
	struct cq_arena arena;
	struct cq_value_listener *all;     /* every rule with value */
	size_t nall;
	struct cq_value_ears key, *clustering;
	struct cq_value_ears *cell[2], *path[2];       /* regular and static columns by their index */
	uint32_t *heard[2], nheard[2];     /* the columns of which there is somebody for the values, when all are simple */
	bool clusterings, cells[2];        /* is there anybody for them? */
};

/* add each listener first, then prepare. */
bool cq_values_add(struct cq_values *v, const struct cq_rule *r, size_t rule_index, void *state);
bool cq_values_prepare(struct cq_values *v, const struct cq_table *t);
void cq_values_tell(const struct cq_values *v, struct cq_pass *p, const struct cq_event *ev);
void cq_values_finish(struct cq_values *v);

static inline void cq_out_rule(struct cq_out *o, const struct cq_selection *s, size_t i)
{
	o->rule = s->rule[i];
	o->rule_index = i;
}

/* cq_say_span for a table with tries. False: nothing was said. */
bool cq_say_span_trie(struct cq_out *o, struct cq_check_finding *f, uint64_t off, uint64_t len);

#endif

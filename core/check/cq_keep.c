#include <assert.h>
#include <stdlib.h>

#include "cq_rule.h"

struct cq_kept {
	struct cq_kept *next;
	const void *tag;
	void (*finish)(void *);
	void *p;
};

void *cq_keep(struct cq_kept **list, const void *tag, size_t len, void (*finish)(void *))
{
	struct cq_kept *k;

	for (k = *list; k; k = k->next)
		if (k->tag == tag)
			return k->p;
	k = calloc(1, sizeof *k);
	if (!k || !(k->p = calloc(1, len))) {
		free(k);
		return NULL;
	}
	k->tag = tag;
	k->finish = finish;
	k->next = *list;
	*list = k;
	return k->p;
}

void cq_kept_finish(struct cq_kept **list)
{
	while (*list) {
		struct cq_kept *k = *list;

		*list = k->next;
		if (k->finish)
			k->finish(k->p);
		free(k->p);
		free(k);
	}
}

struct cq_step *cq_pass_step(struct cq_pass *p, unsigned wants, unsigned (*event)(struct cq_pass *p, void *arg,
	const struct cq_event *ev), void *arg)
{
	struct cq_step *step = &p->step[p->nsteps++];

	assert(p->nsteps <= CQ_STEPS_MAX);
	*step = (struct cq_step){ .event = event, .arg = arg };
	cq_pass_step_wants(p, step, wants);
	return step;
}

void cq_pass_step_wants(struct cq_pass *p, struct cq_step *step, unsigned wants)
{
	step->wants = wants;
	p->steps_want = 0;
	for (size_t i = 0; i < p->nsteps; i++)
		p->steps_want |= p->step[i].wants;
}

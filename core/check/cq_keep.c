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

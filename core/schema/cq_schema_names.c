#include "cq_schema_priv.h"

static size_t hash(cq_slice s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);             /* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static struct cq_name_slot *find(struct cq_name_slot *slot, size_t cap, cq_slice name)
{
	size_t at = hash(name) & (cap - 1);

	while (slot[at].used && !cq_slice_eq(slot[at].name, name))
		at = (at + 1) & (cap - 1);
	return &slot[at];
}

bool cq_names_put(struct cq_arena *arena, struct cq_names *names, cq_slice name, size_t value)
{
	struct cq_name_slot *at;

	if (names->n * 2 >= names->cap) {
		size_t cap = names->cap ? names->cap * 2 : 16;
		struct cq_name_slot *bigger = cq_arena_zalloc(arena, cap, sizeof *bigger);

		if (!bigger)
			return false;
		for (size_t i = 0; i < names->cap; i++) {
			if (names->slot[i].used)
				*find(bigger, cap, names->slot[i].name) = names->slot[i];
		}
		names->slot = bigger;
		names->cap = cap;
	}
	at = find(names->slot, names->cap, name);
	names->n += !at->used;
	*at = (struct cq_name_slot){ .name = name, .value = value, .used = true };
	return true;
}

size_t cq_names_get(const struct cq_names *names, cq_slice name)
{
	const struct cq_name_slot *at = names->cap ? find(names->slot, names->cap, name) : NULL;

	return at && at->used ? at->value : CQ_NO_NAME;
}

void *cq_grow(struct cq_arena *arena, void *p, size_t n, size_t *cap, size_t each)
{
	size_t want = *cap ? *cap * 2 : 8;
	void *bigger;

	if (n < *cap)
		return p;
	bigger = cq_arena_zalloc(arena, want, each);
	if (!bigger)
		return NULL;
	if (n)
		memcpy(bigger, p, n * each);
	*cap = want;
	return bigger;
}

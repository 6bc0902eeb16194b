/* Cassandra 3.0 wrote frozen UDT columns without FrozenType around them: until 3.6 there were no others. From ma to me a bare
 * UserType may therefore be one cell or many, and only the rows tell. */
#include <stdlib.h>

#include "shared.h"

enum {
	PROBE_EVENTS = 2000,           /* rows are checked against their own sizes: a wrong guess does not last that long */
	SUBSETS_OF = 8,                /* columns up to which every combination is tried */
};

static bool is_bare_udt(const struct cq_column *c)
{
	return c->type->kind == CQ_T_UDT && c->type->multicell;
}

/* Do the first rows decode with the columns as they are? */
static bool decodes(struct cq_table *t)
{
	struct cq_event ev;
	struct cq_scan *s;
	int rc = cq_scan_open(&s, t, NULL, NULL);

	if (rc < 0)
		return false;
	for (size_t n = 0; rc == CQ_OK && n < PROBE_EVENTS; n++)
		rc = cq_scan_next(s, &ev, NULL);
	cq_scan_close(s);
	return rc >= 0;
}

/* Freeze the bare UDTs whose bit is set; they count through the static columns, then the regular ones. */
static int with_frozen(struct cq_table *t, const struct cq_column *statics, const struct cq_column *regulars, unsigned frozen,
	struct cq_error *err)
{
	const size_t n[2] = { t->stats.nstatic, t->stats.nregular };
	const struct cq_column *from[2] = { statics, regulars };
	struct cq_column *to[2];
	unsigned bit = 0;

	for (int k = 0; k < 2; k++) {
		to[k] = cq_arena_dup(&t->arena, from[k], n[k] * sizeof **to);
		if (!to[k])
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for columns");
		for (size_t i = 0; i < n[k]; i++) {
			struct cq_column *c = &to[k][i];

			if (!is_bare_udt(c) || !(frozen >> bit++ & 1))
				continue;
			c->type = cq_type_frozen(&t->arena, c->type);
			if (!c->type)
				return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for columns");
			c->complex = false;
			c->fixed_len = c->type->fixed_len;
		}
	}
	t->stats.statics = to[0];
	t->stats.regulars = to[1];
	shared_sort_columns(t);
	return shared_make_ctx(t, err);
}

int shared_settle_udts(struct cq_table *t, struct cq_error *err)
{
	const struct cq_column *statics = t->stats.statics, *regulars = t->stats.regulars;
	unsigned count = 0, all, tried = 0;
	int rc;

	for (size_t i = 0; i < t->stats.nstatic; i++)
		count += is_bare_udt(&statics[i]);
	for (size_t i = 0; i < t->stats.nregular; i++)
		count += is_bare_udt(&regulars[i]);
	if (!count || !t->stream.raw || !t->stream.len || decodes(t))
		return CQ_OK;
	all = count < 32 ? (1u << count) - 1 : UINT32_MAX;
	/* All of them is what 3.0 writes; a mixture only what later compactions of its files may leave. */
	for (unsigned frozen = all; tried < (count <= SUBSETS_OF ? all : 1); frozen--, tried++) {
		rc = with_frozen(t, statics, regulars, frozen, err);
		if (rc < 0)
			return rc;
		if (decodes(t)) {
			cq_finding_add(&t->findings, "bare-frozen-udt", CQ_INFO, cq_basename(t->component[CQ_C_STATISTICS]->name),
				CQ_SPACE_RAW, CQ_NO_OFFSET, "the header lists UDT columns without FrozenType, as Cassandra 3.0 "
				"writes frozen ones; they are read as frozen because the rows decode only so");
			return CQ_OK;
		}
	}
	/* The damage lies elsewhere: back to what the header says. */
	return with_frozen(t, statics, regulars, 0, err);
}

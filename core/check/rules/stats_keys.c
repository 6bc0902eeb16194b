/* stats-keys - first and last key in STATS (nc, oa, da). */
#include "stats_field.h"

static void one(struct cq_check *c, unsigned field, const char *what, cq_slice stored, cq_slice rows)
{
	struct cq_buf a = {0}, b = {0};
	struct cq_check_finding *f;

	if (cq_slice_eq(stored, rows))
		return;
	f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = field }, "%s key in STATS is not that of Data.db", what);
	cq_table_print_key(c->table, rows, &a);
	cq_table_print_key(c->table, stored, &b);
	cq_say_expected(&c->out, f, "%.200s", cq_buf_cstr(&a));
	cq_say_found(&c->out, f, "%.200s", cq_buf_cstr(&b));
	cq_say_key(&c->out, f, rows);
	stats_suspect_bytes(c, f, stored, rows);
	cq_buf_finish(&a);
	cq_buf_finish(&b);
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;

	(void)state;
	if (!(s->has & CQ_HAS_KEY_RANGE) || !c->facts->partitions)
		return;                                /* the version has none: Summary.db or the trie has, and their rules */
	one(c, CQ_F_STATS_FIRST_KEY, "first", s->first_key, r->first_key);
	one(c, CQ_F_STATS_LAST_KEY, "last", s->last_key, r->last_key);
}

const struct cq_rule cq_rule_stats_keys = {
	.id = "stats-keys", .title = "first and last key in STATS are those of Data.db", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "The first and the last partition key that STATS holds since 5.0 are those of the first and the last partition.",
	.means = "Cassandra 5.0 takes the table's bounds from here when it opens it and asks it only for keys between them: rows outside are not found.",
	.action = "Restore Statistics.db from a snapshot of the same generation, or rewrite the table (a scrub reads Data.db itself).",
	.silent = "Before nc there are no such fields, and nothing is said.",
	.kinds = "9",
};

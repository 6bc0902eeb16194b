/* stats-counts - rows, columns, and two flags of STATS. */
#include "stats_field.h"

#include <inttypes.h>

static void number(struct cq_check *c, unsigned field, const char *what, int64_t stored, int64_t rows)
{
	struct cq_check_finding *f;

	if (stored == rows)
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = field }, "%s is not what the rows give", what);
	cq_say_expected(&c->out, f, "%" PRId64, rows);
	cq_say_found(&c->out, f, "%" PRId64, stored);
	stats_suspect(c, f, (uint64_t)stored, (uint64_t)rows);
}

static void flag(struct cq_check *c, unsigned field, const char *what, bool stored, bool rows, const char *missing, const char *extra)
{
	struct cq_check_finding *f;

	if (stored == rows)
		return;
	f = stats_say(c, rows ? CQ_ERROR : CQ_WARNING, (struct stats_field){ .field = field }, "%s: STATS says %s, the rows say %s", what,
		stored ? "yes" : "no", rows ? "yes" : "no");
	f->effect = rows ? CQ_WRONG_ANSWERS : CQ_SLOWER;
	cq_say_expected(&c->out, f, "%d", rows);
	cq_say_found(&c->out, f, "%d", stored);
	cq_say_means(&c->out, f, "%s", rows ? missing : extra);
	stats_suspect(c, f, stored, rows);
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;

	(void)state;
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (stats_scylla(c)) {
		cq_unmeasured(&c->out, "written by Scylla, which counts rows and columns in other ways");
		return;
	}
	number(c, CQ_F_TOTAL_ROWS, "totalRows", s->total_rows, r->total_rows);
	number(c, CQ_F_TOTAL_COLUMNS_SET, "totalColumnsSet", s->total_columns_set, r->total_columns_set);
	flag(c, CQ_F_LEGACY_COUNTER_SHARDS, "legacy counter shards", s->legacy_counter_shards, r->legacy_counter_shards,
		"Counters with local or remote shards pass for ones with global shards only: reads of single rows may leave tables out and "
		"return too small a sum.", "Reads of counters merge more tables than they need. No answer is wrong.");
	if (s->has & CQ_HAS_PARTITION_DELETIONS)
		flag(c, CQ_F_HAS_PARTITION_DELETIONS, "partition deletions", s->has_partition_deletions, r->has_partition_deletions,
			"The table holds a deletion of a whole partition and says that it does not: reads of clusterings that it does not cover leave "
			"it out, and deleted rows are seen again.", "The table is read for deletions that it does not hold. No answer is wrong.");
}

const struct cq_rule cq_rule_stats_counts = {
	.id = "stats-counts", .title = "counts and flags of STATS are those of the rows", .severity = CQ_WARNING, .effect = CQ_HARMLESS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "totalRows (static rows included), totalColumnsSet (columns with a cell, a collection counting once), the flag of legacy counter shards "
		"and since nc that of partition deletions are what the rows give.",
	.means = "The two counts only serve estimates. They are also the quickest sign that Statistics.db belongs to other rows.",
	.action = "Look at the other findings about Statistics.db: a changed count by itself harms nothing.",
	.silent = "A scrub that gave up a partition half way has counted its rows; then totalRows is too high by those.",
	.kinds = "9",
};

/* stats-ts - minimum and maximum of all timestamps, and the HEADER's base of them. */
#include "stats_field.h"

#include <inttypes.h>

/* Timestamps in Data.db are differences to the HEADER's minimum: when that is wrong, all of them move together. */
static bool base_is_wrong(struct cq_check *c, const struct cq_statistics *s, const struct cq_statistics *r)
{
	uint64_t by = (uint64_t)s->min_timestamp - (uint64_t)r->min_timestamp;
	struct cq_check_finding *f;

	if (by == 0 || by != (uint64_t)s->max_timestamp - (uint64_t)r->max_timestamp || !c->facts->timestamps)
		return false;
	f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_HEADER_MIN_TIMESTAMP },
		"every timestamp read is %s by %" PRIu64 " us than STATS says: the HEADER's minimum, which all are relative to, is wrong",
		(int64_t)by > 0 ? "lower" : "higher", (int64_t)by > 0 ? by : -by);
	cq_say_expected(&c->out, f, "%s", stats_micros(&c->out, (int64_t)((uint64_t)s->header_min_timestamp + by)));
	cq_say_found(&c->out, f, "%s", stats_micros(&c->out, s->header_min_timestamp));
	cq_say_means(&c->out, f, "All rows, deletions and cells of this table are read with wrong write times: they win or lose against those "
		"of other tables when they should not, and a compaction makes it permanent.");
	return true;
}

static void one(struct cq_check *c, bool minimum, int64_t stored, int64_t rows)
{
	/* Too low a minimum and too high a maximum only keep Cassandra from skipping this table. */
	bool unsafe = minimum ? stored > rows : stored < rows;
	struct cq_check_finding *f;

	if (stored == rows)
		return;
	f = stats_say(c, unsafe ? CQ_ERROR : CQ_WARNING, (struct stats_field){ .field = minimum ? CQ_F_MIN_TIMESTAMP : CQ_F_MAX_TIMESTAMP },
		"%s timestamp is not that of the rows", minimum ? "minimum" : "maximum");
	f->effect = unsafe ? CQ_WRONG_ANSWERS : CQ_SLOWER;
	cq_say_expected(&c->out, f, "%s", stats_micros(&c->out, rows));
	cq_say_found(&c->out, f, "%s", stats_micros(&c->out, stored));
	stats_suspect(c, f, (uint64_t)stored, (uint64_t)rows);
	if (!unsafe)
		cq_say_means(&c->out, f, "The stored value claims a wider range than there is: the table is read, and kept by compactions, where it "
			"could have been passed over. No answer is wrong.");
	else if (minimum)
		cq_say_means(&c->out, f, "Older data is in the table than its statistics admit: a compaction elsewhere may drop a tombstone that still "
			"shadows it, and deleted rows come back.");
	else
		cq_say_means(&c->out, f, "Newer data is in the table than its statistics admit: a read that has found a partition deletion or a row "
			"between the two passes this table over and misses it.");
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;

	(void)state;
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (base_is_wrong(c, s, r))
		return;
	one(c, true, s->min_timestamp, r->min_timestamp);
	one(c, false, s->max_timestamp, r->max_timestamp);
	if (!stats_of_others(c) && (s->min_timestamp > r->min_timestamp || s->max_timestamp < r->max_timestamp))
		stats_say_outside(c, CQ_ERROR, false, s->min_timestamp, s->max_timestamp);
}

const struct cq_rule cq_rule_stats_ts = {
	.id = "stats-ts", .title = "minimum and maximum timestamp are those of the rows", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "The lowest and the highest timestamp of all liveness, deletions and cells are what STATS says, to the microsecond; with that, that "
		"the HEADER's minimum, from which all timestamps of the rows are counted, is the one they were written with.",
	.means = "Cassandra decides by these two which tables a read may leave out and which tombstones a compaction may drop.",
	.action = "Keep the table out of compactions (stop the node or move the files away), restore Statistics.db from a snapshot of the same "
		"generation, or rewrite the table from what is read here.",
	.bug = "CASSANDRA-5372, CASSANDRA-7647: maxima of range tombstones left out, long before 3.0.",
	.silent = "Purged or overwritten data: Cassandra collects what it writes, so that a compaction's statistics are exact, too. A scrub that gave "
		"up a partition half way leaves a range that is too wide; that is a warning. The HEADER's minimum may be lower than STATS's: "
		"it is the memtable's or the compaction's, and 2015-09-22 when Thrift or a bulk writer wrote the table.",
	.kinds = "24",
};

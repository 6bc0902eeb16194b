/* stats-drop-times - the histogram of tombstone drop times, bin by bin. */
#include "stats_field.h"

#include <inttypes.h>

#include "cq_format.h"

static uint64_t total(const struct cq_statistics *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->ndrop_times; i++)
		n += (uint64_t)s->drop_times[i].count;
	return n;
}

/* Before md: no spool, unrounded, "none" counted or not, by the minor version. What all have in common is how many times are in it. */
static void old(struct cq_check *c, const struct cq_statistics *s)
{
	uint64_t n = total(s);
	struct cq_check_finding *f;

	if (n >= c->facts->ldts && n <= c->facts->timestamps)
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_DROP_TIMES }, "drop times: the bins count other than the rows give");
	cq_say_expected(&c->out, f, "%" PRIu64 " to %" PRIu64 " times", c->facts->ldts, c->facts->timestamps);
	cq_say_found(&c->out, f, "%" PRIu64, n);
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;
	struct cq_check_finding *f;
	size_t i = 0;

	(void)state;
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (stats_scylla(c)) {
		cq_unmeasured(&c->out, "written by Scylla, whose histogram follows other rules");
		return;
	}
	if (!(c->table->features & (CQ_FEAT_ACCURATE_MINMAX | CQ_FEAT_COVERED_MINMAX))) {
		old(c, s);
		return;
	}
	if (!c->facts->drop_times_exact) {
		/* Counts are cut at 2^31 - 1 a bin; no table that we may meet gets there by one bin alone. */
		if (total(s) != total(r))
			stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_DROP_TIMES }, "drop times: the bins count %" PRIu64 " times, the rows have %" PRIu64,
				total(s), total(r));
		else
			cq_unmeasured(&c->out, "more than 91 days of different minutes, read in several pieces: only the number of times was compared; "
				"with one job the bins are, too");
		return;
	}
	while (i < s->ndrop_times && i < r->ndrop_times && s->drop_times[i].point == r->drop_times[i].point &&
	    s->drop_times[i].count == r->drop_times[i].count)
		i++;
	if (i == s->ndrop_times && i == r->ndrop_times)
		return;
	if (i < s->ndrop_times && i < r->ndrop_times && s->drop_times[i].point == r->drop_times[i].point) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .group = CQ_F_DROP_TIMES, .field = CQ_F_BIN_VALUE, .nth = i },
			"drop times: bin %zu counts other than the rows give", i);
		stats_suspect(c, f, (uint64_t)s->drop_times[i].count, (uint64_t)r->drop_times[i].count);
	} else {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .group = CQ_F_DROP_TIMES,
			.field = c->table->features & CQ_FEAT_UINT_DELETION_TIME ? CQ_F_BIN_POINT : CQ_F_BIN_POINT_DOUBLE, .nth = i },
			"drop times: bin %zu is not the one that the rows give", i);
	}
	if (i < r->ndrop_times)
		cq_say_expected(&c->out, f, "%g s, %" PRId64 " times", r->drop_times[i].point, r->drop_times[i].count);
	else
		cq_say_expected(&c->out, f, "no more than %zu bins", r->ndrop_times);
	if (i < s->ndrop_times)
		cq_say_found(&c->out, f, "%g s, %" PRId64 " times", s->drop_times[i].point, s->drop_times[i].count);
	else
		cq_say_found(&c->out, f, "%zu bins", s->ndrop_times);
}

const struct cq_rule cq_rule_stats_drop_times = {
	.id = "stats-drop-times", .title = "the histogram of drop times is that of the rows", .severity = CQ_WARNING, .effect = CQ_SLOWER,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "Every bin of the histogram of local deletion times is the one that the writing line of versions makes of the rows, folding included.",
	.means = "Compaction chooses tables with many droppable tombstones by this: it will rewrite this one too often or too late. No answer is wrong.",
	.action = "Nothing by itself; the next compaction puts it right. Look at the other findings about Statistics.db.",
	.bug = "CASSANDRA-14773.",
	.silent = "ma, mb and mc round and count in several ways, by minor version: there only the number of times is compared. A node with the property "
		"cassandra.streaminghistogram.roundseconds set rounds to other seconds.",
	.kinds = "33",
};

/* stats-hist - the two EstimatedHistograms, bucket by bucket. */
#include "stats_field.h"

#include <inttypes.h>

#include "cq_format.h"

/* factor: 2 where each partition was counted twice. */
static bool alike(const struct cq_histogram *stored, const struct cq_histogram *rows, int64_t factor)
{
	if (stored->n != rows->n)
		return false;
	for (size_t i = 0; i < rows->n; i++)
		if (stored->counts[i] != factor * rows->counts[i])
			return false;
	return true;
}

static void compare(struct cq_check *c, unsigned group, const char *what, const struct cq_histogram *stored, const struct cq_histogram *rows,
	int64_t factor)
{
	struct cq_check_finding *f;
	size_t first = 0, differ = 0;

	if (stored->n != rows->n)
		return;                                /* hist-sane has said so */
	for (size_t i = rows->n; i-- > 0;) {
		if (stored->counts[i] == factor * rows->counts[i])
			continue;
		differ++;
		first = i;
	}
	if (!differ)
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .group = group, .field = CQ_F_BUCKET_VALUE, .nth = first },
		"histogram of %s: %zu of %zu buckets differ from the rows, the first one is bucket %zu (%" PRId64 " < value%s", what, differ, rows->n,
		first, first ? rows->offsets[first] : (int64_t)-1, first + 1 < rows->n ? cq_say_text(&c->out, " <= %" PRId64 ")", rows->offsets[first + 1]) : ")");
	cq_say_expected(&c->out, f, "%" PRId64, factor * rows->counts[first]);
	cq_say_found(&c->out, f, "%" PRId64, stored->counts[first]);
	if (differ == 1)
		stats_suspect(c, f, (uint64_t)stored->counts[first], (uint64_t)(factor * rows->counts[first]));
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;
	/* 3.0 to 3.11.9 and 4.0 before beta4. */
	bool may_double = !(c->table->features & (CQ_FEAT_HOST_ID | CQ_FEAT_BTI));

	(void)state;
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (stats_scylla(c)) {
		cq_unmeasured(&c->out, "written by Scylla, which counts partition sizes and cells in other ways");
		return;
	}
	compare(c, CQ_F_PARTITION_SIZES, "partition sizes", &s->partition_sizes, &r->partition_sizes, 1);
	if (!may_double || !alike(&s->cells_per_partition, &r->cells_per_partition, 2))
		compare(c, CQ_F_CELLS_PER_PARTITION, "cells per partition", &s->cells_per_partition, &r->cells_per_partition, 1);
}

const struct cq_rule cq_rule_stats_hist = {
	.id = "stats-hist", .title = "histograms of partition sizes and cells are those of the rows", .severity = CQ_WARNING, .effect = CQ_HARMLESS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "Every bucket of both histograms has the count that the partitions give.",
	.means = "Estimates come out wrong: the number of keys (which sizes the next filter), mean row sizes, the droppable tombstone ratio, read buffers. No "
		"answer is wrong.",
	.action = "Nothing by itself; the next compaction puts it right. Look at the other findings about Statistics.db.",
	.bug = "CASSANDRA-14773 is about histograms that overflowed.",
	.silent = "Up to 3.11.9 and 4.0-beta3 the cells of every partition were counted twice: exactly twice the counts is healthy there.",
	.kinds = "33",
};

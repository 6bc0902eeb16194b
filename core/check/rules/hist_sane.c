/* hist-sane - can the three histograms of STATS be any writer's at all? */
#include "stats_field.h"

#include <inttypes.h>
#include <math.h>

#include "cq_format.h"

static void buckets(struct cq_check *c, unsigned group, const char *what, const struct cq_histogram *h, size_t old, size_t now)
{
	int64_t offsets[256];
	struct cq_check_finding *f;

	if (h->n != old && h->n != now) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .group = group, .field = CQ_F_BUCKET_COUNT }, "histogram of %s has a number of buckets that no "
			"Cassandra writes", what);
		cq_say_expected(&c->out, f, "%zu or %zu", old, now);
		cq_say_found(&c->out, f, "%zu", h->n);
		return;
	}
	cq_histogram_offsets(offsets, h->n);
	for (size_t i = 0; i < h->n; i++) {
		if (h->offsets[i] == offsets[i])
			continue;
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .group = group, .field = CQ_F_BUCKET_OFFSET, .nth = i },
			"histogram of %s: bucket %zu does not begin where every Cassandra's does", what, i);
		cq_say_expected(&c->out, f, "%" PRId64, offsets[i]);
		cq_say_found(&c->out, f, "%" PRId64, h->offsets[i]);
		stats_suspect(c, f, (uint64_t)h->offsets[i], (uint64_t)offsets[i]);
		break;
	}
	for (size_t i = 0; i < h->n; i++) {
		if (h->counts[i] >= 0)
			continue;
		f = stats_say(c, CQ_ERROR, (struct stats_field){ .group = group, .field = CQ_F_BUCKET_VALUE, .nth = i },
			"histogram of %s: bucket %zu counts %" PRId64 " partitions", what, i, h->counts[i]);
		f->effect = CQ_REFUSED;
		cq_say_means(&c->out, f, "Estimates of the number of keys become negative, and what sizes filters by them fails.");
		break;
	}
	if (h->counts[h->n - 1] > 0)
		stats_say(c, CQ_WARNING, (struct stats_field){ .group = group, .field = CQ_F_BUCKET_VALUE, .nth = h->n - 1 },
			"histogram of %s: %" PRId64 " partitions are beyond its last bound (%" PRId64 "); Cassandra forgets them with a warning", what,
			h->counts[h->n - 1], h->offsets[h->n - 1]);
}

/* Bins stand in order and count something; whole minutes since 4.0. */
static void bins(struct cq_check *c, const struct cq_statistics *s)
{
	const unsigned f = c->table->features;
	const unsigned point = f & CQ_FEAT_UINT_DELETION_TIME ? CQ_F_BIN_POINT : CQ_F_BIN_POINT_DOUBLE;
	int32_t max = f & CQ_FEAT_METADATA_CHECKSUM ? (int32_t)s->ndrop_times : 100;
	struct cq_check_finding *say;

	if (s->drop_time_bins != max) {
		say = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_BIN_MAX }, "drop times: a largest number of bins that no Cassandra writes");
		cq_say_expected(&c->out, say, "%d", max);
		cq_say_found(&c->out, say, "%d", s->drop_time_bins);
		stats_suspect(c, say, (uint32_t)s->drop_time_bins, (uint32_t)max);
	}
	if (s->ndrop_times > 100)
		stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_BIN_COUNT }, "drop times: %zu bins, expected at most 100", s->ndrop_times);
	for (size_t i = 0; i < s->ndrop_times; i++) {
		const struct cq_drop_time *d = &s->drop_times[i];

		if (!isfinite(d->point) || (i && !(d->point > d[-1].point))) {
			stats_say(c, CQ_ERROR, (struct stats_field){ .group = CQ_F_DROP_TIMES, .field = point, .nth = i },
				"drop times: bin %zu (%g) does not stand behind bin %zu (%g)", i, d->point, i ? i - 1 : 0, i ? d[-1].point : 0.0)->effect =
				CQ_REFUSED;
			return;
		}
		if (d->count <= 0) {
			stats_say(c, CQ_WARNING, (struct stats_field){ .group = CQ_F_DROP_TIMES, .field = CQ_F_BIN_VALUE, .nth = i },
				"drop times: bin %zu counts %" PRId64 " times", i, d->count);
			return;
		}
	}
}

static void quick(struct cq_check *c)
{
	const struct cq_statistics *s = &c->table->stats;
	int64_t n = cq_histogram_total(&s->partition_sizes), m = cq_histogram_total(&s->cells_per_partition);

	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (stats_scylla(c)) {
		cq_unmeasured(&c->out, "written by Scylla, whose histograms follow other rules");
		return;
	}
	buckets(c, CQ_F_PARTITION_SIZES, "partition sizes", &s->partition_sizes, 151, 156);
	buckets(c, CQ_F_CELLS_PER_PARTITION, "cells per partition", &s->cells_per_partition, 115, 119);
	bins(c, s);
	/* Each partition is once in both, in old versions twice in the second. */
	if (n != m && (c->table->features & CQ_FEAT_HOST_ID || (uint64_t)m != 2 * (uint64_t)n))
		stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_CELLS_PER_PARTITION },
			"the histogram of partition sizes counts %" PRId64 " partitions, that of cells %" PRId64, n, m);
}

const struct cq_rule cq_rule_hist_sane = {
	.id = "hist-sane", .title = "the histograms of STATS are such as a writer makes", .severity = CQ_WARNING, .effect = CQ_HARMLESS,
	.stage = CQ_STAGE_QUICK, .quick = quick,
	.proves = "Both EstimatedHistograms have the bounds that every Cassandra computes, no negative counts, nothing beyond the last bound, and count the same number of "
		"partitions; drop times ascend, count something, and are a hundred at most.",
	.means = "Estimates of keys, sizes and droppable tombstones come out wrong, or an operation that uses them fails. No read answers wrongly.",
	.action = "A compaction of the table writes new statistics. Where Cassandra does not get that far, restore Statistics.db from a snapshot of the same generation.",
	.bug = "CASSANDRA-14773: a histogram that overflowed or turned negative gave wrong drop times and negative numbers of keys.",
	.silent = "Cells counted twice, up to 3.11.9 and 4.0-beta3. Drop times at fractions of a second before 4.0, after bins were put together.",
	.kinds = "33",
};

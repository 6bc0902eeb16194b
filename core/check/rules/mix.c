/* mix - do the components of an SSTable belong together? What numbers they share tells. */
#include "stats_field.h"

#include <inttypes.h>

#include "cq_format.h"

/* The lengths of the partitions add up to the stream's: their buckets say between which bounds. */
static void lengths(struct cq_check *c, const struct cq_statistics *s)
{
	const struct cq_histogram *h = &s->partition_sizes;
	const uint64_t len = c->table->stream.len;
	double least = 0, most = 0;
	struct cq_check_finding *f;

	if (!c->table->component[CQ_C_DATA] || h->n < 3 || h->counts[h->n - 1])
		return;
	for (size_t i = 0; i + 1 < h->n; i++) {
		if (h->counts[i] < 0 || h->offsets[i + 1] <= 0)
			return;                        /* hist-sane */
		least += (double)h->counts[i] * (i ? (double)h->offsets[i] + 1 : 0);
		most += (double)h->counts[i] * (double)h->offsets[i + 1];
	}
	/* A hair of room: doubles round above 2^53. */
	if ((double)len >= least * (1 - 1e-12) && (double)len <= most * (1 + 1e-12))
		return;
	f = cq_say(&c->out, CQ_WARNING, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "by Statistics.db the partitions take %.0f to %.0f bytes, Data.db holds %" PRIu64
		": one of the two is not of this table, or %s", least, most, len, (double)len < least ? "Data.db was cut" : "one of them is damaged");
	f->effect = CQ_UNSURE;
}

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* Summary.db samples every min_index_interval-th key, and says how many samples there are when none is left out. */
static void summary(struct cq_check *c, const struct cq_statistics *s)
{
	uint64_t interval, full;
	int64_t n = cq_histogram_total(&s->partition_sizes);
	struct cq_check_finding *f;

	if (!c->table->component[CQ_C_SUMMARY] || n <= 0 ||
	    !stats_number(c->table, CQ_C_SUMMARY, (struct stats_field){ .field = CQ_F_MIN_INDEX_INTERVAL }, &interval) ||
	    !stats_number(c->table, CQ_C_SUMMARY, (struct stats_field){ .field = CQ_F_FULL_SAMPLING_SIZE }, &full) || !interval || interval > INT32_MAX)
		return;
	if (ceil_div((uint64_t)n, interval) == full)
		return;
	f = cq_say(&c->out, CQ_WARNING, CQ_C_SUMMARY, CQ_NO_OFFSET, 0, "Summary.db is one of a table with other keys than Statistics.db's: %" PRId64
		" partitions, one in %" PRIu64 ", make %" PRIu64 " samples, it says %" PRIu64, n, interval, ceil_div((uint64_t)n, interval), full);
	f->effect = CQ_UNSURE;
	cq_say_action(&c->out, f, "If Index.db is right (rules index-data, summary-index), delete Summary.db while the node is down: Cassandra makes it again.");
}

static void quick(struct cq_check *c)
{
	const struct cq_statistics *s = &c->table->stats;

	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	lengths(c, s);
	if (!stats_scylla(c))
		summary(c, s);
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;
	struct cq_check_finding *f;

	(void)state;
	if (stats_of_others(c)) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "Statistics.db is another table's: of what it says about the rows nearly nothing is true");
		cq_say_expected(&c->out, f, "%" PRIu64 " partitions, %" PRId64 " rows, timestamps up to %s", c->facts->partitions, r->total_rows,
			stats_micros(&c->out, r->max_timestamp));
		cq_say_found(&c->out, f, "%" PRId64 " partitions, %" PRId64 " rows, timestamps up to %s", cq_histogram_total(&s->partition_sizes), s->total_rows,
			stats_micros(&c->out, s->max_timestamp));
		f->effect = CQ_WRONG_ANSWERS;
	}
}

const struct cq_rule cq_rule_mix = {
	.id = "mix", .title = "the components belong to one SSTable", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_RECOMPUTED, .quick = quick, .finish = finish,
	.proves = "The numbers of partitions and bytes that Statistics.db, Data.db (with CompressionInfo.db) and Summary.db each know agree, and what Statistics.db says of the rows is "
		"about these rows.",
	.means = "Files of two generations or two tables lie under one name, as after a restore that copied some and not others. Cassandra opens what looks right, and reads skip or miss "
		"rows; or it refuses the table.",
	.action = "Find the generation that the strange component is from (cqlite info shows keys, counts and time ranges of each), and restore all components of one generation together.",
	.silent = "Components that Cassandra makes again by itself (Summary.db, Filter.db) may be younger than the rest.",
	.kinds = "9",
};

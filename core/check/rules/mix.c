/* mix - do the components of an SSTable belong together? What numbers they share tells. */
#include "stats_field.h"

#include <inttypes.h>

#include "cq_damage.h"
#include "cq_format.h"

/* Between which bounds the partitions' lengths add up, by the buckets that they are counted in. NULL: known; else why not. */
static const char *bounds(const struct cq_statistics *s, double *least, double *most)
{
	const struct cq_histogram *h = &s->partition_sizes;

	*least = *most = 0;
	if (h->n < 3)
		return "the histogram of partition sizes has no buckets";
	if (h->counts[h->n - 1])
		return "a partition is larger than the histogram of partition sizes can say";
	for (size_t i = 0; i + 1 < h->n; i++) {
		if (h->counts[i] < 0 || h->offsets[i + 1] <= 0)
			return "the histogram of partition sizes makes no sense";
		*least += (double)h->counts[i] * (i ? (double)h->offsets[i] + 1 : 0);
		*most += (double)h->counts[i] * (double)h->offsets[i + 1];
	}
	/* A hair of room: doubles round above 2^53. */
	*least *= 1 - 1e-12;
	*most *= 1 + 1e-12;
	return NULL;
}

/* The stream is as long as the partitions. */
static void lengths(struct cq_check *c, const struct cq_statistics *s)
{
	const uint64_t len = c->table->stream.len;
	struct cq_check_finding *f;
	double least, most;
	const char *why;

	if (!c->table->component[CQ_C_DATA])
		return;
	why = bounds(s, &least, &most);
	if (why) {
		cq_unmeasured(&c->out, "how long Data.db should be is not known: %s", why);
		return;
	}
	if ((double)len >= least && (double)len <= most)
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
	/* With the rows read there may be more to say than this. */
	if (c->options->level == CQ_CHECK_QUICK)
		lengths(c, s);
	if (!stats_scylla(c))
		summary(c, s);
}

/* ---- when rows are missing ---- */

/* What was said of these components so far follows from it. */
static void explain(struct cq_check *c, unsigned components, enum cq_effect at_most)
{
	for (struct cq_check_finding *f = c->out.first; f; f = f->next) {
		if (f->rule == c->out.rule || f->because || !(components >> f->component & 1))
			continue;
		f->because = c->out.rule->id;
		if (f->effect > at_most)
			f->effect = at_most;
	}
}

/* Data.db is as it was written, most of it does not decode, and Statistics.db says other things about it than can be seen without
 * decoding rows: the types that were used are another table's. */
static bool foreign_types(struct cq_check *c, const struct cq_damage *d)
{
	const struct cq_statistics *s = &c->table->stats;
	const uint64_t len = c->table->stream.len;
	int64_t n = cq_histogram_total(&s->partition_sizes);
	double least, most;
	struct cq_check_finding *f;

	if (!(d->chunks || d->blocks) || !d->whole || d->nbad || c->result->skipped_bytes < len / 2 || bounds(s, &least, &most) ||
	    ((double)len >= least && (double)len <= most) || n < 0 || (uint64_t)n == c->result->partitions)
		return false;
	f = cq_say(&c->out, CQ_ERROR, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "Statistics.db is another table's: the checksums of Data.db are good, and with "
		"the types in the HEADER most of it cannot be decoded");
	cq_say_expected(&c->out, f, "%" PRIu64 " partitions or more in %" PRIu64 " bytes, as Data.db has", c->result->partitions, len);
	cq_say_found(&c->out, f, "%" PRId64 " partitions in %.0f to %.0f bytes", n, least, most);
	cq_say_means(&c->out, f, "The rows are probably whole: they are read with the wrong types, and what other findings say about them follows from "
		"that. Neither Cassandra nor this tool can read them until the right Statistics.db is back.");
	f->effect = CQ_REFUSED;
	/* Promoted indexes and row tries are read with the clustering types. */
	explain(c, 1u << CQ_C_DATA | 1u << CQ_C_INDEX | 1u << CQ_C_PARTITIONS | 1u << CQ_C_ROWS, CQ_REFUSED);
	return true;
}

/* No chunk or block of Data.db is what another component says, and its length is another one, too. */
static bool foreign_data(struct cq_check *c, const struct cq_damage *d)
{
	const struct cq_statistics *s = &c->table->stats;
	const uint64_t len = c->table->stream.len;
	double least, most;
	struct cq_check_finding *f;

	if (!d->nbad || d->ngood || !d->raw_len)
		return false;
	/* What was cut, zeroed or moved is this table's. */
	for (const struct cq_bad *b = d->first; b; b = b->next)
		if (b->cause != CQ_DMG_LENGTH && b->cause != CQ_DMG_CHECKSUM)
			return false;
	if (d->chunks) {
		if (!d->written || d->written == d->raw_len)
			return false;
	} else if (bounds(s, &least, &most) || ((double)len >= least && (double)len <= most)) {
		return false;
	}
	f = cq_say(&c->out, CQ_ERROR, CQ_C_DATA, CQ_NO_OFFSET, 0, "Data.db is another SSTable's: none of its %ss is the one that %s describes, and its length "
		"is not the one in Statistics.db", cq_damage_unit(d), cq_component_name(d->chunks ? CQ_C_COMPRESSION_INFO : CQ_C_CRC));
	if (d->chunks)
		cq_say_expected(&c->out, f, "%" PRIu64 " bytes of file, by the compression ratio", d->written);
	else
		cq_say_expected(&c->out, f, "%.0f to %.0f bytes, by the histogram of partition sizes", least, most);
	cq_say_found(&c->out, f, "%" PRIu64 " bytes", d->raw_len);
	cq_say_means(&c->out, f, "The rows of this SSTable are not here, and those that are here cannot be read with these components. What other "
		"findings say about Data.db follows from that.");
	f->effect = CQ_LOST;
	explain(c, 1u << CQ_C_DATA | 1u << CQ_C_DIGEST, CQ_LOST);
	return true;
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;
	const struct cq_damage *d;
	struct cq_check_finding *f;

	(void)state;
	if (!(s->has & CQ_HAS_STATS))
		return;                        /* quick has said so */
	if (!r) {
		d = cq_damage_of(c);
		if (d && (foreign_types(c, d) || foreign_data(c, d)))
			return;
		lengths(c, s);
		cq_unmeasured(&c->out, "%" PRIu64 " bytes of the rows could not be read", c->result->skipped_bytes);
	} else if (!stats_of_others(c)) {
		lengths(c, s);
	} else {
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
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_RECOMPUTED | CQ_RULE_ANYWAY, .quick = quick, .finish = finish,
	.proves = "The numbers of partitions and bytes that Statistics.db, Data.db (with CompressionInfo.db) and Summary.db each know agree, and what Statistics.db says of the rows is "
		"about these rows. When rows are missing: Data.db is not as a whole another one than the other components describe.",
	.means = "Files of two generations or two tables lie under one name, as after a restore that copied some and not others. Cassandra opens what looks right, and reads skip or miss "
		"rows; or it refuses the table.",
	.action = "Find the generation that the strange component is from (cqlite info shows keys, counts and time ranges of each), and restore all components of one generation together.",
	.silent = "Components that Cassandra makes again by itself (Summary.db, Filter.db) may be younger than the rest.",
	.kinds = "9",
};

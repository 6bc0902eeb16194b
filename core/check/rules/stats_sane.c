/* stats-sane - fields of Statistics.db that the rows cannot prove: can a node have written them? */
#include "stats_field.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"

enum { LEVELS = 9 };

/* Cassandra writes 0 and 1; any other byte reads as true and was not written by it. */
static void flag(struct cq_check *c, unsigned field, const char *what)
{
	uint64_t off, len, value;
	struct cq_check_finding *f;

	if (!stats_place(c->table, CQ_C_STATISTICS, (struct stats_field){ .field = field }, &off, &len) || len != 1 ||
	    !stats_number(c->table, CQ_C_STATISTICS, (struct stats_field){ .field = field }, &value) || value <= 1)
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = field }, "%s: a flag is 0 or 1", what);
	cq_say_expected(&c->out, f, "0 or 1");
	cq_say_found(&c->out, f, "%" PRIu64, value);
}

static void level(struct cq_check *c, const struct cq_statistics *s)
{
	struct cq_check_finding *f;

	if (s->level >= 0 && s->level < LEVELS)
		return;
	f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_LEVEL }, "level %d: LeveledCompactionStrategy has levels 0 to %d", s->level, LEVELS - 1);
	f->effect = CQ_REFUSED;
	cq_say_means(&c->out, f, "With LeveledCompactionStrategy the node fails on this table when it starts (ArrayIndexOutOfBoundsException); other strategies do "
		"not look at the level.");
	cq_say_action(&c->out, f, "sstablelevelreset, or restore Statistics.db.");
}

static void repair(struct cq_check *c, const struct cq_statistics *s)
{
	const int64_t first = INT64_C(1230768000000);          /* 2009: there was no Cassandra, nor repair, before */
	struct cq_check_finding *f;

	if (s->repaired_at && (s->repaired_at < first || s->repaired_at / 1000 > c->now + 86400)) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_REPAIRED_AT }, "repairedAt is %s: no repair was then",
			stats_seconds(&c->out, s->repaired_at / 1000));
		cq_say_expected(&c->out, f, "0 (not repaired), or a time in milliseconds between 2009 and now");
		cq_say_found(&c->out, f, "%" PRId64, s->repaired_at);
		cq_say_means(&c->out, f, "The table counts as repaired when it may not be: incremental repair passes it over, and tombstones in it may be purged "
			"before all replicas have them.");
		f->effect = CQ_UNSURE;
		stats_suspect(c, f, (uint64_t)s->repaired_at, 0);
	}
	if (s->has & CQ_HAS_PENDING_REPAIR && s->pending_repair.p) {
		if (s->repaired_at)
			stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_PENDING_REPAIR }, "the table is repaired and belongs to a repair session that is "
				"under way: Cassandra allows one of the two");
		if ((s->pending_repair.p[6] & 0xf0) != 0x10 || (s->pending_repair.p[8] & 0xc0) != 0x80)
			stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_PENDING_REPAIR }, "the id of the pending repair is no time UUID");
	} else if (s->has & CQ_HAS_TRANSIENT && s->is_transient) {
		stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_IS_TRANSIENT }, "the table is transient without a pending repair: Cassandra allows "
			"that only together");
	}
}

/* ---- commit log ---- */

static int compare(struct cq_commitlog_position a, struct cq_commitlog_position b)
{
	return a.segment != b.segment ? a.segment < b.segment ? -1 : 1 : (a.position > b.position) - (a.position < b.position);
}

static const char *position(struct cq_check *c, struct cq_commitlog_position p)
{
	return cq_say_text(&c->out, "segment %" PRId64 " position %d", p.segment, p.position);
}

static void commit_log(struct cq_check *c, const struct cq_statistics *s)
{
	const struct cq_commitlog_position none = { -1, 0 };
	const char *means = "When the node replays its commit log after a crash it passes over what these intervals claim to be in tables already: an "
		"interval that is too wide loses writes, one too narrow replays them again, which harms nothing.";
	struct cq_commitlog_position first = none, last = none;
	struct cq_check_finding *f = NULL;

	if (stats_scylla(c))
		return;                                /* it has no commit log of this kind */
	if (s->has & CQ_HAS_COMMITLOG_INTERVALS) {
		for (size_t i = 0; i < s->nintervals && !f; i++) {
			const struct cq_commitlog_interval *v = &s->intervals[i];

			if (compare(v->start, v->end) > 0 || (i && compare(v[-1].end, v->start) > 0))
				f = stats_say(c, CQ_WARNING, (struct stats_field){ .group = CQ_F_COMMITLOG_INTERVALS, .field = CQ_F_INTERVAL_START, .nth = i },
					"commit log interval %zu (%s to %s) %s", i, position(c, v->start), position(c, v->end),
					compare(v->start, v->end) > 0 ? "ends before it starts" : "does not stand behind the one before");
		}
		if (s->nintervals) {
			first = s->intervals[0].start;
			last = s->intervals[s->nintervals - 1].end;
		}
		if (f) {
			cq_say_means(&c->out, f, "%s", means);
			return;
		}
		if (compare(s->commitlog_upper, last)) {
			f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_COMMITLOG_UPPER }, "commit log upper bound is not the end of the last interval");
			cq_say_expected(&c->out, f, "%s", position(c, last));
			cq_say_found(&c->out, f, "%s", position(c, s->commitlog_upper));
			cq_say_means(&c->out, f, "%s", means);
		}
		if (s->has & CQ_HAS_COMMITLOG_LOWER && compare(s->commitlog_lower, first)) {
			f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_COMMITLOG_LOWER }, "commit log lower bound is not the start of the first interval");
			cq_say_expected(&c->out, f, "%s", position(c, first));
			cq_say_found(&c->out, f, "%s", position(c, s->commitlog_lower));
			cq_say_means(&c->out, f, "%s", means);
		}
	}
	if (s->commitlog_upper.segment < -1 || s->commitlog_upper.position < 0)
		stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_COMMITLOG_UPPER }, "commit log upper bound %s cannot be", position(c, s->commitlog_upper));
}

/* ---- how the HEADER's minima are stored ---- */

static unsigned vint_len(uint64_t v)
{
	unsigned bits = v ? 64 - (unsigned)__builtin_clzll(v) : 1;

	return bits > 56 ? 9 : (bits + 6) / 7;
}

/* Cassandra reads 32 bits of the two that are seconds, and writes each vint as short as it can be: what differs from that changes nothing, and
 * is a sign that a byte changed. */
static void minimum(struct cq_check *c, unsigned field, const char *what, uint64_t delta)
{
	uint64_t off, len, raw;
	struct cq_check_finding *f;
	uint8_t b[9];

	if (!stats_place(c->table, CQ_C_STATISTICS, (struct stats_field){ .field = field }, &off, &len) || !len || len > sizeof b ||
	    cq_space_read(c->table->component[CQ_C_STATISTICS], off, b, (size_t)len, NULL) != CQ_OK)
		return;
	/* As many ones at the front as bytes follow. */
	raw = len < 8 ? b[0] & (0xffu >> len) : 0;
	for (size_t i = 1; i < len; i++)
		raw = raw << 8 | b[i];
	if (raw == delta && len == vint_len(delta))
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = field }, "HEADER: minimum %s is stored as no Cassandra stores it", what);
	cq_say_expected(&c->out, f, "0x%" PRIx64 " in %u bytes", delta, vint_len(delta));
	cq_say_found(&c->out, f, "0x%" PRIx64 " in %u bytes", raw, (unsigned)len);
	f->effect = CQ_UNSURE;
}

static void minima(struct cq_check *c, const struct cq_statistics *s)
{
	if (c->table->features & CQ_FEAT_METADATA_CHECKSUM || stats_scylla(c))
		return;
	minimum(c, CQ_F_HEADER_MIN_TIMESTAMP, "timestamp", (uint64_t)s->header_min_timestamp - UINT64_C(1442880000000000));
	minimum(c, CQ_F_HEADER_MIN_LDT, "local deletion time", (uint64_t)(s->header_min_ldt - 1442880000));
	minimum(c, CQ_F_HEADER_MIN_TTL, "TTL", (uint64_t)(int64_t)s->header_min_ttl);
}

/* ---- the filter's setting ---- */

static void fp_chance(struct cq_check *c, const struct cq_statistics *s)
{
	const double p = s->bloom_fp_chance;
	char text[40];
	struct cq_check_finding *f;

	if (!(s->has & CQ_HAS_VALIDATION))
		return;
	if (!(p > 0 && p <= 1)) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_BLOOM_FP_CHANCE }, "bloom_filter_fp_chance is %g, a chance lies above 0 and at 1 at most", p);
		cq_say_means(&c->out, f, "Cassandra builds the filter anew when the setting differs much from the table's: it may do so at every start.");
		f->effect = CQ_SLOWER;
		return;
	}
	/* It was typed by a person: 0.01, 0.1, 0.000744. With a bit flipped such a number has many digits, or is another one
	 * that can be typed: that shows in the filter. */
	snprintf(text, sizeof text, "%.7g", p);
	if (strtod(text, NULL) != p) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_BLOOM_FP_CHANCE }, "bloom_filter_fp_chance is %.17g, which nobody types: close to %g", p, p);
		cq_say_means(&c->out, f, "Cassandra compares it with the table's setting to decide whether the filter must be built anew. By itself it harms nothing; but "
			"something changed a byte of Statistics.db.");
		f->effect = CQ_UNSURE;
	}
}

static void quick(struct cq_check *c)
{
	const struct cq_statistics *s = &c->table->stats;

	fp_chance(c, s);
	minima(c, s);
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	flag(c, CQ_F_LEGACY_COUNTER_SHARDS, "legacy counter shards");
	flag(c, CQ_F_PENDING_REPAIR_FLAG, "pending repair");
	flag(c, CQ_F_IS_TRANSIENT, "transient");
	flag(c, CQ_F_HOST_ID_FLAG, "host id");
	flag(c, CQ_F_HAS_PARTITION_DELETIONS, "partition deletions");
	level(c, s);
	repair(c, s);
	commit_log(c, s);
	if (s->has & CQ_HAS_COVERAGE && !isnan(s->coverage) && !(s->coverage > 0 && s->coverage <= 1))
		stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_TOKEN_COVERAGE }, "token space coverage is %g, a part of the whole lies above 0 and at 1 at "
			"most", s->coverage);
}

const struct cq_rule cq_rule_stats_sane = {
	.id = "stats-sane", .title = "what the rows cannot prove of Statistics.db is at least possible", .severity = CQ_WARNING, .effect = CQ_UNSURE,
	.stage = CQ_STAGE_QUICK, .quick = quick,
	.proves = "Level, repairedAt, pending repair, flags, commit log bounds, false positive chance and token coverage have values that a node can have given them, and "
		"do not contradict each other.",
	.means = "These fields come from the node, not from the rows: a wrong but possible value cannot be told (core/check/cq_proof.def says what each can do).",
	.action = "Restore Statistics.db from a snapshot of the same generation. sstablelevelreset and sstablerepairedset set level and repairedAt.",
	.silent = "Values that a node may have had: they are not questioned.",
	.kinds = "31",
};

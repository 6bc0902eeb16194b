/* stats-ttl - minimum and maximum of all TTLs. */
#include "stats_field.h"

static void one(struct cq_check *c, bool minimum, int32_t stored, int32_t rows)
{
	struct cq_check_finding *f;

	if (stored == rows)
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = minimum ? CQ_F_MIN_TTL : CQ_F_MAX_TTL }, "%s TTL is not that of the rows",
		minimum ? "minimum" : "maximum");
	cq_say_expected(&c->out, f, "%d s", rows);
	cq_say_found(&c->out, f, "%d s", stored);
	stats_suspect(c, f, (uint32_t)stored, (uint32_t)rows);
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;

	(void)state;
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	/* All TTLs moved together: the HEADER's minimum did. Zeros are not relative to it. */
	if (s->max_ttl != r->max_ttl && r->max_ttl > 0 && s->max_ttl > 0 &&
	    (s->min_ttl == r->min_ttl ? s->min_ttl == 0 : s->max_ttl - (int64_t)r->max_ttl == s->min_ttl - (int64_t)r->min_ttl) &&
	    c->facts->min_expiring_ttl != INT32_MAX) {
		int64_t by = (int64_t)s->max_ttl - r->max_ttl;
		struct cq_check_finding *f;

		/* Where STATS alone is wrong, the HEADER's minimum is not above the TTLs that are read with it. */
		if (s->header_min_ttl + by >= 0) {
			f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_HEADER_MIN_TTL },
				"the longest TTL read is %d s, STATS says %d s: the HEADER's minimum, which all are relative to, or STATS is wrong",
				r->max_ttl, s->max_ttl);
			cq_say_expected(&c->out, f, "%lld s", (long long)(s->header_min_ttl + by));
			cq_say_found(&c->out, f, "%d s", s->header_min_ttl);
			f->effect = CQ_UNSURE;
			return;
		}
	}
	one(c, true, s->min_ttl, r->min_ttl);
	one(c, false, s->max_ttl, r->max_ttl);
}

const struct cq_rule cq_rule_stats_ttl = {
	.id = "stats-ttl", .title = "minimum and maximum TTL are those of the rows", .severity = CQ_WARNING, .effect = CQ_HARMLESS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "The shortest and the longest TTL are what STATS says; 0 counts for everything that does not expire.",
	.means = "Cassandra uses the minimum as the base of TTLs when it compacts the table: a wrong one costs bytes. No answer is wrong; but something changed "
		"a byte of Statistics.db, or of the minimum that all TTLs in the rows are relative to.",
	.action = "Look at the other findings about Statistics.db. By itself this one needs nothing; the next compaction puts it right.",
	.silent = "The HEADER's minimum is often higher than STATS's: zeros do not count there.",
	.kinds = "24",
};

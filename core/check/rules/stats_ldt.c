/* stats-ldt - minimum and maximum of all local deletion times, and the HEADER's base of them. */
#include "stats_field.h"

#include <inttypes.h>

#include "cq_format.h"

/* As stored: "none" is the largest number of the field. */
static uint64_t raw(const struct cq_check *c, int64_t ldt)
{
	return ldt != CQ_NO_LDT ? (uint64_t)ldt : c->table->features & CQ_FEAT_UINT_DELETION_TIME ? UINT32_MAX : INT32_MAX;
}

static bool base_is_wrong(struct cq_check *c, const struct cq_statistics *s, const struct cq_statistics *r)
{
	int64_t by = s->min_ldt - r->min_ldt;
	struct cq_check_finding *f;

	if (!c->facts->ldts || s->min_ldt == CQ_NO_LDT || r->min_ldt == CQ_NO_LDT || by == 0)
		return false;
	/* The highest moves with it, unless it is "none". */
	if ((s->max_ldt == CQ_NO_LDT) != (r->max_ldt == CQ_NO_LDT) || (s->max_ldt != CQ_NO_LDT && s->max_ldt - r->max_ldt != by))
		return false;
	/* With "none" as the maximum, the drop times must have moved as well. */
	if (s->max_ldt == CQ_NO_LDT && (s->ndrop_times == 0 || r->ndrop_times == 0 ||
	    (s->drop_times[0].point == r->drop_times[0].point && s->ndrop_times == r->ndrop_times)))
		return false;
	f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_HEADER_MIN_LDT },
		"every local deletion time read is %s by %" PRId64 " s than STATS says: the HEADER's minimum, which all are relative to, is wrong",
		by > 0 ? "earlier" : "later", by > 0 ? by : -by);
	cq_say_expected(&c->out, f, "%s", stats_seconds(&c->out, s->header_min_ldt + by));
	cq_say_found(&c->out, f, "%s", stats_seconds(&c->out, s->header_min_ldt));
	cq_say_means(&c->out, f, "Tombstones and expiring data of this table are read with wrong times: they expire or are purged too early, or too late.");
	return true;
}

static void one(struct cq_check *c, bool minimum, int64_t stored, int64_t rows)
{
	/* What is dropped whole is judged by the maximum; whether there are tombstones at all by a minimum that is not "none". */
	bool unsafe = minimum ? stored == CQ_NO_LDT && rows != CQ_NO_LDT : stored < rows;
	struct cq_check_finding *f;

	if (stored == rows)
		return;
	f = stats_say(c, unsafe ? CQ_ERROR : CQ_WARNING, (struct stats_field){ .field = minimum ? CQ_F_MIN_LDT : CQ_F_MAX_LDT },
		"%s local deletion time is not that of the rows", minimum ? "minimum" : "maximum");
	f->effect = unsafe ? minimum ? CQ_WRONG_ANSWERS : CQ_LOST : CQ_SLOWER;
	cq_say_expected(&c->out, f, "%s", stats_seconds(&c->out, rows));
	cq_say_found(&c->out, f, "%s", stats_seconds(&c->out, stored));
	stats_suspect(c, f, raw(c, stored), raw(c, rows));
	if (!unsafe)
		cq_say_means(&c->out, f, minimum ? "The minimum only says whether there are tombstones, and since when the oldest one waits for a "
			"repair: repaired-data tracking and compactions may judge the table wrongly, no answer is wrong." :
			"The table seems to live longer than it does: it is not dropped whole when all of it has expired.");
	else if (minimum)
		cq_say_means(&c->out, f, "The table passes for one without tombstones and is left out where only tombstones matter: deleted rows "
			"may be seen again.");
	else
		cq_say_means(&c->out, f, "When gc_grace_seconds have passed since the stored time, compaction takes the whole table for expired and "
			"deletes it, with rows in it that are alive.");
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
	one(c, true, s->min_ldt, r->min_ldt);
	one(c, false, s->max_ldt, r->max_ldt);
	if (!stats_of_others(c) && (s->min_ldt > r->min_ldt || s->max_ldt < r->max_ldt))
		stats_say_outside(c, s->max_ldt < r->max_ldt ? CQ_ERROR : CQ_WARNING, true, s->min_ldt, s->max_ldt);
}

const struct cq_rule cq_rule_stats_ldt = {
	.id = "stats-ldt", .title = "minimum and maximum local deletion time are those of the rows", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "The earliest and the latest second at which anything was deleted or expires are what STATS says, \"none\" when something lives for ever.",
	.means = "Compaction deletes a table whole, unread, when its latest local deletion time has passed: a wrong one loses live rows or keeps dead ones.",
	.action = "Stop compactions of the table now (nodetool disableautocompaction). Then restore Statistics.db from a snapshot of the same generation or "
		"rewrite the table.",
	.bug = "CASSANDRA-12765: tables with TTLs were skipped for a wrong maximum.",
	.silent = "Cassandra collects what it writes; purging does not make these inexact. The HEADER's minimum may be any earlier second, and is "
		"2015-09-22 when nothing was deleted or expired. Negative times of data with TTLs beyond 2038 (CASSANDRA-14092) are rule ldt-range's.",
	.kinds = "25",
};

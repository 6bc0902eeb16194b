/* stats-clustering - the clusterings that STATS says the table covers, in their three forms. */
#include "stats_field.h"

#include "cq_format.h"

/* ---- lists of values (to nc) ----
 *
 * Cassandra makes an inclusive start of the minimum's values and an inclusive end of the maximum's, and leaves the table out of reads whose
 * slices do not touch what lies between. A list with fewer values takes in all that begins with them. */

static int compare_lists(const struct cq_check *c, bool minimum, const cq_slice *stored, size_t nstored, const cq_slice *rows, size_t nrows)
{
	const uint32_t n = c->table->ctx.nclustering;
	struct cq_prefix a = { .kind = minimum ? CQ_INCL_START : CQ_INCL_END, .n = nstored < n ? (uint32_t)nstored : n, .values = stored };
	struct cq_prefix b = { .kind = a.kind, .n = nrows < n ? (uint32_t)nrows : n, .values = rows };

	return cq_prefix_compare(c->table->ctx.clustering, &a, &b);
}

static bool same_lists(const cq_slice *a, size_t na, const cq_slice *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!cq_slice_eq(a[i], b[i]))
			return false;
	return true;
}

static void say(struct cq_check *c, bool minimum, bool unsafe, unsigned field, const char *expected, const char *found)
{
	struct cq_check_finding *f = stats_say(c, unsafe ? CQ_ERROR : CQ_WARNING, (struct stats_field){ .field = field },
		"%s clustering is not that of the rows", minimum ? "minimum" : "maximum");

	f->effect = unsafe ? CQ_WRONG_ANSWERS : CQ_SLOWER;
	cq_say_expected(&c->out, f, "%s", expected);
	cq_say_found(&c->out, f, "%s", found);
	if (unsafe)
		cq_say_means(&c->out, f, "Rows or range tombstones lie %s what STATS says the table covers: reads of that part of a partition leave "
			"the table out, and miss rows or show deleted ones.", minimum ? "before" : "behind");
	else
		cq_say_means(&c->out, f, "STATS claims more than the table covers: it is read where it could be left out. No answer is wrong.");
}

static void list(struct cq_check *c, bool minimum, const cq_slice *stored, size_t nstored, const cq_slice *rows, size_t nrows)
{
	const struct cq_ctx *x = &c->table->ctx;
	int order;

	if (same_lists(stored, nstored, rows, nrows))
		return;
	order = compare_lists(c, minimum, stored, nstored, rows, nrows);
	/* No values: nothing is left out. */
	say(c, minimum, nstored > x->nclustering || (nstored && (minimum ? order > 0 : order < 0)),
		minimum ? CQ_F_MIN_CLUSTERING : CQ_F_MAX_CLUSTERING, cq_say_values(&c->out, rows, nrows),
		cq_say_values(&c->out, stored, nstored));
}

/* Up to 3.11.3 each component has its own extremes; no later version reads them. Of equal values any may have been kept. */
static void components(struct cq_check *c, bool minimum, const cq_slice *stored, size_t nstored, const cq_slice *rows, size_t nrows)
{
	const struct cq_ctx *x = &c->table->ctx;
	struct cq_check_finding *f;
	bool good = nstored == nrows;

	for (size_t i = 0; good && i < nrows && i < x->nclustering; i++)
		good = stored[i].p && rows[i].p && cq_value_compare(x->clustering[i], stored[i], rows[i]) == 0;
	if (good)
		return;
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = minimum ? CQ_F_MIN_CLUSTERING : CQ_F_MAX_CLUSTERING },
		"%s values of the clustering columns are not those of the rows", minimum ? "minimum" : "maximum");
	f->effect = CQ_UNSURE;
	cq_say_expected(&c->out, f, "%s", cq_say_values(&c->out, rows, nrows));
	cq_say_found(&c->out, f, "%s", cq_say_values(&c->out, stored, nstored));
	cq_say_means(&c->out, f, "Cassandra up to 3.0.17 and 3.11.3 leaves the table out of slices by these values. Later versions do not read "
		"them in a table of this version.");
}

/* ---- covered clusterings (nc and later) ---- */

static void bound(struct cq_check *c, bool start, const struct cq_prefix *stored, const struct cq_prefix *rows)
{
	int order;

	if (cq_prefix_eq(stored, rows))
		return;
	if (stored->n > c->table->ctx.nclustering)
		order = start ? 1 : -1;
	else
		order = cq_prefix_compare(c->table->ctx.clustering, stored, rows);
	say(c, start, start ? order > 0 : order < 0, start ? CQ_F_COVERED_START : CQ_F_COVERED_END, cq_say_prefix(&c->out, rows), cq_say_prefix(&c->out, stored));
}

static void types(struct cq_check *c, const struct cq_statistics *s)
{
	const struct cq_ctx *x = &c->table->ctx;
	struct cq_arena arena = {0};
	bool good = s->ncovered_types == x->nclustering;
	struct cq_check_finding *f;

	for (uint32_t i = 0; good && i < x->nclustering; i++) {
		const struct cq_type *t;

		good = cq_type_parse(&arena, s->covered_types[i], &t, NULL) == CQ_OK && cq_type_eq(t, x->clustering[i]) &&
			t->reversed == x->clustering[i]->reversed;
	}
	cq_arena_finish(&arena);
	if (good)
		return;
	f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_COVERED }, "types of the covered clusterings are not the HEADER's clustering types");
	f->effect = CQ_REFUSED;
	cq_say_means(&c->out, f, "Cassandra reads the bounds with these types and compares them with the table's: it may fail, or leave the table "
		"out of reads.");
}

/* ---- all ---- */

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;

	(void)state;
	if (!(s->has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (s->has & CQ_HAS_LEGACY_MINMAX) {
		if (stats_scylla(c) && !(c->table->features & CQ_FEAT_ACCURATE_MINMAX)) {
			cq_unmeasured(&c->out, "written by Scylla, whose bounds in this version follow other rules, and which no Cassandra since 3.11.4 reads");
		} else if (c->table->features & CQ_FEAT_ACCURATE_MINMAX) {
			list(c, true, s->min_clustering, s->nmin, r->min_clustering, r->nmin);
			list(c, false, s->max_clustering, s->nmax, r->max_clustering, r->nmax);
		} else {
			components(c, true, s->min_clustering, s->nmin, r->min_clustering, r->nmin);
			components(c, false, s->max_clustering, s->nmax, r->max_clustering, r->nmax);
			if (c->table->ctx.nclustering && (c->facts->markers || c->facts->partition_deletions || c->facts->statics))
				stats_say(c, CQ_INFO, (struct stats_field){ .field = CQ_F_MIN_CLUSTERING },
					"the table holds %s; Cassandra up to 3.0.17 and 3.11.3 leaves tables of this version out of slices by bounds that do not "
					"count them (CASSANDRA-14861)", c->facts->markers ? "range tombstones" : c->facts->partition_deletions ?
					"partition deletions" : "static rows");
		}
	}
	if (s->has & CQ_HAS_COVERED) {
		types(c, s);
		bound(c, true, &s->covered_start, &r->covered_start);
		bound(c, false, &s->covered_end, &r->covered_end);
	}
}

const struct cq_rule cq_rule_stats_clustering = {
	.id = "stats-clustering", .title = "the clusterings that STATS covers are those of the rows", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "The smallest and largest clustering of rows and range tombstones are those in STATS, byte for byte: values up to the first null from md to nc, "
		"bounds with their kinds since nc, the extremes of each component before md.",
	.means = "Cassandra leaves a table out of a read when the slices it asks for lie outside of these: bounds that are too narrow make rows and deletions invisible.",
	.action = "Restore Statistics.db from a snapshot of the same generation, or rewrite the table: nodetool upgradesstables -a or a scrub make new bounds.",
	.bug = "CASSANDRA-14861 (up to 3.0.17 and 3.11.3): range tombstone bounds cut short, partition deletions forgotten. That is why md exists, and why later "
		"versions do not read the bounds of ma, mb and mc. CASSANDRA-20855: sstablemetadata fails on healthy files whose largest clustering "
		"is a range tombstone's bound with fewer values.",
	.silent = "Lists with fewer values than there are clustering columns: bounds of range tombstones. In nb of Cassandra 5.0, values of an exclusive bound.",
	.kinds = "23, 34",
};

/* header-order - the HEADER's columns in the order in which Cassandra reads them, each once, and the one name that breaks it. */
#include "stats_field.h"

static void twice(struct cq_check *c, const struct cq_column *a, size_t na, const struct cq_column *b, size_t nb, bool same)
{
	for (size_t i = 0; i < na; i++) {
		for (size_t k = same ? i + 1 : 0; k < nb; k++) {
			/* Sorted: equal ones are neighbours among simple, and among complex ones. */
			if (same && a[i].complex == b[k].complex && k > i + 1)
				continue;
			if (!cq_slice_eq(a[i].name, b[k].name))
				continue;
			stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_HEADER }, "column %.*s is listed twice%s",
				a[i].name.len < 80 ? (int)a[i].name.len : 80, (const char *)a[i].name.p, same ? "" : ", as static and as regular");
			return;
		}
	}
}

static void names(struct cq_check *c, const struct cq_column *v, size_t n)
{
	struct cq_check_finding *f;

	for (size_t i = 0; i < n; i++) {
		if (!v[i].complex || !v[i].name.len || v[i].name.p[0] < 0x80)
			continue;
		f = stats_say(c, CQ_INFO, (struct stats_field){ .field = CQ_F_HEADER },
			"column %.*s has many cells and a name that begins outside ASCII: Cassandra sorts it before where it looks for such columns",
			v[i].name.len < 80 ? (int)v[i].name.len : 80, (const char *)v[i].name.p);
		f->effect = CQ_REFUSED;
		cq_say_means(&c->out, f, "The table by itself is healthy and read rightly. Reads and compactions that merge it with another table of the same kind fail in Cassandra "
			"3.0 to 5.0.6 (\"complexBuilder is null\").");
		cq_say_action(&c->out, f, "Rename is not possible for such a column: copy its values into one with an ASCII name, then drop it.");
		return;
	}
}

static void quick(struct cq_check *c)
{
	const struct cq_statistics *s = &c->table->stats;
	bool scylla = stats_scylla(c);

	if (!(s->has & CQ_HAS_HEADER))
		return;
	if (s->reordered)
		stats_say(c, scylla ? CQ_INFO : CQ_ERROR, (struct stats_field){ .field = CQ_F_HEADER },
			"columns are not listed in the order in which rows store them%s", scylla ? ", as old Scylla does" : "")->effect =
			scylla ? CQ_HARMLESS : CQ_WRONG_ANSWERS;
	if (s->nstatic <= 4096 && s->nregular <= 4096) {
		twice(c, s->statics, s->nstatic, s->statics, s->nstatic, true);
		twice(c, s->regulars, s->nregular, s->regulars, s->nregular, true);
		twice(c, s->statics, s->nstatic, s->regulars, s->nregular, false);
	} else {
		cq_unmeasured(&c->out, "more than 4096 columns: names were not compared with each other");
	}
	names(c, s->statics, s->nstatic);
	names(c, s->regulars, s->nregular);
}

const struct cq_rule cq_rule_header_order = {
	.id = "header-order", .title = "the HEADER lists columns in the order that rows have", .severity = CQ_WARNING, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_QUICK, .quick = quick,
	.proves = "Columns are listed as Cassandra lists them: simple ones before those with many cells, each by name, the first byte of which counts as signed; no name "
		"twice.",
	.means = "Rows hold values by the place of their column in this order. A changed name moves its column: values are then read as those of other columns.",
	.action = "Compare the names with the schema; restore Statistics.db from a snapshot of the same generation.",
	.bug = "Cassandra up to 5.0.6: a column with many cells whose name begins with a byte above 0x7f is sorted before the place where such columns are looked for, and "
		"merging two tables fails.",
	.silent = "Old Scylla lists columns in another order than it stores them: a note.",
	.kinds = "52",
};

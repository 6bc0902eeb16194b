/* stats-cardinality - the sketch of the set of keys, byte for byte. */
#include "stats_field.h"

#include <inttypes.h>

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats, *r = c->recomputed;
	struct cq_check_finding *f;
	struct cq_error err = {0};
	int64_t stored = 0, keys = 0;
	int rc;

	(void)state;
	if (!(s->has & CQ_HAS_COMPACTION)) {
		cq_unmeasured(&c->out, "the COMPACTION section is missing or cannot be read");
		return;
	}
	if (stats_scylla(c)) {
		cq_unmeasured(&c->out, "written by Scylla, which makes sketches of another kind");
		return;
	}
	if (cq_slice_eq(s->cardinality, r->cardinality))
		return;
	rc = cq_cardinality(s->cardinality, &stored, &err);
	cq_cardinality(r->cardinality, &keys, NULL);
	f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_SKETCH }, rc == CQ_OK ? "the cardinality sketch is not that of the keys" :
		"the cardinality sketch is none: %s", err.msg);
	cq_say_expected(&c->out, f, "%zu bytes, about %" PRId64 " keys", r->cardinality.len, keys);
	if (rc == CQ_OK)
		cq_say_found(&c->out, f, "%zu bytes, about %" PRId64 " keys", s->cardinality.len, stored);
	stats_suspect_bytes(c, f, s->cardinality, r->cardinality);
	if (rc != CQ_OK) {
		f->effect = CQ_REFUSED;
		cq_say_means(&c->out, f, "Compactions that include this table fail when they estimate the number of keys.");
	}
}

const struct cq_rule cq_rule_stats_cardinality = {
	.id = "stats-cardinality", .title = "the cardinality sketch is that of the keys", .severity = CQ_WARNING, .effect = CQ_HARMLESS,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_RECOMPUTED, .finish = finish,
	.proves = "The HyperLogLog++ sketch in Statistics.db is, to the byte, what Cassandra makes of the keys in their order.",
	.means = "Compactions estimate with it how many keys the result will have, and size its filter by that. A wrong one makes a filter too large or too small; no "
		"answer is wrong.",
	.action = "Nothing by itself. Look at the other findings about Statistics.db: a sketch of other keys is a sign that the file is another table's.",
	.bug = "CASSANDRA-10676: a table without the section.",
	.silent = "Scylla's sketches (registers of a byte each): not compared.",
	.kinds = "32, 9",
};

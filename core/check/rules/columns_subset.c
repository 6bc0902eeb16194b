/* columns-subset - rows name only columns that the header has. */
#include "cq_rule.h"

#include "cq_fields.h"

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	struct cq_check_finding *f;

	(void)state;
	switch (s->why.field) {
	case CQ_F_COLUMN_SUBSET:
	case CQ_F_SUBSET_BITMAP:
	case CQ_F_SUBSET_COUNT:
	case CQ_F_SUBSET_INDEX:
		break;
	default:
		return;
	}
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, s->why.off == CQ_NO_OFFSET ? s->off : s->why.off, 0, "a row's set of columns is none of this header: %s",
		s->why.msg);
	cq_say_expected(&p->out, f, "some of %u static and %u regular columns", p->table->ctx.statics.n, p->table->ctx.regulars.n);
	if (s->in_partition && s->key.p)
		cq_say_key(&p->out, f, s->key);
}

const struct cq_rule cq_rule_columns_subset = {
	.id = "columns-subset", .title = "rows name only columns that the header has", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .skipped = skipped, .kinds = "29, 30",
	.proves = "No row's bitmap or list of columns points beyond the columns of the header.",
	.means = "The row was written with another set of columns than the header lists, or its bytes are damaged: nothing behind this place in the "
		"partition can be taken at its word.",
	.action = "Compare the header's columns (cqlite info) with the schema at the time of writing. Take the rows from another replica: move this SSTable "
		"away with the node down and run nodetool repair.",
	.bug = "CASSANDRA-14591 (\"too many bits\"); CASSANDRA-16735: an ALTER TABLE ADD that raced with writes.",
};

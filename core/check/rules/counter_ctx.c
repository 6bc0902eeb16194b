/* counter-ctx - counter contexts are whole and their shards ascend. */
#include "cq_rule.h"

#include "cq_buf.h"

enum { SHOWN = 64 };

static void look(struct cq_pass *p, const struct cq_event *ev, const struct cq_cell *c)
{
	struct cq_error err = {0};
	struct cq_shard s;
	uint8_t before[16];
	const char *wrong = NULL;
	int rc = CQ_OK;
	size_t i;

	for (i = 0; (rc = cq_counter_shard(c->value, i, &s, &err)) == CQ_OK; i++) {
		int order = i ? memcmp(before, s.id.p, 16) : -1;

		if (order >= 0) {
			wrong = order ? "its shards do not ascend" : "two of its shards have one id";
			break;
		}
		memcpy(before, s.id.p, 16);
	}
	if (CQ_LIKELY(!wrong && rc == CQ_END))
		return;
	{
		struct cq_buf hex = {0};
		struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off + c->off, 0, "the counter context in column %.*s is broken: %s",
			(int)c->column->name.len, (const char *)c->column->name.p, wrong ? wrong : err.msg);

		cq_buf_hex(&hex, cq_slice_of(c->value.p, c->value.len < SHOWN ? c->value.len : SHOWN));
		cq_say_found(&p->out, f, "%zu bytes: %s%s", c->value.len, cq_buf_cstr(&hex), c->value.len > SHOWN ? "..." : "");
		cq_say_partition(p, f);
		cq_buf_finish(&hex);
	}
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	(void)state;
	for (uint32_t i = 0; i < ev->row->ncells; i++) {
		const struct cq_cell *c = &ev->row->cells[i];

		if (CQ_UNLIKELY(c->column->counter && !(c->flags & CQ_CELL_DELETED) && c->value.len))
			look(p, ev, c);
	}
}

static bool concerns(const struct cq_table *t)
{
	for (uint32_t i = 0; i < t->ctx.regulars.n; i++)
		if (t->ctx.regulars.columns[i].counter)
			return true;
	for (uint32_t i = 0; i < t->ctx.statics.n; i++)
		if (t->ctx.statics.columns[i].counter)
			return true;
	return false;
}

const struct cq_rule cq_rule_counter_ctx = {
	.id = "counter-ctx", .title = "counter contexts are whole and their shards ascend", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_STATIC) | CQ_WANTS(CQ_EV_ROW), .event = event, .concerns = concerns, .kinds = "48",
	.proves = "Every counter cell is a header and whole shards of 32 bytes, each of another counter id, in ascending order.",
	.means = "The counter shows a wrong sum, and merges with other replicas go wrong; scrub stops at it.",
	.action = "sstablescrub --skip-corrupted leaves the row out; other replicas have it: repair afterwards.",
	.bug = "CASSANDRA-2759, 13691.",
};

/* rt-balance - range tombstone markers come in pairs that agree. */
#include "cq_rule.h"

struct balance {
	bool open;
	struct cq_deletion deletion;
	uint64_t off;                      /* of the marker that opened */
};

static bool same(struct cq_deletion a, struct cq_deletion b)
{
	return a.timestamp == b.timestamp && a.ldt == b.ldt;
}

static void marker(struct cq_pass *p, struct balance *b, const struct cq_event *ev)
{
	const struct cq_marker *m = ev->marker;
	struct cq_check_finding *f;

	if (cq_bound_closes(m->bound.kind)) {
		if (CQ_UNLIKELY(!b->open)) {
			f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "this marker ends a range tombstone that did not begin");
			cq_say_found(&p->out, f, "%s", cq_bound_kind_name(m->bound.kind));
			cq_say_partition(p, f);
		} else if (CQ_UNLIKELY(!same(b->deletion, m->close))) {
			f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "this marker ends another deletion than the one that began at 0x%llx",
				(unsigned long long)b->off);
			cq_say_expected(&p->out, f, "timestamp %lld, local deletion time %lld", (long long)b->deletion.timestamp, (long long)b->deletion.ldt);
			cq_say_found(&p->out, f, "timestamp %lld, local deletion time %lld", (long long)m->close.timestamp, (long long)m->close.ldt);
			cq_say_partition(p, f);
		}
		b->open = false;
	}
	if (cq_bound_opens(m->bound.kind)) {
		if (CQ_UNLIKELY(b->open)) {
			f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "this marker begins a range tombstone while another one, begun at 0x%llx, "
				"is open", (unsigned long long)b->off);
			cq_say_found(&p->out, f, "%s", cq_bound_kind_name(m->bound.kind));
			cq_say_partition(p, f);
		}
		b->open = true;
		b->deletion = m->open;
		b->off = ev->off;
	}
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct balance *b = state;
	struct cq_check_finding *f;

	if (ev->kind == CQ_EV_MARKER) {
		marker(p, b, ev);
		return;
	}
	if (CQ_UNLIKELY(b->open)) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, b->off, 0, "this range tombstone does not end: its partition does, at 0x%llx",
			(unsigned long long)ev->off);
		cq_say_partition(p, f);
	}
	b->open = false;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	(void)p;
	(void)state;
	(void)next;                        /* pieces are cut between partitions: nothing is open there */
}

const struct cq_rule cq_rule_rt_balance = {
	.id = "rt-balance", .title = "range tombstone markers come in pairs that agree", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END), .odd = CQ_ODD_MARKERS,
	.state_size = sizeof(struct balance), .event = event, .merge = merge, .kinds = "38",
	.proves = "Every range tombstone that begins ends in the same partition, with the same deletion, and none begins inside another.",
	.means = "A read that meets the broken pair fails with an assertion, or applies the deletion to rows it does not belong to: deleted rows "
		"come back, or live ones vanish.",
	.action = "nodetool scrub rewrites the partition; check its rows against another replica, then repair.",
	.bug = "CASSANDRA-13237, 13340, 13341, 12811, 14823.",
};

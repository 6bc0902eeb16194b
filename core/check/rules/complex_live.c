/* complex-live - a collection that is not deleted says so in the one way there is. */
#include "cq_rule.h"

/* Of a row's flags: some collection in it is deleted. */
enum { COLLECTION_DELETED = 0x40 };

static bool half(struct cq_deletion d)
{
	return (d.timestamp == CQ_NO_TIMESTAMP) != (d.ldt == CQ_NO_LDT);
}

static void say(struct cq_pass *p, const struct cq_event *ev, struct cq_deletion d, const char *what, cq_slice name)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "the deletion of %s%.*s is neither one nor none", what,
		(int)name.len, (const char *)name.p);

	cq_say_expected(&p->out, f, "both of timestamp and local deletion time, or the marks for none in both");
	if (d.timestamp == CQ_NO_TIMESTAMP)
		cq_say_found(&p->out, f, "no timestamp, local deletion time %lld", (long long)d.ldt);
	else
		cq_say_found(&p->out, f, "timestamp %lld, no local deletion time", (long long)d.timestamp);
	cq_say_partition(p, f);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_row *r = ev->row;

	(void)state;
	if (ev->kind == CQ_EV_PARTITION) {
		if (CQ_UNLIKELY(half(ev->partition->deletion)))
			say(p, ev, ev->partition->deletion, "the partition", (cq_slice){ .p = (const uint8_t *)"", .len = 0 });
		return;
	}
	if (CQ_UNLIKELY(r->flags & COLLECTION_DELETED)) {
		bool any = false;

		for (uint32_t i = 0; i < r->ncomplex; i++)
			any |= !cq_deletion_live(r->complex[i].deletion) || half(r->complex[i].deletion);
		if (!any) {
			struct cq_check_finding *f = cq_say(&p->out, CQ_WARNING, CQ_C_DATA, ev->off, 1, "the row's flags say that a collection "
				"is deleted, and none is");

			cq_say_found(&p->out, f, "flags 0x%02x", r->flags);
			cq_say_partition(p, f);
		}
	}
	for (uint32_t i = 0; i < r->ncomplex; i++)
		if (CQ_UNLIKELY(half(r->complex[i].deletion)))
			say(p, ev, r->complex[i].deletion, "column ", r->complex[i].column->name);
}

const struct cq_rule cq_rule_complex_live = {
	.id = "complex-live", .title = "deletions are either whole or none", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_STATIC) | CQ_WANTS(CQ_EV_ROW),
	.odd = CQ_ODD_DELETION | CQ_ODD_COMPLEX, .event = event, .kinds = "44",
	.proves = "Where a partition or a collection is not deleted, timestamp and local deletion time both say so.",
	.means = "Readers with a strict tombstone policy refuse the SSTable; others may take the collection for deleted.",
	.action = "Upgrade the writer, then nodetool scrub or upgradesstables rewrites the rows.",
	.bug = "CASSANDRA-21333.",
};

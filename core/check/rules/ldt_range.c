/* ldt-range - local deletion times and TTLs are in the range of their version. */
#include "cq_rule.h"

enum { TTL_MAX = 630720000 };              /* 20 years: the longest that Cassandra takes */

struct range {
	uint64_t negative, first_off;      /* how many local deletion times overflowed, and where the first one is */
	int64_t earliest_write;            /* of the rows concerned, by their timestamps */
};

static const char action[] = "If the rows are still wanted, export them now (cqlite dump shows them with their times) and write them anew with a shorter "
	"TTL. sstablescrub with --reinsert-overflowed-ttl (3.11.2 and up) does so for a whole table.";

static void overflowed(struct cq_pass *p, struct range *r, const struct cq_event *ev, uint64_t off, int64_t ldt, int64_t written)
{
	struct cq_check_finding *f;

	if (!r->negative++)
		r->first_off = off;
	if (written != CQ_NO_TIMESTAMP && written < r->earliest_write)
		r->earliest_write = written;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, 0, "the local deletion time in this %s is negative: it overflowed 2038-01-19",
		ev->kind == CQ_EV_PARTITION ? "partition's deletion" : ev->kind == CQ_EV_MARKER ? "range tombstone marker" : "row");
	cq_say_expected(&p->out, f, "0 or more seconds since 1970");
	cq_say_found(&p->out, f, "%lld", (long long)ldt);
	cq_say_partition(p, f);
}

static void ttl_wrong(struct cq_pass *p, uint64_t off, int32_t ttl)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, 0, "this TTL is none that Cassandra takes");

	cq_say_expected(&p->out, f, "1 to %d seconds (20 years)", TTL_MAX);
	cq_say_found(&p->out, f, "%d", ttl);
	cq_say_action(&p->out, f, "Compare the row with another replica; the bytes around it may be damaged, or the header's smallest TTL is.");
	cq_say_partition(p, f);
}

static void row(struct cq_pass *p, struct range *r, const struct cq_event *ev)
{
	const struct cq_row *w = ev->row;
	unsigned flags = 0;

	for (uint32_t i = 0; i < w->ncells; i++)
		flags |= w->cells[i].flags;
	if (CQ_LIKELY(!(flags & (CQ_CELL_DELETED | CQ_CELL_EXPIRING)) && !w->ttl && !w->ncomplex && cq_deletion_live(w->deletion)))
		return;
	if (CQ_UNLIKELY(w->has_liveness && w->ttl)) {
		if (w->ldt < 0)
			overflowed(p, r, ev, ev->off, w->ldt, w->timestamp);
		if ((w->ttl < 0 || w->ttl > TTL_MAX) && w->ttl != CQ_EXPIRED_LIVENESS_TTL)
			ttl_wrong(p, ev->off, w->ttl);
	}
	if (CQ_UNLIKELY(!cq_deletion_live(w->deletion) && w->deletion.ldt < 0))
		overflowed(p, r, ev, ev->off, w->deletion.ldt, w->deletion.timestamp);
	for (uint32_t i = 0; i < w->ncells; i++) {
		const struct cq_cell *c = &w->cells[i];

		if (CQ_LIKELY(!(c->flags & (CQ_CELL_DELETED | CQ_CELL_EXPIRING)) || c->flags & CQ_CELL_ROW_TTL))
			continue;
		if (c->ldt < 0)
			overflowed(p, r, ev, ev->off + c->off, c->ldt, c->timestamp);
		if (c->flags & CQ_CELL_EXPIRING && (c->ttl <= 0 || c->ttl > TTL_MAX))
			ttl_wrong(p, ev->off + c->off, c->ttl);
	}
	for (uint32_t i = 0; i < w->ncomplex; i++)
		if (!cq_deletion_live(w->complex[i].deletion) && w->complex[i].deletion.ldt < 0)
			overflowed(p, r, ev, ev->off, w->complex[i].deletion.ldt, w->complex[i].deletion.timestamp);
}

static void begin(struct cq_pass *p, void *state)
{
	struct range *r = state;

	(void)p;
	r->earliest_write = INT64_MAX;
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct range *r = state;

	switch (ev->kind) {
	case CQ_EV_PARTITION:
		if (CQ_UNLIKELY(!cq_deletion_live(ev->partition->deletion) && ev->partition->deletion.ldt < 0))
			overflowed(p, r, ev, ev->off, ev->partition->deletion.ldt, ev->partition->deletion.timestamp);
		break;
	case CQ_EV_MARKER:
		if (ev->len && ((!cq_deletion_live(ev->marker->open) && ev->marker->open.ldt < 0) ||
		    (!cq_deletion_live(ev->marker->close) && ev->marker->close.ldt < 0)))
			overflowed(p, r, ev, ev->off, ev->marker->open.ldt < 0 ? ev->marker->open.ldt : ev->marker->close.ldt,
				ev->marker->open.timestamp);
		break;
	default:
		row(p, r, ev);
	}
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct range *r = state;
	const struct range *n = next;

	(void)p;
	if (!r->negative)
		r->first_off = n->first_off;
	r->negative += n->negative;
	if (n->earliest_write < r->earliest_write)
		r->earliest_write = n->earliest_write;
}

static void finish(struct cq_check *c, void *state)
{
	const struct range *r = state;
	struct cq_check_finding *f;

	if (r->negative < 2)
		return;
	f = cq_say(&c->out, CQ_ERROR, CQ_C_DATA, r->first_off, 0, "%llu local deletion times overflowed in all", (unsigned long long)r->negative);
	if (r->earliest_write != INT64_MAX)
		cq_say_found(&c->out, f, "the earliest of them written at timestamp %lld", (long long)r->earliest_write);
}

const struct cq_rule cq_rule_ldt_range = {
	.id = "ldt-range", .title = "deletion times and TTLs are in range", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_STATIC) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER),
	.odd = CQ_ODD_DELETION | CQ_ODD_TIMES | CQ_ODD_COMPLEX,
	.state_size = sizeof(struct range), .begin = begin, .event = event, .merge = merge, .finish = finish, .kinds = "43",
	.proves = "No local deletion time is negative, and every TTL is between 1 second and 20 years.",
	.means = "A row written with a TTL that reached beyond 2038-01-19 got an expiration in the past: it vanished when it was written, and compaction "
		"will drop it for good.",
	.action = action, .bug = "CASSANDRA-14092 (3.0.16, 3.11.2) and CASSANDRA-14227 (5.0).",
};

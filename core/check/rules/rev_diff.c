/* rev-diff - a partition read backwards has the rows that it has read forwards. */
#include "cq_rule.h"

/* A walk's fingerprint: rows by their places. Forwards, sum = sum * r + h; backwards, sum += h * r^i: the same for the same
 * rows in the opposite order, in constant memory. */
struct walk {
	uint64_t sum, power, n;
};

static const uint64_t R = 0x9e3779b97f4a7c15u;

static int walk(struct cq_scan *s, struct walk *w, bool reversed, struct cq_error *err)
{
	struct cq_event ev;
	int rc;

	*w = (struct walk){ .power = 1 };
	while ((rc = cq_scan_next(s, &ev, err)) == CQ_OK && ev.kind != CQ_EV_PARTITION_END) {
		uint64_t h;

		if (ev.kind != CQ_EV_ROW)
			continue;
		h = (ev.off ^ ev.off >> 31) * 0xbf58476d1ce4e5b9u | 1;
		w->sum = reversed ? w->sum + h * w->power : w->sum * R + h;
		w->power *= R;
		w->n++;
	}
	return rc == CQ_END ? CQ_OK : rc;
}

/* One partition both ways. False: nothing more can be done with this table. */
static bool compare(struct cq_check *c, struct cq_scan *s, struct cq_lookup *l, const struct cq_position *pos, cq_slice key)
{
	const struct cq_slice_options forward = {0}, backward = { .reversed = true };
	struct cq_check_finding *f;
	struct cq_error err = {0};
	struct walk a = {0}, b = {0};
	int rc = cq_scan_slice(s, l, pos, &forward, &err);

	if (rc == CQ_OK)
		rc = walk(s, &a, false, &err);
	if (rc == CQ_DAMAGED)
		return true;                   /* the pass has said so */
	if (rc == CQ_OK)
		rc = cq_scan_slice(s, l, pos, &backward, &err);
	if (rc == CQ_OK)
		rc = walk(s, &b, true, &err);
	if (rc == CQ_ENOMEM) {
		cq_say_nomem(&c->out);
		return false;
	}
	if (rc == CQ_DAMAGED) {
		f = cq_say_error(&c->out, CQ_ERROR, &err);
		if (f != &c->out.scratch)
			f->message = cq_say_text(&c->out, "backwards through its row index this partition cannot be read: %s", err.msg);
		cq_say_key(&c->out, f, key);
		return true;
	}
	if (rc < 0) {
		cq_unmeasured(&c->out, "%s", err.msg);
		return false;
	}
	if (rc != CQ_OK || (a.n == b.n && a.sum == b.sum))
		return true;                   /* not OK: no such partition, which lookup-all says */
	f = cq_say(&c->out, CQ_ERROR, CQ_C_DATA, pos->data_off, 0, "read backwards this partition has other rows than read forwards");
	cq_say_expected(&c->out, f, "%llu rows", (unsigned long long)a.n);
	cq_say_found(&c->out, f, b.n == a.n ? "%llu rows, in another order" : "%llu rows", (unsigned long long)b.n);
	cq_say_key(&c->out, f, key);
	return true;
}

static void deep(struct cq_check *c)
{
	const struct cq_check_options *o = c->options;
	struct cq_lookup *l = NULL, *other = NULL;
	struct cq_scan *s = NULL;
	struct cq_position pos;
	struct cq_error err = {0};
	uint64_t at = 0;
	int rc = cq_lookup_open(&l, c->table, &err);

	if (rc == CQ_OK)
		rc = cq_lookup_open(&other, c->table, &err);
	if (rc == CQ_OK)
		rc = cq_scan_open(&s, c->table, NULL, &err);
	while (rc == CQ_OK && (rc = cq_lookup_next(l, &at, &pos, &err)) == CQ_OK) {
		if (!compare(c, s, other, &pos, pos.key))
			break;
		if (o->progress && !o->progress(o->arg, "rev-diff", pos.data_off, c->table->stream.len)) {
			cq_unmeasured(&c->out, "stopped at 0x%llx", (unsigned long long)pos.data_off);
			break;
		}
	}
	if (rc < 0)
		cq_unmeasured(&c->out, "partitions that the index does not give were not read backwards: %s", err.msg);
	cq_scan_close(s);
	cq_lookup_close(other);
	cq_lookup_close(l);
}

const struct cq_rule cq_rule_rev_diff = {
	.id = "rev-diff", .title = "partitions read backwards have the same rows", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_DEEP, .deep = deep, .kinds = "39",
	.proves = "For every partition, a reversed read through its row index gives the rows of a forward read in the opposite order.",
	.means = "ORDER BY ... DESC and paging backwards lose rows of this partition, or show some twice: its row index does not fit its rows.",
	.action = "nodetool scrub (or sstablescrub) writes the index anew.",
	.bug = "CASSANDRA-14513, 14766 and 14803 were readers that lost rows next to range tombstones: this file is good then and the version is not.",
};

/* no-eop - every partition ends before the next one begins. */
#include "cq_rule.h"

/* Does the index's key stand at its place? */
static bool stands(struct cq_pass *p, const struct cq_position *pos)
{
	struct cq_scan *s;
	struct cq_event ev;
	bool yes;

	if (cq_scan_open(&s, p->table, NULL, NULL) != CQ_OK)
		return false;
	yes = cq_scan_to_position(s, pos, NULL) == CQ_OK && cq_scan_next(s, &ev, NULL) == CQ_OK && ev.kind == CQ_EV_PARTITION;
	cq_scan_close(s);
	return yes;
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	struct cq_position pos;
	struct cq_check_finding *f;
	uint64_t at;

	(void)state;
	/* All up to the byte before the next partition was read well: what is missing is the mark. */
	if (!s->in_partition || s->why.code != CQ_DAMAGED || !p->lookup || !cq_walk_to(p->lookup, p->table, s->partition_off + 1, &at, &pos) ||
	    pos.data_off > s->off + 1 || !stands(p, &pos))
		return;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, pos.data_off - 1, 1, "the partition that begins at 0x%llx does not end: the next one begins at "
		"0x%llx, and no end-of-partition mark stands before it", (unsigned long long)s->partition_off, (unsigned long long)pos.data_off);
	cq_say_expected(&p->out, f, "0x01");
	if (s->key.p)
		cq_say_key(&p->out, f, s->key);
}

const struct cq_rule cq_rule_no_eop = {
	.id = "no-eop", .title = "every partition ends before the next one begins", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .skipped = skipped, .kinds = "41",
	.proves = "Wherever reading broke off, it was not because an end-of-partition mark is missing in front of a partition that the index knows.",
	.means = "A reader takes the next partition's key for a row: it stops there, or shows rows that do not exist. The partition's own rows up to "
		"this place are good, and so is the next partition.",
	.action = "Get the rows out with cqlite dump --lenient, which goes on at the next partition; then repair the table from other replicas.",
	.bug = "Scylla issues 4510 and 4659 (\"static row repeated\").",
};

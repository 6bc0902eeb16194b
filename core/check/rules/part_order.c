/* part-order - partitions stand in token order, none twice. */
#include "cq_rule.h"

#include "cq_buf.h"

struct order {
	struct cq_pass *last;              /* whose last partition this is the order up to */
	struct cq_buf first;               /* key */
	struct cq_token first_token;
	uint64_t first_off;
	bool any;
};

static CQ_NOINLINE void say(struct cq_pass *p, const struct cq_token *was_token, uint64_t was_off, cq_slice key, const struct cq_token *token,
	uint64_t off, int order)
{
	const struct cq_partitioner *by = &p->table->partitioner;
	struct cq_buf was = {0}, is = {0};
	struct cq_check_finding *f;

	cq_token_print(by, was_token, &was);
	cq_token_print(by, token, &is);
	if (order == 0)
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, 0, "the partition stands here a second time; the first one is at 0x%llx",
			(unsigned long long)was_off);
	else
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, 0, "the partition's token is below the one before it, at 0x%llx",
			(unsigned long long)was_off);
	cq_say_expected(&p->out, f, "a token above %s", cq_buf_cstr(&was));
	cq_say_found(&p->out, f, "token %s", cq_buf_cstr(&is));
	cq_say_key(&p->out, f, key);
	cq_buf_finish(&was);
	cq_buf_finish(&is);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	const struct cq_partitioner *by = &p->table->partitioner;
	struct order *o = state;
	int c;

	if (CQ_UNLIKELY(!o->any)) {
		o->any = true;
		o->last = p;
		o->first_off = ev->off;
		cq_buf_slice(&o->first, p->key);
		if (o->first.failed)
			cq_say_nomem(&p->out);
		o->first_token = p->token;
		if (o->first_token.key.p)
			o->first_token.key = cq_buf_bytes(&o->first);
		return;
	}
	c = cq_key_compare(by, &p->token_before, p->key_before, &p->token, p->key);
	if (CQ_UNLIKELY(c >= 0))
		say(p, &p->token_before, p->off_before, p->key, &p->token, ev->off, c);
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct order *o = state;
	const struct order *n = next;
	int c;

	if (!n->any)
		return;
	if (o->any) {
		c = cq_key_compare(&p->table->partitioner, &o->last->token, o->last->key, &n->first_token, cq_buf_bytes(&n->first));
		if (c >= 0)
			say(p, &o->last->token, o->last->partition_off, cq_buf_bytes(&n->first), &n->first_token, n->first_off, c);
	}
	o->any = true;
	o->last = n->last;
}

static void destroy(void *state)
{
	struct order *o = state;

	cq_buf_finish(&o->first);
}

static bool concerns(const struct cq_table *t)
{
	return t->partitioner.kind != CQ_P_UNKNOWN;
}

const struct cq_rule cq_rule_part_order = {
	.id = "part-order", .title = "partitions stand in token order, none twice", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_EARLY | CQ_ODD_ORDER, .state_size = sizeof(struct order), .event = event, .merge = merge,
	.destroy = destroy, .concerns = concerns, .kinds = "35",
	.proves = "Every partition's token (then key) is above the one before it, by the partitioner that Statistics.db names.",
	.means = "Look-ups and range reads rely on the order: they may miss these partitions, and compaction stops at the first one.",
	.action = "nodetool scrub (or sstablescrub with the node down) writes the rows anew in order; then repair the table.",
	.bug = "Scylla issues 9983 and 10495; Cassandra's scrub says \"out of order\". Also what a table shows when Statistics.db of a cluster "
		"with another partitioner was put beside it.",
};

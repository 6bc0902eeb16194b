/* part-order - partitions stand in token order, none twice. */
#include "cq_rule.h"

#include "cq_buf.h"

struct order {
	struct cq_buf first, last;         /* keys */
	struct cq_token first_token, last_token;
	uint64_t first_off, last_off;
	bool any;
};

static void keep(struct cq_pass *p, struct cq_buf *key, struct cq_token *token)
{
	cq_buf_clear(key);
	cq_buf_slice(key, p->key);
	if (key->failed)
		cq_say_nomem(&p->out);
	*token = p->token;
	if (token->key.p)
		token->key = cq_buf_bytes(key);
}

static void compare(struct cq_pass *p, const struct order *before, cq_slice key, const struct cq_token *token, uint64_t off)
{
	const struct cq_partitioner *by = &p->table->partitioner;
	int c = by->kind == CQ_P_UNKNOWN ? -1 :
		cq_key_compare(by, &before->last_token, cq_buf_bytes(&before->last), token, key);
	struct cq_buf was = {0}, is = {0};
	struct cq_check_finding *f;

	if (CQ_LIKELY(c < 0))
		return;
	cq_token_print(by, &before->last_token, &was);
	cq_token_print(by, token, &is);
	if (c == 0)
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, 0, "the partition stands here a second time; the first one is at 0x%llx",
			(unsigned long long)before->last_off);
	else
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, 0, "the partition's token is below the one before it, at 0x%llx",
			(unsigned long long)before->last_off);
	cq_say_expected(&p->out, f, "a token above %s", cq_buf_cstr(&was));
	cq_say_found(&p->out, f, "token %s", cq_buf_cstr(&is));
	cq_say_key(&p->out, f, key);
	cq_buf_finish(&was);
	cq_buf_finish(&is);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct order *o = state;

	if (!o->any) {
		keep(p, &o->first, &o->first_token);
		o->first_off = ev->off;
		o->any = true;
	} else {
		compare(p, o, p->key, &p->token, ev->off);
	}
	keep(p, &o->last, &o->last_token);
	o->last_off = ev->off;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct order *o = state, *n = next, was = *o;

	if (!n->any)
		return;
	if (o->any)
		compare(p, o, cq_buf_bytes(&n->first), &n->first_token, n->first_off);
	else
		o->first_off = n->first_off;
	o->any = true;
	/* The memory changes hands; both are freed in the end. */
	o->last = n->last;
	o->last_token = n->last_token;
	o->last_off = n->last_off;
	n->last = was.last;
}

static void destroy(void *state)
{
	struct order *o = state;

	cq_buf_finish(&o->first);
	cq_buf_finish(&o->last);
}

const struct cq_rule cq_rule_part_order = {
	.id = "part-order", .title = "partitions stand in token order, none twice", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .state_size = sizeof(struct order), .event = event, .merge = merge,
	.destroy = destroy, .kinds = "35",
	.proves = "Every partition's token (then key) is above the one before it, by the partitioner that Statistics.db names.",
	.means = "Look-ups and range reads rely on the order: they may miss these partitions, and compaction stops at the first one.",
	.action = "nodetool scrub (or sstablescrub with the node down) writes the rows anew in order; then repair the table.",
	.bug = "Scylla issues 9983 and 10495; Cassandra's scrub says \"out of order\". Also what a table shows when Statistics.db of a cluster "
		"with another partitioner was put beside it.",
};

/* lookup-all - every key is found where it stands. */
#include "cq_rule.h"

#include "cq_buf.h"

static void look(struct cq_check *c, struct cq_lookup *l, const struct cq_event *ev)
{
	struct cq_check_finding *f;
	struct cq_position pos;
	struct cq_error err = {0};
	int rc = cq_lookup_key(l, ev->partition->key, &pos, &err);

	if (rc == CQ_OK && pos.data_off == ev->off)
		return;
	if (rc == CQ_OK) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "looked up by its key, this partition is found at another place");
		cq_say_expected(&c->out, f, "0x%llx", (unsigned long long)ev->off);
		cq_say_found(&c->out, f, "0x%llx", (unsigned long long)pos.data_off);
	} else if (rc == CQ_NOT_FOUND) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_DATA, ev->off, ev->len, "looked up by its key, this partition is not found");
	} else {
		f = cq_say_error(&c->out, CQ_ERROR, &err);
		if (f != &c->out.scratch)
			f->message = cq_say_text(&c->out, "looked up by its key, this partition is not reached: %s", err.msg);
	}
	cq_say_key(&c->out, f, ev->partition->key);
}

static void deep(struct cq_check *c)
{
	const struct cq_check_options *o = c->options;
	struct cq_lookup *l = NULL;
	struct cq_scan *s = NULL;
	struct cq_event ev;
	struct cq_error err = {0};
	int rc = cq_lookup_open(&l, c->table, &err);

	if (!c->table->component[CQ_C_INDEX] && !c->table->component[CQ_C_PARTITIONS]) {
		cq_unmeasured(&c->out, "the table has no index to look up in");
		cq_lookup_close(l);
		return;
	}
	if (rc == CQ_OK)
		rc = cq_scan_open(&s, c->table, &(struct cq_scan_options){ .no_cells = true }, &err);
	while (rc == CQ_OK && (rc = cq_scan_next(s, &ev, &err)) == CQ_OK) {
		if (ev.kind != CQ_EV_PARTITION)
			continue;
		look(c, l, &ev);
		if (o->progress && !o->progress(o->arg, "lookup-all", ev.off, c->table->stream.len)) {
			cq_unmeasured(&c->out, "stopped at 0x%llx", (unsigned long long)ev.off);
			break;
		}
		rc = cq_scan_skip_partition(s, &err);
	}
	if (rc < 0)
		cq_unmeasured(&c->out, "keys behind the damage were not looked up: %s", err.msg);
	cq_scan_close(s);
	cq_lookup_close(l);
}

const struct cq_rule cq_rule_lookup_all = {
	.id = "lookup-all", .title = "every key is found where it stands", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_DEEP, .deep = deep, .kinds = "13, 17, 19, 21",
	.proves = "Every partition of Data.db, looked up by its key the way a read does (summary and index, or trie), is found at its place.",
	.means = "A read of this key by name does not see what this SSTable holds of it; a full scan does.",
	.action = "nodetool scrub (or sstablescrub) writes index and filter anew. When only Summary.db is to blame (summary-index), delete it with the node "
		"down: Cassandra makes it again.",
};

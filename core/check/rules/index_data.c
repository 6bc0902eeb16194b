/* index-data - every partition's entry in Index.db has its key and its position. */
#include <inttypes.h>

#include "index_step.h"

/* Bytes of the index that are no entries of partitions, before the one that is. */
static void say_extra(struct cq_pass *p, const struct index_step *s)
{
	struct cq_check_finding *f;

	if (s->extra.swallowed)
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->e.off, 0, "the entry of a partition stands inside of the entry before it, which is "
			"longer than it should be");
	else if (s->damages)
		f = cq_say_error(&p->out, CQ_ERROR, &s->damage);
	else
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->extra.off, s->extra.len,
			"%" PRIu64 " bytes of the index stand where the next partition's entry should be", s->extra.len);
	if (!s->extra.swallowed) {
		f->off = s->extra.off;
		f->len = s->extra.len;
		cq_say_expected(&p->out, f, "the entry of the partition at 0x%" PRIx64 " of Data.db", p->partition_off);
	}
	if (!s->damages && !s->extra.swallowed)
		cq_say_found(&p->out, f, "an entry for 0x%" PRIx64 " with a key of %zu bytes", s->extra.data_off, s->extra.key.len);
	cq_say_partition(p, f);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct index_step *s = ((struct index_rule *)state)->step;
	struct cq_check_finding *f;

	(void)ev;
	if (!s)
		return;
	if (CQ_LIKELY(s->match == INDEX_MATCH && !s->extra.n && !s->damages))
		return;
	if (s->extra.n || s->damages)
		say_extra(p, s);
	if (s->match == INDEX_WRONG_KEY && s->told) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->e.off, 2, "the key of an entry has a wrong length");
		cq_say_expected(&p->out, f, "%zu bytes", p->key.len);
		cq_say_found(&p->out, f, "%zu", s->e.key.len);
		cq_say_partition(p, f);
	} else if (s->match == INDEX_WRONG_KEY) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->e.off, 2 + s->e.key.len,
			"the entry for 0x%" PRIx64 " of Data.db has another key than the partition there", s->e.data_off);
		cq_say_found(&p->out, f, "a key of %zu bytes", s->e.key.len);
		cq_say_keys(&p->out, f, s->e.key, (cq_slice){0}, 1, false);
		cq_say_found(&p->out, f, "key %s in the index", f->keys.first ? f->keys.first : "?");
		cq_say_partition(p, f);
		cq_say_expected(&p->out, f, "key %s, as in Data.db", f->keys.first ? f->keys.first : "?");
	} else if (s->match == INDEX_WRONG_POSITION) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->e.at.off, s->e.at.len,
			"the index places a partition where it does not start");
		cq_say_expected(&p->out, f, "position 0x%" PRIx64, p->partition_off);
		cq_say_found(&p->out, f, "position 0x%" PRIx64, s->e.data_off);
		cq_say_partition(p, f);
	} else if (s->match == INDEX_DAMAGED && (s->status == CQ_OK && s->err.code == CQ_DAMAGED)) {
		f = cq_say_error(&p->out, CQ_ERROR, &s->err);
		cq_say_expected(&p->out, f, "the entry of the partition at 0x%" PRIx64 " of Data.db", p->partition_off);
		cq_say_partition(p, f);
		if (s->lost)
			cq_unmeasured(&p->out, "the entries of Index.db behind 0x%" PRIx64 " cannot be told apart", s->e.off);
	}
}

static void begin(struct cq_pass *p, void *state)
{
	index_rule_begin(p, state);
	index_usable(&p->out, ((struct index_rule *)state)->step, false);
}

const struct cq_rule cq_rule_index_data = {
	.id = "index-data", .title = "every entry of Index.db has the key and position of its partition", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_INDEX, .state_size = sizeof(struct index_rule),
	.begin = begin, .event = event, .concerns = index_big, .skipped = index_rule_skipped, .merge = index_rule_merge,
	.proves = "Index.db and Data.db were walked side by side: entry by entry the keys are the same bytes, and the position is where "
		"the partition starts.",
	.means = "Cassandra goes where the index says and does not compare the key there: it misses the partition, or takes bytes from the "
		"middle of another for its rows. The rows themselves are in Data.db.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down. Where there are "
		"replicas, run nodetool repair afterwards.",
	.bug = "ScyllaDB issues 4906 and 9446 show positions in the middle of partitions, left by a writer that failed.",
	.silent = "Partitions that cannot be read in Data.db are not held against the index.",
	.kinds = "13",
};

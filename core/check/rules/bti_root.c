/* bti-root - the end of Partitions.db, and the trie's shape. */
#include <inttypes.h>

#include "index_step.h"

enum { QUICK_MAX = 16 << 20 };                 /* a trie up to this size is read also where no row is */

struct root {
	const struct cq_pass *pass;            /* of this piece; after merging, of the last one with partitions */
	uint64_t before;                       /* partitions of the pieces in front of that one */
	struct cq_buf first;
};

static void shape(struct cq_out *o, struct cq_index *x, const struct cq_index_ends *e)
{
	struct cq_check_finding *f;
	struct cq_error err = {0};
	int rc = cq_index_tidy(x, 0, e->root, e->trie_end, false, &err);
	bool unused = err.field == CQ_F_PADDING || err.field == CQ_F_TRIE_DISTANCES;

	if (rc == CQ_OK)
		return;
	f = cq_say_error(o, unused ? CQ_WARNING : CQ_ERROR, &err);
	if (unused) {
		f->effect = CQ_HARMLESS;
		cq_say_means(o, f, "Nothing reads these bits, and no writer sets them: bytes of the file have changed since it was written.");
	}
}

static bool ends(struct cq_out *o, struct cq_index *x, struct cq_index_ends *e)
{
	struct cq_check_finding *f;
	struct cq_error err = {0};

	if (cq_index_ends(x, e, &err) != CQ_OK) {
		cq_say_error(o, CQ_ERROR, &err);
		return false;
	}
	if (e->behind != e->keys_place.off) {
		f = cq_say(o, CQ_ERROR, CQ_C_PARTITIONS, e->keys_at, e->keys_place.off - e->keys_at,
			"the first and the last key do not fill the bytes between the trie and the last 24 bytes");
		cq_say_expected(o, f, "keys that end at 0x%" PRIx64, e->keys_place.off);
		cq_say_found(o, f, "0x%" PRIx64, e->behind);
	}
	return true;
}

static void quick(struct cq_check *c)
{
	struct cq_index_ends e;
	struct cq_error err = {0};
	struct cq_index *x;
	int rc;

	if (!index_bti(c->table))
		return;
	rc = cq_index_open(&x, c->table, &err);
	if (rc == CQ_DAMAGED) {
		cq_say_error(&c->out, CQ_ERROR, &err);
		return;
	}
	if (rc != CQ_OK) {
		cq_unmeasured(&c->out, "%s", err.msg);
		return;
	}
	if (ends(&c->out, x, &e) && (c->options->level == CQ_CHECK_QUICK ? e.trie_end <= QUICK_MAX : true))
		shape(&c->out, x, &e);
	cq_index_close(x);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct root *r = state;

	(void)ev;
	if (p->partitions > 1)
		return;
	cq_buf_slice(&r->first, p->key);
	if (r->first.failed)
		cq_say_nomem(&p->out);
}

static void begin(struct cq_pass *p, void *state)
{
	((struct root *)state)->pass = p;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct root *r = state, *n = next;
	struct cq_buf swap;

	(void)p;
	if (!n->pass->partitions)
		return;
	if (!r->pass->partitions) {
		swap = r->first;
		r->first = n->first;
		n->first = swap;
	}
	r->before += r->pass->partitions;
	r->pass = n->pass;
}

static void compare(struct cq_check *c, const char *which, cq_slice have, cq_slice want, const struct cq_span_at *at)
{
	struct cq_check_finding *f;

	if (cq_slice_eq(have, want))
		return;
	f = cq_say(&c->out, CQ_ERROR, CQ_C_PARTITIONS, at->off, at->len, "the %s key at the end of the file is not the %s partition's",
		which, which);
	cq_say_key(&c->out, f, have);
	cq_say_found(&c->out, f, "%s", f->keys.first ? f->keys.first : "?");
	cq_say_key(&c->out, f, want);
	cq_say_expected(&c->out, f, "%s", f->keys.first ? f->keys.first : "?");
	cq_say_means(&c->out, f, "Cassandra takes the table's range of keys from here: reads outside of it pass the table by.");
}

static void finish(struct cq_check *c, void *state)
{
	struct root *r = state;
	struct cq_check_finding *f;
	struct cq_index_ends e;
	struct cq_index *x;

	if (!index_bti(c->table) || cq_index_open(&x, c->table, NULL) != CQ_OK)
		return;
	if (cq_index_ends(x, &e, NULL) == CQ_OK) {
		if (!c->whole) {
			cq_unmeasured(&c->out, "not all partitions could be read: their count and ends were not compared");
		} else {
			const uint64_t partitions = r->before + r->pass->partitions;

			if (e.count != partitions) {
				f = cq_say(&c->out, CQ_ERROR, CQ_C_PARTITIONS, e.count_place.off, 8, "the count of partitions is wrong");
				cq_say_expected(&c->out, f, "%" PRIu64, partitions);
				cq_say_found(&c->out, f, "%" PRIu64, e.count);
				f->effect = CQ_HARMLESS;
				cq_say_means(&c->out, f, "Cassandra estimates the number of keys from it; no read depends on it.");
			}
			if (partitions) {
				compare(c, "first", e.first, cq_buf_bytes(&r->first), &e.first_at);
				compare(c, "last", e.last, r->pass->key, &e.last_at);
			}
		}
	}
	cq_index_close(x);
}

static void destroy(void *state)
{
	struct root *r = state;

	cq_buf_finish(&r->first);
}

const struct cq_rule cq_rule_bti_root = {
	.id = "bti-root", .title = "Partitions.db has one trie, its root where the file's end says", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_QUICK, .wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_EARLY,
	.begin = begin, .state_size = sizeof(struct root),
	.quick = quick, .event = event, .concerns = index_bti, .merge = merge, .finish = finish, .destroy = destroy,
	.proves = "The last 24 bytes of Partitions.db lead to the two keys and the root; the root is the last node of the trie, every other "
		"node has one parent, and nodes and zero padding take every byte. Count and keys are those of the partitions read.",
	.means = "Cassandra finds its way into the table by these bytes. With a wrong root or a wrong pointer it finds nothing, or the wrong "
		"partitions; with a wrong first or last key it passes the table by.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.silent = "Another layout of the pages: a compaction that opened the table early may have made it.",
	.kinds = "21",
};

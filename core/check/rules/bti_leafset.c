/* bti-leafset - the leaves of Partitions.db are the partitions of Data.db. */
#include <inttypes.h>

#include "index_step.h"

/* A leaf whose path is not judged yet: how much of the key it must hold depends on both neighbours. */
struct leaf {
	bool is;
	uint64_t off, len, path;
	uint64_t before;                       /* bytes that tell it from the partition before; UNKNOWN */
	cq_slice key;                          /* of the pass, which keeps it for one more partition */
};
#define UNKNOWN UINT64_MAX

struct leafset {
	struct index_step *step;
	bool some;                             /* a partition was met */
	struct leaf first, last;               /* first: of the piece, when what is before it is not known */
	uint64_t first_behind;                 /* bytes that tell the first from the next */
	struct cq_buf first_comparable, first_key;
	bool first_ok;
	uint64_t missing, missing_off;         /* a run of partitions without a leaf */
	struct cq_buf missing_first, missing_last;
};

/* Bytes that are needed to tell a from its neighbour b. */
static uint64_t differ_at(cq_slice a, cq_slice b)
{
	size_t i = 0;

	/* The first byte and most of the token: that is far enough for nearly all. */
	if (CQ_LIKELY(a.len >= 8 && b.len >= 8)) {
		uint64_t differ = cq_be64(a.p) ^ cq_be64(b.p);

		if (CQ_LIKELY(differ))
			return (uint64_t)__builtin_clzll(differ) / 8 + 1;
		i = 8;
	}
	while (i < a.len && i < b.len && a.p[i] == b.p[i])
		i++;
	return i + 1;
}

static void judge(struct cq_out *o, const struct leaf *l, uint64_t before, uint64_t behind)
{
	struct cq_check_finding *f;
	uint64_t want;

	if (before == UNKNOWN || behind == UNKNOWN)
		return;
	want = before > behind ? before : behind;
	if (l->path == want)
		return;
	f = cq_say(o, CQ_WARNING, CQ_C_PARTITIONS, l->off, l->len, "a leaf of the trie is not at the end of the shortest path that tells "
		"its key from the neighbours'");
	f->effect = l->path < want ? CQ_WRONG_ANSWERS : CQ_HARMLESS;
	cq_say_expected(o, f, "a path of %" PRIu64 " bytes", want);
	cq_say_found(o, f, "%" PRIu64, l->path);
	cq_say_key(o, f, l->key);
}

static void set(struct leaf *l, const struct cq_pass *p, const struct index_step *s, uint64_t before)
{
	l->is = true;
	l->off = s->e.off;
	l->len = s->e.len;
	l->path = s->e.path.len;
	l->before = before;
	l->key = p->key;
}

static void path(struct cq_pass *p, struct leafset *v, const struct index_step *s)
{
	bool neighbour = v->some && !s->gap && s->before_ok && s->comparable_ok;
	uint64_t d = neighbour ? differ_at(cq_buf_bytes(&s->before), cq_buf_bytes(&s->comparable)) :
		v->some || p->piece || s->gap ? UNKNOWN : 0;

	if (v->first.is && v->first_behind == UNKNOWN && v->some)
		v->first_behind = neighbour ? d : UNKNOWN - 1;
	if (v->last.is) {
		if (neighbour)
			judge(&p->out, &v->last, v->last.before, d);
		v->last.is = false;
	}
	if (!v->some && p->piece && !s->gap && s->comparable_ok) {
		v->first_ok = true;
		cq_buf_slice(&v->first_comparable, cq_buf_bytes(&s->comparable));
		if (s->match == INDEX_MATCH) {
			set(&v->first, p, s, UNKNOWN);
			cq_buf_slice(&v->first_key, p->key);
			v->first.key = cq_buf_bytes(&v->first_key);
			v->first_behind = UNKNOWN;
		}
	}
	v->some = true;
	if (s->match == INDEX_MATCH && s->comparable_ok)
		set(&v->last, p, s, d);
}

static void flush(struct cq_out *o, struct leafset *v)
{
	struct cq_check_finding *f;

	if (!v->missing)
		return;
	if (v->missing == 1)
		f = cq_say(o, CQ_ERROR, CQ_C_PARTITIONS, CQ_NO_OFFSET, 0, "the trie has no leaf for the partition at 0x%" PRIx64 " of Data.db",
			v->missing_off);
	else
		f = cq_say(o, CQ_ERROR, CQ_C_PARTITIONS, CQ_NO_OFFSET, 0, "the trie has no leaves for %" PRIu64 " partitions from 0x%" PRIx64
			" of Data.db on", v->missing, v->missing_off);
	cq_say_keys(o, f, cq_buf_bytes(&v->missing_first), cq_buf_bytes(&v->missing_last), v->missing, false);
	v->missing = 0;
}

static void missing(struct cq_pass *p, struct leafset *v)
{
	if (!v->missing++) {
		v->missing_off = p->partition_off;
		cq_buf_clear(&v->missing_first);
		cq_buf_slice(&v->missing_first, p->key);
	}
	cq_buf_clear(&v->missing_last);
	cq_buf_slice(&v->missing_last, p->key);
	if (v->missing_first.failed || v->missing_last.failed)
		cq_say_nomem(&p->out);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct leafset *v = state;
	struct index_step *s = v->step;
	struct cq_check_finding *f;

	(void)ev;
	if (!s || !s->x || !s->bti)
		return;
	path(p, v, s);
	if (CQ_UNLIKELY(v->missing && s->match != INDEX_MISSING))
		flush(&p->out, v);
	if (CQ_UNLIKELY(s->damages)) {
		f = cq_say_error(&p->out, CQ_ERROR, &s->damage);
		cq_say_partition(p, f);
	}
	if (CQ_UNLIKELY(s->extra.n)) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_PARTITIONS, s->extra.off, s->extra.len, "%" PRIu64
			" leaves of the trie that belong to no partition", s->extra.n);
		cq_say_found(&p->out, f, "position 0x%" PRIx64 " of Data.db", s->extra.data_off);
		cq_say_expected(&p->out, f, "the leaf of the partition at 0x%" PRIx64, p->partition_off);
		cq_say_partition(p, f);
	}
	switch (s->match) {
	case INDEX_MATCH:
		if (CQ_LIKELY(s->e.has_hash && s->e.hash == (uint8_t)p->hash[1]))
			return;
		f = cq_say(&p->out, CQ_ERROR, CQ_C_PARTITIONS, s->e.has_hash ? s->e.hash_at : s->e.off, 1,
			s->e.has_hash ? "a leaf has a wrong hash byte: look-ups of this key end here, and it is not found" :
			"a leaf has no hash byte");
		if (!s->e.has_hash) {
			f->severity = CQ_WARNING;
			f->effect = CQ_SLOWER;
		}
		cq_say_expected(&p->out, f, "%02x", (uint8_t)p->hash[1]);
		if (s->e.has_hash)
			cq_say_found(&p->out, f, "%02x", s->e.hash);
		break;
	case INDEX_WRONG_KEY:
		if (s->e.key.p && !cq_slice_eq(s->e.key, p->key)) {
			f = cq_say(&p->out, CQ_ERROR, CQ_C_ROWS, s->e.rows_off, 2 + s->e.key.len,
				"an entry of Rows.db has another key than the partition that it is for");
			cq_say_found(&p->out, f, "a key of %zu bytes", s->e.key.len);
			break;
		}
		f = cq_say(&p->out, CQ_ERROR, CQ_C_PARTITIONS, s->e.off, s->e.len,
			"the path to the leaf for 0x%" PRIx64 " of Data.db is not the beginning of that partition's key", s->e.data_off);
		break;
	case INDEX_WRONG_POSITION:
		f = cq_say(&p->out, CQ_ERROR, s->e.rows_db ? CQ_C_ROWS : CQ_C_PARTITIONS, s->e.at.off, s->e.at.len,
			"the index places a partition where it does not start");
		cq_say_expected(&p->out, f, "position 0x%" PRIx64, p->partition_off);
		cq_say_found(&p->out, f, "position 0x%" PRIx64, s->e.data_off);
		break;
	case INDEX_MISSING:
		missing(p, v);
		return;
	case INDEX_DAMAGED:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_PARTITIONS, s->e.at.off, s->e.at.len, "a leaf leads to 0x%" PRIx64
			" of Rows.db, where no entry can be read: %s", s->e.rows_off, s->err.msg);
		break;
	default:
		return;
	}
	cq_say_partition(p, f);
}

static void left(struct cq_out *o, struct leafset *v, uint64_t until)
{
	struct index_extra x = {0};
	struct cq_check_finding *f;

	if (!v->step || !v->step->x || !v->step->bti)
		return;
	v->step->damages = 0;
	index_step_drain(v->step, until, &x);
	if (v->step->damages)
		cq_say_error(o, CQ_ERROR, &v->step->damage);
	if (x.n) {
		f = cq_say(o, CQ_ERROR, CQ_C_PARTITIONS, x.off, x.len, "%" PRIu64 " leaves of the trie that belong to no partition", x.n);
		cq_say_found(o, f, "position 0x%" PRIx64 " of Data.db", x.data_off);
	}
	cq_buf_finish(&x.key);
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct leafset *v = state, *n = next;
	uint64_t d;

	if (!v->step || !n->step)
		return;
	flush(&p->out, v);
	if (n->step->first_off != CQ_NO_OFFSET)
		left(&p->out, v, n->step->first_off);
	d = v->some && v->step->comparable_ok && n->first_ok && !v->step->gap_ahead ?
		differ_at(cq_buf_bytes(&v->step->comparable), cq_buf_bytes(&n->first_comparable)) : UNKNOWN;
	if (v->last.is)
		judge(&p->out, &v->last, v->last.before, d);
	if (n->first.is && n->first_behind != UNKNOWN && n->first_behind != UNKNOWN - 1)
		judge(&p->out, &n->first, d, n->first_behind);
	v->last = n->last;
	/* The only partition of its piece. */
	if (v->last.is && v->last.before == UNKNOWN && n->first.is && n->first.off == v->last.off)
		v->last.before = d;
	v->some |= n->some;
	v->step = n->step;
	if (n->missing) {
		struct cq_buf first = v->missing_first, last = v->missing_last;

		v->missing = n->missing;
		v->missing_off = n->missing_off;
		v->missing_first = n->missing_first;
		v->missing_last = n->missing_last;
		n->missing_first = first;
		n->missing_last = last;
	}
}

static void begin(struct cq_pass *p, void *state)
{
	struct leafset *v = state;

	v->step = index_step_of(p);
	if (index_usable(&p->out, v->step, true) && p->table->partitioner.kind == CQ_P_UNKNOWN)
		cq_unmeasured(&p->out, "the order of an unknown partitioner is not known: paths are not compared with keys");
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *k)
{
	(void)p;
	index_step_skipped(((struct leafset *)state)->step, k);
}

static void finish(struct cq_check *c, void *state)
{
	struct leafset *v = state;

	if (!v->step || !v->step->bti)
		return;
	flush(&c->out, v);
	if (v->last.is && c->whole)
		judge(&c->out, &v->last, v->last.before, 0);
	left(&c->out, v, CQ_NO_OFFSET);
}

static void destroy(void *state)
{
	struct leafset *v = state;

	cq_buf_finish(&v->first_comparable);
	cq_buf_finish(&v->first_key);
	cq_buf_finish(&v->missing_first);
	cq_buf_finish(&v->missing_last);
}

const struct cq_rule cq_rule_bti_leafset = {
	.id = "bti-leafset", .title = "the leaves of Partitions.db are the partitions of Data.db", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS, .wants = CQ_WANTS(CQ_EV_PARTITION), .state_size = sizeof(struct leafset),
	.begin = begin, .event = event, .concerns = index_bti, .skipped = skipped, .merge = merge, .finish = finish, .destroy = destroy,
	.proves = "Every partition has its leaf in the trie, in order: the path to it is the shortest beginning of the key's byte-comparable "
		"form that tells it from its neighbours, hash byte and position are the key's. No leaf is left over.",
	.means = "Cassandra does not find the partition by its key, or goes to a wrong place. The rows are in Data.db, and a whole scan shows "
		"them.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.silent = "Leaves of partitions that cannot be read in Data.db.",
	.kinds = "21",
};

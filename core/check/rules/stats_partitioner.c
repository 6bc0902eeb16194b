/* stats-partitioner - the class that Statistics.db names against the order of the keys. */
#include "stats_field.h"

#include <inttypes.h>

static const char *const classes[] = {
	"org.apache.cassandra.dht.Murmur3Partitioner", "org.apache.cassandra.dht.RandomPartitioner",
	"org.apache.cassandra.dht.ByteOrderedPartitioner", "org.apache.cassandra.dht.OrderPreservingPartitioner",
	"org.apache.cassandra.dht.LocalPartitioner",
};

struct state {
	const struct cq_pass *pass;
	uint64_t pairs, wrong;             /* pairs: of the pieces behind the first */
};

static void quick(struct cq_check *c)
{
	const struct cq_statistics *s = &c->table->stats;
	struct cq_check_finding *f;
	const char *near = NULL;

	if (!(s->has & CQ_HAS_VALIDATION)) {
		cq_unmeasured(&c->out, "the VALIDATION section is missing or cannot be read");
		return;
	}
	for (size_t i = 0; i < CQ_COUNTOF(classes); i++) {
		size_t differ = 0;

		if (cq_slice_is(s->partitioner, classes[i]))
			return;
		if (s->partitioner.len != strlen(classes[i]))
			continue;
		for (size_t k = 0; k < s->partitioner.len; k++)
			differ += s->partitioner.p[k] != (uint8_t)classes[i][k];
		if (differ <= 2)
			near = classes[i];
	}
	f = stats_say(c, near ? CQ_ERROR : CQ_WARNING, (struct stats_field){ .field = CQ_F_PARTITIONER }, "partitioner is no class of Cassandra");
	cq_say_found(&c->out, f, "%.*s", s->partitioner.len < 150 ? (int)s->partitioner.len : 150, (const char *)s->partitioner.p);
	if (near) {
		cq_say_expected(&c->out, f, "%s", near);
		stats_suspect_bytes(c, f, s->partitioner, cq_slice_str(near));
	} else {
		f->effect = CQ_UNSURE;
	}
}

/* Only Murmur3's tokens are at hand. Other orders are looked at in finish, when it matters: digests are dear. */
static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	(void)ev;
	if (p->partitions > 1 && (int64_t)p->token_before.lo > (int64_t)p->token.lo)
		((struct state *)state)->wrong++;
}

static void begin(struct cq_pass *p, void *state)
{
	((struct state *)state)->pass = p;
}

static uint64_t pairs_of(const struct cq_pass *p)
{
	return p->partitions ? p->partitions - 1 : 0;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct state *a = state, *b = next;

	(void)p;
	a->pairs += pairs_of(b->pass);
	a->wrong += b->wrong;
}

/* How many neighbours stand the wrong way round when this class orders them. */
static bool wrong_by(const struct cq_check *c, const char *class, uint64_t *pairs, uint64_t *wrong)
{
	const struct cq_scan_options o = { .no_cells = true };
	struct cq_partitioner by;
	struct cq_token before = {0}, now;
	struct cq_buf last = {0};
	struct cq_scan *s;
	struct cq_event ev;
	bool any = false;
	int rc = cq_scan_open(&s, c->table, &o, NULL);

	*pairs = *wrong = 0;
	if (rc != CQ_OK)
		return false;
	cq_partitioner_init(&by, cq_slice_str(class), c->table->stats.key_type);
	while (*pairs < 100000 && (rc = cq_scan_next(s, &ev, NULL)) == CQ_OK) {
		if (ev.kind != CQ_EV_PARTITION)
			continue;
		if (any) {
			cq_token(&by, cq_buf_bytes(&last), &before);
			cq_token(&by, ev.partition->key, &now);
			++*pairs;
			*wrong += cq_key_compare(&by, &before, cq_buf_bytes(&last), &now, ev.partition->key) >= 0;
		}
		any = true;
		cq_buf_clear(&last);
		cq_buf_slice(&last, ev.partition->key);
		if (cq_scan_skip_partition(s, NULL) < 0)
			break;
	}
	cq_scan_close(s);
	cq_buf_finish(&last);
	return *pairs > 0;
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *st = &c->table->stats;
	const enum cq_partitioner_kind kind = c->table->partitioner.kind;
	struct state *s = state;
	uint64_t pairs, wrong;
	struct cq_check_finding *f;

	if (kind == CQ_P_MURMUR3 && s->wrong * 4 < pairs_of(s->pass) + s->pairs)
		return;
	if (!(st->has & CQ_HAS_VALIDATION))
		return;
	if (kind != CQ_P_MURMUR3 && kind != CQ_P_UNKNOWN) {
		char name[128];

		if (st->partitioner.len >= sizeof name)
			return;
		memcpy(name, st->partitioner.p, st->partitioner.len);
		name[st->partitioner.len] = 0;
		if (!wrong_by(c, name, &pairs, &wrong) || wrong * 4 < pairs)
			return;
	}
	/* Few keys stand right by chance: n of them in one order of n!. */
	for (size_t i = 0; i < CQ_COUNTOF(classes); i++) {
		if (cq_slice_is(st->partitioner, classes[i]) || !wrong_by(c, classes[i], &pairs, &wrong) || wrong || pairs < 5)
			continue;
		f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_PARTITIONER }, "the keys stand in the order of another partitioner");
		cq_say_expected(&c->out, f, "%s", classes[i]);
		cq_say_found(&c->out, f, "%.*s", st->partitioner.len < 150 ? (int)st->partitioner.len : 150, (const char *)st->partitioner.p);
		return;
	}
}

const struct cq_rule cq_rule_stats_partitioner = {
	.id = "stats-partitioner", .title = "the partitioner is the one that ordered the keys", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .wants = CQ_WANTS(CQ_EV_PARTITION), .odd = CQ_ODD_ORDER,
	.state_size = sizeof(struct state), .quick = quick, .begin = begin, .event = event,
	.merge = merge, .finish = finish,
	.proves = "Statistics.db names one of Cassandra's partitioners, and most keys stand in its order.",
	.means = "Cassandra refuses to open a table whose partitioner is not the cluster's.",
	.action = "Restore Statistics.db. Where the table comes from a cluster with another partitioner, load it with sstableloader.",
	.silent = "Hidden tables of secondary indexes have LocalPartitioner. A class of your own is not known here: that is a warning.",
	.kinds = "9",
};

/* truncated - Data.db ends too early. */
#include <inttypes.h>

#include "cq_damage.h"

#define HANGS "Cassandra 5.0.6 does not fail on it: readers spin for ever in the read-ahead buffer. Kill them, and do not start the node on it."

static void compare(struct cq_check *c)
{
	const struct cq_damage *d = cq_damage_of(c);

	for (const struct cq_bad *b = d ? d->first : NULL; b; b = b->next) {
		const char *unit = cq_damage_unit(d);
		struct cq_check_finding *f;

		if (b->cause != CQ_DMG_TRUNCATED)
			continue;
		f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, d->raw_len, 0, "the file ends too early: %s %" PRIu64 " is %s%s", unit, b->index,
			b->raw_len ? "cut" : "gone", b->last > b->index ? ", and those behind it are gone" : "");
		if (d->written)
			cq_say_expected(&c->out, f, "%" PRIu64 " bytes of file, by the compression ratio in Statistics.db", d->written);
		else if (d->chunks)
			cq_say_expected(&c->out, f, "%" PRIu64 " chunks, %" PRIu64 " bytes of data", c->partial->chunks.count, c->partial->chunks.data_len);
		else if (b->last > b->index || !b->raw_len)
			cq_say_expected(&c->out, f, "%" PRIu64 " blocks, as CRC.db has checksums for", b->last + 1);
		if (b->index)
			cq_say_found(&c->out, f, "%" PRIu64 " bytes of file; the last whole %s is %" PRIu64 ", and %" PRIu64 " bytes of data are left", d->raw_len, unit,
				b->index - 1, b->off);
		else
			cq_say_found(&c->out, f, "%" PRIu64 " bytes of file, and no whole %s", d->raw_len, unit);
		cq_damage_say(&c->out, f, b);
		/* Behind the end of a shorter file lies what only the index knows. */
		if (!d->chunks)
			cq_say_span(&c->out, f, b->off, UINT64_MAX - b->off);
		cq_say_means(&c->out, f, "What lay behind 0x%" PRIx64 " of the data is gone from this copy; the first key named here is the first one that "
			"lost rows, everything before it is whole. %s", b->off, d->raw_len % 512 ? "" : d->raw_len % 4096 ?
			"The file's length is a multiple of 512: it was cut between two disk blocks, as a crash does." :
			"The file's length is a multiple of 4096: it was cut between two pages, as a crash does.");
		f->bug = HANGS;
	}
}

static void quick(struct cq_check *c)
{
	if (!c->table)
		compare(c);
}

static void finish(struct cq_check *c, void *state)
{
	(void)state;
	compare(c);
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	const struct cq_damage_span *span = cq_damage_span(p, s);
	struct cq_check_finding *f;

	(void)state;
	if (span->cause != CQ_DMG_TRUNCATED)
		return;
	if (span->of_unit) {
		p->claimed = true;
		return;
	}
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, p->table->stream.len, 0, "the file ends too early: %s", s->why.msg);
	cq_say_found(&p->out, f, "%" PRIu64 " bytes of file, of which the last %" PRIu64 " belong to something that is cut", p->table->stream.len, s->len);
	if (s->in_partition && !s->keys_lost)
		cq_say_key(&p->out, f, s->key);
	else
		cq_say_span(&p->out, f, s->off, UINT64_MAX - s->off);
	f->bug = HANGS;
}

const struct cq_rule cq_rule_truncated = {
	.id = "truncated", .title = "Data.db is as long as it should be", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_UNOPENED, .quick = quick, .skipped = skipped, .finish = finish,
	.proves = "Data.db holds every chunk (or checksummed block) that was written, and its last partition has an end.",
	.means = "The end of the file is missing: a copy or a stream that stopped, a full disk, or a crash before the last blocks reached the disk. All "
		"partitions behind the cut are gone from this copy.",
	.action = "Copy the file again if it came from elsewhere (compare lengths first). Otherwise move this SSTable away with the node down, start it, "
		"and run nodetool repair on the table; if no replica has the data, sstablescrub keeps what lies before the cut.",
	.bug = HANGS,
	.kinds = "5, 55",
};

/* chunk-crc - the checksum behind every chunk of a compressed Data.db. */
#include <inttypes.h>

#include "cq_damage.h"

static void say(struct cq_check *c, const struct cq_damage *d)
{
	for (const struct cq_bad *b = d->first; b; b = b->next) {
		struct cq_check_finding *f;

		if (b->cause != CQ_DMG_CHECKSUM || !d->chunks)
			continue;
		f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, b->raw_off, b->raw_len, "the checksum of chunk %" PRIu64 " differs: its %" PRIu64
			" bytes are not those that were written", b->index, b->raw_len - 4);
		cq_say_expected(&c->out, f, "CRC32 %08x, as stored behind the chunk", b->stored);
		cq_say_found(&c->out, f, "CRC32 %08x%s", b->computed, cq_damage_partner(&c->out, b));
		cq_damage_say(&c->out, f, b);
	}
}

static void compare(struct cq_check *c)
{
	const struct cq_damage *d = cq_damage_of(c);

	if (!d)
		return;
	if (!d->whole)
		cq_unmeasured(&c->out, "Data.db cannot be read to its end: %s", d->error.msg);
	else if (!d->chunks && cq_sst_file(c->entry, CQ_C_COMPRESSION_INFO))
		cq_unmeasured(&c->out, "without a readable CompressionInfo.db nobody knows where chunks are");
	say(c, d);
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
	(void)state;
	if (p->table->stream.chunks && cq_damage_span(p, s)->cause == CQ_DMG_CHECKSUM)
		p->claimed = true;
}

const struct cq_rule cq_rule_chunk_crc = {
	.id = "chunk-crc", .title = "the checksum of every chunk of Data.db is right", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_UNOPENED, .quick = quick, .skipped = skipped, .finish = finish,
	.proves = "Every chunk of a compressed Data.db, those that hold no row included, has the bytes that were written: its CRC32 fits.",
	.means = "Bytes of the chunk changed after they were written: on the disk, in a controller, or on the way. Cassandra gives none of "
		"the chunk's rows: reads that touch it fail with a CorruptSSTableException, and so do compactions.",
	.action = "If other replicas hold the data: stop the node, move this SSTable away, start it, and run nodetool repair on the table. If "
		"not: nodetool scrub (or sstablescrub with the node down) keeps what lies outside of the chunk; cqlite dump --lenient shows "
		"what that is. Look at the disk (smartctl, dmesg) before you trust it again.",
	.bug = "CASSANDRA-8192, CASSANDRA-14284: healthy chunks that old readers called corrupt, after bugs in the compressed reader.",
	.silent = "A chunk that is empty, behind the last one, is usual after compactions.",
	.kinds = "1",
};

/* crcdb - CRC.db: the checksums of an uncompressed Data.db, block by block. */
#include <inttypes.h>

#include "cq_damage.h"

static bool uncompressed(const struct cq_check *c)
{
	return c->partial && c->partial->stream.raw && !c->partial->stream.chunks && !cq_sst_file(c->entry, CQ_C_COMPRESSION_INFO);
}

static void say_block(struct cq_check *c, const struct cq_bad *b)
{
	struct cq_check_finding *f;

	if (!b->compared) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_CRC, CQ_NO_OFFSET, 0, "there is no checksum for block %" PRIu64 " of Data.db (0x%" PRIx64
			" to 0x%" PRIx64 ")", b->index, b->raw_off, b->raw_off + b->raw_len);
		f->effect = CQ_UNSURE;
		cq_damage_say(&c->out, f, b);
		return;
	}
	if (b->real_end) {
		f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, b->real_end, b->raw_off + b->raw_len - b->real_end, "Data.db goes on behind its end: the checksum of "
			"block %" PRIu64 " fits the bytes before 0x%" PRIx64 " and no more", b->index, b->real_end);
		cq_say_expected(&c->out, f, "a file of 0x%" PRIx64 " bytes", b->real_end);
		cq_say_means(&c->out, f, "Something was appended to Data.db. The rows before it are as they were written.");
		f->effect = CQ_REFUSED;
		return;
	}
	f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, b->raw_off, b->raw_len, "the checksum of block %" PRIu64 " differs: its %" PRIu64
		" bytes are not those that were written", b->index, b->raw_len);
	cq_say_expected(&c->out, f, "CRC32 %08x, as CRC.db says", b->stored);
	cq_say_found(&c->out, f, "CRC32 %08x%s", b->computed, cq_damage_partner(&c->out, b));
	cq_damage_say(&c->out, f, b);
	if (b->suspect.set && b->suspect.component == CQ_C_CRC) {
		f->effect = CQ_UNSURE;
		cq_say_means(&c->out, f, "A single flipped bit in CRC.db explains it: %s. Then the rows are as they were written.",
			cq_suspect_text(&c->out, &b->suspect));
	} else if (b->suspect.set) {
		struct cq_check_finding at = {0};

		cq_say_span(&c->out, &at, b->suspect.off, 1);
		cq_say_means(&c->out, f, "A single flipped bit explains it: %s, in the partition of %s. Cassandra does not look: it gives the wrong byte.",
			cq_suspect_text(&c->out, &b->suspect), at.keys.first ? at.keys.first : "an unknown key");
	}
}

static void compare(struct cq_check *c)
{
	const struct cq_damage *d;
	struct cq_check_finding *f;

	if (!uncompressed(c) || !(d = cq_damage_of(c)))
		return;
	if (!d->whole)
		cq_unmeasured(&c->out, "Data.db cannot be read to its end: %s", d->error.msg);
	if (d->map_bit.set) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_CRC, 0, 4, "the block length in CRC.db is wrong: no checksum fits");
		cq_say_expected(&c->out, f, "%s, with which all fit", d->map_text ? d->map_text : "another one");
		cq_say_found(&c->out, f, "%u", c->partial->stream.crc_block);
		f->suspect = d->map_bit;
		cq_suspect_action(&c->out, f);
		f->effect = CQ_UNSURE;
		cq_say_means(&c->out, f, "A single flipped bit in CRC.db: %s. The rows are as they were written.",
			cq_suspect_text(&c->out, &d->map_bit));
		return;
	}
	if (!d->blocks) {
		if (!cq_sst_file(c->entry, CQ_C_DIGEST))
			cq_unmeasured(&c->out, "the table is not compressed and has no %s: a flipped bit in a value cannot be seen",
				cq_sst_file(c->entry, CQ_C_CRC) ? "usable CRC.db" : "CRC.db");
		return;
	}
	for (const struct cq_bad *b = d->first; b; b = b->next)
		if (b->cause == CQ_DMG_CHECKSUM)
			say_block(c, b);
}

static void quick(struct cq_check *c)
{
	if (uncompressed(c) && c->options->level < CQ_CHECK_FULL)
		cq_unmeasured(&c->out, "blocks are not compared at level quick");
	else if (!c->table)
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
	if (p->table->stream.crcs && !p->table->stream.chunks && cq_damage_span(p, s)->cause == CQ_DMG_CHECKSUM)
		p->claimed = true;
}

static const char *const adopts[] = { "crc-unreadable", "crc-chunk-size", "crc-count", NULL };

const struct cq_rule cq_rule_crcdb = {
	.id = "crcdb", .title = "every block of an uncompressed Data.db fits its checksum in CRC.db", .severity = CQ_ERROR, .effect = CQ_WRONG_ANSWERS,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED, .quick = quick, .skipped = skipped, .finish = finish, .adopts = adopts,
	.proves = "CRC.db has a checksum for every block of an uncompressed Data.db, and each fits the block's bytes.",
	.means = "Bytes of the block, or of CRC.db, changed after they were written. Cassandra compares these checksums only when it streams: "
		"reads return whatever the bytes now say, wrong values included, or fail far from the damage.",
	.action = "Take the rows of the block from other replicas: move this SSTable away with the node down, start it, and run nodetool repair "
		"on the table. If only CRC.db is wrong (the digest says that Data.db is good), nodetool upgradesstables -a writes the table anew.",
	.silent = "One checksum of nothing, 00000000, behind the last block is usual after compactions. An uncompressed table without CRC.db is not "
		"wrong, but what its Digest does not cover cannot be seen.",
	.kinds = "2",
};

/* zero-run - sectors of zeros where rows should be: what a power loss or a lost write leaves. */
#include <inttypes.h>

#include "cq_damage.h"

static const char *unit_of_zeros(uint64_t off, uint64_t len)
{
	if (off % 4096 == 0 && len >= 4096)
		return "whole 4096-byte pages";
	return off % 512 == 0 ? "whole 512-byte sectors" : "a run";
}

static void compare(struct cq_check *c)
{
	const struct cq_damage *d = cq_damage_of(c);

	for (const struct cq_bad *b = d ? d->first : NULL; b; b = b->next) {
		const char *unit = cq_damage_unit(d);
		struct cq_check_finding *f;

		if (b->cause != CQ_DMG_ZEROS)
			continue;
		f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, b->zero_off, b->zero_len, "%" PRIu64 " bytes are zero (%s), in %ss %" PRIu64 " to %" PRIu64
			", whose checksums differ", b->zero_len, unit_of_zeros(b->zero_off, b->zero_len), unit, b->index, b->last);
		cq_say_expected(&c->out, f, "CRC32 %08x for %s %" PRIu64, b->stored, unit, b->index);
		cq_say_found(&c->out, f, "CRC32 %08x, and zeros from 0x%" PRIx64 " to 0x%" PRIx64, b->computed, b->zero_off, b->zero_off + b->zero_len);
		cq_damage_say(&c->out, f, b);
		if (b->zero_off + b->zero_len == d->raw_len)
			cq_say_means(&c->out, f, "The zeros reach to the end of the file: its last blocks were promised by the file system, and never "
				"written. That is what a power loss leaves.");
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
	if (span->cause != CQ_DMG_ZEROS)
		return;
	if (span->of_unit) {
		p->claimed = true;
		return;
	}
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, span->zero_off, span->zero_len, "%" PRIu64 " bytes are zero%s where rows should be: %s", span->zero_len,
		p->table->stream.chunks ? "" : span->zero_off % 4096 ? " (from a 512-byte sector's start)" : " (from a page's start)", s->why.msg);
	cq_say_span(&p->out, f, s->off, s->len);
	if (p->table->stream.chunks || p->table->stream.crcs)
		cq_say_means(&p->out, f, "The checksum around them is good: they were zero already when the table was written.");
}

const struct cq_rule cq_rule_zero_run = {
	.id = "zero-run", .title = "no sectors of zeros stand where rows should be", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_UNOPENED, .quick = quick, .skipped = skipped, .finish = finish,
	.proves = "Where Data.db is damaged, the damage is not made of zeroed sectors (512 bytes, or pages of 4096).",
	.means = "The disk or the file system gave zeros for blocks whose contents never reached it: a power loss or a crash soon after the table was "
		"written, a lost write, or a hole that a copying program left. The rows that were there are gone from this copy.",
	.action = "Move this SSTable away with the node down, start it, and run nodetool repair on the table; if no replica has the data, nodetool scrub "
		"keeps what lies outside. See whether other files written in the same minute have holes, too.",
	.bug = "CASSANDRA-10709 added a missing fsync for TOC.txt and Digest.crc32.",
	.silent = "Zeros inside of values are data: only what fails its checksum or does not decode is looked at.",
	.kinds = "6",
};

/* chunk-length - a chunk that the codec refuses although its checksum is right. */
#include <inttypes.h>

#include "cq_damage.h"

static void compare(struct cq_check *c)
{
	const struct cq_damage *d = cq_damage_of(c);

	for (const struct cq_bad *b = d ? d->first : NULL; b; b = b->next) {
		struct cq_check_finding *f;

		if (b->cause != CQ_DMG_LENGTH)
			continue;
		f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, b->raw_off, b->raw_len, "chunk %" PRIu64 " cannot be decompressed, although its checksum is "
			"right: %s", b->index, b->why.msg);
		cq_say_expected(&c->out, f, "%" PRIu64 " bytes out of %" PRIu64 " by %s", b->len, b->raw_len - 4,
			cq_codec_name(c->partial->chunks.codec));
		cq_damage_say(&c->out, f, b);
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
	(void)state;
	if (p->table->stream.chunks && cq_damage_span(p, s)->cause == CQ_DMG_LENGTH)
		p->claimed = true;
}

const struct cq_rule cq_rule_chunk_length = {
	.id = "chunk-length", .title = "every chunk decompresses to the length it should have", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_UNOPENED, .quick = quick, .skipped = skipped, .finish = finish,
	.proves = "Every chunk that holds rows was decompressed, to exactly as many bytes as the chunk table says. Lengths are compared before any "
		"codec sees them, so no codec was asked for more than its buffer.",
	.means = "The chunk was wrong before its checksum was made: the memory of the node that wrote it, or a bug of its compressor. Cassandra "
		"fails to read its rows, some versions with an IllegalArgumentException or a crash inside of the LZ4 library.",
	.action = "The rows of the chunk must come from other replicas: move this SSTable away with the node down, start it, run nodetool repair on "
		"the table. Test the memory of the node that wrote it: disks do not do this.",
	.bug = "CASSANDRA-15313: LZ4 crashed on such a chunk.",
	.kinds = "4",
};

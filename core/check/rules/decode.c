/* decode - bytes that no checksum objects to, and that are no rows. */
#include <inttypes.h>
#include <stdio.h>

#include "cq_damage.h"

/* The bytes at a place, in good units. */
static void say_bytes(struct cq_out *o, struct cq_check_finding *f, const struct cq_stream *stream, uint64_t off)
{
	struct cq_window w;
	char hex[3 * 16 + 1];
	size_t n, at = 0;

	cq_window_init(&w, stream, off);
	cq_window_seek(&w, off);
	if (off < stream->len && cq_window_need(&w, 1, NULL) == CQ_OK) {
		n = w.len < 16 ? w.len : 16;
		for (size_t i = 0; i < n; i++)
			at += (size_t)snprintf(hex + at, sizeof hex - at, " %02x", w.bytes[i]);
		cq_say_found(o, f, "the bytes%s", hex);
	}
	cq_window_finish(&w);
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	const struct cq_stream *stream = &p->table->stream;
	struct cq_check_finding *f;
	uint64_t off = s->off;

	(void)state;
	/* An empty file has nothing that could be wrong: os speaks of it. */
	if (!stream->len && !stream->chunks)
		p->claimed = true;
	if (p->claimed || cq_damage_span(p, s)->cause != CQ_DMG_CONTENT)
		return;
	if (s->why.space == cq_stream_space(stream) && s->why.off != CQ_NO_OFFSET)
		off = s->why.off;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, off, s->off + s->len > off ? s->off + s->len - off : 0, "the bytes are no %s: %s",
		s->in_partition ? "rows" : "partition", s->why.msg);
	say_bytes(&p->out, f, stream, off);
	if (s->in_partition && !s->keys_lost)
		cq_say_key(&p->out, f, s->key);
	else
		cq_say_span(&p->out, f, s->off, s->len);
	if (stream->chunks || (stream->crcs && p->table->stream.crc_block))
		cq_say_means(&p->out, f, "The checksum is good: the damage is older than it. The bytes were wrong in the memory of the node that wrote them, or "
			"they stand where others should. %" PRIu64 " bytes from 0x%" PRIx64 " on could not be read.", s->len, s->off);
	else
		cq_say_means(&p->out, f, "No checksum covers these bytes, so the damage may be of any age. %" PRIu64 " bytes from 0x%" PRIx64
			" on could not be read.", s->len, s->off);
	if (s->resume == CQ_RESUME_GUESS)
		cq_say_action(&p->out, f, "What follows was found by looking for something that can be a partition: a guess, which dump --lenient calls so. "
			"Move this SSTable away with the node down, start it, and run nodetool repair on the table.");
}

const struct cq_rule cq_rule_decode = {
	.id = "decode", .title = "what stands in Data.db decodes to partitions and rows", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_PASS, .skipped = skipped,
	.proves = "Every byte of Data.db whose checksum is good, or which no checksum covers, is part of a partition, a row or a marker of the shape "
		"that the version prescribes and the header's types allow.",
	.means = "The bytes do not have the shape of rows. Reads, compactions and repairs that come by fail, or give wrong rows.",
	.action = "Move this SSTable away with the node down, start it, and run nodetool repair on the table; cqlite dump --lenient shows what can be read "
		"around the place. Test the memory of the node that wrote the table. If the header of Statistics.db is another table's, every row looks so: see "
		"whether header-foreign or mix speak, too.",
	.kinds = "3",
};

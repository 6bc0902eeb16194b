/* neg-deletion - a partition deletion whose negative timestamp makes an SSTable of 5.0 unreadable. */
#include <inttypes.h>

#include "cq_damage.h"

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	const struct cq_damage_span *span = cq_damage_span(p, s);
	struct cq_check_finding *f;

	(void)state;
	if (span->cause != CQ_DMG_NEG_DELETION)
		return;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, span->deletion_off, 12, "a partition deletion with the negative timestamp %" PRId64
		": its sign stands where the flags of the short form are", span->deletion_timestamp);
	cq_say_expected(&p->out, f, "0x80 alone (no deletion), or a byte below it (a timestamp that is not negative)");
	cq_say_found(&p->out, f, "flags 0x%02x; read as twelve bytes: timestamp %" PRId64 ", local deletion time %" PRId64 "%s",
		(unsigned)((uint64_t)span->deletion_timestamp >> 56), span->deletion_timestamp, span->deletion_ldt,
		span->deletion_confirmed ? ", and what follows are its rows" : "");
	if (span->deletion_confirmed) {
		cq_say_key(&p->out, f, s->key);
	} else {
		f->effect = CQ_LOST;
		cq_say_span(&p->out, f, s->off, s->len);
	}
}

const struct cq_rule cq_rule_neg_deletion = {
	.id = "neg-deletion", .title = "no partition deletion has a negative timestamp", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_PASS, .skipped = skipped,
	.proves = "No partition of an oa or da SSTable has a deletion whose sign bit Cassandra would take for flags.",
	.means = "Somebody deleted a partition USING TIMESTAMP with a negative number. Cassandra 5.0 wrote it in a form that it cannot read: every read, "
		"compaction or repair that meets it fails with \"Invalid flags found deserializing DeletionTime\". Nothing on the disk is broken, and the same "
		"bytes are in the SSTables of every replica that flushed the deletion.",
	.action = "Repair does not help: the replicas have it, too. cqlite dump --lenient reads the partition with the deletion that was meant. nodetool scrub (sstablescrub with the node down) drops the partition and keeps the rest; then "
		"delete the partition again with a timestamp that is not negative. Find the client that writes such timestamps.",
	.bug = "Cassandra 5.0: DeletionTime.Serializer keeps its flags in the byte where the timestamp has its sign.",
	.kinds = "51",
};

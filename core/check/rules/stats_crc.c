/* stats-crc - the checksums of Statistics.db (na and later), and whether its sections can be read at all. */
#include "stats_field.h"

static const char *const adopted[] = { "statistics-checksum", "statistics-section", "statistics-directory", "metadata-unreadable", NULL };

static void quick(struct cq_check *c)
{
	struct cq_check_finding *f;

	/* What keeps even the document from being opened is no finding of the loader, but its error. */
	if (c->partial || strstr(c->open_error.file, "Statistics.db") == NULL || c->open_error.code != CQ_DAMAGED)
		return;
	f = cq_say_error(&c->out, CQ_ERROR, &c->open_error);
	f->effect = CQ_LOST;
	cq_say_means(&c->out, f, "Rows are decoded with the types and minima that the HEADER holds: without them nothing of the table can be read, by "
		"Cassandra or by anything else. The rows themselves may be whole.");
	cq_say_action(&c->out, f, "Restore Statistics.db from a snapshot. The HEADER of another generation of the same table often fits, when its columns are the same.");
}

const struct cq_rule cq_rule_stats_crc = {
	.id = "stats-crc", .title = "Statistics.db has the checksums of its bytes, and all sections can be read", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED, .quick = quick, .adopts = adopted,
	.proves = "Since na: the checksums of the section count, of the directory and of each of the four sections are right. In every version: the directory "
		"leads to sections that decode to their ends.",
	.means = "Cassandra 4.0 and later refuses the table (CorruptSSTableException) for one wrong checksum. Before na nothing protects the file: there the other "
		"rules compare what it says with the rows.",
	.action = "Restore Statistics.db from a snapshot of the same generation. The other findings tell which values differ from what the rows give; where "
		"only STATS, COMPACTION or VALIDATION are damaged they can be computed again.",
	.bug = "CASSANDRA-13321, CASSANDRA-13593: why there are checksums.",
	.silent = "Cassandra itself rewrites the file when level, repair or host change, checksums included.",
	.kinds = "31",
};

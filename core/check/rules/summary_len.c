/* summary-len - lengths and offsets of Summary.db lead where they should. */
#include <inttypes.h>

#include "summary_file.h"

static void quick(struct cq_check *c)
{
	struct summary_ends ends = {0};
	struct cq_error err = {0};
	struct summary_file f;
	struct cq_check_finding *n;
	uint64_t expected, bad = 0;

	if (c->table->features & CQ_FEAT_BTI)
		return;
	if (!c->table->component[CQ_C_SUMMARY]) {
		cq_unmeasured(&c->out, "Summary.db is missing");
		return;
	}
	if (!summary_open(&f, c->table))
		return;                        /* what the reader said of the header is adopted */
	expected = 4 * (uint64_t)f.info.n;
	for (uint64_t i = 0; i < f.info.n && bad < 3; i++) {
		struct summary_sample s;

		if (summary_sample(&f, i, &s, &err) != CQ_OK) {
			cq_say_error(&c->out, CQ_ERROR, &err);
			bad++;
			expected = UINT64_MAX;
			continue;
		}
		/* Entries stand one behind the other. */
		if (expected != UINT64_MAX && s.off - f.info.at != expected) {
			n = cq_say(&c->out, CQ_ERROR, CQ_C_SUMMARY, s.offset_at, 4, "the offset of entry %" PRIu64
				" is not where the one before it ends", i);
			cq_say_expected(&c->out, n, "%" PRIu64, expected);
			cq_say_found(&c->out, n, "%" PRIu64, s.off - f.info.at);
			bad++;
		}
		expected = s.off - f.info.at + s.len;
	}
	if (!f.info.n)
		cq_say(&c->out, CQ_ERROR, CQ_C_SUMMARY, 4, 4, "the summary has no entry; the first of Index.db is always one");
	if (summary_ends(&f, &ends, &err) != CQ_OK) {
		cq_say_error(&c->out, CQ_ERROR, &err);
	} else if (ends.end != f.pages.space->size) {
		n = cq_say(&c->out, CQ_ERROR, CQ_C_SUMMARY, ends.end, f.pages.space->size - ends.end, "%" PRIu64
			" bytes behind the last key, expected none", f.pages.space->size - ends.end);
		cq_say_expected(&c->out, n, "a file of %" PRIu64 " bytes", ends.end);
		cq_say_found(&c->out, n, "%" PRIu64, f.pages.space->size);
	}
	cq_buf_finish(&ends.first);
	cq_buf_finish(&ends.last);
	summary_close(&f);
}

static const char *const adopts[] = { "summary-header", "summary-entry", NULL };

const struct cq_rule cq_rule_summary_len = {
	.id = "summary-len", .title = "lengths and offsets in Summary.db fit the file", .severity = CQ_ERROR, .effect = CQ_SLOWER,
	.stage = CQ_STAGE_QUICK, .quick = quick, .adopts = adopts,
	.proves = "The entries of Summary.db stand one behind the other from the first offset to the size that the header says, and the first "
		"and last key take the rest of the file.",
	.means = "Cassandra makes the summary anew when it cannot read it, which reads all of Index.db. With a length that is far too large, "
		"some versions and tools run out of memory instead.",
	.action = "Stop the node, delete Summary.db of this table, start the node: Cassandra rebuilds it from Index.db.",
	.bug = "ScyllaDB issue 15265: a summary that was cut off made the reader ask for a huge allocation (std::bad_alloc).",
	.kinds = "18",
};

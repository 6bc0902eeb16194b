#include "cq_split.h"

/* Does the partition that the index names stand where it says? */
static bool stands(struct cq_scan *s, const struct cq_position *pos)
{
	struct cq_event ev;

	return cq_scan_to_position(s, pos, NULL) == CQ_OK && cq_scan_next(s, &ev, NULL) == CQ_OK && ev.kind == CQ_EV_PARTITION;
}

size_t cq_split(const struct cq_table *t, size_t want, struct cq_piece *pieces, bool *stray)
{
	struct cq_lookup *l = NULL;
	struct cq_scan *s = NULL;
	struct cq_position pos;
	uint64_t at = 0, next = 0;
	bool good = true, there = true;
	size_t n = 0;

	if (stray)
		*stray = false;
	pieces[0] = (struct cq_piece){0};
	if (want < 2 || (!t->component[CQ_C_INDEX] && !t->component[CQ_C_PARTITIONS]))
		return 1;
	if (cq_lookup_open(&l, t, NULL) != CQ_OK)
		return 1;
	if (cq_scan_open(&s, t, NULL, NULL) != CQ_OK) {
		cq_lookup_close(l);
		return 1;
	}
	for (size_t i = 1; good && i < want; i++) {
		uint64_t goal = t->stream.len / want * i;
		int rc = CQ_OK;

		if (t->partitioner.kind == CQ_P_MURMUR3) {
			struct cq_token token = { .lo = UINT64_MAX / want * i + (UINT64_C(1) << 63) };

			/* A finding: the look-up does without the index, and would read the table anew for every cut. */
			rc = cq_lookup_token(l, &token, true, &pos, NULL);
		} else {
			/* Tokens of other kinds are not so easily spaced: walk the index. */
			while (next < goal && (rc = cq_lookup_next(l, &at, &pos, NULL)) == CQ_OK)
				next = pos.data_off;
		}
		if (rc == CQ_END)
			break;
		good = rc == CQ_OK && !cq_lookup_findings(l)->n;
		if (!good || pos.data_off == pieces[n].start)
			continue;
		good = pos.data_off > pieces[n].start && pos.data_off < t->stream.len && (there = stands(s, &pos));
		pieces[n].end = pos.data_off;
		pieces[++n] = (struct cq_piece){ .start = pos.data_off, .index_at = pos.index_off };
	}
	cq_scan_close(s);
	cq_lookup_close(l);
	if (stray)
		*stray = !there;
	if (!good)
		n = 0;
	pieces[n].end = 0;
	return n + 1;
}

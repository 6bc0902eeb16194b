/* summary-index - the samples of Summary.db are entries of Index.db, taken at the distance that it says. */
#include <inttypes.h>

#include "summary_file.h"

enum { FULL = 128 };                           /* sampling level of a summary that was not thinned out */

/* Which of 128 full-sampling entries a thinned summary keeps: Cassandra drops them in this order (IndexSummaryRedistribution):
 *     P(1) = 0;  P(m) = 2x + 1 for x in P(m/2), then 2x for x in P(m/2) */
static void kept(unsigned level, bool keep[FULL])
{
	unsigned order[FULL] = {0}, next[FULL];

	for (unsigned m = 2; m <= FULL; m *= 2) {
		for (unsigned i = 0; i < m / 2; i++) {
			next[i] = 2 * order[i] + 1;
			next[m / 2 + i] = 2 * order[i];
		}
		for (unsigned i = 0; i < m; i++)
			order[i] = next[i];
	}
	for (unsigned i = 0; i < FULL; i++)
		keep[i] = true;
	for (unsigned i = 0; i < FULL - level; i++)
		keep[order[i]] = false;
}

struct walk {
	struct cq_check *c;
	struct cq_index *probe;                /* reads entries where samples point to */
	bool lost;                             /* parts of the index were passed over: counts say nothing */
	struct {                               /* the first sample at another distance */
		bool is;
		uint64_t j, off, len, entry;
		struct cq_buf key;
	} distance;
	struct summary_file file;
	struct cq_index *x;
	bool keep[FULL];
	bool member;                           /* the distance is not as expected: every sample is looked for */
	bool again;                            /* from the first entry on */
	uint64_t j;                            /* the sample that comes next */
	uint64_t top;                          /* the furthest place that a sample before it points to */
	uint64_t full, expected;               /* full-sampling entries met; of those, that should be samples */
	uint64_t entries;
};

static void say_sample(struct walk *w, const struct summary_sample *s, const struct cq_index_entry *e, bool key)
{
	struct cq_out *o = &w->c->out;
	struct cq_check_finding *f;

	if (key) {
		f = cq_say(o, CQ_ERROR, CQ_C_SUMMARY, s->off, s->len - 8, "sample %" PRIu64
			" has another key than the entry of Index.db that it points to", w->j);
		cq_say_key(o, f, s->key);
		cq_say_found(o, f, "%s", f->keys.first ? f->keys.first : "?");
		cq_say_key(o, f, e->key);
		cq_say_expected(o, f, "%s", f->keys.first ? f->keys.first : "?");
	} else {
		f = cq_say(o, CQ_ERROR, CQ_C_SUMMARY, s->off + s->len - 8, 8, "sample %" PRIu64
			" points to a place of Index.db where its entry does not stand", w->j);
		cq_say_expected(o, f, "0x%" PRIx64, e->off);
		cq_say_found(o, f, "0x%" PRIx64, s->position);
		cq_say_key(o, f, e->key);
	}
}

static void say_nowhere(struct walk *w, const struct summary_sample *s)
{
	struct cq_check_finding *f = cq_say(&w->c->out, CQ_ERROR, CQ_C_SUMMARY, s->off + s->len - 8, 8, "sample %" PRIu64
		" points to a place of Index.db where no entry starts", w->j);

	cq_say_found(&w->c->out, f, "0x%" PRIx64, s->position);
	cq_say_key(&w->c->out, f, s->key);
}

/* Does the sample's entry stand where it points to, whatever the entries before it say? */
static bool stands(struct walk *w, const struct summary_sample *s)
{
	struct cq_index_entry e;

	if (!w->probe && cq_index_open(&w->probe, w->c->table, NULL) != CQ_OK)
		return false;
	return cq_index_seek(w->probe, s->position, (cq_slice){0}, NULL) == CQ_OK && cq_index_next(w->probe, &e, NULL) == CQ_OK &&
		cq_slice_eq(e.key, s->key);
}

/* The index cannot be read on from off, or is out of step there: go on at the next sample whose entry stands. */
static bool resume(struct walk *w, uint64_t off)
{
	struct summary_sample s;

	w->lost = w->member = true;
	for (; w->j < w->file.info.n; w->j++)
		if (summary_sample(&w->file, w->j, &s, NULL) == CQ_OK && s.position > off && stands(w, &s))
			return cq_index_seek(w->x, s.position, (cq_slice){0}, NULL) == CQ_OK;
	return false;
}

/* A sample held against the entry that the walk is at. False: it lies further on, or the walk goes back to it. */
static bool members(struct walk *w, const struct cq_index_entry *e)
{
	struct summary_sample s;

	if (summary_sample(&w->file, w->j, &s, NULL) != CQ_OK) {
		w->j++;                                /* summary-len says it */
		return true;
	}
	if (s.position > e->off)
		return false;
	if (s.position == e->off) {
		if (!cq_slice_eq(s.key, e->key))
			say_sample(w, &s, e, true);
	} else if (!stands(w, &s)) {
		if (!w->lost)
			say_nowhere(w, &s);
	} else if (s.position > w->top) {
		/* Its entry is there: it is the walk that passed over it. */
		w->lost = true;
		return cq_index_seek(w->x, s.position, (cq_slice){0}, NULL) != CQ_OK;
	}
	if (s.position > w->top)
		w->top = s.position;
	w->j++;
	return true;
}

/* One entry of Index.db. */
static void entry(struct walk *w, const struct cq_index_entry *e)
{
	const struct cq_summary_info *h = &w->file.info;
	bool due = h->interval && w->entries % h->interval == 0 && w->keep[w->full % FULL];
	struct summary_sample s;
	bool key, position;

	if (h->interval && w->entries % h->interval == 0)
		w->full++;
	w->entries++;
	w->expected += due;
	if (w->member) {
		while (w->j < h->n && members(w, e))
			;
		return;
	}
	if (!due || w->j >= h->n)
		return;
	if (summary_sample(&w->file, w->j, &s, NULL) != CQ_OK) {
		w->j++;                                /* summary-len says it */
		return;
	}
	key = cq_slice_eq(s.key, e->key);
	position = s.position == e->off;
	if (!key && !position) {
		w->distance.is = true;
		w->distance.j = w->j;
		w->distance.off = s.off;
		w->distance.len = s.len;
		w->distance.entry = w->entries - 1;
		cq_buf_slice(&w->distance.key, s.key);
		w->member = w->again = true;
		return;
	}
	if (!key || !position)
		say_sample(w, &s, e, !key);
	w->j++;
}

static void compare_end(struct walk *w, const char *which, uint64_t at, const struct cq_buf *have, cq_slice want)
{
	struct cq_out *o = &w->c->out;
	struct cq_check_finding *f;

	if (cq_slice_eq(cq_buf_bytes(have), want))
		return;
	f = cq_say(o, CQ_ERROR, CQ_C_SUMMARY, at, 4 + have->len, "the %s key in the summary is not that of Index.db", which);
	cq_say_key(o, f, cq_buf_bytes(have));
	cq_say_found(o, f, "%s", f->keys.first ? f->keys.first : "?");
	cq_say_key(o, f, want);
	cq_say_expected(o, f, "%s", f->keys.first ? f->keys.first : "?");
	f->effect = CQ_WRONG_ANSWERS;
	cq_say_means(o, f, "Cassandra takes the table's range of keys from here: reads outside of it pass the table by.");
}

static void numbers(struct walk *w)
{
	const struct cq_summary_info *h = &w->file.info;
	struct cq_out *o = &w->c->out;
	struct cq_check_finding *f;

	if (w->lost || (w->c->whole && w->entries != w->c->result->partitions)) {
		cq_unmeasured(o, "Index.db is damaged: its entries cannot be counted, and samples between its readable parts were not judged");
		return;
	}
	if (w->distance.is) {
		f = cq_say(o, CQ_WARNING, CQ_C_SUMMARY, w->distance.off, w->distance.len, "sample %" PRIu64 " is not entry %" PRIu64
			" of Index.db, as an interval of %u at sampling level %u asks for", w->distance.j, w->distance.entry, h->interval, h->level);
		f->effect = CQ_SLOWER;
		cq_say_key(o, f, cq_buf_bytes(&w->distance.key));
	}
	if (h->full != w->full && (h->full || w->member)) {
		f = cq_say(o, CQ_WARNING, CQ_C_SUMMARY, 20, 4, "the size at full sampling does not fit Index.db");
		cq_say_expected(o, f, "%" PRIu64 " for %" PRIu64 " entries at an interval of %u", w->full, w->entries, h->interval);
		cq_say_found(o, f, "%u", h->full);
		f->effect = CQ_SLOWER;
	} else if (h->full != w->full) {
		f = cq_say(o, CQ_INFO, CQ_C_SUMMARY, 20, 4, "the size at full sampling is not filled in");
		cq_say_expected(o, f, "%" PRIu64, w->full);
		cq_say_found(o, f, "0");
	}
	if (h->n != w->expected && !w->member) {
		f = cq_say(o, CQ_WARNING, CQ_C_SUMMARY, 4, 4, "the summary has another number of samples than its interval and level ask for");
		cq_say_expected(o, f, "%" PRIu64, w->expected);
		cq_say_found(o, f, "%u", h->n);
		f->effect = CQ_SLOWER;
	}
	/* Only a second sample shows what the interval is. */
	if (h->n == 1 && h->interval != 128) {
		f = cq_say(o, CQ_INFO, CQ_C_SUMMARY, 0, 4, "the interval is not the default, and nothing in the table shows whether it is right");
		cq_say_expected(o, f, "128, or the table's min_index_interval");
		cq_say_found(o, f, "%u", h->interval);
		cq_say_means(o, f, "Cassandra makes the summary anew when this is not the table's own min_index_interval.");
	}
	if (h->level < FULL)
		cq_say(o, CQ_INFO, CQ_C_SUMMARY, 16, 4, "the summary was thinned out under memory pressure: sampling level %u of %d", h->level, FULL);
}

static void finish(struct cq_check *c, void *state)
{
	struct summary_ends ends = {0};
	struct walk w = { .c = c };
	struct cq_index_entry e;
	struct cq_error err = {0};
	struct summary_sample s;
	uint64_t last_off = CQ_NO_OFFSET;
	bool again = false;
	int rc;

	(void)state;
	if (c->table->features & CQ_FEAT_BTI)
		return;
	if (!summary_open(&w.file, c->table)) {
		cq_unmeasured(&c->out, c->table->component[CQ_C_SUMMARY] ? "the header of Summary.db cannot be read" : "Summary.db is missing");
		return;
	}
	if (w.file.info.level < 1 || w.file.info.level > FULL) {
		struct cq_check_finding *f = cq_say(&c->out, CQ_ERROR, CQ_C_SUMMARY, 16, 4, "the sampling level cannot be");

		cq_say_expected(&c->out, f, "1 to %d", FULL);
		cq_say_found(&c->out, f, "%u", w.file.info.level);
		w.file.info.level = FULL;
	}
	if (!w.file.info.interval)
		cq_say(&c->out, CQ_ERROR, CQ_C_SUMMARY, 0, 4, "an interval of 0 between samples cannot be");
	rc = cq_index_open(&w.x, c->table, &err);
	if (rc != CQ_OK) {
		cq_unmeasured(&c->out, "%s", err.msg);
		summary_close(&w.file);
		return;
	}
	w.member = !w.file.info.interval;
	kept(w.file.info.level, w.keep);
	if (summary_ends(&w.file, &ends, NULL) != CQ_OK)
		ends.end = 0;
	while ((rc = cq_index_next(w.x, &e, &err)) == CQ_OK || (rc == CQ_DAMAGED && resume(&w, e.off))) {
		if (rc != CQ_OK)
			continue;
		if (!w.entries && ends.end && !again)
			compare_end(&w, "first", ends.first_at, &ends.first, e.key);
		last_off = e.off;
		entry(&w, &e);
		if (w.again) {
			w.again = false;
			w.j = w.full = w.expected = w.entries = 0;
			cq_index_seek(w.x, 0, (cq_slice){0}, NULL);
			again = true;
		}
	}
	if (rc == CQ_END) {
		if (ends.end && last_off == CQ_NO_OFFSET)
			compare_end(&w, "last", ends.last_at, &ends.last, (cq_slice){0});
		else if (ends.end && cq_index_seek(w.x, last_off, (cq_slice){0}, NULL) == CQ_OK && cq_index_next(w.x, &e, NULL) == CQ_OK)
			compare_end(&w, "last", ends.last_at, &ends.last, e.key);
		for (; w.member && !w.lost && w.j < w.file.info.n; w.j++)
			if (summary_sample(&w.file, w.j, &s, NULL) == CQ_OK)
				say_nowhere(&w, &s);
		numbers(&w);
	} else {
		cq_unmeasured(&c->out, "Index.db cannot be read to its end: %s", err.msg);
	}
	cq_buf_finish(&ends.first);
	cq_buf_finish(&ends.last);
	cq_buf_finish(&w.distance.key);
	cq_index_close(w.probe);
	cq_index_close(w.x);
	summary_close(&w.file);
}

static const char *const adopts[] = { "summary-position", NULL };

const struct cq_rule cq_rule_summary_index = {
	.id = "summary-index", .title = "the samples of Summary.db are the entries of Index.db that they should be", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS, .finish = finish, .adopts = adopts,
	.proves = "Every sample is an entry of Index.db, at the position that it says and at the distance that interval and sampling level ask "
		"for; count, full size, first and last key are right.",
	.means = "Cassandra begins its search in Index.db where a sample says, and reads no further than to the next: keys are not found, or "
		"only after a longer search.",
	.action = "Stop the node, delete Summary.db of this table, start the node: Cassandra rebuilds it from Index.db.",
	.bug = "Summaries are thinned out on purpose when memory is short (CASSANDRA-15265 corrects the rules); a backup taken then differs from "
		"the files of another node.",
	.silent = "A sampling level under 128.",
	.kinds = "17",
};

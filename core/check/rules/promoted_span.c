/* promoted-span - an entry of Index.db is as long as it says, and written as its writer writes it. */
#include <inttypes.h>

#include "index_step.h"

static void say_odd(struct cq_pass *p, uint64_t off, const char *what)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_WARNING, CQ_C_INDEX, off, 0,
		"%s of the index are not the bytes that a writer makes of their values", what);

	f->effect = CQ_HARMLESS;
	cq_say_means(&p->out, f, "The values can be read, but no Cassandra writes them so: bytes of the file have changed since.");
	cq_say_partition(p, f);
}

/* Are there some entries at off that could follow this one, or the end of the file? One alone may be chance. *first: where the
 * first one points to. */
static bool follows(const struct index_step *s, struct cq_index *probe, const struct cq_table *t, uint64_t off, uint64_t *first)
{
	uint64_t data_off = s->e.data_off;
	struct cq_index_entry e;

	*first = t->stream.len;
	if (cq_index_seek(probe, off, (cq_slice){0}, NULL) != CQ_OK)
		return false;
	for (int i = 0; i < 4; i++) {
		int rc = cq_index_next(probe, &e, NULL);

		if (rc == CQ_END)
			return true;
		if (rc != CQ_OK || e.data_off <= data_off || e.data_off >= t->stream.len || e.odd != CQ_NO_OFFSET)
			return false;
		data_off = e.data_off;
		if (!i)
			*first = data_off;
	}
	return true;
}

/* The flipped bit of the length that would make the next entry follow. Another one may make a later entry follow. */
static void suspect(struct cq_pass *p, const struct index_step *s, struct cq_check_finding *f)
{
	const struct cq_span_at at = s->e.length_at;
	uint64_t right = 0, nearest = UINT64_MAX;
	uint8_t bytes[9];
	struct cq_index *probe;

	if (at.len > sizeof bytes || cq_space_read(p->table->component[CQ_C_INDEX], at.off, bytes, at.len, NULL) < 0 ||
	    cq_index_open(&probe, p->table, NULL) != CQ_OK)
		return;
	for (unsigned bit = 0; bit < 8 * at.len; bit++) {
		uint8_t turned = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
		uint64_t len, first;
		cq_cur c;

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		c = cq_cur_over(bytes, at.len, at.off);
		len = cq_vint_raw(&c, CQ_F_PROMOTED_LENGTH);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (c.status || cq_cur_left(&c) || len > p->table->component[CQ_C_INDEX]->size - s->e.rows_off ||
		    !follows(s, probe, p->table, s->e.rows_off + len, &first) || first >= nearest)
			continue;
		nearest = first;
		right = len;
		f->suspect = (struct cq_suspect){ .set = true, .component = CQ_C_INDEX, .space = CQ_SPACE_RAW, .off = at.off + bit / 8,
			.bit = bit % 8, .found = bytes[bit / 8], .expected = turned };
	}
	cq_index_close(probe);
	if (f->suspect.set) {
		f->off = at.off;
		f->len = at.len;
		cq_say_expected(&p->out, f, "a length of %" PRIu64 " bytes: then the next entry follows", right);
		cq_say_found(&p->out, f, "%" PRIu64, s->e.rows_len);
	}
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct index_step *s = ((struct index_rule *)state)->step;
	struct cq_check_finding *f;

	if (!s)
		return;
	if (ev->kind == CQ_EV_PARTITION) {
		if (s->match != INDEX_MATCH && s->match != INDEX_WRONG_POSITION && s->match != INDEX_WRONG_KEY)
			return;
		if (CQ_UNLIKELY(s->e.odd != CQ_NO_OFFSET))
			say_odd(p, s->e.odd, "numbers of an entry");
		if (s->match != INDEX_WRONG_KEY && s->e.wide && s->fault != INDEX_UNREADABLE && s->rows.odd != CQ_NO_OFFSET)
			say_odd(p, s->rows.odd, "numbers of a promoted index");
	}
	if (s->fault == INDEX_UNREADABLE) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->err.off == CQ_NO_OFFSET ? s->e.length_at.off : s->err.off, 0,
			"a promoted index cannot be read: %s", s->err.msg);
		cq_say_expected(&p->out, f, "a promoted index of %" PRIu64 " bytes, from 0x%" PRIx64 " on", s->e.rows_len, s->e.rows_off);
		suspect(p, s, f);
		cq_say_partition(p, f);
		return;
	}
	if (!s->starts)
		return;
	if (s->b.odd != CQ_NO_OFFSET)
		say_odd(p, s->b.odd, "fields of a block");
	if (s->b.pointer != s->b.pointer_wanted) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.pointer_at.off, 4, "the pointer to block %" PRIu64
			" of a promoted index does not lead to it", s->b.index);
		cq_say_expected(&p->out, f, "%" PRIu32, s->b.pointer_wanted);
		cq_say_found(&p->out, f, "%" PRIu32, s->b.pointer);
		cq_say_partition(p, f);
	}
}

static void begin(struct cq_pass *p, void *state)
{
	index_rule_begin(p, state);
	index_usable(&p->out, ((struct index_rule *)state)->step, false);
}

const struct cq_rule cq_rule_promoted_span = {
	.id = "promoted-span", .title = "promoted indexes of Index.db fill exactly the bytes that are theirs", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END), .odd = CQ_ODD_INDEX,
	.state_size = sizeof(struct index_rule), .begin = begin, .event = event, .concerns = index_big, .skipped = index_rule_skipped, .merge = index_rule_merge,
	.proves = "Every promoted index takes the bytes that its length says, its pointers lead to its blocks, and every number is "
		"written in its one proper form.",
	.means = "Cassandra takes the wrong bytes for the row index of a wide partition, or for the next entry: reads of rows in it fail or "
		"miss rows.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.bug = "ScyllaDB issue 6486: a promoted index length that was wrong made every read of the index fail.",
	.kinds = "14",
};

/* bti-rows - Rows.db describes the rows of wide partitions as they are. */
#include <inttypes.h>

#include "index_step.h"

struct rows {
	struct index_step *step;
	struct cq_buf last, first;             /* byte-comparable: of the last clustering of a block, of the first of the next */
	bool last_ok;
	struct cq_buf separator;               /* of the block that is being read */
	/* the row tries side by side */
	bool some, lost;
	uint64_t first_root, first_end;        /* of the piece's first trie, whose start the piece before knows; 0: none */
	uint64_t behind;                       /* the last entry: where it ends */
};

static void tidy(struct cq_out *o, struct index_step *s, uint64_t start, uint64_t root, uint64_t end)
{
	struct cq_check_finding *f;
	struct cq_error err = {0};
	int rc = cq_index_tidy(s->x, start, root, end, true, &err);
	bool unused = err.field == CQ_F_PADDING || err.field == CQ_F_TRIE_DISTANCES;

	if (rc == CQ_OK)
		return;
	f = cq_say_error(o, unused ? CQ_WARNING : CQ_ERROR, &err);
	if (unused) {
		f->effect = CQ_HARMLESS;
		cq_say_means(o, f, "Nothing reads these bits, and no writer sets them: bytes of the file have changed since it was written.");
	}
}

static void partition(struct cq_pass *p, struct rows *r, const struct cq_event *ev)
{
	struct index_step *s = r->step;
	struct cq_check_finding *f;
	char want[96], have[96];

	r->last_ok = false;
	if (s->match == INDEX_MISSING || s->match == INDEX_DAMAGED || s->match == INDEX_WRONG_KEY) {
		r->lost = true;
		return;
	}
	if (s->match == INDEX_NONE || !s->e.wide)
		return;
	if (s->fault == INDEX_UNREADABLE && !s->rows.blocks) {
		r->lost = true;
		f = cq_say_error(&p->out, CQ_ERROR, &s->err);
		cq_say_partition(p, f);
		return;
	}
	if (s->e.rows_start != CQ_NO_OFFSET)
		tidy(&p->out, s, s->e.rows_start, s->rows.root, s->rows.trie_end);
	else if (!r->some && p->piece) {
		r->first_root = s->rows.root;
		r->first_end = s->rows.trie_end;
	} else {
		r->lost = true;
	}
	r->some = true;
	r->behind = s->e.rows_off + s->e.rows_len;
	if (!deletion_eq(ev->partition->deletion, s->rows.deletion)) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_ROWS, s->rows.deletion_at.off, s->rows.deletion_at.len,
			"the row index and the partition differ in the partition's deletion");
		cq_say_expected(&p->out, f, "%s", deletion_text(ev->partition->deletion, want));
		cq_say_found(&p->out, f, "%s", deletion_text(s->rows.deletion, have));
		cq_say_partition(p, f);
	}
	if (s->rows.odd != CQ_NO_OFFSET) {
		f = cq_say(&p->out, CQ_WARNING, CQ_C_ROWS, s->rows.odd, 0, "a number of the entry is not written as a writer writes it");
		f->effect = CQ_HARMLESS;
		cq_say_partition(p, f);
	}
}

static void say_fault(struct cq_pass *p, const struct index_step *s)
{
	struct cq_check_finding *f;

	switch (s->fault) {
	case INDEX_NO_BLOCK:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_ROWS, s->rows.blocks_at.off, s->rows.blocks_at.len,
			"the row index of a partition has fewer blocks than it should");
		cq_say_expected(&p->out, f, "a block for byte %" PRIu64 " of the partition", s->at);
		cq_say_found(&p->out, f, "%" PRIu64 " blocks by its count", s->rows.blocks);
		break;
	case INDEX_START:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_ROWS, s->b.start_at.off, s->b.start_at.len, s->b.end ?
			"the row index has a wrong place for the partition's end" :
			"block %" PRIu64 " of a row index does not start where a row does", s->b.index);
		cq_say_expected(&p->out, f, "%" PRIu64 " bytes from the partition's start", s->at);
		cq_say_found(&p->out, f, "%" PRIu64, s->b.start);
		break;
	case INDEX_LEFT:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_ROWS, s->rows.blocks_at.off, s->rows.blocks_at.len,
			"the row index of a partition has more blocks than the partition, or another number than it says");
		cq_say_found(&p->out, f, "%" PRIu64 " by its count", s->rows.blocks);
		break;
	case INDEX_UNREADABLE:
		f = cq_say_error(&p->out, CQ_ERROR, &s->err);
		break;
	default:
		return;
	}
	cq_say_partition(p, f);
}

static size_t common(cq_slice a, cq_slice b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && a.p[i] == b.p[i])
		i++;
	return i;
}

/* The separator that Cassandra makes between the last clustering of a block and what follows it. */
static bool right(cq_slice separator, cq_slice last, cq_slice first)
{
	size_t i = common(last, first);

	return i < last.len && separator.len == i + 1 && !memcmp(separator.p, last.p, i) && separator.p[i] == last.p[i] + 1;
}

/* Behind everything: as much of the last clustering as it shares with the separator before, then one more, where that can be. */
static bool right_end(cq_slice separator, cq_slice before, cq_slice last)
{
	size_t i = common(before, last);

	while (i < last.len && last.p[i] == 0xff)
		i++;
	return i < last.len && separator.len == i + 1 && !memcmp(separator.p, last.p, i) && separator.p[i] == last.p[i] + 1;
}

static void say_separator(struct cq_pass *p, const struct index_step *s, const char *what)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_ROWS, s->b.off, s->b.len, "%s", what);
	struct cq_buf hex = {0};

	cq_buf_hex(&hex, cq_slice_of(s->b.separator.p, s->b.separator.len < 64 ? s->b.separator.len : 64));
	cq_say_found(&p->out, f, "separator %s", s->b.separator.len ? cq_buf_cstr(&hex) : "of no bytes");
	cq_buf_finish(&hex);
	cq_say_partition(p, f);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct rows *r = state;
	struct index_step *s = r->step;
	const struct cq_prefix *here;

	if (!s || !s->x || !s->bti)
		return;
	if (ev->kind == CQ_EV_PARTITION) {
		partition(p, r, ev);
		if (s->fault != INDEX_FITS && s->rows.blocks)
			say_fault(p, s);
		return;
	}
	if (CQ_LIKELY(!s->starts && !s->closes && s->fault == INDEX_FITS))
		return;
	if (s->fault != INDEX_FITS)
		say_fault(p, s);
	if (ev->kind == CQ_EV_PARTITION_END) {
		if (s->starts && r->last_ok && !right_end(s->b.separator, cq_buf_bytes(&r->separator), cq_buf_bytes(&r->last)))
			say_separator(p, s, "the last entry of a row trie is not the separator behind the partition's last clustering");
		return;
	}
	here = ev->kind == CQ_EV_MARKER ? &ev->marker->bound : &ev->row->clustering;
	if (s->starts) {
		if (s->b.index == 0 && s->b.separator.len)
			say_separator(p, s, "the first block of a row trie has a separator, and rows before it are not found");
		if (s->b.index && r->last_ok && cq_prefix_comparable(p->table, here, &r->first, NULL) == CQ_OK &&
		    !right(s->b.separator, cq_buf_bytes(&r->last), cq_buf_bytes(&r->first)))
			say_separator(p, s, "the separator of a block does not lie right between the last row before it and its first");
		cq_buf_clear(&r->separator);
		cq_buf_slice(&r->separator, s->b.separator);
		if (r->separator.failed)
			cq_say_nomem(&p->out);
	}
	if (s->closes)
		r->last_ok = cq_prefix_comparable(p->table, here, &r->last, NULL) == CQ_OK;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct rows *r = state, *n = next;

	if (!r->step || !r->step->x || !r->step->bti)
		return;
	if (n->first_end && !r->lost)
		tidy(&p->out, r->step, r->behind, n->first_root, n->first_end);
	r->lost |= n->lost;
	r->some |= n->some;
	if (n->some)
		r->behind = n->behind;
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_space *file = c->table->component[CQ_C_ROWS];
	struct rows *r = state;

	if (!r->step || !r->step->x || !r->step->bti || !file)
		return;
	if (r->lost || !c->whole)
		cq_unmeasured(&c->out, "some entries were not reached: bytes between the others were not judged");
	else if (file->size != r->behind)
		cq_say(&c->out, CQ_WARNING, CQ_C_ROWS, r->behind, file->size - r->behind, "%" PRIu64
			" bytes that no partition's row index takes, expected the end of the file", file->size - r->behind);
}

static void begin(struct cq_pass *p, void *state)
{
	struct rows *r = state;

	r->step = index_step_of(p);
	index_usable(&p->out, r->step, true);
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *k)
{
	(void)p;
	((struct rows *)state)->lost = true;
	index_step_skipped(((struct rows *)state)->step, k);
}

static void destroy(void *state)
{
	struct rows *r = state;

	cq_buf_finish(&r->last);
	cq_buf_finish(&r->first);
	cq_buf_finish(&r->separator);
}

const struct cq_rule cq_rule_bti_rows = {
	.id = "bti-rows", .title = "Rows.db describes the rows of wide partitions as they are", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END), .odd = CQ_ODD_INDEX,
	.state_size = sizeof(struct rows), .begin = begin, .event = event, .concerns = index_bti, .skipped = skipped, .merge = merge, .finish = finish,
	.destroy = destroy,
	.proves = "For every wide partition the entry's deletion and block count are right, every block starts at a row, every separator is "
		"the one that Cassandra makes of the rows around it, and the nodes of the tries and the entries take every byte of the file.",
	.means = "Cassandra looks for rows of this wide partition in the wrong block: reads of slices and single rows miss rows that are "
		"there. A whole scan still shows them.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.silent = "Partitions some of whose rows cannot be read are not compared.",
	.kinds = "21",
};

/* promoted-rows - the blocks of a promoted index are the rows' own. */
#include <inttypes.h>

#include "index_step.h"

/* A last block whose width may or may not have the partition's end in it. */
struct last_block {
	bool is;
	uint64_t width, rows;                  /* as stored; bytes of its rows */
	struct cq_span_at at;
	struct cq_buf key;
};

/* A block ends with the row that makes it as long as the table's column_index_size, which is nowhere stored. Every block but the
 * last shows that it is more than floor and at most roof. The last one ends with its last row only if that rule ended it;
 * otherwise it ends one byte later, with the partition. */
struct promoted {
	struct index_step *step;
	uint64_t floor, roof;
	struct last_block shortest, longest;   /* that ends with its last row; with the partition */
};

static void remember(struct last_block *l, const struct cq_pass *p, const struct index_step *s, uint64_t rows)
{
	*l = (struct last_block){ .is = true, .width = s->b.width, .rows = rows, .at = s->b.width_at, .key = l->key };
	cq_buf_clear(&l->key);
	cq_buf_slice(&l->key, p->key);
}

static void measure(struct cq_pass *p, struct promoted *m)
{
	const struct index_step *s = m->step;
	uint64_t rows = s->at + s->len - s->b.start;

	if (s->b.index + 1 < s->rows.blocks) {
		if (rows - s->len > m->floor)
			m->floor = rows - s->len;
		if (!m->roof || rows < m->roof)
			m->roof = rows;
	} else if (rows == s->b.width) {
		if (!m->shortest.is || rows < m->shortest.rows)
			remember(&m->shortest, p, s, rows);
	} else if (!m->longest.is || rows > m->longest.rows) {
		remember(&m->longest, p, s, rows);
	}
}

static void join(struct last_block *l, struct last_block *n, bool take)
{
	struct last_block swap = *l;

	if (!n->is || (l->is && !take))
		return;
	*l = *n;
	*n = swap;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct promoted *m = state, *n = next;

	(void)p;
	if (n->floor > m->floor)
		m->floor = n->floor;
	if (n->roof && (!m->roof || n->roof < m->roof))
		m->roof = n->roof;
	join(&m->shortest, &n->shortest, n->shortest.rows < m->shortest.rows);
	join(&m->longest, &n->longest, n->longest.rows > m->longest.rows);
}

static void say_last(struct cq_check *c, const struct last_block *l, uint64_t want)
{
	struct cq_check_finding *f = cq_say(&c->out, CQ_WARNING, CQ_C_INDEX, l->at.off, l->at.len,
		"the width of a last block is wrong by the one byte of the partition's end");

	f->effect = CQ_HARMLESS;
	cq_say_expected(&c->out, f, "%" PRIu64 ", as other blocks of the table are cut", want);
	cq_say_found(&c->out, f, "%" PRIu64, l->width);
	cq_say_means(&c->out, f, "No read goes wrong by it, but bytes of the file have changed since it was written.");
	cq_say_key(&c->out, f, cq_buf_bytes(&l->key));
}

static void finish(struct cq_check *c, void *state)
{
	struct promoted *m = state;

	/* The other way round the size was changed while the table was written. */
	if (m->floor >= m->roof)
		return;
	if (m->shortest.is && m->shortest.rows <= m->floor)
		say_last(c, &m->shortest, m->shortest.rows + 1);
	if (m->longest.is && m->longest.rows >= m->roof)
		say_last(c, &m->longest, m->longest.rows);
}

static void destroy(void *state)
{
	struct promoted *m = state;

	cq_buf_finish(&m->shortest.key);
	cq_buf_finish(&m->longest.key);
}

static void say_prefix(struct cq_pass *p, const struct index_step *s, const struct cq_span_at *at, const char *which,
	const struct cq_prefix *want, const struct cq_prefix *have)
{
	struct cq_check_finding *f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, at->off, at->len,
		"block %" PRIu64 " of a promoted index has a wrong %s clustering", s->b.index, which);

	cq_say_expected(&p->out, f, "%s", cq_say_prefix(&p->out, want));
	cq_say_found(&p->out, f, "%s", cq_say_prefix(&p->out, have));
	cq_say_partition(p, f);
}

static void say_fault(struct cq_pass *p, const struct index_step *s, bool end)
{
	struct cq_check_finding *f;

	switch (s->fault) {
	case INDEX_NO_BLOCK:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->rows.blocks_at.off, s->rows.blocks_at.len,
			"the promoted index of a partition ends before its rows do");
		cq_say_expected(&p->out, f, "a block that starts at byte %" PRIu64 " of the partition", s->at);
		cq_say_found(&p->out, f, "%" PRIu64 " blocks that end before it", s->rows.blocks);
		break;
	case INDEX_START:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.start_at.off, s->b.start_at.len,
			"block %" PRIu64 " of a promoted index does not start where its first row does", s->b.index);
		cq_say_expected(&p->out, f, "%" PRIu64 " bytes from the partition's start", s->at);
		cq_say_found(&p->out, f, "%" PRIu64, s->b.start);
		break;
	case INDEX_WIDTH:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.width_at.off, s->b.width_at.len,
			"block %" PRIu64 " of a promoted index does not end where a row ends", s->b.index);
		if (end)
			cq_say_expected(&p->out, f, "%" PRIu64 " bytes, to the partition's end", s->at + s->len - s->b.start);
		else
			cq_say_expected(&p->out, f, "%" PRIu64 " or %" PRIu64 " bytes: there a row ends", s->at - s->b.start,
				s->at + s->len - s->b.start);
		cq_say_found(&p->out, f, "%" PRIu64, s->b.width);
		break;
	case INDEX_LEFT:
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->b.off, s->b.len,
			"block %" PRIu64 " of a promoted index lies behind the end of its partition", s->b.index);
		break;
	default:
		return;
	}
	cq_say_partition(p, f);
}

static void header(struct cq_pass *p, const struct index_step *s, const struct cq_event *ev)
{
	char want[96], have[96];
	struct cq_check_finding *f;

	if (deletion_eq(ev->partition->deletion, s->rows.deletion))
		return;
	f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->rows.deletion_at.off, s->rows.deletion_at.len,
		"the promoted index and the partition differ in the partition's deletion");
	cq_say_expected(&p->out, f, "%s", deletion_text(ev->partition->deletion, want));
	cq_say_found(&p->out, f, "%s", deletion_text(s->rows.deletion, have));
	cq_say_partition(p, f);
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct promoted *m = state;
	struct index_step *s = m->step;
	const struct cq_prefix *here;
	struct cq_check_finding *f;

	if (!s)
		return;
	if (ev->kind == CQ_EV_PARTITION) {
		if (s->blocks)
			header(p, s, ev);
		return;
	}
	if (CQ_UNLIKELY(s->fault != INDEX_FITS))
		say_fault(p, s, ev->kind == CQ_EV_PARTITION_END);
	if (CQ_LIKELY(!s->starts && !s->closes))
		return;
	if (s->seen == 1 && s->rows.header_len != s->at) {
		f = cq_say(&p->out, CQ_ERROR, CQ_C_INDEX, s->rows.header_at.off, s->rows.header_at.len,
			"the promoted index has a wrong length of the partition's header");
		cq_say_expected(&p->out, f, "%" PRIu64 " bytes: key, deletion and static row", s->at);
		cq_say_found(&p->out, f, "%" PRIu64, s->rows.header_len);
		cq_say_partition(p, f);
	}
	here = ev->kind == CQ_EV_MARKER ? &ev->marker->bound : &ev->row->clustering;
	if (s->starts && !cq_prefix_eq(here, &s->b.first))
		say_prefix(p, s, &s->b.first_at, "first", here, &s->b.first);
	if (s->closes)
		measure(p, m);
	if (s->closes && !cq_prefix_eq(here, &s->b.last))
		say_prefix(p, s, &s->b.last_at, "last", here, &s->b.last);
}

static void begin(struct cq_pass *p, void *state)
{
	struct promoted *m = state;

	m->step = index_step_of(p);
	index_usable(&p->out, m->step, false);
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *k)
{
	(void)p;
	index_step_skipped(((struct promoted *)state)->step, k);
}

const struct cq_rule cq_rule_promoted_rows = {
	.id = "promoted-rows", .title = "blocks of promoted indexes start, end and are named as the rows are", .severity = CQ_ERROR,
	.effect = CQ_WRONG_ANSWERS, .stage = CQ_STAGE_PASS,
	.wants = CQ_WANTS(CQ_EV_PARTITION) | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END), .odd = CQ_ODD_INDEX,
	.state_size = sizeof(struct promoted), .begin = begin, .event = event, .concerns = index_big_rows, .skipped = skipped, .merge = merge, .finish = finish,
	.destroy = destroy,
	.proves = "The blocks of every promoted index cover the partition's rows without a gap; each starts and ends at a row, and its first "
		"and last clustering are those of these rows. Header length and partition deletion are the partition's.",
	.means = "Cassandra looks for rows of this wide partition in the wrong block: reads of slices and single rows miss rows that are "
		"there. A whole scan still shows them.",
	.action = "Rebuild the index from the data: nodetool scrub on the running node, or sstablescrub while it is down.",
	.bug = "CASSANDRA-18932 (5.0-beta1) skipped rows in the same way with a healthy index: there the reader was wrong.",
	.silent = "Partitions some of whose rows cannot be read are not compared.",
	.kinds = "15",
};

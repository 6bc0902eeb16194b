#include "index_step.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SPANS_MAX = 1024,
	FIND_LIMIT = 1 << 20,      /* bytes of Index.db that are searched for an entry where the way was lost */
	MISSES_MAX = 64,           /* that often, one partition after the other */
	COMPARABLE_KEY = 0x38,     /* last byte of a key's byte-comparable form */
	COMPARABLE_NEXT = 0x40,    /* its first */
	COMPARABLE_TOKEN = 9,      /* bytes of it with a Murmur3 token */
};

enum {
	PLAIN = CQ_WANTS(CQ_EV_PARTITION),
	WITH_ROWS = PLAIN | CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_MARKER) | CQ_WANTS(CQ_EV_PARTITION_END),
};

static const char tag;

static void finish(void *arg)
{
	struct index_step *s = arg;

	cq_index_close(s->x);
	cq_buf_finish(&s->extra.key);
	cq_buf_finish(&s->comparable);
	cq_buf_finish(&s->before);
	cq_buf_finish(&s->separator);
	free(s->spans);
}

static unsigned work(struct cq_pass *p, void *arg, const struct cq_event *ev);

struct index_step *index_step_of(struct cq_pass *p)
{
	struct index_step *s = cq_keep(&p->kept, &tag, sizeof *s, finish);

	if (!s) {
		cq_say_nomem(&p->out);
		return NULL;
	}
	if (!s->x && s->status == CQ_OK) {
		s->bti = index_bti(p->table);
		s->first_off = CQ_NO_OFFSET;
		s->status = cq_index_open(&s->x, p->table, &s->err);
		if (s->status == CQ_ENOMEM)
			cq_say_nomem(&p->out);
		if (s->x)
			s->step = cq_pass_step(p, PLAIN, work, s);
	}
	return s;
}

bool index_bti(const struct cq_table *t)
{
	return t->features & CQ_FEAT_BTI;
}

bool index_big(const struct cq_table *t)
{
	return !index_bti(t);
}

/* Two blocks take two rows. */
bool index_rows(const struct cq_table *t)
{
	return t->ctx.nclustering;
}

bool index_big_rows(const struct cq_table *t)
{
	return index_big(t) && index_rows(t);
}

bool index_usable(struct cq_out *o, const struct index_step *s, bool bti)
{
	if (index_bti(o->table) != bti)
		return false;
	if (!s || s->x)
		return s;
	cq_unmeasured(o, "%s", s->err.msg);
	return false;
}

/* ---- skipped bytes ---- */

void index_step_skipped(struct index_step *s, const struct cq_skipped *k)
{
	/* A partition that was read all the same leaves no gap. */
	if (!s || k->resume == CQ_RESUME_NEGATIVE || (s->nspans && s->spans[s->nspans - 1].off == k->off))
		return;
	s->gap_ahead = true;
	s->torn = true;
	if (s->nspans == s->spans_cap) {
		size_t cap = s->spans_cap ? s->spans_cap * 2 : 16;
		struct index_span *v = cap > SPANS_MAX ? NULL : realloc(s->spans, cap * sizeof *v);

		if (!v) {
			s->spans_full = true;
			return;
		}
		s->spans = v;
		s->spans_cap = cap;
	}
	s->spans[s->nspans++] = (struct index_span){ .off = k->off, .end = k->off + k->len };
}

static bool was_skipped(const struct index_step *s, uint64_t off)
{
	for (size_t i = 0; i < s->nspans; i++)
		if (off >= s->spans[i].off && off < s->spans[i].end)
			return true;
	return s->spans_full;
}

/* ---- partitions ---- */

/* The next entry into s->e. CQ_OK, CQ_END, CQ_DAMAGED (BIG: nothing can be read here; BTI: these places are counted and passed over). */
static int read_entry(struct index_step *s, struct cq_error *err)
{
	for (;;) {
		int rc = cq_index_next(s->x, &s->e, err);

		s->unread = false;
		if (rc == CQ_OK) {
			if (s->first_off == CQ_NO_OFFSET)
				s->first_off = s->e.off;
			return rc;
		}
		if (rc == CQ_END || !s->bti)
			return rc;
		if (s->e.len && (rc == CQ_DAMAGED || rc == CQ_EUNSUPPORTED)) {
			if (s->first_off == CQ_NO_OFFSET)
				s->first_off = s->e.off;
			s->unread = true;      /* a leaf, whose entry of Rows.db cannot be read */
			return CQ_OK;
		}
		if (rc != CQ_DAMAGED)
			return rc;
		if (!s->damages++)
			s->damage = *err;
	}
}

static void add_extra(struct index_extra *x, const struct cq_index_entry *e)
{
	if (!x->n++) {
		x->off = e->off;
		x->data_off = e->data_off;
		cq_buf_clear(&x->key);
		if (e->key.p)
			cq_buf_slice(&x->key, e->key);
	}
	x->len = e->off >= x->off ? e->off + e->len - x->off : e->len;
}

static bool begins(cq_slice whole, cq_slice with)
{
	return with.len <= whole.len && (!with.len || !memcmp(whole.p, with.p, with.len));
}

/* The key's byte-comparable form. Not whole: of a Murmur3 token, only that; the key behind it matters where two keys share a token,
 * and then the leaf's path is longer. */
static void comparable(const struct cq_pass *p, struct index_step *s, bool whole)
{
	cq_buf_clear(&s->comparable);
	if (whole) {
		s->comparable_ok = p->table->partitioner.kind != CQ_P_UNKNOWN && cq_key_comparable(&p->table->partitioner, &p->token,
			p->key, COMPARABLE_KEY, &s->comparable, NULL) == CQ_OK && !s->comparable.failed;
	} else if ((s->comparable_ok = s->comparable.cap >= COMPARABLE_TOKEN || cq_buf_reserve(&s->comparable, COMPARABLE_TOKEN))) {
		s->comparable.p[0] = COMPARABLE_NEXT;
		cq_put_be64(s->comparable.p + 1, p->token.lo ^ 1ull << 63);
		s->comparable.len = COMPARABLE_TOKEN;
	}
}

/* Does the entry's key (or the beginning of its order) fit this partition? */
static bool key_fits(const struct cq_pass *p, struct index_step *s)
{
	if (CQ_UNLIKELY(s->bti && s->e.path.len > s->comparable.len && s->comparable.len == COMPARABLE_TOKEN))
		comparable(p, s, true);
	if (s->e.key.p && !cq_slice_eq(s->e.key, p->key))
		return false;
	return !s->bti || !s->comparable_ok || begins(cq_buf_bytes(&s->comparable), s->e.path);
}

static bool before_partition(const struct cq_pass *p, const struct index_step *s)
{
	if (s->comparable_ok)
		return cq_slice_cmp(s->e.path, cq_buf_bytes(&s->comparable)) < 0;
	return s->e.data_off < p->partition_off;
}

static void start(struct cq_pass *p, struct index_step *s)
{
	int rc;

	s->started = true;
	if (!p->piece)
		return;
	if (s->bti && !s->comparable_ok) {
		s->lost = true;
		return;
	}
	rc = cq_index_seek(s->x, p->index_at, cq_buf_bytes(&s->comparable), &s->err);
	s->lost = rc != CQ_OK;
}

/* Is this the partition's entry, but for the length of the key? */
static bool wrong_length(const struct cq_pass *p, const struct index_step *s)
{
	size_t n = s->e.key.len < p->key.len ? s->e.key.len : p->key.len;

	return n && s->e.key.len != p->key.len && !memcmp(s->e.key.p, p->key.p, n);
}

static enum index_match lost_way(struct cq_pass *p, struct index_step *s, int rc)
{
	uint64_t from = 0;
	bool told;

	s->extra.start = s->e.off;

	/* Somewhere near there may be bytes that are this partition's entry. */
	if (cq_index_find(s->x, p->key, p->partition_off, FIND_LIMIT, &from, NULL) == CQ_OK) {
		s->misses = 0;
		told = s->told;
		s->told = false;
		if (told)
			;
		else if (rc == CQ_OK)
			add_extra(&s->extra, &s->e);
		else if (!s->damages++)
			s->damage = s->err;
		s->extra.swallowed = from < s->e.off;
		s->extra.off = from < s->e.off ? from : s->e.off;
		if (read_entry(s, &s->err) != CQ_OK || !key_fits(p, s) || s->e.data_off != p->partition_off)
			return INDEX_NONE;
		s->extra.swallowed &= s->e.off < s->extra.start;
		if (!s->extra.swallowed)
			s->extra.off = s->extra.start;
		s->extra.len = s->e.off - s->extra.off;
		return INDEX_MATCH;
	}
	if (++s->misses >= MISSES_MAX)
		s->lost = true;
	s->have = rc == CQ_OK;
	if (s->have && !s->told && wrong_length(p, s)) {
		s->told = true;
		return INDEX_WRONG_KEY;
	}
	return rc == CQ_OK ? INDEX_MISSING : INDEX_DAMAGED;
}

static enum index_match look(struct cq_pass *p, struct index_step *s)
{
	if (s->lost)
		return INDEX_NONE;
	for (;;) {
		bool key, position;
		int rc = CQ_OK;

		if (!s->have && !s->ended)
			rc = read_entry(s, &s->err);
		if (rc == CQ_END || s->ended) {
			s->ended = true;
			return INDEX_MISSING;
		}
		s->have = false;
		if (rc != CQ_OK) {
			if (rc == CQ_DAMAGED)
				return lost_way(p, s, rc);
			s->lost = true;
			return INDEX_DAMAGED;
		}
		key = key_fits(p, s);
		position = s->e.data_off == p->partition_off;
		if (CQ_LIKELY(key && position)) {
			s->misses = 0;
			return INDEX_MATCH;
		}
		if (s->unread && key)
			return INDEX_DAMAGED;
		if (position)
			return INDEX_WRONG_KEY;
		if (key)
			return INDEX_WRONG_POSITION;
		if (s->e.data_off < p->partition_off && was_skipped(s, s->e.data_off))
			continue;
		if (!s->bti)
			return lost_way(p, s, CQ_OK);
		if (!before_partition(p, s)) {
			s->have = true;
			return INDEX_MISSING;
		}
		add_extra(&s->extra, &s->e);
	}
}

static void load_next(struct index_step *s)
{
	int rc = cq_index_block(s->x, &s->next, &s->err);

	s->next_ok = rc == CQ_OK;
	if (rc != CQ_OK && rc != CQ_END) {
		s->fault = INDEX_UNREADABLE;
		if (s->err.off == CQ_NO_OFFSET)
			s->err.off = s->rows.blocks_at.off;
	}
}

/* made: its header was not read, the scan went on inside of it. */
static void partition(struct cq_pass *p, struct index_step *s, bool made)
{
	struct cq_buf swap = s->before;
	int rc;

	s->extra.n = s->extra.len = 0;
	s->damages = 0;
	s->blocks = s->in_block = s->closing = s->next_ok = false;
	s->fault = INDEX_FITS;
	s->starts = s->closes = false;
	s->torn = made;
	s->gap = s->gap_ahead;
	s->gap_ahead = false;
	s->open = s->open_before = CQ_LIVE;
	s->seen = 0;
	s->match = INDEX_NONE;
	if (!s->x)
		return;
	if (s->bti) {
		s->before = s->comparable;
		s->comparable = swap;
		s->before_ok = s->comparable_ok;
		comparable(p, s, p->table->partitioner.kind != CQ_P_MURMUR3 || !s->started);
	}
	if (!s->started)
		start(p, s);
	s->match = look(p, s);
	s->nspans = 0;
	s->spans_full = false;
	if ((s->match != INDEX_MATCH && s->match != INDEX_WRONG_POSITION) || !s->e.wide || s->unread)
		return;
	rc = cq_index_rows(s->x, &s->e, &s->rows, &s->err);
	s->blocks = rc == CQ_OK;
	if (rc != CQ_OK)
		s->fault = INDEX_UNREADABLE;
	else
		load_next(s);
}

/* ---- rows ---- */

static void fault(struct index_step *s, enum index_fault f)
{
	s->fault = f;
	s->blocks = false;
}

/* BIG: a block says where it starts and how long it is. */
static void big_row(struct index_step *s)
{
	if (s->closing) {
		fault(s, INDEX_WIDTH);
		return;
	}
	if (!s->in_block) {
		if (s->seen)
			load_next(s);
		if (s->fault != INDEX_FITS) {
			s->blocks = false;
			return;
		}
		s->b = s->next;
		if (!s->next_ok || s->b.start != s->at) {
			fault(s, s->next_ok ? INDEX_START : INDEX_NO_BLOCK);
			return;
		}
		s->starts = s->in_block = true;
		s->block_end = s->b.start + s->b.width;
		if (s->block_end < s->b.start)
			s->block_end = UINT64_MAX;
	}
	if (s->at + s->len < s->block_end) {
		/* The width of the last block has the partition's end in it, which is one byte. */
		if (s->at + s->len + 1 == s->block_end && s->b.index + 1 == s->rows.blocks)
			s->closes = s->closing = true;
		return;
	}
	if (s->at + s->len > s->block_end) {
		fault(s, INDEX_WIDTH);
		return;
	}
	s->closes = true;
	s->in_block = false;
}

/* BTI: a block ends where the next one starts. */
static void bti_row(struct index_step *s)
{
	if (s->next_ok && s->at == s->next.start && !s->next.end) {
		s->starts = true;
		s->b = s->next;
		cq_buf_clear(&s->separator);
		cq_buf_slice(&s->separator, s->next.separator);
		s->b.separator = cq_slice_of(s->separator.p ? s->separator.p : (const uint8_t *)"", s->separator.len);
		load_next(s);
		if (s->fault != INDEX_FITS) {
			s->blocks = false;
			return;
		}
	} else if (!s->next_ok || !s->seen || s->at >= s->next.start) {
		s->b = s->next;
		fault(s, s->next_ok ? s->next.end ? INDEX_NO_BLOCK : INDEX_START : INDEX_NO_BLOCK);
		return;
	}
	s->closes = s->next_ok && s->at + s->len == s->next.start;
}

static void row(const struct cq_pass *p, struct index_step *s, const struct cq_event *ev)
{
	if (s->fault != INDEX_FITS)
		s->blocks = false;
	s->fault = INDEX_FITS;
	s->starts = s->closes = false;
	s->open_before = s->open;
	if (ev->kind == CQ_EV_MARKER)
		s->open = ev->marker->open;
	if (!s->blocks)
		return;
	if (s->torn || !ev->len) {
		s->torn = true;
		s->blocks = false;
		return;
	}
	s->at = ev->off - p->partition_off;
	s->len = ev->len;
	if (s->bti)
		bti_row(s);
	else
		big_row(s);
	s->seen++;
}

static void end(const struct cq_pass *p, struct index_step *s, const struct cq_event *ev)
{
	if (s->fault != INDEX_FITS)
		s->blocks = false;
	s->fault = INDEX_FITS;
	s->starts = s->closes = false;
	if (!s->blocks || s->torn || !ev->len)
		return;
	s->at = ev->off - p->partition_off;
	s->len = ev->len;
	if (s->bti) {
		s->b = s->next;
		cq_buf_clear(&s->separator);
		if (s->next_ok)
			cq_buf_slice(&s->separator, s->next.separator);
		s->b.separator = cq_slice_of(s->separator.p ? s->separator.p : (const uint8_t *)"", s->separator.len);
		if (!s->next_ok || !s->b.end || s->b.start != s->at) {
			fault(s, !s->next_ok ? INDEX_NO_BLOCK : s->b.end ? INDEX_START : INDEX_LEFT);
			return;
		}
		s->starts = true;
	} else if (s->in_block && !s->closing && s->at + s->len != s->block_end) {
		fault(s, INDEX_WIDTH);
		return;
	}
	if (!s->bti && !s->seen)
		s->b = s->next;
	else
		load_next(s);
	if (s->fault == INDEX_FITS && s->next_ok) {
		if (!s->bti)
			s->b = s->next;
		fault(s, INDEX_LEFT);
	}
}

/* Most partitions have no row index: then nothing is to do at their rows. */
static unsigned work(struct cq_pass *p, void *arg, const struct cq_event *ev)
{
	struct index_step *s = arg;
	bool rows;

	if (ev->kind == CQ_EV_PARTITION) {
		const enum index_match before = s->match;
		bool plain;

		partition(p, s, !ev->len);
		/* Where a run of partitions without entries ends, rules want to hear that too. */
		plain = s->match == INDEX_MATCH && before == INDEX_MATCH && !s->extra.n && !s->damages && !s->e.wide && s->e.odd == CQ_NO_OFFSET;
		rows = s->blocks || s->fault != INDEX_FITS;
		if (rows != (s->step->wants == WITH_ROWS))
			cq_pass_step_wants(p, s->step, rows ? WITH_ROWS : PLAIN);
		return plain ? 0 : CQ_ODD_INDEX;
	}
	if (!s->blocks && s->fault == INDEX_FITS)
		return 0;
	if (ev->kind == CQ_EV_PARTITION_END)
		end(p, s, ev);
	else
		row(p, s, ev);
	return s->starts || s->closes || s->fault != INDEX_FITS ? CQ_ODD_INDEX : 0;
}

void index_step_drain(struct index_step *s, uint64_t until, struct index_extra *out)
{
	struct cq_error err;

	out->n = out->len = 0;
	if (!s->x || s->lost || s->ended)
		return;
	for (;;) {
		if (!s->have && read_entry(s, &err) != CQ_OK)
			return;
		s->have = true;
		if (s->e.off == until)
			return;
		if (s->e.data_off == CQ_NO_OFFSET || !was_skipped(s, s->e.data_off))
			add_extra(out, &s->e);
		s->have = false;
	}
}

/* ---- for rules ---- */

void index_rule_begin(struct cq_pass *p, void *state)
{
	((struct index_rule *)state)->step = index_step_of(p);
}

void index_rule_skipped(struct cq_pass *p, void *state, const struct cq_skipped *k)
{
	(void)p;
	index_step_skipped(((struct index_rule *)state)->step, k);
}

void index_rule_merge(struct cq_pass *p, void *state, void *next)
{
	(void)p;
	(void)state;
	(void)next;
}

const char *deletion_text(struct cq_deletion d, char out[96])
{
	if (cq_deletion_live(d) && d.ldt == CQ_NO_LDT)
		return "live";
	snprintf(out, 96, "timestamp %" PRId64 ", local deletion time %" PRId64, d.timestamp, d.ldt);
	return out;
}

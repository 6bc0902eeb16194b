/* tui_hex - the bytes, coloured by what they are; through compression, the same byte on both sides. */
#include "tui_priv.h"

#include <inttypes.h>
#include <stdio.h>

/* What each byte of a window is: asked of the document leaf by leaf. */
struct colours {
	uint8_t role[64 * 128];
	uint8_t mark[64 * 128];
};

static void colour(struct tui *t, int component, int space, uint64_t from, size_t n, const struct tui_place *sel, uint8_t *role, uint8_t *mark)
{
	struct tui_sst *s = tui_now(t);
	struct cq_node leaf, chosen = {0};

	memset(role, TUI_NORMAL, n);
	memset(mark, 0, n);
	for (size_t i = 0; i < n;) {
		size_t to = i + 1;
		cq_nid id;

		if (cq_doc_at(s->d, component, space, from + i, &id, NULL) == CQ_OK && cq_doc_node(s->d, id, &leaf)
			&& leaf.space == space && leaf.len != CQ_NO_OFFSET && leaf.off <= from + i) {
			uint64_t end = leaf.off + leaf.len - from;

			to = end > n ? n : end > i ? (size_t)end : i + 1;
			memset(role + i, (int)tui_role_of(leaf.field, leaf.flags), to - i);
		}
		i = to;
	}
	if (sel && sel->id && cq_doc_node(s->d, sel->id, &chosen) && chosen.component == component && chosen.space == space
		&& chosen.len != CQ_NO_OFFSET)
		for (size_t i = 0; i < n; i++)
			if (from + i >= chosen.off && from + i - chosen.off < chosen.len)
				mark[i] |= TUI_SPAN;
	for (size_t k = 0; k < s->findings.n; k++) {
		const struct tui_finding *f = &s->findings.at[k];

		if (f->component == component && f->space == space && f->off != CQ_NO_OFFSET) {
			uint64_t len = f->len ? f->len : 1, end = len > UINT64_MAX - f->off ? UINT64_MAX : f->off + len;

			for (size_t i = f->off > from ? (f->off - from < n ? (size_t)(f->off - from) : n) : 0; i < n && from + i < end; i++)
				role[i] = TUI_DAMAGE;
		}
	}
}

/* One block of bytes; cursor CQ_NO_OFFSET: none in it. */
static void bytes(struct tui *t, const struct tui_area *a, int component, int space, uint64_t top, uint64_t cursor, int width)
{
	struct tui_sst *s = tui_now(t);
	uint64_t size = tui_size(s, component, space);
	static struct colours c;                         /* one thread draws */
	size_t want = (size_t)a->rows * (size_t)width, n;
	uint8_t data[sizeof c.role];
	bool all, good = true;

	if (want > sizeof data)
		want = sizeof data;
	n = top >= size ? 0 : size - top < want ? (size_t)(size - top) : want;
	if (!n)
		return;
	all = good = tui_bytes(t, component, space, top, data, n);
	colour(t, component, space, top, n, &t->sel, c.role, c.mark);
	for (size_t i = 0; i < n; i++) {
		int row = (int)(i / (size_t)width), k = (int)(i % (size_t)width), col = 10 + k * 3 + (k >= width / 2), text = 11 + width * 3 + 1;
		char hex[3], ch[2];
		unsigned mark;

		if (k == 0 && !all)                      /* a bad chunk hides its own bytes alone */
			good = tui_bytes(t, component, space, top + i, data + i, n - i < (size_t)width ? n - i : (size_t)width);
		ch[0] = data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '.';
		ch[1] = 0;
		mark = c.mark[i] | (top + i == cursor ? TUI_SELECTED : 0u);

		if (k == 0)
			tui_printf(a, row, 0, TUI_OFFSET, "%08" PRIx64, top + i);
		snprintf(hex, sizeof hex, "%02x", data[i]);
		tui_put_slice(a, row, col, good ? (enum tui_role)c.role[i] : TUI_DAMAGE, mark, cq_slice_str(good ? hex : "??"));
		if (mark & TUI_SPAN && k + 1 < width && i + 1 < n && c.mark[i + 1] & TUI_SPAN)
			tui_mark(a, row, col + 2, 1, TUI_SPAN);
		tui_put_slice(a, row, text + k, good ? (enum tui_role)c.role[i] : TUI_DAMAGE, mark, cq_slice_str(good ? ch : "?"));
	}
}

static int width_for(int cols)
{
	return cols >= 11 + 16 * 4 + 1 ? 16 : cols >= 11 + 8 * 4 + 1 ? 8 : 4;
}

/* Where the selected byte is on the other side of compression. */
static bool other_side(struct tui *t, int *space, uint64_t *off)
{
	struct tui_sst *s = tui_now(t);
	struct cq_chunk_place p;

	if (t->sel.component != CQ_C_DATA || !s->t->stream.chunks)
		return false;
	if (t->sel.space == CQ_SPACE_DECOMPRESSED) {
		if (cq_table_to_raw(s->t, t->sel.off, &p, NULL) != CQ_OK)
			return false;
		*space = CQ_SPACE_RAW;
		*off = p.raw.off + (p.stored_raw ? t->sel.off - p.off : 0);
		return true;
	}
	if (cq_table_to_stream(s->t, t->sel.off, &p, NULL) != CQ_OK)
		return false;
	*space = CQ_SPACE_DECOMPRESSED;
	*off = p.off + (p.stored_raw && t->sel.off - p.raw.off < p.len ? t->sel.off - p.raw.off : 0);
	return true;
}

/* So that the selected byte is a third below the top. */
static uint64_t third(const struct tui *t)
{
	uint64_t w = (uint64_t)t->hex_width, at = t->sel.off / w * w, above = w * (uint64_t)(t->hex_rows / 3);

	return at > above ? at - above : 0;
}

void tui_hex_draw(struct tui *t, const struct tui_area *a, bool focus)
{
	struct tui_area upper = *a, lower;
	uint64_t off = 0;
	int space = 0;

	(void)focus;
	if (t->sel.component < 0) {
		tui_put(a, 0, 0, TUI_DIM, "select a file or what is in it");
		return;
	}
	if (t->beside && other_side(t, &space, &off) && a->rows >= 5) {
		int half = a->rows / 2, w = width_for(a->cols);
		uint64_t top = off / (uint64_t)w * (uint64_t)w, back = (uint64_t)w * (uint64_t)(half / 3);

		upper = tui_area_part(a, 0, 0, half, -1);
		lower = tui_area_part(a, half + 1, 0, -1, -1);
		tui_printf(a, half, 0, TUI_BORDER, "\u2500\u2500 %s", space == CQ_SPACE_RAW ? "as stored: the chunk that holds it" : "decompressed");
		bytes(t, &lower, t->sel.component, space, top > back ? top - back : 0, off, w);
	}
	if (!t->hex_rows)                                /* selected before there was a screen */
		t->hex_top = UINT64_MAX;
	t->hex_width = width_for(a->cols);
	t->hex_rows = upper.rows;
	if (t->hex_rows * t->hex_width > 64 * 128)
		t->hex_rows = 64 * 128 / t->hex_width;
	t->hex_top = t->hex_top / (uint64_t)t->hex_width * (uint64_t)t->hex_width;
	if (t->sel.off < t->hex_top || t->sel.off >= t->hex_top + (uint64_t)t->hex_width * (uint64_t)(upper.rows > 0 ? upper.rows : 1))
		t->hex_top = third(t);
	bytes(t, &upper, t->sel.component, t->sel.space, t->hex_top, t->sel.off, t->hex_width);
}

static void move(struct tui *t, int64_t by)
{
	uint64_t size = tui_size(tui_now(t), t->sel.component, t->sel.space), to = t->sel.off;

	if (t->sel.component < 0 || !size)
		return;
	if (by < 0)
		to = to > (uint64_t)-by ? to - (uint64_t)-by : 0;
	else
		to = size - 1 - (to < size ? to : size - 1) < (uint64_t)by ? size - 1 : to + (uint64_t)by;
	tui_select_byte(t, t->sel.component, t->sel.space, to, false);
}

/* By whole rows, as far as there are any: the column stays. The last row may be too short for it. */
static void rows(struct tui *t, int64_t by)
{
	uint64_t size = tui_size(tui_now(t), t->sel.component, t->sel.space), w = (uint64_t)(t->hex_width ? t->hex_width : 16), n;

	if (t->sel.component < 0 || !size)
		return;
	n = t->sel.off < size ? (by < 0 ? t->sel.off / w : (size - 1) / w - t->sel.off / w) : 0;
	if (n > (uint64_t)(by < 0 ? -by : by))
		n = (uint64_t)(by < 0 ? -by : by);
	if (n || t->sel.off >= size)
		move(t, by < 0 ? -(int64_t)(n * w) : (int64_t)(n * w));
}

bool tui_hex_update(struct tui *t, enum tui_action a)
{
	int64_t page = t->hex_rows > 1 ? t->hex_rows : 1, half = page > 1 ? page / 2 : 1;
	uint64_t off;
	int space;

	switch (a) {
	case TUI_DO_LEFT: move(t, -1); return true;
	case TUI_DO_RIGHT: move(t, 1); return true;
	case TUI_DO_UP: rows(t, -1); return true;
	case TUI_DO_DOWN: rows(t, 1); return true;
	case TUI_DO_PAGE_UP: rows(t, -page); return true;
	case TUI_DO_PAGE_DOWN: rows(t, page); return true;
	case TUI_DO_HALF_UP: rows(t, -half); return true;
	case TUI_DO_HALF_DOWN: rows(t, half); return true;
	case TUI_DO_HOME: move(t, INT64_MIN + 1); return true;
	case TUI_DO_END: move(t, INT64_MAX); return true;
	case TUI_DO_OPEN:
		if (other_side(t, &space, &off))
			tui_select_byte(t, t->sel.component, space, off, true);
		return true;
	default: return false;
	}
}

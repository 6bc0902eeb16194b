/* tui_chunks - the whole of a compressed Data.db as a picture: a cell a chunk, or some chunks. */
#include "tui_priv.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t count(const struct tui_sst *s)
{
	return s->t->stream.chunks ? s->t->chunks.count : 0;
}

static uint64_t a_cell(const struct tui *t, uint64_t n)
{
	uint64_t cells = (uint64_t)(t->chunk_cols > 0 ? t->chunk_cols : 1) * (uint64_t)(t->chunk_rows > 0 ? t->chunk_rows : 1);

	return n > cells ? (n + cells - 1) / cells : 1;
}

/* Where a chunk's bytes begin in the stream. */
static uint64_t chunk_off(const struct tui_sst *s, uint64_t i)
{
	return i * s->t->chunks.chunk_len;
}

static bool update(struct tui *t, enum tui_action a, const char *arg)
{
	struct tui_sst *s = tui_opened(t);
	uint64_t n = s ? count(s) : 0, step, row, page;

	(void)arg;
	if (!n)
		return false;
	if (t->chunk >= n)
		t->chunk = n - 1;
	step = a_cell(t, n);
	row = step * (uint64_t)(t->chunk_cols > 0 ? t->chunk_cols : 1);
	page = row * (uint64_t)(t->chunk_rows > 0 ? t->chunk_rows : 1);
	switch (a) {
	case TUI_DO_LEFT: t->chunk -= t->chunk < step ? t->chunk : step; return true;
	case TUI_DO_RIGHT: t->chunk = n - 1 - t->chunk < step ? n - 1 : t->chunk + step; return true;
	case TUI_DO_PAGE_UP: t->chunk -= t->chunk < page ? t->chunk / row * row : page; return true;
	case TUI_DO_PAGE_DOWN: t->chunk += n - 1 - t->chunk < page ? (n - 1 - t->chunk) / row * row : page; return true;
	case TUI_DO_UP: t->chunk -= t->chunk < row ? 0 : row; return true;
	case TUI_DO_DOWN: t->chunk += n - 1 - t->chunk < row ? 0 : row; return true;
	case TUI_DO_HOME: t->chunk = 0; return true;
	case TUI_DO_END: t->chunk = n - 1; return true;
	case TUI_DO_OPEN:
		tui_push(t, TUI_SCREEN_BROWSE);
		tui_select_byte(t, CQ_C_DATA, CQ_SPACE_DECOMPRESSED, chunk_off(s, t->chunk), true);
		return true;
	default: return false;
	}
}

/* The chunk of the byte that is selected. */
void tui_chunk_here(struct tui *t)
{
	struct tui_sst *s = tui_now(t);
	struct cq_chunk_place p;

	if (!count(s) || t->sel.component != CQ_C_DATA)
		return;
	if (t->sel.space == CQ_SPACE_DECOMPRESSED && t->sel.off < s->t->stream.len)
		t->chunk = t->sel.off / s->t->chunks.chunk_len;
	else if (t->sel.space == CQ_SPACE_RAW && cq_table_to_stream(s->t, t->sel.off, &p, NULL) == CQ_OK)
		t->chunk = p.index;
}

static bool is_bad(const struct tui_sst *s, uint64_t from, uint64_t to)
{
	struct cq_chunk_place p;

	for (size_t i = 0; i < s->findings.n; i++) {
		const struct tui_finding *f = &s->findings.at[i];
		uint64_t k;

		if (f->component != CQ_C_DATA || f->off == CQ_NO_OFFSET || f->severity < CQ_WARNING)
			continue;
		if (f->space == CQ_SPACE_DECOMPRESSED)
			k = f->off / s->t->chunks.chunk_len;
		else if (cq_table_to_stream(s->t, f->off, &p, NULL) == CQ_OK)
			k = p.index;
		else
			continue;
		if (k >= from && k < to)
			return true;
	}
	return false;
}

static void draw(struct tui *t, const struct tui_area *a)
{
	struct tui_sst *s = tui_now(t);
	struct tui_area map = tui_area_part(a, 2, 0, a->rows - 4, -1);
	struct tui_area words = tui_area_part(a, a->rows - 2, 0, -1, -1);
	struct cq_chunk_place p;
	char line[200] = "";
	uint64_t n, step;
	int col0;

	if (!s || !s->t)
		return;
	n = count(s);
	if (!n) {
		tui_put(a, 0, 0, TUI_NORMAL, "This Data.db is not compressed: it has no chunks.");
		return;
	}
	if (t->chunk >= n)
		t->chunk = n - 1;
	t->chunk_cols = map.cols;
	t->chunk_rows = map.rows;
	step = a_cell(t, n);
	col0 = tui_printf(a, 0, 0, TUI_NORMAL, "%" PRIu64 " chunk%s of %" PRIu64 " bytes", n, n == 1 ? "" : "s", (uint64_t)s->t->chunks.chunk_len);
	if (step > 1)
		tui_printf(a, 0, col0, TUI_NORMAL, ", a sign is %" PRIu64, step);
	col0 = tui_put(a, 1, 0, TUI_DAMAGE, "! damaged  ");
	if (s->state == TUI_JOB_DONE)
		tui_put(a, 1, col0, TUI_GOOD, "# read, good");
	else
		tui_put(a, 1, col0, TUI_DIM, ". not checked");
	for (uint64_t i = 0, cell = 0; i < n; i += step, cell++) {
		int row = (int)(cell / (uint64_t)map.cols), col = (int)(cell % (uint64_t)map.cols);
		uint64_t end = i + step < n ? i + step : n;
		bool bad = is_bad(s, i, end), read = s->state == TUI_JOB_DONE;
		unsigned mark = t->chunk >= i && t->chunk < end ? TUI_SELECTED : 0u;

		tui_put_slice(&map, row, col, bad ? TUI_DAMAGE : read ? TUI_GOOD : TUI_DIM, mark, cq_slice_str(bad ? "!" : read ? "#" : "."));
	}
	if (cq_table_to_raw(s->t, chunk_off(s, t->chunk), &p, NULL) == CQ_OK)
		snprintf(line, sizeof line, "chunk %" PRIu64 ": stored at 0x%" PRIx64 ", %" PRIu64 " bytes%s; decompressed at 0x%" PRIx64 ", %" PRIu32 " bytes",
			p.index, p.raw.off, p.raw.len, p.stored_raw ? " as they are" : "", p.off, p.len);
	tui_wrap(&words, 0, 0, TUI_NORMAL, cq_slice_str(line));
}

static const enum tui_action hints[] = { TUI_DO_OPEN, TUI_DO_FINDINGS, TUI_DO_HELP, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_chunks = { "chunks", update, draw, hints };

/* tui_browse - tree, bytes and words side by side, over one selection. */
#include "tui_priv.h"

#include <stdio.h>

static bool update(struct tui *t, enum tui_action a, const char *arg)
{
	static bool (*const panes[TUI_PANES])(struct tui *, enum tui_action) = { tui_tree_update, tui_hex_update, tui_words_update };

	(void)arg;
	if (!tui_opened(t))
		return false;
	switch (a) {
	case TUI_DO_PANE: t->pane = (t->pane + 1) % TUI_PANES; return true;
	case TUI_DO_PANE_BACK: t->pane = (t->pane + TUI_PANES - 1) % TUI_PANES; return true;
	case TUI_DO_RAW:
		t->beside = !t->beside;
		if (t->beside && !tui_now(t)->t->stream.chunks)
			tui_say(t, TUI_DIM, "this Data.db is not compressed: there is one side only");
		return true;
	default: return panes[t->pane](t, a);
	}
}

static struct tui_area pane(struct tui *t, const struct tui_area *a, enum tui_pane which, const char *title)
{
	bool focus = t->pane == which;

	tui_hline(a, 0, TUI_BORDER);
	tui_printf(a, 0, 1, focus ? TUI_FOCUS : TUI_BORDER, "%s%s ", focus ? "\u25b6 " : " ", title);
	return tui_area_part(a, 1, 0, -1, -1);
}

static void draw(struct tui *t, const struct tui_area *a)
{
	struct tui_sst *s = tui_now(t);
	struct tui_area left, right, hex, words, in;
	char file[64], title[120];
	int half;

	if (!s || !s->d)
		return;
	if (a->cols >= 100) {
		half = a->cols * 2 / 5;
		if (half > a->cols - 78 && a->cols >= 112)
			half = a->cols - 78;             /* rows of 16 bytes are worth more than long lines in the tree */
		left = tui_area_part(a, 0, 0, -1, half);
		right = tui_area_part(a, 0, half + 1, -1, -1);
		tui_vline(&(struct tui_area){ a->k, a->row, a->col + half, a->rows, 1 }, 0, TUI_BORDER);
		hex = tui_area_part(&right, 0, 0, right.rows * 3 / 5, -1);
		words = tui_area_part(&right, hex.rows, 0, -1, -1);
	} else if (a->rows < 14) {                       /* small: the pane that is in front */
		left = hex = words = *a;
		left.rows = t->pane == TUI_PANE_TREE ? a->rows : 0;
		hex.rows = t->pane == TUI_PANE_HEX ? a->rows : 0;
		words.rows = t->pane == TUI_PANE_WORDS ? a->rows : 0;
	} else {                                         /* narrow: one above the other */
		left = tui_area_part(a, 0, 0, a->rows * 2 / 5, -1);
		hex = tui_area_part(a, left.rows, 0, (a->rows - left.rows) / 2, -1);
		words = tui_area_part(a, left.rows + hex.rows, 0, -1, -1);
	}
	if (left.rows) {
		in = pane(t, &left, TUI_PANE_TREE, "objects");
		tui_tree_draw(t, &in, t->pane == TUI_PANE_TREE);
	}
	tui_component_name(s, t->sel.component, file, sizeof file);
	snprintf(title, sizeof title, "bytes of %s%s", *file ? file : "nothing yet",
		t->sel.component == CQ_C_DATA && s->t->stream.chunks ? t->sel.space == CQ_SPACE_RAW ? ", as stored" : ", decompressed" : "");
	if (hex.rows) {
		in = pane(t, &hex, TUI_PANE_HEX, title);
		tui_hex_draw(t, &in, t->pane == TUI_PANE_HEX);
	}
	if (words.rows) {
		in = pane(t, &words, TUI_PANE_WORDS, "what it is");
		tui_words_draw(t, &in, t->pane == TUI_PANE_WORDS);
		if (t->words_all > t->words_top + in.rows)
			tui_put(&words, 0, words.cols - 8, TUI_BORDER, " more ");
	}
}

static const enum tui_action hints[] = { TUI_DO_OPEN, TUI_DO_PANE, TUI_DO_FOLLOW, TUI_DO_BACK, TUI_DO_RAW, TUI_DO_FINDINGS, TUI_DO_KEY, TUI_DO_GOTO,
	TUI_DO_SEARCH, TUI_DO_MARK, TUI_DO_HELP, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_browse = { "browse", update, draw, hints };

/* tui_curses - the terminal: the only file that knows curses. Keys become names, the canvas is copied out. */
#define NCURSES_WIDECHAR 1
#include <curses.h>

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tui_priv.h"

/* ---- looks ---- */

struct look {
	short fore, back;
	attr_t attr;
};

static const struct look looks[TUI_ROLE_COUNT] = {
	[TUI_NORMAL] = { -1, -1, 0 },           [TUI_DIM] = { -1, -1, A_DIM },          [TUI_TITLE] = { -1, -1, A_BOLD },
	[TUI_BAR] = { COLOR_WHITE, COLOR_BLUE, 0 },                                     [TUI_BORDER] = { COLOR_BLUE, -1, 0 },
	[TUI_FOCUS] = { COLOR_CYAN, -1, A_BOLD },                                       [TUI_NAME] = { COLOR_CYAN, -1, 0 },
	[TUI_OFFSET] = { -1, -1, A_DIM },       [TUI_NUMBER] = { COLOR_YELLOW, -1, 0 }, [TUI_TEXT] = { COLOR_GREEN, -1, 0 },
	[TUI_KEY] = { COLOR_GREEN, -1, A_BOLD },                                        [TUI_TIME] = { COLOR_MAGENTA, -1, 0 },
	[TUI_LENGTH] = { COLOR_YELLOW, -1, A_DIM },                                     [TUI_FLAGS] = { COLOR_CYAN, -1, A_DIM },
	[TUI_CHECKSUM] = { COLOR_MAGENTA, -1, A_DIM },                                  [TUI_LINK] = { COLOR_BLUE, -1, A_BOLD },
	[TUI_NOTE] = { -1, -1, A_DIM },         [TUI_PADDING] = { -1, -1, A_DIM },      [TUI_GAP] = { COLOR_RED, -1, A_DIM },
	[TUI_DAMAGE] = { COLOR_RED, -1, A_BOLD },                                       [TUI_WARNING] = { COLOR_YELLOW, -1, A_BOLD },
	[TUI_GOOD] = { COLOR_GREEN, -1, 0 },    [TUI_MATCH] = { COLOR_BLACK, COLOR_YELLOW, 0 },
	[TUI_HOTKEY] = { COLOR_BLACK, COLOR_CYAN, 0 },                                  [TUI_HINT] = { -1, -1, 0 },
	[TUI_PROMPT] = { -1, -1, A_BOLD },
};

/* Without colours the same by weight alone; signs in the text say the rest. */
static const attr_t mono[TUI_ROLE_COUNT] = {
	[TUI_DIM] = A_DIM, [TUI_TITLE] = A_BOLD, [TUI_BAR] = A_REVERSE, [TUI_FOCUS] = A_BOLD, [TUI_KEY] = A_BOLD, [TUI_DAMAGE] = A_BOLD | A_UNDERLINE,
	[TUI_WARNING] = A_BOLD, [TUI_MATCH] = A_REVERSE, [TUI_HOTKEY] = A_REVERSE, [TUI_PROMPT] = A_BOLD, [TUI_OFFSET] = A_DIM, [TUI_NOTE] = A_DIM,
};

static attr_t attr_of(const struct tui_cell *c, bool color)
{
	attr_t a = color ? looks[c->role].attr : mono[c->role];

	if (c->mark & TUI_SELECTED)
		a = (a & ~A_DIM) | A_REVERSE;
	else if (c->mark & TUI_SPAN)
		a = (a & ~A_DIM) | A_UNDERLINE;
	if (c->mark & TUI_STRONG)
		a |= A_BOLD;
	if (c->mark & TUI_UNDER)
		a |= A_UNDERLINE;
	return a;
}

/* A selected line is one bar, not a patchwork; only what is wrong keeps its colour. */
static short pair_of(const struct tui_cell *c)
{
	bool plain = c->mark & TUI_SELECTED && c->role != TUI_DAMAGE && c->role != TUI_WARNING;

	return (short)((plain ? TUI_NORMAL : c->role) + 1);
}

static void show(const struct tui_canvas *k, bool color)
{
	for (int r = 0; r < k->rows; r++)
		for (int c = 0; c < k->cols; c++) {
			const struct tui_cell *cell = &k->cell[r * k->cols + c];
			char text[TUI_CELL_BYTES + 1];

			if (!cell->len)
				continue;
			memcpy(text, cell->text, cell->len);
			text[cell->len] = 0;
			attr_set(attr_of(cell, color), color ? pair_of(cell) : 0, NULL);
			mvaddstr(r, c, text);
		}
	if (k->cursor_row >= 0) {
		curs_set(1);
		move(k->cursor_row, k->cursor_col);
	} else {
		curs_set(0);
	}
	refresh();
}

/* ---- keys ---- */

static const char *name_of_key(wint_t c, bool function, char *out, size_t n)
{
	static const struct { int code; const char *name; } named[] = {
		{ KEY_DOWN, "down" }, { KEY_UP, "up" }, { KEY_LEFT, "left" }, { KEY_RIGHT, "right" }, { KEY_NPAGE, "pagedown" }, { KEY_PPAGE, "pageup" },
		{ KEY_HOME, "home" }, { KEY_END, "end" }, { KEY_ENTER, "enter" }, { KEY_BACKSPACE, "backspace" }, { KEY_BTAB, "backtab" },
		{ KEY_DC, "delete" }, { KEY_IC, "insert" },
	};
	mbstate_t state = {0};
	size_t len;

	if (function) {
		for (size_t i = 0; i < CQ_COUNTOF(named); i++)
			if ((int)c == named[i].code)
				return named[i].name;
		if ((int)c >= KEY_F(1) && (int)c <= KEY_F(12)) {
			snprintf(out, n, "f%d", (int)c - KEY_F(0));
			return out;
		}
		return NULL;
	}
	switch (c) {
	case '\r':
	case '\n': return "enter";
	case '\t': return "tab";
	case 27: return "escape";
	case 127:
	case 8: return "backspace";
	case ' ': return "space";
	default: break;
	}
	if (c < 0x20) {
		snprintf(out, n, "ctrl-%c", (char)(c + 'a' - 1));
		return out;
	}
	len = wcrtomb(out, (wchar_t)c, &state);
	if (len == (size_t)-1 || len >= n)
		return NULL;
	out[len] = 0;
	return out;
}

/* ---- the loop ---- */

static void start(bool mono_only, bool *color)
{
	cbreak();
	noecho();
	nonl();
	raw();
	keypad(stdscr, TRUE);
	set_escdelay(25);
	mousemask(BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	*color = !mono_only && has_colors() && start_color() == OK && use_default_colors() == OK;
	for (short i = 0; *color && i < TUI_ROLE_COUNT; i++)
		init_pair((short)(i + 1), looks[i].fore, looks[i].back);
}

static void mouse(struct tui *t)
{
	MEVENT e;

	if (getmouse(&e) != OK)
		return;
	if (e.bstate & BUTTON4_PRESSED)
		tui_do(t, TUI_DO_UP, NULL);
	else if (e.bstate & BUTTON5_PRESSED)
		tui_do(t, TUI_DO_DOWN, NULL);
}

int tui_run(struct tui *t, struct cq_error *err)
{
	struct tui_canvas k = {0};
	SCREEN *screen;
	bool color, redraw = true;

	setlocale(LC_ALL, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "TERM=%s is no terminal that curses knows", getenv("TERM") ? getenv("TERM") : "");
	set_term(screen);
	start(t->opt.mono, &color);
	while (!tui_done(t)) {
		char name[16];
		const char *key;
		wint_t c;
		int rc;

		if (k.rows != LINES || k.cols != COLS) {
			tui_canvas_resize(&k, LINES, COLS);
			clear();
			redraw = true;
		}
		if (redraw) {
			tui_draw(t, &k);
			show(&k, color);
		}
		timeout(tui_busy(t) ? 100 : -1);
		rc = get_wch(&c);
		redraw = tui_poll(t);
		if (rc == ERR) {
			struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

			/* No key came: in time, or never again. A terminal that is gone must not leave a loop behind. */
			if (poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL))
				break;
			if (t->opt.stop && t->opt.stop(t->opt.arg))
				break;
			continue;
		}
		redraw = true;
		if (rc == KEY_CODE_YES && c == KEY_RESIZE)
			continue;
		if (rc == KEY_CODE_YES && c == KEY_MOUSE) {
			mouse(t);
			continue;
		}
		key = name_of_key(c, rc == KEY_CODE_YES, name, sizeof name);
		if (key && strcmp(key, "ctrl-z") == 0) {         /* raw mode: suspending is ours to do */
			endwin();
			raise(SIGTSTP);
			refresh();
			clear();
		} else if (key) {
			if (strcmp(key, "ctrl-l") == 0)
				clear();
			tui_key(t, key);
		}
	}
	endwin();
	delscreen(screen);
	tui_canvas_finish(&k);
	return CQ_OK;
}

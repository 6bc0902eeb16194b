/* tui_canvas - the screen as a grid of cells; what views draw on and tests read.
 *
 *     struct tui_canvas k = {0};
 *     tui_canvas_resize(&k, 24, 80);
 *     struct tui_area a = tui_canvas_area(&k);
 *     tui_put(&a, 0, 0, TUI_TITLE, "Data.db");
 *     tui_canvas_text(&k, 0, &out);                     row 0 as text
 *
 * Views draw into areas: rectangles of a canvas, clipped, with places relative to their corner. Text is UTF-8; wide
 * characters take two cells, combining ones join the cell before, and what a terminal would obey (control characters,
 * bytes that are no UTF-8) is drawn as '?'. */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H
#include "cq_base.h"
#include "cq_buf.h"

/* What a piece of text is; a theme says how it looks. */
#define TUI_ROLES(X) \
	X(NORMAL, "text") X(DIM, "dim") X(TITLE, "title") X(BAR, "bar") X(BORDER, "border") X(FOCUS, "focus") \
	X(NAME, "name") X(OFFSET, "offset") X(NUMBER, "number") X(TEXT, "value") X(KEY, "key") X(TIME, "time") X(LENGTH, "length") \
	X(FLAGS, "flags") X(CHECKSUM, "checksum") X(LINK, "link") X(NOTE, "note") X(PADDING, "padding") X(GAP, "gap") X(DAMAGE, "damage") \
	X(WARNING, "warning") X(GOOD, "good") X(MATCH, "match") X(HOTKEY, "hotkey") X(HINT, "hint") X(PROMPT, "prompt")

enum tui_role {
#define TUI_ROLE(id, name) TUI_##id,
	TUI_ROLES(TUI_ROLE)
#undef TUI_ROLE
	TUI_ROLE_COUNT
};

enum tui_mark {
	TUI_SELECTED = 1 << 0,             /* the line or byte that the cursor is on */
	TUI_SPAN = 1 << 1,                 /* bytes of the selected node */
	TUI_STRONG = 1 << 2,
	TUI_UNDER = 1 << 3,
};

enum { TUI_CELL_BYTES = 15 };

struct tui_cell {
	char text[TUI_CELL_BYTES];         /* one character and what combines with it; len 0: the right half of a wide one */
	uint8_t len, role, mark;
};

struct tui_canvas {
	int rows, cols;
	struct tui_cell *cell;
	int cursor_row, cursor_col;        /* where the terminal's cursor stands; -1: hidden */
	bool failed;                       /* no memory for this size */
};

struct tui_area {
	struct tui_canvas *k;
	int row, col, rows, cols;
};

void tui_canvas_resize(struct tui_canvas *k, int rows, int cols);      /* and clear */
void tui_canvas_clear(struct tui_canvas *k);
void tui_canvas_finish(struct tui_canvas *k);
struct tui_area tui_canvas_area(struct tui_canvas *k);
/* A part of an area, clipped to it. Negative rows or cols: up to that far from the end. */
struct tui_area tui_area_part(const struct tui_area *a, int row, int col, int rows, int cols);
/* Row as text, blanks at its end taken off. */
void tui_canvas_text(const struct tui_canvas *k, int row, struct cq_buf *out);

/* Text from a column on; returns the column behind it. mark: enum tui_mark. */
int tui_put_slice(const struct tui_area *a, int row, int col, enum tui_role role, unsigned mark, cq_slice text);
int tui_put(const struct tui_area *a, int row, int col, enum tui_role role, const char *text);
int tui_printf(const struct tui_area *a, int row, int col, enum tui_role role, const char *fmt, ...) CQ_PRINTF(5, 6);
/* Fill with blanks; set the mark of what stands there; a frame of lines with a title. */
void tui_fill(const struct tui_area *a, int row, int col, int cols, enum tui_role role, unsigned mark);
void tui_mark(const struct tui_area *a, int row, int col, int cols, unsigned mark);
void tui_hline(const struct tui_area *a, int row, enum tui_role role);
void tui_vline(const struct tui_area *a, int col, enum tui_role role);
/* Text over several lines, broken at blanks; returns the row behind it. */
int tui_wrap(const struct tui_area *a, int row, int col, enum tui_role role, cq_slice text);
/* Cells that a text takes. */
int tui_width(cq_slice text);

const char *tui_role_name(enum tui_role r);

#endif

#include "tui_canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

void tui_canvas_resize(struct tui_canvas *k, int rows, int cols)
{
	free(k->cell);
	*k = (struct tui_canvas){ .rows = rows > 0 ? rows : 0, .cols = cols > 0 ? cols : 0, .cursor_row = -1, .cursor_col = -1 };
	k->cell = calloc((size_t)k->rows * (size_t)k->cols + 1, sizeof *k->cell);
	if (!k->cell) {
		k->rows = k->cols = 0;
		k->failed = true;
	}
	tui_canvas_clear(k);
}

void tui_canvas_clear(struct tui_canvas *k)
{
	static const struct tui_cell blank = { .text = " ", .len = 1 };

	for (int i = 0; i < k->rows * k->cols; i++)
		k->cell[i] = blank;
	k->cursor_row = k->cursor_col = -1;
}

void tui_canvas_finish(struct tui_canvas *k)
{
	free(k->cell);
	*k = (struct tui_canvas){0};
}

struct tui_area tui_canvas_area(struct tui_canvas *k)
{
	return (struct tui_area){ k, 0, 0, k->rows, k->cols };
}

struct tui_area tui_area_part(const struct tui_area *a, int row, int col, int rows, int cols)
{
	if (rows < 0)
		rows = a->rows - row + rows + 1;
	if (cols < 0)
		cols = a->cols - col + cols + 1;
	if (rows > a->rows - row)
		rows = a->rows - row;
	if (cols > a->cols - col)
		cols = a->cols - col;
	return (struct tui_area){ a->k, a->row + row, a->col + col, rows > 0 ? rows : 0, cols > 0 ? cols : 0 };
}

static struct tui_cell *at(const struct tui_area *a, int row, int col)
{
	if (row < 0 || row >= a->rows || col < 0 || col >= a->cols)
		return NULL;
	return &a->k->cell[(a->row + row) * a->k->cols + a->col + col];
}

/* A cell gets another text: if it was half of a wide character, the other half becomes a blank. */
static void split(const struct tui_area *a, int row, int col)
{
	struct tui_cell *line = &a->k->cell[(a->row + row) * a->k->cols];
	int c = a->col + col;

	if (!line[c].len && c > 0) {
		line[c - 1].text[0] = ' ';
		line[c - 1].len = 1;
	}
	if (c + 1 < a->k->cols && !line[c + 1].len) {
		line[c + 1].text[0] = ' ';
		line[c + 1].len = 1;
	}
}

void tui_canvas_text(const struct tui_canvas *k, int row, struct cq_buf *out)
{
	size_t start = out->len;

	for (int c = 0; row >= 0 && row < k->rows && c < k->cols; c++)
		cq_buf_put(out, k->cell[row * k->cols + c].text, k->cell[row * k->cols + c].len);
	while (out->len > start && out->p[out->len - 1] == ' ')
		out->len--;
}

/* The next character of a text: its bytes and its width in cells; what is not fit for a terminal becomes '?'. */
static size_t character(cq_slice s, size_t i, const char **text, size_t *len, int *width)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n = utf8proc_iterate(s.p + i, (utf8proc_ssize_t)(s.len - i), &c);

	*text = (const char *)s.p + i;
	*len = n > 0 ? (size_t)n : 1;
	if (n <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || utf8proc_category(c) == UTF8PROC_CATEGORY_CF
		|| utf8proc_category(c) == UTF8PROC_CATEGORY_ZL || utf8proc_category(c) == UTF8PROC_CATEGORY_ZP) {
		*text = "?";
		n = (utf8proc_ssize_t)*len;
		*len = 1;
		*width = 1;
		return (size_t)n;
	}
	*width = utf8proc_charwidth(c);
	return (size_t)n;
}

int tui_width(cq_slice s)
{
	int cols = 0;

	for (size_t i = 0; i < s.len;) {
		const char *text;
		size_t len;
		int width;

		i += character(s, i, &text, &len, &width);
		cols += width;
	}
	return cols;
}

int tui_put_slice(const struct tui_area *a, int row, int col, enum tui_role role, unsigned mark, cq_slice s)
{
	for (size_t i = 0; i < s.len;) {
		struct tui_cell *c, *right;
		const char *text;
		size_t len;
		int width;

		i += character(s, i, &text, &len, &width);
		if (width == 0) {                        /* joins what stands before it */
			c = at(a, row, col - 1);
			if (c && !c->len)
				c = at(a, row, col - 2);
			if (c && c->len && c->len + len <= TUI_CELL_BYTES) {
				memcpy(c->text + c->len, text, len);
				c->len = (uint8_t)(c->len + len);
			}
			continue;
		}
		if (col >= a->cols)
			return col;
		c = at(a, row, col);
		right = width == 2 ? at(a, row, col + 1) : NULL;
		if (width == 2 && !right) {              /* half of it would be outside */
			text = " ";
			len = 1;
		}
		if (c) {
			split(a, row, col);
			if (right)
				split(a, row, col + 1);
			memcpy(c->text, text, len);
			c->len = (uint8_t)len;
			c->role = (uint8_t)role;
			c->mark = (uint8_t)mark;
		}
		if (right) {
			right->len = 0;
			right->role = (uint8_t)role;
			right->mark = (uint8_t)mark;
		}
		col += width;
	}
	return col;
}

int tui_put(const struct tui_area *a, int row, int col, enum tui_role role, const char *text)
{
	return tui_put_slice(a, row, col, role, 0, cq_slice_str(text));
}

int tui_printf(const struct tui_area *a, int row, int col, enum tui_role role, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	return tui_put(a, row, col, role, line);
}

void tui_fill(const struct tui_area *a, int row, int col, int cols, enum tui_role role, unsigned mark)
{
	for (int i = 0; i < cols; i++) {
		struct tui_cell *c = at(a, row, col + i);

		if (c) {
			split(a, row, col + i);
			*c = (struct tui_cell){ .text = " ", .len = 1, .role = (uint8_t)role, .mark = (uint8_t)mark };
		}
	}
}

void tui_mark(const struct tui_area *a, int row, int col, int cols, unsigned mark)
{
	for (int i = 0; i < cols; i++) {
		struct tui_cell *c = at(a, row, col + i);

		if (c)
			c->mark |= (uint8_t)mark;
	}
}

void tui_hline(const struct tui_area *a, int row, enum tui_role role)
{
	for (int c = 0; c < a->cols; c++)
		tui_put(a, row, c, role, "\u2500");
}

void tui_vline(const struct tui_area *a, int col, enum tui_role role)
{
	for (int r = 0; r < a->rows; r++)
		tui_put(a, r, col, role, "\u2502");
}

int tui_wrap(const struct tui_area *a, int row, int col, enum tui_role role, cq_slice s)
{
	int room = a->cols - col;

	while (s.len && row < a->rows && room > 0) {
		size_t i = 0, blank = 0, newline = 0;
		int cols = 0;

		while (i < s.len) {
			const char *text;
			size_t len, n;
			int width;

			if (s.p[i] == '\n') {
				newline = 1;
				break;
			}
			n = character(s, i, &text, &len, &width);
			if (cols + width > room)
				break;
			if (s.p[i] == ' ')
				blank = i;
			cols += width;
			i += n;
		}
		if (i < s.len && !newline && blank && s.p[i] != ' ')
			i = blank;
		if (!i && !newline)
			i = 1;
		tui_put_slice(a, row++, col, role, 0, cq_slice_of(s.p, i));
		i += newline;
		while (i < s.len && s.p[i] == ' ')
			i++;
		s.p += i;
		s.len -= i;
	}
	return row;
}

const char *tui_role_name(enum tui_role r)
{
	static const char *const names[] = {
#define TUI_ROLE(id, name) [TUI_##id] = name,
		TUI_ROLES(TUI_ROLE)
#undef TUI_ROLE
	};

	return r < TUI_ROLE_COUNT ? names[r] : "";
}

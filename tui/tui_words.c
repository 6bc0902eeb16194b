/* tui_words - what the selection is, in words: field, value, where specified, what was expected. */
#include "tui_priv.h"

#include <inttypes.h>
#include <stdio.h>

/* All of it goes on a canvas that is high enough; what the pane has room for is copied from there. */
enum { WORDS_MAX = 400 };

struct words {
	struct tui_area a;
	int row;
};

static void paragraph(struct words *w, enum tui_role role, const char *label, cq_slice text)
{
	int col = 0;

	if (!text.len)
		return;
	if (label)
		col = tui_put(&w->a, w->row, 0, TUI_DIM, label);
	w->row = tui_wrap(&w->a, w->row, col, role, text);
}

static void say(struct words *w, enum tui_role role, const char *label, const char *text)
{
	if (text)
		paragraph(w, role, label, cq_slice_str(text));
}

/* Is the finding about what is selected: the byte, the one whose bit is suspected, or the file when no place is known? */
static bool is_here(struct tui *t, const struct tui_finding *f, bool file)
{
	uint64_t size = tui_size(tui_now(t), f->component, f->space);

	if (f->component != t->sel.component)
		return false;
	if (f->off == CQ_NO_OFFSET)
		return file;
	if (f->suspect && f->suspect_space == t->sel.space && f->suspect_off == t->sel.off)
		return true;
	if (f->space == t->sel.space && size && f->off >= size)
		return t->sel.off == size - 1;           /* bytes that lack are told at the last one that is there */
	return f->space == t->sel.space && t->sel.off >= f->off && t->sel.off - f->off < (f->len ? f->len : 1);
}

/* What was found there, in words. */
static void finding(struct tui *t, struct words *w)
{
	struct tui_sst *s = tui_now(t);

	for (size_t i = 0; i < s->findings.n; i++) {
		const struct tui_finding *f = &s->findings.at[i];
		char line[160];

		if (!is_here(t, f, t->sel.id && t->sel.id == cq_doc_component(s->d, t->sel.component)))
			continue;
		say(w, f->severity == CQ_ERROR ? TUI_DAMAGE : TUI_WARNING, "! ", f->message);
		say(w, TUI_GOOD, "expected  ", f->expected);
		say(w, TUI_DAMAGE, "found     ", f->found);
		if (f->suspect) {
			snprintf(line, sizeof line, "bit %u of byte 0x%" PRIx64 ": %02x would be %02x (only a hypothesis; nothing is written)", f->suspect_bit,
				f->suspect_off, f->suspect_found, f->suspect_expected);
			say(w, TUI_WARNING, "perhaps   ", line);
		}
		say(w, TUI_KEY, "keys      ", f->keys);
		say(w, TUI_NORMAL, "means     ", f->means);
		say(w, TUI_NORMAL, "do        ", f->action);
		w->row++;
	}
}

static int words(struct tui *t, const struct tui_area *a)
{
	struct tui_sst *s = tui_now(t);
	struct words w = { .a = *a };
	const struct cq_field_info *i;
	struct cq_buf text = {0};
	char line[200], versions[64];
	struct cq_node n;
	cq_nid there;

	finding(t, &w);
	if (!t->sel.id || !cq_doc_node(s->d, t->sel.id, &n) || n.component < 0) {
		say(&w, TUI_DIM, NULL, "The tree holds every byte of every file of this SSTable. Open a file with Enter; Tab goes to the bytes; ? helps.");
		return w.row;
	}
	i = cq_field_info(n.field);
	cq_doc_path(s->d, t->sel.id, &text);
	say(&w, TUI_NAME, NULL, cq_buf_cstr(&text));
	if (n.flags & (CQ_N_NUMBER | CQ_N_BYTES)) {
		cq_buf_clear(&text);
		cq_doc_print(s->d, t->sel.id, &text, 0);
		paragraph(&w, tui_role_of(n.field, n.flags), "value     ", cq_buf_bytes(&text));
		if (n.flags & CQ_N_NUMBER) {
			snprintf(line, sizeof line, "%" PRId64 " (0x%" PRIx64 ")", (int64_t)n.number, n.number);
			say(&w, TUI_NUMBER, "number    ", line);
		}
	}
	snprintf(line, sizeof line, "%s 0x%" PRIx64 ", %" PRIu64 " bytes; byte 0x%" PRIx64 " is selected", cq_space_kind_name(n.space), n.off,
		n.len == CQ_NO_OFFSET ? 0 : n.len, t->sel.off);
	say(&w, TUI_OFFSET, "bytes     ", line);
	if (n.flags & CQ_N_DAMAGED)
		paragraph(&w, TUI_DAMAGE, "damage    ", cq_doc_damage(s->d, t->sel.id));
	for (size_t k = 0; cq_doc_note(s->d, t->sel.id, k).p; k++)
		paragraph(&w, TUI_NOTE, "note      ", cq_doc_note(s->d, t->sel.id, k));
	w.row++;
	say(&w, TUI_NORMAL, NULL, i->help);
	if (*i->spec)
		say(&w, TUI_DIM, "specified ", i->spec);
	if (*cq_field_versions_text(n.field, versions, sizeof versions))
		say(&w, TUI_DIM, "versions  ", versions);
	if (cq_table_link(s->t, s->d, t->sel.id, &there, NULL) == CQ_OK && there) {
		cq_buf_clear(&text);
		cq_doc_path(s->d, there, &text);
		snprintf(line, sizeof line, "%s", cq_buf_cstr(&text));
		say(&w, TUI_LINK, "leads to  ", line);
	}
	cq_buf_finish(&text);
	return w.row;
}

void tui_words_draw(struct tui *t, const struct tui_area *a, bool focus)
{
	struct tui_canvas all = {0};
	struct tui_area whole;

	(void)focus;
	tui_canvas_resize(&all, WORDS_MAX, a->cols);
	whole = tui_canvas_area(&all);
	t->words_all = words(t, &whole);
	t->words_rows = a->rows;
	if (t->words_top > t->words_all - a->rows)
		t->words_top = t->words_all > a->rows ? t->words_all - a->rows : 0;
	for (int r = 0; r < a->rows && t->words_top + r < all.rows; r++)
		memcpy(&a->k->cell[(a->row + r) * a->k->cols + a->col], &all.cell[(t->words_top + r) * all.cols], (size_t)a->cols * sizeof *all.cell);
	tui_canvas_finish(&all);
}

bool tui_words_update(struct tui *t, enum tui_action a)
{
	switch (a) {
	case TUI_DO_DOWN: t->words_top++; break;
	case TUI_DO_UP: t->words_top--; break;
	case TUI_DO_PAGE_DOWN: t->words_top += t->words_rows; break;
	case TUI_DO_PAGE_UP: t->words_top -= t->words_rows; break;
	case TUI_DO_HALF_DOWN: t->words_top += t->words_rows / 2; break;
	case TUI_DO_HALF_UP: t->words_top -= t->words_rows / 2; break;
	case TUI_DO_HOME: t->words_top = 0; break;
	case TUI_DO_END: t->words_top = WORDS_MAX; break;
	default: return false;
	}
	t->words_top = t->words_top < 0 ? 0 : t->words_top > WORDS_MAX ? WORDS_MAX : t->words_top;      /* drawing knows the end */
	return true;
}

/* tui_words - what the selection is, in words: field, value, where specified, what was expected. */
#include "tui_priv.h"

#include <inttypes.h>
#include <stdio.h>

struct words {
	struct tui_area a;
	int row, top;                      /* lines above top are scrolled away */
};

static void paragraph(struct words *w, enum tui_role role, const char *label, cq_slice text)
{
	int col = 0;

	if (!text.len)
		return;
	if (w->row - w->top >= 0 && label)
		col = tui_put(&w->a, w->row - w->top, 0, TUI_DIM, label);
	else if (label)
		col = tui_width(cq_slice_str(label));
	if (w->row - w->top >= 0)
		w->row = tui_wrap(&w->a, w->row - w->top, col, role, text) + w->top;
	else
		w->row += 1 + tui_width(text) / (w->a.cols > col ? w->a.cols - col : 1);
}

static void say(struct words *w, enum tui_role role, const char *label, const char *text)
{
	if (text)
		paragraph(w, role, label, cq_slice_str(text));
}

/* The finding that is nearest to the selected byte, in words. */
static void finding(struct tui *t, struct words *w)
{
	struct tui_sst *s = tui_now(t);

	for (size_t i = 0; i < s->findings.n; i++) {
		const struct tui_finding *f = &s->findings.at[i];
		char line[160];

		if (f->component != t->sel.component || f->space != t->sel.space || f->off == CQ_NO_OFFSET || t->sel.off < f->off
			|| t->sel.off - f->off >= (f->len ? f->len : 1))
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

void tui_words_draw(struct tui *t, const struct tui_area *a, bool focus)
{
	struct tui_sst *s = tui_now(t);
	struct words w = { .a = *a, .top = t->words_top };
	const struct cq_field_info *i;
	struct cq_buf text = {0};
	char line[200], versions[64];
	struct cq_node n;
	cq_nid there;

	(void)focus;
	finding(t, &w);
	if (!t->sel.id || !cq_doc_node(s->d, t->sel.id, &n) || n.component < 0) {
		say(&w, TUI_DIM, NULL, "The tree holds every byte of every file of this SSTable. Open a file with Enter; Tab goes to the bytes; ? helps.");
		return;
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
}

bool tui_words_update(struct tui *t, enum tui_action a)
{
	switch (a) {
	case TUI_DO_DOWN: t->words_top++; return true;
	case TUI_DO_UP: t->words_top -= t->words_top > 0; return true;
	case TUI_DO_HOME: t->words_top = 0; return true;
	default: return false;
	}
}

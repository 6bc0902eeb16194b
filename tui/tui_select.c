/* tui_select - the one selection that all panes share, and the trail of where it has been. */
#include "tui_priv.h"

#include <stdio.h>
#include <stdlib.h>

bool tui_set_has(const struct tui_set *s, cq_nid id)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->id[i] == id)
			return true;
	return false;
}

void tui_set_put(struct tui_set *s, cq_nid id, bool in)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->id[i] != id)
			continue;
		if (!in)
			s->id[i] = s->id[--s->n];
		return;
	}
	if (!in)
		return;
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		cq_nid *p = realloc(s->id, cap * sizeof *p);

		if (!p)
			return;                          /* shown closed: nothing else is lost */
		s->id = p;
		s->cap = cap;
	}
	s->id[s->n++] = id;
}

uint64_t tui_size(const struct tui_sst *s, int component, int space)
{
	struct cq_node n;
	cq_nid id = s->d ? cq_doc_component(s->d, component) : 0;

	if (component == CQ_C_DATA && space == CQ_SPACE_DECOMPRESSED)
		return s->t ? s->t->stream.len : 0;
	if (component >= 0 && component < CQ_C_KINDS && s->t && s->t->component[component])
		return s->t->component[component]->size;
	return id && cq_doc_node(s->d, id, &n) && n.len != CQ_NO_OFFSET ? n.len : 0;
}

bool tui_bytes(struct tui *t, int component, int space, uint64_t off, uint8_t *out, size_t n)
{
	struct tui_sst *s = tui_now(t);

	if (s && s->d && cq_doc_bytes(s->d, component, space, off, out, n, NULL) == CQ_OK)
		return true;
	memset(out, 0, n);
	return false;
}

const char *tui_component_name(const struct tui_sst *s, int component, char *out, size_t n)
{
	struct cq_node node;
	cq_nid id = s->d ? cq_doc_component(s->d, component) : 0;

	snprintf(out, n, "%s", "");
	if (id && cq_doc_node(s->d, id, &node) && node.name.p)
		snprintf(out, n, "%.*s", (int)node.name.len, (const char *)node.name.p);
	return out;
}

/* How a field's bytes are coloured. */
enum tui_role tui_role_of(unsigned field, unsigned flags)
{
	const struct cq_field_info *i = cq_field_info(field);

	if (flags & CQ_N_DAMAGED)
		return TUI_DAMAGE;
	if (flags & CQ_N_GAP)
		return TUI_GAP;
	if (strstr(i->id, "KEY") && (i->kind == CQ_K_BYTES || i->kind == CQ_K_VALUE))
		return TUI_KEY;
	switch (i->kind) {
	case CQ_K_FLAGS:
	case CQ_K_ENUM:
	case CQ_K_BOOL: return TUI_FLAGS;
	case CQ_K_MICROS:
	case CQ_K_MILLIS:
	case CQ_K_SECONDS:
	case CQ_K_DURATION: return TUI_TIME;
	case CQ_K_LENGTH: return TUI_LENGTH;
	case CQ_K_OFFSET: return TUI_LINK;
	case CQ_K_HEX: return TUI_CHECKSUM;
	case CQ_K_TEXT:
	case CQ_K_UUID:
	case CQ_K_VALUE:
	case CQ_K_BYTES: return TUI_TEXT;
	case CQ_K_PADDING: return TUI_PADDING;
	case CQ_K_UINT:
	case CQ_K_INT:
	case CQ_K_DOUBLE: return TUI_NUMBER;
	default: return TUI_NORMAL;
	}
}

/* A byte outside what the hex pane shows comes to a third of it. */
static void see_byte(struct tui *t)
{
	uint64_t row = (uint64_t)(t->hex_width ? t->hex_width : 16), rows = (uint64_t)(t->hex_rows ? t->hex_rows : 1);

	if (t->sel.off < t->hex_top || t->sel.off >= t->hex_top + row * rows)
		t->hex_top = t->sel.off / row * row > row * (rows / 3) ? t->sel.off / row * row - row * (rows / 3) : 0;
}

/* ---- the trail ---- */

static void note_where(struct tui *t)
{
	struct tui_sst *s = tui_now(t);
	struct tui_trail *at;
	struct cq_buf path = {0};

	if (!s || !s->d)
		return;
	if (t->trail_n == TUI_TRAIL) {
		memmove(t->trail, t->trail + 1, (TUI_TRAIL - 1) * sizeof *t->trail);
		t->trail_n--;
		if (t->trail_at)
			t->trail_at--;
	}
	if (t->trail_at < t->trail_n)
		t->trail_n = t->trail_at;                /* a new way from here: what was forward is gone */
	at = &t->trail[t->trail_n++];
	*at = (struct tui_trail){ .table = t->now, .at = t->sel };
	if (t->sel.id)
		cq_doc_path(s->d, t->sel.id, &path);
	snprintf(at->path, sizeof at->path, "%s", cq_buf_cstr(&path));
	cq_buf_finish(&path);
	t->trail_at = t->trail_n;
}

void tui_trail_go(struct tui *t, int by)
{
	struct tui_trail to;
	struct cq_node n;
	cq_nid id;

	if (by < 0 ? !t->trail_at : t->trail_at + 1 >= t->trail_n) {
		tui_say(t, TUI_DIM, by < 0 ? "this is where you began" : "nothing is further on");
		return;
	}
	if (by < 0 && t->trail_at == t->trail_n) {
		note_where(t);                           /* so that forward leads back here */
		t->trail_at--;
	}
	if (by < 0 && !t->trail_at)
		return;
	t->trail_at = by < 0 ? t->trail_at - 1 : t->trail_at + 1;
	to = t->trail[t->trail_at];
	if (!tui_enter(t, to.table))
		return;
	tui_push(t, TUI_SCREEN_BROWSE);
	if (to.path[0] && cq_doc_get(tui_now(t)->d, to.path, &id, NULL) == CQ_OK && cq_doc_node(tui_now(t)->d, id, &n)
		&& (to.at.component < 0 || (n.component == to.at.component && n.space == to.at.space))) {
		tui_select(t, id, false);
		if (to.at.component < 0 || n.off == CQ_NO_OFFSET || to.at.off < n.off || (n.len != CQ_NO_OFFSET && to.at.off - n.off >= n.len))
			return;
		t->sel.off = to.at.off;                  /* the same byte of the same object, not the first thing in it */
		see_byte(t);
	} else if (to.at.component >= 0) {
		tui_select_byte(t, to.at.component, to.at.space, to.at.off, false);
	}
}

/* ---- selecting ---- */

enum { NODES_MANY = 400000 };

/* What has been looked at is forgotten when it is a lot; the place stays. */
static void tidy(struct tui *t)
{
	struct tui_sst *s = tui_now(t);

	if (cq_doc_nodes(s->d) < NODES_MANY)
		return;
	for (cq_nid c = cq_doc_first(s->d, cq_doc_root(s->d)); c; c = cq_doc_next(s->d, c))
		cq_doc_forget(s->d, c);
	s->open.n = 0;
	s->top = 0;
	t->sel.id = 0;
}

void tui_select(struct tui *t, cq_nid id, bool remember)
{
	struct tui_sst *s = tui_now(t);
	struct cq_node n;

	if (!s || !s->d || !cq_doc_node(s->d, id, &n))
		return;
	if (remember)
		note_where(t);
	if (n.component != t->sel.component || n.space != t->sel.space)
		t->hex_top = 0;
	t->sel = (struct tui_place){ .component = n.component, .space = n.space, .off = n.component >= 0 ? n.off : 0, .id = id };
	t->words_top = 0;
	tui_tree_reveal(t, id);
	see_byte(t);
}

bool tui_select_byte(struct tui *t, int component, int space, uint64_t off, bool remember)
{
	struct tui_sst *s = tui_now(t);
	struct cq_error err = {0};
	cq_nid id = 0;
	int rc;

	if (!s || !s->d)
		return false;
	if (remember)
		note_where(t);
	tidy(t);
	rc = cq_doc_at(s->d, component, space, off, &id, &err);
	if (rc < 0) {
		tui_say(t, TUI_DAMAGE, "%s", err.msg);
		id = 0;
	}
	if (component != t->sel.component || space != t->sel.space)
		t->hex_top = 0;
	t->sel = (struct tui_place){ component, space, off, id ? id : cq_doc_component(s->d, component) };
	t->words_top = 0;
	tui_tree_reveal(t, t->sel.id);
	see_byte(t);
	return id != 0;
}

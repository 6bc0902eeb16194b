/* tui_tree - the object tree: units open as they are shown open, pages as the cursor comes to them. */
#include "tui_priv.h"

#include <stdio.h>

static struct cq_doc *doc(struct tui *t)
{
	return tui_now(t)->d;
}

static bool is_open(struct tui *t, cq_nid id)
{
	return id == cq_doc_root(doc(t)) || tui_set_has(&tui_now(t)->open, id);
}

static bool is_page(struct tui *t, cq_nid id)
{
	struct cq_node n;

	return cq_doc_node(doc(t), id, &n) && n.flags & CQ_N_PAGE;
}

static bool opens(struct tui *t, cq_nid id)
{
	struct cq_node n;

	return cq_doc_node(doc(t), id, &n) && (n.flags & CQ_N_LAZY || cq_doc_first(doc(t), id));
}

static bool open_node(struct tui *t, cq_nid id)
{
	struct cq_error err = {0};

	if (cq_doc_expand(doc(t), id, &err) < 0) {
		tui_say(t, TUI_DAMAGE, "%s", err.msg);
		return false;
	}
	tui_set_put(&tui_now(t)->open, id, true);
	return true;
}

/* The line below a line; 0 at the end. */
static cq_nid below(struct tui *t, cq_nid id)
{
	cq_nid c = is_open(t, id) ? cq_doc_first(doc(t), id) : 0;

	if (c)
		return c;
	for (; id && id != cq_doc_root(doc(t)); id = cq_doc_parent(doc(t), id))
		if ((c = cq_doc_next(doc(t), id)))
			return c;
	return 0;
}

static cq_nid last_child(struct tui *t, cq_nid id)
{
	cq_nid last = 0;

	for (cq_nid c = cq_doc_first(doc(t), id); c; c = cq_doc_next(doc(t), c))
		last = c;
	return last;
}

/* The line above a line; 0 at the beginning (the root is no line). */
static cq_nid above(struct tui *t, cq_nid id)
{
	cq_nid parent = cq_doc_parent(doc(t), id), before = 0, last;

	for (cq_nid c = cq_doc_first(doc(t), parent); c && c != id; c = cq_doc_next(doc(t), c))
		before = c;
	if (!before)
		return parent == cq_doc_root(doc(t)) ? 0 : parent;
	while (is_open(t, before) && (last = last_child(t, before)))
		before = last;
	return before;
}

void tui_tree_reveal(struct tui *t, cq_nid id)
{
	for (cq_nid p = cq_doc_parent(doc(t), id); p && p != cq_doc_root(doc(t)); p = cq_doc_parent(doc(t), p))
		tui_set_put(&tui_now(t)->open, p, true);
}

static int depth_of(struct tui *t, cq_nid id)
{
	int depth = 0;

	for (cq_nid p = cq_doc_parent(doc(t), id); p && p != cq_doc_root(doc(t)); p = cq_doc_parent(doc(t), p))
		depth += !is_page(t, p);
	return depth;
}

/* Which line the tree begins with, so that the cursor is on the screen. */
static void fit(struct tui *t, int rows)
{
	struct tui_sst *s = tui_now(t);
	struct cq_node n;
	cq_nid at, cursor = t->sel.id ? t->sel.id : cq_doc_first(s->d, cq_doc_root(s->d));

	if (!s->top || !cq_doc_node(s->d, s->top, &n))
		s->top = cq_doc_first(s->d, cq_doc_root(s->d));
	for (at = s->top; at && rows > 0; at = below(t, at), rows--)
		if (at == cursor)
			return;
	/* Above, or further down than a screen: a third of the screen stays above it. */
	at = cursor;
	for (int i = t->tree_rows / 3; i > 0; i--) {
		cq_nid up = above(t, at);

		if (!up)
			break;
		at = up;
	}
	s->top = at;
}

static void line(struct tui *t, const struct tui_area *a, int row, cq_nid id, bool selected)
{
	struct cq_doc *d = doc(t);
	struct cq_buf text = {0};
	struct cq_node n;
	int col = depth_of(t, id) * 2, limit = a->cols / 2;
	enum tui_role role;
	bool bad;

	if (!cq_doc_node(d, id, &n))
		return;
	if (col > limit)
		col = limit;
	bad = n.flags & (CQ_N_DAMAGED | CQ_N_GAP);
	role = bad ? TUI_DAMAGE : n.flags & CQ_N_DAMAGE_BELOW ? TUI_WARNING : TUI_NAME;
	tui_put(a, row, col, TUI_DIM, opens(t, id) ? is_open(t, id) ? "\u25be" : "\u25b8" : " ");
	col += 2;
	if (bad || n.flags & CQ_N_DAMAGE_BELOW)
		col = tui_put(a, row, col, TUI_DAMAGE, bad ? "! " : "~ ");
	if (n.flags & CQ_N_PAGE) {
		col = tui_put(a, row, col, TUI_DIM, "\u2026 more");
	} else {
		cq_doc_label(d, id, &text);
		col = tui_put_slice(a, row, col, role, selected ? TUI_STRONG : 0, cq_buf_bytes(&text));
	}
	if (n.name.p && n.index != CQ_NO_INDEX) {
		col = tui_put(a, row, col, TUI_NORMAL, " ");
		col = tui_put_slice(a, row, col, TUI_KEY, 0, n.name);
	}
	if (n.flags & (CQ_N_NUMBER | CQ_N_BYTES)) {
		cq_buf_clear(&text);
		cq_doc_print(d, id, &text, 0);
		col = tui_put(a, row, col, TUI_DIM, ": ");
		col = tui_put_slice(a, row, col, tui_role_of(n.field, n.flags), 0, cq_buf_bytes(&text));
	}
	for (size_t k = 0; col < a->cols && cq_doc_note(d, id, k).p; k++) {
		col = tui_put(a, row, col, TUI_DIM, "  # ");
		col = tui_put_slice(a, row, col, TUI_NOTE, 0, cq_doc_note(d, id, k));
	}
	cq_buf_finish(&text);
	if (selected)
		tui_mark(a, row, 0, a->cols, TUI_SELECTED);
}

void tui_tree_draw(struct tui *t, const struct tui_area *a, bool focus)
{
	int row = 0;

	(void)focus;
	t->tree_rows = a->rows;
	fit(t, a->rows);
	for (cq_nid id = tui_now(t)->top; id && row < a->rows; id = below(t, id))
		line(t, a, row++, id, id == t->sel.id);
}

/* Move the cursor by lines; pages that it comes to open. */
static void move(struct tui *t, int by)
{
	cq_nid at = t->sel.id ? t->sel.id : cq_doc_first(doc(t), cq_doc_root(doc(t))), stand = at;

	while (by) {
		cq_nid to = by > 0 ? below(t, at) : above(t, at);

		if (!to)
			break;
		at = to;
		if (is_page(t, at) && by > 0) {
			if (!is_open(t, at) && !open_node(t, at))
				break;
			continue;                        /* a page is no place to stand on */
		}
		if (is_page(t, at))
			continue;
		stand = at;
		by += by > 0 ? -1 : 1;
	}
	if (stand)
		tui_select(t, stand, false);
}

static void edge(struct tui *t, bool last)
{
	cq_nid at = cq_doc_first(doc(t), cq_doc_root(doc(t)));

	for (cq_nid c; last && (c = last_child(t, at ? cq_doc_parent(doc(t), at) : 0)) && c != at;)
		at = c;
	while (last && is_open(t, at) && last_child(t, at))
		at = last_child(t, at);
	while (at && is_page(t, at))                     /* what is behind it was not read yet, and may be a lot */
		at = above(t, at);
	tui_select(t, at, true);
}

bool tui_tree_update(struct tui *t, enum tui_action a)
{
	cq_nid id = t->sel.id, parent;

	switch (a) {
	case TUI_DO_DOWN: move(t, 1); return true;
	case TUI_DO_UP: move(t, -1); return true;
	case TUI_DO_PAGE_DOWN: move(t, t->tree_rows); return true;
	case TUI_DO_PAGE_UP: move(t, -t->tree_rows); return true;
	case TUI_DO_HALF_DOWN: move(t, t->tree_rows / 2); return true;
	case TUI_DO_HALF_UP: move(t, -t->tree_rows / 2); return true;
	case TUI_DO_HOME: edge(t, false); return true;
	case TUI_DO_END: edge(t, true); return true;
	case TUI_DO_OPEN:
		if (id && is_open(t, id))
			tui_set_put(&tui_now(t)->open, id, false);
		else if (id && opens(t, id))
			open_node(t, id);
		return true;
	case TUI_DO_RIGHT:
		if (id && opens(t, id) && !is_open(t, id))
			open_node(t, id);
		else
			move(t, 1);
		return true;
	case TUI_DO_LEFT:
		if (id && is_open(t, id)) {
			tui_set_put(&tui_now(t)->open, id, false);
			return true;
		}
		for (parent = id ? cq_doc_parent(doc(t), id) : 0; parent && is_page(t, parent);)
			parent = cq_doc_parent(doc(t), parent);
		if (parent && parent != cq_doc_root(doc(t)))
			tui_select(t, parent, false);
		return true;
	default: return false;
	}
}

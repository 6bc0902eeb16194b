/* tui_app - the state of the workbench, what keys do to it, and the frame around the views. */
#include "tui_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_txnlog.h"

static const struct tui_view *const views[TUI_SCREENS] = {
	[TUI_SCREEN_TABLES] = &tui_view_tables, [TUI_SCREEN_OVERVIEW] = &tui_view_overview, [TUI_SCREEN_BROWSE] = &tui_view_browse,
	[TUI_SCREEN_FINDINGS] = &tui_view_findings, [TUI_SCREEN_CHUNKS] = &tui_view_chunks, [TUI_SCREEN_MARKS] = &tui_view_marks,
	[TUI_SCREEN_HELP] = &tui_view_help,
};

enum { ROWS_MIN = 10, COLS_MIN = 40 };

/* ---- saying and asking ---- */

void tui_say(struct tui *t, enum tui_role role, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->message, sizeof t->message, fmt, ap);
	va_end(ap);
	t->message_role = role;
}

void tui_ask(struct tui *t, enum tui_action a, const char *prompt, const char *text)
{
	t->typing = true;
	t->asked = a;
	t->history_at = t->nhistory;
	snprintf(t->prompt, sizeof t->prompt, "%s", prompt);
	snprintf(t->input, sizeof t->input, "%s", text);
}

/* ---- lists ---- */

bool tui_list_move(struct tui_list *l, enum tui_action a)
{
	size_t page = l->rows > 1 ? (size_t)l->rows : 1, last = l->n ? l->n - 1 : 0;

	switch (a) {
	case TUI_DO_DOWN: l->cursor += l->cursor < last; break;
	case TUI_DO_UP: l->cursor -= l->cursor > 0; break;
	case TUI_DO_PAGE_DOWN: l->cursor = last - l->cursor < page ? last : l->cursor + page; break;
	case TUI_DO_PAGE_UP: l->cursor = l->cursor < page ? 0 : l->cursor - page; break;
	case TUI_DO_HALF_DOWN: l->cursor = last - l->cursor < page / 2 ? last : l->cursor + page / 2; break;
	case TUI_DO_HALF_UP: l->cursor = l->cursor < page / 2 ? 0 : l->cursor - page / 2; break;
	case TUI_DO_HOME: l->cursor = 0; break;
	case TUI_DO_END: l->cursor = last; break;
	default: return false;
	}
	return true;
}

void tui_list_fit(struct tui_list *l, size_t n, int rows)
{
	size_t page = rows > 0 ? (size_t)rows : 1;

	l->n = n;
	l->rows = rows;
	if (l->cursor >= n)
		l->cursor = n ? n - 1 : 0;
	if (l->cursor < l->top)
		l->top = l->cursor;
	if (l->cursor >= l->top + page)
		l->top = l->cursor - page + 1;
}

/* ---- screens ---- */

void tui_push(struct tui *t, enum tui_screen s)
{
	if (t->stack[t->depth] == s)
		return;
	for (size_t i = 0; i < t->depth; i++)            /* one that is there already comes to the front */
		if (t->stack[i] == s) {
			memmove(t->stack + i, t->stack + i + 1, (t->depth - i) * sizeof *t->stack);
			t->depth--;
			break;
		}
	if (t->depth + 1 < TUI_STACK)
		t->depth++;
	t->stack[t->depth] = s;
}

static void pop(struct tui *t)
{
	if (t->depth)
		t->depth--;
	else
		t->done = true;
}

static const struct tui_view *view(const struct tui *t)
{
	return views[t->stack[t->depth]];
}

/* ---- SSTables ---- */

static int open_sst(struct tui *t, struct tui_sst *s)
{
	struct cq_open_options o = { .metadata_only = true, .inspect = true };
	struct cq_error err = {0};
	int rc = CQ_OK;

	if (t->opt.schema_of)
		rc = t->opt.schema_of(t->opt.arg, s->entry->data_path, &o.schema, &err);
	if (rc == CQ_OK)
		rc = cq_table_open(&s->t, s->entry->data_path, &o, &err);
	if (rc == CQ_OK)
		rc = cq_table_doc(s->t, &s->d, &err);
	if (rc != CQ_OK) {
		cq_error_text(&err, s->why, sizeof s->why);
		cq_table_close(s->t);
		s->t = NULL;
	}
	return rc;
}

void tui_turn(struct tui *t, size_t sst)
{
	if (t->now == sst)
		return;
	t->now = sst;
	t->sel = (struct tui_place){ .component = -1 };
	t->hex_top = t->chunk = 0;
	t->overview = t->findings = (struct tui_list){0};
}

bool tui_enter(struct tui *t, size_t sst)
{
	struct tui_sst *s;

	if (sst >= t->nsst)
		return false;
	s = &t->sst[sst];
	if (!s->d && open_sst(t, s) != CQ_OK) {
		tui_say(t, TUI_DAMAGE, "%s", s->why);
		return false;
	}
	tui_turn(t, sst);
	if (!t->sel.id) {
		t->hex_top = 0;
		tui_select(t, cq_doc_first(s->d, cq_doc_root(s->d)), false);
	}
	return true;
}

struct tui_sst *tui_opened(struct tui *t)
{
	return tui_enter(t, t->now) ? tui_now(t) : NULL;
}

static int add_path(struct tui *t, const char *path, struct cq_desc_list *list, struct cq_error *err)
{
	struct cq_txn_logs logs = {0};
	int rc = cq_desc_list(path, list, err);

	if (rc == CQ_OK)
		rc = cq_txn_state(list, &logs, err);
	if (rc == CQ_OK) {
		struct tui_sst *p = realloc(t->sst, (t->nsst + list->ntables) * sizeof *p);
		size_t *order = p ? realloc(t->order, (t->nsst + list->ntables) * sizeof *order) : NULL;

		if (p)
			t->sst = p;
		if (!order)
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
		t->order = order;
		for (size_t i = 0; i < list->ntables; i++, t->nsst++) {
			t->order[t->nsst] = t->nsst;
			t->sst[t->nsst] = (struct tui_sst){ .entry = &list->tables[i] };
		}
	}
	return rc;
}

int tui_open(struct tui **out, const struct tui_options *opt, struct cq_error *err)
{
	struct tui *t = calloc(1, sizeof *t);
	size_t n = 0;
	int rc = CQ_OK;

	if (!t)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	t->opt = *opt;
	t->sel.component = -1;
	tui_keymap_init(&t->keys);
	while (opt->paths[n])
		n++;
	t->lists = calloc(n ? n : 1, sizeof *t->lists);
	if (!t->lists)
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	for (; rc == CQ_OK && t->nlists < n; t->nlists++)
		rc = add_path(t, opt->paths[t->nlists], &t->lists[t->nlists], err);
	if (rc == CQ_OK)
		rc = tui_config_load(t, err);
	if (rc != CQ_OK) {
		t->nlists += t->nlists < n;              /* the list that failed wants to be finished, too */
		tui_close(t);
		return rc;
	}
	if (!t->nsst) {
		tui_close(t);
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s: no SSTable there", n ? opt->paths[0] : "");
	}
	tui_marks_load(t);
	t->stack[0] = TUI_SCREEN_TABLES;
	if (t->nsst == 1) {
		t->stack[0] = TUI_SCREEN_OVERVIEW;
		if (tui_enter(t, 0) && cq_table_doc_file(t->sst[0].d, t->sst[0].t, opt->paths[0])) {
			t->stack[0] = TUI_SCREEN_BROWSE;         /* a file was named: that is what is looked at */
			tui_select(t, cq_table_doc_file(t->sst[0].d, t->sst[0].t, opt->paths[0]), false);
		}
	}
	*out = t;
	return CQ_OK;
}

void tui_close(struct tui *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nsst; i++) {
		tui_job_close(t->sst[i].job);
		cq_doc_close(t->sst[i].d);
		cq_table_close(t->sst[i].t);
		cq_arena_finish(&t->sst[i].findings.arena);
		free(t->sst[i].findings.at);
		free(t->sst[i].findings.unmeasured);
		free(t->sst[i].open.id);
	}
	for (size_t i = 0; i < t->nlists; i++)
		cq_desc_list_finish(&t->lists[i]);
	free(t->lists);
	free(t->sst);
	free(t->order);
	free(t->marks);
	free(t);
}

/* ---- work in the background ---- */

bool tui_poll(struct tui *t)
{
	bool news = false;

	for (size_t i = 0; i < t->nsst; i++) {
		struct tui_sst *s = &t->sst[i];

		if (s->job && s->state == TUI_JOB_RUNNING)
			news |= tui_job_take(s->job, &s->findings, &s->state, &s->done, &s->total, s->job_why, sizeof s->job_why);
	}
	return news;
}

bool tui_busy(const struct tui *t)
{
	for (size_t i = 0; i < t->nsst; i++)
		if (t->sst[i].state == TUI_JOB_RUNNING)
			return true;
	return false;
}

bool tui_done(const struct tui *t)
{
	return t->done;
}

/* ---- actions ---- */

static void command(struct tui *t, const char *line)
{
	size_t n;
	enum tui_action a;

	while (*line == ' ')
		line++;
	n = strcspn(line, " ");
	if (!n)
		return;
	if (line[0] >= '0' && line[0] <= '9') {          /* an offset alone */
		tui_do(t, TUI_DO_GOTO, line);
		return;
	}
	a = tui_action_named(line, n);
	if (a == TUI_NONE) {
		tui_say(t, TUI_WARNING, "no command %.*s, or several that begin so", (int)n, line);
		return;
	}
	for (line += n; *line == ' ';)
		line++;
	tui_do(t, a, line);
}

static void stop(struct tui *t)
{
	struct tui_sst *s = tui_now(t);

	if (s && s->state == TUI_JOB_RUNNING)
		tui_job_stop(s->job);
	else if (t->depth)
		pop(t);
}

/* Also of a table that cannot be opened: the detector says what is wrong with it. What was stopped begins anew. */
static void start_check(struct tui *t)
{
	struct tui_sst *s = tui_now(t);
	struct cq_error err = {0};

	tui_push(t, TUI_SCREEN_FINDINGS);
	if (!s || s->state == TUI_JOB_RUNNING || s->state == TUI_JOB_DONE)
		return;
	tui_job_close(s->job);
	s->job = NULL;
	s->findings.n = s->findings.nunmeasured = 0;
	cq_arena_reset(&s->findings.arena);
	s->done = s->total = 0;
	if (tui_job_start(&s->job, s->entry->data_path, &t->opt, &err) == CQ_OK)
		s->state = TUI_JOB_RUNNING;
	else {
		s->state = TUI_JOB_FAILED;
		snprintf(s->job_why, sizeof s->job_why, "%s", err.msg);
	}
}

static bool general(struct tui *t, enum tui_action a, const char *arg)
{
	switch (a) {
	case TUI_DO_COMMAND:
		if (*arg)
			command(t, arg);
		else
			tui_ask(t, a, ":", "");
		return true;
	case TUI_DO_TABLES: tui_push(t, TUI_SCREEN_TABLES); return true;
	case TUI_DO_OVERVIEW:
		if (tui_opened(t))
			tui_push(t, TUI_SCREEN_OVERVIEW);
		return true;
	case TUI_DO_BROWSE:
		if (tui_opened(t))
			tui_push(t, TUI_SCREEN_BROWSE);
		return true;
	case TUI_DO_FINDINGS: start_check(t); return true;
	case TUI_DO_CHUNKS:
		if (tui_opened(t)) {
			tui_push(t, TUI_SCREEN_CHUNKS);
			tui_chunk_here(t);
		}
		return true;
	case TUI_DO_MARKS: tui_push(t, TUI_SCREEN_MARKS); return true;
	case TUI_DO_HELP: tui_push(t, TUI_SCREEN_HELP); return true;
	case TUI_DO_STOP: stop(t); return true;
	case TUI_DO_CLOSE: pop(t); return true;
	case TUI_DO_QUIT: t->done = true; return true;
	case TUI_DO_BACK:
	case TUI_DO_FORWARD:
		if (tui_opened(t))
			tui_trail_go(t, a == TUI_DO_BACK ? -1 : 1);
		return true;
	default: return tui_go(t, a, arg);
	}
}

void tui_do(struct tui *t, enum tui_action a, const char *arg)
{
	if (a == TUI_NONE || a == TUI_DO_REDRAW)
		return;
	t->message[0] = 0;
	if (!arg)
		arg = "";
	if (!view(t)->update(t, a, arg))
		general(t, a, arg);
}

/* ---- the line at the bottom ---- */

static void remember_input(struct tui *t)
{
	enum { KEPT = sizeof t->history / sizeof t->history[0] };

	if (!t->input[0])
		return;
	if (t->nhistory == KEPT) {
		memmove(t->history, t->history + 1, sizeof t->history - sizeof t->history[0]);
		t->nhistory--;
	}
	snprintf(t->history[t->nhistory++], TUI_INPUT, "%s", t->input);
}

/* Tab: the command that goes on from what is typed. */
static void complete_input(struct tui *t)
{
	size_t n = strlen(t->input), common = 0;
	const char *first = NULL;

	if (t->asked != TUI_DO_COMMAND || strchr(t->input, ' '))
		return;
	for (unsigned a = 1; a < TUI_ACTION_COUNT; a++) {
		const char *name = tui_action_info((enum tui_action)a)->name;
		size_t k = 0;

		if (strncmp(name, t->input, n) != 0)
			continue;
		if (!first) {
			first = name;
			common = strlen(name);
			continue;
		}
		while (k < common && first[k] == name[k])
			k++;
		common = k;
	}
	if (first)
		snprintf(t->input, sizeof t->input, "%.*s", (int)common, first);
}

static void type(struct tui *t, const char *key)
{
	size_t n = strlen(t->input);

	if (strcmp(key, "enter") == 0) {
		char line[TUI_INPUT];

		snprintf(line, sizeof line, "%s", t->input);
		remember_input(t);
		t->typing = false;
		if (line[0])
			tui_do(t, t->asked, line);
	} else if (strcmp(key, "escape") == 0 || strcmp(key, "ctrl-c") == 0) {
		t->typing = false;
	} else if (strcmp(key, "backspace") == 0) {
		if (!n)
			t->typing = false;
		while (n && ((uint8_t)t->input[--n] & 0xc0) == 0x80)
			;
		t->input[n] = 0;
	} else if (strcmp(key, "ctrl-u") == 0) {
		t->input[0] = 0;
	} else if (strcmp(key, "tab") == 0) {
		complete_input(t);
	} else if (strcmp(key, "up") == 0 || strcmp(key, "down") == 0) {
		if (key[0] == 'u' ? t->history_at > 0 : t->history_at + 1 < t->nhistory) {
			t->history_at += key[0] == 'u' ? (size_t)-1 : 1;
			snprintf(t->input, sizeof t->input, "%s", t->history[t->history_at]);
		}
	} else if (strcmp(key, "space") == 0 || !key[1] || (uint8_t)key[0] >= 0x80) {
		if (n + strlen(key) < sizeof t->input)
			strcat(t->input, strcmp(key, "space") == 0 ? " " : key);
	}
}

void tui_key(struct tui *t, const char *key)
{
	if (!*key)
		return;
	if (t->typing) {
		type(t, key);
		return;
	}
	tui_do(t, tui_keymap_find(&t->keys, key), NULL);
}

/* ---- drawing ---- */

static void head(struct tui *t, const struct tui_area *a)
{
	struct tui_sst *s = tui_now(t);
	char right[32] = "";
	int col = 0;

	tui_fill(a, 0, 0, a->cols, TUI_BAR, 0);
	col = tui_put(a, 0, col, TUI_BAR, " cqlite ");
	col = tui_printf(a, 0, col, TUI_TITLE, " %s ", view(t)->name);
	if (s && s->t && t->stack[t->depth] != TUI_SCREEN_TABLES) {
		col = tui_printf(a, 0, col, TUI_BAR, " %.*s", (int)s->t->desc.base.len, (const char *)s->t->desc.base.p);
		if (s->t->desc.place.table.p)
			col = tui_printf(a, 0, col, TUI_BAR, "  %.*s.%.*s", (int)s->t->desc.place.keyspace.len,
				(const char *)s->t->desc.place.keyspace.p, (int)s->t->desc.place.table.len, (const char *)s->t->desc.place.table.p);
	}
	if (s && s->state == TUI_JOB_RUNNING)
		snprintf(right, sizeof right, "  checking %3d %% ", s->total ? (int)(s->done * 100 / s->total) : 0);
	else if (s && s->state == TUI_JOB_DONE)
		snprintf(right, sizeof right, "  %zu finding%s ", s->findings.n, s->findings.n == 1 ? "" : "s");
	else if (s && s->state != TUI_JOB_NONE)
		snprintf(right, sizeof right, "  check %s ", s->state == TUI_JOB_STOPPED ? "stopped" : "failed");
	if (t->stack[t->depth] != TUI_SCREEN_TABLES)
		tui_put(a, 0, a->cols - (int)strlen(right), TUI_BAR, right);
}

static int hint_width(const struct tui *t, enum tui_action h)
{
	const char *key = tui_keymap_key(&t->keys, h);

	return *key ? tui_width(cq_slice_str(key)) + (int)strlen(tui_action_info(h)->name) + 3 : 0;
}

/* What was said, over as many lines as it takes, up to three. */
static void said(const struct tui *t, const struct tui_area *a)
{
	cq_slice text = cq_slice_str(t->message);
	int rows = 1 + tui_width(text) / a->cols;
	struct tui_area at;

	rows = rows > 3 ? 3 : rows;
	rows = rows > 1 && tui_width(text) + 8 * (rows - 1) > rows * a->cols && rows < 3 ? rows + 1 : rows;        /* lines break at blanks */
	at = tui_area_part(a, a->rows - 1 - rows, 0, rows, -1);
	for (int r = 0; r < rows; r++)
		tui_fill(&at, r, 0, at.cols, TUI_NORMAL, 0);
	tui_wrap(&at, 0, 0, t->message_role, text);
}

static void foot(struct tui *t, const struct tui_area *a)
{
	const enum tui_action *h = view(t)->hints, *tail = h;
	int row = a->rows - 1, col = 0, kept = 0;

	if (t->typing) {
		cq_slice text = cq_slice_str(t->input);

		col = tui_put(a, row, 0, TUI_PROMPT, t->prompt);
		while (text.len && col + tui_width(text) >= a->cols) {  /* the end of what is typed is what one wants to see */
			do {
				text.p++;
				text.len--;
			} while (text.len && (*text.p & 0xc0) == 0x80);
		}
		col = tui_put_slice(a, row, col, TUI_NORMAL, 0, text);
		a->k->cursor_row = row;
		a->k->cursor_col = col < a->cols ? col : a->cols - 1;
		return;
	}
	/* The last two, help and the way out, are always there; of the others those that fit. */
	while (*tail != TUI_NONE)
		tail++;
	tail -= tail - h >= 2 ? 2 : tail - h;
	for (const enum tui_action *p = tail; *p != TUI_NONE; p++)
		kept += hint_width(t, *p);
	for (; *h != TUI_NONE; h++) {
		const char *key = tui_keymap_key(&t->keys, *h);

		if (!*key || (h < tail && col + hint_width(t, *h) + kept > a->cols + 2))
			continue;
		col = tui_put(a, row, col, TUI_HOTKEY, key);
		col = tui_printf(a, row, col, TUI_HINT, " %s  ", tui_action_info(*h)->name);
	}
}

void tui_draw(struct tui *t, struct tui_canvas *k)
{
	struct tui_area a = tui_canvas_area(k), body;

	tui_canvas_clear(k);
	if (k->rows < ROWS_MIN || k->cols < COLS_MIN) {
		tui_printf(&a, 0, 0, TUI_NORMAL, "%dx%d: needs %dx%d", k->cols, k->rows, COLS_MIN, ROWS_MIN);
		return;
	}
	head(t, &a);
	body = tui_area_part(&a, 1, 0, a.rows - 3, -1);
	view(t)->draw(t, &body);
	if (t->message[0])
		said(t, &a);
	foot(t, &a);
}

/* tui_go - going to an offset, a key, a token, a path, along a link, to a match, to a finding. */
#include "tui_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void to_offset(struct tui *t, const char *text)
{
	struct tui_sst *s = tui_opened(t);
	int component = t->sel.component < 0 ? CQ_C_DATA : t->sel.component;
	int space = t->sel.component < 0 && s && s->t->stream.chunks ? CQ_SPACE_DECOMPRESSED : t->sel.component < 0 ? CQ_SPACE_RAW : t->sel.space;
	unsigned long long off;
	char *end;

	if (!s)
		return;
	errno = 0;
	off = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		tui_say(t, TUI_WARNING, "%s is no offset; 499 or 0x1f3 is one", text);
	else if (off >= tui_size(s, component, space))
		tui_say(t, TUI_WARNING, "the file ends at 0x%" PRIx64, tui_size(s, component, space));
	else {
		tui_push(t, TUI_SCREEN_BROWSE);
		tui_select_byte(t, component, space, off, true);
	}
}

static int data_space(const struct tui_sst *s)
{
	return s->t->stream.chunks ? CQ_SPACE_DECOMPRESSED : CQ_SPACE_RAW;
}

/* To the partition that a look-up finds. */
static void look_up(struct tui *t, const char *text, bool token)
{
	struct tui_sst *s = tui_opened(t);
	struct cq_buf bytes = {0};
	struct cq_lookup *l = NULL;
	struct cq_position pos;
	struct cq_error err = {0};
	struct cq_token tk;
	int rc;

	if (!s)
		return;
	if (s->t->no_rows) {
		tui_say(t, TUI_DAMAGE, "%s", s->t->no_rows);
		return;
	}
	rc = cq_lookup_open(&l, s->t, &err);
	if (rc == CQ_OK)
		rc = token ? cq_token_parse(&s->t->partitioner, text, &bytes, &tk, &err) : cq_table_parse_key(s->t, text, &bytes, &err);
	if (rc == CQ_OK)
		rc = token ? cq_lookup_token(l, &tk, true, &pos, &err) : cq_lookup_key(l, cq_buf_bytes(&bytes), &pos, &err);
	if (rc == CQ_OK) {
		tui_push(t, TUI_SCREEN_BROWSE);
		tui_select_byte(t, CQ_C_DATA, data_space(s), pos.data_off, true);
	} else {
		tui_say(t, TUI_WARNING, "%s", rc == CQ_NOT_FOUND ? "no such key in this SSTable" : rc == CQ_END ? "no partition there or behind" : err.msg);
	}
	cq_lookup_close(l);
	cq_buf_finish(&bytes);
}

static void to_path(struct tui *t, const char *path)
{
	struct tui_sst *s = tui_opened(t);
	struct cq_error err = {0};
	cq_nid id, file;

	if (!s)
		return;
	file = t->sel.component >= 0 ? cq_doc_component(s->d, t->sel.component) : 0;
	if (cq_doc_get(s->d, path, &id, &err) != CQ_OK && (!file || cq_doc_get_from(s->d, file, path, &id, NULL) != CQ_OK)) {
		tui_say(t, TUI_WARNING, "%s", err.msg);
		return;
	}
	tui_push(t, TUI_SCREEN_BROWSE);
	tui_select(t, id, true);
}

static void follow(struct tui *t)
{
	struct tui_sst *s = tui_opened(t);
	struct cq_error err = {0};
	cq_nid to;
	int rc;

	if (!s || !t->sel.id)
		return;
	rc = cq_table_link(s->t, s->d, t->sel.id, &to, &err);
	if (rc == CQ_OK)
		tui_select(t, to, true);
	else
		tui_say(t, rc < 0 ? TUI_DAMAGE : TUI_DIM, "%s", rc < 0 ? err.msg : "this leads nowhere else");
}

/* ---- searching bytes ---- */

enum { SEARCH_BLOCK = 65536, SEARCH_MAX = 256 << 20 };

static size_t pattern(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;

	if (strncmp(text, "x:", 2) != 0) {
		n = strlen(text) < cap ? strlen(text) : cap;
		memcpy(out, text, n);
		return n;
	}
	for (text += 2; *text; text++) {
		unsigned v;

		if (*text == ' ')
			continue;
		if (n == cap || sscanf(text, "%2x", &v) != 1 || !text[1])
			return 0;
		out[n++] = (uint8_t)v;
		text++;
	}
	return n;
}

/* The next place behind (or before) the cursor in the file that is looked at. */
static void search(struct tui *t, bool forward)
{
	struct tui_sst *s = tui_opened(t);
	static uint8_t block[SEARCH_BLOCK + TUI_INPUT];
	uint8_t what[TUI_INPUT];
	size_t n = pattern(t->search, what, sizeof what);
	int component, space;
	uint64_t size, done = 0, at;

	if (!s)
		return;
	if (!n) {
		tui_say(t, TUI_WARNING, "search for text, or for bytes as x:0aff");
		return;
	}
	component = t->sel.component < 0 ? CQ_C_DATA : t->sel.component;
	space = t->sel.component < 0 ? data_space(s) : t->sel.space;
	size = tui_size(s, component, space);
	at = t->sel.component < 0 ? 0 : forward ? t->sel.off + 1 : t->sel.off;
	while (done < SEARCH_MAX) {
		uint64_t from = forward ? at : at > SEARCH_BLOCK ? at - SEARCH_BLOCK : 0;
		uint64_t len = forward ? size - (at < size ? at : size) : at - from + n - 1;

		if (from + len > size)
			len = size - from;
		if (len > SEARCH_BLOCK + n - 1)
			len = SEARCH_BLOCK + n - 1;
		if (len < n)
			break;
		if (!tui_bytes(t, component, space, from, block, (size_t)len)) {
			tui_say(t, TUI_DAMAGE, "bytes between 0x%" PRIx64 " and 0x%" PRIx64 " cannot be read: the search ended there", from, from + len);
			return;
		}
		for (size_t k = 0; k + n <= len; k++) {
			size_t i = forward ? k : (size_t)len - n - k;

			if (memcmp(block + i, what, n) == 0) {
				tui_push(t, TUI_SCREEN_BROWSE);
				tui_select_byte(t, component, space, from + i, true);
				return;
			}
		}
		done += len;
		if (forward ? from + len >= size : from == 0)
			break;
		at = forward ? from + len - n + 1 : from;
	}
	if (done >= SEARCH_MAX)
		tui_select_byte(t, component, space, at < size ? at : size - 1, true);
	tui_say(t, TUI_WARNING, done >= SEARCH_MAX ? "not in 256 MiB %s where you were: this is where they end, searching again goes on" : "not found %s here",
		forward ? "behind" : "before");
}

/* ---- findings ---- */

void tui_go_finding(struct tui *t, size_t index)
{
	struct tui_sst *s = tui_opened(t);
	const struct tui_finding *f;
	bool there;

	if (!s || index >= s->findings.n)
		return;
	f = &s->findings.at[index];
	there = f->component < CQ_C_KINDS && cq_doc_component(s->d, f->component);
	t->findings.cursor = index;
	t->search[0] = 0;                                /* n goes to the next of what was gone to last */
	tui_push(t, TUI_SCREEN_BROWSE);
	if (f->suspect && f->component < CQ_C_KINDS && f->suspect_off < tui_size(s, f->component, f->suspect_space))
		tui_select_byte(t, f->component, f->suspect_space, f->suspect_off, true);     /* the very byte, when it is known */
	else if (f->component < CQ_C_KINDS && f->off != CQ_NO_OFFSET && f->off < tui_size(s, f->component, f->space))
		tui_select_byte(t, f->component, f->space, f->off, true);
	else if (there && f->off != CQ_NO_OFFSET && tui_size(s, f->component, f->space))
		tui_select_byte(t, f->component, f->space, tui_size(s, f->component, f->space) - 1, true);      /* what lacks lacks behind it */
	else if (there)
		tui_select(t, cq_doc_component(s->d, f->component), true);
	tui_say(t, f->severity == CQ_ERROR ? TUI_DAMAGE : TUI_WARNING, "finding %zu of %zu%s%s", index + 1, s->findings.n,
		there ? "" : ": ", there ? "" : f->message);
}

static void next(struct tui *t, bool forward)
{
	struct tui_sst *s = tui_opened(t);

	if (t->search[0]) {
		search(t, forward);
		return;
	}
	if (!s || !s->findings.n) {
		tui_say(t, TUI_DIM, "nothing was searched for, and nothing found to be wrong");
		return;
	}
	if (forward ? t->findings.cursor + 1 >= s->findings.n : t->findings.cursor == 0) {
		tui_say(t, TUI_DIM, forward ? "that was the last finding" : "that was the first finding");
		return;
	}
	tui_go_finding(t, t->findings.cursor + (forward ? 1 : (size_t)-1));
}

bool tui_go(struct tui *t, enum tui_action a, const char *arg)
{
	static const struct { enum tui_action a; const char *prompt; } asks[] = { { TUI_DO_GOTO, "offset: " }, { TUI_DO_KEY, "key: " },
		{ TUI_DO_TOKEN, "token: " }, { TUI_DO_PATH, "path: " }, { TUI_DO_SEARCH, "/" }, { TUI_DO_REPORT, "report to: " }, { TUI_DO_MARK, "note: " } };

	for (size_t i = 0; i < CQ_COUNTOF(asks) && !*arg; i++)
		if (asks[i].a == a) {
			tui_ask(t, a, asks[i].prompt, a == TUI_DO_REPORT ? "report.md" : "");
			return true;
		}
	switch (a) {
	case TUI_DO_GOTO: to_offset(t, arg); return true;
	case TUI_DO_KEY: look_up(t, arg, false); return true;
	case TUI_DO_TOKEN: look_up(t, arg, true); return true;
	case TUI_DO_PATH: to_path(t, arg); return true;
	case TUI_DO_FOLLOW: follow(t); return true;
	case TUI_DO_SEARCH:
		snprintf(t->search, sizeof t->search, "%s", arg);
		search(t, true);
		return true;
	case TUI_DO_NEXT: next(t, true); return true;
	case TUI_DO_PREVIOUS: next(t, false); return true;
	case TUI_DO_MARK: tui_marks_add(t, arg); return true;
	case TUI_DO_REPORT: tui_report(t, arg); return true;
	default: return false;
	}
}

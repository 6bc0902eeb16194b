/* tui_marks - bookmarks with notes, kept in a file of their own, and the report made of findings, notes and bytes. */
#include "cq_files.h"
#include "cq_space.h"
#include "tui_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- the file of bookmarks: a line each, fields between tabs ---- */

enum { MARKS_MAX = 4 << 20 };             /* bytes of the file */

static bool marks_path(const struct tui *t, char *out, size_t n)
{
	if (!t->opt.marks)
		return cq_user_path("XDG_DATA_HOME", ".local/share", "bookmarks.tsv", out, n);
	return snprintf(out, n, "%s", t->opt.marks) < (int)n;
}

static bool put_mark(struct tui *t, const struct tui_mark_entry *m)
{
	struct tui_mark_entry *p;

	if (t->nmarks == TUI_MARKS)
		return false;
	p = realloc(t->marks, (t->nmarks + 1) * sizeof *p);
	if (!p)
		return false;
	t->marks = p;
	p[t->nmarks++] = *m;
	return true;
}

void tui_marks_load(struct tui *t)
{
	char path[4096], line[2048];
	FILE *f = marks_path(t, path, sizeof path) ? fopen(path, "re") : NULL;

	while (f && fgets(line, sizeof line, f)) {
		struct tui_mark_entry m = {0};
		char *p = line, *field[6];
		size_t n = 0;

		line[strcspn(line, "\n")] = 0;
		while (n < 6 && p) {
			field[n++] = p;
			p = strchr(p, '\t');
			if (p)
				*p++ = 0;
		}
		if (n < 6)
			continue;
		snprintf(m.table, sizeof m.table, "%s", field[0]);
		snprintf(m.path, sizeof m.path, "%s", field[1]);
		m.component = atoi(field[2]);
		m.space = atoi(field[3]);
		m.off = strtoull(field[4], NULL, 0);
		snprintf(m.note, sizeof m.note, "%s", field[5]);
		if (m.component >= -1 && m.component < CQ_C_KINDS && (m.space == CQ_SPACE_RAW || m.space == CQ_SPACE_DECOMPRESSED))
			put_mark(t, &m);
	}
	if (f)
		fclose(f);
}

/* What is in the file already, lines that nobody here understands included, as it is. CQ_NOT_FOUND: there is none. */
static int read_marks(const char *path, struct cq_buf *out, struct cq_error *err)
{
	struct cq_space *s;
	int rc = CQ_OK;

	if (access(path, F_OK) != 0)
		return CQ_NOT_FOUND;
	rc = cq_space_open_file(&s, path, err);
	if (rc != CQ_OK)
		return rc;
	if (s->size > MARKS_MAX)
		rc = cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s is larger than a file of bookmarks", path);
	else if (!cq_buf_reserve(out, (size_t)s->size + 1))
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	else if (s->size && (rc = cq_space_read(s, 0, out->p, (size_t)s->size, err)) == CQ_OK)
		out->len = (size_t)s->size;
	cq_space_close(s);
	return rc;
}

/* One more line in the file. */
static void marks_save(struct tui *t, const struct tui_mark_entry *m)
{
	struct cq_buf out = {0};
	struct cq_error err = {0};
	char path[4096];
	int rc;

	if (!marks_path(t, path, sizeof path)) {
		tui_say(t, TUI_WARNING, "no HOME: the bookmark is kept until you leave");
		return;
	}
	rc = read_marks(path, &out, &err);
	if (out.len && out.p[out.len - 1] != '\n')
		cq_buf_byte(&out, '\n');
	cq_buf_printf(&out, "%s\t%s\t%d\t%d\t%" PRIu64 "\t%s\n", m->table, m->path, m->component, m->space, m->off, m->note);
	cq_make_folders(path);
	if (rc >= 0)
		rc = out.failed ? cq_fail(&err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory") : cq_write_whole(path, cq_buf_bytes(&out), false, &err);
	if (rc < 0)
		tui_say(t, TUI_DAMAGE, "the bookmark was not saved: %s", err.msg);
	else
		tui_say(t, TUI_GOOD, "bookmarked");
	cq_buf_finish(&out);
}

static void clean(char *s)
{
	for (; *s; s++)
		if ((uint8_t)*s < 0x20)
			*s = ' ';
}

/* The table's Data.db from the root on: names like nb-1-big are everywhere. */
static void table_name(const struct tui_sst *s, char *out, size_t n)
{
	char *full = realpath(s->entry->data_path, NULL);

	snprintf(out, n, "%s", full ? full : s->entry->data_path);
	clean(out);
	free(full);
}

static bool is_of(const struct tui_mark_entry *m, const struct tui_sst *s)
{
	char name[sizeof m->table];

	table_name(s, name, sizeof name);
	return strcmp(name, m->table) == 0;
}

void tui_marks_add(struct tui *t, const char *note)
{
	struct tui_sst *s = tui_opened(t);
	struct tui_mark_entry m = { .component = t->sel.component, .space = t->sel.space, .off = t->sel.off };
	struct cq_buf path = {0};
	char file[4096];

	if (!s)
		return;
	if (t->sel.id)
		cq_doc_path(s->d, t->sel.id, &path);
	table_name(s, m.table, sizeof m.table);
	snprintf(m.path, sizeof m.path, "%s", cq_buf_cstr(&path));
	snprintf(m.note, sizeof m.note, "%s", note);
	clean(m.path);
	clean(m.note);
	cq_buf_finish(&path);
	if (marks_path(t, file, sizeof file) && access(file, R_OK) == 0) {     /* another cqlite may have added some */
		t->nmarks = 0;
		tui_marks_load(t);
	}
	if (put_mark(t, &m))
		marks_save(t, &m);
	else
		tui_say(t, TUI_WARNING, "there are %d bookmarks already", TUI_MARKS);
}

/* ---- the view ---- */

static bool update(struct tui *t, enum tui_action a, const char *arg)
{
	struct tui_sst *s;
	const struct tui_mark_entry *m;
	struct cq_node n;
	cq_nid id;

	(void)arg;
	if (tui_list_move(&t->marks_list, a))
		return true;
	if (a != TUI_DO_OPEN && a != TUI_DO_RIGHT)
		return false;
	if (t->marks_list.cursor >= t->nmarks)
		return true;
	m = &t->marks[t->marks_list.cursor];
	s = tui_opened(t);
	for (size_t i = 0; i < t->nsst && !(s && is_of(m, s)); i++)
		if (is_of(m, &t->sst[i]) && tui_enter(t, i))
			s = tui_now(t);
	if (!s || !is_of(m, s)) {
		tui_say(t, TUI_WARNING, "that is in %s", m->table);
		return true;
	}
	tui_push(t, TUI_SCREEN_BROWSE);
	if (m->path[0] && cq_doc_get(s->d, m->path, &id, NULL) == CQ_OK && cq_doc_node(s->d, id, &n) && n.off == m->off && n.component == m->component)
		tui_select(t, id, true);
	else if (m->component >= 0)
		tui_select_byte(t, m->component, m->space, m->off, true);
	return true;
}

static void draw(struct tui *t, const struct tui_area *a)
{
	tui_list_fit(&t->marks_list, t->nmarks, a->rows);
	if (!t->nmarks)
		tui_printf(a, 0, 0, TUI_DIM, "No bookmarks yet: %s makes one.", tui_keymap_key(&t->keys, TUI_DO_MARK));
	for (int row = 0; row < a->rows && t->marks_list.top + (size_t)row < t->nmarks; row++) {
		const struct tui_mark_entry *m = &t->marks[t->marks_list.top + (size_t)row];
		const char *name = strrchr(m->table, '/');
		int col;

		name = name ? name + 1 : m->table;
		col = tui_printf(a, row, 0, TUI_NAME, "%-16.*s ", (int)(strlen(name) - (strstr(name, "-Data.db") ? 8 : 0)), name);
		col = tui_printf(a, row, col, TUI_OFFSET, "%s 0x%" PRIx64 "  ", m->path, m->off);
		tui_put(a, row, col, TUI_NOTE, m->note);
		if (t->marks_list.top + (size_t)row == t->marks_list.cursor)
			tui_mark(a, row, 0, a->cols, TUI_SELECTED);
	}
}

static const enum tui_action hints[] = { TUI_DO_OPEN, TUI_DO_REPORT, TUI_DO_HELP, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_marks = { "bookmarks", update, draw, hints };

/* ---- reports ---- */

static void hex_of(struct tui *t, int component, int space, uint64_t off, struct cq_buf *out)
{
	uint64_t size = tui_size(tui_now(t), component, space), from = off > 16 ? (off - 16) / 16 * 16 : 0;
	uint8_t b[48];
	size_t n = size > from ? size - from < sizeof b ? (size_t)(size - from) : sizeof b : 0;

	if (!n || !tui_bytes(t, component, space, from, b, n))
		return;
	cq_buf_str(out, "\n```\n");
	for (size_t i = 0; i < n; i++) {
		if (i % 16 == 0)
			cq_buf_printf(out, "%s%08" PRIx64 " ", i ? "\n" : "", from + i);
		cq_buf_printf(out, "%s%02x", from + i == off ? "[" : i % 16 && from + i == off + 1 ? "]" : " ", b[i]);
		if (from + i == off && (i % 16 == 15 || i + 1 == n))
			cq_buf_str(out, "]");
	}
	cq_buf_str(out, "\n```\n");
}

static void line(struct cq_buf *out, const char *label, const char *text)
{
	if (text)
		cq_buf_printf(out, "- %s: %s\n", label, text);
}

static void as_markdown(struct tui *t, struct cq_buf *out)
{
	struct tui_sst *s = tui_now(t);

	cq_buf_printf(out, "# %.*s\n\n%s\n\n", (int)s->t->desc.base.len, (const char *)s->t->desc.base.p, s->entry->data_path);
	cq_buf_printf(out, "## Findings\n\n%s\n\n", s->state == TUI_JOB_DONE ? s->findings.n ? "" : "None." :
		s->state == TUI_JOB_NONE ? "The detector was not run." : "The detector did not read everything.");
	for (size_t i = 0; i < s->findings.n; i++) {
		const struct tui_finding *f = &s->findings.at[i];

		cq_buf_printf(out, "### %s: %s\n\n", cq_severity_name(f->severity), f->message);
		line(out, "file", f->file);
		if (f->off != CQ_NO_OFFSET)
			cq_buf_printf(out, "- place: %s 0x%" PRIx64 ", %" PRIu64 " bytes\n", cq_space_kind_name(f->space), f->off, f->len);
		line(out, "expected", f->expected);
		line(out, "found", f->found);
		line(out, "keys", f->keys);
		line(out, "means", f->means);
		line(out, "what to do", f->action);
		line(out, "rule", f->rule);
		if (f->off != CQ_NO_OFFSET && f->component < CQ_C_KINDS)
			hex_of(t, f->component, f->space, f->off, out);
		cq_buf_str(out, "\n");
	}
	for (size_t i = 0; i < s->findings.nunmeasured; i++)
		cq_buf_printf(out, "%s- %s\n", i ? "" : "## Not measured\n\n", s->findings.unmeasured[i]);
	cq_buf_str(out, "\n## Notes\n\n");
	for (size_t i = 0; i < t->nmarks; i++)
		if (is_of(&t->marks[i], s)) {
			cq_buf_printf(out, "- `%s`: %s\n", t->marks[i].path, t->marks[i].note);
			hex_of(t, t->marks[i].component, t->marks[i].space, t->marks[i].off, out);
		}
}

static void json(struct cq_buf *out, const char *key, const char *text)
{
	cq_buf_printf(out, ", \"%s\": ", key);
	if (text)
		cq_json_string(out, cq_slice_str(text));
	else
		cq_buf_str(out, "null");
}

static void as_json(struct tui *t, struct cq_buf *out)
{
	struct tui_sst *s = tui_now(t);
	bool first = true;

	cq_buf_str(out, "{\"schema\": \"cqlite-report-1\", \"table\": ");
	cq_json_string(out, s->t->desc.base);
	json(out, "path", s->entry->data_path);
	cq_buf_printf(out, ", \"checked\": %s, \"findings\": [", s->state == TUI_JOB_DONE ? "true" : "false");
	for (size_t i = 0; i < s->findings.n; i++) {
		const struct tui_finding *f = &s->findings.at[i];

		cq_buf_printf(out, "%s\n  {\"severity\": \"%s\"", i ? "," : "", cq_severity_name(f->severity));
		json(out, "rule", f->rule);
		json(out, "file", f->file);
		json(out, "space", cq_space_kind_name(f->space));
		if (f->off != CQ_NO_OFFSET)
			cq_buf_printf(out, ", \"offset\": %" PRIu64 ", \"length\": %" PRIu64, f->off, f->len);
		json(out, "message", f->message);
		json(out, "expected", f->expected);
		json(out, "found", f->found);
		json(out, "keys", f->keys);
		json(out, "means", f->means);
		json(out, "action", f->action);
		cq_buf_str(out, "}");
	}
	cq_buf_str(out, "],\n \"unmeasured\": [");
	for (size_t i = 0; i < s->findings.nunmeasured; i++) {
		cq_buf_str(out, i ? ", " : "");
		cq_json_string(out, cq_slice_str(s->findings.unmeasured[i]));
	}
	cq_buf_str(out, "],\n \"notes\": [");
	for (size_t i = 0; i < t->nmarks; i++) {
		if (!is_of(&t->marks[i], s))
			continue;
		cq_buf_printf(out, "%s\n  {\"offset\": %" PRIu64, first ? "" : ",", t->marks[i].off);
		json(out, "path", t->marks[i].path);
		json(out, "note", t->marks[i].note);
		cq_buf_str(out, "}");
		first = false;
	}
	cq_buf_str(out, "]}\n");
}

void tui_report(struct tui *t, const char *path)
{
	struct tui_sst *s = tui_opened(t);
	size_t n = strlen(path);
	struct cq_buf out = {0};
	struct cq_error err = {0};

	if (!s)
		return;
	if (access(path, F_OK) == 0) {
		tui_say(t, TUI_WARNING, "%s is there already: nothing was written", path);
		return;
	}
	if (n > 5 && strcmp(path + n - 5, ".json") == 0)
		as_json(t, &out);
	else
		as_markdown(t, &out);
	if (out.failed || cq_write_whole(path, cq_buf_bytes(&out), true, &err) != CQ_OK)
		tui_say(t, TUI_DAMAGE, "no report: %s", out.failed ? "out of memory" : err.msg);
	else
		tui_say(t, TUI_GOOD, "written to %s", path);
	cq_buf_finish(&out);
}

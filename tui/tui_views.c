/* tui_views - the views that are lists: SSTables, an SSTable at a glance, findings, help. */
#include "tui_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *bytes_text(uint64_t n, char *out, size_t len)
{
	static const char units[] = "BKMGTP";
	double v = (double)n;
	unsigned u = 0;

	while (v >= 1024 && u + 1 < sizeof units - 1) {
		v /= 1024;
		u++;
	}
	snprintf(out, len, u ? "%.1f %c" : "%.0f %c", v, units[u]);
	return out;
}

/* ---- SSTables ---- */

static struct tui *sorting;                        /* qsort has no argument; one thread sorts */

static int order(const void *pa, const void *pb)
{
	const struct tui_sst *a = &sorting->sst[*(const size_t *)pa], *b = &sorting->sst[*(const size_t *)pb];
	int c = 0;

	switch (sorting->sorted) {
	case 1: c = a->entry->bytes < b->entry->bytes ? 1 : a->entry->bytes > b->entry->bytes ? -1 : 0; break;
	case 2: c = cq_slice_cmp(a->entry->desc.version, b->entry->desc.version); break;
	case 3: c = a->findings.n < b->findings.n ? 1 : a->findings.n > b->findings.n ? -1 : 0; break;
	default: break;
	}
	return c ? c : (a > b) - (a < b);
}

static bool tables_update(struct tui *t, enum tui_action a, const char *arg)
{
	(void)arg;
	if (tui_list_move(&t->tables, a)) {
		if (t->tables.cursor < t->nsst)
			tui_turn(t, t->order[t->tables.cursor]);
		return true;
	}
	switch (a) {
	case TUI_DO_OPEN:
	case TUI_DO_RIGHT:
		if (t->tables.cursor < t->nsst && tui_enter(t, t->order[t->tables.cursor]))
			tui_push(t, TUI_SCREEN_OVERVIEW);
		return true;
	case TUI_DO_SORT:
		t->sorted = (t->sorted + 1) % 4;
		sorting = t;
		qsort(t->order, t->nsst, sizeof *t->order, order);
		for (size_t i = 0; i < t->nsst; i++)
			if (t->order[i] == t->now)
				t->tables.cursor = i;
		return true;
	default: return false;
	}
}

static void tables_draw(struct tui *t, const struct tui_area *a)
{
	static const char *const by[] = { "path", "size", "version", "findings" };
	struct tui_area list = tui_area_part(a, 2, 0, -1, -1);
	size_t root = t->nlists == 1 ? strlen(t->lists[0].root) : 0;
	uint64_t all = 0;
	char size[32];

	for (size_t i = 0; i < t->nsst; i++) {
		all += t->sst[i].entry->bytes;
		if (t->order[i] == t->now)               /* wherever sorting, or the way here, has put it */
			t->tables.cursor = i;
	}
	tui_printf(a, 0, 0, TUI_DIM, "%zu SSTable%s, %s, by %s", t->nsst, t->nsst == 1 ? "" : "s", bytes_text(all, size, sizeof size), by[t->sorted]);
	tui_printf(a, 1, 0, TUI_TITLE, "%9s  %-7s %-9s %s", "size", "version", "findings", "table");
	tui_list_fit(&t->tables, t->nsst, list.rows);
	for (int row = 0; row < list.rows && t->tables.top + (size_t)row < t->nsst; row++) {
		size_t i = t->tables.top + (size_t)row;
		struct tui_sst *s = &t->sst[t->order[i]];
		const char *path = s->entry->data_path;
		char found[24] = "";
		int col;

		if (s->state == TUI_JOB_RUNNING)
			snprintf(found, sizeof found, "...");
		else if (s->state != TUI_JOB_NONE)
			snprintf(found, sizeof found, s->state == TUI_JOB_DONE ? "%zu" : "%zu+?", s->findings.n);
		if (root && strncmp(path, t->lists[0].root, root) == 0 && path[root] == '/')
			path += root + 1;
		col = tui_printf(&list, row, 0, TUI_NUMBER, "%9s", bytes_text(s->entry->bytes, size, sizeof size));
		col = tui_printf(&list, row, col + 2, TUI_NAME, "%-7.*s", (int)s->entry->desc.version.len, (const char *)s->entry->desc.version.p);
		col = tui_printf(&list, row, col + 1, s->findings.n ? TUI_DAMAGE : s->state == TUI_JOB_DONE ? TUI_GOOD : TUI_WARNING, "%-9s", found);
		tui_put(&list, row, col + 1, s->why[0] ? TUI_DAMAGE : TUI_NORMAL, path);
		if (i == t->tables.cursor)
			tui_mark(&list, row, 0, list.cols, TUI_SELECTED);
	}
}

static const enum tui_action tables_hints[] = { TUI_DO_OPEN, TUI_DO_SORT, TUI_DO_FINDINGS, TUI_DO_BROWSE, TUI_DO_HELP, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_tables = { "SSTables", tables_update, tables_draw, tables_hints };

/* ---- one at a glance ---- */

static cq_nid nth_component(struct tui *t, size_t i)
{
	struct tui_sst *s = tui_now(t);
	cq_nid c = s && s->d ? cq_doc_first(s->d, cq_doc_root(s->d)) : 0;

	while (c && i--)
		c = cq_doc_next(s->d, c);
	return c;
}

static bool overview_update(struct tui *t, enum tui_action a, const char *arg)
{
	cq_nid id;

	(void)arg;
	if (tui_list_move(&t->overview, a))
		return true;
	if (a != TUI_DO_OPEN && a != TUI_DO_RIGHT)
		return false;
	id = nth_component(t, t->overview.cursor);
	if (id) {
		tui_push(t, TUI_SCREEN_BROWSE);
		tui_select(t, id, true);
		tui_tree_update(t, TUI_DO_OPEN);
	}
	return true;
}

static void bar(const struct tui_area *a, int row, const char *label, int64_t v, int64_t most)
{
	static const char *const part[] = { "", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589" };
	int room = a->cols - 34, eighths = most > 0 ? (int)((double)v * room * 8 / (double)most) : 0, col;

	tui_printf(a, row, 0, TUI_NORMAL, "%16s %12" PRId64 " ", label, v);
	for (col = 30; eighths >= 8; eighths -= 8, col++)
		tui_put(a, row, col, TUI_LINK, "\u2588");
	tui_put(a, row, col, TUI_LINK, part[eighths]);
}

static int histogram(const struct tui_area *a, int row, const char *title, const struct cq_histogram *h)
{
	int64_t most = 0;
	size_t first = h->n, last = 0;
	char label[32];

	for (size_t i = 0; i < h->n; i++)
		if (h->counts[i] > 0) {
			first = first == h->n ? i : first;
			last = i;
			most = h->counts[i] > most ? h->counts[i] : most;
		}
	if (first == h->n)
		return row;
	tui_put(a, row++, 0, TUI_TITLE, title);
	for (size_t i = first; i <= last && row < a->rows; i++) {
		if (!h->counts[i])
			continue;
		snprintf(label, sizeof label, "<= %" PRId64, i + 1 < h->n ? h->offsets[i + 1] : INT64_MAX);
		bar(a, row++, label, h->counts[i], most);
	}
	return row + 1;
}

static void fact(const struct tui_area *a, int *row, const char *label, const char *text)
{
	tui_printf(a, *row, 0, TUI_DIM, "%-18s", label);
	*row = tui_wrap(a, *row, 18, TUI_NORMAL, cq_slice_str(text));
}

static void facts(struct tui *t, const struct tui_area *a)
{
	const struct cq_table *x = tui_now(t)->t;
	const struct cq_statistics *st = &x->stats;
	struct cq_buf text = {0};
	char line[200];
	int row = 0;

	snprintf(line, sizeof line, "%s (%s)", x->format->summary, x->format->name);
	fact(a, &row, "format", line);
	if (x->no_rows)
		fact(a, &row, "rows", x->no_rows);
	snprintf(line, sizeof line, "%" PRIu64 " bytes%s", x->stream.len, x->stream.chunks ? ", decompressed" : "");
	fact(a, &row, "data", line);
	if (x->stream.chunks) {
		snprintf(line, sizeof line, "%" PRIu64 " chunks, ratio %.3f", x->chunks.count, st->compression_ratio);
		fact(a, &row, "compression", line);
	}
	if (st->has & CQ_HAS_STATS) {
		snprintf(line, sizeof line, "%" PRId64 " in %" PRId64 " partitions", st->total_rows, cq_histogram_total(&st->partition_sizes));
		fact(a, &row, "rows", line);
		snprintf(line, sizeof line, "%" PRId64, st->total_columns_set);
		fact(a, &row, "cells", line);
		cq_buf_clear(&text);
		cq_print_timestamp_micros(&text, st->min_timestamp);
		cq_buf_str(&text, " to ");
		cq_print_timestamp_micros(&text, st->max_timestamp);
		fact(a, &row, "written", cq_buf_cstr(&text));
		if (st->min_ldt != CQ_NO_LDT) {
			cq_buf_clear(&text);
			cq_print_instant(&text, st->min_ldt, 0);
			cq_buf_str(&text, " to ");
			if (st->max_ldt != CQ_NO_LDT)
				cq_print_instant(&text, st->max_ldt, 0);
			else
				cq_buf_str(&text, "never");
			fact(a, &row, "deleted, expires", cq_buf_cstr(&text));
		}
		snprintf(line, sizeof line, "%d", st->level);
		fact(a, &row, "level", line);
		row++;
		row = histogram(a, row, "partition sizes (bytes)", &st->partition_sizes);
		histogram(a, row, "cells in a partition", &st->cells_per_partition);
	}
	cq_buf_finish(&text);
}

static void overview_draw(struct tui *t, const struct tui_area *a)
{
	struct tui_sst *s = tui_now(t);
	struct tui_area list, right;
	size_t n = 0;
	bool wide = a->cols >= 90;

	if (!s || !s->d)
		return;
	for (cq_nid c = cq_doc_first(s->d, cq_doc_root(s->d)); c; c = cq_doc_next(s->d, c))
		n++;
	list = tui_area_part(a, 1, 0, wide ? -1 : (int)n, wide ? 38 : -1);
	right = wide ? tui_area_part(a, 0, 40, -1, -1) : tui_area_part(a, (int)n + 2, 0, -1, -1);
	tui_put(a, 0, 0, TUI_TITLE, "files");
	tui_list_fit(&t->overview, n, list.rows);
	for (int row = 0; row < list.rows && t->overview.top + (size_t)row < n; row++) {
		cq_nid id = nth_component(t, t->overview.top + (size_t)row);
		struct cq_node node;
		char size[32];
		size_t bad = 0;
		int col;

		cq_doc_node(s->d, id, &node);
		for (size_t i = 0; i < s->findings.n; i++)
			bad += s->findings.at[i].component == node.component;
		col = tui_printf(&list, row, 0, TUI_NUMBER, "%9s  ", bytes_text(tui_size(s, node.component, CQ_SPACE_RAW), size, sizeof size));
		col = tui_put_slice(&list, row, col, bad || node.flags & CQ_N_DAMAGED ? TUI_DAMAGE : TUI_NAME, 0, node.name);
		if (bad)
			tui_printf(&list, row, col, TUI_DAMAGE, "  ! %zu", bad);
		if (t->overview.top + (size_t)row == t->overview.cursor)
			tui_mark(&list, row, 0, list.cols, TUI_SELECTED);
	}
	facts(t, &right);
}

static const enum tui_action overview_hints[] = { TUI_DO_OPEN, TUI_DO_FINDINGS, TUI_DO_CHUNKS, TUI_DO_BROWSE, TUI_DO_KEY, TUI_DO_HELP, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_overview = { "overview", overview_update, overview_draw, overview_hints };

/* ---- findings ---- */

static bool findings_update(struct tui *t, enum tui_action a, const char *arg)
{
	(void)arg;
	if (a == TUI_DO_NEXT || a == TUI_DO_PREVIOUS)    /* here they are the lines */
		a = a == TUI_DO_NEXT ? TUI_DO_DOWN : TUI_DO_UP;
	if (tui_list_move(&t->findings, a))
		return true;
	if (a != TUI_DO_OPEN && a != TUI_DO_RIGHT)
		return false;
	tui_go_finding(t, t->findings.cursor);
	return true;
}

static void findings_draw(struct tui *t, const struct tui_area *a)
{
	static const char sign[] = { [CQ_INFO] = 'i', [CQ_WARNING] = 'w', [CQ_ERROR] = '!' };
	static const enum tui_role role[] = { [CQ_INFO] = TUI_DIM, [CQ_WARNING] = TUI_WARNING, [CQ_ERROR] = TUI_DAMAGE };
	struct tui_sst *s = tui_now(t);
	struct tui_area list, words;
	int row = 0, half;

	if (!s)
		return;
	switch (s->state) {
	case TUI_JOB_RUNNING:
		tui_printf(a, 0, 0, TUI_NORMAL, "Reading every row: %d %%, %zu found so far. Escape stops.", s->total ? (int)(s->done * 100 / s->total) : 0, s->findings.n);
		break;
	case TUI_JOB_STOPPED: tui_printf(a, 0, 0, TUI_WARNING, "Stopped: %zu found until then. What was not read is not known to be good.", s->findings.n); break;
	case TUI_JOB_FAILED: tui_printf(a, 0, 0, TUI_DAMAGE, "The detector could not go on: %s", s->job_why); break;
	case TUI_JOB_NONE: tui_printf(a, 0, 0, TUI_WARNING, "The detector was not run: %s runs it.", tui_keymap_key(&t->keys, TUI_DO_FINDINGS)); break;
	default:
		if (s->findings.n)
			tui_printf(a, 0, 0, TUI_DAMAGE, "%zu found", s->findings.n);
		else
			tui_put(a, 0, 0, TUI_GOOD, "Nothing was found to be wrong.");
		if (s->findings.nunmeasured)
			tui_printf(a, 1, 0, TUI_WARNING, "%zu not measured (%s)", s->findings.nunmeasured, s->findings.unmeasured[0]);
		break;
	}
	half = (a->rows - 2) / 2;                        /* a short list leaves the room to the words */
	list = tui_area_part(a, 2, 0, s->findings.n < (size_t)half ? (int)s->findings.n : half, -1);
	words = tui_area_part(a, 3 + list.rows, 0, -1, -1);
	tui_list_fit(&t->findings, s->findings.n, list.rows);
	for (int i = 0; i < list.rows && t->findings.top + (size_t)i < s->findings.n; i++) {
		const struct tui_finding *f = &s->findings.at[t->findings.top + (size_t)i];
		int col = tui_printf(&list, i, 0, role[f->severity], "%c ", sign[f->severity]);

		col = tui_put(&list, i, col, TUI_NAME, f->file);
		if (f->off != CQ_NO_OFFSET)
			col = tui_printf(&list, i, col, TUI_OFFSET, " 0x%" PRIx64, f->off);
		tui_put(&list, i, col + 2, TUI_NORMAL, f->message);
		if (t->findings.top + (size_t)i == t->findings.cursor)
			tui_mark(&list, i, 0, list.cols, TUI_SELECTED);
	}
	if (t->findings.cursor < s->findings.n) {
		const struct tui_finding *f = &s->findings.at[t->findings.cursor];
		const struct { const char *label, *text; enum tui_role role; } part[] = {
			{ "what      ", f->message, role[f->severity] }, { "expected  ", f->expected, TUI_GOOD }, { "found     ", f->found, TUI_DAMAGE },
			{ "keys      ", f->keys, TUI_KEY }, { "means     ", f->means, TUI_NORMAL }, { "do        ", f->action, TUI_NORMAL },
			{ "like      ", f->bug, TUI_DIM }, { "rule      ", f->rule, TUI_DIM },
		};

		tui_hline(a, 2 + list.rows, TUI_BORDER);
		for (size_t i = 0; i < CQ_COUNTOF(part); i++)
			if (part[i].text) {
				tui_put(&words, row, 0, TUI_DIM, part[i].label);
				row = tui_wrap(&words, row, 10, part[i].role, cq_slice_str(part[i].text));
			}
	}
}

static const enum tui_action findings_hints[] = { TUI_DO_OPEN, TUI_DO_REPORT, TUI_DO_CHUNKS, TUI_DO_STOP, TUI_DO_HELP, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_findings = { "findings", findings_update, findings_draw, findings_hints };

/* ---- help ---- */

static bool help_update(struct tui *t, enum tui_action a, const char *arg)
{
	(void)arg;
	return tui_list_move(&t->help, a);
}

static void help_draw(struct tui *t, const struct tui_area *a)
{
	struct tui_area list = tui_area_part(a, 2, 0, -1, -1);

	tui_put(a, 0, 0, TUI_NORMAL, "Every action is a key and a command: \":\", its name or the start of it.");
	tui_list_fit(&t->help, TUI_ACTION_COUNT - 1, list.rows);
	for (int row = 0; row < list.rows && t->help.top + (size_t)row + 1 < TUI_ACTION_COUNT; row++) {
		enum tui_action act = (enum tui_action)(t->help.top + (size_t)row + 1);
		char keys[80] = "";

		for (size_t i = 0; i < t->keys.n; i++)
			if (t->keys.at[i].action == act && strlen(keys) + strlen(t->keys.at[i].key) + 2 < sizeof keys) {
				strcat(keys, t->keys.at[i].key);
				strcat(keys, " ");
			}
		tui_printf(&list, row, 0, TUI_HOTKEY, "%-24s", keys);
		tui_printf(&list, row, 24, TUI_NAME, "%-11s", tui_action_info(act)->name);
		tui_put(&list, row, 36, TUI_NORMAL, tui_action_info(act)->help);
		if (t->help.top + (size_t)row == t->help.cursor)
			tui_mark(&list, row, 0, list.cols, TUI_SELECTED);
	}
}

static const enum tui_action help_hints[] = { TUI_DO_COMMAND, TUI_DO_CLOSE, TUI_NONE };

const struct tui_view tui_view_help = { "help", help_update, help_draw, help_hints };

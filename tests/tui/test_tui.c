/* The workbench without a terminal: keys go in, rows of the canvas are read as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "tables.h"
#include "tui_priv.h"

#define WIDE CQ_TEST_CORPUS "/5.0-nb/small/wide_small/nb-1-big-Data.db"
#define OA CQ_TEST_CORPUS "/5.0-oa/small/wide_small/oa-1-big-Data.db"

/* ---- a workbench and its screen ---- */

struct bench {
	struct tui *t;
	struct tui_canvas k;
	char dir[64], marks[128];
};

static int open_more(struct bench *b, const char *path, const char *config, struct cq_error *err)
{
	const char *paths[] = { path, NULL };
	static const char *kept[2];
	struct tui_options opt = { .config = config, .now = 1800000000 };

	kept[0] = paths[0];
	opt.paths = kept;
	opt.marks = b->marks;
	return tui_open(&b->t, &opt, err);
}

static void open_bench(struct bench *b, const char *path, int rows, int cols)
{
	struct cq_error err = {0};

	*b = (struct bench){0};
	snprintf(b->dir, sizeof b->dir, "/tmp/cqlite-tui-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->marks, sizeof b->marks, "%s/marks/bookmarks.tsv", b->dir);
	setenv("XDG_CONFIG_HOME", b->dir, 1);            /* no keys of whoever runs this */
	if (path && open_more(b, path, NULL, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	tui_canvas_resize(&b->k, rows, cols);
}

static void close_bench(struct bench *b)
{
	tui_close(b->t);
	tui_canvas_finish(&b->k);
	remove_folder(b->dir);
}

static const char *screen(struct bench *b)
{
	static char text[64000];
	struct cq_buf out = {0};

	tui_draw(b->t, &b->k);
	for (int r = 0; r < b->k.rows; r++) {
		tui_canvas_text(&b->k, r, &out);
		cq_buf_str(&out, "\n");
	}
	snprintf(text, sizeof text, "%s", cq_buf_cstr(&out));
	cq_buf_finish(&out);
	return text;
}

static void shows(struct bench *b, const char *what)
{
	const char *s = screen(b);

	if (!strstr(s, what))
		fail_msg("\"%s\" is not on the screen:\n%s", what, s);
}

static void hides(struct bench *b, const char *what)
{
	const char *s = screen(b);

	if (strstr(s, what))
		fail_msg("\"%s\" is on the screen:\n%s", what, s);
}

/* Keys with blanks between them; the screen is drawn after each, as on a terminal. */
static void keys(struct bench *b, const char *list)
{
	char key[32];

	while (*list) {
		size_t n = strcspn(list, " ");

		snprintf(key, sizeof key, "%.*s", (int)n, list);
		tui_key(b->t, key);
		tui_draw(b->t, &b->k);
		list += n + (list[n] == ' ');
	}
}

static void types(struct bench *b, const char *text)
{
	for (; *text; text++) {
		char key[8] = { *text, 0 };

		tui_key(b->t, *text == ' ' ? "space" : key);
	}
	keys(b, "enter");
}

static void command(struct bench *b, const char *line)
{
	keys(b, ":");
	types(b, line);
}

/* The node that all panes share. */
static struct cq_node chosen(struct bench *b)
{
	struct cq_node n;

	assert_true(cq_doc_node(tui_now(b->t)->d, b->t->sel.id, &n));
	return n;
}

static void holds_the_byte(struct bench *b)
{
	struct cq_node n = chosen(b);

	assert_int_equal(n.component, b->t->sel.component);
	if (n.space != b->t->sel.space)
		return;                                    /* the file itself, for a byte that belongs to no object */
	assert_true(n.off <= b->t->sel.off);
	assert_true(n.len == CQ_NO_OFFSET || b->t->sel.off - n.off < n.len);
}

/* A table of the corpus in the bench's folder, one byte of a file of it changed. */
static void damaged_copy(struct bench *b, const char *from, const char *base, const char *file, uint64_t off, uint8_t mask, char path[256])
{
	size_t n;
	uint8_t *p;

	copy_files(from, base, b->dir);
	snprintf(path, 256, "%s/%s-%s", b->dir, base, file);
	p = slurp(path, &n);
	assert_true(off < n);
	p[off] ^= mask;
	spill(path, p, n);
	free(p);
	snprintf(path, 256, "%s/%s-Data.db", b->dir, base);
}

/* ---- the canvas ---- */

static const char *row_of(struct tui_canvas *k, int row)
{
	static char text[512];
	struct cq_buf out = {0};

	tui_canvas_text(k, row, &out);
	snprintf(text, sizeof text, "%s", cq_buf_cstr(&out));
	cq_buf_finish(&out);
	return text;
}

static void text_takes_the_cells_of_its_width(void **state)
{
	struct tui_canvas k = {0};
	struct tui_area a;

	(void)state;
	tui_canvas_resize(&k, 3, 10);
	a = tui_canvas_area(&k);
	assert_int_equal(tui_put(&a, 0, 0, TUI_NORMAL, "a\u65e5b"), 4);
	assert_int_equal(k.cell[1].len, 3);
	assert_int_equal(k.cell[2].len, 0);                /* its right half */
	assert_string_equal(row_of(&k, 0), "a\u65e5b");
	assert_int_equal(tui_put(&a, 1, 0, TUI_NORMAL, "e\u0301x"), 2);        /* the accent joins the e */
	assert_string_equal(row_of(&k, 1), "e\u0301x");
	assert_int_equal(tui_width(cq_slice_str("a\u65e5e\u0301")), 4);
	tui_canvas_finish(&k);
}

static void what_a_terminal_would_obey_is_a_question_mark(void **state)
{
	struct tui_canvas k = {0};
	struct tui_area a;

	(void)state;
	tui_canvas_resize(&k, 2, 20);
	a = tui_canvas_area(&k);
	tui_put(&a, 0, 0, TUI_NORMAL, "a\x1b[31m\xc2\x9b\xff\xc3z\x7f");
	assert_string_equal(row_of(&k, 0), "a?[31m???z?");
	tui_put(&a, 1, 0, TUI_NORMAL, "\u202ex\u2028y");       /* text that would turn the line around, or end it */
	assert_string_equal(row_of(&k, 1), "?x?y");
	tui_canvas_finish(&k);
}

static void areas_clip(void **state)
{
	struct tui_canvas k = {0};
	struct tui_area a, b;

	(void)state;
	tui_canvas_resize(&k, 3, 10);
	a = tui_canvas_area(&k);
	b = tui_area_part(&a, 1, 2, 1, 4);
	tui_put(&b, 0, 0, TUI_NORMAL, "abcdefgh");
	tui_put(&b, 1, 0, TUI_NORMAL, "below");
	tui_put(&b, -1, 0, TUI_NORMAL, "above");
	tui_put(&b, 0, -2, TUI_NORMAL, "xyA");
	assert_string_equal(row_of(&k, 0), "");
	assert_string_equal(row_of(&k, 1), "  Abcd");
	assert_string_equal(row_of(&k, 2), "");
	tui_put(&b, 0, 3, TUI_NORMAL, "\u65e5");               /* half of it would be outside */
	assert_string_equal(row_of(&k, 1), "  Abc");
	b = tui_area_part(&a, 1, 1, -1, -1);
	assert_int_equal(b.rows, 2);
	assert_int_equal(b.cols, 9);
	b = tui_area_part(&a, 9, 99, 5, 5);
	assert_int_equal(b.rows, 0);
	assert_int_equal(b.cols, 0);
	tui_put(&b, 0, 0, TUI_NORMAL, "nowhere");
	assert_string_equal(row_of(&k, 2), "");
	tui_canvas_finish(&k);
}

static void long_text_breaks_at_blanks(void **state)
{
	struct tui_canvas k = {0};
	struct tui_area a;

	(void)state;
	tui_canvas_resize(&k, 6, 12);
	a = tui_canvas_area(&k);
	assert_int_equal(tui_wrap(&a, 0, 2, TUI_NORMAL, cq_slice_str("one two three\nfour unbreakablelong")), 5);
	assert_string_equal(row_of(&k, 0), "  one two");
	assert_string_equal(row_of(&k, 1), "  three");
	assert_string_equal(row_of(&k, 2), "  four");
	assert_string_equal(row_of(&k, 3), "  unbreakabl");
	assert_string_equal(row_of(&k, 4), "  elong");
	tui_canvas_finish(&k);
}

/* Half of a wide character that is overwritten goes, so that no terminal gets a row too long. */
static void writing_over_half_of_a_wide_character_takes_all_of_it(void **state)
{
	struct tui_canvas k = {0};
	struct tui_area a;

	(void)state;
	tui_canvas_resize(&k, 2, 10);
	a = tui_canvas_area(&k);
	tui_put(&a, 0, 0, TUI_NORMAL, "\u65e5\u672c");
	tui_put(&a, 0, 1, TUI_NORMAL, "x");
	assert_string_equal(row_of(&k, 0), " x\u672c");
	tui_put(&a, 0, 2, TUI_NORMAL, "y");
	assert_string_equal(row_of(&k, 0), " xy");
	assert_int_equal(tui_width(cq_slice_str(row_of(&k, 0))), 3);
	tui_canvas_finish(&k);
}

/* ---- screens ---- */

static void below_40x10_it_says_so(void **state)
{
	static const int sizes[][2] = { { 9, 80 }, { 24, 39 }, { 1, 1 }, { 0, 0 }, { 2, 200 } };
	struct bench b;

	(void)state;
	open_bench(&b, WIDE, 24, 80);
	for (size_t i = 0; i < CQ_COUNTOF(sizes); i++) {
		char says[40];

		tui_canvas_resize(&b.k, sizes[i][0], sizes[i][1]);
		snprintf(says, sizes[i][1] < 20 ? (size_t)sizes[i][1] + 1 : sizeof says, "%dx%d: needs 40x10", sizes[i][1], sizes[i][0]);
		if (sizes[i][0])
			shows(&b, says);
		else
			screen(&b);
	}
	close_bench(&b);
}

static void every_view_fits_every_size(void **state)
{
	static const int sizes[][2] = { { 10, 40 }, { 24, 80 }, { 50, 160 }, { 60, 200 }, { 200, 500 } };
	static const char *const views[][2] = { { "T", "SSTables" }, { "O", "overview" }, { "B", "browse" }, { "F", "findings" }, { "C", "chunks" },
		{ "M", "bookmarks" }, { "?", "help" } };
	struct bench b;

	(void)state;
	open_bench(&b, CQ_TEST_CORPUS "/5.0-nb", 24, 80);
	keys(&b, "enter");
	for (size_t i = 0; i < CQ_COUNTOF(sizes); i++)
		for (size_t v = 0; v < CQ_COUNTOF(views); v++) {
			tui_canvas_resize(&b.k, sizes[i][0], sizes[i][1]);
			keys(&b, views[v][0]);
			shows(&b, views[v][1]);
			shows(&b, "q close");
		}
	tui_settle(b.t);
	close_bench(&b);
}

static void a_folder_lists_its_tables_and_sorts_them(void **state)
{
	struct bench b;
	uint64_t before = UINT64_MAX;

	(void)state;
	open_bench(&b, CQ_TEST_CORPUS "/5.0-nb", 24, 80);
	shows(&b, "SSTables");
	shows(&b, "main/scalars/nb-1-big-Data.db");
	keys(&b, "down down s");
	shows(&b, "by size");
	for (size_t i = 0; i < b.t->nsst; i++) {
		assert_true(b.t->sst[b.t->order[i]].entry->bytes <= before);
		before = b.t->sst[b.t->order[i]].entry->bytes;
	}
	assert_int_equal(b.t->order[b.t->tables.cursor], b.t->now);        /* the line goes with its table */
	keys(&b, "home");
	assert_int_equal(b.t->now, b.t->order[0]);
	keys(&b, "enter");
	shows(&b, "overview");
	shows(&b, "Data.db");
	keys(&b, "q");
	shows(&b, "by size");
	assert_false(tui_done(b.t));
	keys(&b, "q");
	assert_true(tui_done(b.t));
	close_bench(&b);
}

static void nothing_to_show_is_an_error(void **state)
{
	struct bench b;
	struct cq_error err = {0};

	(void)state;
	open_bench(&b, NULL, 24, 80);
	assert_int_not_equal(open_more(&b, "/no/such/folder", NULL, &err), CQ_OK);
	assert_true(strlen(err.msg) > 0);
	err = (struct cq_error){0};
	assert_int_not_equal(open_more(&b, b.dir, NULL, &err), CQ_OK);       /* a folder without SSTables */
	assert_non_null(strstr(err.msg, b.dir));
	close_bench(&b);
}

static void a_folder_of_one_table_begins_with_its_files(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, CQ_TEST_CORPUS "/5.0-oa/main/single", 24, 80);
	shows(&b, " cqlite  overview  oa-1-big");
	shows(&b, "Digest.crc32");
	shows(&b, "format");
	command(&b, "goto 0");
	shows(&b, "00000000");
	shows(&b, "byte 0x0 is selected");
	close_bench(&b);
}

/* ---- one selection ---- */

static void moving_in_the_bytes_moves_the_tree(void **state)
{
	struct bench b;
	cq_nid before;

	(void)state;
	open_bench(&b, WIDE, 40, 160);
	command(&b, "path Data.db/partitions[0]");
	command(&b, "goto 0x100");
	assert_int_equal(b.t->sel.off, 0x100);
	keys(&b, "tab");
	assert_int_equal(b.t->pane, TUI_PANE_HEX);
	before = b.t->sel.id;
	for (int i = 0; i < 300; i++) {
		keys(&b, rnd(2) ? "right" : "down");
		holds_the_byte(&b);
		assert_true(b.t->sel.off >= b.t->hex_top);
		assert_true(b.t->sel.off < b.t->hex_top + (uint64_t)(b.t->hex_width * b.t->hex_rows));
	}
	assert_int_not_equal(before, b.t->sel.id);
	keys(&b, "end");
	assert_int_equal(b.t->sel.off, tui_size(tui_now(b.t), CQ_C_DATA, CQ_SPACE_DECOMPRESSED) - 1);
	keys(&b, "pagedown down right");
	assert_int_equal(b.t->sel.off, tui_size(tui_now(b.t), CQ_C_DATA, CQ_SPACE_DECOMPRESSED) - 1);
	keys(&b, "home pageup up left");
	assert_int_equal(b.t->sel.off, 0);
	close_bench(&b);
}

static void up_and_down_keep_the_column(void **state)
{
	struct bench b;
	uint64_t w;

	(void)state;
	open_bench(&b, WIDE, 40, 160);
	command(&b, "goto 5");
	keys(&b, "tab");
	w = (uint64_t)b.t->hex_width;
	keys(&b, "up pageup");
	assert_int_equal(b.t->sel.off, 5);
	keys(&b, "pagedown pagedown");
	assert_int_equal(b.t->sel.off % w, 5);
	assert_true(b.t->sel.off > 5);
	keys(&b, "pageup pageup pageup pageup");
	assert_int_equal(b.t->sel.off, 5);
	close_bench(&b);
}

static void moving_in_the_tree_shows_the_bytes(void **state)
{
	struct bench b;
	char line[40];

	(void)state;
	open_bench(&b, WIDE, 40, 160);
	command(&b, "path Data.db/partitions[2]");
	for (int i = 0; i < 120; i++) {
		keys(&b, i % 3 ? "down" : "right");
		if (b.t->sel.component < 0 || chosen(&b).off == CQ_NO_OFFSET)
			continue;
		assert_int_equal(b.t->sel.off, chosen(&b).off);
		snprintf(line, sizeof line, "%08" PRIx64 " ", b.t->sel.off / (uint64_t)b.t->hex_width * (uint64_t)b.t->hex_width);
		shows(&b, line);
	}
	close_bench(&b);
}

static void the_tree_ends_at_its_ends(void **state)
{
	struct bench b;
	cq_nid first, last;

	(void)state;
	open_bench(&b, WIDE, 24, 80);
	keys(&b, "B home");
	first = b.t->sel.id;
	keys(&b, "up pageup ctrl-u");
	assert_int_equal(b.t->sel.id, first);
	keys(&b, "end");
	last = b.t->sel.id;
	keys(&b, "down pagedown ctrl-d");
	assert_int_equal(b.t->sel.id, last);
	assert_false(chosen(&b).flags & CQ_N_PAGE);
	command(&b, "path Data.db");
	keys(&b, "enter end");
	assert_false(chosen(&b).flags & CQ_N_PAGE);
	close_bench(&b);
}

static void through_compression_and_back(void **state)
{
	struct bench b;
	struct cq_chunk_place p;

	(void)state;
	open_bench(&b, WIDE, 40, 160);
	command(&b, "path Data.db/partitions[0]");
	command(&b, "goto 0x9000");
	keys(&b, "r");
	shows(&b, "as stored: the chunk that holds it");
	keys(&b, "tab enter");                             /* to the other side */
	assert_int_equal(b.t->sel.space, CQ_SPACE_RAW);
	assert_int_equal(cq_table_to_stream(tui_now(b.t)->t, b.t->sel.off, &p, NULL), CQ_OK);
	assert_true(p.off <= 0x9000 && 0x9000 < p.off + p.len);
	shows(&b, "as stored");
	keys(&b, "enter");
	assert_int_equal(b.t->sel.space, CQ_SPACE_DECOMPRESSED);
	assert_int_equal(b.t->sel.off, p.off);
	keys(&b, "r");
	hides(&b, "as stored: the chunk that holds it");
	close_bench(&b);
	open_bench(&b, CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db", 40, 160);
	command(&b, "goto 0");
	keys(&b, "r");
	shows(&b, "not compressed");
	close_bench(&b);
}

/* ---- going ---- */

static void offsets_keys_tokens_and_paths(void **state)
{
	struct bench b;
	uint64_t at;

	(void)state;
	open_bench(&b, WIDE, 40, 160);
	command(&b, "path Data.db/partitions[1]");
	at = b.t->sel.off;
	assert_true(at > 0);
	shows(&b, "Data.db/partitions[1]");
	command(&b, "token -9223372036854775808");
	assert_int_equal(b.t->sel.off, 0);
	command(&b, "goto 12");
	assert_int_equal(b.t->sel.off, 12);
	command(&b, "0x10");                               /* an offset alone is a command */
	assert_int_equal(b.t->sel.off, 16);
	command(&b, "goto -1");
	shows(&b, "is no offset");
	command(&b, "goto 99999999999");
	shows(&b, "ends at");
	assert_int_equal(b.t->sel.off, 16);
	command(&b, "path nowhere/at[9]");
	assert_int_equal(b.t->sel.off, 16);
	command(&b, "key no-such-key-at-all");
	assert_int_equal(b.t->sel.off, 16);
	command(&b, "nonsense");
	shows(&b, "no command nonsense");
	close_bench(&b);
}

static void a_key_leads_to_its_partition(void **state)
{
	struct bench b;
	struct cq_table *t = table_of(OA);
	struct events e;
	struct cq_buf text = {0};
	char line[300];

	(void)state;
	events_read(&e, t, NULL);
	open_bench(&b, OA, 40, 160);
	assert_true(e.nparts >= 2);
	for (size_t i = 0; i < e.nparts; i += e.nparts / 5 + 1) {
		cq_buf_clear(&text);
		cq_table_print_key(t, e.part[i].key, &text);
		snprintf(line, sizeof line, "key %s", cq_buf_cstr(&text));
		command(&b, line);
		if (b.t->sel.off != e.part[i].off)
			fail_msg("%s: 0x%" PRIx64 " instead of 0x%" PRIx64 "\n%s", line, b.t->sel.off, e.part[i].off, screen(&b));
	}
	cq_buf_finish(&text);
	events_finish(&e);
	cq_table_close(t);
	close_bench(&b);
}

static void links_and_the_way_back(void **state)
{
	struct bench b;
	struct tui_place from, to;

	(void)state;
	open_bench(&b, WIDE, 40, 160);
	command(&b, "path Index.db/entries[1]");
	from = b.t->sel;
	assert_int_equal(from.component, CQ_C_INDEX);
	keys(&b, "f");
	to = b.t->sel;
	assert_int_equal(to.component, CQ_C_DATA);
	shows(&b, "Data.db/partitions[1]");
	keys(&b, "b");
	assert_int_equal(b.t->sel.component, from.component);
	assert_int_equal(b.t->sel.id, from.id);            /* the entry, not the first thing in it */
	keys(&b, "w");
	assert_int_equal(b.t->sel.id, to.id);
	keys(&b, "b b b b b b");
	shows(&b, "this is where you began");
	command(&b, "goto 0");
	keys(&b, "w");
	shows(&b, "nothing is further on");
	close_bench(&b);
}

static void the_way_back_is_long_but_bounded(void **state)
{
	struct bench b;
	char line[40];

	(void)state;
	open_bench(&b, WIDE, 24, 80);
	for (int i = 1; i <= 600; i++) {
		snprintf(line, sizeof line, "goto %d", i);
		command(&b, line);
	}
	for (int i = 599; i > 360; i--) {
		keys(&b, "b");
		assert_int_equal(b.t->sel.off, i);
	}
	for (int i = 361; i < 600; i++) {
		assert_int_equal(b.t->sel.off, i);
		keys(&b, "w");
	}
	assert_int_equal(b.t->sel.off, 600);
	close_bench(&b);
}

static void text_and_bytes_are_searched(void **state)
{
	struct bench b;
	size_t size;
	uint8_t *p;
	char line[64];
	uint64_t at;

	(void)state;
	open_bench(&b, CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db", 40, 160);
	p = slurp(CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db", &size);
	command(&b, "goto 0");
	snprintf(line, sizeof line, "x:%02x%02x%02x %02x%02x%02x", p[90000], p[90001], p[90002], p[90003], p[90004], p[90005]);
	keys(&b, "/");
	types(&b, line);
	at = b.t->sel.off;
	assert_true(at > 0);
	assert_memory_equal(p + at, p + 90000, 6);
	for (uint64_t i = 1; i < at; i++)
		assert_true(memcmp(p + i, p + 90000, 6) != 0); /* it is the first */
	keys(&b, "n");
	if (b.t->sel.off != at) {
		assert_memory_equal(p + b.t->sel.off, p + 90000, 6);
		keys(&b, "N");
		assert_int_equal(b.t->sel.off, at);
	} else {
		shows(&b, "not found behind");
	}
	keys(&b, "/");
	types(&b, "there is no such text in it");
	shows(&b, "not found");
	keys(&b, "/");
	types(&b, "x:0");
	shows(&b, "search for text, or for bytes");
	free(p);
	close_bench(&b);
}

/* ---- findings ---- */

static void findings_fill_in_and_lead_to_the_byte(void **state)
{
	struct bench b;
	char path[256], offset[40];
	const struct tui_finding *f;
	struct cq_error err = {0};

	(void)state;
	open_bench(&b, NULL, 24, 80);
	damaged_copy(&b, "5.0-nb/small/wide_small", "nb-1-big", "Data.db", 50000, 0x10, path);
	assert_int_equal(open_more(&b, path, NULL, &err), CQ_OK);
	keys(&b, "F");
	assert_true(tui_busy(b.t) || tui_now(b.t)->state == TUI_JOB_DONE);
	tui_settle(b.t);
	assert_int_equal(tui_now(b.t)->state, TUI_JOB_DONE);
	assert_true(tui_now(b.t)->findings.n >= 1);
	shows(&b, "found");
	shows(&b, "expected");
	shows(&b, "keys");
	keys(&b, "home enter");
	f = &tui_now(b.t)->findings.at[0];
	assert_int_equal(b.t->sel.component, CQ_C_DATA);
	assert_int_equal(b.t->sel.off, f->suspect ? f->suspect_off : f->off);
	shows(&b, "finding 1 of ");
	tui_canvas_resize(&b.k, 50, 160);
	shows(&b, "expected");                             /* beside the bytes as well */
	if (f->suspect) {
		assert_int_equal(f->suspect_off, 50000);
		snprintf(offset, sizeof offset, "bit 4 of byte 0x%x", 50000);
		shows(&b, offset);
	}
	keys(&b, "C");
	shows(&b, "!");
	keys(&b, "q q F");                                  /* not run twice */
	tui_settle(b.t);
	shows(&b, f->message);
	close_bench(&b);
}

static void a_good_table_is_said_to_be_good_only_when_it_was_read(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, OA, 24, 80);
	hides(&b, "finding ");
	keys(&b, "F");
	tui_settle(b.t);
	shows(&b, "Nothing was found to be wrong.");
	shows(&b, "0 findings");
	close_bench(&b);
}

/* Closing, or asking for the end, while the detector runs. */
static void what_runs_can_be_left_behind(void **state)
{
	struct bench b;

	(void)state;
	for (int i = 0; i < 5; i++) {
		open_bench(&b, OA, 24, 80);
		keys(&b, i % 2 ? "F escape" : "F");
		if (i % 2) {
			tui_settle(b.t);
			assert_true(tui_now(b.t)->state == TUI_JOB_STOPPED || tui_now(b.t)->state == TUI_JOB_DONE);
			if (tui_now(b.t)->state == TUI_JOB_STOPPED) {
				shows(&b, "not known to be good");
				hides(&b, "0 findings");
				keys(&b, "F");                 /* and begun anew */
				tui_settle(b.t);
				assert_int_equal(tui_now(b.t)->state, TUI_JOB_DONE);
			}
		}
		close_bench(&b);
	}
}

static void a_table_that_cannot_be_opened_is_shown_as_such(void **state)
{
	struct bench b;
	char path[256];
	struct cq_error err = {0};

	(void)state;
	open_bench(&b, NULL, 24, 80);
	damaged_copy(&b, "5.0-nb/small/wide_small", "nb-1-big", "Statistics.db", 0, 0xff, path);
	snprintf(path, sizeof path, "%s/nb-1-big-Statistics.db", b.dir);
	spill(path, "x", 1);
	snprintf(path, sizeof path, "%s/nb-1-big-Data.db", b.dir);
	assert_int_equal(open_more(&b, path, NULL, &err), CQ_OK);
	screen(&b);
	keys(&b, "F");
	tui_settle(b.t);
	hides(&b, "Nothing was found");
	assert_true(tui_now(b.t)->findings.n > 0);
	keys(&b, "enter q T enter B C M");
	screen(&b);
	close_bench(&b);
}

/* ---- bookmarks and reports ---- */

static void bookmarks_are_kept_in_a_file_of_their_own(void **state)
{
	struct bench b;
	struct cq_error err = {0};
	size_t n;
	char *file;

	(void)state;
	open_bench(&b, WIDE, 24, 80);
	command(&b, "goto 0x123");
	keys(&b, "m");
	types(&b, "look here again");
	shows(&b, "bookmarked");
	file = (char *)slurp(b.marks, &n);
	file[n] = 0;
	assert_non_null(strstr(file, "look here again"));
	assert_non_null(strstr(file, "\t291\t"));
	free(file);
	tui_close(b.t);
	assert_int_equal(open_more(&b, WIDE, NULL, &err), CQ_OK);
	keys(&b, "M");
	shows(&b, "look here again");
	keys(&b, "enter");
	assert_int_equal(b.t->sel.off, 0x123);
	tui_close(b.t);
	/* Another table of the same file name has nothing to do with it. */
	assert_int_equal(open_more(&b, CQ_TEST_CORPUS "/5.0-nb/main/scalars/nb-1-big-Data.db", NULL, &err), CQ_OK);
	keys(&b, "M enter");
	shows(&b, "that is in ");
	command(&b, "goto 1");
	command(&b, "bookmark other");
	tui_close(b.t);
	assert_int_equal(open_more(&b, WIDE, NULL, &err), CQ_OK);
	assert_int_equal(b.t->nmarks, 2);
	close_bench(&b);
}

static void two_at_a_time_keep_each_others_bookmarks(void **state)
{
	struct bench a, b;
	struct cq_error err = {0};

	(void)state;
	open_bench(&a, WIDE, 24, 80);
	b = (struct bench){0};
	snprintf(b.marks, sizeof b.marks, "%s", a.marks);
	assert_int_equal(open_more(&b, WIDE, NULL, &err), CQ_OK);
	command(&a, "bookmark one");
	tui_canvas_resize(&b.k, 24, 80);
	command(&b, "bookmark two");
	assert_int_equal(b.t->nmarks, 2);
	tui_close(b.t);
	tui_canvas_finish(&b.k);
	close_bench(&a);
}

static void a_bad_file_of_bookmarks_does_no_harm(void **state)
{
	static const char text[] = "x\ty\t999\t7\t18446744073709551615\tfar\n\n\t\t\t\t\t\nshort\tline\n"
		"nb-1-big\tData.db\t-7\t-1\t-5\tminus\n\xff\xfe\t\x01\t0\t0\t0\t\x1b[2J\n";
	struct bench b;
	struct cq_error err = {0};

	(void)state;
	open_bench(&b, NULL, 24, 80);
	snprintf(b.marks, sizeof b.marks, "%s/marks.tsv", b.dir);
	spill(b.marks, text, sizeof text - 1);
	assert_int_equal(open_more(&b, WIDE, NULL, &err), CQ_OK);
	keys(&b, "M enter down enter M down down enter M end enter M");
	screen(&b);
	close_bench(&b);
}

static void reports_are_written_once(void **state)
{
	struct bench b;
	char path[256], line[300], report[200], python[600];
	struct cq_error err = {0};
	char *text;
	size_t n;

	(void)state;
	open_bench(&b, NULL, 24, 80);
	damaged_copy(&b, "5.0-nb/small/wide_small", "nb-1-big", "Data.db", 50000, 0x10, path);
	assert_int_equal(open_more(&b, path, NULL, &err), CQ_OK);
	snprintf(line, sizeof line, "report %s/before.md", b.dir);
	command(&b, line);
	shows(&b, "written to");
	keys(&b, "F");
	tui_settle(b.t);
	command(&b, "goto 0x1f");
	command(&b, "bookmark a \"quoted\" note");
	snprintf(report, sizeof report, "%s/r.md", b.dir);
	snprintf(line, sizeof line, "report %s", report);
	command(&b, line);
	shows(&b, "written to");
	text = (char *)slurp(report, &n);
	text[n] = 0;
	assert_non_null(strstr(text, "# nb-1-big"));
	assert_non_null(strstr(text, tui_now(b.t)->findings.at[0].message));
	assert_non_null(strstr(text, "a \"quoted\" note"));
	assert_non_null(strstr(text, "00000010 "));
	assert_non_null(strstr(text, "["));
	free(text);
	command(&b, line);
	shows(&b, "is there already");
	spill(report, "mine", 4);
	command(&b, line);
	text = (char *)slurp(report, &n);
	assert_int_equal(n, 4);
	free(text);
	snprintf(report, sizeof report, "%s/r.json", b.dir);
	snprintf(line, sizeof line, "report %s", report);
	command(&b, line);
	snprintf(python, sizeof python, "python3 -c 'import json,sys; r = json.load(open(sys.argv[1])); f = r[\"findings\"]; "
		"sys.exit(not (r[\"checked\"] and len(f) == %zu and f[0][\"rule\"] == \"%s\" and r[\"notes\"][0][\"note\"] == \"a \\\"quoted\\\" note\"))' %s",
		tui_now(b.t)->findings.n, tui_now(b.t)->findings.at[0].rule, report);
	assert_int_equal(system(python), 0);
	snprintf(line, sizeof line, "report %s/no/such/folder/r.md", b.dir);
	command(&b, line);
	shows(&b, "no report");
	snprintf(report, sizeof report, "%s/before.md", b.dir);
	text = (char *)slurp(report, &n);
	text[n] = 0;
	assert_non_null(strstr(text, "The detector was not run."));
	free(text);
	close_bench(&b);
}

/* ---- keys ---- */

static void keys_come_from_a_file(void **state)
{
	static const struct { const char *text, *error; } bad[] = {
		{ "bind x\n", "line 1" }, { "\n# fine\nbind x fly\n", "line 3" }, { "map x down\n", "line 1" }, { "bind x down twice\n", "line 1" },
		{ "bind averyveryverylongkey down\n", "line 1" }, { "bind contrl-x down\n", "no key contrl-x" },
	};
	struct bench b;
	struct cq_error err = {0};
	char config[128];

	(void)state;
	open_bench(&b, NULL, 24, 80);
	snprintf(config, sizeof config, "%s/tui.conf", b.dir);
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		err = (struct cq_error){0};
		spill(config, bad[i].text, strlen(bad[i].text));
		assert_int_equal(open_more(&b, WIDE, config, &err), CQ_EUSAGE);
		if (!strstr(err.msg, bad[i].error) || !strstr(err.msg, config))
			fail_msg("%s: %s", bad[i].text, err.msg);
	}
	spill(config, "# mine\nbind x close # leave\nbind ctrl-t tables\nbind \u00e9 help\nbind q none\n", strlen("# mine\nbind x close # leave\nbind ctrl-t tables\nbind \u00e9 help\nbind q none\n"));
	err = (struct cq_error){0};
	if (open_more(&b, WIDE, config, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	shows(&b, "x close");
	keys(&b, "\u00e9");
	shows(&b, "help");
	keys(&b, "x q");
	assert_false(tui_done(b.t));
	keys(&b, "ctrl-t");
	shows(&b, "SSTables");
	tui_close(b.t);
	b.t = NULL;
	snprintf(config, sizeof config, "%s/none.conf", b.dir);
	assert_int_not_equal(open_more(&b, WIDE, config, &err), CQ_OK);
	b.t = NULL;
	close_bench(&b);
}

static void every_action_is_a_command_and_in_the_help(void **state)
{
	struct tui_keymap m;
	struct bench b;

	(void)state;
	open_bench(&b, WIDE, 60, 80);
	keys(&b, "?");
	tui_keymap_init(&m);
	for (unsigned i = 1; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *a = tui_action_info((enum tui_action)i);

		assert_int_equal(tui_action_named(a->name, strlen(a->name)), i);
		shows(&b, a->help);
		if (*a->keys)
			assert_int_equal(tui_keymap_find(&m, tui_keymap_key(&m, (enum tui_action)i)), i);
	}
	close_bench(&b);
}

static void the_command_line_edits_and_completes(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, WIDE, 24, 80);
	keys(&b, ": o v tab");
	assert_string_equal(b.t->input, "overview");
	keys(&b, "backspace backspace");
	assert_string_equal(b.t->input, "overvi");
	keys(&b, "\u65e5 backspace");
	assert_string_equal(b.t->input, "overvi");
	keys(&b, "ctrl-u h e enter");
	shows(&b, "help");
	keys(&b, ": up");
	assert_string_equal(b.t->input, "he");
	keys(&b, "escape");
	assert_false(b.t->typing);
	keys(&b, ":");
	for (int i = 0; i < 2000; i++)
		tui_key(b.t, i % 3 ? "\u65e5" : "w");
	assert_true(strlen(b.t->input) < TUI_INPUT);
	screen(&b);
	assert_true(b.k.cursor_col < b.k.cols && b.k.cursor_col > 0);
	shows(&b, "\u65e5");
	tui_key(b.t, "");
	keys(&b, "enter");
	shows(&b, "no command");
	close_bench(&b);
}

/* docs/tui.md has a line for every action, its command and its keys. */
static void the_document_lists_every_key(void **state)
{
	size_t n;
	char *text = (char *)slurp(CQ_TEST_CORPUS "/../docs/tui.md", &n);
	char line[300], quoted[200];

	(void)state;
	text[n] = 0;
	for (unsigned i = 1; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *a = tui_action_info((enum tui_action)i);
		size_t k = 0;

		for (const char *p = a->keys; *p && k < sizeof quoted - 8;) {
			size_t len = strcspn(p, " ");

			k += (size_t)snprintf(quoted + k, sizeof quoted - k, "%s`%.*s`", k ? " " : "", (int)len, p);
			p += len + (p[len] == ' ');
		}
		quoted[k] = 0;
		snprintf(line, sizeof line, "| `%s` | %s | %s |\n", a->name, quoted, a->help);
		if (!strstr(text, line))
			fail_msg("docs/tui.md lacks: %s", line);
	}
	free(text);
}

/* ---- anything at all ---- */

static void drawn(struct bench *b)
{
	tui_draw(b->t, &b->k);
	for (int i = 0; i < b->k.rows * b->k.cols; i++) {
		const struct tui_cell *c = &b->k.cell[i];

		assert_true(c->len <= TUI_CELL_BYTES && c->role < TUI_ROLE_COUNT);
		for (unsigned j = 0; j < c->len; j++)
			assert_true((uint8_t)c->text[j] >= 0x20);
	}
	if (b->k.rows)
		assert_true(b->k.cell[0].len > 0);
}

static void walk(struct bench *b, int steps)
{
	static const char *const args[] = { "0", "0x77", "9999999", "1", "b:2", "-42", "Data.db/partitions[0]", "Index.db", "x:00", "x:ff00", "a", "key",
		"zzzz", "", "help", "tables", "path Statistics.db", "goto 5" };
	static const int sizes[][2] = { { 24, 80 }, { 10, 40 }, { 50, 160 }, { 60, 200 }, { 5, 30 }, { 12, 99 }, { 30, 100 } };

	for (int i = 0; i < steps; i++) {
		enum tui_action a = (enum tui_action)(1 + rnd(TUI_ACTION_COUNT - 1));

		if (rnd(60) == 0) {
			const int *s = sizes[rnd(CQ_COUNTOF(sizes))];

			tui_canvas_resize(&b->k, s[0], s[1]);
		}
		if (a == TUI_DO_REPORT || a == TUI_DO_QUIT || (a == TUI_DO_MARK && rnd(10)))
			continue;
		if (rnd(4) == 0)
			a = rnd(2) ? TUI_DO_DOWN : TUI_DO_OPEN;
		if (b->t->typing)
			tui_key(b->t, rnd(2) ? "enter" : rnd(2) ? "escape" : "x");
		else
			tui_do(b->t, a, rnd(3) ? args[rnd(CQ_COUNTOF(args))] : NULL);
		b->t->done = false;
		tui_poll(b->t);
		drawn(b);
		if (b->t->sel.component >= 0 && tui_now(b->t)->d && b->t->sel.id && b->t->sel.space == chosen(b).space && b->t->stack[b->t->depth] == TUI_SCREEN_BROWSE
			&& chosen(b).off != CQ_NO_OFFSET)
			assert_true(b->t->sel.off >= chosen(b).off);
	}
}

static void any_keys_in_any_order(void **state)
{
	static const char *const tables[] = { "/5.0-nb", "/5.0-da/small/wide_small/da-1-bti-Data.db", "/5.0-da/main", "/3.11-me/small/wide_small",
		"/5.0-oa/main/comp_none", "/5.0-oa/main/custom_types", "/3.11-md/main", "/5.0-oa/main/keys_only" };
	struct bench b;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		char path[512];

		snprintf(path, sizeof path, "%s%s", CQ_TEST_CORPUS, tables[i]);
		seed = 1000 + i;
		open_bench(&b, path, 24, 80);
		walk(&b, 600);
		close_bench(&b);
	}
}

static void any_keys_over_damage(void **state)
{
	static const struct { const char *from, *base, *file; uint64_t off; uint8_t mask; } at[] = {
		{ "5.0-nb/small/wide_small", "nb-1-big", "Data.db", 50000, 0x10 }, { "5.0-nb/small/wide_small", "nb-1-big", "Index.db", 3, 0x80 },
		{ "5.0-nb/small/wide_small", "nb-1-big", "CompressionInfo.db", 60, 0xff }, { "5.0-nb/small/wide_small", "nb-1-big", "Statistics.db", 40, 0xff },
		{ "5.0-da/small/wide_small", "da-1-bti", "Rows.db", 100, 0xff }, { "5.0-da/small/wide_small", "da-1-bti", "Partitions.db", 5, 0xff },
		{ "5.0-oa/main/comp_none", "oa-1-big", "Data.db", 2000, 0xff }, { "5.0-oa/main/comp_none", "oa-1-big", "Summary.db", 30, 0xff },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(at); i++) {
		struct bench b;
		struct cq_error err = {0};
		char path[256];

		seed = 2000 + i;
		open_bench(&b, NULL, 24, 80);
		damaged_copy(&b, at[i].from, at[i].base, at[i].file, at[i].off, at[i].mask, path);
		if (open_more(&b, path, NULL, &err) != CQ_OK)
			fail_msg("%s: %s", path, err.msg);
		keys(&b, "F");
		walk(&b, 300);
		tui_settle(b.t);
		walk(&b, 300);
		close_bench(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_takes_the_cells_of_its_width),
		cmocka_unit_test(what_a_terminal_would_obey_is_a_question_mark),
		cmocka_unit_test(areas_clip),
		cmocka_unit_test(long_text_breaks_at_blanks),
		cmocka_unit_test(writing_over_half_of_a_wide_character_takes_all_of_it),
		cmocka_unit_test(below_40x10_it_says_so),
		cmocka_unit_test(every_view_fits_every_size),
		cmocka_unit_test(a_folder_lists_its_tables_and_sorts_them),
		cmocka_unit_test(nothing_to_show_is_an_error),
		cmocka_unit_test(a_folder_of_one_table_begins_with_its_files),
		cmocka_unit_test(moving_in_the_bytes_moves_the_tree),
		cmocka_unit_test(up_and_down_keep_the_column),
		cmocka_unit_test(moving_in_the_tree_shows_the_bytes),
		cmocka_unit_test(the_tree_ends_at_its_ends),
		cmocka_unit_test(through_compression_and_back),
		cmocka_unit_test(offsets_keys_tokens_and_paths),
		cmocka_unit_test(a_key_leads_to_its_partition),
		cmocka_unit_test(links_and_the_way_back),
		cmocka_unit_test(the_way_back_is_long_but_bounded),
		cmocka_unit_test(text_and_bytes_are_searched),
		cmocka_unit_test(findings_fill_in_and_lead_to_the_byte),
		cmocka_unit_test(a_good_table_is_said_to_be_good_only_when_it_was_read),
		cmocka_unit_test(what_runs_can_be_left_behind),
		cmocka_unit_test(a_table_that_cannot_be_opened_is_shown_as_such),
		cmocka_unit_test(bookmarks_are_kept_in_a_file_of_their_own),
		cmocka_unit_test(two_at_a_time_keep_each_others_bookmarks),
		cmocka_unit_test(a_bad_file_of_bookmarks_does_no_harm),
		cmocka_unit_test(reports_are_written_once),
		cmocka_unit_test(keys_come_from_a_file),
		cmocka_unit_test(every_action_is_a_command_and_in_the_help),
		cmocka_unit_test(the_command_line_edits_and_completes),
		cmocka_unit_test(the_document_lists_every_key),
		cmocka_unit_test(any_keys_in_any_order),
		cmocka_unit_test(any_keys_over_damage),
	};

	return cmocka_run_group_tests_name("tui", tests, NULL, NULL);
}

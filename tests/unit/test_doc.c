/* The inspectable document over made-up units: what it makes of them, honest or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "cq_doc.h"
#include "cq_types.h"

/* One component of made-up bytes, and a function that explains its units. */
struct world {
	uint64_t size;
	const uint8_t *bytes;
	int (*explain)(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err);
	unsigned calls, n;
};

static int explain(void *arg, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	struct world *w = arg;

	w->calls++;
	return w->explain(w, u, tr, err);
}

static int bytes(void *arg, int component, int space, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	const struct world *w = arg;

	(void)component;
	(void)space;
	if (!w->bytes || off > w->size || n > w->size - off)
		return cq_fail(err, CQ_EUSAGE, off, "no bytes there");
	memcpy(buf, w->bytes + off, n);
	return CQ_OK;
}

static uint64_t size(void *arg, int component, int space)
{
	return component == 0 && space == CQ_SPACE_RAW ? ((struct world *)arg)->size : 0;
}

static const struct cq_doc_ops ops = { .explain = explain, .bytes = bytes, .size = size };

static struct cq_unit unit(unsigned kind, unsigned field, uint64_t off, uint64_t len, uint64_t arg)
{
	return (struct cq_unit){ .kind = kind, .field = field, .off = off, .len = len, .arg = { arg } };
}

static void child(const cq_trace *tr, const struct cq_unit *u, uint64_t index, const char *name)
{
	cq_trace_child(tr, u, index, name ? cq_slice_str(name) : (cq_slice){0});
}

/* A document over w with the component called "File.db"; *top is it, opened. */
static struct cq_doc *open_doc(struct world *w, size_t max, cq_nid *top)
{
	const struct cq_doc_options opt = { .no_ldt = INT32_MAX, .max_nodes = max };
	const struct cq_unit u = unit(1, CQ_F_INDEX_DB, 0, w->size, 0);
	struct cq_doc *d;

	assert_int_equal(cq_doc_open(&d, &ops, w, &opt, NULL), CQ_OK);
	*top = cq_doc_add(d, &u, cq_slice_str("File.db"));
	assert_true(*top != 0);
	return d;
}

static struct cq_node node(struct cq_doc *d, cq_nid id)
{
	struct cq_node n;

	assert_true(cq_doc_node(d, id, &n));
	return n;
}

static struct cq_node at_path(struct cq_doc *d, const char *path, cq_nid *id)
{
	struct cq_error err = {0};
	cq_nid found = 0;

	if (cq_doc_get(d, path, &found, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	if (id)
		*id = found;
	return node(d, found);
}

static void assert_text(struct cq_doc *d, cq_nid id, const char *want)
{
	struct cq_buf out = {0};

	cq_doc_print(d, id, &out, 0);
	assert_string_equal(cq_buf_cstr(&out), want);
	cq_buf_finish(&out);
}

static void assert_slice(cq_slice s, const char *want)
{
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(s.p, want, s.len);
}

/* Sum of all leaves below id, each counted once; also asserts that they follow one another from off on. */
static uint64_t tiled(struct cq_doc *d, cq_nid id, uint64_t off)
{
	uint64_t start = off;

	for (cq_nid at = id; at; at = cq_doc_walk(d, at, id, true)) {
		struct cq_node n = node(d, at);

		if (!(n.flags & (CQ_N_NUMBER | CQ_N_BYTES)) || n.flags & CQ_N_DAMAGED)
			continue;
		assert_int_equal(n.off, off);
		off += n.len;
	}
	return off - start;
}

/* ---- leaves and gaps ---- */

static int with_holes(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	(void)w, (void)u, (void)err;
	cq_trace_number(tr, CQ_F_HASH_COUNT, 0, 1, 7);
	cq_trace_begin(tr, CQ_F_DIRECTORY, 2, CQ_NO_INDEX, (cq_slice){0});
	cq_trace_number(tr, CQ_F_WORD_COUNT, 2, 4, 9);
	cq_trace_end(tr, 6, CQ_OK);
	return CQ_OK;
}

static void bytes_without_a_field_become_gaps(void **state)
{
	struct world w = { .size = 10, .explain = with_holes };
	struct cq_doc *d;
	cq_nid top, c;
	uint64_t gaps;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_true(node(d, top).flags & CQ_N_LAZY);
	assert_int_equal(cq_doc_expand(d, top, NULL), CQ_OK);
	assert_int_equal(tiled(d, top, 0), 10);
	c = cq_doc_next(d, cq_doc_first(d, top));
	assert_true(node(d, c).flags & CQ_N_GAP);
	assert_int_equal(node(d, c).off, 1);
	assert_int_equal(node(d, c).len, 1);
	assert_int_equal(cq_doc_gaps(d, top, &gaps, NULL), CQ_OK);
	assert_int_equal(gaps, 1 + 4);
	assert_int_equal(tiled(d, top, 0), 10);
	cq_doc_close(d);
}

static int cut_short(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	(void)w, (void)u;
	cq_trace_begin(tr, CQ_F_DIRECTORY, 0, CQ_NO_INDEX, (cq_slice){0});
	cq_trace_number(tr, CQ_F_SECTION_COUNT, 0, 4, 3);
	cq_fail(err, CQ_DAMAGED, 4, "section type: expected 4 bytes, found 2");
	cq_error_at(err, "File.db", CQ_SPACE_RAW);
	return CQ_DAMAGED;
}

static void a_unit_that_stops_keeps_its_error_and_its_rest(void **state)
{
	struct world w = { .size = 6, .explain = cut_short };
	struct cq_doc *d;
	cq_nid top, group;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_int_equal(cq_doc_expand(d, top, NULL), CQ_OK);
	assert_true(node(d, top).flags & CQ_N_DAMAGED);
	assert_slice(cq_doc_damage(d, top), "File.db at raw offset 0x4: section type: expected 4 bytes, found 2");
	group = cq_doc_first(d, top);
	assert_true(node(d, group).flags & CQ_N_DAMAGED);
	assert_int_equal(node(d, group).len, 4);
	assert_true(node(d, cq_doc_next(d, group)).flags & CQ_N_GAP);
	assert_int_equal(tiled(d, top, 0), 6);
	cq_doc_close(d);
}

static int overlapping(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	const struct cq_unit over = unit(2, CQ_F_STATS, 3, 4, 0), beyond = unit(2, CQ_F_STATS, 8, 100, 0);

	(void)w, (void)u, (void)err;
	cq_trace_number(tr, CQ_F_HASH_COUNT, 0, 4, 1);
	cq_trace_number(tr, CQ_F_WORD_COUNT, 2, 4, 2);
	child(tr, &over, CQ_NO_INDEX, NULL);
	child(tr, &beyond, CQ_NO_INDEX, NULL);
	cq_trace_number(tr, CQ_F_HASH_COUNT, 9, 4, 1);
	return CQ_OK;
}

static void what_overlaps_or_lies_outside_is_damaged_and_stays_closed(void **state)
{
	struct world w = { .size = 10, .explain = overlapping };
	struct cq_doc *d;
	cq_nid top, c;
	unsigned bad = 0;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_int_equal(cq_doc_expand(d, top, NULL), CQ_OK);
	for (c = cq_doc_first(d, top); c; c = cq_doc_next(d, c)) {
		struct cq_node n = node(d, c);

		bad += n.flags & CQ_N_DAMAGED ? 1 : 0;
		if (n.flags & CQ_N_UNIT) {
			assert_false(n.flags & CQ_N_LAZY);
			assert_true(cq_doc_damage(d, c).len > 0);
		} else if (n.flags & CQ_N_DAMAGED) {
			assert_true(cq_doc_note(d, c, 0).len > 0);
		}
	}
	assert_int_equal(bad, 4);
	assert_true(node(d, top).flags & CQ_N_DAMAGE_BELOW);
	assert_int_equal(tiled(d, top, 0), 10);
	cq_doc_close(d);
}

/* ---- units that lead nowhere ---- */

static int lists_itself(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	const struct cq_unit a = unit(2, CQ_F_TRIE_CHILD, 0, 4, 1), b = unit(2, CQ_F_TRIE_CHILD, 0, 4, 2);

	(void)w, (void)err;
	child(tr, u->arg[0] == 1 ? &b : &a, CQ_NO_INDEX, NULL);
	return CQ_OK;
}

static void a_unit_inside_itself_is_damage(void **state)
{
	struct world w = { .size = 4, .explain = lists_itself };
	struct cq_doc *d;
	unsigned levels = 0;
	cq_nid top, at;

	(void)state;
	d = open_doc(&w, 0, &top);
	for (at = top; at; at = cq_doc_first(d, at)) {
		assert_int_equal(cq_doc_expand(d, at, NULL), CQ_OK);
		assert_true(++levels < 10);
	}
	assert_int_equal(w.calls, 3);
	cq_doc_get(d, "File.db/children/children/children", &at, NULL);
	assert_slice(cq_doc_damage(d, at), "it would lie inside itself");
	cq_doc_close(d);
}

static int a_chain(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	const struct cq_unit next = unit(2, CQ_F_TRIE_CHILD, u->off, u->len, u->arg[0] + 1);

	(void)w, (void)err;
	child(tr, &next, CQ_NO_INDEX, NULL);
	return CQ_OK;
}

static void an_endless_chain_ends_and_is_freed_without_recursion(void **state)
{
	struct world w = { .size = 4, .explain = a_chain };
	struct cq_buf path = {0};
	struct cq_doc *d;
	uint64_t gaps;
	cq_nid top, at, last = 0;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_int_equal(cq_doc_gaps(d, top, &gaps, NULL), CQ_OK);
	for (at = top; at; at = cq_doc_walk(d, at, top, true))
		if (node(d, at).flags & CQ_N_UNIT)
			last = at;
	assert_slice(cq_doc_damage(d, last), "too many levels");
	assert_int_equal(w.calls, CQ_DOC_DEPTH_MAX);
	cq_doc_path(d, last, &path);
	assert_true(path.len > CQ_DOC_DEPTH_MAX);
	cq_buf_finish(&path);
	cq_doc_forget(d, top);
	assert_int_equal(cq_doc_nodes(d), 3);          /* one that is nobody, root, component */
	cq_doc_close(d);
}

static int page_of_itself(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	struct cq_unit more = unit(2, CQ_F_MORE, 0, 8, 0);

	(void)w, (void)err;
	if (u->kind == 2 && u->off == 0)
		cq_trace_number(tr, CQ_F_HASH_COUNT, 0, 1, 1);
	child(tr, &more, CQ_NO_INDEX, NULL);
	return CQ_OK;
}

static void a_list_that_does_not_go_on_is_damage(void **state)
{
	struct world w = { .size = 8, .explain = page_of_itself };
	struct cq_doc *d;
	cq_nid top, page;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_int_equal(cq_doc_expand(d, top, NULL), CQ_OK);
	page = cq_doc_first(d, top);
	assert_true(node(d, page).flags & CQ_N_PAGE);
	assert_int_equal(cq_doc_expand(d, page, NULL), CQ_OK);
	assert_true(node(d, page).flags & CQ_N_DAMAGED);
	assert_int_equal(cq_doc_next(d, page), 0);
	assert_int_equal(tiled(d, top, 0), 8);
	cq_doc_close(d);
}

static int many_fields(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	(void)u, (void)err;
	for (uint64_t i = 0; i < w->size; i++)
		cq_trace_number(tr, CQ_F_HASH_COUNT, i, 1, i);
	return CQ_OK;
}

static void a_unit_with_more_fields_than_fit_stays_closed(void **state)
{
	struct world w = { .size = 1000, .explain = many_fields };
	struct cq_error err = {0};
	struct cq_doc *d;
	cq_nid top;

	(void)state;
	d = open_doc(&w, 500, &top);
	assert_int_equal(cq_doc_expand(d, top, &err), CQ_ENOMEM);
	assert_true(node(d, top).flags & CQ_N_LAZY);
	assert_int_equal(cq_doc_first(d, top), 0);
	assert_int_equal(cq_doc_nodes(d), 3);
	cq_doc_close(d);
}

static int many_texts(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	static const char text[64] = "as long as what is kept of a leaf";

	(void)u, (void)err;
	for (uint64_t i = 0; i < w->size; i += 64) {
		cq_trace_bytes(tr, CQ_F_UNKNOWN_BYTES, i, cq_slice_of(text, 64), NULL);
		cq_trace_note(tr, CQ_F_UNKNOWN_BYTES, i, "something worth saying of byte %u", (unsigned)i);
	}
	return CQ_OK;
}

static void a_tree_takes_no_more_memory_than_it_may(void **state)
{
	struct world w = { .size = 64000, .explain = many_texts };
	struct cq_error err = {0};
	struct cq_doc *d;
	size_t empty, full;
	cq_nid top;

	(void)state;
	d = open_doc(&w, 0, &top);
	empty = cq_doc_memory(d);
	cq_doc_limit(d, empty + 50000);
	assert_int_equal(cq_doc_expand(d, top, &err), CQ_ENOMEM);
	assert_non_null(strstr(err.msg, "more than the"));
	assert_true(node(d, top).flags & CQ_N_LAZY);
	assert_int_equal(cq_doc_nodes(d), 3);
	assert_true(cq_doc_memory(d) <= empty + 50000);
	cq_doc_limit(d, 0);
	assert_int_equal(cq_doc_expand(d, top, &err), CQ_OK);
	full = cq_doc_memory(d);
	assert_true(full > empty + 64000 + 1000 * 30);         /* its texts and notes count */
	cq_doc_forget(d, top);
	assert_true(cq_doc_memory(d) < full - 64000 - 1000 * 30);
	cq_doc_limit(d, full);
	assert_int_equal(cq_doc_expand(d, top, &err), CQ_OK);
	assert_true(cq_doc_memory(d) <= full);
	cq_doc_close(d);
}

static int unreadable(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	(void)w, (void)u;
	cq_trace_number(tr, CQ_F_HASH_COUNT, 0, 1, 1);
	return cq_fail(err, CQ_EIO, 1, "the disk is gone");
}

static void what_cannot_be_read_is_an_error_and_not_a_tree(void **state)
{
	struct world w = { .size = 8, .explain = unreadable };
	struct cq_error err = {0};
	struct cq_doc *d;
	cq_nid top;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_int_equal(cq_doc_expand(d, top, &err), CQ_EIO);
	assert_string_equal(err.msg, "the disk is gone");
	assert_true(node(d, top).flags & CQ_N_LAZY);
	assert_int_equal(cq_doc_first(d, top), 0);
	cq_doc_close(d);
}

/* ---- lists ---- */

enum { A_PAGE = 10 };

/* Entries of one byte, ten a page; each has a leaf. */
static int paged(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	uint64_t first = u->kind == 2 ? u->arg[0] : 0;
	char name[32];

	(void)err;
	if (u->kind == 3) {
		cq_trace_number(tr, CQ_F_DATA_POSITION, u->off, 1, u->off);
		return CQ_OK;
	}
	for (uint64_t i = first; i < w->size; i++) {
		struct cq_unit e = unit(i - first == A_PAGE ? 2 : 3, i - first == A_PAGE ? CQ_F_MORE : CQ_F_INDEX_ENTRY, i,
			i - first == A_PAGE ? w->size - i : 1, i);

		snprintf(name, sizeof name, "key %u", (unsigned)i);
		child(tr, &e, i, e.kind == 3 ? name : NULL);
		if (e.kind == 2)
			break;
	}
	return CQ_OK;
}

static void paths_see_through_pages_and_forget_them(void **state)
{
	struct world w = { .size = 10000, .explain = paged };
	struct cq_buf path = {0};
	struct cq_doc *d;
	struct cq_node n;
	cq_nid top, id, id2;

	(void)state;
	d = open_doc(&w, 0, &top);
	n = at_path(d, "File.db/entries[7777]/position", &id);
	assert_int_equal(n.number, 7777);
	cq_doc_path(d, id, &path);
	assert_string_equal(cq_buf_cstr(&path), "File.db/entries[7777]/position");
	assert_true(cq_doc_nodes(d) < 1000);
	at_path(d, "File.db/entries.\"key 9998\"", &id2);
	assert_int_equal(node(d, id2).off, 9998);
	assert_true(cq_doc_nodes(d) < 2000 + 10000 / A_PAGE);
	/* Pages stand side by side: no deeper than list and element. */
	assert_int_equal(cq_doc_parent(d, cq_doc_parent(d, id2)), top);
	assert_int_equal(cq_doc_get(d, "File.db/entries[10000]", &id, NULL), CQ_NOT_FOUND);
	cq_buf_finish(&path);
	cq_doc_close(d);
}

static void a_byte_leads_to_its_leaf_through_pages(void **state)
{
	struct world w = { .size = 3000, .explain = paged };
	struct cq_error err = {0};
	struct cq_doc *d;
	cq_nid top, id;

	(void)state;
	d = open_doc(&w, 0, &top);
	assert_int_equal(cq_doc_at(d, 0, CQ_SPACE_RAW, 2500, &id, &err), CQ_OK);
	assert_int_equal(node(d, id).field, CQ_F_DATA_POSITION);
	assert_int_equal(node(d, id).number, 2500);
	assert_int_equal(cq_doc_at(d, 0, CQ_SPACE_RAW, 3000, &id, &err), CQ_NOT_FOUND);
	assert_int_equal(cq_doc_at(d, 0, CQ_SPACE_DECOMPRESSED, 0, &id, &err), CQ_NOT_FOUND);
	assert_int_equal(cq_doc_at(d, 7, CQ_SPACE_RAW, 0, &id, &err), CQ_NOT_FOUND);
	cq_doc_close(d);
}

static void a_forgotten_id_names_nothing_and_nobody_else(void **state)
{
	struct world w = { .size = 20, .explain = paged };
	struct cq_node n;
	struct cq_doc *d;
	cq_nid top, old, fresh;

	(void)state;
	d = open_doc(&w, 0, &top);
	cq_doc_expand(d, top, NULL);
	old = cq_doc_first(d, top);
	cq_doc_forget(d, top);
	assert_false(cq_doc_node(d, old, &n));
	assert_int_equal(cq_doc_first(d, old), 0);
	assert_int_equal(cq_doc_parent(d, old), 0);
	assert_int_equal(cq_doc_expand(d, old, NULL), CQ_OK);
	cq_doc_expand(d, top, NULL);
	for (cq_nid at = top; at; at = cq_doc_walk(d, at, top, true))
		assert_true(at != old);
	fresh = cq_doc_first(d, top);
	assert_true(cq_doc_node(d, fresh, &n));
	assert_false(cq_doc_node(d, old, &n));
	assert_false(cq_doc_node(d, 12345678, &n));
	cq_doc_close(d);
}

/* ---- paths ---- */

static int odd_names(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	static const char *const names[] = { "plain", "with space", "a/b", "quo\"te", "back\\slash", "line\nend", "\xff\x01", "[3]",
		"cells.x" };

	(void)w, (void)u, (void)err;
	for (size_t i = 0; i < CQ_COUNTOF(names); i++) {
		cq_trace_begin(tr, CQ_F_CELL, i, CQ_NO_INDEX, cq_slice_str(names[i]));
		cq_trace_number(tr, CQ_F_CELL_FLAGS, i, 1, 0);
		cq_trace_end(tr, i + 1, CQ_OK);
	}
	for (unsigned i = 0; i < 3; i++)
		cq_trace_number(tr, CQ_F_BLOCK_POINTER, 9 + i, 1, i);
	return CQ_OK;
}

static void every_path_leads_back_whatever_the_name(void **state)
{
	struct world w = { .size = 12, .explain = odd_names };
	struct cq_doc *d;
	unsigned n = 0;
	cq_nid top, id;

	(void)state;
	d = open_doc(&w, 0, &top);
	cq_doc_expand(d, top, NULL);
	for (cq_nid at = top; at; at = cq_doc_walk(d, at, top, true), n++) {
		struct cq_buf path = {0};

		cq_doc_path(d, at, &path);
		at_path(d, cq_buf_cstr(&path), &id);
		assert_int_equal(id, at);
		cq_buf_finish(&path);
	}
	assert_int_equal(n, 1 + 2 * 9 + 3);
	assert_int_equal(at_path(d, "File.db/cells.plain/flags", NULL).off, 0);
	assert_int_equal(at_path(d, "File.db/block_pointer[2]", NULL).number, 2);
	assert_int_equal(at_path(d, "File.db/block pointer[0]", NULL).number, 0);
	assert_int_equal(at_path(d, "/File.db//cells.\"a/b\"/", NULL).off, 2);
	cq_doc_close(d);
}

static void what_is_no_path_says_so(void **state)
{
	static const struct { const char *path; int rc; } bad[] = {
		{ "File.db/cells[", CQ_EUSAGE }, { "File.db/cells[x]", CQ_EUSAGE }, { "File.db/cells[]", CQ_EUSAGE },
		{ "File.db/cells[1", CQ_EUSAGE }, { "File.db/cells[1]x", CQ_EUSAGE }, { "File.db/cells.\"x", CQ_EUSAGE },
		{ "File.db/cells[99999999999999999999999]", CQ_EUSAGE }, { "Other.db", CQ_NOT_FOUND },
		{ "File.db/cells.nobody", CQ_NOT_FOUND }, { "File.db/cells.plain/flags/deeper", CQ_NOT_FOUND },
		{ "File.db/block pointer[3]", CQ_NOT_FOUND },
	};
	struct world w = { .size = 12, .explain = odd_names };
	struct cq_doc *d;
	cq_nid top, id;

	(void)state;
	d = open_doc(&w, 0, &top);
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		struct cq_error err = {0};

		assert_int_equal(cq_doc_get(d, bad[i].path, &id, &err), bad[i].rc);
		assert_true(err.msg[0] != 0);
	}
	assert_int_equal(cq_doc_get(d, "", &id, NULL), CQ_OK);
	assert_int_equal(id, cq_doc_root(d));
	cq_doc_close(d);
}

static void no_field_is_called_what_a_path_cannot_say(void **state)
{
	(void)state;
	for (unsigned f = CQ_F_OTHER_FILE; f < CQ_FIELD_COUNT; f++)
		assert_null(strpbrk(cq_field_info(f)->name, "/[].\""));
}

/* ---- values ---- */

static int values(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	static const struct { unsigned field; size_t len; uint64_t v; } v[] = {
		{ CQ_F_CELL_TIMESTAMP, 8, 1700000000123456 }, { CQ_F_CELL_TIMESTAMP, 8, (uint64_t)-1 },
		{ CQ_F_MARKED_FOR_DELETE_AT, 8, (uint64_t)INT64_MIN }, { CQ_F_LOCAL_DELETION_TIME, 4, INT32_MAX },
		{ CQ_F_CELL_LDT, 1, (uint64_t)INT64_MAX }, { CQ_F_CELL_LDT, 2, 1700000000 }, { CQ_F_CELL_TTL, 2, 90061 },
		{ CQ_F_ROW_FLAGS, 1, 0x24 }, { CQ_F_BOUND_KIND, 1, 6 }, { CQ_F_BOUND_KIND, 1, 99 }, { CQ_F_IS_TRANSIENT, 1, 0 },
		{ CQ_F_CHUNK_CRC, 4, 0xab }, { CQ_F_DATA_POSITION, 1, 255 }, { CQ_F_REPAIRED_AT, 8, 0 }, { CQ_F_LEVEL, 4, (uint64_t)-2 },
		{ CQ_F_COMPRESSION_RATIO, 8, 0x3fe0000000000000 }, { CQ_F_KEY_LENGTH, 2, 4 },
	};
	uint64_t off = 0;

	(void)w, (void)u, (void)err;
	for (size_t i = 0; i < CQ_COUNTOF(v); i++) {
		cq_trace_number(tr, v[i].field, off, v[i].len, v[i].v);
		off += v[i].len;
	}
	return CQ_OK;
}

static void numbers_print_by_the_kind_of_their_field(void **state)
{
	static const char *const want[] = { "2023-11-14T22:13:20.123456Z (1700000000123456 us)",
		"1969-12-31T23:59:59.999999Z (-1 us)", "none", "none", "none", "2023-11-14T22:13:20Z (1700000000 s)",
		"90061 s (1 d 1 h 1 min 1 s)", "0x24 HAS_TIMESTAMP|HAS_ALL_COLUMNS", "6 INCL_END_BOUND", "99", "false", "0x000000ab",
		"0xff (255)", "none (0)", "-2", "0.5", "4 bytes" };
	struct world w = { .size = 200, .explain = values };
	struct cq_buf raw = {0};
	struct cq_doc *d;
	cq_nid top, c;
	size_t i = 0;

	(void)state;
	d = open_doc(&w, 0, &top);
	cq_doc_expand(d, top, NULL);
	for (c = cq_doc_first(d, top); i < CQ_COUNTOF(want); c = cq_doc_next(d, c), i++)
		assert_text(d, c, want[i]);
	cq_doc_print(d, cq_doc_next(d, cq_doc_first(d, top)), &raw, CQ_DOC_RAW);
	assert_string_equal(cq_buf_cstr(&raw), "-1");
	cq_buf_finish(&raw);
	cq_doc_close(d);
}

static uint8_t text_bytes[5000];

static int texts(struct world *w, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	(void)u, (void)err;
	cq_trace_bytes(tr, CQ_F_CELL_VALUE, 0, cq_slice_of(w->bytes, 12), cq_type_simple(CQ_T_TEXT));
	cq_trace_bytes(tr, CQ_F_PARTITIONER, 12, cq_slice_of(w->bytes + 12, 5), NULL);
	cq_trace_bytes(tr, CQ_F_CELL_VALUE, 17, cq_slice_of(w->bytes + 17, 4), cq_type_simple(CQ_T_INT));
	cq_trace_bytes(tr, CQ_F_CELL_VALUE, 21, cq_slice_of(w->bytes + 21, 3), cq_type_simple(CQ_T_INT));
	cq_trace_bytes(tr, CQ_F_CHUNK_PAYLOAD, 24, cq_slice_of(w->bytes + 24, 4976), NULL);
	return CQ_OK;
}

static void bytes_print_by_type_and_never_as_control_characters(void **state)
{
	struct world w = { .size = sizeof text_bytes, .bytes = text_bytes, .explain = texts };
	struct cq_buf whole = {0};
	struct cq_doc *d;
	cq_nid top, c;

	(void)state;
	memset(text_bytes, 0xaa, sizeof text_bytes);
	memcpy(text_bytes, "it's\n\x1b[31m\xc2\x85", 12);
	memcpy(text_bytes + 12, "\xc3\xa4\xffz\t", 5);
	memcpy(text_bytes + 17, "\0\0\1\0\1\2\3", 7);
	d = open_doc(&w, 0, &top);
	cq_doc_expand(d, top, NULL);
	c = cq_doc_first(d, top);
	assert_text(d, c, "'it''s\\n\\x1b[31m\\xc2\\x85'");
	assert_text(d, c = cq_doc_next(d, c), "\xc3\xa4\\xffz\\x09");
	assert_text(d, c = cq_doc_next(d, c), "256");
	assert_text(d, c = cq_doc_next(d, c), "0x010203");
	assert_text(d, c = cq_doc_next(d, c), "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... (4976 bytes)");
	/* Long values are not kept, but read when they are wanted whole. */
	assert_int_equal(node(d, c).preview.len, CQ_DOC_PREVIEW);
	cq_doc_print(d, c, &whole, CQ_DOC_WHOLE);
	assert_int_equal(whole.len, 2 + 2 * 4976);
	cq_buf_finish(&whole);
	cq_doc_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_without_a_field_become_gaps),
		cmocka_unit_test(a_unit_that_stops_keeps_its_error_and_its_rest),
		cmocka_unit_test(what_overlaps_or_lies_outside_is_damaged_and_stays_closed),
		cmocka_unit_test(a_unit_inside_itself_is_damage),
		cmocka_unit_test(an_endless_chain_ends_and_is_freed_without_recursion),
		cmocka_unit_test(a_list_that_does_not_go_on_is_damage),
		cmocka_unit_test(a_unit_with_more_fields_than_fit_stays_closed),
		cmocka_unit_test(a_tree_takes_no_more_memory_than_it_may),
		cmocka_unit_test(what_cannot_be_read_is_an_error_and_not_a_tree),
		cmocka_unit_test(paths_see_through_pages_and_forget_them),
		cmocka_unit_test(a_byte_leads_to_its_leaf_through_pages),
		cmocka_unit_test(a_forgotten_id_names_nothing_and_nobody_else),
		cmocka_unit_test(every_path_leads_back_whatever_the_name),
		cmocka_unit_test(what_is_no_path_says_so),
		cmocka_unit_test(no_field_is_called_what_a_path_cannot_say),
		cmocka_unit_test(numbers_print_by_the_kind_of_their_field),
		cmocka_unit_test(bytes_print_by_type_and_never_as_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

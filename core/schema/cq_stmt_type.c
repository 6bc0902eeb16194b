/* CREATE TYPE and ALTER TYPE. */
#include "cq_schema_priv.h"

static void put_field(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t, size_t off, struct cq_raw_field f)
{
	if (lx->rc != CQ_OK)
		return;
	if (cq_names_get(&t->by_name, f.name) != CQ_NO_NAME) {
		cq_lex_fail_at(lx, CQ_DAMAGED, off, "a second field of this name in one type");
		return;
	}
	if (t->nfields >= INT16_MAX) {
		cq_lex_fail_at(lx, CQ_DAMAGED, off, "more than 32767 fields in a type");
		return;
	}
	t->field = cq_grow(arena, t->field, t->nfields, &t->field_cap, sizeof *t->field);
	if (!t->field || !cq_names_put(arena, &t->by_name, f.name, t->nfields)) {
		cq_stmt_no_memory(lx);
		return;
	}
	t->field[t->nfields++] = f;
}

static void add_field(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t)
{
	size_t off = lx->tok.off;
	struct cq_raw_field f = { .name = cq_lex_name(lx, arena, "the name of a field") };

	f.type = cq_stmt_type_text(lx);
	put_field(lx, arena, t, off, f);
}

/* DESCRIBE of Cassandra 4.0 forgets to quote the names of fields:   Odd Field int,   dot.ted frozen<list<int>>
 * Then the type is what begins with the last word outside of brackets, and the name all before it, as it stands.
 * False, and nothing done, when this is no such field. */
static bool unquoted_field(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t)
{
	size_t off = lx->tok.off, open = 0, name_end = off;
	struct cq_error ignored;
	struct cq_lex end = *lx, type = *lx;
	struct cq_raw_field f;

	end.err = &ignored;
	for (size_t last = off; end.tok.kind != CQ_TOK_END && !cq_lex_at(&end, ';'); cq_lex_next(&end)) {
		if (!open && (cq_lex_at(&end, ',') || cq_lex_at(&end, ')')))
			break;
		if (!open && (end.tok.kind == CQ_TOK_WORD || end.tok.kind == CQ_TOK_STRING)) {
			type = end;
			name_end = last;
		}
		open += cq_lex_at(&end, '<');
		open -= cq_lex_at(&end, '>') && open;
		last = end.tok.off + end.tok.len;
	}
	if (end.rc != CQ_OK || name_end == off)
		return false;
	type.err = &ignored;
	f.type = cq_stmt_type_text(&type);
	if (type.rc != CQ_OK || (!cq_lex_at(&type, ',') && !cq_lex_at(&type, ')')))
		return false;
	f.name = cq_slice_of(lx->text.p + off, name_end - off);
	type.err = lx->err;
	*lx = type;
	put_field(lx, arena, t, off, f);
	return true;
}

static void create_field(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t)
{
	struct cq_lex attempt = *lx;
	struct cq_error ignored;

	attempt.err = &ignored;
	cq_lex_name(&attempt, arena, "");
	cq_stmt_type_text(&attempt);
	if (attempt.rc == CQ_OK && (cq_lex_at(&attempt, ',') || cq_lex_at(&attempt, ')')))
		add_field(lx, arena, t);
	else if (!unquoted_field(lx, arena, t))
		add_field(lx, arena, t);               /* says what is wrong */
}

void cq_stmt_create_type(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t)
{
	cq_lex_expect_punct(lx, '(');
	do {
		create_field(lx, arena, t);
	} while (cq_lex_take_punct(lx, ','));
	cq_lex_expect_punct(lx, ')');
	cq_stmt_end(lx);
}

static void rename_field(struct cq_lex *lx, struct cq_arena *arena, void *what, size_t off, cq_slice from, cq_slice to)
{
	struct cq_raw_type *t = what;
	size_t at = cq_names_get(&t->by_name, from);

	if (at == CQ_NO_NAME) {
		cq_lex_fail_at(lx, CQ_DAMAGED, off, "the type has no such field");
		return;
	}
	if (!cq_names_put(arena, &t->by_name, from, CQ_NO_NAME) || !cq_names_put(arena, &t->by_name, to, at)) {
		cq_stmt_no_memory(lx);
		return;
	}
	t->field[at].name = to;
}

void cq_stmt_alter_type(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t)
{
	if (cq_lex_take(lx, "add")) {
		if (cq_lex_take(lx, "if")) {
			cq_lex_expect(lx, "not");
			cq_lex_expect(lx, "exists");
		}
		do {
			add_field(lx, arena, t);
		} while (cq_lex_take_punct(lx, ','));
	} else if (cq_lex_take(lx, "rename")) {
		cq_stmt_renames(lx, arena, rename_field, t);
	} else if (cq_lex_take(lx, "alter")) {                  /* up to 3.9 */
		size_t off = lx->tok.off, at;
		cq_slice name = cq_lex_name(lx, arena, "the name of a field");

		cq_lex_expect(lx, "type");
		at = cq_names_get(&t->by_name, name);
		if (at == CQ_NO_NAME)
			cq_lex_fail_at(lx, CQ_DAMAGED, off, "the type has no such field");
		else
			t->field[at].type = cq_stmt_type_text(lx);
	} else {
		cq_lex_fail(lx, "ADD, RENAME or ALTER");
	}
	cq_stmt_end(lx);
}

/* CREATE TABLE, CREATE MATERIALIZED VIEW and ALTER TABLE. */
#include "cq_schema_priv.h"

/* More columns than any table has; what hostile text may cost. */
enum { MAX_COLUMNS = 1 << 20 };

/* ---- columns ---------------------------------------------------------------------------------------------- */

void cq_stmt_put_column(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t, struct cq_raw_column c)
{
	size_t at = cq_names_get(&t->by_name, c.name);

	if (lx->rc != CQ_OK)
		return;
	c.live = true;
	if (at != CQ_NO_NAME) {
		struct cq_raw_column *old = &t->column[at];

		if (old->live) {
			cq_lex_fail_at(lx, CQ_DAMAGED, c.off, "a second column of this name in one table");
			return;
		}
		old->type = c.type;
		old->is_static = c.is_static;
		old->live = true;
		return;
	}
	if (t->ncolumns >= MAX_COLUMNS) {
		cq_lex_fail_at(lx, CQ_DAMAGED, c.off, "more than %d columns in a table", MAX_COLUMNS);
		return;
	}
	t->column = cq_grow(arena, t->column, t->ncolumns, &t->column_cap, sizeof *t->column);
	if (!t->column || !cq_names_put(arena, &t->by_name, c.name, t->ncolumns)) {
		cq_stmt_no_memory(lx);
		return;
	}
	t->column[t->ncolumns++] = c;
}

static void put_key(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_key **keys, size_t *n, size_t *cap)
{
	struct cq_raw_key k = { .off = lx->tok.off };

	k.name = cq_lex_name(lx, arena, "the name of a key column");
	if (lx->rc != CQ_OK)
		return;
	*keys = cq_grow(arena, *keys, *n, cap, sizeof k);
	if (!*keys) {
		cq_stmt_no_memory(lx);
		return;
	}
	(*keys)[(*n)++] = k;
}

static void one_key(struct cq_lex *lx, struct cq_raw_table *t, size_t off)
{
	if (t->has_key)
		cq_lex_fail_at(lx, CQ_DAMAGED, off, "a second PRIMARY KEY in one table");
	t->has_key = true;
}

/* ( a | (a, b) [, c ...] ) */
static void primary_key(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	one_key(lx, t, lx->tok.off);
	cq_lex_expect_punct(lx, '(');
	if (cq_lex_take_punct(lx, '(')) {
		do {
			put_key(lx, arena, &t->partition, &t->npartition, &t->partition_cap);
		} while (cq_lex_take_punct(lx, ','));
		cq_lex_expect_punct(lx, ')');
	} else {
		put_key(lx, arena, &t->partition, &t->npartition, &t->partition_cap);
	}
	while (cq_lex_take_punct(lx, ','))
		put_key(lx, arena, &t->clustering, &t->nclustering, &t->clustering_cap);
	cq_lex_expect_punct(lx, ')');
}

/* Behind a column's type: [STATIC] [MASKED WITH ...] [PRIMARY KEY] [CHECK ...], to the ',' or ')'. Masks and constraints
 * change no byte of an SSTable. */
static void column_modifiers(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t, struct cq_raw_column *c)
{
	c->is_static = cq_lex_take(lx, "static");
	while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ',') && !cq_lex_at(lx, ')') && !cq_lex_at(lx, ';')) {
		size_t off = lx->tok.off;

		if (cq_lex_take(lx, "primary")) {
			cq_lex_expect(lx, "key");
			one_key(lx, t, off);
			t->partition = cq_grow(arena, t->partition, t->npartition, &t->partition_cap, sizeof *t->partition);
			if (!t->partition)
				cq_stmt_no_memory(lx);
			else
				t->partition[t->npartition++] = (struct cq_raw_key){ .name = c->name, .off = off };
		} else if (cq_lex_take(lx, "masked") || cq_lex_take(lx, "check")) {
			while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ',') && !cq_lex_at(lx, ')') && !cq_lex_at(lx, ';')
			       && !cq_lex_is(lx, "primary") && !cq_lex_is(lx, "check")) {
				if (cq_lex_at(lx, '('))
					cq_lex_skip_brackets(lx);
				else
					cq_lex_next(lx);
			}
		} else {
			cq_lex_fail(lx, "',' or ')' behind a column");
		}
	}
}

static void column(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	struct cq_raw_column c = { .off = lx->tok.off };

	c.name = cq_lex_name(lx, arena, "the name of a column");
	c.type = cq_stmt_type_text(lx);
	if (lx->rc != CQ_OK)
		return;
	column_modifiers(lx, arena, t, &c);
	cq_stmt_put_column(lx, arena, t, c);
}

static bool at_primary_key(struct cq_lex *lx)
{
	struct cq_lex ahead = *lx;
	struct cq_error ignored;

	ahead.err = &ignored;
	return cq_lex_take(&ahead, "primary") && cq_lex_take(&ahead, "key") && cq_lex_at(&ahead, '(');
}

static void drop_column(struct cq_lex *lx, struct cq_raw_table *t, size_t off, cq_slice name, int64_t time)
{
	size_t at = cq_names_get(&t->by_name, name);
	struct cq_raw_column *c;

	if (lx->rc != CQ_OK)
		return;
	if (at == CQ_NO_NAME || !t->column[at].live) {
		cq_lex_fail_at(lx, CQ_DAMAGED, off, "the table has no such column to drop");
		return;
	}
	c = &t->column[at];
	c->live = false;
	if (!c->dropped || time >= c->dropped_time) {
		c->dropped = true;
		c->dropped_time = time;
		c->dropped_type = c->type;
		c->dropped_static = c->is_static;
	}
}

/* ---- tables and views ------------------------------------------------------------------------------------- */

void cq_stmt_create_table(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	cq_lex_expect_punct(lx, '(');
	while (lx->rc == CQ_OK) {
		if (at_primary_key(lx)) {
			cq_lex_next(lx);
			cq_lex_next(lx);
			primary_key(lx, arena, t);
		} else {
			column(lx, arena, t);
		}
		if (!cq_lex_take_punct(lx, ','))
			break;
	}
	cq_lex_expect_punct(lx, ')');
	if (lx->rc == CQ_OK && !t->has_key)
		cq_lex_fail_at(lx, CQ_DAMAGED, lx->tok.off, "the table has no PRIMARY KEY");
	if (cq_lex_take(lx, "with"))
		cq_stmt_properties(lx, arena, t);
	t->end = lx->tok.off + lx->tok.len;
	cq_stmt_end(lx);
}

void cq_stmt_create_view(struct cq_lex *lx, struct cq_arena *arena, cq_slice use, struct cq_raw_table *t)
{
	cq_lex_expect(lx, "as");
	cq_lex_expect(lx, "select");
	t->select_all = cq_lex_take_punct(lx, '*');
	if (!t->select_all) {
		do {
			struct cq_raw_column c = { .off = lx->tok.off };

			c.name = cq_lex_name(lx, arena, "the name of a column or *");
			cq_stmt_put_column(lx, arena, t, c);
		} while (cq_lex_take_punct(lx, ','));
	}
	cq_lex_expect(lx, "from");
	t->base = cq_stmt_name(lx, arena, use, NULL);
	if (!t->base.keyspace.p)
		t->base.keyspace = t->name.keyspace;
	while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ';') && !at_primary_key(lx)) {
		if (cq_lex_at(lx, '('))
			cq_lex_skip_brackets(lx);
		else
			cq_lex_next(lx);
	}
	cq_lex_expect(lx, "primary");
	cq_lex_expect(lx, "key");
	primary_key(lx, arena, t);
	if (cq_lex_take(lx, "with"))
		cq_stmt_properties(lx, arena, t);
	t->end = lx->tok.off + lx->tok.len;
	cq_stmt_end(lx);
}

static void alter_add(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	bool brackets;

	if (cq_lex_take(lx, "if")) {
		cq_lex_expect(lx, "not");
		cq_lex_expect(lx, "exists");
	}
	brackets = cq_lex_take_punct(lx, '(');
	do {
		column(lx, arena, t);
	} while (cq_lex_take_punct(lx, ','));
	if (brackets)
		cq_lex_expect_punct(lx, ')');
}

/* DROP a | (a, b) | a, b [USING TIMESTAMP n]; DROP COMPACT STORAGE. The time stands behind the names: two passes. */
static void alter_drop(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	struct cq_lex names = *lx, *pass[] = { lx, &names };
	int64_t time = INT64_MIN;

	if (cq_lex_take(lx, "compact") && cq_lex_take(lx, "storage")) {
		t->compact = false;
		return;
	}
	if (lx->rc != CQ_OK)
		return;
	*lx = names;
	for (size_t i = 0; i < CQ_COUNTOF(pass); i++) {
		struct cq_lex *l = pass[i];
		bool brackets;

		if (cq_lex_take(l, "if"))
			cq_lex_expect(l, "exists");
		brackets = cq_lex_take_punct(l, '(');
		do {
			size_t off = l->tok.off;
			cq_slice name = cq_lex_name(l, arena, "the name of a column");

			if (i)
				drop_column(l, t, off, name, time);
		} while (cq_lex_take_punct(l, ','));
		if (brackets)
			cq_lex_expect_punct(l, ')');
		if (!i && cq_lex_take(l, "using")) {
			cq_lex_expect(l, "timestamp");
			time = cq_stmt_timestamp(l);
		}
		if (l->rc != CQ_OK)
			break;
	}
	if (names.rc != CQ_OK)
		*lx = names;
}

static void rename_column(struct cq_lex *lx, struct cq_arena *arena, void *what, size_t off, cq_slice from, cq_slice to)
{
	struct cq_raw_table *t = what;
	struct cq_raw_key *list[] = { t->partition, t->clustering };
	size_t n[] = { t->npartition, t->nclustering }, at = cq_names_get(&t->by_name, from);

	if (at == CQ_NO_NAME || !t->column[at].live || cq_names_get(&t->by_name, to) != CQ_NO_NAME) {
		cq_lex_fail_at(lx, CQ_DAMAGED, off, "the table has no such column to rename, or has one of the other name");
		return;
	}
	if (!cq_names_put(arena, &t->by_name, from, CQ_NO_NAME) || !cq_names_put(arena, &t->by_name, to, at)) {
		cq_stmt_no_memory(lx);
		return;
	}
	t->column[at].name = to;
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < n[k]; i++) {
			if (cq_slice_eq(list[k][i].name, from))
				list[k][i].name = to;
		}
	}
}

void cq_stmt_alter_table(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	if (cq_lex_take(lx, "add")) {
		alter_add(lx, arena, t);
	} else if (cq_lex_take(lx, "drop")) {
		alter_drop(lx, arena, t);
	} else if (cq_lex_take(lx, "rename")) {
		cq_stmt_renames(lx, arena, rename_column, t);
	} else if (cq_lex_take(lx, "with")) {
		cq_stmt_properties(lx, arena, t);
	} else if (cq_lex_take(lx, "alter")) {
		size_t off = lx->tok.off, at;
		cq_slice name = cq_lex_name(lx, arena, "the name of a column");

		at = cq_names_get(&t->by_name, name);
		if (lx->rc == CQ_OK && (at == CQ_NO_NAME || !t->column[at].live))
			cq_lex_fail_at(lx, CQ_DAMAGED, off, "the table has no such column to alter");
		if (cq_lex_take(lx, "type")) {
			struct cq_raw_text type = cq_stmt_type_text(lx);

			if (lx->rc == CQ_OK)
				t->column[at].type = type;
		} else {
			cq_stmt_skip(lx);              /* masks and constraints of 5.0 */
			return;
		}
	} else {
		cq_lex_fail(lx, "ADD, DROP, RENAME, ALTER or WITH");
	}
	cq_stmt_end(lx);
}

/* The statements that say something about a table: CREATE TABLE, MATERIALIZED VIEW and TYPE, ALTER TABLE and TYPE. */
#include <stdlib.h>

#include "cq_schema_priv.h"

/* More columns than any table has; what hostile text may cost. */
enum { MAX_COLUMNS = 1 << 20 };

static void no_memory(struct cq_lex *lx)
{
	cq_lex_fail_at(lx, CQ_ENOMEM, lx->tok.off, "no memory for a schema");
}

void cq_stmt_skip(struct cq_lex *lx)
{
	while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ';'))
		cq_lex_next(lx);
	cq_lex_take_punct(lx, ';');
}

static void end_of_statement(struct cq_lex *lx)
{
	if (lx->tok.kind != CQ_TOK_END && !cq_lex_take_punct(lx, ';'))
		cq_lex_fail(lx, "';'");
}

struct cq_raw_name cq_stmt_name(struct cq_lex *lx, struct cq_arena *arena, cq_slice use, bool *if_not_exists)
{
	struct cq_raw_name n = { .keyspace = use };
	struct cq_lex before = *lx;

	if (if_not_exists)
		*if_not_exists = false;
	if (cq_lex_take(lx, "if") && (cq_lex_is(lx, "not") || cq_lex_is(lx, "exists"))) {
		bool not = cq_lex_take(lx, "not");

		cq_lex_expect(lx, "exists");
		if (if_not_exists)
			*if_not_exists = not;
	} else if (lx->rc == CQ_OK) {
		*lx = before;                  /* a table called if */
	}
	n.name = cq_lex_name(lx, arena, "a name");
	if (cq_lex_take_punct(lx, '.')) {
		n.keyspace = n.name;
		n.name = cq_lex_name(lx, arena, "a name");
	}
	return n;
}

/* ---- types ------------------------------------------------------------------------------------------------ */

/* One type: 'class' | name | keyspace.name | name<...>, taken over as text. */
static struct cq_raw_text type_text(struct cq_lex *lx)
{
	struct cq_raw_text t = { .off = lx->tok.off };
	size_t end = lx->at, open = 0;

	if (lx->tok.kind != CQ_TOK_STRING && lx->tok.kind != CQ_TOK_WORD && lx->tok.kind != CQ_TOK_QUOTED) {
		cq_lex_fail(lx, "a type");
		return t;
	}
	if (lx->tok.kind == CQ_TOK_STRING) {
		cq_lex_next(lx);
	} else {
		cq_lex_next(lx);
		if (cq_lex_take_punct(lx, '.')) {
			if (lx->tok.kind != CQ_TOK_WORD && lx->tok.kind != CQ_TOK_QUOTED)
				cq_lex_fail(lx, "the name of a type");
			end = lx->at;
			cq_lex_next(lx);
		}
		while (cq_lex_at(lx, '<') || open) {
			if (lx->tok.kind == CQ_TOK_END) {
				cq_lex_fail(lx, "'>'");
				return t;
			}
			open += cq_lex_at(lx, '<');
			open -= cq_lex_at(lx, '>');
			end = lx->at;
			cq_lex_next(lx);
		}
	}
	t.len = end - t.off;
	return t;
}

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
		no_memory(lx);
		return;
	}
	t->field[t->nfields++] = f;
}

static void add_field(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_type *t)
{
	size_t off = lx->tok.off;
	struct cq_raw_field f = { .name = cq_lex_name(lx, arena, "the name of a field") };

	f.type = type_text(lx);
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
	f.type = type_text(&type);
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
	type_text(&attempt);
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
	end_of_statement(lx);
}

/* name TO name [AND name TO name]... ; calls back with each pair. */
typedef void renamed(struct cq_lex *lx, struct cq_arena *arena, void *what, size_t off, cq_slice from, cq_slice to);

static void rename_list(struct cq_lex *lx, struct cq_arena *arena, renamed *each, void *what)
{
	do {
		size_t off;
		cq_slice from, to;

		if (cq_lex_take(lx, "if"))
			cq_lex_expect(lx, "exists");
		off = lx->tok.off;
		from = cq_lex_name(lx, arena, "a name");
		cq_lex_expect(lx, "to");
		to = cq_lex_name(lx, arena, "a name");
		if (lx->rc == CQ_OK)
			each(lx, arena, what, off, from, to);
	} while (cq_lex_take(lx, "and"));
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
		no_memory(lx);
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
		rename_list(lx, arena, rename_field, t);
	} else if (cq_lex_take(lx, "alter")) {                  /* up to 3.9 */
		size_t off = lx->tok.off, at;
		cq_slice name = cq_lex_name(lx, arena, "the name of a field");

		cq_lex_expect(lx, "type");
		at = cq_names_get(&t->by_name, name);
		if (at == CQ_NO_NAME)
			cq_lex_fail_at(lx, CQ_DAMAGED, off, "the type has no such field");
		else
			t->field[at].type = type_text(lx);
	} else {
		cq_lex_fail(lx, "ADD, RENAME or ALTER");
	}
	end_of_statement(lx);
}

/* ---- columns ---------------------------------------------------------------------------------------------- */

static void put_column(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t, struct cq_raw_column c)
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
		no_memory(lx);
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
		no_memory(lx);
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
				no_memory(lx);
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
	c.type = type_text(lx);
	if (lx->rc != CQ_OK)
		return;
	column_modifiers(lx, arena, t, &c);
	put_column(lx, arena, t, c);
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

/* ---- properties ------------------------------------------------------------------------------------------- */

/* The number a token says, quotes or not. */
static double number(struct cq_lex *lx, const char *what, double low, double high)
{
	cq_slice t = cq_lex_token(lx);
	char text[40], *end;
	double v;

	if (lx->tok.kind == CQ_TOK_STRING && t.len >= 2)
		t = cq_slice_of(t.p + 1, t.len - 2);
	if ((lx->tok.kind == CQ_TOK_NUMBER || lx->tok.kind == CQ_TOK_STRING) && t.len && t.len < sizeof text) {
		memcpy(text, t.p, t.len);
		text[t.len] = 0;
		v = strtod(text, &end);
		if (!*end && v >= low && v <= high) {
			cq_lex_next(lx);
			return v;
		}
	}
	cq_lex_fail(lx, what);
	return 0;
}

static int64_t timestamp(struct cq_lex *lx)
{
	cq_slice t = cq_lex_token(lx);
	bool negative = t.len && t.p[0] == '-';
	uint64_t v = 0;

	for (size_t i = negative; lx->tok.kind == CQ_TOK_NUMBER && i < t.len; i++) {
		unsigned digit = (unsigned)(t.p[i] - '0');

		if (t.p[i] < '0' || t.p[i] > '9' || v > ((uint64_t)INT64_MAX - digit) / 10)
			break;
		v = v * 10 + digit;
		if (i + 1 == t.len) {
			cq_lex_next(lx);
			return negative ? -(int64_t)v : (int64_t)v;
		}
	}
	cq_lex_fail(lx, "a timestamp in microseconds");
	return 0;
}

/* A uuid, bare or as a string. */
static void table_id(struct cq_lex *lx, struct cq_schema *o)
{
	cq_slice t = cq_lex_token(lx);
	unsigned n = 0;

	if (lx->tok.kind == CQ_TOK_STRING && t.len == 38)
		t = cq_slice_of(t.p + 1, 36);
	if ((lx->tok.kind != CQ_TOK_UUID && lx->tok.kind != CQ_TOK_STRING) || t.len != 36) {
		cq_lex_fail(lx, "a UUID");
		return;
	}
	memset(o->id, 0, sizeof o->id);
	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.p[i] | 0x20;
		int digit = t.p[i] >= '0' && t.p[i] <= '9' ? t.p[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (t.p[i] == '-' && (i == 8 || i == 13 || i == 18 || i == 23))
			continue;
		if (digit < 0 || n >= 32) {
			cq_lex_fail(lx, "a UUID");
			return;
		}
		o->id[n / 2] = (uint8_t)(o->id[n / 2] << 4 | digit);
		n++;
	}
	o->has_id = true;
	cq_lex_next(lx);
}

/* The value of an option that is not ours: anything up to the next AND. */
static void skip_value(struct cq_lex *lx)
{
	if (lx->tok.kind == CQ_TOK_END || cq_lex_at(lx, ';')) {
		cq_lex_fail(lx, "a value");
		return;
	}
	while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ';') && !cq_lex_is(lx, "and")) {
		if (cq_lex_at(lx, '{') || cq_lex_at(lx, '[') || cq_lex_at(lx, '('))
			cq_lex_skip_brackets(lx);
		else
			cq_lex_next(lx);
	}
}

static void option(struct cq_lex *lx, struct cq_arena *arena, struct cq_schema *o)
{
	cq_slice name = cq_lex_name(lx, arena, "the name of an option");

	cq_lex_expect_punct(lx, '=');
	if (lx->rc != CQ_OK)
		return;
	if (cq_slice_is(name, "id"))
		table_id(lx, o);
	else if (cq_slice_is(name, "bloom_filter_fp_chance"))
		o->bloom_fp_chance = number(lx, "a number from 0 to 1", 0, 1);
	else if (cq_slice_is(name, "gc_grace_seconds"))
		o->gc_grace_seconds = (int32_t)number(lx, "seconds from 0 to 2147483647", 0, INT32_MAX);
	else if (cq_slice_is(name, "min_index_interval"))
		o->min_index_interval = (int32_t)number(lx, "a number from 1 to 2147483647", 1, INT32_MAX);
	else if (cq_slice_is(name, "default_time_to_live"))
		o->default_ttl = (int32_t)number(lx, "seconds from 0 to 2147483647", 0, INT32_MAX);
	else
		skip_value(lx);
}

/* (c [ASC|DESC], ...): a prefix of the clustering columns, in order. */
static void clustering_order(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	size_t i = 0;

	cq_lex_expect_punct(lx, '(');
	do {
		size_t off = lx->tok.off;
		cq_slice name = cq_lex_name(lx, arena, "the name of a clustering column");

		if (lx->rc != CQ_OK)
			return;
		if (i >= t->nclustering || !cq_slice_eq(t->clustering[i].name, name)) {
			cq_lex_fail_at(lx, CQ_DAMAGED, off, "CLUSTERING ORDER names a column that is not the next clustering column");
			return;
		}
		t->clustering[i].descending = cq_lex_take(lx, "desc");
		if (!t->clustering[i].descending)
			cq_lex_take(lx, "asc");
		i++;
	} while (cq_lex_take_punct(lx, ','));
	cq_lex_expect_punct(lx, ')');
}

/* DROPPED COLUMN RECORD name type [STATIC] USING TIMESTAMP n: some versions keep dropped columns out of the list. */
static void dropped_record(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	struct cq_raw_column c = { .off = lx->tok.off };
	size_t at;

	c.name = cq_lex_name(lx, arena, "the name of a dropped column");
	c.type = type_text(lx);
	c.is_static = cq_lex_take(lx, "static");
	cq_lex_expect(lx, "using");
	cq_lex_expect(lx, "timestamp");
	c.dropped = true;
	c.dropped_time = timestamp(lx);
	c.dropped_type = c.type;
	c.dropped_static = c.is_static;
	if (lx->rc != CQ_OK)
		return;
	at = cq_names_get(&t->by_name, c.name);
	if (at == CQ_NO_NAME) {
		put_column(lx, arena, t, c);
		if (lx->rc == CQ_OK)
			t->column[t->ncolumns - 1].live = false;
	} else if (!t->column[at].dropped || t->column[at].dropped_time <= c.dropped_time) {
		t->column[at].dropped = true;
		t->column[at].dropped_time = c.dropped_time;
		t->column[at].dropped_type = c.dropped_type;
		t->column[at].dropped_static = c.dropped_static;
	}
}

/* Behind WITH: property [AND property ...]. */
static void properties(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	do {
		struct cq_lex before = *lx;

		if (cq_lex_take(lx, "compact") && cq_lex_take(lx, "storage")) {
			t->compact = true;
			continue;
		}
		if (lx->rc != CQ_OK)
			return;
		*lx = before;
		if (cq_lex_take(lx, "clustering") && cq_lex_take(lx, "order")) {
			cq_lex_expect(lx, "by");
			clustering_order(lx, arena, t);
			continue;
		}
		if (lx->rc != CQ_OK)
			return;
		*lx = before;
		if (cq_lex_take(lx, "dropped") && cq_lex_take(lx, "column")) {
			cq_lex_expect(lx, "record");
			dropped_record(lx, arena, t);
			continue;
		}
		if (lx->rc != CQ_OK)
			return;
		*lx = before;
		option(lx, arena, &t->options);
	} while (cq_lex_take(lx, "and"));
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
		properties(lx, arena, t);
	t->end = lx->tok.off + lx->tok.len;
	end_of_statement(lx);
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
			put_column(lx, arena, t, c);
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
		properties(lx, arena, t);
	t->end = lx->tok.off + lx->tok.len;
	end_of_statement(lx);
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
			time = timestamp(l);
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
		no_memory(lx);
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
		rename_list(lx, arena, rename_column, t);
	} else if (cq_lex_take(lx, "with")) {
		properties(lx, arena, t);
	} else if (cq_lex_take(lx, "alter")) {
		size_t off = lx->tok.off, at;
		cq_slice name = cq_lex_name(lx, arena, "the name of a column");

		at = cq_names_get(&t->by_name, name);
		if (lx->rc == CQ_OK && (at == CQ_NO_NAME || !t->column[at].live))
			cq_lex_fail_at(lx, CQ_DAMAGED, off, "the table has no such column to alter");
		if (cq_lex_take(lx, "type")) {
			struct cq_raw_text type = type_text(lx);

			if (lx->rc == CQ_OK)
				t->column[at].type = type;
		} else {
			cq_stmt_skip(lx);              /* masks and constraints of 5.0 */
			return;
		}
	} else {
		cq_lex_fail(lx, "ADD, DROP, RENAME, ALTER or WITH");
	}
	end_of_statement(lx);
}

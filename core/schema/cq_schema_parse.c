#include <stdio.h>

#include "cq_schema_priv.h"

int cq_raw_fail(struct cq_raw_source *src, int code, size_t off, const char *what)
{
	struct cq_lex lx = { .text = src->text, .err = src->err };

	cq_lex_fail_at(&lx, code, off, "%s", what);
	src->rc = code;
	return code;
}

cq_slice cq_raw_type_key(struct cq_raw_source *src, cq_slice keyspace, cq_slice name)
{
	size_t n = keyspace.len + 1 + name.len;
	uint8_t *key = cq_arena_alloc(src->scratch, n);

	if (!key)
		return (cq_slice){0};
	if (keyspace.len)
		memcpy(key, keyspace.p, keyspace.len);
	key[keyspace.len] = 0;
	if (name.len)
		memcpy(key + keyspace.len + 1, name.p, name.len);
	return cq_slice_of(key, n);
}

/* ---- walking statements ----------------------------------------------------------------------------------- */

enum statement_kind { OTHER, USE, CREATE_TABLE, CREATE_VIEW, CREATE_TYPE, ALTER_TABLE, ALTER_TYPE, DROP_TABLE };

struct statement {
	enum statement_kind kind;
	size_t off;
	struct cq_raw_name name;
	bool if_not_exists;
};

struct walk {
	struct cq_lex lx;                /* behind the name of the statement at hand */
	struct cq_arena *arena;
	cq_slice use;
	struct statement st;
};

static bool take_table(struct cq_lex *lx)
{
	return cq_lex_take(lx, "table") || cq_lex_take(lx, "columnfamily");
}

static bool take_view(struct cq_lex *lx)
{
	return cq_lex_take(lx, "materialized") && cq_lex_take(lx, "view");
}

static enum statement_kind statement_kind(struct cq_lex *lx)
{
	if (cq_lex_take(lx, "use"))
		return USE;
	if (cq_lex_take(lx, "create"))
		return take_table(lx) ? CREATE_TABLE : cq_lex_take(lx, "type") ? CREATE_TYPE : take_view(lx) ? CREATE_VIEW : OTHER;
	if (cq_lex_take(lx, "alter"))
		return take_table(lx) || take_view(lx) ? ALTER_TABLE : cq_lex_take(lx, "type") ? ALTER_TYPE : OTHER;
	if (cq_lex_take(lx, "drop"))
		return take_table(lx) || take_view(lx) ? DROP_TABLE : OTHER;
	return OTHER;
}

/* The next statement's kind and name; false at the end or after a failure (lx.rc). Whoever does not parse the rest of
 * it calls cq_stmt_skip. */
static bool next(struct walk *w)
{
	while (cq_lex_take_punct(&w->lx, ';'))
		;
	if (w->lx.tok.kind == CQ_TOK_END)
		return false;
	w->st = (struct statement){ .off = w->lx.tok.off };
	w->st.kind = statement_kind(&w->lx);
	if (w->st.kind == USE)
		w->use = cq_lex_name(&w->lx, w->arena, "a keyspace");
	else if (w->st.kind != OTHER)
		w->st.name = cq_stmt_name(&w->lx, w->arena, w->use, &w->st.if_not_exists);
	return w->lx.rc == CQ_OK;
}

static void start(struct walk *w, struct cq_raw_source *src)
{
	*w = (struct walk){ .arena = src->scratch };
	cq_lex_start(&w->lx, src->text, 0, src->err);
}

static bool same_keyspace(cq_slice a, cq_slice b)
{
	return !a.p || !b.p || cq_slice_eq(a, b);
}

static bool same_name(const struct cq_raw_name *a, const struct cq_raw_name *b)
{
	return cq_slice_eq(a->name, b->name) && same_keyspace(a->keyspace, b->keyspace);
}

/* ---- which table ------------------------------------------------------------------------------------------ */

/* want, taken apart at its dot; quotes go. */
static bool parse_want(const char *want, struct cq_arena *arena, struct cq_raw_name *out)
{
	cq_slice part[2] = {{0}};
	size_t n = 0;

	for (const char *p = want;; p++) {
		uint8_t *copy = cq_arena_dup(arena, p, strlen(p));
		size_t len = 0;
		bool quoted = *p == '"';

		if (!copy)
			return false;
		for (p += quoted; *p && (quoted || *p != '.' || n == 1); p++) {
			if (quoted && *p == '"' && *++p != '"')
				break;
			copy[len++] = (uint8_t)*p;
		}
		part[n++] = cq_slice_of(copy, len);
		if (*p != '.' || n == 2)               /* no name has a dot: a third part will match nothing */
			break;
	}
	*out = n == 2 ? (struct cq_raw_name){ .keyspace = part[0], .name = part[1] } : (struct cq_raw_name){ .name = part[0] };
	return true;
}

struct candidate {
	bool found, several;
	struct statement st, other;
};

static void show_name(const struct cq_raw_name *n, char *out, size_t size)
{
	int ks = n->keyspace.len > 48 ? 48 : (int)n->keyspace.len, table = n->name.len > 48 ? 48 : (int)n->name.len;

	snprintf(out, size, "%.*s%s%.*s", ks, n->keyspace.p ? (const char *)n->keyspace.p : "", n->keyspace.p ? "." : "", table,
		n->name.p ? (const char *)n->name.p : "");
}

static void offer(struct walk *w, struct candidate *c)
{
	if (!c->found) {
		c->found = true;
		c->st = w->st;
	} else if (same_name(&c->st.name, &w->st.name)) {
		if (!w->st.if_not_exists)
			cq_lex_fail_at(&w->lx, CQ_DAMAGED, w->st.off, "the table is created a second time");
	} else {
		c->several = true;
		c->other = w->st;
	}
}

/* Find the CREATE statement that want means. */
static int choose(struct cq_raw_source *src, const char *want, struct statement *out)
{
	struct candidate cand[2] = {{0}}, *c;            /* tables, views */
	struct cq_raw_name wanted = {0}, first = {0};
	char a[112], b[112];
	size_t created = 0;
	struct walk w;

	if (want && !parse_want(want, src->scratch, &wanted))
		return cq_fail(src->err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a schema");
	for (start(&w, src); next(&w); cq_stmt_skip(&w.lx)) {
		bool create = w.st.kind == CREATE_TABLE || w.st.kind == CREATE_VIEW;

		if (w.st.kind == DROP_TABLE) {
			for (c = cand; c < cand + 2; c++)
				c->found = c->found && !same_name(&c->st.name, &w.st.name);
		}
		if (!create)
			continue;
		if (!created++)
			first = w.st.name;
		if (!want || same_name(&wanted, &w.st.name))
			offer(&w, &cand[w.st.kind == CREATE_VIEW]);
	}
	if (w.lx.rc != CQ_OK)
		return w.lx.rc;
	c = cand[0].found ? &cand[0] : &cand[1];
	if (want && cand[0].found && cand[1].found) {
		c->several = true;
		c->other = cand[1].st;
	}
	if (c->found && c->several) {
		show_name(&c->st.name, a, sizeof a);
		show_name(&c->other.name, b, sizeof b);
		return cq_fail(src->err, CQ_EUSAGE, c->other.off, "the text creates several tables (%s, %s, ...); say which one is meant",
			a, b);
	}
	if (!c->found && !created)
		return cq_fail(src->err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the text has no CREATE TABLE%s", cq_schema_leaves_out(src->text) ?
			" but in a comment: the table was made through Thrift, and CQL cannot make it" : "");
	if (!c->found) {
		show_name(&first, a, sizeof a);
		return cq_fail(src->err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the text does not create %.100s; it creates %s%s",
			want ? want : "a table that it keeps", a, created > 1 ? " and others" : "");
	}
	*out = c->st;
	return CQ_OK;
}

/* ---- gathering -------------------------------------------------------------------------------------------- */

static void add_type(struct cq_raw_source *src, struct walk *w)
{
	struct cq_raw_type t = { .name = w->st.name, .off = w->st.off };
	cq_slice key = cq_raw_type_key(src, t.name.keyspace, t.name.name);
	cq_slice any = cq_raw_type_key(src, (cq_slice){0}, t.name.name);

	cq_stmt_create_type(&w->lx, src->scratch, &t);
	if (w->lx.rc != CQ_OK || (key.p && cq_names_get(&src->types, key) != CQ_NO_NAME))
		return;                                        /* IF NOT EXISTS, or said twice: the first one holds */
	src->type = cq_grow(src->scratch, src->type, src->ntypes, &src->type_cap, sizeof t);
	if (!key.p || !any.p || !src->type || !cq_names_put(src->scratch, &src->types, key, src->ntypes)
	    || (cq_names_get(&src->types, any) == CQ_NO_NAME && !cq_names_put(src->scratch, &src->types, any, src->ntypes))) {
		cq_lex_fail_at(&w->lx, CQ_ENOMEM, w->st.off, "no memory for a type");
		return;
	}
	src->type[src->ntypes++] = t;
}

static int gather_types(struct cq_raw_source *src)
{
	struct walk w;

	for (start(&w, src); next(&w);) {
		size_t at = CQ_NO_NAME;

		if (w.st.kind == CREATE_TYPE) {
			add_type(src, &w);
			continue;
		}
		if (w.st.kind == ALTER_TYPE)
			at = cq_names_get(&src->types, cq_raw_type_key(src, w.st.name.keyspace, w.st.name.name));
		if (at != CQ_NO_NAME)
			cq_stmt_alter_type(&w.lx, src->scratch, &src->type[at]);
		else
			cq_stmt_skip(&w.lx);
	}
	return w.lx.rc;
}

static void start_table(struct cq_raw_table *t, const struct statement *st)
{
	*t = (struct cq_raw_table){ .name = st->name, .is_view = st->kind == CREATE_VIEW, .options = {
		.bloom_fp_chance = -1, .gc_grace_seconds = -1, .min_index_interval = -1, .default_ttl = -1 } };
}

/* The CREATE at st->off, and every ALTER of that table behind it. */
static int gather_table(struct cq_raw_source *src, const struct statement *st, struct cq_raw_table *t)
{
	bool created = false;
	struct walk w;

	start_table(t, st);
	for (start(&w, src); next(&w);) {
		if (w.st.off == st->off && st->kind == CREATE_VIEW)
			cq_stmt_create_view(&w.lx, src->scratch, w.use, t);
		else if (w.st.off == st->off)
			cq_stmt_create_table(&w.lx, src->scratch, t);
		else if (created && w.st.kind == ALTER_TABLE && same_name(&w.st.name, &st->name))
			cq_stmt_alter_table(&w.lx, src->scratch, t);
		else
			cq_stmt_skip(&w.lx);
		created = created || w.st.off == st->off;
	}
	return w.lx.rc;
}

/* The table a view is made of. CQ_NOT_FOUND when the text does not create it. */
static int gather_base(struct cq_raw_source *src, const struct cq_raw_table *view, struct cq_raw_table *base)
{
	struct walk w;

	for (start(&w, src); next(&w); cq_stmt_skip(&w.lx)) {
		if (w.st.kind == CREATE_TABLE && same_name(&w.st.name, &view->base)) {
			struct statement st = w.st;

			return gather_table(src, &st, base);
		}
	}
	return w.lx.rc == CQ_OK ? CQ_NOT_FOUND : w.lx.rc;
}

static int find_table(struct cq_raw_source *src, const char *want, struct cq_schema **out)
{
	struct cq_raw_table table, base;
	struct statement st;
	bool has_base = false;
	int rc = choose(src, want, &st);

	if (rc == CQ_OK)
		rc = gather_table(src, &st, &table);
	if (rc == CQ_OK)
		rc = gather_types(src);
	if (rc == CQ_OK && table.is_view) {
		rc = gather_base(src, &table, &base);
		has_base = rc == CQ_OK;
		if (rc == CQ_NOT_FOUND)
			rc = CQ_OK;
	}
	if (rc != CQ_OK)
		return rc;
	src->keyspace = table.name.keyspace;
	rc = cq_schema_resolve(src, &table, has_base ? &base : NULL, out);
	if (rc != CQ_OK)
		return rc;
	(*out)->text = cq_slice_of(cq_arena_dup(src->out, src->text.p + st.off, table.end - st.off), table.end - st.off);
	return (*out)->text.p ? CQ_OK : cq_fail(src->err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a schema");
}

bool cq_schema_leaves_out(cq_slice text)
{
	static const char note[] = "omitted because it has constructs not compatible with CQL";

	return text.p && memmem(text.p, text.len, note, sizeof note - 1);
}

int cq_schema_parse(struct cq_arena *arena, cq_slice text, const char *want, struct cq_schema **out, struct cq_error *err)
{
	struct cq_arena scratch = {0};
	struct cq_raw_source src = {
		.text = text.len ? text : cq_slice_str(""), .scratch = &scratch, .out = arena, .err = err };
	struct cq_schema *s = NULL;
	int rc = find_table(&src, want, &s);

	cq_arena_finish(&scratch);
	if (rc == CQ_OK)
		*out = s;
	return rc;
}

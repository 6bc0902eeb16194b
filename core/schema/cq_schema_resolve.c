/* From what the statements say to a schema: types looked up, keys found, columns in order. */
#include <stdlib.h>

#include "cq_schema_priv.h"

/* User types may be used twice in each other, so that few lines of text unfold to more types than memory holds. A type's
 * text recurses by itself (128 deep at most), so user types in user types must not go far. */
enum { MAX_WEIGHT = 1 << 16, MAX_DEPTH = 60, MAX_UDT_DEPTH = 20 };

static int no_memory(struct cq_raw_source *src)
{
	src->rc = cq_fail(src->err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a schema");
	return src->rc;
}

static bool keep(struct cq_raw_source *src, cq_slice s, cq_slice *out)
{
	*out = (cq_slice){0};
	if (!s.p)
		return true;
	out->p = cq_arena_dup(src->out, s.p, s.len);
	out->len = s.len;
	return out->p != NULL;
}

/* ---- types ------------------------------------------------------------------------------------------------ */

static const struct cq_type *find_udt(void *arg, cq_slice keyspace, cq_slice name);

/* A type's text with blanks where comments and line ends were, so that offsets stay. */
static bool blank_comments(struct cq_raw_source *src, struct cq_raw_text t, cq_slice *out)
{
	uint8_t *copy = cq_arena_alloc(src->scratch, t.len + 1);
	struct cq_lex lx;

	if (!copy)
		return false;
	memset(copy, ' ', t.len);
	for (cq_lex_start(&lx, cq_slice_of(src->text.p, t.off + t.len), t.off, NULL); lx.tok.kind != CQ_TOK_END; cq_lex_next(&lx))
		memcpy(copy + (lx.tok.off - t.off), src->text.p + lx.tok.off, lx.tok.len);
	*out = cq_slice_of(copy, t.len);
	return true;
}

static int resolve_type(struct cq_raw_source *src, struct cq_raw_text t, const struct cq_type **out)
{
	struct cq_error err = { .off = CQ_NO_OFFSET };
	cq_slice text;
	int rc;

	if (!blank_comments(src, t, &text))
		return no_memory(src);
	rc = cq_type_parse_cql(src->out, text, find_udt, src, out, &err);
	if (src->rc != CQ_OK)                          /* a user type inside went wrong, and said so */
		return src->rc;
	if (rc == CQ_ENOMEM)
		return no_memory(src);
	if (rc != CQ_OK)
		return cq_raw_fail(src, CQ_DAMAGED, t.off + (err.off <= t.len ? (size_t)err.off : 0), err.msg);
	return CQ_OK;
}

static size_t find_raw(struct cq_raw_source *src, cq_slice keyspace, cq_slice name)
{
	cq_slice key = cq_raw_type_key(src, keyspace, name);
	size_t at = key.p ? cq_names_get(&src->types, key) : CQ_NO_NAME;

	if (!key.p)
		no_memory(src);
	if (at == CQ_NO_NAME && keyspace.p) {
		/* CREATE TYPE without a keyspace, in a text whose tables have one */
		key = cq_raw_type_key(src, (cq_slice){0}, name);
		at = key.p ? cq_names_get(&src->types, key) : CQ_NO_NAME;
		if (at != CQ_NO_NAME && src->type[at].name.keyspace.p)
			at = CQ_NO_NAME;
	}
	return at;
}

static size_t weigh(struct cq_raw_source *src, const struct cq_type *t)
{
	size_t sum = 1;

	if (t->kind == CQ_T_UDT) {
		size_t at = find_raw(src, t->keyspace, t->name);

		return at == CQ_NO_NAME ? 1 : src->type[at].weight;
	}
	for (size_t i = 0; i < t->narg && sum <= MAX_WEIGHT; i++)
		sum += weigh(src, t->arg[i]);
	return sum;
}

/* A user type nobody created: its name, and no fields. */
static const struct cq_type *missing_udt(struct cq_raw_source *src, cq_slice keyspace, cq_slice name)
{
	struct cq_type *t = cq_arena_zalloc(src->out, 1, sizeof *t);

	if (!t || !keep(src, keyspace, &t->keyspace) || !keep(src, name, &t->name)) {
		no_memory(src);
		return NULL;
	}
	t->kind = CQ_T_UDT;
	t->multicell = true;
	t->depth = 1;
	t->fixed_len = CQ_VARIABLE;
	if (!src->missing.p)
		src->missing = t->name;
	return t;
}

static int make_udt(struct cq_raw_source *src, struct cq_raw_type *raw)
{
	const struct cq_type **arg = cq_arena_zalloc(src->out, raw->nfields, sizeof *arg);
	cq_slice *field = cq_arena_zalloc(src->out, raw->nfields, sizeof *field);
	struct cq_type *t = cq_arena_zalloc(src->out, 1, sizeof *t);

	if (!arg || !field || !t || !keep(src, raw->name.keyspace, &t->keyspace) || !keep(src, raw->name.name, &t->name))
		return no_memory(src);
	raw->weight = 1;
	for (size_t i = 0; i < raw->nfields; i++) {
		int rc = resolve_type(src, raw->field[i].type, &arg[i]);

		if (rc != CQ_OK)
			return rc;
		if (arg[i]->kind == CQ_T_UDT && arg[i]->multicell)     /* CQL wants frozen<> there; nothing else is possible */
			arg[i] = cq_type_frozen(src->out, arg[i]);
		if (!arg[i] || !keep(src, raw->field[i].name, &field[i]))
			return no_memory(src);
		if (arg[i]->depth > t->depth)
			t->depth = arg[i]->depth;
		raw->weight += weigh(src, arg[i]);
		if (t->depth >= MAX_DEPTH || raw->weight > MAX_WEIGHT)
			return cq_raw_fail(src, CQ_DAMAGED, raw->off, t->depth >= MAX_DEPTH ? "user types nested too deep"
				: "user types that unfold to more than 65536 types");
	}
	t->depth++;
	t->kind = CQ_T_UDT;
	t->multicell = true;
	t->fixed_len = CQ_VARIABLE;
	t->narg = raw->nfields;
	t->arg = arg;
	t->field = field;
	raw->type = t;
	return CQ_OK;
}

static const struct cq_type *find_udt(void *arg, cq_slice keyspace, cq_slice name)
{
	struct cq_raw_source *src = arg;
	cq_slice where = keyspace.p ? keyspace : src->keyspace;
	size_t at = find_raw(src, where, name);
	struct cq_raw_type *raw;

	if (src->rc != CQ_OK)
		return NULL;
	if (at == CQ_NO_NAME)
		return missing_udt(src, where, name);
	raw = &src->type[at];
	if (raw->state == CQ_RAW_DONE)
		return raw->type;
	if (raw->state == CQ_RAW_BUSY || src->depth >= MAX_UDT_DEPTH) {
		cq_raw_fail(src, CQ_DAMAGED, raw->off, raw->state == CQ_RAW_BUSY ? "a user type that contains itself"
			: "user types nested too deep");
		return NULL;
	}
	raw->state = CQ_RAW_BUSY;
	src->depth++;
	if (make_udt(src, raw) == CQ_OK)
		raw->state = CQ_RAW_DONE;
	src->depth--;
	return raw->type;
}

/* ---- columns ---------------------------------------------------------------------------------------------- */

int cq_schema_column_order(const void *x, const void *y)
{
	const struct cq_schema_column *a = x, *b = y;
	bool multi_a = a->type && a->type->multicell, multi_b = b->type && b->type->multicell;
	uint8_t head_a[6] = {0}, head_b[6] = {0};
	int c;

	if (multi_a != multi_b)
		return multi_a ? 1 : -1;
	if (a->name.len)
		memcpy(head_a, a->name.p, a->name.len < 6 ? a->name.len : 6);
	if (b->name.len)
		memcpy(head_b, b->name.p, b->name.len < 6 ? b->name.len : 6);
	head_a[0] ^= 0x80;
	head_b[0] ^= 0x80;
	c = memcmp(head_a, head_b, 6);
	return c ? c : cq_slice_cmp(a->name, b->name);
}

/* Where a table's columns are said: a view's in its base. */
struct build {
	struct cq_raw_source *src;
	const struct cq_raw_table *t, *columns;
	bool *in_key;                    /* of columns->column */
	struct cq_schema *s;
};

static int key_column(struct build *b, const struct cq_raw_key *k, struct cq_schema_column *out)
{
	size_t at = cq_names_get(&b->columns->by_name, k->name);
	const struct cq_raw_column *c;
	int rc;

	if (!keep(b->src, k->name, &out->name))
		return no_memory(b->src);
	if (b->s->open_columns) {
		if (at != CQ_NO_NAME)
			b->in_key[at] = true;
		return CQ_OK;
	}
	if (at == CQ_NO_NAME || !b->columns->column[at].live)
		return cq_raw_fail(b->src, CQ_DAMAGED, k->off, "PRIMARY KEY names a column that the table does not have");
	c = &b->columns->column[at];
	if (b->in_key[at])
		return cq_raw_fail(b->src, CQ_DAMAGED, k->off, "PRIMARY KEY names a column twice");
	if (c->is_static)
		return cq_raw_fail(b->src, CQ_DAMAGED, k->off, "PRIMARY KEY names a static column");
	b->in_key[at] = true;
	rc = resolve_type(b->src, c->type, &out->type);
	if (rc != CQ_OK)
		return rc;
	if (out->type->multicell)
		return cq_raw_fail(b->src, CQ_DAMAGED, c->type.off, "a key column's type must be frozen");
	if (k->descending)
		out->type = cq_type_reversed(b->src->out, out->type, !out->type->reversed);
	return out->type ? CQ_OK : no_memory(b->src);
}

static int keys(struct build *b, const struct cq_raw_key *k, size_t n, struct cq_schema_column **out, size_t *count)
{
	*out = cq_arena_zalloc(b->src->out, n, sizeof **out);
	if (!*out)
		return no_memory(b->src);
	for (size_t i = 0; i < n; i++) {
		int rc = key_column(b, &k[i], &(*out)[i]);

		if (rc != CQ_OK)
			return rc;
	}
	*count = n;
	return CQ_OK;
}

/* What is selected by a view, or all of a table: the raw column, NULL when it is none of the schema's. */
static int other_column(struct build *b, size_t i)
{
	const struct cq_raw_column *c = &b->t->column[i];
	struct cq_schema_column *out;
	size_t at = i;
	int rc;

	if (b->columns != b->t) {
		at = cq_names_get(&b->columns->by_name, c->name);
		if (at == CQ_NO_NAME || !b->columns->column[at].live)
			return cq_raw_fail(b->src, CQ_DAMAGED, c->off, "the view selects a column that its base table does not have");
		c = &b->columns->column[at];
	}
	if (!c->live || b->in_key[at])
		return CQ_OK;
	out = c->is_static ? &b->s->statics[b->s->nstatic++] : &b->s->regulars[b->s->nregular++];
	if (!keep(b->src, c->name, &out->name))
		return no_memory(b->src);
	if (b->s->open_columns)
		return CQ_OK;
	rc = resolve_type(b->src, c->type, &out->type);
	return rc;
}

static int other_columns(struct build *b)
{
	struct build all = *b;
	size_t n;

	if (b->t->select_all && b->columns != b->t)
		all.t = b->columns;                                /* SELECT *: as if all were listed */
	n = all.t->ncolumns;
	b->s->statics = cq_arena_zalloc(b->src->out, n, sizeof *b->s->statics);
	b->s->regulars = cq_arena_zalloc(b->src->out, n, sizeof *b->s->regulars);
	if (!b->s->statics || !b->s->regulars)
		return no_memory(b->src);
	for (size_t i = 0; i < n; i++) {
		int rc = other_column(&all, i);

		if (rc != CQ_OK)
			return rc;
	}
	if (b->t->is_view)
		b->s->nstatic = 0;                                 /* a view shows none */
	qsort(b->s->statics, b->s->nstatic, sizeof *b->s->statics, cq_schema_column_order);
	qsort(b->s->regulars, b->s->nregular, sizeof *b->s->regulars, cq_schema_column_order);
	return CQ_OK;
}

static int dropped_columns(struct build *b)
{
	b->s->dropped = cq_arena_zalloc(b->src->out, b->t->ncolumns, sizeof *b->s->dropped);
	if (!b->s->dropped)
		return no_memory(b->src);
	for (size_t i = 0; i < b->t->ncolumns; i++) {
		const struct cq_raw_column *c = &b->t->column[i];
		struct cq_schema_dropped *d = &b->s->dropped[b->s->ndropped];
		int rc;

		if (!c->dropped)
			continue;
		rc = resolve_type(b->src, c->dropped_type, &d->type);
		if (rc != CQ_OK)
			return rc;
		if (!keep(b->src, c->name, &d->name))
			return no_memory(b->src);
		d->time = c->dropped_time;
		d->is_static = c->dropped_static;
		b->s->ndropped++;
	}
	return CQ_OK;
}

int cq_schema_resolve(struct cq_raw_source *src, const struct cq_raw_table *t, const struct cq_raw_table *base,
	struct cq_schema **out)
{
	struct cq_schema *s = cq_arena_zalloc(src->out, 1, sizeof *s);
	struct build b = { .src = src, .t = t, .columns = base ? base : t, .s = s };
	int rc;

	b.in_key = cq_arena_zalloc(src->scratch, b.columns->ncolumns, sizeof *b.in_key);
	if (!s || !b.in_key)
		return no_memory(src);
	*s = t->options;
	s->compact = t->compact;
	s->is_view = t->is_view;
	s->open_columns = t->is_view && !base;
	if (!keep(src, t->name.keyspace, &s->keyspace) || !keep(src, t->name.name, &s->table))
		return no_memory(src);
	rc = keys(&b, t->partition, t->npartition, &s->partition, &s->npartition);
	if (rc == CQ_OK)
		rc = keys(&b, t->clustering, t->nclustering, &s->clustering, &s->nclustering);
	if (rc == CQ_OK)
		rc = other_columns(&b);
	if (rc == CQ_OK)
		rc = dropped_columns(&b);
	s->missing_type = src->missing;
	if (rc == CQ_OK)
		*out = s;
	return rc;
}

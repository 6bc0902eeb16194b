/* CQL names of types, both ways. */
#include "cq_types_priv.h"

/* ---- identifiers ---- */

/* The words that CQL's grammar keeps for itself (reserved_keywords.txt of 5.0), sorted. */
static const char *const reserved[] = {
	"add", "allow", "alter", "and", "apply", "asc", "authorize", "batch", "begin", "by", "columnfamily", "create",
	"delete", "desc", "describe", "drop", "entries", "execute", "from", "full", "grant", "if", "in", "index",
	"infinity", "insert", "into", "is", "keyspace", "limit", "materialized", "modify", "nan", "norecursive",
	"not", "null", "of", "on", "or", "order", "primary", "rename", "revoke", "schema", "select", "set", "table",
	"to", "token", "truncate", "unlogged", "update", "use", "using", "view", "where", "with",
};

static bool is_reserved(cq_slice name)
{
	for (size_t i = 0; i < CQ_COUNTOF(reserved); i++)
		if (cq_slice_is(name, reserved[i]))
			return true;
	return false;
}

void cq_print_identifier(struct cq_buf *out, cq_slice name)
{
	bool bare = name.len > 0 && name.p[0] >= 'a' && name.p[0] <= 'z';

	for (size_t i = 1; bare && i < name.len; i++)
		bare = (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '_';
	if (bare && !is_reserved(name)) {
		cq_buf_slice(out, name);
		return;
	}
	cq_buf_byte(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"')
			cq_buf_byte(out, '"');
		cq_buf_byte(out, name.p[i]);
	}
	cq_buf_byte(out, '"');
}

/* ---- printing ---- */

static bool is_native(enum cq_kind kind)
{
	return cq_type_simple(kind) && cq_kind_cql(kind);
}

void cq_type_cql(const struct cq_type *t, struct cq_buf *out)
{
	bool frozen = t->kind == CQ_T_TUPLE ||
		(!t->multicell && (t->kind == CQ_T_LIST || t->kind == CQ_T_SET || t->kind == CQ_T_MAP || t->kind == CQ_T_UDT));

	if (is_native(t->kind)) {
		cq_buf_str(out, cq_kind_cql(t->kind));
		return;
	}
	if (frozen)
		cq_buf_str(out, "frozen<");
	if (t->kind == CQ_T_UDT) {
		cq_print_identifier(out, t->name);
	} else if (cq_kind_cql(t->kind)) {
		cq_buf_str(out, cq_kind_cql(t->kind));
		cq_buf_byte(out, '<');
		for (size_t i = 0; i < t->narg; i++) {
			if (i)
				cq_buf_str(out, ", ");
			cq_type_cql(t->arg[i], out);
		}
		if (t->kind == CQ_T_VECTOR)
			cq_buf_printf(out, ", %u", (unsigned)t->dimension);
		cq_buf_byte(out, '>');
	} else {
		struct cq_type forward = *t;
		struct cq_buf class_name = {0};

		forward.reversed = false;
		cq_type_class(&forward, &class_name);
		out->failed |= class_name.failed;
		cq_buf_byte(out, '\'');
		for (size_t i = 0; i < class_name.len; i++) {
			if (class_name.p[i] == '\'')
				cq_buf_byte(out, '\'');
			cq_buf_byte(out, class_name.p[i]);
		}
		cq_buf_byte(out, '\'');
		cq_buf_finish(&class_name);
	}
	if (frozen)
		cq_buf_byte(out, '>');
}

/* ---- reading ---- */

struct parser {
	struct cq_arena *arena;
	cq_slice text;
	size_t at;
	unsigned depth;
	cq_find_udt *find_udt;
	void *arg;
	struct cq_error *err;
};

struct word {
	cq_slice s;                            /* lower case, or what was between the quotes */
	bool quoted;
};

static int fail(struct parser *p, const char *what)
{
	return cq_fail(p->err, CQ_EUSAGE, p->at, "CQL type: %s at character %zu of %zu", what, p->at, p->text.len);
}

static int no_memory(struct parser *p)
{
	return cq_fail(p->err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a CQL type of %zu characters", p->text.len);
}

static int peek(struct parser *p)
{
	return p->at < p->text.len ? p->text.p[p->at] : -1;
}

static void blanks(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
		p->at++;
}

static bool take(struct parser *p, int c)
{
	blanks(p);
	if (peek(p) != c)
		return false;
	p->at++;
	return true;
}

/* What stands between two quotes; a doubled quote inside is one. */
static int quoted(struct parser *p, int quote, cq_slice *out)
{
	size_t end = p->at + 1, n = 0;
	uint8_t *copy;

	for (; end < p->text.len; end++) {
		if (p->text.p[end] != quote)
			continue;
		if (end + 1 >= p->text.len || p->text.p[end + 1] != quote)
			break;
		end++;
	}
	if (end >= p->text.len)
		return fail(p, "end of text inside quotes");
	copy = cq_arena_alloc(p->arena, end - p->at);
	if (!copy)
		return no_memory(p);
	for (p->at++; p->at < end; p->at++) {
		copy[n++] = p->text.p[p->at];
		p->at += p->text.p[p->at] == quote;
	}
	p->at++;
	*out = cq_slice_of(copy, n);
	return CQ_OK;
}

static int word(struct parser *p, struct word *w)
{
	size_t from;
	uint8_t *copy;

	blanks(p);
	w->quoted = peek(p) == '"';
	if (w->quoted)
		return quoted(p, '"', &w->s);
	for (from = p->at; peek(p) >= 0; p->at++) {
		int c = peek(p);

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			break;
	}
	if (p->at == from)
		return fail(p, "no name of a type");
	copy = cq_arena_dup(p->arena, p->text.p + from, p->at - from);
	if (!copy)
		return no_memory(p);
	for (size_t i = 0; i < p->at - from; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] |= 0x20;
	w->s = cq_slice_of(copy, p->at - from);
	return CQ_OK;
}

static int type(struct parser *p, bool frozen, const struct cq_type **out);

static int native(cq_slice name, const struct cq_type **out)
{
	if (cq_slice_is(name, "varchar"))
		name = cq_slice_str("text");
	for (int k = 1; k < CQ_T_KINDS; k++)
		if (k != CQ_T_LEGACY_DATE && is_native((enum cq_kind)k) && cq_slice_is(name, cq_kind_cql((enum cq_kind)k))) {
			*out = cq_type_simple((enum cq_kind)k);
			return CQ_OK;
		}
	return CQ_NOT_FOUND;
}

static int user_type(struct parser *p, cq_slice first, bool frozen, const struct cq_type **out)
{
	cq_slice keyspace = { 0 };
	const struct cq_type *t;
	struct word w = { .s = first };
	int rc;

	if (take(p, '.')) {
		keyspace = first;
		rc = word(p, &w);
		if (rc != CQ_OK)
			return rc;
	}
	t = p->find_udt ? p->find_udt(p->arg, keyspace, w.s) : NULL;
	if (!t)
		return cq_fail(p->err, CQ_EUSAGE, p->at, "CQL type: there is no type \"%.*s\"", (int)(w.s.len < 100 ? w.s.len : 100),
			(const char *)w.s.p);
	*out = frozen ? cq_type_frozen(p->arena, t) : t;
	return *out ? CQ_OK : no_memory(p);
}

static int dimension(struct parser *p, uint32_t *out)
{
	uint64_t n = 0;

	blanks(p);
	for (; peek(p) >= '0' && peek(p) <= '9'; p->at++) {
		n = n * 10 + (uint64_t)(peek(p) - '0');
		if (n > INT32_MAX)
			return fail(p, "a dimension over 2^31-1");
	}
	*out = (uint32_t)n;
	return n ? CQ_OK : fail(p, "no dimension of at least 1");
}

/* list<..> set<..> map<.., ..> tuple<..> vector<.., n>, behind the '<' */
static int with_arguments(struct parser *p, enum cq_kind kind, bool frozen, const struct cq_type **out)
{
	struct cq_type model = { .kind = kind, .frozen = frozen || kind == CQ_T_TUPLE || kind == CQ_T_VECTOR };
	struct cq_buf args = { 0 };
	const struct cq_type *t;
	const char *why = NULL;
	size_t n;
	int rc;

	model.multicell = !model.frozen;
	do {
		rc = type(p, true, &t);
		if (rc == CQ_OK)
			cq_buf_put(&args, &t, sizeof t);
	} while (rc == CQ_OK && take(p, ',') && kind != CQ_T_VECTOR);
	n = args.len / sizeof t;
	if (rc == CQ_OK && kind == CQ_T_VECTOR)
		rc = dimension(p, &model.dimension);
	if (rc == CQ_OK && !take(p, '>'))
		rc = fail(p, "no '>'");
	if (rc == CQ_OK && kind != CQ_T_TUPLE && n != (kind == CQ_T_MAP ? 2 : 1))
		rc = fail(p, "a wrong number of element types");
	if (rc == CQ_OK && args.failed)
		rc = no_memory(p);
	if (rc == CQ_OK) {
		*out = cq_type_make(p->arena, &model, (const struct cq_type *const *)args.p, n, &why);
		if (!*out)
			rc = why ? fail(p, why) : no_memory(p);
	}
	cq_buf_finish(&args);
	return rc;
}

static int named(struct parser *p, bool frozen, const struct cq_type **out)
{
	static const enum cq_kind kinds[] = { CQ_T_LIST, CQ_T_SET, CQ_T_MAP, CQ_T_TUPLE, CQ_T_VECTOR };
	struct word w;
	int rc;

	blanks(p);
	if (peek(p) == '\'') {
		rc = quoted(p, '\'', &w.s);
		return rc == CQ_OK ? cq_type_parse(p->arena, w.s, out, p->err) : rc;
	}
	rc = word(p, &w);
	if (rc != CQ_OK)
		return rc;
	if (!w.quoted && take(p, '<')) {
		if (cq_slice_is(w.s, "frozen")) {
			rc = type(p, true, out);
			return rc == CQ_OK && !take(p, '>') ? fail(p, "no '>'") : rc;
		}
		for (size_t i = 0; i < CQ_COUNTOF(kinds); i++)
			if (cq_slice_is(w.s, cq_kind_cql(kinds[i])))
				return with_arguments(p, kinds[i], frozen, out);
		return fail(p, "a type that takes no parameters");
	}
	if (!w.quoted && peek(p) != '.' && native(w.s, out) == CQ_OK)
		return CQ_OK;
	return user_type(p, w.s, frozen, out);
}

static int type(struct parser *p, bool frozen, const struct cq_type **out)
{
	int rc;

	if (p->depth >= 2 * CQ_TYPE_DEPTH)
		return fail(p, "types nested too deep");
	p->depth++;
	rc = named(p, frozen, out);
	p->depth--;
	return rc;
}

int cq_type_parse_cql(struct cq_arena *arena, cq_slice text, cq_find_udt *find_udt, void *arg,
	const struct cq_type **out, struct cq_error *err)
{
	struct parser p = { .arena = arena, .text = text, .find_udt = find_udt, .arg = arg, .err = err };
	const struct cq_type *t;
	int rc = type(&p, false, &t);

	if (rc != CQ_OK)
		return rc;
	blanks(&p);
	if (peek(&p) >= 0)
		return fail(&p, "text behind the type");
	*out = t;
	return CQ_OK;
}

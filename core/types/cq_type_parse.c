/* Class strings into types: the grammar of TypeParser. */
#include "cq_types_priv.h"

struct parser {
	struct cq_arena *arena;
	cq_slice text;
	size_t at;
	unsigned depth;
	struct cq_error *err;
};

static int fail(struct parser *p, const char *what)
{
	return cq_fail(p->err, CQ_DAMAGED, p->at, "type string: %s at character %zu of %zu", what, p->at, p->text.len);
}

static int no_memory(struct parser *p)
{
	return cq_fail(p->err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a type of %zu characters", p->text.len);
}

static int peek(const struct parser *p)
{
	return p->at < p->text.len ? p->text.p[p->at] : -1;
}

static void blanks(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n')
		p->at++;
}

/* Blanks with at most one comma among them. */
static void separator(struct parser *p)
{
	blanks(p);
	if (peek(p) == ',') {
		p->at++;
		blanks(p);
	}
}

static bool take(struct parser *p, int c)
{
	if (peek(p) != c)
		return false;
	p->at++;
	return true;
}

static cq_slice identifier(struct parser *p)
{
	size_t from = p->at;

	for (;; p->at++) {
		int c = peek(p);

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '-' || c == '+' || c == '.' || c == '_' || c == '&'))
			break;
	}
	return cq_slice_of(p->text.p + from, p->at - from);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_name(struct parser *p, cq_slice *out)
{
	cq_slice hex = identifier(p);
	uint8_t *bytes;

	if (hex.len % 2)
		return fail(p, "a name in hexadecimal of odd length");
	bytes = cq_arena_alloc(p->arena, hex.len / 2 + 1);
	if (!bytes)
		return no_memory(p);
	for (size_t i = 0; i < hex.len / 2; i++) {
		int hi = hex_digit(hex.p[2 * i]), lo = hex_digit(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return fail(p, "a name that is not hexadecimal");
		bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = cq_slice_of(bytes, hex.len / 2);
	return CQ_OK;
}

static int keep(struct parser *p, cq_slice s, cq_slice *out)
{
	void *copy = cq_arena_dup(p->arena, s.p, s.len);

	if (!copy)
		return no_memory(p);
	*out = cq_slice_of(copy, s.len);
	return CQ_OK;
}

static int type(struct parser *p, bool frozen, const struct cq_type **out);

/* ( element, element ... ) ; each element may have a head of its own, which the callback reads. */
typedef int head(struct parser *p, struct cq_buf *names);

static int arguments(struct parser *p, bool frozen, head *read_head, struct cq_buf *types, struct cq_buf *names)
{
	for (;;) {
		const struct cq_type *t;
		int rc;

		separator(p);
		if (peek(p) < 0)
			return fail(p, "end of string inside parentheses");
		if (take(p, ')'))
			return types->failed || names->failed ? no_memory(p) : CQ_OK;
		rc = read_head ? read_head(p, names) : CQ_OK;
		if (rc == CQ_OK)
			rc = type(p, frozen, &t);
		if (rc != CQ_OK)
			return rc;
		cq_buf_put(types, &t, sizeof t);
	}
}

static int field_head(struct parser *p, struct cq_buf *names)
{
	cq_slice name;
	int rc = hex_name(p, &name);

	if (rc != CQ_OK)
		return rc;
	blanks(p);
	if (!take(p, ':'))
		return fail(p, "no ':' behind a field name");
	cq_buf_put(names, &name, sizeof name);
	return CQ_OK;
}

static int alias_head(struct parser *p, struct cq_buf *names)
{
	cq_slice alias = identifier(p), copy;
	int rc;

	if (alias.len != 1)
		return fail(p, "an alias that is not one character");
	rc = keep(p, alias, &copy);
	if (rc != CQ_OK)
		return rc;
	blanks(p);
	if (!take(p, '=') || !take(p, '>'))
		return fail(p, "no '=>' behind an alias");
	cq_buf_put(names, &copy, sizeof copy);
	return CQ_OK;
}

/* The parentheses of a class that we know nothing about, as they stand. */
static int skip_parentheses(struct parser *p)
{
	unsigned open = 0;

	do {
		int c = peek(p);

		if (c < 0)
			return fail(p, "end of string inside parentheses");
		open += c == '(';
		open -= c == ')';
		p->at++;
	} while (open);
	return CQ_OK;
}

/* Simple classes take (reversed) or (reversed=true), which nobody has written since 1.0. */
static int simple_parameters(struct parser *p, bool *reversed)
{
	for (;;) {
		cq_slice key, value = { 0 };

		separator(p);
		if (peek(p) < 0)
			return fail(p, "end of string inside parentheses");
		if (take(p, ')'))
			return CQ_OK;
		key = identifier(p);
		blanks(p);
		if (take(p, '=')) {
			blanks(p);
			value = identifier(p);
		}
		if (!key.len)
			return fail(p, "unexpected character");
		if (cq_slice_is(key, "reversed") && (!value.len || cq_slice_is(value, "true")))
			*reversed = true;
	}
}

static int dimension(struct parser *p, uint32_t *out)
{
	uint64_t n = 0;
	size_t from;

	separator(p);
	for (from = p->at; peek(p) >= '0' && peek(p) <= '9'; p->at++) {
		n = n * 10 + (uint64_t)(peek(p) - '0');
		if (n > INT32_MAX)
			return fail(p, "a dimension over 2^31-1");
	}
	if (p->at == from || n == 0)
		return fail(p, "no dimension of at least 1");
	if (!take(p, ')'))
		return fail(p, "no ')' behind the dimension");
	*out = (uint32_t)n;
	return CQ_OK;
}

static int made(struct parser *p, const struct cq_type *model, struct cq_buf *types, const struct cq_type **out)
{
	const char *why;

	*out = cq_type_make(p->arena, model, (const struct cq_type *const *)types->p, types->len / sizeof *out, &why);
	if (!*out)
		return why ? fail(p, why) : no_memory(p);
	return CQ_OK;
}

static int arity(struct parser *p, enum cq_kind kind, size_t n)
{
	switch (kind) {
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_VECTOR:
		return n == 1 ? CQ_OK : fail(p, "not exactly one parameter");
	case CQ_T_MAP:
		return n == 2 ? CQ_OK : fail(p, "not exactly two parameters");
	case CQ_T_UDT:
	case CQ_T_DYNAMIC_COMPOSITE:
		return n <= INT16_MAX ? CQ_OK : fail(p, "more than 32767 fields");
	default:
		return n >= 1 ? CQ_OK : fail(p, "no parameters");
	}
}

/* Where the partitioner orders keys by their bytes its order is that of a plain type, and Cassandra takes that. */
static const struct cq_type *plain_order(cq_slice partitioner)
{
	static const char bytes[] = "ByteOrderedPartitioner", text[] = "OrderPreservingPartitioner";
	const uint8_t *end = partitioner.p + partitioner.len;

	if (partitioner.len >= sizeof bytes - 1 && memcmp(end - (sizeof bytes - 1), bytes, sizeof bytes - 1) == 0)
		return cq_type_simple(CQ_T_BLOB);
	if (partitioner.len >= sizeof text - 1 && memcmp(end - (sizeof text - 1), text, sizeof text - 1) == 0)
		return cq_type_simple(CQ_T_TEXT);
	return NULL;
}

static int with_parameters(struct parser *p, enum cq_kind kind, bool frozen, const struct cq_type **out)
{
	struct cq_type model = { .kind = kind, .fixed_len = CQ_VARIABLE };
	struct cq_buf types = { 0 }, names = { 0 };
	const struct cq_type *element;
	int rc = CQ_OK;

	switch (kind) {
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
	case CQ_T_TUPLE:
		model.frozen = frozen || kind == CQ_T_TUPLE;
		model.multicell = !model.frozen;
		rc = arguments(p, true, NULL, &types, &names);
		break;
	case CQ_T_UDT:
		model.frozen = frozen;
		model.multicell = !frozen;
		separator(p);
		rc = keep(p, identifier(p), &model.keyspace);
		separator(p);
		if (rc == CQ_OK)
			rc = hex_name(p, &model.name);
		if (rc == CQ_OK)
			rc = arguments(p, frozen, field_head, &types, &names);
		break;
	case CQ_T_VECTOR:
		model.frozen = true;
		separator(p);
		rc = type(p, true, &element);
		if (rc == CQ_OK)
			rc = dimension(p, &model.dimension);
		if (rc == CQ_OK)
			cq_buf_put(&types, &element, sizeof element);
		break;
	case CQ_T_COMPOSITE:
		rc = arguments(p, frozen, NULL, &types, &names);
		break;
	case CQ_T_DYNAMIC_COMPOSITE:
		rc = arguments(p, frozen, alias_head, &types, &names);
		break;
	default:                                             /* PARTITIONER_ORDER */
		blanks(p);
		rc = keep(p, identifier(p), &model.name);
		blanks(p);
		if (rc == CQ_OK && take(p, ':')) {
			rc = type(p, frozen, &element);
			if (rc == CQ_OK)
				cq_buf_put(&types, &element, sizeof element);
			blanks(p);
		}
		if (rc == CQ_OK && !take(p, ')'))
			rc = fail(p, "no ')' behind a partitioner");
	}
	if (rc == CQ_OK && (types.failed || names.failed))
		rc = no_memory(p);
	if (rc == CQ_OK && kind != CQ_T_PARTITIONER_ORDER)
		rc = arity(p, kind, types.len / sizeof(struct cq_type *));
	if (rc == CQ_OK && names.len) {
		model.field = cq_arena_dup(p->arena, names.p, names.len);
		if (!model.field)
			rc = no_memory(p);
	}
	if (rc == CQ_OK)
		rc = made(p, &model, &types, out);
	if (rc == CQ_OK && kind == CQ_T_PARTITIONER_ORDER && plain_order(model.name))
		*out = plain_order(model.name);
	cq_buf_finish(&types);
	cq_buf_finish(&names);
	return rc;
}

/* FrozenType(x) and ReversedType(x) leave only x, flagged. */
static int wrapper(struct parser *p, bool reversing, bool frozen, const struct cq_type **out)
{
	const struct cq_type *t;
	int rc;

	separator(p);
	rc = type(p, frozen || !reversing, &t);
	if (rc != CQ_OK)
		return rc;
	separator(p);
	if (!take(p, ')'))
		return fail(p, "not exactly one parameter");
	if (reversing)
		t = cq_type_reversed(p->arena, t, !t->reversed);
	*out = t;
	return t ? CQ_OK : no_memory(p);
}

static int custom(struct parser *p, cq_slice name, size_t from, const struct cq_type **out)
{
	struct cq_type model = { .kind = CQ_T_CUSTOM, .fixed_len = CQ_VARIABLE };
	struct cq_buf types = { 0 };
	size_t prefix = memchr(name.p, '.', name.len) ? 0 : strlen(CQ_MARSHAL);
	uint8_t *full;
	int rc;

	if (peek(p) == '(' && (rc = skip_parentheses(p)) != CQ_OK)
		return rc;
	name = cq_slice_of(p->text.p + from, p->at - from);
	if (name.len > 65536)
		return fail(p, "a class name of more than 64 KiB");
	full = cq_arena_alloc(p->arena, prefix + name.len + 1);
	if (!full)
		return no_memory(p);
	memcpy(full, CQ_MARSHAL, prefix);
	memcpy(full + prefix, name.p, name.len);         /* whatever bytes: a NUL too */
	model.name = cq_slice_of(full, prefix + name.len);
	return made(p, &model, &types, out);
}

static int named(struct parser *p, bool frozen, const struct cq_type **out)
{
	size_t from = p->at;
	cq_slice name = identifier(p), brief = cq_class_short(name);
	size_t behind = p->at;
	enum cq_kind kind = cq_class_kind(name);
	bool open, reversed = false;
	int rc;

	if (!name.len)
		return fail(p, "no class name");
	blanks(p);
	open = peek(p) == '(';
	if (!open)
		p->at = behind;
	if (open && (cq_slice_is(brief, "FrozenType") || cq_slice_is(brief, "ReversedType"))) {
		p->at++;
		return wrapper(p, cq_slice_is(brief, "ReversedType"), frozen, out);
	}
	if (kind == CQ_T_CUSTOM)
		return custom(p, name, from, out);
	if (cq_type_simple(kind)) {
		if (open) {
			p->at++;
			rc = simple_parameters(p, &reversed);
			if (rc != CQ_OK)
				return rc;
		}
		*out = cq_type_reversed(p->arena, cq_type_simple(kind), reversed);
		if (cq_slice_is(brief, "LegacyTimeUUIDType")) {
			struct cq_type model = **out;
			struct cq_buf none = { 0 };

			model.name = cq_slice_str("LegacyTimeUUIDType");
			return made(p, &model, &none, out);
		}
		return CQ_OK;
	}
	if (!open && kind == CQ_T_PARTITIONER_ORDER) {
		struct cq_type model = { .kind = kind, .fixed_len = CQ_VARIABLE, .name = cq_slice_str("") };
		struct cq_buf none = { 0 };

		return made(p, &model, &none, out);
	}
	if (!open)
		return fail(p, "a class without its parameters");
	p->at++;
	return with_parameters(p, kind, frozen, out);
}

static int type(struct parser *p, bool frozen, const struct cq_type **out)
{
	int rc;

	blanks(p);
	/* FrozenType and ReversedType leave no level in the type, so the text's own nesting is bounded here */
	if (p->depth >= 2 * CQ_TYPE_DEPTH)
		return fail(p, "parentheses nested too deep");
	p->depth++;
	rc = named(p, frozen, out);
	p->depth--;
	return rc;
}

int cq_type_parse(struct cq_arena *arena, cq_slice text, const struct cq_type **out, struct cq_error *err)
{
	struct parser p = { .arena = arena, .text = text, .err = err };
	const struct cq_type *t;
	int rc;

	blanks(&p);
	if (peek(&p) < 0) {                                  /* Cassandra reads no name as bytes */
		*out = cq_type_simple(CQ_T_BLOB);
		return CQ_OK;
	}
	rc = type(&p, false, &t);
	if (rc != CQ_OK)
		return rc;
	blanks(&p);
	if (peek(&p) >= 0)
		return fail(&p, "text behind the type");
	*out = t;
	return CQ_OK;
}

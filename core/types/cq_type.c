/* Types: the table of kinds, making and comparing types, and their class strings. */
#include "cq_types_priv.h"

/* The classes that take no parameters: kind, class, CQL name, length of every value. */
#define SIMPLE(X) \
	X(ASCII, "AsciiType", "ascii", CQ_VARIABLE) \
	X(TEXT, "UTF8Type", "text", CQ_VARIABLE) \
	X(BLOB, "BytesType", "blob", CQ_VARIABLE) \
	X(BOOLEAN, "BooleanType", "boolean", 1) \
	X(TINYINT, "ByteType", "tinyint", CQ_VARIABLE) \
	X(SMALLINT, "ShortType", "smallint", CQ_VARIABLE) \
	X(INT, "Int32Type", "int", 4) \
	X(BIGINT, "LongType", "bigint", 8) \
	X(VARINT, "IntegerType", "varint", CQ_VARIABLE) \
	X(DECIMAL, "DecimalType", "decimal", CQ_VARIABLE) \
	X(FLOAT, "FloatType", "float", 4) \
	X(DOUBLE, "DoubleType", "double", 8) \
	X(DATE, "SimpleDateType", "date", CQ_VARIABLE) \
	X(TIME, "TimeType", "time", CQ_VARIABLE) \
	X(TIMESTAMP, "TimestampType", "timestamp", 8) \
	X(LEGACY_DATE, "DateType", "timestamp", 8) \
	X(UUID, "UUIDType", "uuid", 16) \
	X(TIMEUUID, "TimeUUIDType", "timeuuid", 16) \
	X(LEXICAL_UUID, "LexicalUUIDType", NULL, 16) \
	X(INET, "InetAddressType", "inet", CQ_VARIABLE) \
	X(DURATION, "DurationType", "duration", CQ_VARIABLE) \
	X(COUNTER, "CounterColumnType", "counter", CQ_VARIABLE) \
	X(EMPTY, "EmptyType", "empty", 0)

static const struct cq_type simple[CQ_T_KINDS] = {
#define X(k, class_name, cql, len) [CQ_T_##k] = { .kind = CQ_T_##k, .fixed_len = len, .depth = 1 },
	SIMPLE(X)
#undef X
};

static const struct cq_type simple_reversed[CQ_T_KINDS] = {
#define X(k, class_name, cql, len) [CQ_T_##k] = { .kind = CQ_T_##k, .reversed = true, .fixed_len = len, .depth = 1 },
	SIMPLE(X)
#undef X
};

static const char *const class_of[CQ_T_KINDS] = {
#define X(k, class_name, cql, len) [CQ_T_##k] = class_name,
	SIMPLE(X)
#undef X
	[CQ_T_LIST] = "ListType", [CQ_T_SET] = "SetType", [CQ_T_MAP] = "MapType", [CQ_T_TUPLE] = "TupleType",
	[CQ_T_UDT] = "UserType", [CQ_T_VECTOR] = "VectorType", [CQ_T_COMPOSITE] = "CompositeType",
	[CQ_T_DYNAMIC_COMPOSITE] = "DynamicCompositeType", [CQ_T_PARTITIONER_ORDER] = "PartitionerDefinedOrder",
};

static const char *const cql_of[CQ_T_KINDS] = {
#define X(k, class_name, cql, len) [CQ_T_##k] = cql,
	SIMPLE(X)
#undef X
	[CQ_T_LIST] = "list", [CQ_T_SET] = "set", [CQ_T_MAP] = "map", [CQ_T_TUPLE] = "tuple", [CQ_T_VECTOR] = "vector",
};

const struct cq_type cq_type_opaque = { .kind = CQ_T_CUSTOM, .fixed_len = CQ_VARIABLE, .depth = 1, .name = { .p = (const uint8_t *)"" } };

const char *cq_kind_class(enum cq_kind kind)
{
	return class_of[kind];
}

const char *cq_kind_cql(enum cq_kind kind)
{
	return cql_of[kind];
}

const struct cq_type *cq_type_simple(enum cq_kind kind)
{
	return kind < CQ_T_KINDS && simple[kind].kind == kind && kind != CQ_T_CUSTOM ? &simple[kind] : NULL;
}

static bool is_simple(enum cq_kind kind)
{
	return cq_type_simple(kind) != NULL;
}

/* ---- making types ---- */

struct cq_type *cq_type_make(struct cq_arena *arena, const struct cq_type *model, const struct cq_type *const *arg,
	size_t narg, const char **why)
{
	struct cq_type *t = cq_arena_alloc(arena, sizeof *t);
	unsigned deepest = 0;

	*why = NULL;
	if (!t)
		return NULL;
	*t = *model;
	t->narg = narg;
	if (narg) {
		const struct cq_type **copy = cq_arena_zalloc(arena, narg, sizeof *copy);

		if (!copy)
			return NULL;
		memcpy(copy, arg, narg * sizeof *copy);
		t->arg = copy;
	}
	for (size_t i = 0; i < narg; i++)
		if (arg[i]->depth > deepest)
			deepest = arg[i]->depth;
	if (deepest >= CQ_TYPE_DEPTH) {
		*why = "types are nested more than 64 deep";
		return NULL;
	}
	t->depth = (uint8_t)(deepest + 1);
	t->fixed_len = is_simple(t->kind) ? simple[t->kind].fixed_len : CQ_VARIABLE;
	if (t->kind == CQ_T_VECTOR && arg[0]->fixed_len != CQ_VARIABLE) {
		if (arg[0]->fixed_len == 0) {                /* 2^31 elements would fit into no bytes at all */
			*why = "a vector of elements without bytes";
			return NULL;
		}
		if (t->dimension > (uint32_t)(INT32_MAX / arg[0]->fixed_len)) {
			*why = "a vector of more than 2^31-1 bytes";
			return NULL;
		}
		t->fixed_len = arg[0]->fixed_len * (int)t->dimension;
	}
	return t;
}

const struct cq_type *cq_type_reversed(struct cq_arena *arena, const struct cq_type *t, bool reversed)
{
	struct cq_type *copy;

	if (t->reversed == reversed)
		return t;
	if (is_simple(t->kind) && !t->name.len)
		return reversed ? &simple_reversed[t->kind] : &simple[t->kind];
	copy = cq_arena_alloc(arena, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = *t;
	copy->reversed = reversed;
	return copy;
}

static bool freezable(enum cq_kind kind)
{
	return kind == CQ_T_LIST || kind == CQ_T_SET || kind == CQ_T_MAP || kind == CQ_T_UDT;
}

const struct cq_type *cq_type_frozen(struct cq_arena *arena, const struct cq_type *t)
{
	const struct cq_type **arg;
	struct cq_type *copy;

	if (!freezable(t->kind) || t->frozen)            /* everything below something frozen is so already */
		return t;
	copy = cq_arena_alloc(arena, sizeof *copy);
	arg = cq_arena_zalloc(arena, t->narg ? t->narg : 1, sizeof *arg);
	if (!copy || !arg)
		return NULL;
	for (size_t i = 0; i < t->narg; i++) {
		arg[i] = cq_type_frozen(arena, t->arg[i]);
		if (!arg[i])
			return NULL;
	}
	*copy = *t;
	copy->arg = arg;
	copy->frozen = true;
	copy->multicell = false;
	return copy;
}

bool cq_type_eq(const struct cq_type *a, const struct cq_type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->multicell != b->multicell || a->narg != b->narg || a->dimension != b->dimension)
		return false;
	/* a name on a simple kind only remembers which of two equal classes it was */
	if (!is_simple(a->kind) && (!cq_slice_eq(a->keyspace, b->keyspace) || !cq_slice_eq(a->name, b->name)))
		return false;
	for (size_t i = 0; i < a->narg; i++) {
		if (!cq_type_eq(a->arg[i], b->arg[i]))
			return false;
		if (a->field && b->field && !cq_slice_eq(a->field[i], b->field[i]))
			return false;
	}
	return true;
}

const struct cq_type *cq_type_path(const struct cq_type *column)
{
	switch (column->kind) {
	case CQ_T_LIST:
		return &simple[CQ_T_TIMEUUID];
	case CQ_T_SET:
	case CQ_T_MAP:
		return column->arg[0];
	case CQ_T_UDT:
		return &simple[CQ_T_SMALLINT];
	default:
		return NULL;
	}
}

const struct cq_type *cq_type_cell_value(const struct cq_type *column, cq_slice path)
{
	switch (column->kind) {
	case CQ_T_LIST:
		return column->arg[0];
	case CQ_T_SET:
		return &simple[CQ_T_EMPTY];
	case CQ_T_MAP:
		return column->arg[1];
	case CQ_T_UDT:
		return path.len == 2 && cq_be16(path.p) < column->narg ? column->arg[cq_be16(path.p)] : NULL;
	default:
		return column;
	}
}

/* ---- names of classes ---- */

cq_slice cq_class_short(cq_slice name)
{
	size_t n = sizeof CQ_MARSHAL - 1;

	if (name.len > n && memcmp(name.p, CQ_MARSHAL, n) == 0)
		return cq_slice_of(name.p + n, name.len - n);
	return name;
}

/* The kind of a class, CQ_T_CUSTOM when it is none of ours; a dot inside the short name is never ours. */
enum cq_kind cq_class_kind(cq_slice name)
{
	cq_slice s = cq_class_short(name);

	for (int k = 1; k < CQ_T_KINDS; k++)
		if (class_of[k] && cq_slice_is(s, class_of[k]))
			return (enum cq_kind)k;
	if (cq_slice_is(s, "LegacyTimeUUIDType"))
		return CQ_T_TIMEUUID;
	return CQ_T_CUSTOM;
}

const struct cq_type *cq_type_static(cq_slice name)
{
	static const char reversed_head[] = "ReversedType(";
	cq_slice s = cq_class_short(name);
	enum cq_kind kind;
	size_t n = sizeof reversed_head - 1;
	bool reversed = s.len > n && memcmp(s.p, reversed_head, n) == 0 && s.p[s.len - 1] == ')';

	if (reversed)
		s = cq_slice_of(s.p + n, s.len - n - 1);
	kind = cq_class_kind(s);
	if (!is_simple(kind))
		return NULL;
	return reversed ? &simple_reversed[kind] : &simple[kind];
}

static void class_string(const struct cq_type *t, bool inside_frozen, struct cq_buf *out)
{
	bool wrap = freezable(t->kind) && t->frozen && !inside_frozen;
	bool hide = inside_frozen || (freezable(t->kind) && t->frozen) || t->kind == CQ_T_TUPLE;

	if (wrap)
		cq_buf_str(out, CQ_MARSHAL "FrozenType(");
	if (t->kind == CQ_T_CUSTOM) {
		cq_buf_slice(out, t->name);
	} else {
		cq_buf_str(out, CQ_MARSHAL);
		if (is_simple(t->kind) && t->name.len)
			cq_buf_slice(out, t->name);
		else
			cq_buf_str(out, class_of[t->kind]);
	}
	if (!is_simple(t->kind) && t->kind != CQ_T_CUSTOM) {
		cq_buf_byte(out, '(');
		if (t->kind == CQ_T_UDT) {
			cq_buf_slice(out, t->keyspace);
			cq_buf_byte(out, ',');
			cq_buf_hex(out, t->name);
		}
		if (t->kind == CQ_T_PARTITIONER_ORDER)
			cq_buf_slice(out, t->name);
		for (size_t i = 0; i < t->narg; i++) {
			if (t->kind == CQ_T_PARTITIONER_ORDER)
				cq_buf_byte(out, ':');
			else if (i || t->kind == CQ_T_UDT)
				cq_buf_byte(out, ',');
			if (t->kind == CQ_T_UDT) {
				cq_buf_hex(out, t->field[i]);
				cq_buf_byte(out, ':');
			} else if (t->kind == CQ_T_DYNAMIC_COMPOSITE) {
				cq_buf_slice(out, t->field[i]);
				cq_buf_str(out, "=>");
			}
			if (t->arg[i]->reversed)
				cq_buf_str(out, CQ_MARSHAL "ReversedType(");
			class_string(t->arg[i], hide, out);
			if (t->arg[i]->reversed)
				cq_buf_byte(out, ')');
		}
		if (t->kind == CQ_T_VECTOR) {
			cq_buf_str(out, " , ");
			cq_buf_u64(out, t->dimension);
		}
		cq_buf_byte(out, ')');
	}
	if (wrap)
		cq_buf_byte(out, ')');
}

void cq_type_class(const struct cq_type *t, struct cq_buf *out)
{
	if (t->reversed)
		cq_buf_str(out, CQ_MARSHAL "ReversedType(");
	class_string(t, false, out);
	if (t->reversed)
		cq_buf_byte(out, ')');
}

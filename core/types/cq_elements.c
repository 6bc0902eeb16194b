/* Taking values apart. Every length is checked against what is left before it is used. */
#include "cq_types_priv.h"

enum { STATIC_MARK = 0xffff, ALIAS = 0x8000 };

static uint64_t at(const struct cq_elements *it)
{
	return it->len - it->rest.len;
}

static int bad(const struct cq_elements *it, struct cq_error *err, const char *what)
{
	return cq_fail(err, CQ_DAMAGED, at(it), "%s (element %zu, %zu bytes left of %zu)", what, it->at, it->rest.len, it->len);
}

static cq_slice cut(struct cq_elements *it, size_t n)
{
	/* an element of no bytes is empty, not null: it needs an address even when the value has none */
	cq_slice s = cq_slice_of(it->rest.p ? it->rest.p : (const uint8_t *)"", n);

	if (n) {
		it->rest.p += n;
		it->rest.len -= n;
	}
	return s;
}

void cq_elements_init(struct cq_elements *it, const struct cq_type *t, cq_slice v)
{
	*it = (struct cq_elements){ .type = t, .rest = v, .len = v.len, .count = t->narg };
	if (t->kind == CQ_T_VECTOR)
		it->count = t->dimension;
	if (t->kind == CQ_T_COMPOSITE && v.len >= 2 && cq_be16(v.p) == STATIC_MARK) {
		it->is_static = true;
		cut(it, 2);
	}
}

/* int32 length, bytes; below zero: null. */
static int sized(struct cq_elements *it, cq_slice *elem, struct cq_error *err)
{
	int32_t n;

	if (it->rest.len < 4)
		return bad(it, err, "no room for the length of an element");
	n = (int32_t)cq_be32(it->rest.p);
	if (n >= 0 && (size_t)n > it->rest.len - 4)
		return cq_fail(err, CQ_DAMAGED, at(it), "element %zu of %d bytes, %zu are left", it->at, (int)n, it->rest.len - 4);
	cut(it, 4);
	*elem = n < 0 ? (cq_slice){ 0 } : cut(it, (size_t)n);
	return CQ_OK;
}

static int counted(struct cq_elements *it, struct cq_error *err)
{
	bool map = it->type->kind == CQ_T_MAP;
	uint32_t n;

	if (it->rest.len < 4)
		return bad(it, err, "no room for the count of a collection");
	n = cq_be32(it->rest.p);
	/* four bytes of length each: a count that cannot fit is refused before anyone loops over it */
	if (n > INT32_MAX || n > (it->rest.len - 4) / (map ? 8 : 4))
		return cq_fail(err, CQ_DAMAGED, at(it), "a collection of %d elements in %zu bytes", (int32_t)n, it->rest.len - 4);
	cut(it, 4);
	it->count = map ? 2 * (uint64_t)n : n;
	return CQ_OK;
}

/* Elements of a vector whose lengths differ: an unsigned vint each. */
static int vint_sized(struct cq_elements *it, cq_slice *elem, struct cq_error *err)
{
	unsigned extra;
	uint64_t n;

	if (!it->rest.len)
		return bad(it, err, "no bytes left for the elements of a vector");
	extra = it->rest.p[0] == 0xff ? 8 : (unsigned)__builtin_clz((uint32_t)(uint8_t)~it->rest.p[0] << 24);
	if (it->rest.len <= extra)
		return bad(it, err, "no room for the length of a vector's element");
	n = extra >= 8 ? 0 : it->rest.p[0] & (0xffu >> extra);
	for (unsigned i = 1; i <= extra; i++)
		n = n << 8 | it->rest.p[i];
	if (n > it->rest.len - 1 - extra)
		return bad(it, err, "a vector's element is longer than what is left");
	cut(it, 1 + extra);
	*elem = cut(it, (size_t)n);
	return CQ_OK;
}

static const struct cq_type *alias_type(const struct cq_type *t, uint8_t alias)
{
	for (size_t i = 0; i < t->narg; i++)
		if (t->field[i].p[0] == alias)
			return t->arg[i];
	return NULL;
}

/*  [00 05 UUID? | 80 61]  00 02 ab cd  00      comparator (dynamic only), length, bytes, end of component */
int cq_composite_next(struct cq_elements *it, const struct cq_type **type, cq_slice *name, cq_slice *elem,
	struct cq_error *err)
{
	size_t n;

	*name = (cq_slice){ 0 };
	if (it->eoc)
		return bad(it, err, "bytes behind the component that ends a bound");
	if (it->type->kind == CQ_T_DYNAMIC_COMPOSITE) {
		if (it->rest.len < 2)
			return bad(it, err, "no room for the comparator of a component");
		n = cq_be16(it->rest.p);
		if (n & ALIAS) {
			*name = cq_slice_of(it->rest.p + 1, 1);
			*type = alias_type(it->type, (uint8_t)n);
			if (!*type)
				return bad(it, err, "an alias that the type does not have");
			cut(it, 2);
		} else {
			if (n > it->rest.len - 2)
				return bad(it, err, "the name of a comparator is longer than what is left");
			cut(it, 2);
			*name = cut(it, n);
			*type = cq_type_static(*name);
			if (!*type)
				*type = &cq_type_opaque;
		}
	} else {
		if (it->at >= it->type->narg)
			return bad(it, err, "more components than the type has");
		*type = it->type->arg[it->at];
	}
	if (it->rest.len < 2)
		return bad(it, err, "no room for the length of a component");
	n = cq_be16(it->rest.p);
	if (n > it->rest.len - 2)
		return bad(it, err, "a component is longer than what is left");
	if (n == it->rest.len - 2)
		return bad(it, err, "no end-of-component byte");
	cut(it, 2);
	*elem = cut(it, n);
	it->eoc = (int8_t)cut(it, 1).p[0];
	it->at++;
	return CQ_OK;
}

int cq_elements_next(struct cq_elements *it, const struct cq_type **type, cq_slice *elem, struct cq_error *err)
{
	const struct cq_type *t = it->type;
	bool collection = t->kind == CQ_T_LIST || t->kind == CQ_T_SET || t->kind == CQ_T_MAP;
	cq_slice name;
	int rc;

	if (collection && !it->started) {
		rc = counted(it, err);
		if (rc != CQ_OK)
			return rc;
	}
	it->started = true;
	if (t->kind == CQ_T_COMPOSITE || t->kind == CQ_T_DYNAMIC_COMPOSITE)
		return it->rest.len ? cq_composite_next(it, type, &name, elem, err) : CQ_END;
	if (it->at >= it->count)
		return it->rest.len ? bad(it, err, "bytes behind the last element") : CQ_END;
	switch (t->kind) {
	case CQ_T_LIST:
	case CQ_T_SET:
		*type = t->arg[0];
		rc = sized(it, elem, err);
		break;
	case CQ_T_MAP:
		*type = t->arg[it->at & 1];
		rc = sized(it, elem, err);
		break;
	case CQ_T_TUPLE:
	case CQ_T_UDT:
		if (!it->rest.len)
			return CQ_END;                     /* the type has gained fields since this was written */
		*type = t->arg[it->at];
		rc = sized(it, elem, err);
		break;
	case CQ_T_VECTOR:
		*type = t->arg[0];
		if (t->arg[0]->fixed_len == CQ_VARIABLE) {
			rc = vint_sized(it, elem, err);
			break;
		}
		if (it->rest.len < (size_t)t->arg[0]->fixed_len)
			return bad(it, err, "a vector ends early");
		*elem = cut(it, (size_t)t->arg[0]->fixed_len);
		rc = CQ_OK;
		break;
	default:
		return CQ_END;                             /* scalars have no elements */
	}
	it->at += rc == CQ_OK;
	return rc;
}

/* The order of values. Called for every row: the common kinds come first and touch nothing but the bytes.
 *
 * Bytes that are no value of the type still have a place. A wrong length sorts before every right one, in the order of
 * bytes; where a compound value cannot be taken apart any further it is less than one that can. */
#include "cq_partitioner.h"
#include "cq_types_priv.h"

static int compare(const struct cq_type *t, cq_slice a, cq_slice b);

static int sign(int64_t c)
{
	return (c > 0) - (c < 0);
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Big-endian signed integers: the first byte signed, the rest not; empty first. */
static int signed_bytes(cq_slice a, cq_slice b)
{
	if (!a.len || !b.len)
		return (a.len > 0) - (b.len > 0);
	if (a.p[0] != b.p[0])
		return (int8_t)a.p[0] < (int8_t)b.p[0] ? -1 : 1;
	return cq_slice_cmp(a, b);
}

/* -1, 0, 1 when a length decides; 2 when both are n bytes. */
static int by_length(cq_slice a, cq_slice b, size_t n)
{
	if (a.len == n && b.len == n)
		return 2;
	if (a.len == n || b.len == n)
		return a.len == n ? 1 : -1;
	return sign(cq_slice_cmp(a, b));
}

static int booleans(cq_slice a, cq_slice b)
{
	int rank_a = a.len ? 1 + (a.p[0] != 0) : 0, rank_b = b.len ? 1 + (b.p[0] != 0) : 0;

	return rank_a - rank_b;
}

/* Java's Float.compare: -0.0 before 0.0, every NaN the same and last. Sign and magnitude become an unsigned number. */
static uint64_t float_rank(uint64_t bits, unsigned width, uint64_t infinity)
{
	uint64_t top = (uint64_t)1 << (width - 1);

	if ((bits & ~top) > infinity)
		return UINT64_MAX;
	return bits & top ? ~bits & (top | (top - 1)) : bits | top;
}

static int floats(cq_slice a, cq_slice b)
{
	int c = by_length(a, b, 4);

	return c != 2 ? c : order(float_rank(cq_be32(a.p), 32, 0x7f800000), float_rank(cq_be32(b.p), 32, 0x7f800000));
}

static int doubles(cq_slice a, cq_slice b)
{
	const uint64_t infinity = UINT64_C(0x7ff) << 52;
	int c = by_length(a, b, 8);

	return c != 2 ? c : order(float_rank(cq_be64(a.p), 64, infinity), float_rank(cq_be64(b.p), 64, infinity));
}

/* time_low, time_mid, version and time_hi as stored, to time_hi, time_mid, time_low */
static uint64_t by_time(uint64_t high)
{
	return high << 48 | (high << 16 & UINT64_C(0xffff00000000)) | high >> 32;
}

static int uuids(cq_slice a, cq_slice b)
{
	int c = by_length(a, b, 16);
	uint64_t ha, hb;

	if (c != 2)
		return c;
	ha = cq_be64(a.p);
	hb = cq_be64(b.p);
	c = order(ha >> 12 & 15, hb >> 12 & 15);
	if (c)
		return c;
	c = (ha >> 12 & 15) == 1 ? order(by_time(ha), by_time(hb)) : order(ha, hb);
	return c ? c : order(cq_be64(a.p + 8), cq_be64(b.p + 8));
}

static int timeuuids(cq_slice a, cq_slice b)
{
	const uint64_t flip = UINT64_C(0x8080808080808080);    /* signed bytes, one by one */
	int c = by_length(a, b, 16);

	if (c != 2)
		return c;
	/* the version does not count: it is 1, and where it is not the order stays one */
	c = order(by_time(cq_be64(a.p)), by_time(cq_be64(b.p)));
	return c ? c : order(cq_be64(a.p + 8) ^ flip, cq_be64(b.p + 8) ^ flip);
}

static int lexical_uuids(cq_slice a, cq_slice b)
{
	const uint64_t flip = UINT64_C(1) << 63;
	int c = by_length(a, b, 16);

	if (c != 2)
		return c;
	c = order(cq_be64(a.p) ^ flip, cq_be64(b.p) ^ flip);
	return c ? c : order(cq_be64(a.p + 8) ^ flip, cq_be64(b.p + 8) ^ flip);
}

static int nulls(cq_slice a, cq_slice b)
{
	return (a.p != NULL) - (b.p != NULL);
}

/* Where at least one of two values cannot be read on. rc: CQ_OK for one that could. */
static int stuck(int rc_a, cq_slice a, int rc_b, cq_slice b)
{
	if (rc_a == CQ_DAMAGED && rc_b == CQ_DAMAGED)
		return sign(cq_slice_cmp(a, b));
	return rc_a == CQ_DAMAGED ? -1 : 1;
}

/* Lists, sets, maps, vectors: element by element, then the shorter one. */
static int sequences(const struct cq_type *t, cq_slice a, cq_slice b)
{
	struct cq_elements ia, ib;

	if (!a.len || !b.len)
		return (a.len > 0) - (b.len > 0);
	cq_elements_init(&ia, t, a);
	cq_elements_init(&ib, t, b);
	for (;;) {
		const struct cq_type *ta, *tb;
		cq_slice ea, eb, rest_a = ia.rest, rest_b = ib.rest;
		int rc_a = cq_elements_next(&ia, &ta, &ea, NULL), rc_b = cq_elements_next(&ib, &tb, &eb, NULL), c;

		if (rc_a == CQ_DAMAGED || rc_b == CQ_DAMAGED)
			return stuck(rc_a, rest_a, rc_b, rest_b);
		if (rc_a == CQ_END || rc_b == CQ_END)
			return (rc_a != CQ_END) - (rc_b != CQ_END);
		c = ea.p && eb.p ? compare(ta, ea, eb) : nulls(ea, eb);
		if (c)
			return c;
	}
}

/* Does anything that is not null follow? (Older versions took an empty field for null here, and only here; 5.0 does not.) */
static int more_fields(struct cq_elements *it)
{
	const struct cq_type *type;
	cq_slice elem;

	while (cq_elements_next(it, &type, &elem, NULL) == CQ_OK)
		if (elem.p)
			return 1;
	return 0;
}

static int tuples(const struct cq_type *t, cq_slice a, cq_slice b)
{
	struct cq_elements ia, ib;

	if (!a.len || !b.len)
		return (a.len > 0) - (b.len > 0);
	cq_elements_init(&ia, t, a);
	cq_elements_init(&ib, t, b);
	while (ia.rest.len && ib.rest.len) {
		const struct cq_type *ta, *tb;
		cq_slice ea, eb, rest_a = ia.rest, rest_b = ib.rest;
		int rc_a = cq_elements_next(&ia, &ta, &ea, NULL), rc_b = cq_elements_next(&ib, &tb, &eb, NULL), c;

		if (rc_a != CQ_OK || rc_b != CQ_OK)
			return stuck(rc_a, rest_a, rc_b, rest_b);
		c = ea.p && eb.p ? compare(ta, ea, eb) : nulls(ea, eb);
		if (c)
			return c;
	}
	return ia.rest.len ? more_fields(&ia) : -more_fields(&ib);
}

/* Where the comparators of two dynamic components are not of one class their names decide: the class without its
 * package first. Both reversed: those below. */
static int comparators(const struct cq_type *a, cq_slice name_a, const struct cq_type *b, cq_slice name_b)
{
	const char *ca = cq_kind_class(a->kind), *cb = cq_kind_class(b->kind);

	if (a->reversed != b->reversed)
		(*(a->reversed ? &ca : &cb)) = "ReversedType";
	if (ca && cb)
		return sign(strcmp(ca, cb));
	if (ca || cb)
		return ca ? 1 : -1;
	return sign(cq_slice_cmp(name_a, name_b));
}

static int composites(const struct cq_type *t, cq_slice a, cq_slice b)
{
	struct cq_elements ia, ib;

	if (!a.len || !b.len)
		return (a.len > 0) - (b.len > 0);
	cq_elements_init(&ia, t, a);
	cq_elements_init(&ib, t, b);
	if (ia.is_static != ib.is_static)
		return ia.is_static ? -1 : 1;
	while (ia.rest.len && ib.rest.len) {
		const struct cq_type *ta = NULL, *tb = NULL;
		cq_slice ea, eb, na, nb, rest_a = ia.rest, rest_b = ib.rest;
		int rc_a, rc_b, c;

		rc_a = cq_composite_next(&ia, &ta, &na, &ea, NULL);
		rc_b = cq_composite_next(&ib, &tb, &nb, &eb, NULL);
		if (rc_a != CQ_OK || rc_b != CQ_OK)
			return stuck(rc_a, rest_a, rc_b, rest_b);
		c = t->kind == CQ_T_DYNAMIC_COMPOSITE ? comparators(ta, na, tb, nb) : 0;
		if (!c)
			c = compare(ta, ea, eb);
		if (!c)
			c = ia.eoc - ib.eoc;
		if (c)
			return sign(c);
	}
	return (ia.rest.len > 0) - (ib.rest.len > 0);
}

/* Keys in the order of the partitioner, which stands in the class string (5.0 too leaves the usual one out). */
static int keys(const struct cq_type *t, cq_slice a, cq_slice b)
{
	struct cq_partitioner p;
	struct cq_token ta, tb;

	if (!a.len || !b.len)                              /* an empty key stands for the least token, before all its keys */
		return (a.len > 0) - (b.len > 0);
	cq_partitioner_init(&p, t->name.len ? t->name : cq_slice_str("Murmur3Partitioner"), t->narg ? t->arg[0] : NULL);
	cq_token(&p, a, &ta);
	cq_token(&p, b, &tb);
	return sign(cq_key_compare(&p, &ta, a, &tb, b));
}

static int compare_forward(const struct cq_type *t, cq_slice a, cq_slice b)
{
	switch (t->kind) {
	case CQ_T_INT:
		if (a.len == 4 && b.len == 4) {
			int32_t x = (int32_t)cq_be32(a.p), y = (int32_t)cq_be32(b.p);

			return (x > y) - (x < y);
		}
		return signed_bytes(a, b);
	case CQ_T_BIGINT:
	case CQ_T_TIMESTAMP:
		if (a.len == 8 && b.len == 8) {
			int64_t x = (int64_t)cq_be64(a.p), y = (int64_t)cq_be64(b.p);

			return (x > y) - (x < y);
		}
		return signed_bytes(a, b);
	case CQ_T_TINYINT:
	case CQ_T_SMALLINT:
		return signed_bytes(a, b);
	case CQ_T_UUID:
		return uuids(a, b);
	case CQ_T_TIMEUUID:
		return timeuuids(a, b);
	case CQ_T_LEXICAL_UUID:
		return lexical_uuids(a, b);
	case CQ_T_BOOLEAN:
		return booleans(a, b);
	case CQ_T_VARINT:
		return cq_varint_compare(a, b);
	case CQ_T_DECIMAL:
		return cq_decimal_compare(a, b);
	case CQ_T_FLOAT:
		return floats(a, b);
	case CQ_T_DOUBLE:
		return doubles(a, b);
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
	case CQ_T_VECTOR:
		return sequences(t, a, b);
	case CQ_T_TUPLE:
	case CQ_T_UDT:
		return tuples(t, a, b);
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		return composites(t, a, b);
	case CQ_T_PARTITIONER_ORDER:
		return keys(t, a, b);
	default:                                           /* ascii, text, blob, inet, date, time, duration, ... */
		return cq_slice_cmp(a, b);
	}
}

static int compare(const struct cq_type *t, cq_slice a, cq_slice b)
{
	return t->reversed ? compare_forward(t, b, a) : compare_forward(t, a, b);
}

int cq_value_compare(const struct cq_type *t, cq_slice a, cq_slice b)
{
	return compare(t, a, b);
}

/* Is it a value? The rules of AbstractType.validate in Cassandra 5.0. */
#include "cq_types_priv.h"

const char *cq_length_rule(const struct cq_type *t, size_t len)
{
	switch (t->kind) {
	case CQ_T_BOOLEAN:
		return len <= 1 ? NULL : "a boolean is 0 or 1 byte";
	case CQ_T_TINYINT:
		return len == 1 ? NULL : "a tinyint is 1 byte";
	case CQ_T_SMALLINT:
		return len == 2 ? NULL : "a smallint is 2 bytes";
	case CQ_T_INT:
	case CQ_T_FLOAT:
		return len == 0 || len == 4 ? NULL : "an int or float is 0 or 4 bytes";
	case CQ_T_BIGINT:
	case CQ_T_DOUBLE:
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:
		return len == 0 || len == 8 ? NULL : "a bigint, double or timestamp is 0 or 8 bytes";
	case CQ_T_DECIMAL:
		return len == 0 || len >= 4 ? NULL : "a decimal starts with a scale of 4 bytes";
	case CQ_T_DATE:
		return len == 4 ? NULL : "a date is 4 bytes";
	case CQ_T_TIME:
		return len == 8 ? NULL : "a time is 8 bytes";
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
	case CQ_T_LEXICAL_UUID:
		return len == 0 || len == 16 ? NULL : "a uuid is 0 or 16 bytes";
	case CQ_T_INET:
		return len == 0 || len == 4 || len == 16 ? NULL : "an inet is 0, 4 or 16 bytes";
	case CQ_T_EMPTY:
		return len == 0 ? NULL : "an empty value has no bytes";
	default:
		return NULL;
	}
}

/* May b stand behind the lead byte? The rest of a character is 80 to bf. */
static bool lenient_second(uint8_t lead, uint8_t b)
{
	switch (lead) {
	case 0xc0:
		return b == 0x80;                          /* NUL as Java writes it */
	case 0xe0:
		return (b & 0xe0) != 0x80;                 /* meant: a0 to bf */
	case 0xf0:
		return (b & 0x30) != 0;                    /* meant: 90 to bf */
	default:
		return (b & 0xc0) == 0x80;                 /* surrogates too, and behind f4 more than there is */
	}
}

/* Cassandra validates text with an automaton of its own, which lets more pass than the decoder that prints. What is not
 * valid even for it was never written as text. */
static size_t lenient_utf8(cq_slice s)
{
	size_t i = 0;

	while (i < s.len) {
		uint8_t c = s.p[i];
		size_t more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;

		if ((c >= 0x80 && c < 0xc0) || c == 0xc1 || c > 0xf7 || more >= s.len - i)
			return i;
		for (size_t k = 1; k <= more; k++)
			if (k == 1 ? !lenient_second(c, s.p[i + 1]) : (s.p[i + k] & 0xc0) != 0x80)
				return i;
		i += more + 1;
	}
	return i;
}

static int bad(struct cq_error *err, const uint8_t *base, const uint8_t *at, const char *what)
{
	return cq_fail(err, CQ_DAMAGED, cq_off(base, at), "%s", what);
}

static int check(const struct cq_type *t, cq_slice v, const uint8_t *base, struct cq_error *err)
{
	const char *wrong = cq_length_rule(t, v.len);
	struct cq_error inner = { 0 };
	struct cq_duration duration;
	struct cq_elements it;
	const struct cq_type *type;
	cq_slice elem;
	int64_t total;
	size_t n;
	int rc;

	if (wrong)
		return bad(err, base, v.p, wrong);
	switch (t->kind) {
	case CQ_T_ASCII:
		for (n = 0; n < v.len && v.p[n] < 0x80;)
			n++;
		return n < v.len ? bad(err, base, v.p + n, "not an ASCII character") : CQ_OK;
	case CQ_T_TEXT:
		n = lenient_utf8(v);
		return n < v.len ? bad(err, base, v.p + n, "not UTF-8") : CQ_OK;
	case CQ_T_TIMEUUID:
		return v.len && v.p[6] >> 4 != 1 ? bad(err, base, v.p + 6, "a timeuuid whose version is not 1") : CQ_OK;
	case CQ_T_DURATION:
		wrong = cq_duration_read(v, &duration);
		return wrong ? bad(err, base, v.p, wrong) : CQ_OK;
	case CQ_T_COUNTER:
		rc = cq_counter_total(v, &total, &inner);
		return rc == CQ_OK ? CQ_OK : cq_fail(err, rc, cq_off(base, v.p) + inner.off, "%s", inner.msg);
	case CQ_T_VECTOR:
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
	case CQ_T_TUPLE:
	case CQ_T_UDT:
	case CQ_T_COMPOSITE:
	case CQ_T_DYNAMIC_COMPOSITE:
		break;
	default:
		return CQ_OK;
	}
	cq_elements_init(&it, t, v);
	while ((rc = cq_elements_next(&it, &type, &elem, &inner)) == CQ_OK) {
		if (type == &cq_type_opaque)
			return bad(err, base, elem.p, "a comparator that does not exist");
		if (elem.p)
			rc = check(type, elem, base, err);
		else if (t->kind != CQ_T_TUPLE && t->kind != CQ_T_UDT)
			return bad(err, base, v.p, "a null inside a collection");
		if (rc != CQ_OK)
			return rc;
	}
	return rc == CQ_END ? CQ_OK : cq_fail(err, rc, cq_off(base, v.p) + inner.off, "%s", inner.msg);
}

int cq_value_check(const struct cq_type *t, cq_slice v, struct cq_error *err)
{
	return check(t, v, v.p, err);
}

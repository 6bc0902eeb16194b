/* Properties over random values of random types, and over damaged ones. A failure names its seed: CQ_SEED=... runs it. */
#include "test_types_util.h"

enum { ROUNDS = 4000, DEPTH = 3 };

static const char *const scalars[] = {
	"AsciiType", "UTF8Type", "BytesType", "BooleanType", "ByteType", "ShortType", "Int32Type", "LongType", "IntegerType",
	"DecimalType", "FloatType", "DoubleType", "SimpleDateType", "TimeType", "TimestampType", "DateType", "UUIDType",
	"TimeUUIDType", "LexicalUUIDType", "InetAddressType", "DurationType",
};

static size_t below(uint64_t *seed, size_t n)
{
	return (size_t)(dice(seed) >> 33) % n;
}

/* ---- random types and values ---- */

static void random_type(uint64_t *seed, int depth, struct cq_buf *out)
{
	size_t kind = depth ? below(seed, 9) : 9, n = 1 + below(seed, 3);

	if (kind > 5) {
		cq_buf_str(out, scalars[below(seed, CQ_COUNTOF(scalars))]);
		return;
	}
	cq_buf_str(out, (const char *const[]){ "ListType(", "SetType(", "MapType(", "TupleType(", "UserType(ks,61", "VectorType(" }[kind]);
	if (kind < 3 || kind == 5)
		n = kind == 2 ? 2 : 1;
	for (size_t i = 0; i < n; i++) {
		if (i || kind == 4)
			cq_buf_byte(out, ',');
		if (kind == 4)
			cq_buf_printf(out, "6%zu:", i + 1);
		random_type(seed, depth - 1, out);
	}
	if (kind == 5)
		cq_buf_printf(out, " , %zu", 1 + below(seed, 3));
	cq_buf_byte(out, ')');
}

static void put_number(struct cq_buf *out, uint64_t v, size_t len)
{
	uint8_t bytes[8];

	cq_put_be64(bytes, v);
	cq_buf_put(out, bytes + 8 - len, len);
}

static void put_random(struct cq_buf *out, uint64_t *seed, size_t len)
{
	while (len--)
		cq_buf_byte(out, (uint8_t)(dice(seed) >> 40));
}

/* As few bytes as the number needs: what is read back from text. */
static void put_varint(struct cq_buf *out, uint64_t *seed)
{
	size_t len = 1 + below(seed, below(seed, 4) ? 9 : 40), start = out->len;

	put_random(out, seed, len);
	while (out->len - start > 1 && (out->p[start] == 0 || out->p[start] == 0xff) && (out->p[start] ^ out->p[start + 1]) < 0x80) {
		memmove(out->p + start, out->p + start + 1, out->len - start - 1);
		out->len--;
	}
}

static void random_value(uint64_t *seed, const struct cq_type *t, struct cq_buf *out);

static void put_scalar(uint64_t *seed, const struct cq_type *t, struct cq_buf *out)
{
	static const char *const texts[] = { "", "a", "b", "a:b", "@", "\\", "!", "x!", "\\:", "\"", "\xc3\xa9", "\xf0\x9f\x98\x80", "1", "-5" };
	size_t start = out->len;
	uint64_t v = dice(seed) >> below(seed, 64);

	switch (t->kind) {
	case CQ_T_ASCII:
		cq_buf_str(out, texts[below(seed, 10)]);
		break;
	case CQ_T_TEXT:
		cq_buf_str(out, texts[below(seed, CQ_COUNTOF(texts))]);
		cq_buf_str(out, texts[below(seed, CQ_COUNTOF(texts))]);
		break;
	case CQ_T_BLOB:
		for (size_t n = below(seed, 6); n--;)
			cq_buf_byte(out, (uint8_t[]){ 0, 0, 1, 0xfe, 0xff, 0x80 }[below(seed, 6)]);
		break;
	case CQ_T_BOOLEAN:
		cq_buf_byte(out, v & 1);
		break;
	case CQ_T_TINYINT:
		put_number(out, v, 1);
		break;
	case CQ_T_SMALLINT:
		put_number(out, v, 2);
		break;
	case CQ_T_INT:
	case CQ_T_DATE:
		put_number(out, below(seed, 2) ? v : ~v, 4);
		break;
	case CQ_T_BIGINT:
		put_number(out, below(seed, 2) ? v : ~v, 8);
		break;
	case CQ_T_VARINT:
		put_varint(out, seed);
		break;
	case CQ_T_DECIMAL:
		put_number(out, below(seed, 3) ? below(seed, 12) - 4 : v, 4);
		put_varint(out, seed);
		break;
	case CQ_T_FLOAT:
		v >>= 8;                                   /* no NaN: its sign and payload have no text */
		put_number(out, (v & 0xff7fffff) | (v & 1) << 31, 4);
		break;
	case CQ_T_DOUBLE:
		put_number(out, dice(seed) & ~(UINT64_C(1) << 60), 8);
		break;
	case CQ_T_TIME:
		put_number(out, dice(seed) % UINT64_C(86400000000000), 8);
		break;
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE:                             /* years 1 to 9999: others have a text that is not read back */
		put_number(out, dice(seed) % UINT64_C(315537897600000) - UINT64_C(62135596800000), 8);
		break;
	case CQ_T_UUID:
	case CQ_T_LEXICAL_UUID:
	case CQ_T_TIMEUUID:
		put_random(out, seed, 16);
		if (t->kind == CQ_T_TIMEUUID || below(seed, 2))
			out->p[start + 6] = (uint8_t)((out->p[start + 6] & 15) | 0x10);
		break;
	case CQ_T_INET:
		put_random(out, seed, below(seed, 2) ? 4 : 16);
		break;
	default:                                           /* DURATION: small vints are the number doubled, odd when negative */
		v = below(seed, 2);
		for (int i = 0; i < 3; i++)
			cq_buf_byte(out, (uint8_t)(2 * (1 + below(seed, 60)) - v));
	}
}

static void put_sized(uint64_t *seed, const struct cq_type *t, struct cq_buf *out)
{
	size_t mark = out->len;

	put_number(out, 0, 4);
	random_value(seed, t, out);
	cq_put_be32(out->p + mark, (uint32_t)(out->len - mark - 4));
}

static void put_vint_sized(uint64_t *seed, const struct cq_type *t, struct cq_buf *out)
{
	struct cq_buf one = { 0 };

	random_value(seed, t, &one);
	if (t->fixed_len == CQ_VARIABLE && one.len >= 0x80) {
		assert_true(one.len < 0x4000);
		put_number(out, 0x8000 | one.len, 2);
	} else if (t->fixed_len == CQ_VARIABLE) {
		cq_buf_byte(out, (uint8_t)one.len);
	}
	cq_buf_put(out, one.p, one.len);
	cq_buf_finish(&one);
}

static void random_value(uint64_t *seed, const struct cq_type *t, struct cq_buf *out)
{
	size_t n = below(seed, 3);

	switch (t->kind) {
	case CQ_T_LIST:
	case CQ_T_SET:
	case CQ_T_MAP:
		put_number(out, n, 4);
		for (size_t i = 0; i < n * t->narg; i++)
			put_sized(seed, t->arg[i % t->narg], out);
		break;
	case CQ_T_TUPLE:
	case CQ_T_UDT:
		n = below(seed, 4) ? t->narg : 1 + below(seed, t->narg);
		for (size_t i = 0; i < n; i++)
			if (below(seed, 6))
				put_sized(seed, t->arg[i], out);
			else
				put_number(out, UINT32_MAX, 4);
		break;
	case CQ_T_VECTOR:
		for (uint32_t i = 0; i < t->dimension; i++)
			put_vint_sized(seed, t->arg[0], out);
		break;
	case CQ_T_COMPOSITE:
		for (size_t i = 0; i < t->narg; i++) {
			size_t mark = out->len;

			put_number(out, 0, 2);
			random_value(seed, t->arg[i], out);
			cq_put_be16(out->p + mark, (uint16_t)(out->len - mark - 2));
			cq_buf_byte(out, i + 1 == t->narg ? (uint8_t[]){ 0, 0, 1, 0xff }[below(seed, 4)] : 0);
		}
		break;
	default:
		put_scalar(seed, t, out);
	}
}

/* ---- properties ---- */

static uint64_t first_seed(void)
{
	const char *given = getenv("CQ_SEED");

	return given ? strtoull(given, NULL, 0) : UINT64_C(0x9e3779b97f4a7c15);
}

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

/* The text of a tuple in a tuple cannot be taken apart again where a field ends in '\' or is "@", of a composite where one
 * is "!" or "_" or holds "\:". That is Cassandra's text, and it is no better there. */
static bool text_is_unique(const struct cq_type *t, cq_slice text, bool inside)
{
	if (t->kind == CQ_T_TUPLE || t->kind == CQ_T_UDT || t->kind == CQ_T_COMPOSITE)
		return !inside && !memchr(text.p, '\\', text.len) && !memchr(text.p, '!', text.len) && !memchr(text.p, '@', text.len);
	return true;
}

static bool nests_joined(const struct cq_type *t)
{
	if (t->kind != CQ_T_TUPLE && t->kind != CQ_T_UDT && t->kind != CQ_T_COMPOSITE)
		return false;
	for (size_t i = 0; i < t->narg; i++) {
		enum cq_kind k = t->arg[i]->kind;

		if (k == CQ_T_TUPLE || k == CQ_T_UDT || k == CQ_T_COMPOSITE)
			return true;
	}
	return false;
}

/* No text at all is read back as an empty value, and text of a field that is empty as a field without bytes. */
static bool says_something(cq_slice text)
{
	return text.len && text.p[0] != ':' && text.p[text.len - 1] != ':' && !memmem(text.p, text.len, "::", 2);
}

static const struct cq_type *next_type(uint64_t *seed, bool composites)
{
	struct cq_buf name = { 0 };
	const struct cq_type *t;
	bool reversed = below(seed, 4) == 0;

	if (reversed)
		cq_buf_str(&name, "ReversedType(");
	if (composites && below(seed, 6) == 0) {
		cq_buf_str(&name, "CompositeType(");
		random_type(seed, 0, &name);
		cq_buf_byte(&name, ',');
		random_type(seed, 0, &name);
		cq_buf_byte(&name, ')');
	} else {
		cq_buf_str(&name, "FrozenType(");
		random_type(seed, DEPTH, &name);
		cq_buf_byte(&name, ')');
	}
	if (reversed)
		cq_buf_byte(&name, ')');
	t = type_of(cq_buf_cstr(&name));
	cq_buf_finish(&name);
	return t;
}

static void values_are_valid_print_and_come_back_from_their_text(void **state)
{
	struct cq_buf v = { 0 }, text = { 0 }, back = { 0 }, name = { 0 };
	uint64_t seed = first_seed();
	int compared = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t at = seed;
		const struct cq_type *t = next_type(&seed, true);
		struct cq_error err = { 0 };

		cq_buf_clear(&v);
		cq_buf_clear(&text);
		cq_buf_clear(&back);
		random_value(&seed, t, &v);
		cq_type_cql(t, &name);
		if (cq_value_check(t, cq_buf_bytes(&v), &err) != CQ_OK || cq_value_json(t, cq_buf_bytes(&v), &back, 0, &err) != CQ_OK ||
		    cq_value_cql(t, cq_buf_bytes(&v), &back, &err) != CQ_OK || cq_value_text(t, cq_buf_bytes(&v), &text, &err) != CQ_OK)
			fail_msg("CQ_SEED=%#llx %s: %s", (unsigned long long)at, cq_buf_cstr(&name), err.msg);
		cq_buf_clear(&name);
		cq_buf_clear(&back);
		if (!text_is_unique(t, cq_buf_bytes(&text), false) || nests_joined(t) ||
		    ((t->kind == CQ_T_TUPLE || t->kind == CQ_T_UDT || t->kind == CQ_T_COMPOSITE) && !says_something(cq_buf_bytes(&text))))
			continue;
		if (cq_value_parse(t, cq_buf_bytes(&text), &back, &err) != CQ_OK)
			fail_msg("CQ_SEED=%#llx: %s", (unsigned long long)at, err.msg);
		if (!cq_slice_eq(cq_buf_bytes(&v), cq_buf_bytes(&back)))
			fail_msg("CQ_SEED=%#llx: other bytes out of %s", (unsigned long long)at, cq_buf_cstr(&text));
		compared++;
		cq_arena_reset(&test_arena);
	}
	assert_true(compared > ROUNDS / 2);
	cq_buf_finish(&v);
	cq_buf_finish(&text);
	cq_buf_finish(&back);
	cq_buf_finish(&name);
}

static int by_form(const struct cq_type *t, cq_slice a, cq_slice b)
{
	struct cq_buf fa = { 0 }, fb = { 0 };
	bool none_a, none_b;
	int c;

	assert_int_equal(cq_value_comparable(t, a, &fa, &none_a, NULL), CQ_OK);
	assert_int_equal(cq_value_comparable(t, b, &fb, &none_b, NULL), CQ_OK);
	cq_buf_byte(&fa, 0x38);                            /* some separator always follows, and decides between prefixes */
	cq_buf_byte(&fb, 0x38);
	if (none_a || none_b)                              /* separators 3f before and, reversed, 41 behind all others */
		c = (t->reversed ? -1 : 1) * (none_b - none_a);
	else
		c = cq_slice_cmp(cq_buf_bytes(&fa), cq_buf_bytes(&fb));
	cq_buf_finish(&fa);
	cq_buf_finish(&fb);
	return sign(c);
}

static void order_is_total_and_that_of_the_forms(void **state)
{
	struct cq_buf v[3] = { { 0 } };
	uint64_t seed = first_seed() + 1;
	int different = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t at = seed;
		const struct cq_type *t = next_type(&seed, true);
		int c[3];

		for (int k = 0; k < 3; k++) {
			cq_buf_clear(&v[k]);
			/* often the same again, so that equal values and equal beginnings meet */
			if (k && below(&seed, 8) == 0)
				cq_buf_put(&v[k], v[0].p, v[0].len);
			else
				random_value(&seed, t, &v[k]);
		}
		for (int k = 0; k < 3; k++) {
			cq_slice a = cq_buf_bytes(&v[k]), b = cq_buf_bytes(&v[(k + 1) % 3]);

			c[k] = sign(cq_value_compare(t, a, b));
			if (sign(cq_value_compare(t, b, a)) != -c[k] || cq_value_compare(t, a, a) != 0 || by_form(t, a, b) != c[k]) {
				struct cq_buf name = { 0 }, ha = { 0 }, hb = { 0 };

				cq_type_class(t, &name);
				fail_msg("CQ_SEED=%#llx: %s %s %s: %d, form %d", (unsigned long long)at - 1, cq_buf_cstr(&name),
					hex_of(a, &ha), hex_of(b, &hb), c[k], by_form(t, a, b));
			}
			different += c[k] != 0;
		}
		if (c[0] <= 0 && c[1] <= 0)
			assert_true(c[2] >= 0);                /* a <= b <= c, so not c < a */
		cq_arena_reset(&test_arena);
	}
	assert_true(different > ROUNDS);
	for (int k = 0; k < 3; k++)
		cq_buf_finish(&v[k]);
}

static void damage(uint64_t *seed, struct cq_buf *v)
{
	switch (below(seed, 4)) {
	case 0:
		v->len = v->len ? below(seed, v->len) : 0;
		break;
	case 1:
		put_random(v, seed, 1 + below(seed, 5));
		break;
	default:
		for (size_t n = v->len ? 1 + below(seed, 3) : 0; n--;)
			v->p[below(seed, v->len)] = (uint8_t)(dice(seed) >> 40);
	}
}

/* Nothing is read out of bounds (the copies have exactly their size), order stays antisymmetric, and what check accepts
 * has a text, a form, or says why not. */
static void damaged_values_are_refused_or_taken_whole(void **state)
{
	struct cq_buf v[2] = { { 0 } }, out = { 0 };
	uint64_t seed = first_seed() + 2;
	int refused = 0;

	(void)state;
	for (int i = 0; i < 2 * ROUNDS; i++) {
		uint64_t at = seed;
		const struct cq_type *t = next_type(&seed, true);
		uint8_t *copy[2];
		cq_slice s[2];
		bool none;
		int c;

		for (int k = 0; k < 2; k++) {
			cq_buf_clear(&v[k]);
			random_value(&seed, t, &v[k]);
			damage(&seed, &v[k]);
			copy[k] = malloc(v[k].len ? v[k].len : 1);
			assert_non_null(copy[k]);
			if (v[k].len)
				memcpy(copy[k], v[k].p, v[k].len);
			s[k] = cq_slice_of(copy[k], v[k].len);
		}
		c = sign(cq_value_compare(t, s[0], s[1]));
		if (sign(cq_value_compare(t, s[1], s[0])) != -c || cq_value_compare(t, s[0], s[0]) != 0)
			fail_msg("CQ_SEED=%#llx: no order", (unsigned long long)at - 2);
		for (int k = 0; k < 2; k++) {
			struct cq_error err = { .off = 0 };
			int rc = cq_value_check(t, s[k], &err);

			if (rc != CQ_OK) {
				assert_int_equal(rc, CQ_DAMAGED);
				assert_true(err.off <= s[k].len);
				refused++;
			}
			cq_buf_clear(&out);
			cq_value_json(t, s[k], &out, 0, &err);
			cq_value_json(t, s[k], &out, CQ_PRINT_SSTABLEDUMP, &err);
			cq_value_cql(t, s[k], &out, &err);
			cq_value_text(t, s[k], &out, &err);
			cq_value_parse(t, s[k], &out, &err);
			cq_value_comparable(t, s[k], &out, &none, &err);
			cq_type_parse(&test_arena, s[k], &t, &err);
			cq_counter_total(s[k], &(int64_t){ 0 }, &err);
			t = next_type(&seed, true);                /* and as a value of quite another type */
			cq_value_check(t, s[k], &err);
			cq_value_json(t, s[k], &out, 0, &err);
			cq_value_compare(t, s[0], s[1]);
			cq_value_comparable(t, s[k], &out, &none, &err);
		}
		free(copy[0]);
		free(copy[1]);
		cq_arena_reset(&test_arena);
	}
	assert_true(refused > ROUNDS);
	cq_buf_finish(&v[0]);
	cq_buf_finish(&v[1]);
	cq_buf_finish(&out);
}

static void class_strings_and_cql_names_come_back(void **state)
{
	struct cq_buf a = { 0 }, b = { 0 };
	uint64_t seed = first_seed() + 3;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		const struct cq_type *t = next_type(&seed, true), *again;

		cq_buf_clear(&a);
		cq_type_class(t, &a);
		again = type_of(cq_buf_cstr(&a));
		assert_true(cq_type_eq(t, again));
		assert_int_equal(t->fixed_len, again->fixed_len);
		cq_buf_clear(&b);
		cq_type_class(again, &b);
		assert_string_equal(cq_buf_cstr(&a), cq_buf_cstr(&b));
		cq_buf_clear(&b);
		cq_type_cql(t, &b);
		if (!memmem(b.p, b.len, "<a>", 3))                 /* without UDTs, which nobody is there to look up */
			assert_int_equal(cq_type_parse_cql(&test_arena, cq_buf_bytes(&b), NULL, NULL, &again, NULL), CQ_OK);
		/* cut anywhere it is refused or read, never more */
		cq_type_parse(&test_arena, cq_slice_of(a.p, below(&seed, a.len)), &again, NULL);
		cq_type_parse_cql(&test_arena, cq_slice_of(b.p, below(&seed, b.len)), NULL, NULL, &again, NULL);
		cq_arena_reset(&test_arena);
	}
	cq_buf_finish(&a);
	cq_buf_finish(&b);
}

static void floats_read_back_are_the_same_number(void **state)
{
	struct cq_buf b = { 0 }, back = { 0 };
	uint64_t seed = first_seed() + 4;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = dice(&seed);
		float f;
		double d;

		memcpy(&d, &bits, sizeof d);
		memcpy(&f, &bits, sizeof f);
		cq_buf_clear(&b);
		if (d == d) {
			cq_print_double(&b, d);
			assert_true(strtod(cq_buf_cstr(&b), NULL) == d || d - d != 0);
		}
		cq_buf_clear(&b);
		if (f == f) {
			cq_print_float(&b, f);
			assert_true(strtof(cq_buf_cstr(&b), NULL) == f || f - f != 0);
		}
	}
	cq_buf_finish(&b);
	cq_buf_finish(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_valid_print_and_come_back_from_their_text),
		cmocka_unit_test(order_is_total_and_that_of_the_forms),
		cmocka_unit_test(damaged_values_are_refused_or_taken_whole),
		cmocka_unit_test(class_strings_and_cql_names_come_back),
		cmocka_unit_test(floats_read_back_are_the_same_number),
	};

	return cmocka_run_group_tests(tests, NULL, end_of_group);
}

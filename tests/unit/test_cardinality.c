/* cq_cardinality: what a HyperLogLog++ sketch says, compared with what stream-lib 2.5.2 (the library inside Cassandra) says
 * of the same keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_hash.h"
#include "cq_statistics.h"

static int64_t keys_in(const uint8_t *p, size_t n)
{
	struct cq_error err = {0};
	int64_t keys = -1;
	int rc = cq_cardinality(cq_slice_of(p, n), &keys, &err);

	if (rc != CQ_OK)
		print_error("%s\n", err.msg);
	assert_int_equal(rc, CQ_OK);
	return keys;
}

static void is_damage(const uint8_t *p, size_t n)
{
	struct cq_error err = {0};
	int64_t keys = -7;

	assert_int_equal(cq_cardinality(cq_slice_of(p, n), &keys, &err), CQ_DAMAGED);
	assert_int_equal(keys, -7);
	assert_true(err.off <= n);
	assert_string_not_equal(err.msg, "");
}

/* The sketch of the keys 0 to n - 1 as four-byte numbers, in registers. */
enum { HEAD = 9, LEN = HEAD + 1366 * 4 };

static void sketch_of(int n, uint8_t out[LEN])
{
	static const uint8_t head[HEAD] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 0, 0xd8, 0x2a };
	uint32_t words[1366] = {0};

	for (int i = 0; i < n; i++) {
		uint8_t key[4];
		uint64_t x;
		uint32_t reg, v, shift;

		cq_put_be32(key, (uint32_t)i);
		x = cq_murmur2(cq_slice_of(key, 4));
		reg = (uint32_t)(x >> 51);
		shift = 5 * (reg % 6);
		v = (uint32_t)__builtin_clzll(x << 13 | 4096) + 1;
		if (v > (words[reg / 6] >> shift & 0x1f))
			words[reg / 6] = (words[reg / 6] & ~((uint32_t)0x1f << shift)) | v << shift;
	}
	memcpy(out, head, HEAD);
	for (int i = 0; i < 1366; i++)
		cq_put_be32(out + HEAD + 4 * i, words[i]);
}

static void sparse_sketches_count_their_codes(void **state)
{
	(void)state;
	const uint8_t none[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 1, 0 };
	const uint8_t one[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 1, 1, 0xde, 0xbe, 0x89, 0x0c };
	/* Statistics.db of a table with the keys "0" to "4" */
	const uint8_t five[] = { 0xff, 0xff, 0xff, 0xfe, 0x0d, 0x19, 1, 5, 0x92, 0xf2, 0x85, 0x01, 0x90, 0xf6, 0x1f,
		0xf4, 0xb3, 0xaa, 0x02, 0xb2, 0xbd, 0xfc, 0x05, 0xe0, 0xfc, 0xdd, 0x10 };

	assert_int_equal(keys_in(none, sizeof none), 0);
	assert_int_equal(keys_in(one, sizeof one), 1);
	assert_int_equal(keys_in(five, sizeof five), 5);
}

static void a_sparse_sketch_of_6147_codes_is_a_bit_more_than_that(void **state)
{
	(void)state;
	static uint8_t s[9 + 6147];
	const uint8_t head[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 1, 0x83, 0x30 };     /* 6147 */

	memcpy(s, head, sizeof head);
	memset(s + sizeof head, 2, 6147);
	assert_int_equal(keys_in(s, sizeof s), 6148);              /* as stream-lib: two keys may have fallen together */
}

/* Linear counting below 6500, the bias of small estimates up to 5 * 8192, the plain estimate above: the figures are
 * stream-lib's for the same keys. */
static void registers_estimate_as_stream_lib_does(void **state)
{
	(void)state;
	static const struct { int n; int64_t keys; } lib[] = {
		{ 0, 0 }, { 1, 1 }, { 5, 5 }, { 100, 101 }, { 1536, 1558 }, { 1538, 1559 }, { 6147, 6245 }, { 7000, 7089 },
		{ 9000, 8961 }, { 10000, 9948 }, { 15000, 14912 }, { 20000, 19973 }, { 30000, 30642 }, { 35000, 35209 },
		{ 40000, 39509 }, { 41000, 40202 }, { 45000, 43283 }, { 60000, 56508 }, { 100000, 96278 }, { 500000, 505093 },
	};
	static uint8_t s[LEN];

	for (size_t i = 0; i < CQ_COUNTOF(lib); i++) {
		sketch_of(lib[i].n, s);
		if (keys_in(s, LEN) != lib[i].keys)
			print_error("%d keys\n", lib[i].n);
		assert_int_equal(keys_in(s, LEN), lib[i].keys);
	}
}

static void registers_of_a_byte_each_are_read_too(void **state)
{
	(void)state;
	static uint8_t packed[LEN], wide[9 + 8192];
	static const uint8_t head[] = { 0xff, 0xff, 0xff, 0xfe, 13, 0, 0, 0x80, 0x40 };

	sketch_of(20000, packed);
	memcpy(wide, head, sizeof head);
	for (unsigned i = 0; i < 8192; i++)
		wide[9 + i] = cq_be32(packed + HEAD + i / 6 * 4) >> (5 * (i % 6)) & 0x1f;
	assert_int_equal(keys_in(wide, sizeof wide), 19973);
}

static void full_registers_do_not_overflow(void **state)
{
	(void)state;
	static uint8_t s[LEN], wide[9 + 8192];
	static const uint8_t head[] = { 0xff, 0xff, 0xff, 0xfe, 13, 0, 0, 0x80, 0x40 };

	sketch_of(0, s);
	memset(s + HEAD, 0xff, LEN - HEAD);
	assert_true(keys_in(s, LEN) > 0);
	memcpy(wide, head, sizeof head);
	memset(wide + 9, 0xff, 8192);                              /* would be 2^268 keys */
	assert_int_equal(keys_in(wide, sizeof wide), INT64_MAX);
}

static void what_is_cut_short_is_damage(void **state)
{
	(void)state;
	const uint8_t five[] = { 0xff, 0xff, 0xff, 0xfe, 0x0d, 0x19, 1, 5, 0x92, 0xf2, 0x85, 0x01, 0x90, 0xf6, 0x1f,
		0xf4, 0xb3, 0xaa, 0x02, 0xb2, 0xbd, 0xfc, 0x05, 0xe0, 0xfc, 0xdd, 0x10 };
	static uint8_t s[LEN];

	for (size_t n = 0; n < sizeof five; n++) {
		uint8_t *exact = malloc(n + 1);                    /* so that a read behind the end is seen */

		memcpy(exact + 1, five, n);
		is_damage(exact + 1, n);
		free(exact);
	}
	is_damage(NULL, 0);
	sketch_of(7000, s);
	for (size_t n = 0; n < LEN; n += 97)
		is_damage(s, n);
	is_damage(s, LEN - 1);
}

static void what_is_no_sketch_is_damage(void **state)
{
	(void)state;
	const uint8_t version[] = { 0xff, 0xff, 0xff, 0xfd, 13, 25, 1, 0 };
	const uint8_t legacy[] = { 0, 0, 0, 13, 0, 0, 0, 25, 0, 0, 0, 1 };
	const uint8_t form[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 2, 0 };
	const uint8_t precision[] = { 0xff, 0xff, 0xff, 0xfe, 3, 25, 1, 0 };
	const uint8_t precision2[] = { 0xff, 0xff, 0xff, 0xfe, 13, 33, 1, 0 };
	const uint8_t no_sparse[] = { 0xff, 0xff, 0xff, 0xfe, 13, 0, 1, 0 };
	const uint8_t count[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1 };
	const uint8_t varint[] = { 0xff, 0xff, 0xff, 0xfe, 13, 25, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
	const uint8_t crowded[] = { 0xff, 0xff, 0xff, 0xfe, 4, 4, 1, 16, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

	is_damage(version, sizeof version);
	is_damage(legacy, sizeof legacy);
	is_damage(form, sizeof form);
	is_damage(precision, sizeof precision);
	is_damage(precision2, sizeof precision2);
	is_damage(no_sparse, sizeof no_sparse);
	is_damage(count, sizeof count);
	is_damage(varint, sizeof varint);
	is_damage(crowded, sizeof crowded);
}

static void registers_of_another_precision_are_said_to_be_so(void **state)
{
	(void)state;
	const uint8_t s[] = { 0xff, 0xff, 0xff, 0xfe, 12, 25, 0, 4, 0, 0, 0, 0 };
	struct cq_error err = {0};
	int64_t keys;

	assert_int_equal(cq_cardinality(cq_slice_of(s, sizeof s), &keys, &err), CQ_EUNSUPPORTED);
	assert_non_null(strstr(err.msg, "12"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sparse_sketches_count_their_codes),
		cmocka_unit_test(a_sparse_sketch_of_6147_codes_is_a_bit_more_than_that),
		cmocka_unit_test(registers_estimate_as_stream_lib_does),
		cmocka_unit_test(registers_of_a_byte_each_are_read_too),
		cmocka_unit_test(full_registers_do_not_overflow),
		cmocka_unit_test(what_is_cut_short_is_damage),
		cmocka_unit_test(what_is_no_sketch_is_damage),
		cmocka_unit_test(registers_of_another_precision_are_said_to_be_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

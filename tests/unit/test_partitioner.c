/* Tokens and the order of partitions: cq_partitioner.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cq_partitioner.h"

static struct cq_partitioner named(const char *name, const struct cq_type *key_type)
{
	struct cq_partitioner p;

	cq_partitioner_init(&p, cq_slice_str(name), key_type);
	return p;
}

static struct cq_token token_of(const struct cq_partitioner *p, const void *key, size_t n)
{
	struct cq_token t;

	cq_token(p, cq_slice_of(key, n), &t);
	return t;
}

static void assert_hex(const struct cq_buf *b, const char *want)
{
	struct cq_buf hex = {0};

	assert_false(b->failed);
	cq_buf_hex(&hex, cq_buf_bytes(b));
	assert_string_equal(cq_buf_cstr(&hex), want);
	cq_buf_finish(&hex);
}

/* Token printed, parsed again, and the byte-comparable form of the key. */
static void assert_key(const struct cq_partitioner *p, const void *key, size_t n, const char *token, const char *form)
{
	struct cq_token t = token_of(p, key, n), back;
	struct cq_buf b = {0}, bytes = {0};

	cq_token_print(p, &t, &b);
	assert_string_equal(cq_buf_cstr(&b), token);
	assert_int_equal(cq_token_parse(p, token, &bytes, &back, NULL), CQ_OK);
	assert_int_equal(cq_token_compare(p, &t, &back), 0);
	cq_buf_clear(&b);
	assert_int_equal(cq_key_comparable(p, &t, cq_slice_of(key, n), 0x38, &b, NULL), CQ_OK);
	assert_hex(&b, form);
	cq_buf_finish(&b);
	cq_buf_finish(&bytes);
}

static void names_are_known_with_and_without_their_package(void **state)
{
	(void)state;
	assert_int_equal(named("org.apache.cassandra.dht.Murmur3Partitioner", NULL).kind, CQ_P_MURMUR3);
	assert_int_equal(named("Murmur3Partitioner", NULL).kind, CQ_P_MURMUR3);
	assert_int_equal(named("org.apache.cassandra.dht.RandomPartitioner", NULL).kind, CQ_P_RANDOM);
	assert_int_equal(named("org.apache.cassandra.dht.ByteOrderedPartitioner", NULL).kind, CQ_P_BYTE_ORDERED);
	assert_int_equal(named("org.apache.cassandra.dht.OrderPreservingPartitioner", NULL).kind, CQ_P_ORDER_PRESERVING);
	assert_int_equal(named("org.apache.cassandra.dht.LocalPartitioner", NULL).kind, CQ_P_LOCAL);
	assert_int_equal(named("org.example.Murmur3Partitioner", NULL).kind, CQ_P_UNKNOWN);
	assert_int_equal(named("", NULL).kind, CQ_P_UNKNOWN);
}

static void murmur3_tokens_and_forms(void **state)
{
	struct cq_partitioner p = named("Murmur3Partitioner", NULL);

	(void)state;
	assert_key(&p, "", 0, "-9223372036854775808", "400000000000000000400038");
	assert_key(&p, "0", 1, "3083240331115144064", "40aac9debed546a38040300038");
	assert_key(&p, "1", 1, "8213365047359667313", "40f1fbbbfe8a7b7c7140310038");
	assert_key(&p, "key0", 4, "-468459073612751032", "40797fb2f45d80df48406b6579300038");
	assert_key(&p, "\0\0\0\1", 4, "-4069959284402364209", "40478499982ae4e0cf4000fefeff010038");
	assert_key(&p, "\0\0\0\0", 4, "-3485513579396041028", "404fa0f7ddd84c76bc4000fefefefe38");
	assert_key(&p, "\0\0\0\5", 4, "-7509452495886106294", "4017c910bde509c14a4000fefeff050038");
	/* Bytes from 80 in the tail: sign-extended, unlike the textbook hash. */
	assert_key(&p, "\x80", 1, "-5284281814142962636", "4036aa75aff6f3b43440800038");
	assert_key(&p, "\xff\xfe", 2, "-2002833339314343643", "40643481b079dbf12540fffe0038");
	assert_key(&p, "\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0", 17, "2275604699282842859",
		"409f94926ad5f6a4eb40e0e1e2e3e4e5e6e7e8e9eaebecedeeeff00038");
	assert_key(&p, "xyz{|}~\x7f\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89", 18, "3886918101260737279",
		"40b5f11b6b58ae9aff4078797a7b7c7d7e7f808182838485868788890038");
	/* A composite key is taken as a whole. */
	assert_key(&p, "\0\4\0\0\0\7\0\0\1x\0", 11, "6571373876230807724",
		"40db3235b94b04e0ac4000ff0400fefeff0700feff017800fe38");
}

static void random_tokens_and_forms(void **state)
{
	struct cq_partitioner p = named("RandomPartitioner", NULL);

	(void)state;
	assert_key(&p, "", 0, "-1", "407f400038");
	assert_key(&p, "0", 1, "64067091395865220333931589265234893606", "40ff093032df7b6a2a9a109918200606789b2640300038");
	assert_key(&p, "\0\0\0\5", 4, "91392318400979474069937113391125760444",
		"40ff0944c18530627b8b4a98d4d5590d8409bc4000fefeff050038");
	assert_key(&p, "key10", 5, "19731598232893797526057301463541820085",
		"40ff090ed82ae718675471c2998e95081d2ab5406b657931300038");
}

static void random_tokens_of_every_length_have_their_varint_form(void **state)
{
	static const struct {
		const char *token, *form;
	} all[] = {
		{ "-1", "407f20" }, { "0", "408020" }, { "1", "408120" }, { "63", "40bf20" }, { "64", "40c04020" },
		{ "127", "40c07f20" }, { "128", "40c08020" }, { "8191", "40dfff20" }, { "8192", "40e0200020" },
		{ "1048576", "40f010000020" }, { "134217727", "40f7ffffff20" }, { "17179869184", "40fc040000000020" },
		{ "2199023255551", "40fdffffffffff20" }, { "2199023255552", "40fe02000000000020" },
		{ "281474976710655", "40feffffffffffff20" }, { "281474976710656", "40ff000100000000000020" },
		{ "72057594037927936", "40ff01010000000000000020" }, { "18446744073709551616", "40ff0201000000000000000020" },
		{ "170141183460469231731687303715884105727", "40ff097fffffffffffffffffffffffffffffff20" },
		{ "170141183460469231731687303715884105728", "40ff098000000000000000000000000000000020" },
	};
	struct cq_partitioner p = named("RandomPartitioner", NULL);
	struct cq_buf b = {0}, before = {0}, bytes = {0};
	struct cq_token t, last = {0};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		assert_int_equal(cq_token_parse(&p, all[i].token, &bytes, &t, NULL), CQ_OK);
		cq_buf_clear(&b);
		cq_token_print(&p, &t, &b);
		assert_string_equal(cq_buf_cstr(&b), all[i].token);
		cq_buf_clear(&b);
		assert_int_equal(cq_token_comparable(&p, &t, 0x20, &b, NULL), CQ_OK);
		assert_hex(&b, all[i].form);
		if (i) {
			assert_true(cq_token_compare(&p, &last, &t) < 0);
			assert_true(cq_token_compare(&p, &t, &last) > 0);
			assert_true(cq_slice_cmp(cq_buf_bytes(&before), cq_buf_bytes(&b)) < 0);
		}
		cq_buf_clear(&before);
		cq_buf_slice(&before, cq_buf_bytes(&b));
		last = t;
	}
	cq_buf_finish(&b);
	cq_buf_finish(&before);
	cq_buf_finish(&bytes);
}

static void byte_ordered_tokens_are_the_key(void **state)
{
	struct cq_partitioner p = named("ByteOrderedPartitioner", NULL);
	struct cq_token a = token_of(&p, "a", 1), ab = token_of(&p, "ab", 2), high = token_of(&p, "\xff", 1);

	(void)state;
	assert_key(&p, "0", 1, "30", "40300040300038");
	assert_key(&p, "a\0", 2, "6100", "406100fe406100fe38");
	assert_true(cq_token_compare(&p, &a, &ab) < 0);
	assert_true(cq_token_compare(&p, &high, &ab) > 0);
}

static void order_preserving_tokens_are_text_in_the_order_of_java(void **state)
{
	struct cq_partitioner p = named("OrderPreservingPartitioner", NULL);
	/* U+FFFD is ef bf bd, one unit fffd; U+10000 is f0 90 80 80, units d800 dc00. */
	struct cq_token bmp = token_of(&p, "\xef\xbf\xbd", 3), astral = token_of(&p, "\xf0\x90\x80\x80", 4);
	/* Not UTF-8: the text is "ff", which stands between "fe" and "fg". */
	struct cq_token bad = token_of(&p, "\xff", 1), fe = token_of(&p, "fe", 2), fg = token_of(&p, "fg", 2);
	struct cq_token surrogate = token_of(&p, "\xed\xa0\x80", 3), eda = token_of(&p, "eda080", 6);

	(void)state;
	assert_key(&p, "abc", 3, "abc", "4061626300406162630038");
	assert_true(cq_token_compare(&p, &astral, &bmp) < 0);
	assert_true(cq_token_compare(&p, &fe, &bad) < 0);
	assert_true(cq_token_compare(&p, &bad, &fg) < 0);
	assert_int_equal(cq_token_compare(&p, &surrogate, &eda), 0);
	assert_true(cq_key_compare(&p, &surrogate, surrogate.key, &eda, eda.key) > 0);
	assert_key(&p, "\xff", 1, "ff", "4066660040ff0038");
}

static void local_tokens_have_the_order_of_the_key_type(void **state)
{
	struct cq_partitioner p = named("LocalPartitioner", cq_type_simple(CQ_T_INT));
	struct cq_token minus = token_of(&p, "\xff\xff\xff\xff", 4), one = token_of(&p, "\0\0\0\1", 4);
	struct cq_buf b = {0};
	struct cq_token empty = token_of(&p, "", 0);

	(void)state;
	assert_key(&p, "\0\0\0\1", 4, "1", "40800000014000fefeff010038");
	assert_key(&p, "\xff\xff\xff\xff", 4, "-1", "407fffffff40ffffffff0038");
	assert_true(cq_token_compare(&p, &minus, &one) < 0);
	/* An empty int has no form: the null mark stands for it. */
	assert_int_equal(cq_key_comparable(&p, &empty, empty.key, 0x38, &b, NULL), CQ_OK);
	assert_hex(&b, "3e400038");
	cq_buf_finish(&b);
}

static void a_local_key_that_is_no_value_is_damage_and_appends_nothing(void **state)
{
	struct cq_partitioner p = named("LocalPartitioner", cq_type_simple(CQ_T_INT));
	struct cq_token t = token_of(&p, "abc", 3);
	struct cq_buf b = {0};

	(void)state;
	cq_buf_str(&b, "x");
	assert_int_equal(cq_key_comparable(&p, &t, t.key, 0x38, &b, NULL), CQ_DAMAGED);
	assert_string_equal(cq_buf_cstr(&b), "x");
	cq_buf_finish(&b);
}

static void bounds_of_a_token_enclose_all_its_keys(void **state)
{
	struct cq_partitioner p = named("Murmur3Partitioner", NULL);
	struct cq_token t = token_of(&p, "0", 1);
	struct cq_buf before = {0}, key = {0}, after = {0};

	(void)state;
	assert_int_equal(cq_token_comparable(&p, &t, 0x20, &before, NULL), CQ_OK);
	assert_int_equal(cq_key_comparable(&p, &t, t.key, 0x38, &key, NULL), CQ_OK);
	assert_int_equal(cq_token_comparable(&p, &t, 0x60, &after, NULL), CQ_OK);
	assert_hex(&before, "40aac9debed546a38020");
	assert_hex(&after, "40aac9debed546a38060");
	assert_true(cq_slice_cmp(cq_buf_bytes(&before), cq_buf_bytes(&key)) < 0);
	assert_true(cq_slice_cmp(cq_buf_bytes(&key), cq_buf_bytes(&after)) < 0);
	cq_buf_finish(&before);
	cq_buf_finish(&key);
	cq_buf_finish(&after);
}

static void what_is_not_a_token_is_the_callers_mistake(void **state)
{
	static const struct {
		const char *partitioner, *text;
	} bad[] = {
		{ "Murmur3Partitioner", "" }, { "Murmur3Partitioner", "-" }, { "Murmur3Partitioner", "12x" },
		{ "Murmur3Partitioner", "9223372036854775808" }, { "Murmur3Partitioner", "-9223372036854775809" },
		{ "Murmur3Partitioner", "--1" }, { "Murmur3Partitioner", "340282366920938463463374607431768211457" },
		{ "RandomPartitioner", "-2" }, { "RandomPartitioner", "170141183460469231731687303715884105729" },
		{ "RandomPartitioner", "340282366920938463463374607431768211455" }, { "RandomPartitioner", "0x10" },
		{ "RandomPartitioner", "-18446744073709551617" },
		{ "ByteOrderedPartitioner", "abc" }, { "ByteOrderedPartitioner", "zz" },
	};
	struct cq_buf bytes = {0};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		struct cq_partitioner p = named(bad[i].partitioner, NULL);
		struct cq_token t;
		struct cq_error err = {0};

		if (cq_token_parse(&p, bad[i].text, &bytes, &t, &err) != CQ_EUSAGE)
			fail_msg("%s took \"%s\"", bad[i].partitioner, bad[i].text);
		assert_int_equal(err.code, CQ_EUSAGE);
	}
	cq_buf_finish(&bytes);
}

static void order_of_tokens_keys_and_forms_agree(void **state)
{
	static const char *const partitioners[] = { "Murmur3Partitioner", "RandomPartitioner", "ByteOrderedPartitioner" };
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(partitioners); i++) {
		struct cq_partitioner p = named(partitioners[i], NULL);

		for (int round = 0; round < 5000; round++) {
			uint8_t key[2][8];
			size_t len[2];
			struct cq_token t[2];
			struct cq_buf form[2] = { {0}, {0} };
			int want, found;

			for (int k = 0; k < 2; k++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				len[k] = seed >> 60 & 7;
				for (size_t b = 0; b < len[k]; b++)        /* few values, so that prefixes and zeros are common */
					key[k][b] = "\0\0\1\xff"[seed >> (20 + 2 * b) & 3];
				t[k] = token_of(&p, key[k], len[k]);
				assert_int_equal(cq_key_comparable(&p, &t[k], t[k].key, 0x38, &form[k], NULL), CQ_OK);
			}
			want = cq_key_compare(&p, &t[0], t[0].key, &t[1], t[1].key);
			found = cq_slice_cmp(cq_buf_bytes(&form[0]), cq_buf_bytes(&form[1]));
			assert_int_equal((want > 0) - (want < 0), (found > 0) - (found < 0));
			cq_buf_finish(&form[0]);
			cq_buf_finish(&form[1]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_known_with_and_without_their_package),
		cmocka_unit_test(murmur3_tokens_and_forms),
		cmocka_unit_test(random_tokens_and_forms),
		cmocka_unit_test(random_tokens_of_every_length_have_their_varint_form),
		cmocka_unit_test(byte_ordered_tokens_are_the_key),
		cmocka_unit_test(order_preserving_tokens_are_text_in_the_order_of_java),
		cmocka_unit_test(local_tokens_have_the_order_of_the_key_type),
		cmocka_unit_test(a_local_key_that_is_no_value_is_damage_and_appends_nothing),
		cmocka_unit_test(bounds_of_a_token_enclose_all_its_keys),
		cmocka_unit_test(what_is_not_a_token_is_the_callers_mistake),
		cmocka_unit_test(order_of_tokens_keys_and_forms_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

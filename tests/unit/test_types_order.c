/* Order and byte-comparable forms: cq_value_compare, cq_value_comparable. */
#include "test_types_util.h"

/* form NULL: the value has none of its own. */
static const struct { const char *type, *hex, *form; } forms[] = {
	{ "Int32Type", "00000001", "80000001" },
	{ "Int32Type", "ffffffff", "7fffffff" },
	{ "Int32Type", "00000000", "80000000" },
	{ "Int32Type", "80000000", "00000000" },
	{ "Int32Type", "7fffffff", "ffffffff" },
	{ "ShortType", "ffff", "7fff" },
	{ "ByteType", "00", "80" },
	{ "ByteType", "fe", "7e" },
	{ "TimestampType", "0000018bcfe56800", "8000018bcfe56800" },
	{ "TimestampType", "ffffffffffffffff", "7fffffffffffffff" },
	{ "SimpleDateType", "80000000", "80000000" },
	{ "SimpleDateType", "80004cdb", "80004cdb" },
	{ "TimeType", "000029324bfd6000", "000029324bfd6000" },
	{ "BooleanType", "01", "01" },
	{ "BooleanType", "00", "00" },
	{ "BooleanType", "7f", "01" },
	{ "Int32Type", "", NULL },
	{ "LongType", "0000000000000000", "80" },
	{ "LongType", "0000000000000001", "81" },
	{ "LongType", "ffffffffffffffff", "7f" },
	{ "LongType", "000000000000003f", "bf" },
	{ "LongType", "0000000000000040", "c040" },
	{ "LongType", "ffffffffffffffc0", "40" },
	{ "LongType", "ffffffffffffffbf", "3fbf" },
	{ "LongType", "0000000000001fff", "dfff" },
	{ "LongType", "0000000000002000", "e02000" },
	{ "LongType", "ffffffffffffdfff", "1fdfff" },
	{ "LongType", "000000007fffffff", "f87fffffff" },
	{ "LongType", "0001000000000000", "ff01000000000000" },
	{ "LongType", "007fffffffffffff", "ff7fffffffffffff" },
	{ "LongType", "0080000000000000", "ff8080000000000000" },
	{ "LongType", "ff80000000000000", "0080000000000000" },
	{ "LongType", "ff7fffffffffffff", "007f7fffffffffffff" },
	{ "LongType", "7fffffffffffffff", "ffffffffffffffffff" },
	{ "LongType", "8000000000000000", "000000000000000000" },
	{ "IntegerType", "00", "80" },
	{ "IntegerType", "01", "81" },
	{ "IntegerType", "ff", "7f" },
	{ "IntegerType", "00ff", "c0ff" },
	{ "IntegerType", "ff00", "3f00" },
	{ "IntegerType", "010000", "e10000" },
	{ "IntegerType", "ff00000000", "0700000000" },
	{ "IntegerType", "7fffffffffff", "fe7fffffffffff" },
	{ "IntegerType", "00800000000000", "fe800000000000" },
	{ "IntegerType", "00ffffffffffff", "feffffffffffff" },
	{ "IntegerType", "ff000000000000", "01000000000000" },
	{ "IntegerType", "01000000000000", "ff0001000000000000" },
	{ "IntegerType", "feffffffffffff", "00fffeffffffffffff" },
	{ "IntegerType", "00ffffffffffffff", "ff00ffffffffffffff" },
	{ "IntegerType", "ff00000000000000", "00ff00000000000000" },
	{ "IntegerType", "0100000000000000", "ff010100000000000000" },
	{ "IntegerType", "01000000000000000000000000000000", "ff0901000000000000000000000000000000" },
	{ "IntegerType", "ff000000000000000000000000000000", "00f7000000000000000000000000000000" },
	{ "IntegerType", "0001", "81" },
	{ "FloatType", "3f800000", "bf800000" },
	{ "FloatType", "bf800000", "407fffff" },
	{ "FloatType", "00000000", "80000000" },
	{ "FloatType", "80000000", "7fffffff" },
	{ "FloatType", "ff800000", "007fffff" },
	{ "DoubleType", "3ff0000000000000", "bff0000000000000" },
	{ "DoubleType", "c004000000000000", "3ffbffffffffffff" },
	{ "DoubleType", "7ff8000000000000", "fff8000000000000" },
	{ "DecimalType", "0000000200", "80" },
	{ "DecimalType", "000000010b", "c101818a00" },
	{ "DecimalType", "0000000001", "c1018100" },
	{ "DecimalType", "000000010a", "c1018100" },
	{ "DecimalType", "000000000a", "c1018a00" },
	{ "DecimalType", "0000000064", "c1028100" },
	{ "DecimalType", "0000000201", "c08100" },
	{ "DecimalType", "00000002ff", "407f00" },
	{ "DecimalType", "00000000ff", "3fff7f00" },
	{ "DecimalType", "00000001f5", "3fff7eda00" },
	{ "DecimalType", "00000001fc23", "3fff1d8a00" },
	{ "DecimalType", "000000009d", "3fff1d00" },
	{ "DecimalType", "00000001fc19", "3fff1c8a00" },
	{ "DecimalType", "0000000301e240", "c1028197adbc00" },
	{ "DecimalType", "00000003fe1dc0", "3ffe7eccb6a800" },
	{ "DecimalType", "fffff83151", "c203e9888a00" },
	{ "DecimalType", "000007d151", "befc19888a00" },
	{ "DecimalType", "fffff831af", "3efc1777da00" },
	{ "DecimalType", "000007d1af", "4203e777da00" },
	{ "UUIDType", "cc520882950744fb8fc9b349ecdee658", "4cc52088295074fb8fc9b349ecdee658" },
	{ "UUIDType", "2a92d750d8dc11e6a2decf8ecd4cf053", "11e6d8dc2a92d750a2decf8ecd4cf053" },
	{ "TimeUUIDType", "2a92d750d8dc11e6a2decf8ecd4cf053", "11e6d8dc2a92d750225e4f0e4dcc70d3" },
	{ "UTF8Type", "6162", "616200" },
	{ "UTF8Type", "", "00" },
	{ "BytesType", "2200", "2200fe" },
	{ "BytesType", "22000033", "2200feff3300" },
	{ "BytesType", "220011", "2200ff1100" },
	{ "BytesType", "00", "00fe" },
	{ "BytesType", "0000", "00fefe" },
	{ "BytesType", "00ff", "00ffff00" },
	{ "BytesType", "22000000", "2200fefefe" },
	{ "InetAddressType", "7f000001", "7f00feff0100" },
	{ "InetAddressType", "0a000000", "0a00fefefe" },
	{ "InetAddressType", "00000000000000000000000000000001", "00fefefefefefefefefefefefefefeff0100" },
	{ "FrozenType(ListType(Int32Type))", "0000000200000004000000010000000400000002", "4080000001408000000238" },
	{ "FrozenType(ListType(Int32Type))", "00000000", "38" },
	{ "FrozenType(SetType(UTF8Type))", "0000000200000001610000000162", "40610040620038" },
	{ "FrozenType(MapType(Int32Type,UTF8Type))", "0000000100000004000000010000000161", "408000000140610038" },
	{ "FrozenType(ListType(Int32Type))", "00000002000000040000000100000000", "40800000013e38" },
	{ "TupleType(Int32Type,UTF8Type)", "00000004000000010000000161", "408000000140610038" },
	{ "TupleType(Int32Type,UTF8Type)", "0000000400000001ffffffff", "408000000138" },
	{ "TupleType(Int32Type,UTF8Type)", "0000000400000001", "408000000138" },
	{ "TupleType(Int32Type,UTF8Type)", "ffffffff0000000161", "3e40610038" },
	{ "TupleType(Int32Type,UTF8Type)", "ffffffffffffffff", "38" },
	{ "TupleType(Int32Type,UTF8Type)", "000000000000000161", "3e40610038" },
	{ "TupleType(Int32Type,TupleType(Int32Type,Int32Type))", "00000004000000010000001000000004000000020000000400000003", "408000000140408000000240800000033838" },
	{ "VectorType(FloatType , 2)", "3f800000bf800000", "40bf80000040407fffff38" },
	{ "VectorType(VectorType(FloatType , 1) , 2)", "3f80000040000000", "4040bf800000384040c00000003838" },
	{ "VectorType(UTF8Type , 2)", "0161026263", "4061004062630038" },
	{ "ReversedType(Int32Type)", "00000001", "7ffffffe" },
	{ "ReversedType(UTF8Type)", "6162", "9e9dff" },
	{ "ReversedType(UTF8Type)", "", "ff" },
	{ "ReversedType(LongType)", "ffffffffffffffff", "80" },
	{ "ReversedType(FrozenType(ListType(Int32Type)))", "000000010000000400000001", "bf7ffffffec7" },
	{ "ReversedType(Int32Type)", "", NULL },
	/* and what no table of CQL holds */
	{ "LexicalUUIDType", "8000000000000000ff00000000000000", "00000000000000007f00000000000000" },
	{ "DateType", "ffffffffffffffff", "ffffffffffffffff" },
	{ "EmptyType", "", NULL },
	{ "ReversedType(EmptyType)", "", NULL },
	{ "UTF8Type", "", "00" },
	{ "FrozenType(ListType(Int32Type))", "", NULL },
	{ "CompositeType(UTF8Type,Int32Type)", "00016100 00040000000100", "40 406100 4080 4080000001 4080 38" },
	{ "CompositeType(UTF8Type,Int32Type)", "ffff 000161ff", "3e 406100 407f 38" },
	{ "CompositeType(UTF8Type,Int32Type)", "00016101", "40 406100 4081 38" },
	{ "CompositeType(Int32Type)", "0000 00", "40 3e 4080 38" },
	{ "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)", "00000001", "40478499982ae4e0cf4000fefeff010038" },
	{ "DynamicCompositeType(a=>UTF8Type)", "8061 0000 00",
		"40 40 555446385479706500 40 6f72672e6170616368652e63617373616e6472612e64622e6d61727368616c2e555446385479706500 40 00 4080 38" },
	{ "DecimalType", "7fffffff 01", "bcc00000018a00" },
	{ "DecimalType", "80000000 01", "c4400000018100" },
};

static void values_have_the_form_that_cassandra_gives_them(void **state)
{
	struct cq_buf b = { 0 }, hex = { 0 };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(forms); i++) {
		cq_slice v = bytes_of(forms[i].hex), want = bytes_of(forms[i].form ? forms[i].form : "");
		struct cq_error err = { 0 };
		bool none;

		cq_buf_clear(&b);
		if (cq_value_comparable(type_of(forms[i].type), v, &b, &none, &err) != CQ_OK)
			fail_msg("%s %s: %s", forms[i].type, forms[i].hex, err.msg);
		if (none != !forms[i].form || !cq_slice_eq(cq_buf_bytes(&b), want))
			fail_msg("%s %s: %s, not %s", forms[i].type, forms[i].hex, hex_of(cq_buf_bytes(&b), &hex), forms[i].form ? forms[i].form : "none");
		release(v);
		release(want);
	}
	cq_buf_finish(&b);
	cq_buf_finish(&hex);
}

static void what_is_no_value_has_no_form(void **state)
{
	static const struct { const char *type, *hex; } bad[] = {
		{ "Int32Type", "00" }, { "DecimalType", "00000000" }, { "DecimalType", "000000" }, { "TimeUUIDType", "123e4567e89b42d3a456426614174000" },
		{ "UUIDType", "00" }, { "InetAddressType", "0000" }, { "CounterColumnType", "0000" }, { "FrozenType(ListType(Int32Type))", "00000001" },
		{ "TupleType(Int32Type)", "0000000100" }, { "VectorType(FloatType , 2)", "00000000" }, { "CompositeType(UTF8Type)", "000161" },
		{ "ReversedType(TupleType(Int32Type))", "00000004000000010000" }, { "DynamicCompositeType(a=>UTF8Type)", "000149 0000 00" },
	};
	struct cq_buf b = { 0 };
	bool none;

	(void)state;
	cq_buf_str(&b, "before");
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		cq_slice v = bytes_of(bad[i].hex);

		if (cq_value_comparable(type_of(bad[i].type), v, &b, &none, NULL) != CQ_DAMAGED)
			fail_msg("%s %s has one", bad[i].type, bad[i].hex);
		assert_string_equal(cq_buf_cstr(&b), "before");
		release(v);
	}
	cq_buf_finish(&b);
}

/* Each line is in order, separated by '<' or '='. */
static const struct { const char *type, *line; } lines[] = {
	{ "Int32Type", " < 80000000 < ffffffff < 00000000 < 7fffffff" },
	{ "ReversedType(Int32Type)", "7fffffff < 00000000 < ffffffff < 80000000 < " },
	{ "ByteType", "80 < ff < 00 < 7f" }, { "ShortType", "8000 < ffff < 0000 < 00ff < 7fff" },
	{ "LongType", " < 8000000000000000 < ffffffffffffffff < 0000000000000000 < 7fffffffffffffff" },
	{ "TimestampType", "ffffffffffffffff < 0000000000000000" }, { "DateType", "0000000000000000 < ffffffffffffffff" },
	{ "UTF8Type", " < 61 < 6100 < 7a < c3a9" }, { "InetAddressType", "00000000000000000000000000000001 < 7f000001" },
	{ "SimpleDateType", "7fffffff < 80000000" }, { "BooleanType", " < 00 < 01 = 02" },
	{ "IntegerType", " < ff00 < ff7f < 80 = ffffff80 < ff < 00 = 0000 < 01 = 00000001 < 7f < 0080 < 00ff < 0100" },
	{ "DecimalType", " < 0000000088 < 00000001ff < 0000000000 = 8000000000 = 7fffffff00 < 7fffffff01 < 0000000001 = 000000010a = 0000000264"
		" < 000000010b < 000000000b < 8000000001" },
	{ "DecimalType", "80000000ff < 00000000ff < 7fffffffff < 0000000000" },
	{ "DecimalType", "00000014 13426172c74d822b878fe800000000 = fffffff8 00989680 = fffffff1 01 < fffffff1 02" },
	{ "FloatType", " < ff800000 < bf800000 < 80000000 < 00000000 < 00000001 < 7f800000 < 7fc00000 = ffc00001" },
	{ "DoubleType", " < fff0000000000000 < 8000000000000000 < 0000000000000000 < 7ff0000000000000 < 7ff8000000000000 = fff8000000000001" },
	{ "UUIDType", " < 123e4567e89b12d3a456426614174000 < 023e4567e89b42d3a456426614174000 < 023e4567e89b42d3ff56426614174000" },
	{ "TimeUUIDType", " < 000000000000100080000000000000ff < 00000000000010008000000000000001 < 00000000000010007f00000000000000"
		" < ffffffff000010008000000000000000 < 00000000000110008000000000000000" },
	{ "UUIDType", "00000000000010007f00000000000000 < 00000000000010008000000000000000" },
	{ "LexicalUUIDType", "80000000000000000000000000000000 < 7fffffffffffffff8000000000000000 < 7fffffffffffffff0000000000000000" },
	{ "FrozenType(ListType(Int32Type))", " < 00000000 < 00000002 00000004 00000001 00000004 00000001 < 00000001 00000004 0000000a" },
	{ "FrozenType(ListType(Int32Type))", "00000001 00000004 00000001 < 00000002 00000004 00000001 00000004 00000001" },
	{ "FrozenType(MapType(Int32Type,Int32Type))",
		"00000001 00000004 00000001 00000004 000000ff < 00000001 00000004 00000002 00000004 00000000" },
	{ "TupleType(Int32Type,Int32Type)", " < ffffffff = ffffffff ffffffff < 00000004 00000001 = 00000004 00000001 ffffffff < 00000004 00000001 00000004 80000000" },
	{ "VectorType(FloatType , 1)", " < bf800000 < 3f800000" },
	{ "CompositeType(UTF8Type,Int32Type)", " < ffff 000162 00 < 000161 ff < 000161 00 < 000161 00 0004 00000001 00 < 000161 01 < 000162 00" },
	{ "DynamicCompositeType(a=>UTF8Type,b=>Int32Type)", " < 8062 0004 7fffffff 00 < 8061 0001 61 00 = 0008 5554463854797065 0001 61 00 < 8061 0001 62 00" },
	{ "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)", " < 80 < 00000001 < 00000000 < 30 < 31" },
	/* no values: somewhere, and always there */
	{ "FloatType", "00 < 00000000" }, { "UUIDType", "00 < 00000000000000000000000000000000" }, { "FrozenType(ListType(Int32Type))", "00 < 00000000" },
};

static const char *word(const char *line, char *out, char *sign)
{
	size_t n = strcspn(line, "<=");

	memcpy(out, line, n);
	out[n] = 0;
	*sign = line[n];
	return line[n] ? line + n + 1 : line + n;
}

static void values_are_ordered_as_in_cassandra(void **state)
{
	char text[2][400], sign, next;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(lines); i++) {
		const struct cq_type *t = type_of(lines[i].type);
		const char *at = word(lines[i].line, text[0], &sign);

		for (int k = 1; sign; k++) {
			char *one = text[(k - 1) % 2], *two = text[k % 2];
			int want = sign == '<' ? -1 : 0, c, back;
			cq_slice a, b;

			at = word(at, two, &next);
			a = bytes_of(one);
			b = bytes_of(two);
			c = cq_value_compare(t, a, b);
			back = cq_value_compare(t, b, a);
			if ((c > 0) - (c < 0) != want || (back > 0) - (back < 0) != -want)
				fail_msg("%s: %s against %s is %d, back %d", lines[i].type, one, two, c, back);
			assert_int_equal(cq_value_compare(t, a, a), 0);
			release(a);
			release(b);
			sign = next;
		}
	}
}

/* 127 * 10^2147483648 against 10^-2147483647: neither must ever be written out. */
static void decimals_of_far_scales_are_compared_at_once(void **state)
{
	cq_slice huge = bytes_of("80000000 7f"), tiny = bytes_of("7fffffff 01"), minus = bytes_of("80000000 81");
	const struct cq_type *t = type_of("DecimalType");
	struct cq_buf b = { 0 };
	bool none;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		assert_true(cq_value_compare(t, huge, tiny) > 0);
		assert_true(cq_value_compare(t, minus, tiny) < 0);
		cq_buf_clear(&b);
		assert_int_equal(cq_value_comparable(t, huge, &b, &none, NULL), CQ_OK);
		assert_true(b.len < 16);
	}
	release(huge);
	release(tiny);
	release(minus);
	cq_buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_the_form_that_cassandra_gives_them),
		cmocka_unit_test(what_is_no_value_has_no_form),
		cmocka_unit_test(values_are_ordered_as_in_cassandra),
		cmocka_unit_test(decimals_of_far_scales_are_compared_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, end_of_group);
}

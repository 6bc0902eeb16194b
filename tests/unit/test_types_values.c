/* Values as JSON, CQL literals and text, and back: cq_value_json, _cql, _text, _parse, _check. */
#include "test_types_util.h"

#define ADDR "FrozenType(UserType(ks,61646472,737472656574:UTF8Type,4e756d:Int32Type))"

/* NULL: printing it is damage. A text starting with \1 is not parsed back to the same bytes. */
static const struct row { const char *type, *hex, *json, *cql, *text; } rows[] = {
	{ "AsciiType", "612762", "\"a'b\"", "'a''b'", "a'b" },
	{ "UTF8Type", "c3a9e282acf09f9880", "\"é€😀\"", "'é€😀'", "é€😀" },
	{ "UTF8Type", "09225c0a1f7f", "\"\\t\\\"\\\\\\n\\u001F\x7f\"", "'\t\"\\\n\x1f\x7f'", "\t\"\\\n\x1f\x7f" },
	{ "UTF8Type", "08 0c 0d 00 1a", "\"\\b\\f\\r\\u0000\\u001A\"", NULL, NULL },
	{ "UTF8Type", "", "\"\"", "''", "" },
	{ "BytesType", "cafe", "\"0xcafe\"", "0xcafe", "cafe" },
	{ "BytesType", "", "\"0x\"", "0x", "" },
	{ "org.example.Odd", "cafe", "\"0xcafe\"", "0xcafe", "cafe" },
	{ "BooleanType", "01", "true", "true", "true" },
	{ "BooleanType", "00", "false", "false", "false" },
	{ "BooleanType", "02", "true", "true", "\1true" },
	{ "BooleanType", "", "\"\"", "null", "\1" },
	{ "ByteType", "80", "-128", "-128", "-128" },
	{ "ByteType", "", "\"\"", "null", "" },
	{ "ShortType", "fffe", "-2", "-2", "-2" },
	{ "Int32Type", "ffffffff", "-1", "-1", "-1" },
	{ "Int32Type", "80000000", "-2147483648", "-2147483648", "-2147483648" },
	{ "Int32Type", "", "\"\"", "null", "" },
	{ "LongType", "7fffffffffffffff", "9223372036854775807", "9223372036854775807", "9223372036854775807" },
	{ "LongType", "8000000000000000", "-9223372036854775808", "-9223372036854775808", "-9223372036854775808" },
	{ "IntegerType", "00", "0", "0", "0" },
	{ "IntegerType", "ff", "-1", "-1", "-1" },
	{ "IntegerType", "7f", "127", "127", "127" },
	{ "IntegerType", "0080", "128", "128", "128" },
	{ "IntegerType", "80", "-128", "-128", "-128" },
	{ "IntegerType", "ff7f", "-129", "-129", "-129" },
	{ "IntegerType", "0100", "256", "256", "256" },
	{ "IntegerType", "000000ff", "255", "255", "\1" "255" },
	{ "IntegerType", "018ee90ff6c373e0ee4e3f0ad2", "123456789012345678901234567890", "123456789012345678901234567890",
		"123456789012345678901234567890" },
	{ "IntegerType", "80000000000000000000000000000000", "-170141183460469231731687303715884105728",
		"-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728" },
	{ "IntegerType", "0100000000000000000000000000000000", "340282366920938463463374607431768211456",
		"340282366920938463463374607431768211456", "340282366920938463463374607431768211456" },
	{ "IntegerType", "ff0000000000000000000000000000000000", "-87112285931760246646623899502532662132736",
		"-87112285931760246646623899502532662132736", "-87112285931760246646623899502532662132736" },
	{ "IntegerType", "", "\"\"", "null", "" },
	{ "DecimalType", "00000000 00", "0", "0", "0" },
	{ "DecimalType", "00000001 0a", "1.0", "1.0", "1.0" },
	{ "DecimalType", "00000002 88", "-1.20", "-1.20", "-1.20" },
	{ "DecimalType", "fffffff6 01", "1E+10", "1E+10", "1E+10" },
	{ "DecimalType", "00000008 01", "1E-8", "1E-8", "1E-8" },
	{ "DecimalType", "00000007 ff", "-1E-7", "-1E-7", "-1E-7" },
	{ "DecimalType", "00000006 01", "0.000001", "0.000001", "0.000001" },
	{ "DecimalType", "00000003 01", "0.001", "0.001", "0.001" },
	{ "DecimalType", "00000009 01b69b4bacd05f15", "123456789.123456789", "123456789.123456789", "123456789.123456789" },
	{ "DecimalType", "7fffffff 01", "1E-2147483647", "1E-2147483647", "1E-2147483647" },
	{ "DecimalType", "80000000 0c", "1.2E+2147483649", "1.2E+2147483649", "1.2E+2147483649" },
	{ "DecimalType", "00000005 00", "0.00000", "0.00000", "0.00000" },
	{ "DecimalType", "00000008 00", "0E-8", "0E-8", "0E-8" },
	{ "DecimalType", "00000003", NULL, NULL, NULL },
	{ "FloatType", "3f800000", "1.0", "1.0", "1.0" },
	{ "FloatType", "80000000", "-0.0", "-0.0", "-0.0" },
	{ "FloatType", "501502f9", "1.0E10", "1.0E10", "1.0E10" },
	{ "FloatType", "4b800000", "1.6777216E7", "1.6777216E7", "1.6777216E7" },
	{ "FloatType", "00000001", "1.4E-45", "1.4E-45", "1.4E-45" },
	{ "FloatType", "38d1b717", "1.0E-4", "1.0E-4", "1.0E-4" },
	{ "FloatType", "3a83126f", "0.001", "0.001", "0.001" },
	{ "FloatType", "ce333a8b", "-7.5173958E8", "-7.5173958E8", "-7.5173958E8" },
	{ "FloatType", "7fc00000", "null", "NaN", "NaN" },
	{ "FloatType", "ffc00001", "null", "NaN", "\1NaN" },
	{ "FloatType", "7f800000", "null", "Infinity", "Infinity" },
	{ "FloatType", "ff800000", "null", "-Infinity", "-Infinity" },
	{ "DoubleType", "4059000000000000", "100.0", "100.0", "100.0" },
	{ "DoubleType", "412e848000000000", "1000000.0", "1000000.0", "1000000.0" },
	{ "DoubleType", "416312d000000000", "1.0E7", "1.0E7", "1.0E7" },
	{ "DoubleType", "3fb999999999999a", "0.1", "0.1", "0.1" },
	{ "DoubleType", "3ee4f8b588e368f1", "1.0E-5", "1.0E-5", "1.0E-5" },
	{ "DoubleType", "0000000000000001", "4.9E-324", "4.9E-324", "4.9E-324" },
	{ "DoubleType", "419d6f34547df3b6", "1.23456789123E8", "1.23456789123E8", "1.23456789123E8" },
	{ "DoubleType", "44c52d02c7e14af6", "1.9999999999999998E23", "1.9999999999999998E23", "1.9999999999999998E23" },
	{ "DoubleType", "fff0000000000000", "null", "-Infinity", "-Infinity" },
	{ "SimpleDateType", "80000000", "\"1970-01-01\"", "'1970-01-01'", "1970-01-01" },
	{ "SimpleDateType", "80004d46", "\"2024-02-29\"", "'2024-02-29'", "2024-02-29" },
	{ "SimpleDateType", "7fffffff", "\"1969-12-31\"", "'1969-12-31'", "1969-12-31" },
	{ "SimpleDateType", "00000000", "\"-5877641-06-23\"", "'-5877641-06-23'", "-5877641-06-23" },
	{ "SimpleDateType", "ffffffff", "\"+5881580-07-11\"", "'+5881580-07-11'", "+5881580-07-11" },
	{ "SimpleDateType", "802cc0a1", "\"+10000-01-01\"", "'+10000-01-01'", "+10000-01-01" },
	{ "SimpleDateType", "7ff50558", "\"0000-01-01\"", "'0000-01-01'", "0000-01-01" },
	{ "SimpleDateType", "", "\"\"", "null", "" },
	{ "TimeType", "00001ae5c31f8915", "\"08:12:54.123456789\"", "'08:12:54.123456789'", "08:12:54.123456789" },
	{ "TimeType", "000000003b9aca00", "\"00:00:01.000000000\"", "'00:00:01.000000000'", "00:00:01.000000000" },
	{ "TimeType", "00004e94914f0000", NULL, NULL, NULL },
	{ "TimeType", "ffffffffffffffff", NULL, NULL, NULL },
	{ "TimeType", "", "\"null\"", "null", "" },
	{ "TimestampType", "0000018df4dc5495", "\"2024-02-29 12:34:56.789Z\"", "'2024-02-29T12:34:56.789Z'", "2024-02-29T12:34:56.789Z" },
	{ "TimestampType", "ffffffffffffffff", "\"1969-12-31 23:59:59.999Z\"", "'1969-12-31T23:59:59.999Z'", "1969-12-31T23:59:59.999Z" },
	{ "TimestampType", "0000e677d21fdc00", "\"+10000-01-01 00:00:00.000Z\"", "'+10000-01-01T00:00:00.000Z'", "+10000-01-01T00:00:00.000Z" },
	{ "TimestampType", "ffffc77590fb9fff", "\"0002-12-31 23:59:59.999Z\"", "'0002-12-31T23:59:59.999Z'", "\1""0002-12-31T23:59:59.999Z" },
	{ "TimestampType", "7fffffffffffffff", "\"+292278994-08-17 07:12:55.807Z\"", "'+292278994-08-17T07:12:55.807Z'", NULL },
	{ "TimestampType", "8000000000000000", "\"+292275056-05-16 16:47:04.192Z\"", "'+292275056-05-16T16:47:04.192Z'", NULL },
	{ "DateType", "0000018df4dc5495", "\"2024-02-29 12:34:56.789Z\"", "'2024-02-29T12:34:56.789Z'", "2024-02-29T12:34:56.789Z" },
	{ "UUIDType", "123e4567e89b42d3a456426614174000", "\"123e4567-e89b-42d3-a456-426614174000\"",
		"123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-42d3-a456-426614174000" },
	{ "TimeUUIDType", "50554d6e29bb11e5b345feff819cdc9f", "\"50554d6e-29bb-11e5-b345-feff819cdc9f\"",
		"50554d6e-29bb-11e5-b345-feff819cdc9f", "50554d6e-29bb-11e5-b345-feff819cdc9f" },
	{ "LexicalUUIDType", "123e4567e89b42d3a456426614174000", "\"123e4567-e89b-42d3-a456-426614174000\"",
		"0x123e4567e89b42d3a456426614174000", "123e4567-e89b-42d3-a456-426614174000" },
	{ "InetAddressType", "7f000001", "\"127.0.0.1\"", "'127.0.0.1'", "127.0.0.1" },
	{ "InetAddressType", "00000000000000000000000000000001", "\"0:0:0:0:0:0:0:1\"", "'0:0:0:0:0:0:0:1'", "0:0:0:0:0:0:0:1" },
	{ "InetAddressType", "20010db8000000000000ff0000428329", "\"2001:db8:0:0:0:ff00:42:8329\"", "'2001:db8:0:0:0:ff00:42:8329'",
		"2001:db8:0:0:0:ff00:42:8329" },
	{ "InetAddressType", "00000000000000000000ffff01020304", "\"1.2.3.4\"", "'1.2.3.4'", "\1""1.2.3.4" },
	{ "DurationType", "1c 32 fc2168cdf9d664", "\"1y2mo25d5h6m7s8ms9us10ns\"", "1y2mo25d5h6m7s8ms9us10ns", "1y2mo25d5h6m7s8ms9us10ns" },
	{ "DurationType", "00 00 fc068c61713fff", "\"-1h\"", "-1h", "-1h" },
	{ "DurationType", "18 00 00", "\"1y\"", "1y", "1y" },
	{ "DurationType", "0000fe024753fca5c000", "\"89h4m48s\"", "89h4m48s", "89h4m48s" },
	{ "DurationType", "000000", "\"\"", "", "\1" },
	{ "DurationType", "000200", "\"1d\"", "1d", "1d" },
	{ "DurationType", "020100", NULL, NULL, NULL },
	{ "DurationType", "f1ffffffff 00 00", NULL, NULL, NULL },
	{ "DurationType", "0000", NULL, NULL, NULL },
	{ "EmptyType", "", "\"\"", "null", "" },
	{ "FrozenType(ListType(Int32Type))", "00000003 00000004 00000001 00000004 00000002 00000004 00000003", "[1, 2, 3]", "[1, 2, 3]",
		"00000003000000040000000100000004000000020000000400000003" },
	{ "FrozenType(ListType(UTF8Type))", "00000002 00000001 61 00000003 622763", "[\"a\", \"b'c\"]", "['a', 'b''c']",
		"00000002000000016100000003622763" },
	{ "FrozenType(SetType(UTF8Type))", "00000002 00000001 61 00000001 62", "[\"a\", \"b\"]", "{'a', 'b'}", "0000000200000001610000000162" },
	{ "FrozenType(MapType(Int32Type,UTF8Type))", "00000002 00000004 00000001 00000001 61 00000004 00000002 00000001 62",
		"{\"1\": \"a\", \"2\": \"b\"}", "{1: 'a', 2: 'b'}", "000000020000000400000001000000016100000004000000020000000162" },
	{ "FrozenType(MapType(ListType(UTF8Type),Int32Type))", "00000001 00000009 00000001 00000001 78 00000004 00000001",
		"{\"[\\\"x\\\"]\": 1}", "{['x']: 1}", "00000001000000090000000100000001780000000400000001" },
	{ "FrozenType(MapType(MapType(UTF8Type,Int32Type),Int32Type))", "00000001 00000011 00000001 00000001 78 00000004 00000001 00000004 00000002",
		"{\"{\\\"x\\\": 1}\": 2}", "{{'x': 1}: 2}", "00000001000000110000000100000001780000000400000001" "0000000400000002" },
	{ "FrozenType(MapType(DoubleType,DoubleType))", "00000001 00000008 7ff8000000000000 00000008 7ff0000000000000", "{\"null\": null}",
		"{NaN: Infinity}", "00000001000000087ff8000000000000000000087ff0000000000000" },
	{ "FrozenType(ListType(Int32Type))", "00000000", "[]", "[]", "00000000" },
	{ "FrozenType(SetType(Int32Type))", "00000000", "[]", "{}", "00000000" },
	{ "FrozenType(MapType(Int32Type,Int32Type))", "00000000", "{}", "{}", "00000000" },
	{ "FrozenType(ListType(Int32Type))", "", NULL, NULL, "" },
	{ "FrozenType(ListType(Int32Type))", "00000001 ffffffff", "[null]", "[null]", "00000001ffffffff" },
	{ "TupleType(Int32Type,UTF8Type,DoubleType)", "00000004 00000001 00000001 61 00000008 3ff8000000000000", "[1, \"a\", 1.5]",
		"(1, 'a', 1.5)", "1:a:1.5" },
	{ "TupleType(Int32Type,UTF8Type,DoubleType)", "00000004 00000001 ffffffff 00000008 4000000000000000", "[1, null, 2.0]",
		"(1, null, 2.0)", "1:@:2.0" },
	{ "TupleType(Int32Type,UTF8Type)", "00000004 00000001", "[1, null]", "(1)", "1" },
	{ "TupleType(Int32Type,UTF8Type)", "", "[null, null]", "()", "" },
	{ "TupleType(UTF8Type,UTF8Type)", "00000003 613a62 00000003 634064", "[\"a:b\", \"c@d\"]", "('a:b', 'c@d')", "a\\:b:c\\@d" },
	{ ADDR, "00000001 73 00000004 00000003", "{\"street\": \"s\", \"\\\"Num\\\"\": 3}", "{street: 's', \"Num\": 3}", "s:3" },
	{ ADDR, "ffffffff 00000004 00000003", "{\"street\": null, \"\\\"Num\\\"\": 3}", "{street: null, \"Num\": 3}", "@:3" },
	{ ADDR, "00000001 73", "{\"street\": \"s\", \"\\\"Num\\\"\": null}", "{street: 's'}", "s" },
	{ "UserType(ks,61,c3a9:Int32Type,c389:Int32Type)", "", "{\"é\": null, \"\\\"É\\\"\": null}", "{}", "" },
	{ "VectorType(FloatType , 3)", "3f800000 40000000 40400000", "[1.0, 2.0, 3.0]", "[1.0, 2.0, 3.0]", "3f8000004000000040400000" },
	{ "VectorType(UTF8Type , 2)", "01 61 02 6263", "[\"a\", \"bc\"]", "['a', 'bc']", "0161026263" },
	{ "VectorType(ShortType , 2)", "02 0001 02 0002", "[1, 2]", "[1, 2]", "020001020002" },
	{ "VectorType(VectorType(Int32Type , 2) , 2)", "00000001 00000002 00000003 00000004", "[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]",
		"00000001000000020000000300000004" },
	{ "VectorType(FrozenType(ListType(Int32Type)) , 1)", "14 00000002 00000004 00000001 00000004 00000002", "[[1, 2]]", "[[1, 2]]",
		"140000000200000004000000010000000400000002" },
	{ "CompositeType(UTF8Type,Int32Type)", "0001 61 00 0004 00000001 00", "\"a:1\"", "0x000161000004" "0000000100", "a:1" },
	{ "CompositeType(UTF8Type,Int32Type)", "0001 61 00", "\"a\"", "0x00016100", "a" },
	{ "CompositeType(UTF8Type,Int32Type)", "0001 61 01", "\"a:!\"", "0x00016101", "a:!" },
	{ "CompositeType(UTF8Type,Int32Type)", "0001 61 ff", "\"a:_\"", "0x000161ff", "a:_" },
	{ "CompositeType(UTF8Type,UTF8Type)", "0003 613a62 00 0002 635c 00", "\"a\\\\:b:c\\\\!\"", NULL, "a\\:b:c\\!" },
	{ "CompositeType(UTF8Type,UTF8Type)", "0002 6121 00", "\"a!!\"", NULL, "a!!" },
	{ "DynamicCompositeType(a=>UTF8Type,b=>Int32Type)", "8061 0001 61 00 8062 0004 00000001 00", "\"a@a:b@1\"", NULL, "a@a:b@1" },
	{ "DynamicCompositeType(a=>UTF8Type)", "0009 496e74333254797065 0004 00000001 00", "\"Int32Type@1\"", NULL, "Int32Type@1" },
	{ "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)", "cafe", "\"cafe\"", "0xcafe", "cafe" },
	{ "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner:Int32Type)", "00000005", "5", "0x00000005", "00000005" },
	{ "CounterColumnType", "0001 8000 000102030405060708090a0b0c0d0e0f 0000000000000001 000000000000002a", "42", "42",
		"00018000000102030405060708090a0b0c0d0e0f0000000000000001000000000000002a" },
};

static void assert_printed(const char *what, const struct row *r, int rc, struct cq_buf *b, const char *want)
{
	if (want && rc != CQ_OK)
		fail_msg("%s %s: no %s", r->type, r->hex, what);
	if (want && strcmp(cq_buf_cstr(b), want) != 0)
		fail_msg("%s %s: %s is %s, not %s", r->type, r->hex, what, cq_buf_cstr(b), want);
	cq_buf_clear(b);
}

static void values_print_in_three_styles_and_are_read_back(void **state)
{
	struct cq_buf b = { 0 }, hex = { 0 };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++) {
		const struct row *r = &rows[i];
		const struct cq_type *t = type_of(r->type);
		cq_slice v = bytes_of(r->hex);
		bool back = r->text && r->text[0] != 1;
		const char *text = r->text && !back ? r->text + 1 : r->text;

		if (!r->json)
			assert_int_equal(cq_value_json(t, v, &b, 0, NULL), CQ_DAMAGED);
		else
			assert_printed("JSON", r, cq_value_json(t, v, &b, 0, NULL), &b, r->json);
		assert_printed("CQL", r, cq_value_cql(t, v, &b, NULL), &b, r->cql);
		assert_printed("text", r, cq_value_text(t, v, &b, NULL), &b, text);
		if (back) {
			assert_int_equal(cq_value_parse(t, cq_slice_str(text), &b, NULL), CQ_OK);
			if (!cq_slice_eq(cq_buf_bytes(&b), v))
				fail_msg("%s: \"%s\" is read as %s, not %s", r->type, text, hex_of(cq_buf_bytes(&b), &hex), r->hex);
		}
		cq_buf_clear(&b);
		release(v);
	}
	cq_buf_finish(&b);
	cq_buf_finish(&hex);
}

static void sstabledump_prints_eight_bytes_of_a_counter(void **state)
{
	cq_slice v = bytes_of("0001 8000 000102030405060708090a0b0c0d0e0f 0000000000000001 000000000000002a");
	struct cq_buf b = { 0 };

	(void)state;
	assert_int_equal(cq_value_json(type_of("CounterColumnType"), v, &b, CQ_PRINT_SSTABLEDUMP, NULL), CQ_OK);
	assert_string_equal(cq_buf_cstr(&b), "422212465132035");
	release(v);
	cq_buf_finish(&b);
}

/* Each is no value: check says so, and where in it. Printing refuses as well, unless prints is set. */
static void what_is_no_value_is_damage(void **state)
{
	static const struct { const char *type, *hex; uint64_t off; bool prints; } bad[] = {
		{ "AsciiType", "61 80", 1, false }, { "UTF8Type", "61 c3", 1, false }, { "UTF8Type", "ff", 0, false },
		{ "UTF8Type", "c1 80", 0, false }, { "UTF8Type", "61 62 e2 82", 2, false }, { "UTF8Type", "80", 0, false },
		{ "BooleanType", "0000", 0, false }, { "ByteType", "0000", 0, false }, { "ByteType", "", 0, true }, { "ShortType", "00", 0, false },
		{ "Int32Type", "000000", 0, false }, { "Int32Type", "0000000000", 0, false }, { "LongType", "00000000", 0, false },
		{ "DecimalType", "000000", 0, false }, { "FloatType", "00", 0, false }, { "DoubleType", "00000000", 0, false },
		{ "SimpleDateType", "000000", 0, false }, { "TimeType", "00000000", 0, false }, { "TimestampType", "00", 0, false },
		{ "UUIDType", "00", 0, false }, { "TimeUUIDType", "123e4567e89b42d3a456426614174000", 6, true },
		{ "LexicalUUIDType", "00", 0, false }, { "InetAddressType", "000000", 0, false }, { "DurationType", "00", 0, false },
		{ "DurationType", "00 00 ff", 0, false }, { "EmptyType", "00", 0, false },
		{ "CounterColumnType", "00", 0, false }, { "CounterColumnType", "0002 0000", 0, false }, { "CounterColumnType", "0000 00", 2, false },
		{ "ListType(Int32Type)", "", 0, false }, { "ListType(Int32Type)", "000000", 0, false },
		{ "ListType(Int32Type)", "00000001", 0, false }, { "ListType(Int32Type)", "7fffffff 00000000", 0, false },
		{ "ListType(Int32Type)", "ffffffff 00000000", 0, false }, { "ListType(Int32Type)", "00000001 00000005 00000000", 4, false },
		{ "ListType(Int32Type)", "00000001 00000003 000000", 8, false }, { "ListType(Int32Type)", "00000000 00", 4, false },
		{ "ListType(Int32Type)", "00000001 ffffffff", 0, true }, { "SetType(UTF8Type)", "00000001 00000001 ff", 8, false },
		{ "MapType(Int32Type,UTF8Type)", "00000001 00000000", 0, false }, { "MapType(Int32Type,UTF8Type)", "00000001 00000000 00000001 ff", 12, false },
		{ "TupleType(Int32Type)", "00", 0, false }, { "TupleType(Int32Type)", "00000004 00", 0, false },
		{ "TupleType(Int32Type)", "ffffffff ffffffff", 4, false }, { "TupleType(TupleType(Int32Type))", "00000005 00000001 00", 8, false },
		{ "UserType(ks,61,61:Int32Type)", "00000001 00", 4, false },
		{ "VectorType(FloatType , 2)", "3f800000", 4, false }, { "VectorType(FloatType , 1)", "3f80000000", 4, false },
		{ "VectorType(FloatType , 1)", "", 0, false }, { "VectorType(UTF8Type , 1)", "", 0, false }, { "VectorType(UTF8Type , 1)", "0261", 0, false },
		{ "VectorType(UTF8Type , 1)", "ff", 0, false }, { "VectorType(UTF8Type , 1)", "ffffffffffffffffff61", 0, false },
		{ "VectorType(UTF8Type , 2147483647)", "0161", 2, false },
		{ "CompositeType(UTF8Type)", "00", 0, false }, { "CompositeType(UTF8Type)", "0002 61", 0, false },
		{ "CompositeType(UTF8Type)", "0001 61", 0, false }, { "CompositeType(UTF8Type)", "0001 61 00 0001 61 00", 4, false },
		{ "CompositeType(UTF8Type,UTF8Type)", "0001 61 01 0001 61 00", 4, false },
		{ "DynamicCompositeType(a=>UTF8Type)", "80", 0, false }, { "DynamicCompositeType(a=>UTF8Type)", "8062 0001 61 00", 0, false },
		{ "DynamicCompositeType(a=>UTF8Type)", "0009 49", 0, false }, { "DynamicCompositeType(a=>UTF8Type)", "0001 49 0001 61 00", 5, true },
	};
	struct cq_buf b = { 0 };

	(void)state;
	cq_buf_str(&b, "before");
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		const struct cq_type *t = type_of(bad[i].type);
		cq_slice v = bytes_of(bad[i].hex);
		struct cq_error err = { 0 };
		bool text_is_hex = t->kind >= CQ_T_LIST && t->kind <= CQ_T_VECTOR && t->kind != CQ_T_TUPLE && t->kind != CQ_T_UDT;

		if (cq_value_check(t, v, &err) != CQ_DAMAGED)
			fail_msg("%s %s is taken", bad[i].type, bad[i].hex);
		if (err.off != bad[i].off)
			fail_msg("%s %s: damage at %d", bad[i].type, bad[i].hex, (int)err.off);
		if (!bad[i].prints) {
			if (cq_value_json(t, v, &b, 0, NULL) != CQ_DAMAGED)
				fail_msg("%s %s prints %s", bad[i].type, bad[i].hex, cq_buf_cstr(&b));
			if (!text_is_hex && t->kind != CQ_T_COUNTER)
				assert_int_equal(cq_value_text(t, v, &b, NULL), CQ_DAMAGED);
		}
		b.len = bad[i].prints ? 6 : b.len;
		assert_string_equal(cq_buf_cstr(&b), "before");
		release(v);
	}
	cq_buf_finish(&b);
}

static void json_strings_replace_what_is_not_utf8(void **state)
{
	struct cq_buf b = { 0 };

	(void)state;
	assert_true(cq_json_string(&b, cq_slice_str("a\"\xc3\xa9")));
	assert_string_equal(cq_buf_cstr(&b), "\"a\\\"\xc3\xa9\"");
	cq_buf_clear(&b);
	assert_false(cq_json_string(&b, cq_slice_str("a\xff\xed\xa0\x80\xc3")));
	assert_string_equal(cq_buf_cstr(&b), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	cq_buf_finish(&b);
}

static void text_is_read_in_the_forms_that_cassandra_takes(void **state)
{
	static const struct { const char *type, *text, *hex; } forms[] = {
		{ "Int32Type", "+7", "00000007" }, { "Int32Type", "-0", "00000000" }, { "IntegerType", "-000129", "ff7f" },
		{ "IntegerType", "-0", "00" }, { "IntegerType", "+340282366920938463463374607431768211456", "0100000000000000000000000000000000" },
		{ "DecimalType", "1e3", "fffffffd01" }, { "DecimalType", "-1.20E-1", "0000000388" }, { "DecimalType", ".5", "0000000105" },
		{ "DecimalType", "5.", "0000000005" }, { "DecimalType", "-0.0", "0000000100" },
		{ "BooleanType", "TRUE", "01" }, { "BooleanType", "False", "00" },
		{ "FloatType", " 1e2f ", "42c80000" }, { "FloatType", "0x1p-1", "3f000000" }, { "FloatType", "1e40", "7f800000" },
		{ "FloatType", "NaN", "7fc00000" }, { "DoubleType", "-Infinity", "fff0000000000000" }, { "DoubleType", "1.5d", "3ff8000000000000" },
		{ "DoubleType", ".5", "3fe0000000000000" },
		{ "SimpleDateType", "2147483648", "80000000" }, { "SimpleDateType", "0", "00000000" },
		{ "TimeType", "8:1:2", "00001a3ff541ec00" }, { "TimeType", "08:01:02.5", "00001a40130f5100" }, { "TimeType", "1000000000", "000000003b9aca00" },
		{ "TimestampType", "1709210096789", "0000018df4dc5495" }, { "TimestampType", "-1", "ffffffffffffffff" },
		{ "TimestampType", "2024-02-29T12:34:56.789Z", "0000018df4dc5495" }, { "TimestampType", "2024-02-29 12:34:56.789", "0000018df4dc5495" },
		{ "TimestampType", "2024-02-29 12:34:56.789 UTC", "0000018df4dc5495" }, { "TimestampType", "2024-02-29T13:34:56.789+0100", "0000018df4dc5495" },
		{ "TimestampType", "2024-02-29T11:04:56.789-01:30", "0000018df4dc5495" }, { "TimestampType", "2024-02-29T13:34:56.789+01", "0000018df4dc5495" },
		{ "TimestampType", "2024-02-29 12:34", "0000018df4db76c0" }, { "TimestampType", "2024-02-29", "0000018df2292800" },
		{ "TimestampType", "2024-02-29Z", "0000018df2292800" }, { "TimestampType", "1969-12-31T23:59:59.999Z", "ffffffffffffffff" },
		{ "UUIDType", "123E4567-E89B-42D3-A456-426614174000", "123e4567e89b42d3a456426614174000" },
		{ "InetAddressType", "::1", "00000000000000000000000000000001" }, { "InetAddressType", "::", "00000000000000000000000000000000" },
		{ "InetAddressType", "2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329" }, { "InetAddressType", "1::", "00010000000000000000000000000000" },
		{ "InetAddressType", "::ffff:1.2.3.4", "01020304" }, { "InetAddressType", "1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304" },
		{ "InetAddressType", "127.1", "7f000001" }, { "InetAddressType", "1.2.772", "01020304" },
		{ "DurationType", "1y2mo3w4d5h6m7s8ms9us10ns", "1c32fc2168cdf9d664" }, { "DurationType", "-1H", "0000fc068c61713fff" },
		{ "DurationType", "P1Y2M3DT4H5M6S", "1c06fc1ac003cfe800" }, { "DurationType", "P3W", "002a00" }, { "DurationType", "P0001-02-03T04:05:06", "1c06fc1ac003cfe800" },
		{ "DurationType", "-P1D", "000100" }, { "DurationType", "5\xc2\xb5s", "0000a710" },
		{ "BytesType", "CAfe", "cafe" }, { "ListType(Int32Type)", "00000000", "00000000" },
		{ "CompositeType(UTF8Type,Int32Type)", "", "" }, { "CompositeType(UTF8Type,UTF8Type)", "a:", "00016100000000" },
		{ "CompositeType(Int32Type,InetAddressType)", "7:0\\:0\\:0\\:0\\:0\\:0\\:0\\:1", "0004000000070000100000000000000000000000000000000100" },
		{ "DynamicCompositeType(a=>UTF8Type)", "a@x:UTF8Type@y", "8061000178000008555446385479706500017900" },
	};
	struct cq_buf b = { 0 }, hex = { 0 };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(forms); i++) {
		struct cq_error err = { 0 };

		cq_buf_clear(&b);
		if (cq_value_parse(type_of(forms[i].type), cq_slice_str(forms[i].text), &b, &err) != CQ_OK)
			fail_msg("%s: %s", forms[i].text, err.msg);
		if (strcmp(hex_of(cq_buf_bytes(&b), &hex), forms[i].hex) != 0)
			fail_msg("%s \"%s\" is %s, not %s", forms[i].type, forms[i].text, cq_buf_cstr(&hex), forms[i].hex);
	}
	cq_buf_finish(&b);
	cq_buf_finish(&hex);
}

static void text_that_is_no_value_is_the_callers_mistake(void **state)
{
	static const struct { const char *type, *text; } bad[] = {
		{ "AsciiType", "\xc3\xa9" }, { "BytesType", "0xca" }, { "BytesType", "c" }, { "BytesType", "cg" }, { "BooleanType", "yes" },
		{ "ByteType", "128" }, { "ByteType", "-129" }, { "ShortType", "32768" }, { "Int32Type", "2147483648" }, { "Int32Type", "nosuch" },
		{ "Int32Type", "1 " }, { "Int32Type", "--1" }, { "Int32Type", "+" }, { "LongType", "9223372036854775808" }, { "IntegerType", "1.0" },
		{ "DecimalType", "." }, { "DecimalType", "1e" }, { "DecimalType", "1e99999999999" }, { "DecimalType", "1E2147483649" }, { "DecimalType", "1x" },
		{ "FloatType", "inf" }, { "FloatType", "0x1" }, { "DoubleType", "1,5" }, { "DoubleType", "f" }, { "DoubleType", " " },
		{ "SimpleDateType", "2023-02-29" }, { "SimpleDateType", "2023-13-01" }, { "SimpleDateType", "4294967296" }, { "SimpleDateType", "-1" },
		{ "SimpleDateType", "2023-1-1" }, { "SimpleDateType", "99999999-01-01" }, { "TimeType", "24:00:00" }, { "TimeType", "1:2" },
		{ "TimeType", "1:2:3." }, { "TimeType", "86400000000000" }, { "TimeType", "1:2:3.1234567890" }, { "TimestampType", "2024" "-02" },
		{ "TimestampType", "2024-02-30" }, { "TimestampType", "2024-02-29T25:00Z" }, { "TimestampType", "2024-02-29T12:00+99" },
		{ "TimestampType", "9223372036854775808" }, { "TimestampType", "999999999-01-01" }, { "TimestampType", "soon" },
		{ "UUIDType", "123e4567e89b42d3a456426614174000" }, { "UUIDType", "123e4567-e89b-42d3-a456-42661417400g" },
		{ "TimeUUIDType", "123e4567-e89b-42d3-a456-426614174000" }, { "InetAddressType", "localhost" }, { "InetAddressType", "1.2.3.4.5" },
		{ "InetAddressType", "256.1.1.1" }, { "InetAddressType", "1.2.3.256" }, { "InetAddressType", ":::" }, { "InetAddressType", "1::2::3" },
		{ "InetAddressType", "1:2:3:4:5:6:7" }, { "InetAddressType", "1:2:3:4:5:6:7:8:9" }, { "InetAddressType", "12345::" }, { "InetAddressType", "1:" },
		{ "DurationType", "1" }, { "DurationType", "y" }, { "DurationType", "1h1y" }, { "DurationType", "1h1h" }, { "DurationType", "178956971y" },
		{ "DurationType", "P1M1Y" }, { "DurationType", "PT1Y" }, { "DurationType", "9223372036854775808ns" }, { "EmptyType", "x" },
		{ "TupleType(Int32Type)", "1:2" }, { "TupleType(Int32Type)", "x" }, { "CompositeType(Int32Type)", "1:2" }, { "CompositeType(Int32Type)", "x" },
		{ "DynamicCompositeType(a=>UTF8Type)", "x" }, { "DynamicCompositeType(a=>UTF8Type)", "b@x" },
	};
	struct cq_buf b = { 0 };

	(void)state;
	cq_buf_str(&b, "before");
	for (size_t i = 0; i < CQ_COUNTOF(bad); i++) {
		if (cq_value_parse(type_of(bad[i].type), cq_slice_str(bad[i].text), &b, NULL) != CQ_EUSAGE)
			fail_msg("%s takes \"%s\"", bad[i].type, bad[i].text);
		assert_string_equal(cq_buf_cstr(&b), "before");
	}
	cq_buf_finish(&b);
}

static void a_component_longer_than_its_length_field_is_refused(void **state)
{
	struct cq_buf text = { 0 }, out = { 0 };

	(void)state;
	for (int i = 0; i < 65536; i++)
		cq_buf_byte(&text, 'a');
	assert_int_equal(cq_value_parse(type_of("CompositeType(UTF8Type)"), cq_buf_bytes(&text), &out, NULL), CQ_EUSAGE);
	assert_int_equal(out.len, 0);
	cq_buf_finish(&text);
	cq_buf_finish(&out);
}

static void long_numbers_are_printed_and_read_back(void **state)
{
	enum { N = 100000 };
	uint8_t *v = malloc(N);
	struct cq_buf b = { 0 }, back = { 0 };
	uint64_t seed = 7;

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < N; i++)
		v[i] = (uint8_t)dice(&seed);
	for (int sign = 0; sign < 2; sign++) {
		v[0] = sign ? 0x80 : 0x7f;
		cq_buf_clear(&b);
		cq_buf_clear(&back);
		assert_int_equal(cq_value_text(type_of("IntegerType"), cq_slice_of(v, N), &b, NULL), CQ_OK);
		assert_int_equal(cq_value_parse(type_of("IntegerType"), cq_buf_bytes(&b), &back, NULL), CQ_OK);
		assert_true(cq_slice_eq(cq_buf_bytes(&back), cq_slice_of(v, N)));
	}
	free(v);
	cq_buf_finish(&b);
	cq_buf_finish(&back);
}

/* 60 maps, each the key of the one around it, would need 2^60 backslashes. */
static void text_out_of_proportion_is_damage_and_not_memory(void **state)
{
	enum { LEVELS = 60 };
	struct cq_buf type = { 0 }, v = { 0 }, b = { 0 };
	struct cq_error err = { 0 };

	(void)state;
	for (int i = 0; i < LEVELS; i++)
		cq_buf_str(&type, "MapType(");
	cq_buf_str(&type, "UTF8Type");
	for (int i = 0; i < LEVELS; i++)
		cq_buf_str(&type, ",UTF8Type)");
	for (uint32_t i = LEVELS; i > 0; i--) {
		uint8_t head[8];

		cq_put_be32(head, 1);
		cq_put_be32(head + 4, (i - 1) * 12 + (i == 1 ? 1 : 0));
		cq_buf_put(&v, head, sizeof head);
	}
	cq_buf_byte(&v, '"');
	for (int i = 0; i < LEVELS; i++)
		cq_buf_put(&v, "\0\0\0\0", 4);
	/* each level: count, length of the key, the key, length of an empty value */
	for (uint32_t i = 0; i < LEVELS; i++)
		cq_put_be32(v.p + 8 * i + 4, (LEVELS - 1 - i) * 12 + 1);
	assert_int_equal(cq_value_check(type_of(cq_buf_cstr(&type)), cq_buf_bytes(&v), &err), CQ_OK);
	assert_int_equal(cq_value_json(type_of(cq_buf_cstr(&type)), cq_buf_bytes(&v), &b, 0, &err), CQ_DAMAGED);
	assert_non_null(strstr(err.msg, "proportion"));
	assert_true(b.cap < (256u << 20));
	assert_int_equal(cq_value_cql(type_of(cq_buf_cstr(&type)), cq_buf_bytes(&v), &b, &err), CQ_OK);
	cq_buf_finish(&type);
	cq_buf_finish(&v);
	cq_buf_finish(&b);
}

static void elements_come_one_by_one(void **state)
{
	const struct cq_type *type;
	struct cq_elements it;
	cq_slice elem, v = bytes_of("00000001 00000004 00000001 ffffffff");

	(void)state;
	cq_elements_init(&it, type_of("MapType(Int32Type,UTF8Type)"), v);
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_OK);
	assert_int_equal(type->kind, CQ_T_INT);
	assert_int_equal(it.count, 2);
	assert_int_equal(elem.len, 4);
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_OK);
	assert_int_equal(type->kind, CQ_T_TEXT);
	assert_null(elem.p);
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_END);
	release(v);
	v = bytes_of("ffff 0001 61 00 0000 ff");
	cq_elements_init(&it, type_of("CompositeType(UTF8Type,Int32Type)"), v);
	assert_true(it.is_static);
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_OK);
	assert_int_equal(it.eoc, 0);
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_OK);
	assert_int_equal(it.eoc, -1);
	assert_non_null(elem.p);
	assert_int_equal(elem.len, 0);
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_END);
	release(v);
	cq_elements_init(&it, type_of("TupleType(Int32Type)"), (cq_slice){ 0 });
	assert_int_equal(cq_elements_next(&it, &type, &elem, NULL), CQ_END);
}

static void counters_are_summed_and_taken_apart(void **state)
{
	cq_slice v = bytes_of("0002 8000 0002"
		"00000000000000000000000000000001 0000000000000005 7fffffffffffffff"
		"00000000000000000000000000000002 0000000000000006 0000000000000001"
		"00000000000000000000000000000003 0000000000000007 ffffffffffffffff");
	struct cq_shard s;
	int64_t total;

	(void)state;
	assert_int_equal(cq_counter_total(v, &total, NULL), CQ_OK);
	assert_true(total == INT64_MAX);
	assert_int_equal(cq_counter_shard(v, 0, &s, NULL), CQ_OK);
	assert_int_equal(s.kind, CQ_SHARD_GLOBAL);
	assert_int_equal(s.clock, 5);
	assert_true(s.count == INT64_MAX);
	assert_int_equal(cq_counter_shard(v, 1, &s, NULL), CQ_OK);
	assert_int_equal(s.kind, CQ_SHARD_REMOTE);
	assert_int_equal(cq_counter_shard(v, 2, &s, NULL), CQ_OK);
	assert_int_equal(s.kind, CQ_SHARD_LOCAL);
	assert_int_equal(s.id.p[15], 3);
	assert_int_equal(cq_counter_shard(v, 3, &s, NULL), CQ_END);
	assert_int_equal(cq_counter_total(cq_slice_of(v.p, 0), &total, NULL), CQ_OK);
	assert_int_equal(total, 0);
	assert_int_equal(cq_counter_total(cq_slice_of(v.p, 37), &total, NULL), CQ_DAMAGED);
	assert_int_equal(cq_counter_shard(cq_slice_of(v.p, 1), 0, &s, NULL), CQ_DAMAGED);
	release(v);
}

static void write_timestamps_print_with_the_errors_of_sstabledump(void **state)
{
	static const struct { int64_t micros; const char *text; } times[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { 1700000000000000, "2023-11-14T22:13:20Z" }, { 1700000000300000, "2023-11-14T22:13:20.300Z" },
		{ 1700000000123456, "2023-11-14T22:13:20.123456Z" }, { -1500000, "1969-12-31T23:59:59.500Z" },
		{ INT64_MAX, "+294247-01-10T04:00:54.854775807Z" }, { INT64_MIN, "-290308-12-21T19:59:06.145224192Z" },
	};
	struct cq_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(times); i++) {
		cq_buf_clear(&b);
		cq_print_timestamp_micros(&b, times[i].micros);
		assert_string_equal(cq_buf_cstr(&b), times[i].text);
	}
	cq_buf_finish(&b);
}

static void every_day_and_second_has_a_date(void **state)
{
	static const int64_t days[] = { 0, -1, -719468, -719469, 11016, INT64_MAX / 86400, INT64_MIN / 86400, INT64_MAX, INT64_MIN };
	struct cq_buf b = { 0 };
	int64_t last = -1, year;
	unsigned month, day;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(days); i++) {
		cq_civil(days[i], &year, &month, &day);
		assert_true(month >= 1 && month <= 12 && day >= 1 && day <= 31);
	}
	for (int64_t d = -1000000; d < 1000000; d++) {             /* each date comes after the one before */
		cq_civil(d, &year, &month, &day);
		assert_true(d == -1000000 || year * 372 + month * 31 + day > last);
		last = year * 372 + month * 31 + day;
	}
	cq_print_instant(&b, INT64_MIN, 0);
	cq_print_instant(&b, INT64_MAX, 999999999);
	assert_string_equal(cq_buf_cstr(&b), "-292277022657-01-27T08:29:52Z+292277026596-12-04T15:30:07.999999999Z");
	cq_buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_print_in_three_styles_and_are_read_back),
		cmocka_unit_test(sstabledump_prints_eight_bytes_of_a_counter),
		cmocka_unit_test(what_is_no_value_is_damage),
		cmocka_unit_test(json_strings_replace_what_is_not_utf8),
		cmocka_unit_test(text_is_read_in_the_forms_that_cassandra_takes),
		cmocka_unit_test(text_that_is_no_value_is_the_callers_mistake),
		cmocka_unit_test(a_component_longer_than_its_length_field_is_refused),
		cmocka_unit_test(long_numbers_are_printed_and_read_back),
		cmocka_unit_test(text_out_of_proportion_is_damage_and_not_memory),
		cmocka_unit_test(elements_come_one_by_one),
		cmocka_unit_test(counters_are_summed_and_taken_apart),
		cmocka_unit_test(write_timestamps_print_with_the_errors_of_sstabledump),
		cmocka_unit_test(every_day_and_second_has_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, end_of_group);
}

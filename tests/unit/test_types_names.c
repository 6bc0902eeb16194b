/* Class strings and CQL names: cq_type_parse, cq_type_class, cq_type_cql, cq_type_parse_cql. */
#include "test_types_util.h"

#define P "org.apache.cassandra.db.marshal."
#define UDT(fields) P "UserType(ks,61646472," fields ")"

static void assert_named(const char *class_string, const char *same, const char *cql)
{
	const struct cq_type *t = type_of(class_string);
	struct cq_buf b = { 0 };

	cq_type_class(t, &b);
	assert_string_equal(cq_buf_cstr(&b), same ? same : class_string);
	cq_buf_clear(&b);
	cq_type_cql(t, &b);
	assert_string_equal(cq_buf_cstr(&b), cql);
	cq_buf_finish(&b);
}

static void class_strings_are_read_and_written_as_cassandra_does(void **state)
{
	static const struct { const char *text, *same, *cql; } rows[] = {
		{ P "UTF8Type", NULL, "text" },
		{ "UTF8Type", P "UTF8Type", "text" },
		{ " Int32Type ", P "Int32Type", "int" },
		{ "", P "BytesType", "blob" },
		{ P "DateType", NULL, "timestamp" },
		{ P "LexicalUUIDType", NULL, "'" P "LexicalUUIDType'" },
		{ P "LegacyTimeUUIDType", NULL, "timeuuid" },
		{ P "EmptyType", NULL, "empty" },
		{ P "ReversedType(" P "Int32Type)", NULL, "int" },
		{ "Int32Type(reversed=true)", P "ReversedType(" P "Int32Type)", "int" },
		{ "Int32Type(reversed=false)", P "Int32Type", "int" },
		{ P "FrozenType(" P "Int32Type)", P "Int32Type", "int" },
		{ P "ListType(" P "Int32Type)", NULL, "list<int>" },
		{ P "FrozenType(" P "ListType(" P "UTF8Type))", NULL, "frozen<list<text>>" },
		{ "MapType(Int32Type UTF8Type)", P "MapType(" P "Int32Type," P "UTF8Type)", "map<int, text>" },
		{ P "ListType(" P "FrozenType(" P "ListType(" P "Int32Type)))", NULL, "list<frozen<list<int>>>" },
		{ P "ListType(" P "ListType(" P "Int32Type))", P "ListType(" P "FrozenType(" P "ListType(" P "Int32Type)))", "list<frozen<list<int>>>" },
		{ P "FrozenType(" P "MapType(" P "ListType(" P "UTF8Type)," P "Int32Type))", NULL, "frozen<map<frozen<list<text>>, int>>" },
		{ P "TupleType(" P "Int32Type," P "ListType(" P "Int32Type))", NULL, "frozen<tuple<int, frozen<list<int>>>>" },
		{ P "VectorType(" P "FloatType , 3)", NULL, "vector<float, 3>" },
		{ P "VectorType(" P "FloatType,3)", P "VectorType(" P "FloatType , 3)", "vector<float, 3>" },
		{ P "VectorType(" P "FrozenType(" P "ListType(" P "Int32Type)) , 1)", NULL, "vector<frozen<list<int>>, 1>" },
		{ P "ReversedType(" P "FrozenType(" P "SetType(" P "UTF8Type)))", NULL, "frozen<set<text>>" },
		{ UDT("737472656574:" P "UTF8Type,4e756d:" P "Int32Type,74616773:" P "FrozenType(" P "SetType(" P "UTF8Type))"), NULL, "addr" },
		{ P "FrozenType(" UDT("737472656574:" P "UTF8Type,74616773:" P "SetType(" P "UTF8Type)") ")", NULL, "frozen<addr>" },
		{ P "CompositeType(" P "UTF8Type," P "Int32Type)", NULL, "'" P "CompositeType(" P "UTF8Type," P "Int32Type)'" },
		{ P "DynamicCompositeType(a=>" P "UTF8Type,b=>" P "Int32Type)", NULL,
			"'" P "DynamicCompositeType(a=>" P "UTF8Type,b=>" P "Int32Type)'" },
		{ P "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)", NULL,
			"'" P "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)'" },
		{ P "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner:" P "Int32Type)", NULL,
			"'" P "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner:" P "Int32Type)'" },
		{ P "PartitionerDefinedOrder(org.apache.cassandra.dht.ByteOrderedPartitioner)", P "BytesType", "blob" },
		{ "org.example.Odd", NULL, "'org.example.Odd'" },
		{ "org.example.Odd(a=1,(b))", NULL, "'org.example.Odd(a=1,(b))'" },
		{ "NoSuchType", P "NoSuchType", "'" P "NoSuchType'" },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++)
		assert_named(rows[i].text, rows[i].same, rows[i].cql);
}

static void lengths_are_fixed_where_cassandra_leaves_the_length_out(void **state)
{
	static const struct { const char *text; int len; } rows[] = {
		{ "BooleanType", 1 }, { "ByteType", CQ_VARIABLE }, { "ShortType", CQ_VARIABLE }, { "Int32Type", 4 },
		{ "LongType", 8 }, { "SimpleDateType", CQ_VARIABLE }, { "TimeType", CQ_VARIABLE }, { "TimestampType", 8 },
		{ "DateType", 8 }, { "UUIDType", 16 }, { "TimeUUIDType", 16 }, { "FloatType", 4 }, { "DoubleType", 8 },
		{ "EmptyType", 0 }, { "UTF8Type", CQ_VARIABLE }, { "ReversedType(LongType)", 8 }, { "VectorType(FloatType , 3)", 12 },
		{ "VectorType(ShortType , 2)", CQ_VARIABLE }, { "VectorType(VectorType(Int32Type , 2) , 2)", 16 },
		{ "TupleType(Int32Type)", CQ_VARIABLE }, { "CounterColumnType", CQ_VARIABLE },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++)
		assert_int_equal(type_of(rows[i].text)->fixed_len, rows[i].len);
}

static void only_collections_and_udts_at_the_top_have_many_cells(void **state)
{
	const struct cq_type *t = type_of("ListType(FrozenType(ListType(Int32Type)))");

	(void)state;
	assert_true(t->multicell);
	assert_false(t->frozen);
	assert_false(t->arg[0]->multicell);
	assert_true(t->arg[0]->frozen);
	assert_true(type_of(UDT("61:" P "Int32Type"))->multicell);
	assert_false(type_of(P "FrozenType(" UDT("61:" P "Int32Type") ")")->multicell);
	assert_false(type_of("TupleType(ListType(Int32Type))")->multicell);
	assert_false(type_of("TupleType(ListType(Int32Type))")->arg[0]->multicell);
	assert_false(type_of("VectorType(Int32Type , 2)")->multicell);
	assert_false(cq_type_frozen(&test_arena, t)->multicell);
}

static void cells_of_multi_cell_columns_have_their_own_types(void **state)
{
	const struct cq_type *udt = type_of(UDT("61:" P "Int32Type,62:" P "UTF8Type"));
	const uint8_t second[] = { 0, 1 }, third[] = { 0, 2 };

	(void)state;
	assert_int_equal(cq_type_path(type_of("ListType(UTF8Type)"))->kind, CQ_T_TIMEUUID);
	assert_int_equal(cq_type_cell_value(type_of("ListType(UTF8Type)"), cq_slice_of(second, 0))->kind, CQ_T_TEXT);
	assert_int_equal(cq_type_path(type_of("SetType(UTF8Type)"))->kind, CQ_T_TEXT);
	assert_int_equal(cq_type_cell_value(type_of("SetType(UTF8Type)"), cq_slice_of(second, 0))->kind, CQ_T_EMPTY);
	assert_int_equal(cq_type_path(type_of("MapType(Int32Type,UTF8Type)"))->kind, CQ_T_INT);
	assert_int_equal(cq_type_cell_value(type_of("MapType(Int32Type,UTF8Type)"), cq_slice_of(second, 0))->kind, CQ_T_TEXT);
	assert_int_equal(cq_type_path(udt)->kind, CQ_T_SMALLINT);
	assert_int_equal(cq_type_cell_value(udt, cq_slice_of(second, 2))->kind, CQ_T_TEXT);
	assert_null(cq_type_cell_value(udt, cq_slice_of(third, 2)));
	assert_null(cq_type_cell_value(udt, cq_slice_of(third, 1)));
}

static void broken_class_strings_are_damage(void **state)
{
	static const char *const rows[] = {
		"ListType", "ListType(", "ListType()", "ListType(Int32Type", "ListType(Int32Type,Int32Type)", "MapType(Int32Type)",
		"TupleType()", "CompositeType()", "Int32Type)", "Int32Type x", "(", ")", ",", "ListType(,)", "VectorType(Int32Type)",
		"VectorType(Int32Type , 0)", "VectorType(Int32Type , -1)", "VectorType(Int32Type , 3 )", "VectorType(Int32Type , 2147483648)",
		"VectorType(Int32Type , 536870912)", "VectorType(EmptyType , 9)", "VectorType(UUIDType , 4294967297)",
		"UserType(ks,6,61:Int32Type)", "UserType(ks,6x,61:Int32Type)", "UserType(ks,61,61Int32Type)", "UserType(ks,61,zz:Int32Type)",
		"DynamicCompositeType(aa=>Int32Type)", "DynamicCompositeType(a=Int32Type)", "FrozenType(Int32Type,Int32Type)",
		"ReversedType()", "org.example.Odd(", "Int32Type(reversed", "Int32Type(=)", "PartitionerDefinedOrder(x",
	};
	const struct cq_type *t;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++) {
		struct cq_error err = { 0 };

		if (cq_type_parse(&test_arena, cq_slice_str(rows[i]), &t, &err) != CQ_DAMAGED)
			fail_msg("%s was read", rows[i]);
		assert_true(err.off <= strlen(rows[i]));
		assert_true(err.msg[0]);
	}
}

static int parse_nested(const char *open, size_t n)
{
	struct cq_buf b = { 0 };
	const struct cq_type *t;
	int rc;

	for (size_t i = 0; i < n; i++)
		cq_buf_str(&b, open);
	cq_buf_str(&b, "Int32Type");
	for (size_t i = 0; i < n; i++)
		cq_buf_byte(&b, ')');
	rc = cq_type_parse(&test_arena, cq_buf_bytes(&b), &t, NULL);
	cq_buf_finish(&b);
	return rc;
}

static void nesting_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(parse_nested("ListType(", 63), CQ_OK);
	assert_int_equal(parse_nested("ListType(", 64), CQ_DAMAGED);
	assert_int_equal(parse_nested("ListType(", 100000), CQ_DAMAGED);
	assert_int_equal(parse_nested("FrozenType(", 100000), CQ_DAMAGED);
	assert_int_equal(parse_nested("ReversedType(", 100000), CQ_DAMAGED);
	assert_int_equal(parse_nested("Unknown(", 5000), CQ_OK);    /* not looked into */
}

static const struct cq_type *known_udt(void *arg, cq_slice keyspace, cq_slice name)
{
	assert_ptr_equal(arg, &test_arena);
	if (keyspace.p && !cq_slice_is(keyspace, "ks"))
		return NULL;
	return cq_slice_is(name, "addr") || cq_slice_is(name, "Odd \"name\"") ? type_of(UDT("61:" P "Int32Type")) : NULL;
}

static void cql_names_are_read(void **state)
{
	static const struct { const char *cql, *class_string; } rows[] = {
		{ "int", P "Int32Type" }, { " VARCHAR ", P "UTF8Type" }, { "timestamp", P "TimestampType" },
		{ "Map<Int,Frozen<List<text>>>", P "MapType(" P "Int32Type," P "FrozenType(" P "ListType(" P "UTF8Type)))" },
		{ "frozen<set<text>>", P "FrozenType(" P "SetType(" P "UTF8Type))" },
		{ "tuple<int, list<text>>", P "TupleType(" P "Int32Type," P "ListType(" P "UTF8Type))" },
		{ "frozen<tuple<int>>", P "TupleType(" P "Int32Type)" },
		{ "vector<float, 3>", P "VectorType(" P "FloatType , 3)" },
		{ "addr", UDT("61:" P "Int32Type") }, { "ks.addr", UDT("61:" P "Int32Type") }, { "KS . ADDR", UDT("61:" P "Int32Type") },
		{ "frozen<ks.\"Odd \"\"name\"\"\">", P "FrozenType(" UDT("61:" P "Int32Type") ")" },
		{ "list<addr>", P "ListType(" P "FrozenType(" UDT("61:" P "Int32Type") "))" },
		{ "'org.example.Odd'", "org.example.Odd" },
		{ "'" P "CompositeType(" P "UTF8Type)'", P "CompositeType(" P "UTF8Type)" },
	};
	struct cq_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++) {
		const struct cq_type *t;
		struct cq_error err = { 0 };

		if (cq_type_parse_cql(&test_arena, cq_slice_str(rows[i].cql), known_udt, &test_arena, &t, &err) != CQ_OK)
			fail_msg("%s: %s", rows[i].cql, err.msg);
		cq_buf_clear(&b);
		cq_type_class(t, &b);
		assert_string_equal(cq_buf_cstr(&b), rows[i].class_string);
	}
	cq_buf_finish(&b);
}

static void broken_cql_names_are_the_callers_mistake(void **state)
{
	static const char *const rows[] = {
		"", "<", "list", "list<", "list<>", "list<int", "list<int>>", "list<int,int>", "map<int>", "set<int> x", "int<int>",
		"vector<int>", "vector<int, 0>", "vector<int, x>", "tuple<>", "frozen<>", "frozen<int", "\"int", "'x", "nosuch", "other.addr",
		"\"int\"", "addr.", "vector<float, 99999999999>", "list<nosuch>",
	};
	const struct cq_type *t;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++)
		if (cq_type_parse_cql(&test_arena, cq_slice_str(rows[i]), known_udt, &test_arena, &t, NULL) != CQ_EUSAGE)
			fail_msg("%s was read", rows[i]);
	assert_int_equal(cq_type_parse_cql(&test_arena, cq_slice_str("nosuch"), NULL, NULL, &t, NULL), CQ_EUSAGE);
}

static const struct cq_type *deep_udt(void *arg, cq_slice keyspace, cq_slice name)
{
	(void)keyspace;
	(void)name;
	return *(const struct cq_type **)arg;
}

static void types_built_on_types_stay_within_the_bound(void **state)
{
	const struct cq_type *t = type_of(UDT("61:" P "Int32Type"));
	int rc = CQ_OK;
	unsigned levels = 2;

	(void)state;
	for (; rc == CQ_OK && levels < 100; levels++)
		rc = cq_type_parse_cql(&test_arena, cq_slice_str("list<u>"), deep_udt, &t, &t, NULL);
	assert_int_equal(rc, CQ_EUSAGE);
	assert_int_equal(t->depth, 64);
}

static void identifiers_are_quoted_when_they_must(void **state)
{
	static const struct { const char *name, *text; } rows[] = {
		{ "a", "a" }, { "a_1", "a_1" }, { "Num", "\"Num\"" }, { "1a", "\"1a\"" }, { "_a", "\"_a\"" }, { "select", "\"select\"" },
		{ "text", "text" }, { "a\"b", "\"a\"\"b\"" }, { "", "\"\"" }, { "\xc3\xa9t\xc3\xa9", "\"\xc3\xa9t\xc3\xa9\"" },
	};
	struct cq_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(rows); i++) {
		cq_buf_clear(&b);
		cq_print_identifier(&b, cq_slice_str(rows[i].name));
		assert_string_equal(cq_buf_cstr(&b), rows[i].text);
	}
	cq_buf_finish(&b);
}

static void equal_types_are_found_equal_whatever_their_order(void **state)
{
	(void)state;
	assert_true(cq_type_eq(type_of("ReversedType(Int32Type)"), type_of("Int32Type")));
	assert_true(cq_type_eq(type_of("TupleType(Int32Type,UTF8Type)"), type_of("TupleType(Int32Type,UTF8Type)")));
	assert_false(cq_type_eq(type_of("TupleType(Int32Type,UTF8Type)"), type_of("TupleType(Int32Type,BytesType)")));
	assert_false(cq_type_eq(type_of("ListType(Int32Type)"), type_of("FrozenType(ListType(Int32Type))")));
	assert_false(cq_type_eq(type_of("VectorType(Int32Type , 1)"), type_of("VectorType(Int32Type , 2)")));
	assert_false(cq_type_eq(type_of(UDT("61:" P "Int32Type")), type_of(UDT("62:" P "Int32Type"))));
	assert_ptr_equal(cq_type_reversed(&test_arena, type_of("ReversedType(Int32Type)"), false), cq_type_simple(CQ_T_INT));
	assert_true(cq_type_reversed(&test_arena, type_of("FrozenType(ListType(Int32Type))"), true)->reversed);
	assert_null(cq_type_simple(CQ_T_LIST));
	assert_null(cq_type_simple(CQ_T_CUSTOM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(class_strings_are_read_and_written_as_cassandra_does),
		cmocka_unit_test(lengths_are_fixed_where_cassandra_leaves_the_length_out),
		cmocka_unit_test(only_collections_and_udts_at_the_top_have_many_cells),
		cmocka_unit_test(cells_of_multi_cell_columns_have_their_own_types),
		cmocka_unit_test(broken_class_strings_are_damage),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(cql_names_are_read),
		cmocka_unit_test(broken_cql_names_are_the_callers_mistake),
		cmocka_unit_test(types_built_on_types_stay_within_the_bound),
		cmocka_unit_test(identifiers_are_quoted_when_they_must),
		cmocka_unit_test(equal_types_are_found_equal_whatever_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, end_of_group);
}

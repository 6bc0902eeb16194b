/* Partition keys as text: what is printed of one can be given to find it, and so can what the text of composites has no
 * word for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cq_table.h"

static struct cq_arena arena;

static struct cq_table table_with(const char *class)
{
	struct cq_error err = {0};
	struct cq_table t = {0};

	if (cq_type_parse(&arena, cq_slice_str(class), &t.stats.key_type, &err) != CQ_OK)
		fail_msg("%s: %s", class, err.msg);
	return t;
}

/* Text to bytes (in hexadecimal), and those to text again. */
static void assert_key(const struct cq_table *t, const char *text, const char *hex, const char *printed)
{
	struct cq_buf key = {0}, out = {0};
	struct cq_error err = {0};

	if (cq_table_parse_key(t, text, &key, &err) != CQ_OK)
		fail_msg("%s: %s", text, err.msg);
	cq_buf_hex(&out, cq_buf_bytes(&key));
	assert_string_equal(cq_buf_cstr(&out), hex);
	cq_buf_clear(&out);
	cq_table_print_key(t, cq_buf_bytes(&key), &out);
	assert_string_equal(cq_buf_cstr(&out), printed);
	cq_buf_finish(&key);
	cq_buf_finish(&out);
}

static void a_part_that_is_an_underscore_or_exclamation_mark_is_that_text(void **state)
{
	struct cq_table t = table_with("CompositeType(UTF8Type,UTF8Type)");

	(void)state;
	assert_key(&t, "a:_", "00016100" "00015f00", "a:_");
	assert_key(&t, "a:_!", "00016100" "00015f00", "a:_");
	assert_key(&t, "_:a", "00015f00" "00016100", "_:a");
	assert_key(&t, "_:_", "00015f00" "00015f00", "_:_");
	assert_key(&t, "a:!", "00016100" "00012100", "a:!!");
	assert_key(&t, "!!:a", "00012100" "00016100", "!!:a");
	assert_key(&t, "!:!", "00012100" "00012100", "!!:!!");
}

static void what_only_contains_one_is_as_it_was(void **state)
{
	struct cq_table t = table_with("CompositeType(UTF8Type,UTF8Type)");

	(void)state;
	assert_key(&t, "a_:__", "0002615f00" "00025f5f00", "a_:__");
	assert_key(&t, "a!!:b", "0002612100" "00016200", "a!!:b");
	assert_key(&t, "\\:_:b", "00023a5f00" "00016200", "\\:_:b");
	assert_key(&t, "a:", "00016100" "000000", "a:");
}

static void the_key_of_one_column_is_taken_as_it_is(void **state)
{
	struct cq_table t = table_with("UTF8Type");

	(void)state;
	assert_key(&t, "_", "5f", "_");
	assert_key(&t, "!", "21", "!");
	assert_key(&t, "a:_", "613a5f", "a:_");
}

static void without_its_type_a_key_is_printed_as_bytes_and_not_read(void **state)
{
	struct cq_table t = { .no_rows = "nb-1-big-Statistics.db: missing" };
	struct cq_buf out = {0};
	struct cq_error err = {0};

	(void)state;
	assert_int_equal(cq_table_parse_key(&t, "a", &out, &err), CQ_EUNSUPPORTED);
	assert_non_null(strstr(err.msg, "Statistics.db: missing"));
	cq_table_print_key(&t, cq_slice_str("ab"), &out);
	assert_string_equal(cq_buf_cstr(&out), "0x6162");
	cq_buf_finish(&out);
}

static int arena_gone(void **state)
{
	(void)state;
	cq_arena_finish(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_that_is_an_underscore_or_exclamation_mark_is_that_text),
		cmocka_unit_test(what_only_contains_one_is_as_it_was),
		cmocka_unit_test(the_key_of_one_column_is_taken_as_it_is),
		cmocka_unit_test(without_its_type_a_key_is_printed_as_bytes_and_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, arena_gone);
}

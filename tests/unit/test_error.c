/* Failing is one statement: what cq_fail fills in, returns and leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "cq_base.h"

static void failing_fills_in_the_error_and_returns_its_code(void **state)
{
	struct cq_error err = { .file = "of another" };

	(void)state;
	assert_int_equal(cq_fail(&err, CQ_DAMAGED, 7, "expected %d", 3), CQ_DAMAGED);
	assert_int_equal(err.code, CQ_DAMAGED);
	assert_int_equal(err.off, 7);
	assert_string_equal(err.msg, "expected 3");
	assert_string_equal(err.file, "");
	assert_int_equal((cq_fail)(&err, CQ_EIO, 7, "as a function"), CQ_EIO);
}

static void nobody_has_to_want_the_error(void **state)
{
	(void)state;
	assert_int_equal(cq_fail(NULL, CQ_NOT_FOUND, CQ_NO_OFFSET, "nobody reads this"), CQ_NOT_FOUND);
}

static void errno_is_as_it_was(void **state)
{
	struct cq_error err;

	(void)state;
	errno = EMFILE;
	cq_fail(&err, CQ_EIO, CQ_NO_OFFSET, "%s", strerror(errno));
	assert_int_equal(errno, EMFILE);
}

static void a_message_too_long_is_cut(void **state)
{
	struct cq_error err;

	(void)state;
	cq_fail(&err, CQ_EIO, CQ_NO_OFFSET, "%0500d", 1);
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

/* The layer that knows the file says it, once. */
static void the_first_file_named_stays(void **state)
{
	struct cq_error err;
	char text[512];

	(void)state;
	cq_fail(&err, CQ_DAMAGED, 0x10, "wrong");
	cq_error_at(&err, "/data/nb-1-big-Index.db", CQ_SPACE_RAW);
	cq_error_at(&err, "/data/nb-1-big-Data.db", CQ_SPACE_DECOMPRESSED);
	assert_string_equal(cq_error_text(&err, text, sizeof text), "nb-1-big-Index.db at raw offset 0x10: wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failing_fills_in_the_error_and_returns_its_code),
		cmocka_unit_test(nobody_has_to_want_the_error),
		cmocka_unit_test(errno_is_as_it_was),
		cmocka_unit_test(a_message_too_long_is_cut),
		cmocka_unit_test(the_first_file_named_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

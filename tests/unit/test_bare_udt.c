/* Frozen UDT columns as Cassandra 3.0 wrote them: without FrozenType. Made from a table of 3.11 by taking the word out of its
 * header; the rows stay as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cq_scan.h"

static const char *const table = CQ_TEST_CORPUS "/3.11-me/main/udts/me-1-big-Data.db";
static const char frozen_udt[] = "org.apache.cassandra.db.marshal.FrozenType(org.apache.cassandra.db.marshal.UserType(";
static uint8_t *patched;
static size_t patched_len;
static int columns_patched;

/* A type's length is a vint of one or two bytes before it. Shorten "FrozenType(X)" to "X" wherever it is a column's whole
 * type; HEADER is the last section, so nothing else moves. */
static void patch(void)
{
	const size_t word = strlen("org.apache.cassandra.db.marshal.FrozenType(");

	for (size_t i = 2; i + sizeof frozen_udt < patched_len; i++) {
		size_t len;

		if (memcmp(patched + i, frozen_udt, sizeof frozen_udt - 1))
			continue;
		if ((patched[i - 2] & 0xc0) != 0x80)
			continue;                                    /* not after a length: inside another type */
		len = (size_t)(patched[i - 2] & 0x3f) << 8 | patched[i - 1];
		if (len < sizeof frozen_udt || i + len > patched_len || patched[i + len - 1] != ')')
			continue;
		memmove(patched + i, patched + i + word, len - word - 1);
		memmove(patched + i + len - word - 1, patched + i + len, patched_len - i - len);
		patched_len -= word + 1;
		len -= word + 1;
		assert_true(len >= 128);
		patched[i - 2] = (uint8_t)(0x80 | len >> 8);
		patched[i - 1] = (uint8_t)len;
		columns_patched++;
	}
}

static int open_patched(void *arg, const char *path, struct cq_space **out, struct cq_error *err)
{
	FILE *f = fopen(path, "rb");

	(void)arg;
	if (!f)
		return CQ_NOT_FOUND;
	if (!strstr(path, "-Statistics.db")) {
		fclose(f);
		return cq_space_open_file(out, path, err);
	}
	patched = malloc(1 << 16);
	patched_len = fread(patched, 1, 1 << 16, f);
	fclose(f);
	columns_patched = 0;
	patch();
	return cq_space_open_memory(out, cq_slice_of(patched, patched_len), path, err);
}

static uint64_t cells_of(const struct cq_table *t)
{
	struct cq_error err = {0};
	struct cq_event ev;
	struct cq_scan *s;
	uint64_t n = 0;
	int rc;

	assert_int_equal(cq_scan_open(&s, t, NULL, &err), CQ_OK);
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK)
		if (ev.kind == CQ_EV_ROW)
			n += ev.row->ncells;
	if (rc != CQ_END)
		print_error("%s\n", err.msg);
	assert_int_equal(rc, CQ_END);
	cq_scan_close(s);
	return n;
}

static void bare_udts_are_read_as_the_rows_were_written(void **state)
{
	struct cq_open_options opt = { .open_space = open_patched };
	struct cq_table *plain, *bare;
	struct cq_error err = {0};
	bool said = false;

	(void)state;
	assert_int_equal(cq_table_open(&plain, table, NULL, &err), CQ_OK);
	assert_int_equal(cq_table_open(&bare, table, &opt, &err), CQ_OK);
	assert_true(columns_patched > 0);
	assert_int_equal(cells_of(bare), cells_of(plain));
	for (const struct cq_finding *f = bare->findings.first; f; f = f->next)
		said |= !strcmp(f->id, "bare-frozen-udt");
	assert_true(said);
	cq_table_close(bare);
	cq_table_close(plain);
	free(patched);
}

static void true_multicell_udts_stay_what_they_are(void **state)
{
	struct cq_error err = {0};
	struct cq_table *t;

	(void)state;
	assert_int_equal(cq_table_open(&t, table, NULL, &err), CQ_OK);
	assert_int_equal(t->findings.n, 0);
	assert_true(t->ctx.regulars.ncomplex > 0);
	cq_table_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_udts_are_read_as_the_rows_were_written),
		cmocka_unit_test(true_multicell_udts_stay_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

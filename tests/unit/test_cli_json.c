/* The dump's writer alone: events made by hand, the text they must become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dump_json.h"
#include "dump_text.h"
#include "dump_value.h"

static cq_slice text(const char *s)
{
	return cq_slice_str(s);
}

/* ---- a table: key text, clusterings int and text, static s text, regular v int, "Mixed" text, m map<text, int> ---- */

static const struct cq_type *clustering_types[2];
static struct cq_column statics[1], regulars[3];
static struct cq_type map_type;
static const struct cq_type *map_args[2];

static struct cq_table *make_table(void)
{
	static struct cq_table t;
	const struct cq_type *text_type = cq_type_simple(CQ_T_TEXT), *int_type = cq_type_simple(CQ_T_INT);

	map_args[0] = text_type;
	map_args[1] = int_type;
	map_type = (struct cq_type){ .kind = CQ_T_MAP, .multicell = true, .depth = 2, .fixed_len = CQ_VARIABLE, .narg = 2,
		.arg = map_args };
	clustering_types[0] = int_type;
	clustering_types[1] = text_type;
	statics[0] = (struct cq_column){ .name = text("s"), .type = text_type, .is_static = true };
	regulars[0] = (struct cq_column){ .name = text("Mixed"), .type = text_type, .index = 0 };
	regulars[1] = (struct cq_column){ .name = text("v"), .type = int_type, .index = 1 };
	regulars[2] = (struct cq_column){ .name = text("m"), .type = &map_type, .index = 2, .complex = true };
	t = (struct cq_table){
		.stats = { .key_type = text_type },
		.ctx = {
			.nclustering = 2, .clustering = clustering_types,
			.statics = { .n = 1, .columns = statics },
			.regulars = { .n = 3, .ncomplex = 1, .columns = regulars },
		},
	};
	return &t;
}

static const uint8_t one[] = { 0, 0, 0, 1 }, seven[] = { 0, 0, 0, 7 };
static const int64_t T = INT64_C(1700000000123456);

static struct cq_partition partition = { .key = { (const uint8_t *)"k\"1", 3 }, .off = 5, .header_len = 17,
	.deletion = { .timestamp = CQ_NO_TIMESTAMP, .ldt = CQ_NO_LDT } };

static struct cq_event partition_event(void)
{
	return (struct cq_event){ .kind = CQ_EV_PARTITION, .off = 5, .len = 17, .partition = &partition };
}

static struct cq_event end_event(void)
{
	return (struct cq_event){ .kind = CQ_EV_PARTITION_END, .off = 100, .len = 1, .partition = &partition };
}

/* Cells: "Mixed" live, v deleted later than the row, m a deletion and a cell that expires. */
static struct cq_event row_event(void)
{
	static cq_slice values[2];
	static struct cq_cell cells[3];
	static struct cq_complex complex[1];
	static struct cq_row r;

	values[0] = cq_slice_of(one, 4);
	values[1] = text("a\\b");
	cells[0] = (struct cq_cell){ .column = &regulars[0], .value = text("x\ty"), .timestamp = T, .ldt = CQ_NO_LDT };
	cells[1] = (struct cq_cell){ .column = &regulars[1], .value = text(""), .timestamp = T + 1, .ldt = 1700000000,
		.flags = CQ_CELL_DELETED };
	cells[2] = (struct cq_cell){ .column = &regulars[2], .path = text("p"), .value = cq_slice_of(seven, 4), .timestamp = T,
		.ttl = 100, .ldt = 1700000100, .flags = CQ_CELL_EXPIRING };
	complex[0] = (struct cq_complex){ .column = &regulars[2], .deletion = { T - 1, 1700000000 }, .first = 2, .count = 1 };
	r = (struct cq_row){
		.clustering = { .kind = CQ_CLUSTERING, .n = 2, .values = values },
		.has_liveness = true, .timestamp = T, .ldt = CQ_NO_LDT, .deletion = CQ_LIVE,
		.cells = cells, .ncells = 3, .nsimple = 2, .complex = complex, .ncomplex = 1,
	};
	return (struct cq_event){ .kind = CQ_EV_ROW, .off = 40, .len = 30, .partition = &partition, .row = &r };
}

static struct cq_event static_event(void)
{
	static struct cq_cell cells[1];
	static struct cq_row r;

	cells[0] = (struct cq_cell){ .column = &statics[0], .value = text("st"), .timestamp = T, .ldt = CQ_NO_LDT };
	r = (struct cq_row){ .clustering = { .kind = CQ_STATIC_CLUSTERING }, .timestamp = CQ_NO_TIMESTAMP, .deletion = CQ_LIVE,
		.cells = cells, .ncells = 1, .nsimple = 1 };
	return (struct cq_event){ .kind = CQ_EV_STATIC, .off = 22, .len = 18, .partition = &partition, .row = &r };
}

static struct cq_event boundary_event(void)
{
	static cq_slice values[1];
	static struct cq_marker m;

	values[0] = cq_slice_of(seven, 4);
	m = (struct cq_marker){ .bound = { .kind = CQ_INCL_END_EXCL_START, .n = 1, .values = values },
		.close = { T, 1700000000 }, .open = { T + 544, 1700000001 } };
	return (struct cq_event){ .kind = CQ_EV_MARKER, .off = 70, .len = 20, .partition = &partition, .marker = &m };
}

static struct cq_event bound_event(void)
{
	static struct cq_marker m;

	m = (struct cq_marker){ .bound = { .kind = CQ_INCL_END }, .close = { T + 544, 1700000001 }, .open = CQ_LIVE };
	return (struct cq_event){ .kind = CQ_EV_MARKER, .off = 90, .len = 10, .partition = &partition, .marker = &m };
}

static int bad_values;

static void count_bad(void *arg, const struct cq_event *ev, cq_slice what, uint64_t off, const struct cq_error *err)
{
	(void)arg;
	(void)off;
	assert_non_null(ev);
	assert_non_null(err);
	assert_true(what.len > 0);
	bad_values++;
}

/* All events as text. The caller frees. */
static char *dump_of(const struct cq_table *t, struct dump_options opt, const struct cq_event *events, size_t n)
{
	struct cq_buf out = {0};
	struct dump_json *j;
	char *s;

	opt.on_bad = count_bad;
	assert_int_equal(dump_json_open(&j, t, &out, &opt), CQ_OK);
	dump_json_begin(j);
	for (size_t i = 0; i < n; i++)
		dump_json_event(j, &events[i]);
	dump_json_end(j);
	dump_json_close(j);
	assert_false(out.failed);
	s = strdup(cq_buf_cstr(&out));
	cq_buf_finish(&out);
	return s;
}

static char *dump(struct dump_options opt, const struct cq_event *events, size_t n)
{
	return dump_of(make_table(), opt, events, n);
}

static void expect(struct dump_options opt, const struct cq_event *events, size_t n, const char *want)
{
	char *got = dump(opt, events, n);

	assert_string_equal(got, want);
	free(got);
}

/* ---- layout ---- */

static void no_partitions_are_two_brackets(void **state)
{
	(void)state;
	expect((struct dump_options){0}, NULL, 0, "[ ]");
	expect((struct dump_options){ .lines = true }, NULL, 0, "");
}

static void a_row_is_laid_out_as_sstabledump_does(void **state)
{
	(void)state;
	make_table();
	const struct cq_event events[] = { partition_event(), row_event(), end_event() };

	expect((struct dump_options){ .now = 1700000099 }, events, 3,
		"[\n"
		"  {\n"
		"    \"table kind\" : \"REGULAR\",\n"
		"    \"partition\" : {\n"
		"      \"key\" : [ \"k\\\"1\" ],\n"
		"      \"position\" : 5\n"
		"    },\n"
		"    \"rows\" : [\n"
		"      {\n"
		"        \"type\" : \"row\",\n"
		"        \"position\" : 40,\n"
		"        \"clustering\" : [ 1, \"a\\\\b\" ],\n"
		"        \"liveness_info\" : { \"tstamp\" : \"2023-11-14T22:13:20.123456Z\" },\n"
		"        \"cells\" : [\n"
		"          { \"name\" : \"\\\"Mixed\\\"\", \"value\" : \"x\\ty\" },\n"
		"          { \"name\" : \"v\", \"deletion_info\" : { \"local_delete_time\" : \"2023-11-14T22:13:20Z\" },\n"
		"            \"tstamp\" : \"2023-11-14T22:13:20.123457Z\"\n"
		"          },\n"
		"          { \"name\" : \"m\", \"deletion_info\" : { \"marked_deleted\" : \"2023-11-14T22:13:20.123455Z\", "
			"\"local_delete_time\" : \"2023-11-14T22:13:20Z\" } },\n"
		"          { \"name\" : \"m\", \"path\" : [ \"p\" ], \"value\" : 7, \"ttl\" : 100, "
			"\"expires_at\" : \"2023-11-14T22:15:00Z\", \"expired\" : false }\n"
		"        ]\n"
		"      }\n"
		"    ]\n"
		"  }\n"
		"]");
}

static void lines_have_no_white_space_and_no_end_of_line_at_the_end(void **state)
{
	(void)state;
	make_table();
	const struct cq_event events[] = { partition_event(), static_event(), end_event(), partition_event(), end_event() };

	expect((struct dump_options){ .lines = true, .raw_times = true }, events, 5,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":5},\"rows\":[{\"type\":\"static_block\","
			"\"position\":22,\"cells\":[{\"name\":\"s\",\"value\":\"st\",\"tstamp\":\"1700000000123456\"}]}]}\n"
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":5},\"rows\":[]}");
}

static void sstabledumps_positions_are_behind_header_and_static_row(void **state)
{
	(void)state;
	make_table();
	const struct cq_event with[] = { partition_event(), static_event(), end_event() };
	const struct cq_event without[] = { partition_event(), end_event() };

	expect((struct dump_options){ .lines = true, .raw_times = true, .as_sstabledump = true }, with, 3,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":40},\"rows\":[{\"type\":\"static_block\","
			"\"position\":40,\"cells\":[{\"name\":\"s\",\"value\":\"st\",\"tstamp\":\"1700000000123456\"}]}]}");
	expect((struct dump_options){ .lines = true, .as_sstabledump = true }, without, 2,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":100},\"rows\":[]}");
}

static void markers_open_before_they_close_and_missing_values_are_stars(void **state)
{
	(void)state;
	make_table();
	const struct cq_event events[] = { partition_event(), boundary_event(), bound_event(), end_event() };

	expect((struct dump_options){0}, events, 4,
		"[\n"
		"  {\n"
		"    \"table kind\" : \"REGULAR\",\n"
		"    \"partition\" : {\n"
		"      \"key\" : [ \"k\\\"1\" ],\n"
		"      \"position\" : 5\n"
		"    },\n"
		"    \"rows\" : [\n"
		"      {\n"
		"        \"type\" : \"range_tombstone_boundary\",\n"
		"        \"start\" : {\n"
		"          \"type\" : \"exclusive\",\n"
		"          \"clustering\" : [ 7, \"*\" ],\n"
		"          \"deletion_info\" : { \"marked_deleted\" : \"2023-11-14T22:13:20.124Z\", "
			"\"local_delete_time\" : \"2023-11-14T22:13:21Z\" }\n"
		"        },\n"
		"        \"end\" : {\n"
		"          \"type\" : \"inclusive\",\n"
		"          \"clustering\" : [ 7, \"*\" ],\n"
		"          \"deletion_info\" : { \"marked_deleted\" : \"2023-11-14T22:13:20.123456Z\", "
			"\"local_delete_time\" : \"2023-11-14T22:13:20Z\" }\n"
		"        }\n"
		"      },\n"
		"      {\n"
		"        \"type\" : \"range_tombstone_bound\",\n"
		"        \"end\" : {\n"
		"          \"type\" : \"inclusive\",\n"
		"          \"deletion_info\" : { \"marked_deleted\" : \"2023-11-14T22:13:20.124Z\", "
			"\"local_delete_time\" : \"2023-11-14T22:13:21Z\" }\n"
		"        }\n"
		"      }\n"
		"    ]\n"
		"  }\n"
		"]");
}

static void a_row_without_cells_has_an_empty_list(void **state)
{
	(void)state;
	make_table();
	struct cq_event events[] = { partition_event(), row_event(), end_event() };
	struct cq_row r = *events[1].row;

	r.ncells = r.nsimple = r.ncomplex = 0;
	r.has_liveness = false;
	r.deletion = (struct cq_deletion){ -1500000, 1700000000 };
	events[1].row = &r;
	expect((struct dump_options){ .lines = true }, events, 3,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":5},\"rows\":[{\"type\":\"row\","
			"\"position\":40,\"clustering\":[1,\"a\\\\b\"],\"deletion_info\":{\"marked_deleted\":\"1969-12-31T23:59:58.500Z\","
			"\"local_delete_time\":\"2023-11-14T22:13:20Z\"},\"cells\":[]}]}");
}

static void only_tombstones_leaves_out_what_lives(void **state)
{
	(void)state;
	make_table();
	const struct cq_event events[] = { partition_event(), static_event(), end_event(), partition_event(), row_event(), end_event() };

	expect((struct dump_options){ .lines = true, .raw_times = true, .only_tombstones = true }, events, 6,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":5},\"rows\":[{\"type\":\"row\","
			"\"position\":40,\"clustering\":[1,\"a\\\\b\"],\"cells\":["
			"{\"name\":\"v\",\"deletion_info\":{\"local_delete_time\":\"1700000000\"},\"tstamp\":\"1700000000123457\"},"
			"{\"name\":\"m\",\"deletion_info\":{\"marked_deleted\":\"1700000000123455\",\"local_delete_time\":\"1700000000\"}}]}]}");
}

/* ---- damage ---- */

static bool balanced(const char *s)
{
	char open[64];
	size_t n = 0;

	for (; *s; s++) {
		if (*s == '"') {
			for (s++; *s != '"'; s++) {
				if (!*s)
					return false;
				if (*s == '\\')
					s++;
			}
		} else if (*s == '{' || *s == '[') {
			open[n++] = *s;
		} else if (*s == '}' || *s == ']') {
			if (!n || open[--n] != (*s == '}' ? '{' : '['))
				return false;
		}
	}
	return n == 0;
}

static void whatever_is_open_is_closed_after_any_event(void **state)
{
	(void)state;
	make_table();
	const struct cq_event events[] = { partition_event(), static_event(), row_event(), boundary_event(), bound_event(), end_event(),
		partition_event(), end_event() };

	for (size_t n = 0; n <= CQ_COUNTOF(events); n++)
		for (int lines = 0; lines < 2; lines++) {
			char *s = dump((struct dump_options){ .lines = lines }, events, n);

			assert_true(balanced(s));
			free(s);
		}
	/* A header alone is printed too. */
	expect((struct dump_options){ .lines = true }, events, 1,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":5},\"rows\":[]}");
}

static void values_of_another_type_are_their_bytes(void **state)
{
	(void)state;
	make_table();
	struct cq_event events[] = { partition_event(), row_event(), end_event() };
	struct cq_row r = *events[1].row;
	struct cq_cell cells[2] = { r.cells[0], r.cells[1] };
	cq_slice values[2] = { cq_slice_of(one, 3), { NULL, 0 } };

	cells[0].value = text("\xff\xfe");
	cells[1].value = text("12345");
	cells[1].flags = 0;
	cells[1].timestamp = T;
	r.cells = cells;
	r.ncells = r.nsimple = 2;
	r.ncomplex = 0;
	r.clustering.values = values;
	events[1].row = &r;
	bad_values = 0;
	expect((struct dump_options){ .lines = true, .raw_times = true }, events, 3,
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\\\"1\"],\"position\":5},\"rows\":[{\"type\":\"row\","
			"\"position\":40,\"clustering\":[\"0x000000\",null],\"liveness_info\":{\"tstamp\":\"1700000000123456\"},\"cells\":["
			"{\"name\":\"\\\"Mixed\\\"\",\"value\":\"0xfffe\"},{\"name\":\"v\",\"value\":\"0x3132333435\"}]}]}");
	assert_int_equal(bad_values, 3);
}

static void a_key_may_move_before_the_next_event(void **state)
{
	(void)state;
	struct cq_table *t = make_table();
	struct dump_options opt = { .lines = true };
	struct cq_buf out = {0};
	struct cq_partition p = partition;
	struct cq_event ev = { .kind = CQ_EV_PARTITION, .off = 5, .len = 17, .partition = &p };
	uint8_t *key = malloc(1);
	struct dump_json *j;

	key[0] = 'k';
	p.key = cq_slice_of(key, 1);
	assert_int_equal(dump_json_open(&j, t, &out, &opt), CQ_OK);
	dump_json_begin(j);
	dump_json_event(j, &ev);
	free(key);                                   /* the window has grown, say, and the next unit was damaged */
	dump_json_end(j);
	assert_string_equal(cq_buf_cstr(&out),
		"{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"k\"],\"position\":5},\"rows\":[]}");
	dump_json_close(j);
	cq_buf_finish(&out);
}

/* ---- -d ---- */

static void internal_text_is_cassandras(void **state)
{
	(void)state;
	struct cq_table *t = make_table();
	const struct cq_event events[] = { partition_event(), row_event(), boundary_event(), end_event() };
	struct dump_options opt = {0};
	struct cq_buf out = {0};
	struct dump_text *d;

	assert_int_equal(dump_text_open(&d, t, &out, &opt), CQ_OK);
	for (size_t i = 0; i < CQ_COUNTOF(events); i++)
		dump_text_event(d, &events[i]);
	assert_string_equal(cq_buf_cstr(&out),
		"[k\"1]@40 Row[info=[ts=1700000000123456] ]: 1, 'a\\b' | [Mixed=x\ty ts=1700000000123456], "
			"[v=<tombstone> ts=1700000000123457 ldt=1700000000], del(m)=deletedAt=1700000000123455, localDeletion=1700000000, "
			"[m[p]=7 ts=1700000000123456 ttl=100 ldt=1700000100]\n"
		"[k\"1]@70 Marker INCL_END_EXCL_START_BOUNDARY(7)@1700000000123456/1700000000-1700000000124000/1700000001\n");
	dump_text_close(d);
	cq_buf_finish(&out);
}

/* ---- the fast printers against the types' own ---- */

static uint64_t seed = 88172645463325252u;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Small, large, and the ends. */
static int64_t any_number(void)
{
	int64_t v = (int64_t)(any() >> any() % 64);

	return any() & 1 ? v : (int64_t)(0 - (uint64_t)v);
}

static struct dump_clock clock_at_rest(void)
{
	struct dump_clock c;

	dump_clock_init(&c);
	return c;
}

static void expect_number(int64_t v)
{
	struct cq_buf b = {0};
	char want[32];

	dump_number(&b, v);
	snprintf(want, sizeof want, "%lld", (long long)v);
	assert_string_equal(cq_buf_cstr(&b), want);
	cq_buf_finish(&b);
}

static void numbers_are_printfs(void **state)
{
	int64_t power = 1;

	(void)state;
	for (int i = 0; i < 100000; i++)
		expect_number(i < 1000 ? i - 500 : i == 1000 ? INT64_MIN : i == 1001 ? INT64_MAX : any_number());
	/* Where another digit begins, and digits in the middle that are all zero. */
	for (int digits = 1; digits < 19; digits++, power *= 10)
		for (int64_t near = -2; near <= 2; near++) {
			expect_number(power + near);
			expect_number(-power - near);
			expect_number(5 * power + near);
		}
}

static void times_are_those_of_the_types(void **state)
{
	(void)state;
	struct dump_clock c = clock_at_rest();
	struct cq_buf b = {0}, want = {0};

	for (int i = 0; i < 200000; i++) {
		int64_t v = any_number();

		if (i % 3 == 0)
			v = INT64_C(1700000000000000) + v % 10000000000;         /* near each other, as in real tables */
		cq_buf_clear(&b);
		cq_buf_clear(&want);
		dump_micros(&b, &c, v, true);
		cq_print_timestamp_micros(&want, v);
		assert_string_equal(cq_buf_cstr(&b), cq_buf_cstr(&want));
		v = i % 2 ? v / 1000000 : v >> 20;
		cq_buf_clear(&b);
		cq_buf_clear(&want);
		dump_seconds(&b, &c, v);
		cq_print_instant(&want, v, 0);
		assert_string_equal(cq_buf_cstr(&b), cq_buf_cstr(&want));
	}
	cq_buf_finish(&b);
	cq_buf_finish(&want);
}

static unsigned two(const uint8_t *p)
{
	return (unsigned)((p[0] - '0') * 10 + (p[1] - '0'));
}

static void every_day_until_the_year_9999_has_its_date(void **state)
{
	(void)state;
	struct dump_clock c = clock_at_rest();
	struct cq_buf b = {0};

	for (int64_t day = 0; day < 2932897; day++) {
		unsigned month, day_of_month, of_day = (unsigned)(day * 7919 % 86400);
		int64_t year;
		const uint8_t *p;

		cq_buf_clear(&b);
		dump_seconds(&b, &c, day * 86400 + of_day);
		cq_civil(day, &year, &month, &day_of_month);
		p = b.p;
		assert_true(b.len == 20 && two(p) * 100 + two(p + 2) == year && two(p + 5) == month && two(p + 8) == day_of_month);
		assert_true(two(p + 11) * 3600 + two(p + 14) * 60 + two(p + 17) == of_day);
	}
	cq_buf_finish(&b);
}

/* A double of each sort: a short decimal, one beside it, one that is half a decimal's step off, any bits at all. */
static double any_double(unsigned sort)
{
	static const double power[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16 };
	double v = (double)(int64_t)(any() >> (14 + any() % 50)) / power[any() % CQ_COUNTOF(power)];
	uint64_t bits;

	memcpy(&bits, &v, sizeof v);
	if (sort == 1)
		bits += any() % 5 - 2;
	else if (sort == 2)
		bits |= UINT64_C(1) << any() % 52;
	else if (sort == 3)
		bits = any();
	bits ^= (any() & 1) << 63;
	memcpy(&v, &bits, sizeof v);
	return v;
}

static void doubles_are_those_of_the_types(void **state)
{
	(void)state;
	const struct cq_type *t = cq_type_simple(CQ_T_DOUBLE);
	struct dump_clock c = clock_at_rest();
	struct cq_buf b = {0}, want = {0};
	unsigned fast[4] = {0};

	for (unsigned i = 0; i < 800000; i++) {
		static const double edges[] = { 0.0, 1e-3, 9.999999999999998e-4, 1e7, 9999999.999999998, 9999999.5, 0.5, 0.1, 100, 123456.7890625 };
		double d = i / 4 < CQ_COUNTOF(edges) ? edges[i / 4] : any_double(i % 4);
		uint8_t bytes[8];
		uint64_t bits;

		memcpy(&bits, &d, sizeof bits);
		cq_put_be64(bytes, bits);
		cq_buf_clear(&b);
		if (!dump_value(&b, &c, t, cq_slice_of(bytes, 8)))
			continue;
		fast[i % 4]++;
		cq_buf_clear(&want);
		assert_int_equal(cq_value_json(t, cq_slice_of(bytes, 8), &want, 0, NULL), CQ_OK);
		assert_string_equal(cq_buf_cstr(&b), cq_buf_cstr(&want));
	}
	assert_true(fast[0] > 10000 && fast[1] > 1000 && fast[2] > 1000);
	cq_buf_finish(&b);
	cq_buf_finish(&want);
}

static void write_times_before_1970_are_a_second_off_only_when_asked(void **state)
{
	(void)state;
	struct dump_clock c = clock_at_rest();
	struct cq_buf b = {0};

	dump_micros(&b, &c, -1500000, false);
	cq_buf_byte(&b, ' ');
	dump_micros(&b, &c, -1500000, true);
	cq_buf_byte(&b, ' ');
	dump_micros(&b, &c, INT64_MAX, false);
	cq_buf_byte(&b, ' ');
	dump_micros(&b, &c, INT64_MIN, false);
	assert_string_equal(cq_buf_cstr(&b), "1969-12-31T23:59:58.500Z 1969-12-31T23:59:59.500Z +294247-01-10T04:00:54.775807Z "
		"-290308-12-21T19:59:05.224192Z");
	cq_buf_finish(&b);
}

static void values_are_those_of_the_types(void **state)
{
	(void)state;
	static const enum cq_kind kinds[] = { CQ_T_INT, CQ_T_BIGINT, CQ_T_TEXT, CQ_T_ASCII, CQ_T_BLOB, CQ_T_UUID, CQ_T_TIMEUUID,
		CQ_T_TIMESTAMP };
	struct dump_clock c = clock_at_rest();
	struct cq_buf b = {0}, want = {0};
	unsigned fast[CQ_COUNTOF(kinds)] = {0};

	for (int i = 0; i < 400000; i++) {
		size_t k = (size_t)i % CQ_COUNTOF(kinds), n = any() % 4 ? (const size_t[]){ 4, 8, 9, 7, 20, 16, 16, 8 }[k] : any() % 40;
		const struct cq_type *t = cq_type_simple(kinds[k]);
		uint8_t *bytes = malloc(n + 1);                         /* its own size: reads past it are caught */
		uint8_t odd = (uint8_t)any(), mask = any() % 3 ? 0x7f : 0xff;
		cq_slice v = cq_slice_of(bytes, n);

		for (size_t m = 0; m < n; m++)
			bytes[m] = (uint8_t)(any() >> 20) & mask;
		if (kinds[k] == CQ_T_TEXT || kinds[k] == CQ_T_ASCII) {
			for (size_t m = 0; m < n; m++)
				bytes[m] = (uint8_t)('a' + bytes[m] % 26);
			if (n && any() & 1)
				bytes[any() % n] = odd;                  /* any byte in otherwise plain text */
		}
		if (kinds[k] == CQ_T_TIMESTAMP && n == 8 && any() & 1)
			cq_put_be64(bytes, UINT64_C(1700000000000) + any() % 100000000);
		cq_buf_clear(&b);
		cq_buf_clear(&want);
		if (dump_value(&b, &c, t, v)) {
			fast[k]++;
			assert_int_equal(cq_value_json(t, v, &want, 0, NULL), CQ_OK);
			assert_string_equal(cq_buf_cstr(&b), cq_buf_cstr(&want));
		} else {
			assert_int_equal(b.len, 0);
		}
		free(bytes);
	}
	for (size_t k = 0; k < CQ_COUNTOF(kinds); k++)
		assert_true(fast[k] > 1000);
	cq_buf_finish(&b);
	cq_buf_finish(&want);
}

/* ---- room ---- */

/* Names, keys and values that a buffer's first room does not hold, with and without what needs escaping. */
static void names_and_values_may_have_any_length(void **state)
{
	static const size_t lengths[] = { 0, 1, 3, 15, 16, 17, 30, 62, 63, 64, 65, 127, 128, 500, 1023, 1024, 1025, 4096, 70000 };
	struct cq_table *t = make_table();
	struct cq_type composite = { .kind = CQ_T_COMPOSITE, .depth = 1, .fixed_len = CQ_VARIABLE };
	const struct cq_type *parts[2] = { cq_type_simple(CQ_T_TEXT), cq_type_simple(CQ_T_INT) };

	(void)state;
	composite.narg = 2;
	composite.arg = parts;
	for (size_t i = 0; i < CQ_COUNTOF(lengths); i++)
		for (int odd = 0; odd < 2; odd++) {
			size_t n = lengths[i];
			char *name = malloc(n + 1), *text_of = malloc(n + 1), *escaped = malloc(n + 2), *want = malloc(8 * n + 1000), *got;
			uint8_t *key = malloc(n + 10);
			struct cq_event events[] = { partition_event(), row_event(), end_event() };
			struct cq_row r = *events[1].row;
			struct cq_cell cells[2] = { r.cells[0], r.cells[0] };
			struct cq_partition p = partition;
			cq_slice values[2];

			memset(name, 'n', n);
			memset(text_of, 't', n);
			name[n] = text_of[n] = 0;
			snprintf(escaped, n + 2, "%s", text_of);
			if (odd && n) {
				text_of[n / 2] = '\n';
				snprintf(escaped, n + 2, "%.*s\\n%s", (int)(n / 2), text_of, text_of + n / 2 + 1);
			}
			regulars[0].name = cq_slice_of(name, n);
			cells[0].value = cells[1].value = cq_slice_of(text_of, n);
			cells[1].path = cq_slice_of(text_of, n);
			r.cells = cells;
			r.ncells = r.nsimple = 2;
			r.ncomplex = 0;
			values[0] = cq_slice_of(one, 4);
			values[1] = cq_slice_of(text_of, n);
			r.clustering.values = values;
			events[1].row = &r;
			/* A composite of a text and an int: length, bytes, 0; 4, bytes, 0. */
			cq_put_be16(key, (uint16_t)(n & 0x7fff));
			memcpy(key + 2, text_of, n & 0x7fff);
			memcpy(key + 2 + (n & 0x7fff), "\0\0\4\0\0\0\7\0", 8);
			p.key = cq_slice_of(key, (n & 0x7fff) + 10);
			events[0].partition = events[1].partition = events[2].partition = &p;
			t->stats.key_type = &composite;
			snprintf(want, 8 * n + 1000, "{\"table kind\":\"REGULAR\",\"partition\":{\"key\":[\"%.*s\",\"7\"],\"position\":5},\"rows\":["
				"{\"type\":\"row\",\"position\":40,\"clustering\":[1,\"%s\"],\"liveness_info\":{\"tstamp\":\"1700000000123456\"},\"cells\":["
				"{\"name\":\"%s\",\"value\":\"%s\"},{\"name\":\"%s\",\"value\":\"%s\"}]}]}",
				(int)(n == (n & 0x7fff) ? strlen(escaped) : n & 0x7fff), escaped, escaped, n ? name : "\\\"\\\"", escaped, n ? name : "\\\"\\\"",
				escaped);
			got = dump_of(t, (struct dump_options){ .lines = true, .raw_times = true }, events, 3);
			assert_string_equal(got, want);
			free(got);
			free(name);
			free(text_of);
			free(escaped);
			free(want);
			free(key);
		}
}

static void every_plain_byte_takes_the_fast_way_and_no_other(void **state)
{
	(void)state;
	struct dump_clock c = clock_at_rest();
	struct cq_buf b = {0};

	for (unsigned odd = 0; odd < 256; odd++)
		for (size_t n = 1; n < 36; n++)
			for (size_t at = 0; at < n; at++) {
				bool plain = odd >= 0x20 && odd < 0x80 && odd != '"' && odd != '\\';
				uint8_t bytes[36];

				memset(bytes, ' ', sizeof bytes);            /* the smallest plain byte: beside it borrows would show */
				bytes[at] = (uint8_t)odd;
				cq_buf_clear(&b);
				assert_int_equal(dump_value(&b, &c, cq_type_simple(CQ_T_TEXT), cq_slice_of(bytes, n)), plain);
			}
	cq_buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_partitions_are_two_brackets),
		cmocka_unit_test(a_row_is_laid_out_as_sstabledump_does),
		cmocka_unit_test(lines_have_no_white_space_and_no_end_of_line_at_the_end),
		cmocka_unit_test(sstabledumps_positions_are_behind_header_and_static_row),
		cmocka_unit_test(markers_open_before_they_close_and_missing_values_are_stars),
		cmocka_unit_test(a_row_without_cells_has_an_empty_list),
		cmocka_unit_test(only_tombstones_leaves_out_what_lives),
		cmocka_unit_test(whatever_is_open_is_closed_after_any_event),
		cmocka_unit_test(values_of_another_type_are_their_bytes),
		cmocka_unit_test(a_key_may_move_before_the_next_event),
		cmocka_unit_test(internal_text_is_cassandras),
		cmocka_unit_test(numbers_are_printfs),
		cmocka_unit_test(times_are_those_of_the_types),
		cmocka_unit_test(every_day_until_the_year_9999_has_its_date),
		cmocka_unit_test(doubles_are_those_of_the_types),
		cmocka_unit_test(names_and_values_may_have_any_length),
		cmocka_unit_test(write_times_before_1970_are_a_second_off_only_when_asked),
		cmocka_unit_test(values_are_those_of_the_types),
		cmocka_unit_test(every_plain_byte_takes_the_fast_way_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The tries of Partitions.db and Rows.db: trie.inc.h, trie_walk.h, bti_index.h. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trie_fixture.h"

/* ---- tables made of bytes ---- */

struct fake {
	struct cq_table table;
	struct cq_format format;
	const struct cq_type *clustering[1];
	struct cq_lookup *lookup;
};

static struct cq_space *space_of(const void *p, size_t n, const char *name)
{
	struct cq_space *s;

	assert_int_equal(cq_space_open_memory(&s, cq_slice_of(p, n), name, NULL), CQ_OK);
	return s;
}

/* ByteOrderedPartitioner, text keys, one text clustering. rows and data may be NULL. */
static void fake_open(struct fake *f, cq_slice partitions, cq_slice rows, cq_slice data)
{
	struct cq_table *t = &f->table;

	*f = (struct fake){ .format = { .lookup_close = bti_lookup_close } };
	f->clustering[0] = cq_type_simple(CQ_T_TEXT);
	t->format = &f->format;
	t->stats.key_type = cq_type_simple(CQ_T_TEXT);
	t->ctx.nclustering = 1;
	t->ctx.clustering = f->clustering;
	cq_partitioner_init(&t->partitioner, cq_slice_str("ByteOrderedPartitioner"), t->stats.key_type);
	if (partitions.p)
		t->component[CQ_C_PARTITIONS] = space_of(partitions.p, partitions.len, "Partitions.db");
	if (rows.p)
		t->component[CQ_C_ROWS] = space_of(rows.p, rows.len, "Rows.db");
	if (data.p) {
		t->component[CQ_C_DATA] = space_of(data.p, data.len, "Data.db");
		t->stream = (struct cq_stream){ .raw = t->component[CQ_C_DATA], .len = data.len };
	}
	assert_int_equal(cq_lookup_open(&f->lookup, t, NULL), CQ_OK);
}

static void fake_close(struct fake *f)
{
	cq_lookup_close(f->lookup);
	for (int i = 0; i < CQ_C_KINDS; i++)
		cq_space_close(f->table.component[i]);
}

/* ---- nodes ---- */

struct example {
	const char *hex;
	enum trie_which which;
	uint64_t off;                          /* where it stands, so that its children can be */
	unsigned type, flags;
	struct { uint8_t transition; uint64_t distance; } child[8];
	int64_t position;                      /* of the payload */
};

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned b;
	int used;

	for (; sscanf(hex, "%2x %n", &b, &used) == 1; hex += used)
		out[n++] = (uint8_t)b;
	return n;
}

#define FAR 0x20000000000u

static const struct example examples[] = {
	{ "09 ab fc 17", TRIE_PARTITIONS, 0, 0, 9, { {0, 0} }, (int16_t)0xfc17 },
	{ "1b 40", TRIE_ROWS, 0xb, 1, 0, { { 0x40, 0xb } }, 0 },
	{ "21 40 0e 04", TRIE_ROWS, 0x59, 2, 1, { { 0x40, 0xe } }, 4 },
	{ "31 23 61", TRIE_ROWS, 0x123, 3, 0, { { 0x61, 0x123 } }, 0 },
	{ "42 61 12 34 14 fd", TRIE_ROWS, 0x2000, 4, 2, { { 0x61, 0x1234 } }, 0x14fd },
	{ "51 02 31 7a 09 05 20", TRIE_ROWS, 9, 5, 1, { { 0x31, 9 }, { 0x7a, 5 } }, 0x20 },
	{ "60 03 31 39 80 32 12 10 00 a0", TRIE_ROWS, 0x321, 6, 0, { { 0x31, 0x321 }, { 0x39, 0x210 }, { 0x80, 0xa } }, 0 },
	{ "70 02 10 90 43 21 00 10", TRIE_ROWS, FAR, 7, 0, { { 0x10, 0x4321 }, { 0x90, 0x10 } }, 0 },
	{ "80 02 10 90 12 34 56 00 00 10", TRIE_ROWS, FAR, 8, 0, { { 0x10, 0x123456 }, { 0x90, 0x10 } }, 0 },
	{ "90 02 10 f0 12 34 56 78 90 00 00 00 00 10", TRIE_ROWS, FAR, 9, 0, { { 0x10, 0x1234567890 }, { 0xf0, 0x10 } }, 0 },
	{ "a0 30 05 00 f0 0c 00 90 06 00 00 03", TRIE_ROWS, FAR, 10, 0, { { 0x30, 0xf }, { 0x31, 0xc }, { 0x32, 9 },
		{ 0x33, 6 }, { 0x34, 0 }, { 0x35, 3 } }, 0 },
	{ "b0 30 03 20 00 10 00 00 00 00 10", TRIE_ROWS, FAR, 11, 0, { { 0x30, 0x2000 }, { 0x31, 0x1000 }, { 0x32, 0 },
		{ 0x33, 0x10 } }, 0 },
	{ "c1 55 00 12 34 56 07", TRIE_ROWS, FAR, 12, 1, { { 0x55, 0x123456 } }, 7 },
	{ "d0 30 01 12 34 56 78 00 00 00 10", TRIE_ROWS, FAR, 13, 0, { { 0x30, 0x12345678 }, { 0x31, 0x10 } }, 0 },
	{ "e0 30 01 12 34 56 78 90 00 00 00 00 10", TRIE_ROWS, FAR, 14, 0, { { 0x30, 0x1234567890 }, { 0x31, 0x10 } }, 0 },
	{ "f0 55 00 00 00 01 23 45 67 89 01", TRIE_ROWS, FAR, 15, 0, { { 0x55, 0x12345678901 } }, 0 },
};

static void a_node_of_every_type_is_read_and_explained(void **state)
{
	struct recorder *r = malloc(sizeof *r);

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(examples); i++) {
		const struct example *e = &examples[i];
		uint8_t b[64];
		size_t len = unhex(e->hex, b), slots = 0;
		cq_cur fast = cq_cur_over(b, len, e->off), slow = fast;
		struct trie_payload p, q;
		struct trie_node n, m;
		uint64_t at = e->off;

		trie_node_body(&fast, &n, NULL);
		trie_payload_body(&fast, e->which, n.flags, &p, NULL);
		assert_int_equal(fast.status, CQ_OK);
		assert_ptr_equal(fast.p, b + len);
		assert_int_equal(n.type, e->type);
		assert_int_equal(n.flags, e->flags);
		assert_int_equal(p.position, e->position);
		while (slots < 8 && (e->child[slots].distance || e->child[slots].transition))
			slots++;
		assert_int_equal(n.slots, slots);
		for (unsigned s = 0; s < slots; s++) {
			uint64_t child = 0;
			int want = e->child[s].distance ? CQ_OK : CQ_NOT_FOUND;

			assert_int_equal(trie_transition(&n, s), e->child[s].transition);
			assert_int_equal(trie_distance(&n, s), e->child[s].distance);
			assert_int_equal(trie_child(&n, s, 0, &child), want);
			if (want == CQ_OK) {
				assert_int_equal(child, e->off - e->child[s].distance);
				/* One byte more before the start of the trie is one too many. */
				assert_int_equal(trie_child(&n, s, child, &child), CQ_OK);
				assert_int_equal(trie_child(&n, s, child + 1, &child), CQ_DAMAGED);
			}
			assert_int_equal(trie_slot_from(&n, e->child[s].transition), s);
		}
		assert_int_equal(trie_slot_from(&n, 256), slots);
		assert_int_equal(trie_slot_from(&n, 0), 0);

		*r = (struct recorder){0};
		trie_node_body(&slow, &m, &(cq_trace){ &recording, r });
		trie_payload_body(&slow, e->which, m.flags, &q, &(cq_trace){ &recording, r });
		assert_int_equal(slow.status, CQ_OK);
		assert_ptr_equal(slow.p, fast.p);
		for (size_t k = 0; k < r->nleaf; k++) {
			assert_int_equal(r->leaf[k].off, at);
			at += r->leaf[k].len;
		}
		assert_int_equal(at, e->off + len);
	}
	free(r);
}

static void a_node_cut_anywhere_is_damage_for_both_readers(void **state)
{
	struct recorder *r = malloc(sizeof *r);

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(examples); i++) {
		uint8_t b[64];
		size_t len = unhex(examples[i].hex, b);

		for (size_t n = 0; n < len; n++) {
			uint8_t *cut = malloc(n + !n);         /* of that size, for the address sanitizer */
			cq_cur fast, slow;
			struct trie_payload p;
			struct trie_node node;

			memcpy(cut, b, n);
			fast = slow = cq_cur_over(cut, n, 0);
			trie_node_body(&fast, &node, NULL);
			trie_payload_body(&fast, examples[i].which, node.flags, &p, NULL);
			assert_int_equal(fast.status, CQ_DAMAGED);
			*r = (struct recorder){0};
			trie_node_body(&slow, &node, &(cq_trace){ &recording, r });
			trie_payload_body(&slow, examples[i].which, node.flags, &p, &(cq_trace){ &recording, r });
			assert_int_equal(slow.status, CQ_DAMAGED);
			assert_ptr_equal(slow.p, fast.p);
			assert_int_equal(slow.field, fast.field);
			assert_int_equal(r->depth, 0);
			free(cut);
		}
	}
	free(r);
}

static void impossible_nodes_are_damage(void **state)
{
	static const struct {
		const char *hex;
		enum trie_which which;
		unsigned field;
	} all[] = {
		{ "50 00", TRIE_ROWS, CQ_F_TRIE_COUNT },
		{ "50 02 31 31 01 01", TRIE_ROWS, CQ_F_TRIE_TRANSITIONS },
		{ "50 02 32 31 01 01", TRIE_ROWS, CQ_F_TRIE_TRANSITIONS },
		{ "b0 ff 01 00 01 00 01", TRIE_ROWS, CQ_F_TRIE_SPAN },
		{ "01 80", TRIE_ROWS, CQ_F_TRIE_BLOCK_OFFSET },                        /* a negative offset in a partition */
		{ "09 04 80 00 00 00 00 00 00 00 00 00 00 00", TRIE_ROWS, CQ_F_DELETION_FLAGS },     /* LIVE is not open */
		{ "09 04 81 00 00 00 00 00 00 00 00 00 00 00", TRIE_ROWS, CQ_F_DELETION_FLAGS },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		uint8_t b[64];
		size_t len = unhex(all[i].hex, b);
		cq_cur c = cq_cur_over(b, len, 100);
		struct trie_payload p;
		struct trie_node n;

		trie_node_body(&c, &n, NULL);
		trie_payload_body(&c, all[i].which, n.flags, &p, NULL);
		assert_int_equal(c.status, CQ_DAMAGED);
		assert_int_equal(c.field, all[i].field);
	}
}

/* ---- a small Partitions.db: five keys "0" to "4" ---- */

static const char simple_hex[] =
	"08 09 ff 08 37 e9 08 dd d1 08 02 b9 08 2f a1 a0 30 04 00 f0 0c 00 90 06 00 30 1b 40 00 01 30 00"
	"01 34 00 00 00 00 00 00 00 1c 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 1a";

static const uint64_t simple_at[] = { 0, 22, 46, 70, 94 };

static void simple_open(struct fake *f, uint8_t partitions[64], uint8_t data[100])
{
	size_t n = unhex(simple_hex, partitions);

	assert_int_equal(n, 58);
	memset(data, 0xee, 100);
	for (int i = 0; i < 5; i++) {
		data[simple_at[i]] = 0;
		data[simple_at[i] + 1] = 1;
		data[simple_at[i] + 2] = (uint8_t)('0' + i);
	}
	fake_open(f, cq_slice_of(partitions, n), cq_slice_of("", 0), cq_slice_of(data, 100));
}

static int find(struct fake *f, const char *key, struct cq_position *pos)
{
	struct cq_error err = {0};
	struct cq_token token;

	cq_token(&f->table.partitioner, cq_slice_str(key), &token);
	return bti_find(f->lookup, cq_slice_str(key), &token, pos, &err);
}

static int find_token(struct fake *f, const char *key, bool inclusive, struct cq_position *pos)
{
	struct cq_error err = {0};
	struct cq_token token;

	cq_token(&f->table.partitioner, cq_slice_str(key), &token);
	return bti_find_token(f->lookup, &token, inclusive, pos, &err);
}

static void keys_are_found_and_only_they(void **state)
{
	uint8_t partitions[64], data[100];
	struct cq_position pos;
	struct fake f;

	(void)state;
	simple_open(&f, partitions, data);
	for (int i = 0; i < 5; i++) {
		char key[] = { (char)('0' + i), 0 };

		assert_int_equal(find(&f, key, &pos), CQ_OK);
		assert_int_equal(pos.data_off, simple_at[i]);
		assert_int_equal(pos.index_off, 3 * i);
		assert_true(pos.rows_off == CQ_NO_OFFSET);
		assert_true(cq_slice_is(pos.key, key));
	}
	assert_int_equal(find(&f, "", &pos), CQ_NOT_FOUND);
	assert_int_equal(find(&f, "5", &pos), CQ_NOT_FOUND);
	assert_int_equal(find(&f, "/", &pos), CQ_NOT_FOUND);
	assert_int_equal(find(&f, "12", &pos), CQ_NOT_FOUND);
	/* Right hash byte (37 is that of "1"), wrong stored key: the key decides. */
	data[simple_at[1] + 2] = 'x';
	fake_close(&f);
	fake_open(&f, cq_slice_of(partitions, 58), cq_slice_of("", 0), cq_slice_of(data, 100));
	assert_int_equal(find(&f, "1", &pos), CQ_NOT_FOUND);
	assert_int_equal(find(&f, "2", &pos), CQ_OK);
	fake_close(&f);
}

static void tokens_lead_to_the_first_partition_behind_them(void **state)
{
	uint8_t partitions[64], data[100];
	struct cq_position pos;
	struct fake f;

	(void)state;
	simple_open(&f, partitions, data);
	assert_int_equal(find_token(&f, "", true, &pos), CQ_OK);
	assert_true(cq_slice_is(pos.key, "0"));
	assert_int_equal(find_token(&f, "2", true, &pos), CQ_OK);
	assert_true(cq_slice_is(pos.key, "2"));
	assert_int_equal(find_token(&f, "2", false, &pos), CQ_OK);
	assert_true(cq_slice_is(pos.key, "3"));
	assert_int_equal(find_token(&f, "2x", true, &pos), CQ_OK);     /* its walk ends at the leaf of "2", which is before */
	assert_true(cq_slice_is(pos.key, "3"));
	assert_int_equal(find_token(&f, "4", false, &pos), CQ_END);
	assert_int_equal(find_token(&f, "zebra", true, &pos), CQ_END);
	fake_close(&f);
}

static void iteration_goes_on_from_any_place_it_gave(void **state)
{
	uint8_t partitions[64], data[100];
	uint64_t at = 0, places[5];
	struct cq_position pos;
	struct fake f;

	(void)state;
	simple_open(&f, partitions, data);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(bti_next(f.lookup, &at, &pos, NULL), CQ_OK);
		assert_int_equal(pos.data_off, simple_at[i]);
		places[i] = at;
	}
	assert_int_equal(bti_next(f.lookup, &at, &pos, NULL), CQ_END);
	for (int i = 3; i >= 0; i--) {
		at = places[i];
		assert_int_equal(bti_next(f.lookup, &at, &pos, NULL), CQ_OK);
		assert_int_equal(pos.data_off, simple_at[i + 1]);
		assert_int_equal(at, places[i + 1]);
	}
	/* Without the stored key there is still the long way. */
	data[simple_at[2] + 2] = 'x';
	fake_close(&f);
	fake_open(&f, cq_slice_of(partitions, 58), cq_slice_of("", 0), cq_slice_of(data, 100));
	at = places[2];
	assert_int_equal(bti_next(f.lookup, &at, &pos, NULL), CQ_OK);
	assert_int_equal(pos.data_off, simple_at[3]);
	at = 5;                                                        /* no leaf is there */
	assert_int_equal(bti_next(f.lookup, &at, &pos, NULL), CQ_EUSAGE);
	fake_close(&f);
}

static void a_bad_pointer_costs_only_what_is_below_it(void **state)
{
	uint8_t partitions[64], data[100];
	struct cq_error err = {0};
	struct cq_position pos;
	size_t found = 0, damaged = 0;
	uint64_t at = 0;
	struct fake f;
	int rc;

	(void)state;
	simple_open(&f, partitions, data);
	fake_close(&f);
	partitions[0x12] = 0xff;                                       /* distance of "0": ff0, beyond the file's start */
	fake_open(&f, cq_slice_of(partitions, 58), cq_slice_of("", 0), cq_slice_of(data, 100));
	assert_int_equal(find(&f, "0", &pos), CQ_DAMAGED);
	assert_int_equal(find(&f, "1", &pos), CQ_OK);
	assert_int_equal(find(&f, "4", &pos), CQ_OK);
	while ((rc = bti_next(f.lookup, &at, &pos, &err)) != CQ_END) {
		found += rc == CQ_OK;
		damaged += rc == CQ_DAMAGED;
		assert_true(found + damaged < 10);
	}
	assert_int_equal(found, 4);
	assert_int_equal(damaged, 1);
	assert_int_equal(err.field, CQ_F_TRIE_DISTANCE);
	assert_int_equal(err.off, 0xf);
	assert_string_equal(err.file, "Partitions.db");
	fake_close(&f);
}

static void every_byte_of_the_example_has_one_leaf(void **state)
{
	uint8_t partitions[64], data[100], cover[64] = {0};
	struct fake f;

	(void)state;
	simple_open(&f, partitions, data);
	assert_int_equal(expand(&f.table, CQ_C_PARTITIONS, cover, 58, 1000), CQ_OK);
	for (int i = 0; i < 58; i++)
		assert_int_equal(cover[i], 1);
	fake_close(&f);
}

static void a_damaged_end_is_damage_and_never_a_loop(void **state)
{
	static const struct {
		unsigned at;
		const char *bytes;
		unsigned field;
	} all[] = {
		{ 0x22, "00 00 00 00 00 00 00 23", CQ_F_KEYS_POSITION },
		{ 0x22, "80 00 00 00 00 00 00 1c", CQ_F_KEYS_POSITION },
		{ 0x32, "00 00 00 00 00 00 00 1c", CQ_F_ROOT_POSITION },
		{ 0x32, "ff ff ff ff ff ff ff ff", CQ_F_ROOT_POSITION },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		uint8_t partitions[64], data[100], cover[64] = {0};
		struct cq_error err = {0};
		struct cq_position pos;
		uint64_t at = 0;
		struct fake f;

		simple_open(&f, partitions, data);
		fake_close(&f);
		unhex(all[i].bytes, partitions + all[i].at);
		fake_open(&f, cq_slice_of(partitions, 58), cq_slice_of("", 0), cq_slice_of(data, 100));
		assert_int_equal(find(&f, "0", &pos), CQ_DAMAGED);
		assert_int_equal(bti_next(f.lookup, &at, &pos, &err), CQ_DAMAGED);
		assert_int_equal(at, 0);
		assert_int_equal(err.field, all[i].field);
		assert_int_equal(expand(&f.table, CQ_C_PARTITIONS, cover, 58, 1000), CQ_DAMAGED);
		fake_close(&f);
	}
	for (size_t n = 0; n < 24; n++) {
		uint8_t partitions[64] = {0};
		struct cq_position pos;
		struct fake f;

		fake_open(&f, cq_slice_of(partitions, n), cq_slice_of("", 0), cq_slice_of("x", 1));
		assert_int_equal(find(&f, "0", &pos), CQ_DAMAGED);
		fake_close(&f);
	}
}

static void without_the_files_the_index_is_not_supported(void **state)
{
	uint8_t partitions[64], data[100];
	struct cq_position pos;
	struct fake f;

	(void)state;
	simple_open(&f, partitions, data);
	fake_close(&f);
	fake_open(&f, (cq_slice){0}, (cq_slice){0}, cq_slice_of(data, 100));
	assert_int_equal(find(&f, "0", &pos), CQ_EUNSUPPORTED);
	fake_close(&f);
	partitions[2] = 0;                                             /* "0" is in Rows.db now */
	fake_open(&f, cq_slice_of(partitions, 58), (cq_slice){0}, cq_slice_of(data, 100));
	assert_int_equal(find(&f, "0", &pos), CQ_EUNSUPPORTED);
	assert_int_equal(find(&f, "1", &pos), CQ_OK);
	fake_close(&f);
}

/* ---- a small Rows.db: partition "0", 13 blocks, their separators 2 to 4 bytes ---- */

static const char rows_hex[] =
	"02 14 fd 02 29 fd 50 02 32 36 06 03 02 53 fb 02 68 fb 52 02 33 37 06 03 3e fd 02 7d fb 13 31 03"
	"00 92 f9 03 00 a7 f9 50 03 30 34 38 0a 08 04 03 00 bc f7 03 00 d1 f7 03 00 e6 f7 50 03 31 35 39"
	"0c 08 04 03 00 fb f1 03 01 06 6d 50 06 31 32 33 34 38 3a 45 39 24 10 08 04 21 40 0e 04 00 01 30"
	"00 0d 0d 80";

/* A Partitions.db of one key, whose entry is at 5d of Rows.db. */
static const char one_hex[] =
	"08 09 5d 00 01 30 00 01 30 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00";

static const uint64_t blocks[] = { 4, 5373, 10749, 16125, 21499, 26875, 32251, 37625, 43001, 48375, 53751, 59127, 64497 };

static void rows_open(struct fake *f, uint8_t partitions[64], uint8_t rows[128])
{
	size_t np = unhex(one_hex, partitions), nr = unhex(rows_hex, rows);

	assert_int_equal(nr, 0x64);
	fake_open(f, cq_slice_of(partitions, np), cq_slice_of(rows, nr), cq_slice_of("", 0));
}

static void blocks_are_found_by_clustering_and_walked_backwards(void **state)
{
	static const struct {
		const char *clustering;
		enum cq_bound_kind kind;
		uint64_t start;
	} all[] = {
		{ "", CQ_INCL_START, 4 }, { "0", CQ_CLUSTERING, 4 }, { "12", CQ_CLUSTERING, 5373 },
		{ "11zzz", CQ_CLUSTERING, 4 }, { "12zzz", CQ_EXCL_START, 5373 }, { "16", CQ_INCL_START, 10749 },
		{ "2", CQ_INCL_START, 16125 }, { "1zzzz", CQ_CLUSTERING, 10749 }, { "23", CQ_CLUSTERING, 21499 },
		{ "22", CQ_INCL_END, 16125 }, { "30", CQ_CLUSTERING, 26875 }, { "301", CQ_CLUSTERING, 32251 },
		{ "8", CQ_INCL_START, 64497 }, { "9", CQ_CLUSTERING, 64497 },
		/* Beyond the last separator is the partition's end: the last block is the one before it. */
		{ "zzz", CQ_CLUSTERING, 64497 },
	};
	uint8_t partitions[64], rows[128];
	struct cq_position pos;
	struct cq_block b;
	struct fake f;

	(void)state;
	rows_open(&f, partitions, rows);
	assert_int_equal(find(&f, "0", &pos), CQ_OK);
	assert_int_equal(pos.rows_off, 0x5d);
	assert_int_equal(pos.data_off, 0);
	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		cq_slice value = cq_slice_str(all[i].clustering);
		struct cq_prefix bound = { .kind = all[i].kind, .n = 1, .values = &value };

		assert_int_equal(bti_block_floor(f.lookup, &pos, &bound, &b, NULL), CQ_OK);
		if (b.start != all[i].start)
			fail_msg("%s: block %" PRIu64 ", expected %" PRIu64, all[i].clustering, b.start, all[i].start);
		assert_true(cq_deletion_live(b.open));
	}
	assert_int_equal(bti_block_floor(f.lookup, &pos, &(struct cq_prefix){ .kind = CQ_INCL_START }, &b, NULL), CQ_OK);
	assert_int_equal(b.start, 4);
	assert_int_equal(bti_block_floor(f.lookup, &pos, NULL, &b, NULL), CQ_OK);
	for (size_t i = CQ_COUNTOF(blocks); i--;) {
		assert_int_equal(b.start, blocks[i]);
		assert_int_equal(bti_block_before(f.lookup, &pos, &b, NULL), i ? CQ_OK : CQ_END);
	}
	/* A block from elsewhere, without the separator at hand. */
	for (size_t i = 1; i < CQ_COUNTOF(blocks); i++) {
		b = (struct cq_block){ .start = blocks[i] };
		assert_int_equal(bti_block_before(f.lookup, &pos, &b, NULL), CQ_OK);
		assert_int_equal(b.start, blocks[i - 1]);
	}
	b.start = 17;
	assert_int_equal(bti_block_before(f.lookup, &pos, &b, NULL), CQ_EUSAGE);
	pos.rows_off = CQ_NO_OFFSET;
	assert_int_equal(bti_block_floor(f.lookup, &pos, NULL, &b, NULL), CQ_NOT_FOUND);
	fake_close(&f);
}

static void every_byte_of_the_row_example_has_one_leaf(void **state)
{
	uint8_t partitions[64], rows[128], cover[128] = {0};
	struct fake f;

	(void)state;
	rows_open(&f, partitions, rows);
	assert_int_equal(expand(&f.table, CQ_C_ROWS, cover, 0x64, 1000), CQ_OK);
	for (int i = 0; i < 0x64; i++)
		assert_int_equal(cover[i], 1);
	fake_close(&f);
}

/* ---- tries that were made to hurt ---- */

/* The end of a Partitions.db whose trie is the n bytes before. */
static size_t put_end(uint8_t *p, size_t n, uint64_t root)
{
	memset(p + n, 0, 4);
	cq_put_be64(p + n + 4, n);
	cq_put_be64(p + n + 12, 1);
	cq_put_be64(p + n + 20, root);
	return n + 28;
}

static void a_trie_with_more_paths_than_bytes_ends(void **state)
{
	uint8_t p[1024] = { 0x08, 0x09, 0xff };
	uint64_t at = 0, node;
	struct trie_payload payload;
	size_t n = 3, leaves = 0;
	struct fake f;
	int rc, damaged = 0;

	(void)state;
	for (int i = 0; i < 60; i++) {                                 /* 2^60 paths: both children are the node before */
		unsigned d = i ? 6 : 3;
		uint8_t both[] = { 0x50, 2, 0, 1, (uint8_t)d, (uint8_t)d };

		memcpy(p + n, both, sizeof both);
		n += sizeof both;
	}
	fake_open(&f, cq_slice_of(p, put_end(p, n, n - 6)), cq_slice_of("", 0), cq_slice_of("", 0));
	while ((rc = bti_next_leaf(f.lookup, &at, &node, &payload, NULL)) != CQ_END) {
		leaves += rc == CQ_OK;
		damaged += rc == CQ_DAMAGED;
		assert_true(leaves + (size_t)damaged <= n + 2);
	}
	assert_int_equal(damaged, 1);
	fake_close(&f);
}

static void a_chain_as_long_as_the_file_is_walked_without_recursion(void **state)
{
	enum { LEVELS = 300000 };
	size_t cap = 2 * LEVELS + 64, n = 4, count = 0;
	uint8_t *p = calloc(1, cap);
	uint64_t at = 0, node;
	struct trie_payload payload;
	struct trie trie;
	struct partitions_end end;
	struct cq_buf path = {0};
	struct fake f;

	(void)state;
	memcpy(p, "\x08\x09\xff\x10", 4);                              /* the fourth byte is never reached */
	for (int i = 0; i < LEVELS; i++, n += 2) {
		p[n] = i ? 0x12 : 0x14;
		p[n + 1] = 'a';
	}
	fake_open(&f, cq_slice_of(p, put_end(p, n, n - 2)), cq_slice_of("", 0), cq_slice_of("", 0));
	while (bti_next_leaf(f.lookup, &at, &node, &payload, NULL) == CQ_OK)
		count++;
	assert_int_equal(count, 1);
	assert_int_equal(bti_partitions(&f.lookup->partitions, &trie, &end, NULL), CQ_OK);
	assert_int_equal(trie_last(&trie, &path, &node, NULL), CQ_OK);
	assert_int_equal(path.len, LEVELS);
	assert_int_equal(trie_exact(&trie, cq_buf_bytes(&path), &node, NULL), CQ_OK);
	assert_int_equal(node, 0);
	cq_buf_finish(&path);
	fake_close(&f);
	free(p);
}

static void a_leaf_without_a_payload_is_damage(void **state)
{
	uint8_t p[64] = { 0x00, 0x11, 'a' };
	uint64_t at = 0, node, maybe, sure;
	struct trie_payload payload;
	struct trie trie;
	struct partitions_end end;
	struct cq_buf path = {0};
	struct fake f;

	(void)state;
	fake_open(&f, cq_slice_of(p, put_end(p, 3, 1)), cq_slice_of("", 0), cq_slice_of("", 0));
	assert_int_equal(bti_next_leaf(f.lookup, &at, &node, &payload, NULL), CQ_DAMAGED);
	assert_int_equal(bti_next_leaf(f.lookup, &at, &node, &payload, NULL), CQ_END);
	assert_int_equal(bti_partitions(&f.lookup->partitions, &trie, &end, NULL), CQ_OK);
	assert_int_equal(trie_ceiling(&trie, cq_slice_str("a"), &maybe, &sure, NULL), CQ_OK);
	assert_true(maybe == CQ_NO_OFFSET && sure == CQ_NO_OFFSET);
	assert_int_equal(trie_ceiling(&trie, cq_slice_str("A"), &maybe, &sure, NULL), CQ_DAMAGED);
	assert_int_equal(trie_floor(&trie, cq_slice_str("b"), false, &path, &node, NULL), CQ_DAMAGED);
	assert_int_equal(trie_exact(&trie, cq_slice_str("a"), &node, NULL), CQ_NOT_FOUND);
	cq_buf_finish(&path);
	fake_close(&f);
}

/* ---- real tries against a list of their leaves ---- */

struct path {
	uint8_t *p;
	size_t len;
	uint64_t node;
};

struct list {
	struct path *v;
	size_t n, cap;
};

static void list_all(const struct trie *t, struct list *l)
{
	struct trie_iter it;
	struct cq_error err = {0};
	uint64_t node;
	cq_slice path;
	int rc;

	*l = (struct list){0};
	trie_iter_init(&it, t);
	while ((rc = trie_iter_next(&it, &node, &err)) == CQ_OK) {
		struct path *at;

		path = trie_iter_path(&it);
		if (l->n == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 64;
			l->v = realloc(l->v, l->cap * sizeof *l->v);
		}
		at = &l->v[l->n++];
		*at = (struct path){ .p = malloc(path.len + 1), .len = path.len, .node = node };
		if (path.len)
			memcpy(at->p, path.p, path.len);
		if (l->n > 1)
			assert_true(cq_slice_cmp(cq_slice_of(at[-1].p, at[-1].len), cq_slice_of(at->p, at->len)) < 0);
	}
	if (rc != CQ_END)
		fail_msg("%s", err.msg);
	trie_iter_finish(&it);
}

static void list_finish(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].p);
	free(l->v);
}

/* Near a leaf: cut, changed, longer; sometimes anything. */
static size_t probe(const struct list *l, uint8_t *out, size_t cap)
{
	const struct path *p = &l->v[rnd((unsigned)l->n)];
	size_t len = p->len < cap - 8 ? p->len : cap - 8;

	if (len)
		memcpy(out, p->p, len);
	if (rnd(3) == 0 && len)
		len = rnd((unsigned)len);
	if (rnd(2) && len) {
		unsigned at = rnd(2) ? (unsigned)len - 1 : rnd((unsigned)len);

		out[at] = (uint8_t)(rnd(2) ? out[at] + 2u * rnd(2) - 1u : rnd(256));
	}
	for (unsigned more = rnd(4); more; more--)
		out[len++] = (uint8_t)rnd(256);
	return len;
}

static void compare(const struct trie *t, const struct list *l, unsigned probes)
{
	uint8_t key[512];
	struct cq_buf path = {0};
	uint64_t node, maybe, sure;

	for (size_t i = 0; i < l->n; i++) {
		cq_slice s = cq_slice_of(l->v[i].p, l->v[i].len);

		assert_int_equal(trie_exact(t, s, &node, NULL), CQ_OK);
		assert_int_equal(node, l->v[i].node);
		assert_int_equal(trie_floor(t, s, false, &path, &node, NULL), CQ_OK);
		assert_int_equal(node, l->v[i].node);
		assert_true(cq_slice_eq(cq_buf_bytes(&path), s));
		assert_int_equal(trie_floor(t, s, true, &path, &node, NULL), i ? CQ_OK : CQ_NOT_FOUND);
		if (i) {
			assert_int_equal(node, l->v[i - 1].node);
			assert_true(cq_slice_eq(cq_buf_bytes(&path), cq_slice_of(l->v[i - 1].p, l->v[i - 1].len)));
		}
	}
	assert_int_equal(trie_last(t, &path, &node, NULL), CQ_OK);
	assert_int_equal(node, l->v[l->n - 1].node);
	while (probes--) {
		size_t len = probe(l, key, sizeof key), floor = l->n, prefix = l->n, after = l->n;
		cq_slice s = cq_slice_of(key, len);
		bool strict = rnd(2);
		int rc;

		for (size_t i = 0; i < l->n; i++) {
			int c = cq_slice_cmp(cq_slice_of(l->v[i].p, l->v[i].len), s);

			if (c < 0 || (c == 0 && !strict))
				floor = i;
			if (c > 0 && after == l->n)
				after = i;
			if (l->v[i].len <= len && (!l->v[i].len || memcmp(l->v[i].p, key, l->v[i].len) == 0))
				prefix = i;
		}
		rc = trie_floor(t, s, strict, &path, &node, NULL);
		assert_int_equal(rc, floor == l->n ? CQ_NOT_FOUND : CQ_OK);
		if (rc == CQ_OK)
			assert_int_equal(node, l->v[floor].node);
		if (t->which == TRIE_ROWS)
			continue;
		assert_int_equal(trie_ceiling(t, s, &maybe, &sure, NULL), CQ_OK);
		assert_true(maybe == (prefix == l->n ? CQ_NO_OFFSET : l->v[prefix].node));
		assert_true(sure == (after == l->n ? CQ_NO_OFFSET : l->v[after].node));
		assert_int_equal(trie_exact(t, s, &node, NULL), prefix == l->n ? CQ_NOT_FOUND : CQ_OK);
	}
	cq_buf_finish(&path);
}

static void real_tries_agree_with_a_list_of_their_leaves(void **state)
{
	char **paths, file[600];
	size_t n = corpus(&paths), leaves = 0, tries = 0, entries = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct cq_space *partitions = NULL, *rows = NULL;
		struct cq_pages pages, row_pages;
		struct partitions_end end;
		struct trie t;
		struct list l;
		uint64_t rows_end = 0;

		snprintf(file, sizeof file, "%.*sRows.db", (int)(strlen(paths[i]) - strlen("Partitions.db")), paths[i]);
		assert_int_equal(cq_space_open_file(&partitions, paths[i], NULL), CQ_OK);
		assert_int_equal(cq_space_open_file(&rows, file, NULL), CQ_OK);
		cq_pages_init(&pages, partitions);
		cq_pages_init(&row_pages, rows);
		assert_int_equal(bti_partitions(&pages, &t, &end, NULL), CQ_OK);
		list_all(&t, &l);
		assert_int_equal(l.n, end.count);
		compare(&t, &l, l.n > 1000 ? 300 : 1000);
		leaves += l.n;
		for (size_t k = 0; k < l.n; k++) {
			struct trie_payload p;
			struct rows_entry e;
			struct list r;
			cq_slice bytes;
			struct trie rt;
			uint64_t last = 0;

			assert_int_equal(trie_read_payload(&t, l.v[k].node, &p, NULL), CQ_OK);
			assert_true(p.has_hash);
			if (p.position < 0)
				continue;
			assert_int_equal(bti_rows_entry(&row_pages, (uint64_t)p.position, &e, &bytes, NULL), CQ_OK);
			rt = (struct trie){ .pages = &row_pages, .which = TRIE_ROWS, .root = e.root, .start = rows_end, .end = e.off };
			list_all(&rt, &r);
			assert_int_equal(r.n, e.blocks + 1);
			assert_int_equal(r.v[0].len, 0);
			for (size_t b = 0; b < r.n; b++) {
				assert_int_equal(trie_read_payload(&rt, r.v[b].node, &p, NULL), CQ_OK);
				assert_true((uint64_t)p.position > last);
				last = (uint64_t)p.position;
			}
			compare(&rt, &r, 500);
			list_finish(&r);
			rows_end = e.end;
			tries++;
			entries += e.blocks;
		}
		assert_int_equal(rows_end, rows->size);        /* the sections tile the file */
		list_finish(&l);
		cq_pages_finish(&pages);
		cq_pages_finish(&row_pages);
		cq_space_close(partitions);
		cq_space_close(rows);
		free(paths[i]);
	}
	free(paths);
	print_message("# %zu leaves, %zu row tries of %zu blocks\n", leaves, tries, entries);
	assert_true(leaves > 100 && tries > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_of_every_type_is_read_and_explained),
		cmocka_unit_test(a_node_cut_anywhere_is_damage_for_both_readers),
		cmocka_unit_test(impossible_nodes_are_damage),
		cmocka_unit_test(keys_are_found_and_only_they),
		cmocka_unit_test(tokens_lead_to_the_first_partition_behind_them),
		cmocka_unit_test(iteration_goes_on_from_any_place_it_gave),
		cmocka_unit_test(a_bad_pointer_costs_only_what_is_below_it),
		cmocka_unit_test(every_byte_of_the_example_has_one_leaf),
		cmocka_unit_test(a_damaged_end_is_damage_and_never_a_loop),
		cmocka_unit_test(without_the_files_the_index_is_not_supported),
		cmocka_unit_test(blocks_are_found_by_clustering_and_walked_backwards),
		cmocka_unit_test(every_byte_of_the_row_example_has_one_leaf),
		cmocka_unit_test(a_trie_with_more_paths_than_bytes_ends),
		cmocka_unit_test(a_chain_as_long_as_the_file_is_walked_without_recursion),
		cmocka_unit_test(a_leaf_without_a_payload_is_damage),
		cmocka_unit_test(real_tries_agree_with_a_list_of_their_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

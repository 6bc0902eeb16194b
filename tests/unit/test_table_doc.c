/* The document of real tables: paths, places, links, and what it makes of damage. That every byte is covered is tests/corpus/
 * coverage's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_table_doc.h"

#define BIG CQ_TEST_CORPUS "/5.0-nb/small/wide_small/nb-1-big-"
#define BTI CQ_TEST_CORPUS "/5.0-da/small/wide_small/da-1-bti-"
#define OLD CQ_TEST_CORPUS "/3.11-me/small/wide_small/me-1-big-"
#define PLAIN CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-"

/* ---- tables whose bytes can be changed ---- */

struct change {
	const char *component;           /* "Data.db"; NULL: none */
	bool missing;                    /* it is not there */
	uint64_t off, keep;              /* keep: bytes of the file that are left, 0 all */
	uint8_t mask;                    /* xor */
	uint8_t *bytes[CQ_C_KINDS];
	int n;
};

static int open_changed(void *arg, const char *path, struct cq_space **out, struct cq_error *err)
{
	struct change *c = arg;
	struct cq_space *s;
	size_t size;
	uint8_t *p;
	int rc;

	FILE *there = fopen(path, "rb");

	if (there && c->missing && strstr(path, c->component)) {
		fclose(there);
		return CQ_NOT_FOUND;
	}
	if (!there)
		return CQ_NOT_FOUND;
	fclose(there);
	rc = cq_space_open_file(&s, path, err);
	if (rc != CQ_OK)
		return rc;
	size = (size_t)s->size;
	p = malloc(size + 1);
	assert_non_null(p);
	assert_true(c->n < CQ_C_KINDS);
	c->bytes[c->n++] = p;
	assert_int_equal(cq_space_read(s, 0, p, size, err), CQ_OK);
	cq_space_close(s);
	if (c->component && strstr(path, c->component)) {
		if (c->keep && c->keep < size)
			size = (size_t)c->keep;
		if (c->off < size)
			p[c->off] ^= c->mask;
	}
	return cq_space_open_memory(out, cq_slice_of(p, size), path, err);
}

struct fixture {
	struct change change;
	struct cq_table *t;
	struct cq_doc *d;
};

static bool open_with(struct fixture *f, const char *prefix, struct change change)
{
	struct cq_open_options opt = { .inspect = true, .open_space = open_changed, .arg = &f->change };
	struct cq_error err = {0};
	char path[512];

	*f = (struct fixture){ .change = change };
	snprintf(path, sizeof path, "%sData.db", prefix);
	if (cq_table_open(&f->t, path, &opt, &err) != CQ_OK)
		return false;
	assert_int_equal(cq_table_doc(f->t, &f->d, &err), CQ_OK);
	return true;
}

static bool open_table(struct fixture *f, const char *prefix, const char *component, uint64_t off, uint8_t mask, uint64_t keep)
{
	return open_with(f, prefix, (struct change){ .component = component, .off = off, .mask = mask, .keep = keep });
}

static bool open_without(struct fixture *f, const char *prefix, const char *component)
{
	return open_with(f, prefix, (struct change){ .component = component, .missing = true });
}

static void close_table(struct fixture *f)
{
	cq_doc_close(f->d);
	cq_table_close(f->t);
	for (int i = 0; i < f->change.n; i++)
		free(f->change.bytes[i]);
}

static cq_nid get(struct fixture *f, const char *path)
{
	struct cq_error err = {0};
	cq_nid id = 0;

	if (cq_doc_get(f->d, path, &id, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	return id;
}

static struct cq_node node(struct fixture *f, cq_nid id)
{
	struct cq_node n;

	assert_true(cq_doc_node(f->d, id, &n));
	return n;
}

static void assert_path(struct fixture *f, cq_nid id, const char *want)
{
	struct cq_buf out = {0};

	cq_doc_path(f->d, id, &out);
	assert_string_equal(cq_buf_cstr(&out), want);
	cq_buf_finish(&out);
}

static void assert_text(struct fixture *f, const char *path, const char *want)
{
	struct cq_buf out = {0};

	cq_doc_print(f->d, get(f, path), &out, 0);
	assert_string_equal(cq_buf_cstr(&out), want);
	cq_buf_finish(&out);
}

static void assert_link(struct fixture *f, const char *from, const char *to)
{
	struct cq_error err = {0};
	cq_nid there = 0;

	if (cq_table_link(f->t, f->d, get(f, from), &there, &err) != CQ_OK)
		fail_msg("%s: %s", from, err.msg);
	assert_path(f, there, to);
}

/* ---- healthy ---- */

static void paths_lead_to_values(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(open_table(&f, BIG, NULL, 0, 0, 0));
	assert_text(&f, "Data.db/partitions[1]/rows[0]/cells.w/value", "0");
	assert_text(&f, "Data.db/partitions[1]/header/key", "'narrow 19'");
	assert_text(&f, "Data.db/partitions.\"narrow 19\"/header/key", "'narrow 19'");
	assert_text(&f, "Data.db/partitions[13]/rows[300]/clustering/value[0]", "39");
	assert_text(&f, "Statistics.db/stats/max_localDeletionTime", "none");
	assert_text(&f, "CompressionInfo.db/chunk offsets[1]", "0x1cf2 (7410)");
	assert_text(&f, "Summary.db/entries[0]/key", "'narrow 4'");
	close_table(&f);
}

static void links_lead_from_file_to_file(void **state)
{
	struct cq_error err = {0};
	struct fixture f;
	cq_nid id;

	(void)state;
	assert_true(open_table(&f, BIG, NULL, 0, 0, 0));
	assert_link(&f, "Index.db/entries[13]", "Data.db/partitions[13]");
	assert_link(&f, "Index.db/entries[13]/promoted index/blocks[1]", "Data.db/partitions[13]/rows[49]");
	assert_link(&f, "Data.db/partitions[13]/rows[300]/cells.v", "Index.db/entries[13]");
	assert_link(&f, "Summary.db/entries[0]", "Index.db/entries[0]");
	assert_link(&f, "Summary.db/offsets[0]", "Summary.db/entries/entry[0]");
	assert_link(&f, "CompressionInfo.db/chunk offsets[2]", "Data.db/chunks[2]");
	assert_link(&f, "Data.db/chunks[2]/payload", "Data.db/partitions[13]/rows[373]");
	assert_link(&f, "Statistics.db/directory/section offset[2]", "Statistics.db/stats");
	assert_int_equal(cq_table_link(f.t, f.d, get(&f, "Filter.db/hash count"), &id, &err), CQ_NOT_FOUND);
	close_table(&f);
	assert_true(open_table(&f, BTI, NULL, 0, 0, 0));
	assert_link(&f, "Rows.db/entries[0]", "Data.db/partitions[13]");
	assert_link(&f, "Data.db/partitions[13]", "Rows.db/entries[0]");
	assert_link(&f, "Data.db/partitions[0]", "Partitions.db/trie/children[0]/children[0]");
	assert_link(&f, "Partitions.db/trie/children[0]/children[0]/payload/position", "Data.db/partitions[0]");
	assert_link(&f, "Partitions.db/root position", "Partitions.db/trie/type and payload flags");
	close_table(&f);
	assert_true(open_table(&f, PLAIN, NULL, 0, 0, 0));
	assert_link(&f, "CRC.db/checksums[1]", "Data.db/partitions[4]");
	close_table(&f);
}

static void raw_and_decompressed_offsets_lead_to_one_another(void **state)
{
	struct cq_chunk_place a, b;
	struct fixture f;

	(void)state;
	assert_true(open_table(&f, BIG, NULL, 0, 0, 0));
	for (uint64_t off = 0; off < f.t->stream.len; off += 1 + off / 3) {
		assert_int_equal(cq_table_to_raw(f.t, off, &a, NULL), CQ_OK);
		assert_true(a.off <= off && off < a.off + a.len);
		/* first and last byte as stored, checksum included */
		assert_int_equal(cq_table_to_stream(f.t, a.raw.off, &b, NULL), CQ_OK);
		assert_int_equal(a.index, b.index);
		assert_int_equal(cq_table_to_stream(f.t, a.raw.off + a.raw.len + 3, &b, NULL), CQ_OK);
		assert_int_equal(a.index, b.index);
	}
	assert_int_equal(cq_table_to_raw(f.t, f.t->stream.len, &a, NULL), CQ_NOT_FOUND);
	assert_int_equal(cq_table_to_stream(f.t, f.t->stream.raw->size, &a, NULL), CQ_NOT_FOUND);
	close_table(&f);
	assert_true(open_table(&f, PLAIN, NULL, 0, 0, 0));
	assert_int_equal(cq_table_to_raw(f.t, 0, &a, NULL), CQ_NOT_FOUND);
	close_table(&f);
}

static void a_byte_far_in_is_found_without_listing_what_is_before(void **state)
{
	struct fixture f;
	struct cq_error err = {0};
	struct cq_node n;
	cq_nid id;

	(void)state;
	/* 20000 partitions, found through the index: two pages of 256 are opened, not eighty. */
	assert_true(open_table(&f, CQ_TEST_CORPUS "/5.0-txnlog/main/t-855bafb0e6df11f19f263ba06936b4d7/oa-1-big-", NULL, 0, 0, 0));
	assert_int_equal(cq_doc_at(f.d, CQ_C_DATA, cq_stream_space(&f.t->stream), f.t->stream.len - 2, &id, &err), CQ_OK);
	n = node(&f, id);
	assert_true(n.off <= f.t->stream.len - 2 && n.off + n.len > f.t->stream.len - 2);
	assert_true(cq_doc_nodes(f.d) < 1000);
	close_table(&f);
}

/* ---- damaged ---- */

static void partitions_behind_a_bad_chunk_are_still_listed(void **state)
{
	struct fixture f;
	struct cq_node bad, n;
	cq_nid id;

	(void)state;
	assert_true(open_table(&f, BIG, "Data.db", 8000, 0xff, 0));
	bad = node(&f, get(&f, "Data.db/partitions[13]"));
	n = node(&f, get(&f, "Data.db/partitions[14]"));
	assert_int_equal(bad.off + bad.len, n.off);
	assert_text(&f, "Data.db/partitions[26]/header/key", "'ranges'");
	id = get(&f, "Data.db/partitions[13]/rows[183]");
	cq_doc_expand(f.d, id, NULL);
	assert_true(node(&f, id).flags & CQ_N_DAMAGED);
	assert_non_null(memmem(cq_doc_damage(f.d, id).p, cq_doc_damage(f.d, id).len, "checksum of chunk 1", 19));
	assert_true(node(&f, cq_doc_first(f.d, id)).flags & CQ_N_GAP);
	assert_true(node(&f, get(&f, "Data.db")).flags & CQ_N_DAMAGED);
	close_table(&f);
}

static void damaged_metadata_can_be_looked_at(void **state)
{
	struct fixture f;
	uint64_t gaps;

	(void)state;
	assert_true(open_table(&f, BIG, "Statistics.db", 0, 0, 3000));
	assert_null(f.t->schema);
	assert_true(f.t->findings.n > 0);
	assert_text(&f, "Statistics.db/validation/bloom_filter_fp_chance", "0.01");
	/* Without types a Data.db is chunks of bytes. */
	assert_int_equal(cq_doc_gaps(f.d, get(&f, "Data.db"), &gaps, NULL), CQ_OK);
	assert_int_equal(gaps, f.t->stream.len);
	close_table(&f);
}

static bool says(struct fixture *f, const char *path, const char *words)
{
	cq_slice s = cq_doc_damage(f->d, get(f, path));

	return s.p && memmem(s.p, s.len, words, strlen(words));
}

static void without_statistics_everything_but_the_rows_opens_in_full(void **state)
{
	static const char *const prefixes[] = { BIG, BTI, OLD, PLAIN };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(prefixes); i++) {
		struct fixture whole, f;
		struct cq_error err = {0};
		struct cq_scan *s;

		assert_true(open_table(&whole, prefixes[i], NULL, 0, 0, 0));
		assert_true(open_without(&f, prefixes[i], "Statistics.db"));
		assert_null(f.t->schema);
		assert_non_null(strstr(f.t->no_rows, "Statistics.db: missing"));
		assert_int_equal(f.t->findings.n, 1);
		assert_int_equal(cq_scan_open(&s, f.t, NULL, &err), CQ_DAMAGED);
		assert_non_null(strstr(err.msg, "Statistics.db: missing"));
		for (cq_nid id = cq_doc_first(f.d, cq_doc_root(f.d)); id; id = cq_doc_next(f.d, id)) {
			struct cq_node n = node(&f, id);
			uint64_t gaps = 0, before = 0, blocks = 0;
			char name[64];

			if (n.component >= CQ_C_KINDS)
				continue;      /* the file that was said not to be there */
			snprintf(name, sizeof name, "%.*s", (int)n.name.len, (const char *)n.name.p);
			assert_int_equal(cq_doc_gaps(whole.d, get(&whole, name), &before, NULL), CQ_OK);
			assert_int_equal(before, 0);
			assert_int_equal(cq_doc_gaps(f.d, id, &gaps, NULL), CQ_OK);
			if (n.component == CQ_C_DATA) {
				assert_int_equal(gaps, f.t->stream.len);
				assert_true(says(&f, name, "no partition can be shown: "));
				continue;
			}
			/* Clusterings in blocks of a promoted index need types; all else is the same without. */
			for (uint64_t k = 0; n.component == CQ_C_INDEX && k < 30; k++) {
				char path[96];
				cq_nid at;

				snprintf(path, sizeof path, "Index.db/entries[%" PRIu64 "]/promoted index/unknown bytes", k);
				blocks += cq_doc_get(f.d, path, &at, NULL) == CQ_OK ? node(&f, at).len : 0;
			}
			assert_int_equal(gaps, blocks);
			assert_true(i != 0 || n.component != CQ_C_INDEX || blocks > 500);
			assert_false(node(&f, id).flags & CQ_N_DAMAGED);
		}
		close_table(&f);
		close_table(&whole);
	}
}

static void without_types_numbers_and_places_are_still_there(void **state)
{
	struct fixture f;
	cq_nid id;

	(void)state;
	assert_true(open_without(&f, BIG, "Statistics.db"));
	assert_text(&f, "Index.db/entries[2]/key", "0x6e6172726f772038");
	assert_text(&f, "Index.db/entries[2]/position", "0x6d (109)");
	assert_text(&f, "Index.db/entries[13]/promoted index/block count", "11");
	assert_text(&f, "Summary.db/first key", "0x6e6172726f772034");
	assert_int_equal(cq_doc_at(f.d, CQ_C_DATA, CQ_SPACE_DECOMPRESSED, 200000, &id, NULL), CQ_OK);
	assert_path(&f, id, "Data.db/unknown bytes/unknown bytes[48]");
	close_table(&f);
}

/* Compressed bytes are no rows, whatever they look like. */
static void without_its_chunk_table_a_compressed_file_is_bytes(void **state)
{
	struct fixture f;
	uint64_t gaps;

	(void)state;
	assert_true(open_without(&f, BIG, "CompressionInfo.db"));
	assert_non_null(f.t->schema);
	assert_int_equal(cq_doc_gaps(f.d, get(&f, "Data.db"), &gaps, NULL), CQ_OK);
	assert_int_equal(gaps, f.t->component[CQ_C_DATA]->size);
	assert_true(says(&f, "Data.db", "its chunks cannot be found"));
	assert_text(&f, "Index.db/entries[2]/key", "'narrow 8'");
	close_table(&f);
}

struct span {
	uint64_t off, end;
};

static int by_place(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;

	return (a->off > b->off) - (a->off < b->off);
}

/* Open all of a component: whatever the bytes, gaps included the leaves tile it once and for all. */
static void tiles(struct fixture *f, cq_nid top)
{
	static struct span spans[2][1 << 18];
	size_t n[2] = { 0, 0 };
	const int component = node(f, top).component;
	struct cq_error err = {0};
	uint64_t gaps;

	if (cq_doc_gaps(f->d, top, &gaps, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	for (cq_nid at = top; at; at = cq_doc_walk(f->d, at, top, true)) {
		struct cq_node l = node(f, at);

		/* A leaf that is flagged itself is where no leaf can be. */
		if (!(l.flags & (CQ_N_NUMBER | CQ_N_BYTES)) || l.flags & CQ_N_DAMAGED)
			continue;
		assert_true((unsigned)l.space < 2 && n[l.space] < CQ_COUNTOF(spans[0]));
		spans[l.space][n[l.space]++] = (struct span){ l.off, l.off + l.len };
	}
	for (int space = 0; space < 2; space++) {
		uint64_t size = space ? component == CQ_C_DATA && f->t->stream.chunks ? f->t->stream.len : 0 :
			f->t->component[component]->size, at = 0;

		qsort(spans[space], n[space], sizeof spans[0][0], by_place);
		for (size_t i = 0; i < n[space]; i++) {
			/* Damaged tries can lead to one node twice: then its leaves are there twice. */
			if (component == CQ_C_PARTITIONS || component == CQ_C_ROWS)
				assert_true(spans[space][i].off <= at);
			else
				assert_int_equal(spans[space][i].off, at);
			at = spans[space][i].end > at ? spans[space][i].end : at;
		}
		assert_int_equal(at, size);
	}
	cq_doc_forget(f->d, top);
}

static void whatever_byte_is_changed_the_leaves_tile_the_files(void **state)
{
	static const char *const prefixes[] = { BIG, BTI, OLD, PLAIN };
	static const char *const files[] = { "Data.db", "Statistics.db", "Index.db", "Summary.db", "Partitions.db", "Rows.db",
		"CompressionInfo.db", "Filter.db", "CRC.db", "TOC.txt" };
	uint32_t seed = 12345;
	unsigned opened = 0, tried = 0;

	(void)state;
	for (unsigned round = 0; round < 160; round++) {
		const char *file = files[round % CQ_COUNTOF(files)], *prefix = prefixes[round / CQ_COUNTOF(files) % CQ_COUNTOF(prefixes)];
		struct fixture f;
		struct cq_space *s = NULL;
		uint64_t off;
		char path[512];

		seed = seed * 1664525 + 1013904223;
		snprintf(path, sizeof path, "%s%s", prefix, file);
		if (cq_space_open_file(&s, path, NULL) != CQ_OK)
			continue;
		off = (seed >> 4) % s->size;
		cq_space_close(s);
		tried++;
		if (open_table(&f, prefix, file, off, (uint8_t)(1u << (seed >> 29)), round % 7 == 6 ? off + 1 : 0)) {
			opened++;
			for (cq_nid c = cq_doc_first(f.d, cq_doc_root(f.d)); c; c = cq_doc_next(f.d, c))
				if (node(&f, c).component < CQ_C_KINDS && (round < 40 || strcmp(file, cq_component_name(
				    (enum cq_component)node(&f, c).component)) == 0))
					tiles(&f, c);
		}
		close_table(&f);
	}
	/* Damage in metadata keeps a few from being opened at all. */
	assert_true(tried > 100 && opened > tried * 8 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_values),
		cmocka_unit_test(links_lead_from_file_to_file),
		cmocka_unit_test(raw_and_decompressed_offsets_lead_to_one_another),
		cmocka_unit_test(a_byte_far_in_is_found_without_listing_what_is_before),
		cmocka_unit_test(partitions_behind_a_bad_chunk_are_still_listed),
		cmocka_unit_test(damaged_metadata_can_be_looked_at),
		cmocka_unit_test(without_statistics_everything_but_the_rows_opens_in_full),
		cmocka_unit_test(without_types_numbers_and_places_are_still_there),
		cmocka_unit_test(without_its_chunk_table_a_compressed_file_is_bytes),
		cmocka_unit_test(whatever_byte_is_changed_the_leaves_tile_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

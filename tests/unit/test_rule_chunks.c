/* The rules about chunks and blocks of Data.db: chunk-map, crcdb, chunk-crc, chunk-length, zero-run, truncated, decode, neg-deletion. Each
 * fires on its damage at the right byte and with the right keys, and of each damage one of them speaks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "copies.h"

static const char *const rules[] = { "structure", "os", "toc-set", "chunk-map", "digest", "crcdb", "chunk-crc", "chunk-length", "zero-run",
	"truncated", "decode", "neg-deletion", "mutable", "txnlog", NULL };

static void check(struct copy *c)
{
	check_at(c, c->dir, rules, 0, CQ_CHECK_FULL);
	assert_int_equal(c->report.ntables, 2);
}

struct named {
	const char *from, *base;
};

static const struct named compressed[] = {
	{ "5.0-da/main/comp_lz4_4", "da-1-bti" }, { "5.0-nb/main/comp_deflate", "nb-1-big" }, { "3.11-me/main/comp_snappy", "me-1-big" },
	{ "4.1-nb/main/comp_zstd_level", "nb-1-big" },
};

/* ---- chunk-crc ---- */

static void a_flipped_bit_in_a_chunk_is_named_with_the_keys_of_the_chunk(void **state)
{
	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(compressed); i++) {
		struct copy c;
		struct chunks k;

		copy_table(&c, compressed[i].from, compressed[i].base);
		check(&c);
		silent(&c);
		k = chunks_of(&c);
		for (size_t turn = 0; turn < 6; turn++) {
			uint64_t chunk = turn == 0 ? 0 : turn == 1 ? k.n - 1 : rnd((uint32_t)k.n);
			uint64_t off = k.at[chunk] + rnd((uint32_t)(k.at[chunk + 1] - k.at[chunk]));
			unsigned bit = rnd(8);
			const struct cq_check_finding *f;
			uint64_t end = chunk * k.chunk_len + data_len_of(&k, chunk);

			flip(&c, "Data.db", off, bit);
			check(&c);
			f = only(&c, "chunk-crc");
			assert_int_equal(f->severity, CQ_ERROR);
			assert_int_equal(f->component, CQ_C_DATA);
			assert_int_equal(f->space, CQ_SPACE_RAW);
			assert_int_equal(f->off, k.at[chunk]);
			assert_int_equal(f->len, k.at[chunk + 1] - k.at[chunk]);
			suspects(f, CQ_C_DATA, off, bit);
			has_keys(&c, f, chunk * k.chunk_len, end);
			assert_non_null(strstr(f->means, "the rows decode"));
			assert_string_equal(found(&c, "digest")->because, "chunk-crc");
			flip(&c, "Data.db", off, bit);
		}
		free(k.at);
		drop(&c);
	}
}

static void every_bad_chunk_is_named_also_where_no_row_scan_comes(void **state)
{
	/* Compaction left a chunk of nothing behind the last one. */
	struct copy c;
	struct chunks k;
	size_t n = 0;

	(void)state;
	copy_table(&c, "5.0-da/main/comp_lz4_4", "da-1-bti");
	k = chunks_of(&c);
	for (uint64_t i = 0; i < k.n; i += 3)
		flip(&c, "Data.db", k.at[i] + 1, 0);
	flip(&c, "Data.db", k.at[k.n - 1] + 2, 3);
	if ((k.n - 1) % 3 == 0)
		flip(&c, "Data.db", k.at[k.n - 1] + 1, 0);
	check(&c);
	for (const struct cq_check_finding *f = c.t->first; f; f = f->next)
		n += !strcmp(f->rule->id, "chunk-crc");
	assert_int_equal(n, (k.n + 2) / 3 + ((k.n - 1) % 3 != 0));
	free(k.at);
	drop(&c);
}

static void text_inside_a_chunk_is_seen(void **state)
{
	static const char line[] = "INFO  [CompactionExecutor:2] 2026-11-02 03:14:15,926 CompactionTask.java:252 - Compacted 4 sstables to nothing of use\n";
	struct copy c;
	struct chunks k;
	char text[700];

	(void)state;
	copy_table(&c, "5.0-da/main/comp_lz4_4", "da-1-bti");
	k = chunks_of(&c);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = line[i % (sizeof line - 1)];
	put(&c, "Data.db", k.at[2] + 100, text, sizeof text);
	check(&c);
	assert_int_equal(only(&c, "chunk-crc")->off, k.at[2]);
	assert_non_null(strstr(only(&c, "chunk-crc")->means, "bytes of text (\"INFO"));
	assert_false(only(&c, "chunk-crc")->suspect.set);
	free(k.at);
	drop(&c);
}

static void a_bad_chunk_is_found_without_types(void **state)
{
	struct copy c;
	struct chunks k;
	const struct cq_check_finding *f;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	k = chunks_of(&c);
	gone(&c, "Statistics.db");
	flip(&c, "Data.db", k.at[1] + 7, 6);
	check(&c);
	assert_false(c.t->opened);
	assert_non_null(find(c.t, "toc-set"));
	f = found(&c, "chunk-crc");
	assert_int_equal(f->off, k.at[1]);
	suspects(f, CQ_C_DATA, k.at[1] + 7, 6);
	free(k.at);
	drop(&c);
}

/* ---- crcdb ---- */

static const struct named plain_tables[] = {
	{ "3.11-md/main/comp_none", "md-1-big" }, { "4.0-na/main/comp_none", "na-1-big" }, { "5.0-nb/main/comp_none", "nb-1-big" },
	{ "5.0-oa/main/comp_none", "oa-1-big" }, { "5.0-da/main/comp_none", "da-1-bti" },
};

static void a_flipped_bit_of_an_uncompressed_table_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(plain_tables); i++) {
		const struct cq_check_finding *f;
		struct copy c;
		uint64_t len, block;
		size_t n;

		copy_table(&c, plain_tables[i].from, plain_tables[i].base);
		free(component(&c, "Data.db", &n));
		len = n;
		check(&c);
		silent(&c);
		for (size_t turn = 0; turn < 4; turn++) {
			uint64_t off = rnd((uint32_t)len);
			unsigned bit = rnd(8);

			block = off / c.step;
			flip(&c, "Data.db", off, bit);
			check(&c);
			f = only(&c, "crcdb");
			assert_int_equal(f->off, block * c.step);
			suspects(f, CQ_C_DATA, off, bit);
			has_keys(&c, f, block * c.step, (block + 1) * c.step);
			assert_string_equal(found(&c, "digest")->because, "crcdb");
			flip(&c, "Data.db", off, bit);
		}
		/* In CRC.db itself every bit. */
		free(component(&c, "CRC.db", &n));
		for (size_t bit = 0; bit < 8 * n; bit += 5) {
			bool trailing = bit / 8 >= 4 + 4 * ((len + c.step - 1) / c.step);

			flip(&c, "CRC.db", bit / 8, bit % 8);
			check(&c);
			f = found(&c, "crcdb");
			if (!trailing && f->suspect.set)
				suspects(f, CQ_C_CRC, bit / 8, bit % 8);
			assert_null(find(c.t, "truncated"));
			assert_null(find(c.t, "decode"));
			flip(&c, "CRC.db", bit / 8, bit % 8);
		}
		drop(&c);
	}
}

static bool unmeasured(const struct copy *c, const char *rule)
{
	for (const struct cq_unmeasured *u = c->t->unmeasured; u; u = u->next)
		if (!strcmp(u->rule->id, rule))
			return true;
	return false;
}

static void an_uncompressed_table_without_checksums_is_unmeasured_not_good(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;

	(void)state;
	copy_table(&c, "5.0-oa/main/comp_none", "oa-1-big");
	gone(&c, "CRC.db");
	check(&c);
	assert_false(unmeasured(&c, "crcdb"));             /* the digest covers it */
	assert_int_equal(only(&c, "toc-set")->component, CQ_C_CRC);
	/* and names the bit */
	flip(&c, "Data.db", 4711, 3);
	check(&c);
	f = found(&c, "digest");
	assert_int_equal(f->severity, CQ_ERROR);
	if (!f->because)
		suspects(f, CQ_C_DATA, 4711, 3);
	flip(&c, "Data.db", 4711, 3);
	gone(&c, "Digest.crc32");
	check(&c);
	assert_true(unmeasured(&c, "crcdb"));
	drop(&c);
}

static void bytes_behind_the_end_of_an_uncompressed_file_are_named(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;
	size_t n;
	uint8_t *p;

	(void)state;
	copy_table(&c, "5.0-oa/main/comp_none", "oa-1-big");
	p = component(&c, "Data.db", &n);
	p = realloc(p, n + 100);
	memset(p + n, 0x5a, 100);
	replace(&c, "Data.db", p, n + 100);
	check(&c);
	f = only(&c, "crcdb");
	assert_int_equal(f->off, n);
	assert_int_equal(f->len, 100);
	free(p);
	drop(&c);
}

/* ---- units in each other's place ---- */

static void exchange(const struct copy *c, uint64_t a, uint64_t b, size_t len)
{
	size_t n;
	uint8_t *p = component(c, "Data.db", &n), *was = malloc(len);

	assert_true(a + len <= n && b + len <= n);
	memcpy(was, p + a, len);
	memcpy(p + a, p + b, len);
	memcpy(p + b, was, len);
	replace(c, "Data.db", p, n);
	free(was);
	free(p);
}

static const struct cq_check_finding *found_at(const struct copy *c, const char *rule, uint64_t off)
{
	for (const struct cq_check_finding *f = c->t->first; f; f = f->next)
		if (!strcmp(f->rule->id, rule) && f->off == off)
			return f;
	print(c->t);
	fail_msg("no finding of %s at 0x%" PRIx64, rule, off);
	return NULL;
}

static void chunks_in_each_others_place_are_named_with_each_other(void **state)
{
	struct chunks k;
	struct copy c;
	char words[80];
	uint64_t a = 0, b = 0;
	size_t len;

	(void)state;
	copy_table(&c, "5.0-oa/small/wide_small", "oa-1-big");
	k = chunks_of(&c);
	for (uint64_t i = 0; i < k.n && !b; i++)
		for (uint64_t j = i + 1; j < k.n && !b; j++)
			if (k.at[i + 1] - k.at[i] == k.at[j + 1] - k.at[j]) {
				a = i;
				b = j;
			}
	assert_true(b);
	len = (size_t)(k.at[a + 1] - k.at[a] - 4);
	exchange(&c, k.at[a], k.at[b], len);
	fix_digest(&c);
	check(&c);
	snprintf(words, sizeof words, "that of chunk %" PRIu64 ": the two are swapped", b);
	assert_non_null(strstr(found_at(&c, "chunk-crc", k.at[a])->found, words));
	snprintf(words, sizeof words, "that of chunk %" PRIu64 ": the two are swapped", a);
	assert_non_null(strstr(found_at(&c, "chunk-crc", k.at[b])->found, words));
	assert_int_equal(faults(c.t), 2);
	/* With their checksums: no checksum differs, and only the rows tell. */
	exchange(&c, k.at[a] + len, k.at[b] + len, 4);
	fix_digest(&c);
	check(&c);
	assert_null(find(c.t, "chunk-crc"));
	found(&c, "decode");
	free(k.at);
	drop(&c);
}

static void blocks_in_a_wrong_place_are_named_with_the_right_one(void **state)
{
	enum { BLOCK = 4096 };
	const struct cq_check_finding *f;
	struct copy c;
	uint8_t *data, *crc, *p;
	size_t n, blocks;

	(void)state;
	copy_table(&c, "5.0-oa/main/comp_none", "oa-1-big");
	data = component(&c, "Data.db", &n);
	blocks = (n + BLOCK - 1) / BLOCK;
	crc = malloc(4 + 4 * blocks);
	cq_put_be32(crc, BLOCK);
	for (size_t i = 0; i < blocks; i++)
		cq_put_be32(crc + 4 + 4 * i, cq_crc32(0, data + i * BLOCK, n - i * BLOCK < BLOCK ? n - i * BLOCK : BLOCK));
	replace(&c, "CRC.db", crc, 4 + 4 * blocks);
	check(&c);
	silent(&c);
	exchange(&c, 3 * BLOCK, 20 * BLOCK, BLOCK);
	fix_digest(&c);
	check(&c);
	assert_non_null(strstr(found_at(&c, "crcdb", 3 * BLOCK)->found, "that of block 20: the two are swapped"));
	assert_non_null(strstr(found_at(&c, "crcdb", 20 * BLOCK)->found, "that of block 3: the two are swapped"));
	/* One that was written twice. */
	p = malloc(n);
	memcpy(p, data, n);
	memcpy(p + 9 * BLOCK, data + 7 * BLOCK, BLOCK);
	replace(&c, "Data.db", p, n);
	fix_digest(&c);
	check(&c);
	f = found_at(&c, "crcdb", 9 * BLOCK);
	assert_non_null(strstr(f->found, "that of block 7: its bytes stand here, too"));
	/* And what stood there, elsewhere. */
	memcpy(p + 11 * BLOCK, data + 9 * BLOCK, BLOCK);
	replace(&c, "Data.db", p, n);
	fix_digest(&c);
	check(&c);
	assert_non_null(strstr(found_at(&c, "crcdb", 9 * BLOCK)->found, "that of block 7: its bytes stand here, too"));
	assert_non_null(strstr(found_at(&c, "crcdb", 11 * BLOCK)->found, "that of block 9: its bytes stand here"));
	/* Bytes that are nobody's have no partner. */
	memset(p + 11 * BLOCK, 0x5a, BLOCK);
	replace(&c, "Data.db", p, n);
	fix_digest(&c);
	check(&c);
	assert_null(strstr(found_at(&c, "crcdb", 11 * BLOCK)->found, "block"));
	free(p);
	free(crc);
	free(data);
	drop(&c);
}

/* ---- decode, chunk-length, neg-deletion ---- */

static void nonsense_behind_a_good_checksum_is_older_than_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(compressed); i++) {
		const struct cq_check_finding *f;
		const struct part *p;
		struct copy c;
		struct chunks k;
		uint64_t row = 0;
		uint8_t *plain;
		size_t len;

		copy_table(&c, compressed[i].from, compressed[i].base);
		k = chunks_of(&c);
		plain = plain_of(&c, &k, 0, &len);
		/* The flags of the second partition's first row: a marker with flags that no marker has. */
		p = &c.healthy.part[1];
		for (size_t e = p->first; e < p->first + p->n && !row; e++)
			row = c.healthy.v[e].kind == CQ_EV_ROW ? c.healthy.v[e].off : 0;
		if (!row || row >= len) {
			row = 0;
			p = &c.healthy.part[0];
			for (size_t e = p->first; e < p->first + p->n && !row; e++)
				row = c.healthy.v[e].kind == CQ_EV_ROW ? c.healthy.v[e].off : 0;
		}
		assert_true(row && row < len);
		plain[row] = 0x7e;
		rewrite_chunk(&c, &k, 0, plain, len);
		fix_digest(&c);
		check(&c);
		f = only(&c, "decode");
		assert_int_equal(f->severity, CQ_ERROR);
		assert_int_equal(f->space, CQ_SPACE_DECOMPRESSED);
		assert_int_equal(f->off, row);
		assert_non_null(strstr(f->found, "7e"));
		assert_non_null(strstr(f->means, "checksum is good"));
		assert_true(f->keys.n >= 1);
		free(plain);
		free(k.at);
		drop(&c);
	}
}

static void a_chunk_that_the_codec_refuses_is_named(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;
	struct chunks k;
	uint8_t *data, crc[4];
	size_t n;

	(void)state;
	copy_table(&c, "5.0-da/main/comp_lz4_4", "da-1-bti");
	k = chunks_of(&c);
	/* LZ4's length prefix: a byte more than there is. Checksum put right. */
	data = component(&c, "Data.db", &n);
	data[k.at[3]]++;
	cq_put_be32(crc, cq_crc32(0, data + k.at[3], k.at[4] - k.at[3] - 4));
	memcpy(data + k.at[4] - 4, crc, 4);
	replace(&c, "Data.db", data, n);
	fix_digest(&c);
	check(&c);
	f = only(&c, "chunk-length");
	assert_int_equal(f->off, k.at[3]);
	has_keys(&c, f, 3 * (uint64_t)k.chunk_len, 4 * (uint64_t)k.chunk_len);
	/* The block inside. */
	data[k.at[3]]--;
	memset(data + k.at[3] + 40, 0xff, 60);
	cq_put_be32(crc, cq_crc32(0, data + k.at[3], k.at[4] - k.at[3] - 4));
	memcpy(data + k.at[4] - 4, crc, 4);
	replace(&c, "Data.db", data, n);
	fix_digest(&c);
	check(&c);
	assert_int_equal(only(&c, "chunk-length")->off, k.at[3]);
	free(data);
	free(k.at);
	drop(&c);
}

/* The second partition of an oa table, deleted with a timestamp of -2. */
static void a_negative_deletion_is_the_writers_bug(void **state)
{
	static const uint8_t deletion[12] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x68, 0x00, 0x00, 0x01 };
	const struct cq_check_finding *f;
	struct copy c;
	uint8_t *data, *out;
	uint64_t at;
	size_t n;

	(void)state;
	copy_table(&c, "5.0-oa/main/comp_none", "oa-1-big");
	/* No checksums and no index: they would have to be made anew. */
	data = component(&c, "Data.db", &n);
	at = c.healthy.part[1].off + 2 + c.healthy.part[1].key.len;
	assert_int_equal(data[at], 0x80);
	out = malloc(n + 11);
	memcpy(out, data, at);
	memcpy(out + at, deletion, 12);
	memcpy(out + at + 12, data + at + 1, n - at - 1);
	replace(&c, "Data.db", out, n + 11);
	gone(&c, "CRC.db");
	gone(&c, "Index.db");
	fix_digest(&c);
	check(&c);
	f = found(&c, "neg-deletion");
	assert_int_equal(f->off, at);
	assert_int_equal(f->len, 12);
	assert_non_null(strstr(f->found, "timestamp -2"));
	/* Its first row says that the partition begins elsewhere: it cannot be read so. */
	assert_int_equal(f->effect, CQ_LOST);
	assert_true(c.t->skipped_bytes > 0);
	/* As the writer would have written it. */
	assert_int_equal(out[at + 12 + 8], 7);
	out[at + 12 + 8] = 18;
	replace(&c, "Data.db", out, n + 11);
	fix_digest(&c);
	check(&c);
	f = found(&c, "neg-deletion");
	assert_null(find(c.t, "decode"));
	assert_int_equal(f->off, at);
	assert_int_equal(f->effect, CQ_REFUSED);
	assert_int_equal(c.t->skipped_bytes, 0);
	assert_int_equal(f->keys.n, 1);
	assert_non_null(strstr(f->found, "what follows are its rows"));
	free(data);
	free(out);
	drop(&c);
}

/* ---- zero-run, truncated ---- */

static void zeroed_sectors_are_named_by_their_place(void **state)
{
	static const struct {
		struct named t;
		uint64_t off, len;
	} runs[] = {
		{ { "5.0-da/main/comp_lz4_4", "da-1-bti" }, 8192, 4096 }, { { "3.11-me/main/comp_snappy", "me-1-big" }, 4096 + 512, 512 },
		{ { "5.0-oa/main/comp_none", "oa-1-big" }, 65536 - 4096, 8192 }, { { "4.1-nb/main/comp_zstd_level", "nb-1-big" }, 0, 4096 },
		{ { "5.0-nb/main/comp_deflate", "nb-1-big" }, 24576, UINT64_MAX }, { { "3.11-md/main/comp_none", "md-1-big" }, 98304, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(runs); i++) {
		const struct cq_check_finding *f;
		struct copy c;
		uint64_t len;
		uint8_t *p;
		size_t n;

		copy_table(&c, runs[i].t.from, runs[i].t.base);
		p = component(&c, "Data.db", &n);
		assert_true(runs[i].off + 512 < n);
		len = runs[i].len < n - runs[i].off ? runs[i].len : n - runs[i].off;
		memset(p + runs[i].off, 0, len);
		replace(&c, "Data.db", p, n);
		check(&c);
		f = only(&c, "zero-run");
		assert_int_equal(f->space, CQ_SPACE_RAW);
		assert_int_equal(f->off, runs[i].off);
		/* Healthy zeros may follow. */
		assert_in_range(f->len, len, len + 16);
		assert_true(f->keys.n >= 1);
		if (runs[i].len == UINT64_MAX)
			assert_non_null(strstr(f->means, "power loss"));
		free(p);
		drop(&c);
	}
}

static void a_cut_file_is_cut_wherever_the_cut_is(void **state)
{
	static const struct named more[] = { { "3.11-md/main/comp_none", "md-1-big" }, { "5.0-da/main/comp_none", "da-1-bti" } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(compressed) + CQ_COUNTOF(more); i++) {
		struct named t = i < CQ_COUNTOF(compressed) ? compressed[i] : more[i - CQ_COUNTOF(compressed)];
		struct copy c;
		uint8_t *p;
		size_t n;

		copy_table(&c, t.from, t.base);
		p = component(&c, "Data.db", &n);
		for (size_t turn = 0; turn < 12; turn++) {
			size_t cut = turn < 6 ? n - 1 - turn : turn == 6 ? n / 4096 * 4096 : turn == 7 ? 1 : rnd((uint32_t)n - 1) + 1;
			const struct cq_check_finding *f;

			replace(&c, "Data.db", p, cut);
			check(&c);
			f = found(&c, "truncated");
			assert_int_equal(f->severity, CQ_ERROR);
			assert_int_equal(f->off, cut);
			if (!f->keys.n)
				print(c.t);
			assert_true(f->keys.n >= 1);
			assert_null(find(c.t, "chunk-crc"));
			assert_null(find(c.t, "chunk-map"));
			assert_null(find(c.t, "decode"));
			assert_null(find(c.t, "structure"));
			if (i < CQ_COUNTOF(compressed)) {
				char length[32];

				only(&c, "truncated");
				snprintf(length, sizeof length, "%zu bytes of file", n);
				assert_non_null(strstr(f->expected, length));
			}
		}
		free(p);
		drop(&c);
	}
}

static void a_cut_is_seen_without_the_length_that_statistics_tell(void **state)
{
	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(compressed); i++) {
		struct copy c;
		uint8_t *p;
		size_t n;

		copy_table(&c, compressed[i].from, compressed[i].base);
		gone(&c, "Statistics.db");
		p = component(&c, "Data.db", &n);
		for (size_t cut = n - 1; cut > n - 40; cut -= 3) {
			replace(&c, "Data.db", p, cut);
			check(&c);
			assert_int_equal(found(&c, "truncated")->off, cut);
		}
		free(p);
		drop(&c);
	}
}

/* ---- chunk-map ---- */

static void a_wrong_chunk_offset_is_put_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(compressed); i++) {
		struct copy c;
		struct chunks k;

		copy_table(&c, compressed[i].from, compressed[i].base);
		k = chunks_of(&c);
		for (size_t turn = 0; turn < 8; turn++) {
			uint64_t chunk = turn == 0 ? 0 : turn == 1 ? k.n - 1 : rnd((uint32_t)k.n), at = k.offsets_at + 8 * chunk;
			unsigned bit = rnd(64);
			const struct cq_check_finding *f;
			char hex[32];

			flip(&c, "CompressionInfo.db", at + bit / 8, bit % 8);
			check(&c);
			f = only(&c, "chunk-map");
			assert_int_equal(f->component, CQ_C_COMPRESSION_INFO);
			assert_int_equal(f->off, at);
			snprintf(hex, sizeof hex, "0x%" PRIx64, k.at[chunk]);
			assert_string_equal(f->expected, hex);
			suspects(f, CQ_C_COMPRESSION_INFO, at + bit / 8, bit % 8);
			flip(&c, "CompressionInfo.db", at + bit / 8, bit % 8);
		}
		free(k.at);
		drop(&c);
	}
}

static void every_bit_of_the_chunk_tables_head_is_put_right(void **state)
{
	struct copy c;
	struct chunks k;

	(void)state;
	copy_table(&c, "5.0-da/main/comp_lz4_4", "da-1-bti");
	k = chunks_of(&c);
	for (uint64_t bit = 0; bit < 8 * k.offsets_at; bit += 3) {
		const struct cq_check_finding *f;
		bool named_it = false;

		flip(&c, "CompressionInfo.db", bit / 8, bit % 8);
		check(&c);
		found(&c, "chunk-map");
		for (f = c.t->first; f; f = f->next)
			named_it |= f->suspect.set && f->suspect.component == CQ_C_COMPRESSION_INFO && f->suspect.off == bit / 8 && f->suspect.bit == bit % 8;
		if (!named_it) {
			print(c.t);
			fail_msg("bit %" PRIu64 " of byte %" PRIu64 " of CompressionInfo.db is not named", bit % 8, bit / 8);
		}
		flip(&c, "CompressionInfo.db", bit / 8, bit % 8);
	}
	free(k.at);
	drop(&c);
}

static void bytes_behind_the_last_chunk_are_named(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	p = component(&c, "Data.db", &n);
	p = realloc(p, n + 33);
	memset(p + n, 0xa5, 33);
	replace(&c, "Data.db", p, n + 33);
	check(&c);
	f = only(&c, "chunk-map");
	assert_int_equal(f->off, n);
	assert_int_equal(f->len, 33);
	free(p);
	drop(&c);
}

/* ---- all together ---- */

/* Whatever is done to Data.db, one of these rules speaks of it, and the catch-all does not have to. */
static void every_damage_of_data_has_one_owner(void **state)
{
	static const struct named tables_of_all[] = { { "5.0-da/main/comp_lz4_4", "da-1-bti" }, { "5.0-oa/main/comp_none", "oa-1-big" },
		{ "3.11-me/main/comp_snappy", "me-1-big" }, { "4.0-na/main/comp_noop", "na-1-big" } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables_of_all); i++) {
		struct copy c;
		uint8_t *p, *q;
		size_t n;

		copy_table(&c, tables_of_all[i].from, tables_of_all[i].base);
		p = component(&c, "Data.db", &n);
		q = malloc(2 * n);
		for (size_t turn = 0; turn < 60; turn++) {
			size_t at = rnd((uint32_t)n), len = rnd(6000) + 1, m = n;

			len = len < n - at ? len : n - at;
			memcpy(q, p, n);
			switch (turn % 6) {
			case 0: q[at] ^= 0x55; break;
			case 1: memset(q + at, 0, len); break;
			case 2:
				for (size_t k = 0; k < len; k++)
					q[at + k] = (uint8_t)rnd(256);
				break;
			case 3: memmove(q + at, p + rnd((uint32_t)(n - len + 1)), len); break;
			case 4: memmove(q + at, p + at + len, n - at - len); m = n - len; break;      /* bytes lost in the middle */
			case 5: memmove(q + at + len, p + at, n - at); m = n + len; break;             /* and bytes too many */
			}
			if (m == n && !memcmp(p, q, n))
				continue;
			replace(&c, "Data.db", q, m);
			check(&c);
			if (find(c.t, "structure") || !faults(c.t)) {
				print(c.t);
				fail_msg("damage %zu at 0x%zx (%zu bytes) of %s has no owner", turn % 6, at, len, tables_of_all[i].from);
			}
		}
		free(p);
		free(q);
		drop(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flipped_bit_in_a_chunk_is_named_with_the_keys_of_the_chunk),
		cmocka_unit_test(every_bad_chunk_is_named_also_where_no_row_scan_comes),
		cmocka_unit_test(text_inside_a_chunk_is_seen),
		cmocka_unit_test(a_bad_chunk_is_found_without_types),
		cmocka_unit_test(a_flipped_bit_of_an_uncompressed_table_is_named),
		cmocka_unit_test(an_uncompressed_table_without_checksums_is_unmeasured_not_good),
		cmocka_unit_test(bytes_behind_the_end_of_an_uncompressed_file_are_named),
		cmocka_unit_test(nonsense_behind_a_good_checksum_is_older_than_it),
		cmocka_unit_test(a_chunk_that_the_codec_refuses_is_named),
		cmocka_unit_test(a_negative_deletion_is_the_writers_bug),
		cmocka_unit_test(chunks_in_each_others_place_are_named_with_each_other),
		cmocka_unit_test(blocks_in_a_wrong_place_are_named_with_the_right_one),
		cmocka_unit_test(zeroed_sectors_are_named_by_their_place),
		cmocka_unit_test(a_cut_file_is_cut_wherever_the_cut_is),
		cmocka_unit_test(a_cut_is_seen_without_the_length_that_statistics_tell),
		cmocka_unit_test(a_wrong_chunk_offset_is_put_right),
		cmocka_unit_test(every_bit_of_the_chunk_tables_head_is_put_right),
		cmocka_unit_test(bytes_behind_the_last_chunk_are_named),
		cmocka_unit_test(every_damage_of_data_has_one_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

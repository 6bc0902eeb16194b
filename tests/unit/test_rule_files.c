/* The rules about files and chunks: os, toc-set, chunk-map, digest, crcdb, chunk-crc, chunk-length, zero-run, truncated, decode,
 * neg-deletion, mutable, txnlog. Each fires on its damage at the right byte and with the right keys, one of them for each fault; none of
 * them says anything of healthy tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_bits.h"
#include "cq_check.h"
#include "cq_cut.h"
#include "cq_hash.h"
#include "cq_rule.h"
#include "cq_txnlog.h"
#include "tables.h"

static const char *const rules[] = { "structure", "os", "toc-set", "chunk-map", "digest", "crcdb", "chunk-crc", "chunk-length", "zero-run",
	"truncated", "decode", "neg-deletion", "mutable", "txnlog", NULL };

/* ---- a copied table ---- */

struct copy {
	char dir[64], base[64];                /* base: "nb-1-big" */
	struct cq_desc_list list;
	struct cq_report report;
	const struct cq_check_table *t;
	struct events healthy;
	uint32_t step;                         /* chunk or block length */
};

static void path_of(const struct copy *c, const char *component, char out[256])
{
	snprintf(out, 256, "%s/%s-%s", c->dir, c->base, component);
}

static uint8_t *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long len;

	if (!f)
		fail_msg("cannot read %s", path);
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	p = malloc((size_t)len + 1);
	*n = fread(p, 1, (size_t)len, f);
	assert_int_equal(*n, len);
	fclose(f);
	return p;
}

static void spill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		fail_msg("cannot write %s", path);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void copy_files(const char *from, const char *base, const char *to)
{
	char folder[512], path[1024], target[512];
	struct dirent *e;
	size_t n, files = 0;
	uint8_t *bytes;
	DIR *d;

	snprintf(folder, sizeof folder, "%s/%s", CQ_TEST_CORPUS, from);
	d = opendir(folder);
	if (!d)
		fail_msg("no folder %s", folder);
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, base, strlen(base)) || e->d_name[strlen(base)] != '-')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		bytes = slurp(path, &n);
		snprintf(target, sizeof target, "%s/%s", to, e->d_name);
		spill(target, bytes, n);
		free(bytes);
		files++;
	}
	closedir(d);
	assert_true(files >= 7);
}

/* from: a folder of the corpus; base: of the table's files in it. */
static void copy_table(struct copy *c, const char *from, const char *base)
{
	struct cq_table *t;
	char path[256];

	*c = (struct copy){0};
	snprintf(c->dir, sizeof c->dir, "/tmp/cqlite-rule-files-XXXXXX");
	snprintf(c->base, sizeof c->base, "%s", base);
	assert_non_null(mkdtemp(c->dir));
	copy_files(from, base, c->dir);
	path_of(c, "Data.db", path);
	t = table_of(path);
	events_read(&c->healthy, t, NULL);
	c->step = t->stream.chunks ? t->chunks.chunk_len : t->stream.crc_block;
	cq_table_close(t);
}

static void forget(struct copy *c)
{
	cq_report_finish(&c->report);
	cq_desc_list_finish(&c->list);
	c->list = (struct cq_desc_list){0};
}

static void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (unlink(path) < 0)
			remove_folder(path);
	}
	closedir(d);
	rmdir(dir);
}

static void drop(struct copy *c)
{
	forget(c);
	events_finish(&c->healthy);
	remove_folder(c->dir);
}

static void check_at(struct copy *c, const char *dir, unsigned flags, enum cq_check_level level)
{
	struct cq_check_options opt = { .level = level, .rules = rules, .no_schema_file = true, .now = 1800000000, .max_findings = 1000 };
	struct cq_txn_logs logs = {0};
	struct cq_error err = {0};

	forget(c);
	c->list.flags = flags;
	if (cq_desc_list(dir, &c->list, &err) != CQ_OK || cq_txn_state(&c->list, &logs, &err) != CQ_OK)
		fail_msg("%s: %s", dir, err.msg);
	opt.txn = &logs;
	if (cq_check_run(&c->list, &opt, &c->report, &err) != CQ_OK)
		fail_msg("%s: %s", dir, err.msg);
	c->t = &c->report.tables[0];
}

static void check(struct copy *c)
{
	check_at(c, c->dir, 0, CQ_CHECK_FULL);
	assert_int_equal(c->report.ntables, 2);
}

static uint8_t *component(const struct copy *c, const char *name, size_t *n)
{
	char path[256];

	path_of(c, name, path);
	return slurp(path, n);
}

static void replace(const struct copy *c, const char *name, const void *bytes, size_t n)
{
	char path[256];

	path_of(c, name, path);
	spill(path, bytes, n);
}

static void put(const struct copy *c, const char *name, uint64_t off, const void *bytes, size_t n)
{
	size_t len;
	uint8_t *p = component(c, name, &len);

	assert_true(off + n <= len);
	memcpy(p + off, bytes, n);
	replace(c, name, p, len);
	free(p);
}

static void flip(const struct copy *c, const char *name, uint64_t off, unsigned bit)
{
	size_t n;
	uint8_t *p = component(c, name, &n);

	assert_true(off < n);
	p[off] ^= (uint8_t)(1u << bit);
	replace(c, name, p, n);
	free(p);
}

static void gone(const struct copy *c, const char *name)
{
	char path[256];

	path_of(c, name, path);
	assert_int_equal(unlink(path), 0);
}

static void print(const struct cq_check_table *t)
{
	for (const struct cq_check_finding *f = t->first; f; f = f->next)
		print_message("# %s %s at 0x%" PRIx64 "+%" PRIu64 " of %s: %s; expected %s, found %s; keys %" PRIu64 " %s %s\n", cq_severity_name(f->severity),
			f->rule->id, f->off, f->len, f->file, f->message, f->expected ? f->expected : "-", f->found ? f->found : "-", f->keys.n,
			f->keys.first ? f->keys.first : "-", f->keys.last ? f->keys.last : "");
}

static const struct cq_check_finding *find(const struct cq_check_table *t, const char *rule)
{
	for (const struct cq_check_finding *f = t->first; f; f = f->next)
		if (!strcmp(f->rule->id, rule))
			return f;
	return NULL;
}

static const struct cq_check_finding *found(const struct copy *c, const char *rule)
{
	const struct cq_check_finding *f = find(c->t, rule);

	if (!f) {
		print(c->t);
		fail_msg("no finding of %s", rule);
	}
	return f;
}

/* Findings above info, those that another finding explains left out. */
static size_t faults(const struct cq_check_table *t)
{
	size_t n = 0;

	for (const struct cq_check_finding *f = t->first; f; f = f->next)
		n += f->severity > CQ_INFO && !f->because;
	return n;
}

/* The one fault is this rule's. */
static const struct cq_check_finding *only(const struct copy *c, const char *rule)
{
	const struct cq_check_finding *f = found(c, rule);

	if (faults(c->t) != 1 || f->because) {
		print(c->t);
		fail_msg("%zu findings, expected one of %s", faults(c->t), rule);
	}
	return f;
}

static void silent(const struct copy *c)
{
	if (faults(c->t)) {
		print(c->t);
		fail_msg("%zu findings, expected none", faults(c->t));
	}
}

/* A key, or where it cannot be read (tries have no keys) a token on the right side of its own. */
static void is_key(const struct cq_table *t, const struct part *p, const char *key, const char *token, int side)
{
	struct cq_buf text = {0};
	struct cq_token said;

	if (key) {
		cq_table_print_key(t, p->key, &text);
		assert_string_equal(key, cq_buf_cstr(&text));
		cq_buf_clear(&text);
		cq_token_print(&t->partitioner, &p->token, &text);
		assert_string_equal(token, cq_buf_cstr(&text));
	} else {
		assert_non_null(t->component[CQ_C_PARTITIONS]);
		assert_non_null(token);
		assert_int_equal(cq_token_parse(&t->partitioner, token, &text, &said, NULL), CQ_OK);
		assert_true(side * cq_token_compare(&t->partitioner, &said, &p->token) >= 0);
	}
	cq_buf_finish(&text);
}

/* The finding names exactly the partitions that have a byte in the span of the stream. */
static void has_keys(const struct copy *c, const struct cq_check_finding *f, uint64_t off, uint64_t end)
{
	const struct part *first = NULL, *last = NULL;
	char path[256];
	struct cq_table *t;
	size_t n = 0;

	for (size_t i = 0; i < c->healthy.nparts; i++) {
		const struct part *p = &c->healthy.part[i];

		if (p->end <= off || p->off >= end)
			continue;
		first = first ? first : p;
		last = p;
		n++;
	}
	assert_int_equal(f->keys.n, n);
	assert_false(f->keys.at_least);
	if (!n)
		return;
	path_of(c, "Data.db", path);
	t = table_of(path);
	is_key(t, first, f->keys.first, f->keys.first_token, -1);
	if (n > 1)
		is_key(t, last, f->keys.last, f->keys.last_token, 1);
	cq_table_close(t);
}

static void suspects(const struct cq_check_finding *f, int component_is, uint64_t off, unsigned bit)
{
	assert_true(f->suspect.set);
	assert_int_equal(f->suspect.component, component_is);
	assert_int_equal(f->suspect.off, off);
	assert_int_equal(f->suspect.bit, bit);
	assert_int_equal(f->suspect.found ^ f->suspect.expected, 1u << bit);
}

/* ---- chunks of a copy ---- */

struct chunks {
	uint64_t n, *at;                       /* n + 1 offsets in Data.db */
	uint64_t offsets_at;                   /* in CompressionInfo.db */
	uint32_t chunk_len, max_compressed;
	uint64_t data_len;
	enum cq_codec codec;
};

static struct chunks chunks_of(const struct copy *c)
{
	struct chunks k = {0};
	struct cq_table *t;
	char path[256];
	size_t n;
	uint8_t *p;

	path_of(c, "Data.db", path);
	t = table_of(path);
	assert_non_null(t->stream.chunks);
	k = (struct chunks){ .n = t->chunks.count, .offsets_at = t->chunks.offsets_at, .chunk_len = t->chunks.chunk_len,
		.max_compressed = t->chunks.max_compressed, .data_len = t->chunks.data_len, .codec = t->chunks.codec };
	k.at = calloc(k.n + 1, sizeof *k.at);
	p = component(c, "CompressionInfo.db", &n);
	for (size_t i = 0; i < k.n; i++)
		k.at[i] = cq_be64(p + k.offsets_at + 8 * i);
	k.at[k.n] = t->component[CQ_C_DATA]->size;
	free(p);
	cq_table_close(t);
	return k;
}

static uint64_t data_len_of(const struct chunks *k, uint64_t i)
{
	uint64_t start = i * k->chunk_len, left = start < k->data_len ? k->data_len - start : 0;

	return left < k->chunk_len ? left : k->chunk_len;
}

/* Write chunk i anew with other contents (len bytes), its checksum right. All chunks behind it move. */
static void rewrite_chunk(const struct copy *c, struct chunks *k, uint64_t i, const uint8_t *plain, size_t len)
{
	struct cq_codec_ctx *ctx = NULL;
	size_t n, cap = (size_t)cq_codec_bound(k->codec, len), used = 0, tail;
	uint8_t *data = component(c, "Data.db", &n), *out = malloc(n + cap + 4), number[8];

	memcpy(out, data, k->at[i]);
	assert_int_equal(cq_codec_encode(&ctx, k->codec, 0, cq_slice_of(plain, len), out + k->at[i], cap, &used, NULL), CQ_OK);
	assert_true(used < k->max_compressed);
	cq_put_be32(out + k->at[i] + used, cq_crc32(0, out + k->at[i], used));
	tail = n - k->at[i + 1];
	memcpy(out + k->at[i] + used + 4, data + k->at[i + 1], tail);
	replace(c, "Data.db", out, k->at[i] + used + 4 + tail);
	for (uint64_t j = k->n; j > i; j--)
		k->at[j] = k->at[j] - k->at[i + 1] + k->at[i] + used + 4;
	for (uint64_t j = i + 1; j < k->n; j++) {
		cq_put_be64(number, k->at[j]);
		put(c, "CompressionInfo.db", k->offsets_at + 8 * j, number, 8);
	}
	cq_codec_ctx_destroy(ctx);
	free(data);
	free(out);
}

static uint8_t *plain_of(const struct copy *c, const struct chunks *k, uint64_t i, size_t *len)
{
	struct cq_codec_ctx *ctx = NULL;
	size_t n;
	uint8_t *data = component(c, "Data.db", &n), *out;

	*len = data_len_of(k, i);
	out = malloc(*len + 1);
	assert_int_equal(cq_codec_decode(&ctx, k->codec, cq_slice_of(data + k->at[i], k->at[i + 1] - k->at[i] - 4), out, *len, NULL), CQ_OK);
	cq_codec_ctx_destroy(ctx);
	free(data);
	return out;
}

/* The digest of what Data.db is now, so that it has nothing to say. */
static void fix_digest(const struct copy *c)
{
	size_t n;
	uint8_t *p = component(c, "Data.db", &n);
	char text[16];

	replace(c, "Digest.crc32", text, (size_t)snprintf(text, sizeof text, "%" PRIu32, cq_crc32(0, p, n)));
	free(p);
}

struct named {
	const char *from, *base;
};

static const struct named compressed[] = {
	{ "5.0-da/main/comp_lz4_4", "da-1-bti" }, { "5.0-nb/main/comp_deflate", "nb-1-big" }, { "3.11-me/main/comp_snappy", "me-1-big" },
	{ "4.1-nb/main/comp_zstd_level", "nb-1-big" },
};

/* ---- bits and cuts by themselves ---- */

static void every_single_bit_is_named_from_two_checksums(void **state)
{
	uint8_t bytes[700], sum[4];
	struct cq_bit b;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)rnd(256);
	for (size_t n = 1; n <= sizeof bytes; n += 233) {
		uint32_t right = cq_crc32(0, bytes, n);

		for (size_t i = 0; i < 8 * n; i++) {
			bytes[i / 8] ^= (uint8_t)(1u << i % 8);
			assert_true(cq_single_bit(right, cq_crc32(0, bytes, n), n, &b));
			assert_false(b.in_checksum);
			assert_int_equal(b.off, i / 8);
			assert_int_equal(b.bit, i % 8);
			bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		}
		for (size_t i = 0; i < 32; i++) {
			cq_put_be32(sum, right);
			sum[i / 8] ^= (uint8_t)(1u << i % 8);
			assert_true(cq_single_bit(cq_be32(sum), right, n, &b));
			assert_true(b.in_checksum);
			assert_int_equal(b.off, i / 8);
			assert_int_equal(b.bit, i % 8);
		}
		assert_false(cq_single_bit(right, right, n, &b));
	}
	/* Two bits: not one. */
	bytes[3] ^= 0x10;
	bytes[90] ^= 0x02;
	{
		uint32_t two = cq_crc32(0, bytes, 700);

		bytes[3] ^= 0x10;
		bytes[90] ^= 0x02;
		assert_false(cq_single_bit(cq_crc32(0, bytes, 700), two, 700, &b));
	}
}

static void a_checksum_behind_its_bytes_is_found(void **state)
{
	uint8_t bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)rnd(256);
	cq_put_be32(bytes + 123, cq_crc32(0, bytes, 123));
	assert_int_equal(cq_crc_boundary(bytes, 296), 123);
	assert_int_equal(cq_crc_boundary(bytes, 122), 0);
	assert_int_equal(cq_crc_prefix(bytes, 300, cq_crc32(0, bytes, 77)), 77);
	assert_int_equal(cq_crc_prefix(bytes, 76, cq_crc32(0, bytes, 77)), 0);
}

static void checksums_of_pieces_make_that_of_the_whole(void **state)
{
	struct cq_crc_powers powers;
	size_t n = (5 << 20) + 3;
	uint8_t *bytes = malloc(n);
	uint32_t joined = 0;

	(void)state;
	cq_crc_powers_init(&powers);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)rnd(256);
	for (size_t at = 0, step = 0; at < n; at += step, step = step ? 3 * step + 1 : 1) {
		size_t len = step < n - at ? step : n - at;

		joined = cq_crc_join(&powers, joined, cq_crc32(0, bytes + at, len), len);
		assert_int_equal(joined, cq_crc32(0, bytes, at + len));
	}
	free(bytes);
}

/* Text that compresses, with some noise in it. */
static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = i % 97 < 60 ? (uint8_t)("some words that come again and again "[i % 37]) : (uint8_t)rnd(256);
}

static void a_block_cut_anywhere_is_cut_and_a_whole_one_is_not(void **state)
{
	static const enum cq_codec codecs[] = { CQ_CODEC_LZ4, CQ_CODEC_SNAPPY, CQ_CODEC_DEFLATE, CQ_CODEC_ZSTD, CQ_CODEC_NOOP };
	static const size_t lengths[] = { 1, 20, 3000, 20000 };
	struct cq_codec_ctx *ctx = NULL;

	(void)state;
	for (size_t k = 0; k < CQ_COUNTOF(codecs) * CQ_COUNTOF(lengths); k++) {
		enum cq_codec codec = codecs[k / CQ_COUNTOF(lengths)];
		size_t len = lengths[k % CQ_COUNTOF(lengths)], cap = (size_t)cq_codec_bound(codec, len), n = 0, got = 0;
		uint8_t *plain = malloc(len), *packed = malloc(cap), *out = malloc(len);

		fill(plain, len);
		assert_int_equal(cq_codec_encode(&ctx, codec, 0, cq_slice_of(plain, len), packed, cap, &n, NULL), CQ_OK);
		assert_false(cq_cut_decode(codec, cq_slice_of(packed, n), out, len, &got));
		for (size_t cut = 0; cut < n; cut += n > 500 && cut < n - 50 ? 37 : 1) {
			/* A copy of just these bytes: reading past them is seen. */
			uint8_t *some = malloc(cut + 1);
			bool is;

			memcpy(some, packed, cut);
			some = realloc(some, cut ? cut : 1);
			is = cq_cut_decode(codec, cq_slice_of(some, cut), out, len, &got);
			/* Snappy and Deflate may have given everything before their last bytes. */
			if (!is && got != len)
				fail_msg("%s: %zu of %zu bytes are not called cut", cq_codec_name(codec), cut, n);
			assert_true(got <= len);
			assert_memory_equal(out, plain, got);
			free(some);
		}
		free(plain);
		free(packed);
		free(out);
	}
	cq_codec_ctx_destroy(ctx);
}

static void noise_never_takes_the_cut_decoders_out_of_bounds(void **state)
{
	static const enum cq_codec codecs[] = { CQ_CODEC_LZ4, CQ_CODEC_SNAPPY, CQ_CODEC_DEFLATE, CQ_CODEC_ZSTD };
	uint8_t *out = malloc(4096), plain[4096];
	struct cq_codec_ctx *ctx = NULL;
	size_t got;

	(void)state;
	fill(plain, sizeof plain);
	for (size_t i = 0; i < 20000; i++) {
		enum cq_codec codec = codecs[i % 4];
		size_t cap = (size_t)cq_codec_bound(codec, sizeof plain), n = 0;
		uint8_t *p = malloc(cap);

		if (i % 8 < 4) {
			n = rnd(200) + 1;
			for (size_t k = 0; k < n; k++)
				p[k] = (uint8_t)rnd(256);
			if (codec == CQ_CODEC_LZ4 && n > 4)
				memcpy(p, "\0\x10\0\0", 4);
			if (codec == CQ_CODEC_DEFLATE && n > 2)
				memcpy(p, "\x78\x9c", 2);
			if (codec == CQ_CODEC_SNAPPY && n > 2)
				memcpy(p, "\x80\x20", 2);
		} else {
			assert_int_equal(cq_codec_encode(&ctx, codec, 0, cq_slice_of(plain, sizeof plain), p, cap, &n, NULL), CQ_OK);
			for (size_t k = 0; k < 3; k++)
				p[rnd((uint32_t)n)] ^= (uint8_t)(1u << rnd(8));
			n = rnd((uint32_t)n) + 1;
		}
		p = realloc(p, n);
		cq_cut_decode(codec, cq_slice_of(p, n), out, 4096, &got);
		assert_true(got <= 4096);
		free(p);
	}
	free(out);
	cq_codec_ctx_destroy(ctx);
}

/* ---- healthy ---- */

static void healthy_tables_are_passed_over_in_silence(void **state)
{
	const char *roots[] = { CQ_TEST_CORPUS, getenv("CQLITE_CORPUS") };

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		struct copy c = {0};
		size_t opened = 0;

		if (!roots[r] || !*roots[r])
			continue;
		check_at(&c, roots[r], CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS, CQ_CHECK_FULL);
		for (size_t i = 0; i < c.report.ntables; i++) {
			opened += c.report.tables[i].opened;
			if (faults(&c.report.tables[i])) {
				print(&c.report.tables[i]);
				fail_msg("a finding in %s", c.report.tables[i].entry ? c.report.tables[i].entry->data_path : "several tables");
			}
		}
		print_message("# %zu tables under %s\n", opened, roots[r]);
		assert_true(opened >= 150);
		forget(&c);
	}
}

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

/* ---- digest ---- */

static void a_wrong_digest_of_good_chunks_is_itself_the_suspect(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	replace(&c, "Digest.crc32", "123456789", 9);
	check(&c);
	f = only(&c, "digest");
	assert_int_equal(f->severity, CQ_WARNING);
	assert_non_null(strstr(f->message, "and not Data.db"));
	assert_string_equal(f->found, "123456789");
	replace(&c, "Digest.crc32", "12345678x", 9);
	check(&c);
	assert_non_null(strstr(only(&c, "digest")->message, "no decimal number"));
	fix_digest(&c);
	flip(&c, "Digest.crc32", 2, 1);
	check(&c);
	suspects(only(&c, "digest"), CQ_C_DIGEST, 2, 1);
	/* A line end is no fault. */
	fix_digest(&c);
	{
		size_t n;
		uint8_t *p = component(&c, "Digest.crc32", &n);

		p[n] = '\n';
		replace(&c, "Digest.crc32", p, n + 1);
		free(p);
	}
	check(&c);
	silent(&c);
	drop(&c);
}

/* ---- toc-set, os ---- */

static void missing_components_are_named_with_what_it_means(void **state)
{
	static const struct {
		const char *name;
		enum cq_component kind;
		enum cq_severity severity;
		enum cq_effect effect;
	} missing[] = {
		{ "Summary.db", CQ_C_SUMMARY, CQ_WARNING, CQ_SLOWER }, { "Filter.db", CQ_C_FILTER, CQ_WARNING, CQ_SLOWER },
		{ "Digest.crc32", CQ_C_DIGEST, CQ_WARNING, CQ_UNSURE }, { "TOC.txt", CQ_C_TOC, CQ_WARNING, CQ_REFUSED },
		{ "Index.db", CQ_C_INDEX, CQ_ERROR, CQ_REFUSED }, { "Statistics.db", CQ_C_STATISTICS, CQ_ERROR, CQ_REFUSED },
		{ "CompressionInfo.db", CQ_C_COMPRESSION_INFO, CQ_ERROR, CQ_LOST }, { "Data.db", CQ_C_DATA, CQ_ERROR, CQ_LOST },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(missing); i++) {
		const struct cq_check_finding *f;
		struct copy c;

		copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
		gone(&c, missing[i].name);
		check(&c);
		f = found(&c, "toc-set");
		assert_int_equal(f->component, missing[i].kind);
		assert_int_equal(f->severity, missing[i].severity);
		assert_int_equal(f->effect, missing[i].effect);
		assert_null(find(c.t, "structure"));
		if (missing[i].kind == CQ_C_SUMMARY)
			assert_non_null(strstr(f->bug, "up to 4.1 delete Summary.db"));
		drop(&c);
	}
}

static void toc_and_files_are_compared_both_ways(void **state)
{
	const struct cq_check_finding *f;
	struct copy c;
	uint8_t *p;
	size_t n;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	p = component(&c, "TOC.txt", &n);
	/* A wrong letter. */
	flip(&c, "TOC.txt", 1, 0);
	check(&c);
	suspects(only(&c, "toc-set"), CQ_C_TOC, 1, 0);
	/* A line less. */
	for (size_t i = 0; i + 9 < n; i++)
		if (!memcmp(p + i, "Index.db\n", 9)) {
			memmove(p + i, p + i + 9, n - i - 9);
			n -= 9;
			break;
		}
	replace(&c, "TOC.txt", p, n);
	check(&c);
	f = only(&c, "toc-set");
	assert_int_equal(f->component, CQ_C_INDEX);
	assert_int_equal(f->severity, CQ_WARNING);
	assert_non_null(strstr(f->message, "does not list it"));
	/* Not text. */
	replace(&c, "TOC.txt", "Data.db\n\0\0\0", 11);
	check(&c);
	assert_int_equal(only(&c, "toc-set")->off, 8);
	free(p);
	drop(&c);
}

static void empty_and_forbidden_files_are_the_systems_business(void **state)
{
	static const char *const names[] = { "Statistics.db", "Index.db", "Summary.db", "Filter.db", "CompressionInfo.db", "Data.db" };
	struct copy c;
	char path[256];

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(names); i++) {
		const struct cq_check_finding *f;

		copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
		replace(&c, names[i], "", 0);
		check(&c);
		f = found(&c, "os");
		assert_non_null(strstr(f->message, names[i]));
		assert_non_null(strstr(f->message, "is empty"));
		drop(&c);
	}
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	path_of(&c, "Filter.db", path);
	assert_int_equal(chmod(path, 0), 0);
	check(&c);
	assert_non_null(strstr(found(&c, "os")->message, geteuid() ? "Permission denied" : "may not be read by its owner"));
	drop(&c);
}

/* ---- txnlog, mutable ---- */

static void broken_lines_of_transaction_logs_are_named(void **state)
{
	static const char name[] = "nb_txn_compaction_921744d0-e6df-11f1-9f26-3ba06936b4d7.log";
	const struct cq_check_finding *f;
	char path[256], text[512];
	struct copy c;
	size_t n;

	(void)state;
	copy_table(&c, "5.0-nb/main/comp_deflate", "nb-1-big");
	snprintf(path, sizeof path, "%s/%s", c.dir, name);
	/* Good: nothing but an info. */
	n = (size_t)snprintf(text, sizeof text, "ADD:[%s/nb-9-big-,0,8][%u]\nREMOVE:[%s/nb-1-big-,1700000000123,8][%u]\n", c.dir, 0u, c.dir, 0u);
	{
		char add[128], remove_it[128];

		snprintf(add, sizeof add, "%s/nb-9-big-", c.dir);
		snprintf(remove_it, sizeof remove_it, "%s/nb-1-big-", c.dir);
		n = (size_t)snprintf(text, sizeof text, "ADD:[%s,0,8][%" PRIu32 "]\nREMOVE:[%s,1700000000123,8][%" PRIu32 "]\n", add,
			cq_txn_checksum(CQ_TXN_ADD, cq_slice_str(add), 0, 8), remove_it,
			cq_txn_checksum(CQ_TXN_REMOVE, cq_slice_str(remove_it), INT64_C(1700000000123), 8));
	}
	spill(path, text, n);
	check(&c);
	f = find(&c.report.tables[1], "txnlog");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_INFO);
	assert_non_null(strstr(f->message, "nb-1-big is live"));
	/* The last line cut: the ones before hold. */
	spill(path, text, n - 3);
	check(&c);
	f = find(&c.report.tables[1], "txnlog");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_WARNING);
	assert_int_equal(f->off, strchr(text, '\n') + 1 - text);
	/* A digit of the first line's checksum. */
	*(strchr(text, '\n') - 2) ^= 1;
	spill(path, text, n);
	check(&c);
	f = find(&c.report.tables[1], "txnlog");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_ERROR);
	assert_int_equal(f->off, 0);
	assert_string_equal(f->file, name);
	assert_non_null(strstr(f->expected, "checksum"));
	drop(&c);
}

/* The table in <dir>/ks/t-<id>/ and the same in its snapshot. */
static void copies_in_a_snapshot_may_differ_only_where_they_may(void **state)
{
	char home[200], snap[300], file[400];
	const struct cq_check_finding *f = NULL;
	const struct cq_check_table *t;
	struct copy c;
	uint8_t *p, *s;
	size_t n, at;

	(void)state;
	copy_table(&c, "3.11-me/main/comp_snappy", "me-1-big");
	snprintf(home, sizeof home, "%s/t-855bafb0e6df11f19f263ba06936b4d7", c.dir);
	assert_int_equal(mkdir(home, 0755), 0);
	copy_files("3.11-me/main/comp_snappy", "me-1-big", home);
	snprintf(snap, sizeof snap, "%s/snapshots", home);
	assert_int_equal(mkdir(snap, 0755), 0);
	snprintf(snap, sizeof snap, "%s/snapshots/before", home);
	assert_int_equal(mkdir(snap, 0755), 0);
	copy_files("3.11-me/main/comp_snappy", "me-1-big", snap);
	check_at(&c, home, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
	assert_int_equal(c.report.ntables, 3);
	for (size_t i = 0; i < 3; i++)
		assert_null(c.report.tables[i].first);
	/* Index.db is written once. */
	snprintf(file, sizeof file, "%s/me-1-big-Index.db", snap);
	p = slurp(file, &n);
	p[n / 2] ^= 0x20;
	spill(file, p, n);
	check_at(&c, home, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
	for (size_t i = 0; i < 3; i++) {
		t = &c.report.tables[i];
		if (find(t, "mutable"))
			f = find(t, "mutable");
	}
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_WARNING);
	assert_int_equal(f->component, CQ_C_INDEX);
	assert_int_equal(f->off, n / 2);
	p[n / 2] ^= 0x20;
	spill(file, p, n);
	free(p);
	/* A level in Statistics.db (3.11: no checksums) may change. It stands behind the histogram of tombstone drop times. */
	snprintf(file, sizeof file, "%s/me-1-big-Statistics.db", snap);
	s = slurp(file, &n);
	for (at = 0, f = NULL; at < n && !f; at++) {
		struct cq_table *x;
		char data[400];

		s[at] ^= 0x01;
		spill(file, s, n);
		snprintf(data, sizeof data, "%s/me-1-big-Data.db", snap);
		if (cq_table_open(&x, data, NULL, NULL) == CQ_OK) {
			if (x->stats.level == 1 && x->stats.repaired_at == 0) {
				check_at(&c, home, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
				for (size_t i = 0; i < 3; i++)
					if (find(&c.report.tables[i], "mutable"))
						f = find(&c.report.tables[i], "mutable");
				assert_non_null(f);
			}
			cq_table_close(x);
		}
		s[at] ^= 0x01;
	}
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_INFO);
	assert_non_null(strstr(f->found, "level 0"));
	assert_non_null(strstr(f->found, "level 1"));
	spill(file, s, n);
	free(s);
	/* Other rows under the same name: an SSTable of another life. */
	snprintf(file, sizeof file, "%s/me-1-big-Digest.crc32", snap);
	spill(file, "1", 1);
	check_at(&c, home, CQ_LIST_SNAPSHOTS, CQ_CHECK_FULL);
	f = NULL;
	for (size_t i = 0; i < 3; i++)
		if (find(&c.report.tables[i], "mutable"))
			f = find(&c.report.tables[i], "mutable");
	assert_non_null(f);
	assert_int_equal(f->severity, CQ_INFO);
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
		cmocka_unit_test(every_single_bit_is_named_from_two_checksums),
		cmocka_unit_test(a_checksum_behind_its_bytes_is_found),
		cmocka_unit_test(checksums_of_pieces_make_that_of_the_whole),
		cmocka_unit_test(a_block_cut_anywhere_is_cut_and_a_whole_one_is_not),
		cmocka_unit_test(noise_never_takes_the_cut_decoders_out_of_bounds),
		cmocka_unit_test(healthy_tables_are_passed_over_in_silence),
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
		cmocka_unit_test(a_wrong_digest_of_good_chunks_is_itself_the_suspect),
		cmocka_unit_test(missing_components_are_named_with_what_it_means),
		cmocka_unit_test(toc_and_files_are_compared_both_ways),
		cmocka_unit_test(empty_and_forbidden_files_are_the_systems_business),
		cmocka_unit_test(broken_lines_of_transaction_logs_are_named),
		cmocka_unit_test(copies_in_a_snapshot_may_differ_only_where_they_may),
		cmocka_unit_test(every_damage_of_data_has_one_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What tests of rules over files share: a table of the corpus copied into a folder of its own, changed there, and checked.
 *
 *     copy_table(&c, "5.0-oa/main/single", "oa-1-big");
 *     flip(&c, "Index.db", 12, 3);
 *     check_at(&c, c.dir, rules, 0, CQ_CHECK_FULL);
 *     f = found(&c, "index-data");                    valid until the next check
 *     drop(&c);
 */
#ifndef CQ_TEST_COPIES_H
#define CQ_TEST_COPIES_H
#include <inttypes.h>

#include "cq_check.h"
#include "cq_hash.h"
#include "cq_rule.h"
#include "cq_txnlog.h"
#include "files.h"
#include "tables.h"

struct copy {
	char dir[64], base[64];                /* base: "nb-1-big" */
	unsigned jobs;
	struct cq_desc_list list;
	struct cq_report report;
	const struct cq_check_table *t;
	struct events healthy;
	uint32_t step;                         /* chunk or block length */
};

static CQ_UNUSED void path_of(const struct copy *c, const char *component, char out[256])
{
	snprintf(out, 256, "%s/%s-%s", c->dir, c->base, component);
}

/* from: a folder of the corpus; base: of the table's files in it. */
static CQ_UNUSED void copy_table(struct copy *c, const char *from, const char *base)
{
	struct cq_table *t;
	char path[256];

	*c = (struct copy){0};
	snprintf(c->dir, sizeof c->dir, "/tmp/cqlite-copy-XXXXXX");
	snprintf(c->base, sizeof c->base, "%s", base);
	assert_non_null(mkdtemp(c->dir));
	copy_files(from, base, c->dir);
	path_of(c, "Data.db", path);
	t = table_of(path);
	events_read(&c->healthy, t, NULL);
	c->step = t->stream.chunks ? t->chunks.chunk_len : t->stream.crc_block;
	cq_table_close(t);
}

static CQ_UNUSED void forget(struct copy *c)
{
	cq_report_finish(&c->report);
	cq_desc_list_finish(&c->list);
	c->list = (struct cq_desc_list){0};
}

static CQ_UNUSED void drop(struct copy *c)
{
	forget(c);
	events_finish(&c->healthy);
	remove_folder(c->dir);
}

static CQ_UNUSED void check_at(struct copy *c, const char *dir, const char *const *rules, unsigned flags, enum cq_check_level level)
{
	struct cq_check_options opt = { .level = level, .rules = rules, .no_schema_file = true, .now = 1800000000, .max_findings = 1000,
		.jobs = c->jobs };
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

static CQ_UNUSED uint8_t *component(const struct copy *c, const char *name, size_t *n)
{
	char path[256];

	path_of(c, name, path);
	return slurp(path, n);
}

static CQ_UNUSED void replace(const struct copy *c, const char *name, const void *bytes, size_t n)
{
	char path[256];

	path_of(c, name, path);
	spill(path, bytes, n);
}

static CQ_UNUSED void put(const struct copy *c, const char *name, uint64_t off, const void *bytes, size_t n)
{
	char path[256];
	FILE *f;

	path_of(c, name, path);
	f = fopen(path, "r+b");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	assert_true(off + n <= (uint64_t)ftell(f));
	fseek(f, (long)off, SEEK_SET);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static CQ_UNUSED void flip(const struct copy *c, const char *name, uint64_t off, unsigned bit)
{
	size_t n;
	uint8_t *p = component(c, name, &n), b;

	assert_true(off < n);
	b = (uint8_t)(p[off] ^ 1u << bit);
	put(c, name, off, &b, 1);
	free(p);
}

static CQ_UNUSED void gone(const struct copy *c, const char *name)
{
	char path[256];

	path_of(c, name, path);
	assert_int_equal(unlink(path), 0);
}

static CQ_UNUSED void print(const struct cq_check_table *t)
{
	for (const struct cq_check_finding *f = t->first; f; f = f->next)
		print_message("# %s %s at 0x%" PRIx64 "+%" PRIu64 " of %s: %s; expected %s, found %s; keys %" PRIu64 " %s %s\n", cq_severity_name(f->severity),
			f->rule->id, f->off, f->len, f->file, f->message, f->expected ? f->expected : "-", f->found ? f->found : "-", f->keys.n,
			f->keys.first ? f->keys.first : "-", f->keys.last ? f->keys.last : "");
}

static CQ_UNUSED const struct cq_check_finding *find(const struct cq_check_table *t, const char *rule)
{
	for (const struct cq_check_finding *f = t->first; f; f = f->next)
		if (!strcmp(f->rule->id, rule))
			return f;
	return NULL;
}

static CQ_UNUSED const struct cq_check_finding *found(const struct copy *c, const char *rule)
{
	const struct cq_check_finding *f = find(c->t, rule);

	if (!f) {
		print(c->t);
		fail_msg("no finding of %s", rule);
	}
	return f;
}

/* Findings above info, those that another finding explains left out. */
static CQ_UNUSED size_t faults(const struct cq_check_table *t)
{
	size_t n = 0;

	for (const struct cq_check_finding *f = t->first; f; f = f->next)
		n += f->severity > CQ_INFO && !f->because;
	return n;
}

/* The one fault is this rule's. */
static CQ_UNUSED const struct cq_check_finding *only(const struct copy *c, const char *rule)
{
	const struct cq_check_finding *f = found(c, rule);

	if (faults(c->t) != 1 || f->because) {
		print(c->t);
		fail_msg("%zu findings, expected one of %s", faults(c->t), rule);
	}
	return f;
}

static CQ_UNUSED void silent(const struct copy *c)
{
	if (faults(c->t)) {
		print(c->t);
		fail_msg("%zu findings, expected none", faults(c->t));
	}
}

/* A key, or where it cannot be read (tries have no keys) a token on the right side of its own. */
static CQ_UNUSED void is_key(const struct cq_table *t, const struct part *p, const char *key, const char *token, int side)
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
static CQ_UNUSED void has_keys(const struct copy *c, const struct cq_check_finding *f, uint64_t off, uint64_t end)
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

static CQ_UNUSED void suspects(const struct cq_check_finding *f, int component_is, uint64_t off, unsigned bit)
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

static CQ_UNUSED struct chunks chunks_of(const struct copy *c)
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

static CQ_UNUSED uint64_t data_len_of(const struct chunks *k, uint64_t i)
{
	uint64_t start = i * k->chunk_len, left = start < k->data_len ? k->data_len - start : 0;

	return left < k->chunk_len ? left : k->chunk_len;
}

/* Write chunk i anew with other contents (len bytes), its checksum right. All chunks behind it move. */
static CQ_UNUSED void rewrite_chunk(const struct copy *c, struct chunks *k, uint64_t i, const uint8_t *plain, size_t len)
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

static CQ_UNUSED uint8_t *plain_of(const struct copy *c, const struct chunks *k, uint64_t i, size_t *len)
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
static CQ_UNUSED void fix_digest(const struct copy *c)
{
	size_t n;
	uint8_t *p = component(c, "Data.db", &n);
	char text[16];

	replace(c, "Digest.crc32", text, (size_t)snprintf(text, sizeof text, "%" PRIu32, cq_crc32(0, p, n)));
	free(p);
}

#endif

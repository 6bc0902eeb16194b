/* Faults on purpose: a copy differs from its source in what the manifest says and nowhere else, and says so truly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cq_format.h"
#include "cq_hash.h"
#include "cq_inject.h"
#include "cq_table_doc.h"
#include "files.h"
#include "tables.h"

static char tmp[64], at[96];

static int folder_made(void **state)
{
	(void)state;
	strcpy(tmp, "/tmp/cqlite-inject-XXXXXX");
	if (!mkdtemp(tmp))
		return -1;
	snprintf(at, sizeof at, "%s/copy", tmp);
	return 0;
}

/* Files of a folder, without the dots. */
static size_t files_in(const char *folder, void (*each)(const char *path, const char *name, void *arg), void *arg)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[1024];
	size_t n = 0;

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		n++;
		if (each)
			each(path, e->d_name, arg);
	}
	if (d)
		closedir(d);
	return n;
}

static int folder_gone(void **state)
{
	(void)state;
	remove_folder(at);
	remove_folder(tmp);
	return 0;
}

struct bytes {
	uint8_t *p;
	size_t n;
};

/* False: there is no such file. */
static bool take(const char *path, struct bytes *b)
{
	b->p = slurp_if(path, &b->n);
	return b->p;
}

/* ---- which tables ---- */

/* One or more of every version, every compressor, wide partitions, markers, counters, collections, no compression. */
static const char *const sources[] = {
	"3.11-md/main/single/md-1-big", "3.11-md/main/scalars/md-1-big", "3.11-me/small/wide_small/me-1-big", "3.11-me/main/comp_snappy/me-1-big",
	"3.11-me/main/range_tombstones/me-1-big", "4.0-na/main/comp_noop/na-1-big", "4.0-na/main/statics/na-1-big",
	"4.1-nb/main/comp_zstd_level/nb-1-big", "5.0-nb/small/wide_small/nb-1-big", "5.0-nb/main/comp_deflate/nb-1-big",
	"5.0-nb/main/ttls/nb-1-big", "5.0-nb/main/counters/nb-1-big", "5.0-oa/small/wide_small/oa-1-big", "5.0-oa/main/comp_none/oa-1-big",
	"5.0-oa/main/collections/oa-1-big", "5.0-oa/main/range_tombstones/oa-1-big", "5.0-oa/main/columns_65/oa-1-big",
	"5.0-oa/main/bloom_off/oa-1-big", "5.0-da/small/wide_small/da-1-bti", "5.0-da/main/collections/da-1-bti",
	"5.0-da/main/comp_lz4_4/da-1-bti",
};

static const char *source_path(const char *base)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s-Data.db", CQ_TEST_CORPUS, base);
	return path;
}

static int run_fault(const char *path, const char *kind, const char *dir, uint64_t number, struct cq_inject_options *opt,
	struct cq_inject **out, struct cq_error *err)
{
	static const char *kinds[1];

	kinds[0] = kind;
	opt->path = path;
	opt->dir = dir;
	opt->kinds = kinds;
	opt->nkinds = 1;
	opt->no_sync = true;
	opt->seed = number;
	return cq_inject_run(opt, out, err);
}

/* ---- a copy and its source ---- */

/* What a fault's changes make of bytes; NULL when the manifest does not show all of them. */
static struct bytes expected_bytes(const struct cq_inject *in, const char *component, int space, struct bytes was, bool *known)
{
	struct bytes b = { .p = malloc(was.n + 1), .n = was.n };

	*known = true;
	memcpy(b.p, was.p, was.n);
	for (size_t i = 0; i < in->nfaults; i++) {
		int64_t shift = 0;

		for (size_t k = 0; k < in->fault[i].nchanges; k++) {
			const struct cq_inject_change *c = &in->fault[i].change[k];
			uint64_t off;

			if (strcmp(c->component, component) != 0)
				continue;
			/* A change of the other space shows elsewhere. */
			if (c->space != space) {
				*known = false;
				continue;
			}
			off = (uint64_t)((int64_t)c->off + shift);
			if (c->after.len != c->after_len || off + c->len > b.n) {
				*known = false;
				continue;
			}
			b.p = realloc(b.p, b.n + c->after_len + 1);
			memmove(b.p + off + c->after_len, b.p + off + c->len, b.n - off - c->len);
			if (c->after_len)
				memcpy(b.p + off, c->after.p, c->after_len);
			b.n = b.n - c->len + c->after_len;
			if (c->after_len != c->len)
				shift += (int64_t)c->after_len - (int64_t)c->len;
		}
	}
	return b;
}

static bool is_changed(const struct cq_inject *in, const char *component)
{
	for (size_t i = 0; i < in->nfaults; i++)
		for (size_t k = 0; k < in->fault[i].nchanges; k++)
			if (strcmp(in->fault[i].change[k].component, component) == 0)
				return true;
	return false;
}

/* The files that changed because others did: the manifest's list. */
static bool has_followed(const struct cq_inject *in, const char *component)
{
	struct cq_buf json = {0};
	const char *list, *end;
	char word[300];
	bool found;

	cq_inject_manifest(in, &json);
	list = strstr(cq_buf_cstr(&json), "\"followed\": [");
	assert_non_null(list);
	end = strchr(list, ']');
	snprintf(word, sizeof word, "\"%s\"", component);
	found = strstr(list, word) && strstr(list, word) < end;
	cq_buf_finish(&json);
	return found;
}

static size_t compared;

static void compare_file(const char *path, const char *name, void *arg)
{
	const struct cq_inject *in = arg;
	size_t base = strlen(in->base);
	char copy[1024];
	struct bytes was, now, want;
	bool known;

	if (strncmp(name, in->base, base) != 0 || name[base] != '-')
		return;
	if (!take(path, &was))
		fail_msg("cannot read %s", path);
	snprintf(copy, sizeof copy, "%s/%s", at, name);
	if (!take(copy, &now)) {
		assert_true(is_changed(in, name + base + 1));
		free(was.p);
		return;
	}
	if (!has_followed(in, name + base + 1)) {
		want = expected_bytes(in, name + base + 1, CQ_SPACE_RAW, was, &known);
		if (known) {
			assert_int_equal(now.n, want.n);
			assert_memory_equal(now.p, want.p, want.n);
			compared++;
		}
		if (is_changed(in, name + base + 1))
			assert_true(now.n != was.n || memcmp(now.p, was.p, was.n) != 0);
		free(want.p);
	}
	free(was.p);
	free(now.p);
}

/* All of a table's content. */
static struct bytes stream_of(const struct cq_table *t, struct cq_doc *d)
{
	struct bytes b = { .p = malloc((size_t)t->stream.len + 1), .n = (size_t)t->stream.len };
	size_t step = 1 << 16;

	for (size_t off = 0; off < b.n; off += step) {
		size_t n = b.n - off < step ? b.n - off : step;
		struct cq_error err = {0};

		if (cq_doc_bytes(d, CQ_C_DATA, cq_stream_space(&t->stream), off, b.p + off, n, &err) != CQ_OK) {
			free(b.p);
			return (struct bytes){0};
		}
	}
	return b;
}

static void compare_stream(const struct cq_inject *in, const struct cq_table *copy, struct cq_doc *doc)
{
	struct bytes was, now, want;
	bool known;

	if (!in->t->stream.chunks || !copy->stream.chunks)
		return;
	was = stream_of(in->t, in->doc);
	now = stream_of(copy, doc);
	want = expected_bytes(in, "Data.db", CQ_SPACE_DECOMPRESSED, was, &known);
	if (known) {
		assert_non_null(now.p);
		assert_int_equal(now.n, want.n);
		assert_memory_equal(now.p, want.p, want.n);
		compared++;
	}
	free(was.p);
	free(now.p);
	free(want.p);
}

/* Every checksum of the copy is right. */
static void checksums_are_right(const struct cq_inject *in, const struct cq_table *t)
{
	char path[512];
	struct bytes data, digest;
	uint32_t crc;

	snprintf(path, sizeof path, "%s/%s-Data.db", at, in->base);
	if (!take(path, &data))
		return;
	snprintf(path, sizeof path, "%s/%s-Digest.crc32", at, in->base);
	crc = cq_crc32(0, data.p, data.n);
	if (take(path, &digest)) {
		digest.p[digest.n] = 0;
		assert_int_equal(strtoul((char *)digest.p, NULL, 10), crc);
		free(digest.p);
	}
	for (uint64_t i = 0; t->stream.chunks && i < t->chunks.count; i++) {
		struct cq_span span;

		assert_int_equal(cq_chunk_at(&t->chunks, i, data.n, &span, NULL), CQ_OK);
		assert_int_equal(cq_crc32(0, data.p + span.off, (size_t)span.len), cq_be32(data.p + span.off + span.len));
	}
	for (uint64_t i = 0; t->stream.crcs && i * t->stream.crc_block < data.n; i++) {
		uint64_t off = i * t->stream.crc_block, n = data.n - off < t->stream.crc_block ? data.n - off : t->stream.crc_block;
		uint8_t stored[4];

		assert_int_equal(cq_space_read(t->stream.crcs, 4 + 4 * i, stored, 4, NULL), CQ_OK);
		assert_int_equal(cq_crc32(0, data.p + off, (size_t)n), cq_be32(stored));
	}
	for (const struct cq_finding *f = t->findings.first; f; f = f->next)
		assert_string_not_equal(f->id, "statistics-checksum");
	free(data.p);
}

/* The document of the copy shows the field with another value. */
static bool seen_in_document(const struct cq_inject *in, struct cq_doc *doc, const struct cq_inject_change *c)
{
	struct cq_node was, now;
	cq_nid id;
	int component = -1;

	if (!c->path || c->len != c->after_len || cq_doc_get(in->doc, c->path, &id, NULL) != CQ_OK || !cq_doc_node(in->doc, id, &was))
		return false;
	for (cq_nid k = cq_doc_first(doc, cq_doc_root(doc)); k; k = cq_doc_next(doc, k))
		if (cq_doc_node(doc, k, &now) && cq_slice_is(now.name, c->component))
			component = now.component;
	if (component < 0 || cq_doc_at(doc, component, c->space, c->off, &id, NULL) != CQ_OK)
		return false;
	for (; id && cq_doc_node(doc, id, &now) && (now.field != was.field || now.off != was.off); id = cq_doc_parent(doc, id))
		;
	if (!id)
		return false;
	if (was.flags & CQ_N_NUMBER) {
		assert_true(now.flags & CQ_N_NUMBER);
		assert_true(now.number != was.number);
	}
	return true;
}

struct tally {
	const char *kind;
	size_t runs, seen;
};

static void fault_on_table(const char *path, const struct cq_fault *f, struct tally *tally)
{
	struct cq_inject_options opt = {0};
	const struct cq_open_options inspect = { .inspect = true, .metadata_only = true, .no_checksums = true };
	struct cq_error err = {0};
	struct cq_inject *in;
	struct cq_table *t;
	struct cq_doc *doc;
	char data[512], dir[512];
	bool fixed;
	int rc;

	remove_folder(at);
	rc = run_fault(path, f->id, at, tally->runs + 1, &opt, &in, &err);
	if (rc == CQ_NOT_FOUND) {
		assert_true(*err.msg);
		assert_int_equal(files_in(tmp, NULL, NULL), 0);
		return;
	}
	if (rc != CQ_OK)
		fail_msg("%s on %s: %s", f->id, path, err.msg);
	tally->runs++;
	assert_int_equal(in->nfaults, 1);
	assert_true(in->fault[0].nchanges > 0);
	assert_true(in->fault[0].words && *in->fault[0].words);
	fixed = in->fault[0].fix;
	snprintf(dir, sizeof dir, "%.*s", (int)in->t->desc.dir.len, (const char *)in->t->desc.dir.p);
	files_in(dir, compare_file, in);
	snprintf(data, sizeof data, "%s/%s-Data.db", at, in->base);
	if (cq_table_open(&t, data, &inspect, &err) == CQ_OK) {
		assert_int_equal(cq_table_doc(t, &doc, &err), CQ_OK);
		if (fixed && t->schema && (strcmp(f->family, "data") == 0 || (strcmp(f->family, "statistics") == 0 &&
		    strncmp(f->id, "stats-section-", 14) != 0)))
			checksums_are_right(in, t);
		if (strcmp(f->family, "compression") != 0 && !is_changed(in, "CompressionInfo.db") && t->schema &&
		    (fixed || !is_changed(in, "Data.db")))
			compare_stream(in, t, doc);
		for (size_t i = 0; i < in->fault[0].nchanges; i++)
			tally->seen += seen_in_document(in, doc, &in->fault[0].change[i]);
		cq_doc_close(doc);
		cq_table_close(t);
	}
	if (!in->unmeasured)
		assert_int_equal(in->same + in->changed + in->lost + in->out_of_reach, in->partitions);
	cq_inject_close(in);
}

/* Bytes and times of a folder, to see that nobody wrote there. */
static void add_to_sum(const char *path, const char *name, void *arg)
{
	uint32_t *sum = arg;
	struct stat st;
	struct bytes b;

	assert_int_equal(stat(path, &st), 0);
	if (S_ISDIR(st.st_mode) || !take(path, &b))
		return;
	*sum += cq_crc32(cq_crc32(0, b.p, b.n), name, strlen(name)) + (uint32_t)st.st_mtim.tv_nsec;
	free(b.p);
}

static void every_fault_does_what_it_says_on_every_version(void **state)
{
	struct tally tally[256] = {{0}};
	const struct cq_fault *f;
	size_t n = 0, runs = 0;

	(void)state;
	for (size_t s = 0; s < CQ_COUNTOF(sources); s++) {
		uint32_t before = 0, after = 0;
		char dir[512];

		snprintf(dir, sizeof dir, "%s", source_path(sources[s]));
		*strrchr(dir, '/') = 0;
		files_in(dir, add_to_sum, &before);
		for (size_t i = 0; (f = cq_fault_nth(i)); i++) {
			assert_true(i < CQ_COUNTOF(tally));
			tally[i].kind = f->id;
			if (!(f->flags & CQ_FAULT_NOT_RANDOM))
				fault_on_table(source_path(sources[s]), f, &tally[i]);
			n = i + 1;
		}
		files_in(dir, add_to_sum, &after);
		assert_int_equal(before, after);
	}
	for (size_t i = 0; i < n; i++) {
		f = cq_fault_nth(i);
		runs += tally[i].runs;
		if (!tally[i].runs && !(f->flags & CQ_FAULT_NOT_RANDOM))
			fail_msg("%s applies to no table at all", tally[i].kind);
	}
	/* Whatever is a field must have been read back as one, at least once. */
	for (size_t i = 0; i < n; i++)
		if (!tally[i].seen && (strncmp(tally[i].kind, "stats-m", 7) == 0 || strncmp(tally[i].kind, "promoted-", 9) == 0 ||
		    strncmp(tally[i].kind, "index-position", 14) == 0 || strncmp(tally[i].kind, "row-timestamp", 13) == 0 ||
		    strncmp(tally[i].kind, "trie-", 5) == 0 || strncmp(tally[i].kind, "header-t", 8) == 0))
			fail_msg("%s was never seen in a document", tally[i].kind);
	print_message("# %zu faults, %zu runs on %zu tables, %zu files and contents compared byte by byte\n", n, runs,
		CQ_COUNTOF(sources), compared);
	assert_true(runs > 1000 && compared > runs);
}

/* ---- the same again ---- */

static void same_file(const char *path, const char *name, void *arg)
{
	struct bytes a, b;
	char other[1024];

	snprintf(other, sizeof other, "%s/%s", (const char *)arg, name);
	assert_true(take(path, &a));
	if (!take(other, &b))
		fail_msg("%s is not there the second time", name);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	free(a.p);
	free(b.p);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
	static const char *const kinds[] = { "bit-flip", "torn-write", "row-timestamp", "row-twice", "no-end", "trie-pointer", "filter-set-bit",
		"stats-hist-offset", "swap-chunks", "random" };
	char second[96];
	size_t done = 0;

	(void)state;
	snprintf(second, sizeof second, "%s/second", tmp);
	for (size_t s = 0; s < CQ_COUNTOF(sources); s += 3) {
		for (size_t k = 0; k < CQ_COUNTOF(kinds); k++) {
			struct cq_inject_options opt = {0}, again = {0};
			struct cq_error err = {0};
			struct cq_inject *in;

			remove_folder(at);
			remove_folder(second);
			if (run_fault(source_path(sources[s]), kinds[k], at, 77 + k, &opt, &in, &err) != CQ_OK)
				continue;
			/* A transaction log names the folder that it lies in. */
			if (strcmp(in->fault[0].kind->id, "txn-record") != 0) {
				cq_inject_close(in);
				assert_int_equal(run_fault(source_path(sources[s]), kinds[k], second, 77 + k, &again, &in, &err), CQ_OK);
				assert_int_equal(files_in(at, same_file, second), files_in(second, NULL, NULL));
				done++;
			}
			cq_inject_close(in);
		}
	}
	remove_folder(second);
	assert_true(done > 30);
}

static void another_seed_gives_another_place(void **state)
{
	struct cq_error err = {0};
	uint64_t off[8];
	size_t other = 0;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct cq_inject_options opt = {0};
		struct cq_inject *in;

		remove_folder(at);
		assert_int_equal(run_fault(source_path("5.0-oa/small/wide_small/oa-1-big"), "bit-flip", at, i, &opt, &in, &err), CQ_OK);
		off[i] = in->fault[0].change[0].off;
		other += i && off[i] != off[0];
		cq_inject_close(in);
	}
	assert_true(other >= 6);
}

static void random_numbers_are_those_of_splitmix64(void **state)
{
	struct cq_inject in = {0};

	(void)state;
	assert_int_equal(cq_inject_random(&in, 0), UINT64_C(0xe220a8397b1dcdaf));
	assert_int_equal(cq_inject_random(&in, 0), UINT64_C(0x6e789e6aa1b965f4));
	assert_int_equal(cq_inject_random(&in, 0), UINT64_C(0x06c45d188009454f));
}

/* ---- what is lost ---- */

static void a_chunk_with_a_flipped_bit_loses_the_keys_in_it_and_no_others(void **state)
{
	struct cq_inject_options opt = { .has_offset = true, .offset = 100, .has_bit = true, .bit = 3 };
	struct cq_error err = {0};
	struct cq_inject *in;
	struct events es;
	uint64_t end;

	(void)state;
	remove_folder(at);
	assert_int_equal(run_fault(source_path("5.0-nb/small/wide_small/nb-1-big"), "bit-flip", at, 1, &opt, &in, &err), CQ_OK);
	assert_null(in->unmeasured);
	assert_true(in->lost > 0 && in->same > 0);
	assert_int_equal(in->changed + in->out_of_reach, 0);
	/* The chunk is the first: every partition that begins in it is lost, all others are there. */
	end = in->t->chunks.chunk_len;
	events_read(&es, in->t, NULL);
	for (size_t i = 0, k = 0, s = 0; i < es.nparts; i++) {
		if (es.part[i].off < end) {
			assert_true(cq_slice_eq(in->key[k++].key, es.part[i].key));
			assert_int_equal(in->key[k - 1].fate, CQ_INJECT_LOST);
		} else {
			assert_true(cq_slice_eq(in->same_key[s++].key, es.part[i].key));
		}
	}
	events_finish(&es);
	assert_string_equal(in->expected[0].rule, "chunk-crc");
	cq_inject_close(in);
}

static void a_timestamp_changes_one_partition_and_loses_none(void **state)
{
	struct cq_inject_options opt = { .at = "Data.db/partitions[2]" };
	struct cq_error err = {0};
	struct cq_inject *in;

	(void)state;
	remove_folder(at);
	assert_int_equal(run_fault(source_path("5.0-nb/small/wide_small/nb-1-big"), "row-timestamp", at, 5, &opt, &in, &err), CQ_OK);
	assert_int_equal(in->changed, 1);
	assert_int_equal(in->lost + in->out_of_reach + in->hidden, 0);
	assert_int_equal(in->same, in->partitions - 1);
	assert_int_equal(strncmp(in->fault[0].change[0].path, "Data.db/partitions[2]/", 22), 0);
	assert_string_equal(in->expected[0].rule, "stats-ts");
	cq_inject_close(in);
}

static void a_checksum_that_stays_loses_the_chunk_of_a_changed_timestamp(void **state)
{
	struct cq_inject_options opt = { .at = "Data.db/partitions[2]", .checksums = CQ_INJECT_KEEP };
	struct cq_error err = {0};
	struct cq_inject *in;

	(void)state;
	remove_folder(at);
	assert_int_equal(run_fault(source_path("5.0-nb/small/wide_small/nb-1-big"), "row-timestamp", at, 5, &opt, &in, &err), CQ_OK);
	assert_true(in->lost > 0);
	assert_int_equal(in->changed, 0);
	assert_string_equal(in->expected[0].rule, "chunk-crc");
	assert_false(in->fault[0].fix);
	cq_inject_close(in);
}

static void a_cleared_filter_bit_hides_its_key_and_others_at_most(void **state)
{
	static const char *const tables[] = { "3.11-me/main/scalars/me-1-big", "5.0-nb/main/scalars/nb-1-big", "5.0-da/small/wide_small/da-1-bti" };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		struct cq_inject_options opt = {0};
		struct cq_error err = {0};
		struct cq_lookup *l;
		struct cq_inject *in;
		struct cq_table *t;
		char data[512];

		remove_folder(at);
		assert_int_equal(run_fault(source_path(tables[i]), "filter-clear-bit", at, i, &opt, &in, &err), CQ_OK);
		assert_true(in->hidden >= 1);
		assert_int_equal(in->same, in->partitions);
		snprintf(data, sizeof data, "%s/%s-Data.db", at, in->base);
		t = table_of(data);
		assert_int_equal(cq_lookup_open(&l, t, &err), CQ_OK);
		assert_int_equal(cq_lookup_filter(l, in->key[0].key, &err), 0);
		cq_lookup_close(l);
		cq_table_close(t);
		cq_inject_close(in);
	}
}

static void bytes_that_go_aim_the_indexes_anew(void **state)
{
	static const char *const tables[] = { "5.0-oa/main/scalars/oa-1-big", "5.0-oa/main/comp_none/oa-1-big", "5.0-da/main/scalars/da-1-bti",
		"3.11-md/main/scalars/md-1-big" };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		struct cq_inject_options opt = { .at = "Data.db/partitions[0]" };
		struct cq_error err = {0};
		struct cq_inject *in;

		remove_folder(at);
		if (run_fault(source_path(tables[i]), "row-twice", at, i, &opt, &in, &err) != CQ_OK)
			fail_msg("%s: %s", tables[i], err.msg);
		/* One partition has a row more; all others are where the index says they are. */
		assert_int_equal(in->changed, 1);
		assert_int_equal(in->same, in->partitions - 1);
		for (size_t k = 0; k < in->nexpected; k++)
			if (strcmp(in->expected[k].rule, "index-data") != 0 && strcmp(in->expected[k].rule, "bti-leafset") != 0)
				assert_true(in->hidden <= 1);
		cq_inject_close(in);
	}
}

static void partitions_that_change_places_are_still_there(void **state)
{
	static const char *const tables[] = { "3.11-me/small/wide_small/me-1-big", "5.0-oa/main/ttls/oa-1-big", "5.0-da/small/wide_small/da-1-bti",
		"4.0-na/main/scalars/na-1-big" };
	size_t equal = 0;

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(tables); i++) {
		for (uint64_t n = 0; n < 12; n++) {
			struct cq_inject_options opt = {0};
			struct cq_error err = {0};
			struct cq_inject *in;
			struct events es;

			remove_folder(at);
			if (run_fault(source_path(tables[i]), "partition-swap", at, n, &opt, &in, &err) != CQ_OK)
				fail_msg("%s: %s", tables[i], err.msg);
			assert_int_equal(in->same, in->partitions);
			assert_true(in->hidden >= 1);
			/* Of one length: each begins where the other did. */
			events_read(&es, in->t, NULL);
			for (size_t k = 0; k + 1 < es.nparts; k++)
				equal += es.part[k].off == in->fault[0].change[0].off &&
					2 * (es.part[k].end - es.part[k].off) == in->fault[0].change[0].len;
			events_finish(&es);
			cq_inject_close(in);
		}
	}
	assert_true(equal > 0);
}

static void chunks_that_change_places_take_their_checksums_along(void **state)
{
	const char *path = source_path("5.0-da/main/comp_lz4_4/da-1-bti");
	char data[512];

	(void)state;
	/* One chunk becomes longer, another one as much shorter: those between them stand elsewhere. */
	for (uint64_t number = 0; number < 10; number++) {
		struct cq_inject_options opt = {0};
		struct cq_error err = {0};
		struct cq_inject *in;
		struct cq_table *t;

		remove_folder(at);
		assert_int_equal(run_fault(path, "swap-chunks", at, number, &opt, &in, &err), CQ_OK);
		snprintf(data, sizeof data, "%s/%s-Data.db", at, in->base);
		assert_int_equal(cq_table_open(&t, data, NULL, &err), CQ_OK);
		checksums_are_right(in, t);
		cq_table_close(t);
		cq_inject_close(in);
	}
}

/* ---- fields by hand ---- */

static void any_field_can_be_set(void **state)
{
	static const struct { const char *table, *path, *value; uint64_t want; } set[] = {
		{ "5.0-oa/main/single/oa-1-big", "Statistics.db/stats/max timestamp", "12345", 12345 },
		{ "3.11-me/small/wide_small/me-1-big", "Statistics.db/stats/totalRows", "0x7fffffffffffffff", INT64_MAX },
		{ "5.0-oa/small/wide_small/oa-1-big", "Index.db/entries[3]/position", "99", 99 },
		{ "5.0-oa/small/wide_small/oa-1-big", "Summary.db/entries[0]/position", "258", 258 },
		{ "5.0-oa/main/single/oa-1-big", "CompressionInfo.db/chunk length", "4096", 4096 },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(set); i++) {
		struct cq_inject_options opt = { .at = set[i].path, .value = set[i].value };
		const struct cq_open_options inspect = { .inspect = true };
		struct cq_error err = {0};
		struct cq_inject *in;
		struct cq_table *t;
		struct cq_doc *d;
		struct cq_node n;
		char data[512];
		cq_nid id;

		remove_folder(at);
		if (run_fault(source_path(set[i].table), "set", at, 1, &opt, &in, &err) != CQ_OK)
			fail_msg("%s: %s", set[i].path, err.msg);
		snprintf(data, sizeof data, "%s/%s-Data.db", at, in->base);
		assert_int_equal(cq_table_open(&t, data, &inspect, &err), CQ_OK);
		assert_int_equal(cq_table_doc(t, &d, &err), CQ_OK);
		if (cq_doc_get(d, set[i].path, &id, &err) != CQ_OK)
			fail_msg("%s: %s", set[i].path, err.msg);
		assert_true(cq_doc_node(d, id, &n));
		assert_int_equal(n.number, set[i].want);
		cq_doc_close(d);
		cq_table_close(t);
		cq_inject_close(in);
	}
}

static void a_value_that_does_not_fit_is_refused(void **state)
{
	struct cq_inject_options opt = { .at = "Index.db/entries[3]/position", .value = "99999999" };
	struct cq_error err = {0};
	struct cq_inject *in;

	(void)state;
	remove_folder(at);
	assert_int_equal(run_fault(source_path("5.0-oa/small/wide_small/oa-1-big"), "set", at, 1, &opt, &in, &err), CQ_EUSAGE);
	assert_non_null(strstr(err.msg, "does not fit"));
	assert_int_equal(files_in(tmp, NULL, NULL), 0);
}

static void xor_turns_bits_round(void **state)
{
	struct cq_inject_options opt = { .at = "Filter.db/bits", .xor = "ff" };
	struct cq_error err = {0};
	struct cq_inject *in;
	const struct cq_inject_change *c;

	(void)state;
	remove_folder(at);
	if (run_fault(source_path("5.0-oa/main/single/oa-1-big"), "set", at, 1, &opt, &in, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	c = &in->fault[0].change[0];
	assert_int_equal(c->before.p[c->before.len - 1] ^ c->after.p[c->after.len - 1], 0xff);
	assert_memory_equal(c->before.p, c->after.p, c->before.len - 1);
	cq_inject_close(in);
}

/* ---- several at once ---- */

static void faults_add_up_and_do_not_get_in_each_others_way(void **state)
{
	static const char *const kinds[] = { "row-timestamp", "stats-rows", "summary-position", "filter-zeroed", "toc-extra" };
	struct cq_inject_options opt = { .path = source_path("5.0-oa/small/wide_small/oa-1-big"), .dir = at, .kinds = kinds,
		.nkinds = CQ_COUNTOF(kinds), .seed = 9 };
	struct cq_error err = {0};
	struct cq_inject *in;

	(void)state;
	remove_folder(at);
	if (cq_inject_run(&opt, &in, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(in->nfaults, CQ_COUNTOF(kinds));
	assert_int_equal(in->changed, 1);
	assert_int_equal(in->hidden, in->partitions);
	cq_inject_close(in);
}

static void two_faults_that_want_the_same_file_are_refused(void **state)
{
	static const char *const kinds[] = { "delete-component", "empty-component" };
	struct cq_inject_options opt = { .path = source_path("5.0-oa/main/single/oa-1-big"), .dir = at, .kinds = kinds,
		.nkinds = CQ_COUNTOF(kinds), .component = "Index.db" };
	struct cq_error err = {0};
	struct cq_inject *in;

	(void)state;
	remove_folder(at);
	assert_int_equal(cq_inject_run(&opt, &in, &err), CQ_EUSAGE);
	assert_non_null(strstr(err.msg, "two faults"));
	assert_int_equal(files_in(tmp, NULL, NULL), 0);
}

static void a_component_of_another_table_takes_its_place(void **state)
{
	char from[512];
	struct cq_inject_options opt = { .from = from };
	struct cq_error err = {0};
	struct cq_inject *in;
	struct bytes a, b;
	char path[512];

	(void)state;
	snprintf(from, sizeof from, "%s/5.0-oa/main/scalars/oa-1-big-Index.db", CQ_TEST_CORPUS);
	remove_folder(at);
	if (run_fault(source_path("5.0-oa/main/single/oa-1-big"), "swap-component", at, 1, &opt, &in, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	snprintf(path, sizeof path, "%s/oa-1-big-Index.db", at);
	assert_true(take(path, &a));
	assert_true(take(from, &b));
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	free(a.p);
	free(b.p);
	cq_inject_close(in);
}

/* ---- places ---- */

static void the_folder_of_the_source_is_refused(void **state)
{
	struct cq_inject_options opt = {0};
	struct cq_error err = {0};
	struct cq_inject *in;
	char dir[512];

	(void)state;
	snprintf(dir, sizeof dir, "%s/5.0-oa/main/single/", CQ_TEST_CORPUS);
	assert_int_equal(run_fault(source_path("5.0-oa/main/single/oa-1-big"), "bit-flip", dir, 1, &opt, &in, &err), CQ_EUSAGE);
	opt.force = true;
	assert_int_equal(run_fault(source_path("5.0-oa/main/single/oa-1-big"), "bit-flip", dir, 1, &opt, &in, &err), CQ_EUSAGE);
	assert_non_null(strstr(err.msg, "source"));
}

static void a_table_of_that_name_is_only_replaced_by_force(void **state)
{
	struct cq_inject_options opt = {0};
	struct cq_error err = {0};
	struct cq_inject *in;
	struct bytes a, b;
	char stranger[200], data[200];
	FILE *f;

	(void)state;
	remove_folder(at);
	assert_int_equal(run_fault(source_path("5.0-oa/main/single/oa-1-big"), "bit-flip", at, 1, &opt, &in, &err), CQ_OK);
	cq_inject_close(in);
	snprintf(stranger, sizeof stranger, "%s/notes.txt", at);
	f = fopen(stranger, "w");
	fputs("mine\n", f);
	fclose(f);
	snprintf(data, sizeof data, "%s/oa-1-big-Data.db", at);
	assert_true(take(data, &a));
	assert_int_equal(run_fault(source_path("5.0-oa/main/single/oa-1-big"), "bit-flip", at, 2, &opt, &in, &err), CQ_EIO);
	assert_true(take(data, &b));
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	free(b.p);
	opt.force = true;
	assert_int_equal(run_fault(source_path("5.0-oa/main/single/oa-1-big"), "bit-flip", at, 2, &opt, &in, &err), CQ_OK);
	cq_inject_close(in);
	assert_true(take(data, &b));
	assert_int_equal(a.n, b.n);
	assert_true(memcmp(a.p, b.p, a.n) != 0);
	free(a.p);
	free(b.p);
	assert_int_equal(access(stranger, R_OK), 0);
	/* Nothing of the way there is left. */
	assert_int_equal(files_in(tmp, NULL, NULL), 1);
	assert_int_equal(files_in(at, NULL, NULL), 10);
}

/* ---- failing ---- */

static int calls_left;

static bool stop_soon(void *arg)
{
	(void)arg;
	return calls_left-- <= 0;
}

static void who_is_stopped_leaves_nothing(void **state)
{
	size_t stopped = 0;

	(void)state;
	for (int calls = 0; calls < 12; calls++) {
		struct cq_inject_options opt = { .stop = stop_soon };
		struct cq_error err = {0};
		struct cq_inject *in;
		int rc;

		remove_folder(at);
		calls_left = calls;
		rc = run_fault(source_path("5.0-nb/main/comp_deflate/nb-1-big"), "row-twice", at, 3, &opt, &in, &err);
		if (rc == CQ_OK) {
			cq_inject_close(in);
			continue;
		}
		assert_int_equal(rc, CQ_ESTOPPED);
		assert_int_equal(files_in(tmp, NULL, NULL), 0);
		stopped++;
	}
	assert_true(stopped >= 5);
}

static void a_full_disk_leaves_nothing(void **state)
{
	struct cq_inject_options opt = {0};
	struct cq_error err = {0};
	struct cq_inject *in;
	struct rlimit was, small;

	(void)state;
	remove_folder(at);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 20000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(run_fault(source_path("5.0-oa/small/wide_small/oa-1-big"), "toc-extra", at, 3, &opt, &in, &err), CQ_EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_non_null(strstr(err.msg, "cannot write"));
	assert_int_equal(files_in(tmp, NULL, NULL), 0);
}

static void what_does_not_apply_says_why(void **state)
{
	static const struct { const char *table, *kind, *words; } cases[] = {
		{ "5.0-oa/main/single/oa-1-big", "trie-root", "BTI" }, { "5.0-da/main/single/da-1-bti", "summary-key", "BIG" },
		{ "5.0-oa/main/single/oa-1-big", "crcdb-entry", "not compressed" }, { "3.11-md/main/single/md-1-big", "stats-crc", "version md" },
		{ "5.0-oa/main/single/oa-1-big", "counter-context", "no counter" }, { "5.0-oa/main/single/oa-1-big", "marker-removed", "range tombstone" },
	};

	(void)state;
	remove_folder(at);
	for (size_t i = 0; i < CQ_COUNTOF(cases); i++) {
		struct cq_inject_options opt = {0};
		struct cq_error err = {0};
		struct cq_inject *in;

		assert_int_equal(run_fault(source_path(cases[i].table), cases[i].kind, at, 1, &opt, &in, &err), CQ_NOT_FOUND);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("%s: %s", cases[i].kind, err.msg);
		assert_int_equal(files_in(tmp, NULL, NULL), 0);
	}
}

/* ---- more kinds ---- */

static int add_a_byte(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	(void)f;
	return cq_inject_replace(in, CQ_C_TOC, CQ_SPACE_RAW, 0, 0, cq_slice_str("X"), 0, err);
}

static void a_program_adds_its_own_fault(void **state)
{
	static const struct cq_fault mine = { .id = "test-byte", .family = "test", .summary = "a byte before TOC.txt", .rules = "toc-set",
		.severity = CQ_WARNING, .apply = add_a_byte };
	static const struct cq_fault taken = { .id = "bit-flip", .family = "test", .summary = "", .apply = add_a_byte };
	struct cq_inject_options opt = {0};
	struct cq_error err = {0};
	struct cq_inject *in;

	(void)state;
	assert_int_equal(cq_inject_add_fault(&taken, &err), CQ_EUSAGE);
	assert_int_equal(cq_inject_add_fault(&mine, &err), CQ_OK);
	assert_ptr_equal(cq_fault_named("test-byte"), &mine);
	assert_int_equal(cq_inject_add_fault(&mine, &err), CQ_EUSAGE);
	remove_folder(at);
	assert_int_equal(run_fault(source_path("5.0-oa/main/single/oa-1-big"), "test-byte", at, 1, &opt, &in, &err), CQ_OK);
	assert_string_equal(in->expected[0].rule, "toc-set");
	assert_string_equal(in->expected[0].component, "TOC.txt");
	cq_inject_close(in);
}

static void ids_are_unique_and_every_fault_has_words(void **state)
{
	const struct cq_fault *f;

	(void)state;
	for (size_t i = 0; (f = cq_fault_nth(i)); i++) {
		assert_ptr_equal(cq_fault_named(f->id), f);
		assert_true(f->apply && *f->summary && *f->family);
		assert_true(f->summary[strlen(f->summary) - 1] != '.');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_unique_and_every_fault_has_words),
		cmocka_unit_test(random_numbers_are_those_of_splitmix64),
		cmocka_unit_test(every_fault_does_what_it_says_on_every_version),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes),
		cmocka_unit_test(another_seed_gives_another_place),
		cmocka_unit_test(a_chunk_with_a_flipped_bit_loses_the_keys_in_it_and_no_others),
		cmocka_unit_test(a_timestamp_changes_one_partition_and_loses_none),
		cmocka_unit_test(a_checksum_that_stays_loses_the_chunk_of_a_changed_timestamp),
		cmocka_unit_test(a_cleared_filter_bit_hides_its_key_and_others_at_most),
		cmocka_unit_test(bytes_that_go_aim_the_indexes_anew),
		cmocka_unit_test(partitions_that_change_places_are_still_there),
		cmocka_unit_test(chunks_that_change_places_take_their_checksums_along),
		cmocka_unit_test(any_field_can_be_set),
		cmocka_unit_test(a_value_that_does_not_fit_is_refused),
		cmocka_unit_test(xor_turns_bits_round),
		cmocka_unit_test(faults_add_up_and_do_not_get_in_each_others_way),
		cmocka_unit_test(two_faults_that_want_the_same_file_are_refused),
		cmocka_unit_test(a_component_of_another_table_takes_its_place),
		cmocka_unit_test(the_folder_of_the_source_is_refused),
		cmocka_unit_test(a_table_of_that_name_is_only_replaced_by_force),
		cmocka_unit_test(who_is_stopped_leaves_nothing),
		cmocka_unit_test(a_full_disk_leaves_nothing),
		cmocka_unit_test(what_does_not_apply_says_why),
		cmocka_unit_test(a_program_adds_its_own_fault),
	};

	return cmocka_run_group_tests(tests, folder_made, folder_gone);
}

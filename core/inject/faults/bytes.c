/* Faults of bytes: what disks, memory and half-done writes do, whatever the bytes mean. Data.db unless --component says otherwise. */
#include <stdio.h>
#include <stdlib.h>

#include "faults.h"

static const char *component_name(const struct cq_inject *in)
{
	return in->opt->component ? in->opt->component : "Data.db";
}

static int target(struct cq_inject *in, int *component, uint64_t *size, struct cq_error *err)
{
	const struct inject_file *f = inject_file_named(in, component_name(in));

	/* "Digest" will do for Digest.crc32. */
	for (size_t i = 0; !f && i < in->image->nfiles; i++)
		if (in->opt->component && !in->image->file[i].whole &&
		    strncmp(in->image->file[i].name, in->opt->component, strlen(in->opt->component)) == 0)
			f = &in->image->file[i];
	if (!f || f->whole || f->component < 0)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no %s", component_name(in));
	*component = f->component;
	*size = f->len;
	return CQ_OK;
}

/* What finds a change in a component's bytes. Must: it is certain to. */
static int expect(struct cq_inject *in, int component, uint64_t off, bool zeros, struct cq_error *err)
{
	const struct inject_file *f = inject_file_of(in, component);
	const char *must = NULL, *may = NULL;
	int rc = CQ_OK;

	switch (component) {
	case CQ_C_DATA:
		if (in->now->fix) {
			/* Nothing is left that could tell one content from another, but its own sense. */
			may = "decode chunk-length value-len value-utf8 row-order cell-order part-order index-data bti-leafset stats-ts "
				"stats-ldt stats-counts promoted-rows bti-rows chunk-map";
		} else {
			must = in->t->stream.chunks ? zeros ? "chunk-crc|zero-run" : "chunk-crc" : inject_file_of(in, CQ_C_CRC) ? zeros ?
				"crcdb|zero-run" : "crcdb" : inject_file_of(in, CQ_C_DIGEST) ? "digest" : NULL;
			may = "digest zero-run truncated decode promoted-rows bti-rows";
		}
		break;
	case CQ_C_INDEX:
		must = "index-data|index-cover|promoted-span|promoted-rows|summary-index|part-order";
		break;
	case CQ_C_SUMMARY: must = "summary-index|summary-len"; break;
	case CQ_C_FILTER: may = "filter-fn filter-fp filter-order"; break;
	case CQ_C_STATISTICS:
		if (in->t->features & CQ_FEAT_METADATA_CHECKSUM && !in->now->fix)
			must = "stats-crc|stats-toc";
		else
			may = "stats-ts stats-ldt stats-ttl stats-hist stats-counts stats-clustering stats-keys stats-cardinality "
				"stats-drop-times stats-partitioner stats-ratio stats-toc hist-sane header-type header-order";
		break;
	case CQ_C_COMPRESSION_INFO: may = "chunk-map chunk-length chunk-crc truncated decode"; break;
	case CQ_C_DIGEST: must = "digest"; break;
	case CQ_C_CRC: must = "crcdb"; break;
	case CQ_C_TOC: must = "toc-set"; break;
	case CQ_C_PARTITIONS: may = "bti-root bti-leafset index-data"; break;
	case CQ_C_ROWS: may = "bti-rows bti-leafset"; break;
	default: break;
	}
	if (must)
		rc = cq_inject_expect(in, must, CQ_ERROR, f->name, CQ_SPACE_RAW, off, false, err);
	if (rc == CQ_OK && may)
		rc = cq_inject_expect(in, may, CQ_WARNING, f->name, CQ_SPACE_RAW, CQ_NO_OFFSET, true, err);
	return rc;
}

/* Put len bytes at off and say what is expected. */
static int put(struct cq_inject *in, int component, uint64_t off, uint64_t len, cq_slice with, struct cq_error *err)
{
	uint8_t *was = NULL;
	int rc = CQ_OK;

	if (len == with.len) {
		was = malloc((size_t)len + 1);
		rc = was ? cq_inject_read(in, component, CQ_SPACE_RAW, off, was, (size_t)len, err) : inject_nomem(err);
		if (rc == CQ_OK && len && memcmp(was, with.p, (size_t)len) == 0)
			rc = cq_fail(err, CQ_NOT_FOUND, off, "the bytes there are like that already");
		free(was);
	}
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, component, CQ_SPACE_RAW, off, len, with, 0, err);
	return rc == CQ_OK ? expect(in, component, off, len && with.p[0] == 0 && !memcmp(with.p, with.p + 1, with.len - 1), err) : rc;
}

/* A key's bit that was set and is not any more, or another way round. */
static int expect_bit(struct cq_inject *in, int component, uint64_t off, bool set, struct cq_error *err)
{
	if (component != CQ_C_FILTER || off < 8)
		return CQ_OK;
	in->nexpected = 0;                             /* replaces what put has said: this fault is the first */
	return set ? cq_inject_expect(in, "filter-fp", CQ_INFO, "Filter.db", CQ_SPACE_RAW, off, true, err) :
		cq_inject_expect(in, "filter-fn", CQ_ERROR, "Filter.db", CQ_SPACE_RAW, off, false, err);
}

static int bit_flip(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct cq_inject_options *o = in->opt;
	uint64_t size, off, bit;
	size_t before = in->nexpected;
	int component, rc = target(in, &component, &size, err);
	uint8_t b;

	(void)f;
	if (rc != CQ_OK)
		return rc;
	if (!size)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is empty", component_name(in));
	if (o->has_offset) {
		off = o->offset;
		bit = o->has_bit ? o->bit : cq_inject_random(in, 8);
		if (bit > 7)
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--bit with --offset is 0 to 7");
	} else {
		bit = o->has_bit ? o->bit : cq_inject_random(in, size * 8);
		off = bit / 8;
		bit %= 8;
	}
	if (off >= size)
		return cq_fail(err, CQ_EUSAGE, off, "%s has %" PRIu64 " bytes", component_name(in), size);
	rc = cq_inject_read(in, component, CQ_SPACE_RAW, off, &b, 1, err);
	b ^= (uint8_t)(1u << bit);
	if (rc == CQ_OK)
		rc = put(in, component, off, 1, cq_slice_of(&b, 1), err);
	if (rc == CQ_OK && !before)
		rc = expect_bit(in, component, off, b >> bit & 1, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "bit %" PRIu64 " of the byte at 0x%" PRIx64 " of %s flipped: 0x%02x is now 0x%02x", bit, off,
			component_name(in), (unsigned)(b ^ 1u << bit), b);
	return rc;
}

/* A place for len bytes, at a multiple of align; a shorter file gives less. */
static int place(struct cq_inject *in, int component, uint64_t size, uint64_t align, uint64_t *off, uint64_t *len, struct cq_error *err)
{
	uint64_t pages = (size + align - 1) / align;

	if (!size)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is empty", inject_file_of(in, component)->name);
	*off = in->opt->has_offset ? in->opt->offset / align * align : cq_inject_random(in, pages) * align;
	if (*off >= size)
		return cq_fail(err, CQ_EUSAGE, *off, "the file ends at 0x%" PRIx64, size);
	*len = *len < size - *off ? *len : size - *off;
	return CQ_OK;
}

static int zero_page(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size, off, page = in->opt->length ? in->opt->length : 4096, len = page;
	uint8_t *zeros;
	int component, rc = target(in, &component, &size, err);

	(void)f;
	if (rc == CQ_OK && page > size && page > 512)
		page = len = in->opt->length ? in->opt->length : 512;
	if (rc == CQ_OK && page > INJECT_MEMORY)
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--length is too large for a page");
	if (rc == CQ_OK)
		rc = place(in, component, size, page, &off, &len, err);
	if (rc != CQ_OK)
		return rc;
	zeros = calloc(1, (size_t)len);
	rc = zeros ? put(in, component, off, len, cq_slice_of(zeros, (size_t)len), err) : inject_nomem(err);
	free(zeros);
	if (rc == CQ_OK)
		cq_inject_say(in, "%" PRIu64 " bytes at 0x%" PRIx64 " of %s are zeros, as a page that was never written", len, off,
			component_name(in));
	return rc;
}

static int zero_tail(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size, off, len;
	uint8_t *zeros;
	int component, rc = target(in, &component, &size, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	if (size < 2)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is too short", component_name(in));
	len = in->opt->length ? in->opt->length : 1 + cq_inject_random(in, size - 1 < 65536 ? size - 1 : 65536);
	off = in->opt->has_offset ? in->opt->offset : len < size ? size - len : 0;
	/* From a page on, as power failures leave it, when there is one. */
	if (!in->opt->has_offset && off > 512)
		off = off / 512 * 512;
	if (off >= size)
		return cq_fail(err, CQ_EUSAGE, off, "the file ends at 0x%" PRIx64, size);
	if (size - off > INJECT_MEMORY)
		return cq_fail(err, CQ_EUSAGE, off, "more than %" PRIu64 " MiB of zeros", INJECT_MEMORY >> 20);
	zeros = calloc(1, (size_t)(size - off));
	rc = zeros ? put(in, component, off, size - off, cq_slice_of(zeros, (size_t)(size - off)), err) : inject_nomem(err);
	free(zeros);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s is zeros from 0x%" PRIx64 " to its end", component_name(in), off);
	return rc;
}

static int expect_cut(struct cq_inject *in, int component, uint64_t off, struct cq_error *err)
{
	static const struct { int component; const char *rules; } cut[] = {
		{ CQ_C_DATA, "truncated|chunk-map|crcdb|decode" }, { CQ_C_INDEX, "index-data|index-cover|promoted-span" },
		{ CQ_C_SUMMARY, "summary-len" }, { CQ_C_FILTER, "filter-fn|truncated|filter-fp" }, { CQ_C_STATISTICS, "stats-toc|stats-crc" },
		{ CQ_C_COMPRESSION_INFO, "chunk-map" }, { CQ_C_DIGEST, "digest" }, { CQ_C_CRC, "crcdb" }, { CQ_C_TOC, "toc-set" },
		{ CQ_C_PARTITIONS, "bti-root" }, { CQ_C_ROWS, "bti-rows|bti-leafset" },
	};
	int rc = CQ_OK;

	for (size_t i = 0; rc == CQ_OK && i < CQ_COUNTOF(cut); i++)
		if (cut[i].component == component)
			rc = cq_inject_expect(in, cut[i].rules, CQ_ERROR, inject_file_of(in, component)->name, CQ_SPACE_RAW, off, false, err);
	if (rc == CQ_OK && component == CQ_C_DATA)
		rc = cq_inject_expect(in, "digest stats-counts stats-keys stats-ratio index-cover mix", CQ_ERROR, "Data.db", CQ_SPACE_RAW, CQ_NO_OFFSET, true, err);
	return rc;
}

static int truncate_file(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size, off;
	int component, rc = target(in, &component, &size, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	if (size < 2)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is too short", component_name(in));
	off = in->opt->has_offset ? in->opt->offset : in->opt->length && in->opt->length < size ? size - in->opt->length :
		1 + cq_inject_random(in, size - 1);
	if (off >= size)
		return cq_fail(err, CQ_EUSAGE, off, "the file ends at 0x%" PRIx64, size);
	rc = cq_inject_replace(in, component, CQ_SPACE_RAW, off, size - off, (cq_slice){0}, 0, err);
	if (rc == CQ_OK)
		rc = expect_cut(in, component, off, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s ends at 0x%" PRIx64 "; it had %" PRIu64 " bytes more", component_name(in), off, size - off);
	return rc;
}

static void garbage(struct cq_inject *in, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)cq_inject_random(in, 256);
}

static int torn_write(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size, off, page = in->opt->length ? in->opt->length : 4096, len = page;
	uint8_t *p;
	int component, rc = target(in, &component, &size, err);

	(void)f;
	if (rc == CQ_OK && page > INJECT_MEMORY)
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--length is too large for a page");
	if (rc == CQ_OK)
		rc = place(in, component, size, page, &off, &len, err);
	if (rc != CQ_OK)
		return rc;
	if (len < 2)
		return cq_fail(err, CQ_NOT_FOUND, off, "the page there has one byte");
	p = malloc((size_t)len);
	if (!p)
		return inject_nomem(err);
	garbage(in, p, (size_t)(len - len / 2));
	rc = put(in, component, off + len / 2, len - len / 2, cq_slice_of(p, (size_t)(len - len / 2)), err);
	free(p);
	if (rc == CQ_OK)
		cq_inject_say(in, "the page at 0x%" PRIx64 " of %s was written to its half: garbage from 0x%" PRIx64 " on", off,
			component_name(in), off + len / 2);
	return rc;
}

/* Bytes of another kind: of --from, or lines of a log. */
static int foreign_bytes(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const char line[] = "INFO  [main] 2024-05-14 03:12:55,117 CassandraDaemon.java:738 - Startup complete\n";
	uint64_t size, off, len;
	struct cq_space *s = NULL;
	uint8_t *p;
	int component, rc = target(in, &component, &size, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	len = in->opt->length ? in->opt->length : 256;
	len = len < size ? len : size;
	off = in->opt->has_offset ? in->opt->offset : cq_inject_random(in, size - len + 1);
	if (off >= size || !len)
		return cq_fail(err, size ? CQ_EUSAGE : CQ_NOT_FOUND, off, "the file ends at 0x%" PRIx64, size);
	len = len < size - off ? len : size - off;
	if (len > INJECT_MEMORY)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--length is too large");
	if (in->opt->from && (rc = cq_space_open_file(&s, in->opt->from, err)) != CQ_OK)
		return rc;
	if (s && s->size < len)
		len = s->size;
	p = malloc((size_t)len + 1);
	if (!p || !len)
		rc = p ? cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is empty", in->opt->from) : inject_nomem(err);
	else if (s)
		rc = cq_space_read(s, 0, p, (size_t)len, err);
	else
		for (size_t i = 0; i < len; i++)
			p[i] = (uint8_t)line[i % (sizeof line - 1)];
	if (rc == CQ_OK)
		rc = put(in, component, off, len, cq_slice_of(p, (size_t)len), err);
	free(p);
	cq_space_close(s);
	if (rc == CQ_OK)
		cq_inject_say(in, "%" PRIu64 " bytes at 0x%" PRIx64 " of %s are those of %s", len, off, component_name(in), in->opt->from ?
			in->opt->from : "a log file");
	return rc;
}

static int append_garbage(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size, len = in->opt->length ? in->opt->length : 64;
	const struct inject_file *file;
	uint8_t *p;
	int component, rc = target(in, &component, &size, err);

	(void)f;
	if (rc == CQ_OK && len > INJECT_MEMORY)
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--length is too large");
	if (rc != CQ_OK)
		return rc;
	p = malloc((size_t)len);
	if (!p)
		return inject_nomem(err);
	garbage(in, p, (size_t)len);
	rc = cq_inject_replace(in, component, CQ_SPACE_RAW, size, 0, cq_slice_of(p, (size_t)len), 0, err);
	free(p);
	file = inject_file_of(in, component);
	if (rc == CQ_OK && component == CQ_C_DATA) {
		rc = cq_inject_expect(in, "chunk-map|chunk-crc|crcdb|decode|digest", CQ_ERROR, file->name, CQ_SPACE_RAW, size, false, err);
		if (rc == CQ_OK)
			rc = cq_inject_expect(in, "stats-ratio chunk-map chunk-crc decode digest crcdb", CQ_WARNING, file->name, CQ_SPACE_RAW,
				CQ_NO_OFFSET, true, err);
	} else if (rc == CQ_OK && component == CQ_C_FILTER)
		rc = cq_inject_expect(in, "filter-fp|truncated|filter-fn", CQ_ERROR, file->name, CQ_SPACE_RAW, size, false, err);
	else if (rc == CQ_OK && component == CQ_C_SUMMARY)
		rc = cq_inject_expect(in, "summary-len", CQ_ERROR, file->name, CQ_SPACE_RAW, size, false, err);
	else if (rc == CQ_OK)
		rc = expect(in, component, size, false, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%" PRIu64 " bytes of garbage behind the end of %s, at 0x%" PRIx64, len, component_name(in), size);
	return rc;
}

/* ---- chunks that landed in each other's place ---- */

static int swap_chunks(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct cq_table *t = in->t;
	uint64_t chunk = t->stream.chunks ? t->chunks.chunk_len : t->stream.crc_block ? t->stream.crc_block : 65536;
	uint64_t whole = t->stream.len / chunk, i, k;
	int space = cq_stream_space(&t->stream), rc = CQ_OK;
	uint8_t *p, *q;

	if (!t->stream.chunks && whole < 2) {
		chunk = 4096;                          /* a shorter file: pages */
		whole = t->stream.len / chunk;
	}
	if (whole < 2)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "Data.db has not two whole chunks of %" PRIu64 " bytes", chunk);
	i = in->opt->has_offset ? in->opt->offset / chunk : cq_inject_random(in, whole - 1);
	if (i + 1 >= whole)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is no whole chunk behind that one");
	k = in->opt->has_offset ? i + 1 : i + 1 + cq_inject_random(in, whole - i - 1);
	p = malloc((size_t)chunk);
	q = malloc((size_t)chunk);
	if (!p || !q)
		rc = inject_nomem(err);
	if (rc == CQ_OK)
		rc = cq_inject_read(in, CQ_C_DATA, space, i * chunk, p, (size_t)chunk, err);
	if (rc == CQ_OK)
		rc = cq_inject_read(in, CQ_C_DATA, space, k * chunk, q, (size_t)chunk, err);
	if (rc == CQ_OK && memcmp(p, q, (size_t)chunk) == 0)
		rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "both chunks are alike");
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_DATA, space, i * chunk, chunk, cq_slice_of(q, (size_t)chunk), 0, err);
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_DATA, space, k * chunk, chunk, cq_slice_of(p, (size_t)chunk), 0, err);
	free(p);
	free(q);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, in->now->fix ? f->rules : t->stream.chunks ? "chunk-crc" : inject_file_of(in, CQ_C_CRC) ? "crcdb" :
			"digest", CQ_ERROR, "Data.db", space, i * chunk, false, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, f->also, CQ_WARNING, "Data.db", space, CQ_NO_OFFSET, true, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "the %" PRIu64 " bytes at 0x%" PRIx64 " and at 0x%" PRIx64 " of the data have changed places", chunk, i * chunk,
			k * chunk);
	return rc;
}

/* ---- chunks that landed in each other's place, without their checksums ---- */

enum { CROSS_MOST = 512 };                     /* chunks among which two of one length are looked for */

struct unit {
	uint64_t off, len;                     /* in Data.db, without its checksum */
};

/* Unit i: a chunk, or of a table that is not compressed as much as CRC.db covers at a time. */
static int unit_at(const struct cq_inject *in, uint64_t i, struct unit *u, struct cq_error *err)
{
	const struct cq_table *t = in->t;
	struct cq_span span;
	int rc;

	if (!t->stream.chunks) {
		*u = (struct unit){ i * t->stream.crc_block, t->stream.crc_block };
		return CQ_OK;
	}
	rc = cq_chunk_at(&t->chunks, i, t->stream.raw->size, &span, err);
	*u = (struct unit){ span.off, span.len };
	return rc;
}

/* Chunks, that a controller numbers by their places, say: two of one length, so that all others stay where they are. */
static int cross_chunks(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct cq_table *t = in->t;
	uint64_t n = t->stream.chunks ? t->chunks.count : t->stream.crcs ? t->stream.len / t->stream.crc_block : 0, first;
	const char *rule = in->now->fix ? "decode|part-order|index-data|bti-leafset|promoted-rows|bti-rows" : t->stream.chunks ? "chunk-crc" : "crcdb";
	struct unit a = {0}, b = {0};
	bool found = false;
	int rc = CQ_OK;

	if (n > CROSS_MOST)
		n = CROSS_MOST;
	first = n ? cq_inject_random(in, n) : 0;
	for (uint64_t i = 0; rc == CQ_OK && i < n && !found; i++) {
		uint64_t at = (first + i) % n;

		rc = unit_at(in, at, &a, err);
		for (uint64_t k = at + 1; rc == CQ_OK && k < n && !found; k++) {
			rc = unit_at(in, k, &b, err);
			found = rc == CQ_OK && a.len == b.len && a.len;
		}
	}
	if (rc == CQ_OK && !found)
		rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "Data.db has no two chunks of one length");
	if (rc == CQ_OK) {
		uint8_t *p = malloc((size_t)a.len), *q = malloc((size_t)a.len);

		rc = p && q ? cq_inject_read(in, CQ_C_DATA, CQ_SPACE_RAW, a.off, p, (size_t)a.len, err) : inject_nomem(err);
		if (rc == CQ_OK)
			rc = cq_inject_read(in, CQ_C_DATA, CQ_SPACE_RAW, b.off, q, (size_t)a.len, err);
		if (rc == CQ_OK && memcmp(p, q, (size_t)a.len) == 0)
			rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "both chunks are alike");
		if (rc == CQ_OK)
			rc = cq_inject_replace(in, CQ_C_DATA, CQ_SPACE_RAW, a.off, a.len, cq_slice_of(q, (size_t)a.len), 0, err);
		if (rc == CQ_OK)
			rc = cq_inject_replace(in, CQ_C_DATA, CQ_SPACE_RAW, b.off, a.len, cq_slice_of(p, (size_t)a.len), 0, err);
		free(p);
		free(q);
	}
	for (int i = 0; rc == CQ_OK && i < (in->now->fix ? 1 : 2); i++)
		rc = cq_inject_expect(in, rule, CQ_ERROR, "Data.db", CQ_SPACE_RAW, in->now->fix ? CQ_NO_OFFSET : i ? b.off : a.off, false, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, f->also, CQ_WARNING, "Data.db", CQ_SPACE_RAW, CQ_NO_OFFSET, true, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "the %" PRIu64 " bytes of Data.db at 0x%" PRIx64 " and at 0x%" PRIx64 " have changed places", a.len, a.off, b.off);
	return rc;
}

static const struct cq_fault bytes_faults[] = {
	{ .id = "bit-flip", .family = "bytes", .summary = "one bit of a component, --offset and --bit or --bit alone say which",
	  .rules = "chunk-crc|crcdb|stats-crc|...", .apply = bit_flip },
	{ .id = "zero-page", .family = "bytes", .summary = "an aligned page of zeros, --length 512 or 4096", .rules = "chunk-crc|crcdb|...",
	  .apply = zero_page },
	{ .id = "zero-tail", .family = "bytes", .summary = "zeros from somewhere to the end", .rules = "chunk-crc|crcdb|...", .apply = zero_tail },
	{ .id = "truncate", .family = "bytes", .summary = "the file ends at --offset, or --length bytes early",
	  .rules = "truncated|chunk-map|...", .apply = truncate_file },
	{ .id = "torn-write", .family = "bytes", .summary = "a page whose second half is garbage", .rules = "chunk-crc|crcdb|...",
	  .apply = torn_write },
	{ .id = "foreign-bytes", .family = "bytes", .summary = "bytes of a log file inside, or those of --from", .rules = "chunk-crc|crcdb|...",
	  .apply = foreign_bytes },
	{ .id = "append-garbage", .family = "bytes", .summary = "bytes behind the end", .rules = "chunk-map|crcdb|digest|...",
	  .apply = append_garbage },
	{ .id = "swap-chunks", .family = "bytes", .summary = "two chunks of Data.db in each other's place, their checksums with them",
	  .rules = "decode|part-order|index-data|bti-leafset|promoted-rows|bti-rows",
	  .also = "promoted-rows bti-rows filter-fn row-order cell-order value-len value-utf8 stats-hist stats-counts digest",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = swap_chunks },
	{ .id = "cross-chunks", .family = "bytes", .summary = "two chunks of one length in each other's place, their checksums not with them",
	  .rules = "chunk-crc|crcdb", .also = "digest decode filter-fn value-len value-utf8 index-data part-order promoted-rows bti-rows bti-leafset",
	  .severity = CQ_ERROR, .apply = cross_chunks },
};

FAMILY(bytes);

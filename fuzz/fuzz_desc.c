/* Names and the small text files: paths of components, directories, transaction logs, manifests, TOC.txt. seeds: desc
 *
 *     which (1 byte, modulo 4), then the text
 *
 * What is taken out of a text lies in it. Names put together again from their parts are the name. A log's records are lines
 * that stand in order; a record is valid exactly when its checksum is that of its fields. */
#include "cq_desc.h"
#include "cq_manifest.h"
#include "cq_toc.h"
#include "cq_txnlog.h"
#include "fuzz.h"

static bool within(cq_slice s, cq_slice text)
{
	return !s.len || (s.p >= text.p && s.p + s.len <= text.p + text.len);
}

static void name(const char *path, size_t len)
{
	const cq_slice text = cq_slice_of(path, len + 1);
	struct cq_txnlog_name log;
	struct cq_error err = {0};
	struct cq_buf again = {0};
	struct cq_place place;
	struct cq_desc d;
	int rc = cq_desc_parse(path, &d, &err);

	MUST(rc == CQ_OK || rc == CQ_NOT_FOUND || rc == CQ_EUNSUPPORTED);
	MUST(rc == CQ_OK || err.msg[0]);
	MUST(within(d.file, text) && within(d.base, text) && within(d.version, text) && within(d.id.text, text) &&
		within(d.component_name, text) && within(d.suffix, text) && within(d.place.keyspace, text) && within(d.place.table, text) &&
		within(d.place.index, text) && within(d.place.snapshot, text) && within(d.format_name, text));
	MUST(d.component < CQ_C_KINDS);
	if (rc == CQ_OK) {
		struct cq_sst_id id;

		MUST(d.version.len == 2 && d.id.text.p && d.format != CQ_SST_OTHER);
		cq_buf_printf(&again, "%.*s-%.*s-%.*s", (int)d.version.len, (const char *)d.version.p, (int)d.id.text.len,
			(const char *)d.id.text.p, (int)d.format_name.len, (const char *)d.format_name.p);
		MUST(cq_slice_eq(cq_buf_bytes(&again), d.base));
		cq_buf_byte(&again, '-');
		cq_buf_slice(&again, d.component_name);
		MUST(cq_slice_eq(cq_buf_bytes(&again), d.file));
		MUST(cq_sst_id_parse(d.id.text, &id) && cq_sst_id_cmp(&id, &d.id) == 0);
		fuzz_sum += (uint64_t)cq_sst_id_micros(&id);
	}
	cq_place_parse(path, &place);
	MUST(within(place.keyspace, text) && within(place.table, text) && within(place.index, text) && within(place.snapshot, text));
	if (cq_txnlog_name_parse(cq_basename(path), &log))
		MUST(within(log.prefix, text) && within(log.operation, text) && within(log.uuid, text));
	cq_buf_finish(&again);
}

static void log_text(cq_slice text)
{
	struct cq_arena arena = { .limit = 32 << 20 };
	struct cq_txnlog log;
	uint64_t at = 0;

	if (cq_txnlog_parse(&arena, text, &log, NULL) == CQ_OK) {
		size_t invalid = 0;

		MUST(!(log.committed && log.aborted));
		MUST(!log.problem == (log.usable && !log.partial));
		for (size_t i = 0; i < log.nrecords; i++) {
			const struct cq_txn_record *r = &log.record[i];

			MUST(r->off >= at && r->off + r->line.len <= text.len && r->line.p == text.p + r->off && within(r->path, text));
			at = r->off + r->line.len;
			MUST(r->valid == !r->problem);
			invalid += !r->valid;
			if (r->valid)
				MUST(r->checksum == r->computed && r->computed == cq_txn_checksum(r->type, r->path, r->time, r->files));
		}
		MUST(invalid == log.ninvalid);
	}
	cq_arena_finish(&arena);
}

static void manifest(cq_slice text)
{
	struct cq_arena arena = { .limit = 32 << 20 };
	struct cq_error err = {0};
	struct cq_manifest m;
	int rc = cq_manifest_parse(&arena, text, &m, &err);

	fuzz_said(rc, &err);
	MUST(rc != CQ_DAMAGED || err.off == CQ_NO_OFFSET || err.off <= text.len);
	for (size_t i = 0; rc == CQ_OK && i < m.nfiles; i++)
		fuzz_touch(m.files[i]);
	cq_arena_finish(&arena);
}

static void toc(cq_slice text)
{
	struct cq_arena arena = { .limit = 32 << 20 };
	struct cq_error err = {0};
	struct cq_toc toc;
	int rc = cq_toc_parse(&arena, text, &toc, &err);
	uint64_t at = 0;

	fuzz_said(rc, &err);
	MUST(rc != CQ_DAMAGED || err.off < text.len);
	for (size_t i = 0; rc == CQ_OK && i < toc.n; i++) {
		const struct cq_toc_entry *e = &toc.entries[i];

		MUST(e->off >= at && e->name.len && e->name.p == text.p + e->off && within(e->name, text));
		MUST(e->kind == cq_component_of(e->name) && toc.listed >> e->kind & 1);
		at = e->off + e->name.len;
	}
	cq_arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cq_slice text;
	char *path;

	if (size < 1)
		return 0;
	text = cq_slice_of(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		path = malloc(size);
		memcpy(path, data + 1, size - 1);
		path[size - 1] = 0;
		name(path, strlen(path));
		free(path);
		break;
	case 1:
		log_text(text);
		break;
	case 2:
		manifest(text);
		break;
	default:
		toc(text);
	}
	return 0;
}

/* Index.db, Summary.db and Filter.db, hostile, under a good header. seeds: index
 *
 *     which header (1 byte, modulo their number), then an archive (fuzz.h)
 *
 * Listing the index takes at most one step an entry of 4 bytes; explained, the entries are the same. Each listed key is found
 * or refused, token searches and block searches end; a block before another starts before it or is refused. */
#include "cq_index.h"
#include "fuzz.h"

static struct fuzz_header headers[] = {
	{ .path = "5.0-nb/small/wide_small/nb-1-big-Statistics.db" },
	{ .path = "3.11-me/small/wide_small/me-1-big-Statistics.db" },
	{ .path = "5.0-oa/small/wide_small/oa-1-big-Statistics.db" },
	{ .path = "5.0-random/main/single/oa-1-big-Statistics.db" },
	{ .path = "5.0-byteordered/main/composite_pk/oa-1-big-Statistics.db" },
	{ .path = "3.11-md/main/composite_pk/md-1-big-Statistics.db" },
	{ .path = "5.0-oa/main/many_clusterings/oa-1-big-Statistics.db" },
};

enum { LISTED = 64 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_load(headers, CQ_COUNTOF(headers));
	return 0;
}

static void blocks(struct cq_lookup *l, const struct cq_position *pos)
{
	const struct cq_format *f = l->table->format;
	cq_slice values[1] = { cq_slice_of("\0\0\0\7", 4) };
	struct cq_prefix bound = { .kind = CQ_INCL_START, .n = l->table->ctx.nclustering ? 1 : 0, .values = values };
	struct cq_error err = {0};
	struct cq_block b, x;
	size_t n = 0;
	int rc = f->block_floor(l, pos, &bound, &b, &err);

	fuzz_said(rc, &err);
	rc = f->block_floor(l, pos, NULL, &b, &err);
	fuzz_said(rc, &err);
	while (rc == CQ_OK) {
		MUST(++n <= l->table->component[CQ_C_INDEX]->size);
		x = b;
		rc = f->block_before(l, pos, &b, &err);
		fuzz_said(rc, &err);
		MUST(rc != CQ_OK || b.index < x.index);
	}
}

/* The entries as they stand: the same ones that a look-up gives, as far as it gives any, and blocks that stay inside of them. */
static void as_it_stands(const struct cq_table *t, const struct cq_position *list, const uint64_t *ends, size_t listed, int last)
{
	const uint64_t size = t->component[CQ_C_INDEX] ? t->component[CQ_C_INDEX]->size : 0;
	struct cq_error err = {0};
	struct cq_index_entry e;
	struct cq_index *x;
	size_t n = 0;
	int rc = cq_index_open(&x, t, &err);

	fuzz_said(rc, &err);
	if (rc != CQ_OK) {
		MUST(!listed);
		return;
	}
	while ((rc = cq_index_next(x, &e, &err)) == CQ_OK) {
		struct cq_index_rows rows;
		struct cq_index_block b;
		uint64_t from = 0, blocks = 0;

		if (n < listed) {
			MUST(e.off == list[n].index_off && e.off + e.len == ends[n] && e.data_off == list[n].data_off);
			MUST(cq_slice_eq(e.key, list[n].key));
		}
		MUST(e.at.off + e.at.len == e.length_at.off && e.length_at.off + e.length_at.len == e.rows_off);
		MUST(e.rows_off + e.rows_len == e.off + e.len && e.off + e.len <= size && e.wide == (e.rows_len != 0));
		MUST(e.odd == CQ_NO_OFFSET || (e.odd >= e.at.off && e.odd < e.rows_off));
		if (n++ >= 64)
			continue;
		if (e.wide && cq_index_rows(x, &e, &rows, &err) == CQ_OK) {
			while (blocks < 256 && (rc = cq_index_block(x, &b, &err)) == CQ_OK) {
				MUST(b.index == blocks++ && b.off > e.rows_off && b.off + b.len <= e.off + e.len);
				MUST(b.pointer_at.off + 4 <= e.off + e.len && b.first.n <= t->ctx.nclustering && b.last.n <= t->ctx.nclustering);
				for (uint32_t i = 0; i < b.last.n; i++)
					if (b.last.values[i].p)
						fuzz_touch(b.last.values[i]);
			}
			fuzz_said(rc, &err);
			MUST(rc != CQ_END || blocks == rows.blocks);
		}
		if (e.odd == CQ_NO_OFFSET) {
			MUST(cq_index_find(x, e.key, e.data_off, 1 << 16, &from, NULL) == CQ_OK && from <= e.off);
			MUST(cq_index_seek(x, e.off + e.len, (cq_slice){0}, NULL) == CQ_OK);
		}
	}
	fuzz_said(rc, &err);
	MUST(rc == last && (rc == CQ_END || e.off < size));
	cq_index_close(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_archive a;
	struct fuzz_header *h;
	struct cq_error err = {0};
	struct cq_position pos, list[LISTED];
	struct cq_buf key[LISTED] = {{0}};
	struct fuzz_sink s = {0};
	struct cq_table *t;
	struct cq_lookup *l;
	uint64_t at = 0, ends[LISTED];
	size_t n = 0, listed = 0;
	int rc;

	if (size < 2)
		return 0;
	h = &headers[data[0] % CQ_COUNTOF(headers)];
	fuzz_unpack(cq_slice_of(data + 1, size - 1), &a);
	a.has[CQ_C_COMPRESSION_INFO] = a.has[CQ_C_DATA] = a.has[CQ_C_CRC] = false;
	a.has[CQ_C_STATISTICS] = true;
	a.file[CQ_C_STATISTICS] = h->bytes;
	MUST(fuzz_open(&a, h->version, false, true, &t, &err) == CQ_OK);
	MUST(cq_lookup_open(&l, t, &err) == CQ_OK);
	for (; (rc = cq_lookup_next(l, &at, &pos, &err)) == CQ_OK; n++) {
		MUST(a.has[CQ_C_INDEX] && n < a.file[CQ_C_INDEX].len / 4);
		MUST(at > pos.index_off && at <= a.file[CQ_C_INDEX].len);
		fuzz_touch(pos.key);
		if (n < LISTED) {
			cq_buf_slice(&key[n], pos.key);
			list[n] = pos;
			list[n].key = cq_slice_of(key[n].p ? key[n].p : (const uint8_t *)"", key[n].len);
			ends[n] = at;
			listed++;
		}
	}
	fuzz_said(rc, &err);
	as_it_stands(t, list, ends, listed, rc);
	/* The same, explained. */
	if (t->component[CQ_C_INDEX]) {
		struct cq_unit u = { .kind = CQ_U_COMPONENT, .component = CQ_C_INDEX, .len = a.file[CQ_C_INDEX].len };
		struct cq_error bad = {0};
		int xrc = fuzz_explain(t, &u, &s, &bad);

		for (size_t i = 0; i < s.n && i < listed && s.unit[i].kind == CQ_U_INDEX_ENTRY; i++)
			MUST(s.unit[i].off == list[i].index_off && s.unit[i].len == ends[i] - list[i].index_off);
		if (n < CQ_UNITS_A_PAGE && t->component[CQ_C_INDEX]->size)
			MUST(rc == CQ_END ? xrc == CQ_OK && s.n == n : xrc == rc && bad.off == err.off && !strcmp(bad.msg, err.msg));
		fuzz_explain_all(t, CQ_C_INDEX);
	}
	for (size_t i = 0; i < listed; i++) {
		struct cq_token token;

		rc = cq_lookup_key(l, list[i].key, &pos, &err);
		fuzz_said(rc, &err);
		MUST(rc != CQ_OK || cq_slice_eq(pos.key, list[i].key));
		fuzz_said(cq_lookup_filter(l, list[i].key, &err), &err);
		cq_token(&t->partitioner, list[i].key, &token);
		rc = cq_lookup_token(l, &token, i & 1, &pos, &err);
		fuzz_said(rc, &err);
		if (rc == CQ_OK) {
			struct cq_token found;
			int c;

			cq_token(&t->partitioner, pos.key, &found);
			c = cq_token_compare(&t->partitioner, &found, &token);
			MUST(i & 1 ? c >= 0 : c > 0);
		}
		blocks(l, &list[i]);
		cq_buf_finish(&key[i]);
	}
	MUST(cq_lookup_findings(l)->n <= 2 * listed + 4);
	for (int c = CQ_C_SUMMARY; c <= CQ_C_FILTER; c++)
		if (t->component[c])
			fuzz_explain_all(t, c);
	free(s.unit);
	cq_lookup_close(l);
	cq_table_close(t);
	return 0;
}

/* CompressionInfo.db and the chunks it describes, or CRC.db and blocks, both hostile. seeds: compression; words: table
 *
 *     version (1 byte), flags (bit 0: no checksums), then an archive (fuzz.h)
 *
 * Reading the stream through a window ends, piece by piece and after seeks; each position gives the same byte every time;
 * memory follows the chunk length that the file states. Every chunk explained agrees with the window on good and bad. */
#include "fuzz.h"

static struct fuzz_header headers[] = {
	{ .path = "3.11-me/main/comp_snappy/me-1-big-Statistics.db" },
	{ .path = "5.0-nb/small/wide_small/nb-1-big-Statistics.db" },
	{ .path = "5.0-da/main/comp_lz4_4/da-1-bti-Statistics.db" },
	{ .path = "5.0-oa/main/comp_none/oa-1-big-Statistics.db" },
};

/* Chunks up to 256 MiB are legal; a fuzzer has no time to fill them. */
enum { CHUNK = 1 << 20, STREAM = 8 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_load(headers, CQ_COUNTOF(headers));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_archive a;
	struct fuzz_header *h;
	struct cq_error err = {0};
	struct cq_window w;
	struct cq_table *t;
	struct cq_buf all = {0};
	size_t step = 1;
	int rc;

	if (size < 3)
		return 0;
	h = &headers[data[0] % CQ_COUNTOF(headers)];
	fuzz_unpack(cq_slice_of(data + 2, size - 2), &a);
	a.has[CQ_C_STATISTICS] = true;
	a.file[CQ_C_STATISTICS] = h->bytes;
	if (!a.has[CQ_C_DATA])
		return 0;
	rc = fuzz_open(&a, h->version, data[1] & 1, false, &t, &err);
	fuzz_said(rc, &err);
	if (rc < 0)
		return 0;
	if (t->stream.chunks && t->chunks.chunk_len > CHUNK)
		goto out;
	cq_window_init(&w, &t->stream, t->stream.len);
	w.no_checksums = t->no_checksums;
	/* Forward, in steps of different lengths. */
	while (all.len < STREAM && (rc = cq_window_need(&w, step, &err)) == CQ_OK) {
		size_t n = w.len < step ? w.len : step;

		MUST(n > 0 && w.off == all.len && w.off + w.len <= t->stream.len);
		cq_buf_put(&all, w.bytes, n);
		cq_window_skip(&w, n);
		step = step * 3 % 7919 + 1;
	}
	fuzz_said(rc, &err);
	MUST(rc != CQ_END || all.len == t->stream.len);
	MUST(rc != CQ_END || cq_window_need(&w, 1, &err) == CQ_END);
	/* Anywhere: the same bytes. */
	for (size_t i = 0; i < 20 && all.len; i++) {
		size_t off = (size_t)((i * 2654435761u + data[size - 1]) % all.len);
		size_t n = all.len - off < 300 ? all.len - off : 300;

		cq_window_seek(&w, off);
		rc = cq_window_need(&w, n, &err);
		MUST(rc == CQ_OK && w.len >= n && w.off == off && !memcmp(w.bytes, all.p + off, n));
	}
	/* Beyond the end: the end, or nothing. */
	cq_window_seek(&w, t->stream.len);
	MUST(cq_window_need(&w, 10, &err) == CQ_END);
	cq_window_finish(&w);
	/* Chunk by chunk. */
	for (uint64_t i = 0; t->stream.chunks && i < t->chunks.count && i < 64; i++) {
		struct cq_unit u = { .kind = CQ_U_CHUNK, .field = CQ_F_CHUNK, .component = CQ_C_DATA, .arg = { i } };
		struct fuzz_sink s = {0};
		uint32_t len = cq_chunk_data_len(&t->chunks, i);
		int xrc = fuzz_explain(t, &u, &s, &err);

		if (len && i * t->chunks.chunk_len + len <= all.len)
			MUST(xrc == CQ_OK || t->no_checksums);
		free(s.unit);
	}
out:
	if (t->component[CQ_C_COMPRESSION_INFO])
		fuzz_explain_all(t, CQ_C_COMPRESSION_INFO);
	if (t->component[CQ_C_CRC])
		fuzz_explain_all(t, CQ_C_CRC);
	cq_buf_finish(&all);
	cq_table_close(t);
	return 0;
}

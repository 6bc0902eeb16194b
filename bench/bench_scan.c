/* bench_scan [--json] TABLE [RUNS] - a full scan beside a bare loop of read, CRC and decompress over the same chunks.
 *
 * Both run in turn in this process, RUNS times (default 9); the medians of their CPU times and of the pairwise ratios are
 * printed with the budget: the scan at 50 % of the bare loop's speed or better.
 *
 * bench_scan --bare TABLE, bench_scan --scan TABLE - one of the two, once: for comparing processes, and for counting
 * instructions. */
#include <inttypes.h>

#include "bench.h"
#include "cq_hash.h"

/* What no reader of the rows can avoid. Reads ahead as the window does, 128 KiB at a time. */
static double bare(const struct cq_table *t, uint64_t *bytes)
{
	const struct cq_chunks *c = t->stream.chunks;
	struct cq_codec_ctx *ctx = NULL;
	struct cq_error err = {0};
	uint64_t *offsets, file_len = t->stream.raw->size, done = 0;
	uint8_t *raw, *out, *table;
	double start;

	if (!c) {
		fprintf(stderr, "the bare loop wants a compressed table\n");
		exit(2);
	}
	offsets = malloc((c->count + 1) * sizeof *offsets);
	table = malloc(c->count * 8);
	raw = malloc(1 << 20);
	out = malloc(c->chunk_len);
	if (!offsets || !table || !raw || !out)
		exit(3);
	start = bench_cpu();
	if (cq_space_read(c->table, c->offsets_at, table, c->count * 8, &err) < 0)
		bench_die("offsets", &err);
	for (uint64_t i = 0; i < c->count; i++)
		offsets[i] = cq_be64(table + 8 * i);
	offsets[c->count] = file_len;
	for (uint64_t i = 0; i < c->count;) {
		uint64_t last = i + 1;

		while (last < c->count && offsets[last + 1] - offsets[i] <= 1 << 17)
			last++;
		if (offsets[i] >= offsets[last] || offsets[last] - offsets[i] > 1 << 20) {
			fprintf(stderr, "the bare loop wants sane chunks of less than a MiB\n");
			exit(2);
		}
		if (cq_space_read(t->stream.raw, offsets[i], raw, offsets[last] - offsets[i], &err) < 0)
			bench_die("read", &err);
		for (uint64_t base = offsets[i]; i < last; i++) {
			const uint8_t *p = raw + (offsets[i] - base);
			size_t n = (size_t)(offsets[i + 1] - offsets[i] - 4);

			if (cq_crc32(0, p, n) != cq_be32(p + n))
				exit(1);
			if (cq_chunk_decode(c, i, cq_slice_of(p, n), &ctx, out, &err) < 0)
				bench_die("chunk", &err);
			done += cq_chunk_data_len(c, i);
		}
	}
	start = bench_cpu() - start;
	*bytes = done;
	cq_codec_ctx_destroy(ctx);
	free(offsets);
	free(table);
	free(raw);
	free(out);
	return start;
}

static double scan(const struct cq_table *t, uint64_t *rows, uint64_t *cells)
{
	struct cq_error err = {0};
	double start = bench_cpu();
	struct cq_event ev;
	struct cq_scan *s;
	int rc;

	*rows = *cells = 0;
	if (cq_scan_open(&s, t, NULL, &err) < 0)
		bench_die("scan", &err);
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK) {
		if (ev.kind == CQ_EV_ROW) {
			++*rows;
			*cells += ev.row->ncells;
		}
	}
	if (rc < 0)
		bench_die("scan", &err);
	cq_scan_close(s);
	return bench_cpu() - start;
}

static int alone(const struct cq_table *t, bool scanned)
{
	uint64_t bytes = 0, rows = 0, cells;
	double took = scanned ? scan(t, &rows, &cells) : bare(t, &bytes);

	printf("{\"cpu\":%.6f,\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n", took, rows, bytes);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 && strncmp(argv[1], "--", 2) == 0 ? argv[1] : NULL;
	char **args = argv + 1 + (mode != NULL);
	size_t runs = argc - (mode != NULL) > 2 ? (size_t)atoi(args[1]) : 9;
	uint64_t bytes = 0, rows = 0, cells = 0;
	double b[64], s[64], ratio[64], mib;
	struct cq_error err = {0};
	struct cq_table *t;
	int rc = 0;

	if (argc < 2 || runs < 1 || runs > 64 || (mode && strcmp(mode, "--json") != 0 && strcmp(mode, "--bare") != 0 &&
		strcmp(mode, "--scan") != 0)) {
		fprintf(stderr, "usage: bench_scan [--json | --bare | --scan] X-Data.db [RUNS]\n");
		return 2;
	}
	if (cq_table_open(&t, args[0], NULL, &err) < 0)
		bench_die(args[0], &err);
	if (mode && strcmp(mode, "--json") != 0) {
		rc = alone(t, strcmp(mode, "--scan") == 0);
		cq_table_close(t);
		return rc;
	}
	bare(t, &bytes);
	for (size_t i = 0; i < runs; i++) {
		b[i] = bare(t, &bytes);
		s[i] = scan(t, &rows, &cells);
		ratio[i] = b[i] / s[i];
	}
	mib = (double)bytes / (1 << 20);
	if (mode) {
		printf("{\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bare_s\":%.6f,\"scan_s\":%.6f,\"ratio\":%.4f,\"rss_mib\":%.1f}\n",
			rows, bytes, bench_median(b, runs), bench_median(s, runs), bench_median(ratio, runs), bench_peak());
	} else {
		printf("%s: %" PRIu64 " rows, %" PRIu64 " cells, %.1f MiB of data\n", cq_basename(args[0]), rows, cells, mib);
		printf("  bare read+CRC+decompress  %8.1f ms  %6.0f MiB/s\n", bench_median(b, runs) * 1e3, mib / bench_median(b, runs));
		printf("  full scan                 %8.1f ms  %6.0f MiB/s  %.1f M rows/s\n", bench_median(s, runs) * 1e3,
			mib / bench_median(s, runs), (double)rows / 1e6 / bench_median(s, runs));
		printf("  scan / bare speed         %8.0f %%   budget >= 50 %%   %s\n", bench_median(ratio, runs) * 100,
			bench_median(ratio, runs) >= 0.5 ? "met" : "MISSED");
		printf("  peak resident memory      %8.1f MiB budget < 32 MiB %s\n", bench_peak(), bench_peak() < 32 ? "met" : "MISSED");
	}
	cq_table_close(t);
	return rc;
}

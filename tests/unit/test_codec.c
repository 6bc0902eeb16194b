/* Compressors: what encode makes, decode takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_codec.h"

static const enum cq_codec codecs[] = { CQ_CODEC_NOOP, CQ_CODEC_LZ4, CQ_CODEC_SNAPPY, CQ_CODEC_DEFLATE, CQ_CODEC_ZSTD };

static void decode_of_encode_is_the_same(void **state)
{
	struct cq_codec_ctx *ctx = NULL;
	uint64_t x = 42;
	size_t done = 0;

	(void)state;
	for (size_t c = 0; c < CQ_COUNTOF(codecs); c++) {
		/* Lengths up to a chunk of 64 KiB; bytes that compress well, a little and not at all. */
		for (size_t n = 0; n <= 65536; n = n < 3 ? n + 1 : n * 2 + (n & 1)) {
			for (unsigned values = 1; values <= 256; values *= 16) {
				size_t cap = (size_t)cq_codec_bound(codecs[c], n), used = 0;
				uint8_t *in = malloc(n + 1), *mid = malloc(cap + 1), *out = malloc(n + 1);
				struct cq_error err = {0};
				int rc;

				for (size_t i = 0; i < n; i++) {
					x = x * 6364136223846793005u + 1442695040888963407u;
					in[i] = (uint8_t)((x >> 33) % values);
				}
				rc = cq_codec_encode(&ctx, codecs[c], 0, cq_slice_of(in, n), mid, cap, &used, &err);
				if (rc == CQ_EUNSUPPORTED && strstr(err.msg, "this build"))
					print_message("# %s is not in this build\n", cq_codec_name(codecs[c]));
				else
					assert_int_equal(rc, CQ_OK);
				if (rc == CQ_OK) {
					assert_true(used <= cap);
					assert_int_equal(cq_codec_decode(&ctx, codecs[c], cq_slice_of(mid, used), out, n, &err), CQ_OK);
					assert_memory_equal(in, out, n);
					done++;
				}
				free(in);
				free(mid);
				free(out);
			}
		}
	}
	cq_codec_ctx_destroy(ctx);
	assert_true(done > 100);
}

static void an_unknown_compressor_is_refused(void **state)
{
	struct cq_codec_ctx *ctx = NULL;
	struct cq_error err = {0};
	uint8_t out[16];
	size_t used;

	(void)state;
	assert_int_equal(cq_codec_encode(&ctx, CQ_CODEC_UNKNOWN, 0, cq_slice_str("abc"), out, sizeof out, &used, &err), CQ_EUNSUPPORTED);
	cq_codec_ctx_destroy(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_of_encode_is_the_same),
		cmocka_unit_test(an_unknown_compressor_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

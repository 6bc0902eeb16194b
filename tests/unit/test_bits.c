/* Bits and cuts by themselves: a flipped bit out of two checksums, the checksum behind its bytes, checksums of pieces, and where a
 * compressed block was cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_bits.h"
#include "cq_cut.h"
#include "cq_hash.h"
#include "tables.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_bit_is_named_from_two_checksums),
		cmocka_unit_test(a_checksum_behind_its_bytes_is_found),
		cmocka_unit_test(checksums_of_pieces_make_that_of_the_whole),
		cmocka_unit_test(a_block_cut_anywhere_is_cut_and_a_whole_one_is_not),
		cmocka_unit_test(noise_never_takes_the_cut_decoders_out_of_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

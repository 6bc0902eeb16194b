#include "cq_codec.h"

#include <stdlib.h>
#if CQ_HAVE_LZ4
#include <lz4.h>
#endif
#if CQ_HAVE_SNAPPY
#include <snappy-c.h>
#endif
#if CQ_HAVE_ZSTD
#include <zstd.h>
#endif
#if CQ_HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

struct cq_codec_ctx {
#if CQ_HAVE_LIBDEFLATE
	struct libdeflate_decompressor *inflate;
#endif
#if CQ_HAVE_ZSTD
	ZSTD_DCtx *zstd;
#endif
	int unused;
};

static const struct {
	const char *class_name, *name;
	enum cq_codec codec;
} codecs[] = {
	{ "LZ4Compressor", "LZ4", CQ_CODEC_LZ4 },
	{ "SnappyCompressor", "Snappy", CQ_CODEC_SNAPPY },
	{ "DeflateCompressor", "Deflate", CQ_CODEC_DEFLATE },
	{ "ZstdCompressor", "Zstd", CQ_CODEC_ZSTD },
	{ "NoopCompressor", "Noop", CQ_CODEC_NOOP },
};

enum cq_codec cq_codec_by_class(cq_slice class_name)
{
	static const char package[] = "org.apache.cassandra.io.compress.";
	cq_slice s = class_name;

	if (s.len > sizeof package - 1 && !memcmp(s.p, package, sizeof package - 1))
		s = cq_slice_of(s.p + sizeof package - 1, s.len - (sizeof package - 1));
	for (size_t i = 0; i < CQ_COUNTOF(codecs); i++)
		if (cq_slice_is(s, codecs[i].class_name))
			return codecs[i].codec;
	return CQ_CODEC_UNKNOWN;
}

const char *cq_codec_name(enum cq_codec codec)
{
	for (size_t i = 0; i < CQ_COUNTOF(codecs); i++)
		if (codecs[i].codec == codec)
			return codecs[i].name;
	return "unknown";
}

uint64_t cq_codec_bound(enum cq_codec codec, uint64_t n)
{
	/* LZ4: n + n/255 + 16 + 4; Snappy: 32 + n + n/6; zlib and Zstd stay below both. */
	return codec == CQ_CODEC_NOOP ? n : n + n / 6 + 1024;
}

static int wrong(struct cq_error *err, const char *codec, size_t want, const char *what)
{
	return cq_fail(err, CQ_DAMAGED, 0, "%s block does not decompress to the expected %zu bytes: %s", codec, want, what);
}

static int lz4_decode(cq_slice in, uint8_t *dst, size_t want, struct cq_error *err)
{
#if CQ_HAVE_LZ4
	int got;

	if (in.len < 4)
		return wrong(err, "LZ4", want, "no room for its length prefix");
	if (cq_le32(in.p) != want)
		return cq_fail(err, CQ_DAMAGED, 0, "LZ4 length prefix says %u bytes, expected %zu", cq_le32(in.p), want);
	if (want > LZ4_MAX_INPUT_SIZE || in.len > INT32_MAX)
		return wrong(err, "LZ4", want, "larger than LZ4 allows");
	got = LZ4_decompress_safe((const char *)in.p + 4, (char *)dst, (int)in.len - 4, (int)want);
	return got == (int)want ? CQ_OK : wrong(err, "LZ4", want, got < 0 ? "malformed block" : "block ends early");
#else
	(void)in, (void)dst, (void)want;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "this build has no LZ4");
#endif
}

static int snappy_decode(cq_slice in, uint8_t *dst, size_t want, struct cq_error *err)
{
#if CQ_HAVE_SNAPPY
	size_t got = 0;

	if (snappy_uncompressed_length((const char *)in.p, in.len, &got) != SNAPPY_OK || got != want)
		return wrong(err, "Snappy", want, "its length prefix says otherwise");
	if (snappy_uncompress((const char *)in.p, in.len, (char *)dst, &got) != SNAPPY_OK || got != want)
		return wrong(err, "Snappy", want, "malformed block");
	return CQ_OK;
#else
	(void)in, (void)dst, (void)want;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "this build has no Snappy");
#endif
}

static int deflate_decode(struct cq_codec_ctx *ctx, cq_slice in, uint8_t *dst, size_t want, struct cq_error *err)
{
#if CQ_HAVE_LIBDEFLATE
	size_t used = 0, got = 0;

	if (!ctx->inflate && !(ctx->inflate = libdeflate_alloc_decompressor()))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for inflate");
	if (libdeflate_zlib_decompress_ex(ctx->inflate, in.p, in.len, dst, want, &used, &got) != LIBDEFLATE_SUCCESS ||
	    got != want || used != in.len)
		return wrong(err, "Deflate", want, "malformed or of another length");
	return CQ_OK;
#else
	uLongf got = want;

	(void)ctx;
	if (uncompress(dst, &got, in.p, in.len) != Z_OK || got != want)
		return wrong(err, "Deflate", want, "malformed or of another length");
	return CQ_OK;
#endif
}

static int zstd_decode(struct cq_codec_ctx *ctx, cq_slice in, uint8_t *dst, size_t want, struct cq_error *err)
{
#if CQ_HAVE_ZSTD
	size_t got;

	if (!ctx->zstd && !(ctx->zstd = ZSTD_createDCtx()))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for Zstd");
	got = ZSTD_decompressDCtx(ctx->zstd, dst, want, in.p, in.len);
	if (ZSTD_isError(got))
		return wrong(err, "Zstd", want, ZSTD_getErrorName(got));
	return got == want ? CQ_OK : wrong(err, "Zstd", want, "block ends early");
#else
	(void)ctx, (void)in, (void)dst, (void)want;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "this build has no Zstd");
#endif
}

int cq_codec_decode(struct cq_codec_ctx **ctx, enum cq_codec codec, cq_slice payload, uint8_t *dst, size_t want,
	struct cq_error *err)
{
	if (!*ctx && !(*ctx = calloc(1, sizeof **ctx)))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a codec");
	switch (codec) {
	case CQ_CODEC_NOOP:
		if (payload.len != want)
			return wrong(err, "Noop", want, "stored with another length");
		if (want)
			memcpy(dst, payload.p, want);
		return CQ_OK;
	case CQ_CODEC_LZ4: return lz4_decode(payload, dst, want, err);
	case CQ_CODEC_SNAPPY: return snappy_decode(payload, dst, want, err);
	case CQ_CODEC_DEFLATE:
		/* A trailing empty chunk of Deflate has no byte at all. */
		return !want && !payload.len ? CQ_OK : deflate_decode(*ctx, payload, dst, want, err);
	case CQ_CODEC_ZSTD: return zstd_decode(*ctx, payload, dst, want, err);
	case CQ_CODEC_UNKNOWN: break;
	}
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "unknown compressor");
}

void cq_codec_ctx_destroy(struct cq_codec_ctx *ctx)
{
	if (!ctx)
		return;
#if CQ_HAVE_LIBDEFLATE
	libdeflate_free_decompressor(ctx->inflate);
#endif
#if CQ_HAVE_ZSTD
	ZSTD_freeDCtx(ctx->zstd);
#endif
	free(ctx);
}

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
	struct libdeflate_compressor *deflate;
	int deflate_level;
#endif
#if CQ_HAVE_ZSTD
	ZSTD_DCtx *zstd;
	ZSTD_CCtx *zstd_out;
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

/* ---- encoding ---- */

enum { DEFLATE_LEVEL = 6, ZSTD_LEVEL = 3 };    /* what java.util.zip and ZstdCompressor take when nobody says */

static int refused(struct cq_error *err, const char *codec, size_t n)
{
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s does not compress %zu bytes", codec, n);
}

static int lz4_encode(cq_slice in, uint8_t *dst, size_t cap, size_t *used, struct cq_error *err)
{
#if CQ_HAVE_LZ4
	int n;

	if (in.len > LZ4_MAX_INPUT_SIZE || cap < 5)
		return refused(err, "LZ4", in.len);
	dst[0] = (uint8_t)in.len;
	dst[1] = (uint8_t)(in.len >> 8);
	dst[2] = (uint8_t)(in.len >> 16);
	dst[3] = (uint8_t)(in.len >> 24);
	n = LZ4_compress_default(in.len ? (const char *)in.p : "", (char *)dst + 4, (int)in.len,
		cap - 4 > INT32_MAX ? INT32_MAX : (int)(cap - 4));
	if (n <= 0)
		return refused(err, "LZ4", in.len);
	*used = (size_t)n + 4;
	return CQ_OK;
#else
	(void)in, (void)dst, (void)cap, (void)used;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "this build has no LZ4");
#endif
}

static int snappy_encode(cq_slice in, uint8_t *dst, size_t cap, size_t *used, struct cq_error *err)
{
#if CQ_HAVE_SNAPPY
	*used = cap;
	return snappy_compress(in.len ? (const char *)in.p : "", in.len, (char *)dst, used) == SNAPPY_OK ? CQ_OK :
		refused(err, "Snappy", in.len);
#else
	(void)in, (void)dst, (void)cap, (void)used;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "this build has no Snappy");
#endif
}

static int deflate_encode(struct cq_codec_ctx *ctx, int level, cq_slice in, uint8_t *dst, size_t cap, size_t *used,
	struct cq_error *err)
{
	level = level ? level : DEFLATE_LEVEL;
#if CQ_HAVE_LIBDEFLATE
	if (ctx->deflate && ctx->deflate_level != level) {
		libdeflate_free_compressor(ctx->deflate);
		ctx->deflate = NULL;
	}
	if (!ctx->deflate && !(ctx->deflate = libdeflate_alloc_compressor(level)))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for deflate, or no level %d", level);
	ctx->deflate_level = level;
	*used = libdeflate_zlib_compress(ctx->deflate, in.p, in.len, dst, cap);
	return *used ? CQ_OK : refused(err, "Deflate", in.len);
#else
	{
		uLongf n = cap;

		(void)ctx;
		if (compress2(dst, &n, in.p, in.len, level) != Z_OK)
			return refused(err, "Deflate", in.len);
		*used = n;
		return CQ_OK;
	}
#endif
}

static int zstd_encode(struct cq_codec_ctx *ctx, int level, cq_slice in, uint8_t *dst, size_t cap, size_t *used,
	struct cq_error *err)
{
#if CQ_HAVE_ZSTD
	if (!ctx->zstd_out && !(ctx->zstd_out = ZSTD_createCCtx()))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for Zstd");
	*used = ZSTD_compressCCtx(ctx->zstd_out, dst, cap, in.p, in.len, level ? level : ZSTD_LEVEL);
	return ZSTD_isError(*used) ? refused(err, "Zstd", in.len) : CQ_OK;
#else
	(void)ctx, (void)level, (void)in, (void)dst, (void)cap, (void)used;
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "this build has no Zstd");
#endif
}

int cq_codec_encode(struct cq_codec_ctx **ctx, enum cq_codec codec, int level, cq_slice bytes, uint8_t *dst, size_t cap,
	size_t *used, struct cq_error *err)
{
	if (!*ctx && !(*ctx = calloc(1, sizeof **ctx)))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a codec");
	switch (codec) {
	case CQ_CODEC_NOOP:
		if (cap < bytes.len)
			return refused(err, "Noop", bytes.len);
		if (bytes.len)
			memcpy(dst, bytes.p, bytes.len);
		*used = bytes.len;
		return CQ_OK;
	case CQ_CODEC_LZ4: return lz4_encode(bytes, dst, cap, used, err);
	case CQ_CODEC_SNAPPY: return snappy_encode(bytes, dst, cap, used, err);
	case CQ_CODEC_DEFLATE:
		*used = 0;
		/* Nothing is no byte at all, as Cassandra writes it. */
		return !bytes.len ? CQ_OK : deflate_encode(*ctx, level, bytes, dst, cap, used, err);
	case CQ_CODEC_ZSTD: return zstd_encode(*ctx, level, bytes, dst, cap, used, err);
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
	libdeflate_free_compressor(ctx->deflate);
#endif
#if CQ_HAVE_ZSTD
	ZSTD_freeDCtx(ctx->zstd);
	ZSTD_freeCCtx(ctx->zstd_out);
#endif
	free(ctx);
}

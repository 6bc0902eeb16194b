/* cq_cut - a compressed block whose end is missing: what of it can still be decoded.
 *
 *     if (cq_cut_decode(CQ_CODEC_LZ4, payload, dst, chunk_len, &got))
 *             the input ended before chunk_len bytes came out, and nothing in it was wrong; dst holds the first got bytes
 *
 * For saying "cut" instead of "damaged", not for getting data back: bytes that come out are not vouched for by any
 * checksum. Small and slow on purpose; never used on the way of healthy data. */
#ifndef CQ_CUT_H
#define CQ_CUT_H
#include "cq_codec.h"

/* False when the block is whole, or is wrong before its input ends, or when this codec cannot tell. dst has want bytes. */
CQ_API bool cq_cut_decode(enum cq_codec codec, cq_slice payload, uint8_t *dst, size_t want, size_t *got);

#endif

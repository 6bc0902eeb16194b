/* Units of Data.db: comparing them, telling why one is bad, and the sweep over all of them. What single looks take is in
 * cq_damage_look.c, what rules ask while rows are read in cq_damage_span.c. */
#include "cq_damage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cq_damage_priv.h"
#include "cq_hash.h"

enum {
	AHEAD = 256 << 10,             /* fits the level 2 cache: the bytes are read three times */
	EXAMINED_MAX = 512,            /* bad units of one table that are looked at closely */
	KEPT_MAX = 8192,
};
/* Bytes that are searched one by one for ends of chunks and flipped bits: seconds, whatever a file says. */
#define BUDGET ((uint64_t)1 << 30)

/* ---- readers ---- */

int cq_reader_get(struct cq_reader *r, uint64_t off, size_t n, const uint8_t **p, struct cq_error *err)
{
	size_t want = n < r->ahead ? r->ahead : n;
	int rc;

	if (off >= r->at && off - r->at <= r->len && n <= r->len - (size_t)(off - r->at)) {
		*p = r->buf + (off - r->at);
		return CQ_OK;
	}
	if (off > r->space->size || n > r->space->size - off) {
		cq_fail(err, CQ_DAMAGED, off, "%zu bytes expected, the file has %" PRIu64 " in all", n, r->space->size);
		cq_error_at(err, r->space->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	if (want > r->space->size - off)
		want = (size_t)(r->space->size - off);
	if (want > r->cap || !r->buf) {
		uint8_t *more = realloc(r->buf, want + 1);

		if (!more)
			return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for %zu bytes", want);
		r->buf = more;
		r->cap = want;
	}
	r->len = 0;
	rc = cq_space_read(r->space, off, r->buf, want, err);
	if (rc < 0)
		return rc;
	r->at = off;
	r->len = want;
	*p = r->buf;
	return CQ_OK;
}

void cq_looker_init(struct cq_looker *k, const struct cq_table *t, bool rows, struct cq_arena *arena, size_t ahead)
{
	const struct cq_stream *s = &t->stream;

	*k = (struct cq_looker){ .t = t, .rows = rows, .chunks = s->chunks, .arena = arena, .tail_from = UINT64_MAX, .budget = BUDGET,
		.written = cq_written_length(t) };
	k->raw = (struct cq_reader){ .space = s->raw, .ahead = ahead };
	k->table = (struct cq_reader){ .space = s->chunks ? s->chunks->table : s->crcs, .ahead = 4096 };
	if (s->chunks)
		k->units = s->chunks->count;
	else if (s->crcs)
		k->units = (s->len + s->crc_block - 1) / s->crc_block;
}

void cq_looker_finish(struct cq_looker *k)
{
	free(k->raw.buf);
	free(k->table.buf);
	free(k->plain);
	cq_codec_ctx_destroy(k->codec);
	cq_lookup_close(k->lookup);
	cq_index_close(k->index);
	*k = (struct cq_looker){0};
}

/* ---- one unit ---- */

static int offset_of(struct cq_looker *k, uint64_t index, uint64_t *off, struct cq_error *err)
{
	const uint8_t *p;
	int rc;

	if (index >= k->chunks->count) {
		*off = k->raw.space->size;
		return CQ_OK;
	}
	rc = cq_reader_get(&k->table, k->chunks->offsets_at + 8 * index, 8, &p, err);
	if (rc == CQ_OK)
		*off = cq_be64(p);
	return rc;
}

static bool plain(struct cq_looker *k)
{
	return k->plain || (k->plain = malloc(k->chunks->chunk_len));
}

/* Payload and checksum are one piece of memory. */
static int decodes(struct cq_looker *k, uint64_t index, cq_slice payload, struct cq_error *err)
{
	const struct cq_chunks *c = k->chunks;
	uint32_t want = cq_chunk_data_len(c, index);
	uint64_t stored = want > c->max_compressed ? want : c->max_compressed;

	if (!plain(k))
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a chunk");
	/* Readers take a raw chunk's first bytes and do not mind more: a writer never makes more. */
	if (cq_chunk_is_raw(c, payload.len) && payload.len != stored)
		return cq_fail(err, CQ_DAMAGED, 0, "stored raw with %zu bytes, expected %" PRIu64, payload.len, stored);
	return cq_chunk_decode(c, index, payload, &k->codec, k->plain, err);
}

bool cq_unit_decodes(struct cq_looker *k, uint64_t index, cq_slice payload)
{
	return decodes(k, index, payload, NULL) == CQ_OK;
}

static int look_chunk(struct cq_looker *k, uint64_t index, bool decode, struct cq_bad *b, struct cq_error *err)
{
	const uint64_t size = k->raw.space->size;
	struct cq_span span = {0};
	uint64_t off, next;
	const uint8_t *p;
	int rc = offset_of(k, index + 1, &next, err);

	if (rc == CQ_OK)
		rc = offset_of(k, index, &off, err);
	if (rc < 0)
		return rc;
	b->off = index * k->chunks->chunk_len;
	b->len = cq_chunk_data_len(k->chunks, index);
	b->raw_off = off;
	if (cq_chunk_span(k->chunks, index, off, next, size, &span, &b->why) < 0)
		return 1;
	b->raw_len = span.len + 4;
	rc = cq_reader_get(&k->raw, off, (size_t)span.len + 4, &p, err);
	if (rc < 0)
		return rc;
	b->compared = true;
	b->stored = cq_be32(p + span.len);
	b->computed = cq_crc32(0, p, (size_t)span.len);
	if (b->stored != b->computed) {
		b->cause = CQ_DMG_CHECKSUM;
		return 1;
	}
	if (!decode)
		return 0;
	rc = decodes(k, index, cq_slice_of(p, (size_t)span.len), &b->why);
	if (rc == CQ_DAMAGED)
		b->cause = CQ_DMG_LENGTH;
	if (rc < 0 && rc != CQ_DAMAGED && err)
		*err = b->why;
	return rc == CQ_DAMAGED ? 1 : rc;
}

static int look_block(struct cq_looker *k, uint64_t index, struct cq_bad *b, struct cq_error *err)
{
	const struct cq_stream *s = &k->t->stream;
	const uint8_t *p;
	int rc;

	b->off = b->raw_off = index * s->crc_block;
	b->len = b->raw_len = s->len - b->off < s->crc_block ? s->len - b->off : s->crc_block;
	rc = cq_reader_get(&k->raw, b->off, (size_t)b->len, &p, err);
	if (rc < 0)
		return rc;
	b->computed = cq_crc32(0, p, (size_t)b->len);
	if (index >= (s->crcs->size - 4) / 4) {
		b->cause = CQ_DMG_CHECKSUM;
		return 1;
	}
	rc = cq_reader_get(&k->table, 4 + 4 * index, 4, &p, err);
	if (rc < 0)
		return rc;
	b->compared = true;
	b->stored = cq_be32(p);
	b->cause = b->stored == b->computed ? CQ_DMG_NONE : CQ_DMG_CHECKSUM;
	return b->stored != b->computed;
}

int cq_unit_look(struct cq_looker *k, uint64_t index, bool decode, struct cq_bad *out, struct cq_error *err)
{
	struct cq_bad own, *b = out ? out : &own;

	*b = (struct cq_bad){ .index = index, .last = index };
	return k->chunks ? look_chunk(k, index, decode, b, err) : look_block(k, index, b, err);
}

/* ---- what the chunk table should say ---- */

/* Where a chunk that starts at off ends, by a checksum that fits; and what is before it decodes to what it should. */
static bool boundary(struct cq_looker *k, uint64_t index, uint64_t off, uint64_t *end)
{
	const uint64_t size = k->raw.space->size;
	uint64_t max = cq_codec_bound(k->chunks->codec, k->chunks->chunk_len);
	const uint8_t *p;
	size_t n;

	if (off >= size || size - off < 5)
		return false;
	if (max > size - off - 4)
		max = size - off - 4;
	if (k->budget < max)
		return false;
	k->budget -= max;
	if (cq_reader_get(&k->raw, off, (size_t)max + 4, &p, NULL) != CQ_OK)
		return false;
	n = cq_crc_boundary(p, (size_t)max);
	if (!n || decodes(k, index, cq_slice_of(p, n), NULL) != CQ_OK)
		return false;
	*end = off + n + 4;
	return true;
}

/* Where the chunk starts, as far as its predecessor tells. */
static uint64_t true_start(struct cq_looker *k, const struct cq_bad *b)
{
	struct cq_bad before;
	uint64_t end;

	if (!b->index)
		return 0;
	if (cq_unit_look(k, b->index - 1, false, &before, NULL) == 1) {
		if (boundary(k, b->index - 1, b->index == 1 ? 0 : before.raw_off, &end))
			return end;
		/* The predecessor's own offset may be wrong as well: one more step back. */
		if (b->index > 1 && cq_unit_look(k, b->index - 2, false, &before, NULL) == 1 &&
		    boundary(k, b->index - 2, before.raw_off, &end) && boundary(k, b->index - 1, end, &end))
			return end;
	}
	return b->raw_off;
}

/* The chunks that a shorter file has lost: the last ones, all beyond its end, their offsets in order. */
static bool beyond(struct cq_looker *k, uint64_t index)
{
	const uint64_t size = k->raw.space->size;

	if (k->tail_from == UINT64_MAX) {
		uint64_t from = k->units, prev = 0, off;

		for (uint64_t i = 0; i < k->units && offset_of(k, i, &off, NULL) == CQ_OK; i++) {
			if (i && off <= prev)
				from = k->units;
			else if (size < 5 || off > size - 5)
				from = from < i ? from : i;
			else
				from = k->units;
			prev = off;
		}
		k->tail_from = from;
	}
	/* The chunk before the first that begins beyond the end is cut itself. */
	return k->tail_from < k->units && index + 1 >= k->tail_from;
}

static void explain_chunk(struct cq_looker *k, struct cq_bad *b)
{
	uint64_t start = true_start(k, b), end, next = 0;

	offset_of(k, b->index + 1, &next, NULL);
	if (boundary(k, b->index, start, &end) && (start != b->raw_off || end != next)) {
		b->cause = CQ_DMG_MAP;
		b->real_off = start;
		b->real_end = end;
		return;
	}
	if (!b->raw_len) {
		b->cause = beyond(k, b->index) ? CQ_DMG_TRUNCATED : CQ_DMG_MAP;
		return;
	}
	cq_look_bit(k, b);
	if (b->suspect.set || cq_look_zeros(k, b))
		return;
	if (b->index + 1 == k->units && cq_look_cut(k, b))
		b->cause = CQ_DMG_TRUNCATED;
	else
		cq_look_inside(k, b);
}

/* Does the checksum fit the block's beginning? Then the rest was appended. */
static bool appended(struct cq_looker *k, struct cq_bad *b)
{
	const uint8_t *p;
	size_t n;

	if (b->raw_len > k->budget || cq_reader_get(&k->raw, b->raw_off, (size_t)b->raw_len, &p, NULL) != CQ_OK)
		return false;
	k->budget -= b->raw_len;
	n = cq_crc_prefix(p, (size_t)b->raw_len, b->stored);
	b->real_end = n ? b->raw_off + n : 0;
	return n;
}

static void explain_block(struct cq_looker *k, struct cq_bad *b)
{
	if (!b->compared || appended(k, b))
		return;
	cq_look_bit(k, b);
	if (b->suspect.set || cq_look_zeros(k, b))
		return;
	if (b->index + 1 == k->units && cq_look_cut(k, b))
		b->cause = CQ_DMG_TRUNCATED;
	else
		cq_look_inside(k, b);
}

void cq_unit_explain(struct cq_looker *k, struct cq_bad *b)
{
	b->examined = true;
	if (b->cause == CQ_DMG_LENGTH)
		return;
	if (k->chunks)
		explain_chunk(k, b);
	else
		explain_block(k, b);
}

/* ---- the whole file ---- */

static uint32_t adler(uint32_t sum, const uint8_t *p, size_t n)
{
	uint32_t a = sum & 0xffff, b = sum >> 16;

	while (n) {
		size_t step = n < 5552 ? n : 5552;     /* as many as fit 32 bits before a remainder must be taken */

		n -= step;
		while (step--) {
			a += *p++;
			b += a;
		}
		a %= 65521;
		b %= 65521;
	}
	return b << 16 | a;
}

struct sweep {
	struct cq_looker k;
	struct cq_damage *d;
	struct cq_bad **tail;
	uint64_t digested;             /* bytes of the file that crc and adler cover */
	bool want_crc, want_adler;     /* there is such a digest */
	struct cq_out *out;
};

static void digest(struct sweep *s, const uint8_t *p, size_t n)
{
	s->d->crc = cq_crc32(s->d->crc, p, n);
	if (s->want_adler)
		s->d->adler = adler(s->d->adler, p, n);
	s->digested += n;
}

/* Unit b continues what the one before it says? */
static bool joins(const struct cq_bad *last, const struct cq_bad *b)
{
	if (last->last + 1 != b->index || last->cause != b->cause)
		return false;
	if (b->cause == CQ_DMG_TRUNCATED)
		return true;
	return b->cause == CQ_DMG_ZEROS && last->zero_off == b->zero_off;
}

static void keep(struct sweep *s, struct cq_bad *b)
{
	struct cq_damage *d = s->d;
	struct cq_bad *last = s->tail == &d->first ? NULL : (struct cq_bad *)((char *)s->tail - offsetof(struct cq_bad, next)), *n;

	d->nbad++;
	if (last && joins(last, b)) {
		last->last = b->last;
		last->len = b->off + b->len - last->off;
		if (b->raw_len)
			last->raw_len = b->raw_off + b->raw_len - last->raw_off;
		return;
	}
	if (d->nbad > KEPT_MAX)
		return;
	n = cq_arena_dup(&s->out->arena, b, sizeof *b);
	if (!n) {
		cq_say_nomem(s->out);
		return;
	}
	*s->tail = n;
	s->tail = &n->next;
}

/* From the chunk that the file's end cuts to the last one. */
static void rest_is_gone(struct sweep *s, struct cq_bad *b)
{
	b->last = s->k.units - 1;
	b->len = s->k.t->stream.len > b->off ? s->k.t->stream.len - b->off : 0;
	if (b->raw_off < s->d->raw_len)
		b->raw_len = s->d->raw_len - b->raw_off;
}

/* The row scan has compared these units: their bytes are what the stored checksums say, and so is the digest. */
static int join_units(struct sweep *s, uint64_t n, struct cq_error *err)
{
	struct cq_looker *k = &s->k;
	const struct cq_stream *stream = &k->t->stream;
	struct cq_crc_powers powers;
	int rc = CQ_OK;

	s->d->units = s->d->ngood = n;
	if (s->want_adler || !s->want_crc)
		return CQ_OK;
	cq_crc_powers_init(&powers);
	for (uint64_t i = 0; rc == CQ_OK && i < n; i++) {
		uint64_t off = i * stream->crc_block, next = off + stream->crc_block;
		const uint8_t *stored;
		uint8_t own[4];

		if (k->chunks) {
			rc = offset_of(k, i + 1, &next, err);
			if (rc == CQ_OK)
				rc = offset_of(k, i, &off, err);
			if (rc == CQ_OK && (off != s->digested || next < off + 4))
				return CQ_OK;                  /* the file is read for it */
			if (rc == CQ_OK)
				rc = cq_space_read(k->raw.space, next - 4, own, 4, err);
			stored = own;
		} else {
			rc = cq_reader_get(&k->table, 4 + 4 * i, 4, &stored, err);
		}
		if (rc < 0)
			return rc;
		s->d->crc = cq_crc_join(&powers, s->d->crc, cq_be32(stored), next - off - (k->chunks ? 4 : 0));
		if (k->chunks)
			s->d->crc = cq_crc32(s->d->crc, stored, 4);
		s->digested = next;
	}
	return rc;
}

static int sweep_units(struct sweep *s, uint64_t from, bool decode, struct cq_error *err)
{
	struct cq_looker *k = &s->k;

	for (uint64_t i = from; i < k->units; i++) {
		/* The last two always: a data length that is wrong shows there. */
		bool with_codec = k->chunks && (decode || i + 2 >= k->units);
		struct cq_bad b;
		const uint8_t *p;
		int rc = cq_unit_look(k, i, with_codec, &b, err);

		if (rc < 0)
			return rc;
		s->d->units++;
		if (rc == 0 && b.raw_off == s->digested && cq_reader_get(&k->raw, b.raw_off, (size_t)b.raw_len, &p, err) == CQ_OK)
			digest(s, p, (size_t)b.raw_len);
		if (rc == 0) {
			s->d->ngood++;
			continue;
		}
		if (s->d->nbad < EXAMINED_MAX)
			cq_unit_explain(k, &b);
		else if (!b.raw_len)
			b.cause = beyond(k, i) ? CQ_DMG_TRUNCATED : CQ_DMG_MAP;
		if (b.cause == CQ_DMG_TRUNCATED) {
			rest_is_gone(s, &b);
			keep(s, &b);
			break;
		}
		keep(s, &b);
	}
	return CQ_OK;
}

/* ---- units in each other's place ---- */

/* The checksum of a unit as it is stored, and how many bytes it covers. */
static int stored_of(struct cq_looker *k, uint64_t index, uint32_t *crc, uint64_t *len)
{
	const struct cq_stream *s = &k->t->stream;
	uint64_t off, next;
	const uint8_t *p;
	uint8_t own[4];
	int rc;

	if (!k->chunks) {
		off = index * s->crc_block;
		*len = s->len - off < s->crc_block ? s->len - off : s->crc_block;
		rc = index < (s->crcs->size - 4) / 4 ? cq_reader_get(&k->table, 4 + 4 * index, 4, &p, NULL) : CQ_NOT_FOUND;
		if (rc == CQ_OK)
			*crc = cq_be32(p);
		return rc;
	}
	rc = offset_of(k, index + 1, &next, NULL);
	if (rc == CQ_OK)
		rc = offset_of(k, index, &off, NULL);
	if (rc != CQ_OK || next > k->raw.space->size || off > next || next - off < 4)
		return CQ_NOT_FOUND;
	*len = next - off - 4;
	rc = cq_space_read(k->raw.space, next - 4, own, 4, NULL);
	*crc = cq_be32(own);
	return rc;
}

static int by_computed(const void *a, const void *b)
{
	const struct cq_bad *x = *(struct cq_bad *const *)a, *y = *(struct cq_bad *const *)b;

	return x->computed != y->computed ? (x->computed > y->computed) - (x->computed < y->computed) : (x->index > y->index) - (x->index < y->index);
}

static int by_index(const void *a, const void *b)
{
	const struct cq_bad *x = *(struct cq_bad *const *)a, *y = *(struct cq_bad *const *)b;

	return (x->index > y->index) - (x->index < y->index);
}

static struct cq_bad *bad_at(struct cq_bad *const *v, size_t n, uint64_t index)
{
	const struct cq_bad key = { .index = index }, *pointer = &key;
	struct cq_bad *const *hit = bsearch(&pointer, v, n, sizeof *v, by_index);

	return hit ? *hit : NULL;
}

/* Do the bytes of two units not differ? Those of a are few: one unit. */
static bool same_bytes(struct cq_looker *k, const struct cq_bad *a, uint64_t other, uint64_t len)
{
	uint64_t off = other * k->t->stream.crc_block;
	const uint8_t *p;
	uint8_t *copy;
	bool same;

	if ((k->chunks && offset_of(k, other, &off, NULL) != CQ_OK) || len > k->budget ||
	    cq_reader_get(&k->raw, a->raw_off, (size_t)len, &p, NULL) != CQ_OK || !(copy = malloc((size_t)len + 1)))
		return false;
	k->budget -= len;
	memcpy(copy, p, (size_t)len);
	same = cq_reader_get(&k->raw, off, (size_t)len, &p, NULL) == CQ_OK && !memcmp(copy, p, (size_t)len);
	free(copy);
	return same;
}

/* b's bytes have the checksum that is stored for unit index. */
static void pair(struct cq_looker *k, struct cq_bad *b, struct cq_bad *other, uint64_t index, uint64_t len)
{
	enum cq_partner is = CQ_PARTNER_MOVED;

	if (other && other->computed == b->stored && other->raw_len == b->raw_len)
		is = CQ_PARTNER_SWAPPED;
	else if (!other)
		is = same_bytes(k, b, index, len) ? CQ_PARTNER_COPY : CQ_PARTNER_NONE;
	/* Of several the best. */
	if (is != CQ_PARTNER_NONE && (b->partner_is == CQ_PARTNER_NONE || is < b->partner_is)) {
		b->partner_is = is;
		b->partner = index;
	}
}

/* Whose bytes are those of the bad units? Every stored checksum is looked at once more, when there is a bad unit at all. */
static void find_partners(struct sweep *s)
{
	struct cq_looker *k = &s->k;
	struct cq_bad *v[EXAMINED_MAX], *order[EXAMINED_MAX];
	size_t n = 0;

	for (struct cq_bad *b = s->d->first; b && n < CQ_COUNTOF(v); b = b->next)
		if (b->cause == CQ_DMG_CHECKSUM && b->compared && b->raw_len > 4 && !b->suspect.set && !b->real_end)
			v[n++] = b;
	if (!n)
		return;
	memcpy(order, v, n * sizeof *v);
	qsort(v, n, sizeof *v, by_computed);
	qsort(order, n, sizeof *order, by_index);
	for (uint64_t i = 0; i < k->units; i++) {
		size_t lo = 0, hi = n;
		uint32_t crc = 0;
		uint64_t len = 0;

		if (stored_of(k, i, &crc, &len) != CQ_OK)
			continue;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (v[mid]->computed < crc)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < n && v[lo]->computed == crc; lo++)
			if (v[lo]->index != i && len == v[lo]->raw_len - (k->chunks ? 4 : 0))
				pair(k, v[lo], bad_at(order, n, i), i, len);
	}
}

/* Blocks that CRC.db has checksums of, and the file no bytes. */
static void sweep_behind(struct sweep *s)
{
	const struct cq_stream *stream = &s->k.t->stream;
	uint64_t have = (stream->crcs->size - 4) / 4;
	const uint8_t *p;
	struct cq_bad b = { .cause = CQ_DMG_TRUNCATED, .index = s->k.units, .raw_off = s->d->raw_len, .off = s->d->raw_len, .examined = true };

	/* One of nothing is usual. */
	if (have == s->k.units + 1 && cq_reader_get(&s->k.table, 4 + 4 * s->k.units, 4, &p, NULL) == CQ_OK && !cq_be32(p))
		have--;
	if (have <= s->k.units || !s->d->ngood)
		return;
	b.last = have - 1;
	keep(s, &b);
}

static int sweep_rest(struct sweep *s, struct cq_error *err)
{
	while (s->digested < s->d->raw_len) {
		uint64_t left = s->d->raw_len - s->digested;
		size_t n = left < AHEAD ? (size_t)left : AHEAD;
		const uint8_t *p;
		int rc = cq_reader_get(&s->k.raw, s->digested, n, &p, err);

		if (rc < 0)
			return rc;
		digest(s, p, n);
	}
	return CQ_OK;
}

/* Chunks that say another length than the table: is it the table? */
static void settle_lengths(struct cq_damage *d)
{
	for (struct cq_bad *b = d->first; b && d->map_bit.set && d->chunks; b = b->next)
		if (b->cause == CQ_DMG_LENGTH)
			b->cause = CQ_DMG_MAP;
}

static bool any_length(const struct cq_damage *d)
{
	for (const struct cq_bad *b = d->first; b; b = b->next)
		if (b->cause == CQ_DMG_LENGTH)
			return true;
	return false;
}

static int sweep(struct sweep *s, struct cq_check *c, const struct cq_table *t, struct cq_error *err)
{
	struct cq_damage *d = s->d;
	uint64_t compared = 0;
	int rc;

	cq_looker_init(&s->k, t, c->table != NULL, &c->out.arena, AHEAD);
	d->chunks = t->stream.chunks;
	d->blocks = !d->chunks && t->stream.crcs;
	d->raw_len = t->stream.raw->size;
	d->written = s->k.written;
	/* When every row was read, every unit was compared on the way, but those behind the rows. */
	if (c->whole && !t->no_checksums && s->k.units > 2)
		compared = s->k.units - 2;
	rc = join_units(s, compared, err);
	if (rc == CQ_OK && (d->chunks || d->blocks))
		rc = sweep_units(s, compared, !c->table || c->result->skipped_bytes, err);
	if (rc == CQ_OK && (d->chunks || d->blocks))
		find_partners(s);
	if (rc == CQ_OK && d->blocks)
		sweep_behind(s);
	if (rc == CQ_OK && (s->want_crc || s->want_adler))
		rc = sweep_rest(s, err);
	/* A chunk says another length than the table; there are no units, though a component should name them; no block is good. */
	if (rc == CQ_OK && (any_length(d) || (!d->chunks && !d->blocks && (cq_sst_file(c->entry, CQ_C_COMPRESSION_INFO) ||
	    cq_sst_file(c->entry, CQ_C_CRC))) || (d->blocks && d->nbad && d->nbad >= d->units))) {
		cq_look_map(d, t, c->entry, &c->out.arena);
		settle_lengths(d);
	}
	cq_looker_finish(&s->k);
	return rc;
}

const struct cq_damage *cq_damage_of(struct cq_check *c)
{
	const struct cq_table *t = c->partial;
	struct cq_space *file = NULL;
	struct cq_table bare = {0};
	struct sweep s = { .out = &c->out };
	int rc;

	if (c->damage)
		return c->damage;
	c->damage = s.d = cq_arena_zalloc(&c->out.arena, 1, sizeof *c->damage);
	if (!s.d) {
		cq_say_nomem(&c->out);
		return NULL;
	}
	s.tail = &s.d->first;
	s.d->adler = 1;
	for (size_t i = 0; i < c->entry->nfiles; i++) {
		s.want_crc |= cq_slice_is(c->entry->files[i].name, "Digest.crc32");
		s.want_adler |= cq_slice_is(c->entry->files[i].name, "Digest.adler32");
	}
	/* Nothing could be opened but the file itself: its digest at least. */
	if (!t || !t->stream.raw) {
		rc = cq_space_open_file(&file, c->entry->data_path, &s.d->error);
		if (rc < 0)
			return s.d;
		bare.stream = (struct cq_stream){ .raw = file, .len = file->size };
		t = &bare;
	}
	rc = sweep(&s, c, t, &s.d->error);
	s.d->whole = rc == CQ_OK;
	if (rc == CQ_ENOMEM)
		cq_say_nomem(&c->out);
	cq_space_close(file);
	return s.d;
}

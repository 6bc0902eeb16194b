/* What is wrong with a span that the lenient scan left out, and what all findings about units say alike. */
#include "cq_damage.h"

#include <inttypes.h>

#include "cq_damage_priv.h"
#include "cq_format.h"

/* Enough for a unit and its neighbours: spans are looked at one by one. */
enum { NEAR = 16 << 10 };

/* ---- bytes without a checksum's complaint ---- */

/* The bytes around a place of the stream, in good units; *at is where they begin. */
static bool around(struct cq_window *w, uint64_t off, size_t before, size_t after, uint64_t *at)
{
	*at = off > before ? off - before : 0;
	cq_window_seek(w, *at);
	if (cq_window_need(w, (size_t)(off - *at) + after, NULL) == CQ_OK)
		return true;
	*at = off;
	cq_window_seek(w, off);
	return cq_window_need(w, 1, NULL) == CQ_OK;
}

static void zeros_in_stream(const struct cq_pass *p, struct cq_window *w, uint64_t off, struct cq_damage_span *out)
{
	const bool raw = !p->table->stream.chunks;
	uint64_t at, lo, hi;

	if (!around(w, off, 4096, 8192, &at) || off - at >= w->len)
		return;
	/* The decoder stumbles in the zeros, or just in front of or behind them. */
	lo = hi = off - at;
	while (lo && lo > off - at - (off - at < 64 ? off - at : 64) && w->bytes[lo])
		lo--;
	if (w->bytes[lo])
		for (lo = off - at; lo + 1 < w->len && lo < off - at + 64 && w->bytes[lo]; )
			lo++;
	if (w->bytes[lo])
		return;
	hi = lo;
	while (lo && !w->bytes[lo - 1])
		lo--;
	while (hi < w->len && !w->bytes[hi])
		hi++;
	if (raw) {
		uint64_t a = (at + lo + 511) & ~UINT64_C(511), z = at + hi == p->table->stream.len ? at + hi : (at + hi) & ~UINT64_C(511);

		if (a >= z || a - (at + lo) > 16 || at + hi - z > 16 || (z - a < 512 && z != p->table->stream.len) || z - a < 16)
			return;
	} else if (hi - lo < 512) {
		return;
	}
	out->cause = CQ_DMG_ZEROS;
	out->zero_off = at + lo;
	out->zero_len = hi - lo;
}

/* 5.0 writes a negative timestamp's sign where the flags of the short form are: ffff ffff ffff fffe | ldt. The lenient scan reads it as the
 * twelve bytes that it is, where rows follow that say so. */
static void negative_deletion(const struct cq_pass *p, struct cq_window *w, const struct cq_skipped *s, struct cq_damage_span *out)
{
	const uint8_t *d;
	size_t key_len;
	uint64_t at;

	if (!(p->table->features & CQ_FEAT_UINT_DELETION_TIME) || s->why.field != CQ_F_DELETION_FLAGS || s->in_partition)
		return;
	if (!around(w, s->off, 0, 2, &at) || w->len < 2)
		return;
	key_len = cq_be16(w->bytes);
	cq_window_seek(w, s->off);
	if (cq_window_need(w, 2 + key_len + 12, NULL) != CQ_OK || w->len < 2 + key_len + 12)
		return;
	d = w->bytes + 2 + key_len;
	if (*d <= 0x80)
		return;
	out->deletion_off = s->off + 2 + key_len;
	out->deletion_timestamp = (int64_t)cq_be64(d);
	out->deletion_ldt = (int64_t)cq_be32(d + 8);
	out->deletion_confirmed = s->resume == CQ_RESUME_NEGATIVE;
	/* Without that, what a client may have set: between the year -10000 and 1970, deleted between 2000 and 2100. */
	if (out->deletion_confirmed || (out->deletion_timestamp > INT64_C(-377705116800000000) && out->deletion_ldt >= 946684800 &&
	    out->deletion_ldt <= INT64_C(4102444800)))
		out->cause = CQ_DMG_NEG_DELETION;
}

static bool says_end(const struct cq_error *e)
{
	return strstr(e->msg, "the data ends inside") || strstr(e->msg, "the bytes end before");
}

static void content(const struct cq_pass *p, const struct cq_skipped *s, struct cq_damage_span *out)
{
	const struct cq_stream *stream = &p->table->stream;
	uint64_t off = s->why.off != CQ_NO_OFFSET && s->why.space == cq_stream_space(stream) ? s->why.off : s->off;
	struct cq_window w;

	out->cause = CQ_DMG_CONTENT;
	cq_window_init(&w, stream, off);
	negative_deletion(p, &w, s, out);
	if (out->cause == CQ_DMG_CONTENT && off < stream->len)
		zeros_in_stream(p, &w, off, out);
	if (out->cause == CQ_DMG_CONTENT && !stream->chunks && s->off + s->len >= stream->len && says_end(&s->why))
		out->cause = CQ_DMG_TRUNCATED;
	cq_window_finish(&w);
}

const struct cq_damage_span *cq_damage_span(struct cq_pass *p, const struct cq_skipped *s)
{
	static const struct cq_damage_span nothing = { .cause = CQ_DMG_CONTENT };
	const struct cq_stream *stream = &p->table->stream;
	uint64_t step = stream->chunks ? stream->chunks->chunk_len : stream->crc_block, i, last = s->off;
	struct cq_damage_span *out = p->skipped;
	struct cq_looker k;

	if (out)
		return out;
	out = p->skipped = cq_arena_zalloc(&p->out.arena, 1, sizeof *out);
	if (!out) {
		cq_say_nomem(&p->out);
		return &nothing;
	}
	if (s->resume == CQ_RESUME_NEGATIVE) {
		/* It was read: its units are good. */
		content(p, s, out);
		return out;
	}
	cq_looker_init(&k, p->table, true, &p->out.arena, NEAR);
	/* A unit's own error has its place in the file; everything else is about bytes that a good unit gave. */
	if (s->why.off != CQ_NO_OFFSET && s->why.space == cq_stream_space(stream) && s->why.off > last)
		last = s->why.off;
	if (s->why.space != cq_stream_space(stream) || (s->why.off != CQ_NO_OFFSET && s->why.off >= s->off + s->len))
		last = s->off + s->len - 1;
	for (i = step ? s->off / step : 0; step && (stream->chunks || stream->crcs) && i <= last / step && i < k.units; i++) {
		int rc = cq_unit_look(&k, i, true, &out->bad, NULL);

		if (rc != 1)
			continue;
		cq_unit_explain(&k, &out->bad);
		out->of_unit = true;
		out->cause = out->bad.cause;
		/* The whole file is judged later; here as there. */
		if (out->cause == CQ_DMG_LENGTH) {
			struct cq_damage d = { .chunks = true };

			cq_look_map(&d, p->table, p->check->entry, &p->out.arena);
			if (d.map_bit.set)
				out->cause = CQ_DMG_MAP;
		}
		break;
	}
	/* A chunk that the table does not have. */
	if (!out->of_unit && stream->chunks && k.units && last / step >= k.units) {
		out->of_unit = true;
		out->cause = CQ_DMG_MAP;
	}
	cq_looker_finish(&k);
	if (!out->of_unit)
		content(p, s, out);
	return out;
}

/* ---- saying ---- */

const char *cq_damage_unit(const struct cq_damage *d)
{
	return d->chunks ? "chunk" : "block";
}

const char *cq_suspect_text(struct cq_out *o, const struct cq_suspect *s)
{
	const char *file = s->component < CQ_C_KINDS ? cq_component_name((enum cq_component)s->component) : "the file";

	return cq_say_text(o, "byte 0x%" PRIx64 " of %s: 0x%02x should be 0x%02x (bit %u)", s->off, file, s->found, s->expected, s->bit);
}

void cq_suspect_action(struct cq_out *o, struct cq_check_finding *f)
{
	const char *name = f->suspect.component < CQ_C_KINDS ? cq_component_name((enum cq_component)f->suspect.component) : "";
	const struct cq_desc *d = o->entry ? &o->entry->desc : NULL;

	if (!f->suspect.set || !d || f->suspect.space != CQ_SPACE_RAW)
		return;
	cq_say_action(o, f, "%s As the byte is known, it can be put right in a copy of the file: printf '\\x%02x' | dd of=%.*s-%s bs=1 seek=%" PRIu64
		" conv=notrunc; check the copy before it is used, with the node down.", o->rule->action, f->suspect.expected, (int)d->base.len,
		(const char *)d->base.p, name, f->suspect.off);
}

static const char *unit(const struct cq_out *o)
{
	return o->table && o->table->stream.chunks ? "chunk" : "block";
}

const char *cq_damage_partner(struct cq_out *o, const struct cq_bad *b)
{
	static const char *const words[] = { [CQ_PARTNER_SWAPPED] = "the two are swapped", [CQ_PARTNER_COPY] = "its bytes stand here, too",
		[CQ_PARTNER_MOVED] = "its bytes stand here" };

	if (b->partner_is == CQ_PARTNER_NONE)
		return "";
	return cq_say_text(o, ", which is that of %s %" PRIu64 ": %s", unit(o), b->partner, words[b->partner_is]);
}

static void say_partner(struct cq_out *o, struct cq_check_finding *f, const struct cq_bad *b)
{
	const char *u = unit(o);
	const uint64_t first = b->index < b->partner ? b->index : b->partner, second = b->index < b->partner ? b->partner : b->index;

	if (b->partner_is == CQ_PARTNER_SWAPPED && o->table && o->table->stream.chunks)
		cq_say_means(o, f, "Chunks %" PRIu64 " and %" PRIu64 " stand in each other's place, each before the other's checksum. The bytes of both "
			"are unharmed: exchanged once more, in a copy of the file, both fit.", first, second);
	else if (b->partner_is == CQ_PARTNER_SWAPPED)
		cq_say_means(o, f, "Blocks %" PRIu64 " and %" PRIu64 " stand in each other's place, or their checksums in CRC.db do: where the digest of "
			"Data.db is right, it is the checksums. No byte is lost: exchanged once more, in a copy, both fit.", first, second);
	else if (b->partner_is == CQ_PARTNER_COPY)
		cq_say_means(o, f, "The bytes of %s %" PRIu64 ", which are right there, were also written here: a write that went to the wrong place. What "
			"stood here is lost.", u, b->partner);
	else
		cq_say_means(o, f, "Here stand the bytes of %s %" PRIu64 ", and there still others: writes that went to wrong places. They can be put where they "
			"belong; what belongs here has to be found elsewhere.", u, b->partner);
}

void cq_damage_say(struct cq_out *o, struct cq_check_finding *f, const struct cq_bad *b)
{
	if (b->len)
		cq_say_span(o, f, b->off, b->len);
	f->suspect = b->suspect;
	if (b->suspect.set) {
		cq_say_means(o, f, "Byte 0x%" PRIx64 " has one bit turned: with it put back the checksum fits%s. All other bytes of the %s are unharmed, but "
			"Cassandra gives none of its rows.", b->suspect.off, b->rows_read ? " and the rows decode" : "", unit(o));
		cq_suspect_action(o, f);
	} else if (b->partner_is != CQ_PARTNER_NONE) {
		say_partner(o, f, b);
	} else if (b->inside) {
		cq_say_means(o, f, "Its bytes are not what was written: %s.", b->inside);
	}
}

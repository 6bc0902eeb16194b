/* Changes of bytes of the image, in the source's numbering, and reading what comes out of them. */
#include "cq_inject_image.h"

#include <stdlib.h>

#include "cq_table_doc.h"

static struct inject_edits *edits_of(struct cq_inject *in, int component, int space, struct cq_error *err)
{
	struct inject_file *f = inject_file_of(in, component);

	if (!f || inject_touched(f)) {
		cq_fail(err, f ? CQ_EUSAGE : CQ_NOT_FOUND, CQ_NO_OFFSET, f ? "two faults want %s" : "the SSTable has no such component%s",
			f ? f->name : "");
		return NULL;
	}
	return space == CQ_SPACE_DECOMPRESSED ? &in->image->stream : &f->edits;
}

uint64_t cq_inject_size(const struct cq_inject *in, int component, int space)
{
	const struct inject_file *f = inject_file_of(in, component);

	if (space == CQ_SPACE_DECOMPRESSED)
		return component == CQ_C_DATA && in->t->stream.chunks ? in->t->stream.len : 0;
	return f ? f->len : 0;
}

int cq_inject_read(struct cq_inject *in, int component, int space, uint64_t off, void *buf, size_t len, struct cq_error *err)
{
	const struct inject_edits *e = edits_of(in, component, space, err);
	uint8_t *to = buf;
	int rc;

	if (!e)
		return CQ_EUSAGE;
	rc = len ? cq_doc_bytes(in->doc, component, space, off, buf, len, err) : CQ_OK;
	for (size_t i = 0; rc == CQ_OK && i < e->n; i++) {
		const struct inject_edit *v = &e->v[i];
		uint64_t a = v->off > off ? v->off : off, b = v->off + v->len < off + len ? v->off + v->len : off + len;

		if (v->n == v->len && a < b)
			memcpy(to + (a - off), v->bytes + (a - v->off), (size_t)(b - a));
	}
	return rc;
}

/* Insert in order. Edits of one length that overlap become one; anything else that overlaps is refused. */
static int put_edit(struct cq_inject *in, struct inject_edits *e, struct inject_edit now, struct cq_error *err)
{
	size_t first = 0, last = e->n;
	struct inject_edit *v;

	/* The first that does not end before it. */
	while (first < last) {
		size_t mid = first + (last - first) / 2;
		uint64_t end = e->v[mid].off + e->v[mid].len;

		if (end < now.off || (end == now.off && (e->v[mid].len || now.len)))
			first = mid + 1;
		else
			last = mid;
	}
	for (last = first; last < e->n && (e->v[last].off < now.off + now.len || (e->v[last].off == now.off && !e->v[last].len)); last++)
		if (e->v[last].n != e->v[last].len || now.n != now.len || e->v[last].sealed || now.sealed)
			return cq_fail(err, CQ_EUSAGE, now.off, "two faults want the same bytes");
	if (last > first) {
		uint64_t off = e->v[first].off < now.off ? e->v[first].off : now.off;
		uint64_t old_end = e->v[last - 1].off + e->v[last - 1].len, end = old_end > now.off + now.len ? old_end : now.off + now.len;
		uint8_t *bytes = cq_arena_alloc(&in->arena, (size_t)(end - off)), *before = cq_arena_alloc(&in->arena, (size_t)(end - off));

		if (!bytes || !before)
			return inject_nomem(err);
		/* Old ones that touch each other and the new one cover all of it. */
		for (size_t i = first; i < last; i++) {
			memcpy(bytes + (e->v[i].off - off), e->v[i].bytes, e->v[i].n);
			memcpy(before + (e->v[i].off - off), e->v[i].before, e->v[i].n);
			now.fix &= e->v[i].fix;
		}
		for (size_t k = 0; k < now.n; k++) {
			bool old = false;

			for (size_t i = first; i < last && !old; i++)
				old = now.off + k >= e->v[i].off && now.off + k < e->v[i].off + e->v[i].len;
			if (!old)
				before[now.off + k - off] = now.before[k];
		}
		memcpy(bytes + (now.off - off), now.bytes, now.n);
		now.off = off;
		now.len = end - off;
		now.n = (size_t)(end - off);
		now.bytes = bytes;
		now.before = before;
		memmove(e->v + first, e->v + last, (e->n - last) * sizeof *e->v);
		e->n -= last - first;
	}
	v = inject_room(e->v, e->n, &e->cap, sizeof *v);
	if (!v)
		return inject_nomem(err);
	e->v = v;
	memmove(v + first + 1, v + first, (e->n - first) * sizeof *v);
	v[first] = now;
	e->n++;
	return CQ_OK;
}

/* Bytes of the stream that a change of Data.db as stored makes unreliable: its whole chunks. */
static int raw_span(struct cq_inject *in, uint64_t off, uint64_t len, struct inject_span *out)
{
	const struct cq_table *t = in->t;
	struct cq_chunk_place a, b;
	uint64_t last = len ? off + len - 1 : off;

	if (!t->stream.chunks) {
		*out = (struct inject_span){ off, len };
		return CQ_OK;
	}
	*out = (struct inject_span){ 0, 0 };
	if (off >= t->stream.raw->size)
		return CQ_OK;                  /* behind the end: nothing of the content */
	if (cq_table_to_stream(t, off, &a, NULL) != CQ_OK || cq_table_to_stream(t, last < t->stream.raw->size ? last :
	    t->stream.raw->size - 1, &b, NULL) != CQ_OK) {
		*out = (struct inject_span){ 0, t->stream.len };
		return CQ_OK;
	}
	*out = (struct inject_span){ a.off, b.off + b.len - a.off };
	return CQ_OK;
}

static int add_span(struct cq_inject *in, int space, uint64_t off, uint64_t len, bool fix, struct cq_error *err)
{
	struct cq_inject_image *im = in->image;
	struct inject_span span = { off, len }, *s;

	if (space == CQ_SPACE_RAW) {
		raw_span(in, off, len, &span);
	} else if (!fix) {
		/* The chunk's checksum stays: all of it is refused. */
		uint64_t a = off / in->t->chunks.chunk_len * in->t->chunks.chunk_len, b = len ? off + len : off + 1;

		b = (b + in->t->chunks.chunk_len - 1) / in->t->chunks.chunk_len * in->t->chunks.chunk_len;
		span = (struct inject_span){ a, (b < in->t->stream.len ? b : in->t->stream.len) - a };
	}
	s = inject_room(im->span, im->nspans, &im->spans_cap, sizeof *s);
	if (!s)
		return inject_nomem(err);
	im->span = s;
	s[im->nspans++] = span;
	return CQ_OK;
}

static cq_slice shown(struct cq_inject *in, const uint8_t *p, uint64_t n)
{
	size_t len = n < CQ_INJECT_SHOWN ? (size_t)n : CQ_INJECT_SHOWN;
	uint8_t *copy = cq_arena_dup(&in->arena, p, len);

	return copy ? cq_slice_of(copy, len) : cq_slice_of("", 0);
}

static int note_change(struct cq_inject *in, int component, int space, const struct inject_edit *e, cq_slice before, cq_nid id,
	struct cq_error *err)
{
	struct cq_injected *now = in->now;
	struct cq_inject_change *c = inject_room(now->change, now->nchanges, &now->cap, sizeof *c);
	const struct inject_file *f = inject_file_of(in, component);

	if (!c)
		return inject_nomem(err);
	now->change = c;
	c += now->nchanges++;
	*c = (struct cq_inject_change){ .component = f->name, .space = space, .off = e->off, .len = e->len,
		.before = before, .after = shown(in, e->bytes, e->n), .after_len = e->n };
	if (id) {
		struct cq_buf path = {0};

		cq_doc_path(in->doc, id, &path);
		c->path = cq_arena_dup(&in->arena, cq_buf_cstr(&path), strlen(cq_buf_cstr(&path)));
		cq_buf_finish(&path);
	}
	return CQ_OK;
}

int cq_inject_replace(struct cq_inject *in, int component, int space, uint64_t off, uint64_t len, cq_slice with, cq_nid id,
	struct cq_error *err)
{
	struct inject_edits *e = edits_of(in, component, space, err);
	struct inject_edit now = { .off = off, .len = len, .n = with.len, .fix = in->now->fix };
	uint8_t head[CQ_INJECT_SHOWN], *before = NULL;
	cq_slice was;
	int rc;

	if (!e)
		return CQ_EUSAGE;
	if (off > cq_inject_size(in, component, space) || len > cq_inject_size(in, component, space) - off)
		return cq_fail(err, CQ_EUSAGE, off, "no %llu bytes there", (unsigned long long)len);
	if (!len && !with.len)
		return CQ_OK;
	now.bytes = cq_arena_dup(&in->arena, with.p, with.len);
	if (!now.bytes)
		return inject_nomem(err);
	if (len == with.len) {
		before = cq_arena_alloc(&in->arena, (size_t)len + 1);
		if (!before)
			return inject_nomem(err);
		rc = cq_doc_bytes(in->doc, component, space, off, before, (size_t)len, err);
		was = shown(in, before, len);
	} else {
		size_t n = len < sizeof head ? (size_t)len : sizeof head;

		rc = n ? cq_doc_bytes(in->doc, component, space, off, head, n, err) : CQ_OK;
		was = shown(in, head, n);
	}
	now.before = before;
	if (rc == CQ_OK)
		rc = put_edit(in, e, now, err);
	if (rc == CQ_OK && component == CQ_C_DATA && !in->image->follows)
		rc = add_span(in, space, off, len, now.fix, err);
	if (rc == CQ_OK && in->image->follows) {
		inject_file_of(in, component)->followed = true;
		return CQ_OK;
	}
	return rc == CQ_OK ? note_change(in, component, space, &now, was, id, err) : rc;
}

void inject_moved(struct cq_inject *in, uint64_t from, uint64_t to)
{
	struct cq_inject_image *im = in->image;

	if (im->nmoves < CQ_COUNTOF(im->move))
		im->move[im->nmoves++] = (struct inject_move){ from, to };
}

uint64_t inject_new_offset(const struct cq_inject *in, uint64_t off)
{
	const struct cq_inject_image *im = in->image;
	const struct inject_file *f = inject_file_of(in, CQ_C_DATA);
	const struct inject_edits *e = in->t->stream.chunks || !f ? &im->stream : &f->edits;
	uint64_t at = off;

	for (size_t i = 0; i < im->nmoves; i++)
		if (im->move[i].from == off) {
			off = im->move[i].to;          /* once: where it goes, another may have come from */
			break;
		}
	at = off;
	for (size_t i = 0; i < e->n && e->v[i].off + e->v[i].len <= off; i++)
		at += e->v[i].n - e->v[i].len;
	return at;
}

/* ---- reading what comes out ---- */

int inject_reader_open(struct inject_reader *r, struct cq_inject *in, const struct inject_file *f, int space, struct cq_error *err)
{
	*r = (struct inject_reader){ .in = in, .f = f, .space = space,
		.edits = space == CQ_SPACE_DECOMPRESSED ? &in->image->stream : &f->edits,
		.end = space == CQ_SPACE_DECOMPRESSED ? in->t->stream.len : f->len };
	if (space == CQ_SPACE_RAW && !f->bytes && f->path)
		return cq_space_open_file(&r->own, f->path, err);
	return CQ_OK;
}

void inject_reader_close(struct inject_reader *r)
{
	cq_space_close(r->own);
	r->own = NULL;
}

static int source_bytes(struct inject_reader *r, uint64_t off, uint8_t *buf, size_t n, struct cq_error *err)
{
	if (r->space == CQ_SPACE_DECOMPRESSED)
		return cq_doc_bytes(r->in->doc, CQ_C_DATA, r->space, off, buf, n, err);
	if (r->f->bytes) {
		memcpy(buf, r->f->bytes + off, n);
		return CQ_OK;
	}
	return cq_space_read(r->own, off, buf, n, err);
}

int inject_reader_read(struct inject_reader *r, uint8_t *buf, size_t n, size_t *got, struct cq_error *err)
{
	*got = 0;
	while (*got < n) {
		const struct inject_edit *e = r->next < r->edits->n ? &r->edits->v[r->next] : NULL;
		uint64_t left;
		int rc;

		if (e && e->off == r->at && (r->inside < e->n || e->len)) {
			size_t here = e->n - r->inside < n - *got ? e->n - r->inside : n - *got;

			if (here)
				memcpy(buf + *got, e->bytes + r->inside, here);
			if (r->f && r->f->remade && e->before)       /* over other bytes than it was meant for */
				for (size_t i = 0; i < here; i++) {
					size_t k = r->inside + i;

					if (e->off + k < r->f->len)
						buf[*got + i] = (uint8_t)(r->f->bytes[e->off + k] ^ e->before[k] ^ e->bytes[k]);
				}
			*got += here;
			r->inside += here;
			if (r->inside < e->n)
				continue;
			r->at += e->len;
			r->inside = 0;
			r->next++;
			continue;
		}
		if (e && e->off == r->at) {                          /* nothing for nothing */
			r->next++;
			continue;
		}
		left = (e && e->off < r->end ? e->off : r->end) - r->at;
		if (r->at >= r->end || !left)
			break;
		if (left > n - *got)
			left = n - *got;
		rc = source_bytes(r, r->at, buf + *got, (size_t)left, err);
		if (rc != CQ_OK)
			return rc;
		*got += (size_t)left;
		r->at += left;
	}
	return CQ_OK;
}

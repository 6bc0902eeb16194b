/* Data.db explained: the bodies of data.inc.h replayed with a trace, and the lists around them. Compiled once for all
 * versions, with the features at run time: nobody waits for it, and the bodies are large. */
#include <stdlib.h>

#include "cq_hash.h"
#include "data.inc.h"
#include "shared.h"

enum { DATA_PASS = 64 << 10 };         /* of a larger partition the end is asked of the index */

static struct cq_unit data_unit(const struct cq_table *t, unsigned kind, unsigned field, uint64_t off, uint64_t len,
	uint64_t arg0, uint64_t arg1)
{
	return (struct cq_unit){ .kind = kind, .field = field, .component = CQ_C_DATA, .space = cq_stream_space(&t->stream),
		.off = off, .len = len, .arg = { arg0, arg1 } };
}

/* Replay one unit at the scan's position. state: what kind of unit stands there. *used: bytes it took, or had before it
 * stopped. A NULL trace measures. */
static int data_replay(struct cq_scan *s, enum cq_scan_state state, struct cq_event *ev, uint64_t *used, const cq_trace *tr,
	struct cq_error *err)
{
	const struct cq_ctx *x = &s->table->ctx;
	const unsigned feat = s->table->features;

	for (;;) {
		struct cq_partition p = s->partition;
		int rc = CQ_OK;
		cq_cur c;

		s->state = state;                      /* what the end of the data means depends on it */
		if (!s->w.len)
			rc = data_fill(s, err);
		if (rc == CQ_END)
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no partition there: the data ends");
		if (rc < 0)
			return rc;
		/* Measure first: a trace must not report half a unit that only needs a larger window. */
		c = cq_cur_over(s->w.bytes, s->w.len, s->w.off);
		if (state == CQ_SCAN_PARTITION)
			partition_header_body(&c, s->table, feat, &p, NULL);
		else if (state == CQ_SCAN_STATIC)
			static_row_body(&c, x, feat, s, false, NULL);
		else
			unfiltered_body(&c, x, feat, s, false, ev, NULL);
		if (c.status) {
			rc = data_more(s, &c, err);
			if (rc == CQ_OK)
				continue;
		}
		if (tr) {
			cq_cur e = cq_cur_over(s->w.bytes, s->w.len, s->w.off);

			if (state == CQ_SCAN_PARTITION)
				partition_header_body(&e, s->table, feat, &p, tr);
			else if (state == CQ_SCAN_STATIC)
				static_row_body(&e, x, feat, s, false, tr);
			else
				unfiltered_body(&e, x, feat, s, false, ev, tr);
		}
		*used = (uint64_t)(c.p - s->w.bytes);
		if (state == CQ_SCAN_PARTITION)
			s->partition = p;
		return c.status ? rc : CQ_OK;
	}
}

/* Pass over a partition's rows, from its static row or from any row on. CQ_NOT_FOUND: limit bytes did not reach its end. */
static int data_pass(struct cq_scan *s, enum cq_scan_state from, uint64_t limit, struct cq_error *err)
{
	uint64_t start = s->w.off;
	struct cq_event ev = {0};
	int rc = CQ_OK;

	s->no_cells = true;
	s->state = from;
	while (rc == CQ_OK && ev.kind != CQ_EV_PARTITION_END)
		rc = s->w.off - start < limit ? s->format->scan_next(s, &ev, err) : CQ_NOT_FOUND;
	s->no_cells = false;
	s->state = CQ_SCAN_PARTITION;
	return rc;
}

/* Where the index has the partition behind the one with this key, when one with the index's key does start there: a large
 * partition's end without reading all of it. What is wrong inside shows when the partition is opened. */
static bool data_end_by_index(struct cq_scan *s, const struct cq_buf *key, uint64_t *end)
{
	const struct cq_table *t = s->table;
	struct cq_event ev = {0};
	struct cq_position pos;
	struct cq_lookup *l;
	struct cq_token token;
	bool found = false;
	int rc;

	if (!t->format->find_token || t->partitioner.kind == CQ_P_UNKNOWN || cq_lookup_open(&l, t, NULL) != CQ_OK)
		return false;
	cq_token(&t->partitioner, cq_buf_bytes(key), &token);
	rc = t->format->find_token(l, &token, false, &pos, NULL);
	if (rc == CQ_END) {
		/* The last one, if that is where the index has it. */
		rc = t->format->find_token(l, &token, true, &pos, NULL);
		found = rc == CQ_OK && cq_slice_eq(pos.key, cq_buf_bytes(key));
		*end = t->stream.len;
	} else if (rc == CQ_OK && pos.data_off > s->w.off && pos.data_off < t->stream.len) {
		cq_window_seek(&s->w, pos.data_off);
		s->state = CQ_SCAN_PARTITION;
		found = s->format->scan_next(s, &ev, NULL) == CQ_OK && cq_slice_eq(s->partition.key, pos.key);
		*end = pos.data_off;
	}
	cq_lookup_close(l);
	return found;
}

/* The scan behind the rows of a partition, whose key is in s->partition. */
static int data_to_end(struct cq_scan *s, struct cq_error *err)
{
	struct cq_buf key = {0};
	uint64_t at, end = 0;
	int rc;

	cq_buf_slice(&key, s->partition.key);
	rc = key.failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key") :
		data_pass(s, s->table->ctx.statics.n ? CQ_SCAN_STATIC : CQ_SCAN_UNFILTERED, DATA_PASS, err);
	at = s->w.off;
	if (rc == CQ_NOT_FOUND && data_end_by_index(s, &key, &end)) {
		cq_window_seek(&s->w, end);
		s->state = CQ_SCAN_PARTITION;
		rc = CQ_OK;
	} else if (rc == CQ_NOT_FOUND) {
		cq_window_seek(&s->w, at);
		rc = data_pass(s, CQ_SCAN_UNFILTERED, UINT64_MAX, err);
	}
	cq_buf_finish(&key);
	return rc;
}

/* Where the index says that a partition starts: to go on behind damage. */
struct data_resume {
	struct cq_lookup *l;
	uint64_t at, index;                    /* index: of the next position that it gives */
};

/* The first partition behind off. CQ_OK: *data_off and *index are its. Anything else: nobody knows. */
static int data_next_start(const struct cq_table *t, struct data_resume *r, uint64_t off, uint64_t *data_off, uint64_t *index)
{
	struct cq_position pos;
	int rc = r->l ? CQ_OK : cq_lookup_open(&r->l, t, NULL);

	while (rc == CQ_OK && (rc = cq_lookup_next(r->l, &r->at, &pos, NULL)) == CQ_OK) {
		*index = r->index++;
		*data_off = pos.data_off;
		if (pos.data_off > off)
			return CQ_OK;
	}
	return rc < 0 ? rc : CQ_NOT_FOUND;
}

/* A page of partitions, each as a child with its extent; then the rest. A damaged one has no end of its own: the list goes
 * on where the index has the next. */
static int data_list_partitions(struct cq_scan *s, uint64_t index, const cq_trace *tr, struct cq_error *err)
{
	const struct cq_table *t = s->table;
	struct data_resume resume = {0};
	struct cq_buf name = {0};
	int rc = CQ_OK, bad = CQ_OK;

	for (size_t n = 0; s->w.off < t->stream.len; n++, index++) {
		struct cq_event ev;
		struct cq_unit u;
		uint64_t off = s->w.off;

		if (n == CQ_UNITS_A_PAGE) {
			u = data_unit(t, CQ_U_MORE_PARTITIONS, CQ_F_MORE, off, t->stream.len - off, index, 0);
			cq_trace_child(tr, &u, index, (cq_slice){0});
			break;
		}
		s->state = CQ_SCAN_PARTITION;
		cq_buf_clear(&name);
		rc = s->format->scan_next(s, &ev, bad == CQ_OK ? err : NULL);
		if (rc == CQ_OK) {
			cq_table_print_key(t, s->partition.key, &name);
			rc = data_to_end(s, bad == CQ_OK ? err : NULL);
		}
		u = data_unit(t, CQ_U_PARTITION, CQ_F_PARTITION, off, rc == CQ_OK ? s->w.off - off : CQ_NO_OFFSET, index, 0);
		cq_trace_child(tr, &u, index, cq_buf_bytes(&name));
		if (rc == CQ_DAMAGED) {
			uint64_t next, next_index;

			bad = rc;
			rc = data_next_start(t, &resume, off, &next, &next_index);
			if (rc != CQ_OK) {
				rc = CQ_OK;
				break;
			}
			cq_window_seek(&s->w, next);
			if (next_index > index)
				index = next_index - 1;
		}
		if (rc != CQ_OK)
			break;
	}
	cq_lookup_close(resume.l);
	cq_buf_finish(&name);
	return rc < 0 ? rc : bad;
}

/* Rows and markers of a partition from the scan's position on, a page of them, then the rest or the end byte. */
static int data_list_unfiltereds(struct cq_scan *s, uint64_t partition, uint64_t index, const cq_trace *tr,
	struct cq_error *err)
{
	const struct cq_table *t = s->table;

	for (size_t n = 0;; n++, index++) {
		struct cq_event ev = {0};
		struct cq_unit u;
		uint64_t off = s->w.off, used = 0;
		int rc;

		if (n == CQ_UNITS_A_PAGE) {
			u = data_unit(t, CQ_U_MORE_UNFILTEREDS, CQ_F_MORE, off, CQ_NO_OFFSET, partition, index);
			cq_trace_child(tr, &u, index, (cq_slice){0});
			return CQ_OK;
		}
		rc = data_replay(s, CQ_SCAN_UNFILTERED, &ev, &used, NULL, err);
		if (rc == CQ_OK && ev.kind == CQ_EV_PARTITION_END) {
			cq_trace_number(tr, CQ_F_END_OF_PARTITION, off, 1, ROW_END_OF_PARTITION);
			cq_window_skip(&s->w, 1);
			return CQ_OK;
		}
		u = data_unit(t, CQ_U_UNFILTERED, CQ_F_ROWS, off, rc == CQ_OK ? used : CQ_NO_OFFSET, partition, index);
		cq_trace_child(tr, &u, index, cq_slice_str(ev.kind == CQ_EV_MARKER ? "marker" : ""));
		if (rc != CQ_OK)
			return rc;
		cq_window_skip(&s->w, (size_t)used);
	}
}

/* One chunk: payload and checksum, and whether they fit each other. */
static int data_explain_chunk(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	struct cq_span span;
	struct cq_codec_ctx *codec = NULL;
	uint32_t stored, computed, want = cq_chunk_data_len(&t->chunks, u->arg[0]);
	struct cq_error bad = {0};
	uint8_t *p, *out;
	int rc = cq_chunk_at(&t->chunks, u->arg[0], t->stream.raw->size, &span, err);

	if (rc < 0)
		return rc;
	p = malloc((size_t)span.len + 4);
	out = malloc(want ? want : 1);
	if (!p || !out) {
		free(p);
		free(out);
		return cq_fail(err, CQ_ENOMEM, span.off, "no memory for a chunk");
	}
	rc = cq_space_read(t->stream.raw, span.off, p, (size_t)span.len + 4, err);
	if (rc == CQ_OK) {
		stored = cq_be32(p + span.len);
		computed = cq_crc32(0, p, (size_t)span.len);
		cq_trace_bytes(tr, CQ_F_CHUNK_PAYLOAD, span.off, cq_slice_of(p, (size_t)span.len), NULL);
		cq_trace_number(tr, CQ_F_CHUNK_CRC, span.off + span.len, 4, stored);
		if (stored != computed) {
			cq_trace_note(tr, CQ_F_CHUNK_CRC, span.off + span.len, "checksum differs: computed %08x", computed);
			rc = cq_fail(err, CQ_DAMAGED, span.off, "checksum of chunk %llu differs: stored %08x, computed %08x",
				(unsigned long long)u->arg[0], stored, computed);
		} else {
			cq_trace_note(tr, CQ_F_CHUNK_CRC, span.off + span.len, "checksum right");
			rc = cq_chunk_decode(&t->chunks, u->arg[0], cq_slice_of(p, (size_t)span.len), &codec, out, &bad);
			if (rc < 0) {
				cq_trace_note(tr, CQ_F_CHUNK_PAYLOAD, span.off, "%s", bad.msg);
				rc = cq_fail(err, CQ_DAMAGED, span.off, "chunk %llu: %s", (unsigned long long)u->arg[0], bad.msg);
			} else {
				cq_trace_note(tr, CQ_F_CHUNK_PAYLOAD, span.off,
					"%s, decompressed offsets 0x%llx to 0x%llx", cq_chunk_is_raw(&t->chunks, span.len) ?
					"stored raw" : cq_codec_name(t->chunks.codec), (unsigned long long)u->arg[0] *
					t->chunks.chunk_len, (unsigned long long)u->arg[0] * t->chunks.chunk_len + want);
			}
		}
		cq_error_at(err, t->stream.raw->name, CQ_SPACE_RAW);
	}
	cq_codec_ctx_destroy(codec);
	free(p);
	free(out);
	return rc;
}

static int data_list_chunks(const struct cq_table *t, uint64_t index, const cq_trace *tr, struct cq_error *err)
{
	uint64_t end = t->stream.raw->size, n = 0, room = t->chunks.table->size, count = t->chunks.count;
	int bad = CQ_OK;

	/* What the table of chunks has room for; its count may say anything. */
	room = room > t->chunks.offsets_at ? (room - t->chunks.offsets_at) / 8 : 0;
	count = count < room ? count : room;
	for (; index < count; index++) {
		struct cq_unit u = { .kind = CQ_U_CHUNK, .field = CQ_F_CHUNK, .component = CQ_C_DATA, .space = CQ_SPACE_RAW,
			.arg = { index } };
		struct cq_span span;
		int rc = cq_chunk_at(&t->chunks, index, end, &span, bad == CQ_OK ? err : NULL);

		if (rc == CQ_DAMAGED) {
			bad = rc;
			continue;
		}
		if (rc < 0)
			return rc;
		if (n++ == CQ_UNITS_A_PAGE) {
			u.kind = CQ_U_MORE_CHUNKS;
			u.field = CQ_F_MORE;
			u.off = span.off;
			u.len = end - span.off;
			cq_trace_child(tr, &u, index, (cq_slice){0});
			return bad;
		}
		u.off = span.off;
		u.len = span.len + 4;
		cq_trace_child(tr, &u, index, (cq_slice){0});
	}
	return bad;
}

static void data_give_chunks(const struct cq_table *t, const cq_trace *tr)
{
	struct cq_unit chunks = { .kind = CQ_U_MORE_CHUNKS, .field = CQ_F_CHUNKS, .component = CQ_C_DATA, .space = CQ_SPACE_RAW,
		.len = t->stream.raw->size };

	cq_trace_child(tr, &chunks, CQ_NO_INDEX, (cq_slice){0});
}

/* A page of the stream as bytes. A page in a bad chunk is damage, and the list goes on behind it. */
static int data_bytes(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	size_t n = u->len < CQ_BYTES_A_PAGE ? (size_t)u->len : CQ_BYTES_A_PAGE;
	struct cq_window w;
	int rc;

	if (u->off > t->stream.len || u->len > t->stream.len - u->off)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no such bytes in Data.db");
	cq_window_init(&w, &t->stream, u->off + n);
	cq_window_seek(&w, u->off);
	rc = n ? cq_window_need(&w, n, err) : CQ_OK;
	if (rc == CQ_OK && n)
		cq_trace_bytes(tr, CQ_F_UNKNOWN_BYTES, u->off, cq_slice_of(w.bytes, n), NULL);
	cq_window_finish(&w);
	if (u->len > n) {
		struct cq_unit more = data_unit(t, CQ_U_BYTES, CQ_F_MORE, u->off + n, u->len - n, u->arg[0] + n / 8, 0);

		cq_trace_child(tr, &more, more.arg[0] / (CQ_BYTES_A_PAGE / 8), (cq_slice){0});
	}
	return rc;
}

/* What can be said without types, or without knowing where the chunks are: chunks, and bytes that nobody can read. */
static int data_without_rows(const struct cq_table *t, const cq_trace *tr, struct cq_error *err)
{
	struct cq_unit all = data_unit(t, CQ_U_BYTES, CQ_F_UNKNOWN_BYTES, 0, t->stream.len, 0, 0);

	if (t->stream.chunks)
		data_give_chunks(t, tr);
	if (t->stream.len)
		cq_trace_child(tr, &all, CQ_NO_INDEX, (cq_slice){0});
	return cq_fail(err, CQ_DAMAGED, CQ_NO_OFFSET, "no partition can be shown: %s", t->no_rows);
}

int data_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	struct cq_scan *s;
	struct cq_event ev = {0};
	uint64_t used = 0;
	int rc;

	if (!t->stream.raw)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "Data.db is not there");
	if (u->kind == CQ_U_CHUNK)
		return data_explain_chunk(t, u, tr, err);
	if (u->kind == CQ_U_MORE_CHUNKS)
		return data_list_chunks(t, u->arg[0], tr, err);
	if (u->kind == CQ_U_BYTES)
		return data_bytes(t, u, tr, err);
	if (u->kind == CQ_U_COMPONENT && t->no_rows)
		return data_without_rows(t, tr, err);
	rc = cq_scan_open(&s, t, NULL, err);
	if (rc < 0)
		return rc;
	s->w.end = 0;
	cq_window_seek(&s->w, u->off);
	/* Errors say in which partition. */
	s->partition.off = u->kind == CQ_U_STATIC_ROW || u->kind == CQ_U_UNFILTERED || u->kind == CQ_U_MORE_UNFILTEREDS ? u->arg[0] :
		u->off;
	switch (u->kind) {
	case CQ_U_COMPONENT:
		if (t->stream.chunks)
			data_give_chunks(t, tr);
		rc = data_list_partitions(s, 0, tr, err);
		break;
	case CQ_U_MORE_PARTITIONS:
		rc = data_list_partitions(s, u->arg[0], tr, err);
		break;
	case CQ_U_PARTITION:
		rc = data_replay(s, CQ_SCAN_PARTITION, &ev, &used, tr, err);
		if (rc != CQ_OK)
			break;
		cq_window_skip(&s->w, (size_t)used);
		if (t->ctx.statics.n) {
			struct cq_unit row;

			rc = data_replay(s, CQ_SCAN_STATIC, &ev, &used, NULL, err);
			row = data_unit(t, CQ_U_STATIC_ROW, CQ_F_STATIC_ROW, s->w.off, rc == CQ_OK ? used : CQ_NO_OFFSET, u->off, 0);
			cq_trace_child(tr, &row, CQ_NO_INDEX, (cq_slice){0});
			if (rc != CQ_OK)
				break;
			cq_window_skip(&s->w, (size_t)used);
		}
		rc = data_list_unfiltereds(s, u->off, 0, tr, err);
		break;
	case CQ_U_MORE_UNFILTEREDS:
		rc = data_list_unfiltereds(s, u->arg[0], u->arg[1], tr, err);
		break;
	case CQ_U_STATIC_ROW:
		rc = data_replay(s, CQ_SCAN_STATIC, &ev, &used, tr, err);
		break;
	case CQ_U_UNFILTERED:
		rc = data_replay(s, CQ_SCAN_UNFILTERED, &ev, &used, tr, err);
		break;
	default:
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no such unit in Data.db: %u", u->kind);
	}
	cq_scan_close(s);
	return rc;
}

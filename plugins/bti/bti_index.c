#include "bti_index.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cq_hash.h"
#include "cq_index.h"

/* The last byte of byte-comparable forms of keys and tokens (ByteSource.java). */
enum { BC_BEFORE = 0x20, BC_KEY = 0x38, BC_AFTER = 0x60 };

/* Where bti_next goes on: at a leaf, as a look-up gave it (index_off; 0: at the first leaf of all); with one bit, behind a leaf;
 * with the other, behind damage, and a count of such places above the offset, so that it moves although one node can have several
 * bad pointers. */
#define AT_DAMAGE (1ull << 63)
#define AT_BEHIND (1ull << 62)
#define AT_OFFSET ((1ull << 48) - 1)

struct bti_state {
	struct trie partitions;
	bool has_window;
	struct cq_window window;                       /* Data.db, for stored keys */
	bool iterating;
	struct trie_iter iter;
	uint64_t at;                                   /* where iter stands */
	uint64_t damages;
	/* the row trie in use */
	uint64_t rows_off;                             /* its entry; CQ_NO_OFFSET: none */
	struct trie rows;
	uint64_t final;                                /* its last payload: the partition's end, no block */
	bool has_path;
	uint64_t path_start;                           /* l->path is the separator of the block that starts there */
};

void bti_lookup_close(struct cq_lookup *l)
{
	struct bti_state *s = l->state;

	if (!s)
		return;
	l->data = NULL;
	if (s->has_window)
		cq_window_finish(&s->window);
	trie_iter_finish(&s->iter);
	free(s);
	l->state = NULL;
}

/* ---- the files ---- */

int bti_partitions(struct cq_pages *pages, struct trie *t, struct partitions_end *end, struct cq_error *err)
{
	const uint8_t *p;
	uint64_t size = pages->space->size;
	cq_cur c;
	int rc;

	*end = (struct partitions_end){0};
	if (size < PARTITIONS_FOOTER) {
		rc = cq_fail(err, CQ_DAMAGED, 0, "expected at least the %d bytes of its end, found %" PRIu64, PARTITIONS_FOOTER,
			size);
	} else {
		rc = cq_pages_at(pages, size - PARTITIONS_FOOTER, PARTITIONS_FOOTER, &p, err);
		if (rc == CQ_OK) {
			c = cq_cur_over(p, PARTITIONS_FOOTER, size - PARTITIONS_FOOTER);
			partitions_footer_body(&c, end, NULL);
			rc = cq_cur_error(&c, err);
		}
	}
	if (rc < 0) {
		cq_error_at(err, pages->space->name, CQ_SPACE_RAW);
		return rc;
	}
	*t = (struct trie){ .pages = pages, .which = TRIE_PARTITIONS, .root = end->root, .end = end->keys };
	return CQ_OK;
}

int bti_rows_entry(struct cq_pages *pages, uint64_t off, struct rows_entry *e, cq_slice *bytes, struct cq_error *err)
{
	enum { REST = 9 + 9 + 9 + 12 };                /* two vints, a signed one, a deletion: at most */
	const uint8_t *p;
	cq_cur c;
	int rc = cq_pages_at(pages, off, 2, &p, err);

	*bytes = cq_slice_of("", 0);
	if (rc == CQ_OK)
		rc = cq_pages_some(pages, off, 2 + (size_t)cq_be16(p) + REST, bytes, err);
	if (rc == CQ_OK) {
		c = cq_cur_over(bytes->p, bytes->len, off);
		rows_entry_body(&c, NULL, e, NULL);
		rc = cq_cur_error(&c, err);
		bytes->len = (size_t)(c.p - bytes->p);
	}
	if (rc < 0)
		cq_error_at(err, pages->space->name, CQ_SPACE_RAW);
	return rc;
}

/* l's state with the trie of Partitions.db in it. */
static int state_of(struct cq_lookup *l, struct bti_state **out, struct cq_error *err)
{
	struct partitions_end end;
	struct bti_state *s = l->state;
	int rc;

	if (s) {
		*out = s;
		return CQ_OK;
	}
	if (!l->partitions.space)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Partitions.db is not there");
	s = calloc(1, sizeof *s);
	if (!s)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a look-up");
	rc = bti_partitions(&l->partitions, &s->partitions, &end, err);
	if (rc < 0) {
		free(s);
		return rc;
	}
	s->rows_off = CQ_NO_OFFSET;
	l->state = *out = s;
	return CQ_OK;
}

/* ---- stored keys ---- */

static int data_key(struct cq_lookup *l, struct bti_state *s, uint64_t off, cq_slice *key, struct cq_error *err)
{
	const struct cq_stream *stream = &l->table->stream;
	struct cq_window *w = &s->window;
	size_t len;
	int rc;

	if (!stream->raw)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "Data.db is not there");
	if (off >= stream->len) {
		rc = cq_fail(err, CQ_DAMAGED, CQ_NO_OFFSET, "the trie places a partition at 0x%" PRIx64
			", Data.db has 0x%" PRIx64 " bytes", off, stream->len);
		cq_error_at(err, l->partitions.space->name, CQ_SPACE_RAW);
		return rc;
	}
	if (!s->has_window) {
		cq_window_init(w, stream, 0);
		w->no_checksums = l->table->no_checksums;
		s->has_window = true;
		l->data = w;
	}
	cq_window_seek(w, off);
	rc = cq_window_need(w, 2, err);
	if (rc < 0)
		return rc;
	len = w->len >= 2 ? 2 + (size_t)cq_be16(w->bytes) : 2;
	rc = cq_window_need(w, len, err);
	if (rc < 0)
		return rc;
	if (w->len < len) {
		rc = cq_fail(err, CQ_DAMAGED, off, "the data ends inside a partition key");
		cq_error_at(err, stream->raw->name, cq_stream_space(stream));
		return rc;
	}
	*key = cq_slice_of(w->bytes + 2, len - 2);
	return CQ_OK;
}

/* Where a leaf of Partitions.db leads, and the key stored there. The key is borrowed until the next read of Rows.db or of
 * the window; out->key is not set. */
static int stored(struct cq_lookup *l, struct bti_state *s, uint64_t leaf, const struct trie_payload *p,
	struct cq_position *out, cq_slice *key, struct cq_error *err)
{
	struct rows_entry e;
	cq_slice bytes;
	int rc;

	out->index_off = leaf;
	if (p->position < 0) {
		out->data_off = (uint64_t)~p->position;
		out->rows_off = CQ_NO_OFFSET;
		return data_key(l, s, out->data_off, key, err);
	}
	if (!l->rows.space)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Rows.db is not there");
	rc = bti_rows_entry(&l->rows, (uint64_t)p->position, &e, &bytes, err);
	if (rc < 0)
		return rc;
	out->data_off = e.data_off;
	out->rows_off = e.off;
	*key = e.key;
	return CQ_OK;
}

/* The same, with the key kept in the look-up. */
static int position_of(struct cq_lookup *l, struct bti_state *s, uint64_t leaf, struct cq_position *out,
	struct cq_error *err)
{
	struct trie_payload p;
	cq_slice key;
	int rc = trie_read_payload(&s->partitions, leaf, &p, err);

	if (rc == CQ_OK)
		rc = stored(l, s, leaf, &p, out, &key, err);
	if (rc != CQ_OK)
		return rc;
	cq_buf_clear(&l->key);
	cq_buf_slice(&l->key, key);
	if (l->key.failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key");
	out->key = cq_slice_of(l->key.p ? l->key.p : (const uint8_t *)"", l->key.len);
	return CQ_OK;
}

/* ---- partitions ---- */

int bti_find(struct cq_lookup *l, cq_slice key, const struct cq_token *token, struct cq_position *out,
	struct cq_error *err)
{
	struct trie_payload p;
	struct bti_state *s;
	uint64_t leaf, h[2];
	cq_slice found;
	int rc = state_of(l, &s, err);

	if (rc < 0)
		return rc;
	cq_buf_clear(&l->tmp);
	rc = cq_key_comparable(&l->table->partitioner, token, key, BC_KEY, &l->tmp, err);
	if (rc == CQ_DAMAGED)
		return CQ_NOT_FOUND;                   /* no value of the key's type, so no key */
	if (rc == CQ_OK)
		rc = trie_exact(&s->partitions, cq_buf_bytes(&l->tmp), &leaf, err);
	if (rc == CQ_OK)
		rc = trie_read_payload(&s->partitions, leaf, &p, err);
	if (rc != CQ_OK)
		return rc;
	if (p.has_hash) {
		cq_murmur3(key, h);                    /* whatever the partitioner */
		if (p.hash != (uint8_t)h[1])
			return CQ_NOT_FOUND;
	}
	rc = stored(l, s, leaf, &p, out, &found, err);
	if (rc != CQ_OK)
		return rc;
	if (!cq_slice_eq(found, key))
		return CQ_NOT_FOUND;
	cq_buf_clear(&l->key);
	cq_buf_slice(&l->key, found);
	if (l->key.failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key");
	out->key = cq_slice_of(l->key.p ? l->key.p : (const uint8_t *)"", l->key.len);
	return CQ_OK;
}

int bti_find_token(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
	struct cq_error *err)
{
	const struct cq_partitioner *p = &l->table->partitioner;
	uint64_t maybe, sure;
	struct bti_state *s;
	int rc = state_of(l, &s, err);

	if (rc < 0)
		return rc;
	if (p->kind == CQ_P_UNKNOWN)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "an unknown partitioner orders the trie");
	cq_buf_clear(&l->tmp);
	rc = cq_token_comparable(p, token, inclusive ? BC_BEFORE : BC_AFTER, &l->tmp, err);
	if (rc == CQ_OK)
		rc = trie_ceiling(&s->partitions, cq_buf_bytes(&l->tmp), &maybe, &sure, err);
	if (rc < 0)
		return rc;
	if (maybe != CQ_NO_OFFSET) {
		struct cq_token found;
		int c;

		rc = position_of(l, s, maybe, out, err);
		if (rc != CQ_OK)
			return rc;
		cq_token(p, out->key, &found);
		c = cq_token_compare(p, &found, token);
		if (c > 0 || (c == 0 && inclusive))
			return CQ_OK;
	}
	return sure == CQ_NO_OFFSET ? CQ_END : position_of(l, s, sure, out, err);
}

/* Bring the iterator to where an earlier call left *at: by that leaf's key, or past everything before it. */
static int go_to(struct cq_lookup *l, struct bti_state *s, uint64_t at, struct cq_error *err)
{
	bool behind = at & (AT_DAMAGE | AT_BEHIND);
	uint64_t want = at & AT_OFFSET, node;
	struct trie_payload p;
	struct cq_position pos;
	struct cq_token token;
	cq_slice key;
	int rc;

	trie_iter_finish(&s->iter);
	trie_iter_init(&s->iter, &s->partitions);
	if (!(at & AT_DAMAGE)) {
		rc = trie_read_payload(&s->partitions, want, &p, NULL);
		if (rc == CQ_OK)
			rc = stored(l, s, want, &p, &pos, &key, NULL);
		if (rc == CQ_OK) {
			cq_token(&l->table->partitioner, key, &token);
			cq_buf_clear(&l->tmp);
			rc = cq_key_comparable(&l->table->partitioner, &token, key, BC_KEY, &l->tmp, NULL);
		}
		if (rc == CQ_OK && trie_iter_seek(&s->iter, cq_buf_bytes(&l->tmp), want, behind, NULL) == CQ_OK)
			return CQ_OK;
	}
	trie_iter_finish(&s->iter);
	trie_iter_init(&s->iter, &s->partitions);
	while ((rc = trie_iter_next(&s->iter, &node, err)) != CQ_END) {
		if (rc < 0 && rc != CQ_DAMAGED)
			return rc;
		if (rc == CQ_OK ? node == want && !(at & AT_DAMAGE) : s->iter.bad == want && (at & AT_DAMAGE)) {
			if (!behind)
				trie_iter_again(&s->iter);
			return CQ_OK;
		}
	}
	return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "0x%" PRIx64 " is no place where the partitions could go on", at);
}

int bti_next_leaf(struct cq_lookup *l, uint64_t *at, uint64_t *node, struct trie_payload *p, struct cq_error *err)
{
	struct bti_state *s;
	int rc = state_of(l, &s, err);

	if (rc < 0)
		return rc;
	if (*at == 0) {
		trie_iter_finish(&s->iter);
		trie_iter_init(&s->iter, &s->partitions);
	} else if (!s->iterating || s->at != *at) {
		s->iterating = false;
		rc = go_to(l, s, *at, err);
		if (rc != CQ_OK)
			return rc;
	}
	s->at = *at;
	s->iterating = true;
	rc = trie_iter_next(&s->iter, node, err);
	if (rc == CQ_OK)
		*at = s->at = AT_BEHIND | (*node & AT_OFFSET);
	else if (rc == CQ_DAMAGED)
		*at = s->at = AT_DAMAGE | (s->damages++ & 0x3fff) << 48 | (s->iter.bad & AT_OFFSET);
	return rc == CQ_OK ? trie_read_payload(&s->partitions, *node, p, err) : rc;
}

int bti_next(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err)
{
	struct trie_payload p;
	uint64_t node;
	int rc = bti_next_leaf(l, at, &node, &p, err);

	return rc == CQ_OK ? position_of(l, l->state, node, out, err) : rc;
}

/* ---- rows ---- */

/* Make the row trie of pos the one in use. */
static int use_rows(struct cq_lookup *l, const struct cq_position *pos, struct bti_state **out, struct cq_error *err)
{
	struct bti_state *s;
	struct rows_entry e;
	cq_slice bytes;
	int rc = state_of(l, &s, err);

	if (rc < 0)
		return rc;
	*out = s;
	if (pos->rows_off == CQ_NO_OFFSET)
		return CQ_NOT_FOUND;
	if (s->rows_off == pos->rows_off)
		return CQ_OK;
	s->rows_off = CQ_NO_OFFSET;
	s->has_path = false;
	if (!l->rows.space)
		return CQ_NOT_FOUND;
	rc = bti_rows_entry(&l->rows, pos->rows_off, &e, &bytes, err);
	if (rc < 0)
		return rc;
	s->rows = (struct trie){ .pages = &l->rows, .which = TRIE_ROWS, .root = e.root, .end = e.off };
	rc = trie_last(&s->rows, &l->path, &s->final, err);
	if (rc < 0)
		return rc;
	s->rows_off = pos->rows_off;
	return CQ_OK;
}

static int give_block(struct cq_lookup *l, struct bti_state *s, uint64_t node, struct cq_block *out, struct cq_error *err)
{
	struct trie_payload p;
	int rc = trie_read_payload(&s->rows, node, &p, err);

	if (rc != CQ_OK)
		return rc;
	(void)l;
	*out = (struct cq_block){ .start = (uint64_t)p.position, .open = p.open };
	s->path_start = out->start;
	s->has_path = true;
	return CQ_OK;
}

/* The block before the one whose separator is in l->path. */
static int before_path(struct cq_lookup *l, struct bti_state *s, struct cq_block *out, struct cq_error *err)
{
	uint64_t node;
	int rc;

	cq_buf_clear(&l->tmp);
	cq_buf_slice(&l->tmp, cq_buf_bytes(&l->path));
	if (l->tmp.failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a separator");
	s->has_path = false;
	rc = trie_floor(&s->rows, cq_buf_bytes(&l->tmp), true, &l->path, &node, err);
	return rc == CQ_OK ? give_block(l, s, node, out, err) : rc == CQ_NOT_FOUND ? CQ_END : rc;
}

int bti_block_floor(struct cq_lookup *l, const struct cq_position *pos, const struct cq_prefix *bound,
	struct cq_block *out, struct cq_error *err)
{
	struct bti_state *s;
	uint64_t node;
	int rc = use_rows(l, pos, &s, err);

	if (rc != CQ_OK)
		return rc;
	s->has_path = false;
	if (bound) {
		rc = cq_prefix_comparable(l->table, bound, &l->tmp, err);
		if (rc == CQ_OK)
			rc = trie_floor(&s->rows, cq_buf_bytes(&l->tmp), false, &l->path, &node, err);
	} else {
		rc = trie_last(&s->rows, &l->path, &node, err);
	}
	if (rc != CQ_OK)
		return rc == CQ_NOT_FOUND ? CQ_END : rc;
	return node == s->final ? before_path(l, s, out, err) : give_block(l, s, node, out, err);
}

/* The separator of the block that starts at start: by going through all of them. */
static int find_path(struct cq_lookup *l, struct bti_state *s, uint64_t start, struct cq_error *err)
{
	struct trie_payload p;
	struct trie_iter it;
	uint64_t node;
	int rc;

	trie_iter_init(&it, &s->rows);
	while ((rc = trie_iter_next(&it, &node, err)) == CQ_OK) {
		rc = trie_read_payload(&s->rows, node, &p, err);
		if (rc != CQ_OK || (uint64_t)p.position == start)
			break;
	}
	if (rc == CQ_OK) {
		cq_buf_clear(&l->path);
		cq_buf_slice(&l->path, trie_iter_path(&it));
		if (l->path.failed)
			rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a separator");
	}
	trie_iter_finish(&it);
	return rc == CQ_END ? cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no block starts at 0x%" PRIx64, start) : rc;
}

int bti_block_before(struct cq_lookup *l, const struct cq_position *pos, struct cq_block *inout, struct cq_error *err)
{
	struct bti_state *s;
	int rc = use_rows(l, pos, &s, err);

	if (rc != CQ_OK)
		return rc;
	if (!s->has_path || s->path_start != inout->start)
		rc = find_path(l, s, inout->start, err);
	return rc == CQ_OK ? before_path(l, s, inout, err) : rc;
}

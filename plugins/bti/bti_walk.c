/* Partitions.db and Rows.db read in the order of their keys, with the places of their fields (cq_index.h). */
#include <inttypes.h>
#include <stdlib.h>

#include "bti_index.h"
#include "cq_index.h"
#include "shared.h"

struct walk {
	struct cq_pages partitions, rows;
	struct trie trie;
	struct trie_iter iter;
	struct cq_buf first, last;             /* keys at the end of the file */
	uint64_t rows_end;                     /* behind the entry of Rows.db given last; CQ_NO_OFFSET: not known */
	uint64_t leaves;
	/* the row trie in use */
	bool open;
	struct trie_iter blocks;
	uint64_t count, given;
};

static void bti_walk_close(struct cq_index *x)
{
	struct walk *k = x->state;

	trie_iter_finish(&k->iter);
	trie_iter_finish(&k->blocks);
	cq_pages_finish(&k->partitions);
	cq_pages_finish(&k->rows);
	cq_buf_finish(&k->first);
	cq_buf_finish(&k->last);
	free(k);
	x->state = NULL;
}

static int bti_walk_open(struct cq_index *x, struct cq_error *err)
{
	const struct cq_table *t = x->table;
	struct partitions_end end;
	struct walk *k;
	int rc;

	if (!t->component[CQ_C_PARTITIONS])
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Partitions.db is missing");
	x->state = k = calloc(1, sizeof *k);
	if (!k)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for an index");
	cq_pages_init(&k->partitions, t->component[CQ_C_PARTITIONS]);
	cq_pages_init(&k->rows, t->component[CQ_C_ROWS]);
	rc = bti_partitions(&k->partitions, &k->trie, &end, err);
	if (rc == CQ_OK)
		trie_iter_init(&k->iter, &k->trie);
	return rc;
}

static int bti_walk_seek(struct cq_index *x, uint64_t at, cq_slice comparable, struct cq_error *err)
{
	struct walk *k = x->state;
	uint64_t leaf;
	int rc;

	(void)at;
	trie_iter_finish(&k->iter);
	trie_iter_init(&k->iter, &k->trie);
	k->rows_end = 0;
	if (!comparable.len)
		return CQ_OK;
	k->rows_end = CQ_NO_OFFSET;
	rc = trie_exact(&k->trie, comparable, &leaf, err);
	return rc == CQ_OK ? trie_iter_seek(&k->iter, comparable, leaf, false, err) : rc;
}

static int bti_walk_next(struct cq_index *x, struct cq_index_entry *out, struct cq_error *err)
{
	struct walk *k = x->state;
	uint64_t leaf = 0, key_end;
	struct trie_payload p;
	struct rows_entry e;
	cq_slice bytes;
	cq_cur c;
	int rc = trie_iter_next(&k->iter, &leaf, err);

	*out = (struct cq_index_entry){ .off = rc == CQ_OK ? leaf : k->iter.bad, .odd = CQ_NO_OFFSET, .rows_start = CQ_NO_OFFSET,
		.data_off = CQ_NO_OFFSET };
	if (rc != CQ_OK)
		return rc;
	out->path = trie_iter_path(&k->iter);
	c = k->iter.payload;
	out->hash_at = cq_cur_off(&c);
	trie_payload_body(&c, TRIE_PARTITIONS, k->iter.flags, &p, NULL);
	if (c.status) {
		rc = cq_cur_error(&c, err);
		cq_error_at(err, k->partitions.space->name, CQ_SPACE_RAW);
		return rc;
	}
	out->len = cq_cur_off(&c) - leaf;
	out->has_hash = p.has_hash;
	out->hash = p.hash;
	out->at = (struct cq_span_at){ .off = out->hash_at + p.has_hash, .len = (uint32_t)(out->len - (out->hash_at - leaf) - p.has_hash) };
	k->leaves++;
	if (p.position < 0) {
		out->data_off = (uint64_t)~p.position;
		return CQ_OK;
	}
	out->wide = true;
	out->rows_off = (uint64_t)p.position;
	out->rows_start = k->rows_end;
	if (!k->rows.space)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Rows.db is missing");
	k->rows_end = CQ_NO_OFFSET;
	rc = bti_rows_entry(&k->rows, out->rows_off, &e, &bytes, err);
	if (rc != CQ_OK)
		return rc;
	out->key = e.key;
	out->data_off = e.data_off;
	out->rows_db = true;
	out->rows_len = e.end - e.off;
	key_end = e.off + 2 + e.key.len;
	c = cq_cur_over(bytes.p, bytes.len, e.off);
	c.p += key_end - e.off;
	cq_vint_raw(&c, CQ_F_DATA_POSITION);
	out->at = (struct cq_span_at){ .off = key_end, .len = (uint32_t)(cq_cur_off(&c) - key_end) };
	k->rows_end = e.end;
	return CQ_OK;
}

static uint32_t vint_len(uint64_t v)
{
	uint32_t n = 1;

	while (n < 9 && v >> 7 * n)
		n++;
	return n;
}

static int bti_walk_rows(struct cq_index *x, const struct cq_index_entry *from, struct cq_index_rows *out, struct cq_error *err)
{
	struct walk *k = x->state;
	uint64_t at[4], base;
	struct rows_entry e;
	cq_slice bytes;
	struct trie t;
	cq_cur c;
	int rc;

	k->open = false;
	*out = (struct cq_index_rows){ .odd = CQ_NO_OFFSET, .trie_start = CQ_NO_OFFSET, .deletion = CQ_LIVE };
	if (!k->rows.space)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "Rows.db is missing");
	rc = bti_rows_entry(&k->rows, from->rows_off, &e, &bytes, err);
	if (rc != CQ_OK)
		return rc;
	c = cq_cur_over(bytes.p, bytes.len, e.off);
	c.p += 2 + e.key.len;
	base = at[0] = cq_cur_off(&c);
	for (int i = 1; i < 4; i++) {
		cq_vint_raw(&c, CQ_F_BLOCK_COUNT);
		at[i] = cq_cur_off(&c);
	}
	out->deletion = e.deletion;
	out->blocks = e.blocks;
	out->root = e.root;
	out->trie_start = from->rows_start;
	out->trie_end = e.off;
	out->header_at = (struct cq_span_at){ .off = at[1], .len = (uint32_t)(at[2] - at[1]) };
	out->blocks_at = (struct cq_span_at){ .off = at[2], .len = (uint32_t)(at[3] - at[2]) };
	out->deletion_at = (struct cq_span_at){ .off = at[3], .len = (uint32_t)(e.end - at[3]) };
	if (at[1] - at[0] != vint_len(e.data_off))
		out->odd = at[0];
	else if (at[2] - at[1] != vint_len((base - e.root) * 2 - 1))
		out->odd = at[1];
	else if (at[3] - at[2] != vint_len(e.blocks))
		out->odd = at[2];
	t = (struct trie){ .pages = &k->rows, .which = TRIE_ROWS, .root = e.root, .end = e.off };
	trie_iter_finish(&k->blocks);
	trie_iter_init(&k->blocks, &t);
	k->count = e.blocks;
	k->given = 0;
	k->open = true;
	return CQ_OK;
}

static int bti_walk_block(struct cq_index *x, struct cq_index_block *out, struct cq_error *err)
{
	struct walk *k = x->state;
	struct trie_payload p;
	unsigned flags;
	uint64_t node = 0;
	cq_cur c;
	int rc;

	*out = (struct cq_index_block){ .odd = CQ_NO_OFFSET, .open = CQ_LIVE };
	if (!k->open)
		return CQ_END;
	rc = trie_iter_next(&k->blocks, &node, err);
	if (rc != CQ_OK) {
		k->open = false;
		out->off = rc == CQ_DAMAGED ? k->blocks.bad : 0;
		return rc;
	}
	c = k->blocks.payload;
	flags = k->blocks.flags;
	out->separator = trie_iter_path(&k->blocks);
	out->off = node;
	out->index = k->given++;
	out->end = out->index == k->count;
	out->start_at = (struct cq_span_at){ .off = cq_cur_off(&c), .len = flags & 7 };
	trie_payload_body(&c, TRIE_ROWS, flags, &p, NULL);
	out->len = cq_cur_off(&c) - node;
	if (c.status) {
		k->open = false;
		rc = cq_cur_error(&c, err);
		cq_error_at(err, k->rows.space->name, CQ_SPACE_RAW);
		return rc;
	}
	out->start = (uint64_t)p.position;
	out->open = p.open;
	out->open_at = flags & 8 ? (struct cq_span_at){ .off = out->start_at.off + out->start_at.len, .len = 12 } :
		(struct cq_span_at){ .off = node, .len = 1 };
	return CQ_OK;
}

static int bti_walk_ends(struct cq_index *x, struct cq_index_ends *out, struct cq_error *err)
{
	struct walk *k = x->state;
	const uint64_t size = k->partitions.space->size, most = 2 * (2 + UINT16_MAX);
	struct partitions_end end;
	uint64_t numbers = size - PARTITIONS_FOOTER;
	cq_slice bytes;
	struct trie t;
	cq_cur c;
	int rc = bti_partitions(&k->partitions, &t, &end, err);

	if (rc != CQ_OK)
		return rc;
	rc = cq_pages_some(&k->partitions, end.keys, (size_t)(numbers - end.keys < most ? numbers - end.keys : most), &bytes, err);
	if (rc != CQ_OK)
		return rc;
	c = cq_cur_over(bytes.p, bytes.len, end.keys);
	partitions_keys_body(&c, NULL, &end, NULL);
	if (c.status) {
		rc = cq_cur_error(&c, err);
		cq_error_at(err, k->partitions.space->name, CQ_SPACE_RAW);
		return rc;
	}
	cq_buf_clear(&k->first);
	cq_buf_slice(&k->first, end.first);
	cq_buf_clear(&k->last);
	cq_buf_slice(&k->last, end.last);
	*out = (struct cq_index_ends){ .keys_at = end.keys, .count = end.count, .root = end.root,
		.keys_place = { numbers, 8 }, .count_place = { numbers + 8, 8 }, .root_place = { numbers + 16, 8 },
		.first = cq_buf_bytes(&k->first), .last = cq_buf_bytes(&k->last),
		.first_at = { end.keys, (uint32_t)(2 + end.first.len) },
		.last_at = { end.keys + 2 + end.first.len, (uint32_t)(2 + end.last.len) }, .behind = cq_cur_off(&c), .trie_end = end.keys };
	return CQ_OK;
}

static int bti_walk_tidy(struct cq_index *x, uint64_t start, uint64_t root, uint64_t end, bool in_rows, struct cq_error *err)
{
	struct walk *k = x->state;
	struct trie t = { .pages = in_rows ? &k->rows : &k->partitions, .which = in_rows ? TRIE_ROWS : TRIE_PARTITIONS, .start = start,
		.root = root, .end = end };
	struct trie_payload p;
	struct trie_node n;
	cq_cur c;
	int rc;

	if (!t.pages->space || root < start || root >= end || end > t.pages->space->size) {
		rc = cq_fail(err, CQ_DAMAGED, root, "the root of a trie should be from 0x%" PRIx64 " on and before 0x%" PRIx64, start, end);
		cq_error_at(err, t.pages->space ? t.pages->space->name : "Rows.db", CQ_SPACE_RAW);
		return rc;
	}
	/* The root is the last thing that is written of a trie. */
	rc = trie_read(&t, root, &n, &c, err);
	if (rc == CQ_OK) {
		trie_payload_body(&c, t.which, n.flags, &p, NULL);
		rc = cq_cur_error(&c, err);
		if (rc == CQ_OK && cq_cur_off(&c) != end)
			rc = cq_fail(err, CQ_DAMAGED, root, "the root of a trie should end where the trie ends, at 0x%" PRIx64
				"; this node ends at 0x%" PRIx64, end, cq_cur_off(&c));
		if (rc != CQ_OK)
			cq_error_at(err, t.pages->space->name, CQ_SPACE_RAW);
	}
	return rc == CQ_OK ? trie_tidy(&t, err) : rc;
}

const struct cq_index_ops bti_index_ops = {
	.open = bti_walk_open, .close = bti_walk_close, .seek = bti_walk_seek, .next = bti_walk_next, .rows = bti_walk_rows,
	.block = bti_walk_block, .ends = bti_walk_ends, .tidy = bti_walk_tidy, .filter = shared_filter_info,
};

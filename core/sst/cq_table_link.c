/* From a node to what it points to. */
#include <stdlib.h>

#include "cq_format.h"
#include "cq_table_doc.h"

/* The first leaf of a field in a unit (its own bytes, not those of units below). */
static bool leaf_of(struct cq_doc *d, cq_nid unit, unsigned field, struct cq_node *out, cq_nid *id)
{
	if (cq_doc_expand(d, unit, NULL) < 0)
		return false;
	for (cq_nid at = cq_doc_first(d, unit); at;) {
		bool into;

		cq_doc_node(d, at, out);
		if (out->field == field && out->flags & (CQ_N_NUMBER | CQ_N_BYTES)) {
			if (id)
				*id = at;
			return true;
		}
		into = !(out->flags & CQ_N_UNIT);
		at = cq_doc_walk(d, at, unit, into);
	}
	return false;
}

/* The innermost unit of a kind at or above a node; 0 when there is none. */
static cq_nid unit_above(const struct cq_doc *d, cq_nid id, unsigned kind)
{
	struct cq_unit u;

	for (; id; id = cq_doc_parent(d, id))
		if (cq_doc_unit(d, id, &u) && u.kind == kind)
			return id;
	return 0;
}

static int there(const struct cq_table *t, struct cq_doc *d, int component, uint64_t off, unsigned kind, cq_nid *out,
	struct cq_error *err)
{
	int space = component == CQ_C_DATA ? cq_stream_space(&t->stream) : CQ_SPACE_RAW;
	cq_nid id, above;
	int rc = cq_doc_at(d, component, space, off, &id, err);

	if (rc != CQ_OK)
		return rc;
	above = kind ? unit_above(d, id, kind) : cq_doc_unit_of(d, id);
	*out = above ? above : id;
	return CQ_OK;
}

/* A row or marker of the partition at base; what its end or an odd place leads to otherwise. */
static int row_there(const struct cq_table *t, struct cq_doc *d, uint64_t base, uint64_t off, cq_nid *out, struct cq_error *err)
{
	if (off > UINT64_MAX - base)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "an offset beyond every file");
	return there(t, d, CQ_C_DATA, base + off, 0, out, err);
}

static int index_of(const struct cq_table *t, struct cq_doc *d, cq_nid partition, cq_nid *out, struct cq_error *err)
{
	struct cq_lookup *l = NULL;
	struct cq_position pos;
	struct cq_node key;
	uint8_t *p;
	int rc;

	if (!leaf_of(d, partition, CQ_F_KEY, &key, NULL))
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the partition's key is damaged");
	p = malloc((size_t)key.len + 1);
	if (!p)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key");
	rc = cq_doc_bytes(d, key.component, key.space, key.off, p, (size_t)key.len, err);
	if (rc == CQ_OK)
		rc = cq_lookup_open(&l, t, err);
	if (rc == CQ_OK)
		rc = cq_lookup_key(l, cq_slice_of(p, (size_t)key.len), &pos, err);
	if (rc == CQ_OK && pos.rows_off != CQ_NO_OFFSET)
		rc = there(t, d, CQ_C_ROWS, pos.rows_off, CQ_U_ROWS_ENTRY, out, err);
	else if (rc == CQ_OK && pos.index_off != CQ_NO_OFFSET)
		rc = there(t, d, t->component[CQ_C_INDEX] ? CQ_C_INDEX : CQ_C_PARTITIONS, pos.index_off,
			t->component[CQ_C_INDEX] ? CQ_U_INDEX_ENTRY : CQ_U_TRIE_NODE, out, err);
	else if (rc == CQ_OK || rc == CQ_NOT_FOUND)
		rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the index does not have this partition");
	cq_lookup_close(l);
	free(p);
	return rc;
}

static int position(const struct cq_table *t, struct cq_doc *d, int64_t v, cq_nid *out, struct cq_error *err)
{
	if (v < 0)
		return there(t, d, CQ_C_DATA, (uint64_t)~v, CQ_U_PARTITION, out, err);
	return there(t, d, CQ_C_ROWS, (uint64_t)v, CQ_U_ROWS_ENTRY, out, err);
}

/* What a leaf's number means as a place. CQ_NOT_FOUND: nothing. */
static int by_number(const struct cq_table *t, struct cq_doc *d, cq_nid id, const struct cq_node *n, cq_nid *out,
	struct cq_error *err)
{
	struct cq_node base;
	cq_nid owner;

	switch (n->field) {
	case CQ_F_DATA_POSITION:
		return there(t, d, CQ_C_DATA, n->number, CQ_U_PARTITION, out, err);
	case CQ_F_BLOCK_OFFSET:
	case CQ_F_TRIE_BLOCK_OFFSET:
		owner = unit_above(d, id, n->field == CQ_F_BLOCK_OFFSET ? CQ_U_INDEX_ENTRY : CQ_U_ROWS_ENTRY);
		if (owner && leaf_of(d, owner, CQ_F_DATA_POSITION, &base, NULL))
			return row_there(t, d, base.number, n->number, out, err);
		break;
	case CQ_F_TRIE_POSITION:
		return position(t, d, (int64_t)n->number, out, err);
	case CQ_F_SUMMARY_POSITION:
		return there(t, d, CQ_C_INDEX, n->number, CQ_U_INDEX_ENTRY, out, err);
	case CQ_F_SUMMARY_OFFSET:      /* counted from the offsets, behind the header of 24 bytes */
		if (n->number > UINT32_MAX)
			break;
		{
			int rc = there(t, d, CQ_C_SUMMARY, 24 + n->number, 0, out, err);
			cq_nid leaf;

			if (rc == CQ_OK && cq_doc_at(d, CQ_C_SUMMARY, CQ_SPACE_RAW, 24 + n->number, &leaf, err) == CQ_OK)
				*out = cq_doc_parent(d, leaf);
			return rc;
		}
	case CQ_F_CHUNK_OFFSET: {
		cq_nid leaf;
		int rc = cq_doc_at(d, CQ_C_DATA, CQ_SPACE_RAW, n->number, &leaf, err);

		if (rc == CQ_OK)
			*out = unit_above(d, leaf, CQ_U_CHUNK) ? unit_above(d, leaf, CQ_U_CHUNK) : leaf;
		return rc;
	}
	case CQ_F_CRC_CHECKSUM:
		if (t->stream.crc_block && n->nth <= UINT64_MAX / t->stream.crc_block)
			return there(t, d, CQ_C_DATA, n->nth * t->stream.crc_block, CQ_U_PARTITION, out, err);
		break;
	case CQ_F_SECTION_OFFSET:
		return there(t, d, CQ_C_STATISTICS, n->number, CQ_U_STATISTICS_SECTION, out, err);
	case CQ_F_ROOT_POSITION:
	case CQ_F_KEYS_POSITION:
		return cq_doc_at(d, CQ_C_PARTITIONS, CQ_SPACE_RAW, n->number, out, err);
	case CQ_F_ROWS_ROOT:
		return there(t, d, CQ_C_ROWS, n->number, CQ_U_TRIE_NODE, out, err);
	default:
		break;
	}
	return CQ_NOT_FOUND;
}

/* The leaf by which a group or unit points somewhere. */
static unsigned pointing_field(const struct cq_node *n, const struct cq_unit *u)
{
	switch (u->kind) {
	case CQ_U_INDEX_ENTRY: return CQ_F_DATA_POSITION;
	case CQ_U_ROWS_ENTRY: return CQ_F_DATA_POSITION;
	case CQ_U_TRIE_NODE: return u->arg[0] ? CQ_F_TRIE_BLOCK_OFFSET : CQ_F_TRIE_POSITION;
	default: break;
	}
	switch (n->field) {
	case CQ_F_INDEX_BLOCK: return CQ_F_BLOCK_OFFSET;
	case CQ_F_SUMMARY_ENTRY: return CQ_F_SUMMARY_POSITION;
	default: return 0;
	}
}

int cq_table_link(const struct cq_table *t, struct cq_doc *d, cq_nid id, cq_nid *out, struct cq_error *err)
{
	struct cq_node n, leaf;
	struct cq_unit u;
	cq_nid leaf_id;

	/* What is inside something that points points there too. */
	for (; cq_doc_node(d, id, &n); id = cq_doc_parent(d, id)) {
		unsigned field;
		int rc;

		cq_doc_unit(d, id, &u);
		if (n.flags & CQ_N_NUMBER) {
			rc = by_number(t, d, id, &n, out, err);
			if (rc != CQ_NOT_FOUND)
				return rc;
			continue;
		}
		field = pointing_field(&n, &u);
		if (field && leaf_of(d, id, field, &leaf, &leaf_id)) {
			rc = by_number(t, d, leaf_id, &leaf, out, err);
			if (rc != CQ_NOT_FOUND)
				return rc;
		}
		if (u.kind == CQ_U_PARTITION)
			return index_of(t, d, id, out, err);
		if (u.kind == CQ_U_CHUNK && t->stream.chunks)
			return there(t, d, CQ_C_DATA, u.arg[0] * t->chunks.chunk_len, 0, out, err);
	}
	return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "nothing that points anywhere");
}

#include "cq_index.h"

#include <stdlib.h>

#include "cq_format.h"

int cq_index_open(struct cq_index **out, const struct cq_table *t, struct cq_error *err)
{
	struct cq_index *x;
	int rc;

	if (!t->format->index)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "format %s does not show its index", t->format->name);
	x = calloc(1, sizeof *x);
	if (!x)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for an index");
	x->table = t;
	x->ops = t->format->index;
	rc = x->ops->open(x, err);
	if (rc != CQ_OK) {
		cq_index_close(x);
		return rc;
	}
	*out = x;
	return CQ_OK;
}

void cq_index_close(struct cq_index *x)
{
	if (!x)
		return;
	if (x->state)
		x->ops->close(x);
	free(x);
}

int cq_index_seek(struct cq_index *x, uint64_t at, cq_slice comparable, struct cq_error *err)
{
	return x->ops->seek(x, at, comparable, err);
}

int cq_index_next(struct cq_index *x, struct cq_index_entry *out, struct cq_error *err)
{
	return x->ops->next(x, out, err);
}

int cq_index_find(struct cq_index *x, cq_slice key, uint64_t data_off, uint64_t limit, uint64_t *from, struct cq_error *err)
{
	return x->ops->find ? x->ops->find(x, key, data_off, limit, from, err) : CQ_NOT_FOUND;
}

int cq_index_rows(struct cq_index *x, const struct cq_index_entry *e, struct cq_index_rows *out, struct cq_error *err)
{
	return x->ops->rows(x, e, out, err);
}

int cq_index_block(struct cq_index *x, struct cq_index_block *out, struct cq_error *err)
{
	return x->ops->block(x, out, err);
}

int cq_index_ends(struct cq_index *x, struct cq_index_ends *out, struct cq_error *err)
{
	return x->ops->ends ? x->ops->ends(x, out, err) : cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "the index is no trie");
}

int cq_index_tidy(struct cq_index *x, uint64_t start, uint64_t root, uint64_t end, bool in_rows, struct cq_error *err)
{
	return x->ops->tidy ? x->ops->tidy(x, start, root, end, in_rows, err) :
		cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "the index is no trie");
}

bool cq_summary_info(const struct cq_table *t, struct cq_summary_info *out)
{
	return t->format->index && t->format->index->summary && t->format->index->summary(t, out);
}

bool cq_filter_info(const struct cq_table *t, struct cq_filter_info *out)
{
	return t->format->index && t->format->index->filter && t->format->index->filter(t, out);
}

/* ---- byte-comparable clusterings ---- */

/* Framing bytes (ByteSource.java). */
enum { BC_EXCLUDED = 0x18, BC_BEFORE = 0x20, BC_KEY = 0x38, BC_NULL = 0x3e, BC_EMPTY = 0x3f, BC_NEXT = 0x40,
	BC_EMPTY_REVERSED = 0x41, BC_AFTER = 0x60 };

int cq_prefix_comparable(const struct cq_table *t, const struct cq_prefix *prefix, struct cq_buf *out, struct cq_error *err)
{
	static const uint8_t final[] = { [CQ_EXCL_END] = BC_BEFORE, [CQ_INCL_START] = BC_BEFORE,
		[CQ_EXCL_END_INCL_START] = BC_BEFORE, [CQ_STATIC_CLUSTERING] = BC_EXCLUDED, [CQ_CLUSTERING] = BC_KEY,
		[CQ_INCL_END_EXCL_START] = BC_AFTER, [CQ_INCL_END] = BC_AFTER, [CQ_EXCL_START] = BC_AFTER };

	if ((unsigned)prefix->kind >= CQ_COUNTOF(final) || prefix->n > t->ctx.nclustering)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no bound of this table");
	cq_buf_clear(out);
	for (uint32_t i = 0; i < prefix->n; i++) {
		const struct cq_type *type = t->ctx.clustering[i];
		size_t at = out->len;
		bool none = false;
		int rc;

		if (!prefix->values[i].p) {
			cq_buf_byte(out, BC_NULL);
			continue;
		}
		cq_buf_byte(out, BC_NEXT);
		rc = cq_value_comparable(type, prefix->values[i], out, &none, err);
		if (rc != CQ_OK)
			return rc;
		if (none && !out->failed)
			out->p[at] = type->reversed ? BC_EMPTY_REVERSED : BC_EMPTY;
	}
	cq_buf_byte(out, final[prefix->kind]);
	return out->failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a bound") : CQ_OK;
}

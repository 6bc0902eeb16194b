#include <inttypes.h>
#include <stdlib.h>

#include "cq_format.h"

int cq_lookup_open(struct cq_lookup **out, const struct cq_table *t, struct cq_error *err)
{
	struct cq_lookup *l = calloc(1, sizeof *l);

	if (!l)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a look-up");
	l->table = t;
	cq_pages_init(&l->index, t->component[CQ_C_INDEX]);
	cq_pages_init(&l->summary, t->component[CQ_C_SUMMARY]);
	cq_pages_init(&l->filter, t->component[CQ_C_FILTER]);
	cq_pages_init(&l->partitions, t->component[CQ_C_PARTITIONS]);
	cq_pages_init(&l->rows, t->component[CQ_C_ROWS]);
	*out = l;
	return CQ_OK;
}

void cq_lookup_close(struct cq_lookup *l)
{
	if (!l)
		return;
	if (l->state && l->table->format->lookup_close)
		l->table->format->lookup_close(l);
	cq_pages_finish(&l->index);
	cq_pages_finish(&l->summary);
	cq_pages_finish(&l->filter);
	cq_pages_finish(&l->partitions);
	cq_pages_finish(&l->rows);
	cq_findings_finish(&l->findings);
	cq_buf_finish(&l->key);
	cq_buf_finish(&l->tmp);
	cq_buf_finish(&l->path);
	free(l);
}

const struct cq_findings *cq_lookup_findings(const struct cq_lookup *l)
{
	return &l->findings;
}

int cq_lookup_filter(struct cq_lookup *l, cq_slice key, struct cq_error *err)
{
	if (!l->table->format->filter)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "format %s has no filter", l->table->format->name);
	return l->table->format->filter(l, key, err);
}

/* The slow way, for tables whose index is gone: by key, or by the first token beyond one. */
static int by_scan(struct cq_lookup *l, const cq_slice *key, const struct cq_token *token, bool inclusive,
	struct cq_position *out, struct cq_error *err)
{
	const struct cq_partitioner *p = &l->table->partitioner;
	struct cq_scan_options opt = { .no_cells = true };
	struct cq_event ev;
	struct cq_scan *s;
	int rc = cq_scan_open(&s, l->table, &opt, err);

	if (rc < 0)
		return rc;
	if (!l->findings.n)
		cq_finding_add(&l->findings, "index-missing", CQ_ERROR, cq_basename(l->table->stream.raw->name), CQ_SPACE_RAW,
			CQ_NO_OFFSET, "there is no usable partition index: every look-up reads Data.db from its start");
	while ((rc = cq_scan_next(s, &ev, err)) == CQ_OK) {
		bool found;

		if (ev.kind == CQ_EV_PARTITION) {
			if (key) {
				found = cq_slice_eq(ev.partition->key, *key);
			} else {
				struct cq_token t;
				int c;

				cq_token(p, ev.partition->key, &t);
				c = cq_token_compare(p, &t, token);
				found = c > 0 || (c == 0 && inclusive);
			}
			if (found) {
				cq_buf_clear(&l->key);
				cq_buf_slice(&l->key, ev.partition->key);
				*out = (struct cq_position){ .data_off = ev.partition->off, .index_off = CQ_NO_OFFSET,
					.rows_off = CQ_NO_OFFSET, .key = cq_buf_bytes(&l->key) };
				break;
			}
			rc = cq_scan_skip_partition(s, err);
			if (rc < 0)
				break;
		}
	}
	cq_scan_close(s);
	return rc == CQ_END && key ? CQ_NOT_FOUND : rc;
}

int cq_lookup_key(struct cq_lookup *l, cq_slice key, struct cq_position *out, struct cq_error *err)
{
	const struct cq_format *f = l->table->format;
	struct cq_error local;
	struct cq_token token;
	int rc;

	if (!err)
		err = &local;
	if (!f->find || l->table->partitioner.kind == CQ_P_UNKNOWN)
		return by_scan(l, &key, NULL, false, out, err);
	cq_token(&l->table->partitioner, key, &token);
	rc = f->find(l, key, &token, out, err);
	out->decoded = l->data;
	if (rc == CQ_EUNSUPPORTED)
		return by_scan(l, &key, NULL, false, out, err);
	if (rc == CQ_OK && cq_lookup_filter(l, key, err) == 0) {
		struct cq_buf text = {0};

		cq_table_print_key(l->table, key, &text);
		cq_finding_add(&l->findings, "filter-misses-key", CQ_ERROR, cq_basename(l->filter.space->name), CQ_SPACE_RAW,
			CQ_NO_OFFSET, "the filter says that key %.100s is not in the table; it is, at offset 0x%" PRIx64
			": Cassandra would not find it", cq_buf_cstr(&text), out->data_off);
		cq_buf_finish(&text);
	}
	return rc;
}

int cq_lookup_token(struct cq_lookup *l, const struct cq_token *token, bool inclusive, struct cq_position *out,
	struct cq_error *err)
{
	const struct cq_format *f = l->table->format;
	struct cq_error local;
	int rc;

	if (!err)
		err = &local;
	if (!f->find_token)
		return by_scan(l, NULL, token, inclusive, out, err);
	rc = f->find_token(l, token, inclusive, out, err);
	out->decoded = l->data;
	return rc == CQ_EUNSUPPORTED ? by_scan(l, NULL, token, inclusive, out, err) : rc;
}

int cq_lookup_next(struct cq_lookup *l, uint64_t *at, struct cq_position *out, struct cq_error *err)
{
	int rc;

	if (!l->table->format->next)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "format %s has no partition index", l->table->format->name);
	rc = l->table->format->next(l, at, out, err);
	out->decoded = l->data;
	return rc;
}

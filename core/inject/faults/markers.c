/* Faults of range tombstones in Data.db: ends that are gone, turned round, or cover nothing. */
#include <stdlib.h>

#include "faults.h"

static bool marker_kind(struct cq_inject *in, cq_nid id, const struct cq_node *n, enum cq_bound_kind *kind)
{
	struct cq_node k;

	if (n->field != CQ_F_ROWS || !cq_slice_is(n->name, "marker") || n->len == CQ_NO_OFFSET || !cq_inject_below(in, id, CQ_F_BOUND_KIND, &k))
		return false;
	*kind = (enum cq_bound_kind)k.number;
	return true;
}

static bool is_end_marker(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	enum cq_bound_kind k;

	(void)arg;
	return marker_kind(in, id, n, &k) && cq_bound_closes(k) && !cq_bound_opens(k);
}

static int marker_removed(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n;
	cq_nid id;
	int rc = fault_pick(in, fields, is_end_marker, "end of a range tombstone", &id, &n, err);

	if (rc == CQ_OK)
		rc = fault_remove(in, f, n.off, n.len, id, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s, the end of a range tombstone, is not there", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static int marker_turned(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n, k;
	cq_nid id, kind;
	int rc = fault_pick(in, fields, is_end_marker, "end of a range tombstone", &id, &n, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	kind = cq_inject_below(in, id, CQ_F_BOUND_KIND, &k);
	rc = cq_inject_set_number(in, kind, k.number == CQ_INCL_END ? CQ_EXCL_START : CQ_INCL_START, err);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s ended a range tombstone; it opens another now", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

/* A start marker with an end right behind it, whose bounds take the same bytes. */
static bool is_closed_marker(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg)
{
	cq_nid next = cq_doc_next(in->doc, id);
	enum cq_bound_kind a, b;
	struct cq_node m, ca, cb;

	(void)arg;
	return marker_kind(in, id, n, &a) && cq_bound_opens(a) && !cq_bound_closes(a) && next && cq_doc_node(in->doc, next, &m) &&
		marker_kind(in, next, &m, &b) && cq_bound_closes(b) && !cq_bound_opens(b) && cq_inject_below(in, id, CQ_F_CLUSTERING, &ca) &&
		cq_inject_below(in, next, CQ_F_CLUSTERING, &cb) && ca.len == cb.len && ca.len < 1 << 20;
}

static int marker_empty(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_ROWS, CQ_F_NONE };
	struct cq_buf name = {0};
	struct cq_node n, ca, cb;
	uint8_t *p;
	cq_nid id, next, bound;
	int rc = fault_pick(in, fields, is_closed_marker, "range tombstone of two markers with bounds of one length", &id, &n, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	next = cq_doc_next(in->doc, id);
	cq_inject_below(in, id, CQ_F_CLUSTERING, &ca);
	bound = cq_inject_below(in, next, CQ_F_CLUSTERING, &cb);
	p = malloc((size_t)ca.len);
	rc = p ? fault_read(in, ca.off, p, (size_t)ca.len, err) : inject_nomem(err);
	if (rc == CQ_OK) {
		/* [x, x) or (x, x] */
		p[0] = p[0] == CQ_INCL_START ? CQ_EXCL_END : CQ_INCL_END;
		rc = fault_write(in, cb.off, cb.len, cq_slice_of(p, (size_t)cb.len), bound, err);
	}
	free(p);
	if (rc == CQ_OK)
		cq_inject_say(in, "%s begins and ends at the same clustering: it covers nothing", fault_name(in, id, &name));
	cq_buf_finish(&name);
	return rc;
}

static const struct cq_fault markers_faults[] = {
	{ .id = "marker-removed", .family = "data", .summary = "the end of a range tombstone is not there", .rules = "rt-balance", .also = FAULT_MOVES,
	  .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = marker_removed },
	{ .id = "marker-turned", .family = "data", .summary = "the end of a range tombstone opens another one", .rules = "rt-balance",
	  .also = "row-order " FAULT_MOVES, .severity = CQ_ERROR, .flags = CQ_FAULT_FIX, .apply = marker_turned },
	{ .id = "marker-empty", .family = "data", .summary = "a range tombstone that ends where it begins", .rules = "rt-empty",
	  .also = "row-order stats-clustering " FAULT_MOVES, .severity = CQ_WARNING, .flags = CQ_FAULT_FIX, .apply = marker_empty },
};

FAMILY(markers);

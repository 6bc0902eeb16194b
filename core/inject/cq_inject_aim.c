/* Aiming: which node of the document, and how its number is written. */
#include "cq_inject_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_table_doc.h"

/* splitmix64: small, good, and the same everywhere. */
uint64_t cq_inject_random(struct cq_inject *in, uint64_t below)
{
	uint64_t z = in->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return below ? z % below : z;
}

/* ---- nodes ---- */

cq_nid cq_inject_above(const struct cq_inject *in, cq_nid id, unsigned field)
{
	struct cq_node n;

	for (; id && cq_doc_node(in->doc, id, &n); id = cq_doc_parent(in->doc, id))
		if (n.field == field)
			return id;
	return 0;
}

cq_nid cq_inject_below(struct cq_inject *in, cq_nid id, unsigned field, struct cq_node *n)
{
	if (cq_doc_expand(in->doc, id, NULL) < 0)
		return 0;
	for (cq_nid at = id; at; at = cq_doc_walk(in->doc, at, id, true))
		if (at != id && cq_doc_node(in->doc, at, n) && n->field == field)
			return at;
	return 0;
}

/* What the options say: the node to look in. 0 and CQ_OK: they do not say. */
static int pointed_at(struct cq_inject *in, const struct cq_inject_want *want, cq_nid *top, struct cq_error *err)
{
	const struct cq_inject_options *o = in->opt;
	struct cq_node n;
	int rc;

	*top = 0;
	if (o->at) {
		rc = cq_doc_get(in->doc, o->at, top, err);
		if (rc == CQ_OK && cq_doc_node(in->doc, *top, &n) && n.component >= 0 && n.component != want->component)
			rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s: this fault is about %s", o->at, want->what);
		return rc;
	}
	if (o->key) {
		static const struct { int component; unsigned field; } place[] = { { CQ_C_DATA, CQ_F_PARTITION },
			{ CQ_C_INDEX, CQ_F_INDEX_ENTRY }, { CQ_C_ROWS, CQ_F_ROWS_ENTRY }, { CQ_C_PARTITIONS, CQ_F_TRIE_CHILD } };
		struct cq_position pos;
		struct cq_buf key = {0};
		struct cq_lookup *l = NULL;
		uint64_t off = CQ_NO_OFFSET;
		unsigned field = 0;

		for (size_t i = 0; i < CQ_COUNTOF(place); i++)
			if (place[i].component == want->component)
				field = place[i].field;
		if (!field)
			return CQ_OK;
		rc = cq_table_parse_key(in->t, o->key, &key, err);
		if (rc == CQ_OK)
			rc = cq_lookup_open(&l, in->t, err);
		if (rc == CQ_OK)
			rc = cq_lookup_key(l, cq_buf_bytes(&key), &pos, err);
		if (rc == CQ_NOT_FOUND)
			cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "no partition %s", o->key);
		if (rc == CQ_OK)
			off = want->component == CQ_C_DATA ? pos.data_off : want->component == CQ_C_ROWS ? pos.rows_off : pos.index_off;
		if (rc == CQ_OK && off == CQ_NO_OFFSET)
			rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "partition %s has nothing there", o->key);
		cq_lookup_close(l);
		cq_buf_finish(&key);
		if (rc == CQ_OK)
			rc = cq_doc_at(in->doc, want->component, want->component == CQ_C_DATA ? cq_stream_space(&in->t->stream) :
				CQ_SPACE_RAW, off, top, err);
		if (rc == CQ_OK) {
			cq_nid above = cq_inject_above(in, *top, field);

			*top = above ? above : *top;
		}
		return rc;
	}
	if (o->has_offset)
		return cq_doc_at(in->doc, want->component, want->component == CQ_C_DATA ? cq_stream_space(&in->t->stream) : CQ_SPACE_RAW,
			o->offset, top, err);
	return CQ_OK;
}

static bool fits(struct cq_inject *in, const struct cq_inject_want *w, cq_nid id, struct cq_node *n)
{
	bool is = false;

	if (!cq_doc_node(in->doc, id, n) || n->flags & (CQ_N_GAP | CQ_N_PAGE))
		return false;
	for (const unsigned *f = w->fields; *f && !is; f++)
		is = *f == n->field;
	return is && (!w->under || cq_inject_above(in, id, w->under)) && (!w->not_under || !cq_inject_above(in, id, w->not_under)) &&
		(!w->fits || w->fits(in, id, n, w->arg));
}

int cq_inject_pick(struct cq_inject *in, const struct cq_inject_want *w, cq_nid *id, struct cq_node *n, struct cq_error *err)
{
	const struct inject_file *f = inject_file_of(in, w->component);
	size_t walked = 0, found = 0;
	bool chunks = false;
	cq_nid top, best = 0;
	int rc;

	for (const unsigned *field = w->fields; *field; field++)
		chunks |= *field == CQ_F_CHUNK || *field == CQ_F_CHUNK_CRC || *field == CQ_F_CHUNK_PAYLOAD;
	if (!f)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no %s", cq_component_name((enum cq_component)w->component));
	rc = pointed_at(in, w, &top, err);
	if (rc < 0 || rc == CQ_NOT_FOUND)
		return rc;
	/* What was pointed at may be something inside of what is meant. */
	for (cq_nid at = top; at; at = cq_doc_parent(in->doc, at)) {
		struct cq_node here;

		if (fits(in, w, at, n)) {
			*id = at;
			return CQ_OK;
		}
		if (!cq_doc_node(in->doc, at, &here) || here.flags & CQ_N_UNIT)
			break;
	}
	if (!top)
		top = cq_doc_component(in->doc, w->component);
	for (cq_nid at = top, next; at && walked < CQ_INJECT_WALK; at = next, walked++) {
		struct cq_node here;

		/* A large file has more chunks than the walk is long: who looks for rows passes them by, and the other way round. */
		if (at != top && cq_doc_node(in->doc, at, &here) && (here.field == CQ_F_CHUNKS || here.field == CQ_F_PARTITION) &&
		    (here.field == CQ_F_CHUNKS) != chunks) {
			next = cq_doc_walk(in->doc, at, top, false);
			continue;
		}
		/* Damage in the source is no reason to stop: what can be seen can be damaged more. */
		rc = cq_doc_expand(in->doc, at, err);
		if (rc == CQ_ENOMEM)
			return rc;
		if ((walked & 0xfff) == 0 && inject_stopped(in))
			return cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
		if (fits(in, w, at, n) && cq_inject_random(in, ++found) == 0)
			best = at;
		next = cq_doc_walk(in->doc, at, top, true);      /* what fits may have opened it */
	}
	if (!best)
		return cq_fail(err, in->opt->at || in->opt->key || in->opt->has_offset ? CQ_EUSAGE : CQ_NOT_FOUND, CQ_NO_OFFSET,
			"there is no %s%s", w->what, in->opt->at || in->opt->key || in->opt->has_offset ? " at that place" : "");
	cq_doc_node(in->doc, best, n);
	*id = best;
	return CQ_OK;
}

/* ---- how numbers are written ---- */

enum form { FIXED, FIXED_LE, VINT, DELTA, ZIGZAG };

/* Fields that are variable length integers; DELTA: the document shows the sum with a base. All others are of fixed width. */
static enum form form_of(const struct cq_inject *in, cq_nid id, const struct cq_node *n)
{
	switch (n->field) {
	case CQ_F_CLUSTERING_HEADER: case CQ_F_CLUSTERING_LENGTH: case CQ_F_ROW_SIZE: case CQ_F_PREVIOUS_SIZE:
	case CQ_F_SUBSET_BITMAP: case CQ_F_SUBSET_COUNT: case CQ_F_SUBSET_INDEX: case CQ_F_CELL_COUNT: case CQ_F_PATH_LENGTH:
	case CQ_F_VALUE_LENGTH: case CQ_F_MARKER_SIZE: case CQ_F_DATA_POSITION: case CQ_F_PROMOTED_LENGTH: case CQ_F_HEADER_LENGTH:
	case CQ_F_BLOCK_COUNT: case CQ_F_BLOCK_OFFSET: case CQ_F_TYPE_LENGTH: case CQ_F_TYPE_COUNT: case CQ_F_KEY_VLENGTH:
	case CQ_F_COLUMN_COUNT: case CQ_F_COLUMN_NAME_LENGTH:
		return VINT;
	case CQ_F_ROW_TIMESTAMP: case CQ_F_CELL_TIMESTAMP: case CQ_F_ROW_TTL: case CQ_F_CELL_TTL: case CQ_F_ROW_EXPIRATION:
	case CQ_F_CELL_LDT: case CQ_F_HEADER_MIN_TIMESTAMP: case CQ_F_HEADER_MIN_LDT: case CQ_F_HEADER_MIN_TTL:
		return DELTA;
	case CQ_F_BLOCK_WIDTH: case CQ_F_ROWS_ROOT:
		return ZIGZAG;
	case CQ_F_MARKED_FOR_DELETE_AT: case CQ_F_LOCAL_DELETION_TIME:
		return cq_inject_above(in, id, CQ_F_ROW_DELETION) || cq_inject_above(in, id, CQ_F_COMPLEX_DELETION) ||
			cq_inject_above(in, id, CQ_F_MARKER_DELETION) || cq_inject_above(in, id, CQ_F_CLOSE_DELETION) ||
			cq_inject_above(in, id, CQ_F_OPEN_DELETION) || cq_inject_above(in, id, CQ_F_SCYLLA_SHADOWABLE) ? DELTA : FIXED;
	case CQ_F_SUMMARY_OFFSET: case CQ_F_SUMMARY_POSITION:
		return FIXED_LE;
	default:
		return FIXED;
	}
}

static uint64_t vint_of(const uint8_t *p, size_t n)
{
	uint64_t v = n >= 9 ? 0 : p[0] & (0xffu >> n);

	for (size_t i = 1; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static void put_vint(uint8_t *p, size_t n, uint64_t v)
{
	for (size_t i = n; i-- > 1; v >>= 8)
		p[i] = (uint8_t)v;
	p[0] = n >= 9 ? 0xff : (uint8_t)((0xff00u >> (n - 1)) | (v & 0xff));
}

static uint64_t vint_max(size_t n)
{
	return n >= 9 ? UINT64_MAX : (UINT64_C(1) << 7 * n) - 1;
}

static uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* Fields of fixed width that are signed in the document. */
static bool is_signed(unsigned field)
{
	switch (cq_field_info(field)->kind) {
	case CQ_K_INT: case CQ_K_MICROS: case CQ_K_MILLIS: case CQ_K_SECONDS: case CQ_K_DURATION:
		return true;
	default:
		return false;
	}
}

struct number {
	enum form form;
	size_t len;
	uint64_t base;                         /* of sums */
	uint8_t bytes[9];
};

static int read_number(struct cq_inject *in, cq_nid id, struct cq_node *n, struct number *out, struct cq_error *err)
{
	uint64_t raw;
	int rc;

	if (!cq_doc_node(in->doc, id, n) || !(n->flags & CQ_N_NUMBER) || !n->len || n->len > 9)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "the node is no number");
	*out = (struct number){ .form = form_of(in, id, n), .len = (size_t)n->len };
	rc = cq_doc_bytes(in->doc, n->component, n->space, n->off, out->bytes, out->len, err);
	if (rc != CQ_OK || out->form == FIXED || out->form == FIXED_LE)
		return rc;
	raw = vint_of(out->bytes, out->len);
	if (out->form == DELTA)
		out->base = n->number - raw;
	else if (out->form == ZIGZAG)
		out->base = n->number - (uint64_t)unzigzag(raw);
	/* A time that means none shows as INT64_MAX, whatever the sum is. */
	if (out->form == DELTA && n->number == (uint64_t)CQ_NO_LDT)
		out->base = (uint64_t)in->t->ctx.min_ldt;
	return CQ_OK;
}

bool cq_inject_number_range(struct cq_inject *in, cq_nid id, int64_t *lo, int64_t *hi)
{
	struct cq_node n;
	struct number v;
	uint64_t top;

	if (read_number(in, id, &n, &v, NULL) != CQ_OK)
		return false;
	switch (v.form) {
	case FIXED: case FIXED_LE:
		if (v.len >= 8) {
			*lo = is_signed(n.field) ? INT64_MIN : 0;
			*hi = INT64_MAX;
		} else if (is_signed(n.field) && !(in->t->features & CQ_FEAT_UINT_DELETION_TIME && v.len == 4 &&
		    cq_field_info(n.field)->kind == CQ_K_SECONDS)) {
			*lo = -(INT64_C(1) << (8 * v.len - 1));
			*hi = -(*lo + 1);
		} else {
			*lo = 0;
			*hi = (INT64_C(1) << 8 * v.len) - 1;
		}
		return true;
	case VINT:
		*lo = 0;
		*hi = vint_max(v.len) > INT64_MAX ? INT64_MAX : (int64_t)vint_max(v.len);
		return true;
	case DELTA:
		top = vint_max(v.len);
		*lo = (int64_t)v.base;
		*hi = top > INT64_MAX || __builtin_add_overflow((int64_t)v.base, (int64_t)top, hi) ? INT64_MAX : *hi;
		return true;
	case ZIGZAG:
		top = vint_max(v.len) >> 1;
		if (__builtin_sub_overflow((int64_t)v.base, (int64_t)top, lo))
			*lo = INT64_MIN;
		if (__builtin_add_overflow((int64_t)v.base, (int64_t)top, hi))
			*hi = INT64_MAX;
		return true;
	}
	return false;
}

int cq_inject_set_number(struct cq_inject *in, cq_nid id, uint64_t to, struct cq_error *err)
{
	struct cq_node n;
	struct number v;
	uint8_t bytes[9];
	uint64_t raw = to;
	bool good = true;
	int rc = read_number(in, id, &n, &v, err);

	if (rc != CQ_OK)
		return rc;
	switch (v.form) {
	case FIXED: case FIXED_LE:
		for (size_t i = 0; i < v.len; i++)
			bytes[v.form == FIXED ? v.len - 1 - i : i] = (uint8_t)(i < 8 ? to >> 8 * i : 0);
		if (v.len < 8) {
			int64_t s = (int64_t)to;

			good = to >> 8 * v.len == 0 || (s < 0 && s >= -(INT64_C(1) << (8 * v.len - 1)));
		}
		/* Shown as INT64_MAX, written as the version's own number. */
		if (!good && to == (uint64_t)CQ_NO_LDT && v.len == 4) {
			cq_put_be32(bytes, in->t->features & CQ_FEAT_UINT_DELETION_TIME ? UINT32_MAX : INT32_MAX);
			good = true;
		}
		break;
	case DELTA: case ZIGZAG: case VINT:
		if (v.form == DELTA)
			raw = to - v.base;
		else if (v.form == ZIGZAG)
			raw = zigzag((int64_t)(to - v.base));
		good = raw <= vint_max(v.len);
		put_vint(bytes, v.len, raw);
		break;
	}
	if (!good)
		return cq_fail(err, CQ_EUSAGE, n.off, "%" PRId64 " does not fit the %zu byte%s that %s takes", (int64_t)to, v.len,
			v.len == 1 ? "" : "s", cq_field_info(n.field)->name);
	if (!memcmp(bytes, v.bytes, v.len))
		return cq_fail(err, CQ_EUSAGE, n.off, "%s has that value already", cq_field_info(n.field)->name);
	return cq_inject_replace(in, n.component, n.space, n.off, n.len, cq_slice_of(bytes, v.len), id, err);
}

/* ---- indexes follow ---- */

struct reaim {
	struct cq_inject *in;
	uint64_t off;
	int64_t delta;
	bool write, fits;
};

/* One position. It must fit as it is: nothing in an index may move. */
static int reaim_one(struct reaim *r, cq_nid id, const struct cq_node *n, struct cq_error *err)
{
	bool leaf = n->field == CQ_F_TRIE_POSITION;
	int64_t was = (int64_t)n->number, at = leaf ? ~was : was, lo, hi, now;

	if ((leaf && was >= 0) || at < 0 || (uint64_t)at < r->off)
		return CQ_OK;
	now = leaf ? ~(at + r->delta) : at + r->delta;
	if (!cq_inject_number_range(r->in, id, &lo, &hi) || now < lo || now > hi || at + r->delta < 0) {
		r->fits = false;
		return CQ_OK;
	}
	return r->write ? cq_inject_set_number(r->in, id, (uint64_t)now, err) : CQ_OK;
}

/* The position in an entry; the entry is closed again, for there may be millions. */
static int reaim_entry(struct reaim *r, cq_nid entry, struct cq_error *err)
{
	struct cq_node n;
	int rc = cq_doc_expand(r->in->doc, entry, err);

	for (cq_nid c = cq_doc_first(r->in->doc, entry); rc == CQ_OK && c; c = cq_doc_next(r->in->doc, c))
		if (cq_doc_node(r->in->doc, c, &n) && n.field == CQ_F_DATA_POSITION)
			rc = reaim_one(r, c, &n, err);
	cq_doc_forget(r->in->doc, entry);
	return rc;
}

static int reaim_list(struct reaim *r, cq_nid list, struct cq_error *err)
{
	struct cq_doc *d = r->in->doc;
	int rc = cq_doc_expand(d, list, err);

	for (cq_nid c = cq_doc_first(d, list); rc == CQ_OK && c && (r->fits || r->write); c = cq_doc_next(d, c)) {
		struct cq_node n;

		if (!cq_doc_node(d, c, &n))
			continue;
		if (n.flags & CQ_N_PAGE) {                       /* pages hold no pages: what follows stands beside */
			rc = cq_doc_expand(d, c, err);
			for (cq_nid k = cq_doc_first(d, c); rc == CQ_OK && k; k = cq_doc_next(d, k))
				rc = reaim_entry(r, k, err);
			cq_doc_forget(d, c);
		} else if (n.field == CQ_F_INDEX_ENTRY || n.field == CQ_F_ROWS_ENTRY) {
			rc = reaim_entry(r, c, err);
		}
		if (rc == CQ_OK && inject_stopped(r->in))
			rc = cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
	}
	return rc;
}

static int reaim_trie(struct reaim *r, cq_nid top, struct cq_error *err)
{
	struct cq_doc *d = r->in->doc;
	int rc = CQ_OK;

	for (cq_nid at = top; rc == CQ_OK && at && (r->fits || r->write); at = cq_doc_walk(d, at, top, true)) {
		struct cq_node n;

		rc = cq_doc_expand(d, at, err);
		if (rc == CQ_OK && cq_doc_node(d, at, &n) && n.field == CQ_F_TRIE_POSITION)
			rc = reaim_one(r, at, &n, err);
		if (rc == CQ_OK && inject_stopped(r->in))
			rc = cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
	}
	return rc;
}

int cq_inject_reaim(struct cq_inject *in, uint64_t off, int64_t delta, bool *all, struct cq_error *err)
{
	static const int components[] = { CQ_C_INDEX, CQ_C_PARTITIONS, CQ_C_ROWS };
	struct reaim r = { .in = in, .off = off, .delta = delta, .fits = true };
	int rc = CQ_OK;

	in->image->follows = true;
	for (int round = 0; rc == CQ_OK && round < 2 && r.fits; round++) {
		r.write = round;
		for (size_t i = 0; rc == CQ_OK && i < CQ_COUNTOF(components); i++) {
			cq_nid top = cq_doc_component(in->doc, components[i]);

			if (top)
				rc = components[i] == CQ_C_PARTITIONS ? reaim_trie(&r, top, err) : reaim_list(&r, top, err);
		}
		/* An index that cannot be walked (damaged, or too large a trie) stays as it is. */
		if (!round && (rc == CQ_DAMAGED || rc == CQ_EUNSUPPORTED)) {
			r.fits = false;
			rc = CQ_OK;
		}
	}
	in->image->follows = false;
	*all = r.fits;
	return rc;
}

/* What the families share: making a leaf lie, exchanging bytes, and what follows from bytes that came or went. */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXCHANGE_MAX = 64 << 20 };

const char *fault_name(struct cq_inject *in, cq_nid id, struct cq_buf *tmp)
{
	cq_buf_clear(tmp);
	cq_doc_path(in->doc, id, tmp);
	return cq_buf_cstr(tmp);
}

const char *fault_value(struct cq_inject *in, cq_nid id, struct cq_buf *tmp)
{
	cq_buf_clear(tmp);
	cq_doc_print(in->doc, id, tmp, 0);
	return cq_buf_cstr(tmp);
}

/* ---- values that the options give ---- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_hex(const char *s, struct cq_buf *out, struct cq_error *err)
{
	const char *p = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? s + 2 : s;

	if (strlen(p) % 2)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s: an even number of hexadecimal digits, please", s);
	for (; *p; p += 2) {
		if (digit(p[0]) < 0 || digit(p[1]) < 0)
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is not hexadecimal", s);
		cq_buf_byte(out, (uint8_t)(digit(p[0]) << 4 | digit(p[1])));
	}
	return out->failed ? inject_nomem(err) : CQ_OK;
}

static int given_number(const char *s, uint64_t *out, struct cq_error *err)
{
	char *end;

	errno = 0;
	*out = *s == '-' ? (uint64_t)strtoll(s, &end, 0) : strtoull(s, &end, 0);
	return errno || end == s || *end ? cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "--value %s: the field is a number", s) : CQ_OK;
}

static int given(struct cq_inject *in, cq_nid id, const struct cq_node *n, struct cq_error *err)
{
	const char *value = in->opt->value, *xor = in->opt->xor;
	struct cq_buf b = {0};
	uint8_t *p = NULL;
	uint64_t v;
	int rc;

	if (value && n->flags & CQ_N_NUMBER) {
		rc = given_number(value, &v, err);
		return rc == CQ_OK ? cq_inject_set_number(in, id, v, err) : rc;
	}
	if (xor)
		rc = parse_hex(xor, &b, err);
	else if (value[0] == '0' && value[1] == 'x')
		rc = parse_hex(value, &b, err);
	else if (n->type)
		rc = cq_value_parse(n->type, cq_slice_str(value), &b, err);
	else
		rc = (cq_buf_str(&b, value), b.failed) ? inject_nomem(err) : CQ_OK;
	if (rc == CQ_OK && (xor ? b.len > n->len || !b.len : b.len != n->len))
		rc = cq_fail(err, CQ_EUSAGE, n->off, "%s has %" PRIu64 " bytes, %zu given", cq_field_info(n->field)->name, n->len, b.len);
	if (rc == CQ_OK && xor) {
		p = malloc((size_t)n->len);
		rc = p ? cq_inject_read(in, n->component, n->space, n->off, p, (size_t)n->len, err) : inject_nomem(err);
		/* Over the last bytes of the leaf: what a number's digits would do. */
		for (size_t i = 0; rc == CQ_OK && i < b.len; i++)
			p[n->len - b.len + i] ^= b.p[i];
	}
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, n->component, n->space, n->off, n->len, xor ? cq_slice_of(p, (size_t)n->len) : cq_buf_bytes(&b), id,
			err);
	free(p);
	cq_buf_finish(&b);
	return rc;
}

/* ---- lies ---- */

static int lie_bytes(struct cq_inject *in, cq_nid id, const struct cq_node *n, enum fault_how how, struct cq_error *err)
{
	uint64_t k = how == FAULT_LAST_BYTE ? n->len - 1 : cq_inject_random(in, n->len);
	uint8_t b;
	int rc;

	if (!n->len)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s has no bytes", cq_field_info(n->field)->name);
	rc = cq_inject_read(in, n->component, n->space, n->off + k, &b, 1, err);
	b ^= how == FAULT_LAST_BYTE ? 1 : (uint8_t)(1 + cq_inject_random(in, 255));
	return rc == CQ_OK ? cq_inject_replace(in, n->component, n->space, n->off + k, 1, cq_slice_of(&b, 1), id, err) : rc;
}

int fault_lie(struct cq_inject *in, cq_nid id, const struct cq_node *n, enum fault_how how, struct cq_error *err)
{
	struct cq_buf name = {0}, was = {0};
	int64_t lo = 0, hi = 0, now = (int64_t)n->number, to = now;
	bool number = n->flags & CQ_N_NUMBER;
	int rc;

	if (in->opt->value || in->opt->xor) {
		rc = given(in, id, n, err);
	} else if (!number) {
		rc = n->flags & CQ_N_BYTES ? lie_bytes(in, id, n, how, err) : cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "that is no field");
	} else if (cq_field_info(n->field)->kind == CQ_K_DOUBLE) {
		rc = cq_inject_set_number(in, id, n->number ^ UINT64_C(1) << 51, err);
	} else if (!cq_inject_number_range(in, id, &lo, &hi)) {
		rc = cq_fail(err, CQ_EUSAGE, n->off, "%s cannot be changed", cq_field_info(n->field)->name);
	} else {
		switch (how) {
		case FAULT_PLUS: to = now < hi ? now + 1 : now - 1; break;
		case FAULT_MINUS: to = now > lo ? now - 1 : now + 1; break;
		case FAULT_FAR: to = now <= hi - (1 << 20) ? now + (1 << 20) : now - (1 << 20); break;
		case FAULT_HIGHEST: to = now != hi ? hi : lo; break;
		case FAULT_LOWEST: to = now != lo ? lo : hi; break;
		case FAULT_NEGATIVE: to = -1; break;
		case FAULT_FLIP: to = now ^ 1; break;
		default:
			for (int i = 0; i < 256 && to == now; i++) {
				to = (int64_t)((uint64_t)now ^ UINT64_C(1) << cq_inject_random(in, n->len * 8 < 63 ? n->len * 8 : 63));
				if (to < lo || to > hi)
					to = now;
			}
			if (to == now)
				to = now < hi ? now + 1 : now - 1;
		}
		rc = to == now || to < lo || to > hi ? cq_fail(err, CQ_NOT_FOUND, n->off, "%s fits no other value",
			cq_field_info(n->field)->name) : cq_inject_set_number(in, id, (uint64_t)to, err);
	}
	if (rc == CQ_OK && number && !in->opt->value && !in->opt->xor && cq_field_info(n->field)->kind != CQ_K_DOUBLE)
		cq_inject_say(in, "%s: was %s, is now %" PRId64, fault_name(in, id, &name), fault_value(in, id, &was), to);
	else if (rc == CQ_OK && (in->opt->value || in->opt->xor))
		cq_inject_say(in, "%s: was %s, is now %s%s", fault_name(in, id, &name), fault_value(in, id, &was), in->opt->value ? "" :
			"that xor ", in->opt->value ? in->opt->value : in->opt->xor);
	else if (rc == CQ_OK)
		cq_inject_say(in, "%s: was %s", fault_name(in, id, &name), fault_value(in, id, &was));
	cq_buf_finish(&name);
	cq_buf_finish(&was);
	return rc;
}

int fault_field(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct fault_field *a = f->arg;
	const struct cq_inject_want want = { .component = a->component, .fields = a->fields, .under = a->under, .not_under = a->not_under,
		.fits = a->fits, .arg = a, .what = a->what };
	struct cq_node n;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	return rc == CQ_OK ? fault_lie(in, id, &n, a->how, err) : rc;
}

/* ---- bytes that change places, come or go ---- */

int fault_exchange(struct cq_inject *in, int component, int space, uint64_t a, uint64_t la, uint64_t lb, cq_nid id, struct cq_error *err)
{
	uint8_t *p, *q;
	int rc;

	if (la > EXCHANGE_MAX || lb > EXCHANGE_MAX)
		return cq_fail(err, CQ_EUNSUPPORTED, a, "too large to be moved: choose a smaller one");
	p = malloc((size_t)(la + lb));
	q = malloc((size_t)(la + lb));
	rc = p && q ? cq_inject_read(in, component, space, a, p, (size_t)(la + lb), err) : inject_nomem(err);
	if (rc == CQ_OK) {
		memcpy(q, p + la, (size_t)lb);
		memcpy(q + lb, p, (size_t)la);
		rc = memcmp(p, q, (size_t)(la + lb)) == 0 ? cq_fail(err, CQ_NOT_FOUND, a, "both are alike") :
			cq_inject_replace(in, component, space, a, la + lb, cq_slice_of(q, (size_t)(la + lb)), id, err);
	}
	free(p);
	free(q);
	return rc;
}

bool fault_partition(struct cq_inject *in, cq_nid id, struct cq_node *partition)
{
	return cq_doc_node(in->doc, cq_inject_above(in, id, CQ_F_PARTITION), partition);
}

bool fault_is_wide(struct cq_inject *in, uint64_t partition_off)
{
	const struct cq_format *f = in->t->format;
	int space = cq_stream_space(&in->t->stream);
	struct cq_lookup *l = NULL;
	struct cq_position pos;
	struct cq_block block;
	struct cq_token token;
	uint8_t head[2], *key;
	size_t len;
	bool wide = false;

	if (!f->find || !f->block_floor || cq_doc_bytes(in->doc, CQ_C_DATA, space, partition_off, head, 2, NULL) != CQ_OK)
		return false;
	len = cq_be16(head);
	key = malloc(len + 1);
	if (key && cq_doc_bytes(in->doc, CQ_C_DATA, space, partition_off + 2, key, len, NULL) == CQ_OK &&
	    cq_lookup_open(&l, in->t, NULL) == CQ_OK) {
		cq_token(&in->t->partitioner, cq_slice_of(key, len), &token);
		wide = f->find(l, cq_slice_of(key, len), &token, &pos, NULL) == CQ_OK && f->block_floor(l, &pos, NULL, &block, NULL) == CQ_OK;
	}
	cq_lookup_close(l);
	free(key);
	return wide;
}

int fault_shifted(struct cq_inject *in, const struct cq_fault *f, uint64_t off, int64_t delta, struct cq_error *err)
{
	const char *index = in->t->features & CQ_FEAT_BTI ? "bti-leafset" : "index-data";
	bool all;
	int rc = cq_inject_reaim(in, off + 1, delta, &all, err);

	if (rc != CQ_OK || all)
		return rc;
	/* The indexes are left behind: that belongs to the fault. */
	rc = cq_inject_expect(in, f->rules, f->severity, "Data.db", cq_stream_space(&in->t->stream), off, !in->now->fix, err);
	if (rc == CQ_OK && !in->now->fix)
		rc = cq_inject_expect(in, in->t->stream.chunks ? "chunk-crc" : "crcdb|digest", CQ_ERROR, "Data.db", CQ_SPACE_RAW, CQ_NO_OFFSET,
			false, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, index, CQ_ERROR, in->t->features & CQ_FEAT_BTI ? "Partitions.db" : "Index.db", CQ_SPACE_RAW,
			CQ_NO_OFFSET, false, err);
	if (rc == CQ_OK && f->also)
		rc = cq_inject_expect(in, f->also, CQ_WARNING, "Data.db", CQ_SPACE_RAW, CQ_NO_OFFSET, true, err);
	return rc;
}

/* ---- Data.db ---- */

int fault_space(const struct cq_inject *in)
{
	return cq_stream_space(&in->t->stream);
}

int fault_read(struct cq_inject *in, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	return cq_inject_read(in, CQ_C_DATA, fault_space(in), off, buf, n, err);
}

int fault_write(struct cq_inject *in, uint64_t off, uint64_t len, cq_slice with, cq_nid id, struct cq_error *err)
{
	return cq_inject_replace(in, CQ_C_DATA, fault_space(in), off, len, with, id, err);
}

int fault_pick(struct cq_inject *in, const unsigned *fields,
	bool (*fits)(struct cq_inject *in, cq_nid id, const struct cq_node *n, const void *arg), const char *what, cq_nid *id,
	struct cq_node *n, struct cq_error *err)
{
	const struct cq_inject_want want = { .component = CQ_C_DATA, .fields = fields, .fits = fits, .what = what };

	return cq_inject_pick(in, &want, id, n, err);
}

bool fault_is_row(const struct cq_node *n)
{
	return n->field == CQ_F_ROWS && !(n->flags & CQ_N_PAGE) && n->len != CQ_NO_OFFSET && !cq_slice_is(n->name, "marker");
}

int fault_remove(struct cq_inject *in, const struct cq_fault *f, uint64_t off, uint64_t len, cq_nid id, struct cq_error *err)
{
	int rc = fault_write(in, off, len, (cq_slice){0}, id, err);

	return rc == CQ_OK ? fault_shifted(in, f, off, -(int64_t)len, err) : rc;
}

/* Values as text, by the kind of their field. */
#include <inttypes.h>
#include <stdlib.h>

#include "cq_doc_priv.h"
#include "cq_types.h"

enum { SHORT_BYTES = 16, SHORT_TEXT = 120, READ_SHORT = 4096, READ_WHOLE = 16 << 20 };

/* Text made harmless: no control character, nothing that is not UTF-8. At most max bytes of it, then "...". */
static void harmless(struct cq_buf *out, cq_slice s, size_t max)
{
	size_t start = out->len;

	for (size_t i = 0; i < s.len;) {
		uint8_t c = s.p[i];
		size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
		bool good = n && n <= s.len - i;

		if (out->len - start >= max) {
			cq_buf_str(out, "...");
			return;
		}
		for (size_t k = 1; good && k < n; k++)
			good = (s.p[i + k] & 0xc0) == 0x80;
		if (good && n == 3)
			good = !(c == 0xe0 && s.p[i + 1] < 0xa0) && !(c == 0xed && s.p[i + 1] >= 0xa0);
		if (good && n == 4)
			good = !(c == 0xf0 && s.p[i + 1] < 0x90) && !(c == 0xf4 && s.p[i + 1] >= 0x90);
		if (c == '\n') {
			cq_buf_str(out, "\\n");
			i++;
		} else if (!good || c < 0x20 || c == 0x7f || (c == 0xc2 && s.p[i + 1] < 0xa0)) {
			cq_buf_printf(out, "\\x%02x", c);
			i++;
		} else {
			cq_buf_put(out, s.p + i, n);
			i += n;
		}
	}
}

static void hex_bytes(struct cq_buf *out, cq_slice s, uint64_t len, size_t max)
{
	size_t n = s.len < max ? s.len : max;

	cq_buf_str(out, "0x");
	cq_buf_hex(out, cq_slice_of(s.p, n));
	if (len > n)
		cq_buf_printf(out, "... (%" PRIu64 " bytes)", len);
}

/* seconds and nanoseconds since 1970 in units of 1/per seconds. */
static void instant(struct cq_buf *out, int64_t v, int64_t per)
{
	int64_t s = v / per, rest = v % per;

	if (rest < 0) {
		rest += per;
		s--;
	}
	cq_print_instant(out, s, (uint32_t)(rest * (1000000000 / per)));
}

static void duration(struct cq_buf *out, int64_t v)
{
	static const struct { int64_t n; const char *one; } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } };
	uint64_t left;

	cq_buf_i64(out, v);
	cq_buf_str(out, " s");
	if (v < 60)
		return;
	cq_buf_str(out, " (");
	left = (uint64_t)v;
	for (size_t i = 0, any = 0; i < CQ_COUNTOF(units); i++) {
		uint64_t n = left / (uint64_t)units[i].n;

		if (n)
			cq_buf_printf(out, "%s%" PRIu64 " %s", any++ ? " " : "", n, units[i].one);
		left %= (uint64_t)units[i].n;
	}
	if (left)
		cq_buf_printf(out, " %" PRIu64 " s", left);
	cq_buf_byte(out, ')');
}

static void number(const struct cq_doc *d, const struct doc_node *n, struct cq_buf *out, unsigned flags)
{
	const struct cq_field_info *info = cq_field_info(n->field);
	int64_t v = (int64_t)n->number;
	char names[256];
	double real;

	if (flags & CQ_DOC_RAW) {
		bool is_signed = info->kind == CQ_K_INT || info->kind == CQ_K_MICROS || info->kind == CQ_K_MILLIS ||
			info->kind == CQ_K_SECONDS || info->kind == CQ_K_DURATION;

		if (is_signed)
			cq_buf_i64(out, v);
		else
			cq_buf_u64(out, n->number);
		return;
	}
	switch (info->kind) {
	case CQ_K_INT:
		cq_buf_i64(out, v);
		break;
	case CQ_K_HEX:
		cq_buf_printf(out, "0x%0*" PRIx64, (int)(n->len <= 8 ? 2 * n->len : 0), n->number);
		break;
	case CQ_K_FLAGS:
		cq_buf_printf(out, "0x%02" PRIx64 " %s", n->number, n->number ? cq_field_value_name(n->field, n->number, names,
			sizeof names) : "none");
		break;
	case CQ_K_ENUM:
		cq_buf_u64(out, n->number);
		if (cq_field_value_name(n->field, n->number, names, sizeof names)[0])
			cq_buf_printf(out, " %s", names);
		break;
	case CQ_K_BOOL:
		cq_buf_str(out, n->number == 1 ? "true" : n->number ? "true (" : "false");
		if (n->number > 1)
			cq_buf_printf(out, "%" PRIu64 ")", n->number);
		break;
	case CQ_K_DOUBLE:
		memcpy(&real, &n->number, sizeof real);
		cq_print_double(out, real);
		break;
	case CQ_K_MICROS:
		if (v == INT64_MIN) {
			cq_buf_str(out, "none");
		} else {
			instant(out, v, 1000000);
			cq_buf_printf(out, " (%" PRId64 " us)", v);
		}
		break;
	case CQ_K_MILLIS:
		if (!v) {
			cq_buf_str(out, "none (0)");
		} else {
			instant(out, v, 1000);
			cq_buf_printf(out, " (%" PRId64 " ms)", v);
		}
		break;
	case CQ_K_SECONDS:
		if (v == INT64_MAX || (n->len == 4 && n->number == d->no_ldt)) {
			cq_buf_str(out, "none");
		} else {
			instant(out, v, 1);
			cq_buf_printf(out, " (%" PRId64 " s)", v);
		}
		break;
	case CQ_K_DURATION:
		duration(out, v);
		break;
	case CQ_K_OFFSET:
		cq_buf_printf(out, "0x%" PRIx64 " (%" PRIu64 ")", n->number, n->number);
		break;
	default:
		cq_buf_u64(out, n->number);
		if (info->unit[0])
			cq_buf_printf(out, " %s", info->unit);
	}
}

static void value(const struct doc_node *n, cq_slice s, struct cq_buf *out, size_t max)
{
	struct cq_buf text = {0};

	if (s.len == n->len && n->type && (cq_value_cql(n->type, s, &text, NULL) == CQ_OK ||
	    cq_value_text(n->type, s, &text, NULL) == CQ_OK) && !text.failed)
		harmless(out, cq_buf_bytes(&text), max);
	else if (n->type && (n->type->kind == CQ_T_TEXT || n->type->kind == CQ_T_ASCII))
		harmless(out, s, max);
	else if (n->len)
		hex_bytes(out, s, n->len, max / 2);
	else
		cq_buf_str(out, "(empty)");
	cq_buf_finish(&text);
}

void cq_doc_print(struct cq_doc *d, cq_nid id, struct cq_buf *out, unsigned flags)
{
	const struct doc_node *n = &d->node[doc_slot(d, id)];
	const struct cq_buf *t = &d->unit[d->node[n->owner].unit].text;
	size_t max = flags & CQ_DOC_WHOLE ? SIZE_MAX : SHORT_TEXT, want;
	enum cq_field_kind kind = cq_field_info(n->field)->kind;
	uint8_t *read = NULL;
	cq_slice s;

	if (n->flags & CQ_N_NUMBER) {
		number(d, n, out, flags);
		return;
	}
	if (!(n->flags & CQ_N_BYTES))
		return;
	s = cq_slice_of(n->preview_len ? t->p + n->preview_at : (const uint8_t *)"", n->preview_len);
	/* Types need the whole value; a gap has no preview at all. */
	want = n->len < (flags & CQ_DOC_WHOLE ? READ_WHOLE : READ_SHORT) ? (size_t)n->len :
		flags & CQ_DOC_WHOLE ? (size_t)READ_WHOLE : SHORT_TEXT;
	if (s.len < want && (read = malloc(want))) {
		if (d->ops->bytes(d->arg, n->component, n->space, n->off, read, want, NULL) == CQ_OK)
			s = cq_slice_of(read, want);
	}
	if (n->len && !s.len)
		cq_buf_printf(out, "(%" PRIu64 " bytes that cannot be read)", n->len);
	else if (flags & CQ_DOC_RAW || n->flags & CQ_N_GAP)
		hex_bytes(out, s, n->len, flags & CQ_DOC_WHOLE ? SIZE_MAX : SHORT_BYTES);
	else if (kind == CQ_K_TEXT)
		harmless(out, s, max);
	else if (kind == CQ_K_UUID && s.len == 16)
		cq_print_uuid(out, s.p);
	else if (kind == CQ_K_VALUE)
		value(n, s, out, max);
	else if (kind == CQ_K_PADDING)
		cq_buf_printf(out, "%" PRIu64 " bytes", n->len);
	else
		hex_bytes(out, s, n->len, flags & CQ_DOC_WHOLE ? SIZE_MAX : SHORT_BYTES);
	free(read);
}

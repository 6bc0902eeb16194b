/* Paths: from a text to a node and back. */
#include <inttypes.h>
#include <stdlib.h>

#include "cq_doc_priv.h"

/* ---- taking a path apart ---- */

struct part {
	cq_slice label;
	bool indexed, named;
	uint64_t index;
	struct cq_buf name;                    /* with its escapes undone */
	const char *end;                       /* behind the part, at a '/' or at the end */
};

static bool bare(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
		c == ':';
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *quoted(const char *p, struct cq_buf *out)
{
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0) {
			cq_buf_byte(out, (uint8_t)(hex(p[2]) << 4 | hex(p[3])));
			p += 3;
		} else if (*p == '\\' && p[1]) {
			cq_buf_byte(out, (uint8_t)*++p);
		} else {
			cq_buf_byte(out, (uint8_t)*p);
		}
	}
	return *p ? p + 1 : NULL;
}

/* first: the label is a component's name, which has dots. */
static int part_of(const char *p, bool first, struct part *out, const char *path, struct cq_error *err)
{
	const char *start = p;

	out->indexed = out->named = false;
	cq_buf_clear(&out->name);
	while (*p && *p != '/' && *p != '[' && (first || (*p != '.' && *p != '"')))
		p++;
	out->label = cq_slice_of(start, (size_t)(p - start));
	if (*p == '[') {
		uint64_t v = 0;

		for (p++; *p >= '0' && *p <= '9'; p++) {
			if (v > (UINT64_MAX - 9) / 10)
				return cq_fail(err, CQ_EUSAGE, (uint64_t)(p - path), "%s: a number too large", path);
			v = v * 10 + (unsigned)(*p - '0');
		}
		if (p[-1] == '[' || *p != ']')
			return cq_fail(err, CQ_EUSAGE, (uint64_t)(p - path), "%s: expected [NUMBER] at byte %d", path, (int)(p - path));
		out->index = v;
		out->indexed = true;
		p++;
	} else if (*p == '.' || *p == '"') {
		p += *p == '.';
		out->named = true;
		if (*p == '"') {
			p = quoted(p, &out->name);
			if (!p)
				return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s: a quote is not closed", path);
		} else {
			for (; *p && *p != '/'; p++)
				cq_buf_byte(&out->name, (uint8_t)*p);
		}
	}
	if (*p && *p != '/')
		return cq_fail(err, CQ_EUSAGE, (uint64_t)(p - path), "%s: expected / at byte %d", path, (int)(p - path));
	if (out->name.failed)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a path");
	out->end = p;
	return CQ_OK;
}

/* ---- matching ---- */

static bool same_label(cq_slice want, const char *is)
{
	for (size_t i = 0; i < want.len; i++)
		if (!is[i] || (want.p[i] != (uint8_t)is[i] && !(want.p[i] == '_' && is[i] == ' ')))
			return false;
	return !is[want.len];
}

/* The node's own number in its list. */
static uint64_t number_of(const struct doc_node *n)
{
	return n->index != CQ_NO_INDEX ? n->index : n->flags & CQ_N_REPEATS ? n->nth : CQ_NO_INDEX;
}

enum how { EXACT, ELEMENT };           /* ELEMENT: of a group that has the label */

static bool matches(const struct cq_doc *d, uint32_t slot, const struct part *p, enum how how)
{
	const struct doc_node *n = &d->node[slot];

	if (n->parent == ROOT)
		return cq_slice_eq(doc_name(d, slot), p->label);
	if (how == EXACT && !same_label(p->label, cq_field_info(n->field)->name))
		return false;
	if (p->indexed)
		return how == ELEMENT && n->index == CQ_NO_INDEX && !n->named ? n->nth == p->index : number_of(n) == p->index;
	if (p->named)
		return n->named && cq_slice_eq(doc_name(d, slot), cq_buf_bytes(&p->name));
	return n->index == CQ_NO_INDEX;
}

/* A match among the children of parent, through pages. NONE, *rc CQ_OK: there is none. */
static uint32_t among(struct cq_doc *d, uint32_t parent, const struct part *p, enum how how, int *rc, struct cq_error *err)
{
	*rc = CQ_OK;
	for (uint32_t c = d->node[parent].first; c; c = d->node[c].next) {
		bool lazy;
		uint32_t next;

		if (!(d->node[c].flags & CQ_N_PAGE)) {
			if (matches(d, c, p, how))
				return c;
			continue;
		}
		/* A page itself: "more[256]". */
		if (how == EXACT && same_label(p->label, cq_field_info(CQ_F_MORE)->name)) {
			if (p->indexed ? d->node[c].index == p->index : d->node[c].index == CQ_NO_INDEX)
				return c;
			*rc = cq_doc_expand(d, doc_id(d, c), err);
			if (*rc < 0)
				return NONE;
			continue;
		}
		next = d->node[c].next;
		if (p->indexed && next && d->node[next].flags & CQ_N_PAGE && d->node[next].index != CQ_NO_INDEX &&
		    d->node[next].index <= p->index)
			continue;
		if (p->indexed)
			c = doc_skip(d, c, true, p->index);
		lazy = d->node[c].flags & CQ_N_LAZY;
		*rc = cq_doc_expand(d, doc_id(d, c), err);
		if (*rc < 0)
			return NONE;
		for (uint32_t k = d->node[c].first; k; k = d->node[k].next)
			if (matches(d, k, p, how))
				return k;
		if (lazy)
			cq_doc_forget(d, doc_id(d, c));
	}
	return NONE;
}

static uint32_t child_for(struct cq_doc *d, uint32_t parent, const struct part *p, int *rc, struct cq_error *err)
{
	uint32_t found, c;

	*rc = cq_doc_expand(d, doc_id(d, parent), err);
	if (*rc < 0)
		return NONE;
	found = among(d, parent, p, EXACT, rc, err);
	if (found || *rc < 0 || !(p->indexed || p->named))
		return found;
	/* "chunks[5]", "entries[5]": a group of that name, and its element. */
	for (c = d->node[parent].first; c; c = d->node[c].next) {
		if (d->node[c].flags & CQ_N_PAGE || d->node[c].index != CQ_NO_INDEX || d->node[c].named ||
		    !same_label(p->label, cq_field_info(d->node[c].field)->name))
			continue;
		*rc = cq_doc_expand(d, doc_id(d, c), err);
		if (*rc < 0)
			return NONE;
		found = among(d, c, p, ELEMENT, rc, err);
		if (found || *rc < 0)
			return found;
		if (p->indexed && p->index == 0 && !(d->node[c].flags & CQ_N_REPEATS))
			return c;
	}
	return NONE;
}

int cq_doc_get_from(struct cq_doc *d, cq_nid from, const char *path, cq_nid *out, struct cq_error *err)
{
	struct part part = {0};
	uint32_t slot = doc_slot(d, from);
	const char *p = path;
	int rc = CQ_OK;

	if (!slot)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the node to start from is gone");
	while (*p == '/')
		p++;
	while (*p && rc == CQ_OK) {
		const char *start = p;
		uint32_t child;

		rc = part_of(p, slot == ROOT, &part, path, err);
		if (rc != CQ_OK)
			break;
		child = child_for(d, slot, &part, &rc, err);
		if (rc < 0)
			break;
		if (!child) {
			struct cq_buf at = {0};

			cq_doc_path(d, doc_id(d, slot), &at);
			rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%.160s has no %.*s", at.len ? cq_buf_cstr(&at) : "the table",
				(int)(part.end - start < 80 ? part.end - start : 80), start);
			cq_buf_finish(&at);
			break;
		}
		slot = child;
		for (p = part.end; *p == '/'; p++)
			;
	}
	cq_buf_finish(&part.name);
	if (rc == CQ_OK)
		*out = doc_id(d, slot);
	return rc;
}

int cq_doc_get(struct cq_doc *d, const char *path, cq_nid *out, struct cq_error *err)
{
	return cq_doc_get_from(d, cq_doc_root(d), path, out, err);
}

/* ---- the other way ---- */

static void put_name(struct cq_buf *out, cq_slice name)
{
	bool plain = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		plain = plain && bare(name.p[i]);
	cq_buf_byte(out, '.');
	if (plain) {
		cq_buf_slice(out, name);
		return;
	}
	cq_buf_byte(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			cq_buf_printf(out, "\\%c", name.p[i]);
		else if (name.p[i] < 0x20 || name.p[i] >= 0x7f)
			cq_buf_printf(out, "\\x%02x", name.p[i]);
		else
			cq_buf_byte(out, name.p[i]);
	}
	cq_buf_byte(out, '"');
}

static void label(const struct cq_doc *d, uint32_t slot, struct cq_buf *out)
{
	const struct doc_node *n = &d->node[slot];

	if (n->parent == ROOT) {
		cq_buf_slice(out, doc_name(d, slot));
		return;
	}
	cq_buf_str(out, cq_field_info(n->field)->name);
	if (number_of(n) != CQ_NO_INDEX)
		cq_buf_printf(out, "[%" PRIu64 "]", number_of(n));
	else if (n->named)
		put_name(out, doc_name(d, slot));
}

void cq_doc_label(const struct cq_doc *d, cq_nid id, struct cq_buf *out)
{
	uint32_t slot = doc_slot(d, id);

	if (slot && slot != ROOT)
		label(d, slot, out);
}

/* "chunks/chunks[5]" is said "chunks[5]". */
static bool silent(const struct cq_doc *d, uint32_t slot, uint32_t below)
{
	const struct doc_node *n = &d->node[slot];

	return n->parent != ROOT && n->index == CQ_NO_INDEX && !n->named && d->node[below].index != CQ_NO_INDEX &&
		strcmp(cq_field_info(n->field)->name, cq_field_info(d->node[below].field)->name) == 0;
}

void cq_doc_path(const struct cq_doc *d, cq_nid id, struct cq_buf *out)
{
	uint32_t slot = doc_slot(d, id), n = 0, *way;

	if (!slot || slot == ROOT)
		return;
	way = malloc((d->node[slot].depth + 1u) * sizeof *way);
	if (!way) {
		out->failed = true;
		return;
	}
	for (uint32_t at = slot; at != ROOT; at = d->node[at].parent)
		if (at == slot || !(d->node[at].flags & CQ_N_PAGE))
			way[n++] = at;
	for (bool any = false; n--;) {
		if (n && silent(d, way[n], way[n - 1]))
			continue;
		if (any)
			cq_buf_byte(out, '/');
		any = true;
		label(d, way[n], out);
	}
	free(way);
}

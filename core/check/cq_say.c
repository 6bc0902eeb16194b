/* Findings on their way into a report. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_buf.h"
#include "cq_check_priv.h"

/* ---- texts ---- */

static const char *vtext(struct cq_out *o, const char *fmt, va_list ap)
{
	char small[512], *text;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof small, fmt, ap);
	if (n >= 0 && (size_t)n < sizeof small) {
		text = cq_arena_dup(&o->arena, small, (size_t)n);
	} else {
		text = n < 0 ? NULL : cq_arena_alloc(&o->arena, (size_t)n + 1);
		if (text)
			vsnprintf(text, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	if (!text)
		o->nomem = true;
	return text;
}

const char *cq_say_text(struct cq_out *o, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = vtext(o, fmt, ap);
	va_end(ap);
	return text;
}

#define SETTER(name, member) \
	void name(struct cq_out *o, struct cq_check_finding *f, const char *fmt, ...) \
	{ \
		va_list ap; \
\
		if (f == &o->scratch) \
			return; \
		va_start(ap, fmt); \
		f->member = vtext(o, fmt, ap); \
		va_end(ap); \
	}
SETTER(cq_say_expected, expected)
SETTER(cq_say_found, found)
SETTER(cq_say_means, means)
SETTER(cq_say_action, action)

/* ---- findings ---- */

static const char *file_of(struct cq_out *o, enum cq_component component)
{
	const struct cq_component_file *file;
	const struct cq_desc *d = o->table ? &o->table->desc : o->entry ? &o->entry->desc : NULL;

	if (!d || component >= CQ_C_OTHER)
		return "";
	file = o->entry ? cq_sst_file(o->entry, component) : NULL;
	if (file)
		return cq_say_text(o, "%s", cq_basename(file->path));
	return cq_say_text(o, "%.*s-%s", (int)d->base.len, (const char *)d->base.p, cq_component_name(component));
}

static void keep(struct cq_out *o, struct cq_check_finding *f)
{
	if (!o->tail)
		o->tail = &o->first;
	*o->tail = f;
	o->tail = &f->next;
}

static struct cq_check_finding *add(struct cq_out *o, enum cq_severity severity)
{
	struct cq_check_finding *f = NULL;

	o->n[severity]++;
	if (o->count[o->rule_index]++ < o->max) {
		f = cq_arena_zalloc(&o->arena, 1, sizeof *f);
		if (!f)
			o->nomem = true;
	} else {
		o->dropped++;
	}
	if (!f) {
		f = &o->scratch;
		*f = (struct cq_check_finding){0};
	} else {
		keep(o, f);
	}
	f->rule = o->rule;
	f->rule_index = o->rule_index;
	f->severity = severity;
	f->effect = severity == CQ_INFO ? CQ_HARMLESS : o->rule->effect;
	f->component = CQ_C_KINDS;
	f->file = "";
	f->off = CQ_NO_OFFSET;
	f->message = "";
	return f;
}

static struct cq_check_finding *vsay(struct cq_out *o, enum cq_severity severity, enum cq_component component, bool raw,
	uint64_t off, uint64_t len, const char *fmt, va_list ap)
{
	struct cq_check_finding *f = add(o, severity);

	if (f == &o->scratch)
		return f;
	f->component = (int)component;
	f->file = file_of(o, component);
	f->space = !raw && component == CQ_C_DATA && o->table ? cq_stream_space(&o->table->stream) : CQ_SPACE_RAW;
	f->off = off;
	f->len = len;
	f->message = vtext(o, fmt, ap);
	return f;
}

struct cq_check_finding *cq_say(struct cq_out *o, enum cq_severity severity, enum cq_component component, uint64_t off, uint64_t len,
	const char *fmt, ...)
{
	struct cq_check_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = vsay(o, severity, component, false, off, len, fmt, ap);
	va_end(ap);
	return f;
}

struct cq_check_finding *cq_say_raw(struct cq_out *o, enum cq_severity severity, enum cq_component component, uint64_t off,
	uint64_t len, const char *fmt, ...)
{
	struct cq_check_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = vsay(o, severity, component, true, off, len, fmt, ap);
	va_end(ap);
	return f;
}

static int component_named(const struct cq_out *o, const char *file)
{
	for (size_t i = 0; o->entry && i < o->entry->nfiles; i++)
		if (!strcmp(cq_basename(o->entry->files[i].path), file))
			return (int)o->entry->files[i].kind;
	return CQ_C_KINDS;
}

struct cq_check_finding *cq_say_error(struct cq_out *o, enum cq_severity severity, const struct cq_error *err)
{
	struct cq_check_finding *f = add(o, severity);

	if (f == &o->scratch)
		return f;
	f->component = component_named(o, cq_basename(err->file));
	f->file = cq_say_text(o, "%s", cq_basename(err->file));
	f->space = err->space;
	f->off = err->off;
	f->message = cq_say_text(o, "%s", err->msg);
	return f;
}

void cq_unmeasured(struct cq_out *o, const char *fmt, ...)
{
	struct cq_unmeasured *u = cq_arena_zalloc(&o->arena, 1, sizeof *u);
	va_list ap;

	if (!u) {
		o->nomem = true;
		return;
	}
	va_start(ap, fmt);
	u->rule = o->rule;
	u->cause = vtext(o, fmt, ap);
	va_end(ap);
	/* Pieces say the same thing once each. */
	for (const struct cq_unmeasured *old = o->unmeasured; old && u->cause; old = old->next)
		if (old->rule == u->rule && old->cause && !strcmp(old->cause, u->cause))
			return;
	if (!o->utail)
		o->utail = &o->unmeasured;
	*o->utail = u;
	o->utail = &u->next;
}

void cq_say_nomem(struct cq_out *o)
{
	o->nomem = true;
}

size_t cq_said(const struct cq_out *o)
{
	return o->count[o->rule_index];
}

/* ---- keys ---- */

static const char *key_text(struct cq_out *o, cq_slice key)
{
	struct cq_buf b = {0};
	const char *text;

	if (o->table && o->table->schema) {
		cq_table_print_key(o->table, key, &b);
	} else {
		cq_buf_str(&b, "0x");
		cq_buf_hex(&b, key);
	}
	text = cq_say_text(o, "%s", cq_buf_cstr(&b));
	cq_buf_finish(&b);
	return text;
}

static const char *token_text(struct cq_out *o, cq_slice key)
{
	struct cq_buf b = {0};
	struct cq_token t;
	const char *text;

	if (!o->table || o->table->partitioner.kind == CQ_P_UNKNOWN)
		return NULL;
	cq_token(&o->table->partitioner, key, &t);
	cq_token_print(&o->table->partitioner, &t, &b);
	text = cq_say_text(o, "%s", cq_buf_cstr(&b));
	cq_buf_finish(&b);
	return text;
}

void cq_say_keys(struct cq_out *o, struct cq_check_finding *f, cq_slice first, cq_slice last, uint64_t n, bool at_least)
{
	if (f == &o->scratch)
		return;
	f->keys = (struct cq_keys){ .n = n, .at_least = at_least, .first = key_text(o, first), .first_token = token_text(o, first) };
	if (n > 1 && last.p) {
		f->keys.last = key_text(o, last);
		f->keys.last_token = token_text(o, last);
	}
}

void cq_say_key(struct cq_out *o, struct cq_check_finding *f, cq_slice key)
{
	cq_say_keys(o, f, key, (cq_slice){0}, 1, false);
}

void cq_say_partition(struct cq_pass *p, struct cq_check_finding *f)
{
	cq_say_key(&p->out, f, p->key);
}

/* ---- clusterings ---- */

const char *cq_say_values(struct cq_out *o, const cq_slice *values, size_t n)
{
	enum { VALUE_MAX = 120, HEX_MAX = 32, TEXT_MAX = 1000 };
	const struct cq_ctx *x = &o->table->ctx;
	struct cq_buf b = {0};
	const char *text;

	cq_buf_str(&b, "(");
	for (size_t i = 0; i < n && b.len < TEXT_MAX; i++) {
		cq_slice v = values[i];

		if (i)
			cq_buf_str(&b, ", ");
		if (!v.p) {
			cq_buf_str(&b, "null");
		} else if (v.len > VALUE_MAX || i >= x->nclustering || cq_value_text(x->clustering[i], v, &b, NULL) != CQ_OK) {
			cq_buf_str(&b, "0x");
			cq_buf_hex(&b, cq_slice_of(v.p, v.len > HEX_MAX ? HEX_MAX : v.len));
			if (v.len > HEX_MAX)
				cq_buf_printf(&b, "... %zu bytes", v.len);
		}
	}
	cq_buf_str(&b, b.len < TEXT_MAX ? ")" : ", ...)");
	text = cq_say_text(o, "%s", cq_buf_cstr(&b));
	cq_buf_finish(&b);
	return text;
}

const char *cq_say_prefix(struct cq_out *o, const struct cq_prefix *p)
{
	const char *values = cq_say_values(o, p->values, p->n);

	return !values || p->kind == CQ_CLUSTERING ? values : cq_say_text(o, "%s %s", cq_bound_kind_name(p->kind), values);
}

/* ---- the keys of a span ---- */

/* Where in the index to start walking for the partition that holds stream offset off. Tokens and offsets rise together, so
 * with Murmur3 the token space can be halved; others are walked from the start. */
uint64_t cq_walk_from(struct cq_lookup *l, const struct cq_table *t, uint64_t off)
{
	uint64_t lo = 0, hi = UINT64_MAX, at = 0;              /* tokens with the sign bit flipped */
	struct cq_position pos;

	if (t->partitioner.kind != CQ_P_MURMUR3)
		return 0;
	for (int i = 0; i < 64 && lo < hi; i++) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct cq_token token = { .lo = mid + (UINT64_C(1) << 63) };
		int rc = cq_lookup_token(l, &token, true, &pos, NULL);

		if (rc < 0 || cq_lookup_findings(l)->n)
			return 0;
		if (rc == CQ_OK && pos.data_off <= off) {
			at = pos.index_off;
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return at;
}

bool cq_walk_to(struct cq_lookup *l, const struct cq_table *t, uint64_t off, uint64_t *at, struct cq_position *pos)
{
	int rc;

	*at = cq_walk_from(l, t, off);
	while ((rc = cq_lookup_next(l, at, pos, NULL)) == CQ_OK && pos->data_off < off)
		;
	return rc == CQ_OK;
}

void cq_say_span(struct cq_out *o, struct cq_check_finding *f, uint64_t off, uint64_t len)
{
	const struct cq_table *t = o->table;
	struct cq_buf first = {0}, last = {0};
	struct cq_lookup *l = NULL;
	struct cq_position pos;
	uint64_t at, n = 0;
	int rc;

	if (f == &o->scratch || !t || !t->schema || cq_say_span_trie(o, f, off, len) || cq_lookup_open(&l, t, NULL) != CQ_OK)
		return;
	at = cq_walk_from(l, t, off);
	while ((rc = cq_lookup_next(l, &at, &pos, NULL)) == CQ_OK && pos.data_off < off + len) {
		/* The last one at or before off is the first that reaches into the span. */
		n = pos.data_off <= off ? 1 : n + 1;
		cq_buf_clear(&last);
		cq_buf_slice(&last, pos.key);
		if (n == 1) {
			cq_buf_clear(&first);
			cq_buf_slice(&first, pos.key);
		}
	}
	if (n && !first.failed && !last.failed)
		cq_say_keys(o, f, cq_buf_bytes(&first), cq_buf_bytes(&last), n, rc < 0);
	cq_buf_finish(&first);
	cq_buf_finish(&last);
	cq_lookup_close(l);
}

/* ---- lists of them ---- */

int cq_out_init(struct cq_out *o, const struct cq_selection *s, const struct cq_check_options *opt, struct cq_error *err)
{
	*o = (struct cq_out){ .max = opt->max_findings ? opt->max_findings : 20 };
	o->count = calloc(s->n + 1, sizeof *o->count);
	return o->count ? CQ_OK : cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for findings");
}

struct cq_check_finding *cq_finding_copy(struct cq_arena *a, const struct cq_check_finding *f)
{
	struct cq_check_finding *n = cq_arena_zalloc(a, 1, sizeof *n);

	if (!n)
		return NULL;
	*n = *f;
	n->next = NULL;
	const char **const texts[] = { &n->file, &n->message, &n->expected, &n->found, &n->means, &n->action, &n->bug, &n->because,
		&n->keys.first, &n->keys.last, &n->keys.first_token, &n->keys.last_token };

	for (size_t i = 0; i < CQ_COUNTOF(texts); i++) {
		const char *old = *texts[i];

		if (old && !(*texts[i] = *old ? cq_arena_dup(a, old, strlen(old)) : ""))
			return NULL;
	}
	return n;
}

void cq_out_append(struct cq_out *to, const struct cq_out *from)
{
	const struct cq_rule *rule = to->rule;

	for (const struct cq_check_finding *f = from->first; f; f = f->next) {
		struct cq_check_finding *n;

		if (to->count[f->rule_index]++ >= to->max) {
			to->dropped++;
			continue;
		}
		n = cq_finding_copy(&to->arena, f);
		if (!n) {
			to->nomem = true;
			break;
		}
		keep(to, n);
	}
	for (const struct cq_unmeasured *u = from->unmeasured; u; u = u->next) {
		to->rule = u->rule;
		cq_unmeasured(to, "%s", u->cause ? u->cause : "");
	}
	for (int i = 0; i <= CQ_ERROR; i++)
		to->n[i] += from->n[i];
	to->dropped += from->dropped;
	to->nomem |= from->nomem;
	to->rule = rule;
}

void cq_out_finish(struct cq_out *o)
{
	free(o->count);
	cq_arena_finish(&o->arena);
	*o = (struct cq_out){0};
}

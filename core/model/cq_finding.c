#include "cq_finding.h"

#include <stdarg.h>
#include <stdio.h>

static struct cq_finding *add(struct cq_findings *f, const char *id, enum cq_severity severity, const char *file, int space,
	uint64_t off, const char *message)
{
	struct cq_finding *n = cq_arena_zalloc(&f->arena, 1, sizeof *n);

	f->n++;
	f->errors += severity == CQ_ERROR;
	if (!n)
		return NULL;
	n->id = id;
	n->severity = severity;
	n->file = cq_arena_dup(&f->arena, file, strlen(file));
	n->space = space;
	n->off = off;
	n->message = cq_arena_dup(&f->arena, message, strlen(message));
	if (!n->file || !n->message)
		return NULL;
	if (!f->tail)
		f->tail = &f->first;
	*f->tail = n;
	f->tail = &n->next;
	return n;
}

struct cq_finding *cq_finding_add(struct cq_findings *f, const char *id, enum cq_severity severity, const char *file,
	int space, uint64_t off, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return add(f, id, severity, file, space, off, text);
}

struct cq_finding *cq_finding_error(struct cq_findings *f, const char *id, enum cq_severity severity,
	const struct cq_error *err)
{
	struct cq_finding *n = add(f, id, severity, err->file, err->space, err->off, err->msg);

	if (n)
		n->field = err->field;
	return n;
}

const char *cq_severity_name(enum cq_severity s)
{
	static const char *const names[] = { "info", "warning", "error" };

	return (unsigned)s < CQ_COUNTOF(names) ? names[s] : "?";
}

void cq_findings_finish(struct cq_findings *f)
{
	cq_arena_finish(&f->arena);
	*f = (struct cq_findings){0};
}

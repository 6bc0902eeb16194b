#include "cq_trace.h"

#include <stdarg.h>
#include <stdio.h>

void cq_trace_begin(const cq_trace *tr, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	if (tr->sink->begin)
		tr->sink->begin(tr->arg, field, off, index, name);
}

void cq_trace_end(const cq_trace *tr, uint64_t off, int status)
{
	if (tr->sink->end)
		tr->sink->end(tr->arg, off, status);
}

void cq_trace_number(const cq_trace *tr, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	if (tr->sink->number)
		tr->sink->number(tr->arg, field, off, len, value);
}

void cq_trace_bytes(const cq_trace *tr, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	if (tr->sink->bytes)
		tr->sink->bytes(tr->arg, field, off, value, type);
}

void cq_trace_child(const cq_trace *tr, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	if (tr->sink->child)
		tr->sink->child(tr->arg, unit, index, name);
}

void cq_trace_note(const cq_trace *tr, unsigned field, uint64_t off, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!tr->sink->note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	tr->sink->note(tr->arg, field, off, text);
}

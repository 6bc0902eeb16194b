#include "value_check.h"

#include "cq_buf.h"

enum { SHOWN = 48 };

struct cq_check_finding *value_say(struct cq_pass *p, const struct cq_value_at *at, const struct cq_type *type, cq_slice v,
	const struct cq_error *err)
{
	struct cq_buf cql = {0}, hex = {0};
	struct cq_check_finding *f;

	cq_type_cql(type, &cql);
	cq_buf_hex(&hex, cq_slice_of(v.p, v.len < SHOWN ? v.len : SHOWN));
	if (at->column)
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, at->off, 0, "%s column %.*s is no %s: %s (byte %llu of the value)",
			at->where == CQ_VALUE_CELL ? "the cell of" : "an element of", (int)at->column->name.len, (const char *)at->column->name.p,
			cq_buf_cstr(&cql), err->msg, (unsigned long long)(err->off == CQ_NO_OFFSET ? 0 : err->off));
	else if (at->where == CQ_VALUE_KEY)
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, at->off, 0, "the partition key is no %s: %s", cq_buf_cstr(&cql), err->msg);
	else
		f = cq_say(&p->out, CQ_ERROR, CQ_C_DATA, at->off, 0, "clustering column %u is no %s: %s", at->index, cq_buf_cstr(&cql), err->msg);
	cq_say_found(&p->out, f, "%llu bytes: %s%s", (unsigned long long)v.len, cq_buf_cstr(&hex), v.len > SHOWN ? "..." : "");
	cq_say_partition(p, f);
	cq_buf_finish(&cql);
	cq_buf_finish(&hex);
	return f;
}

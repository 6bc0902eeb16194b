#include "cq_printer.h"

static const struct cq_printer *added[CQ_PRINTERS_MAX];
static size_t nadded;

static const struct cq_printer *named(cq_slice class_name)
{
	for (size_t i = 0; i < nadded; i++)
		if (cq_slice_eq(class_name, cq_slice_str(added[i]->class_name)))
			return added[i];
	return NULL;
}

int cq_printer_add(const struct cq_printer *p, struct cq_error *err)
{
	if (named(cq_slice_str(p->class_name)))
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is a printer of %s already", p->class_name);
	if (nadded == CQ_PRINTERS_MAX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "more than %d printers", CQ_PRINTERS_MAX);
	added[nadded++] = p;
	return CQ_OK;
}

const struct cq_printer *cq_printer_for(const struct cq_type *t)
{
	cq_slice name = t->name;

	if (!nadded || t->kind != CQ_T_CUSTOM)
		return NULL;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] == '(')
			name.len = i;
	return named(name);
}

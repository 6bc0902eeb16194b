#include "cq_cursor.h"

#include <inttypes.h>

int cq_cur_error(const cq_cur *c, struct cq_error *err)
{
	const char *name = cq_field_info(c->field)->name;

	if (!c->status)
		return CQ_OK;
	if (c->reason == CQ_R_SHORT)
		cq_fail(err, c->status, cq_cur_off(c), "%s: %" PRIu64 " bytes expected here, but the bytes end before that",
			name, c->found);
	else
		cq_fail(err, c->status, cq_cur_off(c), "%s: expected %s, found %" PRIu64 " (0x%" PRIx64 ")", name,
			c->expected, c->found, c->found);
	if (err)
		err->field = c->field;
	return c->status;
}

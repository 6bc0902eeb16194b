#include "cq_cursor.h"

#include <inttypes.h>

CQ_COLD void cq_cur_stop(cq_cur *c, const uint8_t *at, int reason, unsigned field, uint64_t found, const char *expected)
{
	c->status = CQ_DAMAGED;
	c->reason = (uint8_t)reason;
	c->field = (uint16_t)field;
	c->found = found;
	c->expected = expected;
	c->p = at;
	c->end = at;
}

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

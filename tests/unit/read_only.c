/* The reading half alone: this program links without the tracing half (cq_trace). That it links is the test: a body that tests
 * its trace, or reports outside the readers of cq_cursor.h, would leave a reference to cq_trace_* behind.
 *
 * It scans a table whose metadata another program wrote into the few bytes below: one partition, one row, one int. */
#include <stdio.h>

#include "data.inc.h"

const struct cq_format *const cq_builtin_formats[] = { NULL };

/*  key "0" | LIVE (80) | row flags 24, size 7, previous size 4, timestamp +0 | cell flags 08, int 42 | end of partition */
static const uint8_t data[] = { 0x00, 0x01, 0x30, 0x80, 0x24, 0x07, 0x04, 0x00, 0x08, 0x00, 0x00, 0x00, 0x2a, 0x01 };

CQ_DATA_SCAN(oa_next, CQ_FEAT_UINT_DELETION_TIME)

int main(void)
{
	static const struct cq_format format = { .name = "oa", .scan_next = oa_next };
	struct cq_column column = { .name = { (const uint8_t *)"v", 1 }, .type = cq_type_simple(CQ_T_INT), .fixed_len = 4 };
	struct cq_error err = {0};
	struct cq_table t = { .format = &format };
	struct cq_space *space;
	struct cq_event ev;
	struct cq_scan *s;
	unsigned seen = 0;
	int rc;

	t.stats.key_type = cq_type_simple(CQ_T_TEXT);
	t.ctx.regulars = (struct cq_kind_columns){ .n = 1, .columns = &column };
	if (cq_space_open_memory(&space, cq_slice_of(data, sizeof data), "Data.db", &err) < 0)
		return 1;
	t.stream = (struct cq_stream){ .raw = space, .len = sizeof data };
	if (cq_scan_open(&s, &t, NULL, &err) < 0)
		return 1;
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK)
		if (ev.kind == CQ_EV_ROW && ev.row->ncells == 1 && cq_be32(ev.row->cells[0].value.p) == 42)
			seen++;
	cq_scan_close(s);
	cq_space_close(space);
	if (rc != CQ_END || seen != 1) {
		fprintf(stderr, "rows %u, status %d: %s\n", seen, rc, err.msg);
		return 1;
	}
	return 0;
}

/* dump_text - events a line each, as sstabledump -d prints them: Cassandra's own text of rows and markers.
 *
 *     [key]@position Row[info=[ts=1700000000000003] ]: 6 | [v=1 ts=1700000000000003], del(m)=deletedAt=..., [m[k]=v ts=...]
 *
 * Bytes that are not of their type print as 0x..., and on_bad is told. */
#ifndef DUMP_TEXT_H
#define DUMP_TEXT_H
#include "dump_json.h"

struct dump_text;

/* As dump_json_open; of the options only as_sstabledump, only_tombstones and on_bad count. */
int dump_text_open(struct dump_text **out, const struct cq_table *t, struct cq_buf *buf, const struct dump_options *opt);
void dump_text_event(struct dump_text *d, const struct cq_event *ev);
/* Accepts NULL. */
void dump_text_close(struct dump_text *d);

#endif

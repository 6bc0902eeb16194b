/* lcq_output - formats of a dump that scripts have added (cq.output).
 *
 *     struct lcq_dump *d;
 *     rc = lcq_output_open(&d, "tsv", &err);                     begin
 *     rc = lcq_output_table(d, table, &err);                     table; then its events
 *     while (rc == CQ_OK && cq_scan_next(...) == CQ_OK) rc = lcq_output_event(d, &ev, &err);     partition, row
 *     lcq_output_table(d, NULL, &err);                           before the table is closed
 *     rc = lcq_output_end(d, &err);                              finish
 *     lcq_output_close(d);
 *
 * What they print goes where the world's output goes (lcq_options.write). A failure is an error of the script, with its words in err; the dump
 * cannot go on. One thread. */
#ifndef LCQ_OUTPUT_H
#define LCQ_OUTPUT_H
#include "cq_scan.h"

struct lcq_dump;

CQ_API const char *lcq_output_name(size_t index);          /* NULL past the last */
/* CQ_NOT_FOUND: there is none of that name. */
CQ_API int lcq_output_open(struct lcq_dump **out, const char *name, struct cq_error *err);
CQ_API int lcq_output_table(struct lcq_dump *d, const struct cq_table *t, struct cq_error *err);
CQ_API int lcq_output_event(struct lcq_dump *d, const struct cq_event *ev, struct cq_error *err);
CQ_API int lcq_output_end(struct lcq_dump *d, struct cq_error *err);
CQ_API void lcq_output_close(struct lcq_dump *d);          /* accepts NULL */

#endif

/* CQLite: Apache Cassandra SSTables read without a JVM, a schema or a running node.
 *
 *     #include <cqlite.h>
 *
 *     struct cq_error err = {0};
 *     struct cq_table *t;
 *     struct cq_scan *s;
 *     struct cq_event ev;
 *
 *     if (cq_table_open(&t, "nb-1-big-Data.db", NULL, &err) == CQ_OK && cq_scan_open(&s, t, NULL, &err) == CQ_OK) {
 *             while (cq_scan_next(s, &ev, &err) == CQ_OK)
 *                     ...
 *             cq_scan_close(s);
 *     }
 *
 * What the headers hold, in the order to read them: cq_base (bytes, statuses, errors), cq_table (opening), cq_event (what a
 * table is made of), cq_scan (reading, looking up, slices), cq_types (values), cq_schema (names), cq_statistics (metadata),
 * cq_doc (every byte as a tree), cq_check (the corruption detector), cq_format (writing a plugin). */
#ifndef CQLITE_H
#define CQLITE_H

#include "cq_base.h"
#include "cq_check.h"
#include "cq_desc_list.h"
#include "cq_event.h"
#include "cq_scan.h"
#include "cq_schema.h"
#include "cq_statistics.h"
#include "cq_table.h"
#include "cq_types.h"

/* The version of this library: "0.1.0". Static. */
CQ_API const char *cq_version(void);

#endif

/* cq_slicer - the part of one partition between two bounds, forward or reversed: what cq_scan_slice makes of a scan.
 * Internal to sst; the manual is in cq_scan.h. */
#ifndef CQ_SLICER_H
#define CQ_SLICER_H
#include "cq_scan.h"

struct cq_slicer;

int cq_slicer_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err);
void cq_slicer_destroy(struct cq_slicer *sl);

#endif

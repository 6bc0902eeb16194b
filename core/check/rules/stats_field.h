/* stats_field - what the rules about Statistics.db share: where a field lies, and findings that point at it.
 *
 *     f = stats_say(c, CQ_ERROR, (struct stats_field){ .field = CQ_F_MAX_TIMESTAMP }, "max timestamp is below the rows'");
 *     stats_suspect(c, f, stored, computed);             when a single flipped bit would explain it
 *
 * Places come from a replay of the section with a sink, when something is to be said; nothing is kept. */
#ifndef CQ_STATS_FIELD_H
#define CQ_STATS_FIELD_H
#include "cq_fields.h"
#include "cq_rule.h"

/* The nth (0: first) leaf or group of this field inside the first group called group (0: anywhere) of a component. */
struct stats_field {
	unsigned field, group;
	size_t nth;
};

/* False when the field is not there. */
bool stats_place(const struct cq_table *t, enum cq_component component, struct stats_field which, uint64_t *off, uint64_t *len);
/* The same for a leaf that is a number. */
bool stats_number(const struct cq_table *t, enum cq_component component, struct stats_field which, uint64_t *value);

struct cq_check_finding *stats_say(struct cq_check *c, enum cq_severity severity, struct stats_field which, const char *fmt, ...)
	CQ_PRINTF(4, 5);

/* f points to a number of f->len bytes, stored as one value where another belongs: when they differ in one bit, say so. */
void stats_suspect(struct cq_check *c, struct cq_check_finding *f, uint64_t stored, uint64_t belongs);
/* The same for bytes of the same length. */
void stats_suspect_bytes(struct cq_check *c, struct cq_check_finding *f, cq_slice stored, cq_slice belongs);

/* Which rows have a timestamp (ldt: a local deletion time that is not "none") outside of [low, high]? Reads the table again, and says a finding of
 * severity about the first of them in Data.db with the keys of all; nothing when there is none. */
void stats_say_outside(struct cq_check *c, enum cq_severity severity, bool ldt, int64_t low, int64_t high);

/* Times for people: "2026-11-24T15:00:00Z (1795532400000000)". Live in the report. */
const char *stats_micros(struct cq_out *o, int64_t micros);
const char *stats_seconds(struct cq_out *o, int64_t ldt);

/* Was the table written by Scylla? Its sketches and histograms follow other rules. */
bool stats_scylla(const struct cq_check *c);
/* How many of the independent figures disagree with the rows: number of partitions, of rows, timestamps, sizes, sketch. When most of them do,
 * Statistics.db is another table's, and rule mix says it. */
bool stats_of_others(const struct cq_check *c);
/* For findings of rules that such a Statistics.db makes fire. */
void stats_because(const struct cq_check *c, struct cq_check_finding *f);

#endif

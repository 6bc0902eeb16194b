/* dump_json - events as sstabledump's JSON, straight into a buffer.
 *
 *     struct dump_json *j;
 *     dump_json_open(&j, table, &out, &options);
 *     dump_json_begin(j);
 *     for each event: dump_json_event(j, &ev);                 the caller empties out when it has grown
 *     dump_json_end(j);                                        closes whatever is open: valid JSON after every event
 *     dump_json_close(j);
 *
 * The layout, to the byte, is what Cassandra 5.0's sstabledump prints, its uneven spots included (a deleted cell ends on a
 * line of its own). Values are raw as their type prints them. A value that its type cannot print becomes a string of
 * its bytes ("0x..."), and on_bad is told.
 *
 * Nothing is allocated while events are written, but for the growth of out. */
#ifndef DUMP_JSON_H
#define DUMP_JSON_H
#include "cq_buf.h"
#include "cq_event.h"
#include "cq_table.h"

/* A value of the event at hand is not of its type. what: the column's name, or "clustering", "partition key". */
typedef void dump_bad(void *arg, const struct cq_event *ev, cq_slice what, uint64_t off, const struct cq_error *err);

struct dump_options {
	bool lines;                /* -l: one partition a line, no white space */
	bool raw_times;            /* -t: numbers instead of dates */
	bool as_sstabledump;       /* its wrong values too: counters, position of partition and static row */
	bool only_tombstones;      /* -o */
	bool continues;            /* something was printed before by another table's: begin with what separates */
	int64_t now;               /* seconds: what "expired" compares with */
	dump_bad *on_bad;
	void *arg;
};

struct dump_json;

/* The table is borrowed until dump_json_close, the buffer too. CQ_ENOMEM at worst. */
int dump_json_open(struct dump_json **out, const struct cq_table *t, struct cq_buf *buf, const struct dump_options *opt);
void dump_json_begin(struct dump_json *j);
void dump_json_event(struct dump_json *j, const struct cq_event *ev);
void dump_json_end(struct dump_json *j);
/* Only the key of the partition at off, as -e prints it, between a begin and an end. */
void dump_json_key(struct dump_json *j, cq_slice key, uint64_t off);
/* Another writer printed partitions behind the begin. */
void dump_json_others(struct dump_json *j);
/* Has a partition been printed, here or before (options.continues)? */
bool dump_json_any(const struct dump_json *j);
/* Accepts NULL. */
void dump_json_close(struct dump_json *j);

#endif

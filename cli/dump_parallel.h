/* dump_parallel - a whole table as JSON by several threads, byte for byte what one would print.
 *
 *     struct dump_parallel p = { .cli = cli, .table = t, .opt = &opt, .jobs = 4, .progress = &progress };
 *     dump_json_begin(json);
 *     rc = dump_parallel(&p, &err);
 *     if (!p.ended)
 *             dump_json_end(json);
 *
 * The table is cut into pieces, at partitions that the index names for evenly spaced tokens. A thread takes the next
 * piece and formats it into a buffer of its own; the one that has the first piece that is not finished has the turn, and writes.
 * The others format ahead until their buffers are full: memory follows the number of threads, not the table.
 *
 * The index is believed only as far as the rows agree: where a piece does not begin at the byte where the one before it
 * ended, what was formatted of it is thrown away, and the thread with the turn reads on alone to the end of the table. Damage, too,
 * ends the dump where it would have ended. */
#ifndef DUMP_PARALLEL_H
#define DUMP_PARALLEL_H
#include "cli.h"
#include "dump_json.h"

enum { DUMP_JOBS_MAX = 64 };

struct dump_parallel {
	struct cli *cli;
	const struct cq_table *table;
	const struct dump_options *opt;        /* only_tombstones is not for this. on_bad is called by one thread at a time */
	unsigned jobs;                         /* 2 to DUMP_JOBS_MAX */
	struct cli_progress *progress;
	/* out */
	bool any;                              /* a partition has been printed */
	bool ended;                            /* it stopped inside, and closed what was open itself */
};

/* Threads that are worth it for this table: 1 when it is small or nothing can cut it. asked: --jobs, 0 when not given; then
 * small tables are cut as well. */
unsigned dump_parallel_jobs(const struct cq_table *t, unsigned asked);

/* CQ_END; or what stopped it, with err. */
int dump_parallel(struct dump_parallel *p, struct cq_error *err);

#endif

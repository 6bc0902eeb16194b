/* lenient - reading around damage for commands: a lenient scan (cq_lenient.h) that says on standard error what it skipped.
 *
 *     struct lenient v = { .cli = cli, .table = table };
 *     rc = lenient_open(&v, &scan_options, &err);
 *     while (rc == CQ_OK && (rc = cq_lenient_next(v.scan, &ev, &err)) == CQ_OK) ...
 *     code = lenient_end(&v);                        the summary; CLI_FOUND when anything was skipped or is otherwise damaged
 */
#ifndef CLI_LENIENT_H
#define CLI_LENIENT_H
#include "cli.h"
#include "cq_lenient.h"

struct lenient {
	struct cli *cli;
	const struct cq_table *table;
	struct cq_lenient *scan;
	uint64_t spans;                        /* that were skipped, so far */
	/* private */
	uint64_t guesses, negative;
	uint64_t lost, perhaps;
	bool unknown;
	struct lenient_keys {                  /* of the span at hand */
		struct cq_buf names;
		uint64_t named, nowhere;       /* the latter: in the trie they have no name */
	} lost_keys, perhaps_keys;
};

int lenient_open(struct lenient *v, const struct cq_scan_options *opt, struct cq_error *err);
/* Closes the scan. */
int lenient_end(struct lenient *v);

#endif

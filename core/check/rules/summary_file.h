/* summary_file - Summary.db as the rules about it read it.
 *
 *     struct summary_file f;
 *     if (summary_open(&f, table)) { for (i = 0; i < f.info.n; i++) summary_sample(&f, i, &s, &err); }
 *     summary_close(&f);
 *
 *     24 bytes of numbers | n offsets | n times (key, position) | length, first key | length, last key */
#ifndef CQ_SUMMARY_FILE_H
#define CQ_SUMMARY_FILE_H
#include "cq_format.h"
#include "cq_index.h"
#include "cq_pages.h"
#include "cq_rule.h"

struct summary_file {
	struct cq_summary_info info;
	struct cq_pages pages;
};

struct summary_sample {
	uint64_t off, len;                     /* of key and position, in the file */
	cq_slice key;                          /* borrowed until the next call */
	uint64_t position;                     /* in Index.db */
	uint64_t offset_at;                    /* where its offset stands */
};

struct summary_ends {
	uint64_t first_at, last_at, end;       /* of the lengths before the keys; behind the last key */
	struct cq_buf first, last;
};

/* False: there is no summary whose header can be read. */
bool summary_open(struct summary_file *f, const struct cq_table *t);
void summary_close(struct summary_file *f);
/* CQ_DAMAGED when its offset cannot be: err says what was expected. */
int summary_sample(struct summary_file *f, uint64_t i, struct summary_sample *out, struct cq_error *err);
int summary_ends(struct summary_file *f, struct summary_ends *out, struct cq_error *err);

#endif

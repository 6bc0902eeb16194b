/* index_step - the index walked in step with the rows, once for all rules that compare the two.
 *
 *     struct index_step *s = index_step_of(p);                in begin; NULL: no memory
 *     if (s->match == INDEX_WRONG_KEY) ...                    in event
 *
 * It goes on with every PARTITION, ROW, MARKER and PARTITION_END before the rules hear of it; an event with something to say about is
 * CQ_ODD_INDEX. What it finds stays until the next event of the same piece. What lies in spans that the scan had to skip is
 * passed over (index_step_skipped, from every rule's skipped). */
#ifndef CQ_INDEX_STEP_H
#define CQ_INDEX_STEP_H
#include "cq_format.h"
#include "cq_index.h"
#include "cq_rule.h"

/* The entry of the partition that the pass is in. */
enum index_match {
	INDEX_NONE,                /* not compared: there is no index, or the way in it is lost */
	INDEX_MATCH,
	INDEX_WRONG_KEY,           /* the position is right, the key (or the path of a leaf) is another's */
	INDEX_WRONG_POSITION,      /* the other way round */
	INDEX_MISSING,
	INDEX_DAMAGED,             /* it is there, and cannot be read: err */
};

/* Why the blocks of a partition do not fit its rows. The first one ends the comparison. */
enum index_fault {
	INDEX_FITS,
	INDEX_NO_BLOCK,            /* a row behind the last block */
	INDEX_START,               /* the block does not start where it should */
	INDEX_WIDTH,               /* it does not end where a row ends */
	INDEX_LEFT,                /* there are blocks behind the partition's end */
	INDEX_UNREADABLE,          /* err */
};

/* Entries that no partition belongs to. */
struct index_extra {
	uint64_t n;
	uint64_t off, len;         /* all of them, in the index's file */
	uint64_t start;            /* BIG: where the way was lost */
	bool swallowed;            /* BIG: the entry that should follow stands inside of the one before */
	uint64_t data_off;         /* where the first one points */
	struct cq_buf key;         /* of the first; empty when it has none */
};

struct index_span {
	uint64_t off, end;
};

struct index_step {
	struct cq_index *x;        /* NULL: status, err say why */
	int status;
	struct cq_error err;       /* of status, match, fault */
	bool bti;
	bool started, have, ended, lost;
	bool told;                 /* e was given with the partition before, and does not end where it says */
	bool unread;               /* e was met, but cannot be read further */
	uint64_t first_off;        /* of the piece's first entry; CQ_NO_OFFSET: none yet */
	struct cq_index_entry e;   /* of the partition, with MATCH and WRONG_...; the one behind it with MISSING */
	unsigned misses;
	/* the partition */
	enum index_match match;
	struct index_extra extra;  /* before it */
	uint64_t damages;          /* places of the index that cannot be read, before it; damage: the first */
	struct cq_error damage;
	struct cq_buf comparable, before;      /* BTI: byte-comparable form of the key and of the partition's before */
	bool comparable_ok, before_ok;
	bool gap;                  /* something was skipped since the partition before */
	struct index_span *spans;
	size_t nspans, spans_cap;
	bool spans_full;
	/* its rows */
	bool blocks;               /* blocks are compared */
	bool torn;                 /* some of its rows are not known */
	struct cq_index_rows rows;
	enum index_fault fault;    /* found at this event */
	struct cq_index_block b;   /* with starts or ends: the block */
	bool starts, closes;       /* this row or marker is its first, its last */
	uint64_t at, len;          /* of the row or marker, from the partition's start */
	struct cq_deletion open_before, open;  /* range deletion before it and behind it */
	uint64_t seen;             /* rows and markers of this partition before this one */
	/* private */
	struct cq_step *step;
	bool in_block, closing, next_ok, gap_ahead;
	uint64_t block_end;
	struct cq_index_block next;
	struct cq_buf separator;
};

/* In begin. The first one that asks makes it a step of the pass; events with something for its rules are CQ_ODD_INDEX. */
struct index_step *index_step_of(struct cq_pass *p);
void index_step_skipped(struct index_step *s, const struct cq_skipped *k);

/* Entries that are left when the piece's partitions are through: up to the entry at off until, CQ_NO_OFFSET: up to the last. */
void index_step_drain(struct index_step *s, uint64_t until, struct index_extra *out);

/* For a rule's state that holds nothing but the step. */
struct index_rule {
	struct index_step *step;
};
void index_rule_begin(struct cq_pass *p, void *state);
void index_rule_skipped(struct cq_pass *p, void *state, const struct cq_skipped *k);
void index_rule_merge(struct cq_pass *p, void *state, void *next);
/* For cq_rule.concerns: tables with Index.db, with tries, whose partitions can have an index of their rows. */
bool index_big(const struct cq_table *t);
bool index_bti(const struct cq_table *t);
bool index_big_rows(const struct cq_table *t);
bool index_rows(const struct cq_table *t);
/* True: this rule is about the table's kind of index and the index can be read. Says unmeasured when it cannot. */
bool index_usable(struct cq_out *o, const struct index_step *s, bool bti);

/* Where entries stand. */
static inline enum cq_component index_component(const struct index_step *s)
{
	return s->bti ? CQ_C_PARTITIONS : CQ_C_INDEX;
}

static inline bool deletion_eq(struct cq_deletion a, struct cq_deletion b)
{
	return a.timestamp == b.timestamp && a.ldt == b.ldt;
}

/* "live", or "timestamp 5, local deletion time 7". Borrowed from out. */
const char *deletion_text(struct cq_deletion d, char out[96]);


#endif

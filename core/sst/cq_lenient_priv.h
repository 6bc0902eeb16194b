/* What the parts of the lenient scan share: cq_lenient.c gives the events, cq_lenient_resume.c finds where to go on through the
 * index, cq_lenient_guess.c without it, cq_lenient_negative.c reads what only looks like damage. The manual is in
 * cq_lenient.h. */
#ifndef CQ_LENIENT_PRIV_H
#define CQ_LENIENT_PRIV_H
#include "cq_arena.h"
#include "cq_format.h"
#include "cq_index.h"
#include "cq_lenient.h"

/* A copy of an entry of the partition index. */
struct lenient_entry {
	bool has;
	struct cq_index_entry e;               /* key and path lie in the buffers */
	struct cq_buf key, path;
};

/* A copy of a partition's header. */
struct lenient_partition {
	struct cq_partition p;                 /* its key lies in the buffer */
	struct cq_buf key;
};

enum { LENIENT_WAITING = 6 };

struct cq_lenient {
	struct cq_scan *s;                     /* NULL: Data.db is empty */
	const struct cq_table *table;
	struct cq_lenient_options opt;
	uint64_t end;                          /* partitions start before it */
	uint64_t skipped;

	/* What a plain step leaves for the day that something is wrong: places, to read there again. */
	uint64_t partition;                    /* of the partition begun last; CQ_NO_OFFSET: none */
	uint64_t last;                         /* of its last row or marker; CQ_NO_OFFSET: none */
	struct cq_deletion open;               /* range deletion open behind that */
	struct cq_error why;

	bool special;                          /* anything of the following: not a plain step */
	bool finished;
	bool ranged;                           /* by tokens */
	struct cq_token_range range;
	bool passing;                          /* the partition at hand lies before the range */
	bool mended;                           /* we are in a partition that was entered at a block: is what the index said of
	                                          range deletions so? */
	struct cq_event waiting[LENIENT_WAITING];
	unsigned nwaiting, given;
	struct cq_marker closing, opening;

	/* one gap */
	struct cq_arena arena;
	struct lenient_partition broken;       /* the partition begun last */
	struct lenient_partition entered;      /* one whose header cannot be read, as the index has it */
	bool made;                             /* the partition begun last is that one */
	struct lenient_partition negative;     /* the last one read with a negative deletion; its key lies in the buffer */
	uint64_t negative_off;                 /* not told yet: where it stands; CQ_NO_OFFSET: none, or told */
	struct cq_error negative_why;
	bool has_before;
	struct cq_prefix before;               /* of the last row or marker that came of it; in the arena */
	struct cq_deletion block_open;         /* resumed at a block: what is open there, by the row index */

	/* where bytes cannot be had */
	uint64_t bad_from, bad_to;             /* the bad chunk (or block of CRC.db) met last */
	struct cq_stream plain;                /* the stream behind the last checksum of CRC.db */
	struct cq_stream near;                 /* the stream up to where a guess may look */
	uint64_t budget;                       /* bytes that guesses may still cost */

	/* the partition index */
	struct cq_index *x;
	struct cq_lookup *ask;
	bool index_tried, index_started;
	bool dear;                             /* there is no quick way to a key: go on from where we are */
	bool torn;                             /* entries may be missing since the walk was brought to a key */
	unsigned restarts, lies;
	struct cq_buf comparable;
	struct lenient_entry cur, ahead;       /* the next entry, and the one behind it */
	struct lenient_entry mine;             /* of the partition begun last, when the walk met it */
	/* blocks of the partition at rows_of */
	uint64_t rows_of;                      /* CQ_NO_OFFSET: none */
	bool rows_open, has_block;
	struct cq_index_rows rows;
	struct cq_index_block block;
	struct cq_deletion rows_before;        /* BIG: open at the end of the block before */
	uint64_t rows_start;                   /* the block before starts there */
};

/* One decoding step of the scan, which stands at a unit. CQ_DAMAGED: the bad chunk, if that is the cause, is noted. A partition
 * with a negative deletion is read as what it is, and negative_off and negative_why say so. */
int cq_lenient_step(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err);

/* The scan stands at a partition whose deletion begins with flags that are none. CQ_OK: they are the sign of a timestamp, *ev is the
 * PARTITION event, with the deletion. CQ_NOT_FOUND: not so, the scan stands where it stood. */
int cq_lenient_negative(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err);

/* The window could not be filled, or its bytes made no sense: which? A bad chunk is noted. True: try again. */
bool cq_lenient_note_bad(struct cq_lenient *l);

/* Go to stream offset off, where a unit of this kind is expected. */
void cq_lenient_go(struct cq_lenient *l, uint64_t off, enum cq_scan_state state);

static inline const struct cq_prefix *cq_lenient_prefix(const struct cq_event *ev)
{
	return ev->kind == CQ_EV_MARKER ? &ev->marker->bound : &ev->row->clustering;
}

static inline uint64_t cq_lenient_prev_size(const struct cq_event *ev)
{
	return ev->kind == CQ_EV_MARKER ? ev->marker->prev_size : ev->row->prev_size;
}

static inline bool cq_lenient_bad(const struct cq_lenient *l, uint64_t off)
{
	return off >= l->bad_from && off < l->bad_to;
}

bool cq_lenient_keep_partition(struct lenient_partition *to, const struct cq_partition *p);

/* Where to go on behind the bad unit at sp->off: *ev is the first event there, sp->resume and the counts of keys are set; a
 * key that is lost is told. CQ_END: nowhere. Negative: the world says no. */
int cq_lenient_resume(struct cq_lenient *l, struct cq_skipped *sp, struct cq_event *ev, struct cq_error *err);

/* The partitions that the index places at sp->off and behind: lost, told and counted in sp. None of them where the index is
 * damaged or contradicts itself (keys_known is false then): it may name places that never were. */
int cq_lenient_rest(struct cq_lenient *l, struct cq_skipped *sp, struct cq_error *err);

/* What Filter.db says: 0 is a no. */
int cq_lenient_filter(struct cq_lenient *l, cq_slice key);

/* Does the index have this key, wherever it says that it is? CQ_OK: *data_off; CQ_NOT_FOUND; CQ_EUNSUPPORTED: not to be asked. */
int cq_lenient_find(struct cq_lenient *l, cq_slice key, uint64_t *data_off);

/* The first thing from off on, and before end, that looks like a partition. CQ_OK: *ev is its PARTITION event. CQ_END. */
int cq_lenient_guess(struct cq_lenient *l, uint64_t off, uint64_t end, struct cq_event *ev, struct cq_error *err);

#endif

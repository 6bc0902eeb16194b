/* cq_lenient - a scan that goes on after damage, and accounts for every byte that it could not use.
 *
 *     static void skipped(void *arg, const struct cq_skipped *s) { ... s->off, s->len, s->why.msg ... }
 *
 *     struct cq_lenient_options opt = { .skipped = skipped };
 *     struct cq_lenient *l;
 *
 *     rc = cq_lenient_open(&l, table, &opt, &err);
 *     while ((rc = cq_lenient_next(l, &ev, &err)) == CQ_OK) ...          the same events as cq_scan_next gives
 *     rc is CQ_END at the end, however much was skipped; negative only when the world said no (I/O, memory)
 *     cq_lenient_close(l);
 *
 * Where the data is healthy the events are those of cq_scan, at the same cost. At damage (a chunk whose checksum differs, a
 * place where no chunk can be, bytes that decode to nonsense) the scan goes on at the next place that something outside of
 * the damaged bytes names and that stands there: the next block of the same partition in its row index, or the next
 * partition in the index or trie. Only where no index helps does it look for something that can be a partition: a guess,
 * and called one. Nothing is ever taken from a chunk or block whose checksum fails; a unit that straddles one is lost.
 *
 * The events stay a well-formed stream. Events that do not stand in the file have len 0:
 *   - a partition that broke off, or whose end was not found, is ended by a PARTITION_END of len 0;
 *   - a partition whose header cannot be read, but some block of it, begins with a PARTITION of len 0: key and deletion are
 *     those of its row index. Its static row is lost;
 *   - a range tombstone that was open when a partition broke off is closed by a MARKER of len 0, just behind the last row or
 *     marker that came; one that the row index says to be open where the scan goes on is opened by a MARKER of len 0 just
 *     before the first that comes, and where the row index is wrong about that, two may follow to put it right. What such a
 *     deletion covered in between is not known, and not claimed.
 * Read otherwise than by cq_scan is one thing: a partition deletion with a negative timestamp. Cassandra 5.0 writes it (oa, da) so
 * that its sign stands where the deletion's flags are, and can then not read it. Where what follows proves that it is one, the
 * partition comes with that deletion, as it was meant, and a span of len 0 in front of it says so (CQ_RESUME_NEGATIVE). Nobody loses
 * by that: the bytes cannot be anything else that a writer writes, what the deletion covers is deleted as the client asked, and
 * rows with timestamps that are not negative stay; left out, the partition's rows would be lost with it. A strict scan says
 * CQ_DAMAGED, as Cassandra does.
 *
 * An empty static row is no event, in cq_scan as here; its bytes are read, not skipped. The sum of the len of all events,
 * of such static rows, and of all skipped spans is the length of the stream (of the part that was asked for).
 *
 * A span may have len 0: where data ends in the middle of a partition or before partitions that the index has, and where only
 * a partition's end is missing. With a range of stream offsets (scan.start, scan.end) a span ends at scan.end; the piece that
 * begins there tells the rest of the same damage as its own.
 *
 * One lenient scan belongs to one thread; a table may have many. Everything an event points to is borrowed until the next
 * cq_lenient_next. */
#ifndef CQ_LENIENT_H
#define CQ_LENIENT_H
#include "cq_scan.h"

struct cq_lenient;

enum cq_resume {
	CQ_RESUME_NONE,            /* nothing readable after it */
	CQ_RESUME_INDEX,           /* at a partition that the index or trie names and whose key stands there */
	CQ_RESUME_BLOCK,           /* inside a partition, at a block its row index (promoted index / Rows.db) names: mostly the same
	                              one, else one whose header cannot be read */
	CQ_RESUME_GUESS,           /* at something that looks like a partition start: a guess */
	CQ_RESUME_NEGATIVE,        /* right here, len is 0: key says whose deletion was read as one with a negative timestamp */
};

/* A run of stream bytes that no event came out of. */
struct cq_skipped {
	uint64_t off, len;         /* decompressed stream (raw when not compressed) */
	struct cq_error why;       /* the first thing wrong there */
	bool in_partition;         /* it begins inside a partition that was begun: partition_off, key say which */
	uint64_t partition_off;
	cq_slice key;              /* borrowed for the call */
	enum cq_resume resume;
	uint64_t resumed_at;       /* stream offset, off + len */
	uint64_t keys_lost;        /* partitions that the index places wholly inside: lost for certain */
	uint64_t keys_perhaps;     /* partitions that lost some rows, or may have (the one it begins in, the one it resumes in) */
	bool keys_known;           /* false: no usable index; the counts are then lower bounds */
	struct cq_deletion deletion;       /* CQ_RESUME_NEGATIVE: as it was read */
};

struct cq_lenient_options {
	struct cq_scan_options scan;
	/* Every span, in order, before the first event behind it. */
	void (*skipped)(void *arg, const struct cq_skipped *s);
	/* Every key that a span touches, before the span itself; may be NULL. certain: nothing of it was read. key.p is NULL when
	 * the index has only the beginning of its order (BTI, a partition without a row index). Borrowed for the call. */
	void (*lost)(void *arg, cq_slice key, uint64_t data_off, bool certain);
	void *arg;
};

CQ_API int cq_lenient_open(struct cq_lenient **out, const struct cq_table *t, const struct cq_lenient_options *opt,
	struct cq_error *err);
/* CQ_OK, CQ_END; negative only for I/O and memory, and for a codec that this build does not have. */
CQ_API int cq_lenient_next(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err);
/* Stream bytes behind us: for progress. */
CQ_API uint64_t cq_lenient_position(const struct cq_lenient *l);
/* The sum of what skipped was called with so far. */
CQ_API uint64_t cq_lenient_skipped_bytes(const struct cq_lenient *l);
CQ_API void cq_lenient_close(struct cq_lenient *l);

#endif

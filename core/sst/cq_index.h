/* cq_index - the partition index as it stands in its files, for who compares it with the rows.
 *
 *     struct cq_index *x;
 *     struct cq_index_entry e;
 *
 *     rc = cq_index_open(&x, table, &err);
 *     while ((rc = cq_index_next(x, &e, &err)) == CQ_OK) {
 *             struct cq_index_rows rows;
 *             struct cq_index_block b;
 *
 *             if (e.wide && cq_index_rows(x, &e, &rows, &err) == CQ_OK)
 *                     while ((rc = cq_index_block(x, &b, &err)) == CQ_OK) ...
 *     }
 *     cq_index_close(x);
 *
 * A look-up (cq_scan.h) answers questions; this gives every entry in order with the places of its fields, whether or not it
 * makes sense, and reads each file from front to back. Everything lent is borrowed until the next call that reads the same kind
 * of thing: keys and paths until the next entry, clusterings and separators until the next block.
 *
 * BIG: Index.db; BTI: the leaves of Partitions.db, with the entries of Rows.db that they name. Not thread safe. */
#ifndef CQ_INDEX_H
#define CQ_INDEX_H
#include "cq_scan.h"

struct cq_index;

/* Where a field stands in its file. */
struct cq_span_at {
	uint64_t off;
	uint32_t len;
};

/* A partition. */
struct cq_index_entry {
	uint64_t off, len;                 /* BIG: its entry in Index.db, promoted index included; BTI: its leaf in Partitions.db */
	cq_slice key;                      /* p NULL: BTI, not wide: the index has only the beginning of its order (path) */
	uint64_t data_off;                 /* where it should be in the stream */
	struct cq_span_at at;                /* of that number: Index.db, Partitions.db (Rows.db when rows_db) */
	bool rows_db;
	bool wide;                         /* there is an index of its rows */
	struct cq_span_at length_at;         /* BIG: of the promoted index's length */
	uint64_t rows_off, rows_len;       /* of the index of its rows: in Index.db, behind the key; BTI: its entry in Rows.db */
	uint64_t odd;                      /* a number in it is not written in the shortest way: where; CQ_NO_OFFSET: none is */
	/* BTI */
	cq_slice path;                     /* what leads to the leaf: the beginning of the key's byte-comparable form */
	bool has_hash;
	uint8_t hash;
	uint64_t hash_at;
	uint64_t rows_start;               /* where the row trie may start at the earliest: behind the entry given before; CQ_NO_OFFSET: not known */
};

/* What the index of one partition's rows says before its blocks. */
struct cq_index_rows {
	uint64_t header_len;               /* BIG: bytes from the partition's start to its first unfiltered */
	struct cq_deletion deletion;       /* of the partition */
	uint64_t blocks;
	struct cq_span_at header_at, deletion_at, blocks_at;
	uint64_t odd;                      /* as in an entry */
	uint64_t trie_start, root, trie_end;       /* BTI: its trie; start CQ_NO_OFFSET: not known */
};

/* A block; BTI: also the last one of its trie, which stands for the partition's end and is no block. */
struct cq_index_block {
	uint64_t index;
	bool end;                          /* BTI: it stands for the partition's end */
	uint64_t off, len;                 /* its description: in Index.db, of the node in Rows.db */
	uint64_t start;                    /* of its first unfiltered, from the partition's start */
	struct cq_span_at start_at;
	struct cq_deletion open;           /* range deletion that is open at its end (BIG), before its start (BTI) */
	struct cq_span_at open_at;
	uint64_t odd;
	/* BIG */
	struct cq_prefix first, last;
	struct cq_span_at first_at, last_at, width_at;
	uint64_t width;
	uint32_t pointer, pointer_wanted;  /* where the table of pointers says that it stands, and where it does */
	struct cq_span_at pointer_at;
	/* BTI */
	cq_slice separator;
};

/* The end of Partitions.db. */
struct cq_index_ends {
	uint64_t keys_at, count, root;
	struct cq_span_at keys_place, count_place, root_place;
	cq_slice first, last;
	struct cq_span_at first_at, last_at;
	uint64_t behind;                   /* where the keys end; the numbers should begin there */
	uint64_t trie_end;
};

/* Summary.db, and Filter.db, by their headers. */
struct cq_summary_info {
	uint32_t interval, n, level, full;
	uint64_t size;                     /* of offsets and entries */
	uint64_t at;                       /* where the offsets start */
};
struct cq_filter_info {
	uint32_t hashes, words;
	uint64_t at;                       /* where the bits start */
	bool old_order;                    /* by the version: words are big-endian numbers */
	bool maybe_old;                    /* the version was written in both orders */
};

/* What a format gives (cq_format.index). */
struct cq_index_ops {
	int (*open)(struct cq_index *x, struct cq_error *err);
	void (*close)(struct cq_index *x);
	int (*seek)(struct cq_index *x, uint64_t at, cq_slice comparable, struct cq_error *err);
	int (*next)(struct cq_index *x, struct cq_index_entry *out, struct cq_error *err);
	int (*find)(struct cq_index *x, cq_slice key, uint64_t data_off, uint64_t limit, uint64_t *from, struct cq_error *err);
	int (*rows)(struct cq_index *x, const struct cq_index_entry *e, struct cq_index_rows *out, struct cq_error *err);
	int (*block)(struct cq_index *x, struct cq_index_block *out, struct cq_error *err);
	int (*ends)(struct cq_index *x, struct cq_index_ends *out, struct cq_error *err);
	int (*tidy)(struct cq_index *x, uint64_t start, uint64_t root, uint64_t end, bool in_rows, struct cq_error *err);
	bool (*summary)(const struct cq_table *t, struct cq_summary_info *out);
	bool (*filter)(const struct cq_table *t, struct cq_filter_info *out);
};

struct cq_index {
	const struct cq_table *table;
	const struct cq_index_ops *ops;
	void *state;                       /* the format's own */
};

/* CQ_EUNSUPPORTED when the table has no index, CQ_DAMAGED when it has no beginning (BTI: its end cannot be read). */
CQ_API int cq_index_open(struct cq_index **out, const struct cq_table *t, struct cq_error *err);
CQ_API void cq_index_close(struct cq_index *x);

/* Go to an entry: at is what a look-up gave as cq_position.index_off, comparable its key's byte-comparable form (BTI, where that
 * alone decides; empty: the first entry). CQ_NOT_FOUND: there is none. */
CQ_API int cq_index_seek(struct cq_index *x, uint64_t at, cq_slice comparable, struct cq_error *err);

/* CQ_OK, CQ_END. After CQ_DAMAGED: out->off says where; the next call goes on behind the damage where that can be found (BTI),
 * repeats the answer where not (BIG: cq_index_find). */
CQ_API int cq_index_next(struct cq_index *x, struct cq_index_entry *out, struct cq_error *err);

/* BIG: where the way is lost, the next place at most limit bytes on where bytes stand that are an entry of this key and position; next
 * goes on with it. The search starts at *from: where the entry given last begins, or in the promoted index of the one before it, whose
 * length may be what is wrong. CQ_NOT_FOUND: nothing moves. */
CQ_API int cq_index_find(struct cq_index *x, cq_slice key, uint64_t data_off, uint64_t limit, uint64_t *from, struct cq_error *err);

/* The row index of the entry that next gave last; then its blocks, CQ_END behind the last. CQ_DAMAGED ends it. */
CQ_API int cq_index_rows(struct cq_index *x, const struct cq_index_entry *e, struct cq_index_rows *out, struct cq_error *err);
CQ_API int cq_index_block(struct cq_index *x, struct cq_index_block *out, struct cq_error *err);

/* BTI. Is every byte from start to end part of one node that one other node points to, or zero padding at a page's end? The
 * first byte that is not is CQ_DAMAGED; err->field is CQ_F_PADDING when nothing but padding is concerned, CQ_F_TRIE_DISTANCES
 * when unused bits are. in_rows: a trie of Rows.db. */
CQ_API int cq_index_ends(struct cq_index *x, struct cq_index_ends *out, struct cq_error *err);
CQ_API int cq_index_tidy(struct cq_index *x, uint64_t start, uint64_t root, uint64_t end, bool in_rows, struct cq_error *err);

/* False: there is none, or its header cannot be. */
CQ_API bool cq_summary_info(const struct cq_table *t, struct cq_summary_info *out);
CQ_API bool cq_filter_info(const struct cq_table *t, struct cq_filter_info *out);

/* The byte-comparable form of a clustering or bound, as separators of Rows.db are made of: each value behind a separator, then a
 * byte for the kind. out is cleared first. CQ_DAMAGED: a value is not one of its type. */
CQ_API int cq_prefix_comparable(const struct cq_table *t, const struct cq_prefix *prefix, struct cq_buf *out, struct cq_error *err);

#endif

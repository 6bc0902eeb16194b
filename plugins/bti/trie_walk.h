/* trie_walk - finding one's way in a trie of Partitions.db or Rows.db, a page of the file at a time.
 *
 *     struct trie t = { .pages = &l->partitions, .which = TRIE_PARTITIONS, .root = root, .end = keys };
 *     rc = trie_exact(&t, key, &leaf, &err);             the node where the key's walk ends
 *     rc = trie_ceiling(&t, key, &first, &second, &err)  where the keys from key on start
 *
 * Nothing is kept of a trie but these few numbers. A node is CQ_DAMAGED when it does not fit its page or stands where
 * none can; as children stand before parents, every walk ends. Keys are byte-comparable forms. */
#ifndef CQ_TRIE_WALK_H
#define CQ_TRIE_WALK_H
#include "trie.inc.h"

/* Levels of a trie, that is bytes of a key. Partition keys are at most 64 KiB and at most four times that as a key with its
 * token; clusterings are several of such values. A damaged file may be one long chain. */
#define TRIE_DEPTH_MAX ((size_t)1 << 22)

struct trie {
	struct cq_pages *pages;
	enum trie_which which;
	uint64_t start, root, end;             /* end: behind the root */
};

/* The bytes that the node at off and its payload can have: to the end of its page, at most. Borrowed until the next read of
 * pages. */
int trie_bytes(const struct trie *t, uint64_t off, cq_slice *bytes, struct cq_error *err);
/* Decode the node at off. payload: its bytes, for trie_read_payload; both are borrowed until the next read of pages. */
int trie_read(const struct trie *t, uint64_t off, struct trie_node *n, cq_cur *payload, struct cq_error *err);
/* Node and payload; CQ_NOT_FOUND when it has none. */
int trie_read_payload(const struct trie *t, uint64_t off, struct trie_payload *p, struct cq_error *err);

/* Where the walk for key ends. CQ_OK: at a payload, of a key that may be this one or share its beginning (keys are cut
 * when nothing else begins alike). CQ_NOT_FOUND. */
int trie_exact(const struct trie *t, cq_slice key, uint64_t *node, struct cq_error *err);

/* The payloads where keys >= key begin: *maybe is one whose key begins as this one does and may be before or behind it
 * (CQ_NO_OFFSET: none), *sure the first one certainly behind (CQ_NO_OFFSET: none). */
int trie_ceiling(const struct trie *t, cq_slice key, uint64_t *maybe, uint64_t *sure, struct cq_error *err);

/* The last payload whose path is <= key; < key when strict. path (which may not be key's own buffer) becomes its path.
 * CQ_NOT_FOUND when there is none. For tries whose keys are not cut: row tries. */
int trie_floor(const struct trie *t, cq_slice key, bool strict, struct cq_buf *path, uint64_t *node, struct cq_error *err);

/* The last payload of all, with its path. */
int trie_last(const struct trie *t, struct cq_buf *path, uint64_t *node, struct cq_error *err);

/* Every payload in the order of the keys. After CQ_DAMAGED the next call goes on behind the damage. A damaged trie can
 * have more paths than bytes: the number of nodes and bad pointers met is bounded by the trie's length, beyond that it is
 * CQ_DAMAGED once and then CQ_END.
 *
 *     struct trie_iter it;
 *     trie_iter_init(&it, &t);
 *     while ((rc = trie_iter_next(&it, &node, &err)) != CQ_END) ...
 *     trie_iter_finish(&it); */
struct trie_iter {
	struct trie trie;
	struct trie_level {
		uint64_t off;
		uint16_t next;                 /* 0: its payload was not given yet; else the slot to try, plus 1 */
	} *stack;
	uint8_t *path;                         /* the transitions of the stack's levels, a byte each */
	size_t depth, cap;
	uint64_t steps;
	uint64_t bad;                          /* after CQ_DAMAGED: the node that is bad or has a bad pointer */
	/* the node that was given last, and its payload: borrowed until the next read of the trie's pages */
	uint8_t flags;
	cq_cur payload;
	struct trie_node parent;               /* an inner node that was decoded before, while its page stays */
	bool started, stopped;
};

void trie_iter_init(struct trie_iter *it, const struct trie *t);
void trie_iter_finish(struct trie_iter *it);
int trie_iter_next(struct trie_iter *it, uint64_t *node, struct cq_error *err);
/* Stand at the payload where key's walk ends, as if it had just been given, or as the next to be given. CQ_NOT_FOUND when that
 * is not node. */
int trie_iter_seek(struct trie_iter *it, cq_slice key, uint64_t node, bool given, struct cq_error *err);
/* Give the payload that was given last once more. */
void trie_iter_again(struct trie_iter *it);
/* The path of the payload that was given last. Borrowed until the next call on it. */
static inline cq_slice trie_iter_path(const struct trie_iter *it)
{
	return cq_slice_of(it->path + 1, it->depth - 1);
}

/* Is every byte of [t->start, t->end) part of one node that one other node points to (the root: none), or zero padding at a
 * page's end? The nodes are read as they stand, one behind the other, so that also those are seen that nothing leads to.
 * CQ_DAMAGED at the first byte that is not; err->field: CQ_F_PADDING when only padding is concerned, CQ_F_TRIE_DISTANCES: unused
 * bits. In constant memory; to say which node has no parent, a bit for each byte of the trie. */
int trie_tidy(const struct trie *t, struct cq_error *err);

/* An error about slot i of n. */
int trie_bad_child(const struct trie *t, const struct trie_node *n, unsigned i, struct cq_error *err);

#endif

#include "trie_walk.h"

#include <inttypes.h>
#include <stdlib.h>

static int failed(const struct trie *t, const cq_cur *c, struct cq_error *err)
{
	int rc = cq_cur_error(c, err);

	cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
	return rc;
}

int trie_bad_child(const struct trie *t, const struct trie_node *n, unsigned i, struct cq_error *err)
{
	int rc = cq_fail(err, CQ_DAMAGED, n->off, "node of type %s: the child for %02x should be 1 to %" PRIu64
		" bytes before it, found %" PRIu64, trie_types[n->type].name, trie_transition(n, i),
		n->off < t->start ? 0 : n->off - t->start, trie_distance(n, i));

	if (err)
		err->field = CQ_F_TRIE_DISTANCE;
	cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
	return rc;
}

/* Damage that is no field of one node. */
static int bad(const struct trie *t, uint64_t off, struct cq_error *err, const char *what)
{
	int rc = cq_fail(err, CQ_DAMAGED, off, "%s", what);

	cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
	return rc;
}

int trie_bytes(const struct trie *t, uint64_t off, cq_slice *bytes, struct cq_error *err)
{
	/* A node ends with its page, and none reaches behind the start of the root. */
	uint64_t left = TRIE_PAGE - off % TRIE_PAGE, limit = off == t->root ? t->end : t->root;
	int rc;

	if (off < t->start || off >= limit)
		return bad(t, off, err, "a node should be inside its trie");
	rc = cq_pages_some(t->pages, off, (size_t)(left < limit - off ? left : limit - off), bytes, err);
	if (rc < 0)
		cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
	return rc;
}

int trie_read(const struct trie *t, uint64_t off, struct trie_node *n, cq_cur *payload, struct cq_error *err)
{
	cq_slice bytes;
	int rc = trie_bytes(t, off, &bytes, err);

	if (rc < 0)
		return rc;
	*payload = cq_cur_over(bytes.p, bytes.len, off);
	trie_node_body(payload, n, NULL);
	return payload->status ? failed(t, payload, err) : CQ_OK;
}

static int read_payload(const struct trie *t, const struct trie_node *n, cq_cur *c, struct trie_payload *p,
	struct cq_error *err)
{
	if (t->which == TRIE_PARTITIONS)
		trie_payload_body(c, TRIE_PARTITIONS, n->flags, p, NULL);
	else
		trie_payload_body(c, TRIE_ROWS, n->flags, p, NULL);
	return c->status ? failed(t, c, err) : n->flags ? CQ_OK : CQ_NOT_FOUND;
}

int trie_read_payload(const struct trie *t, uint64_t off, struct trie_payload *p, struct cq_error *err)
{
	struct trie_node n;
	cq_cur c;
	int rc = trie_read(t, off, &n, &c, err);

	return rc == CQ_OK ? read_payload(t, &n, &c, p, err) : rc;
}

/* The slot for byte b; n->slots when there is no child. */
static unsigned slot_of(const struct trie_node *n, uint8_t b)
{
	unsigned i = trie_slot_from(n, b);

	return i < n->slots && trie_transition(n, i) == b ? i : n->slots;
}

/* The first child of slot i or later, the last one of slot i or earlier (i < 0: none). CQ_NOT_FOUND: no such child. */
static int child_from(const struct trie *t, const struct trie_node *n, unsigned i, unsigned *slot, uint64_t *child,
	struct cq_error *err)
{
	int rc = CQ_NOT_FOUND;

	for (; i < n->slots && rc == CQ_NOT_FOUND; i++) {
		rc = trie_child(n, i, t->start, child);
		*slot = i;
	}
	return rc < 0 ? trie_bad_child(t, n, *slot, err) : rc;
}

static int child_upto(const struct trie *t, const struct trie_node *n, int i, unsigned *slot, uint64_t *child,
	struct cq_error *err)
{
	int rc = CQ_NOT_FOUND;

	for (; i >= 0 && rc == CQ_NOT_FOUND; i--) {
		rc = trie_child(n, (unsigned)i, t->start, child);
		*slot = (unsigned)i;
	}
	return rc < 0 ? trie_bad_child(t, n, *slot, err) : rc;
}

int trie_exact(const struct trie *t, cq_slice key, uint64_t *node, struct cq_error *err)
{
	uint64_t off = t->root;
	struct trie_node n;
	cq_cur c;

	for (size_t i = 0;; i++) {
		int rc = trie_read(t, off, &n, &c, err);
		unsigned slot;

		if (rc < 0)
			return rc;
		if (i == key.len || n.slots == 0)
			break;
		slot = slot_of(&n, key.p[i]);
		if (slot == n.slots)
			return CQ_NOT_FOUND;
		rc = trie_child(&n, slot, t->start, &off);
		if (rc != CQ_OK)
			return rc < 0 ? trie_bad_child(t, &n, slot, err) : rc;
	}
	*node = off;
	return n.flags ? CQ_OK : CQ_NOT_FOUND;
}

/* The first payload at or below off. */
static int first_below(const struct trie *t, uint64_t off, uint64_t *node, struct cq_error *err)
{
	for (size_t depth = 0; depth < TRIE_DEPTH_MAX; depth++) {
		struct trie_node n;
		unsigned slot;
		cq_cur c;
		int rc = trie_read(t, off, &n, &c, err);

		if (rc < 0)
			return rc;
		if (n.flags) {
			*node = off;
			return CQ_OK;
		}
		rc = child_from(t, &n, 0, &slot, &off, err);
		if (rc != CQ_OK)
			return rc < 0 ? rc : bad(t, n.off, err, "a node without children should have a payload");
	}
	return bad(t, off, err, "a trie should not be deeper than keys are long");
}

int trie_ceiling(const struct trie *t, cq_slice key, uint64_t *maybe, uint64_t *sure, struct cq_error *err)
{
	uint64_t off = t->root, greater = CQ_NO_OFFSET;
	int rc;

	*maybe = *sure = CQ_NO_OFFSET;
	for (size_t i = 0;; i++) {
		bool more = i < key.len;
		struct trie_node n;
		unsigned slot;
		uint64_t child = 0;
		cq_cur c;

		rc = trie_read(t, off, &n, &c, err);
		if (rc < 0)
			return rc;
		rc = child_from(t, &n, more ? trie_slot_from(&n, key.p[i] + 1u) : 0, &slot, &child, err);
		if (rc < 0)
			return rc;
		if (rc == CQ_OK)
			greater = child;
		if (n.flags && (!more || n.slots == 0))
			*maybe = off;
		if (!more)
			break;
		slot = slot_of(&n, key.p[i]);
		if (slot == n.slots)
			break;
		rc = trie_child(&n, slot, t->start, &off);
		if (rc < 0)
			return trie_bad_child(t, &n, slot, err);
		if (rc != CQ_OK)
			break;
	}
	return greater == CQ_NO_OFFSET ? CQ_OK : first_below(t, greater, sure, err);
}

/* The last payload at or below off; path grows by the way to it. */
static int last_below(const struct trie *t, uint64_t off, struct cq_buf *path, uint64_t *node, struct cq_error *err)
{
	for (size_t depth = 0; depth < TRIE_DEPTH_MAX; depth++) {
		struct trie_node n;
		unsigned slot = 0;
		cq_cur c;
		int rc = trie_read(t, off, &n, &c, err);

		if (rc < 0)
			return rc;
		rc = child_upto(t, &n, n.slots - 1, &slot, &off, err);
		if (rc < 0)
			return rc;
		if (rc == CQ_NOT_FOUND) {
			if (!n.flags)
				return bad(t, n.off, err, "a node without children should have a payload");
			*node = n.off;
			return path->failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a path") : CQ_OK;
		}
		cq_buf_byte(path, trie_transition(&n, slot));
	}
	return bad(t, off, err, "a trie should not be deeper than keys are long");
}

int trie_last(const struct trie *t, struct cq_buf *path, uint64_t *node, struct cq_error *err)
{
	cq_buf_clear(path);
	return last_below(t, t->root, path, node, err);
}

int trie_floor(const struct trie *t, cq_slice key, bool strict, struct cq_buf *path, uint64_t *node, struct cq_error *err)
{
	uint64_t off = t->root, best = CQ_NO_OFFSET;
	size_t best_depth = 0;
	int best_byte = -1;                            /* -1: best is the payload itself, else a branch to the last below */

	for (size_t i = 0;; i++) {
		bool more = i < key.len;
		struct trie_node n;
		unsigned slot;
		uint64_t child = 0;
		cq_cur c;
		int rc = trie_read(t, off, &n, &c, err);

		if (rc < 0)
			return rc;
		rc = CQ_NOT_FOUND;
		if (more)
			rc = child_upto(t, &n, (int)trie_slot_from(&n, key.p[i]) - 1, &slot, &child, err);
		if (rc < 0)
			return rc;
		if (rc == CQ_OK) {
			best = child;
			best_depth = i;
			best_byte = trie_transition(&n, slot);
		} else if (n.flags && (more || !strict)) {
			best = off;
			best_depth = i;
			best_byte = -1;
		}
		if (!more)
			break;
		slot = slot_of(&n, key.p[i]);
		if (slot == n.slots)
			break;
		rc = trie_child(&n, slot, t->start, &off);
		if (rc < 0)
			return trie_bad_child(t, &n, slot, err);
		if (rc != CQ_OK)
			break;
	}
	if (best == CQ_NO_OFFSET)
		return CQ_NOT_FOUND;
	cq_buf_clear(path);
	cq_buf_put(path, key.p, best_depth);
	if (best_byte >= 0) {
		cq_buf_byte(path, (uint8_t)best_byte);
		return last_below(t, best, path, node, err);
	}
	*node = best;
	return path->failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a path") : CQ_OK;
}

/* ---- all payloads ---- */

enum { NO_CHILDREN = UINT16_MAX };                /* trie_level.next of a leaf that was given */

void trie_iter_init(struct trie_iter *it, const struct trie *t)
{
	*it = (struct trie_iter){ .trie = *t };
}

void trie_iter_finish(struct trie_iter *it)
{
	free(it->stack);
	free(it->path);
	*it = (struct trie_iter){0};
}

/* One more node, or pointer to none, of at most as many as the trie has bytes. */
static bool spend(struct trie_iter *it)
{
	if (it->steps++ <= it->trie.end - it->trie.start)
		return true;
	it->stopped = true;
	return false;
}

static int too_many(struct trie_iter *it, uint64_t off, struct cq_error *err)
{
	it->bad = off;
	return bad(&it->trie, off, err, "a trie should not have more nodes than bytes: some have several parents");
}

static int push(struct trie_iter *it, uint64_t off, uint8_t transition, struct cq_error *err)
{
	if (!spend(it))
		return too_many(it, off, err);
	if (it->depth == TRIE_DEPTH_MAX) {
		it->bad = off;
		return bad(&it->trie, off, err, "a trie should not be deeper than keys are long");
	}
	if (it->depth == it->cap) {
		size_t cap = it->cap ? it->cap * 2 : 64;
		struct trie_level *s = realloc(it->stack, cap * sizeof *s);
		uint8_t *path;

		if (s)
			it->stack = s;
		path = s ? realloc(it->path, cap) : NULL;
		if (!path)
			return cq_fail(err, CQ_ENOMEM, off, "no memory for a trie %zu levels deep", it->depth);
		it->path = path;
		it->cap = cap;
	}
	it->path[it->depth] = transition;
	it->stack[it->depth++] = (struct trie_level){ .off = off };
	return CQ_OK;
}

/* The node at off; one with children is kept for when its next child is asked for. */
static int read_kept(struct trie_iter *it, uint64_t off, const struct trie_node **n, struct trie_node *own, cq_cur *c,
	struct cq_error *err)
{
	const struct cq_pages *g = it->trie.pages;
	uint64_t page = off / CQ_PAGE;
	int rc;

	if (it->parent.slots && it->parent.off == off && g->tag[page % CQ_PAGES_KEPT] == page + 1) {
		*n = &it->parent;
		return CQ_OK;
	}
	rc = trie_read(&it->trie, off, own, c, err);
	*n = own;
	if (rc == CQ_OK && own->slots) {
		it->parent = *own;
		*n = &it->parent;
	}
	return rc;
}

/* Most nodes are leaves, of one byte and a payload. When off is one, in a page that is at hand: stand behind it. False: read it as any
 * other node. */
CQ_ALWAYS_INLINE bool plain_leaf(struct trie_iter *it, uint64_t off)
{
	const struct cq_pages *g = it->trie.pages;
	uint64_t page = off / TRIE_PAGE;
	size_t slot = page % CQ_PAGES_KEPT, in = off % TRIE_PAGE;
	const uint8_t *p;

	/* The longest payload has 19 bytes: well inside of the page, and before the root, there is nothing to judge. */
	if (off < it->trie.start || off + 32 > it->trie.root || in + 32 > TRIE_PAGE || g->tag[slot] != page + 1)
		return false;
	p = g->mem + slot * CQ_PAGE + in;
	if (*p >> 4 || !*p)
		return false;
	it->flags = *p;
	it->payload = cq_cur_over(p, 32, off);
	it->payload.p = p + 1;
	return true;
}

/* Behind a leaf: the next child of the same parent, when both are at hand and that is a plain leaf too. This is what most steps are.
 * False: nothing moved. */
CQ_ALWAYS_INLINE bool next_sibling(struct trie_iter *it, uint64_t *node)
{
	const struct cq_pages *g = it->trie.pages;
	struct trie_level *top, *up;
	uint64_t page, child;
	unsigned slot;

	if (it->depth < 2)
		return false;
	top = &it->stack[it->depth - 1];
	up = top - 1;
	if (top->next != NO_CHILDREN || it->parent.off != up->off || it->steps > it->trie.end - it->trie.start)
		return false;
	page = up->off / CQ_PAGE;
	slot = up->next - 1u;
	if (slot >= it->parent.slots || g->tag[page % CQ_PAGES_KEPT] != page + 1 ||
	    trie_child(&it->parent, slot, it->trie.start, &child) != CQ_OK || !plain_leaf(it, child))
		return false;
	it->steps++;
	it->path[it->depth - 1] = trie_transition(&it->parent, slot);
	up->next = (uint16_t)(slot + 2);
	*node = top->off = child;
	return true;
}

int trie_iter_next(struct trie_iter *it, uint64_t *node, struct cq_error *err)
{
	int rc;

	if (it->stopped)
		return CQ_END;
	if (next_sibling(it, node))
		return CQ_OK;
	if (!it->started) {
		it->started = true;
		rc = push(it, it->trie.root, 0, err);
		if (rc < 0)
			return rc;
	}
	while (it->depth) {
		struct trie_level *top = &it->stack[it->depth - 1];
		const struct trie_node *n;
		struct trie_node own;
		unsigned slot = 0;
		uint64_t child = 0;
		cq_cur c;

		if (top->next == NO_CHILDREN) {
			it->depth--;
			continue;
		}
		if (!top->next && plain_leaf(it, top->off)) {
			top->next = NO_CHILDREN;
			*node = top->off;
			return CQ_OK;
		}
		if (top->next)
			rc = read_kept(it, top->off, &n, &own, &c, err);
		else
			rc = trie_read(&it->trie, top->off, &own, &c, err);
		if (rc < 0) {
			it->bad = top->off;
			it->depth--;
			return rc;
		}
		if (top->next == 0) {
			n = &own;
			top->next = n->slots ? 1 : NO_CHILDREN;
			if (n->flags) {
				*node = top->off;
				it->flags = n->flags;
				it->payload = c;
				return CQ_OK;
			}
			if (n->slots == 0) {
				it->bad = top->off;
				it->depth--;
				return bad(&it->trie, n->off, err, "a node without children should have a payload");
			}
			it->parent = own;
		}
		rc = child_from(&it->trie, n, top->next - 1u, &slot, &child, err);
		if (rc == CQ_NOT_FOUND) {
			it->depth--;
			continue;
		}
		top->next = (uint16_t)(slot + 2);
		if (rc < 0) {
			it->bad = top->off;
			return spend(it) ? rc : too_many(it, top->off, err);
		}
		rc = push(it, child, trie_transition(n, slot), err);
		if (rc < 0)
			return rc;
	}
	return CQ_END;
}

int trie_iter_seek(struct trie_iter *it, cq_slice key, uint64_t node, bool given, struct cq_error *err)
{
	uint64_t off = it->trie.root;
	uint8_t transition = 0;

	it->depth = 0;
	it->steps = 0;
	it->started = true;
	it->stopped = false;
	for (size_t i = 0;; i++) {
		struct trie_node n;
		unsigned slot;
		cq_cur c;
		int rc = push(it, off, transition, err);

		if (rc == CQ_OK)
			rc = trie_read(&it->trie, off, &n, &c, err);
		if (rc < 0)
			return rc;
		if (off == node) {
			it->stack[it->depth - 1].next = given ? 1 : 0;
			return n.flags ? CQ_OK : CQ_NOT_FOUND;
		}
		slot = i < key.len ? slot_of(&n, key.p[i]) : n.slots;
		if (slot == n.slots)
			return CQ_NOT_FOUND;
		it->stack[it->depth - 1].next = (uint16_t)(slot + 2);
		transition = key.p[i];
		rc = trie_child(&n, slot, it->trie.start, &off);
		if (rc != CQ_OK)
			return rc < 0 ? trie_bad_child(&it->trie, &n, slot, err) : rc;
	}
}

void trie_iter_again(struct trie_iter *it)
{
	it->stack[it->depth - 1].next = 0;
}

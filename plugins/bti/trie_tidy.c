/* Is a trie nothing but its nodes? */
#include <inttypes.h>
#include <stdlib.h>

#include "trie_walk.h"

/* What a pass over the nodes sums up. Every node but the root has one parent exactly when the places of nodes and the targets of
 * pointers are the same numbers: two sums of scrambled numbers are equal then, and for no other reason that happens. */
struct sums {
	uint64_t nodes, pointers, places, targets;
};

static uint64_t scramble(uint64_t v)
{
	v = (v ^ v >> 31) * 0x9e3779b97f4a7c15;
	v = (v ^ v >> 29) * 0xbf58476d1ce4e5b9;
	return v ^ v >> 32;
}

static int wrong(const struct trie *t, uint64_t off, unsigned field, struct cq_error *err, const char *what)
{
	int rc = cq_fail(err, CQ_DAMAGED, off, "%s", what);

	if (err)
		err->field = field;
	cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
	return rc;
}

/* Bytes of a page where zeros should be: few that are not mean flipped bits, many another thing. */
static bool mostly_zeros(cq_slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] != 0;
	return n <= 1 + s.len / 16;
}

/* The first byte that is not zero. */
static uint64_t not_zero(cq_slice s)
{
	size_t i = 0;

	while (i < s.len && !s.p[i])
		i++;
	return i;
}

/* The fewest bytes that hold v with its sign. */
static unsigned sized_len(int64_t v)
{
	uint64_t u = (uint64_t)(v < 0 ? ~v : v);

	return (71 - (unsigned)__builtin_clzll(u << 1 | 1)) / 8;
}

/* What the format allows and no writer does. */
static int judge(const struct trie *t, const struct trie_node *n, const struct trie_payload *p, struct cq_error *err)
{
	unsigned bytes = t->which == TRIE_ROWS ? n->flags & 7 : n->flags >= 8 ? n->flags - 7u : n->flags;
	uint64_t child;

	if (n->kind == TRIE_DENSE && (trie_child(n, 0, t->start, &child) == CQ_NOT_FOUND ||
	    trie_child(n, n->slots - 1u, t->start, &child) == CQ_NOT_FOUND))
		return wrong(t, n->off, CQ_F_TRIE_DISTANCE, err, "a dense node should begin and end with a child, not with a hole");
	if (n->bits == 12 && n->kind != TRIE_SINGLE && n->slots % 2 && n->pointers[n->slots + n->slots / 2] & 15)
		return wrong(t, n->off, CQ_F_TRIE_DISTANCES, err,
			"the unused 4 bits behind an odd number of distances should be zero");
	if (!n->flags)
		return n->slots ? CQ_OK : wrong(t, n->off, CQ_F_TRIE_HEAD, err, "a node without children should have a payload");
	if (t->which == TRIE_PARTITIONS && n->slots)
		return wrong(t, n->off, CQ_F_TRIE_HEAD, err, "a node with children should have no payload: keys are prefix-free");
	if (t->which == TRIE_PARTITIONS && n->flags < 8)
		return wrong(t, n->off, CQ_F_TRIE_HEAD, err, "a payload should have a hash byte (payload flags 8 to 15)");
	if (!bytes || bytes != sized_len(p->position))
		return wrong(t, n->off, CQ_F_TRIE_HEAD, err, "the payload's number should be written in the fewest bytes");
	return CQ_OK;
}

/* What is wrong at off, in these bytes to the end of its page: the padding, or, by err, a node. */
static int padding_or(const struct trie *t, uint64_t off, cq_slice bytes, int rc, struct cq_error *err)
{
	if (off == t->root || (off + bytes.len) % TRIE_PAGE || !mostly_zeros(bytes))
		return rc;
	return wrong(t, off + not_zero(bytes), CQ_F_PADDING, err, "the padding of a page should be zeros");
}

/* The node at the cursor, or padding: where the next one starts. marks: a bit for each byte that a pointer leads to; NULL: only
 * sums. look: with marks made, a node without one is the error. */
static int node(const struct trie *t, cq_cur *c, struct sums *sums, uint8_t *marks, bool look, struct cq_error *err)
{
	uint64_t off = cq_cur_off(c);
	struct trie_payload p;
	struct trie_node n;
	int rc;

	trie_node_body(c, &n, NULL);
	if (t->which == TRIE_PARTITIONS)
		trie_payload_body(c, TRIE_PARTITIONS, n.flags, &p, NULL);
	else
		trie_payload_body(c, TRIE_ROWS, n.flags, &p, NULL);
	if (CQ_UNLIKELY(c->status)) {
		rc = cq_cur_error(c, err);
		cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
		return rc;
	}
	if (look && off != t->root && !(marks[(off - t->start) / 8] >> (off - t->start) % 8 & 1))
		return wrong(t, off, CQ_F_TRIE_HEAD, err, "no other node points to this one");
	rc = look ? CQ_OK : judge(t, &n, &p, err);
	if (CQ_UNLIKELY(rc != CQ_OK))
		return rc;
	sums->nodes++;
	if (off != t->root)
		sums->places += scramble(off);
	for (unsigned i = 0; i < n.slots; i++) {
		uint64_t child = 0;

		rc = trie_child(&n, i, t->start, &child);
		if (CQ_UNLIKELY(rc < 0))
			return trie_bad_child(t, &n, i, err);
		if (rc != CQ_OK)
			continue;
		sums->pointers++;
		sums->targets += scramble(child);
		if (marks)
			marks[(child - t->start) / 8] |= (uint8_t)(1 << (child - t->start) % 8);
	}
	return CQ_OK;
}

/* Most nodes are leaves of Partitions.db: a byte, a hash, a number. When there is one at the cursor with nothing to say against it,
 * take it. False: look at it as at any other. */
CQ_ALWAYS_INLINE bool plain_leaf(const struct trie *t, cq_cur *c, uint64_t off, struct sums *sums)
{
	enum { LONGEST = 2 + 8 };
	unsigned flags = *c->p, n = flags - 7;

	if (t->which != TRIE_PARTITIONS || flags < 8 || flags > 15 || cq_cur_left(c) < LONGEST || off == t->root ||
	    n != sized_len((int64_t)cq_be64(c->p + 2) >> (64 - 8 * n)))
		return false;
	c->p += 2 + n;
	sums->nodes++;
	sums->places += scramble(off);
	return true;
}

/* All nodes in the order of their places. */
static int pass(const struct trie *t, struct sums *sums, uint8_t *marks, bool look, struct cq_error *err)
{
	for (uint64_t off = t->start; off < t->end;) {
		cq_slice bytes, rest;
		int rc = trie_bytes(t, off, &bytes, err);
		cq_cur c;

		if (rc < 0)
			return rc;
		/* The bytes of one page, up to the root in the last one. */
		c = cq_cur_over(bytes.p, bytes.len, off);
		while (cq_cur_left(&c)) {
			off = cq_cur_off(&c);
			if (!look && plain_leaf(t, &c, off, sums))
				continue;
			rest = cq_slice_of(c.p, cq_cur_left(&c));
			if (!*c.p && off != t->root) {
				if (not_zero(rest) < rest.len || (off + rest.len) % TRIE_PAGE) {
					rc = wrong(t, off, CQ_F_TRIE_HEAD, err, "expected a node, or zeros to the end of the page");
					return padding_or(t, off, rest, rc, err);
				}
				c.p = c.end;
				break;
			}
			rc = node(t, &c, sums, marks, look, err);
			if (CQ_UNLIKELY(rc != CQ_OK))
				return padding_or(t, off, rest, rc, err);
		}
		off = cq_cur_off(&c);
	}
	return CQ_OK;
}

int trie_tidy(const struct trie *t, struct cq_error *err)
{
	struct sums sums = {0};
	struct cq_error local;
	uint8_t *marks;
	int rc = pass(t, &sums, NULL, false, err ? err : &local);

	if (rc != CQ_OK || (sums.nodes == sums.pointers + 1 && sums.places == sums.targets))
		return rc;
	marks = calloc((size_t)((t->end - t->start) / 8 + 1), 1);
	if (marks) {
		rc = pass(t, &sums, marks, false, err);
		if (rc == CQ_OK)
			rc = pass(t, &sums, marks, true, err);
		free(marks);
		if (rc != CQ_OK)
			return rc;
	}
	rc = cq_fail(err, CQ_DAMAGED, t->root, "expected a pointer to every node, found %" PRIu64 " nodes and %" PRIu64 " pointers",
		sums.nodes, sums.pointers);
	cq_error_at(err, t->pages->space->name, CQ_SPACE_RAW);
	return rc;
}

/* trie.inc.h - unit bodies of the tries of BTI: a node of any type, the payloads of Partitions.db and of Rows.db, the
 * entry behind a row trie, the end of Partitions.db. See cq_cursor.h for how a body serves the fast reader and the
 * explaining one.
 *
 * A node's first byte is its type (high 4 bits) and its payload flags (low 4 bits). A pointer is the distance back to the
 * child, which always stands before its parent; a node and its payload never cross a page of 4096 bytes. The body takes a
 * node as it stands: a distance is judged when somebody follows it (trie_child), so that one bad pointer costs the
 * keys below it and no others.
 *
 * source: TrieNode.java, PartitionIndex.java, RowIndexReader.java, TrieIndexEntry.java. */
#ifndef CQ_TRIE_INC_H
#define CQ_TRIE_INC_H
#include "data.inc.h"

enum { TRIE_PAGE = 4096 };

enum trie_which { TRIE_PARTITIONS, TRIE_ROWS };        /* as in the units: arg0 of CQ_U_TRIE_NODE */

enum trie_kind { TRIE_PAYLOAD_ONLY, TRIE_SINGLE, TRIE_SPARSE, TRIE_DENSE };

static const struct {
	const char *name;
	uint8_t kind, bits;                            /* bits of a pointer */
} trie_types[16] = {
	{ "PAYLOAD_ONLY", TRIE_PAYLOAD_ONLY, 0 },
	{ "SINGLE_NOPAYLOAD_4", TRIE_SINGLE, 4 },      /* 1d tt */
	{ "SINGLE_8", TRIE_SINGLE, 8 },                /* 2f tt dd */
	{ "SINGLE_NOPAYLOAD_12", TRIE_SINGLE, 12 },    /* 3d dd tt: the transition is behind the distance */
	{ "SINGLE_16", TRIE_SINGLE, 16 },              /* 4f tt dd dd */
	{ "SPARSE_8", TRIE_SPARSE, 8 },                /* 5f nn tt*n distance*n */
	{ "SPARSE_12", TRIE_SPARSE, 12 },
	{ "SPARSE_16", TRIE_SPARSE, 16 },
	{ "SPARSE_24", TRIE_SPARSE, 24 },
	{ "SPARSE_40", TRIE_SPARSE, 40 },
	{ "DENSE_12", TRIE_DENSE, 12 },                /* af tt nn distance*(nn+1) */
	{ "DENSE_16", TRIE_DENSE, 16 },
	{ "DENSE_24", TRIE_DENSE, 24 },
	{ "DENSE_32", TRIE_DENSE, 32 },
	{ "DENSE_40", TRIE_DENSE, 40 },
	{ "LONG_DENSE", TRIE_DENSE, 64 },
};

struct trie_node {
	uint64_t off;
	uint8_t type, kind, bits;
	uint8_t flags;                                 /* of the payload, 0: none */
	uint8_t first;                                 /* single: its transition; dense: that of slot 0 */
	uint16_t slots;                                /* pointers, the holes of dense nodes among them */
	const uint8_t *transitions;                    /* sparse: slots of them, ascending. Borrowed, as is pointers */
	const uint8_t *pointers;
	uint16_t distance;                             /* types 1 and 3 */
};

struct trie_payload {
	bool has_hash;
	uint8_t hash;
	int64_t position;                              /* partitions: see trie_partition_payload; rows: offset in it */
	struct cq_deletion open;                       /* rows; live: none */
};

/* ---- readers of this file ---- */

CQ_ALWAYS_INLINE uint8_t trie_head(cq_cur *c, const cq_trace *tr)
{
	uint8_t head = cq_u8(c, tr, CQ_F_TRIE_HEAD);

	if (tr && !c->status)
		cq_trace_note(tr, CQ_F_TRIE_HEAD, cq_cur_off(c) - 1, "%s", trie_types[head >> 4].name);
	return head;
}

/* n distances of bits each, as one run of bytes. In a trace each is a leaf; those of 12 bits go in pairs. */
CQ_ALWAYS_INLINE const uint8_t *trie_pointers(cq_cur *c, unsigned bits, unsigned n, const cq_trace *tr)
{
	const uint8_t *at = c->p;
	size_t len = (n * bits + 7) / 8;

	if (!cq_want(c, len, CQ_F_TRIE_DISTANCE))
		return at;
	c->p += len;
	if (tr) {
		size_t step = bits == 12 ? 3 : bits / 8;
		uint64_t off = cq_cur_off(c) - len;

		for (size_t i = 0; i < len; i += step) {
			size_t here = len - i < step ? len - i : step;
			uint64_t v = 0;

			for (size_t b = 0; b < here; b++)
				v = v << 8 | at[i + b];
			cq_trace_number(tr, bits == 12 ? CQ_F_TRIE_DISTANCES : CQ_F_TRIE_DISTANCE, off + i, here, v);
		}
	}
	return at;
}

/* n bytes of two's complement, 0 to 8. */
CQ_ALWAYS_INLINE int64_t trie_sized_int(cq_cur *c, unsigned n, const cq_trace *tr, unsigned field)
{
	const uint8_t *at = c->p;
	uint64_t v;

	if (!n || !cq_want(c, n, field))
		return 0;
	if (cq_cur_left(c) >= 8) {
		v = (uint64_t)((int64_t)cq_be64(at) >> (64 - 8 * n));
	} else {
		v = at[0] & 0x80 ? UINT64_MAX : 0;
		for (unsigned i = 0; i < n; i++)
			v = v << 8 | at[i];
	}
	c->p += n;
	if (tr)
		cq_trace_number(tr, field, cq_cur_off(c) - n, n, v);
	return (int64_t)v;
}

/* ---- a node ---- */

CQ_ALWAYS_INLINE void trie_node_body(cq_cur *c, struct trie_node *n, const cq_trace *tr)
{
	const uint8_t *at;
	uint8_t head;

	*n = (struct trie_node){ .off = cq_cur_off(c) };
	head = trie_head(c, tr);
	n->type = head >> 4;
	n->kind = trie_types[n->type].kind;
	n->bits = trie_types[n->type].bits;
	n->flags = head & 15;
	switch (n->kind) {
	case TRIE_PAYLOAD_ONLY:
		break;
	case TRIE_SINGLE:
		n->slots = 1;
		if (n->bits == 4 || n->bits == 12) {
			n->flags = 0;
			n->distance = head & 15;
			if (n->bits == 12)
				n->distance = (uint16_t)(n->distance << 8 | cq_u8(c, tr, CQ_F_TRIE_DISTANCE_LOW));
			n->first = cq_u8(c, tr, CQ_F_TRIE_TRANSITION);
			break;
		}
		n->first = cq_u8(c, tr, CQ_F_TRIE_TRANSITION);
		n->pointers = trie_pointers(c, n->bits, 1, tr);
		break;
	case TRIE_SPARSE:
		at = c->p;
		n->slots = cq_u8(c, tr, CQ_F_TRIE_COUNT);
		if (n->slots == 0)
			cq_bad(c, at, CQ_F_TRIE_COUNT, 0, "at least one child");
		at = n->transitions = cq_bytes(c, n->slots, tr, CQ_F_TRIE_TRANSITIONS, NULL).p;
		for (unsigned i = 1; i < n->slots && !c->status; i++)
			if (at[i] <= at[i - 1])
				cq_bad(c, at, CQ_F_TRIE_TRANSITIONS, at[i], "transitions that ascend");
		n->pointers = trie_pointers(c, n->bits, n->slots, tr);
		break;
	default:
		n->first = cq_u8(c, tr, CQ_F_TRIE_FIRST);
		at = c->p;
		n->slots = (uint16_t)(cq_u8(c, tr, CQ_F_TRIE_SPAN) + 1);
		if (n->first + n->slots > 256)
			cq_bad(c, at, CQ_F_TRIE_SPAN, n->slots - 1u, "no pointer beyond transition 0xff");
		n->pointers = trie_pointers(c, n->bits, n->slots, tr);
	}
	if (c->status)
		n->slots = 0;
}

/* ---- payloads ---- */

/* Of Partitions.db. Flags 8 to 15: hash byte and a position of flags - 7 bytes, as Cassandra writes; 1 to 7: a position of
 * so many bytes. A position from 0 on is that of the partition's entry in Rows.db; below, its complement is that of the
 * partition in Data.db. */
CQ_ALWAYS_INLINE void trie_partition_payload(cq_cur *c, unsigned flags, struct trie_payload *p, const cq_trace *tr)
{
	p->has_hash = flags >= 8;
	if (p->has_hash)
		p->hash = cq_u8(c, tr, CQ_F_TRIE_HASH);
	p->position = trie_sized_int(c, flags >= 8 ? flags - 7 : flags, tr, CQ_F_TRIE_POSITION);
}

/* Of a row trie: an offset of as many bytes as the low 3 bits say; flag 8: the range deletion open before the block,
 * never in the one-byte form of LIVE. */
CQ_ALWAYS_INLINE void trie_row_payload(cq_cur *c, unsigned flags, struct trie_payload *p, const cq_trace *tr)
{
	const uint8_t *at = c->p;

	p->position = trie_sized_int(c, flags & 7, tr, CQ_F_TRIE_BLOCK_OFFSET);
	if (p->position < 0)
		cq_bad(c, at, CQ_F_TRIE_BLOCK_OFFSET, (uint64_t)p->position, "an offset that is not negative");
	if (flags & 8) {
		cq_group(c, tr, CQ_F_TRIE_OPEN_DELETION);
		at = c->p;
		p->open = deletion_fixed(c, CQ_FEAT_UINT_DELETION_TIME, tr);
		if (!c->status && c->p - at != 12)
			cq_bad(c, at, CQ_F_DELETION_FLAGS, *at, "a deletion, not LIVE");
		cq_group_end(c, tr);
	}
}

/* Nothing when flags are 0. */
CQ_ALWAYS_INLINE void trie_payload_body(cq_cur *c, enum trie_which which, unsigned flags, struct trie_payload *p,
	const cq_trace *tr)
{
	*p = (struct trie_payload){ .open = CQ_LIVE };
	if (!flags)
		return;
	cq_group(c, tr, CQ_F_TRIE_PAYLOAD);
	if (which == TRIE_PARTITIONS)
		trie_partition_payload(c, flags, p, tr);
	else
		trie_row_payload(c, flags, p, tr);
	cq_group_end(c, tr);
}

/* ---- children ---- */

/* Distance of slot i < n->slots. */
CQ_ALWAYS_INLINE uint64_t trie_distance(const struct trie_node *n, unsigned i)
{
	const uint8_t *p = n->pointers;
	uint64_t v = 0;

	if (!p)
		return n->distance;
	if (n->bits == 12) {
		v = cq_be16(p + 3 * i / 2);
		return i % 2 ? v & 0xfff : v >> 4;
	}
	p += i * (n->bits / 8u);
	for (unsigned b = 0; b < n->bits / 8u; b++)
		v = v << 8 | p[b];
	return v;
}

CQ_ALWAYS_INLINE uint8_t trie_transition(const struct trie_node *n, unsigned i)
{
	return n->transitions ? n->transitions[i] : (uint8_t)(n->first + i);
}

/* The child of slot i; start: where the trie starts. CQ_OK; CQ_NOT_FOUND: a hole of a dense node; CQ_DAMAGED: no node
 * can be there. Every child is before its parent, so every walk ends. */
CQ_ALWAYS_INLINE int trie_child(const struct trie_node *n, unsigned i, uint64_t start, uint64_t *child)
{
	uint64_t d = trie_distance(n, i);

	if (d == 0)
		return n->kind == TRIE_DENSE ? CQ_NOT_FOUND : CQ_DAMAGED;
	if (n->off < start || d > n->off - start)
		return CQ_DAMAGED;
	*child = n->off - d;
	return CQ_OK;
}

/* The first slot whose transition is b or more; n->slots when there is none. Dense: it may be a hole. */
CQ_ALWAYS_INLINE unsigned trie_slot_from(const struct trie_node *n, unsigned b)
{
	unsigned low = 0, high = n->slots;

	if (!n->transitions)
		return b <= n->first ? 0 : b - n->first < n->slots ? b - n->first : n->slots;
	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (n->transitions[mid] < b)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- the entry behind a row trie ---- */

struct rows_entry {
	uint64_t off, end;
	cq_slice key;                                  /* borrowed from the cursor's bytes */
	uint64_t data_off, root, blocks;
	struct cq_deletion deletion;
};

CQ_ALWAYS_INLINE void rows_entry_body(cq_cur *c, const struct cq_type *key_type, struct rows_entry *e, const cq_trace *tr)
{
	const uint8_t *at;
	uint64_t base;
	uint16_t len;
	int64_t root;

	e->off = cq_cur_off(c);
	len = cq_u16(c, tr, CQ_F_KEY_LENGTH);
	e->key = cq_bytes(c, len, tr, CQ_F_KEY, key_type);
	at = c->p;
	e->data_off = cq_vint(c, tr, CQ_F_DATA_POSITION);
	base = c->off + (uint64_t)(at - c->base);      /* the root is counted from the end of the key */
	at = c->p;
	root = cq_svint(c, tr, CQ_F_ROWS_ROOT, (int64_t)base);
	if (!c->status && (root < 0 || (uint64_t)root >= e->off))
		cq_bad(c, at, CQ_F_ROWS_ROOT, (uint64_t)root, "a position before the entry");
	e->root = (uint64_t)root;
	e->blocks = cq_vint(c, tr, CQ_F_BLOCK_COUNT);
	cq_group(c, tr, CQ_F_PARTITION_DELETION);
	e->deletion = deletion_fixed(c, CQ_FEAT_UINT_DELETION_TIME, tr);
	cq_group_end(c, tr);
	e->end = cq_cur_off(c);
}

/* ---- the end of Partitions.db ---- */

enum { PARTITIONS_FOOTER = 24 };

struct partitions_end {
	uint64_t keys, count, root;
	cq_slice first, last;                          /* borrowed from the cursor's bytes */
};

/* The last 24 bytes. */
CQ_ALWAYS_INLINE void partitions_footer_body(cq_cur *c, struct partitions_end *f, const cq_trace *tr)
{
	const uint8_t *at = c->p;
	uint64_t here = cq_cur_off(c);

	f->keys = cq_u64(c, tr, CQ_F_KEYS_POSITION);
	if (!c->status && f->keys > here)
		cq_bad(c, at, CQ_F_KEYS_POSITION, f->keys, "a position before these numbers");
	f->count = cq_u64(c, tr, CQ_F_PARTITION_COUNT);         /* nothing is found by it, so it is not judged here */
	at = c->p;
	f->root = cq_u64(c, tr, CQ_F_ROOT_POSITION);
	if (!c->status && f->root >= f->keys)
		cq_bad(c, at, CQ_F_ROOT_POSITION, f->root, "a position before the first key");
}

/* First and last key, between the trie and the footer. */
CQ_ALWAYS_INLINE void partitions_keys_body(cq_cur *c, const struct cq_type *key_type, struct partitions_end *f,
	const cq_trace *tr)
{
	uint16_t len = cq_u16(c, tr, CQ_F_FIRST_KEY_LENGTH);

	f->first = cq_bytes(c, len, tr, CQ_F_FIRST_KEY, key_type);
	len = cq_u16(c, tr, CQ_F_LAST_KEY_LENGTH);
	f->last = cq_bytes(c, len, tr, CQ_F_LAST_KEY, key_type);
}

#endif

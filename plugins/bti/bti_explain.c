/* Partitions.db and Rows.db explained: the bodies of trie.inc.h replayed with a trace, and the lists around them.
 *
 *     Partitions.db      trie (a unit a node), page padding, first key, last key, three numbers
 *     Rows.db            entries, each with the trie before it
 *
 * Rows.db says nowhere where its entries are: only the leaves of Partitions.db do. */
#include <inttypes.h>
#include <stdio.h>

#include "bti_index.h"

static int with_file(const struct cq_pages *g, int rc, struct cq_error *err)
{
	if (rc < 0)
		cq_error_at(err, g->space->name, CQ_SPACE_RAW);
	return rc;
}

static struct cq_unit trie_unit(const struct trie *t, unsigned kind, unsigned field, uint64_t off, uint64_t len)
{
	return (struct cq_unit){ .kind = kind, .field = field,
		.component = t->which == TRIE_PARTITIONS ? CQ_C_PARTITIONS : CQ_C_ROWS, .space = CQ_SPACE_RAW,
		.off = off, .len = len, .arg = { t->which, t->root, t->start, t->end } };
}

/* A trie as two children: its root, and the padding of its pages when it is on more than one. */
static void give_trie(const struct trie *t, const cq_trace *tr)
{
	struct cq_unit u = trie_unit(t, CQ_U_TRIE_NODE, CQ_F_TRIE_ROOT, t->root, t->end - t->root);

	cq_trace_child(tr, &u, CQ_NO_INDEX, (cq_slice){0});
	if (t->start / TRIE_PAGE == (t->end - 1) / TRIE_PAGE)
		return;
	u = trie_unit(t, CQ_U_TRIE_PADDING, CQ_F_TRIE_PADDINGS, t->start, t->end - t->start);
	cq_trace_child(tr, &u, CQ_NO_INDEX, (cq_slice){0});
}

/* A node, its payload, and its children as units. A bad pointer is damage, but the other children are given first. */
static int explain_node(const struct trie *t, uint64_t off, const cq_trace *tr, struct cq_error *err)
{
	struct trie_payload p;
	struct trie_node n;
	cq_slice bytes;
	cq_cur c;
	int rc = trie_bytes(t, off, &bytes, err), bad = CQ_OK;

	if (rc < 0)
		return rc;
	c = cq_cur_over(bytes.p, bytes.len, off);
	trie_node_body(&c, &n, tr);
	trie_payload_body(&c, t->which, n.flags, &p, tr);
	if (c.status)
		return with_file(t->pages, cq_cur_error(&c, err), err);
	if (n.flags && t->which == TRIE_PARTITIONS)
		cq_trace_note(tr, CQ_F_TRIE_POSITION, cq_cur_off(&c) - 1, p.position < 0 ? "the partition at 0x%" PRIx64
			" of Data.db" : "the entry at 0x%" PRIx64 " of Rows.db", (uint64_t)(p.position < 0 ? ~p.position : p.position));
	for (unsigned i = 0; i < n.slots; i++) {
		struct cq_unit u;
		uint64_t child;
		char name[3];

		rc = trie_child(&n, i, t->start, &child);
		if (rc < 0 && bad == CQ_OK)
			bad = trie_bad_child(t, &n, i, err);
		if (rc != CQ_OK)
			continue;
		snprintf(name, sizeof name, "%02x", trie_transition(&n, i));
		u = trie_unit(t, CQ_U_TRIE_NODE, CQ_F_TRIE_CHILD, child, CQ_NO_OFFSET);
		cq_trace_child(tr, &u, i, cq_slice_of(name, 2));
	}
	return bad;
}

/* Nodes stand one behind the other; a zero byte where one should start begins the padding of its page, for a node is
 * never empty (but for the root of a trie of nothing). */
static int explain_padding(const struct trie *t, uint64_t off, const cq_trace *tr, struct cq_error *err)
{
	static const uint8_t zeros[TRIE_PAGE];

	for (size_t given = 0; off < t->end;) {
		struct trie_payload p;
		struct trie_node n;
		cq_slice bytes;
		cq_cur c;
		int rc = trie_bytes(t, off, &bytes, err);

		if (rc < 0)
			return rc;
		if (off != t->root && bytes.p[0] == 0) {
			if (given++ == CQ_UNITS_A_PAGE) {
				struct cq_unit u = trie_unit(t, CQ_U_TRIE_PADDING, CQ_F_MORE, off, t->end - off);

				cq_trace_child(tr, &u, CQ_NO_INDEX, (cq_slice){0});
				return CQ_OK;
			}
			if (memcmp(bytes.p, zeros, bytes.len) || (off + bytes.len) % TRIE_PAGE) {
				rc = cq_fail(err, CQ_DAMAGED, off, "expected a node, or zeros to the end of the page");
				return with_file(t->pages, rc, err);
			}
			cq_trace_bytes(tr, CQ_F_PADDING, off, bytes, NULL);
			off += bytes.len;
			continue;
		}
		c = cq_cur_over(bytes.p, bytes.len, off);
		trie_node_body(&c, &n, NULL);
		trie_payload_body(&c, t->which, n.flags, &p, NULL);
		if (c.status)
			return with_file(t->pages, cq_cur_error(&c, err), err);
		off = cq_cur_off(&c);
	}
	return CQ_OK;
}

static int explain_partitions(const struct cq_table *table, struct cq_pages *g, const cq_trace *tr, struct cq_error *err)
{
	struct partitions_end end = {0};
	uint64_t footer;
	const uint8_t *p;
	struct trie t;
	cq_cur c;
	int rc = bti_partitions(g, &t, &end, err), keys = CQ_OK;

	if (g->space->size < PARTITIONS_FOOTER)
		return rc;
	footer = g->space->size - PARTITIONS_FOOTER;
	if (rc == CQ_OK) {
		const uint64_t most = 2 * (2 + UINT16_MAX);
		cq_slice bytes;

		give_trie(&t, tr);
		keys = cq_pages_some(g, end.keys, (size_t)(footer - end.keys < most ? footer - end.keys : most), &bytes, err);
		if (keys < 0)
			return with_file(g, keys, err);
		c = cq_cur_over(bytes.p, bytes.len, end.keys);
		partitions_keys_body(&c, table->stats.key_type, &end, tr);
		if (!c.status && cq_cur_off(&c) != footer)
			cq_bad(&c, c.p, CQ_F_LAST_KEY, footer - cq_cur_off(&c), "no bytes between the last key and the last 24");
		keys = with_file(g, cq_cur_error(&c, err), err);
	}
	if (cq_pages_at(g, footer, PARTITIONS_FOOTER, &p, rc == CQ_OK && keys == CQ_OK ? err : NULL) < 0)
		return rc < 0 ? rc : keys < 0 ? keys : CQ_EIO;
	c = cq_cur_over(p, PARTITIONS_FOOTER, footer);
	partitions_footer_body(&c, &end, tr);
	return rc < 0 ? rc : keys;
}

/* A page of the entries of Rows.db, in the order of the leaves of Partitions.db that point at them. start: where the
 * first one's trie begins. */
static int explain_entries(const struct cq_table *table, uint64_t at, uint64_t index, uint64_t start, const cq_trace *tr,
	struct cq_error *err)
{
	struct cq_buf name = {0};
	struct cq_lookup *l;
	size_t given = 0;
	int rc = cq_lookup_open(&l, table, err), bad = CQ_OK;

	if (rc < 0)
		return rc;
	for (;;) {
		uint64_t before = at, node;
		struct trie_payload p;
		struct rows_entry e;
		struct cq_unit u = { .kind = CQ_U_ROWS_ENTRY, .field = CQ_F_ROWS_ENTRY, .component = CQ_C_ROWS,
			.space = CQ_SPACE_RAW, .len = CQ_NO_OFFSET, .arg = { index, start } };
		cq_slice bytes;

		rc = bti_next_leaf(l, &at, &node, &p, bad == CQ_OK ? err : NULL);
		if (rc == CQ_END || (rc < 0 && rc != CQ_DAMAGED))
			break;
		if (rc == CQ_DAMAGED && at == before)
			break;
		if (rc == CQ_DAMAGED)
			bad = rc;
		if (rc != CQ_OK || p.position < 0)
			continue;
		if (given++ == CQ_UNITS_A_PAGE) {
			u.kind = CQ_U_ROWS_ENTRIES;
			u.field = CQ_F_MORE;
			u.off = start;
			u.len = l->rows.space->size - start;
			u.arg[0] = before;
			u.arg[1] = index;
			u.arg[2] = start;
			cq_trace_child(tr, &u, index, (cq_slice){0});
			rc = CQ_END;
			break;
		}
		u.off = (uint64_t)p.position;
		cq_buf_clear(&name);
		rc = bti_rows_entry(&l->rows, u.off, &e, &bytes, bad == CQ_OK ? err : NULL);
		if (rc == CQ_OK) {
			u.len = bytes.len;
			cq_table_print_key(table, e.key, &name);
			start = e.end;
		} else if (rc == CQ_DAMAGED) {
			bad = rc;
		} else {
			break;
		}
		cq_trace_child(tr, &u, index++, cq_buf_bytes(&name));
	}
	/* The last entry ends the file; what is behind it belongs to nobody. */
	if (rc == CQ_END && given <= CQ_UNITS_A_PAGE && start < l->rows.space->size) {
		struct cq_unit u = { .kind = CQ_U_BYTES, .field = CQ_F_UNKNOWN_BYTES, .component = CQ_C_ROWS,
			.space = CQ_SPACE_RAW, .off = start, .len = l->rows.space->size - start };

		cq_trace_child(tr, &u, CQ_NO_INDEX, (cq_slice){0});
	}
	cq_buf_finish(&name);
	cq_lookup_close(l);
	return rc == CQ_END ? bad : rc;
}

static int explain_entry(const struct cq_table *table, struct cq_pages *g, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	struct rows_entry e;
	cq_slice bytes;
	cq_cur c;
	int rc = bti_rows_entry(g, u->off, &e, &bytes, err);

	if (rc == CQ_OK) {
		struct trie t = { .pages = g, .which = TRIE_ROWS, .root = e.root, .end = e.off,
			.start = u->arg[1] <= e.root ? u->arg[1] : 0 };

		give_trie(&t, tr);
	}
	c = cq_cur_over(bytes.p, bytes.len, u->off);
	rows_entry_body(&c, table->stats.key_type, &e, tr);
	return rc;
}

int bti_explain(const struct cq_table *table, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	bool rows = u->component == CQ_C_ROWS;
	const struct cq_space *space = table->component[rows ? CQ_C_ROWS : CQ_C_PARTITIONS];
	struct cq_pages g;
	struct trie t;
	int rc;

	if (!space)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%s.db is not there", rows ? "Rows" : "Partitions");
	cq_pages_init(&g, space);
	t = (struct trie){ .pages = &g, .which = rows ? TRIE_ROWS : TRIE_PARTITIONS, .root = u->arg[1], .start = u->arg[2],
		.end = u->arg[3] };
	switch (u->kind) {
	case CQ_U_COMPONENT:
		rc = !rows ? explain_partitions(table, &g, tr, err) : space->size ? explain_entries(table, 0, 0, 0, tr, err) : CQ_OK;
		break;
	case CQ_U_TRIE_NODE:
		rc = explain_node(&t, u->off, tr, err);
		break;
	case CQ_U_TRIE_PADDING:
		rc = explain_padding(&t, u->off, tr, err);
		break;
	case CQ_U_ROWS_ENTRIES:
		rc = explain_entries(table, u->arg[0], u->arg[1], u->arg[2], tr, err);
		break;
	case CQ_U_ROWS_ENTRY:
		rc = explain_entry(table, &g, u, tr, err);
		break;
	default:
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no such unit in the tries: %u", u->kind);
	}
	cq_pages_finish(&g);
	return rc;
}

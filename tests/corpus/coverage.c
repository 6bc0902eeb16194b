/* coverage [FOLDER...]: every byte of every component of every SSTable, accounted for. TAP: a point a table.
 *
 * Without folders: corpus/ of the project, and the larger one that $CQLITE_CORPUS names or that lies in ../shared/corpus.
 * Checked of each table:
 *
 *   - opened to the last leaf, the leaves of each byte space tile it: from 0 to its end, no hole, no overlap, and nothing is
 *     unknown but files of other makers;
 *   - the rows, markers and headers of the tree are where a plain scan finds them, and as long;
 *   - of a sample of nodes: the path leads back to the node, its first and last byte lead to it, its value can be printed;
 *   - a field is one that the registry says this version has;
 *   - index entries, leaves of Partitions.db and entries of Summary.db lead to the partition with their key, and that one
 *     leads back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cq_desc_list.h"
#include "cq_format.h"
#include "cq_table_doc.h"

enum { SAMPLE = 211, LINKS = 41, COMPLAINTS = 10 };

struct leaf {
	uint64_t off, end;
};

struct spans {
	struct leaf *p;
	size_t n, cap;
};

static struct {
	uint64_t tables, files, bytes, leaves, nodes, padding, foreign, paths, places, links, extents;
} total;

struct state {
	const struct cq_table *t;
	struct cq_doc *d;
	struct cq_scan *scan;
	struct cq_event ev;
	bool have, describes;                  /* describes: the component is of a kind that the format explains */
	struct spans spans[2];
	uint64_t seen;
	unsigned wrong;
	char where[256], version[8];
};

static void complain(struct state *s, const char *what, cq_nid id)
{
	struct cq_buf path = {0};
	struct cq_node n;
	cq_slice why;

	if (s->wrong++ >= COMPLAINTS)
		return;
	cq_doc_path(s->d, id, &path);
	cq_doc_node(s->d, id, &n);
	why = cq_doc_damage(s->d, id);
	printf("# %s: %s: %s (offset 0x%" PRIx64 ", %" PRIu64 " bytes) %.*s\n", s->where, what, cq_buf_cstr(&path), n.off, n.len,
		(int)why.len, why.p ? (const char *)why.p : "");
	cq_buf_finish(&path);
}

static void add_span(struct spans *s, uint64_t off, uint64_t end)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->p = realloc(s->p, s->cap * sizeof *s->p);
		if (!s->p)
			abort();
	}
	s->p[s->n++] = (struct leaf){ off, end };
}

/* ---- the tree against the scan ---- */

static void next_event(struct state *s)
{
	struct cq_error err = {0};

	s->have = s->scan && cq_scan_next(s->scan, &s->ev, &err) == CQ_OK;
}

static void same_extent(struct state *s, cq_nid id, const struct cq_node *n, bool must, enum cq_event_kind a, enum cq_event_kind b)
{
	if (!s->scan)
		return;
	if (!s->have || (s->ev.kind != a && s->ev.kind != b) || s->ev.off != n->off) {
		if (must)
			complain(s, "the scan has something else here", id);
		return;
	}
	if (s->ev.len != n->len)
		complain(s, "the scan says another length", id);
	total.extents++;
	next_event(s);
}

static void against_scan(struct state *s, cq_nid id, const struct cq_node *n)
{
	if (n->component != CQ_C_DATA)
		return;
	switch (n->field) {
	case CQ_F_PARTITION_HEADER: same_extent(s, id, n, true, CQ_EV_PARTITION, CQ_EV_PARTITION); break;
	case CQ_F_STATIC_ROW: same_extent(s, id, n, false, CQ_EV_STATIC, CQ_EV_STATIC); break;
	case CQ_F_ROWS: same_extent(s, id, n, true, CQ_EV_ROW, CQ_EV_MARKER); break;
	case CQ_F_END_OF_PARTITION: same_extent(s, id, n, true, CQ_EV_PARTITION_END, CQ_EV_PARTITION_END); break;
	default: break;
	}
}

/* ---- a sample of nodes ---- */

static void path_leads_back(struct state *s, cq_nid id)
{
	struct cq_error err = {0};
	struct cq_buf path = {0};
	cq_nid back = 0;

	cq_doc_path(s->d, id, &path);
	if (cq_doc_get(s->d, cq_buf_cstr(&path), &back, &err) != CQ_OK || back != id)
		complain(s, err.msg[0] ? err.msg : "its path leads elsewhere", id);
	total.paths++;
	cq_buf_finish(&path);
}

static void bytes_lead_to(struct state *s, cq_nid id, const struct cq_node *n)
{
	struct cq_error err = {0};
	struct cq_buf out = {0};
	cq_nid at = 0;

	for (int last = 0; n->len && last < 2; last++)
		if (cq_doc_at(s->d, n->component, n->space, last ? n->off + n->len - 1 : n->off, &at, &err) != CQ_OK || at != id)
			complain(s, err.msg[0] ? err.msg : "its bytes lead elsewhere", id);
	total.places++;
	cq_doc_print(s->d, id, &out, 0);
	cq_doc_print(s->d, id, &out, CQ_DOC_RAW);
	for (size_t i = 0; i < out.len; i++)
		if (out.p[i] < 0x20 || out.p[i] == 0x7f) {
			complain(s, "its value is not printable", id);
			break;
		}
	if (!out.len && n->len)
		complain(s, "no value", id);
	cq_buf_finish(&out);
}

static bool key_of(struct state *s, cq_nid unit, struct cq_buf *out)
{
	struct cq_node n;
	bool good = false;

	cq_buf_clear(out);
	if (cq_doc_expand(s->d, unit, NULL) < 0)
		return false;
	for (cq_nid at = cq_doc_first(s->d, unit); at && !good;) {
		cq_doc_node(s->d, at, &n);
		good = n.field == CQ_F_KEY && cq_buf_reserve(out, (size_t)n.len + 1) &&
			cq_doc_bytes(s->d, n.component, n.space, n.off, out->p, (size_t)n.len, NULL) == CQ_OK;
		if (good)
			out->len = (size_t)n.len;
		at = cq_doc_walk(s->d, at, unit, !(n.flags & CQ_N_UNIT));
	}
	return good;
}

static void link_both_ways(struct state *s, cq_nid id, const struct cq_node *n)
{
	struct cq_buf a = {0}, b = {0};
	struct cq_error err = {0};
	cq_nid there = 0, back = 0;
	struct cq_unit u;
	int rc = cq_table_link(s->t, s->d, id, &there, &err);

	if (n->field == CQ_F_SUMMARY_ENTRY && rc == CQ_OK) {
		struct cq_node entry;

		/* a group, not a unit: its key leaf is below it */
		if (!key_of(s, id, &a) || !key_of(s, there, &b) || !cq_slice_eq(cq_buf_bytes(&a), cq_buf_bytes(&b)))
			complain(s, "its index entry has another key", id);
		cq_doc_node(s->d, there, &entry);
		if (entry.field != CQ_F_INDEX_ENTRY)
			complain(s, "leads to no index entry", id);
	} else if (rc != CQ_OK) {
		complain(s, err.msg, id);
	} else if (n->field == CQ_F_TRIE_POSITION) {
		cq_doc_unit(s->d, there, &u);
		if (u.kind != CQ_U_PARTITION && u.kind != CQ_U_ROWS_ENTRY)
			complain(s, "leads to neither partition nor entry", id);
	} else {
		if (!key_of(s, id, &a) || !key_of(s, there, &b) || !cq_slice_eq(cq_buf_bytes(&a), cq_buf_bytes(&b)))
			complain(s, "its partition has another key", id);
		if (cq_table_link(s->t, s->d, there, &back, &err) != CQ_OK || back != id)
			complain(s, err.msg[0] ? err.msg : "the partition leads back to something else", id);
	}
	total.links++;
	cq_buf_finish(&a);
	cq_buf_finish(&b);
}

/* ---- everything ---- */

static void visit(struct state *s, cq_nid id)
{
	struct cq_error err = {0};
	struct cq_node n;
	int rc = cq_doc_expand(s->d, id, &err);

	if (rc < 0) {
		complain(s, err.msg, id);
		return;
	}
	cq_doc_node(s->d, id, &n);
	total.nodes++;
	if (n.flags & CQ_N_DAMAGED)
		complain(s, "damaged", id);
	if (n.len == CQ_NO_OFFSET)
		complain(s, "no length", id);
	if (n.field != CQ_F_NONE && cq_field_in_version(n.field, s->version) != 1)
		complain(s, "a field that this version does not have", id);
	against_scan(s, id, &n);
	if (n.flags & (CQ_N_NUMBER | CQ_N_BYTES)) {
		total.leaves++;
		if (n.flags & CQ_N_GAP && s->describes)
			complain(s, "unknown bytes", id);
		if (n.flags & CQ_N_GAP)
			total.foreign += n.len;
		if (n.field == CQ_F_PADDING)
			total.padding += n.len;
		if ((unsigned)n.space < 2)
			add_span(&s->spans[n.space], n.off, n.off + n.len);
	}
	if (++s->seen % SAMPLE == 1) {
		path_leads_back(s, id);
		if (n.flags & (CQ_N_NUMBER | CQ_N_BYTES))
			bytes_lead_to(s, id, &n);
	}
	if ((n.field == CQ_F_INDEX_ENTRY || n.field == CQ_F_ROWS_ENTRY || n.field == CQ_F_SUMMARY_ENTRY ||
	     n.field == CQ_F_TRIE_POSITION) && total.nodes % LINKS == 0)
		link_both_ways(s, id, &n);
}

static int by_place(const void *pa, const void *pb)
{
	const struct leaf *a = pa, *b = pb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return (a->end > b->end) - (a->end < b->end);
}

static void tiles(struct state *s, struct spans *sp, uint64_t size, const char *name, int space)
{
	uint64_t at = 0;

	if (sp->n)
		qsort(sp->p, sp->n, sizeof *sp->p, by_place);
	for (size_t i = 0; i <= sp->n; i++) {
		uint64_t off = i < sp->n ? sp->p[i].off : size;

		if (off != at && s->wrong++ < COMPLAINTS)
			printf("# %s: %s, %s: %s from 0x%" PRIx64 " to 0x%" PRIx64 "\n", s->where, name, cq_space_kind_name(space),
				off > at ? "no leaf" : "two leaves", off > at ? at : off, off > at ? off : at);
		if (i < sp->n)
			at = sp->p[i].end;
	}
	sp->n = 0;
}

static void component(struct state *s, cq_nid top)
{
	struct cq_node n;
	uint64_t sizes[2];
	char name[128];

	cq_doc_node(s->d, top, &n);
	snprintf(name, sizeof name, "%.*s", (int)n.name.len, (const char *)n.name.p);
	s->describes = false;
	for (size_t i = 0; i < s->t->format->ncomponents; i++)
		s->describes |= (int)s->t->format->components[i].kind == n.component;
	s->seen = 0;
	sizes[0] = n.len;
	sizes[1] = n.component == CQ_C_DATA && s->t->stream.chunks ? s->t->stream.len : 0;
	for (cq_nid at = top; at;) {
		cq_nid next;

		visit(s, at);
		next = cq_doc_first(s->d, at);
		/* Up, until there is something beside; what has been seen is forgotten. */
		while (!next && at != top) {
			cq_doc_forget(s->d, at);
			next = cq_doc_next(s->d, at);
			if (!next)
				at = cq_doc_parent(s->d, at);
		}
		at = next;
	}
	cq_doc_forget(s->d, top);
	total.files++;
	total.bytes += sizes[0];
	for (int space = 0; space < 2; space++)
		tiles(s, &s->spans[space], sizes[space], name, space);
}

static bool table(const struct cq_sst_entry *e)
{
	struct cq_error err = {0};
	struct cq_table *t = NULL;
	struct state s = {0};
	char line[512];
	int rc = cq_table_open(&t, e->data_path, NULL, &err);

	snprintf(s.where, sizeof s.where, "%s", e->data_path);
	if (rc == CQ_OK)
		rc = cq_table_doc(t, &s.d, &err);
	if (rc != CQ_OK) {
		printf("# %s\n", cq_error_text(&err, line, sizeof line));
		cq_table_close(t);
		return false;
	}
	s.t = t;
	snprintf(s.version, sizeof s.version, "%.*s", (int)t->desc.version.len, (const char *)t->desc.version.p);
	if (cq_scan_open(&s.scan, t, NULL, &err) == CQ_OK)
		next_event(&s);
	for (cq_nid c = cq_doc_first(s.d, cq_doc_root(s.d)); c; c = cq_doc_next(s.d, c))
		component(&s, c);
	if (s.have) {
		printf("# %s: the scan goes on behind the tree\n", s.where);
		s.wrong++;
	}
	cq_scan_close(s.scan);
	cq_doc_close(s.d);
	cq_table_close(t);
	for (int space = 0; space < 2; space++)
		free(s.spans[space].p);
	total.tables++;
	return !s.wrong;
}

static unsigned points, failed;

static void folder(const char *path)
{
	struct cq_desc_list list = { .flags = CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS };
	struct cq_error err = {0};
	int rc = cq_desc_list(path, &list, &err);

	if (rc != CQ_OK) {
		printf("not ok %u - %s: %s\n", ++points, path, err.msg);
		failed++;
	}
	for (size_t i = 0; rc == CQ_OK && i < list.ntables; i++) {
		const unsigned needed = 1u << CQ_C_DATA | 1u << CQ_C_STATISTICS;
		const char *name = list.tables[i].data_path;
		bool whole = (list.tables[i].present & needed) == needed, good = !whole || table(&list.tables[i]);

		if (strncmp(name, list.root, strlen(list.root)) == 0)
			name += strlen(list.root);
		printf("%sok %u - %s%s\n", good ? "" : "not ", ++points, name, whole ? "" :
			" # SKIP half a table, of an operation that did not finish: no Data.db or no Statistics.db");
		failed += !good;
		fflush(stdout);
	}
	cq_desc_list_finish(&list);
}

int main(int argc, char **argv)
{
	const char *large = getenv("CQLITE_CORPUS");

	for (int i = 1; i < argc; i++)
		folder(argv[i]);
	if (argc < 2) {
		folder(CQ_TEST_CORPUS);
		if (!large && access(CQ_TEST_CORPUS "/../../shared/corpus", R_OK) == 0)
			large = CQ_TEST_CORPUS "/../../shared/corpus";
		if (large)
			folder(large);
		else
			printf("# the larger corpus is not here (CQLITE_CORPUS says where): only the project's own was read\n");
	}
	printf("# %" PRIu64 " tables, %" PRIu64 " files, %" PRIu64 " bytes, %" PRIu64 " leaves in %" PRIu64 " nodes; %" PRIu64
		" bytes of padding, %" PRIu64 " of other makers\n", total.tables, total.files, total.bytes, total.leaves, total.nodes,
		total.padding, total.foreign);
	printf("# compared: %" PRIu64 " extents with the scan, %" PRIu64 " paths, %" PRIu64 " places, %" PRIu64 " links\n",
		total.extents, total.paths, total.places, total.links);
	printf("1..%u\n", points);
	return failed != 0;
}

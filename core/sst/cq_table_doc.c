#include "cq_table_doc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"

/* ---- where the bytes are ---- */

struct extra {                                 /* a component without a kind of its own */
	struct cq_space *space;
	char *name;
};

struct binding {
	const struct cq_table *t;
	struct cq_window w;                    /* for bytes of the decompressed stream; opened at the first read */
	bool window;
	struct extra *extra;
	size_t nextra;
	/* Every 256th partition by the index: where to begin a list in its middle. Made when first wanted. */
	uint64_t *mark;
	size_t nmarks;
	bool marked;
};

static const struct cq_space *space_of(const struct binding *b, int component)
{
	if (component >= CQ_C_KINDS)
		return (size_t)(component - CQ_C_KINDS) < b->nextra ? b->extra[component - CQ_C_KINDS].space : NULL;
	return component >= 0 ? b->t->component[component] : NULL;
}

static uint64_t size(void *arg, int component, int space)
{
	const struct binding *b = arg;
	const struct cq_space *s = space_of(b, component);

	if (space == CQ_SPACE_DECOMPRESSED)
		return component == CQ_C_DATA && b->t->stream.chunks ? b->t->stream.len : 0;
	return s && space == CQ_SPACE_RAW ? s->size : 0;
}

static int bytes(void *arg, int component, int space, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	struct binding *b = arg;
	const struct cq_space *s = space_of(b, component);
	int rc;

	if (off > size(arg, component, space) || n > size(arg, component, space) - off)
		return cq_fail(err, CQ_EUSAGE, off, "no %zu %s bytes there", n, cq_space_kind_name(space));
	if (space == CQ_SPACE_RAW)
		return cq_space_read(s, off, buf, n, err);
	if (!b->window) {
		cq_window_init(&b->w, &b->t->stream, 0);
		b->w.no_checksums = true;      /* who looks at bytes wants to see them */
		b->window = true;
	}
	cq_window_seek(&b->w, off);
	rc = cq_window_need(&b->w, n, err);
	if (rc == CQ_OK && n)
		memcpy(buf, b->w.bytes, n);
	return rc;
}

static void finish(void *arg)
{
	struct binding *b = arg;

	if (!b)
		return;
	if (b->window)
		cq_window_finish(&b->w);
	for (size_t i = 0; i < b->nextra; i++) {
		cq_space_close(b->extra[i].space);
		free(b->extra[i].name);
	}
	free(b->extra);
	free(b->mark);
	free(b);
}

/* ---- explaining ---- */

/* A file that nobody describes: pages of bytes. */
static int plain(const struct cq_space *s, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	struct cq_unit more = { .kind = CQ_U_BYTES, .field = CQ_F_UNKNOWN_BYTES, .component = u->component, .space = CQ_SPACE_RAW };
	uint8_t page[CQ_BYTES_A_PAGE];
	uint64_t n = u->len < sizeof page ? u->len : sizeof page;
	int rc;

	if (u->kind == CQ_U_COMPONENT) {
		more.len = s->size;
		if (s->size)
			cq_trace_child(tr, &more, CQ_NO_INDEX, (cq_slice){0});
		return CQ_OK;
	}
	rc = cq_space_read(s, u->off, page, (size_t)n, err);
	if (rc < 0)
		return rc;
	if (n)
		cq_trace_bytes(tr, CQ_F_UNKNOWN_BYTES, u->off, cq_slice_of(page, (size_t)n), NULL);
	if (u->len > n) {
		more.field = CQ_F_MORE;
		more.off = u->off + n;
		more.len = u->len - n;
		more.arg[0] = u->arg[0] + n / 8;
		cq_trace_child(tr, &more, more.arg[0] / (CQ_BYTES_A_PAGE / 8), (cq_slice){0});
	}
	return CQ_OK;
}

static int explain(void *arg, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	const struct binding *b = arg;
	const struct cq_space *s = space_of(b, u->component);

	if (u->component < CQ_C_KINDS && b->t->format->explain)
		return b->t->format->explain(b->t, u, tr, err);
	return s ? plain(s, u, tr, err) : cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "the component is not there");
}

static void extent(void *arg, const struct cq_unit *u, struct cq_extent *e)
{
	(void)arg;
	switch (u->kind) {
	case CQ_U_TRIE_NODE:                   /* children lie anywhere before it */
		e->run = false;
		e->reach_off = u->arg[2];
		e->reach_end = e->end == CQ_NO_OFFSET ? u->off + 4096 : e->end;
		e->end = e->off;
		if (u->off == u->arg[1]) {     /* the root stands for all of its trie */
			e->off = u->arg[2];
			e->end = u->arg[3];
		}
		break;
	case CQ_U_TRIE_PADDING:                /* here and there in a trie that its root stands for */
		e->run = false;
		e->end = e->off;
		break;
	case CQ_U_ROWS_ENTRY:                  /* the trie before it is below it */
		e->run = false;
		e->off = e->reach_off = u->arg[1] <= u->off ? u->arg[1] : u->off;
		if (e->end == CQ_NO_OFFSET)
			e->end = e->off;
		break;
	default:
		break;
	}
}

/* ---- into the middle of a list ---- */

static void make_marks(struct binding *b)
{
	struct cq_position pos;
	struct cq_lookup *l;
	uint64_t at = 0, k = 0, last = 0;
	size_t cap = 0;
	int rc;

	b->marked = true;
	if (cq_lookup_open(&l, b->t, NULL) != CQ_OK)
		return;
	while ((rc = cq_lookup_next(l, &at, &pos, NULL)) == CQ_OK) {
		if (k && pos.data_off <= last)
			break;                 /* out of order: the index is of no use from here on */
		last = pos.data_off;
		if (k++ % CQ_UNITS_A_PAGE)
			continue;
		if (b->nmarks == cap) {
			uint64_t *p = realloc(b->mark, (cap ? cap * 2 : 64) * sizeof *p);

			if (!p)
				break;
			b->mark = p;
			cap = cap ? cap * 2 : 64;
		}
		b->mark[b->nmarks++] = pos.data_off;
	}
	cq_lookup_close(l);
}

/* Does a partition begin there? The index may say anything; its key, looked up, must lead here. */
static bool begins_partition(const struct cq_table *t, uint64_t off)
{
	struct cq_scan_options opt = { .no_cells = true };
	struct cq_lookup *l = NULL;
	struct cq_position pos;
	struct cq_scan *s = NULL;
	struct cq_event ev;
	bool good = false;

	if (cq_scan_open(&s, t, &opt, NULL) == CQ_OK && cq_lookup_open(&l, t, NULL) == CQ_OK) {
		cq_scan_to(s, off);
		good = cq_scan_next(s, &ev, NULL) == CQ_OK && ev.kind == CQ_EV_PARTITION &&
			cq_lookup_key(l, ev.partition->key, &pos, NULL) == CQ_OK && pos.data_off == off;
	}
	cq_scan_close(s);
	cq_lookup_close(l);
	return good;
}

/* Pages of leaves that all have one width. */
static int skip_leaves(const struct cq_unit *page, bool by_index, uint64_t target, unsigned width, unsigned a_page,
	struct cq_unit *out, uint64_t *index)
{
	uint64_t step = (uint64_t)width * a_page, first = page->arg[0], pages;

	if (width == 1)
		first = first / (CQ_BYTES_A_PAGE / 8) * CQ_BYTES_A_PAGE, pages = 0;
	if (by_index) {
		uint64_t element = width == 1 ? target * CQ_BYTES_A_PAGE : target;

		if (element < first)
			return CQ_NOT_FOUND;
		pages = (element - first) / a_page;
	} else {
		pages = (target - page->off) / step;
	}
	if (!pages || pages > page->len / step || pages * step >= page->len)
		return CQ_NOT_FOUND;
	*out = *page;
	out->off += pages * step;
	out->len -= pages * step;
	out->arg[0] += width == 1 ? pages * (CQ_BYTES_A_PAGE / 8) : pages * a_page;
	*index = width == 1 ? out->arg[0] / (CQ_BYTES_A_PAGE / 8) : out->arg[0];
	return CQ_OK;
}

static int skip(void *arg, const struct cq_unit *page, bool by_index, uint64_t target, struct cq_unit *out, uint64_t *index)
{
	struct binding *b = arg;
	const struct cq_table *t = b->t;
	struct cq_chunk_place place;
	struct cq_span span;
	uint64_t k;

	if (!by_index && target < page->off)
		return CQ_NOT_FOUND;
	switch (page->kind) {
	case CQ_U_CHUNK_OFFSETS:
		return skip_leaves(page, by_index, target, 8, CQ_UNITS_A_PAGE, out, index);
	case CQ_U_CHECKSUMS:
	case CQ_U_SUMMARY_OFFSETS:
		return skip_leaves(page, by_index, target, 4, CQ_UNITS_A_PAGE, out, index);
	case CQ_U_FILTER_BITS:
	case CQ_U_BYTES:
		return skip_leaves(page, by_index, target, 1, CQ_BYTES_A_PAGE, out, index);
	case CQ_U_MORE_CHUNKS:
		k = target;
		if (!by_index) {
			if (cq_table_to_stream(t, target, &place, NULL) != CQ_OK)
				return CQ_NOT_FOUND;
			k = place.index;
		}
		k = k < page->arg[0] ? 0 : (k - page->arg[0]) / CQ_UNITS_A_PAGE * CQ_UNITS_A_PAGE + page->arg[0];
		if (k <= page->arg[0] || k >= t->chunks.count || cq_chunk_at(&t->chunks, k, t->stream.raw->size, &span, NULL) != CQ_OK)
			return CQ_NOT_FOUND;
		*out = *page;
		out->arg[0] = *index = k;
		out->off = span.off;
		return CQ_OK;
	case CQ_U_MORE_PARTITIONS:
		if (!b->marked)
			make_marks(b);
		for (k = b->nmarks; k && (by_index ? (k - 1) * CQ_UNITS_A_PAGE > target : b->mark[k - 1] > target); k--)
			;
		if (!k || (k - 1) * CQ_UNITS_A_PAGE <= page->arg[0] || b->mark[k - 1] <= page->off ||
		    !begins_partition(t, b->mark[k - 1]))
			return CQ_NOT_FOUND;
		*out = *page;
		out->off = b->mark[k - 1];
		out->arg[0] = *index = (k - 1) * CQ_UNITS_A_PAGE;
		return CQ_OK;
	default:
		return CQ_NOT_FOUND;
	}
}

static const struct cq_doc_ops ops = { .explain = explain, .bytes = bytes, .size = size, .extent = extent, .skip = skip,
	.close = finish };

/* ---- the document ---- */

static unsigned field_of(int kind)
{
	switch (kind) {
	case CQ_C_DATA: return CQ_F_DATA_DB;
	case CQ_C_INDEX: return CQ_F_INDEX_DB;
	case CQ_C_SUMMARY: return CQ_F_SUMMARY_DB;
	case CQ_C_FILTER: return CQ_F_FILTER_DB;
	case CQ_C_STATISTICS: return CQ_F_STATISTICS_DB;
	case CQ_C_COMPRESSION_INFO: return CQ_F_COMPRESSION_INFO_DB;
	case CQ_C_DIGEST: return CQ_F_DIGEST;
	case CQ_C_CRC: return CQ_F_CRC_DB;
	case CQ_C_TOC: return CQ_F_TOC_TXT;
	case CQ_C_PARTITIONS: return CQ_F_PARTITIONS_DB;
	case CQ_C_ROWS: return CQ_F_ROWS_DB;
	default: return CQ_F_OTHER_FILE;
	}
}

/* "Data.db" of "nb-1-big-Data.db"; the whole when it is called otherwise. */
static const char *component_part(const struct cq_table *t, const char *file)
{
	size_t n = t->desc.base.len;

	return n && strncmp(file, (const char *)t->desc.base.p, n) == 0 && file[n] == '-' ? file + n + 1 : file;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct extra *)a)->name, ((const struct extra *)b)->name);
}

/* Files called like the table that are no component the table has opened. */
static int find_extras(struct binding *b, struct cq_error *err)
{
	const struct cq_table *t = b->t;
	char dir[4096], path[8192];
	struct dirent *e;
	DIR *d;
	int rc = CQ_OK;

	snprintf(dir, sizeof dir, "%.*s", (int)t->desc.dir.len, (const char *)t->desc.dir.p);
	d = opendir(dir);
	if (!d)
		return CQ_OK;                  /* the bytes come from elsewhere: then the table's components are all */
	while (rc == CQ_OK && (e = readdir(d))) {
		const char *name = component_part(t, e->d_name);
		struct extra *p;
		bool known = false;

		if (name == e->d_name)
			continue;
		for (int kind = 0; kind < CQ_C_KINDS; kind++)
			known |= t->component[kind] && strcmp(cq_basename(t->component[kind]->name), e->d_name) == 0;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (known)
			continue;
		p = realloc(b->extra, (b->nextra + 1) * sizeof *p);
		if (!p) {
			rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
			break;
		}
		b->extra = p;
		p[b->nextra] = (struct extra){ .name = strdup(name) };
		if (!p[b->nextra].name)
			rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
		else
			rc = cq_space_open_file(&p[b->nextra].space, path, err);
		if (rc == CQ_OK)
			b->nextra++;
		else
			free(p[b->nextra].name);
		if (rc == CQ_EUSAGE)
			rc = CQ_OK;            /* a folder */
	}
	closedir(d);
	if (b->nextra)
		qsort(b->extra, b->nextra, sizeof *b->extra, by_name);
	return rc;
}

int cq_table_doc(const struct cq_table *t, struct cq_doc **out, struct cq_error *err)
{
	/* Stored in 4 bytes: a local deletion time that means none. */
	const struct cq_doc_options opt = { .no_ldt = t->features & CQ_FEAT_UINT_DELETION_TIME ? UINT32_MAX : INT32_MAX };
	struct binding *b = calloc(1, sizeof *b);
	struct cq_doc *d = NULL;
	bool good = true;
	int rc;

	if (!b)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
	b->t = t;
	rc = find_extras(b, err);
	if (rc == CQ_OK)
		rc = cq_doc_open(&d, &ops, b, &opt, err);
	if (rc != CQ_OK) {
		finish(b);
		return rc;
	}
	for (int kind = 0; kind < CQ_C_KINDS + (int)b->nextra; kind++) {
		const struct cq_space *s = space_of(b, kind);
		struct cq_unit u = { .kind = CQ_U_COMPONENT, .field = field_of(kind), .component = kind, .space = CQ_SPACE_RAW };

		if (!s)
			continue;
		u.len = s->size;
		good &= cq_doc_add(d, &u, cq_slice_str(kind < CQ_C_KINDS ? component_part(t, cq_basename(s->name)) :
			b->extra[kind - CQ_C_KINDS].name)) != 0;
	}
	if (!good) {
		cq_doc_close(d);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
	}
	*out = d;
	return CQ_OK;
}

cq_nid cq_table_doc_file(const struct cq_doc *d, const struct cq_table *t, const char *file)
{
	cq_slice want = cq_slice_str(component_part(t, cq_basename(file)));
	struct cq_node n;

	for (cq_nid c = cq_doc_first(d, cq_doc_root(d)); c; c = cq_doc_next(d, c))
		if (cq_doc_node(d, c, &n) && cq_slice_eq(n.name, want))
			return c;
	return 0;
}

/* ---- raw <-> decompressed ---- */

static int chunk_place(const struct cq_table *t, uint64_t index, struct cq_chunk_place *out, struct cq_error *err)
{
	const struct cq_chunks *c = &t->chunks;
	int rc = cq_chunk_at(c, index, t->stream.raw->size, &out->raw, err);

	out->index = index;
	out->off = index * c->chunk_len;
	out->len = cq_chunk_data_len(c, index);
	out->stored_raw = cq_chunk_is_raw(c, out->raw.len);
	return rc;
}

int cq_table_to_raw(const struct cq_table *t, uint64_t off, struct cq_chunk_place *out, struct cq_error *err)
{
	*out = (struct cq_chunk_place){0};
	if (!t->stream.chunks || !t->stream.raw || off >= t->stream.len)
		return cq_fail(err, CQ_NOT_FOUND, off, "%s", t->stream.chunks ? "behind the end of the data" : "Data.db is not compressed");
	return chunk_place(t, off / t->chunks.chunk_len, out, err);
}

int cq_table_to_stream(const struct cq_table *t, uint64_t raw_off, struct cq_chunk_place *out, struct cq_error *err)
{
	uint64_t lo = 0, hi = t->stream.chunks ? t->chunks.count : 0;
	int rc;

	*out = (struct cq_chunk_place){0};
	if (!hi || !t->stream.raw || raw_off >= t->stream.raw->size)
		return cq_fail(err, CQ_NOT_FOUND, raw_off, "%s", t->stream.chunks ? "behind the end of the file" :
			"Data.db is not compressed");
	/* The last chunk that begins at or before the byte. */
	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		rc = chunk_place(t, mid, out, err);
		if (rc < 0)
			return rc;
		if (out->raw.off <= raw_off)
			lo = mid;
		else
			hi = mid;
	}
	rc = chunk_place(t, lo, out, err);
	if (rc == CQ_OK && (raw_off < out->raw.off || raw_off - out->raw.off >= out->raw.len + 4))
		return cq_fail(err, CQ_NOT_FOUND, raw_off, "between two chunks");
	return rc;
}

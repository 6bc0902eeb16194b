#include "cq_file_format.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct cq_file_format *added[CQ_FILE_FORMATS_MAX];
static size_t nadded;

int cq_file_format_add(const struct cq_file_format *f, struct cq_error *err)
{
	for (size_t i = 0; i < nadded; i++)
		if (strcmp(added[i]->name, f->name) == 0)
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is a format %s already", f->name);
	if (nadded == CQ_FILE_FORMATS_MAX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "more than %d formats of files", CQ_FILE_FORMATS_MAX);
	added[nadded++] = f;
	return CQ_OK;
}

const struct cq_file_format *cq_file_format_nth(size_t index)
{
	return index < nadded ? added[index] : NULL;
}

static bool named(const struct cq_file_format *f, const char *name)
{
	for (size_t i = 0; f->files[i]; i++)
		if (fnmatch(f->files[i], name, 0) == 0)
			return true;
	return false;
}

const struct cq_file_format *cq_file_format_for(const char *path)
{
	uint8_t head[CQ_FILE_HEAD];
	struct cq_space *s = NULL;
	struct stat st;
	size_t n = 0;

	for (size_t i = nadded; i-- > 0;) {
		if (!named(added[i], cq_basename(path)))
			continue;
		if (!s) {
			if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || cq_space_open_file(&s, path, NULL) != CQ_OK)
				return NULL;
			n = s->size < sizeof head ? (size_t)s->size : sizeof head;
			if (n && cq_space_read(s, 0, head, n, NULL) != CQ_OK)
				break;
		}
		if (!added[i]->probe || added[i]->probe(added[i], cq_slice_of(head, n))) {
			cq_space_close(s);
			return added[i];
		}
	}
	cq_space_close(s);
	return NULL;
}

/* ---- the document ---- */

struct binding {
	const struct cq_file_format *f;
	struct cq_space *s;
	void *state;
};

static uint64_t size(void *arg, int component, int space)
{
	const struct binding *b = arg;

	return component == CQ_C_OTHER && space == CQ_SPACE_RAW ? b->s->size : 0;
}

static int bytes(void *arg, int component, int space, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	const struct binding *b = arg;
	uint64_t len = size(arg, component, space);

	if (off > len || n > len - off)
		return cq_fail(err, CQ_EUSAGE, off, "no %zu bytes there", n);
	return cq_space_read(b->s, off, buf, n, err);
}

/* Bytes that the format does not describe: a page, and the rest as another unit. */
static int plain(const struct cq_space *s, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	struct cq_unit more = *u;
	uint8_t page[CQ_BYTES_A_PAGE];
	uint64_t n = u->len < sizeof page ? u->len : sizeof page;
	int rc = cq_space_read(s, u->off, page, (size_t)n, err);

	if (rc < 0)
		return rc;
	if (n)
		cq_trace_bytes(tr, CQ_F_UNKNOWN_BYTES, u->off, cq_slice_of(page, (size_t)n), NULL);
	if (u->len > n) {
		more.field = CQ_F_MORE;
		more.off += n;
		more.len -= n;
		more.arg[0] += n / 8;
		cq_trace_child(tr, &more, more.arg[0] / (CQ_BYTES_A_PAGE / 8), (cq_slice){0});
	}
	return CQ_OK;
}

static int explain(void *arg, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	const struct binding *b = arg;

	if (u->kind == CQ_U_BYTES)
		return plain(b->s, u, tr, err);
	return b->f->explain(b->f, b->state, b->s, u, tr, err);
}

static void finish(void *arg)
{
	struct binding *b = arg;

	if (b->f->close)
		b->f->close(b->f, b->state);
	cq_space_close(b->s);
	free(b);
}

static const struct cq_doc_ops ops = { .explain = explain, .bytes = bytes, .size = size, .close = finish };

int cq_file_doc(const struct cq_file_format *f, const char *path, struct cq_doc **out, struct cq_error *err)
{
	const struct cq_doc_options opt = { .no_ldt = UINT64_MAX };
	struct cq_unit u = { .kind = CQ_U_COMPONENT, .field = f->field, .component = CQ_C_OTHER, .space = CQ_SPACE_RAW };
	struct binding *b = calloc(1, sizeof *b);
	struct cq_desc d;
	struct cq_doc *doc = NULL;
	cq_slice name = cq_slice_str(cq_basename(path));
	int rc;

	if (!b)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
	b->f = f;
	rc = cq_space_open_file(&b->s, path, err);
	if (rc == CQ_OK && f->open)
		rc = f->open(f, b->s, &b->state, err);
	if (rc == CQ_OK)
		rc = cq_doc_open(&doc, &ops, b, &opt, err);
	if (rc != CQ_OK) {
		finish(b);
		return rc;
	}
	/* A component of an SSTable is called as in the SSTable's own document. */
	if (cq_desc_parse(path, &d, NULL) == CQ_OK && d.component_name.len)
		name = d.component_name;
	u.len = b->s->size;
	if (!cq_doc_add(doc, &u, name)) {
		cq_doc_close(doc);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a document");
	}
	*out = doc;
	return CQ_OK;
}

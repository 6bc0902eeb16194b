/* The image: its files. What is changed in them: cq_inject_edits.c. */
#include "cq_inject_image.h"

#include <stdio.h>
#include <stdlib.h>

#include "cq_desc_list.h"
#include "cq_table_doc.h"

void *inject_room(void *array, size_t n, size_t *cap, size_t each)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *p;

	if (n < *cap)
		return array;
	p = realloc(array, more * each);
	if (p)
		*cap = more;
	return p;
}

/* ---- files ---- */

static struct inject_file *add_file(struct cq_inject *in, const char *name, const char *path)
{
	struct cq_inject_image *im = in->image;
	struct inject_file *f = inject_room(im->file, im->nfiles, &im->cap, sizeof *f);

	if (!f)
		return NULL;
	im->file = f;
	f += im->nfiles;
	*f = (struct inject_file){ .component = -1 };
	f->name = cq_arena_dup(&in->arena, name, strlen(name));
	f->path = path ? cq_arena_dup(&in->arena, path, strlen(path)) : NULL;
	if (!f->name || (path && !f->path))
		return NULL;
	im->nfiles++;
	return f;
}

/* The number that the document knows a file by. */
static int number_of(const struct cq_inject *in, const char *name)
{
	struct cq_node n;

	for (cq_nid c = cq_doc_first(in->doc, cq_doc_root(in->doc)); c; c = cq_doc_next(in->doc, c))
		if (cq_doc_node(in->doc, c, &n) && cq_slice_is(n.name, name))
			return n.component;
	return -1;
}

int inject_image_open(struct cq_inject *in, const char *path, struct cq_error *err)
{
	struct cq_desc_list list = { .flags = CQ_LIST_ANY_VERSION | CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS };
	struct cq_inject_image *im = calloc(1, sizeof *im);
	int rc;

	if (!im)
		return inject_nomem(err);
	in->image = im;
	rc = cq_desc_list(path, &list, err);
	if (rc == CQ_OK && list.ntables != 1)
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s holds %zu SSTables: name a file of one", path, list.ntables);
	for (size_t i = 0; rc == CQ_OK && i < list.tables[0].nfiles; i++) {
		const struct cq_component_file *c = &list.tables[0].files[i];
		char name[300];
		struct inject_file *f;

		snprintf(name, sizeof name, "%.*s", (int)c->name.len, (const char *)c->name.p);
		f = add_file(in, name, c->path);
		if (!f) {
			rc = inject_nomem(err);
			break;
		}
		f->component = number_of(in, name);
		f->len = c->bytes;
	}
	if (rc == CQ_OK) {
		char schema[4200];
		struct cq_space *s;

		snprintf(schema, sizeof schema, "%s/schema.cql", list.tables[0].dir);
		if (cq_space_open_file(&s, schema, NULL) == CQ_OK) {
			struct inject_file *f = add_file(in, "schema.cql", schema);

			if (f) {
				f->whole = true;
				f->len = s->size;
			} else {
				rc = inject_nomem(err);
			}
			cq_space_close(s);
		}
	}
	cq_desc_list_finish(&list);
	return rc;
}

void inject_image_close(struct cq_inject_image *im)
{
	if (!im)
		return;
	for (size_t i = 0; i < im->nfiles; i++)
		free(im->file[i].edits.v);
	free(im->file);
	free(im->stream.v);
	cq_buf_finish(&im->rest);
	free(im->span);
	free(im);
}

struct inject_file *inject_file_named(const struct cq_inject *in, const char *name)
{
	for (size_t i = 0; i < in->image->nfiles; i++)
		if (strcmp(in->image->file[i].name, name) == 0)
			return &in->image->file[i];
	return NULL;
}

struct inject_file *inject_file_of(const struct cq_inject *in, int component)
{
	for (size_t i = 0; component >= 0 && i < in->image->nfiles; i++)
		if (in->image->file[i].component == component)
			return &in->image->file[i];
	return NULL;
}

static int file_for(struct cq_inject *in, const char *name, struct inject_file **out, struct cq_error *err)
{
	*out = inject_file_named(in, name);
	if (!*out)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no %s", name);
	if ((*out)->gone || (*out)->emptied || (*out)->taken || (*out)->edits.n)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "two faults want %s", name);
	if ((*out)->component == CQ_C_DATA) {
		struct inject_span *s = inject_room(in->image->span, in->image->nspans, &in->image->spans_cap, sizeof *s);

		if (!s)
			return inject_nomem(err);
		in->image->span = s;
		s[in->image->nspans++] = (struct inject_span){ .len = in->t->stream.len };
		in->image->data_gone = true;
	}
	return CQ_OK;
}

static int whole_change(struct cq_inject *in, const struct inject_file *f, uint64_t now, struct cq_error *err)
{
	struct cq_inject_change *c = inject_room(in->now->change, in->now->nchanges, &in->now->cap, sizeof *c);

	if (!c)
		return inject_nomem(err);
	in->now->change = c;
	c[in->now->nchanges++] = (struct cq_inject_change){ .component = f->name, .len = f->len, .after_len = now };
	return CQ_OK;
}

int cq_inject_delete(struct cq_inject *in, const char *name, struct cq_error *err)
{
	struct inject_file *f;
	int rc = file_for(in, name, &f, err);

	if (rc != CQ_OK)
		return rc;
	f->gone = true;
	return whole_change(in, f, 0, err);
}

int cq_inject_empty(struct cq_inject *in, const char *name, struct cq_error *err)
{
	struct inject_file *f;
	int rc = file_for(in, name, &f, err);

	if (rc != CQ_OK)
		return rc;
	f->emptied = true;
	return whole_change(in, f, 0, err);
}

int cq_inject_take(struct cq_inject *in, const char *name, const char *path, struct cq_error *err)
{
	struct inject_file *f;
	struct cq_space *s;
	int rc = file_for(in, name, &f, err);

	if (rc != CQ_OK)
		return rc;
	rc = cq_space_open_file(&s, path, err);
	if (rc != CQ_OK)
		return rc;
	f->path = cq_arena_dup(&in->arena, path, strlen(path));
	f->taken = true;
	rc = f->path ? whole_change(in, f, s->size, err) : inject_nomem(err);
	f->len = s->size;
	cq_space_close(s);
	return rc;
}

int cq_inject_add_file(struct cq_inject *in, const char *name, cq_slice bytes, struct cq_error *err)
{
	struct inject_file *f;

	if (inject_file_named(in, name))
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is a %s already", name);
	f = add_file(in, name, NULL);
	if (!f)
		return inject_nomem(err);
	f->whole = true;
	f->bytes = cq_arena_dup(&in->arena, bytes.p, bytes.len);
	f->len = bytes.len;
	if (!f->bytes)
		return inject_nomem(err);
	f->len = 0;
	if (whole_change(in, f, bytes.len, err) != CQ_OK)
		return CQ_ENOMEM;
	f->len = bytes.len;
	return CQ_OK;
}

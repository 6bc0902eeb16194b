/* One thing: the walk over directories, from the first path to the sorted list. What it needs of arrays and sets is on top. */
#include "cq_desc_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_txnlog.h"

/* ---- growing arrays, and a set of directories ------------------------------------------------------------- */

struct array {
	void *p;
	size_t n, cap, each;
};

/* A zeroed new element, NULL when out of memory. */
static void *push(struct array *a)
{
	void *at;

	if (a->n == a->cap) {
		size_t cap = a->cap ? a->cap * 2 : 32;
		void *p = cap > SIZE_MAX / 2 / a->each ? NULL : realloc(a->p, cap * a->each);

		if (!p)
			return NULL;
		a->p = p;
		a->cap = cap;
	}
	at = (char *)a->p + a->n++ * a->each;
	memset(at, 0, a->each);
	return at;
}

struct dir_id {
	dev_t dev;
	ino_t ino;
	bool used;
};

/* Open addressing, never more than half full. */
struct dir_set {
	struct dir_id *slot;
	size_t n, cap;
};

static struct dir_id *dir_slot(struct dir_id *slot, size_t cap, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)dev * 31 + (uint64_t)ino) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(h >> 20) & (cap - 1);

	while (slot[at].used && (slot[at].dev != dev || slot[at].ino != ino))
		at = (at + 1) & (cap - 1);
	return &slot[at];
}

/* 1: new, 0: was there, -1: out of memory. */
static int dir_set_add(struct dir_set *set, dev_t dev, ino_t ino)
{
	struct dir_id *at;

	if (set->n * 2 >= set->cap) {
		size_t cap = set->cap ? set->cap * 2 : 64;
		struct dir_id *bigger = calloc(cap, sizeof *bigger);

		if (!bigger)
			return -1;
		for (size_t i = 0; i < set->cap; i++) {
			if (set->slot[i].used)
				*dir_slot(bigger, cap, set->slot[i].dev, set->slot[i].ino) = set->slot[i];
		}
		free(set->slot);
		set->slot = bigger;
		set->cap = cap;
	}
	at = dir_slot(set->slot, set->cap, dev, ino);
	if (at->used)
		return 0;
	*at = (struct dir_id){ .dev = dev, .ino = ino, .used = true };
	set->n++;
	return 1;
}

/* ---- the walk --------------------------------------------------------------------------------------------- */

struct found {                       /* one component file of the directory at hand */
	struct cq_desc desc;
	const char *path;
	uint64_t bytes;
};

struct walk {
	struct cq_desc_list *list;
	struct cq_error *err;
	struct array dirs;               /* const char *: directories still to read */
	struct array found;              /* struct found, of one directory */
	struct array subdirs;            /* const char *, of one directory */
	struct array tables;             /* struct cq_sst_entry */
	struct array others;             /* struct cq_other_file */
	struct dir_set seen;
	const struct cq_desc *only;      /* of all the components only this SSTable's */
};

static int no_memory(struct walk *w)
{
	return cq_fail(w->err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for the list of files");
}

static int os_error(struct walk *w, const char *path)
{
	return cq_fail(w->err, CQ_EIO, CQ_NO_OFFSET, "%.200s: %s", path, strerror(errno));
}

static int add_other(struct walk *w, enum cq_other_kind kind, const char *path, const char *why)
{
	struct cq_other_file *o = push(&w->others);

	if (!o)
		return no_memory(w);
	o->kind = kind;
	o->path = path;
	if (why && !(o->why = cq_arena_dup(&w->list->arena, why, strlen(why))))
		return no_memory(w);
	return CQ_OK;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && !strcmp(s + n - m, with);
}

static enum cq_other_kind other_kind(const char *name)
{
	struct cq_txnlog_name log;

	if (cq_txnlog_name_parse(name, &log))
		return CQ_OTHER_TXN_LOG;
	if (!strcmp(name, "manifest.json"))
		return CQ_OTHER_MANIFEST;
	if (!strcmp(name, "schema.cql"))
		return CQ_OTHER_SCHEMA;
	if (!strncmp(name, "CommitLog-", 10) && ends(name, ".log"))
		return CQ_OTHER_COMMIT_LOG;
	if (!strcmp(name, "ephemeral.snapshot"))
		return CQ_OTHER_EPHEMERAL;
	return ends(name, ".tmp") ? CQ_OTHER_TEMP : CQ_OTHER_STRAY;
}

static int take_file(struct walk *w, const char *path, const struct stat *st)
{
	struct cq_error err = {0};
	struct cq_desc d;
	struct found *f;
	int rc;

	if (!S_ISREG(st->st_mode))
		return add_other(w, CQ_OTHER_STRAY, path, "not a regular file");
	rc = cq_desc_parse(path, &d, &err);
	if (rc == CQ_NOT_FOUND)
		return add_other(w, other_kind(cq_basename(path)), path, NULL);
	if (rc != CQ_OK && !((w->list->flags & CQ_LIST_ANY_VERSION) && d.id.text.p && d.format != CQ_SST_OTHER))
		return add_other(w, CQ_OTHER_UNSUPPORTED, path, err.msg);
	if (w->only && !cq_slice_eq(d.base, w->only->base))
		return CQ_OK;
	f = push(&w->found);
	if (!f)
		return no_memory(w);
	f->desc = d;
	f->path = path;
	f->bytes = (uint64_t)st->st_size;
	return CQ_OK;
}

static int take_name(struct walk *w, int fd, const char *dir, const char *name)
{
	const char *path = cq_arena_printf(&w->list->arena, "%s/%s", !strcmp(dir, "/") ? "" : dir, name);
	struct stat st;

	if (!path)
		return no_memory(w);
	if (fstatat(fd, name, &st, 0) != 0) {
		int why = errno;

		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			return add_other(w, CQ_OTHER_UNREADABLE, path, why == ENOENT ? "a symbolic link to nothing" : strerror(why));
		if (why == ENOENT)
			return CQ_OK;                  /* deleted since the directory was read: it is not there */
		errno = why;
		return os_error(w, path);
	}
	if (S_ISDIR(st.st_mode)) {
		const char **sub;

		if (w->only)
			return CQ_OK;
		sub = push(&w->subdirs);
		if (!sub)
			return no_memory(w);
		*sub = path;
		return CQ_OK;
	}
	return take_file(w, path, &st);
}

static int read_names(struct walk *w, DIR *d, const char *dir)
{
	int rc = CQ_OK;

	while (rc == CQ_OK) {
		struct dirent *e;

		errno = 0;
		e = readdir(d);
		if (!e)
			return errno ? os_error(w, dir) : CQ_OK;
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			rc = take_name(w, dirfd(d), dir, e->d_name);
	}
	return rc;
}

/* By SSTable, then kind, then name. */
static int found_order(const void *x, const void *y)
{
	const struct found *a = x, *b = y;
	int c = cq_slice_cmp(a->desc.version, b->desc.version);

	if (!c)
		c = cq_sst_id_cmp(&a->desc.id, &b->desc.id);
	if (!c)
		c = cq_slice_cmp(a->desc.base, b->desc.base);
	if (!c)
		c = ((int)a->desc.component > (int)b->desc.component) - ((int)a->desc.component < (int)b->desc.component);
	return c ? c : cq_slice_cmp(a->desc.component_name, b->desc.component_name);
}

/* n files of one SSTable, in order. */
static int add_table(struct walk *w, const char *dir, const struct found *f, size_t n)
{
	struct cq_arena *arena = &w->list->arena;
	struct cq_sst_entry *e;

	if (f[0].desc.component == CQ_C_TEMP) {            /* the kinds behind it are OTHER: none of the table's own */
		for (size_t i = 0; i < n; i++) {
			int rc = add_other(w, CQ_OTHER_TEMP, f[i].path, NULL);

			if (rc != CQ_OK)
				return rc;
		}
		return CQ_OK;
	}
	e = push(&w->tables);
	if (!e)
		return no_memory(w);
	e->desc = f[0].desc;
	e->dir = dir;
	e->nfiles = n;
	e->files = cq_arena_zalloc(arena, n, sizeof *e->files);
	if (!e->files)
		return no_memory(w);
	for (size_t i = 0; i < n; i++) {
		e->files[i] = (struct cq_component_file){
			.kind = f[i].desc.component, .name = f[i].desc.component_name, .path = f[i].path, .bytes = f[i].bytes };
		e->present |= UINT32_C(1) << f[i].desc.component;
		e->bytes += f[i].bytes;
	}
	e->data_path = e->files[0].path;
	if (e->desc.component != CQ_C_DATA)
		e->data_path = cq_arena_printf(arena, "%s/%.*s-Data.db", !strcmp(dir, "/") ? "" : dir, (int)e->desc.base.len,
			(const char *)e->desc.base.p);
	return e->data_path ? CQ_OK : no_memory(w);
}

static int group_tables(struct walk *w, const char *dir)
{
	const struct found *f = w->found.p;

	if (w->found.n)
		qsort(w->found.p, w->found.n, sizeof *f, found_order);
	for (size_t i = 0, j; i < w->found.n; i = j) {
		int rc;

		for (j = i + 1; j < w->found.n && cq_slice_eq(f[i].desc.base, f[j].desc.base);)
			j++;
		rc = add_table(w, dir, f + i, j - i);
		if (rc != CQ_OK)
			return rc;
	}
	return CQ_OK;
}

/* Queue the directories below this one. */
static int enter_subdirs(struct walk *w, const char *dir)
{
	const char *const *sub = w->subdirs.p;
	struct cq_place place;
	bool table;

	cq_place_parse(dir, &place);
	table = w->found.n || (place.has_table_id && !place.index.p && !place.snapshot.p && !place.backup);
	for (size_t i = 0; i < w->subdirs.n; i++) {
		const char *name = cq_basename(sub[i]), **next;

		if (table && !strcmp(name, "snapshots") && !(w->list->flags & CQ_LIST_SNAPSHOTS)) {
			w->list->snapshots_skipped++;
			continue;
		}
		if (table && !strcmp(name, "backups") && !(w->list->flags & CQ_LIST_BACKUPS)) {
			w->list->backups_skipped++;
			continue;
		}
		if (!strcmp(name, "lost+found"))               /* fsck's, unreadable for everyone but root */
			continue;
		next = push(&w->dirs);
		if (!next)
			return no_memory(w);
		*next = sub[i];
	}
	return CQ_OK;
}

static int read_dir(struct walk *w, const char *dir)
{
	struct stat st;
	int rc, fresh;
	DIR *d = opendir(dir);

	if (!d)
		return os_error(w, dir);
	if (fstat(dirfd(d), &st) != 0) {
		rc = os_error(w, dir);
		closedir(d);
		return rc;
	}
	fresh = dir_set_add(&w->seen, st.st_dev, st.st_ino);
	if (fresh <= 0) {
		closedir(d);
		return fresh ? no_memory(w) : CQ_OK;
	}
	w->list->ndirs++;
	w->found.n = w->subdirs.n = 0;
	rc = read_names(w, d, dir);
	closedir(d);
	if (rc == CQ_OK)
		rc = group_tables(w, dir);
	return rc == CQ_OK ? enter_subdirs(w, dir) : rc;
}

/* ---- the list --------------------------------------------------------------------------------------------- */

static int table_order(const void *x, const void *y)
{
	const struct cq_sst_entry *a = x, *b = y;
	const cq_slice part[][2] = {
		{ a->desc.place.keyspace, b->desc.place.keyspace }, { a->desc.place.table, b->desc.place.table },
		{ a->desc.place.index, b->desc.place.index }, { a->desc.place.snapshot, b->desc.place.snapshot },
		{ a->desc.dir, b->desc.dir }, { a->desc.version, b->desc.version },
	};
	int c = 0;

	for (size_t i = 0; !c && i < CQ_COUNTOF(part); i++)
		c = cq_slice_cmp(part[i][0], part[i][1]);
	if (!c)
		c = cq_sst_id_cmp(&a->desc.id, &b->desc.id);
	return c ? c : cq_slice_cmp(a->desc.base, b->desc.base);
}

static int other_order(const void *x, const void *y)
{
	return strcmp(((const struct cq_other_file *)x)->path, ((const struct cq_other_file *)y)->path);
}

/* Move an array of the walk into the arena, in order. */
static bool keep(struct cq_arena *arena, const struct array *a, int (*order)(const void *, const void *), void *out, size_t *n)
{
	void *p;

	*n = a->n;
	if (!a->n)
		return true;
	qsort(a->p, a->n, a->each, order);
	p = cq_arena_dup(arena, a->p, a->n * a->each);
	memcpy(out, &p, sizeof p);
	return p != NULL;
}

static int finish_list(struct walk *w)
{
	struct cq_desc_list *l = w->list;

	if (!keep(&l->arena, &w->tables, table_order, &l->tables, &l->ntables)
	    || !keep(&l->arena, &w->others, other_order, &l->others, &l->nothers))
		return no_memory(w);
	for (size_t i = 0; i < l->nothers; i++)
		l->nother[l->others[i].kind]++;
	return CQ_OK;
}

const char *cq_other_name(enum cq_other_kind kind)
{
	static const char *const names[CQ_OTHER_KINDS] = {
		[CQ_OTHER_UNSUPPORTED] = "component of an unsupported version", [CQ_OTHER_UNREADABLE] = "unreadable file",
		[CQ_OTHER_TXN_LOG] = "transaction log", [CQ_OTHER_MANIFEST] = "snapshot manifest", [CQ_OTHER_SCHEMA] = "schema",
		[CQ_OTHER_COMMIT_LOG] = "commit log segment", [CQ_OTHER_EPHEMERAL] = "ephemeral snapshot mark",
		[CQ_OTHER_TEMP] = "temporary file", [CQ_OTHER_STRAY] = "other file",
	};

	return (unsigned)kind < CQ_OTHER_KINDS ? names[kind] : "other file";
}

/* Nothing to read: say what was there instead. */
static int nothing(struct walk *w)
{
	const struct cq_desc_list *l = w->list;
	char there[160] = "";
	size_t at = 0;

	for (size_t i = 0; i < l->nothers; i++) {
		if (l->others[i].kind == CQ_OTHER_UNSUPPORTED)
			return cq_fail(w->err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%.287s", l->others[i].why);
	}
	for (int k = 0; k < CQ_OTHER_KINDS; k++) {
		if (l->nother[k] && at < sizeof there)
			at += (size_t)snprintf(there + at, sizeof there - at, ", %s %zu", cq_other_name((enum cq_other_kind)k), l->nother[k]);
	}
	if ((l->snapshots_skipped || l->backups_skipped) && at < sizeof there)
		snprintf(there + at, sizeof there - at, "; %zu snapshots/ and %zu backups/ not entered", l->snapshots_skipped,
			l->backups_skipped);
	return cq_fail(w->err, CQ_NOT_FOUND, CQ_NO_OFFSET, "no SSTables in %.100s (directories read %zu%s)", l->root, l->ndirs, there);
}

/* The absolute directory of a file, in the arena. */
static const char *dir_of(struct walk *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = !slash ? "." : slash == path ? "/" : cq_arena_dup(&w->list->arena, path, (size_t)(slash - path));
	char *real = dir ? realpath(dir, NULL) : NULL;
	const char *out = real ? cq_arena_dup(&w->list->arena, real, strlen(real)) : NULL;

	free(real);
	return out;
}

static int list_file(struct walk *w, const char *path)
{
	struct cq_arena *arena = &w->list->arena;
	const char *dir = dir_of(w, path), *full;
	struct cq_desc d;
	int rc;

	if (!dir)
		return os_error(w, path);
	full = cq_arena_printf(arena, "%s/%s", !strcmp(dir, "/") ? "" : dir, cq_basename(path));
	if (!full)
		return no_memory(w);
	w->list->root = full;
	rc = cq_desc_parse(full, &d, w->err);
	if (rc == CQ_NOT_FOUND && other_kind(cq_basename(path)) != CQ_OTHER_STRAY)
		return cq_fail(w->err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%.150s is a %s, not a file of an SSTable", cq_basename(path),
			cq_other_name(other_kind(cq_basename(path))));
	if (rc != CQ_OK && !((w->list->flags & CQ_LIST_ANY_VERSION) && d.id.text.p && d.format != CQ_SST_OTHER))
		return rc;
	w->only = &d;
	rc = read_dir(w, dir);
	w->only = NULL;
	return rc;
}

static int list_dir(struct walk *w, const char *path)
{
	char *real = realpath(path, NULL);
	const char **first = push(&w->dirs);
	int rc = CQ_OK;

	if (!real || !first) {
		free(real);
		return first ? os_error(w, path) : no_memory(w);
	}
	*first = w->list->root = cq_arena_dup(&w->list->arena, real, strlen(real));
	free(real);
	if (!*first)
		return no_memory(w);
	while (rc == CQ_OK && w->dirs.n)
		rc = read_dir(w, ((const char **)w->dirs.p)[--w->dirs.n]);
	return rc;
}

int cq_desc_list(const char *path, struct cq_desc_list *out, struct cq_error *err)
{
	struct walk w = {
		.list = out, .err = err, .dirs.each = sizeof(char *), .subdirs.each = sizeof(char *),
		.found.each = sizeof(struct found), .tables.each = sizeof(struct cq_sst_entry),
		.others.each = sizeof(struct cq_other_file),
	};
	struct stat st;
	int rc;

	if (!*path)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "the path is empty");
	if (stat(path, &st) != 0)
		return os_error(&w, path);
	rc = S_ISDIR(st.st_mode) ? list_dir(&w, path) : list_file(&w, path);
	if (rc == CQ_OK)
		rc = finish_list(&w);
	if (rc == CQ_OK && !out->ntables)
		rc = nothing(&w);
	free(w.dirs.p);
	free(w.subdirs.p);
	free(w.found.p);
	free(w.tables.p);
	free(w.others.p);
	free(w.seen.slot);
	return rc;
}

void cq_desc_list_finish(struct cq_desc_list *list)
{
	cq_arena_finish(&list->arena);
	*list = (struct cq_desc_list){ .flags = list->flags };
}

const struct cq_component_file *cq_sst_file(const struct cq_sst_entry *e, enum cq_component kind)
{
	for (size_t i = 0; i < e->nfiles; i++) {
		if (e->files[i].kind == kind)
			return &e->files[i];
	}
	return NULL;
}

/* The copy on disk: written into a folder beside, synced, and only then given its names. */
#include "cq_inject_image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_files.h"
#include "cq_inject_place.h"
#include "cq_space.h"

enum { WRITE_BLOCK = 1 << 20 };

static int cannot(struct cq_error *err, const char *what, const char *path)
{
	return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "cannot %s %s: %s", what, path, strerror(errno));
}

/* ---- files ---- */

static int write_file(struct cq_inject *in, const struct inject_file *f, const char *path, struct cq_error *err)
{
	struct inject_reader r;
	uint8_t *page;
	size_t got = 1;
	int fd, rc = cq_file_create(path, &fd, err);

	if (rc != CQ_OK)
		return rc;
	page = malloc(WRITE_BLOCK);
	rc = page ? inject_reader_open(&r, in, f, CQ_SPACE_RAW, err) : inject_nomem(err);
	if (rc == CQ_OK) {
		while (rc == CQ_OK && got && !f->emptied) {
			rc = inject_reader_read(&r, page, WRITE_BLOCK, &got, err);
			if (rc == CQ_OK)
				rc = cq_file_put(fd, page, got, path, err);
			if (rc == CQ_OK && inject_stopped(in))
				rc = cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
		}
		inject_reader_close(&r);
	}
	free(page);
	return cq_file_finish(fd, rc, !in->opt->no_sync, path, err);
}

int inject_write(struct cq_inject *in, const char *folder, struct cq_error *err)
{
	int rc = CQ_OK;

	for (size_t i = 0; rc == CQ_OK && i < in->image->nfiles; i++) {
		const struct inject_file *f = &in->image->file[i];
		char path[4096 + 512];

		if (f->gone)
			continue;
		snprintf(path, sizeof path, "%s/%s%s%s", folder, f->whole ? "" : in->base, f->whole ? "" : "-", f->name);
		rc = write_file(in, f, path, err);
	}
	return rc;
}

int inject_write_text(const char *path, const struct cq_buf *text, bool sync, struct cq_error *err)
{
	int fd, rc;

	if (text->failed)
		return inject_nomem(err);
	rc = cq_file_create(path, &fd, err);
	return rc == CQ_OK ? cq_file_finish(fd, cq_file_put(fd, text->p, text->len, path, err), sync, path, err) : rc;
}

/* ---- places ---- */

static void sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);                             /* some file systems refuse; the files themselves are safe */
		close(fd);
	}
}

/* Calls what for every file of a folder; stops at the first answer that is not CQ_OK. */
static int each(const char *folder, int (*what)(const char *name, void *arg, struct cq_error *err), void *arg, struct cq_error *err)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int rc = CQ_OK;

	if (!d)
		return cannot(err, "read", folder);
	while (rc == CQ_OK && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			rc = what(e->d_name, arg, err);
	closedir(d);
	return rc;
}

static int remove_one(const char *name, void *arg, struct cq_error *err)
{
	char path[8192];

	(void)err;
	snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
	unlink(path);
	return CQ_OK;
}

static void remove_folder(const char *folder)
{
	each(folder, remove_one, (void *)(uintptr_t)folder, NULL);
	rmdir(folder);
}

struct names {
	char **v;
	size_t n, cap;
};

static int gather(const char *name, void *arg, struct cq_error *err)
{
	struct names *l = arg;
	char **v = inject_room(l->v, l->n, &l->cap, sizeof *v);

	if (!v || !(v[l->n] = strdup(name))) {
		l->v = v ? v : l->v;
		return inject_nomem(err);
	}
	l->v = v;
	l->n++;
	return CQ_OK;
}

static void forget(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

void inject_manifest_path(const char *folder, const char *base, char *path, size_t len)
{
	snprintf(path, len, "%s%sinject-%s.json", folder, *folder ? "/" : "", base);
}

/* A component of the SSTable, or the manifest of a copy of it. */
static bool ours(const struct inject_place *p, const char *name)
{
	size_t n = strlen(p->base);
	char manifest[512];

	inject_manifest_path("", p->base, manifest, sizeof manifest);
	return (strncmp(name, p->base, n) == 0 && name[n] == '-') || strcmp(name, manifest) == 0;
}

static int same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int inject_place_open(struct inject_place *p, const char *source_dir, const char *dir, const char *base, bool force,
	struct cq_error *err)
{
	struct names l = {0};
	struct stat st;
	int rc = CQ_OK;

	*p = (struct inject_place){ .base = base, .force = force };
	if (snprintf(p->dir, sizeof p->dir, "%s", dir) >= (int)sizeof p->dir)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "the folder's path is too long");
	for (size_t n = strlen(p->dir); n > 1 && p->dir[n - 1] == '/'; n--)
		p->dir[n - 1] = 0;
	if (!*p->dir)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no folder for the copy");
	if (stat(p->dir, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is no folder", p->dir);
		if (same_file(p->dir, source_dir))
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is where the source lies: a damaged copy needs a folder of its own",
				p->dir);
		p->existed = true;
		rc = each(p->dir, gather, &l, err);
		if (l.n)
			qsort(l.v, l.n, sizeof *l.v, by_name);         /* folders have no order of their own */
		for (size_t i = 0; rc == CQ_OK && i < l.n; i++)
			if (ours(p, l.v[i]) && !force)
				rc = cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%s has %s already: choose another folder, or --force", p->dir, l.v[i]);
		forget(&l);
	} else if (errno != ENOENT) {
		return cannot(err, "use", p->dir);
	}
	/* Not mkdtemp: the folder may become dir itself, with the rights that any new folder has. */
	for (unsigned i = 0; rc == CQ_OK; i++) {
		snprintf(p->work, sizeof p->work, p->existed ? "%s/.cqlite-inject-%ld-%u" : "%s.inject-%ld-%u", p->dir, (long)getpid(), i);
		if (mkdir(p->work, 0777) == 0)
			return CQ_OK;
		if (errno != EEXIST || i > 1000)
			rc = cannot(err, "make a folder for", p->dir);
	}
	*p->work = 0;
	return rc;
}

/* Do both files have the same bytes? */
static bool alike(const char *a, const char *b)
{
	struct cq_space *x = NULL, *y = NULL;
	uint8_t px[4096], py[4096];
	bool same = cq_space_open_file(&x, a, NULL) == CQ_OK && cq_space_open_file(&y, b, NULL) == CQ_OK && x->size == y->size;

	for (uint64_t off = 0; same && off < x->size; off += sizeof px) {
		size_t n = x->size - off < sizeof px ? (size_t)(x->size - off) : sizeof px;

		same = cq_space_read(x, off, px, n, NULL) == CQ_OK && cq_space_read(y, off, py, n, NULL) == CQ_OK && memcmp(px, py, n) == 0;
	}
	cq_space_close(x);
	cq_space_close(y);
	return same;
}

/* Files that lie in dir and are to be replaced go away first, and come back when something fails. */
static int put_in_place(struct inject_place *p, struct names *fresh, struct names *old, struct cq_error *err)
{
	char from[8192], to[8192], aside[5000];
	size_t moved = 0, done = 0;
	int rc = CQ_OK;

	snprintf(aside, sizeof aside, "%s/old", p->work);
	if (old->n && mkdir(aside, 0777) != 0)
		return cannot(err, "make", aside);
	for (; rc == CQ_OK && moved < old->n; moved++) {
		snprintf(from, sizeof from, "%s/%s", p->dir, old->v[moved]);
		snprintf(to, sizeof to, "%s/%s", aside, old->v[moved]);
		if (rename(from, to) != 0) {
			rc = cannot(err, "replace", from);
			break;
		}
	}
	for (; rc == CQ_OK && done < fresh->n; done++) {
		snprintf(from, sizeof from, "%s/%s", p->work, fresh->v[done]);
		snprintf(to, sizeof to, "%s/%s", p->dir, fresh->v[done]);
		if (rename(from, to) != 0) {
			rc = cannot(err, "create", to);
			break;
		}
	}
	if (rc != CQ_OK) {
		while (done--) {
			snprintf(to, sizeof to, "%s/%s", p->dir, fresh->v[done]);
			unlink(to);
		}
		while (moved--) {
			snprintf(from, sizeof from, "%s/%s", aside, old->v[moved]);
			snprintf(to, sizeof to, "%s/%s", p->dir, old->v[moved]);
			if (rename(from, to) != 0)
				cannot(err, "put back", to);
		}
	}
	if (old->n)
		remove_folder(aside);
	return rc;
}

int inject_place_commit(struct inject_place *p, struct cq_error *err)
{
	struct names fresh = {0}, all = {0}, old = {0};
	char path[8192], new[8192];
	int rc;

	if (p->sync)
		sync_folder(p->work);
	if (!p->existed) {
		if (rename(p->work, p->dir) != 0)
			return cannot(err, "create", p->dir);
		*p->work = 0;
		return CQ_OK;
	}
	rc = each(p->work, gather, &fresh, err);
	if (rc == CQ_OK)
		rc = each(p->dir, gather, &all, err);
	for (size_t i = 0; rc == CQ_OK && i < all.n; i++) {
		bool replaced = ours(p, all.v[i]);

		for (size_t k = 0; k < fresh.n; k++) {
			if (strcmp(all.v[i], fresh.v[k]) != 0)
				continue;
			replaced = true;
			/* Another copy of the same table came with the same schema. */
			snprintf(path, sizeof path, "%s/%s", p->dir, all.v[i]);
			snprintf(new, sizeof new, "%s/%s", p->work, all.v[i]);
			if (!ours(p, all.v[i]) && alike(path, new)) {
				replaced = false;
				unlink(new);
				free(fresh.v[k]);
				fresh.v[k] = fresh.v[--fresh.n];
				break;
			}
		}
		if (replaced && !p->force)
			rc = cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%s has %s already: choose another folder, or --force", p->dir, all.v[i]);
		else if (replaced)
			rc = gather(all.v[i], &old, err);
	}
	if (rc == CQ_OK)
		rc = put_in_place(p, &fresh, &old, err);
	forget(&fresh);
	forget(&all);
	forget(&old);
	if (p->sync)
		sync_folder(p->dir);
	if (rc == CQ_OK) {
		rmdir(p->work);
		*p->work = 0;
	}
	return rc;
}

void inject_place_close(struct inject_place *p)
{
	if (*p->work)
		remove_folder(p->work);
	*p->work = 0;
}

/* What tests that change files share: a file's bytes, and the files of one SSTable in a folder of their own. */
#ifndef CQ_TEST_FILES_H
#define CQ_TEST_FILES_H
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cq_compiler.h"

/* The caller frees. NULL: there is no such file. */
static CQ_UNUSED uint8_t *slurp_if(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long len;

	*n = 0;
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	p = malloc((size_t)len + 1);
	*n = fread(p, 1, (size_t)len, f);
	assert_int_equal(*n, len);
	fclose(f);
	return p;
}

static CQ_UNUSED uint8_t *slurp(const char *path, size_t *n)
{
	uint8_t *p = slurp_if(path, n);

	if (!p)
		fail_msg("cannot read %s", path);
	return p;
}

static CQ_UNUSED void spill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		fail_msg("cannot write %s", path);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* from: a folder of the corpus; base: of the table's files in it, which are "base-...". */
static CQ_UNUSED void copy_files(const char *from, const char *base, const char *to)
{
	char folder[512], path[1024], target[512];
	struct dirent *e;
	size_t n, files = 0;
	uint8_t *bytes;
	DIR *d;

	snprintf(folder, sizeof folder, "%s/%s", CQ_TEST_CORPUS, from);
	d = opendir(folder);
	if (!d)
		fail_msg("no folder %s", folder);
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, base, strlen(base)) || e->d_name[strlen(base)] != '-')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		bytes = slurp(path, &n);
		snprintf(target, sizeof target, "%s/%s", to, e->d_name);
		spill(target, bytes, n);
		free(bytes);
		files++;
	}
	closedir(d);
	assert_true(files >= 6);
}

/* And all that is in it. Nothing happens when it is not there. */
static CQ_UNUSED void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (unlink(path) < 0)
			remove_folder(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

#endif

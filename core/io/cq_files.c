#include "cq_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LONG = 4096 };

static int cannot(struct cq_error *err, const char *what, const char *path)
{
	return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "cannot %s %s: %s", what, path, strerror(errno));
}

bool cq_user_path(const char *variable, const char *otherwise, const char *name, char *out, size_t n)
{
	const char *folder = getenv(variable), *home = getenv("HOME");
	int len;

	if (folder && *folder == '/')
		len = snprintf(out, n, "%s/cqlite/%s", folder, name);
	else if (home && *home == '/')
		len = snprintf(out, n, "%s/%s/cqlite/%s", home, otherwise, name);
	else
		return false;
	return len >= 0 && (size_t)len < n;
}

void cq_make_folders(const char *path)
{
	char copy[PATH_LONG];

	if (strlen(path) >= sizeof copy)
		return;
	strcpy(copy, path);
	for (char *p = copy + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(copy, 0700);
	}
}

int cq_file_create(const char *path, int *fd, struct cq_error *err)
{
	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return *fd < 0 ? cannot(err, "create", path) : CQ_OK;
}

int cq_file_put(int fd, const void *p, size_t n, const char *path, struct cq_error *err)
{
	const uint8_t *at = p;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return cannot(err, "write", path);
		at += done;
		n -= (size_t)done;
	}
	return CQ_OK;
}

int cq_file_finish(int fd, int rc, bool sync, const char *path, struct cq_error *err)
{
	if (rc == CQ_OK && sync && fsync(fd) != 0)
		rc = cannot(err, "sync", path);
	if (close(fd) != 0 && rc == CQ_OK)
		rc = cannot(err, "close", path);
	return rc;
}

int cq_write_whole(const char *path, cq_slice bytes, bool fresh, struct cq_error *err)
{
	char tmp[PATH_LONG];
	int fd, rc, n = snprintf(tmp, sizeof tmp, "%s.%ld.tmp", path, (long)getpid());

	if (n < 0 || (size_t)n >= sizeof tmp)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "the path is too long: %.80s...", path);
	rc = cq_file_create(tmp, &fd, err);
	if (rc != CQ_OK)
		return rc;
	rc = cq_file_finish(fd, cq_file_put(fd, bytes.p, bytes.len, tmp, err), true, tmp, err);
	if (rc == CQ_OK && fresh && link(tmp, path) == 0) {
		unlink(tmp);
		return CQ_OK;
	}
	/* Some filesystems have no links: there the look before has to do. */
	if (rc == CQ_OK && fresh && ((errno != EPERM && errno != ENOTSUP && errno != ENOSYS) || access(path, F_OK) == 0))
		rc = cannot(err, "create", path);
	else if (rc == CQ_OK && rename(tmp, path) != 0)
		rc = cannot(err, "replace", path);
	if (rc != CQ_OK)
		unlink(tmp);
	return rc;
}

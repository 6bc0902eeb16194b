#include "cq_textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read fd to its end into room for cap bytes; more than that is the caller's damage. Returns bytes, or -1. */
static ssize_t read_all(int fd, uint8_t *to, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = read(fd, to + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int slurp(struct cq_arena *arena, int fd, const char *path, size_t limit, cq_slice *out, struct cq_error *err)
{
	struct stat st;
	uint8_t *p;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%.150s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%.150s is not a regular file", path);
	if ((uint64_t)st.st_size > limit)
		return cq_fail(err, CQ_DAMAGED, 0, "%.150s is %lld bytes long; expected at most %zu", cq_basename(path),
			(long long)st.st_size, limit);
	/* one byte more than it should hold, to notice a file that grew in the meantime */
	p = cq_arena_alloc(arena, (size_t)st.st_size + 2);
	if (!p)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for the %lld bytes of %.150s", (long long)st.st_size, path);
	n = read_all(fd, p, (size_t)st.st_size + 1);
	if (n < 0)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%.150s: %s", path, strerror(errno));
	if (n > st.st_size)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%.150s grew while it was read", path);
	p[n] = 0;
	*out = cq_slice_of(p, (size_t)n);
	return CQ_OK;
}

int cq_textfile_read(struct cq_arena *arena, const char *path, size_t limit, cq_slice *out, struct cq_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);     /* a fifo must not block us */
	int rc;

	if (fd < 0)
		return cq_fail(err, errno == ENOENT ? CQ_NOT_FOUND : CQ_EIO, CQ_NO_OFFSET, "%.150s: %s", path, strerror(errno));
	rc = slurp(arena, fd, path, limit, out, err);
	close(fd);
	return rc;
}

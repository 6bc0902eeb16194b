#include "cq_space.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_space {
	struct cq_space s;
	int fd;
	char *path;
};

struct memory_space {
	struct cq_space s;
	const uint8_t *bytes;
	char *name;
};

static int file_read(const struct cq_space *s, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	const struct file_space *f = (const struct file_space *)s;
	uint8_t *p = buf;

	while (n) {
		ssize_t got = pread(f->fd, p, n, (off_t)off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			cq_fail(err, CQ_EIO, off, "cannot read %zu bytes: %s", n, strerror(errno));
			cq_error_at(err, s->name, CQ_SPACE_RAW);
			return CQ_EIO;
		}
		if (got == 0) {
			cq_fail(err, CQ_EIO, off, "the file became shorter while it was read: it had %" PRIu64
				" bytes when it was opened", s->size);
			cq_error_at(err, s->name, CQ_SPACE_RAW);
			return CQ_EIO;
		}
		p += got;
		off += (uint64_t)got;
		n -= (size_t)got;
	}
	return CQ_OK;
}

static void file_close(struct cq_space *s)
{
	struct file_space *f = (struct file_space *)s;

	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

static int memory_read(const struct cq_space *s, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	(void)err;
	if (n)
		memcpy(buf, ((const struct memory_space *)s)->bytes + off, n);
	return CQ_OK;
}

static void memory_close(struct cq_space *s)
{
	free(((struct memory_space *)s)->name);
	free(s);
}

static const struct cq_space_ops file_ops = { .read = file_read, .close = file_close };
static const struct cq_space_ops memory_ops = { .read = memory_read, .close = memory_close };

int cq_space_open_file(struct cq_space **out, const char *path, struct cq_error *err)
{
	struct file_space *f = calloc(1, sizeof *f);
	struct stat st;

	if (!f || !(f->path = strdup(path))) {
		free(f);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to open %s", path);
	}
	f->s.ops = &file_ops;
	f->s.name = f->path;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "cannot open %s: %s", path, strerror(errno));
		file_close(&f->s);
		return CQ_EIO;
	}
	if (!S_ISREG(st.st_mode)) {
		file_close(&f->s);
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is not a regular file", path);
	}
	f->s.size = (uint64_t)st.st_size;
	*out = &f->s;
	return CQ_OK;
}

int cq_space_open_memory(struct cq_space **out, cq_slice bytes, const char *name, struct cq_error *err)
{
	struct memory_space *m = calloc(1, sizeof *m);

	if (!m || !(m->name = strdup(name))) {
		free(m);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to open %s", name);
	}
	m->s = (struct cq_space){ .ops = &memory_ops, .size = bytes.len, .name = m->name };
	m->bytes = bytes.p;
	*out = &m->s;
	return CQ_OK;
}

int cq_space_read(const struct cq_space *s, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	if (off > s->size || n > s->size - off) {
		cq_fail(err, CQ_DAMAGED, off, "expected %zu bytes here, but the file ends at 0x%" PRIx64, n, s->size);
		cq_error_at(err, s->name, CQ_SPACE_RAW);
		return CQ_DAMAGED;
	}
	return s->ops->read(s, off, buf, n, err);
}

void cq_space_close(struct cq_space *s)
{
	if (s)
		s->ops->close(s);
}

#include "cq_base.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

int (cq_fail)(struct cq_error *err, int code, uint64_t off, const char *fmt, ...)
{
	const int saved = errno;
	va_list ap;

	if (!err)
		return code;
	*err = (struct cq_error){ .code = code, .off = off };
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	errno = saved;
	return code;
}

void cq_error_at(struct cq_error *err, const char *file, int space)
{
	if (!err || err->code >= 0 || err->file[0])
		return;
	snprintf(err->file, sizeof err->file, "%s", cq_basename(file));
	err->space = space;
}

const char *cq_error_text(const struct cq_error *err, char *out, size_t n)
{
	char where[64] = "";

	if (err->off != CQ_NO_OFFSET)
		snprintf(where, sizeof where, " at %s offset 0x%" PRIx64, cq_space_kind_name(err->space), err->off);
	snprintf(out, n, "%s%s%s%s", err->file, err->file[0] ? where : "", err->file[0] ? ": " : "", err->msg);
	return out;
}

const char *cq_status_name(int status)
{
	switch (status) {
	case CQ_OK: return "ok";
	case CQ_END: return "end";
	case CQ_NOT_FOUND: return "not found";
	case CQ_DAMAGED: return "damaged";
	case CQ_EIO: return "I/O error";
	case CQ_ENOMEM: return "out of memory";
	case CQ_EUSAGE: return "bad argument";
	case CQ_EUNSUPPORTED: return "unsupported";
	case CQ_ESTOPPED: return "stopped";
	}
	return "unknown status";
}

const char *cq_space_kind_name(int kind)
{
	switch (kind) {
	case CQ_SPACE_RAW: return "raw";
	case CQ_SPACE_DECOMPRESSED: return "decompressed";
	}
	return "buffer";
}

const char *cq_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

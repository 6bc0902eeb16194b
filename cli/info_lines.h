/* info_lines - what info for people is made of: headings, and lines of a name and a value.
 *
 *     info_section(i, "Rows");
 *     info_line(i, "Rows", "%" PRId64, n);
 *     out = info_name(i, "Identifier");        then print to out, with the end of the line
 *
 * What a version does not have is info_not_here; what could not be read is info_unmeasured, with the cause. */
#ifndef INFO_LINES_H
#define INFO_LINES_H
#include "info.h"

enum { INFO_NAME_WIDTH = 30 };

/* Both return what to print to: i->cli->out. */
struct cq_buf *info_section(struct info *i, const char *name);
struct cq_buf *info_name(struct info *i, const char *name);

void info_line(struct info *i, const char *name, const char *fmt, ...) CQ_PRINTF(3, 4);
void info_unmeasured(struct info *i, const char *name, const char *why);
void info_not_here(struct info *i, const char *name);

/* Lines by the kind of their value. none: what is printed of a value that says so; or NULL. */
void info_size_line(struct info *i, const char *name, uint64_t n);
void info_micros_line(struct info *i, const char *name, int64_t micros, const char *none);
void info_seconds_line(struct info *i, const char *name, int64_t v, const char *none);
void info_ttl_line(struct info *i, const char *name, int32_t v);
void info_double_line(struct info *i, const char *name, double v, const char *unit);
void info_slice_line(struct info *i, const char *name, cq_slice s);
void info_uuid_line(struct info *i, const char *name, cq_slice v, const char *none);

/* Pieces of lines. Text out of files: control characters do not reach the terminal. */
void info_put_clean(struct cq_buf *out, const char *s, size_t n);
void info_put_size(struct cq_buf *out, uint64_t n);          /* "1.5 KiB" */
void info_put_bytes(struct cq_buf *out, uint64_t n);         /* the same behind a number of bytes; nothing below 1024 */
void info_put_micros(struct cq_buf *out, int64_t micros);

/* The parts of info_text that have files of their own, a section each. */
void info_text_compression(struct info *i);
void info_text_filter(struct info *i);
void info_text_index(struct info *i);
void info_text_histograms(struct info *i);
void info_text_scan(struct info *i);

#endif

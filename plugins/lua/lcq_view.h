/* lcq_view - tables of rows about an SSTable that scripts have added (cq.view), for any front end.
 *
 *     for (i = 0; (v = lcq_view_nth(i)); i++) printf("%s: %s\n", lcq_view_name(v), lcq_view_title(v));
 *     rc = lcq_view_rows(v, path, row, me, &err);                row(me, cells, n): texts, in order; negative ends it
 *
 * n is the number of columns, always; a cell that the script left out is "". Texts may hold any bytes and are lent for the call. */
#ifndef LCQ_VIEW_H
#define LCQ_VIEW_H
#include "lcq.h"

struct lcq_view;

CQ_API const struct lcq_view *lcq_view_nth(size_t index);          /* NULL past the last */
CQ_API const struct lcq_view *lcq_view_named(const char *name);
CQ_API const char *lcq_view_name(const struct lcq_view *v);
CQ_API const char *lcq_view_title(const struct lcq_view *v);
CQ_API size_t lcq_view_columns(const struct lcq_view *v);
CQ_API const char *lcq_view_column(const struct lcq_view *v, size_t index);

typedef int lcq_view_row(void *arg, const cq_slice *cells, size_t n);
/* The rows of the SSTable at path, opened for it by the world's open. CQ_OK; CQ_ESTOPPED when row said so; else err has the words. */
CQ_API int lcq_view_rows(const struct lcq_view *v, const char *path, lcq_view_row *row, void *arg, struct cq_error *err);

#endif

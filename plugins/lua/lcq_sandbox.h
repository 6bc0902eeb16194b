/* lcq_sandbox - which of Lua's own functions a script may call, and in what form. */
#ifndef LCQ_SANDBOX_H
#define LCQ_SANDBOX_H
#include "lcq_priv.h"

/* The libraries of a script from outside: what can harm the process, read files or run without end in C is left out or bounded. */
void lcq_sandbox(lua_State *L);
/* What every script has: print and cq.write through lcq_options.write, require. */
void lcq_sandbox_both(lua_State *L);

/* A file of text, at most max bytes. CQ_EIO, CQ_EUNSUPPORTED (too large), CQ_ENOMEM. */
int lcq_read_text(const char *path, size_t max, struct cq_buf *out, struct cq_error *err);

#endif

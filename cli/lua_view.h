/* lua_view - cqlite lua --view NAME PATH...: what cq.view has added, as an aligned table. */
#ifndef LUA_VIEW_H
#define LUA_VIEW_H
#include "cli.h"

/* Every SSTable of every path. Returns the exit code. */
int lua_view(struct cli *cli, const char *name, int npaths, char **paths);

#endif

/* lua_scripts - the scripts that ship with cqlite: where they are, what they say of themselves. */
#ifndef LUA_SCRIPTS_H
#define LUA_SCRIPTS_H
#include "cli.h"

/* The folder: CQLITE_SCRIPTS, or beside the program, or where it was installed. NULL: nowhere. Lives as long as the process. */
const char *lua_scripts_folder(struct cli *cli);
/* Its lib/, for require. */
const char *lua_scripts_lib(struct cli *cli);
/* The file that a word means: a path that exists, else a shipped script ("largest" or "largest.lua"). NULL: neither. */
const char *lua_scripts_find(struct cli *cli, const char *word);
/* The comment at a script's head, without its dashes. CQ_OK, or the file cannot be read. */
int lua_scripts_header(const char *path, struct cq_buf *out, struct cq_error *err);
/* Every shipped script: its name and the first line of its header. Returns an exit code. */
int lua_scripts_list(struct cli *cli);

#endif

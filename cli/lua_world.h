/* lua_world - Lua worlds as the commands have them: what a script prints goes to standard output, what it opens obeys --schema, a signal
 * ends it, and its errors are said like every other.
 *
 * The files of --lua run in one world that stays open as long as the process: what they add to cqlite (rules, faults, printers,
 * formats) is then there for every command. */
#ifndef LUA_WORLD_H
#define LUA_WORLD_H
#include "cli.h"
#include "lcq.h"

/* write, open, stop and lib; the limits are the caller's. */
struct lcq_options lua_world_options(struct cli *cli);

/* Run the files of --lua. CLI_WELL, or the exit code after saying why. */
int lua_world_load(struct cli *cli);
/* At the very end, when nothing uses what they added. */
void lua_world_close(struct cli *cli);

#endif

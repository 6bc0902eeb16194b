/* lua_prompt - statements typed one after another, with editing, history and completion when on a terminal. */
#ifndef LUA_PROMPT_H
#define LUA_PROMPT_H
#include "cli.h"
#include "lcq.h"

/* Until end of file or "exit". A statement that fails says so and the prompt goes on; Ctrl-C ends a statement or clears the line.
 * Returns an exit code. */
int lua_prompt(struct cli *cli, struct lcq *l);

#endif

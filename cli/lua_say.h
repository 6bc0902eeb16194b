/* lua_say - a script's error on standard error. */
#ifndef LUA_SAY_H
#define LUA_SAY_H
#include "cli.h"

/* The message as every other of cqlite, its traceback in the lines below; control characters are taken out. */
void lua_say(struct cli *cli, const char *text);

#endif

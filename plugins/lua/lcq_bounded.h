/* lcq_bounded - functions of Lua's libraries that work long without running an instruction, and so would never come to where limits
 * are looked at, in a form that counts its work: tables, string.rep, coroutines. */
#ifndef LCQ_BOUNDED_H
#define LCQ_BOUNDED_H
#include "lcq_priv.h"

/* Put them into the library tables, which are open. */
void lcq_bounded_tables(lua_State *L);
void lcq_bounded_strings(lua_State *L);
/* Coroutines, pcall and xpcall: a trusted script has these, too, since limits must know which thread runs. */
void lcq_bounded_coroutines(lua_State *L);

#endif

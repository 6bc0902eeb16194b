/* lcq_pattern - Lua's patterns, as the reference manual describes them (6.4.1), matched in a bounded way.
 *
 * A pattern is taken apart once, into a list of items; since nothing repeats a group, each item has at most one way back open, so that
 * matching needs neither recursion nor more memory than the pattern. What can take long is counted with lcq_work: a pattern that goes back
 * and forth without end ends where the script's limits are. Where Lua finds a mistake of a pattern only once a match comes to it, here
 * it is always an error. */
#ifndef LCQ_PATTERN_H
#define LCQ_PATTERN_H
#include "lcq_priv.h"

/* string.find, match, gmatch and gsub. */
int lcq_string_find(lua_State *L);
int lcq_string_match(lua_State *L);
int lcq_string_gmatch(lua_State *L);
int lcq_string_gsub(lua_State *L);

#endif

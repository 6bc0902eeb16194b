/* lcq_value - CQL values as Lua values. */
#include "lcq_priv.h"

void lcq_push_value(lua_State *L, const struct cq_type *type, cq_slice v)
{
	if (!v.p) {
		lua_pushnil(L);
		return;
	}
	if (cq_value_text(type, v, lcq_tmp(L), NULL) == CQ_OK)
		lcq_push_tmp(L);
	else
		lcq_push_slice(L, v);
}

void lcq_push_complex(lua_State *L, const struct cq_row *row, uint32_t first)
{
	(void)row;
	(void)first;
	lua_newtable(L);
}

void lcq_push_encoded(lua_State *L, int index, const struct cq_type *type)
{
	(void)index;
	(void)type;
	lua_pushnil(L);
}

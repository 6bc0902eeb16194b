/* lcq_manual - the API in words, from the tables it is registered from; and completion. */
#include "lcq_priv.h"

static void member(struct cq_buf *out, const char *owner, const struct lcq_member *m, bool method)
{
	bool function = m->sig[0] == '(';

	cq_buf_printf(out, "#### `%s%s%s%s%s`\n\n%s\n", owner, method && function ? ":" : ".", m->name, function ? "" : ": ", m->sig, m->help);
	if (m->example)
		cq_buf_printf(out, "\n```lua\n%s\n```\n", m->example);
	cq_buf_str(out, "\n");
}

/* One table of functions may come from several files. */
static bool goes_on(size_t i)
{
	return i && strcmp(lcq_modules[i]->name, lcq_modules[i - 1]->name) == 0;
}

void lcq_manual(struct cq_buf *out)
{
	for (size_t i = 0; lcq_modules[i]; i++) {
		if (goes_on(i))
			cq_buf_printf(out, "%s\n\n", lcq_modules[i]->about);
		else
			cq_buf_printf(out, "### %s\n\n%s\n\n", lcq_modules[i]->name, lcq_modules[i]->about);
		for (const struct lcq_member *m = lcq_modules[i]->members; m->name; m++)
			member(out, lcq_modules[i]->name, m, false);
	}
	for (size_t i = 0; lcq_classes[i]; i++) {
		const struct lcq_class *c = lcq_classes[i];

		if (!c->members)
			continue;
		cq_buf_printf(out, "### %s\n\n%s\n\n", c->name, c->about);
		for (const struct lcq_member *m = c->members; m->name; m++)
			member(out, c->name + 3, m, true);
	}
}

/* "(a: string, b?: integer) -> x: integer, cq.row?" as LuaLS annotations and a function's head. */
static void function(struct cq_buf *out, const char *owner, const struct lcq_member *m, bool method)
{
	const char *p = m->sig + 1, *end = p;
	struct cq_buf names = {0};
	int depth = 1;

	for (; *end && depth; end++)
		depth += (*end == '(') - (*end == ')');
	end--;
	while (p < end) {
		const char *stop = p, *colon = p;
		bool optional;

		while (colon < end && *colon != ':')
			colon++;
		for (depth = 0, stop = colon; stop < end && (depth || *stop != ','); stop++)
			depth += (*stop == '(' || *stop == '{' || *stop == '<') - (*stop == ')' || *stop == '}' || *stop == '>');
		optional = colon > p && colon[-1] == '?';
		cq_buf_printf(out, "---@param %.*s %.*s\n", (int)(colon - p), p, (int)(stop - colon - 2), colon + 2);
		cq_buf_printf(&names, "%s%.*s", names.len ? ", " : "", (int)(colon - p - optional), p);
		p = stop + 1;
		while (p < end && *p == ' ')
			p++;
	}
	p = strstr(end, "->");
	for (p = p ? p + 3 : NULL; p && *p;) {
		const char *stop, *colon = NULL;

		for (depth = 0, stop = p; *stop && (depth || *stop != ','); stop++) {
			depth += (*stop == '(' || *stop == '{' || *stop == '<') - (*stop == ')' || *stop == '}' || *stop == '>');
			if (!depth && *stop == ':' && !colon && strncmp(p, "fun(", 4) != 0)
				colon = stop;
		}
		if (colon)
			cq_buf_printf(out, "---@return %.*s %.*s\n", (int)(stop - colon - 2), colon + 2, (int)(colon - p), p);
		else
			cq_buf_printf(out, "---@return %.*s\n", (int)(stop - p), p);
		p = *stop ? stop + 1 : stop;
		while (*p == ' ')
			p++;
	}
	cq_buf_printf(out, "function %s%s%s(%s) end\n\n", owner, method ? ":" : ".", m->name, cq_buf_cstr(&names));
	cq_buf_finish(&names);
}

static void members(struct cq_buf *out, const char *type, const char *owner, const struct lcq_member *list, bool method, bool more)
{
	cq_buf_printf(out, "---@class %s\n", type);
	for (const struct lcq_member *m = list; m->name; m++)
		if (m->sig[0] != '(')
			cq_buf_printf(out, "---@field %s %s %s\n", m->name, m->sig, m->help);
	if (more)
		cq_buf_str(out, "\n");
	else
		cq_buf_printf(out, "%s%s = {}\n\n", method ? "local " : "", owner);
	for (const struct lcq_member *m = list; m->name; m++)
		if (m->sig[0] == '(') {
			cq_buf_printf(out, "--- %s\n", m->help);
			function(out, owner, m, method);
		}
}

void lcq_annotations(struct cq_buf *out)
{
	cq_buf_str(out, "---@meta\n-- Made by `cqlite lua --annotations`: what scripts see, for editors that speak LuaLS.\n\n");
	for (size_t i = 0; lcq_modules[i]; i++)
		members(out, lcq_modules[i]->name, lcq_modules[i]->name, lcq_modules[i]->members, false, goes_on(i));
	for (size_t i = 0; lcq_classes[i]; i++)
		if (lcq_classes[i]->members)
			members(out, lcq_classes[i]->name, strrchr(lcq_classes[i]->name, '.') + 1, lcq_classes[i]->members, true, false);
}

/* ---- completion ---- */

struct completion {
	const char *text;
	struct cq_buf *out;
};

static void offer(const struct completion *c, const char *head, size_t n, char sep, const char *word, const char *name)
{
	if (strncmp(name, word, strlen(word)) != 0)
		return;
	cq_buf_printf(c->out, "%.*s", (int)n, head);
	if (sep)
		cq_buf_byte(c->out, (uint8_t)sep);
	cq_buf_printf(c->out, "%s\n", name);
}

/* Walks "a.b.c" by raw access only: completing must not run anything. */
static int complete(lua_State *L)
{
	const struct completion *c = lua_touserdata(L, 1);
	const char *text = c->text, *start = text + strlen(text), *word;
	char sep = 0;

	while (start > text && (start[-1] == '_' || start[-1] == '.' || start[-1] == ':' || (start[-1] >= '0' && start[-1] <= '9')
		|| ((start[-1] | 32) >= 'a' && (start[-1] | 32) <= 'z')))
		start--;
	word = start;
	lua_pushglobaltable(L);
	for (const char *p = start; *p; p++) {
		if (*p != '.' && *p != ':')
			continue;
		sep = *p;
		lua_pushlstring(L, word, (size_t)(p - word));
		if (lua_type(L, -2) != LUA_TTABLE)
			return 0;
		lua_rawget(L, -2);
		word = p + 1;
	}
	if (lua_type(L, -1) == LUA_TTABLE) {
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			if (lua_type(L, -2) == LUA_TSTRING)
				offer(c, start, word > start ? (size_t)(word - start - 1) : 0, sep, word, lua_tostring(L, -2));
		return 0;
	}
	for (size_t i = 0; lcq_classes[i]; i++)
		if (lcq_test(L, -1, lcq_classes[i]))
			for (const struct lcq_member *m = lcq_classes[i]->members; m && m->name; m++)
				if ((sep == ':') == (m->sig[0] == '('))
					offer(c, start, (size_t)(word - start - 1), sep, word, m->name);
	return 0;
}

void lcq_complete(struct lcq *l, const char *text, struct cq_buf *out)
{
	struct completion c = { text, out };

	lcq_protect(l, complete, &c, NULL);
}

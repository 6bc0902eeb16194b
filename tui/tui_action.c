#include "tui_action.h"

#include <stdio.h>

static const struct tui_action_info infos[] = {
	[TUI_NONE] = { "", "", "" },
#define TUI_ACTION(id, name, keys, help) [TUI_DO_##id] = { name, keys, help },
	TUI_ACTIONS(TUI_ACTION)
#undef TUI_ACTION
};

const struct tui_action_info *tui_action_info(enum tui_action a)
{
	return &infos[a < TUI_ACTION_COUNT ? a : TUI_NONE];
}

enum tui_action tui_action_named(const char *name, size_t n)
{
	enum tui_action found = TUI_NONE;
	size_t matches = 0;

	for (unsigned a = 1; n && a < TUI_ACTION_COUNT; a++) {
		if (strncmp(infos[a].name, name, n) != 0)
			continue;
		if (!infos[a].name[n])
			return (enum tui_action)a;
		found = (enum tui_action)a;
		matches++;
	}
	return matches == 1 ? found : TUI_NONE;
}

static void bind(struct tui_keymap *m, const char *key, size_t n, enum tui_action a)
{
	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->at[i].key) == n && memcmp(m->at[i].key, key, n) == 0) {
			m->at[i].action = a;
			return;
		}
	if (m->n == TUI_KEYS_MAX || n >= TUI_KEY_NAME)
		return;
	snprintf(m->at[m->n].key, TUI_KEY_NAME, "%.*s", (int)n, key);
	m->at[m->n++].action = a;
}

void tui_keymap_init(struct tui_keymap *m)
{
	*m = (struct tui_keymap){0};
	for (unsigned a = 1; a < TUI_ACTION_COUNT; a++)
		for (const char *p = infos[a].keys; *p;) {
			size_t n = strcspn(p, " ");

			bind(m, p, n, (enum tui_action)a);
			p += n + (p[n] == ' ');
		}
}

/* One character, or a name that the terminal's keys have. */
static bool is_key(const char *key)
{
	static const char *const names[] = { "down", "up", "left", "right", "pagedown", "pageup", "home", "end", "enter", "backspace", "backtab",
		"delete", "insert", "tab", "escape", "space" };
	size_t n = strlen(key), lead = 1;

	while (lead < n && ((uint8_t)key[lead] & 0xc0) == 0x80)
		lead++;
	if (n && lead == n && (uint8_t)key[0] > 0x20)
		return n == 1 || (uint8_t)key[0] >= 0xc0;
	for (size_t i = 0; i < CQ_COUNTOF(names); i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	if (strncmp(key, "ctrl-", 5) == 0)
		return n == 6 && key[5] >= 'a' && key[5] <= 'z';
	return key[0] == 'f' && key[1] >= '1' && key[1] <= '9' && (n == 2 || (n == 3 && key[1] == '1' && key[2] >= '0' && key[2] <= '2'));
}

int tui_keymap_bind(struct tui_keymap *m, const char *key, const char *action, struct cq_error *err)
{
	enum tui_action a = tui_action_named(action, strlen(action));

	if (a == TUI_NONE && strcmp(action, "none") != 0)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no action %s", action);
	if (!is_key(key) || strlen(key) >= TUI_KEY_NAME)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no key %s", key);
	if (m->n == TUI_KEYS_MAX && tui_keymap_find(m, key) == TUI_NONE)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "more than %d keys", TUI_KEYS_MAX);
	bind(m, key, strlen(key), a);
	return CQ_OK;
}

enum tui_action tui_keymap_find(const struct tui_keymap *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->at[i].key, key) == 0)
			return m->at[i].action;
	return TUI_NONE;
}

const char *tui_keymap_key(const struct tui_keymap *m, enum tui_action a)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].action == a)
			return m->at[i].key;
	return "";
}

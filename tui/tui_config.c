/* tui_config - keys of the user's own, from a file of lines "bind KEY ACTION"; '#' begins a comment. */
#include "tui_priv.h"

#include <stdio.h>
#include <stdlib.h>

static bool config_path(const struct tui *t, char *out, size_t n)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (t->opt.config)
		snprintf(out, n, "%s", t->opt.config);
	else if (config && *config == '/')
		snprintf(out, n, "%s/cqlite/tui.conf", config);
	else if (home && *home == '/')
		snprintf(out, n, "%s/.config/cqlite/tui.conf", home);
	else
		return false;
	return true;
}

int tui_config_load(struct tui *t, struct cq_error *err)
{
	char path[4096], line[512];
	FILE *f = config_path(t, path, sizeof path) ? fopen(path, "re") : NULL;
	unsigned n = 0;
	int rc = CQ_OK;

	if (!f)
		return t->opt.config ? cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%s cannot be read", t->opt.config) : CQ_OK;
	while (rc == CQ_OK && fgets(line, sizeof line, f)) {
		char word[8], key[TUI_KEY_NAME + 1], action[32], rest[2];
		struct cq_error why = {0};
		int words;

		n++;
		line[strcspn(line, "#\n")] = 0;
		words = sscanf(line, "%7s %16s %31s %1s", word, key, action, rest);
		if (words <= 0)
			continue;
		if (words != 3 || strcmp(word, "bind") != 0)
			rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s, line %u: expected \"bind KEY ACTION\"", path, n);
		else if (tui_keymap_bind(&t->keys, key, action, &why) != CQ_OK)
			rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s, line %u: %s", path, n, why.msg);
	}
	fclose(f);
	return rc;
}

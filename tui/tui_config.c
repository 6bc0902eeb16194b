/* tui_config - keys of the user's own, from a file of lines "bind KEY ACTION"; '#' begins a comment. */
#include "cq_files.h"
#include "tui_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool config_path(const struct tui *t, char *out, size_t n)
{
	if (!t->opt.config)
		return cq_user_path("XDG_CONFIG_HOME", ".config", "tui.conf", out, n);
	return snprintf(out, n, "%s", t->opt.config) < (int)n;
}

int tui_config_load(struct tui *t, struct cq_error *err)
{
	char path[4096], line[512];
	bool there = config_path(t, path, sizeof path);
	FILE *f = there ? fopen(path, "re") : NULL;
	unsigned n = 0;
	int rc = CQ_OK;

	if (!f && !t->opt.config && (!there || errno == ENOENT || errno == ENOTDIR))
		return CQ_OK;
	if (!f)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%s cannot be read: %s", there ? path : t->opt.config, there ? strerror(errno) : "too long");
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

#include "lua_scripts.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_space.h"

#ifndef CQ_SCRIPTS
#define CQ_SCRIPTS "/usr/share/cqlite/scripts"
#endif

static bool is_folder(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *lua_scripts_folder(struct cli *cli)
{
	static const char *const beside[] = { "/../share/cqlite/scripts", "/../../scripts" };
	const char *env = getenv("CQLITE_SCRIPTS");
	char exe[PATH_MAX];
	ssize_t n;

	if (env && *env)
		return is_folder(env) ? env : NULL;
	n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n > 0) {
		exe[n] = 0;
		*strrchr(exe, '/') = 0;
		for (size_t i = 0; i < CQ_COUNTOF(beside); i++) {
			const char *p = cq_arena_printf(&cli->arena, "%s%s", exe, beside[i]);

			if (is_folder(p))
				return p;
		}
	}
	return is_folder(CQ_SCRIPTS) ? CQ_SCRIPTS : NULL;
}

const char *lua_scripts_lib(struct cli *cli)
{
	const char *folder = lua_scripts_folder(cli), *lib = folder ? cq_arena_printf(&cli->arena, "%s/lib", folder) : NULL;

	return is_folder(lib) ? lib : NULL;
}

const char *lua_scripts_find(struct cli *cli, const char *word)
{
	const char *folder, *p;

	if (access(word, F_OK) == 0)
		return word;
	folder = lua_scripts_folder(cli);
	if (!folder || strchr(word, '/'))
		return NULL;
	p = cq_arena_printf(&cli->arena, "%s/%s", folder, word);
	if (p && access(p, R_OK) == 0)
		return p;
	p = cq_arena_printf(&cli->arena, "%s/%s.lua", folder, word);
	return p && access(p, R_OK) == 0 ? p : NULL;
}

int lua_scripts_header(const char *path, struct cq_buf *out, struct cq_error *err)
{
	enum { HEAD = 16384 };
	struct cq_space *s;
	uint8_t head[HEAD];
	size_t n;
	int rc = cq_space_open_file(&s, path, err);

	if (rc != CQ_OK)
		return rc;
	n = s->size < HEAD ? (size_t)s->size : HEAD;
	rc = n ? cq_space_read(s, 0, head, n, err) : CQ_OK;
	cq_space_close(s);
	if (rc != CQ_OK)
		return rc;
	for (size_t i = 0, end; i < n; i = end + 1) {
		for (end = i; end < n && head[end] != '\n'; end++)
			;
		if (i == 0 && head[0] == '#')                    /* #!/usr/bin/env */
			continue;
		if (end - i < 2 || head[i] != '-' || head[i + 1] != '-')
			break;
		i += 2;
		if (i < end && head[i] == ' ')
			i++;
		cq_buf_put(out, head + i, end - i);
		cq_buf_byte(out, '\n');
	}
	return CQ_OK;
}

static int is_script(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".lua") == 0;
}

int lua_scripts_list(struct cli *cli)
{
	const char *folder = lua_scripts_folder(cli);
	struct dirent **names;
	int n = folder ? scandir(folder, &names, is_script, alphasort) : -1, rc = CLI_WELL;

	if (n < 0) {
		cli_error(cli, "there are no scripts beside this cqlite (CQLITE_SCRIPTS names their folder)");
		return CLI_UNFINISHED;
	}
	for (int i = 0; i < n; i++) {
		struct cq_buf head = {0};
		struct cq_error err = {0};
		const char *path = cq_arena_printf(&cli->arena, "%s/%s", folder, names[i]->d_name);

		if (!path || lua_scripts_header(path, &head, &err) != CQ_OK) {
			rc = cli_fail(cli, &err);
		} else {
			const char *text = cq_buf_cstr(&head);

			cq_buf_printf(&cli->out, "%s%-24.*s%s %.*s\n", cli_color(cli, CLI_BOLD), (int)strlen(names[i]->d_name) - 4, names[i]->d_name,
				cli_color(cli, CLI_PLAIN), (int)strcspn(text, "\n"), text);
		}
		cq_buf_finish(&head);
		free(names[i]);
	}
	free(names);
	return rc;
}

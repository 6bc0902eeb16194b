/* The registry of formats: those that were loaded, then those that are built in. */
#include "cq_format.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

enum { LOADED_MAX = 64 };

/* Process-wide by nature, like the shared objects themselves; written only before tables are opened. */
static const struct cq_format *loaded[LOADED_MAX];
static char *loaded_from[LOADED_MAX];
static size_t nloaded;

const struct cq_format *cq_format_nth(size_t index, const char **origin)
{
	if (index < nloaded) {
		*origin = loaded_from[index];
		return loaded[index];
	}
	*origin = "built in";
	for (size_t i = 0; cq_builtin_formats[i]; i++)
		if (i == index - nloaded)
			return cq_builtin_formats[i];
	return NULL;
}

const struct cq_format *cq_format_for(const char *version, const struct cq_version_info **info)
{
	const struct cq_format *f;
	const char *origin;

	for (size_t i = 0; (f = cq_format_nth(i, &origin)); i++) {
		for (size_t v = 0; v < f->nversions; v++) {
			if (!strcmp(f->versions[v].name, version)) {
				*info = &f->versions[v];
				return f;
			}
		}
	}
	return NULL;
}

int cq_format_load(const char *path, struct cq_error *err)
{
	const struct cq_format *f;
	void *so;

	if (nloaded == LOADED_MAX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s: more than %d plugins", path, LOADED_MAX);
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "cannot load plugin: %s", dlerror());
	f = dlsym(so, CQ_FORMAT_PLUGIN_SYMBOL);
	if (!f) {
		dlclose(so);
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s is no format plugin: it does not export %s", path,
			CQ_FORMAT_PLUGIN_SYMBOL);
	}
	if (f->abi != CQ_FORMAT_ABI) {
		uint32_t abi = f->abi;

		dlclose(so);
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s was built for plugin interface %u, this is %u: build it again",
			path, abi, CQ_FORMAT_ABI);
	}
	loaded_from[nloaded] = strdup(path);
	if (!loaded_from[nloaded]) {
		dlclose(so);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to load %s", path);
	}
	loaded[nloaded++] = f;
	return CQ_OK;
}

static int load_folder(const char *folder, struct cq_error *err)
{
	struct dirent *e;
	DIR *d = opendir(folder);
	int rc = CQ_OK;

	if (!d)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "cannot read plugin folder %s: %s", folder, strerror(errno));
	while (rc == CQ_OK && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		struct cq_buf path = {0};

		if (n < 4 || strcmp(e->d_name + n - 3, ".so"))
			continue;
		cq_buf_printf(&path, "%s/%s", folder, e->d_name);
		rc = path.failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a path") :
			cq_format_load(cq_buf_cstr(&path), err);
		cq_buf_finish(&path);
	}
	closedir(d);
	return rc;
}

int cq_format_load_path(const char *folders, struct cq_error *err)
{
	while (*folders) {
		size_t n = strcspn(folders, ":");
		char one[4096];
		int rc;

		if (n >= sizeof one)
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "a plugin folder of more than 4095 bytes");
		memcpy(one, folders, n);
		one[n] = 0;
		if (n && (rc = load_folder(one, err)) < 0)
			return rc;
		folders += n + (folders[n] == ':');
	}
	return CQ_OK;
}

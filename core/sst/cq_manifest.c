#include "cq_manifest.h"

#include <jansson.h>

#include "cq_textfile.h"

static int no_memory(struct cq_error *err)
{
	return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a manifest");
}

static int shape(struct cq_error *err, const char *member, const char *expected)
{
	return cq_fail(err, CQ_DAMAGED, CQ_NO_OFFSET, "manifest.json: \"%s\" is not %s", member, expected);
}

static int copy_string(struct cq_arena *arena, const json_t *v, cq_slice *out, struct cq_error *err)
{
	void *p = cq_arena_dup(arena, json_string_value(v), json_string_length(v));

	if (!p)
		return no_memory(err);
	*out = cq_slice_of(p, json_string_length(v));
	return CQ_OK;
}

static int take_files(struct cq_arena *arena, const json_t *v, struct cq_manifest *out, struct cq_error *err)
{
	size_t n = json_array_size(v);

	if (!json_is_array(v))
		return shape(err, "files", "an array");
	out->files = cq_arena_zalloc(arena, n ? n : 1, sizeof *out->files);
	if (!out->files)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		const json_t *file = json_array_get(v, i);
		int rc;

		if (!json_is_string(file))
			return shape(err, "files", "an array of strings");
		rc = copy_string(arena, file, &out->files[i], err);
		if (rc != CQ_OK)
			return rc;
		out->nfiles++;
	}
	return CQ_OK;
}

static int take_instant(struct cq_arena *arena, const char *key, const json_t *v, cq_slice *out, struct cq_error *err)
{
	if (json_is_null(v))
		return CQ_OK;
	if (!json_is_string(v))
		return shape(err, key, "a string or null");
	return copy_string(arena, v, out, err);
}

static int take(struct cq_arena *arena, json_t *root, struct cq_manifest *out, struct cq_error *err)
{
	const char *key;
	json_t *v;
	bool files = false;
	int rc = CQ_OK;

	if (!json_is_object(root))
		return cq_fail(err, CQ_DAMAGED, 0, "manifest.json is not a JSON object");
	json_object_foreach(root, key, v) {
		if (!strcmp(key, "files")) {
			files = true;
			rc = take_files(arena, v, out, err);
		} else if (!strcmp(key, "created_at")) {
			rc = take_instant(arena, key, v, &out->created_at, err);
		} else if (!strcmp(key, "expires_at")) {
			rc = take_instant(arena, key, v, &out->expires_at, err);
		} else if (!strcmp(key, "ephemeral")) {
			if (!json_is_boolean(v))
				return shape(err, key, "true or false");
			out->has_ephemeral = true;
			out->ephemeral = json_is_true(v);
		} else {
			out->unknown++;
		}
		if (rc != CQ_OK)
			return rc;
	}
	return files ? CQ_OK : cq_fail(err, CQ_DAMAGED, 0, "manifest.json has no \"files\"");
}

int cq_manifest_parse(struct cq_arena *arena, cq_slice text, struct cq_manifest *out, struct cq_error *err)
{
	struct cq_manifest m = {0};
	json_error_t at;
	json_t *root = json_loadb(text.p ? (const char *)text.p : "", text.len, JSON_REJECT_DUPLICATES, &at);
	int rc;

	if (!root && json_error_code(&at) == json_error_out_of_memory)
		return no_memory(err);
	if (!root)
		return cq_fail(err, CQ_DAMAGED, at.position > 0 ? (uint64_t)at.position : 0, "manifest.json, line %d: %s", at.line,
			at.text);
	rc = take(arena, root, &m, err);
	json_decref(root);
	if (rc == CQ_OK)
		*out = m;
	return rc;
}

int cq_manifest_read(struct cq_arena *arena, const char *path, struct cq_manifest *out, struct cq_error *err)
{
	cq_slice text;
	int rc = cq_textfile_read(arena, path, 64 << 20, &text, err);

	if (rc == CQ_OK)
		rc = cq_manifest_parse(arena, text, out, err);
	cq_error_at(err, path, CQ_SPACE_RAW);
	return rc;
}

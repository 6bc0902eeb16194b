#include "cq_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cq_format.h"

/* ---- opening components ---- */

static const char *const digest_names[] = { "Digest.crc32", "Digest.adler32", "Digest.sha1" };

/* CQ_OK; CQ_NOT_FOUND when the component is not there; negative when it is and cannot be opened. */
static int open_space(const struct cq_open_options *opt, const char *path, struct cq_space **out, struct cq_error *err)
{
	if (opt && opt->open_space)
		return opt->open_space(opt->arg, path, out, err);
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return CQ_NOT_FOUND;
	return cq_space_open_file(out, path, err);
}

static int open_component(struct cq_table *t, const struct cq_open_options *opt, enum cq_component kind, const char *name,
	struct cq_error *err)
{
	const struct cq_desc *d = &t->desc;
	char *path = cq_arena_printf(&t->arena, "%.*s/%.*s-%s", (int)d->dir.len, (const char *)d->dir.p, (int)d->base.len,
		(const char *)d->base.p, name);

	if (!path)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a table");
	errno = 0;
	return open_space(opt, path, &t->component[kind], err);
}

static bool needed(enum cq_component kind, const struct cq_open_options *opt)
{
	return (kind == CQ_C_STATISTICS && !(opt && opt->inspect)) || (kind == CQ_C_DATA && !(opt && opt->metadata_only));
}

static int open_components(struct cq_table *t, const struct cq_open_options *opt, struct cq_error *err)
{
	for (int kind = 0; kind < CQ_C_KINDS; kind++) {
		const char *name = cq_component_name((enum cq_component)kind);
		struct cq_error bad = {0};
		int rc = CQ_NOT_FOUND, why;

		if (kind == CQ_C_DIGEST) {
			for (size_t i = 0; i < CQ_COUNTOF(digest_names) && rc == CQ_NOT_FOUND; i++)
				rc = open_component(t, opt, CQ_C_DIGEST, digest_names[i], &bad);
		} else if (name[0] != '(') {
			rc = open_component(t, opt, (enum cq_component)kind, name, &bad);
		}
		why = errno;
		if (rc == CQ_NOT_FOUND && needed((enum cq_component)kind, opt))
			return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%.*s/%.*s-%s is missing%s", (int)t->desc.dir.len,
				(const char *)t->desc.dir.p, (int)t->desc.base.len, (const char *)t->desc.base.p, name,
				kind == CQ_C_STATISTICS ? ": it holds the types that rows are decoded with" : "");
		if (rc >= 0)
			continue;
		/* A chunk table that is there and cannot be read: no row can be. Out of file descriptors or memory says nothing
		 * about the table: stop as well. */
		if (needed((enum cq_component)kind, opt) || (kind == CQ_C_COMPRESSION_INFO && !(opt && opt->metadata_only)) ||
		    why == EMFILE || why == ENFILE || why == ENOMEM || rc == CQ_ENOMEM) {
			if (err)
				*err = bad;
			return rc;
		}
		cq_finding_error(&t->findings, "component-unreadable", CQ_ERROR, &bad);
	}
	return CQ_OK;
}

/* ---- schema ---- */

static struct cq_schema_column *columns_of(struct cq_arena *a, const struct cq_column *v, size_t n)
{
	struct cq_schema_column *out = cq_arena_zalloc(a, n + 1, sizeof *out);

	for (size_t i = 0; out && i < n; i++)
		out[i] = (struct cq_schema_column){ .name = v[i].name, .type = v[i].type };
	return out;
}

/* Key columns have no names in an SSTable: they get the ones sstabledump makes up. */
static struct cq_schema *header_schema(struct cq_table *t)
{
	const struct cq_statistics *st = &t->stats;
	const struct cq_type *key = st->key_type;
	struct cq_arena *a = &t->arena;
	struct cq_schema *s = cq_arena_zalloc(a, 1, sizeof *s);
	size_t npartition = key->kind == CQ_T_COMPOSITE && key->narg ? key->narg : 1;

	if (!s)
		return NULL;
	s->keyspace = t->desc.place.keyspace;
	s->table = t->desc.place.table;
	s->has_id = t->desc.place.has_table_id;
	memcpy(s->id, t->desc.place.table_id, 16);
	s->guessed_names = true;
	s->bloom_fp_chance = st->has & CQ_HAS_VALIDATION ? st->bloom_fp_chance : -1;
	s->gc_grace_seconds = s->min_index_interval = s->default_ttl = -1;
	s->partition = cq_arena_zalloc(a, npartition, sizeof *s->partition);
	s->clustering = cq_arena_zalloc(a, st->nclustering + 1, sizeof *s->clustering);
	s->statics = columns_of(a, st->statics, st->nstatic);
	s->regulars = columns_of(a, st->regulars, st->nregular);
	if (!s->partition || !s->clustering || !s->statics || !s->regulars)
		return NULL;
	s->npartition = npartition;
	for (size_t i = 0; i < npartition; i++) {
		char *name = npartition == 1 ? cq_arena_printf(a, "key") : cq_arena_printf(a, "key%zu", i);

		s->partition[i].name = name ? cq_slice_str(name) : (cq_slice){0};
		s->partition[i].type = npartition == 1 ? key : key->arg[i];
	}
	s->nclustering = st->nclustering;
	for (size_t i = 0; i < st->nclustering; i++) {
		char *name = i ? cq_arena_printf(a, "clustering%zu", i) : cq_arena_printf(a, "clustering");

		s->clustering[i].name = name ? cq_slice_str(name) : (cq_slice){0};
		s->clustering[i].type = st->clustering_types[i];
	}
	s->nstatic = st->nstatic;
	s->nregular = st->nregular;
	return s;
}

static void conflict(void *arg, const char *sentence)
{
	struct cq_table *t = arg;
	/* Columns that the DDL neither has nor dropped, or dropped as something else, are told apart from wrong types. */
	const char *id = strstr(sentence, "dropped it") ? "schema-column" : "schema-conflict";

	cq_finding_add(&t->findings, id, CQ_WARNING, cq_basename(t->component[CQ_C_STATISTICS]->name),
		CQ_SPACE_RAW, CQ_NO_OFFSET, "%s", sentence);
}

/* schema.cql beside the table (snapshots have one). Anything wrong with it is a finding: the header suffices. */
static const struct cq_schema *schema_beside(struct cq_table *t)
{
	const struct cq_place *place = &t->desc.place;
	char *path = cq_arena_printf(&t->arena, "%.*s/schema.cql", (int)t->desc.dir.len, (const char *)t->desc.dir.p);
	struct cq_schema *ddl = NULL;
	struct cq_space *space;
	struct cq_error err = {0};
	uint8_t *text;
	int rc;

	/* A secondary index's hidden table has no CREATE TABLE. */
	if (!path || place->index.p || (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)))
		return NULL;
	if (cq_space_open_file(&space, path, &err) != CQ_OK) {
		cq_error_at(&err, path, CQ_SPACE_RAW);
		cq_finding_error(&t->findings, "schema-unreadable", CQ_WARNING, &err);
		return NULL;
	}
	text = space->size <= 16 << 20 ? cq_arena_alloc(&t->arena, (size_t)space->size + 1) : NULL;
	rc = text ? cq_space_read(space, 0, text, (size_t)space->size, &err) :
		cq_fail(&err, CQ_EUSAGE, CQ_NO_OFFSET, "schema.cql is too large (%llu bytes)", (unsigned long long)space->size);
	if (rc == CQ_OK)
		rc = cq_schema_parse(&t->arena, cq_slice_of(text, (size_t)space->size), NULL, &ddl, &err);
	if (rc != CQ_OK) {
		bool left_out = rc == CQ_NOT_FOUND && cq_schema_leaves_out(cq_slice_of(text, (size_t)space->size));

		/* That the table is not there is no damage, and no error to cq_error_at. */
		snprintf(err.file, sizeof err.file, "%s", cq_basename(path));
		cq_finding_error(&t->findings, left_out ? "schema-left-out" : "schema-unreadable", left_out ? CQ_INFO : CQ_WARNING,
			&err);
	}
	cq_space_close(space);
	return rc == CQ_OK ? ddl : NULL;
}

static int make_schema(struct cq_table *t, const struct cq_open_options *opt, struct cq_error *err)
{
	struct cq_schema *header = header_schema(t), *merged = NULL;
	int rc;

	if (!header)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a schema");
	t->schema = header;
	t->ddl = opt ? opt->schema : NULL;
	if (!t->ddl && !(opt && (opt->no_schema_file || opt->open_space)))
		t->ddl = schema_beside(t);
	if (!t->ddl)
		return CQ_OK;
	rc = cq_schema_merge(&t->arena, header, t->ddl, &merged, conflict, t, err);
	if (rc == CQ_OK)
		t->schema = merged;
	return rc;
}

/* ---- all together ---- */

int cq_table_open(struct cq_table **out, const char *path, const struct cq_open_options *opt, struct cq_error *err)
{
	struct cq_table *t = calloc(1, sizeof *t);
	const struct cq_version_info *info = NULL;
	struct cq_error local;
	char *own, version[8];
	int rc;

	if (!err)
		err = &local;
	if (!t || !(own = cq_arena_dup(&t->arena, path, strlen(path)))) {
		cq_table_close(t);
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to open %s", path);
	}
	rc = cq_desc_parse(own, &t->desc, err);
	snprintf(version, sizeof version, "%.*s", (int)t->desc.version.len, (const char *)t->desc.version.p);
	t->format = t->desc.base.p && t->desc.id.text.p ? cq_format_for(version, &info) : NULL;
	if (!t->format) {
		if (rc == CQ_OK)
			rc = cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s: no plugin reads version %s", path, version);
		else if (rc > 0)
			rc = CQ_EUSAGE;        /* not a component's name; err says so */
		goto fail;
	}
	t->features = info->features;
	t->no_checksums = opt && opt->no_checksums;
	rc = open_components(t, opt, err);
	if (rc == CQ_OK && !t->format->open)
		rc = cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "format %s cannot open tables", t->format->name);
	if (rc == CQ_OK)
		rc = t->format->open(t, opt, err);
	if (rc == CQ_OK)
		rc = make_schema(t, opt, err);
	else if (rc == CQ_DAMAGED && opt && opt->inspect)
		rc = cq_finding_error(&t->findings, "metadata-unreadable", CQ_ERROR, err) ? CQ_OK : CQ_ENOMEM;
	if (rc < 0)
		goto fail;
	*out = t;
	return CQ_OK;
fail:
	err->code = rc;                        /* a name that is no component's is CQ_NOT_FOUND to who takes it apart */
	cq_table_close(t);
	return rc;
}

void cq_table_close(struct cq_table *t)
{
	if (!t)
		return;
	if (t->format && t->format->close)
		t->format->close(t);
	for (int i = 0; i < CQ_C_KINDS; i++)
		cq_space_close(t->component[i]);
	cq_findings_finish(&t->findings);
	cq_arena_finish(&t->arena);
	free(t);
}

void cq_table_print_key(const struct cq_table *t, cq_slice key, struct cq_buf *out)
{
	if (!t->stats.key_type || cq_value_text(t->stats.key_type, key, out, NULL) != CQ_OK) {
		cq_buf_str(out, "0x");
		cq_buf_hex(out, key);
	}
}

/* In the text of a composite a part that is '_' or '!' makes a bound, and "_!" and "!!" are those characters. A partition
 * key is no bound: there the bare character means itself. */
static void spell_parts(const char *text, struct cq_buf *out)
{
	bool begins = true;

	for (const char *p = text; *p; p++) {
		cq_buf_byte(out, (uint8_t)*p);
		if (begins && (*p == '_' || *p == '!') && (!p[1] || p[1] == ':'))
			cq_buf_byte(out, '!');
		begins = *p == ':' && (p == text || p[-1] != '\\');
	}
}

int cq_table_parse_key(const struct cq_table *t, const char *text, struct cq_buf *out, struct cq_error *err)
{
	struct cq_buf spelled = {0};
	int rc;

	if (!t->stats.key_type)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "the type of the key is not known: %s", t->no_rows);
	if (t->stats.key_type->kind != CQ_T_COMPOSITE)
		return cq_value_parse(t->stats.key_type, cq_slice_str(text), out, err);
	spell_parts(text, &spelled);
	rc = spelled.failed ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a key") :
		cq_value_parse(t->stats.key_type, cq_buf_bytes(&spelled), out, err);
	cq_buf_finish(&spelled);
	return rc;
}

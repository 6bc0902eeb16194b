/* fuzz.h - what the targets share: a table out of an archive of components, a walk over explained units, touching bytes.
 *
 * An archive is a count, then for each component: kind (enum cq_component), length (3 bytes, big-endian), bytes. What does not
 * fit is cut. A mutator that knows this shape is in fuzz_table.c; seeds.py makes archives of the corpus. */
#ifndef CQ_FUZZ_H
#define CQ_FUZZ_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cq_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* An invariant. Says which before it ends, so that a replay under any compiler tells. */
#define MUST(what) do { if (!(what)) fuzz_broken(__FILE__, __LINE__, #what); } while (0)

static CQ_UNUSED void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* ---- versions and components ---- */

static const char *const fuzz_versions[] = { "ma", "mb", "mc", "md", "me", "na", "nb", "nc", "oa", "da" };
enum { FUZZ_VERSIONS = CQ_COUNTOF(fuzz_versions), FUZZ_DA = FUZZ_VERSIONS - 1 };

struct fuzz_archive {
	cq_slice file[CQ_C_KINDS];
	bool has[CQ_C_KINDS];
};

static CQ_UNUSED void fuzz_unpack(cq_slice in, struct fuzz_archive *out)
{
	unsigned n = in.len ? in.p[0] : 0;
	const uint8_t *p = in.p + 1;
	size_t left = in.len ? in.len - 1 : 0;

	*out = (struct fuzz_archive){0};
	for (unsigned i = 0; i < n && left >= 4; i++) {
		unsigned kind = p[0] % CQ_C_KINDS;
		size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

		p += 4;
		left -= 4;
		len = len < left ? len : left;
		out->file[kind] = cq_slice_of(p, len);
		out->has[kind] = true;
		p += len;
		left -= len;
	}
}

/* cq_open_options.open_space: arg is the archive. */
static CQ_UNUSED int fuzz_open_space(void *arg, const char *path, struct cq_space **out, struct cq_error *err)
{
	const struct fuzz_archive *a = arg;
	const char *name = strrchr(path, '-');

	for (int kind = 0; name && kind < CQ_C_KINDS; kind++)
		if (a->has[kind] && !strcmp(name + 1, kind == CQ_C_DIGEST ? "Digest.crc32" : cq_component_name((enum cq_component)kind)))
			return cq_space_open_memory(out, a->file[kind], path, err);
	return CQ_NOT_FOUND;
}

static CQ_UNUSED int fuzz_open(const struct fuzz_archive *a, unsigned version, bool no_checksums, bool metadata_only, struct cq_table **out,
	struct cq_error *err)
{
	struct cq_open_options opt = { .no_checksums = no_checksums, .metadata_only = metadata_only, .open_space = fuzz_open_space,
		.arg = (void *)(uintptr_t)a };
	char path[64];

	version %= FUZZ_VERSIONS;
	snprintf(path, sizeof path, "ks/t/%s-1-%s-Data.db", fuzz_versions[version], version == FUZZ_DA ? "bti" : "big");
	return cq_table_open(out, path, &opt, err);
}

/* ---- headers of the corpus: Statistics.db files that targets decode other bytes with ---- */

struct fuzz_header {
	const char *path;                      /* below the corpus */
	unsigned version;                      /* index in fuzz_versions */
	cq_slice bytes;
};

static CQ_UNUSED void fuzz_load(struct fuzz_header *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char path[512];
		uint8_t *p = malloc(1 << 18);
		FILE *f;

		snprintf(path, sizeof path, "%s/%s", CQ_TEST_CORPUS, h[i].path);
		f = fopen(path, "rb");
		if (!f || !p) {
			fprintf(stderr, "cannot read %s\n", path);
			exit(3);
		}
		/* Its own memory, exactly as long: reads beyond are seen. */
		h[i].bytes.len = fread(p, 1, 1 << 18, f);
		h[i].bytes.p = realloc(p, h[i].bytes.len);
		fclose(f);
		for (h[i].version = 0; strncmp(strrchr(path, '/') + 1, fuzz_versions[h[i].version], 2);)
			h[i].version++;
	}
}

/* ---- touching ---- */

static volatile uint64_t fuzz_sum;

static CQ_UNUSED void fuzz_touch(cq_slice s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s.len; i++)
		sum += s.p[i];
	fuzz_sum += sum;
}

static CQ_UNUSED void fuzz_touch_prefix(const struct cq_prefix *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		fuzz_touch(p->values[i]);
}

static CQ_UNUSED void fuzz_touch_event(const struct cq_event *e)
{
	fuzz_touch(e->partition->key);
	if (e->kind == CQ_EV_MARKER)
		fuzz_touch_prefix(&e->marker->bound);
	if (e->kind != CQ_EV_ROW && e->kind != CQ_EV_STATIC)
		return;
	fuzz_touch_prefix(&e->row->clustering);
	for (uint32_t i = 0; i < e->row->ncells; i++) {
		MUST(e->row->cells[i].value.p != NULL);
		fuzz_touch(e->row->cells[i].value);
		fuzz_touch(e->row->cells[i].path);
		fuzz_touch(e->row->cells[i].column->name);
	}
	for (uint32_t i = 0; i < e->row->ncomplex; i++)
		MUST(e->row->complex[i].first <= e->row->ncells && e->row->complex[i].count <= e->row->ncells - e->row->complex[i].first);
}

/* An error that says something. */
static CQ_UNUSED void fuzz_said(int rc, const struct cq_error *e)
{
	MUST(rc >= 0 || (e->code == rc && e->msg[0]));
}

/* ---- explained units ---- */

enum { FUZZ_UNITS = 600 };                     /* explained in one run: each opens what it needs anew */

struct fuzz_sink {
	struct cq_unit *unit;                  /* children of the unit just explained */
	size_t n, cap;
	size_t leaves, notes;
	int depth;
	uint64_t limit;                        /* bytes of the space: leaves must be inside */
	/* Leaves and children of known length, one behind the other from `at` on? Counted where they do not. */
	uint64_t at;
	size_t jumps;
};

static void fuzz_leaf(struct fuzz_sink *s, uint64_t off, uint64_t len)
{
	MUST(off <= s->limit && len <= s->limit - off);
	s->jumps += off != s->at;
	s->at = off + len;
	s->leaves++;
}

static void fuzz_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	struct fuzz_sink *s = arg;

	(void)off, (void)index;
	MUST(field && field < CQ_FIELD_COUNT);
	fuzz_touch(name);
	MUST(++s->depth < 64);
}

static void fuzz_end(void *arg, uint64_t off, int status)
{
	struct fuzz_sink *s = arg;

	(void)off, (void)status;
	MUST(s->depth-- > 0);
}

static void fuzz_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	char text[200];

	MUST(field && field < CQ_FIELD_COUNT && len >= 1 && len <= 9);
	cq_field_value_name(field, value, text, sizeof text);
	fuzz_leaf(arg, off, len);
}

static void fuzz_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	struct cq_buf out = {0};

	MUST(field && field < CQ_FIELD_COUNT);
	fuzz_touch(value);
	if (type)
		cq_value_json(type, value, &out, 0, NULL);
	cq_buf_finish(&out);
	fuzz_leaf(arg, off, value.len);
}

static void fuzz_child(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	struct fuzz_sink *s = arg;

	(void)index;
	MUST(unit->kind > 0 && unit->kind < CQ_U_KINDS && unit->field && unit->field < CQ_FIELD_COUNT);
	fuzz_touch(name);
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->unit = realloc(s->unit, s->cap * sizeof *s->unit);
	}
	s->unit[s->n++] = *unit;
	s->jumps += unit->off != s->at;
	if (unit->len != CQ_NO_OFFSET)
		s->at = unit->off + unit->len;
}

static void fuzz_note(void *arg, unsigned field, uint64_t off, const char *text)
{
	(void)off;
	MUST(field < CQ_FIELD_COUNT && text[0]);
	((struct fuzz_sink *)arg)->notes++;
}

static const struct cq_sink fuzz_sink_ops = { .begin = fuzz_begin, .end = fuzz_end, .number = fuzz_number, .bytes = fuzz_bytes,
	.child = fuzz_child, .note = fuzz_note };

static CQ_UNUSED uint64_t fuzz_space_size(const struct cq_table *t, const struct cq_unit *u)
{
	if (u->component == CQ_C_DATA && u->space == CQ_SPACE_DECOMPRESSED)
		return t->stream.len;
	return t->component[u->component] ? t->component[u->component]->size : 0;
}

/* Explain one unit into s, whose children and counts are reset. */
static CQ_UNUSED int fuzz_explain(const struct cq_table *t, const struct cq_unit *u, struct fuzz_sink *s, struct cq_error *err)
{
	int rc;

	s->n = s->leaves = s->notes = s->jumps = 0;
	s->depth = 0;
	s->at = u->off;
	s->limit = fuzz_space_size(t, u);
	rc = t->format->explain(t, u, &(cq_trace){ &fuzz_sink_ops, s }, err);
	MUST(s->depth == 0);
	fuzz_said(rc, err);
	return rc;
}

/* A component and everything below it, up to FUZZ_UNITS units. Returns the worst status. */
static CQ_UNUSED int fuzz_explain_all(const struct cq_table *t, int component)
{
	struct fuzz_sink s = {0};
	size_t n = 1, cap = 256, left = FUZZ_UNITS;
	struct cq_unit *todo = malloc(cap * sizeof *todo);
	int worst = CQ_OK;

	todo[0] = (struct cq_unit){ .kind = CQ_U_COMPONENT, .component = component,
		.len = t->component[component] ? t->component[component]->size : 0 };
	while (n && left--) {
		struct cq_unit u = todo[--n];
		struct cq_error err = {0};
		int rc = fuzz_explain(t, &u, &s, &err);

		worst = rc < worst ? rc : worst;
		if (n + s.n > cap) {
			cap = 2 * (n + s.n);
			todo = realloc(todo, cap * sizeof *todo);
		}
		if (s.n)
			memcpy(todo + n, s.unit, s.n * sizeof *todo);
		n += s.n;
	}
	free(todo);
	free(s.unit);
	return worst;
}

#endif

/* A run: open the source, let the faults ask for their changes, seal, write, read back, give the copy its names. And the list of
 * faults. */
#include "cq_inject.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_inject_image.h"
#include "cq_inject_place.h"
#include "cq_table_doc.h"
#include "faults/faults.h"

/* ---- the list ---- */

static const struct inject_family *const families[] = { &inject_bytes, &inject_files, &inject_data, &inject_cells, &inject_markers, &inject_index, &inject_summary,
	&inject_filter, &inject_trie, &inject_compression, &inject_statistics };

enum { ADDED_MAX = 256 };
static const struct cq_fault *added[ADDED_MAX];
static size_t nadded;

const struct cq_fault *cq_fault_nth(size_t index)
{
	for (size_t i = 0; i < CQ_COUNTOF(families); i++) {
		if (index < families[i]->n)
			return &families[i]->faults[index];
		index -= families[i]->n;
	}
	return index < nadded ? added[index] : NULL;
}

const struct cq_fault *cq_fault_named(const char *id)
{
	const struct cq_fault *f;

	for (size_t i = 0; (f = cq_fault_nth(i)); i++)
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

int cq_inject_add_fault(const struct cq_fault *f, struct cq_error *err)
{
	if (cq_fault_named(f->id) || strcmp(f->id, "random") == 0)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is a fault %s already", f->id);
	if (!f->apply || nadded == ADDED_MAX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "fault %s cannot be added", f->id);
	added[nadded++] = f;
	return CQ_OK;
}

int cq_fault_applies(const struct cq_fault *f, const struct cq_table *t, struct cq_error *err)
{
	unsigned formats = f->flags & (CQ_FAULT_BIG | CQ_FAULT_BTI), stored = f->flags & (CQ_FAULT_COMPRESSED | CQ_FAULT_PLAIN);

	if (formats && !(formats & (t->features & CQ_FEAT_BTI ? CQ_FAULT_BTI : CQ_FAULT_BIG)))
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is about the %s format", f->id, formats & CQ_FAULT_BTI ? "BTI" : "BIG");
	if (stored && !(stored & (t->stream.chunks ? CQ_FAULT_COMPRESSED : CQ_FAULT_PLAIN)))
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is about tables that are %scompressed", f->id,
			stored & CQ_FAULT_COMPRESSED ? "" : "not ");
	if ((t->features & f->needs) != f->needs || t->features & f->lacks)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is not about version %.*s", f->id, (int)t->desc.version.len,
			(const char *)t->desc.version.p);
	return CQ_OK;
}

void cq_fault_versions(const struct cq_fault *f, struct cq_buf *out)
{
	if (f->versions)
		cq_buf_str(out, f->versions);
	else
		cq_buf_str(out, !(f->flags & (CQ_FAULT_BIG | CQ_FAULT_BTI)) ? "all" : f->flags & CQ_FAULT_BTI ? "da" : "BIG");
	if (f->flags & (CQ_FAULT_COMPRESSED | CQ_FAULT_PLAIN))
		cq_buf_str(out, f->flags & CQ_FAULT_COMPRESSED ? ", compressed" : ", not compressed");
}

/* ---- what faults say ---- */

void cq_inject_say(struct cq_inject *in, const char *fmt, ...)
{
	char words[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	in->now->words = cq_arena_dup(&in->arena, words, strlen(words));
}

int cq_inject_expect(struct cq_inject *in, const char *rules, enum cq_severity severity, const char *component, int space,
	uint64_t off, bool may, struct cq_error *err)
{
	while (*rules) {
		size_t n = strcspn(rules, " ");
		struct cq_inject_expected *e = inject_room(in->expected, in->nexpected, &in->expected_cap, sizeof *e);
		bool known = false;

		if (!e)
			return inject_nomem(err);
		in->expected = e;
		for (size_t i = 0; i < in->nexpected && n; i++)
			known |= strlen(e[i].rule) == n && strncmp(e[i].rule, rules, n) == 0 && e[i].may == may &&
				strcmp(e[i].component, component) == 0;
		if (n && !known) {
			e += in->nexpected++;
			*e = (struct cq_inject_expected){ .component = component, .severity = severity, .space = space, .off = off, .may = may };
			e->rule = cq_arena_dup(&in->arena, rules, n);
			if (!e->rule)
				return inject_nomem(err);
		}
		rules += n + (rules[n] == ' ');
	}
	return CQ_OK;
}

/* What a fault leaves unsaid: its rules at its first change. Where a checksum stays, that is what shows; the content behind it may
 * not even be looked at. */
static int default_expectations(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct cq_inject_change *c = in->now->change;
	bool data, stats, covered;
	int rc = CQ_OK;

	if (!in->now->nchanges)
		return CQ_OK;
	data = strcmp(c->component, "Data.db") == 0;
	stats = strcmp(c->component, "Statistics.db") == 0;
	covered = !in->now->fix && f->flags & CQ_FAULT_FIX && ((data && (in->t->stream.chunks || inject_file_of(in, CQ_C_CRC) ||
		inject_file_of(in, CQ_C_DIGEST))) || (stats && in->t->features & CQ_FEAT_METADATA_CHECKSUM));
	if (covered) {
		const char *seen = stats ? "stats-crc" : in->t->stream.chunks ? "chunk-crc" : inject_file_of(in, CQ_C_CRC) ? "crcdb" : "digest";

		rc = cq_inject_expect(in, seen, CQ_ERROR, c->component, c->space, c->off, false, err);
		if (rc == CQ_OK && data && strcmp(seen, "digest") != 0 && inject_file_of(in, CQ_C_DIGEST))
			rc = cq_inject_expect(in, "digest", CQ_WARNING, inject_file_of(in, CQ_C_DIGEST)->name, CQ_SPACE_RAW, CQ_NO_OFFSET, true,
				err);
	}
	if (rc == CQ_OK && f->rules)
		rc = cq_inject_expect(in, f->rules, f->severity, c->component, c->space, c->off, covered, err);
	if (rc == CQ_OK && f->also)
		rc = cq_inject_expect(in, f->also, CQ_WARNING, c->component, c->space, CQ_NO_OFFSET, true, err);
	return rc;
}

/* ---- a run ---- */

static int apply(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	struct cq_injected *now = &in->fault[in->nfaults];
	size_t before = in->nexpected;
	int rc = cq_fault_applies(f, in->t, err);

	if (rc != CQ_OK)
		return rc;
	*now = (struct cq_injected){ .kind = f };
	now->fix = in->opt->checksums == CQ_INJECT_BY_FAULT ? f->flags & CQ_FAULT_FIX : in->opt->checksums == CQ_INJECT_FIX;
	in->now = now;
	rc = f->apply(in, f, err);
	if (rc == CQ_OK && !now->nchanges)
		rc = cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s: nothing in this table to do it to", f->id);
	if (rc == CQ_OK && !now->words)
		cq_inject_say(in, "%s", f->summary);
	if (rc == CQ_OK && in->nexpected == before)
		rc = default_expectations(in, f, err);
	if (rc == CQ_OK)
		in->nfaults++;
	else
		free(now->change);
	return rc;
}

/* Any of those that apply. A fault that finds nothing to do makes way for another. */
static int apply_random(struct cq_inject *in, struct cq_error *err)
{
	size_t n = 0, left;
	uint8_t *tried;
	int rc = CQ_NOT_FOUND;

	while (cq_fault_nth(n))
		n++;
	tried = calloc(n, 1);
	if (!tried)
		return inject_nomem(err);
	for (left = n; rc == CQ_NOT_FOUND && left; left--) {
		uint64_t k = cq_inject_random(in, left);
		const struct cq_fault *f;
		size_t i = 0;

		for (;; i++)
			if (!tried[i] && k-- == 0)
				break;
		tried[i] = 1;
		f = cq_fault_nth(i);
		if (!(f->flags & CQ_FAULT_NOT_RANDOM))
			rc = apply(in, f, err);
	}
	free(tried);
	return rc;
}

static int open_source(struct cq_inject *in, struct cq_error *err)
{
	struct cq_open_options opt = in->opt->open ? *in->opt->open : (struct cq_open_options){0};
	const struct cq_desc *d;
	char base[300];
	int rc;

	/* A source that is damaged already may be damaged more. */
	opt.inspect = opt.metadata_only = true;
	rc = cq_table_open(&in->t, in->opt->path, &opt, err);
	if (rc == CQ_OK)
		rc = cq_table_doc(in->t, &in->doc, err);
	if (rc == CQ_OK)
		rc = inject_image_open(in, in->opt->path, err);
	if (rc != CQ_OK)
		return rc;
	d = &in->t->desc;
	snprintf(base, sizeof base, "%.*s", (int)d->base.len, (const char *)d->base.p);
	in->base = cq_arena_dup(&in->arena, base, strlen(base));
	return in->base ? CQ_OK : inject_nomem(err);
}

static int run(struct cq_inject *in, struct inject_place *place, struct cq_error *err)
{
	struct cq_buf json = {0};
	char path[8192];
	int rc;

	for (size_t i = 0; i < in->opt->nkinds; i++) {
		const struct cq_fault *f = cq_fault_named(in->opt->kinds[i]);

		if (strcmp(in->opt->kinds[i], "random") == 0)
			rc = apply_random(in, err);
		else
			rc = f ? apply(in, f, err) : cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no fault is called %s", in->opt->kinds[i]);
		if (rc != CQ_OK)
			return rc;
	}
	rc = inject_seal(in, err);
	if (rc == CQ_OK)
		rc = inject_write(in, place->work, err);
	if (rc == CQ_OK && in->opt->no_measure)
		in->unmeasured = "not asked for";
	else if (rc == CQ_OK)
		rc = inject_measure(in, place->work, err);
	if (rc == CQ_OK) {
		cq_inject_manifest(in, &json);
		inject_manifest_path(place->work, in->base, path, sizeof path);
		rc = inject_write_text(path, &json, !in->opt->no_sync, err);
	}
	cq_buf_finish(&json);
	if (rc == CQ_OK)
		rc = inject_place_commit(place, err);
	if (rc == CQ_OK) {
		inject_manifest_path(place->dir, in->base, path, sizeof path);
		in->manifest = cq_arena_dup(&in->arena, path, strlen(path));
	}
	return rc == CQ_OK && !in->manifest ? inject_nomem(err) : rc;
}

int cq_inject_run(const struct cq_inject_options *opt, struct cq_inject **out, struct cq_error *err)
{
	struct cq_inject *in = calloc(1, sizeof *in);
	struct inject_place place = {0};
	char dir[4096];
	int rc;

	if (!in)
		return inject_nomem(err);
	in->opt = opt;
	in->random = opt->seed;
	in->fault = calloc(opt->nkinds + 1, sizeof *in->fault);
	rc = !in->fault ? inject_nomem(err) : !opt->nkinds ? cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no fault given") : open_source(in, err);
	if (rc == CQ_OK) {
		snprintf(dir, sizeof dir, "%.*s", (int)in->t->desc.dir.len, (const char *)in->t->desc.dir.p);
		rc = inject_place_open(&place, dir, opt->dir, in->base, opt->force, err);
	}
	place.sync = !opt->no_sync;
	if (rc == CQ_OK)
		rc = run(in, &place, err);
	inject_place_close(&place);
	if (rc != CQ_OK) {
		cq_inject_close(in);
		return rc;
	}
	*out = in;
	return CQ_OK;
}

void cq_inject_close(struct cq_inject *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->nfaults; i++)
		free(in->fault[i].change);
	free(in->fault);
	free(in->expected);
	free(in->key);
	free(in->same_key);
	inject_image_close(in->image);
	cq_doc_close(in->doc);
	cq_table_close(in->t);
	cq_arena_finish(&in->arena);
	free(in);
}

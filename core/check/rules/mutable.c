/* mutable - copies of one SSTable (live, in snapshots, in backups) differ only where an SSTable may change.
 *
 * Statistics.db is rewritten in place for the level and the repair status, Summary.db when indexes are resampled, TOC.txt when an
 * index is built; everything else is written once. A copy that was made of several moments shows here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cq_rule.h"

/* ---- which tables are copies of each other ---- */

struct copy {
	const struct cq_sst_entry *e;
	size_t index;                      /* in the list */
	cq_slice home;                     /* directory of the table itself */
};

static size_t last_of(cq_slice s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = s.len >= n ? s.len - n + 1 : 0; i-- > 0;)
		if (!memcmp(s.p + i, word, n) && (i + n == s.len || s.p[i + n] == '/'))
			return i;
	return SIZE_MAX;
}

/* The directory without what makes it a snapshot's or a backup's. */
static cq_slice home_of(const struct cq_sst_entry *e)
{
	cq_slice dir = cq_slice_str(e->dir);
	size_t at = SIZE_MAX;

	if (e->desc.place.snapshot.p)
		at = last_of(dir, "/snapshots");
	else if (e->desc.place.backup)
		at = last_of(dir, "/backups");
	if (at != SIZE_MAX) {
		dir.len = at;
	} else if (e->desc.place.index.p && dir.len > e->desc.place.index.len + 2) {
		dir.len -= e->desc.place.index.len + 2;            /* "/.name" */
	}
	return dir;
}

static bool is_copy(const struct cq_sst_entry *e)
{
	return e->desc.place.snapshot.p || e->desc.place.backup;
}

static int same_sst(const struct copy *a, const struct copy *b)
{
	int c = cq_slice_cmp(a->home, b->home);

	if (!c)
		c = cq_slice_cmp(a->e->desc.place.index, b->e->desc.place.index);
	return c ? c : cq_slice_cmp(a->e->desc.base, b->e->desc.base);
}

static int order(const void *x, const void *y)
{
	const struct copy *a = x, *b = y;
	int c = same_sst(a, b);

	if (!c)
		c = is_copy(a->e) - is_copy(b->e);
	return c ? c : strcmp(a->e->dir, b->e->dir);
}

/* ---- bytes ---- */

/* CQ_OK: the same; CQ_NOT_FOUND: they differ, first at *at; negative: not to be read. */
static int compare_bytes(const char *a, const char *b, uint64_t *at, struct cq_error *err)
{
	enum { STEP = 256 << 10 };
	struct cq_space *x = NULL, *y = NULL;
	uint8_t *buf = malloc(2 * STEP);
	int rc = buf ? cq_space_open_file(&x, a, err) : cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory");

	if (rc == CQ_OK)
		rc = cq_space_open_file(&y, b, err);
	for (uint64_t off = 0; rc == CQ_OK; off += STEP) {
		uint64_t end = x->size < y->size ? x->size : y->size;
		size_t n = end - off < STEP ? (size_t)(end - off) : STEP;

		if (off >= end) {
			*at = end;
			rc = x->size == y->size ? CQ_OK : CQ_NOT_FOUND;
			break;
		}
		rc = cq_space_read(x, off, buf, n, err);
		if (rc == CQ_OK)
			rc = cq_space_read(y, off, buf + STEP, n, err);
		if (rc == CQ_OK && memcmp(buf, buf + STEP, n)) {
			size_t i = 0;

			while (buf[i] == buf[STEP + i])
				i++;
			*at = off + i;
			rc = CQ_NOT_FOUND;
		}
	}
	cq_space_close(x);
	cq_space_close(y);
	free(buf);
	return rc;
}

static bool hard_link(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* ---- Statistics.db ---- */

static bool same_slices(const cq_slice *a, size_t na, const cq_slice *b, size_t nb)
{
	bool same = na == nb;

	for (size_t i = 0; same && i < na; i++)
		same = cq_slice_eq(a[i], b[i]);
	return same;
}

static bool same_histogram(const struct cq_histogram *a, const struct cq_histogram *b)
{
	return a->n == b->n && (!a->n || (!memcmp(a->offsets, b->offsets, a->n * sizeof *a->offsets) &&
		!memcmp(a->counts, b->counts, a->n * sizeof *a->counts)));
}

static bool same_columns(const struct cq_column *a, size_t na, const struct cq_column *b, size_t nb)
{
	bool same = na == nb;

	for (size_t i = 0; same && i < na; i++)
		same = cq_slice_eq(a[i].name, b[i].name) && cq_type_eq(a[i].type, b[i].type) && a[i].complex == b[i].complex;
	return same;
}

/* The first field that differs and may not; NULL: none. */
static const char *differs(const struct cq_statistics *a, const struct cq_statistics *b)
{
#define SAME(field) if (a->field != b->field) return #field
	if (!cq_slice_eq(a->partitioner, b->partitioner))
		return "partitioner";
	if (!cq_slice_eq(a->cardinality, b->cardinality))
		return "cardinality";
	SAME(min_timestamp);
	SAME(max_timestamp);
	SAME(min_ldt);
	SAME(max_ldt);
	SAME(min_ttl);
	SAME(max_ttl);
	SAME(compression_ratio);
	SAME(total_columns_set);
	SAME(total_rows);
	SAME(ndrop_times);
	SAME(header_min_timestamp);
	SAME(header_min_ldt);
	SAME(header_min_ttl);
	if (!same_histogram(&a->partition_sizes, &b->partition_sizes))
		return "partition sizes";
	if (!same_histogram(&a->cells_per_partition, &b->cells_per_partition))
		return "cells per partition";
	if (!same_slices(a->min_clustering, a->nmin, b->min_clustering, b->nmin) ||
	    !same_slices(a->max_clustering, a->nmax, b->max_clustering, b->nmax))
		return "clustering bounds";
	if (!cq_slice_eq(a->first_key, b->first_key) || !cq_slice_eq(a->last_key, b->last_key))
		return "first and last key";
	if (!same_columns(a->statics, a->nstatic, b->statics, b->nstatic) || !same_columns(a->regulars, a->nregular, b->regulars, b->nregular))
		return "columns";
	return NULL;
#undef SAME
}

static struct cq_table *metadata_of(const struct cq_sst_entry *e)
{
	const struct cq_open_options opt = { .no_schema_file = true, .metadata_only = true };
	struct cq_table *t;

	return cq_table_open(&t, e->data_path, &opt, NULL) == CQ_OK ? t : NULL;
}

static void compare_statistics(struct cq_out *o, const struct copy *a, const struct copy *b)
{
	struct cq_table *x = metadata_of(a->e), *y = metadata_of(b->e);
	const char *field = x && y ? differs(&x->stats, &y->stats) : NULL;
	struct cq_check_finding *f;

	if (!x || !y) {
		cq_unmeasured(o, "Statistics.db of the copy in %s cannot be read, or this one", a->e->dir);
	} else if (field) {
		f = cq_say(o, CQ_WARNING, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "Statistics.db and that of the copy in %s differ in %s, which is written once",
			a->e->dir, field);
		f->effect = CQ_UNSURE;
	} else {
		f = cq_say(o, CQ_INFO, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "Statistics.db was rewritten since the copy in %s was made, as it may be", a->e->dir);
		cq_say_found(o, f, "level %d, repaired at %" PRId64 " there; level %d, repaired at %" PRId64 " here", x->stats.level, x->stats.repaired_at,
			y->stats.level, y->stats.repaired_at);
	}
	cq_table_close(x);
	cq_table_close(y);
}

/* ---- two copies ---- */

static bool written_once(enum cq_component kind)
{
	return kind == CQ_C_DATA || kind == CQ_C_INDEX || kind == CQ_C_FILTER || kind == CQ_C_COMPRESSION_INFO || kind == CQ_C_CRC ||
		kind == CQ_C_PARTITIONS || kind == CQ_C_ROWS || kind == CQ_C_DIGEST;
}

/* Two tables may have got the same number: after a truncate and a restart numbers begin again. */
static bool other_rows(const struct copy *a, const struct copy *b)
{
	const struct cq_component_file *x = cq_sst_file(a->e, CQ_C_DIGEST), *y = cq_sst_file(b->e, CQ_C_DIGEST);
	const struct cq_component_file *dx = cq_sst_file(a->e, CQ_C_DATA), *dy = cq_sst_file(b->e, CQ_C_DATA);
	struct cq_error err;
	uint64_t at;

	if (!dx || !dy || hard_link(dx->path, dy->path))
		return false;
	if (dx->bytes != dy->bytes && (!x || !y))
		return true;
	return x && y && !hard_link(x->path, y->path) && compare_bytes(x->path, y->path, &at, &err) == CQ_NOT_FOUND;
}

static void compare(struct cq_check_set *s, const struct copy *a, const struct copy *b)
{
	struct cq_out *o = &s->table_out[b->index];

	if (other_rows(a, b)) {
		struct cq_check_finding *f = cq_say(o, CQ_INFO, CQ_C_DATA, CQ_NO_OFFSET, 0, "the copy in %s has the same name and other rows", a->e->dir);

		cq_say_means(o, f, "Two SSTables got one number, as happens when a table is emptied and the node restarted. Restoring one over the other would mix "
			"their components: rename first.");
		return;
	}
	for (size_t i = 0; i < b->e->nfiles; i++) {
		const struct cq_component_file *y = &b->e->files[i], *x = cq_sst_file(a->e, y->kind);
		struct cq_error err = {0};
		struct cq_check_finding *f;
		uint64_t at = 0;
		int rc;

		if (!x || (!written_once(y->kind) && y->kind != CQ_C_STATISTICS) || hard_link(x->path, y->path))
			continue;
		if (y->kind == CQ_C_DATA && x->bytes == y->bytes && s->options->level < CQ_CHECK_FULL) {
			cq_unmeasured(o, "Data.db is not compared with the copy in %s at level quick", a->e->dir);
			continue;
		}
		rc = compare_bytes(x->path, y->path, &at, &err);
		if (rc == CQ_NOT_FOUND && y->kind == CQ_C_STATISTICS) {
			compare_statistics(o, a, b);
		} else if (rc == CQ_NOT_FOUND) {
			f = cq_say_raw(o, CQ_WARNING, y->kind, at, 0, "%.*s and that of the copy in %s differ from byte 0x%" PRIx64 " on, and it is written once: "
				"one of them is damaged or another SSTable's", (int)y->name.len, (const char *)y->name.p, a->e->dir, at);
			f->effect = CQ_UNSURE;
		} else if (rc < 0) {
			cq_unmeasured(o, "%.*s cannot be compared with the copy in %s: %s", (int)y->name.len, (const char *)y->name.p, a->e->dir, err.msg);
		}
	}
}

static void many(struct cq_check_set *s)
{
	struct copy *v = calloc(s->list->ntables + 1, sizeof *v);
	size_t first = 0;

	if (!v) {
		cq_say_nomem(&s->out);
		return;
	}
	for (size_t i = 0; i < s->list->ntables; i++)
		v[i] = (struct copy){ .e = &s->list->tables[i], .index = i, .home = home_of(&s->list->tables[i]) };
	qsort(v, s->list->ntables, sizeof *v, order);
	for (size_t i = 1; i < s->list->ntables; i++) {
		if (same_sst(&v[first], &v[i]))
			first = i;
		else if (is_copy(v[i].e))
			compare(s, &v[first], &v[i]);
	}
	free(v);
}

const struct cq_rule cq_rule_mutable = {
	.id = "mutable", .title = "copies of one SSTable differ only where an SSTable may change", .severity = CQ_WARNING, .effect = CQ_UNSURE,
	.stage = CQ_STAGE_MANY, .many = many,
	.proves = "Where a table and its snapshots or backups were both looked at: components that are written once are the same bytes, and Statistics.db says the same "
		"of the rows in both, whatever became of the level and the repair status.",
	.means = "One of the copies was damaged, or was put together of files of two moments or two SSTables: for instance a Statistics.db that was rewritten while "
		"the table was being copied or streamed.",
	.action = "Trust the copy that has no other findings. Make copies of snapshots, never of live files; after a failed stream just repeat it.",
	.bug = "CASSANDRA-15861: streaming whole SSTables sent a Statistics.db that changed under it, and the receiver's checksums failed.",
	.silent = "A new level or repair status in Statistics.db, a resampled Summary.db, a TOC.txt with more lines.",
	.kinds = "12",
};

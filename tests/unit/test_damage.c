/* Bad input: what is said of it, and that nothing is ever an empty success. Copies of good tables are damaged and used in
 * every way; the files' bytes are the same afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cq_format.h"
#include "tables.h"

/* ---- copies ---- */

static char tmp[64];

static int folder_made(void **state)
{
	(void)state;
	strcpy(tmp, "/tmp/cqlite-damage-XXXXXX");
	return mkdtemp(tmp) ? 0 : -1;
}

static void in_folder(void (*what)(const char *path, void *arg), void *arg)
{
	DIR *d = opendir(tmp);
	struct dirent *e;
	char path[512];

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "%s/%s", tmp, e->d_name);
		what(path, arg);
	}
	closedir(d);
}

static void remove_one(const char *path, void *arg)
{
	(void)arg;
	if (remove(path) < 0)
		fail_msg("cannot remove %s", path);
}

static int folder_gone(void **state)
{
	(void)state;
	in_folder(remove_one, NULL);
	return rmdir(tmp);
}

struct bytes {
	uint8_t *p;
	size_t n;
};

static struct bytes slurp(const char *path)
{
	struct bytes b = {0};
	struct stat st;
	FILE *f = fopen(path, "rb");

	if (!f || fstat(fileno(f), &st) < 0)
		fail_msg("cannot read %s", path);
	b.n = (size_t)st.st_size;
	b.p = malloc(b.n + 1);
	assert_int_equal(fread(b.p, 1, b.n, f), b.n);
	fclose(f);
	return b;
}

static void spill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		fail_msg("cannot write %s", path);
}

struct copied {
	const char *base;                      /* "5.0-nb/small/wide_small/nb-1-big" */
	const char *name;                      /* "nb-1-big" */
	char data[160];                        /* the copy's Data.db */
};

static const char *of(const struct copied *c, const char *component)
{
	static char path[2][200];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[0], "%s/%s-%s", tmp, c->name, component);
	return path[turn];
}

static const char *const components[] = { "Data.db", "Index.db", "Summary.db", "Filter.db", "Statistics.db", "CompressionInfo.db",
	"Digest.crc32", "CRC.db", "TOC.txt", "Partitions.db", "Rows.db" };

static const char *original(const char *base, const char *component)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s-%s", CQ_TEST_CORPUS, base, component);
	return path;
}

/* A fresh copy in the folder, nothing else in it. name NULL: its own. */
static struct copied copy(const char *base, const char *name)
{
	struct copied c = { .base = base, .name = name ? name : strrchr(base, '/') + 1 };
	size_t n = 0;

	in_folder(remove_one, NULL);
	for (size_t i = 0; i < CQ_COUNTOF(components); i++) {
		struct bytes b;

		if (access(original(base, components[i]), F_OK) < 0)
			continue;
		b = slurp(original(base, components[i]));
		spill(of(&c, components[i]), b.p, b.n);
		free(b.p);
		n++;
	}
	assert_true(n >= 8);
	snprintf(c.data, sizeof c.data, "%s", of(&c, "Data.db"));
	return c;
}

static void add_hash(const char *path, void *arg)
{
	uint64_t *sum = arg;
	struct stat st;
	struct bytes b;

	assert_int_equal(stat(path, &st), 0);
	if (!S_ISREG(st.st_mode))
		return;
	b = slurp(path);
	*sum += mix(mix(1, path, strlen(path)), b.p, b.n);
	free(b.p);
}

/* ---- using a table in every way ---- */

struct outcome {
	int open, scan, list;
	size_t events, listed, found, not_found, failed, wrong, errors, warnings;
	uint64_t hash;
	struct cq_error open_err, scan_err, look_err, list_err;
	char findings[4000];
};

static struct events healthy;              /* of the table that is damaged now */

static void note_findings(struct outcome *o, const struct cq_findings *f)
{
	for (const struct cq_finding *x = f->first; x; x = x->next) {
		size_t n = strlen(o->findings);

		o->errors += x->severity == CQ_ERROR;
		o->warnings += x->severity == CQ_WARNING;
		snprintf(o->findings + n, sizeof o->findings - n, "[%s %s 0x%" PRIx64 " %s] ", x->id, x->file,
			x->off == CQ_NO_OFFSET ? 0 : x->off, x->message);
	}
}

static void scan_all(const struct cq_table *t, struct outcome *o)
{
	struct cq_event e;
	struct cq_scan *s;

	o->scan = cq_scan_open(&s, t, NULL, &o->scan_err);
	if (o->scan != CQ_OK)
		return;
	while ((o->scan = cq_scan_next(s, &e, &o->scan_err)) == CQ_OK) {
		struct ev v = ev_of(&e);

		o->hash = mix_u64(mix_u64(o->hash, v.deep), v.off);
		o->events++;
	}
	if (o->scan < 0) {
		struct cq_error again = {0};

		/* It stands still, and says the same again. */
		assert_int_equal(cq_scan_next(s, &e, &again), o->scan);
		assert_string_equal(again.msg, o->scan_err.msg);
		assert_int_equal(again.off, o->scan_err.off);
	}
	cq_scan_close(s);
}

/* The partition of a key as it was, or an error, or "not there". */
static int read_key(struct cq_scan *s, struct cq_lookup *l, const struct part *p, struct outcome *o, struct cq_error *err)
{
	struct cq_position pos;
	struct cq_event e;
	int rc = cq_lookup_key(l, p->key, &pos, err);

	if (rc == CQ_OK)
		rc = cq_scan_to_position(s, &pos, err);
	for (size_t k = 0; rc == CQ_OK && k < p->n; k++) {
		rc = cq_scan_next(s, &e, err);
		if (rc == CQ_OK && ev_of(&e).deep != healthy.v[p->first + k].deep) {
			o->wrong++;
			return CQ_OK;
		}
	}
	return rc;
}

static void look_up_all(const struct cq_table *t, struct outcome *o)
{
	struct cq_lookup *l;
	struct cq_position pos;
	struct cq_scan *s;
	uint64_t at = 0;

	assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
	if (cq_scan_open(&s, t, NULL, &o->look_err) == CQ_OK) {
		for (size_t i = 0; i < healthy.nparts; i++) {
			struct cq_error err = {0};
			int rc = read_key(s, l, &healthy.part[i], o, &err);

			o->found += rc == CQ_OK;
			o->not_found += rc == CQ_NOT_FOUND;
			o->failed += rc < 0;
			if (rc < 0) {
				assert_int_equal(err.code, rc);
				o->look_err = err;
			}
		}
		cq_scan_close(s);
	}
	while ((o->list = cq_lookup_next(l, &at, &pos, &o->list_err)) == CQ_OK && o->listed < 1000000)
		o->listed++;
	note_findings(o, cq_lookup_findings(l));
	cq_lookup_close(l);
}

static struct outcome use(const char *path, const struct cq_open_options *opt)
{
	struct outcome o = { .scan = CQ_END };
	uint64_t before = 0, after = 0;
	struct cq_table *t;

	in_folder(add_hash, &before);
	o.open = cq_table_open(&t, path, opt, &o.open_err);
	if (o.open == CQ_OK) {
		note_findings(&o, &t->findings);
		scan_all(t, &o);
		look_up_all(t, &o);
		cq_table_close(t);
	}
	in_folder(add_hash, &after);
	assert_int_equal(before, after);
	return o;
}

static uint64_t healthy_hash(void)
{
	uint64_t h = 0;

	for (size_t i = 0; i < healthy.n; i++)
		h = mix_u64(mix_u64(h, healthy.v[i].deep), healthy.v[i].off);
	return h;
}

static void healthy_of(const char *base)
{
	struct cq_table *t = table_of(original(base, "Data.db"));

	events_finish(&healthy);
	events_read(&healthy, t, NULL);
	cq_table_close(t);
}

static const char *said(const struct outcome *o)
{
	static char text[6000];
	char open[512] = "", scan[512] = "", look[512] = "", list[512] = "";

	if (o->open < 0)
		cq_error_text(&o->open_err, open, sizeof open);
	if (o->scan < 0)
		cq_error_text(&o->scan_err, scan, sizeof scan);
	if (o->failed)
		cq_error_text(&o->look_err, look, sizeof look);
	if (o->list < 0)
		cq_error_text(&o->list_err, list, sizeof list);
	snprintf(text, sizeof text, "open %d %s; scan %d %s, %zu of %zu events; %zu found, %zu not, %zu failed, %zu wrong %s; list %d %s, "
		"%zu; findings %s", o->open, open, o->scan, scan, o->events, healthy.n, o->found, o->not_found, o->failed, o->wrong,
		look, o->list, list, o->listed, o->findings);
	return text;
}

/* An error says what, and in which file. */
static bool well_said(int rc, const struct cq_error *e, const char *base)
{
	return rc >= 0 || (e->code == rc && strlen(e->msg) > 10 && (strstr(e->file, base) || strstr(e->msg, base)));
}

/* What holds whatever was done: less than the whole is never passed off as the whole. */
static void honest(const char *what, const struct copied *c, const struct outcome *o)
{
	bool whole = o->open == CQ_OK && o->scan == CQ_END && o->hash == healthy_hash();

	if (!well_said(o->open, &o->open_err, c->name) || !well_said(o->scan, &o->scan_err, c->name) ||
	    (o->failed && !well_said(o->look_err.code, &o->look_err, c->name)))
		fail_msg("%s: %s: an error without words or file: %s", c->base, what, said(o));
	if (!whole && o->open >= 0 && o->scan >= 0 && !o->errors)
		fail_msg("%s: %s: other rows, and nothing said: %s", c->base, what, said(o));
	if (o->scan == CQ_DAMAGED && o->scan_err.off == CQ_NO_OFFSET)
		fail_msg("%s: %s: damage without a place: %s", c->base, what, said(o));
	if (o->wrong && !o->errors)
		fail_msg("%s: %s: a key gave other rows, and nothing said: %s", c->base, what, said(o));
}

/* ---- the matrix ---- */

static const char *const victims[] = {
	"3.11-me/main/comp_snappy/me-1-big", "4.0-na/main/comp_noop/na-1-big", "5.0-nb/main/comp_deflate/nb-1-big",
	"4.1-nb/main/comp_zstd_level/nb-1-big", "5.0-nb/small/wide_small/nb-1-big", "5.0-nb/main/statics/nb-1-big",
	"5.0-oa/main/comp_none/oa-1-big", "5.0-oa/small/wide_small/oa-1-big", "5.0-da/small/wide_small/da-1-bti",
	"5.0-da/main/comp_lz4_4/da-1-bti",
};

/* A table of another schema, for swapped components. */
static const char *stranger(const char *name)
{
	return !strcmp(name, "me-1-big") ? "3.11-me/main/statics/me-1-big" : !strcmp(name, "na-1-big") ? "4.0-na/main/single/na-1-big" :
		!strcmp(name, "nb-1-big") ? "5.0-nb/main/scalars/nb-1-big" : !strcmp(name, "oa-1-big") ? "5.0-oa/main/single/oa-1-big" :
		"5.0-da/main/scalars/da-1-bti";
}

enum action { REMOVE, EMPTY, HALF, ONE_LESS, ONE_MORE, TEXT, RANDOM, ZEROS, SWAP, DIRECTORY, FLIP, ACTIONS };
static const char *const action_names[] = { "removed", "empty", "cut in half", "a byte less", "a byte more", "replaced by text",
	"replaced by random bytes", "all zeros", "another table's", "a directory", "a bit flipped" };

static bool damage(const struct copied *c, const char *component, enum action a, uint32_t at)
{
	char path[200];
	struct bytes b;

	snprintf(path, sizeof path, "%s", of(c, component));
	if (access(path, F_OK) < 0)
		return false;
	b = slurp(path);
	switch (a) {
	case REMOVE:
		assert_int_equal(remove(path), 0);
		break;
	case EMPTY:
		spill(path, "", 0);
		break;
	case HALF:
		spill(path, b.p, b.n / 2);
		break;
	case ONE_LESS:
		spill(path, b.p, b.n ? b.n - 1 : 0);
		break;
	case ONE_MORE:
		b.p[b.n] = 0x5a;
		spill(path, b.p, b.n + 1);
		break;
	case TEXT:
		memset(b.p, ' ', b.n);
		for (size_t i = 0; i < b.n; i++)
			b.p[i] = (uint8_t)"This is no SSTable at all, just some text.\n"[i % 43];
		spill(path, b.p, b.n);
		break;
	case RANDOM:
		for (size_t i = 0; i < b.n; i++)
			b.p[i] = (uint8_t)rnd(256);
		spill(path, b.p, b.n);
		break;
	case ZEROS:
		memset(b.p, 0, b.n);
		spill(path, b.p, b.n);
		break;
	case SWAP: {
		struct bytes other;

		if (access(original(stranger(c->name), component), F_OK) < 0)
			break;
		other = slurp(original(stranger(c->name), component));
		spill(path, other.p, other.n);
		free(other.p);
		break;
	}
	case DIRECTORY:
		assert_int_equal(remove(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		break;
	default:
		if (b.n) {
			b.p[at / 8 % b.n] ^= (uint8_t)(1u << at % 8);
			spill(path, b.p, b.n);
		}
	}
	free(b.p);
	return true;
}

/* Does this damage change what the table says without anyone being able to tell? */
static bool undetectable(const struct copied *c, const char *component, enum action a)
{
	/* md and me have no checksums in Statistics.db: another minimum timestamp is just another timestamp. */
	return !strcmp(component, "Statistics.db") && !strcmp(c->name, "me-1-big") && a == FLIP;
}

/* Components that rows and keys do not depend on. */
static bool spare(const char *component)
{
	return !strcmp(component, "Summary.db") || !strcmp(component, "Filter.db") || !strcmp(component, "Digest.crc32") ||
		!strcmp(component, "TOC.txt");
}

static void nothing_done_to_a_component_passes_for_a_whole_table(void **state)
{
	size_t n = 0, refused = 0, stopped = 0, findings = 0, quiet = 0;

	(void)state;
	for (size_t v = 0; v < CQ_COUNTOF(victims); v++) {
		healthy_of(victims[v]);
		for (size_t k = 0; k < CQ_COUNTOF(components); k++) {
			for (uint32_t round = 0; round < FLIP + 24; round++) {
				enum action a = round < FLIP ? (enum action)round : FLIP;
				struct copied c = copy(victims[v], NULL);
				uint32_t at;
				struct outcome o;
				char what[80];

				seed = v * 1000 + k * 100 + round;
				at = rnd(1u << 30);
				if (!damage(&c, components[k], a, at))
					break;
				o = use(c.data, NULL);
				n++;
				refused += o.open < 0;
				stopped += o.open >= 0 && o.scan < 0;
				findings += o.open >= 0 && o.scan >= 0 && o.errors + o.warnings;
				quiet += o.open >= 0 && o.scan >= 0 && !(o.errors + o.warnings);
				snprintf(what, sizeof what, "%s %s (%u)", components[k], action_names[a], (unsigned)at);
				if (undetectable(&c, components[k], a))
					continue;
				honest(what, &c, &o);
				/* What is not needed may be in any state. */
				if (spare(components[k]) && (o.open < 0 || o.scan != CQ_END || o.found != healthy.nparts || o.wrong ||
				    o.hash != healthy_hash()))
					fail_msg("%s: %s: rows do not depend on it, and yet: %s", c.base, what, said(&o));
				/* Data.db itself: every change of its bytes is noticed. */
				if (!strcmp(components[k], "Data.db") && o.open >= 0 && o.scan >= 0)
					fail_msg("%s: %s: not noticed: %s", c.base, what, said(&o));
			}
		}
	}
	print_message("# %zu damaged tables: %zu refused, %zu stopped in the scan, %zu with findings, %zu without a word (and whole)\n", n,
		refused, stopped, findings, quiet);
	events_finish(&healthy);
	healthy = (struct events){0};
}

/* ---- one by one: what is said ---- */

struct recipe {
	const char *base, *component;
	enum action action;
	uint32_t at;
	int open, scan;                        /* statuses expected; scan only when open is CQ_OK */
	const char *says[3];                   /* all of them in the error (or in a finding, when there is none) */
};

#define NB_WIDE "5.0-nb/small/wide_small/nb-1-big"
#define DA_WIDE "5.0-da/small/wide_small/da-1-bti"
#define OA_PLAIN "5.0-oa/main/comp_none/oa-1-big"
#define ME "3.11-me/main/comp_snappy/me-1-big"

static const struct recipe recipes[] = {
	{ NB_WIDE, "Data.db", REMOVE, 0, CQ_EIO, 0, { "nb-1-big-Data.db is missing" } },
	{ NB_WIDE, "Data.db", EMPTY, 0, CQ_OK, CQ_DAMAGED, { "nb-1-big-CompressionInfo.db at raw offset", "chunk 0", "file of 0x0 bytes" } },
	{ NB_WIDE, "Data.db", HALF, 0, CQ_OK, CQ_DAMAGED, { "nb-1-big-CompressionInfo.db at raw offset", "of a file of 0xb81d bytes" } },
	{ NB_WIDE, "Data.db", ONE_LESS, 0, CQ_OK, CQ_DAMAGED, { "nb-1-big-Data.db at raw offset", "checksum of chunk" } },
	{ NB_WIDE, "Data.db", TEXT, 0, CQ_OK, CQ_DAMAGED, { "nb-1-big-Data.db at raw offset 0x0", "checksum of chunk 0", "stored" } },
	{ NB_WIDE, "Data.db", FLIP, 8 * 20000 + 3, CQ_OK, CQ_DAMAGED, { "nb-1-big-Data.db at raw offset 0x", "checksum of chunk", "differs: stored" } },
	{ NB_WIDE, "Data.db", DIRECTORY, 0, CQ_EUSAGE, 0, { "nb-1-big-Data.db is not a regular file" } },
	{ NB_WIDE, "Statistics.db", REMOVE, 0, CQ_EIO, 0, { "nb-1-big-Statistics.db is missing" } },
	{ NB_WIDE, "Statistics.db", EMPTY, 0, CQ_DAMAGED, 0, { "nb-1-big-Statistics.db at raw offset 0x0", "bytes expected" } },
	{ NB_WIDE, "Statistics.db", TEXT, 0, CQ_DAMAGED, 0, { "nb-1-big-Statistics.db at raw offset 0x0", "expected" } },
	{ NB_WIDE, "Statistics.db", DIRECTORY, 0, CQ_EUSAGE, 0, { "nb-1-big-Statistics.db is not a regular file" } },
	{ NB_WIDE, "Statistics.db", FLIP, 8 * 400, CQ_OK, CQ_END, { "statistics-checksum", "nb-1-big-Statistics.db", "checksum of STATS differs" } },
	{ NB_WIDE, "CompressionInfo.db", REMOVE, 0, CQ_DAMAGED, 0, { "nb-1-big-Statistics.db", "CompressionInfo.db is missing" } },
	{ NB_WIDE, "CompressionInfo.db", EMPTY, 0, CQ_DAMAGED, 0, { "nb-1-big-CompressionInfo.db at raw offset 0x0" } },
	{ NB_WIDE, "CompressionInfo.db", HALF, 0, CQ_DAMAGED, 0, { "nb-1-big-CompressionInfo.db at raw offset", "chunk offsets expected" } },
	{ NB_WIDE, "CompressionInfo.db", TEXT, 0, CQ_DAMAGED, 0, { "nb-1-big-CompressionInfo.db at raw offset" } },
	{ NB_WIDE, "Index.db", REMOVE, 0, CQ_OK, CQ_END, { "index-missing", "nb-1-big", "every look-up reads Data.db" } },
	{ NB_WIDE, "Index.db", DIRECTORY, 0, CQ_OK, CQ_END, { "component-unreadable", "nb-1-big-Index.db is not a regular file" } },
	{ NB_WIDE, "Summary.db", HALF, 0, CQ_OK, CQ_END, { "summary", "nb-1-big-Summary.db" } },
	{ NB_WIDE, "Summary.db", EMPTY, 0, CQ_OK, CQ_END, { "summary-header", "nb-1-big-Summary.db 0x0" } },
	{ NB_WIDE, "Filter.db", HALF, 0, CQ_OK, CQ_END, { "filter-header", "nb-1-big-Filter.db" } },
	{ NB_WIDE, "Filter.db", ZEROS, 0, CQ_OK, CQ_END, { "filter-header", "nb-1-big-Filter.db 0x0", "1 to 64 hashes" } },
	{ DA_WIDE, "Partitions.db", REMOVE, 0, CQ_OK, CQ_END, { "index-missing" } },
	{ DA_WIDE, "Rows.db", REMOVE, 0, CQ_OK, CQ_END, { "index-missing" } },
	{ OA_PLAIN, "Data.db", EMPTY, 0, CQ_OK, CQ_DAMAGED, { "oa-1-big-Data.db at raw offset 0x0", "no data" } },
	{ OA_PLAIN, "Data.db", FLIP, 8 * 70000, CQ_OK, CQ_DAMAGED, { "oa-1-big-Data.db at raw offset 0x10000", "checksum of block 1" } },
	{ OA_PLAIN, "CRC.db", EMPTY, 0, CQ_OK, CQ_END, { "crc-unreadable", "oa-1-big-CRC.db" } },
	{ ME, "Data.db", FLIP, 8 * 5, CQ_OK, CQ_DAMAGED, { "me-1-big-Data.db at raw offset 0x0", "checksum of chunk 0" } },
};

static void what_is_said_names_the_file_the_place_and_what_was_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(recipes); i++) {
		const struct recipe *r = &recipes[i];
		struct copied c;
		struct outcome o;
		char text[6000] = "";

		healthy_of(r->base);
		c = copy(r->base, NULL);
		assert_true(damage(&c, r->component, r->action, r->at));
		o = use(c.data, NULL);
		if (o.open != r->open || (o.open == CQ_OK && o.scan != r->scan))
			fail_msg("%s: %s %s: %s", c.base, r->component, action_names[r->action], said(&o));
		if (o.open < 0)
			cq_error_text(&o.open_err, text, sizeof text);
		else if (o.scan < 0)
			cq_error_text(&o.scan_err, text, sizeof text);
		else
			snprintf(text, sizeof text, "%s", o.findings);
		for (size_t k = 0; k < CQ_COUNTOF(r->says) && r->says[k]; k++)
			if (!strstr(text, r->says[k]))
				fail_msg("%s: %s %s: expected \"%s\": %s", c.base, r->component, action_names[r->action], r->says[k],
					said(&o));
	}
}

static void without_an_index_every_key_is_still_found(void **state)
{
	static const char *const gone[][2] = { { NB_WIDE, "Index.db" }, { DA_WIDE, "Partitions.db" }, { DA_WIDE, "Rows.db" },
		{ NB_WIDE, "Summary.db" }, { NB_WIDE, "Filter.db" }, { DA_WIDE, "Filter.db" } };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(gone); i++) {
		struct copied c;
		struct outcome o;

		healthy_of(gone[i][0]);
		c = copy(gone[i][0], NULL);
		assert_true(damage(&c, gone[i][1], REMOVE, 0));
		o = use(c.data, NULL);
		if (o.found != healthy.nparts || o.wrong)
			fail_msg("%s without %s: %s", gone[i][0], gone[i][1], said(&o));
		if (i < 2 && o.list >= 0)
			fail_msg("%s without %s: listing an index that is not there is no success: %s", gone[i][0], gone[i][1], said(&o));
	}
}

static void a_filter_that_denies_a_key_of_the_index_is_a_finding(void **state)
{
	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct copied c;
		struct outcome o;
		struct bytes b;

		healthy_of(v ? DA_WIDE : NB_WIDE);
		c = copy(v ? DA_WIDE : NB_WIDE, NULL);
		b = slurp(of(&c, "Filter.db"));
		memset(b.p + 8, 0, b.n - 8);
		spill(of(&c, "Filter.db"), b.p, b.n);
		free(b.p);
		o = use(c.data, NULL);
		assert_int_equal(o.found, healthy.nparts);
		if (!strstr(o.findings, "filter-misses-key") || !strstr(o.findings, "Filter.db"))
			fail_msg("%s", said(&o));
	}
}

static void a_wrong_chunk_offset_is_damage_where_it_is(void **state)
{
	static const int64_t by[] = { 1, -1, 1000000000, INT64_MIN, -100000, 17 };

	(void)state;
	healthy_of(NB_WIDE);
	for (size_t i = 0; i < CQ_COUNTOF(by); i++) {
		struct copied c = copy(NB_WIDE, NULL);
		struct bytes b = slurp(of(&c, "CompressionInfo.db"));
		uint8_t *p = b.p + b.n - 8 * 3;                /* the third from behind */
		struct outcome o;

		cq_put_be64(p, cq_be64(p) + (uint64_t)by[i]);
		spill(of(&c, "CompressionInfo.db"), b.p, b.n);
		free(b.p);
		o = use(c.data, NULL);
		assert_int_equal(o.open, CQ_OK);
		if (o.scan != CQ_DAMAGED || !o.events || o.scan_err.off == CQ_NO_OFFSET || !strstr(o.scan_err.msg, "chunk"))
			fail_msg("offset moved by %" PRId64 ": %s", by[i], said(&o));
	}
}

static void a_table_under_the_name_of_another_version_is_noticed_or_reads_the_same(void **state)
{
	static const struct { const char *base, *name; int open; } as[] = {
		{ NB_WIDE, "oa-1-big", CQ_OK }, { NB_WIDE, "me-1-big", CQ_OK }, { NB_WIDE, "na-1-big", CQ_OK },
		{ NB_WIDE, "nc-1-big", CQ_OK }, { NB_WIDE, "ma-1-big", CQ_OK }, { OA_PLAIN, "nb-1-big", CQ_OK },
		{ OA_PLAIN, "me-1-big", CQ_OK }, { ME, "nb-1-big", CQ_OK }, { ME, "md-1-big", CQ_OK }, { ME, "oa-1-big", CQ_OK },
		{ NB_WIDE, "zz-1-big", CQ_EUNSUPPORTED }, { NB_WIDE, "ka-1-big", CQ_EUNSUPPORTED }, { NB_WIDE, "pa-1-big", CQ_EUNSUPPORTED },
		{ NB_WIDE, "dz-1-bti", CQ_EUNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(as); i++) {
		struct copied c;
		struct outcome o;

		healthy_of(as[i].base);
		c = copy(as[i].base, as[i].name);
		o = use(c.data, NULL);
		honest(as[i].name, &c, &o);
		if (as[i].open != CQ_OK && o.open != as[i].open)
			fail_msg("%s as %s: %s", as[i].base, as[i].name, said(&o));
	}
}

static void what_is_no_component_is_refused_with_its_name(void **state)
{
	static const char *const names[] = { "nothing", "nb-1-big", "Data.db", "nb-x-big-Data.db", "" };

	(void)state;
	copy(NB_WIDE, NULL);
	for (size_t i = 0; i < CQ_COUNTOF(names); i++) {
		struct cq_error err = {0};
		struct cq_table *t;
		char path[200];
		int rc;

		snprintf(path, sizeof path, "%s/%s", tmp, names[i]);
		rc = cq_table_open(&t, path, NULL, &err);
		assert_true(rc < 0);
		assert_int_equal(err.code, rc);
		assert_non_null(strstr(err.msg, names[i]));
	}
}

static void a_schema_file_that_cannot_be_read_is_a_finding(void **state)
{
	struct cq_table *t;
	char path[200];

	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		struct copied c = copy(NB_WIDE, NULL);

		snprintf(path, sizeof path, "%s/schema.cql", tmp);
		if (broken)
			spill(path, "CREATE TABLE ks.t (", 19);
		else
			assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(cq_table_open(&t, c.data, NULL, NULL), CQ_OK);
		assert_int_equal(t->findings.n, 1);
		assert_string_equal(t->findings.first->id, "schema-unreadable");
		assert_non_null(strstr(t->findings.first->message, broken ? "" : "schema.cql"));
		cq_table_close(t);
	}
}

static void a_schema_file_that_leaves_the_table_out_is_no_damage(void **state)
{
	static const char text[] = "/*\nWarning: Table ks.t omitted because it has constructs not compatible with CQL (was created via "
		"legacy API).\n\nCREATE TABLE ks.t (key blob PRIMARY KEY);\n*/\n";
	struct copied c = copy(NB_WIDE, NULL);
	struct cq_table *t;
	char path[200];

	(void)state;
	snprintf(path, sizeof path, "%s/schema.cql", tmp);
	spill(path, text, sizeof text - 1);
	assert_int_equal(cq_table_open(&t, c.data, NULL, NULL), CQ_OK);
	assert_int_equal(t->findings.n, 1);
	assert_string_equal(t->findings.first->id, "schema-left-out");
	assert_string_equal(t->findings.first->file, "schema.cql");
	assert_int_equal(t->findings.first->severity, CQ_INFO);
	assert_null(t->ddl);
	cq_table_close(t);
}

static void give_away(const char *path, void *arg)
{
	assert_int_equal(chown(path, *(const uid_t *)arg, (gid_t)-1), 0);
}

static void unreadable_files_are_named(void **state)
{
	const bool root = geteuid() == 0;
	uid_t nobody = 65534;
	struct copied c;
	struct outcome o;

	(void)state;
	healthy_of(NB_WIDE);
	for (size_t i = 0; i < CQ_COUNTOF(components); i++) {
		c = copy(NB_WIDE, NULL);
		if (access(of(&c, components[i]), F_OK) < 0)
			continue;
		assert_int_equal(chmod(of(&c, components[i]), 0), 0);
		/* Not use(): the bytes cannot be compared. */
		o = (struct outcome){ .scan = CQ_END };
		struct cq_table *t;

		/* Root reads everything: be somebody else for as long as it takes. */
		if (root) {
			in_folder(give_away, &nobody);
			assert_int_equal(chown(tmp, nobody, (gid_t)-1), 0);
			assert_int_equal(seteuid(nobody), 0);
		}
		o.open = cq_table_open(&t, c.data, NULL, &o.open_err);
		if (root)
			assert_int_equal(seteuid(0), 0);
		if (o.open == CQ_OK) {
			note_findings(&o, &t->findings);
			cq_table_close(t);
			if (!strstr(o.findings, components[i]))
				fail_msg("%s unreadable, and nothing said: %s", components[i], said(&o));
		} else if (o.open != CQ_EIO || !strstr(o.open_err.msg, components[i])) {
			fail_msg("%s unreadable: %s", components[i], said(&o));
		}
		assert_int_equal(chmod(of(&c, components[i]), 0600), 0);
	}
}

/* With one descriptor more each time: an error that says so, until there are enough; then all of the table. */
static void too_few_file_descriptors_are_an_error_never_a_smaller_table(void **state)
{
	struct rlimit was, now;
	size_t refused = 0, whole = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	for (size_t v = 0; v < 2; v++) {
		struct copied c;
		int fd;

		healthy_of(v ? DA_WIDE : NB_WIDE);
		c = copy(v ? DA_WIDE : NB_WIDE, NULL);
		fd = dup(0);
		close(fd);
		for (int more = 0; more < 14; more++) {
			struct outcome o = { .scan = CQ_END };
			struct cq_table *t;

			now = was;
			now.rlim_cur = (rlim_t)(fd + more);
			assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
			o.open = cq_table_open(&t, c.data, NULL, &o.open_err);
			if (o.open == CQ_OK) {
				note_findings(&o, &t->findings);
				scan_all(t, &o);
				look_up_all(t, &o);
				cq_table_close(t);
			}
			assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
			if (o.open == CQ_OK) {
				whole++;
				if (o.scan != CQ_END || o.hash != healthy_hash() || o.found != healthy.nparts || o.errors)
					fail_msg("%d descriptors: %s", more, said(&o));
			} else {
				refused++;
				if (o.open != CQ_EIO || !strstr(o.open_err.msg, "Too many open files"))
					fail_msg("%d descriptors: %s", more, said(&o));
			}
		}
	}
	print_message("# %zu times refused, %zu times the whole table\n", refused, whole);
	assert_true(refused >= 10 && whole >= 6);
}

static void a_file_that_shrinks_while_it_is_read_is_an_error(void **state)
{
	static const char *const which[] = { OA_PLAIN, "4.0-na/main/comp_noop/na-1-big", DA_WIDE };

	(void)state;
	for (size_t i = 0; i < CQ_COUNTOF(which); i++) {
		struct copied c = copy(which[i], NULL);
		struct cq_error err = {0};
		struct cq_table *t = table_of(c.data);
		struct cq_lookup *l;
		struct cq_position pos;
		struct cq_event e;
		struct cq_scan *s;
		size_t n = 1;
		int rc;

		healthy_of(which[i]);
		assert_int_equal(cq_scan_open(&s, t, NULL, &err), CQ_OK);
		assert_int_equal(cq_scan_next(s, &e, &err), CQ_OK);
		assert_int_equal(truncate(c.data, 68000), 0);
		while ((rc = cq_scan_next(s, &e, &err)) == CQ_OK)
			n++;
		if (rc != CQ_EIO || n >= healthy.n || !strstr(err.msg, "became shorter") || !strstr(err.file, "Data.db") ||
		    err.off == CQ_NO_OFFSET)
			fail_msg("%s: status %d after %zu of %zu events: %s %s", which[i], rc, n, healthy.n, err.file, err.msg);
		cq_scan_close(s);
		/* The index too. */
		assert_int_equal(cq_lookup_open(&l, t, NULL), CQ_OK);
		assert_int_equal(truncate(of(&c, i == 2 ? "Partitions.db" : "Index.db"), 10), 0);
		rc = cq_lookup_key(l, healthy.part[healthy.nparts - 1].key, &pos, &err);
		if (rc != CQ_EIO || !strstr(err.msg, "became shorter"))
			fail_msg("%s: look-up: status %d: %s %s", which[i], rc, err.file, err.msg);
		cq_lookup_close(l);
		cq_table_close(t);
	}
}

/* Where the first size field of a row is. */
static void size_field(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	uint64_t *at = arg;

	(void)len, (void)value;
	if (field == CQ_F_ROW_SIZE && !*at)
		*at = off;
}

static void no_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	(void)arg, (void)field, (void)off, (void)index, (void)name;
}

static void no_end(void *arg, uint64_t off, int status)
{
	(void)arg, (void)off, (void)status;
}

static void no_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	(void)arg, (void)field, (void)off, (void)value, (void)type;
}

static void a_row_larger_than_any_is_damage_and_takes_no_memory(void **state)
{
	static const struct cq_sink sink = { .begin = no_begin, .end = no_end, .number = size_field, .bytes = no_bytes };
	static const uint8_t more[] = { 0xf0, 0x28, 0, 0, 0 };              /* 640 MiB */
	struct copied c = copy(OA_PLAIN, NULL);
	struct cq_unit u = { .kind = CQ_U_UNFILTERED, .field = CQ_F_ROWS, .component = CQ_C_DATA };
	struct cq_error err = {0};
	struct cq_table *t = table_of(c.data);
	struct cq_event e;
	struct cq_scan *s;
	uint64_t at = 0;
	struct bytes b;
	int rc;

	(void)state;
	healthy_of(OA_PLAIN);
	for (size_t i = 0; i < healthy.n && !u.off; i++)
		u.off = healthy.v[i].kind == CQ_EV_ROW ? healthy.v[i].off : 0;
	u.arg[0] = healthy.part[0].off;
	assert_int_equal(t->format->explain(t, &u, &(cq_trace){ &sink, &at }, &err), CQ_OK);
	cq_table_close(t);
	assert_true(at > u.off);
	b = slurp(c.data);
	memcpy(b.p + at, more, sizeof more);
	spill(c.data, b.p, b.n);
	free(b.p);
	assert_int_equal(remove(of(&c, "CRC.db")), 0);
	assert_int_equal(truncate(c.data, (off_t)700 << 20), 0);              /* a hole: no disk either */
	t = table_of(c.data);
	assert_int_equal(cq_scan_open(&s, t, NULL, &err), CQ_OK);
	while ((rc = cq_scan_next(s, &e, &err)) == CQ_OK)
		;
	if (rc != CQ_DAMAGED || err.off != u.off || strcmp(err.file, "oa-1-big-Data.db") || !strstr(err.msg, "more than 512 MiB"))
		fail_msg("status %d: %s at 0x%" PRIx64 ": %s", rc, err.file, err.off, err.msg);
	assert_true(s->w.cap <= 1 << 20);
	cq_scan_close(s);
	cq_table_close(t);
	in_folder(remove_one, NULL);
}

static void without_checksums_flipped_bits_stay_within_bounds(void **state)
{
	const struct cq_open_options opt = { .no_checksums = true, .no_schema_file = true };
	size_t noticed = 0, n = 0;

	(void)state;
	for (size_t v = 0; v < CQ_COUNTOF(victims); v++) {
		healthy_of(victims[v]);
		for (uint32_t i = 0; i < 60; i++) {
			struct copied c = copy(victims[v], NULL);
			struct outcome o;

			seed = 5000 + v * 100 + i;
			damage(&c, "Data.db", FLIP, rnd(1u << 30));
			o = use(c.data, &opt);
			assert_int_equal(o.open, CQ_OK);
			if (!well_said(o.scan, &o.scan_err, c.name))
				fail_msg("%s: %s", c.base, said(&o));
			noticed += o.scan < 0;
			n++;
		}
	}
	print_message("# %zu of %zu flipped bits noticed without checksums\n", noticed, n);
	assert_true(noticed > 0);
}

static int healthy_gone(void **state)
{
	events_finish(&healthy);
	healthy = (struct events){0};
	return folder_gone(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_done_to_a_component_passes_for_a_whole_table),
		cmocka_unit_test(what_is_said_names_the_file_the_place_and_what_was_expected),
		cmocka_unit_test(without_an_index_every_key_is_still_found),
		cmocka_unit_test(a_filter_that_denies_a_key_of_the_index_is_a_finding),
		cmocka_unit_test(a_wrong_chunk_offset_is_damage_where_it_is),
		cmocka_unit_test(a_table_under_the_name_of_another_version_is_noticed_or_reads_the_same),
		cmocka_unit_test(what_is_no_component_is_refused_with_its_name),
		cmocka_unit_test(a_schema_file_that_cannot_be_read_is_a_finding),
		cmocka_unit_test(a_schema_file_that_leaves_the_table_out_is_no_damage),
		cmocka_unit_test(unreadable_files_are_named),
		cmocka_unit_test(too_few_file_descriptors_are_an_error_never_a_smaller_table),
		cmocka_unit_test(a_file_that_shrinks_while_it_is_read_is_an_error),
		cmocka_unit_test(a_row_larger_than_any_is_damage_and_takes_no_memory),
		cmocka_unit_test(without_checksums_flipped_bits_stay_within_bounds),
	};

	return cmocka_run_group_tests(tests, folder_made, healthy_gone);
}

/* sweep - every single bit of every component of an SSTable flipped, one at a time, and the detector asked each time.
 *
 *     corpus_sweep [--stride N] [--phase K] [--component NAME] [--list] [--tap] Data.db...
 *
 * A flip is found when the report holds something that it does not hold for the healthy files; explained when nothing can be
 * found and core/check/cq_proof.def says why that does no harm; else missed. A line a component says how many of each, and how
 * many of the found ones are laid at the flipped component's own door. --list prints what was missed, by field. --stride N
 * takes every Nth bit only, beginning with bit K.
 *
 * Files are flipped in a copy below TMPDIR, never in place. Exit code 1 when a flip was missed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_buf.h"
#include "cq_check.h"
#include "cq_proof.h"
#include "cq_rule.h"
#include "cq_table_doc.h"

static struct {
	uint64_t stride, phase;
	const char *component;
	bool list, tap;
} opt = { .stride = 1 };

static unsigned tap_n;

struct tally {
	uint64_t flips, found, own, explained, missed, failed;
};

static void die(const char *what, const char *path)
{
	fprintf(stderr, "sweep: %s %s: %s\n", what, path, strerror(errno));
	exit(3);
}

/* ---- what a report holds ---- */

enum { SEEN_MAX = 512 };

struct seen {
	uint64_t hash[SEEN_MAX];
	size_t n;
	bool own;                          /* something is said of component want */
};

static uint64_t hash_text(uint64_t h, const char *s)
{
	for (; s && *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3u;
	return (h ^ 0x7c) * 0x100000001b3u;
}

static bool holds(const struct seen *s, uint64_t h)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->hash[i] == h)
			return true;
	return false;
}

/* Run the detector. baseline NULL: note all; else tell whether there is anything that baseline does not hold. */
static int ask(const char *data, struct seen *out, const struct seen *baseline, int want, bool *fresh)
{
	const struct cq_check_options o = { .level = CQ_CHECK_FULL, .jobs = 1, .now = 1750000000, .max_findings = 4 };
	struct cq_desc_list list = {0};
	struct cq_report r = {0};
	struct cq_error err = {0};
	int rc = cq_desc_list(data, &list, &err);

	*out = (struct seen){0};
	*fresh = false;
	if (rc == CQ_OK)
		rc = cq_check_run(&list, &o, &r, &err);
	for (size_t t = 0; rc == CQ_OK && t < r.ntables; t++) {
		for (const struct cq_check_finding *f = r.tables[t].first; f; f = f->next) {
			uint64_t h = hash_text(hash_text(f->off * 31 + f->severity, f->rule->id), f->message);

			if (baseline && !holds(baseline, h)) {
				*fresh = true;
				out->own |= f->component == want;
			}
			if (out->n < SEEN_MAX)
				out->hash[out->n++] = h;
		}
	}
	cq_report_finish(&r);
	cq_desc_list_finish(&list);
	if (rc != CQ_OK && opt.list)
		printf("    the check itself failed: %s\n", err.msg);
	return rc;
}

/* ---- copies ---- */

static void copy(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	if (in < 0)
		die("cannot open", from);
	if (out < 0)
		die("cannot make", to);
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write(out, buf, (size_t)n) != n)
			die("cannot write", to);
	close(in);
	close(out);
}

static void remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[1024];

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

/* ---- one component ---- */

/* What the byte is, by the healthy file. */
static unsigned field_at(struct cq_doc *doc, const char *file, const struct cq_table *t, uint64_t off, struct cq_buf *path)
{
	cq_nid id = cq_table_doc_file(doc, t, file), leaf = 0;
	struct cq_node n;

	cq_buf_clear(path);
	if (!cq_doc_node(doc, id, &n) || cq_doc_at(doc, n.component, CQ_SPACE_RAW, off, &leaf, NULL) != CQ_OK || !cq_doc_node(doc, leaf, &n))
		return 0;
	cq_doc_path(doc, leaf, path);
	return n.field;
}

static struct tally component(const struct cq_component_file *file, const char *dir, const char *data, const struct seen *baseline,
	struct cq_doc *doc, const struct cq_table *t)
{
	struct tally c = {0};
	struct cq_buf where = {0};
	char path[1024];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, cq_basename(file->path));
	fd = open(path, O_RDWR);
	if (fd < 0)
		die("cannot open", path);
	for (uint64_t bit = opt.phase % opt.stride; bit < file->bytes * 8; bit += opt.stride) {
		struct seen s;
		uint8_t was, is;
		bool fresh;
		int rc;

		if (pread(fd, &was, 1, (off_t)(bit / 8)) != 1)
			die("cannot read", path);
		is = (uint8_t)(was ^ 1u << bit % 8);
		if (pwrite(fd, &is, 1, (off_t)(bit / 8)) != 1)
			die("cannot write", path);
		rc = ask(data, &s, baseline, (int)file->kind, &fresh);
		c.flips++;
		if (rc != CQ_OK) {
			c.failed++;
		} else if (fresh) {
			c.found++;
			c.own += s.own;
		} else {
			unsigned field = field_at(doc, cq_basename(file->path), t, bit / 8, &where);
			const char *why = cq_proof(file->kind, field, t->features);

			c.explained += why != NULL;
			c.missed += why == NULL;
			if (opt.list)
				printf("    %s %s byte 0x%llx bit %llu (%s)%s%s\n", why ? "explained" : "MISSED", (const char *)file->name.p,
					(unsigned long long)(bit / 8), (unsigned long long)(bit % 8), where.len ? cq_buf_cstr(&where) : "no field",
					why ? ": " : "", why ? why : "");
		}
		if (pwrite(fd, &was, 1, (off_t)(bit / 8)) != 1)
			die("cannot write", path);
	}
	close(fd);
	cq_buf_finish(&where);
	return c;
}

static void report(const struct cq_sst_entry *e, const char *name, const struct tally *c)
{
	char line[256];

	snprintf(line, sizeof line, "%.*s %-20s %8llu bits: %6.2f %% found (%6.2f %% at home), %6.2f %% explained, %llu missed, %llu failed",
		(int)e->desc.base.len, (const char *)e->desc.base.p, name, (unsigned long long)c->flips,
		c->flips ? 100.0 * (double)c->found / (double)c->flips : 0, c->flips ? 100.0 * (double)c->own / (double)c->flips : 0,
		c->flips ? 100.0 * (double)c->explained / (double)c->flips : 0, (unsigned long long)c->missed, (unsigned long long)c->failed);
	if (opt.tap)
		printf("%sok %u - %s\n", c->missed || c->failed ? "not " : "", ++tap_n, line);
	else
		printf("%s\n", line);
	fflush(stdout);
}

/* ---- one SSTable ---- */

static bool sweep(const char *path)
{
	char dir[512], to[1024], data[1024];
	const char *tmp = getenv("TMPDIR");
	struct cq_desc_list list = {0};
	struct cq_open_options inspect = { .inspect = true };
	struct cq_error err = {0};
	struct cq_table *t = NULL;
	struct cq_doc *doc = NULL;
	struct seen baseline, again;
	bool fresh, good = true;

	snprintf(dir, sizeof dir, "%s/sweep-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		die("cannot make", dir);
	if (cq_desc_list(path, &list, &err) != CQ_OK || list.ntables != 1 || cq_table_open(&t, path, &inspect, &err) != CQ_OK ||
	    cq_table_doc(t, &doc, &err) != CQ_OK) {
		fprintf(stderr, "sweep: %s: %s\n", path, err.msg);
		exit(3);
	}
	for (size_t i = 0; i < list.tables[0].nfiles; i++) {
		snprintf(to, sizeof to, "%s/%s", dir, cq_basename(list.tables[0].files[i].path));
		copy(list.tables[0].files[i].path, to);
	}
	snprintf(data, sizeof data, "%s/%s", dir, cq_basename(list.tables[0].data_path));
	printf("%s%s\n", opt.tap ? "# " : "", path);
	if (ask(data, &baseline, NULL, 0, &fresh) != CQ_OK) {
		fprintf(stderr, "sweep: %s cannot be checked as it is\n", path);
		exit(3);
	}
	/* Asked again, the healthy files must give nothing new, or everything below would count as found. */
	if (ask(data, &again, &baseline, 0, &fresh) != CQ_OK || fresh) {
		fprintf(stderr, "sweep: two checks of %s differ\n", path);
		exit(3);
	}
	for (size_t i = 0; i < list.tables[0].nfiles; i++) {
		const struct cq_component_file *f = &list.tables[0].files[i];
		struct tally c;

		if (opt.component && strcmp(opt.component, (const char *)f->name.p) != 0)
			continue;
		c = component(f, dir, data, &baseline, doc, t);
		report(&list.tables[0], (const char *)f->name.p, &c);
		good &= !c.missed && !c.failed;
	}
	cq_doc_close(doc);
	cq_table_close(t);
	cq_desc_list_finish(&list);
	remove_dir(dir);
	return good;
}

int main(int argc, char **argv)
{
	bool good = true;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--stride") && i + 1 < argc)
			opt.stride = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--phase") && i + 1 < argc)
			opt.phase = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--component") && i + 1 < argc)
			opt.component = argv[++i];
		else if (!strcmp(argv[i], "--list"))
			opt.list = true;
		else if (!strcmp(argv[i], "--tap"))
			opt.tap = true;
		else
			good &= sweep(argv[i]);
		if (!opt.stride)
			opt.stride = 1;
	}
	if (opt.tap)
		printf("1..%u\n", tap_n);
	return good ? 0 : 1;
}

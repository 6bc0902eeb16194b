/* os - what the operating system says of the files: errors, permissions, owners, empty files. Never corruption. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_rule.h"

/* Of these, empty ones are healthy. */
static bool may_be_empty(enum cq_component kind)
{
	return kind == CQ_C_ROWS || kind >= CQ_C_SAI;
}

/* Without it Cassandra does not open the table. */
static bool needed(enum cq_component kind)
{
	return kind == CQ_C_DATA || kind == CQ_C_STATISTICS || kind == CQ_C_INDEX || kind == CQ_C_PARTITIONS || kind == CQ_C_COMPRESSION_INFO;
}

/* Cassandra takes an empty Filter.db for one that lets everything pass: right only when the table wants none. */
static bool wants_no_filter(const struct cq_check *c)
{
	return c->partial && c->partial->stats.has & CQ_HAS_VALIDATION && c->partial->stats.bloom_fp_chance >= 1;
}

static void say_errno(struct cq_check *c, const struct cq_component_file *f, const char *what, int why)
{
	struct cq_check_finding *x = cq_say(&c->out, CQ_ERROR, f->kind, CQ_NO_OFFSET, 0, "%.*s cannot be %s: %s (errno %d)", (int)f->name.len,
		(const char *)f->name.p, what, strerror(why), why);

	if (why == EACCES || why == EPERM)
		cq_say_action(&c->out, x, "Give it to the user that Cassandra runs as (chown, chmod u+rw), and look at the directories above it and at SELinux "
			"(ls -lZ).");
	else if (why == EIO)
		cq_say_action(&c->out, x, "The disk gives no data there: look at dmesg and smartctl -a, copy away what can be read, and replace the disk. The rows must "
			"come from other replicas.");
	else if (why == EMFILE || why == ENFILE)
		cq_say_action(&c->out, x, "Raise the number of open files (ulimit -n) and check again: nothing is known about the file.");
}

static void look(struct cq_check *c, const struct cq_component_file *f, uid_t owner, bool has_owner)
{
	struct cq_check_finding *x;
	struct stat st;
	int fd;

	if (stat(f->path, &st) < 0) {
		say_errno(c, f, "found", errno);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		cq_say(&c->out, CQ_ERROR, f->kind, CQ_NO_OFFSET, 0, "%.*s is %s, not a file", (int)f->name.len, (const char *)f->name.p,
			S_ISDIR(st.st_mode) ? "a directory" : "something special");
		return;
	}
	fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		say_errno(c, f, "opened", errno);
		return;
	}
	close(fd);
	if (!st.st_size && !may_be_empty(f->kind) && !(f->kind == CQ_C_FILTER && wants_no_filter(c))) {
		x = cq_say(&c->out, needed(f->kind) ? CQ_ERROR : CQ_WARNING, f->kind, CQ_NO_OFFSET, 0, "%.*s is empty (0 bytes)",
			(int)f->name.len, (const char *)f->name.p);
		cq_say_means(&c->out, x, "A file that was made and never filled, or whose contents were lost with the power. Nothing in it is wrong: there is nothing in it.");
		if (!needed(f->kind))
			x->effect = f->kind == CQ_C_FILTER ? CQ_SLOWER : CQ_REFUSED;
		if (f->kind == CQ_C_SUMMARY || f->kind == CQ_C_FILTER || f->kind == CQ_C_TOC)
			cq_say_action(&c->out, x, "Delete it with the node down: Cassandra makes it again when it starts.");
		if (f->kind == CQ_C_DATA)
			x->effect = CQ_LOST;
	}
	/* The superuser opens everything; Cassandra is not run as that. */
	if (!(st.st_mode & S_IRUSR))
		cq_say(&c->out, CQ_WARNING, f->kind, CQ_NO_OFFSET, 0, "%.*s may not be read by its owner (mode %04o)", (int)f->name.len,
			(const char *)f->name.p, (unsigned)(st.st_mode & 07777));
	if (has_owner && st.st_uid != owner)
		cq_say(&c->out, CQ_WARNING, f->kind, CQ_NO_OFFSET, 0, "%.*s belongs to user %u, Data.db to user %u", (int)f->name.len,
			(const char *)f->name.p, (unsigned)st.st_uid, (unsigned)owner);
}

static void quick(struct cq_check *c)
{
	const struct cq_component_file *data = cq_sst_file(c->entry, CQ_C_DATA);
	struct stat st;
	bool has = data && stat(data->path, &st) == 0;

	for (size_t i = 0; i < c->entry->nfiles; i++)
		look(c, &c->entry->files[i], has ? st.st_uid : 0, has);
}

static void many(struct cq_check_set *s)
{
	for (size_t i = 0; i < s->list->nothers; i++) {
		const struct cq_other_file *o = &s->list->others[i];
		struct cq_check_finding *f;

		if (o->kind != CQ_OTHER_UNREADABLE)
			continue;
		f = cq_say(&s->out, CQ_WARNING, CQ_C_KINDS, CQ_NO_OFFSET, 0, "%s cannot be looked at: %s", o->path, o->why ? o->why : "the system does not say why");
		if (f != &s->out.scratch)
			f->file = cq_say_text(&s->out, "%s", cq_basename(o->path));
	}
}

static const char *const adopts[] = { "component-unreadable", NULL };

const struct cq_rule cq_rule_os = {
	.id = "os", .title = "the system gives every component's bytes", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED, .quick = quick, .many = many, .adopts = adopts,
	.proves = "Every component is a file that can be opened, is not empty where it must not be, and belongs to the user that Data.db belongs to.",
	.means = "The operating system does not give the bytes, or has none. That is not corruption: nothing is known about the contents. Cassandra lists such "
		"tables as unreadable SSTables, or does not start.",
	.action = "Look at it with ls -l and stat; set owner and mode right; restore an empty file from a snapshot.",
	.silent = "Rows.db of a bti table without wide partitions is empty, and so are some components of indexes.",
	.kinds = "10",
};

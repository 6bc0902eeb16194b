/* txnlog - transaction logs: which files of a directory are live, which are on their way out, and can the log be read at all. */
#include "cq_txnlog.h"

#include <inttypes.h>

#include "cq_rule.h"

static const char *relation(enum cq_txn_fate fate)
{
	return fate == CQ_TXN_INCOMPLETE ? "not finished: Cassandra deletes it when it starts" :
		fate == CQ_TXN_OBSOLETE ? "replaced: Cassandra deletes it when it starts" : "live";
}

static struct cq_check_finding *at_log(struct cq_check_set *s, struct cq_check_finding *f, const struct cq_txnlog *log)
{
	if (f != &s->out.scratch) {
		f->file = cq_say_text(&s->out, "%s", cq_basename(log->path));
		f->component = CQ_C_KINDS;
	}
	return f;
}

/* "nb-3-big live, nb-1-big replaced: ..." of the log's records. */
static const char *files(struct cq_check_set *s, const struct cq_txnlog *log)
{
	const char *text = "";

	for (size_t i = 0; i < log->nrecords && i < 20; i++) {
		const struct cq_txn_record *r = &log->record[i];
		cq_slice base = r->path;
		const char *now = "not here";

		if (!r->valid || base.len < 2)
			continue;
		base.len--;
		while (base.len && memchr(base.p, '/', base.len)) {
			base.p++;
			base.len--;
		}
		for (size_t k = 0; k < s->list->ntables; k++) {
			const struct cq_sst_entry *e = &s->list->tables[k];

			if (cq_slice_eq(e->desc.base, base) && !strncmp(e->dir, log->path, strlen(e->dir)) && log->path[strlen(e->dir)] == '/')
				now = relation(e->fate);
		}
		text = cq_say_text(&s->out, "%s%s%.*s is %s", text ? text : "", text && *text ? "; " : "", (int)base.len, (const char *)base.p, now);
		if (!text)
			return "";
	}
	return text && *text ? text : "no file";
}

static void say_log(struct cq_check_set *s, const struct cq_txnlog *log)
{
	struct cq_check_finding *f;

	for (size_t i = 0; i < log->nrecords; i++) {
		const struct cq_txn_record *r = &log->record[i];
		bool last = i + 1 == log->nrecords;

		if (r->valid)
			continue;
		f = at_log(s, cq_say(&s->out, last ? CQ_WARNING : CQ_ERROR, CQ_C_KINDS, r->off, r->line.len, "line %zu %s", i + 1, r->problem), log);
		f->effect = CQ_REFUSED;
		if (r->type != CQ_TXN_UNKNOWN && r->checksum != r->computed) {
			cq_say_expected(&s->out, f, "checksum %" PRIu32, r->computed);
			cq_say_found(&s->out, f, "%" PRIu32, r->checksum);
		}
		if (last)
			cq_say_means(&s->out, f, "Only the last line is wrong or cut, as a crash leaves it: the ones before it hold. By them, %s.", files(s, log));
		else
			cq_say_means(&s->out, f, "A line before the last is wrong: Cassandra acts on none of the log's lines, and does not start. By the lines that "
				"can be read, %s.", files(s, log));
	}
	if (!log->usable && !log->ninvalid) {
		f = at_log(s, cq_say(&s->out, CQ_ERROR, CQ_C_KINDS, CQ_NO_OFFSET, 0, "%s", log->problem ? log->problem : "the log cannot be used"), log);
		f->effect = CQ_REFUSED;
	}
	if (log->usable && !log->ninvalid) {
		f = at_log(s, cq_say(&s->out, CQ_INFO, CQ_C_KINDS, CQ_NO_OFFSET, 0, "the operation \"%.*s\" %s: %s", (int)log->name.operation.len,
			(const char *)log->name.operation.p, log->committed ? "was finished, but not cleaned up" : log->aborted ? "was given up" :
			"runs, or was killed", files(s, log)), log);
		cq_say_means(&s->out, f, "The node is running, or was killed in the middle. When it starts, Cassandra deletes what the log says, and the log.");
		cq_say_action(&s->out, f, "Nothing. Copies of this directory must take the log along, or leave the files that it names out.");
	}
}

static void many(struct cq_check_set *s)
{
	const struct cq_txn_logs *logs = s->options->txn;
	struct cq_arena own = {0};

	for (size_t i = 0; logs && i < logs->n; i++)
		say_log(s, &logs->log[i]);
	/* Nobody asked what the logs say: each for itself, at least. */
	for (size_t i = 0; !logs && i < s->list->nothers; i++) {
		struct cq_txnlog log;
		struct cq_error err = {0};
		int rc;

		if (s->list->others[i].kind != CQ_OTHER_TXN_LOG)
			continue;
		rc = cq_txnlog_read(&own, s->list->others[i].path, &log, &err);
		if (rc == CQ_OK)
			say_log(s, &log);
		else if (rc != CQ_NOT_FOUND)
			cq_unmeasured(&s->out, "%s: %s", s->list->others[i].path, err.msg);
	}
	cq_arena_finish(&own);
}

const struct cq_rule cq_rule_txnlog = {
	.id = "txnlog", .title = "transaction logs can be read, line by line", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_MANY, .many = many,
	.proves = "Every line of every transaction log has the right checksum, and the copies of one log in several directories agree.",
	.means = "Cassandra does not know which files of the directory are live, and does not start.",
	.action = "Read the log by hand: a COMMIT as its last line means that what it REMOVEs can go and what it ADDs is live; without one, what it ADDs is unfinished "
		"and what it REMOVEs is live. Move the files that are not live away, then the log (into one place, to undo it), and start the node.",
	.bug = "CASSANDRA-18736: a node that did not start over a log whose last line was cut.",
	.silent = "A log that is there is healthy while a node runs: an info.",
	.kinds = "11",
};

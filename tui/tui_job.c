/* tui_job - the detector on a thread of its own. It opens the table for itself; what it finds is copied over under a lock. */
#include "cq_rule.h"
#include "tui_priv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct tui_job {
	pthread_t thread;
	pthread_mutex_t lock;
	bool started, stop;
	/* under the lock */
	struct tui_findings found;         /* since the last take */
	bool news;
	enum tui_job_state state;
	uint64_t done, total;
	char why[200];
	/* the thread's own */
	struct cq_desc_list list;
	struct cq_check_options check;
	const struct cq_schema *schema;
};

static const char *keep(struct cq_arena *a, const char *s)
{
	return s ? cq_arena_dup(a, s, strlen(s)) : NULL;
}

static bool add(struct tui_findings *into, const struct tui_finding *f)
{
	struct tui_finding *p = into->at;

	if (into->n == into->cap) {
		into->cap = into->cap ? into->cap * 2 : 32;
		p = realloc(into->at, into->cap * sizeof *p);
		if (!p)
			return false;
		into->at = p;
	}
	p[into->n++] = *f;
	return true;
}

/* A copy that lives in the arena. */
static void copy(struct tui_findings *into, const struct tui_finding *from)
{
	struct tui_finding f = *from;

	f.rule = keep(&into->arena, f.rule);
	f.file = keep(&into->arena, f.file);
	f.message = keep(&into->arena, f.message);
	f.expected = keep(&into->arena, f.expected);
	f.found = keep(&into->arena, f.found);
	f.means = keep(&into->arena, f.means);
	f.action = keep(&into->arena, f.action);
	f.bug = keep(&into->arena, f.bug);
	f.keys = keep(&into->arena, f.keys);
	add(into, &f);
}

static void on_found(void *arg, const struct cq_check_table *t, const struct cq_check_finding *c)
{
	struct tui_job *j = arg;
	char keys[400] = "";
	struct tui_finding f = {
		.severity = c->severity, .effect = c->effect, .component = c->component, .space = c->space, .off = c->off, .len = c->len,
		.rule = c->rule->id, .file = c->file, .message = c->message, .expected = c->expected, .found = c->found,
		.means = c->means ? c->means : c->rule->means, .action = c->action ? c->action : c->rule->action, .bug = c->bug ? c->bug : c->rule->bug,
		.suspect = c->suspect.set, .suspect_off = c->suspect.off, .suspect_bit = c->suspect.bit, .suspect_space = c->suspect.space,
		.suspect_found = c->suspect.found, .suspect_expected = c->suspect.expected,
	};

	(void)t;
	if (c->keys.first && c->keys.last && strcmp(c->keys.first, c->keys.last) != 0)
		snprintf(keys, sizeof keys, "%llu%s, from %s to %s", (unsigned long long)c->keys.n, c->keys.at_least ? " or more" : "", c->keys.first, c->keys.last);
	else if (c->keys.first)
		snprintf(keys, sizeof keys, "%s", c->keys.first);
	f.keys = keys[0] ? keys : NULL;
	pthread_mutex_lock(&j->lock);
	copy(&j->found, &f);
	j->news = true;
	pthread_mutex_unlock(&j->lock);
}

static bool on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct tui_job *j = arg;
	bool go;

	(void)what;
	pthread_mutex_lock(&j->lock);
	j->done = done;
	j->total = total;
	j->news = true;
	go = !j->stop;
	pthread_mutex_unlock(&j->lock);
	return go;
}

static void *work(void *arg)
{
	struct tui_job *j = arg;
	struct cq_report report = {0};
	struct cq_error err = {0};
	int rc = cq_check_run(&j->list, &j->check, &report, &err);

	pthread_mutex_lock(&j->lock);
	j->state = rc == CQ_OK ? TUI_JOB_DONE : rc == CQ_ESTOPPED ? TUI_JOB_STOPPED : TUI_JOB_FAILED;
	if (rc != CQ_OK)
		snprintf(j->why, sizeof j->why, "%s", err.msg);
	for (size_t i = 0; i < report.ntables; i++)
		for (struct cq_unmeasured *u = report.tables[i].unmeasured; u; u = u->next) {
			const char **p = realloc(j->found.unmeasured, (j->found.nunmeasured + 1) * sizeof *p);

			if (!p)
				break;
			j->found.unmeasured = p;
			p[j->found.nunmeasured++] = cq_arena_printf(&j->found.arena, "%s: %s", u->rule->id, u->cause);
		}
	j->news = true;
	pthread_mutex_unlock(&j->lock);
	cq_report_finish(&report);
	return NULL;
}

/* The one that was looked up before the thread began: who gives it may not be asked from two threads. */
static int schema_of(void *arg, const char *data_path, const struct cq_schema **out, struct cq_error *err)
{
	struct tui_job *j = arg;

	(void)data_path;
	(void)err;
	*out = j->schema;
	return CQ_OK;
}

int tui_job_start(struct tui_job **out, const char *data_path, const struct tui_options *opt, struct cq_error *err)
{
	struct tui_job *j = calloc(1, sizeof *j);
	int rc;

	if (!j)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory");
	pthread_mutex_init(&j->lock, NULL);
	j->state = TUI_JOB_RUNNING;
	j->check = (struct cq_check_options){ .level = CQ_CHECK_FULL, .max_findings = 200, .now = opt->now, .progress = on_progress, .found = on_found,
		.schema_of = schema_of, .arg = j };
	rc = opt->schema_of ? opt->schema_of(opt->arg, data_path, &j->schema, err) : CQ_OK;
	if (rc == CQ_OK)
		rc = cq_desc_list(data_path, &j->list, err);
	if (rc == CQ_OK && pthread_create(&j->thread, NULL, work, j) != 0)
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no thread for the detector");
	if (rc != CQ_OK) {
		tui_job_close(j);
		return rc;
	}
	j->started = true;
	*out = j;
	return CQ_OK;
}

static int by_severity(const void *pa, const void *pb)
{
	const struct tui_finding *a = pa, *b = pb;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->component != b->component)
		return a->component < b->component ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

bool tui_job_take(struct tui_job *j, struct tui_findings *into, enum tui_job_state *state, uint64_t *done, uint64_t *total, char *why,
	size_t why_len)
{
	bool news;

	pthread_mutex_lock(&j->lock);
	news = j->news;
	j->news = false;
	for (size_t i = 0; i < j->found.n; i++)
		copy(into, &j->found.at[i]);
	for (size_t i = 0; i < j->found.nunmeasured; i++) {
		const char **p = realloc(into->unmeasured, (into->nunmeasured + 1) * sizeof *p);

		if (!p)
			break;
		into->unmeasured = p;
		p[into->nunmeasured++] = keep(&into->arena, j->found.unmeasured[i]);
	}
	if (j->found.n && into->n)
		qsort(into->at, into->n, sizeof *into->at, by_severity);
	j->found.n = j->found.nunmeasured = 0;
	cq_arena_reset(&j->found.arena);
	*state = j->state;
	*done = j->done;
	*total = j->total;
	snprintf(why, why_len, "%s", j->why);
	pthread_mutex_unlock(&j->lock);
	return news;
}

void tui_job_stop(struct tui_job *j)
{
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_mutex_unlock(&j->lock);
}

void tui_job_close(struct tui_job *j)
{
	if (!j)
		return;
	tui_job_stop(j);
	if (j->started)
		pthread_join(j->thread, NULL);
	cq_desc_list_finish(&j->list);
	cq_arena_finish(&j->found.arena);
	free(j->found.at);
	free(j->found.unmeasured);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

void tui_settle(struct tui *t)
{
	for (size_t i = 0; i < t->nsst; i++)
		while (t->sst[i].state == TUI_JOB_RUNNING) {
			struct timespec nap = { .tv_nsec = 5000000 };

			nanosleep(&nap, NULL);
			tui_poll(t);
		}
}

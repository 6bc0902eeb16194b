/* A run of the detector: tables one after the other, then what concerns several. */
#include "cq_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cq_check_priv.h"

struct run {
	const struct cq_desc_list *list;
	const struct cq_check_options *opt;
	struct cq_report *report;
	struct cq_selection rules;
	int64_t now;
};

/* ---- which rules ---- */

static bool named(const char *const *ids, const char *id)
{
	for (; ids && *ids; ids++)
		if (!strcmp(*ids, id))
			return true;
	return false;
}

static int known(const char *const *ids, struct cq_error *err)
{
	for (; ids && *ids; ids++)
		if (!cq_rule_named(*ids))
			return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is no rule %s", *ids);
	return CQ_OK;
}

static int select_rules(struct run *r, struct cq_error *err)
{
	const struct cq_check_options *o = r->opt;
	struct cq_selection *s = &r->rules;
	int rc = known(o->rules, err);

	if (rc == CQ_OK)
		rc = known(o->ignore, err);
	if (rc != CQ_OK)
		return rc;
	while (cq_rule_nth(s->n))
		s->n++;
	s->rule = calloc(s->n + 1, sizeof *s->rule);
	s->on = calloc(s->n + 1, sizeof *s->on);
	if (!s->rule || !s->on)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for rules");
	for (size_t i = 0; i < s->n; i++) {
		const struct cq_rule *rule = s->rule[i] = cq_rule_nth(i);
		bool level = rule->stage == CQ_STAGE_QUICK || rule->stage == CQ_STAGE_MANY ||
			(rule->stage == CQ_STAGE_PASS && o->level >= CQ_CHECK_FULL) ||
			(rule->stage == CQ_STAGE_DEEP && o->level >= CQ_CHECK_DEEP);

		s->on[i] = level && (!o->rules || named(o->rules, rule->id)) && !named(o->ignore, rule->id);
		if (!strcmp(rule->id, "structure"))
			s->fallback = i;
	}
	return CQ_OK;
}

/* ---- findings into the report ---- */

static int order(const void *pa, const void *pb)
{
	const struct cq_check_finding *a = *(const struct cq_check_finding *const *)pa, *b = *(const struct cq_check_finding *const *)pb;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (!a->because != !b->because)
		return a->because ? 1 : -1;
	if (a->component != b->component)
		return a->component < b->component ? -1 : 1;
	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return strcmp(a->rule->id, b->rule->id);
}

static bool sort(struct cq_check_table *t)
{
	struct cq_check_finding **v, *f;
	size_t n = 0, i = 0;

	for (f = t->first; f; f = f->next)
		n++;
	if (n < 2)
		return true;
	v = malloc(n * sizeof *v);
	if (!v)
		return false;
	for (f = t->first; f; f = f->next)
		v[i++] = f;
	qsort(v, n, sizeof *v, order);
	t->first = v[0];
	for (i = 0; i < n; i++)
		v[i]->next = i + 1 < n ? v[i + 1] : NULL;
	free(v);
	return true;
}

/* Move what is in out into the table's part of the report. */
static int deliver(struct run *run, struct cq_check_table *t, const struct cq_out *out, struct cq_error *err)
{
	struct cq_report *r = run->report;
	bool good = !out->nomem;

	for (const struct cq_check_finding *f = out->first; good && f; f = f->next) {
		struct cq_check_finding *n = cq_finding_copy(&r->arena, f);

		if (!n) {
			good = false;
			break;
		}
		n->next = t->first;
		t->first = n;
		if (n->effect > t->worst)
			t->worst = n->effect;
		if (run->opt->found)
			run->opt->found(run->opt->arg, t, n);
	}
	for (const struct cq_unmeasured *u = out->unmeasured; good && u; u = u->next) {
		struct cq_unmeasured *n = cq_arena_zalloc(&r->arena, 1, sizeof *n), **at = &t->unmeasured;

		if (!n) {
			good = false;
			break;
		}
		*n = (struct cq_unmeasured){ .rule = u->rule, .cause = cq_arena_dup(&r->arena, u->cause, strlen(u->cause)) };
		good = n->cause;
		while (*at)
			at = &(*at)->next;
		*at = n;
		r->unmeasured++;
	}
	for (int i = 0; i <= CQ_ERROR; i++) {
		t->n[i] += out->n[i];
		r->n[i] += out->n[i];
	}
	t->dropped += out->dropped;
	if (t->worst > r->worst)
		r->worst = t->worst;
	good = good && sort(t);
	return good ? CQ_OK : cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for findings");
}

/* ---- what opening and looking up found ---- */

static bool adopts(const struct cq_rule *r, const char *id)
{
	return named(r->adopts, id);
}

static void adopt(struct run *run, struct cq_out *out, const struct cq_finding *f)
{
	struct cq_error as = { .space = f->space, .off = f->off, .field = f->field };
	size_t i = run->rules.fallback;
	struct cq_check_finding *n;

	for (size_t k = 0; k < run->rules.n; k++)
		if (adopts(run->rules.rule[k], f->id))
			i = k;
	if (!run->rules.on[i])
		return;
	snprintf(as.file, sizeof as.file, "%s", f->file);
	cq_out_rule(out, &run->rules, i);
	n = cq_say_error(out, f->severity, &as);
	if (n != &out->scratch) {
		n->message = cq_say_text(out, "%s", f->message);
		n->len = f->len;
	}
}

/* The table could not be opened. Some rule may have said why; if none did, the reader's own words are the finding. */
static void say_open_error(struct run *run, struct cq_check *c)
{
	if (c->out.n[CQ_ERROR])
		return;
	cq_out_rule(&c->out, &run->rules, run->rules.fallback);
	cq_say_error(&c->out, CQ_ERROR, &c->open_error)->effect = CQ_LOST;
}

/* ---- one table ---- */

int cq_check_open(const struct cq_check_options *o, const struct cq_check_table *t, struct cq_open_options how, struct cq_table **out,
	struct cq_error *err)
{
	how.schema = t->schema;
	how.no_schema_file = o->no_schema_file;
	return cq_table_open(out, t->entry->data_path, &how, err);
}

static void open_table(struct run *run, struct cq_check *c)
{
	const struct cq_open_options partly = { .metadata_only = true, .inspect = true };
	struct cq_table *t = NULL;

	if (cq_check_open(run->opt, c->result, (struct cq_open_options){0}, &t, &c->open_error) == CQ_OK)
		c->table = c->partial = t;
	else if (cq_check_open(run->opt, c->result, partly, &t, NULL) == CQ_OK)
		c->partial = t;
}

static int ask(struct run *run, struct cq_check *c, struct cq_error *err)
{
	const struct cq_selection *s = &run->rules;
	int rc = CQ_OK;

	for (size_t i = 0; i < s->n; i++) {
		const struct cq_rule *r = s->rule[i];

		if (!s->on[i] || r->stage == CQ_STAGE_MANY)
			continue;
		cq_out_rule(&c->out, s, i);
		if (!c->table && !(r->flags & CQ_RULE_UNOPENED)) {
			cq_unmeasured(&c->out, "the table cannot be opened: %s", c->open_error.msg);
			continue;
		}
		if (r->quick)
			r->quick(c);
	}
	for (const struct cq_finding *f = c->partial ? c->partial->findings.first : NULL; f; f = f->next)
		adopt(run, &c->out, f);
	if (!c->table) {
		say_open_error(run, c);
		return CQ_OK;
	}
	if (run->opt->level >= CQ_CHECK_FULL)
		rc = cq_check_rows(c, s, err);
	for (size_t i = 0; rc == CQ_OK && run->opt->level >= CQ_CHECK_DEEP && i < s->n; i++) {
		if (!s->on[i] || !s->rule[i]->deep)
			continue;
		cq_out_rule(&c->out, s, i);
		s->rule[i]->deep(c);
		if (run->opt->progress && !run->opt->progress(run->opt->arg, s->rule[i]->id, c->table->stream.len, c->table->stream.len))
			rc = CQ_ESTOPPED;
	}
	return rc;
}

static void count_run(const struct run *run, struct cq_check *c)
{
	for (size_t i = 0; i < run->rules.n; i++) {
		const struct cq_rule *r = run->rules.rule[i];
		bool measured = run->rules.on[i] && r->stage != CQ_STAGE_MANY;

		for (const struct cq_unmeasured *u = c->out.unmeasured; measured && u; u = u->next)
			measured = u->rule != r;
		c->result->nrun += measured;
	}
}

static int check_table(struct run *run, const struct cq_sst_entry *e, struct cq_check_table *t, struct cq_error *err)
{
	struct cq_check c = { .entry = e, .options = run->opt, .result = t, .now = run->now };
	int rc = cq_out_init(&c.out, &run->rules, run->opt, err), rc2;

	if (rc != CQ_OK)
		return rc;
	c.out.entry = e;
	open_table(run, &c);
	c.out.table = c.partial;
	t->opened = c.table;
	t->compared = c.partial && c.partial->ddl;
	rc = ask(run, &c, err);
	t->scanned = c.scanned;
	count_run(run, &c);
	rc2 = deliver(run, t, &c.out, err);
	cq_out_finish(&c.out);
	cq_kept_finish(&c.kept);
	cq_table_close((struct cq_table *)(uintptr_t)c.partial);
	return rc < 0 ? rc : rc2;
}

/* A table that an operation left behind is not read by Cassandra either. */
static int leave_out(struct run *run, const struct cq_sst_entry *e, struct cq_check_table *t, struct cq_error *err)
{
	struct cq_out out;
	int rc = cq_out_init(&out, &run->rules, run->opt, err);

	if (rc != CQ_OK)
		return rc;
	out.entry = e;
	cq_out_rule(&out, &run->rules, run->rules.fallback);
	cq_unmeasured(&out, e->fate == CQ_TXN_INCOMPLETE ? "the operation that wrote it did not finish (%s): Cassandra will delete it" :
		"another table replaces it (%s): Cassandra will delete it", e->fate_log);
	rc = deliver(run, t, &out, err);
	cq_out_finish(&out);
	return rc;
}

/* ---- several tables ---- */

/* Said once for all tables: data directories have no schema beside them, snapshots do. */
static void say_without_schema(struct run *run, struct cq_out *out)
{
	const struct cq_report *r = run->report;
	size_t without = 0, read = 0;

	for (size_t i = 0; i + 1 < r->ntables; i++) {
		read += r->tables[i].opened;
		without += r->tables[i].opened && !r->tables[i].compared;
	}
	for (size_t i = 0; without && i < run->rules.n; i++) {
		if (!run->rules.on[i] || !(run->rules.rule[i]->flags & CQ_RULE_SCHEMA))
			continue;
		cq_out_rule(out, &run->rules, i);
		if (without < read)
			cq_unmeasured(out, "no schema to compare %zu of %zu SSTables with (--schema FILE)", without, read);
		else
			cq_unmeasured(out, "no schema to compare with (--schema FILE)");
	}
}

static int check_many(struct run *run, struct cq_error *err)
{
	struct cq_report *r = run->report;
	struct cq_check_set set = { .list = run->list, .options = run->opt, .report = r, .now = run->now };
	size_t ready = 0;
	int rc = cq_out_init(&set.out, &run->rules, run->opt, err);

	if (rc != CQ_OK)
		return rc;
	set.table_out = calloc(run->list->ntables + 1, sizeof *set.table_out);
	if (!set.table_out)
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for findings");
	for (; rc == CQ_OK && ready < run->list->ntables; ready++) {
		rc = cq_out_init(&set.table_out[ready], &run->rules, run->opt, err);
		set.table_out[ready].entry = &run->list->tables[ready];
	}
	for (size_t i = 0; rc == CQ_OK && i < run->rules.n; i++) {
		if (!run->rules.on[i] || !run->rules.rule[i]->many)
			continue;
		cq_out_rule(&set.out, &run->rules, i);
		for (size_t k = 0; k < ready; k++)
			cq_out_rule(&set.table_out[k], &run->rules, i);
		run->rules.rule[i]->many(&set);
		if (run->opt->progress && !run->opt->progress(run->opt->arg, run->rules.rule[i]->id, 0, 0))
			rc = CQ_ESTOPPED;
	}
	if (rc == CQ_OK)
		say_without_schema(run, &set.out);
	for (size_t k = 0; k < ready; k++) {
		if (rc == CQ_OK || rc == CQ_ESTOPPED) {
			int rc2 = deliver(run, &r->tables[k], &set.table_out[k], err);

			rc = rc2 < 0 ? rc2 : rc;
		}
		cq_out_finish(&set.table_out[k]);
	}
	if (rc == CQ_OK)
		rc = deliver(run, &r->tables[r->ntables - 1], &set.out, err);
	cq_out_finish(&set.out);
	free(set.table_out);
	return rc;
}

/* ---- all ---- */

int cq_check_run(const struct cq_desc_list *list, const struct cq_check_options *opt, struct cq_report *out, struct cq_error *err)
{
	struct run run = { .list = list, .opt = opt, .report = out, .now = opt->now ? opt->now : (int64_t)time(NULL) };
	int rc = select_rules(&run, err);

	*out = (struct cq_report){0};
	if (rc == CQ_OK) {
		out->tables = cq_arena_zalloc(&out->arena, list->ntables + 1, sizeof *out->tables);
		out->ntables = list->ntables + 1;
		if (!out->tables) {
			out->ntables = 0;
			rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a report");
		}
	}
	for (size_t i = 0; rc == CQ_OK && i < list->ntables; i++) {
		out->tables[i].entry = &list->tables[i];
		if (opt->schema_of)
			rc = opt->schema_of(opt->arg, list->tables[i].data_path, &out->tables[i].schema, err);
	}
	for (size_t i = 0; rc == CQ_OK && i < list->ntables; i++) {
		const struct cq_sst_entry *e = &list->tables[i];

		rc = e->fate != CQ_TXN_NONE && list->ntables > 1 ? leave_out(&run, e, &out->tables[i], err) :
			check_table(&run, e, &out->tables[i], err);
	}
	if (rc == CQ_OK)
		rc = check_many(&run, err);
	out->stopped = rc == CQ_ESTOPPED;
	free(run.rules.rule);
	free(run.rules.on);
	return rc;
}

void cq_report_finish(struct cq_report *r)
{
	cq_arena_finish(&r->arena);
	*r = (struct cq_report){0};
}

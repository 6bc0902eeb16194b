/* header-dropped - columns of the HEADER that the schema has dropped, and data that is newer than the drop. */
#include "stats_field.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of one dropped column: when, and what was met of it. */
struct dropped {
	int64_t time;                  /* INT64_MAX: not dropped, or not known when */
	uint64_t cells, newer;
	int64_t newest;
	uint64_t off;                  /* of the first row with newer data */
};

struct state {
	struct dropped *v;             /* statics, then regulars; NULL: none was dropped */
	size_t n, nstatic;
};

static const struct cq_schema_dropped *dropped(const struct cq_schema *ddl, const struct cq_column *col)
{
	const struct cq_schema_column *v = col->is_static ? ddl->statics : ddl->regulars;
	size_t n = col->is_static ? ddl->nstatic : ddl->nregular;

	/* Added again: what is newer is its. */
	for (size_t i = 0; i < n; i++)
		if (cq_slice_eq(v[i].name, col->name))
			return NULL;
	for (size_t i = 0; i < ddl->ndropped; i++)
		if (cq_slice_eq(ddl->dropped[i].name, col->name) && ddl->dropped[i].is_static == col->is_static)
			return &ddl->dropped[i];
	return NULL;
}

static void begin(struct cq_pass *p, void *state)
{
	const struct cq_statistics *s = &p->table->stats;
	const struct cq_schema *ddl = p->table->ddl;
	struct state *st = state;

	if (!ddl || !ddl->ndropped)
		return;
	st->n = s->nstatic + s->nregular;
	st->nstatic = s->nstatic;
	for (size_t i = 0; i < st->n; i++) {
		const struct cq_column *col = i < s->nstatic ? &s->statics[i] : &s->regulars[i - s->nstatic];
		const struct cq_schema_dropped *d = dropped(ddl, col);

		if (!d || d->time == INT64_MIN)
			continue;
		if (!st->v) {
			st->v = calloc(st->n, sizeof *st->v);
			if (!st->v) {
				cq_say_nomem(&p->out);
				return;
			}
			for (size_t k = 0; k < st->n; k++)
				st->v[k] = (struct dropped){ .time = INT64_MAX, .newest = INT64_MIN, .off = CQ_NO_OFFSET };
		}
		st->v[i].time = d->time;
	}
}

static void event(struct cq_pass *p, void *state, const struct cq_event *ev)
{
	struct state *st = state;

	(void)p;
	if (CQ_LIKELY(!st->v))
		return;
	for (uint32_t i = 0; i < ev->row->ncells; i++) {
		const struct cq_cell *cell = &ev->row->cells[i];
		struct dropped *d = &st->v[(cell->column->is_static ? 0 : st->nstatic) + cell->column->index];

		if (d->time == INT64_MAX)
			continue;
		d->cells++;
		if (cell->timestamp <= d->time)
			continue;
		d->newer++;
		if (cell->timestamp > d->newest)
			d->newest = cell->timestamp;
		if (d->off == CQ_NO_OFFSET)
			d->off = ev->off;
	}
}

static bool concerns(const struct cq_table *t)
{
	return t->ddl && t->ddl->ndropped;
}

static void merge(struct cq_pass *p, void *state, void *next)
{
	struct state *a = state, *b = next;

	(void)p;
	for (size_t i = 0; a->v && b->v && i < a->n; i++) {
		a->v[i].cells += b->v[i].cells;
		a->v[i].newer += b->v[i].newer;
		if (b->v[i].newest > a->v[i].newest)
			a->v[i].newest = b->v[i].newest;
		if (a->v[i].off == CQ_NO_OFFSET)
			a->v[i].off = b->v[i].off;
	}
}

static void finish(struct cq_check *c, void *state)
{
	const struct cq_statistics *s = &c->table->stats;
	struct state *st = state;

	for (size_t i = 0; st->v && i < st->n; i++) {
		const struct cq_column *col = i < s->nstatic ? &s->statics[i] : &s->regulars[i - s->nstatic];
		const struct dropped *d = &st->v[i];
		struct cq_check_finding *f;

		if (!d->newer)
			continue;
		f = cq_say(&c->out, CQ_WARNING, CQ_C_DATA, d->off, 0, "column %.*s was dropped at %s, and %" PRIu64 " of its %" PRIu64 " cells are newer, up to %s",
			col->name.len < 80 ? (int)col->name.len : 80, (const char *)col->name.p, stats_micros(&c->out, d->time), d->newer, d->cells,
			stats_micros(&c->out, d->newest));
		f->effect = CQ_REFUSED;
		cq_say_span(&c->out, f, d->off, 1);
	}
}

static void destroy(void *state)
{
	free(((struct state *)state)->v);
}

static const char *const adopted[] = { "schema-column", NULL };

const struct cq_rule cq_rule_header_dropped = {
	.id = "header-dropped", .title = "columns that the schema does not have were dropped, and nothing is newer than the drop", .severity = CQ_WARNING,
	.effect = CQ_REFUSED, .stage = CQ_STAGE_QUICK, .flags = CQ_RULE_SCHEMA,
	.wants = CQ_WANTS(CQ_EV_ROW) | CQ_WANTS(CQ_EV_STATIC), .state_size = sizeof(struct state), .concerns = concerns,
	.begin = begin, .event = event, .merge = merge, .finish = finish, .destroy = destroy, .adopts = adopted,
	.proves = "Every column of the HEADER is in the schema or among its dropped columns, of the same kind and a type that can be the same; no cell of a dropped column is newer "
		"than its drop.",
	.means = "Cassandra refuses to open a table with a column that it neither has nor has dropped (\"Unknown column during deserialization\"). Data that is newer than the "
		"drop makes 3.11 fail on reads (\"is not a subset of\") and comes back when the column is added again.",
	.action = "Put the column back among the dropped ones: ALTER TABLE ... ADD it with the type that the file has, then DROP it again, USING TIMESTAMP above the newest cell. "
		"Make sure first that the file belongs to this table (rule header-foreign).",
	.bug = "CASSANDRA-14843, CASSANDRA-13337, CASSANDRA-12582: a dropped column remembered with another kind or type. CASSANDRA-18589, CASSANDRA-18591: data written after the drop.",
	.silent = "Columns that were dropped and whose old data is still there: it goes with the next compaction.",
	.kinds = "28, 53",
};

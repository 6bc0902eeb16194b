#include <inttypes.h>

#include "cq_schema_priv.h"

/* ---- user types ------------------------------------------------------------------------------------------- */

struct print {
	const struct cq_schema *s;
	struct cq_buf *out;
	struct cq_arena scratch;
	struct cq_names types;           /* printed already */
	struct cq_names columns;         /* live ones: 1 + index, statics first */
};

static void print_name(cq_slice keyspace, cq_slice name, struct cq_buf *out)
{
	if (keyspace.p) {
		cq_print_identifier(out, keyspace);
		cq_buf_byte(out, '.');
	}
	if (name.p)
		cq_print_identifier(out, name);
	else
		cq_buf_str(out, "unknown");
}

static void print_udt(struct print *p, const struct cq_type *t)
{
	if (!t->narg) {
		cq_buf_str(p->out, "-- the fields of type ");
		print_name((cq_slice){0}, t->name, p->out);
		cq_buf_str(p->out, " are not known\n\n");
		return;
	}
	cq_buf_str(p->out, "CREATE TYPE ");
	print_name(p->s->keyspace, t->name, p->out);
	for (size_t i = 0; i < t->narg; i++) {
		cq_buf_str(p->out, i ? ",\n    " : " (\n    ");
		cq_print_identifier(p->out, t->field[i]);
		cq_buf_byte(p->out, ' ');
		cq_type_cql(t->arg[i], p->out);
	}
	cq_buf_str(p->out, "\n);\n\n");
}

/* The user types inside t, those they are made of first, each once. Types nest 64 deep at most. */
static void print_udts(struct print *p, const struct cq_type *t)
{
	if (!t)
		return;
	if (t->kind == CQ_T_UDT) {
		if (cq_names_get(&p->types, t->name) != CQ_NO_NAME)
			return;
		if (!cq_names_put(&p->scratch, &p->types, t->name, 1))
			p->out->failed = true;
	}
	if (t->kind != CQ_T_COMPOSITE && t->kind != CQ_T_DYNAMIC_COMPOSITE) {      /* those print as a class string */
		for (size_t i = 0; i < t->narg; i++)
			print_udts(p, t->arg[i]);
	}
	if (t->kind == CQ_T_UDT)
		print_udt(p, t);
}

/* ---- columns ---------------------------------------------------------------------------------------------- */

static void print_column(struct print *p, cq_slice name, const struct cq_type *type, bool is_static)
{
	cq_print_identifier(p->out, name);
	cq_buf_byte(p->out, ' ');
	if (type)
		cq_type_cql(type, p->out);
	else
		cq_buf_str(p->out, "/* type not known */");
	if (is_static)
		cq_buf_str(p->out, " static");
}

/* The first definition of a column: a dropped one's, when it was dropped once. */
static void print_columns(struct print *p)
{
	const struct cq_schema *s = p->s;
	const struct { const struct cq_schema_column *c; size_t n; bool is_static; } list[] = {
		{ s->partition, s->npartition, false }, { s->clustering, s->nclustering, false }, { s->statics, s->nstatic, true },
		{ s->regulars, s->nregular, false },
	};
	struct cq_names dropped = {0};

	for (size_t i = 0; i < s->ndropped; i++) {
		if (!cq_names_put(&p->scratch, &dropped, s->dropped[i].name, i))
			p->out->failed = true;
	}
	for (size_t k = 0; k < CQ_COUNTOF(list); k++) {
		for (size_t i = 0; i < list[k].n; i++) {
			const struct cq_schema_column *c = &list[k].c[i];

			if (k >= 2 && cq_names_get(&dropped, c->name) != CQ_NO_NAME)
				continue;
			cq_buf_str(p->out, "    ");
			print_column(p, c->name, c->type, list[k].is_static);
			cq_buf_str(p->out, ",\n");
		}
	}
	for (size_t i = 0; i < s->ndropped; i++) {
		cq_buf_str(p->out, "    ");
		print_column(p, s->dropped[i].name, s->dropped[i].type, s->dropped[i].is_static);
		cq_buf_str(p->out, ",\n");
	}
}

static void print_key(struct print *p)
{
	const struct cq_schema *s = p->s;

	cq_buf_str(p->out, s->npartition > 1 ? "    PRIMARY KEY ((" : "    PRIMARY KEY (");
	for (size_t i = 0; i < s->npartition; i++) {
		if (i)
			cq_buf_str(p->out, ", ");
		cq_print_identifier(p->out, s->partition[i].name);
	}
	if (s->npartition > 1)
		cq_buf_byte(p->out, ')');
	for (size_t i = 0; i < s->nclustering; i++) {
		cq_buf_str(p->out, ", ");
		cq_print_identifier(p->out, s->clustering[i].name);
	}
	cq_buf_str(p->out, ")\n)");
}

/* ---- properties ------------------------------------------------------------------------------------------- */

static void print_and(struct print *p, unsigned *n)
{
	cq_buf_str(p->out, (*n)++ ? "\n    AND " : " WITH ");
}

static void print_number(struct print *p, unsigned *n, const char *name, int64_t v)
{
	if (v < 0)
		return;
	print_and(p, n);
	cq_buf_printf(p->out, "%s = %" PRId64, name, v);
}

static void print_properties(struct print *p)
{
	const struct cq_schema *s = p->s;
	unsigned n = 0;

	if (s->compact && !s->nstatic) {
		print_and(p, &n);
		cq_buf_str(p->out, "COMPACT STORAGE");
	}
	if (s->has_id) {
		print_and(p, &n);
		cq_buf_str(p->out, "ID = ");
		cq_print_uuid(p->out, s->id);
	}
	for (size_t i = 0; i < s->nclustering; i++) {
		if (!i)
			print_and(p, &n);
		cq_buf_str(p->out, i ? ", " : "CLUSTERING ORDER BY (");
		cq_print_identifier(p->out, s->clustering[i].name);
		cq_buf_str(p->out, s->clustering[i].type && s->clustering[i].type->reversed ? " DESC" : " ASC");
	}
	if (s->nclustering)
		cq_buf_byte(p->out, ')');
	if (s->bloom_fp_chance >= 0) {
		print_and(p, &n);
		cq_buf_str(p->out, "bloom_filter_fp_chance = ");
		cq_print_double(p->out, s->bloom_fp_chance);
	}
	print_number(p, &n, "default_time_to_live", s->default_ttl);
	print_number(p, &n, "gc_grace_seconds", s->gc_grace_seconds);
	print_number(p, &n, "min_index_interval", s->min_index_interval);
	cq_buf_str(p->out, ";\n");
}

/* DROP, and ADD for those that are there (again). */
static void print_drops(struct print *p)
{
	const struct cq_schema *s = p->s;

	for (size_t i = 0; i < s->nstatic + s->nregular; i++) {
		if (!cq_names_put(&p->scratch, &p->columns, i < s->nstatic ? s->statics[i].name : s->regulars[i - s->nstatic].name, i))
			p->out->failed = true;
	}
	for (size_t i = 0; i < s->ndropped; i++) {
		const struct cq_schema_dropped *d = &s->dropped[i];
		size_t at = cq_names_get(&p->columns, d->name);

		cq_buf_str(p->out, "ALTER TABLE ");
		print_name(s->keyspace, s->table, p->out);
		cq_buf_str(p->out, " DROP ");
		cq_print_identifier(p->out, d->name);
		if (d->time != INT64_MIN)
			cq_buf_printf(p->out, " USING TIMESTAMP %" PRId64, d->time);
		cq_buf_str(p->out, ";\n");
		if (at == CQ_NO_NAME)
			continue;
		cq_buf_str(p->out, "ALTER TABLE ");
		print_name(s->keyspace, s->table, p->out);
		cq_buf_str(p->out, " ADD ");
		print_column(p, d->name, at < s->nstatic ? s->statics[at].type : s->regulars[at - s->nstatic].type, at < s->nstatic);
		cq_buf_str(p->out, ";\n");
	}
}

void cq_schema_print(const struct cq_schema *s, struct cq_buf *out)
{
	const struct { const struct cq_schema_column *c; size_t n; } list[] = {
		{ s->partition, s->npartition }, { s->clustering, s->nclustering }, { s->statics, s->nstatic },
		{ s->regulars, s->nregular },
	};
	struct print p = { .s = s, .out = out };

	for (size_t k = 0; k < CQ_COUNTOF(list); k++) {
		for (size_t i = 0; i < list[k].n; i++)
			print_udts(&p, list[k].c[i].type);
	}
	for (size_t i = 0; i < s->ndropped; i++)
		print_udts(&p, s->dropped[i].type);
	if (s->is_view)
		cq_buf_str(out, "-- a materialized view, as the table that its files are\n");
	if (s->compact && s->nstatic)
		cq_buf_str(out, "-- COMPACT STORAGE, as the table that its files are\n");
	if (s->guessed_names)
		cq_buf_str(out, "-- names of key columns are not known: these are made up\n");
	cq_buf_str(out, "CREATE TABLE ");
	print_name(s->keyspace, s->table, out);
	cq_buf_str(out, " (\n");
	print_columns(&p);
	print_key(&p);
	print_properties(&p);
	print_drops(&p);
	cq_arena_finish(&p.scratch);
}

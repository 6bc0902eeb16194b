/* header-type - the types in the HEADER: classes that exist, keys that can be keys, against the DDL when there is one. */
#include "stats_field.h"

#include <stdarg.h>
#include <stdio.h>

#include "cq_format.h"

static const char package[] = "org.apache.cassandra.db.marshal.";
enum { PACKAGE_LEN = sizeof package - 1, DEPTH_MAX = 64 };

/* Cassandra's package, or what it is with a bit or two flipped. */
static bool cassandras(cq_slice class)
{
	unsigned differ = 0;

	if (class.len <= PACKAGE_LEN)
		return false;
	for (size_t i = 0; i < PACKAGE_LEN; i++)
		differ += (unsigned)__builtin_popcount(class.p[i] ^ (uint8_t)package[i]);
	return differ <= 2;
}

/* A class that is none of those we know, inside t. */
static const struct cq_type *unknown(const struct cq_type *t, unsigned depth)
{
	const struct cq_type *u = NULL;

	if (t->kind == CQ_T_CUSTOM)
		return t;
	for (size_t i = 0; !u && i < t->narg && depth < DEPTH_MAX; i++)
		u = unknown(t->arg[i], depth + 1);
	return u;
}

static struct cq_check_finding *about(struct cq_check *c, enum cq_severity severity, unsigned group, size_t nth, const char *fmt, ...) CQ_PRINTF(5, 6);
static struct cq_check_finding *about(struct cq_check *c, enum cq_severity severity, unsigned group, size_t nth, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return stats_say(c, severity, (struct stats_field){ .group = group, .field = CQ_F_TYPE_NAME, .nth = nth }, "%s", text);
}

static void class_of(struct cq_check *c, const struct cq_type *t, const char *what, unsigned group, size_t nth)
{
	const struct cq_type *u = unknown(t, 0);
	struct cq_check_finding *f;
	int len;

	if (!u)
		return;
	len = u->name.len < 120 ? (int)u->name.len : 120;
	if (cassandras(u->name)) {
		f = about(c, CQ_ERROR, group, nth, "%s: no Cassandra has the class %.*s", what, len, (const char *)u->name.p);
		f->effect = CQ_REFUSED;
	} else {
		f = about(c, CQ_INFO, group, nth, "%s is of class %.*s, which is not Cassandra's: its values were not looked into", what, len,
			(const char *)u->name.p);
	}
	if (f->suspect.set)
		f->suspect.set = false;
}

static void key(struct cq_check *c, const struct cq_type *t, const char *what, unsigned group, size_t nth)
{
	class_of(c, t, what, group, nth);
	/* Hidden tables of indexes on collections have the column's own type here, before oa. */
	if (t->multicell && !c->table->desc.place.index.p && c->table->partitioner.kind != CQ_P_LOCAL)
		about(c, CQ_ERROR, group, nth, "%s is of a type with a cell for each element, which no key has", what);
}

static void columns(struct cq_check *c, const struct cq_column *v, size_t n, unsigned group)
{
	for (size_t i = 0; i < n; i++) {
		char what[100];

		snprintf(what, sizeof what, "column %.*s", v[i].name.len < 80 ? (int)v[i].name.len : 80, (const char *)v[i].name.p);
		class_of(c, v[i].type, what, group, i);
	}
}

static void quick(struct cq_check *c)
{
	const struct cq_statistics *s = &c->table->stats;

	if (!(s->has & CQ_HAS_HEADER))
		return;
	key(c, s->key_type, "the partition key", CQ_F_KEY_TYPE, 0);
	for (size_t i = 0; i < s->nclustering; i++)
		key(c, s->clustering_types[i], "a clustering column", CQ_F_CLUSTERING_TYPES, i);
	columns(c, s->statics, s->nstatic, CQ_F_STATIC_COLUMNS);
	columns(c, s->regulars, s->nregular, CQ_F_REGULAR_COLUMNS);
}

static const char *const adopted[] = { "bare-frozen-udt", "schema-conflict", "schema-unreadable", NULL };

const struct cq_rule cq_rule_header_type = {
	.id = "header-type", .title = "the HEADER's types exist and are the schema's", .severity = CQ_WARNING, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_SCHEMA, .quick = quick, .adopts = adopted,
	.proves = "Every class in the HEADER is one of Cassandra's, no key is of a type with many cells, and, where a schema is at hand, keys and columns have the types "
		"that it says.",
	.means = "Cassandra decodes rows by these types. It refuses the table for a class that it does not have, and fails on values, or reads nonsense, for a wrong one.",
	.action = "Restore Statistics.db, or the HEADER of another generation of the same table. For user types that are not frozen (CASSANDRA-15035): sstablescrub -e fix of "
		"3.11.6 to 5.0 writes a right one.",
	.bug = "CASSANDRA-15035: Cassandra 3.0 wrote frozen user types without saying so; 3.11 and 4.0 then take one cell for many. Such columns are read rightly here.",
	.silent = "User types with more fields in the schema than in the file; a table's own HEADER that lists fewer columns than the schema; DateType for timestamp.",
	.kinds = "26",
};

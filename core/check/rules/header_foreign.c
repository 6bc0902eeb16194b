/* header-foreign - HEADERs of one table against each other and against the other tables of the keyspace. */
#include "stats_field.h"

#include <stdlib.h>

/* What is kept of a table: its columns, and whose it is. */
struct column {
	cq_slice name;
	const struct cq_type *type;
	bool is_static;
};

struct header {
	size_t index;                  /* in the list */
	const struct cq_sst_entry *entry;
	const struct cq_type *key;
	size_t nclustering, n;
	const struct cq_type *const *clustering;
	struct column *columns;        /* statics, then regulars */
	bool has_ddl;
	bool *known;                   /* by the DDL: has it, or dropped it */
};

struct headers {
	struct cq_arena arena;
	struct header *v;
	size_t n;
};

/* ---- taking them ---- */

static const struct cq_type *copy_type(struct cq_arena *a, const struct cq_type *t)
{
	struct cq_buf b = {0};
	const struct cq_type *out = NULL;
	const uint8_t *text;

	cq_type_class(t, &b);
	text = cq_arena_dup(a, b.p, b.len);
	if (!text || cq_type_parse(a, cq_slice_of(text, b.len), &out, NULL) != CQ_OK)
		out = NULL;
	cq_buf_finish(&b);
	return out;
}

static bool in_ddl(const struct cq_schema *d, const struct cq_column *col)
{
	for (size_t i = 0; i < d->nstatic; i++)
		if (cq_slice_eq(d->statics[i].name, col->name))
			return true;
	for (size_t i = 0; i < d->nregular; i++)
		if (cq_slice_eq(d->regulars[i].name, col->name))
			return true;
	for (size_t i = 0; i < d->ndropped; i++)
		if (cq_slice_eq(d->dropped[i].name, col->name))
			return true;
	return d->compact || d->open_columns || d->is_view;
}

static bool take(struct headers *h, const struct cq_table *t, size_t index, const struct cq_sst_entry *e)
{
	const struct cq_statistics *s = &t->stats;
	struct header *to = &h->v[h->n];
	const struct cq_type **types = cq_arena_zalloc(&h->arena, s->nclustering + 1, sizeof *types);

	*to = (struct header){ .index = index, .entry = e, .n = s->nstatic + s->nregular, .nclustering = s->nclustering, .clustering = types,
		.has_ddl = t->ddl };
	to->columns = cq_arena_zalloc(&h->arena, to->n + 1, sizeof *to->columns);
	to->known = cq_arena_zalloc(&h->arena, to->n + 1, sizeof *to->known);
	to->key = copy_type(&h->arena, s->key_type);
	if (!types || !to->columns || !to->known || !to->key)
		return false;
	for (size_t i = 0; i < s->nclustering; i++)
		if (!(types[i] = copy_type(&h->arena, s->clustering_types[i])))
			return false;
	for (size_t i = 0; i < to->n; i++) {
		const struct cq_column *col = i < s->nstatic ? &s->statics[i] : &s->regulars[i - s->nstatic];
		uint8_t *name = cq_arena_dup(&h->arena, col->name.p, col->name.len);

		to->columns[i] = (struct column){ .name = cq_slice_of(name, col->name.len), .type = copy_type(&h->arena, col->type),
			.is_static = col->is_static };
		if (!name || !to->columns[i].type)
			return false;
		to->known[i] = t->ddl && in_ddl(t->ddl, col);
	}
	h->n++;
	return true;
}

/* ---- comparing them ---- */

/* The path up to the end of a part of it. */
static cq_slice path_to(const struct cq_sst_entry *e, cq_slice part)
{
	const cq_slice dir = e->desc.dir;

	if (!part.p || part.p < dir.p || part.p + part.len > dir.p + dir.len)
		return part;
	return cq_slice_of(dir.p, (size_t)(part.p + part.len - dir.p));
}

/* Directories with a table's id are Cassandra's own, of which a node may have several; others are told apart by where they are. */
static bool one_keyspace(const struct header *a, const struct header *b)
{
	const struct cq_place *p = &a->entry->desc.place, *q = &b->entry->desc.place;

	if (!p->keyspace.p || !cq_slice_eq(p->keyspace, q->keyspace))
		return false;
	return (p->has_table_id && q->has_table_id) || cq_slice_eq(path_to(a->entry, p->keyspace), path_to(b->entry, q->keyspace));
}

static bool one_table(const struct header *a, const struct header *b)
{
	const struct cq_place *p = &a->entry->desc.place, *q = &b->entry->desc.place;

	/* A folder that is in no keyspace is one table's. */
	if (!p->keyspace.p || !p->table.p)
		return cq_slice_eq(a->entry->desc.dir, b->entry->desc.dir);
	if (!one_keyspace(a, b) || !cq_slice_eq(p->table, q->table) || !cq_slice_eq(p->index, q->index))
		return false;
	if (p->has_table_id && q->has_table_id)
		return !memcmp(p->table_id, q->table_id, sizeof p->table_id);
	return cq_slice_eq(path_to(a->entry, p->table), path_to(b->entry, q->table));
}

/* Could one have become the other? User types get fields, and before 3.10 ALTER could widen a type. */
static bool can_be(const struct cq_type *a, const struct cq_type *b, unsigned depth)
{
	size_t n = a->narg < b->narg ? a->narg : b->narg;

	if (cq_type_eq(a, b) || depth > 64)
		return true;
	if (a->kind == CQ_T_CUSTOM || b->kind == CQ_T_CUSTOM)
		return true;
	if (a->kind == CQ_T_BLOB || b->kind == CQ_T_BLOB || a->kind == CQ_T_VARINT || b->kind == CQ_T_VARINT)
		return true;
	if ((a->kind == CQ_T_TEXT && b->kind == CQ_T_ASCII) || (a->kind == CQ_T_ASCII && b->kind == CQ_T_TEXT))
		return true;
	if ((a->kind == CQ_T_UUID && b->kind == CQ_T_TIMEUUID) || (a->kind == CQ_T_TIMEUUID && b->kind == CQ_T_UUID))
		return true;
	if ((a->kind == CQ_T_TIMESTAMP || a->kind == CQ_T_LEGACY_DATE || a->kind == CQ_T_BIGINT) &&
	    (b->kind == CQ_T_TIMESTAMP || b->kind == CQ_T_LEGACY_DATE || b->kind == CQ_T_BIGINT))
		return true;
	/* A dropped column's user type is a tuple, and 3.0 wrote frozen user types without saying so. */
	if ((a->kind == CQ_T_UDT || a->kind == CQ_T_TUPLE) && (b->kind == CQ_T_UDT || b->kind == CQ_T_TUPLE))
		;
	else if (a->kind != b->kind || a->multicell != b->multicell || a->narg != b->narg || a->dimension != b->dimension || !a->narg)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!can_be(a->arg[i], b->arg[i], depth + 1))
			return false;
	return true;
}

static const struct column *column_of(const struct header *h, cq_slice name)
{
	for (size_t i = 0; i < h->n; i++)
		if (cq_slice_eq(h->columns[i].name, name))
			return &h->columns[i];
	return NULL;
}

static const char *type_text(struct cq_out *o, const struct cq_type *t)
{
	struct cq_buf b = {0};
	const char *text;

	cq_type_cql(t, &b);
	text = cq_say_text(o, "%.120s", cq_buf_cstr(&b));
	cq_buf_finish(&b);
	return text;
}

#define SLICE(s) (int)((s).len < 80 ? (s).len : 80), (const char *)(s).p

/* a against the first generation of its table. */
static void against_first(struct cq_check_set *set, const struct header *first, const struct header *a)
{
	struct cq_out *o = &set->table_out[a->index];
	const cq_slice base = first->entry->desc.base;
	struct cq_check_finding *f;
	bool keys = can_be(first->key, a->key, 0) && first->nclustering == a->nclustering;

	for (size_t i = 0; keys && i < a->nclustering; i++)
		keys = can_be(first->clustering[i], a->clustering[i], 0) && first->clustering[i]->reversed == a->clustering[i]->reversed;
	if (!keys) {
		f = cq_say(o, CQ_ERROR, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "the HEADER has other key columns than %.*s of the same table: one of the two is "
			"another table's", SLICE(base));
		cq_say_expected(o, f, "%s, %zu clustering columns", type_text(o, first->key), first->nclustering);
		cq_say_found(o, f, "%s, %zu clustering columns", type_text(o, a->key), a->nclustering);
		f->effect = CQ_WRONG_ANSWERS;
	}
}

static void column_types(struct cq_check_set *set, const struct headers *h, size_t at)
{
	const struct header *a = &h->v[at];
	struct cq_out *o = &set->table_out[a->index];

	for (size_t i = 0; i < a->n; i++) {
		/* The earliest generation that has the column is what it is compared with: it tells which one was infected first. */
		for (size_t k = 0; k < at; k++) {
			const struct column *other = one_table(&h->v[k], a) ? column_of(&h->v[k], a->columns[i].name) : NULL;
			struct cq_check_finding *f;

			if (!other)
				continue;
			if (can_be(other->type, a->columns[i].type, 0) && other->is_static == a->columns[i].is_static)
				break;
			f = cq_say(o, CQ_WARNING, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "column %.*s has another %s than in %.*s of the same table",
				SLICE(a->columns[i].name), other->is_static != a->columns[i].is_static ? "kind" : "type", SLICE(h->v[k].entry->desc.base));
			cq_say_expected(o, f, "%s%s", type_text(o, other->type), other->is_static ? " static" : "");
			cq_say_found(o, f, "%s%s", type_text(o, a->columns[i].type), a->columns[i].is_static ? " static" : "");
			f->effect = CQ_REFUSED;
			break;
		}
	}
}

/* Columns that the table's schema does not know and another table of the keyspace has. */
static void foreign_columns(struct cq_check_set *set, const struct headers *h, size_t at)
{
	const struct header *a = &h->v[at], *whose = NULL;
	struct cq_out *o = &set->table_out[a->index];
	struct cq_check_finding *f;
	const struct column *example = NULL;
	size_t n = 0;

	for (size_t i = 0; a->has_ddl && i < a->n; i++) {
		if (a->known[i])
			continue;
		for (size_t k = 0; k < h->n; k++) {
			const struct header *b = &h->v[k];
			const struct column *other;

			if (one_table(a, b) || !one_keyspace(a, b))
				continue;
			other = column_of(b, a->columns[i].name);
			if (!other || !cq_type_eq(other->type, a->columns[i].type) || (whose && !one_table(whose, b)))
				continue;
			whose = b;
			example = &a->columns[i];
			n++;
			break;
		}
	}
	if (!n)
		return;
	f = cq_say(o, CQ_ERROR, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "%zu column%s of the HEADER (%.*s) %s not this table's but table %.*s's", n, n == 1 ? "" : "s",
		SLICE(example->name), n == 1 ? "is" : "are", SLICE(whose->entry->desc.place.table));
	f->effect = CQ_REFUSED;
}

static int by_generation(const void *pa, const void *pb)
{
	const struct header *a = pa, *b = pb;
	int c = cq_sst_id_cmp(&a->entry->desc.id, &b->entry->desc.id);

	return c ? c : a->index < b->index ? -1 : 1;
}

static void many(struct cq_check_set *set)
{
	const struct cq_desc_list *list = set->list;
	const struct cq_open_options how = { .metadata_only = true };
	struct headers h = {0};
	bool good = true;

	if (list->ntables < 2)
		return;
	h.v = calloc(list->ntables, sizeof *h.v);
	good = h.v;
	for (size_t i = 0; good && i < list->ntables; i++) {
		struct cq_table *t;

		if (list->tables[i].fate != CQ_TXN_NONE || cq_check_open(set->options, &set->report->tables[i], how, &t, NULL) != CQ_OK)
			continue;
		if (t->stats.has & CQ_HAS_HEADER)
			good = take(&h, t, i, &list->tables[i]);
		cq_table_close(t);
	}
	if (good && h.n)
		qsort(h.v, h.n, sizeof *h.v, by_generation);
	for (size_t i = 0; good && i < h.n; i++) {
		size_t first = 0;

		while (first < i && !one_table(&h.v[first], &h.v[i]))
			first++;
		if (first < i) {
			against_first(set, &h.v[first], &h.v[i]);
			column_types(set, &h, i);
		}
		foreign_columns(set, &h, i);
	}
	if (!good)
		cq_say_nomem(&set->out);
	cq_arena_finish(&h.arena);
	free(h.v);
}

const struct cq_rule cq_rule_header_foreign = {
	.id = "header-foreign", .title = "HEADERs of one table agree, and none has another table's columns", .severity = CQ_WARNING, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_MANY, .flags = CQ_RULE_SCHEMA, .many = many,
	.proves = "All SSTables of a table have the same key columns, and each column the same type and kind in all of them; with a schema at hand, no HEADER lists a column that only "
		"another table of the keyspace has.",
	.means = "Rows are decoded with the HEADER of their own file, so that each by itself looks healthy; what reads or compacts them together, or with the schema's types, fails "
		"or mixes values up, and compaction spreads the columns to new files.",
	.action = "Take the named generation out (the first one is where it began), and restore it from a replica. Stop compactions of the table before.",
	.bug = "CASSANDRA-21260, CASSANDRA-21216: another table's columns in a HEADER after schema changes. CASSANDRA-14843, CASSANDRA-13337: columns added again as another kind.",
	.silent = "Generations that list fewer columns; user types that got fields; types that ALTER TABLE could widen before 3.10.",
	.kinds = "27, 28",
};

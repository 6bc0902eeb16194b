/* A header and a DDL of one table: do they say the same, and what do they say together? */
#include "cq_schema_priv.h"

struct merge {
	const struct cq_schema *header, *ddl;
	struct cq_schema *out;
	struct cq_arena scratch;
	struct cq_names statics, regulars, dropped;      /* of the DDL, by name */
	bool compact_static;                             /* files hold the DDL's regulars as statics */
	bool super_column;                               /* files hold the second clustering column and the value as a map */
	cq_schema_report *report;
	void *arg;
	struct cq_buf line;
	bool no_memory;
};

/* ---- saying it -------------------------------------------------------------------------------------------- */

enum { MAX_SHOWN = 160 };                                /* of a name or a type in a sentence */

static void begin(struct merge *m)
{
	cq_buf_clear(&m->line);
}

static void put(struct merge *m, const char *s)
{
	cq_buf_str(&m->line, s);
}

/* Text of a file or a DDL: no longer than a line, and no control characters for a terminal. */
static void put_bounded(struct merge *m, struct cq_buf *b)
{
	size_t n = b->len > MAX_SHOWN ? MAX_SHOWN : b->len;

	for (size_t i = 0; i < n; i++) {
		if (b->p[i] < 0x20 || b->p[i] == 0x7f)
			cq_buf_printf(&m->line, "\\x%02x", b->p[i]);
		else
			cq_buf_byte(&m->line, b->p[i]);
	}
	if (n < b->len)
		put(m, "...");
	m->no_memory = m->no_memory || b->failed;
	cq_buf_finish(b);
}

static void put_name(struct merge *m, cq_slice name)
{
	struct cq_buf b = {0};

	cq_print_identifier(&b, name);
	put_bounded(m, &b);
}

static void put_type(struct merge *m, const struct cq_type *t)
{
	struct cq_buf b = {0};

	cq_type_cql(t, &b);
	put_bounded(m, &b);
}

static void put_number(struct merge *m, size_t n)
{
	cq_buf_u64(&m->line, n);
}

static void end(struct merge *m)
{
	const char *sentence = cq_buf_cstr(&m->line);

	m->no_memory = m->no_memory || m->line.failed;
	if (m->report && !m->line.failed)
		m->report(m->arg, sentence);
}

/* ---- comparing types -------------------------------------------------------------------------------------- */

/* Do values of the file's type read as what the DDL says? Recursion is bounded by the depth of types (64), and by the
 * file's type, which is a tree as long as its text. */
static bool fits(const struct cq_type *file, const struct cq_type *said, bool top, bool dropped)
{
	bool as_tuple = dropped && file->kind == CQ_T_UDT && said->kind == CQ_T_TUPLE;

	if (file->kind == CQ_T_LEGACY_DATE && said->kind == CQ_T_TIMESTAMP)
		return true;
	if ((file->kind != said->kind && !as_tuple) || (top && !dropped && file->multicell != said->multicell)
	    || (!top && file->reversed != said->reversed))
		return false;
	if (file->kind == CQ_T_UDT) {
		if (!as_tuple && !cq_slice_eq(file->name, said->name))
			return false;
		if (!as_tuple && (!said->narg || !file->narg))             /* not created in the DDL */
			return true;
		if (file->narg > said->narg)
			return false;
	} else if (file->narg != said->narg || file->dimension != said->dimension) {
		return false;
	}
	if (file->kind == CQ_T_CUSTOM && !cq_slice_eq(file->name, said->name))
		return false;
	for (size_t i = 0; i < file->narg; i++) {
		if (file->kind == CQ_T_DYNAMIC_COMPOSITE && !cq_slice_eq(file->field[i], said->field[i]))
			return false;
		if (!fits(file->arg[i], said->arg[i], false, dropped))
			return false;
	}
	return true;
}

static bool column_fits(const struct cq_type *file, const struct cq_type *said)
{
	return !said || !file || fits(file, said, true, false);
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

static bool counts_differ(struct merge *m, const char *what, size_t file, size_t said)
{
	if (file == said)
		return false;
	begin(m);
	put(m, what);
	put(m, ": the file has ");
	put_number(m, file);
	put(m, file == 1 ? " column, the DDL has " : " columns, the DDL has ");
	put_number(m, said);
	end(m);
	return true;
}

/* One key column; false (and said) when it contradicts. */
static bool key_fits(struct merge *m, const char *what, size_t i, const struct cq_type *file, cq_slice name,
	const struct cq_type *said)
{
	bool order = said && file && file->reversed != said->reversed;

	if (column_fits(file, said) && !order)
		return true;
	begin(m);
	put(m, what);
	put(m, " ");
	put_number(m, i + 1);
	put(m, " (");
	put_name(m, name);
	put(m, "): ");
	if (!column_fits(file, said)) {
		put_type(m, file);
		put(m, " in the file, ");
		put_type(m, said);
		put(m, " in the DDL");
		end(m);
		return false;
	}
	put(m, file->reversed ? "descending in the file, ascending in the DDL" : "ascending in the file, descending in the DDL");
	end(m);
	return false;
}

/* The types of a partition key, taken out of a composite where the other side has them one by one. */
struct key_types {
	size_t n;
	const struct cq_type *composite;                 /* NULL: the columns' own */
	const struct cq_schema_column *column;
};

static struct key_types key_types(const struct cq_schema_column *c, size_t n, size_t other)
{
	if (n == 1 && other > 1 && c[0].type && c[0].type->kind == CQ_T_COMPOSITE && c[0].type->narg == other)
		return (struct key_types){ .n = other, .composite = c[0].type };
	return (struct key_types){ .n = n, .column = c };
}

static const struct cq_type *key_type(const struct key_types *k, size_t i)
{
	return k->composite ? k->composite->arg[i] : k->column[i].type;
}

static void keep_guesses(struct merge *m)
{
	m->out->guessed_names = m->out->guessed_names || m->header->guessed_names;
}

/* One column declared as a CompositeType and several columns are the same bytes; the header cannot tell them apart. */
static int partition_key(struct merge *m, struct cq_arena *arena)
{
	const struct cq_schema *h = m->header, *d = m->ddl;
	struct key_types file = key_types(h->partition, h->npartition, d->npartition);
	struct key_types said = key_types(d->partition, d->npartition, h->npartition);
	struct cq_schema_column *out;
	bool good = !counts_differ(m, "partition key", file.n, said.n);

	for (size_t i = 0; good && i < file.n; i++) {
		cq_slice name = d->partition[said.composite ? 0 : i].name;

		if (!key_fits(m, "partition key column", i, key_type(&file, i), name, key_type(&said, i)))
			good = false;
	}
	if (!good) {
		keep_guesses(m);
		return CQ_OK;
	}
	out = cq_arena_zalloc(arena, d->npartition, sizeof *out);
	if (!out)
		return CQ_ENOMEM;
	for (size_t i = 0; i < d->npartition; i++) {
		out[i].name = d->partition[i].name;
		out[i].type = said.composite ? d->partition[i].type : key_type(&file, i);
	}
	m->out->partition = out;
	m->out->npartition = d->npartition;
	return CQ_OK;
}

/* How a COMPACT STORAGE table is laid out in this file; what CQL shows hides it. */
static void compact_layout(struct merge *m)
{
	const struct cq_schema *h = m->header, *d = m->ddl;

	m->compact_static = d->compact && !d->nclustering && h->nclustering == 1;
	m->super_column = d->compact && d->nclustering == 2 && h->nclustering == 1 && h->nregular == 1 && d->nregular == 1
		&& !h->regulars[0].name.len && h->regulars[0].type && h->regulars[0].type->kind == CQ_T_MAP;
}

static int clustering_key(struct merge *m, struct cq_arena *arena)
{
	const struct cq_schema *h = m->header, *d = m->ddl;
	size_t n = m->super_column ? 1 : d->nclustering;
	struct cq_schema_column *out;
	bool good = m->compact_static;

	if (!good) {
		good = true;
		if (d->compact && !d->nclustering) {
			begin(m);
			put(m, "clustering: a COMPACT STORAGE table without clustering columns has one (column1) in its files, this one has ");
			put_number(m, h->nclustering);
			end(m);
			good = false;
		} else {
			good = !counts_differ(m, "clustering", h->nclustering, n);
		}
		for (size_t i = 0; good && i < n; i++) {
			if (!key_fits(m, "clustering column", i, h->clustering[i].type, d->clustering[i].name, d->clustering[i].type))
				good = false;
		}
	}
	if (!good) {
		keep_guesses(m);
		return CQ_OK;
	}
	out = cq_arena_zalloc(arena, h->nclustering, sizeof *out);
	if (!out)
		return CQ_ENOMEM;
	for (size_t i = 0; i < h->nclustering; i++) {
		out[i].name = m->compact_static ? cq_slice_str("column1") : d->clustering[i].name;
		out[i].type = h->clustering[i].type;
	}
	m->out->clustering = out;
	return CQ_OK;
}

/* ---- columns ---------------------------------------------------------------------------------------------- */

static bool index_columns(struct merge *m)
{
	const struct cq_schema *d = m->ddl;
	bool good = true;

	for (size_t i = 0; good && i < d->nstatic; i++)
		good = cq_names_put(&m->scratch, &m->statics, d->statics[i].name, i);
	for (size_t i = 0; good && i < d->nregular; i++)
		good = cq_names_put(&m->scratch, &m->regulars, d->regulars[i].name, i);
	for (size_t i = 0; good && i < d->ndropped; i++)
		good = cq_names_put(&m->scratch, &m->dropped, d->dropped[i].name, i);
	return good;
}

/* Columns that COMPACT STORAGE keeps and CQL does not show. */
static bool hidden(struct merge *m, const struct cq_schema_column *c, bool is_static)
{
	const struct cq_type *map = c->type;
	const struct cq_schema *d = m->ddl;

	if (is_static || !d->compact)
		return false;
	if (m->compact_static)
		return cq_slice_is(c->name, "value");
	if (m->super_column)
		return !c->name.len && column_fits(map->arg[0], d->clustering[1].type) && column_fits(map->arg[1], d->regulars[0].type);
	return !d->nregular && c->type && c->type->kind == CQ_T_EMPTY;
}

static void say_column(struct merge *m, cq_slice name)
{
	begin(m);
	put(m, "column ");
	put_name(m, name);
	put(m, ": ");
}

static void column(struct merge *m, const struct cq_schema_column *c, bool is_static)
{
	const struct cq_schema *d = m->ddl;
	bool as_static = is_static && !m->compact_static;
	size_t at = cq_names_get(as_static ? &m->statics : &m->regulars, c->name);
	size_t other = cq_names_get(as_static ? &m->regulars : &m->statics, c->name);
	size_t gone = cq_names_get(&m->dropped, c->name);
	const struct cq_type *said = at == CQ_NO_NAME ? NULL : as_static ? d->statics[at].type : d->regulars[at].type;

	if (m->compact_static && !is_static && at != CQ_NO_NAME) {       /* a regular where a static should be */
		say_column(m, c->name);
		put(m, "regular in the file, where COMPACT STORAGE keeps it as a static");
		end(m);
		return;
	}
	if (at != CQ_NO_NAME && column_fits(c->type, said))
		return;
	if (gone != CQ_NO_NAME && d->dropped[gone].is_static == as_static
	    && (!c->type || fits(c->type, d->dropped[gone].type, true, true)))
		return;
	if (at == CQ_NO_NAME && (hidden(m, c, is_static) || d->open_columns))
		return;
	say_column(m, c->name);
	if (at != CQ_NO_NAME || (gone != CQ_NO_NAME && d->dropped[gone].is_static == as_static)) {
		put_type(m, c->type);
		put(m, " in the file, ");
		put_type(m, at != CQ_NO_NAME ? said : d->dropped[gone].type);
		put(m, at != CQ_NO_NAME ? " in the DDL" : " when the DDL dropped it");
		if (at != CQ_NO_NAME && c->type->kind == CQ_T_UDT && said->kind == CQ_T_UDT && c->type->multicell && said->frozen)
			put(m, " (Cassandra 3.0 wrote frozen user types without saying so)");
	} else if (other != CQ_NO_NAME || gone != CQ_NO_NAME) {
		put(m, is_static ? "static in the file, regular in the DDL" : "regular in the file, static in the DDL");
	} else {
		if (c->type)
			put_type(m, c->type);
		put(m, is_static ? " static in the file, and the DDL neither has nor dropped it"
			: " in the file, and the DDL neither has nor dropped it");
	}
	end(m);
}

static void table_id(struct merge *m)
{
	const struct cq_schema *h = m->header, *d = m->ddl;

	if (!d->has_id)
		return;
	if (h->has_id && memcmp(h->id, d->id, sizeof h->id) != 0) {
		begin(m);
		put(m, "table id: the file's is ");
		cq_print_uuid(&m->line, h->id);
		put(m, ", the DDL's is ");
		cq_print_uuid(&m->line, d->id);
		end(m);
		return;
	}
	memcpy(m->out->id, d->id, sizeof d->id);
	m->out->has_id = true;
}

/* What a header cannot say. */
static void take_options(struct cq_schema *out, const struct cq_schema *d)
{
	if (d->keyspace.p)
		out->keyspace = d->keyspace;
	if (d->table.p)
		out->table = d->table;
	out->compact = d->compact;
	out->is_view = d->is_view;
	out->missing_type = d->missing_type;
	out->ndropped = d->ndropped;
	out->dropped = d->dropped;
	out->bloom_fp_chance = d->bloom_fp_chance;
	out->gc_grace_seconds = d->gc_grace_seconds;
	out->min_index_interval = d->min_index_interval;
	out->default_ttl = d->default_ttl;
	out->text = d->text;
}

int cq_schema_merge(struct cq_arena *arena, const struct cq_schema *header, const struct cq_schema *ddl,
	struct cq_schema **out, cq_schema_report *report, void *arg, struct cq_error *err)
{
	struct merge m = { .header = header, .ddl = ddl, .report = report, .arg = arg };
	int rc = CQ_OK;

	m.out = cq_arena_zalloc(arena, 1, sizeof *m.out);
	if (!m.out || !index_columns(&m))
		rc = CQ_ENOMEM;
	if (rc == CQ_OK) {
		*m.out = *header;
		m.out->guessed_names = false;
		take_options(m.out, ddl);
		table_id(&m);
		compact_layout(&m);
		rc = partition_key(&m, arena);
	}
	if (rc == CQ_OK)
		rc = clustering_key(&m, arena);
	for (size_t i = 0; rc == CQ_OK && i < header->nstatic; i++)
		column(&m, &header->statics[i], true);
	for (size_t i = 0; rc == CQ_OK && i < header->nregular; i++)
		column(&m, &header->regulars[i], false);
	cq_buf_finish(&m.line);
	cq_arena_finish(&m.scratch);
	if (rc != CQ_OK || m.no_memory)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory to compare schemas");
	*out = m.out;
	return CQ_OK;
}

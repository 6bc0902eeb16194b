/* One file, because the layout is one thing: what comes before, between and after each piece has to be seen together. */
#include "dump_json.h"

#include <stdlib.h>

#include "dump_value.h"
#include "dump_words.h"

/* ---- state ---- */

/* A column's words, made once: ",\n          { "name" : "v", "value" : " and so on. */
struct column {
	cq_slice value, path, deletion;        /* all begin with the comma that the first cell leaves out */
	cq_slice *fields;                      /* UDT, one a field: "street" */
	const struct cq_type *path_type, *cell_type;   /* cell_type NULL: of the field */
};

struct dump_json {
	const struct cq_table *table;
	struct cq_buf *out;
	struct dump_options opt;
	const struct dump_words *w;
	struct cq_arena arena;
	struct column *statics, *regulars;
	cq_slice partition_next;
	unsigned print_flags;
	struct dump_clock clock, value_clock;
	/* what is open */
	bool waiting, in_partition, any_partition, any_row;
	struct cq_partition partition;         /* waiting: its header is not written yet */
	struct cq_buf key;                     /* its key */
	const struct cq_event *ev;             /* at hand, for on_bad */
	struct cq_buf scratch;
};

static inline void word(struct dump_json *j, struct dump_word w)
{
	dump_put(j->out, w.s, w.n);
}

static inline void number(struct dump_json *j, int64_t v)
{
	dump_number(j->out, v);
}

/* ---- times ---- */

/* A write time, without quotes. */
static inline void micros(struct dump_json *j, int64_t t)
{
	if (j->opt.raw_times)
		dump_number(j->out, t);
	else
		dump_micros(j->out, &j->clock, t, j->opt.as_sstabledump);
}

/* A local deletion or expiry time. */
static inline void seconds(struct dump_json *j, int64_t t)
{
	if (j->opt.raw_times)
		dump_number(j->out, t);
	else
		dump_seconds(j->out, &j->clock, t);
}

static void deletion(struct dump_json *j, struct cq_deletion d)
{
	word(j, j->w->marked);
	micros(j, d.timestamp);
	cq_buf_byte(j->out, '"');
	word(j, j->w->local);
	seconds(j, d.ldt);
	cq_buf_byte(j->out, '"');
	word(j, j->w->object_close);
}

/* ---- values ---- */

static CQ_COLD void hex_string(struct dump_json *j, cq_slice v)
{
	cq_buf_str(j->out, "\"0x");
	cq_buf_hex(j->out, v);
	cq_buf_byte(j->out, '"');
}

static CQ_COLD void bad_value(struct dump_json *j, cq_slice v, cq_slice what, uint64_t off, const struct cq_error *err)
{
	hex_string(j, v);
	if (j->opt.on_bad)
		j->opt.on_bad(j->opt.arg, j->ev, what, off, err);
}

/* A value as JSON. */
static inline void value(struct dump_json *j, const struct cq_type *t, cq_slice v, cq_slice what, uint64_t off)
{
	struct cq_error err;

	if (CQ_LIKELY(dump_value(j->out, &j->value_clock, t, v)))
		return;
	if (!v.p)
		dump_put(j->out, DUMP_LITERAL("null"));
	else if (CQ_UNLIKELY(cq_value_json(t, v, j->out, j->print_flags, &err) != CQ_OK))
		bad_value(j, v, what, off, &err);
}

/* Text of a value as a JSON string: keys and paths. */
static void text_string(struct dump_json *j, const struct cq_type *t, cq_slice v, cq_slice what, uint64_t off)
{
	struct cq_error err;

	switch (t->kind) {
	case CQ_T_TEXT:
	case CQ_T_ASCII:
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
		value(j, t, v, what, off);         /* the same text */
		return;
	default:
		break;
	}
	cq_buf_clear(&j->scratch);
	if (cq_value_text(t, v, &j->scratch, &err) != CQ_OK) {
		bad_value(j, v, what, off, &err);
		return;
	}
	cq_json_string(j->out, cq_buf_bytes(&j->scratch));
	j->out->failed |= j->scratch.failed;
}

/* ---- partitions ---- */

static const char key_words[] = "partition key";

/* The strings of a key's components, with the brackets' inside only. */
static void key(struct dump_json *j, cq_slice bytes, uint64_t off)
{
	const struct cq_type *t = j->table->stats.key_type, *type;
	cq_slice elem, what = cq_slice_of(DUMP_LITERAL(key_words));
	struct cq_error err = {0};
	struct cq_elements it;
	size_t start = j->out->len;
	int rc, n = 0;

	if (t->kind != CQ_T_COMPOSITE) {
		text_string(j, t, bytes, what, off);
		return;
	}
	cq_elements_init(&it, t, bytes);
	while ((rc = cq_elements_next(&it, &type, &elem, &err)) == CQ_OK) {
		if (n++)
			word(j, j->w->list_comma);
		text_string(j, type, elem.p ? elem : cq_slice_of("", 0), what, off);
	}
	if (rc < 0) {
		if (!j->out->failed)
			j->out->len = start;
		bad_value(j, bytes, what, off, &err);
	}
}

static void open_partition(struct dump_json *j, uint64_t position)
{
	const struct dump_words *w = j->w;
	size_t skip = j->any_partition ? 0 : 1;

	cq_buf_put(j->out, j->partition_next.p + skip, j->partition_next.len - skip);
	key(j, j->partition.key, j->partition.off);
	word(j, w->position);
	number(j, (int64_t)position);
	if (!cq_deletion_live(j->partition.deletion)) {
		word(j, w->partition_deletion);
		deletion(j, j->partition.deletion);
	}
	word(j, w->partition_close);
	word(j, w->rows_open);
	j->waiting = false;
	j->in_partition = j->any_partition = true;
	j->any_row = false;
}

static void close_partition(struct dump_json *j)
{
	word(j, j->any_row ? j->w->rows_close_some : j->w->rows_close_none);
	word(j, j->w->partition_end);
	j->in_partition = false;
}

/* ---- rows ---- */

static void clustering(struct dump_json *j, const struct cq_prefix *c, struct dump_word words)
{
	const struct cq_ctx *x = &j->table->ctx;
	static const char what[] = "clustering";

	if (!c->n)
		return;
	word(j, words);
	for (uint32_t i = 0; i < x->nclustering; i++) {
		if (i)
			word(j, j->w->list_comma);
		if (i >= c->n)
			cq_buf_put(j->out, DUMP_LITERAL("\"*\""));
		else
			value(j, x->clustering[i], c->values[i], cq_slice_of(DUMP_LITERAL(what)), j->ev->off);
	}
	word(j, j->w->list_close);
}

static void expiry(struct dump_json *j, int32_t ttl, int64_t ldt, bool expired)
{
	word(j, j->w->ttl);
	number(j, ttl);
	word(j, j->w->expires);
	seconds(j, ldt);
	word(j, expired ? j->w->expired_true : j->w->expired_false);
}

static void path(struct dump_json *j, const struct column *c, const struct cq_cell *cell, uint64_t off)
{
	if (c->fields) {
		unsigned field = cell->path.len == 2 ? cq_be16(cell->path.p) : 0xffff;

		if (field < cell->column->type->narg) {
			cq_buf_slice(j->out, c->fields[field]);
		} else {
			struct cq_error err = {0};

			cq_fail(&err, CQ_DAMAGED, CQ_NO_OFFSET, "the path names no field of the type");
			bad_value(j, cell->path, cell->column->name, off, &err);
		}
		return;
	}
	text_string(j, c->path_type, cell->path, cell->column->name, off);
}

static inline void cell_words(struct dump_json *j, cq_slice s, bool first)
{
	dump_put(j->out, s.p + first, s.len - first);
}

static inline void cell(struct dump_json *j, const struct column *c, const struct cq_row *r, const struct cq_cell *cell,
	bool first)
{
	const struct dump_words *w = j->w;
	uint64_t off = j->ev->off + cell->off;
	const struct cq_type *type = c->cell_type;
	bool deleted = cell->flags & CQ_CELL_DELETED, complex = cell->column->complex;
	bool timestamp = !r->has_liveness || r->timestamp == CQ_NO_TIMESTAMP || cell->timestamp != r->timestamp;

	if (complex) {
		cell_words(j, c->path, first);
		path(j, c, cell, off);
		word(j, deleted ? w->path_deletion : w->path_value);
		if (!type)
			type = cq_type_cell_value(cell->column->type, cell->path);
	} else {
		cell_words(j, deleted ? c->deletion : c->value, first);
	}
	if (deleted) {
		word(j, w->local_first);
		seconds(j, cell->ldt);
		cq_buf_byte(j->out, '"');
		word(j, w->object_close);
		if (timestamp) {
			word(j, w->tstamp_after_deletion);
			micros(j, cell->timestamp);
			cq_buf_byte(j->out, '"');
		}
		word(j, w->cell_close_after_deletion);
		return;
	}
	if (CQ_LIKELY(type != NULL))
		value(j, type, cell->value, cell->column->name, off);
	else
		hex_string(j, cell->value);        /* path() has said why */
	if (timestamp) {
		word(j, w->tstamp);
		micros(j, cell->timestamp);
		cq_buf_byte(j->out, '"');
	}
	if (CQ_UNLIKELY(cell->flags & CQ_CELL_EXPIRING)
		&& (!r->has_liveness || r->timestamp == CQ_NO_TIMESTAMP || cell->ttl != r->ttl))
		expiry(j, cell->ttl, cell->ldt, cell->ldt != CQ_NO_LDT && (cell->ttl == 0 || j->opt.now >= cell->ldt));
	word(j, w->cell_close);
}

static void complex_deletion(struct dump_json *j, const struct column *c, struct cq_deletion d, bool first)
{
	cell_words(j, c->deletion, first);
	deletion(j, d);
	word(j, j->w->cell_close);
}

static bool wanted(const struct dump_json *j, const struct cq_cell *c)
{
	return !j->opt.only_tombstones || (c->flags & CQ_CELL_DELETED);
}

static void cells(struct dump_json *j, const struct cq_row *r, const struct column *columns)
{
	bool any = false;

	word(j, j->w->cells_open);
	for (uint32_t i = 0; i < r->nsimple; i++) {
		if (CQ_UNLIKELY(!wanted(j, &r->cells[i])))
			continue;
		cell(j, &columns[r->cells[i].column->index], r, &r->cells[i], !any);
		any = true;
	}
	for (uint32_t i = 0; i < r->ncomplex; i++) {
		const struct cq_complex *x = &r->complex[i];
		const struct column *c = &columns[x->column->index];

		if (!cq_deletion_live(x->deletion)) {
			complex_deletion(j, c, x->deletion, !any);
			any = true;
		}
		for (uint32_t k = x->first; k < x->first + x->count; k++) {
			if (!wanted(j, &r->cells[k]))
				continue;
			cell(j, c, r, &r->cells[k], !any);
			any = true;
		}
	}
	word(j, any ? j->w->cells_close_some : j->w->cells_close_none);
}

/* ",\n" before every row but the first, "\n" (or nothing) before that. */
static void next_row(struct dump_json *j, struct dump_word w)
{
	size_t skip = j->any_row ? 0 : 1;

	dump_put(j->out, w.s + skip, w.n - skip);
	j->any_row = true;
}

static void row(struct dump_json *j, const struct cq_event *ev, bool is_static)
{
	const struct dump_words *w = j->w;
	const struct cq_row *r = ev->row;

	if (is_static) {
		next_row(j, w->static_next);
		number(j, (int64_t)(j->opt.as_sstabledump ? ev->off + ev->len : ev->off));
	} else {
		next_row(j, w->row_next);
		number(j, (int64_t)ev->off);
		clustering(j, &r->clustering, w->clustering);
	}
	if (r->has_liveness && r->timestamp != CQ_NO_TIMESTAMP && !j->opt.only_tombstones) {
		word(j, w->liveness);
		micros(j, r->timestamp);
		cq_buf_byte(j->out, '"');
		if (r->ttl)
			expiry(j, r->ttl, r->ldt, r->ldt < j->opt.now);
		word(j, w->object_close);
	}
	if (!cq_deletion_live(r->deletion)) {
		word(j, w->row_deletion);
		deletion(j, r->deletion);
	}
	cells(j, r, is_static ? j->statics : j->regulars);
	word(j, w->row_end);
}

/* ---- range tombstones ---- */

static void side(struct dump_json *j, const struct cq_prefix *bound, bool start, bool inclusive, struct cq_deletion d)
{
	const struct dump_words *w = j->w;

	word(j, start ? w->side_start : w->side_end);
	word(j, inclusive ? w->side_inclusive : w->side_exclusive);
	clustering(j, bound, w->side_clustering);
	word(j, w->side_deletion);
	deletion(j, d);
	word(j, w->side_close);
}

static void marker(struct dump_json *j, const struct cq_marker *m)
{
	enum cq_bound_kind k = m->bound.kind;
	bool opens = cq_bound_opens(k), closes = cq_bound_closes(k);

	next_row(j, opens && closes ? j->w->boundary_next : j->w->bound_next);
	if (opens)
		side(j, &m->bound, true, k == CQ_INCL_START || k == CQ_EXCL_END_INCL_START, m->open);
	if (closes)
		side(j, &m->bound, false, k == CQ_INCL_END || k == CQ_INCL_END_EXCL_START, m->close);
	word(j, j->w->marker_end);
}

/* ---- events ---- */

static bool has_tombstones(const struct cq_row *r)
{
	if (!cq_deletion_live(r->deletion))
		return true;
	for (uint32_t i = 0; i < r->ncomplex; i++)
		if (!cq_deletion_live(r->complex[i].deletion))
			return true;
	for (uint32_t i = 0; i < r->ncells; i++)
		if (r->cells[i].flags & CQ_CELL_DELETED)
			return true;
	return false;
}

/* Where sstabledump 5.0 believes that a partition starts: at its first unfiltered, behind header and static row. */
static uint64_t partition_position(const struct dump_json *j, const struct cq_event *ev)
{
	if (!j->opt.as_sstabledump)
		return j->partition.off;
	return ev->kind == CQ_EV_STATIC ? ev->off + ev->len : ev->off;
}

void dump_json_event(struct dump_json *j, const struct cq_event *ev)
{
	j->ev = ev;
	if (ev->kind == CQ_EV_PARTITION) {
		/* Its key may move before the next event comes. */
		cq_buf_clear(&j->key);
		cq_buf_slice(&j->key, ev->partition->key);
		j->out->failed |= j->key.failed;
		j->partition = *ev->partition;
		j->partition.key = cq_slice_of(j->key.len ? j->key.p : (const uint8_t *)"", j->key.len);
		j->waiting = true;
		return;
	}
	if (j->opt.only_tombstones) {
		bool some = ev->kind == CQ_EV_MARKER || (ev->row && has_tombstones(ev->row));

		/* A partition is opened by the first tombstone in it, or closes without having been. */
		if (!some && ev->kind != CQ_EV_PARTITION_END)
			return;
		if (!some && j->waiting && cq_deletion_live(j->partition.deletion)) {
			j->waiting = false;
			return;
		}
	}
	if (j->waiting)
		open_partition(j, partition_position(j, ev));
	switch (ev->kind) {
	case CQ_EV_STATIC:
		row(j, ev, true);
		break;
	case CQ_EV_ROW:
		row(j, ev, false);
		break;
	case CQ_EV_MARKER:
		marker(j, ev->marker);
		break;
	case CQ_EV_PARTITION_END:
		close_partition(j);
		break;
	default:
		break;
	}
}

void dump_json_key(struct dump_json *j, cq_slice bytes, uint64_t off)
{
	const struct cq_partition p = { .key = bytes, .off = off };
	const struct cq_event ev = { .kind = CQ_EV_PARTITION, .off = off, .partition = &p };

	j->ev = &ev;
	if (j->any_partition)
		cq_buf_byte(j->out, ',');
	dump_put(j->out, DUMP_LITERAL(" [ "));
	key(j, bytes, off);
	dump_put(j->out, DUMP_LITERAL(" ]"));
	j->any_partition = true;
	j->ev = NULL;
}

void dump_json_begin(struct dump_json *j)
{
	word(j, j->w->file_open);
}

void dump_json_end(struct dump_json *j)
{
	const struct cq_event ev = { .kind = CQ_EV_PARTITION, .off = j->partition.off, .partition = &j->partition };

	j->ev = &ev;
	/* Stopped right behind a partition's header: what is known of it is printed. */
	if (j->waiting && !(j->opt.only_tombstones && cq_deletion_live(j->partition.deletion)))
		open_partition(j, j->partition.off + (j->opt.as_sstabledump ? j->partition.header_len : 0));
	if (j->in_partition)
		close_partition(j);
	word(j, j->any_partition ? j->w->file_close_some : j->w->file_close_none);
	j->ev = NULL;
}

void dump_json_others(struct dump_json *j)
{
	j->any_partition = true;
}

bool dump_json_any(const struct dump_json *j)
{
	return j->any_partition;
}

/* ---- setting up ---- */

static cq_slice keep(struct dump_json *j, const struct cq_buf *b)
{
	return cq_slice_of(cq_arena_dup(&j->arena, b->p, b->len), b->len);
}

static bool set_up_columns(struct dump_json *j, const struct cq_kind_columns *kind, struct column **out)
{
	struct column *columns = cq_arena_zalloc(&j->arena, kind->n + 1, sizeof *columns);
	struct cq_buf b = {0}, name = {0};

	for (uint32_t i = 0; columns && i < kind->n; i++) {
		const struct cq_column *from = &kind->columns[i];
		struct column *c = &columns[i];
		size_t stem;

		cq_buf_clear(&name);
		cq_print_identifier(&name, from->name);
		cq_buf_clear(&b);
		cq_buf_put(&b, j->w->cell_next.s, j->w->cell_next.n);
		cq_json_string(&b, cq_buf_bytes(&name));
		stem = b.len;
		cq_buf_put(&b, j->w->cell_value.s, j->w->cell_value.n);
		c->value = keep(j, &b);
		b.len = stem;
		cq_buf_put(&b, j->w->cell_path.s, j->w->cell_path.n);
		c->path = keep(j, &b);
		b.len = stem;
		cq_buf_put(&b, j->w->cell_deletion.s, j->w->cell_deletion.n);
		c->deletion = keep(j, &b);
		c->cell_type = from->type;
		if (!from->complex)
			continue;
		c->path_type = cq_type_path(from->type);
		if (from->type->kind != CQ_T_UDT) {
			c->cell_type = cq_type_cell_value(from->type, (cq_slice){0});
			continue;
		}
		c->cell_type = NULL;
		c->fields = cq_arena_zalloc(&j->arena, from->type->narg + 1, sizeof *c->fields);
		for (size_t k = 0; c->fields && k < from->type->narg; k++) {
			cq_buf_clear(&b);
			cq_json_string(&b, from->type->field[k]);
			c->fields[k] = keep(j, &b);
			if (!c->fields[k].p)
				columns = NULL;
		}
		if (!c->fields)
			columns = NULL;
	}
	for (uint32_t i = 0; columns && i < kind->n; i++)
		if (!columns[i].value.p || !columns[i].path.p || !columns[i].deletion.p)
			columns = NULL;
	*out = columns;
	if (b.failed || name.failed)
		columns = NULL;
	cq_buf_finish(&b);
	cq_buf_finish(&name);
	return columns != NULL;
}

int dump_json_open(struct dump_json **out, const struct cq_table *t, struct cq_buf *buf, const struct dump_options *opt)
{
	struct dump_json *j = calloc(1, sizeof *j);
	struct cq_buf b = {0};

	if (!j)
		return CQ_ENOMEM;
	j->table = t;
	j->out = buf;
	j->opt = *opt;
	j->any_partition = opt->continues;
	j->w = opt->lines ? &dump_compact : &dump_pretty;
	j->print_flags = opt->as_sstabledump ? CQ_PRINT_SSTABLEDUMP : 0;
	j->clock.second = j->clock.day = j->value_clock.second = j->value_clock.day = -1;
	cq_buf_printf(&b, j->w->partition_next, t->desc.place.index.p ? "INDEX" : "REGULAR");
	j->partition_next = keep(j, &b);
	cq_buf_finish(&b);
	if (!j->partition_next.p || !set_up_columns(j, &t->ctx.statics, &j->statics)
		|| !set_up_columns(j, &t->ctx.regulars, &j->regulars)) {
		dump_json_close(j);
		return CQ_ENOMEM;
	}
	*out = j;
	return CQ_OK;
}

void dump_json_close(struct dump_json *j)
{
	if (!j)
		return;
	cq_arena_finish(&j->arena);
	cq_buf_finish(&j->key);
	cq_buf_finish(&j->scratch);
	free(j);
}

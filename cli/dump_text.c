#include "dump_text.h"

#include <stdlib.h>

#include "dump_value.h"

struct dump_text {
	const struct cq_table *table;
	struct cq_buf *out;
	struct dump_options opt;
	struct cq_buf key;                     /* "[key]@" of the partition */
	struct cq_deletion deletion;           /* of the partition */
	uint64_t start, position;
	bool waiting;                          /* its deletion is not printed yet */
	const struct cq_event *ev;
};

static void put(struct dump_text *d, const char *s)
{
	cq_buf_str(d->out, s);
}

static CQ_COLD void bad_value(struct dump_text *d, cq_slice v, cq_slice what, uint64_t off, const struct cq_error *err)
{
	put(d, "0x");
	cq_buf_hex(d->out, v);
	if (d->opt.on_bad)
		d->opt.on_bad(d->opt.arg, d->ev, what, off, err);
}

static void text(struct dump_text *d, const struct cq_type *t, cq_slice v, cq_slice what, uint64_t off)
{
	struct cq_error err;

	if (!v.p)
		put(d, "null");
	else if (cq_value_text(t, v, d->out, &err) != CQ_OK)
		bad_value(d, v, what, off, &err);
}

/* deletedAt=1700000000000000, localDeletion=1700000000 */
static void deletion(struct dump_text *d, struct cq_deletion del)
{
	put(d, "deletedAt=");
	dump_number(d->out, del.timestamp);
	put(d, ", localDeletion=");
	dump_number(d->out, del.ldt);
}

static void line_head(struct dump_text *d, uint64_t position)
{
	cq_buf_slice(d->out, cq_buf_bytes(&d->key));
	dump_number(d->out, (int64_t)position);
	cq_buf_byte(d->out, ' ');
}

/* ---- rows ---- */

static void cell(struct dump_text *d, const struct cq_cell *c)
{
	const struct cq_column *col = c->column;
	uint64_t off = d->ev->off + c->off;
	bool deleted = c->flags & CQ_CELL_DELETED;
	bool of_udt = col->complex && col->type->kind == CQ_T_UDT;
	const struct cq_type *type = col->type;
	struct cq_error err;
	int64_t total;

	cq_buf_byte(d->out, '[');
	cq_buf_slice(d->out, col->name);
	if (of_udt && !d->opt.as_sstabledump) {
		unsigned field = c->path.len == 2 ? cq_be16(c->path.p) : 0xffff;

		/* sstabledump does not say which field, and takes its value for one of the whole type. */
		cq_buf_byte(d->out, '[');
		if (field < type->narg)
			cq_buf_slice(d->out, type->field[field]);
		else
			bad_value(d, c->path, col->name, off, NULL);
		cq_buf_byte(d->out, ']');
		type = cq_type_cell_value(type, c->path);
	} else if (col->complex && !of_udt) {
		cq_buf_byte(d->out, '[');
		text(d, cq_type_path(type), c->path, col->name, off);
		cq_buf_byte(d->out, ']');
		type = cq_type_cell_value(type, c->path);
	}
	cq_buf_byte(d->out, '=');
	if (deleted) {
		put(d, "<tombstone>");
	} else if (col->counter) {
		if (cq_counter_total(c->value, &total, &err) == CQ_OK)
			dump_number(d->out, total);
		else
			bad_value(d, c->value, col->name, off, &err);
	} else if (!type || (of_udt && d->opt.as_sstabledump)) {
		if (!type || cq_value_text(type, c->value, d->out, NULL) != CQ_OK) {
			put(d, "0x");
			cq_buf_hex(d->out, c->value);
		}
	} else {
		text(d, type, c->value, col->name, off);
	}
	put(d, " ts=");
	dump_number(d->out, c->timestamp);
	if (c->flags & CQ_CELL_EXPIRING) {
		put(d, " ttl=");
		dump_number(d->out, c->ttl);
	}
	if (c->flags & (CQ_CELL_EXPIRING | CQ_CELL_DELETED)) {
		put(d, " ldt=");
		dump_number(d->out, c->ldt);
	}
	cq_buf_byte(d->out, ']');
}

static void info(struct dump_text *d, const struct cq_row *r)
{
	put(d, "Row[info=[ts=");
	dump_number(d->out, r->has_liveness ? r->timestamp : CQ_NO_TIMESTAMP);
	if (r->has_liveness && r->ttl) {
		put(d, " ttl=");
		dump_number(d->out, r->ttl);
		put(d, ", let=");
		dump_number(d->out, r->ldt);
	}
	cq_buf_byte(d->out, ']');
	if (!cq_deletion_live(r->deletion)) {
		put(d, " del=");
		deletion(d, r->deletion);
		if (r->shadowable)
			put(d, "(shadowable)");
	}
	put(d, " ]: ");
}

static void clustering(struct dump_text *d, const struct cq_row *r)
{
	struct cq_error err;

	for (uint32_t i = 0; i < r->clustering.n; i++) {
		cq_slice v = r->clustering.values[i];

		if (i)
			put(d, ", ");
		if (!v.p)
			put(d, "null");
		else if (cq_value_cql(d->table->ctx.clustering[i], v, d->out, &err) != CQ_OK)
			bad_value(d, v, cq_slice_str("clustering"), d->ev->off, &err);
	}
}

static bool wanted(const struct dump_text *d, const struct cq_cell *c)
{
	return !d->opt.only_tombstones || (c->flags & CQ_CELL_DELETED);
}

static bool complex_tombstones(const struct cq_row *r, const struct cq_complex *x)
{
	if (!cq_deletion_live(x->deletion))
		return true;
	for (uint32_t k = x->first; k < x->first + x->count; k++)
		if (r->cells[k].flags & CQ_CELL_DELETED)
			return true;
	return false;
}

static bool has_tombstones(const struct cq_row *r)
{
	if (!cq_deletion_live(r->deletion))
		return true;
	for (uint32_t i = 0; i < r->nsimple; i++)
		if (r->cells[i].flags & CQ_CELL_DELETED)
			return true;
	for (uint32_t i = 0; i < r->ncomplex; i++)
		if (complex_tombstones(r, &r->complex[i]))
			return true;
	return false;
}

static void row(struct dump_text *d, const struct cq_event *ev)
{
	const struct cq_row *r = ev->row;
	bool any = false;

	info(d, r);
	if (ev->kind == CQ_EV_STATIC)
		put(d, "STATIC");
	else
		clustering(d, r);
	put(d, " | ");
	for (uint32_t i = 0; i < r->nsimple; i++) {
		if (!wanted(d, &r->cells[i]))
			continue;
		if (any)
			put(d, ", ");
		any = true;
		cell(d, &r->cells[i]);
	}
	for (uint32_t i = 0; i < r->ncomplex; i++) {
		const struct cq_complex *x = &r->complex[i];

		if (d->opt.only_tombstones && !complex_tombstones(r, x))
			continue;
		if (any)
			put(d, ", ");
		any = true;
		if (!cq_deletion_live(x->deletion)) {
			put(d, "del(");
			cq_buf_slice(d->out, x->column->name);
			put(d, ")=");
			deletion(d, x->deletion);
		}
		/* Without a deletion an empty item is left: sstabledump's own way to say so. */
		for (uint32_t k = x->first; k < x->first + x->count; k++) {
			if (!wanted(d, &r->cells[k]))
				continue;
			put(d, ", ");
			cell(d, &r->cells[k]);
		}
	}
	cq_buf_byte(d->out, '\n');
}

/* ---- markers ---- */

static void mark(struct dump_text *d, struct cq_deletion del)
{
	dump_number(d->out, del.timestamp);
	cq_buf_byte(d->out, '/');
	dump_number(d->out, del.ldt);
}

static void marker(struct dump_text *d, const struct cq_marker *m)
{
	bool opens = cq_bound_opens(m->bound.kind), closes = cq_bound_closes(m->bound.kind);

	put(d, "Marker ");
	put(d, cq_bound_kind_name(m->bound.kind));
	cq_buf_byte(d->out, '(');
	for (uint32_t i = 0; i < m->bound.n; i++) {
		if (i)
			put(d, ", ");
		text(d, d->table->ctx.clustering[i], m->bound.values[i], cq_slice_str("clustering"), d->ev->off);
	}
	put(d, ")@");
	if (closes)
		mark(d, m->close);
	if (opens && closes)
		cq_buf_byte(d->out, '-');
	if (opens)
		mark(d, m->open);
	cq_buf_byte(d->out, '\n');
}

/* ---- events ---- */

void dump_text_event(struct dump_text *d, const struct cq_event *ev)
{
	bool liar = d->opt.as_sstabledump;

	d->ev = ev;
	if (ev->kind == CQ_EV_PARTITION) {
		cq_buf_clear(&d->key);
		cq_buf_byte(&d->key, '[');
		cq_table_print_key(d->table, ev->partition->key, &d->key);
		cq_buf_put(&d->key, DUMP_LITERAL("]@"));
		d->deletion = ev->partition->deletion;
		d->start = ev->off;
		d->waiting = true;
		return;
	}
	if (d->waiting) {
		/* sstabledump takes the first unfiltered for the place of what comes before it, too. */
		d->position = !liar ? d->start : ev->kind == CQ_EV_STATIC ? ev->off + ev->len : ev->off;
		if (!cq_deletion_live(d->deletion)) {
			line_head(d, d->position);
			deletion(d, d->deletion);
			cq_buf_byte(d->out, '\n');
		}
		d->waiting = false;
	}
	if (ev->kind == CQ_EV_PARTITION_END)
		return;
	if (d->opt.only_tombstones && ev->row && !has_tombstones(ev->row))
		return;
	line_head(d, liar && ev->kind == CQ_EV_STATIC ? d->position : ev->off);
	if (ev->kind == CQ_EV_MARKER)
		marker(d, ev->marker);
	else
		row(d, ev);
	d->out->failed |= d->key.failed;
}

int dump_text_open(struct dump_text **out, const struct cq_table *t, struct cq_buf *buf, const struct dump_options *opt)
{
	struct dump_text *d = calloc(1, sizeof *d);

	if (!d)
		return CQ_ENOMEM;
	d->table = t;
	d->out = buf;
	d->opt = *opt;
	*out = d;
	return CQ_OK;
}

void dump_text_close(struct dump_text *d)
{
	if (!d)
		return;
	cq_buf_finish(&d->key);
	free(d);
}

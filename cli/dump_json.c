/* One file, because the layout is one thing: what comes before, between and after each piece has to be seen together. */
#include "dump_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "dump_value.h"
#include "dump_words.h"

/* ---- state ---- */

/* A column's words, made once: ",\n          { "name" : "v", "value" : " and so on, with DUMP_BLOCK bytes of room behind. */
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
	struct dump_word partition_next;
	unsigned print_flags;
	bool opens_at_once;                    /* all that a partition's header prints is known when it comes */
	struct dump_clock clock, value_clock;
	/* what is open */
	bool waiting, in_partition, any_partition, any_row;
	struct cq_partition partition;         /* waiting: its header is not written yet */
	struct cq_buf key;                     /* its key */
	const struct cq_event *ev;             /* at hand, for on_bad */
	struct cq_buf scratch;
};

/* ---- the pen ----
 *
 * p is where the next byte goes. While an event is printed p is handed from one function to the next, and there is always
 * ROOM behind it: words, numbers and times, of which a few follow one another, are put there without a question. What can be
 * longer asks for more with need(), and leaves ROOM again. begin() and end() are where p comes from and where it stays.
 *
 * Out of memory is sticky in out. What is printed after that goes to the buffer's start, and nobody will see it. */
enum { ROOM = 1024 };

static CQ_COLD uint8_t *grow(struct cq_buf *b, size_t len, size_t n)
{
	b->len = len;
	if (cq_buf_reserve(b, n + ROOM))
		return b->p + b->len;
	b->failed = true;
	b->len = 0;
	return NULL;
}

/* Room for n bytes and ROOM more. False: out of memory, *p is at the start of the buffer. */
static inline bool need(struct dump_json *j, uint8_t **p, size_t n)
{
	uint8_t *q;

	if (CQ_LIKELY((size_t)(j->out->p + j->out->cap - *p) >= n + ROOM))
		return true;
	q = grow(j->out, (size_t)(*p - j->out->p), n);
	*p = q ? q : j->out->p;
	return q != NULL;
}

/* NULL: out of memory, and no ROOM. */
static inline uint8_t *begin(struct dump_json *j)
{
	struct cq_buf *b = j->out;

	return CQ_LIKELY(b->cap - b->len >= ROOM) ? b->p + b->len : grow(b, b->len, 0);
}

static inline void end(struct dump_json *j, const uint8_t *p)
{
	j->out->len = (size_t)(p - j->out->p);
}

/* Around printers that append to the buffer: end(), they, and here p again. */
static uint8_t *again(struct dump_json *j)
{
	uint8_t *p = j->out->p + j->out->len;

	need(j, &p, 0);
	return p;
}

#define word(p, w) dump_put_word(p, &(w))
#define shortword(p, w) dump_put_short(p, &(w))

/* ---- times ---- */

static CQ_NOINLINE uint8_t *far_micros(struct dump_json *j, uint8_t *p, int64_t t)
{
	end(j, p);
	dump_micros(j->out, &j->clock, t, j->opt.as_sstabledump);
	return again(j);
}

/* A write time, and the quote behind it. */
static inline uint8_t *micros(struct dump_json *j, uint8_t *p, int64_t t)
{
	if (CQ_UNLIKELY(j->opt.raw_times))
		p = dump_put_number(p, t);
	else if (CQ_LIKELY(dump_micros_usual(t)))
		p = dump_put_micros(p, &j->clock, t);
	else
		p = far_micros(j, p, t);
	*p = '"';
	return p + 1;
}

/* A local deletion or expiry time, without quotes. */
static uint8_t *seconds(struct dump_json *j, uint8_t *p, int64_t t)
{
	if (j->opt.raw_times)
		return dump_put_number(p, t);
	end(j, p);
	dump_seconds(j->out, &j->clock, t);
	return again(j);
}

static uint8_t *deletion(struct dump_json *j, uint8_t *p, struct cq_deletion d)
{
	p = word(p, j->w->marked);
	p = micros(j, p, d.timestamp);
	p = word(p, j->w->local);
	p = seconds(j, p, d.ldt);
	*p++ = '"';
	return shortword(p, j->w->object_close);
}

/* ---- values ---- */

/* The same as strings of bytes; append to the buffer. */
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

static CQ_NOINLINE uint8_t *uncommon_value(struct dump_json *j, uint8_t *p, const struct cq_type *t, cq_slice v,
	const cq_slice *what, uint64_t off)
{
	struct cq_error err;

	end(j, p);
	if (!v.p)
		cq_buf_put(j->out, DUMP_LITERAL("null"));
	else if (CQ_UNLIKELY(cq_value_json(t, v, j->out, j->print_flags, &err) != CQ_OK))
		bad_value(j, v, *what, off, &err);
	return again(j);
}

/* A value as JSON. */
static uint8_t *value(struct dump_json *j, uint8_t *p, const struct cq_type *t, cq_slice v, const cq_slice *what, uint64_t off)
{
	uint8_t *q = need(j, &p, dump_value_room(t, v.len)) ? dump_put_value(p, &j->value_clock, t, v) : NULL;

	return CQ_LIKELY(q != NULL) ? q : uncommon_value(j, p, t, v, what, off);
}

static CQ_NOINLINE uint8_t *other_string(struct dump_json *j, uint8_t *p, const struct cq_type *t, cq_slice v, const cq_slice *what,
	uint64_t off)
{
	struct cq_error err;

	end(j, p);
	cq_buf_clear(&j->scratch);
	if (cq_value_text(t, v, &j->scratch, &err) == CQ_OK)
		cq_json_string(j->out, cq_buf_bytes(&j->scratch));
	else
		bad_value(j, v, *what, off, &err);
	j->out->failed |= j->scratch.failed;
	return again(j);
}

/* Text of a value as a JSON string: keys and paths. */
static uint8_t *text_string(struct dump_json *j, uint8_t *p, const struct cq_type *t, cq_slice v, const cq_slice *what, uint64_t off)
{
	switch (t->kind) {
	case CQ_T_TEXT:
	case CQ_T_ASCII:
	case CQ_T_UUID:
	case CQ_T_TIMEUUID:
		return value(j, p, t, v, what, off);   /* the same text */
	case CQ_T_INT:
	case CQ_T_BIGINT:
		if (v.len != (t->kind == CQ_T_INT ? 4 : 8))
			break;
		*p++ = '"';
		p = dump_put_value(p, &j->value_clock, t, v);
		*p++ = '"';
		return p;
	default:
		break;
	}
	return other_string(j, p, t, v, what, off);
}

/* ---- partitions ---- */

static const cq_slice key_words = { (const uint8_t *)"partition key", 13 };

/* The strings of a key's components, with the brackets' inside only. */
static uint8_t *composite_key(struct dump_json *j, uint8_t *p, cq_slice bytes, uint64_t off)
{
	const struct cq_type *t = j->table->stats.key_type, *type;
	struct cq_error err = {0};
	struct cq_elements it;
	size_t start = (size_t)(p - j->out->p);
	cq_slice elem;
	int rc, n = 0;

	cq_elements_init(&it, t, bytes);
	while ((rc = cq_elements_next(&it, &type, &elem, &err)) == CQ_OK) {
		need(j, &p, 0);
		if (n++)
			p = shortword(p, j->w->list_comma);
		p = text_string(j, p, type, elem.p ? elem : cq_slice_of("", 0), &key_words, off);
	}
	if (rc < 0) {
		j->out->len = j->out->failed ? 0 : start;
		bad_value(j, bytes, key_words, off, &err);
	} else {
		end(j, p);
	}
	return again(j);
}

static inline uint8_t *key(struct dump_json *j, uint8_t *p, cq_slice bytes, uint64_t off)
{
	const struct cq_type *t = j->table->stats.key_type;

	return t->kind == CQ_T_COMPOSITE ? composite_key(j, p, bytes, off) : text_string(j, p, t, bytes, &key_words, off);
}

static uint8_t *open_partition(struct dump_json *j, uint8_t *p, const struct cq_partition *part, uint64_t position)
{
	const struct dump_words *w = j->w;

	p = dump_put_next(p, &j->partition_next, !j->any_partition);
	p = key(j, p, part->key, part->off);
	p = word(p, w->position);
	p = dump_put_number(p, (int64_t)position);
	if (CQ_UNLIKELY(!cq_deletion_live(part->deletion))) {
		p = word(p, w->partition_deletion);
		p = deletion(j, p, part->deletion);
	}
	p = word(p, w->rows_open);
	j->waiting = false;
	j->in_partition = j->any_partition = true;
	j->any_row = false;
	return p;
}

static inline uint8_t *close_partition(struct dump_json *j, uint8_t *p)
{
	j->in_partition = false;
	return word(p, *(j->any_row ? &j->w->rows_close_some : &j->w->rows_close_none));
}

/* ---- rows ---- */

static uint8_t *clustering(struct dump_json *j, uint8_t *p, const struct cq_prefix *c, const struct dump_word *words)
{
	const struct cq_ctx *x = &j->table->ctx;
	static const cq_slice what = { (const uint8_t *)"clustering", 10 };

	p = dump_put_word(p, words);
	for (uint32_t i = 0; i < x->nclustering; i++) {
		if (i)
			p = shortword(p, j->w->list_comma);
		if (i < c->n) {
			p = value(j, p, x->clustering[i], c->values[i], &what, j->ev->off);
		} else {
			need(j, &p, 0);
			memcpy(p, "\"*\"", 3);
			p += 3;
		}
	}
	return shortword(p, j->w->list_close);
}

static uint8_t *expiry(struct dump_json *j, uint8_t *p, int32_t ttl, int64_t ldt, bool expired)
{
	p = word(p, j->w->ttl);
	p = dump_put_number(p, ttl);
	p = word(p, j->w->expires);
	p = seconds(j, p, ldt);
	return word(p, *(expired ? &j->w->expired_true : &j->w->expired_false));
}

static uint8_t *path(struct dump_json *j, uint8_t *p, const struct column *c, const struct cq_cell *cell, uint64_t off)
{
	unsigned field;

	if (!c->fields)
		return text_string(j, p, c->path_type, cell->path, &cell->column->name, off);
	field = cell->path.len == 2 ? cq_be16(cell->path.p) : 0xffff;
	if (field < cell->column->type->narg) {
		if (need(j, &p, c->fields[field].len))
			p = dump_put_blocks(p, c->fields[field].p, c->fields[field].len);
	} else {
		struct cq_error err = {0};

		cq_fail(&err, CQ_DAMAGED, CQ_NO_OFFSET, "the path names no field of the type");
		end(j, p);
		bad_value(j, cell->path, cell->column->name, off, &err);
		p = again(j);
	}
	return p;
}

static inline uint8_t *cell_words(struct dump_json *j, uint8_t *p, cq_slice s, bool first)
{
	return need(j, &p, s.len) ? dump_put_blocks(p, s.p + first, s.len - first) : p;
}

/* Which of a cell's times are told: those that are not the row's. */
static inline bool has_times(const struct cq_row *r)
{
	return r->has_liveness && r->timestamp != CQ_NO_TIMESTAMP;
}

static inline bool own_timestamp(const struct cq_row *r, const struct cq_cell *cell)
{
	return cell->timestamp != r->timestamp || !has_times(r);
}

static inline bool own_expiry(const struct cq_row *r, const struct cq_cell *cell)
{
	return cell->flags & CQ_CELL_EXPIRING && (!has_times(r) || cell->ttl != r->ttl);
}

static uint8_t *deleted_cell(struct dump_json *j, uint8_t *p, const struct cq_row *r, const struct cq_cell *cell)
{
	const struct dump_words *w = j->w;

	p = word(p, w->local_first);
	p = seconds(j, p, cell->ldt);
	*p++ = '"';
	p = shortword(p, w->object_close);
	if (own_timestamp(r, cell)) {
		p = word(p, w->tstamp_after_deletion);
		p = micros(j, p, cell->timestamp);
	}
	return shortword(p, w->cell_close_after_deletion);
}

/* What comes behind a value. */
static inline uint8_t *close_cell(struct dump_json *j, uint8_t *p, const struct cq_row *r, const struct cq_cell *cell)
{
	const struct dump_words *w = j->w;

	if (CQ_UNLIKELY(own_timestamp(r, cell))) {
		p = shortword(p, w->tstamp);
		p = micros(j, p, cell->timestamp);
	}
	if (CQ_UNLIKELY(own_expiry(r, cell)))
		p = expiry(j, p, cell->ttl, cell->ldt, cell->ldt != CQ_NO_LDT && (cell->ttl == 0 || j->opt.now >= cell->ldt));
	return shortword(p, w->cell_close);
}

static inline uint8_t *simple_cell(struct dump_json *j, uint8_t *p, const struct column *c, const struct cq_row *r,
	const struct cq_cell *cell, bool first)
{
	uint8_t *q = NULL;

	if (CQ_UNLIKELY(cell->flags & CQ_CELL_DELETED)) {
		p = cell_words(j, p, c->deletion, first);
		return deleted_cell(j, p, r, cell);
	}
	/* Words and value in one question. */
	if (CQ_LIKELY(need(j, &p, c->value.len + dump_value_room(c->cell_type, cell->value.len)))) {
		p = dump_put_blocks(p, c->value.p + first, c->value.len - first);
		q = dump_put_value(p, &j->value_clock, c->cell_type, cell->value);
	}
	if (CQ_UNLIKELY(!q))
		q = uncommon_value(j, p, c->cell_type, cell->value, &cell->column->name, j->ev->off + cell->off);
	return close_cell(j, q, r, cell);
}

static uint8_t *complex_cell(struct dump_json *j, uint8_t *p, const struct column *c, const struct cq_row *r,
	const struct cq_cell *cell, bool first)
{
	const struct dump_words *w = j->w;
	uint64_t off = j->ev->off + cell->off;
	const struct cq_type *type = c->cell_type;

	p = cell_words(j, p, c->path, first);
	p = path(j, p, c, cell, off);
	if (cell->flags & CQ_CELL_DELETED) {
		p = word(p, w->path_deletion);
		return deleted_cell(j, p, r, cell);
	}
	p = word(p, w->path_value);
	if (!type)
		type = cq_type_cell_value(cell->column->type, cell->path);
	if (CQ_LIKELY(type != NULL)) {
		p = value(j, p, type, cell->value, &cell->column->name, off);
	} else {
		end(j, p);
		hex_string(j, cell->value);        /* path() has said why */
		p = again(j);
	}
	return close_cell(j, p, r, cell);
}

static bool wanted(const struct dump_json *j, const struct cq_cell *c)
{
	return !j->opt.only_tombstones || (c->flags & CQ_CELL_DELETED);
}

static uint8_t *complex_columns(struct dump_json *j, uint8_t *p, const struct cq_row *r, const struct column *columns, bool *any)
{
	for (uint32_t i = 0; i < r->ncomplex; i++) {
		const struct cq_complex *x = &r->complex[i];
		const struct column *c = &columns[x->column->index];

		if (!cq_deletion_live(x->deletion)) {
			p = cell_words(j, p, c->deletion, !*any);
			p = deletion(j, p, x->deletion);
			p = shortword(p, j->w->cell_close);
			*any = true;
		}
		for (uint32_t k = x->first; k < x->first + x->count; k++) {
			if (!wanted(j, &r->cells[k]))
				continue;
			p = complex_cell(j, p, c, r, &r->cells[k], !*any);
			*any = true;
		}
	}
	return p;
}

static inline uint8_t *cells(struct dump_json *j, uint8_t *p, const struct cq_row *r, const struct column *columns)
{
	const bool all = !j->opt.only_tombstones;
	bool any = false;

	p = word(p, j->w->cells_open);
	for (const struct cq_cell *c = r->cells, *last = c + r->nsimple; c < last; c++) {
		if (CQ_UNLIKELY(!all && !wanted(j, c)))
			continue;
		p = simple_cell(j, p, &columns[c->column->index], r, c, !any);
		any = true;
	}
	if (r->ncomplex)
		p = complex_columns(j, p, r, columns, &any);
	return word(p, *(any ? &j->w->cells_close_some : &j->w->cells_close_none));
}

/* ",\n" before every row but the first, "\n" (or nothing) before that. */
static inline uint8_t *next_row(struct dump_json *j, uint8_t *p, const struct dump_word *w)
{
	bool first = !j->any_row;

	j->any_row = true;
	return dump_put_next(p, w, first);
}

static uint8_t *row(struct dump_json *j, uint8_t *p, const struct cq_event *ev, bool is_static)
{
	const struct dump_words *w = j->w;
	const struct cq_row *r = ev->row;

	if (CQ_UNLIKELY(is_static)) {
		p = next_row(j, p, &w->static_next);
		p = dump_put_number(p, (int64_t)(j->opt.as_sstabledump ? ev->off + ev->len : ev->off));
	} else {
		p = next_row(j, p, &w->row_next);
		p = dump_put_number(p, (int64_t)ev->off);
		if (r->clustering.n)
			p = clustering(j, p, &r->clustering, &w->clustering);
	}
	if (CQ_LIKELY(has_times(r) && !j->opt.only_tombstones)) {
		p = word(p, w->liveness);
		p = micros(j, p, r->timestamp);
		if (CQ_UNLIKELY(r->ttl))
			p = expiry(j, p, r->ttl, r->ldt, r->ldt < j->opt.now);
		p = shortword(p, w->object_close);
	}
	if (CQ_UNLIKELY(!cq_deletion_live(r->deletion))) {
		p = word(p, w->row_deletion);
		p = deletion(j, p, r->deletion);
	}
	return cells(j, p, r, is_static ? j->statics : j->regulars);
}

/* ---- range tombstones ---- */

static uint8_t *side(struct dump_json *j, uint8_t *p, const struct cq_prefix *bound, bool start, bool inclusive, struct cq_deletion d)
{
	const struct dump_words *w = j->w;

	p = word(p, *(start ? &w->side_start : &w->side_end));
	p = word(p, *(inclusive ? &w->side_inclusive : &w->side_exclusive));
	if (bound->n)
		p = clustering(j, p, bound, &w->side_clustering);
	p = word(p, w->side_deletion);
	p = deletion(j, p, d);
	return word(p, w->side_close);
}

static uint8_t *marker(struct dump_json *j, uint8_t *p, const struct cq_marker *m)
{
	enum cq_bound_kind k = m->bound.kind;
	bool opens = cq_bound_opens(k), closes = cq_bound_closes(k);

	p = next_row(j, p, opens && closes ? &j->w->boundary_next : &j->w->bound_next);
	if (opens)
		p = side(j, p, &m->bound, true, k == CQ_INCL_START || k == CQ_EXCL_END_INCL_START, m->open);
	if (closes)
		p = side(j, p, &m->bound, false, k == CQ_INCL_END || k == CQ_INCL_END_EXCL_START, m->close);
	return word(p, j->w->marker_end);
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

/* Its header has to wait for the event behind it. */
static void keep_partition(struct dump_json *j, const struct cq_event *ev)
{
	/* Its key may move before the next event comes. */
	cq_buf_clear(&j->key);
	cq_buf_slice(&j->key, ev->partition->key);
	j->out->failed |= j->key.failed;
	j->partition = *ev->partition;
	j->partition.key = cq_slice_of(j->key.len ? j->key.p : (const uint8_t *)"", j->key.len);
	j->waiting = true;
}

static uint8_t *event(struct dump_json *j, uint8_t *p, const struct cq_event *ev)
{
	if (CQ_UNLIKELY(j->waiting))
		p = open_partition(j, p, &j->partition, partition_position(j, ev));
	switch (ev->kind) {
	case CQ_EV_PARTITION:
		return open_partition(j, p, ev->partition, ev->off + (j->opt.as_sstabledump ? ev->len : 0));
	case CQ_EV_STATIC:
		return row(j, p, ev, true);
	case CQ_EV_ROW:
		return row(j, p, ev, false);
	case CQ_EV_MARKER:
		return marker(j, p, ev->marker);
	case CQ_EV_PARTITION_END:
		return close_partition(j, p);
	default:
		return p;
	}
}

void dump_json_event(struct dump_json *j, const struct cq_event *ev)
{
	uint8_t *p;

	j->ev = ev;
	if (ev->kind == CQ_EV_PARTITION && !j->opens_at_once) {
		keep_partition(j, ev);
		return;
	}
	if (CQ_UNLIKELY(j->opt.only_tombstones)) {
		bool some = ev->kind == CQ_EV_MARKER || (ev->row && has_tombstones(ev->row));

		/* A partition is opened by the first tombstone in it, or closes without having been. */
		if (!some && ev->kind != CQ_EV_PARTITION_END)
			return;
		if (!some && j->waiting && cq_deletion_live(j->partition.deletion)) {
			j->waiting = false;
			return;
		}
	}
	p = begin(j);
	if (CQ_LIKELY(p != NULL))
		end(j, event(j, p, ev));
}

void dump_json_key(struct dump_json *j, cq_slice bytes, uint64_t off)
{
	const struct cq_partition part = { .key = bytes, .off = off };
	const struct cq_event ev = { .kind = CQ_EV_PARTITION, .off = off, .partition = &part };
	uint8_t *p = begin(j);

	if (!p)
		return;
	j->ev = &ev;
	if (j->any_partition)
		*p++ = ',';
	memcpy(p, " [ ", 3);
	p = key(j, p + 3, bytes, off);
	memcpy(p, " ]", 2);
	end(j, p + 2);
	j->any_partition = true;
	j->ev = NULL;
}

void dump_json_begin(struct dump_json *j)
{
	uint8_t *p = begin(j);

	if (p)
		end(j, word(p, j->w->file_open));
}

void dump_json_end(struct dump_json *j)
{
	const struct cq_event ev = { .kind = CQ_EV_PARTITION, .off = j->partition.off, .partition = &j->partition };
	uint8_t *p = begin(j);

	if (!p)
		return;
	j->ev = &ev;
	/* Stopped right behind a partition's header: what is known of it is printed. */
	if (j->waiting && !(j->opt.only_tombstones && cq_deletion_live(j->partition.deletion)))
		p = open_partition(j, p, &j->partition, j->partition.off + (j->opt.as_sstabledump ? j->partition.header_len : 0));
	if (j->in_partition)
		p = close_partition(j, p);
	end(j, word(p, *(j->any_partition ? &j->w->file_close_some : &j->w->file_close_none)));
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

/* With room behind, for copying in blocks. */
static cq_slice keep(struct dump_json *j, struct cq_buf *b)
{
	static const char room[DUMP_BLOCK + 1];
	size_t len = b->len;

	cq_buf_put(b, room, sizeof room);
	return cq_slice_of(b->failed ? NULL : cq_arena_dup(&j->arena, b->p, b->len), len);
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

	if (!j)
		return CQ_ENOMEM;
	j->table = t;
	j->out = buf;
	j->opt = *opt;
	j->any_partition = opt->continues;
	j->w = opt->lines ? &dump_compact : &dump_pretty;
	j->print_flags = opt->as_sstabledump ? CQ_PRINT_SSTABLEDUMP : 0;
	/* sstabledump's position of a partition is behind its static row. */
	j->opens_at_once = !opt->only_tombstones && (!opt->as_sstabledump || !t->ctx.statics.n);
	dump_clock_init(&j->clock);
	dump_clock_init(&j->value_clock);
	j->partition_next.n = (uint32_t)snprintf(j->partition_next.s, DUMP_WORD_MAX, j->w->partition_next,
		t->desc.place.index.p ? "INDEX" : "REGULAR");
	if (!set_up_columns(j, &t->ctx.statics, &j->statics) || !set_up_columns(j, &t->ctx.regulars, &j->regulars)) {
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

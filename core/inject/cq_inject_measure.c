/* What the copy has lost: both tables are read side by side, every partition of the source at the place where the copy must have
 * it, and compared event by event. By the reading half alone: no rule of the detector is asked. */
#include "cq_inject_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_hash.h"

/* Look-ups are asked for so many partitions, then no longer: they cost more than reading. */
enum { LOOKUPS_MAX = 200000 };

/* ---- a number for what an event says, whatever its place ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t mix_slice(uint64_t h, cq_slice s)
{
	h = mix(h, s.p ? s.len + 1 : 0);
	return s.len ? mix(h, (uint64_t)cq_crc32(0, s.p, s.len) << 32 ^ cq_murmur2(s)) : h;
}

static uint64_t mix_deletion(uint64_t h, struct cq_deletion d)
{
	return mix(mix(h, (uint64_t)d.timestamp), (uint64_t)d.ldt);
}

static uint64_t mix_prefix(uint64_t h, const struct cq_prefix *p)
{
	h = mix(h, (uint64_t)p->kind << 32 | p->n);
	for (uint32_t i = 0; i < p->n; i++)
		h = mix_slice(h, p->values[i]);
	return h;
}

static uint64_t mix_row(uint64_t h, const struct cq_row *r)
{
	h = mix_prefix(h, &r->clustering);
	h = mix(mix(mix(h, r->has_liveness), (uint64_t)r->timestamp), (uint64_t)r->ttl);
	h = mix_deletion(mix(h, (uint64_t)r->ldt), r->deletion);
	h = mix(mix_deletion(h, r->scylla_shadowable), r->shadowable);
	for (uint32_t i = 0; i < r->ncells; i++) {
		const struct cq_cell *c = &r->cells[i];

		h = mix_slice(mix_slice(mix(h, c->column->index), c->value), c->path);
		h = mix(mix(mix(h, (uint64_t)c->timestamp), (uint64_t)c->ldt), (uint64_t)c->ttl);
		h = mix(h, c->flags & (CQ_CELL_DELETED | CQ_CELL_EXPIRING | CQ_CELL_EMPTY_VALUE));
	}
	for (uint32_t i = 0; i < r->ncomplex; i++)
		h = mix_deletion(mix(h, (uint64_t)r->complex[i].column->index << 32 | r->complex[i].count), r->complex[i].deletion);
	return h;
}

static uint64_t event_hash(const struct cq_event *ev)
{
	uint64_t h = mix(1, ev->kind);

	switch (ev->kind) {
	case CQ_EV_PARTITION: return mix_deletion(mix_slice(h, ev->partition->key), ev->partition->deletion);
	case CQ_EV_STATIC:
	case CQ_EV_ROW: return mix_row(h, ev->row);
	case CQ_EV_MARKER:
		return mix_deletion(mix_deletion(mix_prefix(h, &ev->marker->bound), ev->marker->open), ev->marker->close);
	case CQ_EV_PARTITION_END: break;
	}
	return h;
}

/* ---- partitions ---- */

struct compare {
	struct cq_inject *in;
	struct cq_table *copy;
	struct cq_scan *a, *b;                 /* source and copy */
	struct cq_lookup *l;                   /* of the copy; NULL: not asked */
	bool no_index;                         /* the copy has none any more: no key is found by it */
	uint64_t asked;
};

static bool hit(const struct cq_inject_image *im, uint64_t off, uint64_t end)
{
	if (im->data_gone)
		return true;
	for (size_t i = 0; i < im->nspans; i++)
		if (im->span[i].off < end && (im->span[i].off + im->span[i].len > off || (!im->span[i].len && im->span[i].off >= off)))
			return true;
	return false;
}

static struct cq_inject_key *add_key(struct cq_inject *in, struct cq_inject_key **v, size_t *n, size_t *cap, cq_slice key)
{
	struct cq_inject_key *p = inject_room(*v, *n, cap, sizeof *p);
	uint8_t *copy = cq_arena_dup(&in->arena, key.p, key.len);

	if (!p)
		return NULL;
	*v = p;
	if (!copy)
		return NULL;
	p += (*n)++;
	*p = (struct cq_inject_key){ .key = cq_slice_of(copy, key.len) };
	return p;
}

static bool denied(struct compare *c, cq_slice key, uint64_t off)
{
	const struct cq_format *f = c->copy->format;
	struct cq_position pos;
	struct cq_token token;

	if (c->no_index)
		return true;
	if (!c->l || c->asked++ >= LOOKUPS_MAX || !f->find)
		return false;
	if (f->filter && c->copy->component[CQ_C_FILTER] && f->filter(c->l, key, NULL) == 0)
		return true;
	cq_token(&c->copy->partitioner, key, &token);
	return f->find(c->l, key, &token, &pos, NULL) != CQ_OK || pos.data_off != off;
}

static int note(struct compare *c, cq_slice key, enum cq_inject_fate fate, bool hidden, uint64_t events, uint64_t kept,
	struct cq_error *err)
{
	struct cq_inject *in = c->in;
	struct cq_inject_key *k;
	uint8_t len[2];

	in->partitions++;
	in->hidden += hidden;
	switch (fate) {
	case CQ_INJECT_SAME:
		in->same++;
		cq_put_be16(len, (uint16_t)key.len);
		in->same_crc = cq_crc32(cq_crc32(in->same_crc, len, 2), key.p, key.len);
		if (in->nsame_keys < CQ_INJECT_KEYS_MAX && !add_key(in, &in->same_key, &in->nsame_keys, &in->same_cap, key))
			return inject_nomem(err);
		break;
	case CQ_INJECT_CHANGED: in->changed++; break;
	case CQ_INJECT_LOST: in->lost++; break;
	case CQ_INJECT_OUT_OF_REACH: in->out_of_reach++; break;
	}
	if ((fate != CQ_INJECT_SAME || hidden) && in->nkeys < CQ_INJECT_KEYS_MAX) {
		k = add_key(in, &in->key, &in->nkeys, &in->keys_cap, key);
		if (!k)
			return inject_nomem(err);
		k->fate = fate;
		k->hidden = hidden;
		k->events = events;
		k->kept = kept;
	}
	return CQ_OK;
}

/* The partition at which the source's scan has just arrived. */
static int compare_partition(struct compare *c, const struct cq_event *start, struct cq_error *err)
{
	struct cq_inject *in = c->in;
	uint64_t off = start->off, end = start->off + start->len, at = inject_new_offset(in, off), events = 0, kept = 0;
	bool readable = c->b != NULL, same = true, good, hidden = false, began = false;
	struct cq_buf key = {0};
	struct cq_event ea = *start, eb;
	int rc = CQ_OK, rb;

	cq_buf_slice(&key, start->partition->key);
	if (key.failed)
		return inject_nomem(err);
	if (readable && cq_scan_position(c->b) != at)
		cq_scan_to(c->b, at);
	for (;;) {
		if (readable) {
			rb = cq_scan_next(c->b, &eb, NULL);
			if (rb == CQ_ENOMEM) {
				rc = inject_nomem(err);
				break;
			}
			good = rb == CQ_OK;
			if (good && !began)
				good = eb.kind == CQ_EV_PARTITION && cq_slice_eq(eb.partition->key, cq_buf_bytes(&key));
			began = true;
			readable = good;
			if (good && same && event_hash(&ea) == event_hash(&eb))
				kept += ea.kind != CQ_EV_PARTITION && ea.kind != CQ_EV_PARTITION_END;
			else
				same = false;
			/* The copy's partition has ended: what follows is the next one's. */
			if (good && eb.kind == CQ_EV_PARTITION_END && ea.kind != CQ_EV_PARTITION_END) {
				same = false;
				while ((rc = cq_scan_next(c->a, &ea, err)) == CQ_OK) {
					events += ea.kind != CQ_EV_PARTITION && ea.kind != CQ_EV_PARTITION_END;
					end = ea.off + ea.len;
					if (ea.kind == CQ_EV_PARTITION_END)
						break;
				}
				break;
			}
		} else {
			same = false;
		}
		if (ea.kind == CQ_EV_PARTITION_END) {
			/* And now the other way round. */
			while (readable && eb.kind != CQ_EV_PARTITION_END) {
				same = false;
				rb = cq_scan_next(c->b, &eb, NULL);
				readable = rb == CQ_OK;
			}
			break;
		}
		rc = cq_scan_next(c->a, &ea, err);
		if (rc != CQ_OK)
			break;
		events += ea.kind != CQ_EV_PARTITION_END;
		end = ea.off + ea.len;
	}
	if (rc == CQ_OK) {
		if (readable)
			hidden = denied(c, cq_buf_bytes(&key), at);
		rc = note(c, cq_buf_bytes(&key), readable && same ? CQ_INJECT_SAME : readable ? CQ_INJECT_CHANGED :
			hit(in->image, off, end) ? CQ_INJECT_LOST : CQ_INJECT_OUT_OF_REACH, hidden, events, kept, err);
	}
	cq_buf_finish(&key);
	return rc;
}

static bool has_index(const struct cq_table *t)
{
	const struct cq_space *s = t->component[t->features & CQ_FEAT_BTI ? CQ_C_PARTITIONS : CQ_C_INDEX];

	return s && s->size;
}

int inject_measure(struct cq_inject *in, const char *folder, struct cq_error *err)
{
	struct cq_open_options opt = in->opt->open ? *in->opt->open : (struct cq_open_options){0};
	struct compare c = { .in = in };
	struct cq_error bad = {0};
	struct cq_event ev;
	char path[4096 + 300], line[400];
	uint64_t n = 0;
	int rc;

	if (!in->t->schema) {
		in->unmeasured = "the rows of the source cannot be read";
		return CQ_OK;
	}
	snprintf(path, sizeof path, "%s/%s-Data.db", folder, in->base);
	opt.inspect = opt.metadata_only = false;
	rc = cq_table_open(&c.copy, path, &opt, &bad);
	if (rc == CQ_ENOMEM)
		return inject_nomem(err);
	if (rc == CQ_OK) {
		if (cq_scan_open(&c.b, c.copy, NULL, &bad) != CQ_OK)
			c.b = NULL;
		if (!has_index(in->t))
			;                              /* nor had the source */
		else if (!has_index(c.copy))
			c.no_index = true;
		else if (cq_lookup_open(&c.l, c.copy, NULL) != CQ_OK)
			c.l = NULL;
	}
	rc = cq_scan_open(&c.a, in->t, NULL, err);
	while (rc == CQ_OK && (rc = cq_scan_next(c.a, &ev, err)) == CQ_OK) {
		rc = compare_partition(&c, &ev, err);
		if (rc == CQ_OK && (n++ & 0xff) == 0 && inject_stopped(in))
			rc = cq_fail(err, CQ_ESTOPPED, CQ_NO_OFFSET, "stopped");
	}
	if (rc == CQ_END)
		rc = CQ_OK;
	if (rc == CQ_DAMAGED || rc == CQ_EUNSUPPORTED) {
		/* The source is damaged itself. What was compared holds; the rest is not known. */
		in->unmeasured = cq_arena_printf(&in->arena, "after %" PRIu64 " partitions: the source cannot be read on: %s", in->partitions,
			cq_error_text(err, line, sizeof line));
		rc = CQ_OK;
	}
	cq_scan_close(c.a);
	cq_scan_close(c.b);
	cq_lookup_close(c.l);
	cq_table_close(c.copy);
	return rc;
}

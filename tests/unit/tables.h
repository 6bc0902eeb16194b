/* What tests over whole tables share: the list of tables, a table's events kept in memory, numbers that look random. */
#ifndef CQ_TEST_TABLES_H
#define CQ_TEST_TABLES_H
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cq_desc_list.h"
#include "cq_scan.h"
#include "cq_txnlog.h"

/* ---- which tables ---- */

struct tables {
	char **path;
	size_t n, unfinished;
};

static CQ_UNUSED void tables_add(struct tables *t, const char *dir)
{
	struct cq_desc_list list = { .flags = CQ_LIST_SNAPSHOTS | CQ_LIST_BACKUPS };
	struct cq_txn_logs logs = {0};
	struct cq_error err = {0};

	if (cq_desc_list(dir, &list, &err) != CQ_OK || cq_txn_state(&list, &logs, &err) != CQ_OK)
		fail_msg("%s: %s", dir, err.msg);
	for (size_t i = 0; i < list.ntables; i++) {
		/* What a killed operation left may be cut anywhere. */
		if (list.tables[i].fate == CQ_TXN_INCOMPLETE) {
			t->unfinished++;
			continue;
		}
		t->path = realloc(t->path, (t->n + 1) * sizeof *t->path);
		t->path[t->n++] = strdup(list.tables[i].data_path);
	}
	cq_desc_list_finish(&list);
}

/* The checkout's tables, and those of the large corpus where there is one. */
static CQ_UNUSED struct tables tables_of_corpus(void)
{
	const char *more = getenv("CQLITE_CORPUS");
	struct tables t = {0};
	size_t own;

	tables_add(&t, CQ_TEST_CORPUS);
	own = t.n;
	assert_true(own >= 150);
	if (!more || !*more)
		more = CQ_TEST_CORPUS "/../../shared/corpus";
	if (access(more, R_OK) == 0)
		tables_add(&t, more);
	print_message("# %zu tables of the checkout, %zu of a larger corpus, %zu unfinished ones left out\n", own, t.n - own,
		t.unfinished);
	return t;
}

static CQ_UNUSED void tables_finish(struct tables *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->path[i]);
	free(t->path);
}

static CQ_UNUSED struct cq_table *table_of(const char *path)
{
	const struct cq_open_options opt = { .no_schema_file = true };
	struct cq_error err = {0};
	struct cq_table *t;

	if (cq_table_open(&t, path, &opt, &err) != CQ_OK)
		fail_msg("%s: %s", path, err.msg);
	return t;
}

/* ---- random ---- */

static uint64_t seed = 42;

static CQ_UNUSED uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return n ? (uint32_t)((seed >> 33) % n) : 0;
}

/* ---- events kept ---- */

struct ev {
	enum cq_event_kind kind;
	uint64_t off, len;
	uint64_t shallow;                      /* a hash of everything but the cells */
	uint64_t deep;                         /* and of the cells */
	struct cq_prefix prefix;               /* ROW, MARKER */
	struct cq_deletion close, open;        /* MARKER */
};

struct part {
	cq_slice key;
	struct cq_token token;
	uint64_t off, end;                     /* stream offsets of its first byte and behind its last */
	size_t first, n;                       /* events, PARTITION and PARTITION_END included */
};

struct events {
	struct cq_arena arena;
	struct ev *v;
	size_t n, cap;
	struct part *part;
	size_t nparts, parts_cap;
};

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	return h;
}

static uint64_t mix_u64(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

static uint64_t mix_slice(uint64_t h, cq_slice s)
{
	return mix(mix_u64(h, s.p ? s.len + 1 : 0), s.p, s.len);
}

static uint64_t mix_prefix(uint64_t h, const struct cq_prefix *p)
{
	h = mix_u64(h, (uint64_t)p->kind << 32 | p->n);
	for (uint32_t i = 0; i < p->n; i++)
		h = mix_slice(h, p->values[i]);
	return h;
}

static uint64_t mix_deletion(uint64_t h, struct cq_deletion d)
{
	return mix_u64(mix_u64(h, (uint64_t)d.timestamp), (uint64_t)d.ldt);
}

static uint64_t hash_row(const struct cq_row *r)
{
	uint64_t h = mix_prefix(1, &r->clustering);

	h = mix_u64(h, r->has_liveness);
	h = mix_u64(h, (uint64_t)r->timestamp);
	h = mix_u64(h, (uint64_t)r->ttl);
	h = mix_u64(h, (uint64_t)r->ldt);
	h = mix_deletion(h, r->deletion);
	h = mix_u64(h, r->shadowable);
	h = mix_deletion(h, r->scylla_shadowable);
	h = mix_u64(h, (uint64_t)r->flags << 8 | r->extended);
	return mix_u64(mix_u64(h, r->prev_size), r->body_size);
}

static uint64_t hash_cells(uint64_t h, const struct cq_row *r)
{
	h = mix_u64(mix_u64(mix_u64(h, r->ncells), r->nsimple), r->ncomplex);
	for (uint32_t i = 0; i < r->ncells; i++) {
		const struct cq_cell *c = &r->cells[i];

		h = mix_u64(h, c->column->index);
		h = mix_slice(mix_slice(h, c->value), c->path);
		h = mix_u64(mix_u64(h, (uint64_t)c->timestamp), (uint64_t)c->ldt);
		h = mix_u64(h, (uint64_t)c->ttl);
		h = mix_u64(h, (uint64_t)c->off << 8 | c->flags);
	}
	for (uint32_t i = 0; i < r->ncomplex; i++) {
		const struct cq_complex *k = &r->complex[i];

		h = mix_deletion(mix_u64(h, k->column->index), k->deletion);
		h = mix_u64(h, (uint64_t)k->first << 32 | k->count);
	}
	return h;
}

/* What of an event can be compared without keeping it; prefix is borrowed. */
static struct ev ev_of(const struct cq_event *e)
{
	struct ev v = { .kind = e->kind, .off = e->off, .len = e->len, .open = CQ_LIVE, .close = CQ_LIVE };

	switch (e->kind) {
	case CQ_EV_PARTITION:
		v.shallow = mix_deletion(mix_slice(2, e->partition->key), e->partition->deletion);
		v.deep = v.shallow;
		break;
	case CQ_EV_STATIC:
	case CQ_EV_ROW:
		v.prefix = e->row->clustering;
		v.shallow = hash_row(e->row);
		v.deep = hash_cells(v.shallow, e->row);
		break;
	case CQ_EV_MARKER:
		v.prefix = e->marker->bound;
		v.open = e->marker->open;
		v.close = e->marker->close;
		v.shallow = mix_deletion(mix_deletion(mix_prefix(3, &v.prefix), v.open), v.close);
		v.deep = v.shallow;
		break;
	case CQ_EV_PARTITION_END:
		v.shallow = v.deep = 4;
		break;
	}
	return v;
}

static void events_add(struct events *es, const struct cq_event *e)
{
	struct cq_arena *a = &es->arena;
	struct ev v = ev_of(e);

	if (v.prefix.n) {
		cq_slice *values = cq_arena_zalloc(a, v.prefix.n, sizeof *values);

		for (uint32_t i = 0; i < v.prefix.n; i++)
			if (v.prefix.values[i].p)
				values[i] = cq_slice_of(cq_arena_dup(a, v.prefix.values[i].p, v.prefix.values[i].len),
					v.prefix.values[i].len);
		v.prefix.values = values;
	}
	if (es->n == es->cap) {
		es->cap = es->cap ? es->cap * 2 : 256;
		es->v = realloc(es->v, es->cap * sizeof *es->v);
	}
	es->v[es->n++] = v;
}

/* The whole table. Fails the test when the scan ends otherwise than at the end. */
static CQ_UNUSED void events_read(struct events *es, const struct cq_table *t, const struct cq_scan_options *opt)
{
	struct cq_error err = {0};
	struct cq_event e;
	struct cq_scan *s;
	char line[512];
	int rc;

	*es = (struct events){0};
	if (cq_scan_open(&s, t, opt, &err) != CQ_OK)
		fail_msg("%s", cq_error_text(&err, line, sizeof line));
	while ((rc = cq_scan_next(s, &e, &err)) == CQ_OK) {
		if (e.kind == CQ_EV_PARTITION) {
			struct part *p;
			cq_slice k = e.partition->key;

			if (es->nparts == es->parts_cap) {
				es->parts_cap = es->parts_cap ? es->parts_cap * 2 : 64;
				es->part = realloc(es->part, es->parts_cap * sizeof *es->part);
			}
			p = &es->part[es->nparts++];
			*p = (struct part){ .off = e.off, .first = es->n };
			p->key = cq_slice_of(cq_arena_dup(&es->arena, k.p, k.len), k.len);
			cq_token(&t->partitioner, p->key, &p->token);
		}
		events_add(es, &e);
		if (e.kind == CQ_EV_PARTITION_END) {
			struct part *p = &es->part[es->nparts - 1];

			p->n = es->n - p->first;
			p->end = e.off + e.len;
		}
	}
	if (rc != CQ_END)
		fail_msg("%s", cq_error_text(&err, line, sizeof line));
	cq_scan_close(s);
}

static CQ_UNUSED void events_finish(struct events *es)
{
	cq_arena_finish(&es->arena);
	free(es->v);
	free(es->part);
}

#endif

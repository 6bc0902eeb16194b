/* resurrect - deletions that may be purged while what they delete lies in another SSTable. */
#include "cq_rule.h"

#include <stdlib.h>

#include "cq_buf.h"

/* A partition with more old deletions than this is looked at for the first ones only; so is a table with more such partitions. */
enum { DELETIONS_MAX = 256, PARTITIONS_MAX = 20000, DEFAULT_GRACE = 864000 };

/* Of a directory with more SSTables than this nothing is compared: each has some nine files open. */
enum { TABLES_MAX = 64 };

/* A deletion that compaction may drop: of the partition, or of a row. */
struct purgeable {
	struct cq_deletion deletion;
	bool partition;
	cq_slice *values;                  /* nclustering, into bytes */
	uint8_t *bytes;
};

struct victims {
	struct purgeable v[DELETIONS_MAX];
	size_t n;
	bool more;
};

/* A table and its scan, opened once. */
struct side {
	const struct cq_sst_entry *entry;
	struct cq_out *out;                /* findings about it */
	struct cq_table *table;            /* NULL: it cannot be read */
	struct cq_lookup *lookup;
	struct cq_scan *scan;
};

static void forget(struct victims *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->v[i].values);
		free(w->v[i].bytes);
	}
	w->n = 0;
	w->more = false;
}

static bool note(struct victims *w, struct cq_deletion d, const struct cq_prefix *row)
{
	struct purgeable *p = &w->v[w->n];
	size_t len = 0;
	uint8_t *at;

	if (w->n == DELETIONS_MAX) {
		w->more = true;
		return true;
	}
	*p = (struct purgeable){ .deletion = d, .partition = !row };
	if (row) {
		for (uint32_t i = 0; i < row->n; i++)
			len += row->values[i].len;
		p->values = calloc(row->n + 1u, sizeof *p->values);
		p->bytes = at = malloc(len + 1);
		if (!p->values || !at) {
			free(p->values);
			free(p->bytes);
			return false;
		}
		for (uint32_t i = 0; i < row->n; i++) {
			if (row->values[i].len)
				memcpy(at, row->values[i].p, row->values[i].len);
			p->values[i] = (cq_slice){ .p = row->values[i].p ? at : NULL, .len = row->values[i].len };
			at += row->values[i].len;
		}
	}
	w->n++;
	return true;
}

static void close_side(struct side *s)
{
	cq_scan_close(s->scan);
	cq_lookup_close(s->lookup);
	cq_table_close(s->table);
	*s = (struct side){0};
}

static void open_side(struct side *s, const struct cq_check_options *o, const struct cq_check_table *t, struct cq_out *out)
{
	struct cq_error err = {0};

	*s = (struct side){ .entry = t->entry, .out = out };
	if (cq_check_open(o, t, (struct cq_open_options){0}, &s->table, &err) == CQ_OK && cq_lookup_open(&s->lookup, s->table, &err) == CQ_OK &&
	    cq_scan_open(&s->scan, s->table, NULL, &err) == CQ_OK)
		return;
	cq_unmeasured(out, "it is not compared with other SSTables: %s", err.msg);
	close_side(s);
}

/* ---- the other side ---- */

/* The youngest write of the row that is no deletion and not newer than ts; CQ_NO_TIMESTAMP: there is none. */
static int64_t shadowed(const struct cq_row *r, int64_t ts)
{
	int64_t found = CQ_NO_TIMESTAMP;

	if (r->has_liveness && r->timestamp <= ts)
		found = r->timestamp;
	for (uint32_t i = 0; i < r->ncells; i++)
		if (!(r->cells[i].flags & CQ_CELL_DELETED) && r->cells[i].timestamp <= ts && r->cells[i].timestamp > found)
			found = r->cells[i].timestamp;
	return found;
}

/* Look in the other table for what the victims' deletions shadow. */
static void look(struct side *other, const struct side *own, cq_slice key, const struct victims *w)
{
	struct cq_out *out = own->out;
	struct cq_error err = {0};
	struct cq_position pos;
	struct cq_event ev;
	struct cq_check_finding *f;
	uint32_t n = other->table->ctx.nclustering;
	int rc;

	rc = cq_lookup_key(other->lookup, key, &pos, &err);
	if (rc == CQ_OK)
		rc = cq_scan_to_position(other->scan, &pos, &err);
	while (rc == CQ_OK && (rc = cq_scan_next(other->scan, &ev, &err)) == CQ_OK && ev.kind != CQ_EV_PARTITION_END) {
		for (size_t i = 0; i < w->n && (ev.kind == CQ_EV_ROW || ev.kind == CQ_EV_STATIC); i++) {
			const struct purgeable *d = &w->v[i];
			int64_t ts = shadowed(ev.row, d->deletion.timestamp);

			if (ts == CQ_NO_TIMESTAMP || (!d->partition && (ev.kind == CQ_EV_STATIC || ev.row->clustering.n != n ||
			    cq_values_compare(other->table->ctx.clustering, ev.row->clustering.values, d->values, n) != 0)))
				continue;
			f = cq_say(out, CQ_INFO, CQ_C_DATA, CQ_NO_OFFSET, 0, "a %s deletion here may be purged, and what it deletes lies in %s at 0x%llx",
				d->partition ? "partition" : "row", cq_basename(other->entry->data_path), (unsigned long long)ev.off);
			f->effect = CQ_UNSURE;
			cq_say_expected(out, f, "the deletion (timestamp %lld) to be compacted together with it", (long long)d->deletion.timestamp);
			cq_say_found(out, f, "a write with timestamp %lld there", (long long)ts);
			out->table = own->table;
			cq_say_key(out, f, key);
			out->table = NULL;
			return;
		}
	}
	if (rc < 0)
		cq_unmeasured(other->out, "not all that deletions of other SSTables may delete here could be read: %s", err.msg);
}

/* ---- this side ---- */

static bool purgeable(struct cq_deletion d, int64_t before)
{
	return !cq_deletion_live(d) && d.ldt < before;
}

struct walk {
	struct side *sides;
	size_t n, self;
	int64_t before;
	struct victims victims;
	struct cq_buf key;
	uint64_t partitions;
	bool nomem;
};

static void partition_over(struct walk *w)
{
	if (w->victims.n) {
		w->partitions++;
		for (size_t k = 0; k < w->n; k++)
			if (k != w->self && w->sides[k].table)
				look(&w->sides[k], &w->sides[w->self], cq_buf_bytes(&w->key), &w->victims);
		if (w->victims.more)
			cq_unmeasured(w->sides[w->self].out, "of partitions with more than %d old deletions only the first ones were looked at",
				DELETIONS_MAX);
	}
	forget(&w->victims);
}

static void walk(struct walk *w)
{
	const struct side *own = &w->sides[w->self];
	struct cq_scan *s = NULL;
	struct cq_error err = {0};
	struct cq_event ev;
	int rc = cq_scan_open(&s, own->table, NULL, &err);

	while (rc == CQ_OK && !w->nomem && w->partitions < PARTITIONS_MAX && (rc = cq_scan_next(s, &ev, &err)) == CQ_OK) {
		switch (ev.kind) {
		case CQ_EV_PARTITION:
			cq_buf_clear(&w->key);
			cq_buf_slice(&w->key, ev.partition->key);
			if (purgeable(ev.partition->deletion, w->before))
				w->nomem = !note(&w->victims, ev.partition->deletion, NULL);
			break;
		case CQ_EV_ROW:
			if (purgeable(ev.row->deletion, w->before))
				w->nomem = !note(&w->victims, ev.row->deletion, &ev.row->clustering);
			break;
		case CQ_EV_PARTITION_END:
			partition_over(w);
			break;
		default:
			break;
		}
	}
	forget(&w->victims);
	cq_scan_close(s);
	if (rc < 0)
		cq_unmeasured(own->out, "deletions behind the damage were not looked at: %s", err.msg);
	if (w->partitions >= PARTITIONS_MAX)
		cq_unmeasured(own->out, "only the first %d partitions with old deletions were looked at", PARTITIONS_MAX);
}

/* Has it deletions that are old enough at all? Statistics.db knows the oldest; drop times, of which it joins the nearest, do not. */
static bool worth_it(const struct cq_table *t, int64_t before)
{
	return !(t->stats.has & CQ_HAS_STATS) || t->stats.min_ldt < before;
}

/* The tables of one directory, [first, first + n). */
static void directory(struct cq_check_set *set, size_t first, size_t n)
{
	struct walk *w = calloc(1, sizeof *w);
	struct side *sides = calloc(n, sizeof *sides);

	if (!w || !sides) {
		cq_say_nomem(&set->out);
		free(w);
		free(sides);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (set->list->tables[first + i].fate == CQ_TXN_NONE)
			open_side(&sides[i], set->options, &set->report->tables[first + i], &set->table_out[first + i]);
	w->sides = sides;
	w->n = n;
	for (w->self = 0; w->self < n && !w->nomem; w->self++) {
		const struct cq_table *t = sides[w->self].table;
		int32_t grace;

		if (!t)
			continue;
		grace = t->schema->gc_grace_seconds >= 0 ? t->schema->gc_grace_seconds : DEFAULT_GRACE;
		w->before = set->now - grace;
		w->partitions = 0;
		if (worth_it(t, w->before))
			walk(w);
	}
	if (w->nomem)
		cq_say_nomem(&set->out);
	for (size_t i = 0; i < n; i++)
		close_side(&sides[i]);
	cq_buf_finish(&w->key);
	free(sides);
	free(w);
}

static void many(struct cq_check_set *set)
{
	const struct cq_desc_list *l = set->list;

	if (set->options->level < CQ_CHECK_FULL)
		return;
	for (size_t i = 0, n; i < l->ntables; i += n) {
		for (n = 1; i + n < l->ntables && !strcmp(l->tables[i + n].dir, l->tables[i].dir); n++)
			;
		if (n > TABLES_MAX)
			cq_unmeasured(&set->out, "%s has %zu SSTables, more than the %d that are compared with each other", l->tables[i].dir, n,
				TABLES_MAX);
		else if (n > 1)
			directory(set, i, n);
	}
}

const struct cq_rule cq_rule_resurrect = {
	.id = "resurrect", .title = "deletions lie where compaction meets what they delete", .severity = CQ_INFO, .effect = CQ_UNSURE,
	.stage = CQ_STAGE_MANY, .many = many, .kinds = "50",
	.proves = "No partition or row deletion that is older than gc_grace_seconds has live data under it in another SSTable of the same directory.",
	.means = "A healthy node keeps the deletion as long as the older data is there. When only a part of these SSTables is compacted, restored or "
		"streamed, the deletion goes first and the data comes back.",
	.action = "Keep these SSTables together when you move or restore them; a major compaction (nodetool compact) removes both for good.",
	.bug = "CASSANDRA-18507 (4.1.2): a partial compaction purged the deletion alone.",
	.silent = "Deletions younger than gc_grace_seconds (10 days when no schema says otherwise), cell and range deletions.",
};

/* --scan: what only reading every row can tell. Counts follow sstablemetadata -s, split further. */
#include "info.h"

#include "cq_scan.h"

/* Sizes as Cassandra's dataSize() counts them: of values in memory, not of bytes in the file. */
enum { OF_DELETION = 12, OF_ROW_DELETION = 13, OF_TIMESTAMP = 8, OF_EXPIRY = 4 + 8, OF_CELL = 8 + 4 + 8 };

static uint64_t data_size(const struct cq_row *r)
{
	uint64_t n = OF_ROW_DELETION + OF_TIMESTAMP + (r->has_liveness && r->ttl ? OF_EXPIRY : 0);

	for (uint32_t i = 0; i < r->clustering.n; i++)
		n += r->clustering.values[i].len;
	for (uint32_t i = 0; i < r->ncells; i++)
		n += OF_CELL + r->cells[i].value.len + (r->cells[i].path.p ? r->cells[i].path.len : 0);
	return n + (uint64_t)r->ncomplex * OF_DELETION;
}

/* Keep the INFO_LEADERS largest; of equal ones those that came first. */
static void lead(struct info *i, struct info_leader *list, unsigned *count, const char *key, uint64_t n)
{
	unsigned at = *count;

	while (at > 0 && list[at - 1].n < n)
		at--;
	if (at == INFO_LEADERS)
		return;
	if (*count < INFO_LEADERS)
		++*count;
	memmove(list + at + 1, list + at, (*count - 1 - at) * sizeof *list);
	list[at].key = cq_arena_dup(&i->arena, key, strlen(key));
	if (!list[at].key)
		list[at].key = "(out of memory)";
	list[at].n = n;
}

static bool leads(const struct info_leader *list, unsigned count, uint64_t n)
{
	return count < INFO_LEADERS || n > list[count - 1].n;
}

struct partition {
	uint64_t rows, bytes, tombstones;
};

static void finish_partition(struct info *i, const struct partition *p, cq_slice key)
{
	struct info_scan *s = &i->scan;
	bool widest = leads(s->widest, s->nwidest, p->rows), largest = leads(s->largest, s->nlargest, p->bytes);
	bool deleted = p->tombstones && leads(s->most_tombstones, s->ntombstones, p->tombstones);
	struct cq_buf b = {0};

	if (!widest && !largest && !deleted)
		return;
	info_value(&b, i->t->stats.key_type, key);
	if (widest)
		lead(i, s->widest, &s->nwidest, cq_buf_cstr(&b), p->rows);
	if (largest)
		lead(i, s->largest, &s->nlargest, cq_buf_cstr(&b), p->bytes);
	if (deleted)
		lead(i, s->most_tombstones, &s->ntombstones, cq_buf_cstr(&b), p->tombstones);
	cq_buf_finish(&b);
}

static void count_row(struct info_scan *s, struct partition *p, const struct cq_row *r, bool is_static)
{
	uint64_t dead = 0;

	for (uint32_t c = 0; c < r->ncells; c++) {
		dead += (r->cells[c].flags & CQ_CELL_DELETED) != 0;
		s->expiring_cells += (r->cells[c].flags & CQ_CELL_EXPIRING) != 0;
	}
	for (uint32_t c = 0; c < r->ncomplex; c++)
		s->complex_deletions += !cq_deletion_live(r->complex[c].deletion);
	s->row_deletions += !cq_deletion_live(r->deletion);
	p->rows++;
	p->bytes += data_size(r);
	if (is_static) {
		s->static_rows++;
		s->static_cells += r->ncells;
		s->static_tombstones += dead;
	} else {
		s->rows++;
		s->cells += r->ncells;
		s->cell_tombstones += dead;
		p->tombstones += dead;
	}
}

void info_scan(struct info *i)
{
	struct info_scan *s = &i->scan;
	struct partition p = {0};
	struct cq_scan *scan;
	struct cq_event ev;
	struct cq_error err = {0};
	struct cli_progress progress;
	char line[512];
	int rc = cq_scan_open(&scan, i->t, NULL, &err);

	if (rc != CQ_OK) {
		cq_error_text(&err, line, sizeof line);
		s->why = cq_arena_dup(&i->arena, line, strlen(line));
		return;
	}
	s->bytes = i->t->stream.len;
	cli_progress_begin(&progress, i->cli, "scan", s->bytes, false);
	while (!cli_stop && (rc = cq_scan_next(scan, &ev, &err)) == CQ_OK) {
		switch (ev.kind) {
		case CQ_EV_PARTITION:
			p = (struct partition){0};
			s->partitions++;
			if (!cq_deletion_live(ev.partition->deletion)) {
				s->partition_deletions++;
				p.tombstones++;
			}
			break;
		case CQ_EV_STATIC:
			count_row(s, &p, ev.row, true);
			break;
		case CQ_EV_ROW:
			count_row(s, &p, ev.row, false);
			break;
		case CQ_EV_MARKER:
			s->markers++;
			p.tombstones++;
			break;
		case CQ_EV_PARTITION_END:
			finish_partition(i, &p, ev.partition->key);
			break;
		}
		cli_progress(&progress, cq_scan_position(scan));
	}
	cli_progress_end(&progress);
	if (cli_stop) {
		s->why = "interrupted";
	} else if (rc != CQ_END) {
		cq_error_text(&err, line, sizeof line);
		s->why = cq_arena_dup(&i->arena, line, strlen(line));
	}
	if (s->why == NULL && rc != CQ_END)
		s->why = "out of memory";
	cq_scan_close(scan);
}

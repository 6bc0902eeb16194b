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

/* ---- who has most ---- */

/* The partitions with the most of something while the scan goes on. Keys are copied into buffers that change hands, so
 * that memory does not follow the number of times the lead changes. */
struct race {
	struct cq_buf key[INFO_LEADERS];
	uint64_t n[INFO_LEADERS];
	unsigned count;
};

/* Of equal ones those that came first. */
static void run(struct race *r, cq_slice key, uint64_t n)
{
	unsigned at = r->count, last;
	struct cq_buf buf;

	while (at > 0 && r->n[at - 1] < n)
		at--;
	if (at == INFO_LEADERS)
		return;
	if (r->count < INFO_LEADERS)
		r->count++;
	last = r->count - 1;
	buf = r->key[last];
	memmove(r->key + at + 1, r->key + at, (last - at) * sizeof *r->key);
	memmove(r->n + at + 1, r->n + at, (last - at) * sizeof *r->n);
	cq_buf_clear(&buf);
	cq_buf_slice(&buf, key);
	r->key[at] = buf;
	r->n[at] = n;
}

static unsigned finish(struct race *r, struct info *i, struct info_leader *list)
{
	struct cq_buf b = {0};

	for (unsigned k = 0; k < r->count; k++) {
		info_value(&b, i->t->stats.key_type, cq_slice_of(r->key[k].p ? r->key[k].p : (const uint8_t *)"", r->key[k].len));
		list[k] = (struct info_leader){ .key = info_keep(i, &b), .n = r->n[k] };
	}
	for (unsigned k = 0; k < INFO_LEADERS; k++)
		cq_buf_finish(&r->key[k]);
	cq_buf_finish(&b);
	return r->count;
}

struct partition {
	uint64_t rows, bytes, tombstones;
};

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
	struct race widest = {0}, largest = {0}, deleted = {0};
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
			run(&widest, ev.partition->key, p.rows);
			run(&largest, ev.partition->key, p.bytes);
			if (p.tombstones)
				run(&deleted, ev.partition->key, p.tombstones);
			break;
		}
		cli_progress(&progress, cq_scan_position(scan));
	}
	cli_progress_end(&progress);
	s->nwidest = finish(&widest, i, s->widest);
	s->nlargest = finish(&largest, i, s->largest);
	s->ntombstones = finish(&deleted, i, s->most_tombstones);
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

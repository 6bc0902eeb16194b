/* Where to go on, by the index. Places are taken in the order of the stream: the blocks of the partition that broke off, then
 * the partitions behind it, each with the blocks of its own when its header is what cannot be read. A place counts when
 * what the index says stands there does:
 *
 *   a partition     BIG: its key. BTI, whose trie has only the beginning of its key's order: a key that begins so, with the
 *                   hash that the leaf has (8 bits)
 *   a block         BIG: its first clustering. BTI: a clustering at or behind the separator. Both: behind all that came of the
 *                   partition; and the unfiltered that follows says that the one before it has the size that it has
 *
 * The walk over the index goes forward only, but for one look-up a gap of the key of the partition begun last, to get there
 * quickly. Each entry and each block is tried once; what lies in a chunk known to be bad is not tried. So all gaps together
 * cost no more than one pass over the index, a look-up each, and for each place tried the chunk that it lies in. */
#include "cq_lenient_priv.h"

#include "cq_hash.h"

enum {
	RESTARTS = 8,                          /* of a walk that was lost, from the beginning */
	LIES = 4096,                           /* places where something else stands: then the index is not believed any more */
};

static int no_memory(struct cq_error *err)
{
	return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for an index");
}

/* ---- the walk over the index ---- */

static bool keep_entry(struct lenient_entry *to, const struct cq_index_entry *e)
{
	cq_buf_clear(&to->key);
	cq_buf_clear(&to->path);
	cq_buf_slice(&to->key, e->key);
	cq_buf_slice(&to->path, e->path);
	to->e = *e;
	if (e->key.p)
		to->e.key = cq_slice_of(to->key.p ? to->key.p : (const uint8_t *)"", to->key.len);
	to->e.path = cq_buf_bytes(&to->path);
	to->has = true;
	return !to->key.failed && !to->path.failed;
}

/* The next entry of the index that says where its partition is. */
static int load(struct cq_lenient *l, struct lenient_entry *to, struct cq_error *err)
{
	bool trie = l->table->features & CQ_FEAT_BTI;

	to->has = false;
	for (;;) {
		struct cq_index_entry e;
		int rc = cq_index_next(l->x, &e, NULL);

		if (rc == CQ_OK)
			return keep_entry(to, &e) ? CQ_OK : no_memory(err);
		if (rc == CQ_END)
			return CQ_OK;
		if (rc == CQ_ENOMEM)
			return no_memory(err);
		/* Damage. A trie goes on behind it, a list is lost from here on. */
		l->torn = true;
		if (!trie || rc == CQ_EIO)
			return CQ_OK;
	}
}

static int advance(struct cq_lenient *l, struct cq_error *err)
{
	struct lenient_entry e = l->cur;

	l->cur = l->ahead;
	l->ahead = e;
	return l->cur.has ? load(l, &l->ahead, err) : CQ_OK;
}

static int open_index(struct cq_lenient *l, struct cq_error *err)
{
	struct cq_summary_info summary;
	int rc;

	if (l->index_tried)
		return CQ_OK;
	l->index_tried = true;
	if (!l->table->format->index || !l->table->format->index->next)
		return CQ_OK;
	rc = cq_lookup_open(&l->ask, l->table, err);
	if (rc < 0)
		return rc;
	rc = cq_index_open(&l->x, l->table, err);
	/* A key is found quickly through the trie, or through the summary. */
	l->dear = l->table->partitioner.kind == CQ_P_UNKNOWN ||
		(!(l->table->features & CQ_FEAT_BTI) && !cq_summary_info(l->table, &summary));
	return rc == CQ_ENOMEM ? rc : CQ_OK;
}

static bool quick(const struct cq_lenient *l)
{
	/* Findings: of a summary that leads nowhere. */
	return l->ask && !l->dear && ((l->table->features & CQ_FEAT_BTI) || !cq_lookup_findings(l->ask)->n);
}

/* Go to the entry of the partition begun last, or the first behind it. CQ_NOT_FOUND: the walk stays where it is. */
static int seek(struct cq_lenient *l, struct cq_error *err)
{
	const struct cq_format *f = l->table->format;
	cq_slice key = l->broken.p.key;
	struct cq_token token;
	struct cq_position pos;
	int rc;

	cq_token(&l->table->partitioner, key, &token);
	if (l->table->features & CQ_FEAT_BTI) {
		cq_buf_clear(&l->comparable);
		rc = cq_key_comparable(&l->table->partitioner, &token, key, 0x38, &l->comparable, NULL);
		if (rc == CQ_OK)
			rc = cq_index_seek(l->x, 0, cq_buf_bytes(&l->comparable), NULL);
		if (rc == CQ_OK)
			return CQ_OK;
		/* The iterator has lost its place. */
		if (rc != CQ_ENOMEM && l->restarts++ < RESTARTS && cq_index_seek(l->x, 0, (cq_slice){0}, NULL) == CQ_OK)
			return CQ_OK;
		cq_index_close(l->x);
		l->x = NULL;
		l->cur.has = l->ahead.has = false;
		return rc == CQ_ENOMEM ? no_memory(err) : CQ_NOT_FOUND;
	}
	rc = f->find ? f->find(l->ask, key, &token, &pos, NULL) : CQ_NOT_FOUND;
	if (rc != CQ_OK && f->find_token)
		rc = f->find_token(l->ask, &token, false, &pos, NULL);
	if (rc == CQ_OK)
		rc = cq_index_seek(l->x, pos.index_off, (cq_slice){0}, NULL);
	return rc == CQ_OK ? rc : rc == CQ_ENOMEM ? no_memory(err) : CQ_NOT_FOUND;
}

static bool begins_with(cq_slice s, cq_slice beginning)
{
	return s.len >= beginning.len && (!beginning.len || !memcmp(s.p, beginning.p, beginning.len));
}

/* Is it the entry of the partition begun last? */
static bool is_own(struct cq_lenient *l, const struct cq_index_entry *e)
{
	const struct cq_partitioner *p = &l->table->partitioner;
	struct cq_token token;

	if (l->partition == CQ_NO_OFFSET)
		return false;
	if (e->key.p)
		return cq_slice_eq(e->key, l->broken.p.key);
	cq_token(p, l->broken.p.key, &token);
	cq_buf_clear(&l->comparable);
	return cq_key_comparable(p, &token, l->broken.p.key, 0x38, &l->comparable, NULL) == CQ_OK &&
		begins_with(cq_buf_bytes(&l->comparable), e->path);
}

/* Bring l->cur to the first entry from stream offset off on. What lies between the partition begun last and off was not met
 * by the scan, which read its bytes as something else: counted in sp, when there is one. */
static int walk_to(struct cq_lenient *l, uint64_t off, struct cq_skipped *sp, struct cq_error *err)
{
	bool known = l->partition != CQ_NO_OFFSET;
	int rc = open_index(l, err);

	if (rc < 0)
		return rc;
	if (known && l->x && quick(l)) {
		rc = seek(l, err);
		if (rc < 0)
			return rc;
		if (rc == CQ_OK)
			l->index_started = l->torn = l->cur.has = false;
	}
	if (!l->x) {
		l->torn = true;
		return CQ_OK;
	}
	if (!l->index_started) {
		l->index_started = true;
		rc = load(l, &l->cur, err);
		if (rc == CQ_OK)
			rc = l->cur.has ? load(l, &l->ahead, err) : CQ_OK;
	} else if (!l->cur.has) {
		/* The walk has ended before, in another gap. */
		l->torn = true;
	}
	while (rc == CQ_OK && l->cur.has) {
		uint64_t at = l->cur.e.data_off;

		if (at >= off) {
			if (!is_own(l, &l->cur.e))
				break;
			/* That one was read, and elsewhere. */
			l->torn = true;
		} else if (known && at == l->partition) {
			struct lenient_entry e = l->mine;

			/* cur takes the old buffers: advance fills them anew. */
			l->mine = l->cur;
			l->cur = e;
			l->cur.has = true;
		} else if (sp && known && at > l->partition) {
			sp->keys_perhaps++;
			if (l->opt.lost)
				l->opt.lost(l->opt.arg, l->cur.e.key, at, false);
		}
		rc = advance(l, err);
	}
	return rc;
}

int cq_lenient_filter(struct cq_lenient *l, cq_slice key)
{
	return l->ask ? cq_lookup_filter(l->ask, key, NULL) : CQ_EUNSUPPORTED;
}

int cq_lenient_find(struct cq_lenient *l, cq_slice key, uint64_t *data_off)
{
	const struct cq_format *f = l->table->format;
	struct cq_position pos = {0};
	struct cq_token token;
	int rc;

	if (!quick(l) || !f->find)
		return CQ_EUNSUPPORTED;
	cq_token(&l->table->partitioner, key, &token);
	rc = f->find(l->ask, key, &token, &pos, NULL);
	*data_off = pos.data_off;
	return rc;
}

/* ---- is it there? ---- */

/* What could not be read tells nothing, unless the world said so. */
static int not_there(int rc)
{
	return rc == CQ_DAMAGED || rc == CQ_END || rc == CQ_OK ? CQ_NOT_FOUND : rc;
}

/* CQ_OK: *ev is its PARTITION event. CQ_NOT_FOUND: cannot be read; *lie: something else stands there. */
static int try_partition(struct cq_lenient *l, const struct cq_index_entry *e, struct cq_event *ev, bool *lie, struct cq_error *err)
{
	const struct cq_partitioner *p = &l->table->partitioner;
	struct cq_token token;
	uint64_t hash[2];
	cq_slice key;
	int rc;

	*lie = false;
	cq_lenient_go(l, e->data_off, CQ_SCAN_PARTITION);
	rc = cq_lenient_step(l, ev, err);
	if (rc != CQ_OK)
		return not_there(rc);
	key = l->s->partition.key;
	if (e->key.p) {
		*lie = !cq_slice_eq(key, e->key);
	} else {
		cq_token(p, key, &token);
		cq_buf_clear(&l->comparable);
		*lie = cq_value_check(l->table->stats.key_type, key, NULL) != CQ_OK ||
			cq_key_comparable(p, &token, key, 0x38, &l->comparable, NULL) != CQ_OK ||
			!begins_with(cq_buf_bytes(&l->comparable), e->path);
		if (!*lie && e->has_hash) {
			cq_murmur3(key, hash);
			*lie = (uint8_t)hash[1] != e->hash;
		}
	}
	return *lie ? CQ_NOT_FOUND : CQ_OK;
}

static bool same_prefix(const struct cq_prefix *a, const struct cq_prefix *b)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!a->values[i].p != !b->values[i].p || !cq_slice_eq(a->values[i], b->values[i]))
			return false;
	return true;
}

static int try_block(struct cq_lenient *l, const struct cq_partition *p, uint64_t at, bool ordered, struct cq_event *ev,
	struct cq_error *err)
{
	const struct cq_table *t = l->table;
	const struct cq_prefix *prefix;
	int rc;

	l->s->partition = *p;
	cq_lenient_go(l, at, CQ_SCAN_UNFILTERED);
	rc = cq_lenient_step(l, ev, err);
	if (rc != CQ_OK || (ev->kind != CQ_EV_ROW && ev->kind != CQ_EV_MARKER))
		return not_there(rc);
	prefix = cq_lenient_prefix(ev);
	if (t->features & CQ_FEAT_BTI) {
		if (cq_prefix_comparable(t, prefix, &l->comparable, NULL) != CQ_OK ||
		    cq_slice_cmp(cq_buf_bytes(&l->comparable), l->block.separator) < 0)
			return CQ_NOT_FOUND;
	} else if (!same_prefix(prefix, &l->block.first)) {
		return CQ_NOT_FOUND;
	}
	if (ordered && l->has_before && cq_prefix_compare(t->ctx.clustering, prefix, &l->before) <= 0)
		return CQ_NOT_FOUND;
	rc = cq_lenient_step(l, ev, err);
	if (rc < 0 && rc != CQ_DAMAGED)
		return rc;
	if (rc == CQ_OK && ev->kind != CQ_EV_PARTITION_END && cq_lenient_prev_size(ev) != ev->off - at)
		return CQ_NOT_FOUND;
	l->s->partition = *p;
	cq_lenient_go(l, at, CQ_SCAN_UNFILTERED);
	rc = cq_lenient_step(l, ev, err);
	return rc == CQ_OK ? rc : not_there(rc);
}

/* ---- blocks of a partition ---- */

/* The first block of partition p behind stream offset off, and before limit. e: its entry. */
static int resume_in(struct cq_lenient *l, const struct cq_index_entry *e, struct lenient_partition *of, uint64_t off,
	uint64_t limit, bool ordered, struct cq_event *ev, struct cq_error *err)
{
	bool trie = l->table->features & CQ_FEAT_BTI;
	uint64_t start = of->p.off;

	if (l->rows_of != start) {
		int rc;

		l->rows_of = start;
		l->has_block = false;
		l->rows_start = 0;
		l->rows_before = CQ_LIVE;
		rc = e && e->wide ? cq_index_rows(l->x, e, &l->rows, NULL) : CQ_NOT_FOUND;
		if (rc == CQ_ENOMEM)
			return no_memory(err);
		l->rows_open = rc == CQ_OK;
	}
	while (l->rows_open) {
		int rc = l->has_block ? CQ_OK : cq_index_block(l->x, &l->block, NULL);
		struct cq_deletion open;
		uint64_t at;

		if (rc == CQ_ENOMEM)
			return no_memory(err);
		if (rc != CQ_OK || l->block.end || l->block.start >= l->table->stream.len - start ||
		    (l->rows_start && l->block.start <= l->rows_start)) {
			l->rows_open = false;
			break;
		}
		l->has_block = true;
		at = start + l->block.start;
		if (at >= limit)
			break;
		open = trie ? l->block.open : l->rows_before;
		rc = CQ_NOT_FOUND;
		if (at > off && !cq_lenient_bad(l, at))
			rc = try_block(l, &of->p, at, ordered, ev, err);
		if (rc < 0)
			return rc;
		l->has_block = false;
		l->rows_start = l->block.start;
		l->rows_before = l->block.open;
		if (rc == CQ_OK) {
			l->block_open = open;
			return CQ_OK;
		}
	}
	return CQ_NOT_FOUND;
}

/* ---- all of it ---- */

static void count(struct cq_lenient *l, struct cq_skipped *sp, const struct cq_index_entry *e, bool certain)
{
	if (certain)
		sp->keys_lost++;
	else
		sp->keys_perhaps++;
	if (l->opt.lost)
		l->opt.lost(l->opt.arg, e->key, e->data_off, certain);
}

/* A partition whose header cannot be read, but perhaps some of its blocks. */
static int enter(struct cq_lenient *l, const struct cq_index_entry *e, uint64_t off, uint64_t limit, struct cq_event *ev,
	struct cq_error *err)
{
	struct cq_partition p = { .key = e->key, .off = e->data_off, .deletion = CQ_LIVE };
	int rc;

	if (!e->wide || !e->key.p)
		return CQ_NOT_FOUND;
	if (!cq_lenient_keep_partition(&l->entered, &p))
		return no_memory(err);
	rc = resume_in(l, e, &l->entered, off, limit, false, ev, err);
	if (rc == CQ_OK)
		l->s->partition.deletion = l->entered.p.deletion = l->rows.deletion;
	return rc;
}

/* How many entries there are from off on; UINT64_MAX when the index contradicts itself. */
static int count_rest(struct cq_lenient *l, uint64_t off, uint64_t *n, struct cq_error *err)
{
	uint64_t last = off;
	int rc = walk_to(l, off, NULL, err);

	for (*n = 0; rc == CQ_OK && l->cur.has; ++*n) {
		l->torn |= l->cur.e.data_off < last;
		last = l->cur.e.data_off;
		rc = advance(l, err);
	}
	if (l->torn)
		*n = UINT64_MAX;
	return rc;
}

int cq_lenient_rest(struct cq_lenient *l, struct cq_skipped *sp, struct cq_error *err)
{
	uint64_t n;
	int rc = count_rest(l, sp->off, &n, err);

	sp->keys_known = n != UINT64_MAX;
	if (rc < 0 || !n || !sp->keys_known)
		return rc;
	/* Once more, to tell them. */
	if (!quick(l) || l->partition == CQ_NO_OFFSET) {
		rc = cq_index_seek(l->x, 0, (cq_slice){0}, NULL);
		l->index_started = false;
	}
	rc = rc == CQ_OK ? walk_to(l, sp->off, NULL, err) : CQ_OK;
	while (rc == CQ_OK && l->cur.has) {
		count(l, sp, &l->cur.e, true);
		rc = advance(l, err);
	}
	return rc;
}

static int guess(struct cq_lenient *l, struct cq_skipped *sp, uint64_t off, uint64_t end, struct cq_event *ev, struct cq_error *err)
{
	uint64_t at = 0;
	int rc = cq_lenient_guess(l, off, end, ev, err);

	if (rc == CQ_OK)
		sp->resume = cq_lenient_find(l, l->s->partition.key, &at) == CQ_OK && at == ev->off ? CQ_RESUME_INDEX : CQ_RESUME_GUESS;
	return rc;
}

int cq_lenient_resume(struct cq_lenient *l, struct cq_skipped *sp, struct cq_event *ev, struct cq_error *err)
{
	const uint64_t len = l->table->stream.len, off = sp->off;
	bool lied = false;
	uint64_t start;
	int rc;

	if (sp->in_partition) {
		sp->keys_perhaps++;
		if (l->opt.lost)
			l->opt.lost(l->opt.arg, sp->key, sp->partition_off, false);
	}
	rc = walk_to(l, off, sp, err);
	if (rc < 0)
		return rc;
	if (sp->in_partition) {
		bool mine = l->mine.has && l->mine.e.data_off == l->partition;

		rc = resume_in(l, mine ? &l->mine.e : NULL, &l->broken, off, l->cur.has ? l->cur.e.data_off : len, true, ev, err);
		if (rc != CQ_NOT_FOUND) {
			sp->resume = CQ_RESUME_BLOCK;
			sp->keys_known = !l->torn;
			return rc;
		}
	}
	rc = CQ_OK;
	for (; l->cur.has; rc = advance(l, err)) {
		const struct cq_index_entry *e = &l->cur.e;
		bool lie = false;

		if (rc < 0)
			return rc;
		/* Behind the part that was asked for. Whether it stands there is still worth knowing. */
		start = e->data_off;
		if (start >= l->end && l->end < len && start < len) {
			rc = try_partition(l, e, ev, &lie, err);
			if (rc == CQ_OK)
				sp->resume = CQ_RESUME_INDEX;
			break;
		}
		/* Partitions stand in the order of the index, or it is wrong about one of the two. */
		lied |= start < off || (l->ahead.has && l->ahead.e.data_off <= start);
		if (start < off)
			continue;
		rc = CQ_NOT_FOUND;
		if (start < len && !cq_lenient_bad(l, start) && (sp->in_partition || start > off))
			rc = try_partition(l, e, ev, &lie, err);
		if (rc != CQ_NOT_FOUND) {
			if (rc == CQ_OK)
				sp->resume = CQ_RESUME_INDEX;
			break;
		}
		if (lie) {
			lied = true;
			l->lies++;
		} else if (start < len) {
			rc = enter(l, e, off, l->ahead.has ? l->ahead.e.data_off : len, ev, err);
		}
		if (rc == CQ_OK) {
			sp->resume = CQ_RESUME_BLOCK;
			count(l, sp, e, false);
			rc = advance(l, err);
		}
		if (rc != CQ_NOT_FOUND)
			break;
		count(l, sp, e, !lie);
		if (l->lies > LIES) {
			cq_index_close(l->x);
			l->x = NULL;
			l->torn = true;
			l->cur.has = l->ahead.has = false;
			break;
		}
	}
	sp->keys_known = !l->torn && !lied;
	if (rc < 0 || sp->keys_known)
		return rc < 0 ? rc : sp->resume == CQ_RESUME_NONE ? CQ_END : CQ_OK;
	if (sp->resume == CQ_RESUME_BLOCK)
		return rc;
	/* An index that lies may have left something out before the place that it is right about, if there is one. */
	start = sp->resume == CQ_RESUME_INDEX && ev->off < l->end ? ev->off : l->end;
	rc = guess(l, sp, off + 1, start, ev, err);
	if (rc != CQ_END || sp->resume == CQ_RESUME_NONE)
		return rc;
	cq_lenient_go(l, start, CQ_SCAN_PARTITION);
	return cq_lenient_step(l, ev, err);
}

/* A partition deletion with a negative timestamp, as Cassandra 5.0 writes and cannot read it. In oa and da the first byte of a
 * deletion holds flags, or else the first byte of the timestamp, which is taken to be below 0x80:
 *
 *     80                                          no deletion
 *     00 05 f1 .. 5 bytes .. | 68 00 00 01        a timestamp and a local deletion time
 *     ff ff ff ff ff ff ff fe | 68 00 00 01       what is written for -2: its sign stands where the flags do
 *
 * Any first byte above 0x80 is one or the other: flags that no writer writes, or such a sign. What stands behind decides. Every
 * row and marker says how far the one before it begins, the first one how far the partition does: where that fits behind twelve
 * bytes, they are a deletion. A partition without rows has nothing that could fit: its end must stand there, and behind it the end of
 * the data or a key that is one of the table's and comes later in the order of tokens; and the times must be possible ones. */
#include "cq_lenient_priv.h"

#include <inttypes.h>

/* What a client or an operator may have set. USING TIMESTAMP takes any number; those nearer to zero than the year -10000 are
 * what mistakes in seconds, milliseconds and signs come to. Deleted between 2000 and 2100. */
static bool is_possible(const struct cq_statistics *st, struct cq_deletion d)
{
	if (st->has & CQ_HAS_STATS && d.timestamp >= st->min_timestamp && d.ldt >= st->min_ldt && d.ldt <= st->max_ldt)
		return true;
	return d.timestamp > INT64_C(-377705116800000000) && d.ldt >= INT64_C(946684800) && d.ldt <= INT64_C(4102444800);
}

/* CQ_OK; CQ_NOT_FOUND: the bytes cannot be had. */
static int have(struct cq_lenient *l, size_t n, struct cq_error *err)
{
	struct cq_window *w = &l->s->w;
	int rc = cq_window_need(w, n, err);

	if (rc == CQ_DAMAGED && cq_lenient_note_bad(l))
		rc = cq_window_need(w, n, err);
	return rc == CQ_OK && w->len >= n ? CQ_OK : rc == CQ_OK || rc == CQ_END || rc == CQ_DAMAGED ? CQ_NOT_FOUND : rc;
}

/* A key with its length, where the window stands. */
static int key_here(struct cq_lenient *l, size_t behind, cq_slice *key, struct cq_error *err)
{
	const struct cq_type *type = l->table->stats.key_type;
	size_t len;
	int rc = have(l, 2, err);

	if (rc != CQ_OK)
		return rc;
	len = cq_be16(l->s->w.bytes);
	if (!len || (type->fixed_len >= 0 && len != (size_t)type->fixed_len))
		return CQ_NOT_FOUND;
	rc = have(l, 2 + len + behind, err);
	if (rc != CQ_OK)
		return rc;
	*key = cq_slice_of(l->s->w.bytes + 2, len);
	return cq_value_check(type, *key, NULL) == CQ_OK ? CQ_OK : CQ_NOT_FOUND;
}

/* The partition has ended: can what the window stands at come behind it? */
static int may_follow(struct cq_lenient *l, struct cq_error *err)
{
	const struct cq_partitioner *p = &l->table->partitioner;
	const cq_slice mine = l->negative.p.key;
	struct cq_token before, behind;
	cq_slice key;
	int rc;

	if (l->s->w.off >= l->table->stream.len)
		return CQ_OK;
	rc = key_here(l, 1, &key, err);
	if (rc != CQ_OK)
		return rc;
	cq_token(p, mine, &before);
	cq_token(p, key, &behind);
	return cq_key_compare(p, &behind, key, &before, mine) > 0 ? CQ_OK : CQ_NOT_FOUND;
}

/* Do rows follow where they must? */
static int is_partition(struct cq_lenient *l, uint64_t start, struct cq_error *err)
{
	struct cq_event ev;
	int rc;

	do {
		rc = cq_lenient_step(l, &ev, err);
		if (rc != CQ_OK)
			return rc == CQ_END || rc == CQ_DAMAGED ? CQ_NOT_FOUND : rc;
	} while (ev.kind == CQ_EV_STATIC);
	if (ev.kind == CQ_EV_PARTITION_END)
		return is_possible(&l->table->stats, l->negative.p.deletion) ? may_follow(l, err) : CQ_NOT_FOUND;
	return cq_lenient_prev_size(&ev) == ev.off - start ? CQ_OK : CQ_NOT_FOUND;
}

static void go_behind_header(struct cq_lenient *l)
{
	l->s->partition = l->negative.p;
	cq_lenient_go(l, l->negative.p.off + l->negative.p.header_len, l->table->ctx.statics.n ? CQ_SCAN_STATIC : CQ_SCAN_UNFILTERED);
}

int cq_lenient_negative(struct cq_lenient *l, struct cq_event *ev, struct cq_error *err)
{
	struct cq_scan *s = l->s;
	struct cq_partition p = { .off = s->w.off, .index = s->partition.index };
	const uint8_t *d;
	int rc = key_here(l, 12, &p.key, err);

	if (rc == CQ_OK) {
		d = p.key.p + p.key.len;
		p.header_len = (uint32_t)(2 + p.key.len + 12);
		p.deletion = (struct cq_deletion){ (int64_t)cq_be64(d), cq_be32(d + 8) };
		if (*d <= 0x80)
			rc = CQ_NOT_FOUND;
		else if (!cq_lenient_keep_partition(&l->negative, &p))
			return cq_fail(err, CQ_ENOMEM, p.off, "no memory for a key");
	}
	if (rc == CQ_OK) {
		go_behind_header(l);
		rc = is_partition(l, p.off, err);
	}
	if (rc != CQ_OK) {
		cq_lenient_go(l, p.off, CQ_SCAN_PARTITION);
		return rc;
	}
	go_behind_header(l);
	s->partition.index++;
	*ev = (struct cq_event){ .kind = CQ_EV_PARTITION, .off = p.off, .len = p.header_len, .partition = &s->partition };
	return CQ_OK;
}

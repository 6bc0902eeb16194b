/* A whole table, every component hostile. seeds: table
 *
 *     version (1 byte, modulo fuzz_versions), flags (bit 0: no checksums, bit 1: metadata only), then an archive (fuzz.h)
 *
 * Opens, or says why not; findings have words. Everything is then used: a scan and one without cells, a lenient one, whose events
 * and spans must be well-formed and account for every byte, the index listed,
 * look-ups of what both gave and of altered keys, token searches, slices both ways, every unit of every component
 * explained. All of it ends, in memory that follows the input. The mutator keeps the archive's shape, and now and then makes
 * the checksums of Statistics.db and of chunks right again. */
#include "cq_hash.h"
#include "cq_lenient.h"
#include "fuzz.h"

enum { KEYS = 24, EVENTS = 20000 };

struct kept {
	struct cq_buf key[KEYS];
	uint64_t off[KEYS];
	size_t n;
};

static void keep(struct kept *k, cq_slice key, uint64_t off)
{
	if (k->n == KEYS)
		return;
	cq_buf_slice(&k->key[k->n], key);
	k->off[k->n++] = off;
}

static cq_slice kept_key(const struct kept *k, size_t i)
{
	return cq_slice_of(k->key[i].p ? k->key[i].p : (const uint8_t *)"", k->key[i].len);
}

static void scan(const struct cq_table *t, bool no_cells, const struct cq_token_range *range, struct kept *k)
{
	struct cq_scan_options opt = { .no_cells = no_cells, .tokens = range };
	struct cq_error err = {0};
	struct cq_event e;
	struct cq_scan *s;
	size_t n = 0;
	int rc = cq_scan_open(&s, t, &opt, &err);

	fuzz_said(rc, &err);
	if (rc < 0)
		return;
	while ((rc = cq_scan_next(s, &e, &err)) == CQ_OK) {
		MUST(++n <= t->stream.len);
		fuzz_touch_event(&e);
		if (k && e.kind == CQ_EV_PARTITION)
			keep(k, e.partition->key, e.off);
		if (n == EVENTS)
			break;
	}
	fuzz_said(rc, &err);
	if (rc < 0)
		MUST(cq_scan_next(s, &e, &err) == rc);
	cq_scan_close(s);
}

struct lenient {
	const struct cq_table *table;
	uint64_t at, skipped, spans, told[2], counted[2];
	bool side_by_side;                     /* nothing came since the last span */
};

static void lenient_skipped(void *arg, const struct cq_skipped *sp)
{
	struct lenient *l = arg;

	MUST(sp->why.msg[0] && sp->off + sp->len == sp->resumed_at && sp->resumed_at <= l->table->stream.len);
	MUST(sp->off == l->at || (l->table->ctx.statics.n && sp->off > l->at));
	MUST(!l->side_by_side || !sp->len);
	MUST(sp->resume <= CQ_RESUME_NEGATIVE && (!sp->in_partition || sp->key.p));
	MUST((sp->resume == CQ_RESUME_NEGATIVE) == (sp->deletion.timestamp < 0) && (sp->deletion.timestamp >= 0 || (!sp->len && sp->key.p)));
	l->at = sp->resumed_at;
	l->skipped += sp->len;
	l->side_by_side = true;
	l->counted[1] += sp->keys_lost;
	l->counted[0] += sp->keys_perhaps;
	l->spans++;
}

static void lenient_lost(void *arg, cq_slice key, uint64_t off, bool certain)
{
	struct lenient *l = arg;

	(void)off;
	fuzz_touch(key);
	l->told[certain]++;
}

static void lenient(const struct cq_table *t, uint64_t start, uint64_t end)
{
	struct lenient l = { .table = t, .at = start };
	const struct cq_lenient_options opt = { .scan = { .start = start, .end = end }, .skipped = lenient_skipped, .lost = lenient_lost,
		.arg = &l };
	bool in_partition = false;
	struct cq_error err = {0};
	struct cq_lenient *s;
	struct cq_event e;
	size_t made = 0;
	int rc = cq_lenient_open(&s, t, &opt, &err);

	fuzz_said(rc, &err);
	if (rc < 0)
		return;
	while ((rc = cq_lenient_next(s, &e, &err)) == CQ_OK) {
		fuzz_touch_event(&e);
		MUST((e.kind == CQ_EV_PARTITION) == !in_partition);
		in_partition = e.kind != CQ_EV_PARTITION_END;
		if (!e.len) {
			/* After a span an end, a partition and two markers at most, and two more while a row index is mistrusted. */
			MUST(++made <= 6 * l.spans && l.spans);
			continue;
		}
		MUST(e.off == l.at || (t->ctx.statics.n && e.off > l.at));
		l.at = e.off + e.len;
		l.side_by_side = false;
	}
	fuzz_said(rc, &err);
	/* A codec that is not there is no damage. */
	MUST(rc == CQ_END || rc == CQ_EUNSUPPORTED);
	if (rc == CQ_END) {
		MUST(!in_partition);
		MUST(end || l.at == t->stream.len);
		MUST(l.skipped == cq_lenient_skipped_bytes(s) && l.told[0] == l.counted[0] && l.told[1] == l.counted[1]);
		MUST(cq_lenient_next(s, &e, &err) == CQ_END);
	}
	cq_lenient_close(s);
}

static void slices(struct cq_scan *s, struct cq_lookup *l, const struct cq_position *pos)
{
	cq_slice values[1] = { cq_slice_of("\0\0\0\1", 4) };
	struct cq_prefix start = { .kind = CQ_EXCL_START, .n = s->table->ctx.nclustering ? 1 : 0, .values = values }, end = start;

	end.kind = CQ_INCL_END;
	for (int way = 0; way < 6; way++) {
		struct cq_slice_options o = { .reversed = way & 1, .start = way & 2 ? &start : NULL, .end = way & 4 ? &end : NULL };
		struct cq_error err = {0};
		struct cq_event e;
		size_t n = 0;
		int rc = cq_scan_slice(s, l, pos, &o, &err);

		while (rc == CQ_OK && (rc = cq_scan_next(s, &e, &err)) == CQ_OK && n < 2000) {
			fuzz_touch_event(&e);
			n++;
		}
		fuzz_said(rc, &err);
	}
}

static void look_up(const struct cq_table *t, struct kept *k)
{
	struct cq_error err = {0};
	struct cq_position pos;
	struct cq_lookup *l;
	struct cq_scan *s = NULL;
	uint64_t at = 0;
	size_t n = 0;
	int rc;

	MUST(cq_lookup_open(&l, t, &err) == CQ_OK);
	if (cq_scan_open(&s, t, NULL, &err) < 0)
		s = NULL;
	while ((rc = cq_lookup_next(l, &at, &pos, &err)) == CQ_OK && ++n < 2000) {
		fuzz_touch(pos.key);
		keep(k, pos.key, pos.data_off);
	}
	fuzz_said(rc, &err);
	for (size_t i = 0; i < k->n; i++) {
		cq_slice key = kept_key(k, i);
		struct cq_token token;
		struct cq_buf copy = {0};

		rc = cq_lookup_key(l, key, &pos, &err);
		fuzz_said(rc, &err);
		if (rc == CQ_OK) {
			struct cq_position mine = pos;

			MUST(cq_slice_eq(pos.key, key));
			cq_buf_slice(&copy, pos.key);
			mine.key = cq_slice_of(copy.p ? copy.p : (const uint8_t *)"", copy.len);
			if (s)
				slices(s, i % 2 ? l : NULL, &mine);
		}
		if (t->partitioner.kind != CQ_P_UNKNOWN) {
			cq_token(&t->partitioner, key, &token);
			rc = cq_lookup_token(l, &token, i & 1, &pos, &err);
			fuzz_said(rc, &err);
			if (rc == CQ_OK)
				fuzz_touch(pos.key);
		}
		cq_buf_clear(&copy);
		cq_buf_slice(&copy, key);
		cq_buf_byte(&copy, (uint8_t)i);
		rc = cq_lookup_key(l, cq_buf_bytes(&copy), &pos, &err);
		fuzz_said(rc, &err);
		cq_buf_finish(&copy);
	}
	/* A finding a broken thing, not one a look-up. */
	MUST(cq_lookup_findings(l)->n <= 2 * k->n + 8);
	for (const struct cq_finding *f = cq_lookup_findings(l)->first; f; f = f->next)
		MUST(f->id[0] && f->message[0]);
	cq_scan_close(s);
	cq_lookup_close(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_archive a;
	struct cq_error err = {0};
	struct kept k = {0};
	struct cq_table *t;
	struct cq_buf out = {0};
	int rc;

	if (size < 3)
		return 0;
	fuzz_unpack(cq_slice_of(data + 2, size - 2), &a);
	rc = fuzz_open(&a, data[0], data[1] & 1, data[1] & 2, &t, &err);
	fuzz_said(rc, &err);
	if (rc < 0)
		return 0;
	for (const struct cq_finding *f = t->findings.first; f; f = f->next)
		MUST(f->id[0] && f->message[0] && f->file[0]);
	MUST(t->schema && t->schema->npartition);
	cq_schema_print(t->schema, &out);
	scan(t, false, NULL, &k);
	scan(t, true, NULL, NULL);
	lenient(t, 0, 0);
	if (k.n > 1 && t->partitioner.kind != CQ_P_UNKNOWN) {
		struct cq_token_range r = { .has_start = true, .has_end = true };

		cq_token(&t->partitioner, kept_key(&k, 0), &r.start);
		cq_token(&t->partitioner, kept_key(&k, k.n - 1), &r.end);
		scan(t, false, &r, NULL);
	}
	/* A piece that begins where partitions do, as far as it is known. */
	if (k.n > 2 && k.off[0] < k.off[1])
		lenient(t, k.off[0], k.off[1]);
	look_up(t, &k);
	for (size_t i = 0; i < k.n; i++) {
		cq_buf_clear(&out);
		cq_table_print_key(t, kept_key(&k, i), &out);
		cq_buf_finish(&k.key[i]);
	}
	for (int c = 0; c < CQ_C_KINDS; c++)
		if (t->component[c])
			fuzz_explain_all(t, c);
	cq_buf_finish(&out);
	cq_table_close(t);
	return 0;
}

#ifdef CQ_FUZZER

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* Statistics.db of 4.0 and up: a CRC over the count, one over the directory, one behind each section. */
static void repair_statistics(uint8_t *p, size_t n)
{
	uint32_t count, crc;
	size_t pairs;

	if (n < 12 || (count = cq_be32(p)) > 16 || n < 12 + 8 * (size_t)count)
		return;
	pairs = 8 * (size_t)count;
	crc = cq_crc32(0, p, 4);
	cq_put_be32(p + 4, crc);
	cq_put_be32(p + 8 + pairs, cq_crc32(crc, p + 8, pairs));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t off = cq_be32(p + 12 + 8 * i), end = (uint32_t)n;

		for (uint32_t j = 0; j < count; j++) {
			uint32_t other = cq_be32(p + 12 + 8 * j);

			if (other > off && other < end)
				end = other;
		}
		if (off < end && end <= n && end - off >= 4)
			cq_put_be32(p + end - 4, cq_crc32(0, p + off, end - 4 - off));
	}
}

/* Data.db whose chunks CompressionInfo.db lists: the CRC behind each. */
static void repair_chunks(const uint8_t *info, size_t ninfo, uint8_t *p, size_t n)
{
	for (size_t at = ninfo % 8; ninfo >= 8 && at + 8 <= ninfo; at += 8) {
		uint64_t off = cq_be64(info + at), end = at + 16 <= ninfo ? cq_be64(info + at + 8) : n;

		if (off < end && end <= n && end - off >= 4)
			cq_put_be32(p + end - 4, cq_crc32(0, p + off, (size_t)(end - off - 4)));
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct fuzz_archive a;
	uint8_t *copy, *out, *p;
	unsigned kinds[CQ_C_KINDS], n = 0, pick;
	size_t len, room;

	if (size < 16 || seed % 16 == 0)
		return LLVMFuzzerMutate(data, size, max);
	copy = malloc(size);
	out = malloc(max + 64);
	memcpy(copy, data, size);
	fuzz_unpack(cq_slice_of(copy + 2, size - 2), &a);
	for (unsigned k = 0; k < CQ_C_KINDS; k++)
		if (a.has[k])
			kinds[n++] = k;
	if (!n) {
		free(copy);
		free(out);
		return LLVMFuzzerMutate(data, size, max);
	}
	pick = kinds[seed / 16 % n];
	out[0] = copy[0];
	out[1] = copy[1];
	p = out + 3;
	out[2] = 0;
	for (unsigned i = 0; i < n; i++) {
		cq_slice f = a.file[kinds[i]];

		if (seed / 4096 % 64 == 1 && kinds[i] == pick)
			continue;                      /* a component less */
		room = max - (size_t)(p - out);
		if (room < 4 + f.len)
			break;
		len = f.len;
		if (len)
			memcpy(p + 4, f.p, len);
		if (kinds[i] == pick) {
			/* Room for it to grow, and for those behind it. */
			size_t limit = room - 4, rest = 0;

			for (unsigned j = i + 1; j < n; j++)
				rest += 4 + a.file[kinds[j]].len;
			limit = limit > rest ? limit - rest : len;
			limit = limit > len + 64 ? len + 64 : limit;
			/* An empty one may have no room at all. */
			len = limit ? LLVMFuzzerMutate(p + 4, len, limit) : 0;
			if (pick == CQ_C_STATISTICS && seed / 262144 % 4)
				repair_statistics(p + 4, len);
			if (pick == CQ_C_DATA && a.has[CQ_C_COMPRESSION_INFO] && seed / 262144 % 4)
				repair_chunks(a.file[CQ_C_COMPRESSION_INFO].p, a.file[CQ_C_COMPRESSION_INFO].len, p + 4, len);
		}
		p[0] = (uint8_t)kinds[i];
		p[1] = (uint8_t)(len >> 16);
		p[2] = (uint8_t)(len >> 8);
		p[3] = (uint8_t)len;
		p += 4 + len;
		out[2]++;
	}
	len = (size_t)(p - out);
	memcpy(data, out, len);
	free(copy);
	free(out);
	return len;
}

#endif

/* Reading around damage. Tables are copied into memory, damaged there by numbers that look random but are the same every
 * time, and read; what must come is worked out from the healthy table, the damaged bytes and the index, not from what the
 * scan says.
 *
 * CQLITE_LENIENT_FAULTS=N: faults a table (default 8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_lenient.h"
#include "images.h"

/* ---- a lenient scan, watched ---- */

struct seen {
	const struct healthy *h;               /* NULL: nothing to compare with */
	const struct cq_table *table;
	struct spans spans;
	bool *came;                            /* healthy events */
	size_t wrong;                          /* that never were */
	uint64_t first_wrong;
	size_t events, made, made_partitions, made_markers, guesses, blocks, resumed;
	uint64_t lost, perhaps, told_lost, told_perhaps;
	bool all_known;
	bool in_partition;
	bool open;                             /* a range tombstone */
	uint64_t at;                           /* behind the last event or span */
	char trouble[200];
};

static void trouble(struct seen *s, const char *what, uint64_t off)
{
	if (!s->trouble[0])
		snprintf(s->trouble, sizeof s->trouble, "%s at 0x%" PRIx64, what, off);
}

static void on_skipped(void *arg, const struct cq_skipped *sp)
{
	struct seen *s = arg;

	if (!sp->why.msg[0])
		trouble(s, "a span without a reason", sp->off);
	if (sp->off < s->at)
		trouble(s, "a span that begins before what was given", sp->off);
	/* An empty static row is no event. */
	if (sp->off != s->at && !(s->table->ctx.statics.n && sp->in_partition))
		trouble(s, "bytes between what was given and a span", sp->off);
	if (sp->len && s->spans.n && s->spans.v[s->spans.n - 1].end == sp->off)
		trouble(s, "two spans side by side", sp->off);
	if (sp->off + sp->len != sp->resumed_at)
		trouble(s, "a span that does not end where it goes on", sp->off);
	if (sp->in_partition && !sp->key.p)
		trouble(s, "a span in a partition without a key", sp->off);
	spans_add(&s->spans, sp->off, sp->off + sp->len);
	s->at = sp->off + sp->len;
	s->lost += sp->keys_lost;
	s->perhaps += sp->keys_perhaps;
	s->all_known &= sp->keys_known;
	s->guesses += sp->resume == CQ_RESUME_GUESS;
	s->blocks += sp->resume == CQ_RESUME_BLOCK;
	s->resumed += sp->resume != CQ_RESUME_NONE;
}

static void on_lost(void *arg, cq_slice key, uint64_t off, bool certain)
{
	struct seen *s = arg;

	(void)key;
	(void)off;
	s->told_lost += certain;
	s->told_perhaps += !certain;
}

/* The healthy event at off, or the number of events. */
static size_t event_at(const struct healthy *h, uint64_t off)
{
	size_t lo = 0, hi = h->events.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (h->events.v[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < h->events.n && h->events.v[lo].off == off ? lo : h->events.n;
}

static void watch(struct seen *s, const struct cq_event *e)
{
	struct ev v = ev_of(e);
	size_t i;

	s->events++;
	switch (e->kind) {
	case CQ_EV_PARTITION:
		if (s->in_partition)
			trouble(s, "a partition in a partition", e->off);
		s->in_partition = true;
		s->open = false;
		break;
	case CQ_EV_MARKER: {
		bool closes = cq_bound_closes(e->marker->bound.kind), opens = cq_bound_opens(e->marker->bound.kind);

		if (closes != !cq_deletion_live(e->marker->close) || opens != !cq_deletion_live(e->marker->open))
			trouble(s, "a marker whose deletions do not fit its kind", e->off);
		if (closes != s->open)
			trouble(s, "an unbalanced range tombstone", e->off);
		s->open = opens;
		break;
	}
	case CQ_EV_PARTITION_END:
		if (s->open)
			trouble(s, "a range tombstone open at the end", e->off);
		if (!s->in_partition)
			trouble(s, "an end without a partition", e->off);
		s->in_partition = false;
		break;
	default:
		break;
	}
	if (e->kind != CQ_EV_PARTITION && e->kind != CQ_EV_PARTITION_END && !s->in_partition)
		trouble(s, "an event outside of a partition", e->off);
	if (!e->len) {
		s->made++;
		s->made_partitions += e->kind == CQ_EV_PARTITION;
		s->made_markers += e->kind == CQ_EV_MARKER;
		return;
	}
	if (e->off < s->at)
		trouble(s, "an event that begins before what was given", e->off);
	if (e->off != s->at && !s->table->ctx.statics.n)
		trouble(s, "bytes that nobody accounts for", e->off);
	s->at = e->off + e->len;
	if (!s->h)
		return;
	i = event_at(s->h, e->off);
	if (i < s->h->events.n && s->h->events.v[i].kind == e->kind && s->h->events.v[i].len == e->len &&
	    s->h->events.v[i].deep == v.deep && cq_slice_eq(s->h->events.part[s->h->part[i]].key, e->partition->key)) {
		if (s->came[i])
			trouble(s, "an event that came twice", e->off);
		s->came[i] = true;
	} else if (!s->wrong++) {
		s->first_wrong = e->off;
	}
}

/* Read t, or partitions that begin in [start, end) of it; end 0: all. Everything that holds whatever the damage is asserted. */
static void read_piece(struct seen *s, const struct healthy *h, const struct cq_table *t, uint64_t start, uint64_t end,
	const char *what)
{
	const struct cq_lenient_options opt = { .scan = { .start = start, .end = end }, .skipped = on_skipped, .lost = on_lost, .arg = s };
	struct cq_error err = {0};
	struct cq_lenient *l;
	struct cq_event e;
	int rc;

	*s = (struct seen){ .h = h, .table = t, .all_known = true, .at = start };
	s->came = h ? calloc(h->events.n + 1, sizeof *s->came) : NULL;
	if (cq_lenient_open(&l, t, &opt, &err) != CQ_OK)
		fail_msg("%s: %s", what, err.msg);
	while ((rc = cq_lenient_next(l, &e, &err)) == CQ_OK)
		watch(s, &e);
	if (rc != CQ_END)
		fail_msg("%s: ends with %d: %s", what, rc, err.msg);
	assert_int_equal(cq_lenient_next(l, &e, &err), CQ_END);
	if (s->in_partition)
		trouble(s, "a partition without an end", s->at);
	if (s->at != (end ? end : t->stream.len))
		trouble(s, "the end is not reached", s->at);
	if (s->lost != s->told_lost || s->perhaps != s->told_perhaps)
		trouble(s, "keys counted that were not told", s->lost);
	if (s->trouble[0])
		fail_msg("%s: %s", what, s->trouble);
	{
		uint64_t skipped = 0;

		for (size_t i = 0; i < s->spans.n; i++)
			skipped += s->spans.v[i].end - s->spans.v[i].off;
		assert_int_equal(skipped, cq_lenient_skipped_bytes(l));
	}
	cq_lenient_close(l);
}

static void read_leniently(struct seen *s, const struct healthy *h, const struct cq_table *t, const char *what)
{
	read_piece(s, h, t, 0, 0, what);
}

static void seen_finish(struct seen *s)
{
	free(s->came);
	free(s->spans.v);
}

/* ---- faults ---- */

struct faults {
	struct spans bad;                      /* stream bytes that a checksum fails for, or that are not there */
	bool content;                          /* bytes changed that no checksum covers */
	char text[600];
};

static void say(struct faults *f, const char *fmt, ...) CQ_PRINTF(2, 3);
static void say(struct faults *f, const char *fmt, ...)
{
	size_t n = strlen(f->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->text + n, sizeof f->text - n, fmt, ap);
	va_end(ap);
}

static void bad_piece(struct faults *f, const struct healthy *h, uint64_t i)
{
	uint64_t off = i * h->step, end = off + h->step;

	end = end < h->len ? end : h->len;
	for (size_t k = 0; k < f->bad.n; k++)
		if (f->bad.v[k].off == off && f->bad.v[k].end == end)
			return;
	if (off < h->len)
		spans_add(&f->bad, off, end);
}

/* The raw bytes [off, off + n) of Data.db are not what they were. */
static void bad_raw(struct faults *f, const struct healthy *h, uint64_t off, uint64_t n)
{
	if (!h->step) {
		f->content = true;
	} else if (!h->chunk) {
		for (uint64_t i = off / h->step; i * h->step < off + n; i++)
			bad_piece(f, h, i);
	} else {
		for (uint64_t i = 0; i < h->nchunks; i++)
			if (h->chunk[i] < off + n && h->chunk[i + 1] > off)
				bad_piece(f, h, i);
	}
}

static void change(struct faults *f, const struct healthy *h, struct image *im, uint64_t off, size_t n, unsigned how)
{
	uint8_t *p = im->own[CQ_C_DATA];

	n = n < im->file[CQ_C_DATA].len - off ? n : (size_t)(im->file[CQ_C_DATA].len - off);
	for (size_t i = 0; i < n; i++) {
		uint8_t was = p[off + i];

		p[off + i] = how == 0 ? 0 : how == 1 ? (uint8_t)rnd(256) : was ^ (uint8_t)(1u << rnd(8));
		if (p[off + i] != was)
			bad_raw(f, h, off + i, 1);
	}
}

enum { DATA_FAULTS = 7 };

/* One fault of Data.db, or of what describes it. */
static void data_fault(struct faults *f, const struct healthy *h, struct image *im)
{
	size_t n = im->file[CQ_C_DATA].len;
	uint64_t off = rnd((uint32_t)n);
	unsigned kind = rnd(DATA_FAULTS);

	switch (kind) {
	case 0:
	case 1:
		say(f, "bit at 0x%" PRIx64 "; ", off);
		change(f, h, im, off, 1, 2);
		break;
	case 2:
		off &= ~(uint64_t)(rnd(2) ? 4095 : 511);
		say(f, "zeros at 0x%" PRIx64 "; ", off);
		change(f, h, im, off, rnd(2) ? 4096 : 512, 0);
		break;
	case 3:
		say(f, "noise at 0x%" PRIx64 "; ", off);
		change(f, h, im, off, 1 + rnd(3000), 1);
		break;
	case 4:
		/* Only here and once: everything behind is gone. */
		say(f, "cut at 0x%" PRIx64 "; ", off);
		bad_raw(f, h, off, n - off);
		if (!h->chunk)
			spans_add(&f->bad, off, h->len);
		im->file[CQ_C_DATA].len = off;
		break;
	case 5:
		if (h->chunk) {
			uint64_t i = rnd((uint32_t)h->nchunks), to = rnd(4) ? rnd((uint32_t)(2 * n)) : (uint64_t)rnd(1u << 31) << 31 | rnd(1u << 31);

			if (to == h->chunk[i])
				break;
			say(f, "offset of chunk %" PRIu64 " is 0x%" PRIx64 "; ", i, to);
			cq_put_be64(im->own[CQ_C_COMPRESSION_INFO] + h->offsets_at + 8 * i, to);
			bad_piece(f, h, i);
			if (i)
				bad_piece(f, h, i - 1);
		} else if (h->step) {
			uint64_t i = rnd((uint32_t)((im->file[CQ_C_CRC].len - 4) / 4));

			say(f, "checksum %" PRIu64 "; ", i);
			im->own[CQ_C_CRC][4 + 4 * i + rnd(4)] ^= (uint8_t)(1 + rnd(255));
			bad_piece(f, h, i);
		}
		break;
	default:
		if (h->chunk && h->nchunks > 1) {
			/* Two chunks change places in the file. */
			uint64_t i = rnd((uint32_t)h->nchunks), k = rnd((uint32_t)h->nchunks), len;

			len = h->chunk[i + 1] - h->chunk[i];
			if (i == k || len == h->chunk[k + 1] - h->chunk[k])
				break;                 /* of one length: their checksums are right there, too */
			len = len < h->chunk[k + 1] - h->chunk[k] ? len : h->chunk[k + 1] - h->chunk[k];
			if (h->chunk[i] + len > im->file[CQ_C_DATA].len || h->chunk[k] + len > im->file[CQ_C_DATA].len)
				break;
			say(f, "chunks %" PRIu64 " and %" PRIu64 " swapped; ", i, k);
			for (uint64_t b = 0; b < len; b++) {
				uint8_t *p = im->own[CQ_C_DATA] + h->chunk[i] + b, *q = im->own[CQ_C_DATA] + h->chunk[k] + b, was = *p;

				*p = *q;
				*q = was;
			}
			bad_piece(f, h, i);
			bad_piece(f, h, k);
		}
		break;
	}
}

/* What must come when the index is good: events that a place to begin at leads to over good bytes only. */
static size_t compare(const struct seen *s, const struct faults *f, const char *what, bool exact, size_t *must)
{
	const struct healthy *h = s->h;
	size_t missing = 0;

	*must = 0;
	for (size_t i = 0; i < h->events.n; i++) {
		const struct ev *v = &h->events.v[i];
		bool due = !spans_touch(&f->bad, h->entry[i], v->off + v->len);

		/* The end of a partition may be the only thing that is missing of it. */
		*must += due;
		missing += due && !s->came[i];
		if (exact && due != s->came[i])
			fail_msg("%s: the event at 0x%" PRIx64 " (kind %d, of the partition at 0x%" PRIx64 ") %s", what, v->off, v->kind,
				h->events.part[h->part[i]].off, due ? "did not come" : "came, out of bad bytes");
		if (!s->came[i] && v->off < s->table->stream.len && !spans_touch(&s->spans, v->off, v->off + v->len))
			fail_msg("%s: the event at 0x%" PRIx64 " did not come, and was not skipped", what, v->off);
	}
	return missing;
}

/* The same table in pieces, cut where partitions begin: together they give what the whole gave. */
static void compare_pieces(const struct seen *whole, const struct healthy *h, const struct cq_table *t, const char *what)
{
	size_t cut = h->events.nparts ? rnd((uint32_t)h->events.nparts) : 0, next;
	uint64_t start = 0;
	size_t made = 0;
	bool *came = calloc(h->events.n + 1, sizeof *came);

	for (;; cut = next) {
		uint64_t end = cut < h->events.nparts ? h->events.part[cut].off : 0;
		struct seen s;

		next = cut + 1 + rnd(20);
		if (end >= t->stream.len)
			end = 0;
		if (cut < h->events.nparts && end <= start)
			continue;
		read_piece(&s, h, t, start, end, what);
		for (size_t i = 0; i < h->events.n; i++) {
			if (s.came[i] && came[i])
				fail_msg("%s: the event at 0x%" PRIx64 " comes in two pieces", what, h->events.v[i].off);
			came[i] |= s.came[i];
		}
		made += s.made;
		seen_finish(&s);
		start = end;
		if (!end)
			break;
	}
	for (size_t i = 0; i < h->events.n; i++)
		if (came[i] != whole->came[i])
			fail_msg("%s: the event at 0x%" PRIx64 " came of %s", what, h->events.v[i].off, came[i] ? "pieces only" : "the whole only");
	if (made != whole->made)
		fail_msg("%s: %zu events made up, and %zu in pieces", what, whole->made, made);
	free(came);
}

/* ---- tests ---- */

static struct tables tables;

static int setup(void **state)
{
	(void)state;
	tables = tables_of_corpus();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tables_finish(&tables);
	return 0;
}

static unsigned faults_a_table(void)
{
	const char *n = getenv("CQLITE_LENIENT_FAULTS");

	return n && *n ? (unsigned)atoi(n) : 8;
}

/* Of the larger corpus some: it is the same data again and again. */
static bool taken(size_t i)
{
	return strstr(tables.path[i], "shared/corpus") == NULL || i % 7 == 0 || faults_a_table() > 8;
}

static void a_healthy_table_is_read_as_by_the_scan(void **state)
{
	size_t events = 0;

	(void)state;
	for (size_t i = 0; i < tables.n; i++) {
		struct healthy h;
		struct cq_table *t;
		struct seen s;

		healthy_load(&h, tables.path[i], 0);
		assert_int_equal(image_open(&h.image, h.path, &t, NULL), CQ_OK);
		read_leniently(&s, &h, t, h.path);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(s.made, 0);
		assert_int_equal(s.spans.n, 0);
		assert_int_equal(s.events, h.events.n);
		events += s.events;
		seen_finish(&s);
		cq_table_close(t);
		healthy_finish(&h);
	}
	print_message("# %zu tables, %zu events\n", tables.n, events);
}

static void around_bad_chunks_every_row_comes_that_a_good_index_leads_to(void **state)
{
	size_t nfaults = 0, events = 0, lost = 0, blocks = 0, made = 0, made_partitions = 0, made_markers = 0, spans = 0, exact = 0;

	(void)state;
	for (size_t i = 0; i < tables.n; i++) {
		struct healthy h;

		if (!taken(i))
			continue;
		healthy_load(&h, tables.path[i], i % 3 == 0 ? 512 : i % 3 == 1 ? 4096 : 0);
		for (unsigned k = 0; h.step && k < faults_a_table(); k++) {
			struct faults f = {0};
			struct image im;
			struct cq_table *t;
			struct seen s;
			struct cq_error err = {0};
			size_t must;
			char what[1200];

			seed = 1000003 * i + k;
			image_copy(&im, &h.image);
			for (unsigned n = 1 + rnd(2) * rnd(3), j = 0; j < n && im.file[CQ_C_DATA].len; j++)
				data_fault(&f, &h, &im);
			snprintf(what, sizeof what, "%s, fault %u: %s", h.path, k, f.text);
			if (image_open(&im, h.path, &t, &err) != CQ_OK)
				fail_msg("%s: %s", what, err.msg);
			read_leniently(&s, &h, t, what);
			if (s.wrong)
				fail_msg("%s: the event at 0x%" PRIx64 " never was", what, s.first_wrong);
			compare(&s, &f, what, true, &must);
			if (s.guesses)
				fail_msg("%s: a guess, beside a good index", what);
			if (!s.all_known)
				fail_msg("%s: the index is good, and not all keys are known", what);
			if (k % 2)
				compare_pieces(&s, &h, t, what);
			nfaults++;
			events += must;
			lost += h.events.n - must;
			blocks += s.blocks;
			made += s.made;
			made_partitions += s.made_partitions;
			made_markers += s.made_markers;
			spans += s.spans.n;
			exact += f.bad.n > 0;
			seen_finish(&s);
			cq_table_close(t);
			image_finish(&im);
			free(f.bad.v);
		}
		healthy_finish(&h);
	}
	print_message("# %zu faults (%zu of them made bytes bad): %zu events came, all that were due; %zu lost; %zu spans, %zu resumed at a block, "
		"%zu events made up (%zu partitions, %zu markers)\n", nfaults, exact, events, lost, spans, blocks, made, made_partitions,
		made_markers);
	assert_true(nfaults >= 1000);
	assert_true(blocks > 0 && made_partitions > 0 && made_markers > 0);
}

static const int index_kinds[] = { CQ_C_INDEX, CQ_C_SUMMARY, CQ_C_FILTER, CQ_C_PARTITIONS, CQ_C_ROWS };

/* One fault of what could lead on. */
static void index_fault(struct faults *f, struct image *im)
{
	int kind = 0;
	uint8_t *p;
	size_t n, at = rnd(CQ_COUNTOF(index_kinds));

	/* One that is still there. */
	for (size_t i = 0; i < CQ_COUNTOF(index_kinds) && !kind; i++)
		if (im->has[index_kinds[(at + i) % CQ_COUNTOF(index_kinds)]])
			kind = index_kinds[(at + i) % CQ_COUNTOF(index_kinds)];
	if (!kind)
		return;
	p = im->own[kind];
	n = im->file[kind].len;
	say(f, "%s ", cq_component_name((enum cq_component)kind));
	switch (n ? rnd(6) : 0) {
	case 0:
		say(f, "gone; ");
		im->has[kind] = false;
		break;
	case 1:
		im->file[kind].len = rnd((uint32_t)n);
		say(f, "cut at 0x%zx; ", im->file[kind].len);
		break;
	case 2: {
		size_t off = rnd((uint32_t)n) & ~511u;

		say(f, "zeros at 0x%zx; ", off);
		memset(p + off, 0, n - off < 512 ? n - off : 512);
		break;
	}
	case 3:
		say(f, "noise; ");
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)rnd(256);
		break;
	default: {
		size_t off = rnd((uint32_t)n);

		say(f, "bit at 0x%zx; ", off);
		p[off] ^= (uint8_t)(1u << rnd(8));
		break;
	}
	}
}

static void with_a_bad_index_nothing_is_made_up_and_nothing_readable_is_hidden(void **state)
{
	size_t nfaults = 0, due = 0, came = 0, lost = 0, guesses = 0, blocks = 0, spans = 0;

	(void)state;
	for (size_t i = 0; i < tables.n; i++) {
		struct healthy h;

		if (!taken(i))
			continue;
		healthy_load(&h, tables.path[i], i % 3 == 0 ? 512 : i % 3 == 1 ? 4096 : 0);
		for (unsigned k = 0; h.step && k < faults_a_table(); k++) {
			struct faults f = {0};
			struct image im;
			struct cq_table *t;
			struct seen s;
			struct cq_error err = {0};
			size_t must, missing;
			char what[1200];

			seed = 7000003 * i + k;
			image_copy(&im, &h.image);
			for (unsigned n = 1 + rnd(3), j = 0; j < n; j++)
				index_fault(&f, &im);
			for (unsigned n = 1 + rnd(2) * rnd(3), j = 0; j < n && im.file[CQ_C_DATA].len; j++)
				data_fault(&f, &h, &im);
			snprintf(what, sizeof what, "%s, fault %u: %s", h.path, k, f.text);
			if (image_open(&im, h.path, &t, &err) != CQ_OK)
				fail_msg("%s: %s", what, err.msg);
			read_leniently(&s, &h, t, what);
			if (s.wrong)
				fail_msg("%s: the event at 0x%" PRIx64 " never was", what, s.first_wrong);
			missing = compare(&s, &f, what, false, &must);
			if (missing && getenv("VERBOSE"))
				print_message("# %zu of %zu missing: %s\n", missing, must, what);
			nfaults++;
			due += must;
			came += must - missing;
			lost += h.events.n - must;
			guesses += s.guesses;
			blocks += s.blocks;
			spans += s.spans.n;
			seen_finish(&s);
			cq_table_close(t);
			image_finish(&im);
			free(f.bad.v);
		}
		healthy_finish(&h);
	}
	print_message("# %zu faults: %zu of %zu events came that a good index would lead to; %zu lost; %zu spans, %zu resumed at a guess, "
		"%zu at a block\n", nfaults, came, due, lost, spans, guesses, blocks);
	assert_true(nfaults >= 1000);
	assert_true(guesses > 0);
}

/* Bytes changed under right checksums, or under none. What comes may be nonsense, but it is accounted for; what came before
 * is right, and so is all behind the next place that the index names. */
static void nonsense_under_right_checksums_is_left_behind(void **state)
{
	size_t nfaults = 0, noticed = 0, same = 0, total = 0, wrong = 0;

	(void)state;
	for (size_t i = 0; i < tables.n; i++) {
		struct healthy h;

		if (!taken(i))
			continue;
		healthy_load(&h, tables.path[i], 0);
		for (unsigned k = 0; !h.chunk && k < 4 * faults_a_table(); k++) {
			struct faults f = {0};
			struct image im;
			struct cq_table *t;
			struct seen s;
			struct cq_error err = {0};
			uint64_t off, first = UINT64_MAX;
			char what[1200];

			seed = 9000011 * i + k;
			image_copy(&im, &h.image);
			off = rnd((uint32_t)im.file[CQ_C_DATA].len);
			change(&f, &h, &im, off, rnd(3) ? 1 : 1 + rnd(200), rnd(3));
			if (rnd(2))
				image_blocks(&im, 4096);
			else
				im.has[CQ_C_CRC] = false;
			snprintf(what, sizeof what, "%s, fault %u at 0x%" PRIx64, h.path, k, off);
			if (image_open(&im, h.path, &t, &err) != CQ_OK)
				fail_msg("%s: %s", what, err.msg);
			read_leniently(&s, &h, t, what);
			for (size_t j = 0; j < h.events.n; j++) {
				const struct ev *v = &h.events.v[j];

				same += s.came[j];
				if (v->off + v->len <= off && !s.came[j])
					fail_msg("%s: the event at 0x%" PRIx64 " did not come, long before the damage", what, v->off);
				if (s.came[j] && v->off > off && first == UINT64_MAX)
					first = v->off;
			}
			total += h.events.n;
			wrong += s.wrong;
			nfaults++;
			noticed += s.spans.n > 0;
			seen_finish(&s);
			cq_table_close(t);
			image_finish(&im);
			free(f.bad.v);
		}
		healthy_finish(&h);
	}
	print_message("# %zu faults, %zu noticed: %zu of %zu events came, and %zu that are not what they were\n", nfaults, noticed, same, total,
		wrong);
	assert_true(nfaults >= 100 && noticed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_table_is_read_as_by_the_scan),
		cmocka_unit_test(around_bad_chunks_every_row_comes_that_a_good_index_leads_to),
		cmocka_unit_test(with_a_bad_index_nothing_is_made_up_and_nothing_readable_is_hidden),
		cmocka_unit_test(nonsense_under_right_checksums_is_left_behind),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

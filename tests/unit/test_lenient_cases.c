/* Reading around damage, case by case: where it goes on, what it tells of it, and which keys it calls lost. Any damage to any table:
 * test_lenient.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_lenient.h"
#include "images.h"

static const char wide_nb[] = CQ_TEST_CORPUS "/5.0-nb/small/wide_small/nb-1-big-Data.db";
static const char wide_da[] = CQ_TEST_CORPUS "/5.0-da/small/wide_small/da-1-bti-Data.db";

struct told {
	struct cq_skipped sp[16];
	size_t n, keys, certain, unnamed;
};

static void keep_span(void *arg, const struct cq_skipped *sp)
{
	struct told *t = arg;

	if (t->n < CQ_COUNTOF(t->sp))
		t->sp[t->n++] = *sp;
}

static void keep_key(void *arg, cq_slice key, uint64_t off, bool certain)
{
	struct told *t = arg;

	(void)off;
	t->keys++;
	t->certain += certain;
	t->unnamed += !key.p;
}

/* All events of an image, counted by kind; what was skipped in out. */
static void tell_all(struct image *im, const char *path, struct told *out, size_t real[6], size_t made[6])
{
	const struct cq_lenient_options opt = { .skipped = keep_span, .lost = keep_key, .arg = out };
	struct cq_error err = {0};
	struct cq_lenient *l = NULL;
	struct cq_table *t = NULL;
	struct cq_event e;
	int rc;

	*out = (struct told){0};
	memset(real, 0, 6 * sizeof *real);
	memset(made, 0, 6 * sizeof *made);
	if (image_open(im, path, &t, &err) != CQ_OK || cq_lenient_open(&l, t, &opt, &err) != CQ_OK)
		fail_msg("%s", err.msg);
	while ((rc = cq_lenient_next(l, &e, &err)) == CQ_OK)
		(e.len ? real : made)[e.kind]++;
	assert_int_equal(rc, CQ_END);
	cq_lenient_close(l);
	cq_table_close(t);
}

/* A partition of several blocks, chunk-wise: which, and the chunk in its middle. */
static size_t widest(const struct healthy *h)
{
	size_t best = 0;

	for (size_t i = 1; i < h->events.nparts; i++)
		if (h->events.part[i].end - h->events.part[i].off > h->events.part[best].end - h->events.part[best].off)
			best = i;
	return best;
}

static void flip_chunk_of(struct image *im, const struct healthy *h, uint64_t off)
{
	im->own[CQ_C_DATA][h->chunk[off / h->step] + 5] ^= 0x10;
}

static void a_bad_chunk_in_a_wide_partition_is_left_at_the_next_block(void **state)
{
	const char *const paths[] = { wide_nb, wide_da };

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		size_t real[6], made[6], w;
		const struct part *part;
		struct healthy h;
		struct image im;
		struct told told;
		uint64_t middle;

		healthy_load(&h, paths[p], 0);
		w = widest(&h);
		part = &h.events.part[w];
		middle = (part->off / h.step + 1) * h.step;
		assert_true(middle + h.step < part->end);
		image_copy(&im, &h.image);
		flip_chunk_of(&im, &h, middle);
		tell_all(&im, h.path, &told, real, made);
		assert_int_equal(told.n, 1);
		assert_int_equal(told.sp[0].resume, CQ_RESUME_BLOCK);
		assert_true(told.sp[0].in_partition);
		assert_int_equal(told.sp[0].partition_off, part->off);
		assert_int_equal(told.sp[0].keys_lost, 0);
		assert_int_equal(told.sp[0].keys_perhaps, 1);
		assert_true(told.sp[0].keys_known);
		assert_int_equal(told.keys, 1);
		assert_true(told.sp[0].resumed_at < part->end && told.sp[0].resumed_at > middle);
		/* The partition is one, not two. */
		assert_int_equal(real[CQ_EV_PARTITION], h.events.nparts);
		assert_int_equal(made[CQ_EV_PARTITION] + made[CQ_EV_PARTITION_END], 0);
		image_finish(&im);

		/* The chunk with its header: the index knows the key, and its blocks. */
		image_copy(&im, &h.image);
		flip_chunk_of(&im, &h, part->off);
		tell_all(&im, h.path, &told, real, made);
		assert_int_equal(told.n, 1);
		assert_int_equal(told.sp[0].resume, CQ_RESUME_BLOCK);
		assert_int_equal(made[CQ_EV_PARTITION], 1);
		assert_int_equal(told.sp[0].keys_lost, w);
		assert_int_equal(told.sp[0].keys_perhaps, 1);
		assert_int_equal(real[CQ_EV_PARTITION], h.events.nparts - w - 1);
		image_finish(&im);
		healthy_finish(&h);
	}
}

static void keys_that_are_lost_are_told(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-nb/main/comp_deflate/nb-1-big-Data.db";
	size_t real[6], made[6];
	struct healthy h;
	struct image im;
	struct told told;

	(void)state;
	healthy_load(&h, path, 0);
	assert_true(h.chunk && h.events.nparts > 4);
	image_copy(&im, &h.image);
	/* The chunk with the third partition's header, and the second one's last rows. */
	flip_chunk_of(&im, &h, h.events.part[2].off);
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_true(told.sp[0].in_partition);
	assert_int_equal(told.sp[0].partition_off, h.events.part[1].off);
	assert_int_equal(told.sp[0].resume, CQ_RESUME_INDEX);
	assert_int_equal(told.sp[0].resumed_at, h.events.part[3].off);
	assert_int_equal(told.sp[0].keys_lost, 1);
	assert_int_equal(told.sp[0].keys_perhaps, 1);
	assert_int_equal(told.keys, 2);
	assert_int_equal(told.unnamed, 0);
	assert_true(told.sp[0].keys_known);
	assert_int_equal(real[CQ_EV_PARTITION], h.events.nparts - 1);
	assert_int_equal(made[CQ_EV_PARTITION_END], 1);
	/* Without an index: the same place, as a guess. */
	im.has[CQ_C_INDEX] = im.has[CQ_C_SUMMARY] = false;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].resume, CQ_RESUME_GUESS);
	assert_int_equal(told.sp[0].resumed_at, h.events.part[3].off);
	assert_false(told.sp[0].keys_known);
	assert_int_equal(told.sp[0].keys_lost, 0);
	assert_int_equal(real[CQ_EV_PARTITION], h.events.nparts - 1);
	/* And without a filter. */
	im.has[CQ_C_FILTER] = false;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].resumed_at, h.events.part[3].off);
	image_finish(&im);
	healthy_finish(&h);
}

static void an_index_whose_positions_are_off_is_done_without(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-nb/main/comp_deflate/nb-1-big-Data.db";
	size_t real[6], made[6];
	struct healthy h;
	struct image im;
	struct told told;
	uint8_t *p;

	(void)state;
	healthy_load(&h, path, 0);
	image_copy(&im, &h.image);
	flip_chunk_of(&im, &h, h.events.part[2].off);
	p = im.own[CQ_C_INDEX];
	/* key length, key, position (a vint), length of the promoted index: each position by one too high */
	for (size_t at = 0; at < im.file[CQ_C_INDEX].len;) {
		size_t key = cq_be16(p + at), n = 1;

		at += 2 + key;
		while (n < 9 && p[at] & 0x80u >> (n - 1))
			n++;
		p[at + n - 1] ^= 1;
		at += n;
		assert_int_equal(p[at], 0);
		at++;
	}
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].resume, CQ_RESUME_GUESS);
	assert_int_equal(told.sp[0].resumed_at, h.events.part[3].off);
	assert_false(told.sp[0].keys_known);
	assert_int_equal(told.certain, told.sp[0].keys_lost);
	image_finish(&im);
	healthy_finish(&h);
}

static void data_cut_where_a_partition_ends_lacks_the_rest_all_the_same(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db";
	size_t real[6], made[6];
	struct healthy h;
	struct image im;
	struct told told;

	(void)state;
	healthy_load(&h, path, 0);
	assert_true(!h.chunk && h.events.nparts > 4);
	image_copy(&im, &h.image);
	im.has[CQ_C_CRC] = false;
	im.file[CQ_C_DATA].len = h.events.part[3].off;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].len, 0);
	assert_int_equal(told.sp[0].off, h.events.part[3].off);
	assert_int_equal(told.sp[0].keys_lost, h.events.nparts - 3);
	assert_int_equal(real[CQ_EV_PARTITION], 3);
	/* In the middle of a row: what is behind its start is one span. */
	im.file[CQ_C_DATA].len = h.events.part[3].off + 40;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].resume, CQ_RESUME_NONE);
	assert_int_equal(told.sp[0].resumed_at, h.events.part[3].off + 40);
	assert_int_equal(told.sp[0].keys_lost, h.events.nparts - 4);
	assert_int_equal(told.sp[0].keys_perhaps, 1);
	/* Nothing at all. */
	im.file[CQ_C_DATA].len = 0;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].keys_lost, h.events.nparts);
	assert_int_equal(real[CQ_EV_PARTITION] + made[CQ_EV_PARTITION], 0);
	image_finish(&im);
	healthy_finish(&h);
}

static void a_trie_tells_what_lies_behind_the_end_too(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-da/main/comp_none/da-1-bti-Data.db";
	size_t real[6], made[6];
	struct healthy h;
	struct image im;
	struct told told;

	(void)state;
	healthy_load(&h, path, 0);
	assert_true(!h.chunk && h.events.nparts > 4);
	image_copy(&im, &h.image);
	im.has[CQ_C_CRC] = false;
	im.file[CQ_C_DATA].len = h.events.part[3].off;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.sp[0].len, 0);
	assert_int_equal(told.sp[0].keys_lost, h.events.nparts - 3);
	assert_int_equal(told.certain, h.events.nparts - 3);
	image_finish(&im);
	healthy_finish(&h);
}

static void blocks_without_a_checksum_are_not_held_against_the_data(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db";
	size_t real[6], made[6];
	struct healthy h;
	struct image im;
	struct told told;

	(void)state;
	healthy_load(&h, path, 4096);
	image_copy(&im, &h.image);
	im.file[CQ_C_CRC].len = 4 + 4 * 3 + 2;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 0);
	assert_int_equal(real[CQ_EV_PARTITION], h.events.nparts);
	image_finish(&im);
	healthy_finish(&h);
}

static void a_range_of_tokens_is_kept_behind_damage(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-nb/main/comp_deflate/nb-1-big-Data.db";
	struct cq_token_range range = { .has_start = true, .has_end = true };
	struct healthy h;
	struct image im;

	(void)state;
	healthy_load(&h, path, 0);
	range.start = h.events.part[1].token;
	range.end = h.events.part[5].token;
	for (size_t bad = 0; bad < 7; bad++) {
		struct told told = {0};
		struct cq_lenient_options opt = { .scan = { .tokens = &range }, .skipped = keep_span, .lost = keep_key, .arg = &told };
		struct cq_lenient *l;
		struct cq_table *t;
		struct cq_event e;
		size_t n = 0;

		image_copy(&im, &h.image);
		flip_chunk_of(&im, &h, h.events.part[bad].off);
		assert_int_equal(image_open(&im, h.path, &t, NULL), CQ_OK);
		assert_int_equal(cq_lenient_open(&l, t, &opt, NULL), CQ_OK);
		while (cq_lenient_next(l, &e, NULL) == CQ_OK) {
			struct cq_token token;

			if (e.kind != CQ_EV_PARTITION)
				continue;
			n++;
			cq_token(&t->partitioner, e.partition->key, &token);
			assert_true(cq_token_compare(&t->partitioner, &token, &range.start) > 0);
			assert_true(cq_token_compare(&t->partitioner, &token, &range.end) <= 0);
		}
		assert_int_equal(n, bad >= 2 && bad <= 5 ? 3 : 4);
		cq_lenient_close(l);
		cq_table_close(t);
		image_finish(&im);
	}
	healthy_finish(&h);
}

/* A table of these partitions, without checksums, index or filter. */
static void image_of_partitions(struct image *im, const struct healthy *h, const cq_slice *part, size_t n)
{
	size_t len = 0;

	image_copy(im, &h->image);
	im->has[CQ_C_CRC] = im->has[CQ_C_INDEX] = im->has[CQ_C_SUMMARY] = im->has[CQ_C_FILTER] = false;
	free(im->own[CQ_C_DATA]);
	for (size_t i = 0; i < n; i++)
		len += part[i].len;
	im->own[CQ_C_DATA] = malloc(len);
	len = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(im->own[CQ_C_DATA] + len, part[i].p, part[i].len);
		len += part[i].len;
	}
	im->file[CQ_C_DATA] = cq_slice_of(im->own[CQ_C_DATA], len);
}

/* A partition as 5.0 writes it when it is deleted with a negative timestamp. rows: with its rows. The caller frees. */
static cq_slice deleted(const struct healthy *h, size_t i, bool rows, const char deletion[12])
{
	enum { HEAD = 6, LIVE = 1, PREV = HEAD + LIVE + 8 };
	const struct part *part = &h->events.part[i];
	const uint8_t *from = h->image.file[CQ_C_DATA].p + part->off;
	size_t n = (size_t)(part->end - part->off);
	uint8_t *p = malloc(n + 11);

	assert_int_equal(from[HEAD], 0x80);
	assert_int_equal(from[PREV], HEAD + LIVE);     /* what the first row says of where the partition begins */
	memcpy(p, from, HEAD);
	memcpy(p + HEAD, deletion, 12);
	if (!rows) {
		p[HEAD + 12] = 0x01;
		return cq_slice_of(p, HEAD + 13);
	}
	memcpy(p + HEAD + 12, from + HEAD + LIVE, n - HEAD - LIVE);
	p[PREV + 11] = HEAD + 12;
	return cq_slice_of(p, n + 11);
}

static void a_deletion_whose_sign_reads_as_flags_is_read_as_it_was_meant(void **state)
{
	static const char path[] = CQ_TEST_CORPUS "/5.0-oa/main/comp_none/oa-1-big-Data.db";
	static const char minus_two[] = "\xff\xff\xff\xff\xff\xff\xff\xfe\x65\x53\xf1\x00", flags[] = "\x90\x02\x03\x04\x05\x06\x07\x08\x65\x53\xf1\x00";
	size_t real[6], made[6], rows;
	struct cq_table *t;
	struct cq_scan *s;
	struct cq_event e;
	struct healthy h;
	cq_slice part[8];
	struct image im;
	struct told told;
	uint8_t *p;

	(void)state;
	healthy_load(&h, path, 0);
	assert_int_equal(h.events.nparts, 8);
	for (size_t i = 0; i < 8; i++)
		part[i] = cq_slice_of(h.image.file[CQ_C_DATA].p + h.events.part[i].off, (size_t)(h.events.part[i].end - h.events.part[i].off));
	/* With rows, without, several side by side, the last one. */
	part[1] = deleted(&h, 1, true, minus_two);
	part[3] = deleted(&h, 3, false, minus_two);
	part[4] = deleted(&h, 4, false, minus_two);
	part[5] = deleted(&h, 5, true, minus_two);
	part[7] = deleted(&h, 7, false, minus_two);
	image_of_partitions(&im, &h, part, 8);
	tell_all(&im, h.path, &told, real, made);
	rows = 5 * 60;
	assert_int_equal(real[CQ_EV_PARTITION], 8);
	assert_int_equal(real[CQ_EV_PARTITION_END], 8);
	assert_int_equal(real[CQ_EV_ROW], rows);
	assert_int_equal(made[CQ_EV_PARTITION] + made[CQ_EV_PARTITION_END], 0);
	assert_int_equal(told.n, 5);
	assert_int_equal(told.keys, 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(told.sp[i].resume, CQ_RESUME_NEGATIVE);
		assert_int_equal(told.sp[i].len, 0);
		assert_int_equal(told.sp[i].deletion.timestamp, -2);
		assert_int_equal(told.sp[i].deletion.ldt, 1700000000);
		assert_int_equal(told.sp[i].why.code, CQ_DAMAGED);
		assert_int_equal(told.sp[i].why.off, told.sp[i].off + 6);
	}
	assert_int_equal(told.sp[0].off, part[0].len);
	/* A scan says what Cassandra says. */
	assert_int_equal(image_open(&im, h.path, &t, NULL), CQ_OK);
	assert_int_equal(cq_scan_open(&s, t, NULL, NULL), CQ_OK);
	cq_scan_to(s, part[0].len);
	assert_int_equal(cq_scan_next(s, &e, NULL), CQ_DAMAGED);
	cq_scan_close(s);
	cq_table_close(t);
	/* Damage in its rows: it is still known whose they are. */
	im.own[CQ_C_DATA][h.events.v[h.events.part[1].first + 2].off + 11] = 0xff;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 6);
	assert_int_equal(told.sp[0].resume, CQ_RESUME_NEGATIVE);
	assert_true(told.sp[1].in_partition);
	assert_int_equal(told.sp[1].partition_off, part[0].len);
	assert_int_equal(told.sp[1].resumed_at, part[0].len + part[1].len);
	assert_int_equal(real[CQ_EV_ROW], rows - 59);
	assert_int_equal(real[CQ_EV_PARTITION], 8);
	image_finish(&im);

	/* What follows does not fit: it is no deletion. */
	p = (uint8_t *)(uintptr_t)part[1].p;
	assert_int_equal(p[26], 18);
	p[26] = 7;
	image_of_partitions(&im, &h, part, 8);
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.sp[0].off, part[0].len);
	assert_int_equal(told.sp[0].len, part[1].len);
	assert_int_equal(told.sp[0].resume, CQ_RESUME_GUESS);
	assert_int_equal(told.n, 5);
	image_finish(&im);
	p[26] = 18;

	/* Nothing follows, and no client has such a time: not either. */
	free((void *)(uintptr_t)part[7].p);
	part[7] = deleted(&h, 7, false, flags);
	image_of_partitions(&im, &h, part, 8);
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 5);
	assert_int_equal(told.sp[4].resume, CQ_RESUME_NONE);
	assert_int_equal(told.sp[4].len, part[7].len);
	assert_int_equal(real[CQ_EV_PARTITION], 7);
	image_finish(&im);

	/* A key behind the end that cannot come there. */
	free((void *)(uintptr_t)part[3].p);
	part[3] = deleted(&h, 6, false, minus_two);
	image_of_partitions(&im, &h, part, 4);
	part[3].len -= 1;
	im.file[CQ_C_DATA].len -= 1;
	tell_all(&im, h.path, &told, real, made);
	assert_int_equal(told.n, 2);
	assert_int_not_equal(told.sp[1].resume, CQ_RESUME_NEGATIVE);
	image_finish(&im);
	for (size_t i = 1; i < 8; i += i == 1 || i == 5 ? 2 : 1)
		free((void *)(uintptr_t)part[i].p);
	healthy_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_chunk_in_a_wide_partition_is_left_at_the_next_block),
		cmocka_unit_test(keys_that_are_lost_are_told),
		cmocka_unit_test(an_index_whose_positions_are_off_is_done_without),
		cmocka_unit_test(data_cut_where_a_partition_ends_lacks_the_rest_all_the_same),
		cmocka_unit_test(a_trie_tells_what_lies_behind_the_end_too),
		cmocka_unit_test(blocks_without_a_checksum_are_not_held_against_the_data),
		cmocka_unit_test(a_range_of_tokens_is_kept_behind_damage),
		cmocka_unit_test(a_deletion_whose_sign_reads_as_flags_is_read_as_it_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

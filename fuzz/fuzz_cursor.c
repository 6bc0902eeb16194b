/* The primitive readers: vints and numbers, bytes, groups. seeds: none
 *
 *     how many bytes the cursor sees (1 byte, of the rest), operations (one byte each, from behind), bytes
 *
 * A vint reads the same by the fast load, by the slow one and by a plain loop; with and without a trace the same values come
 * out and the same bytes are used; after the first failure nothing moves, everything is zero, and the failure stays the
 * first one. Nothing is read outside the bytes: they lie in memory of exactly their length. */
#include "cq_cursor.h"
#include "fuzz.h"

/* As the format's description has it. False: cut short. */
static bool plain_vint(const uint8_t *p, size_t n, uint64_t *v, size_t *used)
{
	unsigned extra = 0;

	if (!n)
		return false;
	while (extra < 8 && p[0] & 0x80 >> extra)
		extra++;
	if (extra + 1 > n)
		return false;
	*v = extra >= 7 ? 0 : p[0] & (0x7fu >> extra);
	for (unsigned i = 1; i <= extra; i++)
		*v = *v * 256 + p[i];
	*used = extra + 1;
	return true;
}

static void vints(const uint8_t *p, size_t n)
{
	uint8_t *wide = malloc(n + 16);

	if (n)
		memcpy(wide, p, n);
	memset(wide + n, 0xa5, 16);
	for (size_t at = 0; at < n; at++) {
		cq_cur exact = cq_cur_over(p + at, n - at, at), roomy = cq_cur_over(wide + at, n - at + 16, at);
		uint64_t want = 0, a = cq_vint_raw(&exact, CQ_F_ROW_SIZE), b;
		size_t used = 0;

		if (!plain_vint(p + at, n - at, &want, &used)) {
			MUST(exact.status == CQ_DAMAGED && exact.reason == CQ_R_SHORT && a == 0 && exact.p == p + at);
			continue;
		}
		b = cq_vint_raw(&roomy, CQ_F_ROW_SIZE);
		MUST(!exact.status && !roomy.status && a == want && b == want);
		MUST(exact.p == p + at + used && roomy.p == wide + at + used);
	}
	free(wide);
}

struct seen {
	uint64_t value, off;
	size_t len, n;
	int depth;
};

static void on_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	(void)field, (void)off, (void)index, (void)name;
	((struct seen *)arg)->depth++;
}

static void on_end(void *arg, uint64_t off, int status)
{
	(void)off, (void)status;
	((struct seen *)arg)->depth--;
}

static void on_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	struct seen *s = arg;

	MUST(field == CQ_F_ROW_SIZE);
	s->value = value;
	s->off = off;
	s->len = len;
	s->n++;
}

static void on_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	(void)type;
	fuzz_touch(value);
	on_number(arg, field, off, value.len, value.len);
}

static const struct cq_sink sink = { .begin = on_begin, .end = on_end, .number = on_number, .bytes = on_bytes };

/* One read; its value as a trace should report it. */
static uint64_t step(cq_cur *c, unsigned op, const cq_trace *tr)
{
	const unsigned f = CQ_F_ROW_SIZE;

	switch (op % 14) {
	case 0: return cq_u8(c, tr, f);
	case 1: return cq_u16(c, tr, f);
	case 2: return cq_u32(c, tr, f);
	case 3: return (uint64_t)(int64_t)cq_i32(c, tr, f);
	case 4: return cq_u64(c, tr, f);
	case 5: return (uint64_t)cq_i64(c, tr, f);
	case 6: return cq_u32le(c, tr, f);
	case 7: return cq_u64le(c, tr, f);
	case 8: return (uint64_t)cq_delta(c, tr, f, INT64_MAX);
	case 9: return (uint64_t)(int64_t)cq_delta32(c, tr, f, INT32_MAX);
	case 10: return (uint64_t)cq_svint(c, tr, f, INT64_MIN);
	case 11: return cq_bytes(c, op / 14, tr, f, NULL).len;
	case 12: {
		double d = cq_f64(c, tr, f);
		uint64_t bits;

		memcpy(&bits, &d, 8);
		return bits;
	}
	default: return cq_vint(c, tr, f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n, ops;
	uint8_t *p;
	cq_cur fast, slow;
	struct seen s = {0};
	const cq_trace tr = { &sink, &s };

	if (size < 2)
		return 0;
	n = data[0] % size;
	ops = size - 1 - (n < size - 1 ? n : size - 1);
	n = size - 1 - ops;
	p = malloc(n + !n);
	if (n)
		memcpy(p, data + 1, n);
	vints(p, n);
	fast = cq_cur_over(p, n, 1000);
	slow = fast;
	cq_group(&slow, &tr, CQ_F_ROW);
	for (size_t i = 0; i < ops; i++) {
		unsigned op = data[size - 1 - i];
		const uint8_t *at = fast.p;
		int before = fast.status;
		size_t seen = s.n;
		uint64_t a = step(&fast, op, NULL), b = step(&slow, op, &tr);

		MUST(fast.status == slow.status && fast.p == slow.p && fast.reason == slow.reason && fast.found == slow.found);
		MUST(fast.p >= at && fast.p <= p + n);
		if (fast.status) {
			/* Deltas to a base come out as the base: no value is made of nothing, and none is reported. */
			MUST(fast.p == at && s.n == seen);
			MUST(a == 0 || op % 14 == 8 || op % 14 == 9 || op % 14 == 10);
			MUST(!before || cq_cur_left(&fast) == cq_cur_left(&slow));
		} else {
			MUST(a == b && s.n == seen + 1 && s.value == a && s.off == 1000 + (uint64_t)(at - p) && s.len == (size_t)(fast.p - at));
		}
	}
	cq_group_end(&slow, &tr);
	MUST(s.depth == 0);
	if (fast.status) {
		struct cq_error err = {0};
		cq_cur keep = fast;

		MUST(cq_cur_error(&fast, &err) == CQ_DAMAGED && err.field == CQ_F_ROW_SIZE && err.off == cq_cur_off(&fast) && err.msg[0]);
		cq_bad(&fast, p, CQ_F_ROW_FLAGS, 1, "something else");
		MUST(fast.field == keep.field && fast.reason == keep.reason);
	}
	free(p);
	return 0;
}

/* A type's class string and values of it, both hostile. seeds: types
 *
 *     the class string, up to a new line; the rest is two values, the first half and the second
 *
 * Whatever parses prints to a string that parses to the same type. A value that cannot be printed leaves
 * nothing in the buffer. Any value is equal to itself, and stands to another as the other stands to it, the other way round. */
#include <stdlib.h>
#include <string.h>

#include "cq_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what) do { if (!(what)) abort(); } while (0)

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* Each form, and that one which cannot be printed leaves nothing behind. */
static void print_all(const struct cq_type *t, cq_slice v, struct cq_buf *out)
{
	size_t at = out->len;
	bool none;

	cq_value_check(t, v, NULL);
	MUST(cq_value_json(t, v, out, 0, NULL) == CQ_OK || out->len == at);
	at = out->len;
	MUST(cq_value_cql(t, v, out, NULL) == CQ_OK || out->len == at);
	at = out->len;
	MUST(cq_value_text(t, v, out, NULL) == CQ_OK || out->len == at);
	cq_value_comparable(t, v, out, &none, NULL);
}

static void walk(const struct cq_type *t, cq_slice v)
{
	struct cq_elements it;
	const struct cq_type *type;
	cq_slice elem;

	cq_elements_init(&it, t, v);
	while (cq_elements_next(&it, &type, &elem, NULL) == CQ_OK)
		MUST(!elem.p || (elem.p >= v.p && elem.p + elem.len <= v.p + v.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cq_arena arena = { .limit = 16 << 20 };
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size, rest = end ? size - len - 1 : 0;
	struct cq_buf out = {0};
	const struct cq_type *t, *again;

	if (cq_type_parse(&arena, cq_slice_of(data, len), &t, NULL) == CQ_OK) {
		cq_type_class(t, &out);
		MUST(cq_type_parse(&arena, cq_buf_bytes(&out), &again, NULL) == CQ_OK && cq_type_eq(t, again));
		cq_buf_clear(&out);
		cq_type_cql(t, &out);
		if (end) {
			cq_slice a = cq_slice_of(end + 1, rest / 2), b = cq_slice_of(end + 1 + rest / 2, rest - rest / 2);

			print_all(t, a, &out);
			print_all(t, b, &out);
			walk(t, a);
			MUST(cq_value_compare(t, a, a) == 0);
			MUST(sign(cq_value_compare(t, a, b)) == -sign(cq_value_compare(t, b, a)));
		}
	}
	cq_buf_finish(&out);
	cq_arena_finish(&arena);
	return 0;
}

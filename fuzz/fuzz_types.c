/* A type's class string and values of it, both hostile. seeds: types
 *
 *     the class string, up to a new line; the rest is two values, the first half and the second
 *
 * Whatever parses prints to a string that parses to the same type. A value that cannot be printed leaves
 * nothing in the buffer. Any value is equal to itself, and stands to another as the other stands to it, the other way round.
 * Values that pass the check have byte-comparable forms in the same order. Text that a value printed to, and that can be
 * taken back, gives the text again. */
#include <stdlib.h>
#include <string.h>

#include "cq_types.h"

#include "fuzz.h"

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

/* Types whose order Cassandra takes from something that their byte-comparable form does not hold. */
static bool form_follows_order(const struct cq_type *t)
{
	switch (t->kind) {
	case CQ_T_FLOAT:                       /* a NaN of unusual bits equals any other, its form does not */
	case CQ_T_DOUBLE:
		return false;
	default:
		for (size_t i = 0; i < t->narg; i++)
			if (!form_follows_order(t->arg[i]))
				return false;
		return true;
	}
}

/* An element of no bytes whose type has no form for that (an int) has the form of null, which is ordered before it. */
static bool forms_are_whole(const struct cq_type *t, cq_slice v)
{
	struct cq_elements it;
	const struct cq_type *type;
	struct cq_buf form = {0};
	bool whole = true, none = false;
	cq_slice elem;

	cq_elements_init(&it, t, v);
	while (whole && t->narg && cq_elements_next(&it, &type, &elem, NULL) == CQ_OK) {
		if (!elem.p)
			continue;
		whole = cq_value_comparable(type, elem, &form, &none, NULL) == CQ_OK && !none && forms_are_whole(type, elem);
		cq_buf_clear(&form);
	}
	cq_buf_finish(&form);
	return whole;
}

static void order_of_forms(const struct cq_type *t, cq_slice a, cq_slice b)
{
	struct cq_buf fa = {0}, fb = {0};
	bool na = false, nb = false;
	int form;

	if (form_follows_order(t) && cq_value_check(t, a, NULL) == CQ_OK && cq_value_check(t, b, NULL) == CQ_OK &&
	    cq_value_comparable(t, a, &fa, &na, NULL) == CQ_OK && cq_value_comparable(t, b, &fb, &nb, NULL) == CQ_OK && !na && !nb) {
		/* Forms always have something behind them: a separator, or this at the end. */
		cq_buf_byte(&fa, 0x38);
		cq_buf_byte(&fb, 0x38);
		form = sign(cq_slice_cmp(cq_buf_bytes(&fa), cq_buf_bytes(&fb)));
		MUST(form == sign(cq_value_compare(t, a, b)) || !forms_are_whole(t, a) || !forms_are_whole(t, b));
	}
	cq_buf_finish(&fa);
	cq_buf_finish(&fb);
}

/* No text is read as false: a boolean of no bytes comes back as another value. */
static bool text_is_whole(const struct cq_type *t)
{
	for (size_t i = 0; i < t->narg; i++)
		if (!text_is_whole(t->arg[i]))
			return false;
	return t->kind != CQ_T_BOOLEAN;
}

static void text_again(const struct cq_type *t, cq_slice v)
{
	struct cq_buf text = {0}, back = {0}, again = {0};

	if (text_is_whole(t) && cq_value_check(t, v, NULL) == CQ_OK && cq_value_text(t, v, &text, NULL) == CQ_OK &&
	    cq_value_parse(t, cq_buf_bytes(&text), &back, NULL) == CQ_OK) {
		cq_slice value = cq_slice_of(back.p ? back.p : (const uint8_t *)"", back.len);

		MUST(cq_value_text(t, value, &again, NULL) == CQ_OK && cq_slice_eq(cq_buf_bytes(&text), cq_buf_bytes(&again)));
	}
	cq_buf_finish(&text);
	cq_buf_finish(&back);
	cq_buf_finish(&again);
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
			order_of_forms(t, a, b);
			text_again(t, a);
			text_again(t, b);
			MUST(cq_value_compare(t, a, a) == 0);
			MUST(sign(cq_value_compare(t, a, b)) == -sign(cq_value_compare(t, b, a)));
		}
	}
	cq_buf_finish(&out);
	cq_arena_finish(&arena);
	return 0;
}

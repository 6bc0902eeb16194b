/* What the tests of core/types share: types and bytes from text. */
#ifndef TEST_TYPES_UTIL_H
#define TEST_TYPES_UTIL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cq_types.h"

static struct cq_arena test_arena;

static inline const struct cq_type *type_of(const char *class_string)
{
	const struct cq_type *t = NULL;
	struct cq_error err = { 0 };

	if (cq_type_parse(&test_arena, cq_slice_str(class_string), &t, &err) != CQ_OK)
		fail_msg("%s: %s", class_string, err.msg);
	return t;
}

static inline int nibble(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Bytes of hexadecimal text, blanks ignored, in an allocation of exactly their size so that ASan sees every overrun. */
static inline cq_slice bytes_of(const char *hex)
{
	size_t n = 0, digits = 0;
	uint8_t *p;

	for (const char *h = hex; *h; h++)
		digits += *h != ' ';
	p = malloc(digits / 2 ? digits / 2 : 1);
	assert_non_null(p);
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		p[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
		hex++;
	}
	return cq_slice_of(p, n);
}

static inline void release(cq_slice s)
{
	free((void *)(uintptr_t)s.p);
}

static inline const char *hex_of(cq_slice s, struct cq_buf *out)
{
	cq_buf_clear(out);
	cq_buf_hex(out, s);
	return cq_buf_cstr(out);
}

static inline int end_of_group(void **state)
{
	(void)state;
	cq_arena_finish(&test_arena);
	return 0;
}

/* A small generator, so that a failing seed can be run again: xorshift64*. */
static inline uint64_t dice(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

#endif

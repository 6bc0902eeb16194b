/* UTF-8 and JSON strings. */
#include "cq_types_priv.h"

size_t cq_utf8_prefix(cq_slice s)
{
	size_t i = 0;

	while (i < s.len) {
		uint8_t c = s.p[i], low = 0x80, high = 0xbf;
		size_t more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;

		if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || more >= s.len - i)
			return i;
		if (c == 0xe0)
			low = 0xa0;                        /* below: overlong */
		else if (c == 0xed)
			high = 0x9f;                       /* above: surrogates */
		else if (c == 0xf0)
			low = 0x90;
		else if (c == 0xf4)
			high = 0x8f;                       /* above: past U+10FFFF */
		for (size_t k = 1; k <= more; k++) {
			if (s.p[i + k] < low || s.p[i + k] > high)
				return i;
			low = 0x80;
			high = 0xbf;
		}
		i += more + 1;
	}
	return i;
}

/* What stands between the quotes of a JSON string. s is UTF-8. */
static void escaped(struct cq_buf *out, cq_slice s)
{
	static const char brief[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		cq_buf_put(out, s.p + from, i - from);
		from = i + 1;
		if (c >= 0x20 || (c < sizeof brief && brief[c])) {
			cq_buf_byte(out, '\\');
			cq_buf_byte(out, c >= 0x20 ? c : (uint8_t)brief[c]);
		} else {
			cq_buf_printf(out, "\\u%04X", c);
		}
	}
	if (s.len)
		cq_buf_put(out, s.p + from, s.len - from);
}

bool cq_json_string(struct cq_buf *out, cq_slice s)
{
	bool clean = true;

	cq_buf_byte(out, '"');
	for (;;) {
		size_t n = cq_utf8_prefix(s);

		escaped(out, cq_slice_of(s.p, n));
		if (n == s.len)
			break;
		clean = false;
		cq_buf_str(out, "\xef\xbf\xbd");
		s = cq_slice_of(s.p + n + 1, s.len - n - 1);
	}
	cq_buf_byte(out, '"');
	return clean;
}

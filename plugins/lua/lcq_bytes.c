/* lcq_bytes - module cq.bytes: the encodings and checksums of the formats, over Lua strings. */
#include "lcq_value.h"

#include "cq_hash.h"

enum { KEY_MAX = 65535, DUMP_MAX = 64 << 20 };

/* Argument 1 for a function that looks at each of its bytes: per 8 of them so much work. */
static cq_slice whole(lua_State *L, unsigned work)
{
	cq_slice s = lcq_check_slice(L, 1);

	lcq_work(L, s.len / 8 * work);
	return s;
}

/* ---- reading ---- */

/* n bytes of argument 1 from the position in argument 2 on (1 when there is none). */
static const uint8_t *at(lua_State *L, size_t n, size_t *pos)
{
	cq_slice s = lcq_check_slice(L, 1);
	lua_Integer i = luaL_optinteger(L, 2, 1);

	luaL_argcheck(L, i >= 1, 2, "positions begin at 1");
	if ((lua_Unsigned)i > s.len || s.len - (size_t)i + 1 < n)
		luaL_argerror(L, 2, lua_pushfstring(L, "%d bytes from position %I on, where the text has %I", (int)n, (LUAI_UACINT)i, (LUAI_UACINT)s.len));
	*pos = (size_t)i;
	return s.p + i - 1;
}

static int result(lua_State *L, uint64_t v, size_t next)
{
	lua_pushinteger(L, (lua_Integer)v);
	lua_pushinteger(L, (lua_Integer)next);
	return 2;
}

static int fixed(lua_State *L, unsigned len, bool is_signed, bool little)
{
	size_t pos;
	const uint8_t *p = at(L, len, &pos);
	uint64_t v = 0;

	for (unsigned i = 0; i < len; i++)
		v = v << 8 | p[little ? len - 1 - i : i];
	if (is_signed && len < 8 && (v >> (8 * len - 1) & 1))
		v |= UINT64_MAX << (8 * len);
	return result(L, v, pos + len);
}

#define FIXED(name, len, is_signed, little) \
	static int name(lua_State *L) \
	{ \
		return fixed(L, len, is_signed, little); \
	}
FIXED(b_u8, 1, false, false)
FIXED(b_u16, 2, false, false)
FIXED(b_u32, 4, false, false)
FIXED(b_u64, 8, false, false)
FIXED(b_i8, 1, true, false)
FIXED(b_i16, 2, true, false)
FIXED(b_i32, 4, true, false)
FIXED(b_i64, 8, true, false)
FIXED(b_u16le, 2, false, true)
FIXED(b_u32le, 4, false, true)
FIXED(b_u64le, 8, false, true)
FIXED(b_i16le, 2, true, true)
FIXED(b_i32le, 4, true, true)
FIXED(b_i64le, 8, true, true)

static unsigned extra_bytes(uint8_t first)
{
	unsigned n = 0;

	while (n < 8 && first & 0x80u >> n)
		n++;
	return n;
}

static uint64_t read_vint(lua_State *L, size_t *next)
{
	size_t pos;
	const uint8_t *p = at(L, 1, &pos);
	unsigned extra = extra_bytes(*p);
	uint64_t v;

	p = at(L, extra + 1, &pos);
	v = extra >= 8 ? 0 : *p & (0xffu >> extra);
	for (unsigned i = 1; i <= extra; i++)
		v = v << 8 | p[i];
	*next = pos + extra + 1;
	return v;
}

static int b_vint(lua_State *L)
{
	size_t next;
	uint64_t v = read_vint(L, &next);

	return result(L, v, next);
}

static int b_svint(lua_State *L)
{
	size_t next;
	uint64_t v = read_vint(L, &next);

	return result(L, v >> 1 ^ (0 - (v & 1)), next);
}

/* ---- writing ---- */

size_t lcq_vint(uint8_t out[9], uint64_t v)
{
	size_t extra = 0;

	while (extra < 8 && v >> (7 * (extra + 1)))              /* 7 bits a byte; 8 bytes behind ff hold 64 */
		extra++;
	for (size_t i = 0; i < extra; i++)
		out[extra - i] = (uint8_t)(v >> (8 * i));
	out[0] = extra == 8 ? 0xff : (uint8_t)(v >> (8 * extra) | (uint8_t)~(0xffu >> extra));
	return extra + 1;
}

static uint64_t zigzag(lua_Integer v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static int push_vint(lua_State *L, uint64_t v)
{
	uint8_t out[9];

	lua_pushlstring(L, (const char *)out, lcq_vint(out, v));
	return 1;
}

static int b_pack_vint(lua_State *L)
{
	return push_vint(L, (uint64_t)luaL_checkinteger(L, 1));
}

static int b_pack_svint(lua_State *L)
{
	return push_vint(L, zigzag(luaL_checkinteger(L, 1)));
}

static int b_vint_length(lua_State *L)
{
	uint8_t out[9];

	lua_pushinteger(L, (lua_Integer)lcq_vint(out, (uint64_t)luaL_checkinteger(L, 1)));
	return 1;
}

static int b_svint_length(lua_State *L)
{
	uint8_t out[9];

	lua_pushinteger(L, (lua_Integer)lcq_vint(out, zigzag(luaL_checkinteger(L, 1))));
	return 1;
}

/* ---- hexadecimal ---- */

static const char digits[] = "0123456789abcdef";

static int b_hex(lua_State *L)
{
	cq_slice s = whole(L, 4);
	luaL_Buffer b;
	char *out;

	luaL_argcheck(L, s.len < SIZE_MAX / 4, 1, "too long");
	out = luaL_buffinitsize(L, &b, s.len * 2);
	for (size_t i = 0; i < s.len; i++) {
		out[2 * i] = digits[s.p[i] >> 4];
		out[2 * i + 1] = digits[s.p[i] & 15];
	}
	luaL_pushresultsize(&b, s.len * 2);
	return 1;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Blanks between pairs are passed over, and 0x in front. */
static int b_unhex(lua_State *L)
{
	cq_slice s = whole(L, 4);
	size_t i = 0, n = 0;
	luaL_Buffer b;
	char *out = luaL_buffinitsize(L, &b, s.len / 2 + 1);

	if (s.len >= 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x')
		i = 2;
	while (i < s.len) {
		int high, low;

		if (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')) {
			i++;
			continue;
		}
		high = nibble(s.p[i]);
		low = i + 1 < s.len ? nibble(s.p[i + 1]) : -1;
		if (high < 0 || low < 0)
			return luaL_argerror(L, 1, lua_pushfstring(L, "no pair of hexadecimal digits at position %I", (LUAI_UACINT)(i + 1)));
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	luaL_pushresultsize(&b, n);
	return 1;
}

/*  00000010  61 62 63 ...  |abc...|  */
static int b_hexdump(lua_State *L)
{
	cq_slice s = lcq_check_slice(L, 1);
	lua_Integer off = luaL_optinteger(L, 2, 0), width = luaL_optinteger(L, 3, 16);
	luaL_Buffer b;

	luaL_argcheck(L, s.len <= DUMP_MAX, 1, "more than 64 MiB");
	luaL_argcheck(L, width >= 1 && width <= 256, 3, "1 to 256 bytes a line");
	luaL_buffinit(L, &b);
	for (size_t i = 0; i < s.len; i += (size_t)width) {
		size_t n = s.len - i < (size_t)width ? s.len - i : (size_t)width;
		char head[24], *out;
		int len = snprintf(head, sizeof head, "%08llx ", (unsigned long long)((uint64_t)off + i));

		luaL_addlstring(&b, head, (size_t)len);
		out = luaL_prepbuffsize(&b, (size_t)width * 3);
		for (size_t k = 0; k < (size_t)width; k++) {
			out[3 * k] = ' ';
			out[3 * k + 1] = k < n ? digits[s.p[i + k] >> 4] : ' ';
			out[3 * k + 2] = k < n ? digits[s.p[i + k] & 15] : ' ';
		}
		luaL_addsize(&b, (size_t)width * 3);
		luaL_addlstring(&b, "  |", 3);
		for (size_t k = 0; k < n; k++)
			luaL_addchar(&b, s.p[i + k] >= ' ' && s.p[i + k] < 0x7f ? (char)s.p[i + k] : '.');
		luaL_addlstring(&b, "|\n", 2);
		lcq_work(L, n);
	}
	luaL_pushresult(&b);
	return 1;
}

/* ---- sums ---- */

static int b_crc32(lua_State *L)
{
	cq_slice s = whole(L, 1);

	lua_pushinteger(L, cq_crc32((uint32_t)luaL_optinteger(L, 2, 0), s.p, s.len));
	return 1;
}

static int b_adler32(lua_State *L)
{
	cq_slice s = whole(L, 2);
	uint32_t sum = (uint32_t)luaL_optinteger(L, 2, 1), a = (sum & 0xffff) % 65521, b = (sum >> 16) % 65521;

	for (size_t i = 0; i < s.len;) {
		size_t end = s.len - i < 5552 ? s.len : i + 5552;     /* so many sums stay below 2^32 */

		for (; i < end; i++) {
			a += s.p[i];
			b += a;
		}
		a %= 65521;
		b %= 65521;
	}
	lua_pushinteger(L, (lua_Integer)b << 16 | a);
	return 1;
}

static int b_murmur3(lua_State *L)
{
	uint64_t h[2];

	cq_murmur3(whole(L, 1), h);
	lua_pushinteger(L, (lua_Integer)h[0]);
	lua_pushinteger(L, (lua_Integer)h[1]);
	return 2;
}

static int b_murmur2(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)cq_murmur2(whole(L, 1)));
	return 1;
}

static int b_md5(lua_State *L)
{
	uint8_t out[16];

	cq_md5(whole(L, 4), out);
	lua_pushlstring(L, (const char *)out, sizeof out);
	return 1;
}

static int b_token(lua_State *L)
{
	cq_slice key = lcq_check_slice(L, 1), name = cq_slice_str(luaL_optstring(L, 2, "Murmur3Partitioner"));
	struct cq_partitioner p;
	struct cq_token token;

	luaL_argcheck(L, key.len <= KEY_MAX, 1, "a key has at most 65535 bytes");
	cq_partitioner_init(&p, name, NULL);
	luaL_argcheck(L, p.kind != CQ_P_UNKNOWN && p.kind != CQ_P_LOCAL, 2,
		"Murmur3Partitioner, RandomPartitioner, ByteOrderedPartitioner or OrderPreservingPartitioner expected");
	cq_token(&p, key, &token);
	if (p.kind == CQ_P_MURMUR3) {
		lua_pushinteger(L, (lua_Integer)token.lo);
		return 1;
	}
	cq_token_print(&p, &token, lcq_tmp(L));
	lcq_push_tmp(L);
	return 1;
}

#define READER "(s: string, pos?: integer) -> value: integer, next: integer"
#define READS(what) what " at a position (1 without one), and the position behind it. Bytes that are not there are an error."

static const struct lcq_member members[] = {
	{ "u8", b_u8, READER, READS("An unsigned byte"), "assert(cq.bytes.u8(\"\\255\") == 255)" },
	{ "u16", b_u16, READER, READS("An unsigned big-endian number of 2 bytes"), "assert(cq.bytes.u16(\"\\1\\2\") == 258)" },
	{ "u32", b_u32, READER, READS("An unsigned big-endian number of 4 bytes"),
	  "local value, next = cq.bytes.u32(\"\\0\\0\\1\\2rest\")\nassert(value == 258 and next == 5)" },
	{ "u64", b_u64, READER, READS("8 bytes, big-endian, as the integer with these bits (%u prints it unsigned: math.ult compares)"),
	  "assert(cq.bytes.u64(\"\\0\\0\\0\\0\\0\\0\\1\\2\") == 258)" },
	{ "i8", b_i8, READER, READS("A signed byte"), "assert(cq.bytes.i8(\"\\255\") == -1)" },
	{ "i16", b_i16, READER, READS("A signed big-endian number of 2 bytes"), "assert(cq.bytes.i16(\"\\255\\254\") == -2)" },
	{ "i32", b_i32, READER, READS("A signed big-endian number of 4 bytes"), "assert(cq.bytes.i32(\"\\255\\255\\255\\254\") == -2)" },
	{ "i64", b_i64, READER, READS("A signed big-endian number of 8 bytes"), "assert(cq.bytes.i64((\"\\255\"):rep(8)) == -1)" },
	{ "u16le", b_u16le, READER, READS("An unsigned little-endian number of 2 bytes"), "assert(cq.bytes.u16le(\"\\1\\2\") == 513)" },
	{ "u32le", b_u32le, READER, READS("An unsigned little-endian number of 4 bytes"), "assert(cq.bytes.u32le(\"\\1\\2\\0\\0\") == 513)" },
	{ "u64le", b_u64le, READER, READS("8 bytes, little-endian, as the integer with these bits"),
	  "assert(cq.bytes.u64le(\"\\1\\2\\0\\0\\0\\0\\0\\0\") == 513)" },
	{ "i16le", b_i16le, READER, READS("A signed little-endian number of 2 bytes"), "assert(cq.bytes.i16le(\"\\254\\255\") == -2)" },
	{ "i32le", b_i32le, READER, READS("A signed little-endian number of 4 bytes"), "assert(cq.bytes.i32le(\"\\254\\255\\255\\255\") == -2)" },
	{ "i64le", b_i64le, READER, READS("A signed little-endian number of 8 bytes"), "assert(cq.bytes.i64le((\"\\255\"):rep(8)) == -1)" },
	{ "vint", b_vint, READER, READS("Cassandra's unsigned vint (1 to 9 bytes, the leading ones of the first say how many follow)"),
	  "local value, next = cq.bytes.vint(\"\\x81\\x02\")\nassert(value == 258 and next == 3)" },
	{ "svint", b_svint, READER, READS("Cassandra's signed vint (zig-zag)"), "assert(cq.bytes.svint(\"\\1\") == -1)" },
	{ "pack_vint", b_pack_vint, "(value: integer) -> string", "The unsigned vint of an integer; a negative one stands for its bits (9 bytes).",
	  "assert(cq.bytes.pack_vint(258) == \"\\x81\\x02\")" },
	{ "pack_svint", b_pack_svint, "(value: integer) -> string", "The signed vint of an integer.", "assert(cq.bytes.pack_svint(-1) == \"\\1\")" },
	{ "vint_length", b_vint_length, "(value: integer) -> integer", "How many bytes its unsigned vint has.",
	  "assert(cq.bytes.vint_length(127) == 1 and cq.bytes.vint_length(128) == 2)" },
	{ "svint_length", b_svint_length, "(value: integer) -> integer", "How many bytes its signed vint has.",
	  "assert(cq.bytes.svint_length(-64) == 1 and cq.bytes.svint_length(-65) == 2)" },
	{ "hex", b_hex, "(s: string) -> string", "Bytes as hexadecimal digits, lower case.", "assert(cq.bytes.hex(\"\\1\\254\") == \"01fe\")" },
	{ "unhex", b_unhex, "(text: string) -> string", "The bytes that hexadecimal digits say; 0x in front and blanks between pairs may be there.",
	  "assert(cq.bytes.unhex(\"0x01 FE\") == \"\\1\\254\")" },
	{ "hexdump", b_hexdump, "(s: string, off?: integer, width?: integer) -> string",
	  "Lines of offset (the first is off, 0 without it), bytes and characters, 16 bytes a line or width.",
	  "cq.write(cq.bytes.hexdump(cell.raw, cell.off))" },
	{ "crc32", b_crc32, "(s: string, before?: integer) -> integer", "The CRC32 of the files (zlib's), going on from one before.",
	  "assert(cq.bytes.crc32(\"123456789\") == 0xcbf43926)" },
	{ "adler32", b_adler32, "(s: string, before?: integer) -> integer", "Adler-32, as in old digests, going on from one before.",
	  "assert(cq.bytes.adler32(\"Wikipedia\") == 0x11e60398)" },
	{ "murmur3", b_murmur3, "(s: string) -> integer, integer",
	  "Cassandra's Murmur3 x64 128 with seed 0 in two integers: the first makes the token, both the bits of the Bloom filter.",
	  "print(cq.bytes.murmur3(part.raw_key))" },
	{ "murmur2", b_murmur2, "(s: string) -> integer", "MurmurHash2 64A, which the cardinality sketch of Statistics.db is offered.",
	  "print(cq.bytes.murmur2(part.raw_key))" },
	{ "md5", b_md5, "(s: string) -> string", "The 16 bytes of MD5.", "assert(cq.bytes.hex(cq.bytes.md5(\"\")) == \"d41d8cd98f00b204e9800998ecf8427e\")" },
	{ "token", b_token, "(key: string, partitioner?: string) -> integer|string",
	  "The token of a partition key's bytes: an integer for Murmur3 (without a name it is that), text for others.",
	  "assert(cq.bytes.token(part.raw_key, sst.partitioner) == part.token)" },
	{ 0 },
};

const struct lcq_module lcq_module_bytes = { .name = "cq.bytes", .members = members,
	.about = "Reading and writing the formats' own encodings. Positions begin at 1, as string.byte's do; what is outside of the text is an error. "
	"Big-endian unless the name ends in le. string.pack and string.unpack do the rest." };

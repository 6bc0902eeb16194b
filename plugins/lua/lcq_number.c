/* lcq_number - varint and decimal: exact, of any size up to a mebibyte, counted with by GMP.
 *
 * Every operation reads its operands, says how long the result can be, computes into the world's scratch buffer with temporaries that
 * live until then, and makes the object last. */
#include "lcq_value.h"

#include <gmp.h>
#include <stdlib.h>

struct number {
	bool decimal;
	int32_t scale;
	cq_slice v;                        /* unscaled, at least one byte */
	uint8_t room[12];
};

/* ---- operands ---- */

cq_slice lcq_exact(lua_State *L, int index, uint8_t room[12])
{
	const struct lcq_bytes *b = lcq_test(L, index, &lcq_varint_class);
	size_t skip = 0;

	if (!b)
		b = lcq_test(L, index, &lcq_decimal_class);
	if (b)
		return lcq_bytes_slice(b);
	if (!lua_isinteger(L, index))
		return (cq_slice){0};
	memset(room, 0, 4);
	cq_put_be64(room + 4, (uint64_t)lua_tointeger(L, index));
	while (skip < 7 && ((room[4 + skip] == 0 && !(room[5 + skip] & 0x80)) || (room[4 + skip] == 0xff && (room[5 + skip] & 0x80))))
		skip++;
	memmove(room + 4, room + 4 + skip, 8 - skip);
	return cq_slice_of(room, 12 - skip);
}

int lcq_exact_compare(cq_slice a, cq_slice b)
{
	return cq_value_compare(cq_type_simple(CQ_T_DECIMAL), a, b);
}

static void operand(lua_State *L, int index, struct number *n)
{
	cq_slice s = lcq_exact(L, index, n->room);

	if (!s.p)
		luaL_error(L, "operand %d is a %s, no exact number: integers, cq.varint and cq.decimal are", index,
			lua_type(L, index) == LUA_TNUMBER ? "float" : luaL_typename(L, index));
	n->decimal = lcq_test(L, index, &lcq_decimal_class) != NULL;
	n->scale = (int32_t)cq_be32(s.p);
	n->v = cq_slice_of(s.p + 4, s.len - 4);
}

static bool is_zero(cq_slice v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i])
			return false;
	return true;
}

/* An operation on so many bytes, which takes some times longer than passing over them. */
static void work(lua_State *L, size_t n, unsigned times)
{
	lcq_work(L, 10 + (n < 64 ? 0 : n * times));
}

/* Refuse what would be longer than a number may be: len bytes times 10^shift. */
static void bound(lua_State *L, cq_slice v, uint64_t shift)
{
	uint64_t len = v.len;

	if (shift && !is_zero(v))
		len += 2 + shift / 2 - shift / 12;   /* log2(10) / 8 is 0.41524, this 0.41667 */
	if (len > LCQ_NUMBER_MAX)
		luaL_error(L, "a number of more than 1 MiB");
	work(L, (size_t)len, 8);
}

/* ---- GMP ---- */

static void import(mpz_t z, cq_slice v)
{
	mpz_import(z, v.len, 1, 1, 1, 0, v.p);
	if (v.p[0] & 0x80) {
		mpz_t top;

		mpz_init(top);
		mpz_setbit(top, (mp_bitcnt_t)v.len * 8);
		mpz_sub(z, z, top);
		mpz_clear(top);
	}
}

static void scale_up(mpz_t z, uint64_t shift)
{
	mpz_t p;

	if (!shift || !mpz_sgn(z))
		return;
	mpz_init(p);
	mpz_ui_pow_ui(p, 10, (unsigned long)shift);
	mpz_mul(z, z, p);
	mpz_clear(p);
}

/* Two's complement in as few bytes as there can be. z is spent. */
static void export(struct cq_buf *out, mpz_t z)
{
	bool negative = mpz_sgn(z) < 0;
	size_t n, used;

	if (negative)
		mpz_com(z, z);
	n = mpz_sgn(z) ? mpz_sizeinbase(z, 2) / 8 + 1 : 1;
	used = mpz_sgn(z) ? (mpz_sizeinbase(z, 2) + 7) / 8 : 0;
	if (!cq_buf_reserve(out, n))
		return;
	memset(out->p + out->len, 0, n);
	mpz_export(out->p + out->len + n - used, NULL, 1, 1, 1, 0, z);
	for (size_t i = 0; negative && i < n; i++)
		out->p[out->len + i] = (uint8_t)~out->p[out->len + i];
	out->len += n;
}

static struct cq_buf *begin(lua_State *L, int32_t scale)
{
	struct cq_buf *out = lcq_tmp(L);
	uint8_t head[4];

	cq_put_be32(head, (uint32_t)scale);
	cq_buf_put(out, head, sizeof head);
	return out;
}

/* What begin and export wrote, as an object. */
static int finish(lua_State *L, bool decimal)
{
	struct lcq_bytes *b;
	size_t len;

	lcq_push_tmp(L);
	len = lua_rawlen(L, -1);
	b = lcq_new(L, decimal ? &lcq_decimal_class : &lcq_varint_class, sizeof *b + len, 0);
	b->kind = decimal ? CQ_T_DECIMAL : CQ_T_VARINT;
	b->len = len;
	memcpy(b->p, lua_tostring(L, -2), len);
	lua_remove(L, -2);
	return 1;
}

void lcq_push_number(lua_State *L, const struct lcq_class *c, cq_slice v)
{
	bool decimal = c == &lcq_decimal_class;
	struct lcq_bytes *b = lcq_new(L, c, sizeof *b + v.len + 4, 0);

	b->kind = decimal ? CQ_T_DECIMAL : CQ_T_VARINT;
	b->len = decimal ? v.len : v.len + 4;
	memcpy(b->p + (decimal ? 0 : 4), v.p, v.len);
}

/* ---- arithmetic ---- */

enum op { ADD, SUB, MUL, FLOOR_DIV, MOD };

static int arithmetic(lua_State *L, enum op op)
{
	struct number a, b;
	bool decimal;
	int64_t scale;
	uint64_t up_a = 0, up_b = 0;
	struct cq_buf *out;
	mpz_t za, zb;

	operand(L, 1, &a);
	operand(L, 2, &b);
	decimal = a.decimal || b.decimal;
	if (op == MUL) {
		scale = (int64_t)a.scale + b.scale;
		if (scale < INT32_MIN || scale > INT32_MAX)
			return luaL_error(L, "the scale of the product passes 32 bits");
		if (a.v.len + b.v.len > LCQ_NUMBER_MAX)
			return luaL_error(L, "a number of more than 1 MiB");
		work(L, a.v.len + b.v.len, 8);
	} else {
		if ((op == FLOOR_DIV || op == MOD) && is_zero(b.v))
			return luaL_error(L, "attempt to perform 'n%s0'", op == MOD ? "%%" : "//");
		scale = a.scale > b.scale ? a.scale : b.scale;
		up_a = (uint64_t)(scale - a.scale);
		up_b = (uint64_t)(scale - b.scale);
		bound(L, a.v, up_a);
		bound(L, b.v, up_b);
		if (op == FLOOR_DIV)
			scale = 0;
	}
	out = begin(L, (int32_t)scale);
	mpz_init(za);
	mpz_init(zb);
	import(za, a.v);
	import(zb, b.v);
	scale_up(za, up_a);
	scale_up(zb, up_b);
	switch (op) {
	case ADD: mpz_add(za, za, zb); break;
	case SUB: mpz_sub(za, za, zb); break;
	case MUL: mpz_mul(za, za, zb); break;
	case FLOOR_DIV: mpz_fdiv_q(za, za, zb); break;
	default: mpz_fdiv_r(za, za, zb); break;
	}
	export(out, za);
	mpz_clear(za);
	mpz_clear(zb);
	return finish(L, decimal);
}

static int n_add(lua_State *L)
{
	return arithmetic(L, ADD);
}

static int n_sub(lua_State *L)
{
	return arithmetic(L, SUB);
}

static int n_mul(lua_State *L)
{
	return arithmetic(L, MUL);
}

static int n_idiv(lua_State *L)
{
	return arithmetic(L, FLOOR_DIV);
}

static int n_mod(lua_State *L)
{
	return arithmetic(L, MOD);
}

static int n_unm(lua_State *L)
{
	struct number a;
	struct cq_buf *out;
	mpz_t z;

	operand(L, 1, &a);
	bound(L, a.v, 0);
	out = begin(L, a.scale);
	mpz_init(z);
	import(z, a.v);
	mpz_neg(z, z);
	export(out, z);
	mpz_clear(z);
	return finish(L, a.decimal);
}

static int n_div(lua_State *L)
{
	return luaL_error(L, "'/' of exact numbers is not exact: use //, d:div(other, scale) or :tonumber()");
}

/* d:div(other, scale): half goes to the even digit. */
static int d_div(lua_State *L)
{
	struct number a, b;
	lua_Integer scale;
	int64_t shift;
	int c, sign;
	struct cq_buf *out;
	mpz_t za, zb, r;

	lcq_check(L, 1, &lcq_decimal_class);
	operand(L, 1, &a);
	operand(L, 2, &b);
	scale = luaL_checkinteger(L, 3);
	luaL_argcheck(L, scale >= INT32_MIN && scale <= INT32_MAX, 3, "a scale of 32 bits expected");
	luaL_argcheck(L, !is_zero(b.v), 2, "division by zero");
	shift = (int64_t)scale + b.scale - a.scale;
	bound(L, a.v, shift > 0 ? (uint64_t)shift : 0);
	bound(L, b.v, shift < 0 && !is_zero(a.v) ? (uint64_t)-shift : 0);
	out = begin(L, (int32_t)scale);
	mpz_init(za);
	mpz_init(zb);
	mpz_init(r);
	import(za, a.v);
	import(zb, b.v);
	if (mpz_sgn(za)) {
		sign = mpz_sgn(za) * mpz_sgn(zb);
		mpz_abs(za, za);
		mpz_abs(zb, zb);
		scale_up(za, shift > 0 ? (uint64_t)shift : 0);
		scale_up(zb, shift < 0 ? (uint64_t)-shift : 0);
		mpz_tdiv_qr(za, r, za, zb);
		mpz_mul_2exp(r, r, 1);
		c = mpz_cmp(r, zb);
		if (c > 0 || (c == 0 && mpz_odd_p(za)))
			mpz_add_ui(za, za, 1);
		if (sign < 0)
			mpz_neg(za, za);
	}
	export(out, za);
	mpz_clear(za);
	mpz_clear(zb);
	mpz_clear(r);
	return finish(L, true);
}

/* ---- order ---- */

static int order(lua_State *L)
{
	struct number a, b;
	cq_slice sa, sb;

	operand(L, 1, &a);
	operand(L, 2, &b);
	sa = lcq_exact(L, 1, a.room);
	sb = lcq_exact(L, 2, b.room);
	work(L, sa.len + sb.len, 8);
	return lcq_exact_compare(sa, sb);
}

static int n_lt(lua_State *L)
{
	lua_pushboolean(L, order(L) < 0);
	return 1;
}

static int n_le(lua_State *L)
{
	lua_pushboolean(L, order(L) <= 0);
	return 1;
}

static int n_eq(lua_State *L)
{
	lua_pushboolean(L, lcq_same(L, 1, 2, false));
	return 1;
}

static int n_compare(lua_State *L)
{
	int c;

	if (!lcq_test(L, 1, &lcq_varint_class))
		lcq_check(L, 1, &lcq_decimal_class);
	c = order(L);
	lua_pushinteger(L, (c > 0) - (c < 0));
	return 1;
}

/* ---- as something else ---- */

static int n_tostring(lua_State *L)
{
	struct number a;

	operand(L, 1, &a);
	work(L, a.v.len, 32);
	if (a.decimal)
		cq_value_text(cq_type_simple(CQ_T_DECIMAL), cq_slice_of(a.v.p - 4, a.v.len + 4), lcq_tmp(L), NULL);
	else
		cq_value_text(cq_type_simple(CQ_T_VARINT), a.v, lcq_tmp(L), NULL);
	lcq_push_tmp(L);
	return 1;
}

static int n_tointeger(lua_State *L)
{
	struct number a;
	mpz_t z, p;
	bool fits = true;
	uint8_t bytes[9] = {0};
	size_t n;
	struct cq_buf *out;

	operand(L, 1, &a);
	if (is_zero(a.v)) {
		lua_pushinteger(L, 0);
		return 1;
	}
	if (a.scale < -18 || a.scale > (int64_t)a.v.len * 3)      /* too many zeros behind, or before, the digits: 2.41 a byte */
		return 0;
	bound(L, a.v, 0);
	out = lcq_tmp(L);
	mpz_init(z);
	mpz_init(p);
	import(z, a.v);
	if (a.scale < 0) {
		scale_up(z, (uint64_t)-(int64_t)a.scale);
	} else if (a.scale > 0) {
		mpz_ui_pow_ui(p, 10, (unsigned long)a.scale);
		fits = mpz_divisible_p(z, p);
		if (fits)
			mpz_divexact(z, z, p);
	}
	fits = fits && mpz_sizeinbase(z, 2) <= 64;
	if (fits)
		export(out, z);
	mpz_clear(z);
	mpz_clear(p);
	n = out->len;
	if (!fits || n > 8 || out->failed)
		return 0;
	memset(bytes, out->p[0] & 0x80 ? 0xff : 0, 8);
	memcpy(bytes + 8 - n, out->p, n);
	lua_pushinteger(L, (lua_Integer)cq_be64(bytes));
	return 1;
}

enum { DIGITS = 1000 };                                    /* more than a double can be told apart by: 767 and one that says "and more" */

/* The nearest double: through text, as that is rounded once. */
static int n_tonumber(lua_State *L)
{
	struct number a;
	cq_slice digits;
	bool minus, more = false;
	size_t kept;
	int64_t exponent;
	char text[DIGITS + 32];
	uint64_t bits;
	double d;

	operand(L, 1, &a);
	work(L, a.v.len, 32);
	cq_value_text(cq_type_simple(CQ_T_VARINT), a.v, lcq_tmp(L), NULL);
	lcq_push_tmp(L);
	digits = cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1));
	minus = digits.p[0] == '-';
	digits = cq_slice_of(digits.p + minus, digits.len - minus);
	kept = digits.len < DIGITS ? digits.len : DIGITS;
	for (size_t i = kept; i < digits.len && !more; i++)
		more = digits.p[i] != '0';
	exponent = (int64_t)(digits.len - kept) - a.scale - more;
	kept = (size_t)snprintf(text, sizeof text, "%s%.*s%se%lld", minus ? "-" : "", (int)kept, (const char *)digits.p, more ? "1" : "",
		(long long)exponent);
	if (cq_value_parse(cq_type_simple(CQ_T_DOUBLE), cq_slice_of(text, kept), lcq_tmp(L), NULL) != CQ_OK || lcq_of(L)->tmp.len != 8)
		return luaL_error(L, "out of memory");
	bits = cq_be64(lcq_of(L)->tmp.p);
	memcpy(&d, &bits, sizeof d);
	lua_pushnumber(L, d);
	return 1;
}

static int i_raw(lua_State *L)
{
	const struct lcq_bytes *b = lcq_check(L, 1, &lcq_varint_class);

	lua_pushlstring(L, (const char *)b->p + 4, b->len - 4);
	return 1;
}

static int d_raw(lua_State *L)
{
	const struct lcq_bytes *b = lcq_check(L, 1, &lcq_decimal_class);

	lua_pushlstring(L, (const char *)b->p, b->len);
	return 1;
}

static int d_scale(lua_State *L)
{
	const struct lcq_bytes *b = lcq_check(L, 1, &lcq_decimal_class);

	lua_pushinteger(L, (int32_t)cq_be32(b->p));
	return 1;
}

static int d_unscaled(lua_State *L)
{
	const struct lcq_bytes *b = lcq_check(L, 1, &lcq_decimal_class);

	lcq_push_number(L, &lcq_varint_class, cq_slice_of(b->p + 4, b->len - 4));
	return 1;
}

/* Methods check what they are called on: one function serves both classes. */
static int checked(lua_State *L, lua_CFunction f)
{
	if (!lcq_test(L, 1, &lcq_varint_class))
		lcq_check(L, 1, &lcq_decimal_class);
	return f(L);
}

static int m_tointeger(lua_State *L)
{
	return checked(L, n_tointeger);
}

static int m_tonumber(lua_State *L)
{
	return checked(L, n_tonumber);
}

static const luaL_Reg meta[] = {
	{ "__add", n_add }, { "__sub", n_sub }, { "__mul", n_mul }, { "__idiv", n_idiv }, { "__mod", n_mod }, { "__unm", n_unm },
	{ "__div", n_div }, { "__lt", n_lt }, { "__le", n_le }, { "__eq", n_eq }, { "__tostring", n_tostring }, { "__concat", lcq_concat },
	{ NULL, NULL },
};

#define COMPARE_HELP "-1, 0 or 1: how it is ordered with another exact number. 0 where == cannot say it: Lua never asks whether an " \
	"object equals a plain integer."

static const struct lcq_member varint_members[] = {
	{ "tointeger", m_tointeger, "() -> integer?", "As a Lua integer; nil when it does not fit into 64 bits.",
	  "assert(cq.varint(\"9223372036854775807\"):tointeger() == math.maxinteger)" },
	{ "tonumber", m_tonumber, "() -> number", "The nearest float.", "assert(cq.varint(2):tonumber() == 2.0)" },
	{ "compare", n_compare, "(other: cq.varint|cq.decimal|integer) -> integer", COMPARE_HELP, "assert(cq.varint(7):compare(7) == 0)" },
	{ "raw", i_raw, "string", "Its bytes.", "assert(cq.varint(256).raw == \"\\1\\0\")" },
	{ 0 },
};

const struct lcq_class lcq_varint_class = { .name = "cq.varint", .members = varint_members, .meta = meta,
	.about = "An integer of any size. + - * // % and unary - are exact, with integers and decimals too; // and % round down as Lua's do. "
	"== and < compare what numbers are worth. A result of more than 1 MiB is an error." };

static const struct lcq_member decimal_members[] = {
	{ "scale", d_scale, "integer", "Digits behind the point; negative: zeros before it.", "assert(cq.decimal(\"1.50\").scale == 2)" },
	{ "unscaled", d_unscaled, "cq.varint", "The number without its point.", "assert(tostring(cq.decimal(\"1.50\").unscaled) == \"150\")" },
	{ "div", d_div, "(other: cq.decimal|cq.varint|integer, scale: integer) -> cq.decimal",
	  "The quotient with so many digits behind the point; a half goes to the even digit. d:div(1, 2) rounds.",
	  "assert(tostring(cq.decimal(2):div(3, 4)) == \"0.6667\")" },
	{ "tointeger", m_tointeger, "() -> integer?", "As a Lua integer; nil when it is no whole number or does not fit.",
	  "assert(cq.decimal(\"3.00\"):tointeger() == 3 and not cq.decimal(\"3.01\"):tointeger())" },
	{ "tonumber", m_tonumber, "() -> number", "The nearest float.", "assert(cq.decimal(\"0.1\"):tonumber() == 0.1)" },
	{ "compare", n_compare, "(other: cq.varint|cq.decimal|integer) -> integer", COMPARE_HELP, "assert(cq.decimal(\"7.0\"):compare(7) == 0)" },
	{ "raw", d_raw, "string", "Its bytes.", "assert(#cq.decimal(\"1.5\").raw == 5)" },
	{ 0 },
};

const struct lcq_class lcq_decimal_class = { .name = "cq.decimal", .members = decimal_members, .meta = meta,
	.about = "A decimal number: a varint and how many of its digits are behind the point. + - * % and unary - are exact, // gives the "
	"whole quotient rounded down. == and < compare what numbers are worth: 1.0 equals 1.00. A result of more than 1 MiB is an error." };

/* ---- making them ---- */

static int from_text(lua_State *L, enum cq_kind kind)
{
	struct cq_error err = {0};
	cq_slice text = lcq_check_slice(L, 1);
	size_t len;

	luaL_argcheck(L, text.len > 0, 1, "a number expected, not an empty text");
	luaL_argcheck(L, text.len <= (size_t)LCQ_NUMBER_MAX / 5 * 12, 1, "a number of more than 1 MiB");
	work(L, text.len, 16);
	if (cq_value_parse(cq_type_simple(kind), text, lcq_tmp(L), &err) != CQ_OK)
		return luaL_argerror(L, 1, err.msg);
	lcq_push_tmp(L);
	len = lua_rawlen(L, -1);
	lcq_push_number(L, kind == CQ_T_DECIMAL ? &lcq_decimal_class : &lcq_varint_class, cq_slice_of(lua_tostring(L, -1), len));
	return 1;
}

static int l_varint(lua_State *L)
{
	struct number n;

	if (lua_type(L, 1) == LUA_TSTRING)
		return from_text(L, CQ_T_VARINT);
	if (lua_type(L, 1) == LUA_TNUMBER && !lua_isinteger(L, 1)) {
		lua_pushinteger(L, luaL_checkinteger(L, 1));
		lua_replace(L, 1);
	}
	if (!lcq_exact(L, 1, n.room).p || lcq_test(L, 1, &lcq_decimal_class))
		return luaL_typeerror(L, 1, "integer, text or cq.varint");
	operand(L, 1, &n);
	lcq_push_number(L, &lcq_varint_class, n.v);
	return 1;
}

static int l_decimal(lua_State *L)
{
	struct number n;
	lua_Integer scale = luaL_optinteger(L, 2, 0);
	struct lcq_bytes *b;

	luaL_argcheck(L, scale >= INT32_MIN && scale <= INT32_MAX, 2, "a scale of 32 bits expected");
	if (lua_isnoneornil(L, 2)) {
		if (lua_type(L, 1) == LUA_TSTRING)
			return from_text(L, CQ_T_DECIMAL);
		if (lcq_test(L, 1, &lcq_decimal_class)) {
			lua_settop(L, 1);
			return 1;
		}
	}
	if (!lcq_exact(L, 1, n.room).p || lcq_test(L, 1, &lcq_decimal_class))
		return luaL_typeerror(L, 1, lua_isnoneornil(L, 2) ? "integer, text, cq.varint or cq.decimal (a float is not exact)"
			: "integer or cq.varint");
	operand(L, 1, &n);
	b = lcq_new(L, &lcq_decimal_class, sizeof *b + n.v.len + 4, 0);
	b->kind = CQ_T_DECIMAL;
	b->len = n.v.len + 4;
	cq_put_be32(b->p, (uint32_t)(int32_t)scale);
	memcpy(b->p + 4, n.v.p, n.v.len);
	return 1;
}

static const struct lcq_member functions[] = {
	{ "varint", l_varint, "(value: integer|string|cq.varint) -> cq.varint", "An integer of any size, from a Lua integer or from decimal digits.",
	  "print(cq.varint(\"170141183460469231731687303715884105728\") // 3)" },
	{ "decimal", l_decimal, "(value: integer|string|cq.varint|cq.decimal, scale?: integer) -> cq.decimal",
	  "A decimal from text (\"1.50\", \"-2e10\"), from an integer, or from an unscaled integer and its scale.",
	  "assert(cq.decimal(\"1.50\") == cq.decimal(150, 2))" },
	{ 0 },
};

const struct lcq_module lcq_module_number = { .name = "cq", .about = "Exact numbers.", .members = functions };

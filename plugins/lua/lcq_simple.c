/* lcq_simple - class cq.value: values that are neither numbers nor text, each its kind and its bytes. */
#include "lcq_value.h"

#include "cq_cursor.h"

void lcq_push_simple(lua_State *L, int kind, cq_slice v)
{
	struct lcq_bytes *b = lcq_new(L, &lcq_simple_class, sizeof *b + v.len, 0);

	b->kind = kind;
	b->len = v.len;
	if (v.len)
		memcpy(b->p, v.p, v.len);
}

void lcq_push_damaged(lua_State *L, cq_slice v, const char *why)
{
	struct lcq_bytes *b = lcq_new(L, &lcq_simple_class, sizeof *b + v.len, 1);

	b->kind = LCQ_DAMAGED;
	b->len = v.len;
	if (v.len)
		memcpy(b->p, v.p, v.len);
	lua_pushstring(L, why);
	lua_setiuservalue(L, -2, 1);
}

/* Kinds that a script need not tell apart have one name. */
static const char *kind_name(int kind)
{
	switch (kind) {
	case LCQ_DAMAGED: return "damaged";
	case CQ_T_EMPTY: return "empty";
	case CQ_T_DATE: return "date";
	case CQ_T_TIME: return "time";
	case CQ_T_TIMESTAMP:
	case CQ_T_LEGACY_DATE: return "timestamp";
	case CQ_T_TIMEUUID: return "timeuuid";
	case CQ_T_UUID:
	case CQ_T_LEXICAL_UUID: return "uuid";
	case CQ_T_INET: return "inet";
	default: return "duration";
	}
}

static bool is_uuid(int kind)
{
	return kind == CQ_T_UUID || kind == CQ_T_TIMEUUID || kind == CQ_T_LEXICAL_UUID;
}

static bool is_timestamp(int kind)
{
	return kind == CQ_T_TIMESTAMP || kind == CQ_T_LEGACY_DATE;
}

/* ---- fields ---- */

static const struct lcq_bytes *value(lua_State *L)
{
	return lcq_check(L, 1, &lcq_simple_class);
}

static const struct lcq_bytes *value_of(lua_State *L, bool is, const char *what)
{
	const struct lcq_bytes *v = lua_touserdata(L, 1);

	if (!is)
		luaL_error(L, "no %s in a value of kind %s", what, kind_name(v->kind));
	return v;
}

static int v_kind(lua_State *L)
{
	lua_pushstring(L, kind_name(value(L)->kind));
	return 1;
}

static int v_raw(lua_State *L)
{
	lcq_push_slice(L, lcq_bytes_slice(value(L)));
	return 1;
}

static int v_why(lua_State *L)
{
	value_of(L, value(L)->kind == LCQ_DAMAGED, "why");
	lua_getiuservalue(L, 1, 1);
	return 1;
}

static int v_version(lua_State *L)
{
	lua_pushinteger(L, value_of(L, is_uuid(value(L)->kind), "version")->p[6] >> 4);
	return 1;
}

/* Units of 100 ns from 1582-10-15 to 1970. */
#define UUID_EPOCH INT64_C(0x01b21dd213814000)

static int v_time(lua_State *L)
{
	const struct lcq_bytes *v = value_of(L, is_uuid(value(L)->kind), "time");
	uint64_t high = cq_be64(v->p);
	int64_t t;

	if (v->p[6] >> 4 != 1)
		return 0;
	t = (int64_t)((high & 0xfff) << 48 | (high << 16 & UINT64_C(0xffff00000000)) | high >> 32) - UUID_EPOCH;
	lua_pushinteger(L, t / 10 - (t % 10 < 0));
	return 1;
}

static int64_t milliseconds(lua_State *L, const char *what)
{
	return (int64_t)cq_be64(value_of(L, is_timestamp(value(L)->kind), what)->p);
}

static int v_ms(lua_State *L)
{
	lua_pushinteger(L, milliseconds(L, "ms"));
	return 1;
}

static int v_seconds(lua_State *L)
{
	int64_t ms = milliseconds(L, "seconds");

	lua_pushinteger(L, ms / 1000 - (ms % 1000 < 0));
	return 1;
}

struct duration {
	int64_t months, days, nanos;
};

/* The bytes were looked at when the value was made. */
static struct duration duration(const struct lcq_bytes *v)
{
	cq_cur c = cq_cur_over(v->p, v->len, 0);
	struct duration d;

	d.months = cq_svint(&c, NULL, 0, 0);
	d.days = cq_svint(&c, NULL, 0, 0);
	d.nanos = cq_svint(&c, NULL, 0, 0);
	return d;
}

static int v_days(lua_State *L)
{
	const struct lcq_bytes *v = value(L);

	value_of(L, v->kind == CQ_T_DATE || v->kind == CQ_T_DURATION, "days");
	if (v->kind == CQ_T_DATE)
		lua_pushinteger(L, (lua_Integer)cq_be32(v->p) - (INT64_C(1) << 31));
	else
		lua_pushinteger(L, duration(v).days);
	return 1;
}

static int v_months(lua_State *L)
{
	lua_pushinteger(L, duration(value_of(L, value(L)->kind == CQ_T_DURATION, "months")).months);
	return 1;
}

static int v_nanos(lua_State *L)
{
	const struct lcq_bytes *v = value(L);

	value_of(L, v->kind == CQ_T_TIME || v->kind == CQ_T_DURATION, "nanos");
	lua_pushinteger(L, v->kind == CQ_T_TIME ? (int64_t)cq_be64(v->p) : duration(v).nanos);
	return 1;
}

static int v_family(lua_State *L)
{
	lua_pushinteger(L, value_of(L, value(L)->kind == CQ_T_INET, "family")->len == 4 ? 4 : 6);
	return 1;
}

/* ---- metamethods ---- */

static int v_tostring(lua_State *L)
{
	const struct lcq_bytes *v = value(L);
	size_t shown = v->len < 64 ? v->len : 64;

	if (v->kind == LCQ_DAMAGED) {
		cq_buf_str(lcq_tmp(L), "damaged: 0x");
		cq_buf_hex(&lcq_of(L)->tmp, cq_slice_of(v->p, shown));
		if (shown < v->len)
			cq_buf_printf(&lcq_of(L)->tmp, "... (%zu bytes)", v->len);
	} else {
		cq_value_text(cq_type_simple((enum cq_kind)v->kind), lcq_bytes_slice(v), lcq_tmp(L), NULL);
	}
	lcq_push_tmp(L);
	return 1;
}

static int v_eq(lua_State *L)
{
	lua_pushboolean(L, lcq_same(L, 1, 2, false));
	return 1;
}

static int order(lua_State *L)
{
	const struct lcq_bytes *a = lcq_check(L, 1, &lcq_simple_class), *b = lcq_check(L, 2, &lcq_simple_class);

	if (strcmp(kind_name(a->kind), kind_name(b->kind)) != 0)
		luaL_error(L, "a value of kind %s is not ordered with one of kind %s", kind_name(a->kind), kind_name(b->kind));
	if (a->kind == LCQ_DAMAGED)
		return cq_slice_cmp(lcq_bytes_slice(a), lcq_bytes_slice(b));
	return cq_value_compare(cq_type_simple((enum cq_kind)a->kind), lcq_bytes_slice(a), lcq_bytes_slice(b));
}

static int v_lt(lua_State *L)
{
	lua_pushboolean(L, order(L) < 0);
	return 1;
}

static int v_le(lua_State *L)
{
	lua_pushboolean(L, order(L) <= 0);
	return 1;
}

int lcq_concat(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

static const struct lcq_member members[] = {
	{ "kind", v_kind, "string",
	  "\"uuid\", \"timeuuid\", \"timestamp\", \"date\", \"time\", \"inet\", \"duration\"; \"empty\" for a value without bytes of a type "
	  "where that says nothing (an empty int); \"damaged\" for bytes that are no value of their type.",
	  "assert(cq.date(\"2024-02-29\").kind == \"date\")" },
	{ "raw", v_raw, "string", "Its bytes.", "assert(#cq.uuid(\"550e8400-e29b-41d4-a716-446655440000\").raw == 16)" },
	{ "why", v_why, "string", "Of kind damaged: what is wrong with the bytes.",
	  "assert(cq.decode(\"int\", \"abc\").why:find(\"4 bytes\"))" },
	{ "version", v_version, "integer", "Of a uuid: its version, 0 to 15.",
	  "assert(cq.uuid(\"550e8400-e29b-41d4-a716-446655440000\").version == 4)" },
	{ "time", v_time, "integer?", "Of a uuid of version 1: when it was made, microseconds since 1970. nil for other versions.",
	  "print(cq.time(cq.uuid(\"50554d6e-29bb-11e5-b345-feff819cdc9f\").time))" },
	{ "ms", v_ms, "integer", "Of a timestamp: milliseconds since 1970.", "assert(cq.timestamp(1500).ms == 1500)" },
	{ "seconds", v_seconds, "integer", "Of a timestamp: whole seconds since 1970, rounded down.", "assert(cq.timestamp(-1).seconds == -1)" },
	{ "days", v_days, "integer", "Of a date: days since 1970. Of a duration: its days.", "assert(cq.date(\"1970-01-02\").days == 1)" },
	{ "nanos", v_nanos, "integer", "Of a time: nanoseconds since midnight. Of a duration: its nanoseconds.",
	  "assert(cq.time_of_day(\"00:00:01\").nanos == 1000000000)" },
	{ "months", v_months, "integer", "Of a duration: its months, 12 for a year.", "assert(cq.duration(\"1y2mo\").months == 14)" },
	{ "family", v_family, "integer", "Of an inet: 4 or 6.", "assert(cq.inet(\"::1\").family == 6)" },
	{ 0 },
};

static const luaL_Reg meta[] = { { "__tostring", v_tostring }, { "__eq", v_eq }, { "__lt", v_lt }, { "__le", v_le }, { "__concat", lcq_concat },
	{ NULL, NULL } };

const struct lcq_class lcq_simple_class = { .name = "cq.value", .members = members, .meta = meta,
	.about = "A value that Lua has nothing like: its kind and its bytes. tostring gives its text as cqlite prints it; ==, < and <= follow "
	"Cassandra's order within a kind. A field that its kind does not have is an error." };

/* ---- making them ---- */

static int from_text(lua_State *L, enum cq_kind kind)
{
	struct cq_error err = {0};
	cq_slice text = lcq_check_slice(L, 1);

	luaL_argcheck(L, text.len > 0 && text.len <= 256, 1, "a text of 1 to 256 characters expected");
	if (cq_value_parse(cq_type_simple(kind), text, lcq_tmp(L), &err) != CQ_OK)
		return luaL_argerror(L, 1, err.msg);
	lcq_push_tmp(L);
	lcq_push_simple(L, kind, cq_slice_of(lua_tostring(L, -1), lua_rawlen(L, -1)));
	return 1;
}

static int number(lua_State *L, enum cq_kind kind, uint64_t v, size_t len)
{
	uint8_t bytes[8];

	cq_put_be64(bytes, v);
	lcq_push_simple(L, kind, cq_slice_of(bytes + 8 - len, len));
	return 1;
}

static int l_uuid(lua_State *L)
{
	return from_text(L, CQ_T_UUID);
}

static int l_timeuuid(lua_State *L)
{
	return from_text(L, CQ_T_TIMEUUID);
}

static int l_inet(lua_State *L)
{
	return from_text(L, CQ_T_INET);
}

static int l_duration(lua_State *L)
{
	return from_text(L, CQ_T_DURATION);
}

static int l_timestamp(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TNUMBER)
		return from_text(L, CQ_T_TIMESTAMP);
	return number(L, CQ_T_TIMESTAMP, (uint64_t)luaL_checkinteger(L, 1), 8);
}

static int l_date(lua_State *L)
{
	lua_Integer days;

	if (lua_type(L, 1) != LUA_TNUMBER)
		return from_text(L, CQ_T_DATE);
	days = luaL_checkinteger(L, 1);
	luaL_argcheck(L, days >= INT32_MIN && days <= INT32_MAX, 1, "days of a date are 32 bits");
	return number(L, CQ_T_DATE, (uint32_t)days ^ UINT32_C(0x80000000), 4);
}

static int l_time_of_day(lua_State *L)
{
	lua_Integer nanos;

	if (lua_type(L, 1) != LUA_TNUMBER)
		return from_text(L, CQ_T_TIME);
	nanos = luaL_checkinteger(L, 1);
	luaL_argcheck(L, nanos >= 0 && nanos < INT64_C(86400000000000), 1, "nanoseconds of one day expected");
	return number(L, CQ_T_TIME, (uint64_t)nanos, 8);
}

static int l_empty(lua_State *L)
{
	lcq_push_simple(L, CQ_T_EMPTY, cq_slice_of("", 0));
	return 1;
}


static const struct lcq_member functions[] = {
	{ "uuid", l_uuid, "(text: string) -> cq.value", "A uuid of any version.", "print(cq.uuid(\"550e8400-e29b-41d4-a716-446655440000\"))" },
	{ "timeuuid", l_timeuuid, "(text: string) -> cq.value", "A uuid of version 1, which is ordered by its time.",
	  "print(cq.timeuuid(\"50554d6e-29bb-11e5-b345-feff819cdc9f\").time)" },
	{ "timestamp", l_timestamp, "(ms: integer|string) -> cq.value", "A timestamp, from milliseconds since 1970 or from text.",
	  "assert(cq.timestamp(\"2024-01-01T00:00:00Z\") < cq.timestamp(1704067200001))" },
	{ "date", l_date, "(days: integer|string) -> cq.value", "A date, from days since 1970 or from text.",
	  "assert(tostring(cq.date(0)) == \"1970-01-01\")" },
	{ "time_of_day", l_time_of_day, "(nanos: integer|string) -> cq.value", "A time, from nanoseconds since midnight or from text.",
	  "assert(cq.time_of_day(0) < cq.time_of_day(\"08:30:00\"))" },
	{ "inet", l_inet, "(text: string) -> cq.value", "An address, of either family. Names are not looked up.", "print(cq.inet(\"127.0.0.1\"))" },
	{ "duration", l_duration, "(text: string) -> cq.value", "A duration: \"1y2mo3d4h5m6s\", or as ISO 8601 has it.",
	  "assert(cq.duration(\"1d12h\").days == 1)" },
	{ "empty", l_empty, "cq.value", "The value without bytes that most types allow, of kind \"empty\".",
	  "assert(cq.decode(\"int\", \"\") == cq.empty and cq.encode(\"int\", cq.empty) == \"\")" },
	{ 0 },
};

const struct lcq_module lcq_module_simple = { .name = "cq", .about = "Values.", .members = functions };

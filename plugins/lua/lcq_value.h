/* lcq_value - what the files about values share: values held as bytes, numbers, text that grows in Lua's memory.
 *
 * lcq_value.c    CQL value -> Lua value; cq.decode
 * lcq_encode.c   Lua value -> CQL value; cq.encode
 * lcq_simple.c   class cq.value: dates, times, uuids, addresses, durations, what is empty, what is damaged
 * lcq_number.c   classes cq.varint and cq.decimal
 * lcq_object.c   classes cq.map and cq.udt
 * lcq_text.c     JSON, CSV, times as text
 * lcq_bytes.c    module cq.bytes
 *
 * GMP ends the process when it gets no memory, so every operation knows before it begins how long its result can be. Its
 * temporaries live inside one C function that calls nothing of Lua. */
#ifndef LCQ_VALUE_H
#define LCQ_VALUE_H
#include "lcq_priv.h"

enum {
	LCQ_DAMAGED = -1,                  /* as a kind: bytes that are no value */
	LCQ_NUMBER_MAX = 1 << 20,          /* bytes of a number that is counted with */
};

/* cq.value, cq.varint, cq.decimal. Numbers are scale (4 bytes, 0 for a varint) and at least one byte of two's complement. */
struct lcq_bytes {
	int kind;                          /* enum cq_kind, LCQ_DAMAGED; CQ_T_EMPTY for no bytes of any type */
	size_t len;
	uint8_t p[];
};

extern const struct lcq_class lcq_simple_class, lcq_varint_class, lcq_decimal_class, lcq_map_class, lcq_udt_class, lcq_type_class;
extern const struct lcq_module lcq_module_value, lcq_module_simple, lcq_module_number, lcq_module_object, lcq_module_text, lcq_module_bytes;

static inline cq_slice lcq_bytes_slice(const struct lcq_bytes *v)
{
	return cq_slice_of(v->p, v->len);
}

/* A cq.value of these bytes, which have to stay while Lua allocates. */
void lcq_push_simple(lua_State *L, int kind, cq_slice v);
void lcq_push_damaged(lua_State *L, cq_slice v, const char *why);
/* The bytes of v as a number. scale: the decimal's four bytes are in front of v. */
void lcq_push_number(lua_State *L, const struct lcq_class *c, cq_slice v);
/* cq.value, cq.varint or cq.decimal at index; else NULL. */
const struct lcq_bytes *lcq_test_bytes(lua_State *L, int index);
/* varint, decimal or Lua integer at index as scale and unscaled bytes; room holds those of an integer. p NULL: it is none. */
cq_slice lcq_exact(lua_State *L, int index, uint8_t room[12]);
/* Order of two such. */
int lcq_exact_compare(cq_slice a, cq_slice b);

/* Do two values say the same? Numbers by what they are worth, tables and objects by what they hold, a text and a cq.value by its
 * text when loose. Runs nothing of the script. */
bool lcq_same(lua_State *L, int a, int b, bool loose);

/* ---- objects ---- */

/* Pushes an empty object with room for n; lcq_map_add pops key and value (value on top). */
void lcq_push_map(lua_State *L, size_t n);
void lcq_map_add(lua_State *L, int map);
size_t lcq_map_count(lua_State *L, int map);
void lcq_map_pair(lua_State *L, int map, size_t i);        /* pushes key and value, 0-based */

/* A UDT's value of n fields, given of which were stored. Then lcq_udt_set for those (pops the value). */
void lcq_push_udt(lua_State *L, const cq_slice *names, size_t n, size_t given);
void lcq_udt_set(lua_State *L, int udt, size_t i);
size_t lcq_udt_count(lua_State *L, int udt, size_t *given);
void lcq_udt_field(lua_State *L, int udt, size_t i);       /* pushes name and value, 0-based */
/* The field of this name (a string on top of the stack, popped): pushes its value; false and nothing pushed when there is none. */
bool lcq_udt_get(lua_State *L, int udt);

/* ---- text that grows ---- */

/* In a userdata at slot, so that Lua counts it and frees it. */
struct lcq_out {
	lua_State *L;
	int slot;
	uint8_t *p;
	size_t len, cap;
};

void lcq_out_open(struct lcq_out *o, lua_State *L);        /* takes the next slot of the stack */
uint8_t *lcq_out_room(struct lcq_out *o, size_t n);        /* n bytes more, to be written at what is returned */
void lcq_out_put(struct lcq_out *o, const void *p, size_t n);
void lcq_out_tmp(struct lcq_out *o);                       /* what lcq_tmp holds */
void lcq_out_push(const struct lcq_out *o);                /* as a string */

size_t lcq_vint(uint8_t out[9], uint64_t v);               /* how many bytes it took */

/* JSON of the value at index. */
void lcq_json(struct lcq_out *o, int index);
int lcq_json_tostring(lua_State *L);                       /* a __tostring */
int lcq_concat(lua_State *L);                              /* a __concat: both as text */

/* ---- types by name ---- */

/* The type that the string at arg names: CQL, or a class of Cassandra's. Pushes what keeps it. */
const struct cq_type *lcq_check_type(lua_State *L, int arg);
int lcq_encode(lua_State *L);

#endif

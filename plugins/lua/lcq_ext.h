/* lcq_ext - what scripts add to cqlite: rules, faults, printers, outputs, views, formats.
 *
 * Each is a struct that begins with a struct lcq_ext and is made by lcq_ext_new from the table that describes it (argument 1 of cq.rule{...}).
 * It lives as long as the process, in a list, because core keeps pointers to it; its world may be closed before, then ext->l is NULL
 * and every call fails. The functions of the table are those it had when it was registered.
 *
 *     struct rule *r = lcq_ext_new(L, sizeof *r, keys);        raises for a key that is not in keys
 *     r->rule.id = lcq_ext_text(L, &r->ext, "id", true);
 *     ...
 *     rc = lcq_ext_call(&r->ext, f, &mine, &err);              from core, any thread; f finds functions with lcq_ext_push */
#ifndef LCQ_EXT_H
#define LCQ_EXT_H
#include "lcq_priv.h"

#include "cq_arena.h"
#include "cq_finding.h"

struct lcq_ext {
	struct lcq *l;                     /* NULL: closed */
	int ref;                           /* the copy of its table */
	bool said;                         /* an error of it was told to opt.warn */
	const char *over;                  /* it went beyond a limit of time: not called again; static */
	struct cq_arena arena;             /* texts */
	struct lcq_ext *next;
};

void *lcq_ext_new(lua_State *L, size_t len, const char *const *keys);
/* A text of argument 1, which stays. NULL when it is not there; needed: then it is an error. No zero bytes. */
const char *lcq_ext_text(lua_State *L, struct lcq_ext *e, const char *key, bool needed);
/* Is there a function? Anything else but nil raises. */
bool lcq_ext_has(lua_State *L, const char *key);
/* Which of names (NULL at the end) the text at argument 1's key is; otherwise when it is not there; raises for others. */
int lcq_ext_choice(lua_State *L, int arg, const char *key, const char *const *names, int otherwise);
/* Memory of an extension: zeroed, charged, as long as the process. Raises. */
void *lcq_ext_alloc(lua_State *L, struct lcq_ext *e, size_t count, size_t each);

/* Push its function (nil when it has none). */
void lcq_ext_push(lua_State *L, const struct lcq_ext *e, const char *key);
/* lcq_protect; the first failure of the extension goes to opt.warn with its traceback, err gets its first line. */
int lcq_ext_call(struct lcq_ext *e, lua_CFunction f, void *ud, struct cq_error *err);
/* When the world closes. */
void lcq_ext_forget(struct lcq *l);

/* Names of severities and effects, in the order of their enums. */
extern const char *const lcq_severities[], *const lcq_effects[];

extern const struct lcq_class lcq_check_class, lcq_output_class, lcq_inject_class, lcq_target_class;

/* Registering functions: rows of the module. */
extern const struct lcq_module lcq_module_ext;
int lcq_rule_add(lua_State *L);
int lcq_fault_add(lua_State *L);
int lcq_printer_add(lua_State *L);
int lcq_output_add(lua_State *L);
int lcq_view_add(lua_State *L);
int lcq_format_add(lua_State *L);

#endif

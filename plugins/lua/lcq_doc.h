/* lcq_doc - what documents and their nodes share.
 *
 * A node handle is {document, id}. Whatever opens units goes through lcq_doc_request: it says how much memory the tree may take,
 * settles what it took with the script's account, tries once more after a collection, and keeps scripts that core calls back
 * (printers, formats) out of a document that is being changed. */
#ifndef LCQ_DOC_H
#define LCQ_DOC_H
#include "cq_doc.h"
#include "lcq_priv.h"

struct lcq_doc {
	struct lcq_table *table;
	struct cq_doc *d;                      /* NULL: closed */
	struct cq_buf buf;                     /* printed texts */
	size_t charged;                        /* DOC_COST and the tree */
	bool busy;
};

struct lcq_node {
	struct lcq_doc *h;                     /* user value 1 keeps it */
	cq_nid id;
};

bool lcq_doc_usable(const struct lcq_doc *h);
/* The node at an argument; raises when it is closed, forgotten or in use. */
struct lcq_node *lcq_check_node(lua_State *L, int arg, struct cq_node *n);
/* Push a handle; owner: a document or a node of it on the stack. nil for 0. */
void lcq_push_node(lua_State *L, int owner, cq_nid id);

/* Around calls into core that may call back. Nothing raises between them. */
lua_State *lcq_doc_enter(lua_State *L, struct lcq_doc *h);
void lcq_doc_leave(lua_State *L, struct lcq_doc *h, lua_State *before);

/* ---- what may open units ---- */

struct lcq_request {
	enum { LCQ_OPEN, LCQ_GET, LCQ_AT, LCQ_LINK, LCQ_GAPS } what;
	cq_nid id;                             /* from where */
	const char *path;                      /* LCQ_GET */
	int component, space;                  /* LCQ_AT */
	uint64_t off;
	cq_nid out;
	uint64_t bytes;                        /* LCQ_GAPS */
};

/* CQ_OK or CQ_NOT_FOUND (r->out is 0); raises everything else. */
int lcq_doc_request(lua_State *L, struct lcq_doc *h, struct lcq_request *r);
void lcq_doc_open(lua_State *L, struct lcq_doc *h, cq_nid id);
/* node:get(path): the path at argument 2, the owner of what is pushed at 1. */
int lcq_doc_get(lua_State *L, struct lcq_doc *h, cq_nid from);
/* Known length: units whose length only decoding tells are opened. */
bool lcq_node_has_len(lua_State *L, struct lcq_doc *h, cq_nid id, struct cq_node *n);
/* The first len bytes of a node as a string. */
void lcq_push_node_bytes(lua_State *L, struct lcq_doc *h, const struct cq_node *n, uint64_t len);

/* Steps that see through pages. The node behind c in the list of top; c itself may be meant (settle). 0 at the end. Pages that were
 * passed are forgotten when asked. */
cq_nid lcq_doc_step(lua_State *L, struct lcq_doc *h, cq_nid c, cq_nid top, bool settle, bool forget);
cq_nid lcq_doc_first(lua_State *L, struct lcq_doc *h, cq_nid top, bool forget);
cq_nid lcq_doc_parent(const struct lcq_doc *h, cq_nid id);
bool lcq_doc_is_page(const struct lcq_doc *h, cq_nid id);

#endif

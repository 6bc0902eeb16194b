/* What statements have in common: names, types, ends. */
#include "cq_schema_priv.h"

void cq_stmt_no_memory(struct cq_lex *lx)
{
	cq_lex_fail_at(lx, CQ_ENOMEM, lx->tok.off, "no memory for a schema");
}

void cq_stmt_skip(struct cq_lex *lx)
{
	while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ';'))
		cq_lex_next(lx);
	cq_lex_take_punct(lx, ';');
}

void cq_stmt_end(struct cq_lex *lx)
{
	if (lx->tok.kind != CQ_TOK_END && !cq_lex_take_punct(lx, ';'))
		cq_lex_fail(lx, "';'");
}

struct cq_raw_name cq_stmt_name(struct cq_lex *lx, struct cq_arena *arena, cq_slice use, bool *if_not_exists)
{
	struct cq_raw_name n = { .keyspace = use };
	struct cq_lex before = *lx;

	if (if_not_exists)
		*if_not_exists = false;
	if (cq_lex_take(lx, "if") && (cq_lex_is(lx, "not") || cq_lex_is(lx, "exists"))) {
		bool not = cq_lex_take(lx, "not");

		cq_lex_expect(lx, "exists");
		if (if_not_exists)
			*if_not_exists = not;
	} else if (lx->rc == CQ_OK) {
		*lx = before;                  /* a table called if */
	}
	n.name = cq_lex_name(lx, arena, "a name");
	if (cq_lex_take_punct(lx, '.')) {
		n.keyspace = n.name;
		n.name = cq_lex_name(lx, arena, "a name");
	}
	return n;
}

/* One type: 'class' | name | keyspace.name | name<...>, taken over as text. */
struct cq_raw_text cq_stmt_type_text(struct cq_lex *lx)
{
	struct cq_raw_text t = { .off = lx->tok.off };
	size_t end = lx->at, open = 0;

	if (lx->tok.kind != CQ_TOK_STRING && lx->tok.kind != CQ_TOK_WORD && lx->tok.kind != CQ_TOK_QUOTED) {
		cq_lex_fail(lx, "a type");
		return t;
	}
	if (lx->tok.kind == CQ_TOK_STRING) {
		cq_lex_next(lx);
	} else {
		cq_lex_next(lx);
		if (cq_lex_take_punct(lx, '.')) {
			if (lx->tok.kind != CQ_TOK_WORD && lx->tok.kind != CQ_TOK_QUOTED)
				cq_lex_fail(lx, "the name of a type");
			end = lx->at;
			cq_lex_next(lx);
		}
		while (cq_lex_at(lx, '<') || open) {
			if (lx->tok.kind == CQ_TOK_END) {
				cq_lex_fail(lx, "'>'");
				return t;
			}
			open += cq_lex_at(lx, '<');
			open -= cq_lex_at(lx, '>');
			end = lx->at;
			cq_lex_next(lx);
		}
	}
	t.len = end - t.off;
	return t;
}

void cq_stmt_renames(struct cq_lex *lx, struct cq_arena *arena, cq_stmt_renamed *each, void *what)
{
	do {
		size_t off;
		cq_slice from, to;

		if (cq_lex_take(lx, "if"))
			cq_lex_expect(lx, "exists");
		off = lx->tok.off;
		from = cq_lex_name(lx, arena, "a name");
		cq_lex_expect(lx, "to");
		to = cq_lex_name(lx, arena, "a name");
		if (lx->rc == CQ_OK)
			each(lx, arena, what, off, from, to);
	} while (cq_lex_take(lx, "and"));
}

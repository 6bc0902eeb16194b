/* cq_cql_lex - the tokens of CQL text, for the schema parser.
 *
 *     struct cq_lex lx;
 *     cq_lex_start(&lx, text, 0, &err);
 *     while (lx.tok.kind != CQ_TOK_END) { ... cq_lex_next(&lx); }
 *     return lx.rc;
 *
 * Sticky: after the first failure (the lexer's own, or the parser's by cq_lex_fail) rc is set and every token is END, so
 * that loops end and one test at the end is enough. A struct cq_lex may be copied to go back.
 * Not public: only core/schema includes it. */
#ifndef CQ_CQL_LEX_H
#define CQ_CQL_LEX_H
#include "cq_arena.h"
#include "cq_base.h"

enum cq_tok_kind {
	CQ_TOK_END,
	CQ_TOK_WORD,           /* keyword or unquoted identifier */
	CQ_TOK_QUOTED,         /* "identifier" */
	CQ_TOK_STRING,         /* 'text' or $$text$$ */
	CQ_TOK_NUMBER,         /* 12, -1.5e3, also durations (12h30m) and 0xcafe */
	CQ_TOK_UUID,
	CQ_TOK_PUNCT,          /* one byte */
};

struct cq_tok {
	enum cq_tok_kind kind;
	size_t off, len;       /* in the text, quotes included */
};

struct cq_lex {
	cq_slice text;
	size_t at;             /* behind tok */
	struct cq_tok tok;
	int rc;
	struct cq_error *err;
};

/* Begin at a byte of text; the first token is there afterwards. */
void cq_lex_start(struct cq_lex *lx, cq_slice text, size_t at, struct cq_error *err);
void cq_lex_next(struct cq_lex *lx);
/* The bytes of the token at hand. */
cq_slice cq_lex_token(const struct cq_lex *lx);

/* Is the token this word (any case) / this byte? take: and go on when it is. */
bool cq_lex_is(const struct cq_lex *lx, const char *word);
bool cq_lex_at(const struct cq_lex *lx, char punct);
bool cq_lex_take(struct cq_lex *lx, const char *word);
bool cq_lex_take_punct(struct cq_lex *lx, char punct);
/* Take, or fail. */
void cq_lex_expect(struct cq_lex *lx, const char *word);
void cq_lex_expect_punct(struct cq_lex *lx, char punct);

/* An identifier, in the arena: unquoted ones in lower case. {NULL} after a failure. */
cq_slice cq_lex_name(struct cq_lex *lx, struct cq_arena *arena, const char *what);
/* What a string token says, doubled quotes undone, in the arena. The token must be a string. */
cq_slice cq_lex_string(struct cq_lex *lx, struct cq_arena *arena);

/* "line 3, column 7: expected a column name, found ..." at the token. */
void cq_lex_fail(struct cq_lex *lx, const char *expected);
/* Any sentence, at a byte of the text; printf's format. */
void cq_lex_fail_at(struct cq_lex *lx, int code, size_t off, const char *fmt, ...) CQ_PRINTF(4, 5);

/* Skip to the matching bracket; the token is a bracket that opens. Afterwards it is the one behind. */
void cq_lex_skip_brackets(struct cq_lex *lx);

#endif

#include "cq_cql_lex.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* ---- failing ---------------------------------------------------------------------------------------------- */

void cq_lex_fail_at(struct cq_lex *lx, int code, size_t off, const char *fmt, ...)
{
	size_t line = 1, column = 1;
	char what[240];
	va_list ap;

	if (lx->rc != CQ_OK)
		return;
	for (size_t i = 0; i < off && i < lx->text.len; i++) {
		column++;
		if (lx->text.p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	lx->rc = cq_fail(lx->err, code, off, "line %zu, column %zu: %s", line, column, what);
	lx->tok = (struct cq_tok){ .kind = CQ_TOK_END, .off = off };
	lx->at = lx->text.len;
}

void cq_lex_fail(struct cq_lex *lx, const char *expected)
{
	cq_slice found = cq_lex_token(lx);
	char shown[48];
	size_t n = 0;

	if (lx->tok.kind == CQ_TOK_END) {
		cq_lex_fail_at(lx, CQ_DAMAGED, lx->tok.off, "expected %s, found the end of the text", expected);
		return;
	}
	for (; n < found.len && n < sizeof shown - 4; n++)
		shown[n] = found.p[n] < 0x20 || found.p[n] == 0x7f ? '?' : (char)found.p[n];
	snprintf(shown + n, sizeof shown - n, "%s", n < found.len ? "..." : "");
	cq_lex_fail_at(lx, CQ_DAMAGED, lx->tok.off, "expected %s, found %s", expected, shown);
}

/* ---- tokens ----------------------------------------------------------------------------------------------- */

static uint8_t peek(const struct cq_lex *lx, size_t ahead)
{
	return ahead < lx->text.len - lx->at ? lx->text.p[lx->at + ahead] : 0;
}

/* Blanks and comments; false when a comment does not end. */
static bool skip_blanks(struct cq_lex *lx)
{
	while (lx->at < lx->text.len) {
		uint8_t c = peek(lx, 0), d = peek(lx, 1);

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			lx->at++;
		} else if ((c == '-' && d == '-') || (c == '/' && d == '/')) {
			while (lx->at < lx->text.len && lx->text.p[lx->at] != '\n')
				lx->at++;
		} else if (c == '/' && d == '*') {
			size_t start = lx->at;

			for (lx->at += 2; peek(lx, 0) != '*' || peek(lx, 1) != '/'; lx->at++) {
				if (lx->at >= lx->text.len) {
					cq_lex_fail_at(lx, CQ_DAMAGED, start, "a comment that does not end");
					return false;
				}
			}
			lx->at += 2;
		} else {
			break;
		}
	}
	return true;
}

/* '...' or "..." with doubled quotes, from the opening one. Length, 0 when it does not end. */
static size_t quoted_length(const struct cq_lex *lx, uint8_t quote)
{
	size_t n = lx->text.len - lx->at;

	for (size_t i = 1; i < n; i++) {
		if (lx->text.p[lx->at + i] != quote)
			continue;
		if (i + 1 == n || lx->text.p[lx->at + i + 1] != quote)
			return i + 1;
		i++;
	}
	return 0;
}

static size_t dollars_length(const struct cq_lex *lx)
{
	size_t n = lx->text.len - lx->at;

	for (size_t i = 2; i + 1 < n; i++) {
		if (lx->text.p[lx->at + i] == '$' && lx->text.p[lx->at + i + 1] == '$')
			return i + 2;
	}
	return 0;
}

static bool at_uuid(const struct cq_lex *lx)
{
	for (size_t i = 0; i < 36; i++) {
		uint8_t c = peek(lx, i);

		if (i == 8 || i == 13 || i == 18 || i == 23 ? c != '-' : !is_hex(c))
			return false;
	}
	return !is_word(peek(lx, 36));
}

/* A number with all that sticks to it; what it means is its user's business. */
static size_t number_length(const struct cq_lex *lx)
{
	size_t n = peek(lx, 0) == '-';

	while (is_word(peek(lx, n)) || peek(lx, n) == '.') {
		uint8_t c = peek(lx, n++);

		if ((c == 'e' || c == 'E') && (peek(lx, n) == '-' || peek(lx, n) == '+') && is_digit(peek(lx, n + 1)))
			n++;
	}
	return n;
}

void cq_lex_next(struct cq_lex *lx)
{
	struct cq_tok *t = &lx->tok;
	uint8_t c;

	if (lx->rc != CQ_OK || !skip_blanks(lx))
		return;
	*t = (struct cq_tok){ .kind = CQ_TOK_END, .off = lx->at };
	if (lx->at >= lx->text.len)
		return;
	c = peek(lx, 0);
	if (c == '\'' || c == '"') {
		t->kind = c == '"' ? CQ_TOK_QUOTED : CQ_TOK_STRING;
		t->len = quoted_length(lx, c);
	} else if (c == '$' && peek(lx, 1) == '$') {
		t->kind = CQ_TOK_STRING;
		t->len = dollars_length(lx);
	} else if (is_hex(c) && at_uuid(lx)) {
		t->kind = CQ_TOK_UUID;
		t->len = 36;
	} else if (is_digit(c) || (c == '-' && is_digit(peek(lx, 1)))) {
		t->kind = CQ_TOK_NUMBER;
		t->len = number_length(lx);
	} else if (is_letter(c)) {
		t->kind = CQ_TOK_WORD;
		while (is_word(peek(lx, t->len)))
			t->len++;
	} else {
		t->kind = CQ_TOK_PUNCT;
		t->len = 1;
	}
	if (!t->len)
		cq_lex_fail_at(lx, CQ_DAMAGED, lx->at, "a %s that does not end", c == '"' ? "quoted name" : "string");
	else
		lx->at += t->len;
}

void cq_lex_start(struct cq_lex *lx, cq_slice text, size_t at, struct cq_error *err)
{
	*lx = (struct cq_lex){ .text = text, .at = at, .err = err };
	cq_lex_next(lx);
}

cq_slice cq_lex_token(const struct cq_lex *lx)
{
	return cq_slice_of(lx->text.p + lx->tok.off, lx->tok.len);
}

/* ---- asking ----------------------------------------------------------------------------------------------- */

bool cq_lex_is(const struct cq_lex *lx, const char *word)
{
	size_t n = strlen(word);

	if (lx->tok.kind != CQ_TOK_WORD || lx->tok.len != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((lx->text.p[lx->tok.off + i] & 0xdf) != ((uint8_t)word[i] & 0xdf))
			return false;
	}
	return true;
}

bool cq_lex_at(const struct cq_lex *lx, char punct)
{
	return lx->tok.kind == CQ_TOK_PUNCT && lx->text.p[lx->tok.off] == (uint8_t)punct;
}

bool cq_lex_take(struct cq_lex *lx, const char *word)
{
	bool is = cq_lex_is(lx, word);

	if (is)
		cq_lex_next(lx);
	return is;
}

bool cq_lex_take_punct(struct cq_lex *lx, char punct)
{
	bool is = cq_lex_at(lx, punct);

	if (is)
		cq_lex_next(lx);
	return is;
}

void cq_lex_expect(struct cq_lex *lx, const char *word)
{
	if (!cq_lex_take(lx, word))
		cq_lex_fail(lx, word);
}

void cq_lex_expect_punct(struct cq_lex *lx, char punct)
{
	const char what[] = { '\'', punct, '\'', 0 };

	if (!cq_lex_take_punct(lx, punct))
		cq_lex_fail(lx, what);
}

/* A copy of the token without its quotes and with doubled ones undone. */
static cq_slice unquoted(struct cq_lex *lx, struct cq_arena *arena)
{
	cq_slice t = cq_lex_token(lx);
	uint8_t quote = t.p[0];
	size_t edge = quote == '$' ? 2 : 1, n = 0;
	uint8_t *copy = cq_arena_dup(arena, t.p + edge, t.len - 2 * edge);

	if (!copy) {
		cq_lex_fail_at(lx, CQ_ENOMEM, lx->tok.off, "no memory for a name of %zu bytes", t.len);
		return (cq_slice){0};
	}
	for (size_t i = edge; i < t.len - edge; i++) {
		copy[n++] = t.p[i];
		if (t.p[i] == quote && quote != '$')
			i++;
	}
	cq_lex_next(lx);
	return cq_slice_of(copy, n);
}

cq_slice cq_lex_name(struct cq_lex *lx, struct cq_arena *arena, const char *what)
{
	cq_slice t = cq_lex_token(lx);
	uint8_t *copy;

	if (lx->tok.kind == CQ_TOK_QUOTED)
		return unquoted(lx, arena);
	if (lx->tok.kind != CQ_TOK_WORD) {
		cq_lex_fail(lx, what);
		return (cq_slice){0};
	}
	copy = cq_arena_dup(arena, t.p, t.len);
	if (!copy) {
		cq_lex_fail_at(lx, CQ_ENOMEM, lx->tok.off, "no memory for a name of %zu bytes", t.len);
		return (cq_slice){0};
	}
	for (size_t i = 0; i < t.len; i++) {
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (uint8_t)(copy[i] + 32);
	}
	cq_lex_next(lx);
	return cq_slice_of(copy, t.len);
}

cq_slice cq_lex_string(struct cq_lex *lx, struct cq_arena *arena)
{
	return unquoted(lx, arena);
}

void cq_lex_skip_brackets(struct cq_lex *lx)
{
	size_t open = 0;

	do {
		if (lx->tok.kind == CQ_TOK_END) {
			cq_lex_fail(lx, "a closing bracket");
			return;
		}
		open += cq_lex_at(lx, '(') || cq_lex_at(lx, '[') || cq_lex_at(lx, '{');
		open -= cq_lex_at(lx, ')') || cq_lex_at(lx, ']') || cq_lex_at(lx, '}');
		cq_lex_next(lx);
	} while (open);
}

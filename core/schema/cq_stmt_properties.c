/* What stands behind WITH. */
#include "cq_schema_priv.h"

/* Take digits at *at on to *v; returns how many there were. */
static size_t digits(cq_slice t, size_t *at, double *v)
{
	size_t n = 0;

	for (; *at < t.len && t.p[*at] >= '0' && t.p[*at] <= '9'; n++)
		*v = *v * 10 + (t.p[(*at)++] - '0');
	return n;
}

/* 12, 0.01, 1e-3. By hand: strtod asks the locale which point it should see. */
static bool decimal(cq_slice t, double *out)
{
	double v = 0, power = 0, ten = 1;
	size_t at = 0, whole = digits(t, &at, &v), fraction = 0;
	bool negative;

	if (whole && at < t.len && t.p[at] == '.') {
		at++;
		fraction = digits(t, &at, &v);
	}
	if (whole && at < t.len && (t.p[at] == 'e' || t.p[at] == 'E')) {
		at++;
		negative = at < t.len && t.p[at] == '-';
		at += at < t.len && (t.p[at] == '-' || t.p[at] == '+');
		if (!digits(t, &at, &power))
			return false;
		power = negative ? -power : power;
	}
	power -= (double)fraction;
	if (!whole || at != t.len || power < -300 || power > 300)
		return false;
	for (int i = 0; i < (power < 0 ? -power : power); i++)
		ten *= 10;
	*out = power < 0 ? v / ten : v * ten;
	return true;
}

/* The number a token says, quotes or not. */
static double number(struct cq_lex *lx, const char *what, double low, double high)
{
	cq_slice t = cq_lex_token(lx);
	double v;

	if (lx->tok.kind == CQ_TOK_STRING && t.len >= 2)
		t = cq_slice_of(t.p + 1, t.len - 2);
	if ((lx->tok.kind == CQ_TOK_NUMBER || lx->tok.kind == CQ_TOK_STRING) && t.len < 40 && decimal(t, &v) && v >= low && v <= high) {
		cq_lex_next(lx);
		return v;
	}
	cq_lex_fail(lx, what);
	return 0;
}

int64_t cq_stmt_timestamp(struct cq_lex *lx)
{
	cq_slice t = cq_lex_token(lx);
	bool negative = t.len && t.p[0] == '-';
	uint64_t v = 0;

	for (size_t i = negative; lx->tok.kind == CQ_TOK_NUMBER && i < t.len; i++) {
		unsigned digit = (unsigned)(t.p[i] - '0');

		if (t.p[i] < '0' || t.p[i] > '9' || v > ((uint64_t)INT64_MAX - digit) / 10)
			break;
		v = v * 10 + digit;
		if (i + 1 == t.len) {
			cq_lex_next(lx);
			return negative ? -(int64_t)v : (int64_t)v;
		}
	}
	cq_lex_fail(lx, "a timestamp in microseconds");
	return 0;
}

/* A uuid, bare or as a string. */
static void table_id(struct cq_lex *lx, struct cq_schema *o)
{
	cq_slice t = cq_lex_token(lx);
	unsigned n = 0;

	if (lx->tok.kind == CQ_TOK_STRING && t.len == 38)
		t = cq_slice_of(t.p + 1, 36);
	if ((lx->tok.kind != CQ_TOK_UUID && lx->tok.kind != CQ_TOK_STRING) || t.len != 36) {
		cq_lex_fail(lx, "a UUID");
		return;
	}
	memset(o->id, 0, sizeof o->id);
	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.p[i] | 0x20;
		int digit = t.p[i] >= '0' && t.p[i] <= '9' ? t.p[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (t.p[i] == '-' && (i == 8 || i == 13 || i == 18 || i == 23))
			continue;
		if (digit < 0 || n >= 32) {
			cq_lex_fail(lx, "a UUID");
			return;
		}
		o->id[n / 2] = (uint8_t)(o->id[n / 2] << 4 | digit);
		n++;
	}
	o->has_id = true;
	cq_lex_next(lx);
}

/* The value of an option that is not ours: anything up to the next AND. */
static void skip_value(struct cq_lex *lx)
{
	if (lx->tok.kind == CQ_TOK_END || cq_lex_at(lx, ';')) {
		cq_lex_fail(lx, "a value");
		return;
	}
	while (lx->tok.kind != CQ_TOK_END && !cq_lex_at(lx, ';') && !cq_lex_is(lx, "and")) {
		if (cq_lex_at(lx, '{') || cq_lex_at(lx, '[') || cq_lex_at(lx, '('))
			cq_lex_skip_brackets(lx);
		else
			cq_lex_next(lx);
	}
}

static void option(struct cq_lex *lx, struct cq_arena *arena, struct cq_schema *o)
{
	cq_slice name = cq_lex_name(lx, arena, "the name of an option");

	cq_lex_expect_punct(lx, '=');
	if (lx->rc != CQ_OK)
		return;
	if (cq_slice_is(name, "id"))
		table_id(lx, o);
	else if (cq_slice_is(name, "bloom_filter_fp_chance"))
		o->bloom_fp_chance = number(lx, "a number from 0 to 1", 0, 1);
	else if (cq_slice_is(name, "gc_grace_seconds"))
		o->gc_grace_seconds = (int32_t)number(lx, "seconds from 0 to 2147483647", 0, INT32_MAX);
	else if (cq_slice_is(name, "min_index_interval"))
		o->min_index_interval = (int32_t)number(lx, "a number from 1 to 2147483647", 1, INT32_MAX);
	else if (cq_slice_is(name, "default_time_to_live"))
		o->default_ttl = (int32_t)number(lx, "seconds from 0 to 2147483647", 0, INT32_MAX);
	else
		skip_value(lx);
}

/* (c [ASC|DESC], ...): a prefix of the clustering columns, in order. */
static void clustering_order(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	size_t i = 0;

	cq_lex_expect_punct(lx, '(');
	do {
		size_t off = lx->tok.off;
		cq_slice name = cq_lex_name(lx, arena, "the name of a clustering column");

		if (lx->rc != CQ_OK)
			return;
		if (i >= t->nclustering || !cq_slice_eq(t->clustering[i].name, name)) {
			cq_lex_fail_at(lx, CQ_DAMAGED, off, "CLUSTERING ORDER names a column that is not the next clustering column");
			return;
		}
		t->clustering[i].descending = cq_lex_take(lx, "desc");
		if (!t->clustering[i].descending)
			cq_lex_take(lx, "asc");
		i++;
	} while (cq_lex_take_punct(lx, ','));
	cq_lex_expect_punct(lx, ')');
}

/* DROPPED COLUMN RECORD name type [STATIC] USING TIMESTAMP n: some versions keep dropped columns out of the list. */
static void dropped_record(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	struct cq_raw_column c = { .off = lx->tok.off };
	size_t at;

	c.name = cq_lex_name(lx, arena, "the name of a dropped column");
	c.type = cq_stmt_type_text(lx);
	c.is_static = cq_lex_take(lx, "static");
	cq_lex_expect(lx, "using");
	cq_lex_expect(lx, "timestamp");
	c.dropped = true;
	c.dropped_time = cq_stmt_timestamp(lx);
	c.dropped_type = c.type;
	c.dropped_static = c.is_static;
	if (lx->rc != CQ_OK)
		return;
	at = cq_names_get(&t->by_name, c.name);
	if (at == CQ_NO_NAME) {
		cq_stmt_put_column(lx, arena, t, c);
		if (lx->rc == CQ_OK)
			t->column[t->ncolumns - 1].live = false;
	} else if (!t->column[at].dropped || t->column[at].dropped_time <= c.dropped_time) {
		t->column[at].dropped = true;
		t->column[at].dropped_time = c.dropped_time;
		t->column[at].dropped_type = c.dropped_type;
		t->column[at].dropped_static = c.dropped_static;
	}
}

/* Behind WITH: property [AND property ...]. */
void cq_stmt_properties(struct cq_lex *lx, struct cq_arena *arena, struct cq_raw_table *t)
{
	do {
		struct cq_lex before = *lx;

		if (cq_lex_take(lx, "compact") && cq_lex_take(lx, "storage")) {
			t->compact = true;
			continue;
		}
		if (lx->rc != CQ_OK)
			return;
		*lx = before;
		if (cq_lex_take(lx, "clustering") && cq_lex_take(lx, "order")) {
			cq_lex_expect(lx, "by");
			clustering_order(lx, arena, t);
			continue;
		}
		if (lx->rc != CQ_OK)
			return;
		*lx = before;
		if (cq_lex_take(lx, "dropped") && cq_lex_take(lx, "column")) {
			cq_lex_expect(lx, "record");
			dropped_record(lx, arena, t);
			continue;
		}
		if (lx->rc != CQ_OK)
			return;
		*lx = before;
		option(lx, arena, &t->options);
	} while (cq_lex_take(lx, "and"));
}

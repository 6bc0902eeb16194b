/* What the tests of tries share: a sink that remembers, every byte's leaves counted, the tables of the corpus. */
#ifndef CQ_TRIE_FIXTURE_H
#define CQ_TRIE_FIXTURE_H
#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>

#include "bti_index.h"

/* ---- a sink that remembers leaves and children ---- */

struct leaf {
	unsigned field;
	uint64_t off, len, number;
};

struct recorder {
	struct leaf leaf[1024];
	struct cq_unit child[512];
	char name[512][8];
	size_t nleaf, nchild;
	int depth;
};

static void on_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	struct recorder *r = arg;

	(void)field, (void)off, (void)index, (void)name;
	r->depth++;
}

static void on_end(void *arg, uint64_t off, int status)
{
	struct recorder *r = arg;

	(void)off, (void)status;
	r->depth--;
}

static void on_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	struct recorder *r = arg;

	assert_true(r->nleaf < CQ_COUNTOF(r->leaf));
	r->leaf[r->nleaf++] = (struct leaf){ field, off, len, value };
}

static void on_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	(void)type;
	on_number(arg, field, off, value.len, 0);
}

static void on_child(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	struct recorder *r = arg;

	(void)index;
	assert_true(r->nchild < CQ_COUNTOF(r->child));
	snprintf(r->name[r->nchild], sizeof r->name[0], "%.*s", (int)name.len, (const char *)name.p);
	r->child[r->nchild++] = *unit;
}

static const struct cq_sink recording = { .begin = on_begin, .end = on_end, .number = on_number, .bytes = on_bytes,
	.child = on_child };

/* ---- every byte ---- */

/* Expand every unit of a component and count how many leaves every byte has. Returns the worst status. */
static CQ_UNUSED int expand(const struct cq_table *t, enum cq_component component, uint8_t *cover, uint64_t size, size_t limit)
{
	struct recorder *r = malloc(sizeof *r);
	size_t n = 1, cap = 1024;
	struct cq_unit *todo = malloc(cap * sizeof *todo);
	int worst = CQ_OK;

	todo[0] = (struct cq_unit){ .kind = CQ_U_COMPONENT, .component = component, .len = size };
	while (n && limit--) {
		struct cq_unit u = todo[--n];
		struct cq_error err = {0};
		int rc;

		r->nleaf = r->nchild = 0;
		r->depth = 0;
		rc = (t->format->explain ? t->format->explain : bti_explain)(t, &u, &(cq_trace){ &recording, r }, &err);
		worst = rc < worst ? rc : worst;
		assert_int_equal(r->depth, 0);
		if (n + r->nchild > cap) {
			cap = 2 * (n + r->nchild);
			todo = realloc(todo, cap * sizeof *todo);
		}
		for (size_t i = 0; i < r->nleaf; i++) {
			assert_true(r->leaf[i].off <= size && r->leaf[i].len <= size - r->leaf[i].off);
			for (uint64_t b = 0; b < r->leaf[i].len; b++)
				cover[r->leaf[i].off + b] += cover[r->leaf[i].off + b] < 200;
		}
		for (size_t i = 0; i < r->nchild; i++) {
			const struct cq_unit *c = &r->child[i];

			if (u.kind == CQ_U_TRIE_NODE && !(c->kind == CQ_U_TRIE_NODE && c->off < u.off))
				fail_msg("child at %" PRIu64 " of a node at %" PRIu64, c->off, u.off);
			todo[n++] = *c;
		}
	}
	free(todo);
	free(r);
	return worst;
}

/* ---- the corpus ---- */

/* Every *-bti-Partitions.db below dir: a list of paths. */
static size_t walk(const char *dir, char ***paths, size_t n)
{
	char command[600], line[600];
	FILE *f;

	snprintf(command, sizeof command, "find '%s' -name '*-bti-Partitions.db' | sort", dir);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		*paths = realloc(*paths, (n + 1) * sizeof **paths);
		(*paths)[n++] = strdup(line);
	}
	pclose(f);
	return n;
}

static CQ_UNUSED size_t corpus(char ***paths)
{
	const char *more = getenv("CQLITE_CORPUS");
	size_t n, own;

	*paths = NULL;
	n = own = walk(CQ_TEST_CORPUS, paths, 0);
	assert_true(own >= 30);
	n = walk(more && *more ? more : CQ_TEST_CORPUS "/../../shared/corpus", paths, n);
	print_message("# %zu tables of the checkout, %zu of the large corpus\n", own, n - own);
	return n;
}

/* ---- numbers that look random, the same every time ---- */

static uint64_t seed = 42;

static CQ_UNUSED unsigned rnd(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((seed >> 33) % n);
}

#endif

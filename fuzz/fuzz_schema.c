/* CQL: a schema file, hostile. seeds: schema
 *
 * What parses prints to CQL that parses to something that prints the same. Offsets of errors lie in the text. */
#include "cq_schema.h"
#include "fuzz.h"

static void columns(const struct cq_schema_column *v, size_t n, bool open)
{
	for (size_t i = 0; i < n; i++) {
		fuzz_touch(v[i].name);
		MUST(v[i].type || open);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cq_arena arena = { .limit = 64 << 20 };
	struct cq_buf first = {0}, second = {0};
	struct cq_error err = {0};
	struct cq_schema *s, *again;
	int rc = cq_schema_parse(&arena, cq_slice_of(data, size), NULL, &s, &err);

	fuzz_said(rc, &err);
	MUST(rc == CQ_OK || rc == CQ_NOT_FOUND || rc == CQ_EUSAGE || rc == CQ_DAMAGED || rc == CQ_ENOMEM);
	MUST(rc != CQ_DAMAGED || err.off <= size);
	if (rc == CQ_OK) {
		columns(s->partition, s->npartition, s->open_columns);
		columns(s->clustering, s->nclustering, s->open_columns);
		columns(s->statics, s->nstatic, s->open_columns);
		columns(s->regulars, s->nregular, s->open_columns);
		MUST(s->npartition > 0 && s->table.p && s->text.len <= size);
		fuzz_touch(s->text);
		for (size_t i = 1; i < s->nregular; i++)
			MUST(s->open_columns || cq_schema_column_order(&s->regulars[i - 1], &s->regulars[i]) < 0);
		cq_schema_print(s, &first);
		/* A view whose base is not there, or a type that is not: what is printed lacks it too. */
		if (!s->open_columns && !s->missing_type.p) {
			rc = cq_schema_parse(&arena, cq_buf_bytes(&first), NULL, &again, &err);
			if (rc == CQ_ENOMEM)
				goto out;
			if (rc != CQ_OK)
				fprintf(stderr, "%s\n%.*s\n", err.msg, (int)first.len, (const char *)first.p);
			MUST(rc == CQ_OK);
			cq_schema_print(again, &second);
			if (!cq_slice_eq(cq_buf_bytes(&first), cq_buf_bytes(&second)))
				fprintf(stderr, "%.*s\n----\n%.*s\n", (int)first.len, (const char *)first.p, (int)second.len, (const char *)second.p);
			MUST(cq_slice_eq(cq_buf_bytes(&first), cq_buf_bytes(&second)));
		}
	}
out:
	cq_buf_finish(&first);
	cq_buf_finish(&second);
	cq_arena_finish(&arena);
	return 0;
}

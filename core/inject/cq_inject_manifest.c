/* The manifest: what was done and what it means, as JSON (schema cqlite-inject-1). */
#include "cq_inject_image.h"

#include <inttypes.h>

#include "cq_table_doc.h"

static void text(struct cq_buf *out, const char *s)
{
	if (s)
		cq_json_string(out, cq_slice_str(s));
	else
		cq_buf_str(out, "null");
}

static void hex(struct cq_buf *out, cq_slice s)
{
	cq_buf_byte(out, '"');
	cq_buf_hex(out, s);
	cq_buf_byte(out, '"');
}

static void member(struct cq_buf *out, const char *name)
{
	cq_buf_printf(out, ", \"%s\": ", name);
}

static void key(const struct cq_inject *in, struct cq_buf *out, const struct cq_inject_key *k)
{
	struct cq_buf b = {0};

	cq_table_print_key(in->t, k->key, &b);
	cq_buf_str(out, "{\"key\": ");
	hex(out, k->key);
	member(out, "text");
	text(out, cq_buf_cstr(&b));
	cq_buf_finish(&b);
}

static void change(struct cq_buf *out, const struct cq_inject_change *c)
{
	cq_buf_str(out, "{\"component\": ");
	text(out, c->component);
	member(out, "space");
	text(out, cq_space_kind_name(c->space));
	cq_buf_printf(out, ", \"offset\": %" PRIu64 ", \"length\": %" PRIu64 ", \"new_length\": %" PRIu64, c->off, c->len, c->after_len);
	member(out, "before");
	hex(out, c->before);
	member(out, "after");
	hex(out, c->after);
	member(out, "path");
	text(out, c->path);
	cq_buf_byte(out, '}');
}

static void faults(const struct cq_inject *in, struct cq_buf *out)
{
	cq_buf_str(out, "  \"faults\": [");
	for (size_t i = 0; i < in->nfaults; i++) {
		const struct cq_injected *f = &in->fault[i];

		cq_buf_str(out, i ? ",\n    {\"kind\": " : "\n    {\"kind\": ");
		text(out, f->kind->id);
		member(out, "family");
		text(out, f->kind->family);
		member(out, "words");
		text(out, f->words);
		cq_buf_printf(out, ", \"checksums_fixed\": %s,\n     \"changes\": [", f->fix ? "true" : "false");
		for (size_t k = 0; k < f->nchanges; k++) {
			if (k)
				cq_buf_str(out, ",\n       ");
			change(out, &f->change[k]);
		}
		cq_buf_str(out, "]}");
	}
	cq_buf_str(out, "\n  ],\n  \"followed\": [");
	for (size_t i = 0, n = 0; i < in->image->nfiles; i++)
		if (in->image->file[i].followed) {
			cq_buf_str(out, n++ ? ", " : "");
			text(out, in->image->file[i].name);
		}
	cq_buf_str(out, "],\n");
}

/* Expected findings; may: only those that need not be there. */
static void expected(const struct cq_inject *in, const char *name, bool may, struct cq_buf *out)
{
	size_t n = 0;

	cq_buf_printf(out, "  \"%s\": [", name);
	for (size_t i = 0; i < in->nexpected; i++) {
		const struct cq_inject_expected *e = &in->expected[i];
		const char *bar;

		if (e->may != may)
			continue;
		cq_buf_str(out, n++ ? ",\n    " : "\n    ");
		bar = strchr(e->rule, '|');
		if (!bar) {
			cq_buf_str(out, "{\"rule\": ");
			text(out, e->rule);
		} else {
			cq_buf_str(out, "{\"any_of\": [");
			for (const char *p = e->rule; p; p = bar ? bar + 1 : NULL) {
				bar = strchr(p, '|');
				cq_buf_str(out, p == e->rule ? "" : ", ");
				cq_json_string(out, bar ? cq_slice_of(p, (size_t)(bar - p)) : cq_slice_str(p));
			}
			cq_buf_byte(out, ']');
		}
		member(out, "component");
		text(out, e->component);
		member(out, "severity");
		text(out, cq_severity_name(e->severity));
		if (e->off != CQ_NO_OFFSET) {
			member(out, "space");
			text(out, cq_space_kind_name(e->space));
			cq_buf_printf(out, ", \"offset\": %" PRIu64, e->off);
		}
		cq_buf_byte(out, '}');
	}
	cq_buf_str(out, n ? "\n  ],\n" : "],\n");
}

static void keys(const struct cq_inject *in, const char *name, enum cq_inject_fate a, enum cq_inject_fate b, bool hidden,
	struct cq_buf *out)
{
	size_t n = 0;

	cq_buf_printf(out, "  \"%s\": [", name);
	for (size_t i = 0; i < in->nkeys; i++) {
		const struct cq_inject_key *k = &in->key[i];

		if (hidden ? !k->hidden : k->fate != a && k->fate != b)
			continue;
		cq_buf_str(out, n++ ? ",\n    " : "\n    ");
		key(in, out, k);
		if (!hidden && a == CQ_INJECT_LOST)
			cq_buf_printf(out, ", \"certain\": %s", k->fate == CQ_INJECT_LOST ? "true" : "false");
		if (!hidden)
			cq_buf_printf(out, ", \"rows\": %" PRIu64 ", \"rows_before\": %" PRIu64, k->events, k->kept);
		cq_buf_byte(out, '}');
	}
	cq_buf_str(out, n ? "\n  ],\n" : "],\n");
}

static void readable(const struct cq_inject *in, struct cq_buf *out)
{
	cq_buf_printf(out, "  \"counts\": {\"partitions\": %" PRIu64 ", \"readable\": %" PRIu64 ", \"changed\": %" PRIu64 ", \"lost\": %" PRIu64
		", \"out_of_reach\": %" PRIu64 ", \"hidden\": %" PRIu64 "},\n", in->partitions, in->same, in->changed, in->lost,
		in->out_of_reach, in->hidden);
	keys(in, "lost", CQ_INJECT_LOST, CQ_INJECT_OUT_OF_REACH, false, out);
	keys(in, "changed", CQ_INJECT_CHANGED, CQ_INJECT_CHANGED, false, out);
	keys(in, "hidden", CQ_INJECT_SAME, CQ_INJECT_SAME, true, out);
	if (in->same <= CQ_INJECT_KEYS_MAX) {
		cq_buf_str(out, "  \"readable_keys\": [");
		for (size_t i = 0; i < in->nsame_keys; i++) {
			cq_buf_str(out, i ? ", " : "");
			hex(out, in->same_key[i].key);
		}
		cq_buf_str(out, "],\n");
	}
	cq_buf_printf(out, "  \"readable\": {\"count\": %" PRIu64 ", \"crc32\": \"%08" PRIx32 "\"}\n", in->same, in->same_crc);
}

void cq_inject_manifest(const struct cq_inject *in, struct cq_buf *out)
{
	const struct cq_inject_image *im = in->image;

	cq_buf_str(out, "{\n  \"schema\": \"cqlite-inject-1\",\n  \"source\": ");
	text(out, in->opt->path);
	cq_buf_str(out, ",\n  \"base\": ");
	text(out, in->base);
	cq_buf_str(out, ",\n  \"version\": ");
	cq_json_string(out, in->t->desc.version);
	cq_buf_printf(out, ",\n  \"compressed\": %s,\n  \"seed\": %" PRIu64 ",\n  \"random\": \"splitmix64\",\n", in->t->stream.chunks ?
		"true" : "false", in->opt->seed);
	faults(in, out);
	expected(in, "expected", false, out);
	expected(in, "also", true, out);
	cq_buf_str(out, "  \"damaged\": [");
	for (size_t i = 0; i < im->nspans; i++)
		cq_buf_printf(out, "%s{\"space\": \"%s\", \"offset\": %" PRIu64 ", \"length\": %" PRIu64 "}", i ? ", " : "",
			cq_space_kind_name(cq_stream_space(&in->t->stream)), im->span[i].off, im->span[i].len);
	cq_buf_str(out, "],\n  \"unmeasured\": ");
	text(out, in->unmeasured);
	cq_buf_str(out, ",\n");
	readable(in, out);
	cq_buf_str(out, "}\n");
}

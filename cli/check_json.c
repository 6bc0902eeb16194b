/* A report of the detector for programs. */
#include <inttypes.h>

#include "check.h"

static void string(struct cq_buf *out, const char *name, const char *s)
{
	cq_buf_printf(out, ", \"%s\": ", name);
	if (s)
		cq_json_string(out, cq_slice_str(s));
	else
		cq_buf_str(out, "null");
}

static void keys(struct cq_buf *out, const struct cq_keys *k)
{
	cq_buf_printf(out, ", \"keys\": {\"count\": %" PRIu64 ", \"at_least\": %s", k->n, k->at_least ? "true" : "false");
	string(out, "first", k->first);
	string(out, "first_token", k->first_token);
	string(out, "last", k->n > 1 ? k->last : k->first);
	string(out, "last_token", k->n > 1 ? k->last_token : k->first_token);
	cq_buf_str(out, "}");
}

static const char *space_name(int space)
{
	return space == CQ_SPACE_DECOMPRESSED ? "decompressed" : space == CQ_SPACE_RAW ? "raw" : "buffer";
}

static void finding(struct cq_buf *out, const struct cq_check_finding *f)
{
	const struct cq_rule *r = f->rule;

	cq_buf_printf(out, "{\"rule\": \"%s\", \"severity\": \"%s\"", r->id, cq_severity_name(f->severity));
	string(out, "effect", cq_effect_name(f->effect));
	string(out, "file", f->file);
	string(out, "component", f->component < CQ_C_KINDS ? cq_component_name((enum cq_component)f->component) : NULL);
	string(out, "space", space_name(f->space));
	if (f->off == CQ_NO_OFFSET)
		cq_buf_str(out, ", \"offset\": null");
	else
		cq_buf_printf(out, ", \"offset\": %" PRIu64, f->off);
	cq_buf_printf(out, ", \"length\": %" PRIu64, f->len);
	string(out, "message", f->message);
	string(out, "expected", f->expected);
	string(out, "found", f->found);
	if (f->keys.n)
		keys(out, &f->keys);
	if (f->suspect.set)
		cq_buf_printf(out, ", \"suspect\": {\"component\": \"%s\", \"space\": \"%s\", \"offset\": %" PRIu64 ", \"bit\": %u, \"found\": %u, "
			"\"expected\": %u}", cq_component_name((enum cq_component)f->suspect.component), space_name(f->suspect.space), f->suspect.off,
			f->suspect.bit, f->suspect.found, f->suspect.expected);
	string(out, "because", f->because);
	string(out, "means", f->means ? f->means : r->means);
	string(out, "action", f->action ? f->action : r->action);
	string(out, "bug", f->bug ? f->bug : r->bug);
	cq_buf_str(out, "}");
}

static void table(struct cq_buf *out, const struct cq_check_table *t)
{
	bool first = true;

	cq_buf_str(out, "{\"file\": ");
	if (t->entry)
		cq_json_string(out, cq_slice_str(t->entry->data_path));
	else
		cq_buf_str(out, "null");
	if (t->entry)
		cq_buf_printf(out, ", \"version\": \"%.*s\"", (int)t->entry->desc.version.len, (const char *)t->entry->desc.version.p);
	string(out, "verdict", check_verdict(t));
	cq_buf_printf(out, ", \"errors\": %zu, \"warnings\": %zu, \"notes\": %zu, \"not_kept\": %zu, \"rules_run\": %zu", t->n[CQ_ERROR],
		t->n[CQ_WARNING], t->n[CQ_INFO], t->dropped, t->nrun);
	cq_buf_printf(out, ", \"opened\": %s, \"scanned\": %s, \"partitions\": %" PRIu64 ", \"rows\": %" PRIu64 ", \"cells\": %" PRIu64
		", \"markers\": %" PRIu64, t->opened ? "true" : "false", t->scanned ? "true" : "false", t->partitions, t->rows, t->cells, t->markers);
	cq_buf_printf(out, ", \"stream_bytes\": %" PRIu64 ", \"skipped_bytes\": %" PRIu64 ", \"keys_lost\": %" PRIu64 ", \"keys_perhaps\": %" PRIu64
		", \"keys_known\": %s", t->stream_bytes, t->skipped_bytes, t->keys_lost, t->keys_perhaps, t->keys_known ? "true" : "false");
	cq_buf_str(out, ",\n   \"findings\": [");
	for (const struct cq_check_finding *f = t->first; f; f = f->next, first = false) {
		cq_buf_str(out, first ? "\n    " : ",\n    ");
		finding(out, f);
	}
	cq_buf_str(out, "],\n   \"unmeasured\": [");
	first = true;
	for (const struct cq_unmeasured *u = t->unmeasured; u; u = u->next, first = false) {
		cq_buf_printf(out, "%s{\"rule\": \"%s\"", first ? "" : ", ", u->rule->id);
		string(out, "cause", u->cause);
		cq_buf_str(out, "}");
	}
	cq_buf_str(out, "]}");
}

void check_json(const struct check_view *v)
{
	const struct cq_report *r = v->report;
	struct cq_buf *out = &v->cli->out;

	cq_buf_printf(out, "{\"schema\": \"cqlite-check-1\", \"level\": \"%s\", \"stopped\": %s, \"errors\": %zu, \"warnings\": %zu, "
		"\"notes\": %zu, \"unmeasured\": %zu,\n \"tables\": [", cq_check_level_name(v->options->level), r->stopped ? "true" : "false",
		r->n[CQ_ERROR], r->n[CQ_WARNING], r->n[CQ_INFO], r->unmeasured);
	for (size_t i = 0; i < r->ntables; i++) {
		if (!r->tables[i].entry && !r->tables[i].first && !r->tables[i].unmeasured)
			continue;
		cq_buf_str(out, i ? ",\n  " : "\n  ");
		table(out, &r->tables[i]);
	}
	cq_buf_str(out, "\n ]}\n");
}

/* ---- SARIF ---- */

static const char *sarif_level(enum cq_severity s)
{
	return s == CQ_ERROR ? "error" : s == CQ_WARNING ? "warning" : "note";
}

static void result(struct cq_buf *out, const struct cq_check_table *t, const struct cq_check_finding *f)
{
	struct cq_buf uri = {0};

	cq_buf_printf(out, "{\"ruleId\": \"%s\", \"level\": \"%s\", \"message\": {\"text\": ", f->rule->id, sarif_level(f->severity));
	cq_json_string(out, cq_slice_str(f->message ? f->message : ""));
	cq_buf_str(out, "}");
	if (t->entry) {
		cq_buf_printf(&uri, "file://%s/%s", t->entry->dir, f->file ? f->file : "");
		cq_buf_str(out, ", \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
		cq_json_string(out, cq_buf_bytes(&uri));
		cq_buf_str(out, "}");
		if (f->off != CQ_NO_OFFSET && f->space == CQ_SPACE_RAW)
			cq_buf_printf(out, ", \"region\": {\"byteOffset\": %" PRIu64 ", \"byteLength\": %" PRIu64 "}", f->off, f->len);
		cq_buf_str(out, "}}]");
	}
	cq_buf_str(out, "}");
	cq_buf_finish(&uri);
}

void check_sarif(const struct check_view *v)
{
	const struct cq_report *r = v->report;
	struct cq_buf *out = &v->cli->out;
	const struct cq_rule *rule;
	bool first = true;

	cq_buf_str(out, "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\", \"runs\": [{\"tool\": "
		"{\"driver\": {\"name\": \"cqlite\", \"rules\": [");
	for (size_t i = 0; (rule = cq_rule_nth(i)); i++) {
		cq_buf_printf(out, "%s{\"id\": \"%s\", \"shortDescription\": {\"text\": ", i ? ",\n  " : "\n  ", rule->id);
		cq_json_string(out, cq_slice_str(rule->title));
		cq_buf_str(out, "}}");
	}
	cq_buf_str(out, "]}},\n \"results\": [");
	for (size_t i = 0; i < r->ntables; i++) {
		for (const struct cq_check_finding *f = r->tables[i].first; f; f = f->next, first = false) {
			cq_buf_str(out, first ? "\n  " : ",\n  ");
			result(out, &r->tables[i], f);
		}
	}
	cq_buf_str(out, "\n ]}]}\n");
}
